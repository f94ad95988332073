use super::*;

const FRONT: &str =
    "---\nlesson: 01_a\ntitle: A: one\npromise: You can.\nminutes: 5\nneeds: []\n---\n\n";

fn parse(body: &str) -> Result<Source, SourceFault> {
    Source::parse("lesson.md", &format!("{FRONT}{body}"))
}

#[test]
fn cuts_text_and_cells() {
    let source = parse(
        "<!-- for authors\nonly -->\n# A\n\nText.\n\n```rust tags=[\"raises-exception\"]\nlet a = 1;\n```\n\n\
         ## B\n```python\nx = 1\n# not a heading\n```\n```rust check=\"one\"\n```\n",
    )
    .unwrap();
    assert_eq!(source.front.title, "A: one");
    let kinds: Vec<String> = source
        .blocks
        .iter()
        .map(|block| match &block.kind {
            Kind::Text(text) => format!("{} text {text}", block.line),
            Kind::Code { code, info } => format!("{} code {code} {:?}", block.line, info.tags()),
            Kind::Check { exercise, stub } => format!("{} check {exercise}{stub}", block.line),
            Kind::Predict(_) => "predict".into(),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "11 text # A\n\nText.",
            "15 code let a = 1; [\"raises-exception\"]",
            "19 text ## B\n```python\nx = 1\n# not a heading\n```",
            "24 check one",
        ]
    );
}

#[test]
fn a_mistake_has_its_line() {
    let line = |body: &str| parse(body).unwrap_err().line;
    assert_eq!(line("text\n```rust\nlet a = 1;\n"), 10);
    assert_eq!(line("```rust check=one\n```\n"), 9);
    assert_eq!(line("```rust colour=\"red\"\n1\n```\n"), 9);
    assert_eq!(line("```predict\nquestion = \"a\"\nanser = 1\n```\n"), 11);
    assert_eq!(line("\n<!-- open\n"), 10);
}

#[test]
fn the_front_matter_is_complete() {
    let error = Source::parse("lesson.md", "---\nlesson: 01_a\n---\n").unwrap_err();
    assert_eq!(error.what, "the front matter has no `title`");
    let error = Source::parse("lesson.md", "---\nminutes: long\n---\n").unwrap_err();
    assert_eq!(
        (error.line, error.what.as_str()),
        (2, "`long` is no number of minutes")
    );
    assert_eq!(Source::parse("lesson.md", "# A\n").unwrap_err().line, 1);
}

#[test]
fn a_fence_with_eval_false_is_only_shown() {
    let source = parse("```rust eval=false\nlet a = 1;\n```\n").unwrap();
    assert!(
        matches!(&source.blocks[0].kind, Kind::Text(text) if text == "```rust\nlet a = 1;\n```")
    );
}

#[test]
fn longer_fences_hold_shorter_ones() {
    let source = parse("````rust\n/// ```\n/// ```\nfn a() {}\n````\n").unwrap();
    assert_eq!(source.blocks.len(), 1);
}
