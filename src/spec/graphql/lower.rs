//! Fields that queries begin at, and lists within what they give, as operations.

use std::collections::{BTreeSet, VecDeque};

use serde_json::json;

use super::arguments::{Arguments, read_arguments};
use super::schema::{FieldDef, TypeKind, TypeSystem};
use super::selection::{connection_way, select_fields};
use crate::model::graphql::question_id;
use crate::model::{
    Effect, GraphqlQuestion, Handler, HandlerRequest, Method, Operation, SchemaArena, Security, SpecLocation,
};

/// Most operations that a schema becomes.
const MAX_OPERATIONS: usize = 150;
/// Most lists within what one field gives.
const MAX_NESTED: usize = 12;
/// Deepest list within it.
const MAX_STEPS: usize = 4;
/// Fields that show who is asking.
const OWN: &str = "me viewer currentuser self whoami myself myprofile loggedinuser";

/// What is made of a schema.
pub(super) struct Lowered<'a> {
    pub(super) system: &'a TypeSystem,
    pub(super) endpoint: String,
    pub(super) schemas: &'a mut SchemaArena,
    pub(super) operations: Vec<Operation>,
    pub(super) questions: Vec<GraphqlQuestion>,
    pub(super) left_out: Vec<String>,
    paths: BTreeSet<String>,
}

/// One question as it is put together.
#[derive(Clone)]
struct GraphqlDraft {
    /// The names of its fields from the root on.
    fields: Vec<String>,
    arguments: Arguments,
    path: String,
    /// The keys that lead to what is asked for.
    way: Vec<String>,
    /// The kind that is asked for, and what is asked of it.
    of: String,
    selection: String,
    /// A kind of an interface, by which its question is told from the others.
    part: Option<String>,
}

/// A question on the way into what a field of the root gives.
struct Nested {
    asked: GraphqlDraft,
    /// The fields around it, each with those that open a connection.
    around: Vec<String>,
    /// The kinds of the objects on the way.
    kinds: Vec<String>,
    /// Lists on the way.
    lists: usize,
}

impl<'a> Lowered<'a> {
    pub(super) fn new(system: &'a TypeSystem, endpoint: &str, schemas: &'a mut SchemaArena) -> Self {
        let (operations, questions, left_out, paths) = Default::default();
        Self { system, endpoint: endpoint.to_owned(), schemas, operations, questions, left_out, paths }
    }

    /// Lowers all fields of the root; those named like what they give first, which have the plainest addresses.
    pub(super) fn lower_all(&mut self) {
        let mut fields: Vec<FieldDef> =
            self.system.get(&self.system.query).map(|root| root.fields.clone()).unwrap_or_default();
        fields.sort_by_key(|field| (!self.is_namesake(field), field.name.len(), field.name.clone()));
        for field in &fields {
            if self.operations.len() >= MAX_OPERATIONS || self.lower_field(field).is_none() {
                self.left_out.push(format!("query.{}", field.name));
            }
        }
    }

    /// Returns whether a field has the name of the kind that it gives: `invoice`, `invoices`.
    fn is_namesake(&self, field: &FieldDef) -> bool {
        let of = connection_way(self.system, field.of.name()).map_or_else(|| field.of.name().to_owned(), |(_, of)| of);
        let name = field.name.to_ascii_lowercase();
        name == of.to_ascii_lowercase() || name == plural(&of).replace('-', "")
    }

    /// Lowers one field of the root; `None` where it cannot be asked.
    fn lower_field(&mut self, field: &FieldDef) -> Option<()> {
        let arguments = read_arguments(self.system, field, self.schemas)?;
        let (steps, of) = match connection_way(self.system, field.of.name()) {
            Some((steps, of)) => (steps, of),
            None => (Vec::new(), field.of.name().to_owned()),
        };
        let is_list = field.of.is_list() || !steps.is_empty();
        if self.system.is_leaf(&of) {
            let (path, way) = (self.address(field, &of, is_list, &arguments), vec![field.name.clone()]);
            let (fields, selection) = (vec![field.name.clone()], String::new());
            self.keep(GraphqlDraft { fields, arguments, path, way, of, selection, part: None });
            return Some(());
        }
        let is_many = matches!(self.system.kind(&of), TypeKind::Interface | TypeKind::Union);
        if is_many && !is_list && arguments.slot.is_some() {
            return self.lower_parts(field, &arguments, &of);
        }
        let path = self.address(field, &of, is_list, &arguments);
        let selection = wrap(&select_fields(self.system, &of, 1)?, &steps);
        let way = std::iter::once(field.name.as_str()).chain(steps).map(str::to_owned).collect();
        let asked = GraphqlDraft { fields: vec![field.name.clone()], arguments, path, way, of, selection, part: None };
        self.keep(asked.clone());
        if !is_list {
            self.lower_nested(&asked);
        }
        Some(())
    }

