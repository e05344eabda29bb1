//! Around every route: panics become answers, configured sites may call from browsers, nobody guesses content types.
//!
//! Panics are caught here and not by a ready-made layer: the answer is in the caller's language and carries the request's id.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::arrived::{Arrived, CountedBody, Packed};
use super::headers::{header_text, lang_of, request_id};
use super::packing::weaken;
use super::patience::{DELIVERY, Patient, QUESTION};
use super::rest::refuse;
use crate::serve::authentication::session;
use crate::serve::entrance::Peer;
use crate::serve::limits::slots::Slot;
use crate::serve::problem::{Code, Problem};
use crate::serve::signed_address::Followed;
use crate::serve::state::ServerState;

/// What a browser may remember of what a site is allowed.
const PREFLIGHT: Duration = Duration::from_secs(600);

/// Where OpenRefine's page is, on the machine of whoever runs it. It may read the reconciliation service without being configured:
/// no other page can have that address.
const OPENREFINE: [&str; 3] = ["http://127.0.0.1:3333", "http://localhost:3333", "http://[::1]:3333"];

/// Answers preflights, and lets the configured sites read answers.
pub fn cors(origins: &[String]) -> CorsLayer {
    let known: Vec<HeaderValue> = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    let may = move |origin: &HeaderValue, asked: &Parts| {
        known.contains(origin)
            || (asked.uri.path().starts_with("/reconcile")
                && OPENREFINE.iter().any(|known| origin.as_bytes() == known.as_bytes()))
    };
    let named = |names: &[&'static str]| names.iter().map(|name| HeaderName::from_static(name)).collect::<Vec<_>>();
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(may))
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers(named(&[
            "authorization",
            "content-type",
            "accept",
            "accept-language",
            "x-request-id",
            "x-purpose",
            "if-none-match",
            "if-match",
            "content-encoding",
            "if-modified-since",
            "range",
            "if-range",
            "cache-control",
            "pragma",
            "x-requested-with",
            "idempotency-key",
            "last-event-id",
            // What Apollo's clients add.
            "apollographql-client-name",
            "apollographql-client-version",
            "apollo-require-preflight",
            "x-apollo-operation-name",
            "x-apollo-operation-id",
            "graphql-preflight",
            // What other GraphQL clients add: their names, and the token of graphql-sse in its single connection mode.
            "graphql-client-name",
            "graphql-client-version",
            "x-graphql-event-stream-token",
            // What tracing adds (W3C Trace Context, Baggage, Sentry, B3, Jaeger).
            "traceparent",
            "tracestate",
            "baggage",
            "sentry-trace",
            "b3",
            "x-b3-traceid",
            "x-b3-spanid",
            "x-b3-parentspanid",
            "x-b3-sampled",
            "x-b3-flags",
            "uber-trace-id",
        ]))
        .expose_headers(named(&[
            "etag",
            "x-request-id",
            "x-huitu-rows",
            "x-huitu-sha256",
            "x-huitu-edition",
            "content-disposition",
            "content-length",
            "content-range",
            "accept-ranges",
            "retry-after",
            "www-authenticate",
            "location",
            "accept-encoding",
            "allow",
        ]))
        .max_age(PREFLIGHT)
}

/// What an answer took, handed on to whoever sends it.
#[derive(Clone)]
pub struct Taken(Arc<Mutex<(Option<Slot>, Option<Slot>)>>);

impl Taken {
    /// The place of the request, and those of its answer's bytes.
    pub fn out(&self) -> (Option<Slot>, Option<Slot>) {
        std::mem::take(&mut *self.0.lock().expect("no panic while handing on"))
    }
}

