//! One registry's HTTP client: pinned to addresses that were judged (`addresses`); no redirects; time-outs; bodies capped; retries with
//! jitter that heed `Retry-After`.
//!
//! Retries are a loop here and no middleware: what may be tried again is known by what failed (a page, a token, a body cut off), each try
//! resolves and judges the address anew, and all of them share the registry's agreed pace.

use std::io::Read;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap, LAST_MODIFIED, LINK, RETRY_AFTER,
    TRANSFER_ENCODING,
};
use reqwest::{StatusCode, Url};
use tokio::time::{Instant, sleep, sleep_until};

use super::addresses::judged_addresses;
use super::auth::Credentials;
use crate::connector::{Caps, Connector, Method};
use crate::pull::context::PullContext;
use crate::pull::error::PullError;
use crate::pull::file::Capped;

/// Longest wait that is sat out; a registry that asks for more is asked again by the next sync.
const MAX_WAIT: Duration = Duration::from_secs(120);

/// Packings inside one another that are taken off.
const MAX_PACKINGS: u32 = 2;

pub struct RegistryClient {
    connector: Connector,
    context: PullContext,
    client: reqwest::Client,
    credentials: Credentials,
    next_slot: Mutex<Option<Instant>>,
    bytes: AtomicU64,
}

/// One request.
pub struct Ask {
    pub method: Method,
    pub url: Url,
    pub body: Option<String>,
    pub etag: Option<String>,
    pub modified: Option<String>,
}

impl Ask {
    pub fn get(url: Url) -> Ask {
        Ask { method: Method::Get, url, body: None, etag: None, modified: None }
    }
}

/// An answer with status 200 (or 304 where a validator was sent), its body not read yet.
pub struct Answer {
    pub not_modified: bool,
    pub etag: Option<String>,
    pub modified: Option<String>,
    pub next_link: Option<String>,
    pub media_type: String,
    pub coding: Option<String>,
    /// Its length was said, or its end marked: a connection that closes early is noticed.
    pub sized: bool,
    pub response: reqwest::Response,
}

impl RegistryClient {
    /// # Errors
    /// `bad_url`, `unresolved`, `private_address`, `secret_missing`.
    pub async fn new(connector: &Connector, context: &PullContext, url: &Url) -> Result<Self, PullError> {
        let credentials = Credentials::read(connector).map_err(PullError::of)?;
        let addresses = judged_addresses(connector, context, url).await?;
        let manners = &connector.manners;
        // The same provider as the program's; a second installation changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .gzip(false)
            .connect_timeout(Duration::from_secs(manners.connect_timeout_secs))
            .read_timeout(Duration::from_secs(manners.read_timeout_secs))
            .timeout(Duration::from_secs(manners.total_timeout_secs))
            .user_agent(concat!("huitu/", env!("CARGO_PKG_VERSION")));
        if let Some(host) = url.host_str() {
            builder = builder.resolve_to_addrs(host, &addresses);
        }
        let client = builder.build().map_err(|e| {
            PullError::new(
                connector,
                "http_client",
                format!("无法建立 HTTP 客户端：{e}"),
                format!("cannot set up the HTTP client: {e}"),
            )
        })?;
        Ok(RegistryClient {
            connector: connector.clone(),
            context: context.clone(),
            client,
            credentials,
            next_slot: Mutex::new(None),
            bytes: AtomicU64::new(0),
        })
    }

    /// Bytes received so far, as they came.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Sends `ask` until it is answered, refused, or out of tries.
    ///
    /// # Errors
    /// `unauthorised`, `redirect`, `http_status`, `rate_limited`, `unreachable`, `timeout`, `cancelled`, `quiet_hours`.
    pub async fn send(&self, ask: &Ask) -> Result<Answer, PullError> {
        let mut tries = 0;
        loop {
            self.wait_turn().await?;
            let error = match self.once(ask).await {
                Ok(answer) => return Ok(answer),
                Err(error) if !error.retryable || tries >= self.connector.manners.retries => return Err(error),
                Err(error) => error,
            };
            let wait = match error.retry_after_secs {
                Some(secs) if Duration::from_secs(secs) > MAX_WAIT => return Err(error),
                Some(secs) => Duration::from_secs(secs) + jitter(Duration::from_millis(250)),
                None => backoff(tries),
            };
            tries += 1;
            tracing::debug!(registry = %self.connector.name, code = %error.problem.code, wait_ms = wait.as_millis() as u64, "trying again");
            self.pause(wait).await?;
        }
    }

