//! Objects that a test makes as the scan did: their ids give way in paths and bodies to those of the new ones.

use routewarden_source::regress::MadeObject;
use serde_json::Value;

use super::NoTest;
use super::cast::{Cast, base_name};
use crate::report::{ObjectRecipe, Report};

/// Stands for the id of what the request itself makes, until it is known which one it is.
pub(super) const NEW: &str = "{made:new}";
/// More objects are not made for one test.
const MOST_OBJECTS: usize = 12;
/// How many letters and digits follow `rw` in the scan's own words.
const WORD_REST: usize = 10;
/// A shorter number is an id only where its field is called so.
const LEAST_ID: usize = 3;

/// The objects that a test needs, in the order in which they are made.
pub(super) struct Remaking<'a> {
    report: &'a Report,
    cast: &'a Cast,
    needed: Vec<(&'a ObjectRecipe, MadeObject)>,
    /// Those that are being placed: an id that its maker chose stands in the object's own body too.
    placing: Vec<&'a ObjectRecipe>,
    fault: Option<String>,
}

impl<'a> Remaking<'a> {
    /// Nothing is needed yet.
    pub(super) fn new(report: &'a Report, cast: &'a Cast) -> Remaking<'a> {
        Remaking { report, cast, needed: Vec::new(), placing: Vec::new(), fault: None }
    }

    /// Returns what is made.
    ///
    /// # Errors
    /// Something cannot be made again; says what.
    pub(super) fn into_made(self) -> Result<Vec<MadeObject>, NoTest> {
        match self.fault {
            Some(fault) => Err(fault.into()),
            None => Ok(self.needed.into_iter().map(|(_, made)| made).collect()),
        }
    }

    /// Returns a path in which ids of the scan's own objects give way.
    pub(super) fn path(&mut self, template: &str, path: &str) -> String {
        let (own, query) = path.split_once('?').map_or((path, None), |(own, query)| (own, Some(query)));
        // Counted from the end: the path that was sent has the path of the server before the template.
        let slots: Vec<bool> = template.split('/').rev().map(|part| part.contains('{')).collect();
        let parts: Vec<&str> = own.split('/').collect();
        let count = parts.len();
        let mut made: Vec<String> = Vec::new();

        for (at, part) in parts.iter().enumerate() {
            let is_slot = slots.get(count - 1 - at).copied().unwrap_or(false);
            let before = parts.get(..at).unwrap_or_default().join("/");
            made.push(if is_slot { self.segment(part, &before) } else { (*part).to_owned() });
        }
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        made.join("/") + &query
    }

    /// Returns the path of a read, in which `new` is the id of what the request itself makes.
    pub(super) fn view(&mut self, path: &str, new: Option<&str>) -> String {
        let parts: Vec<&str> = path.split('/').collect();
        let mut made: Vec<String> = Vec::new();

        for (at, part) in parts.iter().enumerate() {
            let before = parts.get(..at).unwrap_or_default().join("/");
            made.push(match *part {
                part if Some(part) == new => NEW.to_owned(),
                part => self.segment(part, &before),
            });
        }

        made.join("/")
    }

    /// Returns what stands for an id.
    pub(super) fn id(&mut self, id: &str) -> String {
        self.segment(id, "")
    }

    fn segment(&mut self, value: &str, before: &str) -> String {
        // Rows of several tables may have one number: what is of the path's own collection comes first.
        let near = self.made_near(value, before);

        if let Some(account) = self.account(value).filter(|_| near.is_none()) {
            return account;
        }
        let found = near.or_else(|| self.recipe(value, before));

        match found.and_then(|recipe| self.place(recipe)) {
            Some(place) => format!("{{made:{place}}}"),
            None => value.to_owned(),
        }
    }

    /// The account that has an id, as the test calls it.
    fn account(&self, id: &str) -> Option<String> {
        let accounts = self.report.rebuild.as_ref()?.accounts.iter().map(|account| account.name.as_str());
        let names: Vec<&str> = accounts.collect();
        let write = self.report.writes.iter().find(|write| {
            let is_account = names.contains(&base_name(&write.identity));
            write.object == id && is_account && self.is_sign_up(&write.identity, &write.operation)
        })?;
        let who = if self.cast.is_stranger(base_name(&write.identity)) { "stranger" } else { "owner" };
        Some(format!("{{account:{who}}}"))
    }

    /// Returns whether a write is the first of its caller: the sign-up.
    fn is_sign_up(&self, identity: &str, operation: &str) -> bool {
        self.report
            .writes
            .iter()
            .find(|write| write.identity == identity)
            .is_some_and(|first| first.operation == operation)
    }

    /// Returns how the object with an id was made that the path before it is the collection of.
    fn made_near(&self, id: &str, before: &str) -> Option<&'a ObjectRecipe> {
        let all = &self.report.rebuild.as_ref()?.objects;
        all.iter().find(|recipe| recipe.id == id && is_near(recipe, before)).filter(|_| !before.is_empty())
    }

    /// How the object with an id was made; one of the same kind and caller, where that one was of a check alone.
    fn recipe(&self, id: &str, before: &str) -> Option<&'a ObjectRecipe> {
        let all = &self.report.rebuild.as_ref()?.objects;
        let mut same = all.iter().filter(|recipe| recipe.id == id);
        same.next().filter(|_| id.len() >= LEAST_ID || before.is_empty()).or_else(|| {
            let write = self.report.writes.iter().find(|write| write.object == id)?;
            let alike = |recipe: &&ObjectRecipe| {
                recipe.operation == write.operation && base_name(&recipe.caller) == base_name(&write.identity)
            };
            all.iter().filter(alike).find(|recipe| is_near(recipe, before))
        })
    }

    /// The place of an object among those that are made; what it is within comes first.
    fn place(&mut self, recipe: &'a ObjectRecipe) -> Option<usize> {
        if let Some(known) =
            self.needed.iter().position(|(known, _)| known.id == recipe.id && known.path == recipe.path)
        {
            return Some(known);
        }
        if self.placing.iter().any(|open| open.id == recipe.id && open.path == recipe.path) {
            return None;
        }
        if self.needed.len() + self.placing.len() >= MOST_OBJECTS {
            self.fault = Some(format!("more than {MOST_OBJECTS} objects would have to be made first"));
            return None;
        }
        let by = base_name(&recipe.caller);
        let by_second = self.cast.is_stranger(by);

        if !by_second && self.cast.owner.as_ref().is_none_or(|owner| owner.name != by) {
            self.fault = Some(format!("an object of {by} would be needed, who takes no part in the test"));
            return None;
        }

        // Parents in path and body are placed on the way, and so are made before this one.
        let template = recipe.operation.split_once(' ').map_or(recipe.operation.as_str(), |(_, path)| path);
        let Ok(body) = serde_json::from_str::<Value>(&recipe.body) else {
            self.fault = Some(format!("{} would have to be sent first with a body that is no JSON", recipe.operation));
            return None;
        };
        self.placing.push(recipe);
        let path = self.path(template, &recipe.path);
        let body = self.body(&body);
        self.placing.pop();
        let made = MadeObject { path, body, pointer: recipe.id_at.clone(), id: String::new(), by_second };
        self.needed.push((recipe, made));

        Some(self.needed.len() - 1)
    }

    /// Returns a body in which ids and the scan's own words give way.
    pub(super) fn body(&mut self, body: &Value) -> Value {
        self.value("", body)
    }

    fn value(&mut self, name: &str, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.value(name, item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, inner)| (name.clone(), self.value(name, inner))).collect()
            }
            Value::Number(number) => {
                let id = number.to_string();
                // A number must stay one in JSON: its placeholder is written without quotes.
                let place = self.named(name, &id);
                place.map_or_else(|| value.clone(), |text| Value::String(text.replace("{made:", "{number:")))
            }
            Value::String(text) => Value::String(self.named(name, text).unwrap_or_else(|| with_fresh_words(text))),
            other => other.clone(),
        }
    }

    /// Returns what stands for an id in a body. A short one may be any number: its field must be called so.
    fn named(&mut self, name: &str, id: &str) -> Option<String> {
        let is_named = name.to_ascii_lowercase().ends_with("id");
        let is_id = is_named || id.len() > LEAST_ID && !id.chars().all(|letter| letter.is_ascii_digit());

        if !is_id {
            return None;
        }
        let text = self.segment(id, "");
        (text != id).then_some(text)
    }
}

