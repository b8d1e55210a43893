//! Tables and paragraphs at any width, with any text.

use proptest::prelude::*;
use routewarden::cli::{LayoutColumn, cut_text, render_table, wrap_text};

const COLUMNS: [LayoutColumn; 2] =
    [LayoutColumn { heading: "verdict", shrinks: false }, LayoutColumn { heading: "route", shrinks: true }];

fn row(cells: [&str; 2]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

#[test]
fn a_table_has_its_columns_below_each_other() {
    let rows = [row(["BROKEN", "GET /invoices/{invoice_id}"]), row(["enforced", "GET /me"])];
    insta::assert_snapshot!(render_table(&COLUMNS, &rows, 80), @r"
    verdict   route
    BROKEN    GET /invoices/{invoice_id}
    enforced  GET /me
    ");
}

#[test]
fn a_narrow_table_cuts_the_column_that_gives_way() {
    let rows = [row(["BROKEN", "GET /accounts/{account_id}/invoices/{invoice_id}"])];
    insta::assert_snapshot!(render_table(&COLUMNS, &rows, 30), @r"
    verdict  route
    BROKEN   GET /accounts/{accou…
    ");
}

#[test]
fn a_paragraph_breaks_at_spaces() {
    insta::assert_snapshot!(wrap_text("bob read invoice 17, which alice owns\n\nsecond", 24, 2), @r"
      bob read invoice 17,
      which alice owns

      second
    ");
}

#[test]
fn text_of_the_target_commands_no_terminal() {
    assert_eq!(cut_text("GET /\u{1b}[31mred\u{202e}", 40), "GET /red");
    let shown = wrap_text("a\u{1b}]0;title\u{7}b\u{9b}2J", 40, 0);
    assert!(!shown.trim_end().contains(char::is_control), "{shown:?}");
}

proptest! {
    #[test]
    fn a_cut_is_never_longer_than_it_may(text in ".{0,200}", columns in 1_usize..60) {
        prop_assert!(cut_text(&text, columns).chars().count() <= columns);
    }

    #[test]
    fn a_wrapped_paragraph_keeps_its_words(words in proptest::collection::vec("[a-z]{1,12}", 0..40), width in 20_usize..90) {
        let wrapped = wrap_text(&words.join(" "), width, 2);
        let kept: Vec<&str> = wrapped.split_whitespace().collect();
        prop_assert_eq!(kept, words);
        prop_assert!(wrapped.lines().all(|line| line.chars().count() <= width));
    }
}
