//! Tells an expired session from a meant refusal, signs in again where there is a recipe, and lets nothing be concluded
//! from a session that is gone.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use super::ask::{Answer, Ask, AskCaller, Response};
use super::client::{Probe, SendError};
use super::session::Session;
use crate::model::{Credential, Method, Permit, Secret};

/// Requests an identity was served that are remembered while none is known to need a session.
const MAX_SERVED: usize = 2;
/// A session that is renewed more often than this does not last long enough to compare anything.
const MAX_RENEWALS: u32 = 100;

/// What is known of the sessions' health.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// One sign-in at a time per scan; held across the sign-in, hence tokio's.
    renewing: tokio::sync::Mutex<()>,
    /// Per identity, a request that only a live session is served.
    proven: Mutex<HashMap<String, Url>>,
    /// Per identity, the last requests that were served; they stand in until one is proven.
    served: Mutex<HashMap<String, Vec<Url>>>,
    /// Identities that were signed in again before they were served anything.
    tried: Mutex<BTreeSet<String>>,
    /// Identities whose session is gone for good.
    gone: Mutex<BTreeSet<String>>,
}

/// What became of a session that an answer cast doubt on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It lives, or nothing can be told: the refusal was meant.
    Alive,
    /// There is a new one.
    Renewed,
    /// There is a new one, though the old one was never served anything: it may not help.
    Retried,
    /// It is gone, and there will be no other.
    Gone,
}

