//! What a model names must not carry a credential off: files lie below the server's folders, and what the user's own
//! configuration does not name needs the user's word.

use std::collections::BTreeMap;

use routewarden::app::{App, FenceRules, NamedByModel};
use routewarden::mcp::ServerOptions;
use routewarden::model::Mode;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{Client, LEGACY, MODERN};
use crate::engine::decoy::Decoy;

const DOCUMENT: &str = r#"{"openapi":"3.0.3","info":{"title":"t","version":"1"},"security":[{"b":[]}],
    "components":{"securitySchemes":{"b":{"type":"http","scheme":"bearer"}}},
    "paths":{"/me":{"get":{"summary":"Get my profile","responses":{"200":{"description":"d"}}}}}}"#;

/// A project with a configuration for one decoy, and another for a second one.
struct Project {
    folder: TempDir,
    own: Decoy,
    other: Decoy,
}

impl Project {
    async fn new() -> Self {
        let (folder, own, other) = (tempfile::tempdir().unwrap(), Decoy::start().await, Decoy::start().await);
        let project = Self { folder, own, other };
        project.write("routewarden.toml", &config(&project.own, "{ env = \"ALICE_TOKEN\" }"));
        project.write("openapi.json", DOCUMENT);
        project
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn client(&self, version: &'static str, capabilities: Value) -> Client {
        self.client_of(ServerOptions::default(), version, capabilities)
    }

    fn client_of(&self, options: ServerOptions, version: &'static str, capabilities: Value) -> Client {
        let variables = [("ALICE_TOKEN", "tok-alice-5512398"), ("DEPLOY_KEY", "deploy-key-99812377")];
        let environment: BTreeMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let app = App::new(self.folder.path().to_owned(), Some(self.folder.path().join("data")));
        Client::over_with(app.with_environment(environment), options, version, capabilities)
    }
}

fn config(decoy: &Decoy, bearer: &str) -> String {
    format!(
        "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n\n[identities.alice]\nrole = \"user\"\nbearer = {bearer}\n",
        decoy.base_url
    )
}

fn fault(answer: &Value) -> &str {
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    answer["result"]["content"][0]["text"].as_str().unwrap()
}

#[tokio::test]
async fn files_outside_of_the_folder_are_refused_links_resolved() {
    let project = Project::new().await;
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("evil.toml"), config(&project.other, "{ env = \"ALICE_TOKEN\" }")).unwrap();
    std::fs::write(outside.path().join("openapi.json"), DOCUMENT).unwrap();
    std::os::unix::fs::symlink(outside.path(), project.folder.path().join("inside")).unwrap();
    project
        .write("names-outside.toml", &format!("[target]\nopenapi = \"{}/openapi.json\"\n", outside.path().display()));
    let mut client = project.client(LEGACY, json!({})).greeted().await;
    let absolute = outside.path().join("evil.toml").display().to_string();
    let document = outside.path().join("openapi.json").display().to_string();
    for arguments in [
        json!({"config": absolute}),
        json!({"config": "inside/evil.toml"}),
        json!({"config": "../../etc/hostname"}),
        json!({"config": "names-outside.toml"}),
        json!({"target": document}),
        json!({"target": "inside/openapi.json"}),
        json!({"source": "inside"}),
    ] {
        let answer = client.call("scan_api", arguments.clone()).await;
        let said = fault(&answer);
        assert!(said.contains("lies outside") || said.contains("cannot be read"), "{arguments}: {said}");
    }
    let answer = client.call("check_route_ownership", json!({"config": "inside/evil.toml"})).await;
    assert!(fault(&answer).contains("lies outside"));
    let answer = client.call("suggest_fix", json!({"check": "authz/bola-read", "source": "inside"})).await;
    assert!(fault(&answer).contains("lies outside"));
    assert_eq!((project.own.hits(), project.other.hits()), (0, 0));
    client.leave().await.unwrap();
}

