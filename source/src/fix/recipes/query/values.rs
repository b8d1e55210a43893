//! How the values of a query are handed over, and by which marks the query names them.

use super::found::FoundQuery;
use crate::fix::draft::{Case, FixDraft};
use crate::fix::imports::imported_at;
use crate::fix::loads::find_call_on;
use crate::ir::{Expr, ExprKind, Span, dotted_text, last_part, literal_text, walk_statements};
use crate::lang::Language;
use crate::routes::FrameworkName;
use crate::words::simplify_name;

/// The marks of a query.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PlaceholderSign {
    /// `?`
    Question,
    /// `%s`
    Percent,
    /// `$1`
    Number,
    /// `:name`
    Name,
}

/// Where the values stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ValuePlace {
    /// `execute(query, (one, two))`
    Tuple,
    /// `query(text, [one, two])`
    List,
    /// `rows(query, one, two)`
    Plain,
    /// `execute(text(query), {"one": one})`
    Record,
    /// `query(text, { replacements: [one, two] })`
    Replacements,
    /// `prepare(query).all(one, two)`: in the call that follows.
    Following(Span),
}

/// How values are handed over.
pub(super) struct ValueForm {
    sign: PlaceholderSign,
    place: ValuePlace,
    /// Whether nothing in the project says which marks its database has.
    pub is_guessed: bool,
}

impl ValueForm {
    /// Reads how this call takes values. `None` where it has some already, or takes none.
    pub(super) fn of(case: &Case<'_>, found: &FoundQuery<'_>) -> Option<ValueForm> {
        if case.module.language == Language::Java {
            return of_java(found);
        }

        // Further arguments mean that some values are parameters already, and the places would have to be merged.
        if found.arguments.len() > 1 {
            return None;
        }

        if case.style_is_python() {
            let sign = python_sign(case);
            return Some(if found.is_wrapped {
                ValueForm { sign: PlaceholderSign::Name, place: ValuePlace::Record, is_guessed: false }
            } else {
                let place = if takes_plain(case, found) { ValuePlace::Plain } else { ValuePlace::Tuple };
                ValueForm { sign, place, is_guessed: false }
            });
        }

        of_javascript(case, found)
    }

    /// Returns the mark of a value.
    pub(super) fn mark(&self, number: usize, name: &str) -> String {
        match self.sign {
            PlaceholderSign::Question => "?".to_owned(),
            PlaceholderSign::Percent => "%s".to_owned(),
            PlaceholderSign::Number => format!("${number}"),
            PlaceholderSign::Name => format!(":{name}"),
        }
    }

    /// Returns the name of a value among others, where marks have names.
    pub(super) fn name_of(&self, value: &Expr, others: &[(String, String)]) -> String {
        let own = match &*value.kind {
            ExprKind::Name(name) | ExprKind::Member(_, name) => name.clone(),
            ExprKind::Index(_, key) => literal_text(key).unwrap_or("value").to_owned(),
            _ => "value".to_owned(),
        };

        let is_plain = own.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        let own = if is_plain { own } else { "value".to_owned() };
        let is_free = |name: &String| others.iter().all(|(known, _)| known != name);
        let numbered = (2..).map(|number| format!("{own}_{number}"));
        std::iter::once(own.clone()).chain(numbered).take(100).find(is_free).unwrap_or(own)
    }

    /// Writes a text with the sign that marks begin with written twice where it is none.
    pub(super) fn plain_text(&self, text: &str) -> String {
        if self.sign == PlaceholderSign::Percent { text.replace('%', "%%") } else { text.to_owned() }
    }

    /// Turns back what [`Self::plain_text`] does.
    pub(super) fn written_text(&self, text: &str) -> String {
        if self.sign == PlaceholderSign::Percent { text.replace("%%", "%") } else { text.to_owned() }
    }

    /// Hands the values over in the call of a query.
    pub(super) fn add_values(
        &self,
        case: &Case<'_>,
        draft: &mut FixDraft,
        found: &FoundQuery<'_>,
        values: &[(String, String)],
    ) {
        let all = values.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", ");
        let entry = |(name, value): &(String, String)| format!("{}: {value}", case.style.quoted(name));
        let made = match self.place {
            ValuePlace::Plain | ValuePlace::Following(_) => all,
            ValuePlace::Tuple if values.len() == 1 => format!("({all},)"),
            ValuePlace::Tuple => format!("({all})"),
            ValuePlace::List => format!("[{all}]"),
            ValuePlace::Record => format!("{{{}}}", values.iter().map(entry).collect::<Vec<_>>().join(", ")),
            ValuePlace::Replacements => format!("{{ replacements: [{all}] }}"),
        };

