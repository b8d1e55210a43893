//! The layers, and how a use of one module by another is seen in the text.

use std::collections::BTreeSet;

/// Low to high. A module uses only modules of rows above its own.
const LAYERS: [&[&str]; 20] = [
    &["vocabulary"],
    &["model"],
    &["detect"],
    &["spec", "config", "code", "remedy"],
    &["llm"],
    &["probe"],
    &["survey"],
    &["access"],
    &["act"],
    &["trial", "conversation"],
    &["checks"],
    &["report"],
    &["store"],
    &["scan"],
    &["app"],
    &["demo"],
    &["mcp"],
    &["cli"],
    &["main"],
    &["lib"],
];

/// The faces see the use cases, and nothing that sends.
const FACES: [&str; 3] = ["mcp", "cli", "main"];
const BEHIND_THE_USE_CASES: [&str; 7] = ["probe", "survey", "access", "act", "trial", "conversation", "checks"];

/// Names that open sockets, and who may say them beside the probe.
const SOCKETS: [(&str, &[&str]); 6] = [
    ("reqwest", &[]),
    ("std::net::TcpStream", &[]),
    ("std::net::UdpSocket", &[]),
    ("TcpStream::connect", &[]),
    ("tokio::net", &["mcp", "demo"]),
    ("TcpListener", &["mcp", "demo"]),
];

/// How high a module stands.
pub(crate) fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The top-level module that a file belongs to; `lib.rs` is everybody's roof and has no rules.
pub(crate) fn module_of(path: &str) -> Option<String> {
    let inside = path.strip_prefix("src/")?;
    let first = inside.split('/').next()?;
    let module = first.strip_suffix(".rs").unwrap_or(first);
    (module != "lib").then(|| module.to_owned())
}

/// Why one module may not use another.
pub(crate) fn forbidden_use(user: &str, used: &str) -> Option<String> {
    let (user_layer, used_layer) = (layer(user)?, layer(used)?);
    (user != used && used_layer >= user_layer).then(|| format!("`{user}` uses `{used}`, which is not below it"))
}

/// Why a face may not use a module.
pub(crate) fn forbidden_face_use(user: &str, used: &str) -> Option<String> {
    let forbidden = FACES.contains(&user) && BEHIND_THE_USE_CASES.contains(&used);
    forbidden.then(|| format!("`{user}` is a face and uses `{used}`; it has `app` for that"))
}

/// Names in the code of a module that only others may say.
pub(crate) fn forbidden_socket(module: &str, code: &str) -> Vec<String> {
    let tight = without_spaces(code);
    let said =
        SOCKETS.iter().filter(|(name, also)| module != "probe" && !also.contains(&module) && words(&tight, name));
    let mut faults: Vec<String> =
        said.map(|(name, _)| format!("`{module}` says `{name}`; only `probe` sends")).collect();
    // `use std::net::{IpAddr, TcpStream}` says it in two parts.
    if module != "probe" && group_members(&tight, "std::net::").contains("TcpStream") {
        faults.push(format!("`{module}` imports `TcpStream`; only `probe` sends"));
    }
    let may_listen = ["probe", "mcp", "demo"].contains(&module);
    if !may_listen && group_members(&tight, "tokio::").contains("net") {
        faults.push(format!("`{module}` imports `tokio::net`; only `probe` sends"));
    }
    faults
}

/// The top-level modules that a file names: by `crate::x`, `routewarden::x`, in groups, and by climbing with `super`.
pub(crate) fn used_modules(path: &str, code: &str) -> BTreeSet<String> {
    let tight = without_spaces(code);
    let mut used = BTreeSet::new();
    let climb = "super::".repeat(depth(path));
    let mut roots = vec!["crate::".to_owned(), "routewarden::".to_owned()];
    if depth(path) > 0 {
        roots.push(climb);
    }
    for root in roots {
        for (place, _) in tight.match_indices(&root) {
            // `super::` three times over also matches further in; only the longest climb reaches the root.
            let longer = root.starts_with("super") && tight[..place].ends_with("super::");
            if longer || ends_in_word(&tight[..place]) {
                continue;
            }
            used.extend(names_behind(&tight[place + root.len()..]));
        }
    }
    used.retain(|name| layer(name).is_some());
    used
}

/// How many `super::` lead from a file's own items to the root of the crate.
fn depth(path: &str) -> usize {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    match inside {
        "lib" | "main" => 0,
        _ => inside.trim_end_matches("/mod").split('/').count(),
    }
}

