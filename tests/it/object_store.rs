//! Editions by way of an object store (moto's): what one node publishes another fetches, files that editions share travel once, and a
//! store that answers 500, half a file or nonsense changes nothing that answers.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use huitu::config::EditionStore;
use huitu::edition::Manifest;
use huitu::hub::progress::Silent;
use huitu::hub::{Hub, NewFinding, SyncOptions};
use huitu::model::message::Lang;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::graph::settings;
use crate::support::hub::{manifest, morning, no_needs, rows, write};
use crate::support::servers::{end_with_us, free_port, missing, postgres, until_said};

const BUCKET: &str = "huitu";

/// The address of an object store with one bucket, shared by the tests of this process.
fn moto() -> Option<&'static str> {
    static SERVER: OnceLock<Option<String>> = OnceLock::new();
    let start = || {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/object_store/.venv/bin/moto_server");
        if !program.exists() {
            missing("moto", "tests/object_store/setup");
            return None;
        }
        let port = free_port();
        let mut child = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("moto starts");
        let said = child.stderr.take().expect("a pipe");
        until_said(said, "Running on", "moto");
        end_with_us(child, tempfile::tempdir().expect("temporary directory"));
        Some(format!("http://127.0.0.1:{port}"))
    };
    SERVER.get_or_init(start).as_deref()
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    // moto asks who calls, and believes it.
    let said = "AWS4-HMAC-SHA256 Credential=huitu/20261129/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("authorization", said.parse().expect("a header"));
    headers.insert("content-type", "application/octet-stream".parse().expect("a header"));
    reqwest::Client::builder().no_proxy().default_headers(headers).build().expect("a client")
}

async fn bucket(address: &str) {
    let made = client().put(format!("{address}/{BUCKET}")).send().await.expect("moto answers");
    assert!(made.status().is_success() || made.status() == 409, "{}", made.status());
}

/// The keys below a prefix, without it.
async fn keys(address: &str, prefix: &str) -> Vec<String> {
    let listed = client().get(format!("{address}/{BUCKET}?list-type=2&prefix={prefix}/")).send().await.expect("moto answers");
    let text = listed.text().await.expect("a list");
    let keys = text.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
    keys.filter_map(|key| Some(key.strip_prefix(prefix)?.strip_prefix('/')?.to_owned())).collect()
}

const PASSES: u8 = 0;
const ANSWERS_500: u8 = 1;
const CUTS: u8 = 2;

/// Stands between a node and the store, and does as it is told.
struct Between {
    mood: AtomicU8,
    address: String,
}

