//! How long our kernel takes to put aside 1 GB of variables before a cell.

use anyhow::Result;

use crate::bench_corpus::Cell;
use crate::bench_session::{Ran, Side, Stage};

/// How many cells it needs.
pub(crate) const CELLS: usize = 3;
/// The variables, what a snapshot may cost where pages are copied, and room for the rest of the machine.
const NEEDED: u64 = 3 << 30;
/// The word in the answer of `%snapshots` before the time the last one took: `took 12.3 ms`.
const WORD: &str = "took ";

/// Seconds the snapshot took, or why it was not measured. A kernel that does not say is no error.
pub(crate) async fn measure(stage: &Stage, number: u32) -> Result<Result<f64, String>> {
    if available().is_some_and(|bytes| bytes < NEEDED) {
        return Ok(Err("less than 3 GB of memory are free".to_owned()));
    }
    let cells = [
        Cell::new("1 GB", "let big = vec![$Nu64; 128 * 1024 * 1024];", number),
        // The snapshot is taken before this one.
        Cell::new("a small cell", "1 + $N", number),
        Cell::new("%snapshots", "%snapshots", number),
    ];
    let session = stage.session(Side::Ours, &cells, false).await?;
    if let Some(error) = session.ran[..2]
        .iter()
        .find_map(|ran| ran.said.error.clone())
    {
        return Ok(Err(error));
    }
    Ok(reported(&session.ran[2]).ok_or_else(|| "the kernel does not tell it".to_owned()))
}

fn reported(ran: &Ran) -> Option<f64> {
    if ran.said.error.is_some() {
        return None;
    }
    let texts = ran.said.results.iter().map(String::as_str);
    texts.chain([ran.said.printed.as_str()]).find_map(seconds)
}

/// The time in a text such as `the last one took 12.3 ms`.
fn seconds(text: &str) -> Option<f64> {
    let (_, rest) = text.split_once(WORD)?;
    let mut words = rest.split_whitespace();
    let number: f64 = words.next()?.parse().ok()?;
    let unit = words.next()?.trim_end_matches(|c: char| !c.is_alphabetic());
    let factor = match unit {
        "s" => 1.0,
        "ms" => 1e-3,
        "µs" | "us" => 1e-6,
        _ => return None,
    };
    Some(number * factor)
}

/// The memory that programs may still take, where the system tells.
fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_found_in_what_the_kernel_says() {
        let microseconds = |text| seconds(text).map(|seconds| (seconds * 1e6).round());
        assert_eq!(
            microseconds("they are on; the last one took 12.5 ms."),
            Some(12_500.0)
        );
        assert_eq!(
            microseconds("the last one took 800 µs, of 3 variables"),
            Some(800.0)
        );
        assert_eq!(microseconds("snapshots are on"), None);
        assert_eq!(microseconds("it took long"), None);
    }
}
