//! The order of a search: the text as it stands, its JSON, what has to be looked at once more, and what was found twice.

use std::ops::Range;

use super::super::decode;
use super::super::secrets::{Certainty, FoundSecret, MAX_FOUND, SecretRuleEngine, SecretSweep};
use super::super::unknown_token::{self, UnknownToken};
use super::leaves::{self, SeenLeaf};
use super::lines::{LEAST_BYTES, Lines};
use super::origin::MaterialOrigin;
use super::{Coding, HiddenSecret, Material, UNKNOWN_TOKEN, describe_cap, events};
use crate::model::Secret;

/// So much is gathered before it is looked at.
const BATCH_BYTES: usize = 512 * 1024;

/// A text to search: the answer, or one that stands in it.
pub(super) struct SearchSource<'t> {
    pub text: &'t str,
    /// `None` when it was joined from pieces.
    pub origin: Option<MaterialOrigin>,
    pub path: String,
    pub coding: Coding,
    /// How often JSON stands within strings up to here.
    pub inner: usize,
}

/// A search on its way.
pub(super) struct Search {
    engine: &'static SecretRuleEngine,
    pub lines: Lines,
    found: Vec<SearchHit>,
    caps: Vec<&'static str>,
}

struct SearchHit {
    hidden: HiddenSecret,
    /// Told by the name that it stands under.
    by_name: bool,
}

/// See [`super::find`].
pub(super) fn find_in_text(content_type: Option<&str>, text: &str) -> Material {
    let mut search =
        Search { engine: SecretRuleEngine::embedded(), lines: Lines::default(), found: Vec::new(), caps: Vec::new() };
    let whole =
        SearchSource { text, origin: leaves::plain_origin(), path: String::new(), coding: Coding::Plain, inner: 0 };
    let is_form = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("x-www-form-urlencoded"));

    // In JSON escapes are undone string by string: undone in the whole text, they would end its strings.
    if !search.document(&whole) {
        if is_form {
            search.form(content_type, text);
        } else {
            search.lines.add_unescaped(text, 0..0, ("", Coding::Plain), whole.origin.as_ref());
        }
    }

    search.flush();
    search.settled(text)
}

impl Search {
    /// Searches a text; whether it is JSON, or made of it line by line.
    fn document(&mut self, source: &SearchSource<'_>) -> bool {
        let sweep = self.engine.sweep(source.text);
        self.caps.extend(&sweep.scan.capped);
        let mut hits = hits_of(&sweep, source);
        // In the order of the text, so that the reader of JSON places them in one pass.
        hits.sort_by_key(|(range, _)| range.start);
        let mut seen = SeenLeaf::new(&sweep, hits.iter().map(|(range, _)| (range.clone(), None)).collect());
        let mut is_json = leaves::read_json(self, source, 0..source.text.len(), &mut seen);

        // Streams and lines are forms of an answer; a string within one holds a single value or text.
        if !is_json && source.inner == 0 {
            is_json = self.stream(source, &mut seen);
        }
        for ((_, mut hidden), (_, path)) in hits.into_iter().zip(seen.places) {
            hidden.path = path.unwrap_or(hidden.path);
            self.found.push(SearchHit { hidden, by_name: false });
        }
        is_json
    }

    /// The same for a text within another; nothing is kept when it is no JSON, since it is then read as text.
    pub fn inner(&mut self, source: &SearchSource<'_>) -> bool {
        let before = self.mark();
        let is_json = self.document(source);

        if !is_json {
            self.back_to(before);
        }
        is_json
    }

    fn stream(&mut self, source: &SearchSource<'_>, seen: &mut SeenLeaf<'_>) -> bool {
        let parts = events::find_json_parts(source.text);
        let mut n_json = 0;

        for (number, part) in &parts.json {
            let path = format!("/{}/{number}", parts.name);
            let line = SearchSource { text: source.text, origin: source.origin.clone(), path, ..*source };
            n_json += usize::from(leaves::read_json(self, &line, part.clone(), seen));
        }
        // One line of JSON among text is no stream whose pieces belong together.
        if parts.name == "events" || n_json > 1 {
            self.pieces(source.text);
        }
        n_json > 0 && n_json == parts.json.len()
    }

