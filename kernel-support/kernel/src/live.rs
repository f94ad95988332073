//! The request whose output is being shown, and what its cell has reported so far.
//!
//! The output thread writes here and the engine reads. After a cell ended, what its threads still
//! print is shown under the last request.

use crate::failure;
use crate::frame::{Frame, Panic, Spent};
use crate::pump::Event;
use crate::sourcemap::SourceMap;
use crate::stdin::Asker;
use crate::stream::Piece;
use crate::wire::{Outbox, broadcast};
use jupyter_protocol::{
    ExecuteResult, ExecutionCount, JupyterMessage, JupyterMessageContent, Media, StreamContent,
    Transient,
};
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, MutexGuard};

/// What a cell reported while it ran.
#[derive(Debug, Default, Clone)]
pub(crate) struct Report {
    pub(crate) last_panic: Option<Panic>,
    pub(crate) user_error: Option<String>,
    pub(crate) spent: Option<Spent>,
    /// The value of the last expression.
    pub(crate) result: Option<String>,
}

/// Where the output of a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Audience {
    Everyone,
    /// A silent request shows no result.
    Silent,
    /// The engine's own first cell, or a user expression: no one is shown anything.
    #[default]
    Nobody,
}

#[derive(Default)]
struct State {
    parent: Option<Arc<JupyterMessage>>,
    count: usize,
    audience: Audience,
    cell: String,
    map: Arc<SourceMap>,
    report: Report,
    /// What was printed while nobody was shown anything.
    unheard: String,
}

/// Shared between the engine and the output thread.
#[derive(Clone)]
pub(crate) struct Live {
    state: Arc<Mutex<State>>,
    iopub: Outbox,
    asker: Asker,
}

impl Live {
    pub(crate) fn new(iopub: Outbox, asker: Asker) -> Self {
        Self {
            state: Arc::default(),
            iopub,
            asker,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Shows what follows under this request.
    pub(crate) fn begin(
        &self,
        parent: Arc<JupyterMessage>,
        count: usize,
        audience: Audience,
        cell: &str,
    ) {
        self.asker.begin();
        *self.state() = State {
            parent: Some(parent),
            count,
            audience,
            cell: cell.to_owned(),
            map: Arc::default(),
            report: Report::default(),
            unheard: String::new(),
        };
    }

    /// What the cell reported; the next one starts afresh.
    pub(crate) fn take_report(&self) -> Report {
        std::mem::take(&mut self.state().report)
    }

    /// Adds how long the cell ran.
    pub(crate) fn set_spent(&self, spent: Spent) {
        self.state().report.spent = Some(spent);
    }

    /// Puts a report back, for those who read it after the outcome is known.
    pub(crate) fn restore_report(&self, report: Report) {
        self.state().report = report;
    }

    /// The name of the cell in messages.
    pub(crate) fn cell_name(&self) -> String {
        format!("cell [{}]", self.state().count)
    }

    /// Says which lines of the source that runs now are which of the cell.
    pub(crate) fn set_source_map(&self, map: Arc<SourceMap>) {
        self.state().map = map;
    }

    /// Shows nothing of what follows, and keeps what is printed; or shows it again.
    pub(crate) fn capture(&self, audience: Audience) -> (Audience, String) {
        let mut state = self.state();
        let before = std::mem::replace(&mut state.audience, audience);
        (before, std::mem::take(&mut state.unheard))
    }

    /// Publishes under the current request.
    pub(crate) fn publish(&self, content: impl Into<JupyterMessageContent>) {
        let parent = self.state().parent.clone();
        self.iopub.send(broadcast(content, parent.as_deref()));
    }

    /// Publishes text on standard output or standard error.
    pub(crate) fn print(&self, stream: StreamContent) {
        let mut state = self.state();
        if state.audience == Audience::Nobody {
            state.unheard.push_str(&stream.text);
        } else if !stream.text.is_empty() {
            drop(state);
            self.publish(stream);
        }
    }

    /// Publishes the value of a cell.
    pub(crate) fn publish_result(&self, data: Media) {
        let (count, audience) = {
            let state = self.state();
            (state.count, state.audience)
        };
        if audience == Audience::Everyone {
            self.publish(ExecuteResult {
                // The protocol knows an empty object here, but no null.
                transient: Some(Transient::default()),
                ..ExecuteResult::new(ExecutionCount::new(count), data)
            });
        }
    }

    /// Takes an event of the worker.
    pub(crate) fn take(&self, event: Event) {
        match event {
            Event::Out(piece) => self.take_piece(piece),
            Event::Err(text) => self.print(StreamContent::stderr(&text)),
            Event::Control(frame) => self.take_frame(frame),
            // The host listens to the supervisor.
            Event::Supervisor(_) => {}
        }
    }

    fn take_piece(&self, piece: Piece) {
        match piece {
            Piece::Text(text) => self.print(StreamContent::stdout(&text)),
            // The value of a cell that ends in a call for its effect, not worth a line.
            Piece::Result(text) if text == "()" => {}
            Piece::Result(text) => {
                self.state().report.result = Some(text.clone());
                self.publish_result(media(&Map::from_iter([(
                    "text/plain".to_owned(),
                    text.into(),
                )])));
            }
            Piece::Display(bundle) => {
                self.publish(jupyter_protocol::DisplayData::new(media(&bundle)));
            }
            Piece::Message(kind, content) => self.forward(&kind, content),
            Piece::Input { prompt, password } => self.asker.announce(prompt, password),
        }
    }

    /// Sends on a message of the support crate, if it is one that a cell may send.
    fn forward(&self, kind: &str, content: Value) {
        let allowed = matches!(
            kind,
            "display_data" | "update_display_data" | "clear_output"
        );
        match JupyterMessageContent::from_type_and_content(kind, content) {
            Ok(content) if allowed => self.publish(content),
            _ => self.print(StreamContent::stderr(&format!(
                "ferrolab: `{kind}` is not a display message\n"
            ))),
        }
    }

    fn take_frame(&self, frame: Frame) {
        match frame {
            Frame::InputWanted => {
                let parent = self.state().parent.clone();
                self.asker.ask(parent, self.clone());
            }
            Frame::Panic(panic) => self.state().report.last_panic = Some(panic),
            Frame::ThreadPanic(panic) => self.show_thread_panic(&panic),
            Frame::UserError(text) => self.state().report.user_error = Some(text),
            // The host listens to these.
            Frame::Begin
            | Frame::End(_)
            | Frame::Panicked
            | Frame::WentOn(_)
            | Frame::NotLoaded(_)
            | Frame::StackOverflow
            | Frame::Ready(_)
            | Frame::Names(_)
            | Frame::Answered
            | Frame::Copied(_) => {}
        }
    }

    /// A panic of a thread ends that thread, not the cell.
    fn show_thread_panic(&self, panic: &Panic) {
        let (cell, map) = {
            let state = self.state();
            (state.cell.clone(), Arc::clone(&state.map))
        };
        let place = failure::place(panic, &map, &cell, &self.cell_name()).join("\n");
        let text = format!(
            "thread `{}` panicked: {}\n{place}\n",
            panic.thread, panic.message
        );
        self.print(StreamContent::stderr(&text));
    }
}

/// A MIME bundle as the protocol's crate holds it. Types that it does not know stay as they are.
pub(crate) fn media(bundle: &Map<String, Value>) -> Media {
    serde_json::from_value(Value::Object(bundle.clone())).unwrap_or_else(|_| {
        let text = bundle
            .get("text/plain")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Media::new(vec![jupyter_protocol::MediaType::Plain(text.to_owned())])
    })
}