        match (self.place, found.arguments.last()) {
            (ValuePlace::Following(call), _) => draft.insert(&case.module.path, call.end - 1, made),
            // Directly behind the text, so that the replacement of the text does not overlap it.
            (_, Some(last)) => draft.insert(&case.module.path, last.span.end, format!(", {made}")),
            _ => {}
        }
    }
}

fn python_sign(case: &Case<'_>) -> PlaceholderSign {
    // Django has one mark, whatever its database has.
    if case.entry.framework == FrameworkName::Django {
        return PlaceholderSign::Percent;
    }
    let percent = ["psycopg", "psycopg2", "pymysql", "MySQLdb", "mysql", "flask_mysqldb"];
    let imported = percent.iter().any(|name| imported_at(case.project, name).is_some());
    if imported { PlaceholderSign::Percent } else { PlaceholderSign::Question }
}

/// `JdbcTemplate` takes values behind everything else.
fn of_java(found: &FoundQuery<'_>) -> Option<ValueForm> {
    let (callee, _) = found.call.call()?;
    let ExprKind::Member(object, _) = &*callee.kind else { return None };
    let is_template = dotted_text(object).is_some_and(|name| simplify_name(&name).contains("jdbc"));
    let takes_values = found.method.starts_with("query") || found.method == "update";
    (is_template && takes_values).then_some(ValueForm {
        sign: PlaceholderSign::Question,
        place: ValuePlace::Plain,
        is_guessed: false,
    })
}

fn of_javascript(case: &Case<'_>, found: &FoundQuery<'_>) -> Option<ValueForm> {
    let (callee, _) = found.call.call()?;
    let object = match &*callee.kind {
        ExprKind::Member(object, _) => dotted_text(object).unwrap_or_default(),
        _ => String::new(),
    };
    let has = |names: &[&str]| names.iter().any(|name| has_package(case, name));
    let of_questions = has(&["better-sqlite3", "knex", "mariadb", "mysql", "mysql2", "sqlite", "sqlite3"]);
    let question = ValueForm { sign: PlaceholderSign::Question, place: ValuePlace::List, is_guessed: false };

    match found.method.as_str() {
        "prepare" => {
            let next = following_call(case, found.call)?;
            Some(ValueForm { place: ValuePlace::Following(next), ..question })
        }

        "$queryRawUnsafe" | "$executeRawUnsafe" => {
            let sign = if of_questions { PlaceholderSign::Question } else { PlaceholderSign::Number };
            Some(ValueForm { sign, place: ValuePlace::Plain, is_guessed: false })
        }

        "raw" => Some(question),
        "query" if simplify_name(last_part(&object)).contains("sequelize") => {
            Some(ValueForm { place: ValuePlace::Replacements, ..question })
        }

        _ => {
            let sign = if of_questions { PlaceholderSign::Question } else { PlaceholderSign::Number };
            let place = if takes_plain(case, found) { ValuePlace::Plain } else { ValuePlace::List };
            Some(ValueForm { sign, place, is_guessed: !of_questions && !has(&["pg", "pg-promise", "postgres"]) })
        }
    }
}

/// The call on what `prepare` gives, where it has no values yet.
fn following_call(case: &Case<'_>, prepare: &Expr) -> Option<Span> {
    let next = find_call_on(case, prepare)?;
    next.call().is_some_and(|(_, arguments)| arguments.is_empty()).then_some(next.span)
}

/// Whether a package is imported somewhere, or stands in a manifest.
fn has_package(case: &Case<'_>, name: &str) -> bool {
    let is_it = |module: &str| module == name || module.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
    let imported =
        case.project.modules.iter().any(|module| module.imports.values().any(|import| is_it(&import.module)));
    let manifests = case.project.tree.files.iter().filter(|file| file.path.ends_with("package.json"));
    imported || manifests.into_iter().any(|file| file.text.contains(&format!("\"{name}\":")))
}

/// Whether another call of the same function shows that it takes the values one by one and not as one list.
fn takes_plain(case: &Case<'_>, found: &FoundQuery<'_>) -> bool {
    let mut plain = false;
    for module in &case.project.modules {
        walk_statements(&module.statements, &mut |_| {}, &mut |expr| {
            let Some((callee, arguments)) = expr.call() else { return };
            let same = match &*callee.kind {
                ExprKind::Member(_, name) => *name == found.method,
                _ => dotted_text(callee).is_some_and(|name| last_part(&name) == found.method),
            };

            if same
                && let Some(second) = arguments.get(1)
                && crate::fix::callers::sql_of(module, arguments).is_some()
            {
                plain |= !matches!(&*second.value.kind, ExprKind::List(_) | ExprKind::Record(_));
            }
        });
    }
    plain
}
