//! A token is believed only when its signature, its algorithm and its expiry are proved.

use crate::fix::draft::{Case, FixDraft};
use crate::fix::identity::each_statement;
use crate::fix::imports::transplant_expression;
use crate::fix::proposal::{FixRefusal, Idiom, RefusalReason};
use crate::fix::reach::reached_functions;
use crate::fix::style::CodeStyle;
use crate::ir::{
    Argument, Expr, ExprKind, RecordEntry, Span, Spread, Statement, StatementKind, argument_at, argument_named,
    dotted_text, literal_text,
};
use crate::lang::Language;
use crate::project::{FunctionRef, Module, ModuleId, Resolved};

/// Makes the change.
pub(super) fn verify_token(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    let all = find_decodes(case);
    let project = decodes_of_project(case);
    let flawed: Vec<&Decode> = all.iter().filter(|decode| decode.is_flawed()).collect();
    let loose: Vec<&Decode> = all.iter().filter(|decode| !decode.proves_expiry(case)).collect();
    // Calls with a flaw come first: a missing expiry matters little where the signature is not proved.
    let chosen = if flawed.is_empty() { loose } else { flawed };

    if all.is_empty() {
        return Err(FixRefusal::new(
            RefusalReason::NotLocated,
            format!("nothing that {} runs through decodes a token in a way that is known", case.route()),
            "find where the token is decoded, and pin algorithm, expiry, issuer and audience there",
        ));
    }

    if chosen.is_empty() {
        return Err(case.nothing_to_do(
            "signature, algorithm and expiry are proved; a weak key is not a matter of code: set one of at least 32 random bytes from the environment",
        ));
    }
    let mut draft =
        FixDraft::new("a token is believed only when its signature, its algorithm and its expiry are proved");
    for decode in chosen {
        // A branch that the token's header chooses goes as a whole; mending it would leave two ways to prove a
        // token.
        if !drop_branch(case, &mut draft, decode) {
            mend_decode(case, &mut draft, decode, &project)?;
        }
    }
    let library = if case.style_is_python() { "jwt" } else { "jsonwebtoken" };
    if draft.idiom == Idiom::Framework
        && let Some((module, span)) = crate::fix::imports::imported_at(case.project, library)
    {
        let name = if case.style_is_python() { "PyJWT" } else { library };
        draft.idiom = Idiom::Library { name: name.to_owned(), place: case.place(module, span) };
    }
    Ok(draft)
}

/// One call that decodes a token.
struct Decode {
    module: ModuleId,
    function: Option<FunctionRef>,
    call: Expr,
    /// `jwt.decode` of JavaScript proves nothing at all.
    is_blind: bool,
    is_python: bool,
}

impl Decode {
    fn arguments(&self) -> &[Argument] {
        self.call.call().map(|(_, arguments)| arguments).unwrap_or_default()
    }

    fn key(&self) -> Option<&Expr> {
        // The second argument of a blind decode holds options and no key.
        argument_named(self.arguments(), "key").or_else(|| argument_at(self.arguments(), 1)).filter(|_| !self.is_blind)
    }

    fn options(&self) -> Option<&Expr> {
        argument_named(self.arguments(), "options")
            .or_else(|| argument_at(self.arguments(), if self.is_python { 3 } else { 2 }))
    }

    fn algorithms(&self) -> Option<&Expr> {
        if self.is_python {
            return argument_named(self.arguments(), "algorithms").or_else(|| argument_at(self.arguments(), 2));
        }
        self.option("algorithms").map(|entry| &entry.value)
    }

    fn option(&self, name: &str) -> Option<&RecordEntry> {
        let ExprKind::Record(entries) = &*self.options()?.kind else { return None };
        entries
            .iter()
            .find(|entry| entry.key.as_ref().is_some_and(|key| literal_text(key).or_else(|| key.name()) == Some(name)))
    }

