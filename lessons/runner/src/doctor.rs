//! `ferrolab doctor`: what is there, what is missing, what mends it.

use anyhow::Result;

use crate::course::Course;
use crate::fault;
use crate::notebooks;
use crate::places::Places;
use crate::steps::{STEPS, Status};
use crate::term::{self, Paint};
use crate::tools;

struct Row {
    name: String,
    good: bool,
    state: String,
    remedy: String,
}

/// Prints the table; tells whether nothing is missing.
pub(crate) fn command(places: &Places) -> Result<bool> {
    let mut rows = Vec::new();
    for tool in tools::look() {
        let state = match (tool.found, tool.required) {
            (Ok(found), _) => (true, found),
            (Err(wrong), true) => (false, wrong),
            (Err(wrong), false) => (
                true,
                format!(
                    "{wrong}; completion knows no standard library without it: {}",
                    tool.remedy
                ),
            ),
        };
        rows.push(Row {
            name: tool.name.to_owned(),
            good: state.0,
            state: state.1,
            remedy: tool.remedy.to_owned(),
        });
    }
    for step in &STEPS {
        let status = step.status(places);
        let state = match status {
            Status::Done => "done",
            Status::Stale => "stale: what it was made from has changed",
            Status::Missing => "missing",
        };
        rows.push(Row {
            name: step.title.to_owned(),
            good: status == Status::Done,
            state: state.to_owned(),
            remedy: "cargo lab setup".to_owned(),
        });
    }
    rows.extend(course(places));
    print(&rows, term::stdout());
    println!(
        "\ncourse  {}\nhome    {}",
        places.root.display(),
        places.home.display()
    );
    Ok(rows.iter().all(|row| row.good))
}

fn course(places: &Places) -> Vec<Row> {
    let course = match Course::read(places) {
        Ok(course) => course,
        Err(error) => return vec![broken("lessons.toml", &error)],
    };
    let mut rows = Vec::new();
    for lesson in &course.lessons {
        let name = format!("notebook {}", lesson.name);
        rows.push(match notebooks::generate(places, lesson, false) {
            Ok(outcome) => Row {
                name,
                // Running a notebook in JupyterLab changes the file: that is no fault.
                good: outcome.path.is_file(),
                state: match (outcome.path.is_file(), outcome.stale) {
                    (false, _) => "missing".to_owned(),
                    (true, true) => "there, with changes of yours".to_owned(),
                    (true, false) => "fresh".to_owned(),
                },
                remedy: "cargo lab notebooks".to_owned(),
            },
            Err(error) => broken(&name, &error),
        });
    }
    rows
}

fn broken(name: &str, error: &anyhow::Error) -> Row {
    Row {
        name: name.to_owned(),
        good: false,
        state: format!("{error:#}"),
        remedy: fault::hint_of(error).unwrap_or_default(),
    }
}

fn print(rows: &[Row], paint: Paint) {
    let width = rows
        .iter()
        .map(|row| row.name.chars().count())
        .max()
        .unwrap_or(0);
    for row in rows {
        let mark = if row.good {
            paint.green("✓")
        } else {
            paint.red("✗")
        };
        println!("{mark} {:<width$}  {}", row.name, row.state);
        if !row.good {
            println!(
                "  {:<width$}  {} {}",
                "",
                paint.cyan("mend it:"),
                row.remedy
            );
        }
    }
}
