//! Calls that a view makes to what it inherits: `super().get_queryset()`, `self.get_object()`.

use std::rc::Rc;
use std::sync::Arc;

use super::engine::{Cx, HandlerReader};
use super::follow::CallArgument;
use super::state::State;
use super::value::{CodeValue, ValueKind};
use crate::ir::{Argument, Expr, ExprKind};
use crate::project::{ClassRef, FunctionRef};
use crate::routes::FrameworkName;

impl HandlerReader<'_> {
    /// A call to something inherited. `None` where it is none.
    pub(super) fn view_call(
        &mut self,
        cx: &Cx,
        state: &mut State,
        (callee, name): (&Expr, &str),
        arguments: &[Argument],
    ) -> Option<CodeValue> {
        let ExprKind::Member(object, _) = &*callee.kind else { return None };
        let class = cx.class.clone()?;
        let is_super =
            object.call().is_some_and(|(callee, _)| callee.name() == Some("super")) || object.name() == Some("super");
        if is_super {
            let given = arguments.iter().map(|argument| CallArgument {
                name: argument.name.as_deref().map(Rc::from),
                spread: argument.spread,
                value: self.eval(cx, state, &argument.value),
            });
            let given: Vec<CallArgument> = given.collect();

            if let Some(method) = self.method_above(&class, name) {
                return Some(self.follow(cx, state, &method, &Rc::default(), given));
            }
        }

        if self.framework != FrameworkName::Django || !(is_super || object.name() == Some("self")) {
            return None;
        }
        let is_own = !is_super && self.project.method(&class, name).is_some();

        match name {
            _ if is_own => None,
            "get_queryset" => Some(self.declared_queryset(cx, &class)),
            "get_object" => Some(self.inherited_object(cx, state, &class)),
            "filter_queryset" | "paginate_queryset" => {
                arguments.first().map(|first| self.eval(cx, state, &first.value))
            }
            "check_object_permissions" => {
                let object = arguments.get(1).map(|second| self.eval(cx, state, &second.value))?;
                self.check_object(cx, state, &class, &object);
                Some(CodeValue::default())
            }
            "retrieve" | "update" | "partial_update" | "destroy" if is_super => {
                let object = self.get_object(cx, state, &class);
                Some(object)
            }
            _ => None,
        }
    }

    /// The method of that name that stands above the one that is being read.
    fn method_above(&self, class: &ClassRef, name: &str) -> Option<FunctionRef> {
        let line = self.project.line_of(class);
        let reads = |method: &Arc<crate::ir::Function>| self.stack.iter().any(|known| Arc::ptr_eq(known, method));
        // The method that is read may itself come from a base: `super()` begins behind that one.
        let at = line.iter().rposition(|part| part.class.method(name).is_some_and(reads)).map_or(0, |at| at + 1);
        let found = line
            .iter()
            .skip(at.max(1))
            .find_map(|part| part.class.method(name).map(|method| (part.module, method.clone())));
        found.map(|(module, function)| FunctionRef { module, function, class: Some(class.clone()) })
    }

    /// `self.queryset`, as it is declared: not sent yet.
    pub(super) fn view_field(&mut self, cx: &Cx, class: &ClassRef, field: &str) -> Option<CodeValue> {
        if self.framework != FrameworkName::Django || !matches!(field, "queryset" | "model") {
            return None;
        }
        let value = self.declared_queryset(cx, class);
        (!matches!(value.kind, ValueKind::Plain)).then_some(value)
    }
}
