//! Which parameters of an address take a credential, by the document alone.

#[cfg(test)]
mod tests;

use super::names::split_words;
use crate::model::{Api, JsonType, Operation, Parameter, Place, SchemeKind};

/// Returns the parameter of an operation, of any method, that takes a credential in its address.
pub fn credential_parameter<'a>(api: &Api, operation: &'a Operation) -> Option<&'a Parameter> {
    let signs_in = is_about_signing_in(operation);
    operation.parameters.iter().find(|parameter| is_credential(api, parameter, signs_in))
}

/// Words of operations that take or make credentials.
const SIGN_IN_WORDS: &str = "login signin signon logon auth authenticate oauth oauth2 token password reset verify verification \
    confirm activate activation invite invitation magic sso";

fn is_about_signing_in(operation: &Operation) -> bool {
    let segments = operation.path.split('/').filter(|segment| !segment.starts_with('{'));
    let mut found = segments.flat_map(split_words).chain(operation.operation_id.iter().flat_map(|id| split_words(id)));
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
    let name = split_words(&parameter.name).join("");
    let known = |names: &str| has_word(names, &name);
    let scheme = |kind: &SchemeKind| matches!(kind, SchemeKind::ApiKey(Place::Query, key) if *key == parameter.name);
    let declared = api.schemes.values().any(|found| scheme(&found.kind));
    let by_name = match parameter.place {
        Place::Query => declared || known(CREDENTIALS) || (signs_in && known(SIGN_IN_CREDENTIALS)),
        // `/api-keys/{api_key}` names a key by its id.
        Place::Path => signs_in && name != "sessionid" && (known(CREDENTIALS) || known(SIGN_IN_CREDENTIALS)),
        // Addresses end up in logs and histories, which headers and cookies mostly do not.
        Place::Header | Place::Cookie => false,
    };

    is_text && by_name
}

/// Returns true for names of parameters that take what signs a caller in.
pub fn takes_token(name: &str) -> bool {
    matches!(
        split_words(name).join("").as_str(),
        "accesstoken"
            | "token"
            | "authtoken"
            | "apikey"
            | "apitoken"
            | "jwt"
            | "bearer"
            | "sessiontoken"
            | "key"
            | "auth"
    )
}
