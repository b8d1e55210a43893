//! The answer of `explain_finding`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fit::{code_line, cut_block, cut_line, fit_answer, operation_line, spec_line};
use crate::app::Explanation;
use crate::mcp::wire::{ClauseRow, ExchangeRow, ExplainAnswer};
use crate::report::ExchangeInfo;

/// How much may be said. Bodies give way first, then headers, then the manual page.
struct ExplainRoom {
    body: usize,
    headers: usize,
    header: usize,
    exchanges: usize,
    manual: usize,
    text: usize,
    rows: usize,
}

const ROOMS: [ExplainRoom; 8] = [
    ExplainRoom { body: 1200, headers: 12, header: 200, exchanges: 8, manual: 4000, text: 600, rows: 12 },
    ExplainRoom { body: 500, headers: 10, header: 120, exchanges: 8, manual: 4000, text: 500, rows: 12 },
    ExplainRoom { body: 250, headers: 6, header: 100, exchanges: 6, manual: 4000, text: 400, rows: 10 },
    ExplainRoom { body: 120, headers: 4, header: 80, exchanges: 6, manual: 3000, text: 300, rows: 10 },
    ExplainRoom { body: 80, headers: 2, header: 60, exchanges: 4, manual: 1800, text: 250, rows: 8 },
    ExplainRoom { body: 60, headers: 0, header: 0, exchanges: 4, manual: 900, text: 160, rows: 6 },
    ExplainRoom { body: 40, headers: 0, header: 0, exchanges: 3, manual: 400, text: 100, rows: 4 },
    ExplainRoom { body: 20, headers: 0, header: 0, exchanges: 2, manual: 120, text: 60, rows: 2 },
];

/// What an explanation is told as, within the cap.
pub fn explain_answer(explanation: &Explanation) -> Value {
    fit_answer(&ROOMS, |room| build_answer(explanation, room))
}

fn build_answer(from: &Explanation, room: &ExplainRoom) -> ExplainAnswer {
    let (manual, manual_cut) = cut_block(&from.manual, room.manual);
    ExplainAnswer {
        finding_id: cut_line(&from.finding_id, 40),
        scan_id: cut_line(&from.scan_id, 64),
        check: cut_line(&from.check, 60),
        title: cut_line(&from.title, room.text),
        severity: from.severity,
        confidence: from.confidence,
        operation: operation_line(&from.operation, room.text.min(200)),
        also: from.also.iter().take(room.rows).map(|other| operation_line(other, room.text.min(120))).collect(),
        claim: cut_line(&from.claim, room.text),
        clauses: from
            .clauses
            .iter()
            .take(room.rows)
            .map(|clause| ClauseRow {
                name: cut_line(&clause.name, 60),
                holds: clause.holds.map_or("unknown", |holds| if holds { "yes" } else { "no" }).to_owned(),
                because: cut_line(&clause.because, room.text.min(240)),
            })
            .collect(),
        exchanges: build_exchange_rows(from, room),
        replay: cut_line(&from.replay, room.text * 2),
        spec: from.spec.as_ref().map(|at| spec_line(at, room.text.min(160))),
        code: from.code.as_ref().map(|at| code_line(at, room.text.min(160))),
        owasp: from.owasp.iter().take(6).map(|entry| cut_line(entry, 16)).collect(),
        cwe: from.cwe.iter().copied().take(8).collect(),
        next_steps: from.next_steps.iter().take(5).map(|step| cut_line(step, room.text)).collect(),
        left_out: left_out(from, room, manual_cut),
        manual,
    }
}

/// The exchanges; a header that all of them have alike stands with the first one alone.
fn build_exchange_rows(from: &Explanation, room: &ExplainRoom) -> Vec<ExchangeRow> {
    let common = CommonHeaders::of(&from.exchanges);
    let shown = from.exchanges.iter().take(room.exchanges).enumerate();
    shown.map(|(at, exchange)| build_exchange_row(exchange, room, (at > 0).then_some(&common))).collect()
}

/// The headers that all exchanges of a finding have alike.
#[derive(Default)]
struct CommonHeaders {
    requests: BTreeMap<String, String>,
    responses: BTreeMap<String, String>,
}

