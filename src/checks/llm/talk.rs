//! One operation that faces a model, and what is said to it: bodies, callers, and answers that can be judged.

use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::memory::key;
use super::{calling, conversation};
use crate::act::{Acting, Body, fields};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::Need;
use crate::checks::proof::{held, inconclusive, skipped, unsent};
use crate::llm::{
    BENIGN, Channel, Facing, Kind, MAX_READ_BYTES, Prompt, Question, Reading, Tier, chain, elder, read, recognise,
    request,
};
use crate::model::{ANONYMOUS, Mode, Operation, Place, Verdict};
use crate::probe::{Answer, Caller, SendError, Values};
use crate::spec::Samples;
use crate::survey::slots;

/// One answer of a model.
#[derive(Debug)]
pub(in crate::checks) struct Said {
    /// As it came.
    pub(in crate::checks) answer: Arc<Answer>,
    /// Its channels.
    pub(in crate::checks) reading: Reading,
    /// The body of the request.
    pub(super) sent: String,
    /// The body of the answer.
    pub(super) raw: String,
}

/// A text of an answer that is searched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) kind: Kind,
    pub(super) path: &'a str,
    pub(super) text: &'a str,
}

impl Said {
    /// Whether it can be judged; why not otherwise. What is empty, failed or cut short shows neither a leak nor its
    /// absence.
    pub(in crate::checks) fn usable(&self) -> Result<(), String> {
        let Some(response) = self.answer.response() else { return Err(silence(&self.answer)) };
        if !response.is_success() {
            return Err(format!("the answer has status {}", response.status));
        }
        if let Some(cut) = self.reading.truncated.or(response.truncated.then(|| self.cut())) {
            return Err(format!("the answer is cut short ({cut})"));
        }
        if self.reading.is_empty() {
            let error = self.reading.first(Kind::Error).is_some();
            return Err(if error { "the answer is an error".to_owned() } else { "the answer is empty".to_owned() });
        }
        Ok(())
    }

    /// Why the bytes end where they end.
    fn cut(&self) -> &'static str {
        if self.raw.len() < MAX_READ_BYTES {
            "it was still going on when its time was over; raise `timeout_seconds` in [llm]"
        } else {
            "longer than is read"
        }
    }

    /// Whether it is the beginning of an answer: a success that was cut short.
    pub(super) fn is_partial(&self) -> bool {
        self.answer.response().is_some_and(crate::probe::Response::is_success) && !self.reading.is_empty()
    }

    /// Every text of the answer, the most telling first: channels, headers, all of it in one, the bytes as they came.
    /// Cookies are left out: a session's own cookie is renewed there.
    pub(super) fn pieces<'s>(&'s self) -> Vec<Piece<'s>> {
        let piece = |channel: &'s Channel| Piece { kind: channel.kind, path: &channel.path, text: &channel.text };
        let (whole, mut channels): (Vec<_>, Vec<_>) =
            self.reading.channels.iter().map(piece).partition(|piece| piece.kind == Kind::All);
        channels.sort_by_key(|piece| piece.kind);
        let headers = self.answer.response().map(|response| response.headers.as_slice()).unwrap_or_default();
        let told = headers.iter().filter(|(name, _)| name != "set-cookie");
        let told = told.map(|(name, value)| Piece { kind: Kind::Header, path: name, text: value });
        let raw = Piece { kind: Kind::All, path: "$", text: &self.raw };
        channels.into_iter().chain(told).chain(whole).chain(std::iter::once(raw)).collect()
    }
}

/// Why there is no answer.
fn silence(answer: &Answer) -> String {
    if answer.is_late() {
        return "the model gave no answer in time; raise `timeout_seconds` in [llm]".to_owned();
    }
    "the target gave no answer".to_owned()
}

/// One call under way. Boxed, since every check asks in many places: as plain futures within each other they took the
/// compiler minutes.
pub(super) type Saying<'a> = Pin<Box<dyn Future<Output = Result<Arc<Said>, Stop>> + Send + 'a>>;

/// Why nothing more is asked.
#[derive(Debug)]
pub(super) enum Stop {
    /// The request could not leave.
    Send(SendError),
    /// The budget of calls is spent, or the target wants to be left alone.
    Enough(String),
    /// Nothing reads what is asked.
    Unmoved(String),
}

impl From<SendError> for Stop {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

impl Stop {
    /// Nothing is concluded from it.
    pub(super) fn verdict(self) -> Verdict {
        match self {
            Self::Send(error) => unsent(&error),
            Self::Unmoved(because) => held(format!("no model answers here: {because}")),
            Self::Enough(because) if because.starts_with("the budget") => {
                inconclusive(because, Some("raise `max_calls` in [llm], or choose operations"))
            }
            Self::Enough(because) => inconclusive(because, None),
        }
    }
}

/// One operation that faces a model.
#[derive(Debug)]
pub(super) struct Talk<'a> {
    pub(super) cx: &'a ActCx<'a>,
    pub(super) acting: &'a Acting,
    pub(super) facing: Facing,
    /// It shows by itself what its siblings would have to be pressed for.
    pub(super) shows: bool,
    sample: Value,
    media_type: String,
}