#[tokio::test]
async fn a_configuration_that_names_more_is_refused_where_nobody_can_be_asked() {
    let project = Project::new().await;
    project.write("origin.toml", &config(&project.other, "{ env = \"ALICE_TOKEN\" }"));
    project.write("variable.toml", &config(&project.own, "{ env = \"DEPLOY_KEY\" }"));
    project.write("token.txt", "a-secret-line-of-a-file");
    project.write("file.toml", &config(&project.own, "{ file = \"token.txt\" }"));
    let mut client = project.client(LEGACY, json!({})).greeted().await;
    for (name, word) in [("origin.toml", "requests to"), ("variable.toml", "DEPLOY_KEY"), ("file.toml", "token.txt")] {
        let answer = client.call("scan_api", json!({"config": name})).await;
        let said = fault(&answer);
        assert!(said.contains(word) && said.contains("--config"), "{name}: {said}");
    }
    let answer = client.call("scan_api", json!({"target": project.other.base_url})).await;
    assert!(fault(&answer).contains("requests to"), "another address than the configured one");
    assert_eq!((project.own.hits(), project.other.hits()), (0, 0));
    client.leave().await.unwrap();
}

#[tokio::test]
async fn the_users_own_configuration_needs_no_word() {
    let project = Project::new().await;
    project
        .write("narrow.toml", &format!("{}\n[scan]\nrate = 40\n", config(&project.own, "{ env = \"ALICE_TOKEN\" }")));
    let mut client = project.client(LEGACY, json!({})).greeted().await;
    for arguments in [json!({}), json!({"config": "routewarden.toml"}), json!({"config": "narrow.toml"})] {
        let answer = client.call("scan_api", arguments).await;
        assert_ne!(answer["result"]["isError"], true, "{answer}");
    }
    assert!(project.own.hits() > 0);
    client.leave().await.unwrap();
}

