//! A market: cookie sessions, sign-in by form, order references; scanned intrusively.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Door, Route, SignUp, World, created, keep, key_of, list_of, no_content, object, ok, op, refer, reply, same,
    without,
};

pub const TWIN: Twin = Twin {
    name: "market",
    style: "cookies, form sign-in",
    mode: "intrusive",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "string"}),
    cases,
    pair: ("eda@market.example", "tom@market.example"),
};

fn build(on: &[&'static str]) -> World {
    let fail = |status, text: &str| reply(status, json!({"error": {"message": text}}));
    let mut w = World::new(Auth::Cookie { name: "sid" }, "email", fail, on);
    for (id, name, street) in [("c-81f0a2", "eda", "Birch Lane 3"), ("c-93b7d4", "tom", "Quay 20")] {
        w.seed_user(
            json!({"customer_id": id, "full_name": name, "is_staff": false}),
            &format!("{name}@market.example"),
            "customer",
        );
        let order = format!("o-{name}-5d2e8f");
        w.put("orders", json!({"order_ref": order, "customer_id": id, "sku": "teapot", "quantity": 1, "price": 39, "ship_to": street}));
        w.put("addresses", json!({"address_id": format!("a-{name}-77c1"), "customer_id": id, "street": street}));
        w.put("wishes", json!({"wish_id": format!("w-{name}-10ab"), "customer_id": id, "sku": "teapot", "remark": format!("for {name}")}));
        w.put("parcels", json!({"parcel_id": format!("p-{name}-66e9"), "customer_id": id, "street": street}));
        w.put("wallets", json!({"wallet_id": format!("v-{name}-24de"), "customer_id": id, "cents": id.len() * 1734}));
    }
    w.put("products", json!({"sku": "teapot", "seller_id": "c-93b7d4", "label": "Teapot, blue", "price": 39}));
    w.put("products", json!({"sku": "kettle", "seller_id": "c-81f0a2", "label": "Kettle, copper", "price": 58}));
    w
}

fn base() -> Value {
    json!({
        "info": {"title": "Market", "version": "5"},
        "security": [{"session": []}],
        "components": {
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "sid"}},
            "schemas": {
                "Registration": object("email!:email password!:password full_name!"),
                "Credentials": object("email!:email password!:password"),
                "Account": object("customer_id! email!:email full_name! is_staff!:b role"),
                "AccountChange": object("full_name!"),
                "OrderRequest": object("sku! quantity!:i ship_to!"),
                "Order": object("order_ref! customer_id! sku! quantity!:i price!:n ship_to!"),
                "Address": object("address_id! customer_id! street!"), "AddressRequest": object("street!"),
                "Wish": object("wish_id! customer_id! sku! remark"), "WishRequest": object("sku! remark customer_id"),
                "Parcel": object("parcel_id! customer_id! street!"), "Wallet": object("wallet_id! customer_id! cents!:i"),
                "Product": object("sku! seller_id! label! price!:n"),
                "Note": object("message!"),
            }
        }
    })
}

fn results(name: &str) -> Value {
    json!({"type": "object", "properties": {"results": list_of(refer(name)), "next": {"type": "string", "nullable": true}}})
}

fn listed(rows: Vec<Value>) -> Value {
    json!({"results": rows, "next": null})
}

fn fresh(letter: char) -> String {
    format!("{letter}-{:016x}", rand::random::<u64>())
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let mut all = accounts();
    all.extend(account());
    all.extend(orders());
    all.extend(addresses());
    all.extend(wishes());
    all.extend(products());
    all
}

fn accounts() -> Vec<Route> {
    vec![
        op("POST", "/registration", "register", |w, c| {
            let columns = json!({"customer_id": fresh('c'), "full_name": c.body["full_name"], "is_staff": false, "role": "customer"});
            // One answer for all addresses; the cart and the wallet come with the account.
            if let SignUp::Made(user) = w.sign_up(c, columns, true)? {
                let id = user["customer_id"].clone();
                w.put("wallets", json!({"wallet_id": fresh('v'), "customer_id": id, "cents": rand::random::<u16>()}));
            }
            Ok(reply(202, json!({"message": "Thank you. You can sign in with this address."})))
        })
        .open()
        .form(refer("Registration"))
        .gives(202, refer("Note")),
        op("POST", "/session", "signIn", |w, c| {
            let user = w.sign_in(c)?;
            let token = w.open(&user);
            let cookie = format!("sid={token}; Path=/; HttpOnly; SameSite=Lax");
            Ok(ok(json!({"message": "signed in"})).with("set-cookie", cookie))
        })
        .open()
        .form(refer("Credentials"))
        .gives(200, refer("Note")),
        op("DELETE", "/session", "signOut", |w, c| {
            if !w.weak("logout-keeps") {
                let own = key_of(&c.me);
                let sent = c.header("cookie").unwrap_or_default().to_owned();
                w.sessions.retain(|token, user| *user != own || !sent.contains(token.as_str()));
            }
            Ok(no_content().with("set-cookie", "sid=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"))
        })
        .says("Sign out")
        .gives(204, Value::Null),
    ]
}

