//! Objects that everybody may read by design, beside parts of the same objects that only the owner may: the weak twins
//! open these parts.

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only, refuse, signed, signed_at};

pub(super) fn drafts() -> Vec<Draft> {
    vec![profiles(true), profiles(false), jobs(false), magazine(true), magazine(false)]
}

/// Not scanned: the list shows the job to everybody, so the engine only suspects that who applied is the owner's alone to
/// read; a part of a public thing may be as public as comments are.
#[expect(dead_code, reason = "kept for the day when the engine can tell")]
fn disputed() -> Vec<Draft> {
    vec![jobs(true)]
}

const SCHEME: Scheme = Scheme::Bearer;
const PAIR: &[(&str, &str)] = &[("alice", "user"), ("bob", "user")];

fn gone() -> Response {
    refuse(404, "not found")
}

fn people() -> Value {
    json!([
        {"id": 51_007, "username": "alice", "bio": "Builds kayaks", "joined": "2029-04-11"},
        {"id": 51_290, "username": "bob", "bio": "Plays the cello", "joined": "2030-01-26"},
    ])
}

fn person(of: &str) -> Option<Value> {
    let id: u64 = of.parse().ok()?;
    only(&people(), |person| person["id"] == id).into_iter().next()
}

fn keys(of: &str) -> Value {
    let label = if of == "alice" { "boat-shed sync" } else { "practice log" };
    json!([{"keyId": format!("key-{of}-8821"), "label": label, "last4": if of == "alice" { "c01f" } else { "7ab9" }}])
}

/// Anybody signed in reads anybody's profile; the keys below it are the owner's.
fn profiles(weak: bool) -> Draft {
    let me = signed(SCHEME, |who| find(&people(), "/username", who).map_or_else(gone, ok));
    let profile = signed_at(SCHEME, |_, id| person(id).map_or_else(gone, ok));
    let api_keys = signed_at(SCHEME, move |who, id| match person(id) {
        Some(person) if weak || person["username"] == who => ok(keys(person["username"].as_str().unwrap())),
        _ => refuse(403, "not your keys"),
    });
    Draft {
        name: if weak { "profile-keys-weak" } else { "profiles-public" },
        router: Router::new().route("/me", me).route("/users/{id}", profile).route("/users/{id}/api-keys", api_keys),
        document: Document::new("Makers", SCHEME)
            .get("/me", "Who am I", &people()[0])
            .get("/users/{id}", "The public profile of a user", &people()[0])
            .get("/users/{id}/api-keys", "The keys of a user", &keys("alice")),
        identities: SCHEME.identities(PAIR),
        expect: if weak { vec![("authz/bola-read", "GET /users/{id}/api-keys")] } else { vec![] },
    }
}

fn ads() -> Value {
    json!([
        {"jobId": 77_101, "ownerId": "alice", "title": "Sail maker", "salary": 418_000, "town": "Port Ellery"},
        {"jobId": 77_102, "ownerId": "bob", "title": "Crane driver", "salary": 462_500, "town": "Sandwick"},
    ])
}

fn ad(id: &str) -> Option<Value> {
    let id: u64 = id.parse().ok()?;
    only(&ads(), |ad| ad["jobId"] == id).into_iter().next()
}

fn applications(of: &str) -> Value {
    let (name, phone) =
        if of == "alice" { ("Hanne Vestergaard", "+45 20 10 44 71") } else { ("Marek Zielinski", "+48 22 530 18 06") };
    json!([{"applicationId": format!("apl-{of}-310"), "name": name, "phone": phone}])
}

/// Job ads are for everybody; who applied is for the one who wrote the ad.
fn jobs(weak: bool) -> Draft {
    let applied = signed_at(SCHEME, move |who, id| match ad(id) {
        Some(ad) if weak || ad["ownerId"] == who => ok(applications(ad["ownerId"].as_str().unwrap())),
        _ => refuse(403, "not your job"),
    });
    Draft {
        name: if weak { "jobs-weak" } else { "jobs-public" },
        router: Router::new()
            .route("/me", signed(SCHEME, |who| ok(json!({"id": who, "company": format!("{who} and sons")}))))
            .route("/jobs", signed(SCHEME, |_| ok(ads())))
            .route("/jobs/{jobId}", signed_at(SCHEME, |_, id| ad(id).map_or_else(gone, ok)))
            .route("/jobs/{jobId}/applications", applied),
        document: Document::new("Job board", SCHEME)
            .get("/me", "Who am I", &json!({"id": "alice", "company": "alice and sons"}))
            .get("/jobs", "All jobs", &ads())
            .get("/jobs/{jobId}", "One job", &ads()[0])
            .get("/jobs/{jobId}/applications", "Who applied", &applications("alice")),
        identities: SCHEME.identities(PAIR),
        expect: if weak { vec![("authz/bola-read", "GET /jobs/{jobId}/applications")] } else { vec![] },
    }
}

