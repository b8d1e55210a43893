//! NestJS: parameters by their decorators.

use super::super::engine::{Cx, Engine};
use super::super::report::IdOrigin;
use super::super::state::State;
use super::super::value::{Kind, Part, Value};
use super::super::words;
use crate::ir::{Parameter, dotted, last_part, literal};
use crate::project::FunctionRef;
use crate::routes::RouteEntry;

impl Engine<'_> {
    pub(super) fn read_nest(&mut self, cx: &Cx, mut state: State, entry: &RouteEntry, function: &FunctionRef) {
        let _ = entry;
        for decorator in &function.function.decorators {
            self.learn_by_name(cx, &mut state, decorator);
        }
        for parameter in &function.function.parameters {
            let value = self.nest_value(cx, parameter);
            self.bind_parameter(cx, &mut state, parameter, &value);
        }
        self.read_body(cx, state, function);
    }

    fn nest_value(&mut self, cx: &Cx, parameter: &Parameter) -> Value {
        for decorator in &parameter.decorators {
            let (name, key) = match decorator.call() {
                Some((callee, arguments)) => {
                    (dotted(callee), arguments.first().and_then(|first| literal(&first.value)))
                }
                None => (dotted(decorator), None),
            };
            let name = name.unwrap_or_default();
            let part = match last_part(&name) {
                "Param" | "Params" => Part::Path,
                "Query" => Part::Query,
                "Body" => Part::Body,
                "Headers" => Part::Headers,
                "Session" => Part::Session,
                "Req" | "Request" => return Value::kind(Kind::Request(Part::Whole)),
                "Res" | "Response" => return Value::kind(Kind::Response),
                other if words::holds_one_of(other, &words::TENANT_NAMES) => {
                    return Value::of(super::super::value::Labels { tenant: true, ..Default::default() });
                }
                other if words::holds_one_of(other, &["user", "auth", "jwt", "account", "principal", "caller"]) => {
                    return self.ask_caller(cx, parameter.span);
                }
                _ => continue,
            };
            return match key {
                Some(key) => self.of_request(cx, part, &key.to_owned(), parameter.span),
                None if part == Part::Headers
                    || part == Part::Session
                    || part == Part::Path
                    || part == Part::Query
                    || part == Part::Body =>
                {
                    Value::kind(Kind::Request(part))
                }
                None => Value::of(self.client(&parameter.name, IdOrigin::Query)),
            };
        }
        Value::default()
    }
}
