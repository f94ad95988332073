use super::picture::shows_itself;
use crate::display::Number;

/// One bar: a name, a value, and if you like an interval and a text at its end.
///
/// ```
/// use ferrolab::plot::{Bar, bars};
/// let svg = bars([Bar::new("sort", 2.0).interval(1.8, 2.3).label("2.0 ms")]).to_svg();
/// assert!(svg.contains("2.0 ms"));
/// ```
#[derive(Debug, Clone)]
pub struct Bar {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) interval: Option<(f64, f64)>,
    pub(crate) label: Option<String>,
    pub(crate) color: usize,
}

/// Horizontal bars. Made by [`bars`].
#[derive(Debug, Clone, Default)]
pub struct Bars {
    pub(crate) bars: Vec<Bar>,
    pub(crate) title: String,
    pub(crate) axis: (String, String),
    pub(crate) log: bool,
}

/// Horizontal bars from [`Bar`]s or pairs of name and value.
///
/// ```
/// use ferrolab::prelude::*;
/// plot::bars([("fn", 1.0), ("dyn", 3.5)]).title("A call").axis("time", "ns").show();
/// ```
pub fn bars<B: Into<Bar>>(bars: impl IntoIterator<Item = B>) -> Bars {
    Bars {
        bars: bars.into_iter().map(Into::into).collect(),
        ..Bars::default()
    }
}

impl Bar {
    /// A bar with a name and a value.
    pub fn new(name: impl Into<String>, value: impl Number) -> Self {
        Self {
            name: name.into(),
            value: value.to_f64(),
            interval: None,
            label: None,
            color: 0,
        }
    }

    /// The interval in which the value lies, drawn as a whisker.
    pub fn interval(self, low: impl Number, high: impl Number) -> Self {
        Self {
            interval: Some((low.to_f64(), high.to_f64())),
            ..self
        }
    }

    /// The text at the end of the bar, in place of the value.
    pub fn label(self, text: impl Into<String>) -> Self {
        Self {
            label: Some(text.into()),
            ..self
        }
    }

    /// The colour, by its number in the palette.
    pub fn color(self, number: usize) -> Self {
        Self {
            color: number,
            ..self
        }
    }
}

impl<S: Into<String>, V: Number> From<(S, V)> for Bar {
    fn from((name, value): (S, V)) -> Self {
        Self::new(name, value)
    }
}

impl Bars {
    /// The line above the picture.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// What is measured, and in which unit (`""` if it has none).
    pub fn axis(mut self, name: impl Into<String>, unit: impl Into<String>) -> Self {
        self.axis = (name.into(), unit.into());
        self
    }

    /// Adds a bar.
    pub fn bar(mut self, bar: impl Into<Bar>) -> Self {
        self.bars.push(bar.into());
        self
    }

    /// A logarithmic axis, for values of very different size. Values that are not positive are
    /// then written but not drawn.
    pub fn log(mut self) -> Self {
        self.log = true;
        self
    }
}

shows_itself!(Bars);
