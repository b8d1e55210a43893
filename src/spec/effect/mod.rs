//! Judges what calling an operation does, from the document alone, and says why: the one place that decides which
//! requests only read. Every mode and every probe of a path that the document does not name asks here.
//!
//! A GET is taken for a read where something speaks for it: a word of reading in the path, the operation id or the
//! summary, or a path that names a thing (a collection, an object by its id, `/me`). It is doubted where something
//! speaks against it, and where nothing speaks for it: what is wrongly taken for a read may reset a database, what is
//! wrongly doubted is only left out, and reported. The user's word (`include`) settles a doubt.

mod doubts;
mod posts;
mod queries;
mod said;
mod supports;
mod words;

pub(super) use queries::{says_act, settle_queries};
pub use words::{is_act_word, is_looking_word, may_be_act_word, takes_password};

use said::{Around, OperationText};

use crate::model::{Effect, Method, Operation};

/// Judges all operations of a document; each sees what stands around it.
pub(super) fn judge_all(operations: &mut [Operation]) {
    let judged: Vec<(Effect, String)> = {
        let around = Around::of(operations);
        operations.iter().map(|operation| judge_operation(&OperationText::new(operation, &around))).collect()
    };
    for (operation, (effect, because)) in operations.iter_mut().zip(judged) {
        operation.effect = effect;
        operation.effect_because = because;
    }
}

/// Judges an operation that the document does not name: nothing but the path and the method speaks.
pub fn judge_undocumented(operation: &Operation) -> (Effect, String) {
    judge_operation(&OperationText::new(operation, &Around::of(&[])))
}

fn judge_operation(said: &OperationText<'_>) -> (Effect, String) {
    match said.operation.method {
        Method::Post => match posts::find_reading(said) {
            Some(sign) => (Effect::Reads, sign),
            None => (Effect::Writes, "a POST that nothing says only reads".to_owned()),
        },
        Method::Put | Method::Patch => (Effect::Writes, format!("{} changes", said.operation.method)),
        Method::Delete => (Effect::Deletes, "DELETE removes".to_owned()),
        Method::Options | Method::Trace => (Effect::Reads, format!("{} only describes", said.operation.method)),
        Method::Get | Method::Head | Method::Query => judge_read(said),
    }
}

fn judge_read(said: &OperationText<'_>) -> (Effect, String) {
    if let Some(sign) = doubts::find_doubt(said) {
        return (Effect::Doubtful(sign.clone()), sign);
    }
    match supports::find_support(said) {
        Some(sign) => (Effect::Reads, sign),
        None => {
            let last = said.last().map_or("/", |segment| segment.text);
            let sign = format!("nothing says that `{}` reads", doubts::clip_text(last));
            (Effect::Doubtful(sign.clone()), sign)
        }
    }
}
