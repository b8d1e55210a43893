//! Links in answers that carry a token in their query.

use url::Url;

use super::baseline::Baseline;
use super::leaves::{Leaf, leaves_of};
use crate::detect::jwt;
use crate::model::Secret;
use crate::probe::{Probe, TokenCarrier};

/// A link in an answer with a token in its query.
#[derive(Debug, Clone)]
pub struct TokenLink {
    /// The link.
    pub leaf: Leaf,
    /// The parameter that carries the token.
    pub name: String,
    /// The token.
    pub token: Secret,
    /// It is the caller's own.
    pub own: bool,
}

/// Returns the links to the API itself whose query carries the caller's token or another JWT. A caller whose key travels in the
/// query anyway gets it back in links, which adds nothing.
pub fn links_with_token(probe: &Probe, baseline: &Baseline) -> Vec<TokenLink> {
    let Some(session) = probe.sessions().get(&baseline.caller) else { return Vec::new() };
    if matches!(session.carrier, TokenCarrier::Query(_)) {
        return Vec::new();
    }
    let own = session.token.expose();
    let Some(response) = baseline.first.response() else { return Vec::new() };
    let mut found = Vec::new();

    for leaf in leaves_of(response).into_iter().filter(|leaf| !leaf.word && !leaf.number && leaf.text.contains('?')) {
        let Some(url) = parse_address(probe.base_url(), &leaf.text) else { continue };
        for (name, value) in url.query_pairs() {
            // Short values stand in addresses by chance.
            let is_own = own.len() >= 8 && value == own;
            // A JWT in a link to another host is meant for that host.
            let is_token = url.origin() == probe.base_url().origin() && jwt::parse(&value).is_some();

            if is_own || is_token {
                let token = Secret::new(value.into_owned());
                found.push(TokenLink { leaf: leaf.clone(), name: name.into_owned(), token, own: is_own });
            }
        }
    }

    found
}

/// The address that a text is; texts that merely contain one are none.
fn parse_address(base: &Url, text: &str) -> Option<Url> {
    let text = text.trim();
    let is_address = text.starts_with('/') || text.starts_with("http://") || text.starts_with("https://");

    if !is_address || text.len() > 8192 || text.contains(char::is_whitespace) {
        return None;
    }
    base.join(text).ok()
}