    /// What a stream says in pieces.
    fn pieces(&mut self, text: &str) {
        let decoded = decode::split_channels(None, text);
        self.caps.extend(decoded.caps.into_iter().map(describe_cap));
        let joined = decoded.channels.into_iter().filter(|channel| channel.path.contains("[*]"));

        // The lines undo escapes themselves: both forms would be searched twice.
        for channel in joined.filter(|channel| !channel.path.ends_with("(unescaped)")) {
            if channel.text.len() < LEAST_BYTES {
                continue;
            }
            let path = channel.path;

            if channel.text.starts_with(['{', '[']) {
                let inner = format!("{path}/(json)");
                let source =
                    SearchSource { text: &channel.text, origin: None, path: inner, coding: Coding::Pieces, inner: 1 };
                if self.inner(&source) {
                    continue;
                }
            }

            self.lines.add(std::iter::empty(), &channel.text, (&path, Coding::Pieces), None);
        }
    }

    /// The fields of a form (WHATWG URL, application/x-www-form-urlencoded).
    fn form(&mut self, content_type: Option<&str>, text: &str) {
        let decoded = decode::split_channels(content_type, text);
        self.caps.extend(decoded.caps.into_iter().map(describe_cap));

        for channel in decoded.channels {
            let (path, coding) = (channel.path.as_str(), Coding::Escaped);
            if let Some(found) = super::super::secrets::value_of(path, &channel.text) {
                self.named(found, &channel.text, (path, coding), None);
            }
            self.lines.add(std::iter::once(path), &channel.text, (path, coding), None);
        }
    }

    /// Keeps what its name says to be a secret.
    pub fn named(
        &mut self,
        found: FoundSecret,
        text: &str,
        (path, coding): (&str, Coding),
        origin: Option<&MaterialOrigin>,
    ) {
        let range = origin.map(|origin| origin.of(found.range.start)..origin.of(found.range.end));
        if let Some(value) = text.get(found.range.clone()) {
            let hidden = hidden_from_found(found, value, (path, coding), range);
            self.found.push(SearchHit { hidden, by_name: true });
        }
    }

    /// Looks at the lines when enough are gathered; whether it did.
    pub fn flush_full(&mut self) -> bool {
        let full = self.lines.text.len() > BATCH_BYTES;
        if full {
            self.flush();
        }
        full
    }

    /// Looks at the lines that were gathered.
    fn flush(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        self.caps.extend(lines.caps);

        if lines.lines.is_empty() {
            return;
        }
        let sweep = self.engine.sweep(&lines.text);
        self.caps.extend(&sweep.scan.capped);
        let everywhere = SearchSource {
            text: &lines.text,
            origin: leaves::plain_origin(),
            path: String::new(),
            coding: Coding::Plain,
            inner: 0,
        };

        for (part, hidden) in hits_of(&sweep, &everywhere) {
            let at = lines.lines.partition_point(|line| line.range.start <= part.start);
            let Some(line) = at.checked_sub(1).and_then(|at| lines.lines.get(at)) else { continue };

            // What goes beyond a text belongs to nobody.
            if part.end > line.range.end {
                continue;
            }
            let coding = if hidden.coding == Coding::Base64 { hidden.coding } else { line.coding };
            let hidden = HiddenSecret { path: line.path.clone(), coding, range: line.source(&part), ..hidden };
            self.found.push(SearchHit { hidden, by_name: false });
        }
    }

    /// Where the search is, to come back to.
    pub fn mark(&self) -> (usize, usize, usize) {
        (self.lines.text.len(), self.lines.lines.len(), self.found.len())
    }

    /// Forgets what came behind a mark.
    pub fn back_to(&mut self, (n_bytes, n_lines, n_found): (usize, usize, usize)) {
        self.lines.text.truncate(n_bytes);
        self.lines.lines.truncate(n_lines);
        self.found.truncate(n_found);
    }

    pub fn cap_depth(&mut self) {
        self.caps.push(describe_cap(decode::Cap::Depth));
    }

