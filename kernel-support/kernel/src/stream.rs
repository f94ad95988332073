//! Turns the raw bytes of a worker's output into what a front end shows.
//!
//! Rich output travels in the user's standard output, so that it keeps its place among the text:
//!
//! ```text
//! EVCXR_BEGIN_CONTENT text/html
//! <b>hello</b>
//! EVCXR_END_CONTENT
//! ```
//!
//! Those are evcxr's own markers, which many crates print. Blocks that follow each other directly
//! and are of different types are one output in several forms. Two types are ours: a whole Jupyter
//! message, and the value of a cell's last expression. Whatever is not a complete block is text:
//! nothing that a cell prints is lost, and none of it can stop the kernel.

use memchr::{memchr_iter, memmem};
use serde_json::{Map, Value};

const BEGIN: &[u8] = b"EVCXR_BEGIN_CONTENT ";
const END: &[u8] = b"EVCXR_END_CONTENT";
const INPUT: &[u8] = b"EVCXR_INPUT_REQUEST";

/// The type under which the support crate sends a Jupyter message.
const MESSAGE: &str = "application/vnd.ferrolab.message+json";
/// The type under which `ferrolab-rustc` sends a cell's value.
const RESULT: &str = "application/vnd.ferrolab.result";

/// A block longer than this is given up and shown as text.
const LONGEST_BLOCK: usize = 64 << 20;

/// A piece of output.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    /// One output in several forms, by MIME type.
    Display(Map<String, Value>),
    /// The value of the cell's last expression, as text.
    Result(String),
    /// A Jupyter message of the support crate: its type and content.
    Message(String, Value),
    /// A question to the user.
    Input {
        prompt: String,
        password: bool,
    },
}

/// Takes bytes as they come and gives the pieces that are complete.
pub(crate) struct Parser {
    pending: Vec<u8>,
    /// Whether the pending bytes start a line.
    line_start: bool,
    /// How much of an unfinished block has been searched for its end.
    searched: usize,
    bundle: Map<String, Value>,
}

impl Default for Parser {
    fn default() -> Self {
        Self {
            pending: Vec::new(),
            line_start: true,
            searched: 0,
            bundle: Map::new(),
        }
    }
}

impl Parser {
    /// Feeds further bytes. A last part that may still become a marker or a character waits.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Vec<Piece> {
        self.pending.extend_from_slice(bytes);
        let mut pieces = Vec::new();
        while self.step(&mut pieces) {}
        pieces
    }

    /// Gives all that waits, as the end of a cell demands.
    pub(crate) fn finish(&mut self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        self.end_bundle(&mut pieces);
        let rest = std::mem::take(&mut self.pending);
        self.searched = 0;
        self.line_start = true;
        push_text(&mut pieces, &rest);
        pieces
    }

    /// One step of parsing; false when more bytes are needed.
    fn step(&mut self, pieces: &mut Vec<Piece>) -> bool {
        match find_marker(&self.pending, self.line_start) {
            Marker::None(keep) => {
                let text = self.pending.len() - keep;
                self.take_text(text, pieces);
                false
            }
            Marker::Begin(at) => {
                self.take_text(at, pieces);
                self.take_block(pieces)
            }
            Marker::Input(at) => {
                self.take_text(at, pieces);
                self.take_question(pieces)
            }
        }
    }

    fn take_text(&mut self, length: usize, pieces: &mut Vec<Piece>) {
        if length == 0 {
            return;
        }
        // A character may be cut at the end of the bytes read so far.
        let complete = if length == self.pending.len() {
            length - cut_character(&self.pending)
        } else {
            length
        };
        if complete > 0 {
            self.end_bundle(pieces);
            push_text(pieces, &self.pending[..complete]);
            self.line_start = self.pending[complete - 1] == b'\n';
            self.pending.drain(..complete);
        }
    }

    /// The block at the start of the pending bytes; false if its end has not come yet.
    fn take_block(&mut self, pieces: &mut Vec<Piece>) -> bool {
        if let Some(at) = own_block_inside(&self.pending, self.searched) {
            // The user's block was never closed: it is text, and what the kernel sends comes through.
            self.searched = 0;
            let text = self.pending[..at].to_vec();
            self.pending.drain(..at);
            self.end_bundle(pieces);
            push_text(pieces, &text);
            self.line_start = true;
            return true;
        }
        let from = std::mem::take(&mut self.searched);
        let Some(block) = complete_block(&self.pending, from) else {
            if self.pending.len() > LONGEST_BLOCK {
                let text = self.pending.len();
                self.take_text(text, pieces);
            } else {
                self.searched = self.pending.len().saturating_sub(END.len() + 1);
            }
            return false;
        };
        self.pending.drain(..block.length);
        self.line_start = true;
        self.add_block(block.mime, block.content, pieces);
        true
    }

    fn add_block(&mut self, mime: String, content: String, pieces: &mut Vec<Piece>) {
        match mime.as_str() {
            RESULT => {
                self.end_bundle(pieces);
                pieces.push(Piece::Result(content));
            }
            MESSAGE => {
                self.end_bundle(pieces);
                pieces.push(message(content));
            }
            _ => {
                if self.bundle.contains_key(&mime) {
                    self.end_bundle(pieces);
                }
                let value = typed_content(&mime, content);
                self.bundle.insert(mime, value);
            }
        }
    }

    fn take_question(&mut self, pieces: &mut Vec<Piece>) -> bool {
        let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') else {
            return false;
        };
        let line = String::from_utf8_lossy(&self.pending[..end]).into_owned();
        self.pending.drain(..=end);
        self.line_start = true;
        self.end_bundle(pieces);
        let (command, prompt) = line.split_once(':').unwrap_or((&line, ""));
        pieces.push(Piece::Input {
            prompt: prompt.to_owned(),
            password: command.ends_with("_PASSWORD"),
        });
        true
    }

    fn end_bundle(&mut self, pieces: &mut Vec<Piece>) {
        if !self.bundle.is_empty() {
            pieces.push(Piece::Display(std::mem::take(&mut self.bundle)));
        }
    }
}

