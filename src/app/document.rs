//! Finds and loads the document: a path, a URL, a base URL with the usual places below it, or what lies in the folder.

use std::path::{Path, PathBuf};

use url::Url;

use super::error::AppError;
use super::graphql::{introspect_below, is_graphql_file, read_file};
use crate::detect::Redactor;
use crate::model::{Api, Scope};
use crate::probe::{Limits, Probe, SendError};
use crate::spec::{Base, Overlay, USUAL_PLACES, find_in_folder, load_file_with, load_text_with, looks_like_document};

/// A loaded document, and the address it was found below.
#[derive(Debug)]
pub(super) struct LoadedDocument {
    pub(super) api: Api,
    /// Where requests go unless something else is said: the base URL that was given, or the document's own origin.
    pub(super) origin: Option<Url>,
}

/// Loads what `target` names; without it what the configuration names, or what lies in `folder`. The Overlay is applied
/// to it.
pub(super) async fn load(
    target: Option<&str>,
    folder: &Path,
    scope: &Scope,
    overlay: Option<Overlay>,
) -> Result<LoadedDocument, AppError> {
    match target {
        Some(text) if text.starts_with("http://") || text.starts_with("https://") => {
            let url = Url::parse(text).map_err(|error| AppError::Usage(format!("`{text}` is no address: {error}")))?;
            from_url(url, scope, overlay).await
        }
        Some(path) if is_graphql_file(&folder.join(path)) => {
            Ok(LoadedDocument { api: read_file(&folder.join(path))?, origin: None })
        }
        Some(path) => from_file(folder.join(path), overlay).await,
        None => match find_in_folder(folder).into_iter().next() {
            Some(path) => from_file(path, overlay).await,
            None => Err(AppError::Usage(
                "no OpenAPI document found in this folder: name one (path or URL), or the base URL of a running API, \
                 or put it under `openapi` in [target] of routewarden.toml"
                    .to_owned(),
            )),
        },
    }
}

async fn from_file(path: PathBuf, overlay: Option<Overlay>) -> Result<LoadedDocument, AppError> {
    // Large documents take seconds to read; the runtime has other work.
    let loaded = tokio::task::spawn_blocking(move || load_file_with(&path, overlay.as_ref())).await;
    let api = loaded.map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(LoadedDocument { api: api.map_err(|error| AppError::Usage(error.to_string()))?, origin: None })
}

async fn from_url(url: Url, scope: &Scope, overlay: Option<Overlay>) -> Result<LoadedDocument, AppError> {
    // No identity goes along: a place that serves documents gets no credential of the API.
    let probe = Probe::new(
        scope.clone(),
        url.clone(),
        Vec::new(),
        Limits { max_requests: 64, ..Limits::default() },
        Redactor::new(),
    )
    .map_err(from_send)?;
    let first = probe.fetch(&url).await.map_err(from_send)?;

    // Single-page applications answer every path with 200 and their own HTML, so the text decides.
    if first.status < 400 && looks_like_document(&first.text) {
        return Ok(LoadedDocument {
            api: parse_document(&url, first.text, overlay).await?,
            origin: Some(origin_of_url(&url)),
        });
    }

    for place in USUAL_PLACES {
        let below = format!("{}{place}", url.as_str().trim_end_matches('/'));
        let Ok(below) = Url::parse(&below) else { continue };
        let Ok(fetched) = probe.fetch(&below).await else { continue };

        if fetched.status < 400 && looks_like_document(&fetched.text) {
            let mut api = parse_document(&below, fetched.text, overlay).await?;
            let base = base_below(&api, &url);

            // What the user named is where requests go, whatever servers the document lists.
            api.servers.clear();
            return Ok(LoadedDocument { api, origin: Some(base) });
        }
    }

    if let Some(api) = introspect_below(&probe, &url).await {
        return Ok(LoadedDocument { api, origin: Some(origin_of_url(&url)) });
    }
    Err(AppError::Usage(format!(
        "{url} is no OpenAPI document, and none of the usual places below it has one ({}); name the document itself",
        USUAL_PLACES.iter().take(6).copied().collect::<Vec<_>>().join(", ")
    )))
}

async fn parse_document(url: &Url, text: String, overlay: Option<Overlay>) -> Result<Api, AppError> {
    let name = url.to_string();
    let base = Base::Url(url.clone());
    let loaded = tokio::task::spawn_blocking(move || load_text_with(&name, &text, base, overlay.as_ref())).await;
    loaded.map_err(|error| AppError::Internal(error.to_string()))?.map_err(|error| AppError::Usage(error.to_string()))
}

/// The named base; with the path of the document's first server when the base has none (`/api/v1` is rarely typed).
fn base_below(api: &Api, named: &Url) -> Url {
    let mut base = named.clone();
    base.set_query(None);
    base.set_fragment(None);
    if named.path() == "/"
        && let Some(path) = api.servers.first().and_then(|server| server_path(&server.url))
    {
        base.set_path(&path);
    }
    base
}

/// The path of a server's address, absolute or not.
pub(super) fn server_path(server: &str) -> Option<String> {
    match Url::parse(server) {
        Ok(url) => Some(url.path().to_owned()),
        Err(_) => server.starts_with('/').then(|| server.to_owned()),
    }
}

fn origin_of_url(url: &Url) -> Url {
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    origin.set_fragment(None);

    origin
}

/// Reads an Overlay.
pub(super) async fn read_overlay(path: Option<PathBuf>) -> Result<Option<Overlay>, AppError> {
    let Some(path) = path else { return Ok(None) };
    let read = tokio::task::spawn_blocking(move || Overlay::read(&path)).await;
    let read = read.map_err(|error| AppError::Internal(error.to_string()))?;
    read.map(Some).map_err(|error| AppError::Usage(format!("the Overlay over the document: {error}")))
}

/// A request of ours that could not be made, in the terms of the faces.
pub(super) fn from_send(error: SendError) -> AppError {
    match error {
        SendError::NoAnswer(text) => AppError::Untrusted(format!("{text}; is the API running?")),
        SendError::Cancelled => AppError::Cancelled,
        other => AppError::Usage(other.to_string()),
    }
}
