//! What people stated of who is meant to reach what: gathered, weighed, listed, and written as an Overlay.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use url::Url;

use super::answers::ScanRequest;
use super::base::choose_base;
use super::error::AppError;
use super::prepare::{DescribedTarget, describe_target};
use super::state::{App, from_store};
use crate::config::Config;
use crate::model::{
    AccessLevel, Api, IntentMemory, IntentOrigin, IntentSubject, OperationId, StatedIntent, clean_name, clean_text,
};
use crate::report::{Question, Report};
use crate::spec::{OverlayNotation, intent_overlay};
use crate::survey::resource_of_name;

/// All statements of configuration, Overlay and document.
pub(super) struct Gathered {
    /// As the document and the survey name what they are about; those of the configuration first.
    stated: Vec<StatedIntent>,
    /// Statements of the configuration about operations that the document does not have, with the reason.
    unknown: Vec<(StatedIntent, String)>,
    /// What holds of them.
    pub(super) memory: IntentMemory,
}

/// Gathers and weighs all statements.
///
/// # Errors
/// [`AppError::Usage`] when two of one weight disagree.
pub(super) fn gather_intents(config: &Config, api: &Api, today: Date) -> Result<Gathered, AppError> {
    let (mut stated, mut unknown) = (Vec::new(), Vec::new());
    for own in &config.intent {
        match &own.subject {
            IntentSubject::Resource(_) => stated.push(own.clone()),
            IntentSubject::Operation(asked) => {
                let meant = api.operations_meant(asked);
                if meant.is_empty() {
                    unknown.push((own.clone(), not_there(api, asked)));
                }
                let about = |id: &OperationId| IntentSubject::Operation(id.clone());
                stated.extend(meant.into_iter().map(|id| StatedIntent { subject: about(id), ..own.clone() }));
            }
        }
    }

    stated.extend(api.intents.iter().cloned());
    stated.iter_mut().for_each(name_as_surveyed);
    let memory =
        IntentMemory::new(stated.iter().cloned(), today).map_err(|conflict| AppError::Usage(conflict.to_string()))?;
    Ok(Gathered { stated, unknown, memory })
}

impl Gathered {
    /// Returns what people should know of statements that do not count.
    pub(super) fn notes(&self) -> Vec<String> {
        let unknown = self.unknown.iter().map(|(stated, because)| {
            format!("the intent of `{}` ({}) is not used: {because}", stated.subject, stated.source)
        });
        unknown.chain(self.memory.notes().iter().cloned()).collect()
    }

    fn rows(&self, today: Date) -> Vec<IntentRow> {
        let known = self.stated.iter().map(|stated| build_intent_row(stated, self.why_not(stated, today)));
        let unknown = self.unknown.iter().map(|(stated, because)| build_intent_row(stated, Some(because.clone())));
        known.chain(unknown).collect()
    }

    /// Why a statement does not hold.
    fn why_not(&self, stated: &StatedIntent, today: Date) -> Option<String> {
        if stated.is_expired(today) {
            return Some("expired".to_owned());
        }
        let holds = match &stated.subject {
            IntentSubject::Operation(id) => self.memory.of_operation(id),
            IntentSubject::Resource(name) => self.memory.of_resource(name),
        };
        let other = holds.filter(|holds| *holds != stated)?;
        Some(format!("{} ({}) goes before it", other.level, other.source))
    }
}

/// Objects are known by the name that the survey has for their kind: `orders` and `customer_order` are `order`.
fn name_as_surveyed(stated: &mut StatedIntent) {
    if let IntentSubject::Resource(name) = &mut stated.subject
        && let Some(surveyed) = resource_of_name(name)
    {
        *name = surveyed;
    }
}

fn not_there(api: &Api, asked: &OperationId) -> String {
    match api.nearest_operation(asked.as_str()) {
        Some(nearest) => {
            format!("the document has no such operation; the nearest is `{}`", clean_name(nearest.as_str(), 200))
        }
        None => "the document has no operations".to_owned(),
    }
}

/// One statement, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IntentRow {
    /// `GET /x` or `resource:order`.
    pub about: String,
    /// `public`, `signed-in`, `group`, `owner` or `role:NAME`.
    pub policy: String,
    /// Why, in the words of its author.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last day on which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// `configuration`, `overlay` or `document`; `scan` for what was learnt and is not stated.
    pub origin: &'static str,
    /// File and line; the scan that it was learnt by.
    pub source: String,
    /// Why it does not count; absent where it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_used: Option<String>,
    /// The fields that it is about, where it is not all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Routes that break what was learnt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub broken_by: Vec<String>,
    /// What to ask a person, so that it can be stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// The lines of the configuration that answer it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_with: Option<String>,
}

fn build_intent_row(stated: &StatedIntent, not_used: Option<String>) -> IntentRow {
    IntentRow {
        about: clean_name(&stated.subject.to_string(), 300),
        policy: stated.level.to_string(),
        reason: stated.reason.clone(),
        expires: stated.expires.map(|last| last.to_string()),
        origin: match stated.source.origin {
            IntentOrigin::Configuration => "configuration",
            IntentOrigin::Overlay => "overlay",
            IntentOrigin::Document => "document",
        },
        source: clean_text(&stated.source.to_string(), 300),
        not_used,
        fields: Vec::new(),
        broken_by: Vec::new(),
        question: None,
        answer_with: None,
    }
}

