//! One test for each planted weakness.

use std::collections::HashSet;

use routewarden::demo::Demo;
use serde_json::Value;

use super::caller::{Caller, FAR, Seen, forged};

async fn both(who: &str, path: &str) -> (Seen, Seen) {
    (Caller::weak().await.get(who, path).await, Caller::repaired().await.get(who, path).await)
}

#[tokio::test]
async fn every_row_of_the_table_is_an_operation_of_the_document() {
    let document = Caller::weak().await.anonymous("/openapi.json").await.json();
    for (check, operation) in Demo::planted() {
        let path = operation.strip_prefix("GET ").unwrap();
        assert!(document["paths"][path]["get"].is_object(), "{check} {operation}");
    }
    assert_eq!(Demo::planted().iter().map(|row| row.0).collect::<HashSet<_>>().len(), Demo::planted().len());
}

#[tokio::test]
async fn the_document_reads_as_openapi_three() {
    let document = Caller::weak().await.anonymous("/openapi.json").await.json();
    let read: openapiv3::OpenAPI = serde_json::from_value(document).unwrap();
    let undescribed = |(path, _, operation): &(&str, &str, &openapiv3::Operation)| {
        operation.operation_id.is_none() && *path != "/reports/tax"
    };
    assert_eq!(read.operations().find(undescribed).map(|found| found.0), None);
}

#[tokio::test]
async fn an_invoice_of_another_person_is_readable_only_in_the_weak_version() {
    let (weak, repaired) = both("alice", "/invoices/61093").await;
    assert_eq!((weak.status, repaired.status), (200, 404));
    assert_eq!(weak.json()["owner_id"], 4102);
    assert_eq!(Caller::repaired().await.get("bob", "/invoices/61093").await.status, 200);
    let anonymous = Caller::weak().await.anonymous("/invoices/61093").await;
    assert_eq!(anonymous.status, 401);
}

#[tokio::test]
async fn the_payment_list_leaks_only_in_the_weak_version() {
    let (weak, repaired) = both("alice", "/payments").await;
    let owners = |seen: &Seen| -> HashSet<i64> {
        seen.json()["payments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|payment| payment["owner_id"].as_i64().unwrap())
            .collect()
    };
    assert_eq!(owners(&weak), HashSet::from([4101, 4102]));
    assert_eq!(owners(&repaired), HashSet::from([4101]));
    assert_eq!(Caller::weak().await.get("alice", "/payments/pay_8a13c6f7").await.status, 404);
}

#[tokio::test]
async fn a_contact_is_served_under_a_foreign_customer_only_in_the_weak_version() {
    let (weak, repaired) = both("alice", "/customers/cus_7hk2v9qa/contacts/8934").await;
    assert_eq!((weak.status, repaired.status), (200, 404));
    assert!(weak.text.contains("Declan Hurley"));
    let demo = Caller::weak().await;
    assert_eq!(demo.get("alice", "/customers/cus_b91pz4tc/contacts/8934").await.status, 404);
    assert_eq!(demo.get("alice", "/customers/cus_b91pz4tc").await.status, 404);
}

#[tokio::test]
async fn the_user_list_is_open_to_users_only_in_the_weak_version() {
    let (weak, repaired) = both("alice", "/admin/users").await;
    assert_eq!((weak.status, repaired.status), (200, 403));
    let demo = Caller::weak().await;
    for path in ["/admin/audit-log", "/admin/settings", "/admin/usage"] {
        assert_eq!(demo.get("alice", path).await.status, 403, "{path}");
        assert_eq!(demo.get("root", path).await.status, 200, "{path}");
    }
    assert_eq!(demo.anonymous("/admin/users").await.status, 401);
}

#[tokio::test]
async fn a_receipt_needs_no_credential_only_in_the_weak_version() {
    let (weak, repaired) = (Caller::weak().await, Caller::repaired().await);
    let open = weak.anonymous("/receipts/rcp-9b2c4").await;
    assert_eq!((open.status, repaired.anonymous("/receipts/rcp-9b2c4").await.status), (200, 401));
    assert!(open.text.contains("bob@ledgerly.example"));
    assert_eq!(weak.anonymous("/receipts").await.status, 401);
    assert_eq!(repaired.get("alice", "/receipts/rcp-9b2c4").await.status, 404);
}

#[tokio::test]
async fn a_nonsense_token_opens_the_activity_only_in_the_weak_version() {
    let (weak, repaired) = (Caller::weak().await, Caller::repaired().await);
    assert_eq!(weak.bearing("nonsense", "/team/activity").await.status, 200);
    assert_eq!(weak.anonymous("/team/activity").await.status, 401);
    assert_eq!(repaired.bearing("nonsense", "/team/activity").await.status, 401);
    for path in ["/team/members", "/team/holidays", "/team/offices", "/team/tools"] {
        assert_eq!(weak.bearing("nonsense", path).await.status, 401, "{path}");
        assert_eq!(weak.get("bob", path).await.status, 200, "{path}");
    }
}

/// Which of these protected routes take the token.
async fn taken(demo: &Caller, token: &str) -> Vec<&'static str> {
    let mut taken = Vec::new();
    for path in ["/me", "/profile", "/notifications", "/subscriptions/current", "/reports/summary", "/reports/tax"] {
        let seen = demo.bearing(token, path).await;
        assert!(matches!(seen.status, 200 | 401), "{path} {}", seen.status);
        if seen.status == 200 {
            taken.push(path);
        }
    }
    taken
}

