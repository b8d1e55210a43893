//! Which operations face a model.

use routewarden::llm::{Endpoint, Facing, LlmSettings, WireFormat, may_face, recognise_operation};
use routewarden::model::Api;
use routewarden::spec::{Base, load_text};
use serde_json::{Value, json};

fn api(paths: Value) -> Api {
    let document = json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths});
    load_text("d.json", &document.to_string(), Base::None).unwrap()
}

fn takes(fields: Value) -> Value {
    takes_as(fields, json!({"type": "object"}), "application/json")
}

fn takes_as(fields: Value, answer: Value, kind: &str) -> Value {
    json!({"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": fields}}}},
           "responses": {"200": {"description": "ok", "content": {kind: {"schema": answer}}}}}})
}

fn facing(api: &Api, path: &str) -> Option<Facing> {
    let operation = api.operations.iter().find(|operation| operation.path == path).unwrap();
    recognise_operation(api, operation, LlmSettings::NONE)
}

#[test]
fn known_formats_are_recognised() {
    let text = json!({"type": "string"});
    let short = json!({"type": "string", "maxLength": 80});
    let messages = json!({"type": "array", "items": {"type": "object", "properties": {"role": text, "content": text}}});
    let parts = json!({"type": "array", "items": {"type": "object", "properties": {"role": text, "parts": {"type": "array", "items": {"type": "object", "properties": {"text": text}}}}}});
    let api = api(json!({
        "/v1/chat/completions": takes(json!({"model": text, "messages": messages})),
        "/v1/responses": takes(json!({"model": text, "input": text})),
        "/v1/messages": takes(json!({"model": text, "max_tokens": {"type": "integer"}, "messages": messages})),
        "/api/chat": takes(json!({"model": text, "messages": messages, "stream": {"type": "boolean"}})),
        "/api/generate": takes(json!({"model": text, "prompt": text})),
        "/v1beta/models/{model}:generateContent": takes(json!({"contents": parts})),
        "/model/{id}/converse": takes(json!({"messages": messages})),
        "/bot/invoke": takes(json!({"input": text, "config": {"type": "object"}})),
        "/bot/batch": takes(json!({"inputs": {"type": "array", "items": text}, "config": {"type": "object"}})),
        "/bot/stream": takes(json!({"input": text, "config": {"type": "object"}})),
        "/ui": takes_as(json!({"id": text, "messages": parts}), json!({}), "text/event-stream"),
        "/data": takes_as(json!({"messages": messages}), json!({}), "text/plain"),
        "/gradio_api/call/predict": takes(json!({"data": {"type": "array", "items": text}})),
        "/generate": takes(json!({"inputs": text, "parameters": {"type": "object"}})),
        "/support/chat": takes(json!({"message": text, "session": short})),
        "/ask": takes_as(json!({"question": text}), json!({"type": "object", "properties": {"answer": text}}), "application/json"),
    }));
    for (path, shape) in [
        ("/v1/chat/completions", WireFormat::OpenAiChat),
        ("/v1/responses", WireFormat::OpenAiResponses),
        ("/v1/messages", WireFormat::Anthropic),
        ("/api/chat", WireFormat::OllamaChat),
        ("/api/generate", WireFormat::OllamaGenerate),
        ("/v1beta/models/{model}:generateContent", WireFormat::Gemini),
        ("/model/{id}/converse", WireFormat::Bedrock),
        ("/bot/invoke", WireFormat::LangServe),
        ("/bot/batch", WireFormat::LangServeBatch),
        ("/bot/stream", WireFormat::LangServe),
        ("/ui", WireFormat::AiSdkUi),
        ("/data", WireFormat::AiSdkData),
        ("/gradio_api/call/predict", WireFormat::Gradio),
        ("/generate", WireFormat::Tgi),
        ("/support/chat", WireFormat::Generic),
        ("/ask", WireFormat::Generic),
    ] {
        let found = facing(&api, path);
        assert_eq!(found.as_ref().map(|found| found.shape), Some(shape), "{path}: {found:?}");
    }
    assert_eq!(facing(&api, "/ask").unwrap().prompt.as_deref(), Some("/question"));
    assert!(facing(&api, "/ui").unwrap().streams && !facing(&api, "/ask").unwrap().streams);
}

