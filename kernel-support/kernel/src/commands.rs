//! The engine's commands, lines that start with `:`, as evcxr has them.

use crate::failure::Failure;

/// The commands, and what each does, as `:help` lists them.
const COMMANDS: [(&str, &str); 31] = [
    (
        ":allow_static_linking",
        "accepted; dependencies are always linked statically",
    ),
    (
        ":build_env",
        "set an environment variable for compilations (key=value)",
    ),
    (
        ":cache",
        "show the cache of compiled cells, or set its size in MiB",
    ),
    (":clear", "drop all variables, items and dependencies"),
    (":clear_cache", "empty the cache of compiled cells"),
    (":codegen_backend", "print the code generator"),
    (":dep", "add a crate: `:dep regex = \"1\"`"),
    (":doc", "show documentation: `:doc Vec::push`"),
    (":efmt", "how `?` shows errors: `{}`, `{:?}` or `{:#?}`"),
    (
        ":env",
        "set an environment variable of the cells (key=value)",
    ),
    (":explain", "explain the last error at length"),
    (":fmt", "how values are shown; `{:?}` unless set"),
    (":help", "list these"),
    (
        ":internal_debug",
        "show the source that is generated for each cell",
    ),
    (
        ":last_compile_dir",
        "the folder in which cells are compiled",
    ),
    (":last_error_json", "the last errors as rustc's JSON"),
    (":linker", "print the linker"),
    (":load_config", "run the startup configuration again"),
    (":offline", "use no network for dependencies (0/1)"),
    (":opt", "set the optimisation level (0 to 3)"),
    (
        ":preserve_vars_on_panic",
        "turn snapshots on or off (0/1), as `%snapshots`",
    ),
    (":quit", "end the session"),
    (
        ":restart",
        "start the cells' process anew, without variables",
    ),
    (":sccache", "accepted; cells have a cache of their own"),
    (":show_deps", "list the crates that were added"),
    (":t", "the same as `:type`"),
    (":time_passes", "accepted; needs the stock kernel"),
    (
        ":timing",
        "show how long each cell takes, compilation included",
    ),
    (":toolchain", "choose the toolchain"),
    (":type", "show the type of a variable"),
    (":types", "show the types of values"),
];

/// Two more that are as often looked for.
const MORE: [(&str, &str); 2] = [
    (":vars", "list the variables with their types"),
    (":version", "print the versions of the kernel and of rustc"),
];

/// A command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    /// With its colon.
    pub(crate) name: String,
    pub(crate) argument: String,
    /// Counted from 1.
    pub(crate) line: usize,
}

impl Command {
    /// `1` is on, `0` off, nothing means the other of the two.
    pub(crate) fn switch(&self, now: bool) -> Result<bool, Failure> {
        match self.argument.as_str() {
            "" => Ok(!now),
            "1" | "on" | "true" => Ok(true),
            "0" | "off" | "false" => Ok(false),
            other => Err(Failure::plain(
                "command",
                format!("`{}` takes 0 or 1, found `{other}`", self.name),
            )),
        }
    }

    /// `KEY=VALUE`.
    pub(crate) fn pair(&self) -> Result<(String, String), Failure> {
        self.argument
            .split_once('=')
            .filter(|(key, _)| !key.trim().is_empty() && !key.contains('\0'))
            .map(|(key, value)| (key.trim().to_owned(), value.to_owned()))
            .ok_or_else(|| {
                Failure::plain(
                    "command",
                    format!("`{}` needs KEY=VALUE, found `{}`", self.name, self.argument),
                )
            })
    }
}

/// Takes the commands off the front of a cell. The rest keeps its line numbers.
///
/// # Errors
///
/// When there is no such command.
pub(crate) fn split(code: &str) -> Result<(Vec<Command>, String), Failure> {
    let mut commands = Vec::new();
    let mut rest = String::with_capacity(code.len());
    let mut in_front = true;
    for (number, line) in code.lines().enumerate() {
        let trimmed = line.trim();
        if in_front && is_command(trimmed) {
            commands.push(parse(trimmed, number + 1)?);
        } else {
            in_front &= trimmed.is_empty() || trimmed.starts_with("//");
            rest.push_str(line);
        }
        rest.push('\n');
    }
    Ok((commands, rest))
}

/// `:name`, but not `::path`.
fn is_command(line: &str) -> bool {
    line.strip_prefix(':')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

fn parse(line: &str, number: usize) -> Result<Command, Failure> {
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    if !all().any(|(known, _)| known == name) {
        return Err(Failure::plain(
            "command",
            format!("no command `{name}`\nhint: `:help` lists those there are"),
        ));
    }
    Ok(Command {
        name: name.to_owned(),
        argument: argument.trim().to_owned(),
        line: number,
    })
}

/// Every command with its description.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    COMMANDS.into_iter().chain(MORE)
}

/// The text of `:help`.
pub(crate) fn help() -> String {
    all()
        .map(|(name, what)| format!("{name:<24} {what}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_stand_in_front() {
        let (commands, rest) =
            split("// note\n:dep regex = \"1\"\n\n:opt 0\nlet x: i32 = 1;\n:not_one")
                .expect("valid");
        assert_eq!(commands.len(), 2);
        assert_eq!(
            (commands[0].name.as_str(), commands[0].argument.as_str()),
            (":dep", "regex = \"1\"")
        );
        assert_eq!(commands[1].line, 4);
        assert_eq!(rest, "// note\n\n\n\nlet x: i32 = 1;\n:not_one\n");
        let (commands, rest) = split("::std::mem::drop(1)").expect("valid");
        assert!(commands.is_empty() && rest.starts_with("::std"));
    }

    #[test]
    fn mistakes_name_the_remedy() {
        let error = split(":dpe regex").expect_err("unknown");
        assert!(error.value.contains("`:help`"), "{}", error.value);
        let (commands, _) = split(":opt_in").map_or((Vec::new(), String::new()), |found| found);
        assert!(commands.is_empty());
        let command = Command {
            name: ":offline".into(),
            argument: "maybe".into(),
            line: 1,
        };
        assert!(command.switch(true).is_err() && command.pair().is_err());
    }

    #[test]
    fn help_names_every_command_once() {
        let text = help();
        assert_eq!(text.lines().count(), COMMANDS.len() + MORE.len());
    }
}
