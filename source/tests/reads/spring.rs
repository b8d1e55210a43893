//! Routes of Spring. The shapes are those of public repositories, written anew.

use routewarden_source::frameworks::find_routes;
use routewarden_source::routes::{GuardKind, GuardLevel, RouteEntry, RouteTable};

use crate::project::project;

const WEB: &str = "import org.springframework.web.bind.annotation.*;\n";

/// The routes of these files; a name ends with its class, and each file has the imports of Spring in its first line.
fn routes(files: &[(&str, &str)]) -> RouteTable {
    let read = |(path, text): &(&str, &str)| {
        let is_java = path.ends_with(".java");
        (
            if is_java { format!("src/main/java/{path}") } else { (*path).to_owned() },
            if is_java { format!("{WEB}{text}") } else { (*text).to_owned() },
        )
    };
    let all: Vec<(String, String)> = files.iter().map(read).collect();
    let all: Vec<(&str, &str)> = all.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    find_routes(&project(&all))
}

/// `GET /orders/{id} OrderController.one:4`
fn shown(table: &RouteTable) -> Vec<String> {
    let one = |entry: &RouteEntry| {
        let methods = if entry.methods.is_empty() { "*".to_owned() } else { entry.methods.join(",") };
        let file = entry.handler.file.rsplit('/').next().unwrap_or_default();
        format!("{methods} {} {} {file}:{}", entry.path, entry.function, entry.handler.line)
    };
    table.routes.iter().map(one).collect()
}

fn kinds(table: &RouteTable, method: &str, path: &str) -> Vec<(GuardLevel, GuardKind)> {
    let is_it = |entry: &&RouteEntry| {
        entry.path == path && (entry.methods.is_empty() || entry.methods.iter().any(|known| known == method))
    };
    let entry = table.routes.iter().find(is_it).unwrap_or_else(|| panic!("{method} {path}: {:?}", shown(table)));
    entry.guards.iter().map(|guard| (guard.level, guard.kind.clone())).collect()
}

fn role(name: &str) -> GuardKind {
    GuardKind::Role(name.to_owned())
}

#[test]
fn mappings_of_class_and_method_are_joined() {
    let table = routes(&[(
        "shop/OrderController.java",
        "@RestController\n@RequestMapping(path = \"api/orders\", produces = \"application/json\")\npublic class OrderController {\n\
         \x20   @GetMapping\n    public List<Order> all() { return null; }\n\n\
         \x20   @GetMapping({\"/{id}\", \"/by-id/{id:[0-9]+}\"})\n    @Deprecated\n    public Order one(@PathVariable Long id) { return null; }\n\n\
         \x20   @RequestMapping(value = \"/{id}/read\", method = {RequestMethod.POST, RequestMethod.PATCH})\n    public void read(Long id) {}\n\n\
         \x20   @RequestMapping(\"/any/\")\n    public void any() {}\n\n    public void helper() {}\n}\n",
    )]);
    assert_eq!(
        shown(&table),
        [
            "GET /api/orders OrderController.all OrderController.java:6",
            "* /api/orders/any/ OrderController.any OrderController.java:16",
            "GET /api/orders/by-id/{id} OrderController.one OrderController.java:10",
            "GET /api/orders/{id} OrderController.one OrderController.java:10",
            "POST,PATCH /api/orders/{id}/read OrderController.read OrderController.java:13",
        ]
    );
}

