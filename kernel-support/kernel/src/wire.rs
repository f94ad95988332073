//! The sockets of a kernel, and the handles by which its threads send on them.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use jupyter_protocol::{
    ConnectionInfo, Header, IoPubWelcome, JupyterMessage, JupyterMessageContent,
};
use jupyter_zmq_client::{
    Connection, KernelControlConnection, KernelHeartbeatConnection, KernelIoPubXPubConnection,
    KernelShellConnection, KernelStdinConnection, RawMessage, SubscriptionEvent,
    create_kernel_control_connection, create_kernel_heartbeat_connection,
    create_kernel_iopub_xpub_connection, create_kernel_shell_connection,
    create_kernel_stdin_connection,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use zeromq::SocketRecv;

/// The version of the protocol that the kernel speaks.
pub(crate) const PROTOCOL: &str = "5.5";

/// All five sockets, bound.
pub(crate) struct Sockets {
    pub(crate) shell: KernelShellConnection,
    pub(crate) control: KernelControlConnection,
    pub(crate) stdin: KernelStdinConnection,
    pub(crate) iopub: KernelIoPubXPubConnection,
    pub(crate) heartbeat: KernelHeartbeatConnection,
}

impl Sockets {
    /// Binds the sockets that the connection file names.
    ///
    /// # Errors
    ///
    /// When a port is taken or the address is not this machine's.
    pub(crate) async fn bind(info: &ConnectionInfo, session: &str) -> Result<Self> {
        Ok(Self {
            shell: create_kernel_shell_connection(info, session)
                .await
                .context("cannot bind shell")?,
            control: create_kernel_control_connection(info, session)
                .await
                .context("cannot bind control")?,
            stdin: create_kernel_stdin_connection(info, session)
                .await
                .context("cannot bind stdin")?,
            iopub: create_kernel_iopub_xpub_connection(info, session)
                .await
                .context("cannot bind iopub")?,
            heartbeat: create_kernel_heartbeat_connection(info)
                .await
                .context("cannot bind heartbeat")?,
        })
    }
}

/// Sends messages on one socket from any thread, in the order of the calls.
#[derive(Clone)]
pub(crate) struct Outbox {
    queue: mpsc::Sender<JupyterMessage>,
}

impl Outbox {
    /// A queue of bounded length: who writes faster than the client reads must wait.
    pub(crate) fn new() -> (Self, mpsc::Receiver<JupyterMessage>) {
        let (queue, receiver) = mpsc::channel(64);
        (Self { queue }, receiver)
    }

    /// Sends from an ordinary thread.
    pub(crate) fn send(&self, message: JupyterMessage) {
        // The receiver is gone only while the kernel shuts down.
        let _ = self.queue.blocking_send(message);
    }

    /// Sends from a task.
    pub(crate) async fn send_async(&self, message: JupyterMessage) {
        let _ = self.queue.send(message).await;
    }
}

/// Takes a message from a socket.
///
/// Clients leave out fields that the protocol lets them leave out, and more; those get their
/// defaults before the content is read.
///
/// # Errors
///
/// When the socket fails, the signature is wrong, or the message is none.
pub(crate) async fn read<S: SocketRecv>(connection: &mut Connection<S>) -> Result<JupyterMessage> {
    let parts = connection.socket.recv().await?;
    let raw = RawMessage::from_multipart(parts, &connection.mac)?;
    decode(raw.zmq_identities, &raw.jparts)
}

/// Understands the parts of a message behind its signature.
///
/// # Errors
///
/// When a part is missing or is not what the protocol has there.
pub(crate) fn decode(zmq_identities: Vec<Bytes>, parts: &[Bytes]) -> Result<JupyterMessage> {
    let [header, parent, metadata, content, buffers @ ..] = parts else {
        bail!(
            "a message has four parts at least, this one {}",
            parts.len()
        );
    };
    let header: Header = serde_json::from_slice(header).context("the header is damaged")?;
    let mut content: Value = serde_json::from_slice(content).context("the content is damaged")?;
    fill_in(&header.msg_type, &mut content);
    let kind = header.msg_type.clone();
    Ok(JupyterMessage {
        zmq_identities,
        parent_header: serde_json::from_slice(parent).ok(),
        metadata: serde_json::from_slice(metadata).unwrap_or_default(),
        content: JupyterMessageContent::from_type_and_content(&kind, content)
            .with_context(|| format!("the content of `{kind}` is not as the protocol has it"))?,
        buffers: buffers.to_vec(),
        channel: None,
        header,
    })
}

/// Gives a request's missing fields their defaults.
fn fill_in(kind: &str, content: &mut Value) {
    let defaults = match kind {
        "execute_request" => {
            json!({"silent": false, "store_history": true, "user_expressions": {}})
        }
        "history_request" => json!({
            "hist_access_type": "tail", "session": 0, "start": 0, "stop": 0, "n": -1,
            "pattern": "*", "unique": false, "output": false, "raw": true,
        }),
        "inspect_request" => json!({"detail_level": 0}),
        "shutdown_request" => json!({"restart": false}),
        _ => return,
    };
    if let (Some(content), Value::Object(defaults)) = (content.as_object_mut(), defaults) {
        for (name, value) in defaults {
            let field = content.entry(name).or_insert(Value::Null);
            if field.is_null() {
                *field = value;
            }
        }
    }
}

/// A reply to `parent`, to be sent on the socket it came from.
pub(crate) fn reply(
    content: impl Into<JupyterMessageContent>,
    parent: &JupyterMessage,
) -> JupyterMessage {
    ours(content, Some(parent))
}

/// A message for all clients, on iopub.
pub(crate) fn broadcast(
    content: impl Into<JupyterMessageContent>,
    parent: Option<&JupyterMessage>,
) -> JupyterMessage {
    let mut message = ours(content, parent);
    let topic = format!("kernel.ferrolab.{}", message.header.msg_type);
    message.zmq_identities = vec![Bytes::from(topic)];
    message
}

/// A message with the header of this kernel.
fn ours(
    content: impl Into<JupyterMessageContent>,
    parent: Option<&JupyterMessage>,
) -> JupyterMessage {
    let mut message = JupyterMessage::new(content, parent);
    message.header.version = PROTOCOL.to_owned();
    message.header.username = "kernel".to_owned();
    message
}

/// Publishes what is queued, and welcomes each subscriber.
pub(crate) async fn run_iopub(
    mut socket: KernelIoPubXPubConnection,
    mut queue: mpsc::Receiver<JupyterMessage>,
) {
    loop {
        tokio::select! {
            queued = queue.recv() => {
                let Some(message) = queued else { return };
                if let Err(error) = socket.send(message).await {
                    eprintln!("ferrolab: a message could not be published: {error}");
                }
            }
            subscription = socket.recv_subscription() => {
                // A client that went away is reported as an error; the others go on.
                if let Ok(SubscriptionEvent::Subscribe(topic)) = subscription {
                    let mut welcome = broadcast(IoPubWelcome::new(topic.clone()), None);
                    welcome.zmq_identities = vec![Bytes::from(topic)];
                    let _ = socket.send(welcome).await;
                }
            }
        }
    }
}

/// Answers heartbeats, which show the client that the kernel lives.
pub(crate) async fn run_heartbeat(mut socket: KernelHeartbeatConnection) {
    loop {
        if socket.single_heartbeat().await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_without_a_count_is_understood() {
        let mut content = json!({"hist_access_type": "search", "pattern": "x*", "n": null});
        fill_in("history_request", &mut content);
        let parsed = JupyterMessageContent::from_type_and_content("history_request", content);
        assert!(matches!(
            parsed,
            Ok(JupyterMessageContent::HistoryRequest(
                jupyter_protocol::HistoryRequest::Search { n: -1, .. }
            ))
        ));
    }
}
