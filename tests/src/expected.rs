//! What each cell of a notebook must show: `expected/NAME.toml`.

use serde::Deserialize;

use crate::executed::Cell;
use crate::places;

/// The expectations of one notebook.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// One entry a code cell.
    #[serde(rename = "cell")]
    pub cells: Vec<Expectation>,
}

/// What one cell must show.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// A piece of the cell's code that no other cell has.
    pub code: String,
    /// Texts that must be in its outputs.
    #[serde(default)]
    pub shows: Vec<String>,
    /// MIME types that must be among its outputs.
    #[serde(default)]
    pub mime: Vec<String>,
    /// The name of the error it must end with.
    pub error: Option<String>,
    /// That it must show nothing.
    #[serde(default)]
    pub silent: bool,
}

/// Reads the expectations of a notebook.
///
/// # Panics
///
/// When there are none, with what to do.
pub fn read(notebook: &str) -> Expected {
    let path = places::package("expected").join(format!("{notebook}.toml"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "`{}`: {error}\nhint: say there what each cell must show",
            path.display()
        )
    });
    toml::from_str(&text).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
}

impl Expected {
    /// Everything that is not as expected, one line each; empty when all is well.
    pub fn complaints(&self, cells: &[Cell]) -> Vec<String> {
        let mut complaints = Vec::new();
        for cell in cells {
            let matching: Vec<&Expectation> = self
                .cells
                .iter()
                .filter(|e| cell.source.contains(&e.code))
                .collect();
            match matching[..] {
                [expectation] => complaints.extend(expectation.complaints(cell)),
                [] => complaints.push(format!(
                    "cell `{}` has no expectation:\n{}",
                    cell.id, cell.source
                )),
                _ => complaints.push(format!(
                    "cell `{}` has {} expectations",
                    cell.id,
                    matching.len()
                )),
            }
        }
        for expectation in &self.cells {
            if !cells
                .iter()
                .any(|cell| cell.source.contains(&expectation.code))
            {
                complaints.push(format!("no cell has the code `{}`", expectation.code));
            }
        }
        complaints
    }
}

impl Expectation {
    fn complaints(&self, cell: &Cell) -> Vec<String> {
        let mut wrong = Vec::new();
        if cell.error != self.error {
            wrong.push(format!(
                "the error is {:?}, expected {:?}",
                cell.error, self.error
            ));
        }
        let missing = self.shows.iter().filter(|text| !cell.text.contains(*text));
        wrong.extend(missing.map(|text| format!("`{text}` is not shown")));
        let missing = self.mime.iter().filter(|mime| !cell.mimes.contains(mime));
        wrong.extend(missing.map(|mime| format!("no output is `{mime}`, only {:?}", cell.mimes)));
        if self.silent && !cell.text.trim().is_empty() {
            wrong.push("it should show nothing".to_owned());
        }
        let shown: String = cell.text.chars().take(1500).collect();
        let place = |what| {
            format!(
                "cell `{}` ({}): {what}; it shows:\n{shown}",
                cell.id, self.code
            )
        };
        wrong.into_iter().map(place).collect()
    }
}
