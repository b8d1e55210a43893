use routewarden::model::{Credential, Identity, Secret, TokenSource};
use routewarden::probe::{Ask, AskCaller, Limits};
use routewarden::report::Status;
use serde_json::json;

use super::kit::{Reply, Request, Server, answer, identity, pointer, probe, recipe, whole};
use super::notes::{Notes, PEOPLE, password};

/// What the server was sent by alice, by a garbage caller and by nobody after signing in.
async fn sent(identity: Identity, login: impl Fn() -> Reply + Send + Sync + 'static) -> (Vec<Request>, Vec<String>) {
    let server = Server::start(
        move |request: &Request| {
            if request.line.starts_with("POST") { login() } else { answer(200, &json!({})) }
        },
    )
    .await;
    let probe = probe(&server.base, vec![identity], Limits::default());
    probe.sign_in(&probe.identities()[0]).await.unwrap();
    let mut replays = Vec::new();
    for caller in
        [AskCaller::Identity("alice".to_owned()), AskCaller::Garbage("alice".to_owned()), AskCaller::Anonymous]
    {
        let answer = probe.send(&Ask::get(caller, server.url("/x"))).await.unwrap();
        replays.push(format!("{:?} {}", answer.exchange.request, answer.exchange.replay));
    }
    let seen = server.seen.lock().unwrap().clone();
    (seen.into_iter().filter(|request| request.line.starts_with("GET")).collect(), replays)
}

fn login(token: TokenSource) -> Identity {
    identity("alice", Credential::Login(recipe(token)))
}

#[tokio::test]
async fn every_cookie_of_a_sign_in_is_sent_back() {
    let answer = || {
        whole(
            "200 OK",
            &[
                "Set-Cookie: sid=Session-0123456789; Path=/; HttpOnly",
                "Set-Cookie: stale=gone-0123456789",
                "Set-Cookie: csrf=Check-abcdef; Secure; SameSite=Strict",
                "Set-Cookie: stale=; Max-Age=0",
            ],
            b"{}",
        )
    };
    let (seen, replays) = sent(login(TokenSource::Cookie("*".to_owned())), answer).await;
    let pairs = |request: &Request| {
        let mut pairs: Vec<String> = request.header("cookie").split("; ").map(str::to_owned).collect();
        pairs.sort();
        pairs
    };
    assert_eq!(pairs(&seen[0]), ["csrf=Check-abcdef", "sid=Session-0123456789"]);
    let garbage = pairs(&seen[1]);
    assert_eq!(garbage.len(), 2, "{garbage:?}");
    assert!(garbage[0].starts_with("csrf=") && garbage[1].starts_with("sid="), "{garbage:?}");
    assert!(garbage[0] != "csrf=Check-abcdef" && garbage[1] != "sid=Session-0123456789", "{garbage:?}");
    assert_eq!(seen[2].header("cookie"), "");
    assert!(replays[0].contains("-H 'Cookie: '\"$ALICE_TOKEN\""), "{}", replays[0]);
    assert!(!replays.concat().contains("Session-0123456789"));
}

#[tokio::test]
async fn a_named_cookie_travels_with_the_others_of_its_sign_in() {
    let answer = || whole("302 X", &["Set-Cookie: sid=Session-0123456789", "Set-Cookie: route=node-seven"], b"");
    let (seen, _) = sent(login(TokenSource::Cookie("sid".to_owned())), answer).await;
    assert!(seen[0].header("cookie").contains("sid=Session-0123456789"));
    assert!(seen[0].header("cookie").contains("route=node-seven"));
    assert!(!seen[1].header("cookie").contains("Session-0123456789"));
    assert_eq!(seen[2].header("cookie"), "");
}

#[tokio::test]
async fn a_token_in_a_header_is_sent_as_the_recipe_says() {
    let mut recipe = recipe(TokenSource::Header("X-Auth-Token".to_owned()));
    recipe.send = "X-Session: Token {token};v=1".to_owned();
    let answer = || whole("204 X", &["X-Auth-Token: Bearer header-token-0123456789"], b"");
    let (seen, replays) = sent(identity("alice", Credential::Login(recipe)), answer).await;
    assert_eq!(seen[0].header("x-session"), "Token header-token-0123456789;v=1");
    assert!(replays[0].contains("-H 'X-Session: Token '\"$ALICE_TOKEN\"';v=1'"), "{}", replays[0]);
}

