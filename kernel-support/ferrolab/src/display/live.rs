use super::front::{self, Front};
use super::{Bundle, Show};
use std::sync::atomic::{AtomicU64, Ordering};

/// Something shown that can be replaced in place. Made by [`live`].
///
/// Where there are no updates in place (the stock kernel, a plain program), the last version is
/// shown once, when the handle is dropped.
#[derive(Debug)]
pub struct Live {
    id: String,
    pending: Option<Bundle>,
}

/// Shows a value so that it can be replaced later.
///
/// ```
/// use ferrolab::display::{live, text};
/// let mut count = live(&text("0 done"));
/// for n in 1..=3 {
///     count.update(&text(format!("{n} done")));
/// }
/// ```
pub fn live(value: &impl Show) -> Live {
    let mut live = Live {
        id: fresh_id(),
        pending: None,
    };
    if Front::current() == Front::Ferrolab {
        front::display_as(&value.bundle(), &live.id);
    } else {
        live.pending = Some(value.bundle());
    }
    live
}

/// Clears the output of the cell so far: at once, or, with `wait`, when the next output arrives,
/// which avoids flicker. Without our kernel it does nothing.
///
/// ```
/// ferrolab::display::clear(true);
/// ```
pub fn clear(wait: bool) {
    front::clear(wait);
}

impl Live {
    /// Replaces what is shown.
    pub fn update(&mut self, value: &impl Show) {
        if Front::current() == Front::Ferrolab {
            front::update(&value.bundle(), &self.id);
        } else {
            self.pending = Some(value.bundle());
        }
    }

    /// The display id of the Jupyter protocol.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(bundle) = self.pending.take() {
            front::display(&bundle);
        }
    }
}

/// An id no other output has: process, time of the first use, and a count.
fn fresh_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanos = now.map_or(0, |time| time.as_nanos() as u64);
    format!("ferrolab-{}-{nanos:x}-{count}", std::process::id())
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_differ() {
        assert_ne!(super::fresh_id(), super::fresh_id());
    }
}
