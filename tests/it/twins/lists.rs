//! Lists: tenants behind session cookies.

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only, refuse, unauthorized};

pub(super) fn drafts() -> Vec<Draft> {
    vec![tickets_twin(true), tickets_twin(false), parcels_twin(true), parcels_twin(false)]
}

const SCHEME: Scheme = Scheme::Cookie("desk_session");

fn tenant_of(who: &str) -> &'static str {
    if who == "alice" { "tnt_acme_7781" } else { "tnt_globex_2093" }
}

fn tickets() -> Value {
    let ticket = |id: &str, who: &str, subject: &str, serial: &str| {
        json!({"ticketId": id, "tenantId": tenant_of(who), "subject": subject, "device": {"serial": serial, "warranty": true},
               "openedAt": "2031-01-19T08:00:00Z", "priority": 2})
    };
    json!([
        ticket("T-50211", "alice", "Scanner jams on card stock", "SN-ACM-99120"),
        ticket("T-50230", "alice", "Battery swells", "SN-ACM-99417"),
        ticket("T-50377", "bob", "Firmware update fails at 61 percent", "SN-GLX-10388"),
        ticket("T-50391", "bob", "Display shows burn-in", "SN-GLX-10402"),
    ])
}

async fn me(headers: HeaderMap) -> Response {
    let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
    ok(json!({"login": who, "tenantId": tenant_of(who)}))
}

async fn list(weak: bool, headers: HeaderMap) -> Response {
    let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
    let shown = only(&tickets(), |ticket| weak || ticket["tenantId"] == tenant_of(who));
    ok(json!({"data": {"items": shown, "total": shown.len()}}))
}

/// Sound: a tenant that is not the caller's is not there.
async fn tenant_list(headers: HeaderMap, Path(tenant): Path<String>) -> Response {
    let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
    if tenant != tenant_of(who) {
        return refuse(404, "no such tenant");
    }
    ok(json!({"data": {"items": only(&tickets(), |ticket| ticket["tenantId"] == tenant_of(who))}}))
}

/// Sound.
async fn ticket(headers: HeaderMap, Path(id): Path<String>) -> Response {
    let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
    match find(&tickets(), "/ticketId", &id) {
        Some(ticket) if ticket["tenantId"] == tenant_of(who) => ok(json!({"data": ticket})),
        _ => refuse(404, "no such ticket"),
    }
}

fn tickets_twin(weak: bool) -> Draft {
    let items = json!({"data": {"items": tickets(), "total": 4}});
    Draft {
        name: if weak { "tickets-weak" } else { "tickets-repaired" },
        router: Router::new()
            .route("/v2/me", get(me))
            .route("/v2/tickets", get(move |headers| list(weak, headers)))
            .route("/v2/tickets/{ticketId}", get(ticket))
            .route("/v2/tenants/{tenantId}/tickets", get(tenant_list)),
        document: Document::new("Service desk", SCHEME)
            .get("/v2/me", "The signed-in person", &json!({"login": "alice", "tenantId": "tnt_acme_7781"}))
            .get("/v2/tickets", "Tickets of the tenant", &items)
            .get("/v2/tickets/{ticketId}", "One ticket", &json!({"data": tickets()[0]}))
            .get("/v2/tenants/{tenantId}/tickets", "Tickets of a tenant", &items),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("authz/bola-list", "GET /v2/tickets")] } else { vec![] },
    }
}

const PARCELS: Scheme = Scheme::Bearer;

/// Alice has not joined a depot yet.
fn depot_of(who: &str) -> Option<&'static str> {
    (who == "bob").then_some("depot-rotterdam")
}

fn parcels() -> Value {
    let parcel = |id: &str, depot: Option<&str>, sender: &str, to: &str| json!({"parcelId": id, "depotId": depot, "sentBy": {"login": sender}, "recipient": to, "grams": 2750});
    json!([
        parcel("prc-300118", None, "alice", "Hanne Vestergaard, Aarhus"),
        parcel("prc-300551", Some("depot-rotterdam"), "bob", "Youssef Amrani, Schiedam"),
        parcel("prc-300552", Some("depot-rotterdam"), "bob", "Lotte de Wit, Delft"),
        parcel("prc-300777", Some("depot-gdansk"), "carol", "Marek Zielinski, Sopot"),
    ])
}

