//! The server's own door: TLS, HTTP/2, proxies, and what becomes of open streams when it ends.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use huitu::serve::{Authentication, Entrance, TlsFiles};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::graph::{Served, served};

/// A certificate for `localhost` in two files; its text, for clients to trust.
fn certificate(folder: &Path) -> (TlsFiles, String) {
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let files = TlsFiles { certificate: folder.join("hub.crt"), key: folder.join("hub.key") };
    std::fs::write(&files.certificate, own.pem()).unwrap();
    std::fs::write(&files.key, key.serialize_pem()).unwrap();
    (files, own.pem())
}

struct Open {
    /// Its folder lasts as long as the server.
    _served: Served,
    port: u16,
    stop: tokio::sync::oneshot::Sender<()>,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

async fn open(entrance: Entrance) -> Open {
    let served = served(60, |options| {
        options.access = Authentication::Demonstration;
        options.entrance = entrance;
    })
    .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(huitu::serve::run(listener, served.state.clone(), async move {
        let _ = stopped.await;
    }));
    Open { _served: served, port, stop, server }
}

fn client(trusts: Option<&str>) -> reqwest::ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy();
    match trusts {
        Some(pem) => client.tls_certs_only([reqwest::Certificate::from_pem(pem.as_bytes()).unwrap()]),
        None => client,
    }
}

async fn coverage(client: &reqwest::Client, base: &str) -> (reqwest::Version, Value) {
    let ask = client.post(format!("{base}/graphql")).json(&json!({ "query": "{ viewer { name } }" }));
    let answer = ask.send().await.unwrap();
    (answer.version(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_speaks_tls_and_http_2_and_plain_clients_get_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (files, pem) = certificate(folder.path());
    let now = chrono::DateTime::from_timestamp(1_790_100_000, 0).unwrap();
    let open = open(Entrance::open([127, 0, 0, 1].into(), Some(files), Vec::new(), now).map_err(|p| p.en).unwrap()).await;
    let base = format!("https://localhost:{}", open.port);
    let (version, answer) = coverage(&client(Some(&pem)).build().unwrap(), &base).await;
    assert_eq!((version, &answer["data"]["viewer"]["name"]), (reqwest::Version::HTTP_2, &json!("demonstration")), "{answer}");
    let (version, answer) = coverage(&client(Some(&pem)).http1_only().build().unwrap(), &base).await;
    assert_eq!((version, &answer["data"]["viewer"]["name"]), (reqwest::Version::HTTP_11, &json!("demonstration")), "{answer}");
    // What an address says of the hub carries its scheme's host: the request came by HTTP/2, which has none among its headers.
    let style = client(Some(&pem)).build().unwrap().get(format!("{base}/map/style.json")).send().await.unwrap();
    assert_eq!(style.status(), 200);
    // In the open: a handshake that is none.
    let mut socket = TcpStream::connect(("127.0.0.1", open.port)).await.unwrap();
    socket.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut got = Vec::new();
    let _ = socket.read_to_end(&mut got).await;
    assert!(!got.starts_with(b"HTTP/"), "{}", String::from_utf8_lossy(&got));
    let _ = open.stop.send(());
    open.server.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_connection_may_begin_with_http_2() {
    let open = open(Entrance::default()).await;
    let base = format!("http://localhost:{}", open.port);
    let (version, answer) = coverage(&client(None).http2_prior_knowledge().build().unwrap(), &base).await;
    assert_eq!((version, &answer["data"]["viewer"]["name"]), (reqwest::Version::HTTP_2, &json!("demonstration")), "{answer}");
    // Names of other hosts are refused in HTTP/2 as in HTTP/1.
    let client =
        client(None).http2_prior_knowledge().resolve("evil.example", ([127, 0, 0, 1], open.port).into()).build().unwrap();
    let refused = client.get(format!("http://evil.example:{}/healthz", open.port)).send().await.unwrap();
    assert_eq!(refused.status(), 403);
    let _ = open.stop.send(());
    open.server.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_ends_lets_go_of_streams_and_finishes_answers() {
    let open = open(Entrance::default()).await;
    let client = client(None).build().unwrap();
    let base = format!("http://localhost:{}", open.port);
    let ask = json!({ "query": "subscription { editionPublished { number } }" });
    let stream =
        client.post(format!("{base}/graphql/sse")).header("accept", "text/event-stream").json(&ask).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    let mut events = stream.bytes_stream();
    let began = Instant::now();
    let _ = open.stop.send(());
    // Cut without an end: a client comes back by itself.
    let mut told = Vec::new();
    while let Some(Ok(event)) = events.next().await {
        told.extend_from_slice(&event);
    }
    assert!(!String::from_utf8_lossy(&told).contains("event: complete"));
    open.server.await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(8), "no stream holds the server's end up: {:?}", began.elapsed());
}
