//! What the operations that change state do, from the document alone: which create, change, delete, sign up, in and out,
//! and which are better left alone.

use std::sync::Arc;

use super::fields::{Field, schema_fields};
use super::singletons::{Singleton, find_singleton};
use crate::model::{Api, BodyContent, Effect, Method, Operation, Place, SchemaId, clean_name};
use crate::spec::{declared_properties, is_looking_word, takes_password};
use crate::survey::{Slot, id_slots, resource_of_model, resource_of_path, singular_of, split_words};

/// What an operation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActKind {
    /// Makes an object in a collection.
    Create,
    /// Changes an object that its address names, or the caller's own.
    Update,
    /// Removes an object that its address names, or the caller's own.
    Delete,
    /// Makes an account.
    SignUp,
    /// Opens a session.
    SignIn,
    /// Ends a session.
    SignOut,
    /// Anything else that changes state.
    Act,
}

/// One operation that changes state.
#[derive(Debug, Clone)]
pub struct Acting {
    /// The operation.
    pub operation: Arc<Operation>,
    /// Its id slots.
    pub slots: Vec<Slot>,
    /// What it is for.
    pub kind: ActKind,
    /// The content type that is sent.
    pub content: Option<BodyContent>,
    /// What it makes or changes, singular.
    pub resource: Option<String>,
    /// Why it is never called, where that is so.
    pub left_alone: Option<String>,
}

impl Acting {
    /// The fields that its body declares.
    pub fn fields(&self, api: &Api) -> Vec<Field> {
        let schema = self.content.as_ref().and_then(|content| content.schema);
        schema.map(|schema| schema_fields(api, schema)).unwrap_or_default()
    }

    /// Returns whether accounts may sign in by it: the user may have excluded it.
    pub fn is_usable_sign_in(&self) -> bool {
        self.kind == ActKind::SignIn && self.left_alone.is_none()
    }

    /// Returns whether it makes something below an object that its path names: `POST /issues/{id}/comments`.
    pub fn adds_below(&self) -> bool {
        self.kind == ActKind::Create && self.slots.last().is_some_and(|slot| slot.place == Place::Path)
    }

    /// Returns whether it acts on an object that its path names: `POST /orders/{id}/cancel`.
    pub fn acts_on_object(&self) -> bool {
        let last = self.slots.last().filter(|slot| slot.place == Place::Path && slot.names_object());
        self.kind == ActKind::Act && self.operation.effect != Effect::Reads && last.is_some() && !self.only_looks()
    }

    /// Returns whether it changes what its path names: the object or a part of it, by what it makes below it, or does to it.
    pub fn changes_named(&self) -> bool {
        let path = &self.operation.path;
        // A part of an object (`/users/{id}/email`) is changed by PUT and PATCH; a POST there makes something.
        let by_method = match self.operation.method {
            Method::Put | Method::Patch => path.contains('}'),
            Method::Post => ends_in_slot(path) && !self.slots.is_empty(),
            _ => false,
        };
        by_method || self.adds_below() || self.acts_on_object()
    }

    /// Returns whether its path says that it only looks at what it is given: `/validate-name`, `/preview`.
    pub fn only_looks(&self) -> bool {
        let last = last_words(&self.operation.path);
        [last.first(), last.last()].into_iter().flatten().any(|word| is_looking_word(word))
    }

    /// The fields of what its body wraps (`{"user": {...}}`), with the name of that; those of the body where it wraps
    /// nothing.
    pub(super) fn inner_fields(&self, api: &Api) -> (Option<String>, Vec<Field>) {
        let all = self.fields(api);
        match all.as_slice() {
            [only] => match schema_fields(api, only.schema) {
                inner if inner.is_empty() => (None, all),
                inner => (Some(only.name.clone()), inner),
            },
            _ => (None, all),
        }
    }
}

