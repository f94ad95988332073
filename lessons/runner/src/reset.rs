//! `ferrolab reset`: the stub back, the learner's text kept.

use anyhow::Result;

use crate::course::Course;
use crate::exercise;
use crate::fault;
use crate::files;
use crate::places::Places;
use crate::progress::Progress;

/// Puts the stubs back.
pub(crate) fn command(places: &Places, course: &Course, what: &str) -> Result<()> {
    let mut progress = Progress::read(places);
    for (lesson, exercises) in course.select(Some(what))? {
        let source = exercise::source(places, lesson)?;
        for exercise in exercises {
            let file = lesson.exercise_file(&exercise.name);
            let name = fault::shown(&file, &places.root);
            let stub = exercise::stub(&source, lesson, &exercise.name)?;
            let old = exercise::read_answer(&file);
            if old
                .as_ref()
                .is_ok_and(|old| exercise::same_text(old, &stub))
            {
                println!("{name} is the stub already");
                continue;
            }
            // A link is replaced, never followed; its target stays as it is.
            if std::fs::symlink_metadata(&file).is_ok_and(|meta| meta.is_file()) {
                let copy = files::back_up(&file)?;
                println!("kept your text in {}", fault::shown(&copy, &places.root));
            }
            files::write_atomically(&file, stub.as_bytes())?;
            println!("{name} is the stub again");
            *progress.entry_mut(&lesson.name, &exercise.name) = Default::default();
        }
    }
    progress.write(places)
}
