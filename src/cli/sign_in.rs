//! How callers of an API sign in, as its document tells: for the configuration that `init` writes.

use crate::config::InitScheme;
use crate::model::{Api, Method, Operation, Place, SchemaId, SchemeKind, Security};

/// Words that stand in the last part of a sign-in operation's path.
const SIGN_IN_WORDS: [&str; 7] = ["login", "signin", "sign-in", "sign_in", "authenticate", "token", "session"];
/// Fields that name the caller, likeliest first.
const NAME_FIELDS: [&str; 5] = ["username", "email", "login", "user", "user_name"];
/// Fields of an answer that hold the token, likeliest first.
const TOKEN_FIELDS: [&str; 8] =
    ["access_token", "accesstoken", "token", "auth_token", "authtoken", "jwt", "id_token", "idtoken"];
/// How deep a token is looked for: `/data/attributes/token` is as deep as people put it.
const MOST_LEVELS: usize = 3;
/// Fields of one level that are looked at; schemas may refer to themselves.
const MOST_FIELDS: usize = 2_000;

/// The sign-in operation if the document has one and the callers' tokens go into a header, else the scheme that most
/// operations ask for.
pub(super) fn choose_scheme(api: &Api) -> InitScheme {
    let scheme = most_asked_for(api);
    match scheme {
        // A sign-in of the document gives a token; for keys, cookies and Basic that is the wrong credential.
        InitScheme::Bearer => api.operations.iter().find_map(|operation| sign_in(api, operation)).unwrap_or(scheme),
        other => other,
    }
}

fn most_asked_for(api: &Api) -> InitScheme {
    let asked_for = |name: &str| api.operations.iter().filter(|operation| asks_for(operation, name)).count();
    let known =
        api.schemes.iter().filter_map(|(name, scheme)| Some((asked_for(name), scheme_from_kind(&scheme.kind)?)));
    // Bearer wins a tie, as it does where nothing is declared.
    let most = known.max_by_key(|(count, scheme)| (*count, *scheme == InitScheme::Bearer));

    most.map(|(_, scheme)| scheme).unwrap_or_default()
}

fn scheme_from_kind(kind: &SchemeKind) -> Option<InitScheme> {
    match kind {
        SchemeKind::Bearer | SchemeKind::OAuth2(_) | SchemeKind::OpenIdConnect(_) => Some(InitScheme::Bearer),
        SchemeKind::Basic => Some(InitScheme::Basic),
        // Swagger 2.0 has no bearer scheme: documents of that age declare the header as a key.
        SchemeKind::ApiKey(Place::Header, name) if name.eq_ignore_ascii_case("authorization") => {
            Some(InitScheme::Bearer)
        }
        SchemeKind::ApiKey(Place::Header, name) => Some(InitScheme::ApiKeyHeader(name.clone())),
        SchemeKind::ApiKey(Place::Query, name) => Some(InitScheme::ApiKeyQuery(name.clone())),
        SchemeKind::ApiKey(Place::Cookie, name) => Some(InitScheme::Cookie(name.clone())),
        _ => None,
    }
}

fn asks_for(operation: &Operation, name: &str) -> bool {
    match &operation.security {
        Security::Optional(any) | Security::Required(any) => any.iter().flatten().any(|(scheme, _)| scheme == name),
        Security::Unstated | Security::Public => false,
    }
}

/// A sign-in: a POST whose path says so, with a name and a password in its body and a token in its answer.
fn sign_in(api: &Api, operation: &Operation) -> Option<InitScheme> {
    let last = operation.path.rsplit('/').next()?.to_ascii_lowercase();
    if operation.method != Method::Post || !SIGN_IN_WORDS.iter().any(|word| last.contains(word)) {
        return None;
    }
    let body = operation.body.as_ref()?.content.first()?.schema?;
    let fields = object_fields(api, body);
    let field = |wanted: &[&str]| {
        wanted.iter().find_map(|wanted| fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)))
    };
    let (username_field, _) = field(&NAME_FIELDS)?;
    let (password_field, _) = field(&["password", "passwd", "pass"])?;
    let answers = operation.responses.iter().filter(|response| response.status.starts_with('2'));
    let mut schemas = answers.flat_map(|response| response.content.iter().filter_map(|(_, schema)| *schema));
    let token = schemas.find_map(|schema| token_pointer(api, schema))?;
    Some(InitScheme::Login {
        operation: operation.id.to_string(),
        username_field: username_field.clone(),
        password_field: password_field.clone(),
        token,
    })
}

/// Where a token stands in an answer: level by level, so that the one nearest to the top is taken.
fn token_pointer(api: &Api, schema: SchemaId) -> Option<String> {
    let mut level = vec![(String::new(), schema)];
    for _ in 0..MOST_LEVELS {
        let below: Vec<(String, String, SchemaId)> = level
            .iter()
            .flat_map(|(at, schema)| {
                let child =
                    |(name, child): (String, SchemaId)| (format!("{at}/{}", escape_pointer(&name)), name, child);
                object_fields(api, *schema).into_iter().map(child).collect::<Vec<_>>()
            })
            // Schemas that refer to themselves would multiply from level to level.
            .take(MOST_FIELDS)
            .collect();
        let token =
            TOKEN_FIELDS.iter().find_map(|wanted| below.iter().find(|(_, name, _)| name.eq_ignore_ascii_case(wanted)));
        if let Some((pointer, _, _)) = token {
            return Some(pointer.clone());
        }
        level = below.into_iter().map(|(pointer, _, child)| (pointer, child)).collect();
    }

    None
}

/// The fields of an object, those of the parts of an `allOf` too.
fn object_fields(api: &Api, schema: SchemaId) -> Vec<(String, SchemaId)> {
    let Some(schema) = api.schemas.get(schema) else { return Vec::new() };
    let parts = schema.all_of.iter().filter_map(|part| api.schemas.get(*part));
    std::iter::once(schema).chain(parts).flat_map(|schema| schema.properties.clone()).collect()
}

/// RFC 6901 §3.
fn escape_pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
