//! What a message needs of the token that it comes with.

use serde::Deserialize;
use serde_json::Value;

use crate::model::Mode;

/// One thing that a token may allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenScope {
    /// To scan in passive mode.
    ScanPassive,
    /// To scan in every mode that the server allows.
    ScanActive,
    /// To read what scans found.
    FindingsRead,
}

impl TokenScope {
    pub(super) const ALL: [Self; 3] = [Self::ScanPassive, Self::ScanActive, Self::FindingsRead];

    /// As tokens spell it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ScanPassive => "scan:passive",
            Self::ScanActive => "scan:active",
            Self::FindingsRead => "findings:read",
        }
    }
}

/// What a token allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ScopeSet {
    passive: bool,
    active: bool,
    read: bool,
}

impl<'a> FromIterator<&'a str> for ScopeSet {
    fn from_iter<T: IntoIterator<Item = &'a str>>(names: T) -> Self {
        let mut set = Self::default();

        for name in names {
            match name {
                "scan:passive" => set.passive = true,
                "scan:active" => set.active = true,
                "findings:read" => set.read = true,
                _ => {}
            }
        }

        set
    }
}

impl ScopeSet {
    /// Whether this is allowed. Who may write to a target may read it.
    pub(super) fn allows(self, scope: TokenScope) -> bool {
        match scope {
            TokenScope::ScanPassive => self.passive || self.active,
            TokenScope::ScanActive => self.active,
            TokenScope::FindingsRead => self.read,
        }
    }

    /// The most that scans may do.
    pub(super) fn most_mode(self) -> Mode {
        if self.active { Mode::Intrusive } else { Mode::Passive }
    }
}

/// A message, as far as it says what it needs. A member that stands there twice makes it unreadable, as two readers could
/// take one each.
#[derive(Deserialize)]
struct ScopedMessage {
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    params: Option<ScopedParams>,
}

#[derive(Deserialize)]
struct ScopedParams {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<ScopedArguments>,
}

#[derive(Deserialize)]
struct ScopedArguments {
    #[serde(default)]
    mode: Option<Value>,
    #[serde(default)]
    scan_id: Option<Value>,
    #[serde(default)]
    recheck: Option<Value>,
}

/// What the message needs; `None` where it cannot be read.
pub(super) fn find_needed(message: &[u8]) -> Option<Vec<TokenScope>> {
    let message: ScopedMessage = serde_json::from_slice(message).ok()?;
    let needed = match message.method.as_deref().unwrap_or_default() {
        "tools/call" => return Some(find_needed_by_call(message.params)),
        "resources/list"
        | "resources/read"
        | "resources/subscribe"
        | "subscriptions/listen"
        | "completion/complete" => {
            vec![TokenScope::FindingsRead]
        }

        // Lists that are the same for all, the handshake, and tasks, which only their own principal has.
        _ => Vec::new(),
    };
    Some(needed)
}

fn find_needed_by_call(params: Option<ScopedParams>) -> Vec<TokenScope> {
    let Some(ScopedParams { name: Some(name), arguments }) = params else { return Vec::new() };
    let given = |value: &Option<Value>| value.as_ref().is_some_and(|value| !value.is_null());
    let (mode, continues) = arguments.map_or((None, false), |arguments| {
        let continues = given(&arguments.scan_id) && !given(&arguments.recheck);
        (arguments.mode, continues)
    });
    match name.as_str() {
        "scan_api" | "check_route_ownership" if !continues => {
            let reads = mode.is_none_or(|mode| mode.is_null() || mode == Mode::Passive.as_str());
            vec![if reads { TokenScope::ScanPassive } else { TokenScope::ScanActive }]
        }

        // What a scan found, and what does not exist, which the server says.
        _ => vec![TokenScope::FindingsRead],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn needed(tool: &str, arguments: Value) -> Vec<&'static str> {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}});
        find_needed(message.to_string().as_bytes()).unwrap_or_default().into_iter().map(TokenScope::as_str).collect()
    }

    #[test]
    fn a_scan_needs_the_scope_of_its_mode_and_reading_one_another() {
        assert_eq!(needed("scan_api", json!({})), ["scan:passive"]);
        assert_eq!(needed("scan_api", json!({"mode": "active"})), ["scan:active"]);
        assert_eq!(needed("scan_api", json!({"mode": "intrusive"})), ["scan:active"]);
        assert_eq!(needed("scan_api", json!({"mode": ["passive"]})), ["scan:active"], "unreadable is no excuse");
        assert_eq!(needed("scan_api", json!({"scan_id": "a"})), ["findings:read"]);
        assert_eq!(needed("scan_api", json!({"scan_id": "a", "recheck": ["rw-1"]})), ["scan:passive"]);
        assert_eq!(needed("check_route_ownership", json!({"route": "GET /x", "mode": "active"})), ["scan:active"]);
        assert_eq!(needed("check_route_ownership", json!({"scan_id": "a"})), ["findings:read"]);
        assert_eq!(needed("suggest_fix", json!({"check": "authz/bola-read"})), ["findings:read"]);
    }

    #[test]
    fn a_message_that_two_readers_could_take_differently_is_not_read() {
        let twice =
            br#"{"method":"tools/call","params":{"name":"scan_api","arguments":{"mode":"passive","mode":"active"}}}"#;
        assert!(find_needed(twice).is_none());
        let twice = br#"{"method":"tools/call","params":{"name":"suggest_fix","name":"scan_api"}}"#;
        assert!(find_needed(twice).is_none());
    }

    #[test]
    fn active_allows_passive_but_nothing_else_is_implied() {
        let of = |names: &[&str]| names.iter().copied().collect::<ScopeSet>();
        assert!(
            of(&["scan:active"]).allows(TokenScope::ScanPassive)
                && !of(&["scan:active"]).allows(TokenScope::FindingsRead)
        );
        assert!(!of(&["scan:passive", "findings:read"]).allows(TokenScope::ScanActive));
        assert!(!of(&["scan", "scan:", "scan:*", "SCAN:ACTIVE"]).allows(TokenScope::ScanPassive));
        assert_eq!(of(&["scan:passive"]).most_mode(), Mode::Passive);
    }
}
