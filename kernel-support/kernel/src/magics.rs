//! What a cell may say besides Rust: magics, shell lines, questions.

use crate::failure::Failure;

/// The magics, and what each does, as `%lsmagic` lists them.
pub(crate) const MAGICS: [(&str, &str); 17] = [
    ("%%time", "run the cell and say how long it took"),
    (
        "%%timeit",
        "run the cell many times: median, spread, precision",
    ),
    ("%time EXPR", "the same for one line"),
    ("%timeit EXPR", "the same for one line"),
    ("%%python", "run the cell with the machine's python3, timed"),
    ("%%bash", "run the cell as a shell script"),
    ("!COMMAND", "run one shell command"),
    (
        "%%check EXERCISE",
        "write the cell into the exercise's file and grade it",
    ),
    ("%%test", "run the cell's `#[test]` functions"),
    (
        "%%writefile FILE",
        "write the cell into a file; `-a` appends",
    ),
    (
        "%%capture [NAME]",
        "run the cell and keep what it prints, as the variable NAME",
    ),
    ("%who", "list the variables"),
    ("%whos", "list the variables with their types"),
    ("%reset", "drop all variables, items and dependencies"),
    ("%history", "show the cells of this session"),
    (
        "%snapshots on|off",
        "whether a copy of the session takes over when a cell crashes",
    ),
    ("%lsmagic", "list these"),
];

/// A cell, sorted by who runs it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Rust(RustCell),
    Bash(String),
    Python(String),
    Check {
        exercise: String,
        code: String,
    },
    /// The session's items and these, compiled as a test program.
    Test(String),
    WriteFile {
        file: String,
        append: bool,
        text: String,
    },
    ListMagics,
    Help(String),
    Quit,
}

/// A line in front of Rust code that is none itself.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) enum Front {
    Shell(String),
    Who,
    Whos,
    Reset,
    History,
    Snapshots(Option<bool>),
}

/// Rust code, after the lines in front of it have been obeyed.
#[derive(Debug, PartialEq, Eq, Default)]
pub(crate) struct RustCell {
    pub(crate) front: Vec<Front>,
    /// As many lines as the cell has, so that line numbers stay true.
    pub(crate) code: String,
    /// Say how long it took.
    pub(crate) timed: bool,
    /// Show nothing that it prints, and keep it under this name if there is one.
    pub(crate) capture: Option<Option<String>>,
}

/// Sorts a cell.
///
/// # Errors
///
/// When it names a magic that does not exist, or lacks what the magic needs.
pub(crate) fn parse(cell: &str) -> Result<Cell, Failure> {
    let trimmed = cell.trim();
    if trimmed == "%lsmagic" {
        return Ok(Cell::ListMagics);
    }
    if trimmed == ":quit" {
        return Ok(Cell::Quit);
    }
    if let Some(name) = trimmed.strip_suffix('?').map(str::trim_end)
        && is_path(name)
    {
        return Ok(Cell::Help(name.to_owned()));
    }
    let (first, rest) = split_first_line(cell);
    match cell_magic(first) {
        Some((name, argument)) => with_cell_magic(name, argument, rest, cell),
        None => Ok(Cell::Rust(rust_cell(cell)?)),
    }
}

/// `Vec`, `std::fs::read`, `value.method`: what may stand before a question mark.
fn is_path(name: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '.' | '!');
    !name.is_empty() && name.chars().all(allowed)
}

/// The first line that is not blank, with the blank ones before it, and what follows.
fn split_first_line(cell: &str) -> (&str, &str) {
    let start = cell.len() - cell.trim_start().len();
    match cell[start..].find('\n') {
        Some(end) => (&cell[start..start + end], &cell[start + end + 1..]),
        None => (&cell[start..], ""),
    }
}

/// `%%name argument`, also behind `//`, so that the stock kernel takes it for a comment.
fn cell_magic(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let line = line.strip_prefix("//").map_or(line, str::trim_start);
    let line = line.strip_prefix("%%")?;
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    Some((name, argument.trim()))
}

fn with_cell_magic(name: &str, argument: &str, rest: &str, cell: &str) -> Result<Cell, Failure> {
    let no_argument = |built: Cell| {
        if argument.is_empty() {
            Ok(built)
        } else {
            Err(usage(format!(
                "`%%{name}` takes no argument, found `{argument}`"
            )))
        }
    };
    match name {
        "time" => {
            let inner = rust_cell(&blank_magic_line(cell, ""))?;
            no_argument(Cell::Rust(RustCell {
                timed: true,
                ..inner
            }))
        }
        "timeit" => no_argument(Cell::Rust(RustCell {
            // The braces stand on the magic's own line and on the last one.
            code: blank_magic_line(cell, "ferrolab::timeit!({") + "})",
            ..RustCell::default()
        })),
        "capture" => {
            let inner = rust_cell(&blank_magic_line(cell, ""))?;
            Ok(Cell::Rust(RustCell {
                capture: Some(variable_name(argument)?),
                ..inner
            }))
        }
        "test" => no_argument(Cell::Test(blank_magic_line(cell, ""))),
        "writefile" => write_file(argument, rest),
        "bash" => no_argument(Cell::Bash(rest.to_owned())),
        "python" => no_argument(Cell::Python(rest.to_owned())),
        "check" if argument.is_empty() => Err(usage(
            "`%%check` needs the exercise\nhint: `%%check 01_closures/compose`".to_owned(),
        )),
        "check" => Ok(Cell::Check {
            exercise: argument.to_owned(),
            code: rest.to_owned(),
        }),
        _ => Err(unknown(&format!("%%{name}"))),
    }
}

