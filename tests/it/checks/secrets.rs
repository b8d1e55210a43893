//! Secrets in answers: tokens of others beside tokens that are no news, coded keys, and bodies that are not read whole. None
//! of it is shown a second time.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use routewarden::model::Confidence;
use routewarden::report::CoverageOutcome;
use serde_json::{Value, json};

use super::kit::{finding, no, outcome, serve, yes};
use crate::twins::payment_key;

const CHECK: &str = "data/secret-in-response";
const TWO: [(&str, &str, &str); 2] = [("alice", "user", ""), ("bob", "user", "")];

/// A token of its own for each subject, algorithm and end.
fn token(subject: &str, algorithm: &str, ends: i64) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signature = if algorithm == "none" { String::new() } else { URL_SAFE_NO_PAD.encode(format!("{subject:_<48}")) };
    let claims = json!({"sub": subject, "exp": ends, "iss": "https://id.shop.test"});
    format!("{}.{}.{signature}", part(json!({"alg": algorithm, "typ": "JWT"})), part(claims))
}

/// A token of these claims, none of them a subject.
fn claimed(claims: Value) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(json!({"alg": "HS256", "typ": "JWT"}));
    format!("{head}.{}.{}", part(claims), URL_SAFE_NO_PAD.encode("the signature of a door, no caller's"))
}

/// What an authenticator scans.
fn seed(of: &str) -> String {
    format!("otpauth://totp/Shop:{of}?secret={}&issuer=Shop", "MZXW6YTBOI4DSNRQGJ2HK3LTOQ3TMNBV")
}

const SIGNATURE: &str = "9f2c41d07be6a83554e1c09d7ab2f6180c3e95d4471f2ab86de0935c17f4ba62";

const LATER: i64 = 4_000_000_000;

/// A card number that passes its check digit and is no published sample.
const CARD: &str = "4556737586899855";

