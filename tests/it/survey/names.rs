use routewarden::survey::{
    is_between_people, is_me_word, is_owner_name, is_strong_owner_name, names_counterpart, role_mark, role_word,
    singular_of, split_words,
};

#[test]
fn names_split_as_people_write_them() {
    for name in ["invoiceId", "invoice_id", "invoice-id", "InvoiceID", "invoice.id", "__invoice__id"] {
        assert_eq!(split_words(name), ["invoice", "id"], "{name}");
    }
    assert_eq!(split_words("HTTPServerURL2Go"), ["http", "server", "url2", "go"]);
    assert_eq!(split_words("größeÄnderung"), ["größe", "änderung"]);
    assert!(split_words("").is_empty() && split_words("--/").is_empty());
    assert_eq!(split_words(&"a".repeat(10_000)).concat().len(), 120);
}

#[test]
fn plurals_have_their_singular() {
    for (plural, one) in [
        ("invoices", "invoice"),
        ("companies", "company"),
        ("addresses", "address"),
        ("boxes", "box"),
        ("branches", "branch"),
        ("people", "person"),
        ("status", "status"),
        ("news", "news"),
        ("bus", "bus"),
        ("glass", "glass"),
        ("as", "as"),
        ("größes", "größe"),
        ("", ""),
    ] {
        assert_eq!(singular_of(plural), one, "{plural}");
    }
}

#[test]
fn owner_names_are_known_and_weak_ones_are_told_apart() {
    for strong in
        ["owner", "owner_id", "userId", "user_name", "accountId", "tenant", "customer_email", "username", "ownedBy"]
    {
        assert!(is_owner_name(strong) && is_strong_owner_name(strong), "{strong}");
    }
    for weak in ["author", "created_by", "createdBy", "uploadedBy", "sent_by", "seller_id"] {
        assert!(is_owner_name(weak) && !is_strong_owner_name(weak), "{weak}");
    }
    for none in ["id", "title", "name", "by_date", "email", "amount", "userAgent", "account_type"] {
        assert!(!is_owner_name(none), "{none}");
    }
}

#[test]
fn role_words_stand_alone_and_nouns_are_doubtful() {
    assert_eq!(role_mark("/admin/users"), Some(("admin".to_owned(), true)));
    assert_eq!(role_mark("listAdminUsers"), Some(("admin".to_owned(), true)));
    assert_eq!(role_mark("/audit/entries"), Some(("audit".to_owned(), false)));
    assert_eq!(role_mark("/administer-vaccine"), None);
    assert_eq!(role_mark("/rootstock"), None);
    assert_eq!(role_word("/operators"), None);
}

#[test]
fn me_words_mean_the_caller() {
    assert!(["me", "self", "whoami", "my-profile", "currentUser"].iter().all(|word| is_me_word(word)));
    assert!(!["users", "team", "memo", "selfie"].iter().any(|word| is_me_word(word)));
}

#[test]
fn whom_something_is_for_is_told_from_whose_it_is() {
    for name in ["assigneeId", "recipient", "shared_with", "sentTo", "approvedBy", "target_user"] {
        assert!(names_counterpart(name), "{name}");
    }
    for name in ["ownerId", "user", "createdBy", "total", "storage"] {
        assert!(!names_counterpart(name), "{name}");
    }
    assert!(is_between_people("message") && is_between_people("booking"));
    assert!(!is_between_people("note") && !is_between_people("invoice"));
}
