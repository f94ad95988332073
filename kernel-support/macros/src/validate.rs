//! What parses but cannot be measured.

use crate::parse::Timed;
use syn::Error;

/// Refuses functions whose calls cannot be timed.
pub(crate) fn validate(timed: Timed) -> Result<Timed, Error> {
    let name = &timed.signature.ident;
    if let Some(token) = &timed.signature.constness {
        return Err(Error::new_spanned(
            token,
            format!(
                "`{name}` is a const fn, which may run in the compiler, where there is no clock\nhint: remove `const`, or measure the call with time!({name}(…))"
            ),
        ));
    }
    Ok(timed)
}
