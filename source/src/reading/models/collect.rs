//! Collects models: classes of object mappers, schemas, `CREATE TABLE`, and what is put into collections and tables in memory.

use std::sync::{Arc, LazyLock};

use regex::Regex;

use super::super::words;
use super::{KnownData, evidence};
use crate::ir::{
    Class, Expr, ExprKind, Function, RecordEntry, Statement, StatementKind, argument_named, dotted_text, last_part,
    literal_text, walk_statements,
};
use crate::parallel;
use crate::project::{ClassRef, Definition, Module, Project};

static CREATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?is)create\s+table\s+(?:if\s+not\s+exists\s+)?[`"\[]?(?:\w+\.)?[`"\[]?(\w+)[`"\]]?\s*\((.*?)(?:\)\s*;|\)\s*$|\)\s*\n\s*\n)"#).ok()
});
static INSERT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?is)(?:insert|replace)\s+into\s+[`"\[]?(?:\w+\.)?[`"\[]?(\w+)[`"\]]?\s*\(([^)]*)\)"#).ok()
});

/// What one module says whatever stands in the others.
#[derive(Debug)]
struct ModuleData {
    classes: Vec<Arc<Class>>,
    said: KnownData,
}

/// Reads what each module says alone, on every core, so that it is at hand when the modules are added one after another.
pub(super) fn read_modules(project: &Project) {
    parallel::map(&project.modules, |module| drop(module.kept(|| read_module(module))));
}

/// Adds what one module says.
pub(super) fn collect_module(models: &mut KnownData, project: &Project, module: &Module) {
    // What a module says alone is kept, so that an edit elsewhere reads it only once.
    let own = module.kept(|| read_module(module));
    for class in &own.classes {
        let reference = ClassRef { module: module.id, class: class.clone() };
        if is_model(project, &reference) {
            add_class(models, project, &reference);
        } else if class.methods().any(|method| !method.name.starts_with("__")) {
            models.services.entry(words::simplify_name(&class.name)).or_insert(reference);
        }
    }

    models.add(&own.said);
}

fn read_module(module: &Module) -> ModuleData {
    let mut own = ModuleData { classes: Vec::new(), said: KnownData::default() };
    let models = &mut own.said;
    let mut assigned: Vec<(&[Expr], &Expr)> = Vec::new();
    let mut exprs: Vec<&Expr> = Vec::new();
    let mut functions: Vec<&Arc<Function>> = Vec::new();
    let mut ties: Vec<&Expr> = Vec::new();
    walk_statements(
        &module.statements,
        &mut |statement| match &statement.kind {
            StatementKind::Class(class) => own.classes.push(class.clone()),
            StatementKind::Function(function) => functions.push(function),
            StatementKind::Assign(targets, Some(value)) => assigned.push((targets, value)),
            _ => {}
        },
        &mut |expr| {
            if matches!(&*expr.kind, ExprKind::Call { .. } | ExprKind::Text(_) | ExprKind::Template(..)) {
                exprs.push(expr);
            }
            if matches!(&*expr.kind, ExprKind::Call { .. } | ExprKind::Compare(..) | ExprKind::Record(_)) {
                ties.push(expr);
            }
        },
    );
    ties.into_iter().for_each(|expr| evidence::add_ties(models, expr));
    for function in functions {
        evidence::add_account(models, function);
        evidence::add_left_caller(models, function);
    }
    for (targets, value) in assigned {
        add_assigned(models, targets, value);
    }
    for expr in exprs {
        match &*expr.kind {
            ExprKind::Text(text) | ExprKind::Template(text, _) => add_sql(models, text),
            _ => add_call(models, module, expr),
        }
    }

    own
}

