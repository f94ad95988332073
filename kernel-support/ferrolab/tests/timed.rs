//! `#[timed]` on every kind of function: the function works as before, and its line is printed.

use ferrolab::prelude::*;
use std::future::Future;
use std::pin::pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};

#[timed]
fn early(text: &str) -> Result<i32, std::num::ParseIntError> {
    if text.is_empty() {
        return Ok(0);
    }
    let number: i32 = text.parse()?;
    Ok(number * 2)
}

#[timed]
fn largest<'a, T, const N: usize>(items: [&'a T; N]) -> Option<&'a T>
where
    T: ?Sized + PartialOrd + std::fmt::Debug,
{
    let mut items = items.into_iter();
    let first = items.next()?;
    Some(items.fold(first, |best, item| if item > best { item } else { best }))
}

#[timed("a sum with another name")]
fn sum(numbers: impl Iterator<Item = u32>) -> impl std::fmt::Display {
    numbers.sum::<u32>()
}

struct Counter(u32);

trait Twice {
    fn twice(&mut self) -> u32;
}

impl Counter {
    #[timed]
    pub(crate) fn add(&mut self, step: u32) -> &mut Self {
        self.0 += step;
        self
    }
}

impl Twice for Counter {
    #[timed]
    fn twice(&mut self) -> u32 {
        self.add(self.0).0
    }
}

#[timed]
async fn later(n: u32) -> Result<u32, String> {
    std::future::ready(()).await;
    if n == 0 {
        return Err("zero".into());
    }
    Ok(n + 1)
}

#[timed]
fn falls() {
    panic!("as it should");
}

/// Runs a future that never waits.
fn finish<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future waits"),
    }
}

/// Futures of timed functions can be sent to other threads.
fn send<T: Send>(value: T) -> T {
    value
}

#[test]
fn values_are_what_they_were() {
    assert_eq!(early(""), Ok(0));
    assert_eq!(early("21"), Ok(42));
    assert!(early("x").is_err());
    assert_eq!(largest(["a", "c", "b"]), Some("c"));
    assert_eq!(largest::<i32, 0>([]), None);
    assert_eq!(sum([1, 2].into_iter()).to_string(), "3");
    assert_eq!(Counter(4).twice(), 8);
    assert_eq!(finish(send(later(1))), Ok(2));
    assert_eq!(finish(later(0)), Err("zero".into()));
}

/// Prints what the test below reads; alone it proves nothing.
#[test]
fn prints_for_the_next_test() {
    let _ = early("x");
    let _ = Counter(1).twice();
    let _ = sum([1].into_iter());
    let _ = finish(later(0));
    let _ = std::panic::catch_unwind(falls);
}

#[test]
fn every_call_prints_a_line() {
    let this = std::env::current_exe().expect("the test knows its program");
    let arguments = ["--exact", "prints_for_the_next_test", "--nocapture"];
    let output = Command::new(this)
        .args(arguments)
        .output()
        .expect("it starts itself");
    let text = String::from_utf8_lossy(&output.stdout);
    for start in [
        "early: wall ",
        "  add: wall ",
        "twice: wall ",
        "later: wall ",
    ] {
        assert!(
            text.lines().any(|line| line.starts_with(start)),
            "no `{start}` in {text}"
        );
    }
    assert!(text.contains("a sum with another name: wall "));
    assert!(
        text.lines()
            .any(|line| line.starts_with("falls: ") && line.ends_with("(panicked)"))
    );
}
