//! What a check is.

use std::future::Future;
use std::pin::Pin;

use super::acting::ActCx;
use super::context::{CheckCx, PlanCx};
use super::source::{SourceCx, SourceDraft};
use crate::act::Acting;
use crate::model::{Mode, Operation, Severity, Silence, Verdict};
use crate::survey::Surveyed;

/// The fixed facts of a check; its doc comment is the manual page.
#[derive(Debug, Clone, Copy)]
pub struct Meta {
    /// `family/kebab-name`.
    pub id: &'static str,
    /// The weakness as a fact.
    pub title: &'static str,
    /// Usual severity; a finding may differ.
    pub severity: Severity,
    /// The least mode in which it sends anything of its own.
    pub level: Mode,
    /// OWASP API Security Top 10 2023 entries.
    pub owasp: &'static [&'static str],
    /// CWE numbers.
    pub cwe: &'static [u32],
    /// The remedy that applies.
    pub remedy: &'static str,
    /// The version that brought it.
    pub since: &'static str,
    /// The manual page, Markdown.
    pub manual: &'static str,
}

/// What a check needs of an operation, told from the document and the configuration alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It has nothing to say here.
    NotApplicable,
    /// It applies, and sends at most this many requests of its own.
    Requests(u32),
}

/// A future of a check.
pub type Running<'a> = Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;

/// One check.
pub trait Check: Sync {
    /// Its facts.
    fn meta(&self) -> &'static Meta;

    /// Whether it applies, and at what cost. Pure.
    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need;

    /// Looks at one reading operation that has a valid baseline.
    fn run<'a>(&'a self, _cx: &'a CheckCx<'a>, _surveyed: &'a Surveyed) -> Running<'a> {
        let silence = Silence::not_applicable("it concerns operations that change state");
        Box::pin(async { Verdict::Silent(silence) })
    }

    /// Looks at one operation that changes state. Only called where the scan may write; one at a time, since each sees
    /// what the others wrote.
    fn act<'a>(&'a self, _cx: &'a ActCx<'a>, _acting: &'a Acting) -> Running<'a> {
        let silence = Silence::not_applicable("it concerns operations that read");
        Box::pin(async { Verdict::Silent(silence) })
    }

    /// Returns what the code shows by itself; only asked where the API does not run.
    fn read_source(&self, _cx: SourceCx<'_>) -> Vec<SourceDraft> {
        Vec::new()
    }

    /// Whether it also looks at reads that served nobody, where they were asked at all: that is what it is about.
    fn looks_at_refused(&self) -> bool {
        false
    }

    /// Returns when it runs.
    fn phase(&self) -> Phase {
        Phase::Reads
    }

    /// Returns the checks whose verdicts it builds on: they are selected with it, and run before it.
    fn after(&self) -> &'static [&'static str] {
        &[]
    }
}

/// When a check runs, in this order: what removes objects comes late, what ends sessions later, bursts last, so that
/// nothing blinds what comes after it. Only reads run side by side; all later phases run one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Reads that the survey has baselines for.
    Reads,
    /// Changes of others' objects, and first questions to a model.
    Changes,
    /// Objects that are named in bodies and queries, and a model's obedience.
    References,
    /// Properties that callers must not set, and a model's limits.
    Properties,
    /// Functions of higher roles, and roles.
    Functions,
    /// What removes objects.
    Removals,
    /// What ends sessions or makes weak accounts.
    Sessions,
    /// What asks sign-ins for names.
    Enumeration,
    /// Bursts.
    Bursts,
}

impl std::fmt::Debug for dyn Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.meta().id)
    }
}

/// Declares a check: its doc comment becomes the manual page, its fields the register's entry, and the functions named
/// under `plan`, `read`, `write` and `source` the check itself. `read` and `write` are async functions that return
/// [`Judged`]; `source` reads the code where no API runs.
///
/// [`Judged`]: crate::checks::rule::Judged
macro_rules! check {
    ($(#[doc = $doc:literal])+ $name:ident { id: $id:literal, title: $title:literal, severity: $severity:ident,
      level: $level:ident, owasp: $owasp:expr, cwe: $cwe:expr, remedy: $remedy:literal, since: $since:literal
      $(, plan: $plan:expr $(, phase: $phase:ident)? $(, after: $after:expr)? $(, refused: $refused:literal)?
        $(, read: $read:expr)? $(, write: $write:expr)? $(, source: $source:expr)?)? $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub(crate) struct $name;

        impl $name {
            /// The register's entry.
            pub(crate) const META: crate::checks::Meta = crate::checks::Meta {
                id: $id,
                title: $title,
                severity: crate::model::Severity::$severity,
                level: crate::model::Mode::$level,
                owasp: &$owasp,
                cwe: &$cwe,
                remedy: $remedy,
                since: $since,
                manual: concat!($($doc, "\n"),+),
            };
        }

        $(impl crate::checks::Check for $name {
            fn meta(&self) -> &'static crate::checks::Meta {
                &Self::META
            }

            fn plan(&self, cx: &crate::checks::PlanCx<'_>, operation: &crate::model::Operation) -> crate::checks::Need {
                let plan: fn(&crate::checks::PlanCx<'_>, &crate::model::Operation) -> crate::checks::Need = $plan;
                plan(cx, operation)
            }

            $(fn phase(&self) -> crate::checks::Phase {
                crate::checks::Phase::$phase
            })?

            $(fn after(&self) -> &'static [&'static str] {
                &$after
            })?

            $(fn looks_at_refused(&self) -> bool {
                $refused
            })?

            $(fn read_source(&self, cx: crate::checks::SourceCx<'_>) -> Vec<crate::checks::SourceDraft> {
                $source(cx)
            })?

            $(fn run<'a>(
                &'a self,
                cx: &'a crate::checks::CheckCx<'a>,
                surveyed: &'a crate::survey::Surveyed,
            ) -> crate::checks::meta::Running<'a> {
                Box::pin(async move { $read(cx, surveyed).await.into() })
            })?

            $(fn act<'a>(
                &'a self,
                cx: &'a crate::checks::ActCx<'a>,
                acting: &'a crate::act::Acting,
            ) -> crate::checks::meta::Running<'a> {
                Box::pin(async move { $write(cx, acting).await.into() })
            })?
        })?
    };
}

/// Declares a family: one line a check.
macro_rules! family {
    ($($file:ident :: $name:ident),+ $(,)?) => {
        $(mod $file;)+

        /// The checks of this family, in the order of the catalogue.
        pub(super) const CHECKS: &[&dyn crate::checks::Check] = &[$(&$file::$name),+];
    };
}

pub(crate) use {check, family};
