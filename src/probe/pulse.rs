//! Notices that a target dies: after a fault it asks again what was served before, and lets nothing else leave until
//! that is settled.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use url::Url;

use super::ask::{Answer, Ask, AskCaller, RawOutcome, Response};
use super::client::Probe;
use super::death::Death;
use super::wire::wished_pause;
use crate::model::{Exchange, Method, Outcome};

/// Answers that nothing can be made of, in a row, after which the target is in doubt.
const RUN: usize = 3;
/// Reads that are remembered as good.
const MAX_GOOD: usize = 4;
/// Exchanges that are remembered, to name the last one before the silence.
const MAX_RECENT: usize = 24;
/// Addresses that are remembered for failing by themselves.
const MAX_FAILING: usize = 4_000;
/// Paths of which it is remembered when they were last read with success.
const MAX_PATHS: usize = 4_000;
/// Answers that are remembered for having come too slowly.
const MAX_FLOWING: usize = 256;
/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(300);
/// Longest time between two looks where the target asks for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Time between two looks whether something is under way.
const STEP: Duration = Duration::from_millis(25);

/// What is known of the target's health.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// Held for one step of bookkeeping.
    state: Mutex<PulseState>,
    /// Held while a doubt is settled; what wants to leave waits for it.
    settling: tokio::sync::Mutex<()>,
    died: CancellationToken,
    death: OnceLock<Death>,
}

#[derive(Debug, Default)]
struct PulseState {
    under_way: usize,
    recent: VecDeque<Recent>,
    good: Vec<Good>,
    /// Failures in a row on addresses that had not failed before.
    run: usize,
    /// Caller, method and path of what failed once: that it fails again says nothing new.
    failing: BTreeSet<String>,
    /// When the target was last seen to be alive.
    alive: Option<Instant>,
    /// When the last whole answer came.
    answered: Option<Instant>,
    /// Exchanges that ran out of time while bytes of the answer came.
    flowing: BTreeSet<u64>,
    /// Writes that had been noted when a path was last read with success.
    written: HashMap<String, usize>,
}

#[derive(Debug, Clone)]
struct Recent {
    exchange: Arc<Exchange>,
    began: Instant,
    ended: Instant,
    is_safe: bool,
}

/// A read that was served.
#[derive(Debug, Clone)]
struct Good {
    ask: Ask,
    /// `None` stands for the base address, of which any answer is good.
    exchange: Option<Arc<Exchange>>,
    is_json: bool,
}

/// What casts doubt on the target.
#[derive(Debug)]
struct Doubt {
    fault: Recent,
    /// There were answers, and nothing could be made of them: a read alone that is served says little then, since it may
    /// need nothing of what is broken.
    answers: bool,
}

/// Counts a request as under way until it is dropped.
pub(super) struct UnderWay<'a>(&'a Pulse);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut state = self.0.locked();
        state.under_way = state.under_way.saturating_sub(1);
    }
}

impl Pulse {
    fn locked(&self) -> MutexGuard<'_, PulseState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(&self) -> UnderWay<'_> {
        self.locked().under_way += 1;
        UnderWay(self)
    }

    /// Waits while a doubt is settled.
    pub(super) async fn settled(&self) {
        drop(self.settling.lock().await);
    }

    /// Notes whether bytes of an answer came until the time for it was over.
    pub(super) fn note_flow(&self, exchange: u64, is_slow: bool) {
        if !is_slow {
            return;
        }
        let mut state = self.locked();

        if state.flowing.len() >= MAX_FLOWING {
            state.flowing.pop_first();
        }
        state.flowing.insert(exchange);
    }

    /// Resolves when the target is known to have died.
    pub(super) async fn died(&self) {
        self.died.cancelled().await;
    }
}

