//! Laravel and Lumen.

use crate::table::{lines, table};

const ORDERS: (&str, &str) = (
    "app/Http/Controllers/OrderController.php",
    "<?php
namespace App\\Http\\Controllers;

class OrderController extends Controller
{
    public function index() {}
    public function store() {}
    public function show($id) {}
    public function update($id) {}
    public function destroy($id) {}
    public function __invoke() {}
}
",
);
const FILE: &str = "app/Http/Controllers/OrderController.php";

fn api(body: &str, files: &[(&str, &str)]) -> Vec<String> {
    let text = format!(
        "<?php\nuse App\\Http\\Controllers\\OrderController;\nuse Illuminate\\Support\\Facades\\Route;\n{body}\n"
    );
    let mut all = vec![("routes/api.php", text.as_str()), ORDERS];
    all.extend(files);
    lines(&all)
}

#[test]
fn routes_of_the_api_stand_below_api_and_those_of_the_web_do_not() {
    let found = api(
        "Route::get('/orders/{id}', [OrderController::class, 'show'])->middleware('auth:sanctum');
Route::post('once', OrderController::class);",
        &[(
            "routes/web.php",
            "<?php\nRoute::get('/', function () {\n  return 1;\n});\nRoute::view('/about', 'about');\n",
        )],
    );
    assert_eq!(
        found,
        [
            "GET / routes/web.php:2".to_owned(),
            "GET /about routes/web.php:5".to_owned(),
            format!("GET /api/orders/{{id}} OrderController.show {FILE}:8 [route authentication auth:sanctum]"),
            format!("POST /api/once OrderController.__invoke {FILE}:11"),
        ]
    );
}

#[test]
fn groups_nest_prefixes_middleware_and_controllers() {
    let found = api(
        "Route::middleware(['auth:sanctum', 'throttle:60'])->prefix('v1')->group(function () {
    Route::controller(OrderController::class)->prefix('orders')->group(function () {
        Route::get('/', 'index');
        Route::delete('{order}', 'destroy')->middleware('role:admin')->withoutMiddleware('throttle:60');
    });
    Route::group(['prefix' => 'open', 'middleware' => 'can:see'], fn () => Route::get('x', [OrderController::class, 'index']));
});",
        &[],
    );
    let auth = "[router authentication auth:sanctum]";
    let throttle = "[router unknown throttle:60]";
    assert_eq!(
        found,
        [
            format!(
                "DELETE /api/v1/orders/{{order}} OrderController.destroy {FILE}:10 {auth} [route role(admin) role:admin]"
            ),
            format!("GET /api/v1/open/x OrderController.index {FILE}:6 {auth} {throttle} [router role(see) can:see]"),
            format!("GET /api/v1/orders OrderController.index {FILE}:6 {auth} {throttle}"),
        ]
    );
}

#[test]
fn resources_of_an_api_have_no_forms_and_may_be_nested() {
    let found = api(
        "Route::apiResource('orders', OrderController::class)->only(['index', 'update']);
Route::apiResource('order-lists.items', OrderController::class)->except('store', 'update', 'destroy');
Route::apiResources(['things' => OrderController::class]);",
        &[],
    );
    assert_eq!(
        found,
        [
            format!("DELETE /api/things/{{thing}} OrderController.destroy {FILE}:10"),
            format!("GET /api/order-lists/{{order_list}}/items OrderController.index {FILE}:6"),
            format!("GET /api/order-lists/{{order_list}}/items/{{item}} OrderController.show {FILE}:8"),
            format!("GET /api/orders OrderController.index {FILE}:6"),
            format!("GET /api/things OrderController.index {FILE}:6"),
            format!("GET /api/things/{{thing}} OrderController.show {FILE}:8"),
            format!("POST /api/things OrderController.store {FILE}:7"),
            format!("PUT,PATCH /api/orders/{{order}} OrderController.update {FILE}:9"),
            format!("PUT,PATCH /api/things/{{thing}} OrderController.update {FILE}:9"),
        ]
    );
}

