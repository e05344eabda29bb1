//! What headers say: who asks in which language, under which id; and the status of a problem.

use axum::http::{HeaderMap, StatusCode, header};

use crate::model::message::Lang;
use crate::serve::problem::Code;

/// The request's own id where it is short and plain, else a new one.
pub fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get("x-request-id").and_then(|v| v.to_str().ok());
    let plain =
        |id: &&str| (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    given.filter(plain).map_or_else(|| format!("{:016x}", rand::random::<u64>()), str::to_owned)
}

pub fn header_text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

/// Whether a list of entity tags (`If-None-Match`, `If-Range`) names this one. Weak tags are compared weakly (RFC 9110, 8.8.3.2).
pub fn names_tag(headers: &HeaderMap, name: header::HeaderName, tag: &str) -> bool {
    let list = header_text(headers, name).unwrap_or("");
    list.split(',').any(|known| matches!(known.trim(), "*") || known.trim().trim_start_matches("W/") == tag)
}

pub fn lang_of(headers: &HeaderMap) -> Lang {
    header_text(headers, header::ACCEPT_LANGUAGE).map_or(Lang::Zh, Lang::from_accept)
}

/// The status of a problem outside GraphQL.
pub fn status_of(code: Code) -> StatusCode {
    match code {
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Forbidden | Code::ForbiddenField => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::EditionGone => StatusCode::GONE,
        Code::SourceUnavailable => StatusCode::BAD_GATEWAY,
        Code::Timeout => StatusCode::GATEWAY_TIMEOUT,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}