/// Where, inside an open block of the user's, one of the kernel's own begins. Bytes before `from`
/// were looked at before.
fn own_block_inside(bytes: &[u8], from: usize) -> Option<usize> {
    let begin = [b"\n".as_slice(), BEGIN, RESULT.as_bytes(), b"\n"].concat();
    if bytes[BEGIN.len()..].starts_with(MESSAGE.as_bytes()) {
        return None;
    }
    let from = from.saturating_sub(begin.len());
    let at = from + memmem::find(&bytes[from..], &begin)? + 1;
    // A block that was closed before is whole.
    let closed = end_marker(&bytes[BEGIN.len()..at], 0).is_some();
    (!closed).then_some(at)
}

enum Marker {
    /// No marker; so many bytes at the end may become one.
    None(usize),
    Begin(usize),
    Input(usize),
}

/// The first marker in the bytes. A question counts at the start of a line only, as evcxr prints it.
fn find_marker(bytes: &[u8], starts_line: bool) -> Marker {
    for at in memchr_iter(b'E', bytes) {
        let rest = &bytes[at..];
        if rest.starts_with(BEGIN) {
            return Marker::Begin(at);
        }
        let line_start = if at == 0 {
            starts_line
        } else {
            bytes[at - 1] == b'\n'
        };
        if line_start && rest.starts_with(INPUT) {
            return Marker::Input(at);
        }
        if BEGIN.starts_with(rest) || (line_start && INPUT.starts_with(rest)) {
            return Marker::None(rest.len());
        }
    }
    Marker::None(0)
}

struct Block {
    mime: String,
    content: String,
    length: usize,
}

/// The block that the bytes start with. Bytes before `from` are known not to hold its end.
fn complete_block(bytes: &[u8], from: usize) -> Option<Block> {
    let header_end = bytes.iter().position(|byte| *byte == b'\n')?;
    let mime = String::from_utf8_lossy(&bytes[BEGIN.len()..header_end])
        .trim()
        .to_owned();
    let body = &bytes[header_end + 1..];
    let content_end = end_marker(body, from.saturating_sub(header_end + 1))?;
    let content = String::from_utf8_lossy(&body[..content_end]);
    let mut length = header_end + 1 + content_end + END.len();
    // The marker's line break belongs to it.
    match bytes.get(length) {
        Some(b'\n') => length += 1,
        Some(_) => {}
        None => return None,
    }
    Some(Block {
        mime,
        content: content.strip_suffix('\n').unwrap_or(&content).to_owned(),
        length,
    })
}

/// Where the end marker stands, at the start of a line.
fn end_marker(body: &[u8], from: usize) -> Option<usize> {
    if body.starts_with(END) {
        return Some(0);
    }
    let from = from.saturating_sub(1);
    memmem::find_iter(&body[from..], END)
        .map(|at| from + at)
        .find(|at| body[at - 1] == b'\n')
}

/// JSON content is sent as JSON, as the protocol wants it; anything else as text.
fn typed_content(mime: &str, content: String) -> Value {
    let json = mime == "application/json" || mime.ends_with("+json");
    match serde_json::from_str(&content) {
        Ok(value) if json => value,
        _ => Value::String(content),
    }
}

