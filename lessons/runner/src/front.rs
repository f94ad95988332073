//! The front matter of `lesson.md`.

use crate::fault::SourceFault;

const RIGHT: &str = "open with a `---` block that has lesson, title, promise, minutes and needs";

/// What stands between the two `---` lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Front {
    /// The lesson's name, as in lessons.toml.
    pub(crate) lesson: String,
    /// Its title, as in lessons.toml.
    pub(crate) title: String,
    /// One sentence.
    pub(crate) promise: String,
    /// As in lessons.toml.
    pub(crate) minutes: u32,
    /// As in lessons.toml.
    pub(crate) needs: Vec<String>,
}

/// What is wrong on a line, and what would be right.
type Wrong = (String, &'static str);

impl Front {
    /// Reads it, and gives the number of the line after it, from 0.
    pub(crate) fn read(file: &str, lines: &[&str]) -> Result<(Self, usize), SourceFault> {
        let fault = |line: usize, (what, right): Wrong| SourceFault {
            file: file.to_owned(),
            line,
            what,
            right: right.to_owned(),
        };
        if lines.first().map(|line| line.trim_end()) != Some("---") {
            return Err(fault(1, ("there is no front matter".into(), RIGHT)));
        }
        let Some(end) = (1..lines.len()).find(|at| lines[*at].trim_end() == "---") else {
            let what = "the front matter does not end".into();
            return Err(fault(1, (what, "close it with `---`")));
        };
        let mut front = Self::default();
        let mut seen = Vec::new();
        for (at, line) in lines[..end].iter().enumerate().skip(1) {
            // Indented lines belong to jupytext's own settings.
            if line.trim().is_empty() || line.starts_with(['#', ' ', '\t']) {
                continue;
            }
            seen.push(front.line(line).map_err(|wrong| fault(at + 1, wrong))?);
        }
        for key in ["lesson", "title", "promise", "minutes"] {
            if !seen.contains(&key) {
                let what = format!("the front matter has no `{key}`");
                return Err(fault(end + 1, (what, RIGHT)));
            }
        }
        Ok((front, end + 1))
    }

    /// Takes one line and gives its key.
    fn line<'a>(&mut self, line: &'a str) -> Result<&'a str, Wrong> {
        let Some((key, value)) = line.split_once(':') else {
            return Err((format!("`{line}` is no front matter"), "write `key: value`"));
        };
        let key = key.trim();
        let value = value.trim().trim_matches('"');
        match key {
            "lesson" => self.lesson = value.to_owned(),
            "title" => self.title = value.to_owned(),
            "promise" => self.promise = value.to_owned(),
            "minutes" => {
                self.minutes = value.parse().map_err(|_| {
                    let what = format!("`{value}` is no number of minutes");
                    (what, "write a whole number: `minutes: 35`")
                })?;
            }
            "needs" => self.needs = list(value),
            "jupyter" | "jupytext" | "kernelspec" => {}
            _ => {
                let what = format!("`{key}` is no key of the front matter");
                return Err((what, "there is lesson, title, promise, minutes, needs"));
            }
        }
        Ok(key)
    }
}

fn list(value: &str) -> Vec<String> {
    value
        .trim_start_matches('[')
        .trim_end_matches(']')
        .split(',')
        .map(|item| item.trim().trim_matches('"').to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}
