//! `config/cleartext`.

use std::net::IpAddr;

use url::{Host, Url};

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, ensure};
use crate::model::{ANONYMOUS, Role, Severity, Silence};
use crate::survey::{AnswerKind, Surveyed};

check! {
    /// ## What it does
    /// Looks at whether a caller's credential is taken over plain HTTP from a server that is not on this machine.
    ///
    /// ## Why it matters
    /// Anyone on the way reads the credential, and uses it.
    ///
    /// ## How it is confirmed
    /// The caller is served over `http://` and not sent to HTTPS, strangers are refused at the same address, and the host is
    /// a public name or address.
    ///
    /// ## When it stays silent
    /// On loopback and over HTTPS. For private addresses and names without a domain it is an observation: a proxy that
    /// speaks TLS usually stands before such servers.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-319, RFC 6750 section 5.3
    Cleartext {
        id: "config/cleartext",
        title: "Credentials travel over plain HTTP",
        severity: High,
        level: Passive,
        owasp: ["API8:2023"],
        cwe: [319],
        remedy: "security-headers",
        since: "0.2.0",
        plan: |_, operation| if PlanCx::is_read(operation) { Need::Requests(0) } else { Need::NotApplicable },
        read: check_cleartext,
    }
}

async fn check_cleartext(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let reach = reach_of(cx.probe.base_url());
    ensure(cx.probe.base_url().scheme() == "http", || Silence::not_applicable("the API is reached over HTTPS"))?;
    ensure(reach != NetworkReach::Loopback, || {
        Silence::not_applicable("what goes to loopback leaves this machine not")
    })?;
    let served = surveyed.valid().find(|baseline| baseline.caller != ANONYMOUS);
    let served = served.ok_or_else(|| Silence::not_applicable("no caller with a credential is served here"))?;
    let mut rule = Rule::default();
    rule.need("served-over-http", Ok(served), |served| {
        format!("{} is served over plain HTTP ({})", served.caller, served.status_text())
    })?;
    let refused = surveyed.anonymous_reading().map(|reading| matches!(reading, AnswerKind::Refused(_)));
    ensure(refused == Some(true), || Silence::open("strangers are served too: the credential opens nothing here"))?;
    rule.weigh("strangers-refused", refused, "without the credential the same request is refused");
    rule.show(Role::Attack, &served.first).show_all(Role::Control, &surveyed.anonymous);
    let host = cx.probe.base_url().host_str().unwrap_or_default();
    let finding = |severity| Violation {
        site: "transport".to_owned(),
        cause: "cleartext".to_owned(),
        claim: format!("{host} takes credentials over plain HTTP"),
        severity,
        surveyed,
    };
    match reach {
        NetworkReach::Public => rule.found(finding(None)),
        _ => rule.observed(finding(Some(Severity::Info))),
    }
}

/// How far a request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NetworkReach {
    Loopback,
    /// An address of a private network, or a name that no public server has.
    Private,
    Public,
}

/// RFC 6761 and RFC 6762 keep these names from the public net, and ICANN `internal`.
const PRIVATE_ENDINGS: &str = "local internal test lan";

fn reach_of(url: &Url) -> NetworkReach {
    let of_address = |address: IpAddr| match address {
        address if address.to_canonical().is_loopback() => NetworkReach::Loopback,
        IpAddr::V4(address) if address.is_private() || address.is_link_local() => NetworkReach::Private,
        IpAddr::V6(address) if address.is_unique_local() || address.is_unicast_link_local() => NetworkReach::Private,
        _ => NetworkReach::Public,
    };
    match url.host() {
        Some(Host::Ipv4(address)) => of_address(address.into()),
        Some(Host::Ipv6(address)) => of_address(address.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            let last = name.rsplit('.').next().unwrap_or_default();
            let private = PRIVATE_ENDINGS.split(' ').any(|ending| ending == last);
            match name.as_str() {
                "localhost" => NetworkReach::Loopback,
                _ if name.ends_with(".localhost") => NetworkReach::Loopback,
                _ if private || !name.contains('.') => NetworkReach::Private,
                _ => NetworkReach::Public,
            }
        }
        None => NetworkReach::Private,
    }
}

#[cfg(test)]
mod tests {
    use super::{NetworkReach, reach_of};

    #[test]
    fn how_far_a_request_travels_is_told_by_its_host() {
        let reach = |host: &str| url::Url::parse(&format!("http://{host}/")).map(|url| reach_of(&url)).ok();
        for host in ["127.0.0.1:5000", "[::1]", "localhost", "api.localhost", "[::ffff:127.0.0.1]"] {
            assert_eq!(reach(host), Some(NetworkReach::Loopback), "{host}");
        }
        for host in ["10.1.2.3", "192.168.0.9", "api", "shop.internal", "api.test", "[fd00::1]"] {
            assert_eq!(reach(host), Some(NetworkReach::Private), "{host}");
        }
        for host in ["203.0.113.7", "api.shop.example", "8.8.8.8"] {
            assert_eq!(reach(host), Some(NetworkReach::Public), "{host}");
        }
    }
}
