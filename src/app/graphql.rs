//! Finds the GraphQL endpoint of an API and its schema: as configured, where the document names `POST .../graphql`, or at
//! the usual places of a base URL that serves no document.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use url::Url;

use super::answers::ScanRequest;
use super::error::AppError;
use crate::config::{Config, operation_matches};
use crate::detect::Redactor;
use crate::model::{Api, Method, Scope, address_below, clean_name, name_first};
use crate::probe::{Limits, Probe, SendError};
use crate::spec::{INTROSPECTION_QUERY, read_graphql};

/// Where endpoints usually are.
const USUAL_ENDPOINTS: &str = "/graphql /api/graphql /query";
/// Endings of files with a schema.
const ENDINGS: &str = "graphql graphqls gql";
/// Longer files are no schema.
const MAX_BYTES: u64 = 32 << 20;
/// The beginning of an answer to introspection, within which it says what it is.
const HEAD_BYTES: u64 = 16 << 10;

/// Returns whether a file holds a GraphQL schema: by its ending, or as an answer to introspection.
pub(super) fn is_graphql_file(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending {
        known if ENDINGS.split(' ').any(|ending| ending == known) => true,
        "json" => read_head(path).is_ok_and(|text| text.contains("\"__schema\"") && !text.contains("\"paths\"")),
        _ => false,
    }
}

/// Reads an API whose only document is a GraphQL schema.
pub(super) fn read_file(path: &Path) -> Result<Api, AppError> {
    let mut api = Api { document: path.display().to_string(), title: "GraphQL".to_owned(), ..Api::default() };
    let endpoint = USUAL_ENDPOINTS.split(' ').next().unwrap_or_default();
    add_schema(&mut api, endpoint, read_schema(path)?, &path.display().to_string())?;
    Ok(api)
}

/// Returns the API of an address that answers introspection: itself where it says GraphQL, or at a usual place below it. A
/// POST to any other address may create something there.
pub(super) async fn introspect_below(probe: &Probe, url: &Url) -> Option<Api> {
    let itself = address_below(url, "");
    let own = ENDINGS.split(' ').any(|ending| itself.path().ends_with(ending)).then_some(itself);
    let below = USUAL_ENDPOINTS.split(' ').map(|endpoint| address_below(url, endpoint));
    for address in own.into_iter().chain(below) {
        let Ok(fetched) = probe.fetch_query(&address, INTROSPECTION_QUERY).await else { continue };
        let mut api = Api { document: address.to_string(), title: "GraphQL".to_owned(), ..Api::default() };
        if read_graphql(&mut api, address.path(), &fetched.text).is_ok() {
            return Some(api);
        }
    }
    None
}

/// Adds the GraphQL endpoint that the configuration names, or the document, with its schema from a file or from the
/// endpoint itself.
///
/// # Errors
/// [`AppError::Usage`] where the configuration names an endpoint whose schema cannot be had.
pub(super) async fn join_graphql(
    api: &mut Api,
    config: &Config,
    request: &ScanRequest,
    base: Option<&Url>,
    scope: &Scope,
) -> Result<(), AppError> {
    let target = &config.target;
    let documented = || {
        let posts = api.operations.iter().filter(|operation| operation.method == Method::Post);
        posts.map(|operation| &operation.path).find(|path| path.ends_with("/graphql") && !path.contains('{')).cloned()
    };
    let Some(endpoint) = target.graphql.clone().or_else(documented).filter(|_| api.graphql.is_none()) else {
        return Ok(());
    };
    // All questions are asked there, by whatever names they go.
    let excluded = config.scan.exclude.iter().chain(&request.overrides.exclude);
    if excluded.into_iter().any(|pattern| operation_matches(pattern, "POST", &endpoint)) {
        return Ok(());
    }
    if let Some(file) = &target.graphql_schema {
        return add_schema(api, &endpoint, read_schema(file)?, &file.display().to_string());
    }
    // A plan fetches a schema only where the configuration names the endpoint: it is the document then.
    let Some(base) = base.filter(|_| !request.dry_run || target.graphql.is_some()) else { return Ok(()) };
    let address = address_below(base, &endpoint);
    let limits = Limits { max_requests: 2, ..Limits::default() };
    let probe = Probe::new(scope.clone(), base.clone(), Vec::new(), limits, Redactor::new()).map_err(unsent)?;
    let fetched = probe.fetch_query(&address, INTROSPECTION_QUERY).await;
    let read = fetched.map_err(unsent).and_then(|fetched| add_schema(api, &endpoint, fetched.text, address.as_str()));
    match read {
        Err(_) if target.graphql.is_none() => Ok(()),
        Err(AppError::Usage(reason)) => Err(AppError::Usage(format!(
            "{reason}; where the endpoint answers no introspection, give its schema: `graphql_schema` in [target]"
        ))),
        other => other,
    }
}

/// Returns a note on what of the schema is not asked.
pub(super) fn describe_left_out(api: &Api) -> Option<String> {
    let left_out = &api.graphql.as_ref()?.left_out;
    let named = name_first(left_out, 5, |name| clean_name(name, 100));
    (!left_out.is_empty())
        .then(|| format!("GraphQL: mutations are never sent, and some fields cannot be asked: {named}"))
}

fn add_schema(api: &mut Api, endpoint: &str, text: String, from: &str) -> Result<(), AppError> {
    read_graphql(api, endpoint, &text)
        .map_err(|error| AppError::Usage(format!("the GraphQL schema of {}: {error}", clean_name(from, 200))))
}

fn unsent(error: SendError) -> AppError {
    AppError::Usage(format!("the GraphQL schema: {error}"))
}

/// Reads the beginning of a file alone: it may be a document of any length, which is read where it is parsed.
fn read_head(path: &Path) -> std::io::Result<String> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn read_schema(path: &Path) -> Result<String, AppError> {
    let fault = |reason: String| AppError::Usage(format!("the GraphQL schema {}: {reason}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| fault(error.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(fault(format!("it has {size} bytes; at most {MAX_BYTES} are read")));
    }
    std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))
}
