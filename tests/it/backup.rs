//! Backups: what is restored answers as what was backed up, on either database; what is not whole is named before anything is touched;
//! a kill or a full disk leaves the old or the new.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use huitu::audit::{Audit, AuditRow, Seen, verify as verify_audit};
use huitu::backup::{BackupChoice, BackupError, BackupManifest, RestoreTo, back_up, choose, restore, verify};
use huitu::hub::progress::Silent;
use huitu::hub::{Hub, NewFinding, SyncOptions};
use huitu::model::Clock;
use huitu::model::message::Lang;
use huitu::simulate::{City, ExtractFormat, SimulatedRegistry, write};
use huitu::store::{Store, StoreError};
use serde_json::Value;

use crate::support::graph::settings;
use crate::support::servers::postgres;

const REGISTRIES: [SimulatedRegistry; 5] = [
    SimulatedRegistry::Commerce,
    SimulatedRegistry::Tax,
    SimulatedRegistry::SocialInsurance,
    SimulatedRegistry::Statistics,
    SimulatedRegistry::Unions,
];

/// What an answer of every kind is made of: the edition, records and provenance of the store, receipts, what persons added.
const QUESTIONS: &[&str] = &[
    "{ gap(first: 40) { totalCount nodes { id name creditCode employees gap { status since reasons { code message } } } } }",
    "{ enterprises(first: 15) { nodes { id identity { confidence members { record { registry { name } key fields { column raw } } } } } } }",
    "{ registries { name state records } }",
    "{ coverage(by: [DISTRICT]) { rows { keys { code } enterprises inGap } } review(first: 10) { totalCount nodes { id } } }",
    "{ editions { nodes { number digest enterprises asOf } } }",
];

fn city(dir: &Path, day: u16) -> PathBuf {
    let folder = dir.join(format!("city-{day}"));
    write(&City::new(7, 400, day), &folder, ExtractFormat::Csv).unwrap();
    folder
}

/// A hub over the extracts in `city`.
async fn hub(data: &Path, store: Option<&str>, city: &Path) -> Hub {
    let mut settings = settings(data);
    settings.store = store.map(str::to_owned);
    settings.sources =
        REGISTRIES.iter().map(|r| (r.name().to_owned(), city.join(format!("{}.csv", r.name())).display().to_string())).collect();
    Hub::open(settings, Clock::fixed("2026-11-22T02:00:00Z".parse().unwrap())).await.unwrap_or_else(|e| panic!("{e}"))
}

async fn sync(hub: &Hub) {
    let registries = REGISTRIES.iter().map(|r| r.name().to_owned()).collect();
    hub.sync(&SyncOptions { registries, ..SyncOptions::default() }, Arc::new(Silent)).await.unwrap_or_else(|e| panic!("{e}"));
}

/// A store with two editions, a finding and an audit.
async fn lived_in(data: &Path, store: Option<&str>, dir: &Path) {
    let first = hub(data, store, &city(dir, 0)).await;
    sync(&first).await;
    let second = hub(data, store, &city(dir, 20)).await;
    first.store.close().await;
    drop(first);
    sync(&second).await;
    let enterprise = {
        let edition = second.editions.current().unwrap();
        huitu::edition::EnterpriseRow { edition: &edition, row: 0 }.id().to_owned()
    };
    let finding = NewFinding {
        enterprise,
        reason: "branch".into(),
        note: Some("走访所见".into()),
        until: None,
        by: Some("张三".into()),
        idempotency: None,
    };
    second.add_finding(finding, Arc::new(Silent)).await.unwrap_or_else(|e| panic!("{e}"));
    let audit = Audit::new(&data.join("audit"), 180);
    for n in 0..5 {
        audit.record(looked(n)).await.unwrap();
    }
    second.store.close().await;
}

fn looked(n: u32) -> AuditRow {
    AuditRow {
        seq: 0,
        at: "2026-11-22T02:00:00.000Z".into(),
        caller: format!("T{n}"),
        name: "analyst".into(),
        role: "analyst".into(),
        purpose: String::new(),
        way: "graphql".into(),
        operation: "00".into(),
        fields: vec!["REVENUE".into()],
        classes: Vec::new(),
        enterprises: Seen::These(vec!["E1".into()]),
        edition: 1,
        request: n.to_string(),
    }
}

