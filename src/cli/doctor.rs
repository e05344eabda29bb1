//! `huitu doctor`: what is missing or wrong on this machine, with the remedy.

use std::net::TcpListener;
use std::process::ExitCode;

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::common::{Common, LangArg};
use crate::cases::correction::CorrectionsPolicy;
use crate::config::Settings;
use crate::depot::Depot;
use crate::model::Clock;
use crate::model::message::Lang;
use crate::store::Store;

/// Free space below which a sync is likely to end half-way, in bytes.
const LITTLE_SPACE: u64 = 2 << 30;

#[derive(Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    /// Nothing is wrong yet: somebody should see to it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    soon: bool,
    zh: String,
    en: String,
}

impl Finding {
    fn good(check: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Finding {
        Finding { check, ok: true, soon: false, zh: zh.into(), en: en.into() }
    }
    fn bad(check: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Finding {
        Finding { check, ok: false, soon: false, zh: zh.into(), en: en.into() }
    }
}

/// Exit code 0 where everything is in order, 1 otherwise.
pub async fn run(common: &Common) -> anyhow::Result<ExitCode> {
    let settings = match common.settings() {
        Ok(s) => s,
        Err(e) => {
            let said = |lang| super::common::in_words(&e, lang);
            let (zh, en) = (format!("设置有误：{}", said(LangArg::Zh)), format!("settings: {}", said(LangArg::En)));
            let finding = Finding::bad("settings", zh, en);
            return Ok(report(common, &[finding]));
        }
    };
    let mut findings = vec![
        Finding::good("settings", "设置可读", "settings can be read"),
        space(&settings.data),
        port(settings.listen),
        memory(),
    ];
    let (finding, hub) = store(&settings.data, settings.store.as_deref()).await;
    findings.push(finding);
    findings.extend(object_store(&settings, &hub).await);
    findings.extend(calendar(&settings.corrections, Clock::System.today(settings.zone)));
    Ok(report(common, &findings))
}

fn report(common: &Common, findings: &[Finding]) -> ExitCode {
    if common.json {
        println!("{}", serde_json::to_string_pretty(findings).expect("plain texts"));
    } else {
        let lang: LangArg = common.lang();
        for f in findings {
            let mark = match (f.ok, f.soon) {
                (false, _) => "✗",
                (true, true) => "!",
                (true, false) => "✓",
            };
            println!("{mark} {:<10} {}", f.check, lang.pick(&f.zh, &f.en));
        }
    }
    if findings.iter().all(|f| f.ok) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A line where deadlines reach into a year whose days off are not known; from December on the next year is one of these. None otherwise:
/// until the notice of a year comes, in November, nobody can know them.
fn calendar(policy: &CorrectionsPolicy, today: NaiveDate) -> Option<Finding> {
    let last = if today.month() == 12 { today.year() + 1 } else { policy.due(today).year() };
    let unknown: Vec<String> = (today.year()..=last).filter(|year| !policy.knows(*year)).map(|year| year.to_string()).collect();
    if unknown.is_empty() {
        return None;
    }
    let (zh, en) = (unknown.join("、"), unknown.join(" and "));
    let good = Finding::good(
        "calendar",
        format!(
            "尚不知道 {zh} 年的放假调休安排，答复期限暂只按周末计算；请升级到含该年安排的版本，或写入 [corrections] 的 holidays 与 worked_weekends"
        ),
        format!(
            "which days of {en} are off is not known, so that deadlines count weekends alone; take a release that knows them, or name them as \
             holidays and worked_weekends in [corrections]"
        ),
    );
    Some(Finding { soon: true, ..good })
}

fn space(data: &std::path::Path) -> Finding {
    let place = data.display();
    if let Err(e) = std::fs::create_dir_all(data) {
        return Finding::bad(
            "data",
            format!("数据目录 {place} 不可用：{e}；请用 --data 指定可写目录"),
            format!("data directory {place}: {e}; give a writable one with --data"),
        );
    }
    let probe = data.join(".doctor");
    if let Err(e) = std::fs::write(&probe, b"x").and_then(|()| std::fs::remove_file(&probe)) {
        return Finding::bad(
            "data",
            format!("数据目录 {place} 不可写：{e}；请用 --data 指定可写目录"),
            format!("cannot write to the data directory {place}: {e}; give a writable one with --data"),
        );
    }
    match free_bytes(data) {
        Some(free) if free < LITTLE_SPACE => Finding::bad(
            "data",
            format!("数据目录 {place} 仅剩 {} MB；百万企业约需 4 GB", free >> 20),
            format!("only {} MB are left at {place}; a million enterprises need about 4 GB", free >> 20),
        ),
        free => {
            let gb = free.unwrap_or(0) >> 30;
            Finding::good("data", format!("数据目录 {place} 可写，剩余 {gb} GB"), format!("{place} can be written, {gb} GB free"))
        }
    }
}

fn free_bytes(path: &std::path::Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes()).ok()?;
    // SAFETY: `statvfs` only writes into the struct it is given, and the path ends with NUL.
    unsafe {
        let mut stat: libc::statvfs = std::mem::zeroed();
        (libc::statvfs(path.as_ptr(), &mut stat) == 0).then(|| stat.f_bavail as u64 * stat.f_frsize as u64)
    }
}

/// A line where editions are shared by an object store; None otherwise. `hub`: whose editions they should be, where that is known.
async fn object_store(settings: &Settings, hub: &str) -> Option<Finding> {
    let said = settings.editions.as_ref()?;
    let listed = match Depot::open(said, &settings.data.join("editions"), hub) {
        Ok(depot) => depot.look().await,
        Err(error) => Err(error),
    };
    Some(match listed {
        Ok(listed) => Finding::good(
            "editions",
            format!("对象存储 {} 可读，列有 {listed} 期", said.place),
            format!("{} can be read and lists {listed} editions", said.place),
        ),
        Err(error) => Finding::bad("editions", error.text(Lang::Zh), error.text(Lang::En)),
    })
}

fn port(listen: std::net::SocketAddr) -> Finding {
    match TcpListener::bind(listen) {
        Ok(_) => Finding::good("port", format!("{listen} 可用"), format!("{listen} is free")),
        Err(e) => Finding::bad(
            "port",
            format!("无法监听 {listen}：{e}；请停用占用它的程序，或用 --listen 指定其他端口"),
            format!("cannot listen on {listen}: {e}; stop the program that uses it, or choose another with --listen"),
        ),
    }
}

fn memory() -> Finding {
    let available = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|l| l.starts_with("MemAvailable:"))?.to_owned();
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    match available {
        Some(kb) if kb < 1 << 20 => Finding::bad(
            "memory",
            format!("可用内存仅 {} MB；一个区约需 1 GB，百万企业约需 4 GB", kb >> 10),
            format!(
                "only {} MB of memory are available; a district needs about 1 GB, a million enterprises about 4 GB",
                kb >> 10
            ),
        ),
        kb => {
            let gb = kb.unwrap_or(0) >> 20;
            Finding::good("memory", format!("可用内存 {gb} GB"), format!("{gb} GB of memory available"))
        }
    }
}

/// A line on the store, and its name; empty where it cannot be read.
async fn store(data: &std::path::Path, url: Option<&str>) -> (Finding, String) {
    match Store::open(data, url).await {
        Ok(store) => {
            let (place, name) = (store.place(), store.id().await.unwrap_or_default());
            store.close().await;
            (Finding::good("store", format!("数据库可用：{place}"), format!("store is in order: {place}")), name)
        }
        Err(e) => (Finding::bad("store", format!("数据库不可用：{e}"), format!("{e}")), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_whose_days_off_are_not_known_is_told_once_deadlines_reach_it() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let usual = CorrectionsPolicy::default();
        // The table ends with 2026.
        for quiet in ["2026-01-05", "2026-11-29"] {
            assert!(calendar(&usual, day(quiet)).is_none(), "{quiet}");
        }
        for (told, years) in
            [("2026-12-01", "2027"), ("2026-12-31", "2027"), ("2027-03-01", "2027"), ("2027-12-01", "2027 and 2028")]
        {
            let finding = calendar(&usual, day(told)).expect(told);
            assert!(finding.ok && finding.soon, "{told}: nothing is wrong yet");
            assert!(finding.en.contains(&format!("which days of {years} are off")), "{told}: {}", finding.en);
            assert!(finding.zh.contains("2027") && finding.zh.contains("[corrections]"), "{told}: {}", finding.zh);
        }
        // Long deadlines reach the next year earlier, and whoever names its days off knows them.
        let long = CorrectionsPolicy { working_days: 60, ..CorrectionsPolicy::default() };
        assert!(calendar(&long, day("2026-11-02")).is_some() && calendar(&long, day("2026-06-01")).is_none());
        let named = CorrectionsPolicy { holidays: vec![day("2027-01-01")], ..CorrectionsPolicy::default() };
        assert!(calendar(&named, day("2026-12-01")).is_none());
    }
}
