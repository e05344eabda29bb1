//! A spreadsheet meets the graph: the Reconciliation API 0.2.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::support::graph::{Served, served};

async fn post(served: &Served, name: &str, value: &Value) -> (StatusCode, Value) {
    let mut form = String::new();
    for byte in value.to_string().bytes() {
        form.push_str(&format!("%{byte:02X}"));
    }
    let request = Request::post("/reconcile")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("{name}={form}")))
        .unwrap();
    let (status, _, bytes) = served.send(request).await;
    (status, serde_json::from_slice(&bytes).unwrap())
}

async fn get(served: &Served, path: &str) -> Value {
    let (status, _, bytes) = served.send(Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn rows_of_a_spreadsheet_find_their_enterprises() {
    let served = served(2_000, |_| {}).await;
    let data = served.data("{ enterprises(first: 40) { nodes { id name creditCode } } }", json!({})).await;
    let nodes = data["enterprises"]["nodes"].as_array().unwrap();
    let manifest = get(&served, "/reconcile").await;
    assert_eq!(manifest["versions"], json!(["0.2"]));
    assert!(manifest["name"].is_string() && manifest["identifierSpace"].is_string() && manifest["schemaSpace"].is_string());

    let (a, b) = (&nodes[3], &nodes[7]);
    let typo = a["name"].as_str().unwrap().replacen("有限公司", "有限责任公司", 1);
    let queries = json!({
        "code": { "query": "写错的名字", "properties": [{ "pid": "creditCode", "v": b["creditCode"] }] },
        "name": { "query": a["name"], "limit": 3 },
        "typo": { "query": typo, "limit": 5 },
        "none": { "query": "鳏寡孤独废疾者", "limit": 5 },
    });
    let (status, answer) = post(&served, "queries", &queries).await;
    assert_eq!(status, StatusCode::OK);
    let best = |name: &str| answer[name]["result"][0].clone();
    assert_eq!((&best("code")["id"], &best("code")["match"], &best("code")["score"]), (&b["id"], &json!(true), &json!(100.0)));
    assert_eq!(best("name")["name"], a["name"]);
    assert_eq!(best("typo")["name"], a["name"], "{}", answer["typo"]);
    assert_eq!(answer["none"]["result"], json!([]));
    for result in answer["typo"]["result"].as_array().unwrap() {
        assert!(result["score"].is_number() && result["match"].is_boolean() && result["type"][0]["id"] == "Enterprise");
        assert!(result["features"].as_array().unwrap().iter().all(|f| f["id"].is_string() && f["value"].is_number()));
    }

    let wanted = json!({ "ids": [a["id"], "nobody"], "properties": [{ "id": "creditCode" }, { "id": "employees" }] });
    let (_, extended) = post(&served, "extend", &wanted).await;
    assert_eq!(extended["meta"][0]["id"], "creditCode");
    assert_eq!(extended["rows"][a["id"].as_str().unwrap()]["creditCode"][0]["str"], a["creditCode"]);
    assert_eq!(extended["rows"]["nobody"]["employees"], json!([]));

    let found = get(&served, "/reconcile/suggest/entity?prefix=kj").await;
    assert!(!found["result"].as_array().unwrap().is_empty());
    let found = get(&served, "/reconcile/suggest/property?prefix=cred").await;
    assert_eq!(found["result"][0]["id"], "creditCode");
    assert!(get(&served, "/reconcile/propose_properties?type=Enterprise").await["properties"].as_array().unwrap().len() > 20);
    let preview = Request::get(format!("/reconcile/preview?id={}", a["id"].as_str().unwrap())).body(Body::empty()).unwrap();
    let (_, _, bytes) = served.send(preview).await;
    assert!(String::from_utf8(bytes).unwrap().contains(a["name"].as_str().unwrap()));
    assert_eq!(post(&served, "queries", &json!("nonsense")).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(post(&served, "extend", &json!({ "ids": [] })).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_nobody_understands_spoils_only_itself() {
    let served = served(1_000, |_| {}).await;
    let data = served.data("{ enterprises(first: 3) { nodes { id name creditCode } } }", json!({})).await;
    let node = &data["enterprises"]["nodes"][0];
    let (name, id) = (node["name"].as_str().unwrap(), node["id"].as_str().unwrap());
    let (_, answer) = post(
        &served,
        "queries",
        &json!({
            "good": { "query": name, "properties": [{ "pid": "colour", "v": 1 }, { "pid": "size", "v": 2 }] },
            "number": { "query": name, "type": [5] },
            "named": { "query": name, "type": { "name": "Person" } },
            "misspelt": { "query": name, "typ": "Person" },
            "foreign": { "query": name, "type": "Person" },
        }),
    )
    .await;
    assert_eq!(answer["good"]["result"][0]["id"], id);
    assert!(["colour", "size"].iter().all(|p| answer["good"]["warning"].as_str().unwrap().contains(p)), "{answer}");
    for broken in ["number", "named", "misspelt"] {
        assert!(answer[broken]["error"].is_string() && answer[broken]["result"] == json!([]), "{broken}: {answer}");
    }
    assert_eq!(answer["foreign"], json!({ "result": [] }));

    let wanted =
        json!({ "ids": [id, null, 7, format!("{id}@12")], "properties": [{ "id": "creditCode" }, { "id": "salary" }, {}] });
    let (status, extended) = post(&served, "extend", &wanted).await;
    assert_eq!(status, StatusCode::OK, "{extended}");
    specified::extended(&extended);
    for known in [id.to_owned(), format!("{id}@12")] {
        let cells = &extended["rows"][known];
        assert_eq!((&cells["creditCode"][0]["str"], &cells["salary"]), (&node["creditCode"], &json!([])));
    }
    assert_eq!(extended["rows"]["7"]["creditCode"], json!([]));
    assert!(["salary", "null", "7"].iter().all(|w| extended["warning"].as_str().unwrap().contains(w)), "{extended}");
    let request = Request::post("/reconcile/1.0-draft/extend").body(Body::from(wanted.to_string())).unwrap();
    let (status, _, bytes) = served.send(request).await;
    let draft: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((status, &draft["warning"]), (StatusCode::OK, &extended["warning"]));
    assert_eq!(draft["rows"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_foreign_kind_has_no_suggestions_no_properties_and_no_preview() {
    let served = served(1_000, |_| {}).await;
    let id = served.data("{ enterprises(first: 1) { nodes { id } } }", json!({})).await["enterprises"]["nodes"][0]["id"].clone();
    let id = id.as_str().unwrap();
    for path in ["suggest/entity?prefix=kj", "suggest/property?prefix=cred"] {
        let of = |kind| format!("/reconcile/{path}&type={kind}");
        assert!(!get(&served, &of("Enterprise")).await["result"].as_array().unwrap().is_empty());
        assert_eq!(get(&served, &of("Person")).await["result"], json!([]), "{path}");
    }
    assert!(!get(&served, "/reconcile/suggest/entity?prefix=kj&type=Enterprise&type_strict=any").await["result"].is_null());
    let foreign = get(&served, "/reconcile/propose_properties?type=Person").await;
    assert_eq!(foreign, json!({ "type": "Person", "properties": [] }));
    for (more, status) in [
        ("", StatusCode::OK),
        ("@12", StatusCode::OK),
        ("&type=Enterprise", StatusCode::OK),
        ("&type=Person", StatusCode::NOT_FOUND),
        ("&limit=3", StatusCode::BAD_REQUEST),
    ] {
        let request = Request::get(format!("/reconcile/preview?id={id}{more}")).body(Body::empty()).unwrap();
        assert_eq!(served.send(request).await.0, status, "{more}");
    }
}

#[tokio::test]
async fn a_form_is_read_as_closely_as_an_address() {
    let served = served(500, |_| {}).await;
    let name =
        served.data("{ enterprises(first: 1) { nodes { name } } }", json!({})).await["enterprises"]["nodes"][0]["name"].clone();
    let send = async |form: &[(&str, String)]| {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = Request::post("/reconcile")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT_LANGUAGE, "zh")
            .body(Body::from(body))
            .unwrap();
        let (status, _, bytes) = served.send(request).await;
        (status, serde_json::from_slice::<Value>(&bytes).unwrap())
    };
    let queries = json!({ "q": { "query": name, "properties": [{ "pid": "colour" }] } }).to_string();
    let extend = json!({ "ids": [], "properties": [] }).to_string();
    let of = |text: &str| text.to_owned();
    let (status, answer) = send(&[("queries", queries.clone()), ("lang", of("en")), ("edition", of("1"))]).await;
    assert_eq!((status, answer["q"]["warning"].as_str().unwrap().starts_with("there is no property")), (StatusCode::OK, true));
    let marked = send(&[("queries", format!("\u{feff}{queries}")), ("lang", of("en"))]).await;
    assert_eq!((marked.0, &marked.1["q"]["result"]), (StatusCode::OK, &answer["q"]["result"]));
    for refused in [
        vec![("query", queries.clone())],
        vec![("queries", queries.clone()), ("querys", queries.clone())],
        vec![("queries", queries.clone()), ("queries", queries.clone())],
        vec![("queries", queries.clone()), ("extend", extend)],
        vec![("queries", queries.clone()), ("lang", of("fr"))],
        vec![("queries", queries.clone()), ("asOf", of("yesterday"))],
        vec![("queries", of(r#"{"q":{"query":"a"},"q":{"query":"b"}}"#))],
    ] {
        let (status, answer) = send(&refused).await;
        assert_eq!((status, answer["error"]["code"].as_str()), (StatusCode::BAD_REQUEST, Some("BAD_INPUT")), "{refused:?}");
    }
    let (status, answer) = send(&[("queries", queries), ("edition", of("77"))]).await;
    assert!(status.is_client_error(), "an edition that is not there: {answer}");
}

/// What the specification's JSON Schemas of version 0.2 ask of the services' answers, in our own words: the kind of each member
/// and which of them must be there. Members a schema does not name are allowed, except where it says otherwise.
mod specified {
    use serde_json::Value;

    type Check = fn(&Value, &str);

    fn text(value: &Value, at: &str) {
        assert!(value.is_string(), "{at} is a text, not {value}");
    }
    fn number(value: &Value, at: &str) {
        assert!(value.is_number(), "{at} is a number, not {value}");
    }
    fn whole(value: &Value, at: &str) {
        assert!(value.is_i64() || value.is_u64(), "{at} is a whole number, not {value}");
    }
    fn truth(value: &Value, at: &str) {
        assert!(value.is_boolean(), "{at} is true or false, not {value}");
    }
    fn template(value: &Value, at: &str) {
        assert!(value.as_str().is_some_and(|t| t.contains("{{id}}")), "{at} holds {{{{id}}}}: {value}");
    }
    fn each(value: &Value, at: &str, check: Check) {
        let items = value.as_array().unwrap_or_else(|| panic!("{at} is a list, not {value}"));
        items.iter().enumerate().for_each(|(i, item)| check(item, &format!("{at}[{i}]")));
    }
    /// An object; members whose names end in `!` must be there.
    fn object(value: &Value, at: &str, members: &[(&str, Check)]) {
        let object = value.as_object().unwrap_or_else(|| panic!("{at} is an object, not {value}"));
        for (name, check) in members {
            let (name, must) = name.strip_suffix('!').map_or((*name, false), |name| (name, true));
            match object.get(name) {
                Some(member) => check(member, &format!("{at}.{name}")),
                None => assert!(!must, "{at} lacks {name}: {value}"),
            }
        }
    }
    fn kind(value: &Value, at: &str) {
        object(value, at, &[("id!", text), ("name", text)]);
    }
    /// A type, or its id alone.
    fn kind_or_id(value: &Value, at: &str) {
        if !value.is_string() {
            kind(value, at);
        }
    }
    fn service(value: &Value, at: &str) {
        object(value, at, &[("service_url", text), ("service_path", text)]);
    }

    /// manifest.json
    pub fn manifest(value: &Value) {
        object(
            value,
            "manifest",
            &[
                ("versions!", |v, at| {
                    each(v, at, text);
                    assert!(v.as_array().unwrap().contains(&"0.2".into()), "{at} names 0.2");
                }),
                ("name!", text),
                ("identifierSpace!", text),
                ("schemaSpace!", text),
                ("documentation", text),
                ("serviceVersion", text),
                ("view", |v, at| object(v, at, &[("url!", template)])),
                ("defaultTypes", |v, at| {
                    each(v, at, kind);
                    let all = v.as_array().unwrap();
                    assert!(all.iter().enumerate().all(|(i, one)| !all[..i].contains(one)), "{at} names each type once");
                }),
                ("suggest", |v, at| object(v, at, &[("entity", service), ("property", service), ("type", service)])),
                ("preview", |v, at| object(v, at, &[("url!", template), ("width!", whole), ("height!", whole)])),
                ("extend", |v, at| {
                    object(
                        v,
                        at,
                        &[
                            ("propose_properties", service),
                            ("property_settings", |v, at| {
                                each(v, at, |v, at| object(v, at, &[("type!", text), ("label!", text), ("name!", text)]));
                            }),
                        ],
                    );
                }),
            ],
        );
    }

    /// reconciliation-result-batch.json
    pub fn results(value: &Value) {
        for (name, result) in value.as_object().expect("a result batch is an object") {
            object(
                result,
                name,
                &[("result!", |v, at| {
                    each(v, at, |v, at| {
                        object(
                            v,
                            at,
                            &[
                                ("id!", text),
                                ("name!", text),
                                ("score!", number),
                                ("description", text),
                                ("match", truth),
                                ("type", |v, at| each(v, at, kind_or_id)),
                                ("features", |v, at| {
                                    each(v, at, |v, at| {
                                        object(
                                            v,
                                            at,
                                            &[("id", text), ("value", |v, at| assert!(v.is_number() || v.is_boolean(), "{at}"))],
                                        );
                                    });
                                }),
                            ],
                        );
                    });
                })],
            );
        }
    }

    /// suggest-entities-response.json, suggest-properties-response.json
    pub fn suggested(value: &Value) {
        object(
            value,
            "suggested",
            &[("result!", |v, at| {
                each(v, at, |v, at| {
                    object(
                        v,
                        at,
                        &[("id!", text), ("name!", text), ("description", text), ("notable", |v, at| each(v, at, kind_or_id))],
                    );
                });
            })],
        );
    }

    /// suggest-types-response.json
    pub fn suggested_types(value: &Value) {
        object(value, "types", &[("result!", |v, at| each(v, at, kind))]);
    }

    /// data-extension-property-proposal
    pub fn proposed(value: &Value) {
        object(
            value,
            "proposal",
            &[
                ("type!", text),
                ("properties!", |v, at| each(v, at, |v, at| object(v, at, &[("id!", text), ("name!", text)]))),
                ("limit", whole),
            ],
        );
    }

    /// data-extension-response.json: a cell has exactly one kind of value.
    pub fn extended(value: &Value) {
        object(
            value,
            "extended",
            &[
                ("meta!", |v, at| each(v, at, |v, at| object(v, at, &[("id!", text), ("name!", text), ("type", kind)]))),
                ("rows!", |v, at| {
                    for (id, cells) in v.as_object().unwrap_or_else(|| panic!("{at} is an object")) {
                        for (property, values) in cells.as_object().unwrap_or_else(|| panic!("{at}.{id} is an object")) {
                            each(values, &format!("{at}.{id}.{property}"), |v, at| {
                                let cell = v.as_object().unwrap_or_else(|| panic!("{at} is an object"));
                                let names: Vec<&str> = cell.keys().map(String::as_str).collect();
                                match names.as_slice() {
                                    [] => {}
                                    ["str"] | ["date"] => text(v.get(names[0]).unwrap(), at),
                                    ["float"] => number(&v["float"], at),
                                    ["int"] => whole(&v["int"], at),
                                    _ => object(v, at, &[("id!", text), ("name!", text), ("description", text)]),
                                }
                            });
                        }
                    }
                }),
            ],
        );
    }
}

#[tokio::test]
async fn every_answer_is_as_the_specifications_schemas_ask() {
    let served = served(1_500, |_| {}).await;
    let manifest = get(&served, "/reconcile").await;
    specified::manifest(&manifest);
    // Where the manifest says, there is something: what a client would do with it.
    let path = |value: &Value| format!("{}?prefix=", value["service_path"].as_str().unwrap());
    specified::suggested(&get(&served, &format!("{}kj", path(&manifest["suggest"]["entity"]))).await);
    specified::suggested(&get(&served, &path(&manifest["suggest"]["property"])).await);
    specified::suggested_types(&get(&served, &path(&manifest["suggest"]["type"])).await);
    let propose = manifest["extend"]["propose_properties"]["service_path"].as_str().unwrap();
    let proposed = get(&served, &format!("{propose}?type=Enterprise&limit=5")).await;
    specified::proposed(&proposed);
    assert_eq!(proposed["properties"].as_array().unwrap().len(), 5);
    // Reading on where the client has ten suggestions already.
    let first = get(&served, "/reconcile/suggest/entity?prefix=kj").await;
    let next = get(&served, "/reconcile/suggest/entity?prefix=kj&cursor=10").await;
    specified::suggested(&next);
    assert!(!next["result"].as_array().unwrap().is_empty());
    assert!(next["result"].as_array().unwrap().iter().all(|hit| !first["result"].as_array().unwrap().contains(hit)));

    let data = served.data("{ enterprises(first: 12) { nodes { id name creditCode } } }", json!({})).await;
    let nodes = data["enterprises"]["nodes"].as_array().unwrap();
    // Every form that the schema of queries allows.
    let queries = json!({
        "name": { "query": nodes[0]["name"], "type": "Enterprise", "type_strict": "should", "limit": 3.0 },
        "types": { "query": nodes[1]["name"], "type": ["Enterprise"], "type_strict": "any" },
        "values": { "query": nodes[2]["name"], "properties": [
            { "pid": "creditCode", "v": [nodes[2]["creditCode"], "x"] }, { "pid": "employees", "v": 12 }, { "pid": "district", "v": { "id": "area:110105", "name": "示例4区" } },
            { "pid": "listed", "v": true } ] },
        "propertiesOnly": { "properties": [{ "pid": "creditCode", "v": nodes[3]["creditCode"] }] },
        "nobody": { "query": "鳏寡孤独废疾者" },
    });
    let (status, answer) = post(&served, "queries", &queries).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    specified::results(&answer);
    assert_eq!(answer.as_object().unwrap().len(), 5, "every query has its result");
    assert_eq!(answer["propertiesOnly"]["result"][0]["id"], nodes[3]["id"]);
    assert_eq!(answer["values"]["result"][0]["id"], nodes[2]["id"]);
    assert!(answer["name"]["result"].as_array().unwrap().len() <= 3);
    assert_eq!(post(&served, "queries", &json!([])).await.0, StatusCode::BAD_REQUEST);
    // What cannot be answered is a query without results.
    for empty in [json!({}), json!({ "query": " " }), json!({ "query": null })] {
        let (status, answer) = post(&served, "queries", &json!({ "q": empty })).await;
        assert_eq!((status, &answer), (StatusCode::OK, &json!({ "q": { "result": [] } })), "{empty}");
    }
    // The same batch in a link, as version 0.2 allows.
    let mut link = String::from("/reconcile?queries=");
    json!({ "q": { "query": nodes[0]["name"] } }).to_string().bytes().for_each(|b| link.push_str(&format!("%{b:02X}")));
    specified::results(&get(&served, &link).await);

    let every: Vec<Value> = get(&served, propose).await["properties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| json!({ "id": p["id"], "settings": {} }))
        .collect();
    let wanted = json!({ "ids": [nodes[0]["id"], nodes[5]["id"], "nobody"], "properties": every });
    let (status, extended) = post(&served, "extend", &wanted).await;
    assert_eq!(status, StatusCode::OK, "{extended}");
    specified::extended(&extended);
    assert_eq!(extended["rows"].as_object().unwrap().len(), 3);
    let preview = manifest["preview"]["url"].as_str().unwrap().replace("{{id}}", nodes[0]["id"].as_str().unwrap());
    let path = preview.split_once("://").unwrap().1.split_once('/').unwrap().1;
    let (status, headers, _) = served.send(Request::get(format!("/{path}")).body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
}

#[tokio::test]
async fn the_likest_names_are_the_first_of_all_that_share_a_piece() {
    let served = served(3_000, |_| {}).await;
    let edition = served.state.hub().editions.current().unwrap();
    let (mut cut, some) = (0, edition.all().iter().filter(|row| row % 2 == 0).collect());
    for row in edition.all().iter().step_by(97) {
        let name = edition.enterprise(row).name().to_owned();
        for scope in [None, Some(&some)] {
            let whole = edition.similar(&name, scope, usize::MAX);
            for limit in [0, 1, 8, 30] {
                let first = edition.similar(&name, scope, limit);
                assert_eq!(first, whole[..limit.min(whole.len())], "{name} {limit}");
            }
            cut += usize::from(whole.len() > 30);
        }
    }
    assert!(cut > 20, "{cut} names share pieces with more than are shown");
}
