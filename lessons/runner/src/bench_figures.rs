//! From what was measured to the rows of the report.

use crate::bench_cells::Measured;
use crate::bench_numbers::{Interval, Paired, quantile};
use crate::bench_report::{CellTimes, Figure, Goal, Machine, Report, SCHEMA, Samples, Unit};
use crate::bench_table::rounds;
use crate::tools;

/// Who we compare with.
const PEER: &str = "evcxr";
/// Makes the intervals of a report come out the same when they are computed again.
const SEED: u64 = 3;
/// With fewer rounds an interval is too narrow: the extremes were hardly seen.
const FEW: usize = 6;

/// A row before its numbers.
struct Row {
    name: &'static str,
    title: &'static str,
    unit: Unit,
    quantile: f64,
    /// The ratio it has to reach.
    least: Option<f64>,
    samples: fn(&Measured) -> &Paired,
}

const ROWS: [Row; 10] = [
    Row {
        name: "start_to_kernel_info",
        title: "start to kernel_info",
        unit: Unit::Seconds,
        quantile: 0.5,
        least: None,
        samples: |measured| &measured.answer,
    },
    Row {
        name: "start_to_first_result",
        title: "start to first result, `1+1`",
        unit: Unit::Seconds,
        quantile: 0.5,
        least: Some(5.0),
        samples: |measured| &measured.sum,
    },
    Row {
        name: "start_to_first_let",
        title: "start to first `let`",
        unit: Unit::Seconds,
        quantile: 0.5,
        least: Some(8.0),
        samples: |measured| &measured.first_let,
    },
    Row {
        name: "start_to_first_use",
        title: "start to first use of it",
        unit: Unit::Seconds,
        quantile: 0.5,
        least: None,
        samples: |measured| &measured.first_use,
    },
    Row {
        name: "start_to_first_plot",
        title: "start to first plot",
        unit: Unit::Seconds,
        quantile: 0.5,
        least: Some(15.0),
        samples: |measured| &measured.plot,
    },
    Row {
        name: "cold_cell_median",
        title: "cell never seen, median",
        unit: Unit::Seconds,
        quantile: 0.5,
        least: Some(3.0),
        samples: |measured| &measured.cold,
    },
    Row {
        name: "cold_cell_p95",
        title: "cell never seen, 95th percentile",
        unit: Unit::Seconds,
        quantile: 0.95,
        least: None,
        samples: |measured| &measured.cold,
    },
    Row {
        name: "warm_cell_median",
        title: "cell seen before, median",
        unit: Unit::Seconds,
        quantile: 0.5,
        least: Some(8.0),
        samples: |measured| &measured.warm,
    },
    Row {
        name: "warm_cell_p95",
        title: "cell seen before, 95th percentile",
        unit: Unit::Seconds,
        quantile: 0.95,
        least: None,
        samples: |measured| &measured.warm,
    },
    Row {
        name: "peak_memory",
        title: "peak memory of all processes",
        unit: Unit::Bytes,
        quantile: 0.5,
        least: Some(3.0),
        samples: |measured| &measured.memory,
    },
];

/// The report on what was measured.
pub(crate) fn report(measured: &Measured) -> Report {
    let mut report = Report {
        schema: SCHEMA,
        rounds: measured.cold.rounds(),
        machine: machine(),
        memory: measured.measure,
        figures: figures(measured),
        cells: cells(measured),
        notes: measured.notes.clone(),
    };
    if report.rounds < FEW {
        report.notes.push(format!(
            "{}: the intervals of starts and memory are rough",
            rounds(report.rounds)
        ));
    }
    match &measured.snapshot {
        Some(Ok(seconds)) => report.figures.push(snapshot(*seconds)),
        Some(Err(why)) => report
            .notes
            .push(format!("a snapshot of 1 GB was not measured: {why}")),
        None => {}
    }
    report
}

fn machine() -> Machine {
    let rustc = tools::output("rustc", &["--version"]).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    Machine {
        cores,
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        rustc: rustc.trim().to_owned(),
    }
}

