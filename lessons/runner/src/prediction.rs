//! `predict` blocks: a question with a program, whose answer a test can check.

use serde::Deserialize;

/// What the answer is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// The answer is the program's exact output.
    #[default]
    Output,
    /// The answer is rustc's error code.
    Error,
    /// The answer is `a`, `b` or `same`.
    Faster,
}

/// A prediction as the author wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prediction {
    /// What is asked; Markdown.
    pub(crate) question: String,
    /// What the answer is about.
    #[serde(default)]
    pub(crate) kind: Kind,
    /// The program, for `output` and `error`.
    #[serde(default)]
    pub(crate) code: String,
    /// The first of two programs, for `faster`.
    #[serde(default)]
    pub(crate) a: String,
    /// The second of two programs, for `faster`.
    #[serde(default)]
    pub(crate) b: String,
    /// What the learner chooses from.
    #[serde(default)]
    pub(crate) options: Vec<String>,
    /// What is true.
    pub(crate) answer: String,
    /// Why it is so; Markdown.
    pub(crate) why: String,
}

/// What is wrong in a block: line inside the block (from 0), what, what would be right.
pub(crate) type Wrong = (usize, String, String);

impl Prediction {
    /// Reads a block and checks that it is complete.
    pub(crate) fn parse(text: &str) -> Result<Self, Wrong> {
        let prediction: Self = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map_or(0, |span| crate::course::line_at(text, span.start) - 1);
            let what = error.message().trim().replace('\n', "; ");
            (
                line,
                what,
                "a prediction has question, code, options, answer and why".to_owned(),
            )
        })?;
        prediction
            .check()
            .map_err(|(what, right)| (0, what, right))?;
        Ok(prediction)
    }

    fn check(&self) -> Result<(), (String, String)> {
        let need = |missing: bool, what: &str, right: &str| {
            if missing {
                Err((what.to_owned(), right.to_owned()))
            } else {
                Ok(())
            }
        };
        let faster = self.kind == Kind::Faster;
        need(
            self.question.trim().is_empty(),
            "the question is empty",
            "ask one",
        )?;
        need(
            self.why.trim().is_empty(),
            "`why` is empty",
            "say why the answer is true",
        )?;
        need(
            !faster && self.code.trim().is_empty(),
            "there is no `code`",
            "add the program",
        )?;
        need(
            faster && (self.a.trim().is_empty() || self.b.trim().is_empty()),
            "a `faster` prediction needs the fields `a` and `b`",
            "write the two programs there",
        )?;
        need(
            faster && !["a", "b", "same"].contains(&self.answer.as_str()),
            "the answer of a `faster` prediction is `a`, `b` or `same`",
            "write one of the three",
        )?;
        need(
            self.kind == Kind::Error && !is_error_code(&self.answer),
            "the answer of an `error` prediction is an error code",
            "write for example \"E0382\"",
        )?;
        let same = |option: &String| option.trim_end() == self.answer.trim_end();
        need(
            self.kind == Kind::Output && !self.options.is_empty() && !self.options.iter().any(same),
            "the answer is not among the options",
            "make one of the options the answer, letter for letter",
        )
    }

    /// The cell's Markdown: question, programs, options, and the answer folded away.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("**Predict.** {}\n", self.question.trim());
        match self.kind {
            Kind::Faster => {
                text += &format!("\n**a**\n\n{}", fenced(&self.a));
                text += &format!("\n**b**\n\n{}", fenced(&self.b));
            }
            Kind::Output | Kind::Error => text += &format!("\n{}", fenced(&self.code)),
        }
        if !self.options.is_empty() {
            text.push('\n');
            for option in &self.options {
                let shown = if self.kind == Kind::Output {
                    inline(option)
                } else {
                    option.clone()
                };
                text += &format!("- {shown}\n");
            }
        }
        text += &format!(
            "\n<details>\n<summary>Answer</summary>\n\n{}\n\n{}\n\n</details>\n",
            self.answer_text(),
            self.why.trim()
        );
        text
    }

    fn answer_text(&self) -> String {
        match self.kind {
            Kind::Output => inline(&self.answer),
            Kind::Error => format!("It does not compile: error `{}`.", self.answer),
            Kind::Faster if self.answer == "same" => "Neither: they take the same time.".to_owned(),
            Kind::Faster => format!("**{}** is faster.", self.answer),
        }
    }
}

fn fenced(code: &str) -> String {
    format!("```rust\n{}\n```\n", code.trim_matches('\n'))
}

/// Output as it is printed; sentences stay sentences.
fn inline(text: &str) -> String {
    let text = text.trim_end();
    if text.contains('\n') {
        return format!("<pre>{}</pre>", escape(text).replace('\n', "<br>"));
    }
    let words = text
        .split(' ')
        .filter(|word| word.chars().all(char::is_alphabetic))
        .count();
    if words >= 3 || text.contains('`') {
        text.to_owned()
    } else {
        format!("`{text}`")
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn is_error_code(text: &str) -> bool {
    text.strip_prefix('E')
        .is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "question = \"What prints?\"\ncode = \"println!(\\\"{}\\\", 1 + 1);\"\n\
        options = [\"1\", \"2\"]\nanswer = \"2\"\nwhy = \"Arithmetic.\"\n";

    #[test]
    fn folds_the_answer_away() {
        let text = Prediction::parse(BLOCK).unwrap().markdown();
        assert!(text.starts_with("**Predict.** What prints?\n"));
        assert!(text.contains("- `1`\n- `2`\n"));
        assert!(text.contains("<details>\n<summary>Answer</summary>\n\n`2`\n\nArithmetic."));
    }

    #[test]
    fn the_answer_is_one_of_the_options() {
        let wrong = BLOCK.replace("answer = \"2\"", "answer = \"3\"");
        assert!(Prediction::parse(&wrong).unwrap_err().1.contains("options"));
    }

    #[test]
    fn a_mistake_has_its_line() {
        let wrong = BLOCK.replace("answer", "anwser");
        assert_eq!(Prediction::parse(&wrong).unwrap_err().0, 3);
    }
}
