//! `ferrolab bench`: measures side by side with what others use, interleaved in one run.

use std::path::Path;

use anyhow::{Context, Result};

use crate::bench_cells;
use crate::bench_figures;
use crate::bench_picture;
use crate::bench_report::Report;
use crate::bench_session::Stage;
use crate::bench_table;
use crate::cli::{BenchArgs, Subject};
use crate::fault::Fault;
use crate::files;
use crate::places::Places;
use crate::term;

/// Measures what was asked for; tells whether both kernels gave the same results.
pub(crate) fn command(places: &Places, wish: &BenchArgs) -> Result<bool> {
    if wish.subject != Subject::Cells {
        return Err(not_there(wish.subject));
    }
    can_be_written(wish)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let stage = Stage::new(places, wish.rounds as usize)?;
    let measured = runtime.block_on(async {
        stage.listen_for_the_end();
        bench_cells::measure(&stage).await
    });
    stage.reporter.finish();
    let measured = measured?;
    if !measured.differences.is_empty() {
        bench_table::differences(&measured.differences, term::stderr());
        return Ok(false);
    }
    hand_over(&bench_figures::report(&measured), wish)?;
    Ok(true)
}

fn not_there(subject: Subject) -> anyhow::Error {
    let name = if subject == Subject::All {
        "all"
    } else {
        "toolkit"
    };
    Fault::error(
        format!("`bench {name}` is not there yet: only the kernel is measured so far"),
        "`ferrolab bench cells` measures the kernel beside stock evcxr_jupyter",
    )
}

/// It would be sad to learn after six minutes that a name was mistyped.
fn can_be_written(wish: &BenchArgs) -> Result<()> {
    if let Some(file) = &wish.picture
        && file.extension().is_none_or(|ending| ending != "svg")
    {
        return Err(Fault::error(
            format!("`{}` is no name for an SVG picture", file.display()),
            "give a name that ends in `.svg`",
        ));
    }
    for file in wish.json.iter().chain(&wish.picture) {
        let folder = file.parent().filter(|path| !path.as_os_str().is_empty());
        if folder.is_some_and(|folder| !folder.is_dir()) || file.is_dir() {
            return Err(Fault::error(
                format!("`{}` cannot be written", file.display()),
                "name a file in a folder that is there",
            ));
        }
    }
    Ok(())
}

fn hand_over(report: &Report, wish: &BenchArgs) -> Result<()> {
    print!("{}", bench_table::text(report, term::stdout()));
    if let Some(file) = &wish.json {
        let text = serde_json::to_string_pretty(report)? + "\n";
        write(file, &text)?;
    }
    if let Some(file) = &wish.picture {
        write(file, &bench_picture::svg(report))?;
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<()> {
    // A bare name has the empty path for a parent, which is no folder to make a file in.
    let full = std::path::absolute(file).context("the current folder is gone")?;
    files::write_atomically(&full, text.as_bytes())?;
    eprintln!("wrote {}", file.display());
    Ok(())
}