fn shop(path: &str, who: Option<&str>) -> (u16, Value) {
    // Everybody is shown this one.
    if path == "/public" {
        return yes(json!({"who": who, "blob": STANDARD.encode(format!("key={};", payment_key("open")))}));
    }
    let Some(who) = who.filter(|who| *who != "?") else { return no(401) };
    let other = if who == "alice" { "bob" } else { "alice" };
    match path {
        "/me" => yes(json!({"username": who, "id": if who == "alice" { 71 } else { 72 }})),
        "/desk" => yes(json!({"note": format!("handover {}", token(other, "HS256", LATER))})),
        "/relay-info" => yes(json!({"note": format!("relay {}", token("svc-mailer", "HS256", LATER))})),
        "/own" => yes(json!({"note": format!("yours is {}", token(who, "HS256", LATER))})),
        "/renewed" => yes(json!({"ticket": claimed(json!({"guest": 4, "name": who, "exp": LATER}))})),
        "/handed" => yes(json!({"ticket": claimed(json!({"guest": 4, "name": other, "exp": LATER}))})),
        "/images" => yes(json!({"who": who, "urls": [
            format!("https://media.test/7.jpg?X-Amz-Credential={}W3KQ7ZD5TLNXC2VB%2F20250301%2Feu%2Fs3%2Faws4_request&X-Amz-Expires=3600&X-Amz-Signature={SIGNATURE}", "AKIA"),
            format!("/media/7?expires={LATER}&sig={SIGNATURE}"),
            format!("https://media.test/sign/7.jpg?token={}", claimed(json!({"url": "7.jpg", "exp": LATER}))),
        ]})),
        "/image-of-other" => {
            yes(json!({"url": format!("https://media.test/7.jpg?token={}", token(other, "HS256", LATER))}))
        }
        "/paid-in-address" => yes(json!({"url": format!("https://media.test/7.jpg?key={}", payment_key("address"))})),
        "/me/authenticator" => yes(json!({"otpauth": seed(who)})),
        "/desk/authenticator" => yes(json!({"otpauth": seed(other)})),
        "/card" => yes(json!({"note": seed(who)})),
        "/over-info" => yes(json!({"note": format!("it was {}", token(other, "HS256", 1_500_000_000))})),
        "/unsigned" => yes(json!({"note": token(other, "none", LATER)})),
        "/coded" => yes(json!({"blob": STANDARD.encode(format!("key={};", payment_key("coded")))})),
        "/within-info" => yes(json!({"raw": json!({"note": payment_key("within")}).to_string()})),
        "/many-info" => yes(json!({"keys": (0..1_100).map(|n| payment_key(&format!("many{n}"))).collect::<Vec<_>>()})),
        "/long-info" => yes(json!({"a": payment_key("long"), "pad": "x".repeat(2_300_000)})),
        "/people" => yes(json!({"rows": [{"email": "k.marsh@shop.test", "ref": CARD}]})),
        _ => no(404),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_the_callers_own_or_opens_one_file_is_no_secret_of_a_service() {
    let paths =
        "/me /renewed /handed /images /image-of-other /paid-in-address /me/authenticator /desk/authenticator /card"
            .split(' ')
            .collect::<Vec<_>>();
    let report = serve(&paths, &TWO, shop).await.bench.scan().await;
    for (path, wanted) in [
        ("/renewed", None),
        ("/handed", Some(Confidence::Confirmed)),
        ("/images", None),
        ("/image-of-other", Some(Confidence::Confirmed)),
        ("/paid-in-address", Some(Confidence::Confirmed)),
        ("/me/authenticator", None),
        ("/desk/authenticator", Some(Confidence::Confirmed)),
        ("/card", Some(Confidence::Confirmed)),
    ] {
        let found: Vec<_> = report
            .findings
            .iter()
            .filter(|found| found.check == CHECK)
            .filter(|found| std::iter::once(&found.operation).chain(&found.also).any(|it| it.path == path))
            .map(|found| (found.confidence, &found.claim))
            .collect();
        assert_eq!(found.first().map(|(confidence, _)| *confidence), wanted, "{path}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_that_are_news_are_told_and_not_shown() {
    let paths =
        "/me /desk /relay-info /own /over-info /unsigned /coded /public /within-info /many-info /long-info /people"
            .split(' ')
            .collect::<Vec<_>>();
    let report = serve(&paths, &TWO, shop).await.bench.scan().await;
    let confidence = |path: &str| finding(&report, CHECK, path).map(|finding| finding.confidence);
    for (path, wanted) in [
        ("/desk", Some(Confidence::Confirmed)),
        ("/relay-info", Some(Confidence::Suspected)),
        ("/own", None),
        ("/over-info", None),
        ("/unsigned", None),
        ("/coded", Some(Confidence::Confirmed)),
        ("/public", Some(Confidence::Confirmed)),
        ("/within-info", Some(Confidence::Confirmed)),
        ("/many-info", Some(Confidence::Confirmed)),
        ("/long-info", None),
    ] {
        let rows: Vec<_> =
            report.coverage.iter().filter(|row| row.check == CHECK && row.operation.path == path).collect();
        assert_eq!(confidence(path), wanted, "{path}: {rows:?}");
    }
    let clauses = &finding(&report, CHECK, "/many-info").unwrap().clauses;
    assert!(clauses.iter().any(|clause| clause.because.contains("there may be more")), "{clauses:?}");
    let (skipped, because) = outcome(&report, CHECK, "/long-info");
    assert!(skipped == CoverageOutcome::NotTried && because.contains("longer than"), "{because}");
    assert!(finding(&report, "data/personal-data", "/people").is_some());
    let text = serde_json::to_string(&report).unwrap();
    let coded = STANDARD.encode(format!("key={};", payment_key("coded")));
    let open = STANDARD.encode(format!("key={};", payment_key("open")));
    let signatures = ["alice", "bob", "svc-mailer"].map(|who| URL_SAFE_NO_PAD.encode(format!("{who:_<48}")));
    for secret in [payment_key("coded"), payment_key("within"), payment_key("many7"), coded, open, CARD.to_owned()]
        .iter()
        .chain(&signatures)
    {
        assert!(!text.contains(secret.as_str()), "{secret} stands in the report");
    }
}
