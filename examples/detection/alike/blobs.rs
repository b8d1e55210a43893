//! Encoded bytes: images, compressed text, protocol buffers, cursors, encrypted fields.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use crate::kit::draw::Draw;
use crate::kit::filler;
use crate::kit::forms::ORDINARY;
use crate::kit::kind::{Kind, kind};

/// Base64 of a known head and `n` random bytes.
fn headed(draw: &mut Draw, head: &[u8], n: usize) -> String {
    let mut bytes = head.to_vec();
    bytes.extend(draw.bytes(n));
    STANDARD.encode(bytes)
}

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("image-png-data-uri", "avatar", &["avatar", "image", "src"], ORDINARY, |d| {
            let n = 300 + d.below(900);
            format!("data:image/png;base64,{}", headed(d, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", n))
        }),
        kind("image-jpeg-base64", "thumbnail", &["thumbnail", "preview", "image_base64"], ORDINARY, |d| {
            headed(d, b"\xff\xd8\xff\xe0\0\x10JFIF\0", 900)
        }),
        kind("font-data-uri", "font", &["src", "font"], ORDINARY, |d| {
            format!("url(data:font/woff2;base64,{})", headed(d, b"wOF2\0\x01\0\0", 600))
        }),
        kind("gzip-base64", "archive", &["data", "compressed", "content"], ORDINARY, |d| {
            headed(d, b"\x1f\x8b\x08\0\0\0\0\0\0\x03", 400)
        }),
        kind("pdf-base64", "document", &["file", "content", "attachment"], ORDINARY, |d| {
            headed(d, b"%PDF-1.7\n%", 700)
        }),
        kind("protobuf-base64", "message", &["payload", "message", "data"], ORDINARY, |d| {
            let mut bytes = vec![0x0A, 0x10];
            bytes.extend(d.bytes(16));
            bytes.extend([0x12, 0x1F]);
            bytes.extend(filler::email(d).bytes());
            bytes.extend([0x18, 0x96, 0x01]);
            bytes.extend(d.bytes(60));
            STANDARD.encode(bytes)
        }),
        kind("encrypted-blob", "sealed value", &["ciphertext", "encrypted_data", "blob"], ORDINARY, |d| {
            if d.one_in(2) { d.base64(256) } else { format!("vault:v1:{}", d.base64(60)) }
        }),
        kind("page-token", "page token", &["next_page_token", "nextPageToken", "pageToken"], ORDINARY, |d| {
            match d.below(3) {
                0 => d.base64url(48),
                1 => format!("CA{}", d.url_safe(40)),
                _ => URL_SAFE_NO_PAD.encode(json!({"o": d.below(9000), "id": d.uuid('4')}).to_string()),
            }
        }),
        kind("cursor", "cursor", &["cursor", "endCursor", "after", "next_cursor"], ORDINARY, |d| match d.below(2) {
            0 => STANDARD.encode(format!("cursor:v2:{}", d.time())),
            _ => STANDARD.encode(json!({"created_at": d.time(), "id": d.below(99_999)}).to_string()),
        }),
        kind("sync-token", "sync token", &["sync_token", "nextSyncToken", "continuation_token"], ORDINARY, |d| {
            d.base64(36)
        }),
        kind("relay-global-id", "node id", &["id", "node_id", "globalId"], ORDINARY, |d| {
            STANDARD.encode(format!("{}:{}", filler::noun(d), d.between(1, 999_999)))
        }),
        kind("blur-hash", "placeholder of the image", &["blurhash", "blur_hash"], ORDINARY, |d| {
            d.of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#%*+,-.:;=?@[]^_{|}~", 28)
        }),
        kind("embedding-base64", "embedding", &["embedding", "vector"], ORDINARY, |d| d.base64(512)),
        kind("json-in-base64", "state", &["state", "context", "metadata"], ORDINARY, |d| {
            // Begins with "eyJ" as a JWT does, and is one part alone.
            STANDARD.encode(json!({"theme": d.word(), "page": d.below(90), "filter": {"from": d.time()}}).to_string())
        }),
        kind("polyline", "route", &["polyline", "geometry", "overview_polyline"], ORDINARY, |d| {
            d.of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_`{|}~?@[]^", 160)
        }),
        kind("phash-and-geohash", "geohash", &["geohash", "phash"], ORDINARY, |d| {
            d.of("0123456789bcdefghjkmnpqrstuvwxyz", 12)
        }),
    ]
}
