//! What a regression test needs of a finding: the requests of its proof, who sends them, and how its objects are made.

mod cast;
mod configured;
mod remaking;
mod shape;

use routewarden_source::regress::{
    AttackKind, CallerFacts, DenialSign, KeptFacts, ListedFacts, ProofFacts, TestFault, regression_test,
};
use serde_json::Value;
use url::Url;

use self::cast::{Cast, base_name};
use self::remaking::{NEW, Remaking};
use self::shape::ProofShape;
use super::facts::{documented_fields, fields_at};
use crate::app::answers::FixTest;
use crate::code::CodeIndex;
use crate::model::Role;
use crate::report::{ExchangeInfo, Finding, Report};

/// Why a finding has no test.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoTest(String);

impl From<&str> for NoTest {
    fn from(because: &str) -> Self {
        Self(because.to_owned())
    }
}

impl From<TestFault> for NoTest {
    fn from(fault: TestFault) -> Self {
        Self(fault.to_string())
    }
}

impl From<String> for NoTest {
    fn from(because: String) -> Self {
        Self(because)
    }
}

/// Returns the test of a finding, or why there is none.
pub(super) fn test_for(index: &CodeIndex, finding: &Finding, report: &Report) -> Result<FixTest, NoTest> {
    let entry = index.entry(&finding.operation.id()).ok_or("its handler was not found in the source")?;
    let facts = Proof::of(finding, report)?.facts()?;
    let test = regression_test(index.project(), entry, &facts)?;
    Ok(FixTest { finding_id: finding.id.clone(), path: test.path, text: test.text, run: test.run })
}

/// Returns the body of a request, which is JSON where it has one.
fn parse_body(text: Option<&str>) -> Result<Option<Value>, NoTest> {
    let text = text.filter(|text| !text.trim().is_empty());
    // Without its body a request may be refused for that alone, and a test of it would show nothing.
    let because = "the body of its proof is no JSON, or was cut: a test sends JSON alone";
    text.map(serde_json::from_str).transpose().map_err(|_| because.into())
}

/// A finding with the exchanges that a test repeats.
struct Proof<'a> {
    finding: &'a Finding,
    report: &'a Report,
    shape: ProofShape,
    attack: &'a ExchangeInfo,
    /// The rightful request, where the proof has one.
    owner: Option<&'a ExchangeInfo>,
    cast: Cast,
}

impl<'a> Proof<'a> {
    fn of(finding: &'a Finding, report: &'a Report) -> Result<Proof<'a>, NoTest> {
        let shape = ProofShape::of(finding)?;
        let attack = exchange_of_role(finding, Role::Attack).ok_or("its proof holds no attack")?;
        // Where fields are kept, the baseline is a look before the write, and no request to repeat.
        let owner = exchange_of_role(finding, Role::Baseline).filter(|_| shape != ProofShape::Kept);
        let cast = Cast::of(finding, report, shape, attack, owner)?;

