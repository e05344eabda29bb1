//! What breaks a list in practice: an empty roll, half of one, last year's; a judgement while an edition waits; the program killed
//! while it holds or releases. Each time a clear word, the last good edition answering, and nothing lost.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeZone, Utc};
use huitu::hub::progress::Silent;
use huitu::hub::{Hub, NewJudgement, SyncReport};
use huitu::land::receipt::SyncOutcome;
use huitu::model::linkage::JudgementVerdict;
use huitu::simulate::{City, ExtractFormat, SimulatedRegistry, write};

use crate::needs::{city, clock, gap, sync};

fn roll(root: &Path) -> std::path::PathBuf {
    root.join("city").join(format!("{}.csv", SimulatedRegistry::Unions.name()))
}

/// Keeps only some of the roll's lines, the header among them.
fn cut(root: &Path, keep: impl Fn(usize, usize) -> bool) {
    let file = roll(root);
    let bytes = std::fs::read(&file).unwrap();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
    let of = lines.len();
    let kept = lines.iter().enumerate().filter(|(at, _)| *at == 0 || keep(*at, of));
    std::fs::write(&file, kept.flat_map(|(_, line)| line.to_vec()).collect::<Vec<u8>>()).unwrap();
}

/// The published edition answers as it did.
fn still_answers(hub: &Hub, number: u32, lacking: u64) {
    let current = hub.editions.current().unwrap();
    assert_eq!((current.number(), gap(&current)), (number, lacking));
}

