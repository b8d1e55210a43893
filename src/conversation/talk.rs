//! One operation that faces a model, and what is said to it: bodies, callers, and answers that can be judged.

use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Map, Value};
use thiserror::Error;

use super::memory::{Memory, question_digest};
use super::stop::Stop;
use super::{calling, sessions};
use crate::act::{Accounts, Acting, Body, Maker, object_for, schema_fields};
use crate::detect::secrets::SecretRules;
use crate::llm::{
    BENIGN, Channel, ChannelKind, Facing, LlmSettings, MAX_READ_BYTES, ModelQuestion, ModelReading, Prompt, Tier,
    build_request_body, find_chain, first_of_chain, is_refusal, read_model_answer, recognise_operation,
};
use crate::model::{ANONYMOUS, Mode, Place, Silence};
use crate::probe::{Answer, AskCaller, Values};
use crate::spec::Samples;
use crate::survey::{Survey, id_slots};

/// Most callers whom the same questions are put to.
const MOST_ASKERS: usize = 3;

/// One answer of a model.
#[derive(Debug)]
pub(crate) struct Reply {
    /// As it came.
    pub(crate) answer: Arc<Answer>,
    /// Its channels.
    pub(crate) reading: ModelReading,
    /// The body of the request.
    pub(crate) sent: String,
    /// The body of the answer.
    pub(crate) raw: String,
}

/// A text of an answer that is searched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SearchedText<'a> {
    pub(crate) kind: ChannelKind,
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
}

/// Why an answer of a model cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ReplyUnusable {
    #[error("the model gave no answer in time; raise `timeout_seconds` in [llm]")]
    Late,
    #[error("the target gave no answer")]
    NoAnswer,
    /// The status.
    #[error("the answer has status {0}")]
    Failed(u16),
    /// How.
    #[error("the answer is cut short ({0})")]
    CutShort(&'static str),
    #[error("the answer is an error")]
    Error,
    #[error("the answer is empty")]
    Empty,
}

impl Reply {
    /// Whether it can be judged; why not otherwise. What is empty, failed or cut short shows neither a leak nor its
    /// absence.
    pub(crate) fn usable(&self) -> Result<(), ReplyUnusable> {
        let Some(response) = self.answer.response() else { return Err(missing_answer_reason(&self.answer)) };
        if !response.is_success() {
            return Err(ReplyUnusable::Failed(response.status));
        }
        if let Some(cut) = self.reading.truncated.or(response.truncated.then(|| self.cut())) {
            return Err(ReplyUnusable::CutShort(cut));
        }
        if self.reading.is_empty() {
            let error = self.reading.first(ChannelKind::Error).is_some();
            return Err(if error { ReplyUnusable::Error } else { ReplyUnusable::Empty });
        }
        Ok(())
    }

    /// Passes where it can be judged.
    ///
    /// # Errors
    /// Undecided, with why it cannot.
    pub(crate) fn judged(&self) -> Result<(), Silence> {
        self.usable().map_err(|because| Silence::undecided(format!("not tested: {because}")))
    }

    /// Whether both are the same words, letter for letter, and no refusal: one sentence may refuse whatever is asked.
    pub(crate) fn has_the_words_of(&self, other: &Self) -> bool {
        let (own, others) = (self.reading.said(), other.reading.said());
        !own.trim().is_empty() && own.trim() == others.trim() && !is_refusal(&own)
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
    pub(crate) fn is_partial(&self) -> bool {
        self.answer.response().is_some_and(crate::probe::Response::is_success) && !self.reading.is_empty()
    }

    /// Every text of the answer, the most telling first: channels, headers, all of it in one, the bytes as they came.
    /// Cookies are left out: a session's own cookie is renewed there.
    pub(crate) fn pieces<'s>(&'s self) -> Vec<SearchedText<'s>> {
        let piece =
            |channel: &'s Channel| SearchedText { kind: channel.kind, path: &channel.path, text: &channel.text };
        let (whole, mut channels): (Vec<_>, Vec<_>) =
            self.reading.channels.iter().map(piece).partition(|piece| piece.kind == ChannelKind::All);
        // Kinds are in the order in which they prove most: what the model itself has written comes first.
        channels.sort_by_key(|piece| piece.kind);
        let headers = self.answer.response().map(|response| response.headers.as_slice()).unwrap_or_default();
        let told = headers.iter().filter(|(name, _)| name != "set-cookie");
        let told = told.map(|(name, value)| SearchedText { kind: ChannelKind::Header, path: name, text: value });
        let raw = SearchedText { kind: ChannelKind::All, path: "$", text: &self.raw };