        Ok(Proof { finding, report, shape, attack, owner, cast })
    }

    fn facts(&self) -> Result<ProofFacts, NoTest> {
        let mut remaking = Remaking::new(self.report, &self.cast);
        let template = &self.finding.operation.path;
        let attack = path_of(self.attack)?;
        let url_path = remaking.path(template, &attack);

        // A control by other means (the owner's look at what is deleted) says nothing of the request itself.
        let same = self.owner.filter(|owner| owner.request.method == self.attack.request.method);
        let owner_url_path = match same.filter(|_| self.shape == ProofShape::Other) {
            Some(owner) => remaking.path(template, &path_of(owner)?),
            None => url_path.clone(),
        };
        let listed = self.listed(&mut remaking);
        let (body, kept) = self.body(&mut remaking)?;
        let status = |exchange: &ExchangeInfo| exchange.response.as_ref().map(|response| response.status);
        let made = remaking.into_made()?;

        // What the request itself makes comes after all that is made for it, so its number is known only now.
        let count = made.len().to_string();
        let kept = kept.map(|kept| KeptFacts { view: kept.view.replace(NEW, &format!("{{made:{count}}}")), ..kept });
        Ok(ProofFacts {
            finding_id: self.finding.id.clone(),
            check: self.finding.check.clone(),
            method: self.attack.request.method.clone(),
            path: template.clone(),
            url_path,
            body,
            attacker: self.cast.stranger.clone().unwrap_or_default(),
            owner: self.cast.owner.clone().unwrap_or_default(),
            attack: self.kind(),
            // Objects that the test makes have other ids than those that the claim names.
            forbidden_values: if made.is_empty() { forbidden_values(self.finding) } else { Vec::new() },
            denial: if listed.is_some() { DenialSign::Content } else { DenialSign::default() },
            served_status: same.and_then(status).or_else(|| status(self.attack)).unwrap_or(200),
            owner_url_path,
            sign_in: self.cast.sign_in.clone(),
            sign_up: self.cast.sign_up.clone(),
            made,
            hidden_fields: if self.shape == ProofShape::Shown {
                fields_at(self.finding, "response:")
            } else {
                Vec::new()
            },
            kept,
            listed,
        })
    }

    fn kind(&self) -> AttackKind {
        match self.shape {
            ProofShape::Token(kind) => kind,
            ProofShape::Origin => AttackKind::ForeignOrigin,
            ProofShape::Shown => AttackKind::Owner,
            ProofShape::Kept if self.cast.stranger.is_some() => AttackKind::SecondCaller,
            ProofShape::Kept => AttackKind::Owner,
            ProofShape::Other => match self.attack.identity.as_str() {
                crate::model::ANONYMOUS => AttackKind::Anonymous,
                // A credential that nobody was ever given: the owner's with another signature is one.
                crate::model::GARBAGE => AttackKind::DamagedToken,
                _ => AttackKind::SecondCaller,
            },
        }
    }

    /// The body of the attack, and what must not be kept of it.
    fn body(&self, remaking: &mut Remaking<'_>) -> Result<(Option<Value>, Option<KeptFacts>), NoTest> {
        let sent = parse_body(self.attack.request.body.as_deref())?;
        if self.shape != ProofShape::Kept {
            return Ok((sent.map(|body| remaking.body(&body)), None));
        }
        let names = fields_at(self.finding, "body:");
        let documented = documented_fields(self.finding, self.report);
        let mut body = sent.ok_or("its proof holds no body")?;
        let all = body.as_object_mut().ok_or("the body of its proof is no object")?;

        // What the scan tried beside them is no part of the proof.
        all.retain(|name, _| names.contains(name) || documented.is_empty() || documented.contains(name));
        let body = remaking.body(&body);
        let fields: Vec<(String, Value)> =
            names.iter().filter_map(|name| Some((name.clone(), body.get(name)?.clone()))).collect();
        if fields.is_empty() {
            return Err("the fields of its proof are not in the body itself".into());
        }
        let (view, pointer) = self.view(remaking, &names)?;
        Ok((Some(body), Some(KeptFacts { fields, view, pointer })))
    }

    /// The read that shows what was kept, and where the answer to the attack has the id that it names.
    fn view(&self, remaking: &mut Remaking<'_>, names: &[String]) -> Result<(String, String), NoTest> {
        let by_sender = |exchange: &&ExchangeInfo| base_name(&exchange.identity) == base_name(&self.attack.identity);
        let shows = |exchange: &&ExchangeInfo| {
            let body = exchange.response.as_ref().map(|response| response.body.as_str()).unwrap_or_default();
            names.iter().any(|name| body.contains(&format!("\"{name}\"")))
        };
        let reads = || {
            let readbacks = self.finding.exchanges.iter().filter(|exchange| exchange.role == Role::Readback);
            readbacks.filter(|exchange| exchange.request.method == "GET")
        };
        let read = reads().filter(by_sender).find(shows).or_else(|| reads().find(shows));
        let read = read.ok_or("its proof holds no read that shows what was kept")?;
        let path = path_of(read)?;
        let answer = self.attack.response.as_ref().and_then(|answer| serde_json::from_str::<Value>(&answer.body).ok());
        let made = answer.as_ref().and_then(|answer| remaking::id_in_path(answer, &path));

        match made {
            Some((pointer, id)) => Ok((remaking.view(&path, Some(&id)), pointer)),
            None => Ok((remaking.view(&path, None), String::new())),
        }
    }

    /// The owner's object in a list, which serves each caller its own.
    fn listed(&self, remaking: &mut Remaking<'_>) -> Option<ListedFacts> {
        if self.finding.check != "authz/bola-list" {
            return None;
        }
        let shown = &self.owner?.response.as_ref()?.body;

        // Ids have a digit; the words of the claim around them have none.
        let named = self.finding.claim.split(|letter: char| !letter.is_alphanumeric() && !"-_".contains(letter));
        let named: Vec<&str> = named.filter(|word| word.chars().any(|letter| letter.is_ascii_digit())).collect();
        let (field, id) = named.iter().find_map(|id| Some((remaking::field_of(shown, id)?, *id)))?;

        Some(ListedFacts { field, id: remaking.id(id) })
    }
}

fn exchange_of_role(finding: &Finding, role: Role) -> Option<&ExchangeInfo> {
    finding.exchanges.iter().find(|exchange| exchange.role == role)
}

fn path_of(exchange: &ExchangeInfo) -> Result<String, NoTest> {
    if exchange.request.url.contains("[redacted:") {
        return Err("its request holds a secret that is not kept".into());
    }
    let url = Url::parse(&exchange.request.url).map_err(|error| error.to_string())?;
    Ok(url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
}

/// Returns what the claim names of the owner's: the id of the object that was shown.
fn forbidden_values(finding: &Finding) -> Vec<String> {
    let words = finding.claim.split(|letter: char| !letter.is_alphanumeric() && letter != '-' && letter != '_');
    words.filter(|word| word.chars().any(|letter| letter.is_ascii_digit())).take(3).map(str::to_owned).collect()
}

fn caller_from_name(name: &str) -> CallerFacts {
    CallerFacts { name: name.to_owned(), ..CallerFacts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_is_no_json_is_a_reason_and_not_left_out() {
        assert!(parse_body(None).is_ok_and(|body| body.is_none()));
        assert!(parse_body(Some("")).is_ok_and(|body| body.is_none()));
        assert!(parse_body(Some("{\"a\": 1}")).is_ok_and(|body| body.is_some()));
        for text in ["a=1&b=2", "{\"a\": 1, \"b"] {
            assert!(parse_body(Some(text)).is_err_and(|fault| fault.to_string().contains("no JSON")), "{text}");
        }
    }
}
