//! Wrong: all closures look into one shared box for `a`, and it holds the latest. This is Python's
//! loop-lambda trap, rebuilt.

use std::{cell::Cell, rc::Rc};

/// Takes the two arguments of `f` one at a time.
pub fn curry<A, B, C>(f: impl Fn(A, B) -> C + Copy + 'static) -> impl Fn(A) -> Box<dyn Fn(B) -> C>
where
    A: Copy + 'static,
{
    let latest = Rc::new(Cell::new(None));
    move |a| {
        latest.set(Some(a));
        let latest = Rc::clone(&latest);
        Box::new(move |b| f(latest.get().expect("set before"), b))
    }
}
