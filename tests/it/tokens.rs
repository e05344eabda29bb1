//! Tokens in the graph: made, followed by others, ended; and never so that nobody is left who could.

use huitu::hub::Hub;
use huitu::hub::tokens::NewToken;
use huitu::model::Clock;
use huitu::serve::Authentication;
use huitu::store::token::TokenRow;
use serde_json::{Value, json};

use crate::support::graph::{Served, served, settings, token};
use crate::support::servers::postgres;

const MAKE: &str = "mutation($i: CreateTokenInput!) { createToken(input: $i) { secret token { id name role scopes areaCodes state registry { name } } userErrors { field message } } }";
const ROTATE: &str = "mutation($i: RotateTokenInput!) { rotateToken(input: $i) { secret token { id role scopes areaCodes } userErrors { message } } }";
const END: &str = "mutation($id: ID!) { revokeToken(id: $id) { token { state revokedAt } userErrors { message } } }";

async fn guarded() -> Served {
    let served = served(300, |options| options.access = Authentication::Tokens).await;
    for row in [token("sec", "security", None, None), token("ann", "analyst", None, None), token("sys", "system", None, None)] {
        served.state.hub().store.put_token(&row).await.unwrap();
    }
    served
}

async fn said(served: &Served, secret: &str, query: &str, variables: Value) -> Value {
    served.ask_as(Some(secret), query, variables).await
}

/// Callers are remembered for two seconds.
fn later(served: &Served, more: chrono::Duration) {
    let clock = &served.state.hub().clock;
    clock.set(clock.now() + more);
}

async fn is_let_in(served: &Served, secret: &str) -> bool {
    said(served, secret, "{ viewer { name } }", json!({})).await["data"]["viewer"].is_object()
}

#[tokio::test]
async fn a_token_is_made_followed_by_another_and_ended_in_the_graph() {
    let served = guarded().await;
    let made = said(
        &served,
        "secret-sec",
        MAKE,
        json!({ "i": { "name": "朝阳", "role": "DISTRICT", "areas": ["110105"], "days": 30 } }),
    )
    .await;
    let made = &made["data"]["createToken"];
    let (id, secret) = (made["token"]["id"].clone(), made["secret"].as_str().expect("told once").to_owned());
    assert_eq!((&made["token"]["role"], &made["token"]["areaCodes"]), (&json!("DISTRICT"), &json!(["110105"])), "{made}");
    let viewer = said(&served, &secret, "{ viewer { name role areas { code } } }", json!({})).await["data"]["viewer"].take();
    assert_eq!(viewer, json!({ "name": "朝阳", "role": "district", "areas": [{ "code": "110105" }] }));

    let list = "{ tokens(inForce: true, first: 2) { totalCount nodes { id name lastUsedAt isOwn } edges { cursor } pageInfo { hasNextPage } } }";
    let page = said(&served, "secret-sec", list, json!({})).await["data"]["tokens"].take();
    assert_eq!((&page["totalCount"], &page["pageInfo"]["hasNextPage"]), (&json!(4), &json!(true)), "{page}");
    assert_eq!(page["nodes"][0]["id"], id, "newest first");
    assert!(page["nodes"][0]["lastUsedAt"].is_string(), "its first question is noted: {page}");
    assert!(!page.to_string().contains(&secret), "a secret is told once");

    later(&served, chrono::Duration::seconds(1));
    // The next one has the same rights; the old one stands for a while.
    let next = said(&served, "secret-sec", ROTATE, json!({ "i": { "id": id, "overlapDays": 7, "days": 60 } })).await;
    let next = &next["data"]["rotateToken"];
    assert_eq!((&next["token"]["areaCodes"], &next["token"]["role"]), (&json!(["110105"]), &json!("DISTRICT")), "{next}");
    let followed = next["secret"].as_str().expect("told once").to_owned();
    assert!(is_let_in(&served, &secret).await && is_let_in(&served, &followed).await, "nobody is locked out meanwhile");
    later(&served, chrono::Duration::days(8));
    assert!(!is_let_in(&served, &secret).await && is_let_in(&served, &followed).await);

    let ended = said(&served, "secret-sec", END, json!({ "id": next["token"]["id"] })).await["data"]["revokeToken"].take();
    assert_eq!(ended["token"]["state"], "REVOKED", "{ended}");
    later(&served, chrono::Duration::seconds(3));
    assert!(!is_let_in(&served, &followed).await);
    let all =
        said(&served, "secret-sec", "{ tokens { nodes { name state } } }", json!({})).await["data"]["tokens"]["nodes"].take();
    let states: Vec<&str> = all.as_array().unwrap().iter().filter_map(|t| t["state"].as_str()).collect();
    assert_eq!(states, ["REVOKED", "EXPIRED", "IN_FORCE", "IN_FORCE", "IN_FORCE"], "none is forgotten");
}

#[tokio::test]
async fn only_who_says_who_may_ask_sees_and_changes_tokens() {
    let served = guarded().await;
    for who in ["secret-ann", "secret-sys"] {
        let answer = said(&served, who, "{ tokens { totalCount } }", json!({})).await;
        let code = &answer["errors"][0]["extensions"]["code"];
        assert_eq!((&answer["data"]["tokens"], code), (&Value::Null, &json!("FORBIDDEN_FIELD")), "{who}: {answer}");
        for (query, variables) in [
            (MAKE, json!({ "i": { "name": "x", "role": "ADMIN" } })),
            (ROTATE, json!({ "i": { "id": "token:sec" } })),
            (END, json!({ "id": "token:sec" })),
        ] {
            let answer = said(&served, who, query, variables).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{who}: {answer}");
        }
    }
    assert_eq!(served.state.hub().store.tokens().await.unwrap().len(), 3, "nothing was made");
}

