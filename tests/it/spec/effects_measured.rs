//! How well effects are judged, on operations of real documents that were labelled by reading them
//! (`examples/effects`): what acts is never asked, and little of what reads is left out.

use routewarden::model::Effect;
use routewarden::spec::{Base, load_text};
use serde_json::{Map, Value, json};

const GETS: &str = include_str!("../../../examples/effects/get.tsv");
const POSTS: &str = include_str!("../../../examples/effects/post.tsv");
const ACTS: &str = include_str!("../../../examples/effects/acts.tsv");
const HEADS: &str = include_str!("../../../examples/effects/heads.tsv");

#[derive(Debug, Default)]
struct Figures {
    harmless: usize,
    left_out: usize,
    harmful: usize,
    asked: Vec<String>,
}

/// Judges the rows of one half.
fn measure(rows: &str, method: &str, half: &str) -> Figures {
    let mut figures = Figures::default();
    for row in rows.lines().skip(1) {
        let fields: Vec<&str> = row.split('\t').collect();
        let [of, label, _, path, id, summary, query, statuses, others] = fields[..] else { panic!("{row}") };
        if of != half || label == "unclear" {
            continue;
        }
        let is_asked = judge(method, path, [id, summary, query, statuses, others]) == Effect::Reads;
        match label {
            "harmless" | "read" => {
                figures.harmless += 1;
                figures.left_out += usize::from(!is_asked);
            }
            "harmful" | "write" => {
                figures.harmful += 1;
                figures.asked.extend(is_asked.then(|| format!("{method} {path}")));
            }
            other => panic!("{other} is no label"),
        }
    }
    figures
}

fn judge(method: &str, path: &str, [id, summary, query, statuses, others]: [&str; 5]) -> Effect {
    let of = |list: &str| list.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let query = of(query).into_iter().map(|name| {
        json!({ "name": name.trim_end_matches('*'), "in": "query", "required": name.ends_with('*'), "schema": {} })
    });
    let slots = path.split('{').skip(1).filter_map(|part| part.split_once('}'));
    let slots = slots.map(|(name, _)| json!({ "name": name, "in": "path", "required": true, "schema": {} }));
    let responses: Map<String, Value> =
        of(statuses).into_iter().map(|status| (status, json!({ "description": "" }))).collect();
    let mut operation = json!({ "summary": summary, "responses": responses });
    operation["parameters"] = query.chain(slots).collect();
    if !id.is_empty() {
        operation["operationId"] = json!(id);
    }
    let mut item: Map<String, Value> =
        of(others).into_iter().map(|other| (other, json!({ "responses": {} }))).collect();
    item.insert(method.to_owned(), operation);
    let document = json!({ "openapi": "3.0.0", "info": {}, "paths": { path: item } });
    let api = load_text("t", &document.to_string(), Base::None).unwrap();
    let judged = api.operations.iter().find(|operation| operation.method.as_str().eq_ignore_ascii_case(method));
    judged.unwrap_or_else(|| panic!("{path}: {:?}", api.issues)).effect.clone()
}

#[test]
fn nothing_that_acts_is_asked_and_at_most_a_tenth_of_what_reads_is_left_out() {
    let labelled = |rows: &str| rows.lines().skip(1).filter(|row| !row.contains("\tunclear\t")).count();
    assert!(labelled(GETS) >= 400 && labelled(POSTS) >= 300);
    for half in ["develop", "held"] {
        let random = measure(GETS, "get", half);
        shown(&format!("{half}: {} of {} harmless GETs left out", random.left_out, random.harmless));
        assert!(random.left_out * 10 <= random.harmless, "{half}: {random:?}");
        for (name, rows) in [("get", GETS), ("acts", ACTS), ("heads", HEADS)] {
            let found = measure(rows, "get", half);
            shown(&format!("{half}: {name}: {} of {} harmful GETs asked", found.asked.len(), found.harmful));
            assert!(found.asked.is_empty() && found.harmful > 0, "{half}: {name}: {:?}", found.asked);
        }
    }
}

#[test]
fn no_post_that_writes_is_taken_for_a_read() {
    for half in ["develop", "held"] {
        let found = measure(POSTS, "post", half);
        shown(&format!("{half}: {} of {} reading POSTs not recognised", found.left_out, found.harmless));
        assert!(found.asked.is_empty() && found.harmful > 100, "{half}: {:?}", found.asked);
        assert!(found.left_out * 10 <= found.harmless * 6, "{half}: {found:?}");
    }
}

/// Shows a figure to who runs the test with `--nocapture`.
fn shown(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{line}");
}
