//! Throw-away accounts: signed up and in through the API's own operations, their passwords kept in memory alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use super::bodies::{Body, new_marker};
use super::credentials::{self, fill_secret};
use super::kinds::{ActKind, Acting};
use super::registration::NewAccount;
use super::shown_role::rank_by_shown_role;
use super::signup::{PASSWORD_LENGTH, Persona, sign_in_bodies, token_header_lines, token_in};
use crate::model::{Api, Credential, Identity, LoginRecipe, Outcome, SchemeKind, Secret, TokenSource, clean_text};
use crate::probe::{AccountNote, AddressRefused, Answer, Ask, AskCaller, Probe, Response, SendError};
use crate::survey::{is_clear_success, is_soft_error, leaves_of};

/// Most sign-up operations that are tried.
const MAX_TRIES: usize = 3;

/// One account that was made.
#[derive(Debug, Clone)]
pub struct Account {
    /// The identity's name.
    pub name: String,
    /// Who it is to the API.
    pub persona: Persona,
    /// The identity of higher rank that made it; `None` where users sign up for themselves.
    pub made_by: Option<String>,
    /// The sign-up, as an index into the acting operations.
    pub sign_up: usize,
    /// The body that was accepted, with a placeholder for the password.
    pub body: Body,
    /// The sign-in, where there is one.
    pub sign_in: Option<usize>,
    /// What the sign-up answered.
    pub answer: Arc<Answer>,
    /// The sign-up's number in the journal.
    pub entry: usize,
}

/// The accounts of a scan, and why there are no more.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    /// In the order they were made.
    pub made: Vec<Account>,
    /// What went wrong, with what would settle it; for the report's notes.
    pub faults: Vec<String>,
}

/// Why an account was not made, or could not be signed in.
#[derive(Debug, Error)]
enum AccountUnmade {
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Address(#[from] AddressRefused),
    /// Why the last of the sign-ups made none.
    #[error("{0}")]
    SignUp(String),
    #[error("no throw-away accounts: signed up, but {fault}. {help}")]
    SignIn { fault: String, help: String },
}

/// A sign-in that was answered with success.
struct AnsweredSignIn<'a> {
    acting: &'a Acting,
    /// What was sent, with a placeholder for the password.
    body: &'a Body,
    password: &'a Secret,
    answer: &'a Arc<Answer>,
}

/// What making accounts works with.
pub struct AccountMaker<'a> {
    /// The API.
    pub api: &'a Api,
    /// Its operations that change state.
    pub acting: &'a [Acting],
    /// The password of an account; the same one for the same name, also in a later process.
    pub password: &'a (dyn Fn(&str) -> Secret + Sync),
}

