//! Tokens of an authorization server: which are taken, what each allows, and that no principal reaches what is another's.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use routewarden::mcp::{HttpOptions, KeySource, KeyTimes, McpError, OAuthOptions, serve_http};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::http::{Running, options, start_of};
use super::support::{LEGACY, MODERN, app};
use crate::engine::decoy::Decoy;

const ISSUER: &str = "https://issuer.example/";
const RESOURCE: &str = "https://scanner.example/mcp";
/// The key pair of RFC 8037, appendix A, whose private half is public.
const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const PRIVATE: [u8; 32] = [
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5,
    0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
];

/// A server that takes the tokens of an issuer.
pub(super) struct Guarded {
    pub(super) running: Running,
    _folder: TempDir,
    _decoy: Decoy,
}

fn keys_file(folder: &Path) -> OAuthOptions {
    let keys = folder.join("keys.json");
    std::fs::write(&keys, key_set("one")).unwrap();
    take_keys(KeySource::File(keys))
}

/// The public key under this name.
pub(super) fn key_set(name: &str) -> String {
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": PUBLIC, "kid": name, "use": "sig", "alg": "EdDSA"});
    json!({"keys": [key]}).to_string()
}

pub(super) fn take_keys(keys: KeySource) -> OAuthOptions {
    let resource = Some(RESOURCE.to_owned());
    OAuthOptions { issuer: ISSUER.to_owned(), keys, key_times: KeyTimes::default(), resource }
}

async fn start() -> Guarded {
    start_with(keys_file).await
}

pub(super) async fn start_with(oauth: impl FnOnce(&Path) -> OAuthOptions) -> Guarded {
    let (folder, decoy) = (tempfile::tempdir().unwrap(), Decoy::start().await);
    let document = json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "servers": [{"url": decoy.base_url}],
        "paths": {"/me": {"get": {"summary": "Get my profile", "responses": {"200": {"description": "d"}}}}}});
    std::fs::write(folder.path().join("openapi.json"), document.to_string()).unwrap();
    let stop = CancellationToken::new();
    let options = HttpOptions { oauth: Some(oauth(folder.path())), ..options(None, &stop) };
    Guarded { running: start_of(app(folder.path()), options, stop).await, _folder: folder, _decoy: decoy }
}

fn seconds_from_now(offset: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap() + offset
}

pub(super) fn claims(user: &str, scope: &str) -> Value {
    json!({"iss": ISSUER, "aud": RESOURCE, "sub": user, "exp": seconds_from_now(600), "scope": scope})
}

fn signing_key(seed: [u8; 32]) -> EncodingKey {
    let mut der = vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend(seed);
    EncodingKey::from_ed_der(&der)
}

fn header(algorithm: Algorithm) -> Header {
    Header { kid: Some("one".to_owned()), ..Header::new(algorithm) }
}

fn sign(claims: &Value) -> String {
    encode(&header(Algorithm::EdDSA), claims, &signing_key(PRIVATE)).unwrap()
}

/// A good token that names its key so.
pub(super) fn sign_as(key: &str, claims: &Value) -> String {
    let header = Header { kid: Some(key.to_owned()), ..Header::new(Algorithm::EdDSA) };
    encode(&header, claims, &signing_key(PRIVATE)).unwrap()
}

fn token(user: &str, scope: &str) -> String {
    sign(&claims(user, scope))
}