fn is_model(project: &Project, class: &ClassRef) -> bool {
    let bases = project.bases_of(class);
    let is_base = |name: &String| {
        let last = last_part(name);
        matches!(
            last,
            "Model"
                | "Base"
                | "SQLModel"
                | "Document"
                | "EmbeddedDocument"
                | "DeclarativeBase"
                | "Entity"
                | "AbstractUser"
                | "AbstractBaseUser"
                | "BaseEntity"
                | "TimeStampedModel"
                | "BaseModel"
        ) || last.ends_with("Model")
            || last.ends_with("Mixin") && name.contains("model")
    };

    let decorated = class
        .class
        .decorators
        .iter()
        .filter_map(|decorator| dotted_text(decorator.call().map_or(decorator, |(callee, _)| callee)));
    let is_decorated = decorated
        .into_iter()
        .any(|name| matches!(last_part(&name), "Entity" | "Table" | "Schema" | "Document" | "dataclass"));
    let is_table = class.class.field("__tablename__").is_some() || class.class.field("__table__").is_some();
    let has_columns = class.class.members.iter().any(|member| match &member.kind {
        StatementKind::Assign(_, Some(value)) => column_call(value).is_some(),
        _ => false,
    });
    let name = &class.class.name;
    let is_form = [
        "Form",
        "Serializer",
        "Schema",
        "View",
        "ViewSet",
        "Create",
        "Update",
        "In",
        "Request",
        "Response",
        "Service",
        "Settings",
        "Config",
        "Admin",
    ]
    .iter()
    .any(|end| name.ends_with(end));
    let has_fields = class.class.members.iter().any(|member| matches!(member.kind, StatementKind::Assign(..)));

    // Forms and schemas have fields too, and are never loaded.
    has_fields && !is_form && (bases.iter().any(is_base) || is_decorated || is_table || has_columns)
}

fn column_call(value: &Expr) -> Option<String> {
    let (callee, _) = value.call()?;
    let name = dotted_text(callee)?;
    let last = last_part(&name);
    let known = [
        "Column",
        "mapped_column",
        "relationship",
        "reference_col",
        "ForeignKey",
        "OneToOneField",
        "ManyToManyField",
        "ForeignKeyField",
        "ReferenceField",
        "Relationship",
    ];

    (known.contains(&last) || (last.ends_with("Field") && !name.contains("serializers"))).then(|| last.to_owned())
}

fn add_class(models: &mut KnownData, project: &Project, class: &ClassRef) {
    let line = project.line_of(class);
    let members: Vec<(&Project, ClassRef, Statement)> = line
        .iter()
        .flat_map(|part| part.class.members.iter().map(|member| (project, part.clone(), member.clone())))
        .collect();
    for (_, part, member) in &members {
        let StatementKind::Assign(targets, value) = &member.kind else { continue };
        let Some(field) = targets.first().and_then(Expr::name) else { continue };
        let text = project.text(part.module, member.span);
        add_field(models, &class.class, (field, text), value.as_ref());
    }

    let table = class.class.field("__tablename__").and_then(literal_text).map(str::to_owned);
    models.entry(&class.class.name).is_known = true;

    if let Some(table) = table {
        let known = models.entry(&class.class.name).clone();
        *models.entry(&table) = known;
    }
}

