//! Pushes: landed once and answered after the commit, or refused with one clear answer; receipts; editions that follow.

use std::io::Write;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::support::hub::{TestHub, TestServer, hub_with, manifest, morning};

const PUSH: &str = "transport = \"push\"\nformat = \"ndjson\"\ncaps = { bytes = 4000000, ratio = 50 }";

async fn departments() -> (TestHub, TestServer) {
    let test_hub = hub_with(
        &[
            ("cases", manifest("案件", "complete = false\ndrift = \"hold\"", PUSH, "")),
            ("roll", manifest("名册", "", PUSH, "")),
            ("pulled", manifest("台账", "", "transport = \"file\"\nplace = \"pulled.csv\"", "")),
        ],
        morning(),
    )
    .await;
    let server = test_hub
        .serve(&[
            ("s-cases", "ingest", Some("cases")),
            ("s-roll", "ingest", Some("roll")),
            ("s-op", "admin", None),
            ("s-sys", "system", None),
        ])
        .await;
    (test_hub, server)
}

fn request(registry: &str, token: &str, key: &str) -> axum::http::request::Builder {
    Request::post(format!("/ingest/{registry}"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("Idempotency-Key", key)
        .header(header::CONTENT_TYPE, "application/x-ndjson")
}

fn lines(range: std::ops::Range<usize>) -> String {
    range
        .map(|i| json!({ "编号": format!("K{i:04}"), "名称": format!("北京示例{i}号有限公司"), "职工": i }).to_string() + "\n")
        .collect()
}

fn gz(text: &str) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_lands_once_and_the_same_key_answers_the_same_receipt() {
    let (test_hub, server) = departments().await;
    let body = lines(0..30);
    let (status, headers, receipt) =
        server.send(request("cases", "s-cases", "day-1").body(Body::from(body.clone())).unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{receipt}");
    assert_eq!(
        (&receipt["state"], &receipt["read"], &receipt["new"], &receipt["complete"]),
        (&json!("DONE"), &json!(30), &json!(30), &json!(false))
    );
    assert_eq!(test_hub.state("cases").await, ("CURRENT".to_owned(), 30), "the answer comes after the commit");
    let place = headers[header::LOCATION].to_str().unwrap().to_owned();

    let (status, _, again) = server.send(request("cases", "s-cases", "day-1").body(Body::from(body.clone())).unwrap()).await;
    assert_eq!((status, &again), (StatusCode::OK, &receipt), "the same receipt, landed once");
    assert_eq!(test_hub.hub.store.batches(None, None, 10).await.unwrap().len(), 1);

    let (status, _, said) = server.send(request("cases", "s-cases", "day-1").body(Body::from(lines(0..31))).unwrap()).await;
    assert_eq!((status, &said["error"]["code"]), (StatusCode::CONFLICT, &json!("KEY_REUSED")), "{said}");
    assert_eq!(test_hub.state("cases").await.1, 30);

    // Incremental: what a batch lacks stays. Compressed and in CSV it is the same registry.
    let next = request("cases", "s-cases", "day-2")
        .header(header::CONTENT_ENCODING, "gzip")
        .body(Body::from(gz(&lines(25..40))))
        .unwrap();
    let (status, _, receipt) = server.send(next).await;
    assert_eq!(
        (status, &receipt["new"], &receipt["unchanged"], &receipt["gone"]),
        (StatusCode::OK, &json!(10), &json!(5), &json!(0)),
        "{receipt}"
    );
    let csv = "编号,名称,职工,信用代码\nK9001,北京示例九千号有限公司,7,\n";
    let (gb, ..) = encoding_rs::GB18030.encode(csv);
    let mut csv = request("cases", "s-cases", "day-3").body(Body::from(gb.into_owned())).unwrap();
    csv.headers_mut().insert(header::CONTENT_TYPE, "text/csv".parse().unwrap());
    let (status, _, receipt) = server.send(csv).await;
    assert_eq!((status, &receipt["landed"]), (StatusCode::OK, &json!(1)), "{receipt}");

    // The department reads its own receipts, as data and as a page; another one does not.
    let get = |path: String, token: &str, accept: &str| {
        Request::get(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::ACCEPT, accept)
            .body(Body::empty())
            .unwrap()
    };
    let (status, _, read) = server.send(get(place.clone(), "s-cases", "application/json")).await;
    assert_eq!((status, &read["idempotencyKey"]), (StatusCode::OK, &json!("day-1")));
    let (status, headers, page) = server.send(get(format!("{place}.html"), "s-cases", "*/*")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    assert!(page.as_str().unwrap().contains("已全部入库：30 行"), "{page}");
    assert_eq!(server.send(get(place, "s-roll", "*/*")).await.0, StatusCode::NOT_FOUND);

    // Whoever runs the hub and sees no data is told where and why, and nothing that stands in a row; who looked is noted.
    let bad = json!({ "编号": "K0090", "名称": "北京示例九十号有限公司", "职工": "ZX-731-Q" }).to_string() + "\n";
    let nobody = json!({ "名称": "北京示例无号有限公司", "职工": 5 }).to_string() + "\n";
    let body = Body::from(lines(40..70) + &bad + &nobody);
    let (status, headers, receipt) = server.send(request("cases", "s-cases", "day-4").body(body).unwrap()).await;
    assert_eq!((status, &receipt["quarantined"]), (StatusCode::OK, &json!(1)), "{receipt}");
    let place = headers[header::LOCATION].to_str().unwrap().to_owned();
    for (token, is_told) in [("s-cases", true), ("s-op", true), ("s-sys", false)] {
        for path in [place.clone(), format!("{place}.html")] {
            let (status, _, told) = server.send(get(path.clone(), token, "*/*")).await;
            assert_eq!(status, StatusCode::OK, "{token} {path}");
            let told = told.to_string();
            assert_eq!(told.contains("无号"), is_told, "{token} {path}: {told}");
            assert!(is_told || !told.contains("ZX-731-Q"), "{token} {path}: {told}");
            assert!(told.contains("key_missing") || path.ends_with(".html"), "{token}: {told}");
        }
    }
    let row = "{ registry(name: \"cases\") { quarantine(first: 5) { nodes { code reason raw } } } }";
    let asked = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
    let asked = asked.header(header::AUTHORIZATION, "Bearer s-sys").body(Body::from(json!({ "query": row }).to_string()));
    let told = server.send(asked.unwrap()).await.2.to_string();
    assert!(told.contains("key_missing") && !told.contains("无号"), "{told}");
    let mut noted = Vec::new();
    huitu::audit::search(&test_hub.dir.path().join("data/audit"), &huitu::audit::AuditQuestion::default(), |row| {
        noted.push((row.name, row.way, row.classes));
        Ok(())
    })
    .unwrap();
    let seen: Vec<&(String, String, Vec<String>)> = noted.iter().filter(|(_, way, _)| way == "file").collect();
    assert_eq!(seen.len(), 8, "two receipts of the first batch, six of the last: {noted:?}");
    assert!(seen.iter().any(|(name, _, classes)| name == "s-op" && classes == &["MONEY", "DISPUTE"]), "{noted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refused_push_has_one_clear_answer_and_lands_nothing() {
    let (mut test_hub, _) = departments().await;
    test_hub.hub.push_stall_timeout = Duration::from_millis(100);
    let server = test_hub.serve(&[("s-cases2", "ingest", Some("cases")), ("s-read", "analyst", None)]).await;
    let some = || Body::from(lines(0..3));
    let of = |registry: &str, token: &str| request(registry, token, "k").body(some()).unwrap();
    let with = |mut r: Request<Body>, name: header::HeaderName, value: &'static str| {
        r.headers_mut().insert(name, value.parse().unwrap());
        r
    };
    let mut anonymous = of("cases", "x");
    anonymous.headers_mut().remove(header::AUTHORIZATION);
    let mut keyless = of("cases", "s-cases2");
    keyless.headers_mut().remove("Idempotency-Key");
    let body = |body: Body| request("cases", "s-cases2", "k").body(body).unwrap();
    let bomb = with(body(Body::from(gz(&" ".repeat(3_900_000)))), header::CONTENT_ENCODING, "gzip");
    let half = gz(&lines(0..2_000));
    let half = with(body(Body::from(half[..half.len() / 2].to_vec())), header::CONTENT_ENCODING, "gzip");
    let html = with(body(Body::from("<!doctype html><html>login</html>")), header::CONTENT_TYPE, "text/csv");
    let endless = Body::from_stream(futures_util::stream::iter((0..100).map(|_| Ok::<_, std::io::Error>(vec![b' '; 100_000]))));
    let cut = futures_util::stream::iter([Ok(lines(0..2).into_bytes()), Err(std::io::Error::other("gone"))]);
    let cases: Vec<(&str, Request<Body>, u16, &str)> = vec![
        ("no token", anonymous, 401, "UNAUTHENTICATED"),
        ("unknown token", of("cases", "nobody"), 401, "UNAUTHENTICATED"),
        ("another registry's token", of("roll", "s-cases2"), 403, "FORBIDDEN"),
        ("a reader's token", of("cases", "s-read"), 403, "FORBIDDEN"),
        ("unknown registry", of("case", "s-op"), 404, "NOT_FOUND"),
        ("pulled registry", of("pulled", "s-op"), 409, "NOT_PUSHED"),
        ("no key", keyless, 400, "BAD_INPUT"),
        ("another format", with(of("cases", "s-cases2"), header::CONTENT_TYPE, "image/png"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("another compression", with(of("cases", "s-cases2"), header::CONTENT_ENCODING, "br"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("announced too large", with(of("cases", "s-cases2"), header::CONTENT_LENGTH, "4000001"), 413, "TOO_LARGE"),
        ("endless", body(endless), 413, "TOO_LARGE"),
        ("a bomb", bomb, 413, "TOO_LARGE"),
        ("broken off", body(Body::from_stream(cut)), 400, "BROKEN_OFF"),
        ("half a file", half, 422, "UNREADABLE"),
        ("a web page", html, 422, "UNREADABLE"),
        ("empty", body(Body::from("\n\n")), 422, "UNREADABLE"),
        ("without its key column", body(Body::from("{\"名称\":\"甲\"}\n")), 422, "UNREADABLE"),
    ];
    for (name, request, status, code) in cases {
        let (got, _, said) = server.send(request).await;
        let text = said["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert_eq!((got.as_u16(), &said["error"]["code"]), (status, &json!(code)), "{name}: {said}");
        assert!(text.chars().any(|c| c > '\u{4e00}') && !text.contains("body-"), "{name}: {text}");
    }
    let english = with(of("roll", "s-cases2"), header::ACCEPT_LANGUAGE, "en");
    let text = server.send(english).await.2["error"]["message"].as_str().unwrap().to_owned();
    assert!(text.contains("huitu token create --ingest roll"), "{text}");

    let leader = test_hub.hub.store.lead().await.unwrap();
    let (status, headers, said) = server.send(of("cases", "s-cases2")).await;
    assert_eq!(
        (status, &said["error"]["code"], &said["error"]["retryable"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("BUSY"), &json!(true))
    );
    assert_eq!(headers[header::RETRY_AFTER], "30");
    assert!(said["error"]["message"].as_str().unwrap().contains("一次入库或发布"), "what it waited for is named: {said}");
    drop(leader);
    assert_eq!(test_hub.hub.store.last_record_id().await.unwrap(), 0, "nothing landed");
    // None of those used the key up.
    assert_eq!(server.send(of("cases", "s-cases2")).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complete_push_that_would_empty_the_registry_waits_for_a_person() {
    let (test_hub, server) = departments().await;
    let send = |key: &'static str, range| server.send(request("roll", "s-roll", key).body(Body::from(lines(range))).unwrap());
    let (status, _, receipt) = send("a", 0..40).await;
    assert_eq!((status, &receipt["complete"]), (StatusCode::OK, &json!(true)), "{receipt}");
    let (status, _, held) = send("b", 0..10).await;
    assert_eq!(
        (status, &held["state"], &held["heldBecause"]["code"]),
        (StatusCode::ACCEPTED, &json!("HELD"), &json!("vanished")),
        "{held}"
    );
    assert_eq!(test_hub.state("roll").await, ("HELD".to_owned(), 40), "nothing was deleted");
    assert_eq!(send("b", 0..10).await.0, StatusCode::ACCEPTED, "still the same batch");
    // The next good batch is not blocked by the held one.
    assert_eq!(send("c", 0..41).await.0, StatusCode::OK);
    let number = held["id"].as_i64().unwrap();
    let late =
        test_hub.hub.decide_batch(number, true, "tester", "checked", std::sync::Arc::new(huitu::hub::progress::Silent)).await;
    assert!(late.unwrap_err().to_string().contains("overtaken"), "old rows never go over new ones");
    // A real mass deregistration: held, released, and the registry goes on.
    let (_, _, held) = send("d", 0..5).await;
    let number = held["id"].as_i64().unwrap();
    test_hub
        .hub
        .decide_batch(number, true, "tester", "checked", std::sync::Arc::new(huitu::hub::progress::Silent))
        .await
        .unwrap();
    assert_eq!(test_hub.state("roll").await, ("CURRENT".to_owned(), 5));
    let (status, _, receipt) = send("d", 0..5).await;
    assert_eq!((status, &receipt["gone"], &receipt["decidedBy"]), (StatusCode::OK, &json!(36), &json!("tester")), "{receipt}");
    assert_eq!(send("e", 0..6).await.0, StatusCode::OK);
    // A column that went missing holds where the connector says so.
    let body = "{\"编号\":\"K1\",\"企业名\":\"甲\",\"职工\":3}\n";
    let (status, _, held) = server.send(request("cases", "s-cases", "drift").body(Body::from(body)).unwrap()).await;
    assert_eq!((status, &held["heldBecause"]["code"]), (StatusCode::ACCEPTED, &json!("drift")), "{held}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_departments_push_at_once_while_the_hub_is_busy_and_all_are_taken_in() {
    let (test_hub, server) = departments().await;
    let turn = test_hub.hub.store.write_lock(Duration::ZERO).await.unwrap();
    let pushes = (0..8usize).map(|i| {
        let (registry, token) = if i % 2 == 0 { ("cases", "s-cases") } else { ("roll", "s-roll") };
        // The roll states itself anew with every push: all of its rows each time.
        let range = if i % 2 == 0 { i * 10..i * 10 + 10 } else { 0..20 };
        let key = format!("k{i}");
        let server = &server;
        async move { server.send(request(registry, token, &key).body(Body::from(lines(range))).unwrap()).await }
    });
    let free = async {
        test_hub.hub.pushes_waiting().wait_for(|waiting| *waiting == 8).await.unwrap();
        assert_eq!(test_hub.hub.store.last_record_id().await.unwrap(), 0, "nothing lands out of turn");
        drop(turn);
    };
    let (answers, ()) = tokio::join!(futures_util::future::join_all(pushes), free);
    for (status, _, receipt) in &answers {
        assert_eq!((*status, &receipt["state"]), (StatusCode::OK, &json!("DONE")), "{receipt}");
    }
    assert_eq!(test_hub.state("cases").await.1, 40);
    assert_eq!(test_hub.state("roll").await.1, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_does_not_wait_for_the_registries_that_a_sync_waits_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let source = format!("transport = \"http\"\nformat = \"json\"\nplace = \"http://{}/list\"", listener.local_addr().unwrap());
    let slow = manifest("慢", "", &source, "[manners]\nretries = 0\nread_timeout_secs = 4\ntotal_timeout_secs = 4\n");
    let test_hub = hub_with(&[("cases", manifest("案件", "complete = false", PUSH, "")), ("slow", slow)], morning()).await;
    let server = test_hub.serve(&[("s-cases", "ingest", Some("cases"))]).await;
    let mut steps = server.state.state().events().syncs.subscribe();
    let publishing = tokio::spawn(huitu::serve::publish_pushes(server.state.state().clone()));
    let hub = test_hub.hub.clone();
    let syncing =
        tokio::spawn(async move { hub.sync(&Default::default(), std::sync::Arc::new(huitu::hub::progress::Silent)).await });
    // The registry has been reached, and says nothing.
    let held = listener.accept().await.unwrap();
    let (status, _, receipt) = server.send(request("cases", "s-cases", "a").body(Body::from(lines(0..5))).unwrap()).await;
    assert_eq!((status, &receipt["landed"]), (StatusCode::OK, &json!(5)), "{receipt}");
    assert_eq!(test_hub.state("cases").await.1, 5, "landed before it was answered");
    let shown = crate::support::hub::edition_of(&test_hub.hub, &mut steps, 5).await;
    assert!(shown && !syncing.is_finished(), "the edition with the push waited for the sync");
    let Err(second) = test_hub.hub.store.lead().await else { panic!("two syncs at once") };
    assert!(second.to_string().contains("another huitu is syncing"), "{second}");
    drop(held);
    drop(listener);
    assert_eq!(syncing.await.unwrap().unwrap().receipts[0].outcome, huitu::land::receipt::SyncOutcome::Failed);
    publishing.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_follows_a_push_by_itself() {
    let (test_hub, server) = departments().await;
    let mut steps = server.state.state().events().syncs.subscribe();
    let publishing = tokio::spawn(huitu::serve::publish_pushes(server.state.state().clone()));
    for (key, range) in [("a", 0..5), ("b", 5..9)] {
        assert_eq!(server.send(request("cases", "s-cases", key).body(Body::from(lines(range))).unwrap()).await.0, StatusCode::OK);
    }
    assert!(crate::support::hub::edition_of(&test_hub.hub, &mut steps, 9).await, "no edition shows the push");
    publishing.abort();
}

/// Starts `huitu serve` over the folder's connectors and answers its address.
fn serve(dir: &std::path::Path, port: u16) -> std::process::Child {
    let huitu = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_huitu"));
        let (connectors, data) = (dir.join("connectors").display().to_string(), dir.join("data").display().to_string());
        command.args(["--connectors", &connectors, "--data", &data]);
        command
    };
    // Nobody may ask before there is an administrator; the second time there is one.
    huitu().arg("init").output().expect("huitu starts");
    if !dir.join("secret").exists() {
        let made = huitu().args(["token", "create", "--ingest", "cases"]).output().expect("huitu starts");
        std::fs::write(dir.join("secret"), made.stdout.trim_ascii()).expect("written");
    }
    huitu()
        .args(["--listen", &format!("127.0.0.1:{port}"), "serve"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("huitu starts")
}

/// A server that does not outlive its test.
struct Server(std::process::Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_stored_although_the_server_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    crate::support::hub::write(dir.path(), "connectors/cases/connector.toml", manifest("案件", "complete = false", PUSH, ""));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..3usize {
        let port = crate::support::servers::free_port();
        let mut server = Server(serve(dir.path(), port));
        let said = server.0.stdout.take().expect("piped");
        crate::support::servers::until_said(said, "/graphql", "huitu");
        let mut sent = 0usize;
        // Killed while a push is under way, at another moment in each round.
        loop {
            let number = round * 1_000 + sent;
            let push = client
                .post(format!("http://127.0.0.1:{port}/ingest/cases"))
                .header("Idempotency-Key", format!("k{number}"))
                .header(header::AUTHORIZATION, format!("Bearer {}", std::fs::read_to_string(dir.path().join("secret")).unwrap()))
                .header(header::CONTENT_TYPE, "application/x-ndjson")
                .body(lines(number..number + 1));
            if sent == 6 + round {
                let last = tokio::spawn(push.send());
                tokio::time::sleep(Duration::from_millis(3 * round as u64)).await;
                server.0.kill().unwrap();
                server.0.wait().unwrap();
                if let Ok(Ok(answer)) = last.await
                    && answer.status() == 200
                {
                    acknowledged.push(format!("K{number:04}"));
                }
                break;
            }
            assert_eq!(push.send().await.unwrap().status(), 200);
            acknowledged.push(format!("K{number:04}"));
            sent += 1;
        }
    }
    let test_hub = crate::support::hub::open(dir, morning()).await;
    let last = test_hub.hub.store.last_record_id().await.unwrap();
    let stored: Vec<String> = test_hub.hub.store.records_between(0, last).await.unwrap().into_iter().map(|r| r.key).collect();
    let lost: Vec<_> = acknowledged.iter().filter(|k| !stored.contains(k)).collect();
    assert!(acknowledged.len() >= 21 && lost.is_empty(), "acknowledged but not stored: {lost:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_names_every_row_that_did_not_land() {
    let (test_hub, server) = departments().await;
    let mut body = lines(0..20);
    body.push_str("{\"名称\":\"<b>无编号</b>\",\"职工\":1}\n{\"编号\":\"K0003\",\"名称\":\"别的\",\"职工\":1}\n{\"编号\":\"K8000\",\"名称\":\"甲\",\"职工\":\"很多\"}\n");
    let (status, _, receipt) = server.send(request("roll", "s-roll", "r").body(Body::from(body)).unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{receipt}");
    assert_eq!(receipt["read"], json!(23));
    assert_eq!(receipt["landed"].as_i64().unwrap() + receipt["quarantined"].as_i64().unwrap(), 23);
    let rows: Vec<(i64, &Value)> =
        receipt["quarantinedRows"].as_array().unwrap().iter().map(|r| (r["row"].as_i64().unwrap(), &r["code"])).collect();
    assert_eq!(rows, [(21, &json!("key_missing")), (22, &json!("duplicate_key"))]);
    let value = &receipt["unreadableValues"][0];
    assert_eq!((&value["key"], &value["column"], &value["raw"]), (&json!("K8000"), &json!("职工"), &json!("很多")), "{receipt}");
    let page = huitu::pages::receipt::render(
        &test_hub.hub.batch_receipt(receipt["id"].as_i64().unwrap()).await.unwrap(),
        huitu::model::message::Lang::En,
    );
    assert!(page.contains("23 rows came: 21 have landed, 2 are in quarantine") && !page.contains("<b>无编号"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_to_push_is_made_on_the_command_line_and_stored_hashed() {
    let (test_hub, _) = departments().await;
    test_hub.hub.store.close().await;
    let huitu = |args: &[&str]| {
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_huitu"))
            .args(["--json", "--lang", "zh", "--data"])
            .arg(test_hub.dir.path().join("data"))
            .arg("--connectors")
            .arg(test_hub.dir.path().join("connectors"))
            .args(args)
            .output()
            .expect("huitu runs");
        (
            out.status.success(),
            String::from_utf8_lossy(&out.stdout).into_owned(),
            String::from_utf8_lossy(&out.stderr).into_owned(),
        )
    };
    let (done, said, _) = huitu(&["token", "create", "--ingest", "cases", "--name", "仲裁院"]);
    assert!(done);
    let made: Value = serde_json::from_str(&said).unwrap();
    let secret = made["secret"].as_str().unwrap();
    let (done, _, said) = huitu(&["token", "create", "--ingest", "pulled"]);
    assert!(!done && said.contains("只有 source.transport = \"push\" 的登记才需要推送令牌"), "{said}");
    let (done, _, said) = huitu(&["token", "create", "--ingest", "casse"]);
    assert!(!done && said.contains("是否指「cases」"), "{said}");
    let (done, _, said) = huitu(&["sync", "cases"]);
    assert!(!done && said.contains("无需拉取"), "{said}");

    let test_hub = crate::support::hub::open(test_hub.dir, morning()).await;
    let token = test_hub.hub.store.tokens().await.unwrap().into_iter().find(|t| t.name == "仲裁院").unwrap();
    assert_eq!((token.role.as_str(), token.registry.as_deref()), ("ingest", Some("cases")));
    assert_eq!(token.hash, huitu::store::token::hash_secret(secret));
    assert!(!format!("{token:?}").contains(secret), "only its hash is kept");
    let server = test_hub.serve(&[("another", "admin", None)]).await;
    let (status, _, receipt) = server.send(request("cases", secret, "first").body(Body::from(lines(0..2))).unwrap()).await;
    assert_eq!((status, &receipt["landed"]), (StatusCode::OK, &json!(2)), "{receipt}");
    // It pushes and reads nothing else.
    let ask = Request::post("/graphql")
        .header(header::AUTHORIZATION, format!("Bearer {secret}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from("{\"query\":\"{ registries { name } }\"}"))
        .unwrap();
    assert_eq!(server.send(ask).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_and_quarantine_are_read_and_decided_on_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = "transport = \"file\"\nplace = \"../../drop/ledger.csv\"";
    crate::support::hub::write(dir.path(), "connectors/ledger/connector.toml", manifest("台账", "", file, ""));
    let deliver = |rows: std::ops::Range<usize>, more: &str| {
        let lines: String = rows.map(|i| format!("K{i},北京示例{i}号有限公司,{i}\n")).collect();
        crate::support::hub::write(dir.path(), "drop/ledger.csv", format!("编号,名称,职工\n{lines}{more}"));
    };
    let huitu = |args: &[&str]| {
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_huitu"))
            .args(["--lang", "zh", "--data"])
            .arg(dir.path().join("data"))
            .arg("--connectors")
            .arg(dir.path().join("connectors"))
            .arg("--without-built-in")
            .args(args)
            .output()
            .expect("huitu runs");
        (out.status.code(), format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr)))
    };
    deliver(0..40, ",无编号有限公司,1\nK90,=甲,若干\n");
    let (code, said) = huitu(&["sync"]);
    assert!(code == Some(3) && said.contains("工会名册"), "a roll is missing, and that is said: {said}");
    deliver(0..5, "");
    assert_eq!(huitu(&["sync"]).0, Some(3), "something waits for a person");

    let (_, held) = huitu(&["batch", "list", "--held"]);
    assert!(held.contains("HELD") && !held.contains("DONE"), "{held}");
    let (_, shown) = huitu(&["batch", "show", "1"]);
    for part in ["42", "41（新增 41", "key_missing × 1", "无法读取的值  1"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let json: Value = serde_json::from_str(&huitu(&["--json", "batch", "show", "2"]).1).unwrap();
    assert_eq!((&json["state"], &json["heldBecause"]["code"]), (&json!("HELD"), &json!("vanished")));
    let page = dir.path().join("receipt.html");
    assert_eq!(huitu(&["batch", "show", "1", "--html", &page.display().to_string()]).0, Some(0));
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("size:A4") && page.contains("收到 42 行：41 行已入库，1 行进入隔离区"), "{page}");

    let (_, rows) = huitu(&["quarantine", "list", "ledger"]);
    assert!(rows.contains("主键列「编号」为空"), "{rows}");
    let (_, row) = huitu(&["quarantine", "show", "1"]);
    assert!(row.contains("名称 = 无编号有限公司") && row.contains("行 41"), "{row}");
    let (_, values) = huitu(&["quarantine", "list", "--values"]);
    assert!(values.contains("K90") && values.contains("若干"), "{values}");
    let (_, csv) = huitu(&["quarantine", "export", "ledger", "--batch", "1"]);
    assert!(csv.starts_with("id,registry,batch,row,key,") && csv.contains("key_missing") && csv.lines().count() == 2, "{csv}");
    assert!(huitu(&["quarantine", "show", "77"]).1.contains("隔离区中没有第 77 号"));

    let (code, said) = huitu(&["batch", "reject", "2", "--reason", "文件不全", "--by", "值班员"]);
    assert!(code == Some(0) && said.contains("批次已退回"), "{said}");
    assert!(huitu(&["batch", "release", "2", "--reason", "x"]).1.contains("不是 HELD"));
    assert!(huitu(&["batch", "show", "9"]).1.contains("没有批次 9"));
    let (_, sync) = huitu(&["sync"]);
    assert!(sync.contains("暂挂待审"), "the same half file is held again: {sync}");
    let (code, released) = huitu(&["batch", "release", "3", "--reason", "确已注销"]);
    assert!(code == Some(0) && released.contains("已发布"), "{released}");
    deliver(0..6, "");
    let (_, said) = huitu(&["sync"]);
    assert!(said.contains("完成") && said.contains("已发布"), "the registry goes on: {said}");
}
