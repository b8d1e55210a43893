//! Whether a project uses a framework: by what its modules import, and by what its manifests name.

use crate::lang::Language;
use crate::project::Project;
use crate::tree::SourceFile;

/// Returns whether a Python module imports one of these packages, or a manifest names one.
pub(super) fn uses_python(project: &Project, packages: &[&str]) -> bool {
    imports_python(project, packages) || names_python(project, packages)
}

fn imports_python(project: &Project, packages: &[&str]) -> bool {
    let modules = project.modules.iter().filter(|module| module.language == Language::Python);
    modules.flat_map(|module| module.imports.values().chain(&module.stars)).any(|target| {
        let head = target.module.split('.').next().unwrap_or_default();
        // A relative import of that name is a module of the project.
        target.level == 0 && packages.contains(&head)
    })
}

/// Python's manifests write `-` where modules write `_`.
fn names_python(project: &Project, packages: &[&str]) -> bool {
    let is_manifest = |file: &&SourceFile| {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        ["requirements.txt", "pyproject.toml", "setup.py", "setup.cfg", "Pipfile"].contains(&name)
    };
    project.tree.files.iter().filter(is_manifest).any(|file| {
        let text = file.text.to_ascii_lowercase().replace('-', "_");
        let mut words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        words.any(|word| packages.contains(&word))
    })
}