/// Words for what reaches other people or moves money: never called, not even on objects of one's own.
const FAR_REACHING: &[&str] = &[
    "payment",
    "payments",
    "pay",
    "charge",
    "charges",
    "refund",
    "refunds",
    "payout",
    "payouts",
    "withdraw",
    "withdrawal",
    "withdrawals",
    "deposit",
    "deposits",
    "transfer",
    "transfers",
    "checkout",
    "purchase",
    "purchases",
    "buy",
    "deploy",
    "deployment",
    "deployments",
    "reboot",
    "restart",
    "shutdown",
    "reset",
    "seed",
    "createdb",
    "migrate",
    "backup",
    "restore",
    "import",
    "purge",
    "truncate",
    "wipe",
    "flush",
    "impersonate",
    "execute",
    "exec",
    "cron",
];
/// Words for what a POST sends to other people; with PUT, PATCH and DELETE they name a part of an object.
const SENDING: &[&str] = &[
    "email",
    "emails",
    "mail",
    "sms",
    "notify",
    "notification",
    "notifications",
    "broadcast",
    "broadcasts",
    "invite",
    "invites",
    "invitation",
    "invitations",
    "newsletter",
    "subscribe",
    "subscription",
    "subscriptions",
    "publish",
];
/// Words of actions that set something going which no one takes back.
const RUNNING: &str = "send resend dispatch run rerun trigger launch start stop provision rollout rollback scale sync retry print \
    call order ship build install process";
/// Segments that say that the collection before them is added to.
const MAKING: &[&str] = &["create", "new", "add"];
const SIGN_UP: &[&str] = &[
    "register",
    "registration",
    "registrations",
    "signup",
    "signups",
    "join",
    "enroll",
    "enrol",
    "enrolment",
    "enrollment",
    "onboard",
];
const SIGN_IN: &[&str] =
    &["login", "signin", "authenticate", "auth", "authentication", "token", "tokens", "session", "sessions", "logon"];
const SIGN_OUT: &[&str] = &["logout", "signout", "logoff"];
/// Words beside which an operation about credentials is neither a sign-up nor a sign-in.
const OTHER_CREDENTIALS: &[&str] = &[
    "refresh",
    "revoke",
    "reset",
    "forgot",
    "forgotten",
    "recover",
    "recovery",
    "change",
    "verify",
    "verification",
    "otp",
    "mfa",
    "2fa",
    "totp",
    "introspect",
    "confirm",
    "confirmation",
    "resend",
    "logout",
    "signout",
    "logoff",
    "admin",
    "passkey",
    "magic",
    "sso",
    "saml",
];

/// All operations that change state, in document order.
pub fn acting_operations(api: &Api, excluded: &dyn Fn(&Operation) -> bool) -> Vec<Acting> {
    api.operations
        .iter()
        .filter(|operation| !operation.method.is_safe())
        .map(|operation| classify_operation(api, operation, excluded(operation)))
        .collect()
}

/// One operation that changes state.
pub fn acting_of(api: &Api, operation: &Operation) -> Acting {
    classify_operation(api, operation, false)
}

fn classify_operation(api: &Api, operation: &Operation, excluded: bool) -> Acting {
    let content =
        operation.body.as_ref().and_then(|body| body.content.iter().find(|content| is_sendable(content))).cloned();
    let found = id_slots(api, operation);
    let one = find_singleton(api, operation, &found);
    let kind = match operation_kind(api, operation, content.as_ref(), &found) {
        // There is one already: whatever is sent changes it.
        ActKind::Create if one.is_some() => ActKind::Update,
        kind => kind,
    };
    let resource = match (kind, found.last()) {
        (ActKind::Update | ActKind::Delete, Some(slot)) if ends_in_slot(&operation.path) => {
            slot.resources.first().cloned()
        }
        _ => resource_of_path(collection_path(&operation.path)),
    };

    let left_alone = left_alone(operation, kind, excluded).or_else(|| shared_state(operation, kind, one));
    Acting { operation: Arc::new(operation.clone()), slots: found, kind, content, resource, left_alone }
}

fn is_sendable(content: &BodyContent) -> bool {
    let kind = content.media_type.as_str();
    kind == "*/*"
        || kind.contains("json")
        || kind == "application/x-www-form-urlencoded"
        || kind == "multipart/form-data"
}

/// The words of an operation's path (without slots), and of its operation id.
fn operation_words(operation: &Operation) -> Vec<String> {
    let mut all = path_words(&operation.path);
    all.extend(operation.operation_id.as_deref().map(split_words).unwrap_or_default());
    all
}

fn path_words(path: &str) -> Vec<String> {
    path.split('/').filter(|part| !part.starts_with('{')).flat_map(segment_words).collect()
}

/// `sign-up`, `log_in` and `signUp` are one word each.
fn segment_words(segment: &str) -> Vec<String> {
    let mut parts = split_words(segment);
    let joined = parts.join("");

    if parts.len() > 1 && [SIGN_UP, SIGN_IN, SIGN_OUT].iter().any(|list| list.contains(&joined.as_str())) {
        parts.push(joined);
    }
    parts
}

