//! A shop with a back office: `admin` divides its paths, routes behind it refuse the lower role, and two let it in.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Door, Route, World, described, list_of, made, make, me, mine, no_content, object, ok, only, op, peopled,
    refer, reply,
};

pub const TWIN: Twin = Twin {
    name: "backoffice",
    style: "/admin divides, one route forgets",
    mode: "active",
    accounts: Accounts::Tokens(&[("eva", "customer"), ("finn", "customer"), ("gail", "admin")]),
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("eva", "gail"),
};

const STAFF: Door = Door::Role(&["admin"], "");

fn build(on: &[&'static str]) -> World {
    let people = [(1, "eva", "customer"), (2, "finn", "customer"), (3, "gail", "admin")];
    let mut w = peopled(Auth::Opaque { header: "authorization", prefix: "Bearer " }, &people, on);
    for (id, customer) in [(411, 1), (412, 2)] {
        w.put("baskets", json!({"id": id, "customer_id": customer, "content": format!("{id} grams of tea")}));
    }
    w.put("products", json!({"id": 31, "label": "Assam, second flush", "price": 12}));
    w.put("margins", json!({"id": 51, "label": "Assam, second flush", "bought_for": 7, "supplier": "Hills and Sons"}));
    w.put("margins", json!({"id": 52, "label": "Keemun, spring", "bought_for": 9, "supplier": "River Trading"}));
    w.put("banners", json!({"id": 61, "line": "Closed on Sunday"}));
    w
}

fn base() -> Value {
    described(
        "Tea shop",
        &[
            ("Basket", object("id!:i customer_id!:i content!")),
            ("BasketInput", object("content!")),
            ("Product", object("id!:i label! price!:i")),
            ("Margin", object("id!:i label! bought_for!:i supplier!")),
            ("Banner", object("id!:i line!")),
            ("BannerInput", object("line!")),
            ("Takings", object("today!:i baskets!:i")),
        ],
    )
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let mut all = shop();
    all.extend(office());
    all
}

fn shop() -> Vec<Route> {
    vec![
        me(),
        op("GET", "/products", "listProducts", |w, _| Ok(ok(w.rows("products").into())))
            .open()
            .gives(200, list_of(refer("Product"))),
        op("GET", "/banners", "listBanners", |w, _| Ok(ok(w.rows("banners").into())))
            .gives(200, list_of(refer("Banner"))),
        op("GET", "/baskets", "listBaskets", |w, c| Ok(ok(mine(w, c, "baskets", "customer_id"))))
            .gives(200, list_of(refer("Basket"))),
        op("POST", "/baskets", "fillBasket", |w, c| Ok(made(w, c, "baskets", "customer_id", &["content"])))
            .takes(refer("BasketInput"))
            .gives(201, refer("Basket")),
        op("GET", "/baskets/{basket_id}", "getBasket", |w, c| {
            Ok(ok(w.owned("baskets", c.at(0), "/customer_id", c, "")?))
        })
        .gives(200, refer("Basket")),
        op("DELETE", "/baskets/{basket_id}", "dropBasket", |w, c| {
            w.owned("baskets", c.at(0), "/customer_id", c, "")?;
            w.cut("baskets", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn office() -> Vec<Route> {
    vec![
        op("GET", "/admin/people", "adminListPeople", |w, _| {
            Ok(ok(w.rows("users").iter().map(|row| only(row, &["id", "username", "role"])).collect()))
        })
        .door(STAFF)
        .gives(200, list_of(refer("User"))),
        op("GET", "/admin/takings", "adminTakings", |w, _| {
            Ok(ok(json!({"today": 48_310, "baskets": w.rows("baskets").len() + 700})))
        })
        .door(STAFF)
        .gives(200, refer("Takings")),
        op("GET", "/admin/margins", "adminListMargins", |w, _| Ok(ok(w.rows("margins").into())))
            .door(Door::Role(&["admin"], "margins-open"))
            .gives(200, list_of(refer("Margin"))),
        op("POST", "/admin/banners", "adminHangBanner", |w, c| {
            let row = make(w, c, "banners", "hung_by", &["line"]);
            Ok(reply(201, only(&row, &["id", "line"])))
        })
        .door(Door::Role(&["admin"], "banner-open"))
        .takes(refer("BannerInput"))
        .gives(201, refer("Banner")),
        op("DELETE", "/admin/banners/{banner_id}", "adminTakeBanner", |w, c| {
            w.row("banners", c.at(0))?;
            w.cut("banners", c.at(0));
            Ok(no_content())
        })
        .door(STAFF)
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("authz/function-read", "GET /admin/margins", "margins-open", "its siblings refuse customers")
            .by("GET /admin/margins", ""),
        weak("authz/function-write", "POST /admin/banners", "banner-open", "its siblings refuse customers")
            .by("POST /admin/banners", r#"{"line": "All for free"}"#),
        sound("authz/function-read", "GET /admin/people | GET /admin/takings", "refuse customers")
            .by("GET /admin/people", ""),
        sound("authz/function-write", "DELETE /admin/banners/{banner_id}", "refuses customers")
            .by("DELETE /admin/banners/61", ""),
        sound("authz/function-read", "GET /banners", "what hangs in the shop").by("GET /banners", ""),
    ]
}
