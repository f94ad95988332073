//! What was run, kept on disk across sessions: one line of JSON for each input or output.

use jupyter_protocol::{HistoryEntry, HistoryReply, HistoryRequest, ReplyStatus};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// A file longer than this is cut to its newer half when a session starts.
const LONGEST_FILE: u64 = 8 << 20;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    session: usize,
    line: usize,
    input: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    output: String,
}

/// The inputs of this session and of earlier ones.
pub(crate) struct History {
    file: Option<File>,
    session: usize,
    entries: Vec<Entry>,
}

impl History {
    /// Reads the history at `path` and starts a new session in it. A history that cannot be read
    /// or written is kept in memory only; damaged lines are passed over.
    pub(crate) fn open(path: Option<PathBuf>) -> Self {
        let entries = path.as_deref().map(read).unwrap_or_default();
        let session = entries.iter().map(|entry| entry.session).max().unwrap_or(0) + 1;
        let file = path.and_then(|path| start_file(&path, &entries).ok());
        Self {
            file,
            session,
            entries,
        }
    }

    /// Keeps an input. The output may follow.
    pub(crate) fn add(&mut self, line: usize, input: &str) {
        let entry = Entry {
            session: self.session,
            line,
            input: input.to_owned(),
            output: String::new(),
        };
        self.append(&entry);
        self.entries.push(entry);
    }

    /// Keeps the output of the input last added.
    pub(crate) fn set_output(&mut self, output: &str) {
        if let Some(entry) = self.entries.last_mut() {
            output.clone_into(&mut entry.output);
        }
    }

    fn append(&mut self, entry: &Entry) {
        let Some(file) = &mut self.file else { return };
        let written = serde_json::to_string(entry)
            .map_err(io::Error::from)
            // One write for each line: several kernels may add to the file at once.
            .and_then(|line| file.write_all(format!("{line}\n").as_bytes()));
        if let Err(error) = written {
            eprintln!("ferrolab: the history is not kept any more: {error}");
            self.file = None;
        }
    }

    /// Answers a `history_request`.
    pub(crate) fn answer(&self, request: &HistoryRequest) -> HistoryReply {
        let (entries, with_output): (Vec<&Entry>, bool) = match request {
            HistoryRequest::Tail { n, output, .. } => {
                (last(self.entries.iter().collect(), *n), *output)
            }
            HistoryRequest::Range {
                session,
                start,
                stop,
                output,
                ..
            } => (self.range(session.unwrap_or(0), *start, *stop), *output),
            HistoryRequest::Search {
                pattern,
                unique,
                output,
                n,
                ..
            } => (last(self.search(pattern, *unique), *n), *output),
        };
        HistoryReply {
            history: entries
                .into_iter()
                .map(|entry| shown(entry, with_output))
                .collect(),
            status: ReplyStatus::Ok,
            error: None,
        }
    }

    /// The inputs of this session, each behind its number.
    pub(crate) fn listing(&self) -> String {
        let own = self
            .entries
            .iter()
            .filter(|entry| entry.session == self.session);
        own.map(|entry| {
            let indented = entry.input.trim_end().replace('\n', "\n      ");
            format!("{:>4}: {indented}\n", entry.line)
        })
        .collect()
    }

    /// Lines `start` to `stop` (exclusive) of a session; 0 is this one, negative ones count back.
    fn range(&self, session: i32, start: i32, stop: i32) -> Vec<&Entry> {
        let session = match usize::try_from(session) {
            Ok(0) => self.session,
            Ok(number) => number,
            Err(_) => self.session.saturating_sub(session.unsigned_abs() as usize),
        };
        let start = usize::try_from(start).unwrap_or(0);
        let stop = usize::try_from(stop)
            .ok()
            .filter(|stop| *stop > 0)
            .unwrap_or(usize::MAX);
        self.entries
            .iter()
            .filter(|entry| entry.session == session && (start..stop).contains(&entry.line))
            .collect()
    }

    fn search(&self, pattern: &str, unique: bool) -> Vec<&Entry> {
        let pattern: Vec<char> = pattern.chars().collect();
        let mut found: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|entry| glob(&pattern, &entry.input.chars().collect::<Vec<_>>()))
            .collect();
        if unique {
            let mut seen = HashSet::new();
            found.reverse();
            found.retain(|entry| seen.insert(&entry.input));
            found.reverse();
        }
        found
    }
}

fn read(path: &Path) -> Vec<Entry> {
    let Ok(file) = File::open(path) else {
        return Vec::new();
    };
    BufReader::new(file)
        .split(b'\n')
        .map_while(Result::ok)
        .filter_map(|line| serde_json::from_slice(&line).ok())
        .collect()
}

fn start_file(path: &Path, entries: &[Entry]) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    if path.metadata().is_ok_and(|data| data.len() > LONGEST_FILE) {
        let newer = &entries[entries.len() / 2..];
        let mut kept = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        for entry in newer {
            writeln!(kept, "{}", serde_json::to_string(entry)?)?;
        }
        kept.persist(path)?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}

fn last<T>(mut entries: Vec<T>, count: i32) -> Vec<T> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    entries.split_off(entries.len().saturating_sub(count))
}

fn shown(entry: &Entry, with_output: bool) -> HistoryEntry {
    if with_output {
        let pair = (entry.input.clone(), entry.output.clone());
        HistoryEntry::InputOutput(entry.session, entry.line, pair)
    } else {
        HistoryEntry::Input(entry.session, entry.line, entry.input.clone())
    }
}

/// Whether the whole text matches a pattern in which `*` is any text and `?` any character.
fn glob(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((star_p, star_t)) = star else {
                    return false;
                };
                star = Some((star_p, star_t + 1));
                p = star_p + 1;
                t = star_t + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(pattern: &str, unique: bool, n: i32) -> HistoryRequest {
        HistoryRequest::Search {
            pattern: pattern.into(),
            unique,
            output: false,
            raw: true,
            n,
        }
    }

    #[test]
    fn a_session_finds_what_an_earlier_one_ran() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("history.jsonl");
        let mut first = History::open(Some(path.clone()));
        first.add(1, "let x = 1;");
        first.add(2, "x + 1");
        first.set_output("2");
        std::fs::write(
            &path,
            [std::fs::read(&path).expect("kept"), b"{\"cut off".to_vec()].concat(),
        )
        .expect("written");

        let mut second = History::open(Some(path));
        second.add(1, "x + 1");
        let tail = second.answer(&HistoryRequest::Tail {
            n: 2,
            output: false,
            raw: true,
        });
        assert!(matches!(&tail.history[..],
            [HistoryEntry::Input(1, 2, a), HistoryEntry::Input(2, 1, b)] if a == b));
        assert_eq!(second.answer(&search("x*", false, 10)).history.len(), 2);
        assert_eq!(second.answer(&search("x*", true, 10)).history.len(), 1);
        assert_eq!(second.answer(&search("*1*", false, 2)).history.len(), 2);
        let range = HistoryRequest::Range {
            session: Some(-1),
            start: 1,
            stop: 2,
            output: false,
            raw: true,
        };
        assert_eq!(second.answer(&range).history.len(), 1);
    }

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a?c", "ac", false),
            ("a*b*c", "a1b2b3c", true),
            ("a", "ab", false),
        ] {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            assert_eq!(
                glob(&chars(pattern), &chars(text)),
                expected,
                "{pattern} {text}"
            );
        }
    }
}
