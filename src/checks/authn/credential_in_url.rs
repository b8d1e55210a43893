//! `authn/credential-in-url`.

mod links;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::links::find_link_with_token;
use crate::act::Acting;
use crate::checks::acting::ActCx;
use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, let_through, nothing_found, status_text};
use crate::model::{ANONYMOUS, Api, Draft, EvidenceItem, Operation, Parameter, Place, Role, Silence, clean_name};
use crate::probe::{Answer, Ask, AskCaller, TokenCarrier};
use crate::survey::{AnswerKind, Surveyed, credential_parameter, takes_token};

check! {
    /// ## What it does
    /// Looks for credentials in addresses: a key that the API takes in the query, a link in an answer that carries the
    /// caller's token, and operations whose document asks for a password or a token in the address.
    ///
    /// ## Why it matters
    /// Addresses are kept where headers are not: in server and proxy logs, in browser histories, in `Referer` headers, in
    /// bookmarks and chats. A reader of any of them is signed in.
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
        plan: plan_requests,
        read: check_url_credentials,
        write: read_document,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    // The repeat of the answer with the link, the link's token on the same route, a declared parameter thrice.
    if PlanCx::is_read(operation) {
        return Need::Requests(5);
    }
    // Of what changes state the document alone is read.
    match declared_in_url(cx.api, operation) {
        Ok(_) if !operation.method.is_safe() => Need::Requests(0),
        _ => Need::NotApplicable,
    }
}

/// Returns the observation of an operation, of any method, that asks for a credential in its address.
///
/// # Errors
/// `NotApplicable` where there is no such parameter.
fn declared_in_url(api: &Api, operation: &Operation) -> Result<Draft, Silence> {
    let found = credential_parameter(api, operation);
    let place_of = |parameter: &Parameter| if parameter.place == Place::Path { "path" } else { "query" };
    let mut rule = Rule::default();
    let found = found.ok_or_else(|| Silence::not_applicable("no credential stands in its address"));
    let parameter = rule.need("declared-in-url", found, |found| {
        format!("the document declares `{}` in the {}", clean_name(&found.name, 60), place_of(found))
    })?;
    let (name, place) = (clean_name(&parameter.name, 60), place_of(parameter));
    Ok(rule.observation(Violation::of(
        operation,
        format!("{place}:{name}"),
        format!("declared {} {}", operation.method, operation.path),
        format!("the document asks for `{name}` in the {place}"),
    )))
}

async fn read_document(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    Ok(vec![declared_in_url(&cx.check.survey.api, &acting.operation)?])
}

async fn check_url_credentials(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut drafts: Vec<Draft> = match key_in_query(cx, surveyed) {
        Ok(draft) => vec![draft],
        Err(Silence::NotApplicable(_)) => Vec::new(),
        Err(silence) => return Err(silence),
    };
    drafts.extend(find_link_with_token(cx, surveyed).await?);
    if !drafts.is_empty() {
        return Ok(drafts);
    }
    let seen = surveyed.valid().next().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let silence = match token_in_query(cx, surveyed).await {
        Ok(draft) => return Ok(vec![draft]),
        Err(Silence::NotApplicable(_)) => nothing_found(&seen.first, "no credential was seen in an address"),
        Err(silence) => silence,
    };
    // What only the document says is said where nothing was seen.
    let mut declared = declared_in_url(&cx.survey.api, &surveyed.operation).map_err(|_| silence)?;
    declared.exchanges = vec![EvidenceItem { role: Role::Attack, exchange: Arc::clone(&seen.first.exchange) }];
    Ok(vec![declared])
}

