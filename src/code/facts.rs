//! What the code shows by itself, for checks that nothing is asked for: how each handler is guarded, what it reaches, and
//! where tokens are not handled as credentials.

use std::collections::BTreeMap;

use routewarden_source::project::Project;
use routewarden_source::reading::{
    AccessReading, AccessWord, ClientId, CodeAccessVerb, HandlerReading, IdOrigin, OwnershipReader,
};
use routewarden_source::routes::{CodePlace, GuardKind, RouteEntry};
use routewarden_source::tokens::{TokenFault, find_token_faults};

pub use routewarden_source::tokens::TokenFaultKind;

use super::index::{CodeIndex, place_of};
use crate::model::{HandlerPlace, OperationId, clean_text};

/// Longer reasons are cut.
const MOST_REASON: usize = 300;

/// What the code shows of all handlers.
#[derive(Debug, Clone, Default)]
pub struct CodeFacts {
    /// What each handler does, by operation.
    pub handlers: BTreeMap<OperationId, HandlerFacts>,
    /// Tokens that are not handled as credentials, each at the operation that it concerns first.
    pub tokens: Vec<TokenFact>,
}

/// What the code shows of one handler.
#[derive(Debug, Clone)]
pub struct HandlerFacts {
    /// Where it stands.
    pub place: HandlerPlace,
    /// What keeps callers without a credential out, as it is written; empty where nothing is seen.
    pub guards: Vec<String>,
    /// It asks for its caller itself.
    pub asks_caller: bool,
    /// It says that strangers may come in, or something before it is not understood.
    pub is_unclear: bool,
    /// Only callers with a role get to it.
    pub is_role_gated: bool,
    /// Models, tables and collections of which it makes an object.
    pub makes: Vec<String>,
    /// What it reaches.
    pub accesses: Vec<AccessFacts>,
}

/// One access to data.
#[derive(Debug, Clone)]
pub struct AccessFacts {
    /// The model, table or collection.
    pub model: Option<String>,
    /// The column that names the owner, where the models say so.
    pub owner: Option<String>,
    /// Something ties the object to its caller.
    pub is_tied: bool,
    /// Nothing ties it to its caller.
    pub is_open: bool,
    /// It serves many objects.
    pub is_list: bool,
    /// Nothing but a sign-in decides who is served: no owner, no group and no role.
    pub is_shared: bool,
    /// It changes or removes the object.
    pub is_write: bool,
    /// A value of the request names the object: which one.
    pub named_by: Option<String>,
    /// Why, with file and line.
    pub because: String,
    /// Where it stands.
    pub place: HandlerPlace,
}

/// A token that is not handled as a credential.
#[derive(Debug, Clone)]
pub struct TokenFact {
    /// The operation that leads there.
    pub operation: OperationId,
    /// What is wrong.
    pub kind: TokenFaultKind,
    /// Where.
    pub place: HandlerPlace,
    /// The code.
    pub text: String,
}

impl CodeIndex {
    /// Reads the handlers of these operations, documented or not.
    pub fn read_facts(&self, operations: &[OperationId]) -> CodeFacts {
        let reader = OwnershipReader::new(self.project());
        let entries: Vec<(&OperationId, &RouteEntry)> =
            operations.iter().filter_map(|id| Some((id, self.any_entry(id)?))).collect();
        let handlers = entries.iter().map(|(id, entry)| ((*id).clone(), handler_facts(&reader, entry)));
        let handlers: BTreeMap<OperationId, HandlerFacts> = handlers.collect();
        let faults = find_token_faults(self.project()).into_iter();
        let tokens = faults.filter_map(|fault| token_fact(self.project(), &entries, fault)).collect();

        CodeFacts { handlers, tokens }
    }
}