        channels.into_iter().chain(told).chain(whole).chain(std::iter::once(raw)).collect()
    }
}

/// Why there is no answer.
fn missing_answer_reason(answer: &Answer) -> ReplyUnusable {
    if answer.is_late() { ReplyUnusable::Late } else { ReplyUnusable::NoAnswer }
}

/// One call under way. Boxed, since every check asks in many places: as plain futures within each other they took the
/// compiler minutes.
pub(crate) type Saying<'a> = Pin<Box<dyn Future<Output = Result<Arc<Reply>, Stop>> + Send + 'a>>;

/// What talks with models work with.
#[derive(Debug, Clone, Copy)]
pub struct TalkCx<'a> {
    /// What was learnt before.
    pub survey: &'a Survey,
    /// What the user says of models behind the API.
    pub llm: &'a LlmSettings,
    /// What was asked before, and what it has cost.
    pub(crate) memory: &'a Memory,
    /// What secrets are looked for with.
    pub secrets: &'a SecretRules,
    /// The API, the way to it, and the scan's own objects.
    pub maker: &'a Maker<'a>,
    /// The throw-away accounts.
    pub accounts: &'a Accounts,
    /// How much the scan may do.
    pub mode: Mode,
}

/// One operation that faces a model.
#[derive(Debug)]
pub(crate) struct Talk<'a> {
    pub(crate) cx: TalkCx<'a>,
    pub(crate) acting: &'a Acting,
    pub(crate) facing: Facing,
    /// It shows by itself what its siblings would have to be pressed for.
    pub(crate) shows: bool,
    sample: Value,
    media_type: String,
}

impl<'a> Talk<'a> {
    /// Opens a talk.
    ///
    /// # Errors
    /// The silence where there is nobody to talk to, or the mode forbids it.
    pub(crate) fn open(cx: TalkCx<'a>, acting: &'a Acting) -> Result<Self, Silence> {
        let api = cx.maker.api;
        let Some(facing) = recognise_operation(api, &acting.operation, cx.llm) else {
            return Err(Silence::not_applicable("no model stands behind it, as far as the document tells"));
        };
        if cx.mode == Mode::Passive {
            let because = "not asked: a call of a model costs money and may be kept";
            return Err(Silence::not_tried(because).with_help("scan with `--mode active` to ask models"));
        }
        if cx.llm.max_calls == Some(0) {
            return Err(Silence::not_tried("not asked: `max_calls` in [llm] is 0"));
        }
        let chain = find_chain(api, &acting.operation, cx.llm);
        if let Some(chain) = &chain
            && let Some(speaker) = cx.memory.chains.speaker(chain, &acting.operation.id)
        {
            return Err(Silence::not_tried(format!("the same model with the same words as {speaker}, which is asked")));
        }
        let shows = chain.is_some_and(|chain| chain.shows);
        let sample = build_sample_body(&cx, acting, &facing);
        let media_type = acting.content.as_ref().map(|content| content.media_type.clone());
        // `*/*` is a range, and no type that a body could be sent as.
        let media_type = media_type.filter(|kind| kind != "*/*").unwrap_or_else(|| "application/json".to_owned());
        let talk = Self { cx, acting, facing, shows, sample, media_type };

        if let Some(because) = sessions::missing_conversation(&talk, &talk.sample, &talk.first()) {
            let help = "let a caller open conversations (a POST that the document describes)";
            return Err(Silence::not_tried(because).with_help(help));
        }
        Ok(talk)
    }

