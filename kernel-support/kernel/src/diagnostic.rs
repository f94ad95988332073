//! What rustc says, as its JSON has it.

use serde::{Deserialize, Serialize};

/// A diagnostic.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    pub(crate) message: String,
    pub(crate) code: Option<Code>,
    pub(crate) level: String,
    #[serde(default)]
    pub(crate) spans: Vec<Span>,
    #[serde(default)]
    pub(crate) children: Vec<Diagnostic>,
    pub(crate) rendered: Option<String>,
}

/// An error's or a lint's name.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) code: String,
    pub(crate) explanation: Option<String>,
}

/// A place in a source.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) file_name: String,
    pub(crate) line_start: usize,
    pub(crate) line_end: usize,
    pub(crate) column_start: usize,
    pub(crate) is_primary: bool,
    pub(crate) label: Option<String>,
}

impl Diagnostic {
    /// `E0382`, or the name of a lint.
    pub(crate) fn name(&self) -> Option<&str> {
        self.code.as_ref().map(|code| code.code.as_str())
    }

    pub(crate) fn is_error(&self) -> bool {
        self.level == "error"
    }

    /// The lines that it is about first of all.
    pub(crate) fn lines(&self) -> impl Iterator<Item = usize> + '_ {
        self.spans
            .iter()
            .filter(|span| span.is_primary)
            .map(|span| span.line_start)
    }

    /// All lines that it mentions.
    pub(crate) fn all_lines(&self) -> impl Iterator<Item = usize> + '_ {
        self.spans
            .iter()
            .flat_map(|span| span.line_start..=span.line_end.max(span.line_start))
    }

    /// Every label, its own and those of its notes.
    pub(crate) fn labels(&self) -> Vec<&str> {
        let own = self.spans.iter().filter_map(|span| span.label.as_deref());
        own.chain(self.children.iter().flat_map(Self::labels))
            .collect()
    }
}

/// The diagnostics in what rustc printed; lines that are none are passed over.
pub(crate) fn parse(printed: &str) -> Vec<Diagnostic> {
    printed
        .lines()
        .filter(|line| line.starts_with('{'))
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}
