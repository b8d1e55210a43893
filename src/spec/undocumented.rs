//! Operations that no document names: a path, a method, and where the source has them.

use super::effect::judge_undocumented;
use crate::model::{
    Effect, Handler, HandlerPlace, HandlerRequest, Method, Operation, OperationId, Parameter, Place, Security,
    SpecLocation, Style,
};

/// Makes the operation of a route that only the source has. Its path has `{name}` for each parameter; each is required
/// and may be anything.
pub fn undocumented_operation(method: Method, path: &str, handler: HandlerPlace) -> Operation {
    let mut operation = Operation {
        id: OperationId(format!("{method} {path}")),
        method,
        path: path.to_owned(),
        operation_id: None,
        summary: String::new(),
        tags: Vec::new(),
        servers: Vec::new(),
        parameters: slot_names(path).map(path_parameter).collect(),
        body: None,
        responses: Vec::new(),
        security: Security::Unstated,
        deprecated: false,
        effect: Effect::Doubtful(String::new()),
        effect_because: String::new(),
        spec: SpecLocation::default(),
        handler: Handler::Undocumented(handler),
        request: HandlerRequest::default(),
    };

    (operation.effect, operation.effect_because) = judge_undocumented(&operation);
    operation
}

fn slot_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name)
}

fn path_parameter(name: &str) -> Parameter {
    Parameter {
        name: name.to_owned(),
        place: Place::Path,
        required: true,
        style: Style::Simple,
        explode: false,
        allow_reserved: false,
        schema: None,
        content_type: None,
        example: None,
    }
}
