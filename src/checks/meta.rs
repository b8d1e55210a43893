//! What a check is.

use std::future::Future;
use std::pin::Pin;

use super::acting::ActCx;
use super::context::{CheckCx, PlanCx};
use super::proof::held;
use crate::act::Acting;
use crate::model::{Mode, Operation, Severity, Verdict};
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
        Box::pin(async { held("it concerns operations that change state") })
    }

    /// Looks at one operation that changes state. Only called where the scan may write; one at a time, since each sees
    /// what the others wrote.
    fn act<'a>(&'a self, _cx: &'a ActCx<'a>, _acting: &'a Acting) -> Running<'a> {
        Box::pin(async { held("it concerns operations that read") })
    }

    /// Whether it also looks at reads that served nobody, where they were asked at all: that is what it is about.
    fn looks_at_refused(&self) -> bool {
        false
    }

    /// When it acts: small numbers first. What removes objects comes late, what ends sessions later, bursts last, so that
    /// nothing blinds what comes after it.
    fn turn(&self) -> u8 {
        0
    }
}

impl std::fmt::Debug for dyn Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.meta().id)
    }
}

/// Declares a check: its doc comment becomes the manual page, its fields the register's entry.
macro_rules! check {
    ($(#[doc = $doc:literal])+ $name:ident { id: $id:literal, title: $title:literal, severity: $severity:ident,
      level: $level:ident, owasp: $owasp:expr, cwe: $cwe:expr, remedy: $remedy:literal, since: $since:literal $(,)? }) => {
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
