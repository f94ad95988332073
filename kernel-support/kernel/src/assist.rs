//! Completion and documentation.

use crate::engine::Engine;
use crate::magics::MAGICS;
use jupyter_protocol::{CompleteReply, CompleteRequest, InspectReply, InspectRequest, ReplyStatus};
use serde_json::{Map, Value, json};

/// Answers a `complete_request`.
pub(crate) fn complete(engine: Option<&mut Engine>, request: &CompleteRequest) -> CompleteReply {
    let at = byte_offset(&request.code, request.cursor_pos);
    if let Some(reply) = complete_magic(&request.code, at) {
        return reply;
    }
    let found = engine.and_then(|engine| engine.completions(&request.code, at).ok());
    let Some(found) = found else {
        return reply(Vec::new(), request.cursor_pos, request.cursor_pos);
    };
    let prefix = &request.code[found.start_offset..at.max(found.start_offset)];
    let all = found
        .completions
        .iter()
        .map(|found| (name(&found.code), found.kind));
    let mut matches: Vec<(String, &str)> = all
        .clone()
        .filter(|(name, _)| name.starts_with(prefix))
        .collect();
    if matches.is_empty() {
        matches = all.collect();
    }
    reply(
        matches,
        char_offset(&request.code, found.start_offset),
        char_offset(&request.code, found.end_offset),
    )
}

/// The analysis names a function with its parameters; the user types those.
fn name(code: &str) -> String {
    code.split('(').next().unwrap_or(code).to_owned()
}

fn complete_magic(code: &str, at: usize) -> Option<CompleteReply> {
    let line_start = code[..at].rfind('\n').map_or(0, |end| end + 1);
    let typed = code[line_start..at].trim_start();
    if !typed.starts_with('%') || typed.contains(char::is_whitespace) {
        return None;
    }
    let matches = MAGICS
        .iter()
        .filter_map(|(name, _)| name.split(' ').next())
        .filter(|name| name.starts_with(typed))
        .map(|name| (name.to_owned(), "magic"))
        .collect();
    let end = char_offset(code, at);
    Some(reply(matches, end - typed.chars().count(), end))
}

fn reply(matches: Vec<(String, &str)>, start: usize, end: usize) -> CompleteReply {
    let types: Vec<Value> = matches
        .iter()
        .map(|(text, kind)| json!({"text": text, "type": kind, "start": start, "end": end}))
        .collect();
    CompleteReply {
        matches: matches.into_iter().map(|(text, _)| text).collect(),
        cursor_start: start,
        cursor_end: end,
        metadata: Map::from_iter([("_jupyter_types_experimental".to_owned(), Value::from(types))]),
        status: ReplyStatus::Ok,
        error: None,
    }
}

/// Answers an `inspect_request`.
pub(crate) fn inspect(engine: Option<&mut Engine>, request: &InspectRequest) -> InspectReply {
    let at = end_of_word(
        &request.code,
        byte_offset(&request.code, request.cursor_pos),
    );
    let found = engine.and_then(|engine| documentation(engine, &request.code[..at]));
    match found {
        Some(data) => InspectReply {
            found: true,
            data: crate::live::media(&data),
            ..InspectReply::default()
        },
        None => InspectReply::default(),
    }
}

/// What the analysis knows of the name at the end of the code, as a MIME bundle.
pub(crate) fn documentation(engine: &mut Engine, code: &str) -> Option<Map<String, Value>> {
    let (text, html) = engine.documentation(code, code.len()).ok()?;
    (!text.is_empty() && text != "No documentation found").then(|| {
        Map::from_iter([
            ("text/plain".to_owned(), Value::from(text)),
            ("text/html".to_owned(), Value::from(html)),
        ])
    })
}

/// The cursor may stand anywhere in a name, or behind its opening bracket.
fn end_of_word(code: &str, at: usize) -> usize {
    let before = code[..at].strip_suffix('(').map_or(at, str::len);
    let word = code[before..].find(|c: char| !c.is_alphanumeric() && c != '_');
    word.map_or(code.len(), |length| before + length)
}

/// The protocol counts characters, evcxr bytes.
fn byte_offset(code: &str, chars: usize) -> usize {
    code.char_indices()
        .nth(chars)
        .map_or(code.len(), |(at, _)| at)
}

fn char_offset(code: &str, bytes: usize) -> usize {
    code.get(..bytes).unwrap_or(code).chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magics_complete_without_an_engine() {
        let request = CompleteRequest {
            code: "let ü = 1;\n%%ti".into(),
            cursor_pos: 15,
        };
        let reply = complete(None, &request);
        assert_eq!(reply.matches, ["%%time", "%%timeit"]);
        assert_eq!((reply.cursor_start, reply.cursor_end), (11, 15));
    }

    #[test]
    fn a_cursor_inside_a_name_means_the_name() {
        assert_eq!(end_of_word("Vec::new()", 1), 3);
        assert_eq!(end_of_word("Vec::new()", 9), 8);
        assert_eq!(end_of_word("Vec::new(", 9), 8);
        assert_eq!(end_of_word("ü", byte_offset("ü", 9)), 2);
    }
}
