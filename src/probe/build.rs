//! From an operation and values to an address: styles of parameters as OpenAPI 3.0 §4.7.12 has them.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use thiserror::Error;
use url::Url;

use super::client::SendError;
use crate::model::{Operation, Parameter, Place, Style, address_below};

/// Values of parameters by place and name.
pub type Values = BTreeMap<(Place, String), Value>;

/// RFC 3986 unreserved characters stay.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// Reserved ones too, for `allowReserved`.
const RESERVED: &AsciiSet = &STRICT
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'[')
    .remove(b']')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b';');

/// Why an operation has no address with these values.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AddressRefused {
    /// The parameter; `/invoices/{id}` would become `/invoices/`, which is another operation.
    #[error("the value for {{{0}}} is empty")]
    EmptyValue(String),
    /// The segment.
    #[error("the path would have a step up in it (`{0}`)")]
    StepUp(String),
    /// The path from the parameter on.
    #[error("no value for {0}")]
    NoValue(String),
}

impl From<AddressRefused> for SendError {
    fn from(refused: AddressRefused) -> Self {
        Self::Unbuildable(refused.to_string())
    }
}

/// The address of an operation below `base`; parameters without a value are left out. A path parameter without a value,
/// with an empty one or with dots alone is an error: the address would be that of another operation.
///
/// # Errors
/// What is missing or wrong.
pub fn operation_url(base: &Url, operation: &Operation, values: &Values) -> Result<Url, AddressRefused> {
    let mut path = operation.path.clone();
    let mut query: Vec<String> = Vec::new();

    for parameter in &operation.parameters {
        let Some(value) = values.get(&(parameter.place, parameter.name.clone())) else { continue };
        match parameter.place {
            Place::Path => {
                let text = path_text(parameter, value);
                if text.is_empty() {
                    return Err(AddressRefused::EmptyValue(parameter.name.clone()));
                }
                path = path.replace(&format!("{{{}}}", parameter.name), &text);
            }
            Place::Query => query.extend(query_pairs(parameter, value)),
            Place::Header | Place::Cookie => {}
        }
    }

    // Looked at once all values are in: dots may come together from a value and what stands around it.
    if let Some(segment) = path.split('/').find(|segment| is_dots(segment)) {
        return Err(AddressRefused::StepUp(segment.to_owned()));
    }
    if let Some(open) = path.find('{') {
        return Err(AddressRefused::NoValue(path.get(open..).unwrap_or_default().to_owned()));
    }
    let mut url = address_below(base, &path);
    url.set_query(if query.is_empty() { None } else { Some(query.join("&")) }.as_deref());
    Ok(url)
}

/// Dots alone are a step up (RFC 3986 §5.2.4), encoded ones too (WHATWG URL, path state): such an id would ask for
/// something else than was meant.
fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

fn encode_parameter(text: &str, parameter: &Parameter) -> String {
    // In a path a reserved `/` would lead to another operation; `allowReserved` is of queries alone (OpenAPI 3.0 §4.7.12.1).
    let reserved = parameter.allow_reserved && parameter.place == Place::Query;
    let set = if reserved { RESERVED } else { STRICT };
    utf8_percent_encode(text, set).to_string()
}

/// The header parameters of an operation that have a value, as they are sent.
pub fn header_values(operation: &Operation, values: &Values) -> Vec<(String, String)> {
    operation
        .parameters
        .iter()
        .filter(|parameter| parameter.place == Place::Header)
        .filter_map(|parameter| {
            let value = values.get(&(Place::Header, parameter.name.clone()))?;
            // A line break in a value would begin another header.
            Some((parameter.name.clone(), parameter_text(value).replace(['\r', '\n'], " ")))
        })
        .collect()
}

/// A scalar as it is written in addresses and headers.
pub fn parameter_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn item_texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(parameter_text).collect(),
        other => vec![parameter_text(other)],
    }
}

fn key_value_pairs(value: &Value) -> Vec<(String, String)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), parameter_text(value))).collect()
}

