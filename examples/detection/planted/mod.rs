//! Kinds of secrets, by family. Formats are those that the vendors document; where a vendor documents a prefix alone, the
//! rest is what its issued tokens look like. Every value is random: none has ever been issued.

mod ai;
mod cloud;
mod code;
mod data;
mod fields;
mod headers;
mod hosting;
mod keys;
mod messages;
mod money;
mod operations;
mod registries;
mod tokens;
mod uris;
mod work;

use super::kit::kind::Kind;

/// All kinds of secrets.
pub fn kinds() -> Vec<Kind> {
    [
        code::kinds(),
        registries::kinds(),
        cloud::kinds(),
        hosting::kinds(),
        ai::kinds(),
        messages::kinds(),
        money::kinds(),
        operations::kinds(),
        work::kinds(),
        data::kinds(),
        keys::kinds(),
        tokens::kinds(),
        headers::kinds(),
        uris::kinds(),
        fields::kinds(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
