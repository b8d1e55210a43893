//! One sign-up: its body, mended by what a refusal says, sent for nobody or by an administrator.

use std::sync::Arc;

use serde_json::json;

use super::accounts::{Account, AccountMaker, describe_answer, suggest_login_config};
use super::bodies::Body;
use super::credentials::{self, SignUpRequest, fill_secret, send_sign_up, sign_up_caller};
use super::further::inner_object;
use super::kinds::Acting;
use super::privileges::{RoleUnknown, as_ordinary_user};
use super::repair::{read_complaints, repair_body};
use super::signup::{self, PASSWORD, Persona, is_confirmation, sign_up_body};
use crate::model::Secret;
use crate::probe::{AddressRefused, Answer, Probe, SendError, Undo, WriteResult};

/// Most times that one body is mended.
const MAX_REPAIRS: usize = 3;

/// An account that is about to be made.
pub(super) struct NewAccount<'a> {
    pub name: &'a str,
    pub persona: &'a Persona,
    pub password: &'a Secret,
}

/// Why a sign-up made no account.
pub(super) struct SignUpRefused {
    pub because: String,
    /// 401 or 403: somebody else may be let.
    pub for_want_of_rights: bool,
}

impl SignUpRefused {
    /// Returns one that no other caller would be spared.
    fn for_all(because: impl ToString) -> Self {
        Self { because: because.to_string(), for_want_of_rights: false }
    }
}

impl From<SendError> for SignUpRefused {
    fn from(error: SendError) -> Self {
        Self::for_all(error)
    }
}

impl From<AddressRefused> for SignUpRefused {
    fn from(refused: AddressRefused) -> Self {
        Self::for_all(refused)
    }
}

impl From<RoleUnknown> for SignUpRefused {
    fn from(unknown: RoleUnknown) -> Self {
        Self::for_all(unknown)
    }
}

impl AccountMaker<'_> {
    pub(super) async fn through_administrator(
        &self,
        probe: &Probe,
        who: &NewAccount<'_>,
        guarded: &[usize],
    ) -> Result<Account, Option<String>> {
        let Some(admin) = self.administrator(probe).await else {
            let acting = guarded.first().and_then(|index| self.acting.get(*index));
            return Err(acting.map(|acting| {
                format!(
                    "no throw-away accounts: {} is for administrators; give an identity of theirs ([identities.NAME] with \
                     role = \"admin\") to have accounts made by it. {}",
                    acting.operation.id,
                    suggest_login_config(Some(acting), None)
                )
            }));
        };

        let mut last = None;
        for index in guarded {
            match self.sign_up(probe, who, *index, Some(&admin)).await {
                Ok(account) => return Ok(account),
                Err(refused) => last = Some(refused.because),
            }
        }

        Err(last)
    }

    /// Signs up for itself, or as what an administrator makes.
    pub(super) async fn sign_up(
        &self,
        probe: &Probe,
        who: &NewAccount<'_>,
        index: usize,
        admin: Option<&String>,
    ) -> Result<Account, SignUpRefused> {
        let acting = self.acting.get(index).ok_or_else(|| SignUpRefused::for_all("no such operation"))?;
        let mut body = sign_up_body(self.api, acting, who.persona);
        let undo = self.plan_removal(probe, acting, admin, &mut body)?;
        let mut last: Option<Arc<Answer>> = None;

        for _ in 0..=MAX_REPAIRS {
            let ask = credentials::build_request(
                probe,
                acting,
                sign_up_caller(admin),
                &body.media_type,
                &fill_secret(&body.value, who.password),
            )?;
            let request = SignUpRequest {
                acting,
                name: who.name,
                who: who.persona,
                ask: &ask,
                undo: undo.clone(),
                ways_in: self.ways_in(who, &body.value),
                nature: None,
            };

            let sent = send_sign_up(probe, request).await;
            let refused = match sent? {
                Ok(WriteResult { n, answer }) => {
                    return Ok(Account {
                        name: who.name.to_owned(),
                        persona: who.persona.clone(),
                        made_by: admin.cloned(),
                        sign_up: index,
                        body,
                        sign_in: None,
                        answer,
                        entry: n,
                    });
                }
                Err(refused) => refused,
            };

            let complaints = refused.response().map(read_complaints).unwrap_or_default();
            last = Some(refused);

            if !mend_sign_up(&mut body, &complaints, &who.persona.username) {
                break;
            }
            if admin.is_some() {
                as_ordinary_user(self.api, acting, &mut body)?;
            }
        }

        Err(refused_by(acting, admin, last))
    }

    /// Returns how the account is removed again, and leaves in its body what an ordinary user has.
    fn plan_removal(
        &self,
        probe: &Probe,
        acting: &Acting,
        admin: Option<&String>,
        body: &mut Body,
    ) -> Result<Option<Undo>, SignUpRefused> {
        let ordinary = as_ordinary_user(self.api, acting, body);
        if admin.is_none() {
            // Who signs up for itself is not asked by anyone; it asks for as little as the document lets it.
            return Ok(self.removal_of_itself(probe).map(|(undo, _)| undo));
        }
        ordinary?;
        let undo = self.removal_by_administrator(probe, acting);

        // What only an administrator makes and none removes would stay for good.
        if undo.is_none() {
            return Err(SignUpRefused::for_all(format!(
                "no throw-away accounts: {} makes accounts, and no operation removes them. {}",
                acting.operation.id,
                suggest_login_config(Some(acting), None)
            )));
        }

        Ok(undo)
    }
}

/// Returns why a sign-up made no account, by the last answer to it.
fn refused_by(acting: &Acting, admin: Option<&String>, last: Option<Arc<Answer>>) -> SignUpRefused {
    let status = last.as_ref().and_then(|answer| answer.status());
    let said = last.map(|answer| describe_answer(&answer)).unwrap_or_default();
    let asked = admin.map(|name| format!(", asked by {name},")).unwrap_or_default();
    SignUpRefused {
        because: format!(
            "no throw-away accounts: {}{asked} answered {said}. {}",
            acting.operation.id,
            suggest_login_config(Some(acting), None)
        ),
        for_want_of_rights: matches!(status, Some(401 | 403)),
    }
}

/// Mends a sign-up body, keeping the password where it is.
fn mend_sign_up(body: &mut Body, complaints: &[super::repair::Complaint], marker: &str) -> bool {
    // A complaint of the password must not bring a readable one into the body, which is kept in the journal.
    let (credentials, others): (Vec<_>, Vec<_>) = complaints
        .iter()
        .cloned()
        .partition(|complaint| super::kinds::is_password(&complaint.field) || is_confirmation(&complaint.field));
    let mut changed = repair_body(&mut body.value, &others, marker);

    if let Some(members) = inner_object(&mut body.value) {
        for complaint in credentials {
            if members.get(&complaint.field) != Some(&json!(PASSWORD)) {
                members.insert(complaint.field, json!(PASSWORD));
                changed = true;
            }
        }

        // A name that a complaint brought in may be that of the account.
        for (name, value) in members.iter_mut() {
            if signup::is_user_name(name) && value.as_str().is_some_and(str::is_empty) {
                *value = json!(marker);
            }
        }
    }

    changed
}
