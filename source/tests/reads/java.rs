//! Java, lowered.

use routewarden_source::ir::{ExprKind, StatementKind, walk_statements};
use routewarden_source::project::Resolved;

use crate::project::project;

#[test]
fn names_are_followed_across_packages() {
    let project = project(&[
        (
            "src/main/java/a/Base.java",
            "package a;\npublic class Base<T> {\n    public T find(long id) { return null; }\n    static class Inner { static final String X = \"x\"; }\n}\n",
        ),
        (
            "src/main/java/b/Use.java",
            "package b;\nimport a.Base;\nimport static c.Names.PREFIX;\nclass Use extends Base<Long> {\n    static final String PATH = PREFIX + \"/use\";\n}\n",
        ),
        (
            "src/main/java/b/Near.java",
            "package b;\nimport c.*;\nclass Near extends Use { String name = Names.PREFIX; }\n",
        ),
        ("src/main/java/c/Names.java", "package c;\npublic interface Names { String PREFIX = \"/api\"; }\n"),
    ]);
    let near = project.module_at("src/main/java/b/Near.java").unwrap().id;
    let Some(Resolved::Class(class)) = project.resolve(near, "Near") else { panic!("a class") };
    let find = project.method(&class, "find").unwrap();
    assert_eq!(project.module(find.module).unwrap().path, "src/main/java/a/Base.java");
    assert!(matches!(project.resolve(near, "Names"), Some(Resolved::Class(_))));
    let (module, value) = project.class_field(&class, "PATH").unwrap();
    assert_eq!(project.constant(module, &value).as_deref(), Some("/api/use"));
}

#[test]
fn every_kind_of_statement_keeps_its_parts() {
    let text = "class A {\n    int f(Order o, @Valid Item... items) throws E {\n        if (o == null || !o.ok()) throw new E(\"no\");\n\
                \x20       for (Item item : items) { item.save(); }\n        for (int i = 0; i < 3; i++) { step(i); }\n\
                \x20       try (var s = open()) { s.read(); } catch (E e) { log(e); } finally { close(); }\n\
                \x20       switch (o.kind()) { case A -> one(); case B, C -> { two(); } default -> three(); }\n        switch (x) { case 1: eight(); break; default: nine(); }\n\
                \x20       items.stream().filter(x -> x.owner().equals(me)).map(Item::id).toList();\n\
                \x20       var made = new Object() { void inner() { four(); } };\n        synchronized (this) { five(); }\n\
                \x20       return o.ok() ? six() : ((Order) o).seven();\n    }\n}\n";
    let project = project(&[("A.java", text)]);
    let module = project.module_at("A.java").unwrap();
    let mut called = Vec::new();
    walk_statements(&module.statements, &mut |_| {}, &mut |expr| {
        if let Some((callee, _)) = expr.call() {
            called.push(match &*callee.kind {
                ExprKind::Member(_, name) | ExprKind::Name(name) => name.clone(),
                _ => String::new(),
            });
        }
    });
    for name in [
        "ok", "E", "save", "step", "open", "read", "log", "close", "kind", "one", "two", "three", "equals", "map",
        "four", "five", "six", "seven", "eight", "nine",
    ] {
        assert!(called.iter().any(|known| known == name), "{name}: {called:?}");
    }
    let StatementKind::Class(class) = &module.statements[0].kind else { panic!("a class") };
    let method = class.method("f").unwrap();
    assert_eq!((method.span.line, method.parameters.len()), (2, 2));
    assert_eq!(method.parameters[1].decorators.len(), 1);
}
