//! The attribute macros of the `ferrolab` crate, which re-exports them; nobody uses this crate by itself.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod expand;
mod parse;
mod validate;

use proc_macro::TokenStream;

/// Prints the name and the wall and CPU time of a function after each call.
///
/// It works on free functions and methods, generic and asynchronous ones, and prints after an
/// early return, a `?` and a panic as well. Calls inside timed calls are indented. An
/// asynchronous function's time includes the time in which it waited. `#[timed("name")]` prints
/// another name.
#[proc_macro_attribute]
pub fn timed(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    match parse::parse(arguments.into(), item.clone()).and_then(validate::validate) {
        Ok(timed) => expand::expand(&timed).into(),
        Err(error) => expand::report(&error, item).into(),
    }
}
