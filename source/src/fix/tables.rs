//! The columns of tables and models, as `CREATE TABLE` texts and the classes of the project say.

use std::collections::BTreeMap;

use crate::ir::{Expr, StatementKind, dotted_text, last_part, walk_expr, walk_statements};
use crate::project::{ClassRef, Definition, Project};
use crate::words::{ACCOUNTS, OWNER_FIELDS, has_word, is_one_of};

/// A column of a table, a field of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Its name.
    pub name: String,
    /// The table or model that it refers to.
    pub refers_to: Option<String>,
    /// Whether it is the key.
    pub is_key: bool,
    /// Whether a row goes when that which it refers to goes: it is a part of it.
    pub is_part: bool,
}

/// Tables and models by name; the name of a table in small letters, of a model as written.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    by_name: BTreeMap<String, Vec<Column>>,
    /// The model of the accounts, where the settings of Django name it.
    account: Option<String>,
}

/// What an account did to a row that is another one's.
const PASSING_HANDS: [&str; 16] = [
    "approved",
    "archived",
    "assigned",
    "changed",
    "closed",
    "completed",
    "deleted",
    "edited",
    "handled",
    "invited",
    "last",
    "locked",
    "modified",
    "resolved",
    "reviewed",
    "updated",
];

/// Longer ways from a row to its owner are not looked at.
const MOST_REFERENCES: usize = 3;

impl Tables {
    /// Reads them from the project.
    pub(super) fn of(project: &Project) -> Tables {
        let mut tables = Tables::default();
        for module in &project.modules {
            tables.read_texts(&module.text);
            if let Some(Definition::Value(value)) = module.definitions.get("AUTH_USER_MODEL") {
                tables.account = crate::ir::literal_text(value).map(|name| last_part(name).to_owned());
            }
            walk_statements(
                &module.statements,
                &mut |statement| {
                    if let StatementKind::Class(class) = &statement.kind {
                        let columns = columns_of(project, &ClassRef { module: module.id, class: class.clone() });
                        if !columns.is_empty() {
                            tables.by_name.insert(class.name.clone(), columns);
                        }
                    }
                },
                &mut |_| {},
            );
        }

        tables
    }

    /// Returns the columns of a table or model.
    pub(super) fn columns(&self, name: &str) -> Option<&[Column]> {
        // Tables of SQL know no case; models are written as in the code.
        let known = self.by_name.get(name).or_else(|| self.by_name.get(&name.to_ascii_lowercase()));
        known.map(Vec::as_slice)
    }

    /// Returns the columns that name an owner, the plainest first: those that refer to accounts, those with a usual name.
    pub(super) fn owner_columns(&self, name: &str) -> Vec<&Column> {
        let columns = self.columns(name).unwrap_or_default();
        let refers = |column: &&Column| column.refers_to.as_deref().is_some_and(|to| self.is_account(to));
        let named = |column: &&Column| is_one_of(&column.name, OWNER_FIELDS) && !column.is_key;

        // Who changed or approved it last is not whose it is.
        let loose = |column: &&Column| !has_word(&column.name, &PASSING_HANDS);
        let first = columns.iter().filter(|column| refers(column) && named(column));
        let second = columns.iter().filter(|column| !refers(column) && named(column));
        let third = columns.iter().filter(|column| refers(column) && !named(column) && loose(column));

        first.chain(second).chain(third).collect()
    }

    /// Returns whether a table or model is the one of the accounts.
    pub(super) fn is_account(&self, name: &str) -> bool {
        is_one_of(name, ACCOUNTS) || self.account.as_deref() == Some(name)
    }

    /// Returns whether the caller of a request is a row of this model: not whether it is a profile beside the account.
    pub(super) fn is_caller(&self, name: &str) -> bool {
        // A reference to `AUTH_USER_MODEL` is kept under the name `User`, whatever the account is called.
        self.account.as_deref().map_or_else(|| is_one_of(name, ACCOUNTS), |account| account == name || name == "User")
    }

    /// Returns the columns of the accounts; none where their model is Django's own.
    pub(super) fn account_columns(&self) -> Option<&[Column]> {
        self.columns(self.account.as_deref()?)
    }