    fn turns_off(&self, name: &str) -> bool {
        self.option(name).is_some_and(|entry| is_constant(&entry.value, "False"))
            || argument_named(self.arguments(), "verify").is_some_and(|value| is_constant(value, "False"))
                && name == "verify_signature"
    }

    /// Something that must be proved is not, or is turned off.
    fn is_flawed(&self) -> bool {
        let none = self.algorithms().is_some_and(|list| has_text(list, "none"));
        if !self.is_python {
            let ignores = self.option("ignoreExpiration").is_some_and(|entry| is_constant(&entry.value, "true"));
            return self.is_blind || ignores || none;
        }
        none || ["verify_signature", "verify_exp", "verify_iss", "verify_aud"].iter().any(|name| self.turns_off(name))
    }

    fn proves_expiry(&self, _case: &Case<'_>) -> bool {
        if !self.is_python {
            // jsonwebtoken proves the expiry by default, so that only the algorithms are missing.
            return self.algorithms().is_some();
        }
        // PyJWT checks `exp` only where the token has it; `require` refuses a token without one.
        let requires = self.option("require").is_some_and(|entry| has_text(&entry.value, "exp"));
        requires && self.algorithms().is_some()
    }
}

fn is_constant(value: &Expr, wanted: &str) -> bool {
    matches!(&*value.kind, ExprKind::Constant(written) if written == wanted)
}

fn has_text(list: &Expr, wanted: &str) -> bool {
    match &*list.kind {
        ExprKind::List(items) => {
            items.iter().any(|item| literal_text(item).is_some_and(|text| text.eq_ignore_ascii_case(wanted)))
        }
        _ => literal_text(list).is_some_and(|text| text.eq_ignore_ascii_case(wanted)),
    }
}

/// The decodes that a handler runs through.
fn find_decodes(case: &Case<'_>) -> Vec<Decode> {
    let mut found: Vec<Decode> = Vec::new();
    for function in reached_functions(case) {
        let Some(module) = case.project.module(function.module) else { continue };
        let mut calls = Vec::new();
        crate::ir::walk_statements(&function.function.body, &mut |_| {}, &mut |expr| {
            calls.extend(read_decode(case, module, expr))
        });
        for mut decode in calls {
            decode.function = Some(function.clone());
            found.push(decode);
        }
    }

    // The handler's own come first: they are what the finding is about.
    let own = case.function().outer_span;
    if found
        .iter()
        .any(|decode| decode.is_flawed() && decode.module == case.handler.module && own.covers(&decode.call.span))
    {
        found.retain(|decode| decode.module == case.handler.module && own.covers(&decode.call.span));
    }
    found
}

fn decodes_of_project(case: &Case<'_>) -> Vec<Decode> {
    let mut found = Vec::new();
    for module in &case.project.modules {
        crate::ir::walk_statements(&module.statements, &mut |_| {}, &mut |expr| {
            found.extend(read_decode(case, module, expr))
        });
    }
    found
}

fn read_decode(case: &Case<'_>, module: &Module, expr: &Expr) -> Option<Decode> {
    let ExprKind::Call { callee, arguments, .. } = &*expr.kind else { return None };
    let name = case.project.full_name(module.id, &dotted_text(callee)?);
    let is_python = module.language == Language::Python;
    let (known, is_blind) = match (is_python, name.as_str()) {
        (true, "jwt.decode" | "jose.jwt.decode") => (true, false),
        (false, name) if name.ends_with("jsonwebtoken.verify") || name.ends_with("jwt.verify") => (true, false),
        (false, name) if name.ends_with("jsonwebtoken.decode") || name.ends_with("jwt.decode") => (true, true),
        _ => (false, false),
    };

    let has_token = !arguments.is_empty();
    (known && has_token).then(|| Decode { module: module.id, function: None, call: expr.clone(), is_blind, is_python })
}

