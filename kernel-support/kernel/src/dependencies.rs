//! The crates a session asks for with `:dep`: what is written there, and what rustc needs to know
//! of them.

use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The support crate's folder in the course that this kernel was built from.
pub(crate) const SUPPORT_CRATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ferrolab");

/// A crate as a session names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spec {
    /// The name that cells use, with `-` where the registry has it.
    pub(crate) name: String,
    /// The text after `=` in Cargo.toml; paths are absolute.
    pub(crate) config: String,
}

impl Spec {
    /// Whether the crate's source can change from one build to the next.
    pub(crate) fn can_change(&self) -> bool {
        match self.value() {
            Some(Value::Table(table)) => table.contains_key("path") || table.contains_key("git"),
            _ => false,
        }
    }

    /// The crate's own folder, if it is named by one.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match self.value()? {
            Value::Table(table) => Some(table.get("path")?.as_str()?.into()),
            _ => None,
        }
    }

    fn value(&self) -> Option<Value> {
        let mut table: Table = format!("crate = {}", self.config).parse().ok()?;
        table.remove("crate")
    }
}

/// Reads what follows `:dep`: `NAME`, `NAME = CONFIG` as in Cargo.toml, or a crate's folder.
///
/// Relative paths start at `cwd`.
///
/// # Errors
///
/// A text for the user, when that is not TOML or names a folder without a crate.
pub(crate) fn parse(args: &str, cwd: &Path) -> Result<Spec, String> {
    let args = args.trim();
    if args.is_empty() {
        return Err(format!("`:dep` names no crate\n{HOW}"));
    }
    if args.starts_with(['.', '/']) {
        return parse_folder(args, cwd);
    }
    let line = if args.contains('=') {
        args.to_owned()
    } else {
        format!("{args} = \"*\"")
    };
    let table: Table = line
        .parse()
        .map_err(|error| format!("`:dep {args}` is not valid\n{error}{HOW}"))?;
    let mut entries = table.into_iter();
    let (Some((name, value)), None) = (entries.next(), entries.next()) else {
        return Err(format!("`:dep {args}` does not name one crate\n{HOW}"));
    };
    let value = checked(&name, value, cwd)?;
    Ok(Spec {
        name,
        config: value.to_string(),
    })
}

const HOW: &str =
    "hint: write `:dep NAME = \"VERSION\"`, `:dep NAME` or `:dep NAME = { path = \"FOLDER\" }`";

/// The configuration with absolute paths, if it is one.
fn checked(name: &str, mut value: Value, cwd: &Path) -> Result<Value, String> {
    match &mut value {
        Value::String(_) => {}
        Value::Table(table) => {
            if let Some(path) = table.get_mut("path") {
                let text = path
                    .as_str()
                    .ok_or_else(|| format!("the path of `{name}` is no text\n{HOW}"))?;
                *path = crate_folder(text, cwd)?.display().to_string().into();
            }
        }
        other => {
            return Err(format!(
                "`{other}` is no version of `{name}`\nhint: a version is a text: `:dep {name} = \"{other}\"`"
            ));
        }
    }
    Ok(value)
}

/// `:dep ./folder`: the crate's name is in its manifest.
fn parse_folder(args: &str, cwd: &Path) -> Result<Spec, String> {
    let folder = crate_folder(args, cwd)?;
    let manifest = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest)
        .map_err(|error| format!("cannot read `{}`: {error}", manifest.display()))?;
    let table: Table = text
        .parse()
        .map_err(|error| format!("`{}` is not valid\n{error}", manifest.display()))?;
    let name = table
        .get("package")
        .and_then(|package| package.get("name")?.as_str());
    let name = name.ok_or_else(|| {
        format!(
            "`{}` is no package, but a workspace\nhint: name the folder of one of its members",
            manifest.display()
        )
    })?;
    let path = Value::from(folder.display().to_string());
    Ok(Spec {
        name: name.to_owned(),
        config: format!("{{ path = {path} }}"),
    })
}

