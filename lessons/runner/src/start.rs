//! `ferrolab start`: set-up, then JupyterLab until Ctrl-C.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::course::Course;
use crate::places::Places;
use crate::server::{self, Server};
use crate::setup;
use crate::term;

/// Sets up, serves, waits for Ctrl-C.
pub(crate) fn command(places: &Places, port: Option<u16>, browser: bool) -> Result<()> {
    // A port that is taken should be said before the set-up, not ten minutes later.
    let chosen = server::choose_port(port)?;
    setup::command(places)?;
    let chosen = if port.is_none() {
        server::choose_port(None)?
    } else {
        chosen
    };
    // From here on a signal must find us ready to end the server.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    runtime.block_on(serve(places, chosen, browser))
}

async fn serve(places: &Places, port: u16, browser: bool) -> Result<()> {
    let mut stop = std::pin::pin!(signal());
    let start = Instant::now();
    let mut server = Server::start(places, port)?;
    server.wait(places, Duration::from_secs(90))?;
    eprintln!(
        "{} JupyterLab answers ({})",
        term::stderr().green("✓"),
        term::seconds(start.elapsed())
    );
    let first = Course::read(places).ok().and_then(|course| {
        course
            .lessons
            .first()
            .map(|lesson| format!("{}.ipynb", lesson.name))
    });
    let url = server.url(first.as_deref());
    println!("JupyterLab: {url}");
    println!("Ctrl-C ends it");
    std::io::stdout()
        .flush()
        .context("the address cannot be printed")?;
    if browser {
        open_browser(&url);
    }
    loop {
        tokio::select! {
            () = &mut stop => break,
            () = tokio::time::sleep(Duration::from_millis(300)) => {
                if server.ended() {
                    eprintln!("JupyterLab was shut down");
                    return Ok(());
                }
            }
        }
    }
    eprintln!("stopping JupyterLab and its kernels");
    server.stop();
    Ok(())
}

/// Ends when the person or the system wants us to end.
async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).ok();
        let (Some(mut interrupt), Some(mut terminate), Some(mut hangup)) = (
            listen(SignalKind::interrupt()),
            listen(SignalKind::terminate()),
            listen(SignalKind::hangup()),
        ) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = tokio::signal::ctrl_c().await;
}

fn open_browser(url: &str) {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let opened = Command::new(program)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if opened.is_err() {
        eprintln!("no browser could be opened: open the address above");
    }
}