fn add_field(models: &mut KnownData, class: &Class, (field, text): (&str, &str), value: Option<&Expr>) {
    let refers = [
        "ForeignKey",
        "foreign_key",
        "relationship",
        "reference_col",
        "ReferenceField",
        "ManyToOne",
        "OneToOne",
        "Relationship",
    ]
    .iter()
    .any(|word| text.contains(word));
    let lower = text.to_lowercase();
    // The owner of a row is a reference to an account, whatever the field is called.
    let to_user = refers
        && ["user", "account", "auth_user_model", "profile", "customer"].iter().any(|word| {
            lower.replace(&field.to_lowercase(), "").contains(word) || words::simplify_name(field).starts_with(word)
        });
    let model = models.entry(&class.name);
    if field.ends_with("_id") || field.ends_with("Id") {
        model.keys.push(field.to_owned());
    }
    // `username` and `sub` name the account itself, and no owner of a row.
    if (words::is_one_of(field, &words::OWNER_COLUMNS) && field != "username" && field != "sub") || to_user {
        // The key itself is better for a patch than the relation.
        let is_better = model
            .owner
            .as_deref()
            .is_none_or(|known| text.contains("ForeignKey") && !known.ends_with("_id") && field.ends_with("_id"));
        if is_better {
            model.owner = Some(field.to_owned());
        }
    } else if words::is_one_of(field, &words::TENANT_NAMES) {
        model.tenant.get_or_insert(field.to_owned());
    } else if refers {
        let first = value.and_then(Expr::call).and_then(|(_, arguments)| {
            // SQLModel names it beside defaults and other texts.
            let named = argument_named(arguments, "foreign_key").and_then(foreign_model);
            named.or_else(|| arguments.iter().find_map(|argument| foreign_model(&argument.value)))
        });
        let parent = first.or_else(|| field.strip_suffix("_id").map(str::to_owned)).unwrap_or_else(|| field.to_owned());
        model.parents.push(parent);
    } else if let Some(parent) =
        field.strip_suffix("_id").or(field.strip_suffix("Id")).filter(|parent| !parent.is_empty())
    {
        model.parents.push(parent.to_owned());
    }
}

/// `ForeignKey('orders.id')`, `ForeignKey(Order)`, within `Column(..)`
fn foreign_model(value: &Expr) -> Option<String> {
    match &*value.kind {
        ExprKind::Text(text) => text.split('.').next().map(str::to_owned),
        ExprKind::Name(name)
            if name.chars().next().is_some_and(char::is_uppercase)
                && !matches!(name.as_str(), "Integer" | "String" | "Text") =>
        {
            Some(name.clone())
        }
        ExprKind::Call { callee, arguments, .. }
            if dotted_text(callee).is_some_and(|name| name.ends_with("ForeignKey")) =>
        {
            arguments.first().and_then(|first| foreign_model(&first.value))
        }
        _ => None,
    }
}

fn add_columns<'a>(models: &mut KnownData, name: &str, columns: impl Iterator<Item = &'a str>) {
    let model = models.entry(name);
    for column in columns {
        model.is_known = true;
        if column.ends_with("_id") || column.ends_with("Id") {
            model.keys.push(column.to_owned());
        }
        if words::is_one_of(column, &words::OWNER_COLUMNS) {
            model.owner.get_or_insert(column.to_owned());
        } else if words::is_one_of(column, &words::TENANT_NAMES) {
            model.tenant.get_or_insert(column.to_owned());
        } else if let Some(parent) =
            column.strip_suffix("_id").or(column.strip_suffix("Id")).filter(|parent| parent.len() > 1)
        {
            model.parents.push(parent.to_owned());
        }
    }
}

fn add_sql(models: &mut KnownData, text: &str) {
    let lower_has =
        |word: &str| text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()));
    // The cheap search comes first: most texts of a program are no SQL.
    if text.len() > 20 && lower_has("create table") {
        for piece in text.split(';') {
            let piece = format!("{piece};");
            let Some(found) = CREATE.as_ref().and_then(|shape| shape.captures(&piece)) else { continue };
            let (Some(table), Some(body)) = (found.get(1), found.get(2)) else { continue };
            let columns = body.as_str().split(',').filter_map(|column| column.split_whitespace().next());
            let columns: Vec<&str> = columns.map(|column| column.trim_matches(['`', '"', '[', ']'])).collect();
            add_columns(models, table.as_str(), columns.into_iter());
        }
    }

    if text.len() > 15 && lower_has("into") {
        for found in INSERT.as_ref().map(|shape| shape.captures_iter(text)).into_iter().flatten() {
            let (Some(table), Some(columns)) = (found.get(1), found.get(2)) else { continue };
            add_columns(
                models,
                table.as_str(),
                columns.as_str().split(',').map(|column| column.trim().trim_matches(['`', '"'])),
            );
        }
    }
}

