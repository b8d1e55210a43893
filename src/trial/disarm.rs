//! Spare accounts that were signed up with more than others have, where no account was seen to be removed: their rights are
//! set back to an ordinary account's, and the report calls them what they are.

use serde_json::{Map, Value};

use super::lab::Lab;
use super::mirror::Mirrored;
use super::values::is_same_value;
use crate::act::{Acting, Spare};
use crate::model::clean_name;
use crate::probe::SendError;

/// Most operations that are tried on one account.
const MAX_TRIES: usize = 3;

impl Lab<'_> {
    /// Sets back what spare accounts were signed up with, where they may stay.
    ///
    /// # Errors
    /// A fault that stops the scan.
    pub async fn disarm_spares(&self) -> Result<(), SendError> {
        let (Some(journal), Some(model)) = (self.maker.probe.journal(), self.model()) else { return Ok(()) };
        let lasting = self.spares.lasting();

        if lasting.is_empty() {
            return Ok(());
        }
        let Some(ordinary) = self.mirror(&self.who(model)).await? else { return Ok(()) };

        for (spare, further) in lasting {
            let Some(view) = self.mirror(&self.who_spare(&spare)).await? else { continue };
            let names = further.keys().map(|name| format!("`{}`", clean_name(name, 40))).collect::<Vec<_>>().join(", ");
            // A field that an ordinary account shows as well gave this one no more than others have.
            let got = further.iter().filter(|(name, value)| view.shows(name, value) && !ordinary.shows(name, value));
            let old = values_of(&ordinary.fields(), got.map(|(name, _)| name));

            if old.is_empty() {
                let outcome = describe_outcome(&further, &view.fields());
                let nature = format!("an account that asked for {names} when it signed up, {outcome}");
                journal.nature(spare.entry, &nature);
            } else if self.set_back(&spare, &view, &old).await? {
                journal.nature(spare.entry, &format!("an account that was signed up with {names}, which was set back"));
            }
        }

        Ok(())
    }

    /// Sets fields of a spare account to what an ordinary one shows; true where the account shows it then.
    async fn set_back(&self, spare: &Spare, view: &Mirrored, old: &Map<String, Value>) -> Result<bool, SendError> {
        // A null may be refused. What is known is set back all the same, which alone is not enough to say so.
        let known: Map<String, Value> = old.clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
        let bodies = || [old, &known].into_iter().take(if known.len() == old.len() { 1 } else { 2 });
        let changes = |acting: &&Acting| acting.left_alone.is_none() && self.changes_account(acting);

        for acting in self.maker.acting.iter().filter(changes).take(MAX_TRIES) {
            for body in bodies().filter(|body| !body.is_empty()) {
                if self.change_account(acting, &spare.name, spare, view, body).await?.is_err() {
                    continue;
                }
                // A success may have changed nothing: the account's own view decides.
                let now = self.mirror(&self.who_spare(spare)).await?;

                if now.is_some_and(|now| shows_as_much(&now, view) && is_set_back(&now.fields(), old)) {
                    return Ok(true);
                }
            }
        }

        Ok(false)
    }
}

/// Returns what is known of fields that an account asked for and does not show as it asked: where it shows nothing of one,
/// nothing was learnt.
fn describe_outcome(further: &Map<String, Value>, shown: &Map<String, Value>) -> String {
    let unseen: Vec<String> = further
        .keys()
        .filter(|name| !shown.contains_key(*name))
        .map(|name| format!("`{}`", clean_name(name, 40)))
        .collect();
    match unseen.len() {
        0 => "and did not get it".to_owned(),
        all if all == further.len() => "and does not show whether it got it".to_owned(),
        _ => format!("and did not get it as far as it shows: nothing shows {}", unseen.join(", ")),
    }
}

/// Returns what an ordinary account shows of these fields; null for those that it does not show.
fn values_of<'n>(ordinary: &Map<String, Value>, names: impl Iterator<Item = &'n String>) -> Map<String, Value> {
    names.map(|name| (name.clone(), ordinary.get(name).cloned().unwrap_or_default())).collect()
}

/// Returns true where every route that showed the account before shows it now: a field that is missing is missing there then.
fn shows_as_much(now: &Mirrored, before: &Mirrored) -> bool {
    let is_there = |url: &String| now.answers().any(|answer| answer.exchange.request.url == *url);
    before.answers().all(|answer| is_there(&answer.exchange.request.url))
}

/// Returns true for an account that shows these fields as an ordinary one does; null stands for those that this one does
/// not show.
fn is_set_back(now: &Map<String, Value>, old: &Map<String, Value>) -> bool {
    old.iter().all(|(name, value)| match now.get(name) {
        Some(seen) => is_same_value(seen, value),
        None => value.is_null(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{describe_outcome, is_set_back, values_of};

    fn fields(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_field_that_an_ordinary_account_does_not_show_has_to_go() {
        let names = ["role".to_owned(), "isAdmin".to_owned()];
        let old = values_of(&fields(&json!({"username": "rw1", "role": "user"})), names.iter());
        assert_eq!(Value::Object(old.clone()), json!({"role": "user", "isAdmin": null}));
        let is_back = |now: Value| is_set_back(&fields(&now), &old);

        assert!(!is_back(json!({"role": "user", "isAdmin": true})), "one right is left");
        assert!(!is_back(json!({"role": "admin"})), "the other is left");
        assert!(!is_back(json!({})), "nothing is shown of it");
        assert!(is_back(json!({"role": "user"})));
        assert!(is_back(json!({"role": "user", "isAdmin": null})));
    }

    #[test]
    fn rights_that_no_ordinary_account_shows_are_not_set_back_by_themselves() {
        let old = values_of(&fields(&json!({"username": "rw1"})), ["isAdmin".to_owned()].iter());
        assert!(!old.is_empty(), "there is something to set back");
        assert!(!is_set_back(&fields(&json!({"username": "rw2", "isAdmin": true})), &old));
    }

    #[test]
    fn that_a_right_was_not_given_is_said_only_where_the_account_shows_it() {
        let further = fields(&json!({"role": "admin", "isAdmin": true}));
        for (shown, said) in [
            (json!({"role": "user", "isAdmin": false}), "and did not get it"),
            (json!({"username": "rw1"}), "and does not show whether it got it"),
            (json!({"role": "user"}), "and did not get it as far as it shows: nothing shows `isAdmin`"),
        ] {
            assert_eq!(describe_outcome(&further, &fields(&shown)), said);
        }
    }
}
