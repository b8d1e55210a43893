//! Starts one API, scans it as a user of the library would, and looks at what is left.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::PoisonError;

use anyhow::Context as _;
use routewarden::app::{App, ScanRequest};
use routewarden::report::{Report, Status};

use super::grade::{Grades, grade};
use super::residue::{Residue, residue};
use super::rules;
use crate::case::{Accounts, Twin};
use crate::kit::{Auth, Server, World, document};

/// A scan with everything that is said about it.
pub struct Scanned {
    pub name: String,
    pub style: &'static str,
    pub mode: &'static str,
    pub operations: usize,
    pub requests: u64,
    pub duration_ms: u64,
    /// Why the scan says of itself that it concludes nothing.
    pub untrusted: Option<String>,
    /// What of the API's document the scan could not use.
    pub issues: Vec<String>,
    pub grades: Grades,
    pub residue: Residue,
    pub report: Report,
}

/// Whether an API is scanned with its weaknesses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Version {
    Weak,
    Repaired,
}

/// Where identities come from in the APIs that configure none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// The scan signs up its own accounts.
    Own,
    /// Seed users are configured, so that a check can be judged apart from the signing up.
    Seeded,
}

/// Scans one API.
pub async fn scan(twin: &Twin, version: Version, signing: Signing) -> anyhow::Result<Scanned> {
    let (on, suffix) = match version {
        Version::Weak => (twin.switches(), ""),
        Version::Repaired if twin.switches().is_empty() => (Vec::new(), ""),
        Version::Repaired => (Vec::new(), " repaired"),
    };
    let name = format!("{}{suffix}", twin.name);
    let mut world = (twin.build)(&on);
    let seeds = world.tables.clone();
    let is_auto = matches!(twin.accounts, Accounts::Auto);
    let (identities, environment) = identities(twin, signing, &mut world)?;
    let routes = (twin.routes)(&on);
    let document = document((twin.base)(), &routes, twin.id);
    let server = Server::start(world, routes.clone(), document.clone()).await?;
    let folder = tempfile::tempdir()?;
    let openapi = if is_auto {
        format!("{}/openapi.json", server.base_url)
    } else {
        std::fs::write(folder.path().join("openapi.json"), serde_json::to_string_pretty(&document)?)?;
        "openapi.json".to_owned()
    };
    let config = format!(
        "[target]\nopenapi = \"{openapi}\"\nbase_url = \"{}\"\n\n[scan]\nmode = \"{}\"\nauto_accounts = {}\n\
         rate = 500\nmax_requests = 20000\n\n{identities}",
        server.base_url,
        twin.mode,
        signing == Signing::Own && (is_auto || has_administrator(twin))
    );
    std::fs::write(folder.path().join("routewarden.toml"), config)?;
    let app = App::new(folder.path().to_path_buf(), Some(folder.path().join("data"))).with_environment(environment);
    let mut handle = app.start(ScanRequest::default()).await.with_context(|| name.clone())?;
    let finished = handle.finished().await.with_context(|| name.clone())?;
    app.shut_down().await;
    let report = &finished.report;
    let cases = (twin.cases)();
    let mut grades = grade(&name, &cases, &on, report);
    for (case, graded) in cases.iter().zip(&mut grades.cases) {
        graded.rules = case.attack.and_then(|attack| rules::verdicts(twin, &on, attack));
    }
    let world = server.world.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Scanned {
        residue: residue(&seeds, &world.tables, report),
        operations: routes.iter().filter(|route| route.is_declared).count() + questions(report),
        requests: report.scan.requests,
        duration_ms: report.scan.duration_ms,
        untrusted: untrusted(report),
        issues: report.document_issues.iter().map(|issue| format!("{}: {}", issue.at, issue.message)).collect(),
        style: twin.style,
        report: report.clone(),
        mode: twin.mode,
        name,
        grades,
    })
}

/// How many questions of GraphQL's were looked at, which stand in no document.
fn questions(report: &Report) -> usize {
    let asked = report.coverage.iter().filter(|row| row.operation.path.contains(":query."));
    asked.map(|row| row.operation.path.as_str()).collect::<BTreeSet<_>>().len()
}

/// Whether an administrator is configured, who may make accounts that users cannot make for themselves.
fn has_administrator(twin: &Twin) -> bool {
    matches!(twin.accounts, Accounts::SignIn(users, ..) if users.iter().any(|(_, role)| *role == "admin"))
}

fn untrusted(report: &Report) -> Option<String> {
    let because = || report.scan.untrusted_because.clone().unwrap_or_else(|| format!("{:?}", report.scan.status));
    (report.scan.status != Status::Complete).then(because)
}

/// The tables of the configured identities, and the environment with their secrets.
fn identities(twin: &Twin, signing: Signing, world: &mut World) -> anyhow::Result<(String, BTreeMap<String, String>)> {
    let (mut text, mut environment) = (String::new(), BTreeMap::new());
    let users = match twin.accounts {
        Accounts::Auto if signing == Signing::Own => Vec::new(),
        Accounts::Auto => vec![(twin.pair.0, "user"), (twin.pair.1, "user")],
        Accounts::Tokens(users) | Accounts::SignIn(users, ..) => users.to_vec(),
    };
    for (name, role) in users {
        let short = name.split('@').next().unwrap_or(name);
        let variable = format!("BENCH_{}", short.to_uppercase());
        // The configuration knows two ranks; what the API calls its users is its own affair.
        let role = if role == "admin" { "admin" } else { "user" };
        writeln!(text, "[identities.{short}]\nrole = \"{role}\"")?;
        if role == "admin" {
            // What only an administrator makes is made by one, to be tried and removed.
            writeln!(text, "writes = \"own\"")?;
        }
        if let Accounts::SignIn(_, operation, token) = twin.accounts {
            let login = world.login;
            // A pointer, or where else the token is.
            let token = if token.starts_with('{') { token.to_owned() } else { format!("\"{token}\"") };
            writeln!(text, "[identities.{short}.login]\noperation = \"{operation}\"\ntoken = {token}")?;
            writeln!(text, "body = {{ \"{login}\" = \"{name}\", password = {{ env = \"{variable}\" }} }}\n")?;
            environment.insert(variable, format!("{name}-parole-1"));
            continue;
        }
        let user = world.find("users", world.login, name).with_context(|| format!("no seed user {name}"))?;
        writeln!(text, "{}\n", credential(world.auth, &variable))?;
        environment.insert(variable, world.open(&user));
    }
    Ok((text, environment))
}

/// The line that says where an identity's token is and how it is sent.
fn credential(auth: Auth, variable: &str) -> String {
    match auth {
        Auth::Key { header } => format!("api_key = {{ header = \"{header}\", env = \"{variable}\" }}"),
        Auth::Cookie { name } => format!("cookie = {{ name = \"{name}\", env = \"{variable}\" }}"),
        Auth::Opaque { header, prefix } if prefix != "Bearer " => {
            format!("header = {{ name = \"{header}\", value = \"{prefix}{{secret}}\", env = \"{variable}\" }}")
        }
        Auth::Jwt { .. } | Auth::Opaque { .. } => format!("bearer = {{ env = \"{variable}\" }}"),
    }
}
