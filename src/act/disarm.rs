//! Disarms accounts that have a common password and may stay: they get a random one that is kept nowhere.

use serde_json::{Value, json};

use super::accounts::{Account, credential_from_answer, password_of};
use super::bodies::{Body, build_body, new_marker};
use super::extra::Extra;
use super::fields::is_email;
use super::further::inner_object;
use super::kinds::{ActKind, Acting, is_password};
use super::removal::is_judged;
use super::signup::{Persona, is_confirmation, is_user_name};
use crate::model::{LoginRecipe, Secret};
use crate::probe::{
    Ask, AskCaller, Response, SendError, Values, WriteKind, WriteNote, header_values, operation_url, serialize_body,
};
use crate::survey::{is_clear_success, is_me_word, role_word, split_words};

/// Most operations that are tried on one account.
const MAX_TRIES: usize = 3;

impl Extra<'_> {
    /// Whether the document has an operation by which an account changes its own password.
    pub fn can_disarm(&self) -> bool {
        self.password_changes().next().is_some()
    }

    /// Gives an account a random password in place of a common one; true when it signs in with the old one no longer.
    ///
    /// # Errors
    /// As [`Probe::send_write`](crate::probe::Probe::send_write).
    pub async fn disarm(&self, account: &Account, old: &Secret) -> Result<bool, SendError> {
        let new = password_of(new_marker().repeat(2).as_bytes());
        // The account stays on the target, so its new password must not appear in any evidence.
        self.probe.redactor().learn(&format!("password of {}", account.name), &new);

        for acting in self.password_changes().take(MAX_TRIES) {
            let Some(body) = self.new_password(acting, &account.persona, old, &new) else { continue };
            let Ok(url) = operation_url(self.probe.base_url(), &acting.operation, &Values::new()) else { continue };
            let ask = Ask {
                method: acting.operation.method,
                headers: header_values(&acting.operation, &Values::new()),
                body: Some(serialize_body(&body.media_type, &body.value)),
                ..Ask::get(AskCaller::named(&account.name), url)
            };

            let note = WriteNote::bare(acting.operation.id.as_str(), &account.name, WriteKind::Touches);
            let answer = match self.probe.send_write(&ask, note).await {
                Ok(written) => written.answer,
                // Without a session the account cannot change its own password any more.
                Err(SendError::SessionGone(_)) => return Ok(false),
                Err(error) => return Err(error),
            };
            if !answer.response().is_some_and(is_clear_success) {
                continue;
            }
            // A success of the change proves little: the refusal of the old password does.
            let signed_in = self.sign_in(&account.persona, old).await?;

            if signed_in.response().is_some_and(|response| is_refusal(response, self.recipe)) {
                if let Some(journal) = self.probe.journal() {
                    let text = "an account that had one of the most common passwords, and has a random one now";
                    journal.nature(account.entry, text);
                }
                return Ok(true);
            }
        }

        Ok(false)
    }

    /// Operations that set a password and say of nobody else whose it is.
    fn password_changes(&self) -> impl Iterator<Item = &Acting> {
        self.acting.iter().filter(|acting| {
            let path = &acting.operation.path;
            let of_caller = path.split('/').any(is_me_word) || split_words(path).iter().any(|word| word == "password");
            matches!(acting.kind, ActKind::Update | ActKind::Act)
                && acting.left_alone.is_none()
                && acting.slots.is_empty()
                && role_word(path).is_none()
                && of_caller
                && acting.fields(self.api).iter().any(|field| takes_password(&field.name))
        })
    }

    fn new_password(&self, acting: &Acting, who: &Persona, old: &Secret, new: &Secret) -> Option<Body> {
        let mut made = build_body(self.api, acting, "")?;
        let declared = acting.fields(self.api);
        let members = inner_object(&mut made.value)?;

        for field in declared.iter().filter(|field| takes_password(&field.name)) {
            members.entry(field.name.clone()).or_insert(Value::Null);
        }
        // Optional fields would overwrite the profile with samples, though only the password is to change.
        members.retain(|name, _| {
            let is_required = declared.iter().any(|field| field.name == *name && field.required);
            takes_password(name) || is_required
        });
        for (name, value) in members.iter_mut() {
            *value = if is_old(name) {
                json!(old.expose())
            } else if takes_password(name) {
                json!(new.expose())
            } else if is_email(name) {
                json!(who.email)
            } else if is_user_name(name) {
                json!(who.username)
            } else {
                continue;
            };
        }

        Some(made)
    }
}

/// Returns true where a sign-in judged the password and refused it: a limit and a lock judge none.
fn is_refusal(response: &Response, recipe: &LoginRecipe) -> bool {
    // A redirect may lead in as well as out.
    let opens = response.status < 400 && credential_from_answer(response, &recipe.token, &recipe.send).is_some();
    is_judged(response) && !is_clear_success(response) && !opens
}

/// Whether a field takes a password, new, old or once more.
fn takes_password(name: &str) -> bool {
    is_password(name) || is_confirmation(name) || split_words(name).iter().any(|word| word == "password")
}

fn is_old(name: &str) -> bool {
    split_words(name).iter().any(|word| matches!(word.as_str(), "old" | "current" | "existing" | "previous"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::is_refusal;
    use crate::model::{LoginRecipe, TokenSource};
    use crate::probe::Response;

    fn is_refused(status: u16, headers: &[(&str, &str)], json: Value) -> bool {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let response = Response { status, headers, text: json.to_string(), json: Some(json), truncated: false };
        let recipe = LoginRecipe {
            operation: "POST /login".to_owned(),
            content_type: "application/json".to_owned(),
            body: json!({}),
            secrets: BTreeMap::new(),
            token: TokenSource::Cookie("*".to_owned()),
            send: String::new(),
        };

        is_refusal(&response, &recipe)
    }

    #[test]
    fn a_limit_or_a_lock_refuses_no_password() {
        for status in [408, 423, 429, 500, 503] {
            assert!(!is_refused(status, &[], json!({"message": "later"})), "{status}");
        }
        for status in [400, 401, 403, 422] {
            assert!(is_refused(status, &[], json!({"message": "wrong password"})), "{status}");
        }
    }

    #[test]
    fn a_redirect_with_a_session_lets_in() {
        assert!(!is_refused(302, &[("location", "/home"), ("set-cookie", "sid=a1; Path=/")], json!({})));
        assert!(is_refused(302, &[("location", "/login")], json!({})));
        assert!(!is_refused(200, &[], json!({"token": "t"})));
        assert!(is_refused(200, &[], json!({"success": false, "error": "wrong password"})));
    }
}