    /// Sends `ask` and reads its whole body as UTF-8 text; a body that breaks off is asked for again.
    ///
    /// # Errors
    /// As [`Self::send`]; `too_large`, `undecodable`.
    pub async fn text(&self, ask: &Ask) -> Result<(Head, String), PullError> {
        let mut tries = 0;
        loop {
            let answer = self.send(ask).await?;
            let head = Head {
                not_modified: answer.not_modified,
                etag: answer.etag.clone(),
                next_link: answer.next_link.clone(),
                media_type: answer.media_type.clone(),
                sized: answer.sized,
            };
            if answer.not_modified {
                return Ok((head, String::new()));
            }
            match self.body(answer).await {
                Ok(body) => return self.decode(body).map(|text| (head, text)),
                Err(error) if !error.retryable || tries >= self.connector.manners.retries => return Err(error),
                Err(_) => {
                    self.pause(backoff(tries)).await?;
                    tries += 1;
                }
            }
        }
    }

    fn decode(&self, body: Vec<u8>) -> Result<String, PullError> {
        use crate::connector::Encoding;
        let body = match encoding_rs::Encoding::for_bom(&body) {
            Some((encoding, length)) if encoding == encoding_rs::UTF_8 => body[length..].to_vec(),
            Some((encoding, length)) => encoding.decode_without_bom_handling(&body[length..]).0.into_owned().into_bytes(),
            None => body,
        };
        let wanted = match self.connector.decoding.encoding {
            Encoding::Named(encoding) if encoding != encoding_rs::UTF_8 => encoding,
            _ => match String::from_utf8(body) {
                Ok(text) => return Ok(text),
                Err(e) => {
                    let (text, bad) = encoding_rs::GB18030.decode_without_bom_handling(e.as_bytes());
                    if !bad {
                        return Ok(text.into_owned());
                    }
                    return Err(PullError::new(
                        &self.connector,
                        "undecodable",
                        "应答不是 UTF-8 或 GB18030 文本，该批次已暂停",
                        "the answer is neither UTF-8 nor GB18030; the batch is held",
                    )
                    .held());
                }
            },
        };
        let (text, _, bad) = wanted.decode(&body);
        if bad {
            let name = wanted.name();
            return Err(PullError::new(
                &self.connector,
                "undecodable",
                format!("应答不是 {name} 文本，该批次已暂停"),
                format!("the answer is no {name}; the batch is held"),
            )
            .held());
        }
        Ok(text.into_owned())
    }

    /// The decoded bytes of an answer, capped.
    async fn body(&self, answer: Answer) -> Result<Vec<u8>, PullError> {
        let caps = &self.connector.source.caps;
        let coding = answer.coding.clone();
        let mut raw = Vec::new();
        let mut stream = answer.response.bytes_stream();
        while let Some(piece) = self.cancellable(stream.next()).await? {
            let piece: Bytes = piece.map_err(|e| self.transport_error(&e))?;
            raw.extend_from_slice(&piece);
            if raw.len() as u64 > caps.answer_bytes {
                return Err(self.too_large("answer_bytes", caps.answer_bytes));
            }
        }
        self.bytes.fetch_add(raw.len() as u64, Ordering::Relaxed);
        self.inflated(raw, coding.as_deref())
    }

    /// A body unpacked by what its bytes are: some servers pack without saying so, and some proxies unpack and leave the header.
    fn inflated(&self, mut raw: Vec<u8>, coding: Option<&str>) -> Result<Vec<u8>, PullError> {
        let caps = &Caps { bytes: self.connector.source.caps.answer_bytes, ..self.connector.source.caps.clone() };
        let taken = raw.len() as u64;
        let failed = |e: &std::io::Error| match e.to_string().contains("source.caps.bytes") {
            true => self.too_large("answer_bytes", caps.bytes),
            false => PullError::io(&self.connector, "the packed answer", e),
        };
        for _ in 0..MAX_PACKINGS {
            if !raw.starts_with(&[0x1f, 0x8b, 8]) {
                break;
            }
            let mut decoded = Vec::new();
            Capped::new(flate2::read::MultiGzDecoder::new(raw.as_slice()), caps.clone(), move |_| taken)
                .read_to_end(&mut decoded)
                .map_err(|e| failed(&e))?;
            raw = decoded;
        }
        let text =
            |raw: &[u8]| raw.iter().find(|b| !b.is_ascii_whitespace()).is_none_or(|b| matches!(b, b'{' | b'[' | b'<' | b'"'));
        if coding == Some("deflate") && !text(&raw) {
            let mut decoded = Vec::new();
            Capped::new(flate2::read::ZlibDecoder::new(raw.as_slice()), caps.clone(), move |_| taken)
                .read_to_end(&mut decoded)
                .map_err(|e| failed(&e))?;
            raw = decoded;
        }
        if raw.starts_with(b"PK\x03\x04") {
            return Err(PullError::new(
                &self.connector,
                "packed",
                "应答是压缩包或工作簿，不是 JSON 或 XML；请改用 source.transport = \"file\"，该批次已暂停",
                "the answer is a zip archive or a workbook, no JSON or XML: use source.transport = \"file\"; the batch is held",
            )
            .held());
        }
        Ok(raw)
    }

