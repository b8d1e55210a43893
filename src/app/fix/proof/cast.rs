//! Who takes part in a test: callers of the configuration, and accounts that sign up as those of the scan did.

use std::path::Path;

use routewarden_source::regress::{CallerFacts, CallerValue, SignInFacts, SignUpFacts};
use serde_json::{Map, Value};
use toml::Table;

use super::shape::ProofShape;
use super::{NoTest, configured};
use crate::app::active::is_account;
use crate::model::{ANONYMOUS, GARBAGE, Role};
use crate::report::{AccountRecipe, ExchangeInfo, Finding, Report};

/// The placeholder of a password in a recipe.
const PASSWORD: &str = "{secret:password}";

/// The callers of a test.
pub(super) struct Cast {
    /// Who is served by right.
    pub(super) owner: Option<CallerFacts>,
    /// Who must be refused, where that is a caller of its own.
    pub(super) stranger: Option<CallerFacts>,
    pub(super) sign_in: Option<SignInFacts>,
    pub(super) sign_up: Option<SignUpFacts>,
}

/// Returns the account behind a caller of the scan: `auto-a+1` and `auto-a (unsigned token)` are `auto-a`.
pub(super) fn base_name(identity: &str) -> &str {
    let name = identity.split(" (").next().unwrap_or(identity);
    // The name of a configured caller may hold a plus sign of its own.
    name.split('+').next().filter(|base| is_account(base)).unwrap_or(name)
}

impl Cast {
    /// Finds out who takes part.
    pub(super) fn of(
        finding: &Finding,
        report: &Report,
        shape: ProofShape,
        attack: &ExchangeInfo,
        owner: Option<&ExchangeInfo>,
    ) -> Result<Cast, NoTest> {
        let sender = base_name(&attack.identity);
        let config = report.scan.config.as_deref().and_then(|path| configured::read_config(Path::new(path)));
        let names = match shape {
            ProofShape::Token(_) | ProofShape::Origin | ProofShape::Shown => (Some(sender), None),
            // The sender wrote another caller's id: that caller is the owner here, and both take part.
            ProofShape::Kept if finding.remedy == "owner-from-session" => (other_reader(finding, sender), Some(sender)),
            ProofShape::Kept => (Some(sender), None),
            ProofShape::Other => {
                let served = owner.map(|owner| base_name(&owner.identity)).filter(|name| *name != sender);
                // A proof about a role may hold no rightful request: a caller of another role stands in.
                let served = served.or_else(|| find_other_role_caller(report, config.as_ref(), sender));
                (served, (![ANONYMOUS, GARBAGE].contains(&sender)).then_some(sender))
            }
        };

        Casting { report, config: config.as_ref() }.cast(names)
    }

    /// Returns whether a caller of the scan is the second one here.
    pub(super) fn is_stranger(&self, name: &str) -> bool {
        self.stranger.as_ref().is_some_and(|stranger| stranger.name == name)
    }
}

/// Returns who else looked at the result: the one in whose name an object was made.
fn other_reader<'a>(finding: &'a Finding, sender: &str) -> Option<&'a str> {
    let reads = finding.exchanges.iter().filter(|exchange| exchange.role == Role::Readback);
    reads.map(|exchange| base_name(&exchange.identity)).find(|name| *name != sender)
}

/// A caller of the configuration with another role than the sender's, who signed in.
fn find_other_role_caller<'a>(report: &'a Report, config: Option<&Table>, sender: &str) -> Option<&'a str> {
    let all = &report.scan.identities;
    let own = all.iter().find(|known| known.name == sender).map(|known| known.role.as_str()).unwrap_or("user");
    let is_other = |name: &str| config.is_some_and(|config| configured::has_caller(config, name));
    all.iter()
        .find(|known| known.signed_in && known.role != own && is_other(&known.name))
        .map(|known| known.name.as_str())
}

struct Casting<'a> {
    report: &'a Report,
    config: Option<&'a Table>,
}

