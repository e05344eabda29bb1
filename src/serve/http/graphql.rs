//! GraphQL over HTTP, to the letter (graphql.github.io/graphql-over-http): one handler over the raw bytes.
//!
//! In: a request. Out: the answer as bytes, with X-Request-Id, and an ETag where the answer rests on editions alone. The
//! steps: media types → caller → parameters → kept answer → scan, parse, cost → execute → errors made safe.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use async_graphql::{Request, Response as Answer, ServerError, Value};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use tracing::Instrument;

use super::headers::{header_text, lang_of, names_tag, request_id, status_of};
use crate::access::{Caller, Role};
use crate::model::message::Lang;
use crate::model::text::shown;
use crate::serve::answers::document::{Refused, check, code_of, make_safe, make_safe_change};
use crate::serve::answers::engine::Engine;
use crate::serve::answers::request::{Media, Parameters};
use crate::serve::answers::{cache, persisted, usage};
use crate::serve::context::RequestContext;
use crate::serve::limits::{cost, lanes};
use crate::serve::problem::{Code, GraphProblem, Problem};
use crate::serve::state::{Reading, ServerState};

/// A request that got as far as having an id, a language and a media type.
pub struct Incoming<'a> {
    pub id: String,
    pub lang: Lang,
    media: Media,
    /// One of several questions of a request: what follows stays in the caller's lane.
    is_part: bool,
    headers: &'a HeaderMap,
    method: &'a Method,
    engine: &'a Engine,
}

/// `GET` and `POST /graphql`.
pub async fn graphql(
    State(state): State<ServerState>,
    State(engine): State<Engine>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let started = Instant::now();
    let id = request_id(&headers);
    let lang = lang_of(&headers);
    let Some(media) = Media::negotiate(header_text(&headers, header::ACCEPT)) else {
        let problem = Problem::bad_input(
            "Accept 中没有可提供的类型：请接受 application/graphql-response+json",
            "nothing in Accept can be served: accept application/graphql-response+json",
        );
        let incoming =
            Incoming { id, lang, media: Media::Json, is_part: false, headers: &headers, method: &method, engine: &engine };
        return incoming.refuse(StatusCode::NOT_ACCEPTABLE, &problem);
    };
    let incoming = Incoming { id, lang, media, is_part: false, headers: &headers, method: &method, engine: &engine };
    let span = super::trace::question(&headers, &incoming.id);
    let answered = async {
        let response = incoming.answer(&state, &uri, body).await;
        state.metrics().request(response.status().as_u16(), started.elapsed());
        tracing::info!(
            request_id = %incoming.id,
            status = response.status().as_u16(),
            micros = started.elapsed().as_micros() as u64,
            "graphql"
        );
        response
    };
    answered.instrument(span).await
}

