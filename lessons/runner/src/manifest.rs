//! Manifests of mirror workspaces, made from those of the course.

use std::path::Path;

use anyhow::{Context, Result};
use toml::{Table, Value};

use crate::fault::Fault;
use crate::files;

/// How the names of packages of small programs end.
pub(crate) const PROGRAMS: &str = "-predictions";

/// The manifest of a workspace with these members: package fields, dependency versions and
/// profiles are those of the course, so that what was compiled for it is compiled the same way.
pub(crate) fn workspace(root: &Path, members: &[String]) -> Result<String> {
    let source = read(&root.join("Cargo.toml"))?;
    let mut workspace = Table::new();
    if let Some(Value::Table(old)) = source.get("workspace") {
        for key in ["package", "dependencies", "lints", "resolver"] {
            if let Some(value) = old.get(key) {
                workspace.insert(key.into(), value.clone());
            }
        }
    }
    if let Some(Value::Table(dependencies)) = workspace.get_mut("dependencies") {
        absolute_paths(dependencies, root);
    }
    workspace
        .entry("resolver")
        .or_insert_with(|| Value::String("3".into()));
    workspace.insert(
        "members".into(),
        Value::Array(members.iter().cloned().map(Value::String).collect()),
    );
    let mut manifest = Table::new();
    manifest.insert("workspace".into(), Value::Table(workspace));
    for key in ["profile", "patch"] {
        if let Some(value) = source.get(key) {
            manifest.insert(key.into(), value.clone());
        }
    }
    optimise_programs(&mut manifest, members);
    Ok(toml::to_string(&manifest)?)
}

/// Which of two programs is faster is asked of optimised code, as the kernel runs it.
fn optimise_programs(manifest: &mut Table, members: &[String]) {
    let programs: Vec<&String> = members
        .iter()
        .filter(|name| name.ends_with(PROGRAMS))
        .collect();
    if programs.is_empty() {
        return;
    }
    let mut table = manifest;
    for key in ["profile", "dev", "package"] {
        let entry = table
            .entry(key)
            .or_insert_with(|| Value::Table(Table::new()));
        match entry {
            Value::Table(inner) => table = inner,
            _ => return,
        }
    }
    for name in programs {
        let mut settings = Table::new();
        settings.insert("opt-level".into(), 2.into());
        table.insert(name.clone(), Value::Table(settings));
    }
}

/// The manifest of one exercise as a package: the lesson's dependencies, one module, one test file.
pub(crate) fn exercise(
    lesson: &Path,
    crate_name: &str,
    package: &str,
    test: &str,
) -> Result<String> {
    let mut manifest = member(lesson, package)?;
    let mut lib = Table::new();
    lib.insert("name".into(), crate_name.into());
    lib.insert("path".into(), "src/lib.rs".into());
    for key in ["test", "doctest", "bench"] {
        lib.insert(key.into(), false.into());
    }
    manifest.insert("lib".into(), Value::Table(lib));
    let mut target = Table::new();
    target.insert("name".into(), test.into());
    target.insert("path".into(), format!("tests/{test}.rs").into());
    manifest.insert("test".into(), Value::Array(vec![Value::Table(target)]));
    Ok(toml::to_string(&manifest)?)
}

/// The manifest of a package of small programs: what lessons may use, their programs may use too.
pub(crate) fn programs(lesson: &Path, package: &str, names: &[String]) -> Result<String> {
    let mut manifest = member(lesson, package)?;
    let dev = manifest.remove("dev-dependencies");
    let dependencies = manifest
        .entry("dependencies")
        .or_insert_with(|| Value::Table(Table::new()));
    if let (Value::Table(all), Some(Value::Table(dev))) = (dependencies, dev) {
        all.extend(dev);
    }
    let bins = names.iter().map(|name| {
        let mut bin = Table::new();
        bin.insert("name".into(), name.as_str().into());
        bin.insert("path".into(), format!("src/{name}.rs").into());
        bin.insert("test".into(), false.into());
        Value::Table(bin)
    });
    manifest.insert("bin".into(), Value::Array(bins.collect()));
    Ok(toml::to_string(&manifest)?)
}

/// A lesson's manifest under another name, without its targets and lints.
fn member(lesson: &Path, package: &str) -> Result<Table> {
    let mut manifest = read(&lesson.join("Cargo.toml"))?;
    for key in [
        "lib",
        "bin",
        "test",
        "bench",
        "example",
        "lints",
        "workspace",
        "profile",
    ] {
        manifest.remove(key);
    }
    let Some(Value::Table(fields)) = manifest.get_mut("package") else {
        return Err(Fault::error(
            format!(
                "`{}` has no `[package]`",
                lesson.join("Cargo.toml").display()
            ),
            "a lesson is a cargo package: copy the manifest of another lesson",
        ));
    };
    fields.insert("name".into(), package.into());
    for key in ["autotests", "autobins", "autoexamples", "autobenches"] {
        fields.insert(key.into(), false.into());
    }
    for key in ["dependencies", "dev-dependencies", "build-dependencies"] {
        if let Some(Value::Table(dependencies)) = manifest.get_mut(key) {
            absolute_paths(dependencies, lesson);
        }
    }
    Ok(manifest)
}

fn absolute_paths(dependencies: &mut Table, base: &Path) {
    for (_, dependency) in dependencies.iter_mut() {
        let Value::Table(dependency) = dependency else {
            continue;
        };
        if let Some(Value::String(path)) = dependency.get_mut("path") {
            let full = base.join(&*path);
            let full = full.canonicalize().unwrap_or(full);
            *path = full.display().to_string();
        }
    }
}

fn read(path: &Path) -> Result<Table> {
    let text = files::read(path)?;
    toml::from_str(&text).with_context(|| format!("`{}` is no manifest", path.display()))
}
