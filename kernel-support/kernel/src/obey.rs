//! Carries out the engine's commands and the magics that are about the session.

use crate::commands::{self, Command};
use crate::engine::{Engine, Options};
use crate::failure::Failure;
use crate::types::short;
use ferrolab::display::escape;
use jupyter_protocol::StreamContent;
use serde_json::Map;

impl Engine {
    /// Carries out commands in their order; `:dep` lines that follow each other are one build.
    ///
    /// # Errors
    ///
    /// When one of them cannot be carried out; those before it have been.
    pub(crate) fn obey(&mut self, commands: &[Command]) -> Result<(), Failure> {
        let mut rest = commands;
        while let Some(first) = rest.first() {
            let count = match first.name.as_str() {
                ":dep" => rest.iter().take_while(|next| next.name == ":dep").count(),
                _ => 1,
            };
            let (now, later) = rest.split_at(count);
            if first.name == ":dep" {
                let arguments: Vec<&str> = now.iter().map(|one| one.argument.as_str()).collect();
                self.add_crates(&arguments)?;
            } else {
                self.carry_out(first)?;
            }
            rest = later;
        }
        Ok(())
    }

    fn carry_out(&mut self, command: &Command) -> Result<(), Failure> {
        let argument = command.argument.as_str();
        let text = match command.name.as_str() {
            ":vars" => return self.show_variables(true),
            ":type" | ":t" => self.type_of(argument)?,
            ":clear" => {
                self.reset();
                String::new()
            }
            ":restart" => {
                self.host.restart();
                self.book.variables.clear();
                self.publish_outline();
                "the cells' process was started anew; the variables are gone".to_owned()
            }
            ":preserve_vars_on_panic" => {
                let on = command.switch(self.snapshots)?;
                self.set_snapshots(on);
                format!("preserve variables on panic: {on}")
            }
            ":show_deps" => self.crates.shown(),
            ":last_compile_dir" => self.compiler.folder().display().to_string(),
            ":toolchain" => self.choose_toolchain(argument)?,
            ":env" => self.set_variable(command)?,
            ":explain" => self.explain()?,
            ":last_error_json" => self.last_errors_as_json(),
            ":cache" => self.set_cache(argument)?,
            ":clear_cache" => {
                let freed = self.compiler.cache().clear();
                format!("deleted {} MiB from the cache", freed >> 20)
            }
            ":help" => commands::help(),
            ":version" => format!(
                "ferrolab-kernel {}\n{}",
                env!("CARGO_PKG_VERSION"),
                self.toolchain.version.lines().next().unwrap_or_default()
            ),
            ":load_config" => return self.load_configuration(),
            _ => set_option(&mut self.options, &self.crates, command)?,
        };
        self.print_line(&text);
        Ok(())
    }

    /// Prints as the cell's own output.
    fn print_line(&self, text: &str) {
        let text = text.trim_end();
        if !text.is_empty() {
            self.live.print(StreamContent::stdout(&format!("{text}\n")));
        }
    }

    /// Drops everything that cells have defined; settings stay.
    pub(crate) fn reset(&mut self) {
        self.host.restart();
        self.crates.clear();
        self.commit(crate::book::Book::default());
    }

    /// Turns snapshots on or off.
    pub(crate) fn set_snapshots(&mut self, on: bool) {
        self.snapshots = on;
        self.host.set_snapshots(on);
    }

    /// What `%snapshots` says.
    pub(crate) fn snapshot_state(&self) -> String {
        if !self.snapshots {
            return "snapshots are off: a cell that crashes takes the variables with it\n"
                .to_owned();
        }
        let took = self.host.last_snapshot().map_or(String::new(), |time| {
            format!("; the last one took {:.2} ms", time.as_secs_f64() * 1e3)
        });
        format!("snapshots are on: a cell that crashes changes no variable{took}\n")
    }

    /// Lists the variables, with their types or without.
    pub(crate) fn show_variables(&self, types: bool) -> Result<(), Failure> {
        let variables = &self.book.variables;
        if variables.is_empty() {
            self.print_line("there are no variables");
            return Ok(());
        }
        if !types {
            let names: Vec<&str> = variables.keys().map(String::as_str).collect();
            self.print_line(&names.join("  "));
            return Ok(());
        }
        let width = variables
            .keys()
            .map(|name| name.chars().count())
            .max()
            .unwrap_or(0);
        let mut text = String::new();
        let mut html = String::from(
            "<table><thead><tr><th style=\"text-align:left\">variable</th><th style=\"text-align:left\">type</th></tr></thead><tbody>",
        );
        for (name, variable) in variables {
            let mutable = if variable.mutable { "mut " } else { "" };
            let kind = short(&variable.type_name);
            text.push_str(&format!("{name:<width$}  {mutable}{kind}\n"));
            html.push_str(&format!(
                "<tr><td style=\"text-align:left\"><code>{}</code></td><td style=\"text-align:left\"><code>{mutable}{}</code></td></tr>",
                escape(name),
                escape(&kind)
            ));
        }
        html.push_str("</tbody></table>");
        let bundle = Map::from_iter([
            ("text/plain".to_owned(), text.trim_end().into()),
            ("text/html".to_owned(), html.into()),
        ]);
        let data = crate::live::media(&bundle);
        self.live.publish(jupyter_protocol::DisplayData::new(data));
        Ok(())
    }

