//! The info line of a fence, in jupytext's Markdown syntax: `rust tags=["a", "b"] check="compose"`.

use std::collections::BTreeMap;

use serde_json::Value;

/// A fence's language and attributes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Info {
    /// The first word; empty when there is none.
    pub(crate) language: String,
    /// `key=value` pairs; values are JSON.
    pub(crate) attributes: BTreeMap<String, Value>,
}

impl Info {
    /// Parses what follows the backticks. The error says what is wrong and what would be right.
    pub(crate) fn parse(text: &str) -> Result<Self, (String, String)> {
        let text = text.trim();
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (language, mut rest) = text.split_at(end);
        let mut attributes = BTreeMap::new();
        loop {
            rest = rest.trim_start();
            if rest.is_empty() {
                break;
            }
            let (key, value, left) = attribute(rest)?;
            if attributes.insert(key.clone(), value).is_some() {
                let right = "write each attribute once".to_owned();
                return Err((format!("the attribute `{key}` stands here twice"), right));
            }
            rest = left;
        }
        Ok(Self {
            language: language.to_owned(),
            attributes,
        })
    }

    /// A text attribute.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.attributes.get(key)?.as_str()
    }

    /// The cell's tags.
    pub(crate) fn tags(&self) -> Vec<String> {
        let tags = self.attributes.get("tags").and_then(Value::as_array);
        tags.into_iter()
            .flatten()
            .filter_map(|tag| tag.as_str().map(str::to_owned))
            .collect()
    }
}

fn attribute(text: &str) -> Result<(String, Value, &str), (String, String)> {
    let wrong = |what: String| (what, "write attributes as `key=\"value\"`".to_owned());
    let (key, rest) = text
        .split_once('=')
        .ok_or_else(|| wrong(format!("`{text}` is no attribute")))?;
    let named = key
        .chars()
        .all(|c| c.is_alphanumeric() || "_-.".contains(c));
    if key.is_empty() || !named {
        return Err(wrong(format!("`{}` is no attribute name", key.trim())));
    }
    // A JSON reader that stops after one value tells where the next attribute starts.
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    match values.next() {
        Some(Ok(value)) => Ok((key.to_owned(), value, &rest[values.byte_offset()..])),
        _ => Err(wrong(format!("the value of `{key}` cannot be read"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_tags_and_checks() {
        let info =
            Info::parse(r#"rust tags=["raises-exception", "slow"] check="compose""#).unwrap();
        assert_eq!(info.language, "rust");
        assert_eq!(info.tags(), ["raises-exception", "slow"]);
        assert_eq!(info.text("check"), Some("compose"));
    }

    #[test]
    fn says_what_is_wrong() {
        assert!(
            Info::parse("rust check=compose")
                .unwrap_err()
                .0
                .contains("`check`")
        );
        assert!(
            Info::parse("rust compose")
                .unwrap_err()
                .0
                .contains("`compose`")
        );
        assert!(Info::parse("rust a=1 a=2").unwrap_err().0.contains("twice"));
    }
}
