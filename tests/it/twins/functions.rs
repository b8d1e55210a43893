//! Functions above the caller's role, and a manager who may see everything by design.

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only, refuse, unauthorized};

pub(super) fn drafts() -> Vec<Draft> {
    vec![management_twin(true), management_twin(false), role_words()]
}

const SCHEME: Scheme = Scheme::Bearer;

fn is_manager(who: &str) -> bool {
    who == "maria"
}

fn shifts() -> Value {
    json!([
        {"shift": "sh-90117", "worker": "alice", "from": "2031-05-02T06:00:00Z", "place": "Gate 14", "allowance": 1840},
        {"shift": "sh-90118", "worker": "bob", "from": "2031-05-02T14:00:00Z", "place": "Cold store 3", "allowance": 2260},
    ])
}

fn payouts() -> Value {
    json!({"month": "2031-04", "payouts": [
        {"worker": "alice", "gross": 318450, "iban": "NL20INGB0001234567"},
        {"worker": "bob", "gross": 297310, "iban": "NL44RABO0123456789"},
        {"worker": "maria", "gross": 451200, "iban": "NL02ABNA0123456789"},
    ]})
}

async fn me(headers: HeaderMap) -> Response {
    SCHEME.who(&headers).map_or_else(unauthorized, |who| ok(json!({"worker": who, "badge": format!("badge-of-{who}")})))
}

/// Sound: workers see their own shifts, the manager sees all of them by design.
async fn my_shifts(headers: HeaderMap) -> Response {
    let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
    ok(json!(only(&shifts(), |shift| is_manager(who) || shift["worker"] == who)))
}

async fn shift(headers: HeaderMap, Path(id): Path<String>) -> Response {
    let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
    match find(&shifts(), "/shift", &id) {
        Some(shift) if is_manager(who) || shift["worker"] == who => ok(shift),
        _ => refuse(404, "no such shift"),
    }
}

async fn managed(open: bool, headers: HeaderMap, body: Value) -> Response {
    match SCHEME.who(&headers) {
        None => unauthorized(),
        Some(who) if open || is_manager(who) => ok(body),
        Some(_) => refuse(403, "managers only"),
    }
}

fn management_twin(weak: bool) -> Draft {
    let ledger =
        json!({"entries": [{"account": "4400-travel", "amount": 88120}, {"account": "4610-rent", "amount": 905000}]});
    let staffing = json!({"open_positions": [{"title": "Forklift driver", "budget": 4210000}], "headcount": 143});
    let (shown_ledger, shown_staffing) = (ledger.clone(), staffing.clone());
    Draft {
        name: if weak { "management-weak" } else { "management-repaired" },
        router: Router::new()
            .route("/whoami", get(me))
            .route("/shifts", get(my_shifts))
            .route("/shifts/{shiftId}", get(shift))
            .route("/management/payouts", get(move |headers| managed(weak, headers, payouts())))
            .route("/management/ledger", get(move |headers| managed(false, headers, ledger)))
            .route("/management/staffing", get(move |headers| managed(false, headers, staffing))),
        document: Document::new("Shift planning", SCHEME)
            .get("/whoami", "The caller", &json!({"worker": "alice", "badge": "badge-of-alice"}))
            .get("/shifts", "Shifts", &shifts())
            .get("/shifts/{shiftId}", "One shift", &shifts()[0])
            .operation("/management/payouts", "What everybody is paid", &payouts(), json!({"tags": ["management"]}))
            .operation("/management/ledger", "The cost ledger", &shown_ledger, json!({"tags": ["management"]}))
            .operation("/management/staffing", "Staffing plan", &shown_staffing, json!({"tags": ["management"]})),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user"), ("maria", "manager")]),
        expect: if weak { vec![("authz/function-read", "GET /management/payouts")] } else { vec![] },
    }
}

/// Sound: role words in the paths of things that are for everybody who is signed in. The dashboard shows an administrator more
/// than others; the list of administrators says whom to ask.
fn role_words() -> Draft {
    let contacts = json!({"administrators": [
        {"name": "Maria Kowalczyk", "room": "B-214", "hours": "09:00-15:00"}, {"name": "Tomasz Nowicki", "room": "B-215", "hours": "12:00-18:00"},
    ]});
    let shown = contacts.clone();
    let listed = async move |headers: HeaderMap| SCHEME.who(&headers).map_or_else(unauthorized, |_| ok(contacts));
    let dashboard = async |headers: HeaderMap| match SCHEME.who(&headers) {
        None => unauthorized(),
        Some(who) if is_manager(who) => {
            ok(json!({"for": who, "widgets": [{"name": "Failed sign-ins", "value": 48113}]}))
        }
        Some(who) => ok(json!({"for": who, "widgets": []})),
    };
    Draft {
        name: "role-words",
        router: Router::new()
            .route("/whoami", get(me))
            .route("/administrators", get(listed))
            .route("/admin/dashboard", get(dashboard)),
        document: Document::new("Intranet", SCHEME)
            .get("/whoami", "The caller", &json!({"worker": "alice", "badge": "badge-of-alice"}))
            .get("/administrators", "Whom to ask", &shown)
            .get(
                "/admin/dashboard",
                "Widgets for the caller",
                &json!({"for": "maria", "widgets": [{"name": "x", "value": 1}]}),
            ),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user"), ("maria", "manager")]),
        expect: vec![],
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::{anonymous, get};

    #[tokio::test]
    async fn workers_reach_the_payouts_only_in_the_weak_twin() {
        let (weak, repaired) = (named("management-weak").await, named("management-repaired").await);
        assert!(get(&weak, "alice", "/management/payouts").await.has("NL44RABO0123456789"));
        assert_eq!(get(&repaired, "alice", "/management/payouts").await.status, 403);
        for twin in [&weak, &repaired] {
            for path in ["/management/payouts", "/management/ledger", "/management/staffing"] {
                assert_eq!(get(twin, "maria", path).await.status, 200, "{path}");
                assert_eq!(anonymous(twin, path).await.status, 401, "{path}");
            }
            assert_eq!(get(twin, "bob", "/management/ledger").await.status, 403);
            assert_eq!(get(twin, "bob", "/management/staffing").await.status, 403);
        }
        assert!(weak.identities_toml.contains("rank = 50"));
    }

    #[tokio::test]
    async fn the_manager_sees_every_shift_and_workers_their_own() {
        let twin = named("management-repaired").await;
        assert!(get(&twin, "maria", "/shifts").await.has("Cold store 3"));
        assert!(get(&twin, "maria", "/shifts/sh-90118").await.has("Cold store 3"));
        assert_eq!(get(&twin, "alice", "/shifts/sh-90118").await.status, 404);
        assert!(!get(&twin, "alice", "/shifts").await.has("Cold store 3"));
    }

    #[tokio::test]
    async fn role_words_guard_nothing_that_needs_a_guard() {
        let twin = named("role-words").await;
        assert_eq!(
            get(&twin, "alice", "/administrators").await.text,
            get(&twin, "maria", "/administrators").await.text
        );
        assert!(get(&twin, "maria", "/admin/dashboard").await.has("48113"));
        let alice = get(&twin, "alice", "/admin/dashboard").await;
        assert!(alice.status == 200 && !alice.has("48113"));
        assert_eq!(anonymous(&twin, "/administrators").await.status, 401);
    }
}
