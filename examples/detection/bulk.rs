//! Large text of realistic API answers with few secrets in it, and how fast the detector reads it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::adapter;
use crate::kit::draw::Draw;
use crate::kit::filler;
use crate::kit::forms::{Form, Placed, render};
use crate::kit::kind::{Kind, OPEN, SHUT};

/// One secret in so many answers.
const SPARSE: usize = 250;

/// Answers of 5 to 40 kB until there are `n_bytes` of them.
pub fn answers(n_bytes: usize, kinds: &[Kind], draw: &mut Draw) -> Vec<String> {
    let mut answers = Vec::new();
    let mut size = 0;
    while size < n_bytes {
        let answer = if draw.one_in(SPARSE) { with_secret(kinds, draw) } else { plain(draw) };
        size += answer.len() + 1;
        answers.push(answer);
    }
    answers
}

fn plain(draw: &mut Draw) -> String {
    let n = 15 + draw.below(90);
    let items: Vec<Value> = (0..n)
        .map(|_| {
            let mut item = filler::object(draw, 10);
            let inner = Value::Object(filler::object(draw, 5));
            item.insert("details".to_owned(), inner);
            item.insert("sha".to_owned(), json!(draw.hex(40)));
            Value::Object(item)
        })
        .collect();
    let token = draw.base64url(36);
    json!({"data": items, "meta": {"next_page_token": token, "request_id": draw.uuid('4'), "total": n}}).to_string()
}

fn with_secret(kinds: &[Kind], draw: &mut Draw) -> String {
    let Some(kind) = kinds.get(draw.below(kinds.len())) else { return plain(draw) };
    let value: String = (kind.make)(draw).chars().filter(|c| !matches!(*c, OPEN | SHUT)).collect();
    let name = draw.pick(kind.names);
    render(Form::List, &Placed { name, what: kind.what, value: &value }, draw)
}

/// What scanning once on one thread took.
pub struct Speed {
    pub n_bytes: usize,
    pub n_hits: usize,
    pub time: Duration,
}

impl Speed {
    /// Millions of bytes in a second.
    pub fn megabytes_per_second(&self) -> f64 {
        let bytes = u32::try_from(self.n_bytes / 1000).map_or(f64::MAX, f64::from);
        bytes / 1000.0 / self.time.as_secs_f64().max(1e-9)
    }
}

pub fn scan(answers: &[String]) -> Speed {
    let start = Instant::now();
    let n_hits = answers.iter().map(|answer| adapter::scan(answer).len()).sum();
    Speed { n_bytes: answers.iter().map(String::len).sum(), n_hits, time: start.elapsed() }
}

/// Writes the answers as lines of one file.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, answers: &[String]) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for answer in answers {
        writeln!(out, "{answer}")?;
    }
    out.flush()
}