    fn settled(self, text: &str) -> Material {
        let mut material = Material::default();
        self.caps.into_iter().for_each(|cap| material.cap(cap));
        let located = |mut hit: SearchHit| {
            let value = hit.hidden.value.expose();
            // What was joined from pieces or decoded may stand in one piece elsewhere: then it has a place.
            hit.hidden.range = hit.hidden.range.or_else(|| text.find(value).map(|at| at..at + value.len()));
            hit
        };
        let (mut placed, pieces): (Vec<SearchHit>, Vec<SearchHit>) =
            self.found.into_iter().map(located).partition(|hit| hit.hidden.range.is_some());
        placed.sort_by_key(|hit| (hit_start(hit), std::cmp::Reverse(hit_end(hit))));
        let mut kept: Vec<SearchHit> = Vec::new();

        for next in placed {
            match kept.last_mut() {
                // Several rules find one secret, plain and decoded: the best of them is reported.
                Some(last) if hit_start(&next) < hit_end(last) => {
                    if rank_hit(&next) > rank_hit(last) {
                        *last = next;
                    }
                }
                _ => kept.push(next),
            }
        }

        for next in pieces {
            // What is a part of a secret that has a place is no further one.
            let value = next.hidden.value.expose();
            let known =
                |hit: &SearchHit| hit.hidden.value.expose().contains(value) || value == hit.hidden.value.expose();
            if !kept.iter().any(known) {
                kept.push(next);
            }
        }

        if kept.len() > MAX_FOUND {
            material.cap("more than 1000 secrets");
        }
        material.hidden = kept.into_iter().take(MAX_FOUND).map(|hit| hit.hidden).collect();
        material
    }
}

fn hit_start(hit: &SearchHit) -> usize {
    hit.hidden.range.as_ref().map_or(0, |range| range.start)
}

fn hit_end(hit: &SearchHit) -> usize {
    hit.hidden.range.as_ref().map_or(0, |range| range.end)
}

/// By rule before by name; then the surer, with the longer public beginning, decoded, longer.
fn rank_hit(hit: &SearchHit) -> (bool, Certainty, usize, bool, usize) {
    let hidden = &hit.hidden;
    let prefix = hidden.prefix.as_ref().map_or(0, String::len);
    let by_name = hit.by_name || hidden.rule.starts_with("field-");
    let decoded = matches!(hidden.coding, Coding::Json | Coding::Escaped | Coding::Base64);

    (!by_name, hidden.confidence, prefix, decoded, hit_end(hit) - hit_start(hit))
}

/// What one look found in a text, with where in it.
fn hits_of(sweep: &SecretSweep, source: &SearchSource<'_>) -> Vec<(Range<usize>, HiddenSecret)> {
    let of = |range: &Range<usize>| source.origin.as_ref().map(|origin| origin.of(range.start)..origin.of(range.end));
    let place = (source.path.as_str(), source.coding);
    let mut hits: Vec<(Range<usize>, HiddenSecret)> = Vec::new();

    for found in &sweep.scan.found {
        if let Some(value) = source.text.get(found.range.clone()) {
            hits.push((found.range.clone(), hidden_from_found(found.clone(), value, place, of(&found.range))));
        }
    }
    let mut end = 0;

    for (start, wrapped) in sweep.tokens.iter().filter(|(start, _)| source.text.is_char_boundary(*start)) {
        // Payloads begin as tokens do: a start within the last token is a part of it.
        if *start < end || hits.len() >= MAX_FOUND * 2 {
            continue;
        }
        let Some(token) = unknown_token::find_at(source.text, *start, *wrapped) else { continue };
        end = token.range.end;
        let Some(value) = source.text.get(token.range.clone()) else { continue };
        hits.push((token.range.clone(), by_structure(token.clone(), value, place, of(&token.range))));
    }

    hits
}

fn hidden_from_found(
    found: FoundSecret,
    value: &str,
    (path, coding): (&str, Coding),
    range: Option<Range<usize>>,
) -> HiddenSecret {
    HiddenSecret {
        rule: found.rule,
        confidence: found.confidence,
        prefix: found.prefix,
        path: path.to_owned(),
        coding,
        range,
        token: None,
        value: Secret::new(value),
    }
}

fn by_structure(
    token: UnknownToken,
    value: &str,
    (path, coding): (&str, Coding),
    range: Option<Range<usize>>,
) -> HiddenSecret {
    HiddenSecret {
        rule: UNKNOWN_TOKEN.to_owned(),
        confidence: Certainty::High,
        prefix: None,
        path: path.to_owned(),
        coding: if token.wrapped { Coding::Base64 } else { coding },
        range,
        token: Some(token),
        value: Secret::new(value),
    }
}
