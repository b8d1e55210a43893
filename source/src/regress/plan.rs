//! What a test does, whatever its language: the facts, verified and put in words once.

use serde_json::Value;

use super::facts::{AttackKind, CallerFacts, CallerValue, DenialSign, KeptFacts, ProofFacts, SignInCredential};
use super::fault::TestFault;
use super::literals::{MadeIds, harmless_text};
use super::placeholders::has_placeholder;

/// More values are not looked for in an answer.
const MOST_VALUES: usize = 5;
/// Shorter values would be met by chance.
const LEAST_LETTERS: usize = 4;

/// What a test does.
pub(super) struct TestPlan<'a> {
    pub facts: &'a ProofFacts,
    /// Statuses of a refusal; empty where the content shows it.
    pub refused: Vec<u16>,
    /// Values that the refused caller must not see.
    pub forbidden: Vec<String>,
    /// Names of both callers and of the operation, as messages have them.
    pub owner: String,
    pub stranger: String,
    pub operation: String,
    pub environment: Vec<String>,
    pub needs_review: Vec<String>,
}

impl<'a> TestPlan<'a> {
    /// Verifies the facts.
    ///
    /// # Errors
    /// The facts do not make a test that can fail before a repair; says why.
    pub(super) fn new(facts: &'a ProofFacts) -> Result<TestPlan<'a>, TestFault> {
        let mut plan = TestPlan {
            facts,
            refused: Vec::new(),
            forbidden: Vec::new(),
            owner: caller_name(&facts.owner, "the owner"),
            stranger: stranger_name(facts),
            operation: harmless_text(&format!("{} {}", facts.method, facts.path)),
            environment: Vec::new(),
            needs_review: Vec::new(),
        };

        plan.verify_requests()?;
        // Values come before the sign of the refusal, which may rest on them.
        plan.take_values();
        plan.take_denial()?;
        plan.environment = plan.variables();

        if let Some(odd) = plan.environment.iter().find(|name| !is_variable(name)) {
            return Err(TestFault::Variable(harmless_text(odd)));
        }
        plan.say_what_to_look_at();
        Ok(plan)
    }

    fn verify_requests(&self) -> Result<(), TestFault> {
        let facts = self.facts;
        // The method is written into code, so that only capitals are let in.
        let is_method = !facts.method.is_empty() && facts.method.bytes().all(|byte| byte.is_ascii_uppercase());

        if !is_method {
            return Err(TestFault::Method);
        }
        let sign_in = facts.sign_in.as_ref().map(|sign_in| &sign_in.path);
        let made = facts.made.iter().map(|made| Some(&made.path));
        let paths = [Some(&facts.url_path), Some(&facts.owner_url_path), sign_in].into_iter().chain(made);

        // A path that does not begin with a slash could lead to another server.
        if paths.flatten().any(|path| !path.starts_with('/')) {
            return Err(TestFault::Path);
        }
        if !(100..600).contains(&facts.served_status) {
            return Err(TestFault::ServedStatus);
        }
        let is_token = |sign_in: &super::SignInFacts| matches!(sign_in.gives, SignInCredential::Token { .. });
        let changes_token = matches!(facts.attack, AttackKind::DamagedToken | AttackKind::UnsignedToken);

        // A changed token needs one: a cookie has no signature to change.
        if changes_token && !facts.sign_in.as_ref().is_none_or(is_token) {
            return Err(TestFault::NoToken);
        }
        if facts.attack == AttackKind::OldToken && facts.sign_in.is_none() {
            return Err(TestFault::NoSignIn);
        }
        if !self.has_owner() && self.needs_owner() {
            return Err(TestFault::NoOwner);
        }
        Ok(())
    }

    /// Returns whether some caller is known who must be served.
    pub(super) fn has_owner(&self) -> bool {
        !self.facts.owner.name.is_empty()
    }

    /// Returns whether the test cannot do without the owner.
    fn needs_owner(&self) -> bool {
        let facts = self.facts;
        facts.attack != AttackKind::SecondCaller
            || facts.made.iter().any(|object| !object.by_second)
            || self.names_account("owner")
    }

    /// Returns whether a path or a body has the id of an account.
    pub(super) fn names_account(&self, who: &str) -> bool {
        let word = format!("{{account:{who}}}");
        let facts = self.facts;
        let is_named = |text: &str| text.contains(&word);
        let in_objects = facts.made.iter().any(|object| is_named(&object.path) || is_named(&object.body.to_string()));
        in_objects
            || is_named(&facts.url_path)
            || is_named(&facts.owner_url_path)
            || facts.body.as_ref().is_some_and(|body| is_named(&body.to_string()))
            || facts.kept.as_ref().is_some_and(|kept| is_named(&kept.view))
    }

    /// Returns whether the test is one that every language has: by status or by content, with ids as they were.
    pub(super) fn is_usual(&self) -> bool {
        let facts = self.facts;
        let texts = [Some(&facts.url_path), Some(&facts.owner_url_path)].into_iter().flatten();
        let made_up =
            |caller: &CallerFacts| caller.fields.iter().any(|(_, value)| matches!(value, CallerValue::MadeUp(_)));
        matches!(facts.attack, AttackKind::SecondCaller | AttackKind::Anonymous | AttackKind::DamagedToken)
            && facts.hidden_fields.is_empty()
            && facts.kept.is_none()
            && facts.listed.is_none()
            && self.has_owner()
            && !facts.made.iter().any(|object| object.by_second || has_placeholder(&object.path))
            && !texts.into_iter().any(|text| has_placeholder(text))
            && !facts.body.as_ref().is_some_and(|body| has_placeholder(&body.to_string()))
            && ![&facts.owner, &facts.attacker].into_iter().any(made_up)
    }

    /// Takes the values that are worth looking for; what looks like a secret must not stand in a test.
    fn take_values(&mut self) {
        let mut found = self.facts.forbidden_values.clone();
        if !self.facts.made.is_empty() {
            // The values of the scan went away with its objects; those of the bodies come back with the new ones.
            let bodies: String = self.facts.made.iter().map(|made| made.body.to_string()).collect();
            // Only a value that comes back with the new objects can be missed in an answer.
            found.retain(|value| bodies.contains(value.as_str()));
        }
        let count = found.len();
        // A short value is met by chance, and one that JSON escapes is not found as it is.
        found.retain(|value| value.chars().count() >= LEAST_LETTERS && is_verbatim(value));
        found.retain(|value| !is_secret(value));
        found.dedup();
        found.truncate(MOST_VALUES);

        if found.len() < count {
            let left = count - found.len();
            self.needs_review.push(format!(
                "{left} values that the answer showed are not looked for: too short, too many, written otherwise in JSON, or they look like secrets"
            ));
        }

        self.forbidden = found;
    }

    fn take_denial(&mut self) -> Result<(), TestFault> {
        match &self.facts.denial {
            DenialSign::Status(statuses) => {
                self.refused = statuses.iter().copied().filter(|status| *status != self.facts.served_status).collect();
                if self.refused.is_empty() {
                    return Err(TestFault::SameStatus);
                }
            }
            DenialSign::Content if self.forbidden.is_empty() && self.facts.listed.is_none() => {
                return Err(TestFault::NoValue);
            }
            DenialSign::Content => {}
        }

        Ok(())
    }

    /// Returns whether the second caller takes part.
    pub(super) fn has_second(&self) -> bool {
        self.facts.attack == AttackKind::SecondCaller || self.control_has_second()
    }

    /// Returns whether the second caller takes part where the owner is served.
    pub(super) fn control_has_second(&self) -> bool {
        self.makes_for_second() || self.names_account("stranger")
    }

    /// Returns whether the second caller makes something for the test.
    pub(super) fn makes_for_second(&self) -> bool {
        self.facts.made.iter().any(|object| object.by_second)
    }

    /// Returns the body without the fields that must not be kept; nothing where nothing else is in it.
    pub(super) fn body_without(&self, kept: &KeptFacts) -> Option<Value> {
        let mut body = self.facts.body.clone()?;
        let fields = body.as_object_mut()?;
        fields.retain(|name, _| !kept.fields.iter().any(|(field, _)| field == name));
        (!fields.is_empty()).then_some(body)
    }

    /// Returns whether the attack is sent with a credential of the owner's.
    pub(super) fn is_sent_by_owner(&self) -> bool {
        !matches!(self.facts.attack, AttackKind::SecondCaller | AttackKind::Anonymous)
    }

    /// Returns whether the owner takes part in the attack beside whoever sends it.
    pub(super) fn has_owner_apart(&self) -> bool {
        let makes = self.facts.made.iter().any(|object| !object.by_second);
        let changes = matches!(
            self.facts.attack,
            AttackKind::DamagedToken | AttackKind::UnsignedToken | AttackKind::OldToken | AttackKind::ForeignOrigin
        );
        if self.is_sent_by_owner() { changes && makes } else { makes || self.names_account("owner") }
    }

    /// Returns whether the owner's object is made by the test.
    pub(super) fn makes(&self) -> bool {
        !self.facts.made.is_empty()
    }

    /// Returns the ids that give way to those of new objects.
    pub(super) fn made(&self) -> MadeIds<'a> {
        MadeIds::new(&self.facts.made)
    }

