//! Words by which names speak of identity, roles and refusal. Each list is sorted.

/// What a guard that asks for a credential is named after.
pub const CREDENTIAL_WORDS: &[&str] = &[
    "apikey",
    "auth",
    "authed",
    "authenticate",
    "authenticated",
    "authentication",
    "authorization",
    "authorize",
    "authorized",
    "bearer",
    "credential",
    "credentials",
    "identity",
    "jwt",
    "logged",
    "login",
    "oauth",
    "oauth2",
    "password",
    "principal",
    "secured",
    "session",
    "signed",
    "signin",
    "token",
    "user",
];

/// What a guard that asks for a role, permission or scope is named after.
pub const ROLE_WORDS: &[&str] = &[
    "acl",
    "admin",
    "administrator",
    "admins",
    "group",
    "groups",
    "manager",
    "member",
    "members",
    "moderator",
    "owner",
    "permission",
    "permissions",
    "privilege",
    "privileges",
    "role",
    "roles",
    "scope",
    "scopes",
    "staff",
    "super",
    "superadmin",
    "superuser",
];

/// Those of them that are no role themselves.
pub const ROLE_KINDS: &[&str] = &[
    "acl",
    "group",
    "groups",
    "permission",
    "permissions",
    "privilege",
    "privileges",
    "role",
    "roles",
    "scope",
    "scopes",
];

/// What a guard does, in its name: without one of these (or `current`), a name speaks of a thing and not of a guard.
pub const GUARD_VERBS: &[&str] = &[
    "accepted",
    "allowed",
    "assert",
    "authenticate",
    "authenticated",
    "authorize",
    "authorized",
    "check",
    "current",
    "enforce",
    "ensure",
    "guard",
    "has",
    "is",
    "must",
    "need",
    "needed",
    "needs",
    "only",
    "protect",
    "protected",
    "require",
    "required",
    "requires",
    "restrict",
    "restricted",
    "secured",
    "validate",
    "validated",
    "verified",
    "verify",
];

/// What lets strangers in, in a name.
pub const PUBLIC_WORDS: &[&str] = &["allowany", "anonymous", "maybe", "optional", "permitall", "public"];

/// Names of faults that a caller without a credential is answered with.
pub const UNAUTHENTICATED_WORDS: &[&str] = &[
    "authenticated",
    "authentication",
    "credential",
    "credentials",
    "login",
    "token",
    "unauthenticated",
    "unauthorised",
    "unauthorized",
];

/// Names of faults that a caller who may not do this is answered with.
pub const FORBIDDEN_WORDS: &[&str] = &["access", "authorization", "denied", "forbidden", "permission"];

/// Returns the words of a name, in small letters: `isAdmin_user` has `is`, `admin`, `user`.
pub fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;

    for letter in name.chars() {
        // A capital begins a word only behind a small letter, so that an abbreviation stays one word.
        if !letter.is_alphanumeric() || (letter.is_uppercase() && was_small) {
            words.push(String::new());
        }
        was_small = letter.is_lowercase() || letter.is_numeric();

        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
    }

    words.retain(|word| !word.is_empty());
    words
}

/// Returns whether a name has a word of a list.
pub fn has_word(name: &str, list: &[&str]) -> bool {
    words_of(name).iter().any(|word| list.contains(&word.as_str()))
}

/// Fields of an object that name its owner.
pub const OWNER_FIELDS: &[&str] = &[
    "account",
    "accountid",
    "author",
    "authorid",
    "belongsto",
    "createdby",
    "createdbyid",
    "creator",
    "creatorid",
    "customer",
    "customerid",
    "memberid",
    "owner",
    "ownerid",
    "ownersub",
    "owneruserid",
    "ownerusername",
    "profileid",
    "sub",
    "subject",
    "uid",
    "user",
    "userid",
    "username",
    "useruuid",
    "uploaderid",
];

/// Names of what holds the caller: parameters, locals, attributes of a request.
pub const CALLERS: &[&str] = &[
    "account",
    "actor",
    "auth",
    "authuser",
    "caller",
    "claims",
    "currentaccount",
    "currentcaller",
    "currentidentity",
    "currentuser",
    "currentuserid",
    "identity",
    "jwtpayload",
    "me",
    "member",
    "payload",
    "principal",
    "requester",
    "sub",
    "subject",
    "uid",
    "user",
    "userid",
    "username",
    "viewer",
];

/// Names of tables and models whose rows are the accounts themselves.
pub const ACCOUNTS: &[&str] =
    &["account", "accounts", "customuser", "member", "members", "person", "profile", "profiles", "user", "users"];

/// Returns a name without case, `_` and `-`.
pub fn simplify_name(name: &str) -> String {
    name.chars().filter(|letter| *letter != '_' && *letter != '-').flat_map(char::to_lowercase).collect()
}

/// Returns whether a name is one of these words.
pub fn is_one_of(name: &str, words: &[&str]) -> bool {
    words.contains(&simplify_name(name).as_str())
}
/// Attributes and helpers that say whether a caller has signed in.
pub(crate) const SIGNED_IN: [&str; 8] = [
    "is_active_user",
    "is_anonymous",
    "is_authenticated",
    "isauthenticated",
    "logged_in",
    "loggedin",
    "login_required",
    "loginrequired",
];

/// Attributes and helpers that say whether a caller has a role or a permission.
pub(crate) const ROLES: [&str; 20] = [
    "admin",
    "check_permission",
    "check_permissions",
    "check_perms",
    "groups",
    "has_admin",
    "has_perm",
    "has_permission",
    "has_perms",
    "has_role",
    "hasrole",
    "is_admin",
    "is_manager",
    "is_moderator",
    "is_staff",
    "is_superuser",
    "issuperuser",
    "role",
    "roles",
    "user_permissions",
];

/// Exceptions and answers by which a caller is refused.
pub(crate) const DENIALS: [&str; 18] = [
    "AuthenticationFailed",
    "Forbidden",
    "Http404",
    "HttpForbidden",
    "HttpResponseForbidden",
    "HttpResponseRedirect",
    "HttpResponseUnauthorized",
    "NotAuthenticated",
    "PermissionDenied",
    "SuspiciousOperation",
    "Unauthorized",
    "abort",
    "deny",
    "handle_no_permission",
    "permission_denied",
    "raise_permission_denied",
    "redirect",
    "redirect_to_login",
];