impl PulseState {
    /// Takes an exchange in; gives the doubt that it casts on the target.
    fn take(&mut self, ask: &Ask, answer: &Answer, began: Instant) -> Option<Doubt> {
        let recent = Recent {
            exchange: Arc::clone(&answer.exchange),
            began,
            ended: Instant::now(),
            is_safe: ask.method.is_safe(),
        };

        if self.recent.len() == MAX_RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(recent.clone());

        match &answer.seen {
            RawOutcome::Response(response) if is_whole(response) => {
                self.run = 0;
                self.answered = Some(Instant::now());

                // Only what can be asked again without changing anything serves for a look.
                if ask.method == Method::Get && ask.body.is_none() && response.is_success() && !response.truncated {
                    self.remember(ask, answer, response.json.is_some());
                }
                None
            }
            RawOutcome::Response(_) => {
                let address = format!("{} {} {}", ask.caller.label(), ask.method, ask.url.path());
                // Once no more addresses are remembered every failure is news: a look too many costs little.
                let is_news = self.failing.len() >= MAX_FAILING || self.failing.insert(address);
                self.run += usize::from(is_news);
                (is_news && self.run >= RUN).then_some(Doubt { fault: recent, answers: true })
            }

            // Slow, and there.
            _ if self.flowing.remove(&answer.exchange.id.0) => {
                self.answered = Some(Instant::now());
                None
            }
            _ => Some(Doubt { fault: recent, answers: false }),
        }
    }

    /// Whether the target was seen to be alive since a fault: a look was served, or it answered what was under way.
    fn is_alive_since(&self, doubt: &Doubt) -> bool {
        let since = |moment: Option<Instant>| moment.is_some_and(|moment| moment > doubt.fault.ended);
        since(self.alive) || !doubt.answers && since(self.answered)
    }

    /// Remembers the quickest reads at different addresses.
    fn remember(&mut self, ask: &Ask, answer: &Answer, is_json: bool) {
        // Forged tokens are meant to be refused, and models are slow: neither is a witness of health.
        if !matches!(ask.caller, AskCaller::Identity(_) | AskCaller::Anonymous) || ask.patience.is_some() {
            return;
        }
        let took = |good: &Good| good.exchange.as_ref().map_or(u64::MAX, |exchange| exchange.elapsed_ms);
        let new = Good { ask: ask.clone(), exchange: Some(Arc::clone(&answer.exchange)), is_json };

        if let Some(known) = self.good.iter_mut().find(|good| good.ask.url.path() == ask.url.path()) {
            if took(&new) < took(known) {
                *known = new;
            }
        } else if self.good.len() < MAX_GOOD {
            self.good.push(new);
        } else if let Some(slowest) = self.good.iter_mut().max_by_key(|good| took(good))
            && took(&new) < took(slowest)
        {
            *slowest = new;
        }
        self.good.sort_by_key(took);
    }

    /// What was asked last before a silence, whether it was alone, and whether a read was served right before it.
    fn last_before(&self, doubt: &Doubt) -> (Arc<Exchange>, bool, bool) {
        let fault = &doubt.fault;
        let before = |end: Instant, exchange: &Arc<Exchange>| {
            let earlier = |other: &&Recent| other.ended <= end && !Arc::ptr_eq(&other.exchange, exchange);
            self.recent.iter().filter(earlier).max_by_key(|other| other.ended)
        };
        // In a run of failures the first one began it, and the others only show it again.
        let first = if doubt.answers { self.first_of_run().unwrap_or(fault) } else { fault };
        let previous = before(first.began, &first.exchange).filter(|other| was_reachable(&other.exchange));

        // Whom nobody answers a connection did not kill; and a read is less likely to than the write before it.
        let is_late = !was_reachable(&first.exchange) || first.is_safe;
        let last = match previous {
            Some(previous) if is_late && (!previous.is_safe || !was_reachable(&first.exchange)) => previous,
            _ => first,
        };
        let overlaps = |other: &&Recent| {
            !Arc::ptr_eq(&other.exchange, &last.exchange) && other.ended > last.began && other.began < last.ended
        };
        // What is still under way has no exchange yet, and may be the cause as well.
        let alone = self.under_way == 0 && !self.recent.iter().any(|other| overlaps(&other));
        let served = |other: &Recent| matches!(&other.exchange.outcome, Outcome::Response(it) if it.status < 500);
        let served_before = before(last.began, &last.exchange).is_some_and(|other| other.is_safe && served(other));

        (Arc::clone(&last.exchange), alone, served_before)
    }

    /// A target that never answered was not there from the start; that is said elsewhere.
    fn has_answered(&self) -> bool {
        !self.good.is_empty()
            || self.recent.iter().any(|recent| matches!(recent.exchange.outcome, Outcome::Response(_)))
    }

