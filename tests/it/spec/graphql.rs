//! GraphQL schemas as operations.

use routewarden::model::{Api, Effect, Place};
use routewarden::spec::read_graphql;
use serde_json::json;

const SCHEMA: &str = r#"
"""The root, with a } in its words."""
type Query {
  me: User!                       # who asks
  invoices(first: Int = 10, after: String): InvoiceConnection!
  invoice(id: ID!): Invoice
  member(where: MemberWhere!): User
  node(id: ID!): Node
  report(filter: Filter!): [Invoice!]! @deprecated(reason: "old \" one")
  deleteCache(id: ID!): Invoice
}
input MemberWhere { id: ID, email: String }
input Filter { from: String! }
interface Node { id: ID! }
type User implements Node { id: ID!, name: String, org: Org }
type Org { id: ID! members: [User!]! }
type Invoice implements Node { id: ID! amount: Float owner: User! lines(kind: Kind = FINE): [Line!]! }
type Line { id: ID! note: String }
enum Kind { FINE BAD }
type InvoiceConnection { edges: [InvoiceEdge!]! }
type InvoiceEdge { node: Invoice! }
type Mutation { deleteInvoice(id: ID!): Boolean }
"#;

fn lowered() -> Api {
    let mut api = Api::default();
    read_graphql(&mut api, "/graphql", SCHEMA).unwrap();
    api
}

fn path_of<'a>(api: &'a Api, field: &str) -> &'a str {
    let id = format!("POST /graphql:query.{field}");
    api.operations.iter().find(|operation| operation.id.as_str() == id).map_or("none", |found| &found.path)
}

#[test]
fn fields_of_the_root_have_the_addresses_that_rest_gives_them() {
    let api = lowered();
    assert_eq!(path_of(&api, "me"), "/graphql/me");
    assert_eq!(path_of(&api, "invoices"), "/graphql/invoices");
    assert_eq!(path_of(&api, "invoice"), "/graphql/invoices/{id}");
    assert_eq!(path_of(&api, "member"), "/graphql/users/{id}");
    assert_eq!(path_of(&api, "node.Invoice"), "/graphql/node/invoices/{id}");
    assert_eq!(path_of(&api, "invoice.lines"), "/graphql/invoices/{id}/lines");
    assert_eq!(path_of(&api, "me.org.members"), "/graphql/me/org/members");
    let ids: std::collections::BTreeSet<&str> = api.operations.iter().map(|known| known.id.as_str()).collect();
    assert_eq!(ids.len(), api.operations.len());
}

#[test]
fn a_question_asks_for_all_that_stands_alone_and_follows_connections() {
    let api = lowered();
    let questions = &api.graphql.as_ref().unwrap().questions;
    let of = |path: &str| questions.iter().find(|question| question.path == path).unwrap();
    let invoices = of("/graphql/invoices");
    assert_eq!(invoices.way, ["invoices", "edges", "node"]);
    assert_eq!(
        invoices.body["query"],
        "query($first:Int,$after:String){invoices(first:$first,after:$after)\
         {edges{node{id amount owner{id name}}}}}"
    );
    let member = of("/graphql/users/{id}");
    assert_eq!(member.body["query"], "query($where:MemberWhere!){member(where:$where){id name org{id}}}");
    assert_eq!(member.variables[0].pointer, ["where", "id"]);
    let within = of("/graphql/me/org/members");
    assert_eq!(within.body["query"], "query{me{org{members{id name}}}}");
}

#[test]
fn what_cannot_be_asked_is_said_and_no_mutation_is_among_the_questions() {
    let api = lowered();
    let service = api.graphql.as_ref().unwrap();
    assert_eq!(service.left_out, ["1 mutations (deleteInvoice)", "query.report"]);
    assert!(service.questions.iter().all(|question| !question.body.to_string().contains("mutation{")));
    assert!(service.questions.iter().all(|question| !question.body.to_string().contains("deleteInvoice")));
    // Depth is asked along `owner`, below an invoice that nobody has.
    assert!(service.has_cycle);
}

#[test]
fn a_field_that_says_an_act_is_doubted() {
    let api = lowered();
    let effect = |field: &str| {
        let id = format!("POST /graphql:query.{field}");
        api.operations.iter().find(|operation| operation.id.as_str() == id).map(|found| found.effect.clone())
    };
    assert_eq!(effect("invoice"), Some(Effect::Reads));
    assert!(matches!(effect("deleteCache"), Some(Effect::Doubtful(_))), "{:?}", effect("deleteCache"));
    let slots = api.operations.iter().flat_map(|known| &known.parameters).filter(|value| value.place == Place::Path);
    assert!(slots.count() >= 4);
}

#[test]
fn names_that_the_grammar_does_not_allow_never_come_into_a_question() {
    let field = |name: &str| json!({"name": name, "args": [], "type": {"kind": "SCALAR", "name": "ID"}});
    let root = json!({"kind": "OBJECT", "name": "Query", "fields": [field("fine"), field("x}mutation{drop")]});
    let answer = json!({"data": {"__schema": {"queryType": {"name": "Query"}, "types": [root]}}});
    let mut api = Api::default();
    read_graphql(&mut api, "/graphql", &answer.to_string()).unwrap();
    let ids: Vec<&str> = api.operations.iter().map(|known| known.id.as_str()).collect();
    assert_eq!(ids, ["POST /graphql:query.fine"]);
    assert!(read_graphql(&mut Api::default(), "/graphql", "{\"data\": null}").is_err());
    assert!(read_graphql(&mut Api::default(), "/graphql", "type Nothing { id: ID }").is_err());
}
