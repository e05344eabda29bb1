//! Server-sent events: what is refused, and that nothing read for one event is taken for the next.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::graph::{Served, served};

const SUBSCRIBE: &str = "subscription { editionPublished { number } }";

fn post(query: &str) -> axum::http::request::Request<Body> {
    Request::post("/graphql/sse")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "text/event-stream")
        .body(Body::from(json!({ "query": query }).to_string()))
        .unwrap()
}

async fn status(served: &Served, request: Request<Body>) -> (StatusCode, String) {
    let response = served.router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    // What is accepted never ends.
    let text = match status {
        StatusCode::OK => String::new(),
        _ => String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap(),
    };
    (status, text)
}

#[tokio::test]
async fn event_streams_take_no_forms_no_mutations_by_link_and_no_endless_bodies() {
    let served = served(50, |_| {}).await;
    let mutation = "mutation { startSync(input: {}) { started } }";
    let link: String = mutation.bytes().map(|b| format!("%{b:02X}")).collect();
    let form = Request::post("/graphql/sse").header(header::CONTENT_TYPE, "text/plain");
    let foreign = |origin: &str| {
        let mut request = post(SUBSCRIBE);
        request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
        request
    };
    for (what, request, expected, code) in [
        (
            "a mutation by GET",
            Request::get(format!("/graphql/sse?query={link}")).body(Body::empty()).unwrap(),
            StatusCode::BAD_REQUEST,
            "BAD_INPUT",
        ),
        (
            "a form",
            form.body(Body::from(json!({ "query": mutation }).to_string())).unwrap(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "BAD_INPUT",
        ),
        ("64 KiB", post(&format!("{SUBSCRIBE} # {}", "x".repeat(65_536))), StatusCode::PAYLOAD_TOO_LARGE, "COST_EXCEEDED"),
        ("another site", foreign("https://elsewhere.example"), StatusCode::FORBIDDEN, "FORBIDDEN"),
        ("PUT", Request::put("/graphql/sse").body(Body::empty()).unwrap(), StatusCode::METHOD_NOT_ALLOWED, "BAD_INPUT"),
        (
            "what costs too much",
            post("{ gap(first: 500) { nodes { branches(first: 500) { nodes { name } } } } }"),
            StatusCode::BAD_REQUEST,
            "COST_EXCEEDED",
        ),
    ] {
        let (found, text) = status(&served, request).await;
        assert_eq!(found, expected, "{what}: {text}");
        assert!(text.contains(code), "{what}: {text}");
    }
    assert_eq!(status(&served, foreign("https://map.example")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_caller_has_a_hundred_event_streams_and_one_that_ends_makes_room() {
    let served = served(50, |_| {}).await;
    let mut open = Vec::new();
    for _ in 0..100 {
        let response = served.router.clone().oneshot(post(SUBSCRIBE)).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        open.push(response);
    }
    let (refused, text) = status(&served, post(SUBSCRIBE)).await;
    assert_eq!(refused, StatusCode::TOO_MANY_REQUESTS, "{text}");
    assert!(text.contains("COST_EXCEEDED"));
    open.pop();
    // The server notices that the client is gone when its task runs next.
    for turn in 0.. {
        if status(&served, post(SUBSCRIBE)).await.0 == StatusCode::OK {
            break;
        }
        assert!(turn < 1_000, "a closed stream gives its place back");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_subscription_reads_the_registries_anew_for_every_event() {
    let served = served(50, |_| {}).await;
    let store = &served.state.hub().store;
    let tax = store.ensure_registries(&["tax"]).await.unwrap().into_iter().find(|r| r.name == "tax").unwrap();
    let response =
        served.router.clone().oneshot(post("subscription { syncProgress { done registry { name state } } }")).await.unwrap();
    let mut body = response.into_body();
    let events = huitu::serve::answers::events::Broadcast { events: served.state.state().events().clone(), also: None };
    let mut next = async |rows: u64| -> Value {
        use huitu::hub::progress::{ProgressSink, SyncEvent};
        for _ in 0..100 {
            // Until the stream listens nobody hears: the event is told again.
            events.event(&SyncEvent::Pulling { registry: "tax".to_owned(), rows, of: None });
            let frame = tokio::time::timeout(std::time::Duration::from_millis(300), body.frame()).await;
            let Ok(Some(Ok(frame))) = frame else { continue };
            let text = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
            let data: Value = serde_json::from_str(text.split("data: ").nth(1).unwrap()).unwrap();
            if data["data"]["syncProgress"]["done"] == rows {
                return data["data"]["syncProgress"]["registry"].clone();
            }
        }
        panic!("no event came");
    };
    assert_eq!(next(1).await, json!({ "name": "tax", "state": "NEVER" }));
    store.registry_unchanged(tax.id, served.state.hub().clock.millis()).await.unwrap();
    assert_eq!(next(2).await, json!({ "name": "tax", "state": "CURRENT" }));
}
