/// Turns a function of two arguments into one that takes them one at a time: `curry(f)(a)(b)`
/// is `f(a, b)`.
///
/// The words after `+` are promises that make it possible: `Copy` says that `f` and `a` may be
/// kept in as many closures as needed, `'static` that they borrow nothing that could end early.
///
/// ```
/// use lesson_01_closures::curry::curry;
///
/// let with_suffix = curry(|suffix: &str, text: &str| format!("{text} {suffix}"));
/// let add_world = with_suffix("World");
/// assert_eq!(add_world("Hello"), "Hello World");
/// ```
pub fn curry<A, B, C>(f: impl Fn(A, B) -> C + Copy + 'static) -> impl Fn(A) -> Box<dyn Fn(B) -> C>
where
    A: Copy + 'static,
{
    move |a| Box::new(move |b| f(a, b))
}