impl Incoming<'_> {
    async fn answer(&self, state: &ServerState, uri: &Uri, body: Body) -> Response {
        let is_get = match *self.method {
            Method::GET | Method::HEAD => true,
            Method::POST => false,
            _ => {
                let problem = Problem::bad_input("只支持 GET 与 POST", "only GET and POST are served");
                let mut response = self.refuse(StatusCode::METHOD_NOT_ALLOWED, &problem);
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
                return response;
            }
        };
        let bearer = match state.caller(header_text(self.headers, header::AUTHORIZATION)).await {
            Ok(bearer) => bearer,
            Err(problem) => return self.refuse(status_of(problem.code), &problem),
        };
        let caller = bearer.stating(&usage::purpose(self.headers));
        super::trace::asked_by(&caller, self.headers);
        if caller.role == Role::Ingest {
            return self.refuse(StatusCode::FORBIDDEN, &Problem::forbidden("read"));
        }
        let raw = match is_get {
            true => Bytes::copy_from_slice(uri.query().unwrap_or("").as_bytes()),
            false => match self.body(state, body).await {
                Ok(bytes) => bytes,
                Err(refused) => return *refused,
            },
        };
        let key = self.key(state, &bearer, &caller, &raw, is_get);
        let kept = state.answers().get(&key);
        state.metrics().looked_for_kept(kept.is_some());
        if let Some(kept) = kept {
            if let Some(shown) = &kept.shown {
                let purpose = kept.stated.as_deref().map_or_else(|| usage::purpose(self.headers), str::to_owned);
                let caller = bearer.stating(&purpose);
                let reading = Reading {
                    caller: &caller,
                    purpose: &purpose,
                    way: "graphql",
                    asked: kept.asked.as_bytes(),
                    given: &kept.given,
                    shown,
                    beyond_editions: false,
                    edition: kept.edition,
                    request: &self.id,
                };
                // Nothing is left but to write it down and to send it.
                lanes::leave();
                if let Err(problem) = state.account(reading).await {
                    return self.refuse(status_of(problem.code), &problem);
                }
            }
            return self.respond(StatusCode::OK, kept.bytes, Some(&key));
        }
        if !is_get && state.limits().batch > 0 && raw.trim_ascii_start().first() == Some(&b'[') {
            return Box::pin(self.batch(state, bearer, &raw)).await;
        }
        let parameters = match is_get {
            true => Parameters::from_query(uri),
            false => Parameters::from_body(&raw),
        };
        match parameters {
            // What works an answer out is large; a kept one does without it.
            Ok(parameters) => Box::pin(self.question(state, bearer, parameters, Some(key), is_get)).await,
            Err(problem) => self.refuse(StatusCode::BAD_REQUEST, &problem),
        }
    }

    /// One question; its answer is kept under the key, where there is one.
    async fn question(
        &self,
        state: &ServerState,
        bearer: Arc<Caller>,
        mut parameters: Parameters,
        key: Option<cache::ResponseKey>,
        is_get: bool,
    ) -> Response {
        if let Err(problem) = persisted::resolve(state.documents(), state.limits(), &mut parameters) {
            return self.request_error(&problem);
        }
        let Some(document) = parameters.query.take().filter(|q| !q.trim().is_empty()) else {
            let problem = Problem::bad_input(
                "缺少 query：请给出 GraphQL 查询文本",
                "query is missing: give the text of a GraphQL document",
            );
            return self.refuse(StatusCode::BAD_REQUEST, &problem);
        };
        parameters.purpose = Some(usage::purpose(self.headers));
        self.ask(state, bearer, document, parameters, key, is_get).await
    }

    /// Several questions in one request, answered one after the other, where configured.
    async fn batch(&self, state: &ServerState, bearer: Arc<Caller>, raw: &[u8]) -> Response {
        let limit = state.limits().batch;
        let questions: Vec<Parameters> = match serde_json::from_slice(raw) {
            Ok(questions) => questions,
            Err(e) => {
                let problem = Problem::bad_input(
                    format!("请求体不是 GraphQL 请求的列表：{e}"),
                    format!("the body is not a list of GraphQL requests: {e}"),
                );
                return self.refuse(StatusCode::BAD_REQUEST, &problem);
            }
        };
        if questions.is_empty() || questions.len() > limit {
            let problem = Problem::bad_input(
                format!("一次应有 1 到 {limit} 个查询"),
                format!("one to {limit} questions can be asked at a time"),
            )
            .remedy(limit.to_string());
            return self.refuse(StatusCode::BAD_REQUEST, &problem);
        }
        let mut whole = vec![b'['];
        let part = Incoming { id: self.id.clone(), is_part: true, ..*self };
        for (at, parameters) in questions.into_iter().enumerate() {
            if at > 0 {
                whole.push(b',');
            }
            // Of a batch nothing is kept: its key is that of no single question.
            let answer = part.question(state, bearer.clone(), parameters, None, false).await;
            let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap_or_default();
            whole.extend_from_slice(&bytes);
        }
        whole.push(b']');
        self.respond(StatusCode::OK, Bytes::from(whole), None)
    }

    /// The body, within its limit and of the right type.
    async fn body(&self, state: &ServerState, body: Body) -> Result<Bytes, Box<Response>> {
        let content_type = header_text(self.headers, header::CONTENT_TYPE).unwrap_or("");
        let mut parts = content_type.split(';').map(str::trim);
        let is_json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
        let is_utf8 = parts
            .filter_map(|p| p.split_once('='))
            .all(|(key, value)| !key.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8"));
        if !is_json || !is_utf8 {
            let problem = Problem::bad_input(
                "Content-Type 应为 application/json（UTF-8）",
                "the Content-Type must be application/json in UTF-8",
            );
            return Err(Box::new(self.refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, &problem)));
        }
        let limit = state.limits().body_bytes;
        axum::body::to_bytes(body, limit).await.map_err(|error| {
            let too_long = error.into_inner().is::<http_body_util::LengthLimitError>();
            Box::new(match too_long {
                true => {
                    let problem = Problem::new(
                        Code::CostExceeded,
                        format!("请求体超过 {limit} 字节"),
                        format!("the body is longer than {limit} bytes"),
                    );
                    self.refuse(StatusCode::PAYLOAD_TOO_LARGE, &problem)
                }
                false => {
                    let problem = Problem::bad_input(
                        "请求体传输中断，或与其 Content-Encoding 不符",
                        "the body was cut off, or is not packed as its Content-Encoding says",
                    );
                    self.refuse(StatusCode::BAD_REQUEST, &problem)
                }
            })
        })
    }

    /// The key of the answer to `caller`, who is `bearer` with what the headers state. The question may state another purpose than they do,
    /// so that what a token is bound to belongs to its key.
    fn key(&self, state: &ServerState, bearer: &Caller, caller: &Caller, raw: &[u8], is_get: bool) -> cache::ResponseKey {
        let generation = state.generation().to_le_bytes();
        let bound = match bearer.purposes.is_empty() {
            true => String::new(),
            false => format!("{} {:?}", bearer.visibility(), bearer.purposes),
        };
        state.answers().key(&[
            raw,
            caller.visibility().as_bytes(),
            &generation,
            &[self.lang as u8, self.media as u8, u8::from(is_get)],
            bound.as_bytes(),
        ])
    }

    async fn ask(
        &self,
        state: &ServerState,
        bearer: Arc<Caller>,
        document: String,
        mut parameters: Parameters,
        key: Option<cache::ResponseKey>,
        is_get: bool,
    ) -> Response {
        let (purpose, stated) = (parameters.purpose(), parameters.own_purpose());
        let caller = bearer.stating(&purpose);
        let mut variables = parameters.take_variables();
        let name = parameters.operation_name.as_deref().filter(|n| !n.is_empty());
        let (parsed, cost) = match check(self.engine.arguments(), state.limits(), &document, name, &mut variables) {
            Ok(checked) => checked,
            Err(Refused::Problem(problem)) => return self.request_error(&problem),
            Err(Refused::Syntax(error)) => return self.request_errors(vec![*error]),
        };
        if let Err(problem) = state.budgets().spend(&caller.id, cost) {
            let mut response = self.request_error(&problem);
            // The seconds until there is enough again; none where waiting does not help.
            if let Some(seconds) = problem.remedy.and_then(|text| HeaderValue::from_str(&text).ok()) {
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
            }
            return response;
        }
        super::trace::called(name);
        let is_query = cost::operation(&parsed, name).is_ok_and(cost::is_query);
        let operation = cost::operation(&parsed, name).map(cost::first_field).unwrap_or_default();
        let began = Instant::now();
        let asked: Arc<str> = document.as_str().into();
        let given: Arc<str> = given(&variables).into();
        if is_get && !is_query {
            let problem =
                Problem::bad_input("GET 只能用于查询：变更请用 POST", "GET is for queries only: use POST for mutations");
            let mut response = self.refuse(StatusCode::METHOD_NOT_ALLOWED, &problem);
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            return response;
        }
        if !is_query && let Err(problem) = state.account_for_change(&caller, &purpose, &asked, &self.id).await {
            return self.refuse(status_of(problem.code), &problem);
        }
        let ask = Arc::new(RequestContext::new(state.clone(), caller, self.lang).reading_for(&purpose));
        let mut request = Request::new(document).variables(variables).data(ask.clone());
        request.operation_name = name.map(str::to_owned);
        request.set_parsed_query(parsed);
        let within = state.limits().time;
        let ended = match is_query {
            true => {
                let execution = AssertUnwindSafe(self.engine.execute(request)).catch_unwind();
                tokio::time::timeout(within, execution).await.map(|ended| ended.map_err(drop))
            }
            // A change that was begun goes on to its end, whoever waits for it.
            false => {
                let (engine, lane) = (self.engine.clone(), state.lanes().of(&ask.caller.id));
                let change = lane.run(async move { engine.execute(request).await });
                let change = tokio::spawn(change.in_current_span());
                tokio::time::timeout(within, change).await.map(|ended| ended.map_err(drop))
            }
        };
        let mut answer = match ended {
            Ok(Ok(answer)) => answer,
            Ok(Err(())) => {
                tracing::error!(request_id = %self.id, "a resolver panicked");
                Answer::from_errors(vec![Problem::internal().server_error(self.lang)])
            }
            Err(_) => Answer::from_errors(vec![too_slow(within.as_secs(), is_query, self.lang)]),
        };
        let make_safe = if is_query { make_safe } else { make_safe_change };
        for error in &mut answer.errors {
            make_safe(error, &self.id, self.lang);
        }
        let failed_before =
            answer.data == Value::Null && answer.errors.iter().all(|e| e.path.is_empty()) && !answer.errors.is_empty();
        // A name that the schema knows: what clients make up would fill the list of operations.
        state.metrics().operation(if failed_before { "refused" } else { &operation }, began.elapsed());
        let shown = Arc::new(ask.take_shown());
        let keep = is_query && answer.errors.is_empty() && ask.is_edition_backed();
        let status = match (failed_before, self.media) {
            (true, Media::GraphQl) => request_status(&answer.errors),
            _ => StatusCode::OK,
        };
        // All that takes time is done before it is accounted for: then it is sent at once.
        let extensions = Extensions { state, ask: &ask, cost, limit: state.limits().cost };
        let bytes = Bytes::from(serialise(&answer, !failed_before, Some(&extensions)));
        drop(answer);
        if !self.is_part {
            lanes::leave();
        }
        let reading = Reading {
            caller: &ask.caller,
            purpose: &purpose,
            way: "graphql",
            asked: asked.as_bytes(),
            given: &given,
            shown: &shown,
            beyond_editions: !ask.is_edition_backed(),
            edition: ask.answered(),
            request: &self.id,
        };
        if let Err(problem) = state.account(reading).await {
            // A change was accounted for before it was made: whoever hears that it failed would make it twice.
            if is_query {
                return self.refuse(status_of(problem.code), &problem);
            }
        }
        let key = key.filter(|_| keep);
        if let Some(key) = key.clone() {
            let stated: Option<Arc<str>> = stated.map(Arc::from);
            let (bytes, edition) = (bytes.clone(), ask.answered());
            state.answers().put(key, cache::CachedResponse { bytes, shown: Some(shown), asked, given, stated, edition });
        }
        self.respond(status, bytes, key.as_ref())
    }

    /// A request error: under `application/json` the status stays 200, as old clients expect.
    fn request_error(&self, problem: &Problem) -> Response {
        self.request_errors(vec![problem.server_error(self.lang)])
    }

    fn request_errors(&self, mut errors: Vec<ServerError>) -> Response {
        for error in &mut errors {
            make_safe(error, &self.id, self.lang);
        }
        let status = if self.media == Media::GraphQl { request_status(&errors) } else { StatusCode::OK };
        let bytes = serialise(&Answer::from_errors(errors), false, None);
        self.respond(status, Bytes::from(bytes), None)
    }

    /// What is not a GraphQL request at all, or comes from nobody.
    fn refuse(&self, status: StatusCode, problem: &Problem) -> Response {
        let mut error = problem.server_error(self.lang);
        make_safe(&mut error, &self.id, self.lang);
        let bytes = serialise(&Answer::from_errors(vec![error]), false, None);
        self.respond(status, Bytes::from(bytes), None)
    }

    fn respond(&self, status: StatusCode, bytes: Bytes, key: Option<&cache::ResponseKey>) -> Response {
        let tag = key.map(cache::ResponseKey::tag);
        let same = tag.as_deref().is_some_and(|tag| names_tag(self.headers, header::IF_NONE_MATCH, tag));
        let mut response = match same && *self.method == Method::GET {
            true => Response::new(Body::empty()),
            false => Response::new(Body::from(bytes)),
        };
        *response.status_mut() = if same && *self.method == Method::GET { StatusCode::NOT_MODIFIED } else { status };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, self.media.content_type());
        headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Language, Authorization, Cookie"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if let Some(tag) = tag.and_then(|t| HeaderValue::from_str(&t).ok()) {
            headers.insert(header::ETAG, tag);
        }
        if let Ok(id) = HeaderValue::from_str(&self.id) {
            headers.insert("x-request-id", id);
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// What is said where the time is over. A change may have been made: whoever is told to try again makes it twice.
fn too_slow(seconds: u64, is_query: bool, lang: Lang) -> ServerError {
    let (zh, en) = match is_query {
        true => (
            format!("查询超过 {seconds} 秒；请缩小范围"),
            format!("the question took longer than {seconds} seconds; ask for less"),
        ),
        false => (
            format!("变更超过 {seconds} 秒尚未结束，仍在进行；再次提交之前请先查看是否已经生效"),
            format!(
                "the change takes longer than {seconds} seconds and goes on: look whether it was made before you send it again"
            ),
        ),
    };
    let mut error = Problem::new(Code::Timeout, zh, en).server_error(lang);
    error.extensions.get_or_insert_default().set("retryable", is_query);
    error
}

/// Variables as the audit keeps them: what a question was chosen by often stands in them alone.
pub(in crate::serve) fn given(variables: &async_graphql::Variables) -> String {
    serde_json::to_string(variables).ok().filter(|text| text != "{}").unwrap_or_default()
}

/// Only what is our own fault is a 5xx.
fn request_status(errors: &[ServerError]) -> StatusCode {
    let is = |code: Code| errors.iter().any(|e| code_of(e).is_some_and(|c| c == code.name()));
    match () {
        () if is(Code::Internal) => StatusCode::INTERNAL_SERVER_ERROR,
        () if is(Code::Timeout) => StatusCode::GATEWAY_TIMEOUT,
        () => StatusCode::BAD_REQUEST,
    }
}

/// What every answer says beside its data: the edition, how old the registries are, what it cost.
pub(in crate::serve) struct Extensions<'a> {
    pub state: &'a ServerState,
    pub ask: &'a RequestContext,
    pub cost: u64,
    pub limit: u64,
}

