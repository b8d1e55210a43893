//! What handlers read of their requests: how operations can be asked where the document is silent.

use std::collections::BTreeMap;

use routewarden_source::reading::{BodyReading, ClientInput, IdOrigin, OwnershipReader, RequestReading};
use routewarden_source::routes::RouteEntry;

use super::index::CodeIndex;
use crate::model::{HandlerBody, HandlerInput, HandlerRequest, InputPlace, Method, OperationId, clean_text};

/// More values of one request are not looked at.
const MOST_INPUTS: usize = 60;
/// Longer names are no names.
const MOST_NAME: usize = 100;

impl CodeIndex {
    /// Reads what the handlers of some operations, documented or not, read of their requests.
    pub fn read_requests(&self, wanted: &[OperationId]) -> BTreeMap<OperationId, HandlerRequest> {
        let reader = OwnershipReader::new(self.project());
        let read = wanted.iter().filter_map(|id| {
            let entry = self.any_entry(id)?;
            let method = id.as_str().split(' ').next().and_then(Method::parse)?;
            Some((id.clone(), request_of(&reader, entry, method)))
        });
        read.collect()
    }
}

/// One function may serve several methods, and read another thing for each.
fn request_of(reader: &OwnershipReader<'_>, entry: &RouteEntry, method: Method) -> HandlerRequest {
    let one = RouteEntry { methods: [method.as_str().to_owned()].into_iter().collect(), ..entry.clone() };
    let Some(reading) = reader.read(&one).request else { return HandlerRequest::default() };
    let inputs = reading.inputs.iter().filter(|input| input.name.len() <= MOST_NAME).take(MOST_INPUTS);
    HandlerRequest {
        body: body_of(&reading),
        inputs: inputs.filter_map(input_of).collect(),
        makes: reading.makes.iter().take(MOST_INPUTS).map(|model| clean_text(model, MOST_NAME)).collect(),
    }
}

/// Returns the names that are read of the body; unknown where it is read as a whole, or within a value, or not to its end.
fn body_of(reading: &RequestReading) -> HandlerBody {
    let in_body = || reading.inputs.iter().filter(|input| input.from == IdOrigin::Body);
    let is_known = in_body().next().is_some() && !in_body().any(|input| input.is_nested);

    match reading.body {
        // An incomplete reading may have missed the very line that reads the body.
        BodyReading::Unread if reading.is_complete => HandlerBody::Absent,
        BodyReading::Json if is_known => HandlerBody::Json,
        BodyReading::Form if is_known => HandlerBody::Form,
        _ => HandlerBody::Unknown,
    }
}

fn input_of(input: &ClientInput) -> Option<HandlerInput> {
    let place = match input.from {
        IdOrigin::Path => InputPlace::Path,
        IdOrigin::Query => InputPlace::Query,
        IdOrigin::Body => InputPlace::Body,
        IdOrigin::Header => return None,
    };

    Some(HandlerInput {
        name: input.name.clone(),
        place,
        is_needed: input.is_needed,
        is_number: input.is_number,
        loads: input.loads.as_ref().map(|model| clean_text(model, MOST_NAME)),
    })
}
