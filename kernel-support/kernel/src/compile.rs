//! Has rustc compile a generated source, or finds what it made of it before.

use crate::cache::{Cache, Entry, Key};
use crate::diagnostic::{self, Diagnostic};
use crate::toolchain::Toolchain;
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The name under which rustc sees every cell's source. It stands in panics and diagnostics.
pub(crate) const SOURCE_NAME: &str = "cell.rs";

/// The name of every cell's crate. It must not change: types are told apart by it.
const CRATE: &str = "ctx";

/// What rustc is to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Make {
    /// A library that the worker loads.
    Library,
    /// Nothing: only errors are looked for.
    Check,
    /// A program that runs the tests.
    Tests,
}

/// How cells are compiled.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) toolchain: Toolchain,
    pub(crate) opt_level: String,
    /// `--extern`, `-L`, linker and other flags, from the dependencies.
    pub(crate) flags: Vec<OsString>,
    /// Files whose contents the result depends on: the libraries that cells link.
    pub(crate) inputs: Vec<PathBuf>,
    /// Environment variables that the user set for compilations.
    pub(crate) environment: Vec<(String, String)>,
}

/// What rustc said, and what it made.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    pub(crate) success: bool,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What the worker can load, or the tests' program.
    pub(crate) product: Option<PathBuf>,
    /// rustc was not run.
    pub(crate) cached: bool,
}

/// Compiles in a session's folder.
pub(crate) struct Compiler {
    folder: PathBuf,
    cache: Cache,
    /// Products made so far: each gets a file of its own, which the worker keeps open.
    count: usize,
}

/// What is to be done while rustc runs.
pub(crate) trait Watch {
    /// rustc runs now, as the leader of this process group.
    fn started(&mut self, group: u32);
    /// rustc has ended.
    fn ended(&mut self, group: u32);
    /// rustc may use the machine only when nobody else does.
    fn in_background(&self) -> bool {
        false
    }
}

impl Compiler {
    pub(crate) fn new(folder: PathBuf, cache: Cache) -> Self {
        Self {
            folder,
            cache,
            count: 0,
        }
    }

    /// The folder in which cells are compiled.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The cache of compiled cells.
    pub(crate) fn cache(&mut self) -> &mut Cache {
        &mut self.cache
    }

    /// Compiles a source, or takes what it was compiled to before.
    ///
    /// # Errors
    ///
    /// When rustc cannot be run, was ended from outside, or a file cannot be written.
    pub(crate) fn compile(
        &mut self,
        source: &str,
        make: Make,
        settings: &Settings,
        watch: &mut dyn Watch,
    ) -> Result<Compiled> {
        let key = key(source, make, settings);
        let known = self.cache.get(&key);
        let cached = known.is_some();
        let entry = match known {
            Some(entry) => entry,
            None => {
                let entry = self.run(source, make, settings, watch)?;
                self.cache.put(&key, &entry);
                entry
            }
        };
        let product = if entry.success && make != Make::Check {
            Some(self.unpack(&entry.library, make)?)
        } else {
            None
        };
        Ok(Compiled {
            success: entry.success,
            diagnostics: diagnostic::parse(&entry.printed),
            product,
            cached,
        })
    }

    /// What rustc says of a source in its own words for people: types by their short names.
    ///
    /// # Errors
    ///
    /// As [`Self::compile`].
    pub(crate) fn explain(
        &mut self,
        source: &str,
        settings: &Settings,
        watch: &mut dyn Watch,
    ) -> Result<Vec<Diagnostic>> {
        let plain = Settings {
            environment: {
                let mut environment = settings.environment.clone();
                environment.push((PLAIN.to_owned(), "1".to_owned()));
                environment
            },
            ..settings.clone()
        };
        Ok(self
            .compile(source, Make::Check, &plain, watch)?
            .diagnostics)
    }

    fn run(
        &self,
        source: &str,
        make: Make,
        settings: &Settings,
        watch: &mut dyn Watch,
    ) -> Result<Entry> {
        fs::create_dir_all(&self.folder)?;
        fs::write(self.folder.join(SOURCE_NAME), source)
            .with_context(|| format!("`{}` cannot be written", self.folder.display()))?;
        let made = self.folder.join("made");
        let mut command = command(make, settings);
        command
            .current_dir(&self.folder)
            .arg("-o")
            .arg(&made)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        if watch.in_background() {
            yield_to_others(&mut command);
        }
        let child = command.spawn().with_context(|| {
            format!(
                "`{}` cannot be run\nhint: `cargo lab doctor` says what is missing",
                settings.toolchain.rustc.display()
            )
        })?;
        let group = child.id();
        watch.started(group);
        let output = child.wait_with_output();
        watch.ended(group);
        let output = output?;
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code().is_none() || output.status.code() == Some(101) {
            // Ended by a signal, or a failure of rustc itself: no answer to keep.
            anyhow::bail!("rustc ended with {}\n{}", output.status, not_json(&printed));
        }
        let library = if output.status.success() && make != Make::Check {
            fs::read(&made).with_context(|| format!("`{}` cannot be read", made.display()))?
        } else {
            Vec::new()
        };
        let _ = fs::remove_file(&made);
        Ok(Entry {
            success: output.status.success(),
            printed,
            library,
        })
    }