fn articles() -> Value {
    let article = |id: &str, author: &str, status: &str, title: &str, text: &str| json!({"articleId": id, "author": author, "status": status, "title": title, "text": text});
    json!([
        article("art-60110", "alice", "published", "The tides of May", "High water comes late this year"),
        article("art-60114", "alice", "draft", "Why I resign", "To be handed in on the last of June"),
        article("art-60230", "bob", "published", "Ferry strike", "The second week begins"),
        article("art-60237", "bob", "draft", "Notes on the mayor", "The source asked not to be named"),
    ])
}

async fn published(Path(id): Path<String>) -> Response {
    find(&articles(), "/articleId", &id).filter(|article| article["status"] == "published").map_or_else(gone, ok)
}

/// What is published is public; the desk of each author holds drafts too, and the weak twin opens them to other authors.
fn magazine(weak: bool) -> Draft {
    let all = || only(&articles(), |article| article["status"] == "published");
    let own = signed_at(SCHEME, move |who, id| {
        find(&articles(), "/articleId", id).filter(|article| weak || article["author"] == who).map_or_else(gone, ok)
    });
    Draft {
        name: if weak { "magazine-weak" } else { "magazine-repaired" },
        router: Router::new()
            .route("/me", signed(SCHEME, |who| ok(json!({"login": who, "pen_name": format!("{who} of the shore")}))))
            .route("/articles", get(async move |_: HeaderMap| ok(json!(all()))))
            .route("/articles/{articleId}", get(published))
            .route("/my-articles", signed(SCHEME, |who| ok(json!(only(&articles(), |it| it["author"] == who)))))
            .route("/my-articles/{articleId}", own),
        document: Document::new("Magazine", SCHEME)
            .get("/me", "Who am I", &json!({"login": "alice", "pen_name": "alice of the shore"}))
            .get("/articles", "Published articles", &articles())
            .get("/articles/{articleId}", "One published article", &articles()[0])
            .get("/my-articles", "My articles and drafts", &articles())
            .get("/my-articles/{articleId}", "One of my articles", &articles()[0]),
        identities: SCHEME.identities(PAIR),
        expect: if weak { vec![("authz/bola-read", "GET /my-articles/{articleId}")] } else { vec![] },
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::{anonymous, get};

    #[tokio::test]
    async fn the_object_is_for_all_and_its_part_for_the_owner() {
        let (keys, applications) = ("/users/51290/api-keys", "/jobs/77102/applications");
        for (name, path, part, stranger) in [
            ("profile-keys-weak", "/users/51290", keys, 200),
            ("profiles-public", "/users/51290", keys, 403),
            ("jobs-public", "/jobs/77102", applications, 403),
        ] {
            let twin = named(name).await;
            assert_eq!(get(&twin, "alice", path).await.text, get(&twin, "bob", path).await.text);
            assert_eq!(get(&twin, "alice", path).await.status, 200);
            assert_eq!(get(&twin, "alice", part).await.status, stranger);
            assert_eq!(get(&twin, "bob", part).await.status, 200);
            assert_eq!(anonymous(&twin, path).await.status, 401);
        }
    }

    #[tokio::test]
    async fn drafts_of_others_are_read_only_in_the_weak_twin() {
        let (weak, repaired) = (named("magazine-weak").await, named("magazine-repaired").await);
        assert!(get(&weak, "alice", "/my-articles/art-60237").await.has("not to be named"));
        assert_eq!(get(&repaired, "alice", "/my-articles/art-60237").await.status, 404);
        for twin in [&weak, &repaired] {
            assert_eq!(anonymous(twin, "/articles/art-60237").await.status, 404);
            assert_eq!(anonymous(twin, "/articles/art-60110").await.status, 200);
            assert!(!anonymous(twin, "/articles").await.has("resign"));
            assert!(!get(twin, "alice", "/my-articles").await.has("mayor"));
        }
    }
}
