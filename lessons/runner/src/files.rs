//! Files written whole or not at all.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Writes a file by way of a temporary one beside it, so that a kill leaves the old text or the new.
pub(crate) fn write_atomically(path: &Path, text: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file needs a folder")?;
    fs::create_dir_all(folder)
        .with_context(|| format!("the folder `{}` cannot be made", folder.display()))?;
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text)?;
        keep_mode(path, &file)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|failed| failed.error)?;
        Ok(())
    };
    write().with_context(|| format!("`{}` cannot be written", path.display()))
}

/// Temporary files are private; a file of the course is readable as its forerunner was.
#[cfg(unix)]
fn keep_mode(path: &Path, file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_or(0o644, |old| old.permissions().mode() & 0o777);
    file.as_file()
        .set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn keep_mode(_path: &Path, _file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    Ok(())
}

/// Writes only when the text differs, so that cargo sees no change where there is none.
pub(crate) fn write_if_changed(path: &Path, text: &str) -> Result<bool> {
    if fs::read(path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("the folder `{}` cannot be made", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("`{}` cannot be written", path.display()))?;
    Ok(true)
}

/// Reads a text file, naming it in the error.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("`{}` cannot be read", path.display()))
}

/// Keeps the text of `path` in the first free name of `path.bak`, `path.1.bak`, …, unless one of
/// them has the same text already. Gives the place of the copy.
pub(crate) fn back_up(path: &Path) -> Result<PathBuf> {
    let text = fs::read(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let name = path
        .file_name()
        .context("a file needs a name")?
        .to_string_lossy();
    for number in 0.. {
        let copy = path.with_file_name(match number {
            0 => format!("{name}.bak"),
            _ => format!("{name}.{number}.bak"),
        });
        match fs::read(&copy) {
            Ok(old) if old == text => return Ok(copy),
            Ok(_) => {}
            Err(_) => {
                write_atomically(&copy, &text)?;
                return Ok(copy);
            }
        }
    }
    unreachable!("some number is free")
}

/// Takes a lock that ends with the returned file, telling the person when it has to wait.
pub(crate) fn lock(path: &Path, waiting_for: &str) -> Result<fs::File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("the folder `{}` cannot be made", folder.display()))?;
    }
    let file = fs::File::create(path)
        .with_context(|| format!("the lock `{}` cannot be made", path.display()))?;
    if file.try_lock().is_err() {
        eprintln!("waiting for {waiting_for} to finish");
        file.lock()
            .with_context(|| format!("the lock `{}` cannot be taken", path.display()))?;
    }
    Ok(file)
}