/// What is stated, and the configuration's part of it as an Overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedIntents {
    /// One row per statement, and one for what the last scan learnt or could not decide and nothing states.
    pub rows: Vec<IntentRow>,
    /// What of Overlay and document could not be read of them.
    pub issues: Vec<String>,
    /// One action per statement of the configuration that has not expired and has a place in the document; absent
    /// without any.
    pub overlay: Option<String>,
}

/// Returns what a scan learnt of kinds of objects, and what it could not decide of routes, where nothing is stated.
fn learnt_rows(report: &Report, stated: &IntentMemory) -> Vec<IntentRow> {
    let source = format!("scan {} of {}", report.scan.id, report.scan.started_at.get(..10).unwrap_or_default());
    let empty = IntentRow {
        about: String::new(),
        policy: String::new(),
        reason: None,
        expires: None,
        origin: "scan",
        source,
        not_used: None,
        fields: Vec::new(),
        broken_by: Vec::new(),
        question: None,
        answer_with: None,
    };

    let learnt = report.policy.iter().filter(|row| stated.of_resource(&row.resource).is_none()).map(|row| IntentRow {
        about: format!("resource:{}", row.resource),
        policy: row.policy.clone(),
        reason: (!row.rests_on.is_empty()).then(|| row.rests_on.join("; ")),
        fields: if row.is_of_all() { Vec::new() } else { row.fields.clone() },
        broken_by: row.broken_by.clone(),
        question: Some(format!("Is it right that every {} is for {}?", row.about(), circle_of(&row.policy))),
        // The configuration states policies of operations and whole kinds, not of some fields.
        answer_with: row.is_of_all().then(|| {
            let (name, policy) = (&row.resource, &row.policy);
            format!("[intent]\n\"resource:{name}\" = {{ policy = \"{policy}\", reason = \"...\" }}")
        }),
        ..empty.clone()
    });

    let is_open = |question: &&Question| {
        let route = question.about.split('?').next().unwrap_or_default();
        stated.of_operation(&OperationId::from(route)).is_none()
    };
    let open = report.questions.iter().filter(is_open).map(|question| IntentRow {
        about: question.about.clone(),
        policy: "undecided".to_owned(),
        question: Some(question.question.clone()),
        answer_with: Some(question.answer_with.clone()),
        ..empty.clone()
    });

    learnt.chain(open).collect()
}

/// Returns the callers that a policy is for, in words.
fn circle_of(policy: &str) -> &str {
    match AccessLevel::parse(policy) {
        Some(AccessLevel::Public) => "everyone, callers without a credential included",
        Some(AccessLevel::SignedIn) => "every signed-in user",
        Some(AccessLevel::Group) => "the members of its group alone",
        Some(AccessLevel::Owner) => "its owner alone",
        Some(AccessLevel::Role(_)) | None => policy,
    }
}

impl App {
    /// Returns the last complete scan of a target, where there is one.
    async fn last_scan_of(&self, base_url: Option<&Url>) -> Result<Option<Report>, AppError> {
        let Some(base_url) = base_url else { return Ok(None) };
        let store = self.store().await?;
        store.previous(base_url.as_str().trim_end_matches('/')).await.map_err(from_store)
    }

    /// Lists what is stated of who is meant to reach what. Sends nothing but the request for a document at an address.
    ///
    /// # Errors
    /// As [`App::start`]; also when two statements of one weight disagree.
    pub async fn stated_intents(
        &self,
        mut request: ScanRequest,
        notation: OverlayNotation,
    ) -> Result<StatedIntents, AppError> {
        // No secret is needed to read what is stated.
        request.dry_run = true;
        let DescribedTarget { config, scope, found } = describe_target(self, &request).await?;
        let today = crate::model::today();
        let gathered = gather_intents(&config, &found.api, today)?;
        let own: Vec<StatedIntent> = gathered
            .stated
            .iter()
            .filter(|stated| stated.source.origin == IntentOrigin::Configuration && !stated.is_expired(today))
            .cloned()
            .collect();
        let overlay = (!own.is_empty()).then(|| intent_overlay(&found.api, &own, notation)).transpose();
        let about = |text: &str| text.contains("x-routewarden-intent") || text.contains("#/actions/");
        let issues = found.api.issues.iter().filter(|issue| about(&issue.at) || about(&issue.message));
        let mut issues: Vec<String> =
            issues.map(|issue| clean_text(&format!("{}: {}", issue.at, issue.message), 600)).collect();
        // Without an address there is no last scan to look for; what is stated is listed all the same.
        let base_url = choose_base(&config, &request.overrides, &found, &scope).ok().and_then(|base| base.url);
        let mut rows = gathered.rows(today);

        match self.last_scan_of(base_url.as_ref()).await {
            Ok(report) => rows.extend(report.iter().flat_map(|report| learnt_rows(report, &gathered.memory))),
            // A history that cannot be read must not hide what people stated.
            Err(error) => issues.push(format!("what the last scan learnt is not shown: {error}")),
        }
        Ok(StatedIntents { rows, issues, overlay: overlay.map_err(|error| AppError::Internal(error.to_string()))? })
    }
}
