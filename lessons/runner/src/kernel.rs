//! A Jupyter kernel as a child, and a client of it.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use jupyter_protocol::connection_info::Transport;
use jupyter_protocol::{
    ConnectionInfo, ExecuteRequest, ExecutionState, InterruptRequest, JupyterMessage,
    JupyterMessageContent as Content, KernelInfoRequest, ShutdownRequest,
};
use jupyter_zmq_client as zmq;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::fault::Fault;
use crate::kernelspec::Found;
use crate::process::Group;

/// How long a kernel may take until it answers at all.
const START: Duration = Duration::from_secs(60);
/// How long an interrupted cell may take to end before the kernel is killed.
const GRACE: Duration = Duration::from_secs(10);

/// How a cell ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The kernel said it is idle again.
    Idle,
    /// It took too long and was interrupted; the kernel lives.
    Interrupted,
    /// It took too long, and interrupting did not help.
    Killed,
    /// The kernel died.
    Died,
}

/// A running kernel.
pub(crate) struct Kernel {
    group: Group,
    by_message: bool,
    shell: zmq::DealerSendConnection,
    control: zmq::ClientControlConnection,
    replies: UnboundedReceiver<JupyterMessage>,
    published: UnboundedReceiver<JupyterMessage>,
    folder: tempfile::TempDir,
    born: Instant,
    answered: Option<Instant>,
}

impl Kernel {
    /// Starts a kernel in the folder of a notebook, and waits until it answers and we hear it.
    pub(crate) async fn start(found: &Found, notebook: &Path) -> Result<Self> {
        let folder = tempfile::tempdir().context("no temporary folder can be made")?;
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let (ports, held) = zmq::peek_ports_with_listeners(address, 5)
            .await
            .context("no ports are free for the kernel")?;
        let info = connection(&ports, &found.name);
        let file = folder.path().join("connection.json");
        std::fs::write(&file, serde_json::to_vec(&info)?)
            .context("the connection file cannot be written")?;
        let log =
            std::fs::File::create(folder.path().join("log")).context("the log cannot be made")?;
        let mut command = command(found, &file, notebook)?;
        command.stdout(log.try_clone()?).stderr(log);
        // The kernel binds these ports at once; until here nobody else could take them.
        drop(held);
        let born = Instant::now();
        let mut group = Group::spawn(&mut command).map_err(|error| {
            Fault::error(
                format!("the kernel `{}` cannot be started: {error}", found.name),
                "`cargo lab setup` builds and registers the course's kernel",
            )
        })?;
        let connected = tokio::select! {
            connected = timeout(START, connect(&info)) => connected,
            () = ended(&mut group) => return Err(died(&found.name, folder.path())),
        };
        let (shell, control, replies, published) = connected
            .map_err(|_| silent(&found.name, folder.path()))?
            .context("the kernel's ports cannot be reached")?;
        let by_message = found.spec.interrupt_mode.as_deref() == Some("message");
        let mut kernel = Self {
            group,
            by_message,
            shell,
            control,
            replies,
            published,
            folder,
            born,
            answered: None,
        };
        kernel.greet(&found.name).await?;
        Ok(kernel)
    }

    /// Asks for its information until both the answer and a published message are heard: what is
    /// published before our subscription arrives is lost.
    async fn greet(&mut self, name: &str) -> Result<()> {
        let deadline = Instant::now() + START;
        while Instant::now() < deadline {
            let request: JupyterMessage = KernelInfoRequest {}.into();
            self.shell
                .send(request)
                .await
                .context("the kernel cannot be asked")?;
            let asked = Instant::now();
            loop {
                // A kernel that answers and is not heard is asked again soon; one that is still
                // loading is left in peace.
                let pause = match self.answered {
                    Some(answered) => answered.max(asked) + Duration::from_millis(100),
                    None => asked + Duration::from_secs(20),
                };
                tokio::select! {
                    reply = self.replies.recv() => {
                        if reply.is_some() {
                            self.answered.get_or_insert_with(Instant::now);
                        }
                    }
                    message = self.published.recv() => {
                        if message.is_some() && self.answered.is_some() {
                            return Ok(());
                        }
                    }
                    () = ended(&mut self.group) => return Err(died(name, self.folder.path())),
                    () = tokio::time::sleep_until(pause) => break,
                }
            }
        }
        Err(silent(name, self.folder.path()))
    }

