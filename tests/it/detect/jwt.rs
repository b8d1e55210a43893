//! Tokens by structure.

use routewarden::detect::jwt;

const HS256: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl";
const NONE: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3In0.";

#[test]
fn a_token_is_taken_apart() {
    let token = jwt::parse(HS256).unwrap();
    assert_eq!(token.algorithm(), Some("HS256"));
    assert_eq!(token.payload["sub"], "7");
    assert_eq!(token.signature, b"signature");
    assert_eq!(token.signing_input(), "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0");
    assert!(jwt::parse(NONE).unwrap().signature.is_empty());
    assert!(!format!("{token:?}").contains("sub"));
    for bad in
        ["", "a.b.c", "eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0", "e30.e30.", &format!("{HS256}.x")]
    {
        assert_eq!(jwt::parse(bad), None, "{bad}");
    }
}

#[test]
fn tokens_are_found_in_text() {
    let found = |text: &str| jwt::find_ranges(text).into_iter().map(|range| text[range].to_owned()).collect::<Vec<_>>();
    assert_eq!(found(&format!("a {HS256}, b {NONE} c")), [HS256, NONE]);
    assert_eq!(found("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0. The end"), ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0"]);
    let jwe = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..aXY.dGV4dA.dGFn";
    assert_eq!(found(jwe), [jwe]);
    for text in ["eyJhbGciOiJIUzI1NiJ9", "eyJ.eyJ.eyJ", "xeyJhbGciOiJIUzI1NiJ9.e30.x", ""] {
        assert_eq!(found(text), [""; 0], "{text}");
    }
}
