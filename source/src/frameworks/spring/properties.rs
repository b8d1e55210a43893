//! What the properties of an application say of its paths.

use std::collections::BTreeMap;

use crate::project::Project;

/// The properties of an application, the first file that names one counts.
#[derive(Debug, Default)]
pub(super) struct Properties {
    values: BTreeMap<String, String>,
}

impl Properties {
    /// Reads `application.properties` and `application.yml`.
    pub(super) fn read(project: &Project) -> Properties {
        let mut properties = Properties::default();
        // Properties of tests would give paths that the deployed application does not have.
        let is_main = |path: &str| !path.split('/').any(|part| part == "test");

        for file in project.tree.files.iter().filter(|file| is_main(&file.path)) {
            let name = file.path.rsplit('/').next().unwrap_or_default();
            match name {
                "application.properties" => properties.lines(&file.text),
                "application.yml" | "application.yaml" => properties.documents(&file.text),
                _ => {}
            }
        }

        properties
    }

    fn lines(&mut self, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!'])) {
            if let Some((name, value)) = line.split_once(['=', ':']) {
                // The first file that names a property wins, so a later module does not change its paths.
                self.values.entry(relaxed_name(name)).or_insert_with(|| value.trim().to_owned());
            }
        }
    }

    fn documents(&mut self, text: &str) {
        // Further documents are profiles: the first is what holds without one.
        let first = text.trim_start_matches("---").split("\n---").next().unwrap_or_default();

        if let Ok(value) = yaml_serde::from_str::<serde_json::Value>(first) {
            self.nested("", &value);
        }
    }

    fn nested(&mut self, above: &str, value: &serde_json::Value) {
        match value {
            serde_json::Value::Object(entries) => {
                for (name, inner) in entries {
                    let name = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
                    self.nested(&name, inner);
                }
            }
            serde_json::Value::String(text) => {
                self.values.entry(relaxed_name(above)).or_insert_with(|| text.clone());
            }
            serde_json::Value::Number(number) => {
                self.values.entry(relaxed_name(above)).or_insert_with(|| number.to_string());
            }
            _ => {}
        }
    }

    /// Returns what stands before every path.
    pub(super) fn prefix(&self) -> String {
        let names = ["server.servlet.context-path", "spring.webflux.base-path", "spring.mvc.servlet.path"];
        let parts = names.iter().filter_map(|name| self.values.get(&relaxed_name(name)));
        let parts = parts.filter_map(|part| self.filled(part));
        parts.map(|part| format!("/{}", part.trim_matches('/'))).filter(|part| part != "/").collect()
    }

    /// Puts properties where a text has places for them: `${api.base:/api}/orders`. Absent where one is not known.
    pub(super) fn filled(&self, text: &str) -> Option<String> {
        let mut made = String::new();
        let mut rest = text;

        while let Some((before, after)) = rest.split_once("${") {
            let (inner, after) = after.split_once('}')?;
            let (name, default) = inner.split_once(':').map_or((inner, None), |(name, value)| (name, Some(value)));
            made.push_str(before);
            let value = self.values.get(&relaxed_name(name)).map(String::as_str);
            // A value that refers to another one is not resolved, so the default is the better guess.
            made.push_str(value.filter(|value| !value.contains("${")).or(default)?);
            rest = after;
        }

        Some(made + rest)
    }
}

/// `server.servlet.context-path` is `server.servlet.contextPath` too.
fn relaxed_name(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace(['-', '_'], "")
}
