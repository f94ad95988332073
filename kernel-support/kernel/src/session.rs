//! Runs requests one after another on the thread that owns the engine.

use crate::analysis::Analysis;
use crate::engine::Engine;
use crate::execute::{Executor, Outcome};
use crate::history::History;
use crate::interrupt::Interrupter;
use crate::live::{Audience, Live};
use crate::wire::{Outbox, broadcast, reply};
use jupyter_protocol::{
    ExecuteInput, ExecuteReply, ExecuteRequest, ExecutionCount, JupyterMessage, ReplyError,
    ReplyStatus, Status,
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// After a failed cell, requests that arrive within this time are taken for the same "run all".
const SAME_RUN: Duration = Duration::from_millis(20);

/// A cell that waits its turn.
pub(crate) struct Job {
    pub(crate) message: Arc<JupyterMessage>,
    pub(crate) request: ExecuteRequest,
}

/// The handles by which the session reaches the rest of the kernel.
#[derive(Clone)]
pub(crate) struct Handles {
    pub(crate) live: Live,
    pub(crate) shell: Outbox,
    pub(crate) iopub: Outbox,
    pub(crate) interrupter: Interrupter,
    pub(crate) history: Arc<Mutex<History>>,
    /// The request that runs now, for those who publish beside it. Who tells the front end that it runs
    /// or that it ended holds the lock meanwhile, so that the last word is true.
    pub(crate) current: Arc<tokio::sync::Mutex<Option<Arc<JupyterMessage>>>>,
    pub(crate) analysis: Analysis,
    pub(crate) stopping: Arc<AtomicBool>,
}

/// The session's own state.
pub(crate) struct Session {
    handles: Handles,
    executor: Executor,
    count: usize,
}

impl Session {
    /// A session on an engine, or on the reason why there is none.
    pub(crate) fn new(handles: Handles, engine: anyhow::Result<Engine>) -> Self {
        if let Ok(engine) = &engine {
            handles.interrupter.set_host(engine.host.interrupter());
        }
        Self {
            executor: Executor::new(
                handles.live.clone(),
                handles.interrupter.clone(),
                Arc::clone(&handles.history),
                handles.analysis.clone(),
                engine,
            ),
            handles,
            count: 0,
        }
    }

    /// Takes jobs until the kernel stops.
    pub(crate) fn run(&mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            if self.handles.stopping.load(Ordering::Relaxed) {
                return;
            }
            self.execute(&job.message, &job.request, jobs);
        }
    }

    fn status(&self, status: Status, message: &JupyterMessage) {
        self.handles.iopub.send(broadcast(status, Some(message)));
    }

    fn execute(
        &mut self,
        message: &Arc<JupyterMessage>,
        request: &ExecuteRequest,
        jobs: &Receiver<Job>,
    ) {
        let stored = request.store_history && !request.silent;
        self.count += usize::from(stored);
        *self.handles.current.blocking_lock() = Some(Arc::clone(message));
        self.announce(message, request, stored);
        let outcome = self.executor.execute(&request.code);
        if let (
            true,
            Outcome::Ok {
                result: Some(result),
                ..
            },
        ) = (stored, &outcome)
        {
            self.history(|history, _| history.set_output(result));
        }
        let expressions = self.expressions(message, request, &outcome);
        // Before the reply: what the client sends once it knows of the failure is meant to run.
        let failed = matches!(outcome, Outcome::Failed(_));
        let aborted = if failed && request.stop_on_error {
            self.take_cells_that_wait(jobs)
        } else {
            Vec::new()
        };
        self.handles
            .shell
            .send(reply(self.reply_to(outcome, expressions), message));
        self.end(message);
        for message in aborted {
            self.abort(&message);
        }
        if !failed {
            self.executor.look_ahead(&request.code);
        }
    }

    fn announce(&self, message: &Arc<JupyterMessage>, request: &ExecuteRequest, stored: bool) {
        self.status(Status::busy(), message);
        self.show(message, &request.code, audience(request));
        if !request.silent {
            let execution_count = ExecutionCount::new(self.count);
            let code = request.code.clone();
            self.handles.live.publish(ExecuteInput {
                code,
                execution_count,
            });
        }
        if stored {
            self.history(|history, count| history.add(count, &request.code));
        }
    }

    fn end(&self, message: &JupyterMessage) {
        let mut current = self.handles.current.blocking_lock();
        *current = None;
        self.status(Status::idle(), message);
    }

    fn history(&self, change: impl FnOnce(&mut History, usize)) {
        let mut history = self
            .handles
            .history
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        change(&mut history, self.count);
    }

    fn expressions(
        &mut self,
        message: &Arc<JupyterMessage>,
        request: &ExecuteRequest,
        outcome: &Outcome,
    ) -> HashMap<String, jupyter_protocol::ExpressionResult> {
        let mut results = HashMap::new();
        if matches!(outcome, Outcome::Failed(_)) {
            return results;
        }
        for (name, expression) in request.user_expressions.iter().flatten() {
            self.show(message, expression, Audience::Nobody);
            results.insert(name.clone(), self.executor.expression(expression));
        }
        // What threads of the cell still print is for everyone again.
        self.show(message, &request.code, audience(request));
        results
    }

    fn show(&self, message: &Arc<JupyterMessage>, code: &str, audience: Audience) {
        let live = &self.handles.live;
        live.begin(Arc::clone(message), self.count, audience, code);
    }

    fn reply_to(
        &self,
        outcome: Outcome,
        expressions: HashMap<String, jupyter_protocol::ExpressionResult>,
    ) -> ExecuteReply {
        let execution_count = ExecutionCount::new(self.count);
        match outcome {
            Outcome::Ok { payload, .. } => ExecuteReply {
                status: ReplyStatus::Ok,
                execution_count,
                payload,
                user_expressions: Some(expressions),
                error: None,
            },
            Outcome::Failed(failure) => ExecuteReply {
                status: ReplyStatus::Error,
                execution_count,
                payload: Vec::new(),
                user_expressions: Some(expressions),
                error: Some(Box::new(ReplyError {
                    ename: failure.name,
                    evalue: failure.value,
                    traceback: failure.traceback,
                })),
            },
        }
    }

    /// The cells that were sent together with one that failed.
    fn take_cells_that_wait(&mut self, jobs: &Receiver<Job>) -> Vec<Arc<JupyterMessage>> {
        let arriving = std::iter::from_fn(|| jobs.recv_timeout(SAME_RUN).ok());
        arriving.map(|job| job.message).collect()
    }

    fn abort(&self, message: &JupyterMessage) {
        self.status(Status::busy(), message);
        let aborted = ExecuteReply {
            status: ReplyStatus::Aborted,
            execution_count: ExecutionCount::new(self.count),
            user_expressions: Some(HashMap::new()),
            ..ExecuteReply::default()
        };
        self.handles.shell.send(reply(aborted, message));
        self.status(Status::idle(), message);
    }
}

fn audience(request: &ExecuteRequest) -> Audience {
    if request.silent {
        Audience::Silent
    } else {
        Audience::Everyone
    }
}
