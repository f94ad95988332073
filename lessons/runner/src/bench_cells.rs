//! `ferrolab bench cells`: which sessions are run, in which order, and what is taken from them.

use anyhow::Result;

use crate::bench_corpus::{self, Cell};
use crate::bench_numbers::Paired;
use crate::bench_processes::Measure;
use crate::bench_session::{Ran, Session, Side, Stage};
use crate::bench_snapshot;

/// In how many rounds the first plot is taken: stock evcxr compiles the support crate for each.
const PLOTS: usize = 2;

/// All that was measured.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// Start to the first answer.
    pub(crate) answer: Paired,
    /// Start to the result of `1+1`.
    pub(crate) sum: Paired,
    /// Start to the end of a first `let`.
    pub(crate) first_let: Paired,
    /// Start to the first result computed from it.
    pub(crate) first_use: Paired,
    /// Start to a plot.
    pub(crate) plot: Paired,
    /// Cells never seen; a column a cell.
    pub(crate) cold: Paired,
    /// Cells that an earlier session of ours has seen.
    pub(crate) warm: Paired,
    /// The most memory.
    pub(crate) memory: Paired,
    /// How memory was counted.
    pub(crate) measure: Option<Measure>,
    /// Seconds a snapshot of 1 GB took, or why that is not known.
    pub(crate) snapshot: Option<std::result::Result<f64, String>>,
    /// The names of the cells.
    pub(crate) names: Vec<String>,
    /// What the reader should know besides.
    pub(crate) notes: Vec<String>,
    /// Where the kernels did not agree. Figures of wrong results are worth nothing.
    pub(crate) differences: Vec<Difference>,
    /// How many processes outlived their kernel, ours and theirs.
    pub(crate) left: [usize; 2],
}

/// A cell in which two kernels, or two sessions of ours, did not say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The cell.
    pub(crate) cell: String,
    /// What our kernel said.
    pub(crate) ours: String,
    /// What the other said.
    pub(crate) theirs: String,
}

/// Measures everything, ours and theirs in turns.
pub(crate) async fn measure(stage: &Stage) -> Result<Measured> {
    let mut measured = Measured::default();
    let replay = bench_corpus::replay(0).len();
    let plots = stage.rounds.min(PLOTS);
    let cells = stage.rounds * (4 + 3 * replay) + plots * 4 + bench_snapshot::CELLS;
    stage.reporter.length(cells as u64);
    for round in 0..stage.rounds {
        measured.round(stage, round).await?;
        if !measured.differences.is_empty() {
            return Ok(measured);
        }
    }
    measured.snapshot = Some(bench_snapshot::measure(stage, number()).await?);
    measured.note_what_was_left();
    Ok(measured)
}

impl Measured {
    async fn round(&mut self, stage: &Stage, round: usize) -> Result<()> {
        // Who comes second finds warmer file caches and a hotter processor.
        let order = match round % 2 {
            0 => [Side::Ours, Side::Theirs],
            _ => [Side::Theirs, Side::Ours],
        };
        self.starts(stage, order).await?;
        self.starts(stage, [order[1], order[0]]).await?;
        if round < PLOTS {
            self.plots(stage, order).await?;
        }
        self.replays(stage, order).await
    }

    /// Twice a round, in either order: a start is short and varies much.
    async fn starts(&mut self, stage: &Stage, order: [Side; 2]) -> Result<()> {
        let cells = [Cell::new("1+1", "1 + $N", number())];
        let (ours, theirs) = self.both(stage, order, &cells, false).await?;
        self.answer.push_one(ours.answered, theirs.answered);
        self.sum.push_one(ours.ran[0].shown, theirs.ran[0].shown);
        self.compare(&cells, &ours.ran, &theirs.ran);
        Ok(())
    }

    /// As the lessons do it: the support crate in the first cell.
    async fn plots(&mut self, stage: &Stage, order: [Side; 2]) -> Result<()> {
        let number = number();
        let import =
            ":dep ferrolab = { path = \"../kernel-support/ferrolab\" }\nuse ferrolab::prelude::*;";
        let plot = "plot::bars([(\"a function pointer\", 1.0), (\"a boxed closure\", $N.0)])";
        let cells = [
            Cell::new("the support crate", import, number),
            Cell::new("a plot", plot, number),
        ];
        let (ours, theirs) = self.both(stage, order, &cells, false).await?;
        self.plot.push_one(ours.ran[1].shown, theirs.ran[1].shown);
        let picture = |ran: &Ran| match (&ran.said.error, ran.said.rich) {
            (Some(error), _) => error.clone(),
            (None, true) => "a picture".to_owned(),
            (None, false) => "no picture".to_owned(),
        };
        let (ours, theirs) = (picture(&ours.ran[1]), picture(&theirs.ran[1]));
        if ours != "a picture" || theirs != "a picture" {
            self.differ("a plot", ours, theirs);
        }
        Ok(())
    }

