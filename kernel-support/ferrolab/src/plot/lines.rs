use super::Series;
use super::picture::shows_itself;

/// Lines in a plane with two axes. Made by [`lines`].
#[derive(Debug, Clone, Default)]
pub struct Lines {
    pub(crate) series: Vec<Series>,
    pub(crate) title: String,
    pub(crate) x: (String, String),
    pub(crate) y: (String, String),
    pub(crate) log: (bool, bool),
    pub(crate) from_zero: bool,
}

/// Lines from [`Series`] or pairs of a name and points.
///
/// ```
/// use ferrolab::prelude::*;
/// plot::lines([("squares", (1..=5).map(|n| (n, n * n)).collect::<Vec<_>>())])
///     .title("Growth")
///     .x_axis("n", "")
///     .y_axis("time", "ms")
///     .show();
/// ```
pub fn lines<S: Into<Series>>(series: impl IntoIterator<Item = S>) -> Lines {
    Lines {
        series: series.into_iter().map(Into::into).collect(),
        ..Lines::default()
    }
}

impl Lines {
    /// The line above the picture.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// What the x axis counts, and in which unit (`""` if it has none).
    pub fn x_axis(mut self, name: impl Into<String>, unit: impl Into<String>) -> Self {
        self.x = (name.into(), unit.into());
        self
    }

    /// What the y axis counts, and in which unit (`""` if it has none).
    pub fn y_axis(mut self, name: impl Into<String>, unit: impl Into<String>) -> Self {
        self.y = (name.into(), unit.into());
        self
    }

    /// Adds a line.
    pub fn series(mut self, series: impl Into<Series>) -> Self {
        self.series.push(series.into());
        self
    }

    /// A logarithmic x axis; points that are not positive are left out.
    pub fn log_x(mut self) -> Self {
        self.log.0 = true;
        self
    }

    /// A logarithmic y axis; points that are not positive are left out.
    pub fn log_y(mut self) -> Self {
        self.log.1 = true;
        self
    }

    /// Lets the y axis begin at zero, so that heights can be compared.
    pub fn y_from_zero(mut self) -> Self {
        self.from_zero = true;
        self
    }
}

shows_itself!(Lines);
