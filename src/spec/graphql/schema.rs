//! A GraphQL schema in one shape, whether it came as an answer to introspection or as a text.

use std::collections::BTreeMap;

/// A schema: its types, and the one that queries begin at.
#[derive(Debug, Clone, Default)]
pub(super) struct TypeSystem {
    pub(super) query: String,
    pub(super) mutation: Option<String>,
    pub(super) types: BTreeMap<String, TypeDef>,
}

/// What a type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum TypeKind {
    #[default]
    Scalar,
    Object,
    Interface,
    Union,
    Enum,
    Input,
}

/// One named type.
#[derive(Debug, Clone, Default)]
pub(super) struct TypeDef {
    pub(super) kind: TypeKind,
    /// Fields of objects and interfaces; of inputs, without arguments.
    pub(super) fields: Vec<FieldDef>,
    /// Values of enumerations.
    pub(super) values: Vec<String>,
    /// Types that an interface or a union may be.
    pub(super) possible: Vec<String>,
}

/// One field, or one argument.
#[derive(Debug, Clone)]
pub(super) struct FieldDef {
    pub(super) name: String,
    pub(super) args: Vec<FieldDef>,
    pub(super) of: TypeRef,
    pub(super) has_default: bool,
}

/// How a type is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TypeRef {
    Named(String),
    List(Box<TypeRef>),
    NonNull(Box<TypeRef>),
}

impl TypeRef {
    /// Returns the name within lists and `!`.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::List(inner) | Self::NonNull(inner) => inner.name(),
        }
    }

    /// Returns whether it is a list.
    pub(super) fn is_list(&self) -> bool {
        match self {
            Self::Named(_) => false,
            Self::List(_) => true,
            Self::NonNull(inner) => inner.is_list(),
        }
    }

    /// Returns it as it is written: `[ID!]!`.
    pub(super) fn written(&self) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::List(inner) => format!("[{}]", inner.written()),
            Self::NonNull(inner) => format!("{}!", inner.written()),
        }
    }
}

impl FieldDef {
    /// Returns whether a value must be given.
    pub(super) fn is_required(&self) -> bool {
        matches!(self.of, TypeRef::NonNull(_)) && !self.has_default
    }

    /// Returns whether it can be asked without any argument.
    pub(super) fn is_plain(&self) -> bool {
        !self.args.iter().any(Self::is_required)
    }
}

impl TypeSystem {
    pub(super) fn get(&self, name: &str) -> Option<&TypeDef> {
        self.types.get(name)
    }

    /// Returns what a type is; an unknown one is a scalar of the API's own, as the built-in ones are.
    pub(super) fn kind(&self, name: &str) -> TypeKind {
        self.get(name).map(|known| known.kind).unwrap_or_default()
    }

    /// Returns whether a value of this type stands alone.
    pub(super) fn is_leaf(&self, name: &str) -> bool {
        matches!(self.kind(name), TypeKind::Scalar | TypeKind::Enum)
    }

    /// Returns whether a type has fields.
    pub(super) fn is_composite(&self, name: &str) -> bool {
        matches!(self.kind(name), TypeKind::Object | TypeKind::Interface | TypeKind::Union)
    }

    /// Returns the field of a type.
    pub(super) fn field(&self, of: &str, name: &str) -> Option<&FieldDef> {
        self.get(of)?.fields.iter().find(|field| field.name == name)
    }
}

/// Returns whether a text is a name by GraphQL's grammar, and none of its own.
pub(super) fn is_name(text: &str) -> bool {
    text.len() <= 200
        && !text.starts_with("__")
        && text.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic())
        && text.chars().all(|letter| letter == '_' || letter.is_ascii_alphanumeric())
}
