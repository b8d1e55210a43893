//! Base addresses: servers with their variables, Swagger's host, base path and schemes.

use openapiv3::ServerVariable;
use serde_json::{Map, Value};

use crate::model::{Dialect, Server};

use super::documents::Node;
use super::lowering::{Lowering, pick_members};

/// The most servers of one list.
const MAX_SERVERS: usize = 100;

impl<'d> Lowering<'d> {
    /// The servers of the document.
    pub(super) fn document_servers(&mut self, root: Node<'d>) -> Vec<Server> {
        if self.dialect == Dialect::Swagger2 {
            return self.swagger_servers(root);
        }
        let servers = self.servers(root);

        match (servers.is_empty(), &self.address) {
            // Without servers the document's own origin is meant (OpenAPI 3.0 §4.7.1). A file has none.
            (true, Some(address)) if address.has_host() => address
                .join("/")
                .map(|url| vec![Server { url: url.into(), description: String::new() }])
                .unwrap_or_default(),
            _ => servers,
        }
    }

    /// The servers that stand at a document, path item or operation.
    pub(super) fn servers(&mut self, owner: Node<'d>) -> Vec<Server> {
        let Some(list) = owner.get("servers") else { return Vec::new() };
        let Value::Array(items) = list.value else {
            if !list.value.is_null() {
                self.issues.add(list, "`servers` must be a list; it is ignored");
            }
            return Vec::new();
        };

        if items.len() > MAX_SERVERS {
            self.issues.add(list, format!("only the first {MAX_SERVERS} servers are read"));
        }
        items.iter().take(MAX_SERVERS).filter_map(|item| self.server(list.with(item))).collect()
    }

    fn server(&mut self, node: Node<'d>) -> Option<Server> {
        let (node, members) = self.follow_object(node, "server")?;
        let shape = pick_members(members, &["url", "description"]);
        let server: openapiv3::Server = self.read(node, shape, &["url"])?;
        let variables =
            node.get("variables").and_then(|variables| variables.value.as_object().map(|map| (variables, map)));
        let mut url = String::new();
        let mut rest = server.url.as_str();

        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            let value = variables.and_then(|(list, map)| self.variable(list.with(map.get(name)?)));
            let Some(value) = value else {
                self.issues.add(node, format!("the server variable `{name}` has no default; the server is left out"));
                return None;
            };
            url.extend([before, &value]);
            rest = after;
        }

        url.push_str(rest);
        let url = self.absolute(url.trim());
        Some(Server { url, description: server.description.unwrap_or_default() })
    }

    /// The default of a variable, or the first value it may have.
    fn variable(&mut self, node: Node<'d>) -> Option<String> {
        let members = node.value.as_object()?;
        let mut shape = Map::new();
        let allowed: Vec<String> =
            members.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(plain_text).collect();
        let default = members.get("default").and_then(plain_text).or_else(|| allowed.first().cloned())?;

        if !allowed.is_empty() && !allowed.contains(&default) {
            self.issues
                .add(node, format!("the default `{default}` is not among the allowed values; it is used all the same"));
        }
        shape.insert("default".to_owned(), default.into());
        shape.insert("enum".to_owned(), allowed.into());
        self.read::<ServerVariable>(node, shape, &["default"]).map(|variable| variable.default)
    }

    fn swagger_servers(&mut self, root: Node<'d>) -> Vec<Server> {
        let text =
            |key: &str| root.get(key).and_then(|found| found.value.as_str()).map(str::trim).filter(|t| !t.is_empty());
        let path = text("basePath").unwrap_or("/");
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let path = if path == "/" { "" } else { path.as_str() };
        let own = self.address.as_ref().filter(|address| address.has_host());
        let Some(host) = text("host").map(str::to_owned).or_else(|| {
            let host = own?.host_str()?;
            Some(own?.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
        }) else {
            return if path.is_empty() {
                Vec::new()
            } else {
                vec![Server { url: path.to_owned(), description: String::new() }]
            };
        };

        let listed: Vec<&str> = root
            .get("schemes")
            .and_then(|schemes| schemes.value.as_array())
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter(|scheme| matches!(*scheme, "http" | "https"))
            .collect();
        // Without `schemes` the document's own is meant (Swagger 2.0); a file has none.
        let schemes = match (listed.is_empty(), own) {
            (false, _) => listed,
            (true, Some(address)) => vec![address.scheme()],
            (true, None) => vec!["https"],
        };
        schemes
            .iter()
            .map(|scheme| Server { url: format!("{scheme}://{host}{path}"), description: String::new() })
            .collect()
    }

    /// A relative address of a document that came by URL, made absolute with it.
    pub(super) fn absolute(&self, url: &str) -> String {
        let joined = match &self.address {
            Some(address) if !url.contains("://") => address.join(url).ok(),
            _ => None,
        };
        joined.map_or_else(|| url.to_owned(), Into::into)
    }
}

fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}
