//! Files, reconciliation and HTTP for other people's programs: spreadsheets, notebooks, OpenRefine, browsers, proxies.

use std::io::Read;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::support::graph::{Served, served, served_with};

async fn get(served: &Served, path: &str) -> (axum::http::HeaderMap, Vec<u8>) {
    let request = Request::get(path).header(header::ACCEPT_LANGUAGE, "en").body(Body::empty()).unwrap();
    let (status, headers, bytes) = served.send(request).await;
    assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&bytes));
    (headers, bytes)
}

#[tokio::test]
async fn a_credit_code_in_csv_is_a_text_for_a_spreadsheet_and_plain_for_programs() {
    let served = served(300, |_| {}).await;
    let text = String::from_utf8(get(&served, "/export/enterprises.csv?columns=id,creditCode").await.1).unwrap();
    let plain = String::from_utf8(get(&served, "/export/enterprises.csv?columns=id,creditCode&codes=plain").await.1).unwrap();
    let mut codes = 0;
    for (text, plain) in text.lines().zip(plain.lines()).skip(1) {
        let (_, code) = plain.split_once(',').unwrap();
        let (_, guarded) = text.split_once(',').unwrap();
        if !code.is_empty() {
            codes += 1;
            assert_eq!(guarded, format!("\"=\"\"{code}\"\"\""));
        }
    }
    assert!(codes > 200);
}

