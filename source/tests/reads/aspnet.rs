//! ASP.NET Core.

use crate::table::{lines, table};

fn controller(text: &str) -> Vec<String> {
    lines(&[("Controllers/OrdersController.cs", text)])
}

#[test]
fn tokens_and_templates_of_controllers_are_filled_in() {
    let found = controller(
        "[ApiController]
[Route(\"api/[controller]\")]
public class OrdersController : ControllerBase
{
    [HttpGet]
    public IActionResult List() => Ok();

    [HttpGet(\"{id:int}\")]
    public async Task<IActionResult> Get(int id) { return Ok(); }

    [HttpPost(\"[action]\")]
    public IActionResult Import() => Ok();

    [HttpPut(\"/absolute/{id}\"), HttpPatch(\"{id}\")]
    public IActionResult Put(int id) => Ok();

    [NonAction]
    public void Helper() { }
    private void Hidden() { }
}",
    );
    let at = "Controllers/OrdersController.cs";
    assert_eq!(
        found,
        [
            format!("GET /api/Orders OrdersController.List {at}:6"),
            format!("GET /api/Orders/{{id}} OrdersController.Get {at}:9"),
            format!("PATCH /api/Orders/{{id}} OrdersController.Put {at}:15"),
            format!("POST /api/Orders/Import OrdersController.Import {at}:12"),
            format!("PUT /absolute/{{id}} OrdersController.Put {at}:15"),
        ]
    );
}

#[test]
fn attributes_guard_and_anonymous_takes_them_away() {
    let found = controller(
        "[Authorize]
[Route(\"o\")]
public class OrdersController : ControllerBase
{
    [HttpGet] public IActionResult A() => Ok();
    [HttpPost, Authorize(Roles = \"Admin\")] public IActionResult B() => Ok();
    [HttpDelete, Authorize(\"CanDelete\")] public IActionResult C() => Ok();
    [HttpPut, AllowAnonymous] public IActionResult D() => Ok();
}",
    );
    let at = "Controllers/OrdersController.cs";
    let auth = "[router authentication authorize]";
    assert_eq!(
        found,
        [
            format!("DELETE /o OrdersController.C {at}:7 {auth} [route role(candelete) authorize(\"candelete\")]"),
            format!("GET /o OrdersController.A {at}:5 {auth}"),
            format!("POST /o OrdersController.B {at}:6 {auth} [route role(admin) authorize(roles = \"admin\")]"),
            format!("PUT /o OrdersController.D {at}:8 [route public allowanonymous]"),
        ]
    );
}

#[test]
fn a_base_class_gives_its_template_its_guard_and_its_actions() {
    let found = lines(&[
        (
            "Base.cs",
            "[Authorize]\n[Route(\"api/v{version:apiVersion}/[controller]\")]\npublic abstract class ApiBase : ControllerBase\n{\n    [HttpGet(\"ping\")]\n    public IActionResult Ping() => Ok();\n}",
        ),
        (
            "Users.cs",
            "[ApiVersion(\"1.0\")]\npublic class UsersController : ApiBase\n{\n    [HttpGet(\"{id?}\")]\n    public IActionResult Get(int? id) => Ok();\n}",
        ),
    ]);
    assert_eq!(
        found,
        [
            "GET /api/v{version}/Users/ping UsersController.Ping Base.cs:6 [router authentication authorize]",
            "GET /api/v{version}/Users/{id} UsersController.Get Users.cs:5 [router authentication authorize]",
        ]
    );
}

#[test]
fn several_templates_multiply_and_constants_are_followed() {
    let found = lines(&[
        (
            "Routes.cs",
            "public static class Routes { public const string Base = \"api/\"; public const string Items = Base + \"items\"; }",
        ),
        (
            "Items.cs",
            "[Route(Routes.Items)]\n[Route(\"old\")]\npublic class ItemsController : Controller\n{\n    [AcceptVerbs(\"GET\", \"POST\")]\n    [Route(\"x\")]\n    public IActionResult Do() => Ok();\n}",
        ),
    ]);
    assert_eq!(
        found,
        ["GET,POST /api/items/x ItemsController.Do Items.cs:7", "GET,POST /old/x ItemsController.Do Items.cs:7"]
    );
}

#[test]
fn conventional_routes_serve_what_has_no_attribute() {
    let found = lines(&[
        (
            "Program.cs",
            "app.MapControllerRoute(name: \"default\", pattern: \"{controller=Home}/{action=Index}/{id?}\");",
        ),
        (
            "HomeController.cs",
            "public class HomeController : Controller\n{\n    public IActionResult Index() => View();\n    [HttpPost]\n    public IActionResult Edit(int id) => View();\n}",
        ),
        (
            "Api.cs",
            "[Route(\"api\")]\npublic class ApiController : ControllerBase { [HttpGet] public int Get() => 1; }",
        ),
        ("Service.cs", "public class OrderService { public int Index() => 1; }"),
    ]);
    assert_eq!(
        found,
        [
            "* /Home/Index HomeController.Index HomeController.cs:3",
            "GET /api ApiController.Get Api.cs:2",
            "POST /Home/Edit/{id} HomeController.Edit HomeController.cs:5",
        ]
    );
}

#[test]
fn a_filter_of_the_project_is_judged_by_its_body() {
    let found = lines(&[
        (
            "Filters.cs",
            "public class KeyGateAttribute : Attribute, IAuthorizationFilter { public void OnAuthorization(AuthorizationFilterContext c) { c.Result = new UnauthorizedResult(); } }
public class AuthLogAttribute : ActionFilterAttribute { public override void OnActionExecuting(ActionExecutingContext c) { Log(c); } }",
        ),
        (
            "A.cs",
            "[Route(\"a\")]\npublic class AController : ControllerBase {\n  [HttpGet, KeyGate] public int A() => 1;\n  [HttpPost, AuthLog] public int B() => 1;\n}",
        ),
    ]);
    assert_eq!(
        found,
        [
            "GET /a AController.A A.cs:3 [route authentication keygate]",
            "POST /a AController.B A.cs:4 [route unknown authlog]",
        ]
    );
}

fn minimal(text: &str) -> Vec<String> {
    lines(&[("Program.cs", text)])
}

#[test]
fn the_minimal_api_nests_its_groups_and_guards() {
    let found = minimal(
        "var app = builder.Build();
app.MapGet(\"/\", () => \"hi\");
var api = app.MapGroup(\"/api\").RequireAuthorization();
var orders = api.MapGroup(\"orders\");
orders.RequireAuthorization(\"staff\");
orders.MapGet(\"/{id:int}\", (int id) => id);
orders.MapPost(\"\", Create).WithName(\"x\").AllowAnonymous();
app.MapMethods(\"/m\", new[] { \"GET\", \"HEAD\" }, Handlers.Many).RequireAuthorization();
static IResult Create() => Results.Ok();
class Handlers {

  public static void Many() {}
}",
    );
    assert_eq!(
        found,
        [
            "GET / Program.cs:2",
            "GET /api/orders/{id} Program.cs:6 [router authentication requireauthorization()] \
             [router role(staff) requireauthorization(\"staff\")]",
            "GET,HEAD /m Handlers.Many Program.cs:12 [route authentication requireauthorization()]",
            "POST /api/orders Create Program.cs:9 [route public allowanonymous()]",
        ]
    );
}

#[test]
fn extensions_are_followed_to_where_they_are_called() {
    let found = lines(&[
        (
            "Program.cs",
            "var app = builder.Build();\napp.MapGroup(\"/todos\").MapTodos().RequireAuthorization();\napp.MapUsers();",
        ),
        (
            "Todos.cs",
            "public static class Todos {\n  public static RouteGroupBuilder MapTodos(this RouteGroupBuilder group) {\n    group.MapGet(\"/\", GetAll);\n    return group;\n  }\n\n  static IResult GetAll() => null;\n}",
        ),
        (
            "Users.cs",
            "public static class Users {\n  public static void MapUsers(this IEndpointRouteBuilder routes) {\n    var g = routes.MapGroup(\"/users\");\n    g.MapDelete(\"/{id}\", GetAll);\n  }\n  static IResult GetAll() => null;\n}",
        ),
    ]);
    assert_eq!(
        found,
        [
            "DELETE /users/{id} Users.GetAll Users.cs:6",
            "GET /todos Todos.GetAll Todos.cs:7 [router authentication requireauthorization()]",
        ]
    );
}

#[test]
fn a_fallback_policy_and_filters_hold_for_the_application() {
    let found = lines(&[
        (
            "Program.cs",
            "builder.Services.AddAuthorization(o => { o.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build(); });
app.UsePathBase(\"/base\");
app.MapGet(\"/open\", () => 1).AllowAnonymous();
app.MapGet(\"/x\", [Authorize(Policy = \"p\")] () => 1);
app.MapControllers();",
        ),
        ("A.cs", "[Route(\"a\")]\npublic class AController : ControllerBase { [HttpGet] public int A() => 1; }"),
    ]);
    assert_eq!(
        found,
        [
            "GET /base/a AController.A A.cs:2 [app authentication fallbackpolicy]",
            "GET /base/open Program.cs:3 [route public allowanonymous()]",
            "GET /base/x Program.cs:4 [app authentication fallbackpolicy] [route role(p) authorize(policy = \"p\")]",
        ]
    );
}

#[test]
fn a_path_made_at_runtime_is_said_to_be_unclear() {
    let found = table(&[(
        "Program.cs",
        "var app = builder.Build();\napp.MapGet(config[\"p\"], () => 1);\ndictionary.Map(x, y);\n",
    )]);
    assert!(found.routes.is_empty());
    assert_eq!(found.unclear, ["Program.cs:2: the path is made at runtime"]);
}

#[test]
fn named_arguments_of_attributes_are_no_roles_however_they_are_spaced() {
    let found = controller(
        "[Route(\"o\")]
public class OrdersController : ControllerBase
{
    [HttpGet, Authorize(AuthenticationSchemes=\"Bearer\")] public IActionResult A() => Ok();
    [HttpPost, Authorize(AuthenticationSchemes =\"Bearer\", Roles=\"Admin\")] public IActionResult B() => Ok();
    [HttpDelete, Authorize(policy: \"CanDelete\")] public IActionResult C() => Ok();
    [HttpPut(\"a = b\"), Authorize(\"x = y\")] public IActionResult D() => Ok();
}",
    );
    let guards: Vec<&str> = found.iter().filter_map(|line| line.split_once(" [")).map(|(_, guard)| guard).collect();
    assert_eq!(
        guards,
        [
            "route role(candelete) authorize(policy: \"candelete\")]",
            "route authentication authorize(authenticationschemes=\"bearer\")]",
            "route role(admin) authorize(authenticationschemes =\"bearer\", roles=\"admin\")]",
            "route role(x = y) authorize(\"x = y\")]",
        ]
    );
}
