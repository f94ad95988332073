//! Puts the parts of a kernel together.

use crate::analysis::Analysis;
use crate::analysis_process::Places;
use crate::crate_set;
use crate::engine::Engine;
use crate::history::History;
use crate::interrupt::Interrupter;
use crate::live::Live;
use crate::outline::SharedOutline;
use crate::pipes;
use crate::scratch::Scratch;
use crate::server;
use crate::session::{Handles, Session};
use crate::start::Parts;
use crate::stdin::{self, Asker};
use crate::wire::{self, Outbox, Sockets};
use anyhow::{Context, Result};
use jupyter_protocol::{ConnectionInfo, Status};
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// The parser recurses deeply on large expressions.
const ENGINE_STACK: usize = 64 << 20;

/// Serves a client until it asks for shutdown.
///
/// # Errors
///
/// When the connection file cannot be read, a port is taken, or no folder can be made.
pub(crate) fn serve(connection: &Path) -> Result<()> {
    let text = std::fs::read_to_string(connection)
        .with_context(|| format!("cannot read the connection file `{}`", connection.display()))?;
    let info: ConnectionInfo = serde_json::from_str(&text)
        .with_context(|| format!("`{}` is not a connection file", connection.display()))?;
    let scratch = Scratch::new()?;
    set_environment();
    let served = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(run(&info, &scratch));
    drop(scratch);
    // Threads that still work, the analysis for instance, are not waited for.
    match served {
        Ok(()) => std::process::exit(0),
        Err(error) => Err(error),
    }
}

/// Keeps away what would change how cells are compiled.
fn set_environment() {
    // SAFETY: no other thread runs yet.
    unsafe {
        for (name, folders) in library_paths_without_cargos() {
            std::env::set_var(name, folders);
        }
        // A target folder of the user's own would mix cells with other builds.
        std::env::remove_var("CARGO_TARGET_DIR");
    }
}

/// `cargo run` and `cargo test` put their target folder in front of where libraries are looked
/// for. A cell would find the support crate as the workspace compiled it, not as the cell links it.
fn library_paths_without_cargos() -> Vec<(&'static str, OsString)> {
    let exe = std::env::current_exe().unwrap_or_default();
    let Some(built) = exe.parent() else {
        return Vec::new();
    };
    ["LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"]
        .into_iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)))
        .filter_map(|(name, folders)| {
            let kept = std::env::split_paths(&folders).filter(|folder| !folder.starts_with(built));
            Some((name, std::env::join_paths(kept).ok()?))
        })
        .collect()
}

async fn run(info: &ConnectionInfo, scratch: &Scratch) -> Result<()> {
    let session_id = uuid::Uuid::new_v4().to_string();
    let sockets = bind(info, &session_id).await?;
    let (kernel_ends, worker_ends) = pipes::open()?;
    let (iopub, published) = Outbox::new();
    let (shell, replies) = Outbox::new();
    let (interrupter, cancelled) = Interrupter::new();
    let (asker, questions) = Asker::new(
        kernel_ends.input.try_clone()?.into(),
        kernel_ends.end_of_input.try_clone()?.into(),
    );
    let live = Live::new(iopub.clone(), asker);
    let outline = SharedOutline::default();
    let handles = Handles {
        live: live.clone(),
        shell,
        iopub: iopub.clone(),
        interrupter,
        history: Arc::new(Mutex::new(History::open(history_file()))),
        current: Arc::default(),
        analysis: Analysis::new(outline.clone(), places(scratch)?),
        stopping: Arc::default(),
    };
    let (send_shell, receive_shell) = sockets.shell.split();
    let (jobs, received) = mpsc::channel();
    tokio::spawn(wire::run_heartbeat(sockets.heartbeat));
    tokio::spawn(wire::run_iopub(sockets.iopub, published));
    tokio::spawn(server::run_replies(send_shell, replies));
    tokio::spawn(stdin::run(sockets.stdin, questions, cancelled));
    iopub
        .send_async(wire::broadcast(Status::starting(), None))
        .await;
    tokio::spawn(server::run_shell(receive_shell, jobs, handles.clone()));
    let parts = Parts {
        live,
        interrupter: handles.interrupter.clone(),
        ends: (kernel_ends, worker_ends),
        home: scratch.home().to_owned(),
        folder: scratch.path().join("cells"),
        outline,
    };
    start_session(parts, handles.clone(), received)?;
    tokio::spawn(interrupt_on_signal(handles.clone()));
    wait_for_the_end(server::run_control(sockets.control, handles.clone())).await?;
    handles.interrupter.interrupt_for_good();
    Ok(())
}

/// Binds the sockets. A client that chose the ports may itself hold them for another moment.
async fn bind(info: &ConnectionInfo, session_id: &str) -> Result<Sockets> {
    const TRIES: usize = 20;
    for _ in 1..TRIES {
        if let Ok(sockets) = Sockets::bind(info, session_id).await {
            return Ok(sockets);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Sockets::bind(info, session_id).await
}

/// Where the analysis works, and with which versions: those that the workspace chose, unless the
/// session has some.
fn places(scratch: &Scratch) -> Result<Places> {
    Ok(Places {
        folder: scratch.path().join("analysis"),
        lock: Some(crate_set::workspace_lock()),
        program: std::env::current_exe()?,
        arguments: vec!["analysis".to_owned()],
    })
}

/// The engine starts on the session's thread, while the front already answers.
fn start_session(
    parts: Parts,
    handles: Handles,
    received: mpsc::Receiver<crate::session::Job>,
) -> Result<()> {
    std::thread::Builder::new()
        .name("session".into())
        .stack_size(ENGINE_STACK)
        .spawn(move || {
            let mut engine = Engine::start(parts);
            if let Ok(engine) = &mut engine
                && let Err(failure) = engine.load_configuration()
            {
                eprintln!(
                    "ferrolab: evcxr's configuration was not loaded: {}",
                    failure.value
                );
            }
            Session::new(handles, engine).run(&received);
        })?;
    Ok(())
}

/// A client asks for the end, ends kernels by signal, or is gone itself.
async fn wait_for_the_end(shutdown: impl Future<Output = Result<()>>) -> Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        result = shutdown => result,
        _ = terminated.recv() => Ok(()),
        () = parent_gone() => Ok(()),
    }
}

/// Waits until the process that started the kernel has ended: nobody could end the kernel then.
async fn parent_gone() {
    let parent = std::os::unix::process::parent_id();
    while std::os::unix::process::parent_id() == parent {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Clients older than the control channel's interrupt send SIGINT.
async fn interrupt_on_signal(handles: Handles) -> Result<()> {
    let mut interrupts = signal(SignalKind::interrupt())?;
    while interrupts.recv().await.is_some() {
        let interrupter = handles.interrupter.clone();
        tokio::task::spawn_blocking(move || interrupter.interrupt());
    }
    Ok(())
}

/// Where inputs are kept across sessions.
fn history_file() -> Option<std::path::PathBuf> {
    let file = std::env::var_os("FERROLAB_HISTORY").map(Into::into);
    file.or_else(|| Some(dirs::data_dir()?.join("ferrolab").join("history.jsonl")))
}