#[tokio::test]
async fn dates_counts_and_money_have_their_types_whatever_columns_are_chosen() {
    let served = served(300, |_| {}).await;
    let columns = "columns=name,creditCode,establishedOn,employees,revenueYuan,priority,gapSince";
    let (_, bytes) = get(&served, &format!("/export/enterprises.arrow?{columns}&area=110105")).await;
    let reader = arrow_ipc::reader::StreamReader::try_new(&bytes[..], None).unwrap();
    let schema = reader.schema();
    let types: Vec<String> = schema.fields().iter().map(|f| f.data_type().to_string()).collect();
    assert_eq!(types, ["Utf8", "Utf8", "Date32", "Int64", "Decimal128(18, 2)", "Float64", "Date32"]);
    assert_eq!(schema.metadata()["huitu.edition"], "1");
    assert!(schema.metadata()["huitu.query"].contains("area=110105"), "{:?}", schema.metadata());
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    let known = |at: usize| batches.iter().map(|b| b.num_rows() - b.column(at).null_count()).sum::<usize>();
    assert!((2..=5).all(|at| known(at) > 0), "values are read as their types");

    use calamine::{Data, Reader};
    let (_, bytes) = get(&served, &format!("/export/enterprises.xlsx?{columns}")).await;
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(&bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let (_, plain) = get(&served, &format!("/export/enterprises.ndjson?{columns}")).await;
    let plain = String::from_utf8(plain).unwrap();
    let mut dates = 0;
    for (row, line) in sheet.rows().skip(1).zip(plain.lines()) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(matches!(row[1], Data::String(_) | Data::Empty), "a code is a text");
        if let Some(day) = line["establishedOn"].as_str() {
            let Data::DateTime(cell) = &row[2] else { panic!("{:?} is no date", row[2]) };
            let since = chrono::NaiveDate::from_ymd_opt(1899, 12, 30).unwrap();
            assert_eq!(cell.as_f64(), (day.parse::<chrono::NaiveDate>().unwrap() - since).num_days() as f64, "{day}");
            dates += 1;
        }
        if let Some(employees) = line["employees"].as_f64() {
            assert_eq!(row[3], Data::Float(employees));
        }
    }
    assert!(dates > 0);
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let mut properties = String::new();
    zip.by_name("docProps/custom.xml").unwrap().read_to_string(&mut properties).unwrap();
    assert!(properties.contains("huitu.edition") && properties.contains("enterprises.xlsx?edition=1"), "{properties}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_column_that_the_graph_answers_has_the_schema_s_type_whatever_it_is_called() {
    let served = served(300, |_| {}).await;
    let columns = "{ employees: name people: employees establishedOn: id founded: establishedOn yuan: revenueYuan \
                   corrections(first: 1) { totalCount } membersExceedStaff code: creditCode }";
    let encoded: String = url::form_urlencoded::byte_serialize(columns.as_bytes()).collect();
    for format in ["arrow", "parquet"] {
        let (_, bytes) = get(&served, &format!("/export/enterprises.{format}?columns={encoded}")).await;
        let (schema, rows): (_, Vec<arrow_array::RecordBatch>) = match format {
            "arrow" => {
                let reader = arrow_ipc::reader::StreamReader::try_new(&bytes[..], None).unwrap();
                (reader.schema(), reader.map(Result::unwrap).collect())
            }
            _ => {
                let file = bytes::Bytes::from(bytes);
                let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
                (reader.schema().clone(), reader.build().unwrap().map(Result::unwrap).collect())
            }
        };
        let types: Vec<String> = schema.fields().iter().map(|f| f.data_type().to_string()).collect();
        let expected = ["Utf8", "Int64", "Utf8", "Date32", "Decimal128(18, 2)", "Int64", "Boolean", "Utf8"];
        assert_eq!(types, expected, "{format}");
        let known = |at: usize| rows.iter().map(|b| b.num_rows() - b.column(at).null_count()).sum::<usize>();
        assert!((0..8).all(|at| known(at) > 0), "{format}: values are read as their types");
    }
    use calamine::{Data, Reader};
    let (_, bytes) = get(&served, &format!("/export/enterprises.xlsx?lang=zh&columns={encoded}")).await;
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(&bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let kinds =
        |at: usize, is: fn(&Data) -> bool| sheet.rows().skip(1).map(|row| &row[at]).all(|cell| is(cell) || *cell == Data::Empty);
    assert!(kinds(0, |c| matches!(c, Data::String(_))) && kinds(1, |c| matches!(c, Data::Float(_))));
    assert!(kinds(3, |c| matches!(c, Data::DateTime(_))) && kinds(4, |c| matches!(c, Data::Float(_))));
    assert!(kinds(6, |c| matches!(c, Data::String(text) if text == "是" || text == "否")));

    let columns: String = url::form_urlencoded::byte_serialize(
        b"{ name area { name } records(first: 2) { nodes { key registry { name } } } unionCoverage { unions { tradeUnion { members } } } }",
    )
    .collect();
    let (_, bytes) = get(&served, &format!("/export/gap.xlsx?lang=zh&columns={columns}")).await;
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(&bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let headings: Vec<String> = sheet.rows().next().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(headings.len(), 5);
    assert!(headings.iter().all(|h| !h.is_empty() && !h.bytes().any(|b| b.is_ascii())), "{headings:?}");
}

async fn reconcile(served: &Served, queries: &Value) -> (StatusCode, Value) {
    let body = url::form_urlencoded::Serializer::new(String::new()).append_pair("queries", &queries.to_string()).finish();
    let request = Request::post("/reconcile")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT_LANGUAGE, "en");
    let (status, _, bytes) = served.send(request.body(Body::from(body)).unwrap()).await;
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn a_query_that_cannot_be_answered_spoils_only_itself() {
    let served = served(400, |_| {}).await;
    let rows = served.data("{ gap(first: 200) { nodes { id name creditCode address } } }", json!({})).await;
    let first = &rows["gap"]["nodes"][0];
    let queries = json!({
        "good": { "query": first["name"] },
        "blank": { "query": "" },
        "null": { "query": null },
        "number": { "query": 110108 },
        "list": { "query": ["a"] },
        "nothing": {},
        "no object": 7,
        "property": { "query": first["name"], "properties": [{ "pid": "telephone", "v": "1" }] },
        "code": { "query": first["creditCode"] },
        "another type": { "query": first["name"], "type": "Person" },
        "the type": { "query": first["name"], "type": ["Enterprise"] },
    });
    let (status, answers) = reconcile(&served, &queries).await;
    assert_eq!(status, StatusCode::OK, "{answers}");
    assert_eq!(answers.as_object().unwrap().len(), queries.as_object().unwrap().len());
    for name in ["good", "code", "the type", "property"] {
        assert_eq!(answers[name]["result"][0]["id"], first["id"], "{name}: {}", answers[name]);
    }
    let code = &answers["code"]["result"][0];
    assert_eq!((code["score"].as_f64(), &code["match"]), (Some(100.0), &json!(true)));
    for name in ["blank", "null", "nothing", "another type"] {
        assert_eq!(answers[name], json!({ "result": [] }), "{name}");
    }
    for name in ["list", "no object"] {
        assert_eq!(answers[name]["result"], json!([]));
        assert!(answers[name]["error"].is_string(), "{name}: {}", answers[name]);
    }
    // A property that there is not spoils only itself, and is named.
    assert!(answers["property"]["warning"].as_str().unwrap().contains("telephone"));
}

#[tokio::test]
async fn a_batch_as_long_as_the_manifest_promises_is_answered() {
    let served = served(500, |_| {}).await;
    let manifest: Value = serde_json::from_slice(&get(&served, "/reconcile").await.1).unwrap();
    let size = manifest["batchSize"].as_u64().unwrap();
    let long = "长".repeat(800);
    let queries = |count: u64| -> Value {
        let query =
            |i: u64| (format!("q{i}"), json!({ "query": format!("示例{i}"), "properties": [{ "pid": "address", "v": long }] }));
        Value::Object((0..count).map(query).collect())
    };
    let (status, answers) = reconcile(&served, &queries(size)).await;
    assert_eq!((status, answers.as_object().unwrap().len() as u64), (StatusCode::OK, size));
    let (status, answer) = reconcile(&served, &queries(size + 1)).await;
    assert_eq!((status, &answer["error"]["hint"]), (StatusCode::BAD_REQUEST, &json!(size.to_string())));
    let huge = json!({ "q": { "query": "长".repeat(1_200_000) } });
    assert_eq!(reconcile(&served, &huge).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn openrefines_page_may_read_the_reconciliation_service_and_nothing_else() {
    let served = served(30, |_| {}).await;
    let allowed = async |path: &str, origin: &str| {
        let request = Request::get(path).header(header::ORIGIN, origin).body(Body::empty()).unwrap();
        let (_, headers, _) = served.send(request).await;
        headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).map(|o| o.to_str().unwrap().to_owned())
    };
    let openrefine = "http://127.0.0.1:3333";
    assert_eq!(allowed("/reconcile", openrefine).await.as_deref(), Some(openrefine));
    assert_eq!(allowed("/reconcile", "http://[::1]:3333").await.as_deref(), Some("http://[::1]:3333"));
    assert_eq!(allowed("/reconcile/suggest/entity?prefix=x", openrefine).await.as_deref(), Some(openrefine));
    assert_eq!(allowed("/geo/districts.geojson", openrefine).await, None);
    assert_eq!(allowed("/reconcile", "https://elsewhere.example").await, None);
    assert_eq!(allowed("/geo/districts.geojson", "https://map.example").await.as_deref(), Some("https://map.example"));
    let jsonp = Request::get("/reconcile?callback=jQuery1").header(header::ACCEPT_LANGUAGE, "en").body(Body::empty()).unwrap();
    let (status, _, bytes) = served.send(jsonp).await;
    assert!(status == StatusCode::BAD_REQUEST && String::from_utf8_lossy(&bytes).contains("origins"));
}

#[tokio::test]
async fn headers_of_usual_clients_are_allowed_and_the_useful_ones_shown() {
    let served = served(30, |_| {}).await;
    let request = Request::options("/graphql")
        .header(header::ORIGIN, "https://map.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(
            header::ACCESS_CONTROL_REQUEST_HEADERS,
            "apollographql-client-name,traceparent,baggage,range,if-range,idempotency-key,cache-control",
        );
    let (_, headers, _) = served.send(request.body(Body::empty()).unwrap()).await;
    let list = headers[header::ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap();
    for name in [
        "apollographql-client-name",
        "apollo-require-preflight",
        "traceparent",
        "tracestate",
        "baggage",
        "range",
        "if-range",
        "idempotency-key",
        "cache-control",
        "x-requested-with",
        "last-event-id",
        "if-match",
        "content-encoding",
        "x-b3-traceid",
        "x-b3-spanid",
        "x-b3-parentspanid",
        "x-b3-sampled",
        "x-b3-flags",
        "uber-trace-id",
        "graphql-client-name",
        "graphql-client-version",
        "x-graphql-event-stream-token",
    ] {
        assert!(list.split(',').any(|h| h == name), "{name}: {list}");
    }
    let request =
        Request::get("/geo/districts.geojson").header(header::ORIGIN, "https://map.example").body(Body::empty()).unwrap();
    let (_, headers, _) = served.send(request).await;
    let shown = headers[header::ACCESS_CONTROL_EXPOSE_HEADERS].to_str().unwrap();
    for name in ["location", "accept-encoding", "allow", "etag", "content-range", "retry-after", "content-length", "x-huitu-rows"]
    {
        assert!(shown.split(',').any(|h| h == name), "{name}: {shown}");
    }
}

#[tokio::test]
async fn texts_and_tiles_come_packed_as_the_caller_takes_them() {
    let served = served(800, |_| {}).await;
    let ask = async |path: &str, accept: &str| {
        let request = Request::get(path).header(header::ACCEPT_ENCODING, accept).body(Body::empty()).unwrap();
        served.send(request).await
    };
    for path in [
        "/geo/streets.geojson",
        "/schema.graphql",
        "/tiles/gap/12/3372/1552.mvt",
        "/export/enterprises.csv?columns=name",
        "/tiles/coverage/8/210/96.mvt",
    ] {
        let plain = ask(path, "identity").await;
        assert!(!plain.1.contains_key(header::CONTENT_ENCODING), "{path}");
        for (accept, coding) in [("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"), ("gzip;q=0.5, br", "br")] {
            let (_, headers, bytes) = ask(path, accept).await;
            assert_eq!(headers[header::CONTENT_ENCODING], coding, "{path}");
            assert!(bytes.len() < plain.2.len(), "{path}");
            assert!(
                headers.get_all(header::VARY).iter().any(|v| v.to_str().unwrap().to_lowercase().contains("accept-encoding")),
                "{path}"
            );
            assert!(
                headers.get(header::ETAG).is_none_or(|tag| tag.to_str().unwrap().starts_with("W/")),
                "the same data in other bytes"
            );
        }
    }
    let (_, headers, bytes) = ask("/geo/streets.geojson", "br").await;
    assert!(headers.contains_key(header::CONTENT_ENCODING) && bytes.len() < 30_000, "{} bytes at first sight", bytes.len());
    assert!(!ask("/healthz", "gzip, br").await.1.contains_key(header::CONTENT_ENCODING), "short ones stay as they are");
}

#[tokio::test]
async fn places_and_codes_are_found_by_a_part_of_them() {
    let mut facts = huitu::edition::synthetic::input(1, 1_000, 11);
    let mut twins = facts.labels.areas.iter_mut().filter(|a| a.level == "TOWN").skip(5).step_by(40);
    let [one, other] = [twins.next().unwrap(), twins.next().unwrap()].map(|town| {
        "同名街道".clone_into(&mut town.zh);
        town.code.clone()
    });
    let served = served_with(facts, |_| {}).await;
    let code =
        served.data("{ enterprises(first: 1) { nodes { id creditCode } } }", json!({})).await["enterprises"]["nodes"][0].take();
    let (id, code) = (code["id"].as_str().unwrap(), code["creditCode"].as_str().unwrap());
    for part in [&code[..17], &code[6..16], code] {
        let query = "query($t: String!) { search(text: $t, first: 100) { field matched enterprise { id } } }";
        let hits = served.data(query, json!({ "t": part })).await["search"].take();
        let hit = hits.as_array().unwrap().iter().find(|h| h["enterprise"]["id"] == id);
        assert!(hit.is_some_and(|h| h["field"] == "CREDIT_CODE" && h["matched"] == code), "{part}: {hits}");
        let list = "query($t: String!) { enterprises(first: 500, filter: { text: $t }) { nodes { id } } }";
        let listed = served.data(list, json!({ "t": part })).await;
        assert!(listed["enterprises"]["nodes"].as_array().unwrap().iter().any(|n| n["id"] == id), "{part}");
    }
    let areas = async |text: &str| {
        let found = served.data("query($t: String!) { areas(search: $t) { code } }", json!({ "t": text })).await["areas"].take();
        found.as_array().unwrap().iter().map(|a| a["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = served
        .data(
            "{ areas(level: DISTRICT) { code zh: name(lang: ZH) en: name(lang: EN) } areas2: areas(level: TOWN) { code } }",
            json!({}),
        )
        .await;
    let district = &first["areas"][0];
    for text in [&district["zh"], &district["en"], &district["code"]] {
        assert_eq!(areas(text.as_str().unwrap()).await[0], district["code"], "{text}");
    }
    let town = first["areas2"][0]["code"].as_str().unwrap();
    assert_eq!(areas(town).await, [town]);
    assert_eq!(areas(&format!("{town}001")).await, [town], "twelve digits name a part of it");
    let district = district["code"].as_str().unwrap();
    assert_eq!(areas(&format!("{district}000000")).await[0], district);
    let query = "query($a: [String!]) { enterprises(first: 0, filter: { area: $a }) { totalCount } }";
    let count = async |code: String| served.data(query, json!({ "a": [code] })).await;
    assert_eq!(count(format!("{district}000000")).await, count(district.to_owned()).await);
    let wide: String = town.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
    assert_eq!(areas(&wide).await, [town], "digits as a Chinese keyboard may write them");
    let names = served.data("query($c: String!) { area(by: { code: $c }) { name(lang: ZH) parent { name(lang: ZH) parent { name(lang: ZH) } } } }", json!({ "c": town })).await["area"].take();
    let [own, above, city] =
        [&names["name"], &names["parent"]["name"], &names["parent"]["parent"]["name"]].map(|n| n.as_str().unwrap());
    assert_eq!(areas(&format!("{city}{above}{own}")).await, [town], "as addresses write it");
    assert_eq!(areas(&format!("{city} {above}")).await, [district]);
    assert!(areas("nowhere at all").await.is_empty());
    // A filter takes names in either language; one that two areas bear is refused with both.
    let english = served.data("query($c: String!) { area(by: { code: $c }) { name(lang: EN) } }", json!({ "c": district })).await;
    assert_eq!(count(english["area"]["name"].as_str().unwrap().to_owned()).await, count(district.to_owned()).await);
    let refused = served.ask(query, json!({ "a": ["同名街道"] })).await;
    let message = refused["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains(&one) && message.contains(&other), "{message}");
}

#[tokio::test]
async fn every_value_of_an_enum_has_a_name_in_both_languages() {
    let served = served(40, |_| {}).await;
    let data = served.data("{ labels { of value zh: label(lang: ZH) en: label(lang: EN) } }", json!({})).await;
    let labels = data["labels"].as_array().unwrap();
    assert!(labels.len() > 150, "{}", labels.len());
    for label in labels {
        let (zh, en) = (label["zh"].as_str().unwrap(), label["en"].as_str().unwrap());
        assert!(zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{label}");
        assert!(!en.contains('_') && en.is_ascii(), "{label}");
    }
    let some = served.data("{ labels(of: \"GapStatus\") { value label(lang: ZH) } gap(first: 1) { nodes { gap { status label(lang: ZH) } designatedSize { label(lang: EN) } } } }", json!({})).await;
    let node = &some["gap"]["nodes"][0];
    let same = some["labels"].as_array().unwrap().iter().find(|l| l["value"] == node["gap"]["status"]).unwrap();
    assert_eq!((&same["label"], &node["designatedSize"]["label"]), (&node["gap"]["label"], &json!("above")));
    assert_eq!(served.code("{ labels(of: \"Gapstatus\") { value } }", json!({})).await, "BAD_INPUT");
    let scalars = served.data("{ __schema { types { kind name specifiedByURL } } }", json!({})).await;
    for name in ["Date", "DateTime", "Decimal"] {
        let of = scalars["__schema"]["types"].as_array().unwrap().iter().find(|t| t["name"] == name).unwrap();
        assert!(of["specifiedByURL"].is_string(), "{name}");
    }
}

#[tokio::test]
async fn the_draft_of_the_next_reconciliation_api_answers_beside_the_old_one() {
    let served = served(400, |_| {}).await;
    let rows = served.data("{ gap(first: 2) { nodes { id name creditCode } } }", json!({})).await["gap"]["nodes"].take();
    let manifest: Value = serde_json::from_slice(&get(&served, "/reconcile/1.0-draft").await.1).unwrap();
    assert!(manifest["versions"][0] == "1.0-draft" && manifest["view"]["url"].as_str().unwrap().contains("{id}"), "{manifest}");
    let post = async |what: &str, body: Value| -> Value {
        let request = Request::post(format!("/reconcile/1.0-draft/{what}")).header(header::CONTENT_TYPE, "application/json");
        let (status, _, bytes) = served.send(request.body(Body::from(body.to_string())).unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&bytes));
        serde_json::from_slice(&bytes).unwrap()
    };
    let by_name = json!({ "matchType": "name", "propertyValue": rows[0]["name"] });
    let by_code = json!({ "matchType": "property", "propertyId": "creditCode", "propertyValue": rows[1]["creditCode"] });
    let queries = json!({ "queries": [
        { "type": "Enterprise", "limit": 3, "conditions": [by_name] }, { "conditions": [by_code] }, { "conditions": "all" }, { "conditions": [] } ] });
    let results = post("match", queries).await["results"].take();
    assert_eq!(results.as_array().unwrap().len(), 4);
    assert_eq!(results[0]["candidates"][0]["id"], rows[0]["id"]);
    let found = &results[1]["candidates"][0];
    assert_eq!((&found["id"], &found["match"]), (&rows[1]["id"], &json!(true)));
    assert!(found["features"].as_array().unwrap().iter().all(|f| f["name"].is_string()));
    assert!(results[2]["error"].is_string() && results[3]["candidates"] == json!([]), "{results}");
    let wanted = json!({ "ids": [rows[0]["id"]], "properties": [{ "id": "creditCode" }] });
    let extended = post("extend", wanted).await;
    assert_eq!(extended["rows"][0]["id"], rows[0]["id"]);
    assert_eq!(extended["rows"][0]["properties"][0]["values"][0]["str"], rows[0]["creditCode"]);
}
