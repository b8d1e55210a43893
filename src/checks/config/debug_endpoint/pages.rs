//! Pages for developers, and the content by which each is known.

use serde_json::Value;

use crate::probe::{Answer, Response};

/// One page.
pub(super) struct DebugPage {
    /// From the root of the server.
    pub(super) path: &'static str,
    /// What it shows, for sentences.
    pub(super) shows: &'static str,
    /// Many leave it open on purpose.
    pub(super) is_often_meant: bool,
    known_by: KnownBy,
}

/// How a page is known.
enum KnownBy {
    /// A member of its JSON.
    Member(&'static str),
    /// Two texts that stand in it together.
    Texts(&'static str, &'static str),
    /// The text begins so.
    Start(&'static str),
    /// Lines of a file of settings.
    Settings,
}

const fn page(path: &'static str, shows: &'static str, known_by: KnownBy) -> DebugPage {
    DebugPage { path, shows, is_often_meant: false, known_by }
}

/// None of them changes anything by being read.
pub(super) const PAGES: &[DebugPage] = &[
    page("/.env", "a file of settings", KnownBy::Settings),
    page("/.git/HEAD", "the repository of the source", KnownBy::Start("ref: refs/")),
    page("/actuator/env", "the environment (Spring Boot)", KnownBy::Member("/propertySources/0")),
    page("/actuator/mappings", "all routes (Spring Boot)", KnownBy::Member("/contexts/application/mappings")),
    page("/debug/pprof/", "profiles of the process (Go)", KnownBy::Texts("/debug/pprof/", "goroutine")),
    page("/debug/vars", "variables of the process (Go)", KnownBy::Member("/memstats")),
    page("/server-status", "requests of users (Apache)", KnownBy::Texts("Apache Server Status", "Server uptime")),
    page("/phpinfo.php", "the settings of PHP", KnownBy::Texts("phpinfo()", "PHP Version")),
    page("/console", "a console that runs code (Werkzeug)", KnownBy::Texts("EVALEX", "Interactive Console")),
    page("/h2-console", "a database console (H2)", KnownBy::Texts("H2 Console", "jsessionid")),
    page("/rails/info/routes", "all routes (Rails)", KnownBy::Texts("Controller#Action", "Helper")),
    page("/_profiler/empty/search/results", "requests of users (Symfony)", KnownBy::Texts("Symfony Profiler", "Token")),
    page("/elmah.axd", "faults with their requests (ELMAH)", KnownBy::Texts("Error Log for", "ELMAH")),
    DebugPage {
        path: "/metrics",
        shows: "metrics (Prometheus)",
        is_often_meant: true,
        known_by: KnownBy::Texts("# HELP ", "# TYPE "),
    },
];

impl DebugPage {
    /// Returns true where an answer has the content of this page.
    pub(super) fn is_in(&self, answer: &Answer) -> bool {
        let Some(response) = answer.response().filter(|response| response.is_success()) else { return false };
        match self.known_by {
            KnownBy::Member(pointer) => {
                response.json.as_ref().and_then(|json| json.pointer(pointer)).is_some_and(is_full)
            }
            KnownBy::Texts(one, other) => response.text.contains(one) && response.text.contains(other),
            KnownBy::Start(text) => response.text.starts_with(text) && response.text.lines().count() == 1,
            KnownBy::Settings => is_settings(response),
        }
    }
}

fn is_full(value: &Value) -> bool {
    !matches!(value, Value::Null)
}

/// Returns true for a file of `NAME=value` lines: all of them, and at least two.
fn is_settings(response: &Response) -> bool {
    let is_setting = |line: &str| {
        let name = line.strip_prefix("export ").unwrap_or(line).split_once('=').map_or("", |(name, _)| name);
        let is_letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        !name.is_empty() && name.bytes().all(is_letter)
    };
    let lines = response.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<&str> = lines.take(200).collect();
    lines.len() >= 2 && lines.into_iter().all(is_setting)
}
