//! Subscriptions for other people's clients: what was missed, how a connection is answered and closed.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use huitu::edition::synthetic::input;
use huitu::edition::write;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceExt;

use crate::support::graph::{Served, served};

/// The first events of a stream as text, until there are so many; None where the stream is silent.
async fn events(served: &Served, request: Request<Body>, count: usize) -> Vec<String> {
    let response = served.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut body = response.into_body();
    let mut found = Vec::new();
    while found.len() < count {
        let Ok(frame) = tokio::time::timeout(std::time::Duration::from_secs(5), body.frame()).await else { break };
        let text = String::from_utf8(frame.unwrap().unwrap().into_data().unwrap().to_vec()).unwrap();
        if text.starts_with("event: next") {
            found.push(text);
        }
    }
    found
}

#[tokio::test]
async fn who_was_away_is_told_of_the_editions_since_and_of_each_once() {
    let served = served(60, |_| {}).await;
    for number in [2, 3] {
        write(&served.root.path().join("editions"), input(number, 60, u64::from(number))).unwrap();
    }
    served.state.refresh().await.unwrap();
    let post = |query: &str| {
        Request::post("/graphql/sse")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "text/event-stream")
            .body(Body::from(json!({ "query": query }).to_string()))
            .unwrap()
    };
    let said = "subscription { editionPublished(lastEventId: \"edition:1\") { number } }";
    let told = events(&served, post(said), 2).await;
    assert_eq!(told.len(), 2);
    for (text, number) in told.iter().zip([2, 3]) {
        assert!(text.contains(&format!("\nid: edition:{number}\n")), "{text}");
        let data = text.lines().find_map(|l| l.strip_prefix("data: ")).unwrap();
        let answer: Value = serde_json::from_str(data).unwrap();
        assert_eq!(answer["data"]["editionPublished"]["number"], number);
    }
    // A browser says it in a header, and whoever opens a stream by hand in the address.
    let plain = "subscription { editionPublished { number } }";
    let mut by_header = post(plain);
    by_header.headers_mut().insert("last-event-id", "edition:2".parse().unwrap());
    let told = events(&served, by_header, 1).await;
    assert!(told[0].contains("id: edition:3"), "{told:?}");
    let link: String = plain.bytes().map(|b| format!("%{b:02X}")).collect();
    let by_address = Request::get(format!("/graphql/sse?query={link}&lastEventId=edition:2")).body(Body::empty()).unwrap();
    assert!(events(&served, by_address, 1).await[0].contains("id: edition:3"));
    // By POST as by GET, and what is not its name, or no event, is refused and not passed over.
    let posted = |parameters: &str| {
        let mut request = post(plain);
        *request.uri_mut() = format!("/graphql/sse?{parameters}").parse().unwrap();
        request
    };
    assert!(events(&served, posted("lastEventId=edition:2"), 1).await[0].contains("id: edition:3"));
    for (parameters, word) in [
        ("lastEventID=edition:2", "lastEventId"),
        ("lastEventId=1&lastEventId=2", "lastEventId"),
        ("lastEventId=x", "edition:12"),
    ] {
        let (status, _, body) = served.send(posted(parameters)).await;
        let said = String::from_utf8_lossy(&body).into_owned();
        assert!(status == StatusCode::BAD_REQUEST && said.contains(word), "{parameters}: {status} {said}");
    }
}

/// A frame of a client, masked with zeros.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80 | opcode];
    match payload.len() {
        n @ ..126 => bytes.push(0x80 | n as u8),
        n => {
            bytes.push(0x80 | 126);
            bytes.extend((n as u16).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// The next frame of the server: its opcode and payload.
async fn next(socket: &mut TcpStream) -> (u8, Vec<u8>) {
    let mut head = [0; 2];
    socket.read_exact(&mut head).await.unwrap();
    let length = match head[1] & 0x7f {
        126 => socket.read_u16().await.unwrap() as usize,
        n => n as usize,
    };
    let mut payload = vec![0; length];
    socket.read_exact(&mut payload).await.unwrap();
    (head[0] & 0x0f, payload)
}

#[tokio::test]
async fn a_websocket_is_answered_in_the_clients_spelling_and_its_close_with_a_close() {
    let served = served(60, |_| {}).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(huitu::serve::run(listener, served.state.clone(), async move {
        let _ = stopped.await;
    }));
    for protocol in ["Sec-WebSocket-Protocol", "sec-websocket-protocol"] {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET /graphql/ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{protocol}: graphql-ws, graphql-transport-ws\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        assert!(head.contains(&format!("\r\n{protocol}: graphql-transport-ws\r\n")), "{head}");
        socket.write_all(&frame(1, br#"{"type":"connection_init"}"#)).await.unwrap();
        assert_eq!(next(&mut socket).await, (1, br#"{"type":"connection_ack"}"#.to_vec()));
        socket.write_all(&frame(9, b"are you there")).await.unwrap();
        assert_eq!(next(&mut socket).await, (10, b"are you there".to_vec()), "a ping is answered");
        socket.write_all(&frame(8, &1000_u16.to_be_bytes())).await.unwrap();
        let (opcode, payload) = next(&mut socket).await;
        assert_eq!((opcode, &payload[..2]), (8, &1000_u16.to_be_bytes()[..]), "a close is answered with a close");
        assert_eq!(socket.read(&mut [0; 8]).await.unwrap(), 0, "and the connection ends");
    }
    let _ = stop.send(());
    server.await.unwrap().unwrap();
}
