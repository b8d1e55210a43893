//! Singular and plural of the English names of resources, as far as routers need them.

/// Irregular pairs: many, one.
const IRREGULAR: [(&str, &str); 9] = [
    ("people", "person"),
    ("children", "child"),
    ("men", "man"),
    ("women", "woman"),
    ("media", "medium"),
    ("data", "datum"),
    ("series", "series"),
    ("news", "news"),
    ("indices", "index"),
];

/// Returns one of many: `categories` is `category`.
pub(super) fn singular_form(word: &str) -> String {
    let (before, last) = split_last(word);
    let made = match IRREGULAR.iter().find(|(many, _)| *many == last) {
        Some((_, one)) => (*one).to_owned(),
        None if last.ends_with("ies") && last.len() > 4 => format!("{}y", cut_end(last, 3)),
        None if ["sses", "shes", "ches", "xes", "uses", "zzes"].iter().any(|end| last.ends_with(end)) => {
            // `causes` and `houses` have a singular on `e`; most words with `uses` have one on `us`.
            cut_end(last, if last.ends_with("auses") || last.ends_with("ouses") { 1 } else { 2 }).to_owned()
        }
        None if last.ends_with('s') && !["ss", "us", "is"].iter().any(|end| last.ends_with(end)) => {
            cut_end(last, 1).to_owned()
        }
        None => last.to_owned(),
    };

    format!("{before}{made}")
}

/// Returns many of one: `category` is `categories`.
pub(super) fn plural_form(word: &str) -> String {
    let (before, last) = split_last(word);
    let made = match IRREGULAR.iter().find(|(_, one)| *one == last) {
        Some((many, _)) => (*many).to_owned(),
        None if last.ends_with('y') && !["ay", "ey", "oy", "uy"].iter().any(|end| last.ends_with(end)) => {
            format!("{}ies", cut_end(last, 1))
        }
        None if ["s", "x", "ch", "sh"].iter().any(|end| last.ends_with(end)) => format!("{last}es"),
        None => format!("{last}s"),
    };

    format!("{before}{made}")
}

fn split_last(word: &str) -> (&str, &str) {
    let at = word.rfind(['_', '-']).map_or(0, |at| at + 1);
    (word.get(..at).unwrap_or(""), word.get(at..).unwrap_or(word))
}

fn cut_end(word: &str, letters: usize) -> &str {
    word.get(..word.len().saturating_sub(letters)).unwrap_or(word)
}

/// Returns the paths that a path with optional pieces stands for: `/a(/:b)` is `/a` and `/a/:b`. The piece for the format
/// is left out.
pub(super) fn with_optional(path: &str) -> Vec<String> {
    let path = path.replace("(.:format)", "");
    let Some(close) = path.find(')') else { return vec![path] };
    let Some(open) = path.get(..close).and_then(|before| before.rfind('(')) else { return vec![path] };
    let (before, after) = (path.get(..open).unwrap_or(""), path.get(close + 1..).unwrap_or(""));
    let inner = path.get(open + 1..close).unwrap_or("");
    let mut found = with_optional(&format!("{before}{after}"));

    // Optional pieces double the paths each time, so their number is capped.
    if !inner.starts_with('.') && found.len() < 16 {
        found.extend(with_optional(&format!("{before}{inner}{after}")));
    }
    found.dedup();
    found
}
