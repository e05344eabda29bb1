//! `POST /ingest/{registry}`: a department sends a batch. NDJSON or CSV, plain or gzip, under a key of its own; answered
//! with the receipt after the commit. Every way it can go wrong has one status, one code and one text in each language.

use data_encoding::HEXLOWER;
pub(in crate::serve) mod receipts;

use std::io::Write;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};

use super::http::headers::{header_text, lang_of, request_id, status_of};
use super::problem::Problem;
use super::state::ServerState;
use crate::access::{AccessScope, Caller, Role};
use crate::connector::{Connector, Transport};
use crate::hub::{Push, PushRefused, Pushed, Queue};
use crate::model;
use crate::model::message::Lang;

/// Longest key, in characters.
const MAX_KEY: usize = 200;
/// Seconds after which a department should try again while the hub is busy.
const BUSY_SECS: u32 = 30;

/// An answer that is no receipt.
pub(super) struct Refusal {
    status: StatusCode,
    problem: model::problem::Problem<&'static str>,
    retry_after: Option<u32>,
    batch: Option<i64>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Refusal {
        Refusal { status, problem: model::problem::Problem::new(code, zh, en), retry_after: None, batch: None }
    }
    fn remedy(mut self, remedy: impl Into<String>) -> Refusal {
        self.problem.remedy = Some(remedy.into());
        self
    }
    fn answer(&self, lang: Lang, id: &str) -> Response {
        let retryable = self.retry_after.is_some() || self.status.is_server_error() || self.status == StatusCode::REQUEST_TIMEOUT;
        let body = serde_json::json!({ "error": {
            "code": self.problem.code, "message": self.problem.text(lang), "retryable": retryable, "hint": self.problem.remedy,
            "batch": self.batch, "requestId": id,
        } });
        let mut response = json(self.status, &body, id);
        let headers = response.headers_mut();
        if let Some(secs) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // What is left of the body is not read: the connection ends with this answer.
        if self.status == StatusCode::PAYLOAD_TOO_LARGE {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl From<Problem> for Refusal {
    fn from(p: Problem) -> Refusal {
        let mut refusal = Refusal::new(status_of(p.code), p.code.name(), p.zh, p.en);
        refusal.problem.remedy = p.remedy;
        refusal
    }
}

impl From<PushRefused> for Refusal {
    fn from(refused: PushRefused) -> Refusal {
        match refused {
            PushRefused::Busy(Queue { waited_secs, before }) => {
                let (zh, en) = match before {
                    0 => ("一次入库或发布".to_owned(), "a landing or a publication".to_owned()),
                    n => (
                        format!("一次入库或发布及先到的 {n} 个推送"),
                        format!("a landing or a publication, and {n} earlier pushes"),
                    ),
                };
                Refusal {
                    retry_after: Some(BUSY_SECS),
                    ..Refusal::new(
                        StatusCode::SERVICE_UNAVAILABLE,
                        "BUSY",
                        format!("已等待 {waited_secs} 秒，{zh}仍未完成；请 {BUSY_SECS} 秒后用同一个 Idempotency-Key 重试"),
                        format!("waited {waited_secs} s for {en}: send it again in {BUSY_SECS} s with the same Idempotency-Key"),
                    )
                }
            }
            PushRefused::KeyReused { batch } => Refusal {
                batch: Some(batch),
                ..Refusal::new(
                    StatusCode::CONFLICT,
                    "KEY_REUSED",
                    format!("这个 Idempotency-Key 已用于批次 {batch}，而内容不同；新的内容请用新的键"),
                    format!("this Idempotency-Key named batch {batch} with other contents: give new contents a new key"),
                )
            },
            PushRefused::Unreadable { problem, batch } => {
                let too_large = problem.code == "too_large";
                let (status, code) = match too_large {
                    true => (StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE"),
                    false => (StatusCode::UNPROCESSABLE_ENTITY, "UNREADABLE"),
                };
                let (zh, en) = (
                    format!("推送的内容无法读取，未入库任何行：{}", problem.zh),
                    format!("what was pushed cannot be read, and nothing of it landed: {}", problem.en),
                );
                Refusal { batch: Some(batch), ..Refusal::new(status, code, zh, en).remedy(problem.code) }
            }
            PushRefused::Hub(error) => {
                tracing::error!(%error, "a push failed");
                Problem::internal().into()
            }
        }
    }
}

pub(super) fn json(status: StatusCode, body: &impl serde::Serialize, id: &str) -> Response {
    let bytes = serde_json::to_vec(body).expect("plain data");
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-request-id", id);
    }
    response
}

/// `POST /ingest/{registry}`
pub async fn ingest(State(state): State<ServerState>, Path(registry): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let (lang, id) = (lang_of(&headers), request_id(&headers));
    match receive(&state, &registry, &headers, body).await {
        Ok(pushed) => {
            let r = &pushed.receipt;
            tracing::info!(request_id = %id, registry, batch = r.id, state = r.state, read = r.read, "push");
            // A rejected batch is no success, although its receipt is known.
            let status = match r.state.as_str() {
                "HELD" => StatusCode::ACCEPTED,
                "REJECTED" => StatusCode::CONFLICT,
                _ => StatusCode::OK,
            };
            if r.state == "HELD" {
                let why = r.held_because.as_ref().map_or("", |n| n.en.as_str());
                tracing::warn!(registry, batch = r.id, "pushed batch held, a person must decide: {why}");
            }
            let mut response = json(status, r, &id);
            let base = state.hub().settings.public_url.as_deref().unwrap_or("");
            if let Ok(place) = HeaderValue::from_str(&format!("{base}/receipts/{}", r.id)) {
                response.headers_mut().insert(header::LOCATION, place);
            }
            response
        }
        Err(refusal) => {
            tracing::info!(request_id = %id, registry, code = refusal.problem.code, "push refused");
            refusal.answer(lang, &id)
        }
    }
}

async fn receive(state: &ServerState, registry: &str, headers: &HeaderMap, body: Body) -> Result<Pushed, Refusal> {
    let caller = state.caller(header_text(headers, header::AUTHORIZATION)).await?;
    may_push(&caller, registry)?;
    let hub = state.hub();
    let (connector, _) = hub
        .registry(registry)
        .await
        .map_err(|e| Refusal::new(StatusCode::NOT_FOUND, "NOT_FOUND", e.text(Lang::Zh), e.text(Lang::En)))?;
    if connector.source.transport != Transport::Push {
        return Err(Refusal::new(
            StatusCode::CONFLICT,
            "NOT_PUSHED",
            format!(
                "登记「{registry}」由本系统拉取（{}），不接收推送；如需推送，请在连接器中写 source.transport = \"push\"",
                connector.source.transport
            ),
            format!(
                "registry \"{registry}\" is pulled ({}) and takes no pushes; to push it, write source.transport = \"push\" in its connector",
                connector.source.transport
            ),
        ));
    }
    let key = idempotency_key(headers)?;
    let extension = extension(&connector, headers)?;
    let folder = hub.settings.data.join("push");
    let kept = std::fs::create_dir_all(&folder)
        .and_then(|()| tempfile::Builder::new().prefix("body-").suffix(&extension).tempfile_in(&folder));
    let mut file = kept.map_err(|error| {
        tracing::error!(%error, "a pushed body cannot be kept");
        Refusal::from(Problem::internal())
    })?;
    let digest = save(&connector, headers, body, file.as_file_mut()).await?;
    let push = Push { registry: registry.to_owned(), key, file: file.path().to_path_buf(), digest };
    let pushed = hub.push(&push).await?;
    if pushed.changed {
        state.note_push();
    }
    Ok(pushed)
}

fn may_push(caller: &Caller, registry: &str) -> Result<(), Refusal> {
    let own = caller.role == Role::Ingest && caller.registry.as_deref() == Some(registry);
    if own || caller.may(AccessScope::Operate) {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::FORBIDDEN,
        "FORBIDDEN",
        format!("该令牌不能推送登记「{registry}」；请用 huitu token create --ingest {registry} 生成的令牌"),
        format!("this token may not push registry \"{registry}\"; use the one made by `huitu token create --ingest {registry}`"),
    ))
}

fn idempotency_key(headers: &HeaderMap) -> Result<String, Refusal> {
    let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok()).map(|k| k.trim().trim_matches('"'));
    match key {
        Some(key) if !key.is_empty() && key.len() <= MAX_KEY && key.bytes().all(|b| b.is_ascii_graphic()) => Ok(key.to_owned()),
        _ => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "BAD_INPUT",
            format!("缺少 Idempotency-Key 请求头：给每个批次一个不重复的键（1–{MAX_KEY} 个可见 ASCII 字符），重试时用同一个"),
            format!("the header Idempotency-Key is missing or wrong: give every batch its own key (1–{MAX_KEY} visible ASCII characters), and the same one when sending it again"),
        )
        .remedy("Idempotency-Key: arbitration-2026-11-22")),
    }
}