fn outcome(report: &SyncReport) -> SyncOutcome {
    report.receipts[0].outcome
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_roll_and_half_a_roll_are_held_and_say_so_and_nobody_loses_a_union_by_it() {
    let root = tempfile::tempdir().unwrap();
    let hub = city(root.path(), &clock(), |_| {}).await;
    sync(&hub, &[]).await;
    let published = gap(&hub.editions.current().unwrap());
    let whole = std::fs::read(roll(root.path())).unwrap();

    for (what, keep) in [("empty", 0_usize), ("half", 2)] {
        cut(root.path(), |at, of| keep > 0 && at < of / keep);
        let report = sync(&hub, &["unions"]).await;
        assert_eq!(outcome(&report), SyncOutcome::Held, "{what}: {:?}", report.receipts[0]);
        assert!(report.needs_attention() && report.edition.is_none(), "{what}");
        for lang in [huitu::cli::LangArg::Zh, huitu::cli::LangArg::En] {
            let said = huitu::cli::sync::receipt_text(&report, lang);
            assert!(said.contains("huitu batch release"), "{what}: the remedy is named: {said}");
        }
        still_answers(&hub, 1, published);
        // Rejected, and the good roll again: nothing is left of it.
        hub.decide_batch(report.receipts[0].batch.unwrap(), false, "甲", "名册不全", Arc::new(Silent)).await.unwrap();
        std::fs::write(roll(root.path()), &whole).unwrap();
        let again = sync(&hub, &["unions"]).await;
        assert_ne!(outcome(&again), SyncOutcome::Held, "{what}");
        assert_eq!(again.receipts[0].gone, 0, "{what}");
        assert_eq!(gap(&hub.editions.current().unwrap()), published, "{what}");
    }

    // Released by mistake, half a roll still makes no list by itself: the edition waits, with the roll named.
    cut(root.path(), |at, of| at < of / 2);
    let report = sync(&hub, &["unions"]).await;
    hub.decide_batch(report.receipts[0].batch.unwrap(), true, "甲", "看过", Arc::new(Silent)).await.unwrap();
    let report = sync(&hub, &["unions"]).await;
    let held = report.held.expect("what half a roll says waits for a person");
    assert!(held.causes.iter().any(|c| c.zh.contains("工会")), "{:?}", held.causes);
    assert_eq!(gap(&hub.editions.current().unwrap()), published);
    std::fs::write(roll(root.path()), &whole).unwrap();
    hub.reject_edition(None, "甲", "名册只有一半").await.unwrap();
    sync(&hub, &["unions"]).await;
    assert_eq!(gap(&hub.editions.current().unwrap()), published, "nothing was lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn last_years_roll_is_no_list_of_this_year() {
    let root = tempfile::tempdir().unwrap();
    let hub = city(root.path(), &clock(), |_| {}).await;
    // This year's roll has every union; last year's lacks what was founded since: a quarter of them.
    let whole = std::fs::read(roll(root.path())).unwrap();
    sync(&hub, &[]).await;
    let published = gap(&hub.editions.current().unwrap());
    cut(root.path(), |at, _| at % 4 != 0);
    let report = sync(&hub, &["unions"]).await;
    assert_eq!(outcome(&report), SyncOutcome::Held, "{:?}", report.receipts[0]);
    still_answers(&hub, 1, published);
    let batch = report.receipts[0].batch.unwrap();
    hub.decide_batch(batch, false, "甲", "是去年的名册", Arc::new(Silent)).await.unwrap();
    std::fs::write(roll(root.path()), &whole).unwrap();
    sync(&hub, &["unions"]).await;
    assert_eq!(gap(&hub.editions.current().unwrap()), published);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judgement_while_an_edition_waits_is_kept_and_looked_at_with_it() {
    let root = tempfile::tempdir().unwrap();
    let clock = clock();
    let hub = city(root.path(), &clock, |_| {}).await;
    sync(&hub, &[]).await;
    let published = gap(&hub.editions.current().unwrap());
    // Another city's roll, let in by a person, waits as an edition.
    let other = tempfile::tempdir().unwrap();
    write(&City::new(77, 600, 0), other.path(), ExtractFormat::Csv).unwrap();
    std::fs::copy(other.path().join(format!("{}.csv", SimulatedRegistry::Unions.name())), roll(root.path())).unwrap();
    let mut report = sync(&hub, &["unions"]).await;
    if outcome(&report) == SyncOutcome::Held {
        hub.decide_batch(report.receipts[0].batch.unwrap(), true, "甲", "看过", Arc::new(Silent)).await.unwrap();
        report = sync(&hub, &["unions"]).await;
    }
    let held = report.held.expect("it waits");
    clock.set(Utc.with_ymd_and_hms(2026, 10, 1, 5, 0, 0).unwrap());
    let pair = hub.store.review_pairs(1).await.unwrap().into_iter().next().expect("a pair that the evidence could not settle");
    let (verdict, by) = (JudgementVerdict::Different, Some("乙".to_owned()));
    let new = NewJudgement { pair: pair.id, verdict, reason: None, by, idempotency: None };
    let judgement = hub.judge(new, Arc::new(Silent)).await.unwrap();
    still_answers(&hub, 1, published);
    let waiting = hub.held_edition().await.unwrap().expect("it still waits");
    assert!(waiting.id >= held.id);
    let kept = hub.store.judgements().await.unwrap();
    assert!(kept.iter().any(|j| j.id == judgement.id), "the judgement is kept");
    hub.release_edition(Some(waiting.id), "甲", "核对过", Arc::new(Silent)).await.unwrap();
    let number = hub.editions.current().unwrap().number();
    assert_eq!(number, 2);
    assert!(hub.rebuild_edition(number, false).await.unwrap().is_equal(), "made again, the judgement with it");
}

fn huitu(data: &Path, arguments: &[&str]) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_huitu"));
    c.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).args(["--lang", "en", "--data"]).arg(data);
    c.args(arguments);
    c
}

fn text(o: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr))
}

/// Edition that answers, and its list.
fn answering(data: &Path) -> (u64, u64) {
    let o = huitu(data, &["query", "{ gap(first: 1) { totalCount edition { number } } }"]).output().expect("huitu starts");
    let answer: serde_json::Value = serde_json::from_slice(&o.stdout).unwrap_or_else(|_| panic!("{}", text(&o)));
    let gap = &answer["data"]["gap"];
    (gap["edition"]["number"].as_u64().expect("an edition"), gap["totalCount"].as_u64().expect("a list"))
}

