//! APIs whose names are German, French, Spanish or Portuguese: the scan signs up, signs in, and knows whose an object is.

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use super::kit::{self, Db, Server, ok, plain, refuse, said, scan, scan_with, serve, unauthorized, with_id};

/// The names of one API.
#[derive(Debug, Clone, Copy)]
struct Tongue {
    sign_up: &'static str,
    sign_in: &'static str,
    caller: &'static str,
    user_name: &'static str,
    email: &'static str,
    password: &'static str,
    rows: &'static str,
    owner: &'static str,
    title: &'static str,
    is_weak: bool,
}

const TONGUES: [Tongue; 4] = [
    Tongue {
        sign_up: "/registrieren",
        sign_in: "/anmelden",
        caller: "/mein-konto",
        user_name: "benutzername",
        email: "email",
        password: "passwort",
        rows: "/rechnungen",
        owner: "besitzer_id",
        title: "titel",
        is_weak: true,
    },
    Tongue {
        sign_up: "/inscription",
        sign_in: "/connexion",
        caller: "/moi",
        user_name: "nomUtilisateur",
        email: "courriel",
        password: "motDePasse",
        rows: "/factures",
        owner: "proprietaireId",
        title: "titre",
        is_weak: true,
    },
    Tongue {
        sign_up: "/registro",
        sign_in: "/iniciar-sesion",
        caller: "/yo",
        user_name: "nombre_usuario",
        email: "correo",
        password: "contraseña",
        rows: "/facturas",
        owner: "propietario_id",
        title: "titulo",
        is_weak: true,
    },
    Tongue {
        sign_up: "/cadastro",
        sign_in: "/entrar",
        caller: "/minha-conta",
        user_name: "nomeUsuario",
        email: "email",
        password: "senha",
        rows: "/faturas",
        owner: "usuarioId",
        title: "titulo",
        is_weak: true,
    },
];

async fn answer(State((db, tongue)): State<(Db, Tongue)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Value =
        to_bytes(body, 65_536).await.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let path = parts.uri.path().to_owned();

    match (&parts.method, path.as_str()) {
        (&Method::POST, path) if path == tongue.sign_up => tongue.sign_up(&db, &body),
        (&Method::POST, path) if path == tongue.sign_in => tongue.sign_in(&db, &body),
        _ => match db.caller(&parts.headers) {
            Some(caller) => tongue.serve_caller(&db, &parts.method, &path, (caller, &body)),
            None => unauthorized(),
        },
    }
}

impl Tongue {
    fn sign_up(&self, db: &Db, body: &Value) -> Response {
        for field in [self.user_name, self.email, self.password] {
            if body[field].as_str().is_none_or(str::is_empty) {
                return refuse(400, &format!("{field}: ?"));
            }
        }
        if !body[self.email].as_str().is_some_and(|text| text.contains('@')) {
            return refuse(400, &format!("{}: ?", self.email));
        }
        let mut user = body.clone();
        user["id"] = db.fresh_id().into();
        db.lock().users.push(user.clone());
        (StatusCode::CREATED, Json(self.shown(user))).into_response()
    }

    fn sign_in(&self, db: &Db, body: &Value) -> Response {
        let is_it = |user: &&Value| [self.user_name, self.password].iter().all(|name| user[*name] == body[*name]);
        let Some(id) = db.lock().users.iter().find(is_it).and_then(|user| user["id"].as_u64()) else {
            return refuse(401, "?");
        };
        let token = format!("{:032x}", rand::random::<u128>());
        db.lock().tokens.push((token.clone(), id));
        ok(json!({"token": token}))
    }

    fn shown(&self, mut user: Value) -> Value {
        user.as_object_mut().unwrap().remove(self.password);
        user
    }

    fn serve_caller(&self, db: &Db, method: &Method, path: &str, (caller, body): (u64, &Value)) -> Response {
        if path == self.caller {
            return match *method {
                Method::DELETE => {
                    db.lock().users.retain(|user| user["id"] != caller);
                    db.lock().rows.retain(|row| row[self.owner] != caller);
                    StatusCode::NO_CONTENT.into_response()
                }
                _ => db.user(caller).map_or_else(unauthorized, |user| ok(self.shown(user))),
            };
        }
        if path == self.rows && *method == Method::POST {
            let Some(title) = body[self.title].as_str() else { return refuse(400, self.title) };
            let row = json!({"id": db.fresh_id(), self.owner: caller, self.title: title});
            db.lock().rows.push(row.clone());
            return (StatusCode::CREATED, Json(row)).into_response();
        }
        if path == self.rows {
            let tables = db.lock();
            return ok(tables.rows.iter().filter(|row| row[self.owner] == caller).cloned().collect());
        }

        let id = path.strip_prefix(self.rows).and_then(|rest| rest.strip_prefix('/')?.parse::<u64>().ok());
        let row = id.and_then(|id| db.row(id)).filter(|row| {
            let reads = *method == Method::GET;
            row[self.owner] == caller || reads && self.is_weak
        });
        match (row, method) {
            (None, _) => refuse(404, "?"),
            (Some(row), &Method::DELETE) => {
                db.lock().rows.retain(|known| known["id"] != row["id"]);
                StatusCode::NO_CONTENT.into_response()
            }
            (Some(row), _) => ok(row),
        }
    }

