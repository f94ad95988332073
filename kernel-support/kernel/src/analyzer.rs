//! The analysis process: reads questions about source text, answers with names or documentation.
//!
//! rust-analyzer takes hundreds of megabytes and may fail on odd code. In a process of its own it can
//! be ended, its memory goes back to the system, and a crash costs one answer.

use crate::known;
use crate::project::Project;
use crate::question::{Answer, Found, Name, Names, Question, Wanted};
use anyhow::{Context, Result};
use ra_ap_ide::{
    CompletionConfig, CompletionFieldsToResolve, CompletionItem, CompletionItemKind, FileRange,
    GotoDefinitionConfig, HoverConfig, HoverDocFormat, RaFixtureConfig, SubstTyLen, TextRange,
};
use ra_ap_ide_db::SymbolKind;
use ra_ap_ide_db::imports::insert_use::{ImportGranularity, InsertUseConfig};
use std::fs::File;
use std::io::{BufRead, Write};
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Type inference recurses deeply on large expressions.
const STACK: usize = 64 << 20;

/// How much of a definition is shown.
const DEFINITION_LINES: usize = 60;

/// Answers questions until the kernel closes the pipe, or ends.
///
/// # Errors
///
/// When the folder cannot be written to, or the kernel's pipe fails.
pub(crate) fn run(folder: &Path, lock: Option<&Path>) -> Result<()> {
    let answers = take_stdout()?;
    // SAFETY: the call only changes this process's priority. Cells come first.
    unsafe { libc::nice(10) };
    let project = Project::new(folder, lock.map(Path::to_owned))?;
    let (send, questions) = std::sync::mpsc::channel();
    std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || serve(project, &questions, answers))?;
    for line in std::io::stdin().lock().lines() {
        let question: Question = serde_json::from_str(&line?).context("not a question")?;
        if send.send(question).is_err() {
            break;
        }
    }
    // Whatever is being worked on, nobody waits for it.
    std::process::exit(0);
}

/// Standard output, out of reach of anything that prints.
fn take_stdout() -> Result<File> {
    let answers = std::io::stdout().as_fd().try_clone_to_owned()?;
    let nowhere = File::options().write(true).open("/dev/null")?;
    // SAFETY: dup2 only touches the descriptor table; nothing has been printed yet.
    unsafe { libc::dup2(std::os::fd::AsRawFd::as_raw_fd(&nowhere), 1) };
    Ok(answers.into())
}

fn serve(
    mut project: Project,
    questions: &std::sync::mpsc::Receiver<Question>,
    mut answers: File,
) -> Result<()> {
    for question in questions {
        let found = catch_unwind(AssertUnwindSafe(|| answer(&mut project, question)))
            .unwrap_or_else(|_| Ok(Found::Failed("the analysis failed on this code".to_owned())))
            .unwrap_or_else(|error| Found::Failed(format!("{error:#}")));
        let answer = Answer {
            found,
            has_library: project.has_library(),
        };
        let mut line = serde_json::to_vec(&answer)?;
        line.push(b'\n');
        answers.write_all(&line)?;
    }
    Ok(())
}

fn answer(project: &mut Project, question: Question) -> Result<Found> {
    match question.wanted {
        Wanted::Names => names(project, question).map(Found::Names),
        Wanted::Documentation { with_definition } => {
            documentation(project, question, with_definition)
        }
    }
}

/// The part of a name that has been typed.
fn word_before(source: &str, at: usize) -> &str {
    let before = source.get(..at).unwrap_or(source);
    &before[known::start_of_word(before, before.len())..]
}

