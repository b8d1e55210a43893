//! Field names whose values nobody should read.

/// Whole names, normalised.
const EXACT: [&str; 34] = [
    "pass",
    "pwd",
    "pin",
    "otp",
    "totp",
    "mfa",
    "mfacode",
    "otpcode",
    "cvv",
    "cvc",
    "cvv2",
    "ssn",
    "salt",
    "session",
    "sessions",
    "sid",
    "jwt",
    "bearer",
    "auth",
    "authorization",
    "cookie",
    "cookies",
    "secrets",
    "tokens",
    "signature",
    "hash",
    "csrf",
    "xsrf",
    "pan",
    "passwordconfirmation",
    "seedphrase",
    "mnemonic",
    "recoverycodes",
    "backupcodes",
];
/// Endings, normalised; a whole name may be one too.
const ENDINGS: [&str; 40] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "userpwd",
    "secret",
    "token",
    "apikey",
    "apisecret",
    "accesskey",
    "secretkey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "servicekey",
    "authkey",
    "sessionid",
    "sessionkey",
    "sessid",
    "connectsid",
    "credential",
    "credentials",
    "connectionstring",
    "passwordhash",
    "pwhash",
    "passhash",
    "hashedpassword",
    "passworddigest",
    "encryptedpassword",
    "passwordsalt",
    "otpsecret",
    "resetcode",
    "verificationcode",
    "recoverycode",
    "cardnumber",
    "creditcard",
    "securitycode",
    "newpassword",
    "accesstokens",
];
/// Names that end like a secret and are none.
const HARMLESS: [&str; 12] = [
    "pagetoken",
    "nextpagetoken",
    "prevpagetoken",
    "previouspagetoken",
    "nexttoken",
    "continuationtoken",
    "synctoken",
    "pagingtoken",
    "haspassword",
    "changepassword",
    "forgotpassword",
    "resetpassword",
];

/// Whether values of a field, parameter or header of this name are kept out of every report. Case and separators
/// do not count: `Access-Token`, `access_token` and `accessToken` are one name.
pub(super) fn is_sensitive_name(name: &str) -> bool {
    // No program names a field so: it is a text that stands where a name would.
    if name.len() > 128 {
        return false;
    }
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();

    if HARMLESS.contains(&name.as_str()) {
        return false;
    }
    EXACT.contains(&name.as_str()) || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Names that hold many secrets under keys of any name.
pub(super) fn is_secret_store(name: &str) -> bool {
    ["secrets", "credentials", "tokens"].iter().any(|store| name.eq_ignore_ascii_case(store))
}

/// Query parameters that carry credentials though such a field of a body would not.
pub(super) fn is_sensitive_parameter(name: &str) -> bool {
    // `key` carries API keys, `sig` opens a signed address, `code_verifier` is the secret of PKCE (RFC 7636).
    is_sensitive_name(name) || ["key", "sig", "code_verifier"].iter().any(|known| name.eq_ignore_ascii_case(known))
}
