//! Judges what calling an operation does, from the document alone. In doubt it says so: an operation that is wrongly
//! taken for a read may reset a database, one that is wrongly doubted is only skipped and reported.
//!
//! The signs against a read: a word for doing in the path, in the operation id or at the head of the summary, and a
//! documented 201, 202, or 204 without a 200. Words that are as often nouns (`run`, `start`, `backup`) count only
//! where no reading word (`get`, `list`) at the head of the operation id or summary settles it. A reading word never
//! settles an unambiguous one in the path.

use crate::model::{Effect, Method, ResponseSpec};

/// What a document says of an operation that tells something of its effect.
pub(super) struct Said<'a> {
    /// The method.
    pub(super) method: Method,
    /// The path template.
    pub(super) path: &'a str,
    /// `operationId`
    pub(super) operation_id: Option<&'a str>,
    /// `summary`, or the description when there is none.
    pub(super) summary: &'a str,
    /// The documented responses.
    pub(super) responses: &'a [ResponseSpec],
}

/// Words that say an act and hardly ever a thing.
const ACTS: &[&str] = &[
    "accept",
    "activate",
    "add",
    "ban",
    "cancel",
    "clear",
    "confirm",
    "create",
    "deactivate",
    "decline",
    "decrement",
    "delete",
    "deny",
    "deploy",
    "destroy",
    "disable",
    "drop",
    "empty",
    "enable",
    "enqueue",
    "erase",
    "execute",
    "exec",
    "expire",
    "flush",
    "generate",
    "grant",
    "impersonate",
    "increment",
    "initialise",
    "initialize",
    "insert",
    "install",
    "invalidate",
    "kill",
    "login",
    "logout",
    "migrate",
    "modify",
    "move",
    "pay",
    "populate",
    "prune",
    "publish",
    "purge",
    "reboot",
    "rebuild",
    "recreate",
    "redeem",
    "redeploy",
    "refund",
    "regenerate",
    "register",
    "reindex",
    "reinstall",
    "reject",
    "reload",
    "remove",
    "rename",
    "renew",
    "reseed",
    "resend",
    "reset",
    "restart",
    "resume",
    "revert",
    "revoke",
    "rollback",
    "rotate",
    "save",
    "send",
    "shutdown",
    "signout",
    "signup",
    "submit",
    "subscribe",
    "suspend",
    "terminate",
    "toggle",
    "truncate",
    "unban",
    "unblock",
    "uninstall",
    "unlock",
    "unpublish",
    "unregister",
    "unsubscribe",
    "unsuspend",
    "update",
    "upsert",
    "wipe",
    "withdraw",
    "write",
];

/// Words that say an act or a thing.
const AMBIGUOUS: &[&str] = &[
    "archive",
    "assign",
    "approve",
    "backup",
    "block",
    "book",
    "boot",
    "build",
    "buy",
    "call",
    "charge",
    "checkin",
    "checkout",
    "clone",
    "close",
    "complete",
    "copy",
    "dispatch",
    "fail",
    "finish",
    "fork",
    "import",
    "init",
    "invite",
    "invoke",
    "launch",
    "lock",
    "mark",
    "merge",
    "notify",
    "open",
    "order",
    "pause",
    "perform",
    "ping",
    "play",
    "poll",
    "post",
    "process",
    "provision",
    "purchase",
    "put",
    "refresh",
    "release",
    "replay",
    "request",
    "rerun",
    "restore",
    "retry",
    "run",
    "schedule",
    "seed",
    "set",
    "setup",
    "ship",
    "sign",
    "signin",
    "start",
    "stop",
    "store",
    "switch",
    "sync",
    "synchronize",
    "test",
    "train",
    "transfer",
    "trigger",
    "upgrade",
    "upload",
    "verify",
    "vote",
];

/// Ambiguous words that name a thing where an id follows them (`/order/{id}`) or where they end an operation id
/// (`customerOrder`).
const THINGS: &[&str] = &[
    "archive", "backup", "block", "book", "build", "call", "charge", "order", "play", "post", "process", "release",
    "request", "schedule", "ship", "store", "test", "transfer", "vote",
];

/// Words that say a read at the head of an operation id or summary.
const READS: &[&str] = &[
    "get",
    "gets",
    "list",
    "lists",
    "fetch",
    "fetches",
    "show",
    "shows",
    "search",
    "searches",
    "read",
    "reads",
    "find",
    "finds",
    "retrieve",
    "retrieves",
    "return",
    "returns",
    "view",
    "views",
    "query",
    "queries",
    "describe",
    "describes",
    "lookup",
    "count",
    "counts",
    "index",
    "download",
    "downloads",
    "check",
    "checks",
    "browse",
    "display",
    "displays",
    "enumerate",
    "head",
    "is",
    "has",
    "all",
];