    fn type_of(&self, name: &str) -> Result<String, Failure> {
        match self.book.variables.get(name) {
            Some(variable) => Ok(format!("{name}: {}", variable.type_name)),
            None => Err(Failure::plain(
                "command",
                format!("no variable `{name}`\nhint: `:vars` lists those there are"),
            )),
        }
    }

    fn choose_toolchain(&mut self, name: &str) -> Result<String, Failure> {
        if !name.is_empty() {
            self.use_toolchain(name)
                .map_err(|error| Failure::plain("toolchain", format!("{error:#}")))?;
        }
        let shown = match self.toolchain.name.as_str() {
            "" => "the default",
            name => name,
        };
        let version = self.toolchain.version.lines().next().unwrap_or_default();
        Ok(format!("toolchain: {shown} ({version})"))
    }

    /// Sets a variable in the cells' process, at once.
    fn set_variable(&mut self, command: &Command) -> Result<String, Failure> {
        let (key, value) = command.pair()?;
        // SAFETY: as in evcxr; the kernel's own threads read no variable that a user would set.
        unsafe { std::env::set_var(&key, &value) };
        self.evaluate(&format!(
            "unsafe {{ ::std::env::set_var({key:?}, {value:?}) }};"
        ))?;
        Ok(format!("set {key}={value}"))
    }

    fn explain(&self) -> Result<String, Failure> {
        let explanations: Vec<&str> = self
            .last_errors
            .iter()
            .filter(|error| error.is_error())
            .filter_map(|error| error.code.as_ref()?.explanation.as_deref())
            .collect();
        if explanations.is_empty() {
            return Err(Failure::plain(
                "command",
                "there is no error that rustc explains at length",
            ));
        }
        Ok(explanations.join("\n"))
    }

    fn last_errors_as_json(&self) -> String {
        let lines = self
            .last_errors
            .iter()
            .filter_map(|error| serde_json::to_string(error).ok());
        lines.collect::<Vec<_>>().join("\n")
    }

    fn set_cache(&mut self, argument: &str) -> Result<String, Failure> {
        if !argument.is_empty() {
            let size: u64 = argument.parse().map_err(|_| {
                Failure::plain(
                    "command",
                    format!("`:cache` takes a number of MiB, found `{argument}`"),
                )
            })?;
            self.compiler.cache().set_bytes(size << 20);
        }
        let (size, count) = self.compiler.cache().size();
        Ok(format!(
            "cache: {count} cells in {} MiB, at most {} MiB",
            size >> 20,
            self.compiler.cache().bytes() >> 20
        ))
    }
}

fn set_option(
    options: &mut Options,
    crates: &crate::crates::Crates,
    command: &Command,
) -> Result<String, Failure> {
    let argument = command.argument.as_str();
    let wrong = |what: &str| {
        Err(Failure::plain(
            "command",
            format!("`{}` takes {what}, found `{argument}`", command.name),
        ))
    };
    Ok(match command.name.as_str() {
        ":opt" => {
            match argument {
                "" => {
                    let other = if options.opt_level == "2" { "0" } else { "2" };
                    options.opt_level = other.to_owned();
                }
                "0" | "1" | "2" | "3" | "s" | "z" => options.opt_level = argument.to_owned(),
                _ => return wrong("0, 1, 2, 3, s or z"),
            }
            format!("optimisation: {}", options.opt_level)
        }
        ":fmt" => {
            options.format = match argument {
                "" | "{:?}" => None,
                format if format.contains('{') => Some(format.to_owned()),
                _ => return wrong("a format such as {:?}"),
            };
            format!(
                "output format: {}",
                options.format.as_deref().unwrap_or("{:?}")
            )
        }
        ":types" => {
            options.types = command.switch(options.types)?;
            format!("types: {}", options.types)
        }
        ":efmt" => {
            match argument {
                "" => {}
                "{}" | "{:?}" | "{:#?}" => options.error_format = argument.to_owned(),
                _ => return wrong("{}, {:?} or {:#?}"),
            }
            let needs = if options.error_format == "{}" {
                "Display"
            } else {
                "Debug"
            };
            format!(
                "error format: {} (errors must implement std::fmt::{needs})",
                options.error_format
            )
        }
        ":offline" => {
            options.offline = command.switch(options.offline)?;
            format!("offline mode: {}", options.offline)
        }
        ":timing" => {
            options.timing = command.switch(options.timing)?;
            format!("timing: {}", options.timing)
        }
        ":internal_debug" => {
            options.debug = command.switch(options.debug)?;
            format!("internals debugging: {}", options.debug)
        }
        ":build_env" => {
            let (key, value) = command.pair()?;
            options.environment.retain(|(known, _)| *known != key);
            let text = format!("set {key}={value} for compilations");
            options.environment.push((key, value));
            text
        }
        ":linker" => format!("linker: {}", crates.linker_name()),
        ":codegen_backend" => "code generator: llvm".to_owned(),
        ":allow_static_linking" => {
            "crates are always shared by all cells, and so are their statics".to_owned()
        }
        ":sccache" | ":time_passes" => {
            format!(
                "`{}` has no effect here\nhint: the kernel `Rust (evcxr)` knows it",
                command.name
            )
        }
        other => {
            return Err(Failure::plain(
                "command",
                format!("`{other}` stands alone in a cell"),
            ));
        }
    })
}
