use routewarden::model::{clean_name, clean_text};

#[test]
fn invisible_and_control_characters_are_dropped() {
    assert_eq!(clean_text("a\u{200b}b\u{202e}c\u{e0041}d\u{1b}[31me\nf", 80), "abcde f");
}

#[test]
fn a_cut_is_marked() {
    assert_eq!(clean_text("abcdef", 3), "abc…");
}

#[test]
fn names_keep_only_what_belongs_in_names() {
    assert_eq!(clean_name("GET /a/{id}<script>", 80), "GET /a/{id}_script_");
}
