use std::net::IpAddr;

use routewarden::app::{AppError, Overrides, ScanRequest};
use routewarden::model::{Origin, Scope, TokenSource};
use routewarden::probe::{Ask, AskCaller, Limits, SendError};
use serde_json::json;
use url::Url;

use super::kit::{Server, answer, bearer, document, identity, pointer, probe, probe_in, quick, recipe, redirect};
use crate::engine::harness::Bench;
use routewarden::model::Credential;

fn permits(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| Scope::default().permit(url).is_ok())
}

#[test]
fn every_way_to_write_a_foreign_address_is_refused() {
    for address in [
        "http://192.0.2.1/",
        "http://10.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://[::ffff:a00:1]/",
        "http://[::127.0.0.1]/",
        "http://0x0a000001/",
        "http://167772161/",
        "http://012.0.0.1/",
        "http://10.1/",
        "http://0/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://localhost.evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.1@evil.example/",
        "http://evil.example#@127.0.0.1/",
        "http://evil.example\\@127.0.0.1/",
        "http://localhost%2eevil.example/",
        "http://xlocalhost/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
    ] {
        assert!(!permits(address), "{address}");
    }
}

#[test]
fn user_names_in_addresses_are_refused_even_on_loopback() {
    for address in ["http://a@127.0.0.1/", "http://:b@127.0.0.1/", "http://evil.example@localhost/"] {
        assert!(!permits(address), "{address}");
    }
}

#[test]
fn every_way_to_write_loopback_is_permitted() {
    for address in [
        "http://127.0.0.1/",
        "http://127.255.255.254/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://api.localhost:8080/",
    ] {
        assert!(permits(address), "{address}");
    }
}

#[test]
fn names_that_lead_where_they_must_not_are_refused() {
    let scope = Scope::new([Origin::parse("http://api.example").unwrap()]);
    let permitted = |host: &str, address: &str| scope.permit_address(host, address.parse::<IpAddr>().unwrap()).is_ok();
    for address in ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "0.0.0.0", "::", "224.0.0.1", "ff02::1"] {
        assert!(!permitted("api.example", address), "{address}");
    }
    assert!(!permitted("localhost", "10.0.0.1"));
    assert!(!permitted("x.localhost.", "192.0.2.1"));
    assert!(permitted("api.example", "203.0.113.7"));
    assert!(permitted("localhost", "::1"));
}

#[test]
fn another_scheme_or_port_than_the_listed_one_is_another_origin() {
    let scope = Scope::new([Origin::parse("https://api.example:8443").unwrap()]);
    let permitted = |address: &str| scope.permit(Url::parse(address).unwrap()).is_ok();
    assert!(permitted("https://api.example:8443/x"));
    for other in ["http://api.example:8443/x", "https://api.example/x", "https://www.api.example:8443/x"] {
        assert!(!permitted(other), "{other}");
    }
}

