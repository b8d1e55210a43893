//! Spring: parameters by their annotations and types, conditions of `@PreAuthorize`.

use super::super::engine::{Cx, HandlerReader};
use super::super::facts::{CallerTie, Facts, Key, OwnershipFact};
use super::super::report::IdOrigin;
use super::super::state::State;
use super::super::value::{CodeValue, Part, ValueKind};
use super::super::words;
use crate::ir::{Expr, FunctionParameter, dotted_text, last_part, literal_text};
use crate::project::FunctionRef;
use crate::routes::RouteEntry;

impl HandlerReader<'_> {
    pub(super) fn read_spring(&mut self, cx: &Cx, mut state: State, entry: &RouteEntry, function: &FunctionRef) {
        let _ = entry;
        // Parameters come first, since the expressions of `@PreAuthorize` name them.
        for parameter in &function.function.parameters {
            let value = self.spring_value(cx, parameter);
            self.bind_parameter(cx, &mut state, parameter, &value);
        }
        let on_class = function.class.as_ref().map(|class| class.class.decorators.clone()).unwrap_or_default();

        for decorator in on_class.iter().chain(&function.function.decorators) {
            self.authorize(cx, &mut state, decorator);
        }
        self.read_body(cx, state, function);
    }

    fn spring_value(&mut self, cx: &Cx, parameter: &FunctionParameter) -> CodeValue {
        let declared = parameter.declared.as_ref().and_then(dotted_text).unwrap_or_default();
        for decorator in &parameter.decorators {
            let (name, key) = match decorator.call() {
                Some((callee, arguments)) => (
                    dotted_text(callee),
                    arguments.first().and_then(|first| literal_text(&first.value)).map(str::to_owned),
                ),
                None => (dotted_text(decorator), None),
            };

            // Without a name in the annotation, Spring takes that of the parameter.
            let key = key.unwrap_or_else(|| parameter.name.clone());
            match last_part(&name.unwrap_or_default()) {
                "PathVariable" => return CodeValue::of(self.client(&key, IdOrigin::Path)),
                "RequestParam" => return CodeValue::of(self.client(&key, IdOrigin::Query)),
                "RequestBody" | "ModelAttribute" => return self.part_of_request(Part::Body, "json"),
                "RequestHeader" => return self.of_request(cx, Part::Headers, &key, parameter.span),
                "CookieValue" => return CodeValue::token(),
                "AuthenticationPrincipal" | "CurrentUser" | "LoginUser" | "AuthUser" => {
                    return self.ask_caller(cx, parameter.span);
                }
                _ => {}
            }
        }

        match last_part(&declared) {
            "Principal" | "Authentication" | "JwtAuthenticationToken" | "UserDetails" | "OAuth2User" | "Jwt" => {
                self.ask_caller(cx, parameter.span)
            }
            "HttpServletRequest" | "ServerHttpRequest" | "WebRequest" => {
                CodeValue::kind(ValueKind::Request(Part::Whole))
            }
            _ => CodeValue::default(),
        }
    }

    /// `@PreAuthorize("#owner == authentication.name or hasRole('ADMIN')")`
    fn authorize(&mut self, cx: &Cx, state: &mut State, decorator: &Expr) {
        let Some((callee, arguments)) = decorator.call() else { return };
        let name = dotted_text(callee).unwrap_or_default();
        let mark = self.mark(cx, decorator.span);
        let is_condition = matches!(last_part(&name), "PreAuthorize" | "PostAuthorize");

        if matches!(last_part(&name), "Secured" | "RolesAllowed") {
            let text = self.project.text(cx.module, decorator.span).to_owned();
            // `ROLE_USER` is every account, so that only roles above count.
            if words::holds_one_of(&text, &["admin", "manager", "staff", "moderator"]) {
                state.facts.add(OwnershipFact { key: Key::Role, tie: CallerTie::Access, mark });
            }
            return;
        }

        let Some(text) = arguments.first().and_then(|first| literal_text(&first.value)).filter(|_| is_condition) else {
            return;
        };
        let mut facts: Option<Facts> = None;

        // Each arm of an `or` lets the caller pass alone, so that only what all prove is known.
        for arm in text.split(" or ").flat_map(|arm| arm.split(" OR ")).flat_map(|arm| arm.split("||")) {
            let arm = self.arm(state, arm, mark);
            facts = Some(match facts {
                Some(known) => known.or(&arm),
                None => arm,
            });
        }

        self.learn(state, &facts.unwrap_or_default());
    }

    fn arm(&self, state: &State, arm: &str, mark: super::super::facts::CodeMark) -> Facts {
        let asks_caller = arm.contains("authentication") || arm.contains("principal");
        let mut facts = Facts::default();

        for named in arm.split('#').skip(1) {
            let name: String = named.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            let Some(value) = state.get(&name) else { continue };
            let is_equal = arm.contains("==") && asks_caller;
            let is_call = arm.contains('@') || words::holds_one_of(arm, &words::GUARD_PARTS);

            // A call of a bean (`@guard.owns(#id)`) is a check of the project, known by its name here.
            if is_equal || is_call {
                facts.and(&self.tie(value.labels, if is_equal { CallerTie::Owner } else { CallerTie::Access }, mark));
            }
        }

        // An arm that ties an object is no mere role.
        if facts.is_empty()
            && (arm.contains("hasRole") || arm.contains("hasAuthority") || arm.contains("hasAnyRole"))
            && words::holds_one_of(arm, &["admin", "manager", "staff", "moderator"])
        {
            facts.add(OwnershipFact { key: Key::Role, tie: CallerTie::Access, mark });
        }
        facts
    }
}