impl AccountMaker<'_> {
    /// Makes so many accounts and signs them in.
    ///
    /// Where some of them turn out to be more than users, `further` are made in their place.
    pub async fn make(&self, probe: &mut Probe, names: &[&str], further: &[&str]) -> Accounts {
        let mut accounts = Accounts::default();
        let candidates = self.candidates();

        if candidates.is_empty() && self.ways_of_administrators().next().is_none() {
            accounts.faults.push(format!(
                "no throw-away accounts: no operation of the document signs users up. {}",
                suggest_login_config(None, None)
            ));
            return accounts;
        }

        self.make_named(probe, names, &candidates, &mut accounts).await;
        if rank_by_shown_role(probe, &mut accounts) {
            // Checks take the first as an example and the last as an intruder: both are users then.
            let rank = |name: &str| probe.identities().iter().find(|known| known.name == name).map(|known| known.rank);
            accounts.made.sort_by_key(|account| rank(&account.name));
            self.make_named(probe, further, &candidates, &mut accounts).await;
        }

        accounts
    }

    /// Makes accounts of these names, until one cannot be made.
    async fn make_named(&self, probe: &mut Probe, names: &[&str], candidates: &[usize], accounts: &mut Accounts) {
        for name in names {
            match self.one(probe, name, candidates).await {
                Ok(account) => accounts.made.push(account),
                Err(because) => {
                    // The identity was added before the sign-up: without an account no check may act as it.
                    probe.drop_identity(name);
                    accounts.faults.push(because.to_string());
                    break;
                }
            }
        }
    }

    /// Sign-ups, the most telling names first.
    fn candidates(&self) -> Vec<usize> {
        let mut found: Vec<(usize, &Acting)> = self
            .acting
            .iter()
            .enumerate()
            .filter(|(_, acting)| acting.kind == ActKind::SignUp && acting.left_alone.is_none())
            .collect();
        // A path that is named like a registration makes plain
        // users; one behind a sign-in is likely an administrator's.
        found.sort_by_key(|(_, acting)| {
            let path = acting.operation.path.to_ascii_lowercase();
            let named =
                ["register", "signup", "sign-up", "sign_up", "registration"].iter().any(|word| path.contains(word));
            (!named, acting.operation.requires_sign_in(), path.len())
        });

        found.into_iter().take(MAX_TRIES).map(|(index, _)| index).collect()
    }

    /// Signs one account up and in: for itself, or, where that is refused for want of rights, through an administrator
    /// of the configuration.
    async fn one(&self, probe: &mut Probe, name: &str, candidates: &[usize]) -> Result<Account, AccountUnmade> {
        let persona = Persona::new(&new_marker());
        let password = (self.password)(name);
        // The sign-up is sent with the cookie jar of this identity, so the identity must be known before.
        let placeholder =
            credentials::throwaway_identity(name, Credential::Basic(persona.username.clone(), password.clone()));
        probe.redactor().learn(&format!("password of {name}"), &password);
        probe.add_identity(placeholder.clone())?;
        let who = NewAccount { name, persona: &persona, password: &password };
        let (mut last, mut guarded, mut made) = (String::new(), Vec::new(), None);

        for index in candidates {
            match self.sign_up(probe, &who, *index, None).await {
                Ok(account) => made = Some(account),
                Err(refused) => {
                    guarded.extend(refused.for_want_of_rights.then_some(*index));
                    last = refused.because;
                }
            }

            if made.is_some() {
                break;
            }
        }

        guarded.extend(self.ways_of_administrators().take(MAX_TRIES));
        // An administrator is asked last: where strangers can sign up for themselves, its rights are not needed.
        if made.is_none() && !guarded.is_empty() {
            match self.through_administrator(probe, &who, &guarded).await {
                Ok(account) => made = Some(account),
                Err(because) => last = because.unwrap_or(last),
            }
        }

        let mut account = made.ok_or(AccountUnmade::SignUp(last))?;
        // An administrator's way back is known at once; one's own shows when one is signed in.
        if account.made_by.is_some() {
            self.learn_undo(probe, &account).await?;
        }
        self.sign_in(probe, &placeholder, &password, &mut account).await?;

        if account.made_by.is_none() {
            self.learn_undo(probe, &account).await?;
        }
        Ok(account)
    }

    fn ask(&self, probe: &Probe, acting: &Acting, body: &Body, password: &Secret) -> Result<Ask, AddressRefused> {
        credentials::build_request(
            probe,
            acting,
            AskCaller::Anonymous,
            &body.media_type,
            &fill_secret(&body.value, password),
        )
    }

    async fn sign_in(
        &self,
        probe: &mut Probe,
        identity: &Identity,
        password: &Secret,
        account: &mut Account,
    ) -> Result<(), AccountUnmade> {
        let mut said = String::new();
        let mut operation = None;

        for (index, acting) in self.acting.iter().enumerate().filter(|(_, acting)| acting.is_usable_sign_in()) {
            operation.get_or_insert(acting);
            for body in sign_in_bodies(self.api, acting, &account.persona, &account.body.value) {
                let ask = Ask { round: 1, ..self.ask(probe, acting, &body, password)? };
                let answer = probe.sign_in_request(&identity.name, &ask).await?;
                let Some(response) = answer.response() else { continue };

                // A refusal may be of this body alone: the next one names the account otherwise.
                if response.status >= 400 || is_soft_error(response) {
                    said = format!("{} answered {}", acting.operation.id, describe_answer(&answer));
                    continue;
                }
                let signed_in = AnsweredSignIn { acting, body: &body, password, answer: &answer };

                if self.open(probe, identity, &signed_in).await? {
                    account.sign_in = Some(index);
                    return Ok(());
                }
                said = format!(
                    "{} answered {}, and no token was found in it that the API takes",
                    acting.operation.id,
                    describe_answer(&answer)
                );
            }
        }

        // Some APIs give the token with the sign-up and have no sign-in at all.
        if self.open_from_sign_up(probe, identity, password, account).await? {
            return Ok(());
        }
        if said.is_empty() {
            "no operation of the document signs users in, and the sign-up gave no token".clone_into(&mut said);
        }
        let help = suggest_login_config(self.acting.get(account.sign_up), operation);
        Err(AccountUnmade::SignIn { fault: said, help })
    }

    /// Tries every place of a token and every way to send it, until a protected route is served.
    async fn open(
        &self,
        probe: &mut Probe,
        identity: &Identity,
        signed_in: &AnsweredSignIn<'_>,
    ) -> Result<bool, SendError> {
        let AnsweredSignIn { acting, body, password, answer } = *signed_in;
        let Some(response) = answer.response() else { return Ok(false) };
        let recipe = |token: TokenSource, send: String| LoginRecipe {
            operation: acting.operation.id.0.clone(),
            body: body.value.clone(),
            secrets: BTreeMap::from([("password".to_owned(), password.clone())]),
            content_type: body.media_type.clone(),
            token,
            send,
        };

        // Documents seldom say where the token stands: the place is right whose token opens a protected route.
        for source in token_in(self.api, response) {
            for send in token_header_lines(self.api, &source) {
                let recipe = recipe(source.clone(), send);
                let owner = Identity { credential: Credential::Login(recipe.clone()), ..identity.clone() };

                // Where the answer has no token at this place, no other header line helps.
                if probe.open_session(&owner, &recipe, Arc::clone(answer)).is_err() {
                    break;
                }
                probe.replace_identity(owner);

                if self.is_served(probe, &identity.name).await? {
                    // A later process that cleans up must find the way in without guessing.
                    if let Some(journal) = probe.journal() {
                        journal.account(build_account_note(&identity.name, &recipe));
                    }
                    return Ok(true);
                }
            }
        }

        Ok(false)
    }

    /// A token or session that the sign-up itself gave, or HTTP Basic with what was signed up.
    async fn open_from_sign_up(
        &self,
        probe: &mut Probe,
        identity: &Identity,
        password: &Secret,
        account: &Account,
    ) -> Result<bool, SendError> {
        let basic = self.api.schemes.values().any(|scheme| scheme.kind == SchemeKind::Basic);
        if basic {
            // HTTP Basic takes the name or the address, and documents do not say which.
            for user in [&account.persona.username, &account.persona.email] {
                let owner =
                    Identity { credential: Credential::Basic(user.clone(), password.clone()), ..identity.clone() };
                probe.replace_identity(owner.clone());

                if probe.sign_in(&owner).await.is_ok() && self.is_served(probe, &identity.name).await? {
                    return Ok(true);
                }
            }
        }

        let Some(response) = account.answer.response() else { return Ok(false) };
        for source in token_in(self.api, response) {
            for send in token_header_lines(self.api, &source) {
                let Some(credential) = credential_from_answer(response, &source, &send) else { break };
                let owner = Identity { credential, ..identity.clone() };
                probe.replace_identity(owner.clone());

                if probe.sign_in(&owner).await.is_ok() && self.is_served(probe, &identity.name).await? {
                    return Ok(true);
                }
            }
        }

        Ok(false)
    }

    /// Whether a route that refuses strangers serves this identity; where none is known to, it is believed.
    pub(super) async fn is_served(&self, probe: &Probe, name: &str) -> Result<bool, SendError> {
        let mut protected = 0;
        for url in self.witnesses(probe) {
            // Only a route that refuses strangers is a test: an open one serves a wrong token too.
            let anonymous = probe.send(&Ask::get(AskCaller::Anonymous, url.clone())).await?;
            let refused = |answer: &Answer| !answer.response().is_some_and(is_clear_success);

            if !refused(&anonymous) {
                continue;
            }
            protected += 1;
            let own = probe.look_again(&Ask::get(AskCaller::Identity(name.to_owned()), url)).await;

            match own {
                Ok(own) if !refused(&own) => return Ok(true),
                // A refusal may be for want of a right that users do not have, so the next route is asked.
                Ok(_) | Err(SendError::SessionGone(_)) => {}
                Err(error) => return Err(error),
            }
        }

        Ok(protected == 0)
    }
}

