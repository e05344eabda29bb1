//! `/graphql/ws`: the graphql-transport-ws protocol. Limits: init within 10 seconds, known origins, at most 20 operations,
//! messages of 64 KiB; every event asks again whether the caller may.
//!
//! The handshake is done here and not by axum's extractor: names of headers are answered as the client spelt them, bytes after the upgrade
//! count for the connection, and close frames carry the protocol's own codes. The frames themselves are tungstenite's.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, tungstenite};

use super::{Kinds, MAX_MESSAGE, failed_before, start};
use crate::access::Caller;
use crate::model::message::Lang;
use crate::serve::answers::engine::Engine;
use crate::serve::answers::events::LastEvent;
use crate::serve::answers::request::Parameters;
use crate::serve::answers::usage;
use crate::serve::http::connections::{Busy, Connection as Opened};
use crate::serve::http::graphql::serialise;
use crate::serve::http::headers::{header_text, lang_of, request_id};
use crate::serve::http::rest::refuse;
use crate::serve::limits::lanes::Lane;
use crate::serve::limits::slots::Slot;
use crate::serve::problem::{Code, Problem};
use crate::serve::state::ServerState;

const PROTOCOL: &str = "graphql-transport-ws";
const MAX_OPERATIONS: usize = 20;
/// RFC 6455, 7.4.1.
const TOO_BIG: u16 = 1009;
/// A client that was told why has this long to close its side.
const FAREWELL: Duration = Duration::from_secs(2);
/// A ping this often keeps proxies from closing a quiet connection.
const PING_EVERY: Duration = Duration::from_secs(12);
/// Pings without a sign of life after which a client is taken for gone.
const MAX_UNANSWERED: u32 = 5;
/// Messages made ahead of a slow client; beyond that its operations wait.
const AHEAD: usize = 8;

#[derive(Deserialize)]
struct Incoming {
    r#type: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    payload: Option<Value>,
}

/// `GET /graphql/ws` with an upgrade.
pub async fn ws(State(state): State<ServerState>, State(engine): State<Engine>, mut request: Request<Body>) -> Response {
    let headers = request.headers();
    let (lang, id) = (lang_of(headers), request_id(headers));
    let key = match handshake(&state, headers) {
        Ok(key) => key,
        Err(problem) => return refuse(&problem, lang, &id),
    };
    let authorization = header_text(headers, header::AUTHORIZATION).map(str::to_owned);
    let purpose = usage::purpose(headers);
    // With them goes how the client spelt the names of its headers, and so are they answered: Python's gql looks for
    // `Sec-WebSocket-Protocol` letter by letter, and takes any other spelling for the old protocol.
    let extensions = request.extensions().clone();
    let opened = extensions.get::<Arc<Opened>>().cloned();
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        let mut connection = Connection::new(state, engine, lang, id, authorization, Some(purpose));
        connection.opened = opened;
        connection.run(socket).await;
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *response.extensions_mut() = extensions;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    if let Ok(accept) = HeaderValue::from_str(&accept_key(&key)) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}

/// The client's key, where everything about the upgrade is as it should be.
fn handshake(state: &ServerState, headers: &HeaderMap) -> Result<String, Problem> {
    let has = |name: header::HeaderName, word: &str| {
        header_text(headers, name).is_some_and(|v| v.split(',').any(|w| w.trim().eq_ignore_ascii_case(word)))
    };
    if !has(header::UPGRADE, "websocket") || !has(header::CONNECTION, "upgrade") || !has(header::SEC_WEBSOCKET_VERSION, "13") {
        return Err(Problem::bad_input("此地址用于 WebSocket 连接", "this address is for WebSocket connections"));
    }
    if !has(header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL) {
        return Err(Problem::bad_input(format!("子协议应为 {PROTOCOL}"), format!("the subprotocol must be {PROTOCOL}")));
    }
    if !state.is_known_origin(headers) {
        return Err(Problem::new(
            Code::Forbidden,
            "不允许来自该网站的连接；请把其地址加入 origins",
            "connections from this origin are not allowed: add it to `origins`",
        ));
    }
    header_text(headers, header::SEC_WEBSOCKET_KEY)
        .map(str::to_owned)
        .ok_or_else(|| Problem::bad_input("缺少 Sec-WebSocket-Key", "Sec-WebSocket-Key is missing"))
}

/// RFC 6455, 4.2.2: base64 of SHA-1 of the key and a constant.
fn accept_key(key: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digest = Sha1::new().chain_update(key).chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
    let mut text = String::with_capacity(28);
    for three in digest.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, b| bits << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for i in 0..4 {
            text.push(if i <= three.len() { DIGITS[(bits >> (18 - 6 * i)) as usize & 63] as char } else { '=' });
        }
    }
    text
}

