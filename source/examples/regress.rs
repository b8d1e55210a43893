//! Writes the regression tests of proofs into a folder, and prints how each is run: `regress PROJECT PROOFS.json OUT`.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::{env, fs, io};

use routewarden_source::frameworks::find_routes;
use routewarden_source::project::Project;
use routewarden_source::regress::{ProofFacts, regression_test};
use routewarden_source::tree::{SourceTree, TreeLimits};

fn main() -> Result<(), Box<dyn Error>> {
    let [root, proofs, folder]: [String; 3] =
        env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "regress PROJECT PROOFS.json OUT")?;
    let project = Project::parse(SourceTree::read(Path::new(&root), &TreeLimits::default())?);
    let table = find_routes(&project);
    let proofs: Vec<ProofFacts> = serde_json::from_str(&fs::read_to_string(proofs)?)?;
    let mut out = io::stdout().lock();
    for facts in proofs {
        let is_own = |methods: &[String]| methods.is_empty() || methods.contains(&facts.method);
        let Some(entry) = table.routes.iter().find(|entry| entry.path == facts.path && is_own(&entry.methods)) else {
            writeln!(out, "{} {}: no such route", facts.method, facts.path)?;
            continue;
        };
        match regression_test(&project, entry, &facts) {
            Ok(test) => {
                let path = Path::new(&folder).join(&test.path);
                fs::create_dir_all(path.parent().unwrap_or(Path::new(&folder)))?;
                fs::write(path, &test.text)?;
                writeln!(out, "{}\t{}", test.run, test.needs_review.join("; "))?;
            }
            Err(because) => writeln!(out, "{} {}: {because}", facts.method, facts.path)?,
        }
    }
    Ok(())
}
