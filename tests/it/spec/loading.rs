//! The ways of a document into memory: dialects, notations, versions.

use routewarden::model::{Api, Dialect, Effect, Place, Security};
use routewarden::spec::{Base, Samples, SpecError, load_text};
use serde_json::json;

fn load(text: &str) -> Api {
    load_text("test.yaml", text, Base::None).unwrap()
}

#[test]
fn a_small_document_is_read_whole() {
    let api = load(
        r##"
openapi: 3.0.3
info: {title: Shop, version: 1.0}
servers: [{url: "https://{host}/v1", variables: {host: {default: shop.example}}}]
security: [{bearer: []}]
paths:
  /orders/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 10}}]
    get:
      operationId: getOrder
      responses: {200: {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}}
    put:
      security: []
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
      responses: {"204": {description: ok}}
components:
  securitySchemes: {bearer: {type: http, scheme: bearer}}
  schemas:
    Order:
      type: object
      required: [name, parent]
      properties:
        id: {type: integer, readOnly: true}
        name: {type: string, maxLength: 5}
        parent: {nullable: true, allOf: [{$ref: "#/components/schemas/Order"}]}
"##,
    );
    assert_eq!(api.issues, []);
    assert_eq!((api.title.as_str(), api.dialect), ("Shop", Dialect::OpenApi30));
    assert_eq!(api.servers[0].url, "https://shop.example/v1");
    let [get, put] = &api.operations[..] else { panic!("{:?}", api.operations) };
    assert_eq!(get.id.as_str(), "GET /orders/{id}");
    assert_eq!(get.security, Security::Required(vec![vec![("bearer".to_owned(), vec![])]]));
    assert_eq!(get.spec.line, Some(9));
    assert_eq!(get.spec.pointer, "#/paths/~1orders~1{id}/get");
    assert_eq!((get.effect.clone(), put.effect.clone()), (Effect::Reads, Effect::Writes));
    assert_eq!(put.security, Security::Public);
    assert_eq!(get.responses[0].status, "200");
    assert_eq!(get.responses[0].content[0].1, put.body.as_ref().unwrap().content[0].schema);
    let samples = Samples::new(&api, 1);
    assert_eq!(get.parameters[0].place, Place::Path);
    assert_eq!(samples.parameter(&get.parameters[0]), json!(10));
    let body = samples.body(&put.body.as_ref().unwrap().content[0]);
    assert!(body["name"].as_str().unwrap().len() <= 5, "{body}");
    assert!(body.get("id").is_none(), "{body}");
}

#[test]
fn what_is_no_document_is_told_apart() {
    let fault = |text: &str| load_text("x", text, Base::None).unwrap_err();
    assert!(matches!(fault("<html></html>"), SpecError::NotADocument { .. }));
    assert!(matches!(fault(""), SpecError::NotADocument { .. }));
    assert!(matches!(fault("[1, 2]"), SpecError::NotADocument { .. }));
    assert!(matches!(fault("{\"a\": 1}"), SpecError::NotADocument { .. }));
    assert!(matches!(fault("{\"openapi\": \"4.0.0\"}"), SpecError::UnsupportedVersion { .. }));
    assert!(matches!(fault("swagger: 1.2"), SpecError::UnsupportedVersion { .. }));
    assert!(matches!(fault("{\n\"openapi\": \"3.0.0\",\n,}"), SpecError::Syntax { format: "JSON", line: 3, .. }));
    assert!(matches!(fault("openapi: 3.0.0\npaths: {a: [}"), SpecError::Syntax { format: "YAML", line: 2, .. }));
}
