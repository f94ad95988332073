use super::live::{Live, live};
use super::progress_view::State;
use std::time::{Duration, Instant};

/// The shortest time between two updates.
const PAUSE: Duration = Duration::from_millis(100);

/// An iterator that shows how far it is. Made by [`progress`].
#[derive(Debug)]
pub struct Progress<I> {
    inner: I,
    state: State,
    started: Option<Instant>,
    last: Option<Instant>,
    shown: Option<Live>,
}

/// Passes items through and shows a bar that moves, at most ten times a second.
///
/// If the number of items is known the bar shows percent and the time left, otherwise the count.
/// The last state stays, also when the loop is left early.
///
/// ```
/// use ferrolab::prelude::*;
/// let mut sum = 0;
/// for n in progress(1..=100) {
///     sum += n;
/// }
/// assert_eq!(sum, 5050);
/// ```
pub fn progress<I: IntoIterator>(items: I) -> Progress<I::IntoIter> {
    let inner = items.into_iter();
    let total = match inner.size_hint() {
        (low, Some(high)) if low == high => Some(low),
        _ => None,
    };
    let state = State {
        total,
        ..State::default()
    };
    Progress {
        inner,
        state,
        started: None,
        last: None,
        shown: None,
    }
}

impl<I> Progress<I> {
    /// A name before the bar.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.state.label = label.into();
        self
    }

    /// The number of items, when the iterator cannot say it.
    pub fn total(mut self, total: usize) -> Self {
        self.state.total = Some(total);
        self
    }

    /// Shows the state if it is time to.
    fn refresh(&mut self, now: Instant) {
        let started = *self.started.get_or_insert(now);
        self.state.elapsed = now - started;
        match &mut self.shown {
            None => self.shown = Some(live(&self.state)),
            Some(shown) if self.last.is_none_or(|last| now - last >= PAUSE) => {
                shown.update(&self.state);
            }
            Some(_) => return,
        }
        self.last = Some(now);
    }

    /// Shows the last state; the handle is given up, so that this happens once.
    fn finish(&mut self) {
        let Some(mut shown) = self.shown.take() else {
            return;
        };
        self.state.elapsed = self.started.map_or(Duration::ZERO, |start| start.elapsed());
        self.state.ended = true;
        shown.update(&self.state);
    }
}

impl<I: Iterator> Iterator for Progress<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        if self.started.is_none() || self.shown.is_some() {
            self.refresh(Instant::now());
        }
        let item = self.inner.next();
        match item {
            Some(_) => self.state.done += 1,
            None => {
                self.state.exhausted = true;
                self.finish();
            }
        }
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for Progress<I> {}

impl<I> Drop for Progress<I> {
    fn drop(&mut self) {
        self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_pass_unchanged_and_are_counted() {
        let mut bar = progress(vec!['a', 'b', 'c']).label("letters");
        assert_eq!(bar.len(), 3);
        assert_eq!(bar.by_ref().collect::<String>(), "abc");
        assert!(bar.state.exhausted && bar.state.ended && bar.state.done == 3);
        assert_eq!(bar.next(), None);
    }

    #[test]
    fn an_unknown_length_is_not_invented() {
        assert_eq!(progress((0..9).filter(|n| n % 2 == 0)).state.total, None);
        assert_eq!(
            progress((0..9).filter(|n| n % 2 == 0)).total(5).state.total,
            Some(5)
        );
    }

    #[test]
    fn updates_keep_their_distance() {
        let mut bar = progress(0..1_000_000);
        let start = Instant::now();
        bar.refresh(start);
        let first = bar.last;
        bar.refresh(start + PAUSE / 2);
        assert_eq!(bar.last, first);
        bar.refresh(start + PAUSE);
        assert_ne!(bar.last, first);
    }

    #[test]
    fn leaving_early_ends_the_bar() {
        let mut bar = progress(0..10);
        assert_eq!(bar.next(), Some(0));
        bar.finish();
        assert!(bar.state.ended && !bar.state.exhausted);
        assert!(bar.shown.is_none());
    }
}
