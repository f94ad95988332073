use crate::Error;
use std::process::{Command, Stdio};

/// The interpreter's program: `python3`, or what `FERROLAB_PYTHON` names.
pub fn interpreter() -> String {
    let named = std::env::var("FERROLAB_PYTHON")
        .ok()
        .filter(|name| !name.is_empty());
    named.unwrap_or_else(|| "python3".into())
}

/// The interpreter's version, such as `3.11.7`.
///
/// ```
/// assert!(ferrolab::python::version()?.starts_with("3."));
/// # Ok::<(), ferrolab::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::NoPython`] if it cannot be started, [`Error::PythonDied`] if it does not answer.
pub fn version() -> Result<String, Error> {
    let program = interpreter();
    let code = "import platform; print(platform.python_version())";
    let output = Command::new(&program)
        .args(["-I", "-c", code])
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(output) => Err(Error::PythonDied {
            status: output.status.to_string(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }),
        Err(source) => Err(Error::NoPython { program, source }),
    }
}
