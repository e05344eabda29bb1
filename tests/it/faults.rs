//! Every way a source can fail, by name, through a whole sync: nothing is deleted, the department next server is current, and
//! the next good batch lands.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use huitu::land::receipt::{Receipt, SyncOutcome};
use serde_json::{Value, json};

use crate::support::hub::{TestHub, hub_with, manifest, morning, rows};

const ALL: u64 = 20;
const SIZE: u64 = 5;

#[derive(Default)]
struct Registry {
    fault: Mutex<&'static str>,
    /// How often each page was asked for.
    asked: Mutex<Vec<u64>>,
    requests: AtomicU32,
}

struct FaultyRegistry {
    test_hub: TestHub,
    registry: Arc<Registry>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for FaultyRegistry {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn items(from: u64, to: u64) -> Vec<Value> {
    (from..to).map(|i| json!({ "编号": format!("B{i}"), "名称": format!("北京示例{i}号有限公司"), "职工": i })).collect()
}

fn typed(media: &'static str, body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, media)], body.into()).into_response()
}

/// `JSON` or `XML` by the path; one fault for both.
async fn answer(State(registry): State<Arc<Registry>>, uri: axum::http::Uri, query: Query<HashMap<String, String>>) -> Response {
    registry.requests.fetch_add(1, Ordering::Relaxed);
    let page: u64 = query.get("page").and_then(|p| p.parse().ok()).unwrap_or(1);
    registry.asked.lock().unwrap().push(page);
    let fault = *registry.fault.lock().unwrap();
    let (from, to) = ((page - 1) * SIZE, (page * SIZE).min(ALL));
    let body = |all: u64| {
        let items = items(from.min(all), to.min(all));
        json!({ "code": 0, "data": { "items": items, "total": all } }).to_string()
    };
    let json = |text: String| typed("application/json", text);
    match fault {
        "guard" => json(body(3)),
        "empty_list" => json(json!({ "code": 0, "data": { "items": [], "total": 0 } }).to_string()),
        "html" => typed("text/html", "<!doctype html><html><body>请登录</body></html>"),
        "code_500" => json(json!({ "code": 500, "message": "系统异常" }).to_string()),
        "truncated" => json(body(ALL)[..60].to_string()),
        "blackhole" => std::future::pending().await,
        "drip" => {
            let drops = futures_util::stream::unfold((), |()| async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                Some((Ok::<_, std::io::Error>(" "), ()))
            });
            typed("application/json", Body::from_stream(drops))
        }
        "endless_body" => {
            let blocks = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 8192]));
            typed("application/json", Body::from_stream(blocks))
        }
        "zip_bomb" => {
            use std::io::Write;
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            writer.write_all(&vec![b' '; 30_000_000]).unwrap();
            let mut response = typed("application/json", writer.finish().unwrap());
            response.headers_mut().insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
            response
        }
        "redirect" => (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:9/elsewhere")]).into_response(),
        "bad_encoding" => typed("application/json", vec![b'{', b'"', 0xff, 0xfe, 0x80, b'"', b'}']),
        "too_deep" => json("[".repeat(100_000) + &"]".repeat(100_000)),
        "stops" if page == 3 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        _ if uri.path() == "/xml" => {
            let entity = if fault == "xml_entity" {
                "<!DOCTYPE a [<!ENTITY x \"lol\"><!ENTITY y \"&x;&x;&x;&x;&x;&x;&x;&x;\">]>"
            } else {
                ""
            };
            let rows: String = items(from, to)
                .iter()
                .map(|i| format!("<企业><编号>{}</编号><名称>甲</名称><职工>1</职工></企业>", i["编号"].as_str().unwrap()))
                .collect();
            typed("application/xml", format!("<?xml version=\"1.0\"?>{entity}<answer>{rows}</answer>"))
        }
        _ => json(body(ALL)),
    }
}