/// `if the header says none: decode without proof, else: the proper way` leaves the proper way alone.
fn drop_branch(case: &Case<'_>, draft: &mut FixDraft, decode: &Decode) -> bool {
    let (Some(function), Some(module)) = (&decode.function, case.project.module(decode.module)) else { return false };
    let mut found: Option<(&Statement, &[Statement])> = None;
    each_statement(&function.function.body, &mut |statement| {
        if let StatementKind::If { test, body, otherwise } = &statement.kind
            && test.span.text(&module.text).contains("unverified_header")
            && body.iter().any(|inner| inner.span.covers(&decode.call.span))
            && !otherwise.is_empty()
        {
            found = Some((statement, otherwise));
        }
    });

    let Some((statement, kept)) = found else { return false };
    let Some(text) = crate::fix::switch::block_text(&module.text, statement, kept) else { return false };
    draft.replace(&module.path, statement.span, text);
    "the token's own header no longer decides how it is proved".clone_into(&mut draft.why);

    true
}

fn mend_decode(case: &Case<'_>, draft: &mut FixDraft, decode: &Decode, project: &[Decode]) -> Result<(), FixRefusal> {
    let module = case.project.module(decode.module).ok_or_else(|| no_key(case))?;
    let style = CodeStyle::of(&module.text, module.language);
    let good: Vec<&Decode> = project
        .iter()
        .filter(|other| !other.is_flawed() && other.key().is_some() && other.is_python == decode.is_python)
        .collect();
    if decode.is_python {
        mend_python(case, draft, decode, (module, style), (&good, project))
    } else {
        mend_javascript(case, draft, decode, (module, style), project)
    }
}

fn no_key(case: &Case<'_>) -> FixRefusal {
    FixRefusal::new(
        RefusalReason::MissingFact,
        format!("no key is used anywhere that the tokens of {} could be proved with", case.route()),
        "say where the key comes from, and pass it to the call that decodes",
    )
}

fn mend_python(
    case: &Case<'_>,
    draft: &mut FixDraft,
    decode: &Decode,
    (module, style): (&Module, CodeStyle),
    (good, project): (&[&Decode], &[Decode]),
) -> Result<(), FixRefusal> {
    let arguments = decode.arguments();
    let token = arguments.first().ok_or_else(|| no_key(case))?;

    // Where another call proves, its key and its options are the project's own way.
    let nearest = good.iter().find(|other| other.module == decode.module).or(good.first()).copied();
    let mut behind = String::new();

    if decode.key().is_none() {
        let with_key =
            nearest.or_else(|| project.iter().find(|other| other.key().is_some())).ok_or_else(|| no_key(case))?;
        let key = with_key.key().ok_or_else(|| no_key(case))?;
        let here = Case { module, handler: handler_in(case, decode), ..case.clone() };
        behind =
            format!(", {}", transplant_expression(&here, draft, with_key.module, key).ok_or_else(|| no_key(case))?);
        draft.follow(
            case.place(with_key.module, with_key.call.span),
            case.project.text(with_key.module, with_key.call.span),
        );
    }

    if decode.algorithms().is_none_or(|list| has_text(list, "none")) {
        let list = choose_algorithms(case, good, project, style).ok_or_else(|| {
            FixRefusal::new(
                RefusalReason::MissingFact,
                "which algorithm the tokens are signed with is not known",
                "say which (`algorithms`), such as RS256",
            )
        })?;

        match decode.algorithms() {
            Some(old) => draft.replace(&module.path, old.span, list),
            None => behind.push_str(&format!(", algorithms={list}")),
        }
    }

    let anchor = decode.key().map_or(token.span.end, |key| key.span.end);
    if !behind.is_empty() {
        draft.insert(&module.path, anchor, behind);
    }
    options_python(case, draft, decode, (module, style), nearest);
    Ok(())
}

/// The handler's file for names is the one in which the token is decoded.
fn handler_in(case: &Case<'_>, decode: &Decode) -> FunctionRef {
    decode.function.clone().unwrap_or_else(|| case.handler.clone())
}

