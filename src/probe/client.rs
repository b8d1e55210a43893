//! Sends permitted requests within budget and pace, and records what came of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::ask::{Answer, Ask, AskCaller, RawOutcome, Response};
use super::canary::{Canary, is_on_loopback};
use super::csrf_state::CsrfState;
use super::graphql::GraphqlWire;
use super::guard::{ReferenceTarget, WriteGuard, WriteRefused};
use super::journal::Journal;
use super::ledger::Ledger;
use super::memory::{AnswerMemory, MOST_HELD, MOST_JSON};
use super::pace::{LONGEST_PAUSES, Pace};
use super::pulse::Pulse;
use super::rations::Rations;
use super::record::{self, Raw};
use super::renew::Health;
use super::resolve::Pinned;
use super::routes::Routes;
use super::session::{Session, Sessions};
use super::signin::set_cookies;
use super::wire::{
    Caps, WireFlow, build_client, error_chain, pause_before_next, receive_answer, scope_fault, signed_request,
};
use crate::detect::Redactor;
use crate::model::{Api, Identity, Permit, Scope, ScopeError, Secret, clean_name};

/// Longer cookies are no browser's (RFC 6265 §6.1).
const MAX_COOKIE: usize = 4_096;
/// Values of one cookie of one caller that are looked for in texts.
const MAX_COOKIE_VALUES: usize = 16;
/// Cookies whose values are looked for in texts.
const MAX_COOKIE_NAMES: usize = 64;

/// The caps of a scan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Most requests.
    pub max_requests: u64,
    /// Requests under way at one time.
    pub concurrency: usize,
    /// Requests a second; no limit without it.
    pub rate: Option<f64>,
    /// For one answer, from sending to its last byte.
    pub timeout: Duration,
    /// Most bytes read of one body, decompressed.
    pub max_body_bytes: usize,
    /// For the whole scan, undoing aside; no limit without it.
    pub max_time: Option<Duration>,
    /// Bytes of memory that all answers together take, by estimate.
    pub memory_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_requests: 5_000,
            concurrency: 8,
            rate: None,
            timeout: Duration::from_secs(10),
            max_body_bytes: 2 << 20,
            max_time: None,
            memory_bytes: MOST_HELD,
        }
    }
}

