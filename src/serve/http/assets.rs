//! Pages for people: the workbench and the query page (GraphiQL), built from `web/` into the binary; the schema as text, and the description
//! of what is not GraphQL.
//!
//! Nothing comes from outside; the content security policies say so too. What the build packed with brotli beside a file is
//! sent as it lies there to whoever accepts it.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::headers::{header_text, lang_of, request_id};
use super::parameters;
use super::rest::refuse;

/// What `npm run build` in `web/` made; empty in a plain `cargo build`.
#[derive(rust_embed::RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Bundle;

/// The addresses that the workbench answers itself: one page, which reads the rest of the address.
pub const WORKBENCH: [&str; 27] = [
    "/",
    "/work",
    "/gaps",
    "/e/{key}",
    "/cases",
    "/cases/{key}",
    "/visits",
    "/duties",
    "/lists",
    "/units",
    "/units/{key}",
    "/places",
    "/places/{key}",
    "/posts",
    "/services",
    "/dispatch",
    "/funds",
    "/breakdown",
    "/appraisal",
    "/figures",
    "/review",
    "/sources",
    "/targets",
    "/bulletin",
    "/partner",
    "/administration",
    "/kit",
];

const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// GraphiQL's editor writes styles into the page.
const QUERY_PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; \
     connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PLAIN: &str = r#"<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><title>会图 huitu</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:46em;margin:3em auto;padding:0 1em}code{background:#eee;padding:.1em .3em}</style></head>
<body><h1>会图 huitu</h1>
<p>接口在 <code>POST /graphql</code>，模式见 <a href="/schema.graphql">/schema.graphql</a>。此程序未包含工作台；请先运行
<code>make web</code>，再重新编译。</p>
<p lang="en">The API is at <code>POST /graphql</code>, its schema at <a href="/schema.graphql">/schema.graphql</a>. This build has no
workbench: run <code>make web</code>, then build again.</p>
<pre>curl -s localhost:8080/graphql -H 'content-type: application/json' \
  -d '{"query":"{ gap(first: 5) { totalCount nodes { name gap { reasons { message } } } } }"}'</pre></body></html>
"#;

fn page(bytes: impl Into<axum::body::Body>, content_type: &'static str, policy: &'static str) -> Response {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// A file of the bundle, packed where the caller takes it so; None where the build has no such file.
fn bundled(name: &str, asked: &HeaderMap, content_type: &'static str, policy: &'static str) -> Option<Response> {
    let takes_brotli = header_text(asked, header::ACCEPT_ENCODING)
        .is_some_and(|text| text.split(',').any(|coding| coding.split(';').next().is_some_and(|name| name.trim() == "br")));
    let packed = if takes_brotli { Bundle::get(&format!("{name}.br")) } else { None };
    let is_packed = packed.is_some();
    let mut response = page(packed.or_else(|| Bundle::get(name))?.data.into_owned(), content_type, policy);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if is_packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    Some(response)
}

fn html(name: &str, asked: &HeaderMap, policy: &'static str) -> Response {
    let mut response = bundled(name, asked, "text/html; charset=utf-8", policy)
        .unwrap_or_else(|| page(PLAIN, "text/html; charset=utf-8", QUERY_PAGE_POLICY));
    // Names the files of its own build: an old copy would ask for files that are gone.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

pub async fn workbench(asked: HeaderMap) -> Response {
    html("index.html", &asked, POLICY)
}

pub async fn graphiql(asked: HeaderMap) -> Response {
    html("graphiql.html", &asked, QUERY_PAGE_POLICY)
}

/// A file of the bundle; its name carries a digest, so it never changes.
pub async fn asset(Path(path): Path<String>, asked: HeaderMap) -> Response {
    let content_type = match path.rsplit('.').next() {
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("ttf") => "font/ttf",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    };
    let Some(mut response) = bundled(&format!("assets/{path}"), &asked, content_type, POLICY) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    // The worker of visit lists that were taken along answers for the pages, not only for the files beside it.
    if path.starts_with("offline") {
        headers.insert("service-worker-allowed", HeaderValue::from_static("/"));
    }
    response
}

/// What is not GraphQL, as OpenAPI.
pub async fn openapi(uri: Uri, headers: HeaderMap) -> Response {
    plain(&uri, &headers, || page(include_str!("../../../docs/openapi.yaml"), "application/yaml; charset=utf-8", POLICY))
}

/// The schema as text.
pub async fn schema(uri: Uri, headers: HeaderMap) -> Response {
    plain(&uri, &headers, || page(crate::serve::graphql::sdl(), "text/plain; charset=utf-8", POLICY))
}

/// A page that takes no parameters.
fn plain(uri: &Uri, headers: &HeaderMap, page: impl FnOnce() -> Response) -> Response {
    let lang = lang_of(headers);
    match parameters::none(uri, lang) {
        Ok(_) => page(),
        Err(problem) => refuse(&problem, lang, &request_id(headers)),
    }
}
