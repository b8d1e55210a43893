//! Operations behind which the same model stands with the same words: one of them is asked, and the others need not be.

use super::recognise::recognise_operation;
use super::settings::LlmSettings;
use super::shapes::WireFormat;
use crate::model::{Api, Operation};

/// Ends of the paths at which LangServe serves one chain.
const ASKING: [&str; 3] = ["/invoke", "/batch", "/stream"];
/// Those that also show what happens inside: the filled prompt, calls of tools.
const SHOWING: [&str; 2] = ["/stream_log", "/stream_events"];

/// What an operation shares with its siblings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SiblingGroup {
    /// Equal for siblings.
    pub key: String,
    /// It shows without being pressed what its siblings would have to be asked for: a look is enough.
    pub shows: bool,
}

/// The chain of an operation that faces a model; `None` where nothing says that it has siblings.
pub fn find_chain(api: &Api, operation: &Operation, settings: &LlmSettings) -> Option<SiblingGroup> {
    let facing = recognise_operation(api, operation, settings)?;
    let path = operation.path.trim_end_matches('/');

    // Who may ask may differ: then it is a question of its own.
    let guarded = format!("{:?}", operation.security);

    if matches!(facing.shape, WireFormat::LangServe | WireFormat::LangServeBatch) {
        let end = ASKING.iter().chain(&SHOWING).find(|end| path.ends_with(**end))?;
        let shows = SHOWING.contains(end);
        let base = without_hash(path.strip_suffix(end)?);
        // The log and the events of a chain show different things, so that each of them speaks for itself.
        let kind = if shows { end } else { "" };
        return Some(SiblingGroup { key: format!("langserve {base}{kind} {guarded}"), shows });
    }

    let (handler, end) = (handler_name(operation)?, strip_gateway_prefix(path));
    Some(SiblingGroup { key: format!("{handler} {end} {guarded}"), shows: false })
}

/// The first operation in the document that is of the same chain, where it is another one.
pub fn first_of_chain<'a>(api: &'a Api, operation: &Operation, settings: &LlmSettings) -> Option<&'a Operation> {
    let own = find_chain(api, operation, settings)?;
    let before = api.operations.iter().take_while(|other| other.id != operation.id);
    before.into_iter().find(|other| find_chain(api, other, settings).as_ref() == Some(&own))
}

/// `/x/c/{config_hash}` is `/x` with a configuration in the path.
fn without_hash(base: &str) -> &str {
    let Some((before, last)) = base.rsplit_once('/') else { return base };
    let hash = last.starts_with('{') && last.to_ascii_lowercase().contains("config");
    before.strip_suffix("/c").filter(|_| hash).unwrap_or(base)
}

/// The function behind an operation, as FastAPI makes operation ids: its name, the path and the method.
fn handler_name(operation: &Operation) -> Option<String> {
    let slug = |character: char| if character.is_alphanumeric() { character } else { '_' };
    let path: String = operation.path.chars().map(slug).collect();
    let end = format!("{path}_{}", operation.method.as_str().to_ascii_lowercase());
    let name = operation.operation_id.as_deref()?.strip_suffix(end.as_str())?;

    (!name.is_empty()).then(|| name.to_owned())
}

/// A path without what gateways put before it: `/v1`, `/openai`, `/engines/{model}`.
fn strip_gateway_prefix(path: &str) -> &str {
    let mut rest = path;
    while let Some((first, more)) = rest.trim_start_matches('/').split_once('/') {
        let version = first.strip_prefix('v').is_some_and(|number| number.parse::<u8>().is_ok());
        let before = version
            || first.starts_with('{')
            || matches!(first, "api" | "openai" | "engines" | "deployments" | "anthropic" | "latest");
        if !before || more.is_empty() {
            break;
        }
        rest = rest.get(rest.len() - more.len() - 1..).unwrap_or(rest);
    }

    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_in_the_path_is_no_chain_of_its_own() {
        assert_eq!(without_hash("/helper/c/{config_hash}"), "/helper");
        assert_eq!(without_hash("/helper/c/{id}"), "/helper/c/{id}");
        assert_eq!(without_hash("/c/{config_hash}"), "");
        assert_eq!(without_hash("/helper"), "/helper");
    }

    #[test]
    fn prefixes_of_gateways_are_cut() {
        assert_eq!(strip_gateway_prefix("/v1/chat/completions"), "/chat/completions");
        assert_eq!(strip_gateway_prefix("/openai/deployments/{model}/chat/completions"), "/chat/completions");
        assert_eq!(strip_gateway_prefix("/sales/chat"), "/sales/chat");
        assert_eq!(strip_gateway_prefix("/v1/chat"), "/chat");

        assert_eq!(strip_gateway_prefix("/chat"), "/chat");
    }
}
