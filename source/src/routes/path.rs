//! Paths of routes, from each framework's way to write them to `/orders/{id}`.

/// Joins a prefix and a path with one slash between them.
pub fn join_paths(prefix: &str, path: &str) -> String {
    if path.is_empty() {
        return if prefix.is_empty() { "/".to_owned() } else { with_slash(prefix) };
    }
    with_slash(&format!("{}/{}", prefix.trim_end_matches('/'), path.trim_start_matches('/')))
}

fn with_slash(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

/// Writes a path with `{name}` for each parameter, from `<int:name>` (Flask, Django), `{name:path}` (FastAPI, Spring,
/// ASP.NET), `:name` with or without a pattern (Express, Gin, Echo, Rails), and `*name`.
pub fn normalise_path(path: &str) -> String {
    let mut made = String::new();
    for part in split_parts(path) {
        made.push('/');
        made.push_str(&part);
    }
    // A slash at the end is part of the path: many routers answer with a redirect without it.
    if path.ends_with('/') || made.is_empty() {
        made.push('/');
    }
    made
}

/// Splits at slashes outside of brackets and writes each part.
fn split_parts(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0usize;

    for letter in path.chars() {
        match letter {
            '{' | '<' | '(' | '[' => depth += 1,
            '}' | '>' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        // A pattern within a parameter may hold slashes of its own.
        if letter == '/' && depth == 0 {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }

    parts.into_iter().filter(|part| !part.is_empty()).map(|part| write_part(&part)).collect()
}

fn write_part(part: &str) -> String {
    let mut made = String::new();
    let mut rest = part;

    while let Some(letter) = rest.chars().next() {
        let (name, used) = match letter {
            '{' | '<' => bracketed_name(rest, letter),
            ':' => colon_name(rest),
            '*' => (rest.trim_start_matches('*').to_owned(), rest.len()),
            _ => (String::new(), 0),
        };

        if used == 0 {
            made.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or("");
        } else {
            made.push_str(&format!("{{{}}}", if name.is_empty() { "rest" } else { &name }));
            rest = rest.get(used..).unwrap_or("");
        }
    }

    made
}

/// `<int:name>`, `<name>`, `{name:path}`, `{name?}`, `{*rest}`: the name, and the bytes used.
fn bracketed_name(text: &str, open: char) -> (String, usize) {
    let close = if open == '<' { '>' } else { '}' };
    let mut depth = 0usize;
    let end = text.char_indices().find_map(|(at, letter)| {
        if letter == open {
            depth += 1;
        } else if letter == close {
            depth = depth.saturating_sub(1);
            return (depth == 0).then_some(at);
        }
        None
    });

    let Some(end) = end else { return (String::new(), 0) };
    let inner = text.get(1..end).unwrap_or("");
    // Flask writes the type before the name, the others write it behind.
    let name = if open == '<' { inner.rsplit(':').next() } else { inner.split([':', '=']).next() };
    (clean_name(name.unwrap_or("")), end + 1)
}

/// `:name`, `:name(\\d+)`, `:name?`: the name, and the bytes used.
fn colon_name(text: &str) -> (String, usize) {
    let rest = text.get(1..).unwrap_or("");
    let name: String = rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();

    if name.is_empty() {
        return (name, 0);
    }
    let mut used = 1 + name.len();

    if text.get(used..).is_some_and(|after| after.starts_with('(')) {
        used += text.get(used..).and_then(|after| after.find(')')).map_or(0, |at| at + 1);
    }
    if text.get(used..).is_some_and(|after| after.starts_with(['?', '+', '*'])) {
        used += 1;
    }
    (name, used)
}

fn clean_name(name: &str) -> String {
    name.trim().trim_start_matches('*').trim_end_matches(['?', '*']).to_owned()
}

/// Returns the names of the parameters in a path with `{name}`.
pub fn path_parameters(path: &str) -> Vec<String> {
    path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_write_a_parameter_is_read() {
        for (written, read) in [
            ("/a/<int:id>/b", "/a/{id}/b"),
            ("/a/<id>", "/a/{id}"),
            ("/files/{path:path}", "/files/{path}"),
            ("/a/:id(\\d+)/b", "/a/{id}/b"),
            ("/a/:id?", "/a/{id}"),
            ("/a/*rest", "/a/{rest}"),
            ("/a/{id:[0-9]{3}}/", "/a/{id}/"),
            ("/a/{id?}", "/a/{id}"),
            ("/:a-:b", "/{a}-{b}"),
            ("", "/"),
        ] {
            assert_eq!(normalise_path(written), read, "{written}");
        }
    }

    #[test]
    fn a_prefix_is_joined_with_one_slash() {
        assert_eq!(join_paths("/api/", "/x"), "/api/x");
        assert_eq!(join_paths("", "x"), "/x");
        assert_eq!(join_paths("/api", ""), "/api");
    }
}
