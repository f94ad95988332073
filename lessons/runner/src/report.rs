//! The report a learner reads.

use crate::term::Paint;
use crate::verdict::{Graded, Outcome, Report, Test, Verdict};

/// Messages longer than this are cut: the beginning says what was expected.
const LONGEST: usize = 24;
/// Lines longer than this are cut as well.
const WIDEST: usize = 160;

/// The whole report as text.
pub(crate) fn text(report: &Report, paint: Paint) -> String {
    let mut text = String::new();
    for graded in &report.exercises {
        text += &exercise(graded, paint);
        text.push('\n');
    }
    text += &summary(report, paint);
    text
}

fn exercise(graded: &Graded, paint: Paint) -> String {
    let name = paint.bold(&format!("{}/{}", graded.lesson, graded.exercise));
    let passed = graded.count(Outcome::Passed);
    let (mark, state) = match graded.verdict {
        Verdict::Passed => (
            paint.green("✓"),
            format!("passed, {} points", graded.points),
        ),
        Verdict::Failed => (
            paint.red("✗"),
            format!("{passed} of {} tests pass", graded.tests.len()),
        ),
        Verdict::DoesNotCompile => (paint.red("✗"), "does not compile".to_owned()),
        Verdict::Unreadable => (paint.red("✗"), "cannot be read".to_owned()),
        Verdict::CannotGrade => (paint.yellow("!"), "cannot be graded".to_owned()),
    };
    let mut text = format!("{mark} {name}  {}: {state}\n", graded.title);
    if let Some(reason) = &graded.reason {
        text += &format!("    {}: {reason}\n", graded.file);
    }
    match graded.verdict {
        Verdict::DoesNotCompile => text += &errors(graded),
        Verdict::Failed if not_begun(graded) => {
            text += &format!(
                "    {} still says `todo!()`: write it, then check again\n",
                graded.file
            );
        }
        Verdict::Failed => {
            for test in &graded.tests {
                text += &self::test(test, paint);
            }
        }
        _ => {}
    }
    if !matches!(graded.verdict, Verdict::Passed | Verdict::CannotGrade) {
        text += &next_step(graded, paint);
    }
    text
}

fn next_step(graded: &Graded, paint: Paint) -> String {
    let path = format!("{}/{}", graded.lesson, graded.exercise);
    let command = if graded.verdict == Verdict::Unreadable {
        format!("cargo lab reset {path}")
    } else {
        format!("cargo lab hint {path}")
    };
    format!("    next: {}\n", paint.cyan(&command))
}

fn not_begun(graded: &Graded) -> bool {
    let todo = |test: &Test| {
        let message = test.message.as_deref().unwrap_or_default();
        test.outcome == Outcome::Failed && message.starts_with("not yet implemented")
    };
    !graded.tests.is_empty() && graded.tests.iter().all(todo)
}

fn errors(graded: &Graded) -> String {
    let mut text = String::new();
    for diagnostic in graded.diagnostics.iter().filter(|d| d.level == "error") {
        text += &indent(diagnostic.rendered.trim_end(), "    ");
        text += "\n";
    }
    text
}

fn test(test: &Test, paint: Paint) -> String {
    let name = &test.name;
    let (mark, word) = match test.outcome {
        Outcome::Passed => (paint.green("✓"), ""),
        Outcome::Ignored => (paint.dim("-"), " (left out)"),
        Outcome::NotRun => (paint.dim("-"), " (not run)"),
        Outcome::Failed => (paint.red("✗"), ""),
        Outcome::TimedOut => (paint.red("✗"), " (out of time)"),
        Outcome::Crashed => (paint.red("✗"), " (crashed)"),
    };
    let mut text = format!("    {mark} {name}{word}\n");
    let bad = matches!(
        test.outcome,
        Outcome::Failed | Outcome::TimedOut | Outcome::Crashed
    );
    if !bad {
        return text;
    }
    if let Some(teaches) = &test.teaches {
        text += &format!("{}\n", indent(teaches, "        "));
    }
    if let Some(message) = &test.message {
        text += &format!(
            "{}\n",
            paint.dim(&indent(&shortened(message), "        │ "))
        );
    }
    if let Some(place) = &test.place {
        text += &format!("        {}\n", paint.dim(&format!("at {place}")));
    }
    text
}

fn shortened(message: &str) -> String {
    let noise = ["successes:", "local rejects:", "global rejects:"];
    let lines: Vec<String> = message
        .lines()
        .filter(|line| !noise.iter().any(|word| line.trim_start().starts_with(word)))
        .map(cut)
        .collect();
    if lines.len() <= LONGEST {
        return lines.join("\n");
    }
    let kept = lines[..LONGEST].join("\n");
    format!("{kept}\n… {} more lines", lines.len() - LONGEST)
}

/// A list of a thousand numbers helps nobody.
fn cut(line: &str) -> String {
    match line.char_indices().nth(WIDEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

fn summary(report: &Report, paint: Paint) -> String {
    let passed = |graded: &&Graded| graded.verdict == Verdict::Passed;
    let count = report.exercises.iter().filter(passed).count();
    let all = report.exercises.len();
    let line = format!(
        "{count} of {all} exercises passed, {} of {} points",
        report.points, report.max_points
    );
    let line = if count == all {
        paint.green(&line)
    } else {
        paint.bold(&line)
    };
    format!("{line}\n")
}

fn indent(text: &str, by: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("{by}{line}")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(message: &str) -> Report {
        let test = Test {
            name: "t1_order".into(),
            outcome: Outcome::Failed,
            teaches: Some("What stands first is called first.".into()),
            message: Some(message.into()),
            place: Some("lessons/01_a/tests/one.rs:3:5".into()),
        };
        Report::new(vec![Graded {
            lesson: "01_a".into(),
            exercise: "one".into(),
            title: "One".into(),
            file: "lessons/01_a/src/exercises/one.rs".into(),
            verdict: Verdict::Failed,
            points: 0,
            max_points: 5,
            reason: None,
            tests: vec![test],
            diagnostics: Vec::new(),
            seconds: 0.1,
        }])
    }

    #[test]
    fn says_what_the_test_teaches_and_what_to_type_next() {
        let text = text(&failed("left: 1\nright: 2"), crate::term::Paint::plain());
        assert!(
            text.contains("What stands first is called first."),
            "{text}"
        );
        assert!(text.contains("│ right: 2"), "{text}");
        assert!(text.contains("next: cargo lab hint 01_a/one"), "{text}");
        assert!(
            text.ends_with("0 of 1 exercises passed, 0 of 5 points\n"),
            "{text}"
        );
    }

    #[test]
    fn a_stub_is_not_called_wrong() {
        let text = text(&failed("not yet implemented"), crate::term::Paint::plain());
        assert!(text.contains("still says `todo!()`"), "{text}");
    }
}
