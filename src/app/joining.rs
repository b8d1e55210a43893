//! Puts what the source says of each handler beside what the running API showed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::source::run_on_own_thread;
use crate::code::{CodeIndex, HandlerWord, OwnershipWord, SourceWords};
use crate::report::{Agreement, CodeRef, MatrixRow, Ownership, RouteVerdict, SourceVerdict, SourceWord};

/// A scan that is over waits no longer for handlers that are still being read.
const PATIENCE: Duration = Duration::from_secs(3);
/// Reading itself may take so long beside the scan.
const MOST_TIME: Duration = Duration::from_secs(300);

/// Begins to read the handlers, on a thread that no request waits for.
pub(super) fn begin_reading(code: &Arc<CodeIndex>) -> SourceWords {
    let (arrived, words) = watch::channel(None);
    let code = Arc::clone(code);
    tokio::spawn(async move {
        // A reading that failed says nothing; the running API has its own say.
        let read = run_on_own_thread(MOST_TIME, move || code.judge_all()).await.unwrap_or_default();
        arrived.send_replace(Some(Arc::new(read)));
    });
    SourceWords::awaited(words)
}

/// Writes what was read into the rows of a matrix.
pub(super) async fn join_words(words: &SourceWords, ownership: &mut Ownership) {
    let words = words.within(PATIENCE).await;
    for row in &mut ownership.routes {
        row.source = words.get(&row.operation.id()).map(|said| build_source_word(said, row));
    }
}

fn build_source_word(said: &HandlerWord, row: &MatrixRow) -> SourceWord {
    let word = match said.word {
        OwnershipWord::Checked => SourceVerdict::Checked,
        OwnershipWord::NotChecked => SourceVerdict::NotChecked,
        OwnershipWord::NotApplicable => SourceVerdict::NotApplicable,
        OwnershipWord::Unknown => SourceVerdict::Unknown,
    };

    let agreement = compare_verdicts(word, row.verdict);
    SourceWord { code: CodeRef::from(&said.place), word, because: said.because.clone(), agreement }
}

/// The source says what the code does, the running API what happens; who is meant to reach what, neither says alone.
fn compare_verdicts(word: SourceVerdict, verdict: RouteVerdict) -> Agreement {
    match (word, verdict) {
        (SourceVerdict::NotChecked, RouteVerdict::Broken) | (SourceVerdict::Checked, RouteVerdict::Enforced) => {
            Agreement::Agree
        }
        (SourceVerdict::Checked, RouteVerdict::Broken) | (SourceVerdict::NotChecked, RouteVerdict::Enforced) => {
            Agreement::Disagree
        }
        _ => Agreement::Open,
    }
}
