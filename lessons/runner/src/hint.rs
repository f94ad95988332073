//! `ferrolab hint`: the next staged hint.

use anyhow::Result;

use crate::course::Course;
use crate::fault::Fault;
use crate::places::Places;
use crate::progress::Progress;
use crate::term;

/// Prints the hints shown so far and one more.
pub(crate) fn command(places: &Places, course: &Course, what: &str) -> Result<()> {
    let selection = course.select(Some(what))?;
    let (lesson, exercises) = &selection[0];
    let exercise = match exercises.as_slice() {
        [exercise] if what.contains('/') => exercise,
        _ => {
            let first = lesson.exercises.first().map_or("compose", |e| &e.name);
            return Err(Fault::error(
                "a hint is for one exercise",
                format!("name it: `cargo lab hint {}/{first}`", lesson.name),
            ));
        }
    };
    let paint = term::stdout();
    let mut progress = Progress::read(places);
    let entry = progress.entry_mut(&lesson.name, &exercise.name);
    let all = exercise.hints.len();
    entry.hints = (entry.hints + 1).min(all);
    let shown = entry.hints;
    progress.write(places)?;
    for (at, hint) in exercise.hints.iter().take(shown).enumerate() {
        let number = format!("hint {} of {all}", at + 1);
        let last = at + 1 == shown;
        println!(
            "{}: {hint}\n",
            if last {
                paint.bold(&number)
            } else {
                paint.dim(&number)
            }
        );
    }
    let path = format!("{}/{}", lesson.name, exercise.name);
    if shown < all {
        println!("more: {}", paint.cyan(&format!("cargo lab hint {path}")));
    } else {
        println!(
            "that was the last one; try it: {}",
            paint.cyan(&format!("cargo lab check {path}"))
        );
    }
    Ok(())
}
