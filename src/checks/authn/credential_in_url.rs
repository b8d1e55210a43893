//! `authn/credential-in-url`.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use url::Url;

use crate::act::Acting;
use crate::checks::acting::ActCx;
use crate::checks::context::{CheckCx, PlanCx, present};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, unsent};
use crate::detect::jwt;
use crate::model::{
    ANONYMOUS, Api, Clause, Draft, EvidenceItem, JsonType, Operation, Parameter, Place, Role, SchemeKind, Secret,
    Verdict, clean_name,
};
use crate::probe::{Answer, Caller, Carrier, SendError};
use crate::survey::{Baseline, Leaf, Reading, Surveyed, leaves, words};

check! {
    /// ## What it does
    /// Looks for credentials in addresses: a key that the API takes in the query, a link in an answer that carries the
    /// caller's token, and operations whose document asks for a password or a token in the address.
    ///
    /// ## Why it matters
    /// Addresses are kept where headers are not: in server and proxy logs, in browser histories, in `Referer` headers, in
    /// bookmarks and chats. Whoever reads one of them is signed in.
    ///
    /// ## How it is confirmed
    /// A key in the query: the route serves a caller whose key travels there, twice, and refuses the same request without
    /// it and with a made-up one. A link: it stands in the answer, twice, with the caller's own token in its query, or
    /// with another token that was tried and opens a route that refuses strangers. What only the document says is an
    /// observation.
    ///
    /// ## When it stays silent
    /// For keys and tokens that travel in headers or cookies, for page, sync and CSRF tokens, for signed links that open
    /// one file, and for keys of other services in links.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-598, RFC 6750 section 5.3
    CredentialInUrl {
        id: "authn/credential-in-url",
        title: "A credential travels in the URL",
        severity: Medium,
        level: Passive,
        owasp: ["API2:2023"],
        cwe: [598],
        remedy: "credentials-out-of-urls",
        since: "0.2.0",
    }
}

impl Check for CredentialInUrl {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        // The repeat of the answer with the link, the link's token on the same route, a declared parameter thrice.
        if PlanCx::is_read(operation) {
            return Need::Requests(5);
        }
        // Of what changes state the document alone is read.
        match declared_in_url(cx.api, operation) {
            Some(_) if !operation.method.is_safe() => Need::Requests(0),
            _ => Need::NotApplicable,
        }
    }

    fn act<'a>(&'a self, cx: &'a ActCx<'a>, acting: &'a Acting) -> Running<'a> {
        let declared = declared_in_url(&cx.check.survey.api, &acting.operation);
        Box::pin(async move {
            declared.map_or_else(|| held("no credential stands in its address"), |draft| Verdict::Broken(vec![draft]))
        })
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        Box::pin(async move { run(cx, surveyed).await.unwrap_or_else(|error| unsent(&error)) })
    }
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Verdict, SendError> {
    let mut drafts: Vec<Draft> = Vec::new();
    match key_in_query(cx, surveyed) {
        Ok(draft) => drafts.extend(draft),
        Err(because) => return Ok(inconclusive(because, None)),
    }
    drafts.extend(link_with_token(cx, surveyed).await?);
    if drafts.is_empty() {
        drafts.extend(token_in_query(cx, surveyed).await?);
    }
    let declared = declared_in_url(&cx.survey.api, &surveyed.operation).filter(|_| drafts.is_empty());
    drafts.extend(declared.map(|mut draft| {
        let seen = surveyed.valid().next().map(|baseline| Arc::clone(&baseline.first.exchange));
        draft.exchanges = seen.map(|exchange| EvidenceItem { role: Role::Attack, exchange }).into_iter().collect();
        draft
    }));
    Ok(if drafts.is_empty() { held("no credential was seen in an address") } else { Verdict::Broken(drafts) })
}

