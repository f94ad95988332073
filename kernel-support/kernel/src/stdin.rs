//! Asks the user at the front end, for a cell that reads standard input.

use crate::live::Live;
use crate::wire::{self, reply};
use jupyter_protocol::{
    ExecuteRequest, InputRequest, JupyterMessage, JupyterMessageContent, StreamContent,
};
use jupyter_zmq_client::KernelStdinConnection;
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot, watch};

/// A question on its way to the front end.
pub(crate) struct Question {
    parent: Arc<JupyterMessage>,
    prompt: String,
    password: bool,
    answer: oneshot::Sender<String>,
}

/// Puts questions, and writes the answers into the worker's standard input.
#[derive(Clone)]
pub(crate) struct Asker {
    questions: mpsc::UnboundedSender<Question>,
    input: Arc<Mutex<File>>,
}

impl Asker {
    pub(crate) fn new(input: File) -> (Self, mpsc::UnboundedReceiver<Question>) {
        let (questions, receiver) = mpsc::unbounded_channel();
        let input = Arc::new(Mutex::new(input));
        (Self { questions, input }, receiver)
    }

    /// Asks without holding up the caller. A client that takes no questions is answered for with
    /// an empty line, so that the cell goes on.
    pub(crate) fn ask(
        &self,
        parent: Option<Arc<JupyterMessage>>,
        prompt: String,
        password: bool,
        live: Live,
    ) {
        let asker = self.clone();
        std::thread::spawn(move || {
            let Some(parent) = parent.filter(|parent| allows_stdin(parent)) else {
                live.print(StreamContent::stderr(
                    "ferrolab: this client takes no input; the cell reads an empty line\n",
                ));
                return asker.write("");
            };
            let (answer, answered) = oneshot::channel();
            let question = Question {
                parent,
                prompt,
                password,
                answer,
            };
            if asker.questions.send(question).is_ok()
                && let Ok(text) = answered.blocking_recv()
            {
                asker.write(&text);
            }
        });
    }

    fn write(&self, text: &str) {
        let mut input = self
            .input
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Err(error) = writeln!(input, "{text}") {
            eprintln!("ferrolab: the answer did not reach the cell: {error}");
        }
    }
}

fn allows_stdin(parent: &JupyterMessage) -> bool {
    matches!(
        &parent.content,
        JupyterMessageContent::ExecuteRequest(ExecuteRequest {
            allow_stdin: true,
            ..
        })
    )
}

/// Carries questions out and answers in. A change of `cancel` drops the question that is open.
pub(crate) async fn run(
    mut socket: KernelStdinConnection,
    mut questions: mpsc::UnboundedReceiver<Question>,
    mut cancel: watch::Receiver<u64>,
) {
    while let Some(question) = questions.recv().await {
        cancel.mark_unchanged();
        let content = InputRequest {
            prompt: question.prompt,
            password: question.password,
        };
        if let Err(error) = socket.send(reply(content, &question.parent)).await {
            eprintln!("ferrolab: a question could not be asked: {error}");
            continue;
        }
        tokio::select! {
            answer = wire::read(&mut socket) => {
                if let Ok(message) = answer
                    && let JupyterMessageContent::InputReply(reply) = message.content
                {
                    let _ = question.answer.send(reply.value);
                }
            }
            _ = cancel.changed() => {}
        }
    }
}
