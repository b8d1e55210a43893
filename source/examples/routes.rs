//! Prints the routes of a folder as JSON lines, one a route, and how long reading took on the other stream.

use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use routewarden_source::frameworks::find_routes;
use routewarden_source::project::Project;
use routewarden_source::tree::{SourceTree, TreeLimits};

fn main() -> io::Result<()> {
    let root = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let tree = SourceTree::read(Path::new(&root), &TreeLimits::default())?;
    let (files, bytes) = (tree.files.len(), tree.files.iter().map(|file| file.text.len()).sum::<usize>());
    let begun = Instant::now();
    let project = Project::parse(tree);
    let parsed = begun.elapsed();
    let table = find_routes(&project);
    let found = begun.elapsed() - parsed;
    let mut out = io::stdout().lock();
    for route in &table.routes {
        let line = serde_json::json!({
            "framework": route.framework, "methods": route.methods, "path": route.path, "function": route.function,
            "file": route.handler.file, "line": route.handler.line, "declared": route.declared, "guards": route.guards,
        });
        writeln!(out, "{line}")?;
    }
    let mut errors = io::stderr().lock();
    for said in &table.unclear {
        writeln!(errors, "unclear: {said}")?;
    }
    writeln!(errors, "{files} files, {bytes} bytes: parsed in {parsed:?}, {} routes in {found:?}", table.routes.len())
}