fn figures(measured: &Measured) -> Vec<Figure> {
    let rows = ROWS.iter().map(|row| (row, (row.samples)(measured)));
    // Where memory cannot be measured there is no row for it.
    rows.filter(|(_, paired)| paired.rounds() > 0)
        .map(|(row, paired)| figure(row, paired))
        .collect()
}

fn figure(row: &Row, paired: &Paired) -> Figure {
    let part = row.quantile;
    let samples = |samples: Vec<f64>| Samples {
        value: rounded(quantile(&samples, part)),
        samples: samples.into_iter().map(rounded).collect(),
    };
    let interval = paired.interval(part, SEED).map(|interval| Interval {
        low: rounded(interval.low),
        high: rounded(interval.high),
    });
    Figure {
        name: row.name.to_owned(),
        title: row.title.to_owned(),
        unit: row.unit,
        quantile: part,
        ours: samples(paired.ours()),
        peer: Some(PEER.to_owned()),
        theirs: Some(samples(paired.theirs())),
        ratio: Some(rounded(paired.ratio(part))),
        interval,
        goal: row.least.map(Goal::Ratio),
    }
}

/// To the microsecond: what follows is noise, and would not survive being written and read.
fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

fn snapshot(seconds: f64) -> Figure {
    Figure {
        name: "snapshot_of_1_gb".to_owned(),
        title: "snapshot of 1 GB of variables".to_owned(),
        unit: Unit::Seconds,
        quantile: 0.5,
        ours: Samples {
            value: seconds,
            samples: vec![seconds],
        },
        peer: None,
        theirs: None,
        ratio: None,
        interval: None,
        goal: Some(Goal::AtMost(0.030)),
    }
}

fn cells(measured: &Measured) -> Vec<CellTimes> {
    let times = |(at, name): (usize, &String)| {
        let (cold, theirs) = measured.cold.column(at);
        let (warm, _) = measured.warm.column(at);
        CellTimes {
            name: name.clone(),
            cold: cold.into_iter().map(rounded).collect(),
            warm: warm.into_iter().map(rounded).collect(),
            theirs: theirs.into_iter().map(rounded).collect(),
        }
    };
    measured.names.iter().enumerate().map(times).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A report such as two rounds of two cells give.
    pub(crate) fn example() -> Report {
        let mut measured = Measured {
            names: vec!["let".to_owned(), "sorting".to_owned()],
            snapshot: Some(Ok(0.012)),
            measure: Some(crate::bench_processes::Measure::Pss),
            ..Measured::default()
        };
        for load in [1.0, 1.3] {
            measured.answer.push_one(0.2 * load, 6.5 * load);
            measured.sum.push_one(0.6 * load, 7.0 * load);
            measured.first_let.push_one(0.8, 10.0);
            measured.first_use.push_one(0.9, 11.0);
            measured.plot.push_one(1.5, 45.0);
            measured.cold.push(vec![0.1, 0.2 * load], vec![0.7, 0.9]);
            measured.warm.push(vec![0.02, 0.03], vec![0.7, 0.9]);
            measured.memory.push_one(4e8, 9e8);
        }
        report(&measured)
    }

    #[test]
    fn json_says_the_same_when_it_is_read_again() {
        let report = example();
        let text = serde_json::to_string_pretty(&report).unwrap();
        let again: Report = serde_json::from_str(&text).unwrap();
        assert_eq!(again, report);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["schema"], SCHEMA);
        assert_eq!(value["cells"][1]["name"], "sorting");
        assert_eq!(value["cells"][1]["theirs"][0], 0.9);
    }

    #[test]
    fn goals_are_held_against_ratios_and_values() {
        let report = example();
        let reached = |name: &str| {
            let mut all = report.figures.iter();
            all.find(|figure| figure.name == name).unwrap().reached()
        };
        assert_eq!(reached("start_to_first_result"), Some(true));
        assert_eq!(reached("peak_memory"), Some(false));
        assert_eq!(reached("snapshot_of_1_gb"), Some(true));
        assert_eq!(reached("cold_cell_p95"), None);
    }

    #[test]
    fn without_memory_there_is_no_row_for_it() {
        let measured = Measured::default();
        assert!(figures(&measured).is_empty());
    }
}
