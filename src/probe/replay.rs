//! The `curl` line of a request, with environment variables in the place of secrets.

use super::ask::{Ask, Caller};
use super::session::{Carrier, Session};

/// Longest body that a line repeats.
const MAX_BODY: usize = 2_000;

/// The name of the variable that holds an identity's token: `BOB_TOKEN`.
pub(super) fn variable(identity: &str) -> String {
    let name: String =
        identity.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    format!("{name}_TOKEN")
}

/// `text` must have passed the redactor.
pub(super) fn curl(ask: &Ask, session: Option<&Session>, redact: &dyn Fn(&str) -> String) -> String {
    let mut line = format!("curl -sS -X {}", ask.method);
    let mut url = redact(ask.url.as_str());
    let name = match &ask.caller {
        Caller::Anonymous | Caller::Cookies(_) => None,
        Caller::Garbage(_) => Some("GARBAGE_TOKEN".to_owned()),
        Caller::Identity(name) => Some(variable(name)),
        Caller::Forged { .. } => Some("FORGED_TOKEN".to_owned()),
    };
    if let (Some(variable), Some(session)) = (name, session) {
        match &session.carrier {
            Carrier::Header { name, prefix, suffix } => {
                line.push_str(&format!(" -H \"{name}: {prefix}${variable}{suffix}\""));
            }
            Carrier::Cookie(name) => line.push_str(&format!(" -b \"{name}=${variable}\"")),
            Carrier::Query(name) => {
                let joint = if url.contains('?') { '&' } else { '?' };
                url.push_str(&format!("{joint}{name}='\"${variable}\"'"));
            }
        }
    }
    for (name, value) in &ask.headers {
        line.push_str(&format!(" -H {}", quote(&format!("{name}: {}", redact(value)))));
    }
    if let Some((media_type, bytes)) = &ask.body {
        let text: String = redact(&String::from_utf8_lossy(bytes)).chars().take(MAX_BODY).collect();
        line.push_str(&format!(" -H {} --data-raw {}", quote(&format!("Content-Type: {media_type}")), quote(&text)));
    }
    format!("{line} '{}'", url.replace('\'', "%27").replace("%27\"$", "'\"$").replace("\"%27", "\"'"))
}

/// Single quotes for a POSIX shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
