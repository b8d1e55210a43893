//! Words that programs name things with: what keeps callers out, what lets them in, what refuses.

/// Parts of names of guards that ask who calls. Compared with whole words of a name.
pub const GUARDING: [&str; 30] = [
    "apikey",
    "auth",
    "authed",
    "authenticate",
    "authenticated",
    "authenticates",
    "authentication",
    "authenticator",
    "authn",
    "authorisation",
    "authorization",
    "authorize",
    "authorized",
    "authorizer",
    "bearer",
    "claims",
    "guard",
    "jwt",
    "keyauth",
    "loggedin",
    "login",
    "oauth",
    "oauth2",
    "oidc",
    "principal",
    "protect",
    "protected",
    "sanctum",
    "signedin",
    "token",
];

/// Parts of names of guards that ask for a role, a permission or a scope.
pub const ROLE_GUARDING: [&str; 22] = [
    "abilities",
    "ability",
    "admin",
    "administrator",
    "authz",
    "can",
    "enforce",
    "moderator",
    "owner",
    "permission",
    "permissions",
    "permit",
    "policy",
    "privilege",
    "rbac",
    "role",
    "roles",
    "scope",
    "scopes",
    "staff",
    "superadmin",
    "superuser",
];

/// First words of names of what loads things.
pub const LOADING: [&str; 7] = ["build", "fetch", "find", "get", "load", "new", "set"];

/// Parts of names of what lets strangers in.
pub const LETTING_IN: [&str; 4] = ["allowany", "allowanonymous", "permitall", "skipauth"];

/// Parts of names of middleware that refuses no caller for who they are.
pub const PASSING: [&str; 40] = [
    "body",
    "brotli",
    "cache",
    "catch",
    "compress",
    "compression",
    "cors",
    "csp",
    "decompress",
    "encoding",
    "error",
    "etag",
    "extension",
    "gzip",
    "header",
    "headers",
    "helmet",
    "id",
    "instrument",
    "log",
    "logger",
    "logging",
    "metric",
    "metrics",
    "normalize",
    "pprof",
    "prometheus",
    "recover",
    "recoverer",
    "recovery",
    "redirect",
    "requestid",
    "secure",
    "sentry",
    "span",
    "static",
    "timeout",
    "trace",
    "tracing",
    "url",
];

/// Texts of code that refuses, in small letters.
pub const REFUSALS: [&str; 17] = [
    "401",
    "403",
    "abort",
    "accessdenied",
    "authenticationexception",
    "challenge",
    "errforbidden",
    "errunauthorized",
    "forbid",
    "forbidden",
    "head :",
    "invalid_token",
    "permissiondenied",
    "redirect",
    "render_403",
    "unauthenticated",
    "unauthorized",
];

/// Texts of code that refuses for want of a credential, in small letters.
pub const CREDENTIAL_REFUSALS: [&str; 6] =
    ["401", "authenticationexception", "challenge(", "unauthenticated", "unauthorized", "www-authenticate"];

/// Splits names into small words: `RequireRole` is `require role`, `JWTAuth` is `jwt auth`. Beside single words, pairs are
/// words too: `AllowAnonymous` holds `allowanonymous`.
pub fn in_words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut before = '_';
    let mut letters = name.chars().peekable();

    while let Some(letter) = letters.next() {
        let next_is_small = letters.peek().is_some_and(|next| next.is_lowercase());
        // The last capital of an abbreviation begins the next word: `JWTAuth` is `JWT` and `Auth`.
        let begins = letter.is_uppercase() && (!before.is_uppercase() || next_is_small);

        if begins || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(last) = words.last_mut()
        {
            last.extend(letter.to_lowercase());
        }
        before = letter;
    }

    words.retain(|word| !word.is_empty());
    // Pairs join what naming styles split: `sign_in` and `signIn` hold `signin`.
    let pairs: Vec<String> = words.windows(2).map(|pair| pair.concat()).collect();
    words.extend(pairs);
    words
}

/// Returns whether one of the words is in the list.
pub fn has_word(words: &[String], list: &[&str]) -> bool {
    words.iter().any(|word| list.contains(&word.as_str()))
}
