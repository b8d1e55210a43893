//! How the demo says no: one JSON shape for every refusal, plus the crash text of the weak version.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request is not served.
pub(super) enum DemoRefusal {
    /// No credential, or one that does not hold.
    Unauthorized,
    /// Signed in, but not allowed.
    Forbidden,
    /// No such object, or one that the caller must not know of.
    NotFound,
    /// The body or a parameter is not what the document asks for.
    Invalid(&'static str),
    /// The handler fell over and tells everything about it (weak version only).
    Crashed {
        /// Source file and line of the fault.
        at: &'static str,
        /// The function that failed.
        function: &'static str,
    },
}

impl IntoResponse for DemoRefusal {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized", "sign in to use this operation"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "your role does not include this operation"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "there is no such object"),
            Self::Invalid(message) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", message),
            Self::Crashed { at, function } => return backtrace_response(at, function),
        };

        (status, Json(json!({"error": {"code": code, "message": message}}))).into_response()
    }
}

/// A backtrace as a Rust service prints it when the panic hook's text is sent to the client.
fn backtrace_response(at: &str, function: &str) -> Response {
    let text = format!(
        "thread 'tokio-rt-worker' panicked at {at}:\ncalled `Option::unwrap()` on a `None` value\nstack backtrace:\n   \
         0: rust_begin_unwind\n             at /rustc/e408947bfd200af42db322daf0fadfe7e26d3bd1/library/std/src/panicking.rs:695:5\n   \
         1: core::panicking::panic_fmt\n             at /rustc/e408947bfd200af42db322daf0fadfe7e26d3bd1/library/core/src/panicking.rs:75:14\n   \
         2: core::option::unwrap_failed\n             at /rustc/e408947bfd200af42db322daf0fadfe7e26d3bd1/library/core/src/option.rs:2015:5\n   \
         3: {function}\n             at ./{at}\n   \
         4: <F as axum::handler::Handler<(M,T1,T2),S>>::call::{{{{closure}}}}\n             at /usr/local/cargo/registry/src/axum/src/handler/mod.rs:246:52\n"
    );
    (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
