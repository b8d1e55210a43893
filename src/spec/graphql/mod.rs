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
