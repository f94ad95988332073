//! The kernel's front: takes requests from the sockets and hands them on.
//!
//! Cells go to the session's thread, in order. Everything else is answered beside them, also while a
//! cell runs or the engine still loads.

use crate::assist;
use crate::history::History;
use crate::info::kernel_info;
use crate::session::{Handles, Job};
use crate::syntax;
use crate::wire::{self, Outbox, broadcast, reply};
use anyhow::Result;
use jupyter_protocol::{
    CommInfoReply, InterruptReply, JupyterMessage, JupyterMessageContent as Content, ReplyStatus,
    ShutdownReply, Status,
};
use jupyter_zmq_client::{KernelControlConnection, RouterRecvConnection, RouterSendConnection};
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::sync::{Arc, PoisonError};
use tokio::sync::mpsc;

/// Sends the replies on the shell socket.
pub(crate) async fn run_replies(
    mut socket: RouterSendConnection,
    mut queue: mpsc::Receiver<JupyterMessage>,
) {
    while let Some(message) = queue.recv().await {
        if let Err(error) = socket.send(message).await {
            eprintln!("ferrolab: a reply could not be sent: {error}");
        }
    }
}

/// Takes requests from the shell socket until the kernel stops.
pub(crate) async fn run_shell(
    mut socket: RouterRecvConnection,
    jobs: Sender<Job>,
    handles: Handles,
) {
    loop {
        match wire::read(&mut socket).await {
            Ok(message) => take(Arc::new(message), &jobs, &handles).await,
            Err(error) => refuse(&error.to_string()).await,
        }
    }
}

/// A message that cannot be read costs nothing but itself.
async fn refuse(error: &str) {
    eprintln!("ferrolab: a message was not understood: {error}");
    // A socket that is gone fails at once, again and again.
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
}

async fn take(message: Arc<JupyterMessage>, jobs: &Sender<Job>, handles: &Handles) {
    match &message.content {
        Content::ExecuteRequest(request) => {
            let request = request.clone();
            // The receiver is gone only while the kernel stops.
            let _ = jobs.send(Job { message, request });
        }
        Content::CompleteRequest(_) | Content::InspectRequest(_) => {
            // The analysis may take a moment, in which other requests are answered.
            tokio::spawn(answer_by_analysis(message, handles.clone()));
        }
        _ => {
            let content = answer(&message, &handles.history);
            publish(&handles.iopub, Status::busy(), &message).await;
            conclude(content, &message, handles).await;
        }
    }
}

async fn answer_by_analysis(message: Arc<JupyterMessage>, handles: Handles) {
    publish(&handles.iopub, Status::busy(), &message).await;
    let (analysis, client) = (&handles.analysis, &message.header.session);
    let content: Option<Content> = match &message.content {
        Content::CompleteRequest(request) => {
            Some(assist::complete(analysis, client, request).await.into())
        }
        Content::InspectRequest(request) => {
            Some(assist::inspect(analysis, client, request).await.into())
        }
        _ => None,
    };
    conclude(content, &message, &handles).await;
}

/// Sends the reply to a request that was answered beside the cells.
async fn conclude(content: Option<Content>, message: &JupyterMessage, handles: &Handles) {
    if let Some(content) = content {
        handles.shell.send_async(reply(content, message)).await;
    }
    let current = handles.current.lock().await;
    publish(&handles.iopub, Status::idle(), message).await;
    // Front ends show the status that came last: a cell that still runs is busy.
    if let Some(current) = &*current {
        publish(&handles.iopub, Status::busy(), current).await;
    }
}

async fn publish(iopub: &Outbox, status: Status, parent: &JupyterMessage) {
    iopub.send_async(broadcast(status, Some(parent))).await;
}

fn answer(message: &JupyterMessage, history: &std::sync::Mutex<History>) -> Option<Content> {
    match &message.content {
        Content::KernelInfoRequest(_) => Some(kernel_info().into()),
        Content::IsCompleteRequest(request) => Some(syntax::is_complete(&request.code).into()),
        Content::HistoryRequest(request) => {
            let history = history.lock().unwrap_or_else(PoisonError::into_inner);
            Some(history.answer(request).into())
        }
        Content::CommInfoRequest(_) => Some(CommInfoReply::default().into()),
        // The kernel offers no comms; a front end that opens one is told by silence, as the
        // protocol allows for targets that do not exist.
        Content::CommOpen(_) | Content::CommMsg(_) | Content::CommClose(_) => None,
        other => {
            eprintln!("ferrolab: no answer to `{}`", other.message_type());
            None
        }
    }
}

/// Takes requests from the control socket; returns when the kernel is to stop.
///
/// # Errors
///
/// When the reply to the shutdown cannot be sent.
pub(crate) async fn run_control(
    mut socket: KernelControlConnection,
    handles: Handles,
) -> Result<()> {
    loop {
        let message = match wire::read(&mut socket).await {
            Ok(message) => message,
            Err(error) => {
                refuse(&error.to_string()).await;
                continue;
            }
        };
        publish(&handles.iopub, Status::busy(), &message).await;
        let content = control_reply(&message, &handles).await;
        let stop = matches!(content, Some(Content::ShutdownReply(_)));
        if let Some(content) = content {
            socket.send(reply(content, &message)).await?;
        }
        publish(&handles.iopub, Status::idle(), &message).await;
        if stop {
            return Ok(());
        }
    }
}

async fn control_reply(message: &JupyterMessage, handles: &Handles) -> Option<Content> {
    match &message.content {
        Content::InterruptRequest(_) => {
            let interrupter = handles.interrupter.clone();
            // Ending a cell takes a moment, in which other control messages wait.
            let _ = tokio::task::spawn_blocking(move || interrupter.interrupt()).await;
            Some(InterruptReply::new().into())
        }
        Content::ShutdownRequest(request) => {
            handles.stopping.store(true, Ordering::Relaxed);
            Some(
                ShutdownReply {
                    restart: request.restart,
                    status: ReplyStatus::Ok,
                    error: None,
                }
                .into(),
            )
        }
        _ => answer(message, &handles.history),
    }
}
