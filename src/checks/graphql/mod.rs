//! GraphQL endpoints: whose fields they show, and what they let anyone ask.

mod endpoint;

use crate::checks::meta::family;

family![introspection::Introspection, batching::Batching, depth::Depth, field_authorization::FieldAuthorization,];
