//! The remedies, read from the Markdown files beside this one.
//!
//! A file begins with `# id: title` and `checks: …`, then the guidance, `## needs review` with a list, and a
//! `## section` for each framework and for `generic`: one fenced block, or `does not apply: ` and why. A section named
//! like a check says what is wrong in its case, in place of the guidance's first paragraph. The tests read every file.

use std::sync::LazyLock;

use super::framework::Framework;

/// One file each; a new remedy is a file and a line.
const FILES: [&str; 31] = [
    include_str!("data/object-ownership.md"),
    include_str!("data/scoped-list.md"),
    include_str!("data/role-check.md"),
    include_str!("data/require-authentication.md"),
    include_str!("data/challenge-header.md"),
    include_str!("data/verify-signature.md"),
    include_str!("data/strong-signing-key.md"),
    include_str!("data/enforce-expiry.md"),
    include_str!("data/response-schema.md"),
    include_str!("data/error-handler.md"),
    include_str!("data/security-headers.md"),
    include_str!("data/cors-origins.md"),
    include_str!("data/session-cookie.md"),
    include_str!("data/input-as-data.md"),
    include_str!("data/allowed-targets.md"),
    include_str!("data/request-bounds.md"),
    include_str!("data/keep-document-true.md"),
    include_str!("data/owner-from-session.md"),
    include_str!("data/field-allow-list.md"),
    include_str!("data/uniform-refusal.md"),
    include_str!("data/unguessable-ids.md"),
    include_str!("data/credentials-out-of-urls.md"),
    include_str!("data/revoke-on-sign-out.md"),
    include_str!("data/role-from-store.md"),
    include_str!("data/uniform-sign-in.md"),
    include_str!("data/throttle-sign-in.md"),
    include_str!("data/password-policy.md"),
    include_str!("data/no-method-override.md"),
    include_str!("data/untrusted-headers.md"),
    include_str!("data/model-context.md"),
    include_str!("data/model-bounds.md"),
];

static REMEDIES: LazyLock<Vec<Remedy>> = LazyLock::new(|| FILES.iter().filter_map(|file| parse_remedy(file)).collect());

/// What to do about a kind of weakness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// `object-ownership`
    pub id: &'static str,
    /// What to do, in one line.
    pub title: &'static str,
    /// What is wrong in general, and the rules; Markdown. [`Remedy::guidance_for`] speaks of one check's case.
    pub guidance: &'static str,
    /// Checks whose findings it answers.
    pub checks: Vec<&'static str>,
    /// What somebody who knows the project must look at.
    pub needs_review: Vec<&'static str>,
    code: Vec<ExampleCode>,
    cases: Vec<CheckCase>,
    absences: Vec<Absence>,
}

/// What is wrong where just this check found something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CheckCase {
    check: &'static str,
    text: &'static str,
}

/// Why there is no code for a framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Absence {
    section: &'static str,
    reason: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ExampleCode {
    section: &'static str,
    language: &'static str,
    text: &'static str,
}

impl Remedy {
    /// An example for the framework; one that fits any when there is none for it.
    pub fn code(&self, framework: Framework) -> &'static str {
        self.of(framework).map_or("", |code| code.text)
    }

    /// The language of [`Remedy::code`]: `python`, `java`, `text`.
    pub fn language(&self, framework: Framework) -> &'static str {
        self.of(framework).map_or("text", |code| code.language)
    }

    /// Whether there is code for just this framework.
    pub fn has_code(&self, framework: Framework) -> bool {
        self.code.iter().any(|code| code.section == framework.section())
    }

    /// Returns why the remedy does not apply to this framework, where it does not.
    pub fn reason(&self, framework: Framework) -> Option<&'static str> {
        let of = |absence: &&Absence| absence.section == framework.section();
        self.absences.iter().find(of).map(|absence| absence.reason)
    }

    /// Returns what is wrong where this check found something, and the rules.
    pub fn guidance_for(&self, check: &str) -> String {
        let case = self.cases.iter().find(|case| case.check == check).map(|case| case.text);
        match (case, self.guidance.split_once("\n\n")) {
            (Some(case), Some((_, rules))) => format!("{case}\n\n{rules}"),
            _ => self.guidance.to_owned(),
        }
    }

    fn of(&self, framework: Framework) -> Option<&ExampleCode> {
        let section = |name: &str| self.code.iter().find(|code| code.section == name);
        section(framework.section()).or_else(|| section("generic"))
    }
}

/// The remedy of this id.
pub fn find_by_id(id: &str) -> Option<&'static Remedy> {
    REMEDIES.iter().find(|remedy| remedy.id == id)
}

/// The remedy for findings of a check.
pub fn for_check(check: &str) -> Option<&'static Remedy> {
    REMEDIES.iter().find(|remedy| remedy.checks.contains(&check))
}

/// All remedies, in a fixed order.
pub fn list_all() -> &'static [Remedy] {
    &REMEDIES
}

fn parse_remedy(file: &'static str) -> Option<Remedy> {
    let mut sections = file.split("\n## ");
    let head = sections.next()?;
    let (first, rest) = head.strip_prefix("# ")?.split_once('\n')?;
    let (id, title) = first.split_once(": ")?;
    let (checks, guidance) = rest.strip_prefix("checks: ")?.split_once('\n')?;
    let mut remedy = Remedy {
        id,
        title,
        guidance: guidance.trim(),
        checks: checks.split(", ").collect(),
        needs_review: Vec::new(),
        code: Vec::new(),
        cases: Vec::new(),
        absences: Vec::new(),
    };

    for section in sections {
        let (name, body) = section.split_once('\n')?;
        if name == "needs review" {
            remedy.needs_review = body.lines().filter_map(|line| line.strip_prefix("- ")).collect();
            continue;
        }
        // Only ids of checks have a slash.
        if name.contains('/') {
            remedy.cases.push(CheckCase { check: name, text: body.trim() });
            continue;
        }
        if let Some(reason) = body.trim().strip_prefix("does not apply: ") {
            remedy.absences.push(Absence { section: name, reason });
            continue;
        }
        let (language, text) = body.trim().strip_prefix("```")?.strip_suffix("```")?.split_once('\n')?;
        remedy.code.push(ExampleCode { section: name, language, text });
    }

    Some(remedy)
}
