//! How the project itself ties objects to callers: every place where an owner's column is compared with, or given, a part
//! of the caller. A change follows the nearest of them.

use super::holes::find_hole;
use super::sql;
use crate::ir::{Argument, Expr, ExprKind, Span, dotted_text, last_part, walk_statements};
use crate::lang::Language;
use crate::project::{Module, ModuleId, Project};
use crate::words::{ACCOUNTS, CALLERS, OWNER_FIELDS, is_one_of, simplify_name};

/// One place where an object is tied to a caller.
#[derive(Debug, Clone)]
pub(super) struct OwnerUse {
    /// Where.
    pub module: ModuleId,
    /// The whole comparison or call.
    pub span: Span,
    /// The owner's column.
    pub column: String,
    /// The table or model, where it is known.
    pub table: Option<String>,
    /// What holds the caller: `user`, `req.user`, `get_jwt_identity()`.
    pub root: String,
    /// Which part of it is the owner: `["id"]`, `.id`; empty for itself.
    pub part: String,
    /// Whether the object is read by key (`row["owner"]`) rather than by attribute, where an object is compared.
    pub by_key: Option<bool>,
}

/// Finds all such places of a project.
pub(super) fn owner_uses(project: &Project, extra: &[String]) -> Vec<OwnerUse> {
    let mut found = Vec::new();
    for module in &project.modules {
        let finder = Finder { module, extra };
        walk_statements(&module.statements, &mut |_| {}, &mut |expr| finder.see(expr, &mut found));
    }
    found
}

struct Finder<'a> {
    module: &'a Module,
    extra: &'a [String],
}

impl Finder<'_> {
    fn is_owner(&self, name: &str) -> bool {
        is_one_of(name, OWNER_FIELDS) || self.extra.iter().any(|extra| simplify_name(extra) == simplify_name(name))
    }

    fn see(&self, expr: &Expr, found: &mut Vec<OwnerUse>) {
        match &*expr.kind {
            ExprKind::Call { callee, arguments, .. } => self.see_call(expr, callee, arguments, found),
            ExprKind::Compare(parts, operators) => {
                // Only a comparison of two sides ties an object to a caller: a chain such as `a == b == c` leaves
                // open which side is the owner.
                if let ([left, right], [operator]) = (parts.as_slice(), operators.as_slice())
                    && matches!(operator.as_str(), "==" | "!=" | "===" | "!==" | "is" | "is not")
                {
                    let pair = self.compared(expr, left, right).or_else(|| self.compared(expr, right, left));
                    found.extend(pair);
                }
            }
            ExprKind::Record(_) => self.see_record(expr.span, None, expr, found),
            _ => {}
        }
    }

    /// `{ ownerId: req.user.id }`, also below `where`.
    fn see_record(&self, span: Span, table: Option<&str>, record: &Expr, found: &mut Vec<OwnerUse>) {
        let ExprKind::Record(entries) = &*record.kind else { return };
        for entry in entries {
            let key = entry.key.as_ref().and_then(|key| crate::ir::literal_text(key).or_else(|| key.name()));
            if let Some(key) = key.filter(|key| self.is_owner(key)) {
                found.extend(self.made(span, key, table.map(str::to_owned), &entry.value));
            }
            if table.is_some() {
                self.see_record(span, table, &entry.value, found);
            }
        }
    }

    fn see_sql(&self, call: &Expr, read: &sql::Sql, values: &[&Expr], found: &mut Vec<OwnerUse>) {
        if is_one_of(&read.table, ACCOUNTS) {
            return;
        }
        for (column, place) in read.pairs.iter().filter(|(column, _)| self.is_owner(column)) {
            let value = read.value_of(*place, values);
            found.extend(value.and_then(|value| self.made(call.span, column, Some(read.table.clone()), value)));
        }
    }

    fn see_call(&self, call: &Expr, callee: &Expr, arguments: &[Argument], found: &mut Vec<OwnerUse>) {
        if let Some((_, read, values)) = sql_of(self.module, arguments) {
            self.see_sql(call, &read, &values, found);
            return;
        }
        // `prepare("..").get(id)`: the values stand in the call that runs the statement.
        if let ExprKind::Member(object, _) = &*callee.kind
            && let Some((prepare, prepared)) = object.call()
            && matches!(&*prepare.kind, ExprKind::Member(_, name) if name == "prepare")
            && let Some((_, read, _)) = sql_of(self.module, prepared)
        {
            let values: Vec<&Expr> = arguments.iter().map(|argument| &argument.value).collect();
            self.see_sql(call, &read, &values, found);
            return;
        }

        // Looking up the account itself says nothing of what an account owns.
        let table = model_of(callee).or_else(|| collection_of(callee));

        if table.as_deref().is_some_and(|table| is_one_of(table, ACCOUNTS)) {
            return;
        }
        for argument in arguments {
            if let ExprKind::Record(_) = &*argument.value.kind {
                self.see_record(call.span, table.as_deref(), &argument.value, found);
            }
            let Some(column) = argument.name.as_deref() else { continue };

            // `notebook__owner=user` of Django: the owner of what the row is a part of.
            let (first, last) = (column.split("__").next(), column.rsplit("__").next());

            if first.into_iter().chain(last).any(|part| self.is_owner(part)) {
                found.extend(self.made(call.span, column, model_of(callee), &argument.value));
            }
        }
    }

    fn compared(&self, whole: &Expr, field: &Expr, caller: &Expr) -> Option<OwnerUse> {
        let (object, name, by_key) = match &*strip_converters(field).kind {
            ExprKind::Member(object, name) => (object.clone(), name.clone(), false),
            ExprKind::Index(object, key) => (object.clone(), crate::ir::literal_text(key)?.to_owned(), true),
            _ => return None,
        };
        // `user.id == user.id` and `req.user.id` on the left are no objects.
        if !self.is_owner(&name) || caller_of(self.module, field).is_some() {
            return None;
        }
        let table = object.name().filter(|name| name.starts_with(char::is_uppercase)).map(str::to_owned);
        let mut made = self.made(whole.span, &name, table, caller)?;
        made.by_key = Some(by_key);

        Some(made)
    }

    fn made(&self, span: Span, column: &str, table: Option<String>, value: &Expr) -> Option<OwnerUse> {
        let (root, part) = caller_of(self.module, value)?;
        let module = self.module.id;
        Some(OwnerUse { module, span, column: column.to_owned(), table, root, part, by_key: None })
    }
}

