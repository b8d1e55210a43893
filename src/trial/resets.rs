//! Requests for a forgotten password: which operations take them, and how one is made in a name.

use std::sync::Arc;

use super::lab::Lab;
use crate::act::{Acting, Persona, is_email, is_password, is_user_name, sign_up_body};
use crate::model::{Api, Method};
use crate::probe::{Answer, Ask, AskCaller, SendError, Values, WriteKind, WriteNote, operation_url, serialize_body};
use crate::survey::split_words;

/// Returns true for operations that ask for a new password by nothing but a name or an address: `POST /auth/forgot-password`.
pub(crate) fn asks_for_reset(api: &Api, acting: &Acting) -> bool {
    let operation = &acting.operation;
    // What needs a sign-in changes a password that its caller has not forgotten.
    if operation.method != Method::Post || !acting.slots.is_empty() || operation.requires_sign_in() {
        return false;
    }
    let mut said = split_words(&operation.path);
    said.extend(operation.operation_id.as_deref().map(split_words).unwrap_or_default());
    let any = |list: &[&str]| said.iter().any(|word| list.contains(&word.as_str()));
    let named = any(&["forgot", "forgotten", "lost"])
        || any(&["reset", "recover", "recovery"]) && any(&["password", "passwd", "account", "credentials"]);
    let fields = acting.fields(api);
    let identifies = fields.iter().any(|field| is_email(&field.name) || is_user_name(&field.name));
    // A token or a new password belongs to the second step, which needs what was mailed.
    let goes_on = fields.iter().any(|field| {
        let says = split_words(&field.name);
        is_password(&field.name)
            || ["token", "code", "otp", "pin", "key"].iter().any(|word| says.iter().any(|w| w == word))
    });
    named && identifies && !goes_on
}

/// Asks for a new password in the name of a person.
pub(crate) async fn ask_for_reset(lab: &Lab<'_>, acting: &Acting, who: &Persona) -> Result<Arc<Answer>, SendError> {
    let (api, probe) = (lab.maker.api, lab.maker.probe);
    let body = sign_up_body(api, acting, who);
    let url = operation_url(probe.base_url(), &acting.operation, &Values::new());
    let ask = Ask {
        method: acting.operation.method,
        headers: vec![("Accept".to_owned(), "application/json".to_owned())],
        body: Some(serialize_body(&body.media_type, &body.value)),
        // A limit is an answer here, and nothing to wait for.
        once: true,
        ..Ask::get(AskCaller::Anonymous, url?)
    };

    let note = WriteNote::bare(acting.operation.id.as_str(), &AskCaller::Anonymous.label(), WriteKind::Tries);
    Ok(probe.send_write(&ask, note).await?.answer)
}