/// The absolute path of a folder that holds a crate.
fn crate_folder(text: &str, cwd: &Path) -> Result<PathBuf, String> {
    let named = cwd.join(text);
    let folder = named
        .canonicalize()
        .map_err(|_| format!("there is no folder `{text}`\nhint: it was looked for in `{}`; paths start at the notebook's folder", cwd.display()))?;
    if !folder.join("Cargo.toml").is_file() {
        return Err(format!(
            "there is no crate in `{text}`\nhint: a crate's folder has a Cargo.toml; `cargo new --lib {text}` makes one"
        ));
    }
    Ok(folder)
}

/// Whether this is the support crate, which every session has ready-made.
pub(crate) fn is_support_crate(spec: &Spec) -> bool {
    if spec.name != "ferrolab" {
        return false;
    }
    match spec.path() {
        Some(path) => {
            let own = Path::new(SUPPORT_CRATE).canonicalize();
            path.canonicalize().ok() == own.ok()
        }
        None => spec.config == "\"*\"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(args: &str) -> String {
        parse(args, Path::new("/")).expect("valid").config
    }

    fn refusal(args: &str) -> String {
        parse(args, Path::new("/")).expect_err("not valid")
    }

    #[test]
    fn names_versions_and_tables_are_read() {
        assert_eq!(config("regex"), "\"*\"");
        assert_eq!(config("regex = \"1.0\""), "\"1.0\"");
        assert_eq!(config(" regex=\"1.0\" # why"), "\"1.0\"");
        assert_eq!(
            config("tokio = { version = \"1\", features = [\"full\", \"rt\"] }"),
            "{ features = [\"full\", \"rt\"], version = \"1\" }"
        );
        let spec = parse("serde-json", Path::new("/")).expect("valid");
        assert_eq!(spec.name, "serde-json");
        assert!(!spec.can_change());
        let git = parse("x = { git = \"https://example.org/x\" }", Path::new("/"));
        assert!(git.expect("valid").can_change());
    }

    #[test]
    fn what_is_no_dependency_is_refused_with_a_hint() {
        for args in [
            "",
            "regex = 1.0",
            "regex =",
            "a b",
            "regex = \"1",
            "x = { path = 3 }",
            "x = true",
        ] {
            let text = refusal(args);
            assert!(text.contains("hint: "), "{args}: {text}");
            assert!(text.starts_with(|c: char| !c.is_uppercase()), "{text}");
        }
        assert!(refusal("regex = 1.5").contains("`:dep regex = \"1.5\"`"));
        assert!(refusal("./nowhere").contains("`./nowhere`"));
        assert!(refusal("a = \"1\"\nb = \"2\"").contains("one crate"));
    }

    #[test]
    fn relative_paths_start_at_the_notebook() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a path");
        std::fs::create_dir(root.join("my crate")).expect("made");
        let manifest = "[package]\nname = \"mine\"\nversion = \"0.1.0\"\n";
        std::fs::write(root.join("my crate/Cargo.toml"), manifest).expect("written");
        let expected = Spec {
            name: "mine".into(),
            config: format!("{{ path = \"{}/my crate\" }}", root.display()),
        };
        assert_eq!(parse("./my crate", &root), Ok(expected.clone()));
        assert_eq!(
            parse("mine = { path = \"my crate\" }", &root),
            Ok(expected.clone())
        );
        assert!(expected.can_change());
        assert_eq!(expected.path(), Some(root.join("my crate")));
        assert!(parse("./", &root).is_err());
    }

    #[test]
    fn the_support_crate_is_recognised_however_it_is_named() {
        let course = Path::new(env!("CARGO_MANIFEST_DIR"));
        for args in [
            "ferrolab",
            "ferrolab = { path = \"../ferrolab\" }",
            "../ferrolab",
        ] {
            let spec = parse(args, course).expect("valid");
            assert!(is_support_crate(&spec), "{args}");
        }
        let other = parse("ferrolab = \"7\"", course).expect("valid");
        assert!(!is_support_crate(&other));
    }
}
