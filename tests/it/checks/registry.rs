use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use routewarden::checks::{Need, PlanCx, all_checks, find_check, select_checks};
use routewarden::llm::LlmSettings;
use routewarden::model::{Api, Mode, Operation, Place, Style};

use crate::probe_build::{operation, parameter};

const CATALOGUE: &[&str] = &[
    "authz/bola-read",
    "authz/bola-write",
    "authz/bola-delete",
    "authz/bola-body",
    "authz/bola-list",
    "authz/bola-nested",
    "authz/existence-oracle",
    "authz/predictable-id",
    "authz/function-read",
    "authz/function-write",
    "authz/role-escalation",
    "authz/method-override",
    "authz/trusted-header",
    "authn/missing",
    "authn/missing-write",
    "authn/inconsistent",
    "authn/user-enumeration",
    "authn/no-throttling",
    "authn/weak-password-accepted",
    "authn/credential-in-url",
    "authn/challenge-missing",
    "token/signature-not-verified",
    "token/alg-none",
    "token/weak-secret",
    "token/key-confusion",
    "token/kid-injection",
    "token/embedded-key",
    "token/expired-accepted",
    "token/claims-unchecked",
    "token/stale-role",
    "token/logout-ineffective",
    "token/long-lived",
    "token/sensitive-claims",
    "token/predictable",
    "property/mass-assignment",
    "property/excessive-exposure",
    "property/undocumented-field",
    "data/personal-data",
    "data/secret-in-response",
    "data/stack-trace",
    "limits/no-rate-limit",
    "limits/unbounded-page",
    "ssrf/callback",
    "ssrf/redirect-followed",
    "inject/sql",
    "inject/nosql",
    "inject/command",
    "inject/template",
    "inject/path-traversal",
    "inject/header",
    "inject/open-redirect",
    "validation/server-error",
    "config/cors",
    "config/security-headers",
    "config/cacheable-private",
    "config/cleartext",
    "config/cookie-flags",
    "config/trace-method",
    "config/debug-endpoint",
    "config/version-disclosure",
    "inventory/drift",
    "inventory/undocumented-route",
    "inventory/ghost-route",
    "inventory/old-version",
    "inventory/document-exposed",
    "graphql/introspection",
    "graphql/batching",
    "graphql/depth",
    "graphql/field-authorization",
    "llm/token-leak",
    "llm/system-prompt-leak",
    "llm/instruction-override",
    "llm/cross-user-leak",
    "llm/tool-abuse",
    "llm/unsafe-output",
    "llm/unauthenticated",
    "llm/unbounded-consumption",
    "llm/model-disclosure",
    "source/ownership-missing",
    "source/auth-missing",
    "source/token-not-verified",
];

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks")
}

#[test]
fn the_register_is_the_catalogue() {
    let ids: Vec<&str> = all_checks().iter().map(|check| check.meta().id).collect();
    assert_eq!(ids, CATALOGUE);
}

#[test]
fn a_check_lives_in_the_file_of_its_id_and_its_family_lists_it() {
    for check in all_checks() {
        let (family, name) = check.meta().id.split_once('/').unwrap();
        let module = name.replace('-', "_");
        let source = std::fs::read_to_string(sources().join(family).join(format!("{module}.rs"))).unwrap();
        assert!(source.starts_with(&format!("//! `{}`.", check.meta().id)), "{}", check.meta().id);
        let list = std::fs::read_to_string(sources().join(family).join("mod.rs")).unwrap();
        assert!(list.contains(&format!("{module}::")), "{}", check.meta().id);
    }
}

#[test]
fn every_file_that_declares_a_check_is_registered() {
    let mut declared = BTreeSet::new();
    for family in std::fs::read_dir(sources()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for file in std::fs::read_dir(&family).unwrap().map(|entry| entry.unwrap().path()) {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            if text.contains("\ncheck! {") {
                let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().replace('_', "-");
                declared.insert(format!("{}/{}", name(&family), name(&file)));
            }
        }
    }
    assert_eq!(declared, CATALOGUE.iter().map(|id| (*id).to_owned()).collect());
}