/// Endings of an operation id that name a read when words are separated (`users.list`, `users_retrieve`).
const READ_ENDINGS: &[&str] = &["list", "retrieve", "index", "show", "search", "read", "find", "lookup", "count"];

/// What may follow a word so that both together name a thing: `start-date`, `add-ons`, `drop-down`.
const MAKES_A_THING: &[&str] = &[
    "on", "ons", "off", "offs", "down", "downs", "in", "ins", "out", "outs", "up", "ups", "date", "dates", "time",
    "times", "at", "by", "box", "zone", "zones",
];

/// Whether a word says an act and hardly ever a thing: `cancel`, `deactivate`.
pub fn is_act_word(word: &str) -> bool {
    is_act(word)
}

/// Whether a word says an act or a thing: `order`, `run`.
pub fn may_be_act_word(word: &str) -> bool {
    is_ambiguous(word)
}

/// Judges an operation.
pub(super) fn judge(said: &Said<'_>) -> Effect {
    match said.method {
        Method::Post | Method::Put | Method::Patch => return Effect::Writes,
        Method::Delete => return Effect::Deletes,
        Method::Get | Method::Head | Method::Options | Method::Trace | Method::Query => {}
    }
    let signs = [sign_in_path(said), sign_in_operation_id(said), sign_in_summary(said), sign_in_responses(said)];
    match signs.into_iter().flatten().next() {
        Some(sign) => Effect::Doubtful(sign),
        None => Effect::Reads,
    }
}

fn sign_in_path(said: &Said<'_>) -> Option<String> {
    let path = said.path.split(['?', '#']).next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    for (place, segment) in segments.iter().enumerate() {
        let before_id = segments.get(place + 1).is_some_and(|next| next.starts_with('{'));
        // `{id}` is a value; `{id}:cancel` is a value and a verb.
        let plain = without_braces(segment);
        let words = words(&plain);
        for (at, word) in words.iter().enumerate() {
            let is_edge = at == 0 || at + 1 == words.len();
            let next = words.get(at + 1).map_or("", String::as_str);
            if MAKES_A_THING.contains(&next) {
                // `log-out` and `sign-up` are acts that are written in two words.
                let joined = format!("{word}{next}");
                if !is_act(&joined) {
                    continue;
                }
                return Some(format!("`{}` in the path says an act", clip(segment)));
            }
            let is_thing = before_id && THINGS.contains(&word.as_str());
            let doubted = is_edge && is_ambiguous(word) && !is_thing && !settled(said);
            // In the middle of a longer name it is part of a thing: `windowsUpdateCatalogItems`.
            let says = if is_act(word) { is_edge || !settled(said) } else { doubted };
            if says {
                return Some(format!("`{}` in the path says an act", clip(segment)));
            }
        }
    }
    None
}

fn sign_in_operation_id(said: &Said<'_>) -> Option<String> {
    let id = said.operation_id?;
    if id_reads(id) {
        return None;
    }
    let words = words(id);
    let word = words.iter().enumerate().find(|&(at, word)| {
        let is_edge = at == 0 || at + 1 == words.len();
        // Frameworks put the handler's name before the path: `order_orders__ref__get` is one of the orders.
        let names_item = at == 0 && said.path.split('/').any(|segment| segment.strip_suffix('s') == Some(word));
        let ends = at + 1 == words.len() && words.len() > 1;
        let is_thing = (ends || names_item) && THINGS.contains(&word.as_str());
        is_act(word) || (is_edge && is_ambiguous(word) && !is_thing && !summary_reads(said.summary))
    });
    word.map(|(_, word)| format!("`{word}` in the operation id `{}` says an act", clip(id)))
}

fn sign_in_summary(said: &Said<'_>) -> Option<String> {
    let words = first_words(said.summary);
    let head = stem(words.first()?);
    // `Order a pizza` is an act, `Orders of a shop` and `Order details` are things.
    let object = words.get(1).map_or("", String::as_str);
    let is_thing = THINGS.contains(&head.as_str()) && !matches!(object, "a" | "an" | "the" | "all" | "this" | "your");
    if is_act(&head) || (is_ambiguous(&head) && !is_thing && !said.operation_id.is_some_and(id_reads)) {
        return Some(format!("the summary begins with `{}`", clip(words.first()?)));
    }
    // `Get or create a cart`, `Fetches and deletes the next message`.
    let joined = words.windows(2).find(
        |pair| matches!(pair, [and, verb] if matches!(and.as_str(), "and" | "or" | "then") && is_act(&stem(verb))),
    )?;
    Some(format!("the summary says `{}`", joined.join(" ")))
}

