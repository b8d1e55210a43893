//! Servers with odd manners: ignored ids, soft and HTML refusals, throttling, volatile answers, encoded ids, required queries.
//! All of them are sound, but for the four that come with a weak twin too: odd manners must not hide a weakness either.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only, refuse, unauthorized};

pub(super) fn drafts() -> Vec<Draft> {
    let both = |make: fn(bool) -> Draft| [make(true), make(false)];
    let odd = [localized, throttled, volatile, encoded].into_iter().flat_map(both);
    [ignored_path(), html_pages(), search()].into_iter().chain(odd).collect()
}

const SCHEME: Scheme = Scheme::Bearer;

/// Both people, who are the only callers.
const PAIR: &[(&str, &str)] = &[("alice", "user"), ("bob", "user")];

fn trips() -> Value {
    json!([
        {"id": "trip-66120", "driver": "alice", "from": "Porto", "to": "Braga", "plate": "22-QX-91", "km": 5512},
        {"id": "trip-66121", "driver": "alice", "from": "Braga", "to": "Vigo", "plate": "22-QX-91", "km": 12740},
        {"id": "trip-70933", "driver": "bob", "from": "Faro", "to": "Sevilla", "plate": "87-BT-40", "km": 19885},
    ])
}

fn own(who: &str) -> Vec<Value> {
    only(&trips(), |trip| trip["driver"] == who)
}

fn own_trip(who: &str, id: &str) -> Option<Value> {
    trip(false, who, id)
}

/// The trip, which in a weak twin may be anybody's.
fn trip(weak: bool, who: &str, id: &str) -> Option<Value> {
    find(&trips(), "/id", id).filter(|trip| weak || trip["driver"] == who)
}

async fn list(headers: HeaderMap) -> Response {
    SCHEME.who(&headers).map_or_else(unauthorized, |who| ok(json!({"driver": who, "trips": own(who)})))
}

fn draft(name: &'static str, router: Router, document: Document) -> Draft {
    Draft { name, router, document, identities: SCHEME.identities(PAIR), expect: vec![] }
}

/// A draft in which everybody can read the object at that operation, if it is the weak one of its names.
fn twin(weak: bool, names: [&'static str; 2], leaking: &'static str, router: Router, document: Document) -> Draft {
    let [weak_name, sound_name] = names;
    let expect = if weak { vec![("authz/bola-read", leaking)] } else { vec![] };
    Draft { expect, ..draft(if weak { weak_name } else { sound_name }, router, document) }
}

fn list_example() -> Value {
    json!({"driver": "alice", "trips": trips()})
}

/// Whatever id the path names, the caller's own first trip comes.
fn ignored_path() -> Draft {
    let read = async |headers: HeaderMap, Path(_id): Path<String>| match SCHEME.who(&headers) {
        Some(who) => ok(own(who).remove(0)),
        None => unauthorized(),
    };
    let router = Router::new().route("/trips", get(list)).route("/trips/{trip_id}", get(read));
    let document = Document::new("Trips", SCHEME).get("/trips", "My trips", &list_example()).get(
        "/trips/{trip_id}",
        "One trip",
        &trips()[0],
    );
    draft("trips-ignored-path", router, document)
}

/// Every refusal has status 200, text in Portuguese and a time of day that changes.
fn localized(weak: bool) -> Draft {
    let no = |text: &str| {
        ok(json!({"sucesso": false, "mensagem": text, "hora": jiff::Timestamp::now().to_string(), "viagem": null}))
    };
    let trips_of = async move |headers: HeaderMap| match SCHEME.who(&headers) {
        Some(who) => ok(json!({"sucesso": true, "viagens": own(who)})),
        None => no("Inicie a sua sessão"),
    };
    let read = async move |headers: HeaderMap, Path(id): Path<String>| match SCHEME.who(&headers) {
        None => no("Inicie a sua sessão"),
        Some(who) => match trip(weak, who, &id) {
            Some(trip) => ok(json!({"sucesso": true, "viagem": trip, "hora": jiff::Timestamp::now().to_string()})),
            None if find(&trips(), "/id", &id).is_some() => no("Esta viagem não lhe pertence"),
            None => no("Viagem inexistente"),
        },
    };
    let router = Router::new().route("/viagens", get(trips_of)).route("/viagens/{id}", get(read));
    let document = Document::new("Viagens", SCHEME)
        .get("/viagens", "As minhas viagens", &json!({"sucesso": true, "viagens": trips()}))
        .get(
            "/viagens/{id}",
            "Uma viagem",
            &json!({"sucesso": true, "viagem": trips()[0], "hora": "2031-05-05T05:05:05Z"}),
        );
    twin(weak, ["trips-localized-weak", "trips-localized"], "GET /viagens/{id}", router, document)
}

/// Refusals are HTML pages: 403 for foreign trips, 500 for unknown ones.
fn html_pages() -> Draft {
    let page = |status: u16, title: &str| {
        let body =
            format!("<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>");
        (StatusCode::from_u16(status).unwrap(), Html(body)).into_response()
    };
    let read = async move |headers: HeaderMap, Path(id): Path<String>| match SCHEME.who(&headers) {
        None => page(401, "Unauthorized"),
        Some(who) => match own_trip(who, &id) {
            Some(trip) => ok(trip),
            None if find(&trips(), "/id", &id).is_some() => page(403, "Forbidden"),
            None => page(500, "Something went wrong"),
        },
    };
    let router = Router::new().route("/trips", get(list)).route("/trips/{trip_id}", get(read));
    let document = Document::new("Trips", SCHEME).get("/trips", "My trips", &list_example()).get(
        "/trips/{trip_id}",
        "One trip",
        &trips()[0],
    );
    draft("trips-html-errors", router, document)
}

/// The first request of all to the list is throttled, then everything is as it should be.
fn throttled(weak: bool) -> Draft {
    let first = Arc::new(AtomicBool::new(true));
    let slow = async move |headers: HeaderMap| {
        if first.swap(false, Ordering::SeqCst) {
            return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "0")], "slow down").into_response();
        }
        list(headers).await
    };
    let read = async move |headers: HeaderMap, Path(id): Path<String>| match SCHEME.who(&headers) {
        None => unauthorized(),
        Some(who) => trip(weak, who, &id).map_or_else(|| refuse(404, "no such trip"), ok),
    };
    let router = Router::new().route("/trips", get(slow)).route("/trips/{trip_id}", get(read));
    let document = Document::new("Trips", SCHEME).get("/trips", "My trips", &list_example()).get(
        "/trips/{trip_id}",
        "One trip",
        &trips()[0],
    );
    twin(weak, ["trips-throttled-once-weak", "trips-throttled-once"], "GET /trips/{trip_id}", router, document)
}

