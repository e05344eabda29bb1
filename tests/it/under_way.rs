//! What one caller may hold: places, connections, bytes that are not taken. Over real sockets where sockets are what is tried.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use huitu::serve::Authentication;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceExt;

use crate::support::graph::{Served, served, token};

/// A hub with a few tokens, served on a port until this is dropped.
struct Open {
    served: Served,
    address: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
}

async fn open(enterprises: u32) -> Open {
    let served = served(enterprises, |options| {
        options.access = Authentication::Tokens;
        options.limits.cost = 1 << 30;
        options.limits.cost_per_minute = 1 << 31;
    })
    .await;
    for who in ["others", "greedy"] {
        served.state.hub().store.put_token(&token(who, "analyst", None, None)).await.unwrap();
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let state = served.state.clone();
    tokio::spawn(huitu::serve::run(listener, state, async move {
        let _ = stopped.await;
    }));
    Open { served, address, stop: Some(stop) }
}

impl Drop for Open {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}

impl Open {
    async fn sent(&self, head: &str, body: &str) -> TcpStream {
        // A client with little room, so that what it does not read stays with the server.
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let mut stream = socket.connect(self.address.parse().unwrap()).await.unwrap();
        stream.write_all(format!("{head}\r\nHost: {}\r\n\r\n{body}", self.address).as_bytes()).await.unwrap();
        stream
    }
    /// The status line of what others are answered.
    async fn others(&self) -> String {
        let body = r#"{"query":"{ gap(first: 1) { totalCount } }"}"#;
        let head = format!(
            "POST /graphql HTTP/1.1\r\nAuthorization: Bearer secret-others\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}",
            body.len()
        );
        let mut answer = Vec::new();
        self.sent(&head, body).await.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
    }
}

async fn first_line(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 64];
    let length = stream.read(&mut bytes).await.unwrap();
    String::from_utf8_lossy(&bytes[..length]).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_has_one_callers_places_however_it_is_spelt() {
    let open = open(50).await;
    let mut waiting = Vec::new();
    for at in 0..256 {
        // So many blanks more: the same token.
        let blanks = " ".repeat(1 + at % 8);
        let head = format!(
            "POST /graphql HTTP/1.1\r\nAuthorization: Bearer{blanks}secret-greedy\r\nContent-Type: application/json\r\nContent-Length: 60000"
        );
        waiting.push(open.sent(&head, "{").await);
    }
    // All of them have been taken in once the next one is refused.
    let head = "POST /graphql HTTP/1.1\r\nAuthorization: Bearer   secret-greedy\r\nContent-Type: application/json\r\nContent-Length: 60000";
    let mut refused = String::new();
    for _ in 0..1_000 {
        let mut one = open.sent(head, "{").await;
        if let Ok(line) = tokio::time::timeout(Duration::from_millis(200), first_line(&mut one)).await {
            refused = line;
            break;
        }
        waiting.push(one);
    }
    assert!(refused.contains("429"), "{refused}");
    assert!(open.others().await.contains("200"), "others have places of their own");
    // Whoever looks whether the hub lives takes no place.
    let mut probe = open.sent("GET /healthz HTTP/1.1\r\nAuthorization: Bearer secret-greedy", "").await;
    assert!(first_line(&mut probe).await.contains("200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_that_say_nothing_keep_nobody_out() {
    let open = open(50).await;
    let mut silent = Vec::new();
    // More than one address may have.
    for _ in 0..2_060 {
        silent.push(TcpStream::connect(&open.address).await.unwrap());
    }
    for _ in 0..3 {
        assert!(open.others().await.contains("200"));
    }
    // The first ones made room.
    let mut gone = [0; 1];
    let closed = tokio::time::timeout(Duration::from_secs(5), silent[0].read(&mut gone)).await;
    assert!(matches!(closed, Ok(Ok(0) | Err(_))), "{closed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_holds_its_place_until_it_has_left() {
    // More bytes than sockets hold.
    let open = open(3_000).await;
    let list = "enterprises(first: 500) { nodes { id name address creditCode designatedSize { reasons { code message } } gap { reasons { code message } priority { factors { code message } } } } }";
    let lists: String = ('a'..='h').map(|alias| format!(" {alias}: {list}")).collect();
    let body = json!({ "query": format!("{{{lists} }}") }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nAuthorization: Bearer secret-greedy\r\nContent-Type: application/json\r\nContent-Length: {}",
        body.len()
    );
    let state = open.served.state.state();
    let mut unread = Vec::new();
    for _ in 0..3 {
        unread.push(open.sent(&head, &body).await);
    }
    let within = |fits: fn(usize) -> bool| tokio::time::timeout(Duration::from_secs(30), state.until_held_by_answers(fits));
    let held = within(|held| held >= 3).await;
    assert!(held.is_ok(), "answers that nobody reads hold their places: {}", state.held_by_answers());
    // Read to their ends they give them back.
    for mut one in unread {
        let mut answer = vec![0; 1 << 20];
        while tokio::time::timeout(Duration::from_millis(500), one.read(&mut answer)).await.is_ok_and(|read| read.unwrap() > 0) {}
    }
    assert!(within(|held| held == 0).await.is_ok(), "places come back");
}

#[tokio::test]
async fn what_is_drawn_and_looked_up_costs_of_the_callers_allowance() {
    let served = served(200, |options| options.limits.cost_per_minute = 1_000).await;
    let tile = |n: u32| Request::get(format!("/tiles/gap/10/843/387.mvt?filter=%7B%22employees%22:%7B%22gte%22:{n}%7D%7D"));
    let mut last = (StatusCode::OK, String::new());
    for n in 0..4 {
        let response = served.router.clone().oneshot(tile(n).body(Body::empty()).unwrap()).await.unwrap();
        let waits = response.headers().get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        last = (response.status(), waits);
        drop(response.into_body().collect().await);
    }
    assert_eq!(last.0, StatusCode::TOO_MANY_REQUESTS);
    assert!(last.1.parse::<u64>().is_ok_and(|seconds| (1..=60).contains(&seconds)), "{last:?}");
    // What is kept costs nothing.
    let again = served.router.clone().oneshot(tile(0).body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(again.status(), StatusCode::OK);
    let names: serde_json::Map<String, serde_json::Value> =
        (0..30).map(|n| (format!("q{n}"), json!({ "query": "甲" }))).collect();
    let form =
        format!("queries={}", url::form_urlencoded::byte_serialize(json!(names).to_string().as_bytes()).collect::<String>());
    let request = Request::post("/reconcile").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let (status, _, text) = served.send(request.body(Body::from(form)).unwrap()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{}", String::from_utf8_lossy(&text));
    assert!(String::from_utf8_lossy(&text).contains("COST_EXCEEDED"));
}
