//! What the driver says, parsed once.

use crate::Error;
use crate::timing::answer::Answer;
use serde_json::Value;
use std::time::Duration;

/// The driver's answer to a request.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) elapsed: Duration,
    pub(crate) value: Value,
    pub(crate) complete: bool,
}

impl Reply {
    /// Parses a line; an exception in Python is an error here.
    pub(crate) fn parse(line: &str) -> Result<Self, Error> {
        let broken = |source: serde_json::Error| Error::Io {
            program: super::interpreter(),
            source: source.into(),
        };
        let reply: Value = serde_json::from_str(line).map_err(broken)?;
        if let Some(traceback) = reply["raised"].as_str() {
            return Err(Error::PythonRaised {
                traceback: traceback.to_owned(),
            });
        }
        if let Some(type_name) = reply["unserialisable"].as_str() {
            return Err(Error::Unserialisable {
                type_name: type_name.to_owned(),
            });
        }
        let value = match reply["text"].as_str() {
            Some(text) => serde_json::from_str(text).map_err(broken)?,
            None => Value::Null,
        };
        let seconds = reply["seconds"].as_f64().unwrap_or(0.0).max(0.0);
        let complete = reply["complete"].as_bool().unwrap_or(true);
        Ok(Self {
            elapsed: Duration::from_secs_f64(seconds),
            value,
            complete,
        })
    }

    /// The value for comparison with a Rust value; none if Python gave none.
    pub(crate) fn answer(&self) -> Option<Answer> {
        let text = text_of(&self.value);
        let unordered = self.value.is_object();
        (!self.value.is_null()).then(|| Answer::from_text(text, self.complete, unordered, false))
    }
}

/// A value in Rust's manner of writing.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::Object(map) => match map.iter().next() {
            Some((key, Value::String(number))) if key == "$int" || key == "$float" => {
                number.clone()
            }
            _ => {
                let pairs: Vec<String> = map
                    .iter()
                    .map(|(key, value)| format!("{}: {}", key_text(key), text_of(value)))
                    .collect();
                format!("{{{}}}", pairs.join(", "))
            }
        },
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(text_of).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Null => "None".into(),
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

/// JSON's keys are text; one that is a number was a number.
fn key_text(key: &str) -> String {
    if key.parse::<f64>().is_ok() {
        key.to_owned()
    } else {
        format!("{key:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_and_types_are_errors() {
        let raised = Reply::parse(r#"{"raised": "ValueError: x"}"#).unwrap_err();
        assert!(raised.to_string().contains("ValueError: x"));
        let kind = Reply::parse(r#"{"unserialisable": "Socket"}"#).unwrap_err();
        assert!(kind.to_string().contains("`Socket`"));
        assert!(matches!(Reply::parse("rubbish"), Err(Error::Io { .. })));
    }

    #[test]
    fn numbers_beyond_json_keep_their_value() {
        let line = r#"{"seconds": 0.5, "text": "[{\"$int\": \"99999999999999999999\"}, {\"$float\": \"nan\"}]"}"#;
        let reply = Reply::parse(line).unwrap();
        assert_eq!(reply.elapsed, Duration::from_millis(500));
        assert_eq!(text_of(&reply.value), "[99999999999999999999, nan]");
    }
}