#[tokio::test]
async fn each_token_fault_is_taken_where_it_was_planted() {
    let (weak, repaired) = (Caller::weak().await, Caller::repaired().await);
    let foreign_key = forged("HS256", FAR, b"not the key of this api");
    assert_eq!(taken(&weak, &foreign_key).await, ["/reports/summary"]);
    let unsigned = forged("None", FAR, b"");
    assert_eq!(taken(&weak, &unsigned).await, ["/subscriptions/current", "/reports/summary"]);
    let expired = forged("HS256", 1_700_000_000, b"secret");
    assert_eq!(taken(&weak, &expired).await, ["/notifications"]);
    let guessed = forged("HS256", FAR, b"secret");
    assert_eq!(taken(&weak, &guessed).await.len(), 6);
    for token in [foreign_key, unsigned, expired, guessed] {
        assert!(taken(&repaired, &token).await.is_empty(), "{token}");
    }
    assert_eq!(taken(&repaired, repaired.demo.token("alice").unwrap()).await.len(), 6);
}

#[tokio::test]
async fn the_profile_carries_a_hash_only_in_the_weak_version() {
    let (weak, repaired) = both("bob", "/profile").await;
    let hash = weak.json()["password_hash"].as_str().unwrap().to_owned();
    assert!(hash.starts_with("$2b$12$") && hash.len() == 60, "{hash}");
    assert_eq!(repaired.json().get("password_hash"), None);
    assert_eq!(repaired.json().get("totp_secret"), None);
}

#[tokio::test]
async fn an_unknown_quote_shows_a_backtrace_only_in_the_weak_version() {
    let (weak, repaired) = both("alice", "/quotes/999999").await;
    assert_eq!((weak.status, repaired.status), (500, 404));
    assert!(weak.text.contains("stack backtrace:") && !repaired.text.contains("backtrace"));
    let foreign = Caller::weak().await.get("alice", "/quotes/7388").await;
    assert!(foreign.status == 500 && !foreign.text.contains("dough"));
    let (own, _) = both("alice", "/quotes/7301").await;
    assert!(own.status == 200 && !own.text.contains("backtrace"));
}

#[tokio::test]
async fn only_the_repaired_version_sends_the_good_headers() {
    let (weak, repaired) = both("alice", "/me").await;
    for name in ["x-content-type-options", "strict-transport-security", "content-security-policy"] {
        assert!(!weak.headers.contains_key(name) && repaired.headers.contains_key(name), "{name}");
    }
    for seen in [weak, repaired] {
        assert_eq!(seen.headers["cache-control"], "private, no-store");
    }
    let (weak, repaired) =
        (Caller::weak().await.anonymous("/me").await, Caller::repaired().await.anonymous("/me").await);
    assert!(!weak.headers.contains_key("www-authenticate"));
    assert_eq!(repaired.headers["www-authenticate"], "Bearer realm=\"ledgerly\"");
}

#[tokio::test]
async fn a_foreign_origin_is_reflected_only_in_the_weak_version() {
    let origins = ["https://evil.example", "null", "https://app.ledgerly.example.evil.example"];
    let (weak, repaired) = (Caller::weak().await, Caller::repaired().await);
    for origin in origins {
        let open = weak.with("/preferences", &[("origin", origin)]).await;
        assert_eq!(open.headers["access-control-allow-origin"], origin);
        assert_eq!(open.headers["access-control-allow-credentials"], "true");
        let closed = repaired.with("/preferences", &[("origin", origin)]).await;
        assert!(!closed.headers.contains_key("access-control-allow-origin"), "{origin}");
    }
    let own = repaired.with("/preferences", &[("origin", "https://app.ledgerly.example")]).await;
    assert_eq!(own.headers["access-control-allow-origin"], "https://app.ledgerly.example");
}

#[tokio::test]
async fn the_session_cookie_opens_the_preferences_and_nothing_else() {
    let demo = Caller::weak().await;
    let cookie = format!("ledgerly_session={}", demo.demo.token("bob").unwrap());
    assert_eq!(demo.with("/preferences", &[("cookie", &cookie)]).await.json()["username"], "bob");
    assert_eq!(demo.with("/me", &[("cookie", &cookie)]).await.status, 401);
}

#[tokio::test]
async fn every_reading_operation_of_the_document_is_served() {
    let demo = Caller::repaired().await;
    let document = demo.anonymous("/openapi.json").await.json();
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(operation) = item.get("get") else { continue };
        let mut address = path.clone();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = match parameter.get("$ref").and_then(Value::as_str) {
                Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
                None => parameter,
            };
            if parameter["in"] == "path" {
                let example = parameter["example"].to_string();
                address =
                    address.replace(&format!("{{{}}}", parameter["name"].as_str().unwrap()), example.trim_matches('"'));
            }
        }
        let who = if path.starts_with("/admin") { "root" } else { "alice" };
        assert_eq!(demo.get(who, &address).await.status, 200, "{address}");
    }
}