/// Returns whether an object is of the collection that a path ends with.
fn is_near(recipe: &ObjectRecipe, before: &str) -> bool {
    // Django's addresses end in a slash.
    let path = recipe.path.split('?').next().unwrap_or_default().trim_end_matches('/');
    before.is_empty() || path == before || path.rsplit('/').next() == before.rsplit('/').next()
}

/// Puts a placeholder where the scan wrote one of its words, so that nothing is made twice under one name.
fn with_fresh_words(text: &str) -> String {
    let is_letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let mut made = String::new();
    let mut rest = text;

    while let Some(at) = rest.find("rw") {
        let (before, word) = rest.split_at(at);
        let own = word.get(2..2 + WORD_REST).filter(|own| own.chars().all(is_letter));
        // A longer word that happens to hold `rw` is not the scan's.
        let stands_alone = !before.ends_with(is_letter);
        made.push_str(before);

        if own.is_some() && stands_alone {
            made.push_str("{word}");
            rest = word.get(2 + WORD_REST..).unwrap_or_default();
        } else {
            made.push_str("rw");
            rest = word.get(2..).unwrap_or_default();
        }
    }

    made + rest
}

/// Returns where an answer has an id that is a part of a path, and the id.
pub(super) fn id_in_path(answer: &Value, path: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut found: Vec<(String, String)> = Vec::new();
    collect_scalars(answer, String::new(), &mut found);

    // The last part names the object itself; the shallowest field of that value, and rather one that is called so, is its id.
    parts.iter().rev().find_map(|part| {
        let same = found.iter().filter(|(_, text)| text == part);
        same.min_by_key(|(at, _)| (!at.to_ascii_lowercase().ends_with("id"), at.matches('/').count())).cloned()
    })
}