impl Between {
    async fn start(store: &'static str) -> Arc<Between> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let between = Arc::new(Between { mood: AtomicU8::new(PASSES), address });
        let own = between.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(own.clone().pass(near, store));
            }
        });
        between
    }

    fn is(&self, mood: u8) {
        self.mood.store(mood, Ordering::Relaxed);
    }

    /// One connection. Requests go there as they are; what comes back is passed on, or cut, and the connection ends with it.
    async fn pass(self: Arc<Between>, mut near: tokio::net::TcpStream, store: &str) {
        let mut request = vec![0; 1 << 16];
        let Ok(read) = near.read(&mut request).await else { return };
        match self.mood.load(Ordering::Relaxed) {
            ANSWERS_500 => {
                let _ =
                    near.write_all(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
            }
            mood => {
                let Ok(mut far) = tokio::net::TcpStream::connect(store.trim_start_matches("http://")).await else { return };
                if far.write_all(&request[..read]).await.is_err() {
                    return;
                }
                if mood == PASSES || !request[..read].windows(7).any(|w| w == b"/files/") {
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                    return;
                }
                // Half of a file, with the head of the whole one.
                let mut answer = Vec::new();
                let _ = far.read_to_end(&mut answer).await;
                let head = answer.windows(4).position(|w| w == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
                let _ = near.write_all(&answer[..head + (answer.len() - head) / 2]).await;
            }
        }
        let _ = near.shutdown().await;
    }
}

/// A node with a folder of its own; its connector and what is delivered lie in `dir`.
async fn node(dir: &Path, name: &str, url: &str, endpoint: &str, prefix: &str) -> Hub {
    let mut settings = settings(&dir.join(name));
    settings.connectors = Some(dir.join("connectors"));
    settings.without_built_in = true;
    settings.policy.needs = no_needs();
    settings.store = Some(url.to_owned());
    write(dir, "secret", "a secret\n");
    settings.editions = Some(EditionStore {
        place: format!("s3://{BUCKET}/{prefix}"),
        endpoint: Some(endpoint.to_owned()),
        region: None,
        access_key_id: Some("huitu".to_owned()),
        secret_file: Some(dir.join("secret")),
    });
    Hub::open(settings, morning()).await.unwrap_or_else(|e| panic!("{e}"))
}

fn delivered(dir: &Path, count: usize) {
    write(
        dir,
        "connectors/quick/connector.toml",
        manifest("快", "", "transport = \"file\"\nplace = \"../../drop/quick.csv\"", ""),
    );
    write(dir, "drop/quick.csv", rows(count));
}

async fn sync(hub: &Hub) {
    hub.sync(&SyncOptions::default(), Arc::new(Silent)).await.unwrap_or_else(|e| panic!("{e}"));
}

async fn finding(hub: &Hub, row: u32) {
    let enterprise = {
        let edition = hub.editions.current().unwrap();
        huitu::edition::EnterpriseRow { edition: &edition, row }.id().to_owned()
    };
    let finding = NewFinding { enterprise, reason: "branch".into(), note: None, until: None, by: None, idempotency: None };
    hub.add_finding(finding, Arc::new(Silent)).await.unwrap_or_else(|e| panic!("{e}"));
}

/// Fetches, and says which edition answers then.
async fn fetched(hub: &Hub) -> (bool, u32) {
    let changed = hub.fetch_editions().await;
    hub.editions.refresh().unwrap();
    (changed, hub.editions.current().map_or(0, |e| e.number()))
}

fn manifest_of(hub: &Hub, number: u32) -> Manifest {
    let folder = hub.editions_root().join(format!("{number:06}"));
    let manifest = Manifest::read(&folder).unwrap_or_else(|e| panic!("{e}"));
    manifest.verify(&folder).unwrap_or_else(|e| panic!("{e}"));
    manifest
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_publishes_another_fetches_and_files_of_several_editions_travel_once() {
    let (Some(server), Some(store)) = (postgres(), moto()) else { return };
    bucket(store).await;
    let (dir, url) = (tempfile::tempdir().unwrap(), server.database().await);
    delivered(dir.path(), 1_500);
    let (here, there) =
        (node(dir.path(), "here", &url, store, "shared").await, node(dir.path(), "there", &url, store, "shared").await);
    sync(&here).await;
    assert_eq!(fetched(&there).await, (true, 1));
    assert_eq!(manifest_of(&there, 1), manifest_of(&here, 1));
    assert_eq!(fetched(&there).await, (false, 1), "nothing is fetched twice");
    let first = keys(store, "shared").await;

    // The other node publishes what follows: upon the edition that it fetched.
    finding(&there, 0).await;
    assert_eq!(there.editions.current().unwrap().number(), 2);
    assert_eq!(fetched(&here).await, (true, 2));
    let second = manifest_of(&here, 2);
    assert_eq!(second, manifest_of(&there, 2));
    let both = keys(store, "shared").await;
    let new = both.iter().filter(|key| key.starts_with("files/") && !first.contains(key)).count();
    assert!(new > 0 && new < second.files.len(), "{new} of {} files are new", second.files.len());

    // A node without anything has the newest at once, and the others when it goes on.
    let third = node(dir.path(), "third", &url, store, "shared").await;
    assert_eq!(third.editions.current().unwrap().number(), 2);
    assert!(third.editions.manifest(1).is_none());
    assert_eq!(fetched(&third).await, (true, 2));
    assert_eq!(third.editions.number(1).unwrap().len(), here.editions.number(1).unwrap().len());

    // What is no longer kept goes everywhere, and what only it had leaves the store.
    assert_eq!(here.prune_editions(false).await.unwrap_or_else(|e| panic!("{e}")), [1]);
    assert_eq!(fetched(&there).await, (true, 2));
    assert!(!there.editions_root().join("000001").exists());
    manifest_of(&there, 2);
    let left = keys(store, "shared").await;
    assert!(left.len() < both.len() && second.files.iter().all(|f| left.contains(&format!("files/{}", f.sha256))), "{left:?}");
    assert!(!left.iter().any(|key| key.starts_with("editions/000001")), "{left:?}");

    // Another hub there would take this one's editions away: it is refused, and changes nothing.
    let alone = tempfile::tempdir().unwrap();
    delivered(alone.path(), 20);
    let of_another = server.database().await;
    let other = node(alone.path(), "other", &of_another, store, "shared").await;
    sync(&other).await;
    let told = other.sharing_problem(Lang::En).expect("it is told");
    assert!(told.contains("another hub") && told.contains("[editions]"), "{told}");
    assert_eq!(keys(store, "shared").await, left);
    // The operator hears it before the first sync too.
    for (url, is_well) in [(&of_another, false), (&url, true)] {
        let secret = alone.path().join("secret").display().to_string();
        let config = format!(
            "[editions]\nplace = \"s3://{BUCKET}/shared\"\nendpoint = \"{store}\"\naccess_key_id = \"huitu\"\nsecret_file = \"{secret}\"\n"
        );
        write(alone.path(), "huitu.toml", config);
        let mut doctor = Command::new(env!("CARGO_BIN_EXE_huitu"));
        doctor.args(["--lang", "en", "--store", url, "--config"]).arg(alone.path().join("huitu.toml"));
        let told = doctor.arg("--data").arg(alone.path().join("other")).arg("doctor").output().expect("it runs");
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        assert_eq!(
            (told.contains("holds the editions of another hub"), told.contains("lists 1 editions")),
            (!is_well, is_well),
            "{told}"
        );
    }
    for hub in [here, there, third, other] {
        hub.store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_answers_500_half_a_file_or_nonsense_leaves_the_last_good_edition_answering() {
    let (Some(server), Some(store)) = (postgres(), moto()) else { return };
    bucket(store).await;
    let (dir, url) = (tempfile::tempdir().unwrap(), server.database().await);
    delivered(dir.path(), 1_500);
    let between = Between::start(store).await;
    let here = node(dir.path(), "here", &url, &between.address, "failing").await;
    let there = node(dir.path(), "there", &url, &between.address, "failing").await;
    sync(&here).await;
    assert_eq!(fetched(&there).await, (true, 1));
    finding(&here, 0).await;

    for (mood, says) in [(ANSWERS_500, "500"), (CUTS, "/files/")] {
        between.is(mood);
        assert_eq!(fetched(&there).await, (false, 1), "{says}");
        let told = there.sharing_problem(Lang::En).expect(says);
        assert!(told.contains(says) && told.contains("s3://huitu/failing/") && told.contains("[editions]"), "{told}");
        assert!(there.sharing_problem(Lang::Zh).expect(says).contains("最近一期完好的照常应答"));
        assert!(!there.editions_root().join("000002").exists());
    }
    between.is(PASSES);
    assert_eq!(fetched(&there).await, (true, 2));
    assert_eq!(there.sharing_problem(Lang::En), None);

    // The publisher goes on while the store fails; what it published is shared when it answers again.
    between.is(ANSWERS_500);
    finding(&here, 1).await;
    assert_eq!(here.editions.current().unwrap().number(), 3);
    assert!(here.sharing_problem(Lang::En).is_some());
    between.is(PASSES);
    assert_eq!(fetched(&there).await, (false, 2), "a node tells nobody's edition before it is whole");
    here.share_waiting().await;
    fetched(&here).await;
    assert_eq!((here.sharing_problem(Lang::En), fetched(&there).await), (None, (true, 3)));

    // Half a file in the store itself is refused by its digest, told by its key, and put right by the next sync of a node that has it.
    let newest = manifest_of(&here, 3);
    let file = newest.files.iter().find(|f| f.name.ends_with("enterprises.arrow")).unwrap();
    let place = format!("{store}/{BUCKET}/failing/files/{}", file.sha256);
    let whole = client().get(&place).send().await.unwrap().bytes().await.unwrap();
    let put = |body: Vec<u8>| client().put(&place).body(body).send();
    assert!(put(whole[..whole.len() / 2].to_vec()).await.unwrap().status().is_success());
    let late = node(dir.path(), "late", &url, &between.address, "failing").await;
    assert!(late.editions.current().is_err());
    let told = late.sharing_problem(Lang::En).expect("half a file");
    assert!(told.contains(&format!("files/{}", file.sha256)), "{told}");
    sync(&here).await;
    assert_eq!(fetched(&late).await, (true, 3));
    // Of the same length, and other bytes: nothing of it is taken.
    let mut altered = whole.to_vec();
    altered[whole.len() / 2] ^= 1;
    assert!(put(altered).await.unwrap().status().is_success());
    let later = node(dir.path(), "later", &url, &between.address, "failing").await;
    assert!(later.editions.current().is_err());
    assert!(later.sharing_problem(Lang::En).expect("other bytes").contains("SHA-256"));
    assert!(put(whole.to_vec()).await.unwrap().status().is_success());
    assert_eq!(fetched(&later).await, (true, 3));

    // A pointer that is none: what was there goes on.
    let pointer = format!("{store}/{BUCKET}/failing/current.json");
    let good = client().get(&pointer).send().await.unwrap().bytes().await.unwrap();
    assert!(client().put(&pointer).body(good[..good.len() / 2].to_vec()).send().await.unwrap().status().is_success());
    assert_eq!(fetched(&there).await, (false, 3));
    assert!(there.sharing_problem(Lang::En).expect("half a pointer").contains("current.json"));
    assert!(client().put(&pointer).body(good.to_vec()).send().await.unwrap().status().is_success());
    fetched(&there).await;
    assert_eq!(there.sharing_problem(Lang::En), None);

    // A file that this node's disk damaged is fetched anew.
    let own = there.editions_root().join("000003").join(&file.name);
    let mut bytes = std::fs::read(&own).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::remove_file(&own).unwrap();
    std::fs::write(&own, bytes).unwrap();
    there.store.close().await;
    let there = node(dir.path(), "there", &url, &between.address, "failing").await;
    assert_ne!(there.editions.current().map_or(0, |e| e.number()), 3, "it is passed over");
    assert_eq!(fetched(&there).await, (true, 3));
    manifest_of(&there, 3);

    // Another place has nothing yet: all editions go there, and none of the folder is taken for gone.
    here.store.close().await;
    let here = node(dir.path(), "here", &url, &between.address, "moved").await;
    sync(&here).await;
    assert_eq!((fetched(&here).await, here.sharing_problem(Lang::En)), ((false, 3), None));
    let moved = keys(store, "moved").await;
    for number in 1..=3 {
        manifest_of(&here, number);
        assert!(moved.iter().any(|key| key.starts_with(&format!("editions/{number:06}"))), "{moved:?}");
    }
    for hub in [here, there, late, later] {
        hub.store.close().await;
    }
}