#[test]
fn full_resources_singletons_and_renamed_parameters_are_read() {
    let found = api(
        "Route::resource('categories', OrderController::class)->parameters(['categories' => 'slug'])->only('create', 'edit', 'show');
Route::singleton('profile', OrderController::class);
Route::resource('posts.comments', OrderController::class)->shallow()->only(['show', 'index']);",
        &[],
    );
    let paths: Vec<&str> = found.iter().map(|line| line.split(" Order").next().unwrap()).collect();
    assert_eq!(
        paths,
        [
            "GET /api/categories/create",
            "GET /api/categories/{slug}",
            "GET /api/categories/{slug}/edit",
            "GET /api/comments/{comment}",
            "GET /api/posts/{post}/comments",
            "GET /api/profile",
            "GET /api/profile/edit",
            "PUT,PATCH /api/profile",
        ]
    );
}

#[test]
fn a_provider_says_where_a_file_is_served() {
    let provider = (
        "app/Providers/RouteServiceProvider.php",
        "<?php
namespace App\\Providers;
class RouteServiceProvider extends ServiceProvider {
    protected $namespace = 'App\\Http\\Controllers';
    public function boot() {
        $this->routes(function () {
            Route::prefix('rest')->middleware('api')->group(base_path('routes/api.php'));
        });
    }
}
",
    );
    let kernel = (
        "app/Http/Kernel.php",
        "<?php
class Kernel extends HttpKernel {
    protected $middleware = [ \\App\\Http\\Middleware\\TrustProxies::class ];
    protected $middlewareGroups = [ 'api' => ['throttle:api', 'signed.in'] ];
    protected $routeMiddleware = [ 'signed.in' => \\App\\Http\\Middleware\\SignedIn::class ];
}
",
    );
    let classes = [
        (
            "app/Http/Middleware/SignedIn.php",
            "<?php\nnamespace App\\Http\\Middleware;\nclass SignedIn { public function handle($r, $next) { if (!$r->user()) { abort(401); } return $next($r); } }\n",
        ),
        (
            "app/Http/Middleware/TrustProxies.php",
            "<?php\nnamespace App\\Http\\Middleware;\nclass TrustProxies { public function handle($r, $next) { return $next($r); } }\n",
        ),
    ];
    let found = api("Route::get('orders', 'OrderController@index');", &[provider, kernel, classes[0], classes[1]]);
    assert_eq!(
        found,
        [format!(
            "GET /rest/orders OrderController.index {FILE}:6 [router unknown throttle:api] [router authentication signed.in]"
        )]
    );
}

#[test]
fn controllers_put_middleware_before_their_own_methods() {
    let users = (
        "app/Http/Controllers/UserController.php",
        "<?php
namespace App\\Http\\Controllers;
class UserController extends Base {
    public function __construct() {
        $this->middleware('auth')->except(['index']);
        $this->middleware('role:admin', ['only' => ['destroy']]);
    }
    public function index() {}
    public function destroy($id) {}
}
",
    );
    let teams = (
        "app/Http/Controllers/TeamController.php",
        "<?php
namespace App\\Http\\Controllers;
class TeamController implements HasMiddleware {
    public static function middleware(): array {
        return ['auth', new Middleware('can:edit', only: ['store'])];
    }
    public function index() {}
    public function store() {}
}
",
    );
    let found = api(
        "Route::get('users', [\\App\\Http\\Controllers\\UserController::class, 'index']);
Route::delete('users/{id}', 'App\\Http\\Controllers\\UserController@destroy');
Route::get('teams', 'TeamController@index');
Route::post('teams', 'TeamController@store');",
        &[users, teams],
    );
    assert_eq!(
        found,
        [
            "DELETE /api/users/{id} UserController.destroy app/Http/Controllers/UserController.php:9 \
             [router authentication auth] [router role(admin) role:admin]",
            "GET /api/teams TeamController.index app/Http/Controllers/TeamController.php:7 [router authentication auth]",
            "GET /api/users UserController.index app/Http/Controllers/UserController.php:8",
            "POST /api/teams TeamController.store app/Http/Controllers/TeamController.php:8 \
             [router authentication auth] [router role(edit) can:edit]",
        ]
    );
}