/// What a check of models needs of an operation: so many calls where the mode allows them.
pub(super) fn need(cx: &PlanCx<'_>, operation: &Operation, calls: u32) -> Need {
    match recognise(cx.api, operation, cx.llm) {
        None => Need::NotApplicable,
        Some(_) if cx.mode == Mode::Passive => Need::Requests(0),
        Some(_) if elder(cx.api, operation, cx.llm).is_some() => Need::Requests(0),
        Some(_) => Need::Requests(calls),
    }
}

impl<'a> Talk<'a> {
    /// Opens a talk.
    ///
    /// # Errors
    /// The verdict where there is nobody to talk to, or the mode forbids it.
    pub(super) fn open(cx: &'a ActCx<'a>, acting: &'a Acting) -> Result<Self, Verdict> {
        let api = cx.maker.api;
        let Some(facing) = recognise(api, &acting.operation, cx.check.llm) else {
            return Err(held("no model stands behind it, as far as the document tells"));
        };
        if cx.mode == Mode::Passive {
            let because = "not asked: a call of a model costs money and may be kept";
            return Err(skipped(because, Some("scan with `--mode active` to ask models")));
        }
        if cx.check.llm.max_calls == Some(0) {
            return Err(skipped("not asked: `max_calls` in [llm] is 0", None));
        }
        let chain = chain(api, &acting.operation, cx.check.llm);
        if let Some(chain) = &chain
            && let Some(speaker) = cx.check.shared.llm.chains.speaker(chain, &acting.operation.id)
        {
            return Err(skipped(format!("the same model with the same words as {speaker}, which is asked"), None));
        }
        let shows = chain.is_some_and(|chain| chain.shows);
        let sample = sample(cx, acting, &facing);
        let media_type = acting.content.as_ref().map(|content| content.media_type.clone());
        let media_type = media_type.filter(|kind| kind != "*/*").unwrap_or_else(|| "application/json".to_owned());
        let talk = Self { cx, acting, facing, shows, sample, media_type };
        if let Some(because) = conversation::missing(&talk, &talk.sample, &talk.first()) {
            return Err(skipped(because, Some("let a caller open conversations (a POST that the document describes)")));
        }
        Ok(talk)
    }

    /// How many operations of the API face a model.
    fn operations(&self) -> u64 {
        let facing = || {
            let acting = self.cx.maker.acting.iter();
            let (api, llm) = (self.cx.maker.api, self.cx.check.llm);
            let asked = |operation| recognise(api, operation, llm).is_some() && elder(api, operation, llm).is_none();
            acting.filter(|acting| asked(&acting.operation)).count()
        };
        self.cx.check.shared.llm.operations(self.cx.check.llm.met.len(), facing)
    }

    /// How far the questions go.
    pub(super) fn tier(&self) -> Tier {
        match self.cx.mode {
            _ if self.shows => Tier::Look,
            Mode::Intrusive => Tier::Deep,
            _ => Tier::Quick,
        }
    }

    /// Callers with a session, of the lowest rank first; nobody where there is none.
    pub(super) fn callers(&self) -> Vec<String> {
        let probe = self.cx.maker.probe;
        let mut signed: Vec<_> =
            probe.identities().iter().filter(|identity| probe.sessions().get(&identity.name).is_some()).collect();
        let own = &self.cx.accounts.made;
        // Throw-away accounts first, whom nobody misses.
        signed.sort_by_key(|identity| (identity.rank, !own.iter().any(|account| account.name == identity.name)));
        let mut names: Vec<String> = signed.into_iter().map(|identity| identity.name.clone()).collect();
        if names.is_empty() {
            names.push(ANONYMOUS.to_owned());
        }
        names
    }

    /// The first caller.
    pub(super) fn first(&self) -> String {
        self.callers().into_iter().next().unwrap_or_else(|| ANONYMOUS.to_owned())
    }

    /// How the model answers when nothing is wanted of it.
    pub(super) async fn benign(&self, who: &str) -> Result<Arc<Said>, Stop> {
        self.say(&Caller::named(who), &Prompt::one(BENIGN), 0).await
    }

    /// Asks a question, turn by turn, and gives the last answer.
    pub(super) async fn ask(&self, who: &str, question: &Question, round: u8) -> Result<Arc<Said>, Stop> {
        let caller = Caller::named(who);
        let mut turns = question.turns.iter();
        let mut prompt = Prompt::one(turns.next().copied().unwrap_or_default());
        let mut said = self.say(&caller, &prompt, round).await?;
        for turn in turns {
            if said.usable().is_err() {
                break;
            }
            prompt = prompt.then(&said.reading.said(), *turn);
            said = self.say(&caller, &prompt, round).await?;
        }
        Ok(said)
    }

