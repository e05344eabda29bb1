//! Signing in through an identity provider, and its bearer tokens; a provider that this test plays, with keys that it rotates.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::routing::{get, post};
use data_encoding::BASE64URL_NOPAD;
use huitu::config::Login;
use huitu::serve::{Authentication, Provider};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::graph::{Served, served};

/// The clock of [`served`], in seconds.
const NOW: i64 = 1_790_100_000;

/// A key of the provider.
struct Key {
    id: String,
    pair: EcdsaKeyPair,
}

impl Key {
    fn new(id: &str) -> Key {
        let (rng, with) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(with, &rng).unwrap();
        Key { id: id.to_owned(), pair: EcdsaKeyPair::from_pkcs8(with, pkcs8.as_ref(), &rng).unwrap() }
    }
    fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
                "x": BASE64URL_NOPAD.encode(x), "y": BASE64URL_NOPAD.encode(y) })
    }
    fn signed(&self, header: Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let text = format!("{}.{}", part(&header), part(claims));
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
    }
    fn token(&self, claims: &Value) -> String {
        self.signed(json!({ "alg": "ES256", "kid": self.id, "typ": "JWT" }), claims)
    }
}

/// What the provider knows.
struct Known {
    keys: Vec<Key>,
    is_down: bool,
    /// Asked for its description it says nothing.
    hangs: bool,
    /// The next ID token's own claims, and the challenge with which it was asked for.
    next: Option<(Value, String)>,
    asked_for_keys: u32,
}

#[derive(Clone)]
struct Played {
    issuer: String,
    known: Arc<Mutex<Known>>,
}

