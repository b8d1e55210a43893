//! From the text of a schema to the operations and questions of its endpoint.

use serde_json::{Value, json};
use thiserror::Error;

use super::deep::deep_question;
use super::introspection::{INTROSPECTION_QUERY, read_introspection};
use super::lower::Lowered;
use super::schema::TypeSystem;
use super::sdl::read_sdl;
use crate::model::graphql::about;
use crate::model::{Api, GraphqlQuestion, GraphqlService, name_first};
use crate::spec::effect::settle_queries;

/// Names that the same field is asked under in one question.
const ALIASES: usize = 50;
/// Questions in one request.
const BATCHED: usize = 10;

/// Why a text is no GraphQL schema.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("it is no GraphQL schema: neither an answer to introspection (JSON with `__schema`) nor types with a `Query`")]
pub struct GraphqlRefused;

/// Adds to an API what a GraphQL schema says of the endpoint: an answer to introspection, or types in GraphQL's language.
///
/// # Errors
/// [`GraphqlRefused`] when it says nothing of queries.
pub fn read_graphql(api: &mut Api, endpoint: &str, text: &str) -> Result<(), GraphqlRefused> {
    let json: Option<Value> = serde_json::from_str(text).ok();
    let system = match &json {
        Some(answer) => read_introspection(answer),
        None => read_sdl(text),
    };
    let system = system.ok_or(GraphqlRefused)?;
    let mut schemas = std::mem::take(&mut api.schemas);
    let mut lowered = Lowered::new(&system, endpoint, &mut schemas);
    lowered.lower_all();
    let Lowered { operations, questions, left_out, .. } = lowered;
    api.schemas = schemas;
    let left_out = [mutations(&system), left_out].concat();
    let deep = deep_question(&system, endpoint);
    let has_cycle = deep.is_some();
    let questions = questions.into_iter().chain(questions_about(endpoint)).chain(deep).collect();
    let service = GraphqlService { endpoint: endpoint.to_owned(), questions, has_cycle, left_out };
    let first = api.operations.len();
    api.operations.extend(operations);
    settle_queries(api.operations.get_mut(first..).unwrap_or_default());
    api.graphql = Some(service);
    Ok(())
}

fn mutations(system: &TypeSystem) -> Vec<String> {
    let root = system.mutation.as_ref().and_then(|name| system.get(name));
    let names: Vec<String> = root.into_iter().flat_map(|root| &root.fields).map(|field| field.name.clone()).collect();
    if names.is_empty() {
        return Vec::new();
    }
    vec![format!("{} mutations ({})", names.len(), name_first(&names, 3, str::to_owned))]
}

/// The questions about the endpoint itself. None of them reaches a resolver of the API's own: names alone are asked, which
/// cost the target next to nothing.
fn questions_about(endpoint: &str) -> Vec<GraphqlQuestion> {
    let aliases: Vec<String> = (0..ALIASES).map(|n| format!("a{n}:__typename")).collect();
    let asked = [
        (about::INTROSPECTION, json!({"query": INTROSPECTION_QUERY})),
        (about::SUGGESTION, json!({"query": "query{__schem{queryType{name}}}"})),
        (about::PLAIN, json!({"query": "query{__typename}"})),
        (about::ALIASES, json!({"query": format!("query{{{}}}", aliases.join(" "))})),
        (about::BATCH, Value::Array(vec![json!({"query": "query{__typename}"}); BATCHED])),
    ];
    let question = |(what, body): (&str, Value)| GraphqlQuestion {
        path: format!("{endpoint}/{what}"),
        body,
        variables: Vec::new(),
        way: Vec::new(),
    };
    asked.into_iter().map(question).collect()
}
