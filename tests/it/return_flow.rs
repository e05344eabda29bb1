//! The return flow (回流): a department's own rows with what the hub learnt beside them, within its rights.

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use huitu::cases::correction::CorrectionAnswer;
use huitu::model::enterprise::EnterpriseField;
use serde_json::{Value, json};

use crate::corrections::{AskedCity, FIRMS, Firm, TOKENS};
use crate::registries::credit_code;
use crate::support::hub::TestServer;

async fn get(server: &TestServer, secret: &str, path: &str, more: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request =
        Request::get(path).header(header::AUTHORIZATION, format!("Bearer {secret}")).header("accept-language", "en");
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    server.bytes(request.body(Body::empty()).unwrap()).await
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    std::str::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_department_gets_its_own_rows_with_what_the_hub_learnt_and_nothing_of_others_that_is_not_open() {
    for city in AskedCity::both().await {
        // One row cannot be told apart: it is put aside, and goes back with the reason.
        city.firms(&FIRMS);
        let path = city.test_hub.dir.path().join("connectors/firms/rows.csv");
        let rows = std::fs::read_to_string(&path).unwrap() + ",无编号公司,,1,是,110108001,1\n";
        std::fs::write(&path, rows).unwrap();
        city.sync().await;
        let asked = city.ask(1, "firms", EnterpriseField::Employees).await;
        let server = city.test_hub.serve(TOKENS).await;
        let (status, headers, bytes) = get(&server, "firms-partner", "/return/firms", &[]).await;
        assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&bytes));
        assert_eq!(headers["content-type"], "application/x-ndjson; charset=utf-8");
        let rows = lines(&bytes);
        assert_eq!(rows.len(), 6);
        let first = &rows[0];
        assert_eq!(
            (&first["key"], &first["row"]["名称"], &first["row"]["规上"]),
            (&json!("F1"), &json!("北京示例甲1号有限公司"), &json!("是"))
        );
        let learnt = &first["huitu"];
        assert_eq!(learnt["enterprise"], json!(city.enterprise(1)));
        assert_eq!(
            (&learnt["matched"], &learnt["creditCode"]),
            (&json!(1), &json!(credit_code(1))),
            "the kept registry is not counted"
        );
        assert_eq!(learnt["corrections"][0]["id"], json!(asked.id));
        let conflict = |field: &str| {
            let all = learnt["conflicts"].as_array().unwrap();
            all.iter().find(|c| c["field"] == field).unwrap_or_else(|| panic!("{field}: {learnt}")).clone()
        };
        assert_eq!(
            conflict("EMPLOYEES")["others"],
            json!([{ "registry": "insured", "value": "120" }]),
            "not 777 of the kept one"
        );
        assert_eq!(conflict("REVENUE")["others"], json!([]), "that others differ is told, another department's revenue is not");
        let aside = &rows[5];
        assert_eq!((&aside["key"], &aside["row"]["名称"]), (&Value::Null, &json!("无编号公司")));
        assert!(aside["huitu"]["quarantined"].as_str().unwrap().contains("编号"), "{aside}");
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("9000000") && !text.contains("777"), "{text}");

        for (secret, path, expected) in [
            ("insured-partner", "/return/firms", StatusCode::FORBIDDEN),
            ("firms-ingest", "/return/firms", StatusCode::FORBIDDEN),
            ("ann", "/return/firms", StatusCode::FORBIDDEN),
            ("client", "/return/firms.csv", StatusCode::FORBIDDEN),
            ("map", "/return/firms", StatusCode::FORBIDDEN),
            ("boss", "/return/nobody", StatusCode::NOT_FOUND),
            ("firms-partner", "/return/firms.pdf", StatusCode::NOT_FOUND),
            ("firms-partner", "/return/firms?first=0", StatusCode::BAD_REQUEST),
            ("firms-partner", "/return/firms?after=7", StatusCode::BAD_REQUEST),
            ("boss", "/return/firms", StatusCode::OK),
        ] {
            assert_eq!(get(&server, secret, path, &[]).await.0, expected, "{secret} {path}");
        }

        // Page by page it is the same.
        let (mut after, mut paged) = (String::new(), Vec::new());
        loop {
            let (_, headers, bytes) = get(&server, "firms-partner", &format!("/return/firms?first=2{after}"), &[]).await;
            paged.extend(lines(&bytes));
            let Some(next) = headers.get("x-huitu-next") else { break };
            after = format!("&after={}", next.to_str().unwrap());
        }
        assert_eq!(paged, rows);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_open_in_excel_and_an_edition_is_handed_out_again_as_it_was() {
    let city = AskedCity::new(None, |_| {}).await;
    city.firms(&[(1, "100", "是"), (2, "=1+1", "是"), (3, "100", "是"), (4, "100", "是"), (5, "100", "是")]);
    city.sync().await;
    let server = city.test_hub.serve(TOKENS).await;
    let (status, headers, csv) = get(&server, "firms-partner", "/return/firms.csv", &[]).await;
    let text = String::from_utf8(csv.clone()).unwrap();
    assert_eq!((status, text.lines().count()), (StatusCode::OK, 6));
    assert!(
        text.starts_with("\u{feff}编号,名称,代码,职工,规上,区划,收入,huitu_enterprise,huitu_matched,huitu_credit_code"),
        "{text}"
    );
    assert!(text.contains(",'=1+1,"), "no cell is a formula: {text}");
    let number = headers["x-huitu-edition"].to_str().unwrap().to_owned();
    assert!(headers["content-disposition"].to_str().unwrap().contains(&format!("huitu-return-firms-{number}.csv")));
    let etag = headers["etag"].to_str().unwrap().to_owned();
    let (status, _, empty) = get(&server, "firms-partner", "/return/firms.csv", &[("if-none-match", &etag)]).await;
    assert_eq!((status, empty.len()), (StatusCode::NOT_MODIFIED, 0));
    let (status, _, book) = get(&server, "firms-partner", "/return/firms.xlsx", &[]).await;
    assert_eq!((status, &book[..2]), (StatusCode::OK, b"PK".as_slice()));

    // A later delivery, an answer and a request: the edition that was named hands out the rows as they were.
    city.clock.set("2026-11-23T02:00:00Z".parse().unwrap());
    let pinned = format!("/return/firms?edition={number}");
    let before = lines(&get(&server, "firms-partner", &pinned, &[]).await.2);
    let asked = city.ask(3, "firms", EnterpriseField::Employees).await;
    city.answer(&asked.id, CorrectionAnswer::Corrected, Some("86")).await.unwrap();
    city.publish().await;
    let more: Vec<Firm<'_>> = vec![(1, "99", "是"), (2, "100", "是"), (3, "86", "是"), (4, "100", "是"), (5, "100", "是")];
    city.firms(&more);
    city.sync().await;
    let again = lines(&get(&server, "firms-partner", &pinned, &[]).await.2);
    let own = |rows: &[Value]| rows.iter().map(|row| row["row"].clone()).collect::<Vec<_>>();
    assert_eq!(own(&again), own(&before));
    let now = lines(&get(&server, "firms-partner", "/return/firms", &[]).await.2);
    assert_eq!((&now[0]["row"]["职工"], &now[2]["row"]["职工"]), (&json!("99"), &json!("86")));
    let (status, ..) = get(&server, "firms-partner", "/return/firms.csv", &[("if-none-match", &etag)]).await;
    assert_eq!(status, StatusCode::OK, "another edition is another answer");

    // Who fetched it stands in the audit.
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, "Bearer boss")
        .body(Body::from(json!({ "query": "{ auditSearch(first: 100) { nodes { who way } } }" }).to_string()));
    let audit = server.send(request.unwrap()).await.2;
    let rows = audit["data"]["auditSearch"]["nodes"].as_array().unwrap_or_else(|| panic!("{audit}"));
    assert!(rows.iter().any(|row| row["who"] == "firms-partner" && row["way"] == "EXPORT"), "{audit}");
}
