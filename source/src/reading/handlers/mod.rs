//! What a handler is given before its body runs: parts of the request, the caller, what guards left. One file a framework.

mod chain;
mod django;
mod fastapi;
mod flask;
mod nest;
mod spring;

use std::rc::Rc;

use super::engine::{Cx, HandlerReader};
use super::facts::{CallerTie, CodeMark, Facts, Key, OwnershipFact};
use super::report::{HandlerReading, IdOrigin};
use super::state::State;
use super::value::{CodeValue, Names, ValueKind};
use super::words;
use crate::ir::{Expr, FunctionParameter, Span};
use crate::project::{FunctionRef, Resolved};
use crate::routes::{FrameworkName, Guard, GuardKind, GuardLevel, HandlerCode, RouteEntry, path_parameters};

impl HandlerReader<'_> {
    /// Reads the handler of a route.
    pub(super) fn read_handler(mut self, entry: &RouteEntry, code: &HandlerCode) -> HandlerReading {
        let function = code.function.clone();
        // A handler that cannot be parsed gets no verdict: a wrong one would hide a finding.
        if function.function.is_damaged {
            return HandlerReading::unknown(format!(
                "{}:{}: the handler cannot be parsed",
                entry.handler.file, entry.handler.line
            ));
        }

        if let [method] = entry.methods.as_slice() {
            self.method = Some(method.clone());
        }
        for name in path_parameters(&entry.path) {
            self.client(&name, IdOrigin::Path);
        }
        let cx = Cx { module: function.module, class: function.class.clone(), depth: 0 };
        let mut state = State::default();
        self.add_role_guards(entry, &mut state);

        match entry.framework {
            FrameworkName::Flask => self.read_flask(&cx, state, entry, &function),
            FrameworkName::FastApi => self.read_fastapi(&cx, state, entry, &function),
            FrameworkName::Django => self.read_django(&cx, state, entry, code),
            FrameworkName::Express => self.read_chain(&cx, state, entry, code),
            FrameworkName::NestJs => self.read_nest(&cx, state, entry, &function),
            FrameworkName::Spring => self.read_spring(&cx, state, entry, &function),
            _ => return HandlerReading::unknown("the ownership checks of this framework are not read"),
        }

        self.judge(entry)
    }

    /// Guards that by their reading let a role through only.
    fn add_role_guards(&mut self, entry: &RouteEntry, state: &mut State) {
        for guard in &entry.guards {
            let GuardKind::Role(of) = &guard.kind else { continue };
            let text = format!("{} {of}", guard.name);
            let is_above = words::holds_one_of(
                &text,
                &["admin", "staff", "superuser", "moderat", "manager", "permission", "isroot", "operator"],
            );

            // A guard for owners too is no role above them, and its body must show the tie.
            if is_above && !words::holds_one_of(&text, &["owner", "author", "readonly", "owns"]) {
                let mark = self.mark_of(guard);
                state.facts.add(OwnershipFact { key: Key::Role, tie: CallerTie::Access, mark });
            }
        }
    }

    /// Returns where a guard is put.
    fn mark_of(&self, guard: &Guard) -> CodeMark {
        let module = self.project.module_at(&guard.place.file);
        let Some(module) = module else { return CodeMark::default() };
        let mut start = 0;

        for (at, line) in module.text.split_inclusive('\n').enumerate() {
            if at + 1 == guard.place.line {
                let lead = line.len() - line.trim_start().len();
                let span =
                    Span { start: start + lead, end: start + line.trim_end().len(), line: at + 1, end_line: at + 1 };
                return CodeMark { module: module.id, span };
            }

            start += line.len();
        }

        CodeMark::default()
    }

    /// Finds the function of a guard by its name: `require_user`, `Depends(require_user)`, `require_role("admin")`.
    fn function_of(&self, guard: &Guard) -> Option<FunctionRef> {
        let module = self.project.module_at(&guard.place.file)?;
        let name = guard.name.trim_start_matches('@');
        let name = name.strip_prefix("Depends(").or(name.strip_prefix("Security(")).unwrap_or(name);
        let name = name.split(['(', ')', ',', ' ']).next().unwrap_or(name);

        match self.project.resolve(module.id, name)? {
            Resolved::Function(function) => Some(function),
            _ => None,
        }
    }

    /// Runs the functions of guards at the level of applications and routers that are functions without arguments.
    fn run_hooks(&mut self, cx: &Cx, state: &mut State, entry: &RouteEntry) {
        for guard in entry.guards.iter().filter(|guard| guard.level != GuardLevel::Route) {
            let Some(function) = self.function_of(guard) else { continue };
            // A hook is called without arguments; other functions are wrapped elsewhere.
            if !function.function.parameters.is_empty() {
                continue;
            }
            let mut frame = self.run(cx, state, &function, &Rc::default(), Vec::new());

            // A hook that returns an answer ends the request; the handler runs where it returns nothing.
            frame.ends.retain(|(_, value)| value.truth.as_ref().is_some_and(|truth| truth.yes.is_impossible));

            // Where every path of the hook answers, it is not understood, and proves nothing.
            if !frame.ends.is_empty() {
                self.collect(state, frame);
            }
        }
    }

    /// Reads the body of the handler itself.
    fn read_body(&mut self, cx: &Cx, state: State, function: &FunctionRef) {
        let mut state = state;
        if function.function.parameters.first().is_some_and(|first| first.name == "self")
            && let Some(class) = &cx.class
        {
            state.set("self", CodeValue::kind(ValueKind::Instance(class.clone())));
        }
        let _ = self.run_body(cx, state, function);
    }

    /// Learns what a decorator or guard of a library says by its name.
    fn learn_by_name(&mut self, cx: &Cx, state: &mut State, decorator: &Expr) {
        let name = decorator.call().map_or(decorator, |(callee, _)| callee);
        let text = crate::ir::dotted_text(name).unwrap_or_default();
        let whole = self.project.text(cx.module, decorator.span);
        let is_role = words::holds_one_of(
            &text,
            &[
                "admin",
                "staff",
                "superuser",
                "rolesrequired",
                "rolerequired",
                "requirerole",
                "rolesaccepted",
                "permissionrequired",
                "hasrole",
                "requirespermission",
            ],
        );
        let is_above = words::holds_one_of(
            whole,
            &["admin", "staff", "superuser", "moderat", "manager", "permission", "operator"],
        );

        // A role that is not above ordinary accounts does not excuse access to others' objects.
        if is_role && is_above && !words::holds_one_of(whole, &["owner", "author"]) {
            let fact = OwnershipFact { key: Key::Role, tie: CallerTie::Access, mark: self.mark(cx, decorator.span) };
            self.learn(state, &Facts::of(vec![fact]));
        }
    }

    /// Gives a value to a parameter; a pattern takes it apart.
    fn bind_parameter(&mut self, cx: &Cx, state: &mut State, parameter: &FunctionParameter, value: &CodeValue) {
        for name in &parameter.binds {
            let part = self.field(cx, state, value, name, parameter.span);
            state.set(name, part);
        }
        if !parameter.name.is_empty() {
            state.set(&parameter.name, value.clone());
        }
    }

    /// Every part of the path, by its name.
    fn path_record(&mut self, entry: &RouteEntry) -> CodeValue {
        let names: Vec<String> = path_parameters(&entry.path);
        let entries: Names = names
            .iter()
            .map(|name| (Rc::from(name.as_str()), CodeValue::of(self.client(name, IdOrigin::Path))))
            .collect();
        let labels = super::expressions::merge_labels(entries.iter().map(|(_, value)| value));
        CodeValue::labelled(labels, ValueKind::Record(Rc::new(entries)))
    }
}
