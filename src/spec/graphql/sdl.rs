//! Reads a schema that is written in GraphQL's own language (October 2021, §3): types and their fields. Descriptions,
//! directives and default values are skipped.

use super::schema::{FieldDef, TypeKind, TypeRef, TypeSystem, is_name};

/// Deepest nesting of lists that is followed.
const MAX_WRAPS: usize = 8;

/// Reads a schema from its text; `None` where no type is in it that queries begin at.
pub(super) fn read_sdl(text: &str) -> Option<TypeSystem> {
    let mut reader = Reader { tokens: tokenize(text), at: 0, system: TypeSystem::default(), implements: Vec::new() };
    while reader.at < reader.tokens.len() {
        reader.read_definition();
    }
    let Reader { mut system, implements, .. } = reader;
    for (object, interface) in implements {
        if let Some(known) = system.types.get_mut(&interface) {
            known.possible.push(object);
        }
    }
    if system.query.is_empty() {
        "Query".clone_into(&mut system.query);
    }
    if system.mutation.is_none() && system.types.contains_key("Mutation") {
        system.mutation = Some("Mutation".to_owned());
    }
    system.types.contains_key(&system.query).then_some(system)
}

/// Names and single signs; texts, numbers and comments say nothing of types.
fn tokenize(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' => text_end(rest),
            '_' | 'a'..='z' | 'A'..='Z' => {
                let end = rest.find(|letter: char| letter != '_' && !letter.is_ascii_alphanumeric());
                let end = end.unwrap_or(rest.len());
                found.extend(rest.get(..end).map(str::to_owned));
                end
            }
            '{' | '}' | '(' | ')' | '[' | ']' | '!' | ':' | '=' | '|' | '&' | '@' | '$' => {
                found.push(first.to_string());
                1
            }
            other => other.len_utf8(),
        };
        rest = rest.get(end..).unwrap_or_default();
    }
    found
}

/// Returns where a text that begins with a quote ends.
fn text_end(rest: &str) -> usize {
    if let Some(inner) = rest.strip_prefix("\"\"\"") {
        return inner.find("\"\"\"").map_or(rest.len(), |at| at + 6);
    }
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

struct Reader {
    tokens: Vec<String>,
    at: usize,
    system: TypeSystem,
    /// Object and interface.
    implements: Vec<(String, String)>,
}

impl Reader {
    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn take(&mut self, wanted: &str) -> bool {
        let is_there = self.peek() == Some(wanted);
        self.at += usize::from(is_there);
        is_there
    }

    fn read_definition(&mut self) {
        self.take("extend");
        let kind = match self.next().as_deref() {
            Some("type") => TypeKind::Object,
            Some("interface") => TypeKind::Interface,
            Some("input") => TypeKind::Input,
            Some("enum") => TypeKind::Enum,
            Some("union") => TypeKind::Union,
            Some("schema") => return self.read_roots(),
            _ => return,
        };
        let Some(name) = self.next().filter(|name| is_name(name)) else { return };
        let mut known = self.system.types.remove(&name).unwrap_or_default();
        known.kind = kind;
        self.read_interfaces(&name);
        self.skip_directives();
        match kind {
            TypeKind::Union => known.possible.extend(self.read_members()),
            TypeKind::Enum => known.values.extend(self.read_values()),
            _ => known.fields.extend(self.read_fields("{", "}")),
        }
        self.system.types.insert(name, known);
    }

    /// `schema { query: Root }`
    fn read_roots(&mut self) {
        self.skip_directives();
        for field in self.read_fields("{", "}") {
            match field.name.as_str() {
                "query" => field.of.name().clone_into(&mut self.system.query),
                "mutation" => self.system.mutation = Some(field.of.name().to_owned()),
                _ => {}
            }
        }
    }

    fn read_interfaces(&mut self, object: &str) {
        if !self.take("implements") {
            return;
        }
        self.take("&");
        while let Some(name) = self.peek().filter(|name| is_name(name)).map(str::to_owned) {
            self.at += 1;
            self.implements.push((object.to_owned(), name));
            self.take("&");
        }
    }

    fn read_members(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        if !self.take("=") {
            return found;
        }
        self.take("|");
        while let Some(name) = self.next() {
            found.push(name);
            if !self.take("|") {
                break;
            }
        }
        found
    }

    fn read_values(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        if !self.take("{") {
            return found;
        }
        while let Some(name) = self.next().filter(|name| name != "}") {
            found.extend(is_name(&name).then_some(name));
            self.skip_directives();
        }
        found
    }

    /// Reads fields between braces, or arguments between parentheses.
    fn read_fields(&mut self, open: &str, close: &str) -> Vec<FieldDef> {
        let mut found = Vec::new();
        if !self.take(open) {
            return found;
        }
        while let Some(name) = self.next().filter(|name| name != close) {
            let args = if close == "}" { self.read_fields("(", ")") } else { Vec::new() };
            if !is_name(&name) || !self.take(":") {
                continue;
            }
            let Some(of) = self.read_ref(MAX_WRAPS) else { continue };
            let has_default = self.take("=");
            if has_default {
                self.skip_value();
            }
            self.skip_directives();
            found.push(FieldDef { name, args, of, has_default });
        }
        found
    }

    fn read_ref(&mut self, room: usize) -> Option<TypeRef> {
        let inner = if self.take("[") {
            let inner = self.read_ref(room.checked_sub(1)?)?;
            self.take("]");
            TypeRef::List(Box::new(inner))
        } else {
            TypeRef::Named(self.next().filter(|name| is_name(name))?)
        };
        Some(if self.take("!") { TypeRef::NonNull(Box::new(inner)) } else { inner })
    }

    /// Skips a default value: numbers and texts have left no token.
    fn skip_value(&mut self) {
        match self.peek() {
            Some("[") => self.skip_group("[", "]"),
            Some("{") => self.skip_group("{", "}"),
            // A name that a colon follows is the next field.
            Some(name) if is_name(name) && self.tokens.get(self.at + 1).is_none_or(|next| next != ":") => {
                self.at += 1;
            }
            _ => {}
        }
    }

    fn skip_directives(&mut self) {
        while self.take("@") {
            self.at += 1;
            self.skip_group("(", ")");
        }
    }

    fn skip_group(&mut self, open: &str, close: &str) {
        if !self.take(open) {
            return;
        }
        let mut depth = 1_usize;
        while depth > 0 {
            match self.next() {
                Some(token) if token == open => depth += 1,
                Some(token) if token == close => depth -= 1,
                Some(_) => {}
                None => return,
            }
        }
    }
}
