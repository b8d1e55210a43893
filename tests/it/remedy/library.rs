//! The library as a whole.

use std::collections::BTreeSet;

use routewarden::remedy::{Framework, find_by_id, for_check, list_all};

#[test]
fn every_file_is_read_and_every_remedy_is_complete() {
    let n_files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/remedy/data")).unwrap().count();
    assert_eq!(list_all().len(), n_files);
    let ids: BTreeSet<_> = list_all().iter().map(|remedy| remedy.id).collect();
    assert_eq!(ids.len(), n_files);
    for remedy in list_all() {
        assert!(!remedy.title.is_empty() && remedy.title.len() < 80, "{}", remedy.id);
        assert!(remedy.guidance.lines().count() >= 4, "{}", remedy.id);
        assert!(!remedy.guidance.contains("```"), "{}", remedy.id);
        assert!(!remedy.needs_review.is_empty(), "{}", remedy.id);
        for framework in Framework::ALL {
            assert!(remedy.code(framework).lines().count() >= 3, "{} {framework}", remedy.id);
            assert!(!remedy.code(framework).contains("```"), "{} {framework}", remedy.id);
        }
    }
}

/// The frameworks that have code of their own: others are shown with one of these.
fn sampled() -> Vec<Framework> {
    Framework::ALL.into_iter().filter(|known| known.sampled_in() == *known && *known != Framework::Unknown).collect()
}

#[test]
fn every_remedy_has_code_or_a_reason_for_every_framework() {
    let (mut done, mut reasoned) = (0, 0);
    for remedy in list_all() {
        assert!(remedy.has_code(Framework::Unknown), "{} has nothing that fits any", remedy.id);
        for framework in sampled() {
            match (remedy.has_code(framework), remedy.reason(framework)) {
                (true, None) => done += 1,
                (false, Some(reason)) => {
                    reasoned += 1;
                    assert!(reason.len() > 40 && reason.lines().count() == 1, "{} {framework}: {reason}", remedy.id);
                }
                (has, reason) => panic!("{} {framework}: code {has}, reason {reason:?}", remedy.id),
            }
        }
    }
    assert_eq!((sampled().len(), done, reasoned), (12, 370, 2));
}

#[test]
fn guidance_speaks_of_the_check_s_own_case() {
    for remedy in list_all() {
        let rules = remedy.guidance.split_once("\n\n").unwrap().1;
        let mut seen = BTreeSet::new();
        for check in &remedy.checks {
            let guidance = remedy.guidance_for(check);
            assert!(guidance.ends_with(rules), "{check}");
            assert!(seen.insert(guidance), "{check} is told what another check of {} is told", remedy.id);
        }
    }
    let nested = find_by_id("object-ownership").unwrap().guidance_for("authz/bola-nested");
    assert!(nested.starts_with("The parent's owner is checked, the child is not tied to the parent"), "{nested}");
    let deleted = find_by_id("object-ownership").unwrap().guidance_for("authz/bola-delete");
    assert!(!deleted.contains("reads it by trying ids"), "{deleted}");
}

#[test]
fn every_check_of_the_catalogue_is_answered_by_the_remedy_that_it_names() {
    for check in routewarden::checks::all_checks() {
        let meta = check.meta();
        assert_eq!(for_check(meta.id).map(|found| found.id), Some(meta.remedy), "{}", meta.id);
    }
}

/// Samples for one project must fit each other: one algorithm, and one name for each setting.
#[test]
fn samples_of_tokens_agree_on_algorithm_and_names() {
    let ours = ["JWT_SECRET_KEY", "JWT_ISSUER", "JWT_AUDIENCE"];
    // Settings of Flask-JWT-Extended, and the parts of Django's dictionary.
    let library = ["ALGORITHM", "DECODE_", "ENCODE_", "ACCESS_TOKEN_EXPIRES", "REFRESH_TOKEN_EXPIRES"];
    for remedy in list_all() {
        for framework in Framework::ALL {
            let code = remedy.code(framework);
            for other in ["RS256", "ES256", "HS384", "HS512", "PS256"] {
                assert!(!code.contains(other), "{} {framework}: {other}", remedy.id);
            }
            for word in code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
                let Some(name) = word.strip_prefix("JWT_") else { continue };
                let is_known = ours.contains(&word)
                    || framework == Framework::Flask && library.iter().any(|known| name.starts_with(known));
                assert!(is_known, "{} {framework}: {word}", remedy.id);
            }
        }
    }
}

/// What closes everything names the sign-in as open, or is put on single routes.
#[test]
fn no_sample_shuts_the_sign_in() {
    for remedy in list_all() {
        let java = remedy.code(Framework::SpringBoot);
        if java.contains("anyRequest()") {
            assert!(java.contains("\"/login\", \"/signup\").permitAll()"), "{}", remedy.id);
        }
        let express = remedy.code(Framework::Express);
        if express.contains("app.use(requireAuth") || express.contains(": requireAuth(req, res, next)") {
            assert!(express.contains("'POST /login'"), "{}", remedy.id);
        }
        let flask = remedy.code(Framework::Flask);
        if flask.contains("before_request\n")
            && flask.contains("verify_jwt_in_request()")
            && !flask.contains("Blueprint")
        {
            assert!(flask.contains("PUBLIC = {\"login\""), "{}", remedy.id);
        }
        let nest = remedy.code(Framework::NestJs);
        if nest.contains("class AuthGuard") {
            assert!(nest.contains("'isPublic'"), "{}", remedy.id);
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
        assert_eq!(find_by_id(remedy).map(|found| found.id), Some(remedy));
    }
    assert_eq!(find_by_id("no-such"), None);
}

#[test]
fn names_of_frameworks_are_read_as_people_write_them() {
    for framework in Framework::ALL {
        assert_eq!(Framework::parse(framework.as_str()), framework);
    }
    assert_eq!(Framework::parse("Django REST framework"), Framework::DjangoRest);
    assert_eq!(Framework::parse("Spring Boot"), Framework::SpringBoot);
    assert_eq!(Framework::parse("ASP.NET Core"), Framework::AspNet);
    assert_eq!(Framework::parse("net/http"), Framework::NetHttp);
    assert_eq!(Framework::parse("labstack/echo"), Framework::Echo);
    assert_eq!(Framework::parse("Symfony"), Framework::Unknown);
}

#[test]
fn tokens_are_verified_with_everything_pinned() {
    let remedy = find_by_id("verify-signature").unwrap();
    for framework in Framework::ALL {
        let code = remedy.code(framework).to_ascii_lowercase();
        for word in ["issuer", "audience", "exp"] {
            assert!(code.contains(word) || framework == Framework::DjangoRest && word == "exp", "{framework}: {word}");
        }
        assert!(code.contains("hs256") || framework == Framework::Unknown, "{framework}");
    }
}