fn choose_algorithms(case: &Case<'_>, good: &[&Decode], project: &[Decode], style: CodeStyle) -> Option<String> {
    // What the scan saw of real tokens is surer than what the code says.
    if !case.facts.algorithms.is_empty() {
        let quoted: Vec<String> = case.facts.algorithms.iter().map(|name| style.quoted(name)).collect();
        return Some(format!("[{}]", quoted.join(", ")));
    }
    let known = |decode: &Decode| {
        let list = decode.algorithms().filter(|list| !has_text(list, "none"))?;
        Some(case.project.text(decode.module, list.span).to_owned())
    };
    let of_decodes = good.iter().find_map(|decode| known(decode)).or_else(|| project.iter().find_map(known));
    of_decodes
        .filter(|text| text.starts_with('['))
        .or_else(|| signed_with(case).map(|name| format!("[{}]", style.quoted(&name))))
}

/// The algorithm that the project signs with: `jwt.encode(claims, key, algorithm="HS256")`. `None` where a call says it
/// in a way that is not read.
fn signed_with(case: &Case<'_>) -> Option<String> {
    let mut found: Vec<Option<String>> = Vec::new();
    for module in &case.project.modules {
        crate::ir::walk_statements(&module.statements, &mut |_| {}, &mut |expr| {
            let Some((callee, arguments)) = expr.call() else { return };
            let name = dotted_text(callee).unwrap_or_default();

            if name.ends_with("jwt.encode") || name.ends_with("jwt.sign") {
                found.push(algorithm_of(case, module.id, arguments));
            }
        });
    }
    // One call that is not read may be the one that makes the tokens of this route.
    let all: Option<Vec<String>> = found.into_iter().collect();
    all?.into_iter().next()
}

/// The algorithm that a call signs with.
fn algorithm_of(case: &Case<'_>, module: ModuleId, arguments: &[Argument]) -> Option<String> {
    // The default of PyJWT and jsonwebtoken.
    let default = || Some("HS256".to_owned());
    if arguments.iter().any(|argument| argument.spread != Spread::One) {
        return None;
    }
    let value = match argument_named(arguments, "algorithm").or_else(|| argument_at(arguments, 2)) {
        None => return default(),
        Some(value) => value,
    };
    let resolved = match case.project.resolve_expr(module, value) {
        Some(Resolved::Value(_, _, value)) => value,
        _ => value.clone(),
    };
    // The options of jsonwebtoken: `{ algorithm: 'RS256' }`.
    let ExprKind::Record(entries) = &*resolved.kind else { return case.project.constant(module, value) };
    let named = |entry: &&RecordEntry| {
        entry.key.as_ref().is_some_and(|key| literal_text(key).or_else(|| key.name()) == Some("algorithm"))
    };

    match entries.iter().find(named) {
        Some(entry) => case.project.constant(module, &entry.value),
        // What is spread into the options may name one.
        None => {
            if entries.iter().all(|entry| entry.key.is_some()) {
                default()
            } else {
                None
            }
        }
    }
}