impl Played {
    async fn new() -> Played {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let known = Known { keys: vec![Key::new("one")], is_down: false, hangs: false, next: None, asked_for_keys: 0 };
        let played = Played { issuer, known: Arc::new(Mutex::new(known)) };
        let router = axum::Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(played.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        played
    }
    fn login(&self) -> Login {
        Login { issuer: self.issuer.clone(), client_id: "huitu".to_owned(), ..Login::default() }
    }
    fn claims(&self, more: Value) -> Value {
        let mut claims = json!({
            "iss": self.issuer, "aud": "huitu", "sub": "7", "iat": NOW - 10, "exp": NOW + 600,
            "preferred_username": "officer-7", "roles": ["analyst"],
        });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    }
    fn token(&self, more: Value) -> String {
        self.known.lock().unwrap().keys[0].token(&self.claims(more))
    }
}

async fn describe(State(played): State<Played>) -> (StatusCode, axum::Json<Value>) {
    if played.known.lock().unwrap().hangs {
        std::future::pending::<()>().await;
    }
    let status = if played.known.lock().unwrap().is_down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let at = |path: &str| format!("{}{path}", played.issuer);
    let said = json!({
        "issuer": played.issuer, "authorization_endpoint": at("/auth"), "token_endpoint": at("/token"), "jwks_uri": at("/keys"),
        "end_session_endpoint": at("/end"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"], "scopes_supported": ["openid"],
    });
    (status, axum::Json(said))
}

async fn keys(State(played): State<Played>) -> axum::Json<Value> {
    let mut known = played.known.lock().unwrap();
    known.asked_for_keys += 1;
    axum::Json(json!({ "keys": known.keys.iter().map(Key::public).collect::<Vec<_>>() }))
}

async fn token(State(played): State<Played>, headers: HeaderMap, body: String) -> (StatusCode, axum::Json<Value>) {
    let refused = |why: &str| (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": why })));
    let form: std::collections::HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let mut known = played.known.lock().unwrap();
    let Some((claims, challenge)) = known.next.take() else { return refused("invalid_grant") };
    let is_client = headers.get(header::AUTHORIZATION).is_some_and(|v| v.to_str().unwrap().starts_with("Basic "));
    let verifier = form.get("code_verifier").map(|v| BASE64URL_NOPAD.encode(&Sha256::digest(v.as_bytes())));
    if !is_client || form.get("code").map(String::as_str) != Some("c0de") || verifier != Some(challenge) {
        return refused("invalid_grant");
    }
    let id_token = known.keys[0].token(&claims);
    (StatusCode::OK, axum::Json(json!({ "access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": id_token })))
}

async fn hub(played: &Played, change: impl FnOnce(&mut Login)) -> Served {
    let mut login = played.login();
    change(&mut login);
    let provider = Provider::new(&login, Some("secret".to_owned())).map_err(|p| p.en).unwrap();
    served(50, |options| {
        options.access = Authentication::Tokens;
        options.provider = Some(Arc::new(provider));
    })
    .await
}

const VIEWER: &str = "{ viewer { name role } }";

async fn refusal(served: &Served, token: &str) -> String {
    let answer = served.ask_as(Some(token), VIEWER, json!({})).await;
    answer["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test]
async fn a_token_of_the_provider_is_a_caller_and_one_that_does_not_hold_is_nobody() {
    let played = Played::new().await;
    let served = hub(&played, |_| {}).await;
    let answer = served.ask_as(Some(&played.token(json!({}))), VIEWER, json!({})).await;
    assert_eq!(answer["data"]["viewer"], json!({ "name": "officer-7", "role": "analyst" }), "{answer}");
    for (more, why) in [
        (json!({ "iss": "https://other.example" }), "issuer"),
        (json!({ "aud": "somebody-else" }), "audiences"),
        (json!({ "exp": NOW - 1 }), "Expired"),
        (json!({ "nbf": NOW + 3_600 }), "not valid yet"),
        (json!({ "iat": NOW + 3_600 }), "future"),
        (json!({ "roles": ["cook"] }), "no role"),
        (json!({ "roles": ["district"] }), "no area"),
    ] {
        let said = refusal(&served, &played.token(more.clone())).await;
        let en = served.ask_as_en(&played.token(more.clone()), VIEWER).await;
        assert!(en.contains(why), "{more}: {en}");
        assert!(!said.is_ascii(), "in Chinese by itself: {said}");
    }
    // Without a signature, and signed with what everybody knows.
    let part = |value: Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let unsigned = format!("{}.{}.", part(json!({ "alg": "none" })), part(played.claims(json!({}))));
    let symmetric = format!("{}.{}.{}", part(json!({ "alg": "HS256" })), part(played.claims(json!({}))), part(json!("x")));
    let of_nobody = Key::new("one").token(&played.claims(json!({})));
    let torn = played.token(json!({})).replace('.', "..");
    for token in [unsigned, symmetric, of_nobody, torn] {
        refusal(&served, &token).await;
    }
}

#[tokio::test]
async fn new_keys_are_fetched_once_they_are_used_and_old_ones_are_forgotten() {
    let played = Played::new().await;
    let served = hub(&played, |_| {}).await;
    let (old, stays) = (played.token(json!({ "jti": "a" })), played.token(json!({ "jti": "b" })));
    assert!(served.ask_as(Some(&old), VIEWER, json!({})).await["errors"].is_null());
    played.known.lock().unwrap().keys = vec![Key::new("two")];
    let new = played.token(json!({}));
    let answer = served.ask_as(Some(&new), VIEWER, json!({})).await;
    assert!(answer["errors"].is_null(), "{answer}");
    refusal(&served, &stays).await;
    // Tokens with keys that nobody has do not make the provider be asked again and again.
    let before = played.known.lock().unwrap().asked_for_keys;
    for n in 0..20 {
        refusal(&served, &Key::new(&format!("k{n}")).token(&played.claims(json!({})))).await;
    }
    assert!(played.known.lock().unwrap().asked_for_keys <= before + 1);
}

#[tokio::test]
async fn while_the_provider_is_down_known_keys_go_on_and_nobody_new_comes_in() {
    let played = Played::new().await;
    let served = hub(&played, |_| {}).await;
    let first = played.token(json!({ "jti": "a" }));
    assert!(served.ask_as(Some(&first), VIEWER, json!({})).await["errors"].is_null());
    played.known.lock().unwrap().is_down = true;
    let later = played.token(json!({ "jti": "b" }));
    assert!(served.ask_as(Some(&later), VIEWER, json!({})).await["errors"].is_null(), "its key is known");
    let unknown = hub(&played, |_| {}).await;
    let said = unknown.ask_as_en(&later, VIEWER).await;
    assert!(said.contains("does not answer"), "{said}");
    let (status, _, body) =
        unknown.send(Request::get("/login").header(header::HOST, "localhost").body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(String::from_utf8(body).unwrap().contains("<h1>"), "a page, for a person");
}

#[tokio::test]
async fn a_provider_that_says_nothing_holds_up_nobody_whose_key_is_known() {
    let played = Played::new().await;
    let served = hub(&played, |_| {}).await;
    assert!(served.ask_as(Some(&played.token(json!({ "jti": "a" }))), VIEWER, json!({})).await["errors"].is_null());
    played.known.lock().unwrap().hangs = true;
    let (unknown, known) = (Key::new("nobody's").token(&played.claims(json!({}))), played.token(json!({ "jti": "b" })));
    let (mut waits, asked) = (Box::pin(refusal(&served, &unknown)), served.ask_as(Some(&known), VIEWER, json!({})));
    let answer = tokio::select! {
        biased;
        said = &mut waits => panic!("the provider was not asked: {said}"),
        answer = asked => answer,
    };
    assert!(answer["errors"].is_null(), "{answer}");
}

/// A browser, as far as signing in is concerned: it keeps cookies.
struct Browser<'a> {
    served: &'a Served,
    cookies: Vec<(String, String)>,
}

impl Browser<'_> {
    async fn go(&mut self, request: axum::http::request::Builder, body: &str) -> (StatusCode, HeaderMap, String) {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let request = request.header(header::HOST, "localhost:8080").header(header::COOKIE, cookies);
        let (status, headers, body) = self.served.send(request.body(Body::from(body.to_owned())).unwrap()).await;
        for set in headers.get_all(header::SET_COOKIE) {
            let text = set.to_str().unwrap();
            assert!(text.contains("HttpOnly") && text.contains("SameSite=Lax") && text.contains("Path=/"), "{text}");
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !text.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        (status, headers, String::from_utf8_lossy(&body).into_owned())
    }
    async fn ask(&mut self, more: &[(&'static str, &str)]) -> (StatusCode, String) {
        let post = Served::post();
        let post = more.iter().fold(post, |post, (name, value)| post.header(*name, *value));
        let (status, _, body) = self.go(post, &json!({ "query": VIEWER }).to_string()).await;
        (status, body)
    }
    /// Away to the provider; returns the state.
    async fn departs(&mut self, played: &Played, claims: Value) -> String {
        let (status, headers, _) = self.go(Request::get("/login?to=/gaps%3Farea%3D110105"), "").await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let url = url::Url::parse(headers[header::LOCATION].to_str().unwrap()).unwrap();
        assert_eq!(url.path(), "/auth");
        let asked: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!(asked["redirect_uri"], "http://localhost:8080/login/callback");
        assert_eq!(asked["code_challenge_method"], "S256");
        let mut claims = played.claims(claims);
        claims.as_object_mut().unwrap().entry("nonce").or_insert(json!(asked["nonce"]));
        played.known.lock().unwrap().next = Some((claims, asked["code_challenge"].clone()));
        asked["state"].clone()
    }
    async fn arrives(&mut self, state: &str) -> (StatusCode, HeaderMap, String) {
        self.go(Request::get(format!("/login/callback?code=c0de&state={state}")), "").await
    }
}

#[tokio::test]
async fn a_person_signs_in_asks_and_signs_out() {
    let played = Played::new().await;
    let served = hub(&played, |_| {}).await;
    let mut browser = Browser { served: &served, cookies: Vec::new() };
    let state = browser.departs(&played, json!({ "roles": ["district"], "areas": ["110105"] })).await;
    let (status, headers, body) = browser.arrives(&state).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{body}");
    assert_eq!(headers[header::LOCATION], "http://localhost:8080/gaps?area=110105");
    assert_eq!(browser.cookies.len(), 1, "what was kept for the way is gone");
    let same = [("sec-fetch-site", "same-origin")];
    let (_, body) = browser.ask(&same).await;
    assert!(body.contains("officer-7") && body.contains("district"), "{body}");
    // Other sites' pages cannot use it, whatever they send.
    for more in [&[][..], &[("sec-fetch-site", "cross-site")], &[("origin", "https://evil.example")]] {
        let (status, body) = browser.ask(more).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{body}");
    }
    let (_, _, told) = browser.go(Request::get("/session"), "").await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["isSession"], &told["caller"]["areas"]), (&json!(true), &json!(["110105"])), "{told}");
    let kept = browser.cookies.clone();
    let logout = Request::post("/logout").header("sec-fetch-site", "same-origin");
    let (status, _, body) = browser.go(logout, "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains("/end?"), "the provider's own page: {body}");
    assert!(browser.cookies.is_empty());
    browser.cookies = kept;
    let (status, body) = browser.ask(&same).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "the cookie of whoever signed out is nobody's: {body}");
}

#[tokio::test]
async fn what_was_not_begun_here_is_not_ended_here() {
    let played = Played::new().await;
    let served = hub(&played, |_| {}).await;
    let mut browser = Browser { served: &served, cookies: Vec::new() };
    let refused = |outcome: (StatusCode, HeaderMap, String)| {
        assert_eq!(outcome.0, StatusCode::UNAUTHORIZED, "{}", outcome.2);
        assert!(outcome.2.contains("<h1>"), "a page for a person");
    };
    // Another browser's way back, a state that was not given, a code that the provider does not know.
    let state = browser.departs(&played, json!({})).await;
    let mut other = Browser { served: &served, cookies: Vec::new() };
    refused(other.arrives(&state).await);
    refused(browser.arrives("made-up").await);
    let state = browser.departs(&played, json!({})).await;
    played.known.lock().unwrap().next = None;
    refused(browser.arrives(&state).await);
    // A token for another sign-in.
    let state = browser.departs(&played, json!({ "nonce": "of another" })).await;
    refused(browser.arrives(&state).await);
    // The provider said no.
    browser.departs(&played, json!({})).await;
    let (status, _, body) =
        browser.go(Request::get("/login/callback?error=access_denied&error_description=%3Cscript%3E"), "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(!body.contains("<script>"), "shown, not run: {body}");
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn a_session_ends_by_itself_and_by_the_operator() {
    let played = Played::new().await;
    let served = hub(&played, |login| (login.session_hours, login.idle_minutes) = (Some(10), Some(60))).await;
    let same = [("sec-fetch-site", "same-origin")];
    let clock = served.state.hub().clock.clone();
    let at = |seconds: i64| clock.set(chrono::DateTime::from_timestamp(NOW + seconds, 0).unwrap());
    let mut browser = Browser { served: &served, cookies: Vec::new() };
    let state = browser.departs(&played, json!({})).await;
    browser.arrives(&state).await;
    for minutes in [50, 100] {
        at(minutes * 60);
        assert_eq!(browser.ask(&same).await.0, StatusCode::OK, "used all the while");
        served.state.state().keep_usage().await.unwrap();
    }
    at(170 * 60);
    assert_eq!(browser.ask(&same).await.0, StatusCode::UNAUTHORIZED, "nothing asked for more than an hour");
    at(0);
    browser.cookies.clear();
    let state = browser.departs(&played, json!({})).await;
    browser.arrives(&state).await;
    assert_eq!(browser.ask(&same).await.0, StatusCode::OK);
    let sessions = served.state.hub().store.sessions().await.unwrap();
    assert_eq!(sessions.len(), 2);
    assert_eq!(served.state.hub().store.end_sessions(&sessions[0].caller, NOW * 1_000).await.unwrap(), 2, "all of the account");
    at(5);
    assert_eq!(browser.ask(&same).await.0, StatusCode::UNAUTHORIZED);
}

#[test]
fn what_the_login_table_says_wrongly_is_named() {
    let refused = |change: fn(&mut Login)| {
        let mut login = Login { issuer: "https://id.example".to_owned(), client_id: "huitu".to_owned(), ..Login::default() };
        change(&mut login);
        Provider::new(&login, None).err().expect("refused").en
    };
    assert!(refused(|l| l.issuer = "http://id.example".to_owned()).contains("https"));
    assert!(refused(|l| l.issuer = String::new()).contains("issuer"));
    assert!(refused(|l| l.client_id = String::new()).contains("client_id"));
    assert!(refused(|l| drop(l.claims.roles.insert("x".to_owned(), "annalist".to_owned()))).contains("annalist"));
}