/// The credential that an answer gave, to be sent as it is.
pub(super) fn credential_from_answer(response: &Response, source: &TokenSource, send: &str) -> Option<Credential> {
    let header = |token: &str| {
        let (name, template) = send.split_once(':')?;
        Some(Credential::Header {
            name: name.trim().to_owned(),
            template: template.trim().replace("{token}", "{secret}"),
            // Some servers give the token with its scheme, which would then stand twice in the header.
            secret: Secret::new(token.trim_start_matches("Bearer ")),
        })
    };

    match source {
        TokenSource::Pointer(at) => header(&leaves_of(response).into_iter().find(|leaf| leaf.at == *at)?.text),
        TokenSource::Header(name) => header(response.header(name)?),
        TokenSource::Cookie(_) => {
            // A session may rest on several cookies, so all that were set are sent.
            let pairs: Vec<String> = response
                .headers
                .iter()
                .filter(|(name, _)| name == "set-cookie")
                .filter_map(|(_, line)| line.split(';').next().map(str::to_owned))
                .collect();
            (!pairs.is_empty()).then(|| Credential::Cookie("*".to_owned(), Secret::new(pairs.join("; "))))
        }
    }
}

pub(super) fn build_account_note(name: &str, recipe: &LoginRecipe) -> AccountNote {
    AccountNote {
        name: name.to_owned(),
        operation: recipe.operation.clone(),
        body: recipe.body.clone(),
        content_type: recipe.content_type.clone(),
        token: match &recipe.token {
            TokenSource::Pointer(at) => at.clone(),
            TokenSource::Header(name) => format!("header:{name}"),
            TokenSource::Cookie(name) => format!("cookie:{name}"),
        },
        send: recipe.send.clone(),
        sends: Vec::new(),
        by_cookie: false,
        basic: None,
    }
}

