//! How the server is set up.

use crate::checks::meta::family;

family![
    cors::Cors,
    security_headers::SecurityHeaders,
    cacheable_private::CacheablePrivate,
    cleartext::Cleartext,
    cookie_flags::CookieFlags,
    trace_method::TraceMethod,
    debug_endpoint::DebugEndpoint,
    version_disclosure::VersionDisclosure,
];
