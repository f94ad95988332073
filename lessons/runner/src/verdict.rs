//! What grading found. The JSON of `ferrolab check --json` is these types; README.md describes it.

use serde::Serialize;

/// The whole answer of `check --json`.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Raised when a field changes its meaning or goes away.
    pub(crate) schema: u32,
    /// Points reached.
    pub(crate) points: u32,
    /// Points to be had.
    pub(crate) max_points: u32,
    /// One entry an exercise, in the order of the course.
    pub(crate) exercises: Vec<Graded>,
}

/// One exercise, graded.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Graded {
    /// For example `01_closures`.
    pub(crate) lesson: String,
    /// For example `compose`.
    pub(crate) exercise: String,
    /// As in lessons.toml.
    pub(crate) title: String,
    /// The learner's file, relative to the course.
    pub(crate) file: String,
    /// What came of it.
    pub(crate) verdict: Verdict,
    /// All of `max_points` when passed, none otherwise.
    pub(crate) points: u32,
    /// What the exercise is worth.
    pub(crate) max_points: u32,
    /// Why it could not be graded, where that is so.
    pub(crate) reason: Option<String>,
    /// The tests in the order in which they stand.
    pub(crate) tests: Vec<Test>,
    /// What the compiler said.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// How long the tests ran.
    pub(crate) seconds: f64,
}

/// What came of an exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// All tests pass.
    Passed,
    /// At least one test does not pass.
    Failed,
    /// The compiler refused it.
    DoesNotCompile,
    /// The file is missing, a link, too large or no text.
    Unreadable,
    /// The course is at fault, not the learner.
    CannotGrade,
}

/// One test.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Test {
    /// The test function.
    pub(crate) name: String,
    /// What came of it.
    pub(crate) outcome: Outcome,
    /// The sentence with which the test opens.
    pub(crate) teaches: Option<String>,
    /// What was expected of what, as the test says it.
    pub(crate) message: Option<String>,
    /// Where it failed: `file:line:column`.
    pub(crate) place: Option<String>,
}

/// What came of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It passed.
    Passed,
    /// It panicked.
    Failed,
    /// It did not end in time.
    TimedOut,
    /// It took the whole program with it.
    Crashed,
    /// An earlier test kept it from running.
    NotRun,
    /// It is marked `#[ignore]`.
    Ignored,
}

/// A diagnostic of the compiler, with the learner's path in it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Diagnostic {
    /// `error` or `warning`.
    pub(crate) level: String,
    /// For example E0382.
    pub(crate) code: Option<String>,
    /// The message without its place.
    pub(crate) message: String,
    /// The file it is about, relative to the course.
    pub(crate) file: Option<String>,
    /// From 1.
    pub(crate) line: Option<usize>,
    /// From 1.
    pub(crate) column: Option<usize>,
    /// As rustc shows it.
    pub(crate) rendered: String,
}

impl Report {
    /// Adds the points up.
    pub(crate) fn new(exercises: Vec<Graded>) -> Self {
        Self {
            schema: 1,
            points: exercises.iter().map(|graded| graded.points).sum(),
            max_points: exercises.iter().map(|graded| graded.max_points).sum(),
            exercises,
        }
    }

    /// Whether every exercise passed.
    pub(crate) fn passed(&self) -> bool {
        self.exercises
            .iter()
            .all(|graded| graded.verdict == Verdict::Passed)
    }

    /// Whether some exercise could not be graded through the course's fault.
    pub(crate) fn cannot(&self) -> bool {
        let cannot = |graded: &Graded| graded.verdict == Verdict::CannotGrade;
        self.exercises.iter().any(cannot)
    }
}

impl Graded {
    /// How many tests have an outcome.
    pub(crate) fn count(&self, outcome: Outcome) -> usize {
        self.tests
            .iter()
            .filter(|test| test.outcome == outcome)
            .count()
    }
}
