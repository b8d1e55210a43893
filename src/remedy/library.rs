//! The remedies, read from the Markdown files beside this one.
//!
//! A file begins with `# id: title` and `checks: …`, then the guidance, `## needs review` with a list, and a
//! `## section` with one fenced block for each framework and for `generic`. The tests read every file.

use std::sync::LazyLock;

use super::framework::Framework;

/// One file each; a new remedy is a file and a line.
const FILES: [&str; 27] = [
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

static REMEDIES: LazyLock<Vec<Remedy>> = LazyLock::new(|| FILES.iter().filter_map(|file| read(file)).collect());

/// What to do about a kind of weakness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// `object-ownership`
    pub id: &'static str,
    /// What to do, in one line.
    pub title: &'static str,
    /// Why, and the rules; Markdown.
    pub guidance: &'static str,
    /// Checks whose findings it answers.
    pub checks: Vec<&'static str>,
    /// What somebody who knows the project must look at.
    pub needs_review: Vec<&'static str>,
    code: Vec<Code>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Code {
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

    fn of(&self, framework: Framework) -> Option<&Code> {
        let section = |name: &str| self.code.iter().find(|code| code.section == name);
        section(framework.section()).or_else(|| section("generic"))
    }
}

/// The remedy of this id.
pub fn get(id: &str) -> Option<&'static Remedy> {
    REMEDIES.iter().find(|remedy| remedy.id == id)
}

/// The remedy for findings of a check.
pub fn for_check(check: &str) -> Option<&'static Remedy> {
    REMEDIES.iter().find(|remedy| remedy.checks.contains(&check))
}

/// All remedies, in a fixed order.
pub fn all() -> &'static [Remedy] {
    &REMEDIES
}

fn read(file: &'static str) -> Option<Remedy> {
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
    };
    for section in sections {
        let (name, body) = section.split_once('\n')?;
        if name == "needs review" {
            remedy.needs_review = body.lines().filter_map(|line| line.strip_prefix("- ")).collect();
            continue;
        }
        let (language, text) = body.trim().strip_prefix("```")?.strip_suffix("```")?.split_once('\n')?;
        remedy.code.push(Code { section: name, language, text });
    }
    Some(remedy)
}
