//! Moves evcxr's control lines off the user's standard output.
//!
//! evcxr prints what it must know (a panic was caught, `?` met an error, a variable changed its
//! type) among the user's own output. A cell that prints without a final newline then hides it,
//! and one that prints the same words forges it. The code that evcxr generates around a cell is
//! always the same, so each of those statements is replaced, on its own line, by a call into a
//! small module at the end of the file. The number of lines before that module does not change:
//! rustc's line numbers stay true.

/// The module that the replaced statements call. It reaches the worker's descriptors.
const CELL_MODULE: &str = include_str!("cell_module.rs");

/// evcxr's statement that reports an error met by `?`, and ours.
const USER_ERROR: (&str, &str) = (
    r#"println!("{}", evcxr_internal_runtime::USER_ERROR_OCCURRED);"#,
    "crate::ferrolab_cell::notify(evcxr_internal_runtime::USER_ERROR_OCCURRED);",
);

/// Further statements of evcxr that print a control line, and what takes their place.
const STATEMENTS: [(&str, &str); 3] = [
    (
        r#"println!("{VARIABLE_CHANGED_TYPE}{name}");"#,
        r#"crate::ferrolab_cell::notify(&format!("{VARIABLE_CHANGED_TYPE}{name}"));"#,
    ),
    (
        r#"println!("EVCXR_PANIC_NOTIFICATION");"#,
        r#"crate::ferrolab_cell::notify("EVCXR_PANIC_NOTIFICATION");"#,
    ),
    (
        r#"output.write_all(b"EVCXR_BEGIN_CONTENT text/plain\n")?;"#,
        r#"output.write_all(b"EVCXR_BEGIN_CONTENT application/vnd.ferrolab.result\n")?;"#,
    ),
];

/// Rewrites the source that evcxr made of a cell.
///
/// Code that was rewritten before is returned as it is, so that compiling twice is harmless.
pub(crate) fn separate_control(code: &str) -> String {
    if code.contains(CELL_MODULE) {
        return code.to_owned();
    }
    let mut code = report_user_error(code);
    for (theirs, ours) in STATEMENTS {
        code = code.replace(theirs, ours);
    }
    if !code.ends_with('\n') {
        code.push('\n');
    }
    code.push_str(CELL_MODULE);
    code
}

/// Replaces the pair of lines with which evcxr reports an error met by `?`.
fn report_user_error(code: &str) -> String {
    let mut lines: Vec<String> = code.lines().map(str::to_owned).collect();
    for i in 1..lines.len() {
        if lines[i].trim() != USER_ERROR.0 {
            continue;
        }
        lines[i] = lines[i].replace(USER_ERROR.0, USER_ERROR.1);
        if let Some(arguments) = lines[i - 1]
            .trim()
            .strip_prefix("eprintln!(")
            .and_then(|rest| rest.strip_suffix(");"))
        {
            lines[i - 1] = format!("crate::ferrolab_cell::user_error(&format!({arguments}));");
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENERATED: &str = r#"fn mine() { println!("hello"); }
        impl<T: std::fmt::Display> From<T> for EvcxrUserCodeError {
            fn from(error: T) -> Self {
                eprintln!("{:?}", error);
                println!("{}", evcxr_internal_runtime::USER_ERROR_OCCURRED);
                EvcxrUserCodeError {}
            }
        }
println!("{VARIABLE_CHANGED_TYPE}{name}");
    println!("EVCXR_PANIC_NOTIFICATION");
"#;

    #[test]
    fn every_control_line_leaves_standard_output() {
        let rewritten = separate_control(GENERATED);
        let (cell, _) = rewritten
            .split_once(CELL_MODULE)
            .expect("the module is appended");
        assert!(!cell.contains("println!(\"EVCXR"), "{cell}");
        assert!(!cell.contains("println!(\"{VARIABLE"), "{cell}");
        assert!(!cell.contains("println!(\"{}\", evcxr_internal"), "{cell}");
        assert!(
            cell.contains(r#"user_error(&format!("{:?}", error));"#),
            "{cell}"
        );
    }

    #[test]
    fn user_code_and_line_numbers_stay() {
        let rewritten = separate_control(GENERATED);
        for (number, (before, after)) in GENERATED.lines().zip(rewritten.lines()).enumerate() {
            if !before.contains("EVCXR")
                && !before.contains("ERROR")
                && !before.contains("CHANGED")
                && !before.contains("eprintln")
            {
                assert_eq!(before, after, "line {}", number + 1);
            }
        }
        assert!(rewritten.contains(r#"println!("hello")"#));
    }

    #[test]
    fn rewriting_twice_changes_nothing_more() {
        let once = separate_control(GENERATED);
        assert_eq!(separate_control(&once), once);
    }
}
