//! From the lines of the source that rustc compiles back to the lines of the cell.
//!
//! The generator indents each piece as the user did, so columns are the same; where it inserts
//! something into a line, the shift says by how much.

/// The lines of a cell in a generated file. All line numbers count from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SourceMap {
    /// For each generated line, its place in the cell.
    lines: Vec<Option<Place>>,
}

/// Where a generated line stands in the cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) line: usize,
    /// By how many columns it stands further right in the cell.
    pub(crate) shift: usize,
    /// By how many columns the cell's own line is indented before it starts.
    pub(crate) column: usize,
}

impl SourceMap {
    /// Adds a line that the user did not write.
    pub(crate) fn generated(&mut self) {
        self.lines.push(None);
    }

    /// Adds a line of the cell.
    pub(crate) fn own(&mut self, line: usize) {
        self.lines.push(Some(Place {
            line,
            ..Place::default()
        }));
    }

    /// The place in the cell of a generated line, if the user wrote it.
    pub(crate) fn place(&self, generated: usize) -> Option<Place> {
        *self.lines.get(generated.checked_sub(1)?)?
    }

    /// The number of lines so far.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }
}
