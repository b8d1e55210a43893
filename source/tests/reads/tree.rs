//! Which files of a folder are read.

use std::fs;

use routewarden_source::tree::{SourceTree, TreeLimits};

#[test]
fn what_browsers_are_sent_is_named_and_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let line = "var a=1;function b(c){return c+a}".repeat(200);
    let readable = "var a = 1;\nfunction b(c) { return c + a; }\n".repeat(200);
    let files = [
        ("static/jquery.min.js", line.clone()),
        ("server.js", format!("const e=require(\"express\");{line}")),
        ("static/readable.js", readable),
        ("short.js", "x()".repeat(500)),
        ("data.py", format!("DATA = '{line}'\n")),
    ];
    fs::create_dir(folder.path().join("static")).unwrap();
    for (path, text) in &files {
        fs::write(folder.path().join(path), text).unwrap();
    }
    let tree = SourceTree::read(folder.path(), &TreeLimits::default()).unwrap();
    let read: Vec<&str> = tree.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(read, ["data.py", "server.js", "short.js", "static/readable.js"]);
    let left_out: Vec<&str> = tree.left_out.iter().map(|item| item.path.as_str()).collect();
    assert_eq!(left_out, ["static/jquery.min.js"]);
}

#[test]
fn libraries_for_browsers_are_named_and_servers_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let line = "function draw(canvas) { return canvas.getContext('2d'); }\n";
    let long = "x".repeat(5_000);
    let files = [
        ("static/charts.js", line.repeat(5_000)),
        ("static/small.js", line.repeat(500)),
        ("static/packed.js", format!("var a = '{long}';\n")),
        ("server.js", format!("const express = require('express');\n{}", line.repeat(5_000))),
    ];
    for (path, text) in &files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let tree = SourceTree::read(dir.path(), &TreeLimits::default()).unwrap();
    let read: Vec<&str> = tree.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(read, ["server.js", "static/small.js"]);
    let left: Vec<(&str, &str)> =
        tree.left_out.iter().map(|left| (left.path.as_str(), left.because.as_str())).collect();
    assert_eq!(
        left,
        [
            ("static/charts.js", "it is a large script that speaks of no server"),
            ("static/packed.js", "it is minified, and speaks of no server"),
        ]
    );
}

#[test]
fn folders_that_lie_too_deep_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("a/b/c");
    fs::create_dir_all(&deep).unwrap();
    fs::create_dir_all(dir.path().join("a/empty")).unwrap();
    fs::write(dir.path().join("a/app.py"), "x = 1\n").unwrap();
    fs::write(deep.join("lost.py"), "y = 1\n").unwrap();
    let tree = SourceTree::read(dir.path(), &TreeLimits { depth: 2, ..TreeLimits::default() }).unwrap();
    assert_eq!(tree.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["a/app.py"]);
    let left: Vec<(&str, &str)> =
        tree.left_out.iter().map(|left| (left.path.as_str(), left.because.as_str())).collect();
    assert_eq!(left, [("a/b", "only 2 folders within each other are read")]);
    assert!(SourceTree::read(dir.path(), &TreeLimits::default()).unwrap().left_out.is_empty());
}
