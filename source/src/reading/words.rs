//! Words that programmers use for callers, owners, roles, tenants and secrets. Names only suggest; the code around decides.

use std::cell::RefCell;

use crate::maps::Map;

/// Names that stand for the caller, without `_` and in small letters.
pub const SUBJECT_NAMES: [&str; 35] = [
    "account",
    "accountid",
    "actor",
    "authuser",
    "authenticateduser",
    "callerid",
    "currentaccount",
    "currentidentity",
    "currentuser",
    "currentuserid",
    "currentusername",
    "customerid",
    "identity",
    "jwtidentity",
    "jwtpayload",
    "jwtuser",
    "loggedinuser",
    "loggeduser",
    "me",
    "myid",
    "myuserid",
    "principal",
    "requester",
    "requestinguser",
    "sessionuser",
    "sub",
    "subject",
    "tokendata",
    "uid",
    "user",
    "userid",
    "username",
    "userinfo",
    "viewer",
    "whoami",
];

/// Functions that return the caller, without `_` and in small letters.
pub const SUBJECT_CALLS: [&str; 24] = [
    "authenticateduser",
    "currentuser",
    "currentuserid",
    "getauthenticateduser",
    "getauthenticateduserid",
    "getauthuser",
    "getcurrentaccount",
    "getcurrentactiveuser",
    "getcurrentidentity",
    "getcurrentprincipal",
    "getcurrentuser",
    "getcurrentuserid",
    "getidentity",
    "getjwt",
    "getjwtclaims",
    "getjwtidentity",
    "getloggedinuser",
    "getprincipal",
    "getrawjwt",
    "getremoteuser",
    "getsessionuser",
    "getsubject",
    "getuserid",
    "getuserprincipal",
];

/// Columns that name an owner, without `_` and in small letters.
pub const OWNER_COLUMNS: [&str; 36] = [
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
    "employeeid",
    "memberid",
    "owner",
    "ownedby",
    "owneremail",
    "ownerid",
    "ownername",
    "ownersub",
    "owneruserid",
    "patientid",
    "postedby",
    "principalid",
    "recipientid",
    "sellerid",
    "senderid",
    "sub",
    "subject",
    "submittedby",
    "uid",
    "uploadedby",
    "user",
    "userid",
    "username",
    "userprofile",
    "userprofileid",
];

/// Columns and names of groups that share objects, without `_` and in small letters.
pub const TENANT_NAMES: [&str; 28] = [
    "company",
    "companyid",
    "currentcompany",
    "currentorg",
    "currentorganization",
    "currentteam",
    "currenttenant",
    "currentworkspace",
    "org",
    "organisation",
    "organisationid",
    "organization",
    "organizationid",
    "orgid",
    "orgs",
    "practiceid",
    "schoolid",
    "storeid",
    "team",
    "teamid",
    "teamids",
    "teams",
    "tenant",
    "tenantid",
    "tenantids",
    "workspace",
    "workspaceid",
    "workspaces",
];

/// Parts of names of roles that stand above users.
pub const ROLE_PARTS: [&str; 12] = [
    "admin",
    "isroot",
    "isstaff",
    "manager",
    "moderat",
    "permission",
    "privilege",
    "role",
    "scope",
    "staff",
    "superuser",
    "superadmin",
];

/// Parts of names of helpers that decide whether a caller may reach an object.
pub const GUARD_PARTS: [&str; 44] = [
    "abortifnot",
    "allowed",
    "assertowner",
    "authorize",
    "authorise",
    "belongsto",
    "canaccess",
    "canaccess",
    "candelete",
    "canedit",
    "canmanage",
    "canmodify",
    "canread",
    "cansee",
    "canupdate",
    "canview",
    "canwrite",
    "checkaccess",
    "checkauthor",
    "checkobjectpermission",
    "checkowner",
    "checkpermission",
    "checkuser",
    "ensureaccess",
    "ensurecan",
    "ensureowner",
    "hasaccess",
    "hasobjectperm",
    "haspermission",
    "hasperm",
    "isallowed",
    "isauthor",
    "iscreator",
    "ismember",
    "isowner",
    "mayaccess",
    "ownedby",
    "owneror",
    "owns",
    "requireaccess",
    "requireowner",
    "useraccess",
    "verifyaccess",
    "verifyowner",
];

/// Parts of names of values that open a door to whoever holds them.
pub const SECRET_WORDS: [&str; 10] =
    ["apikey", "code", "hash", "magic", "nonce", "otp", "passw", "secret", "signature", "token"];

/// Models that are the caller's own kind, without `_` and in small letters.
pub const USER_MODELS: [&str; 16] = [
    "account",
    "accounts",
    "appuser",
    "authuser",
    "customer",
    "customers",
    "customuser",
    "member",
    "patient",
    "person",
    "profile",
    "profiles",
    "user",
    "userprofile",
    "users",
    "usermodel",
];

/// Longer names than this are rare.
const MOST_SHORT: usize = 64;
/// More names are not kept for one list.
const MOST_HELD: usize = 10_000;

