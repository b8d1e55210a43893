//! Echo.

use super::golang::{GoCode, GoDialect, GoRouters};
use super::graph::GuardReach;
use super::query::{Matched, SourceQuery, Sources};
use crate::lang::Language;
use crate::project::Project;
use crate::routes::{FrameworkName, RouteTable};

pub(super) static QUERY: SourceQuery = SourceQuery::new(Language::Go, include_str!("echo.scm"));
const PACKAGES: [&str; 1] = ["github.com/labstack/echo"];
static DIALECT: GoDialect =
    GoDialect { makers: &["echo.New"], groups: &["Group"], with: &[], same: &[], closures: &[] };

/// Returns whether the project uses it.
pub(super) fn is_used(project: &Project) -> bool {
    Sources::mention(project, Language::Go, &PACKAGES)
}

/// Finds the routes in the Go code of a project.
pub(super) fn find_routes(code: &GoCode<'_>) -> RouteTable {
    let mut routers = GoRouters::new(code, &DIALECT);
    for root in code.roots.iter().filter(|root| code.speaks(**root, &PACKAGES)) {
        for matched in QUERY.matches(*root) {
            read_call(&mut routers, &matched);
        }
    }
    // Echo puts the two texts behind one another as they are.
    routers.graph.into_table(FrameworkName::Echo, |prefix, path| format!("{prefix}{path}"))
}

fn read_call<'s>(routers: &mut GoRouters<'s, '_>, matched: &Matched<'s>) {
    let (Some(operand), Some(list)) = (matched.get("router"), matched.get("arguments")) else { return };
    let arguments = list.children();

    // `http.Get(..)` and the like are functions of a package, not methods of a router.
    if routers.code.import(operand, operand.text()).is_some() {
        return;
    }
    if let Some(call) = matched.get("use") {
        // The middleware of the application runs for every route; a group hands its own to later routes only.
        let is_group = routers.code.is_group(operand);
        let reach = if is_group { GuardReach::Later } else { GuardReach::All };
        routers.put_guards(operand, call, &arguments, reach);
    } else if let Some(call) = matched.get("route") {
        let (methods, rest) = routers.code.methods(matched.text("verb"), &arguments);
        let [path, handler, middleware @ ..] = rest else { return };
        let Some(text) = routers.code.constant(*path) else {
            routers.graph.unclear.push(call.note("the path is made at runtime"));
            return;
        };
        routers.put_route(operand, call, (methods, text), *handler, middleware);
    }
}