impl Guarded {
    pub(super) async fn request(&self, token: &str, method: &str, mut params: Value) -> (u16, String) {
        params["_meta"] = json!({"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}});
        let named = params.get("name").or_else(|| params.get("uri")).and_then(Value::as_str);
        let named = named.map(|name| format!("Mcp-Name: {name}\r\n")).unwrap_or_default();
        let extra = format!("MCP-Protocol-Version: {MODERN}\r\nMcp-Method: {method}\r\n{named}");
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let bearer = format!("Bearer {token}");
        self.running.post(&self.running.authority, &body, &extra, &[("Authorization", &bearer)]).await
    }

    async fn call(&self, token: &str, tool: &str, arguments: Value) -> (u16, String) {
        self.request(token, "tools/call", json!({"name": tool, "arguments": arguments})).await
    }
}

#[tokio::test]
async fn a_stranger_is_told_where_a_token_is_to_be_had() {
    let server = start().await;
    let (status, answer) = server.running.ask(&server.running.authority, MODERN, &[]).await;
    assert_eq!(status, 401, "{answer}");
    let at = "resource_metadata=\"https://scanner.example/.well-known/oauth-protected-resource/mcp\"";
    assert!(answer.contains(at) && !answer.contains("error="), "{answer}");
    assert!(answer.contains("scope=\"scan:passive scan:active findings:read\""), "{answer}");

    let get = format!(
        "GET /.well-known/oauth-protected-resource/mcp HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        server.running.authority
    );
    let answer = server.running.send(&get).await;
    let metadata: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!((&metadata["resource"], &metadata["authorization_servers"]), (&json!(RESOURCE), &json!([ISSUER])));
    assert_eq!(metadata["scopes_supported"], json!(["scan:passive", "scan:active", "findings:read"]));
    server.running.end().await;
}

#[tokio::test]
async fn tokens_that_were_not_issued_for_this_server_are_refused() {
    refuse_attacks(start().await).await;
}

/// Tries every attack on tokens.
pub(super) async fn refuse_attacks(server: Guarded) {
    let with = |name: &str, value: Value| {
        let mut claims = claims("alice", "scan:active findings:read");
        claims[name] = value;
        sign(&claims)
    };
    let without = |name: &str| {
        let mut claims = claims("alice", "scan:active findings:read");
        claims.as_object_mut().unwrap().remove(name);
        sign(&claims)
    };
    let right = token("alice", "findings:read");
    let (input, signature) = right.rsplit_once('.').unwrap();
    let unsigned = |alg: &str| {
        let head = base64_url(&json!({"alg": alg, "kid": "one"}).to_string());
        format!("{head}.{}.", input.split('.').nth(1).unwrap())
    };
    let shared = EncodingKey::from_secret(PUBLIC.as_bytes());
    let attacks = [
        ("another audience", with("aud", json!("https://other.example/mcp"))),
        ("an audience that begins alike", with("aud", json!("https://scanner.example/mcp/x"))),
        ("another issuer", with("iss", json!("https://evil.example/"))),
        ("an issuer that reads alike", with("iss", json!("https://issuer.example"))),
        ("expired", with("exp", json!(seconds_from_now(-60)))),
        ("not yet", with("nbf", json!(seconds_from_now(300)))),
        ("no audience", without("aud")),
        ("no issuer", without("iss")),
        ("no end", without("exp")),
        ("nobody's", without("sub")),
        ("unsigned", unsigned("none")),
        ("unsigned in capitals", unsigned("NONE")),
        ("no signature", format!("{input}.")),
        (
            "changed",
            format!(
                "{}.{}.{signature}",
                input.split('.').next().unwrap(),
                base64_url(&claims("root", "scan:active").to_string())
            ),
        ),
        (
            "signed with the public key",
            encode(&header(Algorithm::HS256), &claims("alice", "findings:read"), &shared).unwrap(),
        ),
        (
            "signed with another key",
            encode(&header(Algorithm::EdDSA), &claims("alice", "findings:read"), &signing_key([7; 32])).unwrap(),
        ),
        (
            "of a key that is not there",
            encode(
                &Header { kid: Some("two".into()), ..Header::new(Algorithm::EdDSA) },
                &claims("alice", "findings:read"),
                &signing_key(PRIVATE),
            )
            .unwrap(),
        ),
        ("not a token", "x".to_owned()),
        ("the server's own variable", super::http::TOKEN.to_owned()),
    ];
    for (what, attack) in &attacks {
        let (status, answer) = server.request(attack, "tools/list", json!({})).await;
        assert_eq!(status, 401, "{what}: {answer}");
        assert!(answer.contains("error=\"invalid_token\"") && !answer.contains("scan_api"), "{what}: {answer}");
    }
    assert_eq!(server.request(&right, "tools/list", json!({})).await.0, 200);
    // A token in an address would end up in logs.
    let get = format!(
        "GET /mcp?access_token={right} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        server.running.authority
    );
    assert!(server.running.send(&get).await.starts_with("HTTP/1.1 401"));
    server.running.end().await;
}

fn base64_url(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test]
async fn a_token_allows_its_scopes_and_nothing_more() {
    let server = start().await;
    let (reader, passive, active) =
        (token("alice", "findings:read"), token("alice", "scan:passive"), token("alice", "scan:active"));
    let refused = [
        (&reader, "scan_api", json!({}), "scan:passive"),
        (&reader, "check_route_ownership", json!({"route": "GET /me"}), "scan:passive"),
        (&passive, "scan_api", json!({"mode": "active"}), "scan:active"),
        (&passive, "check_route_ownership", json!({"mode": "intrusive"}), "scan:active"),
        (&passive, "explain_finding", json!({"finding_id": "rw-1"}), "findings:read"),
        (&active, "scan_api", json!({"scan_id": "0"}), "findings:read"),
    ];
    for (token, tool, arguments, scope) in refused {
        let (status, answer) = server.call(token, tool, arguments).await;
        assert_eq!(status, 403, "{tool} {answer}");
        assert!(answer.contains(&format!("error=\"insufficient_scope\", scope=\"{scope}\"")), "{answer}");
    }
    assert_eq!(server.request(&passive, "resources/read", json!({"uri": "routewarden://scans"})).await.0, 403);

    let (status, answer) = server.call(&passive, "scan_api", json!({})).await;
    assert!(status == 200 && answer.contains("\"status\":\"complete\""), "{answer}");
    let (_, listed) = server.request(&passive, "tools/list", json!({})).await;
    assert!(listed.contains("\"enum\":[\"passive\"]") && listed.contains("\"cacheScope\":\"private\""), "{listed}");
    let (_, listed) = server.request(&active, "tools/list", json!({})).await;
    assert!(listed.contains("\"enum\":[\"passive\",\"active\",\"intrusive\"]"), "{listed}");
    // The scope is no consent: the configuration does not name this mode, and nobody can be asked here.
    let (status, answer) = server.call(&active, "scan_api", json!({"mode": "active"})).await;
    assert!(status == 200 && answer.contains("needs the user's word"), "{answer}");
    server.running.end().await;
}

#[tokio::test]
async fn the_scans_of_another_principal_are_not_there() {
    let server = start().await;
    let scopes = "scan:passive findings:read";
    let (alice, bob) = (token("alice", scopes), token("bob", scopes));
    let (_, answer) = server.call(&alice, "scan_api", json!({})).await;
    let id = answer.split("\"scan_id\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let finding = answer.split("\"rw-").nth(1).map(|rest| format!("rw-{}", rest.split('"').next().unwrap()));

    for (tool, arguments) in [
        ("scan_api", json!({"scan_id": id})),
        ("check_route_ownership", json!({"scan_id": id})),
        ("explain_finding", json!({"finding_id": finding.clone().unwrap_or_else(|| "rw-0".into()), "scan_id": id})),
        ("suggest_fix", json!({"finding_id": finding.unwrap_or_else(|| "rw-0".into())})),
    ] {
        let (_, answer) = server.call(&bob, tool, arguments).await;
        assert!(answer.contains("\"isError\":true") && !answer.contains("127.0.0.1:"), "{tool} {answer}");
    }
    let (status, answer) =
        server.request(&bob, "resources/read", json!({"uri": format!("routewarden://scans/{id}")})).await;
    assert!(status != 200 || answer.contains("\"error\""), "{answer}");
    for (token, sees) in [(&bob, false), (&alice, true)] {
        let (_, listed) = server.request(token, "resources/list", json!({})).await;
        assert_eq!(listed.contains(&id), sees, "{listed}");
        let (_, scans) = server.request(token, "resources/read", json!({"uri": "routewarden://scans"})).await;
        assert_eq!(scans.contains(&id), sees, "{scans}");
    }
    // Another token of the same user finds them.
    let (_, answer) =
        server.call(&token("alice", "scan:active findings:read"), "scan_api", json!({"scan_id": id})).await;
    assert!(answer.contains("\"status\":\"complete\""), "{answer}");
    server.running.end().await;
}

#[tokio::test]
async fn a_session_is_of_the_principal_who_opened_it() {
    let server = start().await;
    let (alice, bob) = (token("alice", "findings:read"), token("bob", "findings:read"));
    let bearer = format!("Bearer {alice}");
    let (status, answer) = server.running.ask(&server.running.authority, LEGACY, &[("Authorization", &bearer)]).await;
    assert_eq!(status, 200, "{answer}");
    let line = answer.lines().find(|line| line.to_ascii_lowercase().starts_with("mcp-session-id:")).unwrap();
    let session = line.split_once(':').unwrap().1.trim();
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}).to_string();
    for (token, expected) in [(&bob, 404), (&alice, 200)] {
        let bearer = format!("Bearer {token}");
        let headers =
            [("Authorization", bearer.as_str()), ("Mcp-Session-Id", session), ("MCP-Protocol-Version", LEGACY)];
        assert_eq!(server.running.post(&server.running.authority, &list, "", &headers).await.0, expected);
    }
    server.running.end().await;
}

