//! Starts a twin, scans it in one mode with one kind of accounts, and says what the scan did to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::PoisonError;
use std::time::Duration;

use anyhow::Context as _;
use routewarden::app::{App, ScanRequest};
use serde_json::{Value, json};

use crate::dump::{Rows, compare, told};
use crate::kit::{Call, Route, Server, World, answer, digest, key_of};
use crate::twin::{Twin, is_person};

/// Longest that a scan of so small an API may take.
const SCAN_SECONDS: u64 = 180;

/// Whom a scan acts as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Accounts {
    /// Nobody is configured; the scan signs up its own.
    ThrowAway,
    /// Seed users alone.
    Configured,
    /// Seed users, and the scan makes its own beside them.
    Both,
}

impl Accounts {
    pub fn name(self) -> &'static str {
        match self {
            Self::ThrowAway => "throw-away",
            Self::Configured => "configured",
            Self::Both => "both",
        }
    }
}

/// One scan of a twin.
#[derive(Clone, Copy)]
pub struct Trial {
    pub twin: &'static Twin,
    pub mode: &'static str,
    pub accounts: Accounts,
    /// A line of configuration for each configured person, or nothing.
    pub consent: &'static str,
}

/// What came of it.
pub struct Harm {
    pub trial: Trial,
    pub rows: Rows,
    /// What is wrong beside rows: a process that ended, a route that answers 500, a sign-in that fails, what the twin judges.
    pub broken: Vec<String>,
    pub status: String,
    pub requests: u64,
    pub duration_ms: u64,
    /// Declared reads that were asked, of all; acts left out.
    pub reads: (usize, usize),
    pub report: Value,
}

impl Harm {
    pub fn is_clean(&self) -> bool {
        let Rows { changed, left, false_undone, listed: _ } = &self.rows;
        changed.is_empty() && left.is_empty() && false_undone.is_empty() && self.broken.is_empty()
    }
}

/// The trials of a twin: passive with configured accounts, as it signs nobody up, and the others with each kind.
pub fn trials(twin: &'static Twin) -> Vec<Trial> {
    let trial = |mode, accounts| Trial { twin, mode, accounts, consent: "" };
    let mut all = vec![trial("passive", Accounts::Configured)];
    for mode in ["active", "intrusive"] {
        all.push(trial(mode, Accounts::ThrowAway));
        all.push(trial(mode, Accounts::Configured));
        if twin.has_administrator() || mode == "intrusive" {
            all.push(trial(mode, Accounts::Both));
        }
    }
    all
}

pub async fn run(trial: Trial) -> anyhow::Result<Harm> {
    let Trial { twin, mode, accounts, consent: _ } = trial;
    let before = (twin.build)();
    let routes = (twin.routes)();
    let document = twin.document(&routes);
    let server = Server::start(before.clone(), routes.clone(), document.clone()).await?;
    let folder = tempfile::tempdir()?;
    let (identities, environment) = identities(&trial);
    let config = format!(
        "[target]\nopenapi = \"{0}/openapi.json\"\nbase_url = \"{0}\"\n\n[scan]\nmode = \"{mode}\"\nauto_accounts = {1}\n\
         rate = 500\nmax_requests = 20000\n\n{identities}",
        server.base_url,
        accounts != Accounts::Configured
    );
    std::fs::write(folder.path().join("routewarden.toml"), config)?;
    let app = App::new(folder.path().to_path_buf(), Some(folder.path().join("data"))).with_environment(environment);
    let scanned = tokio::time::timeout(Duration::from_secs(SCAN_SECONDS), scan(&app)).await;
    let mut broken = Vec::new();
    let report = match scanned {
        Ok(Ok(report)) => report,
        Ok(Err(error)) => {
            broken.push(format!("no report: {error:#}"));
            Value::Null
        }
        Err(_) => {
            broken.push(format!("no end after {SCAN_SECONDS} s"));
            Value::Null
        }
    };
    app.shut_down().await;
    let after = server.world.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut tables = after.tables.clone();
    for (table, rows) in &mut tables {
        rows.retain(|row| !(twin.is_foreign)(table, row));
    }
    let status = report["scan"]["status"].as_str().unwrap_or("none").to_owned();
    broken.extend(beside_rows(&trial, (&before, &after), &routes, &document, &status));
    let rows = compare(&before.tables, &tables, twin.server_written, &told(&report));
    if status == "harm" && rows.changed.is_empty() && broken.is_empty() {
        broken.push(format!("it says harm, and every row is as it was: {}", report["scan"]["untrusted_because"]));
    }
    Ok(Harm {
        rows,
        requests: report["scan"]["requests"].as_u64().unwrap_or_default(),
        duration_ms: report["scan"]["duration_ms"].as_u64().unwrap_or_default(),
        reads: reads(&routes, &before, &after),
        trial,
        broken,
        status,
        report,
    })
}

