//! Fills in what a document leaves open from what the handler's source reads. What the document says stays as it says it.

use super::effect::{judge_undocumented, takes_password};
use crate::model::{
    Api, BodyContent, HandlerBody, HandlerInput, HandlerRequest, InputPlace, JsonType, Method, Operation, OperationId,
    Parameter, Place, RequestBody, Schema, Style,
};

/// What was filled in for one operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Supplied {
    /// A body.
    pub body: bool,
    /// Parameters of the query.
    pub parameters: usize,
}

/// Returns whether a document says neither by a schema nor by an example what the body of an operation is that takes one.
pub fn lacks_body(operation: &Operation) -> bool {
    let says = |content: &BodyContent| content.schema.is_some() || content.example.is_some();
    let takes = matches!(operation.method, Method::Post | Method::Put | Method::Patch);
    takes && !operation.body.iter().flat_map(|body| &body.content).any(says)
}

/// Returns whether a document names no value of an operation's query.
pub fn lacks_query(operation: &Operation) -> bool {
    !operation.parameters.iter().any(|parameter| parameter.place == Place::Query)
}

/// Fills in the body and the query of an operation where the document is silent.
pub fn supplement_operation(api: &mut Api, id: &OperationId, request: HandlerRequest) -> Supplied {
    let Some(at) = api.operations.iter().position(|operation| operation.id == *id) else {
        return Supplied::default();
    };
    let Some((body, query)) = api.operations.get(at).map(|operation| (lacks_body(operation), lacks_query(operation)))
    else {
        return Supplied::default();
    };
    let made = if body { body_of(api, &request) } else { None };
    let parameters: Vec<Parameter> = if query { query_of(api, &request) } else { Vec::new() };
    let supplied = Supplied { body: made.is_some(), parameters: parameters.len() };

    if let Some(operation) = api.operations.get_mut(at) {
        operation.body = made.or_else(|| operation.body.take());
        operation.parameters.extend(parameters);
        operation.request = request;

        // Nothing but its path spoke for an undocumented operation: a value of its query may cast doubt on it.
        if !operation.is_documented() {
            (operation.effect, operation.effect_because) = judge_undocumented(operation);
        }
    }

    supplied
}

/// The body that the handler reads.
fn body_of(api: &mut Api, request: &HandlerRequest) -> Option<RequestBody> {
    let media_type = match request.body {
        HandlerBody::Json => "application/json",
        HandlerBody::Form => "application/x-www-form-urlencoded",
        HandlerBody::Unknown | HandlerBody::Absent => return None,
    };
    let inputs: Vec<&HandlerInput> = request.inputs.iter().filter(|input| input.place == InputPlace::Body).collect();
    let properties = inputs.iter().map(|input| (input.name.clone(), api.schemas.push(value_of(input)))).collect();
    let needed = inputs.iter().filter(|input| input.is_needed).map(|input| input.name.clone());
    let schema = Schema { types: vec![JsonType::Object], properties, required: needed.collect(), ..Schema::default() };
    let schema = Some(api.schemas.push(schema));
    let content = vec![BodyContent { media_type: media_type.to_owned(), schema, example: None }];

    Some(RequestBody { required: true, content })
}

fn value_of(input: &HandlerInput) -> Schema {
    let types = if input.is_number { vec![JsonType::Integer] } else { Vec::new() };
    Schema { types, ..Schema::default() }
}

/// The values of the query that the handler cannot do without, or loads an object by. What else it reads there narrows
/// down or sorts, and need not be sent.
fn query_of(api: &mut Api, request: &HandlerRequest) -> Vec<Parameter> {
    let is_wanted = |input: &&HandlerInput| {
        input.place == InputPlace::Query && (input.is_needed || input.loads.is_some()) && !takes_password(&input.name)
    };
    let wanted: Vec<&HandlerInput> = request.inputs.iter().filter(is_wanted).collect();
    let parameter = |input: &&HandlerInput| Parameter {
        name: input.name.clone(),
        place: Place::Query,
        // What is only looked up where it is given need not be given.
        required: input.is_needed,
        style: Style::Form,
        explode: true,
        allow_reserved: false,
        schema: Some(api.schemas.push(value_of(input))),
        content_type: None,
        example: None,
    };

    wanted.iter().map(parameter).collect()
}