fn path_text(parameter: &Parameter, value: &Value) -> String {
    let flat = |separator: &str, inner: &str| -> String {
        if value.is_object() {
            key_value_pairs(value)
                .into_iter()
                .map(|(key, value)| {
                    format!("{}{inner}{}", encode_parameter(&key, parameter), encode_parameter(&value, parameter))
                })
                .collect::<Vec<_>>()
                .join(separator)
        } else {
            item_texts(value).iter().map(|item| encode_parameter(item, parameter)).collect::<Vec<_>>().join(separator)
        }
    };

    let inner = if parameter.explode { "=" } else { "," };
    match parameter.style {
        Style::Label => format!(".{}", flat(if parameter.explode { "." } else { "," }, inner)),
        Style::Matrix if parameter.explode && value.is_array() => item_texts(value)
            .iter()
            .map(|item| format!(";{}={}", parameter.name, encode_parameter(item, parameter)))
            .collect(),
        Style::Matrix if parameter.explode && value.is_object() => format!(";{}", flat(";", "=")),
        Style::Matrix => format!(";{}={}", parameter.name, flat(",", ",")),
        _ => flat(",", inner),
    }
}

fn query_pairs(parameter: &Parameter, value: &Value) -> Vec<String> {
    let name = utf8_percent_encode(&parameter.name, STRICT).to_string();
    // A parameter with `content` is written in its media type (OpenAPI 3.0 §4.7.12), which is JSON nearly always.
    if parameter.content_type.is_some() {
        return vec![format!("{name}={}", encode_parameter(&value.to_string(), parameter))];
    }
    let join = |separator: &str| {
        let all = if value.is_object() {
            key_value_pairs(value).into_iter().flat_map(|(key, value)| [key, value]).collect()
        } else {
            item_texts(value)
        };
        all.iter().map(|item| encode_parameter(item, parameter)).collect::<Vec<_>>().join(separator)
    };

    match parameter.style {
        Style::DeepObject => key_value_pairs(value)
            .into_iter()
            .map(|(key, value)| {
                format!("{name}%5B{}%5D={}", encode_parameter(&key, parameter), encode_parameter(&value, parameter))
            })
            .collect(),
        Style::SpaceDelimited if !parameter.explode => vec![format!("{name}={}", join("%20"))],
        Style::PipeDelimited if !parameter.explode => vec![format!("{name}={}", join("%7C"))],
        Style::TabDelimited if !parameter.explode => vec![format!("{name}={}", join("%09"))],
        _ if parameter.explode && value.is_object() => key_value_pairs(value)
            .into_iter()
            .map(|(key, value)| {
                format!("{}={}", encode_parameter(&key, parameter), encode_parameter(&value, parameter))
            })
            .collect(),
        _ if parameter.explode => {
            item_texts(value).iter().map(|item| format!("{name}={}", encode_parameter(item, parameter))).collect()
        }
        _ => vec![format!("{name}={}", join(","))],
    }
}

/// A body in its media type: JSON, form, multipart (text parts) or plain text. Returns the content type with its
/// parameters, and the bytes.
pub fn serialize_body(media_type: &str, value: &Value) -> (String, Vec<u8>) {
    if media_type == "application/x-www-form-urlencoded" {
        let text = key_value_pairs(value)
            .into_iter()
            .map(|(key, value)| {
                format!("{}={}", utf8_percent_encode(&key, STRICT), utf8_percent_encode(&value, STRICT))
            })
            .collect::<Vec<_>>()
            .join("&");
        return (media_type.to_owned(), text.into_bytes());
    }

    if media_type.starts_with("multipart/") {
        // A fixed boundary: equal bodies are equal requests, which the ledger answers from memory.
        let boundary = "routewarden-7f3a9c51d2";
        let mut text = String::new();

        for (key, value) in key_value_pairs(value) {
            // A name must end neither its quotes nor the header's line.
            let key = key.replace(['"', '\r', '\n'], "_");
            text.push_str(&format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n"
            ));
        }

        text.push_str(&format!("--{boundary}--\r\n"));
        return (format!("{media_type}; boundary={boundary}"), text.into_bytes());
    }

    if media_type.starts_with("text/") {
        return (media_type.to_owned(), parameter_text(value).into_bytes());
    }
    (media_type.to_owned(), value.to_string().into_bytes())
}
