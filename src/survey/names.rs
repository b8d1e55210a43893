//! Names as people write them: singulars, ids, owners, roles.

pub use crate::vocabulary::split_words;

/// The singular of an English plural, as collections are named.
pub fn singular_of(word: &str) -> String {
    let cut = |n: usize| word.get(..word.len().saturating_sub(n)).unwrap_or(word).to_owned();
    match word {
        "people" => "person".to_owned(),
        "children" => "child".to_owned(),
        "news" | "status" | "address" | "series" | "business" | "access" | "process" | "class" => word.to_owned(),
        "shelves" | "halves" | "wolves" | "calves" | "loaves" | "thieves" | "leaves" | "selves" => {
            format!("{}f", cut(3))
        }
        "lives" | "knives" | "wives" => format!("{}fe", cut(3)),
        // Short words (`ties`, `pies`) lose the `s` alone.
        _ if word.ends_with("ies") && word.len() > 4 => format!("{}y", cut(3)),
        _ if ["sses", "xes", "ches", "shes", "zes"].iter().any(|end| word.ends_with(end)) => cut(2),
        _ if word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") && word.len() > 2 => cut(1),
        _ => word.to_owned(),
    }
}

/// Words that make a name an identifier.
const ID_WORDS: &[&str] = &[
    "id",
    "ids",
    "uuid",
    "guid",
    "uid",
    "pk",
    "key",
    "slug",
    "code",
    "number",
    "num",
    "no",
    "nr",
    "ref",
    "reference",
    "name",
    "hash",
    "identifier",
    "handle",
    "title",
    "oid",
    "iid",
    "sku",
    "token",
];

/// What a bare identifier is called.
pub const BARE_IDS: &[&str] = &[
    "id",
    "_id",
    "uuid",
    "guid",
    "uid",
    "pk",
    "slug",
    "key",
    "number",
    "code",
    "ref",
    "reference",
    "handle",
    "name",
    "title",
];

/// The resource that a parameter or field names: `invoice_id` is `invoice`, `id` nothing, `userName` `user`.
pub fn resource_of_name(name: &str) -> Option<String> {
    let mut parts = split_words(name);
    let is_id = |word: &String| ID_WORDS.contains(&word.as_str());

    if parts.len() == 1 {
        let only = parts.first()?.as_str();
        let compound = match only {
            "username" | "login" | "userid" | "useruuid" => Some("user".to_owned()),
            _ => joined_id(only).filter(|stem| stem.len() >= 4).map(singular_of),
        };
        if let Some(compound) = compound {
            return Some(compound);
        }
        return (!is_id(&only.to_owned())).then(|| singular_of(only));
    }

    while parts.last().is_some_and(is_id) {
        parts.pop();
    }
    parts.last().map(|word| person_word(&singular_of(word)))
}

/// Returns whether a word says that what it names identifies something: `id`, `slug`, `handle`, `name`.
pub(super) fn is_id_word(word: &str) -> bool {
    ID_WORDS.contains(&word) || matches!(word, "username" | "login" | "email")
}

/// Whether a name ends in an identifying word.
pub fn ends_in_id(name: &str) -> bool {
    let parts = split_words(name);
    let last = parts.last().map(String::as_str).unwrap_or_default();
    matches!(last, "id" | "uuid" | "guid" | "uid" | "pk" | "slug" | "oid" | "key" | "no" | "number" | "code" | "ref")
        || (parts.len() == 1 && joined_id(last).is_some())
        || last == "username"
}

/// Words that end in `id` and name no id: those that people call fields by, not the whole dictionary.
const NO_IDS: &str = "android asteroid avoid braid celluloid centroid covid cuboid druid ellipsoid fluid forbid geoid \
    grid horrid humanoid humid hybrid intrepid invalid liquid lucid mermaid morbid outbid overpaid placid plaid polaroid \
    postpaid prepaid rapid repaid rigid solid splendid squid steroid stupid thyroid timid trapezoid underpaid unpaid \
    valid vivid void";

/// Returns the word before an id that is written without a mark between them: `user` of `userid`, nothing of `valid`.
pub fn joined_id(word: &str) -> Option<&str> {
    let stem = word.strip_suffix("id").filter(|stem| stem.len() >= 3)?;
    (!NO_IDS.split(' ').any(|known| known == word)).then_some(stem)
}

/// `member`, `account` and the like stay themselves; spellings of one word come together.
fn person_word(word: &str) -> String {
    match word {
        "usr" => "user".to_owned(),
        "acct" => "account".to_owned(),
        other => other.to_owned(),
    }
}

