//! The commerce registry's HTTP service: pages of JSON behind a bearer token and a rate limit.
//!
//! `GET /commerce/enterprises?page=1&size=1000` → `{"code":200,"message":"成功","data":{"page","size","pages","total","items"}}`, with an
//! ETag; `GET /commerce/enterprises/lookup?codes=A,B` → the same shape for single enterprises by credit code, at most 50.
//! 401 without the token, 429 with `Retry-After` above the rate. Pages are stable: line N of the file is always on the same
//! page.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use tokio::sync::oneshot;

use super::error::SimulateError;
use super::fault::{FaultSwitch, HTML, InjectedFault};

/// Largest page and default page.
const PAGE: u64 = 1000;
/// Codes one look-up may ask for.
const LOOKUP: usize = 50;

/// How the service behaves.
#[derive(Debug, Clone)]
pub struct CommerceOptions {
    pub listen: SocketAddr,
    /// None lets everybody in.
    pub token: Option<String>,
    /// Requests per second, and as many at once; 0 = no limit.
    pub requests_per_sec: u32,
}

/// A running service; dropping it ends it.
#[derive(Debug)]
pub struct CommerceService {
    pub address: SocketAddr,
    pub faults: FaultSwitch,
    stop: Option<oneshot::Sender<()>>,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl CommerceService {
    /// `http://127.0.0.1:PORT/commerce/enterprises`
    pub fn place(&self) -> String {
        format!("http://{}/commerce/enterprises", self.address)
    }
    /// Ends the service and waits until it has ended.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(task) = self.task.take() {
            task.abort();
            let _ = task.await;
        }
    }
}

impl Drop for CommerceService {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

/// Serves the lines of `lines` (one JSON object each).
///
/// # Errors
/// `Io`, where the lines cannot be read; `Listen`, where the address is taken.
pub async fn serve(lines: &Path, options: CommerceOptions) -> Result<CommerceService, SimulateError> {
    let index = {
        let lines = lines.to_owned();
        tokio::task::spawn_blocking(move || Index::read(&lines))
            .await
            .map_err(|e| SimulateError::io("read", Path::new("lines"), std::io::Error::other(e)))??
    };
    let listener = tokio::net::TcpListener::bind(options.listen)
        .await
        .map_err(|source| SimulateError::Listen { address: options.listen, source })?;
    let address = listener.local_addr().map_err(|source| SimulateError::Listen { address: options.listen, source })?;
    let faults = FaultSwitch::default();
    let bucket = Mutex::new(Bucket { tokens: f64::from(options.requests_per_sec), filled: Instant::now() });
    let registry =
        Arc::new(Service { index, token: options.token, rate: options.requests_per_sec, bucket, faults: faults.clone() });
    let app = Router::new()
        .route("/commerce/enterprises", get(page))
        .route("/commerce/enterprises/lookup", get(lookup))
        .with_state(registry);
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        let serving = axum::serve(listener, app).with_graceful_shutdown(async move {
            let _ = stopped.await;
        });
        if let Err(e) = serving.await {
            tracing::warn!("the simulated commerce registry ended: {e}");
        }
    });
    Ok(CommerceService { address, faults, stop: Some(stop), task: Some(task) })
}

/// Where each line begins, and which line holds which credit code.
#[derive(Debug)]
struct Index {
    file: File,
    /// Begin of each line, and the end of the file.
    starts: Vec<u64>,
    by_code: HashMap<[u8; 18], u32>,
}

