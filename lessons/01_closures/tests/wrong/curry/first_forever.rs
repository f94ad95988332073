//! Wrong: remembers the first `a` it was ever given and hands that to every later closure.

use std::cell::Cell;

/// Takes the two arguments of `f` one at a time.
pub fn curry<A, B, C>(f: impl Fn(A, B) -> C + Copy + 'static) -> impl Fn(A) -> Box<dyn Fn(B) -> C>
where
    A: Copy + 'static,
{
    let first = Cell::new(None);
    move |a| {
        let kept = first.get().unwrap_or(a);
        first.set(Some(kept));
        Box::new(move |b| f(kept, b))
    }
}
