//! Other people's clients and test suites against a running server.

use std::path::PathBuf;

use tokio::io::AsyncBufReadExt;

use crate::graphql::{Served, served};

fn web() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("web")
}

/// Runs `web/test/<script>` with the server's address; `ready` runs once the script prints that word. None where Node's
/// packages are missing: then the test says so, and in CI it fails.
async fn node(script: &str, served: &Served, arguments: &[&str], ready: impl AsyncFnOnce()) -> Option<(bool, String)> {
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
    let mut child = tokio::process::Command::new("node")
        .arg(web().join("test").join(script))
        .arg(format!("http://{address}"))
        .args(arguments)
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node runs");
    let mut lines = tokio::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let mut text = String::new();
    let mut ready = Some(ready);
    let watch = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line == "ready"
                && let Some(ready) = ready.take()
            {
                ready().await;
            }
            text.push_str(&line);
            text.push('\n');
        }
        child.wait().await.unwrap().success()
    };
    let success = tokio::time::timeout(std::time::Duration::from_secs(120), watch).await.expect("in time");
    let _ = stop.send(());
    server.await.unwrap().unwrap();
    Some((success, text))
}

fn passed(outcome: Option<(bool, String)>) {
    if let Some((success, text)) = outcome {
        assert!(success, "{text}");
        println!("{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audits_of_graphql_over_http_pass() {
    let served = served(50, |_| {}).await;
    passed(node("audits.mjs", &served, &[], async || {}).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tiles_are_read_by_mapboxs_library_and_hold_every_enterprise() {
    let served = served(3_000, |_| {}).await;
    let data = served.data("{ gap(first: 0) { totalCount } }", serde_json::json!({})).await;
    passed(node("tiles.mjs", &served, &[&data["gap"]["totalCount"].to_string()], async || {}).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_of_graphql_ws_and_graphql_sse_hear_of_editions() {
    let served = served(200, |_| {}).await;
    let root = served.root.path().join("editions");
    let publish = async || {
        huitu::edition::write(&root, huitu::edition::testing::input(2, 210, 5)).unwrap();
        served.state.refresh().await.unwrap();
    };
    passed(node("live.mjs", &served, &[], publish).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_subgraph_composes_with_another_one() {
    let served = served(200, |_| {}).await;
    passed(node("federation.mjs", &served, &[], async || {}).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_snippets_read_the_whole_list() {
    let served = served(4_000, |_| {}).await;
    let data = served.data("{ gap(first: 0, filter: { area: [\"110103\"] }) { totalCount } }", serde_json::json!({})).await;
    passed(node("snippets.mjs", &served, &["110103", &data["gap"]["totalCount"].to_string()], async || {}).await);
}
