//! Personal data and its validators.

use routewarden::detect::personal::{PersonalKind as K, find_numbers, in_field, n_emails};

/// Digits with Luhn's digit behind them.
fn card(prefix: &str) -> String {
    let with = |digit: u32| format!("{prefix}{digit}");
    let valid = |text: &str| {
        let digits = text.chars().rev().filter_map(|c| c.to_digit(10)).enumerate();
        let sum: u32 = digits.map(|(i, d)| if i % 2 == 0 { d } else { d * 2 / 10 + d * 2 % 10 }).sum();
        sum.is_multiple_of(10)
    };
    (0..10).map(with).find(|text| valid(text)).unwrap()
}

/// An account with its two check digits.
fn iban(country: &str, account: &str) -> String {
    let digits: String = format!("{account}{country}00").chars().map(|c| c.to_digit(36).unwrap().to_string()).collect();
    let rest = digits.bytes().fold(0u32, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    format!("{country}{:02}{account}", 98 - rest)
}

fn kinds(text: &str) -> Vec<(K, &str)> {
    find_numbers(text).into_iter().map(|hit| (hit.kind, &text[hit.range])).collect()
}

#[test]
fn cards_and_accounts_are_found_in_prose_and_json() {
    let (visa, amex, account) = (card("453201511283036"), card("37144963539842"), iban("DE", "500105175407324931"));
    let grouped = format!("{} {} {} {}", &visa[..4], &visa[4..8], &visa[8..12], &visa[12..]);
    assert_eq!(kinds(&format!("paid with {visa}.")), [(K::CardNumber, visa.as_str())]);
    assert_eq!(kinds(&format!("paid with {grouped}, thanks")), [(K::CardNumber, grouped.as_str())]);
    assert_eq!(kinds(&format!("{{\"n\":\"{amex}\"}}")), [(K::CardNumber, amex.as_str())]);
    assert_eq!(kinds(&format!("to {account}")), [(K::Iban, account.as_str())]);
    let spaced: Vec<&str> = account.as_bytes().chunks(4).map(|part| std::str::from_utf8(part).unwrap()).collect();
    assert_eq!(kinds(&spaced.join(" ")), [(K::Iban, spaced.join(" ").as_str())]);
}

#[test]
fn samples_wrong_digits_and_other_numbers_are_none() {
    let visa = card("453201511283036");
    let wrong = format!("{}{}", &visa[..15], (visa[15..].parse::<u32>().unwrap() + 1) % 10);
    let account = iban("DE", "500105175407324931");
    let texts = [
        "4111 1111 1111 1111",
        "4242424242424242",
        "378282246310005",
        "GB82 WEST 1234 5698 7654 32",
        "DE89370400440532013000",
        wrong.as_str(),
        &account.replace("DE", "FR"),
        &format!("1.{visa}"),
        &format!("{visa}-42"),
        &format!("{visa}99"),
        "2031-01-30 1700000000000 +49 30 901820",
        "DE00000000000000000000",
    ];
    for text in texts {
        assert_eq!(kinds(text), [], "{text}");
    }
}

#[test]
fn social_security_numbers_need_a_name_that_says_so() {
    assert_eq!(in_field("ssn", "536-22-8817"), Some(K::SocialSecurity));
    assert_eq!(in_field("employeeSSN", "536228817"), Some(K::SocialSecurity));
    assert_eq!(in_field("part_number", "536-22-8817"), None);
    for text in
        ["078-05-1120", "000-22-8817", "666-22-8817", "936-22-8817", "536-00-8817", "536-22-0000", "53-622-8817"]
    {
        assert_eq!(in_field("ssn", text), None, "{text}");
    }
}

#[test]
fn addresses_of_documentation_are_not_counted() {
    assert_eq!(n_emails("a@shop.io, b@mail.shop.io; c@example.com d@x.example.org e@y.test f@z.example"), 2);
}

#[test]
fn accounts_of_every_country_of_the_registry_are_found_by_its_own_length() {
    for (country, length) in
        [("NO", 15), ("TR", 26), ("UA", 29), ("RS", 22), ("LC", 32), ("RU", 33), ("PK", 24), ("XK", 20)]
    {
        let tail: String = "1234567890".chars().cycle().take(length - 4).collect();
        let account = iban(country, &tail);
        assert_eq!(kinds(&account), [(K::Iban, account.as_str())]);
        let longer = iban(country, &format!("{tail}1"));
        assert_eq!(kinds(&longer), [], "{longer}");
    }
    // No country has this code.
    assert_eq!(kinds(&iban("ZZ", "500105175407324931")), []);
}

#[test]
fn an_account_in_groups_ends_where_its_country_says() {
    let account = iban("ES", "21000418450200051333");
    let spaced: Vec<&str> = account.as_bytes().chunks(4).map(|part| std::str::from_utf8(part).unwrap()).collect();
    let spaced = spaced.join(" ");
    // Behind groups of four, the next word looks like a group.
    for after in ["", " EUR", " BANK", ", EUR"] {
        assert_eq!(kinds(&format!("pay {spaced}{after}")), [(K::Iban, spaced.as_str())], "{after}");
    }
}

#[test]
fn check_digits_that_are_never_issued_are_none() {
    // 99 leaves the remainder of 02, so that it passes where only the remainder is looked at.
    let account = (0..200).map(|n| iban("NO", &format!("860111179{n:02}"))).find(|account| &account[2..4] == "02");
    let account = account.unwrap();
    assert_eq!(kinds(&account), [(K::Iban, account.as_str())]);
    assert_eq!(kinds(&format!("NO99{}", &account[4..])), []);
}
