//! A hub with an edition of generated facts, asked over HTTP without a socket.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use huitu::config::Settings;
use huitu::edition::synthetic::input;
use huitu::edition::write;
use huitu::hub::Hub;
use huitu::model::Clock;
use huitu::serve::{App, Authentication, Options, app};
use huitu::store::token::{TokenRow, hash_secret};
use serde_json::{Value, json};
use tower::ServiceExt;

pub struct Served {
    pub root: tempfile::TempDir,
    pub state: App,
    pub router: Router,
}

pub fn settings(data: &std::path::Path) -> Settings {
    Settings {
        data: data.to_path_buf(),
        connectors: None,
        without_built_in: false,
        store: None,
        listen: "127.0.0.1:0".parse().unwrap(),
        zone: chrono_tz::Asia::Shanghai,
        sources: Default::default(),
        policy: Default::default(),
        thresholds: None,
        origins: vec!["https://map.example".to_owned()],
        public_url: None,
        secrets: Default::default(),
        corrections: Default::default(),
        editions: None,
    }
}

/// A hub with one edition of generated facts, served.
pub async fn served(count: u32, change: impl FnOnce(&mut Options)) -> Served {
    served_with(input(1, count, 11), change).await
}

/// The same of other facts.
pub async fn served_with(facts: huitu::edition::EditionInput, change: impl FnOnce(&mut Options)) -> Served {
    let root = tempfile::tempdir().unwrap();
    write(&root.path().join("editions"), facts).unwrap();
    let settings = settings(root.path());
    let at = chrono::DateTime::from_timestamp(1_790_100_000, 0).unwrap();
    let hub = Hub::open(settings, Clock::fixed(at)).await.unwrap();
    let mut options = Options::new(Authentication::Demonstration);
    change(&mut options);
    let state = App::new(hub, options);
    state.refresh().await.unwrap();
    Served { root, router: app(state.clone()), state }
}

impl Served {
    pub async fn send(&self, request: Request<Body>) -> (StatusCode, axum::http::HeaderMap, Vec<u8>) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts.status, parts.headers, axum::body::to_bytes(body, 1 << 26).await.unwrap().to_vec())
    }
    pub fn post() -> axum::http::request::Builder {
        Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/graphql-response+json")
    }
    pub async fn ask_as(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let mut request = Served::post();
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = json!({ "query": query, "variables": variables }).to_string();
        let (_, _, bytes) = self.send(request.body(Body::from(body)).unwrap()).await;
        serde_json::from_slice(&bytes).unwrap()
    }
    /// What a refused question is told, in English.
    pub async fn ask_as_en(&self, token: &str, query: &str) -> String {
        let request = Served::post()
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::ACCEPT_LANGUAGE, "en")
            .body(Body::from(json!({ "query": query }).to_string()));
        let (_, _, bytes) = self.send(request.unwrap()).await;
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        answer["errors"][0]["message"].as_str().unwrap_or_default().to_owned()
    }
    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        self.ask_as(None, query, variables).await
    }
    /// The data of an answer without errors.
    pub async fn data(&self, query: &str, variables: Value) -> Value {
        let answer = self.ask(query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}: {}", answer["errors"]);
        answer["data"].clone()
    }
    pub async fn code(&self, query: &str, variables: Value) -> String {
        let answer = self.ask(query, variables).await;
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no error: {answer}")).to_owned()
    }
}

/// A token whose secret is `secret-` and its id.
pub fn token(id: &str, role: &str, areas: Option<&str>, expires_at: Option<i64>) -> TokenRow {
    TokenRow {
        id: id.into(),
        name: id.into(),
        role: role.into(),
        registry: None,
        areas: areas.map(str::to_owned),
        scopes: None,
        purposes: None,
        hash: hash_secret(&format!("secret-{id}")),
        created_at: 0,
        expires_at,
        revoked_at: None,
        last_used_at: None,
    }
}