    /// Returns the variable that has the token of a caller.
    pub(super) fn token_variable(caller: &CallerFacts) -> String {
        if !caller.token_variable.is_empty() {
            return caller.token_variable.clone();
        }
        let name: String =
            caller.name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
        let name = name.trim_start_matches(|letter: char| !letter.is_ascii_alphabetic()).to_ascii_uppercase();
        if name.is_empty() { "CALLER_TOKEN".to_owned() } else { format!("{name}_TOKEN") }
    }

    fn variables(&self) -> Vec<String> {
        let second = self.has_second().then_some(&self.facts.attacker);
        let first = self.has_owner().then_some(&self.facts.owner);
        let mut names = Vec::new();

        for caller in first.into_iter().chain(second) {
            if self.facts.sign_in.is_none() {
                names.push(TestPlan::token_variable(caller));
                continue;
            }
            let sign_up = self.facts.sign_up.as_ref().map(|_| &caller.sign_up);

            for (_, value) in caller.fields.iter().chain(sign_up.into_iter().flatten()) {
                if let CallerValue::Environment(name) = value {
                    names.push(name.clone());
                }
            }
        }

        names.sort();
        names.dedup();
        names
    }

    fn say_what_to_look_at(&mut self) {
        let facts = self.facts;
        if facts.made.is_empty() && facts.path.contains('{') && !has_placeholder(&facts.url_path) {
            let what =
                format!("the data that the test runs on must have the object of {}", harmless_text(&facts.url_path));
            self.needs_review.push(what);
        }
        if facts.sign_in.is_none() {
            let names = self.environment.join(" and ");
            self.needs_review.push(format!("tokens come from {names}: they must be valid where the test runs"));
        }
        if !self.has_owner() {
            self.needs_review.push("no caller is known who is served: the test shows the refusal alone".to_owned());
        }
        if !crate::routes::SAFE_METHODS.contains(&facts.method.as_str()) {
            let what = "the test changes data: run it on data that is made anew";
            self.needs_review.push(what.to_owned());
        }
    }

