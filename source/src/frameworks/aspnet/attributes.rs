//! Attributes of classes and methods.

use super::CSharpCode;
use crate::frameworks::guarding::make_guard;
use crate::frameworks::query::At;
use crate::routes::{Guard, GuardKind, GuardLevel};

/// Attributes that neither guard nor route.
const PLAIN: [&str; 16] = [
    "ApiController",
    "ApiExplorerSettings",
    "ApiVersion",
    "Area",
    "Authentication",
    "Consumes",
    "Description",
    "EndpointSummary",
    "Obsolete",
    "OpenApiTag",
    "Produces",
    "ProducesResponseType",
    "ResponseCache",
    "SwaggerOperation",
    "Tags",
    "ValidateAntiForgeryToken",
];

/// One attribute.
#[derive(Clone, Copy)]
pub(super) struct Attribute<'s> {
    pub(super) at: At<'s>,
    /// Without namespace and `Attribute`.
    pub(super) name: &'s str,
}

/// Returns the attributes of a class or method.
pub(super) fn read_attributes(of: At<'_>) -> Vec<Attribute<'_>> {
    let lists = of.children().into_iter().filter(|child| child.kind() == "attribute_list");
    let each = lists.flat_map(At::children).filter(|child| child.kind() == "attribute");
    each.map(|at| {
        let name = at.field_text("name");
        let name = name.rsplit('.').next().unwrap_or(name);
        let name = name.split('<').next().unwrap_or(name);
        Attribute { at, name: name.strip_suffix("Attribute").unwrap_or(name) }
    })
    .collect()
}

impl<'s> Attribute<'s> {
    fn arguments(&self) -> Vec<At<'s>> {
        self.at.child("attribute_argument_list").map(At::children).unwrap_or_default()
    }

    /// Returns the values that are given to the constructor; properties, as in `Roles = "Admin"`, are left out.
    pub(super) fn values(&self) -> Vec<At<'s>> {
        let is_property = |argument: At<'s>| {
            let after = argument.text().get(argument.field_text("name").len()..).unwrap_or_default();
            argument.child("assignment_expression").is_some()
                || argument.field("name").is_some() && after.trim_start().starts_with('=')
        };
        let plain = self.arguments().into_iter().filter(|argument| !is_property(*argument));
        plain.filter_map(|argument| argument.children().last().copied()).collect()
    }

    /// Returns the value of a named argument.
    pub(super) fn named(&self, name: &str) -> Option<At<'s>> {
        let own = self.arguments().into_iter().find(|argument| {
            let text = argument.text();
            text.split(['=', ':']).next().is_some_and(|own| own.trim() == name) && text.len() > name.len()
        });
        let value = own?.children().last().copied()?;
        if value.kind() == "assignment_expression" { value.field("right") } else { Some(value) }
    }
}

impl<'s> CSharpCode<'s> {
    /// Returns the guards among the attributes of a class or method.
    pub(super) fn attribute_guards(&self, of: At<'s>, level: GuardLevel) -> Vec<Guard> {
        read_attributes(of).into_iter().filter_map(|attribute| self.attribute_guard(attribute, level)).collect()
    }

    fn attribute_guard(&self, attribute: Attribute<'s>, level: GuardLevel) -> Option<Guard> {
        let is_route = attribute.name.starts_with("Http") || ["Route", "AcceptVerbs"].contains(&attribute.name);
        if is_route || PLAIN.contains(&attribute.name) {
            return None;
        }
        let mut guard = make_guard(attribute.at.text(), None, level, attribute.at.place());

        match attribute.name {
            "AllowAnonymous" => guard.kind = GuardKind::Public,
            "Authorize" => {
                // A role or a policy names what is asked more closely than the bare attribute does.
                let of = attribute.named("Roles").or_else(|| attribute.named("Policy"));
                let of = of.or_else(|| attribute.values().first().copied());
                let of = of.map(|of| self.constant(of).unwrap_or_else(|| of.text().to_owned()));
                guard.kind = of.map_or(GuardKind::Authentication, GuardKind::Role);
            }
            name => {
                // A filter of the project is judged by its body, one of a library by its name.
                let full = format!("{name}Attribute");
                let class = self.classes.get(full.as_str()).or_else(|| self.classes.get(name));
                let body = class.and_then(|known| known.first()).map(|class| class.text());
                let is_filter = body.is_some_and(|body| body.contains("Filter") || body.contains("Authorize"));
                let judged = make_guard(attribute.at.text(), body.filter(|_| is_filter), level, attribute.at.place());
                guard.kind = judged.kind;

                // Attributes of libraries without a word of access are left out, or every route would look guarded.
                if guard.kind == GuardKind::Unknown && !is_filter {
                    return None;
                }
            }
        }

        Some(guard)
    }
}