fn handler_facts(reader: &OwnershipReader<'_>, entry: &RouteEntry) -> HandlerFacts {
    let reading = reader.read(entry);
    let keeps_out = |kind: &GuardKind| matches!(kind, GuardKind::Authentication | GuardKind::Role(_));
    let guards = entry.guards.iter().filter(|guard| keeps_out(&guard.kind));
    let is_unclear = |kind: &GuardKind| matches!(kind, GuardKind::Public | GuardKind::Unknown);
    let is_role = |kind: &GuardKind| matches!(kind, GuardKind::Role(_));
    HandlerFacts {
        place: place_of(entry),
        guards: guards.map(|guard| clean_text(&guard.name, 100)).collect(),
        asks_caller: reading.identity.is_some(),
        // A handler whose code is not found may ask for its caller in a way that is not seen.
        is_unclear: entry.code.is_none() || entry.guards.iter().any(|guard| is_unclear(&guard.kind)),
        is_role_gated: entry.guards.iter().any(|guard| is_role(&guard.kind)),
        makes: reading.request.iter().flat_map(|request| &request.makes).map(|made| clean_text(made, 100)).collect(),
        accesses: reading.accesses.iter().map(|access| access_facts(entry, &reading, access)).collect(),
    }
}

fn access_facts(entry: &RouteEntry, reading: &HandlerReading, access: &AccessReading) -> AccessFacts {
    let inputs = || reading.request.iter().flat_map(|request| &request.inputs);
    // What only narrows a search down (`limit`, `unit`) names no object.
    let is_key =
        |id: &ClientId| inputs().any(|input| input.name == id.name && input.from == id.from && input.loads.is_some());
    let named = access.ids.iter().find(|id| id.from == IdOrigin::Path || is_key(id));
    AccessFacts {
        model: access.model.as_ref().map(|model| clean_text(model, 100)),
        owner: access.owner.as_ref().map(|owner| clean_text(owner, 100)),
        is_tied: matches!(access.how, AccessWord::OwnerChecked | AccessWord::AccessChecked),
        is_open: access.how == AccessWord::NotChecked,
        is_shared: matches!(access.how, AccessWord::NotChecked | AccessWord::NotOwned),
        is_list: access.what == CodeAccessVerb::List,
        is_write: matches!(access.what, CodeAccessVerb::Mutate | CodeAccessVerb::Delete),
        named_by: named.map(|id| clean_text(&id.name, 60)),
        because: clean_text(&access.because, MOST_REASON),
        place: handler_place(&access.place, &entry.function),
    }
}

fn handler_place(place: &CodePlace, function: &str) -> HandlerPlace {
    HandlerPlace {
        file: clean_text(&place.file, 500),
        line: u32::try_from(place.line).unwrap_or(u32::MAX),
        function: clean_text(function, 200),
    }
}

/// A fault with the first operation that it concerns: its handler holds it, or is guarded by, or calls, what holds it.
fn token_fact(project: &Project, entries: &[(&OperationId, &RouteEntry)], fault: TokenFault) -> Option<TokenFact> {
    let holds = |entry: &RouteEntry| {
        let code = entry.code.as_ref()?;
        let module = project.module(code.function.module)?;
        let text = project.text(code.function.module, code.function.function.outer_span);
        let first = code.function.function.outer_span.start;
        let begins = module.text.get(..first)?.matches('\n').count() + 1;
        let ends = begins + text.matches('\n').count();
        Some(module.path == fault.place.file && (begins..=ends).contains(&fault.place.line))
    };

    let call = format!("{}(", fault.function);
    let leads = |entry: &RouteEntry| {
        // An empty name would be a part of every guard's name.
        let is_named = !fault.function.is_empty();
        let is_guard = entry.guards.iter().any(|guard| guard.name.contains(fault.function.as_str()));
        let calls = entry
            .code
            .as_ref()
            .is_some_and(|code| project.text(code.function.module, code.function.function.outer_span).contains(&call));
        is_named && (is_guard || calls)
    };

    // A tool that stands beside the application serves nobody; what a file of handlers holds may serve them.
    let is_beside = |entry: &RouteEntry| entry.handler.file == fault.place.file;
    let find = |is_it: &dyn Fn(&RouteEntry) -> bool| entries.iter().find(|(_, entry)| is_it(entry));
    let within = find(&|entry| holds(entry).unwrap_or(false));
    let (id, _) = within.or_else(|| find(&leads)).or_else(|| find(&is_beside))?;
    Some(TokenFact {
        operation: (*id).clone(),
        kind: fault.kind,
        place: handler_place(&fault.place, &fault.function),
        text: clean_text(&fault.text, 160),
    })
}
