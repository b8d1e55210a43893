//! `resources` and `resource`.

use super::DrawnRoute;
use super::options::{RailsCallArguments, text_of};
use super::scope::{Drawing, RailsScope, ResourcePaths, path_below};
use crate::frameworks::inflection::{plural_form, singular_form};
use crate::frameworks::query::At;

/// Action, methods, whether it stands on a member, what is added to the path.
const OF_MANY: [(&str, &[&str], bool, &str); 7] = [
    ("index", &["GET"], false, ""),
    ("create", &["POST"], false, ""),
    ("new", &["GET"], false, "new"),
    ("edit", &["GET"], true, "edit"),
    ("show", &["GET"], true, ""),
    ("update", &["PATCH", "PUT"], true, ""),
    ("destroy", &["DELETE"], true, ""),
];

impl<'s> Drawing<'s> {
    /// Runs `resources`.
    pub(super) fn run_resources(&mut self, call: At<'s>, options: &RailsCallArguments<'s>, scope: &RailsScope) {
        for name in options.values.iter().filter_map(|value| text_of(*value, &scope.names)) {
            let path = options.text("path", &scope.names).unwrap_or_else(|| name.clone());
            let parameter = options.text("param", &scope.names).unwrap_or_else(|| "id".to_owned());
            let collection = path_below(&scope.path, &path);
            let is_shallow = scope.is_shallow || options.get("shallow").is_some_and(|value| value.text() == "true");
            // With `shallow` a member below another resource is served without its parent's path.
            let above = if scope.is_shallow && scope.resource.is_some() {
                path_below(&scope.shallow_path, &path)
            } else {
                collection.clone()
            };
            let paths = ResourcePaths { member: format!("{above}/:{parameter}"), collection };
            let nested = format!("{above}/:{}_{parameter}", singular_form(&name));
            let controller = options.text("controller", &scope.names).unwrap_or_else(|| name.clone());
            let inner = RailsScope { path: nested, is_shallow, ..self.inner(options, scope, controller, paths) };
            self.add_actions(call, options, &inner, true);
            self.run_inner(call, options, &inner);
        }
    }

    /// Runs `resource`, of which there is one only.
    pub(super) fn run_resource(&mut self, call: At<'s>, options: &RailsCallArguments<'s>, scope: &RailsScope) {
        for name in options.values.iter().filter_map(|value| text_of(*value, &scope.names)) {
            let path = options.text("path", &scope.names).unwrap_or_else(|| name.clone());
            let own = path_below(&scope.path, &path);
            let paths = ResourcePaths { member: own.clone(), collection: own.clone() };
            // A singular resource has a controller in the plural.
            let controller = options.text("controller", &scope.names).unwrap_or_else(|| plural_form(&name));
            let inner = RailsScope { path: own, ..self.inner(options, scope, controller, paths) };
            self.add_actions(call, options, &inner, false);
            self.run_inner(call, options, &inner);
        }
    }

    fn inner(
        &self,
        options: &RailsCallArguments,
        scope: &RailsScope,
        controller: String,
        paths: ResourcePaths,
    ) -> RailsScope {
        let module = options.text("module", &scope.names).map(|module| format!("{module}/")).unwrap_or_default();
        RailsScope {
            module: format!("{}{module}", scope.module),
            controller: Some(controller),
            resource: Some(paths),
            ..scope.clone()
        }
    }

    fn run_inner(&mut self, call: At<'s>, options: &RailsCallArguments<'s>, inner: &RailsScope) {
        let concerns = options.texts("concerns", &inner.names).unwrap_or_default();
        self.run_concerns(&concerns, inner);

        if let Some(block) = call.field("block") {
            self.run(block, inner);
        }
    }

    fn add_actions(&mut self, call: At<'s>, options: &RailsCallArguments<'s>, scope: &RailsScope, has_index: bool) {
        let Some(paths) = scope.resource.clone() else { return };
        let only = options.texts("only", &scope.names);
        let except = options.texts("except", &scope.names).unwrap_or_default();

        for (action, methods, is_member, end) in OF_MANY {
            let has_form = ["new", "edit"].contains(&action);
            let wanted = match &only {
                Some(only) => only.iter().any(|only| only == action),
                // `only` may name forms even where the application has no views.
                None => !has_form || self.has_views,
            };
            if !wanted || except.iter().any(|except| except == action) || (action == "index" && !has_index) {
                continue;
            }
            let base = if is_member { &paths.member } else { &paths.collection };
            let route = DrawnRoute {
                at: call,
                methods: methods.iter().map(|method| (*method).to_owned()).collect(),
                path: path_below(base, end),
                controller: absolute_controller(scope),
                action: action.to_owned(),
            };

            self.add(&route, scope);
        }
    }
}

fn absolute_controller(scope: &RailsScope) -> String {
    let controller = scope.controller.as_deref().unwrap_or_default();
    match controller.strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None => format!("{}{controller}", scope.module),
    }
}