#[test]
fn the_class_is_the_one_that_is_imported() {
    let other = (
        "app/Http/Controllers/Admin/OrderController.php",
        "<?php\nnamespace App\\Http\\Controllers\\Admin;\n\nclass OrderController {\n    public function index() {}\n}\n",
    );
    let found = api(
        "use App\\Http\\Controllers\\Admin\\OrderController as AdminOrders;
Route::get('a', [AdminOrders::class, 'index']);
Route::get('b', [OrderController::class, 'index']);
Route::namespace('Admin')->group(function () { Route::get('c', 'OrderController@index'); });",
        &[other],
    );
    assert_eq!(
        found,
        [
            "GET /api/a AdminOrders.index app/Http/Controllers/Admin/OrderController.php:5".to_owned(),
            format!("GET /api/b OrderController.index {FILE}:6"),
            "GET /api/c OrderController.index app/Http/Controllers/Admin/OrderController.php:5".to_owned(),
        ]
    );
}

#[test]
fn methods_that_are_inherited_or_of_a_trait_are_found() {
    let files = [
        (
            "app/Http/Controllers/Base.php",
            "<?php\nnamespace App\\Http\\Controllers;\nclass Base {\n  public function show() {}\n}\n",
        ),
        ("app/Shows.php", "<?php\nnamespace App;\ntrait Shows {\n\n  public function list() {}\n}\n"),
        (
            "app/Http/Controllers/AController.php",
            "<?php\nnamespace App\\Http\\Controllers;\nuse App\\Shows;\nclass AController extends Base {\n  use Shows;\n}\n",
        ),
    ];
    let found = api(
        "Route::get('a/{id?}', 'AController@show');\nRoute::match(['get', 'head'], 'l', 'AController@list');",
        &files,
    );
    assert_eq!(
        found,
        [
            "GET /api/a AController.show app/Http/Controllers/Base.php:4",
            "GET /api/a/{id} AController.show app/Http/Controllers/Base.php:4",
            "GET,HEAD /api/l AController.list app/Shows.php:5",
        ]
    );
}

#[test]
fn files_that_are_required_and_a_new_bootstrap_are_followed() {
    let found = api(
        "Route::prefix('auth')->group(__DIR__.'/auth.php');
require __DIR__.'/more.php';",
        &[
            ("routes/auth.php", "<?php\nRoute::post('login', fn () => 1);\n"),
            ("routes/more.php", "<?php\nRoute::any('more', fn () => 1);\n"),
            (
                "bootstrap/app.php",
                "<?php\nreturn Application::configure()->withRouting(api: __DIR__.'/../routes/api.php', apiPrefix: 'api/v9')
  ->withMiddleware(function (Middleware $middleware) { $middleware->append(EnsureTokenIsValid::class); })->create();\n",
            ),
        ],
    );
    assert_eq!(
        found,
        [
            "* /api/v9/more routes/more.php:2 [app authentication ensuretokenisvalid]",
            "POST /api/v9/auth/login routes/auth.php:2 [app authentication ensuretokenisvalid]",
        ]
    );
}

#[test]
fn lumen_has_its_own_router_and_other_calls_are_no_routes() {
    let text = "<?php
$router->get('x', ['middleware' => 'auth', 'uses' => 'OrderController@index']);
$router->group(['prefix' => 'v1'], function () use ($router) { $router->post('y', 'OrderController@store'); });
$client->get('https://example.org');
Route::get($path, fn () => 1);
";
    let files = [("routes/web.php", text), ORDERS];
    assert_eq!(
        lines(&files),
        [
            format!("GET /x OrderController.index {FILE}:6 [route authentication auth]"),
            format!("POST /v1/y OrderController.store {FILE}:7"),
        ]
    );
    assert_eq!(table(&files).unclear, ["routes/web.php:5: the path is made at runtime"]);
}

#[test]
fn a_text_with_anything_put_in_is_made_at_runtime() {
    let text = "<?php
Route::get(\"{$this->prefix}/x\", fn () => 1);
Route::get(\"{$config['p']}/x\", fn () => 1);
Route::get(\"$prefix/x\", fn () => 1);
Route::get(\"$this->prefix/x\", fn () => 1);
Route::get(\"${prefix}/x\", fn () => 1);
Route::get(\"/plain/{id}\", fn () => 1);
";
    let files = [("routes/web.php", text)];
    assert_eq!(lines(&files), ["GET /plain/{id} routes/web.php:7"]);
    let unclear = [2, 3, 4, 5, 6].map(|line| format!("routes/web.php:{line}: the path is made at runtime"));
    assert_eq!(table(&files).unclear, unclear);
}