/// Segments that name no resource.
pub(super) fn is_noise_segment(segment: &str) -> bool {
    let lower = segment.to_ascii_lowercase();
    matches!(lower.as_str(), "api" | "rest" | "public" | "private" | "internal" | "v" | "json")
        || (lower.starts_with('v') && lower.len() > 1 && lower.chars().skip(1).all(|c| c.is_ascii_digit() || c == '.'))
}

/// The literal segments of a path template that name something.
pub(super) fn resource_segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty() && !part.starts_with('{') && !is_noise_segment(part)).collect()
}

/// Endings of the names of models that say nothing of what they hold.
const MODEL_NOISE: [&str; 14] = [
    "model",
    "models",
    "entity",
    "table",
    "schema",
    "store",
    "db",
    "record",
    "records",
    "row",
    "document",
    "repository",
    "collection",
    "dao",
];

/// Returns the resource that a model, a table or a collection holds: `CustomerOrder`, `customer_orders`, `ORDERS`.
pub fn resource_of_model(model: &str) -> Option<String> {
    let mut parts = split_words(model);
    while parts.len() > 1 && parts.last().is_some_and(|last| MODEL_NOISE.contains(&last.as_str())) {
        parts.pop();
    }
    parts.last().map(|word| singular_of(word))
}

/// The resource of the collection that a path ends in: `/api/v1/invoices/search` is `search`, `/invoices` `invoice`.
pub fn resource_of_path(path: &str) -> Option<String> {
    let last = resource_segments(path).pop()?;
    if is_me_word(last) {
        return Some("user".to_owned());
    }
    split_words(last).last().map(|word| singular_of(word))
}

/// Segments that mean the caller.
pub fn is_me_word(segment: &str) -> bool {
    matches!(
        split_words(segment).join("").as_str(),
        "me" | "self"
            | "whoami"
            | "profile"
            | "myprofile"
            | "myaccount"
            | "currentuser"
            | "userinfo"
            | "account"
            | "session"
            | "current"
            | "user"
            | "viewer"
            | "myself"
            | "identity"
            | "mydata"
            | "loggedin"
            | "mine"
    )
}

/// Fields that name the one an object belongs to, beyond doubt in most APIs.
const STRONG_OWNERS: &[&str] = &[
    "owner",
    "user",
    "account",
    "customer",
    "tenant",
    "member",
    "patient",
    "client",
    "student",
    "employee",
    "holder",
    "subscriber",
    "buyer",
    "organization",
    "organisation",
    "org",
    "workspace",
    "company",
    "team",
    "belongsto",
    "ownedby",
];
/// Fields that name who made an object; a public post has them too.
const WEAK_OWNERS: &str = "author creator createdby uploadedby postedby submitter reporter seller assignee by donor organiser \
    organizer host requester contributor sender";

/// An owner field's name without what says how it names: `accountId` is `account`, `owner_email` `owner`.
pub(super) fn owner_stem(name: &str) -> String {
    let mut parts = split_words(name);
    while parts.len() > 1
        && parts.last().is_some_and(|word| {
            matches!(
                word.as_str(),
                "id" | "uuid" | "guid" | "uid" | "name" | "email" | "ref" | "key" | "slug" | "username" | "login"
            )
        })
    {
        parts.pop();
    }
    let joined = parts.join("");

    match joined.as_str() {
        "username" | "userid" | "userref" => "user".to_owned(),
        "ownerid" => "owner".to_owned(),
        _ => joined,
    }
}

/// Whether a field's name says whose the object is: `owner`, `user_id`, `author`, `accountId`, `createdBy`.
pub fn is_owner_name(name: &str) -> bool {
    let stem = owner_stem(name);
    // `createdBy`, `sent_by`, `approvedBy`: whoever did something to it.
    let by = stem.len() > 3 && stem.ends_with("by");
    by || STRONG_OWNERS.contains(&stem.as_str()) || WEAK_OWNERS.split(' ').any(|known| known == stem)
}

/// Whether it says so in a way that public objects do not: `owner`, `user_id`, `account`, but not `author`.
pub fn is_strong_owner_name(name: &str) -> bool {
    STRONG_OWNERS.contains(&owner_stem(name).as_str())
}

