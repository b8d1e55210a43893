//! Advice in words and samples, from the library of remedies: what is left where no patch can be made.

use std::path::Path;

use crate::app::answers::{Fix, FixRequest};
use crate::app::error::AppError;
use crate::checks;
use crate::model::clean_name;
use crate::remedy::{self, Framework};
use crate::report::Finding;

/// Returns what to change for a check, in a framework's idiom, from the library of remedies.
pub(super) fn advise(request: &FixRequest, finding: Option<&Finding>, source: &Path) -> Result<Fix, AppError> {
    let check = match (finding, &request.check) {
        (Some(finding), _) => finding.check.clone(),
        (None, Some(check)) => check.clone(),
        (None, None) => {
            return Err(AppError::Usage("name a finding_id, or a check such as authz/bola-read".to_owned()));
        }
    };
    let known = checks::select(std::slice::from_ref(&check)).map_err(AppError::Usage)?;
    // What a check builds on is selected with it.
    let meta = known
        .iter()
        .map(|known| known.meta())
        .find(|meta| meta.id == check)
        .or_else(|| known.first().map(|known| known.meta()))
        .ok_or_else(|| AppError::Usage(format!("no check `{check}`")))?;
    let remedy = remedy::get(meta.remedy)
        .ok_or_else(|| AppError::Internal(format!("the remedy {} of {} is missing", meta.remedy, meta.id)))?;
    let (framework, because) = framework(request, source)?;
    let id = finding.map(|finding| finding.id.clone());
    let route = finding.map(|finding| format!("{} {}", finding.operation.method, finding.operation.path));
    Ok(Fix {
        check: meta.id.to_owned(),
        remedy: remedy.id.to_owned(),
        title: remedy.title.to_owned(),
        framework: framework.as_str().to_owned(),
        framework_because: because,
        route: route.or_else(|| request.route.clone()).map(|route| clean_name(&route, 200)),
        claim: finding.map(|finding| finding.claim.clone()),
        guidance: remedy.guidance.to_owned(),
        code: remedy.code(framework).to_owned(),
        diff: None,
        steps: Vec::new(),
        dependencies: Vec::new(),
        tests: Vec::new(),
        needs_review: remedy.needs_review.iter().map(|line| (*line).to_owned()).collect(),
        verify: verify(id.as_slice()),
        finding_id: id,
    })
}

fn framework(request: &FixRequest, source: &Path) -> Result<(Framework, String), AppError> {
    if let Some(name) = &request.framework {
        let framework = Framework::parse(name);
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
        return Ok((framework, "named by the user".to_owned()));
    }
    let found = remedy::recognise(source);
    Ok((found.framework, found.because))
}

/// Returns how to see that a change worked.
pub(super) fn verify(ids: &[String]) -> String {
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