    fn first_of_run(&self) -> Option<&Recent> {
        let fails = |recent: &&Recent| match &recent.exchange.outcome {
            Outcome::Response(response) => response.status >= 500,
            _ => true,
        };
        self.recent.iter().rev().take_while(fails).last()
    }
}

impl Probe {
    /// Returns whether the target has answered anything.
    pub fn has_answered(&self) -> bool {
        self.pulse.locked().has_answered()
    }

    /// How the target died, where it did.
    pub fn death(&self) -> Option<&Death> {
        self.pulse.death.get()
    }

    /// Takes an exchange in, and settles the doubt that it casts on the target. While what was written is undone nobody
    /// is stopped.
    pub(super) async fn feel(&self, ask: &Ask, answer: &Answer, began: Instant) {
        let written = self.journal().map_or(0, |journal| journal.len());
        let doubt = {
            let mut state = self.pulse.locked();
            let is_served = answer.response().is_some_and(|response| response.is_success() && is_whole(response));

            if ask.method == Method::Get && is_served && !self.is_cleaning() && state.written.len() < MAX_PATHS {
                state.written.insert(ask.url.path().to_owned(), written);
            }
            state.take(ask, answer, began)
        };

        if let Some(doubt) = doubt {
            self.settle(doubt).await;
        }
    }

    /// Settles what is in doubt at the end of a scan, when no further request would.
    pub async fn last_look(&self) {
        let fault = {
            let state = self.pulse.locked();
            state.recent.back().cloned().filter(|_| state.run > 0)
        };
        if let Some(fault) = fault {
            self.settle(Doubt { fault, answers: true }).await;
        }
    }

    /// Looks whether a target that stopped serving has died while what was written is undone. That stops the undoing for
    /// nothing: it is known afterwards.
    pub async fn look_after_undoing(&self) {
        let fault = self.pulse.locked().first_of_run().cloned();
        let Some(fault) = fault.filter(|_| self.death().is_none()) else { return };
        let answers = matches!(fault.exchange.outcome, Outcome::Response(_));
        // The looks are three at most, and a spent budget must not stand in their way.
        self.pace.allow_more(3);

        if let Some(looks) = self.look_twice(answers).await {
            self.bury_target(&Doubt { fault, answers }, looks);
        }
    }

    /// How many writes had been noted when a path was last read with success during the scan.
    pub fn written_at_last_read(&self, url: &Url) -> usize {
        self.pulse.locked().written.get(url.path()).copied().unwrap_or_default()
    }

    async fn settle(&self, doubt: Doubt) {
        let _one_at_a_time = self.pulse.settling.lock().await;
        self.drain(&doubt).await;
        // What was answered in the meantime settles the doubt without a request.
        let seen_since = self.pulse.locked().is_alive_since(&doubt);

        if seen_since || self.is_stopped() || self.is_cleaning() || !self.pulse.locked().has_answered() {
            return;
        }
        match self.look_twice(doubt.answers).await {
            None => {
                let mut state = self.pulse.locked();
                state.run = 0;
                state.alive = Some(Instant::now());
            }
            Some(looks) => self.bury_target(&doubt, looks),
        }
    }

    /// Waits after a silence until nothing is under way any more, at most as long as one answer may take: a target that has
    /// much to do says so by what it answers meanwhile, and the looks that follow are alone.
    async fn drain(&self, doubt: &Doubt) {
        let until = Instant::now() + self.limits.timeout;
        let is_late = matches!(doubt.fault.exchange.outcome, Outcome::Timeout);
        let is_busy = || {
            let state = self.pulse.locked();
            state.under_way > 0 && !state.is_alive_since(doubt)
        };
        // A connection that is refused or broken speaks for itself; a late answer may only stand behind others.
        while is_late && is_busy() && Instant::now() < until && !self.is_stopped() {
            tokio::time::sleep(STEP).await;
        }
    }