    /// Runs a cell, giving everything that is published for it to `seen`.
    pub(crate) async fn execute(
        &mut self,
        code: &str,
        limit: Duration,
        mut seen: impl FnMut(Content),
    ) -> Result<End> {
        let mut request = ExecuteRequest::new(code.to_owned());
        request.allow_stdin = false;
        let request: JupyterMessage = request.into();
        let id = request.header.msg_id.clone();
        self.shell
            .send(request)
            .await
            .context("the cell cannot be sent")?;
        if let Some(end) = self.listen(&id, Instant::now() + limit, &mut seen).await {
            return Ok(end);
        }
        self.interrupt().await;
        match self.listen(&id, Instant::now() + GRACE, &mut seen).await {
            Some(End::Idle) => Ok(End::Interrupted),
            Some(end) => Ok(end),
            None => {
                self.group.kill();
                Ok(End::Killed)
            }
        }
    }

    /// Listens until the cell is done; `None` at the deadline.
    async fn listen(
        &mut self,
        id: &str,
        deadline: Instant,
        seen: &mut impl FnMut(Content),
    ) -> Option<End> {
        let mut replied = false;
        let mut idle = false;
        loop {
            if replied && idle {
                return Some(End::Idle);
            }
            tokio::select! {
                // Messages that are here are taken before the kernel's death is noticed.
                biased;
                message = self.published.recv() => {
                    let content = own(message?, id);
                    if let Some(Content::Status(status)) = &content {
                        idle |= status.execution_state == ExecutionState::Idle;
                    }
                    content.map(&mut *seen);
                }
                reply = self.replies.recv() => replied |= own(reply?, id).is_some(),
                () = ended(&mut self.group) => return Some(End::Died),
                () = tokio::time::sleep_until(deadline) => return None,
            }
        }
    }

    async fn interrupt(&mut self) {
        if self.by_message {
            let request: JupyterMessage = InterruptRequest {}.into();
            // A kernel that cannot hear this is killed after the grace.
            let _ = self.control.send(request).await;
        } else {
            #[cfg(unix)]
            self.group.signal(libc::SIGINT);
        }
    }

    /// The process that was started.
    pub(crate) fn id(&self) -> u32 {
        self.group.0.id()
    }

    /// When the process was started.
    pub(crate) fn born(&self) -> std::time::Instant {
        self.born.into_std()
    }

    /// How long it took from there until the kernel answered for the first time.
    pub(crate) fn answered_after(&self) -> Duration {
        self.answered
            .map_or(Duration::ZERO, |answered| answered - self.born)
    }

    /// The last lines the kernel printed outside its protocol.
    pub(crate) fn last_words(&self) -> String {
        last_words(self.folder.path())
    }

    /// Ends the kernel: politely first.
    pub(crate) async fn shutdown(mut self) {
        let request: JupyterMessage = ShutdownRequest { restart: false }.into();
        let _ = timeout(Duration::from_secs(1), self.control.send(request)).await;
        let deadline = Instant::now() + Duration::from_secs(5);
        let _ = timeout_at(deadline, ended(&mut self.group)).await;
    }
}

type Connected = (
    zmq::DealerSendConnection,
    zmq::ClientControlConnection,
    UnboundedReceiver<JupyterMessage>,
    UnboundedReceiver<JupyterMessage>,
);