    /// How many operations of the API face a model.
    fn operations(&self) -> u64 {
        let facing = || {
            let acting = self.cx.maker.acting.iter();
            let (api, llm) = (self.cx.maker.api, self.cx.llm);
            let asked = |operation| {
                recognise_operation(api, operation, llm).is_some() && first_of_chain(api, operation, llm).is_none()
            };
            acting.filter(|acting| asked(&acting.operation)).count()
        };

        self.cx.memory.operations(self.cx.llm.met.len(), facing)
    }

    /// How far the questions go.
    pub(crate) fn tier(&self) -> Tier {
        match self.cx.mode {
            _ if self.shows => Tier::Look,
            Mode::Intrusive => Tier::Deep,
            _ => Tier::Quick,
        }
    }

    /// Callers with a session, of the lowest rank first; nobody where there is none.
    pub(crate) fn callers(&self) -> Vec<String> {
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
    pub(crate) fn first(&self) -> String {
        self.callers().into_iter().next().unwrap_or_else(|| ANONYMOUS.to_owned())
    }

    /// Returns the callers whom questions are put to, one after the other, until one is answered in words of its own.
    pub(crate) fn askers(&self) -> Vec<String> {
        self.callers().into_iter().take(MOST_ASKERS).collect()
    }

    /// Returns the everyday answer to a caller.
    ///
    /// # Errors
    /// Undecided where it cannot be judged: then no other answer shows anything either.
    pub(crate) async fn everyday(&self, who: &str) -> Result<Arc<Reply>, Silence> {
        let said = self.benign(who).await?;
        said.judged()?;
        Ok(said)
    }

    /// Passes where an answer is not the caller's everyday one, letter for letter: nothing shows that what gets the same
    /// words was read.
    pub(crate) async fn ensure_read(&self, who: &str, said: &Reply) -> Result<(), Silence> {
        if self.benign(who).await?.has_the_words_of(said) {
            return Err(Silence::undecided(format!(
                "{who} got the everyday answer, letter for letter: nothing shows that the question was read"
            )));
        }
        Ok(())
    }

    /// How the model answers when nothing is wanted of it.
    pub(crate) async fn benign(&self, who: &str) -> Result<Arc<Reply>, Stop> {
        self.say(&AskCaller::named(who), &Prompt::one(BENIGN), 0).await
    }

    /// Asks a question, turn by turn, and gives the last answer.
    pub(crate) async fn ask(&self, who: &str, question: &ModelQuestion, round: u8) -> Result<Arc<Reply>, Stop> {
        let caller = AskCaller::named(who);
        let mut turns = question.turns.iter();
        let mut prompt = Prompt::one(turns.next().copied().unwrap_or_default());
        let mut said = self.say(&caller, &prompt, round).await?;

        for turn in turns {
            // A further turn builds on the answer before it; without one there is nothing to go on from.
            if said.usable().is_err() {
                break;
            }
            prompt = prompt.then(&said.reading.said(), *turn);
            said = self.say(&caller, &prompt, round).await?;
        }

        Ok(said)
    }

    /// Says a prompt, or finds in memory what came of it.
    pub(crate) fn say<'s>(&'s self, caller: &'s AskCaller, prompt: &Prompt, round: u8) -> Saying<'s> {
        let id = &self.acting.operation.id;
        let key = question_digest(&[id.as_str(), &format!("{caller:?}"), &format!("{prompt:?}"), &round.to_string()]);

        if let Some(said) = self.cx.memory.get(&key) {
            return Box::pin(std::future::ready(Ok(said)));
        }
        // Streaming is a wish of the format and no part of the question, so that the key does not have it.
        let streamed = prompt.clone().streamed(self.facing.streams);
        let sample = sessions::with_own_conversation(self, &self.sample, &caller.label());
        let value = build_request_body(self.facing.shape, &streamed, &sample, self.facing.prompt.as_deref());

        self.put(caller, value, key)
    }

    /// Says a prompt with a word in it that stands nowhere else, so that what keeps it can be found again.
    pub(crate) fn plant<'s>(&'s self, caller: &'s AskCaller, prompt: &Prompt, word: &'s str) -> Saying<'s> {
        let key = question_digest(&[self.acting.operation.id.as_str(), &format!("{caller:?}"), word]);
        let value = self.body(prompt, &caller.label());
        Box::pin(self.send(caller, value, key, Some(word)))
    }

    /// Sends a body and keeps what came of it.
    pub(crate) fn put<'s>(&'s self, caller: &'s AskCaller, value: Value, key: [u8; 32]) -> Saying<'s> {
        Box::pin(self.send(caller, value, key, None))
    }

    async fn send(
        &self,
        caller: &AskCaller,
        value: Value,
        key: [u8; 32],
        planted: Option<&str>,
    ) -> Result<Arc<Reply>, Stop> {
        let memory = self.cx.memory;
        if let Some(said) = memory.get(&key) {
            return Ok(said);
        }
        let id = &self.acting.operation.id;
        // The call is paid for before it leaves: one that fails has burdened the model as well.
        memory.take(id, self.cx.llm, self.operations()).map_err(Stop::Exhausted)?;
        let body = Body { media_type: self.media_type.clone(), value, marked: Vec::new() };
        let (answer, raw, kind) = calling::call_model(self, caller, &body, planted).await?;
        let reading = read_model_answer(self.facing.shape, &kind, &raw, self.facing.answer.as_deref());

        Ok(memory.keep(key, id, Reply { answer, reading, sent: body.value.to_string(), raw }))
    }

    /// The body of a plain question of a caller's.
    pub(crate) fn body(&self, prompt: &Prompt, who: &str) -> Value {
        let sample = sessions::with_own_conversation(self, &self.sample, who);
        build_request_body(self.facing.shape, prompt, &sample, self.facing.prompt.as_deref())
    }

    /// Values for the operation's path and for what else it must be sent: of objects that the scan made for the caller, or
    /// else of the caller's own; a stranger names what the first caller has.
    pub(crate) fn values(&self, who: &str) -> Values {
        let mut values = Samples::new(self.cx.maker.api, 1).required(&self.acting.operation);
        let callers = self.callers();
        let who =
            if callers.iter().any(|name| name == who) { who } else { callers.first().map_or(who, String::as_str) };
        let survey = self.cx.survey;

        for slot in id_slots(self.cx.maker.api, &self.acting.operation) {
            let own = survey.objects.known.iter().find(|(key, object)| {
                let owned = survey.owner(key).map_or_else(|| object.seen_by.contains(who), |(owner, _)| owner == who);
                slot.resources.contains(&key.0) && owned && !object.reference
            });
            if let Some(value) = own.and_then(|(_, object)| object.slot_value(&slot)) {
                values.insert((slot.place, slot.name.clone()), value.clone());
            }
        }

        // Objects of the scan's own come last, so that they take the place of those that were found.
        if let Some((_, own)) = object_for(self.cx.maker, self.acting, who) {
            values.extend(own);
        }
        values
    }
}