/// The extension that says format and compression.
fn extension(connector: &Connector, headers: &HeaderMap) -> Result<String, Refusal> {
    let media =
        header_text(headers, header::CONTENT_TYPE).unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let format = match media.as_str() {
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => "ndjson",
        "text/csv" => "csv",
        "text/tab-separated-values" => "tsv",
        "" | "application/octet-stream" | "application/gzip" => connector.source.format.map_or("", |f| f.name()),
        _ => "",
    };
    let packed = match header_text(headers, header::CONTENT_ENCODING).map(str::trim) {
        None | Some("" | "identity") if media == "application/gzip" => ".gz",
        None | Some("" | "identity") => "",
        Some("gzip" | "x-gzip") => ".gz",
        Some(_) => "?",
    };
    if !matches!(format, "ndjson" | "csv" | "tsv") || packed == "?" {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "请以 Content-Type: application/x-ndjson 或 text/csv 发送，可用 Content-Encoding: gzip 压缩",
            "send Content-Type: application/x-ndjson or text/csv, where wanted with Content-Encoding: gzip",
        ));
    }
    Ok(format!(".{format}{packed}"))
}

/// Writes the body to `file` within the connector's cap and times; answers its SHA-256.
async fn save(connector: &Connector, headers: &HeaderMap, body: Body, file: &mut std::fs::File) -> Result<String, Refusal> {
    let cap = connector.source.caps.bytes;
    let too_large = || {
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "TOO_LARGE",
            format!("内容超过 {cap} 字节（source.caps.bytes）；请分成多个批次"),
            format!("the body is longer than {cap} bytes (source.caps.bytes): send it as several batches"),
        )
    };
    let announced = header_text(headers, header::CONTENT_LENGTH).and_then(|l| l.parse::<u64>().ok());
    if announced.is_some_and(|n| n > cap) {
        return Err(too_large());
    }
    let (silence, all) = (connector.manners.read_timeout_secs, connector.manners.total_timeout_secs);
    let too_slow = || {
        Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "TIMEOUT",
            format!("内容没有在时限内到达（静默 {silence} 秒或合计 {all} 秒）；请用同一个键重试"),
            format!("the body did not arrive in time ({silence} s of silence, {all} s in all): send it again with the same key"),
        )
    };
    let receiving = async {
        let (mut hash, mut taken) = (Sha256::new(), 0u64);
        let mut pieces = body.into_data_stream();
        loop {
            let piece = tokio::time::timeout(Duration::from_secs(silence), pieces.next()).await.map_err(|_| too_slow())?;
            let Some(piece) = piece else { break };
            let piece = piece.map_err(|_| {
                Refusal::new(
                    StatusCode::BAD_REQUEST,
                    "BROKEN_OFF",
                    "传输中断，未入库任何行；请用同一个键重试",
                    "the transfer broke off, and nothing landed: send it again with the same key",
                )
            })?;
            taken += piece.len() as u64;
            if taken > cap {
                return Err(too_large());
            }
            hash.update(&piece);
            file.write_all(&piece).map_err(|error| {
                tracing::error!(%error, "a pushed body cannot be kept");
                Refusal::from(Problem::internal())
            })?;
        }
        Ok(HEXLOWER.encode(&hash.finalize()))
    };
    tokio::time::timeout(Duration::from_secs(all), receiving).await.map_err(|_| too_slow())?
}
