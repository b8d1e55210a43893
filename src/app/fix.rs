//! Says what to change for a finding or a check, in the framework's idiom. Writes nothing.

use std::path::PathBuf;

use super::answers::{Fix, FixRequest};
use super::error::AppError;
use super::state::{App, from_store};
use crate::checks;
use crate::model::{ScanId, clean_name};
use crate::remedy::{self, Framework};
use crate::report::Finding;

impl App {
    /// What to change, for a finding or a check. Writes nothing.
    ///
    /// # Errors
    /// [`AppError::Unknown`] and [`AppError::Usage`].
    pub async fn suggest_fix(&self, request: FixRequest) -> Result<Fix, AppError> {
        let (finding, source) = self.subject(&request).await?;
        let check = match (&finding, &request.check) {
            (Some(finding), _) => finding.check.clone(),
            (None, Some(check)) => check.clone(),
            (None, None) => {
                return Err(AppError::Usage("name a finding_id, or a check such as authz/bola-read".to_owned()));
            }
        };
        let known = checks::select(std::slice::from_ref(&check)).map_err(AppError::Usage)?;
        let meta =
            known.first().map(|check| check.meta()).ok_or_else(|| AppError::Usage(format!("no check `{check}`")))?;
        let remedy = remedy::get(meta.remedy)
            .ok_or_else(|| AppError::Internal(format!("the remedy {} of {} is missing", meta.remedy, meta.id)))?;
        let (framework, because) = framework(&request, source)?;
        let id = finding.as_ref().map(|finding| finding.id.clone());
        let route = finding.as_ref().map(|finding| format!("{} {}", finding.operation.method, finding.operation.path));
        Ok(Fix {
            check: meta.id.to_owned(),
            remedy: remedy.id.to_owned(),
            title: remedy.title.to_owned(),
            framework: framework.as_str().to_owned(),
            framework_because: because,
            route: route.or(request.route).map(|route| clean_name(&route, 200)),
            claim: finding.as_ref().map(|finding| finding.claim.clone()),
            guidance: remedy.guidance.to_owned(),
            code: remedy.code(framework).to_owned(),
            diff: None,
            needs_review: remedy.needs_review.iter().map(|line| (*line).to_owned()).collect(),
            verify: verify(id.as_deref()),
            finding_id: id,
        })
    }

    /// The finding, where one is named, and the source tree to recognise the framework by.
    async fn subject(&self, request: &FixRequest) -> Result<(Option<Finding>, Option<PathBuf>), AppError> {
        let source = request.source.as_ref().map(|source| self.shared.folder.join(source));
        let Some(id) = &request.finding_id else {
            return Ok((None, source.or_else(|| Some(self.shared.folder.clone()))));
        };
        let store = self.store().await?;
        let scan = request.scan_id.as_ref().map(ScanId::as_str);
        let found = store.finding(id.as_str(), scan).await.map_err(from_store)?;
        let (scan, finding) = found.ok_or_else(|| super::explain::unknown(id, scan))?;
        // The configuration of the scan stands in the project that was scanned.
        let config = store.report(&scan).await.map_err(from_store)?.and_then(|report| report.scan.config);
        let beside = config.and_then(|path| PathBuf::from(path).parent().map(std::path::Path::to_path_buf));
        Ok((Some(finding), source.or(beside).or_else(|| Some(self.shared.folder.clone()))))
    }
}

fn framework(request: &FixRequest, source: Option<PathBuf>) -> Result<(Framework, String), AppError> {
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
    match source {
        Some(folder) => {
            let found = remedy::recognise(&folder);
            Ok((found.framework, found.because))
        }
        None => Ok((Framework::Unknown, "no source tree to look at; name a framework".to_owned())),
    }
}

fn verify(id: Option<&str>) -> String {
    match id {
        Some(id) => format!(
            "apply the change, restart the API, then scan_api with recheck [\"{id}\"] (or `routewarden recheck {id}`): \
             it must say `fixed`, which means that the attack is refused and the owner is still served"
        ),
        None => "apply the change, restart the API, and scan again".to_owned(),
    }
}
