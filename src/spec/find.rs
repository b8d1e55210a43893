//! Where documents usually are: paths below a base address, files in a project. Looks at names and the first bytes.

use std::fs;
use std::path::{Path, PathBuf};

use super::reading::{looks_like_document, read_text};

/// Paths below a base address where servers publish their document, the likeliest first.
pub const USUAL_PLACES: &[&str] = &[
    "/openapi.json",
    "/openapi.yaml",
    "/swagger.json",
    "/v3/api-docs",
    "/v2/api-docs",
    "/swagger/v1/swagger.json",
    "/api-docs",
    "/api/openapi.json",
    "/api/swagger.json",
    "/api/v1/openapi.json",
    "/api-docs.json",
    "/api-json",
    "/docs/openapi.json",
    "/docs/swagger.json",
    "/docs/json",
    "/swagger/doc.json",
    "/documentation/json",
    "/schema.json",
    "/api/schema/",
    "/api/schema/?format=json",
    "/openapi.yml",
    "/swagger.yaml",
    "/openapi/v1.json",
    "/openapi/v3.json",
    "/q/openapi",
    "/apispec_1.json",
    "/static/openapi.json",
    "/.well-known/openapi.json",
];

/// How deep folders are searched.
const MAX_DEPTH: usize = 5;
/// The most folders that are opened.
const MAX_FOLDERS: usize = 3000;
/// The most entries of one folder that are looked at.
const MAX_ENTRIES: usize = 20_000;
/// The most files whose content is looked at.
const MAX_LOOKED_AT: usize = 400;
/// The most documents that are named.
const MAX_FOUND: usize = 50;
/// The largest file that is looked at.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Folders that hold other people's code or built files.
const SKIPPED: &[&str] = &[
    "node_modules",
    "vendor",
    "target",
    "dist",
    "build",
    "out",
    "venv",
    "env",
    "site-packages",
    "__pycache__",
    "bower_components",
    "third_party",
    "Pods",
    "coverage",
    "tmp",
    "bin",
    "obj",
];
/// Folders whose every JSON and YAML file is worth a look.
const LIKELY_FOLDERS: &[&str] = &[
    "api",
    "apis",
    "doc",
    "docs",
    "spec",
    "specs",
    "openapi",
    "swagger",
    "schema",
    "schemas",
    "contract",
    "contracts",
];

/// Documents in a project's folder, the likeliest first: by name, then by depth, then by path.
pub fn find_in_folder(folder: &Path) -> Vec<PathBuf> {
    let mut candidates: Vec<(u8, usize, PathBuf)> = Vec::new();
    let mut open = vec![(0, folder.to_path_buf())];
    let mut opened = 0;

    while let Some((depth, place)) = open.pop() {
        opened += 1;
        if opened > MAX_FOLDERS {
            break;
        }
        let Ok(entries) = fs::read_dir(&place) else { continue };
        let mut entries: Vec<_> = entries.flatten().take(MAX_ENTRIES).collect();
        // Sorted, so that the cap on folders leaves out the same ones each time.
        entries.sort_by_key(fs::DirEntry::file_name);

        for entry in entries {
            // Links are not followed: they may lead in a circle or out of the project.
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();

            if kind.is_dir() && depth < MAX_DEPTH && !name.starts_with('.') && !SKIPPED.contains(&name.as_str()) {
                open.push((depth + 1, entry.path()));
            } else if kind.is_file()
                && let Some(rank) = document_rank(&name, &place)
            {
                candidates.push((rank, depth, entry.path()));
            }
        }
    }

    candidates.sort();
    // Ranked before anything is opened, so that the cap leaves out the least likely files.
    let looked_at = candidates.into_iter().take(MAX_LOOKED_AT).map(|(_, _, path)| path);
    looked_at
        .filter(|path| read_text(path, MAX_BYTES).is_ok_and(|text| looks_like_document(&text)))
        .take(MAX_FOUND)
        .collect()
}

/// How likely a file is a document by its name; none when it is not worth a look.
fn document_rank(name: &str, folder: &Path) -> Option<u8> {
    let name = name.to_ascii_lowercase();
    let (stem, extension) = name.rsplit_once('.')?;

    if !matches!(extension, "json" | "yaml" | "yml") {
        return None;
    }
    let parent = folder.file_name().map(|parent| parent.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();

    match stem {
        "openapi" => Some(0),
        "swagger" => Some(1),
        _ if stem.contains("openapi") || stem.contains("swagger") => Some(2),
        _ if stem.contains("api") || stem.contains("oas") || stem.contains("spec") => Some(3),
        _ if LIKELY_FOLDERS.contains(&parent.as_str()) => Some(4),
        _ => None,
    }
}
