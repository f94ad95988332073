use super::picture::shows_itself;
use crate::display::Number;

/// A stretch of time in a lane: what a thread, a process or a worker did from when to when.
///
/// ```
/// use ferrolab::plot::Span;
/// let span = Span::new("thread 1", 0.0, 0.25).label("sum");
/// ```
#[derive(Debug, Clone)]
pub struct Span {
    pub(crate) lane: String,
    pub(crate) start: f64,
    pub(crate) end: f64,
    pub(crate) label: String,
}

/// Lanes with spans of time, as in a Gantt chart. Made by [`timeline`].
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    pub(crate) spans: Vec<Span>,
    pub(crate) title: String,
}

/// A picture of who did what when, from [`Span`]s or tuples `(lane, start, end)` or
/// `(lane, label, start, end)`. Times are [`Duration`](std::time::Duration)s or seconds.
///
/// ```
/// use ferrolab::prelude::*;
/// plot::timeline([
///     ("main", "spawn", 0.0, 0.1),
///     ("worker", "sum", 0.1, 0.9),
///     ("main", "join", 0.1, 1.0),
/// ])
/// .title("One worker")
/// .show();
/// ```
pub fn timeline<S: Into<Span>>(spans: impl IntoIterator<Item = S>) -> Timeline {
    Timeline {
        spans: spans.into_iter().map(Into::into).collect(),
        ..Timeline::default()
    }
}

impl Span {
    /// A span in a lane. An end before the start is taken as the start.
    pub fn new(lane: impl Into<String>, start: impl Number, end: impl Number) -> Self {
        let (a, b) = (start.to_f64(), end.to_f64());
        Self {
            lane: lane.into(),
            start: a.min(b),
            end: a.max(b),
            label: String::new(),
        }
    }

    /// What was done. Spans with the same label have the same colour.
    pub fn label(self, label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            ..self
        }
    }
}

impl<L: Into<String>, A: Number, B: Number> From<(L, A, B)> for Span {
    fn from((lane, start, end): (L, A, B)) -> Self {
        Self::new(lane, start, end)
    }
}

impl<L: Into<String>, W: Into<String>, A: Number, B: Number> From<(L, W, A, B)> for Span {
    fn from((lane, label, start, end): (L, W, A, B)) -> Self {
        Self::new(lane, start, end).label(label)
    }
}

impl Timeline {
    /// The line above the picture.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Adds a span.
    pub fn span(mut self, span: impl Into<Span>) -> Self {
        self.spans.push(span.into());
        self
    }
}

shows_itself!(Timeline);