    /// Says a prompt, or finds in memory what came of it.
    pub(super) fn say<'s>(&'s self, caller: &'s Caller, prompt: &Prompt, round: u8) -> Saying<'s> {
        let id = &self.acting.operation.id;
        let key = key(&[id.as_str(), &format!("{caller:?}"), &format!("{prompt:?}"), &round.to_string()]);
        if let Some(said) = self.cx.check.shared.llm.get(&key) {
            return Box::pin(std::future::ready(Ok(said)));
        }
        let streamed = prompt.clone().streamed(self.facing.streams);
        let sample = conversation::own(self, &self.sample, &caller.label());
        let value = request(self.facing.shape, &streamed, &sample, self.facing.prompt.as_deref());
        self.put(caller, value, key)
    }

    /// Says a prompt with a word in it that stands nowhere else, so that what keeps it can be found again.
    pub(super) fn plant<'s>(&'s self, caller: &'s Caller, prompt: &Prompt, word: &'s str) -> Saying<'s> {
        let key = key(&[self.acting.operation.id.as_str(), &format!("{caller:?}"), word]);
        let value = self.body(prompt, &caller.label());
        Box::pin(self.send(caller, value, key, Some(word)))
    }

    /// Sends a body and keeps what came of it.
    pub(super) fn put<'s>(&'s self, caller: &'s Caller, value: Value, key: [u8; 32]) -> Saying<'s> {
        Box::pin(self.send(caller, value, key, None))
    }

    async fn send(
        &self,
        caller: &Caller,
        value: Value,
        key: [u8; 32],
        planted: Option<&str>,
    ) -> Result<Arc<Said>, Stop> {
        let memory = &self.cx.check.shared.llm;
        if let Some(said) = memory.get(&key) {
            return Ok(said);
        }
        let id = &self.acting.operation.id;
        memory.take(id, self.cx.check.llm, self.operations()).map_err(Stop::Enough)?;
        let body = Body { media_type: self.media_type.clone(), value, marked: Vec::new() };
        let (answer, raw, kind) = calling::call(self, caller, &body, planted).await?;
        let reading = read(self.facing.shape, &kind, &raw, self.facing.answer.as_deref());
        Ok(memory.keep(key, id, Said { answer, reading, sent: body.value.to_string(), raw }))
    }

    /// The body of a plain question of a caller's.
    pub(super) fn body(&self, prompt: &Prompt, who: &str) -> Value {
        let sample = conversation::own(self, &self.sample, who);
        request(self.facing.shape, prompt, &sample, self.facing.prompt.as_deref())
    }

    /// Values for the operation's path and for what else it must be sent: of objects that the scan made for the caller, or
    /// else of the caller's own; a stranger names what the first caller has.
    pub(super) fn values(&self, who: &str) -> Values {
        let mut values = Samples::new(self.cx.maker.api, 1).required(&self.acting.operation);
        let callers = self.callers();
        let who =
            if callers.iter().any(|name| name == who) { who } else { callers.first().map_or(who, String::as_str) };
        let survey = self.cx.check.survey;
        for slot in slots(self.cx.maker.api, &self.acting.operation) {
            let own = survey.objects.known.iter().find(|(key, object)| {
                let owned = survey.owner(key).map_or_else(|| object.seen_by.contains(who), |(owner, _)| owner == who);
                slot.resources.contains(&key.0) && owned && !object.reference
            });
            if let Some(value) = own.and_then(|(_, object)| object.slot_value(&slot)) {
                values.insert((slot.place, slot.name.clone()), value.clone());
            }
        }
        if let Some((_, own)) = self.cx.target(self.acting, who) {
            values.extend(own);
        }
        values
    }
}

/// A body as the document describes it, of the fields that must be sent and the one for the prompt.
fn sample(cx: &ActCx<'_>, acting: &Acting, facing: &Facing) -> Value {
    let api = cx.maker.api;
    let Some(content) = acting.content.as_ref().filter(|_| !facing.by_query) else {
        // The parameters of the query that must be sent, as the fields of a body that is none.
        let required = Samples::new(api, 1).required(&acting.operation).into_iter();
        let queries = required.filter(|((place, _), _)| *place == Place::Query).map(|((_, name), value)| (name, value));
        return if facing.by_query { Value::Object(queries.collect()) } else { Value::Null };
    };
    let sample = Samples::new(api, 1).body(content);
    let Value::Object(all) = sample else { return sample };
    let declared = content.schema.map(|schema| fields(api, schema)).unwrap_or_default();
    let prompt = facing.prompt.as_deref().and_then(|pointer| pointer.split('/').nth(1)).unwrap_or_default();
    let wanted = |name: &str| {
        let required = declared.is_empty() || declared.iter().any(|field| field.name == name && field.required);
        let known = ["model", "messages", "input", "inputs", "data", "stream", "store", "max_completion_tokens"];
        required || name == prompt || known.contains(&name)
    };
    Value::Object(all.into_iter().filter(|(name, _)| wanted(name)).collect::<Map<_, _>>())
}
