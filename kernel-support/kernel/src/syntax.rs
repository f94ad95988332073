//! Whether a piece of code is complete, from the parser alone.

use jupyter_protocol::IsCompleteReply;
use ra_ap_syntax::{Edition, SourceFile, SyntaxKind, SyntaxToken};

/// Answers an `is_complete_request`: complete, incomplete with the indent of the next line, or
/// invalid.
pub(crate) fn is_complete(code: &str) -> IsCompleteReply {
    let code = code.trim_end();
    if code.is_empty() || is_command(code) {
        return IsCompleteReply::complete();
    }
    match open_delimiters(code) {
        Delimiters::Open(depth) => IsCompleteReply::incomplete("    ".repeat(depth)),
        Delimiters::Wrong => IsCompleteReply::invalid(),
        Delimiters::Balanced if parses(code) => IsCompleteReply::complete(),
        Delimiters::Balanced if expects_more(code) => {
            IsCompleteReply::incomplete("    ".to_owned())
        }
        Delimiters::Balanced => IsCompleteReply::invalid(),
    }
}

/// Commands and magics are not Rust, and are one line or what follows them.
fn is_command(code: &str) -> bool {
    let code = code.trim_start();
    code.starts_with([':', '%', '!']) || code.ends_with('?') && !code.contains([' ', '(', ';'])
}

enum Delimiters {
    Balanced,
    Open(usize),
    Wrong,
}

fn open_delimiters(code: &str) -> Delimiters {
    let mut stack = Vec::new();
    for token in tokens(code) {
        match token.kind() {
            SyntaxKind::L_PAREN => stack.push(SyntaxKind::R_PAREN),
            SyntaxKind::L_BRACK => stack.push(SyntaxKind::R_BRACK),
            SyntaxKind::L_CURLY => stack.push(SyntaxKind::R_CURLY),
            kind @ (SyntaxKind::R_PAREN | SyntaxKind::R_BRACK | SyntaxKind::R_CURLY) => {
                let expected = stack.pop();
                if expected != Some(kind) {
                    return Delimiters::Wrong;
                }
            }
            SyntaxKind::STRING | SyntaxKind::COMMENT if is_unterminated(&token) => {
                return Delimiters::Open(stack.len());
            }
            _ => {}
        }
    }
    if stack.is_empty() {
        Delimiters::Balanced
    } else {
        Delimiters::Open(stack.len())
    }
}

/// What closes all that the code leaves open: text, a comment, brackets.
pub(crate) fn closers(code: &str) -> String {
    let mut open = Vec::new();
    let mut closers = String::new();
    for token in tokens(code) {
        match token.kind() {
            SyntaxKind::L_PAREN => open.push(')'),
            SyntaxKind::L_BRACK => open.push(']'),
            SyntaxKind::L_CURLY => open.push('}'),
            SyntaxKind::R_PAREN | SyntaxKind::R_BRACK | SyntaxKind::R_CURLY => {
                open.pop();
            }
            SyntaxKind::STRING if is_unterminated(&token) => closers.push('"'),
            SyntaxKind::COMMENT if is_unterminated(&token) => closers.push_str("*/"),
            _ => {}
        }
    }
    if !open.is_empty() {
        // The last line may be a comment.
        closers.push('\n');
        closers.extend(open.iter().rev());
    }
    closers
}

fn is_unterminated(token: &SyntaxToken) -> bool {
    let text = token.text();
    match token.kind() {
        SyntaxKind::COMMENT => text.starts_with("/*") && !text.ends_with("*/"),
        _ if text.starts_with('r') => !text.ends_with(['"', '#']) || text.len() < 3,
        _ => text.len() < 2 || !text.ends_with('"') || text.ends_with("\\\""),
    }
}

/// The tokens do not depend on what the parser makes of them.
fn tokens(code: &str) -> Vec<SyntaxToken> {
    SourceFile::parse(code, Edition::Edition2024)
        .syntax_node()
        .descendants_with_tokens()
        .filter_map(|element| element.into_token())
        .collect()
}

/// A cell is the body of a function, and may hold items as well. A last expression needs no
/// semicolon.
fn parse(code: &str) -> ra_ap_syntax::Parse<SourceFile> {
    SourceFile::parse(&format!("fn cell() {{\n{code}\n}}"), Edition::Edition2024)
}

fn parses(code: &str) -> bool {
    parse(code).errors().is_empty()
}

/// Whether the code stops where the language demands something to follow.
fn expects_more(code: &str) -> bool {
    use SyntaxKind as K;
    let tokens: Vec<SyntaxToken> = tokens(code)
        .into_iter()
        .filter(|token| !token.kind().is_trivia())
        .collect();
    let Some(last) = tokens.last() else {
        return false;
    };
    let kind = last.kind();
    matches!(
        kind,
        K::EQ
            | K::PLUS
            | K::MINUS
            | K::STAR
            | K::SLASH
            | K::PERCENT
            | K::AMP
            | K::PIPE
            | K::DOT
            | K::COMMA
            | K::COLON
            | K::L_ANGLE
            | K::R_ANGLE
            | K::R_PAREN
    ) || kind.is_keyword(Edition::Edition2024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jupyter_protocol::IsCompleteReplyStatus as Status;

    fn status(code: &str) -> Status {
        is_complete(code).status
    }

    #[test]
    fn complete_code() {
        for code in [
            "1 + 1",
            "let x = 3;",
            "fn f() {}",
            "",
            ":vars",
            "%lsmagic",
            "Vec?",
            "struct A;",
            "println!(\"hello\");",
            "let f = |x: i32| x + 1;",
            "for i in 0..3 { print!(\"{i}\") }",
            "// only a comment",
            "use std::fmt;\nlet s = \"a\\\"b\";\ns",
        ] {
            assert_eq!(status(code), Status::Complete, "{code}");
        }
    }

    #[test]
    fn incomplete_code_says_how_far_to_indent() {
        for (code, indent) in [
            ("fn f() {", "    "),
            ("if a {\n    foo(", "        "),
            ("let x =", "    "),
            ("let s = \"open", ""),
            ("fn f()", "    "),
            ("a +", "    "),
            ("/* open", ""),
        ] {
            let reply = is_complete(code);
            assert_eq!(reply.status, Status::Incomplete, "{code}");
            assert_eq!(reply.indent, indent, "{code}");
        }
    }

    #[test]
    fn what_is_open_can_be_closed() {
        for (code, expected) in [
            ("f(1)", ""),
            ("println!(\"{}\", v.", "\n)"),
            ("fn f() { g(&[1, 2", "\n])}"),
            ("println!(\"{wo", "\"\n)"),
            ("f(1 /* why", "*/\n)"),
            ("f( // why", "\n)"),
            ("}", ""),
        ] {
            assert_eq!(closers(code), expected, "{code}");
        }
    }

    #[test]
    fn invalid_code() {
        for code in ["fn f() }", "let 3x = ;", "(]", "1 1"] {
            assert_eq!(status(code), Status::Invalid, "{code}");
        }
    }
}
