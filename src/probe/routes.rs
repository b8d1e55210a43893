//! Which operation of the document a request is for.

use url::Url;

use super::client::Probe;
use crate::model::{Api, Method, OperationId};

/// The operations of a document by method and the parts of their paths.
#[derive(Debug, Default)]
pub(super) struct Routes {
    known: Vec<KnownRoute>,
}

#[derive(Debug)]
struct KnownRoute {
    id: OperationId,
    method: Method,
    parts: Vec<RoutePart>,
}

#[derive(Debug)]
enum RoutePart {
    /// `orders`
    Fixed(String),
    /// `{id}`, or with something around it.
    Open,
}

impl Routes {
    pub(super) fn new(api: &Api) -> Self {
        let route = |operation: &crate::model::Operation| KnownRoute {
            id: operation.id.clone(),
            method: operation.method,
            parts: path_parts(&operation.path).map(RoutePart::new).collect(),
        };
        Self { known: api.operations.iter().map(route).collect() }
    }

    /// Returns the operation with most fixed parts among those that a request fits.
    pub(super) fn operation(&self, base: &Url, method: Method, url: &Url) -> Option<&OperationId> {
        let prefix = base.path().trim_end_matches('/');
        let asked: Vec<&str> = path_parts(url.path().strip_prefix(prefix)?).collect();
        self.known
            .iter()
            .filter(|route| route.method == method && route.fits(&asked))
            .max_by_key(|route| route.parts.iter().filter(|part| matches!(part, RoutePart::Fixed(_))).count())
            .map(|route| &route.id)
    }
}

impl Probe {
    /// Returns the operation of the document that a recorded request is for.
    pub fn operation_of(&self, method: &str, url: &str) -> Option<OperationId> {
        let url = Url::parse(url).ok()?;
        self.routes.operation(self.base_url(), Method::parse(method)?, &url).cloned()
    }
}

impl KnownRoute {
    fn fits(&self, asked: &[&str]) -> bool {
        let is_alike = |(part, text): (&RoutePart, &&str)| match part {
            RoutePart::Fixed(fixed) => fixed == text,
            RoutePart::Open => true,
        };
        self.parts.len() == asked.len() && self.parts.iter().zip(asked).all(is_alike)
    }
}

impl RoutePart {
    fn new(text: &str) -> Self {
        if text.contains('{') { Self::Open } else { Self::Fixed(text.to_owned()) }
    }
}

fn path_parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}
