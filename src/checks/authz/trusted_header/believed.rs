//! Headers that claim something of their caller, and which of them is believed.

use std::sync::Arc;

use crate::checks::context::CheckCx;
use crate::model::{Api, Operation, Place, SchemeKind, Silence};
use crate::probe::{Answer, Ask};
use crate::survey::Surveyed;

/// A header that claims something of its caller, and a value of the same kind that no gateway would set.
pub(super) struct HeaderClaim {
    pub(super) header: &'static str,
    pub(super) value: String,
    pub(super) nonsense: String,
}

impl HeaderClaim {
    pub(super) fn is_undocumented(&self, cx: &CheckCx<'_>, surveyed: &Surveyed) -> bool {
        !is_documented(&cx.survey.api, &surveyed.operation, self.header)
    }

    /// Returns a request with the header in it.
    pub(super) fn put(&self, plain: &Ask) -> Ask {
        with_headers(plain, [(self.header, self.value.as_str())])
    }

    /// Returns the same with nonsense in it.
    pub(super) fn put_nonsense(&self, plain: &Ask) -> Ask {
        with_headers(plain, [(self.header, self.nonsense.as_str())])
    }
}

fn with_headers<'h>(plain: &Ask, headers: impl IntoIterator<Item = (&'h str, &'h str)>) -> Ask {
    let mut ask = plain.clone();
    ask.headers.extend(headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
    ask
}

/// Sends all claims at once and, where that is served, each by itself. Returns the one that does it, or else the answer to
/// all at once, which was not served.
pub(super) async fn find_trusted<'c>(
    cx: &CheckCx<'_>,
    plain: &Ask,
    claims: &'c [HeaderClaim],
    is_served: &(dyn Fn(&Answer) -> bool + Sync),
) -> Result<Result<&'c HeaderClaim, Arc<Answer>>, Silence> {
    let all = claims.iter().map(|claim| (claim.header, claim.value.as_str()));
    let disguised = cx.send(&with_headers(plain, all)).await?;
    if !is_served(&disguised) {
        return Ok(Err(disguised));
    }
    for claim in claims {
        if is_served(&*cx.send(&claim.put(plain)).await?) {
            return Ok(Ok(claim));
        }
    }
    Err(Silence::undecided("the headers were believed together, and none of them by itself"))
}

/// Returns true for headers that the document itself gives a meaning: as a credential, or as a parameter.
fn is_documented(api: &Api, operation: &Operation, header: &str) -> bool {
    let is_scheme = |kind: &SchemeKind| matches!(kind, SchemeKind::ApiKey(Place::Header, name) if name.eq_ignore_ascii_case(header));
    let mut parameters = operation.parameters.iter().filter(|parameter| parameter.place == Place::Header);
    api.schemes.values().any(|scheme| is_scheme(&scheme.kind))
        || parameters.any(|parameter| parameter.name.eq_ignore_ascii_case(header))
}
