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
