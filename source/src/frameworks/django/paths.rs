//! Paths of Django, written as routes or as regular expressions, with `{name}` for parameters.

/// More ways to write one path are not followed.
const MOST_WAYS: usize = 8;

/// Writes a route of `path(..)`: `orders/<int:pk>/` is `orders/{pk}/`.
pub(super) fn of_route(route: &str) -> String {
    let mut made = String::new();
    let mut rest = route;

    while let Some((before, after)) = rest.split_once('<') {
        let Some((inner, after)) = after.split_once('>') else { break };
        let name = inner.rsplit(':').next().unwrap_or(inner).trim();
        made.push_str(&format!("{before}{{{name}}}"));
        rest = after;
    }

    made + rest
}

/// Writes a regular expression: a group is a parameter, what is optional may be there or not. More ways than one where
/// the expression has alternatives.
pub(super) fn of_regex(regex: &str) -> Vec<String> {
    let letters: Vec<char> = regex.chars().collect();
    let mut reader = RegexReader { letters: &letters, at: 0 };
    reader.alternatives()
}

struct RegexReader<'a> {
    letters: &'a [char],
    at: usize,
}

impl RegexReader<'_> {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(place, letter)| self.letters.get(self.at + place) == Some(&letter))
    }

    /// Reads up to the end or a closing bracket.
    fn alternatives(&mut self) -> Vec<String> {
        let mut ways = Vec::new();
        let mut open = vec![String::new()];

        while let Some(letter) = self.peek() {
            match letter {
                ')' => break,
                '|' => {
                    self.at += 1;
                    ways.append(&mut open);
                    open.push(String::new());
                }
                _ => {
                    let part = self.part();
                    open = combine_paths(&open, &part);
                }
            }
        }

        ways.append(&mut open);
        // Each alternative multiplies the paths, so nested ones could exhaust the memory.
        ways.truncate(MOST_WAYS);
        ways
    }

    /// Reads one part with what says how often it stands there.
    fn part(&mut self) -> Vec<String> {
        let Some(letter) = self.peek() else { return vec![String::new()] };
        let mut is_group = false;
        let mut ways = match letter {
            '(' => {
                is_group = true;
                self.group()
            }
            '[' => {
                self.class();
                vec!["{var}".to_owned()]
            }
            '\\' => self.escape(),
            '^' | '$' => {
                self.at += 1;
                vec![String::new()]
            }
            '.' => {
                self.at += 1;
                // A dot that stands for one letter is almost always meant as a dot: `^robots.txt$`.
                let is_any = matches!(self.peek(), Some('*' | '+' | '?' | '{'));
                vec![if is_any { "{var}" } else { "." }.to_owned()]
            }
            other => {
                self.at += 1;
                vec![other.to_string()]
            }
        };

        // A slash that may be left out is written; a group that may be left out is read both ways.
        if self.often() && is_group && !ways.iter().any(|way| way.is_empty()) {
            ways.push(String::new());
        }
        ways
    }

    /// Skips `?`, `*`, `+`, `{2}`; returns whether the part may be left out.
    fn often(&mut self) -> bool {
        let mut optional = false;
        while let Some(letter) = self.peek() {
            match letter {
                '?' | '*' => optional = true,
                '+' => {}
                '{' if self.letters.get(self.at + 1).is_some_and(char::is_ascii_digit) => {
                    optional |= self.letters.get(self.at + 1) == Some(&'0');
                    while self.peek().is_some_and(|letter| letter != '}') {
                        self.at += 1;
                    }
                }
                _ => break,
            }

            self.at += 1;
        }

        optional
    }

    fn group(&mut self) -> Vec<String> {
        let named = self.starts_with("(?P<");
        let plain = self.starts_with("(?:");
        let looks = self.starts_with("(?") && !named && !plain;
        self.at += match (named, plain) {
            (true, _) => 4,
            (_, true) => 3,
            _ => 1,
        };
        let mut name = String::new();

        while named && self.peek().is_some_and(|letter| letter != '>') {
            name.extend(self.peek());
            self.at += 1;
        }
        // A plain group may hold alternatives of the path; the content of a parameter is of no interest.
        let inner = if plain { self.alternatives() } else { Vec::new() };
        self.close();

        match (named, plain, looks) {
            (true, ..) => vec![format!("{{{name}}}")],
            (_, true, _) => inner,
            // It only looks ahead or behind, or sets a flag.
            (.., true) => vec![String::new()],
            _ => vec!["{var}".to_owned()],
        }
    }

    /// Skips to behind the bracket that closes this group.
    fn close(&mut self) {
        let mut depth = 0usize;
        while let Some(letter) = self.peek() {
            match letter {
                '\\' => self.at += 1,
                '[' => {
                    self.class();
                    continue;
                }
                '(' => depth += 1,
                ')' if depth == 0 => {
                    self.at += 1;
                    return;
                }
                ')' => depth -= 1,
                _ => {}
            }

            self.at += 1;
        }
    }

    /// Skips `[..]`.
    fn class(&mut self) {
        self.at += 1;
        if self.peek() == Some('^') {
            self.at += 1;
        }
        // A closing bracket right at the start is a member of the class.
        if self.peek() == Some(']') {
            self.at += 1;
        }
        while let Some(letter) = self.peek() {
            self.at += if letter == '\\' { 2 } else { 1 };
            if letter == ']' {
                return;
            }
        }
    }

    fn escape(&mut self) -> Vec<String> {
        let letter = self.letters.get(self.at + 1).copied();
        self.at += 2;
        vec![match letter {
            // Anchors and boundaries take no room in the path.
            Some('A' | 'Z' | 'z' | 'b' | 'B') | None => String::new(),
            Some('d' | 'D' | 'w' | 'W' | 's' | 'S') => "{var}".to_owned(),
            Some(other) => other.to_string(),
        }]
    }
}

fn combine_paths(before: &[String], after: &[String]) -> Vec<String> {
    let all = before.iter().flat_map(|left| after.iter().map(move |right| format!("{left}{right}")));
    all.take(MOST_WAYS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_names_its_parameters() {
        assert_eq!(of_route("orders/<int:pk>/lines/<slug>"), "orders/{pk}/lines/{slug}");
        assert_eq!(of_route("items:batch"), "items:batch");
    }

    #[test]
    fn a_regular_expression_is_read_as_a_path() {
        for (written, read) in [
            (r"^orders/(?P<pk>[^/.]+)/$", vec!["orders/{pk}/"]),
            (r"^orders/(?P<pk>\d{2}(a|b))\.json$", vec!["orders/{pk}.json"]),
            (r"^a/?$", vec!["a/"]),
            (r"^(?:a|b)/(\d+)$", vec!["a/{var}", "b/{var}"]),
            (r"^a(?:/(?P<x>[)]+))?/$", vec!["a/{x}/", "a/"]),
            (r"^(?!api)\w+/$", vec!["{var}/"]),
            (r"^robots.txt$", vec!["robots.txt"]),
            (r"^b/[\w-]+/c\-d$", vec!["b/{var}/c-d"]),
        ] {
            assert_eq!(of_regex(written), read, "{written}");
        }
    }
}
