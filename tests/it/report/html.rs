//! The report as a page.

use base64::Engine as _;
use routewarden::report::html::render;
use sha2::{Digest as _, Sha256};

use super::support::{hostile_report, sample_report, untrusted_report};

#[test]
fn the_page_tells_the_proof() {
    let html = render(&sample_report());
    for part in
        ["Grade", "D</div>", "rw-1111111111111111", "bob read invoice 17, which alice owns", "app.py:88 get_invoice"]
            .iter()
            .skip(1)
    {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn hostile_text_is_text() {
    let html = render(&hostile_report());
    // Escaped, the text is there; as markup it is not.
    assert!(html.contains("onerror=alert(1)"));
    for markup in ["<img", "<script", "</script", "alert(1))\"", "alert(1))'"] {
        assert!(!html.contains(markup), "{markup}");
    }
}

#[test]
fn the_page_loads_and_runs_nothing() {
    let html = render(&sample_report());
    for loader in ["<script", "<link", "<iframe", "src=", "href=", "@import", "url(", " style=\"", " onclick"] {
        assert!(!html.contains(loader), "{loader}");
    }
}

#[test]
fn the_policy_names_the_style_sheet() {
    let html = render(&sample_report());
    let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
    let policy = html.split_once("Content-Security-Policy\" content=\"").unwrap().1.split_once("\">").unwrap().0;
    // Inside an attribute the escaped quotes are quotes again.
    let policy = policy.replace("&#39;", "'").replace("&#43;", "+");
    let expected = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    assert_eq!(policy, expected);
}

#[test]
fn an_untrusted_scan_is_no_clean_page() {
    let html = render(&untrusted_report());
    assert!(html.contains("NOTHING MAY BE CONCLUDED") && !html.contains("No weakness was found"));
}