/// Returns the statement among the arguments of a call, its reading, and the values that follow it.
pub(super) fn sql_of<'a>(module: &Module, arguments: &'a [Argument]) -> Option<(&'a Expr, sql::Sql, Vec<&'a Expr>)> {
    // The statement need not come first: helpers take a connection or a cursor before it.
    let at = arguments.iter().position(|argument| literal_of(&argument.value).is_some())?;
    let literal = literal_of(&arguments.get(at)?.value)?;
    let holes = match &*literal.kind {
        ExprKind::Template(_, parts) => {
            let hole = |part: &Expr| {
                let hole = find_hole(&module.text, literal.span, part.span)?;
                Some(hole.start - literal.span.start..hole.end - literal.span.start)
            };
            parts.iter().map(hole).collect::<Option<Vec<_>>>()?
        }
        _ => Vec::new(),
    };
    let read = sql::read_template(literal.span.text(&module.text), &holes)?;
    let rest = arguments.get(at + 1..).unwrap_or_default();
    let values = match rest {
        [only] => match &*only.value.kind {
            ExprKind::List(items) => items.iter().collect(),
            ExprKind::Record(entries) => by_name(&read, entries),
            _ => vec![&only.value],
        },
        many => many.iter().map(|argument| &argument.value).collect(),
    };

    Some((literal, read, values))
}

/// The values in the order of the marks that name them.
fn by_name<'a>(read: &sql::Sql, entries: &'a [crate::ir::RecordEntry]) -> Vec<&'a Expr> {
    let value = |mark: &sql::PlaceholderStyle| {
        let name = mark.name()?;
        let entry = entries.iter().find(|entry| entry.key.as_ref().and_then(crate::ir::literal_text) == Some(name))?;
        Some(&entry.value)
    };
    read.marks.iter().filter_map(|(_, mark)| value(mark)).collect()
}

/// The literal that an argument is, also within `text("..")`.
fn literal_of(expr: &Expr) -> Option<&Expr> {
    match &*expr.kind {
        ExprKind::Text(_) | ExprKind::Template(..) => Some(expr),
        ExprKind::Call { callee, arguments, .. }
            if dotted_text(callee).is_some_and(|name| last_part(&name) == "text") =>
        {
            arguments.first().and_then(|argument| literal_of(&argument.value))
        }
        _ => None,
    }
}

/// The model that a chain of calls begins with: `Invoice.query.filter_by`, `Invoice.objects.get`, `query(Invoice)`.
pub(super) fn model_of(callee: &Expr) -> Option<String> {
    let is_model = |name: &str| name.starts_with(char::is_uppercase).then(|| name.to_owned());
    match &*callee.kind {
        ExprKind::Name(name) => is_model(name),
        ExprKind::Member(object, _) => model_of(object),
        ExprKind::Call { callee: inner, arguments, .. } => {
            let of_argument = arguments
                .first()
                .and_then(|first| dotted_text(&first.value))
                .and_then(|name| name.split('.').next().and_then(is_model));
            of_argument.or_else(|| model_of(inner))
        }
        ExprKind::Await(inner) => model_of(inner),
        _ => None,
    }
}

