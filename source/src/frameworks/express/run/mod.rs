//! Follows what a program does while it is loaded and started, as far as that decides which routes it registers: modules
//! are run once in the order of their imports, functions and classes of the project are entered with what they are given,
//! both sides of a condition that is not known are taken. Nothing is executed: values are texts, lists, objects, functions,
//! routers, or not known. Steps, depth and loops are capped.

mod builtins;
mod calls;
mod expressions;
mod machine;
mod middleware;
mod modules;
mod properties;
mod routers;
mod start;
mod statements;
mod values;

pub(super) use machine::Machine;
pub(super) use routers::{ExpressRouterId, Layer, LayerKind, PATTERN};
pub(super) use values::{Closure, JsValue, ScriptArgument, UNKNOWN_PART};
