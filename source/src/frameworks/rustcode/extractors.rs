//! Parameters of handlers that refuse: an extractor that asks for a credential runs before the handler's body.

use super::{RustCode, bare_type_name};
use crate::frameworks::guarding::{is_harmless, make_guard};
use crate::frameworks::query::At;
use crate::routes::{Guard, GuardKind, GuardLevel};

/// Types of the frameworks that refuse no caller for who they are.
const PLAIN: [&str; 30] = [
    "Body",
    "BodyStream",
    "Bytes",
    "ConnectInfo",
    "Data",
    "Either",
    "Extension",
    "Extensions",
    "Form",
    "HeaderMap",
    "Host",
    "HttpRequest",
    "HttpResponse",
    "Json",
    "JsonConfig",
    "Method",
    "Multipart",
    "MultipartForm",
    "Option",
    "OriginalUri",
    "Path",
    "Payload",
    "Query",
    "Request",
    "Result",
    "State",
    "String",
    "Uri",
    "Version",
    "WebSocketUpgrade",
];
/// Traits by which a type becomes an extractor.
const TRAITS: [&str; 3] = ["FromRequestParts", "FromRequest", "OptionalFromRequestParts"];

impl<'s> RustCode<'s> {
    /// Returns the guards among the parameters of a handler.
    pub(in crate::frameworks) fn extractor_guards(&self, function: At<'s>) -> Vec<Guard> {
        let Some(list) = function.field("parameters") else { return Vec::new() };
        list.children().into_iter().filter_map(|parameter| self.extractor_guard(parameter)).collect()
    }

    fn extractor_guard(&self, parameter: At<'s>) -> Option<Guard> {
        let kind = parameter.field("type")?;
        let name = bare_type_name(kind.text());

        // The typed header of axum refuses requests without the header before the handler runs.
        if name == "TypedHeader" && kind.text().contains("Authorization") {
            return Some(make_guard(kind.text(), None, GuardLevel::Route, parameter.place()));
        }
        if PLAIN.contains(&name) || name.is_empty() {
            return None;
        }
        // An extractor is judged by its implementation where the project has one.
        let own = TRAITS.iter().find_map(|made| self.impls.get(&(*made, name))).map(|made| made.text());
        let guard = make_guard(kind.text(), own, GuardLevel::Route, parameter.place());

        // A parameter that only carries data is no guard, whatever its module's name is.
        let refuses = own.is_some_and(|body| !is_harmless(name, Some(body)));
        (refuses || guard.kind != GuardKind::Unknown).then_some(guard)
    }
}
