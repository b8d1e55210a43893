use std::process::Command;

use routewarden::model::{Credential, Method, Secret};
use routewarden::probe::{Ask, AskCaller, Limits, WriteKind};
use serde_json::json;

use super::kit::{Server, answer, identity, probe};
use super::writes::{note, writing};

const TOKEN: &str = "token-of-the-caller-0123456789";

fn credentials() -> Vec<Credential> {
    let secret = || Secret::new(TOKEN);
    vec![
        Credential::Bearer(secret()),
        Credential::ApiKeyHeader("X-`id`-$HOME".to_owned(), secret()),
        Credential::ApiKeyQuery("key$(id)'\"".to_owned(), secret()),
        Credential::Cookie("sid".to_owned(), secret()),
        Credential::Header {
            name: "X-Auth".to_owned(),
            template: "\"$(touch pwned)\" '{secret}'Tail".to_owned(),
            secret: secret(),
        },
    ]
}

fn nasty(base: &str) -> Vec<String> {
    [
        "/a'b",
        "/$(touch pwned)",
        "/`touch pwned`",
        "/x?a='\"$(touch pwned)\"'&b=[1-9]{a,b}",
        "/a%2e%2e/;touch pwned",
        "/!!\"\\",
    ]
    .iter()
    .map(|path| format!("{base}{path}"))
    .collect()
}

/// A request with everything that a shell could take for its own.
fn asks(base: &str, caller: &AskCaller) -> Vec<Ask> {
    nasty(base)
        .iter()
        .map(|url| Ask {
            method: Method::Post,
            headers: vec![("X-Learnt".to_owned(), "'; touch pwned; $(touch pwned) \"`touch pwned`".to_owned())],
            body: Some(("application/json".to_owned(), b"{\"a\":\"'$(touch pwned)`\\n\"}\n@file".to_vec())),
            ..Ask::get(caller.clone(), url::Url::parse(url).unwrap())
        })
        .collect()
}

#[tokio::test]
async fn a_replay_line_run_by_a_shell_sends_the_same_request_and_nothing_else() {
    if Command::new("curl").arg("--version").output().is_err() || Command::new("sh").args(["-c", ":"]).output().is_err()
    {
        eprintln!("SKIPPED: there is no curl or no sh on this machine");
        return;
    }
    for credential in credentials() {
        let server = Server::start(|_| answer(200, &json!({}))).await;
        let name = "7 b.ob@x".replace(' ', "-");
        let (probe, _journal) =
            writing(probe(&server.base, vec![identity(&name, credential.clone())], Limits::default()));
        probe.sign_in(&probe.identities()[0]).await.unwrap();
        for ask in asks(&server.base, &AskCaller::Identity(name.clone())) {
            let answer = probe.send_write(&ask, note(WriteKind::Tries)).await.unwrap().answer;
            let line = answer.exchange.replay.clone();
            assert!(!line.contains(TOKEN), "{line}");
            let folder = tempfile::tempdir().unwrap();
            let (place, script) = (folder.path().to_owned(), line.clone());
            let output = tokio::task::spawn_blocking(move || {
                Command::new("sh")
                    .args(["-c", &script])
                    .current_dir(place)
                    .env("_7_B_OB_X_TOKEN", TOKEN)
                    .output()
                    .unwrap()
            })
            .await
            .unwrap();
            assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the line ran something: {line}");
            let seen = server.seen.lock().unwrap();
            let [.., ours, theirs] = seen.as_slice() else { panic!("nothing arrived: {line}") };
            assert_eq!(theirs.line.replace("%20", "+"), ours.line.replace("%20", "+"), "{line}");
            assert_eq!(theirs.body, ours.body, "{line}");
            for header in ["authorization", "x-auth", "cookie", "x-`id`-$home", "x-learnt", "content-type"] {
                assert_eq!(theirs.header(header), ours.header(header), "{header}: {line}");
            }
        }
    }
}

#[tokio::test]
async fn variables_are_named_after_who_asks() {
    let server = Server::start(|_| answer(200, &json!({}))).await;
    let bob = identity("bob.smith", Credential::Bearer(Secret::new(TOKEN)));
    let probe = probe(&server.base, vec![bob], Limits::default());
    probe.sign_in(&probe.identities()[0]).await.unwrap();
    let forged = AskCaller::Forged {
        identity: "bob.smith".to_owned(),
        token: Secret::new("e30.e30."),
        label: "none".to_owned(),
    };
    let cases = [
        (AskCaller::Identity("bob.smith".to_owned()), " -H 'Authorization: Bearer '\"$BOB_SMITH_TOKEN\" "),
        (AskCaller::Garbage("bob.smith".to_owned()), " -H 'Authorization: Bearer '\"$GARBAGE_TOKEN\" "),
        (forged, " -H 'Authorization: Bearer '\"$FORGED_TOKEN\" "),
    ];
    for (caller, expected) in cases {
        let replay = probe.send(&Ask::get(caller, server.url("/x"))).await.unwrap().exchange.replay.clone();
        assert!(replay.contains(expected), "{replay}");
    }
    let replay = probe.send(&Ask::get(AskCaller::Anonymous, server.url("/x"))).await.unwrap().exchange.replay.clone();
    assert_eq!(replay, format!("curl -sS -g --path-as-is -X GET '{}/x'", server.base));
}

#[tokio::test]
async fn half_a_line_is_no_line() {
    let server = Server::start(|_| answer(200, &json!({}))).await;
    let probe = probe(&server.base, Vec::new(), Limits::default());
    let ask = Ask::get(AskCaller::Anonymous, server.url(&format!("/{}", "x".repeat(3_000))));
    let replay = probe.send(&ask).await.unwrap().exchange.replay.clone();
    assert!(replay.starts_with('#') && replay.len() < 100, "{replay}");
}
