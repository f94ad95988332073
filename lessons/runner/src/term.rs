//! Colours for people, none for pipes.

use std::io::IsTerminal;

/// Paints text with ANSI colours, or leaves it as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

/// The paint for stdout.
pub(crate) fn stdout() -> Paint {
    Paint {
        on: wanted(std::io::stdout().is_terminal()),
    }
}

/// The paint for stderr.
pub(crate) fn stderr() -> Paint {
    Paint {
        on: wanted(std::io::stderr().is_terminal()),
    }
}

fn wanted(terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if set("NO_COLOR") {
        return false;
    }
    // The kernel shows our report in a notebook, which renders colours although it is a pipe.
    terminal || set("CLICOLOR_FORCE") || set("FERROLAB_KERNEL")
}

impl Paint {
    /// Whether colours are shown at all.
    pub(crate) fn is_on(self) -> bool {
        self.on
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.on {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// Bad news.
    pub(crate) fn red(self, text: &str) -> String {
        self.wrap("1;31", text)
    }

    /// Good news.
    pub(crate) fn green(self, text: &str) -> String {
        self.wrap("1;32", text)
    }

    /// Something to look at.
    pub(crate) fn yellow(self, text: &str) -> String {
        self.wrap("1;33", text)
    }

    /// Something to type.
    pub(crate) fn cyan(self, text: &str) -> String {
        self.wrap("1;36", text)
    }

    /// Headings.
    pub(crate) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// What may be passed over.
    pub(crate) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }
}

/// Lets a closed pipe (`ferrolab list | head`) end us quietly, as other tools do.
pub(crate) fn restore_sigpipe() {
    #[cfg(unix)]
    // SAFETY: resetting a signal to its default at the start of `main`, before any thread exists.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}

/// A duration for people: `0.4 s`, `12 s`, `3 min 05 s`.
pub(crate) fn seconds(duration: std::time::Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 10.0 {
        format!("{seconds:.1} s")
    } else if seconds < 100.0 {
        format!("{seconds:.0} s")
    } else {
        let whole = duration.as_secs();
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
impl Paint {
    /// No colours, whatever the terminal.
    pub(crate) fn plain() -> Self {
        Self { on: false }
    }
}
