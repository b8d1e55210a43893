//! The columns of tables and models, as `CREATE TABLE` texts and the classes of the project say.

use std::collections::BTreeMap;

use crate::ir::{StatementKind, dotted, last_part, walk_expr, walk_statements};
use crate::project::Project;
use crate::words::{ACCOUNTS, OWNER_FIELDS, is_one_of};

/// A column of a table, a field of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Its name.
    pub name: String,
    /// The table or model that it refers to.
    pub refers_to: Option<String>,
    /// Whether it is the key.
    pub is_key: bool,
}

/// Tables and models by name; the name of a table in small letters, of a model as written.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    by_name: BTreeMap<String, Vec<Column>>,
}

impl Tables {
    /// Reads them from the project.
    pub(super) fn of(project: &Project) -> Tables {
        let mut tables = Tables::default();
        for module in &project.modules {
            tables.read_texts(&module.text);
            walk_statements(
                &module.statements,
                &mut |statement| {
                    if let StatementKind::Class(class) = &statement.kind {
                        let columns: Vec<Column> =
                            class.members.iter().filter_map(|member| field(&member.kind)).collect();
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
        let known = self.by_name.get(name).or_else(|| self.by_name.get(&name.to_ascii_lowercase()));
        known.map(Vec::as_slice)
    }

    /// Returns the columns that name an owner, the plainest first: those that refer to accounts, those with a usual name.
    pub(super) fn owner_columns(&self, name: &str) -> Vec<&Column> {
        let columns = self.columns(name).unwrap_or_default();
        let refers = |column: &&Column| column.refers_to.as_deref().is_some_and(|to| is_one_of(to, ACCOUNTS));
        let named = |column: &&Column| is_one_of(&column.name, OWNER_FIELDS) && !column.is_key;
        let first = columns.iter().filter(|column| refers(column) && named(column));
        let second = columns.iter().filter(|column| !refers(column) && named(column));
        let third = columns.iter().filter(|column| refers(column) && !named(column));
        first.chain(second).chain(third).collect()
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
            let Some(open) = rest.find('(').filter(|open| *open < 120) else { continue };
            let name = rest.get(..open).unwrap_or("").split_whitespace().last().unwrap_or("");
            let name = name.trim_matches(['"', '`', '\'', '\\']).to_ascii_lowercase();
            let inner = bracketed(rest.get(open..).unwrap_or(""));
            let columns = split(inner).into_iter().filter_map(column).collect();
            self.by_name.insert(name, columns);
        }
    }
}

/// What stands in the brackets that a text begins with.
fn bracketed(text: &str) -> &str {
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

fn split(text: &str) -> Vec<&str> {
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

fn column(part: &str) -> Option<Column> {
    const NO_COLUMNS: [&str; 7] = ["primary", "foreign", "unique", "constraint", "check", "index", "key"];
    let words: Vec<String> = part.split_whitespace().map(str::to_ascii_lowercase).collect();
    let name = part.split_whitespace().next()?.trim_matches(['"', '`', '\'', '\\']).to_owned();
    if NO_COLUMNS.contains(&words.first()?.as_str()) {
        return None;
    }
    let refers = words.iter().position(|word| word == "references").and_then(|at| words.get(at + 1));
    let refers_to = refers.and_then(|to| to.split('(').next()).map(|to| to.trim_matches(['"', '`']).to_owned());
    Some(Column { name, refers_to, is_key: words.iter().any(|word| word == "primary") })
}

/// A field of a model: `id = Column(Integer, primary_key=True)`, `owner = models.ForeignKey(User, ...)`.
fn field(member: &StatementKind) -> Option<Column> {
    const MAKERS: [&str; 6] = ["column", "mapped_column", "relationship", "field", "foreignkey", "onetoonefield"];
    let StatementKind::Assign(targets, Some(value)) = member else { return None };
    let name = targets.first()?.name()?.to_owned();
    let (callee, arguments) = value.call()?;
    let maker = last_part(&dotted(callee)?).to_ascii_lowercase();
    if maker == "relationship" || !(MAKERS.contains(&maker.as_str()) || maker.ends_with("field")) {
        return None;
    }
    let is_key = crate::ir::keyword(arguments, "primary_key").is_some();
    let mut refers_to = None;
    walk_expr(value, &mut |part| {
        let Some((callee, arguments)) = part.call() else { return };
        let made = dotted(callee).map(|name| last_part(&name).to_owned()).unwrap_or_default();
        if matches!(made.as_str(), "ForeignKey" | "OneToOneField") {
            let to = crate::ir::argument(arguments, 0).or_else(|| crate::ir::keyword(arguments, "to"));
            refers_to = to.and_then(|to| crate::ir::literal(to).map(str::to_owned).or_else(|| dotted(to)));
        }
    });
    // `"users.id"`, `settings.AUTH_USER_MODEL`, `get_user_model()`
    let refers_to = refers_to.map(|to| {
        if to.to_ascii_lowercase().contains("user") {
            "user".to_owned()
        } else {
            to.split('.').next().unwrap_or("").to_owned()
        }
    });
    Some(Column { name, refers_to, is_key })
}