impl Health {
    /// Has sessions that were given up tried once more.
    pub(super) fn revive(&self) {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Probe {
    /// Sends a request, or the question of GraphQL's that its address stands for: what is recorded is what was sent.
    pub(super) async fn exchange(
        &self,
        permit: Permit,
        ask: &Ask,
        session: Option<&Session>,
        jar: Option<&str>,
    ) -> Result<Answer, SendError> {
        let Some(question) = self.graphql.translate(self.base_url(), ask.method, &ask.url) else {
            return self.exchange_as_is(permit, ask, session, jar).await;
        };
        let permit = self.scope().permit(question.url.clone())?;
        let posted = ask.posted(question.url.clone(), question.body.clone());
        let answer = self.exchange_as_is(permit, &posted, session, jar).await?;
        Ok(answer.unwrapped(|json| question.unwrap_answer(json)))
    }

    /// Names a request that only a live session of this identity is served; it tells an expired session from a refusal.
    pub fn set_proven(&self, identity: &str, url: Url) {
        let mut proven = self.health.proven.lock().unwrap_or_else(PoisonError::into_inner);
        proven.entry(identity.to_owned()).or_insert(url);
    }

    pub(super) async fn send_fresh(&self, ask: &Ask) -> Result<Arc<Answer>, SendError> {
        // Made-up and forged tokens are compared with the session that they imitate: without it they show nothing.
        let owner = match &ask.caller {
            AskCaller::Identity(name) | AskCaller::Garbage(name) | AskCaller::Forged { identity: name, .. } => {
                Some(name)
            }
            AskCaller::Anonymous | AskCaller::Cookies(_) => None,
        };

        if let Some(name) = owner.filter(|name| self.is_gone(name)) {
            return Err(SendError::SessionGone(name.clone()));
        }
        self.admit(ask)?;
        // Forged and made-up tokens are meant to be refused: a 401 to them shows nothing of the session.
        let AskCaller::Identity(name) = &ask.caller else {
            return self.transmit(ask, self.session_for(&ask.caller).as_ref(), None).await;
        };
        // With a token that has expired by its own word the request would only cost a refusal.
        self.renew_if_stale(name).await;
        let session = self.session_for(&ask.caller);
        let answer = self.transmit(ask, session.as_ref(), None).await?;
        let (Some(session), Some(response)) = (session, answer.response()) else { return Ok(answer) };

        if is_witness(ask, response) {
            self.remember_served(name, &ask.url);
        }
        if !looks_signed_out(response) {
            return Ok(answer);
        }
        // A write that is answered with the way to the sign-in may have been done, and have ended the session.
        let may_be_done = !ask.method.is_safe() && response.status != 401;

        match self.fate(name, session.generation).await? {
            Fate::Gone => Err(SendError::SessionGone(name.clone())),
            Fate::Alive => Ok(answer),
            _ if may_be_done => Ok(answer),
            Fate::Renewed => self.transmit(ask, self.session_for(&ask.caller).as_ref(), None).await,
            Fate::Retried => {
                let answer = self.transmit(ask, self.session_for(&ask.caller).as_ref(), None).await?;
                // Only a success shows that the session was at fault; else the refusal was meant.
                if answer.response().is_some_and(Response::is_success) {
                    if answer.response().is_some_and(|response| is_witness(ask, response)) {
                        self.remember_served(name, &ask.url);
                    }
                    self.note_renewed(name);
                }

                Ok(answer)
            }
        }
    }

    pub(super) fn session_for(&self, caller: &AskCaller) -> Option<Session> {
        let with = |name: &str, token: Secret| {
            self.sessions().get(name).map(|session| Session { token, by_jar: false, ..session })
        };
        match caller {
            AskCaller::Anonymous | AskCaller::Cookies(_) => None,
            AskCaller::Identity(name) => self.sessions().get(name),
            AskCaller::Garbage(name) => self.sessions().garbage(name).and_then(|token| with(name, token)),
            AskCaller::Forged { identity, token, .. } => with(identity, token.clone()),
        }
    }

    /// Identities whose session ended and could not be renewed.
    pub(super) fn gone(&self) -> Vec<String> {
        self.health.gone.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn is_gone(&self, name: &str) -> bool {
        self.health.gone.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    fn remember_served(&self, name: &str, url: &Url) {
        let mut served = self.health.served.lock().unwrap_or_else(PoisonError::into_inner);
        let urls = served.entry(name.to_owned()).or_default();

        if urls.contains(url) {
            return;
        }
        // The newest ones stay, since an object that was read long ago may be gone.
        if urls.len() == MAX_SERVED {
            urls.remove(0);
        }
        urls.push(url.clone());
    }

    /// Requests that this identity was served before.
    fn witnesses(&self, name: &str) -> Vec<Url> {
        let proven = self.health.proven.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        match proven {
            Some(proven) => vec![proven],
            None => {
                self.health.served.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned().unwrap_or_default()
            }
        }
    }

    /// Signs in again when the token says of itself that it has expired.
    async fn renew_if_stale(&self, name: &str) {
        let Some(session) = self.sessions().get(name) else { return };
        if session.login.is_some() && session.is_stale() {
            let _one_at_a_time = self.health.renewing.lock().await;
            // Another request may have renewed it while this one waited.
            if self.sessions().get(name).is_some_and(|known| known.generation == session.generation) {
                // What stands in the way shows again when the request itself is sent.
                if let Ok(Fate::Renewed) = self.renew(name, session.generation).await {
                    self.note_renewed(name);
                }
            }
        }
    }

    /// Asks what this identity was served before; if that is refused too, signs in again.
    async fn fate(&self, name: &str, generation: u32) -> Result<Fate, SendError> {
        let _one_at_a_time = self.health.renewing.lock().await;
        // A request beside this one has signed in while this one waited.
        if self.sessions().get(name).is_some_and(|session| session.generation > generation) {
            return Ok(Fate::Renewed);
        }
        if self.is_gone(name) {
            return Ok(Fate::Gone);
        }
        let witnesses = self.witnesses(name);

        if witnesses.is_empty() {
            return Ok(if self.is_untried(name) { self.renew_untried(name).await } else { Fate::Alive });
        }
        for url in witnesses {
            let check = Ask::get(AskCaller::Identity(name.to_owned()), url.clone());
            // A witness that is still served may need no session at all, so that the next one is asked.
            if !self.is_signed_out(&check, name).await? {
                continue;
            }
            let fate = self.renew(name, generation).await?;

            // Where a fresh session is refused as well, the route changed, and the session had not ended.
            if fate == Fate::Renewed && self.is_signed_out(&check, name).await? {
                self.forget_served(name, &url);
                return Ok(Fate::Renewed);
            }
            if fate == Fate::Renewed {
                self.note_renewed(name);
            }
            return Ok(fate);
        }

        Ok(Fate::Alive)
    }

    async fn is_signed_out(&self, check: &Ask, name: &str) -> Result<bool, SendError> {
        let answer = self.transmit(check, self.sessions().get(name).as_ref(), None).await?;
        Ok(answer.response().is_some_and(looks_signed_out))
    }

    fn forget_served(&self, name: &str, url: &Url) {
        let mut served = self.health.served.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(urls) = served.get_mut(name) {
            urls.retain(|known| known != url);
        }
    }

    /// True once for each identity.
    fn is_untried(&self, name: &str) -> bool {
        self.health.tried.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned())
    }

    /// A session that was never served anything may have ended before its first request; that is tried once. Must be
    /// called with `renewing` held.
    async fn renew_untried(&self, name: &str) -> Fate {
        let Some(identity) = self.identities().iter().find(|identity| identity.name == name) else {
            return Fate::Alive;
        };
        let can_renew = matches!(identity.credential, Credential::Login(_));
        if can_renew && self.sign_in(identity).await.is_ok() { Fate::Retried } else { Fate::Alive }
    }

    /// Must be called with `renewing` held.
    async fn renew(&self, name: &str, generation: u32) -> Result<Fate, SendError> {
        let Some(identity) = self.identities().iter().find(|identity| identity.name == name) else {
            return Ok(Fate::Alive);
        };
        if !matches!(identity.credential, Credential::Login(_)) {
            return Ok(self.bury(name, format!("the credential of {name} stopped working during the scan")));
        }
        if generation > MAX_RENEWALS {
            return Ok(self.bury(name, format!("the session of {name} expired more than {MAX_RENEWALS} times")));
        }
        match self.sign_in(identity).await {
            Ok(()) => Ok(Fate::Renewed),
            // A sign-in that a stop cut off does not show that the session is lost.
            Err(_) if self.is_stopped() => Err(self.halted().unwrap_or(SendError::Cancelled)),
            Err(error) => {
                Ok(self.bury(name, format!("the session of {name} expired and could not be renewed: {error}")))
            }
        }
    }

    fn note_renewed(&self, name: &str) {
        self.note(format!("the session of {name} expired during the scan and was renewed"));
    }

    fn bury(&self, name: &str, because: String) -> Fate {
        self.note(format!("{because}; what would have needed it afterwards has no verdict"));
        self.health.gone.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        Fate::Gone
    }
}

/// Whether a request that was served tells later whether the session lives: it is asked again as a bare GET, so that it
/// has to be one.
fn is_witness(ask: &Ask, response: &Response) -> bool {
    let is_bare = ask.method == Method::Get && ask.body.is_none() && ask.headers.is_empty();
    is_bare && response.is_success()
}

/// What a caller without a live session is told: 401, or the way to the sign-in page.
fn looks_signed_out(response: &Response) -> bool {
    let to_sign_in = || {
        let place = response.header("location").unwrap_or_default().to_ascii_lowercase();
        ["login", "log-in", "signin", "sign-in", "sign_in"].iter().any(|word| place.contains(word))
    };
    response.status == 401 || (300..400).contains(&response.status) && to_sign_in()
}
