/// Makes one function out of two: the result calls `f` first, and `g` with what `f` gave back.
///
/// Nothing is called while the two are put together, only when the result is called. It may be
/// called as often as one likes.
///
/// ```
/// use lesson_01_closures::compose::compose;
///
/// let net_to_shelf = compose(|price| price * 1.2, |price: f64| price.ceil());
/// assert_eq!(net_to_shelf(10.5), 13.0);
/// ```
pub fn compose<T>(f: impl Fn(T) -> T, g: impl Fn(T) -> T) -> impl Fn(T) -> T {
    move |x| g(f(x))
}