/// Half of every answer is new each time, refusals included, and lists come in any order.
fn volatile(weak: bool) -> Draft {
    let noise = || json!({"trace": format!("{:032x}", rand::random::<u128>()), "shard": rand::random::<u16>(), "took_us": rand::random::<u16>()});
    let shuffled = async move |headers: HeaderMap| {
        let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
        let mut trips = own(who);
        if rand::random() {
            trips.reverse();
        }
        ok(json!({"meta": noise(), "trips": trips}))
    };
    let read = async move |headers: HeaderMap, Path(id): Path<String>| match SCHEME.who(&headers) {
        None => unauthorized(),
        Some(who) => {
            let trip = trip(weak, who, &id);
            let found = trip.is_some();
            ok(
                json!({"meta": noise(), "found": found, "trip": trip, "upload_token": format!("{:032x}", rand::random::<u128>())}),
            )
        }
    };
    let meta = json!({"trace": "00", "shard": 1, "took_us": 1});
    let router = Router::new().route("/trips", get(shuffled)).route("/trips/{trip_id}", get(read));
    let document =
        Document::new("Trips", SCHEME).get("/trips", "My trips", &json!({"meta": meta, "trips": trips()})).get(
            "/trips/{trip_id}",
            "One trip",
            &json!({"meta": meta, "found": true, "trip": trips()[0], "upload_token": "00"}),
        );
    twin(weak, ["trips-volatile-weak", "trips-volatile"], "GET /trips/{trip_id}", router, document)
}

fn node_id(trip: &Value) -> String {
    STANDARD.encode(format!("Trip:{}", trip["id"].as_str().unwrap().trim_start_matches("trip-")))
}

/// Ids are base64 of a type and a number, checked all the same.
fn encoded(weak: bool) -> Draft {
    let node = |mut trip: Value| {
        trip["id"] = json!(node_id(&trip));
        trip
    };
    let nodes = async move |headers: HeaderMap| match SCHEME.who(&headers) {
        Some(who) => ok(json!({"nodes": own(who).into_iter().map(node).collect::<Vec<_>>()})),
        None => unauthorized(),
    };
    let read = async move |headers: HeaderMap, Path(id): Path<String>| match SCHEME.who(&headers) {
        Some(who) => match only(&trips(), |trip| node_id(trip) == id && (weak || trip["driver"] == who)).pop() {
            Some(trip) => ok(node(trip)),
            None => refuse(404, "no such node"),
        },
        None => unauthorized(),
    };
    let router = Router::new().route("/nodes", get(nodes)).route("/nodes/{id}", get(read));
    let document = Document::new("Nodes", SCHEME).get("/nodes", "My nodes", &json!({"nodes": trips()})).get(
        "/nodes/{id}",
        "One node",
        &trips()[0],
    );
    twin(weak, ["nodes-encoded-weak", "nodes-encoded"], "GET /nodes/{id}", router, document)
}