#[test]
fn an_interface_may_have_the_mappings() {
    let table = routes(&[
        (
            "shop/OwnersApi.java",
            "public interface OwnersApi {\n    @RequestMapping(method = RequestMethod.GET, value = \"/owners\")\n    List<Owner> listOwners();\n\n\
             \x20   @DeleteMapping(\"/owners/{id}\")\n    default void remove(Long id) { throw new IllegalStateException(); }\n}\n",
        ),
        (
            "shop/OwnerController.java",
            "@RestController\n@RequestMapping(\"${openapi.shop.base-path:/v2}\")\npublic class OwnerController implements OwnersApi {\n\
             \x20   @Override\n    public List<Owner> listOwners() { return null; }\n}\n",
        ),
        // A client of another service has mappings and serves nothing.
        (
            "shop/OwnersClient.java",
            "@FeignClient(name = \"owners\")\npublic interface OwnersClient extends OwnersApi {}\n",
        ),
        (
            "shop/PlainOwners.java",
            "public class PlainOwners implements OwnersApi { public List<Owner> listOwners() { return null; } }\n",
        ),
    ]);
    assert_eq!(
        shown(&table),
        [
            "GET /v2/owners OwnerController.listOwners OwnerController.java:6",
            "DELETE /v2/owners/{id} OwnerController.remove OwnersApi.java:7",
        ]
    );
}

#[test]
fn a_class_above_may_have_the_mappings() {
    let table = routes(&[
        (
            "shop/base/CrudController.java",
            "public abstract class CrudController<T> {\n    @GetMapping(\"/{id}\")\n    public T one(Long id) { return null; }\n\n\
             \x20   @PostMapping\n    public T create(T it) { return null; }\n}\n",
        ),
        (
            "shop/PetController.java",
            "import shop.base.CrudController;\n@RestController\n@RequestMapping(Paths.PETS)\npublic class PetController extends CrudController<Pet> {\n\
             \x20   @Override\n    public Pet create(Pet it) { return it; }\n}\n",
        ),
        (
            "shop/Paths.java",
            "public final class Paths {\n    static final String API = \"/api\";\n    public static final String PETS = API + \"/pets\";\n}\n",
        ),
    ]);
    assert_eq!(
        shown(&table),
        [
            "POST /api/pets PetController.create PetController.java:7",
            "GET /api/pets/{id} PetController.one CrudController.java:4",
        ]
    );
}

#[test]
fn an_annotation_of_the_project_may_make_a_controller() {
    let table = routes(&[
        ("shop/ApiController.java", "@RestController\n@RequestMapping(\"/api\")\npublic @interface ApiController {}\n"),
        (
            "shop/Hello.java",
            "@ApiController\nclass Hello {\n    @GetMapping(\"/hello\")\n    String hello() { return \"\"; }\n}\n",
        ),
    ]);
    assert_eq!(shown(&table), ["GET /api/hello Hello.hello Hello.java:5"]);
}

#[test]
fn properties_and_configuration_put_prefixes_before_paths() {
    let controller = "@RestController\n@RequestMapping(\"${api.prefix}/users\")\npublic class UserController {\n\
                      \x20   @PostMapping(\"/register\")\n    public void register() {}\n}\n";
    let unknown =
        "@RestController\n@RequestMapping(\"${elsewhere}\")\nclass Lost { @GetMapping(\"/x\") void x() {} }\n";
    let page = "@Controller\npublic class Page { @GetMapping(\"/page\") String page() { return \"\"; } }\n";
    let table = routes(&[
        ("src/main/resources/application.yml", "server:\n  servlet:\n    context-path: /shop\napi:\n  prefix: /v1\n"),
        ("shop/UserController.java", controller),
        ("shop/Lost.java", unknown),
        ("shop/Page.java", page),
        (
            "shop/WebConfig.java",
            "class WebConfig implements WebMvcConfigurer {\n    public void configurePathMatch(PathMatchConfigurer configurer) {\n\
             \x20       configurer.addPathPrefix(\"/api\", type -> type.isAnnotationPresent(RestController.class));\n    }\n}\n",
        ),
    ]);
    assert_eq!(
        shown(&table),
        [
            "POST /shop/api/v1/users/register UserController.register UserController.java:6",
            "GET /shop/page Page.page Page.java:3",
        ]
    );
    assert_eq!(table.unclear.len(), 1);
    let dotted = routes(&[
        (
            "src/main/resources/application.properties",
            "# a comment\nserver.servlet.contextPath=/shop\napi.prefix: v2\n",
        ),
        ("shop/UserController.java", controller),
    ]);
    assert_eq!(shown(&dotted), ["POST /shop/v2/users/register UserController.register UserController.java:6"]);
}

