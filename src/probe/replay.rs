//! The `curl` line of a request, with environment variables in the place of secrets.

use url::form_urlencoded::byte_serialize;

use super::ask::{Ask, AskCaller};
use super::session::{ALL_COOKIES, Session, TokenCarrier};

/// Longest body that a line repeats.
const MAX_BODY: usize = 2_000;
/// Longest line that a report keeps whole.
const MAX_LINE: usize = 2_000;

/// The name of the variable that holds an identity's token: `BOB_TOKEN`.
pub(super) fn token_variable(identity: &str) -> String {
    let name: String =
        identity.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    // A shell takes no name that begins with a digit.
    let lead = if name.starts_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
    format!("{lead}{name}_TOKEN")
}

/// `text` must have passed the redactor. Everything but the variables stands in single quotes, so that nothing in it is
/// the shell's; `-g` keeps curl from reading brackets as a range, `--path-as-is` from tidying the path.
pub(super) fn curl_command(ask: &Ask, session: Option<&Session>, redact: &dyn Fn(&str) -> String) -> String {
    let mut line = format!("curl -sS -g --path-as-is -X {}", ask.method);
    let url = redact(ask.url.as_str());
    let mut address = quote_for_shell(&url);
    let name = match &ask.caller {
        AskCaller::Anonymous | AskCaller::Cookies(_) => None,
        AskCaller::Garbage(_) => Some("GARBAGE_TOKEN".to_owned()),
        AskCaller::Identity(name) => Some(token_variable(name)),
        AskCaller::Forged { .. } => Some("FORGED_TOKEN".to_owned()),
    };

    if let (Some(variable), Some(session)) = (name, session) {
        match &session.carrier {
            TokenCarrier::Header { name, prefix, suffix } => {
                let (before, after) = (quote_for_shell(&format!("{name}: {prefix}")), quote_some(suffix));
                line.push_str(&format!(" -H {before}\"${variable}\"{after}"));
            }
            TokenCarrier::Cookie(name) if name == ALL_COOKIES => {
                line.push_str(&format!(" -H 'Cookie: '\"${variable}\""))
            }
            TokenCarrier::Cookie(name) => {
                line.push_str(&format!(" -H {}\"${variable}\"", quote_for_shell(&format!("Cookie: {name}="))));
            }
            TokenCarrier::Query(name) => {
                let joint = if url.contains('?') { '&' } else { '?' };
                let name: String = byte_serialize(name.as_bytes()).collect();
                address = format!("{}\"${variable}\"", quote_for_shell(&format!("{url}{joint}{name}=")));
            }
        }
    }

    for (name, value) in &ask.headers {
        line.push_str(&format!(" -H {}", quote_for_shell(&format!("{name}: {}", redact(value)))));
    }
    if let Some((media_type, bytes)) = &ask.body {
        // Redacted before it is cut, so that no half of a secret stands at the end.
        let text: String = redact(&String::from_utf8_lossy(bytes)).chars().take(MAX_BODY).collect();
        line.push_str(&format!(
            " -H {} --data-raw {}",
            quote_for_shell(&format!("Content-Type: {media_type}")),
            quote_for_shell(&text)
        ));
    }

    let remark = match &ask.caller {
        AskCaller::Forged { identity, label, .. } => format!("  # FORGED_TOKEN: {identity}'s {label}"),
        AskCaller::Garbage(_) => "  # GARBAGE_TOKEN: any text of a token's form".to_owned(),
        _ => String::new(),
    };
    let line = format!("{line} {address}{remark}");

    // Reports cut what is longer, and half a line is none.
    if line.chars().count() > MAX_LINE { "# the request is too long to repeat in one line".to_owned() } else { line }
}

/// Single quotes for a POSIX shell.
fn quote_for_shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn quote_some(text: &str) -> String {
    if text.is_empty() { String::new() } else { quote_for_shell(text) }
}
