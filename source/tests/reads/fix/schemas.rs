//! Bodies that go through a schema: pydantic, marshmallow and zod, in the same file or another, in shapes of their own.

use routewarden_source::fix::{FixFacts, RefusalReason, RemedyKind};

use super::kit::{Given, assert_changed, assert_verified, changed, facts, strings};

fn documented(not_settable: &[&str], documented: &[&str]) -> FixFacts {
    FixFacts { documented: strings(documented), ..facts(not_settable) }
}

const MODELS: &str = "from pydantic import BaseModel, Field\n\n\nclass PersonBase(BaseModel):\n    nick: str\n    role: str = \"user\"\n\n\nclass PersonIn(PersonBase):\n    zip_code: str | None = Field(None, alias=\"zip\")\n";

fn fastapi(body: &str) -> String {
    format!(
        "from typing import Annotated\n\nfrom fastapi import Body, FastAPI\n\nfrom models import PersonBase, PersonIn\n\napp = FastAPI()\n\n\n{body}"
    )
}

#[test]
fn what_a_model_has_from_another_file_is_named_where_it_is_dumped() {
    let app = fastapi(
        "@app.patch(\"/me\")\ndef change(person: Annotated[PersonIn, Body()]):\n    me = load()\n    me.update(**person.model_dump(exclude_unset=True))\n    return me\n",
    );
    let given = Given::of(&[("app.py", &app), ("models.py", MODELS)]);
    let made = given.fix_with("PATCH /me", RemedyKind::FieldAllowList, facts(&["role"])).unwrap();
    assert_eq!(
        changed(&made),
        "-    me.update(**person.model_dump(exclude_unset=True))\n\
         +    me.update(**person.model_dump(exclude_unset=True, include={\"nick\", \"zip_code\"}))\n"
    );
    assert_verified(&made);
    // The document knows better which of them a caller may set, and calls them as bodies do.
    let made = given.fix_with("PATCH /me", RemedyKind::FieldAllowList, documented(&["role"], &["zip"])).unwrap();
    assert!(changed(&made).contains("include={\"zip_code\"}"), "{}", made.diff);
}

#[test]
fn a_field_goes_from_a_model_of_one_route_and_stays_in_one_of_several() {
    let own = "@app.post(\"/people\")\ndef make(person: PersonBase):\n    add(**person.dict())\n    return {}\n";
    let given = Given::of(&[("app.py", &fastapi(own)), ("models.py", MODELS)]);
    let made = given.fix_with("POST /people", RemedyKind::FieldAllowList, facts(&["role"])).unwrap();
    assert_eq!(changed(&made), "-    role: str = \"user\"\n");
    let shared = format!(
        "{own}\n\n@app.post(\"/admin/people\")\ndef make_any(person: PersonBase):\n    add(**person.dict())\n    return {{}}\n"
    );
    let given = Given::of(&[("app.py", &fastapi(&shared)), ("models.py", MODELS)]);
    let made = given.fix_with("POST /people", RemedyKind::FieldAllowList, facts(&["role"])).unwrap();
    assert_eq!(changed(&made), "-    add(**person.dict())\n+    add(**person.dict(include={\"nick\"}))\n");
    assert_verified(&made);
}

#[test]
fn a_model_that_is_made_of_the_body_by_hand_is_narrowed_too() {
    let app = "from flask import Flask, request\n\nfrom models import PersonIn\n\napp = Flask(__name__)\n\n\n@app.patch(\"/me\")\ndef change():\n    person = PersonIn.model_validate(request.get_json())\n    save(person.model_dump())\n    return {}\n";
    let given = Given::of(&[("app.py", app), ("models.py", MODELS)]);
    let made = given.fix_with("PATCH /me", RemedyKind::FieldAllowList, facts(&["role"])).unwrap();
    assert_eq!(
        changed(&made),
        "-    save(person.model_dump())\n+    save(person.model_dump(include={\"nick\", \"zip_code\"}))\n"
    );
    assert_verified(&made);
}

#[test]
fn a_model_without_the_field_is_sound() {
    for dump in ["person.model_dump(include={\"nick\"})", "person.model_dump(exclude={\"role\"})"] {
        let app = fastapi(&format!(
            "@app.patch(\"/me\")\ndef change(person: PersonIn):\n    load().update(**{dump})\n    return {{}}\n"
        ));
        let given = Given::of(&[("app.py", &app), ("models.py", MODELS)]);
        let refusal = given.fix_with("PATCH /me", RemedyKind::FieldAllowList, facts(&["role"])).unwrap_err();
        assert_eq!(refusal.reason, RefusalReason::NothingToDo, "{dump}");
    }
}

