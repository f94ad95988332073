//! Lesson 01: closures. Each module is one exercise.
//!
//! The modules come from `src/exercises/`, where the learner writes. With the feature `solution`
//! they come from `src/solutions/`, so that one set of tests grades both.

#[cfg(not(feature = "solution"))]
mod exercises {
    /// Two functions made into one.
    pub mod compose;

    /// A function applied again and again.
    pub mod apply_n;

    /// A closure that changes what it keeps.
    pub mod make_counter;

    /// Python's `sorted(items, key=…)`, written by hand.
    pub mod sort_by_key;

    /// A closure that gives out closures.
    pub mod curry;
}

#[cfg(feature = "solution")]
mod solutions {
    /// Two functions made into one.
    pub mod compose;

    /// A function applied again and again.
    pub mod apply_n;

    /// A closure that changes what it keeps.
    pub mod make_counter;

    /// Python's `sorted(items, key=…)`, written by hand.
    pub mod sort_by_key;

    /// A closure that gives out closures.
    pub mod curry;
}

#[cfg(not(feature = "solution"))]
pub use exercises::*;
#[cfg(feature = "solution")]
pub use solutions::*;
