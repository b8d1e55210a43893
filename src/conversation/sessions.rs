//! The conversation that a question belongs to: one that the scan made for the caller, or else a fresh one for each.

use serde_json::Value;

use super::talk::Talk;
use crate::act::object_for;
use crate::model::clean_name;
use crate::survey::{resource_of_name, scalar_text, singular_of, split_words};

/// Whether a field names a conversation: `session_id`, `threadId`, `sid`, `chat`.
pub(crate) fn is_named(field: &str) -> bool {
    const TALKS: [&str; 8] = ["session", "conversation", "thread", "chat", "dialog", "dialogue", "convo", "discussion"];
    let words = split_words(field);
    let is_id = words.last().is_some_and(|last| matches!(last.as_str(), "id" | "uuid" | "key" | "sid"));

    // One word names a conversation by itself; several need an ending such as `id`, or `chat_model` would count.
    match words.as_slice() {
        [only] => {
            only == "sid" || TALKS.contains(&only.as_str()) || TALKS.iter().any(|talk| *only == format!("{talk}id"))
        }
        all => is_id && all.iter().any(|word| TALKS.contains(&word.as_str())),
    }
}

/// A body whose conversation is the caller's own: one that the scan made, where the API makes them, or else a new one.
pub(crate) fn with_own_conversation(talk: &Talk<'_>, sample: &Value, who: &str) -> Value {
    let mut sample = sample.clone();
    for (name, value) in sample.as_object_mut().into_iter().flatten() {
        if is_named(name) && (value.is_string() || value.is_number()) {
            match made_conversation_id(talk, who, name) {
                Some(id) => *value = id,
                None if value.is_string() => *value = Value::String(random_uuid()),
                // A made-up number would name a conversation that another caller may own.
                None => {}
            }
        }
    }

    sample
}

/// Why there is nobody to talk to: a conversation is named by a number, and the scan has none of its own.
pub(crate) fn missing_conversation(talk: &Talk<'_>, sample: &Value, who: &str) -> Option<String> {
    let of_body = sample.as_object().into_iter().flatten().filter(|(_, value)| value.is_number()).map(|(name, _)| name);
    let lacks = |name: &&String| is_named(name) && made_conversation_id(talk, who, name).is_none();

    if let Some(name) = of_body.into_iter().find(lacks) {
        return Some(format!("no conversation of the caller's own could be opened for `{}`", clean_name(name, 60)));
    }
    let operation = &talk.acting.operation;
    let before =
        |slot: &str| operation.path.split(&format!("/{{{slot}}}")).next().and_then(|path| path.rsplit('/').next());
    let slot = operation.path_parameters().into_iter().find(|slot| {
        is_named(&slot.name) || before(&slot.name).is_some_and(|word| is_named(singular_of(word).as_str()))
    })?;
    let own = object_for(talk.cx.maker, talk.acting, who).is_some();
    (!own)
        .then(|| format!("no conversation of the caller's own could be opened for {{{}}}", clean_name(&slot.name, 60)))
}

/// Whether an id is that of a conversation that the scan made as an object of its own.
pub(crate) fn is_made(talk: &Talk<'_>, who: &str, id: &str) -> bool {
    talk.cx.maker.made().iter().any(|created| created.caller == who && created.id == id)
}

/// The id under which the caller's own conversation goes by this name: that of an object with such a field, or of the
/// resource that the name speaks of.
fn made_conversation_id(talk: &Talk<'_>, who: &str, name: &str) -> Option<Value> {
    let made = talk.cx.maker.made();
    let mut own = made.iter().filter(|created| created.caller == who);

    // A post has a `thread_id` too, and that thread is not the scan's.
    let by_field = own.clone().find_map(|created| {
        let id = created.object.fields.get(name)?;
        (scalar_text(id).as_deref() == Some(created.id.as_str())).then(|| id.clone())
    });
    by_field.or_else(|| {
        let resource = resource_of_name(name)?;
        let created = own.find(|created| created.object.resource == resource)?;
        // The object's own field has the id with its type, number or text, as the API gave it.
        let same = |value: &&Value| scalar_text(value).as_deref() == Some(created.id.as_str());
        let typed = created.object.fields.values().find(same).cloned();
        typed.or_else(|| Some(Value::String(created.id.clone())))
    })
}

/// A random UUID (RFC 9562, version 4).
fn random_uuid() -> String {
    let bits = rand::random::<u128>() & !(0xf << 76) & !(0b11 << 62) | (4 << 76) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversations_are_told_by_their_names() {
        for name in
            ["sid", "session_id", "sessionId", "session", "conversation_uuid", "threadId", "chat_id", "dialogid"]
        {
            assert!(is_named(name), "{name}");
        }
        for name in ["id", "user_id", "message", "side", "sessions_count", "thread_title", "product_id"] {
            assert!(!is_named(name), "{name}");
        }
    }
}
