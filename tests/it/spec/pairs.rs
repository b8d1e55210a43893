//! The same API written in several dialects is the same API.

use routewarden::model::{Api, Dialect};
use routewarden::spec::{Base, load_text};

/// Everything but the dialect, lines, and how many schemas there are.
fn shape(api: &Api) -> String {
    use std::fmt::Write;
    let mut out = format!("{} {} {:?}\n", api.title, api.version, api.servers);
    writeln!(out, "{:?}", api.schemes).unwrap();
    for operation in &api.operations {
        let mut operation = operation.clone();
        operation.spec.line = None;
        let mut text = format!("{operation:#?}");
        // Schemas by what they are, not by their number.
        while let Some(at) = text.find("SchemaId(") {
            let rest = &text[at + "SchemaId(".len()..];
            let number: String = rest.chars().filter(char::is_ascii_digit).collect::<String>();
            let end = rest.find(')').unwrap();
            let number: usize = rest[..end].trim().trim_end_matches(',').parse().unwrap_or_else(|_| panic!("{number}"));
            let schema = format!("<{}>", show(api, number, 3));
            text.replace_range(at..=at + "SchemaId(".len() + end, &schema);
        }
        out.push_str(&text);
    }
    out
}

fn show(api: &Api, id: usize, depth: usize) -> String {
    let schema = &api.schemas.nodes[id];
    let below = |id: &routewarden::model::SchemaId| match depth {
        0 => "…".to_owned(),
        _ => show(api, id.0 as usize, depth - 1),
    };
    let properties: Vec<_> = schema.properties.iter().map(|(name, id)| format!("{name}={}", below(id))).collect();
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} items[{}] {{{}}} {:?} all{:?} one{:?} ro={}",
        schema.types,
        schema.format,
        schema.enumeration,
        schema.minimum,
        schema.maximum,
        schema.examples,
        schema.items.as_ref().map(below).unwrap_or_default(),
        properties.join(", "),
        schema.required,
        schema.all_of.iter().map(below).collect::<Vec<_>>(),
        schema.one_of.iter().map(below).collect::<Vec<_>>(),
        schema.read_only
    )
}

const V2: &str = r##"
swagger: "2.0"
info: {title: Pairs, version: "1"}
host: api.example.com
basePath: /v1
schemes: [https]
consumes: [application/json]
produces: [application/json]
securityDefinitions:
  key: {type: apiKey, in: header, name: X-Key}
  basic: {type: basic}
  oauth: {type: oauth2, flow: password, tokenUrl: "https://api.example.com/token", scopes: {read: r}}
security: [{key: []}]
parameters:
  limit: {name: limit, in: query, type: integer, minimum: 1, maximum: 50}
paths:
  /pets/{petId}:
    parameters: [{name: petId, in: path, required: true, type: string, format: uuid}]
    get:
      operationId: getPet
      parameters:
        - $ref: "#/parameters/limit"
        - {name: tags, in: query, type: array, items: {type: string}, collectionFormat: pipes}
        - {name: ids, in: query, type: array, items: {type: integer}, collectionFormat: multi}
        - {name: csv, in: query, type: array, items: {type: integer}}
      responses:
        200: {description: ok, schema: {$ref: "#/definitions/Pet"}, headers: {X-Rate: {type: integer}}}
        default: {description: fault}
    put:
      security: [{oauth: [read]}, {basic: []}]
      parameters: [{name: body, in: body, required: true, schema: {$ref: "#/definitions/Pet"}}]
      responses: {204: {description: ok}}
  /upload:
    post:
      consumes: [multipart/form-data]
      security: []
      parameters:
        - {name: note, in: formData, type: string, required: true}
      responses: {201: {description: made}}
definitions:
  Pet:
    type: object
    required: [name]
    properties:
      id: {type: integer, format: int64, readOnly: true}
      name: {type: string, example: Rex}
      kind: {type: string, enum: [cat, dog]}
      age: {type: number, minimum: 0, exclusiveMinimum: true}
      friends: {type: array, items: {$ref: "#/definitions/Pet"}}
"##;

