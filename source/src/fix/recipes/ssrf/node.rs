//! The same for Node: its own lists of addresses and its own resolver, no further library.

use crate::fix::denial;
use crate::fix::draft::{Case, FixDraft};
use crate::fix::imports::bring_name;
use crate::fix::loads::{find_calls, is_id, names_of};
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::style::{declared_from, indent_at, line_start};
use crate::ir::{Argument, Expr, ExprKind, Statement, StatementKind, dotted_text, last_part, literal_text};
use crate::lang::Language;

const HELPER: &str = "isPublicAddress";

/// Addresses that are nobody's on the internet: `start`, `bits`.
const PRIVATE: [(&str, u8); 16] = [
    ("0.0.0.0", 8),
    ("10.0.0.0", 8),
    ("100.64.0.0", 10),
    ("127.0.0.0", 8),
    ("169.254.0.0", 16),
    ("172.16.0.0", 12),
    ("192.0.0.0", 24),
    ("192.168.0.0", 16),
    ("198.18.0.0", 15),
    ("224.0.0.0", 3),
    ("::", 127),
    ("64:ff9b::", 96),
    ("2002::", 16),
    ("fc00::", 7),
    ("fe80::", 10),
    ("ff00::", 8),
];

/// Makes the change.
pub(super) fn refuse_private_hosts(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    let body = case.text(case.function().body_span);
    if [HELPER, "BlockList", "ipaddr", "ssrf", "request-filtering-agent"].iter().any(|word| body.contains(word)) {
        return Err(case.nothing_to_do(format!("{} looks at the address before it asks it", case.route())));
    }
    let sent = find_sent_request(case).ok_or_else(|| {
        FixRefusal::new(
            RefusalReason::NotLocated,
            format!("no request to a named address was found in the handler of {}", case.route()),
            "look at every address of the host before the request is sent",
        )
    })?;

    let mut draft = FixDraft::new("the request goes only to public addresses, and follows no redirect");
    draft.review.push("a host may change its address between the look and the request: send it through a proxy that refuses private addresses where that matters".to_owned());
    wait_for_answers(case, &mut draft)?;
    let refusal = denial::refusal_statement(case, &mut draft, 400);
    let start = declared_from(&case.module.text, sent.statement.span.start);
    let indent = indent_at(&case.module.text, start).to_owned();
    let test = format!("!(await {HELPER}({}))", case.text(sent.url.span));
    let lines = case.style.lines(&indent, &denial::refusal_lines(case, &test, &refusal));
    draft.insert(&case.module.path, start, format!("{}{indent}", lines.trim_start()));
    follow_no_redirect(case, &mut draft, &sent);

    // Another handler of the file may have brought it already.
    if !case.module.text.contains(&format!("function {HELPER}(")) {
        add_address_check(case, &mut draft);
    }
    Ok(draft)
}

/// A request that is sent to a named address.
struct SentRequest<'a> {
    call: &'a Expr,
    statement: &'a Statement,
    url: &'a Expr,
}

fn find_sent_request<'a>(case: &'a Case<'_>) -> Option<SentRequest<'a>> {
    let calls = find_calls(case, &|callee, _| sends_request(callee)).into_iter();
    let sent: Vec<SentRequest<'_>> = calls
        .filter_map(|(call, statement)| {
            let (_, arguments) = call.call()?;
            let url = url_of(&arguments.first()?.value)?;
            Some(SentRequest { call, statement, url })
        })
        .collect();
    let of_input = case.facts.input.as_deref().and_then(|input| {
        let names = names_of(case, input);
        sent.iter().position(|sent| is_id(sent.url, &names, input))
    });
    // An address that stands at the top of the file is the project's own.
    let own = |sent: &SentRequest<'_>| sent.url.name().is_some_and(|name| case.module.definitions.contains_key(name));
    let at = of_input.or_else(|| sent.iter().position(|sent| !own(sent)))?;
    sent.into_iter().nth(at)
}

/// The address that a request is sent to, where it has a name: the first argument, or `url` within it.
fn url_of(argument: &Expr) -> Option<&Expr> {
    match &*argument.kind {
        ExprKind::Name(_) | ExprKind::Member(..) | ExprKind::Index(..) => Some(argument),
        ExprKind::Record(entries) => {
            let is_url = |key: &Expr| literal_text(key).or_else(|| key.name()) == Some("url");
            let entry = entries.iter().find(|entry| entry.key.as_ref().is_some_and(is_url))?;
            url_of(&entry.value)
        }

        _ => None,
    }
}

