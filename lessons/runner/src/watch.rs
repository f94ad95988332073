//! `ferrolab check --watch`: grades again whenever an exercise is saved.

use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use anyhow::{Context, Result};
use notify::{Event, EventKind, RecursiveMode, Watcher};

use crate::check::{self, Wish};
use crate::course::Course;
use crate::fault;
use crate::places::Places;
use crate::term;

/// Editors write a file in several steps; what happens within this time is one change.
const DEBOUNCE: Duration = Duration::from_millis(120);

/// Grades, then waits for changes and grades again, until Ctrl-C.
pub(crate) fn watch(places: &Places, course: &Course, wish: &Wish) -> Result<()> {
    let (sender, changes) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| matters(&event)) {
            // The receiver is gone only when we are ending.
            let _ = sender.send(());
        }
    })
    .context("the system cannot watch files")?;
    for (lesson, _) in course.select(wish.what.as_deref())? {
        for folder in [
            lesson.folder.join("src/exercises"),
            lesson.folder.join("tests"),
        ] {
            watcher
                .watch(&folder, RecursiveMode::NonRecursive)
                .with_context(|| format!("`{}` cannot be watched", folder.display()))?;
        }
    }
    loop {
        // A broken answer, or a file that is just being written, must not end the watch.
        if let Err(error) = check::once(places, course, wish) {
            fault::print(&error);
        }
        eprintln!(
            "{}",
            term::stderr().dim("watching; save a file to check again, Ctrl-C ends")
        );
        if !wait(&changes) {
            return Ok(());
        }
    }
}

fn matters(event: &Event) -> bool {
    let changed = matches!(
        event.kind,
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_)
    );
    let rust = |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "rs");
    changed && event.paths.iter().any(rust)
}

/// Waits for a change and for the quiet after it.
fn wait(changes: &Receiver<()>) -> bool {
    if changes.recv().is_err() {
        return false;
    }
    while changes.recv_timeout(DEBOUNCE).is_ok() {}
    true
}
