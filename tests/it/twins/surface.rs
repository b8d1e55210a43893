//! What answers show around their data: stack traces, headers and CORS.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only, refuse, unauthorized};

pub(super) fn drafts() -> Vec<Draft> {
    vec![issues_twin(true), issues_twin(false), calendar_twin(true), calendar_twin(false), reflecting_trap()]
}

const ISSUES: Scheme = Scheme::Bearer;

const TRACE: &str = "Traceback (most recent call last):\n  File \"/srv/tracker/views/issues.py\", line 88, in read_issue\n    \
                     row = session.execute(query).one()\n  File \"/usr/lib/python3.12/site-packages/sqlalchemy/engine/result.py\", line 1810, in one\n\
                     sqlalchemy.exc.NoResultFound: No row was found when one was required";

/// In both twins the first issue quotes a stack trace that somebody pasted, which is content.
fn issues() -> Value {
    json!([
        {"key": "WEB-4410", "author": "alice", "title": "Crash on save", "text": format!("It says:\n{TRACE}"), "votes": 3},
        {"key": "WEB-4411", "author": "alice", "title": "Wrong colour in dark mode", "text": "The border is too light", "votes": 1},
        {"key": "WEB-4498", "author": "bob", "title": "Export is slow", "text": "Forty seconds for nine hundred rows", "votes": 8},
    ])
}

async fn issue(weak: bool, headers: HeaderMap, Path(key): Path<String>) -> Response {
    let Some(who) = ISSUES.who(&headers) else { return unauthorized() };
    match find(&issues(), "/key", &key) {
        Some(issue) if issue["author"] == who => ok(issue),
        _ if weak => refuse(500, TRACE),
        _ => refuse(500, "internal server error"),
    }
}

fn issues_twin(weak: bool) -> Draft {
    let list = async |headers: HeaderMap| match ISSUES.who(&headers) {
        Some(who) => ok(json!({"issues": only(&issues(), |issue| issue["author"] == who)})),
        None => unauthorized(),
    };
    Draft {
        name: if weak { "issues-weak" } else { "issues-repaired" },
        router: Router::new()
            .route("/issues", get(list))
            .route("/issues/{issueKey}", get(move |headers, key| issue(weak, headers, key))),
        document: Document::new("Issue tracker", ISSUES).get("/issues", "My issues", &json!({"issues": issues()})).get(
            "/issues/{issueKey}",
            "One issue",
            &issues()[0],
        ),
        identities: ISSUES.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("data/stack-trace", "GET /issues/{issueKey}")] } else { vec![] },
    }
}

const CALENDAR: Scheme = Scheme::Cookie("cal_session");

/// The headers of an answer: all careless in the weak twin, all good in the repaired one.
fn dressed(weak: bool, request: &HeaderMap, mut response: Response) -> Response {
    let origin = request.get(header::ORIGIN).cloned();
    let headers = response.headers_mut();
    if weak {
        headers.remove(header::WWW_AUTHENTICATE);
        if let Some(origin) = origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        return response;
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
        // Any origin may read, but never with the cookie: no credentials are allowed.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn calendar_twin(weak: bool) -> Draft {
    let events = |who: &str| json!({"owner": who, "events": [{"at": "2031-05-09T17:00:00Z", "title": format!("Dinner of {who}")}]});
    let read = async move |headers: HeaderMap| {
        let answer = CALENDAR.who(&headers).map_or_else(unauthorized, |who| ok(events(who)));
        dressed(weak, &headers, answer)
    };
    Draft {
        name: if weak { "calendar-weak" } else { "calendar-repaired" },
        router: Router::new().route("/calendar", get(read)),
        document: Document::new("Calendar", CALENDAR).get("/calendar", "My calendar", &events("alice")),
        identities: CALENDAR.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak {
            vec![
                ("config/cors", "GET /calendar"),
                ("config/security-headers", "GET /calendar"),
                ("authn/challenge-missing", "GET /calendar"),
            ]
        } else {
            vec![]
        },
    }
}

/// Sound: origins are reflected with credentials, but nothing is ambient here: without the header there is no access.
fn reflecting_trap() -> Draft {
    let read = async |headers: HeaderMap| {
        let body = |who: &str| json!({"account": who, "meter": format!("meter-{who}-88120"), "kwh": 2410});
        let mut answer = ISSUES.who(&headers).map_or_else(unauthorized, |who| ok(body(who)));
        if let Some(origin) = headers.get(header::ORIGIN) {
            answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        answer
    };
    Draft {
        name: "meter-reflecting",
        router: Router::new().route("/meter", get(read)),
        document: Document::new("Energy", ISSUES).get(
            "/meter",
            "My meter",
            &json!({"account": "alice", "meter": "meter-alice-88120", "kwh": 2410}),
        ),
        identities: ISSUES.identities(&[("alice", "user"), ("bob", "user")]),
        expect: vec![],
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::{anonymous, get, with};

    #[tokio::test]
    async fn an_unknown_issue_shows_a_stack_trace_only_in_the_weak_twin() {
        let (weak, repaired) = (named("issues-weak").await, named("issues-repaired").await);
        let (open, closed) =
            (get(&weak, "alice", "/issues/WEB-9999").await, get(&repaired, "alice", "/issues/WEB-9999").await);
        assert_eq!((open.status, closed.status), (500, 500));
        assert!(open.has("Traceback") && !closed.has("Traceback"));
        for twin in [&weak, &repaired] {
            assert!(get(twin, "alice", "/issues/WEB-4410").await.has("Traceback"));
            assert!(!get(twin, "alice", "/issues/WEB-4498").await.has("nine hundred"));
            assert!(get(twin, "bob", "/issues/WEB-4498").await.has("nine hundred"));
            assert_eq!(anonymous(twin, "/issues").await.status, 401);
        }
    }

    #[tokio::test]
    async fn headers_are_careless_only_in_the_weak_twin() {
        let foreign = [("origin", "https://evil.example")];
        let weak = with(&named("calendar-weak").await, "/calendar", &foreign).await;
        assert_eq!(
            (weak.status, weak.headers["access-control-allow-origin"].to_str().unwrap()),
            (401, "https://evil.example")
        );
        assert_eq!(weak.headers["access-control-allow-credentials"], "true");
        assert!(!weak.headers.contains_key("www-authenticate") && !weak.headers.contains_key("x-content-type-options"));
        let repaired = with(&named("calendar-repaired").await, "/calendar", &foreign).await;
        assert_eq!(repaired.headers["access-control-allow-origin"], "*");
        assert!(!repaired.headers.contains_key("access-control-allow-credentials"));
        assert!(
            repaired.headers.contains_key("www-authenticate")
                && repaired.headers.contains_key("x-content-type-options")
        );
    }

    #[tokio::test]
    async fn the_meter_reflects_origins_and_ignores_cookies() {
        let twin = named("meter-reflecting").await;
        let secret = &twin.env[0].1;
        let seen =
            with(&twin, "/meter", &[("origin", "https://evil.example"), ("cookie", &format!("session={secret}"))])
                .await;
        assert_eq!(
            (seen.status, seen.headers["access-control-allow-origin"].to_str().unwrap()),
            (401, "https://evil.example")
        );
        assert_eq!(get(&twin, "alice", "/meter").await.json()["account"], "alice");
    }
}
