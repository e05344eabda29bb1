//! Signing in through the identity provider: away with PKCE, back with a code, a session, and out again.
//!
//! In: a browser. Out: redirects, a cookie, a page where it did not work. Programs do not sign in: they send tokens.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use openidconnect::RedirectUrl;
use rand::Rng;
use serde_json::json;

use super::answers::usage::FieldUse;
use super::authentication::is_loopback_name;
use super::authentication::provider::{Departure, Provider};
use super::authentication::session::Cookie;
use super::http::headers::{header_text, lang_of, request_id};
use super::http::rest::{not_found, refuse};
use super::problem::{Code, Problem};
use super::state::{LOGIN, Reading, ServerState};
use crate::access::Caller;
use crate::pages::notice;
use crate::store::session::SessionRow;
use crate::store::token::hash_secret;

/// Sessions that are over are kept this long, for whoever asks who signed in.
const KEPT_MILLIS: i64 = 180 * 86_400_000;

/// `GET /login?to=/gaps`: away to the provider.
pub async fn login(
    State(state): State<ServerState>,
    headers: HeaderMap,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let to = asked.get("to").map_or("/", String::as_str);
    match depart(&state, &headers, inside(to)).await {
        Ok(response) => response,
        Err(problem) => failed(&problem, &headers),
    }
}