/// Whether it can name nothing but a caller: a value there that stands for none of them stands for a stranger.
pub(super) fn is_certain_owner_name(name: &str) -> bool {
    matches!(owner_stem(name).as_str(), "owner" | "user" | "account" | "tenant" | "member" | "ownedby" | "belongsto")
}

/// Whether it names who wrote or put up an object; where that is a stranger, whoever is shown it in a list owns nothing.
pub(super) fn is_author_name(name: &str) -> bool {
    matches!(owner_stem(name).as_str(), "author" | "postedby" | "uploadedby")
}

/// Words of fields that say whom something is for, or who handles it.
const COUNTERPARTS: &[&str] = &[
    "assignee",
    "assigned",
    "recipient",
    "receiver",
    "shared",
    "to",
    "target",
    "invited",
    "seller",
    "approved",
    "reviewed",
    "updated",
    "modified",
    "deleted",
    "replied",
    "liked",
];

/// Returns true for fields that say whom something is for, or who handles it: naming another user is their purpose.
pub fn names_counterpart(name: &str) -> bool {
    split_words(name).iter().any(|word| COUNTERPARTS.contains(&word.as_str()))
}

/// What is made between people.
const BETWEEN: &[&str] = &[
    "message",
    "share",
    "invite",
    "invitation",
    "member",
    "membership",
    "friend",
    "friendship",
    "follow",
    "follower",
    "assignment",
    "notification",
    "collaborator",
    "permission",
    "grant",
    "role",
    "contact",
    "transfer",
    "request",
    "gift",
    "mention",
    "participant",
    "attendee",
    "guest",
    "block",
    "report",
    "review",
    "rating",
    "like",
    "endorsement",
    "appointment",
    "booking",
    "referral",
    "chat",
    "conversation",
    "visit",
    "prescription",
];

/// Returns true for resources that are made between people, such as messages: the other one is meant to be named in them.
pub fn is_between_people(resource: &str) -> bool {
    BETWEEN.contains(&resource)
}

/// What others are meant to hand in to somebody who alone reads it.
const HANDED_IN: &[&str] = &[
    "submission",
    "application",
    "request",
    "report",
    "response",
    "answer",
    "reply",
    "vote",
    "ballot",
    "offer",
    "bid",
    "review",
    "rating",
    "complaint",
    "feedback",
    "event",
    "order",
    "booking",
    "reservation",
    "entry",
    "like",
    "reaction",
    "signature",
    "pledge",
    "donation",
    "hit",
    "view",
    "delivery",
];

/// Returns true for resources that others than the owner are meant to add to what they may not read: submissions to a form.
pub fn is_handed_in(resource: &str) -> bool {
    resource.rsplit(['_', '-', ' ']).next().is_some_and(|word| HANDED_IN.contains(&word))
}

/// Whole words that mark a function of a higher role.
const ROLE_WORDS: &[&str] = &[
    "admin",
    "admins",
    "administrator",
    "superuser",
    "superusers",
    "superadmin",
    "sysadmin",
    "root",
    "staff",
    "backoffice",
    "internal",
    "privileged",
];

/// Words that may mark one, and may be what the API is about: a park's operators, an insurer's audits.
const ROLE_NOUNS: &[&str] = &[
    "administration",
    "administrators",
    "moderator",
    "moderators",
    "moderation",
    "management",
    "manager",
    "managers",
    "operator",
    "operators",
    "ops",
    "audit",
    "audits",
    "supervisor",
    "executive",
    "restricted",
];

/// The role word in a name, if there is one, and whether it can mean nothing else.
pub fn role_mark(name: &str) -> Option<(String, bool)> {
    let found = role_word(name).map(|word| (word, true));
    found.or_else(|| {
        split_words(name).into_iter().find(|word| ROLE_NOUNS.contains(&word.as_str())).map(|word| (word, false))
    })
}

/// The word in a name that can mean nothing but a higher role.
pub fn role_word(name: &str) -> Option<String> {
    split_words(name).into_iter().find(|word| ROLE_WORDS.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_end_in_id_are_no_ids() {
        for name in ["userid", "userId", "UserID", "user_id", "orderid", "orgid", "uuid", "id"] {
            assert!(ends_in_id(name), "{name}");
        }
        for name in ["valid", "isValid", "paid", "unpaid", "prepaid", "grid", "android", "void", "hybrid", "is_valid"] {
            assert!(!ends_in_id(name), "{name}");
        }
        assert_eq!(resource_of_name("orderid").as_deref(), Some("order"));
        assert_eq!(resource_of_name("android").as_deref(), Some("android"));
    }
}