#[tokio::test]
async fn the_public_name_is_served_and_no_other() {
    let server = start().await;
    let bearer = format!("Bearer {}", token("alice", "findings:read"));
    for (host, expected) in [("scanner.example", 200), ("evil.example", 403), ("scanner.example.evil.example", 403)] {
        assert_eq!(server.running.ask(host, MODERN, &[("Authorization", &bearer)]).await.0, expected, "{host}");
    }
    let headers = [("Authorization", bearer.as_str()), ("Origin", "http://evil.example")];
    assert_eq!(server.running.ask("scanner.example", MODERN, &headers).await.0, 403);
    server.running.end().await;
}

#[tokio::test]
async fn a_server_without_keys_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    for (text, because) in [(None, "keys.json"), (Some("{}"), "missing field"), (Some("{\"keys\": []}"), "no keys")] {
        let (oauth, keys) = (keys_file(folder.path()), folder.path().join("keys.json"));
        match text {
            Some(text) => std::fs::write(keys, text).unwrap(),
            None => std::fs::remove_file(keys).unwrap(),
        }
        assert_no_start(oauth, because).await;
    }
}

/// A server with these keys says why it does not start.
pub(super) async fn assert_no_start(oauth: OAuthOptions, because: &str) {
    let (folder, stop) = (tempfile::tempdir().unwrap(), CancellationToken::new());
    let options = HttpOptions { oauth: Some(oauth), ..options(None, &stop) };
    let served = serve_http(app(folder.path()), options, |_| panic!("served"));
    let error = tokio::time::timeout(Duration::from_secs(10), served).await.unwrap().unwrap_err();
    assert!(matches!(error, McpError::Keys { .. }) && error.to_string().contains(because), "{error}");
}
