//! Seeing inside: traces that lead from a question or a sync to its statements, a log without secrets, numbers that dashboard and
//! alert rules name rightly.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::post;
use huitu::simulate::{City, ExtractFormat, write};
use huitu::store::Store;
use huitu::store::token::hash_secret;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::program::{huitu, sync, text};
use crate::support::graph::{served, token};
use crate::support::servers::{free_port, postgres};

#[derive(Default)]
struct Collected {
    spans: Mutex<Vec<Span>>,
    services: Mutex<BTreeSet<String>>,
    bytes: Mutex<Vec<u8>>,
}

async fn take(State(collected): State<Arc<Collected>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let Ok(request) = ExportTraceServiceRequest::decode(body.clone()) else { return StatusCode::BAD_REQUEST };
    collected.bytes.lock().unwrap().extend_from_slice(&body);
    for of_resource in request.resource_spans {
        let attributes = of_resource.resource.map(|r| r.attributes).unwrap_or_default();
        for attribute in attributes.into_iter().filter(|a| a.key == "service.name") {
            if let Some(Any::StringValue(name)) = attribute.value.and_then(|v| v.value) {
                collected.services.lock().unwrap().insert(name);
            }
        }
        let spans = of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
        collected.spans.lock().unwrap().extend(spans);
    }
    StatusCode::OK
}

/// A collector of traces, and its address.
async fn collector() -> (Arc<Collected>, String) {
    let collected = Arc::new(Collected::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().route("/v1/traces", post(take)).with_state(collected.clone());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (collected, address)
}

impl Collected {
    fn all(&self) -> Vec<Span> {
        self.spans.lock().unwrap().clone()
    }
}

fn said(span: &Span, key: &str) -> Option<String> {
    let value = span.attributes.iter().find(|a| a.key == key)?.value.as_ref()?.value.as_ref()?;
    match value {
        Any::StringValue(text) => Some(text.clone()),
        Any::IntValue(n) => Some(n.to_string()),
        _ => None,
    }
}

/// Names of the spans above one, the nearest first.
fn above<'s>(spans: &'s [Span], of: &Span) -> Vec<&'s Span> {
    let mut found = Vec::new();
    let mut parent = of.parent_span_id.clone();
    while let Some(span) = spans.iter().find(|s| s.span_id == parent && s.trace_id == of.trace_id) {
        found.push(span);
        parent = span.parent_span_id.clone();
    }
    found
}

