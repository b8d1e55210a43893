use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use routewarden::app::{FixRequest, OwnershipRequest};
use routewarden::demo::{DemoOptions, start};
use routewarden::model::{FindingId, ScanId};
use routewarden::report::{Format, Report, TextOptions, render_report};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::kit::{answer, whole};
use super::notes::{Notes, PEOPLE, opaque, password};
use crate::engine::harness::Bench;

/// Everything that a scan leaves behind or tells, by name.
async fn traces(bench: &Bench, report: &Report) -> Vec<(String, Vec<u8>)> {
    let mut all = vec![("debug".to_owned(), format!("{report:?}").into_bytes())];
    for format in Format::ALL {
        all.push((format.as_str().to_owned(), render_report(format, report, &[], TextOptions::default()).into_bytes()));
    }
    let scan = ScanId(report.scan.id.clone());
    for finding in &report.findings {
        let id = FindingId(finding.id.clone());
        let told = bench.app.explain_finding(&id, Some(&scan)).await.unwrap();
        all.push((format!("explain {}", finding.check), serde_json::to_vec(&told).unwrap()));
        let request = FixRequest { finding_id: Some(id), ..FixRequest::default() };
        let told = bench.app.suggest_fix(request).await.unwrap();
        all.push((format!("fix {}", finding.check), serde_json::to_vec(&told).unwrap()));
    }
    let (progress, _) = tokio::sync::watch::channel(routewarden::app::Progress::default());
    let matrix = bench.app.check_route_ownership(OwnershipRequest::default(), progress, CancellationToken::new()).await;
    all.push(("ownership".to_owned(), format!("{matrix:?}").into_bytes()));
    bench.app.shut_down().await;
    for entry in std::fs::read_dir(bench.data()).unwrap() {
        let path = entry.unwrap().path();
        all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
    }
    all
}

/// The forms in which a value may hide: as it is, escaped, and inside of base64 at any alignment.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        secret.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        secret.bytes().map(|byte| format!("\\u{byte:04x}")).collect(),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        STANDARD.encode(STANDARD.encode(secret)).trim_end_matches('=').to_owned(),
    ];
    for before in 0..3 {
        let coded = STANDARD_NO_PAD.encode(format!("{}{secret}", "\0".repeat(before)));
        let (first, last) = ((before * 8_usize).div_ceil(6), (before + secret.len()) * 8 / 6);
        forms.push(coded[first..last].to_owned());
        forms.push(coded[first..last].replace('+', "-").replace('/', "_"));
    }
    forms
}

fn leaks(traces: &[(String, Vec<u8>)], secrets: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for secret in secrets {
        assert!(secret.len() >= 8, "`{secret}` is too short to look for");
        for (index, form) in forms(secret).iter().enumerate() {
            let form = form.as_bytes();
            for (name, bytes) in traces {
                if let Some(at) = bytes.windows(form.len()).position(|window| window == form) {
                    let from = at.saturating_sub(60);
                    let around =
                        String::from_utf8_lossy(&bytes[from..(at + form.len() + 20).min(bytes.len())]).into_owned();
                    found.push(format!("form {index} of {}… in {name}: {around}", &secret[..4]));
                }
            }
        }
    }
    found
}

/// Forwards bytes both ways, and keeps them.
async fn recorder(target: String) -> (String, Arc<Mutex<Vec<u8>>>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let kept = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&kept);
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((near, _)) = listener.accept().await {
            let (target, log) = (target.clone(), Arc::clone(&log));
            connections.spawn(async move {
                let far = TcpStream::connect(target.trim_start_matches("http://")).await.unwrap();
                let (mut near_in, mut near_out) = near.into_split();
                let (mut far_in, mut far_out) = far.into_split();
                let back = async {
                    let mut piece = [0; 16_384];
                    while let Ok(n @ 1..) = far_in.read(&mut piece).await {
                        log.lock().unwrap().extend_from_slice(&piece[..n]);
                        if near_out.write_all(&piece[..n]).await.is_err() {
                            return;
                        }
                    }
                };
                let forth = async {
                    let mut piece = [0; 16_384];
                    while let Ok(n @ 1..) = near_in.read(&mut piece).await {
                        log.lock().unwrap().extend_from_slice(&piece[..n]);
                        far_out.write_all(&piece[..n]).await.unwrap();
                    }
                    let _ = far_out.shutdown().await;
                };
                tokio::join!(back, forth);
            });
        }
    });
    (base, kept, serving)
}

