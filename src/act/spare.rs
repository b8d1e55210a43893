//! Spare accounts: throw-away accounts beyond those that a scan acts as, for what may spoil an account. They are signed
//! up as one of the others was, and noted in the journal with the same way to remove them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use super::accounts::{Account, build_account_note, credential_from_answer, describe_answer};
use super::bodies::new_marker;
use super::credentials::{self, SignUpRequest, fill_secret, in_name_of, send_sign_up, sign_up_caller};
use super::further;
use super::identify::{contains_marker, id_value, objects_in};
use super::kinds::Acting;
use super::removal::{Cleaner, Removal};
use super::signup::{Persona, token_in};
use crate::model::{Api, Credential, Identity, LoginRecipe, Secret, clean_name};
use crate::probe::{AccountNote, Answer, Ask, AskCaller, ID_PLACE, Probe, ReferenceTarget, SendError, Undo};
use crate::survey::{Object, scalar_text, session_facts};

/// Most spare accounts of one scan.
const MAX_SPARES: u32 = 12;
/// Most where the API offers no way to remove them again.
const MAX_LASTING: u32 = 4;

/// One spare account, signed in.
#[derive(Debug, Clone)]
pub struct Spare {
    /// The name to call as.
    pub name: String,
    /// Who it is to the API.
    pub persona: Persona,
    /// The body that signed it up, with a placeholder for the password.
    pub body: Value,
    /// What the sign-up answered.
    pub answer: Arc<Answer>,
    /// How it signs in.
    pub identity: Identity,
    /// Its password, for bodies that want it again.
    pub password: Secret,
    /// The sign-up's number in the journal.
    pub entry: usize,
}

/// Why a spare account could not be made.
#[derive(Debug)]
pub struct Unmade {
    /// In a few words.
    pub because: String,
    /// The answer that refused it, where one did.
    pub answer: Option<Arc<Answer>>,
}

impl From<String> for Unmade {
    fn from(because: String) -> Self {
        Self { because, answer: None }
    }
}

impl From<Unmade> for String {
    fn from(unmade: Unmade) -> Self {
        unmade.because
    }
}

impl std::fmt::Display for Unmade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.because)
    }
}

/// Makes spare accounts.
#[derive(Debug)]
pub struct SpareMaker<'a> {
    /// The API.
    pub api: &'a Api,
    /// The way to it.
    pub probe: &'a Probe,
    /// Its operations that change state.
    pub acting: &'a [Acting],
    /// How many were made.
    count: AtomicU32,
    /// An account was seen to be removed again.
    removal: OnceCell<bool>,
    /// Those that asked for more than others have, and may stay; held only to add or read.
    lasting: Mutex<Vec<(Spare, Map<String, Value>)>>,
}

impl<'a> SpareMaker<'a> {
    /// Nothing is made yet.
    pub fn new(api: &'a Api, probe: &'a Probe, acting: &'a [Acting]) -> Self {
        Self { api, probe, acting, count: AtomicU32::new(0), removal: OnceCell::new(), lasting: Mutex::default() }
    }

