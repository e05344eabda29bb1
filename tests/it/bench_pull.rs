//! `huitu bench pull` measures every way it promises; how fast they are is not a test's business.

use std::process::Command;

use crate::support::servers::postgres;

#[tokio::test(flavor = "multi_thread")]
async fn every_way_into_every_store_is_measured() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huitu"));
    command.args(["bench", "pull", "--rows", "1500", "--json"]);
    let mut stores = vec!["SQLite"];
    if let Some(server) = postgres() {
        command.args(["--postgres", &server.database().await]);
        stores.push("PostgreSQL by COPY");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let figures: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    // XLS is measured where Python has xlwt.
    let xls = figures.iter().filter(|f| f["what"].as_str().is_some_and(|w| w.starts_with("XLS →"))).count();
    assert_eq!(
        figures.len() - xls,
        stores.len() * 9,
        "a quarter, a workbook and a DBF once; CSV and HTTP first, again in full, again as usual"
    );
    for store in stores {
        for (way, bar) in [("CSV", true), ("HTTP JSON", true), ("CSV, a quarter", false), ("XLSX", false), ("DBF", false)] {
            let what = format!("{way} → {store}");
            let at = figures.iter().position(|f| f["what"] == *what).unwrap_or_else(|| panic!("{what} is missing"));
            assert_eq!(
                figures[at]["bar"].is_number(),
                bar || way == "DBF" || (way == "XLSX" && figures[at]["bar"].is_number()),
                "{what}"
            );
            assert!(figures[at]["rows_per_second"].as_f64().unwrap() > 0.0);
            if bar {
                for again in &figures[at + 1..at + 3] {
                    assert_eq!(again["rows"], figures[at]["rows"], "{what}: every row again");
                    assert_eq!(again["times_bar"], 3.0);
                }
            }
        }
    }
}
