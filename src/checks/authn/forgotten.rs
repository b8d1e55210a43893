//! Requests for a forgotten password, made for a spare account and for addresses that no account has: the part of
//! `authn/user-enumeration` that is about resets.

use std::sync::Arc;

use serde_json::Map;

use super::comparison::Comparison;
use super::trial::nobody;
use crate::act::{Acting, Persona, is_email, is_password, is_user_name, sign_up_body};
use crate::checks::acting::ActCx;
use crate::checks::rule::{Finding, Judged, Rule, status};
use crate::model::{Api, Method, Role, Silence};
use crate::probe::{Answer, Ask, Caller, SendError, Values, WriteKind, WriteNote, operation_url, serialize_body};
use crate::survey::words;

/// Requests of one operation: a spare account, then twice an unknown address, the known one, another unknown one.
pub(super) const REQUESTS: u32 = 4 + 6;

/// Whether an operation asks for a new password by nothing but a name or an address: `POST /auth/forgot-password`.
pub(super) fn asks_for_reset(api: &Api, acting: &Acting) -> bool {
    let operation = &acting.operation;
    if operation.method != Method::Post || !acting.slots.is_empty() || operation.requires_sign_in() {
        return false;
    }
    let mut said = words(&operation.path);
    said.extend(operation.operation_id.as_deref().map(words).unwrap_or_default());
    let any = |list: &[&str]| said.iter().any(|word| list.contains(&word.as_str()));
    let named = any(&["forgot", "forgotten", "lost"])
        || any(&["reset", "recover", "recovery"]) && any(&["password", "passwd", "account", "credentials"]);
    let fields = acting.fields(api);
    let identifies = fields.iter().any(|field| is_email(&field.name) || is_user_name(&field.name));
    let goes_on = fields.iter().any(|field| {
        let says = words(&field.name);
        is_password(&field.name)
            || ["token", "code", "otp", "pin", "key"].iter().any(|word| says.iter().any(|w| w == word))
    });
    named && identifies && !goes_on
}

/// Asks for a spare account and for strangers, and compares the answers.
pub(super) async fn run(cx: &ActCx<'_>, acting: &Acting) -> Judged {
    let model =
        cx.model().ok_or_else(|| cx.lacks_account("needs a throw-away account: no reset is asked for on yours"))?;
    let mut rule = Rule::default();
    let spare = cx.spares.make(model, &Map::new()).await?.map_err(Silence::undecided);
    let spare = rule.need("account-exists", spare, |spare| format!("{} was signed up and signs in", spare.name))?;
    let mut compared = Comparison::new(&spare.persona, "addresses");
    let known = ask_round(cx, acting, &mut compared).await?;
    compared.difference(&known, "an address that no account has is answered like one of an account")?;
    ask_round(cx, acting, &mut compared).await?;
    let difference = compared.weigh(&mut rule, &known, 2)?;
    rule.show(Role::Baseline, &spare.answer);
    rule.found(Finding::of(
        acting,
        "operation",
        acting.operation.path.clone(),
        format!("a reset is answered otherwise for an account that exists (status {}; {difference})", status(&known)),
    ))
}

/// Asks for an unknown address, the known one and another unknown one: what sets in meanwhile makes the unknown ones
/// differ. Returns the answer about the known one.
async fn ask_round(cx: &ActCx<'_>, acting: &Acting, compared: &mut Comparison<'_>) -> Result<Arc<Answer>, Silence> {
    for turn in 0..3 {
        let stranger = (turn != 1).then(nobody);
        let answer = ask(cx, acting, stranger.as_ref().unwrap_or(compared.known())).await?;
        compared.add(stranger, answer)?;
    }
    compared.first_of_known().map(Arc::clone).ok_or_else(|| Silence::undecided("nothing was asked"))
}

async fn ask(cx: &ActCx<'_>, acting: &Acting, who: &Persona) -> Result<Arc<Answer>, SendError> {
    let (api, probe) = (cx.maker.api, cx.maker.probe);
    let body = sign_up_body(api, acting, who);
    let url = operation_url(probe.base_url(), &acting.operation, &Values::new());
    let ask = Ask {
        method: acting.operation.method,
        headers: vec![("Accept".to_owned(), "application/json".to_owned())],
        body: Some(serialize_body(&body.media_type, &body.value)),
        // A limit is an answer here, and nothing to wait for.
        once: true,
        ..Ask::get(Caller::Anonymous, url.map_err(SendError::Unbuildable)?)
    };
    let note = WriteNote::bare(acting.operation.id.as_str(), &Caller::Anonymous.label(), WriteKind::Tries);
    Ok(probe.send_write(&ask, note).await?.answer)
}
