//! The source tree of the API: which folder it is, and what is read of it before a scan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::answers::Overrides;
use super::state::App;
use crate::code::{CodeIndex, UndocumentedRoute};
use crate::config::Config;
use crate::model::{Api, Handler, HandlerBody, HandlerRequest, Method, Operation, OperationId, clean_name, name_first};
use crate::remedy::{self, Framework};
use crate::spec::{lacks_body, lacks_query, supplement_operation, undocumented_operation};

/// A folder that nobody named is not waited for longer: a scan begins at once.
const PATIENCE: Duration = Duration::from_secs(2);
/// A named one is.
const PATIENCE_NAMED: Duration = Duration::from_secs(60);
/// More routes that only the source has are not asked.
const MOST_UNDOCUMENTED: usize = 200;
/// More handlers are not read before the scan begins.
const MOST_READ: usize = 2_000;
/// The most routes that a note names.
const MOST_NAMED: usize = 5;
/// The share of a document's operations whose handlers must be found before one without is called missing, in percent.
const NEARLY_ALL: usize = 80;

/// Does long work on a thread of its own, and waits so long for it. A thread, unlike the runtime's own, holds up no end of
/// the program.
pub(super) async fn run_on_own_thread<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, result) = oneshot::channel();
    let act = move || {
        // Nobody waits any more for what took too long.
        let _ = done.send(work());
    };
    std::thread::Builder::new().name("source".to_owned()).spawn(act).ok()?;
    tokio::time::timeout(patience, result).await.ok()?.ok()
}

/// The folder of the source, and whether the user named it.
pub(super) struct SourceFolder {
    pub(super) path: PathBuf,
    pub(super) is_named: bool,
}

impl SourceFolder {
    fn patience(&self) -> Duration {
        if self.is_named { PATIENCE_NAMED } else { PATIENCE }
    }
}

/// Returns the folder of the source: the one that request or configuration name, else the configuration's or the
/// current one, where its manifests name a framework that is read.
pub(super) fn source_folder(app: &App, config: &Config, over: &Overrides) -> Option<SourceFolder> {
    if over.without_source {
        return None;
    }
    let named = over.source.as_ref().map(|source| app.shared.folder.join(source));

    if let Some(path) = named.or_else(|| config.target.source.clone()) {
        return Some(SourceFolder { path, is_named: true });
    }
    // Assistants start servers in any folder; the configuration lies where the project is.
    let beside = config.path.is_file().then(|| config.path.parent().map(PathBuf::from)).flatten();
    let path = beside.unwrap_or_else(|| app.shared.folder.clone());
    (remedy::recognise_framework(&path).framework != Framework::Unknown)
        .then_some(SourceFolder { path, is_named: false })
}

/// Reads the source of an API without a document: its routes are all that there is.
pub(super) async fn read_routes(folder: SourceFolder, api: &mut Api) -> (Option<Arc<CodeIndex>>, Vec<String>) {
    let name = folder.path.canonicalize().unwrap_or_else(|_| folder.path.clone());
    let mut notes = Vec::new();
    let Some(mut index) = read_index(&folder, &mut notes).await else { return (None, notes) };
    api.title = name.file_name().map(|name| clean_name(&name.to_string_lossy(), 100)).unwrap_or_default();
    let mut known = BTreeSet::new();

    for (method, path, place) in index.all_routes() {
        let operation = undocumented_operation(method, &path, place);
        if is_asked(method) && known.insert(operation.id.clone()) {
            api.operations.push(operation);
        }
    }

    index.bind(api);
    notes.push(format!("routes found in the source: {}", api.operations.len()));
    notes.extend(index.notes());
    (Some(Arc::new(index)), notes)
}

/// Returns false for methods that frameworks answer by themselves beside the others.
fn is_asked(method: Method) -> bool {
    !matches!(method, Method::Head | Method::Options | Method::Trace)
}

/// Reads the files and finds the routes; says why where it could not.
async fn read_index(folder: &SourceFolder, notes: &mut Vec<String>) -> Option<CodeIndex> {
    let path = folder.path.clone();
    let patience = folder.patience();
    let why = match run_on_own_thread(patience, move || CodeIndex::read(&path)).await {
        Some(Ok(index)) => return Some(index),
        Some(Err(why)) => format!("{why}; handlers are not located"),
        None => {
            let wait = if folder.is_named { "it is too large" } else { "name it with `source` to wait for it" };
            let seconds = patience.as_secs();
            format!("reading the source takes more than {seconds} s, handlers are not located: {wait}")
        }
    };

    notes.push(why);
    None
}

