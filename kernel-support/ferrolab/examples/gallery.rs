//! Writes one page with every kind of output, to look at: `cargo run --example gallery > page.html`.
//!
//! The page is light; with the argument `dark` it is dark, with `files` it shows the pictures as
//! files, which cannot know their ground.

use ferrolab::display::{Bundle, Show, Table};
use ferrolab::plot::{self, Bar, Series};
use ferrolab::prelude::*;

const LIGHT: &str = "--jp-content-font-color1:rgba(0,0,0,.87);--jp-content-font-color2:rgba(0,0,0,.54);\
                     --jp-brand-color1:#1976d2;color:rgba(0,0,0,.87);background:#fff";
const DARK: &str = "--jp-content-font-color1:#fff;--jp-content-font-color2:rgba(255,255,255,.7);\
                    --jp-brand-color1:#2196f3;color:#fff;background:#111";

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let style = if asked.iter().any(|word| word == "dark") {
        DARK
    } else {
        LIGHT
    };
    let files = asked.iter().any(|word| word == "files");
    println!("<!doctype html><meta charset=utf-8><body style='font:13px sans-serif;{style}'>");
    for bundle in pictures().into_iter().chain(measured()) {
        match bundle.get("image/svg+xml") {
            Some(svg) if files => println!("{svg}<hr>"),
            _ if files => {}
            _ => println!("{}<hr>", bundle.get("text/html").unwrap_or_default()),
        }
    }
}

/// Pictures of made-up numbers, easy ones and hard ones.
fn pictures() -> Vec<Bundle> {
    let bars = plot::bars([
        Bar::new("push loop", 3.21)
            .interval(3.05, 3.52)
            .label("3.21 ms"),
        Bar::new("with_capacity", 1.98)
            .interval(1.9, 2.04)
            .label("1.98 ms"),
        Bar::new("collect", 1.07)
            .interval(1.05, 1.1)
            .label("1.07 ms"),
    ]);
    let signed = plot::bars([
        ("a very long name that cannot be shown in full here", -3.5),
        ("b", 2.0),
    ])
    .bar(("not a number", f64::NAN))
    .bar(("large", 7));
    let powers = |k: f64| (0..=40).map(move |n| (f64::from(n) / 4.0, (f64::from(n) / 4.0).powf(k)));
    let lines = plot::lines([
        Series::new("linear", powers(1.0)),
        Series::new("n^1.5", powers(1.5)),
    ])
    .series(Series::new("square root", powers(0.5)).dashed())
    .series(("points", (1..=9).map(|n| (n, 25 - n)).collect::<Vec<_>>()))
    .title("Four ways to grow")
    .x_axis("size of the input", "millions")
    .y_axis("time", "ms");
    let logs = plot::lines([(
        "append",
        (1..=7)
            .map(|n| (10_u64.pow(n), 3e-9 * 10_f64.powi(n as i32)))
            .collect::<Vec<_>>(),
    )])
    .log_x()
    .log_y()
    .title("Huge ranges")
    .x_axis("elements", "")
    .y_axis("time", "s");
    let bell = (0..4_000).map(|n| {
        (0..12)
            .map(|k| f64::from((n * 7919 + k * 104_729) % 1_009) / 1_009.0)
            .sum::<f64>()
    });
    let lanes = (0..4).flat_map(|t| {
        let start = 0.0004 * f64::from(t);
        [
            (format!("thread {t}"), "wait", start, start + 0.0011),
            (
                format!("thread {t}"),
                "sum",
                start + 0.0011,
                start + 0.0061 + 0.0008 * f64::from(t),
            ),
        ]
    });
    vec![
        bars.clone()
            .title("Building a vector of 100,000 squares")
            .axis("time of one run", "ms")
            .bundle(),
        signed.title("Negative, missing & <odd>").bundle(),
        plot::bars([("tiny", 0.002), ("large", 40_000.0)])
            .log()
            .title("Logarithmic")
            .axis("time", "ms")
            .bundle(),
        lines.bundle(),
        logs.bundle(),
        plot::histogram(bell)
            .title("Sums of twelve numbers")
            .axis("sum", "")
            .bundle(),
        plot::timeline(lanes)
            .title("Four threads")
            .span(("main", "join", 0.0016, 0.0102))
            .bundle(),
        plot::timeline([("main", "alone", 0, 2), ("main", "again", 3, 4)]).bundle(),
        plot::bars(Vec::<Bar>::new()).title("Nothing").bundle(),
        plot::lines([("one point", [(3, 4)])])
            .title("One point")
            .bundle(),
    ]
}

/// Real measurements and tables.
fn measured() -> Vec<Bundle> {
    let numbers: Vec<u64> = (0..20_000).collect();
    let comparison = compare! {
        "loop" => { let mut sum = 0; for n in &numbers { sum += black_box(*n); } sum },
        "iterator" => numbers.iter().sum::<u64>(),
        "wrong" => numbers.iter().skip(1).step_by(2).sum::<u64>(),
    };
    let scaling = scaling(1..=4, |n| {
        std::thread::scope(|scope| {
            let numbers = &numbers;
            let part = move |t: usize| {
                (t..2_000_000)
                    .step_by(n)
                    .map(|i| numbers[i % 20_000] ^ i as u64)
                    .sum::<u64>()
            };
            let all: Vec<_> = (0..n).map(|t| scope.spawn(move || part(t))).collect();
            all.into_iter()
                .map(|thread| thread.join().unwrap_or(0))
                .sum::<u64>()
        })
    });
    let code =
        "numbers = list(range(20_000))\n# timed from here\nresult = sum(map(lambda n: n, numbers))";
    let table = Table::new(["name", "people", "share"])
        .title("Cities <b>")
        .row(("Łódź", 655_279, 0.12345678))
        .row(("東京", 13_960_236, 3.0))
        .row(("a & b", 7, f64::NAN));
    vec![
        comparison.bundle(),
        scaling.bundle(),
        python::beside("lambda", code, || numbers.iter().sum::<u64>()).bundle(),
        python::beside("broken", "x = [1]\nresult = x[3]", || 0).bundle(),
        table.bundle(),
    ]
}
