//! Links cells without the C compiler in between, which costs more than the link itself.
//!
//! The toolchain brings its own linker. What the C compiler would tell it is where the system's
//! libraries are; a folder with links to the few that Rust programs need says the same.

use crate::cargo::Settings;
use crate::recorded::Built;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

/// The libraries, and their files at run time.
const LIBRARIES: [(&str, &str); 3] = [
    ("libc.so", "libc.so.6"),
    ("libm.so", "libm.so.6"),
    ("libgcc_s.so", "libgcc_s.so.1"),
];

/// Parts of libc for years, but still named to the linker.
const EMPTY: [&str; 4] = ["libutil.a", "librt.a", "libpthread.a", "libdl.a"];

/// Thread-locals need a function of the program that loads libraries, which is a library itself.
/// rustc does not name it, but asks for this empty one.
const LOADER: &str = "libdl.so";

/// An archive without members.
const ARCHIVE: &str = "!<arch>\n";

/// The arguments with which rustc calls its own linker for a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Linker {
    arguments: Vec<String>,
}

impl Linker {
    /// Finds the linker of a toolchain. `None`: cells are linked as any other program, more slowly.
    pub(crate) fn find(home: &Path, settings: &Settings) -> Option<Self> {
        let host = settings.version.lines();
        let host = host.filter_map(|line| line.strip_prefix("host: ")).next()?;
        if !host.ends_with("-linux-gnu") {
            return None;
        }
        let toolchain = settings.rustc.parent()?.parent()?;
        let linker = toolchain.join(format!("lib/rustlib/{host}/bin/rust-lld"));
        let folder = home.join("libraries");
        if !linker.is_file() || fill(&folder).is_err() {
            return None;
        }
        Some(Self {
            arguments: vec![
                format!("-Clinker={}", linker.display()),
                "-Clinker-flavor=ld.lld".into(),
                // For so little, threads cost more than they gain.
                "-Clink-arg=--threads=1".into(),
                // What would be missing at run time is an error now, and the C compiler's turn.
                "-Clink-arg=-zdefs".into(),
                format!("-L{}", folder.display()),
            ],
        })
    }

    /// The arguments for a cell. There are none when crates bring libraries that only the C
    /// compiler finds.
    pub(crate) fn arguments(&self, crates: &Built) -> &[String] {
        // Folders alone do no harm: what is in them is mostly part of the crates already.
        if crates.flags.iter().all(|flag| flag.starts_with("-L")) {
            &self.arguments
        } else {
            &[]
        }
    }

    /// Whether a message of rustc's says that linking failed: the C compiler may still manage.
    pub(crate) fn has_failed(message: &str) -> bool {
        message.contains("linking with `") && message.contains("` failed")
    }
}

/// Puts links to the libraries that this very process runs with into the folder.
fn fill(folder: &Path) -> io::Result<()> {
    let mapped = fs::read_to_string("/proc/self/maps")?;
    fs::create_dir_all(folder)?;
    let files = || {
        let lines = mapped.lines();
        lines.filter_map(|line| Some(Path::new(&line[line.find('/')?..])))
    };
    for (name, at_run_time) in LIBRARIES {
        let file = files().find(|path| path.ends_with(at_run_time));
        link(file.ok_or(io::ErrorKind::NotFound)?, &folder.join(name))?;
    }
    if let Some(loader) = files().find(|path| is_loader(path)) {
        link(loader, &folder.join(LOADER))?;
    }
    for name in EMPTY {
        let archive = folder.join(name);
        if !archive.is_file() {
            fs::write(archive, ARCHIVE)?;
        }
    }
    Ok(())
}

fn is_loader(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("ld-linux")
}

/// Makes a link, in one step as other kernels may do the same.
fn link(file: &Path, name: &Path) -> io::Result<()> {
    if fs::read_link(name).is_ok_and(|known| known == file) {
        return Ok(());
    }
    let new = name.with_extension(format!("new-{}", std::process::id()));
    let _ = fs::remove_file(&new);
    symlink(file, &new)?;
    fs::rename(&new, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_library_is_linked_without_a_c_compiler() {
        let home = tempfile::tempdir().expect("a folder");
        let settings = crate::toolchain::Toolchain::find("")
            .expect("a toolchain")
            .settings(false, &[]);
        let Some(linker) = Linker::find(home.path(), &settings) else {
            return;
        };
        assert_eq!(Linker::find(home.path(), &settings).as_ref(), Some(&linker));
        let source = home.path().join("cell.rs");
        let code = "thread_local! { static ONE: std::cell::Cell<f64> = const { std::cell::Cell::new(0.5) } }\n#[unsafe(no_mangle)] extern \"C\" fn cell() -> f64 { ONE.set(ONE.get() * 2.0); std::hint::black_box(0.0f64).cos() + ONE.get() }";
        fs::write(&source, code).expect("written");
        let library = home.path().join("cell.so");
        let output = Command::new(&settings.rustc)
            .env("PATH", "")
            .args([
                "--crate-type=cdylib",
                "--edition=2024",
                "-Cprefer-dynamic",
                "-Crpath",
                "-Cstrip=none",
            ])
            .args(linker.arguments(&Built::default()))
            .arg(&source)
            .arg("-o")
            .arg(&library)
            .output()
            .expect("rustc");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        // SAFETY: the library is the one above.
        let two = unsafe {
            let loaded = libloading::Library::new(&library).expect("loaded");
            let cell = loaded
                .get::<extern "C" fn() -> f64>(b"cell")
                .expect("found");
            cell()
        };
        assert!((two - 2.0).abs() < 1e-9);
    }

    #[test]
    fn crates_with_libraries_of_their_own_are_left_to_the_c_compiler() {
        let linker = Linker {
            arguments: vec!["-Clinker=x".into()],
        };
        assert_eq!(linker.arguments(&Built::default()).len(), 1);
        let native = Built {
            flags: vec!["-lz".into()],
            ..Built::default()
        };
        assert!(linker.arguments(&native).is_empty());
        let folder = Built {
            flags: vec!["-Lnative=/x".into()],
            ..Built::default()
        };
        assert_eq!(linker.arguments(&folder).len(), 1);
        assert!(Linker::has_failed(
            "linking with `/x/rust-lld` failed: exit status: 1"
        ));
        assert!(!Linker::has_failed("cannot find value `linking`"));
    }
}