    /// Lowers a field that gives an object of any kind by its id: one question a kind (`node(id:)`).
    fn lower_parts(&mut self, field: &FieldDef, arguments: &Arguments, of: &str) -> Option<()> {
        let parts: Vec<String> = self.system.get(of)?.possible.iter().take(MAX_NESTED).cloned().collect();
        for part in parts {
            let Some(selection) = select_fields(self.system, &part, 1) else { continue };
            let slot = arguments.slot.clone().unwrap_or_default();
            let asked = GraphqlDraft {
                fields: vec![field.name.clone()],
                arguments: arguments.clone(),
                path: self.free_path(&[format!("{}/{}/{{{slot}}}", field.name, plural(&part))]),
                way: vec![field.name.clone()],
                selection: format!("{{... on {part}{selection}}}"),
                of: part.clone(),
                part: Some(part),
            };
            self.keep(asked);
        }
        Some(())
    }

    /// Lowers the lists within what a question gives, the nearest first.
    fn lower_nested(&mut self, root: &GraphqlDraft) {
        let start = Nested { asked: root.clone(), around: Vec::new(), kinds: vec![root.of.clone()], lists: 0 };
        let mut open = VecDeque::from([start]);
        let (mut seen, mut kept) = (BTreeSet::new(), 0);
        while let Some(above) = open.pop_front().filter(|_| kept < MAX_NESTED) {
            let known = self.system.get(&above.asked.of);
            let fields = known.map(|known| known.fields.clone()).unwrap_or_default();
            for field in fields.iter().filter(|field| field.is_plain()) {
                let Some(next) = self.step_into(&above, field, root) else { continue };
                let is_list = next.lists > above.lists;
                if !seen.insert((next.asked.of.clone(), next.lists, is_list)) {
                    continue;
                }
                if is_list && self.system.field(&next.asked.of, "id").is_some() && kept < MAX_NESTED {
                    kept += 1;
                    self.keep(next.asked.clone());
                }
                if next.asked.fields.len() <= MAX_STEPS {
                    open.push_back(next);
                }
            }
        }
    }

    /// Returns the question for a field of what another one gives; `None` for what holds no object, for the way back
    /// from an object to what it belongs to, and for a field that is on the way already.
    fn step_into(&self, above: &Nested, field: &FieldDef, root: &GraphqlDraft) -> Option<Nested> {
        let way = connection_way(self.system, field.of.name());
        let is_list = field.of.is_list() || way.is_some();
        let (steps, of) = way.unwrap_or_else(|| (Vec::new(), field.of.name().to_owned()));
        let is_way_back = !is_list && above.kinds.contains(&of) || above.asked.fields.contains(&field.name);
        let inner = select_fields(self.system, &of, 0).filter(|_| !is_way_back)?;
        if self.system.kind(&of) != TypeKind::Object {
            return None;
        }
        let steps: Vec<&str> = std::iter::once(field.name.as_str()).chain(steps).collect();
        let around: Vec<String> = above.around.iter().cloned().chain([steps.join("{")]).collect();
        let asked = GraphqlDraft {
            fields: [above.asked.fields.as_slice(), std::slice::from_ref(&field.name)].concat(),
            path: format!("{}/{}", above.asked.path, field.name),
            way: above.asked.way.iter().cloned().chain(steps.iter().map(|step| (*step).to_owned())).collect(),
            selection: nest(&around, &inner),
            of: of.clone(),
            ..root.clone()
        };
        let kinds = above.kinds.iter().cloned().chain([of]).collect();
        Some(Nested { asked, around, kinds, lists: above.lists + usize::from(is_list) })
    }