#[test]
fn manuals_have_their_five_headings_in_order() {
    let headings = ["What it does", "Why it matters", "How it is confirmed", "When it stays silent", "References"];
    for check in all_checks() {
        let found: Vec<&str> = check.meta().manual.lines().filter_map(|line| line.trim().strip_prefix("## ")).collect();
        assert_eq!(found, headings, "{}", check.meta().id);
        let empty = check
            .meta()
            .manual
            .split("## ")
            .skip(1)
            .find(|part| part.lines().skip(1).all(|line| line.trim().is_empty()));
        assert_eq!(empty, None, "{}", check.meta().id);
    }
}

/// An entry of the API list of 2023, or of the list for applications of language models of 2025.
fn is_listed(entry: &str) -> bool {
    entry.starts_with("API") && entry.ends_with(":2023") || entry.starts_with("LLM") && entry.ends_with(":2025")
}

#[test]
fn facts_are_complete() {
    for check in all_checks() {
        let meta = check.meta();
        assert!(routewarden::remedy::find_by_id(meta.remedy).is_some(), "{} has no remedy {}", meta.id, meta.remedy);
        assert!(!meta.owasp.is_empty() && meta.owasp.iter().all(|entry| is_listed(entry)), "{}", meta.id);
        let title = meta.title.to_lowercase();
        for hedge in ["possible", "potential", "check for", "may be", "might", "could", "?"] {
            assert!(!title.contains(hedge), "{}: {title}", meta.id);
        }
        assert!(meta.title.starts_with(char::is_uppercase) && !meta.title.ends_with('.'), "{}", meta.title);
    }
}

#[test]
fn checks_are_chosen_by_id_and_by_family() {
    let ids = |wanted: &[&str]| -> Result<Vec<&str>, String> {
        let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
        let checks = select_checks(&wanted).map_err(|unknown| unknown.to_string())?;
        Ok(checks.iter().map(|check| check.meta().id).collect())
    };
    assert_eq!(ids(&[]).unwrap().len(), CATALOGUE.len());
    assert_eq!(ids(&["validation", "authz/bola-read"]).unwrap(), ["authz/bola-read", "validation/server-error"]);
    assert_eq!(ids(&["token/*"]).unwrap().len(), CATALOGUE.iter().filter(|id| id.starts_with("token/")).count());
    assert!(ids(&["authz/bola-raed"]).unwrap_err().contains("`authz/bola-read`"));
    assert!(find_check("authz").is_none());
}

fn big() -> Api {
    let id = |name: &str| parameter(name, Place::Path, Style::Simple, false);
    let of = |number: usize| -> Operation {
        match number % 3 {
            0 => operation(&format!("/things{number}"), Vec::new()),
            1 => operation(&format!("/things{number}/{{id}}"), vec![id("id")]),
            _ => operation(
                &format!("/admin/things{number}/{{thing_id}}/parts/{{part_id}}"),
                vec![id("thing_id"), id("part_id")],
            ),
        }
    };
    Api { operations: (0..10_000).map(of).collect(), ..Api::default() }
}

#[test]
fn planning_is_pure_and_bounded_on_a_big_api() {
    let api = big();
    let cx = PlanCx { api: &api, identities: &[], mode: Mode::Passive, llm: LlmSettings::NONE };
    for check in all_checks() {
        let plan = || -> Vec<Need> { api.operations.iter().map(|operation| check.plan(&cx, operation)).collect() };
        let first = plan();
        assert_eq!(first, plan(), "{}", check.meta().id);
        let most = first.iter().map(|need| if let Need::Requests(count) = need { *count } else { 0 }).max();
        assert!(most.is_some_and(|most| most <= 40), "{} asks {most:?}", check.meta().id);
    }
}
