//! Security schemes, and what operations ask of their callers.

use std::collections::BTreeMap;

use openapiv3::{APIKeyLocation, SecurityRequirement};
use serde_json::{Map, Value, json};

use crate::model::{Dialect, Place, Requirement, SchemeKind, Security, SecurityScheme};

use super::documents::Node;
use super::lowering::{Lowering, describe_kind, pick_members};

/// The most requirements of one list, schemes of one requirement and scopes of one scheme.
const MAX_REQUIREMENTS: usize = 50;

impl<'d> Lowering<'d> {
    /// The security schemes of the document by name.
    pub(super) fn schemes(&mut self, root: Node<'d>) -> BTreeMap<String, SecurityScheme> {
        let list = match self.dialect {
            Dialect::Swagger2 => root.get("securityDefinitions"),
            _ => root.get("components").and_then(|components| components.get("securitySchemes")),
        };
        let Some((list, Value::Object(named))) = list.map(|list| (list, list.value)) else { return BTreeMap::new() };
        let mut schemes = BTreeMap::new();

        for (name, item) in named.iter().filter(|(name, _)| !name.starts_with("x-")) {
            if let Some(kind) = self.scheme(list.with(item)) {
                schemes.insert(name.clone(), SecurityScheme { kind });
            }
        }
        schemes
    }

    fn scheme(&mut self, node: Node<'d>) -> Option<SchemeKind> {
        let (node, members) = self.follow_object(node, "security scheme")?;
        let typ = members.get("type").and_then(Value::as_str).unwrap_or_default();
        let shape = match typ {
            "basic" if self.dialect == Dialect::Swagger2 => {
                json!({ "type": "http", "scheme": "basic" }).as_object().cloned().unwrap_or_default()
            }
            "oauth2" => return Some(SchemeKind::OAuth2(self.token_address(node))),
            "http" | "apiKey" | "openIdConnect" => {
                pick_members(members, &["type", "in", "name", "scheme", "bearerFormat", "openIdConnectUrl"])
            }
            other => return Some(SchemeKind::Other(other.chars().take(60).collect())),
        };

        let essential = ["type", "in", "name", "scheme", "openIdConnectUrl"];
        let scheme: openapiv3::SecurityScheme = self.read(node, shape, &essential)?;
        Some(match scheme {
            openapiv3::SecurityScheme::APIKey { location, name, .. } => {
                SchemeKind::ApiKey(api_key_place(&location), name)
            }
            openapiv3::SecurityScheme::HTTP { scheme, .. } => match scheme.to_ascii_lowercase().as_str() {
                "bearer" => SchemeKind::Bearer,
                "basic" => SchemeKind::Basic,
                _ => SchemeKind::OtherHttp(scheme),
            },
            openapiv3::SecurityScheme::OpenIDConnect { open_id_connect_url, .. } => {
                SchemeKind::OpenIdConnect(self.absolute(&open_id_connect_url))
            }
            openapiv3::SecurityScheme::OAuth2 { .. } => SchemeKind::OAuth2(None),
        })
    }

    /// The token endpoint of the flow that a tool can use best: password first, then the machine's own.
    fn token_address(&mut self, node: Node<'d>) -> Option<String> {
        let mut shape = Map::new();
        let flows = match self.dialect {
            Dialect::Swagger2 => Some(node),
            _ => node.get("flows").or_else(|| node.get("flow")),
        }?;
        if self.dialect == Dialect::Swagger2 {
            shape.extend(flows.get("tokenUrl").map(|url| ("password".to_owned(), build_flow(Some(url.value)))));
        } else {
            for name in ["password", "clientCredentials", "authorizationCode"] {
                shape.extend(flows.get(name).map(|found| (name.to_owned(), build_flow(found.value.get("tokenUrl")))));
            }
        }
        let flows: openapiv3::OAuth2Flows = self.read(node, shape, &[])?;
        let url = (flows.password.map(|flow| flow.token_url))
            .or(flows.client_credentials.map(|flow| flow.token_url))
            .or(flows.authorization_code.map(|flow| flow.token_url))?;
        (!url.is_empty()).then(|| self.absolute(&url))
    }

    /// What `security` at a document or operation says; `None` when it says nothing.
    pub(super) fn security(&mut self, owner: Node<'d>, schemes: &BTreeMap<String, SecurityScheme>) -> Option<Security> {
        let list = owner.get("security")?;
        let items = match list.value {
            Value::Array(items) => items,
            Value::Null => return None,
            other => {
                self.issues
                    .add(list, format!("`security` must be a list, not {}; it is ignored", describe_kind(other)));
                return None;
            }
        };

        let mut any = Vec::new();
        if items.len() > MAX_REQUIREMENTS {
            self.issues.add(list, format!("only the first {MAX_REQUIREMENTS} security requirements are read"));
        }
        for item in items.iter().take(MAX_REQUIREMENTS) {
            let item = list.with(item);
            any.extend(self.requirement(item, schemes));
        }
        if any.is_empty() && !items.is_empty() {
            // Nothing of it could be read; to call it public would be a guess in the wrong direction.
            return Some(Security::Required(Vec::new()));
        }
        // `{}` among others makes sign-in optional, and an empty list makes it needless (OpenAPI 3.0 §4.7.10).
        let all = any.len();
        any.retain(|requirement| !requirement.is_empty());
        Some(match (any.is_empty(), any.len() < all) {
            (true, _) => Security::Public,
            (false, true) => Security::Optional(any),
            (false, false) => Security::Required(any),
        })
    }

    fn requirement(&mut self, node: Node<'d>, schemes: &BTreeMap<String, SecurityScheme>) -> Option<Requirement> {
        let Value::Object(members) = node.value else {
            self.issues
                .add(node, format!("a security requirement must be an object, not {}", describe_kind(node.value)));
            return None;
        };
        let names: Vec<&String> =
            members.keys().filter(|name| !name.starts_with("x-")).take(MAX_REQUIREMENTS).collect();
        for name in names.iter().filter(|name| !schemes.contains_key(name.as_str())) {
            let shown: String = name.chars().take(100).collect();
            let message =
                format!("the security scheme `{shown}` is not declared; sign-in is required, but not known how");
            self.issues.add_below(node, name, message);
        }

        let shape = members.iter().filter(|(name, _)| !name.starts_with("x-"));
        let shape: Map<String, Value> = shape.map(|(name, scopes)| (name.clone(), scopes.clone())).collect();
        let read: SecurityRequirement = self.read(node, shape, &[])?;
        Some(names.into_iter().map(|name| (name.clone(), read.get(name).cloned().unwrap_or_default())).collect())
    }
}

fn build_flow(token_url: Option<&Value>) -> Value {
    let url = token_url.and_then(Value::as_str).unwrap_or_default();
    json!({ "authorizationUrl": "", "tokenUrl": url, "scopes": {} })
}

fn api_key_place(location: &APIKeyLocation) -> Place {
    match location {
        APIKeyLocation::Query => Place::Query,
        APIKeyLocation::Header => Place::Header,
        APIKeyLocation::Cookie => Place::Cookie,
    }
}
