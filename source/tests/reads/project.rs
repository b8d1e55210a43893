//! Names across files.

use std::collections::BTreeMap;

use routewarden_source::ir::{Expr, ExprKind, Span, StatementKind};
use routewarden_source::project::{Project, Resolved};
use routewarden_source::tree::SourceTree;

/// A project of these files.
pub fn project(files: &[(&str, &str)]) -> Project {
    let texts: BTreeMap<String, String> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    Project::parse(SourceTree::of_texts(&texts))
}

#[test]
fn a_name_is_followed_through_imports_packages_and_aliases() {
    let project = project(&[
        ("shop/__init__.py", "from .views import handler as first\n"),
        ("shop/views.py", "from .base import *\n\nclass View(Base):\n    pass\n\ndef handler():\n    pass\n"),
        ("shop/base.py", "class Base:\n    kind = 'x'\n    def get(self):\n        return 1\n"),
        ("app.py", "import shop.views as v\nfrom shop import first\nagain = first\nPREFIX = '/api' + '/v1'\n"),
    ]);
    let app = project.module_at("app.py").unwrap().id;
    for name in ["first", "again", "v.handler"] {
        let Some(Resolved::Function(found)) = project.resolve(app, name) else { panic!("{name}") };
        assert_eq!(project.module(found.module).unwrap().path, "shop/views.py");
    }
    let Some(Resolved::Function(get)) = project.resolve(app, "v.View.get") else { panic!("a method of a base") };
    assert_eq!(project.module(get.module).unwrap().path, "shop/base.py");
    let name = Expr::new(ExprKind::Name("PREFIX".to_owned()), Span::default());
    assert_eq!(project.constant(app, &name).as_deref(), Some("/api/v1"));
}

#[test]
fn what_cannot_be_parsed_is_named_and_the_rest_is_read() {
    let project =
        project(&[("app.py", "def good():\n    return 1\n\ndef bad(:\n    return )\n\ndef last():\n    pass\n")]);
    let module = project.module_at("app.py").unwrap();
    assert!(!module.damaged.is_empty());
    let good = module.statements.iter().find_map(|statement| match &statement.kind {
        StatementKind::Function(function) if function.name == "good" => Some(function.clone()),
        _ => None,
    });
    assert!(!good.unwrap().is_damaged);
}

#[test]
fn deep_nesting_ends_the_reading_and_not_the_program() {
    let deep = format!("x = {}1{}\n", "(".repeat(20_000), ")".repeat(20_000));
    let project = project(&[("app.py", &deep)]);
    assert_eq!(project.modules.len(), 1);
}

#[test]
fn only_what_a_package_exports_by_default_is_called_as_the_package() {
    let project = project(&[(
        "app.js",
        "import jwt from 'jsonwebtoken'\nimport { options } from 'lib'\nconst cors_1 = require('cors')\nconst s = require('./config.default')\n",
    )]);
    let app = project.module_at("app.js").unwrap().id;
    for (name, full) in [
        ("jwt.verify", "jsonwebtoken.verify"),
        ("cors_1.default", "cors"),
        ("cors_1.default.create", "cors.create"),
        ("options.defaultKey", "lib.options.defaultKey"),
        ("options.default", "lib.options.default"),
        ("cors_1.defaults", "cors.defaults"),
        ("s.key", "./config.default.key"),
    ] {
        assert_eq!(project.full_name(app, name), full);
    }
}
