//! Where requests, and with them credentials, go: an origin that the user named, or the one the document came from. A
//! document is not trusted to choose another, on loopback neither: a token sent there is a token given away.

use url::Url;

use super::answers::Overrides;
use super::document::{LoadedDocument, server_path};
use super::error::AppError;
use crate::config::Config;
use crate::model::{Origin, Scope};

/// The base address of a scan, and what the user should know of it.
#[derive(Debug, Default)]
pub(super) struct ChosenBase {
    /// `None` where the document names no address that may be asked.
    pub(super) url: Option<Url>,
    /// What was chosen on the user's behalf.
    pub(super) note: Option<String>,
}

/// Returns the address on the command line or in the configuration; else a server of the document at an origin that the
/// user named or the document came from; else that origin.
///
/// # Errors
/// [`AppError::Usage`] when the address that was given is none.
pub(super) fn choose_base(
    config: &Config,
    over: &Overrides,
    found: &LoadedDocument,
    scope: &Scope,
) -> Result<ChosenBase, AppError> {
    // The user's own word ends the question: no document can move requests elsewhere.
    if let Some(text) = over.base_url.as_ref().or(config.target.base_url.as_ref()) {
        let url = Url::parse(text).map_err(|error| AppError::Usage(format!("base URL `{text}`: {error}")))?;
        return Ok(ChosenBase { url: Some(url), note: None });
    }
    let named: Vec<Origin> =
        found.origin.iter().filter_map(|url| Origin::of(url).ok()).chain(scope.allowed().cloned()).collect();
    let servers: Vec<Url> = found.api.servers.iter().filter_map(|server| Url::parse(&server.url).ok()).collect();
    let is_named = |url: &&Url| Origin::of(url).is_ok_and(|origin| named.contains(&origin));

    if let Some(url) = servers.iter().find(is_named) {
        return Ok(ChosenBase { url: Some(url.clone()), note: None });
    }
    match &found.origin {
        Some(origin) => Ok(beside_document(origin, found, &servers)),
        None => Ok(of_file(&servers, &named, scope)),
    }
}

/// The origin that the document came from. Its servers may name another deployment; their path is the API's all the same.
fn beside_document(origin: &Url, found: &LoadedDocument, servers: &[Url]) -> ChosenBase {
    let mut url = origin.clone();
    if let Some(path) = found.api.servers.first().and_then(|server| server_path(&server.url)) {
        url.set_path(&path);
    }
    // The user may have meant the deployment that the document names, so the choice is stated.
    let note = servers.first().and_then(|server| Origin::of(server).ok()).map(|other| {
        format!(
            "the document names {other} as its server, which you did not; requests and credentials go to {url}, where \
             it came from. To scan the other one, name it as the base URL"
        )
    });

    ChosenBase { url: Some(url), note }
}

/// The first server of a file that lies on loopback, where the user named no origin at all: the file is the user's own.
/// A later server is never taken: the author meant the first.
fn of_file(servers: &[Url], named: &[Origin], scope: &Scope) -> ChosenBase {
    let first = servers.first().filter(|url| named.is_empty() && scope.permit((*url).clone()).is_ok());
    let note = first.and_then(|url| Origin::of(url).ok()).map(|origin| {
        format!("requests and credentials go to {origin}, the first server of the document; name the base URL yourself to be sure of it")
    });
    ChosenBase { url: first.cloned(), note }
}