#[test]
fn a_prefix_may_be_for_packages() {
    let table = routes(&[
        ("de/shop/api/Hello.java", "@RestController class Hello { @GetMapping(\"/x\") void x() {} }\n"),
        ("de/shop/web/Other.java", "@RestController class Other { @GetMapping(\"/y\") void y() {} }\n"),
        (
            "de/shop/WebConfig.java",
            "class WebConfig { void configurePathMatch(PathMatchConfigurer c) {\n\
             c.addPathPrefix(\"/api\", HandlerTypePredicate.forBasePackage(\"de.shop.api\")); } }\n",
        ),
    ]);
    assert_eq!(shown(&table), ["GET /api/x Hello.x Hello.java:2", "GET /y Other.y Other.java:2"]);
}

#[test]
fn router_functions_are_read() {
    let table = routes(&[
        (
            "shop/Routes.java",
            "class Routes {\n    @Bean RouterFunction<ServerResponse> plain(OrderHandler handler) {\n\
             \x20       return RouterFunctions.route(GET(\"/orders/{id}\").and(accept(JSON)), handler::one)\n\
             \x20           .andRoute(POST(\"orders\"), handler::create).filter(new Log());\n    }\n\n\
             \x20   @Bean RouterFunction<?> built(OrderHandler handler) {\n        return route().GET(\"/b\", handler::one)\n\
             \x20           .path(\"/inner\", inner -> inner.DELETE(\"/{id}\", handler::create))\n\
             \x20           .nest(path(\"/posts\"), () -> route().POST(handler::create).build()).build();\n    }\n\n\
             \x20   @Bean RouterFunction<ServerResponse> nested(OrderHandler handler) {\n\
             \x20       return nest(path(\"/n\"), route(PUT(\"/x\"), handler::one).andRoute(GET(\"/y\"), request -> null));\n    }\n\n\
             \x20   @Bean RouteLocator gateway(Builder builder) { return builder.routes().route(r -> r.path(\"/g\").uri(\"x\")).build(); }\n}\n",
        ),
        (
            "shop/OrderHandler.java",
            "class OrderHandler {\n    Mono<ServerResponse> one(ServerRequest request) { return null; }\n    Mono<ServerResponse> create(ServerRequest request) { return null; }\n}\n",
        ),
    ]);
    assert_eq!(
        shown(&table),
        [
            "GET /b OrderHandler.one OrderHandler.java:3",
            "DELETE /inner/{id} OrderHandler.create OrderHandler.java:4",
            "PUT /n/x OrderHandler.one OrderHandler.java:3",
            "GET /n/y  Routes.java:15",
            "POST /orders OrderHandler.create OrderHandler.java:4",
            "GET /orders/{id} OrderHandler.one OrderHandler.java:3",
            "POST /posts OrderHandler.create OrderHandler.java:4",
        ]
    );
}

const ADMIN: &str = "@RestController\n@RequestMapping(\"/api/admin\")\n@PreAuthorize(\"hasRole('ADMIN')\")\nclass AdminController {\n\
    \x20   @GetMapping\n    String get() { return \"\"; }\n\n    @PostMapping\n    @PreAuthorize(\"hasAuthority('admin:create') or hasRole('ROOT')\")\n    void post() {}\n\n\
    \x20   @PutMapping(\"/{id}\")\n    @PreAuthorize(\"hasRole('ADMIN') or @authz.owns(#id)\")\n    void put(Long id) {}\n\n\
    \x20   @DeleteMapping\n    @Secured({\"ROLE_A\", \"ROLE_B\"})\n    void delete() {}\n\n    @PatchMapping\n    @PermitAll\n    void patch() {}\n}\n";