/// Reads the source and writes what it says of handlers into the operations. Routes that only the source has become
/// operations of their own. Returns the index, and what there is to say.
pub(super) async fn read_source(folder: SourceFolder, api: &mut Api) -> (Option<Arc<CodeIndex>>, Vec<String>) {
    let patience = folder.patience();
    let mut notes = Vec::new();
    let Some(mut index) = read_index(&folder, &mut notes).await else { return (None, notes) };
    index.bind(api);
    let (found, all) = index.share();

    // A folder that nobody named may be any project: it counts only where most of the document is found in it.
    if !folder.is_named && found * 2 < all.max(1) {
        // The user never named this folder, so there is nothing to report of it.
        return (None, Vec::new());
    }
    if found == 0 {
        let place = clean_name(&folder.path.display().to_string(), 200);
        let routes = index.routes().len();
        let note = format!("none of the {routes} routes found in {place} serves an operation of the document");
        return (None, std::iter::once(note).chain(index.notes()).collect());
    }

    notes.push(format!("handlers found in the source: of {found} of {all} operations"));
    notes.extend(index.notes());
    write_handlers(&index, api, found * 100 >= all * NEARLY_ALL);
    let index = Arc::new(index);
    let requests = read_requests(&index, api, patience, &mut notes).await;
    notes.extend(fill_missing_parts(api, &requests));
    notes.extend(add_undocumented(&index, api, &requests));

    // What is known of all paths was worked out without them.
    api.paths = Default::default();
    (Some(index), notes)
}

/// Reads what handlers read of their requests, where the document does not say it.
async fn read_requests(
    index: &Arc<CodeIndex>,
    api: &Api,
    patience: Duration,
    notes: &mut Vec<String>,
) -> BTreeMap<OperationId, HandlerRequest> {
    // Where the document says what is sent, it goes before the code, and nothing has to be read.
    let is_silent = |operation: &&Operation| {
        matches!(operation.handler, Handler::At(_)) && (lacks_body(operation) || lacks_query(operation))
    };
    let mut wanted: Vec<OperationId> =
        api.operations.iter().filter(is_silent).map(|operation| operation.id.clone()).collect();
    wanted.extend(index.undocumented().iter().map(UndocumentedRoute::id));

    if wanted.len() > MOST_READ {
        notes.push(format!("handlers whose requests are read: {MOST_READ} of {}", wanted.len()));
        wanted.truncate(MOST_READ);
    }
    let reader = Arc::clone(index);
    let read = run_on_own_thread(patience, move || reader.read_requests(&wanted)).await;

    if read.is_none() {
        let seconds = patience.as_secs();
        notes
            .push(format!("what handlers read of their requests takes more than {seconds} s to find, and is not used"));
    }
    read.unwrap_or_default()
}

/// Fills in what the document leaves open. Returns what there is to say of it.
fn fill_missing_parts(api: &mut Api, requests: &BTreeMap<OperationId, HandlerRequest>) -> Option<String> {
    let (mut bodies, mut parameters) = (Vec::new(), Vec::new());
    for (id, request) in requests {
        let supplied = supplement_operation(api, id, request.clone());
        bodies.extend(supplied.body.then(|| id.to_string()));
        parameters.extend((supplied.parameters > 0).then(|| id.to_string()));
    }
    let named = |all: &[String]| name_first(all, MOST_NAMED, |id| clean_name(id, 200));
    let part = |what: &str, all: &[String]| (!all.is_empty()).then(|| format!("{what} of {}", named(all)));
    let parts: Vec<String> =
        [part("the body", &bodies), part("the query", &parameters)].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("taken from the source, as the document does not say it: {}", parts.join("; ")))
}

/// Writes handlers into the operations.
fn write_handlers(index: &CodeIndex, api: &mut Api, is_whole: bool) {
    for operation in &mut api.operations {
        operation.handler = match index.place(&operation.id) {
            Some(place) => Handler::At(place),
            None if is_whole => Handler::Missing,
            None => Handler::Unread,
        };
    }
}

/// Adds the operations that only the source has. What must be sent to change something has to be known: a request with
/// another body proves nothing. Returns what was left out, and why.
fn add_undocumented(
    index: &CodeIndex,
    api: &mut Api,
    requests: &BTreeMap<OperationId, HandlerRequest>,
) -> Option<String> {
    let mut known: BTreeSet<OperationId> = api.operations.iter().map(|operation| operation.id.clone()).collect();
    let (mut added, mut left) = (0, Vec::new());

    for route in index.undocumented() {
        let id = route.id();
        if !is_asked(route.method) || !known.insert(id.clone()) {
            continue;
        }
        let request = requests.get(&id).cloned().unwrap_or_default();
        let takes_body = matches!(route.method, Method::Post | Method::Put | Method::Patch);
        let because = match request.body {
            // A guessed body would be refused by validation before any check of rights.
            HandlerBody::Unknown if takes_body => Some("the source does not show what its body must be"),
            _ if added >= MOST_UNDOCUMENTED => Some("there are too many"),
            _ => None,
        };
        if let Some(because) = because {
            left.push(format!("{id} ({}: {because})", route.place));
            continue;
        }
        added += 1;
        api.operations.push(undocumented_operation(route.method, &route.path, route.place));
        supplement_operation(api, &id, request);
    }

    (!left.is_empty()).then(|| {
        let named = name_first(&left, MOST_NAMED, |route| clean_name(route, 300));
        format!("routes of the source that the document lacks, not asked: {named}")
    })
}
