//! Completion and documentation from a full analysis, which is started when it is first asked.
//!
//! The analysis is a process of its own (`analyzer.rs`), driven by a thread of its own: it holds up no
//! cell, and answers while one runs. Each question brings the session's definitions along, so the process can
//! be ended and started again at any time.

use crate::analysis_process::{Places, Process};
use crate::known;
use crate::outline::{Composed, SharedOutline};
use crate::project::Dependencies;
use crate::question::{Answer, Found, Names, Question, Wanted};
use anyhow::Result;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// A front end waits no longer for an answer. What is known without the analysis comes then.
const PATIENCE: Duration = Duration::from_millis(1200);

/// Who asked for a page waits longer.
const PAGE_PATIENCE: Duration = Duration::from_secs(20);

/// The process ends when nobody has asked for so long.
const IDLE: Duration = Duration::from_secs(600);

/// A process that ended or hung so often without an answer between is not started again.
pub(crate) const FAILURES: u32 = 3;

/// Says that the standard library is unknown, and the remedy.
const NO_LIBRARY: &str = "The standard library's source is missing, so only the session's own names \
    are known. To get it, type `rustup component add rust-src` in a terminal and restart the kernel.";

/// Says why nothing is said.
pub(crate) const LOADING: &str = "The analysis is being loaded. Ask again in a few seconds.";
pub(crate) const OFF: &str =
    "The analysis failed several times and is off until the kernel is restarted.";

/// A handle on the analysis. Making one costs nothing; neither does a clone.
#[derive(Clone)]
pub(crate) struct Analysis(Arc<Shared>);

struct Shared {
    outline: SharedOutline,
    places: Places,
    queue: Mutex<Queue>,
    arrived: Condvar,
    ready: AtomicBool,
    lacks_library: AtomicBool,
    told_of_library: AtomicBool,
}

#[derive(Default)]
struct Queue {
    asks: VecDeque<Ask>,
    has_thread: bool,
    failures: u32,
}

/// A question that somebody waits for.
struct Ask {
    client: String,
    question: Question,
    answer: oneshot::Sender<Found>,
}

impl Analysis {
    /// An analysis of what the outline tells. Nothing is started.
    pub(crate) fn new(outline: SharedOutline, places: Places) -> Self {
        Self(Arc::new(Shared {
            outline,
            places,
            queue: Mutex::default(),
            arrived: Condvar::new(),
            ready: AtomicBool::new(false),
            lacks_library: AtomicBool::new(false),
            told_of_library: AtomicBool::new(false),
        }))
    }

    /// Whether it answered without the standard library's source.
    pub(crate) fn lacks_library(&self) -> bool {
        self.0.lacks_library.load(Ordering::Relaxed)
    }

    /// The names that could stand at a place of the cell, in bytes; soon in any case.
    pub(crate) async fn names(&self, client: &str, cell: &str, at: usize) -> Names {
        let outline = self.0.outline.read();
        let composed = Composed::new(&outline, cell).filter(|composed| composed.is_rust(cell, at));
        let Some(composed) = composed else {
            return Names {
                start: at,
                end: at,
                names: Vec::new(),
            };
        };
        let asked = self.0.ask(client, &composed, at, Wanted::Names);
        let found = tokio::time::timeout(PATIENCE, asked).await;
        let known = || known::names(&outline, cell, at);
        match found {
            Ok(Ok(Found::Names(names))) => {
                let names = composed.names(names);
                let is_member = cell[..names.start].trim_end().ends_with('.');
                let complete = !self.lacks_library() || is_member && !names.names.is_empty();
                if complete { names } else { names.and(known()) }
            }
            // Too late, superseded by a newer question, or failed.
            _ => known(),
        }
    }

    /// What is known of the name that ends at a place of the cell, as Markdown; soon in any case.
    pub(crate) async fn inspect(
        &self,
        client: &str,
        cell: &str,
        at: usize,
        with_definition: bool,
    ) -> Option<String> {
        let composed = Composed::new(&self.0.outline.read(), cell)?;
        if !composed.is_rust(cell, at) {
            return None;
        }
        let wanted = Wanted::Documentation { with_definition };
        let asked = self.0.ask(client, &composed, at, wanted);
        let found = tokio::time::timeout(PATIENCE, asked).await;
        self.0.page(found.ok().and_then(Result::ok), cell, at)
    }

