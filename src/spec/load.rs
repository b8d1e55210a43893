//! From a text or file to an [`Api`]: version, lowering, lines.

use std::path::Path;

use serde_json::Value;

use crate::model::{Api, Dialect};

use super::documents::{Base, Documents, Node};
use super::effect;
use super::error::SpecError;
use super::intent::Intents;
use super::issues::DocumentIssues;
use super::lines::WantedLines;
use super::lowering::{Lowering, ROOM};
use super::operations::Defaults;
use super::overlay::Overlay;
use super::reading::{self, MAX_BYTES};
use super::schemas::LoweredSchemas;

/// Reads a document from a file. References to other files are followed below the file's own folder only.
///
/// # Errors
/// [`SpecError`] when there is no API in it at all; what is wrong in parts is in [`Api::issues`].
pub fn load_file(path: &Path) -> Result<Api, SpecError> {
    load_file_with(path, None)
}

/// Reads a document from a file as [`load_file`] does, with the changes of an Overlay.
///
/// # Errors
/// As [`load_file`].
pub fn load_file_with(path: &Path, overlay: Option<&Overlay>) -> Result<Api, SpecError> {
    let text = reading::read_text(path, MAX_BYTES)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    load_text_with(&path.display().to_string(), &text, Base::Folder(folder.to_path_buf()), overlay)
}

/// Reads a document from its text. `name` is the path or URL that messages and [`Api::document`] show.
///
/// # Errors
/// [`SpecError`] when there is no API in it at all; what is wrong in parts is in [`Api::issues`].
pub fn load_text(name: &str, text: &str, base: Base) -> Result<Api, SpecError> {
    load_text_with(name, text, base, None)
}

/// Reads a document from its text as [`load_text`] does, with the changes of an Overlay.
///
/// # Errors
/// As [`load_text`].
pub fn load_text_with(name: &str, text: &str, base: Base, overlay: Option<&Overlay>) -> Result<Api, SpecError> {
    let documents = Documents::read(name, text, &base, overlay)?;
    let root = documents.root(0).ok_or_else(|| not_a_document(name, "it is empty"))?;
    let dialect = detect_dialect(name, root.value)?;
    let address = match base {
        Base::Url(url) => Some(url),
        Base::Folder(_) | Base::None => None,
    };
    let schemas = LoweredSchemas::default();
    let issues = DocumentIssues::default();
    let intents = Intents::new(name, overlay);
    let mut lowering = Lowering { documents: &documents, dialect, address, issues, room: ROOM, schemas, intents };
    let mut api = lower_document(&mut lowering, root);
    api.document = name.to_owned();
    let Lowering { issues, schemas, mut intents, .. } = lowering;
    api.schemas = schemas.into_arena();
    api.issues = issues.finish(&documents);
    // Pointers come before lines, which are looked up by them.
    fill_in_lines(&mut api, &mut intents, &documents, text);
    api.intents = intents.finish();
    // The Overlay's issues have lines already, and these are of another file.
    api.issues.extend(documents.applied.issues.iter().cloned());

    Ok(api)
}

fn lower_document<'d>(lowering: &mut Lowering<'d>, root: Node<'d>) -> Api {
    let info = |key: &str| match root.value.get("info").and_then(|info| info.get(key)) {
        Some(Value::String(text)) => text.clone(),
        // YAML reads an unquoted version as a number.
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let (title, version) = (info("title"), info("version"));
    let servers = lowering.document_servers(root);
    let schemes = lowering.schemes(root);
    let security = lowering.security(root, &schemes);
    let defaults = Defaults { root, schemes, security };
    let mut operations = lowering.operations(&defaults);
    effect::judge_all(&mut operations);
    lowering.root_intents(root, &operations);
    // Schemas come last: all that was lowered before has queued those that it links to.
    lowering.lower_schemas();
    let Defaults { schemes, .. } = defaults;

    Api { title, version, dialect: lowering.dialect, servers, schemes, operations, ..Api::default() }
}

/// Fills in the lines of operations, issues and statements of intent in one pass over the text.
fn fill_in_lines(api: &mut Api, intents: &mut Intents<'_>, documents: &Documents, text: &str) {
    let Some(document) = documents.list().first() else { return };
    let mut wanted = WantedLines::new();
    api.operations.iter().for_each(|operation| wanted.add(&operation.spec.pointer));
    api.issues.iter().for_each(|issue| wanted.add(&issue.at));
    intents.want(&mut wanted);
    wanted.locate(text, document.notation);
    intents.locate(&wanted);

    for operation in &mut api.operations {
        operation.spec.line = wanted.line(&operation.spec.pointer);
    }
    for issue in &mut api.issues {
        issue.line = wanted.line(&issue.at);
    }
}

/// The version family that a document says it is written in.
fn detect_dialect(name: &str, root: &Value) -> Result<Dialect, SpecError> {
    let Value::Object(members) = root else {
        return Err(not_a_document(name, "its outermost value is not an object"));
    };
    let version = |key: &str| match members.get(key)? {
        Value::String(text) => Some(text.trim().to_owned()),
        // YAML reads an unquoted version as a number.
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };

    let unsupported = |family: &str, version: &str| {
        let version = format!("{family} {}", version.chars().take(40).collect::<String>());
        Err(SpecError::UnsupportedVersion { name: name.to_owned(), version })
    };
    if let Some(found) = version("openapi") {
        let mut parts = found.split('.');
        return match (parts.next(), parts.next()) {
            (Some("3"), None | Some("0")) => Ok(Dialect::OpenApi30),
            (Some("3"), Some("1")) => Ok(Dialect::OpenApi31),
            (Some("3"), Some("2")) => Ok(Dialect::OpenApi32),
            _ => unsupported("OpenAPI", &found),
        };
    }

    match version("swagger") {
        Some(found) if matches!(found.as_str(), "2" | "2.0") => Ok(Dialect::Swagger2),
        Some(found) => unsupported("Swagger", &found),
        None if members.contains_key("swaggerVersion") => unsupported("Swagger", "1"),
        None => Err(not_a_document(name, "it has neither `openapi` nor `swagger`")),
    }
}

fn not_a_document(name: &str, reason: &str) -> SpecError {
    SpecError::NotADocument { name: name.to_owned(), reason: reason.to_owned() }
}