#[tokio::test]
async fn a_form_sign_in_is_encoded_as_one() {
    let server = Server::start(|_| answer(200, &json!({"token": "token-of-alice-0123456789"}))).await;
    let mut recipe = recipe(pointer("/token"));
    recipe.content_type = "application/x-www-form-urlencoded".to_owned();
    recipe.secrets.insert("PW".to_owned(), Secret::new("a&b=c d+é%"));
    let probe = probe(&server.base, vec![identity("alice", Credential::Login(recipe))], Limits::default());
    probe.sign_in(&probe.identities()[0]).await.unwrap();
    let request = server.seen.lock().unwrap()[0].clone();
    assert_eq!(request.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(request.body, "username=alice&password=a%26b%3Dc%20d%2B%C3%A9%25");
}

#[tokio::test]
async fn fixed_credentials_go_where_they_belong() {
    let secret = || Secret::new("Secret-0123456789");
    type Case = (Credential, fn(&Request) -> String, &'static str);
    let cases: Vec<Case> = vec![
        (
            Credential::Basic("alice".to_owned(), secret()),
            |r| r.header("authorization").to_owned(),
            "Basic YWxpY2U6U2VjcmV0LTAxMjM0NTY3ODk=",
        ),
        (
            Credential::ApiKeyHeader("X-Api-Key".to_owned(), secret()),
            |r| r.header("x-api-key").to_owned(),
            "Secret-0123456789",
        ),
        (
            Credential::ApiKeyQuery("api key".to_owned(), secret()),
            |r| r.target().to_owned(),
            "/x?api+key=Secret-0123456789",
        ),
        (Credential::Cookie("sid".to_owned(), secret()), |r| r.header("cookie").to_owned(), "sid=Secret-0123456789"),
    ];
    for (credential, read, expected) in cases {
        let (seen, replays) = sent(identity("alice", credential), || answer(500, &json!({}))).await;
        assert_eq!(read(&seen[0]), expected);
        assert!(!read(&seen[1]).is_empty() && read(&seen[1]) != expected, "{}", read(&seen[1]));
        assert!(read(&seen[2]).is_empty() || read(&seen[2]) == "/x");
        assert!(!replays.concat().contains("Secret-0123456789"), "{replays:?}");
    }
}

#[tokio::test]
async fn garbage_basic_credentials_are_still_a_pair() {
    use base64::Engine as _;
    let (seen, _) =
        sent(identity("alice", Credential::Basic("alice".to_owned(), Secret::new("Secret-0123456789"))), || {
            answer(500, &json!({}))
        })
        .await;
    let coded = seen[1].header("authorization").strip_prefix("Basic ").unwrap().to_owned();
    let pair = base64::engine::general_purpose::STANDARD.decode(coded).unwrap();
    assert!(String::from_utf8(pair).unwrap().contains(':'));
}

#[tokio::test]
async fn short_garbage_differs_from_the_real_one() {
    for _ in 0..40 {
        let alice = identity("alice", Credential::ApiKeyHeader("X-Api-Key".to_owned(), Secret::new("7")));
        let (seen, _) = sent(alice, || answer(500, &json!({}))).await;
        assert_ne!(seen[1].header("x-api-key"), "7");
    }
}

/// Every failing sign-in, and what the report must say of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_sign_in_makes_the_scan_untrusted_with_a_reason_that_helps() {
    type Case = (fn() -> Reply, &'static [&'static str]);
    let cases: [Case; 11] = [
        (|| answer(401, &json!({"message": "no"})), &["alice", "POST /login answered 401", "password"]),
        (|| answer(404, &json!({})), &["answered 404", "is the operation right"]),
        (|| answer(415, &json!({})), &["answered 415", "content_type"]),
        (|| answer(500, &json!({})), &["answered 500", "the target itself failed"]),
        (|| whole("200 OK", &["Content-Type: text/html"], b"<html>Sign in</html>"), &["not JSON", "text/html"]),
        (|| answer(200, &json!({"access": {"jwt": "x"}, "ok": true})), &["nothing at /token", "access, ok"]),
        (|| answer(200, &json!({"token": 17})), &["no text at /token"]),
        (|| answer(200, &json!({"token": ""})), &["the text at /token is empty"]),
        (|| answer(200, &json!({"token": "a\r\nX-Evil: 1"})), &["control characters"]),
        (|| answer(200, &json!({"token": "x".repeat(500_000)})), &["500000 bytes"]),
        (|| Reply::Reset(Vec::new()), &["POST /login gave no answer"]),
    ];
    for (reply, words) in cases {
        let notes = Notes::start(move |request, _| request.line.starts_with("POST /login").then(reply)).await;
        let report = notes.bench().scan().await;
        assert_eq!(report.scan.status, Status::Untrusted, "{words:?}");
        let because = report.scan.untrusted_because.clone().unwrap_or_default();
        assert!(words.iter().all(|word| because.contains(word)), "{words:?}: {because}");
        assert_eq!((report.score.value, report.score.grade.as_deref()), (None, None), "{words:?}");
        let sent = notes.server.seen.lock().unwrap();
        assert!(sent.iter().all(|request| request.header("x-evil").is_empty()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_signs_in_with_whatever_cookies_there_are() {
    let notes = Notes::start(|request, state| {
        if request.line.starts_with("POST /login") {
            let name = PEOPLE.into_iter().find(|name| request.body.contains(&password(name)))?;
            let token = state.issue(name);
            return Some(whole(
                "200 OK",
                &[&format!("Set-Cookie: sid={token}; HttpOnly"), "Set-Cookie: lang=en"],
                b"{}",
            ));
        }
        let token = request.header("cookie").split("; ").find_map(|pair| pair.strip_prefix("sid=")).unwrap_or_default();
        let who = state.live.get(token).copied();
        Some(state.usual(request, who))
    })
    .await;
    let recipe = "login = { operation = \"POST /login\", token = { cookie = \"*\" }, \
                  body = { username = \"{name}\", password = { env = \"NOTES_{name}\" } } }";
    let report = notes.bench_with(recipe).scan().await;
    assert_eq!(report.scan.status, Status::Complete, "{:?}", report.scan.untrusted_because);
    assert!(report.findings.iter().any(|finding| finding.check == "authz/bola-read"), "{:?}", report.coverage);
    let text = serde_json::to_string(&report).unwrap();
    for token in &notes.state().issued {
        assert!(!text.contains(token.as_str()));
    }
}