fn message(content: String) -> Piece {
    let parsed: Option<(String, Value)> =
        serde_json::from_str::<Value>(&content)
            .ok()
            .and_then(|mut value| {
                let kind = value.get("msg_type")?.as_str()?.to_owned();
                Some((kind, value.get_mut("content")?.take()))
            });
    match parsed {
        Some((kind, content)) => Piece::Message(kind, content),
        None => Piece::Text(content),
    }
}

/// How many bytes at the end are the start of a character.
fn cut_character(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let needed = match byte {
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF7 => 4,
            0x80..=0xBF => continue,
            _ => return 0,
        };
        return if needed > back { back } else { 0 };
    }
    0
}

fn push_text(pieces: &mut Vec<Piece>, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let text = String::from_utf8_lossy(bytes);
    if let Some(Piece::Text(last)) = pieces.last_mut() {
        last.push_str(&text);
    } else {
        pieces.push(Piece::Text(text.into_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_cut(bytes: &[u8], cut: usize) -> Vec<Piece> {
        let mut parser = Parser::default();
        let mut pieces: Vec<Piece> = Vec::new();
        let mut parts: Vec<Piece> = bytes
            .chunks(cut)
            .flat_map(|part| parser.feed(part))
            .collect();
        parts.extend(parser.finish());
        for piece in parts {
            match (pieces.last_mut(), piece) {
                (Some(Piece::Text(last)), Piece::Text(text)) => last.push_str(&text),
                (_, piece) => pieces.push(piece),
            }
        }
        pieces
    }

    #[test]
    fn text_and_blocks_keep_their_order_however_they_are_cut() {
        let bytes = "grüß\nEVCXR_BEGIN_CONTENT text/html\n<b>ü</b>\nEVCXR_END_CONTENT\n\
                     EVCXR_BEGIN_CONTENT text/plain\nü\nEVCXR_END_CONTENT\n\
                     EVCXR_BEGIN_CONTENT text/plain\nagain\nEVCXR_END_CONTENT\nafter EVC"
            .as_bytes();
        let whole = parse_cut(bytes, bytes.len());
        assert_eq!(whole.len(), 4, "{whole:?}");
        assert_eq!(whole[0], Piece::Text("grüß\n".into()));
        assert!(matches!(&whole[1], Piece::Display(bundle) if bundle.len() == 2));
        assert!(matches!(&whole[2], Piece::Display(bundle) if bundle["text/plain"] == "again"));
        assert_eq!(whole[3], Piece::Text("after EVC".into()));
        for cut in 1..bytes.len() {
            assert_eq!(parse_cut(bytes, cut), whole, "cut in pieces of {cut}");
        }
    }

    #[test]
    fn an_unfinished_block_is_text() {
        let bytes = b"EVCXR_BEGIN_CONTENT text/plain\nnever ended";
        assert_eq!(
            parse_cut(bytes, 5),
            [Piece::Text(String::from_utf8_lossy(bytes).into_owned())]
        );
    }

    #[test]
    fn an_open_block_does_not_swallow_the_value() {
        let bytes = b"EVCXR_BEGIN_CONTENT text/html\n<b>open\nEVCXR_BEGIN_CONTENT application/vnd.ferrolab.result\n8\nEVCXR_END_CONTENT\n";
        for cut in [1, 7, bytes.len()] {
            let pieces = parse_cut(bytes, cut);
            assert_eq!(pieces.len(), 2, "{pieces:?}");
            assert_eq!(pieces[1], Piece::Result("8".into()));
        }
    }

    #[test]
    fn invalid_utf8_is_shown_and_nothing_is_lost() {
        let pieces = parse_cut(b"a\xff\xfeb\n", 1);
        assert_eq!(pieces, [Piece::Text("a\u{fffd}\u{fffd}b\n".into())]);
    }

    #[test]
    fn a_question_is_one_at_the_start_of_a_line_only() {
        let pieces = parse_cut(b"EVCXR_INPUT_REQUEST:Name: \nx EVCXR_INPUT_REQUEST:no\n", 3);
        assert_eq!(
            pieces,
            [
                Piece::Input {
                    prompt: "Name: ".into(),
                    password: false
                },
                Piece::Text("x EVCXR_INPUT_REQUEST:no\n".into()),
            ]
        );
    }

    #[test]
    fn a_message_of_the_support_crate_is_taken_apart() {
        let block = "EVCXR_BEGIN_CONTENT application/vnd.ferrolab.message+json\n\
                     {\"msg_type\":\"clear_output\",\"content\":{\"wait\":true}}\nEVCXR_END_CONTENT\n";
        let pieces = parse_cut(block.as_bytes(), 7);
        assert!(matches!(&pieces[..], [Piece::Message(kind, content)]
            if kind == "clear_output" && content["wait"] == true));
    }
}