    /// Returns how a column of Django leads to the caller of a request: by itself, or over a profile that is beside the
    /// account. None where it leads to another kind of account.
    pub(super) fn way_to_caller(&self, column: &Column) -> Option<String> {
        let Some(to) = column.refers_to.as_deref().filter(|to| !self.is_caller(to)) else {
            return Some(column.name.clone());
        };
        let Some(columns) = self.columns(to) else { return Some(column.name.clone()) };
        let own = columns.iter().find(|own| own.refers_to.as_deref().is_some_and(|to| self.is_caller(to)))?;
        Some(format!("{}__{}", column.name, own.name))
    }

    /// Returns the ways from a row to its owner over the rows that it is a part of, as Django writes them:
    /// `notebook__owner`. None where the row has an owner itself.
    pub(super) fn owner_paths(&self, name: &str) -> Vec<String> {
        if self.owner_columns(name).is_empty() { self.paths_within(name, 0) } else { Vec::new() }
    }

    fn paths_within(&self, name: &str, steps: usize) -> Vec<String> {
        let columns = self.columns(name).unwrap_or_default();
        let mut found = Vec::new();

        for column in columns.iter().filter(|column| column.is_part && steps < MOST_REFERENCES) {
            // A row that refers to its own kind would lead in a circle, and one to an account names an owner.
            let Some(to) = column.refers_to.as_deref().filter(|to| *to != name && !self.is_account(to)) else {
                continue;
            };
            let own = self.owner_columns(to).into_iter().map(|owner| owner.name.clone()).next();
            let further = match own {
                Some(own) => vec![own],
                None => self.paths_within(to, steps + 1),
            };
            found.extend(further.iter().map(|path| format!("{}__{path}", column.name)));
        }

        found
    }

    /// Returns the name of the key column.
    pub(super) fn key(&self, name: &str) -> String {
        let key = self.columns(name).and_then(|columns| columns.iter().find(|column| column.is_key));
        key.map_or_else(|| "id".to_owned(), |column| column.name.clone())
    }

    fn read_texts(&mut self, text: &str) {
        let small = text.to_ascii_lowercase();
        for (at, found) in small.match_indices("create table") {
            let rest = text.get(at + found.len()..).unwrap_or("");
            // A bracket far away belongs to something else than the name of a table.
            let Some(open) = rest.find('(').filter(|open| *open < 120) else { continue };
            let name = rest.get(..open).unwrap_or("").split_whitespace().last().unwrap_or("");
            let name = name.trim_matches(['"', '`', '\'', '\\']).to_ascii_lowercase();
            let inner = bracketed_text(rest.get(open..).unwrap_or(""));
            let columns = split_at_commas(inner).into_iter().filter_map(parse_column).collect();
            self.by_name.insert(name, columns);
        }
    }
}

/// The columns of a class, those of the classes above it too. A field that is given `None` is none.
fn columns_of(project: &Project, class: &ClassRef) -> Vec<Column> {
    let line = if class.class.bases.is_empty() { vec![class.clone()] } else { project.line_of(class) };
    let mut found: Vec<Column> = Vec::new();
    let mut met: Vec<String> = Vec::new();

    for part in &line {
        for member in &part.class.members {
            let StatementKind::Assign(targets, _) = &member.kind else { continue };
            // The nearest class decides, so that a field it sets to `None` hides the inherited one.
            let Some(name) = targets.first().and_then(Expr::name).filter(|name| !met.iter().any(|met| met == name))
            else {
                continue;
            };
            met.push(name.to_owned());
            found.extend(read_model_field(&member.kind));
        }
    }

    let outside = line.iter().flat_map(|part| &part.class.bases).filter_map(dotted_text);
    for name in outside.flat_map(|base| columns_of_library(last_part(&base))) {
        if !met.iter().any(|met| met == name) {
            met.push((*name).to_owned());
            found.push(Column { name: (*name).to_owned(), refers_to: None, is_key: false, is_part: false });
        }
    }

    found
}