#[test]
fn killed_while_it_holds_or_releases_the_program_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (data, city) = (dir.path().join("data"), dir.path().join("city"));
    write(&City::new(5, 600, 0), &city, ExtractFormat::Csv).unwrap();
    let registries = ["commerce", "tax", "social_insurance", "statistics", "unions"];
    let sources: Vec<String> = registries.iter().map(|r| format!("{r}={}", city.join(format!("{r}.csv")).display())).collect();
    let sync = |only: &[&str]| {
        let mut arguments = vec!["sync"];
        arguments.extend(sources.iter().flat_map(|source| ["--source", source]));
        arguments.extend(only);
        huitu(&data, &arguments)
    };
    let first = sync(&registries).output().unwrap();
    assert!(first.status.success(), "{}", text(&first));
    let (number, lacking) = answering(&data);
    assert_eq!(number, 1);

    // Another city's roll: its batch is let in, its edition waits.
    let other = tempfile::tempdir().unwrap();
    write(&City::new(77, 600, 0), other.path(), ExtractFormat::Csv).unwrap();
    std::fs::copy(other.path().join("unions.csv"), city.join("unions.csv")).unwrap();
    let held = sync(&["unions"]).output().unwrap();
    assert_eq!(held.status.code(), Some(3), "{}", text(&held));
    if text(&held).contains("batch release") {
        let batches = huitu(&data, &["--json", "batch", "list", "unions"]).output().unwrap();
        let listed: serde_json::Value = serde_json::from_slice(&batches.stdout).unwrap_or_else(|_| panic!("{}", text(&batches)));
        let id = listed.as_array().unwrap().iter().filter_map(|b| b["id"].as_i64().or(b["batch"].as_i64())).max().unwrap();
        let let_in = huitu(&data, &["batch", "release", &id.to_string(), "--reason", "seen"]).output().unwrap();
        assert!(matches!(let_in.status.code(), Some(0 | 3)), "{}", text(&let_in));
    }
    // Killed while it finds out that it has to hold: at any moment the first edition answers, and the next sync holds.
    let started = std::time::Instant::now();
    let whole_hold = {
        let o = sync(&["unions"]).output().unwrap();
        assert_eq!(o.status.code(), Some(3), "{}", text(&o));
        started.elapsed()
    };
    for part in [0.2, 0.6, 0.9] {
        let mut child = sync(&["unions"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole_hold.mul_f64(part) + Duration::from_millis(2));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(answering(&data), (1, lacking), "killed at {part}");
    }
    let waits = huitu(&data, &["edition", "held"]).output().unwrap();
    assert!(text(&waits).contains("edition release"), "{}", text(&waits));

    // Killed while it releases: the first edition answers or the second, never anything between; the next sync ends what was begun.
    for part in [0.1, 0.4, 0.7, 0.95] {
        let started = std::time::Instant::now();
        let mut child = huitu(&data, &["edition", "release", "--reason", "seen"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole_hold.mul_f64(part));
        let _ = child.kill(); // too late: it had ended
        child.wait().unwrap();
        let (number, now) = answering(&data);
        assert!((number, now) == (1, lacking) || number == 2, "killed at {part} after {:?}: {number}, {now}", started.elapsed());
        if number == 2 {
            break;
        }
    }
    let after = sync(&["unions"]).output().unwrap();
    assert!(matches!(after.status.code(), Some(0 | 3)), "{}", text(&after));
    if answering(&data).0 == 1 {
        let released = huitu(&data, &["edition", "release", "--reason", "seen"]).output().unwrap();
        assert!(released.status.success(), "{}", text(&released));
    }
    let (number, now) = answering(&data);
    assert!(number == 2 && now != lacking, "{number}, {now}");
    let verified = huitu(&data, &["edition", "verify"]).output().unwrap();
    assert!(verified.status.success(), "{}", text(&verified));
}
