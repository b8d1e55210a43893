//! Operations of which the document does not say whether a model stands behind them: two plain questions tell.

use std::sync::Arc;

use super::stop::Stop;
use super::talk::{Reply, Talk, TalkCx};
use crate::act::{ActKind, Acting};
use crate::llm::{BENIGN, LlmSettings, Prompt, QuestionExchange, is_tried, may_face, signs_of_model, word_question};
use crate::model::{Api, OperationId};
use crate::probe::AskCaller;
use crate::survey::{is_me_word, role_word};

/// Most operations that are asked in one scan.
const MOST_ASKED: usize = 12;

/// What came of it.
#[derive(Debug, Default)]
pub struct Met {
    /// Operations whose answers are a model's.
    pub models: Vec<OperationId>,
    /// Operations that answered, and not like a model.
    pub others: Vec<OperationId>,
    /// Operations that may face a model, and were not asked.
    pub unasked: Vec<OperationId>,
}

/// Operations that may face a model, of these.
pub fn find_candidates<'a>(api: &Api, llm: &LlmSettings, acting: impl Iterator<Item = &'a Acting>) -> Vec<&'a Acting> {
    let may = |acting: &&Acting| may_face(api, &acting.operation, llm);
    acting.filter(may).filter(|acting| acting.left_alone.is_none() && !is_own_or_higher(acting)).collect()
}

/// Whether it opens or ends sessions, changes what the caller is, or is for a higher role.
fn is_own_or_higher(acting: &Acting) -> bool {
    const OWN: [&str; 6] = ["profile", "settings", "account", "preferences", "bio", "about"];
    let path = &acting.operation.path;
    let session = matches!(acting.kind, ActKind::SignIn | ActKind::SignOut | ActKind::SignUp);
    session || role_word(path).is_some() || path.split('/').any(|part| is_me_word(part) || OWN.contains(&part))
}

/// Asks each of them two plain questions where the mode allows it. What made an object that was seen again is no model.
/// The settings of the context must name them as met, or nothing is asked.
pub async fn ask_candidates(cx: TalkCx<'_>, candidates: &[&Acting]) -> Met {
    let mut met = Met::default();
    let made = cx.maker.made();
    let makes = |acting: &Acting| {
        let producers = made.iter().filter_map(|created| cx.maker.acting.get(created.producer));
        producers.map(|producer| &producer.operation.id).any(|id| *id == acting.operation.id)
    };
    let mut asked = 0;

    for acting in candidates.iter().filter(|acting| !makes(acting)) {
        let id = &acting.operation.id;
        let tried = is_tried(cx.maker.api, &acting.operation, cx.mode);

        match Talk::open(cx, acting) {
            Ok(talk) if tried && asked < MOST_ASKED => {
                asked += 1;
                match is_a_model(&talk).await {
                    Ok(true) => met.models.push(id.clone()),
                    Ok(false) => {
                        // Its answer must not count as a model's where checks ask whether any model answered.
                        cx.memory.is_no_model(id);
                        met.others.push(id.clone());
                    }
                    // A spent budget or a fault shows neither, so the operation stays open.
                    Err(_) => met.unasked.push(id.clone()),
                }
            }
            _ => met.unasked.push(id.clone()),
        }
    }

    met
}

async fn is_a_model(talk: &Talk<'_>) -> Result<bool, Stop> {
    let who = talk.first();
    let first = talk.benign(&who).await?;

    // What does not answer the plain question is not asked another.
    if first.usable().is_err() {
        return Ok(false);
    }
    // The word stands in no text: neither a search nor a canned answer can have it by chance.
    let word = format!("velm{:04x}", rand::random::<u16>());
    let question = word_question(&word);
    let second = talk.say(&AskCaller::named(&who), &Prompt::one(question.clone()), 0).await?;

    Ok(!signs_of_model(exchange_of_answer(BENIGN, &first), exchange_of_answer(&question, &second), &word).is_empty())
}

fn exchange_of_answer<'a>(asked: &'a str, said: &'a Arc<Reply>) -> QuestionExchange<'a> {
    let response = said.answer.response();
    let headers = response.map(|response| response.headers.as_slice()).unwrap_or_default();
    QuestionExchange {
        asked,
        headers,
        json: response.and_then(|response| response.json.as_ref()),
        reading: &said.reading,
    }
}
