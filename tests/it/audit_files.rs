//! The audit on a disk that fills up in the middle of a row: nothing is shown that has no row, and no row is left half.

use std::path::Path;
use std::process::{Command, Output};

use huitu::audit::{Audit, AuditQuestion, AuditRow, Seen, search, verify};
use huitu::edition::synthetic::input;
use huitu::model::Clock;

/// Runs the program, with files of at most so many bytes where a number is given: what is written beyond that fails as on a full disk, with
/// the part before it on disk.
fn huitu(data: &Path, longest: Option<u64>, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_huitu");
    let mut command = match longest {
        None => Command::new(program),
        Some(bytes) => {
            // Python ignores the signal that would end the program at once; the program then hears of it as of a full disk.
            let script = format!(
                "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes}, {bytes})); os.execv(sys.argv[1], sys.argv[1:])"
            );
            let mut command = Command::new("python3");
            command.args(["-c", &script, program]);
            command
        }
    };
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("USER", "lin").env("HUITU_LANG", "en");
    command.arg("--data").arg(data).args(arguments).output().expect("huitu starts")
}

fn rows(audit: &Path) -> usize {
    let mut count = 0;
    search(audit, &AuditQuestion::default(), |_| {
        count += 1;
        Ok(())
    })
    .unwrap();
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_in_the_middle_of_a_row_takes_the_answer_and_leaves_no_half_row() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    huitu::edition::write(&data.join("editions"), input(1, 60, 11)).unwrap();
    let ask = ["query", "{ gap(first: 2) { nodes { name revenueYuan } } }"];
    let shown = |o: &Output| String::from_utf8_lossy(&o.stdout).contains("revenueYuan");
    let first = huitu(&data, None, &ask);
    assert!(first.status.success() && shown(&first), "{}", String::from_utf8_lossy(&first.stderr));
    // Rows enough that no other file is as long as this one.
    let folder = data.join("audit");
    {
        let audit = Audit::new(&folder, 180);
        let at = Clock::System.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        for _ in 0..12 {
            let row = AuditRow {
                seq: 0,
                at: at.clone(),
                caller: "T1".into(),
                name: "ann".into(),
                role: "analyst".into(),
                purpose: String::new(),
                way: "graphql".into(),
                operation: "00".into(),
                fields: Vec::new(),
                classes: Vec::new(),
                enterprises: Seen::Many { count: 9_000, chosen_by: "x".repeat(3 << 20) },
                edition: 1,
                request: "r".into(),
            };
            audit.record(row).await.unwrap();
        }
    }
    let lock = std::fs::File::options().append(true).open(folder.join("1/lock")).unwrap();
    let freed = async {
        while lock.try_lock().is_err() {
            tokio::task::yield_now().await
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), freed).await.expect("the writer has ended");
    lock.unlock().unwrap();
    let file = std::fs::read_dir(folder.join("1"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .unwrap();
    let (length, before) = (std::fs::metadata(&file).unwrap().len(), rows(&folder));
    for room in [1, 150] {
        let full = huitu(&data, Some(length + room), &ask);
        assert!(!shown(&full), "no row, no answer: {}", String::from_utf8_lossy(&full.stdout));
        assert_eq!(std::fs::metadata(&file).unwrap().len(), length, "the half of a row is taken back");
        assert_eq!((rows(&folder), verify(&folder).unwrap().faults), (before, Vec::new()));
    }
    let again = huitu(&data, None, &ask);
    assert!(shown(&again), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!((rows(&folder), verify(&folder).unwrap().faults), (before + 1, Vec::new()));
}
