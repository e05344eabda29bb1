//! Pages of HTTP that are fetched ahead of their reading: as many as agreed, none twice, none in vain.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use huitu::pull::sample::take;
use huitu::pull::{Cursor, pull};

use crate::pull_http::{PAGED, Params, Server, connector, context, page, serve};

/// Most requests that were being answered at the same time, and how many there were.
#[derive(Default)]
struct Traffic {
    now: AtomicU32,
    most: AtomicU32,
    all: Mutex<u32>,
    one_more: Condvar,
}

impl Traffic {
    /// How many requests came; waits until there are so many, ten seconds at most.
    fn all(&self, at_least: u32) -> u32 {
        let all = self.all.lock().expect("no panic while counting");
        let limit = Duration::from_secs(10);
        *self.one_more.wait_timeout_while(all, limit, |all| *all < at_least).expect("no panic while counting").0
    }
}

async fn slow_pages(traffic: Arc<Traffic>, total: impl Fn(u64) -> u64 + Clone + Send + Sync + 'static) -> Server {
    let answer = async move |q: Params| {
        *traffic.all.lock().expect("no panic while counting") += 1;
        traffic.one_more.notify_all();
        traffic.most.fetch_max(traffic.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        // How long the registry takes: that nobody asks meanwhile is what no event tells.
        tokio::time::sleep(Duration::from_millis(40)).await;
        traffic.now.fetch_sub(1, Ordering::SeqCst);
        let number = q.get("page").and_then(|p| p.parse().ok()).unwrap_or(1);
        Json(page(&q, total(number)))
    };
    let answer = Arc::new(answer);
    serve(Router::new().route("/list", get(move |q: Params| async move { answer(q).await }))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_fetched_ahead_and_never_more_at_once_than_agreed() {
    for (concurrency, most) in [(1, 1), (3, 3)] {
        let traffic = Arc::new(Traffic::default());
        let server = slow_pages(traffic.clone(), |_| 95).await;
        let mut connector = connector(&server, PAGED);
        connector.manners.concurrency = concurrency;
        let whole = take(&connector, None, &context(), None).await.expect("pages");
        let ids: Vec<_> = whole.rows.iter().map(|r| r.cells[0].clone().expect("an id")).collect();
        assert_eq!(ids, (0..95).map(|i| i.to_string()).collect::<Vec<_>>(), "in the registry's order");
        assert_eq!(traffic.most.load(Ordering::SeqCst), most);
        assert_eq!(traffic.all(0), 14, "every page once, none behind the last");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_pages_as_agreed_stay_under_way() {
    // From the third page on each is answered only once the second one behind it has been asked for.
    let (asked, waiting) = tokio::sync::watch::channel(0u64);
    let answer = move |q: Params| async move {
        let number: u64 = q["page"].parse().unwrap_or(1);
        asked.send_modify(|most| *most = number.max(*most));
        if (3..=12).contains(&number) {
            waiting.clone().wait_for(|most| *most >= number + 2).await.expect("the server stands");
        }
        Json(page(&q, 95))
    };
    let server = serve(Router::new().route("/list", get(answer))).await;
    let mut connector = connector(&server, PAGED);
    connector.manners.concurrency = 3;
    connector.manners.retries = 0;
    assert_eq!(take(&connector, None, &context(), None).await.expect("pages").rows.len(), 95);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_page_is_under_way_while_one_is_read() {
    let traffic = Arc::new(Traffic::default());
    let server = slow_pages(traffic.clone(), |_| 95).await;
    /// Goes on, before each checkpoint, only once the next page has been asked for.
    struct Looking(Arc<Traffic>, Vec<u32>);
    impl huitu::pull::RowSink for Looking {
        fn columns(&mut self, _: &[String]) -> std::io::Result<()> {
            Ok(())
        }
        fn rows(&mut self, _: huitu::pull::Chunk) -> std::io::Result<()> {
            self.1.push(self.0.all((self.1.len() as u32 + 2).min(14)));
            Ok(())
        }
        fn checkpoint(&mut self, _: &Cursor) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut sink = Looking(traffic, Vec::new());
    pull(&connector(&server, PAGED), None, &context(), &mut sink).await.expect("pages");
    assert_eq!(sink.1, (2..=14).chain([14]).collect::<Vec<u32>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_shrinks_under_the_pull_is_asked_for_no_page_in_vain_twice() {
    // From its fifth page on it says that thirty-five records are all: the fifth is the last one.
    let traffic = Arc::new(Traffic::default());
    let server = slow_pages(traffic.clone(), |number| if number < 5 { 95 } else { 35 }).await;
    let mut connector = connector(&server, PAGED);
    connector.manners.concurrency = 3;
    let whole = take(&connector, None, &context(), None).await.expect("pages");
    assert_eq!(whole.rows.len(), 35);
    assert!(traffic.all(0) <= 8, "five pages, and three that were foreseen");
}
