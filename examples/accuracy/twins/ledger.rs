//! Book-keeping: plain REST, integer ids, JSON sign-in, signed bearer tokens.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Call, Reply, Route, SignUp, World, created, keep, key_of, list_of, no_content, object, ok, only, op, refer,
    reply, without,
};

pub const TWIN: Twin = Twin {
    name: "ledger",
    style: "REST, integer ids, JWT",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("ines", "otto"),
};

fn build(on: &[&'static str]) -> World {
    let key = if on.contains(&"guessable-key") { "secret" } else { "vq8-Tz2!mR0x-wL4n_7cKd1eHs9pYb3u" };
    let mut w = World::new(Auth::Jwt { key }, "username", |status, text| reply(status, json!({"error": text})), on);
    w.seed_user(json!({"id": 1, "email": "ines@ledger.example"}), "ines", "user");
    w.seed_user(json!({"id": 2, "email": "otto@ledger.example"}), "otto", "user");
    for (table, id, owner) in
        [("invoices", 3001, 1), ("invoices", 3002, 2), ("expenses", 3003, 2), ("receipts", 3004, 2)]
    {
        w.put(
            table,
            json!({"id": id, "owner_id": owner, "title": format!("Paper {id} of {owner}"), "amount": id * 7,
                          "iban": format!("DE0012003400{id}")}),
        );
    }
    w.put("memos", json!({"id": 3005, "owner_id": 2, "title": "Ask about the deposit", "amount": 0}));
    w.put("statements", json!({"id": 3006, "owner_id": 1, "period": "2025-03", "balance": 81250}));
    w.put("statements", json!({"id": 3007, "owner_id": 2, "period": "2025-03", "balance": 40177}));
    w.put("notices", json!({"id": 3008, "author_id": 1, "headline": "Office closed on Monday"}));
    w.put("notices", json!({"id": 3009, "author_id": 2, "headline": "New stationery has arrived"}));
    w
}

fn base() -> Value {
    json!({
        "info": {"title": "Ledger", "version": "1.4.0"},
        "security": [{"bearerAuth": []}],
        "components": {
            "securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": {
                "Register": object("username! email!:email password!:password"),
                "Login": object("username! password!:password"),
                "Token": object("access_token! token_type!"),
                "User": object("id!:i username! email:email role:user|accountant"),
                "UserPatch": object("email:email"),
                "NewPaper": object("title! amount!:i"),
                "Paper": object("id!:i owner_id!:i title! amount!:i"),
                "Statement": object("id!:i owner_id!:i period! balance!:i"),
                "NewStatement": object("period! balance!:i"),
                "Notice": object("id!:i author_id!:i headline!"),
                "NewNotice": object("headline!"),
            }
        }
    })
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let mut all = accounts();
    all.extend(invoices());
    all.extend(expenses());
    all.extend(receipts());
    all.extend(memos());
    all.extend(statements());
    all
}

fn accounts() -> Vec<Route> {
    vec![
        op("POST", "/auth/register", "auth#register", |w, c| {
            let id = w.number();
            match w.sign_up(c, json!({"id": id, "email": c.field("email")}), false)? {
                SignUp::Made(user) => Ok(created(format!("/users/{id}"), without(&user, &["password_hash"]))),
                SignUp::Silent => Ok(no_content()),
            }
        })
        .open()
        .takes(refer("Register"))
        .gives(201, refer("User")),
        op("POST", "/auth/login", "auth#login", |w, c| {
            let user = w.sign_in(c)?;
            Ok(ok(json!({"access_token": w.open(&user), "token_type": "bearer"})))
        })
        .open()
        .takes(refer("Login"))
        .gives(200, refer("Token")),
        op("GET", "/me", "users#me", |_, c| Ok(ok(without(&c.me, &["password_hash"])))).gives(200, refer("User")),
        op("PATCH", "/me", "users#updateMe", |w, c| {
            let fields: &[&str] = if w.weak("own-role") { &["email", "role"] } else { &["email"] };
            let row = w.set("users", &key_of(&c.me), &keep(&c.body, fields)).ok_or_else(|| w.missing())?;
            Ok(ok(without(&row, &["password_hash"])))
        })
        .takes(refer("UserPatch"))
        .gives(200, refer("User")),
        op("DELETE", "/me", "users#leave", |w, c| {
            w.cut("users", &key_of(&c.me));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn make(w: &mut World, c: &Call, table: &'static str) -> Reply {
    let id = w.number();
    let row = json!({"id": id, "owner_id": c.me["id"], "title": c.body["title"], "amount": c.body["amount"],
                     "iban": format!("DE00{id:016}")});
    let row = w.put(table, row);
    created(format!("/{table}/{id}"), only(&row, &PAPER))
}

const PAPER: [&str; 4] = ["id", "owner_id", "title", "amount"];

fn papers(w: &World, c: &Call, table: &str) -> Value {
    w.of(table, "owner_id", &c.me["id"]).iter().map(|row| only(row, &PAPER)).collect()
}

fn invoices() -> Vec<Route> {
    vec![
        op("GET", "/invoices", "invoices#listInvoices", |w, c| Ok(ok(papers(w, c, "invoices"))))
            .gives(200, list_of(refer("Paper"))),
        op("POST", "/invoices", "invoices#createInvoice", |w, c| Ok(make(w, c, "invoices")))
            .takes(refer("NewPaper"))
            .gives(201, refer("Paper")),
        op("GET", "/invoices/{invoice_id}", "invoices#getInvoice", |w, c| {
            let row = w.owned("invoices", c.at(0), "/owner_id", c, "invoice-read")?;
            Ok(ok(if w.weak("undeclared-iban") { row } else { only(&row, &PAPER) }))
        })
        .gives(200, refer("Paper")),
        op("DELETE", "/invoices/{invoice_id}", "invoices#deleteInvoice", |w, c| {
            w.owned("invoices", c.at(0), "/owner_id", c, "")?;
            w.cut("invoices", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn expenses() -> Vec<Route> {
    vec![
        op("GET", "/expenses", "expenses#listExpenses", |w, c| Ok(ok(papers(w, c, "expenses"))))
            .gives(200, list_of(refer("Paper"))),
        op("POST", "/expenses", "expenses#createExpense", |w, c| Ok(make(w, c, "expenses")))
            .takes(refer("NewPaper"))
            .gives(201, refer("Paper")),
        op("GET", "/expenses/{expense_id}", "expenses#getExpense", |w, c| {
            Ok(ok(only(&w.owned("expenses", c.at(0), "/owner_id", c, "")?, &PAPER)))
        })
        .gives(200, refer("Paper")),
        op("PUT", "/expenses/{expense_id}", "expenses#replaceExpense", |w, c| {
            w.owned("expenses", c.at(0), "/owner_id", c, "expense-write")?;
            let row = w.set("expenses", c.at(0), &keep(&c.body, &["title", "amount"])).unwrap_or_default();
            Ok(ok(only(&row, &PAPER)))
        })
        .takes(refer("NewPaper"))
        .gives(200, refer("Paper")),
        op("DELETE", "/expenses/{expense_id}", "expenses#deleteExpense", |w, c| {
            w.owned("expenses", c.at(0), "/owner_id", c, "")?;
            w.cut("expenses", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn receipts() -> Vec<Route> {
    vec![
        op("GET", "/receipts", "receipts#listReceipts", |w, c| Ok(ok(papers(w, c, "receipts"))))
            .gives(200, list_of(refer("Paper"))),
        op("POST", "/receipts", "receipts#createReceipt", |w, c| Ok(make(w, c, "receipts")))
            .takes(refer("NewPaper"))
            .gives(201, refer("Paper")),
        op("GET", "/receipts/{receipt_id}", "receipts#getReceipt", |w, c| {
            Ok(ok(only(&w.owned("receipts", c.at(0), "/owner_id", c, "")?, &PAPER)))
        })
        .gives(200, refer("Paper")),
        op("DELETE", "/receipts/{receipt_id}", "receipts#deleteReceipt", |w, c| {
            w.owned("receipts", c.at(0), "/owner_id", c, "receipt-delete")?;
            w.cut("receipts", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn memos() -> Vec<Route> {
    vec![
        op("GET", "/memos", "memos#listMemos", |w, c| Ok(ok(papers(w, c, "memos"))))
            .gives(200, list_of(refer("Paper"))),
        op("POST", "/memos", "memos#createMemo", |w, c| Ok(make(w, c, "memos")))
            .takes(refer("NewPaper"))
            .gives(201, refer("Paper")),
        op("GET", "/memos/{memo_id}", "memos#getMemo", |w, c| {
            Ok(ok(only(&w.owned("memos", c.at(0), "/owner_id", c, "")?, &PAPER)))
        })
        .gives(200, refer("Paper")),
        // Idempotent for everybody: 204 whatever stands in the path, and only the owner's row goes.
        op("DELETE", "/memos/{memo_id}", "memos#deleteMemo", |w, c| {
            if w.owned("memos", c.at(0), "/owner_id", c, "").is_ok() {
                w.cut("memos", c.at(0));
            }
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn statements() -> Vec<Route> {
    vec![
        op("GET", "/statements", "statements#listStatements", |w, c| {
            let own = json!(c.me["id"]);
            let asked = c.query("account_id").filter(|_| w.weak("statement-account")).map(|id| json!(id));
            Ok(ok(w.of("statements", "owner_id", &asked.unwrap_or(own)).into()))
        })
        .query("account_id", json!({"type": "integer"}))
        .gives(200, list_of(refer("Statement"))),
        op("POST", "/statements", "statements#createStatement", |w, c| {
            let id = w.number();
            let row =
                json!({"id": id, "owner_id": c.me["id"], "period": c.body["period"], "balance": c.body["balance"]});
            Ok(reply(201, w.put("statements", row)))
        })
        .takes(refer("NewStatement"))
        .gives(201, refer("Statement")),
        op("GET", "/notices", "notices#listNotices", |w, c| {
            let author = c.query("author_id").map(|id| json!(id));
            let all = || w.rows("notices").to_vec();
            Ok(ok(author.map_or_else(all, |author| w.of("notices", "author_id", &author)).into()))
        })
        .says("The notice board, for everybody in the house")
        .query("author_id", json!({"type": "integer"}))
        .gives(200, list_of(refer("Notice"))),
        op("POST", "/notices", "notices#postNotice", |w, c| {
            let id = w.number();
            Ok(reply(201, w.put("notices", json!({"id": id, "author_id": c.me["id"], "headline": c.body["headline"]}))))
        })
        .takes(refer("NewNotice"))
        .gives(201, refer("Notice")),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("authz/bola-read", "GET /invoices/{invoice_id}", "invoice-read", "no owner check")
            .by("GET /invoices/3002", ""),
        sound("authz/bola-read", "GET /expenses/{expense_id}", "foreign is 404 like missing")
            .by("GET /expenses/3003", ""),
        weak("authz/bola-write", "PUT /expenses/{expense_id}", "expense-write", "replaces a row of another user")
            .by("PUT /expenses/3003", r#"{"title": "x", "amount": 1}"#),
        weak("authz/bola-delete", "DELETE /receipts/{receipt_id}", "receipt-delete", "deletes a row of another user")
            .by("DELETE /receipts/3004", ""),
        sound("authz/bola-delete", "DELETE /memos/{memo_id}", "204 for foreign ids, and nothing is deleted")
            .by("DELETE /memos/3005", ""),
        sound("authz/bola-delete", "DELETE /invoices/{invoice_id}", "foreign is 404").by("DELETE /invoices/3002", ""),
        weak("authz/bola-body", "GET /statements", "statement-account", "account_id in the query overrides the caller")
            .by("GET /statements?account_id=2", ""),
        sound("authz/bola-body", "GET /notices", "author_id filters a public board").by("GET /notices?author_id=2", ""),
        sound("authz/bola-list", "GET /notices", "a board for everybody").by("GET /notices", ""),
        weak(
            "authz/predictable-id",
            "GET /invoices/{invoice_id} | POST /invoices | GET /expenses/{expense_id} | GET /receipts/{receipt_id}",
            "counted-ids",
            "one sequence numbers everything",
        ),
        sound("authz/existence-oracle", "GET /invoices/{invoice_id}", "foreign is 404 like missing, or it is served"),
        weak("authz/role-escalation", "PATCH /me", "own-role", "role in the body is stored"),
        weak("authn/weak-password-accepted", "POST /auth/register", "trivial-passwords", "takes any password"),
        weak("token/weak-secret", "*", "guessable-key", "signed with a dictionary word"),
        weak("token/expired-accepted", "*", "expired-tokens", "exp is not looked at"),
        sound("token/alg-none", "*", "unsigned tokens are refused"),
        sound("token/signature-not-verified", "*", "the signature is verified"),
        weak(
            "property/undocumented-field",
            "GET /invoices/{invoice_id}",
            "undeclared-iban",
            "an IBAN that is not declared",
        ),
        sound("property/mass-assignment", "POST /invoices", "takes what is declared and no more"),
    ]
}