    /// What is known of the name at the end of the code, for someone who asked to read it. Waits for the
    /// analysis to load, unless `interrupted`.
    pub(crate) fn documentation(
        &self,
        code: &str,
        interrupted: &dyn Fn() -> bool,
    ) -> Option<String> {
        let composed = Composed::new(&self.0.outline.read(), code)?;
        let wanted = Wanted::Documentation {
            with_definition: false,
        };
        let at = code.trim_end_matches('!').len();
        let mut asked = self.0.ask("", &composed, at, wanted);
        let start = Instant::now();
        let found = loop {
            match asked.try_recv() {
                Ok(found) => break Some(found),
                Err(oneshot::error::TryRecvError::Closed) => break None,
                Err(_) if interrupted() || start.elapsed() > PAGE_PATIENCE => break None,
                Err(_) => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        self.0.page(found, code, at)
    }
}

impl Shared {
    /// Queues a question. A client's newer question for names takes the place of its older one.
    fn ask(
        self: &Arc<Self>,
        client: &str,
        composed: &Composed,
        at: usize,
        wanted: Wanted,
    ) -> oneshot::Receiver<Found> {
        let (answer, asked) = oneshot::channel();
        let outline = self.outline.read();
        let question = Question {
            dependencies: Dependencies {
                lines: outline.dep_lines.clone(),
                lock: outline.lock.clone(),
            },
            source: composed.source.clone(),
            at: composed.outward(at),
            wanted,
        };
        let mut queue = self.queue();
        if queue.failures >= FAILURES {
            return asked;
        }
        queue.asks.retain(|older| {
            older.client != client || older.question.wanted != wanted || wanted != Wanted::Names
        });
        queue.asks.push_back(Ask {
            client: client.to_owned(),
            question,
            answer,
        });
        if !queue.has_thread {
            let shared = Arc::clone(self);
            let thread = std::thread::Builder::new().name("analysis".into());
            queue.has_thread = thread.spawn(move || shared.serve()).is_ok();
        }
        self.arrived.notify_one();
        asked
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to show for an answer, or for none. Says what is missing the first time, and whenever that is
    /// all there is to say.
    fn page(&self, found: Option<Found>, cell: &str, at: usize) -> Option<String> {
        let text = self.text(found, cell, at);
        if !self.lacks_library.load(Ordering::Relaxed) {
            return text;
        }
        let told = self.told_of_library.swap(true, Ordering::Relaxed);
        match text {
            Some(text) if told => Some(text),
            Some(text) => Some(format!("{text}\n\n---\n\n{NO_LIBRARY}")),
            None => Some(NO_LIBRARY.to_owned()),
        }
    }

    fn text(&self, found: Option<Found>, cell: &str, at: usize) -> Option<String> {
        let loads = found.is_none() && !self.ready.load(Ordering::Relaxed);
        let word = &cell[known::start_of_word(cell, at)..at];
        let known = known::documentation(&self.outline.read(), word);
        match found {
            // The type of a variable is known from the compiler, without any source.
            Some(Found::Documentation(text)) if text.contains("{unknown}") => {
                Some(known.unwrap_or(text))
            }
            Some(Found::Documentation(text)) => Some(text),
            _ if known.is_some() || word.is_empty() => known,
            _ if self.queue().failures >= FAILURES => Some(OFF.to_owned()),
            _ => loads.then(|| LOADING.to_owned()),
        }
    }

    /// Answers questions one after another.
    fn serve(&self) {
        let mut process = None;
        loop {
            let Some(ask) = self.next() else {
                // Nobody asks: the memory goes back. The thread costs nothing.
                process = None;
                self.ready.store(false, Ordering::Relaxed);
                continue;
            };
            match self.put(&mut process, &ask.question) {
                Ok(answer) => {
                    self.queue().failures = 0;
                    self.ready.store(true, Ordering::Relaxed);
                    self.lacks_library
                        .store(!answer.has_library, Ordering::Relaxed);
                    // Who asked may have given up.
                    let _ = ask.answer.send(answer.found);
                }
                Err(error) => {
                    eprintln!("ferrolab: the analysis: {error:#}");
                    process = None;
                    self.ready.store(false, Ordering::Relaxed);
                    self.queue().failures += 1;
                }
            }
        }
    }

    /// The next question that somebody waits for; nothing when none came for long.
    ///
    /// While the process is not there, a question starts it even if nobody waits any more: the next one
    /// will be answered.
    fn next(&self) -> Option<Ask> {
        let mut queue = self.queue();
        loop {
            while let Some(ask) = queue.asks.pop_front() {
                let wanted = !ask.answer.is_closed() || !self.ready.load(Ordering::Relaxed);
                if wanted {
                    return Some(ask);
                }
            }
            let (locked, waited) = self
                .arrived
                .wait_timeout(queue, IDLE)
                .unwrap_or_else(PoisonError::into_inner);
            queue = locked;
            if waited.timed_out() && queue.asks.is_empty() {
                return None;
            }
        }
    }

    fn put(&self, process: &mut Option<Process>, question: &Question) -> Result<Answer> {
        let running = match process {
            Some(running) => running,
            None => process.insert(Process::start(&self.places)?),
        };
        running.ask(question)
    }
}