    /// Asks what was served before; the exchanges where that shows that the target died. A target that is only late gets
    /// time to work off what it was asked, and a third look.
    async fn look_twice(&self, answers: bool) -> Option<Vec<Arc<Exchange>>> {
        let good = self.known_good();
        let mut failed: Vec<Arc<Exchange>> = Vec::new();
        let mut served = 0;

        for at in 0..3 {
            // Two different reads where there are two, since one route may be broken by itself.
            let witness = match at {
                0 => good.first(),
                1 => good.get(1).or(good.first()),
                // Where the two differ, a third decides.
                _ if failed.len() == 1 && served == 1 => good.get(2),
                _ if failed.len() == 2 && failed.iter().all(|look| look.outcome == Outcome::Timeout) => {
                    tokio::time::sleep(self.limits.timeout).await;
                    good.first()
                }
                _ => None,
            };

            let Some(witness) = witness else { break };
            let answer = self.look(witness).await?;
            let is_slow = self.pulse.locked().flowing.remove(&answer.exchange.id.0);

            if is_slow || is_served(&answer, witness) {
                served += 1;
                // One served look clears a silent target; after failed answers a second read has to be served too.
                if !answers || failed.len() == 2 {
                    return None;
                }
                continue;
            }

            failed.push(Arc::clone(&answer.exchange));
            // A pause lets a restart or a short overload pass.
            if at == 0 {
                let wish = answer.response().and_then(|response| wished_pause(response, 0)).unwrap_or(PAUSE);
                tokio::time::sleep(wish.clamp(PAUSE, LONGEST_PAUSE)).await;
            }
        }

        (failed.len() >= 2).then_some(failed)
    }

    /// Reads that were served, quickest first; the base address, of which any answer is good, where there is none.
    fn known_good(&self) -> Vec<Good> {
        let good = self.pulse.locked().good.clone();
        if !good.is_empty() {
            return good;
        }
        vec![Good { ask: Ask::get(AskCaller::Anonymous, self.base_url().clone()), exchange: None, is_json: false }]
    }

    /// `None` where nothing may be asked any more.
    async fn look(&self, good: &Good) -> Option<Answer> {
        self.pace.ticket().ok()?;
        let permit = self.permit(&good.ask.url)?;
        let session = self.session_for(&good.ask.caller);

        tokio::select! {
            _ = self.stopped() => None,
            answer = self.exchange(permit, &good.ask, session.as_ref(), None) => answer.ok(),
        }
    }

    fn bury_target(&self, doubt: &Doubt, looks: Vec<Arc<Exchange>>) {
        let state = self.pulse.locked();
        let (last, alone, served_before) = state.last_before(doubt);
        let good = state.good.first().and_then(|good| good.exchange.clone());
        drop(state);
        let silence = Arc::clone(&doubt.fault.exchange);
        let death = Death { last, silence, good, looks, alone, served_before };
        // Doubts may be settled one after the other; the first death is the one that counts.
        let _ = self.pulse.death.set(death);

        self.pulse.died.cancel();
    }

    /// Waits for a target that died to come back, at most so long; whether it did.
    pub async fn await_return(&self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        loop {
            let good = self.known_good();
            let Some(witness) = good.first() else { return false };
            self.pace.allow_more(1);
            let answer =
                tokio::time::timeout(until.saturating_duration_since(Instant::now()), self.look(witness)).await;
            if answer.is_ok_and(|answer| answer.is_some_and(|answer| is_served(&answer, witness))) {
                return true;
            }
            if Instant::now() + PAUSE >= until {
                return false;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn permit(&self, url: &Url) -> Option<crate::model::Permit> {
        self.scope().permit(url.clone()).ok()
    }
}

/// Whether the target was there to take a request.
fn was_reachable(exchange: &Exchange) -> bool {
    !matches!(exchange.outcome, Outcome::Unreachable(_))
}

/// Whether an answer is no failure of the target's, and not the half of one.
fn is_whole(response: &Response) -> bool {
    response.status < 500 && !is_half(response)
}

/// Whether an answer calls itself JSON and ends in the middle of it.
fn is_half(response: &Response) -> bool {
    let is_json = response.header("content-type").is_some_and(|kind| kind.contains("json"));
    let text = response.text.trim_start();
    is_json && !response.truncated && response.json.is_none() && (text.starts_with('{') || text.starts_with('['))
}

/// Whether a look shows what was served before. Any answer of the base address does, and a refusal: a session may end.
fn is_served(answer: &Answer, good: &Good) -> bool {
    let Some(response) = answer.response() else { return false };
    let is_same = !good.is_json || response.json.is_some() || !response.is_success();
    good.exchange.is_none() || is_whole(response) && is_same
}
