//! A request that a caller names goes only to public hosts: every address of the host is looked at before it is sent, and
//! a redirect is not followed.

mod node;

pub(super) use node::top_of;

use crate::fix::denial;
use crate::fix::draft::{Case, FixDraft};
use crate::fix::imports::bring_name;
use crate::fix::loads::find_calls;
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::style::{indent_at, line_start};
use crate::ir::{Expr, ExprKind, Statement, argument_named, dotted_text, last_part};
use crate::lang::Language;

const HELPER: &str = "is_public_address";

/// Makes the change.
pub(super) fn refuse_private_hosts(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    match case.module.language {
        Language::Python => {}
        Language::JavaScript | Language::TypeScript | Language::Tsx => return node::refuse_private_hosts(case),
        _ => {
            return Err(FixRefusal::new(
                RefusalReason::NotSupported,
                "there is no way without a further library in this language",
                "look at every address of the host before the request is sent",
            ));
        }
    }

    let body = case.text(case.function().body_span);
    if body.contains(HELPER) || body.contains("is_global") || body.contains("is_private") {
        return Err(case.nothing_to_do(format!("{} looks at the address before it asks it", case.route())));
    }
    let (call, statement, url) = find_sent_request(case).ok_or_else(|| {
        FixRefusal::new(
            RefusalReason::NotLocated,
            format!("no request to a named address was found in the handler of {}", case.route()),
            "look at every address of the host before the request is sent",
        )
    })?;

    let (callee, arguments) =
        call.call().map(|(callee, arguments)| (dotted_text(callee).unwrap_or_default(), arguments)).unwrap_or_default();
    let mut draft = FixDraft::new("the request goes only to public addresses, and follows no redirect");
    draft.review.push("a host may change its address between the look and the request: send it through a proxy that refuses private addresses where that matters".to_owned());
    let refusal = denial::refusal_statement(case, &mut draft, 400);
    let file = &case.module.path;
    let indent = indent_at(&case.module.text, statement.span.start).to_owned();
    let test = format!("not {HELPER}({})", case.text(url.span));
    let lines = case.style.lines(&indent, &denial::refusal_lines(case, &test, &refusal));
    draft.insert(file, statement.span.start, format!("{}{indent}", lines.trim_start()));
    let (parameter, client) = if callee.starts_with("httpx") || callee.starts_with("client") {
        ("follow_redirects", "httpx")
    } else {
        ("allow_redirects", "requests")
    };
    // `urlopen` has no such option; a client object of httpx follows no redirect unless it was made to.
    if !callee.contains("urlopen")
        && argument_named(arguments, parameter).is_none()
        && (client == "requests" || callee.starts_with("httpx"))
    {
        draft.insert(file, call.span.end - 1, format!(", {parameter}=False"));
    }
    // Another handler of the file may have brought it already.
    if !case.module.text.contains(&format!("def {HELPER}(")) {
        add_address_check(case, &mut draft);
    }
    Ok(draft)
}

/// The call that sends a request to an address that has a name, its statement, and the address.
fn find_sent_request<'a>(case: &'a Case<'_>) -> Option<(&'a Expr, &'a Statement, &'a Expr)> {
    let all = find_calls(case, &|callee, arguments| {
        let name = dotted_text(callee).unwrap_or_default();
        let client = name.split('.').next().unwrap_or("");
        let sends = matches!(
            last_part(&name),
            "get" | "post" | "put" | "head" | "request" | "urlopen" | "delete" | "patch" | "stream"
        );
        // The same method names exist on dictionaries and caches, so that the client must be a known one.
        let known = matches!(client, "requests" | "httpx" | "urllib" | "session" | "client" | "urlopen");
        sends
            && known
            && arguments.iter().any(|argument| {
                matches!(&*argument.value.kind, ExprKind::Name(_) | ExprKind::Member(..) | ExprKind::Index(..))
            })
    });

    all.into_iter().find_map(|(call, statement)| {
        let (callee, arguments) = call.call()?;
        let is_method = dotted_text(callee).is_some_and(|name| last_part(&name) == "request");
        let url =
            argument_named(arguments, "url").or_else(|| crate::ir::argument_at(arguments, usize::from(is_method)))?;
        Some((call, statement, url))
    })
}

fn add_address_check(case: &Case<'_>, draft: &mut FixDraft) {
    let address = bring_name(case, draft, "ipaddress", "ip_address");
    let look_up = bring_name(case, draft, "socket", "getaddrinfo");
    let split = bring_name(case, draft, "urllib.parse", "urlsplit");
    let unit = case.style.unit();
    let quoted = |text: &str| case.style.quoted(text);
    let lines = [
        format!("def {HELPER}(url):"),
        format!("{unit}try:"),
        format!("{unit}{unit}parts = {split}(url)"),
        format!("{unit}{unit}found = {look_up}(parts.hostname, parts.port or 443)"),
        // A host that cannot be looked up is refused: an error must not let the request through.
        format!("{unit}except (OSError, ValueError):"),
        format!("{unit}{unit}return False"),
        format!(
            // Every address counts, since a name may have a public one beside a private one.
            "{unit}return parts.scheme in ({}, {}) and all({address}(entry[4][0]).is_global for entry in found)",
            quoted("http"),
            quoted("https")
        ),
        String::new(),
        String::new(),
    ];
    let top = line_start(&case.module.text, case.function().outer_span.start);

    draft.insert(&case.module.path, top, case.style.lines("", &lines));
}