fn sends_request(callee: &Expr) -> bool {
    let Some(name) = dotted_text(callee) else { return false };
    let mut parts = name.rsplit('.');
    let (method, holder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_client =
        ["axios", "got", "http", "httpService", "https", "needle", "request", "superagent", "undici"].contains(&holder);
    let is_method =
        matches!(method, "delete" | "fetch" | "get" | "head" | "patch" | "post" | "put" | "request" | "stream");
    matches!(name.as_str(), "axios" | "fetch" | "got" | "needle" | "request") || (is_client && is_method)
}

/// The look takes time, so that the handler must be one that waits.
fn wait_for_answers(case: &Case<'_>, draft: &mut FixDraft) -> Result<(), FixRefusal> {
    let function = case.function();
    if function.is_async {
        return Ok(());
    }
    let written = case.text(function.span);
    // A method would get the word before its modifiers.
    if case.handler.class.is_some() || !written.starts_with(['(', 'f']) && !written.contains("=>") {
        return Err(FixRefusal::new(
            RefusalReason::NotSupported,
            format!(
                "the handler of {} is not `async`, and the address cannot be looked up without waiting",
                case.route()
            ),
            "make it `async`, then ask again",
        ));
    }
    draft.insert(&case.module.path, function.span.start, "async ");
    Ok(())
}

/// A public host could send the request on to a private one.
fn follow_no_redirect(case: &Case<'_>, draft: &mut FixDraft, sent: &SentRequest<'_>) {
    let Some((callee, arguments)) = sent.call.call() else { return };
    let name = dotted_text(callee).unwrap_or_default();
    let with_body = matches!(last_part(&name), "patch" | "post" | "put");
    let (place, key, value) = match name.split('.').next() {
        Some("fetch") => (1, "redirect", case.style.quoted("error")),
        Some("axios") => (if with_body { 2 } else { 1 }, "maxRedirects", "0".to_owned()),
        Some("got") => (1, "followRedirect", "false".to_owned()),
        _ => {
            draft.review.push("that the request follows no redirect".to_owned());
            return;
        }
    };
    let file = &case.module.path;
    let is_there = |options: &Expr| case.text(options.span).contains(key);
    let options = |argument: &&Argument| matches!(&*argument.value.kind, ExprKind::Record(_));
    let own = arguments.first().filter(|_| name == "axios").filter(options);

    match own.or_else(|| arguments.get(place)) {
        Some(argument) if options(&argument) && !is_there(&argument.value) => {
            draft.insert(file, argument.value.span.start + 1, format!(" {key}: {value},"));
        }

        Some(argument) if is_there(&argument.value) => {}
        None if arguments.len() == place => {
            draft.insert(file, sent.call.span.end - 1, format!(", {{ {key}: {value} }}"));
        }

        _ => draft.review.push("that the request follows no redirect".to_owned()),
    }
}

fn add_address_check(case: &Case<'_>, draft: &mut FixDraft) {
    let list = bring_name(case, draft, "net", "BlockList");
    let look_up = bring_name(case, draft, "dns/promises", "lookup");
    let unit = case.style.unit();
    let end = if case.style.semicolons { ";" } else { "" };
    let quoted = |text: &str| case.style.quoted(text);
    let kind = if case.module.language == Language::JavaScript { "" } else { ": string" };
    let subnet = |(start, bits): &(&str, u8)| {
        let family = if start.contains(':') { format!(", {}", quoted("ipv6")) } else { String::new() };
        format!("privateAddresses.addSubnet({}, {bits}{family}){end}", quoted(start))
    };
    let mut lines = vec![format!("const privateAddresses = new {list}(){end}")];
    lines.extend(PRIVATE.iter().map(subnet));
    lines.extend([
        String::new(),
        format!("async function {HELPER}(url{kind}) {{"),
        format!("{unit}try {{"),
        format!("{unit}{unit}const {{ protocol, hostname }} = new URL(url){end}"),
        // The brackets of an IPv6 address are none of its own.
        format!(
            "{unit}{unit}const found = await {look_up}(hostname.replace(/^\\[|\\]$/g, {}), {{ all: true }}){end}",
            quoted("")
        ),
        format!("{unit}{unit}const isPrivate = (address{kind}, family{}) =>", if kind.is_empty() { "" } else { ": number" }),
        format!(
            "{unit}{unit}{unit}privateAddresses.check(address, family === 6 ? {} : {}){end}",
            quoted("ipv6"),
            quoted("ipv4")
        ),
        format!(
            "{unit}{unit}return /^https?:$/.test(protocol) && !found.some(({{ address, family }}) => isPrivate(address, family)){end}"
        ),
        // A host that cannot be looked up is refused: an error must not let the request through.
        format!("{unit}}} catch {{"),
        format!("{unit}{unit}return false{end}"),
        format!("{unit}}}"),
        "}".to_owned(),
        String::new(),
    ]);
    let at = top_of(case);
    draft.insert(&case.module.path, at, case.style.lines("", &lines));
}

/// Where the statement of the file begins that the handler stands in, with its decorators.
pub(in crate::fix::recipes) fn top_of(case: &Case<'_>) -> usize {
    let own = case.function().outer_span;
    let around = case.module.statements.iter().find(|statement| statement.span.covers(&own));
    let start = match around {
        Some(statement) => match &statement.kind {
            StatementKind::Class(class) => {
                let decorators = class.decorators.iter().map(|decorator| decorator.span.start);
                decorators.chain([statement.span.start, class.span.start]).min().unwrap_or(own.start)
            }

            _ => statement.span.start,
        },
        None => own.start,
    };
    line_start(&case.module.text, start)
}
