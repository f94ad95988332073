//! Wrong: a slip of the pen: `f` is called twice and `g` never. The compiler only warns that `g`
//! is unused.

/// Calls `f`, then `g`.
pub fn compose<T>(f: impl Fn(T) -> T, g: impl Fn(T) -> T) -> impl Fn(T) -> T {
    move |x| f(f(x))
}
