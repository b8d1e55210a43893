//! What guards a method of a controller: chains of filters, and annotations on class and method.

use super::annotations::{Annotation, read_annotations, texts_of_value};
use super::chains::{FilterChain, deciding_guard, read_chains};
use super::expressions::{NO_ROLE, of_expression};
use crate::project::{ClassRef, FunctionRef, Project};
use crate::routes::{CodePlace, Guard, GuardKind, GuardLevel};

/// Reads guards.
pub(super) struct SpringGuardReader<'p> {
    project: &'p Project,
    chains: Vec<FilterChain>,
    /// A build file that brings Spring Security in, which then asks for a user everywhere.
    starter: Option<CodePlace>,
}

impl<'p> SpringGuardReader<'p> {
    pub(super) fn new(project: &'p Project) -> Self {
        let chains = read_chains(project);
        let files = project.tree.files.iter();
        // With a chain of its own the project replaces the default of the starter.
        let starter = files.filter(|_| chains.is_empty()).find_map(|file| {
            let is_build = ["pom.xml", "build.gradle", "build.gradle.kts"].iter().any(|name| file.path.ends_with(name));
            let line = file.text.lines().position(|line| line.contains("spring-boot-starter-security"))?;
            is_build.then(|| CodePlace { file: file.path.clone(), line: line + 1 })
        });
        SpringGuardReader { project, chains, starter }
    }

    /// Returns what decides by the path alone.
    pub(super) fn of_path(&self, methods: &[String], path: &str) -> Vec<Guard> {
        // The starter without any configuration demands a user for every path.
        if let Some(place) = &self.starter {
            let name = "spring-boot-starter-security".to_owned();
            return vec![Guard { name, kind: GuardKind::Authentication, level: GuardLevel::App, place: place.clone() }];
        }
        deciding_guard(&self.chains, methods, path).into_iter().collect()
    }

    /// Returns the guards of a method of a controller.
    pub(super) fn of_method(
        &self,
        class: &ClassRef,
        function: &FunctionRef,
        (methods, path): (&[String], &str),
    ) -> Vec<Guard> {
        let mut guards = self.of_path(methods, path);
        let own = read_annotations(self.project, function.module, &function.function.decorators);
        let own: Vec<Guard> = own.iter().filter_map(|one| self.guard(one, GuardLevel::Route)).collect();

        // What a method says takes the place of what its class says.
        if own.is_empty() {
            for part in self.project.line_of(class) {
                let of_class = read_annotations(self.project, part.module, &part.class.decorators);
                let found: Vec<Guard> = of_class.iter().filter_map(|one| self.guard(one, GuardLevel::Router)).collect();

                if !found.is_empty() {
                    guards.extend(found);
                    break;
                }
            }
        }

        guards.extend(own);
        guards
    }

    fn guard(&self, annotation: &Annotation, level: GuardLevel) -> Option<Guard> {
        let listed = || {
            let value = annotation.value(&["value"])?;
            texts_of_value(self.project, annotation.module, value).map(|texts| texts.join(", "))
        };
        let kind = match annotation.name.as_str() {
            "PreAuthorize" | "PostAuthorize" => listed().map_or(GuardKind::Unknown, |text| of_expression(&text)),
            "Secured" | "RolesAllowed" => GuardKind::Role(listed().unwrap_or_default()),
            "PermitAll" => GuardKind::Public,
            "DenyAll" => GuardKind::Role(NO_ROLE.to_owned()),
            _ => return None,
        };

        let name = self.project.text(annotation.module, annotation.expr.span);
        let name = name.trim_start_matches('@').split_whitespace().collect::<Vec<_>>().join(" ");
        Some(Guard { name, kind, level, place: self.project.place(annotation.module, annotation.expr.span) })
    }
}