fn names(project: &mut Project, question: Question) -> Result<Names> {
    let at = question.at;
    let word = word_before(&question.source, at).to_owned();
    project.set(&question.dependencies, question.source)?;
    let items = project
        .analysis()
        .completions(&completion_config(), project.position(at), None)?
        .unwrap_or_default();
    let range = items.first().map(|item| item.source_range);
    let mut items: Vec<CompletionItem> = items
        .into_iter()
        .filter(|item| Some(item.source_range) == range && item.import_to_add.is_empty())
        .filter(|item| matches(item, &word) && !is_ours(&item.lookup))
        .collect();
    items.sort_by_key(|item| (item.deprecated, std::cmp::Reverse(item.relevance.score())));
    let mut names: Vec<Name> = Vec::new();
    for item in &items {
        let name = name(item);
        if !names.iter().any(|known| known.text == name.text) {
            names.push(name);
        }
    }
    let range = range.map_or(at..at, |range| range.start().into()..range.end().into());
    Ok(Names {
        start: range.start,
        end: range.end,
        names,
    })
}

/// The analysis offers all there is at a place; which of it begins as typed is for its clients.
fn matches(item: &CompletionItem, word: &str) -> bool {
    let start = item.lookup.get(..word.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Names of the frame that `outline.rs` puts around a cell.
fn is_ours(name: &str) -> bool {
    name.starts_with(crate::outline::CELL_FUNCTION)
}

fn name(item: &CompletionItem) -> Name {
    let inserted = item.text_edit.iter().next();
    let inserted = inserted.map_or(item.lookup.as_str(), |edit| edit.insert.as_str());
    // The user types the arguments, and what a pattern binds.
    let alone = inserted.split('(').next().unwrap_or_default();
    let text = if alone.contains(' ') { inserted } else { alone };
    Name {
        text: text.to_owned(),
        kind: kind(item.kind).to_owned(),
        detail: item.detail.clone(),
    }
}

fn kind(kind: CompletionItemKind) -> &'static str {
    use SymbolKind as S;
    match kind {
        CompletionItemKind::SymbolKind(symbol) => match symbol {
            S::Function | S::Method | S::Macro | S::ProcMacro => "function",
            S::Struct | S::Enum | S::Union | S::TypeAlias | S::SelfType | S::TypeParam => "class",
            S::Trait => "interface",
            S::Module | S::CrateRoot | S::ToolModule => "module",
            S::Field => "property",
            _ => "instance",
        },
        CompletionItemKind::Keyword => "keyword",
        CompletionItemKind::BuiltinType => "class",
        _ => "instance",
    }
}

fn completion_config() -> CompletionConfig<'static> {
    CompletionConfig {
        enable_postfix_completions: false,
        // Both would need edits elsewhere in the cell, which the protocol has no place for.
        enable_imports_on_the_fly: false,
        enable_term_search: false,
        enable_self_on_the_fly: true,
        enable_auto_iter: false,
        enable_auto_await: false,
        enable_private_editable: true,
        term_search_fuel: 0,
        full_function_signatures: true,
        callable: None,
        add_colons_to_module: false,
        add_semicolon_to_unit: false,
        snippet_cap: None,
        insert_use: InsertUseConfig {
            granularity: ImportGranularity::Item,
            enforce_granularity: false,
            prefix_kind: ra_ap_hir::PrefixKind::Plain,
            group: false,
            skip_glob_imports: false,
        },
        prefer_no_std: false,
        prefer_prelude: true,
        prefer_absolute: false,
        snippets: Vec::new(),
        limit: None,
        fields_to_resolve: CompletionFieldsToResolve::empty(),
        exclude_flyimport: Vec::new(),
        exclude_traits: &[],
        ra_fixture: RaFixtureConfig::default(),
    }
}

/// What is known of the name at the cursor, or else of the function whose arguments it stands in.
fn documentation(
    project: &mut Project,
    question: Question,
    with_definition: bool,
) -> Result<Found> {
    let Question {
        dependencies,
        source,
        at,
        ..
    } = question;
    let stands_in_name = !word_before(&source, at).is_empty();
    let as_method = method_call(&source, at);
    project.set(&dependencies, source)?;
    let mut found = None;
    if stands_in_name {
        found = hover(project, at, with_definition)?;
    }
    if let Some(source) = as_method {
        project.set(&dependencies, source)?;
        // A field that is not a method is found either way.
        found = hover(project, at, with_definition)?.or(found);
    }
    if found.is_none() {
        found = signature(project, at)?;
    }
    Ok(found.map_or(Found::Nothing, Found::Documentation))
}

