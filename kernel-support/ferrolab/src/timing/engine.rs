//! The measuring loop: calibrated batches, rounds in random order.

use super::answer::Answer;
use super::clock::timer_precision;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A measurement runs at most this many rounds, however short they are.
const MOST_ROUNDS: usize = 101;

/// Fewer rounds than this are run only if time is far over the budget.
const FEW_ROUNDS: usize = 6;

/// Runs `work` `loops` times and says how long that took.
///
/// The closure goes through `black_box` each time, so that the compiler can neither move the work
/// out of the loop nor know what it captured; the result does too, so that it must be made.
#[inline(never)]
pub(crate) fn batch<R>(loops: u64, work: &mut impl FnMut() -> R) -> Duration {
    let start = Instant::now();
    for _ in 0..loops {
        black_box(black_box(&mut *work)());
    }
    start.elapsed()
}

/// What a measuring round asks of one arm: time so many loops, or say what the answer is.
#[derive(Debug)]
pub struct Visit {
    pub(crate) loops: Option<u64>,
    pub(crate) elapsed: Duration,
    pub(crate) answer: Option<Answer>,
}

impl Visit {
    /// A visit that times so many loops.
    pub(crate) fn timing(loops: u64) -> Self {
        Self {
            loops: Some(loops),
            elapsed: Duration::ZERO,
            answer: None,
        }
    }

    /// A visit that runs once and keeps the answer.
    pub(crate) fn asking() -> Self {
        Self {
            loops: None,
            elapsed: Duration::ZERO,
            answer: None,
        }
    }

    /// Does what is asked. `compare!` calls this for the arm whose turn it is.
    #[doc(hidden)]
    pub fn arm<R>(
        &mut self,
        mut work: impl FnMut() -> R,
        answer: impl FnOnce(&R) -> Option<Answer>,
    ) {
        if let Some(loops) = self.loops {
            self.elapsed = batch(loops, &mut work);
            return;
        }
        let start = Instant::now();
        let value = black_box(work());
        self.elapsed = start.elapsed();
        self.answer = answer(&value);
    }
}

/// The samples of all arms: `seconds[arm][round]`, each the time of one loop.
#[derive(Debug, Clone)]
pub(crate) struct Samples {
    pub(crate) seconds: Vec<Vec<f64>>,
    pub(crate) loops: Vec<u64>,
}

/// Times one batch: arm number and loops give the elapsed time.
pub(crate) type Run<'a, E> = dyn FnMut(usize, u64) -> Result<Duration, E> + 'a;

/// Measures several arms in rounds; in each round every arm runs once, in random order, so that
/// a change in the machine's speed meets all of them alike.
///
/// `once` holds the time of one first run of each arm, which has been made already.
pub(crate) fn interleave<E>(
    once: &[Duration],
    budget: Duration,
    run: &mut Run<'_, E>,
) -> Result<Samples, E> {
    let start = Instant::now();
    let loops = calibrate_all(once, budget, run)?;
    let (mut seconds, spent) = first_round(once, budget);
    let mut random = Random::new(once.len() as u64);
    let mut order: Vec<usize> = (0..once.len()).collect();
    for round in seconds.first().map_or(0, Vec::len)..MOST_ROUNDS {
        let needed = if round < FEW_ROUNDS {
            budget * 2
        } else {
            budget
        };
        if round > 0 && spent + start.elapsed() >= needed {
            break;
        }
        random.shuffle(&mut order);
        for &arm in &order {
            let elapsed = run(arm, loops[arm])?;
            seconds[arm].push(elapsed.as_secs_f64() / loops[arm] as f64);
        }
    }
    Ok(Samples { seconds, loops })
}

/// The first runs count as a round when all of them are long: then there is no time to waste, and
/// what a first run has to warm up is small beside it.
fn first_round(once: &[Duration], budget: Duration) -> (Vec<Vec<f64>>, Duration) {
    if once.iter().all(|first| *first >= budget / 4) {
        let seconds = once.iter().map(|first| vec![first.as_secs_f64()]).collect();
        return (seconds, once.iter().sum());
    }
    (vec![Vec::new(); once.len()], Duration::ZERO)
}