/// The identity of an account that an earlier process made.
pub fn identity_of(note: &AccountNote, password: Secret) -> Identity {
    let token = match note.token.split_once(':') {
        Some(("header", name)) => TokenSource::Header(name.to_owned()),
        Some(("cookie", name)) => TokenSource::Cookie(name.to_owned()),
        _ => TokenSource::Pointer(note.token.clone()),
    };
    let recipe = LoginRecipe {
        operation: note.operation.clone(),
        body: note.body.clone(),
        secrets: BTreeMap::from([("password".to_owned(), password)]),
        content_type: note.content_type.clone(),
        token,
        send: note.send.clone(),
    };

    credentials::throwaway_identity(&note.name, Credential::Login(recipe))
}

/// A password that common rules take: letters of both cases, digits, a sign. `bytes` must be unguessable.
pub fn password_of(bytes: &[u8]) -> Secret {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
    let letters =
        bytes.iter().map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()).copied().map_or('x', char::from));
    // The prefix alone has both cases, a digit and a sign, as common rules ask.
    let text: String = "Rw7!".chars().chain(letters).take(PASSWORD_LENGTH).collect();
    Secret::new(text)
}

/// What an answer said, short and already redacted.
pub(super) fn describe_answer(answer: &Answer) -> String {
    told_within(answer, 200)
}

/// The same within so many characters.
pub(super) fn told_within(answer: &Answer, most: usize) -> String {
    match &answer.exchange.outcome {
        Outcome::Response(response) => format!("{}: {}", response.status, clean_text(&response.body, most)),
        _ => "nothing".to_owned(),
    }
}

/// The lines of configuration that settle what could not be guessed.
pub(super) fn suggest_login_config(sign_up: Option<&Acting>, sign_in: Option<&Acting>) -> String {
    let operation = sign_in.map_or("POST /login", |acting| acting.operation.id.as_str());
    let made = sign_up.map_or(String::new(), |acting| format!(" (made by {})", acting.operation.id));
    format!(
        "Give two accounts of your own{made} instead: [identities.alice.login] operation = \"{operation}\", \
         body = {{ username = \"alice\", password = {{ env = \"ALICE_PASSWORD\" }} }}, token = \"/access_token\", \
         send = \"Authorization: Bearer {{token}}\"; and the same for bob"
    )
}