#[test]
fn annotations_of_class_and_method_guard_a_route() {
    let table = routes(&[("shop/AdminController.java", ADMIN)]);
    assert_eq!(kinds(&table, "GET", "/api/admin"), [(GuardLevel::Router, role("ADMIN"))]);
    assert_eq!(kinds(&table, "POST", "/api/admin"), [(GuardLevel::Route, role("admin:create, ROOT"))]);
    // Another way in beside the role: what is asked is not known.
    assert_eq!(kinds(&table, "PUT", "/api/admin/{id}"), [(GuardLevel::Route, GuardKind::Unknown)]);
    assert_eq!(kinds(&table, "DELETE", "/api/admin"), [(GuardLevel::Route, role("ROLE_A, ROLE_B"))]);
    assert_eq!(kinds(&table, "PATCH", "/api/admin"), [(GuardLevel::Route, GuardKind::Public)]);
}

const OPEN: &str = "@RestController\nclass OpenController {\n    @PostMapping(\"/user/login\") void login() {}\n\
    \x20   @GetMapping(\"/shop/{id}\") void shop() {}\n    @PutMapping(\"/shop/{id}\") void change() {}\n\
    \x20   @GetMapping(\"/api/v1/markets/{id}/events\") void events() {}\n    @GetMapping(\"/internal/x\") void internal() {}\n}\n";

#[test]
fn the_first_rule_of_a_chain_that_matches_decides() {
    let chain = "@Configuration\nclass SecurityConfig {\n    static final String[] OPEN = {\"/user/code\", \"/user/login\"};\n\n\
        \x20   @Bean @Order(1)\n    SecurityFilterChain internal(HttpSecurity http) throws Exception {\n\
        \x20       http.securityMatcher(\"/internal/**\").authorizeHttpRequests(auth -> auth.anyRequest().hasAuthority(\"SYSTEM\"));\n        return http.build();\n    }\n\n\
        \x20   @Bean\n    SecurityFilterChain rest(HttpSecurity http) throws Exception {\n        http.csrf(csrf -> csrf.disable())\n\
        \x20           .authorizeHttpRequests(auth -> auth\n                .requestMatchers(OPEN).permitAll()\n\
        \x20               .requestMatchers(HttpMethod.GET, \"/shop/**\").permitAll()\n\
        \x20               .requestMatchers(\"/api/v1/markets/*/events\").access(\"hasRole('ROLE_BUSINESS')\")\n\
        \x20               .requestMatchers(\"shop/**\").hasRole(\"NEVER\")\n                .anyRequest().authenticated());\n        return http.build();\n    }\n}\n";
    let table = routes(&[("shop/OpenController.java", OPEN), ("shop/SecurityConfig.java", chain)]);
    let app = |kind| vec![(GuardLevel::App, kind)];
    assert_eq!(kinds(&table, "POST", "/user/login"), app(GuardKind::Public));
    assert_eq!(kinds(&table, "GET", "/shop/{id}"), app(GuardKind::Public));
    assert_eq!(kinds(&table, "PUT", "/shop/{id}"), app(GuardKind::Authentication));
    assert_eq!(kinds(&table, "GET", "/api/v1/markets/{id}/events"), app(role("ROLE_BUSINESS")));
    assert_eq!(kinds(&table, "GET", "/internal/x"), app(role("SYSTEM")));
}

#[test]
fn the_older_way_to_configure_a_chain_is_read_too() {
    let chain = "class Old extends WebSecurityConfigurerAdapter {\n    @Override\n    protected void configure(HttpSecurity http) throws Exception {\n\
        \x20       http.csrf().disable().authorizeRequests().antMatchers(HttpMethod.POST, \"/user/code\", \"/user/login\").permitAll()\n\
        \x20           .antMatchers(\"/shop/{id}\").not().hasRole(\"SPECIAL\").antMatchers(HttpMethod.GET, \"/api/**\").hasAnyRole(\"A\", Roles.B.name())\n\
        \x20           .anyRequest().authenticated().and().httpBasic();\n    }\n\n    protected void configure(AuthenticationManagerBuilder auth) { auth.anyRequest().permitAll(); }\n}\n";
    let table = routes(&[("shop/OpenController.java", OPEN), ("shop/Old.java", chain)]);
    let app = |kind| vec![(GuardLevel::App, kind)];
    assert_eq!(kinds(&table, "POST", "/user/login"), app(GuardKind::Public));
    assert_eq!(kinds(&table, "GET", "/shop/{id}"), app(GuardKind::Unknown));
    assert_eq!(kinds(&table, "GET", "/api/v1/markets/{id}/events"), app(role("A, Roles.B.name()")));
    assert_eq!(kinds(&table, "GET", "/internal/x"), app(GuardKind::Authentication));
}