/// A body as the document describes it, of the fields that must be sent and the one for the prompt.
fn build_sample_body(cx: &TalkCx<'_>, acting: &Acting, facing: &Facing) -> Value {
    let api = cx.maker.api;
    let Some(content) = acting.content.as_ref().filter(|_| !facing.by_query) else {
        // The parameters of the query that must be sent, as the fields of a body that is none.
        let required = Samples::new(api, 1).required(&acting.operation).into_iter();
        let queries = required.filter(|((place, _), _)| *place == Place::Query).map(|((_, name), value)| (name, value));
        return if facing.by_query { Value::Object(queries.collect()) } else { Value::Null };
    };

    let sample = Samples::new(api, 1).body(content);
    let Value::Object(all) = sample else { return sample };
    let declared = content.schema.map(|schema| schema_fields(api, schema)).unwrap_or_default();
    let prompt = facing.prompt.as_deref().and_then(|pointer| pointer.split('/').nth(1)).unwrap_or_default();
    let wanted = |name: &str| {
        let required = declared.is_empty() || declared.iter().any(|field| field.name == name && field.required);
        // Names of the wire formats stay even where the document calls them optional, since servers rely on them.
        let known = ["model", "messages", "input", "inputs", "data", "stream", "store", "max_completion_tokens"];
        required || name == prompt || known.contains(&name)
    };
    Value::Object(all.into_iter().filter(|(name, _)| wanted(name)).collect::<Map<_, _>>())
}