const V3: &str = r##"
openapi: @VERSION
info: {title: Pairs, version: "1"}
servers: [{url: "https://api.example.com/v1"}]
security: [{key: []}]
paths:
  /pets/{petId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: string, format: uuid}}]
    get:
      operationId: getPet
      parameters:
        - $ref: "#/components/parameters/limit"
        - {name: tags, in: query, style: pipeDelimited, explode: false, schema: {type: array, items: {type: string}}}
        - {name: ids, in: query, schema: {type: array, items: {type: integer}}}
        - {name: csv, in: query, explode: false, schema: {type: array, items: {type: integer}}}
      responses:
        "200":
          description: ok
          headers: {X-Rate: {schema: {type: integer}}}
          content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}
        default: {description: fault}
    put:
      security: [{oauth: [read]}, {basic: []}]
      requestBody: {$ref: "#/components/requestBodies/Pet"}
      responses: {"204": {description: ok}}
  /upload:
    post:
      security: []
      requestBody:
        required: true
        content:
          multipart/form-data: {schema: {type: object, required: [note], properties: {note: {type: string}}}}
      responses: {"201": {description: made}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    basic: {type: http, scheme: basic}
    oauth: {type: oauth2, flows: {password: {tokenUrl: "https://api.example.com/token", scopes: {read: r}}}}
  parameters:
    limit: {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 50}}
  requestBodies:
    Pet: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        id: {type: integer, format: int64, readOnly: true}
        name: {type: string, @EXAMPLE}
        kind: {type: string, enum: [cat, dog]}
        age: {type: number, @BOUND}
        friends: {type: array, items: {$ref: "#/components/schemas/Pet"}}
"##;

fn v3(version: &str, example: &str, bound: &str) -> String {
    V3.replace("@VERSION", version).replace("@EXAMPLE", example).replace("@BOUND", bound)
}

#[test]
fn dialects_of_one_api_are_lowered_alike() {
    let load = |text: &str| load_text("pair", text, Base::None).unwrap();
    let swagger = load(V2);
    let old = load(&v3("3.0.3", "example: Rex", "minimum: 0, exclusiveMinimum: true"));
    let new = load(&v3("3.1.0", "examples: [Rex]", "exclusiveMinimum: 0"));
    let newest = load(&v3("3.2.0", "examples: [Rex]", "exclusiveMinimum: 0"));
    for (api, dialect) in [
        (&swagger, Dialect::Swagger2),
        (&old, Dialect::OpenApi30),
        (&new, Dialect::OpenApi31),
        (&newest, Dialect::OpenApi32),
    ] {
        assert_eq!(api.issues, []);
        assert_eq!(api.dialect, dialect);
        assert_eq!(api.operations.len(), 3);
        similar_asserts(&shape(api), &shape(&old));
    }
}

/// Shows the first line that differs, not two pages.
fn similar_asserts(left: &str, right: &str) {
    for (left, right) in left.lines().zip(right.lines()) {
        assert_eq!(left, right);
    }
    assert_eq!(left.lines().count(), right.lines().count());
}

#[test]
fn type_lists_and_constants_of_3_1_keep_their_meaning() {
    let text = r##"{"openapi":"3.1.0","info":{},"paths":{"/x":{"get":{"parameters":[
        {"name":"a","in":"query","schema":{"type":["null","string"]}},
        {"name":"b","in":"query","schema":{"const":5}},
        {"name":"c","in":"query","schema":{"type":["integer","string"]}},
        {"name":"d","in":"query","schema":true}],"responses":{}}}}}"##;
    let api = load_text("t", text, Base::None).unwrap();
    assert_eq!(api.issues, []);
    use routewarden::model::JsonType::{Integer, Null, String};
    let types = |at: usize| {
        let id = api.operations[0].parameters[at].schema.unwrap();
        api.schemas.get(id).unwrap().types.clone()
    };
    assert_eq!((types(0), types(2), types(3)), (vec![String, Null], vec![Integer, String], vec![]));
    let constant = api.schemas.get(api.operations[0].parameters[1].schema.unwrap()).unwrap();
    assert_eq!(constant.enumeration, [serde_json::json!(5)]);
}

#[test]
fn query_and_known_additional_operations_of_3_2_are_read() {
    let text = r##"{"openapi":"3.2.0","info":{},"paths":{"/x":{"query":{"responses":{}},
        "additionalOperations":{"PATCH":{"responses":{}},"LINK":{"responses":{}}}}}}"##;
    let api = load_text("t", text, Base::None).unwrap();
    let ids: Vec<_> = api.operations.iter().map(|operation| operation.id.to_string()).collect();
    assert_eq!(ids, ["QUERY /x", "PATCH /x"]);
    assert_eq!(api.issues.len(), 1);
    assert_eq!(api.issues[0].at, "#/paths/~1x/additionalOperations/LINK");
}