fn sign_in_responses(said: &Said<'_>) -> Option<String> {
    if !matches!(said.method, Method::Get | Method::Query) {
        return None;
    }
    let has = |status: &str| said.responses.iter().any(|response| response.status == status);
    let status = ["201", "202"].into_iter().find(|status| has(status));
    let status = status.or_else(|| (has("204") && !has("200") && !has("2XX")).then_some("204"))?;
    Some(format!("it answers with status {status}, as writes do"))
}

/// Whether the operation id or the summary begins with a reading word.
fn settled(said: &Said<'_>) -> bool {
    said.operation_id.is_some_and(id_reads) || summary_reads(said.summary)
}

fn summary_reads(summary: &str) -> bool {
    first_words(summary).first().is_some_and(|head| READS.contains(&head.as_str()))
}

/// Whether an operation id says a read: at its head, at the head of its last part (`Users_listAll`), or at its end
/// where words are separated. What follows the reading word names what is read. The `get` that some frameworks put at
/// the end is the method and says nothing.
fn id_reads(id: &str) -> bool {
    let reads = |part: &str| words(part).first().is_some_and(|head| READS.contains(&head.as_str()));
    if reads(id) {
        return true;
    }
    let parts: Vec<&str> = id.split(['.', '_', '/', '-', ':']).filter(|part| !part.is_empty()).collect();
    let Some(last) = parts.last().filter(|_| parts.len() > 1) else { return false };
    let is_camel = last.contains(|letter: char| letter.is_ascii_uppercase());
    let is_dotted = id.contains('.') && !id.contains('_');
    let last_words = words(last);
    let ends = last_words.len() == 1 && last_words.first().is_some_and(|word| READ_ENDINGS.contains(&word.as_str()));
    ends || ((is_camel || is_dotted || parts.len() == 2 && id.starts_with(|c: char| c.is_ascii_uppercase()))
        && reads(last))
}

fn is_act(word: &str) -> bool {
    // `createdb`, `resetdb` and `initdb` are written in one word.
    let on_database =
        |ending: &str| word.strip_suffix(ending).is_some_and(|verb| ACTS.contains(&verb) || is_ambiguous(verb));
    ACTS.contains(&word) || on_database("db") || on_database("database")
}

fn is_ambiguous(word: &str) -> bool {
    AMBIGUOUS.contains(&word)
}

/// The first words of a sentence in lower case, without `to`, `this` and the like before the verb.
fn first_words(summary: &str) -> Vec<String> {
    let words = summary.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    let words = words.filter(|word| !word.is_empty()).map(str::to_lowercase);
    let fillers = [
        "to",
        "this",
        "endpoint",
        "operation",
        "method",
        "api",
        "please",
        "will",
        "can",
        "be",
        "used",
        "allows",
        "you",
        "the",
        "a",
        "an",
    ];
    words.skip_while(|word| fillers.contains(&word.as_str())).take(6).collect()
}

/// The plain form of a verb: `creates`, `created` and `creating` are `create`.
fn stem(word: &str) -> String {
    let known = |candidate: String| (is_act(&candidate) || is_ambiguous(&candidate)).then_some(candidate);
    let cut = |ending: &str| word.strip_suffix(ending).map(str::to_owned);
    // `Payments` and `orders` are things, but at the head of a summary `creates` is an act.
    let forms = [
        Some(word.to_owned()),
        cut("s"),
        cut("es"),
        cut("ies").map(|base| base + "y"),
        cut("ing"),
        cut("ing").map(|base| base + "e"),
        cut("ting"),
        cut("ping"),
    ];
    forms.into_iter().flatten().find_map(known).unwrap_or_else(|| word.to_owned())
}

/// Splits a name into its words in lower case: at everything that is no letter or digit and at humps.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before = None;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let hump = letter.is_uppercase()
            && before.is_some_and(|before: char| {
                before.is_lowercase() || before.is_numeric() || letters.peek().is_some_and(|next| next.is_lowercase())
            });
        if (hump || !letter.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        before = Some(letter);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// A segment without its `{values}`.
fn without_braces(segment: &str) -> String {
    let mut plain = String::new();
    let mut rest = segment;
    while let Some((before, after)) = rest.split_once('{') {
        plain.extend([before, " "]);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

fn clip(text: &str) -> String {
    text.chars().take(80).collect()
}