fn variable_name(argument: &str) -> Result<Option<String>, Failure> {
    let is_name = argument.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && argument.chars().all(|c| c.is_alphanumeric() || c == '_');
    match argument {
        "" => Ok(None),
        name if is_name => Ok(Some(name.to_owned())),
        other => Err(usage(format!(
            "`%%capture` takes the name of a variable, found `{other}`"
        ))),
    }
}

fn write_file(argument: &str, text: &str) -> Result<Cell, Failure> {
    let (append, file) = match argument.strip_prefix("-a ") {
        Some(file) => (true, file.trim()),
        None => (false, argument),
    };
    if file.is_empty() || file == "-a" {
        return Err(usage(
            "`%%writefile` needs the file\nhint: `%%writefile notes.txt`".to_owned(),
        ));
    }
    Ok(Cell::WriteFile {
        file: file.trim_matches('"').to_owned(),
        append,
        text: text.to_owned(),
    })
}

/// The cell with other text in place of the magic's line.
fn blank_magic_line(cell: &str, replacement: &str) -> String {
    let start = cell.len() - cell.trim_start().len();
    let end = cell[start..]
        .find('\n')
        .map_or(cell.len(), |end| start + end);
    format!("{}{replacement}{}\n", &cell[..start], &cell[end..])
}

fn rust_cell(cell: &str) -> Result<RustCell, Failure> {
    let mut built = RustCell::default();
    let mut in_front = true;
    let mut lines = Vec::new();
    for line in cell.lines() {
        let trimmed = line.trim_start();
        if in_front && let Some(front) = front_line(trimmed)? {
            built.front.push(front);
            lines.push(String::new());
            continue;
        }
        in_front &= trimmed.is_empty();
        match line_magic(trimmed)? {
            Some(code) => lines.push(code),
            None => lines.push(line.to_owned()),
        }
    }
    built.code = lines.join("\n");
    Ok(built)
}

/// A shell line, or a magic that is about the session and not about code.
fn front_line(line: &str) -> Result<Option<Front>, Failure> {
    if let Some(command) = line.strip_prefix('!') {
        return Ok(Some(Front::Shell(command.to_owned())));
    }
    let line = line.strip_prefix("//").map_or(line, str::trim_start);
    let Some(magic) = line.strip_prefix('%') else {
        return Ok(None);
    };
    let (name, argument) = magic.split_once(char::is_whitespace).unwrap_or((magic, ""));
    Ok(Some(match (name, argument.trim()) {
        ("who", "") => Front::Who,
        ("whos", "") => Front::Whos,
        ("reset", "" | "-f") => Front::Reset,
        ("history" | "hist", _) => Front::History,
        ("snapshots", "") => Front::Snapshots(None),
        ("snapshots", "on") => Front::Snapshots(Some(true)),
        ("snapshots", "off") => Front::Snapshots(Some(false)),
        ("snapshots", _) => {
            return Err(usage(
                "`%snapshots` is on or off\nhint: `%snapshots off`".to_owned(),
            ));
        }
        ("who" | "whos" | "reset", other) => {
            return Err(usage(format!(
                "`%{name}` takes no argument, found `{other}`"
            )));
        }
        _ => return Ok(None),
    }))
}

/// The Rust for a line that is a magic.
fn line_magic(line: &str) -> Result<Option<String>, Failure> {
    let line = line.strip_prefix("//").map_or(line, str::trim_start);
    let Some(magic) = line.strip_prefix('%') else {
        return Ok(None);
    };
    let (name, code) = magic.split_once(char::is_whitespace).unwrap_or((magic, ""));
    let code = code.trim();
    match name {
        "time" | "timeit" if code.is_empty() => Err(usage(format!(
            "`%{name}` needs an expression\nhint: `%{name} f(1)`"
        ))),
        "time" | "timeit" => Ok(Some(measured(name, code))),
        // `%` is an operator, and a line of an expression may start with it.
        _ if name.is_empty() || !name.starts_with(|c: char| c.is_ascii_alphabetic()) => Ok(None),
        _ => Err(unknown(&format!("%{name}"))),
    }
}

