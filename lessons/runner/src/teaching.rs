//! The sentence with which a test opens.

use std::collections::HashMap;

/// Finds for each test function the comment above it, or else the first comment inside it.
pub(crate) fn sentences(source: &str) -> HashMap<String, String> {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let mut found = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else {
            continue;
        };
        let sentence = above(&lines[..at]).or_else(|| inside(&lines[at + 1..]));
        if let Some(sentence) = sentence {
            found.insert(name.to_owned(), sentence);
        }
    }
    found
}

/// The name of the function that starts on a line.
pub(crate) fn function_name(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let rest = line.strip_prefix("fn ")?;
    rest.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()
}

fn above(lines: &[&str]) -> Option<String> {
    let mut comment: Vec<&str> = Vec::new();
    for line in lines.iter().rev() {
        if let Some(text) = comment_text(line) {
            comment.push(text);
        } else if !comment.is_empty() || !line.starts_with("#[") {
            break;
        }
    }
    comment.reverse();
    join(&comment)
}

fn inside(lines: &[&str]) -> Option<String> {
    let comment: Vec<&str> = lines.iter().map_while(|line| comment_text(line)).collect();
    join(&comment)
}

fn comment_text(line: &str) -> Option<&str> {
    let text = line.strip_prefix("//")?;
    // `//!` speaks about the file, not about the test below it.
    if text.starts_with('!') {
        return None;
    }
    Some(text.trim_start_matches('/').trim())
}

fn join(lines: &[&str]) -> Option<String> {
    let text = lines.join(" ").trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_comments_above_and_inside() {
        let found = sentences(
            "//! Grades.\n\n// Order matters:\n// first f.\n#[test]\nfn t1_order() {}\n\n\
             #[test]\nfn t2_inside() {\n    // It can be\n    // called again.\n    run();\n}\n\n#[test]\nfn t3() {}\n",
        );
        assert_eq!(found["t1_order"], "Order matters: first f.");
        assert_eq!(found["t2_inside"], "It can be called again.");
        assert!(!found.contains_key("t3"));
    }
}
