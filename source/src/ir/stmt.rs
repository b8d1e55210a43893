//! Statements, functions and classes.

use std::sync::Arc;

use super::Span;
use super::expr::{Expr, Spread};

/// A statement and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Where it stands.
    pub span: Span,
}

/// What a statement is.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// `a = b = value`, `const a = value`, `a += value`; without a value it only declares.
    Assign(Vec<Expr>, Option<Expr>),
    /// An expression of its own.
    Expr(Expr),
    /// `if`; `elif`, `switch` and `match` are chains of it.
    If {
        /// The condition.
        test: Expr,
        /// What is done where it holds.
        body: Vec<Statement>,
        /// What is done where it does not.
        otherwise: Vec<Statement>,
    },
    /// `return value`
    Return(Option<Expr>),
    /// `raise`, `throw`: what is thrown, with its causes.
    Throw(Vec<Expr>),
    /// `for target in source`
    For {
        /// What each element is bound to.
        target: Expr,
        /// Where the elements come from.
        source: Expr,
        /// What is done with each.
        body: Vec<Statement>,
        /// `else` of a loop.
        otherwise: Vec<Statement>,
    },
    /// `while test`, `do .. while`, `for (;;)`
    While {
        /// The condition.
        test: Expr,
        /// What is done.
        body: Vec<Statement>,
    },
    /// `with a as b`, `using`
    With {
        /// What is opened.
        items: Vec<WithItem>,
        /// What is done meanwhile.
        body: Vec<Statement>,
    },
    /// `try`
    Try {
        /// What is tried.
        body: Vec<Statement>,
        /// What is done about each kind of fault.
        handlers: Vec<Vec<Statement>>,
        /// `else` of a `try`.
        otherwise: Vec<Statement>,
        /// `finally`
        finally: Vec<Statement>,
    },
    /// A function.
    Function(Arc<Function>),
    /// A class, an interface, a struct with methods.
    Class(Arc<Class>),
    /// An import.
    Import(Import),
    /// `assert test`
    Assert(Expr),
    /// `del a, b`
    Delete(Vec<Expr>),
    /// A block of its own.
    Block(Vec<Statement>),
    /// `break`, `continue`
    Jump,
    /// Anything else.
    Other,
}

/// One thing that a `with` opens.
#[derive(Debug, Clone, PartialEq)]
pub struct WithItem {
    /// What is opened.
    pub value: Expr,
    /// What it is called.
    pub target: Option<Expr>,
}

/// An import, or a `require`.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// `package.module`, `./file`; without the dots of Python's relative imports.
    pub module: String,
    /// How many dots stand before it (Python).
    pub level: usize,
    /// What is imported by name; empty for `import module`.
    pub names: Vec<ImportedName>,
    /// What the whole module is called here: `import a.b` is `a`, `import * as x` and `import a as x` are `x`.
    pub alias: Option<String>,
}

/// One imported name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedName {
    /// Its name over there; `*` for all, `default` for a default export.
    pub name: String,
    /// Its name here.
    pub alias: String,
}

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionParameter {
    /// Its name. A pattern is called `#0`, `#1`, ... by its place, and the body begins by taking that apart.
    pub name: String,
    /// Its default.
    pub default: Option<Expr>,
    /// Whether it stands for many.
    pub spread: Spread,
    /// Its declared type, as an expression (`Annotated[User, Depends(f)]` is an index).
    pub declared: Option<Expr>,
    /// Its annotations: `@Param('id')`, `@PathVariable`.
    pub decorators: Vec<Expr>,
    /// The names that a pattern binds: `{ id, owner }`.
    pub binds: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// A function, method, lambda or arrow function.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Its name; empty for one without.
    pub name: String,
    /// Its parameters; `self` and `this` parameters too, where they are written.
    pub parameters: Vec<FunctionParameter>,
    /// What it does; an arrow function with an expression is one `Return`.
    pub body: Vec<Statement>,
    /// Decorators, annotations, attributes; the outermost first.
    pub decorators: Vec<Expr>,
    /// Its declared result.
    pub returns: Option<Expr>,
    /// Whether it is `async`.
    pub is_async: bool,
    /// The function without its decorators.
    pub span: Span,
    /// Its body.
    pub body_span: Span,
    /// The function with its decorators.
    pub outer_span: Span,
    /// Whether a part of it could not be parsed: nothing may be concluded of it.
    pub is_damaged: bool,
}

/// A class, an interface, or a struct with its methods.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// What it extends and implements.
    pub bases: Vec<Expr>,
    /// Fields (`Assign`), methods (`Function`), nested classes.
    pub members: Vec<Statement>,
    /// Decorators, annotations, attributes.
    pub decorators: Vec<Expr>,
    /// The class with its decorators.
    pub span: Span,
    /// Its body.
    pub body_span: Span,
}

impl Statement {
    /// Makes a statement.
    pub fn new(kind: StatementKind, span: Span) -> Self {
        Statement { kind, span }
    }
}

impl Class {
    /// Returns the method of that name.
    pub fn method(&self, name: &str) -> Option<&Arc<Function>> {
        self.methods().find(|method| method.name == name)
    }

    /// Returns all methods in order.
    pub fn methods(&self) -> impl Iterator<Item = &Arc<Function>> {
        self.members.iter().filter_map(|member| match &member.kind {
            StatementKind::Function(function) => Some(function),
            _ => None,
        })
    }

    /// Returns the value that a field of the class is given in its body.
    pub fn field(&self, name: &str) -> Option<&Expr> {
        self.members.iter().find_map(|member| match &member.kind {
            StatementKind::Assign(targets, Some(value)) => {
                targets.iter().any(|target| target.name() == Some(name)).then_some(value)
            }
            _ => None,
        })
    }
}