#[tokio::test]
async fn redirects_are_never_followed() {
    let trap = Server::trap().await;
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}/stolen", trap.base);
        let server = Server::start(move |_| redirect(status, &to)).await;
        let probe = probe(&server.base, vec![bearer("alice", "alice-token-0123456789")], Limits::default());
        probe.sign_in(&probe.identities()[0]).await.unwrap();
        let answer = probe.send(&Ask::get(AskCaller::Identity("alice".to_owned()), server.url("/x"))).await.unwrap();
        assert_eq!(answer.status(), Some(status));
    }
    assert_eq!(trap.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn a_sign_in_does_not_follow_redirects_with_the_password() {
    let trap = Server::trap().await;
    let to = format!("{}/login", trap.base);
    let server = Server::start(move |_| redirect(307, &to)).await;
    let alice = identity("alice", Credential::Login(recipe(pointer("/token"))));
    let probe = probe(&server.base, vec![alice], Limits::default());
    assert!(probe.sign_in(&probe.identities()[0]).await.is_err());
    assert_eq!(trap.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn a_document_is_not_fetched_through_a_redirect() {
    let trap = Server::start(|_| answer(200, &document(&["/x"]))).await;
    let to = format!("{}/openapi.json", trap.base);
    let server = Server::start(move |_| redirect(302, &to)).await;
    let bench = Bench::new("", None, &[]);
    let request = ScanRequest { target: Some(format!("{}/openapi.json", server.base)), ..ScanRequest::default() };
    assert!(matches!(bench.app.start(request).await, Err(AppError::Usage(_))));
    assert_eq!(trap.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn sign_in_paths_cannot_name_another_host() {
    let trap = Server::trap().await;
    let server = Server::start(|_| answer(200, &json!({"token": "token-of-alice-0123456789"}))).await;
    let host = trap.base.trim_start_matches("http://").to_owned();
    for path in [
        format!("http://{host}/login"),
        format!("//{host}/login"),
        format!("@{host}/login"),
        format!(":80@{host}/login"),
        format!("\\\\{host}\\login"),
        format!("/login\r\nHost: {host}"),
        format!("/..//{host}/login"),
    ] {
        let mut recipe = recipe(TokenSource::Pointer("/token".to_owned()));
        recipe.operation = format!("POST {path}");
        let probe = probe(&server.base, vec![identity("alice", Credential::Login(recipe))], quick());
        let _ = probe.sign_in(&probe.identities()[0]).await;
    }
    assert_eq!(trap.lines(), Vec::<String>::new());
    let own = server.base.trim_start_matches("http://").to_owned();
    for request in server.seen.lock().unwrap().iter() {
        assert_eq!(request.header("host"), own, "{}", request.line);
        assert_eq!(request.headers.iter().filter(|(name, _)| name == "host").count(), 1);
    }
}

#[tokio::test]
async fn an_address_out_of_scope_is_an_error_and_costs_no_request() {
    let probe = probe("http://127.0.0.1:9", Vec::new(), Limits::default());
    let ask = Ask::get(AskCaller::Anonymous, Url::parse("http://192.0.2.1/x").unwrap());
    assert!(matches!(probe.send(&ask).await, Err(SendError::Scope(_))));
    assert!(matches!(probe.fetch(&ask.url).await, Err(SendError::Scope(_))));
    assert_eq!(probe.sent(), 0);
}

#[tokio::test]
async fn header_values_with_line_breaks_are_not_sent() {
    let server = Server::trap().await;
    let probe = probe(&server.base, Vec::new(), quick());
    for value in ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\0b"] {
        let headers = vec![("X-Learnt".to_owned(), value.to_owned())];
        let sent = probe.send(&Ask { headers, ..Ask::get(AskCaller::Anonymous, server.url("/x")) }).await;
        assert!(sent.is_err() || sent.is_ok_and(|answer| answer.response().is_none()), "{value:?}");
    }
    assert_eq!(server.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn ipv6_loopback_is_a_target_like_any_other() {
    let Ok(listener) = tokio::net::TcpListener::bind("[::1]:0").await else {
        eprintln!("SKIPPED: this machine has no IPv6");
        return;
    };
    let base = format!("http://{}", listener.local_addr().unwrap());
    let mut serving = tokio::task::JoinSet::new();
    serving.spawn(async move {
        axum::serve(listener, axum::Router::new().route("/x", axum::routing::get(async || "here"))).await.unwrap();
    });
    let probe = probe(&base, Vec::new(), quick());
    let ask = Ask::get(AskCaller::Anonymous, Url::parse(&format!("{base}/x")).unwrap());
    assert_eq!(probe.send(&ask).await.unwrap().response().unwrap().text, "here");
}

#[tokio::test]
async fn a_listed_name_below_localhost_stays_on_loopback() {
    let server = Server::trap().await;
    let port = server.base.rsplit(':').next().unwrap();
    let base = format!("http://localhost:{port}");
    let scope = Scope::new([Origin::parse(&base).unwrap()]);
    let probe = probe_in(scope, &base, Vec::new(), quick());
    let ask = Ask::get(AskCaller::Anonymous, Url::parse(&format!("{base}/x")).unwrap());
    assert_eq!(probe.send(&ask).await.unwrap().status(), Some(200));
}

#[tokio::test]
async fn servers_of_the_document_are_no_permission() {
    for server in ["http://192.0.2.1", "https://api.example.com/v1", "http://169.254.169.254"] {
        let mut document = document(&["/x"]);
        document["servers"] = json!([{"url": server}]);
        let bench = Bench::new("[target]\nopenapi = \"openapi.json\"\n", Some(&document), &[]);
        let Err(AppError::Usage(text)) = bench.app.start(ScanRequest::default()).await else {
            panic!("{server} was taken for a target")
        };
        assert!(text.contains("--allow") && text.contains("--base-url"), "{text}");
    }
}

#[tokio::test]
async fn a_base_url_or_document_out_of_scope_is_refused_by_name() {
    let bench = Bench::new("[target]\nopenapi = \"openapi.json\"\n", Some(&document(&["/x"])), &[]);
    let over = |base: &str, allow: &[&str]| ScanRequest {
        overrides: Overrides {
            base_url: Some(base.to_owned()),
            allow: allow.iter().map(|text| (*text).to_owned()).collect(),
            ..Overrides::default()
        },
        ..ScanRequest::default()
    };
    let cases = [
        over("http://192.0.2.1:8080", &[]),
        over("http://192.0.2.1:8080", &["https://192.0.2.1:8080"]),
        over("http://192.0.2.1:8080", &["http://192.0.2.1:8081"]),
        ScanRequest { target: Some("http://192.0.2.1:8080/openapi.json".to_owned()), ..ScanRequest::default() },
    ];
    for request in cases {
        let Err(AppError::Usage(text)) = bench.app.start(request).await else { panic!("taken for a target") };
        assert!(text.contains("http://192.0.2.1:8080 is out of scope"), "{text}");
        assert!(text.contains("--allow http://192.0.2.1:8080"), "{text}");
    }
}

#[tokio::test]
async fn servers_of_a_path_or_an_operation_are_not_followed() {
    let trap = Server::trap().await;
    let server = Server::start(|_| answer(200, &json!({"id": "a1", "text": "hello there"}))).await;
    let mut document = document(&["/items"]);
    document["paths"]["/items"]["servers"] = json!([{"url": trap.base}]);
    document["paths"]["/items"]["get"]["servers"] = json!([{"url": trap.base}]);
    let config = format!("[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n", server.base);
    Bench::new(&config, Some(&document), &[]).scan().await;
    assert_eq!(trap.lines(), Vec::<String>::new());
    assert!(!server.lines().is_empty());
}

/// The whole test binary runs with whatever proxy there is; a child of its own has one that must not be asked.
#[tokio::test]
async fn proxies_of_the_environment_are_not_used() {
    let proxy = Server::trap().await;
    let server = Server::start(|_| answer(200, &document(&["/x"]))).await;
    let folder = tempfile::tempdir().unwrap();
    let (target, address) = (server.base.clone(), proxy.base.clone());
    let run = tokio::task::spawn_blocking(move || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_routewarden"));
        command.current_dir(folder.path()).env("HOME", folder.path()).env("XDG_DATA_HOME", folder.path());
        for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env(name, &address);
        }
        command.env_remove("NO_PROXY").env_remove("no_proxy").args(["scan", &target]).output().unwrap()
    });
    let output = run.await.unwrap();
    assert!(!server.lines().is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(proxy.lines(), Vec::<String>::new());
}
