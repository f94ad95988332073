//! `lesson.md`: the source of a notebook, cut into blocks.

use crate::fault::SourceFault;
use crate::fence::Info;
use crate::front::Front;
use crate::prediction::Prediction;

/// A lesson's source, parsed once.
#[derive(Debug)]
pub(crate) struct Source {
    /// What stands between the two `---` lines.
    pub(crate) front: Front,
    /// Text and cells in order.
    pub(crate) blocks: Vec<Block>,
}

/// One block and the line on which it starts.
#[derive(Debug)]
pub(crate) struct Block {
    /// Line of the fence or of the text's first line, from 1.
    pub(crate) line: usize,
    /// What it is.
    pub(crate) kind: Kind,
}

/// What a block is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Markdown.
    Text(String),
    /// A cell to run.
    Code {
        /// The cell's text.
        code: String,
        /// Its attributes.
        info: Info,
    },
    /// An exercise to solve. The stub is empty until `ferrolab notebooks` has filled it in.
    Check {
        /// The exercise's name.
        exercise: String,
        /// The stub, as the fence holds it.
        stub: String,
    },
    /// A prediction.
    Predict(Prediction),
}

impl Source {
    /// Parses a lesson; `file` is how it is called in messages.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, SourceFault> {
        let lines: Vec<&str> = text.lines().collect();
        let (front, at) = Front::read(file, &lines)?;
        let mut reader = Reader {
            file,
            lines: &lines,
            at,
            blocks: Vec::new(),
        };
        reader.skip_comments()?;
        reader.blocks()?;
        Ok(Self {
            front,
            blocks: reader.blocks,
        })
    }
}

struct Reader<'a> {
    file: &'a str,
    lines: &'a [&'a str],
    at: usize,
    blocks: Vec<Block>,
}

impl Reader<'_> {
    fn fault<T>(&self, line: usize, what: String, right: &str) -> Result<T, SourceFault> {
        Err(SourceFault {
            file: self.file.to_owned(),
            line,
            what,
            right: right.to_owned(),
        })
    }

    /// Comments at the top speak to authors and stay out of the notebook.
    fn skip_comments(&mut self) -> Result<(), SourceFault> {
        while self.at < self.lines.len() {
            let line = self.lines[self.at].trim();
            if line.is_empty() {
                self.at += 1;
            } else if line.starts_with("<!--") {
                let start = self.at;
                while !self.lines[self.at].contains("-->") {
                    self.at += 1;
                    if self.at == self.lines.len() {
                        let what = "the comment does not end".into();
                        return self.fault(start + 1, what, "close it with `-->`");
                    }
                }
                self.at += 1;
            } else {
                break;
            }
        }
        Ok(())
    }

    fn blocks(&mut self) -> Result<(), SourceFault> {
        let mut text = Text::default();
        while self.at < self.lines.len() {
            let line = self.lines[self.at];
            if let Some(fence) = Fence::open(line) {
                self.fence(&fence, &mut text)?;
                continue;
            }
            if line.starts_with('#') {
                text.flush(&mut self.blocks);
            }
            text.push(self.at, line);
            self.at += 1;
        }
        text.flush(&mut self.blocks);
        Ok(())
    }

    fn fence(&mut self, fence: &Fence<'_>, text: &mut Text) -> Result<(), SourceFault> {
        let start = self.at;
        let body = self.fence_body(fence)?;
        let info = self.info(start, fence)?;
        let shown = info
            .attributes
            .get("eval")
            .is_some_and(|eval| eval == false);
        let kind = match info.language.as_str() {
            "rust" if !shown => self.cell(start, body, info)?,
            "predict" => Kind::Predict(self.prediction(start, &body)?),
            language => {
                let line = self.lines[start];
                let opening = if shown {
                    format!("{}{language}", fence.mark)
                } else {
                    line.to_owned()
                };
                text.push(start, &opening);
                for (offset, line) in self.lines[start + 1..self.at].iter().enumerate() {
                    text.push(start + 1 + offset, line);
                }
                return Ok(());
            }
        };
        text.flush(&mut self.blocks);
        self.blocks.push(Block {
            line: start + 1,
            kind,
        });
        Ok(())
    }

    /// Fences of other languages are shown, not run: their attributes are not ours.
    fn info(&self, start: usize, fence: &Fence<'_>) -> Result<Info, SourceFault> {
        let ours = fence.info.starts_with("rust") || fence.info.starts_with("predict");
        Info::parse(fence.info).or_else(|(what, right)| {
            if ours {
                self.fault(start + 1, what, &right)
            } else {
                Ok(Info::default())
            }
        })
    }

    fn fence_body(&mut self, fence: &Fence<'_>) -> Result<String, SourceFault> {
        let start = self.at;
        let mut body = Vec::new();
        loop {
            self.at += 1;
            match self.lines.get(self.at) {
                None => {
                    let right = format!("close it with `{}`", fence.mark);
                    return self.fault(start + 1, "the fence does not end".into(), &right);
                }
                Some(line) if fence.closes(line) => break,
                Some(line) => body.push(*line),
            }
        }
        self.at += 1;
        Ok(body.join("\n"))
    }

    fn cell(&self, start: usize, code: String, info: Info) -> Result<Kind, SourceFault> {
        const KNOWN: [&str; 4] = ["tags", "check", "name", "eval"];
        if let Some(key) = info
            .attributes
            .keys()
            .find(|key| !KNOWN.contains(&key.as_str()))
        {
            let what = format!("`{key}` is no attribute of a cell");
            return self.fault(start + 1, what, "there is tags, check, name, eval");
        }
        if let Some(check) = info.attributes.get("check") {
            let Some(exercise) = check.as_str() else {
                let right = "write `check=\"compose\"`";
                return self.fault(start + 1, "`check` names no exercise".into(), right);
            };
            return Ok(Kind::Check {
                exercise: exercise.to_owned(),
                stub: code,
            });
        }
        if code.trim().is_empty() {
            return self.fault(
                start + 1,
                "the cell is empty".into(),
                "write code, or take it out",
            );
        }
        Ok(Kind::Code { code, info })
    }

    fn prediction(&self, start: usize, body: &str) -> Result<Prediction, SourceFault> {
        Prediction::parse(body)
            .or_else(|(line, what, right)| self.fault(start + 2 + line, what, &right))
    }
}

/// Collects lines of Markdown.
#[derive(Default)]
struct Text {
    start: usize,
    lines: Vec<String>,
}

impl Text {
    fn push(&mut self, at: usize, line: &str) {
        if self.lines.is_empty() {
            if line.trim().is_empty() {
                return;
            }
            self.start = at;
        }
        self.lines.push(line.trim_end().to_owned());
    }

    fn flush(&mut self, blocks: &mut Vec<Block>) {
        let text = self.lines.join("\n").trim_end().to_owned();
        self.lines.clear();
        if !text.is_empty() {
            blocks.push(Block {
                line: self.start + 1,
                kind: Kind::Text(text),
            });
        }
    }
}

struct Fence<'a> {
    mark: &'a str,
    info: &'a str,
}

impl<'a> Fence<'a> {
    fn open(line: &'a str) -> Option<Self> {
        let length = line.len() - line.trim_start_matches('`').len();
        let info = line[length..].trim();
        (length >= 3 && !info.contains('`')).then(|| Self {
            mark: &line[..length],
            info,
        })
    }

    fn closes(&self, line: &str) -> bool {
        let line = line.trim_end();
        line.len() >= self.mark.len() && line.bytes().all(|byte| byte == b'`')
    }
}

#[cfg(test)]
#[path = "lesson_tests.rs"]
mod tests;
