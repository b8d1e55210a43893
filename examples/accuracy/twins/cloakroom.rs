//! A cloakroom: a refusal on a path is proof for its sibling, and what anybody may read is not public for that.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Door, Route, World, behind_entry, described, house, is_mine, keep, list_of, made, mine, no_content, object, ok,
    only, op, refer,
};

pub const TWIN: Twin = Twin {
    name: "cloakroom",
    style: "a sibling's refusal as proof",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("cleo", "dirk"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Bw2!gT7_xR4@kP9#nV6mC1zF8hS3dL5q", &[(1, "cleo", "guest"), (2, "dirk", "guest")], on);
    for (id, guest, name) in [(811, 1, "cleo"), (812, 2, "dirk")] {
        w.put(
            "vouchers",
            json!({"id": id, "issuer_id": guest, "text": format!("One dance with {name}"), "worth": id % 100}),
        );
        w.put(
            "lockers",
            json!({"id": id + 50, "guest_id": guest, "label": format!("Coat of {name}"),
                                "phrase": format!("grey herons of {name} sleep standing")}),
        );
    }
    w
}

fn base() -> Value {
    described(
        "Cloakroom",
        &[
            ("Voucher", object("id!:i issuer_id!:i text! worth:i")),
            ("VoucherInput", object("text! worth:i")),
            ("Locker", object("id!:i guest_id!:i label!")),
            ("LockerInput", object("label! phrase!")),
            ("Phrase", object("id!:i phrase!")),
        ],
    )
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    behind_entry([vouchers(), lockers()])
}

/// Vouchers hang on the wall for all guests; only who issued one may change it or take it down.
fn vouchers() -> Vec<Route> {
    vec![
        op("GET", "/vouchers", "listVouchers", |w, _| Ok(ok(w.rows("vouchers").into())))
            .gives(200, list_of(refer("Voucher"))),
        op("POST", "/vouchers", "issueVoucher", |w, c| Ok(made(w, c, "vouchers", "issuer_id", &["text", "worth"])))
            .takes(refer("VoucherInput"))
            .gives(201, refer("Voucher")),
        op("GET", "/vouchers/{voucher_id}", "getVoucher", |w, c| Ok(ok(w.row("vouchers", c.at(0))?)))
            .gives(200, refer("Voucher")),
        op("PUT", "/vouchers/{voucher_id}", "rewordVoucher", |w, c| {
            if !is_mine(&w.row("vouchers", c.at(0))?, "issuer_id", c) {
                return Err(w.refuse(403, "another guest issued this voucher"));
            }
            Ok(ok(w.set("vouchers", c.at(0), &keep(&c.body, &["text", "worth"])).unwrap_or_default()))
        })
        .takes(refer("VoucherInput"))
        .gives(200, refer("Voucher")),
        op("DELETE", "/vouchers/{voucher_id}", "takeDownVoucher", |w, c| {
            let row = w.row("vouchers", c.at(0))?;
            if !is_mine(&row, "issuer_id", c) && !w.weak("voucher-delete") {
                return Err(w.refuse(403, "another guest issued this voucher"));
            }
            w.cut("vouchers", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn lockers() -> Vec<Route> {
    const PLAIN: [&str; 3] = ["id", "guest_id", "label"];
    vec![
        op("GET", "/lockers", "listLockers", |w, c| {
            let own = mine(w, c, "lockers", "guest_id");
            Ok(ok(own.as_array().into_iter().flatten().map(|row| only(row, &PLAIN)).collect()))
        })
        .gives(200, list_of(refer("Locker"))),
        op("POST", "/lockers", "rentLocker", |w, c| Ok(made(w, c, "lockers", "guest_id", &["label", "phrase"])))
            .takes(refer("LockerInput"))
            .gives(201, refer("Locker")),
        op("GET", "/lockers/{locker_id}", "getLocker", |w, c| {
            Ok(ok(only(&w.owned("lockers", c.at(0), "/guest_id", c, "")?, &PLAIN)))
        })
        .gives(200, refer("Locker")),
        // What opens a locker, for anybody who knows its number.
        op("GET", "/lockers/{locker_id}/phrase", "getPhrase", |w, c| {
            Ok(ok(only(&w.owned("lockers", c.at(0), "/guest_id", c, "phrase-open")?, &["id", "phrase"])))
        })
        .door(Door::Forgetful("phrase-open"))
        .gives(200, refer("Phrase")),
        op("DELETE", "/lockers/{locker_id}", "leaveLocker", |w, c| {
            w.owned("lockers", c.at(0), "/guest_id", c, "")?;
            w.cut("lockers", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("authz/bola-delete", "DELETE /vouchers/{voucher_id}", "voucher-delete", "PUT on the same path refuses")
            .by("DELETE /vouchers/812", ""),
        sound("authz/bola-write", "PUT /vouchers/{voucher_id}", "403 for foreign")
            .by("PUT /vouchers/812", r#"{"text": "x"}"#),
        sound("authz/bola-read", "GET /vouchers/{voucher_id}", "hangs on the wall").by("GET /vouchers/812", ""),
        sound("authz/bola-list", "GET /vouchers", "hang on the wall").by("GET /vouchers", ""),
        sound("authz/existence-oracle", "PUT /vouchers/{voucher_id} | DELETE /vouchers/{voucher_id}", "all are listed"),
        weak("authn/missing", "GET /lockers/{locker_id}/phrase", "phrase-open", "a pass phrase that anybody may read")
            .by_nobody("GET /lockers/862/phrase", ""),
        sound("authz/bola-read", "GET /lockers/{locker_id}", "foreign is 404").by("GET /lockers/862", ""),
        sound("authz/bola-delete", "DELETE /lockers/{locker_id}", "foreign is 404").by("DELETE /lockers/862", ""),
    ]
}
