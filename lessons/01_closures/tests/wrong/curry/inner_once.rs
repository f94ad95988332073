//! Wrong: takes `a` out of the inner closure when it is called, so it works only once.

use std::cell::Cell;

/// Takes the two arguments of `f` one at a time.
pub fn curry<A, B, C>(f: impl Fn(A, B) -> C + Copy + 'static) -> impl Fn(A) -> Box<dyn Fn(B) -> C>
where
    A: Copy + 'static,
{
    move |a| {
        let kept = Cell::new(Some(a));
        Box::new(move |b| f(kept.take().expect("`a` was used up by the first call"), b))
    }
}
