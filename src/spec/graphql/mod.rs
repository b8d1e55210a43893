//! From a GraphQL schema to operations: each field that queries begin at, and each list within what they give, becomes a
//! read with an address of its own, so that whose objects it shows is judged as for any other route.

mod arguments;
mod deep;
mod introspection;
mod lower;
mod schema;
mod sdl;
mod selection;
mod service;

pub use introspection::INTROSPECTION_QUERY;
pub use service::{GraphqlRefused, read_graphql};

/// Returns whether a text is a name by GraphQL's grammar, and none of its own.
fn is_name(text: &str) -> bool {
    text.len() <= 200
        && !text.starts_with("__")
        && text.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic())
        && text.chars().all(|letter| letter == '_' || letter.is_ascii_alphanumeric())
}