struct Connection {
    state: ServerState,
    engine: Engine,
    lang: Lang,
    id: String,
    authorization: Option<String>,
    /// What the caller says it reads for.
    purpose: Option<String>,
    caller: Option<Arc<Caller>>,
    operations: HashMap<String, JoinHandle<()>>,
    place: Option<Slot>,
    /// Its caller's, once it is known who that is.
    lane: Arc<Lane>,
    /// The connection under it. Until somebody has said who they are it is idle, and makes room where room is needed.
    opened: Option<Arc<Opened>>,
    busy: Option<Busy>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.operations.values().for_each(JoinHandle::abort);
    }
}

/// Ends a connection with one of the protocol's codes.
struct Close(u16, &'static str);

/// A message, and its bytes as far as they are counted.
type Outgoing = (String, Option<Slot>);

impl Connection {
    fn new(
        state: ServerState,
        engine: Engine,
        lang: Lang,
        id: String,
        authorization: Option<String>,
        purpose: Option<String>,
    ) -> Connection {
        let lane = state.lanes().of("sockets of nobody yet");
        Connection {
            state,
            engine,
            lang,
            id,
            authorization,
            purpose,
            caller: None,
            operations: HashMap::new(),
            place: None,
            lane,
            opened: None,
            busy: None,
        }
    }

    async fn run<S>(mut self, socket: WebSocketStream<S>)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    {
        let (mut write, mut read) = socket.split();
        let (send, mut receive) = mpsc::channel::<Result<Outgoing, Close>>(AHEAD);
        let deadline = tokio::time::sleep(self.state.limits().init_within);
        let opened = self.opened.clone();
        let ended = async move {
            match &opened {
                Some(opened) => opened.ended().await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(deadline, ended);
        let mut pings = tokio::time::interval_at(tokio::time::Instant::now() + PING_EVERY, PING_EVERY);
        let mut unanswered = 0;
        let close = loop {
            let outcome = tokio::select! {
                message = read.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        unanswered = 0;
                        let lane = self.lane.clone();
                        lane.run(self.message(&text, &send)).await.map(|own| own.map(|text| (text, None)))
                    }
                    Some(Ok(Message::Binary(_))) => Err(Close(4400, "Invalid message received")),
                    Some(Ok(Message::Close(_))) => {
                        // RFC 6455, 5.5.1: whoever gets a close frame answers with one; the library has it ready.
                        let _ = tokio::time::timeout(FAREWELL, write.close()).await;
                        return;
                    }
                    None => return,
                    Some(Ok(_)) => {
                        unanswered = 0;
                        Ok(None)
                    }
                    Some(Err(tungstenite::Error::Capacity(_))) => Err(Close(TOO_BIG, "Message too big")),
                    Some(Err(_)) => return,
                },
                outgoing = receive.recv() => match outgoing {
                    Some(Ok(outgoing)) => Ok(Some(outgoing)),
                    Some(Err(close)) => Err(close),
                    None => return,
                },
                _ = pings.tick() => {
                    unanswered += 1;
                    if unanswered > MAX_UNANSWERED || write.send(Message::Ping(Bytes::new())).await.is_err() {
                        return;
                    }
                    Ok(None)
                }
                // 1012: clients come back by themselves.
                () = self.state.stopping() => Err(Close(1012, "Service restart")),
                () = &mut ended => return,
                () = &mut deadline, if self.caller.is_none() => Err(Close(4408, "Connection initialisation timeout")),
            };
            match outcome {
                Ok(None) => {}
                // Its bytes count until the client has them.
                Ok(Some((text, _bytes))) => {
                    if write.send(Message::text(text)).await.is_err() {
                        return;
                    }
                }
                Err(close) => break close,
            }
        };
        let frame = CloseFrame { code: CloseCode::from(close.0), reason: close.1.into() };
        let _ = write.send(Message::Close(Some(frame))).await;
        // Give the client a moment to close its side, so that it sees the code.
        if close.0 != TOO_BIG {
            let _ = tokio::time::timeout(FAREWELL, async { while let Some(Ok(_)) = read.next().await {} }).await;
        } else if let Ok(socket) = read.reunite(write) {
            // What was too big is still on its way: a socket closed with bytes unread takes the code with it.
            let mut rest = socket.into_inner();
            let _ = tokio::time::timeout(FAREWELL, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
        }
    }

    async fn message(&mut self, text: &str, send: &mpsc::Sender<Result<Outgoing, Close>>) -> Result<Option<String>, Close> {
        let message: Incoming = serde_json::from_str(text).map_err(|_| Close(4400, "Invalid message received"))?;
        self.operations.retain(|_, task| !task.is_finished());
        match (message.r#type.as_str(), message.id) {
            ("connection_init", _) => {
                if self.caller.is_some() {
                    return Err(Close(4429, "Too many initialisation requests"));
                }
                // Browsers cannot set headers on a WebSocket: the payload may carry what they cannot.
                let payload = message.payload.unwrap_or_default();
                let given = ["authorization", "Authorization"].iter().find_map(|name| payload.get(name)?.as_str());
                if let Some(given) = given {
                    self.authorization = Some(given.to_owned());
                }
                // Clients that hand their headers on spell it as a header.
                let accept =
                    ["acceptLanguage", "accept-language", "Accept-Language"].iter().find_map(|name| payload.get(name)?.as_str());
                if let Some(purpose) = payload.get("purpose").and_then(Value::as_str) {
                    self.purpose = Some(purpose.to_owned());
                }
                if let Some(accept) = accept {
                    self.lang = Lang::from_accept(accept);
                }
                match self.state.caller(self.authorization.as_deref()).await {
                    Ok(caller) => {
                        self.place = self.state.streams().take(&caller.id);
                        if self.place.is_none() {
                            return Err(Close(4429, "Too many connections"));
                        }
                        self.lane = self.state.lanes().of(&caller.id);
                        self.busy = self.opened.as_ref().map(Opened::busy);
                        self.caller = Some(caller);
                    }
                    Err(_) => return Err(Close(4403, "Forbidden")),
                }
                Ok(Some(json!({ "type": "connection_ack" }).to_string()))
            }
            ("ping", _) => Ok(Some(json!({ "type": "pong" }).to_string())),
            ("pong", _) => Ok(None),
            ("subscribe", Some(id)) => self.subscribe(id, message.payload, send),
            ("complete", Some(id)) => {
                if let Some(task) = self.operations.remove(&id) {
                    task.abort();
                }
                Ok(None)
            }
            _ => Err(Close(4400, "Invalid message received")),
        }
    }

    fn subscribe(
        &mut self,
        id: String,
        payload: Option<Value>,
        send: &mpsc::Sender<Result<Outgoing, Close>>,
    ) -> Result<Option<String>, Close> {
        let Some(caller) = self.caller.clone() else { return Err(Close(4401, "Unauthorized")) };
        if self.operations.contains_key(&id) {
            return Err(Close(4409, "Subscriber already exists"));
        }
        let mut parameters: Parameters =
            payload.and_then(|p| serde_json::from_value(p).ok()).ok_or(Close(4400, "Invalid message received"))?;
        parameters.purpose.clone_from(&self.purpose);
        if self.operations.len() >= MAX_OPERATIONS {
            let problem = Problem::new(
                Code::CostExceeded,
                format!("一个连接最多 {MAX_OPERATIONS} 个订阅"),
                format!("a connection has at most {MAX_OPERATIONS} operations"),
            );
            let error = json!([{ "message": problem.text(self.lang), "extensions": { "code": problem.code.name(), "retryable": false, "requestId": self.id } }]);
            return Ok(Some(json!({ "id": id, "type": "error", "payload": error }).to_string()));
        }
        let who = caller.id.clone();
        let mut answers =
            match start(&self.engine, &self.state, caller, self.lang, parameters, Kinds::Any, LastEvent::default(), &self.id) {
                Ok(answers) => answers,
                Err(answer) => return Ok(Some(json!({ "id": id, "type": "error", "payload": answer.errors }).to_string())),
            };
        let (state, authorization, send, name) = (self.state.clone(), self.authorization.clone(), send.clone(), id.clone());
        let lane = self.lane.clone();
        let task = tokio::spawn(async move {
            while let Some(answer) = lane.clone().run(answers.next()).await {
                if state.caller(authorization.as_deref()).await.is_err() {
                    let _ = send.send(Err(Close(4403, "Forbidden"))).await;
                    return;
                }
                if failed_before(&answer) {
                    let error = json!({ "id": name, "type": "error", "payload": answer.errors });
                    let _ = send.send(Ok((error.to_string(), None))).await;
                    return;
                }
                let payload =
                    String::from_utf8(serialise(&answer, true, None)).ok().and_then(|text| RawValue::from_string(text).ok());
                let next = Next { id: &name, r#type: "next", payload };
                let Ok(text) = serde_json::to_string(&next) else { return };
                let Some(bytes) = state.bytes_under_way().take_many(&who, text.len()) else {
                    let _ = send.send(Err(Close(4429, "Too much of what was answered is not taken yet"))).await;
                    return;
                };
                if send.send(Ok((text, Some(bytes)))).await.is_err() {
                    return;
                }
            }
            let _ = send.send(Ok((json!({ "id": name, "type": "complete" }).to_string(), None))).await;
        });
        self.operations.insert(id, task);
        Ok(None)
    }
}

#[derive(serde::Serialize)]
struct Next<'a> {
    id: &'a str,
    r#type: &'a str,
    payload: Option<Box<RawValue>>,
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_accept_key_of_rfc_6455() {
        assert_eq!(super::accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