#[tokio::test]
async fn the_configuration_of_a_named_project_is_the_users_own() {
    let (project, elsewhere) = (Project::new().await, tempfile::tempdir().unwrap());
    project.write(".env", "ALICE_TOKEN=tok-alice-5512398");
    std::fs::set_permissions(project.folder.path().join(".env"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    let app = App::new(elsewhere.path().to_owned(), Some(elsewhere.path().join("data")));
    let app = app.with_folder(project.folder.path().to_owned());
    let mut client = Client::over(app, LEGACY, json!({})).greeted().await;
    let answer = client.call("scan_api", json!({})).await;
    assert_ne!(answer["result"]["isError"], true, "{answer}");
    assert!(project.own.hits() > 0);
    client.leave().await.unwrap();
}

#[tokio::test]
async fn an_env_file_beside_a_named_configuration_needs_the_users_word() {
    let project = Project::new().await;
    project.write("sub/openapi.json", DOCUMENT);
    project.write("sub/routewarden.toml", &config(&project.own, "{ env = \"ALICE_TOKEN\" }"));
    project.write("sub/.env", "ALICE_TOKEN=tok-planted-7781");
    let mut client = project.client(LEGACY, json!({})).greeted().await;
    let answer = client.call("scan_api", json!({"config": "sub/routewarden.toml"})).await;
    assert!(fault(&answer).contains("sub/.env"), "{answer}");
    assert_eq!(project.own.hits(), 0);
    client.leave().await.unwrap();
}

#[tokio::test]
async fn a_client_of_the_older_era_asks_its_user() {
    let project = Project::new().await;
    project.write("other.toml", &config(&project.other, "{ env = \"ALICE_TOKEN\" }"));
    for (answer, agrees) in [
        (json!({"action": "decline"}), false),
        (json!({"action": "accept", "content": {"confirm": false}}), false),
        (json!({"action": "accept", "content": {"confirm": true}}), true),
    ] {
        let mut client = project.client(LEGACY, json!({"elicitation": {}})).greeted().await;
        let call = json!({"jsonrpc": "2.0", "id": 90, "method": "tools/call",
            "params": {"name": "scan_api", "arguments": {"config": "other.toml"}}});
        client.send(&call).await;
        let question = client.next().await.unwrap();
        assert_eq!(question["method"], "elicitation/create", "{question}");
        let message = question["params"]["message"].as_str().unwrap();
        assert!(message.contains(&project.other.base_url), "{message}");
        assert_eq!(project.other.hits(), 0, "nothing is sent before the answer");
        client.send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": answer})).await;
        let mut result = client.next().await.unwrap();
        while result["id"] != 90 {
            result = client.next().await.unwrap();
        }
        assert_eq!(result["result"]["isError"] == true, !agrees, "{result}");
        assert_eq!(project.other.hits() > 0, agrees);
        client.leave().await.unwrap();
    }
}

#[tokio::test]
async fn a_client_of_the_newer_era_is_handed_the_question() {
    let project = Project::new().await;
    project.write("other.toml", &config(&project.other, "{ env = \"ALICE_TOKEN\" }"));
    let mut client = project.client(MODERN, json!({"elicitation": {}}));
    let arguments = json!({"config": "other.toml"});
    let answer = client.call("scan_api", arguments.clone()).await;
    assert_eq!(answer["result"]["resultType"], "input_required", "{answer}");
    let (key, question) = answer["result"]["inputRequests"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(question["method"], "elicitation/create", "{answer}");
    assert_eq!(project.other.hits(), 0);
    let again = json!({"name": "scan_api", "arguments": arguments,
        "inputResponses": {key.as_str(): {"action": "accept", "content": {"confirm": true}}}});
    let answer = client.request("tools/call", again).await;
    assert_ne!(answer["result"]["isError"], true, "{answer}");
    assert!(project.other.hits() > 0);
    let answer = client.call("scan_api", json!({"config": "other.toml"})).await;
    assert_ne!(answer["result"]["resultType"], "input_required", "asked once while the server runs: {answer}");
    client.leave().await.unwrap();
}

#[tokio::test]
async fn a_configuration_without_credentials_may_name_loopback_only() {
    let folder = tempfile::tempdir().unwrap();
    let app = App::new(folder.path().to_owned(), Some(folder.path().join("data")));
    let ask = async |text: &str| {
        std::fs::write(folder.path().join("x.toml"), text).unwrap();
        let named = NamedByModel { config: Some("x.toml".to_owned()), ..NamedByModel::default() };
        app.fence(&named, &FenceRules::default()).await.unwrap().beyond
    };
    assert!(ask("[target]\nbase_url = \"http://127.0.0.1:5000\"\n").await.is_empty());
    assert_eq!(ask("[target]\nallow = [\"https://example.com\"]\n").await, ["requests to https://example.com:443"]);
}

fn yes() -> Value {
    json!({"action": "accept", "content": {"confirm": true}})
}

#[tokio::test]
async fn what_was_not_there_at_start_needs_the_users_word() {
    let project = Project::new().await;
    let own = config(&project.own, "{ env = \"ALICE_TOKEN\" }");
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("routewarden.toml"), &own).unwrap();
    let path = project.folder.path().join("routewarden.toml");

    // Nothing at start, and then a file, a link, and at last another text in the file that was there.
    std::fs::remove_file(&path).unwrap();
    let mut client = project.client(LEGACY, json!({})).greeted().await;
    project.write("routewarden.toml", &own);
    let answer = client.call("scan_api", json!({})).await;
    assert!(fault(&answer).contains("ALICE_TOKEN") && fault(&answer).contains("--config"), "{answer}");
    let answer = client.call("check_route_ownership", json!({})).await;
    assert!(fault(&answer).contains("ALICE_TOKEN"), "{answer}");
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(outside.path().join("routewarden.toml"), &path).unwrap();
    let answer = client.call("scan_api", json!({})).await;
    assert!(fault(&answer).contains("lies outside"), "{answer}");
    client.leave().await.unwrap();

    std::fs::remove_file(&path).unwrap();
    project.write("routewarden.toml", &own);
    let mut client = project.client(LEGACY, json!({})).greeted().await;
    project.write("routewarden.toml", &config(&project.other, "{ env = \"ALICE_TOKEN\" }"));
    let answer = client.call("scan_api", json!({})).await;
    assert!(fault(&answer).contains(&project.other.base_url), "{answer}");
    assert_eq!((project.own.hits(), project.other.hits()), (0, 0));
    client.leave().await.unwrap();
}

#[tokio::test]
async fn an_answer_counts_for_what_was_asked_and_nothing_else() {
    let project = Project::new().await;
    project.write("other.toml", &config(&project.own, "{ env = \"DEPLOY_KEY\" }"));
    let mut client = project.client(MODERN, json!({"elicitation": {}}));
    let arguments = json!({"config": "other.toml"});
    let first = client.call("scan_api", arguments.clone()).await;
    let key = first["result"]["inputRequests"].as_object().unwrap().keys().next().unwrap().clone();
    project.write("other.toml", &config(&project.other, "{ env = \"DEPLOY_KEY\" }"));
    let again = json!({"name": "scan_api", "arguments": arguments, "inputResponses": {key: yes()}});
    let second = client.request("tools/call", again).await;
    assert_eq!(second["result"]["resultType"], "input_required", "{second}");
    assert!(second.to_string().contains(&project.other.base_url), "{second}");
    client.leave().await.unwrap();

    project.write("other.toml", &config(&project.own, "{ env = \"DEPLOY_KEY\" }"));
    let mut client = project.client(LEGACY, json!({"elicitation": {}})).greeted().await;
    client
        .send(&json!({"jsonrpc": "2.0", "id": 90, "method": "tools/call",
            "params": {"name": "scan_api", "arguments": {"config": "other.toml"}}}))
        .await;
    let question = client.next().await.unwrap();
    project.write("other.toml", &config(&project.other, "{ env = \"DEPLOY_KEY\" }"));
    client.send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": yes()})).await;
    let answer = client.next().await.unwrap();
    assert!(fault(&answer).contains("changed while the user was asked"), "{answer}");
    assert_eq!((project.own.hits(), project.other.hits()), (0, 0));
    client.leave().await.unwrap();
}

#[tokio::test]
async fn a_document_does_not_carry_credentials_to_another_origin() {
    let project = Project::new().await;
    let naming = |decoy: &Decoy| {
        let servers = format!("\"servers\":[{{\"url\":\"{}\"}}],\"paths\"", decoy.base_url);
        DOCUMENT.replacen("\"paths\"", &servers, 1)
    };
    project.write("other.json", &naming(&project.other));

    // The configuration says where requests go: no document moves them.
    let mut client = project.client(LEGACY, json!({})).greeted().await;
    let answer = client.call("scan_api", json!({"target": "other.json"})).await;
    assert_ne!(answer["result"]["isError"], true, "{answer}");
    assert!(project.own.hits() > 0);
    client.leave().await.unwrap();

    // Only its document says it: that origin is the user's, and another document's is not.
    project.write("openapi.json", &naming(&project.own));
    project.write(
        "routewarden.toml",
        "[target]\nopenapi = \"openapi.json\"\n\n[identities.alice]\nrole = \"user\"\nbearer = { env = \"ALICE_TOKEN\" }\n",
    );
    let mut client = project.client(LEGACY, json!({})).greeted().await;
    for target in ["other.json", project.other.base_url.as_str()] {
        let answer = client.call("scan_api", json!({"target": target})).await;
        assert!(fault(&answer).contains(&format!("requests to {}", project.other.base_url)), "{target}: {answer}");
    }
    assert_eq!(project.other.hits(), 0);
    let before = project.own.hits();
    for arguments in [json!({}), json!({"target": "openapi.json"})] {
        let answer = client.call("scan_api", arguments).await;
        assert_ne!(answer["result"]["isError"], true, "{answer}");
    }
    assert!(project.own.hits() > before);
    assert!(!project.other.saw("tok-alice-5512398"));
    client.leave().await.unwrap();
}

#[tokio::test]
async fn a_mode_beyond_the_configuration_needs_the_users_word() {
    for version in [LEGACY, MODERN] {
        let project = Project::new().await;
        let mut client = project.client(version, json!({})).greeted().await;
        for (mode, tool) in [("active", "scan_api"), ("intrusive", "scan_api"), ("active", "check_route_ownership")] {
            let answer = client.call(tool, json!({"mode": mode})).await;
            assert!(fault(&answer).contains(&format!("--max-mode {mode}")), "{answer}");
        }
        assert_eq!(project.own.hits(), 0);
        let answer = client.call("scan_api", json!({"mode": "active", "dry_run": true})).await;
        assert_ne!(answer["result"]["isError"], true, "a plan sends nothing: {answer}");
        client.leave().await.unwrap();

        let mut client = project.client(version, json!({"elicitation": {}})).greeted().await;
        let active = json!({"mode": "active"});
        let no = json!({"action": "decline"});
        let (asked, answer) = client.call_and_answer("scan_api", active.clone(), no).await;
        assert!(asked.unwrap().contains("mode active") && fault(&answer).contains("did not agree"), "{answer}");
        assert_eq!(project.own.hits(), 0);
        let (asked, answer) = client.call_and_answer("scan_api", active.clone(), yes()).await;
        assert!(asked.is_some() && answer["result"]["isError"] != true, "{answer}");
        assert_eq!(answer["result"]["structuredContent"]["mode"], "active", "{answer}");
        let (asked, answer) = client.call_and_answer("scan_api", active, yes()).await;
        assert!(asked.is_none(), "asked once while the server runs: {answer}");
        for _ in 0..2 {
            let (asked, answer) = client.call_and_answer("scan_api", json!({"mode": "intrusive"}), yes()).await;
            assert!(asked.unwrap().contains("wrong passwords"), "asked each time: {answer}");
            assert_eq!(answer["result"]["structuredContent"]["mode"], "intrusive", "{answer}");
        }
        client.leave().await.unwrap();
    }
}

#[tokio::test]
async fn the_start_option_and_the_configuration_are_the_users_word() {
    let project = Project::new().await;
    let options = ServerOptions::default().with_max_mode(Some(Mode::Active));
    let mut client = project.client_of(options, LEGACY, json!({})).greeted().await;
    let answer = client.call("scan_api", json!({"mode": "active"})).await;
    assert_eq!(answer["result"]["structuredContent"]["mode"], "active", "{answer}");
    let answer = client.call("scan_api", json!({"mode": "intrusive"})).await;
    assert!(fault(&answer).contains("--max-mode intrusive"), "{answer}");
    client.leave().await.unwrap();

    let active = format!("{}\n[scan]\nmode = \"active\"\n", config(&project.own, "{ env = \"ALICE_TOKEN\" }"));
    project.write("routewarden.toml", &active);
    let mut client = project.client(LEGACY, json!({})).greeted().await;
    let answer = client.call("scan_api", json!({})).await;
    assert_eq!(answer["result"]["structuredContent"]["mode"], "active", "{answer}");
    client.leave().await.unwrap();

    // What the option takes away, the configuration does not give back.
    let options = ServerOptions::default().with_max_mode(Some(Mode::Passive));
    let mut client = project.client_of(options, LEGACY, json!({})).greeted().await;
    let answer = client.call("scan_api", json!({})).await;
    assert_eq!(answer["result"]["structuredContent"]["mode"], "passive", "{answer}");
    let answer = client.call("scan_api", json!({"mode": "active"})).await;
    assert!(fault(&answer).contains("--max-mode active"), "{answer}");
    client.leave().await.unwrap();

    // Nor does a configuration that was written since.
    project.write("routewarden.toml", &config(&project.own, "{ env = \"ALICE_TOKEN\" }"));
    let mut client = project.client(LEGACY, json!({})).greeted().await;
    project.write("routewarden.toml", &active);
    let answer = client.call("scan_api", json!({})).await;
    assert!(fault(&answer).contains("Mode active needs the user's word"), "{answer}");
    client.leave().await.unwrap();
}

#[tokio::test]
async fn a_recheck_needs_what_its_scan_needed() {
    let project = Project::new().await;
    let started = |most| project.client_of(ServerOptions::default().with_max_mode(most), LEGACY, json!({}));
    let mut client = started(Some(Mode::Active)).greeted().await;
    let answer = client.call("scan_api", json!({"mode": "active"})).await;
    let finding = answer["result"]["structuredContent"]["findings"][0]["id"].clone();
    assert!(finding.is_string(), "{answer}");
    let answer = client.call("scan_api", json!({"recheck": [finding]})).await;
    assert_ne!(answer["result"]["isError"], true, "{answer}");
    client.leave().await.unwrap();

    let before = project.own.hits();
    for (most, word) in [(Some(Mode::Passive), "proven in that mode"), (None, "Mode active needs the user's word")] {
        let mut client = started(most).greeted().await;
        let answer = client.call("scan_api", json!({"recheck": [finding]})).await;
        assert!(fault(&answer).contains(word) && fault(&answer).contains("--max-mode active"), "{answer}");
        let answer = client.call("scan_api", json!({"recheck": ["rw-ffffffffffffffff"]})).await;
        assert!(fault(&answer).contains("rw-ffffffffffffffff"), "{answer}");
        client.leave().await.unwrap();
    }

    // The configuration of that scan is none of this folder's, and reads a variable that this one does not.
    project.write("routewarden.toml", &config(&project.own, "{ env = \"DEPLOY_KEY\" }"));
    let elsewhere = tempfile::tempdir().unwrap();
    let app = App::new(elsewhere.path().to_owned(), Some(project.folder.path().join("data")));
    let mut client = Client::over(app, LEGACY, json!({})).greeted().await;
    let answer = client.call("scan_api", json!({"recheck": [finding], "mode": "passive"})).await;
    assert!(fault(&answer).contains("DEPLOY_KEY"), "{answer}");
    assert_eq!(project.own.hits(), before);
    client.leave().await.unwrap();
}
