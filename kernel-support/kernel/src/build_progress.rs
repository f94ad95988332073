//! How far cargo is, and how that looks.

use ferrolab::display::{Bundle, escape};

/// How far a build is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Crates and build scripts that are done, of `total`; 0 of 0 while that is not known.
    pub(crate) done: usize,
    pub(crate) total: usize,
    /// What is being compiled now.
    pub(crate) crates: Vec<String>,
    /// What happens now, in a word or two.
    pub(crate) phase: String,
}

impl Progress {
    /// The progress after a line of cargo's; `None` if the line does not speak of it.
    pub(crate) fn after(&self, line: &str) -> Option<Self> {
        let line = line.trim();
        let (word, rest) = line.split_once(' ')?;
        let phase = match word {
            "Building" if rest.starts_with('[') => return self.compiling(rest),
            "Updating" => "looking for versions",
            "Locking" | "Adding" | "Unpacking" => "choosing versions",
            "Downloading" | "Downloaded" | "Fetch" => "downloading",
            "Blocking" => "waiting for another build",
            "Compiling" => "compiling",
            "Finished" => "done",
            _ => return None,
        };
        let mut next = self.clone();
        next.phase = phase.into();
        if phase == "done" {
            next.crates.clear();
            next.done = next.total;
        }
        Some(next)
    }

    /// `[===>   ] 12/34: serde, syn(build)`
    fn compiling(&self, bar: &str) -> Option<Self> {
        let (_, counts) = bar.split_once("] ")?;
        let (counts, names) = counts.split_once(':').unwrap_or((counts, ""));
        let (done, total) = counts.trim().split_once('/')?;
        let (done, total): (usize, usize) = (done.parse().ok()?, total.parse().ok()?);
        let mut crates: Vec<String> = Vec::new();
        for name in names.split(',').map(str::trim) {
            let name = name.split('(').next().unwrap_or_default();
            // The session's own crate is none that the user knows.
            if !name.is_empty() && name != crate::crate_set::PACKAGE {
                crates.push(name.to_owned());
            }
        }
        crates.dedup();
        Some(Self {
            done: done.max(self.done),
            total: total.max(self.total),
            crates,
            phase: "compiling".into(),
        })
    }

    /// From 0 to 1, once it is known.
    fn part(&self) -> Option<f64> {
        (self.total > 0).then(|| self.done as f64 / self.total as f64)
    }

    fn words(&self) -> String {
        let mut words = self.phase.clone();
        if !self.crates.is_empty() {
            words += &format!(" {}", self.crates.join(", "));
        }
        if self.total > 0 {
            words = format!("{} of {} · {words}", self.done, self.total);
        }
        words
    }

    /// The forms in which it is shown, with a name before the bar.
    pub(crate) fn bundle(&self, label: &str) -> Bundle {
        let words = self.words();
        let bar = self.part().map_or(String::new(), |part| {
            let full = ((part * 24.0) as usize).min(24);
            format!("[{}{}] ", "█".repeat(full), "·".repeat(24 - full))
        });
        let value = self.part().map_or(String::new(), |part| {
            format!(" value=\"{part:.4}\" max=\"1\"")
        });
        let (name, shown) = (escape(label), escape(&words));
        // The look of ferrolab's own progress bars.
        let html = format!(
            "<div class=\"ferrolab-progress\" style=\"display:flex;align-items:center;gap:12px;padding:4px 0;font-variant-numeric:tabular-nums\"><span>{name}</span><progress{value} aria-label=\"{name}\" style=\"width:260px;height:14px;accent-color:var(--jp-brand-color1,#1976d2)\"></progress><span>{shown}</span></div>"
        );
        Bundle::text(format!("{label}: {bar}{words}")).with("text/html", html)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAR: &str = "    Building [======>     ] 6/21: memchr, proc-macro2(build.rs), proc-macro2(build), ctx      ";

    #[test]
    fn cargos_bar_is_read() {
        let progress = Progress::default().after(BAR).expect("progress");
        assert_eq!((progress.done, progress.total), (6, 21));
        assert_eq!(progress.crates, ["memchr", "proc-macro2"]);
        assert_eq!(progress.words(), "6 of 21 · compiling memchr, proc-macro2");
    }

    #[test]
    fn it_never_goes_back() {
        let progress = Progress::default().after(BAR).expect("progress");
        let next = progress.after("Building [>  ] 2/20: a").expect("progress");
        assert_eq!((next.done, next.total), (6, 21));
        let next = next.after("   Compiling x v1.0.0").expect("progress");
        assert_eq!(next.done, 6);
        let ended = next.after("    Finished `dev` profile").expect("progress");
        assert_eq!((ended.done, ended.words()), (21, "21 of 21 · done".into()));
    }

    #[test]
    fn other_lines_are_left_for_the_error_message() {
        for line in [
            "error: no matching package",
            "",
            "  --> src/lib.rs:1:1",
            "warning: x",
        ] {
            assert_eq!(Progress::default().after(line), None, "{line}");
        }
    }

    #[test]
    fn both_forms_say_the_same_and_are_escaped() {
        let progress = Progress::default()
            .after("Building [> ] 1/4: a<b")
            .expect("progress");
        let bundle = progress.bundle("crates");
        let html = bundle.get("text/html").expect("HTML");
        assert!(
            html.contains("a&lt;b") && html.contains("value=\"0.2500\""),
            "{html}"
        );
        let text = bundle.get("text/plain").expect("text");
        assert!(text.starts_with("crates: [██████····"), "{text}");
        let waiting = Progress {
            phase: "downloading".into(),
            ..Progress::default()
        };
        assert_eq!(
            waiting.bundle("crates").get("text/plain"),
            Some("crates: downloading")
        );
    }
}
