//! Pages for people: the query page (GraphiQL, built from `web/` into the binary), the schema as text.
//!
//! Nothing comes from outside; the content security policy says so too.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

/// What `npm run build` in `web/` made; empty in a plain `cargo build`.
#[derive(rust_embed::RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Bundle;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; \
     connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PLAIN: &str = r#"<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><title>会图 huitu</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:46em;margin:3em auto;padding:0 1em}code{background:#eee;padding:.1em .3em}</style></head>
<body><h1>会图 huitu</h1>
<p>接口在 <code>POST /graphql</code>，模式见 <a href="/schema.graphql">/schema.graphql</a>。此程序未包含查询页面；请先运行
<code>make web</code>，再重新编译。</p>
<p lang="en">The API is at <code>POST /graphql</code>, its schema at <a href="/schema.graphql">/schema.graphql</a>. This build has no query
page: run <code>make web</code>, then build again.</p>
<pre>curl -s localhost:8080/graphql -H 'content-type: application/json' \
  -d '{"query":"{ gap(first: 5) { totalCount nodes { name gap { reasons { message } } } } }"}'</pre></body></html>
"#;

fn page(bytes: impl Into<axum::body::Body>, content_type: &str) -> Response {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_str(content_type).unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

pub async fn home() -> Response {
    match Bundle::get("index.html") {
        Some(file) => page(file.data.into_owned(), "text/html; charset=utf-8"),
        None => Redirect::temporary("/graphiql").into_response(),
    }
}

pub async fn graphiql() -> Response {
    match Bundle::get("graphiql.html") {
        Some(file) => page(file.data.into_owned(), "text/html; charset=utf-8"),
        None => page(PLAIN, "text/html; charset=utf-8"),
    }
}

/// A file of the bundle; its name carries a digest, so it never changes.
pub async fn asset(Path(path): Path<String>) -> Response {
    let Some(file) = Bundle::get(&format!("assets/{path}")) else { return StatusCode::NOT_FOUND.into_response() };
    let content_type = match path.rsplit('.').next() {
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("ttf") => "font/ttf",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    };
    let mut response = page(file.data.into_owned(), content_type);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}

/// The schema as text.
pub async fn schema() -> Response {
    page(crate::serve::graphql::sdl(), "text/plain; charset=utf-8")
}