impl Serialize for Extensions<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        let manifest = self.ask.answered().and_then(|number| self.state.hub().editions.manifest(number));
        if let Some(m) = manifest {
            map.serialize_entry(
                "edition",
                &serde_json::json!({ "id": format!("edition:{}", m.number), "number": m.number, "asOf": m.as_of, "publishedAt": shown(m.published_at) }),
            )?;
        }
        map.serialize_entry("sources", &*self.state.freshness().sources)?;
        map.serialize_entry("cost", &serde_json::json!({ "requested": self.cost, "limit": self.limit }))?;
        map.end()
    }
}

struct Whole<'a> {
    answer: &'a Answer,
    with_data: bool,
    extensions: Option<&'a Extensions<'a>>,
}

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        if !self.answer.errors.is_empty() {
            map.serialize_entry("errors", &self.answer.errors)?;
        }
        if self.with_data {
            map.serialize_entry("data", &self.answer.data)?;
        }
        if let Some(extensions) = self.extensions {
            map.serialize_entry("extensions", extensions)?;
        }
        map.end()
    }
}

pub(in crate::serve) fn serialise(answer: &Answer, with_data: bool, extensions: Option<&Extensions<'_>>) -> Vec<u8> {
    serde_json::to_vec(&Whole { answer, with_data, extensions }).expect("answers are plain JSON")
}