/// `prisma.note.findUnique`: the note.
pub(super) fn collection_of(callee: &Expr) -> Option<String> {
    let name = dotted_text(callee)?;
    let mut parts = name.rsplit('.').skip(1);
    parts.next().map(str::to_owned)
}

/// Returns whether two names are of one table: `Note`, `note`, `notes`.
pub(super) fn is_same_table(one: &str, other: &str) -> bool {
    let plain_name = |name: &str| simplify_name(name).trim_end_matches('s').to_owned();
    plain_name(one) == plain_name(other)
}

/// Takes away what only converts: `str(x)`, `int(x)`, `Number(x)`.
pub(super) fn strip_converters(expr: &Expr) -> &Expr {
    const CONVERTERS: [&str; 10] =
        ["BigInt", "Number", "ObjectId", "String", "UUID", "int", "parseInt", "str", "uuid.UUID", "toString"];
    match &*expr.kind {
        ExprKind::Call { callee, arguments, .. } => {
            let name = dotted_text(callee).unwrap_or_default();
            match arguments.first() {
                Some(first) if CONVERTERS.contains(&name.as_str()) => strip_converters(&first.value),
                _ => expr,
            }
        }
        _ => expr,
    }
}

/// Returns what holds the caller and which part of it an expression is, where it is a part of the caller.
pub(super) fn caller_of(module: &Module, expr: &Expr) -> Option<(String, String)> {
    let expr = strip_converters(expr);
    let root = root_of(expr)?;
    // Optional chaining does not change who is meant, and the change compares the texts of two uses.
    let part = module.text.get(root.span.end..expr.span.end)?.replace("?.", ".");
    Some((root.span.text(&module.text).replace("?.", "."), part))
}

fn root_of(expr: &Expr) -> Option<&Expr> {
    match &*expr.kind {
        ExprKind::Name(name) => is_one_of(name, CALLERS).then_some(expr),
        ExprKind::Member(object, name) => {
            let below = root_of(object);
            below.or_else(|| (is_request(object) && is_one_of(name, CALLERS)).then_some(expr))
        }
        ExprKind::Index(object, key) => {
            let key = crate::ir::literal_text(key).unwrap_or_default();
            root_of(object).or_else(|| (is_request(object) && is_one_of(key, CALLERS)).then_some(expr))
        }
        ExprKind::Call { callee, arguments, .. } => {
            let name = dotted_text(callee)?;
            let plain_name = simplify_name(last_part(&name));

            // `session.get("user_id")`, `c.get("user")`, `get_jwt_identity()`
            if last_part(&name) == "get" {
                let key = arguments.first().and_then(|first| crate::ir::literal_text(&first.value)).unwrap_or_default();
                let ExprKind::Member(object, _) = &*callee.kind else { return None };
                return (is_request(object) && is_one_of(key, CALLERS)).then_some(expr).or_else(|| root_of(object));
            }
            // A call with arguments may look up any account; without arguments it can only be the one that calls.
            (arguments.is_empty() && names_a_caller(&plain_name)).then_some(expr)
        }
        ExprKind::Await(inner) => root_of(inner),
        _ => None,
    }
}

/// Returns whether a function's name says that it gives the caller; the name without case and `_`.
pub(super) fn names_a_caller(plain_name: &str) -> bool {
    const BEFORE: [&str; 9] = ["get", "require", "required", "load", "need", "fetch", "must", "ensure", "the"];
    let rest = BEFORE.iter().find_map(|word| plain_name.strip_prefix(word)).unwrap_or(plain_name);
    CALLERS.contains(&rest)
        || rest == "jwtidentity"
        || ["currentuser", "currentaccount", "signedinuser", "loggedinuser", "authenticateduser", "browseruser"]
            .iter()
            .any(|word| rest.contains(word))
}

/// Whether an expression is the request, its context or its session.
fn is_request(expr: &Expr) -> bool {
    const REQUESTS: [&str; 12] =
        ["c", "context", "ctx", "g", "locals", "req", "request", "res", "self", "session", "state", "this"];
    dotted_text(expr).is_some_and(|name| name.split('.').all(|part| REQUESTS.contains(&part)))
}

/// Returns whether the file is one of a language with attributes and keys apart (Python).
pub(super) fn has_keys_apart(module: &Module) -> bool {
    module.language == Language::Python
}