#[test]
fn security_on_the_class_path_alone_asks_for_a_user() {
    let pom = "<project>\n  <artifactId>spring-boot-starter-security</artifactId>\n</project>\n";
    let table = routes(&[("shop/OpenController.java", OPEN), ("pom.xml", pom)]);
    assert_eq!(kinds(&table, "GET", "/shop/{id}"), [(GuardLevel::App, GuardKind::Authentication)]);
    let bare = routes(&[("shop/OpenController.java", OPEN), ("pom.xml", "<project/>\n")]);
    assert_eq!(kinds(&bare, "GET", "/shop/{id}"), []);
}

/// What each of these expressions on a method asks.
fn asked_by(expressions: &[&str]) -> Vec<GuardKind> {
    let methods = expressions
        .iter()
        .enumerate()
        .map(|(at, text)| format!("    @GetMapping(\"/{at}\") @PreAuthorize(\"{text}\") void m{at}() {{}}\n"));
    let class = format!("@RestController class One {{\n{}}}\n", methods.collect::<String>());
    let table = routes(&[("shop/One.java", &class)]);
    (0..expressions.len()).map(|at| kinds(&table, "GET", &format!("/{at}")).remove(0).1).collect()
}

#[test]
fn an_expression_asks_no_more_than_its_weakest_alternative() {
    let weaker = asked_by(&[
        "hasRole('ADMIN') or isAuthenticated()",
        "isAuthenticated() || hasRole('ADMIN')",
        "hasRole('ADMIN') OR permitAll()",
        "hasRole('ADMIN') or isAnonymous()",
        "(hasRole('A') and #id > 1) or (isAuthenticated())",
    ]);
    let signed_in = GuardKind::Authentication;
    assert_eq!(weaker, [signed_in.clone(), signed_in.clone(), GuardKind::Public, GuardKind::Unknown, signed_in]);
    // What is negated asks for the absence of a role.
    assert_eq!(
        asked_by(&["!hasRole('ADMIN')", "not hasRole('ADMIN')", "hasRole('ADMIN') == false"]),
        [GuardKind::Unknown, GuardKind::Unknown, GuardKind::Unknown]
    );
}

#[test]
fn an_expression_of_roles_keeps_them() {
    let roles = asked_by(&[
        "hasRole('A') and isAuthenticated()",
        "isAuthenticated() and hasRole('A')",
        "hasRole('A') and (#id == principal.id or isAuthenticated())",
        "hasAnyAuthority('read or write', 'B') or (hasRole('C'))",
    ]);
    assert_eq!(roles, [role("A"), role("A"), role("A"), role("read or write, B, C")]);
}

const REGEX: &str = "@RestController\nclass RegexController {\n    @GetMapping(\"/api/list\") void list() {}\n\
    \x20   @GetMapping(\"/orders/{id}\") void one() {}\n    @GetMapping(\"/users/{id}\") void user() {}\n\
    \x20   @GetMapping(\"/odd/x\") void odd() {}\n    @GetMapping(\"/rest\") void rest() {}\n\
    \x20   @GetMapping(\"/both\") void both() {}\n    @PostMapping(\"/both\") void post() {}\n}\n";

