//! Identifiers: unique, long and random, and no secret.

use crate::kit::draw::{CROCKFORD, LOWER_DIGITS};
use crate::kit::forms::ORDINARY;
use crate::kit::kind::{Kind, kind};

const IDS: &[&str] = &["id", "resource_id", "external_id", "ref", "object_id"];

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("uuid-v1", "node id", IDS, ORDINARY, |d| d.uuid('1')),
        kind("uuid-v4", "customer id", IDS, ORDINARY, |d| d.uuid('4')),
        kind("uuid-v7", "event id", IDS, ORDINARY, |d| {
            format!("019{}", d.uuid('7').chars().skip(3).collect::<String>())
        }),
        kind("ulid", "event id", IDS, ORDINARY, |d| format!("01J{}", d.of(CROCKFORD, 23))),
        kind("ksuid", "event id", IDS, ORDINARY, |d| format!("2{}", d.alnum(26))),
        kind("nano-id", "short id", IDS, ORDINARY, |d| d.url_safe(21)),
        kind("cuid", "record id", IDS, ORDINARY, |d| format!("c{}", d.of(LOWER_DIGITS, 24))),
        kind("object-id", "document id", &["_id", "documentId", "parent_id"], ORDINARY, |d| format!("6{}", d.hex(23))),
        kind("stripe-object-ids", "payment id", &["id", "customer", "payment_intent"], ORDINARY, |d| {
            format!("{}_{}", d.pick(&["cus", "pi", "ch", "price", "sub", "evt"]), d.alnum(24))
        }),
        kind("twilio-account-sid", "account SID", &["account_sid", "sid"], ORDINARY, |d| format!("AC{}", d.hex(32))),
        kind("slack-ids", "channel id", &["channel", "team_id", "user_id"], ORDINARY, |d| {
            format!("{}0{}", d.pick(&["C", "T", "U"]), d.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 9))
        }),
        kind("aws-resource-ids", "resource", &["arn", "role_id", "user_id"], ORDINARY, |d| match d.below(3) {
            0 => format!("arn:aws:iam::{}:role/{}-{}", d.digits(12), d.word(), d.word()),
            1 => format!("AROA{}", d.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17)),
            _ => format!("i-0{}", d.hex(16)),
        }),
        kind(
            "request-id",
            "request id",
            &["request_id", "requestId", "x-request-id", "x-amzn-requestid"],
            ORDINARY,
            |d| {
                if d.one_in(2) { d.uuid('4') } else { format!("req_{}", d.alnum(24)) }
            },
        ),
        kind("trace-id", "trace", &["trace_id", "traceparent", "span_id"], ORDINARY, |d| match d.below(3) {
            0 => d.hex(32),
            1 => format!("00-{}-{}-01", d.hex(32), d.hex(16)),
            _ => format!("1-{}-{}", d.hex(8), d.hex(24)),
        }),
        kind("idempotency-key", "idempotency key", &["idempotency_key", "Idempotency-Key"], ORDINARY, |d| d.uuid('4')),
        kind("api-key-id", "id of the API key", &["api_key_id", "key_id", "apiKeyId"], ORDINARY, |d| {
            match d.below(3) {
                0 => d.uuid('4'),
                1 => format!("key_{}", d.alnum(16)),
                _ => d.between(1, 99_999).to_string(),
            }
        }),
        kind("client-id", "OAuth client id", &["client_id", "clientId", "app_id"], ORDINARY, |d| match d.below(3) {
            0 => format!("{}-{}.apps.googleusercontent.com", d.digits(12), d.of(LOWER_DIGITS, 32)),
            1 => d.uuid('4'),
            _ => format!("Iv1.{}", d.hex(16)),
        }),
        kind("kid", "key id", &["kid", "key_fingerprint", "thumbprint"], ORDINARY, |d| d.url_safe(43)),
        kind("session-count-names", "sessions", &["session_id_hash_algorithm", "active_sessions"], ORDINARY, |d| {
            d.pick(&["sha256", "12", "none"]).to_owned()
        }),
        kind("kubernetes-names", "pod", &["pod", "hostname", "instance"], ORDINARY, |d| {
            format!(
                "{}-{}-{}",
                d.word(),
                d.of("bcdfghjklmnpqrstvwxz2456789", 10),
                d.of("bcdfghjklmnpqrstvwxz2456789", 5)
            )
        }),
    ]
}
