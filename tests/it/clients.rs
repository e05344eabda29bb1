//! Other people's clients and test suites against a running server.

use std::path::PathBuf;

use tokio::io::AsyncBufReadExt;

use crate::support::graph::{Served, served};

fn web() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("web")
}

/// Runs `web/test/<script>` with the server's address; `ready` runs once the script prints that word. None where Node's
/// packages are missing and HUITU_WITHOUT leaves them out.
async fn node(script: &str, served: &Served, arguments: &[&str], ready: impl AsyncFnOnce()) -> Option<(bool, String)> {
    if !web().join("node_modules").is_dir() {
        crate::support::servers::missing("node", "web/node_modules: run `make web` first");
        return None;
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(huitu::serve::run(listener, served.state.clone(), async move {
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
        huitu::edition::write(&root, huitu::edition::synthetic::input(2, 210, 5)).unwrap();
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
async fn both_walk_throughs_run_from_the_first_question_to_the_next_edition() {
    let served = served(4_000, |_| {}).await;
    let data = served.data("{ gap(first: 0, filter: { area: [\"110103\"] }) { totalCount } }", serde_json::json!({})).await;
    let root = served.root.path().join("editions");
    let publish = async || {
        huitu::edition::write(&root, huitu::edition::synthetic::input(2, 4_100, 5)).unwrap();
        served.state.refresh().await.unwrap();
    };
    passed(node("snippets.mjs", &served, &["110103", &data["gap"]["totalCount"].to_string()], publish).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_websocket_keeps_its_limits_against_clients_that_do_not() {
    let served = served(100, |options| {
        options.access = huitu::serve::Authentication::Tokens;
        options.limits.init_within = std::time::Duration::from_millis(400);
    })
    .await;
    let store = &served.state.hub().store;
    for id in ["ann", "bob"] {
        store.put_token(&crate::support::graph::token(id, "admin", None, None)).await.unwrap();
    }
    let root = served.root.path().join("editions");
    let flood = async || {
        use huitu::hub::progress::{ProgressSink, SyncEvent};
        // Both clients listen before anything happens.
        while served.state.state().events().syncs.receiver_count() < 2 {
            tokio::task::yield_now().await;
        }
        let events = huitu::serve::answers::events::Broadcast { events: served.state.state().events().clone(), also: None };
        for done in 1..=60_000 {
            events.event(&SyncEvent::Pulling { registry: "tax".to_owned(), rows: done, of: None });
            if done % 500 == 0 {
                tokio::task::yield_now().await;
            }
        }
        let mut tx = store.begin_tokens().await.unwrap();
        huitu::store::token::revoke_token(&mut tx, "bob", 0).await.unwrap();
        tx.commit().await.unwrap();
        // Callers are remembered for two seconds.
        let clock = &served.state.hub().clock;
        clock.set(clock.now() + chrono::Duration::seconds(3));
        huitu::edition::write(&root, huitu::edition::synthetic::input(2, 110, 5)).unwrap();
        served.state.refresh().await.unwrap();
    };
    passed(node("limits.mjs", &served, &["secret-ann", "secret-bob"], flood).await);
}

/// Enterprises of no known district or street are a row, a feature and a cluster of their own: nobody is dropped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_no_known_area_is_counted_everywhere() {
    let mut facts = huitu::edition::synthetic::input(1, 3_000, 11);
    for (i, e) in facts.enterprises.iter_mut().enumerate() {
        match i % 10 {
            0 => (e.district, e.town, e.location) = (None, None, None),
            1 => (e.district, e.town, e.location) = (Some(999_999), Some(999_999_001), None),
            2 => (e.town, e.location) = (None, None),
            _ => {}
        }
    }
    let served = crate::support::graph::served_with(facts, |_| {}).await;
    let count = async |query: &str, path: &[&str]| {
        let data = served.data(query, serde_json::json!({})).await;
        path.iter().fold(&data, |value, name| &value[*name]).clone()
    };
    let total = count("{ gap(first: 0) { totalCount } }", &["gap", "totalCount"]).await.as_u64().unwrap();
    for (path, unknown) in [("/geo/districts.geojson", ["", "999999"]), ("/geo/streets.geojson", ["", "999999001"])] {
        let request = axum::http::Request::get(path).body(axum::body::Body::empty()).unwrap();
        let collection: serde_json::Value = serde_json::from_slice(&served.send(request).await.2).unwrap();
        let features = collection["features"].as_array().unwrap();
        let sum: u64 = features.iter().map(|f| f["properties"]["inGap"].as_u64().unwrap()).sum();
        assert_eq!(sum, total, "{path}");
        for id in unknown {
            let row = features.iter().find(|f| f["id"] == id).unwrap_or_else(|| panic!("{path} has no feature {id:?}"));
            assert!(row["geometry"].is_null() && row["properties"]["inGap"].as_u64().unwrap() > 0, "{row}");
        }
    }
    for by in ["DISTRICT", "TOWN"] {
        let rows =
            count(&format!("{{ coverage(by: [{by}]) {{ rows {{ keys {{ code name }} inGap }} }} }}"), &["coverage", "rows"])
                .await;
        let rows = rows.as_array().unwrap();
        assert_eq!(rows.iter().map(|r| r["inGap"].as_u64().unwrap()).sum::<u64>(), total);
        assert!(
            rows.iter().any(|r| r["keys"][0]["code"] == "")
                && rows.iter().any(|r| r["keys"][0]["code"].as_str().unwrap().starts_with("999999"))
        );
    }
    passed(node("tiles.mjs", &served, &[&total.to_string()], async || {}).await);
}
