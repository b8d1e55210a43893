//! Sends the recorded proof of a finding once more, request by request, with fresh sessions. Reads only: a proof that
//! writes needs objects of its own, which a recheck makes.

use std::collections::BTreeMap;

use thiserror::Error;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::answers::{Replay, ReplayedExchange, ScanRequest};
use super::error::AppError;
use super::prepare::{Prepared, prepare_scan};
use super::recheck;
use super::state::App;
use crate::model::{ANONYMOUS, FindingId, Method, Outcome, Role, ScanId, clean_text};
use crate::probe::{Ask, AskCaller, Probe, SignInError};
use crate::report::ExchangeInfo;

/// More exchanges of a proof are not sent again.
const MOST_EXCHANGES: usize = 12;
/// Characters of an answer that are shown.
const MOST_BODY: usize = 2_000;
/// Stands where a secret stood in a record.
const REDACTED: &str = "[redacted:";

impl App {
    /// Sends the reads of a finding's proof again, with fresh sessions, and says what comes back beside what came then.
    ///
    /// # Errors
    /// [`AppError::Unknown`] where there is no such finding, else as [`App::start`].
    pub async fn replay(
        &self,
        id: &FindingId,
        scan: Option<&ScanId>,
        request: ScanRequest,
    ) -> Result<Replay, AppError> {
        let request = ScanRequest { recheck: vec![id.clone()], recheck_scan: scan.cloned(), ..request };
        let wanted = recheck::load_findings(self, &request).await?;
        let mut request = recheck::narrow_request(request, &wanted);

        // The requests are recorded; where their handlers stand changes nothing.
        request.overrides.without_source = true;
        let prepared = prepare_scan(self, &request).await?;
        let finding = wanted.first().ok_or_else(|| super::explain::unknown_finding(id, scan.map(ScanId::as_str)))?;
        let probe = self.probe(&prepared, CancellationToken::new())?;
        let mut sender = Sender { probe, prepared: &prepared, sessions: BTreeMap::new() };
        let mut exchanges = Vec::new();

        for exchange in finding.exchanges.iter().take(MOST_EXCHANGES) {
            exchanges.push(sender.send_again(exchange).await);
        }
        Ok(Replay { finding_id: finding.id.clone(), claim: finding.claim.clone(), exchanges })
    }
}

/// Why a request is not sent again.
#[derive(Debug, Clone, Error)]
enum NotSentAgain {
    #[error("it writes: `recheck` sends it on objects of its own")]
    Writes,
    #[error("it looks at what a write left, which was undone: `recheck` writes and looks again")]
    Readback,
    #[error("its address holds a secret, which is not kept: `recheck` makes it anew")]
    HoldsSecret,
    #[error(transparent)]
    Address(#[from] url::ParseError),
    /// The caller.
    #[error("`{0}` is no identity of the configuration: `recheck` makes its like anew")]
    NoIdentity(String),
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

/// Signs in who is needed, and sends.
struct Sender<'a> {
    probe: Probe,
    prepared: &'a Prepared,
    /// Who was signed in, or why not.
    sessions: BTreeMap<String, Result<(), NotSentAgain>>,
}

impl Sender<'_> {
    async fn send_again(&mut self, recorded: &ExchangeInfo) -> ReplayedExchange {
        let mut replayed = ReplayedExchange {
            role: recorded.role,
            identity: recorded.identity.clone(),
            request: format!("{} {}", recorded.request.method, recorded.request.url),
            status_then: recorded.response.as_ref().map(|response| response.status),
            status_now: None,
            body_now: String::new(),
            not_sent: None,
        };

        match self.ask(recorded).await {
            Err(why) => replayed.not_sent = Some(why.to_string()),
            Ok(ask) => match self.probe.send(&ask).await {
                Err(error) => replayed.not_sent = Some(error.to_string()),
                Ok(answer) => match &answer.exchange.outcome {
                    Outcome::Response(response) => {
                        replayed.status_now = Some(response.status);
                        replayed.body_now = clean_text(&response.body, MOST_BODY);
                    }
                    Outcome::Timeout => replayed.not_sent = Some("no answer in time".to_owned()),
                    Outcome::Unreachable(why) | Outcome::Broken(why) => replayed.not_sent = Some(clean_text(why, 300)),
                },
            },
        }

        replayed
    }

    /// The request as it was, with a fresh session; or why it cannot be sent.
    async fn ask(&mut self, recorded: &ExchangeInfo) -> Result<Ask, NotSentAgain> {
        let request = &recorded.request;
        match Method::parse(&request.method) {
            Some(Method::Get) => {}
            _ => return Err(NotSentAgain::Writes),
        }
        if recorded.role == Role::Readback {
            return Err(NotSentAgain::Readback);
        }
        if request.url.contains(REDACTED) {
            return Err(NotSentAgain::HoldsSecret);
        }
        // A sign-in is a request too: it is not spent on a proof that cannot be sent again.
        self.sign_in(&recorded.identity).await?;
        let url = Url::parse(&request.url)?;
        let mut ask = Ask::get(AskCaller::named(&recorded.identity), url);

        // The session brings its own credential; whatever else was masked cannot be sent as it was.
        let kept = request.headers.iter().filter(|(_, value)| !value.contains(REDACTED));
        let kept = kept.filter(|(name, _)| !is_usual(name));
        ask.headers = kept.map(|(name, value)| (name.clone(), value.clone())).collect();

        Ok(ask)
    }

    async fn sign_in(&mut self, name: &str) -> Result<(), NotSentAgain> {
        if name == ANONYMOUS {
            return Ok(());
        }
        // A refused sign-in is not repeated for each exchange: many applications lock an account after a few.
        if let Some(known) = self.sessions.get(name) {
            return known.clone();
        }
        let identity = self.prepared.identities.iter().find(|identity| identity.name == name);
        let signed = match identity {
            None => Err(NotSentAgain::NoIdentity(name.to_owned())),
            Some(identity) => self.probe.sign_in(identity).await.map_err(NotSentAgain::from),
        };
        self.sessions.insert(name.to_owned(), signed.clone());
        signed
    }
}

/// Headers that every request of a scan carries.
fn is_usual(name: &str) -> bool {
    ["user-agent", "accept", "accept-encoding", "host", "cookie", "authorization", "content-length"]
        .contains(&name.to_ascii_lowercase().as_str())
}