fn account() -> Vec<Route> {
    vec![
        op("GET", "/account", "getAccount", |_, c| Ok(ok(without(&c.me, &["password_hash"]))))
            .gives(200, refer("Account")),
        op("PUT", "/account", "updateAccount", |w, c| {
            let fields: &[&str] = if w.weak("staff-flag") { &["full_name", "is_staff"] } else { &["full_name"] };
            let row = w.set("users", &key_of(&c.me), &keep(&c.body, fields)).unwrap_or_default();
            Ok(ok(without(&row, &["password_hash"])))
        })
        .takes(refer("AccountChange"))
        .gives(200, refer("Account")),
        op("GET", "/wallet", "getWallet", |w, c| {
            let named = c.header("x-customer-id").filter(|_| w.weak("customer-header")).map(|id| json!(id));
            let customer = named.unwrap_or_else(|| c.me["customer_id"].clone());
            let wallet = w.of("wallets", "customer_id", &customer).into_iter().next();
            wallet.map(ok).ok_or_else(|| w.missing())
        })
        .gives(200, refer("Wallet")),
    ]
}

fn orders() -> Vec<Route> {
    vec![
        op("GET", "/orders", "listOrders", |w, c| Ok(ok(listed(w.of("orders", "customer_id", &c.me["customer_id"])))))
            .gives(200, results("Order")),
        op("POST", "/orders", "placeOrder", |w, c| {
            let price = if w.weak("order-price") { c.or("price", json!(39)) } else { json!(39) };
            let reference = fresh('o');
            let row = json!({"order_ref": reference, "customer_id": c.me["customer_id"], "sku": c.body["sku"],
                             "quantity": c.body["quantity"], "price": price, "ship_to": c.body["ship_to"]});
            w.put(
                "parcels",
                json!({"parcel_id": fresh('p'), "customer_id": c.me["customer_id"], "street": c.body["ship_to"],
                                    "order_ref": reference}),
            );
            Ok(created(format!("/orders/{reference}"), w.put("orders", row)))
        })
        .takes(refer("OrderRequest"))
        .gives(201, refer("Order")),
        op("GET", "/orders/{order_ref}", "getOrder", |w, c| {
            Ok(ok(w.owned("orders", c.at(0), "/customer_id", c, "")?))
        })
        .gives(200, refer("Order")),
        op("DELETE", "/orders/{order_ref}", "cancelOrder", |w, c| {
            w.owned("orders", c.at(0), "/customer_id", c, "")?;
            w.cut("orders", c.at(0));
            if let Some(rows) = w.tables.get_mut("parcels") {
                rows.retain(|row| row["order_ref"] != json!(c.at(0)));
            }
            Ok(no_content())
        })
        .gives(204, Value::Null),
        op("GET", "/orders/{order_ref}/receipt", "getReceipt", |w, c| {
            Ok(ok(w.owned("orders", c.at(0), "/customer_id", c, "receipt-open")?))
        })
        .door(Door::Forgetful("receipt-open"))
        .gives(200, refer("Order")),
        op("GET", "/parcels", "listParcels", |w, c| {
            let own = w.of("parcels", "customer_id", &c.me["customer_id"]);
            Ok(ok(listed(own.iter().map(|row| without(row, &["order_ref"])).collect())))
        })
        .gives(200, results("Parcel")),
        op("GET", "/parcels/{parcel_id}", "getParcel", |w, c| {
            let row = w.row("parcels", c.at(0))?;
            let no = if w.weak("parcel-oracle") { w.refuse(403, "not your parcel") } else { w.missing() };
            let is_own = same(&row["customer_id"], &c.me["customer_id"]);
            if is_own { Ok(ok(without(&row, &["order_ref"]))) } else { Err(no) }
        })
        .gives(200, refer("Parcel")),
    ]
}

