//! Accounts that turn out to be more than users: an API may make the first one its administrator.

use serde_json::Value;

use super::accounts::{Account, Accounts};
use super::privileges::{names_higher_role, names_privilege};
use crate::model::{Identity, clean_text};
use crate::probe::{Probe, Response, Session};
use crate::survey::leaves_of;

/// Deepest nesting in which an answer says what its own account is.
const MAX_DEPTH: usize = 3;

/// Gives the accounts a rank of their own that are shown a higher role, unless all are: then it is what users have.
/// Returns true where some were.
pub(super) fn rank_by_shown_role(probe: &mut Probe, accounts: &mut Accounts) -> bool {
    let shown: Vec<Option<String>> = accounts.made.iter().map(|account| shown_role(probe, account)).collect();
    if shown.iter().all(Option::is_some) || shown.iter().all(Option::is_none) {
        return false;
    }
    for (account, role) in accounts.made.iter().zip(shown) {
        let identity = probe.identities().iter().find(|identity| identity.name == account.name).cloned();
        if let (Some(identity), Some(role)) = (identity, role) {
            // Checks pair callers of one rank: what this account
            // may do more than others would look like a flaw there.
            let rank = identity.rank.saturating_add(1);
            probe.replace_identity(Identity { role, rank, ..identity });
        }
    }

    true
}

/// Returns the higher role that an account's own sign-up, sign-in or token shows.
fn shown_role(probe: &Probe, account: &Account) -> Option<String> {
    let session = probe.sessions().get(&account.name);
    let login = session.as_ref().and_then(|session| session.login.as_ref()).and_then(|answer| answer.response());
    let answers = [account.answer.response(), login];
    let claimed = || session.as_ref().and_then(Session::jwt).and_then(|jwt| role_in_claims(&jwt.payload));

    answers.into_iter().flatten().find_map(role_in_answer).or_else(claimed)
}

/// Returns the higher role in an answer about one account; what stands in a list is another's.
fn role_in_answer(response: &Response) -> Option<String> {
    leaves_of(response).into_iter().find_map(|leaf| {
        // A list at the end holds the account's own roles, while one further up holds other accounts.
        let path = leaf.path.trim_end_matches("/*");
        if path.contains('*') || path.matches('/').count() > MAX_DEPTH {
            return None;
        }
        higher_role(path.rsplit('/').next().unwrap_or_default(), &leaf.text)
    })
}

fn role_in_claims(claims: &Value) -> Option<String> {
    let members = claims.as_object()?;
    members.iter().find_map(|(name, value)| match value {
        Value::String(text) => higher_role(name, text),
        Value::Bool(flag) => higher_role(name, &flag.to_string()),
        Value::Array(items) => items.iter().find_map(|item| higher_role(name, item.as_str()?)),
        _ => None,
    })
}

/// Returns the role that `role: "admin"` or `is_admin: true` says.
fn higher_role(name: &str, text: &str) -> Option<String> {
    let by_flag = text == "true" && names_higher_role(name);
    let by_value = names_privilege(name) && names_higher_role(text);
    (by_flag || by_value).then(|| clean_text(if by_flag { name } else { text }, 40))
}