/// The columns that Django's own classes of accounts have.
fn columns_of_library(base: &str) -> &'static [&'static str] {
    match base {
        "AbstractUser" => &[
            "username",
            "first_name",
            "last_name",
            "email",
            "password",
            "is_staff",
            "is_active",
            "is_superuser",
            "last_login",
            "date_joined",
            "groups",
            "user_permissions",
        ],
        "AbstractBaseUser" => &["password", "last_login"],
        "PermissionsMixin" => &["is_superuser", "groups", "user_permissions"],
        _ => &[],
    }
}

/// What stands in the brackets that a text begins with.
fn bracketed_text(text: &str) -> &str {
    let mut depth = 0usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' if depth == 1 => return text.get(1..at).unwrap_or(""),
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }

    ""
}

fn split_at_commas(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text.get(start..at).unwrap_or(""));
                start = at + 1;
            }
            _ => {}
        }
    }

    parts.push(text.get(start..).unwrap_or(""));
    parts
}

fn parse_column(part: &str) -> Option<Column> {
    const NO_COLUMNS: [&str; 7] = ["primary", "foreign", "unique", "constraint", "check", "index", "key"];
    let words: Vec<String> = part.split_whitespace().map(str::to_ascii_lowercase).collect();
    let name = part.split_whitespace().next()?.trim_matches(['"', '`', '\'', '\\']).to_owned();

    if NO_COLUMNS.contains(&words.first()?.as_str()) {
        return None;
    }
    let refers = words.iter().position(|word| word == "references").and_then(|at| words.get(at + 1));
    let refers_to = refers.and_then(|to| to.split('(').next()).map(|to| to.trim_matches(['"', '`']).to_owned());
    Some(Column { name, refers_to, is_key: words.iter().any(|word| word == "primary"), is_part: false })
}

/// A field of a model: `id = Column(Integer, primary_key=True)`, `owner = models.ForeignKey(User, ...)`.
fn read_model_field(member: &StatementKind) -> Option<Column> {
    const MAKERS: [&str; 6] = ["column", "mapped_column", "relationship", "field", "foreignkey", "onetoonefield"];
    let StatementKind::Assign(targets, Some(value)) = member else { return None };
    let name = targets.first()?.name()?.to_owned();
    let (callee, arguments) = value.call()?;
    let maker = last_part(&dotted_text(callee)?).to_ascii_lowercase();

    // A relationship is no column: it follows from a foreign key.
    if maker == "relationship" || !(MAKERS.contains(&maker.as_str()) || maker.ends_with("field")) {
        return None;
    }
    let is_key = crate::ir::argument_named(arguments, "primary_key").is_some();
    let mut refers_to = None;
    walk_expr(value, &mut |part| {
        let Some((callee, arguments)) = part.call() else { return };
        let made = dotted_text(callee).map(|name| last_part(&name).to_owned()).unwrap_or_default();

        if matches!(made.as_str(), "ForeignKey" | "OneToOneField") {
            let to = crate::ir::argument_at(arguments, 0).or_else(|| crate::ir::argument_named(arguments, "to"));
            refers_to = to.and_then(referred_table);
        }
    });

    let on_delete = crate::ir::argument_named(arguments, "on_delete").or_else(|| crate::ir::argument_at(arguments, 1));
    // Only what goes with its parent is a part of it; another reference may point to anything.
    let is_part = on_delete.and_then(dotted_text).is_some_and(|name| last_part(&name) == "CASCADE");
    Some(Column { name, refers_to, is_key, is_part })
}

/// The table or model that a foreign key names: `"users.id"`, `"shop.Order"`, `Order`, `settings.AUTH_USER_MODEL`,
/// `get_user_model()`.
fn referred_table(to: &Expr) -> Option<String> {
    let name = crate::ir::literal_text(to).map(str::to_owned).or_else(|| dotted_text(to));
    let name = name.or_else(|| to.call().and_then(|(callee, _)| dotted_text(callee)))?;
    let last = last_part(&name);

    if last == "AUTH_USER_MODEL" || last == "get_user_model" {
        return Some("User".to_owned());
    }
    if last.starts_with(char::is_uppercase) {
        return Some(last.to_owned());
    }
    Some(if name.to_ascii_lowercase().contains("user") {
        "user".to_owned()
    } else {
        name.split('.').next().unwrap_or("").to_owned()
    })
}