/// Everything that the store says of records, links and what persons added, and the answers of the graph.
async fn said(data: &Path, store: Option<&str>, dir: &Path) -> Vec<Value> {
    let hub = hub(data, store, &dir.join("city-20")).await;
    let state = huitu::serve::App::new(hub.clone(), huitu::serve::Options::new(huitu::serve::Authentication::Demonstration));
    state.refresh().await.unwrap();
    let router = huitu::serve::app(state.clone());
    let served = crate::support::hub::TestServer { router, state };
    let mut said = Vec::new();
    for question in QUESTIONS {
        let answer = served.ask(question).await;
        assert!(answer.get("errors").is_none(), "{question}: {answer}");
        said.push(answer["data"].clone());
    }
    let last = hub.store.last_record_id().await.unwrap();
    let records = hub.store.records_between(0, last).await.unwrap();
    said.push(records.iter().map(|r| Value::from(format!("{} {} {}", r.id, r.key, r.payload))).collect());
    let findings = hub.store.findings(None).await.unwrap();
    said.push(findings.iter().map(|f| Value::from(format!("{f:?}"))).collect());
    let batches = hub.store.batches(None, None, 100).await.unwrap();
    said.push(batches.iter().map(|b| Value::from(format!("{b:?}"))).collect());
    let latest = hub.store.latest_landing().await.unwrap();
    said.push(Value::from(format!("{latest:?} {}", hub.store.id().await.unwrap())));
    drop(served);
    hub.store.close().await;
    said
}

async fn made(data: &Path, store: Option<&str>, into: &Path) -> PathBuf {
    let store = Store::open(data, store).await.unwrap();
    let made = back_up(&store, data, into, Clock::System.now(), 0).await.unwrap_or_else(|e| panic!("{e}"));
    store.close().await;
    made.folder
}

