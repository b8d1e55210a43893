//! How an object is made otherwise than usual: by another sender, with further fields, or below what is not the caller's own.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::kinds::Acting;
use super::maker::Created;
use crate::probe::{Answer, Values};
use crate::survey::Object;

/// How an object is made otherwise than usual.
#[derive(Debug, Clone, Default)]
pub struct Unusual {
    /// As whom the request is sent, where it is not the caller whose it is meant to be.
    pub sender: Option<String>,
    /// Further fields of the body, whatever the schema says of them.
    pub fields: Map<String, Value>,
    /// They stay as they are also where a refusal complains of them.
    pub insists: bool,
    /// Whose the object may become instead.
    pub heirs: Vec<String>,
    /// Below what it is made, where that is not the caller's own.
    pub below: Option<Below>,
}

/// The path of what is made below another caller's object.
#[derive(Debug, Clone, PartialEq)]
pub struct Below {
    /// The values by which the request names it.
    pub path: Values,
    /// The values of the path at which what is made there is found again.
    pub home: Values,
}

/// What came of making an object otherwise than usual.
#[derive(Debug)]
pub enum Unusually {
    /// It was made.
    Made(Box<Created>),
    /// It was not; the answer, where there was one, and why.
    Not(Option<Arc<Answer>>, String),
}

/// Returns what the values of a creation's path say of the parents of what it makes.
pub(super) fn context_of(acting: &Acting, values: &Values) -> Object {
    let mut context = Object { resource: acting.resource.clone().unwrap_or_default(), ..Object::default() };
    for slot in &acting.slots {
        let Some(value) = values.get(&(slot.place, slot.name.clone())) else { continue };
        context.context.extend(slot.resources.iter().map(|resource| (resource.clone(), value.clone())));
    }
    context
}
