//! Sign-up and sign-in as all APIs of the bench share them, with the faults that their switches turn on.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::{Call, Reply};
use super::token::digest;
use super::world::World;

const LOCK: Duration = Duration::from_secs(20);
/// What the policy refuses besides short words.
const COMMON: [&str; 8] = ["password", "123456", "qwerty", "letmein", "welcome", "iloveyou", "changeme", "abc123"];

fn is_trivial(password: &str, name: &str) -> bool {
    let lower = password.to_lowercase();
    let kinds = lower.chars().collect::<BTreeSet<_>>().len();
    let is_short = password.len() < 10 || kinds < 6 || password.chars().all(|letter| letter.is_ascii_digit());
    is_short || password == name || COMMON.iter().any(|word| lower.starts_with(word))
}

/// What a sign-up came to.
pub enum SignUp {
    Made(Value),
    /// The name is taken, and this API does not tell.
    Silent,
}

impl World {
    /// Makes an account, with `columns` before what everybody has. The switches: `trivial-passwords`, `enumerates`.
    pub fn sign_up(&mut self, call: &Call, columns: Value, is_discreet: bool) -> Result<SignUp, Reply> {
        let (name, password) = (call.field(self.login).to_owned(), call.field("password"));
        if name.is_empty() || password.is_empty() {
            return Err(self.refuse(422, "name and password are required"));
        }
        if is_trivial(password, &name) && !self.weak("trivial-passwords") {
            return Err(self.refuse(422, "password is too weak: 10 characters or more, and no common word"));
        }
        if self.find("users", self.login, &name).is_some() {
            let tells = !is_discreet || self.weak("enumerates");
            return if tells { Err(self.refuse(409, "already registered")) } else { Ok(SignUp::Silent) };
        }
        let mut row = columns;
        if let Some(row) = row.as_object_mut() {
            row.insert(self.login.to_owned(), json!(name));
            row.insert("password_hash".to_owned(), json!(digest(password)));
            if !row.contains_key("role") {
                row.insert("role".to_owned(), json!("user"));
            }
        }
        Ok(SignUp::Made(self.put("users", row)))
    }

    /// The user that a sign-in names. The switches: `no-throttle`, `enumerates`.
    pub fn sign_in(&mut self, call: &Call) -> Result<Value, Reply> {
        let name = call.field(self.login).to_owned();
        let locked =
            self.guesses.get(&name).is_some_and(|(count, last)| *count >= self.patience && last.elapsed() < LOCK);
        if locked && !self.weak("no-throttle") {
            return Err(self.refuse(429, "too many attempts").with("retry-after", LOCK.as_secs().to_string()));
        }
        let user = self.find("users", self.login, &name);
        let is_known = user.is_some();
        match user.filter(|user| user["password_hash"] == json!(digest(call.field("password")))) {
            Some(user) => {
                self.guesses.remove(&name);
                Ok(user)
            }
            None => {
                let guess = self.guesses.entry(name).or_insert((0, Instant::now()));
                *guess = (guess.0 + 1, Instant::now());
                let tells = self.weak("enumerates") && !is_known;
                Err(self.refuse(401, if tells { "no account with this name" } else { "wrong name or password" }))
            }
        }
    }

    /// A user as seeds hold one.
    pub fn seed_user(&mut self, columns: Value, name: &str, role: &str) {
        let mut row = columns;
        if let Some(row) = row.as_object_mut() {
            row.insert(self.login.to_owned(), json!(name));
            row.insert("password_hash".to_owned(), json!(digest(&format!("{name}-parole-1"))));
            row.insert("role".to_owned(), json!(role));
        }
        self.put("users", row);
    }
}
