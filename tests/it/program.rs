//! The program as its users start it: exit codes, messages that name the thing and the remedy, and what a kill leaves.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use huitu::simulate::{City, ExtractFormat, SimulatedRegistry, write};
use huitu::store::Store;

/// The registries of the core layouts.
const REGISTRIES: [SimulatedRegistry; 5] = [
    SimulatedRegistry::Commerce,
    SimulatedRegistry::Tax,
    SimulatedRegistry::SocialInsurance,
    SimulatedRegistry::Statistics,
    SimulatedRegistry::Unions,
];

/// `huitu` with a clean environment and English messages.
pub fn huitu(data: &Path) -> Command {
    let mut c = Command::new(std::env::var_os("HUITU_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_huitu").into()));
    c.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).args(["--lang", "en", "--data"]).arg(data);
    c
}

/// `sync` of the extracts in `city`.
pub fn sync(data: &Path, city: &Path) -> Command {
    let mut c = huitu(data);
    c.arg("sync");
    for r in REGISTRIES {
        c.arg("--source").arg(format!("{}={}", r.name(), city.join(format!("{}.csv", r.name())).display()));
    }
    c.args(REGISTRIES.map(|r| r.name()));
    c
}

pub fn text(o: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr))
}

/// What must be equal after any kill: every record, every link with its entity's id, the number of enterprises. Record
/// numbers follow arrival and differ between runs, so the edition's digest (which holds them) is not compared.
pub async fn state(data: &Path) -> (Vec<(String, String)>, Vec<(String, String)>, String) {
    let store = Store::open(data, None).await.expect("the store opens");
    let last = store.last_record_id().await.expect("a number");
    let records = store.records_between(0, last).await.expect("records");
    let of: std::collections::HashMap<i64, (i64, String)> =
        records.iter().map(|r| (r.id, (r.registry_id, r.key.clone()))).collect();
    let names: std::collections::HashMap<i64, String> =
        store.registries().await.expect("registries").into_iter().map(|r| (r.id, r.name)).collect();
    let named = |id: i64| of.get(&id).map(|(registry, key)| format!("{}/{key}", names[registry])).unwrap_or_default();
    let mut content: Vec<(String, String)> = records.iter().map(|r| (named(r.id), r.payload.clone())).collect();
    let mut links: Vec<(String, String)> = store
        .links(|id| Some(id.to_owned()))
        .await
        .expect("links")
        .into_iter()
        .map(|(record, part, entity)| (format!("{}#{part}", named(record)), entity.to_string()))
        .collect();
    content.sort();
    links.sort();
    let open: Vec<String> =
        store.batches(None, Some("RUNNING"), 10).await.expect("batches").into_iter().map(|b| b.id.to_string()).collect();
    assert!(open.is_empty(), "no batch stays open: {open:?}");
    let edition = store.latest_edition().await.expect("editions").expect("an edition");
    store.close().await;
    (content, links, edition.enterprises.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_killed_at_any_moment_and_run_again_ends_as_an_undisturbed_one() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let city = dir.path().join("city");
    write(&City::new(11, 1_500, 0), &city, ExtractFormat::Csv).expect("a city");
    let calm = dir.path().join("calm");
    let started = std::time::Instant::now();
    let done = sync(&calm, &city).output().expect("huitu starts");
    let whole = started.elapsed();
    assert!(done.status.success(), "{}", text(&done));
    let expected = state(&calm).await;

    let rounds: u32 = std::env::var("HUITU_KILL_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(5);
    let shaken = dir.path().join("shaken");
    for round in 0..rounds {
        // Every other round begins from nothing, so that first landings are hit as often as later ones.
        if round % 2 == 0 {
            let _ = std::fs::remove_dir_all(&shaken);
        }
        let mut child = sync(&shaken, &city).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("huitu starts");
        // The moments are spread over the whole run; when a kill comes too late it tests a finished run.
        std::thread::sleep(whole.mul_f64(f64::from(round * 7 % rounds) / f64::from(rounds)) + Duration::from_millis(5));
        child.kill().expect("killed");
        child.wait().expect("ended");
        let again = sync(&shaken, &city).output().expect("huitu starts");
        assert!(again.status.success(), "round {round}: {}", text(&again));
        assert_eq!(state(&shaken).await, expected, "round {round}");
    }
}

#[test]
fn bad_input_is_one_message_that_names_the_thing_and_the_remedy() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let city = dir.path().join("city");
    write(&City::new(3, 100, 0), &city, ExtractFormat::Csv).expect("a city");
    let tax = city.join("tax.csv");

    // A missing file.
    let data = dir.path().join("a");
    let gone = dir.path().join("nowhere.csv").display().to_string();
    let o = huitu(&data).args(["sync", "tax", "--source", &format!("tax={gone}")]).output().expect("huitu starts");
    assert!(!o.status.success() && text(&o).contains("nowhere.csv") && text(&o).contains("tax"), "{}", text(&o));

    // A key column that is not there.
    let renamed = dir.path().join("renamed.csv");
    let content = std::fs::read_to_string(&tax).expect("tax");
    std::fs::write(&renamed, content.replacen("登记序号", "序列", 1)).expect("written");
    let o = huitu(&data).args(["sync", "tax", "--source", &format!("tax={}", renamed.display())]).output().expect("huitu starts");
    assert!(!o.status.success() && text(&o).contains("登记序号"), "{}", text(&o));

    // A registry that nobody knows, an address that is none, a configuration key that is misspelt.
    let o = huitu(&data).args(["sync", "taxx"]).output().expect("huitu starts");
    assert!(!o.status.success() && text(&o).contains("did you mean \"tax\""), "{}", text(&o));
    let o = huitu(&data).args(["sync", "--store", "oracle://x/y"]).output().expect("huitu starts");
    assert!(!o.status.success() && text(&o).contains("postgres://"), "{}", text(&o));
    let config = dir.path().join("huitu.toml");
    std::fs::write(&config, "conectors = \"x\"\n").expect("written");
    let o = huitu(&data).arg("--config").arg(&config).arg("doctor").output().expect("huitu starts");
    assert!(!o.status.success() && text(&o).contains("connectors"), "{}", text(&o));

    // A port in use.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let o = huitu(&data).args(["serve", "--demo", "--listen", &address]).output().expect("huitu starts");
    assert!(!o.status.success() && text(&o).contains(&address) && text(&o).contains("--listen"), "{}", text(&o));

    // Another address without a token.
    let o = huitu(&data).args(["serve", "--listen", "0.0.0.0:0"]).output().expect("huitu starts");
    assert!(!o.status.success() && text(&o).contains("token"), "{}", text(&o));

    // Nothing half done: no record landed.
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let records =
        runtime.block_on(async { Store::open(&data, None).await.expect("opens").last_record_id().await.expect("a number") });
    assert_eq!(records, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_and_an_unreadable_encoding_are_named() {
    use huitu::simulate::{ServeOptions, serve};
    let dir = tempfile::tempdir().expect("temporary directory");
    let served = serve(&dir.path().join("city"), 3, 100, 0, ServeOptions::default()).await.expect("departments");
    let place = served.source("commerce").expect("commerce").place.clone();
    let data = dir.path().join("data");
    let refused = {
        let mut c = huitu(&data);
        c.env("HUITU_COMMERCE_TOKEN", "not-the-token");
        c.args(["sync", "commerce", "--allow-private", "--source", &format!("commerce={place}")]);
        tokio::task::spawn_blocking(move || c.output()).await.expect("ran").expect("huitu starts")
    };
    let said = text(&refused);
    assert!(!refused.status.success() && said.contains("commerce") && said.contains("HUITU_COMMERCE_TOKEN"), "{said}");
    assert!(!said.contains("not-the-token"), "a secret is never shown: {said}");

    // Bytes of no encoding at all.
    let noise: Vec<u8> = (0..4_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8 | 0x80).collect();
    let file = dir.path().join("tax.csv");
    std::fs::write(&file, noise).expect("written");
    let o = {
        let mut c = huitu(&data);
        c.args(["sync", "tax", "--source", &format!("tax={}", file.display())]);
        tokio::task::spawn_blocking(move || c.output()).await.expect("ran").expect("huitu starts")
    };
    let said = text(&o);
    assert!(!o.status.success() && said.contains("tax.csv"), "{said}");
    served.stop().await;
    let store = Store::open(&data, None).await.expect("opens");
    assert_eq!(store.last_record_id().await.expect("a number"), 0, "nothing half done");
}

#[test]
fn the_served_schema_is_the_one_in_the_repository() {
    let file = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql")).expect("schema.graphql");
    assert!(huitu::serve::graphql::sdl() == file, "schema.graphql is not what is served: run `make bless`");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_city_gives_the_same_graph_on_postgresql() {
    let Some(server) = crate::support::servers::postgres() else { return };
    let url = server.database().await;
    let dir = tempfile::tempdir().expect("temporary directory");
    let city = dir.path().join("city");
    write(&City::new(5, 800, 0), &city, ExtractFormat::Csv).expect("a city");
    let (embedded, cluster) = (dir.path().join("sqlite"), dir.path().join("postgres"));
    let one = sync(&embedded, &city).output().expect("huitu starts");
    assert!(one.status.success(), "{}", text(&one));
    let other = sync(&cluster, &city).args(["--store", &url]).output().expect("huitu starts");
    assert!(other.status.success(), "{}", text(&other));

    let crosswalk = |data: &Path, store: Option<&str>| {
        let mut c = huitu(data);
        c.args(["export", "crosswalk"]);
        c.args(store.map(|s| ["--store", s]).into_iter().flatten());
        let o = c.output().expect("huitu starts");
        assert!(o.status.success(), "{}", text(&o));
        let mut lines: Vec<String> = String::from_utf8_lossy(&o.stdout).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let left = crosswalk(&embedded, None);
    assert_eq!(left, crosswalk(&cluster, Some(&url)));
    assert!(left.len() > 1_000, "{} lines", left.len());

    // A second sync changes nothing and publishes nothing.
    let again = sync(&cluster, &city).args(["--store", &url, "--json"]).output().expect("huitu starts");
    let report: serde_json::Value = serde_json::from_slice(&again.stdout).expect("a report");
    assert!(report["edition"].is_null(), "{report}");
}

#[test]
fn tokens_name_areas_that_there_are_rotate_and_never_lock_everybody_out() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let data = dir.path().join("data");
    let run = |args: &[&str]| huitu(&data).args(args).output().expect("huitu starts");
    let o = run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(!o.status.success() && text(&o).contains("huitu init") && text(&o).contains("--demo"), "{}", text(&o));
    let o = run(&["init"]);
    assert!(o.status.success() && text(&o).contains("huitu_"), "{}", text(&o));
    let o = run(&["init"]);
    assert!(!o.status.success() && text(&o).contains("administrator"), "there is one: {}", text(&o));
    for (args, word) in [
        (["--role", "district"].as_slice(), "--area"),
        (&["--role", "district", "--area", "999999"], "999999"),
        (&["--role", "analyst", "--area", "110105,11010"], "11010"),
        (&["--days", "0"], "0"),
    ] {
        let o = run(&[&["token", "create"], args].concat());
        assert!(!o.status.success() && text(&o).contains(word), "{args:?}: {}", text(&o));
    }
    let o = run(&["--json", "token", "create", "--role", "district", "--area", "110105", "--name", "a"]);
    let made: serde_json::Value = serde_json::from_slice(&o.stdout).unwrap_or_else(|_| panic!("{}", text(&o)));
    let list = || serde_json::from_slice::<serde_json::Value>(&run(&["--json", "token", "list"]).stdout).expect("JSON");
    let tokens = list();
    assert_eq!(tokens[0]["role"], "security", "the first one says who may ask, and sees nothing");
    let admin = tokens[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!((&tokens[1]["areas"], &tokens[1]["lastUsedAt"]), (&serde_json::json!(["110105"]), &serde_json::Value::Null));
    let o = run(&["token", "revoke", &admin]);
    assert!(!o.status.success() && text(&o).contains("last administrator"), "{}", text(&o));
    let o = run(&["token", "rotate", made["id"].as_str().expect("an id"), "--overlap", "3"]);
    assert!(o.status.success(), "{}", text(&o));
    let tokens = list();
    assert_eq!((&tokens[2]["areas"], &tokens[2]["role"]), (&tokens[1]["areas"], &tokens[1]["role"]), "the same rights");
    let days =
        (tokens[1]["expiresAt"].as_i64().unwrap_or(0) - tokens[2]["createdAt"].as_i64().unwrap_or(0)) as f64 / 86_400_000.0;
    assert!((2.9..3.1).contains(&days) && tokens[1]["state"] == "in force", "the old one stands for a while: {days}");
    let o = run(&["token", "create", "--role", "security"]);
    assert!(o.status.success(), "{}", text(&o));
    assert!(run(&["token", "revoke", &admin]).status.success(), "there is another administrator now");
    // One person who runs everything has one token for all of it.
    let alone = dir.path().join("alone");
    let o = huitu(&alone).args(["--json", "init", "--together"]).output().expect("huitu starts");
    let made: serde_json::Value = serde_json::from_slice(&o.stdout).unwrap_or_else(|_| panic!("{}", text(&o)));
    assert_eq!(made["role"], "admin");
}

#[cfg(unix)]
#[test]
fn nobody_else_on_the_machine_reads_what_huitu_writes() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("temporary directory");
    let data = dir.path().join("data");
    let o = huitu(&data).args(["demo", "--enterprises", "300", "--no-serve"]).output().expect("huitu starts");
    assert!(o.status.success(), "{}", text(&o));
    // The demonstration has work to show: cases that somebody is responsible for, and a list to walk.
    let work = huitu(&data).args(["--json", "work", "--role", "协管员"]).output().expect("huitu starts");
    let work: serde_json::Value = serde_json::from_slice(&work.stdout).expect("JSON");
    assert!(work["parts"]["dueToday"]["count"].as_u64().is_some_and(|count| count > 0), "{work}");
    let mut folders = vec![data.clone()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("readable") {
            let path = entry.expect("an entry").path();
            let mode = std::fs::metadata(&path).expect("there").permissions().mode() & 0o777;
            assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
            seen += 1;
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    assert!(seen > 20 && std::fs::metadata(&data).expect("there").permissions().mode() & 0o077 == 0, "{seen} files");
    // A folder of a release that gave it to everybody is taken back.
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).expect("ours");
    huitu(&data).args(["edition", "list"]).output().expect("huitu starts");
    assert_eq!(std::fs::metadata(&data).expect("there").permissions().mode() & 0o007, 0);
}

#[test]
fn a_reader_that_goes_away_ends_a_command_without_the_report_of_a_panic() {
    let dir = tempfile::tempdir().expect("temporary directory");
    for arguments in [vec!["connector", "list"], vec!["schema"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ended = huitu(dir.path()).args(&arguments).stdout(writer).stderr(Stdio::piped()).output().expect("huitu starts");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success() && said.is_empty(), "{arguments:?}: {:?} {said}", ended.status);
    }
}
