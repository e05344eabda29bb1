//! Answers packed with Brotli, Zstandard or gzip for callers who accept it, and bodies that come packed.
//!
//! Nothing that is fetched in ranges is packed: its pieces are counted in the bytes of the file.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, Response, header};
use tower::util::MapRequestLayer;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};
use tower_http::decompression::{DecompressionBody, RequestDecompressionLayer};

/// Below this many bytes the frames of a network hold the whole answer anyway.
const LEAST_BYTES: u16 = 1_000;
/// Half of what the strongest levels save, at a tenth of their time.
const LEVEL: i32 = 4;

/// Packs texts and tiles.
pub fn packed() -> CompressionLayer<Texts> {
    CompressionLayer::new().quality(CompressionLevel::Precise(LEVEL)).compress_when(Texts)
}

/// Unpacks bodies of questions; other encodings are answered 415 with `Accept-Encoding`. What is unpacked counts for the limit.
pub fn unpacked() -> (RequestDecompressionLayer, MapRequestLayer<Counting>) {
    (RequestDecompressionLayer::new(), MapRequestLayer::new(super::arrived::unpacked))
}

/// What counts a body behind its unpacking.
type Counting = fn(Request<DecompressionBody<Body>>) -> Request<Body>;

/// What is worth packing: texts and tiles, whole and long enough, that are no stream of events.
#[derive(Debug, Clone, Copy)]
pub struct Texts;

impl Predicate for Texts {
    fn should_compress<B>(&self, response: &Response<B>) -> bool
    where
        B: axum::body::HttpBody,
    {
        is_text(response.headers()) && SizeAbove::new(LEAST_BYTES).should_compress(response)
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim();
    let packs = match kind.split_once('/') {
        Some(("text", of)) => of != "event-stream",
        Some(("application", of)) => {
            of.ends_with("json") || matches!(of, "vnd.mapbox-vector-tile" | "x-ndjson" | "javascript" | "openmetrics-text")
        }
        Some((_, of)) => of == "svg+xml",
        None => false,
    };
    packs && !headers.contains_key(header::ACCEPT_RANGES)
}

/// The same data in other bytes: the tag of a packed answer stays, as a weak one.
pub fn weaken(headers: &mut HeaderMap) {
    if !headers.contains_key(header::CONTENT_ENCODING) {
        return;
    }
    let strong = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| !tag.starts_with("W/"));
    if let Some(weak) = strong.and_then(|tag| HeaderValue::from_str(&format!("W/{tag}")).ok()) {
        headers.insert(header::ETAG, weak);
    }
}