impl Casting<'_> {
    fn cast(&self, (owner, stranger): (Option<&str>, Option<&str>)) -> Result<Cast, NoTest> {
        let caller = |name: Option<&str>, who: &str| name.map(|name| self.caller(name, who)).transpose();
        let cast = Cast {
            owner: caller(owner, "owner")?,
            stranger: caller(stranger, "stranger")?,
            sign_in: self.sign_in(owner, stranger)?,
            sign_up: [owner, stranger]
                .into_iter()
                .flatten()
                .find_map(|name| self.recipe(name))
                .map(|recipe| SignUpFacts { path: recipe.path.clone() }),
        };

        let all = [&cast.owner, &cast.stranger];
        let without = all.into_iter().flatten().find(|caller| caller.fields.is_empty());

        // All callers of a test sign in by one way; this one has nothing to send in it.
        match without.filter(|_| cast.sign_in.is_some()) {
            Some(caller) => Err(format!("{} does not sign in as the others do", caller.name).into()),
            None => Ok(cast),
        }
    }

    fn recipe(&self, name: &str) -> Option<&AccountRecipe> {
        self.report.rebuild.as_ref()?.accounts.iter().find(|account| account.name == name)
    }

    fn caller(&self, name: &str, who: &str) -> Result<CallerFacts, NoTest> {
        if !is_account(name) {
            return Ok(self
                .config
                .map_or_else(|| super::caller_from_name(name), |table| configured::caller_facts(table, name)));
        }
        let recipe = self.recipe(name).ok_or(
            "its proof was made with throw-away accounts that did not sign up for themselves: configure two users for a test",
        )?;
        let sign_in = recipe.sign_in.as_ref().ok_or("its accounts had a credential from their sign-up alone")?;
        Ok(CallerFacts {
            name: name.to_owned(),
            fields: recipe_body_fields(&sign_in.body, &recipe.word, who)?,
            sign_up: recipe_body_fields(&recipe.body, &recipe.word, who)?,
            id_pointer: recipe.id_at.clone(),
            ..CallerFacts::default()
        })
    }

    /// One sign-in for all: a test has one way.
    fn sign_in(&self, owner: Option<&str>, stranger: Option<&str>) -> Result<Option<SignInFacts>, NoTest> {
        let mut found: Option<SignInFacts> = None;
        for name in [owner, stranger].into_iter().flatten() {
            let Some(own) = self.sign_in_of(name) else { continue };
            let same = |known: &SignInFacts| {
                known.path == own.path && known.is_form == own.is_form && known.gives == own.gives
            };
            if found.as_ref().is_some_and(|known| !same(known)) {
                return Err("its callers sign in by different ways".into());
            }
            found = Some(own);
        }

        Ok(found)
    }

    fn sign_in_of(&self, name: &str) -> Option<SignInFacts> {
        if !is_account(name) {
            return configured::sign_in(self.config?, name);
        }
        let recipe = self.recipe(name)?.sign_in.as_ref()?;
        let pointer = Some(recipe.token_at.as_str()).filter(|at| !at.is_empty());
        Some(SignInFacts {
            path: recipe.path.clone(),
            is_form: recipe.content_type.contains("form"),
            gives: configured::credential_from_login(pointer, &recipe.send),
        })
    }
}

/// The fields of a recipe's body; names and passwords are the test's own.
fn recipe_body_fields(body: &str, word: &str, who: &str) -> Result<Vec<(String, CallerValue)>, NoTest> {
    let body: Map<String, Value> = serde_json::from_str(body).map_err(|_| "the body of a sign-up is no object")?;
    Ok(body.into_iter().map(|(name, value)| (name, CallerValue::MadeUp(made_up(value, word, who)))).collect())
}

fn made_up(value: Value, word: &str, who: &str) -> Value {
    match value {
        Value::String(text) if text == PASSWORD => Value::String("{password}".to_owned()),
        Value::String(text) => Value::String(text.replace(word, &format!("{{name:{who}}}"))),
        Value::Array(items) => items.into_iter().map(|item| made_up(item, word, who)).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, inner)| (name, made_up(inner, word, who))).collect(),
        other => other,
    }
}
