//! Wrong: the order of mathematics, where `g ∘ f` is read from the right. Here `f` comes first.

/// Calls `f`, then `g`.
pub fn compose<T>(f: impl Fn(T) -> T, g: impl Fn(T) -> T) -> impl Fn(T) -> T {
    move |x| f(g(x))
}