fn collect_scalars(value: &Value, at: String, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect_scalars(inner, format!("{at}/{name}"), found);
            }
        }
        Value::String(text) => found.push((at, text.clone())),
        Value::Number(number) => found.push((at, number.to_string())),
        _ => {}
    }
}

/// Returns the name of the field that has a value in a text of JSON, which may be cut.
pub(super) fn field_of(json: &str, value: &str) -> Option<String> {
    json.match_indices(value).find_map(|(at, _)| {
        let after = json.get(at + value.len()..)?.trim_start_matches('"').trim_start();
        let before = json.get(..at)?.trim_end_matches('"').trim_end();
        let before = before.strip_suffix(':')?.trim_end().strip_suffix('"')?;
        let name = before.rsplit('"').next()?;
        // Otherwise the value is the beginning of a longer one.
        after.starts_with([',', '}']).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_words_of_the_scan_give_way() {
        for (text, wanted) in [
            ("rw8p48x3jgzn", "{word}"),
            ("rw8p48x3jgznx1", "{word}x1"),
            ("note rw8p48x3jgzn.", "note {word}."),
            // Words of people, a part of a longer word, one that is too short.
            ("rwanda", "rwanda"),
            ("forward8p48x3jgzn", "forward8p48x3jgzn"),
            ("rw8P48X3JGZN", "rw8P48X3JGZN"),
            ("rw", "rw"),
        ] {
            assert_eq!(with_fresh_words(text), wanted);
        }
    }

    #[test]
    fn the_collection_of_an_object_is_known_with_and_without_a_slash_at_its_end() {
        let recipe = |path: &str| ObjectRecipe {
            caller: "auto-a".to_owned(),
            operation: "POST /notes".to_owned(),
            path: path.to_owned(),
            body: "{}".to_owned(),
            id_at: "/id".to_owned(),
            id: "7".to_owned(),
        };

        assert!(is_near(&recipe("/api/notes/?full=1"), "/api/notes"));
        assert!(is_near(&recipe("/api/notes"), "/v2/notes"));
        assert!(!is_near(&recipe("/api/notes/"), "/api/pages"));
        assert!(!is_near(&recipe("/api/notes/"), "/api/notes/7"));
    }

    #[test]
    fn the_id_of_what_was_made_is_found_in_the_answer() {
        let answer = json!({"data": {"id": 7, "parent": {"id": 3}}, "count": 7});
        assert_eq!(id_in_path(&answer, "/boards/3/cards/7"), Some(("/data/id".to_owned(), "7".to_owned())));
        assert_eq!(id_in_path(&answer, "/me"), None);
    }

    #[test]
    fn the_field_of_a_value_is_found_in_json_that_was_cut() {
        let cut = r#"[{"note": "id 3003", "id":3003,"street":"1"},{"id": "a-1", "x": {"y"#;
        assert_eq!(field_of(cut, "3003").as_deref(), Some("id"));
        assert_eq!(field_of(cut, "a-1").as_deref(), Some("id"));
        assert_eq!(field_of(cut, "300"), None);

        assert_eq!(field_of("3003 items", "3003"), None);
    }
}
