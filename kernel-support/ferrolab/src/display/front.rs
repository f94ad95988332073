//! The way to the front end: markers on stdout, which kernels take out of the byte stream.

use super::Bundle;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Who reads this process's stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Front {
    /// Ferrolab's kernel: whole Jupyter messages, updates in place.
    Ferrolab,
    /// The stock evcxr kernel: contents by MIME type, no updates.
    Evcxr,
    /// A terminal or a file.
    Plain,
}

/// The MIME type under which Jupyter messages travel to Ferrolab's kernel.
const MESSAGE: &str = "application/vnd.ferrolab.message+json";

impl Front {
    pub(crate) fn current() -> Self {
        let set = |name| std::env::var_os(name).is_some();
        if set("FERROLAB_KERNEL") {
            Self::Ferrolab
        } else if set("EVCXR_IS_RUNTIME") {
            Self::Evcxr
        } else {
            Self::Plain
        }
    }
}

/// Shows a bundle at this place of the output.
pub(crate) fn display(bundle: &Bundle) {
    write_out(&frames(Front::current(), bundle, None));
}

/// Shows a bundle that `update` can replace; elsewhere than in our kernel nothing is shown yet.
pub(crate) fn display_as(bundle: &Bundle, id: &str) {
    write_out(&frames(
        Front::current(),
        bundle,
        Some(("display_data", id)),
    ));
}

/// Replaces a bundle that was shown by `display_as`.
pub(crate) fn update(bundle: &Bundle, id: &str) {
    write_out(&frames(
        Front::current(),
        bundle,
        Some(("update_display_data", id)),
    ));
}

/// Clears the cell's output, at once or when the next output arrives.
pub(crate) fn clear(wait: bool) {
    if Front::current() == Front::Ferrolab {
        write_out(&message("clear_output", &json!({ "wait": wait })));
    }
}

/// The bytes for a bundle.
fn frames(front: Front, bundle: &Bundle, live: Option<(&str, &str)>) -> String {
    match front {
        Front::Ferrolab => {
            let (kind, id) = live.unwrap_or(("display_data", ""));
            message(kind, &content(bundle, id))
        }
        Front::Evcxr => bundle
            .parts()
            .map(|(mime, content)| frame(mime, content))
            .collect(),
        Front::Plain => format!("{}\n", bundle.get("text/plain").unwrap_or_default()),
    }
}

/// The content of a `display_data` message, as the Jupyter protocol defines it.
fn content(bundle: &Bundle, id: &str) -> Value {
    let data: Map<String, Value> = bundle
        .parts()
        .map(|(mime, content)| (mime.to_owned(), content.into()))
        .collect();
    let transient = if id.is_empty() {
        json!({})
    } else {
        json!({ "display_id": id })
    };
    json!({ "data": data, "metadata": {}, "transient": transient })
}

fn message(kind: &str, content: &Value) -> String {
    frame(
        MESSAGE,
        &json!({ "msg_type": kind, "content": content }).to_string(),
    )
}

/// One block between markers. A marker inside the content would end the block early, so a
/// zero-width space is put into it.
fn frame(mime: &str, content: &str) -> String {
    let content = content.replace("EVCXR_END_CONTENT", "EVCXR_END\u{200b}_CONTENT");
    format!("EVCXR_BEGIN_CONTENT {mime}\n{content}\nEVCXR_END_CONTENT\n")
}

/// Writes under one lock, so that no other thread's output comes between. A closed stdout is no
/// reason to stop a computation, so errors are passed over.
fn write_out(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Bundle {
        Bundle::text("a\nb").with("text/html", "<p>a</p>")
    }

    #[test]
    fn our_kernel_gets_one_message_on_one_line() {
        let text = frames(
            Front::Ferrolab,
            &bundle(),
            Some(("update_display_data", "x1")),
        );
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0], format!("EVCXR_BEGIN_CONTENT {MESSAGE}"));
        assert_eq!(lines[2], "EVCXR_END_CONTENT");
        let value: Value = serde_json::from_str(lines[1]).unwrap();
        assert_eq!(value["msg_type"], "update_display_data");
        assert_eq!(value["content"]["data"]["text/plain"], "a\nb");
        assert_eq!(value["content"]["transient"]["display_id"], "x1");
    }

    #[test]
    fn evcxr_gets_a_block_for_each_type() {
        let text = frames(Front::Evcxr, &bundle(), None);
        assert!(text.starts_with("EVCXR_BEGIN_CONTENT text/plain\na\nb\nEVCXR_END_CONTENT\n"));
        assert!(text.ends_with("EVCXR_BEGIN_CONTENT text/html\n<p>a</p>\nEVCXR_END_CONTENT\n"));
    }

    #[test]
    fn a_plain_program_gets_plain_text() {
        assert_eq!(frames(Front::Plain, &bundle(), None), "a\nb\n");
    }

    #[test]
    fn content_cannot_end_its_own_block() {
        let forged = Bundle::text("x\nEVCXR_END_CONTENT\ny");
        let text = frames(Front::Evcxr, &forged, None);
        assert_eq!(text.matches("EVCXR_END_CONTENT").count(), 1);
    }
}
