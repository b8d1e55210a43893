//! What a handler reads of its request: the names of values in the query and the body, which of them it cannot do without,
//! and what it makes. It says how the handler can be asked, not whether what it does is right.

use serde::Serialize;

use super::engine::HandlerReader;
use super::report::IdOrigin;
use super::value::{CodeValue, Part, PlaceSet, QueryCondition, Sends, ValueKind};
use super::words;

/// How the body of a request is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyReading {
    /// It is not looked at.
    #[default]
    Unread,
    /// As JSON.
    Json,
    /// As a form.
    Form,
    /// It holds files, or is more than names and values.
    Other,
}

/// One value that a handler reads by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientInput {
    /// Its name in the request.
    pub name: String,
    /// The path, the query or the body.
    pub from: IdOrigin,
    /// The handler fails without it: `data["amount"]`.
    pub is_needed: bool,
    /// It is turned into a number.
    pub is_number: bool,
    /// Values within it are read: it is no single value.
    pub is_nested: bool,
    /// The model, table or collection whose object it names, where an object is loaded by it.
    pub loads: Option<String>,
}

/// What a handler reads of its request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RequestReading {
    /// Values in the path, the query and the body, in the order of the code.
    pub inputs: Vec<ClientInput>,
    /// How the body is read.
    pub body: BodyReading,
    /// The whole body goes somewhere at once: it may hold more names than these.
    pub is_open: bool,
    /// All code that the handler leads to was read.
    pub is_complete: bool,
    /// Models, tables and collections of which it makes an object.
    pub makes: Vec<String>,
}

/// What is noted while a handler is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RequestNotes {
    needed: PlaceSet,
    numbers: PlaceSet,
    nested: PlaceSet,
    json: bool,
    form: bool,
    files: bool,
    touched: bool,
    makes: Vec<String>,
}

impl RequestNotes {
    /// Adds what was noted in a part of the reading where ids had other places.
    pub(super) fn absorb(&mut self, other: &RequestNotes, outward: impl Fn(PlaceSet) -> PlaceSet) {
        self.needed = self.needed.with(outward(other.needed));
        self.numbers = self.numbers.with(outward(other.numbers));
        self.nested = self.nested.with(outward(other.nested));
        self.json |= other.json;
        self.form |= other.form;
        self.files |= other.files;
        self.touched |= other.touched;

        for model in &other.makes {
            if !self.makes.contains(model) {
                self.makes.push(model.clone());
            }
        }
    }
}

impl HandlerReader<'_> {
    /// Returns a part of the request, and notes that the body is looked at.
    pub(super) fn part_of_request(&mut self, part: Part, named: &str) -> CodeValue {
        if part == Part::Body {
            self.request.touched = true;
            match named {
                "form" | "POST" | "formData" => self.request.form = true,
                "json" | "get_json" => self.request.json = true,
                // A body that is read as bytes or files cannot be made of names and values.
                "files" | "FILES" | "get_data" | "getBody" => self.request.files = true,
                _ => {}
            }
        }

        CodeValue::kind(ValueKind::Request(part))
    }

    /// Notes that an entry is read in the way that fails without it.
    pub(super) fn note_entry(&mut self, of: &CodeValue, entry: &CodeValue) {
        match of.kind {
            ValueKind::Request(Part::Body | Part::Query) => {
                // An index raises a fault where the entry is missing; `get` does not come here.
                self.request.needed = self.request.needed.with(entry.labels.ids);
            }
            ValueKind::Plain if of.labels.objects.is_empty() && of.field.is_none() => {
                self.request.nested = self.request.nested.with(of.labels.ids);
            }
            _ => {}
        }
    }

    /// Notes that a value is turned into a number.
    pub(super) fn note_number(&mut self, value: &CodeValue) {
        if value.labels.objects.is_empty() {
            self.request.numbers = self.request.numbers.with(value.labels.ids);
        }
    }

    /// Notes that an object of a model is made.
    pub(super) fn note_made(&mut self, model: &str) {
        if !self.request.makes.iter().any(|known| known == model) {
            self.request.makes.push(model.to_owned());
        }
    }

    /// Returns the model whose object is loaded by the value at a place: what a key of it is compared with.
    fn loaded_by(&self, place: usize) -> Option<String> {
        let is_key = |clause: &QueryCondition| match clause {
            QueryCondition::Equal(bound) => {
                bound.labels.ids == PlaceSet::of(place)
                    && bound.labels.objects.is_empty()
                    && words::is_primary(&bound.column)
            }
            QueryCondition::Any(_) | QueryCondition::Other => false,
        };

        let by_it = self.accesses.iter().filter(|access| access.sends != Sends::Create);
        let access = by_it.filter(|access| access.clauses.iter().any(is_key)).find_map(|access| access.model.as_ref());
        access.map(|model| model.to_string())
    }

    /// Adds up what was noted.
    pub(super) fn request_reading(&self) -> RequestReading {
        let notes = &self.request;
        let of_request = |from: IdOrigin| from != IdOrigin::Header;
        // Headers are set by the sender at will, and `*` is no name.
        let named = self.ids.iter().enumerate().filter(|(_, id)| of_request(id.from) && id.name != "*");
        let inputs = named.map(|(place, id)| ClientInput {
            name: id.name.clone(),
            from: id.from,
            is_needed: notes.needed.has(place),
            is_number: notes.numbers.has(place),
            is_nested: notes.nested.has(place),
            loads: self.loaded_by(place),
        });

        let inputs: Vec<ClientInput> = inputs.collect();
        let has_body = notes.touched || inputs.iter().any(|input| input.from == IdOrigin::Body);
        RequestReading {
            // A handler that reads both ways is asked with JSON, which carries nested values as well.
            body: match (has_body, notes.files, notes.form && !notes.json) {
                (false, ..) => BodyReading::Unread,
                (_, true, _) => BodyReading::Other,
                (_, _, true) => BodyReading::Form,
                _ => BodyReading::Json,
            },
            is_open: self.ids.iter().any(|id| id.name == "*" && id.from == IdOrigin::Body),
            is_complete: self.blocked.is_empty(),
            makes: notes.makes.clone(),
            inputs,
        }
    }
}
