//! Other people's clients and test suites against a running server.

use std::path::PathBuf;
use std::process::Output;

use crate::graphql::{Served, served};

fn web() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("web")
}

/// Runs `web/test/<script>` with the server's address. None where Node or its packages are missing: then the test says so,
/// and in CI it fails.
async fn node(script: &str, served: &Served, arguments: &[&str]) -> Option<Output> {
    if !web().join("node_modules").is_dir() {
        let remedy = "run `npm --prefix web ci` first";
        assert!(std::env::var_os("CI").is_none(), "web/node_modules is missing: {remedy}");
        eprintln!("not run, web/node_modules is missing: {remedy}");
        return None;
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(huitu::serve::run(listener, served.router.clone(), served.state.clone(), async move {
        let _ = stopped.await;
    }));
    let output = tokio::process::Command::new("node")
        .arg(web().join("test").join(script))
        .arg(format!("http://{address}"))
        .args(arguments)
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(std::time::Duration::from_secs(120), output).await.expect("in time").expect("node runs");
    let _ = stop.send(());
    server.await.unwrap().unwrap();
    Some(output)
}

fn passed(output: Option<Output>) {
    let Some(output) = output else { return };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    println!("{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audits_of_graphql_over_http_pass() {
    let served = served(50, |_| {}).await;
    passed(node("audits.mjs", &served, &[]).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tiles_are_read_by_mapboxs_library_and_hold_every_enterprise() {
    let served = served(3_000, |_| {}).await;
    let data = served.data("{ gap(first: 0) { totalCount } }", serde_json::json!({})).await;
    passed(node("tiles.mjs", &served, &[&data["gap"]["totalCount"].to_string()]).await);
}
