//! The library as a whole.

use std::collections::BTreeSet;

use routewarden::remedy::{Framework, all, for_check, get};

#[test]
fn every_file_is_read_and_every_remedy_is_complete() {
    let n_files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/remedy/data")).unwrap().count();
    assert_eq!(all().len(), n_files);
    let ids: BTreeSet<_> = all().iter().map(|remedy| remedy.id).collect();
    assert_eq!(ids.len(), n_files);
    for remedy in all() {
        assert!(!remedy.title.is_empty() && remedy.title.len() < 80, "{}", remedy.id);
        assert!(remedy.guidance.lines().count() >= 4, "{}", remedy.id);
        assert!(!remedy.guidance.contains("```"), "{}", remedy.id);
        assert!(!remedy.needs_review.is_empty(), "{}", remedy.id);
        for framework in Framework::ALL {
            assert!(remedy.has_code(framework), "{} has nothing for {framework}", remedy.id);
            assert!(remedy.code(framework).lines().count() >= 3, "{} {framework}", remedy.id);
            assert!(!remedy.code(framework).contains("```"), "{} {framework}", remedy.id);
        }
    }
}

#[test]
fn every_present_check_has_its_remedy() {
    for (check, remedy) in [
        ("authz/bola-read", "object-ownership"),
        ("authz/bola-nested", "object-ownership"),
        ("authz/bola-list", "scoped-list"),
        ("authz/function-read", "role-check"),
        ("authn/missing", "require-authentication"),
        ("authn/inconsistent", "require-authentication"),
        ("authn/challenge-missing", "challenge-header"),
        ("token/signature-not-verified", "verify-signature"),
        ("token/alg-none", "verify-signature"),
        ("token/weak-secret", "strong-signing-key"),
        ("token/expired-accepted", "enforce-expiry"),
        ("property/excessive-exposure", "response-schema"),
        ("data/personal-data", "response-schema"),
        ("data/secret-in-response", "response-schema"),
        ("data/stack-trace", "error-handler"),
        ("config/security-headers", "security-headers"),
        ("config/cors", "cors-origins"),
        ("inventory/drift", "keep-document-true"),
        ("authz/bola-write", "object-ownership"),
        ("authz/bola-delete", "object-ownership"),
        ("authz/bola-body", "owner-from-session"),
        ("authz/existence-oracle", "uniform-refusal"),
        ("authz/predictable-id", "unguessable-ids"),
        ("authz/function-write", "role-check"),
        ("authz/role-escalation", "field-allow-list"),
        ("authz/method-override", "no-method-override"),
        ("authz/trusted-header", "untrusted-headers"),
        ("authn/missing-write", "require-authentication"),
        ("authn/user-enumeration", "uniform-sign-in"),
        ("authn/no-throttling", "throttle-sign-in"),
        ("authn/weak-password-accepted", "password-policy"),
        ("authn/credential-in-url", "credentials-out-of-urls"),
        ("property/mass-assignment", "field-allow-list"),
        ("property/undocumented-field", "response-schema"),
        ("token/logout-ineffective", "revoke-on-sign-out"),
        ("token/stale-role", "role-from-store"),
        ("llm/token-leak", "model-context"),
        ("llm/unauthenticated", "require-authentication"),
        ("llm/unbounded-consumption", "model-bounds"),
    ] {
        assert_eq!(for_check(check).map(|found| found.id), Some(remedy), "{check}");
        assert_eq!(get(remedy).map(|found| found.id), Some(remedy));
    }
    assert_eq!(get("no-such"), None);
}

#[test]
fn names_of_frameworks_are_read_as_people_write_them() {
    for framework in Framework::ALL {
        assert_eq!(Framework::parse(framework.as_str()), framework);
    }
    assert_eq!(Framework::parse("Django REST framework"), Framework::DjangoRest);
    assert_eq!(Framework::parse("Spring Boot"), Framework::SpringBoot);
    assert_eq!(Framework::parse("ASP.NET Core"), Framework::AspNet);
    assert_eq!(Framework::parse("Symfony"), Framework::Unknown);
}

#[test]
fn tokens_are_verified_with_everything_pinned() {
    let remedy = get("verify-signature").unwrap();
    for framework in Framework::ALL {
        let code = remedy.code(framework).to_ascii_lowercase();
        for word in ["issuer", "audience", "exp"] {
            assert!(code.contains(word) || framework == Framework::DjangoRest && word == "exp", "{framework}: {word}");
        }
        assert!(code.contains("rs256") || framework == Framework::Unknown, "{framework}");
    }
}
