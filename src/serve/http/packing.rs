//! Answers packed with gzip for callers who accept it: outlines shrink to a third of what they weigh on a slow line.
//!
//! For routes whose answers are whole in memory; it never waits for a stream.

use std::io::Write;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::headers::header_text;

/// Below this many bytes the frames of a network hold the whole answer anyway.
const LEAST_BYTES: usize = 1_400;

pub async fn packed(request: Request, next: Next) -> Response {
    let takes_gzip = header_text(request.headers(), header::ACCEPT_ENCODING)
        .is_some_and(|text| text.split(',').any(|coding| coding.split(';').next().is_some_and(|name| name.trim() == "gzip")));
    let mut response = next.run(request).await;
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if !takes_gzip || response.status() != StatusCode::OK || response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        parts.status = StatusCode::INTERNAL_SERVER_ERROR;
        return Response::from_parts(parts, Body::empty());
    };
    let packed = if bytes.len() < LEAST_BYTES { None } else { gzip(&bytes) };
    let Some(packed) = packed else { return Response::from_parts(parts, Body::from(bytes)) };
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.remove(header::CONTENT_LENGTH);
    // The same data in other bytes: the tag stays, as a weak one.
    let tag = parts.headers.get(header::ETAG).and_then(|tag| HeaderValue::from_str(&format!("W/{}", tag.to_str().ok()?)).ok());
    if let Some(tag) = tag {
        parts.headers.insert(header::ETAG, tag);
    }
    Response::from_parts(parts, Body::from(packed))
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 3), Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}