/// Why a request was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SendError {
    /// Out of scope.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The budget is spent.
    #[error("the budget of {0} requests is spent; raise max_requests")]
    Budget(u64),
    /// The scan was stopped.
    #[error("the scan was stopped")]
    Cancelled,
    /// The target died.
    #[error("the target stopped answering during the scan")]
    Died,
    /// The time of the scan is over.
    #[error("the {0} s of the scan are over; raise max_seconds")]
    Time(u64),
    /// The target limits how often this operation may be asked, and the scan's share of it is spent.
    #[error("{0}")]
    Rationed(String),
    /// The request cannot be made.
    #[error("{0}")]
    Unbuildable(String),
    /// The session of this identity ended during the scan and there is no other: what it is refused shows nothing.
    #[error("the session of {0} ended during the scan")]
    SessionGone(String),
    /// A request that changes state, where the scan may not write or the write was not announced.
    #[error("{0} changes state and was not sent: {1}")]
    NoWrites(String, &'static str),
    /// A write that names something which is not the scan's own.
    #[error(transparent)]
    NotOwn(#[from] WriteRefused),
    /// Nobody answered a fetch.
    #[error("{0}")]
    NoAnswer(String),
}

/// One target, its sessions, and everything asked of it.
#[derive(Debug)]
pub struct Probe {
    scope: Scope,
    base_url: Url,
    pub(super) limits: Limits,
    /// When the time of the scan is over.
    pub(super) until: Option<tokio::time::Instant>,
    redactor: Redactor,
    sessions: Sessions,
    identities: Vec<Identity>,
    pub(super) pace: Pace,
    pub(super) pulse: Pulse,
    pub(super) rations: Rations,
    pub(super) routes: Routes,
    pub(super) csrf: CsrfState,
    pub(super) graphql: GraphqlWire,
    pub(super) ledger: Ledger,
    pub(super) memory: AnswerMemory,
    pub(super) cancel: CancellationToken,
    next_exchange: AtomicU64,
    /// One client with its own cookie jar per identity; the bare one, without a jar, for everybody else.
    clients: HashMap<String, reqwest::Client>,
    pub(super) bare: reqwest::Client,
    pinned: Pinned,
    /// Without one nothing may be written.
    pub(super) journal: Option<Arc<Journal>>,
    /// Judges each write.
    pub(super) guard: Option<Arc<dyn WriteGuard>>,
    pub(super) health: Health,
    /// Cookie values learnt per caller and cookie.
    cookies: Mutex<HashMap<(String, String), usize>>,
    notes: Mutex<Vec<String>>,
    /// Requests by method and path that were not answered in time.
    pub(super) late: Mutex<BTreeMap<String, u64>>,
    pub(super) is_spent: AtomicBool,
    /// Something was not asked since the time of the scan was over.
    pub(super) is_cut: AtomicBool,
    /// Why the scan ended itself, where it did.
    pub(super) ended: Mutex<Option<String>>,
    /// What was written is being undone: that goes on after a stop and beyond the budget.
    pub(super) is_cleaning: AtomicBool,
    /// Where targets that fetch addresses are led to.
    pub(super) canary: tokio::sync::OnceCell<Option<Canary>>,
}

impl Probe {
    /// A probe for one target. Sends nothing.
    ///
    /// # Errors
    /// [`SendError::Unbuildable`] when the TLS set-up of this machine cannot be read.
    pub fn new(
        scope: Scope,
        mut base_url: Url,
        identities: Vec<Identity>,
        limits: Limits,
        redactor: Redactor,
    ) -> Result<Self, SendError> {
        // Neither is part of a base; a key that someone left in the query would stand in every report.
        base_url.set_query(None);
        base_url.set_fragment(None);
        let pinned = Pinned::new(scope.clone());
        let plain = base_url.scheme() == "http";
        let mut clients = HashMap::new();
        for identity in &identities {
            clients.insert(identity.name.clone(), build_client(&pinned, limits, true, plain)?);
        }
        Ok(Self {
            bare: build_client(&pinned, limits, false, plain)?,
            pace: Pace::new(limits.max_requests, limits.concurrency, limits.rate),
            pulse: Pulse::default(),
            rations: Rations::default(),
            routes: Routes::default(),
            csrf: CsrfState::default(),
            graphql: GraphqlWire::default(),
            until: limits.max_time.map(|time| tokio::time::Instant::now() + time),
            scope,
            base_url,
            limits,
            redactor,
            sessions: Sessions::default(),
            identities,
            ledger: Ledger::default(),
            memory: AnswerMemory::new(limits.memory_bytes),
            cancel: CancellationToken::new(),
            next_exchange: AtomicU64::new(1),
            clients,
            pinned,
            journal: None,
            guard: None,
            health: Health::default(),
            cookies: Mutex::default(),
            notes: Mutex::default(),
            late: Mutex::default(),
            is_spent: AtomicBool::new(false),
            is_cut: AtomicBool::new(false),
            ended: Mutex::default(),
            is_cleaning: AtomicBool::new(false),
            canary: tokio::sync::OnceCell::new(),
        })
    }

    /// Allows this scan to write what the guard lets through, each write noted in the journal before it leaves.
    pub fn allow_writes(&mut self, journal: Arc<Journal>, guard: Arc<dyn WriteGuard>) {
        self.journal = Some(journal);
        self.guard = Some(guard);
    }

    /// Lets the guard of writes know what a value stands for.
    pub fn learn_standing(&self, value: &str, standing: ReferenceTarget<'_>) {
        if let Some(guard) = &self.guard {
            guard.learn(value, standing);
        }
    }

    /// The journal of the scan's writes, where it may write.
    pub fn journal(&self) -> Option<&Arc<Journal>> {
        self.journal.as_ref()
    }

    /// Adds a caller with a cookie jar of its own.
    ///
    /// # Errors
    /// [`SendError::Unbuildable`] when the TLS set-up of this machine cannot be read.
    pub fn add_identity(&mut self, identity: Identity) -> Result<(), SendError> {
        let plain = self.base_url.scheme() == "http";
        self.clients.insert(identity.name.clone(), build_client(&self.pinned, self.limits, true, plain)?);
        self.identities.retain(|known| known.name != identity.name);
        self.identities.push(identity);
        Ok(())
    }

    /// Gives a caller another credential; its cookies stay.
    pub fn replace_identity(&mut self, identity: Identity) {
        if let Some(known) = self.identities.iter_mut().find(|known| known.name == identity.name) {
            *known = identity;
        }
    }

    /// Forgets a caller again, such as an account that could not be made.
    pub fn drop_identity(&mut self, name: &str) {
        self.identities.retain(|known| known.name != name);
    }

    /// Where requests go.
    pub fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// The identities of the scan.
    pub fn identities(&self) -> &[Identity] {
        &self.identities
    }

    /// The sessions of the scan.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// What makes texts safe to keep.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Names the operations of a document, so that what is noted of requests is noted of these.
    pub fn name_operations(&mut self, api: &Api) {
        self.routes = Routes::new(api);
        self.csrf = CsrfState::new(api);
        self.graphql = GraphqlWire::new(api);
    }

    /// Returns the scan's own listener, opened when it is first asked for; none where the target is on another machine,
    /// which could not come to loopback.
    pub async fn canary(&self) -> Option<&Canary> {
        if !is_on_loopback(&self.base_url) {
            return None;
        }
        self.canary.get_or_init(|| async { Canary::open().await.ok() }).await.as_ref()
    }

    /// Requests sent so far.
    pub fn sent(&self) -> u64 {
        self.pace.sent()
    }

    /// What the user should know of how the requests went.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        notes.extend(self.late_note());
        notes.extend(self.rations.notes());
        notes
    }

    /// Sends, or takes the answer from the ledger when the same was asked before. A 401 to an identity whose session
    /// turns out to have expired is answered by signing in again and asking once more.
    ///
    /// # Errors
    /// [`SendError`]; a target that does not answer is an [`Answer`], not an error.
    pub async fn send(&self, ask: &Ask) -> Result<Arc<Answer>, SendError> {
        if !ask.method.is_safe() {
            // Whoever writes says so, and has it noted: `send_write`.
            return Err(SendError::NoWrites(ask.method.to_string(), "it was not announced as a write"));
        }
        self.ledger.answer(ask, self.send_fresh(ask)).await
    }

    /// Sends without a credential, with the cookie jar of this identity: for signing in.
    pub(super) async fn send_unsigned_as(&self, identity: &str, ask: &Ask) -> Result<Arc<Answer>, SendError> {
        self.transmit(ask, None, Some(identity)).await
    }

    /// Why some requests of the scan were not sent, where that is so: then its silence proves nothing.
    pub fn unfinished(&self) -> Option<String> {
        if let Some(because) = self.ended() {
            return Some(because);
        }
        let gone = self.gone();
        if !gone.is_empty() {
            return Some(format!("the session of {} ended during the scan", gone.join(", ")));
        }
        self.is_spent.load(Ordering::Relaxed).then(|| SendError::Budget(self.limits.max_requests).to_string())
    }

    fn spent(&self) -> SendError {
        let error = SendError::Budget(self.limits.max_requests);
        self.is_spent.store(true, Ordering::Relaxed);
        self.note(format!("{error}; what was not asked has no verdict"));
        error
    }

    pub(super) fn note(&self, text: String) {
        // Notes quote names that the target chose.
        let (text, _) = self.redactor.tripwire(&self.redactor.text(&text));
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&text) && notes.len() < 50 {
            notes.push(text);
        }
    }

    /// One request, again after 429 or 503 as the target wishes.
    pub(super) async fn transmit_paced(
        &self,
        ask: &Ask,
        session: Option<&Session>,
        jar: Option<&str>,
    ) -> Result<Arc<Answer>, SendError> {
        let mut attempt = 0_u32;
        loop {
            let permit = self.scope.permit(ask.url.clone())?;
            let began;
            let answer = {
                let _place = tokio::select! {
                    error = self.stopped() => return Err(error),
                    place = self.pace.place() => place.map_err(|_| self.spent())?,
                };
                self.pulse.settled().await;
                if let Some(error) = self.halted() {
                    return Err(error);
                }
                began = Instant::now();
                let _under_way = self.pulse.begin();
                tokio::select! {
                    error = self.stopped() => return Err(error),
                    answer = self.exchange(permit, ask, session, jar) => answer?,
                }
            };
            self.feel(ask, &answer, began).await;
            self.remember_late(ask, &answer);
            if self.ration(ask, &answer) {
                return Ok(Arc::new(answer));
            }
            let signs_in_to_undo = jar.is_some() && self.is_cleaning();
            let wait = answer.response().and_then(|response| pause_before_next(response, attempt, signs_in_to_undo));
            // A write that a failing target may have carried out is not sent again.
            let repeatable = ask.method.is_safe() || answer.status() == Some(429);
            match wait {
                Some(wait) if attempt < 2 && repeatable && !ask.once => {
                    self.note(format!("the target asked to slow down (status {})", answer.status().unwrap_or(0)));
                    if !self.pace.pause(wait) {
                        self.note(format!(
                            "the target asked for more than {} s of pauses; no more were made",
                            LONGEST_PAUSES.as_secs()
                        ));
                        return Ok(Arc::new(answer));
                    }
                    attempt += 1;
                }
                _ => return Ok(Arc::new(answer)),
            }
        }
    }

    /// Sends a request as it stands, and records it.
    pub(super) async fn exchange_as_is(
        &self,
        permit: Permit,
        ask: &Ask,
        session: Option<&Session>,
        jar: Option<&str>,
    ) -> Result<Answer, SendError> {
        let owner = match &ask.caller {
            AskCaller::Identity(name) | AskCaller::Cookies(name) => Some(name.as_str()),
            _ => jar,
        };
        let client = owner.and_then(|name| self.clients.get(name)).unwrap_or(&self.bare);
        if let AskCaller::Forged { identity, token, .. } = &ask.caller {
            // Where the target takes it, it is as good as a real one.
            self.redactor.learn(&format!("forged token of {identity}"), token);
        }
        let request = signed_request(client, permit, ask, session)?;
        let started = Instant::now();
        // Who waits patiently still gets what has come when the time is over: the end of the wait for it comes first.
        let until = ask.patience.map(|patience| tokio::time::Instant::now() + patience);
        let wait = ask.patience.map_or(self.limits.timeout, |patience| patience + Duration::from_secs(1));
        let caps = Caps { body: self.limits.max_body_bytes, json: MOST_JSON };
        let flow = WireFlow::default();
        let outcome = tokio::time::timeout(wait, receive_answer(request, caps, until, &flow)).await;
        let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut weight = 0;
        let (seen, fault, body_bytes) = match outcome {
            Err(_) | Ok(Ok(None)) => (RawOutcome::Timeout, None, 0),
            Ok(Ok(Some(received))) => {
                self.learn_cookies(&received.response, owner);
                let body_bytes = received.body_bytes;
                let response;
                (response, weight) = self.with_room(received);
                (RawOutcome::Response(response), None, body_bytes)
            }
            Ok(Err(error)) => {
                let text = error_chain(&error);
                // A name that leads out of scope is a refusal of ours, not silence of the target's.
                if let Some(scope) = scope_fault(&error) {
                    return Err(SendError::Scope(scope));
                }
                (if error.is_connect() { RawOutcome::Unreachable } else { RawOutcome::Broken }, Some(text), 0)
            }
        };
        if let RawOutcome::Response(response) = &seen
            && response.truncated
            && body_bytes >= self.limits.max_body_bytes as u64
        {
            self.note(format!("answers longer than {} bytes were cut", self.limits.max_body_bytes));
        }
        let id = self.next_exchange.fetch_add(1, Ordering::Relaxed);
        self.pulse.note_flow(id, matches!(seen, RawOutcome::Timeout) && flow.is_recent(wait / 2));
        let raw = Raw { id, ask, session, seen: &seen, fault, body_bytes, elapsed_ms };
        let exchange = Arc::new(record::redacted_exchange(&self.redactor, &raw));
        Ok(Answer { exchange, seen, share: self.memory.share(weight) })
    }

    /// Cookies are credentials until shown otherwise. Values of one cookie that changes with every answer are learnt
    /// up to a cap: each of them makes every later search dearer.
    fn learn_cookies(&self, response: &Response, owner: Option<&str>) {
        let owner = owner.unwrap_or("anonymous");
        set_cookies(response).for_each(|cookie| self.csrf.note_cookie(owner, cookie));
        for (name, value) in set_cookies(response).filter(|(_, value)| (8..=MAX_COOKIE).contains(&value.len())) {
            let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
            let kinds = cookies.len();
            let known = cookies.entry((owner.to_owned(), name.to_owned())).or_default();
            if *known >= MAX_COOKIE_VALUES || kinds > MAX_COOKIE_NAMES {
                drop(cookies);
                let name = clean_name(name, 40);
                self.note(format!("cookie {name} changes all the time: texts are searched for its first values alone"));
                continue;
            }
            *known += 1;
            drop(cookies);
            self.redactor.learn(&format!("cookie of {owner}"), &Secret::new(value));
        }
    }
}