fn addresses() -> Vec<Route> {
    vec![
        op("GET", "/addresses", "listAddresses", |w, c| {
            Ok(ok(listed(w.of("addresses", "customer_id", &c.me["customer_id"]))))
        })
        .gives(200, results("Address")),
        op("POST", "/addresses", "addAddress", |w, c| {
            let id = fresh('a');
            let row = json!({"address_id": id, "customer_id": c.me["customer_id"], "street": c.body["street"]});
            Ok(created(format!("/addresses/{id}"), w.put("addresses", row)))
        })
        .takes(refer("AddressRequest"))
        .gives(201, refer("Address")),
        // Looks at the session, not at the path: whatever id is named, the caller's first address changes.
        op("PUT", "/addresses/{address_id}", "changeAddress", |w, c| {
            let own = w.of("addresses", "customer_id", &c.me["customer_id"]).into_iter().next();
            let own = own.ok_or_else(|| w.missing())?;
            Ok(ok(w.set("addresses", &key_of(&own), &keep(&c.body, &["street"])).unwrap_or_default()))
        })
        .takes(refer("AddressRequest"))
        .gives(200, refer("Address")),
        op("DELETE", "/addresses/{address_id}", "removeAddress", |w, c| {
            w.owned("addresses", c.at(0), "/customer_id", c, "")?;
            w.cut("addresses", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn wishes() -> Vec<Route> {
    vec![
        op("GET", "/wishes", "listWishes", |w, c| Ok(ok(listed(w.of("wishes", "customer_id", &c.me["customer_id"])))))
            .gives(200, results("Wish")),
        op("POST", "/wishes", "addWish", |w, c| {
            let own = c.me["customer_id"].clone();
            let customer = if w.weak("wish-owner") { c.or("customer_id", own) } else { own };
            let id = fresh('w');
            let row = json!({"wish_id": id, "customer_id": customer, "sku": c.body["sku"], "remark": c.body["remark"]});
            Ok(created(format!("/wishes/{id}"), w.put("wishes", row)))
        })
        .takes(refer("WishRequest"))
        .gives(201, refer("Wish")),
        op("DELETE", "/wishes/{wish_id}", "removeWish", |w, c| {
            w.owned("wishes", c.at(0), "/customer_id", c, "")?;
            w.cut("wishes", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn products() -> Vec<Route> {
    vec![
        op("GET", "/products", "listProducts", |w, _| Ok(ok(listed(w.rows("products").to_vec()))))
            .open()
            .gives(200, results("Product")),
        op("GET", "/products/{sku}", "getProduct", |w, c| Ok(ok(w.row("products", c.at(0))?)))
            .open()
            .gives(200, refer("Product")),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        sound("authz/bola-read", "GET /orders/{order_ref}", "foreign is 404").by("GET /orders/o-tom-5d2e8f", ""),
        sound("authz/bola-read", "GET /products/{sku}", "public, with its seller").by("GET /products/teapot", ""),
        sound("authz/bola-list", "GET /products", "public").by("GET /products", ""),
        sound("authz/bola-write", "PUT /addresses/{address_id}", "ignores the path and changes the caller's own")
            .by("PUT /addresses/a-tom-77c1", r#"{"street": "x"}"#),
        weak("authz/bola-body", "POST /wishes", "wish-owner", "customer_id in the body overrides the caller")
            .by("POST /wishes", r#"{"sku": "kettle", "customer_id": "c-93b7d4"}"#),
        weak("authz/existence-oracle", "GET /parcels/{parcel_id}", "parcel-oracle", "403 for foreign, 404 for missing"),
        sound("authz/existence-oracle", "GET /orders/{order_ref}", "404 for both"),
        sound("authz/predictable-id", "GET /orders/{order_ref} | POST /orders", "random references"),
        weak("authz/role-escalation", "PUT /account", "staff-flag", "is_staff in the body is stored"),
        weak("authz/trusted-header", "GET /wallet", "customer-header", "X-Customer-Id is taken as the caller"),
        sound("authz/method-override", "*", "override headers are ignored"),
        weak("authn/missing", "GET /orders/{order_ref}/receipt", "receipt-open", "served to anybody")
            .by_nobody("GET /orders/o-tom-5d2e8f/receipt", ""),
        sound("authn/missing", "GET /products | GET /products/{sku}", "open by declaration")
            .by_nobody("GET /products", ""),
        weak("authn/no-throttling", "POST /session", "no-throttle", "takes every number of guesses"),
        sound("authn/user-enumeration", "POST /session | POST /registration", "the same answer for known and unknown"),
        sound("authn/weak-password-accepted", "POST /registration", "short and common passwords are refused"),
        weak("token/logout-ineffective", "DELETE /session", "logout-keeps", "the session lives on"),
        weak("property/mass-assignment", "POST /orders", "order-price", "price in the body is stored"),
        sound("property/mass-assignment", "POST /addresses", "takes what is declared and no more"),
    ]
}
