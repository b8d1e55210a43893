//! A shop with two customers whose order route can be weak, repaired, or broken by a bad repair.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::engine::harness::Bench;

pub const WEAK: u8 = 0;
pub const REPAIRED: u8 = 1;
pub const BROKEN: u8 = 2;

pub struct Shop {
    pub base_url: String,
    pub manner: AtomicU8,
    pub hits: Mutex<Vec<String>>,
}

impl Shop {
    pub async fn start() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let shop = Arc::new(Self { base_url, manner: AtomicU8::new(WEAK), hits: Mutex::default() });
        let app = Router::new()
            .route("/openapi.json", get(async |State(shop): State<Arc<Self>>| Json(shop.document())))
            .route("/orders", get(list))
            .route("/orders/{id}", get(order))
            .fallback(async |State(shop): State<Arc<Self>>, uri: OriginalUri| {
                shop.hits.lock().unwrap().push(format!("- {}", uri.0));
                StatusCode::NOT_FOUND
            })
            .with_state(Arc::clone(&shop));
        tokio::spawn(async move { axum::serve(listener, app).await });
        shop
    }

    pub fn is(&self, manner: u8) {
        self.manner.store(manner, Ordering::SeqCst);
    }

    pub fn n_hits(&self) -> usize {
        self.hits.lock().unwrap().len()
    }

    fn document(&self) -> Value {
        let responses = json!({"200": {"description": "OK", "content": {"application/json": {}}}});
        json!({
            "openapi": "3.0.3",
            "info": {"title": "Shop", "version": "1"},
            "servers": [{"url": self.base_url}],
            "security": [{"key": []}],
            "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
            "paths": {
                "/orders": {"get": {"summary": "List my orders", "responses": responses}},
                "/orders/{id}": {"get": {"summary": "Get an order", "responses": responses,
                    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}]}},
            },
        })
    }

    pub fn bench(&self) -> Bench {
        let config = format!(
            "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n\n\
             [identities.alice]\nrole = \"user\"\napi_key = {{ header = \"X-Key\", env = \"A_KEY\" }}\n\n\
             [identities.bob]\nrole = \"user\"\napi_key = {{ header = \"X-Key\", env = \"B_KEY\" }}\n",
            self.base_url
        );
        Bench::new(&config, Some(&self.document()), &env())
    }
}

pub fn env() -> Vec<(String, String)> {
    vec![("A_KEY".into(), "key-of-alice-81723".into()), ("B_KEY".into(), "key-of-bob-55310".into())]
}

fn caller(shop: &Shop, uri: &OriginalUri, headers: &HeaderMap) -> Option<&'static str> {
    let who = match headers.get("x-key").and_then(|key| key.to_str().ok()) {
        Some("key-of-alice-81723") => Some("alice"),
        Some("key-of-bob-55310") => Some("bob"),
        _ => None,
    };
    shop.hits.lock().unwrap().push(format!("{} {}", who.unwrap_or("-"), uri.0));
    who
}

fn orders() -> Vec<Value> {
    vec![
        json!({"id": 7101, "owner": "alice", "item": "Brass lamp", "street": "Hafenstrasse 12"}),
        json!({"id": 7102, "owner": "alice", "item": "Oak shelf", "street": "Hafenstrasse 12"}),
        json!({"id": 7201, "owner": "bob", "item": "Copper kettle", "street": "Mill Lane 3"}),
    ]
}

async fn list(State(shop): State<Arc<Shop>>, uri: OriginalUri, headers: HeaderMap) -> Response {
    let Some(who) = caller(&shop, &uri, &headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    Json(orders().into_iter().filter(|order| order["owner"] == who).collect::<Vec<_>>()).into_response()
}

async fn order(State(shop): State<Arc<Shop>>, uri: OriginalUri, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = caller(&shop, &uri, &headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    let manner = shop.manner.load(Ordering::SeqCst);
    match orders().into_iter().find(|order| order["id"] == id) {
        Some(_) if manner == BROKEN => StatusCode::FORBIDDEN.into_response(),
        Some(order) if manner == WEAK || order["owner"] == who => Json(order).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
