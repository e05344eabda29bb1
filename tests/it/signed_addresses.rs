//! Addresses that are signed for a caller: what they open, for how long, and who is noted.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use huitu::serve::Authentication;
use huitu::store::token::TokenRow;
use serde_json::{Value, json};

use crate::support::graph::{Served, served, token};

const SIGN: &str = "mutation($address: String!, $seconds: Int, $purpose: String) {
    signAddress(input: { address: $address, seconds: $seconds, purpose: $purpose }) {
        address until userErrors { field code message(lang: EN) } } }";

async fn guarded() -> Served {
    let served = served(300, |options| options.access = Authentication::Tokens).await;
    for (id, role) in [("ann", "analyst"), ("ben", "analyst"), ("map", "client"), ("all", "admin")] {
        served.state.hub().store.put_token(&token(id, role, None, None)).await.unwrap();
    }
    served
}

async fn sign(served: &Served, who: &str, address: &str) -> String {
    sign_for(served, who, address, None).await
}

async fn sign_for(served: &Served, who: &str, address: &str, purpose: Option<&str>) -> String {
    let asked = json!({ "address": address, "seconds": 60, "purpose": purpose });
    let answer = served.ask_as(Some(&format!("secret-{who}")), SIGN, asked).await;
    answer["data"]["signAddress"]["address"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

async fn get(served: &Served, address: &str) -> (StatusCode, String) {
    let (status, _, body) = served.send(Request::get(address).body(Body::empty()).unwrap()).await;
    (status, String::from_utf8_lossy(&body).into_owned())
}

fn message(body: &str) -> String {
    let said: Value = serde_json::from_str(body).unwrap();
    said["error"]["message"].as_str().unwrap_or_default().to_owned()
}

/// Rows of the audit, in the order they were written: who, which way, what for.
fn audited(served: &Served) -> Vec<(String, String, String)> {
    let mut rows = Vec::new();
    huitu::audit::search(&served.root.path().join("audit"), &huitu::audit::AuditQuestion::default(), |row| {
        rows.push((row.name, row.way, row.purpose));
        Ok(())
    })
    .unwrap();
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_address_is_its_callers_for_a_minute_for_this_path_alone_and_noted_as_theirs() {
    let served = guarded().await;
    let plain = "/export/gap.csv?columns=name,employees&lang=en";
    assert_eq!(get(&served, plain).await.0, StatusCode::UNAUTHORIZED, "without a token nobody reads");
    let signed = sign(&served, "ann", plain).await;
    assert!(!signed.contains("secret"), "no secret stands in it: {signed}");
    let (status, body) = get(&served, &signed).await;
    assert!(status == StatusCode::OK && body.contains("employees"), "{status} {body:.80}");
    let last = |served: &Served| audited(served).pop().expect("a row");
    let noted = |who: &str, purpose: &str| (who.to_owned(), "export".to_owned(), purpose.to_owned());
    assert_eq!(last(&served), noted("ann", ""));
    // What it is read for is signed with it, in any language; whoever follows it cannot say something else.
    let visit = sign_for(&served, "ann", plain, Some("走访 visit")).await;
    let other = Request::get(&visit).header("x-purpose", "curiosity").body(Body::empty()).unwrap();
    assert_eq!(served.send(other).await.0, StatusCode::OK);
    assert_eq!(last(&served), noted("ann", "走访 visit"));
    assert_eq!(get(&served, &visit.replacen("visit", "other", 1)).await.0, StatusCode::UNAUTHORIZED);
    // A token that is bound to purposes opens by such an address what it opens by a header, and is told of a purpose that is not its own.
    let bound = TokenRow { purposes: Some(r#"["visit"]"#.to_owned()), ..token("bea", "analyst", None, None) };
    served.state.hub().store.put_token(&bound).await.unwrap();
    let silent = sign(&served, "bea", plain).await;
    assert_eq!(get(&served, &silent).await.0, StatusCode::FORBIDDEN, "nothing was stated");
    let stated = sign_for(&served, "bea", plain, Some("visit")).await;
    assert_eq!((get(&served, &stated).await.0, last(&served)), (StatusCode::OK, noted("bea", "visit")));
    let mut request = Served::post().header("authorization", "Bearer secret-bea").header("x-purpose", "visit");
    request = request.header("accept-language", "en");
    let body = json!({ "query": SIGN, "variables": { "address": plain, "seconds": 60 } }).to_string();
    let (_, _, body) = served.send(request.body(Body::from(body)).unwrap()).await;
    let answer: Value = serde_json::from_slice(&body).unwrap();
    let by_header = answer["data"]["signAddress"]["address"].as_str().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(get(&served, by_header).await.0, StatusCode::OK, "the request's own purpose where none is given");
    let asked = json!({ "address": plain, "seconds": 60, "purpose": "curiosity" });
    let answer = served.ask_as(Some("secret-bea"), SIGN, asked).await;
    let refused = &answer["data"]["signAddress"]["userErrors"][0];
    let is_named = refused["message"].as_str().is_some_and(|text| text.contains("purposes of this token are: visit"));
    assert!(refused["field"] == "purpose" && is_named, "{answer}");

    // For nothing else: another path, other parameters, another caller, another time.
    for (altered, to) in [("gap.csv", "enterprises.csv"), ("employees", "address"), ("by=ann", "by=all"), ("until=", "until=9")] {
        let other = signed.replacen(altered, to, 1);
        let (status, body) = get(&served, &other).await;
        assert!(status == StatusCode::UNAUTHORIZED && !body.contains("name,"), "{other}: {body:.80}");
    }
    // What the caller may not do their address cannot either.
    let closed = sign(&served, "map", plain).await;
    assert_eq!(get(&served, &closed).await.0, StatusCode::FORBIDDEN, "a map client has no exports");
    let post = Request::post(&signed).body(Body::empty()).unwrap();
    assert_eq!(served.send(post).await.0, StatusCode::BAD_REQUEST, "it is read, and nothing else");

    let clock = &served.state.hub().clock;
    clock.set(clock.now() + chrono::TimeDelta::seconds(60));
    let (status, body) = get(&served, &signed).await;
    assert!(status == StatusCode::UNAUTHORIZED && message(&body).contains("时间") || message(&body).contains("过期"), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_address_ends_with_the_token_that_it_was_made_for() {
    let served = guarded().await;
    let of_ann = sign(&served, "ann", "/geo/districts.geojson?lang=en").await;
    let of_ben = sign(&served, "ben", "/geo/districts.geojson?lang=en").await;
    assert_eq!(get(&served, &of_ann).await.0, StatusCode::OK);
    served.state.hub().revoke_token("ann").await.unwrap();
    let (status, body) = get(&served, &of_ann).await;
    assert!(status == StatusCode::UNAUTHORIZED && message(&body).contains("已撤销"), "{body}");
    assert_eq!(get(&served, &of_ben).await.0, StatusCode::OK, "the others' stand");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_in_an_address_is_refused_by_name_wherever_it_is_put() {
    let served = guarded().await;
    for address in [
        "/graphql?query=%7Bviewer%7Bname%7D%7D&access_token=secret-ann",
        "/graphql/sse?token=secret-ann",
        "/export/gap.csv?api_key=x",
        "/geo/districts.geojson?Authorization=x",
        "/export/gap.csv?q=Bearer%20secret-ann",
        "/graphql/ws?authToken=secret-ann",
    ] {
        let (status, body) = get(&served, address).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{address}");
        let said: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(said["error"]["hint"], "signAddress", "{address}: {said}");
        assert!(!body.contains("secret-ann"), "it is not said back: {body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_signed_is_refused_with_what_can() {
    let served = guarded().await;
    let refused = async |address: &str, seconds: i32| {
        let answer = served.ask_as(Some("secret-ann"), SIGN, json!({ "address": address, "seconds": seconds })).await;
        let payload = answer["data"]["signAddress"].clone();
        assert_eq!(payload["address"], Value::Null, "{address}");
        payload["userErrors"][0].clone()
    };
    assert!(refused("/graphql?query={viewer{name}}", 60).await["message"].as_str().unwrap().contains("/graphql/sse"));
    assert!(refused("https://hub.example/export/gap.csv", 60).await["message"].as_str().unwrap().contains("cannot be signed"));
    for seconds in [0, -1, 901] {
        assert_eq!(refused("/export/gap.csv", seconds).await["field"], "seconds", "{seconds}");
    }
    let forged = Request::get("/geo/districts.geojson").header("authorization", "Signed ann").body(Body::empty()).unwrap();
    assert_eq!(served.send(forged).await.0, StatusCode::UNAUTHORIZED);
}
