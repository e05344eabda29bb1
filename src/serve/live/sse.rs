//! `/graphql/sse`: one operation per connection, its answers as server-sent events (graphql-sse, distinct connections mode).
//! Limits: known origins, bodies of 64 KiB in `application/json`, no mutation by GET, at most 100 streams of a caller; every
//! event asks again whether the caller may; a slow client holds two events and its operation waits.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;

use super::{Kinds, MAX_MESSAGE, failed_before, start};
use crate::serve::answers::engine::Engine;
use crate::serve::answers::events::LastEvent;
use crate::serve::answers::request::{Parameters, last_event};
use crate::serve::http::graphql::serialise;
use crate::serve::http::headers::{header_text, lang_of, request_id};
use crate::serve::http::rest::refuse;
use crate::serve::problem::{Code, Problem};
use crate::serve::state::ServerState;

/// A comment this often keeps proxies from closing a quiet connection.
const KEEP_ALIVE: Duration = Duration::from_secs(12);
/// Events made ahead of a slow client.
const AHEAD: usize = 2;

/// `GET` and `POST /graphql/sse`
pub async fn sse(
    State(state): State<ServerState>,
    State(engine): State<Engine>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let (lang, id) = (lang_of(&headers), request_id(&headers));
    let authorization = header_text(&headers, header::AUTHORIZATION).map(str::to_owned);
    let caller = match state.caller(authorization.as_deref()).await {
        Ok(caller) => caller,
        Err(problem) => return refuse(&problem, lang, &id),
    };
    if !state.is_known_origin(&headers) {
        let problem = Problem::new(
            Code::Forbidden,
            "不允许来自该网站的连接；请把其地址加入 origins",
            "connections from this origin are not allowed: add it to `origins`",
        );
        return refuse(&problem, lang, &id);
    }
    let is_json = header_text(&headers, header::CONTENT_TYPE)
        .is_some_and(|text| text.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json")));
    let parameters = match method {
        Method::GET => Parameters::from_query(&uri),
        // Forms of other sites can send other types without asking.
        Method::POST if !is_json => {
            let problem = Problem::bad_input("Content-Type 应为 application/json", "the Content-Type must be application/json");
            let mut response = refuse(&problem, lang, &id);
            *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return response;
        }
        Method::POST => match axum::body::to_bytes(body, MAX_MESSAGE).await {
            Ok(bytes) => Parameters::from_body(&bytes),
            Err(_) => {
                let problem = Problem::new(
                    Code::CostExceeded,
                    format!("请求体超过 {MAX_MESSAGE} 字节，或传输中断"),
                    format!("the body is longer than {MAX_MESSAGE} bytes, or was cut off"),
                );
                let mut response = refuse(&problem, lang, &id);
                *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
                return response;
            }
        },
        _ => {
            let mut response = refuse(&Problem::bad_input("只支持 GET 与 POST", "only GET and POST are served"), lang, &id);
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
            return response;
        }
    };
    let (parameters, named) = match parameters.and_then(|read| Ok((read, last_event(&uri)?))) {
        Ok((mut parameters, named)) => {
            parameters.purpose = Some(crate::serve::answers::usage::purpose(&headers));
            (parameters, named)
        }
        Err(problem) => return refuse(&problem, lang, &id),
    };
    let kinds = if method == Method::GET { Kinds::Reading } else { Kinds::Any };
    let Some(place) = state.streams().take(&caller.id) else {
        let most = state.streams().per_caller();
        let problem = Problem::new(
            Code::CostExceeded,
            format!("一个调用者最多同时打开 {most} 个事件流；请先关闭一个"),
            format!("a caller has at most {most} event streams open: close one first"),
        )
        .remedy(most.to_string());
        let mut response = refuse(&problem, lang, &id);
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        return response;
    };
    // A browser's EventSource says by itself where it was cut off; who opens one again can say it in the address.
    let last = header_text(&headers, header::HeaderName::from_static("last-event-id")).map(str::to_owned);
    let last = LastEvent::of(last.or(named).as_deref());
    let lane = state.lanes().of(&caller.id);
    let mut answers = match start(&engine, &state, caller, lang, parameters, kinds, last.clone(), &id) {
        Ok(answers) => answers,
        Err(answer) => return json(&serialise(&answer, false, None), StatusCode::BAD_REQUEST),
    };
    let (send, receive) = tokio::sync::mpsc::channel::<Bytes>(AHEAD);
    tokio::spawn(async move {
        let _place = place;
        loop {
            let event = tokio::select! {
                answer = lane.clone().run(answers.next()) => match answer {
                    Some(answer) => {
                        // A token revoked meanwhile ends the subscription.
                        if state.caller(authorization.as_deref()).await.is_err() {
                            break;
                        }
                        let data = serialise(&answer, !failed_before(&answer), None);
                        let id = last.edition().map_or_else(String::new, |number| format!("id: edition:{number}\n"));
                        Bytes::from([b"event: next\n", id.as_bytes(), b"data: ", &data[..], b"\n\n"].concat())
                    }
                    None => break,
                },
                () = tokio::time::sleep(KEEP_ALIVE) => Bytes::from_static(b":\n\n"),
                () = send.closed() => return,
                // Cut without an end, so that clients come back by themselves and say what they saw last.
                () = state.stopping() => return,
            };
            if send.send(event).await.is_err() {
                return;
            }
        }
        let _ = send.send(Bytes::from_static(b"event: complete\ndata: \n\n")).await;
    });
    let chunks = futures_util::stream::unfold(receive, |mut receive| async move {
        receive.recv().await.map(|chunk| (Ok::<_, Infallible>(chunk), receive))
    });
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", id);
    }
    response
}

fn json(bytes: &[u8], status: StatusCode) -> Response {
    let mut response = Response::new(Body::from(bytes.to_vec()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}