/// The values between two texts.
fn between(text: &str, before: &str, after: char) -> Vec<String> {
    text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_the_demos_secrets_is_left_anywhere() {
    let demo = start(DemoOptions { repaired: false, port: 0 }).await.unwrap();
    let (base, kept, _serving) = recorder(demo.base_url.clone()).await;
    let bench = Bench::new(&demo.config_toml().replace(&demo.base_url, &base), None, &demo.secrets());
    let report = bench.scan().await;
    assert!(report.findings.len() > 5, "{:?}", report.scan.untrusted_because);
    let traces = traces(&bench, &report).await;
    let kept = String::from_utf8_lossy(&kept.lock().unwrap()).into_owned();
    let mut secrets: Vec<String> = demo.secrets().into_iter().map(|(_, value)| value).collect();
    for token in between(&kept, "\"access_token\":\"", '"') {
        // The header of a JWT is the same for everybody; payload and signature are not.
        secrets.extend(token.split('.').skip(1).map(str::to_owned));
    }
    secrets.extend(
        between(&kept.to_ascii_lowercase(), "set-cookie: ledgerly_session=", ';').into_iter().filter(|v| v.len() > 8),
    );
    secrets.sort();
    secrets.dedup();
    assert!(secrets.len() >= 9, "only {} secrets were seen", secrets.len());
    assert_eq!(leaks(&traces, &secrets), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_the_twins_secrets_is_left_anywhere() {
    let mut kinds = std::collections::BTreeSet::new();
    for twin in crate::twins::all().await {
        let kind = ["cookie", "api_key", "header", "basic", "login", "bearer"]
            .into_iter()
            .find(|kind| twin.identities_toml.contains(&format!("\n{kind} = ")))
            .unwrap_or("other");
        // One of each kind is enough.
        if !twin.name.ends_with("-weak") || !kinds.insert(kind) {
            continue;
        }
        let config = format!(
            "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n\n{}",
            twin.base_url, twin.identities_toml
        );
        let bench = Bench::new(&config, Some(&twin.document), &twin.env);
        let report = bench.scan().await;
        let secrets: Vec<String> = twin.env.iter().map(|(_, value)| value.clone()).collect();
        let traces = traces(&bench, &report).await;
        assert_eq!(leaks(&traces, &secrets), Vec::<String>::new(), "{}", twin.name);
    }
    assert!(kinds.len() >= 3, "{kinds:?}");
}

/// Says whatever it was told, in every coding and every place.
fn parrot(heard: &str) -> serde_json::Value {
    let escaped: String = heard.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let upper: String = heard.bytes().map(|byte| format!("%{byte:02X}")).collect();
    json!({
        "plain": heard, "sentence": format!("could not verify {heard}, sorry"),
        "base64": STANDARD.encode(heard), "one": STANDARD.encode(format!("x{heard}")),
        "two": STANDARD.encode(format!("xx{heard}yz")), "twice": STANDARD.encode(STANDARD.encode(heard)),
        "escaped": utf8_percent_encode(heard, NON_ALPHANUMERIC).to_string(), "percent": upper,
        "double": utf8_percent_encode(&upper, NON_ALPHANUMERIC).to_string(), "json": escaped,
        "nested": json!({"headers": {"authorization": heard}}).to_string(),
        "hex": heard.bytes().map(|byte| format!("{byte:02x}")).collect::<String>(),
        "halves": [&heard[..heard.len() / 2], &heard[heard.len() / 2..]],
        "trace": format!("Traceback (most recent call last):\n  File \"/srv/app.py\", line 3, in f\nValueError: {heard}"),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_repeats_the_credential_everywhere_gets_nothing_into_a_report() {
    for credential in [
        "bearer = { env = \"NOTES_TOKEN_{name}\" }",
        "api_key = { header = \"X-Key\", env = \"NOTES_TOKEN_{name}\" }",
        "api_key = { query = \"k\", env = \"NOTES_TOKEN_{name}\" }",
        "cookie = { name = \"sid\", env = \"NOTES_TOKEN_{name}\" }",
        "basic = { user = \"{name}\", password = { env = \"NOTES_{name}\" } }",
    ] {
        let notes = Notes::start(|request, state| {
            let sent = [
                request.bearer(),
                request.header("x-key"),
                request.header("cookie").trim_start_matches("sid="),
                request.target().rsplit("k=").next().unwrap_or_default(),
            ];
            let basic = PEOPLE.into_iter().find(|name| {
                request.header("authorization")
                    == format!("Basic {}", STANDARD.encode(format!("{name}:{}", password(name))))
            });
            let who = sent.iter().find_map(|token| state.live.get(*token).copied()).or(basic);
            let token =
                sent.iter().find(|token| state.live.contains_key(**token)).copied().unwrap_or_default().to_owned();
            let heard = match basic {
                Some(name) => password(name),
                None => token,
            };
            let mut request = request.clone();
            request.line = request.line.split('?').next().unwrap_or_default().to_owned();
            let who = who?;
            if request.target() == "/me" || heard.is_empty() {
                return Some(state.usual(&request, Some(who)));
            }
            let mut body = parrot(&heard);
            if request.target() == "/notes" {
                body = json!([{"id": opaque(&format!("id {who}"))[..8], "owner": who, "echo": body}]);
            } else {
                let owner =
                    PEOPLE.into_iter().find(|name| request.target().ends_with(&opaque(&format!("id {name}"))[..8]))?;
                body["id"] = json!(opaque(&format!("id {owner}"))[..8]);
                body["owner"] = json!(owner);
                body["text"] = json!(opaque(&format!("text {owner}")));
            }
            let place = utf8_percent_encode(&heard, NON_ALPHANUMERIC).to_string();
            Some(whole(
                "200 OK",
                &[
                    "Content-Type: application/json",
                    &format!("X-Echo: {heard}"),
                    &format!("X-Echo-Base64: {}", STANDARD.encode(&heard)),
                    &format!("Location: /next?state={place}#{heard}"),
                    &format!("Set-Cookie: last={place}; Path=/"),
                    &format!("Link: </x?t={heard}>; rel=next"),
                    &format!("WWW-Authenticate: Bearer realm=\"{heard}\""),
                ],
                body.to_string().replace("\\\\u", "\\u").as_bytes(),
            ))
        })
        .await;
        let bench = notes.bench_with(credential);
        let report = bench.scan().await;
        assert!(
            report.findings.iter().any(|finding| !finding.exchanges.is_empty()),
            "{credential}: {:?}",
            report.coverage
        );
        let traces = traces(&bench, &report).await;
        let mut secrets: Vec<String> = PEOPLE.iter().map(|name| password(name)).collect();
        secrets.extend(notes.state().issued.clone());
        // Halves give as much away as the whole.
        for secret in secrets.clone() {
            let (one, two) = secret.split_at(secret.len() / 2);
            secrets.extend([one, two].into_iter().filter(|half| half.len() >= 12).map(str::to_owned));
        }
        assert_eq!(leaks(&traces, &secrets), Vec::<String>::new(), "{credential}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_in_a_redirect_or_an_error_is_kept_out_too() {
    let notes = Notes::start(|request, state| {
        let token = request.bearer().to_owned();
        if request.line.starts_with("POST") || !state.live.contains_key(&token) {
            return None;
        }
        match request.target() {
            "/notes" => Some(whole(
                "302 Found",
                &[&format!("Location: http://127.0.0.1:1/cb?code={token}"), &format!("Set-Cookie: t={token}")],
                format!("moved to {token}").as_bytes(),
            )),
            "/me" => None,
            _ => Some(answer(
                500,
                &json!({"error": format!("bad token {token}"), "stack": ["at f (/srv/app.js:1:1)", token]}),
            )),
        }
    })
    .await;
    let bench = notes.bench();
    let report = bench.scan().await;
    let traces = traces(&bench, &report).await;
    let mut secrets: Vec<String> = PEOPLE.iter().map(|name| password(name)).collect();
    secrets.extend(notes.state().issued.clone());
    assert_eq!(leaks(&traces, &secrets), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_fails_does_not_tell_the_password() {
    let shouted = |request: &super::kit::Request| {
        let password =
            PEOPLE.into_iter().map(password).find(|password| request.body.contains(password)).unwrap_or_default();
        let mut body = serde_json::Map::new();
        body.insert(password.clone(), json!(1));
        body.insert(format!("you sent {password}"), json!(1));
        (password, serde_json::Value::Object(body))
    };
    for kind in 0..3 {
        let notes = Notes::start(move |request, _| {
            let (password, body) = shouted(request);
            Some(match kind {
                0 => answer(200, &body),
                1 => whole("200 OK", &[&format!("Content-Type: text/{password}")], b"no JSON"),
                _ => whole("200 OK", &[&format!("Set-Cookie: {password}=1")], b"{}"),
            })
        })
        .await;
        let token = if kind == 2 { "{ cookie = \"sid\" }" } else { "\"/token\"" };
        let recipe = format!(
            "login = {{ operation = \"POST /login\", token = {token}, \
             body = {{ username = \"{{name}}\", password = {{ env = \"NOTES_{{name}}\" }} }} }}"
        );
        let bench = notes.bench_with(&recipe);
        let report = bench.scan().await;
        assert!(report.scan.untrusted_because.is_some());
        let traces = traces(&bench, &report).await;
        let secrets: Vec<String> = PEOPLE.iter().map(|name| password(name)).collect();
        assert_eq!(leaks(&traces, &secrets), Vec::<String>::new(), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_at_their_loudest_hold_no_secret() {
    let notes = Notes::start(|_, _| None).await;
    let bench = notes.bench();
    let folder = bench.folder.path().to_owned();
    let run = tokio::task::spawn_blocking(move || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_routewarden"));
        command.current_dir(&folder).env("HOME", &folder).env("XDG_DATA_HOME", &folder).env("ROUTEWARDEN_LOG", "trace");
        for name in PEOPLE {
            command.env(format!("NOTES_{name}"), password(name));
        }
        command.arg("scan").output().unwrap()
    });
    let output = run.await.unwrap();
    let traces = [("stdout".to_owned(), output.stdout), ("stderr".to_owned(), output.stderr)];
    let mut secrets: Vec<String> = PEOPLE.iter().map(|name| password(name)).collect();
    assert!(notes.state().count > 20, "{}", String::from_utf8_lossy(&traces[1].1));
    secrets.extend(notes.state().issued.clone());
    assert_eq!(leaks(&traces, &secrets), Vec::<String>::new());
}

#[tokio::test]
async fn a_key_in_the_query_of_a_base_url_is_no_part_of_it() {
    let probe = super::kit::probe("http://127.0.0.1:9/v1?api_key=Key-0123456789#x", Vec::new(), super::kit::quick());
    assert_eq!(probe.base_url().as_str(), "http://127.0.0.1:9/v1");
}