fn anywhere() -> BackupChoice {
    BackupChoice { replace: true, lose_newer: true, ..BackupChoice::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_store_answers_as_the_one_that_was_backed_up_on_either_database() {
    let dir = tempfile::tempdir().unwrap();
    let mut from: Vec<(&str, Option<String>)> = vec![("sqlite", None)];
    if let Some(server) = postgres() {
        from.push(("postgres", Some(server.database().await)));
    }
    for (name, store) in &from {
        let data = dir.path().join(name);
        lived_in(&data, store.as_deref(), dir.path()).await;
        let want = said(&data, store.as_deref(), dir.path()).await;
        assert!(want.iter().all(|said| !said.is_null()) && want[0]["gap"]["totalCount"].as_u64() > Some(0), "{want:?}");
        let backups = dir.path().join(format!("backups-{name}"));
        let backup = made(&data, store.as_deref(), &backups).await;
        for (other_name, other) in &from {
            let (restored, target) = match other {
                None => (dir.path().join(format!("{name}-to-{other_name}")), None),
                Some(_) => {
                    (dir.path().join(format!("{name}-to-{other_name}")), Some(postgres().expect("there is one").database().await))
                }
            };
            let to = RestoreTo { data: &restored, store: target.as_deref() };
            let done = restore(&backup, to, &BackupChoice::default()).await.unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(done.before, None, "nothing stood there");
            let (audited, audit) = (verify_audit(&data.join("audit")).unwrap(), verify_audit(&restored.join("audit")).unwrap());
            assert!(audit.rows >= 5 && audit.faults.is_empty() && (audit.rows, &audit.last) == (audited.rows, &audited.last));
            assert_eq!(said(&restored, target.as_deref(), dir.path()).await, want, "{name} to {to:?}");
            // It lives on as the other one does; said once from each database to the other.
            if name == other_name {
                continue;
            }
            city(dir.path(), 30);
            let mut went_on = Vec::new();
            for (data, store) in [(&data, store.as_deref()), (&restored, target.as_deref())] {
                let copy = dir.path().join("lives-on");
                let _ = std::fs::remove_dir_all(&copy);
                let backup = made(data, store, &dir.path().join("again")).await;
                restore(&backup, RestoreTo { data: &copy, store: None }, &anywhere()).await.unwrap_or_else(|e| panic!("{e}"));
                let hub = hub(&copy, None, &dir.path().join("city-30")).await;
                // One after the other: records are numbered as they arrive.
                for registry in REGISTRIES {
                    let options = SyncOptions { registries: vec![registry.name().to_owned()], ..SyncOptions::default() };
                    hub.sync(&options, Arc::new(Silent)).await.unwrap_or_else(|e| panic!("{e}"));
                }
                let edition = hub.editions.current().unwrap();
                went_on.push((edition.number(), edition.manifest.content.clone(), edition.len()));
                hub.store.close().await;
            }
            assert_eq!(went_on[0], went_on[1]);
            assert!(went_on[0].1.is_some());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_torn_altered_or_missing_is_named_before_anything_is_touched() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    lived_in(&data, None, dir.path()).await;
    let backup = made(&data, None, &dir.path().join("backups")).await;
    let manifest = verify(&backup).unwrap_or_else(|e| panic!("{e}"));
    assert!(manifest.files.iter().any(|f| f.path == "store/finding.arrows"), "{:?}", manifest.files);
    assert!(manifest.files.iter().any(|f| f.path.starts_with("data/audit/1/")));
    let target = dir.path().join("target");
    for file in manifest.files.iter().step_by(7).map(|f| f.path.clone()).chain(["backup.json".to_owned()]) {
        let path = backup.join(&file);
        let whole = std::fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        if let Some(byte) = flipped.get_mut(whole.len() / 2) {
            *byte ^= 1;
        }
        let spoilt: [(&str, Option<&[u8]>); 3] =
            [("altered", Some(&flipped)), ("torn", Some(&whole[..whole.len() / 2])), ("missing", None)];
        for (how, bytes) in spoilt.into_iter().filter(|_| !whole.is_empty()) {
            // Not through the same inode: another backup may share it.
            std::fs::remove_file(&path).unwrap();
            bytes.iter().for_each(|bytes| std::fs::write(&path, bytes).unwrap());
            let to = RestoreTo { data: &target, store: None };
            let error = restore(&backup, to, &anywhere()).await.expect_err(&file);
            let (zh, en) = (error.text(Lang::Zh), error.text(Lang::En));
            assert!(zh.contains(&file) && en.contains(&file), "{how} {file}: {en} / {zh}");
            assert!(!target.join("huitu.sqlite").exists(), "{how} {file}");
        }
        std::fs::write(&path, whole).unwrap();
    }
    verify(&backup).unwrap_or_else(|e| panic!("whole again: {e}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_replaced_only_when_asked_and_what_is_newer_only_when_that_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let mut places: Vec<(PathBuf, Option<String>)> = vec![(dir.path().join("sqlite"), None)];
    if let Some(server) = postgres() {
        places.push((dir.path().join("postgres"), Some(server.database().await)));
    }
    for (data, store) in &places {
        let store = store.as_deref();
        lived_in(data, store, dir.path()).await;
        let old = said(data, store, dir.path()).await;
        let backups = dir.path().join("backups").join(data.file_name().unwrap());
        let backup = made(data, store, &backups).await;
        let to = RestoreTo { data, store };
        let code = |error: BackupError| error.code().map(str::to_owned);
        let refused = restore(&backup, to, &BackupChoice::default()).await.expect_err("a store is there");
        assert_eq!(code(refused).as_deref(), Some("store_there"));

        // Nothing came since: it may be replaced.
        let replace = BackupChoice { replace: true, ..BackupChoice::default() };
        restore(&backup, to, &replace).await.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(said(data, store, dir.path()).await, old);

        // A finding came since.
        let hub = hub(data, store, &dir.path().join("city-20")).await;
        let enterprise = {
            let edition = hub.editions.current().unwrap();
            huitu::edition::EnterpriseRow { edition: &edition, row: 1 }.id().to_owned()
        };
        let finding = NewFinding { enterprise, reason: "branch".into(), note: None, until: None, by: None, idempotency: None };
        hub.add_finding(finding, Arc::new(Silent)).await.unwrap_or_else(|e| panic!("{e}"));
        let in_use = restore(&backup, to, &anywhere()).await.expect_err("it is open");
        assert!(matches!(in_use, BackupError::Store(StoreError::InUse { .. })), "{in_use}");
        hub.store.close().await;
        drop(hub);
        let newer = said(data, store, dir.path()).await;
        let refused = restore(&backup, to, &replace).await.expect_err("it is newer");
        assert!(refused.text(Lang::En).contains("finding +1"), "{}", refused.text(Lang::En));
        assert_eq!(code(refused).as_deref(), Some("store_newer"));
        assert_eq!(said(data, store, dir.path()).await, newer, "nothing was touched");
        let audit = Audit::new(&data.join("audit"), 180);
        audit.record(looked(77)).await.unwrap();
        drop(audit);
        let audited = verify_audit(&data.join("audit")).unwrap();
        let done = restore(&backup, to, &anywhere()).await.unwrap_or_else(|e| panic!("{e}"));
        let looked = verify_audit(&data.join("audit")).unwrap();
        assert_eq!((looked.rows, looked.faults.len()), (audited.rows, 0), "who looked is not taken back");
        assert_eq!(said(data, store, dir.path()).await, old);
        assert!(done.before.is_some_and(|before| before.join("editions").is_dir()), "what was there is kept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_backups_the_one_of_a_landing_is_restored_and_the_oldest_go() {
    let dir = tempfile::tempdir().unwrap();
    let (data, backups) = (dir.path().join("data"), dir.path().join("backups"));
    let mut landings = Vec::new();
    for day in [0, 10, 20] {
        let hub = hub(&data, None, &city(dir.path(), day)).await;
        sync(&hub).await;
        landings.push(hub.store.latest_landing().await.unwrap().landing);
        let made = back_up(&hub.store, &data, &backups, Clock::System.now(), 2).await.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(made.removed.len(), usize::from(day == 20));
        hub.store.close().await;
    }
    // Editions that two backups have are one on the disk.
    let names = |landing: i64| {
        let choice = BackupChoice { landing: Some(landing), ..BackupChoice::default() };
        choose(&backups, &choice)
    };
    let (middle, last) = (names(landings[1]).unwrap(), names(landings[2]).unwrap());
    let inode = |backup: &Path| {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(backup.join("data/editions/000001/manifest.json")).unwrap().ino()
    };
    assert_eq!(inode(&middle), inode(&last));
    let gone = names(landings[0]).expect_err("the oldest was removed").text(Lang::En);
    assert!(gone.contains(&landings[1].to_string()) && gone.contains(&landings[2].to_string()), "{gone}");
    let restored = dir.path().join("restored");
    let to = RestoreTo { data: &restored, store: None };
    restore(&middle, to, &BackupChoice::default()).await.unwrap_or_else(|e| panic!("{e}"));
    let store = Store::open(&restored, None).await.unwrap();
    assert_eq!(store.latest_landing().await.unwrap().landing, landings[1]);
    store.close().await;
    let inside = back_up(&store, &data, &data.join("backups"), Clock::System.now(), 0).await.expect_err("inside");
    assert_eq!(inside.code(), Some("inside"));
    for entry in walk(&backups).into_iter().chain(walk(&restored)) {
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{} is {mode:o}", entry.display());
    }
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        }
        found.push(path);
    }
    found.retain(|path| !path.to_string_lossy().ends_with(".lock"));
    found
}

fn huitu(data: &Path) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_huitu"));
    c.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).args(["--lang", "en", "--data"]).arg(data);
    c
}

fn text(o: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr))
}

fn sync_program(data: &Path, city: &Path) -> Command {
    let mut c = huitu(data);
    c.arg("sync");
    for r in REGISTRIES {
        c.arg("--source").arg(format!("{}={}", r.name(), city.join(format!("{}.csv", r.name())).display()));
    }
    c.args(REGISTRIES.map(|r| r.name()));
    c
}

/// Of every registry as many records as the store says, every batch balanced, every edition whole.
async fn is_one_moment(data: &Path) {
    let store = Store::open(data, None).await.unwrap();
    let last = store.last_record_id().await.unwrap();
    let records = store.records_between(0, last).await.unwrap();
    for registry in store.registries().await.unwrap() {
        let count = records.iter().filter(|r| r.registry_id == registry.id).count();
        assert_eq!(registry.records, count as i64, "{}", registry.name);
    }
    for batch in store.batches(None, Some("DONE"), 100).await.unwrap() {
        assert_eq!(batch.read_rows, batch.landed + batch.quarantined, "{batch:?}");
    }
    let newest = store.latest_edition().await.unwrap().map(|e| e.number as u32);
    store.close().await;
    let editions = huitu::edition::Editions::open(&data.join("editions")).unwrap();
    assert_eq!(editions.current().ok().map(|e| e.number()), newest, "the newest edition of the store is there");
    for manifest in editions.list() {
        manifest.check(&data.join("editions").join(huitu::edition::folder_name(manifest.number))).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_a_sync_runs_holds_one_moment() {
    let dir = tempfile::tempdir().unwrap();
    let (data, backups) = (dir.path().join("data"), dir.path().join("backups"));
    let done = sync_program(&data, &city(dir.path(), 0)).output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    let mut moments = std::collections::BTreeSet::new();
    for day in [5, 10, 15] {
        let mut running =
            sync_program(&data, &city(dir.path(), day)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut restored = 0;
        loop {
            let ended = running.try_wait().unwrap();
            let backup = made(&data, None, &backups).await;
            let copy = dir.path().join(format!("copy-{day}-{restored}"));
            let to = RestoreTo { data: &copy, store: None };
            let done = restore(&backup, to, &BackupChoice::default()).await.unwrap_or_else(|e| panic!("{e}"));
            is_one_moment(&copy).await;
            moments.insert((done.manifest.store.landing.landing, done.manifest.store.edition));
            restored += 1;
            if let Some(status) = ended {
                assert!(status.success());
                break;
            }
        }
    }
    assert!(moments.len() >= 4, "moments within and between syncs: {moments:?}");
}

fn copied(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    let done = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(done.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_killed_at_any_moment_leaves_the_old_or_the_new() {
    let dir = tempfile::tempdir().unwrap();
    let old = dir.path().join("old");
    let done = sync_program(&old, &city(dir.path(), 0)).output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    let grown = dir.path().join("grown");
    copied(&old, &grown);
    let done = sync_program(&grown, &city(dir.path(), 20)).output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    let backup = made(&grown, None, &dir.path().join("backups")).await;
    let old_backup = made(&old, None, &dir.path().join("backups-old")).await;
    city(dir.path(), 20);
    let (before, after) = (said(&old, None, dir.path()).await, said(&grown, None, dir.path()).await);
    assert_ne!(before, after);

    let mut places: Vec<Option<String>> = vec![None];
    if let Some(server) = postgres() {
        places.push(Some(server.database().await));
    }
    let rounds: u32 = std::env::var("HUITU_KILL_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    let shaken = dir.path().join("shaken");
    let restoring = |store: &Option<String>| {
        let mut c = huitu(&shaken);
        if let Some(url) = store {
            c.args(["--store", url]);
        }
        c.arg("restore").arg(&backup).args(["--replace", "--lose-newer"]).stdout(Stdio::null()).stderr(Stdio::null());
        c
    };
    for store in &places {
        let to = RestoreTo { data: &shaken, store: store.as_deref() };
        let mut olds = 0;
        let mut whole = Duration::ZERO;
        for round in 0..=rounds {
            let _ = std::fs::remove_dir_all(&shaken);
            restore(&old_backup, to, &anywhere()).await.unwrap_or_else(|e| panic!("{e}"));
            let started = std::time::Instant::now();
            let mut child = restoring(store).spawn().unwrap();
            if round == 0 {
                assert!(child.wait().unwrap().success());
                whole = started.elapsed();
            } else {
                // The moments are spread over the whole run.
                std::thread::sleep(whole.mul_f64(f64::from(round * 7 % rounds) / f64::from(rounds)) + Duration::from_millis(5));
                child.kill().unwrap();
                child.wait().unwrap();
            }
            let now = said(&shaken, store.as_deref(), dir.path()).await;
            assert!(now == before || now == after, "round {round} on {store:?}: neither the old nor the new");
            olds += u32::from(now == before);
            assert!(!shaken.join("restore.json").exists() && (now == before || !shaken.join(".restoring").exists()));
            if round == 0 {
                assert_eq!(now, after);
            }
        }
        assert!(olds > 0, "some kills came before the end");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_leaves_the_store_and_the_backups_that_were_there() {
    let dir = tempfile::tempdir().unwrap();
    let (data, backups) = (dir.path().join("data"), dir.path().join("backups"));
    lived_in(&data, None, dir.path()).await;
    let backup = made(&data, None, &backups).await;
    let before = said(&data, None, dir.path()).await;
    // No file may grow beyond so many blocks of 1 KiB: writing fails as it does on a full disk, at another place each time.
    let largest = BackupManifest::read(&backup).unwrap().files.iter().map(|f| f.bytes).max().unwrap() / 1024;
    let program = env!("CARGO_BIN_EXE_huitu");
    let limited = |blocks: u64, args: &[&std::ffi::OsStr]| {
        let script = format!("ulimit -f {blocks}; trap '' XFSZ; exec \"$0\" \"$@\"");
        let mut c = Command::new("bash");
        c.arg("-c").arg(script).arg(program).args(["--lang", "en", "--data"]).arg(&data).args(args).output().unwrap()
    };
    let mut failed = 0;
    for blocks in [4, 16, 64, largest / 2, largest.saturating_sub(1)] {
        let done = limited(blocks, &["backup".as_ref(), backups.as_os_str()]);
        if !done.status.success() {
            assert!(text(&done).contains("unchanged") || text(&done).contains("store"), "{}", text(&done));
            failed += 1;
        }
        let done = limited(blocks, &["restore".as_ref(), backup.as_os_str(), "--replace".as_ref()]);
        assert!(!done.status.success(), "{blocks}: {}", text(&done));
        assert!(!data.join(".restoring").exists(), "{blocks}: what was begun is gone");
        assert_eq!(said(&data, None, dir.path()).await, before, "{blocks}");
        verify(&backup).unwrap_or_else(|e| panic!("{blocks}: {e}"));
        let begun = std::fs::read_dir(&backups)
            .unwrap()
            .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with(".part"));
        assert_eq!(begun.count(), 0, "{blocks}");
    }
    assert!(failed >= 2, "{failed}");
}

/// The migrations as files: number and text.
fn steps(database: &str) -> Vec<(i64, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
    let mut steps: Vec<(i64, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name.split('_').next().unwrap().parse().unwrap(), std::fs::read_to_string(path).unwrap())
        })
        .collect();
    steps.sort();
    steps
}

/// A store as an older program left it opens, at whichever step that program was, and has what it had.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_every_earlier_step_opens_and_keeps_its_rows() {
    use sqlx::migrate::{Migration, MigrationType, Migrator};
    use sqlx::{ConnectOptions, Connection, SqlSafeStr};
    let registry = "INSERT INTO registry (id, name) VALUES (1, 'tax')";
    let batch = "INSERT INTO batch (id, registry_id, started_at, finished_at, state, source, complete, read_rows, landed, added)
                 VALUES (1, 1, 5, 6, 'DONE', 'file', 1, 1, 1, 1)";
    let layout = "INSERT INTO layout (id, registry_id, columns) VALUES (1, 1, '[\"a\"]')";
    let record = "INSERT INTO record (id, registry_id, key, hash, layout_id, batch_id, landed_at, payload)
                  VALUES (1, 1, 'k', 9, 1, 1, 6, '[\"甲\"]')";
    let rows = [registry, batch, layout, record].join(";");
    let until = |database: &str, last: i64| {
        let taken = steps(database).into_iter().filter(|(number, _)| *number <= last);
        let of = |(number, text): (i64, String)| {
            Migration::new(number, "step".into(), MigrationType::Simple, sqlx::AssertSqlSafe(text).into_sql_str(), false)
        };
        Migrator::with_migrations(taken.map(of).collect())
    };
    let numbers: Vec<i64> = steps("sqlite").into_iter().map(|(number, _)| number).collect();
    assert_eq!(numbers, steps("postgres").into_iter().map(|(number, _)| number).collect::<Vec<_>>(), "the same steps");
    // Each third step and the newest; all of them in `make chaos`.
    let all = std::env::var_os("HUITU_CHAOS_REPORT").is_some();
    let newest = numbers.len().saturating_sub(5);
    for (at, last) in numbers.into_iter().enumerate() {
        if !all && at < newest && at % 3 != 0 {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        let file = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("huitu.sqlite")).create_if_missing(true);
        let mut connection = file.connect().await.unwrap();
        until("sqlite", last).run_direct(None, &mut connection, false).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(rows.clone())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let mut places: Vec<Option<String>> = vec![None];
        if let Some(server) = postgres() {
            let url = server.database().await;
            let mut connection = url.parse::<sqlx::postgres::PgConnectOptions>().unwrap().connect().await.unwrap();
            until("postgres", last).run_direct(None, &mut connection, false).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(rows.clone())).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            places.push(Some(url));
        }
        for url in places {
            let store = Store::open(dir.path(), url.as_deref()).await.unwrap_or_else(|e| panic!("step {last}: {e}"));
            let records = store.records_between(0, 1).await.unwrap();
            assert_eq!(records.iter().map(|r| r.payload.as_str()).collect::<Vec<_>>(), ["[\"甲\"]"], "step {last}");
            assert_eq!(store.batches(None, Some("DONE"), 5).await.unwrap().len(), 1, "step {last}");
            let backup = dir.path().join("backups");
            let dump = back_up(&store, dir.path(), &tempfile::tempdir().unwrap().path().join("b"), Clock::System.now(), 0).await;
            assert!(dump.is_ok_and(|made| made.manifest.store.rows_of("record") == 1), "{}", backup.display());
            store.close().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_a_newer_program_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut places: Vec<Option<String>> = vec![None];
    if let Some(server) = postgres() {
        places.push(Some(server.database().await));
    }
    for url in places {
        let store = Store::open(dir.path(), url.as_deref()).await.unwrap();
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                     VALUES (9999, 'of tomorrow', TRUE, '', 0)";
        match &store {
            Store::Postgres(pool, _) => drop(sqlx::raw_sql(newer).execute(pool).await.unwrap()),
            Store::Sqlite(_) => {
                use sqlx::{ConnectOptions, Connection};
                let file = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("huitu.sqlite"));
                let mut connection = file.connect().await.unwrap();
                sqlx::raw_sql(newer).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
        store.close().await;
        drop(store);
        let Err(refused) = Store::open(dir.path(), url.as_deref()).await else { panic!("it is newer") };
        assert!(matches!(&refused, StoreError::Newer { steps, .. } if *steps == [9999]), "{refused}");
        let zh = huitu::hub::HubError::from(refused).text(Lang::Zh);
        assert!(zh.contains("9999") && zh.contains("较新"), "{zh}");
        // Nor is anything restored over it.
        let empty = tempfile::tempdir().unwrap();
        let other = Store::open(empty.path(), None).await.unwrap();
        let backups = tempfile::tempdir().unwrap();
        let made = back_up(&other, empty.path(), &backups.path().join("b"), Clock::System.now(), 0).await;
        let folder = made.unwrap_or_else(|e| panic!("{e}")).folder;
        other.close().await;
        let to = RestoreTo { data: dir.path(), store: url.as_deref() };
        let refused = restore(&folder, to, &anywhere()).await.expect_err("it is newer");
        assert!(matches!(refused, BackupError::Store(StoreError::Newer { .. })), "{refused}");
    }
}
