//! evcxr, the worker it drives, and the pump that reads the worker's output.

use crate::live::Live;
use crate::pipes;
use crate::pump::Pump;
use crate::scratch::{PreparedLock, Scratch};
use anyhow::{Result, anyhow};
use evcxr::{CommandContext, Error, EvalContext, EvalOutputs};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// What an evaluation came to.
pub(crate) type Evaluation = Result<EvalOutputs, Error>;

/// The support crate's folder in the course that this kernel was built from.
const SUPPORT_CRATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ferrolab");

/// A running evcxr.
pub(crate) struct Engine {
    context: CommandContext,
    pump: Pump,
    prepared_lock: PreparedLock,
    has_ferrolab: bool,
}

impl Engine {
    /// Starts evcxr in its folder. This takes seconds.
    ///
    /// # Errors
    ///
    /// When there is no Rust toolchain, or a first cell cannot be compiled.
    pub(crate) fn start(
        live: &Live,
        ends: (pipes::KernelEnds, pipes::WorkerEnds),
        prepared_lock: PreparedLock,
    ) -> Result<Self> {
        let (kernel_ends, worker_ends) = ends;
        let output = live.clone();
        let pump = Pump::start(kernel_ends, move |event| output.take(event))?;
        let command = pipes::worker_command(worker_ends)?;
        let (context, _closed) = EvalContext::with_subprocess_command(command).map_err(|error| {
            pump.barrier();
            anyhow!(
                "the engine did not start: {error}\n{}\nhint: `cargo lab doctor` says what is missing",
                live.unheard()
            )
        })?;
        let mut context = CommandContext::with_eval_context(context);
        if let Err(error) = context.execute(":load_config --quiet") {
            eprintln!("ferrolab: evcxr's configuration was not loaded: {error}");
        }
        Ok(Self {
            context,
            pump,
            prepared_lock,
            has_ferrolab: false,
        })
    }

    /// The handle by which a worker can be ended.
    pub(crate) fn worker(&self) -> std::sync::Arc<std::sync::Mutex<std::process::Child>> {
        self.context.process_handle()
    }

    /// Evaluates code, and returns when all its output has been handed on.
    pub(crate) fn evaluate(&mut self, code: &str) -> Evaluation {
        let loads_ferrolab = !self.has_ferrolab && code.contains(":dep ferrolab");
        if loads_ferrolab {
            self.prepared_lock.restore();
        }
        let evaluated = catch_unwind(AssertUnwindSafe(|| self.context.execute(code)));
        self.pump.barrier();
        self.has_ferrolab |= loads_ferrolab && evaluated.as_ref().is_ok_and(Result::is_ok);
        evaluated.unwrap_or_else(|_| {
            Err(Error::from(
                "the engine failed on this cell; the session goes on\nhint: if that happens again, restart the kernel"
                    .to_owned(),
            ))
        })
    }

    /// Makes the support crate available, for magics that call it.
    pub(crate) fn load_ferrolab(&mut self) -> Evaluation {
        if self.has_ferrolab {
            return Ok(EvalOutputs::new());
        }
        self.evaluate(&load_line())
    }

    /// Completions at a byte offset.
    pub(crate) fn completions(&mut self, code: &str, at: usize) -> Result<evcxr::Completions> {
        catch_unwind(AssertUnwindSafe(|| self.context.completions(code, at)))
            .unwrap_or_else(|_| Err(anyhow!("the analysis failed")))
    }

    /// Documentation at a byte offset: as plain text and as HTML.
    pub(crate) fn documentation(&mut self, code: &str, at: usize) -> Result<(String, String)> {
        catch_unwind(AssertUnwindSafe(|| self.context.hover_at(code, at)))
            .unwrap_or_else(|_| Err(anyhow!("the analysis failed")))
    }
}

/// The command that loads the support crate.
fn load_line() -> String {
    let path = Path::new(SUPPORT_CRATE);
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    format!(
        ":dep ferrolab = {{ path = {:?} }}",
        path.display().to_string()
    )
}

/// Fills the folder from which later sessions start, so that none of them compiles the support
/// crate again.
///
/// # Errors
///
/// When the engine does not start or the support crate does not compile.
pub(crate) fn warm(
    scratch: &Scratch,
    live: &Live,
    ends: (pipes::KernelEnds, pipes::WorkerEnds),
) -> Result<()> {
    let mut engine = Engine::start(live, ends, scratch.prepared_lock())?;
    eprintln!("compiling the support crate for cells");
    for code in [
        load_line(),
        "use ferrolab::prelude::*;\nlet warm = 1;".to_owned(),
    ] {
        engine.evaluate(&code).map_err(|error| anyhow!("{error}"))?;
    }
    drop(engine);
    scratch.keep_as_template()
}