async fn connect(info: &ConnectionInfo) -> Result<Connected> {
    let session = uuid::Uuid::new_v4().to_string();
    let identity = zmq::peer_identity_for_session(&session)?;
    let iopub = zmq::create_client_iopub_connection(info, "", &session).await?;
    let shell = zmq::create_client_shell_connection_with_identity(info, &session, identity).await?;
    let control = zmq::create_client_control_connection(info, &session).await?;
    let (shell, replies) = shell.split();
    let (reply_sender, reply_receiver) = mpsc::unbounded_channel();
    let (publish_sender, publish_receiver) = mpsc::unbounded_channel();
    tokio::spawn(forward_replies(
        replies,
        Forward {
            to: reply_sender,
            failures: 0,
        },
    ));
    tokio::spawn(forward_published(
        iopub,
        Forward {
            to: publish_sender,
            failures: 0,
        },
    ));
    Ok((shell, control, reply_receiver, publish_receiver))
}

/// Reading in a task of its own keeps `select!` from dropping a message half read.
async fn forward_replies(mut from: zmq::DealerRecvConnection, mut to: Forward) {
    while to.take(from.read().await).await {}
}

async fn forward_published(mut from: zmq::ClientIoPubConnection, mut to: Forward) {
    while to.take(from.read().await).await {}
}

/// Hands messages on until nobody wants them or the socket is dead.
struct Forward {
    to: UnboundedSender<JupyterMessage>,
    failures: u32,
}

impl Forward {
    async fn take(&mut self, message: zmq::Result<JupyterMessage>) -> bool {
        let Ok(message) = message else {
            // A message we do not understand is no reason to stop listening; a dead socket is.
            self.failures += 1;
            sleep(Duration::from_millis(1)).await;
            return self.failures < 1000;
        };
        self.failures = 0;
        self.to.send(message).is_ok()
    }
}

fn own(message: JupyterMessage, id: &str) -> Option<Content> {
    let parent = message.parent_header.as_ref()?;
    (parent.msg_id == id).then_some(message.content)
}

async fn ended(group: &mut Group) {
    while !group.wait_for(Duration::ZERO) {
        sleep(Duration::from_millis(50)).await;
    }
}

fn connection(ports: &[u16], name: &str) -> ConnectionInfo {
    ConnectionInfo {
        ip: "127.0.0.1".to_owned(),
        transport: Transport::TCP,
        shell_port: ports[0],
        iopub_port: ports[1],
        stdin_port: ports[2],
        control_port: ports[3],
        hb_port: ports[4],
        key: uuid::Uuid::new_v4().to_string(),
        signature_scheme: "hmac-sha256".to_owned(),
        kernel_name: Some(name.to_owned()),
    }
}

fn command(found: &Found, connection: &Path, notebook: &Path) -> Result<Command> {
    let connection = connection
        .to_str()
        .ok_or_else(|| anyhow!("the temporary folder has no UTF-8 name"))?;
    let mut words = found
        .spec
        .argv
        .iter()
        .map(|word| word.replace("{connection_file}", connection));
    let program = words.next().ok_or_else(|| {
        Fault::error(
            format!("the kernelspec `{}` names no program", found.name),
            "`cargo lab setup` writes ours anew",
        )
    })?;
    let mut command = Command::new(program);
    command
        .args(words)
        .envs(found.spec.env.clone().unwrap_or_default())
        .env("JPY_SESSION_NAME", notebook)
        .env("JPY_PARENT_PID", std::process::id().to_string())
        .current_dir(notebook.parent().unwrap_or(Path::new(".")))
        .stdin(Stdio::null());
    Ok(command)
}

fn last_words(folder: &Path) -> String {
    let text = std::fs::read(folder.join("log")).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}

fn died(name: &str, folder: &Path) -> anyhow::Error {
    Fault::error(
        format!(
            "the kernel `{name}` ended while it started\n{}",
            last_words(folder)
        ),
        "`cargo lab doctor` says what is missing",
    )
}

fn silent(name: &str, folder: &Path) -> anyhow::Error {
    Fault::error(
        format!(
            "the kernel `{name}` does not answer\n{}",
            last_words(folder)
        ),
        "`cargo lab doctor` says what is missing",
    )
}