/// `let x = f();` is measured too, and `x` stays.
fn measured(name: &str, code: &str) -> String {
    let (code, end) = code
        .strip_suffix(';')
        .map_or((code, ""), |code| (code, ";"));
    if code.starts_with("let ")
        && let Some((pattern, value)) = code.split_once('=')
    {
        return format!("{pattern}= ferrolab::{name}!({}){end}", value.trim());
    }
    format!("ferrolab::{name}!({code}){end}")
}

fn usage(text: String) -> Failure {
    Failure::plain("magic", text)
}

fn unknown(name: &str) -> Failure {
    usage(format!(
        "no magic `{name}`\nhint: `%lsmagic` lists those there are"
    ))
}

/// The text of `%lsmagic`.
pub(crate) fn list() -> String {
    let mut text = String::new();
    for (name, what) in MAGICS {
        text.push_str(&format!("{name:<18} {what}\n"));
    }
    text.push_str(
        "A cell magic may stand behind `//`, so that the cell runs under other kernels.\n",
    );
    text.push_str("`name?` shows documentation, `:help` the engine's commands.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rust(cell: &str) -> RustCell {
        match parse(cell) {
            Ok(Cell::Rust(built)) => built,
            other => panic!("expected Rust, found {other:?}"),
        }
    }

    #[test]
    fn ordinary_code_is_left_alone() {
        for cell in [
            "let x = 7\n    % 3;",
            "fn f() {}\n\nf()",
            "// 100 % sure\n1",
            ":dep rand",
        ] {
            assert_eq!(rust(cell).code, cell);
            assert!(!rust(cell).timed);
        }
    }

    #[test]
    fn a_timed_cell_keeps_its_line_numbers() {
        for magic in ["%%time", "//%%time", "// %%time"] {
            let built = rust(&format!("\n{magic}\nlet x = 1;\nx"));
            assert!(built.timed);
            assert_eq!(built.code, "\n\nlet x = 1;\nx");
        }
        assert_eq!(rust("%%timeit\nf(1)").code, "ferrolab::timeit!({\nf(1)\n})");
    }

    #[test]
    fn line_magics_become_macros() {
        assert_eq!(rust("%time f(1)").code, "ferrolab::time!(f(1))");
        assert_eq!(
            rust("%time let x = f(1);").code,
            "let x = ferrolab::time!(f(1));"
        );
        assert_eq!(
            rust("let a = 1;\n//%timeit a + 1").code,
            "let a = 1;\nferrolab::timeit!(a + 1)"
        );
    }

    #[test]
    fn shell_lines_come_first() {
        let built = rust("!ls -l\n!pwd\nlet x = !true;");
        let shell = |line: &str| Front::Shell(line.to_owned());
        assert_eq!(built.front, [shell("ls -l"), shell("pwd")]);
        assert_eq!(built.code, "\n\nlet x = !true;");
    }

    #[test]
    fn other_languages_and_questions() {
        assert_eq!(
            parse("%%python\nprint(1)\n"),
            Ok(Cell::Python("print(1)\n".into()))
        );
        assert_eq!(parse("//%%bash\nls"), Ok(Cell::Bash("ls".into())));
        assert_eq!(
            parse("std::vec::Vec?"),
            Ok(Cell::Help("std::vec::Vec".into()))
        );
        assert_eq!(
            parse("%%check 01_closures/compose\nfn f() {}"),
            Ok(Cell::Check {
                exercise: "01_closures/compose".into(),
                code: "fn f() {}".into()
            })
        );
        assert!(matches!(parse("f(x)?"), Ok(Cell::Rust(_))));
    }

    #[test]
    fn the_session_is_asked_in_front_of_code() {
        let built = rust("%who\n//%snapshots off\n%reset -f\nlet x = 1;");
        assert_eq!(
            built.front,
            [Front::Who, Front::Snapshots(Some(false)), Front::Reset]
        );
        assert_eq!(built.code, "\n\n\nlet x = 1;");
        assert_eq!(rust("%%capture out\n1").capture, Some(Some("out".into())));
        assert_eq!(rust("%%capture\n1").capture, Some(None));
        assert_eq!(
            parse("%%writefile -a a b.txt\nü\n"),
            Ok(Cell::WriteFile {
                file: "a b.txt".into(),
                append: true,
                text: "ü\n".into()
            })
        );
        assert_eq!(
            parse("%%test\nfn f() {}"),
            Ok(Cell::Test("\nfn f() {}\n".into()))
        );
    }

    #[test]
    fn mistakes_name_the_remedy() {
        for cell in [
            "%%tme\n1",
            "%lsmagics",
            "%time",
            "%%check\n1",
            "%%bash -x\nls",
            "%snapshots maybe",
            "%%writefile\nx",
            "%who me",
            "%%capture 1\nx",
        ] {
            let failure = parse(cell).expect_err("this is a mistake");
            assert_eq!(failure.name, "magic");
            assert!(
                failure.value.contains("hint:") || failure.value.contains("takes "),
                "{}",
                failure.value
            );
        }
    }
}
