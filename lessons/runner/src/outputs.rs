//! What cells put out, collected as Jupyter does it.

use std::collections::HashMap;

use jupyter_protocol::{JupyterMessageContent as Content, Media, Transient};
use nbformat::v4::{DisplayData, ErrorOutput, ExecuteResult, MultilineString, Output};

/// A cell that prints without end must not fill memory and disk.
const LONGEST_STREAM: usize = 4 * 1024 * 1024;

/// The outputs of all cells of a notebook.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    cells: Vec<Vec<Output>>,
    shown: HashMap<String, Vec<(usize, usize)>>,
    clear_next: bool,
}

impl Outputs {
    /// Starts a new cell.
    pub(crate) fn begin(&mut self) {
        self.cells.push(Vec::new());
        self.clear_next = false;
    }

    /// The outputs of the cells begun so far.
    pub(crate) fn into_cells(self) -> Vec<Vec<Output>> {
        self.cells
    }

    /// The outputs of the current cell.
    pub(crate) fn current(&self) -> &[Output] {
        self.cells.last().map_or(&[], Vec::as_slice)
    }

    /// Takes a message that was published for the current cell.
    pub(crate) fn take(&mut self, content: Content) {
        match content {
            Content::StreamContent(stream) => {
                let name = match stream.name {
                    jupyter_protocol::Stdio::Stdout => "stdout",
                    jupyter_protocol::Stdio::Stderr => "stderr",
                };
                self.stream(name, &stream.text);
            }
            Content::DisplayData(display) => {
                let data = DisplayData {
                    data: display.data,
                    metadata: display.metadata,
                };
                self.show(Output::DisplayData(data), display.transient);
            }
            Content::ExecuteResult(result) => {
                let output = ExecuteResult {
                    execution_count: result.execution_count,
                    data: result.data,
                    metadata: result.metadata,
                };
                self.show(Output::ExecuteResult(output), result.transient);
            }
            Content::UpdateDisplayData(update) => {
                if let Some(id) = update.transient.display_id {
                    self.update(&id, &update.data, &update.metadata);
                }
            }
            Content::ErrorOutput(error) => self.push(Output::Error(ErrorOutput {
                ename: error.ename,
                evalue: error.evalue,
                traceback: error.traceback,
            })),
            Content::ClearOutput(clear) if clear.wait => self.clear_next = true,
            Content::ClearOutput(_) => self.clear(),
            _ => {}
        }
    }

    fn push(&mut self, output: Output) {
        if self.clear_next {
            self.clear();
        }
        if let Some(cell) = self.cells.last_mut() {
            cell.push(output);
        }
    }

    fn clear(&mut self) {
        self.clear_next = false;
        let Some(current) = self.cells.len().checked_sub(1) else {
            return;
        };
        self.cells[current].clear();
        for places in self.shown.values_mut() {
            places.retain(|(cell, _)| *cell != current);
        }
    }

    fn stream(&mut self, name: &str, text: &str) {
        if self.clear_next {
            self.clear();
        }
        let last = self.cells.last_mut().and_then(|cell| cell.last_mut());
        if let Some(Output::Stream {
            name: old,
            text: all,
        }) = last
            && old == name
        {
            if all.0.len() < LONGEST_STREAM {
                all.0.push_str(text);
                if all.0.len() >= LONGEST_STREAM {
                    all.0.push_str("\n… the rest of the output was cut\n");
                }
            }
            return;
        }
        self.push(Output::Stream {
            name: name.to_owned(),
            text: MultilineString(text.to_owned()),
        });
    }

    fn show(&mut self, output: Output, transient: Option<Transient>) {
        self.push(output);
        let id = transient.and_then(|transient| transient.display_id);
        if let (Some(id), Some(cell)) = (id, self.cells.last()) {
            let place = (self.cells.len() - 1, cell.len() - 1);
            self.shown.entry(id).or_default().push(place);
        }
    }

    fn update(
        &mut self,
        id: &str,
        data: &Media,
        metadata: &serde_json::Map<String, serde_json::Value>,
    ) {
        for (cell, at) in self.shown.get(id).into_iter().flatten() {
            match &mut self.cells[*cell][*at] {
                Output::DisplayData(old) => {
                    old.data = data.clone();
                    old.metadata = metadata.clone();
                }
                Output::ExecuteResult(old) => {
                    old.data = data.clone();
                    old.metadata = metadata.clone();
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jupyter_protocol::{ClearOutput, MediaType, StreamContent, UpdateDisplayData};

    fn shown(text: &str, id: &str) -> Content {
        let mut display =
            jupyter_protocol::DisplayData::new(Media::new(vec![MediaType::Plain(text.into())]));
        display.transient = Some(Transient {
            display_id: Some(id.into()),
        });
        Content::DisplayData(display)
    }

    fn texts(outputs: &[Output]) -> Vec<String> {
        let text = |media: &Media| match media.content.first() {
            Some(MediaType::Plain(text)) => text.clone(),
            other => format!("{other:?}"),
        };
        outputs
            .iter()
            .map(|output| match output {
                Output::Stream { name, text } => format!("{name}: {}", text.0),
                Output::DisplayData(display) => text(&display.data),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn streams_are_joined_and_displays_updated_across_cells() {
        let mut outputs = Outputs::default();
        outputs.begin();
        outputs.take(Content::StreamContent(StreamContent::stdout("a")));
        outputs.take(Content::StreamContent(StreamContent::stdout("b")));
        outputs.take(shown("0%", "bar"));
        outputs.begin();
        let done = Media::new(vec![MediaType::Plain("100%".into())]);
        outputs.take(Content::UpdateDisplayData(UpdateDisplayData::new(
            done, "bar",
        )));
        let cells = outputs.into_cells();
        assert_eq!(texts(&cells[0]), ["stdout: ab", "100%"]);
        assert!(cells[1].is_empty());
    }

    #[test]
    fn clear_with_wait_clears_at_the_next_output() {
        let mut outputs = Outputs::default();
        outputs.begin();
        outputs.take(shown("one", "x"));
        outputs.take(Content::ClearOutput(ClearOutput { wait: true }));
        assert_eq!(outputs.current().len(), 1);
        outputs.take(Content::StreamContent(StreamContent::stdout("two")));
        assert_eq!(texts(outputs.current()), ["stdout: two"]);
        let late = Media::new(vec![MediaType::Plain("late".into())]);
        outputs.take(Content::UpdateDisplayData(UpdateDisplayData::new(
            late, "x",
        )));
        assert_eq!(texts(outputs.current()), ["stdout: two"]);
    }
}
