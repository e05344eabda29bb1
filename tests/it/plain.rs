//! Maps, tiles and exports: the same numbers as the graph, for clients that do not speak GraphQL.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::support::graph::served;

fn get(path: &str) -> Request<Body> {
    Request::get(path).header(header::ACCEPT_LANGUAGE, "zh").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn geojson_has_every_area_and_the_graphs_numbers() {
    let served = served(3_000, |_| {}).await;
    let data = served
        .data("{ coverage(by: [TOWN], filter: { ownership: [PRIVATE] }) { total { enterprises inGap } } }", json!({}))
        .await;
    for (path, areas) in [
        ("/geo/districts.geojson?ownership=PRIVATE", 16),
        ("/geo/streets.geojson?filter=%7B%22ownership%22%3A%22PRIVATE%22%7D", 320),
    ] {
        let (status, headers, bytes) = served.send(get(path)).await;
        assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&bytes));
        let collection: Value = serde_json::from_slice(&bytes).unwrap();
        let features = collection["features"].as_array().unwrap();
        assert!(features.len() >= areas, "{path}: {}", features.len());
        let sum: i64 = features.iter().map(|f| f["properties"]["inGap"].as_i64().unwrap()).sum();
        assert_eq!(sum, data["coverage"]["total"]["inGap"].as_i64().unwrap());
        assert_eq!(collection["total"]["enterprises"], data["coverage"]["total"]["enterprises"]);
        let again = Request::get(path)
            .header(header::ACCEPT_LANGUAGE, "zh")
            .header(header::IF_NONE_MATCH, &headers[header::ETAG])
            .body(Body::empty())
            .unwrap();
        assert_eq!(served.send(again).await.0, StatusCode::NOT_MODIFIED);
    }
    let streets: Value = serde_json::from_slice(&served.send(get("/geo/streets.geojson")).await.2).unwrap();
    let unknown =
        streets["features"].as_array().unwrap().iter().find(|f| f["id"] == "").expect("unknown streets are a row of their own");
    assert_eq!(unknown["geometry"], Value::Null);
    assert!(unknown["properties"]["enterprises"].as_i64().unwrap() > 0);
    for (path, status) in [
        ("/geo/planets.geojson", StatusCode::NOT_FOUND),
        ("/geo/districts.geojson?filter=%7B", StatusCode::BAD_REQUEST),
        ("/geo/districts.geojson?ownership=PINK", StatusCode::BAD_REQUEST),
        ("/geo/districts.geojson?area=999999", StatusCode::BAD_REQUEST),
        ("/geo/districts.geojson?asOf=yesterday", StatusCode::BAD_REQUEST),
        ("/geo/districts.geojson?edition=77", StatusCode::GONE),
    ] {
        assert_eq!(served.send(get(path)).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn exports_have_every_row_of_the_list_in_every_format() {
    let served = served(2_500, |_| {}).await;
    let gap = served
        .data("{ gap(first: 500, filter: { area: [\"110103\", \"110105\"] }) { totalCount nodes { id name } } }", json!({}))
        .await;
    let total = gap["gap"]["totalCount"].as_u64().unwrap() as usize;
    let names: Vec<&str> = gap["gap"]["nodes"].as_array().unwrap().iter().map(|n| n["name"].as_str().unwrap()).collect();
    assert!(total > 20 && total <= 500);

    let (status, headers, bytes) = served.send(get("/export/gap.csv?area=110103,110105")).await;
    assert_eq!((status, headers["x-huitu-rows"].to_str().unwrap()), (StatusCode::OK, &*total.to_string()));
    assert!(bytes.starts_with("\u{feff}编号,企业名称".as_bytes()));
    let mut reader = csv::Reader::from_reader(&bytes[3..]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.iter().map(|r| &r[1]).collect::<Vec<_>>(), names);
    assert!(rows.iter().all(|r| !r[14].is_empty()), "every row says why");

    let (_, headers, bytes) =
        served.send(get("/export/gap.csv?area=110103,110105&encoding=gb18030&columns=name,employees")).await;
    assert!(headers[header::CONTENT_TYPE].to_str().unwrap().contains("gb18030"));
    let (text, _, bad) = encoding_rs::GB18030.decode(&bytes);
    assert!(!bad && text.starts_with("企业名称,从业人员\r\n") && text.contains(names[0]));

    let (_, _, bytes) = served.send(get("/export/gap.ndjson?area=110103,110105&columns=id,name,employees,priority")).await;
    let lines: Vec<Value> = String::from_utf8(bytes).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), total);
    assert!(lines[0]["priority"].is_number() && lines[0]["name"] == names[0]);

    let (_, _, bytes) = served.send(get("/export/gap.arrow?area=110103,110105&columns=name,employees")).await;
    let batches: Vec<_> = arrow_ipc::reader::StreamReader::try_new(&bytes[..], None).unwrap().map(Result::unwrap).collect();
    assert_eq!(batches.iter().map(|b| b.num_rows()).sum::<usize>(), total);

    let (_, _, bytes) = served.send(get("/export/gap.xlsx?area=110103,110105&columns=name,employees")).await;
    use calamine::Reader;
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    assert_eq!(sheet.height(), total + 1);
    assert_eq!(sheet.get_value((1, 0)).unwrap().to_string(), names[0]);

    let (_, _, all) = served.send(get("/export/enterprises.csv?columns=id")).await;
    assert_eq!(all.iter().filter(|b| **b == b'\n').count(), 2_501);
    for (path, status) in [
        ("/export/gap.pdf", StatusCode::NOT_FOUND),
        ("/export/people.csv", StatusCode::NOT_FOUND),
        ("/export/gap.csv?columns=salary", StatusCode::BAD_REQUEST),
        ("/export/gap.csv?encoding=latin1", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(served.send(get(path)).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn tiles_are_addressed_strictly_and_kept_by_edition() {
    let served = served(3_000, |_| {}).await;
    for (path, status) in [
        ("/tiles/gap/8/210/96.mvt", StatusCode::OK),
        ("/tiles/gap/14/13489/6208.mvt", StatusCode::OK),
        ("/tiles/gap/3/9/0.mvt", StatusCode::NOT_FOUND),
        ("/tiles/gap/3/1/-1.mvt", StatusCode::NOT_FOUND),
        ("/tiles/gap/33/1/1.mvt", StatusCode::NOT_FOUND),
        ("/tiles/union/3/1/1.mvt", StatusCode::NOT_FOUND),
        ("/tiles/none.json", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(served.send(get(path)).await.0, status, "{path}");
    }
    let (_, headers, bytes) = served.send(get("/tiles/gap.json")).await;
    let json: Value = serde_json::from_slice(&bytes).unwrap();
    assert!(json["tiles"][0].as_str().unwrap().ends_with("/tiles/gap/{z}/{x}/{y}.mvt?edition=1&lang=zh"));
    assert!(headers.contains_key(header::ETAG));
}

#[tokio::test]
async fn only_configured_sites_may_call_from_browsers() {
    let served = served(20, |_| {}).await;
    let preflight = |origin: &str| {
        Request::options("/graphql")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .body(Body::empty())
            .unwrap()
    };
    let (_, headers, _) = served.send(preflight("https://map.example")).await;
    assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://map.example");
    assert!(headers[header::ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap().contains("authorization"));
    let (_, headers, _) = served.send(preflight("https://elsewhere.example")).await;
    assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}

/// Rows and digest follow the last byte for whoever says it takes trailers.
#[tokio::test]
async fn the_trailer_of_an_export_counts_its_rows_and_has_its_digest() {
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    let served = served(700, |_| {}).await;
    for format in ["csv", "ndjson", "xlsx", "arrow"] {
        let request = |te: bool| {
            let request = Request::get(format!("/export/enterprises.{format}?columns=id,name"));
            let request = if te { request.header(header::TE, "trailers") } else { request };
            request.body(Body::empty()).unwrap()
        };
        let response = served.router.clone().oneshot(request(true)).await.unwrap();
        assert!(response.headers()[header::TRAILER].to_str().unwrap().contains("x-huitu-sha256"), "{format}");
        let collected = response.into_body().collect().await.unwrap();
        let trailers = collected.trailers().cloned().expect("trailers were asked for");
        let bytes = collected.to_bytes();
        assert_eq!(trailers["x-huitu-rows"], "700");
        let digest: String = <sha2::Sha256 as sha2::Digest>::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(trailers["x-huitu-sha256"], digest.as_str(), "{format}");
        let without = served.router.clone().oneshot(request(false)).await.unwrap();
        assert!(without.into_body().collect().await.unwrap().trailers().is_none());
    }
}

#[tokio::test]
async fn an_address_of_nothing_says_so_in_the_callers_language() {
    let served = served(20, |_| {}).await;
    for (method, path, status, code) in [
        ("GET", "/nothing", StatusCode::NOT_FOUND, "NOT_FOUND"),
        ("DELETE", "/geo/districts.geojson", StatusCode::METHOD_NOT_ALLOWED, "BAD_INPUT"),
        ("GET", "/ingest/tax", StatusCode::METHOD_NOT_ALLOWED, "BAD_INPUT"),
    ] {
        for (lang, word) in [
            ("zh", if code == "NOT_FOUND" { "没有" } else { "不接受" }),
            ("en", if code == "NOT_FOUND" { "nothing" } else { "does not take" }),
        ] {
            let request = Request::builder().method(method).uri(path).header(header::ACCEPT_LANGUAGE, lang);
            let (found, headers, bytes) = served.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(found, status, "{method} {path}");
            let error = &serde_json::from_slice::<Value>(&bytes).unwrap()["error"];
            assert_eq!((&error["code"], &error["requestId"]), (&json!(code), &json!(headers["x-request-id"].to_str().unwrap())));
            assert!(error["message"].as_str().unwrap().contains(word), "{error}");
        }
    }
}

#[tokio::test]
async fn geojson_is_packed_for_whoever_takes_gzip_and_its_tag_still_finds_it_unchanged() {
    let served = served(300, |_| {}).await;
    let plain = served.send(get("/geo/districts.geojson")).await;
    let ask = |tag: Option<&axum::http::HeaderValue>| {
        let mut request = Request::get("/geo/districts.geojson").header(header::ACCEPT_ENCODING, "gzip");
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        request.body(Body::empty()).unwrap()
    };
    let (status, headers, packed) = served.send(ask(None)).await;
    assert_eq!((status, headers[header::CONTENT_ENCODING].as_bytes()), (StatusCode::OK, &b"gzip"[..]));
    assert!(packed.len() * 2 < plain.2.len(), "{} of {}", packed.len(), plain.2.len());
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed[..]), &mut text).unwrap();
    assert_eq!(text, plain.2);
    assert!(!plain.1.contains_key(header::CONTENT_ENCODING));
    let again = served.send(ask(Some(&headers[header::ETAG]))).await;
    assert_eq!((again.0, again.2.len()), (StatusCode::NOT_MODIFIED, 0));
}