/// `GET /login/callback`: back from the provider.
pub async fn callback(
    State(state): State<ServerState>,
    headers: HeaderMap,
    Query(came): Query<HashMap<String, String>>,
) -> Response {
    let id = request_id(&headers);
    match arrive(&state, &headers, &came, &id).await {
        Ok(response) => response,
        Err(problem) => {
            tracing::warn!(request_id = %id, problem = %problem.en, "somebody could not sign in");
            let mut response = failed(&problem, &headers);
            if let Some(cookie) = Cookie::Departure.end(is_secure(&state)) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
    }
}

/// `POST /logout`: ends the session here, and says where it ends at the provider.
pub async fn logout(State(state): State<ServerState>, headers: HeaderMap) -> Response {
    let (lang, id) = (lang_of(&headers), request_id(&headers));
    let Some(secret) = Cookie::Session.value(&headers) else {
        return refuse(&Problem::bad_input("没有登录", "nobody is signed in"), lang, &id);
    };
    if let Err(problem) = end(&state, secret).await {
        return refuse(&problem, lang, &id);
    }
    let provider = match (state.provider(), base(&state, &headers)) {
        (Some(provider), Ok(home)) => provider.farewell(&home).await,
        _ => None,
    };
    let mut response = Json(json!({ "provider": provider.map(String::from) })).into_response();
    no_store(&mut response);
    if let Some(cookie) = Cookie::Session.end(is_secure(&state)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// `GET /session`: whether somebody is signed in, and whether one can.
pub async fn session(State(state): State<ServerState>, headers: HeaderMap) -> Response {
    let caller = state.caller(header_text(&headers, header::AUTHORIZATION)).await.ok();
    let mut response = Json(json!({
        "login": state.provider().map(|_| "/login"),
        "caller": caller.as_deref().map(|c| json!({ "name": c.name, "role": c.role.name(), "areas": c.areas })),
        "isSession": Cookie::Session.value(&headers).is_some() && caller.is_some(),
    }))
    .into_response();
    no_store(&mut response);
    response
}

async fn depart(state: &ServerState, headers: &HeaderMap, to: String) -> Result<Response, Problem> {
    let provider = provider(state)?;
    let (url, departure) = provider.departure(back(state, headers)?, to).await?;
    let kept = BASE64URL_NOPAD.encode(&serde_json::to_vec(&departure).map_err(|_| Problem::internal())?);
    let mut response = redirect(url.as_str())?;
    let cookie = Cookie::departure(&kept, is_secure(state)).ok_or_else(Problem::internal)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

async fn arrive(state: &ServerState, headers: &HeaderMap, came: &HashMap<String, String>, id: &str) -> Result<Response, Problem> {
    let provider = provider(state)?;
    if let Some(error) = came.get("error") {
        let why = came.get("error_description").unwrap_or(error);
        return Err(Problem::new(
            Code::Unauthenticated,
            format!("身份系统没有让您登录：{why}"),
            format!("the identity provider did not let you in: {why}"),
        ));
    }
    let lost = || {
        Problem::new(
            Code::Unauthenticated,
            "这次登录不是在这个浏览器里开始的，或已超过十分钟：请重新登录",
            "this sign-in was not begun in this browser, or more than ten minutes ago: begin again",
        )
    };
    let kept = Cookie::Departure.value(headers).and_then(|kept| BASE64URL_NOPAD.decode(kept.as_bytes()).ok()).ok_or_else(lost)?;
    let departure: Departure = serde_json::from_slice(&kept).map_err(|_| lost())?;
    let (Some(code), Some(came_state)) = (came.get("code"), came.get("state")) else { return Err(lost()) };
    if hash_secret(came_state) != hash_secret(&departure.state) {
        return Err(lost());
    }
    let (to, home) = (inside(&departure.to), base(state, headers)?);
    let caller = provider.arrival(code.clone(), departure, back(state, headers)?, state.hub().clock.now()).await?;
    let secret = open(state, provider, &caller, id).await?;
    let mut response = redirect(&format!("{home}{to}"))?;
    let seconds = provider.session.num_seconds();
    for cookie in [Cookie::Session.set(&secret, seconds, is_secure(state)), Cookie::Departure.end(is_secure(state))] {
        response.headers_mut().append(header::SET_COOKIE, cookie.ok_or_else(Problem::internal)?);
    }
    Ok(response)
}

/// Opens a session, and returns its secret. It is noted before it is there.
async fn open(state: &ServerState, provider: &Provider, caller: &Caller, request: &str) -> Result<String, Problem> {
    let shown = FieldUse::default();
    let reading = Reading {
        caller,
        purpose: "",
        way: LOGIN,
        asked: b"",
        given: "",
        shown: &shown,
        beyond_editions: true,
        edition: None,
        request,
    };
    state.account(reading).await?;
    let (secret, id) = {
        let mut rng = rand::rng();
        let (mut secret, mut id) = ([0_u8; 32], [0_u8; 8]);
        rng.fill_bytes(&mut secret);
        rng.fill_bytes(&mut id);
        (BASE64URL_NOPAD.encode(&secret), format!("S{}", BASE64URL_NOPAD.encode(&id)))
    };
    let now = state.hub().clock.millis();
    let row = SessionRow {
        id,
        hash: hash_secret(&secret),
        caller: caller.id.clone(),
        name: caller.name.clone(),
        role: caller.role.name().to_owned(),
        areas: (!caller.areas.is_empty()).then(|| serde_json::to_string(&caller.areas).expect("texts")),
        registry: caller.registry.clone(),
        created_at: now,
        expires_at: now + provider.session.num_milliseconds(),
        last_used_at: now,
        ended_at: None,
    };
    state.hub().store.put_session(&row, now - KEPT_MILLIS).await?;
    Ok(secret)
}

async fn end(state: &ServerState, secret: &str) -> Result<(), Problem> {
    let store = &state.hub().store;
    if let Some(row) = store.session_by_hash(&hash_secret(secret)).await? {
        store.end_sessions(&row.id, state.hub().clock.millis()).await?;
    }
    state.forget_session(secret);
    Ok(())
}

fn provider(state: &ServerState) -> Result<&Arc<Provider>, Problem> {
    state.provider().ok_or_else(|| {
        not_found(
            "没有配置登录：请使用访问令牌，或由管理员在 huitu.toml 中写 [login]",
            "signing in is not set up: use a token, or let the operator write [login] in huitu.toml",
        )
    })
}

/// Where browsers reach this hub, without a slash at its end.
fn base(state: &ServerState, headers: &HeaderMap) -> Result<String, Problem> {
    if let Some(url) = &state.hub().settings.public_url {
        return Ok(url.clone());
    }
    let scheme = if state.tls().is_some() { "https" } else { "http" };
    // Anybody can write a Host; only this machine's own names are taken from there. HTTP/2 has none: its name is in the address.
    match header_text(headers, header::HOST).filter(|host| is_loopback_name(host)) {
        Some(host) => Ok(format!("{scheme}://{host}")),
        None => Err(Problem::new(
            Code::BadInput,
            "登录需要公开地址：请由管理员在 huitu.toml 中写 public_url",
            "signing in needs the public address: let the operator write public_url in huitu.toml",
        )),
    }
}

fn back(state: &ServerState, headers: &HeaderMap) -> Result<RedirectUrl, Problem> {
    RedirectUrl::new(format!("{}/login/callback", base(state, headers)?)).map_err(|_| Problem::internal())
}

fn is_secure(state: &ServerState) -> bool {
    state.tls().is_some() || state.hub().settings.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
}

/// A page of this hub; anything else is its first page.
fn inside(to: &str) -> String {
    let is_page = to.starts_with('/') && !to[1..].starts_with(['/', '\\']) && !to.chars().any(|c| c.is_control() || c == '\\');
    if is_page { to.to_owned() } else { "/".to_owned() }
}

fn redirect(to: &str) -> Result<Response, Problem> {
    let to = HeaderValue::try_from(to).map_err(|_| Problem::internal())?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, to);
    no_store(&mut response);
    Ok(response)
}

fn no_store(response: &mut Response) {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// A page that says what did not work: whoever signs in looks at it.
fn failed(problem: &Problem, headers: &HeaderMap) -> Response {
    let (lang, id) = (lang_of(headers), request_id(headers));
    let mut response = refuse(problem, lang, &id);
    let (title, again) = (lang.pick("未能登录", "You could not be signed in"), lang.pick("重新登录", "Sign in again"));
    if let Ok(page) = notice::page(lang, title, problem.text(lang), &id, ("/login", again)) {
        *response.body_mut() = Body::from(page);
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers
            .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"));
    }
    no_store(&mut response);
    response
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn one_comes_back_to_a_page_of_this_hub() {
        assert_eq!(inside("/gaps?area=110105#x"), "/gaps?area=110105#x");
        for outside in ["//evil.example", "/\\evil.example", "https://evil.example", "", "gaps", "/a\r\nb", "/a\\b"] {
            assert_eq!(inside(outside), "/", "{outside:?}");
        }
    }
}
