use crate::display::Number;

/// One line of a [`Lines`](super::Lines) picture.
///
/// ```
/// use ferrolab::plot::Series;
/// let squares = Series::new("squares", (0..5).map(|n| (n, n * n))).dashed();
/// ```
#[derive(Debug, Clone)]
pub struct Series {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
    pub(crate) intervals: Vec<Option<(f64, f64)>>,
    pub(crate) dashed: bool,
    pub(crate) muted: bool,
}

impl Series {
    /// A line through points, in their order. A point that is not finite leaves a gap.
    pub fn new<X: Number, Y: Number>(
        name: impl Into<String>,
        points: impl IntoIterator<Item = (X, Y)>,
    ) -> Self {
        let points: Vec<_> = points
            .into_iter()
            .map(|(x, y)| (x.to_f64(), y.to_f64()))
            .collect();
        let intervals = vec![None; points.len()];
        Self {
            name: name.into(),
            points,
            intervals,
            dashed: false,
            muted: false,
        }
    }

    /// Adds a point with the interval in which its `y` lies.
    pub fn point(mut self, x: impl Number, y: impl Number, interval: Option<(f64, f64)>) -> Self {
        self.points.push((x.to_f64(), y.to_f64()));
        self.intervals.push(interval);
        self
    }

    /// A broken line without marks: for a model or a bound.
    pub fn dashed(mut self) -> Self {
        self.dashed = true;
        self
    }

    /// A broken grey line: for what is only there to compare with.
    pub fn muted(mut self) -> Self {
        self.muted = true;
        self.dashed = true;
        self
    }
}

impl<S, P, X, Y> From<(S, P)> for Series
where
    S: Into<String>,
    P: IntoIterator<Item = (X, Y)>,
    X: Number,
    Y: Number,
{
    fn from((name, points): (S, P)) -> Self {
        Self::new(name, points)
    }
}
