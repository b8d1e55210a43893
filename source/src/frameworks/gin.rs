//! Gin.

use super::golang::{GoCode, GoDialect, GoRouters};
use super::graph::GuardReach;
use super::query::{Matched, SourceQuery, Sources};
use crate::lang::Language;
use crate::project::Project;
use crate::routes::{FrameworkName, RouteTable, join_paths};

pub(super) static QUERY: SourceQuery = SourceQuery::new(Language::Go, include_str!("gin.scm"));
const PACKAGES: [&str; 1] = ["github.com/gin-gonic/gin"];
static DIALECT: GoDialect =
    GoDialect { makers: &["gin.New", "gin.Default"], groups: &["Group"], with: &[], same: &["Use"], closures: &[] };

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
    routers.graph.into_table(FrameworkName::Gin, join_paths)
}

fn read_call<'s>(routers: &mut GoRouters<'s, '_>, matched: &Matched<'s>) {
    let (Some(operand), Some(list)) = (matched.get("router"), matched.get("arguments")) else { return };
    let arguments = list.children();

    // `http.Get` and other functions of packages look like methods of a router.
    if routers.code.import(operand, operand.text()).is_some() {
        return;
    }
    if let Some(call) = matched.get("use") {
        // In gin middleware guards only the routes that are registered after it.
        routers.put_guards(operand, call, &arguments, GuardReach::Later);
    } else if let Some(call) = matched.get("route") {
        let (methods, rest) = routers.code.methods(matched.text("verb"), &arguments);
        // The last function of a route is its handler; those before it are middleware.
        let [path, middleware @ .., handler] = rest else { return };
        let Some(text) = routers.code.constant(*path) else {
            routers.graph.unclear.push(call.note("the path is made at runtime"));
            return;
        };
        routers.put_route(operand, call, (methods, text), *handler, middleware);
    }
}