/// A caller whose key travels in the query and is what the route asks for.
fn key_in_query(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Draft, Silence> {
    let asked = surveyed.asked_by_strangers().filter(|baseline| baseline.valid(&surveyed.volatile));
    let keyed = asked.and_then(|baseline| match cx.probe.sessions().get(&baseline.caller)?.carrier {
        TokenCarrier::Query(name) => Some((baseline, name)),
        _ => None,
    });
    let (baseline, name) = keyed.ok_or_else(|| Silence::not_applicable("no caller's key travels in the query"))?;
    let (caller, shown) = (&baseline.caller, clean_name(&name, 60));
    let served = |answer: &Answer| answer.response().is_some_and(|response| response.is_success());
    let mut rule = Rule::default();
    rule.weigh(
        "served-with-it",
        served(&baseline.first),
        format!("{caller}'s key travels as `{shown}` in the query, and is served"),
    );
    rule.need("refused-without-it", require_refusal(surveyed.anonymous_reading()), |because| {
        format!("the same request without the key: {because}")
    })?;
    rule.need("made-up-key-refused", require_refusal(surveyed.garbage_reading()), |because| {
        format!("the same request with a made-up key: {because}")
    })?;
    let because = if baseline.second.is_some() { "the same request again is served too" } else { "asked once only" };
    rule.weigh("repeated", baseline.second.as_deref().map(served), because);
    rule.show(Role::Attack, &baseline.first);
    for answer in [&surveyed.anonymous, &surveyed.garbage].into_iter().flatten() {
        rule.show(Role::Control, answer);
    }
    Ok(rule.draft(Violation::of(
        surveyed,
        format!("query:{shown}"),
        format!("key in query {name}"),
        format!("the API takes the caller's key in the query, as `{shown}`"),
    )))
}

/// A declared parameter that takes the caller's own token: served with it and nothing else, refused with a made-up one.
async fn token_in_query(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Draft, Silence> {
    let no_subject = || Silence::not_applicable("no parameter of the query takes a token");
    let takes = |parameter: &&Parameter| parameter.place == Place::Query && takes_token(&parameter.name);
    let parameter = surveyed.operation.parameters.iter().find(takes).ok_or_else(no_subject)?;
    let signed_in = surveyed.valid().find(|baseline| baseline.caller != ANONYMOUS);
    let baseline = signed_in.ok_or_else(no_subject)?;
    let session = cx.probe.sessions().get(&baseline.caller).ok_or_else(no_subject)?;
    if matches!(session.carrier, TokenCarrier::Cookie(_)) {
        return Err(no_subject());
    }
    let mut rule = Rule::default();
    rule.need("refused-without-it", require_refusal(surveyed.anonymous_reading()), |_| {
        "the same request without it is refused".to_owned()
    })?;
    let with = |token: &str| {
        let mut url = baseline.url.clone();
        url.query_pairs_mut().append_pair(&parameter.name, token);
        Ask { url, ..baseline.ask_as(AskCaller::Anonymous) }
    };
    let reads = |answer: &Answer| CheckCx::reading(surveyed, answer, &baseline.masks, &[]);
    let (caller, name) = (&baseline.caller, clean_name(&parameter.name, 60));
    let attack = cx.send(&with(session.token.expose())).await?;
    let served = let_through(reads(&attack), &attack, &baseline.first, "the token in the query");
    rule.need("served-with-it", served, |()| {
        format!("{caller}'s token in `{name}` of the query is served, without any header")
    })?;
    let made_up: String = session.token.expose().chars().rev().collect();
    let control = cx.send(&with(&made_up)).await?;
    rule.need("made-up-key-refused", require_refusal(Some(reads(&control))), |_| {
        format!("a made-up one is refused (status {})", status_text(&control))
    })?;
    let again = cx.send(&with(session.token.expose()).again(1)).await?;
    rule.weigh("repeated", reads(&again) == AnswerKind::Data, "the same request again is served too");
    rule.show(Role::Attack, &attack).show(Role::Baseline, &baseline.first).show(Role::Control, &control);
    Ok(rule.draft(Violation::of(
        surveyed,
        format!("query:{name}"),
        format!("token in query {name}"),
        format!("the API takes the caller's token in the query, as `{name}`"),
    )))
}

/// Passes where strangers are refused; a route that serves them has no use for a token.
fn require_refusal(reading: Option<AnswerKind>) -> Result<String, Silence> {
    match reading {
        Some(AnswerKind::Refused(because)) => Ok(because),
        Some(AnswerKind::NoData(because)) => Err(Silence::undecided(because)),
        _ => Err(Silence::not_applicable("the route serves strangers")),
    }
}
