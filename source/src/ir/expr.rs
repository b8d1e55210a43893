//! Expressions.

use std::sync::Arc;

use super::Span;
use super::stmt::Function;

/// An expression and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    /// Shared, so that what stands behind a name is copied in no time, however large it is.
    pub kind: Arc<ExprKind>,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `name`; also `this` and `self`
    Name(String),
    /// `object.name`, `object?.name`, `Type::name`, `object->name`
    Member(Expr, String),
    /// `callee(arguments)`; `new Callee(arguments)` too
    Call {
        /// What is called.
        callee: Expr,
        /// Its arguments in order.
        arguments: Vec<Argument>,
        /// Whether it is `new Callee(..)`.
        made: bool,
    },
    /// `object[key]`
    Index(Expr, Expr),
    /// A text without placeholders, unescaped as far as that is simple.
    Text(String),
    /// A text with placeholders: the literal text with `{}` at each, and what stands in them.
    Template(String, Vec<Expr>),
    /// A number, `true`, `null`, ...: as written.
    Constant(String),
    /// `a and b`, `a || b`, `a ?? b`: `all` is true for `and`.
    Logic {
        /// Whether all must hold.
        all: bool,
        /// The parts in order.
        parts: Vec<Expr>,
    },
    /// `not a`, `!a`
    Not(Expr),
    /// `a == b`, `a in b`, `a < b < c`: the operators as written.
    Compare(Vec<Expr>, Vec<String>),
    /// A list, tuple, set or array.
    List(Vec<Expr>),
    /// A dictionary or an object.
    Record(Vec<RecordEntry>),
    /// `yes if test else no`, `test ? yes : no`
    Choice {
        /// The condition.
        test: Expr,
        /// The value where it holds.
        yes: Expr,
        /// The value where it does not.
        no: Expr,
    },
    /// `[body for target in source if condition]`
    Comprehension {
        /// One element.
        body: Expr,
        /// `for target in source`
        clauses: Vec<ComprehensionClause>,
        /// The conditions.
        conditions: Vec<Expr>,
    },
    /// An assignment within an expression: target and value.
    Assign(Expr, Expr),
    /// Arithmetic and other operators: the operator as written, and the operands.
    Operation(String, Vec<Expr>),
    /// A lambda, an arrow function or a function expression.
    Function(Arc<Function>),
    /// `await value`
    Await(Expr),
    /// Anything else: its parts.
    Other(Vec<Expr>),
}

/// One entry of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordEntry {
    /// The key; absent for `**spread` and `...spread`.
    pub key: Option<Expr>,
    /// The value.
    pub value: Expr,
}

/// One `for target in source` of a comprehension.
#[derive(Debug, Clone, PartialEq)]
pub struct ComprehensionClause {
    /// What each element is bound to.
    pub target: Expr,
    /// Where the elements come from.
    pub source: Expr,
}

/// Whether an argument or a parameter stands for many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Spread {
    /// It stands for itself.
    #[default]
    One,
    /// `*many`, `...many`
    Many,
    /// `**named`
    Named,
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Whether it stands for many.
    pub spread: Spread,
    /// Its value.
    pub value: Expr,
    /// The whole argument with its name.
    pub span: Span,
}

impl Expr {
    /// Makes an expression.
    pub fn new(kind: ExprKind, span: Span) -> Self {
        Expr { kind: Arc::new(kind), span }
    }

    /// Returns the name, where it is a bare one.
    pub fn name(&self) -> Option<&str> {
        match &*self.kind {
            ExprKind::Name(name) => Some(name),
            _ => None,
        }
    }

    /// Returns callee and arguments, where it is a call; looks through `await`.
    pub fn call(&self) -> Option<(&Expr, &[Argument])> {
        match &*self.kind {
            ExprKind::Call { callee, arguments, .. } => Some((callee, arguments)),
            ExprKind::Await(inner) => inner.call(),
            _ => None,
        }
    }
}