/// A registry that can be spoilt beside one that is well.
async fn street(format: &str) -> FaultyRegistry {
    let registry = Arc::new(Registry::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/{format}", get(answer)).with_state(registry.clone());
    let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let items = match format {
        "xml" => "items = \"企业\"",
        _ => "items = \"/data/items\"\ntotal = \"/data/total\"\nok = { at = \"/code\", values = [0] }",
    };
    let source = format!(
        "transport = \"http\"\nformat = \"{format}\"\nplace = \"http://{address}/{format}\"\ncaps = {{ bytes = 2000000, ratio = 20 }}\n\
         [source.http]\n{items}\n[source.http.paging]\nkind = \"page\"\nsize = {SIZE}"
    );
    let manners = "[manners]\nretries = 0\nconnect_timeout_secs = 1\nread_timeout_secs = 1\ntotal_timeout_secs = 2\nbreaker_failures = 99\n";
    let test_hub = hub_with(
        &[
            ("broken", manifest("坏", "", &source, manners)),
            ("good", manifest("好", "", "transport = \"file\"\nplace = \"../../drop/good.csv\"", "")),
        ],
        morning(),
    )
    .await;
    test_hub.write("drop/good.csv", rows(5));
    FaultyRegistry { test_hub, registry, serving }
}

impl FaultyRegistry {
    async fn sync(&self, fault: &'static str, day: usize) -> Receipt {
        *self.registry.fault.lock().unwrap() = fault;
        self.registry.asked.lock().unwrap().clear();
        self.test_hub.write("drop/good.csv", rows(5 + day));
        let report = self.test_hub.sync(&[]).await;
        let of = |name: &str| report.receipts.iter().find(|r| r.registry == name).unwrap().clone();
        assert_eq!((of("good").outcome, of("good").records), (SyncOutcome::Landed, 5 + day as i64), "the registry next server");
        of("broken")
    }
}

/// A good day, a day with the fault, a good day.
async fn spoilt(format: &str, fault: &'static str, outcome: SyncOutcome, code: &str) {
    let street = street(format).await;
    let first = street.sync("", 0).await;
    assert_eq!((first.outcome, first.records), (SyncOutcome::Landed, ALL as i64), "{:?}", first.notice);
    let began = std::time::Instant::now();
    let bad = street.sync(fault, 1).await;
    let notice = bad.notice.unwrap_or_else(|| panic!("{fault}: {:?}", bad.outcome));
    assert_eq!((bad.outcome, &*notice.code, bad.gone), (outcome, code, 0), "{fault}: {}", notice.en);
    assert!(notice.zh.chars().any(|c| c > '\u{4e00}'), "{}", notice.zh);
    let state = if outcome == SyncOutcome::Held { "HELD" } else { "FAILING" };
    assert_eq!(street.test_hub.state("broken").await, (state.to_owned(), ALL as i64), "{fault} deletes nothing");
    let last = street.test_hub.hub.store.last_record_id().await.unwrap();
    let live = street.test_hub.hub.store.records_between(0, last).await.unwrap();
    assert_eq!(live.len(), ALL as usize + 6, "{fault}: every record is still there");
    assert!(began.elapsed() < Duration::from_secs(60), "{fault} ends within its limits");
    let after = street.sync("", 2).await;
    assert_eq!(
        (after.outcome, street.test_hub.state("broken").await.0.as_str()),
        (SyncOutcome::Landed, "CURRENT"),
        "{:?}",
        after.notice
    );
}

macro_rules! faults {
    ($($name:ident: $format:literal $fault:literal => $outcome:ident $code:literal;)+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            spoilt($format, $fault, SyncOutcome::$outcome, $code).await;
        }
    )+};
}

faults! {
    fault_guard: "json" "guard" => Held "vanished";
    fault_empty_list: "json" "empty_list" => Held "empty";
    fault_html_with_200: "json" "html" => Held "html";
    fault_code_500_with_200: "json" "code_500" => Held "refused_in_body";
    fault_truncated: "json" "truncated" => Held "truncated";
    fault_blackhole: "json" "blackhole" => Failed "timeout";
    fault_drip: "json" "drip" => Failed "timeout";
    fault_endless_body: "json" "endless_body" => Held "too_large";
    fault_redirect: "json" "redirect" => Failed "redirect";
    fault_zip_bomb: "json" "zip_bomb" => Held "too_large";
    fault_bad_encoding: "json" "bad_encoding" => Held "undecodable";
    fault_depth: "json" "too_deep" => Held "refused_in_body";
    fault_xml_entity: "xml" "xml_entity" => Held "unreadable";
    fault_xml_html_with_200: "xml" "html" => Held "html";
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_resume_goes_on_at_the_page_where_it_stopped() {
    let street = street("json").await;
    let stopped = street.sync("stops", 0).await;
    assert_eq!((stopped.outcome, stopped.records), (SyncOutcome::Failed, 0));
    assert_eq!(*street.registry.asked.lock().unwrap(), [1, 2, 3]);
    let resumed = street.sync("", 1).await;
    assert_eq!((resumed.outcome, resumed.read, resumed.records), (SyncOutcome::Landed, ALL as i64, ALL as i64));
    assert_eq!(
        *street.registry.asked.lock().unwrap(),
        [3, 4, 5],
        "pages one and two are not asked for again, a full last page is"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_spool_costs_one_pull_and_no_other_registry() {
    let street = street("json").await;
    street.sync("", 0).await;
    street.sync("stops", 1).await;
    // The pull had stopped behind its second page; meanwhile the disk lost a piece of it.
    let rows = street.test_hub.dir.path().join("data/spool/broken/rows");
    let text = std::fs::read_to_string(&rows).unwrap();
    std::fs::write(&rows, text.replacen("S\t1\t", "?\t1\t", 1)).unwrap();
    let damaged = street.sync("", 2).await;
    assert_eq!((damaged.outcome, &*damaged.notice.unwrap().code), (SyncOutcome::Failed, "spool_damaged"));
    let again = street.sync("", 3).await;
    assert_eq!((again.outcome, again.records), (SyncOutcome::Landed, ALL as i64));
}
