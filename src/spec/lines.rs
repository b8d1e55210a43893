//! Finds the lines of a set of JSON pointers in one pass over the text. Knows nothing of OpenAPI.

use std::collections::HashMap;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

use super::reading::Notation;
use super::reference::unescape_token;
use super::yaml_cost;

/// The most events of a YAML text whose lines are looked for; beyond it lines stay unknown. All of its nodes are built for
/// that, at some 200 bytes each.
const MAX_YAML_EVENTS: usize = 600_000;

/// The pointers whose lines are wanted, as a tree of keys.
#[derive(Debug)]
pub(super) struct WantedLines {
    nodes: Vec<LineEntry>,
}

#[derive(Debug, Default)]
struct LineEntry {
    children: HashMap<String, usize>,
    line: Option<u32>,
}

impl WantedLines {
    /// Nothing wanted but the document itself.
    pub(super) fn new() -> Self {
        Self { nodes: vec![LineEntry { children: HashMap::new(), line: Some(1) }] }
    }

    /// Asks for the line of a pointer such as `#/paths/~1x/get`.
    pub(super) fn add(&mut self, pointer: &str) {
        let mut at = 0;
        for key in pointer_keys(pointer) {
            let next = self.nodes.len();
            let Some(entry) = self.nodes.get_mut(at) else { return };
            at = *entry.children.entry(key).or_insert(next);

            if at == next {
                self.nodes.push(LineEntry::default());
            }
        }
    }

    /// The line of a pointer, or of the nearest place above it that exists.
    pub(super) fn line(&self, pointer: &str) -> Option<u32> {
        let (mut at, mut line) = (0, None);
        for key in pointer_keys(pointer) {
            at = *self.nodes.get(at)?.children.get(&key)?;
            line = self.nodes.get(at)?.line.or(line);
        }
        line
    }

    /// Reads the text and fills in the lines.
    pub(super) fn locate(&mut self, text: &str, notation: Notation) {
        match notation {
            Notation::Json => self.locate_json(text),
            Notation::Yaml if !yaml_cost::has_more_events(text, MAX_YAML_EVENTS) => self.locate_yaml(text),
            Notation::Yaml => {}
        }
    }

    fn child(&self, at: Option<usize>, key: &str) -> Option<usize> {
        self.nodes.get(at?)?.children.get(key).copied()
    }

    fn found(&mut self, at: Option<usize>, line: usize) {
        if let Some(entry) = at.and_then(|at| self.nodes.get_mut(at)) {
            entry.line = entry.line.or(u32::try_from(line).ok());
        }
    }

    /// The text is known to be well-formed; should it not be, lines are missing or wrong and nothing worse.
    fn locate_json(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let (mut at, mut line) = (0, 1);
        let mut open: Vec<Container> = Vec::new();
        let mut value = Some(0);

        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'\n' => line += 1,
                b'{' => {
                    self.found(value, line);
                    open.push(Container { entry: value.take(), index: None, key_next: true });
                }
                b'[' => {
                    self.found(value, line);
                    let entry = value.take();
                    value = self.child(entry, "0");
                    open.push(Container { entry, index: Some(0), key_next: false });
                }
                b'}' | b']' => {
                    open.pop();
                    value = None;
                }
                b',' => value = open.last_mut().and_then(|container| container.next(self)),
                b'"' => {
                    let end = end_of_text(bytes, at);
                    match open.last_mut() {
                        Some(container) if container.key_next => {
                            container.key_next = false;
                            value = container.entry.and_then(|entry| {
                                // Keys may be written with escapes.
                                let key: String = serde_json::from_str(text.get(at..=end)?).ok()?;
                                self.child(Some(entry), &key)
                            });
                        }
                        _ => {}
                    }

                    self.found(value, line);
                    at = end;
                }
                b' ' | b'\t' | b'\r' | b':' => {}
                _ => self.found(value, line),
            }

            at += 1;
        }
    }

    fn locate_yaml(&mut self, text: &str) {
        let Ok(documents) = MarkedYaml::load_from_str(text.trim_start_matches('\u{feff}')) else { return };
        // A text of several YAML documents is read by its first one.
        let Some(root) = documents.first() else { return };
        let mut open = vec![(0, root)];

        while let Some((at, node)) = open.pop() {
            match &node.data {
                YamlData::Mapping(map) => {
                    for (key, value) in map {
                        if let Some(child) = key_text(key).and_then(|name| self.child(Some(at), &name)) {
                            self.found(Some(child), key.span.start.line());
                            open.push((child, value));
                        }
                    }
                }
                YamlData::Sequence(items) => {
                    for (index, item) in items.iter().enumerate() {
                        if let Some(child) = self.child(Some(at), &index.to_string()) {
                            self.found(Some(child), item.span.start.line());
                            open.push((child, item));
                        }
                    }
                }
                YamlData::Tagged(_, inner) => open.push((at, inner)),
                _ => {}
            }
        }
    }
}

/// An object or array that is open while JSON is scanned.
struct Container {
    /// Its own entry, when anything below it is wanted.
    entry: Option<usize>,
    /// Position in an array; none in an object.
    index: Option<usize>,
    /// The next text is a key.
    key_next: bool,
}

impl Container {
    /// Goes on behind a comma; gives the entry of the next value of an array.
    fn next(&mut self, wanted: &WantedLines) -> Option<usize> {
        match &mut self.index {
            None => {
                self.key_next = true;
                None
            }
            Some(index) => {
                *index += 1;
                wanted.child(Some(self.entry?), &index.to_string())
            }
        }
    }
}

/// The position of the quotation mark that ends the text which starts at `start`.
fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }

    bytes.len()
}

fn key_text(key: &MarkedYaml<'_>) -> Option<String> {
    Some(match &key.data {
        YamlData::Value(Scalar::String(text)) | YamlData::Representation(text, ..) => text.to_string(),
        YamlData::Value(Scalar::Integer(number)) => number.to_string(),
        YamlData::Value(Scalar::Boolean(truth)) => truth.to_string(),
        YamlData::Value(Scalar::Null) => "null".to_owned(),
        _ => return None,
    })
}

/// The keys of a pointer; none when it belongs to another file.
fn pointer_keys(pointer: &str) -> impl Iterator<Item = String> {
    pointer.strip_prefix("#/").into_iter().flat_map(|rest| rest.split('/')).map(unescape_token)
}