    /// Returns the accounts that asked for more than others have, and may stay, with what they asked for.
    pub fn lasting(&self) -> Vec<(Spare, Map<String, Value>)> {
        self.lasting.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether an account like this one was seen to be removed again: tried once, on one that is made for that.
    ///
    /// # Errors
    /// A fault that stops the scan.
    pub async fn can_remove(&self, model: &Account) -> Result<bool, SendError> {
        if self.undo_of(model).is_none_or(|undo| undo.url.is_empty()) {
            return Ok(false);
        }
        self.removal.get_or_try_init(|| self.try_removal(model)).await.copied()
    }

    async fn try_removal(&self, model: &Account) -> Result<bool, SendError> {
        let Ok(spare) = self.make_one(model, &Map::new()).await? else { return Ok(false) };
        let Some(journal) = self.probe.journal() else { return Ok(false) };
        let Some(entry) = journal.entry(spare.entry) else { return Ok(false) };
        let password = |_: &str| spare.password.clone();
        let removed = Cleaner::new(self.probe, journal, &password).remove_and_wait(&entry).await == Removal::Undone;

        if removed {
            journal.undone(entry.n);
        }
        Ok(removed)
    }

    /// Signs up one more account like `model`, with further fields in the body, and signs it in. The inner error says why
    /// that did not work.
    ///
    /// # Errors
    /// A fault that stops the scan.
    pub async fn make(
        &self,
        model: &Account,
        further: &Map<String, Value>,
    ) -> Result<Result<Spare, Unmade>, SendError> {
        if further.is_empty() {
            return self.make_one(model, further).await;
        }
        // What may be more than an ordinary account comes after one that was seen to go, or is disarmed at the end.
        let lasts = !self.can_remove(model).await?;
        let made = self.make_one(model, further).await?;

        if let (true, Ok(spare)) = (lasts, &made) {
            let mut lasting = self.lasting.lock().unwrap_or_else(PoisonError::into_inner);
            lasting.push((spare.clone(), further.clone()));
        }
        Ok(made)
    }

    async fn make_one(
        &self,
        model: &Account,
        further: &Map<String, Value>,
    ) -> Result<Result<Spare, Unmade>, SendError> {
        let undo = self.undo_of(model);
        let most = if undo.is_some() { MAX_SPARES } else { MAX_LASTING };
        // The number is taken before the limit is looked at: two trials at once must not share a name.
        let n = self.count.fetch_add(1, Ordering::Relaxed) + 1;

        if n > most {
            return Ok(Err(format!("{most} spare accounts are enough").into()));
        }
        let known = self.probe.identities().iter().find(|identity| identity.name == model.name);
        let Some(like) = known.cloned() else { return Ok(Err(format!("{} is not signed in", model.name).into())) };
        let persona = Persona::new(&new_marker());
        let password = password_of(&like.credential);
        let mut body = in_name_of(&model.body.value, &model.persona, &persona);
        further::add_fields(&mut body, further);
        let name = format!("{}+{n}", model.name);
        let nature = nature_of(further);
        let new = NewSpare { name, persona, password, body, like, from: model.persona.clone(), nature };

        self.sign_up(model, new, undo).await
    }

    /// How the model is removed again: its spares go the same way.
    fn undo_of(&self, model: &Account) -> Option<Undo> {
        self.probe.journal()?.entry(model.entry)?.note.undo
    }

    async fn sign_up(
        &self,
        model: &Account,
        new: NewSpare,
        undo: Option<Undo>,
    ) -> Result<Result<Spare, Unmade>, SendError> {
        let Some(acting) = self.acting.get(model.sign_up) else {
            return Ok(Err("no sign-up is known".to_owned().into()));
        };
        let filled = fill_secret(&new.body, &new.password);
        let ask = credentials::build_request(
            self.probe,
            acting,
            sign_up_caller(model.made_by.as_ref()),
            &model.body.media_type,
            &filled,
        );
        let ask = ask?;
        let request = SignUpRequest {
            acting,
            name: &new.name,
            who: &new.persona,
            ask: &ask,
            undo: undo.clone(),
            ways_in: new.ways_in(),
            nature: new.nature.clone(),
        };

        let sent = send_sign_up(self.probe, request).await?;
        let written = match sent {
            Ok(written) => written,
            Err(refused) => {
                let because = format!("{} answered {}", acting.operation.id, describe_answer(&refused));
                return Ok(Err(Unmade { because, answer: Some(refused) }));
            }
        };

        let resource = acting.resource.as_deref().unwrap_or("user");
        let mut id = own_id(&written.answer, &new.persona, resource);
        // The sign-in may fail and leave the account behind, so the id is noted before.
        self.keep(&new, written.n, id.as_deref(), undo.as_ref());
        let identity = match self.open(&new, &written.answer).await? {
            Ok(identity) => identity,
            Err(because) => return Ok(Err(because.into())),
        };
        let look = undo.as_ref().and_then(|undo| undo.look.clone()).and_then(|look| url::Url::parse(&look).ok());
        let wants_id = undo.as_ref().is_some_and(|undo| undo.url.contains(ID_PLACE));

        // The removal wants an id that only the account itself is shown.
        if let (None, true, Some(look)) = (&id, wants_id, look.filter(|look| !look.as_str().contains(ID_PLACE))) {
            let seen = self.probe.look_again(&Ask::get(AskCaller::Identity(new.name.clone()), look)).await?;
            id = own_id(&seen, &new.persona, resource);
            self.keep(&new, written.n, id.as_deref(), undo.as_ref());
        }
        self.claim(&new, id.as_deref());
        let NewSpare { name, persona, password, body, .. } = new;
        Ok(Ok(Spare { name, persona, body, answer: written.answer, identity, password, entry: written.n }))
    }

    /// Lets the guard of writes know by what the account may be named.
    fn claim(&self, new: &NewSpare, id: Option<&str>) {
        let session = self.probe.sessions().get(&new.name);
        let facts = session.map(|session| session_facts(&session)).unwrap_or_default();
        let facts = facts.iter().map(|(_, value)| value.as_str());
        let own = [new.persona.username.as_str(), new.persona.email.as_str()];
        own.into_iter()
            .chain(id)
            .chain(facts)
            .for_each(|value| self.probe.learn_standing(value, ReferenceTarget::Account));
    }

    fn keep(&self, new: &NewSpare, n: usize, id: Option<&str>, undo: Option<&Undo>) {
        let wants_id = undo.is_some_and(|undo| undo.url.contains(ID_PLACE));
        if let Some(journal) = self.probe.journal()
            && (id.is_some() || !wants_id)
        {
            let signed = new.persona.signed_as(&new.body);
            journal.made(n, Some(id.unwrap_or(signed).to_owned()), undo.cloned());
        }
    }

    /// Signs the account in as its model does.
    async fn open(&self, new: &NewSpare, signed_up: &Answer) -> Result<Result<Identity, String>, SendError> {
        let identity =
            |credential| Identity { name: new.name.clone(), credential, owns: BTreeMap::new(), ..new.like.clone() };
        match &new.like.credential {
            Credential::Login(recipe) => {
                let body = in_name_of(&recipe.body, &new.from, &new.persona);
                let recipe = LoginRecipe { body, ..recipe.clone() };
                let identity = identity(Credential::Login(recipe.clone()));
                let answer = self.probe.try_sign_in(&identity).await?;

                if let Err(error) = self.probe.open_further_session(&identity, &recipe, answer) {
                    return Ok(Err(error.to_string()));
                }
                if let Some(journal) = self.probe.journal() {
                    journal.account(build_account_note(&new.name, &recipe));
                }
                Ok(Ok(identity))
            }
            credential => {
                let Some(credential) = self.fixed_like(credential, new, signed_up) else {
                    return Ok(Err("the sign-up gave no token".to_owned()));
                };
                let identity = identity(credential);
                let opened = self.probe.sign_in(&identity).await;
                Ok(opened.map(|()| identity).map_err(|error| error.to_string()))
            }
        }
    }

    /// A credential of the same form as the model's, out of the sign-up's answer or the account's own name.
    fn fixed_like(&self, credential: &Credential, new: &NewSpare, signed_up: &Answer) -> Option<Credential> {
        match credential {
            Credential::Basic(user, _) => {
                // The spare signs in by the kind of name that its model signs in by.
                let by_mail = user.contains('@');
                let user = if by_mail { new.persona.email.clone() } else { new.persona.username.clone() };
                Some(Credential::Basic(user, new.password.clone()))
            }
            Credential::Header { name, template, .. } => {
                let send = format!("{name}: {}", template.replace("{secret}", "{token}"));
                let response = signed_up.response()?;
                token_in(self.api, response).iter().find_map(|source| credential_from_answer(response, source, &send))
            }
            Credential::Cookie(..) => {
                let response = signed_up.response()?;
                token_in(self.api, response).iter().find_map(|source| credential_from_answer(response, source, ""))
            }
            _ => None,
        }
    }
}

/// An account that is about to be made.
struct NewSpare {
    name: String,
    persona: Persona,
    password: Secret,
    body: Value,
    like: Identity,
    from: Persona,
    nature: Option<String>,
}

impl NewSpare {
    /// How the account signs in: as its model does, in its own name.
    fn ways_in(&self) -> Vec<AccountNote> {
        match &self.like.credential {
            Credential::Login(recipe) => {
                let body = in_name_of(&recipe.body, &self.from, &self.persona);
                vec![build_account_note(&self.name, &LoginRecipe { body, ..recipe.clone() })]
            }
            _ => Vec::new(),
        }
    }
}

/// What the report calls an account that asks for more than others have.
fn nature_of(further: &Map<String, Value>) -> Option<String> {
    let names: Vec<String> = further.keys().map(|name| format!("`{}`", clean_name(name, 40))).collect();
    (!names.is_empty()).then(|| format!("an account that was signed up with {}", names.join(", ")))
}

fn password_of(credential: &Credential) -> Secret {
    match credential {
        Credential::Login(recipe) => recipe.secrets.get("password").cloned(),
        Credential::Basic(_, password) => Some(password.clone()),
        _ => None,
    }
    .unwrap_or_else(|| super::accounts::password_of(new_marker().as_bytes()))
}

/// The id of the account that an answer shows; `resource` is what the sign-up calls accounts.
fn own_id(answer: &Answer, persona: &Persona, resource: &str) -> Option<String> {
    let json = answer.response().filter(|response| response.is_success())?.json.as_ref()?;
    let own = objects_in(json).filter(|fields| contains_marker(fields, &persona.username));
    own.map(|fields| Object::of(resource, fields, BTreeMap::new()))
        .find_map(|object| id_value(&object))
        .and_then(|value| scalar_text(&value))
}
