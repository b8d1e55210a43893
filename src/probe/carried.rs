//! What a write carried, kept while the process lives and never stored: it says which of them changed something.

use serde_json::Value;
use url::Url;

/// Most values of one body that are kept.
const MAX_VALUES: usize = 80;
/// Longer texts are cut.
const MAX_LENGTH: usize = 200;
/// Deepest nesting of a body that is looked at.
const MAX_DEPTH: u8 = 6;

/// What a write named and wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carried {
    /// The parts of its path and the values of its query, decoded.
    address: Vec<String>,
    /// Scalars of its body with the name of their field; list items have their list's name.
    body: Vec<(String, String)>,
}

impl Carried {
    /// Returns what a request carries by its address and its body, with the body's media type.
    pub fn of(url: &Url, body: Option<&(String, Vec<u8>)>) -> Self {
        let body = body.map(|(media_type, bytes)| body_values(media_type, bytes)).unwrap_or_default();
        Self { address: address_values(url), body }
    }

    /// Returns true where a part of the address, or a value of the body, is this text.
    pub fn names(&self, text: &str) -> bool {
        let is_same = |value: &str| value == text;
        self.address.iter().any(|part| is_same(part)) || self.body.iter().any(|(_, value)| is_same(value))
    }

    /// Returns true where the body sets a field of this name to this text.
    pub fn sets(&self, field: &str, text: &str) -> bool {
        self.body.iter().any(|(name, value)| name == field && value == text)
    }

    /// Returns true where the body sets a field of this name to whatever value.
    pub fn sets_field(&self, field: &str) -> bool {
        self.body.iter().any(|(name, _)| name == field)
    }
}

fn address_values(url: &Url) -> Vec<String> {
    let decode = |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
    let parts = url.path_segments().into_iter().flatten().filter(|part| !part.is_empty()).map(decode);
    let values = url.query_pairs().map(|(_, value)| value.into_owned());
    parts.chain(values).take(MAX_VALUES).map(|text| cut_text(&text)).collect()
}

fn body_values(media_type: &str, bytes: &[u8]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if media_type.contains("form-urlencoded") {
        let pairs = url::form_urlencoded::parse(bytes).take(MAX_VALUES);
        found.extend(pairs.map(|(name, value)| (name.into_owned(), cut_text(&value))));
    } else if let Ok(json) = serde_json::from_slice::<Value>(bytes) {
        collect_values(&json, "", &mut found, 0);
    }
    found
}

fn collect_values(value: &Value, name: &str, found: &mut Vec<(String, String)>, depth: u8) {
    if found.len() >= MAX_VALUES || depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| collect_values(inner, name, found, depth + 1)),
        Value::Array(items) => items.iter().for_each(|item| collect_values(item, name, found, depth + 1)),
        Value::String(text) => found.push((name.to_owned(), cut_text(text))),
        scalar => found.push((name.to_owned(), scalar.to_string())),
    }
}

fn cut_text(text: &str) -> String {
    text.chars().take(MAX_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Carried;

    #[test]
    fn addresses_and_bodies_are_told_apart() -> Result<(), url::ParseError> {
        let url = url::Url::parse("http://127.0.0.1/people/7%2B/notes?to=b%20c")?;
        let body = json!({"note": {"title": "roof", "open": false}, "tags": ["a", "b"], "size": 3, "owner": null});
        let carried = Carried::of(&url, Some(&("application/json".to_owned(), body.to_string().into_bytes())));

        for text in ["people", "7+", "b c", "roof", "false", "b", "3", "null"] {
            assert!(carried.names(text), "{text}");
        }
        assert!(carried.sets("title", "roof") && carried.sets("tags", "b") && carried.sets("open", "false"));
        assert!(!carried.sets("title", "7+") && !carried.names("7") && !carried.sets("size", "roof"));
        assert!(carried.sets_field("owner") && !carried.sets_field("people"));
        let form = ("application/x-www-form-urlencoded".to_owned(), b"a=1&b=x+y".to_vec());
        assert!(Carried::of(&url, Some(&form)).sets("b", "x y"));

        Ok(())
    }
}
