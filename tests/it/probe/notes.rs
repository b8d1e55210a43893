//! A small API of notes with a sign-in; anybody who is signed in may read anybody's note, which is its weakness.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::kit::{Reply, Request, Server, answer, document};
use crate::engine::harness::Bench;

/// What the server knows while it runs.
#[derive(Default)]
pub struct State {
    /// Live tokens and whose they are.
    pub live: BTreeMap<String, &'static str>,
    /// Every token that was ever issued.
    pub issued: Vec<String>,
    /// Requests so far.
    pub count: usize,
}

pub const PEOPLE: [&str; 2] = ["alice", "bob"];

/// The same text for the same name, and none that could be guessed.
pub fn opaque(name: &str) -> String {
    Sha256::digest(format!("notes {name}")).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

pub fn password(name: &str) -> String {
    format!("Pw-{}!", &opaque(&format!("password {name}"))[..12])
}

impl State {
    pub fn issue(&mut self, name: &'static str) -> String {
        let token = opaque(&format!("token {} {name}", self.issued.len()));
        self.live.insert(token.clone(), name);
        self.issued.push(token.clone());
        token
    }

    /// The usual answer to a request whose caller is known, or not.
    pub fn usual(&mut self, request: &Request, who: Option<&'static str>) -> Reply {
        if request.line.starts_with("POST /login") {
            let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
            let known = PEOPLE.into_iter().find(|name| body["username"] == *name && body["password"] == password(name));
            return match known {
                Some(name) => answer(200, &json!({"token": self.issue(name)})),
                None => answer(401, &json!({"message": "wrong name or password"})),
            };
        }
        let Some(name) = who else { return answer(401, &json!({"message": "sign in first"})) };
        match request.target() {
            "/me" => answer(200, &json!({"username": name, "email": format!("{name}@notes.example")})),
            "/notes" => answer(200, &json!([note(name)])),
            target => match PEOPLE.into_iter().find(|other| target == format!("/notes/{}", id(other))) {
                Some(other) => answer(200, &note(other)),
                None => answer(404, &json!({"message": "no such thing"})),
            },
        }
    }
}

fn id(name: &str) -> String {
    opaque(&format!("id {name}"))[..8].to_owned()
}

fn note(name: &str) -> Value {
    json!({"id": id(name), "owner": name, "text": format!("diary of {}", opaque(&format!("text {name}")))})
}

/// A running API.
pub struct Notes {
    pub server: Server,
    state: Arc<Mutex<State>>,
}

impl Notes {
    /// `hook` sees every request first, with the number of it from 1.
    pub async fn start(hook: impl Fn(&Request, &mut State) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start(move |request| {
            let mut state = shared.lock().unwrap();
            state.count += 1;
            if let Some(reply) = hook(request, &mut state) {
                return reply;
            }
            let who = state.live.get(request.bearer()).copied();
            state.usual(request, who)
        })
        .await;
        Self { server, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A folder for scans in which both sign in by `login`, the lines of their `[identities.NAME.login]`; `{name}`
    /// stands for the name.
    pub fn bench_with(&self, credential: &str) -> Bench {
        let mut config = format!("[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n", self.server.base);
        for name in PEOPLE {
            config.push_str(&format!("\n[identities.{name}]\n{}\n", credential.replace("{name}", name)));
        }
        Bench::new(&config, Some(&document(&["/me", "/notes", "/notes/{note_id}"])), &self.env())
    }

    pub fn bench(&self) -> Bench {
        self.bench_with(
            "login = { operation = \"POST /login\", token = \"/token\", \
             body = { username = \"{name}\", password = { env = \"NOTES_{name}\" } } }",
        )
    }

    /// Both have a token of their own that nobody renews.
    pub fn bench_with_tokens(&self) -> Bench {
        self.bench_with("bearer = { env = \"NOTES_TOKEN_{name}\" }")
    }

    fn env(&self) -> Vec<(String, String)> {
        let mut env = Vec::new();
        for name in PEOPLE {
            env.push((format!("NOTES_{name}"), password(name)));
            env.push((format!("NOTES_TOKEN_{name}"), self.state().issue(name)));
        }
        env
    }
}
