//! From the lines of the source that evcxr generated back to the lines of the cell.
//!
//! evcxr copies each line of a cell into a larger file: items at the top, statements in a function.
//! Several statements on one line become several lines. The text itself is the map: a generated
//! line belongs to the cell's line that is the same, or that contains it, and among several to the
//! one nearest behind the line before it.

/// The lines of a cell in a generated file. All line numbers count from 1.
pub(crate) struct SourceMap {
    /// For each generated line, its place in the cell.
    lines: Vec<Option<Place>>,
}

/// Where a generated line stands in the cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    /// By how many columns it stands further right in the cell.
    pub(crate) shift: usize,
}

impl SourceMap {
    /// Finds the cell's lines in the generated source.
    pub(crate) fn new(generated: &str, cell: &str) -> Self {
        let cell: Vec<&str> = cell.lines().collect();
        let mut used = vec![false; cell.len()];
        let mut last: Option<usize> = None;
        let mut lines = Vec::new();
        for line in generated.lines() {
            let found =
                same_line(&cell, &used, line, last).or_else(|| part_of_line(&cell, line, last));
            if let Some(place) = found {
                used[place.line - 1] = true;
            }
            last = found.map(|place| place.line - 1);
            lines.push(found);
        }
        Self { lines }
    }

    /// The place in the cell of a generated line, if the user wrote it.
    pub(crate) fn place(&self, generated: usize) -> Option<Place> {
        *self.lines.get(generated.checked_sub(1)?)?
    }
}

fn same_line(cell: &[&str], used: &[bool], line: &str, last: Option<usize>) -> Option<Place> {
    let same = |at: usize| cell[at].trim() == line.trim();
    let next = last
        .map(|last| last + 1)
        .filter(|next| *next < cell.len() && same(*next));
    let at = next.or_else(|| {
        (0..cell.len()).find(|at| !used[*at] && !line.trim().is_empty() && same(*at))
    })?;
    Some(Place {
        line: at + 1,
        shift: 0,
    })
}

/// One of several statements on a line. Anything shorter stands in many lines by chance.
fn part_of_line(cell: &[&str], line: &str, last: Option<usize>) -> Option<Place> {
    const SHORTEST: usize = 4;
    let part = line.trim();
    if part.len() < SHORTEST {
        return None;
    }
    let from = last.unwrap_or(0);
    let places = (from..cell.len()).chain(0..from);
    places
        .filter_map(|at| Some((at, cell[at].find(part)?)))
        .map(|(at, start)| {
            let indent = line.len() - line.trim_start().len();
            let shift = cell[at][..start].chars().count().saturating_sub(indent);
            Place {
                line: at + 1,
                shift,
            }
        })
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENERATED: &str = "#![allow(x)]\nfn f() -> i32 {\n    1\n}\nmod rt {\n}\nfn run() {\nlet a = f();\n\n}\nlet b = 2;\n}\n";

    fn line(map: &SourceMap, generated: usize) -> Option<usize> {
        map.place(generated).map(|place| place.line)
    }

    #[test]
    fn items_and_statements_find_their_lines() {
        let map = SourceMap::new(
            GENERATED,
            "let a = f();\n\nfn f() -> i32 {\n    1\n}\nlet b = 2;",
        );
        assert_eq!(line(&map, 1), None);
        assert_eq!(line(&map, 2), Some(3));
        assert_eq!(line(&map, 3), Some(4));
        assert_eq!(line(&map, 4), Some(5));
        assert_eq!(line(&map, 8), Some(1));
        assert_eq!(line(&map, 9), Some(2));
        assert_eq!(line(&map, 11), Some(6));
        assert_eq!(line(&map, 99), None);
        assert_eq!(line(&map, 0), None);
    }

    #[test]
    fn statements_on_one_line_know_their_columns() {
        let map = SourceMap::new(
            "let t = 1; \nlet u = t;\nprintln!();\n",
            "let t = 1; let u = t;\nprintln!();",
        );
        assert_eq!(map.place(1), Some(Place { line: 1, shift: 0 }));
        assert_eq!(map.place(2), Some(Place { line: 1, shift: 11 }));
        assert_eq!(map.place(3), Some(Place { line: 2, shift: 0 }));
    }
}
