//! Who takes part in a test, and what is made for it: the same lines in Python and in JavaScript, but for their words.

use super::facts::AttackKind;
use super::plan::TestPlan;

/// How a language writes these lines.
pub(super) struct CastWords {
    /// Before each line.
    indent: &'static str,
    /// Before a new variable.
    declare: &'static str,
    /// Before a call whose result takes time.
    wait: &'static str,
    new_client: &'static str,
    make_objects: &'static str,
    owner_client: &'static str,
    owner_headers: &'static str,
    other_headers: &'static str,
}

/// In Python.
pub(super) const PYTHON_CAST: CastWords = CastWords {
    indent: "    ",
    declare: "",
    wait: "",
    new_client: "new_client()",
    make_objects: "make_objects",
    owner_client: "owner_client",
    owner_headers: "owner_headers",
    other_headers: "other_headers",
};

/// In JavaScript.
pub(super) const SCRIPT_CAST: CastWords = CastWords {
    indent: "  ",
    declare: "const ",
    wait: "await ",
    new_client: "newClient()",
    make_objects: "makeObjects",
    owner_client: "ownerClient",
    owner_headers: "ownerHeaders",
    other_headers: "otherHeaders",
};

impl CastWords {
    /// Returns the lines before the attack, which is sent with these headers.
    pub(super) fn attack(&self, plan: &TestPlan) -> String {
        let wait = self.wait;
        self.cast(
            plan,
            &match plan.facts.attack {
                AttackKind::SecondCaller => format!("{wait}stranger(client)"),
                AttackKind::Anonymous => "{}".to_owned(),
                // The token is taken from a fresh sign-in, so that only its change can be the reason for a refusal.
                AttackKind::DamagedToken => format!("damaged({wait}owner(client))"),
                AttackKind::UnsignedToken => format!("unsigned({wait}owner(client))"),
                AttackKind::OldToken => format!("{wait}old(client)"),
                AttackKind::Owner | AttackKind::ForeignOrigin => format!("{wait}owner(client)"),
            },
        )
    }

    /// Returns the lines before the request of the attack's own caller, signed in as it should be.
    pub(super) fn sender(&self, plan: &TestPlan) -> String {
        let who = if plan.is_sent_by_owner() { "owner" } else { "stranger" };
        self.cast(plan, &format!("{}{who}(client)", self.wait))
    }

    /// Returns the lines before the owner's own request.
    pub(super) fn owner(&self, plan: &TestPlan) -> String {
        let mut lines = self.client("client", "headers", &format!("{}owner(client)", self.wait));
        if plan.control_has_second() {
            lines.push_str(&self.other());
        }
        if plan.makes() {
            let second =
                if plan.makes_for_second() { format!(", other, {}", self.other_headers) } else { String::new() };
            lines.push_str(&self.made(&format!("client, headers{second}")));
        }
        lines
    }

    fn cast(&self, plan: &TestPlan, headers: &str) -> String {
        let mut lines = String::new();
        let apart = plan.has_owner_apart();
        let (owner_client, owner_headers) = (self.owner_client, self.owner_headers);

        // An attacker and an owner need clients of their own, or cookies of one would sign in the other.
        if apart {
            lines = self.client(owner_client, owner_headers, &format!("{}owner({owner_client})", self.wait));
        }
        lines.push_str(&self.client("client", "headers", headers));

        if !plan.makes() {
            return lines;
        }

        let first = if apart { format!("{owner_client}, {owner_headers}") } else { "client, headers".to_owned() };
        let is_sender = plan.facts.attack == AttackKind::SecondCaller;
        let second = match (plan.makes_for_second(), is_sender) {
            (false, _) => String::new(),
            (true, true) => ", client, headers".to_owned(),
            (true, false) => {
                lines.push_str(&self.other());
                format!(", other, {}", self.other_headers)
            }
        };

        lines + &self.made(&format!("{first}{second}"))
    }

    fn other(&self) -> String {
        self.client("other", self.other_headers, &format!("{}stranger(other)", self.wait))
    }

    fn client(&self, client: &str, headers: &str, value: &str) -> String {
        self.variable(client, self.new_client) + &self.variable(headers, value)
    }

    fn made(&self, arguments: &str) -> String {
        self.variable("made", &format!("{}{}({arguments})", self.wait, self.make_objects))
    }

    fn variable(&self, name: &str, value: &str) -> String {
        format!("{}{}{name} = {value}\n", self.indent, self.declare)
    }
}
