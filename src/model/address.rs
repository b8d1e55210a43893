//! Addresses below a base address.

use url::Url;

/// Returns the address of a path below a base, without query and fragment: `/login` below `http://host/api/` is
/// `http://host/api/login`. What the path has encoded stays so, and the rest that must be is encoded.
pub fn address_below(base: &Url, path: &str) -> Url {
    let mut address = base.clone();
    address.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    address.set_query(None);
    address.set_fragment(None);
    address
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::address_below;

    #[test]
    fn paths_stand_below_the_base() {
        for (base, path, wanted) in [
            ("http://host", "/login", "http://host/login"),
            ("http://host/api/", "/login", "http://host/api/login"),
            ("http://host/api?x=1#y", "/a%2Fb c", "http://host/api/a%2Fb%20c"),
        ] {
            let found = Url::parse(base).map(|base| address_below(&base, path).to_string());
            assert_eq!(found.as_deref(), Ok(wanted));
        }
    }
}