/// A directory that answers nothing without a query, and the same to everybody with one.
fn search() -> Draft {
    let places = json!([
        {"name": "Braga station", "kind": "rail", "opens": "05:10"}, {"name": "Faro harbour", "kind": "ferry", "opens": "06:45"},
    ]);
    let shown = json!({"hits": places.clone()});
    let find_places = async move |headers: HeaderMap, RawQuery(query): RawQuery| {
        if SCHEME.who(&headers).is_none() {
            return unauthorized();
        }
        let query = query.unwrap_or_default();
        let Some(wanted) = query.split('&').find_map(|pair| pair.strip_prefix("q=")) else {
            return refuse(400, "q is required");
        };
        let wanted = wanted.to_lowercase();
        ok(json!({"hits": only(&places, |place| place["name"].as_str().unwrap().to_lowercase().contains(&wanted))}))
    };
    let parameters = json!([{"name": "q", "in": "query", "required": true, "schema": {"type": "string", "minLength": 2}, "example": "braga"}]);
    let router = Router::new().route("/trips", get(list)).route("/places/search", get(find_places));
    let document = Document::new("Places", SCHEME).get("/trips", "My trips", &list_example()).operation(
        "/places/search",
        "Places by name",
        &shown,
        json!({"parameters": parameters}),
    );
    draft("places-search", router, document)
}

mod tests {
    use super::super::named;
    use super::super::requests::{anonymous, get};

    #[tokio::test]
    async fn odd_manners_do_not_change_that_the_weak_twins_leak() {
        for (name, path) in [
            ("trips-localized-weak", "/viagens/trip-70933"),
            ("trips-throttled-once-weak", "/trips/trip-70933"),
            ("trips-volatile-weak", "/trips/trip-70933"),
            ("nodes-encoded-weak", "/nodes/VHJpcDo3MDkzMw=="),
        ] {
            let twin = named(name).await;
            assert!(get(&twin, "alice", path).await.has("Sevilla"), "{name}");
            assert!(!anonymous(&twin, path).await.has("Sevilla"), "{name}");
            let list = path.rsplit_once('/').unwrap().0;
            assert!(!get(&twin, "alice", list).await.has("Sevilla"), "{name}");
        }
    }

    #[tokio::test]
    async fn the_ignored_id_gives_the_callers_own_trip() {
        let twin = named("trips-ignored-path").await;
        let seen = get(&twin, "alice", "/trips/trip-70933").await;
        assert_eq!((seen.status, seen.json()["driver"].as_str()), (200, Some("alice")));
    }

    #[tokio::test]
    async fn portuguese_refusals_have_status_200_and_no_data() {
        let twin = named("trips-localized").await;
        for (who, path) in [("alice", "/viagens/trip-70933"), ("alice", "/viagens/none")] {
            let seen = get(&twin, who, path).await;
            assert!(seen.status == 200 && seen.json()["sucesso"] == false && !seen.has("Sevilla"));
        }
        assert_eq!(anonymous(&twin, "/viagens").await.json()["sucesso"], false);
        assert!(get(&twin, "bob", "/viagens/trip-70933").await.has("Sevilla"));
    }

    #[tokio::test]
    async fn refusals_are_pages() {
        let twin = named("trips-html-errors").await;
        for (who, path, status) in
            [("alice", "/trips/trip-70933", 403), ("alice", "/trips/none", 500), ("bob", "/trips/trip-70933", 200)]
        {
            let seen = get(&twin, who, path).await;
            assert_eq!((seen.status, seen.has("<!doctype html>")), (status, status != 200));
        }
    }

    #[tokio::test]
    async fn only_the_first_request_is_throttled() {
        let twin = named("trips-throttled-once").await;
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(get(&twin, "alice", "/trips").await.status);
        }
        assert_eq!(statuses, [429, 200, 200]);
        assert_eq!(get(&twin, "alice", "/trips/trip-70933").await.status, 404);
    }

    #[tokio::test]
    async fn volatile_answers_differ_and_give_nothing_away() {
        let twin = named("trips-volatile").await;
        let (first, second) =
            (get(&twin, "bob", "/trips/trip-70933").await, get(&twin, "bob", "/trips/trip-70933").await);
        assert!(first.has("Sevilla") && first.json()["upload_token"] != second.json()["upload_token"]);
        let refused = get(&twin, "alice", "/trips/trip-70933").await;
        assert!(refused.status == 200 && !refused.has("Sevilla"));
    }

    #[tokio::test]
    async fn encoded_ids_are_guarded() {
        let twin = named("nodes-encoded").await;
        assert!(get(&twin, "bob", "/nodes/VHJpcDo3MDkzMw==").await.has("Sevilla"));
        assert_eq!(get(&twin, "alice", "/nodes/VHJpcDo3MDkzMw==").await.status, 404);
        assert_eq!(get(&twin, "alice", "/nodes/VHJpcDo2NjEyMA==").await.status, 200);
    }

    #[tokio::test]
    async fn the_search_needs_its_query() {
        let twin = named("places-search").await;
        assert_eq!(get(&twin, "alice", "/places/search").await.status, 400);
        let (alice, bob) =
            (get(&twin, "alice", "/places/search?q=braga").await, get(&twin, "bob", "/places/search?q=braga").await);
        assert!(alice.has("Braga station") && alice.text == bob.text);
        assert_eq!(anonymous(&twin, "/places/search?q=braga").await.status, 401);
    }
}