    /// Each product is a file of its own: a library of the same file would be the one loaded
    /// before, with its statics as they are.
    fn unpack(&mut self, library: &[u8], make: Make) -> Result<PathBuf> {
        self.count += 1;
        fs::create_dir_all(&self.folder)?;
        let path = self.folder.join(match make {
            Make::Tests => format!("tests-{}", self.count),
            _ => format!("cell-{}.so", self.count),
        });
        fs::write(&path, library)
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
        if make == Make::Tests {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
        }
        Ok(path)
    }
}

/// Set in the environment of a compilation whose messages are for people.
const PLAIN: &str = "FERROLAB_PLAIN";

/// The file that was not asked about, or the words of rustc when it fails itself.
fn not_json(printed: &str) -> String {
    let lines = printed.lines().filter(|line| !line.starts_with('{'));
    lines.take(20).collect::<Vec<_>>().join("\n")
}

fn arguments(make: Make, settings: &Settings) -> Vec<OsString> {
    let mut all: Vec<OsString> = ["--crate-name", CRATE, "--edition=2024"]
        .map(OsString::from)
        .to_vec();
    let plain = settings.environment.iter().any(|(name, _)| name == PLAIN);
    all.extend(
        [
            "--error-format=json",
            "--json=diagnostic-rendered-ansi",
            "-Cprefer-dynamic",
            "-Cdebug-assertions=on",
            "-Coverflow-checks=on",
            "-Cembed-bitcode=no",
        ]
        .map(OsString::from),
    );
    all.push(format!("-Copt-level={}", settings.opt_level).into());
    match make {
        Make::Library => all.extend(
            [
                "--crate-type=cdylib",
                "--emit=link",
                "-Clto=off",
                "-Ccodegen-units=2",
            ]
            .map(OsString::from),
        ),
        Make::Check => {
            all.extend(["--crate-type=cdylib", "--emit=metadata"].map(OsString::from));
        }
        Make::Tests => all.push("--test".into()),
    }
    if !plain {
        // Types are told whole, however long they are.
        all.extend(
            [
                "-Ztrim-diagnostic-paths=no",
                "-Zwrite-long-types-to-disk=no",
                "--diagnostic-width=1000000",
            ]
            .map(OsString::from),
        );
        if !settings.toolchain.is_nightly() {
            // The flags above are all that is wanted of what is unstable.
            all.push("-Zallow-features=".into());
        }
    }
    let mut rpath = OsString::from("-Clink-arg=-Wl,-rpath,");
    rpath.push(&settings.toolchain.libraries);
    if !settings
        .flags
        .iter()
        .any(|flag| flag.to_string_lossy().starts_with("-Clinker="))
    {
        all.push(rpath);
    }
    all.extend(settings.flags.iter().cloned());
    all
}

fn command(make: Make, settings: &Settings) -> Command {
    let mut command = Command::new(&settings.toolchain.rustc);
    command
        .arg(SOURCE_NAME)
        .args(arguments(make, settings))
        .env("CARGO_CRATE_NAME", CRATE)
        .env("CARGO_PKG_NAME", CRATE)
        .env("CARGO_PKG_VERSION", "1.0.0")
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTC_WRAPPER")
        .envs(settings.environment.iter().cloned());
    if settings.environment.iter().any(|(name, _)| name == PLAIN) {
        command.env_remove("RUSTC_BOOTSTRAP");
    }
    command
}

/// All that rustc's work depends on.
fn key(source: &str, make: Make, settings: &Settings) -> Key {
    let mut parts: Vec<Vec<u8>> = vec![
        settings.toolchain.version.clone().into_bytes(),
        settings.toolchain.rustc.display().to_string().into_bytes(),
        source.as_bytes().to_vec(),
    ];
    for argument in arguments(make, settings) {
        parts.push(argument.as_encoded_bytes().to_vec());
    }
    for (name, value) in &settings.environment {
        parts.push(format!("{name}={value}").into_bytes());
    }
    for input in &settings.inputs {
        parts.push(stamp(input).into_bytes());
    }
    Key::of(parts.iter().map(Vec::as_slice))
}

/// What changes when a file is written anew.
pub(crate) fn stamp(path: &Path) -> String {
    let data = fs::metadata(path).ok();
    let modified = data.as_ref().and_then(|data| data.modified().ok());
    format!(
        "{} {:?} {:?}",
        path.display(),
        data.map(|data| data.len()),
        modified
    )
}

/// Work done ahead must not slow down what the user waits for.
fn yield_to_others(command: &mut Command) {
    // SAFETY: between fork and exec the closure makes system calls only.
    unsafe {
        command.pre_exec(|| {
            libc::nice(19);
            #[cfg(target_os = "linux")]
            {
                let idle = libc::sched_param { sched_priority: 0 };
                libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const idle);
            }
            Ok(())
        });
    }
}
