//! Fields that no schema names, and documents that leave room for more than they name.

use axum::Router;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, ok, signed};

pub(super) fn drafts() -> Vec<Draft> {
    let guest = properties();
    let closed = json!({"type": "object", "properties": guest});
    vec![
        draft("guests-weak", &closed, serve(true)),
        draft("guests-repaired", &closed, serve(false)),
        draft("guests-passport-weak", &closed, passport),
        draft("guests-flags", &closed, flags),
        draft("guests-masked", &closed, masked),
        draft(
            "guests-open-document",
            &json!({"type": "object", "properties": guest, "additionalProperties": true}),
            serve(true),
        ),
        draft("guests-free-document", &json!({"type": "object"}), serve(true)),
        draft(
            "guests-subtypes",
            &json!({"type": "object", "properties": guest, "discriminator": {"propertyName": "kind"}}),
            serve(true),
        ),
        draft(
            "guests-in-parts",
            &json!({
                "allOf": [closed, {"type": "object", "properties": {"internal_notes": {"type": "string"}}}],
                "oneOf": [{"type": "object", "properties": {"risk_score": {"type": "number"}}}, {"type": "null"}],
            }),
            serve(true),
        ),
        draft("guests-as-page", &closed, page),
    ]
}

const SCHEME: Scheme = Scheme::Bearer;

fn properties() -> Value {
    json!({"login": {"type": "string"}, "room": {"type": "integer"}, "email": {"type": "string"}})
}

fn guest(who: &str) -> Value {
    json!({"login": who, "room": if who == "alice" { 214 } else { 307 }, "email": format!("{who}@mail.example")})
}

fn with(who: &str, more: &Value) -> Response {
    let mut guest = guest(who);
    guest.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ok(guest)
}

fn serve(weak: bool) -> impl Fn(&'static str) -> Response + Clone + Send + Sync + 'static {
    move |who| {
        let more = json!({"internal_notes": format!("{who} complains a lot, no upgrades"), "risk_score": 71.5});
        if weak { with(who, &more) } else { ok(guest(who)) }
    }
}

fn passport(who: &'static str) -> Response {
    with(who, &json!({"passportNumber": if who == "alice" { "C01X00T47" } else { "L8988901C" }}))
}

/// Nothing that harms: a flag, a count, a time.
fn flags(who: &'static str) -> Response {
    with(who, &json!({"is_admin": false, "visits": 12, "updated_at": "2031-05-05T05:05:05Z"}))
}

/// Names without what they name, and the number of nothing.
fn masked(who: &'static str) -> Response {
    with(who, &json!({"internal_notes": "", "risk_score": 0, "passport_number": "*********", "cost_price": null}))
}

/// The document promises JSON.
fn page(who: &'static str) -> Response {
    format!("Welcome {who}, your room is ready and the kitchen closes at ten").into_response()
}

fn draft(
    name: &'static str,
    schema: &Value,
    answer: impl Fn(&'static str) -> Response + Clone + Send + Sync + 'static,
) -> Draft {
    let responses = json!({"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}});
    let weak = name.ends_with("weak");
    Draft {
        name,
        router: Router::new().route("/stay", signed(SCHEME, answer)),
        document: Document::new("Hotel", SCHEME).operation(
            "/stay",
            "My stay",
            &json!({}),
            json!({"responses": responses}),
        ),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("property/undocumented-field", "GET /stay")] } else { vec![] },
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::{anonymous, get};

    #[tokio::test]
    async fn the_notes_leave_the_weak_twin_alone() {
        let (weak, repaired) = (named("guests-weak").await, named("guests-repaired").await);
        assert!(get(&weak, "alice", "/stay").await.has("no upgrades"));
        assert!(!get(&repaired, "alice", "/stay").await.has("no upgrades"));
        assert_eq!(anonymous(&weak, "/stay").await.status, 401);
        assert!(!weak.document.to_string().contains("internal_notes"));
    }
}
