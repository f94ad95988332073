//! Asks the user at the front end, for a cell that reads standard input.

use crate::live::Live;
use crate::wire::{self, reply};
use jupyter_protocol::{
    ExecuteRequest, InputRequest, JupyterMessage, JupyterMessageContent, StreamContent,
};
use jupyter_zmq_client::KernelStdinConnection;
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
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
    pipes: Arc<Mutex<Pipes>>,
    /// What the cell announced: the prompt of its next question, and whether the answer is secret.
    announced: Arc<Mutex<Option<(String, bool)>>>,
}

struct Pipes {
    input: File,
    end_of_input: File,
}

impl Asker {
    /// Writes answers to the first pipe, and says on the second that there will be none.
    pub(crate) fn new(
        input: File,
        end_of_input: File,
    ) -> (Self, mpsc::UnboundedReceiver<Question>) {
        let (questions, receiver) = mpsc::unbounded_channel();
        let asker = Self {
            questions,
            pipes: Arc::new(Mutex::new(Pipes {
                input,
                end_of_input,
            })),
            announced: Arc::default(),
        };
        (asker, receiver)
    }

    /// A new cell: what an earlier one announced is not its question.
    pub(crate) fn begin(&self) {
        *lock(&self.announced) = None;
    }

    /// A cell prints a question. It is asked when the cell reads the answer.
    pub(crate) fn announce(&self, prompt: String, password: bool) {
        *lock(&self.announced) = Some((prompt, password));
    }

    /// Asks without holding up the caller. Of a client that takes no questions, the cell reads
    /// the end of its input.
    pub(crate) fn ask(&self, parent: Option<Arc<JupyterMessage>>, live: Live) {
        let asker = self.clone();
        let (prompt, password) = lock(&self.announced).take().unwrap_or_default();
        std::thread::spawn(move || {
            let Some(parent) = parent.filter(|parent| allows_stdin(parent)) else {
                live.print(StreamContent::stderr(
                    "ferrolab: this client takes no input; the cell reads the end of its input\n",
                ));
                return asker.end_input();
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
        // In one piece: a cell that finds half a line asks for the rest.
        let line = format!("{text}\n");
        if let Err(error) = lock(&self.pipes).input.write_all(line.as_bytes()) {
            eprintln!("ferrolab: the answer did not reach the cell: {error}");
        }
    }

    fn end_input(&self) {
        if let Err(error) = lock(&self.pipes).end_of_input.write_all(b"\n") {
            eprintln!("ferrolab: the end of the input did not reach the cell: {error}");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
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
        // The answer to a question that was given up is none to this one.
        while let Ok(Ok(late)) = tokio::time::timeout(LATE, wire::read(&mut socket)).await {
            drop(late);
        }
        let content = InputRequest {
            prompt: question.prompt,
            password: question.password,
        };
        let request = reply(content, &question.parent);
        let id = request.header.msg_id.clone();
        if let Err(error) = socket.send(request).await {
            eprintln!("ferrolab: a question could not be asked: {error}");
            continue;
        }
        tokio::select! {
            answer = answer_to(&id, &mut socket) => {
                let _ = question.answer.send(answer);
            }
            _ = cancel.changed() => {}
        }
    }
}

/// How long answers to earlier questions are read away.
const LATE: Duration = Duration::from_millis(2);

/// The answer to the question of this id. A client may leave out which one it answers.
async fn answer_to(id: &str, socket: &mut KernelStdinConnection) -> String {
    loop {
        let message = match wire::read(socket).await {
            Ok(message) => message,
            Err(error) => {
                eprintln!("ferrolab: an answer was not understood: {error}");
                tokio::time::sleep(LATE).await;
                continue;
            }
        };
        let is_ours = message
            .parent_header
            .as_ref()
            .is_none_or(|parent| parent.msg_id == id);
        if let JupyterMessageContent::InputReply(reply) = message.content
            && is_ours
        {
            return reply.value;
        }
    }
}
