//! Where the parts of a request stand, in every framework that is read.

use super::super::value::Part;

/// Fields of a request.
const PARTS: [(&str, Part); 32] = [
    ("GET", Part::Query),
    ("POST", Part::Body),
    ("args", Part::Query),
    ("body", Part::Body),
    ("cookies", Part::Cookies),
    ("DATA", Part::Body),
    ("data", Part::Body),
    ("FILES", Part::Body),
    ("files", Part::Body),
    ("form", Part::Body),
    ("g", Part::Locals),
    ("headers", Part::Headers),
    ("META", Part::Headers),
    ("COOKIES", Part::Cookies),
    ("json", Part::Body),
    ("kwargs", Part::Path),
    ("locals", Part::Locals),
    ("match_info", Part::Path),
    ("matchdict", Part::Path),
    ("params", Part::Path),
    ("path_params", Part::Path),
    ("path_kwargs", Part::Path),
    ("payload", Part::Body),
    ("query", Part::Query),
    ("query_params", Part::Query),
    ("query_string", Part::Query),
    ("session", Part::Session),
    ("signedCookies", Part::Session),
    ("state", Part::Locals),
    ("validated_data", Part::Body),
    ("values", Part::Body),
    ("view_args", Part::Path),
];

/// Methods of a request.
const METHODS: [(&str, Part); 16] = [
    ("body", Part::Body),
    ("form", Part::Body),
    ("formData", Part::Body),
    ("get_body", Part::Body),
    ("get_data", Part::Body),
    ("get_json", Part::Body),
    ("getBody", Part::Body),
    ("getHeader", Part::Headers),
    ("getParameter", Part::Query),
    ("getPathVariable", Part::Path),
    ("header", Part::Headers),
    ("json", Part::Body),
    ("param", Part::Path),
    ("pathVariable", Part::Path),
    ("query", Part::Query),
    ("queryParam", Part::Query),
];

/// Returns which part of the request a field of it is.
pub(in super::super) fn request_part(field: &str) -> Option<Part> {
    PARTS.iter().find(|(known, _)| *known == field).map(|(_, part)| *part)
}

/// Returns which part of the request a method of it gives.
pub(in super::super) fn request_method(name: &str) -> Option<Part> {
    METHODS.iter().find(|(known, _)| *known == name).map(|(_, part)| *part)
}
