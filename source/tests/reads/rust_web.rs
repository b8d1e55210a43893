//! axum and actix-web.

use crate::table::{lines, table};

fn axum(body: &str) -> Vec<String> {
    lines(&[("src/main.rs", &format!("use axum::{{Router, routing::get}};\n{body}"))])
}

#[test]
fn methods_of_one_route_have_each_their_handler() {
    let found = axum(
        "async fn list() {}
async fn create() {}
fn app() -> Router {
    Router::new()
        .route(\"/orders\", get(list).post(create))
        .route(\"/orders/{id}\", axum::routing::delete(|| async {}))
        .route(\"/old/:id/*rest\", any(list))
        .route(\"/on\", on(MethodFilter::PUT.or(MethodFilter::PATCH), list))
}",
    );
    assert_eq!(
        found,
        [
            "* /old/{id}/{rest} list src/main.rs:2",
            "DELETE /orders/{id} src/main.rs:7",
            "GET /orders list src/main.rs:2",
            "POST /orders create src/main.rs:3",
            "PUT,PATCH /on list src/main.rs:2",
        ]
    );
}

#[test]
fn nested_and_merged_routers_of_other_modules_are_followed() {
    let found = lines(&[
        (
            "api/src/main.rs",
            "use axum::Router;\nmod routes;\nuse crate::routes::{orders, users};\n
fn main() {
    let api = Router::new().nest(\"/orders\", orders::router()).merge(users::router());
    let app = Router::new().nest(\"/api/v1\", api).with_state(1);
}",
        ),
        (
            "api/src/routes/orders.rs",
            "use axum::{Router, routing::get};\nuse crate::handlers::orders as h;\n
pub fn router() -> Router { Router::new().route(\"/\", get(h::list)).route(\"/{id}\", get(h::show)) }",
        ),
        (
            "api/src/routes/users.rs",
            "use axum::{Router, routing::get};\nuse super::super::handlers::users::*;\n
pub fn router() -> Router {\n    let router = Router::new();\n    router.route(\"/users\", get(list))\n}",
        ),
        ("api/src/handlers/orders.rs", "pub async fn list() {}\n\npub async fn show() {}\n"),
        ("api/src/handlers/users.rs", "\n\n\npub async fn list() {}\n"),
    ]);
    assert_eq!(
        found,
        [
            "GET /api/v1/orders list api/src/handlers/orders.rs:1",
            "GET /api/v1/orders/{id} show api/src/handlers/orders.rs:3",
            "GET /api/v1/users list api/src/handlers/users.rs:4",
        ]
    );
}

#[test]
fn a_layer_reaches_only_what_stands_before_it() {
    let found = axum(
        "async fn a() {}
async fn require_auth(req: Request, next: Next) -> Result<Response, StatusCode> { Err(StatusCode::UNAUTHORIZED) }
async fn stamp(req: Request, next: Next) -> Response { next.run(req).await }
fn app() -> Router {
    Router::new()
        .route(\"/private\", get(a))
        .route_layer(middleware::from_fn(require_auth))
        .route(\"/public\", get(a))
        .layer(middleware::from_fn(stamp))
        .layer(TraceLayer::new_for_http())
}",
    );
    assert_eq!(
        found,
        ["GET /private a src/main.rs:2 [app authentication require_auth]", "GET /public a src/main.rs:2"]
    );
}

#[test]
fn the_layer_that_is_added_last_runs_first() {
    let found = axum(
        "async fn a() {}
fn app() -> Router {
    let admin = Router::new()
        .route(\"/x\", get(a).layer(from_fn(require_scope)))
        .layer(from_fn_with_state(state, require_admin))
        .layer(ServiceBuilder::new().layer(CorsLayer::permissive()).layer(ValidateRequestHeaderLayer::bearer(\"t\")));
    Router::new().nest(\"/admin\", admin).layer(from_fn(session_guard))
}",
    );
    assert_eq!(
        found,
        ["GET /admin/x a src/main.rs:2 [app authentication session_guard] \
          [router unknown validaterequestheaderlayer::bearer(\"t\")] [router role(require_admin) require_admin] \
          [route role(require_scope) require_scope]"
            .replace("unknown validate", "authentication validate")]
    );
}

#[test]
fn an_extractor_that_refuses_is_a_guard_and_an_optional_one_is_not() {
    let found = axum("struct User;
impl<S> FromRequestParts<S> for User {
    async fn from_request_parts() -> Result<Self, StatusCode> { Err(StatusCode::UNAUTHORIZED) }
}
struct Locale;
impl<S> FromRequestParts<S> for Locale { async fn from_request_parts() -> Self { Locale } }
async fn mine(user: User, Path(id): Path<u64>) {}
async fn open(user: Option<User>, locale: Locale, Json(body): Json<Body>) {}
async fn token(claims: auth::Claims) {}
fn app() -> Router { Router::new().route(\"/mine\", get(mine)).route(\"/open\", get(open)).route(\"/token\", get(token)) }");
    assert_eq!(
        found,
        [
            "GET /mine mine src/main.rs:8 [route authentication user]",
            "GET /open open src/main.rs:9",
            "GET /token token src/main.rs:10 [route authentication auth::claims]",
        ]
    );
}

#[test]
fn a_router_that_is_handed_on_or_changed_in_steps_stays_one() {
    let found = axum(
        "async fn a() {}
fn add(router: Router) -> Router { router.route(\"/added\", get(a)) }
fn app(extra: bool) -> Router {
    let mut app = Router::new().route(\"/first\", get(a));
    if extra {
        app = app.route(\"/extra\", get(a));
    }
    Router::new().nest(BASE, add(app))
}
const BASE: &str = \"/base\";",
    );
    assert_eq!(
        found,
        ["GET /base/added a src/main.rs:2", "GET /base/extra a src/main.rs:2", "GET /base/first a src/main.rs:2",]
    );
}

#[test]
fn a_function_with_several_callers_gives_each_its_own_router_back() {
    let found = axum(
        "async fn a() {}
fn limited(router: Router, n: usize) -> Router {
    match n { 0 => router, _ => router.layer(TimeoutLayer::new(n)) }
}
fn one() -> Router { Router::new().merge(limited(Router::new().route(\"/a\", get(a)), 1)) }
fn two() -> Router { let r = limited(Router::new().route(\"/b\", get(a)), 2); Router::new().merge(r) }
fn app() -> Router { Router::new().nest(\"/one\", one()).nest(\"/two\", two()) }",
    );
    assert_eq!(found, ["GET /one/a a src/main.rs:2", "GET /two/b a src/main.rs:2"]);
}

#[test]
fn a_path_made_at_runtime_is_unclear_and_a_format_of_constants_is_not() {
    let body = "use axum::Router;\nconst V: &str = \"v2\";\nasync fn a() {}
fn app(p: &str) -> Router { Router::new().route(p, get(a)).route(&format!(\"/{}/{{id}}\", V), get(a)) }";
    let found = table(&[("src/main.rs", body)]);
    assert_eq!(found.unclear, ["src/main.rs:4: the path is made at runtime"]);
    assert_eq!(lines(&[("src/main.rs", body)]), ["GET /v2/{id} a src/main.rs:3"]);
}

#[test]
fn handlers_may_be_associated_functions_and_re_exported_ones() {
    let found = lines(&[
        (
            "src/lib.rs",
            "mod web;\nuse axum::Router;\nuse web::{show, Api};\n
fn app() -> Router { Router::new().route(\"/a\", get(Api::list)).route(\"/b\", get(show)).route(\"/c\", get(web::show)) }",
        ),
        ("src/web/mod.rs", "mod inner;\npub use inner::show;\npub struct Api;\nimpl Api { pub async fn list() {} }\n"),
        ("src/web/inner.rs", "\npub async fn show() {}\n"),
        ("src/other.rs", "pub async fn show() {}\npub async fn list() {}\n"),
    ]);
    assert_eq!(
        found,
        ["GET /a list src/web/mod.rs:4", "GET /b show src/web/inner.rs:2", "GET /c show src/web/inner.rs:2"]
    );
}

#[test]
fn a_documented_router_reads_method_and_path_off_the_handler() {
    let found = axum(
        "#[utoipa::path(get, path = \"/docs/{id}\", responses((status = 200)))]
async fn docs() {}
fn app() { OpenApiRouter::new().routes(routes!(docs)).split_for_parts(); }",
    );
    assert_eq!(found, ["GET /docs/{id} docs src/main.rs:3"]);
}

#[test]
fn routers_of_tests_serve_nobody_and_other_routes_are_none() {
    let found = axum(
        "async fn a() {}
fn app() -> Router { Router::new().route(\"/a\", get(a)) }
fn other(map: Map) { map.route(\"/b\", get(a)); }
#[cfg(test)]
mod tests {
    fn app() -> Router { Router::new().route(\"/t\", get(super::a)) }
}",
    );
    assert_eq!(found, ["GET /a a src/main.rs:2"]);
}

fn actix(body: &str) -> Vec<String> {
    lines(&[("src/main.rs", &format!("use actix_web::{{web, App, get, post}};\n{body}"))])
}

#[test]
fn attributes_are_served_where_they_are_registered() {
    let found = actix(
        "#[get(\"/orders/{id}\")]
/// Shows one.
async fn show(id: web::Path<u64>) {}
#[actix_web::route(\"/both\", method = \"GET\", method = \"HEAD\", wrap = \"RequireAuth\")]
pub async fn both() {}
#[post(\"/lost\")]
async fn lost() {}
fn main() { App::new().service(web::scope(\"/api\").service(show).service(both)); }",
    );
    assert_eq!(
        found,
        [
            "GET /api/orders/{id} show src/main.rs:4",
            "GET,HEAD /api/both both src/main.rs:6 [route authentication requireauth]",
        ]
    );
}

#[test]
fn a_handler_that_nothing_serves_is_said_to_be_so() {
    let text = "use actix_web::post;\n#[post(\"/lost\")]\nasync fn lost() {}\n";
    let found = table(&[("src/main.rs", text)]);
    assert_eq!(found.unclear, ["src/main.rs:3: no application or scope that is read serves this handler"]);
}

#[test]
fn resources_scopes_and_configuration_of_other_modules_are_followed() {
    let found = lines(&[
        (
            "src/main.rs",
            "use actix_web::{web, App};\nmod users;\nfn main() {
    HttpServer::new(move || App::new().wrap(Logger::default()).service(
        web::scope(\"/v1\").wrap(HttpAuthentication::bearer(check)).configure(users::config)
            .service(web::resource(\"/r/{id}\").route(web::get().to(users::one)).route(web::put().to(users::two)))));
}
async fn check(req: ServiceRequest, auth: BearerAuth) -> Result<ServiceRequest, Error> { Err(ErrorUnauthorized(\"\")) }",
        ),
        (
            "src/users.rs",
            "use actix_web::web;\n
pub fn config(cfg: &mut web::ServiceConfig) {
    cfg.route(\"/plain\", web::post().to(one)).service(web::resource(\"/all\").to(two));
    more(cfg);
}
fn more(c: &mut web::ServiceConfig) { c.service(web::resource(\"/m\").get(one).delete(two)); }
pub async fn one() {}
pub async fn two() {}
",
        ),
    ]);
    let guard = "[router authentication httpauthentication::bearer(check)]";
    assert_eq!(
        found,
        [
            format!("* /v1/all two src/users.rs:9 {guard}"),
            format!("DELETE /v1/m two src/users.rs:9 {guard}"),
            format!("GET /v1/m one src/users.rs:8 {guard}"),
            format!("GET /v1/r/{{id}} one src/users.rs:8 {guard}"),
            format!("POST /v1/plain one src/users.rs:8 {guard}"),
            format!("PUT /v1/r/{{id}} two src/users.rs:9 {guard}"),
        ]
    );
}

#[test]
fn scopes_nest_and_wrap_reaches_all_of_its_scope_only() {
    let found = actix("async fn a() {}
fn scope() -> actix_web::Scope {
    web::scope(\"/admin\").route(\"\", web::get().to(a)).wrap(from_fn(require_admin)).route(\"/x\", web::get().wrap(KeyGuard).to(a))
}
fn main() { App::new().service(web::scope(\"/api\").service(scope()).route(\"/open\", web::get().to(a))); }");
    let guard = "[router role(require_admin) require_admin]";
    assert_eq!(
        found,
        [
            format!("GET /api/admin a src/main.rs:2 {guard}"),
            format!("GET /api/admin/x a src/main.rs:2 {guard} [route authentication keyguard]"),
            "GET /api/open a src/main.rs:2".to_owned(),
        ]
    );
}

#[test]
fn lists_closures_and_methods_of_actix_are_read() {
    let found = actix(
        "#[get(\"/a\")]
async fn a() {}
#[get(\"/b\")]
async fn b() {}
async fn c() {}
fn main() {
    App::new().configure(|cfg| { cfg.service(services![a, b]); }).service((a, b))
        .route(\"/m\", web::method(Method::PATCH).to(c))
        .route(\"/g\", web::route().guard(guard::Put()).to(c));
}",
    );
    assert_eq!(
        found,
        ["GET /a a src/main.rs:3", "GET /b b src/main.rs:5", "PATCH /m c src/main.rs:6", "PUT /g c src/main.rs:6"]
    );
}

#[test]
fn a_handler_under_another_name_is_found() {
    let found = lines(&[
        (
            "src/main.rs",
            "mod handlers;\nuse axum::{Router, routing::get};\nuse handlers::list as list_orders;\n\
             fn app() -> Router { Router::new().route(\"/a\", get(list_orders)) }\n",
        ),
        ("src/handlers.rs", "\npub async fn list() {}\n"),
    ]);
    assert_eq!(found, ["GET /a list src/handlers.rs:2"]);
}

#[test]
fn a_handler_of_another_crate_is_not_the_one_that_is_called_alike() {
    let found = lines(&[
        (
            "api/src/main.rs",
            "use axum::{Router, routing::get};\nuse ready_made::health;\n\
             fn app() -> Router { Router::new().route(\"/a\", get(health)).route(\"/b\", get(api_jobs::run)) }\n",
        ),
        ("api/Cargo.toml", "[package]\nname = \"api\"\n"),
        ("jobs/Cargo.toml", "[package]\nname = \"api-jobs\"\n"),
        ("jobs/src/lib.rs", "pub async fn health() {}\npub async fn run() {}\n"),
    ]);
    assert_eq!(found, ["GET /a health api/src/main.rs:3", "GET /b run jobs/src/lib.rs:2"]);
}

#[test]
fn a_handler_of_a_dependency_is_not_one_of_the_project() {
    let found = lines(&[
        (
            "src/main.rs",
            "mod own;\nuse axum::{Router, routing::get};\nuse ready_made::health;\n\
             fn app() -> Router { Router::new().route(\"/a\", get(health)).route(\"/b\", get(own::health)) }\n",
        ),
        ("src/own.rs", "\npub async fn health() {}\n"),
    ]);
    assert_eq!(found, ["GET /a health src/main.rs:4", "GET /b health src/own.rs:2"]);
}

#[test]
fn all_names_of_a_module_may_come_through_another_one() {
    let found = lines(&[
        (
            "src/main.rs",
            "mod a;\nmod b;\nmod prelude;\nuse axum::{Router, routing::get};\nuse prelude::*;\n\
             fn app() -> Router { Router::new().route(\"/a\", get(list)).route(\"/b\", get(b::show)).route(\"/c\", get(all)) }\n",
        ),
        ("src/prelude.rs", "pub use super::*;\npub use crate::b::*;\npub use crate::a::list as all;\n"),
        ("src/a.rs", "pub async fn list() {}\npub async fn show() {}\n"),
        ("src/b.rs", "\npub async fn list() {}\npub async fn show() {}\n"),
    ]);
    assert_eq!(found, ["GET /a list src/b.rs:2", "GET /b show src/b.rs:3", "GET /c list src/a.rs:1"]);
}

#[test]
fn a_use_of_all_names_leads_to_the_handlers_of_its_module() {
    let found = lines(&[
        (
            "src/main.rs",
            "mod a;\nmod b;\nuse axum::{Router, routing::get};\nuse crate::b::*;\n\
             fn app() -> Router { Router::new().route(\"/a\", get(list)) }\n",
        ),
        ("src/a.rs", "pub async fn list() {}\n"),
        ("src/b.rs", "\npub async fn list() {}\n"),
    ]);
    assert_eq!(found, ["GET /a list src/b.rs:2"]);
}