    /// Returns what the test is about, in a sentence.
    pub(super) fn title(&self) -> String {
        if let Some(kept) = &self.facts.kept {
            let names: Vec<&str> = kept.fields.iter().map(|(name, _)| name.as_str()).collect();
            return format!("{}: {} of a body must not be kept.", self.operation, harmless_text(&names.join(", ")));
        }
        match self.facts.attack {
            AttackKind::SecondCaller => {
                format!("{}: {} must not be given what is for {}.", self.operation, self.stranger, self.owner)
            }
            AttackKind::Anonymous => format!("{}: a caller without a credential must not be served.", self.operation),
            AttackKind::DamagedToken => {
                format!("{}: a token with a wrong signature must not be served.", self.operation)
            }
            AttackKind::UnsignedToken => format!("{}: an unsigned token must not be served.", self.operation),
            AttackKind::OldToken => format!("{}: an expired token must not be served.", self.operation),
            AttackKind::Owner => {
                let names = harmless_text(&self.facts.hidden_fields.join(", "));
                format!("{}: the answer must not have {names}.", self.operation)
            }
            AttackKind::ForeignOrigin => {
                format!("{}: a page of another origin must not read the answer with credentials.", self.operation)
            }
        }
    }

    /// Returns what the test of the attack is called, in words that are joined by `_`.
    pub(super) fn attack_name(&self) -> &'static str {
        if self.facts.kept.is_some() {
            return "the_fields_are_not_kept";
        }
        match self.facts.attack {
            AttackKind::SecondCaller => "the_second_caller_is_refused",
            AttackKind::Anonymous => "a_caller_without_a_credential_is_refused",
            AttackKind::DamagedToken => "a_damaged_token_is_refused",
            AttackKind::UnsignedToken => "an_unsigned_token_is_refused",
            AttackKind::OldToken => "an_expired_token_is_refused",
            AttackKind::Owner => "the_fields_are_not_shown",
            AttackKind::ForeignOrigin => "a_foreign_origin_may_not_read",
        }
    }

    /// Returns what it means when the attack is served; the status is put after it.
    pub(super) fn served(&self) -> String {
        format!(
            "{} was served by {}, which is for {}: status ",
            self.stranger,
            self.request(&self.facts.url_path),
            self.owner
        )
    }

    /// The request as sent; as the document has it, where the object is made anew.
    fn request(&self, url_path: &str) -> String {
        // The id of the scan means nothing where the object is made anew.
        let path = if self.makes() || has_placeholder(url_path) { &self.facts.path } else { url_path };
        harmless_text(&format!("{} {path}", self.facts.method))
    }

    /// Returns what it means when a value is shown.
    pub(super) fn shown(&self) -> String {
        format!("the answer to {} shows a value that is for {}", self.stranger, self.owner)
    }

    /// Returns what it means when the route fails.
    pub(super) fn broken(&self) -> String {
        format!("{} fails, which is no refusal: status ", self.operation)
    }

    /// Returns what it means when the owner is not served; the status is put after it.
    pub(super) fn shut_out(&self) -> String {
        format!(
            "{} is not served by {}: the repair shuts out the owner, or the data of the test is not there: status ",
            self.owner,
            self.request(&self.facts.owner_url_path)
        )
    }

    /// Returns the name of the file without its end, and of the class in capitals.
    pub(super) fn slug(&self) -> String {
        let check = self.facts.check.rsplit('/').next().unwrap_or_default();
        let words = format!("{check} {} {}", self.facts.method, self.facts.path);
        let letters: String = words
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' })
            .collect();
        let parts: Vec<&str> = letters.split('_').filter(|part| !part.is_empty()).collect();
        let slug: String = parts.join("_").chars().take(60).collect();

        slug.trim_end_matches('_').to_owned()
    }

    /// Returns the slug in capitals: `BolaReadGetInvoices`.
    pub(super) fn class_name(&self) -> String {
        let capital = |part: &str| {
            part.chars().take(1).flat_map(char::to_uppercase).chain(part.chars().skip(1)).collect::<String>()
        };
        self.slug().split('_').map(capital).collect()
    }
}