/// Takes away what turns a proof off, and asks for the expiry.
fn options_python(
    case: &Case<'_>,
    draft: &mut FixDraft,
    decode: &Decode,
    (module, style): (&Module, CodeStyle),
    nearest: Option<&Decode>,
) {
    let mut entries: Vec<String> = Vec::new();
    let text = |span: Span| span.text(&module.text).to_owned();
    let required = nearest
        .and_then(|other| other.option("require").map(|entry| case.project.text(other.module, entry.value.span)));
    let mut asks = false;
    if let Some(options) = decode.options()
        && let ExprKind::Record(all) = &*options.kind
    {
        for entry in all {
            let name = entry.key.as_ref().and_then(literal_text).unwrap_or_default();
            // What is on is the default; what is off is the flaw.
            if name.starts_with("verify_") {
                continue;
            }
            asks |= name == "require";
            let key = entry.key.as_ref().map(|key| text(key.span)).unwrap_or_default();
            entries.push(format!("{key}: {}", text(entry.value.span)));
        }
    }

    if !asks {
        // A token must carry what is asked of it, else leaving the claim out would pass the check.
        let mut wanted = vec!["exp"];
        wanted.extend(case.facts.issuer.as_ref().map(|_| "iss"));
        wanted.extend(case.facts.audience.as_ref().map(|_| "aud"));
        let own: Vec<String> = wanted.iter().map(|name| style.quoted(name)).collect();
        let list = required.map_or_else(|| format!("[{}]", own.join(", ")), str::to_owned);
        entries.push(format!("{}: {list}", style.quoted("require")));
    }

    let made = format!("{{{}}}", entries.join(", "));
    match decode.options() {
        Some(options) => draft.replace(&module.path, options.span, made),
        None => {
            if let Some(last) = decode.arguments().last() {
                draft.insert(&module.path, last.span.end, format!(", options={made}"));
            }
        }
    }

    for (name, value) in [("issuer", &case.facts.issuer), ("audience", &case.facts.audience)] {
        if let (Some(value), None, Some(last)) =
            (value, argument_named(decode.arguments(), name), decode.arguments().last())
        {
            draft.insert(&module.path, last.span.end, format!(", {name}={}", style.quoted(value)));
        }
    }
}

fn mend_javascript(
    case: &Case<'_>,
    draft: &mut FixDraft,
    decode: &Decode,
    (module, style): (&Module, CodeStyle),
    project: &[Decode],
) -> Result<(), FixRefusal> {
    let list = choose_algorithms(case, &[], project, style).ok_or_else(|| {
        FixRefusal::new(
            RefusalReason::MissingFact,
            "which algorithm the tokens are signed with is not known",
            "say which (`algorithms`)",
        )
    })?;

    let (callee, arguments) = decode.call.call().ok_or_else(|| no_key(case))?;
    if decode.is_blind {
        let with_key = project.iter().find(|other| other.key().is_some()).ok_or_else(|| no_key(case))?;
        let key = with_key.key().ok_or_else(|| no_key(case))?;
        let here = Case { module, handler: handler_in(case, decode), ..case.clone() };
        let key = transplant_expression(&here, draft, with_key.module, key).ok_or_else(|| no_key(case))?;
        let token = arguments.first().map(|first| first.span.text(&module.text)).unwrap_or_default();
        let object = match &*callee.kind {
            ExprKind::Member(object, _) => object.span.text(&module.text),
            _ => return Err(no_key(case)),
        };
        draft.replace(
            &module.path,
            decode.call.span,
            format!("{object}.verify({token}, {key}, {{ algorithms: {list} }})"),
        );
        return Ok(());
    }

    match decode.options() {
        Some(options) => {
            let ExprKind::Record(entries) = &*options.kind else { return Err(no_key(case)) };
            let kept: Vec<String> = entries
                .iter()
                .filter(|entry| {
                    let name =
                        entry.key.as_ref().and_then(|key| literal_text(key).or_else(|| key.name())).unwrap_or_default();
                    name != "ignoreExpiration" && name != "algorithms"
                })
                .map(|entry| {
                    let key = entry.key.as_ref().map(|key| key.span.text(&module.text)).unwrap_or_default();
                    format!("{key}: {}", entry.value.span.text(&module.text))
                })
                .chain(Some(format!("algorithms: {list}")))
                .collect();
            draft.replace(&module.path, options.span, format!("{{ {} }}", kept.join(", ")));
        }
        None => {
            let last = arguments.last().ok_or_else(|| no_key(case))?;
            draft.insert(&module.path, last.span.end, format!(", {{ algorithms: {list} }}"));
        }
    }

    Ok(())
}
