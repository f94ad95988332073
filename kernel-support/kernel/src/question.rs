//! What the kernel and the analysis process say to each other: a question a line, and its answer.

use crate::project::Dependencies;
use serde::{Deserialize, Serialize};

/// One line to the process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) dependencies: Dependencies,
    pub(crate) source: String,
    /// The cursor, in bytes.
    pub(crate) at: usize,
    pub(crate) wanted: Wanted,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Wanted {
    /// The names that could stand at the cursor.
    Names,
    /// What is known of the name at the cursor, or of the function whose arguments it stands in.
    Documentation { with_definition: bool },
}

/// One line from the process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) found: Found,
    /// Whether the standard library's source is there.
    pub(crate) has_library: bool,
}

/// What was found.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Found {
    Names(Names),
    /// Markdown.
    Documentation(String),
    Nothing,
    Failed(String),
}

/// Names that could replace a piece of the source.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Names {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) names: Vec<Name>,
}

impl Names {
    /// Adds names that are not there yet; if there are none, the others' range is the right one.
    pub(crate) fn and(mut self, others: Self) -> Self {
        if self.names.is_empty() {
            return others;
        }
        for other in others.names {
            if self.start == others.start && !self.names.iter().any(|name| name.text == other.text)
            {
                self.names.push(other);
            }
        }
        self
    }
}

/// A name, best first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Name {
    pub(crate) text: String,
    /// In the words that front ends have icons for.
    pub(crate) kind: String,
    /// Its type or signature.
    pub(crate) detail: Option<String>,
}