    /// Writes the body of an answer to `file` as it comes.
    ///
    /// # Errors
    /// As [`Self::text`]; `spool_failed`.
    pub async fn save(&self, answer: Answer, file: &mut std::fs::File) -> Result<u64, PullError> {
        use std::io::Write;
        let cap = self.connector.source.caps.bytes;
        let mut stream = answer.response.bytes_stream();
        let mut written = 0;
        while let Some(piece) = self.cancellable(stream.next()).await? {
            let piece: Bytes = piece.map_err(|e| self.transport_error(&e))?;
            written += piece.len() as u64;
            if written > cap {
                return Err(self.too_large("bytes", cap));
            }
            file.write_all(&piece).map_err(|e| PullError::sink(&self.connector, &e))?;
        }
        self.bytes.fetch_add(written, Ordering::Relaxed);
        Ok(written)
    }

    async fn once(&self, ask: &Ask) -> Result<Answer, PullError> {
        let method = match ask.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let mut request = self.client.request(method, ask.url.clone()).header(ACCEPT_ENCODING, "gzip");
        for (name, value) in &self.connector.source.http.headers {
            request = request.header(name, value);
        }
        if let Some(etag) = &ask.etag {
            request = request.header("If-None-Match", etag);
        }
        if let Some(modified) = &ask.modified {
            request = request.header("If-Modified-Since", modified);
        }
        let body = ask.body.as_deref().unwrap_or_default();
        request = self.credentials.apply(request, ask.method.name(), &ask.url, body, &self.context.clock);
        if let Some(body) = &ask.body {
            let json = body.trim_start().starts_with(['{', '[']);
            request = request.header(CONTENT_TYPE, if json { "application/json" } else { "application/x-www-form-urlencoded" });
            request = request.body(body.clone());
        }
        let response = self.cancellable(request.send()).await?.map_err(|e| self.transport_error(&e))?;
        self.judge(ask, response)
    }

