//! Which operations ask for a credential in their address, by the document alone.

#[cfg(test)]
mod tests;

use crate::checks::rule::{Finding, Rule};
use crate::model::{Api, Draft, JsonType, Operation, Parameter, Place, SchemeKind, Silence, clean_name};
use crate::survey::words;

/// Returns the observation of an operation, of any method, that asks for a credential in its address.
///
/// # Errors
/// `NotApplicable` where there is no such parameter.
pub(super) fn declared_in_url(api: &Api, operation: &Operation) -> Result<Draft, Silence> {
    let signs_in = is_about_signing_in(operation);
    let parameter = operation.parameters.iter().find(|parameter| is_credential(api, parameter, signs_in));
    let parameter = parameter.ok_or_else(|| Silence::not_applicable("no credential stands in its address"));
    let place_of = |parameter: &Parameter| if parameter.place == Place::Path { "path" } else { "query" };
    let mut rule = Rule::default();
    let parameter = rule.need("declared-in-url", parameter, |found| {
        format!("the document declares `{}` in the {}", clean_name(&found.name, 60), place_of(found))
    })?;
    let (name, place) = (clean_name(&parameter.name, 60), place_of(parameter));
    Ok(rule.observation(Finding::of(
        operation,
        format!("{place}:{name}"),
        format!("declared {} {}", operation.method, operation.path),
        format!("the document asks for `{name}` in the {place}"),
    )))
}

/// Words of operations that take or make credentials.
const SIGN_IN_WORDS: &str = "login signin signon logon auth authenticate oauth oauth2 token password reset verify verification \
    confirm activate activation invite invitation magic sso";

fn is_about_signing_in(operation: &Operation) -> bool {
    let segments = operation.path.split('/').filter(|segment| !segment.starts_with('{'));
    let mut found = segments.flat_map(words).chain(operation.operation_id.iter().flat_map(|id| words(id)));
    found.any(|word| has_word(SIGN_IN_WORDS, &word))
}

fn has_word(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known == word)
}

/// Names that mean a credential wherever they stand.
const CREDENTIALS: &str = "password passwd passphrase userpassword newpassword oldpassword apikey xapikey apisecret secretkey \
    clientsecret accesstoken authtoken refreshtoken sessiontoken bearertoken jwt";
/// Names that mean one where callers sign in; elsewhere they may be coins, folders or riddles.
const SIGN_IN_CREDENTIALS: &str = "token secret pwd pass idtoken resettoken verificationtoken sessionid otp";

fn is_credential(api: &Api, parameter: &Parameter, signs_in: bool) -> bool {
    let schema = parameter.schema.and_then(|id| api.schemas.get(id));
    // A flag, a count or a choice is no secret.
    let is_text = schema.is_none_or(|schema| {
        schema.enumeration.is_empty() && (schema.types.is_empty() || schema.types.contains(&JsonType::String))
    });
    let name = words(&parameter.name).join("");
    let known = |names: &str| has_word(names, &name);
    let scheme = |kind: &SchemeKind| matches!(kind, SchemeKind::ApiKey(Place::Query, key) if *key == parameter.name);
    let declared = api.schemes.values().any(|found| scheme(&found.kind));
    let by_name = match parameter.place {
        Place::Query => declared || known(CREDENTIALS) || (signs_in && known(SIGN_IN_CREDENTIALS)),
        // `/api-keys/{api_key}` names a key by its id.
        Place::Path => signs_in && name != "sessionid" && (known(CREDENTIALS) || known(SIGN_IN_CREDENTIALS)),
        Place::Header | Place::Cookie => false,
    };
    is_text && by_name
}
