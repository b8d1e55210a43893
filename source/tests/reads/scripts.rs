//! JavaScript and TypeScript: what is lowered, and names across files.

use routewarden_source::ir::{ExprKind, StatementKind, dotted_text};
use routewarden_source::project::{Project, Resolved};

use crate::project::project;

fn function_at<'a>(project: &'a Project, path: &str, name: &str) -> Option<(&'a str, String)> {
    let module = project.module_at(path).unwrap().id;
    match project.resolve(module, name)? {
        Resolved::Function(found) => {
            Some((project.module(found.module).unwrap().path.as_str(), found.function.name.clone()))
        }
        _ => None,
    }
}

#[test]
fn names_are_followed_through_es_modules() {
    let project = project(&[
        (
            "tsconfig.json",
            "{ // paths\n \"compilerOptions\": {\"baseUrl\": \".\", \"paths\": {\"@lib/*\": [\"src/lib/*\"],}} }",
        ),
        ("src/lib/index.ts", "export * from './users.js';\nexport { default as orders } from './orders';\n"),
        ("src/lib/users.ts", "export const list = async (req, res) => res.json([]);\nexport class Base { get() {} }\n"),
        (
            "src/lib/orders.ts",
            "class Orders extends Base { find = async () => 1; all() {} }\nexport default new Orders();\n",
        ),
        (
            "src/app.ts",
            "import * as lib from '@lib/index';\nimport { list as l, orders } from '@lib/index.js';\nimport d from './lib/orders';\nconst { all: every } = orders;\n",
        ),
    ]);
    for (name, path, called) in [
        ("lib.list", "src/lib/users.ts", "list"),
        ("l", "src/lib/users.ts", "list"),
        ("lib.orders.find", "src/lib/orders.ts", "find"),
        ("d.all", "src/lib/orders.ts", "all"),
        ("every", "src/lib/orders.ts", "all"),
    ] {
        assert_eq!(function_at(&project, "src/app.ts", name), Some((path, called.to_owned())), "{name}");
    }
}

#[test]
fn names_are_followed_through_commonjs_and_what_compilers_write() {
    let project = project(&[
        (
            "a.js",
            "const express = require('express');\nfunction one() {}\nexports.two = function two() {};\nmodule.exports.three = () => 1;\nexports.one = one;\n",
        ),
        ("b.js", "function only(req) {}\nmodule.exports = only;\n"),
        ("c.js", "module.exports = { list, get: async (req, res) => {} };\nfunction list() {}\n"),
        (
            "d.js",
            "\"use strict\";\nObject.defineProperty(exports, \"one\", { enumerable: true, get: function () { return a_1.one; } });\nconst a_1 = require(\"./a\");\n__exportStar(require(\"./c\"), exports);\nexports.default = exports.four = void 0;\nconst four = () => 4;\nexports.four = four;\nexports.default = four;\n",
        ),
        (
            "main.js",
            "const a = require('./a');\nconst b = require('./b');\nconst { get: g, list } = require('./c');\nvar d_1 = __importDefault(require(\"./d\"));\nconst { Router } = require('express');\nconst e = require('express');\n",
        ),
    ]);
    for (name, path, called) in [
        ("a.one", "a.js", "one"),
        ("a.two", "a.js", "two"),
        ("a.three", "a.js", ""),
        ("b", "b.js", "only"),
        ("g", "c.js", "get"),
        ("list", "c.js", "list"),
        ("d_1.default", "d.js", "four"),
        ("d_1.one", "a.js", "one"),
        ("d_1.list", "c.js", "list"),
    ] {
        assert_eq!(function_at(&project, "main.js", name), Some((path, called.to_owned())), "{name}");
    }
    let main = project.module_at("main.js").unwrap().id;
    assert_eq!(project.full_name(main, "Router"), "express.Router");
    assert_eq!(project.full_name(main, "e.Router"), "express.Router");
}