/// Weak: whoever has no depot gets the list without the filter, so Alice sees everybody's and Bob his own.
async fn parcel_list(weak: bool, headers: HeaderMap) -> Response {
    let Some(who) = PARCELS.who(&headers) else { return unauthorized() };
    let shown = only(&parcels(), |parcel| match depot_of(who) {
        Some(depot) => parcel["depotId"] == depot,
        None => weak || parcel["sentBy"]["login"] == who,
    });
    ok(json!(shown))
}

/// Sound.
async fn parcel(headers: HeaderMap, Path(id): Path<String>) -> Response {
    let Some(who) = PARCELS.who(&headers) else { return unauthorized() };
    let found = find(&parcels(), "/parcelId", &id).filter(|parcel| parcel["sentBy"]["login"] == who);
    found.map_or_else(|| refuse(404, "no such parcel"), ok)
}

fn parcels_twin(weak: bool) -> Draft {
    let me = async |headers: HeaderMap| {
        PARCELS.who(&headers).map_or_else(unauthorized, |who| ok(json!({"login": who, "depotId": depot_of(who)})))
    };
    Draft {
        name: if weak { "parcels-weak" } else { "parcels-repaired" },
        router: Router::new()
            .route("/me", get(me))
            .route("/parcels", get(move |headers| parcel_list(weak, headers)))
            .route("/parcels/{parcelId}", get(parcel)),
        document: Document::new("Parcels", PARCELS)
            .get("/me", "Who am I", &json!({"login": "bob", "depotId": "depot-rotterdam"}))
            .get("/parcels", "Parcels of the depot", &parcels())
            .get("/parcels/{parcelId}", "One parcel", &parcels()[1]),
        identities: PARCELS.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("authz/bola-list", "GET /parcels")] } else { vec![] },
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::{anonymous, get};

    #[tokio::test]
    async fn foreign_tickets_are_listed_only_in_the_weak_twin() {
        let (weak, repaired) = (named("tickets-weak").await, named("tickets-repaired").await);
        assert!(get(&weak, "alice", "/v2/tickets").await.has("SN-GLX-10388"));
        assert!(!get(&repaired, "alice", "/v2/tickets").await.has("SN-GLX-10388"));
        for twin in [&weak, &repaired] {
            assert!(get(twin, "bob", "/v2/tickets").await.has("SN-GLX-10388"));
            assert_eq!(get(twin, "alice", "/v2/tickets/T-50377").await.status, 404);
            assert_eq!(get(twin, "bob", "/v2/tickets/T-50377").await.status, 200);
            assert_eq!(get(twin, "alice", "/v2/tenants/tnt_globex_2093/tickets").await.status, 404);
            assert!(get(twin, "bob", "/v2/tenants/tnt_globex_2093/tickets").await.has("T-50391"));
            assert_eq!(anonymous(twin, "/v2/tickets").await.status, 401);
        }
    }

    #[tokio::test]
    async fn the_filter_is_lost_without_a_depot_only_in_the_weak_twin() {
        let (weak, repaired) = (named("parcels-weak").await, named("parcels-repaired").await);
        assert!(get(&weak, "alice", "/parcels").await.has("Schiedam"));
        assert!(!get(&repaired, "alice", "/parcels").await.has("Schiedam"));
        for twin in [&weak, &repaired] {
            let bob = get(twin, "bob", "/parcels").await;
            assert!(bob.has("Schiedam") && !bob.has("Aarhus") && !bob.has("Sopot"));
            assert!(get(twin, "alice", "/parcels").await.has("Aarhus"));
            assert_eq!(get(twin, "alice", "/parcels/prc-300551").await.status, 404);
        }
    }
}
