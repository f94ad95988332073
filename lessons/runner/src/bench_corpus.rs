//! The cells that are replayed: `bench/cells.md`, built into the program.

const TEXT: &str = include_str!("../bench/cells.md");
/// What stands in a cell for the number that is new in each round.
const NUMBER: &str = "$N";

/// A cell with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    /// What it shows.
    pub(crate) name: String,
    /// What is sent to the kernel.
    pub(crate) code: String,
}

impl Cell {
    /// A cell, its number filled in.
    pub(crate) fn new(name: &str, code: &str, number: u32) -> Self {
        Self {
            name: name.to_owned(),
            code: code.replace(NUMBER, &number.to_string()),
        }
    }
}

/// The replay with a number of six digits: with a number never used, no kernel has seen its cells.
pub(crate) fn replay(number: u32) -> Vec<Cell> {
    parse(TEXT)
        .map(|(name, code)| Cell::new(name, code, number))
        .collect()
}

/// Headings of the second level name the cells, the fence below each holds one.
fn parse(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("\n## ").skip(1).filter_map(|section| {
        let (name, rest) = section.split_once('\n')?;
        let (_, code) = rest.split_once("```rust\n")?;
        let (code, _) = code.split_once("\n```")?;
        Some((name.trim(), code))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn there_are_enough_cells_and_each_has_its_name() {
        let cells = replay(100_000);
        assert!(cells.len() >= 40, "{}", cells.len());
        assert_eq!(cells.len(), TEXT.matches("\n## ").count());
        let names: HashSet<&str> = cells.iter().map(|cell| cell.name.as_str()).collect();
        assert_eq!(names.len(), cells.len());
    }

    /// A cell without the number would be in the cell cache from the second round on.
    #[test]
    fn every_cell_is_new_with_a_new_number() {
        let pairs = replay(100_000).into_iter().zip(replay(999_999));
        for (one, other) in pairs {
            assert_ne!(one.code, other.code, "{}", one.name);
            assert!(!one.code.contains(NUMBER), "{}", one.name);
        }
    }

    /// The first figures are taken from them.
    #[test]
    fn it_begins_with_a_let_and_its_use() {
        let cells = replay(123_456);
        assert_eq!(cells[0].code, "let v = vec![1, 2, 123456];");
        assert!(cells[1].code.contains("v.len()"));
    }
}