#[test]
fn a_schema_of_marshmallow_loads_named_fields() {
    let schema = "from marshmallow import Schema, fields\n\n\nclass PersonSchema(Schema):\n    id = fields.Int(dump_only=True)\n    nick = fields.Str()\n    role = fields.Str()\n";
    let app = "from flask import Flask, request\n\nfrom schemas import PersonSchema\n\napp = Flask(__name__)\n\n\n@app.patch(\"/me\")\ndef change():\n    load().update(**PersonSchema(partial=True).load(request.json))\n    return {}\n";
    let given = Given::of(&[("app.py", app), ("schemas.py", schema)]);
    let made = given.fix_with("PATCH /me", RemedyKind::FieldAllowList, facts(&["role"])).unwrap();
    assert_eq!(
        changed(&made),
        "-    load().update(**PersonSchema(partial=True).load(request.json))\n\
         +    load().update(**PersonSchema(partial=True, only=(\"nick\",)).load(request.json))\n"
    );
    assert_verified(&made);
    let refusal = given.fix_with("PATCH /me", RemedyKind::FieldAllowList, facts(&["id"])).unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::NothingToDo);
}

#[test]
fn a_schema_that_a_decorator_loads_is_narrowed_there() {
    let app = "from flask import Flask\nfrom flask_smorest import Blueprint\nfrom marshmallow import Schema, fields\n\napp = Flask(__name__)\nblp = Blueprint(\"people\", __name__)\n\n\nclass PersonSchema(Schema):\n    nick = fields.Str()\n    role = fields.Str()\n\n\n@blp.route(\"/me\", methods=[\"PATCH\"])\n@blp.arguments(PersonSchema)\ndef change(given):\n    load().update(**given)\n    return {}\n\n\napp.register_blueprint(blp)\n";
    assert_changed(
        ("app.py", app),
        "PATCH /me",
        RemedyKind::FieldAllowList,
        facts(&["role"]),
        "-@blp.arguments(PersonSchema)\n+@blp.arguments(PersonSchema(only=(\"nick\",)))\n",
    );
}

const ZOD: &str = "import { z } from 'zod';\n\nconst base = z.object({ nick: z.string() });\nexport const person = base.extend({ role: z.string(), 'zip-code': z.string() });\nexport const open = z.object({ nick: z.string() }).passthrough();\nexport const refined = person.refine((it) => it.nick);\n";

fn express(schema: &str) -> String {
    format!(
        "import express from 'express';\nimport {{ person, open, refined }} from './schemas.js';\n\nconst app = express();\n\napp.patch('/me', async (req, res) => {{\n  const given = {schema}.parse(req.body);\n  await save(given);\n  res.json({{}});\n}});\n"
    )
}

#[test]
fn a_schema_of_zod_is_parsed_in_part() {
    let ask = |schema: &str, facts: FixFacts| {
        let app = express(schema);
        let given = Given::of(&[("app.js", &app), ("schemas.js", ZOD)]);
        given.fix_with("PATCH /me", RemedyKind::FieldAllowList, facts)
    };
    for (schema, field, line) in [
        ("person", "role", "person.pick({ nick: true, 'zip-code': true })"),
        ("person.partial()", "role", "person.partial().pick({ nick: true, 'zip-code': true })"),
        ("person.omit({ role: true })", "zip-code", "person.omit({ role: true }).pick({ nick: true })"),
        // Names that it does not have pass as well.
        ("open", "role", "open.strip()"),
    ] {
        let made = ask(schema, facts(&[field])).unwrap_or_else(|refusal| panic!("{schema}: {refusal:?}"));
        assert_eq!(
            changed(&made),
            format!("-  const given = {schema}.parse(req.body);\n+  const given = {line}.parse(req.body);\n")
        );
        assert_verified(&made);
    }
    for schema in ["person.omit({ role: true })", "person.pick({ nick: true })", "open.strict()"] {
        assert_eq!(ask(schema, facts(&["role"])).unwrap_err().reason, RefusalReason::NothingToDo, "{schema}");
    }
    // Of what is no plain object any more no part can be picked.
    assert_eq!(ask("refined", facts(&["role"])).unwrap_err().reason, RefusalReason::NotLocated);
}
