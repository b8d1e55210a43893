//! How an account that is about to be made may sign in: noted before its sign-up leaves, and tried by a later process.

use std::time::Duration;

use serde_json::Value;

use super::accounts::{AccountMaker, identity_of};
use super::credentials;
use super::registration::NewAccount;
use super::signup::{sign_in_bodies, takes_cookies, token_header_lines, tokens_in};
use crate::model::{Credential, Identity, LoginRecipe, SchemeKind, Secret, TokenSource};
use crate::probe::{AccountNote, Answer, Journal, Probe, SignInError};
use crate::survey::is_clear_success;

use super::lockout::ShutOut;
use super::removal::is_judged;
use super::sighting::inconclusive_reason;

/// Most ways that are noted for one account.
const MAX_WAYS: usize = 6;
/// How long a limit is given that does not say how long it lasts.
const LIMITED: Duration = Duration::from_secs(1);

impl AccountMaker<'_> {
    /// Returns the sign-ins that may be right for an account, without its password.
    pub(super) fn ways_in(&self, who: &NewAccount<'_>, signed_up: &Value) -> Vec<AccountNote> {
        let sends = token_header_lines(self.api, &TokenSource::Pointer(String::new()));
        let plain = AccountNote {
            name: who.name.to_owned(),
            operation: String::new(),
            body: Value::Null,
            content_type: String::new(),
            token: String::new(),
            send: String::new(),
            sends,
            by_cookie: takes_cookies(self.api),
            basic: None,
        };

        let mut found = Vec::new();
        for acting in self.acting.iter().filter(|acting| acting.is_usable_sign_in()) {
            for body in sign_in_bodies(self.api, acting, who.persona, signed_up) {
                let operation = acting.operation.id.0.clone();
                let content_type = body.media_type.clone();
                found.push(AccountNote { operation, body: body.value, content_type, ..plain.clone() });
            }
        }

        if self.api.schemes.values().any(|scheme| scheme.kind == SchemeKind::Basic) {
            let users = [&who.persona.username, &who.persona.email];
            // Many sign-ins must not crowd out the way that needs none.
            found.truncate(MAX_WAYS.saturating_sub(users.len()));
            found.extend(users.map(|user| AccountNote { basic: Some(user.clone()), ..plain.clone() }));
        }
        found.truncate(MAX_WAYS);
        found
    }
}

/// Returns the accounts of a journal as callers: those whose sign-in is known as they are.
pub fn accounts_of(journal: &Journal, password: &dyn Fn(&str) -> Secret) -> Vec<Identity> {
    let mut found: Vec<Identity> = Vec::new();
    for note in journal.accounts().iter().filter(|note| !note.token.is_empty()) {
        found.retain(|known| known.name != note.name);
        found.push(identity_of(note, password(&note.name)));
    }
    for note in &journal.accounts() {
        if !found.iter().any(|known| known.name == note.name) {
            // Its sign-in is still to be found.
            let user = note.basic.clone().unwrap_or_default();
            found.push(credentials::throwaway_identity(&note.name, Credential::Basic(user, password(&note.name))));
        }
    }

    found
}

/// Signs an account in whose sign-in is not known yet, by each way that was noted for it.
///
/// # Errors
/// Why it cannot act, and whether it may be able to later.
pub async fn find_way_in(probe: &Probe, journal: &Journal, name: &str, password: &Secret) -> Result<(), ShutOut> {
    let mut refused = ShutOut::for_good(format!("nothing is known of how {name} signs in"));
    let notes = journal.accounts();

    for note in notes.iter().filter(|note| note.name == name && !note.operation.is_empty()) {
        let identity = identity_of(note, password.clone());
        let answer = probe.try_sign_in(&identity).await;
        let answer = answer.map_err(|error| ShutOut::for_now(error.to_string()))?;

        if let Some(because) = inconclusive_reason(&answer) {
            let because = format!("{} does not say whether {name} may sign in: {because}", note.operation);
            // A limit holds for the other ways too, and a further try may prolong it.
            return Err(ShutOut { again_in: answer.asks_to_wait(), ..ShutOut::for_now(because) });
        }
        if open_found(probe, note, &identity, &answer) {
            return Ok(());
        }
        let status = answer.status().unwrap_or(0);
        let waits = !answer.response().is_some_and(is_judged);
        let because = format!("{} refuses {name} (status {status})", note.operation);
        refused = ShutOut { waits, ..ShutOut::for_good(because) };
    }

    // HTTP Basic needs no request: the first look shows whether it is right.
    if notes.iter().any(|note| note.name == name && note.basic.is_some()) { Ok(()) } else { Err(refused) }
}

/// Opens a session with the token that an answer carries.
fn open_found(probe: &Probe, note: &AccountNote, identity: &Identity, answer: &std::sync::Arc<Answer>) -> bool {
    let Some(response) = answer.response().filter(|response| is_clear_success(response)) else { return false };
    let Credential::Login(known) = &identity.credential else { return false };
    tokens_in(note.by_cookie, response).into_iter().any(|token| {
        // The likeliest header line comes first, and no request here could show another one to be right.
        let send = note.sends.first().cloned().unwrap_or_else(|| "Authorization: Bearer {token}".to_owned());
        let recipe = LoginRecipe { token, send, ..known.clone() };
        let identity = Identity { credential: Credential::Login(recipe.clone()), ..identity.clone() };
        probe.open_further_session(&identity, &recipe, std::sync::Arc::clone(answer)).is_ok()
    })
}

/// Returns why an identity that did not sign in cannot act, and whether it may be able to later.
pub fn shut_out(error: &SignInError) -> ShutOut {
    // What judged the password will judge it so again; silence, a failure and a limit may pass.
    let judged = matches!(error, SignInError::Answer { status: 400 | 401 | 403 | 410 | 422, .. });
    let is_limited = matches!(error, SignInError::Answer { status: 429, .. });
    ShutOut { because: error.to_string(), waits: !judged, again_in: is_limited.then_some(LIMITED) }
}
