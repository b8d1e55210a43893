//! Sound servers whose objects are shared: wikis, by-lines, public posts, households, collaborators, richer answers.

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only, refuse, unauthorized};

pub(super) fn drafts() -> Vec<Draft> {
    vec![wiki(), articles(), posts(), household(), collaborators(), films(), studio(), key_holders()]
}

const SCHEME: Scheme = Scheme::Bearer;

/// Both people, who are the only callers.
const PAIR: &[(&str, &str)] = &[("alice", "user"), ("bob", "user")];

async fn me(headers: HeaderMap) -> Response {
    SCHEME
        .who(&headers)
        .map_or_else(unauthorized, |who| ok(json!({"user": {"name": who, "badge": format!("badge-{who}-7731")}})))
}

fn me_example() -> Value {
    json!({"user": {"name": "alice", "badge": "badge-alice-7731"}})
}

/// A list at `/{collection}` and its objects at `/{collection}/{id}`, of which each caller gets what `may` lets through;
/// callers without a name are refused unless `public`.
fn collection(
    name: &'static str,
    public: bool,
    id: (&'static str, &'static str),
    objects: Value,
    may: fn(&Value, &str) -> bool,
) -> Draft {
    let (collection, parameter) = id;
    let (list_path, item_path) = (format!("/{collection}"), format!("/{collection}/{{{parameter}}}"));
    let pointer = format!("/{parameter}");
    let (listed, read) = (objects.clone(), objects.clone());
    let list = async move |headers: HeaderMap| match SCHEME.who(&headers) {
        None if !public => unauthorized(),
        who => {
            let items = only(&listed, |object| may(object, who.unwrap_or_default()));
            ok(json!({"count": items.len(), "items": items}))
        }
    };
    let item = async move |headers: HeaderMap, Path(id): Path<String>| {
        let who = SCHEME.who(&headers);
        if who.is_none() && !public {
            return unauthorized();
        }
        let found = find(&read, &pointer, &id).filter(|object| may(object, who.unwrap_or_default()));
        found.map_or_else(|| refuse(404, "not found"), ok)
    };
    let document = Document::new("Shared things", SCHEME).get("/me", "Who am I", &me_example());
    let examples = (json!({"items": objects, "count": 3}), objects[0].clone());
    let document = if public {
        document.open(&list_path, "All of them", &examples.0).open(&item_path, "One of them", &examples.1)
    } else {
        document.get(&list_path, "All of them", &examples.0).get(&item_path, "One of them", &examples.1)
    };
    Draft {
        name,
        router: Router::new().route("/me", get(me)).route(&list_path, get(list)).route(&item_path, get(item)),
        document,
        identities: SCHEME.identities(PAIR),
        expect: vec![],
    }
}

/// Everybody reads every page; nobody owns one.
fn wiki() -> Draft {
    let pages = json!([
        {"page": "fire-drill", "title": "Fire drill", "text": "Meet at the oak tree, not at the gate", "revision": 118},
        {"page": "coffee-machine", "title": "Coffee machine", "text": "Descale on the first Monday", "revision": 41},
        {"page": "badge-lost", "title": "Lost badge", "text": "Tell the desk and get a day pass", "revision": 9},
    ]);
    collection("wiki-shared", false, ("pages", "page"), pages, |_, _| true)
}

/// Each article names its author, and the list shows all of them to everybody.
fn articles() -> Draft {
    let articles = json!([
        {"slug": "tides-of-may", "author": "alice", "authorId": 410022, "headline": "The tides of May", "words": 1840},
        {"slug": "ferry-strike", "author": "bob", "authorId": 410077, "headline": "Ferry strike enters week two", "words": 977},
        {"slug": "lighthouse-sale", "author": "bob", "authorId": 410077, "headline": "Lighthouse for sale", "words": 1212},
    ]);
    collection("articles-bylines", false, ("articles", "slug"), articles, |_, _| true)
}

/// Public posts with an owner field: anonymous callers read them too.
fn posts() -> Draft {
    let posts = json!([
        {"post_id": "p-88101", "owner": "alice", "user_id": 5101, "text": "Selling a kayak, hardly used", "price": 31000},
        {"post_id": "p-88102", "owner": "bob", "user_id": 5202, "text": "Looking for a cello teacher", "price": 4500},
        {"post_id": "p-88103", "owner": "bob", "user_id": 5202, "text": "Free moving boxes, sixty of them", "price": 0},
    ]);
    collection("posts-public", true, ("posts", "post_id"), posts, |_, _| true)
}

/// Alice and Bob belong to one household, and everything belongs to the household, whoever entered it.
fn household() -> Draft {
    let bills = json!([
        {"bill": "bill-20411", "account_id": "household-3318", "createdBy": {"id": "alice"}, "payee": "Water works", "cents": 8840},
        {"bill": "bill-20412", "account_id": "household-3318", "createdBy": {"id": "bob"}, "payee": "Broadband", "cents": 4999},
        {"bill": "bill-99170", "account_id": "household-7702", "createdBy": {"id": "carol"}, "payee": "Chimney sweep", "cents": 12150},
    ]);
    collection("household-tenant", false, ("bills", "bill"), bills, |bill, who| {
        (bill["account_id"] == "household-3318") == matches!(who, "alice" | "bob")
    })
}

