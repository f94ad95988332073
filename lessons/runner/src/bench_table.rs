//! The report of a benchmark as a table for people.

use crate::bench_cells::Difference;
use crate::bench_processes::Measure;
use crate::bench_report::{Figure, Goal, Report, Unit};
use crate::term::Paint;

/// Longer texts are cut: where two kernels differ, the beginning shows it.
const WIDEST: usize = 400;

/// The whole table.
pub(crate) fn text(report: &Report, paint: Paint) -> String {
    let widest = report.figures.iter().map(|row| row.title.chars().count());
    let widest = widest.max().unwrap_or(0);
    let head = line(
        widest,
        ["", "ours", "theirs", "peer", "ratio", "95 % interval"],
        "goal",
    );
    let mut text = format!("{}\n", paint.bold(&head));
    for figure in &report.figures {
        text += &row(figure, widest, paint);
        text.push('\n');
    }
    text.push('\n');
    for note in notes(report) {
        text += &paint.dim(&note);
        text.push('\n');
    }
    text
}

fn row(figure: &Figure, widest: usize, paint: Paint) -> String {
    let theirs = figure.theirs.as_ref();
    let interval = figure.interval.map_or(String::new(), |interval| {
        format!("{} to {}", times(interval.low), times(interval.high))
    });
    let cells = [
        figure.title.as_str(),
        &amount(figure.ours.value, figure.unit),
        &theirs.map_or(String::new(), |theirs| amount(theirs.value, figure.unit)),
        figure.peer.as_deref().unwrap_or_default(),
        &figure.ratio.map_or(String::new(), times),
        &interval,
    ];
    let goal = figure.goal.map_or(String::new(), |goal| match goal {
        Goal::Ratio(least) => times(least),
        Goal::AtMost(most) => amount(most, figure.unit),
    });
    let mark = match figure.reached() {
        Some(true) => paint.green(&format!("✓ {goal}")),
        Some(false) => paint.red(&format!("✗ {goal}")),
        None => String::new(),
    };
    line(widest, cells, &mark).trim_end().to_owned()
}

fn line(widest: usize, cells: [&str; 6], goal: &str) -> String {
    let [title, ours, theirs, peer, ratio, interval] = cells;
    format!(
        "{title:<widest$}  {ours:>8}  {theirs:>8}  {peer:<6}  {ratio:>6}  {interval:<16}  {goal}"
    )
}

fn notes(report: &Report) -> Vec<String> {
    let machine = &report.machine;
    let mut notes = vec![format!(
        "{} of {} cells in turns, {} cores, {}, {}",
        rounds(report.rounds),
        report.cells.len(),
        machine.cores,
        machine.system,
        machine.rustc
    )];
    match report.memory {
        Some(Measure::Pss) => {}
        Some(Measure::Rss) => notes.push(
            "memory is the sum of resident sets: pages that processes share count more than once"
                .to_owned(),
        ),
        None => notes.push("memory was not measured: this system does not tell it".to_owned()),
    }
    notes.extend(report.notes.iter().cloned());
    notes
}

/// So many rounds, in words.
pub(crate) fn rounds(count: usize) -> String {
    match count {
        1 => "1 round".to_owned(),
        _ => format!("{count} rounds"),
    }
}

/// Three digits, as many as anybody compares.
pub(crate) fn amount(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds if value < 1e-3 => format!("{:.0} µs", value * 1e6),
        Unit::Seconds if value < 1e-2 => format!("{:.1} ms", value * 1e3),
        Unit::Seconds if value < 1.0 => format!("{:.0} ms", value * 1e3),
        Unit::Seconds if value < 10.0 => format!("{value:.2} s"),
        Unit::Seconds => format!("{value:.1} s"),
        Unit::Bytes => format!("{:.0} MB", value / 1e6),
    }
}

/// How many times better.
pub(crate) fn times(ratio: f64) -> String {
    if ratio < 9.95 {
        format!("{ratio:.1}×")
    } else {
        format!("{ratio:.0}×")
    }
}

/// Says where two kernels did not agree.
pub(crate) fn differences(all: &[Difference], paint: Paint) {
    for difference in all {
        eprintln!(
            "{} the cell \"{}\" did not give the same result in both kernels",
            paint.red("✗"),
            difference.cell
        );
        eprintln!("    ours:   {}", shortened(&difference.ours));
        eprintln!("    theirs: {}", shortened(&difference.theirs));
    }
    let count = all.len();
    eprintln!(
        "nothing is compared: {count} results differ, and figures of wrong results are worth nothing"
    );
}

fn shortened(text: &str) -> String {
    let text = match text.char_indices().nth(WIDEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    };
    text.trim_end().replace('\n', "\n            ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench_figures::tests::example;

    #[test]
    fn a_row_has_both_kernels_the_ratio_and_its_interval() {
        let text = text(&example(), Paint::plain());
        let row = text
            .lines()
            .find(|row| row.starts_with("start to first `let`"))
            .unwrap();
        for part in ["800 ms", "10.0 s", "evcxr", "12×", "12× to 12×", "✓ 8.0×"] {
            assert!(row.contains(part), "{part} in {row}");
        }
        assert!(text.contains("✗ 3.0×"), "{text}");
        assert!(text.contains("2 rounds of 2 cells"), "{text}");
    }

    #[test]
    fn amounts_have_about_three_digits() {
        assert_eq!(amount(0.000_25, Unit::Seconds), "250 µs");
        assert_eq!(amount(0.004_25, Unit::Seconds), "4.2 ms");
        assert_eq!(amount(0.120, Unit::Seconds), "120 ms");
        assert_eq!(amount(7.5, Unit::Seconds), "7.50 s");
        assert_eq!(amount(32.0, Unit::Seconds), "32.0 s");
        assert_eq!(amount(9.1e8, Unit::Bytes), "910 MB");
        assert_eq!(times(9.96), "10×");
        assert_eq!(times(3.06), "3.1×");
    }

    #[test]
    fn what_differs_is_cut() {
        assert!(shortened(&"x".repeat(5_000)).chars().count() <= WIDEST + 1);
    }
}
