//! Leads a read to the scan's own listener, and looks whether the server comes.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::checks::context::CheckCx;
use crate::checks::inject::input::{Input, inputs_of, is_named};
use crate::model::{Parameter, Silence};
use crate::probe::{Answer, Ask, Canary, canary_word};
use crate::survey::{Baseline, Surveyed};

/// How long a visit is waited for, once the answer is there.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Words of parameters that take addresses.
const ADDRESS_WORDS: &str = "url uri link href callback webhook hook image img avatar icon feed rss src source site website \
                             host endpoint proxy fetch import remote address target domain page document";

/// Returns true for parameters that take an address by their name.
pub(super) fn takes_address(parameter: &Parameter) -> bool {
    is_named(parameter, ADDRESS_WORDS)
}

/// One input that is led to the listener.
pub(super) struct FetchTrial<'a> {
    cx: &'a CheckCx<'a>,
    surveyed: &'a Surveyed,
    pub(super) baseline: &'a Baseline,
    pub(super) input: Input,
    pub(super) canary: &'a Canary,
}

/// An answer, and whether the server came meanwhile.
pub(super) struct Visit {
    pub(super) answer: Arc<Answer>,
    pub(super) came: bool,
    /// What the listener said stands in the answer.
    pub(super) is_shown: bool,
}

impl Visit {
    /// Returns true where the server fetched the address.
    pub(super) fn is_fetched(&self) -> bool {
        self.came || self.is_shown
    }
}

/// Returns the inputs of a read that take addresses.
pub(super) async fn fetch_trials<'a>(
    cx: &'a CheckCx<'a>,
    surveyed: &'a Surveyed,
) -> Result<Vec<FetchTrial<'a>>, Silence> {
    // An address that is none may be refused: then there is no valid answer, and something to try all the same.
    let baseline = surveyed.valid().next().or_else(|| surveyed.by.values().next());
    let baseline = baseline.ok_or_else(|| Silence::undecided("no answer"))?;
    let inputs = inputs_of(cx, surveyed, baseline, takes_address);
    if inputs.is_empty() {
        return Err(Silence::not_applicable("it takes no address"));
    }
    let canary = cx.probe.canary().await.ok_or_else(|| {
        Silence::not_tried("the scan's own listener is on loopback, where a target on another machine cannot come")
    })?;
    Ok(inputs.into_iter().map(|input| FetchTrial { cx, surveyed, baseline, input, canary }).collect())
}

impl FetchTrial<'_> {
    /// Sends an address in the input, and looks whether the server comes for this nonce.
    pub(super) async fn visit(&self, address: &str, nonce: &str) -> Result<Visit, Silence> {
        let ask = self.input.ask(self.cx, self.surveyed, self.baseline, address);
        self.send(&ask.ok_or_else(|| Silence::undecided("the value cannot be sent"))?, nonce).await
    }

    /// Sends an address where nothing reads it: who comes for it looks at requests from outside.
    pub(super) async fn visit_beside(&self, nonce: &str) -> Result<Visit, Silence> {
        let mut ask = self.baseline.ask();
        ask.url.query_pairs_mut().append_pair("rw-unread", &self.canary.address_of(nonce));
        self.send(&ask, nonce).await
    }

    async fn send(&self, ask: &Ask, nonce: &str) -> Result<Visit, Silence> {
        let answer = self.cx.send(ask).await?;
        let came = self.canary.is_visited(nonce, PATIENCE).await;
        let is_shown = answer.response().is_some_and(|response| shows_word(&response.text, &canary_word(nonce)));
        Ok(Visit { answer, came, is_shown })
    }
}

/// Returns a nonce that no request had before.
pub(super) fn new_nonce() -> String {
    format!("{:020x}", rand::random::<u64>())
}

/// Returns true for a text with the word in it, as it is, in hex or in base64.
fn shows_word(text: &str, word: &str) -> bool {
    let hex: String = word.bytes().map(|byte| format!("{byte:02x}")).collect();
    text.contains(word) || text.contains(&hex) || text.contains(&STANDARD_NO_PAD.encode(word))
}