    /// The replay in both kernels, then in ours again, which has seen its cells by now. Stock
    /// evcxr remembers nothing between sessions, so its one replay is what both are held against.
    async fn replays(&mut self, stage: &Stage, order: [Side; 2]) -> Result<()> {
        let cells = bench_corpus::replay(number());
        let (cold, theirs) = self.both(stage, order, &cells, true).await?;
        let warm = self.session(stage, Side::Ours, &cells, false).await?;
        self.names = cells.iter().map(|cell| cell.name.clone()).collect();
        self.compare(&cells, &cold.ran, &theirs.ran);
        self.compare(&cells, &warm.ran, &theirs.ran);
        self.first_let
            .push_one(cold.ran[0].done, theirs.ran[0].done);
        self.first_use
            .push_one(cold.ran[1].shown, theirs.ran[1].shown);
        let took = |session: &Session| session.ran.iter().map(|ran| ran.took).collect();
        self.cold.push(took(&cold), took(&theirs));
        self.warm.push(took(&warm), took(&theirs));
        if let (Some(ours), Some(theirs)) = (cold.peak, theirs.peak) {
            self.memory.push_one(ours.bytes as f64, theirs.bytes as f64);
            self.measure = Some(ours.measure);
        }
        Ok(())
    }

    /// The same cells in both kernels, in the order of this round; ours is given first.
    async fn both(
        &mut self,
        stage: &Stage,
        order: [Side; 2],
        cells: &[Cell],
        memory: bool,
    ) -> Result<(Session, Session)> {
        let first = self.session(stage, order[0], cells, memory).await?;
        let second = self.session(stage, order[1], cells, memory).await?;
        Ok(match order[0] {
            Side::Ours => (first, second),
            Side::Theirs => (second, first),
        })
    }

    async fn session(
        &mut self,
        stage: &Stage,
        side: Side,
        cells: &[Cell],
        memory: bool,
    ) -> Result<Session> {
        let session = stage.session(side, cells, memory).await?;
        self.left[usize::from(side == Side::Theirs)] += session.left;
        Ok(session)
    }

    fn compare(&mut self, cells: &[Cell], ours: &[Ran], theirs: &[Ran]) {
        for (cell, (ours, theirs)) in cells.iter().zip(ours.iter().zip(theirs)) {
            let result = |ran: &Ran| match &ran.said.error {
                Some(error) => error.clone(),
                None => ran.said.results.join("\n"),
            };
            let failed = ours.said.error.is_some() || theirs.said.error.is_some();
            if failed || ours.said.results != theirs.said.results {
                self.differ(&cell.name, result(ours), result(theirs));
            }
        }
        // Which cell a line belongs to is not certain in stock evcxr; that it comes is.
        let printed =
            |all: &[Ran]| -> String { all.iter().map(|ran| ran.said.printed.as_str()).collect() };
        if printed(ours) != printed(theirs) {
            self.differ("everything printed", printed(ours), printed(theirs));
        }
    }

    fn differ(&mut self, cell: &str, ours: String, theirs: String) {
        let difference = Difference {
            cell: cell.to_owned(),
            ours,
            theirs,
        };
        if !self.differences.contains(&difference) {
            self.differences.push(difference);
        }
    }

    fn note_what_was_left(&mut self) {
        for (name, left) in ["ferrolab", "evcxr"].iter().zip(self.left) {
            if left > 0 {
                self.notes.push(format!(
                    "{left} processes outlived their kernel `{name}`; they were ended"
                ));
            }
        }
    }
}

/// Six digits that no earlier run has used, but for a chance of one in a million.
pub(crate) fn number() -> u32 {
    let (high, _) = uuid::Uuid::new_v4().as_u64_pair();
    100_000 + u32::try_from(high % 900_000).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench_session::Said;

    fn ran(result: &str, printed: &str, error: Option<&str>) -> Ran {
        Ran {
            took: 0.1,
            shown: 1.0,
            done: 1.0,
            said: Said {
                results: vec![result.to_owned()],
                printed: printed.to_owned(),
                rich: false,
                error: error.map(str::to_owned),
            },
        }
    }

    #[test]
    fn only_what_differs_is_named() {
        let cells = ["a", "b", "c"].map(|name| Cell::new(name, "", 0));
        let ours = [ran("1", "", None), ran("2", "x", None), ran("3", "", None)];
        let mut measured = Measured::default();
        // What is printed may come a cell later.
        let theirs = [ran("1", "", None), ran("2", "", None), ran("3", "x", None)];
        measured.compare(&cells, &ours, &theirs);
        assert_eq!(measured.differences, []);
        let theirs = [ran("1", "", None), ran("5", "x", None), ran("3", "", None)];
        measured.compare(&cells, &ours, &theirs);
        assert_eq!(measured.differences.len(), 1);
        assert_eq!(measured.differences[0].cell, "b");
    }

    #[test]
    fn a_cell_that_fails_in_both_is_no_agreement() {
        let cells = [Cell::new("a", "", 0)];
        let mut measured = Measured::default();
        let failed = || [ran("", "", Some("panic"))];
        measured.compare(&cells, &failed(), &failed());
        assert_eq!(measured.differences[0].ours, "panic");
    }

    #[test]
    fn numbers_have_six_digits() {
        for _ in 0..1_000 {
            assert!((100_000..1_000_000).contains(&number()));
        }
    }
}