#[test]
fn ordinary_operations_are_not() {
    let text = json!({"type": "string"});
    let short = json!({"type": "string", "maxLength": 80});
    let api = api(json!({
        "/messages": takes(json!({"to": text, "content": text})),
        "/mailbox/messages": takes(json!({"recipient": text, "message": text})),
        "/posts/{id}/comments": takes(json!({"text": text})),
        "/contact": takes(json!({"email": text, "message": text})),
        "/surveys/{id}/responses": takes(json!({"answers": {"type": "array", "items": text}})),
        "/login": takes(json!({"username": text, "password": text})),
        "/search": takes(json!({"query": short})),
        "/notes": takes(json!({"title": short, "text": text})),
        "/reports/generate": takes(json!({"period": short, "format": short})),
        "/v1/embeddings": takes(json!({"model": short, "input": text})),
        "/v1/moderations": takes(json!({"model": short, "input": text})),
        "/chats/{id}/messages": takes(json!({"text": text})),
        "/v1/{space}/messages": json!({"post": {"tags": ["chat"], "summary": "Sends a chat message", "operationId": "chat.messages.create", "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"text": text}}}}}, "responses": {"200": {"description": "ok"}}}}),
        "/payments/{id}/completions": takes(json!({"amount": {"type": "number"}})),
        "/mac/generate": json!({"post": {"operationId": "GenerateMac", "summary": "Generate a MAC", "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"MessageData": text}}}}}, "responses": {"200": {"description": "ok"}}}}),
        "/similarity": takes_as(json!({"content": text}), json!({"type": "object", "properties": {"response": text}}), "application/json"),
        "/translate": takes(json!({"text": text, "to": short})),
    }));
    for operation in &api.operations {
        assert_eq!(recognise_operation(&api, operation, LlmSettings::NONE), None, "{}", operation.path);
    }
}

#[test]
fn the_configuration_decides() {
    let api = api(json!({"/odd": takes(json!({"a": {"type": "object"}}))}));
    assert_eq!(facing(&api, "/odd"), None);
    let endpoint = Endpoint { operation: "POST /odd".to_owned(), prompt: "/a/b".to_owned(), answer: "/c".to_owned() };
    let settings = LlmSettings { endpoints: vec![endpoint], ..LlmSettings::default() };
    let found = recognise_operation(&api, &api.operations[0], &settings).unwrap();
    assert_eq!(
        (found.shape, found.prompt.as_deref(), found.answer.as_deref()),
        (WireFormat::Generic, Some("/a/b"), Some("/c"))
    );
}

#[test]
fn what_takes_one_free_text_and_keeps_nothing_may_face_a_model() {
    let text = json!({"type": "string"});
    let made = |mut operation: Value| {
        let responses = operation["post"]["responses"].take();
        operation["post"]["responses"] = json!({"201": responses["200"]});
        operation
    };
    let listed = |mut operation: Value| {
        operation["get"] = json!({"responses": {"200": {"description": "ok"}}});
        operation
    };
    let form = |fields: Value| {
        json!({"post": {"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": fields}}}},
               "responses": {"200": {"description": "ok"}}}})
    };
    let api = api(json!({
        "/lookup": takes(json!({"frage": text, "session_id": text, "sprache": {"type": "string", "maxLength": 5}})),
        "/docs/ask": listed(takes(json!({"q": text}))),
        "/desk": form(json!({"text": text})),
        "/notes": listed(takes(json!({"text": text}))),
        "/thoughts": made(takes(json!({"text": text}))),
        "/posts": takes(json!({"headline": text, "body": text})),
        "/contact": takes(json!({"message": text})),
        "/rows/rename": takes(json!({"row_id": {"type": "integer"}, "text": text})),
        "/rows/label": takes(json!({"id": {"type": "integer"}, "text": text})),
        "/rooms/{room}/say": takes(json!({"text": text})),
        "/announce": takes(json!({"text": text})),
        "/admin/sql": takes(json!({"query": text})),
        "/diary": json!({"post": {"operationId": "addEntry", "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"text": text}}}}}, "responses": {"200": {"description": "ok"}}}}),
        "/codes": takes(json!({"code": {"type": "string", "pattern": "^[0-9]+$"}})),
        "/files": takes(json!({"name": text})),
        "/v1/embeddings": takes(json!({"text": text})),
        "/assistant/chat": takes(json!({"message": text})),
    }));
    let may = |path: &str| {
        let operation = api.operations.iter().find(|one| one.path == path && one.body.is_some()).unwrap();
        may_face(&api, operation, LlmSettings::NONE)
    };
    for path in ["/lookup", "/docs/ask", "/desk"] {
        assert!(may(path), "{path}");
    }
    for path in [
        "/notes",
        "/thoughts",
        "/posts",
        "/contact",
        "/rows/rename",
        "/rows/label",
        "/rooms/{room}/say",
        "/announce",
        "/admin/sql",
        "/diary",
        "/codes",
        "/files",
        "/v1/embeddings",
        "/assistant/chat",
    ] {
        assert!(!may(path), "{path}");
    }
    // Once it was met, it is spoken to by its one text.
    let lookup = api.operations.iter().find(|one| one.path == "/lookup").unwrap();
    let met = LlmSettings { met: vec![lookup.id.clone()], ..LlmSettings::default() };
    assert_eq!(recognise_operation(&api, lookup, &met).unwrap().prompt.as_deref(), Some("/frage"));
}
