//! Advice in words and samples, from the library of remedies: what is left where no patch can be made.

use std::path::Path;

use crate::app::answers::{Fix, FixRequest};
use crate::app::error::AppError;
use crate::checks;
use crate::model::clean_name;
use crate::remedy::{self, Framework, Recognised, Remedy};
use crate::report::Finding;

/// Returns what to change for a check, in a framework's idiom, from the library of remedies.
pub(super) fn fix_from_remedy(request: &FixRequest, finding: Option<&Finding>, source: &Path) -> Result<Fix, AppError> {
    let check = match (finding, &request.check) {
        (Some(finding), _) => finding.check.clone(),
        (None, Some(check)) => check.clone(),
        (None, None) => {
            return Err(AppError::Usage("name a finding_id, or a check such as authz/bola-read".to_owned()));
        }
    };

    let known =
        checks::select_checks(std::slice::from_ref(&check)).map_err(|unknown| AppError::Usage(unknown.to_string()))?;
    // What a check builds on is selected with it.
    let meta = known
        .iter()
        .map(|known| known.meta())
        .find(|meta| meta.id == check)
        .or_else(|| known.first().map(|known| known.meta()))
        .ok_or_else(|| AppError::Usage(format!("no check `{check}`")))?;
    let remedy = remedy::find_by_id(meta.remedy)
        .ok_or_else(|| AppError::Internal(format!("the remedy {} of {} is missing", meta.remedy, meta.id)))?;
    let found = choose_framework(request, source, finding)?;
    let id = finding.map(|finding| finding.id.clone());
    let route = finding.map(|finding| format!("{} {}", finding.operation.method, finding.operation.path));
    let mut fix = Fix {
        check: meta.id.to_owned(),
        remedy: remedy.id.to_owned(),
        title: remedy.title.to_owned(),
        framework: String::new(),
        framework_because: String::new(),
        route: route.or_else(|| request.route.clone()).map(|route| clean_name(&route, 200)),
        claim: finding.map(|finding| finding.claim.clone()),
        guidance: String::new(),
        code: String::new(),
        diff: None,
        steps: Vec::new(),
        dependencies: Vec::new(),
        tests: Vec::new(),
        needs_review: remedy.needs_review.iter().map(|line| (*line).to_owned()).collect(),
        verify: verification_steps(id.as_slice()),
        finding_id: id,
    };

    write_sample(&mut fix, remedy, found);
    Ok(fix)
}

/// Rewrites the advice for the framework that the code itself shows, which knows better than a manifest.
pub(super) fn adapt_to_framework(fix: &mut Fix, framework: Framework, place: &str) {
    let Some(remedy) = remedy::find_by_id(&fix.remedy) else { return };
    let because = format!("the handler at {place} is one of {framework}");
    write_sample(fix, remedy, Recognised { framework, because });
}

/// Writes what depends on the framework.
fn write_sample(fix: &mut Fix, remedy: &Remedy, found: Recognised) {
    let framework = found.framework;
    fix.guidance = remedy.guidance_for(&fix.check);
    fix.code = remedy.code(framework).to_owned();

    if let Some(reason) = remedy.reason(framework) {
        fix.guidance.push_str(&format!("\n\nFor {framework} this does not apply: {reason}"));
    }
    if framework.sampled_in() != framework {
        let written = framework.sampled_in();
        fix.guidance
            .push_str(&format!("\n\nThe code is written for {written}; for {framework} the frame around it differs."));
    }
    fix.framework = framework.as_str().to_owned();
    fix.framework_because = found.because;
}

/// Returns what an answer of the finding's proof shows of the framework.
fn by_answers(finding: &Finding) -> Option<Recognised> {
    let answers = finding.exchanges.iter().filter_map(|exchange| exchange.response.as_ref());
    answers.into_iter().find_map(|answer| {
        let headers = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        remedy::recognise_answer(headers, &answer.body)
    })
}

fn choose_framework(request: &FixRequest, source: &Path, finding: Option<&Finding>) -> Result<Recognised, AppError> {
    if let Some(name) = &request.framework {
        let framework = Framework::parse(name);
        // Code for another framework would look like an answer to what was asked.
        if framework == Framework::Unknown {
            let known: Vec<&str> = Framework::ALL
                .iter()
                .filter(|known| **known != Framework::Unknown)
                .map(|known| known.as_str())
                .collect();
            let name = clean_name(name, 40);
            return Err(AppError::Usage(format!(
                "there is no code for `{name}` yet; there is for {}",
                known.join(", ")
            )));
        }

        return Ok(Recognised { framework, because: "named by the user".to_owned() });
    }

    let found = remedy::recognise_framework(source);
    // Traces in answers come last: the tree is what is to be changed.
    let shown = finding.filter(|_| found.framework == Framework::Unknown).and_then(by_answers);
    Ok(shown.unwrap_or(found))
}

/// Returns how to see that a change worked.
pub(super) fn verification_steps(ids: &[String]) -> String {
    if ids.is_empty() {
        return "apply the change, restart the API, and scan again".to_owned();
    }
    let listed: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
    format!(
        "apply the change, restart the API, then scan_api with recheck [{}] (or `routewarden recheck {}`): it must say \
         `fixed`, which means that the attack is refused, the owner is still served, and nothing new shows",
        listed.join(", "),
        ids.join(" ")
    )
}