fn caller_name(caller: &CallerFacts, otherwise: &str) -> String {
    let name = harmless_text(&caller.name);
    if name.trim().is_empty() { otherwise.to_owned() } else { name }
}

fn stranger_name(facts: &ProofFacts) -> String {
    match facts.attack {
        AttackKind::SecondCaller => caller_name(&facts.attacker, "the second caller"),
        AttackKind::Anonymous => "a caller without a credential".to_owned(),
        AttackKind::DamagedToken => "a caller with a damaged token".to_owned(),
        AttackKind::UnsignedToken => "a caller with an unsigned token".to_owned(),
        AttackKind::OldToken => "a caller with an expired token".to_owned(),
        AttackKind::Owner => "the caller itself".to_owned(),
        AttackKind::ForeignOrigin => "a page of another origin".to_owned(),
    }
}

fn is_variable(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.starts_with(|letter: char| letter.is_ascii_digit()) && !name.is_empty() && name.bytes().all(is_part)
}

/// Returns whether a value stands in JSON as it is.
fn is_verbatim(value: &str) -> bool {
    value.is_ascii()
        && !value.contains(['"', '\\', '<', '>', '&', '\'', '/'])
        && !value.contains(|letter: char| letter.is_control())
}

/// Returns whether a value looks like a token, a key or a hash: long, unbroken, of letters and digits. An id in the usual
/// form of a UUID is none.
fn is_secret(value: &str) -> bool {
    let hyphens = value.bytes().filter(|byte| *byte == b'-').count();
    let is_uuid =
        value.len() == 36 && hyphens == 4 && value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    // Names and addresses have blanks or an at-sign; tokens and hashes are long and mixed.
    let has = |is: fn(&u8) -> bool| value.as_bytes().iter().any(is);
    !is_uuid
        && value.len() >= 20
        && !value.contains([' ', '@'])
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
}
