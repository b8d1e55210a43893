//! Words by which code names callers, owners and roles. Sorted; compared without case and without `_` and `-`.

/// Fields of an object that name its owner.
pub const OWNER_FIELDS: [&str; 26] = [
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
pub const CALLERS: [&str; 24] = [
    "account",
    "actor",
    "auth",
    "authuser",
    "caller",
    "claims",
    "currentaccount",
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
pub const ACCOUNTS: [&str; 10] =
    ["account", "accounts", "customuser", "member", "members", "person", "profile", "profiles", "user", "users"];

/// Returns a name without case, `_` and `-`.
pub fn plain(name: &str) -> String {
    name.chars().filter(|letter| *letter != '_' && *letter != '-').flat_map(char::to_lowercase).collect()
}

/// Returns whether a name is one of these words.
pub fn is_one_of(name: &str, words: &[&str]) -> bool {
    words.contains(&plain(name).as_str())
}
