//! How a progress bar looks.

use super::{Bundle, Show, escape, group_digits};
use crate::timing::format_duration;
use std::time::Duration;

/// How far an iteration is.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) label: String,
    pub(crate) done: usize,
    pub(crate) total: Option<usize>,
    pub(crate) elapsed: Duration,
    /// No more updates will come.
    pub(crate) ended: bool,
    /// The iterator gave all its items.
    pub(crate) exhausted: bool,
}

impl State {
    /// From 0 to 1, if the length is known.
    fn part(&self) -> Option<f64> {
        match self.total? {
            0 => Some(1.0),
            total => Some((self.done as f64 / total as f64).min(1.0)),
        }
    }

    /// Time left, by the pace so far.
    fn left(&self) -> Option<Duration> {
        let part = self.part().filter(|part| *part > 0.0)?;
        Some(self.elapsed.mul_f64((1.0 - part) / part))
    }

    /// Count, percent and times in words.
    fn words(&self) -> String {
        let done = group_digits(&self.done.to_string());
        let mut words = match (self.total, self.part()) {
            (Some(total), Some(part)) => {
                let total = group_digits(&total.to_string());
                format!("{:.0} % · {done} of {total}", (part * 100.0).floor())
            }
            _ if self.done == 1 => "1 item".into(),
            _ => format!("{done} items"),
        };
        let time = format_duration(self.elapsed);
        words += &match (self.ended, self.left()) {
            (true, _) if self.exhausted || self.total == Some(self.done) => {
                format!(" · done in {time}")
            }
            (true, _) => format!(" · stopped after {time}"),
            (false, _) if self.done == 0 => String::new(),
            (false, Some(left)) => format!(" · {time} · {} left", format_duration(left)),
            (false, None) => format!(" · {time}"),
        };
        words
    }

    fn text(&self) -> String {
        let label = if self.label.is_empty() {
            String::new()
        } else {
            format!("{}: ", self.label)
        };
        let bar = self.part().map_or(String::new(), |part| {
            let full = (part * 24.0) as usize;
            format!("[{}{}] ", "█".repeat(full), "·".repeat(24 - full))
        });
        format!("{label}{bar}{}", self.words())
    }

    fn html(&self) -> String {
        let label = escape(if self.label.is_empty() {
            "progress"
        } else {
            &self.label
        });
        let name = if self.label.is_empty() {
            String::new()
        } else {
            format!("<span>{label}</span>")
        };
        let value = match self.part() {
            Some(part) => format!(" value=\"{part:.4}\" max=\"1\""),
            None if self.ended => " value=\"1\" max=\"1\"".into(),
            None => String::new(),
        };
        let words = escape(&self.words());
        format!(
            "<div class=\"ferrolab-progress\" style=\"display:flex;align-items:center;gap:12px;padding:4px 0;font-variant-numeric:tabular-nums\">{name}<progress{value} aria-label=\"{label}\" style=\"width:260px;height:14px;accent-color:var(--jp-brand-color1,#1976d2)\"></progress><span>{words}</span></div>"
        )
    }
}

impl Show for State {
    fn bundle(&self) -> Bundle {
        Bundle::text(self.text()).with("text/html", self.html())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(done: usize, total: Option<usize>) -> State {
        State {
            done,
            total,
            elapsed: Duration::from_secs(3),
            ..State::default()
        }
    }

    #[test]
    fn time_left_follows_the_pace() {
        assert_eq!(state(25, Some(100)).left(), Some(Duration::from_secs(9)));
        assert_eq!(state(0, Some(100)).left(), None);
        assert_eq!(state(5, None).left(), None);
    }

    #[test]
    fn words_say_what_is_known() {
        assert_eq!(
            state(25, Some(100)).words(),
            "25 % · 25 of 100 · 3.00 s · 9.00 s left"
        );
        assert_eq!(state(12_000, None).words(), "12,000 items · 3.00 s");
        assert_eq!(
            state(999, Some(1_000)).words().split(' ').next(),
            Some("99")
        );
        let ended = State {
            ended: true,
            ..state(25, Some(100))
        };
        assert!(ended.words().ends_with("stopped after 3.00 s"));
        let done = State {
            ended: true,
            exhausted: true,
            ..state(100, Some(100))
        };
        assert!(done.words().ends_with("done in 3.00 s"));
    }

    #[test]
    fn more_items_than_announced_are_no_panic() {
        assert!(state(200, Some(100)).text().contains("100 %"));
        assert!(state(0, Some(0)).text().contains("100 %"));
    }

    #[test]
    fn labels_are_escaped() {
        let html = State {
            label: "<x>".into(),
            ..state(1, None)
        }
        .html();
        assert!(html.contains("&lt;x&gt;") && !html.contains("<x>"));
    }
}