    /// Returns the address of a field of the root: collections and their objects have the addresses that REST gives them.
    fn address(&mut self, field: &FieldDef, of: &str, is_list: bool, arguments: &Arguments) -> String {
        let kind = plural(of);
        let wanted = match (&arguments.slot, is_list) {
            (Some(slot), false) => {
                vec![format!("{kind}/{{{slot}}}"), format!("{}/{kind}/{{{slot}}}", field.name)]
            }
            (Some(slot), true) => vec![format!("{}/{{{slot}}}/{kind}", plural(slot_kind(slot)))],
            (None, true) if self.system.is_composite(of) => vec![kind.clone(), format!("{kind}/{}", field.name)],
            (None, _) if shows_caller(&field.name) => {
                vec!["me".to_owned()]
            }
            (None, _) => vec![],
        };
        let last = arguments.slot.as_ref().map_or_else(
            || format!("{}/{}", field.name, self.paths.len()),
            |slot| format!("{}/{}/{{{slot}}}", field.name, self.paths.len()),
        );
        let plain = arguments.slot.is_none().then(|| field.name.clone());
        self.free_path(&wanted.into_iter().chain(plain).chain([last]).collect::<Vec<_>>())
    }

    /// Returns the first address that no other question has.
    fn free_path(&mut self, wanted: &[String]) -> String {
        let paths: Vec<String> = wanted.iter().map(|path| format!("{}/{path}", self.endpoint)).collect();
        let free = paths.iter().find(|path| !self.paths.contains(*path)).or(paths.last());
        let free = free.cloned().unwrap_or_default();
        self.paths.insert(free.clone());
        free
    }

    /// Keeps a question and the operation that it is.
    fn keep(&mut self, asked: GraphqlDraft) {
        let GraphqlDraft { mut fields, arguments, path, way, selection, part, .. } = asked;
        let given = if arguments.given.is_empty() { String::new() } else { format!("({})", arguments.given.join(",")) };
        let declared =
            if arguments.declared.is_empty() { String::new() } else { format!("({})", arguments.declared.join(",")) };
        let root = fields.first().cloned().unwrap_or_default();
        let text = format!("query{declared}{{{root}{given}{selection}}}");
        fields.extend(part);
        let id = question_id(&self.endpoint, &fields);
        self.questions.push(GraphqlQuestion {
            path: path.clone(),
            body: json!({"query": text}),
            variables: arguments.variables,
            way,
        });
        self.operations.push(Operation {
            id,
            method: Method::Get,
            path,
            operation_id: None,
            summary: String::new(),
            tags: Vec::new(),
            servers: Vec::new(),
            parameters: arguments.parameters,
            body: None,
            responses: Vec::new(),
            security: Security::Unstated,
            deprecated: false,
            effect: Effect::Reads,
            effect_because: "a query of GraphQL's only reads".to_owned(),
            spec: SpecLocation::default(),
            handler: Handler::Unread,
            request: HandlerRequest::default(),
        });
    }
}

/// Puts a selection within the fields of a connection: `{edges{node{id}}}`.
fn wrap(selection: &str, steps: &[&str]) -> String {
    steps.iter().rev().fold(selection.to_owned(), |inner, step| format!("{{{step}{inner}}}"))
}

/// Puts a selection within fields, each of which may open further ones: `org`, `members{edges{node`.
fn nest(around: &[String], selection: &str) -> String {
    around.iter().rev().fold(selection.to_owned(), |inner, step| {
        let open = step.matches('{').count();
        format!("{{{step}{inner}{}}}", "}".repeat(open))
    })
}

fn shows_caller(field: &str) -> bool {
    let name = field.to_ascii_lowercase().replace('_', "");
    OWN.split(' ').any(|known| known == name)
}

/// `userId` names a user.
fn slot_kind(slot: &str) -> &str {
    let kind = slot.strip_suffix("Id").or_else(|| slot.strip_suffix("_id")).unwrap_or(slot);
    if kind.is_empty() { slot } else { kind }
}

/// Returns the name of a collection of a kind: `payment-categories` of `PaymentCategory`.
fn plural(kind: &str) -> String {
    let mut words = String::new();
    for letter in kind.chars() {
        if letter.is_ascii_uppercase()
            && !words.is_empty()
            && !words.ends_with(|last: char| last == '-' || last.is_ascii_uppercase())
        {
            words.push('-');
        }
        words.push(if letter == '_' { '-' } else { letter.to_ascii_lowercase() });
    }
    match words.as_str() {
        text if text.ends_with('y') && !text.ends_with("ay") && !text.ends_with("ey") && !text.ends_with("oy") => {
            format!("{}ies", text.trim_end_matches('y'))
        }
        text if text.ends_with('s') || text.ends_with('x') || text.ends_with("ch") => format!("{text}es"),
        text => format!("{text}s"),
    }
}