    fn judge(&self, ask: &Ask, response: reqwest::Response) -> Result<Answer, PullError> {
        let connector = &self.connector;
        let status = response.status();
        let code = status.as_u16();
        let headers = response.headers();
        match status {
            StatusCode::NOT_MODIFIED if ask.etag.is_some() || ask.modified.is_some() => {}
            s if s == StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let (zh, en) = match connector.source.http.auth.secret.env.as_deref().or(connector
                    .source
                    .http
                    .auth
                    .secret
                    .file
                    .as_deref())
                {
                    Some(place) => (
                        format!("凭证被拒绝（{code}），请检查 {place}"),
                        format!("the credentials were refused ({code}); check {place}"),
                    ),
                    None => (
                        format!("需要凭证（{code}），请在 source.auth 中配置"),
                        format!("credentials are needed ({code}); configure source.auth"),
                    ),
                };
                return Err(PullError::new(connector, "unauthorised", zh, en));
            }
            s if s.is_redirection() => {
                let to = header(headers, "location").unwrap_or_default();
                let to = crate::connector::mask(&to);
                return Err(PullError::new(
                    connector,
                    "redirect",
                    format!("要求转到 {to}，按约定不跟随；若地址已变，请修改 source.place"),
                    format!("redirects to {to}, which is not followed; change source.place if the address has moved"),
                ));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let mut error = PullError::new(
                    connector,
                    "rate_limited",
                    format!("数据源繁忙（{code}），请降低 manners.rate_per_sec 或稍后再试"),
                    format!("the registry is busy ({code}); lower manners.rate_per_sec or try later"),
                )
                .retryable();
                error.retry_after_secs = retry_after(headers, &self.context);
                return Err(error);
            }
            s => {
                let error =
                    PullError::new(connector, "http_status", format!("应答状态 {code}"), format!("answers with status {code}"));
                return Err(if s.is_server_error() || s == StatusCode::REQUEST_TIMEOUT { error.retryable() } else { error });
            }
        }
        Ok(Answer {
            not_modified: status == StatusCode::NOT_MODIFIED,
            etag: header(headers, ETAG.as_str()),
            modified: header(headers, LAST_MODIFIED.as_str()),
            next_link: header(headers, LINK.as_str()).and_then(|l| next_link(&l)),
            media_type: header(headers, CONTENT_TYPE.as_str()).unwrap_or_default().to_ascii_lowercase(),
            coding: header(headers, CONTENT_ENCODING.as_str()).map(|c| c.trim().to_ascii_lowercase()),
            sized: headers.contains_key(CONTENT_LENGTH)
                || headers.contains_key(TRANSFER_ENCODING)
                || response.version() >= reqwest::Version::HTTP_2,
            response,
        })
    }

    pub fn cancelled(&self) -> PullError {
        PullError::cancelled(&self.connector)
    }

    /// Keeps the registry's rate and its quiet hours.
    async fn wait_turn(&self) -> Result<(), PullError> {
        if self.connector.manners.quiet_at(self.context.clock.now(), self.context.zone) {
            return Err(PullError::quiet(&self.connector));
        }
        if let Some(rate) = self.connector.manners.rate_per_sec {
            let slot = {
                let now = Instant::now();
                let mut next = self.next_slot.lock().expect("no panic while holding it");
                let slot = next.map_or(now, |s| s.max(now));
                *next = Some(slot + Duration::from_secs_f64(1.0 / rate));
                slot
            };
            self.cancellable(sleep_until(slot)).await?;
        }
        Ok(())
    }

    async fn pause(&self, wait: Duration) -> Result<(), PullError> {
        self.cancellable(sleep(wait)).await
    }

    async fn cancellable<T>(&self, work: impl Future<Output = T>) -> Result<T, PullError> {
        tokio::select! {
            done = work => Ok(done),
            () = self.context.cancel.cancelled() => Err(self.cancelled()),
        }
    }

    fn too_large(&self, key: &str, cap: u64) -> PullError {
        PullError::new(
            &self.connector,
            "too_large",
            format!("应答超过 {cap} 字节（source.caps.{key}），该批次已暂停"),
            format!("the answer is longer than {cap} bytes (source.caps.{key}); the batch is held"),
        )
        .held()
    }

    fn transport_error(&self, error: &reqwest::Error) -> PullError {
        let what = innermost(error);
        if error.is_timeout() {
            return PullError::new(
                &self.connector,
                "timeout",
                format!("在时限内没有应答（{what}）"),
                format!("no answer within its time-out ({what})"),
            )
            .retryable();
        }
        PullError::new(
            &self.connector,
            "unreachable",
            format!("无法连接或连接中断：{what}；请检查地址与网络"),
            format!("cannot be reached, or broke off: {what}; check the address and the network"),
        )
        .retryable()
    }
}

/// What is left of an answer once its body has been read.
pub struct Head {
    pub not_modified: bool,
    pub etag: Option<String>,
    pub next_link: Option<String>,
    pub media_type: String,
    /// As of [`Answer`].
    pub sized: bool,
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_string)
}

/// The cause without the address, which may hold a secret.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    if std::ptr::eq(cause as *const _ as *const (), error as *const _ as *const ()) {
        "request failed".into()
    } else {
        cause.to_string()
    }
}

/// Seconds, or a date.
fn retry_after(headers: &HeaderMap, context: &PullContext) -> Option<u64> {
    let value = header(headers, RETRY_AFTER.as_str())?;
    if let Ok(secs) = value.trim().parse() {
        return Some(secs);
    }
    let at = chrono::DateTime::parse_from_rfc2822(value.trim()).ok()?;
    u64::try_from((at.to_utc() - context.clock.now()).num_seconds()).ok()
}

/// The target of `rel="next"` in a Link header.
fn next_link(value: &str) -> Option<String> {
    value.split(',').find_map(|link| {
        let (target, params) = link.split_once('>')?;
        let next = params.split(';').any(|p| matches!(p.trim(), "rel=\"next\"" | "rel=next"));
        next.then(|| target.trim().trim_start_matches('<').to_string())
    })
}

fn jitter(upto: Duration) -> Duration {
    upto.mul_f64(rand::random::<f64>())
}

/// 0.25 s, 0.5 s, 1 s, … up to 30 s, of which half is chance.
fn backoff(tries: u32) -> Duration {
    let full = Duration::from_millis(250) * 2u32.pow(tries.min(7));
    let full = full.min(Duration::from_secs(30));
    full / 2 + jitter(full / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_in_the_link_header() {
        let link = "<http://x/a?page=1>; rel=\"prev\", <http://x/a?page=3>; rel=\"next\"";
        assert_eq!(next_link(link).as_deref(), Some("http://x/a?page=3"));
        assert_eq!(next_link("<http://x/a>; rel=\"last\""), None);
    }
}
