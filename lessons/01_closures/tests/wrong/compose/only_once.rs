//! Wrong: thinks of `FnOnce`: the first call takes `f` out of the closure, so a second call finds
//! nothing.

/// Calls `f`, then `g`.
pub fn compose<T>(f: impl Fn(T) -> T, g: impl Fn(T) -> T) -> impl Fn(T) -> T {
    let first = std::cell::Cell::new(Some(f));
    move |x| g(first.take().expect("`f` was used up by the first call")(x))
}
