//! What a regression test needs of a finding: the requests of its proof, and how its callers sign in. Names of variables
//! are read from the configuration's text; their values are never looked at.

use std::path::Path;

use routewarden_source::regress::{
    AttackKind, CallerFacts, CallerValue, Credential, DenialSign, ProofFacts, SignInFacts, regression_test,
};
use toml::{Table, Value};
use url::Url;

use crate::app::active::is_account;
use crate::app::answers::FixTest;
use crate::code::CodeIndex;
use crate::model::{ANONYMOUS, GARBAGE, Role};
use crate::report::{ExchangeInfo, Finding, Report};

/// A configuration with more bytes is not read.
const MOST_CONFIG: u64 = 1 << 20;

/// Returns the test of a finding, or why there is none.
pub(super) fn test_for(index: &CodeIndex, finding: &Finding, report: &Report) -> Result<FixTest, String> {
    let entry = index.entry(&finding.operation.id()).ok_or("its handler was not found in the source")?;
    let facts = facts(finding, report)?;
    let test = regression_test(index.project(), entry, &facts)?;
    Ok(FixTest { finding_id: finding.id.clone(), path: test.path, text: test.text, run: test.run })
}

fn facts(finding: &Finding, report: &Report) -> Result<ProofFacts, String> {
    let of = |role: Role| finding.exchanges.iter().find(|exchange| exchange.role == role);
    let attack = of(Role::Attack).ok_or("its proof holds no attack")?;
    let owner = of(Role::Baseline).ok_or("its proof holds no request of the owner's")?;
    if finding.check.starts_with("token/")
        || finding.check.starts_with("property/")
        || finding.check.starts_with("config/")
    {
        return Err("there is no shape of a test for this check yet: `recheck` holds it".to_owned());
    }
    // `auto-a+1` is a spare one beside `auto-a`.
    let is_made = |name: &str| is_account(name.split('+').next().unwrap_or(name));
    if is_made(&owner.identity) || is_made(&attack.identity) {
        return Err(
            "its proof was made with throw-away accounts and objects, which are gone: configure two users for a test"
                .to_owned(),
        );
    }
    let config = report.scan.config.as_deref().and_then(|path| table(Path::new(path)));
    let caller = |name: &str| config.as_ref().map_or_else(|| bare(name), |table| caller(table, name));
    let (is_anonymous, is_garbage) = (attack.identity == ANONYMOUS, attack.identity == GARBAGE);
    let kind = match (is_anonymous, is_garbage) {
        (true, _) => AttackKind::Anonymous,
        // A credential that nobody was ever given: the owner's with another signature is one.
        (_, true) => AttackKind::DamagedToken,
        _ => AttackKind::SecondCaller,
    };
    // A list serves everyone its own: what it must not show tells.
    let denial = if finding.check == "authz/bola-list" { DenialSign::Content } else { DenialSign::default() };
    Ok(ProofFacts {
        finding_id: finding.id.clone(),
        check: finding.check.clone(),
        method: attack.request.method.clone(),
        path: finding.operation.path.clone(),
        url_path: path_of(attack)?,
        body: attack.request.body.as_deref().and_then(|body| serde_json::from_str(body).ok()),
        attacker: if is_anonymous || is_garbage { CallerFacts::default() } else { caller(&attack.identity) },
        owner: caller(&owner.identity),
        attack: kind,
        forbidden_values: forbidden(finding),
        denial,
        served_status: owner.response.as_ref().map_or(200, |response| response.status),
        owner_url_path: path_of(owner)?,
        sign_in: config.as_ref().and_then(|table| sign_in(table, &owner.identity)),
        ..ProofFacts::default()
    })
}

fn path_of(exchange: &ExchangeInfo) -> Result<String, String> {
    if exchange.request.url.contains("[redacted:") {
        return Err("its request holds a secret that is not kept".to_owned());
    }
    let url = Url::parse(&exchange.request.url).map_err(|error| error.to_string())?;
    Ok(url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
}

/// Returns what the claim names of the owner's: the id of the object that was shown.
fn forbidden(finding: &Finding) -> Vec<String> {
    let words = finding.claim.split(|letter: char| !letter.is_alphanumeric() && letter != '-' && letter != '_');
    words.filter(|word| word.chars().any(|letter| letter.is_ascii_digit())).take(3).map(str::to_owned).collect()
}

fn bare(name: &str) -> CallerFacts {
    CallerFacts { name: name.to_owned(), ..CallerFacts::default() }
}

fn table(path: &Path) -> Option<Table> {
    let small = std::fs::metadata(path).is_ok_and(|known| known.is_file() && known.len() <= MOST_CONFIG);
    if small { std::fs::read_to_string(path).ok()?.parse().ok() } else { None }
}

fn login<'a>(config: &'a Table, name: &str) -> Option<&'a Table> {
    config.get("identities")?.get(name)?.get("login")?.as_table()
}

fn caller(config: &Table, name: &str) -> CallerFacts {
    let variable = |value: &Value| value.get("env").and_then(Value::as_str).map(str::to_owned);
    let identity = config.get("identities").and_then(|all| all.get(name));
    let bearer = identity.and_then(|identity| identity.get("bearer")).and_then(variable);
    let body = login(config, name).and_then(|login| login.get("body")).and_then(Value::as_table);
    let fields = body.into_iter().flatten().filter_map(|(field, value)| {
        let value = match variable(value) {
            Some(variable) => CallerValue::Environment(variable),
            None => CallerValue::Text(value.as_str()?.to_owned()),
        };
        Some((field.clone(), value))
    });
    CallerFacts {
        name: name.to_owned(),
        fields: fields.collect(),
        token_variable: bearer.unwrap_or_default(),
        ..CallerFacts::default()
    }
}

fn sign_in(config: &Table, name: &str) -> Option<SignInFacts> {
    let login = login(config, name)?;
    let path = login.get("operation")?.as_str()?.split_once(' ')?.1.to_owned();
    let is_form = login.get("content_type").and_then(Value::as_str).is_some_and(|kind| kind.contains("form"));
    let pointer = login.get("token").and_then(Value::as_str);
    let send = login.get("send").and_then(Value::as_str).unwrap_or("Authorization: Bearer {token}");
    let gives = match pointer {
        Some(pointer) => {
            let (header, value) = send.split_once(':').unwrap_or(("Authorization", "Bearer {token}"));
            let scheme = value.replace("{token}", "").trim().to_owned();
            Credential::Token { pointer: pointer.to_owned(), header: header.trim().to_owned(), scheme }
        }
        None => Credential::Cookie,
    };
    Some(SignInFacts { path, is_form, gives })
}