/// Bytes of a question that are not worth counting: as many of them as one caller has under way are 16 MB.
const SHORT: u64 = 64 << 10;
/// Addresses by which a machine looks whether this one lives; they take nobody's place.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// Nothing is answered that may not come in at all; nobody has more than so many requests and bytes under way, no body is waited for for
/// ever, and what one caller has computed goes on in one lane.
pub async fn admit(State(state): State<ServerState>, mut request: Request, next: Next) -> Response {
    let (peer, method, path) = (request.extensions().get().copied(), request.method().clone(), request.uri().path().to_owned());
    let signed_in = session::take_up(&method, &path, request.headers_mut(), |headers| state.is_own_origin(headers));
    let (lang, id) = (lang_of(request.headers()), request_id(request.headers()));
    let refused = |problem: Problem| refuse(&problem, lang, &id);
    if let Err(problem) = state.admit(peer, request.headers()).and(signed_in) {
        return refused(problem);
    }
    if PROBES.contains(&path.as_str()) {
        return next.run(request).await;
    }
    let request = match followed(&state, request) {
        Ok(request) => request,
        Err(response) => return *response,
    };
    // Who proves nothing is known by the address they come from; what they may see is decided later.
    let who = match state.caller(header_text(request.headers(), header::AUTHORIZATION)).await {
        Ok(caller) => caller.id.clone(),
        Err(_) => peer.map_or_else(String::new, |Peer(address)| format!("from {address}")),
    };
    let too_many = |zh: String, en: String| {
        let mut response = refused(Problem::new(Code::CostExceeded, zh, en));
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        response
    };
    let Some(place) = state.requests().take(&who) else {
        let most = state.requests().per_caller();
        return too_many(
            format!("同时进行的请求过多（每个调用者最多 {most} 个）；请稍后再试"),
            format!("too many requests at a time (a caller has at most {most}): try again in a moment"),
        );
    };
    let waits = request.headers().contains_key(header::EXPECT);
    // Deliveries go to the disk as they come.
    let is_delivery = request.uri().path().starts_with("/ingest/");
    let whole = if is_delivery { DELIVERY } else { QUESTION };
    let announced = hyper::body::Body::size_hint(request.body()).exact();
    let is_packed = request.headers().contains_key(header::CONTENT_ENCODING);
    let too_much = || {
        let most = state.bytes_arrived().per_caller() >> 20;
        too_many(
            format!("同时发送的内容过多（每个调用者最多 {most} MB）；请等前面的请求结束"),
            format!("too much is being sent at a time (a caller has at most {most} MB): let what was sent before end first"),
        )
    };
    let mut arrived = None;
    let mut request = request.map(|body| Body::new(Patient::new(body, whole, waits)));
    if !is_delivery && (is_packed || announced.is_none_or(|bytes| bytes > SHORT)) {
        let announced = announced.unwrap_or(1).max(1) as usize;
        let Some(taken) = state.bytes_arrived().take_many(&who, announced) else { return too_much() };
        let counter = Arc::new(Arrived::new(taken));
        request = request.map(|body| Body::new(CountedBody::new(body, announced, counter.clone())));
        if is_packed {
            request.extensions_mut().insert(Packed(counter.clone()));
        }
        arrived = Some(counter);
    }
    let mut response = state.lanes().of(&who).run(next.run(request)).await;
    // Whatever was made of a body that broke off: why it did is more to the point.
    if arrived.is_some_and(|arrived| arrived.is_over()) {
        return too_much();
    }
    // Streams of events have places of their own.
    if response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return response;
    }
    let length = hyper::body::Body::size_hint(response.body()).exact().unwrap_or(0);
    let Some(bytes) = state.bytes_under_way().take_many(&who, length as usize) else {
        let most = state.bytes_under_way().per_caller() >> 20;
        return too_many(
            format!("尚未收取的回答过多（每个调用者最多 {most} MB）；请先读取已发出的回答"),
            format!("too much of what was answered is not taken yet (a caller has at most {most} MB): read those answers first"),
        );
    };
    response.extensions_mut().insert(Taken(Arc::new(Mutex::new((Some(place), Some(bytes))))));
    response
}

/// The request as its caller's, where its address is signed; a token in an address is refused.
fn followed(state: &ServerState, request: Request) -> Result<Request, Box<Response>> {
    let Some(query) = request.uri().query() else { return Ok(request) };
    let refused = |problem: &Problem| {
        let headers = request.headers();
        Box::new(refuse(problem, lang_of(headers), &request_id(headers)))
    };
    let now = state.hub().clock.millis() / 1_000;
    let read = state.signer().read(request.uri().path(), query, now).map_err(|problem| refused(&problem))?;
    let Some(Followed { by, purpose, address }) = read else { return Ok(request) };
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_reading {
        return Err(refused(&Problem::bad_input("签名的地址只能用 GET 读取", "a signed address is read, by GET")));
    }
    let (uri, name) = (address.parse(), HeaderValue::from_str(&state.signer().header_of(&by)));
    let (Ok(uri), Ok(name)) = (uri, name) else { return Err(refused(&Problem::internal())) };
    let (mut parts, body) = request.into_parts();
    parts.uri = uri;
    parts.headers.insert(header::AUTHORIZATION, name);
    // What it was signed for goes before what whoever follows it says.
    if let Some(Ok(purpose)) = purpose.map(|text| HeaderValue::from_bytes(text.as_bytes())) {
        parts.headers.insert(HeaderName::from_static("x-purpose"), purpose);
    }
    Ok(Request::from_parts(parts, body))
}

pub async fn frame(request: Request, next: Next) -> Response {
    let (lang, id) = (lang_of(request.headers()), request_id(request.headers()));
    let mut response = match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!(request_id = %id, "a handler panicked");
            refuse(&Problem::internal(), lang, &id)
        }
    };
    weaken(response.headers_mut());
    response.headers_mut().entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    response
}
