//! Kept answers: whoever asks gets what he may see, whatever the keys hash to.

use axum::body::Body;
use axum::http::{Request, header};
use huitu::serve::{Authentication, Options};
use serde_json::{Value, json};

use crate::support::graph::{Served, served, token};

const TOKENS: [(&str, &str, Option<&str>); 5] = [
    ("admin", "admin", None),
    ("client", "client", None),
    ("east", "district", Some("[\"110101\"]")),
    ("west", "district", Some("[\"110102\"]")),
    ("both", "district", Some("[\"110101\", \"110102\"]")),
];

async fn server(change: impl FnOnce(&mut Options)) -> Served {
    let served = served(600, |options| {
        options.access = Authentication::Tokens;
        change(options);
    })
    .await;
    for (id, role, areas) in TOKENS {
        served.state.hub().store.put_token(&token(id, role, areas, None)).await.unwrap();
    }
    served
}

async fn get(served: &Served, path: &str, caller: &str) -> Value {
    let request = Request::get(path)
        .header(header::ACCEPT, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer secret-{caller}"));
    let (_, _, bytes) = served.send(request.body(Body::empty()).unwrap()).await;
    serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("{path}: {}", String::from_utf8_lossy(&bytes)))
}

/// What a caller is told: the rest differs from answer to answer.
fn told(answer: &Value) -> &Value {
    &answer["data"]
}

#[tokio::test]
async fn two_callers_who_may_see_different_things_never_share_an_answer_even_on_equal_hashes() {
    let exact = server(|options| options.cache_bytes = 0).await;
    // One bit is left of every hash: half of all questions collide.
    let colliding = server(|options| options.cache_hasher = |bytes| u128::from(bytes.iter().fold(0u8, |x, b| x ^ b) & 1)).await;
    let questions = [
        "{ gap(first: 3) { totalCount nodes { id name revenueYuan } } }",
        "{ gap(first: 3) { totalCount nodes { id name } } }",
        "{ enterprises(first: 3) { totalCount nodes { id name } } }",
        "{ coverage(by: [DISTRICT]) { total { enterprises covered } } }",
    ];
    let plain = ["/geo/districts.geojson", "/geo/streets.geojson", "/geo/districts.geojson?gap=LACKING"];
    // The second round is answered from what the first one left.
    for round in 0..2 {
        for (caller, ..) in TOKENS {
            let secret = format!("secret-{caller}");
            for query in questions {
                let right = exact.ask_as(Some(&secret), query, json!({})).await;
                let kept = colliding.ask_as(Some(&secret), query, json!({})).await;
                assert_eq!(told(&kept), told(&right), "round {round}, {caller}: {query}");
            }
            for path in plain {
                let right = get(&exact, path, caller).await;
                assert_eq!(get(&colliding, path, caller).await, right, "round {round}, {caller}: {path}");
            }
        }
    }
}