impl Index {
    fn read(path: &Path) -> Result<Index, SimulateError> {
        let failed = |e: std::io::Error| SimulateError::io("read", path, e);
        let file = File::open(path).map_err(failed)?;
        let mut reader = BufReader::with_capacity(1 << 18, file.try_clone().map_err(failed)?);
        let (mut starts, mut by_code, mut line, mut at) = (vec![0], HashMap::new(), Vec::new(), 0u64);
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line).map_err(failed)?;
            if read == 0 {
                break;
            }
            at += read as u64;
            if let Some(code) = credit_code(&line) {
                by_code.entry(code).or_insert(starts.len() as u32 - 1);
            }
            starts.push(at);
        }
        Ok(Index { file, starts, by_code })
    }
    fn len(&self) -> u64 {
        self.starts.len() as u64 - 1
    }
    /// Lines `from..to`, with commas between them.
    fn items(&self, from: u64, to: u64) -> std::io::Result<Vec<u8>> {
        let (start, end) = (self.starts[from as usize], self.starts[to as usize]);
        let mut text = vec![0; (end - start) as usize];
        self.file.read_exact_at(&mut text, start)?;
        text.pop();
        for byte in &mut text {
            if *byte == b'\n' {
                *byte = b',';
            }
        }
        Ok(text)
    }
}

/// The credit code of a line, without reading the JSON.
fn credit_code(line: &[u8]) -> Option<[u8; 18]> {
    const MARK: &[u8] = "\"统一社会信用代码\":\"".as_bytes();
    let at = line.windows(MARK.len()).position(|w| w == MARK)? + MARK.len();
    let code: [u8; 18] = line.get(at..at + 18)?.try_into().ok()?;
    (line.get(at + 18) == Some(&b'"')).then_some(code)
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled: Instant,
}

#[derive(Debug)]
struct Service {
    index: Index,
    token: Option<String>,
    rate: u32,
    bucket: Mutex<Bucket>,
    faults: FaultSwitch,
}

