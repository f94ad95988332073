//! What a benchmark found, as it is written with `--json`.

use serde::{Deserialize, Serialize};

use crate::bench_numbers::Interval;
use crate::bench_processes::Measure;

/// Raised when a field changes its meaning or goes away.
pub(crate) const SCHEMA: u32 = 1;

/// The whole report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Version of these fields.
    pub(crate) schema: u32,
    /// How often everything was measured.
    pub(crate) rounds: usize,
    /// Where it was measured.
    pub(crate) machine: Machine,
    /// How memory was counted.
    pub(crate) memory: Option<Measure>,
    /// The rows of the table.
    pub(crate) figures: Vec<Figure>,
    /// Every sample of every cell.
    pub(crate) cells: Vec<CellTimes>,
    /// What the reader should know besides.
    pub(crate) notes: Vec<String>,
}

/// A machine, as far as figures depend on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// Processors that this program may use.
    pub(crate) cores: usize,
    /// System and processor family.
    pub(crate) system: String,
    /// The compiler.
    pub(crate) rustc: String,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// The same in every run and version.
    pub(crate) name: String,
    /// What it is called on the screen.
    pub(crate) title: String,
    /// What the numbers count.
    pub(crate) unit: Unit,
    /// Which statistic of the samples is compared: the middle is 0.5, the 95th percentile 0.95.
    pub(crate) quantile: f64,
    /// Ours.
    pub(crate) ours: Samples,
    /// Who is compared with.
    pub(crate) peer: Option<String>,
    /// Theirs.
    pub(crate) theirs: Option<Samples>,
    /// Theirs over ours: how many times better ours is.
    pub(crate) ratio: Option<f64>,
    /// Where the true ratio lies with a confidence of 95 %.
    pub(crate) interval: Option<Interval>,
    /// What ours has to reach.
    pub(crate) goal: Option<Goal>,
}

/// The samples of a figure and their statistic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Samples {
    /// The statistic.
    pub(crate) value: f64,
    /// All of them, round after round.
    pub(crate) samples: Vec<f64>,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    /// Time.
    Seconds,
    /// Memory.
    Bytes,
}

/// What a figure has to reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    /// A ratio of at least this.
    Ratio(f64),
    /// A value of ours of at most this.
    AtMost(f64),
}

/// What a cell took, round after round, in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CellTimes {
    /// The cell's name in the replay.
    pub(crate) name: String,
    /// In our kernel, never seen before.
    pub(crate) cold: Vec<f64>,
    /// In our kernel, seen in an earlier session.
    pub(crate) warm: Vec<f64>,
    /// In the other kernel.
    pub(crate) theirs: Vec<f64>,
}

impl Figure {
    /// Whether the goal is reached; `None` without one.
    pub(crate) fn reached(&self) -> Option<bool> {
        match self.goal? {
            Goal::Ratio(least) => Some(self.ratio? >= least),
            Goal::AtMost(most) => Some(self.ours.value <= most),
        }
    }
}