    fn document(&self) -> Value {
        let takes = |names: &[&str], status: &str| {
            let fields: Map<String, Value> =
                names.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
            json!({"requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "properties": fields, "required": names}}}},
                   "responses": {status: {"description": "-"}}})
        };
        let open = |mut operation: Value| {
            operation["security"] = json!([]);
            operation
        };
        json!({"openapi": "3.0.3", "info": {"title": "-", "version": "1"}, "security": [{"main": []}],
        "components": {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}},
        "paths": {
            self.sign_up: {"post": open(takes(&[self.user_name, self.email, self.password], "201"))},
            self.sign_in: {"post": open(takes(&[self.user_name, self.password], "200"))},
            self.caller: {"get": plain("200"), "delete": plain("204")},
            self.rows: {"get": plain("200"), "post": takes(&[self.title], "201")},
            format!("{}/{{id}}", self.rows): with_id(json!({"get": plain("200"), "delete": plain("204")})),
        }})
    }

    async fn serve(self) -> Server {
        let db = Db::default();
        let router = Router::new().fallback(answer).with_state((db.clone(), self));
        serve(&db, router, self.document()).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_of_others_are_read_whatever_the_language() {
    for tongue in TONGUES {
        let server = tongue.serve().await;
        let report = scan(&server, "active").await;
        let read = format!("GET {}/{{id}}", tongue.rows);
        // What an owner's field alone says of the meaning leaves a doubt, in English too.
        let found = said(&report, "authz/bola-read", &read);
        assert!(matches!(found.as_str(), "confirmed" | "suspected"), "{tongue:?} {found} {:?}", report.notes);
        assert!(
            server.db.lock().users.is_empty() && server.db.lock().rows.is_empty(),
            "{tongue:?} {:?}",
            report.writes
        );

        let server = Tongue { is_weak: false, ..tongue }.serve().await;
        let report = scan(&server, "active").await;
        let kept = said(&report, "authz/bola-read", &read);
        assert!(kept.starts_with("Held"), "{tongue:?} {kept}");
    }
}

/// Signs up with a field of rights under a name of its own, which is taken as it comes.
async fn register_with_rights(State(db): State<Db>, Json(mut body): Json<Value>) -> Response {
    if !body["username"].is_string() || !body["password"].is_string() {
        return refuse(400, "username and password");
    }
    body["id"] = db.fresh_id().into();
    if body["zugriffsklasse"].is_null() {
        body["zugriffsklasse"] = "user".into();
    }
    db.lock().users.push(body.clone());
    (StatusCode::CREATED, Json(kit::public(body))).into_response()
}

/// An account is made with a field that no list of ours knows, and the configuration says what it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_word_of_the_configuration_is_a_field_that_gives_power() {
    for (words, is_known) in [("", false), ("[vocabulary]\nprivilege_field = [\"zugriffsklasse\"]\n", true)] {
        let db = Db::default();
        let router = Router::new()
            .route("/register", post(register_with_rights))
            .route("/login", post(kit::login))
            .route("/me", get(kit::me).delete(kit::leave))
            .with_state(db.clone());
        let text = json!({"type": "string"});
        let fields = json!({"username": text, "password": text, "zugriffsklasse": {"type": "string", "enum": ["user", "admin"]}});
        let body = json!({"required": true, "content": {"application/json": {"schema": {"type": "object", "properties": fields, "required": ["username", "password", "zugriffsklasse"]}}}});
        let document = kit::document(
            "Accounts",
            json!({"/register": {"post": {"security": [], "requestBody": body, "responses": {"201": {"description": "made"}}}},
                   "/me": {"get": plain("200"), "delete": plain("204")}}),
        );
        let server = serve(&db, router, document).await;
        let scan = "mode = \"intrusive\"\nauto_accounts = true\n";
        let report = scan_with(&server, scan, words, &[]).await;
        let raised = said(&report, "property/mass-assignment", "POST /register");
        let raised_too = said(&report, "authz/role-escalation", "POST /register");
        let is_found = |said: &str| matches!(said, "confirmed" | "suspected");
        assert_eq!(is_found(&raised) || is_found(&raised_too), is_known, "{raised} {raised_too}");
    }
}
