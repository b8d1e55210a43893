//! Tokens that are not verified, and tokens in logs; with what looks like it and is none.

use routewarden_source::tokens::{TokenFaultKind, find_token_faults};

use crate::project::project;

fn faults(file: &str, text: &str) -> Vec<(TokenFaultKind, usize, String)> {
    let found = find_token_faults(&project(&[(file, text)]));
    found.into_iter().map(|fault| (fault.kind, fault.place.line, fault.function)).collect()
}

#[test]
fn a_token_that_is_read_without_its_signature_is_found() {
    let python = r#"
import jwt
from jose import jwt as jose_jwt
def claims(token):
    return jwt.decode(token, options={"verify_signature": False})
def older(token):
    return jwt.decode(token, KEY, verify=False)
def none(token):
    return jwt.decode(token, KEY, algorithms=["HS256", "none"])
def unverified(token):
    return jose_jwt.get_unverified_claims(token)
"#;
    let found = faults("app.py", python);
    let lines: Vec<(usize, &str)> = found.iter().map(|(_, line, function)| (*line, function.as_str())).collect();
    assert_eq!(lines, [(5, "claims"), (7, "older"), (9, "none"), (11, "unverified")]);
    let script = "import jwt from 'jsonwebtoken'\nexport function who(req) {\n  return jwt.decode(req.token)\n}\n";
    assert_eq!(faults("app.js", script), [(TokenFaultKind::Unverified, 3, "who".to_owned())]);
}

#[test]
fn verified_tokens_and_other_codecs_are_not() {
    let python = r#"
import jwt, base64, json
def claims(token):
    return jwt.decode(token, KEY, algorithms=["HS256"])
def by_key(token):
    kid = jwt.get_unverified_header(token)["kid"]
    peek = jwt.decode(token, options={"verify_signature": False})
    return jwt.decode(token, keys[kid], algorithms=["RS256"], issuer=peek["iss"])
def text(data):
    return base64.b64decode(data).decode("utf-8")
"#;
    assert_eq!(faults("app.py", python), []);
    let script = "const jwt = require('jsonwebtoken')\nfunction who(t) {\n  const kid = jwt.decode(t, { complete: true }).header.kid\n  return jwt.verify(t, keys[kid])\n}\n";
    assert_eq!(faults("app.js", script), []);
    let test = "import jwt\ndef test_x(token):\n    assert jwt.decode(token, options={'verify_signature': False})\n";
    assert_eq!(faults("tests/test_app.py", test), []);
}

#[test]
fn a_token_in_a_log_is_found_and_its_length_is_not() {
    let python = r#"
import logging
logger = logging.getLogger(__name__)
def signed(token, request):
    logger.info(f"signed in with {token}")
    logger.debug("header %s", request.headers["Authorization"])
    logger.info("length %d", len(token))
    logger.info("token accepted for %s", token.user)
    send(token)
"#;
    let found = faults("app.py", python);
    let lines: Vec<usize> = found.iter().map(|(_, line, _)| *line).collect();
    assert_eq!(lines, [5, 6]);
    assert!(found.iter().all(|(kind, ..)| *kind == TokenFaultKind::Logged));
    assert_eq!(faults("app.js", "function a(req) { console.log('got', req.headers.authorization) }\n").len(), 1);
}
