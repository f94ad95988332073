//! What goes over stdout to each kind of front end, from a process of its own.

use ferrolab::display::{clear, live};
use ferrolab::prelude::*;
use serde_json::Value;
use std::process::Command;
use std::time::Duration;

/// Prints what the tests below read.
#[test]
fn speak() {
    println!("before");
    Table::new(["n"]).row((1,)).show();
    let mut status = live(&text("first"));
    status.update(&text("second"));
    for step in progress(0..400).label("steps") {
        std::thread::sleep(Duration::from_millis(1));
        if step == 350 {
            break;
        }
    }
    clear(true);
    println!("after");
}

/// The stdout of `speak` with one variable set.
fn listen(variable: &str) -> String {
    let this = std::env::current_exe().expect("the test knows its program");
    let mut command = Command::new(this);
    command.args(["--exact", "speak", "--nocapture"]);
    command
        .env_remove("FERROLAB_KERNEL")
        .env_remove("EVCXR_IS_RUNTIME");
    if !variable.is_empty() {
        command.env(variable, "1");
    }
    let output = command.output().expect("it starts itself");
    String::from_utf8(output.stdout).expect("it speaks UTF-8")
}

/// The messages for our kernel.
fn messages(text: &str) -> Vec<Value> {
    let begin = "EVCXR_BEGIN_CONTENT application/vnd.ferrolab.message+json\n";
    let blocks = text.split(begin).skip(1);
    blocks
        .map(|block| {
            let (line, rest) = block.split_once('\n').expect("a line of JSON");
            assert!(rest.starts_with("EVCXR_END_CONTENT\n"), "{rest}");
            serde_json::from_str(line).expect("JSON")
        })
        .collect()
}

#[test]
fn our_kernel_gets_updates_in_place() {
    let text = listen("FERROLAB_KERNEL");
    let messages = messages(&text);
    let kind = |at: usize| messages[at]["msg_type"].as_str().expect("a type");
    let id = |at: usize| messages[at]["content"]["transient"]["display_id"].clone();
    assert_eq!(
        (kind(0), kind(1), kind(2)),
        ("display_data", "display_data", "update_display_data")
    );
    assert_eq!(id(1), id(2));
    assert_eq!(kind(3), "display_data");
    assert_ne!(id(3), id(1));
    let last = messages.len() - 1;
    assert_eq!(kind(last), "clear_output");
    assert_eq!(messages[last]["content"]["wait"], true);
    let bar = &messages[last - 1];
    assert_eq!(bar["msg_type"], "update_display_data");
    assert_eq!(bar["content"]["transient"]["display_id"], id(3));
    let words = bar["content"]["data"]["text/plain"]
        .as_str()
        .expect("words");
    assert!(words.contains("351 of 400"), "{words}");
    assert!(words.contains("stopped after"), "{words}");
    assert!(text.find("before") < text.find("EVCXR_BEGIN") && text.contains("after"));
}

#[test]
fn the_bar_moves_but_not_too_often() {
    let text = listen("FERROLAB_KERNEL");
    let bars = messages(&text)
        .iter()
        .filter(|message| message.to_string().contains("steps"))
        .count();
    // 351 steps of 1 ms and more: an update each 100 ms, one at the start and one at the end.
    assert!((3..176).contains(&bars), "{bars} messages");
}

#[test]
fn evcxr_gets_each_thing_once_and_a_terminal_plain_text() {
    let stock = listen("EVCXR_IS_RUNTIME");
    assert_eq!(stock.matches("EVCXR_BEGIN_CONTENT text/html\n").count(), 2);
    assert!(
        stock.contains("second") && !stock.contains("first") && !stock.contains("vnd.ferrolab")
    );
    let plain = listen("");
    assert!(
        !plain.contains("EVCXR_") && plain.contains("steps: [") && plain.contains("stopped after")
    );
}
