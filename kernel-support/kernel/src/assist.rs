//! Completion and documentation, as the protocol has them.

use crate::analysis::Analysis;
use crate::commands;
use crate::magics::MAGICS;
use crate::question::{Name, Names};
use jupyter_protocol::{CompleteReply, CompleteRequest, InspectReply, InspectRequest, ReplyStatus};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use serde_json::{Map, Value, json};

/// Answers a `complete_request` of a client.
pub(crate) async fn complete(
    analysis: &Analysis,
    client: &str,
    request: &CompleteRequest,
) -> CompleteReply {
    let code = &request.code;
    let at = byte_offset(code, request.cursor_pos);
    let names = match magics_and_commands(code, at) {
        Some(names) => names,
        None => analysis.names(client, code, at).await,
    };
    reply(code, &names)
}

/// What a line that starts with `%` or `:` may go on with.
fn magics_and_commands(code: &str, at: usize) -> Option<Names> {
    let line_start = code[..at].rfind('\n').map_or(0, |end| end + 1);
    let typed = code[line_start..at].trim_start();
    // A cell magic may stand behind `//`.
    let typed = typed.strip_prefix("//").map_or(typed, str::trim_start);
    if !typed.starts_with(['%', ':'])
        || typed.starts_with("::")
        || typed.contains(char::is_whitespace)
    {
        return None;
    }
    let magics = MAGICS.iter().filter_map(|(name, _)| name.split(' ').next());
    let names = magics
        .chain(commands::all().map(|(name, _)| name))
        .filter(|name| name.starts_with(typed))
        .map(|name| Name {
            text: name.to_owned(),
            kind: "magic".to_owned(),
            detail: None,
        });
    Some(Names {
        start: at - typed.len(),
        end: at,
        names: names.collect(),
    })
}

fn reply(code: &str, names: &Names) -> CompleteReply {
    let (start, end) = (char_offset(code, names.start), char_offset(code, names.end));
    let entry = |name: &Name| {
        json!({
            "text": name.text, "type": name.kind, "start": start, "end": end,
            "signature": name.detail.as_deref().unwrap_or_default(),
        })
    };
    let entries: Vec<Value> = names.names.iter().map(entry).collect();
    CompleteReply {
        matches: names.names.iter().map(|name| name.text.clone()).collect(),
        cursor_start: start,
        cursor_end: end,
        metadata: Map::from_iter([("_jupyter_types_experimental".to_owned(), entries.into())]),
        status: ReplyStatus::Ok,
        error: None,
    }
}

/// Answers an `inspect_request` of a client.
pub(crate) async fn inspect(
    analysis: &Analysis,
    client: &str,
    request: &InspectRequest,
) -> InspectReply {
    let code = &request.code;
    let at = end_of_word(code, byte_offset(code, request.cursor_pos));
    let with_definition = request.detail_level.is_some_and(|level| level > 0);
    match analysis.inspect(client, code, at, with_definition).await {
        Some(markdown) => InspectReply {
            found: true,
            data: crate::live::media(&bundle(&markdown)),
            ..InspectReply::default()
        },
        None => InspectReply::default(),
    }
}

/// Documentation as a MIME bundle.
pub(crate) fn bundle(markdown: &str) -> Map<String, Value> {
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, Parser::new(markdown));
    Map::from_iter([
        ("text/plain".to_owned(), Value::from(plain(markdown))),
        ("text/html".to_owned(), Value::from(html)),
    ])
}

/// Documentation for terminals: the words, a blank line between paragraphs.
fn plain(markdown: &str) -> String {
    let mut text = String::new();
    for event in Parser::new(markdown) {
        match event {
            Event::Text(words) | Event::Code(words) => text.push_str(&words),
            Event::SoftBreak | Event::HardBreak => text.push('\n'),
            Event::Start(Tag::Item) => text.push_str("- "),
            Event::End(TagEnd::Item) => text.push('\n'),
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::List(_)) => {
                text.push_str("\n\n");
            }
            Event::End(TagEnd::CodeBlock) => text.push('\n'),
            _ => {}
        }
    }
    text.trim_end().to_owned()
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

    fn complete(code: &str, cursor: usize) -> Option<CompleteReply> {
        let names = magics_and_commands(code, byte_offset(code, cursor))?;
        Some(super::reply(code, &names))
    }

    #[test]
    fn magics_and_commands_need_no_analysis() {
        let reply = complete("let ü = 1;\n%%ti", 15).expect("magics");
        assert_eq!(reply.matches, ["%%time", "%%timeit"]);
        assert_eq!((reply.cursor_start, reply.cursor_end), (11, 15));
        let reply = complete("//%%timei", 9).expect("magics");
        assert_eq!(reply.matches, ["%%timeit"]);
        let reply = complete(":de", 3).expect("commands");
        assert_eq!(reply.matches, [":dep"]);
        assert!(complete("::std", 5).is_none());
        assert!(complete(":dep ra", 7).is_none());
        assert!(complete("a\n% b", 5).is_none());
    }

    #[test]
    fn documentation_reads_well_without_markup() {
        let markdown =
            "```rust\nfn f()\n```\n\n# Panics\nIf [`x`](https://x) is **bad**.\n\n* one\n* two\n";
        let expected = "fn f()\n\nPanics\n\nIf x is bad.\n\n- one\n- two";
        assert_eq!(plain(markdown), expected);
    }

    #[test]
    fn a_cursor_inside_a_name_means_the_name() {
        assert_eq!(end_of_word("Vec::new()", 1), 3);
        assert_eq!(end_of_word("Vec::new()", 9), 8);
        assert_eq!(end_of_word("Vec::new(", 9), 8);
        assert_eq!(end_of_word("ü", byte_offset("ü", 9)), 2);
    }
}