async fn scan(app: &App) -> anyhow::Result<Value> {
    let mut handle = app.start(ScanRequest::default()).await.context("the scan did not start")?;
    let finished = handle.finished().await.context("the scan failed")?;
    Ok(serde_json::to_value(&finished.report)?)
}

/// The tables of the configured identities, and the environment with their passwords.
fn identities(trial: &Trial) -> (String, BTreeMap<String, String>) {
    let (mut text, mut environment) = (String::new(), BTreeMap::new());
    let configured = if trial.accounts == Accounts::ThrowAway { &[] } else { trial.twin.configured };
    for (name, role) in configured {
        let variable = format!("HARM_{}", name.to_uppercase());
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "[identities.{name}]\nrole = \"{role}\"\n{}[identities.{name}.login]\noperation = \"POST /login\"\n\
             token = \"/access_token\"\nbody = {{ username = \"{name}\", password = {{ env = \"{variable}\" }} }}\n",
            trial.consent
        );
        environment.insert(variable, password(name));
    }
    (text, environment)
}

fn password(name: &str) -> String {
    format!("{name}-parole-1")
}

fn beside_rows(
    trial: &Trial,
    (before, after): (&World, &World),
    routes: &[Route],
    document: &Value,
    status: &str,
) -> Vec<String> {
    let mut found = (trial.twin.judge)(before, after);
    if after.is_dead {
        found.push("the process has ended".to_owned());
        if status == "complete" {
            found.push("and the scan says complete".to_owned());
        }
        return found;
    }
    found.extend(guessable(after));
    for person in before.rows("users").iter().filter(|user| is_person(&key_of(user))) {
        let name = person["username"].as_str().unwrap_or_default();
        let body = json!({"username": name, "password": password(name)});
        let sign_in = Call { method: "POST".to_owned(), path: "/login".to_owned(), body, ..Call::default() };
        let status = answer(&mut after.clone(), routes, document, sign_in).status;
        if status != 200 {
            found.push(format!("{name} cannot sign in any more: {status}"));
        }
    }
    found.extend(broken_reads((before, after), routes, document));
    found
}

/// Passwords that every list of guesses has, and the least that a check may try.
const GUESSES: [&str; 9] = ["", "1", "a", "123456", "12345678", "password", "password1", "Password1", "qwerty"];

/// Accounts of the scan that stay behind open to the first who guesses.
fn guessable(after: &World) -> Vec<String> {
    let open = |user: &&Value| GUESSES.iter().any(|guess| user["password_hash"] == json!(digest(guess)));
    let left = after.rows("users").iter().filter(|user| !is_person(&key_of(user))).filter(open);
    left.map(|user| format!("users {} stays behind with a password that all guess", key_of(user))).collect()
}

/// Routes that answered a person before the scan and do not any more.
fn broken_reads((before, after): (&World, &World), routes: &[Route], document: &Value) -> Vec<String> {
    let plain = |route: &&Route| is_read(route, before) && !route.path.contains('{');
    let mut found = Vec::new();
    for route in routes.iter().filter(plain) {
        for person in before.rows("users") {
            let status = |world: &World| {
                let mut world = world.clone();
                let credential = world.user(&key_of(person)).map(|user| world.credential(&user));
                let headers = credential.into_iter().collect();
                let call = Call { method: "GET".to_owned(), path: route.path.to_owned(), headers, ..Call::default() };
                answer(&mut world, routes, document, call).status
            };
            let (was, is) = (status(before), status(after));
            if was < 400 && is >= 400 && is != 401 && is != 429 {
                found.push(format!("GET {} answers {} with {is}, before {was}", route.path, person["username"]));
            }
        }
    }
    found
}

/// Whether a route reads: it has no row among the acts.
fn is_read(route: &Route, world: &World) -> bool {
    let acts = world.rows("acts").iter().any(|row| key_of(row) == route.path);
    route.method == "GET" && route.is_declared && !acts
}

fn reads(routes: &[Route], before: &World, after: &World) -> (usize, usize) {
    let reads: Vec<&Route> = routes.iter().filter(|route| is_read(route, before)).collect();
    let asked = reads.iter().filter(|route| after.hits.contains_key(&(route.method, route.path))).count();
    (asked, reads.len())
}