#[test]
fn bodies_are_lowered_with_patterns_callbacks_and_what_awaits() {
    let project = project(&[(
        "h.ts",
        "export const show = async ({ params: { id }, ...rest }: Request, res) => {\n  const { owner: o = 1, title } = await db.find({ where: { id } });\n  try { if (!o?.name) return res.status(404).send(`no ${id}`); } catch (e) { log(e); } finally { done(); }\n  items.forEach((item) => item.save());\n  switch (o) { case 1: case 2: two(); break; default: rest(); }\n  delete o.name; o.count += 1;\n};\n",
    )]);
    let module = project.module_at("h.ts").unwrap();
    assert!(module.damaged.is_empty(), "{:?}", module.damaged);
    let Some(Resolved::Function(show)) = project.resolve(module.id, "show") else { panic!("no function") };
    let show = show.function;
    assert!(show.is_async && show.name == "show");
    let [first, second] = show.parameters.as_slice() else { panic!("two parameters") };
    assert_eq!((first.name.as_str(), second.name.as_str()), ("#0", "res"));
    assert_eq!(first.binds, ["id", "rest"]);
    let kinds: Vec<&str> = show
        .body
        .iter()
        .map(|statement| match &statement.kind {
            StatementKind::Assign(targets, Some(value)) => match (&*targets[0].kind, &*value.kind) {
                (ExprKind::Record(_), ExprKind::Name(_)) => "taken apart",
                (ExprKind::Record(_), ExprKind::Await(_)) => "pattern",
                _ => "assign",
            },
            StatementKind::Try { handlers, finally, .. } if handlers.len() == 1 && finally.len() == 1 => "try",
            StatementKind::Expr(value) => match value.call() {
                Some((callee, arguments)) if matches!(&*arguments[0].value.kind, ExprKind::Function(_)) => {
                    assert_eq!(dotted_text(callee).as_deref(), Some("items.forEach"));
                    "callback"
                }
                _ => "other",
            },
            StatementKind::If { otherwise, .. } if otherwise.len() == 1 => "switch",
            StatementKind::Delete(_) => "delete",
            _ => "?",
        })
        .collect();
    assert_eq!(kinds, ["taken apart", "pattern", "try", "callback", "switch", "delete", "assign"]);
}

#[test]
fn decorators_are_read_as_written_and_as_compiled() {
    let written = "@Controller('cats')\nexport class Cats {\n  constructor(private readonly service: CatService) {}\n  @Get(':id')\n  @UseGuards(AuthGuard)\n  async one(@Param('id') id: string) { return 1; }\n}\n";
    let compiled = "let Cats = class Cats {\n  constructor(service) { this.service = service; }\n  async one(id) { return 1; }\n};\nexports.Cats = Cats;\n__decorate([\n  (0, common_1.Get)(':id'),\n  (0, common_1.UseGuards)(AuthGuard),\n  __param(0, (0, common_1.Param)('id')),\n  __metadata(\"design:paramtypes\", [String])\n], Cats.prototype, \"one\", null);\nexports.Cats = Cats = __decorate([(0, common_1.Controller)('cats'), __metadata(\"design:paramtypes\", [CatService])], Cats);\n";
    let project = project(&[("w.ts", written), ("c.js", compiled)]);
    for (path, line) in [("w.ts", 6), ("c.js", 3)] {
        let module = project.module_at(path).unwrap().id;
        let Some(Resolved::Class(found)) = project.resolve(module, "Cats") else { panic!("no class in {path}") };
        assert!(!found.class.decorators.is_empty(), "{path}");
        let one = found.class.method("one").unwrap();
        assert_eq!(one.span.line, line);
        assert_eq!(one.parameters[0].decorators.len(), 1, "{path}");
        assert!(one.decorators.len() >= 2, "{path}");
        let service = &found.class.method("constructor").unwrap().parameters[0];
        assert_eq!(service.declared.as_ref().and_then(|declared| declared.name()), Some("CatService"), "{path}");
    }
}