/// Bob has shared one of his plans with Alice; his other one is his alone.
fn collaborators() -> Draft {
    let plans = json!([
        {"plan": "trip-lofoten", "owner": "bob", "sharedWith": ["alice"], "days": 9, "budget": 184000},
        {"plan": "surprise-party", "owner": "bob", "sharedWith": [], "days": 1, "budget": 45500},
        {"plan": "garden-2031", "owner": "alice", "sharedWith": [], "days": 30, "budget": 61200},
    ]);
    collection("plans-collaborators", false, ("plans", "plan"), plans, |plan, who| {
        plan["owner"] == who
            || plan["sharedWith"].as_array().is_some_and(|others| others.iter().any(|other| other == who))
    })
}

/// Everybody may read, and whoever is signed in reads a little more of the same.
fn films() -> Draft {
    let film = |who: Option<&str>| {
        let mut film = json!({"id": "the-long-ferry", "title": "The Long Ferry", "year": 2029, "rating": 7.4});
        if let Some(who) = who {
            film["yours"] =
                json!({"rated": if who == "alice" { 9 } else { 4 }, "note": format!("note of {who}: watch again")});
        }
        film
    };
    let read = async move |headers: HeaderMap, Path(id): Path<String>| match id.as_str() {
        "the-long-ferry" => ok(film(SCHEME.who(&headers))),
        _ => refuse(404, "no such film"),
    };
    let list = async move |headers: HeaderMap| ok(json!([film(SCHEME.who(&headers))]));
    let optional = json!({"security": [{}, {"main": []}]});
    Draft {
        name: "films-optional",
        router: Router::new().route("/me", get(me)).route("/films", get(list)).route("/films/{id}", get(read)),
        document: Document::new("Films", SCHEME)
            .get("/me", "Who am I", &me_example())
            .operation("/films", "Films", &json!([film(Some("alice"))]), optional.clone())
            .operation("/films/{id}", "One film", &film(Some("alice")), optional),
        identities: SCHEME.identities(PAIR),
        expect: vec![],
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::{anonymous, get};

    #[tokio::test]
    async fn shared_objects_are_the_same_for_both() {
        for (name, path) in [("wiki-shared", "/pages/fire-drill"), ("articles-bylines", "/articles/ferry-strike")] {
            let twin = named(name).await;
            let (alice, bob) = (get(&twin, "alice", path).await, get(&twin, "bob", path).await);
            assert_eq!((alice.status, &alice.text), (200, &bob.text));
            assert_eq!(anonymous(&twin, path).await.status, 401);
            let list = path.rsplit_once('/').unwrap().0;
            assert_eq!(get(&twin, "alice", list).await.text, get(&twin, "bob", list).await.text);
        }
    }

    #[tokio::test]
    async fn public_posts_are_read_by_anybody() {
        let twin = named("posts-public").await;
        assert_eq!(anonymous(&twin, "/posts/p-88102").await.text, get(&twin, "alice", "/posts/p-88102").await.text);
        assert!(anonymous(&twin, "/posts").await.has("kayak"));
        assert_eq!(anonymous(&twin, "/me").await.status, 401);
    }

    #[tokio::test]
    async fn the_household_shares_its_bills_and_no_others() {
        let twin = named("household-tenant").await;
        assert_eq!(get(&twin, "alice", "/bills").await.text, get(&twin, "bob", "/bills").await.text);
        assert!(get(&twin, "alice", "/bills/bill-20412").await.has("Broadband"));
        assert_eq!(get(&twin, "alice", "/bills/bill-99170").await.status, 404);
        assert!(!get(&twin, "bob", "/bills").await.has("Chimney"));
    }

    #[tokio::test]
    async fn a_plan_is_read_by_its_owner_and_whom_it_is_shared_with() {
        let twin = named("plans-collaborators").await;
        assert_eq!(get(&twin, "alice", "/plans/trip-lofoten").await.status, 200);
        assert!(get(&twin, "alice", "/plans").await.has("trip-lofoten"));
        assert_eq!(get(&twin, "alice", "/plans/surprise-party").await.status, 404);
        assert_eq!(get(&twin, "bob", "/plans/garden-2031").await.status, 404);
    }

    #[tokio::test]
    async fn a_film_tells_each_caller_only_their_own_note() {
        let twin = named("films-optional").await;
        assert!(get(&twin, "bob", "/films/the-long-ferry").await.has("note of bob"));
        assert!(!get(&twin, "alice", "/films/the-long-ferry").await.has("note of bob"));
        let nobody = anonymous(&twin, "/films/the-long-ferry").await;
        assert!(nobody.status == 200 && !nobody.has("yours"));
    }
}

/// Projects are private; the kinds of tasks that each of them uses come from one catalogue of the studio.
fn studio() -> Draft {
    const CATALOGUE: [(u64, &str, &str); 3] =
        [(6081, "Compositing", "#3f88c5"), (6082, "Layout", "#e94f37"), (6083, "Rigging", "#44bba4")];
    let kind = |(id, name, colour): (u64, &str, &str)| json!({"id": id, "name": name, "colour": colour});
    let catalogue: Vec<Value> = CATALOGUE.into_iter().map(kind).collect();
    let projects = json!([
        {"id": "prj-71001", "owner": "alice", "title": "A film about herons", "budget": 81200},
        {"id": "prj-72002", "owner": "bob", "title": "A film about tugboats", "budget": 46650},
    ]);
    let (all, listed, inner, kinds) = (projects.clone(), projects.clone(), projects.clone(), catalogue.clone());
    let is_own = |project: &Value, who: &str| project["owner"] == who;
    let list = async move |headers: HeaderMap| match SCHEME.who(&headers) {
        None => unauthorized(),
        Some(who) => ok(only(&listed, |project| is_own(project, who)).into()),
    };
    let item = async move |headers: HeaderMap, Path(id): Path<String>| {
        let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
        let found = find(&all, "/id", &id).filter(|project| is_own(project, who));
        found.map_or_else(|| refuse(403, "not a member of this project"), ok)
    };
    let used = async move |headers: HeaderMap, Path(id): Path<String>| {
        let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
        let is_member = find(&inner, "/id", &id).is_some_and(|project| is_own(&project, who));
        if is_member { ok(kinds[..2].to_vec().into()) } else { refuse(403, "not a member of this project") }
    };
    let whole = catalogue.clone();
    let all_kinds = async move |headers: HeaderMap| match SCHEME.who(&headers) {
        None => unauthorized(),
        Some(_) => ok(whole.clone().into()),
    };
    let example = projects[0].clone();
    Draft {
        name: "studio-catalogue",
        router: Router::new()
            .route("/me", get(me))
            .route("/projects", get(list))
            .route("/projects/{project_id}", get(item))
            .route("/projects/{project_id}/task-types", get(used))
            .route("/task-types", get(all_kinds)),
        document: Document::new("A studio", SCHEME)
            .get("/me", "Who am I", &me_example())
            .get("/projects", "My projects", &json!([example]))
            .get("/projects/{project_id}", "One of my projects", &example)
            .get("/projects/{project_id}/task-types", "Kinds of tasks that the project uses", &json!(catalogue))
            .get("/task-types", "All kinds of tasks of the studio", &json!(catalogue)),
        identities: SCHEME.identities(PAIR),
        expect: vec![],
    }
}

/// A token in the path names its holder, to whoever has it; every caller is shown its own tokens alone.
fn key_holders() -> Draft {
    let tokens = json!([
        {"id": "tk-901", "user": "alice", "token": "hk_2f9c61d07e5b4a83", "note": "notebook at home"},
        {"id": "tk-902", "user": "bob", "token": "hk_8d40b7a1c93e6f25", "note": "build machine"},
    ]);
    let (mine, each, held) = (tokens.clone(), tokens.clone(), tokens.clone());
    let list = async move |headers: HeaderMap| match SCHEME.who(&headers) {
        None => unauthorized(),
        Some(who) => ok(only(&mine, |token| token["user"] == who).into()),
    };
    let one = async move |headers: HeaderMap, Path(id): Path<String>| {
        let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
        let found = find(&each, "/id", &id).filter(|token| token["user"] == who);
        found.map_or_else(|| refuse(404, "no such token"), ok)
    };
    let holder = async move |headers: HeaderMap, Path(token): Path<String>| {
        if SCHEME.who(&headers).is_none() {
            return unauthorized();
        }
        let found = find(&held, "/token", &token);
        let model = |token: Value| {
            let name = token["user"].as_str().unwrap_or_default().to_owned();
            ok(json!({"name": name, "groups": [format!("group-of-{name}")], "badge": format!("badge-{name}-7731")}))
        };
        found.map_or_else(|| refuse(404, "no such token"), model)
    };
    Draft {
        name: "token-names-its-holder",
        router: Router::new()
            .route("/me", get(me))
            .route("/tokens", get(list))
            .route("/tokens/{token_id}", get(one))
            .route("/authorizations/token/{token}", get(holder)),
        document: Document::new("Key holders", SCHEME)
            .get("/me", "Who am I", &me_example())
            .get("/tokens", "My tokens", &json!([tokens[0]]))
            .get("/tokens/{token_id}", "One of my tokens", &tokens[0])
            .get(
                "/authorizations/token/{token}",
                "Identify a user from an API token",
                &json!({"name": "alice", "groups": ["group-of-alice"], "badge": "badge-alice-7731"}),
            ),
        identities: SCHEME.identities(PAIR),
        expect: vec![],
    }
}
