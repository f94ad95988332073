//! From tokens to a function with a label.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Block, Error, Item, LitStr, Signature, Visibility};

/// What `#[timed]` stands on.
pub(crate) struct Timed {
    pub(crate) label: Option<LitStr>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) is_default: Option<syn::Token![default]>,
    pub(crate) signature: Signature,
    pub(crate) body: Block,
}

/// Parses the attribute's arguments and the function below it.
pub(crate) fn parse(arguments: TokenStream, item: TokenStream) -> Result<Timed, Error> {
    let label = parse_label(arguments)?;
    // A method of an impl block has the widest grammar: `self`, `default`, no semicolon.
    match syn::parse2::<syn::ImplItemFn>(item.clone()) {
        Ok(found) => Ok(Timed {
            label,
            attributes: found.attrs,
            visibility: found.vis,
            is_default: found.defaultness,
            signature: found.sig,
            body: found.block,
        }),
        Err(error) => Err(explain(item, error)),
    }
}

fn parse_label(arguments: TokenStream) -> Result<Option<LitStr>, Error> {
    if arguments.is_empty() {
        return Ok(None);
    }
    syn::parse2(arguments.clone()).map(Some).map_err(|_| {
        Error::new_spanned(
            &arguments,
            format!("`#[timed]` takes no argument but a name, found `{arguments}`\nhint: write #[timed] or #[timed(\"name\")]"),
        )
    })
}

/// Says what is there in place of a function with a body.
fn explain(item: TokenStream, error: Error) -> Error {
    if let Ok(method) = syn::parse2::<syn::TraitItemFn>(item.clone()) {
        let name = &method.sig.ident;
        return Error::new_spanned(
            method.semi_token,
            format!(
                "`{name}` has no body to measure\nhint: put #[timed] on the method in the impl block"
            ),
        );
    }
    let Ok(other) = syn::parse2::<Item>(item) else {
        return error;
    };
    let (kind, token) = kind_of(&other);
    Error::new_spanned(
        token,
        format!(
            "`#[timed]` measures functions, and this is {kind}\nhint: put it on a `fn`, or measure an expression with time!(…)"
        ),
    )
}

/// The word for an item, and the token to point at.
fn kind_of(item: &Item) -> (&'static str, TokenStream) {
    match item {
        Item::Struct(item) => ("a struct", item.struct_token.to_token_stream()),
        Item::Enum(item) => ("an enum", item.enum_token.to_token_stream()),
        Item::Impl(item) => ("an impl block", item.impl_token.to_token_stream()),
        Item::Trait(item) => ("a trait", item.trait_token.to_token_stream()),
        Item::Mod(item) => ("a module", item.mod_token.to_token_stream()),
        Item::Const(item) => ("a constant", item.const_token.to_token_stream()),
        Item::Static(item) => ("a static", item.static_token.to_token_stream()),
        other => ("something else", other.to_token_stream()),
    }
}