#[test]
fn a_regular_expression_of_a_chain_is_matched_as_one() {
    let chain = "class Old extends WebSecurityConfigurerAdapter {\n    @Override\n    protected void configure(HttpSecurity http) throws Exception {\n\
        \x20       http.authorizeRequests().regexMatchers(\"/api/.*\").permitAll()\n\
        \x20           .regexMatchers(HttpMethod.GET, \"/orders/[0-9]+\").permitAll()\n\
        \x20           .regexMatchers(\"/users/[^/]+\").hasRole(\"USER\")\n\
        \x20           .regexMatchers(\"/odd/(?!y).*\").permitAll()\n\
        \x20           .requestMatchers(new RegexRequestMatcher(\"/b.*\", \"GET\")).permitAll()\n\
        \x20           .anyRequest().authenticated();\n    }\n}\n";
    let table = routes(&[("shop/RegexController.java", REGEX), ("shop/Old.java", chain)]);
    let app = |kind| vec![(GuardLevel::App, kind)];
    assert_eq!(kinds(&table, "GET", "/api/list"), app(GuardKind::Public));
    // It depends on the number whether the rule is the one that decides.
    assert_eq!(kinds(&table, "GET", "/orders/{id}"), app(GuardKind::Unknown));
    assert_eq!(kinds(&table, "GET", "/users/{id}"), app(role("USER")));
    // Java looks ahead where this reader cannot.
    assert_eq!(kinds(&table, "GET", "/odd/x"), app(GuardKind::Unknown));
    assert_eq!(kinds(&table, "GET", "/rest"), app(GuardKind::Authentication));
    assert_eq!(kinds(&table, "GET", "/both"), app(GuardKind::Public));
    assert_eq!(kinds(&table, "POST", "/both"), app(GuardKind::Authentication));
}

#[test]
fn routes_below_a_path_made_at_runtime_are_said_to_be_unclear() {
    let table = routes(&[(
        "shop/Routes.java",
        "class Routes {\n    @Bean RouterFunction<ServerResponse> nested(Settings settings) {\n\
         \x20       return nest(path(settings.base()), route(PUT(\"/x\"), request -> null));\n    }\n}\n",
    )]);
    assert_eq!(shown(&table), Vec::<String>::new());
    assert_eq!(table.unclear, ["src/main/java/shop/Routes.java:4: the path is made at runtime"]);
}

#[test]
fn matchers_that_are_turned_around_cover_the_other_requests() {
    let table = |matcher: &str| {
        let config = format!(
            "class Config {{\n    @Bean\n    SecurityFilterChain chain(HttpSecurity http) {{\n        http.authorizeHttpRequests(auth -> auth\n            .requestMatchers({matcher}).permitAll()\n            .anyRequest().authenticated());\n        return http.build();\n    }}\n}}\n"
        );
        routes(&[
            ("shop/Config.java", &config),
            (
                "shop/Orders.java",
                "@RestController\npublic class Orders {\n    @GetMapping(\"/admin/a\")\n    public void a() {}\n    @GetMapping(\"/shop/b\")\n    public void b() {}\n}\n",
            ),
        ])
    };
    let kind = |matcher: &str, path: &str| kinds(&table(matcher), "GET", path).remove(0).1;
    for (matcher, of_admin, of_shop) in [
        ("new AntPathRequestMatcher(\"/admin/**\")", GuardKind::Public, GuardKind::Authentication),
        (
            "new NegatedRequestMatcher(new AntPathRequestMatcher(\"/admin/**\"))",
            GuardKind::Authentication,
            GuardKind::Public,
        ),
        ("RequestMatchers.not(antMatcher(\"/admin/**\"))", GuardKind::Authentication, GuardKind::Public),
        (
            "new AndRequestMatcher(antMatcher(\"/shop/**\"), new NegatedRequestMatcher(antMatcher(\"/shop/c\")))",
            GuardKind::Authentication,
            GuardKind::Public,
        ),
        (
            "new NegatedRequestMatcher(new OrRequestMatcher(List.of(antMatcher(\"/admin/**\"), antMatcher(\"/x\"))))",
            GuardKind::Authentication,
            GuardKind::Public,
        ),
    ] {
        assert_eq!((kind(matcher, "/admin/a"), kind(matcher, "/shop/b")), (of_admin, of_shop), "{matcher}");
    }
}
