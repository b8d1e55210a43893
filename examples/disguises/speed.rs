//! How fast known values are looked for in ordinary JSON and prose.

use std::hint::black_box;
use std::io::Write;
use std::sync::LazyLock;
use std::time::Instant;

use crate::draw::Draw;
use crate::values::{self, Value};
use crate::{finder, redactor};

const PIECE: usize = 1024 * 1024;
const WORDS: [&str; 48] = [
    "the", "of", "and", "a", "order", "to", "in", "is", "invoice", "that", "for", "customer", "was", "on", "with",
    "as", "service", "by", "at", "from", "delivery", "this", "are", "not", "which", "address", "or", "be", "an",
    "item", "have", "price", "it", "were", "their", "request", "has", "been", "one", "all", "when", "account", "there",
    "can", "will", "other", "answer", "time",
];

/// Makes so many bytes of a text.
type Make = fn(&mut Draw, usize) -> String;

/// Prints megabytes per second for one, four and twenty values.
pub fn measure(out: &mut impl Write, megabytes: usize, seed: u64) -> anyhow::Result<()> {
    let mut draw = Draw::new(seed + 3);
    let kinds: [(&str, Make); 2] = [("JSON", json), ("prose", prose)];
    writeln!(out, "MB/s over {megabytes} MB       find  tripwire  text (also unknown credentials)")?;
    for (name, make) in kinds {
        let pieces: Vec<String> = (0..megabytes).map(|_| make(&mut draw, PIECE)).collect();
        for n_values in [1, 4, 20] {
            // Tokens first, as in a scan: one of each kind in turn.
            let drawn: Vec<Vec<Value>> = (0..4).map(|round| values::draw(&mut Draw::new(seed + round), 1)).collect();
            let values: Vec<Value> = drawn.into_iter().flatten().take(n_values).collect();
            let (finder, redactor) = (finder(&values), redactor(&values));
            let find = speed(&pieces, |piece| finder.find(piece).len());
            let tripwire = speed(&pieces, |piece| redactor.tripwire(piece).1);
            let text = speed(&pieces, |piece| redactor.text(piece).len());
            writeln!(out, "{name:<6} {n_values:>2} values  {find:>10.1} {tripwire:>9.1} {text:>9.1}")?;
        }
    }
    Ok(())
}

fn speed(pieces: &[String], work: impl Fn(&str) -> usize) -> f64 {
    // What is built at the first use does not count.
    black_box(work("warm"));
    let began = now();
    for piece in pieces {
        black_box(work(black_box(piece)));
    }
    let n_bytes: usize = pieces.iter().map(String::len).sum();
    n_bytes as f64 / (1024.0 * 1024.0) / (now() - began)
}

/// Seconds that this program had a processor, where the system tells (a busy machine does not falsify it); seconds of
/// the clock otherwise.
fn now() -> f64 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|first| first.parse::<f64>().ok());
    nanoseconds.map_or_else(|| BEGAN.elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}

/// Records of a shop, with the escapes that such answers have.
pub fn json(draw: &mut Draw, n_bytes: usize) -> String {
    let mut text = String::from("[");
    while text.len() < n_bytes {
        let id = draw.below(90_000_000);
        let (name, city) = (sentence(draw, 2), sentence(draw, 1));
        let uuid = [8, 4, 4, 4, 12].map(|length| draw.text("0123456789abcdef", length)).join("-");
        let note = sentence(draw, 14);
        text.push_str(&format!(
            "{{\"id\":{id},\"uuid\":\"{uuid}\",\"name\":\"{name}\",\"city\":\"{city}\",\"total\":{}.{:02},\"paid\":true,\"created_at\":\"2026-0{}-1{}T0{}:2{}:5{}Z\",\"url\":\"https:\\/\\/shop.test\\/orders\\/{id}?q={name}%20x&page=2\",\"note\":\"{note}.\\n{}\",\"tags\":[\"{}\",\"{}\"]}},",
            draw.below(900), draw.below(100), 1 + draw.below(9), draw.below(9), draw.below(9), draw.below(9), draw.below(9),
            sentence(draw, 9), sentence(draw, 1), sentence(draw, 1),
        ));
    }
    text.push(']');
    text
}

/// Sentences, now and then with a word that is not ASCII.
pub fn prose(draw: &mut Draw, n_bytes: usize) -> String {
    let mut text = String::new();
    while text.len() < n_bytes {
        let length = 6 + draw.below(14);
        text.push_str(&sentence(draw, length));
        text.push_str(match draw.below(12) {
            0 => " – Zürich.\n\n",
            1 => ", and “so on”. ",
            2 => " (100% of it).\n",
            _ => ". ",
        });
    }
    text
}

fn sentence(draw: &mut Draw, n_words: usize) -> String {
    (0..n_words).filter_map(|_| draw.of(&WORDS).copied()).collect::<Vec<_>>().join(" ")
}