/// A request without a library that adds headers of its own; the answer's status line and body.
async fn ask(address: &str, headers: &str, query: &str) -> String {
    let body = serde_json::json!({ "query": query, "operationName": "Asked" }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

const QUESTION: &str = "query Asked { gap(first: 3) { nodes { name identity { members { record { key } } } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn traces_lead_from_a_sync_and_from_a_question_to_their_statements() {
    let dir = tempfile::tempdir().unwrap();
    let city = dir.path().join("city");
    write(&City::new(5, 300, 0), &city, ExtractFormat::Csv).unwrap();
    let mut stores: Vec<Option<String>> = vec![None];
    if let Some(server) = postgres() {
        stores.push(Some(server.database().await));
    }
    for store in stores {
        let (collected, endpoint) = collector().await;
        let data = dir.path().join(if store.is_some() { "postgres" } else { "sqlite" });
        let with = |c: &mut Command| {
            c.env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint);
            if let Some(url) = &store {
                c.env("HUITU_STORE", url);
            }
        };
        let mut syncing = sync(&data, &city);
        with(&mut syncing);
        let done = syncing.output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
        let spans = collected.all();
        let named = |name: &str| spans.iter().filter(|s| s.name == name).collect::<Vec<_>>();
        assert_eq!((named("sync").len(), named("pull").len(), named("land").len(), named("publish").len()), (1, 5, 5, 1));
        assert_eq!(collected.services.lock().unwrap().iter().collect::<Vec<_>>(), ["huitu"]);
        for (name, registries) in [("pull", 5), ("land", 5)] {
            let found: BTreeSet<String> = named(name).iter().filter_map(|s| said(s, "registry")).collect();
            assert_eq!(found.len(), registries, "{found:?}");
            assert!(named(name).iter().all(|s| above(&spans, s).iter().any(|a| a.name == "sync")), "{name}");
        }
        for stage in ["pull", "land", "publish"] {
            let within = named("sql").iter().filter(|s| above(&spans, s).iter().any(|a| a.name == stage)).count();
            assert!(within > 0, "statements of {stage} on {store:?}");
        }

        collected.spans.lock().unwrap().clear();
        let address = format!("127.0.0.1:{}", free_port());
        let mut server = huitu(&data);
        with(&mut server);
        server.args(["--listen", &address, "serve", "--demo", "--no-schedule"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = server.spawn().unwrap();
        crate::support::servers::until_said(server.stdout.take().unwrap(), "workbench", "huitu serve");
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let headers =
            format!("x-request-id: asked-by-hand-1\r\nx-purpose: outreach\r\ntraceparent: 00-{trace}-b7ad6b7169203331-01\r\n");
        let answer = ask(&address, &headers, QUESTION).await;
        assert!(answer.starts_with("HTTP/1.1 200") && !answer.contains("\"errors\""), "{answer}");
        // SAFETY: a signal to a child of ours that was not waited for.
        assert_eq!(unsafe { libc::kill(server.id() as libc::pid_t, libc::SIGTERM) }, 0);
        assert!(server.wait().unwrap().success());
        let spans = collected.all();
        let asked = spans.iter().find(|s| s.name == "graphql").unwrap_or_else(|| panic!("{spans:?}"));
        assert_eq!(said(asked, "request_id").as_deref(), Some("asked-by-hand-1"));
        assert_eq!((said(asked, "purpose").as_deref(), said(asked, "operation").as_deref()), (Some("outreach"), Some("Asked")));
        assert!(said(asked, "caller").is_some() && said(asked, "role").is_some());
        let hex: String = asked.trace_id.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, trace, "within the caller's trace");
        let statements: Vec<&Span> = spans.iter().filter(|s| s.name == "sql" && s.parent_span_id == asked.span_id).collect();
        assert!(!statements.is_empty(), "{:?}", spans.iter().map(|s| &s.name).collect::<Vec<_>>());
        assert!(statements.iter().all(|s| s.end_time_unix_nano >= s.start_time_unix_nano));
        // A connection that is opened for it says what it is to be like first.
        let summaries: Vec<String> = statements.iter().filter_map(|s| said(s, "db.query.summary")).collect();
        assert!(summaries.iter().any(|s| ["SELECT", "WITH"].iter().any(|w| s.to_uppercase().starts_with(w))), "{summaries:?}");
    }
}

/// What must never stand in a log or a trace: tokens, passwords, what a registry says of somebody.
#[tokio::test(flavor = "multi_thread")]
async fn neither_log_nor_traces_hold_secrets_or_what_registries_say_of_somebody() {
    let dir = tempfile::tempdir().unwrap();
    let (data, city) = (dir.path().join("data"), dir.path().join("city"));
    write(&City::new(5, 300, 0), &city, ExtractFormat::Csv).unwrap();
    let (collected, endpoint) = collector().await;
    let mut log = String::new();
    let watched = |c: &mut Command| {
        c.env("HUITU_LOG", "debug").env("HUITU_LOG_FORMAT", "json").env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint);
    };
    let mut syncing = sync(&data, &city);
    watched(&mut syncing);
    let done = syncing.output().unwrap();
    assert!(done.status.success());
    log.push_str(&String::from_utf8_lossy(&done.stderr));
    let secret = "canary-secret-of-a-token-0123456789";
    let store = Store::open(&data, None).await.unwrap();
    let mut row = token("T-canary", "analyst", None, None);
    row.hash = hash_secret(secret);
    row.name = "张三canary".into();
    store.put_token(&row).await.unwrap();
    let last = store.last_record_id().await.unwrap();
    let records = store.records_between(0, last).await.unwrap();
    store.close().await;
    drop(store);

    let address = format!("127.0.0.1:{}", free_port());
    let mut server = huitu(&data);
    watched(&mut server);
    server.args(["--listen", &address, "serve", "--no-schedule"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = server.spawn().unwrap();
    let mut written = server.stderr.take().unwrap();
    let reading = std::thread::spawn(move || {
        let mut text = Vec::new();
        written.read_to_end(&mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    });
    crate::support::servers::until_said(server.stdout.take().unwrap(), "workbench", "huitu serve");
    let headers = format!("authorization: Bearer {secret}\r\nx-request-id: canary-request\r\nx-purpose: audit of dues\r\n");
    let answer = ask(&address, &headers, QUESTION).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let wrong = ask(&address, "authorization: Bearer canary-wrong-secret-42\r\n", "{ viewer { name } }").await;
    assert!(wrong.starts_with("HTTP/1.1 401"), "{wrong}");
    let broken = ask(&address, &headers, "query Asked { enterprise(by: { creditCode: \"canary-literal-99\" }) { name } }").await;
    assert!(broken.starts_with("HTTP/1.1 "), "{broken}");
    // SAFETY: a signal to a child of ours that was not waited for.
    assert_eq!(unsafe { libc::kill(server.id() as libc::pid_t, libc::SIGTERM) }, 0);
    server.wait().unwrap();
    log.push_str(&reading.join().unwrap());

    let lines: Vec<serde_json::Value> =
        log.lines().filter(|l| l.starts_with('{')).map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(lines.len() > 20, "something is logged: {log}");
    let asked = lines.iter().find(|l| l["message"] == "graphql" && l["request_id"] == "canary-request");
    let asked = asked.unwrap_or_else(|| panic!("the question is logged: {log}"));
    assert_eq!(
        (asked["span"]["caller"].as_str(), asked["span"]["purpose"].as_str()),
        (Some("T-canary"), Some("audit of dues")),
        "{asked}"
    );

    let traced = String::from_utf8_lossy(&collected.bytes.lock().unwrap()).into_owned();
    assert!(traced.contains("canary-request"));
    for canary in [secret, "canary-wrong-secret-42", "张三canary", "canary-literal-99"] {
        assert!(!log.contains(canary), "{canary} stands in the log");
        assert!(!traced.contains(canary), "{canary} stands in the traces");
    }
    // Names and numbers of everybody, as the registries write them.
    let mut cells = BTreeSet::new();
    for record in records {
        let row: Vec<Option<String>> = serde_json::from_str(&record.payload).unwrap();
        cells.extend(
            row.into_iter()
                .flatten()
                .filter(|cell| cell.chars().count() >= 8 && !cell.chars().all(|c| "0123456789-/.: ".contains(c))),
        );
    }
    assert!(cells.len() > 500);
    let found: Vec<&String> = cells.iter().filter(|cell| log.contains(cell.as_str()) || traced.contains(cell.as_str())).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// The names of the numbers in a text of Prometheus' own language.
fn numbers_named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|w| w.starts_with("huitu_")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_has_help_type_and_unit_and_dashboard_and_alerts_name_only_what_there_is() {
    let served = served(200, |_| {}).await;
    served.data("{ gap(first: 1) { totalCount } }", serde_json::json!({})).await;
    let mut text = String::new();
    for _ in 0..2 {
        let (status, _, bytes) = served.send(Request::get("/metrics").body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::OK);
        text.push_str(&String::from_utf8(bytes).unwrap());
        // Stages show once one ran; the invented edition, which no store knows, is gone then.
        let _ = served.state.hub().reassess(Arc::new(huitu::hub::progress::Silent)).await;
    }
    let (mut types, mut helped) = (BTreeMap::new(), BTreeSet::new());
    for line in text.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "TYPE", name, kind] => drop(types.insert(name.to_owned(), kind.to_owned())),
            ["#", "HELP", name, help] => {
                assert!(help.len() > 10, "{line}");
                helped.insert(name.to_owned());
            }
            _ => {}
        }
    }
    let mut names = BTreeSet::new();
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let family = ["_total", "_bucket", "_count", "_sum"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let family = if types.contains_key(name) { name } else { family };
        assert!(types.contains_key(family) && helped.contains(family), "{name} has no type or help");
        names.insert(name.to_owned());
    }
    for part in [
        "huitu_stage_seconds_total",
        "huitu_operation_seconds_bucket",
        "huitu_queue_taken",
        "huitu_cache_bytes",
        "huitu_registry_state",
    ] {
        assert!(names.contains(part), "{part} in\n{text}");
    }
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let rules = std::fs::read_to_string(deploy.join("prometheus/huitu.rules.yml")).unwrap();
    let dashboard = std::fs::read_to_string(deploy.join("grafana/huitu.json")).unwrap();
    let shown: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    assert!(shown["panels"].as_array().is_some_and(|panels| panels.len() > 10));
    // Ages of registries exist once one has landed.
    names.insert("huitu_registry_age_seconds".to_owned());
    let asked: BTreeSet<String> = numbers_named(&rules).union(&numbers_named(&dashboard)).cloned().collect();
    let unknown: Vec<&String> = asked.difference(&names).collect();
    assert!(asked.len() > 12 && unknown.is_empty(), "{unknown:?} are none of\n{names:#?}");

    let Ok(checked) = Command::new("promtool").args(["check", "rules"]).arg(deploy.join("prometheus/huitu.rules.yml")).output()
    else {
        crate::support::servers::missing("promtool", "apt-get install prometheus, or tests/setup");
        return;
    };
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