impl Service {
    /// Refuses a caller without the token, or one that asks too often.
    fn admit(&self, headers: &HeaderMap) -> Option<Response> {
        if let Some(token) = &self.token {
            let given = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
            if given != Some(token) {
                return Some(refused());
            }
        }
        if self.rate == 0 {
            return None;
        }
        let mut bucket = self.bucket.lock().expect("no panic while holding the bucket");
        let now = Instant::now();
        let most = f64::from(self.rate);
        bucket.tokens = (bucket.tokens + now.duration_since(bucket.filled).as_secs_f64() * most).min(most);
        bucket.filled = now;
        if bucket.tokens < 1.0 {
            let mut response = json(StatusCode::TOO_MANY_REQUESTS, r#"{"code":429,"message":"请求过于频繁"}"#.into());
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            return Some(response);
        }
        bucket.tokens -= 1.0;
        None
    }
}

fn refused() -> Response {
    json(StatusCode::UNAUTHORIZED, r#"{"code":401,"message":"令牌无效"}"#.into())
}

fn json(status: StatusCode, body: Bytes) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json;charset=utf-8")], body).into_response()
}

async fn page(State(service): State<Arc<Service>>, headers: HeaderMap, Query(asked): Query<HashMap<String, String>>) -> Response {
    if let Some(refusal) = service.admit(&headers) {
        return refusal;
    }
    let number = |name: &str, default: u64| asked.get(name).map_or(Some(default), |text| text.parse::<u64>().ok());
    let (Some(page), Some(size)) =
        (number("page", 1).filter(|p| *p > 0), number("size", PAGE).filter(|s| (1..=PAGE).contains(s)))
    else {
        return json(StatusCode::BAD_REQUEST, r#"{"code":400,"message":"page 从 1 开始，size 最大 1000"}"#.into());
    };
    let total = service.index.len();
    let from = ((page - 1).saturating_mul(size)).min(total);
    let to = (from + size).min(total);
    let pages = total.div_ceil(size);
    let fault = service.faults.strike(page);
    let body = if from == to || fault == Some(InjectedFault::EmptyList) {
        Ok(Vec::new())
    } else {
        let service = service.clone();
        match tokio::task::spawn_blocking(move || service.index.items(from, to)).await {
            Ok(read) => read,
            Err(e) => Err(std::io::Error::other(e)),
        }
    };
    let Ok(items) = body else {
        return json(StatusCode::INTERNAL_SERVER_ERROR, r#"{"code":500,"message":"读取失败"}"#.into());
    };
    let (pages, total) = if fault == Some(InjectedFault::EmptyList) { (0, 0) } else { (pages, total) };
    let head = format!(
        r#"{{"code":200,"message":"成功","data":{{"page":{page},"size":{size},"pages":{pages},"total":{total},"items":["#
    );
    let mut body = Vec::with_capacity(items.len() + head.len() + 4);
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(&items);
    body.extend_from_slice(b"]}}");
    if let Some(fault) = fault {
        return bad_answer(fault, body);
    }
    let etag = format!("\"{:016x}\"", xxhash_rust::xxh3::xxh3_64(&body));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()) == Some(etag.as_str());
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { json(StatusCode::OK, body.into()) };
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

async fn lookup(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    if let Some(refusal) = service.admit(&headers) {
        return refusal;
    }
    let codes: Vec<&str> = asked.get("codes").map(|c| c.split(',').filter(|c| !c.is_empty()).collect()).unwrap_or_default();
    if codes.len() > LOOKUP {
        return json(StatusCode::BAD_REQUEST, r#"{"code":400,"message":"一次最多 50 个代码"}"#.into());
    }
    if let Some(fault) = service.faults.strike(1) {
        return bad_answer(fault, br#"{"code":200,"data":{"total":0,"items":[]}}"#.to_vec());
    }
    let lines: Vec<u32> = codes
        .iter()
        .filter_map(|c| <[u8; 18]>::try_from(c.as_bytes()).ok())
        .filter_map(|code| service.index.by_code.get(&code).copied())
        .collect();
    let found = lines.len();
    let read = {
        let service = service.clone();
        tokio::task::spawn_blocking(move || {
            lines.into_iter().map(|l| service.index.items(l.into(), u64::from(l) + 1)).collect::<std::io::Result<Vec<_>>>()
        })
        .await
    };
    let Ok(Ok(items)) = read else {
        return json(StatusCode::INTERNAL_SERVER_ERROR, r#"{"code":500,"message":"读取失败"}"#.into());
    };
    let mut body = format!(r#"{{"code":200,"message":"成功","data":{{"total":{found},"items":["#).into_bytes();
    body.extend_from_slice(&items.join(&b','));
    body.extend_from_slice(b"]}}");
    json(StatusCode::OK, body.into())
}

/// The answer that a fault gives instead of `good`.
fn bad_answer(fault: InjectedFault, good: Vec<u8>) -> Response {
    match fault {
        InjectedFault::EmptyList => json(StatusCode::OK, good.into()),
        InjectedFault::Html => (StatusCode::OK, [(header::CONTENT_TYPE, "text/html;charset=utf-8")], HTML).into_response(),
        InjectedFault::ErrorCode => json(StatusCode::OK, r#"{"code":500,"message":"系统内部错误","data":null}"#.into()),
        InjectedFault::Truncated => {
            let half = good.len() / 2;
            json(StatusCode::OK, Bytes::from(good).slice(..half))
        }
        InjectedFault::Hang => streamed(stream::pending::<Result<Bytes, std::io::Error>>()),
        InjectedFault::Drip => streamed(stream::unfold((Bytes::from(good), 0), |(text, at)| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            (at < text.len()).then(|| (Ok::<_, std::io::Error>(text.slice(at..at + 1)), (text, at + 1)))
        })),
        InjectedFault::Endless => streamed(stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 16384])))),
        InjectedFault::Status500 => json(StatusCode::INTERNAL_SERVER_ERROR, r#"{"code":500,"message":"系统内部错误"}"#.into()),
        InjectedFault::Redirect => {
            (StatusCode::FOUND, [(header::LOCATION, "http://elsewhere.invalid/commerce/enterprises")]).into_response()
        }
        InjectedFault::WrongToken => refused(),
    }
}

fn streamed<S>(body: S) -> Response
where
    S: futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
{
    let mut response = Response::new(Body::from_stream(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
    response
}