/// A caller whose key travels in the query and is what the route asks for.
///
/// # Errors
/// Why it cannot be told whether the route asks for it.
fn key_in_query(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Option<Draft>, String> {
    let asked = surveyed.asked_by_strangers().filter(|baseline| baseline.valid(&surveyed.volatile));
    let keyed = asked.and_then(|baseline| match cx.probe.sessions().get(&baseline.caller)?.carrier {
        Carrier::Query(name) => Some((baseline, name)),
        _ => None,
    });
    let Some((baseline, name)) = keyed else { return Ok(None) };
    match (surveyed.anonymous_reading(), surveyed.garbage_reading()) {
        (Some(Reading::Refused(without)), Some(Reading::Refused(made_up))) => {
            Ok(Some(key_proven(surveyed, baseline, &name, (&without, &made_up))))
        }
        (Some(Reading::NoData(because)), _) | (_, Some(Reading::NoData(because))) => Err(because),
        // A route that serves strangers has no use for the key.
        _ => Ok(None),
    }
}

fn key_proven(surveyed: &Surveyed, baseline: &Baseline, name: &str, (without, made_up): (&str, &str)) -> Draft {
    let caller = &baseline.caller;
    let shown = clean_name(name, 60);
    let mut proof = Proof::default();
    proof.clause("served-with-it", true, format!("{caller}'s key travels as `{shown}` in the query, and is served"));
    proof.clause("refused-without-it", true, format!("the same request without the key: {without}"));
    proof.clause("made-up-key-refused", true, format!("the same request with a made-up key: {made_up}"));
    match &baseline.second {
        Some(second) => proof.clause(
            "repeated",
            second.response().is_some_and(|again| again.is_success()),
            "the same request again is served too",
        ),
        None => proof.open("repeated", "asked once only"),
    };
    proof.show(Role::Attack, &baseline.first);
    for answer in [&surveyed.anonymous, &surveyed.garbage].into_iter().flatten() {
        proof.show(Role::Control, answer);
    }
    proof.draft(Finding {
        site: format!("query:{shown}"),
        cause: format!("key in query {name}"),
        claim: format!("the API takes the caller's key in the query, as `{shown}`"),
        severity: None,
        surveyed,
    })
}

/// A declared parameter that takes the caller's own token: served with it and nothing else, refused with a made-up one.
async fn token_in_query(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Option<Draft>, SendError> {
    let takes = |parameter: &&Parameter| parameter.place == Place::Query && takes_token(&parameter.name);
    let Some(parameter) = surveyed.operation.parameters.iter().find(takes) else { return Ok(None) };
    let Some(baseline) = surveyed.valid().find(|baseline| baseline.caller != ANONYMOUS) else { return Ok(None) };
    let Some(session) = cx.probe.sessions().get(&baseline.caller) else { return Ok(None) };
    if matches!(session.carrier, Carrier::Cookie(_))
        || !matches!(surveyed.anonymous_reading(), Some(Reading::Refused(_)))
    {
        return Ok(None);
    }
    let with = |token: &str| {
        let mut url = baseline.url.clone();
        url.query_pairs_mut().append_pair(&parameter.name, token);
        crate::probe::Ask { url, ..baseline.ask_as(Caller::Anonymous) }
    };
    let made_up: String = session.token.expose().chars().rev().collect();
    let attack = cx.send(&with(session.token.expose())).await?;
    let control = cx.send(&with(&made_up)).await?;
    let again = cx.send(&with(session.token.expose()).again(1)).await?;
    let reads = |answer: &Answer| CheckCx::reading(surveyed, answer, &baseline.masks, &[]);
    if reads(&attack) != Reading::Data || !matches!(reads(&control), Reading::Refused(_)) {
        return Ok(None);
    }
    let (caller, name) = (&baseline.caller, clean_name(&parameter.name, 60));
    let mut proof = Proof::default();
    proof.clause(
        "served-with-it",
        true,
        format!("{caller}'s token in `{name}` of the query is served, without any header"),
    );
    proof.clause("refused-without-it", true, "the same request without it is refused".to_owned());
    proof.clause(
        "made-up-key-refused",
        true,
        format!("a made-up one is refused (status {})", crate::checks::proof::status(&control)),
    );
    proof.clause("repeated", reads(&again) == Reading::Data, "the same request again is served too");
    proof.show(Role::Attack, &attack).show(Role::Baseline, &baseline.first).show(Role::Control, &control);
    Ok(Some(proof.draft(Finding {
        site: format!("query:{name}"),
        cause: format!("token in query {name}"),
        claim: format!("the API takes the caller's token in the query, as `{name}`"),
        severity: None,
        surveyed,
    })))
}

/// Whether a parameter takes what signs a caller in.
fn takes_token(name: &str) -> bool {
    matches!(
        words(name).join("").as_str(),
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

/// A link in an answer with a token in its query.
struct Link {
    leaf: Leaf,
    name: String,
    token: Secret,
    /// It is the caller's own.
    own: bool,
}

async fn link_with_token(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Option<Draft>, SendError> {
    let found = surveyed.valid().filter(|baseline| baseline.caller != ANONYMOUS).find_map(|baseline| {
        let mut links = links(cx, baseline);
        links.sort_by_key(|link| !link.own);
        Some((baseline, links.into_iter().next()?))
    });
    let Some((baseline, link)) = found else { return Ok(None) };
    let (caller, path, name) = (&baseline.caller, clean_name(&link.leaf.path, 80), clean_name(&link.name, 40));
    let again = cx.send(&CheckCx::as_caller(baseline, Caller::named(caller)).again(1)).await?;
    let repeated =
        again.response().is_some_and(|response| leaves(response).iter().any(|leaf| leaf.path == link.leaf.path));
    let mut proof = Proof::default();
    proof.clause("link-in-answer", true, format!("the link at `{path}` has a token in its query, as `{name}`"));
    let opens = opens(cx, surveyed, baseline, &link).await?;
    let claim = match (&opens, link.own) {
        (_, true) => format!("a link in the answer carries {caller}'s own token as `{name}`"),
        (Some(_), false) => format!("a link in the answer carries a token as `{name}` that signs {caller} in"),
        (None, false) => format!("a link in the answer carries a token as `{name}`"),
    };
    let because =
        if link.own { "it is the one that the caller signs its requests with" } else { "it was tried on this route" };
    proof.clause("token-signs-in", link.own || opens.is_some(), because);
    proof.clause(
        "strangers-refused",
        refuses_strangers(surveyed),
        "the route refuses nobody's and made-up credentials",
    );
    proof.clause("repeated", repeated, "the same request again gives the link too");
    proof.show(Role::Attack, &baseline.first).show(Role::Control, &again);
    for answer in opens.iter().chain(&surveyed.anonymous) {
        proof.show(Role::Control, answer);
    }
    let mut draft = proof.draft(Finding {
        site: format!("response:{path}"),
        cause: format!("link {}", surveyed.operation.path),
        claim,
        severity: None,
        surveyed,
    });
    // A token that opens nothing else may be made for this one link.
    draft.observation = !link.own && opens.is_none();
    Ok(Some(draft))
}

fn refuses_strangers(surveyed: &Surveyed) -> bool {
    let refused = |reading: Option<Reading>| matches!(reading, Some(Reading::Refused(_)));
    refused(surveyed.anonymous_reading()) && refused(surveyed.garbage_reading())
}

/// Links to the API itself whose query carries the caller's token or another JWT. A caller whose key travels in the
/// query anyway gets it back in links, which adds nothing.
fn links(cx: &CheckCx<'_>, baseline: &Baseline) -> Vec<Link> {
    let Some(session) = cx.probe.sessions().get(&baseline.caller) else { return Vec::new() };
    if matches!(session.carrier, Carrier::Query(_)) {
        return Vec::new();
    }
    let own = session.token.expose();
    let Some(response) = baseline.first.response() else { return Vec::new() };
    let mut found = Vec::new();
    for leaf in leaves(response).into_iter().filter(|leaf| !leaf.word && !leaf.number && leaf.text.contains('?')) {
        let Some(url) = address(cx.probe.base_url(), &leaf.text) else { continue };
        for (name, value) in url.query_pairs() {
            // Short values stand in addresses by chance.
            let is_own = own.len() >= 8 && value == own;
            let is_token = url.origin() == cx.probe.base_url().origin() && jwt::parse(&value).is_some();
            if is_own || is_token {
                let token = Secret::new(value.into_owned());
                found.push(Link { leaf: leaf.clone(), name: name.into_owned(), token, own: is_own });
            }
        }
    }
    found
}

/// The address that a text is; texts that merely contain one are none.
fn address(base: &Url, text: &str) -> Option<Url> {
    let text = text.trim();
    let is_address = text.starts_with('/') || text.starts_with("http://") || text.starts_with("https://");
    if !is_address || text.len() > 8192 || text.contains(char::is_whitespace) {
        return None;
    }
    base.join(text).ok()
}

/// The answer to the token of a link in the place of the caller's own, where it is served as the caller's is.
async fn opens(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    baseline: &Baseline,
    link: &Link,
) -> Result<Option<Arc<Answer>>, SendError> {
    if link.own || !refuses_strangers(surveyed) {
        return Ok(None);
    }
    let identity = baseline.caller.clone();
    cx.probe.redactor().learn(&format!("token of a link for {identity}"), &link.token);
    let caller = Caller::Forged { identity, token: link.token.clone(), label: "token of a link".to_owned() };
    let answer = cx.send(&CheckCx::as_caller(baseline, caller)).await?;
    let own = baseline.first.response().map(leaves).unwrap_or_default();
    let telling: Vec<Leaf> =
        own.into_iter().filter(|leaf| leaf.is_telling() && !surveyed.volatile.contains(&leaf.path)).collect();
    let served = CheckCx::reading(surveyed, &answer, &baseline.masks, &[]) == Reading::Data
        && answer.response().is_some_and(|response| present(&telling, response).len() * 2 > telling.len());
    Ok(served.then_some(answer))
}

/// What the document says: an operation of any method that asks for a credential in its address. An observation, as
/// nothing was seen; `None` where there is no such parameter.
pub(crate) fn declared_in_url(api: &Api, operation: &Operation) -> Option<Draft> {
    let signs_in = is_about_signing_in(operation);
    let parameter = operation.parameters.iter().find(|parameter| is_credential(api, parameter, signs_in))?;
    let place = if parameter.place == Place::Path { "path" } else { "query" };
    let name = clean_name(&parameter.name, 60);
    let because = format!("the document declares `{name}` in the {place}");
    Some(Draft {
        operation: operation.id.clone(),
        site: format!("{place}:{name}"),
        cause: format!("declared {} {}", operation.method, operation.path),
        claim: format!("the document asks for `{name}` in the {place}"),
        severity: None,
        clauses: vec![Clause { name: "declared-in-url", holds: Some(true), because }],
        exchanges: Vec::new(),
        observation: true,
        access: None,
    })
}

/// Words of operations that take or make credentials.
const SIGN_IN_WORDS: &[&str] = &[
    "login",
    "signin",
    "signon",
    "logon",
    "auth",
    "authenticate",
    "oauth",
    "oauth2",
    "token",
    "password",
    "reset",
    "verify",
    "verification",
    "confirm",
    "activate",
    "activation",
    "invite",
    "invitation",
    "magic",
    "sso",
];

fn is_about_signing_in(operation: &Operation) -> bool {
    let segments = operation.path.split('/').filter(|segment| !segment.starts_with('{'));
    let mut found = segments.flat_map(words).chain(operation.operation_id.iter().flat_map(|id| words(id)));
    found.any(|word| SIGN_IN_WORDS.contains(&word.as_str()))
}

/// Names that mean a credential wherever they stand.
const CREDENTIALS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "userpassword",
    "newpassword",
    "oldpassword",
    "apikey",
    "xapikey",
    "apisecret",
    "secretkey",
    "clientsecret",
    "accesstoken",
    "authtoken",
    "refreshtoken",
    "sessiontoken",
    "bearertoken",
    "jwt",
];
/// Names that mean one where somebody signs in; elsewhere they may be coins, folders or riddles.
const SIGN_IN_CREDENTIALS: &[&str] =
    &["token", "secret", "pwd", "pass", "idtoken", "resettoken", "verificationtoken", "sessionid", "otp"];

fn is_credential(api: &Api, parameter: &Parameter, signs_in: bool) -> bool {
    let schema = parameter.schema.and_then(|id| api.schemas.get(id));
    // A flag, a count or a choice is no secret.
    let is_text = schema.is_none_or(|schema| {
        schema.enumeration.is_empty() && (schema.types.is_empty() || schema.types.contains(&JsonType::String))
    });
    let name = words(&parameter.name).join("");
    let known = |names: &[&str]| names.contains(&name.as_str());
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
