//! Requests that provoke an error: what assembles a prompt often tells it when it fails.

use std::sync::Arc;

use serde_json::{Value, json};

use super::memory::question_digest;
use super::stop::Stop;
use super::talk::{Reply, Talk};
use crate::llm::{BENIGN, Prompt};
use crate::probe::AskCaller;

/// Characters of the long question: more than forms take, and far less than models do.
const LONG: usize = 20_000;
/// What stands in the place of the question, of a type that no prompt has.
const WRONG: i64 = 20_231;

/// One way to provoke an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provocation {
    /// An object where the question should be.
    WrongType,
    /// A question of 20,000 characters.
    TooLong,
}

impl Provocation {
    /// Every way, the cheaper one first.
    pub(crate) const ALL: [Self; 2] = [Self::WrongType, Self::TooLong];

    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::WrongType => "wrong-type",
            Self::TooLong => "too-long",
        }
    }

    /// Sends it.
    pub(crate) async fn put(self, talk: &Talk<'_>, who: &str, round: u8) -> Result<Arc<Reply>, Stop> {
        let caller = AskCaller::named(who);
        match self {
            Self::TooLong => {
                let filler = "lorem ipsum dolor ".repeat(LONG / 18);
                talk.say(&caller, &Prompt::one(format!("{BENIGN}\n\n{filler}")), round).await
            }
            Self::WrongType => {
                let id = talk.acting.operation.id.as_str();
                let key = question_digest(&[id, &format!("{caller:?}"), self.name(), &round.to_string()]);
                // All else is as in a plain question, so that the wrong type alone can cause the error.
                let mut body = talk.body(&Prompt::one(BENIGN), who);
                mistype_question(&mut body);
                talk.put(&caller, body, key).await
            }
        }
    }
}

/// Puts an object where the question stands.
fn mistype_question(value: &mut Value) {
    match value {
        Value::String(text) if text == BENIGN => *value = json!({ "value": WRONG }),
        Value::Array(items) => items.iter_mut().for_each(mistype_question),
        Value::Object(fields) => fields.values_mut().for_each(mistype_question),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_alone_gets_another_type() {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": BENIGN}]});
        mistype_question(&mut body);
        assert_eq!(body, json!({"model": "m", "messages": [{"role": "user", "content": {"value": WRONG}}]}));
    }
}
