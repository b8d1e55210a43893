//! Addresses and bodies of operations.

mod body;
mod path;
mod style;

use std::collections::BTreeMap;

use routewarden::model::{
    Effect, Handler, Method, Operation, OperationId, Parameter, Place, Security, SpecLocation, Style,
};
use routewarden::probe::Values;
use serde_json::Value;
use url::Url;

pub fn parameter(name: &str, place: Place, style: Style, explode: bool) -> Parameter {
    Parameter {
        name: name.to_owned(),
        place,
        required: true,
        style,
        explode,
        allow_reserved: false,
        schema: None,
        content_type: None,
        example: None,
    }
}

pub fn operation(path: &str, parameters: Vec<Parameter>) -> Operation {
    Operation {
        id: OperationId(format!("GET {path}")),
        method: Method::Get,
        path: path.to_owned(),
        operation_id: None,
        summary: String::new(),
        tags: Vec::new(),
        servers: Vec::new(),
        parameters,
        body: None,
        responses: Vec::new(),
        security: Security::Unstated,
        deprecated: false,
        effect: Effect::Reads,
        effect_because: String::new(),
        spec: SpecLocation::default(),
        handler: Handler::Unread,
        request: Default::default(),
    }
}

pub fn built(base: &str, path: &str, parameters: Vec<(Parameter, Value)>) -> Result<String, String> {
    let values: Values =
        parameters.iter().map(|(p, value)| ((p.place, p.name.clone()), value.clone())).collect::<BTreeMap<_, _>>();
    let operation = operation(path, parameters.into_iter().map(|(parameter, _)| parameter).collect());
    let url = routewarden::probe::operation_url(&Url::parse(base).unwrap(), &operation, &values);
    let url = url.map_err(|refused| refused.to_string())?;
    Ok(url.as_str().strip_prefix("http://api.test").unwrap().to_owned())
}
