//! NestJS: parameters by their decorators.

use std::rc::Rc;

use super::super::engine::{Cx, HandlerReader};
use super::super::follow::CallArgument;
use super::super::report::IdOrigin;
use super::super::state::State;
use super::super::value::{CodeValue, Part, ValueKind};
use super::super::words;
use crate::ir::{Expr, FunctionParameter, dotted_text, last_part, literal_text};
use crate::project::{FunctionRef, Resolved};
use crate::routes::RouteEntry;

impl HandlerReader<'_> {
    pub(super) fn read_nest(&mut self, cx: &Cx, mut state: State, entry: &RouteEntry, function: &FunctionRef) {
        let _ = entry;
        let on_class = function.class.as_ref().map(|class| class.class.decorators.clone()).unwrap_or_default();

        for decorator in on_class.iter().chain(&function.function.decorators) {
            self.learn_by_name(cx, &mut state, decorator);
            self.run_nest_guards(cx, &mut state, decorator);
        }
        for parameter in &function.function.parameters {
            let value = self.nest_value(cx, parameter);
            self.bind_parameter(cx, &mut state, parameter, &value);
        }
        self.read_body(cx, state, function);
    }

    /// `@UseGuards(OwnerGuard)`: the handler runs where `canActivate` is true.
    fn run_nest_guards(&mut self, cx: &Cx, state: &mut State, decorator: &Expr) {
        let Some((callee, arguments)) = decorator.call() else { return };
        if callee.name() != Some("UseGuards") {
            return;
        }
        for argument in arguments {
            // `@UseGuards(new OwnerGuard())` and the class alone mean the same.
            let named = argument.value.call().map_or(&argument.value, |(callee, _)| callee);
            let Some(Resolved::Class(guard)) = self.project.resolve_expr(cx.module, named) else { continue };
            let Some(method) = self.project.method(&guard, "canActivate") else { continue };
            let inner = Cx { depth: cx.depth + 1, ..cx.clone() };
            let given = vec![CallArgument::plain(CodeValue::kind(ValueKind::Request(Part::Whole)))];
            let truth = self.follow(&inner, state, &method, &Rc::default(), given).truth();
            self.learn(state, &truth.yes);
        }
    }

    fn nest_value(&mut self, cx: &Cx, parameter: &FunctionParameter) -> CodeValue {
        for decorator in &parameter.decorators {
            let (name, key) = match decorator.call() {
                Some((callee, arguments)) => {
                    (dotted_text(callee), arguments.first().and_then(|first| literal_text(&first.value)))
                }
                None => (dotted_text(decorator), None),
            };

            let name = name.unwrap_or_default();
            let part = match last_part(&name) {
                "Param" | "Params" => Part::Path,
                "Query" => Part::Query,
                "Body" => Part::Body,
                "Headers" => Part::Headers,
                "Session" => Part::Session,
                "Req" | "Request" => return CodeValue::kind(ValueKind::Request(Part::Whole)),
                "Res" | "Response" => return CodeValue::kind(ValueKind::Response),
                other if words::holds_one_of(other, &words::TENANT_NAMES) => {
                    return CodeValue::of(super::super::value::Labels { tenant: true, ..Default::default() });
                }
                other if words::holds_one_of(other, &["user", "auth", "jwt", "account", "principal", "caller"]) => {
                    return self.ask_caller(cx, parameter.span);
                }
                _ => continue,
            };

            return match key {
                Some(key) => self.of_request(cx, part, key, parameter.span),
                None if part == Part::Headers
                    || part == Part::Session
                    || part == Part::Path
                    || part == Part::Query
                    || part == Part::Body =>
                {
                    self.part_of_request(part, "json")
                }
                None => CodeValue::of(self.client(&parameter.name, IdOrigin::Query)),
            };
        }

        CodeValue::default()
    }
}
