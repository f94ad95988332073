//! Child processes that cannot outstay their welcome: own group, deadline, capped output.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What a finished child left.
#[derive(Debug)]
pub(crate) struct Finished {
    /// How it ended; `None` when it was killed at its deadline.
    pub(crate) status: Option<ExitStatus>,
    /// What it printed on stdout, up to the cap.
    pub(crate) stdout: String,
    /// What it printed on stderr, up to the cap.
    pub(crate) stderr: String,
    /// How long it took.
    pub(crate) took: Duration,
}

impl Finished {
    /// Whether it ended by itself with success.
    pub(crate) fn success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// The signal that ended it, if one did.
    pub(crate) fn signal(&self) -> Option<i32> {
        #[cfg(unix)]
        {
            use std::os::unix::process::ExitStatusExt;
            self.status.and_then(|status| status.signal())
        }
        #[cfg(not(unix))]
        None
    }
}

/// Runs a child to its end or its deadline, keeping at most `cap` bytes of each stream. The whole
/// process group is killed afterwards, so that nothing the child started lives on.
pub(crate) fn run(mut command: Command, limit: Duration, cap: usize) -> std::io::Result<Finished> {
    own_group(&mut command);
    let start = Instant::now();
    let mut child = Group(
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?,
    );
    let stdout = Capture::start(child.0.stdout.take(), cap);
    let stderr = Capture::start(child.0.stderr.take(), cap);
    let status = wait(&mut child.0, start + limit)?;
    let took = start.elapsed();
    child.kill();
    Ok(Finished {
        status,
        stdout: stdout.finish(),
        stderr: stderr.finish(),
        took,
    })
}

/// Waits with short sleeps at first and longer ones later: most children are quick.
fn wait(child: &mut Child, deadline: Instant) -> std::io::Result<Option<ExitStatus>> {
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// A child that leads a process group; dropped, the group is killed.
#[derive(Debug)]
pub(crate) struct Group(pub(crate) Child);

impl Group {
    /// Starts a child as the leader of its own group.
    pub(crate) fn spawn(command: &mut Command) -> std::io::Result<Self> {
        own_group(command);
        command.spawn().map(Self)
    }

    /// Sends a signal to the whole group.
    pub(crate) fn signal(&self, signal: i32) {
        #[cfg(unix)]
        if let Ok(id) = i32::try_from(self.0.id()) {
            // SAFETY: `kill` has no memory effects; a group that is gone is an error we ignore.
            unsafe {
                libc::kill(-id, signal);
            }
        }
        #[cfg(not(unix))]
        let _ = signal;
    }

    /// Kills the whole group and collects the leader.
    pub(crate) fn kill(&mut self) {
        #[cfg(unix)]
        self.signal(libc::SIGKILL);
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Waits for the leader at most `limit`; tells whether it ended.
    pub(crate) fn wait_for(&mut self, limit: Duration) -> bool {
        matches!(wait(&mut self.0, Instant::now() + limit), Ok(Some(_)))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Makes the child lead a group, and end when we are killed without a chance to end it.
pub(crate) fn own_group(command: &mut Command) {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
    }
    end_with_us(command);
}

/// Starts a child that reads nothing, and whose output we read; it ends with us.
pub(crate) fn spawn_piped(command: &mut Command) -> std::io::Result<Child> {
    end_with_us(command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// Lets the system end the child when this thread's process dies, where it can.
pub(crate) fn end_with_us(command: &mut Command) {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::process::CommandExt;
        // SAFETY: `prctl` is async-signal-safe and touches nothing of ours.
        unsafe {
            command.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

/// Collects a stream on a thread of its own.
struct Capture {
    kept: Arc<Mutex<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Capture {
    fn start(stream: Option<impl Read + Send + 'static>, cap: usize) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let thread = stream.map(|mut stream| {
            let kept = Arc::clone(&kept);
            std::thread::spawn(move || {
                let mut buffer = [0; 16 * 1024];
                // Beyond the cap we go on reading, lest the child block on a full pipe.
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    let mut kept = kept.lock().unwrap_or_else(|poison| poison.into_inner());
                    let room = cap.saturating_sub(kept.len()).min(count);
                    kept.extend_from_slice(&buffer[..room]);
                }
            })
        });
        Self { kept, thread }
    }

    /// The text so far. A grandchild that left the group may hold the pipe: it is not waited for.
    fn finish(self) -> String {
        if let Some(thread) = self.thread {
            let deadline = Instant::now() + Duration::from_secs(1);
            while !thread.is_finished() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        let kept = self
            .kept
            .lock()
            .unwrap_or_else(|poison| poison.into_inner());
        String::from_utf8_lossy(&kept).into_owned()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn kills_the_whole_group_at_the_deadline() {
        let finished = run(
            shell("sleep 600 & echo $!; wait"),
            Duration::from_millis(300),
            1000,
        )
        .unwrap();
        assert!(finished.status.is_none());
        let grandchild: i32 = finished.stdout.trim().parse().unwrap();
        // The grandchild is a zombie of init for a moment at most.
        for _ in 0..200 {
            // SAFETY: signal 0 only asks whether the process is there.
            if unsafe { libc::kill(grandchild, 0) } != 0 {
                return;
            }
            let status = std::fs::read_to_string(format!("/proc/{grandchild}/stat"));
            if status.is_ok_and(|stat| stat.contains(") Z ")) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the grandchild {grandchild} is still running");
    }

    #[test]
    fn output_is_capped_and_the_child_still_ends() {
        let finished = run(
            shell("yes | head -c 5000000"),
            Duration::from_secs(60),
            1000,
        )
        .unwrap();
        assert!(finished.success());
        assert_eq!(finished.stdout.len(), 1000);
    }

    #[test]
    fn tells_the_signal() {
        let finished = run(shell("kill -SEGV $$"), Duration::from_secs(60), 1000).unwrap();
        assert_eq!(finished.signal(), Some(libc::SIGSEGV));
    }
}