/// The names that stand behind a path: one, or the members of a group.
fn names_behind(text: &str) -> BTreeSet<String> {
    match text.strip_prefix('{') {
        Some(group) => members(group),
        None => BTreeSet::from([first_word(text)]),
    }
}

/// The first words of a group's members; the text begins behind the group's brace.
fn members(group: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let (mut open, mut at_start) = (1_usize, true);
    for (place, character) in group.char_indices() {
        if at_start && open == 1 {
            names.insert(first_word(&group[place..]));
        }
        at_start = false;
        match character {
            '{' => open += 1,
            '}' => open -= 1,
            ',' => at_start = open == 1,
            _ => {}
        }
        if open == 0 {
            break;
        }
    }
    names
}

fn group_members(code: &str, path: &str) -> BTreeSet<String> {
    let group = format!("{path}{{");
    code.match_indices(&group).flat_map(|(place, _)| members(&code[place + group.len()..])).collect()
}

/// The code with no space around `::`, in braces or behind commas, so that line breaks hide nothing. A space stays
/// where it parts two words.
fn without_spaces(code: &str) -> String {
    let mut tight = String::with_capacity(code.len());
    let mut characters = code.chars().peekable();
    while let Some(character) = characters.next() {
        if !character.is_whitespace() {
            tight.push(character);
            continue;
        }
        let next = characters.peek().copied().unwrap_or(' ');
        if is_word(next) && tight.chars().next_back().is_some_and(is_word) {
            tight.push(' ');
        }
    }
    tight
}

fn words(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(place, _)| {
        let after = code[place + name.len()..].chars().next();
        !ends_in_word(&code[..place]) && !after.is_some_and(is_word)
    })
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|character| is_word(*character)).collect()
}

fn ends_in_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_word)
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

mod tests {
    use super::*;

    fn used(path: &str, code: &str) -> Vec<String> {
        used_modules(path, code).into_iter().collect()
    }

    #[test]
    fn a_path_names_its_module() {
        assert_eq!(used("src/cli/scan.rs", "use crate::probe::Client; crate ::survey:: go()"), ["probe", "survey"]);
    }

    #[test]
    fn a_group_names_its_modules() {
        let code = "use crate::{model::{Api, scan}, probe, \n checks::{self, report::X}};";
        assert_eq!(used("src/cli/scan.rs", code), ["checks", "model", "probe"]);
    }

    #[test]
    fn climbing_to_the_root_names_a_module() {
        assert_eq!(used("src/mcp/tools/scan.rs", "use super::super::super::probe::X;"), ["probe"]);
        assert_eq!(used("src/mcp/mod.rs", "use super::probe::X;"), ["probe"]);
        assert!(used("src/mcp/tools/scan.rs", "use super::super::probe::X;").is_empty());
    }

    #[test]
    fn another_crate_is_no_module() {
        assert!(used("src/cli/scan.rs", "use mycrate::probe::X; $crate_::probe").is_empty());
    }

    #[test]
    fn a_higher_module_must_not_be_used() {
        assert!(forbidden_use("model", "probe").is_some());
        assert!(forbidden_use("spec", "config").is_some());
        assert!(forbidden_use("probe", "model").is_none());
        assert!(forbidden_use("cli", "cli").is_none());
    }

    #[test]
    fn a_face_must_not_send() {
        assert!(forbidden_face_use("cli", "probe").is_some());
        assert!(forbidden_face_use("mcp", "checks").is_some());
        assert!(forbidden_face_use("cli", "app").is_none());
        assert!(forbidden_face_use("app", "probe").is_none());
    }

    #[test]
    fn a_socket_outside_the_probe_is_seen() {
        assert_eq!(forbidden_socket("scan", "let c = reqwest::Client::new();").len(), 1);
        assert_eq!(forbidden_socket("scan", "use std::net::{IpAddr,\n TcpStream};").len(), 1);
        assert_eq!(forbidden_socket("scan", "use tokio::{net::TcpSocket, sync};").len(), 1);
        assert!(forbidden_socket("probe", "reqwest::Client").is_empty());
        assert!(forbidden_socket("demo", "tokio::net::TcpListener::bind(a)").is_empty());
        assert!(forbidden_socket("scan", "use std::net::{IpAddr, SocketAddr};").is_empty());
    }

    #[test]
    fn a_file_knows_its_module() {
        assert_eq!(module_of("src/cli/mod.rs").as_deref(), Some("cli"));
        assert_eq!(module_of("src/main.rs").as_deref(), Some("main"));
        assert_eq!(module_of("src/lib.rs"), None);
    }
}