/// Returns a name in small letters without `_`, `-` and `$`.
pub fn simplify_name(name: &str) -> String {
    if name.is_ascii() {
        let mut made = String::with_capacity(name.len());
        made.extend(plain_bytes(name).map(char::from));
        return made;
    }
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn plain_bytes(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(u8::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase())
}

/// Returns whether a name is one of these words.
pub fn is_one_of(name: &str, words: &[&str]) -> bool {
    with_plain(name, |name| words.iter().any(|word| word.as_bytes() == name))
}

/// Answers by the address and the length of a list, and then by the name.
type HeldWords = Map<(usize, usize), Map<Box<str>, bool>>;

thread_local! {
    /// Whether a name holds one of the words of a list. The names of a project are few, and
    /// each of them is asked for in every handler that meets it.
    static HELD: RefCell<HeldWords> = RefCell::default();
}

/// Returns whether a name holds one of these words.
pub fn holds_one_of(name: &str, words: &'static [&'static str]) -> bool {
    if name.len() > MOST_SHORT {
        return search_words(name, words);
    }
    HELD.with_borrow_mut(|held| {
        let known = held.entry((words.as_ptr().addr(), words.len())).or_default();
        if let Some(holds) = known.get(name) {
            return *holds;
        }
        let holds = search_words(name, words);
        if known.len() < MOST_HELD {
            known.insert(Box::from(name), holds);
        }
        holds
    })
}

fn search_words(name: &str, words: &[&str]) -> bool {
    with_plain(name, |name| {
        let letters = letters_of(name);
        // A word with a letter that the name lacks is ruled out before any comparison.
        words.iter().any(|word| letters_of(word.as_bytes()) & !letters == 0 && contains_bytes(name, word.as_bytes()))
    })
}

/// Shows a name in small letters without `_`, `-` and `$`. It is asked for so often that short ones, which most are, are
/// written nowhere but on the stack.
fn with_plain<T>(name: &str, act: impl FnOnce(&[u8]) -> T) -> T {
    let mut made = [0; MOST_SHORT];
    if !name.is_ascii() || name.len() > made.len() {
        return act(simplify_name(name).as_bytes());
    }
    let mut length = 0;

    for (place, letter) in made.iter_mut().zip(plain_bytes(name)) {
        *place = letter;
        length += 1;
    }
    act(made.get(..length).unwrap_or_default())
}

/// Returns a set of the letters in a text: a word with another letter is not in it.
fn letters_of(text: &[u8]) -> u64 {
    text.iter().fold(0, |letters, letter| letters | 1 << (letter & 63))
}

fn contains_bytes(text: &[u8], word: &[u8]) -> bool {
    let Some(first) = word.first() else { return true };
    text.windows(word.len()).any(|piece| piece.first() == Some(first) && piece == word)
}

/// Words that end as ids do, and name a state or a thing.
const ENDING_LIKE_IDS: &str = "acid acids aid aids android avoid bid bids braid covid fluid grid grids hybrid invalid kid kids lid \
    liquid mid paid prepaid raid rapid rid solid unpaid valid void";

/// Returns whether a name is that of an id or of another unique name of an object.
pub fn is_id(name: &str) -> bool {
    let is_other = || ENDING_LIKE_IDS.split_whitespace().any(|word| last_word(name).eq_ignore_ascii_case(word));
    let plain = simplify_name(name);
    let whole =
        ["email", "filename", "handle", "key", "number", "path", "pk", "ref", "reference", "slug", "username", "uid"];
    whole.iter().any(|word| plain.ends_with(word)) || (plain.ends_with("id") || plain.ends_with("ids")) && !is_other()
}

/// Returns the last word of a name: `Paid` of `isPaid`, `id` of `user_id`.
fn last_word(name: &str) -> &str {
    let begins = |(at, letter): (usize, char)| match letter {
        '_' | '-' | '.' => Some(at + 1),
        // A capital begins a word where none stands before it.
        _ if letter.is_ascii_uppercase() && !name.get(..at)?.ends_with(|before: char| before.is_ascii_uppercase()) => {
            Some(at)
        }
        _ => None,
    };
    let start = name.char_indices().filter_map(begins).next_back().unwrap_or_default();
    name.get(start..).unwrap_or(name)
}

/// Returns whether a column is the key of its own table.
pub fn is_primary(name: &str) -> bool {
    matches!(
        simplify_name(name).as_str(),
        "" | "id" | "pk" | "uuid" | "slug" | "key" | "ref" | "number" | "guid" | "publicid"
    )
}

#[cfg(test)]
mod tests {
    use super::{GUARD_PARTS, SUBJECT_NAMES, holds_one_of, is_id, is_one_of};

    #[test]
    fn names_of_every_length_and_alphabet_are_compared_alike() {
        let long = format!("{}_Check_Owner", "x".repeat(80));
        for name in ["checkOwner", "do_check-owner_now", "überCheckOwner", &long] {
            assert!(holds_one_of(name, &GUARD_PARTS), "{name}");
        }
        // The letters of a word in another order.
        assert!(!holds_one_of("owner_check", &["checkowner"]));
        assert!(is_one_of("User_Id", &SUBJECT_NAMES));

        assert!(!is_one_of("user_ids", &SUBJECT_NAMES));
    }

    #[test]
    fn words_that_end_as_ids_do_are_none() {
        for name in ["id", "user_id", "userId", "userid", "invoice_ids", "publicID", "uuid", "email"] {
            assert!(is_id(name), "{name}");
        }
        for name in ["paid", "is_paid", "isValid", "grid", "bid", "openBids", "void"] {
            assert!(!is_id(name), "{name}");
        }
    }
}
