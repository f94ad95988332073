//! evcxr's own configuration file, which its users have already: `evcxr.toml`.

use crate::failure::Failure;
use std::path::PathBuf;
use toml::{Table, Value};

/// What the file asks for, as far as it means something here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Configuration {
    pub(crate) opt_level: Option<String>,
    pub(crate) offline: bool,
    /// What follows `:dep` for each crate.
    pub(crate) dependencies: Vec<String>,
    /// A cell to run at the start.
    pub(crate) prelude: Option<String>,
}

impl Configuration {
    /// Reads the file in the current folder, or the user's own, if there is one.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is not TOML.
    pub(crate) fn find() -> Result<Option<Self>, Failure> {
        let Some(file) = places().into_iter().find(|file| file.is_file()) else {
            return Ok(None);
        };
        let failed = |error: String| {
            Failure::plain(
                "configuration",
                format!("`{}` cannot be used: {error}", file.display()),
            )
        };
        let text = std::fs::read_to_string(&file).map_err(|error| failed(error.to_string()))?;
        let table: Table = text.parse().map_err(|error| failed(format!("{error}")))?;
        Ok(Some(Self::read(&table)))
    }

    fn read(table: &Table) -> Self {
        let own = table.get("evcxr").and_then(Value::as_table);
        let setting = |name: &str| own.and_then(|own| own.get(name));
        let text = |name: &str| setting(name).and_then(Value::as_str).map(str::to_owned);
        let dependencies = table.get("dependencies").and_then(Value::as_table);
        Self {
            opt_level: text("opt_level"),
            offline: setting("offline_mode").and_then(Value::as_bool) == Some(true),
            dependencies: dependencies
                .into_iter()
                .flatten()
                .map(|(name, value)| format!("{name} = {value}"))
                .collect(),
            prelude: text("prelude"),
        }
    }
}

/// Where the file may be.
fn places() -> Vec<PathBuf> {
    const NAME: &str = "evcxr.toml";
    let folder = match std::env::var_os("EVCXR_CONFIG_DIR") {
        Some(folder) => Some(PathBuf::from(folder)),
        None => dirs::config_dir().map(|folder| folder.join("evcxr")),
    };
    let mut all = vec![PathBuf::from(NAME)];
    all.extend(folder.map(|folder| folder.join(NAME)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_here_is_read() {
        let table: Table = "[evcxr]\nopt_level = \"1\"\noffline_mode = true\nprelude = \"use std::fmt;\"\ntmpdir = \"x\"\n[dependencies]\nregex = \"1\"\nserde = { version = \"1\", features = [\"derive\"] }\n"
            .parse()
            .expect("TOML");
        let read = Configuration::read(&table);
        assert_eq!(read.opt_level.as_deref(), Some("1"));
        assert!(read.offline && read.prelude.is_some());
        assert_eq!(read.dependencies[0], "regex = \"1\"");
        assert!(read.dependencies[1].starts_with("serde = {"), "{read:?}");
        assert_eq!(Configuration::read(&Table::new()), Configuration::default());
    }
}