impl CommonHeaders {
    fn of(exchanges: &[ExchangeInfo]) -> Self {
        Self {
            requests: find_common(exchanges.iter().map(|exchange| &exchange.request.headers)),
            responses: find_common(
                exchanges.iter().filter_map(|exchange| exchange.response.as_ref()).map(|response| &response.headers),
            ),
        }
    }

    fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.responses.is_empty()
    }
}

fn find_common<'a>(mut all: impl Iterator<Item = &'a BTreeMap<String, String>>) -> BTreeMap<String, String> {
    let mut common = all.next().cloned().unwrap_or_default();
    for headers in all {
        common.retain(|name, value| headers.get(name) == Some(value));
    }
    common
}

fn build_exchange_row(exchange: &ExchangeInfo, room: &ExplainRoom, known: Option<&CommonHeaders>) -> ExchangeRow {
    let response = exchange.response.as_ref();
    let body = |text: &str| (!text.is_empty()).then(|| cut_block(text, room.body).0);
    ExchangeRow {
        role: exchange.role,
        identity: cut_line(&exchange.identity, 40),
        request: cut_line(&format!("{} {}", exchange.request.method, exchange.request.url), room.text),
        request_headers: header_lines(&exchange.request.headers, known.map(|known| &known.requests), room),
        request_body: exchange.request.body.as_deref().and_then(body),
        status: response.map(|response| response.status),
        response_headers: response
            .map(|response| header_lines(&response.headers, known.map(|known| &known.responses), room))
            .unwrap_or_default(),
        response_body: response.and_then(|response| body(&response.body)),
        fault: exchange.fault.as_deref().map(|fault| cut_line(fault, room.text.min(160))),
    }
}

fn header_lines(
    all: &BTreeMap<String, String>,
    known: Option<&BTreeMap<String, String>>,
    room: &ExplainRoom,
) -> Vec<String> {
    // Cut first: otherwise a later exchange would show headers that its turn did not reach in the first one.
    all.iter()
        .take(room.headers)
        .filter(|(name, value)| known.and_then(|known| known.get(*name)) != Some(*value))
        .map(|(name, value)| cut_line(&format!("{name}: {value}"), room.header))
        .collect()
}

fn left_out(from: &Explanation, room: &ExplainRoom, manual_cut: bool) -> Vec<String> {
    let long = |text: &str| text.chars().count() > room.body;
    let cut_bodies = from
        .exchanges
        .iter()
        .flat_map(|exchange| {
            [exchange.request.body.as_deref(), exchange.response.as_ref().map(|response| response.body.as_str())]
        })
        .flatten()
        .any(long);
    let cut_headers = from.exchanges.iter().any(|exchange| {
        let answered = exchange.response.as_ref().map_or(0, |response| response.headers.len());
        exchange.request.headers.len() > room.headers || answered > room.headers
    });
    let beyond = |length: usize, room: usize, what: &str| {
        (length > room).then(|| format!("{} more {what}", length.saturating_sub(room)))
    };
    let repeats = from.exchanges.len() > 1 && room.headers > 0 && !CommonHeaders::of(&from.exchanges).is_empty();
    let mut lines: Vec<String> = [
        beyond(from.exchanges.len(), room.exchanges, "exchanges"),
        beyond(from.also.len(), room.rows, "operations with the same cause"),
        beyond(from.clauses.len(), room.rows, "clauses"),
        cut_bodies.then(|| format!("bodies beyond {} characters", room.body)),
        cut_headers.then(|| format!("headers beyond {} of a message", room.headers)),
        manual_cut.then(|| format!("the rest of the manual page: routewarden checks {}", cut_line(&from.check, 60))),
    ]
    .into_iter()
    .flatten()
    .collect();

    // Only where something is missing: a way to the whole would invite a needless call.
    if !lines.is_empty() {
        lines.push(format!("the whole evidence: routewarden explain {}", cut_line(&from.finding_id, 40)));
    }
    if repeats {
        lines.insert(0, "headers that all exchanges have alike: with the first one".to_owned());
    }
    lines
}
