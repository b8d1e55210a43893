//! Gin, Echo, Go's own router, chi and gorilla.

use crate::table::{lines, table};

const GIN: &str = "import \"github.com/gin-gonic/gin\"\n";

fn gin(body: &str) -> Vec<String> {
    lines(&[("main.go", &format!("package main\n{GIN}{body}"))])
}

#[test]
fn groups_of_gin_nest_their_prefixes_and_middleware() {
    let found = gin("func list(c *gin.Context) {}
func show(c *gin.Context) {}
func health(c *gin.Context) {}
func AuthRequired() gin.HandlerFunc { return func(c *gin.Context) { c.AbortWithStatus(401) } }
func main() {
\tr := gin.Default()
\tr.GET(\"/health\", health)
\tapi := r.Group(\"/api\")
\tv1 := api.Group(\"/v1\", AuthRequired())
\t{
\t\tv1.GET(\"/orders\", list)
\t\tv1.GET(\"/orders/:id\", RequireRole(\"admin\"), show)
\t}
}");
    assert_eq!(
        found,
        [
            "GET /api/v1/orders list main.go:3 [router authentication authrequired()]",
            "GET /api/v1/orders/{id} show main.go:4 [router authentication authrequired()] \
             [route role(admin) requirerole(\"admin\")]",
            "GET /health health main.go:5",
        ]
    );
}

#[test]
fn middleware_of_gin_reaches_only_what_is_declared_after_it() {
    let found = gin("func a(c *gin.Context) {}
func main() {
\tr := gin.New()
\tr.Use(gin.Logger())
\tr.GET(\"/before\", a)
\tr.Use(JWTAuth())
\tr.GET(\"/after\", a)
}");
    assert_eq!(found, ["GET /after a main.go:3 [app authentication jwtauth()]", "GET /before a main.go:3"]);
}

#[test]
fn routers_are_followed_through_parameters_fields_and_packages() {
    let found = lines(&[
        (
            "cmd/main.go",
            "package main\nimport (\n\"github.com/gin-gonic/gin\"\n\"example.com/shop/internal/routes\"\n)\n\
             func main() {\n\tr := gin.New()\n\troutes.Register(r.Group(\"/api\"))\n}\n",
        ),
        (
            "internal/routes/routes.go",
            "package routes\nimport (\n\"github.com/gin-gonic/gin\"\n\"example.com/shop/internal/handlers\"\n)\n\
             func Register(g *gin.RouterGroup) {\n\th := handlers.NewOrders(nil)\n\tu := &handlers.Users{}\n\
             \tg.GET(\"/orders/:id\", h.Get)\n\tg.POST(\"/users\", u.Get)\n\tg.DELETE(\"/all\", handlers.Wipe)\n}\n",
        ),
        (
            "internal/handlers/orders.go",
            "package handlers\n\ntype Orders struct{}\n\nfunc NewOrders(db any) *Orders { return &Orders{} }\n\n\
             func (o *Orders) Get(c *gin.Context) {}\n",
        ),
        (
            "internal/handlers/users.go",
            "package handlers\n\ntype Users struct{}\n\nfunc (u *Users) Get(c *gin.Context) {}\nfunc Wipe(c *gin.Context) {}\n",
        ),
        ("other/wipe.go", "package other\nfunc Wipe() {}\n"),
    ]);
    assert_eq!(
        found,
        [
            "DELETE /api/all Wipe internal/handlers/users.go:6",
            "GET /api/orders/{id} Orders.Get internal/handlers/orders.go:7",
            "POST /api/users Users.Get internal/handlers/users.go:5",
        ]
    );
}

#[test]
fn a_router_in_a_field_keeps_its_middleware() {
    let found = gin("type Server struct { router *gin.Engine }
func New() *Server {
\ts := &Server{router: gin.New()}
\ts.router.Use(s.requireToken())
\ts.routes()
\treturn s
}
func (s *Server) requireToken() gin.HandlerFunc { return func(c *gin.Context) { c.AbortWithStatus(401) } }
func (s *Server) routes() {
\tg := s.router.Group(prefix + \"/v1\")
\tg.PUT(\"/a\", s.put())
}
func (s *Server) put() gin.HandlerFunc {
\treturn func(c *gin.Context) {}
}
const prefix = \"/api\"
");
    assert_eq!(found, ["PUT /api/v1/a Server.put main.go:15 [app authentication s.requiretoken()]"]);
}

#[test]
fn a_name_that_promises_to_refuse_is_not_believed_over_its_body() {
    let found = gin("func authLogger(c *gin.Context) { log.Println(\"auth\"); c.Next() }
func gate(c *gin.Context) { if c.GetHeader(\"X\") == \"\" { c.AbortWithStatus(http.StatusUnauthorized) } }
func a(c *gin.Context) {}
func main() {
\tr := gin.New()
\tr.GET(\"/a\", authLogger, a)
\tr.GET(\"/b\", gate, a)
}");
    assert_eq!(found[0], "GET /a a main.go:5 [route unknown authlogger]");
    assert_eq!(found[1], "GET /b a main.go:5 [route authentication gate]");
}

#[test]
fn every_way_of_gin_to_name_methods_is_read_and_a_client_is_none() {
    let found = gin("func a(c *gin.Context) {}
func main() {
\tr := gin.New()
\tr.Any(\"/any\", a)
\tr.Handle(\"PATCH\", \"/handle\", a)
\tr.Handle(http.MethodGet, \"/constant\", a)
\tr.Match([]string{\"GET\", \"HEAD\"}, \"/match\", func(c *gin.Context) {
\t})
\tr.GET(\"/files/*path\", a)
\thttp.Get(\"https://example.org/x\")
}");
    assert_eq!(
        found,
        [
            "* /any a main.go:3",
            "GET /constant a main.go:3",
            "GET /files/{path} a main.go:3",
            "GET,HEAD /match main.go:9",
            "PATCH /handle a main.go:3",
        ]
    );
}

#[test]
fn one_function_that_registers_on_two_groups_gives_both() {
    let found = gin("func a(c *gin.Context) {}
func add(g *gin.RouterGroup) { g.GET(\"/a\", a) }
func main() {
\tr := gin.New()
\tadd(r.Group(\"/v1\"))
\tadd(r.Group(\"/v2\", BasicAuth()))
}");
    assert_eq!(
        found,
        ["GET /v1/a a main.go:3", "GET /v2/a a main.go:3 [router unknown basicauth()]"]
            .map(|line| { line.replace("unknown basicauth", "authentication basicauth") })
    );
}

#[test]
fn a_path_made_at_runtime_is_said_to_be_unclear() {
    let text = format!("package main\n{GIN}func main() {{\n\tr := gin.New()\n\tr.GET(os.Getenv(\"P\"), a)\n}}\n");
    let found = table(&[("main.go", &text)]);
    assert!(found.routes.is_empty());
    assert_eq!(found.unclear, ["main.go:5: the path is made at runtime"]);
}

#[test]
fn a_local_variable_is_the_one_of_its_own_block() {
    let found = gin("func a(c *gin.Context) {}
func main() {
\tr := gin.New()
\t{
\t\tg := r.Group(\"/one\")
\t\tg.GET(\"/a\", a)
\t}
\t{
\t\tg := r.Group(\"/two\")
\t\tg.GET(\"/a\", a)
\t}
}");
    assert_eq!(found, ["GET /one/a a main.go:3", "GET /two/a a main.go:3"]);
}

#[test]
fn a_wrapped_handler_is_found_and_its_wrapper_is_a_guard() {
    let found = gin("func a(w http.ResponseWriter, r *http.Request) {}
func main() {
\tr := gin.New()
\tr.GET(\"/a\", gin.WrapF(a))
\tr.GET(\"/b\", requireUser(a))
}");
    assert_eq!(found, ["GET /a a main.go:3", "GET /b a main.go:3 [route unknown requireuser]"]);
}

const ECHO: &str = "package main\nimport \"github.com/labstack/echo/v4\"\n";

#[test]
fn echo_puts_the_handler_before_its_middleware() {
    let found = lines(&[(
        "main.go",
        &format!(
            "{ECHO}func list(c echo.Context) error {{ return nil }}
func main() {{
\te := echo.New()
\te.GET(\"/open\", list)
\tg := e.Group(\"/admin\", middleware.JWT(secret))
\tg.GET(\"/users/:id\", list, RequireRole(\"admin\"))
\tg.Add(\"POST\", \"/x\", list)
\tg.Match([]string{{\"GET\", \"PUT\"}}, \"\", list)
\te.Use(middleware.Logger(), middleware.KeyAuth(check))
}}"
        ),
    )]);
    let app = "[app authentication middleware.keyauth(check)]";
    let jwt = "[router authentication middleware.jwt(secret)]";
    assert_eq!(
        found,
        [
            format!("GET /admin/users/{{id}} list main.go:3 {app} {jwt} [route role(admin) requirerole(\"admin\")]"),
            format!("GET /open list main.go:3 {app}"),
            format!("GET,PUT /admin list main.go:3 {app} {jwt}"),
            format!("POST /admin/x list main.go:3 {app} {jwt}"),
        ]
    );
}

const HTTP: &str = "package main\nimport \"net/http\"\n";

#[test]
fn patterns_of_the_own_router_are_read() {
    let found = lines(&[(
        "main.go",
        &format!(
            "{HTTP}func a(w http.ResponseWriter, r *http.Request) {{}}
func main() {{
\tmux := http.NewServeMux()
\tmux.HandleFunc(\"GET /orders/{{id}}\", a)
\tmux.HandleFunc(\"POST example.org/orders\", a)
\tmux.Handle(\"DELETE /orders/{{id}}\", requireAuth(http.HandlerFunc(a)))
\tmux.HandleFunc(\"/files/{{path...}}\", a)
\tmux.HandleFunc(\"GET /{{$}}\", a)
\thttp.HandleFunc(\"/plain\", a)
\thttp.ListenAndServe(\":80\", mux)
}}"
        ),
    )]);
    assert_eq!(
        found,
        [
            "* /files/{path} a main.go:3",
            "* /plain a main.go:3",
            "DELETE /orders/{id} a main.go:3 [route authentication requireauth]",
            "GET / a main.go:3",
            "GET /orders/{id} a main.go:3",
            "POST /orders a main.go:3",
        ]
    );
}

#[test]
fn one_handler_of_the_default_mux_is_enough_to_be_read() {
    let text = format!(
        "{HTTP}func main() {{\n\thttp.Handle(\"/metrics\", serve())\n}}\nfunc serve() http.Handler {{ return nil }}\n"
    );
    assert_eq!(lines(&[("main.go", &text)]), ["* /metrics serve main.go:6"]);
}

#[test]
fn a_mux_in_a_mux_and_a_wrapper_around_all_are_seen() {
    let found = lines(&[(
        "main.go",
        &format!(
            "{HTTP}func a(w http.ResponseWriter, r *http.Request) {{}}
func authenticate(next http.Handler) http.Handler {{ return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {{ http.Error(w, \"\", http.StatusUnauthorized) }}) }}
func main() {{
\tapi := http.NewServeMux()
\tapi.HandleFunc(\"GET /users\", a)
\tmux := http.NewServeMux()
\tmux.Handle(\"/v1/\", http.StripPrefix(\"/v1\", api))
\tmux.HandleFunc(\"GET /open\", a)
\tsrv := &http.Server{{Handler: logging(authenticate(mux))}}
\tsrv.ListenAndServe()
}}"
        ),
    )]);
    let guard = "[app authentication authenticate(mux)]";
    assert_eq!(found, [format!("GET /open a main.go:3 {guard}"), format!("GET /v1/users a main.go:3 {guard}")]);
}

#[test]
fn chi_and_gorilla_are_read_too() {
    let chi = lines(&[(
        "main.go",
        "package main\nimport (\n\"net/http\"\n\"github.com/go-chi/chi/v5\"\n)
func a(w http.ResponseWriter, r *http.Request) {}
func users() http.Handler { r := chi.NewRouter(); r.Get(\"/\", a); r.Post(\"/{id}\", a); return r }
func main() {
\tr := chi.NewRouter()
\tr.Route(\"/api\", func(r chi.Router) {
\t\tr.Group(func(r chi.Router) {
\t\t\tr.Use(Authenticator)
\t\t\tr.Mount(\"/users\", users())
\t\t})
\t\tr.With(AdminOnly).Delete(\"/all\", a)
\t})
\tr.Header.Get(\"x\")
}",
    )]);
    assert_eq!(
        chi,
        [
            "DELETE /api/all a main.go:6 [router role(adminonly) adminonly]",
            "GET /api/users a main.go:6 [router authentication authenticator]",
            "POST /api/users/{id} a main.go:6 [router authentication authenticator]",
        ]
    );
    let gorilla = lines(&[(
        "main.go",
        "package main\nimport (\n\"net/http\"\n\"github.com/gorilla/mux\"\n)
func a(w http.ResponseWriter, r *http.Request) {}
func main() {
\tr := mux.NewRouter()
\tapi := r.PathPrefix(\"/api\").Subrouter()
\tapi.Use(checkToken)
\tapi.HandleFunc(\"/x/{id:[0-9]+}\", a).Methods(\"GET\", \"PUT\").Name(\"x\")
\tr.Handle(\"/y\", http.HandlerFunc(a)).Methods(http.MethodPost)
}",
    )]);
    assert_eq!(gorilla, ["GET,PUT /api/x/{id} a main.go:6 [router authentication checktoken]", "POST /y a main.go:6"]);
}

#[test]
fn a_format_is_filled_only_where_all_its_values_are_known() {
    let text = format!(
        "package main\n{GIN}func main() {{\n\tr := gin.New()\n\tr.GET(fmt.Sprintf(\"/v%d/x\", n), a)\n\
         \tr.GET(fmt.Sprintf(\"/v%d/%s%v\", 2, \"y\", \"z\"), a)\n\tr.GET(fmt.Sprintf(\"/a/%s/%s\", \"b\"), a)\n\
         \tr.GET(fmt.Sprintf(\"/p/%05d\", 2), a)\n}}\n"
    );
    let files = [("main.go", text.as_str())];
    let found: Vec<String> = table(&files).routes.iter().map(|route| route.path.clone()).collect();
    assert_eq!(found, ["/v2/yz"]);
    let unclear = [5, 7, 8].map(|line| format!("main.go:{line}: the path is made at runtime"));
    assert_eq!(table(&files).unclear, unclear);
}