/// The number of loops for each arm: a thirtieth of its share of the budget, at most 10 ms.
fn calibrate_all<E>(
    once: &[Duration],
    budget: Duration,
    run: &mut Run<'_, E>,
) -> Result<Vec<u64>, E> {
    let share = budget / (once.len().max(1) as u32 * 30);
    let target = share.min(Duration::from_millis(10));
    once.iter()
        .enumerate()
        .map(|(arm, first)| calibrate(arm, *first, target, run))
        .collect()
}

/// Doubles the number of loops until a batch lasts long enough to be timed well.
fn calibrate<E>(
    arm: usize,
    first: Duration,
    target: Duration,
    run: &mut Run<'_, E>,
) -> Result<u64, E> {
    let target = target.max(timer_precision() * 100);
    if first >= target {
        return Ok(1);
    }
    let mut loops = 1_u64;
    loop {
        let elapsed = run(arm, loops)?;
        if elapsed >= target / 2 || loops >= 1 << 30 {
            let wanted = target.as_secs_f64() / elapsed.as_secs_f64().max(1e-9);
            return Ok((loops as f64 * wanted.min(4.0)).ceil().max(1.0) as u64);
        }
        let growth = target.as_nanos() / elapsed.as_nanos().max(1) / 2;
        loops *= growth.clamp(2, 16) as u64;
    }
}

/// A small generator of pseudo-random numbers (xorshift64*), for orders only.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number from 0 up to, not including, 1.
    #[cfg(test)]
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn shuffle(&mut self, items: &mut [usize]) {
        for end in (1..items.len()).rev() {
            items.swap(end, (self.next() % (end as u64 + 1)) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// An arm whose loop takes a fixed time, on a clock that is only counted.
    fn simulate(loop_ns: u64) -> Samples {
        let mut run = |_: usize, loops: u64| {
            std::thread::sleep(Duration::from_micros(20));
            Ok::<_, Infallible>(Duration::from_nanos(loop_ns * loops))
        };
        let once = [Duration::from_nanos(loop_ns); 2];
        let Ok(samples) = interleave(&once, Duration::from_millis(30), &mut run);
        samples
    }

    #[test]
    fn short_work_is_looped_and_long_work_is_not() {
        let short = simulate(10);
        assert!(short.loops[0] >= 1_000, "{:?}", short.loops);
        assert!((short.seconds[0][0] - 10e-9).abs() < 1e-15);
        assert_eq!(simulate(1_000_000_000).loops, [1, 1]);
    }

    #[test]
    fn all_arms_have_as_many_samples() {
        let samples = simulate(1_000);
        assert_eq!(samples.seconds[0].len(), samples.seconds[1].len());
        assert!(samples.seconds[0].len() >= FEW_ROUNDS);
    }

    #[test]
    fn long_runs_are_not_repeated_beyond_the_budget() {
        let long = Duration::from_millis(40);
        let mut calls = 0;
        let mut run = |_: usize, loops: u64| {
            calls += loops;
            std::thread::sleep(long);
            Ok::<_, Infallible>(long)
        };
        let Ok(samples) = interleave(&[long; 2], Duration::from_millis(20), &mut run);
        assert_eq!(samples.seconds, [[0.04], [0.04]]);
        assert_eq!(calls, 0);
    }

    #[test]
    fn an_error_ends_the_measurement() {
        let mut run = |_: usize, _: u64| Err::<Duration, _>("stop");
        let result = interleave(&[Duration::ZERO], Duration::from_millis(5), &mut run);
        assert_eq!(result.unwrap_err(), "stop");
    }

    #[test]
    fn shuffling_keeps_every_item() {
        let mut items: Vec<usize> = (0..20).collect();
        Random::new(3).shuffle(&mut items);
        assert_ne!(items, (0..20).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..20).collect::<Vec<_>>());
    }
}