fn entry_keys(entries: &[RecordEntry]) -> impl Iterator<Item = &str> {
    entries.iter().filter_map(|entry| entry.key.as_ref()).filter_map(|key| literal_text(key).or(key.name()))
}

/// `invoices = [{"id": 1, "owner": "a"}]`, `NOTES[1] = {..}`
fn add_assigned(models: &mut KnownData, targets: &[Expr], value: &Expr) {
    let Some(target) = targets.first() else { return };
    let (name, is_entry) = match &*target.kind {
        ExprKind::Name(name) => (name.clone(), false),
        ExprKind::Index(object, _) => match dotted_text(object) {
            Some(name) => (last_part(&name).to_owned(), true),
            None => return,
        },
        _ => return,
    };

    match &*value.kind {
        ExprKind::Record(entries) if is_entry => add_columns(models, &name, entry_keys(entries)),
        ExprKind::Record(entries) => {
            for entry in entries {
                if let ExprKind::Record(inner) = &*entry.value.kind {
                    add_columns(models, &name, entry_keys(inner));
                }
            }
        }
        ExprKind::List(items) => {
            for item in items {
                if let ExprKind::Record(inner) = &*item.kind {
                    add_columns(models, &name, entry_keys(inner));
                }
            }
        }
        _ => {}
    }
}

/// `db.invoices.insert_one({..})`, `invoices.push({..})`, `mongoose.model('Invoice', schema)`
fn add_call(models: &mut KnownData, module: &Module, expr: &Expr) {
    let Some((callee, arguments)) = expr.call() else { return };
    let ExprKind::Member(object, verb) = &*callee.kind else { return };

    match verb.as_str() {
        "model" | "define" => {
            let Some(name) = arguments.first().and_then(|first| literal_text(&first.value)) else { return };
            let Some(schema) = arguments.get(1) else { return };
            add_schema(models, module, name, &schema.value, 0);
        }
        "insert_one" | "insertOne" | "push" | "append" | "insert" | "create" | "set" | "add" | "save" => {
            let Some(of) = dotted_text(object) else { return };
            for argument in arguments {
                let ExprKind::Record(entries) = &*argument.value.kind else { continue };
                // Prisma takes the columns under `data`.
                let data = entries.iter().find(|entry| {
                    entry
                        .key
                        .as_ref()
                        .is_some_and(|key| key.name() == Some("data") || literal_text(key) == Some("data"))
                });

                match data.map(|data| &*data.value.kind) {
                    Some(ExprKind::Record(inner)) => add_columns(models, last_part(&of), entry_keys(inner)),
                    // `set` of a map takes a key before the record; with one argument it sets options.
                    _ if verb != "set" || arguments.len() == 2 => {
                        add_columns(models, last_part(&of), entry_keys(entries))
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn add_schema(models: &mut KnownData, module: &Module, name: &str, schema: &Expr, depth: usize) {
    match &*schema.kind {
        ExprKind::Record(entries) => {
            add_columns(models, name, entry_keys(entries));
            for entry in entries {
                let ExprKind::Record(inner) = &*entry.value.kind else { continue };
                let to = inner.iter().find(|inner| {
                    inner.key.as_ref().is_some_and(|key| key.name() == Some("ref") || literal_text(key) == Some("ref"))
                });
                let to_user = to
                    .and_then(|to| literal_text(&to.value))
                    .is_some_and(|to| words::is_one_of(to, &words::USER_MODELS));
                let column = entry.key.as_ref().and_then(|key| literal_text(key).or(key.name()));

                if let (true, Some(column)) = (to_user, column) {
                    models.entry(name).owner.get_or_insert(column.to_owned());
                }
            }
        }
        ExprKind::Call { arguments, .. } => {
            if let Some(first) = arguments.first() {
                add_schema(models, module, name, &first.value, depth + 1);
            }
        }
        ExprKind::Name(other) if depth < 4 => {
            if let Some(Definition::Value(value)) = module.definitions.get(other) {
                add_schema(models, module, name, &value.clone(), depth + 1);
            }
        }
        _ => {}
    }
}
