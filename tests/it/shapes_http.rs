//! What interfaces of departments answer, shape by shape: read, or refused in words that mend it. `docs/src/shapes.md` lists them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::Query;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use huitu::connector::Connector;
use huitu::pull::sample::{Counting, SampleError, take};
use huitu::pull::{Chunk, Cursor, Note, PullContext, Pulled, RowSink, pull};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::shapes_shared::folder;

struct Server(std::net::SocketAddr, tokio::task::JoinHandle<()>);

impl Drop for Server {
    fn drop(&mut self) {
        self.1.abort();
    }
}

type Asked = HashMap<String, String>;

async fn serve(answer: impl Fn(Asked) -> Response + Clone + Send + Sync + 'static) -> Server {
    let app = Router::new().fallback(get(move |q: Query<Asked>| async move { answer(q.0) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    Server(address, tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") }))
}

/// Answers every request with these bytes and closes the connection, saying no length.
async fn serve_until_closed(body: Vec<u8>) -> Server {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await;
            let _ = stream.write_all(&body).await;
            let _ = stream.shutdown().await;
        }
    });
    Server(address, serving)
}

fn connector(server: &Server, http: &str, more: &str) -> Connector {
    let text = format!(
        r#"
title = {{ zh = "某局", en = "A bureau" }}
owner = {{ zh = "某局", en = "A bureau" }}
{more}
[source]
transport = "http"
place = "http://{}/list"
private = true
[source.http]
{http}
[manners]
retries = 0
[key]
columns = ["id"]
[columns]
"name" = "name"
"day" = {{ field = "established_on", optional = true }}
"#,
        server.0
    );
    Connector::parse("bureau", &text).unwrap_or_else(|e| panic!("{e}"))
}

const PAGED: &str = "items = \"/data/list\"\n[source.http.paging]\nkind = \"page\"\nsize = 3";
const COUNTED: &str = "items = \"/data/list\"\ntotal = \"/data/total\"\nok = { at = \"/code\", values = [0] }\n[source.http.paging]\nkind = \"page\"\nsize = 3";
const TOKENS: &str = "items = \"/list\"\n[source.http.paging]\nkind = \"cursor\"\nnext = \"/next\"\nsize = 3";

fn record(n: u64) -> Value {
    json!({ "id": format!("J{n}"), "name": format!("北京示例{n}号有限公司") })
}

/// Records of the page asked for, of `all`, three a page.
fn of_page(asked: &Asked, all: u64) -> Vec<Value> {
    let page = asked.get("page").and_then(|p| p.parse::<u64>().ok()).unwrap_or(1);
    ((page - 1) * 3..(page * 3).min(all)).map(record).collect()
}

fn answers(value: Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

#[derive(Default)]
struct Told {
    ids: Vec<String>,
    notes: Vec<Note>,
    checkpoints: Vec<Cursor>,
}

impl RowSink for Told {
    fn columns(&mut self, _: &[String]) -> std::io::Result<()> {
        Ok(())
    }
    fn rows(&mut self, chunk: Chunk) -> std::io::Result<()> {
        self.ids.extend((0..chunk.len()).filter_map(|row| chunk.cells(row).next().flatten().map(str::to_owned)));
        Ok(())
    }
    fn note(&mut self, note: Note) -> std::io::Result<()> {
        self.notes.push(note);
        Ok(())
    }
    fn checkpoint(&mut self, cursor: &Cursor) -> std::io::Result<()> {
        self.checkpoints.push(cursor.clone());
        Ok(())
    }
}

fn context() -> PullContext {
    PullContext { allow_private: true, ..PullContext::default() }
}

async fn read(connector: &Connector, from: Option<Cursor>) -> (Pulled, Told) {
    let mut told = Told::default();
    let pulled = pull(connector, from, &context(), &mut told).await.unwrap_or_else(|e| panic!("{e}"));
    (pulled, told)
}

/// Code and words of what a pull is refused for; it must hold the batch.
async fn refused(connector: &Connector) -> (String, String) {
    match pull(connector, None, &context(), &mut Counting::default()).await {
        Ok(pulled) => panic!("it was read: {pulled:?}"),
        Err(error) => {
            assert!(error.held, "{error}");
            (error.problem.code.to_string(), format!("{} {}", error.problem.zh, error.problem.en))
        }
    }
}

fn ids(to: u64) -> Vec<String> {
    (0..to).map(|n| format!("J{n}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_total_that_means_the_page_loses_no_record() {
    for (all, size) in [(10, 3), (9, 3), (3, 3), (2, 3), (10, 50)] {
        let server = serve(move |q| {
            let list = of_page(&q, all);
            answers(json!({ "code": 0, "data": { "total": list.len(), "list": list } }))
        })
        .await;
        let mut connector = connector(&server, COUNTED, "");
        connector.source.http.paging.size = size;
        let (pulled, told) = read(&connector, None).await;
        assert_eq!((told.ids, pulled.complete), (ids(all), true), "{all} records, {size} a page");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_full_last_page_a_server_may_refuse_repeat_or_be_empty() {
    type Behind = fn(Vec<Value>) -> Response;
    let behind: [(&str, Behind); 5] = [
        ("404", |_| StatusCode::NOT_FOUND.into_response()),
        ("refused", |_| answers(json!({ "code": 500, "data": null, "msg": "页码超出范围" }))),
        ("empty", |_| answers(json!({ "code": 0, "data": { "total": 6, "list": [] } }))),
        ("null", |_| answers(json!({ "code": 0, "data": { "total": 6, "list": null } }))),
        ("again", |last| answers(json!({ "code": 0, "data": { "total": 6, "list": last }, "time": "later" }))),
    ];
    for (name, behind) in behind {
        let server = serve(move |q| match of_page(&q, 6) {
            list if list.is_empty() => behind((3..6).map(record).collect()),
            list => answers(json!({ "code": 0, "data": { "total": 6, "list": list }, "time": "now" })),
        })
        .await;
        let (pulled, told) = read(&connector(&server, COUNTED, ""), None).await;
        assert_eq!((told.ids, pulled.complete), (ids(6), true), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_move_while_they_are_read_are_not_taken_for_gone() {
    // Behind the first page its first record is deleted: all others move up by one, and J3 is never seen.
    let asked = Arc::new(AtomicU64::new(0));
    let server = serve(move |q| {
        let before = asked.fetch_add(1, Ordering::SeqCst) == 0;
        let list: Vec<Value> = match before {
            true => of_page(&q, 10),
            false => {
                let page: u64 = q["page"].parse().expect("a number");
                ((page - 1) * 3 + 1..(page * 3 + 1).min(10)).map(record).collect()
            }
        };
        answers(json!({ "code": 0, "data": { "total": if before { 10 } else { 9 }, "list": list } }))
    })
    .await;
    let (pulled, told) = read(&connector(&server, COUNTED, ""), None).await;
    assert!(!told.ids.contains(&"J3".to_owned()));
    assert!(!pulled.complete, "J3 lives");
    assert_eq!(told.notes.iter().map(|n| n.code.as_ref()).collect::<Vec<_>>(), ["total_changed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incremental_pull_that_records_moved_under_begins_again_where_it_began() {
    let moving = Arc::new(AtomicU64::new(1));
    let shrinks = moving.clone();
    let server = serve(move |q| {
        let page: u64 = q["page"].parse().expect("a number");
        let list: Vec<Value> = of_page(&q, 7)
            .into_iter()
            .map(|mut r| {
                r["changed"] = json!("2026-03-09 10:00:00");
                r
            })
            .collect();
        let total = 7 - if page > 2 { shrinks.load(Ordering::SeqCst) } else { 0 };
        answers(json!({ "code": 0, "data": { "total": total, "list": list } }))
    })
    .await;
    let http =
        COUNTED.replace("[source.http.paging]", "since = { param = \"since\", column = \"changed\" }\n[source.http.paging]");
    let connector = connector(&server, &http, "complete = false");
    let from = Cursor { since: Some("2026-03-01 00:00:00".into()), ..Cursor::default() };
    let (moved, told) = read(&connector, Some(from.clone())).await;
    assert_eq!((moved.next_cursor.since, told.notes.len()), (from.since.clone(), 1));
    moving.store(0, Ordering::SeqCst);
    let (still, told) = read(&connector, Some(from)).await;
    assert_eq!((still.next_cursor.since.as_deref(), told.notes.len()), (Some("2026-03-09 10:00:00"), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_total_that_changes_over_an_interruption_is_noticed() {
    let total = Arc::new(AtomicU64::new(10));
    let told = total.clone();
    let server =
        serve(move |q| answers(json!({ "code": 0, "data": { "total": told.load(Ordering::SeqCst), "list": of_page(&q, 10) } })))
            .await;
    let connector = connector(&server, COUNTED, "");
    let (whole, first) = read(&connector, None).await;
    assert!(whole.complete);
    let (rest, _) = read(&connector, Some(first.checkpoints[1].clone())).await;
    assert!(rest.complete && rest.rows == 4);
    total.store(9, Ordering::SeqCst);
    assert!(!read(&connector, Some(first.checkpoints[1].clone())).await.0.complete);
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_lists_end_a_pull_in_every_dress_and_failures_do_not() {
    let nothing = [json!([]), json!(null), json!(""), json!({}), json!(false)];
    for empty in nothing.clone() {
        let server = serve(move |q| match of_page(&q, 4) {
            list if list.is_empty() => answers(json!({ "code": 0, "data": { "list": empty } })),
            list => answers(json!({ "code": 0, "data": { "list": list } })),
        })
        .await;
        let (pulled, told) = read(&connector(&server, PAGED, ""), None).await;
        assert_eq!((told.ids, pulled.complete), (ids(4), true));
    }
    // Nothing changed since the last pull.
    for empty in nothing {
        let server = serve(move |_| answers(json!({ "code": 0, "data": { "total": 0, "list": empty } }))).await;
        let (pulled, told) = read(&connector(&server, COUNTED, "complete = false"), None).await;
        assert_eq!((told.ids.len(), pulled.rows), (0, 0));
    }
    let server = serve(|_| answers(json!({ "code": 0, "data": null }))).await;
    let ok = "items = \"/data/list\"\nok = { at = \"/code\", values = [0] }";
    let (pulled, told) = read(&connector(&server, ok, ""), None).await;
    assert_eq!((pulled.rows, pulled.complete, told.notes.len()), (0, false, 1), "nothing is taken for gone");
    // A failure on the third page is no end, with a list and without.
    for failed in [
        json!({ "code": 500, "data": { "list": [] } }),
        json!({ "code": 7, "data": null }),
        json!({ "message": "busy", "data": null }),
    ] {
        let server = serve(move |q| match of_page(&q, 6) {
            list if list.is_empty() => answers(failed.clone()),
            list => answers(json!({ "code": 0, "data": { "list": list } })),
        })
        .await;
        refused(&connector(&server, PAGED, "")).await;
    }
    for failed in [json!({ "success": false, "data": { "list": [] } }), json!({ "code": 0, "data": null })] {
        let server = serve(move |_| answers(failed.clone())).await;
        let (_, words) = refused(&connector(&server, PAGED, "")).await;
        assert!(words.contains("source.http.ok"), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_on_two_pages_and_a_session_that_ended_prove_nothing() {
    // Pages without a fixed order: J0 comes again on the second, and J4 never.
    let server = serve(|q| {
        let moved = |r: Value| if r == record(4) { record(0) } else { r };
        let list: Vec<Value> = of_page(&q, 6).into_iter().map(moved).collect();
        answers(json!({ "code": 0, "data": { "total": 6, "list": list } }))
    })
    .await;
    let (pulled, told) = read(&connector(&server, COUNTED, ""), None).await;
    assert_eq!((pulled.rows, pulled.complete), (6, false), "J4 lives");
    assert_eq!(told.notes.iter().map(|n| n.code.as_ref()).collect::<Vec<_>>(), ["pages_overlap"]);
    // Behind full pages an empty answer is the end, unless its own words say otherwise.
    let server = serve(|q| match of_page(&q, 6) {
        list if list.is_empty() => answers(json!({ "code": 0, "msg": "token已过期", "data": { "list": null } })),
        list => answers(json!({ "code": 0, "msg": "ok", "data": { "list": list } })),
    })
    .await;
    let (_, words) = refused(&connector(&server, PAGED, "")).await;
    assert!(words.contains("token已过期"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_tokens_is_known_in_every_dress() {
    let ends = [json!(false), json!(0), json!(-1), json!(""), json!(null), json!("0"), json!("null"), json!("False")];
    for end in ends {
        let said = end.clone();
        let server = serve(move |q| {
            let from: u64 = q.get("cursor").and_then(|c| c.strip_prefix('t')?.parse().ok()).unwrap_or(0);
            let list: Vec<Value> = (from..(from + 3).min(10)).map(record).collect();
            answers(json!({ "list": list, "next": if from + 3 < 10 { json!(format!("t{}", from + 3)) } else { said.clone() } }))
        })
        .await;
        let (pulled, told) = read(&connector(&server, TOKENS, ""), None).await;
        assert_eq!((told.ids, pulled.complete), (ids(10), true), "{end}");
    }
    let own = serve(|q| match q.get("cursor").map(String::as_str) {
        None => answers(json!({ "list": [record(0)], "next": "0" })),
        Some("0") => answers(json!({ "list": [record(1)], "next": "EOF" })),
        other => panic!("{other:?} was asked for"),
    })
    .await;
    let (_, told) = read(&connector(&own, &format!("{TOKENS}\nend = [\"EOF\"]"), ""), None).await;
    assert_eq!(told.ids, ids(2), "what the connector says goes before");
    let flag = serve(|_| answers(json!({ "list": [record(0)], "next": true }))).await;
    assert_eq!(refused(&connector(&flag, TOKENS, "")).await.0, "next_is_a_flag");
    // The same flag says of numbered pages where they end.
    let flagged = serve(|q| {
        let list = of_page(&q, 6);
        answers(json!({ "more": q["page"] != "2", "data": { "list": list } }))
    })
    .await;
    let (pulled, told) = read(&connector(&flagged, &format!("{PAGED}\nnext = \"/more\""), ""), None).await;
    assert_eq!((told.ids, told.checkpoints.len(), pulled.complete), (ids(6), 1, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_page_for_ever_ends_the_pull_where_it_shows_that_it_is_the_last() {
    let reasonable = |all: u64| {
        serve(move |mut q| {
            let last = all.div_ceil(3);
            let page: u64 = q["page"].parse().expect("a number");
            q.insert("page".into(), page.min(last).to_string());
            answers(json!({ "code": 0, "data": { "list": of_page(&q, all) }, "asked": page }))
        })
    };
    let server = reasonable(10).await;
    let (pulled, told) = read(&connector(&server, PAGED, ""), None).await;
    assert_eq!((told.ids, pulled.complete), (ids(10), true));
    let server = reasonable(9).await;
    let (code, words) = refused(&connector(&server, PAGED, "")).await;
    assert!(code == "paging_repeats" && words.contains("source.http.total") && words.contains("size"), "{words}");
    let server = reasonable(2).await;
    assert_eq!(refused(&connector(&server, PAGED, "")).await.0, "paging_repeats", "it may not know the parameter of the page");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_read_in_every_packing() {
    let list = Value::Array((0..3).map(record).collect());
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, text.as_bytes()).expect("memory");
        encoder.finish().expect("memory")
    };
    let plain = list.to_string();
    let wrapped = json!({ "code": "0", "data": json!({ "total": 3, "list": list }).to_string() }).to_string();
    let mapped = json!({ "0": record(0), "1": record(1), "2": record(2) });
    let at = "items = \"/data/list\"";
    let cases: Vec<(&str, &str, Vec<u8>, &str)> = vec![
        ("text/html", "", plain.clone().into_bytes(), "data as a web page"),
        ("text/xml", "", plain.clone().into_bytes(), "data as XML"),
        ("application/json", "", gzip(&plain), "gzip without its header"),
        ("application/json", "", format!("callback({plain});").into_bytes(), "JSONP"),
        ("application/json", "", format!(")]}}',\n{plain}").into_bytes(), "a guard"),
        ("application/json", "", Value::String(plain.clone()).to_string().into_bytes(), "JSON in a text"),
        ("application/json", at, wrapped.into_bytes(), "JSON in a member"),
        ("application/json", "", json!({ "d": plain }).to_string().into_bytes(), "JSON in the only member"),
        ("application/json", "", mapped.to_string().into_bytes(), "a map"),
        ("application/json", at, json!({ "data": { "list": mapped } }).to_string().into_bytes(), "a map at its place"),
        ("application/json", "", encoding_rs::GB18030.encode(&plain).0.into_owned(), "GB18030"),
        ("application/json", "", [b"\xef\xbb\xbf", plain.as_bytes()].concat(), "a byte order mark"),
        ("application/json", "", (0..3).map(|n| record(n).to_string() + "\n").collect::<String>().into_bytes(), "lines"),
    ];
    for (media_type, http, body, name) in cases {
        let server = serve(move |_| ([(header::CONTENT_TYPE, media_type)], body.clone()).into_response()).await;
        let sample = take(&connector(&server, http, ""), None, &context(), None).await;
        let sample = sample.unwrap_or_else(|e| panic!("{name}: {e}"));
        let names: Vec<_> = sample.rows.iter().map(|r| r.cells[1].clone().unwrap_or_default()).collect();
        assert_eq!(names, ["北京示例0号有限公司", "北京示例1号有限公司", "北京示例2号有限公司"], "{name}");
    }
    let one = serve(|_| answers(json!({ "code": 0, "data": { "total": 1, "list": record(7) } }))).await;
    assert_eq!(read(&connector(&one, COUNTED, ""), None).await.1.ids, ["J7"]);
    for (body, code) in [("callback([{\"id\":1}", "truncated"), ("<!-- x --><html>请登录", "html"), ("PK\u{3}\u{4}…", "packed")]
    {
        let server = serve(move |_| ([(header::CONTENT_TYPE, "text/html")], body).into_response()).await;
        assert_eq!(refused(&connector(&server, "", "")).await.0, code, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_end_with_the_connection_prove_nothing() {
    let lines: String = (0..5).map(|n| record(n).to_string() + "\n").collect();
    let server = serve_until_closed(lines.clone().into_bytes()).await;
    let mut connector_of = connector(&server, "", "");
    connector_of.source.format = Some(huitu::connector::Format::Ndjson);
    let (pulled, told) = read(&connector_of, None).await;
    assert_eq!((told.ids, pulled.complete), (ids(5), false));
    assert_eq!(told.notes[0].code, "not_proven_whole");
    let server = serve_until_closed(lines.as_bytes()[..lines.len() - 9].to_vec()).await;
    connector_of.source.place = format!("http://{}/", server.0);
    assert_eq!(refused(&connector_of).await.0, "truncated");
    let sized = serve(move |_| lines.clone().into_response()).await;
    connector_of.source.place = format!("http://{}/", sized.0);
    assert!(read(&connector_of, None).await.0.complete);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_lines_without_a_length_proves_nothing_and_one_typed_as_a_web_page_is_read() {
    let csv = "id,name\nJ0,北京示例0号有限公司\nJ1,北京示例1号有限公司\n";
    let open = serve_until_closed(csv.as_bytes().to_vec()).await;
    let connector_of = connector(&open, "", "").with_source(&format!("http://{}/list.csv", open.0));
    let (pulled, told) = read(&connector_of, None).await;
    assert_eq!((told.ids, pulled.complete), (ids(2), false));
    assert!(told.notes.iter().any(|n| n.code == "not_proven_whole"));
    let typed = serve(move |_| ([(header::CONTENT_TYPE, "text/html")], csv).into_response()).await;
    let connector_of = connector(&typed, "", "").with_source(&format!("http://{}/list.csv", typed.0));
    let (pulled, told) = read(&connector_of, None).await;
    assert_eq!((told.ids, pulled.complete), (ids(2), true));
    let login = serve(|_| ([(header::CONTENT_TYPE, "text/plain")], "<!doctype html><html>请登录</html>").into_response()).await;
    let connector_of = connector(&login, "", "").with_source(&format!("http://{}/list.csv", login.0));
    assert_eq!(refused(&connector_of).await.0, "html");
}

fn xml(server: &Server, http: &str) -> Connector {
    let mut connector = connector(server, http, "");
    connector.source.format = Some(huitu::connector::Format::Xml);
    connector
}

#[tokio::test(flavor = "multi_thread")]
async fn of_xml_only_records_or_a_word_of_emptiness_are_an_answer() {
    let at = async |body: &'static str, http: &str| {
        let server = serve(move |_| ([(header::CONTENT_TYPE, "text/xml")], body).into_response()).await;
        let connector = xml(&server, http);
        match pull(&connector, None, &context(), &mut Counting::default()).await {
            Ok(pulled) => Ok((pulled.rows, pulled.complete)),
            Err(error) => {
                assert!(error.held, "{error}");
                Err((error.problem.code.to_string(), error.problem.en))
            }
        }
    };
    let row = "items = \"row\"";
    let soap = "<s:Envelope xmlns:s=\"u\"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>no database</faultstring></s:Fault></s:Body></s:Envelope>";
    let (code, words) = at(soap, row).await.expect_err("a fault");
    assert!(code == "fault" && words.contains("no database"), "{words}");
    let escaped = "<s:Envelope xmlns:s=\"u\"><s:Body><r><return>&lt;?xml version=\"1.0\" encoding=\"GBK\"?&gt;&lt;d&gt;&lt;row&gt;&lt;id&gt;J0&lt;/id&gt;&lt;name&gt;北京示例有限公司&lt;/name&gt;&lt;/row&gt;&lt;/d&gt;</return></r></s:Body></s:Envelope>";
    assert_eq!(at(escaped, row).await, Ok((1, true)));
    let cdata = "<r><return><![CDATA[<d><code>1</code><msg>no rights</msg></d>]]></return></r>";
    assert_eq!(at(cdata, row).await.expect_err("a message").0, "no_items");
    for http in [row, ""] {
        assert_eq!(at("<string>[{\"id\":\"J0\",\"name\":\"x\"}]</string>", http).await, Ok((1, true)));
        assert_eq!(
            at("<r><out>&lt;d&gt;&lt;row&gt;&lt;id&gt;1&lt;/id&gt;&lt;/row&gt;&lt;/d&gt;</out></r>", http).await,
            Ok((1, true))
        );
    }
    assert_eq!(at("<r><code>1</code><msg>no rights</msg></r>", row).await.expect_err("a message").0, "no_items");
    assert_eq!(at("<r><list/></r>", row).await, Ok((0, true)));
    let ok = "items = \"row\"\nok = { at = \"/code\", values = [0] }";
    assert_eq!(at("<r><code>0</code><msg>none</msg></r>", ok).await, Ok((0, true)));
    assert_eq!(at("<r><code>9</code><row><id>1</id></row></r>", ok).await.expect_err("refused").0, "refused_in_body");
    let total = "items = \"row\"\ntotal = \"/@total\"";
    assert_eq!(at("<r total=\"0\"><msg>none</msg></r>", total).await, Ok((0, true)));
    assert_eq!(
        at("<r total=\"5\"><row><id>1</id><name>x</name></row></r>", total).await.expect_err("four are missing").0,
        "short"
    );
    assert_eq!(at("{\"code\":500}", row).await.expect_err("no XML").0, "not_xml");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_days_of_answers_are_read_in_their_dress() {
    let server = serve(|_| {
        let day = |id: &str, name: &str, day: Value| json!({ "id": id, "name": name, "day": day });
        answers(json!([
            day("A", "北京金隅&amp;华信有限公司", json!("2021-02-28T16:00:00.000+0000")),
            day("B", "北京蓝天（集团）有限公司&nbsp;", json!(1_614_528_000_000_u64)),
            day("C", "<em>北京恒泰</em>物业有限公司", json!([2021, 3, 1, 0, 0])),
            day("D", "北京\\u4e2d科有限公司", json!({ "year": 2021, "monthValue": 3, "dayOfMonth": 1 })),
            day(
                "E",
                "%E5%8C%97%E4%BA%AC%E5%BE%B7%E6%B6%A6%E6%9C%89%E9%99%90%E5%85%AC%E5%8F%B8",
                json!("/Date(1614528000000+0800)/")
            ),
        ]))
    })
    .await;
    let sample = take(&connector(&server, "", ""), None, &context(), None).await.expect("read");
    let expected =
        ["北京金隅&华信有限公司", "北京蓝天（集团）有限公司", "北京恒泰物业有限公司", "北京中科有限公司", "北京德润有限公司"];
    for (row, name) in sample.rows.iter().zip(expected) {
        let record = &row.read.as_ref().expect("a record")[0];
        assert_eq!(record.text(huitu::model::field::Field::Name), Some(name));
        let day = record.fields.iter().find(|f| f.field == huitu::model::field::Field::EstablishedOn).expect("a day");
        assert_eq!(day.value.as_ref().map(ToString::to_string).as_deref(), Some("2021-03-01"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kit_rehearses_an_interface_of_lines_and_one_of_xml_that_says_how_it_went() {
    let folder = tempfile::tempdir().expect("a folder");
    let sample = folder.path().join("sample");
    std::fs::create_dir(&sample).expect("a folder");
    let server = serve(|_| StatusCode::NOT_FOUND.into_response()).await;
    for (format, http, text) in [
        (
            "ndjson",
            "[source.http.paging]\nkind = \"page\"",
            "{\"id\":\"J0\",\"name\":\"甲公司\"}\n{\"id\":\"J1\",\"name\":\"乙公司\"}\n",
        ),
        (
            "xml",
            "items = \"row\"\ntotal = \"/@total\"\nok = { at = \"/code\", values = [0] }\n[source.http.paging]\nkind = \"offset\"",
            "<r total=\"2\"><code>0</code><row><id>J0</id><name>甲公司</name></row><row><id>J1</id><name>乙公司</name></row></r>",
        ),
    ] {
        let mut connector = connector(&server, http, "");
        connector.source.format = huitu::connector::format_of(&format!("a.{format}"));
        std::fs::write(sample.join(format!("answer.{format}")), text).expect("written");
        let findings = huitu::pull::check::check(&connector, folder.path(), &context()).await;
        let failed: Vec<_> = findings.iter().filter(|f| !f.passed && !matches!(f.name, "expected" | "drift_renamed")).collect();
        assert!(failed.is_empty(), "{format}: {failed:?}");
        assert!(findings.iter().any(|f| f.name == "packed_unsaid"), "{format}");
        assert_eq!(findings.iter().any(|f| f.name == "soap_fault"), format == "xml");
        std::fs::remove_file(sample.join(format!("answer.{format}"))).expect("removed");
    }
}

/// One case handed to us, played by a server: its own answer, or what the case says of the pages around it.
async fn play(case: &str, dir: PathBuf) -> Server {
    let text = std::fs::read(dir.join("response.json"))
        .or_else(|_| std::fs::read(dir.join("response.xml")))
        .or_else(|_| std::fs::read(dir.join("response.bin")));
    let body = text.unwrap_or_default();
    if case == "h_closecut" {
        return serve_until_closed(body).await;
    }
    let media_type = if case == "h_texthtml" {
        "text/html"
    } else if dir.join("response.xml").exists() {
        "text/xml"
    } else {
        "application/json"
    };
    let case = case.to_owned();
    let deleted = AtomicU64::new(0);
    let state = Arc::new(deleted);
    let given = move |bytes: Vec<u8>| ([(header::CONTENT_TYPE, media_type)], bytes).into_response();
    serve(move |q| {
        let page: u64 = q.get("page").and_then(|p| p.parse().ok()).unwrap_or(1);
        let list = of_page(&q, 10);
        let numbered: serde_json::Map<String, Value> = list.iter().enumerate().map(|(n, r)| (n.to_string(), r.clone())).collect();
        let token: u64 = q.get("cursor").and_then(|c| c.parse().ok()).unwrap_or(0);
        match case.as_str() {
            "h_bigdel" => {
                let asked = state.fetch_add(1, Ordering::SeqCst);
                // Ten pages and a question for certainty are the first pull, whole; in the second the first record goes behind the
                // first page.
                let gone = u64::from(asked > 11);
                let from = (page - 1) * 10 + gone;
                let list: Vec<Value> = (from..(from + 10).min(100)).map(record).collect();
                given(json!({ "code": 0, "data": { "total": 100 - gone, "list": list } }).to_string().into_bytes())
            }
            "h_doubled" if page > 1 => {
                given(json!({ "code": "0", "data": json!({ "total": 10, "list": list }).to_string() }).to_string().into_bytes())
            }
            "h_phpmap" if page > 1 => {
                given(json!({ "code": 0, "data": { "total": 10, "list": numbered } }).to_string().into_bytes())
            }
            "h_texthtml" if page > 1 => {
                given(json!({ "code": 0, "data": { "total": 10, "list": list } }).to_string().into_bytes())
            }
            "h_totalwrong" if page > 1 => {
                given(json!({ "code": 0, "data": { "total": list.len(), "list": list } }).to_string().into_bytes())
            }
            "h_reasonable" if page < 4 => given(json!({ "code": 0, "data": { "list": list } }).to_string().into_bytes()),
            "h_hasnext" | "h_nextzero" if token < 9 => {
                let list: Vec<Value> = (token..token + 3).map(record).collect();
                given(json!({ "list": list, "next": token + 3 }).to_string().into_bytes())
            }
            _ => given(body.clone()),
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_handed_to_us_is_read_or_refused_as_its_expectation_says() {
    let Some(folder) = folder() else { return };
    let cases: &[(&str, Result<u64, &str>)] = &[
        ("h_closecut", Ok(5)),
        ("h_dates", Ok(12)),
        ("h_doubled", Ok(10)),
        ("h_emptynull", Ok(0)),
        ("h_gznohdr", Ok(0)),
        ("h_hasnext", Ok(10)),
        ("h_htmlent", Ok(5)),
        ("h_jsonp", Ok(0)),
        ("h_nextzero", Ok(10)),
        ("h_phpmap", Ok(10)),
        ("h_reasonable", Ok(10)),
        ("h_single", Ok(1)),
        ("h_soap", Ok(4)),
        ("h_texthtml", Ok(10)),
        ("h_totalwrong", Ok(10)),
        ("h_xmlfault", Err("fault")),
        ("h_bigdel", Ok(100)),
    ];
    for (case, right) in cases {
        let dir = folder.join(case);
        let Ok(text) = std::fs::read_to_string(dir.join("connector.toml")) else { continue };
        let server = play(case, dir.clone()).await;
        let mut connector = Connector::parse(case, &text).unwrap_or_else(|e| panic!("{case}: {e}"));
        connector.source.place = format!("http://{}/", server.0);
        connector.manners.retries = 0;
        connector.drift = huitu::connector::DriftPolicy::QuarantineValue;
        match (take(&connector, None, &context(), None).await, right) {
            (Ok(sample), Ok(rows)) => {
                assert!(sample.faults.is_empty(), "{case}");
                // The whole answers say themselves how many they are.
                let rows = if *rows == 0 && *case != "h_emptynull" { sample.rows.len().max(8) } else { *rows as usize };
                assert_eq!(sample.rows.len(), rows, "{case}");
                for row in &sample.rows {
                    let record = &row.read.as_ref().unwrap_or_else(|e| panic!("{case}: {e:?}"))[0];
                    let day = record.fields.iter().find(|f| f.field == huitu::model::field::Field::EstablishedOn);
                    let day = day.and_then(|d| d.value.as_ref()).map(ToString::to_string);
                    assert!(day.is_none() || day.as_deref() == Some("2021-03-01"), "{case}: {day:?}");
                    assert!(case != &"h_dates" || day.is_some(), "{case}: {:?}", row.cells);
                    let name = record.text(huitu::model::field::Field::Name).unwrap_or_default();
                    assert!(name.starts_with("北京") && name.ends_with("公司"), "{case}: {name}");
                }
            }
            (Err(SampleError::Pull(error)), Err(code)) => assert_eq!(error.problem.code, *code, "{case}: {error}"),
            (other, _) => panic!("{case}: {:?}", other.map(|s| s.rows.len())),
        }
        if *case == "h_bigdel" {
            let (pulled, told) = read(&connector, None).await;
            assert!(!pulled.complete && told.notes.iter().any(|n| n.code == "total_changed"), "{case}");
        }
    }
}