/// The source with a call behind the method's name at the cursor. `value.len` alone is the private
/// field of that name.
fn method_call(source: &str, at: usize) -> Option<String> {
    let (before, after) = source.split_at_checked(at)?;
    let word = word_before(source, at);
    let is_member = !word.is_empty() && before[..at - word.len()].ends_with('.');
    let is_called = after.trim_start().starts_with(['(', ':']);
    (is_member && !is_called).then(|| format!("{before}(){after}"))
}

fn hover(project: &Project, at: usize, with_definition: bool) -> Result<Option<String>> {
    let position = project.position(at);
    let range = FileRange {
        file_id: position.file_id,
        range: TextRange::empty(position.offset),
    };
    let Some(hover) = project.analysis().hover(&hover_config(), range)? else {
        return Ok(None);
    };
    let mut markdown = without_our_crate(&String::from(hover.info.markup));
    if with_definition && let Some(definition) = definition(project, at)? {
        markdown.push_str(&format!("\n\n---\n\n```rust\n{definition}\n```\n"));
    }
    Ok(Some(markdown))
}

/// The session's items are shown without the crate that `project.rs` puts them in.
fn without_our_crate(markdown: &str) -> String {
    markdown
        .trim_start()
        .replace("```rust\ncell\n```\n\n", "")
        .replacen("```rust\ncell::", "```rust\n", 1)
}

/// The function whose arguments are being written.
fn signature(project: &Project, at: usize) -> Result<Option<String>> {
    let help = project.analysis().signature_help(project.position(at))?;
    Ok(help.map(|help| {
        let about = help.doc.as_ref().map_or("", |doc| doc.as_str());
        format!("```rust\n{}\n```\n\n{about}", help.signature)
    }))
}

/// The source of what the name at the cursor stands for.
fn definition(project: &Project, at: usize) -> Result<Option<String>> {
    let config = GotoDefinitionConfig {
        ra_fixture: RaFixtureConfig::default(),
    };
    let analysis = project.analysis();
    let targets = analysis.goto_definition(project.position(at), &config)?;
    let Some(target) = targets.and_then(|targets| targets.info.into_iter().next()) else {
        return Ok(None);
    };
    let text = analysis.file_text(target.file_id)?;
    let lines: Vec<&str> = text[target.full_range].lines().collect();
    let mut shown = lines[..lines.len().min(DEFINITION_LINES)].join("\n");
    if lines.len() > DEFINITION_LINES {
        shown.push_str("\n// …");
    }
    Ok(Some(shown))
}

fn hover_config() -> HoverConfig<'static> {
    HoverConfig {
        links_in_hover: true,
        memory_layout: None,
        documentation: true,
        keywords: true,
        format: HoverDocFormat::Markdown,
        max_trait_assoc_items_count: Some(10),
        max_fields_count: Some(10),
        max_enum_variants_count: Some(10),
        max_subst_ty_len: SubstTyLen::Unlimited,
        show_drop_glue: false,
        ra_fixture: RaFixtureConfig::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_typed_part_of_a_name() {
        assert_eq!(word_before("let a = grüße.is_e", 20), "is_e");
        assert_eq!(word_before("grü", 4), "grü");
        assert_eq!(word_before("a.", 2), "");
    }

    #[test]
    fn a_method_alone_is_looked_up_as_a_call() {
        assert_eq!(method_call("v.len;", 5).as_deref(), Some("v.len();"));
        for (source, at) in [
            ("v.len()", 5),
            ("len", 3),
            ("v.", 2),
            ("v.parse::<i32>()", 7),
        ] {
            assert_eq!(method_call(source, at), None, "{source}");
        }
    }
}
