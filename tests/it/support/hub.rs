//! A hub with connectors of the test's own, and its server.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use huitu::hub::progress::Silent;
use huitu::hub::{Hub, SyncOptions, SyncReport};
use huitu::model::Clock;
use huitu::serve::{App, Authentication, Options, app};
use huitu::store::token::{TokenRow, hash_secret};
use serde_json::{Value, json};
use tower::ServiceExt;

pub struct TestHub {
    pub dir: tempfile::TempDir,
    pub hub: Hub,
}

/// 10:00 in Beijing.
pub fn morning() -> Clock {
    Clock::fixed("2026-11-22T02:00:00Z".parse().unwrap())
}

/// No verdict needs any registry.
pub fn no_needs() -> huitu::assess::needs::NeedsPolicy {
    huitu::assess::needs::NeedsPolicy { scope: vec![], size: vec![], coverage: vec![], fund: vec![] }
}

/// Writes each connector's manifest and opens a hub over them.
pub async fn hub_with(connectors: &[(&str, String)], clock: Clock) -> TestHub {
    let dir = tempfile::tempdir().unwrap();
    for (name, manifest) in connectors {
        write(dir.path(), &format!("connectors/{name}/connector.toml"), manifest);
    }
    open(dir, clock).await
}

pub async fn open(dir: tempfile::TempDir, clock: Clock) -> TestHub {
    let mut settings = crate::support::graph::settings(&dir.path().join("data"));
    settings.connectors = Some(dir.path().join("connectors"));
    settings.without_built_in = true;
    // Invented registries bring what they bring; what verdicts need is asked for in `needs`.
    settings.policy.needs = no_needs();
    let mut hub = Hub::open(settings, clock).await.unwrap_or_else(|e| panic!("{e}"));
    hub.allow_private = true;
    TestHub { dir, hub }
}

pub fn write(dir: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A connector of enterprises with a key, a name and a count of staff.
pub fn manifest(title: &str, top: &str, source: &str, rest: &str) -> String {
    format!(
        "title = {{ zh = \"{title}\", en = \"{title}\" }}\nowner = {{ zh = \"某局\", en = \"Bureau\" }}\n{top}\n[source]\n{source}\n\
         [key]\ncolumns = [\"编号\"]\n[columns]\n\"名称\" = \"name\"\n\"信用代码\" = {{ field = \"credit_code\", optional = true }}\n\
         \"职工\" = \"employees\"\n{rest}\n"
    )
}

/// A file of `n` rows that `manifest` reads.
pub fn rows(n: usize) -> String {
    let mut text = String::from("编号,名称,职工\n");
    for i in 0..n {
        text.push_str(&format!("K{i:04},北京示例{i}号有限公司,{}\n", 10 + i));
    }
    text
}

impl TestHub {
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        write(self.dir.path(), name, bytes);
    }

    pub async fn sync(&self, registries: &[&str]) -> SyncReport {
        let options = SyncOptions { registries: registries.iter().map(|r| (*r).to_owned()).collect(), ..SyncOptions::default() };
        self.hub.sync(&options, Arc::new(Silent)).await.unwrap_or_else(|e| panic!("{e}"))
    }

    /// Its server; `tokens`: secret, role, registry. Without tokens everybody is the operator.
    pub async fn serve(&self, tokens: &[(&str, &str, Option<&str>)]) -> TestServer {
        for (secret, role, registry) in tokens {
            let row = TokenRow {
                id: (*secret).to_owned(),
                name: (*secret).to_owned(),
                role: (*role).to_owned(),
                registry: registry.map(str::to_owned),
                areas: None,
                scopes: None,
                purposes: None,
                hash: hash_secret(secret),
                created_at: 0,
                expires_at: None,
                revoked_at: None,
                last_used_at: None,
            };
            self.hub.store.put_token(&row).await.unwrap();
        }
        let access = if tokens.is_empty() { Authentication::Demonstration } else { Authentication::Tokens };
        let mut options = Options::new(access);
        options.settle = std::time::Duration::from_millis(20);
        let state = App::new(self.hub.clone(), options);
        state.refresh().await.unwrap();
        TestServer { router: app(state.clone()), state }
    }

    /// How a registry stands in the store: state, records.
    pub async fn state(&self, registry: &str) -> (String, i64) {
        let rows = self.hub.store.registries().await.unwrap();
        rows.into_iter().find(|r| r.name == registry).map(|r| (r.state, r.records)).unwrap()
    }
}

pub struct TestServer {
    pub router: Router,
    pub state: App,
}

impl TestServer {
    pub async fn send(&self, request: Request<Body>) -> (StatusCode, HeaderMap, Value) {
        let (status, headers, bytes) = self.bytes(request).await;
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
        (status, headers, body)
    }

    pub async fn bytes(&self, request: Request<Body>) -> (StatusCode, HeaderMap, Vec<u8>) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts.status, parts.headers, axum::body::to_bytes(body, 1 << 26).await.unwrap().to_vec())
    }

    /// A question to the graph, with everything the answer says.
    pub async fn ask(&self, query: &str) -> Value {
        let request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/graphql-response+json")
            .body(Body::from(json!({ "query": query }).to_string()))
            .unwrap();
        self.send(request).await.2
    }
}

/// Waits until an edition of so many enterprises is the current one. False where nothing is told for a minute.
pub async fn edition_of(
    hub: &huitu::hub::Hub,
    steps: &mut tokio::sync::broadcast::Receiver<huitu::hub::progress::SyncEvent>,
    enterprises: u32,
) -> bool {
    while !hub.editions.current().is_ok_and(|e| e.len() == enterprises) {
        let told = tokio::time::timeout(std::time::Duration::from_secs(60), steps.recv()).await;
        if !matches!(told, Ok(Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)))) {
            return false;
        }
    }
    true
}

/// Hands on what a sync tells of itself.
pub struct Told(pub tokio::sync::mpsc::UnboundedSender<huitu::hub::progress::SyncEvent>);

impl huitu::hub::progress::ProgressSink for Told {
    fn event(&self, event: &huitu::hub::progress::SyncEvent) {
        let _ = self.0.send(event.clone());
    }
}