fn contains_any(said: &[String], list: &[&str]) -> bool {
    said.iter().any(|word| list.contains(&word.as_str()))
}

fn last_words(path: &str) -> Vec<String> {
    path.split('/').rfind(|part| !part.is_empty() && !part.starts_with('{')).map(segment_words).unwrap_or_default()
}

/// Whether a path ends in an id: `/notes/{id}`.
pub fn ends_in_slot(path: &str) -> bool {
    path.trim_end_matches('/').ends_with('}')
}

/// The path without a segment that says that something is added.
pub(super) fn collection_path(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    match path.rsplit_once('/') {
        Some((before, last)) if MAKING.contains(&last.to_ascii_lowercase().as_str()) => before,
        _ => path,
    }
}

fn operation_kind(api: &Api, operation: &Operation, content: Option<&BodyContent>, slots: &[Slot]) -> ActKind {
    let last = last_words(&operation.path);
    let said = operation_words(operation);
    // Paths such as `/sessions` or `/join` need not concern accounts: a password in the body shows that they do.
    let password = content.and_then(|content| content.schema).is_some_and(|id| names_password(api, id))
        || content.and_then(|content| content.example.as_ref()).is_some_and(|example| {
            example.as_object().is_some_and(|fields| fields.keys().any(|name| is_password(name)))
        });
    // Without an id the caller's own session ends; with one an object is removed.
    let ends_session = operation.method == Method::Delete
        && slots.is_empty()
        && contains_any(&last, &["session", "sessions", "auth", "login", "token"]);
    let revokes = slots.is_empty()
        && said.iter().any(|word| word == "revoke")
        && contains_any(&said, &["token", "tokens", "session", "sessions", "auth"]);
    // What ends a session of the scan must never pass as anything else, so it is recognised first.
    if contains_any(&said, SIGN_OUT) || ends_session || revokes {
        return ActKind::SignOut;
    }
    if operation.method == Method::Post && password && slots.is_empty() && !contains_any(&said, OTHER_CREDENTIALS) {
        if contains_any(&said, SIGN_UP) {
            return ActKind::SignUp;
        }
        // `POST /auth/token` signs in; `POST /auth/users` makes an account.
        if contains_any(&last, SIGN_IN) || (contains_any(&said, SIGN_IN) && !makes_people(&last)) {
            return ActKind::SignIn;
        }
        if makes_people(&last) {
            return ActKind::SignUp;
        }
        return by_shape(api, operation, content);
    }

    match operation.method {
        Method::Delete => ActKind::Delete,
        Method::Put | Method::Patch => ActKind::Update,
        // Older APIs change an object by a POST to its address.
        Method::Post if ends_in_slot(&operation.path) => ActKind::Update,
        Method::Post if makes_objects(api, operation, &last) => ActKind::Create,
        _ => ActKind::Act,
    }
}

/// What takes a password and is named like nothing in particular: it signs in when it answers a token or takes a name and
/// a password alone, and signs up otherwise.
fn by_shape(api: &Api, operation: &Operation, content: Option<&BodyContent>) -> ActKind {
    let answered = operation.responses.iter().filter(|response| response.status.starts_with('2'));
    let fields = answered.flat_map(|response| response.content.iter().filter_map(|(_, schema)| *schema));
    let gives_token = fields.flat_map(|schema| declared_properties(api, schema)).any(|name| {
        split_words(&name).iter().any(|word| matches!(word.as_str(), "token" | "jwt" | "bearer" | "session" | "apikey"))
    });
    let created = operation.responses.iter().any(|response| response.status == "201");
    let taken = content.and_then(|content| content.schema).map_or(0, |schema| declared_properties(api, schema).len());
    // A 201 says that something was made: a token beside it is the new account's.
    if !created && (gives_token || taken == 2) { ActKind::SignIn } else { ActKind::SignUp }
}

fn makes_people(last: &[String]) -> bool {
    last.last().is_some_and(|word| {
        matches!(
            singular_of(word).as_str(),
            "user"
                | "account"
                | "member"
                | "customer"
                | "profile"
                | "person"
                | "client"
                | "patient"
                | "student"
                | "employee"
        )
    })
}

/// Whether an operation makes accounts of the API's users, though perhaps not for themselves: `POST /admin/users`.
pub(super) fn makes_accounts(api: &Api, acting: &Acting) -> bool {
    let content = acting.content.as_ref().and_then(|content| content.schema);
    acting.operation.method == Method::Post
        && acting.slots.is_empty()
        && makes_people(&last_words(&acting.operation.path))
        && content.is_some_and(|schema| names_password(api, schema))
}

