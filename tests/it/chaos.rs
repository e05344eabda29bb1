//! The long ones, run by `make chaos` and left out otherwise: kills, hostile deliveries, full disks, slow clients, for as long as
//! HUITU_CHAOS_SECS says (60 each). What they count is printed, and summed up by `tests/chaos`. A seed is printed with each.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use huitu::hub::Hub;
use huitu::hub::progress::Silent;
use huitu::simulate::{City, ExtractFormat, write};
use huitu::store::Store;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::program::{huitu, state, sync, text};
use crate::support::chaos::note;
use crate::support::graph::token;
use crate::support::hub::{TestHub, hub_with, manifest, morning, rows};
use crate::support::servers::Ended;

/// How long each of them goes on.
fn until() -> Instant {
    let secs = std::env::var("HUITU_CHAOS_SECS").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    Instant::now() + Duration::from_secs(secs)
}

/// Another one each day, unless HUITU_CHAOS_SEED says which.
fn seeded(what: &str) -> ChaCha8Rng {
    let seed = std::env::var("HUITU_CHAOS_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or_else(rand::random::<u32>);
    println!("{what}: HUITU_CHAOS_SEED={seed}");
    ChaCha8Rng::seed_from_u64(u64::from(seed))
}

fn extracts(dir: &Path, day: u16) -> PathBuf {
    let folder = dir.join(format!("city-{day}"));
    write(&City::new(11, 1_500, day), &folder, ExtractFormat::Csv).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: make chaos"]
async fn kills_at_random_moments_lose_no_row() {
    let mut rng = seeded("kills");
    let dir = tempfile::tempdir().unwrap();
    // So few days that no edition jumps and waits for a person.
    let cities = [extracts(dir.path(), 0), extracts(dir.path(), 4)];
    // What an undisturbed history of the two days ends in.
    let calm = dir.path().join("calm");
    let mut expected = Vec::new();
    let mut whole = Duration::ZERO;
    for city in &cities {
        let began = Instant::now();
        let done = sync(&calm, city).output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
        whole = whole.max(began.elapsed());
        expected.push(state(&calm).await);
    }
    let (end, mut kills, mut lost, mut longest) = (until(), 0, 0, Duration::ZERO);
    while Instant::now() < end {
        let shaken = dir.path().join("shaken");
        let _ = std::fs::remove_dir_all(&shaken);
        for (city, expected) in cities.iter().zip(&expected) {
            for _ in 0..rng.random_range(1..4) {
                let mut child = sync(&shaken, city).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
                // The moment is what is tried here.
                std::thread::sleep(whole.mul_f64(rng.random_range(0.0..1.0)));
                child.kill().unwrap();
                kills += u32::from(!child.wait().unwrap().success());
            }
            let began = Instant::now();
            let again = sync(&shaken, city).output().unwrap();
            assert!(again.status.success(), "{}", text(&again));
            longest = longest.max(began.elapsed());
            let now = state(&shaken).await;
            let there: std::collections::HashSet<_> = now.0.iter().collect();
            lost += expected.0.iter().filter(|row| !there.contains(row)).count();
            assert_eq!(&now, expected);
        }
    }
    assert!(kills > 0);
    note("kills", kills);
    note("lost", lost);
    note("recovery_ms", longest.as_millis());
}

/// A delivery as a broken program, disk or line would send it.
fn spoilt(rng: &mut ChaCha8Rng, good: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    match rng.random_range(0..9) {
        0 => bytes.truncate(rng.random_range(0..=good.len())),
        1 => (0..rng.random_range(1..30)).for_each(|_| {
            let at = rng.random_range(0..bytes.len());
            bytes[at] = rng.random();
        }),
        2 => {
            let at = rng.random_range(0..bytes.len());
            bytes.splice(at..at, std::iter::repeat_n(b'"', rng.random_range(1..5)));
        }
        3 => {
            let at = rng.random_range(0..bytes.len());
            bytes.splice(at..at, std::iter::repeat_n(b',', rng.random_range(1..80_000)));
        }
        4 => {
            let (from, to) = (rng.random_range(0..bytes.len()), rng.random_range(0..bytes.len()));
            let piece = bytes[from.min(to)..from.max(to)].to_vec();
            bytes.extend(piece);
        }
        5 => {
            let length = rng.random_range(0..4_000);
            bytes = std::iter::repeat_with(|| rng.random()).take(length).collect();
        }
        6 => bytes = good.iter().flat_map(|byte| [*byte, 0]).collect(),
        7 => bytes.retain(|byte| *byte != b'\n'),
        _ => {
            let at = rng.random_range(0..bytes.len());
            bytes.splice(at..at, "甲".repeat(rng.random_range(1..200_000)).into_bytes());
        }
    }
    bytes
}

async fn keys(hub: &Hub) -> std::collections::BTreeSet<String> {
    let last = hub.store.last_record_id().await.unwrap();
    hub.store.records_between(0, last).await.unwrap().into_iter().map(|r| r.key).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: make chaos"]
async fn whatever_a_department_delivers_the_next_good_delivery_is_whole_and_no_batch_is_out_of_balance() {
    let mut rng = seeded("deliveries");
    let good = rows(300);
    let source = |format: &str| {
        format!(
            "transport = \"file\"\nformat = \"{format}\"\nplace = \"../../drop/data\"\ncaps = {{ bytes = 2000000, ratio = 20 }}"
        )
    };
    let (end, mut tried, mut lost) = (until(), 0, 0);
    let test_hub: TestHub = hub_with(&[("drop", manifest("件", "", &source("csv"), ""))], morning()).await;
    test_hub.write("drop/data", &good);
    test_hub.sync(&[]).await;
    let want = keys(&test_hub.hub).await;
    assert_eq!(want.len(), 300);
    while Instant::now() < end {
        for _ in 0..8 {
            test_hub.write("drop/data", spoilt(&mut rng, good.as_bytes()));
            // Failing, holding, quarantining are right; what is not is said by the checks below.
            drop(test_hub.hub.sync(&Default::default(), Arc::new(Silent)).await);
            tried += 1;
        }
        for held in test_hub.hub.store.batches(None, Some("HELD"), 100).await.unwrap() {
            test_hub.hub.decide_batch(held.id, false, "chaos", "spoilt", Arc::new(Silent)).await.unwrap();
        }
        test_hub.write("drop/data", &good);
        test_hub.sync(&[]).await;
        for held in test_hub.hub.store.batches(None, Some("HELD"), 100).await.unwrap() {
            test_hub.hub.decide_batch(held.id, true, "chaos", "good", Arc::new(Silent)).await.unwrap();
        }
        let there = keys(&test_hub.hub).await;
        lost += want.difference(&there).count();
        assert_eq!(there, want);
        for batch in test_hub.hub.store.batches(None, Some("DONE"), 10_000).await.unwrap() {
            assert_eq!(batch.read_rows, batch.landed + batch.quarantined, "{batch:?}");
        }
    }
    note("inputs", tried);
    note("lost", lost);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: make chaos"]
async fn a_disk_that_fills_up_at_any_byte_loses_no_row() {
    let mut rng = seeded("full disks");
    let dir = tempfile::tempdir().unwrap();
    let city = extracts(dir.path(), 0);
    let calm = dir.path().join("calm");
    let done = sync(&calm, &city).output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    let expected = state(&calm).await;
    let largest = std::fs::metadata(calm.join("huitu.sqlite")).unwrap().len();
    let (end, mut tried, mut lost) = (until(), 0, 0);
    while Instant::now() < end {
        let full = dir.path().join("full");
        let _ = std::fs::remove_dir_all(&full);
        for _ in 0..rng.random_range(1..4) {
            let mut limited = sync(&full, &city);
            let most = rng.random_range(0..largest);
            // SAFETY: async-signal-safe calls only, between fork and exec. No file grows beyond `most`: the write fails, as on a full disk.
            unsafe {
                limited.pre_exec(move || {
                    libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
                    let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
                    match libc::setrlimit(libc::RLIMIT_FSIZE, &limit) {
                        0 => Ok(()),
                        _ => Err(std::io::Error::last_os_error()),
                    }
                });
            }
            let done = limited.output().unwrap();
            assert!(done.status.code().is_some(), "it ends by itself: {:?} {}", done.status, text(&done));
            tried += 1;
        }
        let again = sync(&full, &city).output().unwrap();
        assert!(again.status.success(), "{}", text(&again));
        let now = state(&full).await;
        let there: std::collections::HashSet<_> = now.0.iter().collect();
        lost += expected.0.iter().filter(|row| !there.contains(row)).count();
        assert_eq!(now, expected);
    }
    note("disks", tried);
    note("lost", lost);
}

/// Peak memory of a process in megabytes.
fn peak_megabytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// Others have a token of their own: places are counted by caller.
const OTHERS: &str = "secret-others";

async fn ask(address: &str, query: &str) -> Option<Duration> {
    let body = serde_json::json!({ "query": query }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nAccept: application/json\r\nConnection: close\r\n\
         Authorization: Bearer {OTHERS}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let began = Instant::now();
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut answer)).await;
    (matches!(read, Ok(Ok(_))) && answer.starts_with(b"HTTP/1.1 200")).then(|| began.elapsed())
}

async fn p99(address: &str) -> Duration {
    let mut took = Vec::new();
    for at in 0..200 {
        // Another question each time, as none is answered from memory; small ones, as each minute has its budget.
        let salt: u32 = rand::random();
        let query = format!("query Q{salt} {{ gap(first: {}) {{ nodes {{ id name }} }} }}", 1 + at % 5);
        took.push(ask(address, &query).await.expect("others are answered"));
    }
    took.sort();
    took[took.len() * 99 / 100]
}

/// A request that somebody sends who is up to no good; `who` is their token's header.
fn attack(rng: &mut ChaCha8Rng, kind: u32, address: &str, who: &str) -> Vec<u8> {
    let json = |body: serde_json::Value| {
        let body = body.to_string();
        format!(
            "POST /graphql HTTP/1.1\r\nHost: {address}\r\n{who}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let head = match kind {
        0 => "GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nX-".to_owned(),
        1 => format!(
            "POST /graphql HTTP/1.1\r\nHost: {address}\r\n{who}\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{{"
        ),
        2 => format!("GET /export/gap.csv HTTP/1.1\r\nHost: {address}\r\n{who}\r\n\r\n"),
        3 => format!("GET /geo/streets.geojson?employees={} HTTP/1.1\r\nHost: {address}\r\n{who}\r\n\r\n", rng.random::<u16>()),
        4 => json(serde_json::json!({ "query": "{a".repeat(20_000) })),
        // A long answer that is never read.
        5 => json(serde_json::json!({ "query": format!(
            "query Q{} {{ gap(first: 500) {{ nodes {{ id name address creditCode gap {{ reasons {{ code text }} }} priority {{ factors {{ code text }} }} }} }} }}",
            rng.random::<u32>()
        ) })),
        // A batch of names, each looked up among all enterprises.
        6 => {
            let names: serde_json::Map<String, serde_json::Value> =
                (0..200).map(|n| (format!("q{n}"), serde_json::json!({ "query": format!("某某{n}科技有限公司") }))).collect();
            let text = serde_json::Value::Object(names).to_string();
            let form: String = text.bytes().map(|b| format!("%{b:02X}")).collect();
            format!(
                "POST /reconcile HTTP/1.1\r\nHost: {address}\r\n{who}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\nqueries={form}",
                form.len() + 8
            )
        }
        // Coverage behind a filter of its own each time.
        7 => json(serde_json::json!({ "query": format!(
            "query Q{} {{ coverage(by: [TOWN, INDUSTRY_DIVISION], filter: {{ employees: {{ gte: {} }} }}) {{ total {{ inScope }} }} }}",
            rng.random::<u32>(),
            rng.random::<u8>()
        ) })),
        // A socket that says nothing after its upgrade.
        8 => format!(
            "GET /graphql/ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
        ),
        // The same token, spelt otherwise, and a body that never comes.
        9 => {
            let blanks = " ".repeat(rng.random_range(2..60));
            let who = who.replacen("Bearer ", &format!("Bearer{blanks}"), 1);
            format!(
                "POST /graphql HTTP/1.1\r\nHost: {address}\r\n{who}\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{{"
            )
        }
        _ => {
            let length = rng.random_range(1..9_000);
            return std::iter::repeat_with(|| rng.random_range(b'!'..=b'~')).take(length).collect();
        }
    };
    head.into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: make chaos"]
async fn clients_that_never_send_or_never_read_take_nothing_from_the_others() {
    let mut rng = seeded("slow clients");
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let done = sync(&data, &extracts(dir.path(), 0)).output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    let store = Store::open(&data, None).await.unwrap();
    for who in ["others", "attacker"] {
        store.put_token(&token(who, "analyst", None, None)).await.unwrap();
    }
    store.close().await;
    drop(store);
    let port = crate::support::servers::free_port();
    let address = format!("127.0.0.1:{port}");
    let mut server = huitu(&data);
    server.args(["--listen", &address, "serve", "--no-schedule"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Ended(server.spawn().unwrap());
    crate::support::servers::until_said(server.0.stdout.take().unwrap(), "workbench", "huitu serve");
    // The first ones warm it up.
    p99(&address).await;
    let mut calm = Vec::new();
    for _ in 0..15 {
        calm.push(p99(&address).await);
    }
    calm.sort();
    let before = calm[calm.len() / 2];
    let end = until();
    let mut held: Vec<TcpStream> = Vec::new();
    let mut attacks = 0_u64;
    let mut under = Vec::new();
    // HUITU_CHAOS_KIND=6 attacks by one kind alone.
    let only: Option<u32> = std::env::var("HUITU_CHAOS_KIND").ok().and_then(|kind| kind.parse().ok());
    let who = "Authorization: Bearer secret-attacker";
    while Instant::now() < end {
        for _ in 0..100 {
            let Ok(mut stream) = TcpStream::connect(&address).await else { continue };
            let kind = only.unwrap_or_else(|| rng.random_range(0..11));
            let bytes = attack(&mut rng, kind, &address, who);
            // Whoever is refused is refused.
            let _ = stream.write_all(&bytes).await;
            held.push(stream);
            attacks += 1;
        }
        under.push(p99(&address).await);
        let keep = held.len().saturating_sub(5_000);
        held.drain(..keep);
    }
    let memory = peak_megabytes(server.0.id());
    under.sort();
    let (usual, worst) = (under[under.len() / 2], under[under.len() - 1]);
    println!("p99 of the others: {before:.1?} before, {usual:.1?} under attack ({worst:.1?} at worst)");
    note("p99_tenths", (usual.as_secs_f64() / before.as_secs_f64() * 10.0).round() as u64);
    drop(server);
    note("attacks", attacks);
    note("memory_mb", memory);
    assert!(memory < 1_000, "{memory} MB under attack");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: make chaos"]
async fn backups_taken_while_syncs_are_killed_are_whole() {
    let mut rng = seeded("backups");
    let dir = tempfile::tempdir().unwrap();
    let (data, backups) = (dir.path().join("data"), dir.path().join("backups"));
    let cities = [extracts(dir.path(), 0), extracts(dir.path(), 2), extracts(dir.path(), 4)];
    assert!(sync(&data, &cities[0]).output().unwrap().status.success());
    let (end, mut kills, mut made) = (until(), 0, 0);
    while Instant::now() < end {
        let mut child = sync(&data, &cities[rng.random_range(0..3)]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut backing = huitu(&data).arg("backup").arg(&backups).args(["--keep", "2"]).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(rng.random_range(0..1_500)));
        child.kill().unwrap();
        kills += u32::from(!child.wait().unwrap().success());
        if rng.random_range(0..3) == 0 {
            backing.kill().unwrap();
        }
        if backing.wait().unwrap().success() {
            let copy = dir.path().join("copy");
            let _ = std::fs::remove_dir_all(&copy);
            let done = huitu(&copy).arg("restore").arg(&backups).output().unwrap();
            assert!(done.status.success(), "{}", text(&done));
            let store = Store::open(&copy, None).await.unwrap();
            for batch in store.batches(None, Some("DONE"), 1_000).await.unwrap() {
                assert_eq!(batch.read_rows, batch.landed + batch.quarantined);
            }
            store.close().await;
            made += 1;
        }
    }
    note("kills", kills);
    note("backups", made);
}
