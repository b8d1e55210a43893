//! Reads the handlers of a folder and prints the word for each, and how long it took.
#![expect(clippy::print_stdout, reason = "it is what the example is for")]

use std::path::Path;
use std::time::Instant;

use routewarden_source::frameworks::find_routes;
use routewarden_source::project::Project;
use routewarden_source::reading::OwnershipReader;
use routewarden_source::tree::{SourceTree, TreeLimits};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let start = Instant::now();
    let tree = SourceTree::read(Path::new(&folder), &TreeLimits::default())?;
    let bytes: usize = tree.files.iter().map(|file| file.text.len()).sum();
    let read = start.elapsed();
    let project = Project::parse(tree);
    let parsed = start.elapsed();
    let table = find_routes(&project);
    let routed = start.elapsed();
    let reader = OwnershipReader::new(&project);
    let modelled = start.elapsed();
    let entries: Vec<_> = table.routes.iter().collect();
    let readings: Vec<_> = entries.iter().zip(reader.read_all(&entries)).collect();
    let judged = start.elapsed();
    for (entry, reading) in &readings {
        let methods = entry.methods.join(",");
        println!(
            "{:?} {methods} {} {}:{} {}",
            reading.word, entry.path, entry.handler.file, entry.handler.line, reading.because
        );
    }
    println!(
        "{bytes} bytes, {} routes; files {read:?}, parsed {parsed:?}, routes {routed:?}, models {modelled:?}, judged {judged:?}",
        readings.len()
    );
    Ok(())
}
