//! `huitu bench serve` as an ignored test, for those who have no command line at hand:
//! `HUITU_BENCH_ROWS=2500000 cargo test --release --test it bench_serve -- --ignored --nocapture`, twice (the first run
//! writes the edition, the second shows what serving alone needs).

use huitu::hub::Hub;
use huitu::model::Clock;
use huitu::serve::bench;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes and gigabytes; run it by name"]
async fn bench_serve() {
    let rows: u32 = std::env::var("HUITU_BENCH_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let root = std::env::temp_dir().join(format!("huitu-bench-{rows}"));
    for figure in bench::prepare(&root, rows).unwrap() {
        println!("{figure}");
    }
    let hub = Hub::open(crate::graphql::settings(&root), Clock::System).await.unwrap();
    for figure in bench::measure(hub).await.unwrap() {
        println!("{figure}");
    }
}
