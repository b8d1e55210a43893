//! Writes down how the scan came by its own accounts and objects: what a regression test does again.

use std::collections::BTreeSet;

use serde_json::Value;

use super::run::ScanInput;
use crate::act::{Account, Acting, Created, Maker, acting_of, resolve_schema};
use crate::model::{Api, Credential, LoginRecipe, Method, OperationId, TokenSource};
use crate::probe::{Answer, Values, operation_url};
use crate::report::{AccountRecipe, BodyFields, Finding, ObjectRecipe, Rebuild, SignInRecipe};
use crate::survey::leaves_of;

/// More accounts are not written down.
const MOST_ACCOUNTS: usize = 6;
/// More objects are not.
const MOST_OBJECTS: usize = 60;
/// More operations are not.
const MOST_OPERATIONS: usize = 50;
/// A body with more fields is not one that a list of names keeps.
const MOST_FIELDS: usize = 60;
/// A longer body is left out.
const MOST_BODY: usize = 4_000;

/// Returns what it takes to make them again.
pub(super) fn collect_rebuild(input: &ScanInput<'_>, maker: &Maker<'_>, findings: &[Finding]) -> Option<Rebuild> {
    let made = input.act.as_ref().map(|act| act.accounts.made.as_slice()).unwrap_or_default();
    let writer = ScriptWriter { input, acting: maker.acting };
    let found = Rebuild {
        accounts: made.iter().filter_map(|account| writer.account(account)).take(MOST_ACCOUNTS).collect(),
        objects: maker.made().iter().filter_map(|created| writer.object(created)).take(MOST_OBJECTS).collect(),
        bodies: body_fields(&input.api, findings),
    };
    (!found.is_empty()).then_some(found)
}

struct ScriptWriter<'a> {
    input: &'a ScanInput<'a>,
    acting: &'a [Acting],
}

impl ScriptWriter<'_> {
    fn account(&self, account: &Account) -> Option<AccountRecipe> {
        let acting = self.acting.get(account.sign_up).filter(|acting| acting.operation.method == Method::Post)?;
        // What an administrator made needs that one's credential, which a test does not have.
        if account.made_by.is_some() || !account.body.media_type.contains("json") {
            return None;
        }
        Some(AccountRecipe {
            name: account.name.clone(),
            word: account.persona.username.clone(),
            path: self.path(acting, &Values::new())?,
            body: self.text(&account.body.value)?,
            id_at: id_of_account(&account.answer).unwrap_or_default(),
            sign_in: self.recipe(&account.name).and_then(|recipe| self.sign_in(recipe)),
        })
    }

    fn recipe(&self, name: &str) -> Option<&LoginRecipe> {
        let identity = self.input.probe.identities().iter().find(|known| known.name == name)?;
        match &identity.credential {
            Credential::Login(recipe) => Some(recipe),
            _ => None,
        }
    }

    fn sign_in(&self, recipe: &LoginRecipe) -> Option<SignInRecipe> {
        let id = OperationId(recipe.operation.clone());
        let acting = self.acting.iter().find(|acting| acting.operation.id == id)?;
        let token_at = match &recipe.token {
            TokenSource::Pointer(at) => at.clone(),
            TokenSource::Cookie(_) => String::new(),
            TokenSource::Header(_) => return None,
        };
        Some(SignInRecipe {
            path: self.path(acting, &Values::new())?,
            body: self.text(&recipe.body)?,
            content_type: recipe.content_type.clone(),
            token_at,
            send: recipe.send.clone(),
        })
    }

    fn object(&self, created: &Created) -> Option<ObjectRecipe> {
        let acting = self.acting.get(created.producer).filter(|acting| acting.operation.method == Method::Post)?;
        let body = match &created.body {
            Some(body) if body.media_type.contains("json") => self.text(&body.value)?,
            // A form or a file is not written down as JSON text.
            Some(_) => return None,
            None => "{}".to_owned(),
        };
        let response = created.answer.response()?;
        // An id that the answer does not show cannot be read again by a test.
        let at = leaves_of(response).into_iter().find(|leaf| leaf.text == created.id).map(|leaf| leaf.at)?;
        Some(ObjectRecipe {
            caller: created.caller.clone(),
            operation: acting.operation.id.0.clone(),
            path: self.path(acting, &created.values)?,
            body,
            id_at: at,
            id: created.id.clone(),
        })
    }

    /// Path and query of an operation as they are sent.
    fn path(&self, acting: &Acting, values: &Values) -> Option<String> {
        let url = operation_url(self.input.probe.base_url(), &acting.operation, values).ok()?;
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        // With a placeholder for its secret the address would not work, so that it is left out whole.
        (self.input.probe.redactor().text(&path) == path).then_some(path)
    }

    /// A body as text; nothing where a secret stands in it.
    fn text(&self, body: &Value) -> Option<String> {
        let text = body.to_string();
        (text.len() <= MOST_BODY && self.input.probe.redactor().text(&text) == text).then_some(text)
    }
}

/// Returns where the answer to a sign-up has the id of the account: the shallowest field of that name.
fn id_of_account(answer: &Answer) -> Option<String> {
    const NAMES: [&str; 6] = ["_id", "id", "uid", "userId", "user_id", "uuid"];
    let all = leaves_of(answer.response()?);
    let named = all.into_iter().filter(|leaf| NAMES.contains(&leaf.key.as_str()));
    named.min_by_key(|leaf| leaf.at.matches('/').count()).map(|leaf| leaf.at)
}

/// The fields of the bodies that findings are about.
fn body_fields(api: &Api, findings: &[Finding]) -> Vec<BodyFields> {
    let about = findings.iter().filter(|finding| finding.site.contains("body:"));
    let places: BTreeSet<_> =
        about.flat_map(|finding| std::iter::once(&finding.operation).chain(&finding.also)).collect();
    let of = |place: &&crate::report::OperationRef| {
        let operation = api.operations.iter().find(|operation| operation.id == place.id())?;
        let declared = acting_of(api, operation).fields(api);
        let may_send = declared.iter().filter(|field| {
            // `readOnly` may stand beside a reference or in the schema behind it.
            let own = api.schemas.get(field.schema).is_some_and(|schema| schema.read_only);
            !own && !resolve_schema(api, field.schema).is_some_and(|schema| schema.read_only)
        });
        let fields: Vec<String> = may_send.map(|field| field.name.clone()).collect();
        let is_list = !fields.is_empty() && fields.len() <= MOST_FIELDS;
        is_list.then(|| BodyFields { operation: (*place).clone(), fields })
    };

    places.iter().filter_map(of).take(MOST_OPERATIONS).collect()
}
