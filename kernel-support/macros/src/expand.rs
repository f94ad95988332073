//! From a function with a label to code.

use crate::parse::Timed;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, LitStr};

/// The same function, whose body begins with a guard that prints when it is dropped. The guard is
/// made inside the body, so in an `async fn` it lives as long as the future runs.
pub(crate) fn expand(timed: &Timed) -> TokenStream {
    let Timed {
        label,
        attributes,
        visibility,
        is_default,
        signature,
        body,
    } = timed;
    let name = &signature.ident;
    let plain = LitStr::new(&name.to_string(), name.span());
    let label = label.as_ref().unwrap_or(&plain);
    let start = match signature.asyncness {
        Some(_) => quote!(start_async),
        None => quote!(start),
    };
    let inner = body.stmts.iter();
    quote! {
        #(#attributes)*
        #visibility #is_default #signature {
            let _ferrolab_timed = ::ferrolab::__private::TimedCall::#start(#label);
            #(#inner)*
        }
    }
}

/// The error, and the item as it stood, so that no further errors follow from its absence.
pub(crate) fn report(error: &Error, item: TokenStream) -> TokenStream {
    let error = error.to_compile_error();
    quote!(#item #error)
}
