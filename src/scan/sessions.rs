//! What an application keeps of signing in and out: sessions, tokens, lists of revoked ones. A scan cannot do without, and
//! no document says how they are removed: one line names what made them.

use std::collections::BTreeSet;

use super::run::ScanOutcome;
use crate::model::graphql::asked_fields;
use crate::model::{Credential, OperationId, clean_name};
use crate::probe::Probe;
use crate::survey::split_words;

/// Most operations that the note names.
const MAX_NAMED: usize = 8;
/// Words of the last part of a path that opens, renews or ends a session.
const WORDS: &str = "login logon logout logoff signin signout signoff sign session sessions token tokens refresh authenticate \
                     authentication auth jwt revoke";

/// Says by which requests sessions and tokens came into being that the application may keep.
pub fn name_sessions(probe: &Probe, outcome: &mut ScanOutcome) {
    let signs_in: BTreeSet<String> = sign_ins(probe);
    // What made an object is named in `writes`.
    let made: BTreeSet<&str> = outcome.report.writes.iter().map(|write| write.operation.as_str()).collect();
    let accounts = probe.journal().map(|journal| journal.accounts().len()).unwrap_or_default();
    let is_of_session = |operation: &OperationId| {
        signs_in.contains(&operation.0) || is_about_sessions(&operation.0) && !made.contains(operation.as_str())
    };
    let taken: Vec<(OperationId, u64)> =
        probe.taken_requests().into_iter().filter(|(operation, _)| is_of_session(operation)).collect();

    outcome.report.notes.extend(session_note(&taken, accounts));
}

/// Returns the operations that sign callers in.
fn sign_ins(probe: &Probe) -> BTreeSet<String> {
    let recipes = probe.identities().iter().filter_map(|identity| match &identity.credential {
        Credential::Login(recipe) => Some(recipe.operation.clone()),
        _ => None,
    });
    let noted = probe.journal().map(|journal| journal.accounts()).unwrap_or_default();
    recipes.chain(noted.into_iter().map(|account| account.operation)).collect()
}

/// Returns true for a write whose path ends in a word of sessions.
fn is_about_sessions(operation: &str) -> bool {
    let Some((method, path)) = operation.split_once(' ') else { return false };
    let last = path.rsplit('/').find(|part| !part.is_empty() && !part.contains('{'));
    let has_word = |part: &str| split_words(part).iter().any(|word| WORDS.split_whitespace().any(|it| it == word));
    // A query of GraphQL's reads.
    asked_fields(operation).is_none() && !matches!(method, "GET" | "HEAD" | "OPTIONS") && last.is_some_and(has_word)
}

fn session_note(taken: &[(OperationId, u64)], accounts: usize) -> Option<String> {
    let named: Vec<String> = taken
        .iter()
        .take(MAX_NAMED)
        .map(|(operation, times)| format!("{} ({times})", clean_name(operation.as_str(), 120)))
        .collect();
    let more = taken.len().saturating_sub(MAX_NAMED);
    let more = if more > 0 { format!(" and {more} more operations") } else { String::new() };
    let signed_up = if accounts > 0 { ", and by sign-ups where their answers carry a token" } else { "" };
    (!taken.is_empty()).then(|| {
        format!(
            "sessions and tokens that the scan opened, renewed or ended (by {}{more}{signed_up}) are rows of the \
             application, which it keeps until they expire: no read shows them, and nothing removes them",
            named.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{is_about_sessions, session_note};
    use crate::model::OperationId;

    #[test]
    fn paths_say_what_is_about_sessions() {
        for (operation, is) in [
            ("POST /auth/login", true),
            ("POST /api/v1/sign-in", true),
            ("POST /oauth/token", true),
            ("DELETE /sessions/{id}", true),
            ("POST /auth/refresh", true),
            ("GET /session", false),
            ("POST /graphql:query.session", false),
            ("POST /notes", false),
            ("POST /tokenizers", false),
        ] {
            assert_eq!(is_about_sessions(operation), is, "{operation}");
        }
    }

    #[test]
    fn one_line_names_them_all() {
        let of = |name: &str, times| (OperationId::from(name), times);
        let note = session_note(&[of("POST /login", 6), of("POST /logout", 1)], 2).unwrap_or_default();
        assert!(note.contains("POST /login (6), POST /logout (1), and by sign-ups"), "{note}");
        assert_eq!(session_note(&[], 2), None);
    }
}