#[tokio::test]
async fn a_token_that_cannot_be_is_refused_with_what_would_be_right() {
    let served = guarded().await;
    for (input, said_so) in [
        (json!({ "name": "x", "role": "DISTRICT" }), "110105"),
        (json!({ "name": "x", "role": "ANALYST", "areas": ["999999x"] }), "999999x"),
        (json!({ "name": "x", "role": "PARTNER" }), "registry"),
        (json!({ "name": "x", "role": "PARTNER", "registry": "nowhere" }), "nowhere"),
        (json!({ "name": "x", "role": "ANALYST", "registry": "tax" }), "partner"),
        (json!({ "name": "x", "role": "INGEST", "registry": "tax" }), "push"),
        (json!({ "name": " ", "role": "CLIENT" }), "name"),
        (json!({ "name": "a\u{1b}[2J", "role": "CLIENT" }), "name"),
        (json!({ "name": "x", "role": "CLIENT", "days": 0 }), "3650"),
        (json!({ "name": "x", "role": "CLIENT", "days": 4000 }), "3650"),
    ] {
        let request = Served::post()
            .header("authorization", "Bearer secret-sec")
            .header("accept-language", "en")
            .body(axum::body::Body::from(json!({ "query": MAKE, "variables": { "i": input } }).to_string()));
        let (_, _, body) = served.send(request.unwrap()).await;
        let answer: Value = serde_json::from_slice(&body).unwrap();
        let made = &answer["data"]["createToken"];
        let message = made["userErrors"][0]["message"].as_str().unwrap_or_else(|| panic!("{input}: {answer}"));
        assert!(made["token"].is_null() && made["secret"].is_null() && message.contains(said_so), "{input}: {message}");
    }
    let partner =
        said(&served, "secret-sec", MAKE, json!({ "i": { "name": "税务", "role": "PARTNER", "registry": "tax" } })).await;
    assert_eq!(partner["data"]["createToken"]["token"]["registry"]["name"], "tax", "{partner}");
}

#[tokio::test]
async fn a_scope_that_was_taken_away_does_not_come_back_with_the_next_token() {
    let served = guarded().await;
    let narrow = TokenRow { scopes: Some(r#"["review"]"#.to_owned()), ..token("narrow", "analyst", None, None) };
    served.state.hub().store.put_token(&narrow).await.unwrap();
    let next = said(&served, "secret-sec", ROTATE, json!({ "i": { "id": "token:narrow" } })).await;
    assert_eq!(next["data"]["rotateToken"]["token"]["scopes"], json!(["review"]), "{next}");
}

#[tokio::test]
async fn the_last_administrator_stays_by_mutation_too() {
    let served = guarded().await;
    let answer = said(&served, "secret-sec", END, json!({ "id": "token:sec" })).await;
    let refused = &answer["data"]["revokeToken"];
    assert!(refused["token"].is_null() && refused["userErrors"][0]["message"].as_str().unwrap().contains("security"), "{answer}");
    assert!(is_let_in(&served, "secret-sec").await);
    // One that may not make tokens is no administrator, whatever its role is called.
    let idle = TokenRow { scopes: Some("[]".to_owned()), ..token("idle", "admin", None, None) };
    served.state.hub().store.put_token(&idle).await.unwrap();
    assert!(said(&served, "secret-sec", END, json!({ "id": "token:sec" })).await["data"]["revokeToken"]["token"].is_null());
    served.state.hub().store.put_token(&token("chief", "admin", None, None)).await.unwrap();
    assert!(said(&served, "secret-sec", END, json!({ "id": "token:sec" })).await["data"]["revokeToken"]["token"].is_object());
}

async fn two_who_end_each_other(hub: &Hub) {
    let make = async |name: &str| {
        let new = NewToken {
            name: name.into(),
            role: huitu::access::Role::Security,
            registry: None,
            areas: vec![],
            purposes: vec![],
            days: 9,
        };
        hub.create_token(new).await.unwrap().row.id
    };
    for _ in 0..5 {
        let (one, two) = (make("one").await, make("two").await);
        // Whoever was left of the round before goes first.
        let left = hub.store.tokens().await.unwrap();
        for old in left.iter().filter(|t| t.revoked_at.is_none() && t.id != one && t.id != two) {
            hub.revoke_token(&old.id).await.unwrap();
        }
        let (first, second) = tokio::join!(hub.revoke_token(&one), hub.revoke_token(&two));
        assert!(first.is_ok() != second.is_ok(), "one of them stays: {first:?} {second:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_administrators_who_end_each_other_leave_one_in_both_databases() {
    let root = tempfile::tempdir().unwrap();
    let at = chrono::DateTime::from_timestamp(1_790_100_000, 0).unwrap();
    two_who_end_each_other(&Hub::open(settings(root.path()), Clock::fixed(at)).await.unwrap()).await;
    let Some(server) = postgres() else { return };
    let other = tempfile::tempdir().unwrap();
    let settings = huitu::config::Settings { store: Some(server.database().await), ..settings(other.path()) };
    two_who_end_each_other(&Hub::open(settings, Clock::fixed(at)).await.unwrap()).await;
}
