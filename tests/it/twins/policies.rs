//! Orders that several routes keep to their owner, and that two routes leak: neither leak may excuse the other. And
//! things with an owner that everyone is shown.

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only, refuse, signed, unauthorized};

const SCHEME: Scheme = Scheme::Bearer;
const PAIR: &[(&str, &str)] = &[("alice", "user"), ("bob", "user")];

pub(super) fn drafts() -> Vec<Draft> {
    vec![
        orders("orders-leaking-twice", true),
        orders("orders-kept", false),
        garden("garden-shown-to-all"),
        drafts_of_authors("drafts-open-by-name", true),
        drafts_of_authors("drafts-kept-by-name", false),
    ]
}

fn all_orders() -> Value {
    json!([
        {"number": "7701", "customer": "alice", "sum": 418.25, "gift_note": "For Nora, with the blue ribbon"},
        {"number": "7702", "customer": "bob", "sum": 93.75, "gift_note": "Leave it behind the green shed"},
    ])
}

/// The list, the agenda and the lines know owners; the order by its number and the daily report do not, where `leaks`.
fn orders(name: &'static str, leaks: bool) -> Draft {
    let own = |who: &str| only(&all_orders(), |order| order["customer"] == who);
    let list = move |who: &'static str| ok(json!({"orders": own(who)}));
    let agenda = move |who: &'static str| ok(json!({"due": own(who)}));
    let one = async move |headers: HeaderMap, Path(number): Path<String>| {
        let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
        let order = find(&all_orders(), "/number", &number).filter(|order| leaks || order["customer"] == who);
        order.map_or_else(|| refuse(404, "no such order"), ok)
    };
    let lines = async move |headers: HeaderMap, Path(number): Path<String>| {
        let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
        let order = find(&all_orders(), "/number", &number).filter(|order| order["customer"] == who);
        order.map_or_else(
            || refuse(404, "no such order"),
            |order| ok(json!([{"line": format!("{}-1", order["number"].as_str().unwrap()), "what": "Walnut box"}])),
        )
    };
    let report = async move |headers: HeaderMap| -> Response {
        if !leaks && SCHEME.who(&headers).is_none() {
            return unauthorized();
        }
        let shown = if leaks { all_orders() } else { json!([]) };
        ok(json!({"day": "2026-03-02", "orders": shown}))
    };
    let example = all_orders()[0].clone();
    let document = Document::new("Orders", SCHEME)
        .get("/orders", "The caller's orders", &json!({"orders": all_orders()}))
        .get("/agenda", "What is due of the caller's", &json!({"due": all_orders()}))
        .get("/orders/{number}", "One order", &example)
        .get("/orders/{number}/lines", "Its lines", &json!([{"line": "7701-1", "what": "Walnut box"}]))
        .get("/reports/daily", "The day in numbers", &json!({"day": "2026-03-02", "orders": all_orders()}));
    let router = Router::new()
        .route("/orders", signed(SCHEME, list))
        .route("/agenda", signed(SCHEME, agenda))
        .route("/orders/{number}", get(one))
        .route("/orders/{number}/lines", get(lines))
        .route("/reports/daily", get(report));
    let expect: Vec<(&'static str, &'static str)> = if leaks {
        vec![("authz/bola-read", "GET /orders/{number}"), ("authn/missing", "GET /reports/daily")]
    } else {
        vec![]
    };
    Draft { name, router, document, identities: SCHEME.identities(PAIR), expect }
}

/// Beds have an owner, and every member looks at all of them.
fn garden(name: &'static str) -> Draft {
    let beds = || {
        json!([
            {"bed": "b-2201", "owner_id": "alice", "owner_name": "alice", "crop": "Scarlet runner beans"},
            {"bed": "b-2202", "owner_id": "bob", "owner_name": "bob", "crop": "Purple sprouting broccoli"},
        ])
    };
    let one = async move |headers: HeaderMap, Path(bed): Path<String>| {
        if SCHEME.who(&headers).is_none() {
            return unauthorized();
        }
        find(&beds(), "/bed", &bed).map_or_else(|| refuse(404, "no such bed"), ok)
    };
    let document = Document::new("Garden", SCHEME)
        .get("/me", "Who am I", &json!({"login": "alice"}))
        .get("/beds", "All beds", &json!({"beds": beds()}))
        .get("/beds/{bed}", "One bed", &beds()[0]);
    let router = Router::new()
        .route("/me", signed(SCHEME, |who| ok(json!({"login": who}))))
        .route("/beds", signed(SCHEME, move |_| ok(json!({"beds": beds()}))))
        .route("/beds/{bed}", get(one));
    Draft { name, router, document, identities: SCHEME.identities(PAIR), expect: vec![] }
}

/// No field names the author; the collection shows each author its own.
fn drafts_of_authors(name: &'static str, open: bool) -> Draft {
    let texts = |who: &str| {
        json!([
            {"slug": format!("{who}-morning-3310"), "text": format!("{who} wrote about the early tram to the harbour")},
            {"slug": format!("{who}-evening-3311"), "text": format!("{who} wrote about the lamps along the canal")},
        ])
    };
    let one = async move |headers: HeaderMap, Path(slug): Path<String>| {
        let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
        let seen: Vec<&str> = if open { vec!["alice", "bob"] } else { vec![who] };
        let found = seen.into_iter().find_map(|author| find(&texts(author), "/slug", &slug));
        found.map_or_else(|| refuse(404, "no such draft"), ok)
    };
    let document = Document::new("Drafts", SCHEME).get("/drafts", "The caller's drafts", &texts("alice")).get(
        "/drafts/{slug}",
        "One draft",
        &texts("alice")[0],
    );
    let router =
        Router::new().route("/drafts", signed(SCHEME, move |who| ok(texts(who)))).route("/drafts/{slug}", get(one));
    let expect = if open { vec![("authz/bola-read", "GET /drafts/{slug}")] } else { vec![] };
    Draft { name, router, document, identities: SCHEME.identities(PAIR), expect }
}
