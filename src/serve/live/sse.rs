//! `/graphql/sse`: one operation per connection, its answers as server-sent events (graphql-sse, distinct connections mode).

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;

use super::{failed_before, start};
use crate::serve::App;
use crate::serve::handler::{header_text, lang_of, request_id, serialise};
use crate::serve::plain::refuse;
use crate::serve::problem::Problem;
use crate::serve::request::Parameters;

/// A comment this often keeps proxies from closing a quiet connection.
const KEEP_ALIVE: Duration = Duration::from_secs(12);

/// `GET` and `POST /graphql/sse`
pub async fn sse(State(app): State<App>, method: Method, uri: Uri, headers: HeaderMap, body: Body) -> Response {
    let (lang, id) = (lang_of(&headers), request_id(&headers));
    let authorization = header_text(&headers, header::AUTHORIZATION).map(str::to_owned);
    let caller = match app.caller(authorization.as_deref()).await {
        Ok(caller) => caller,
        Err(problem) => return refuse(&problem, lang, &id),
    };
    let parameters = match method {
        Method::GET => Parameters::from_query(&uri),
        Method::POST => match axum::body::to_bytes(body, app.limits().body_bytes).await {
            Ok(bytes) => Parameters::from_body(&bytes),
            Err(_) => Err(Problem::bad_input("请求体过长或传输中断", "the body is too long or was cut off")),
        },
        _ => {
            let mut response = refuse(&Problem::bad_input("只支持 GET 与 POST", "only GET and POST are served"), lang, &id);
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
            return response;
        }
    };
    let parameters = match parameters {
        Ok(parameters) => parameters,
        Err(problem) => return refuse(&problem, lang, &id),
    };
    let mut answers = match start(&app, caller, lang, parameters, &id) {
        Ok(answers) => answers,
        Err(answer) => return json(&serialise(&answer, false, None), StatusCode::BAD_REQUEST),
    };
    let (send, receive) = tokio::sync::mpsc::channel::<Bytes>(16);
    tokio::spawn(async move {
        loop {
            let event = tokio::select! {
                answer = answers.next() => match answer {
                    Some(answer) => {
                        // A token revoked meanwhile ends the subscription.
                        if app.caller(authorization.as_deref()).await.is_err() {
                            break;
                        }
                        let data = serialise(&answer, !failed_before(&answer), None);
                        Bytes::from([b"event: next\ndata: ", &data[..], b"\n\n"].concat())
                    }
                    None => break,
                },
                () = tokio::time::sleep(KEEP_ALIVE) => Bytes::from_static(b":\n\n"),
                () = send.closed() => return,
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