fn names_password(api: &Api, schema: SchemaId) -> bool {
    let names = |schema| declared_properties(api, schema).iter().any(|name| is_password(name));
    // Also in the one object that a body wraps: `{"user": {"password": ...}}`.
    names(schema) || matches!(schema_fields(api, schema).as_slice(), [only] if names(only.schema))
}

/// Whether a field takes a password.
pub fn is_password(name: &str) -> bool {
    let joined = split_words(name).join("");
    matches!(
        joined.as_str(),
        "password"
            | "passwd"
            | "pass"
            | "pwd"
            | "passphrase"
            | "plainpassword"
            | "userpassword"
            | "secretword"
            | "pin"
            | "newpassword"
    )
}

/// A collection: it can be listed, or its objects can be asked for one by one, or it answers 201.
fn makes_objects(api: &Api, operation: &Operation, last: &[String]) -> bool {
    if last.is_empty() || last.iter().any(|word| is_looking_word(word)) {
        return false;
    }
    let path = collection_path(&operation.path);
    let (listed, one_by_one) = (api.reads(path), api.has_items(path));
    let created = operation.responses.iter().any(|response| response.status == "201");
    let made = path.len() < operation.path.trim_end_matches('/').len();
    // Items below the path, a word such as `create` or the
    // source are enough; a GET or a 201 alone also fits actions.
    one_by_one
        || (listed && (created || ends_in_plural(last)))
        || (created && ends_in_plural(last))
        || made
        || is_made_by_handler(operation)
}

/// Returns whether the source makes an object of the kind that the path names: `POST /ledger` a `Ledger`.
fn is_made_by_handler(operation: &Operation) -> bool {
    let Some(named) = resource_of_path(collection_path(&operation.path)) else { return false };
    let is_named = |model: &String| resource_of_model(model).as_ref() == Some(&named);
    operation.request.makes.iter().any(is_named)
}

fn ends_in_plural(last: &[String]) -> bool {
    last.last().is_some_and(|word| singular_of(word) != *word)
}

/// Why an operation is not called that changes what may decide for all users, such as an organisation's settings.
fn shared_state(operation: &Operation, kind: ActKind, one: Option<Singleton>) -> Option<String> {
    let changes = matches!(kind, ActKind::Create | ActKind::Update | ActKind::Delete | ActKind::Act);
    (changes && one == Some(Singleton::Shared)).then(|| {
        let path = crate::model::clean_text(&operation.path, 80);
        format!(
            "not called: {path} holds one thing, nothing says that it is the caller's own, and others may depend on it"
        )
    })
}

/// Why an operation is not called that takes a password in its address or a header: none is made up, in any mode.
fn needs_password(operation: &Operation) -> Option<String> {
    let mut values = operation.parameters.iter().filter(|value| value.required && value.place != Place::Cookie);
    let name = values.find(|value| takes_password(&value.name))?;
    Some(format!("not called: `{}` takes a password, and none is made up", clean_name(&name.name, 60)))
}

fn left_alone(operation: &Operation, kind: ActKind, excluded: bool) -> Option<String> {
    if excluded {
        return Some("excluded by the configuration".to_owned());
    }
    // The scan's own accounts need these, whatever other words their paths have.
    if matches!(kind, ActKind::SignUp | ActKind::SignIn | ActKind::SignOut) {
        return None;
    }
    if let Some(because) = needs_password(operation) {
        return Some(because);
    }
    // `POST /payments/search` moves nothing.
    if operation.effect == Effect::Reads {
        return None;
    }
    let mut said = path_words(&operation.path);

    // `withdraw` is what some call the removal of an object; its address says what it is.
    if kind != ActKind::Delete {
        // The first word of an operation id is its verb, while a later one may only name what it works on.
        said.extend(operation.operation_id.as_deref().map(split_words).unwrap_or_default().into_iter().take(1));
    }
    let sends = operation.method == Method::Post;
    let runs = kind == ActKind::Act;
    let word = said
        .into_iter()
        .find(|word| FAR_REACHING.contains(&word.as_str()) || sends && SENDING.contains(&word.as_str()))
        .or_else(|| {
            last_words(&operation.path).into_iter().find(|word| runs && RUNNING.split(' ').any(|known| known == *word))
        })?;
    Some(format!("not called: it may reach others or move money (`{word}`)"))
}
