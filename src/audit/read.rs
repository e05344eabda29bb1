//! The reader: whether the chain holds, and who looked at what.

use std::path::Path;

use super::chain::{AuditFault, AuditRow, Line, START, Seen, link, sign};
use super::folder::{begin, chains, days, head, key, lines, name_of};
use super::roll;

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Rows that hold.
    pub rows: u64,
    /// Signed marks that hold.
    pub marks: u64,
    /// Of each chain the last row's number and digest: kept elsewhere, they say later that nothing before was changed.
    pub last: Vec<(u64, String)>,
    /// Everything that is wrong, in the order of the files.
    pub faults: Vec<AuditFault>,
}

/// Reads all files and compares every row with the digest that the next one holds, and every mark with the key.
///
/// # Errors
/// A file cannot be read.
pub fn verify(folder: &Path) -> std::io::Result<Verified> {
    verify_with(folder, &[])
}

/// The same with the marks of chains that were kept elsewhere: one of these that is gone is named though the list went with it.
///
/// # Errors
/// A file cannot be read.
pub fn verify_with(folder: &Path, elsewhere: &[String]) -> std::io::Result<Verified> {
    let mut all = Verified::default();
    let mut standing = Vec::new();
    for chain in chains(folder)? {
        let found = verify_chain(&chain)?;
        if found.rows > 0 || head(&chain).is_some() {
            standing.extend(key(&chain, false).ok().map(|key| roll::mark_of_key(&key)));
        }
        all.rows += found.rows;
        all.marks += found.marks;
        all.last.extend(found.last);
        all.faults.extend(found.faults);
    }
    all.faults.extend(roll::faults(folder, &standing, elsewhere)?);
    Ok(all)
}

/// The name of a file, with that of its chain.
fn shown(chain: &Path, name: &str) -> String {
    format!("{}/{name}", chain.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()))
}

fn verify_chain(folder: &Path) -> std::io::Result<Verified> {
    let mut found = Verified::default();
    let key = key(folder, false).ok();
    let mut before: Option<(u64, String)> = None;
    let begins = begin(folder).zip(key.as_ref()).and_then(|(text, key)| match Line::read(text.trim()) {
        Some(Line::Mark { seq, hash, mac }) if mac == sign(key, seq, hash) => Some(seq),
        _ => None,
    });
    let begins = begins.unwrap_or(0);
    for day in days(folder)? {
        let name = name_of(day);
        let mut lines = lines(&folder.join(&name))?;
        let mut at = 0;
        while let Some(text) = lines.next().transpose()? {
            at += 1;
            let fault = |seq, zh: String, en: String| AuditFault { file: shown(folder, &name), line: at, seq, zh, en };
            match Line::read(&text) {
                None => found.faults.push(fault(
                    before.as_ref().map(|(seq, _)| seq + 1),
                    "这一行不是审计记录".to_owned(),
                    "this line is no row of the audit".to_owned(),
                )),
                Some(Line::Mark { seq, hash, mac }) => {
                    let Some(key) = &key else { continue };
                    if before.is_none() && seq > begins {
                        let (from, to) = (begins + 1, seq);
                        found.faults.push(fault(
                            Some(from),
                            format!("开头缺少第 {from} 至 {to} 条"),
                            format!("rows {from} to {to} are missing at the beginning"),
                        ));
                    }
                    // The first file that is left begins behind rows that were removed in their time.
                    let stands = before.get_or_insert((seq, hash.to_owned()));
                    if mac == sign(key, seq, hash) && (stands.0, stands.1.as_str()) == (seq, hash) {
                        found.marks += 1;
                    } else {
                        found.faults.push(fault(
                            Some(seq),
                            format!("第 {seq} 条处的签名与记录不符"),
                            format!("the mark at row {seq} does not sign these rows"),
                        ));
                    }
                }
                Some(Line::Row { prev, row, hash }) => {
                    let seq = serde_json::from_str::<AuditRow>(row.get()).ok().map(|row| row.seq);
                    let (last, digest) = before.clone().unwrap_or((0, START.to_owned()));
                    if link(prev, row.get()) != hash {
                        let n = seq.unwrap_or(last + 1);
                        found.faults.push(fault(Some(n), format!("第 {n} 条被改动过"), format!("row {n} was altered")));
                    } else if prev != digest || seq != Some(last + 1) {
                        let n = seq.unwrap_or(last + 1);
                        let (zh, en) = match n > last + 1 {
                            true => (
                                format!("第 {} 至 {} 条不见了", last + 1, n - 1),
                                format!("rows {} to {} are missing", last + 1, n - 1),
                            ),
                            false => (
                                format!("第 {n} 条不在原来的位置，或其前一条被改动过"),
                                format!("row {n} does not stand where it was written, or the one before it was altered"),
                            ),
                        };
                        found.faults.push(fault(Some(n), zh, en));
                    } else {
                        found.rows += 1;
                    }
                    before = Some((seq.unwrap_or(last + 1), hash.to_owned()));
                }
            }
        }
    }
    let whole = |seq, zh: String, en: String| AuditFault { file: shown(folder, "head"), line: 0, seq, zh, en };
    match (head(folder), &key) {
        (Some(text), Some(key)) => {
            let (last, digest) = before.clone().unwrap_or((0, START.to_owned()));
            match Line::read(text.trim()) {
                // A kill between a row and its mark leaves the mark behind.
                Some(Line::Mark { seq, hash, mac }) if mac == sign(key, seq, hash) => {
                    if seq > last {
                        found.faults.push(whole(
                            Some(last + 1),
                            format!("末尾缺少第 {} 至 {seq} 条", last + 1),
                            format!("rows {} to {seq} are missing at the end", last + 1),
                        ));
                    } else if seq == last && hash != digest {
                        found.faults.push(whole(
                            Some(seq),
                            format!("第 {seq} 条之前的记录被换过"),
                            format!("the rows up to {seq} are not those that were written"),
                        ));
                    }
                }
                _ => found.faults.push(whole(
                    None,
                    "head 中的签名无效".to_owned(),
                    "the mark in `head` is not signed with this key".to_owned(),
                )),
            }
        }
        (_, None) if found.rows > 0 => {
            found.faults.push(whole(
                None,
                "签名密钥 audit/key 不见了".to_owned(),
                "the key of the marks, audit/key, is missing".to_owned(),
            ));
        }
        (None, Some(_)) if found.rows > 0 => {
            found.faults.push(whole(
                None,
                "head 不见了：末尾是否缺少记录无从得知".to_owned(),
                "`head` is missing: whether rows are missing at the end cannot be told".to_owned(),
            ));
        }
        _ => {}
    }
    found.last = before.into_iter().collect();
    Ok(found)
}

/// What is sought; what is not given holds for all.
#[derive(Debug, Clone, Default)]
pub struct AuditQuestion {
    /// Id or name of a caller.
    pub caller: Option<String>,
    /// Part of the purpose.
    pub purpose: Option<String>,
    /// Id of an enterprise that was shown.
    pub enterprise: Option<String>,
    /// Fields of which one was shown; empty: any.
    pub fields: Vec<String>,
    /// What was asked: the digits by which a row names it, or the first of them.
    pub operation: Option<String>,
    /// Id of the request, whole: as an answer, the log and an exported file name it.
    pub request: Option<String>,
    /// First and last instant, as RFC 3339 or the beginning of one.
    pub since: Option<String>,
    /// Last instant.
    pub until: Option<String>,
}

impl AuditQuestion {
    pub(super) fn holds(&self, row: &AuditRow) -> bool {
        let is = |wanted: &Option<String>, holds: &dyn Fn(&str) -> bool| wanted.as_deref().is_none_or(holds);
        is(&self.caller, &|caller| row.caller == caller || row.name == caller)
            && is(&self.purpose, &|purpose| row.purpose.contains(purpose))
            && (self.fields.is_empty() || self.fields.iter().any(|field| row.fields.iter().any(|f| f.eq_ignore_ascii_case(field))))
            && is(&self.operation, &|operation| row.operation.starts_with(operation))
            && is(&self.request, &|request| row.request == request)
            && is(&self.since, &|since| row.at.as_str() >= since)
            // A day is a day to its end.
            && is(&self.until, &|until| row.at.as_str() <= until || row.at.starts_with(until))
            && is(&self.enterprise, &|id| match &row.enterprises {
                Seen::These(ids) => ids.iter().any(|one| one == id),
                // Of very many it cannot be told that one was not among them.
                Seen::Many { .. } => true,
            })
    }
}

/// Hands every row that holds to `each`, oldest first within each chain.
///
/// # Errors
/// A file cannot be read, or `each` fails.
pub fn search(
    folder: &Path,
    question: &AuditQuestion,
    mut each: impl FnMut(AuditRow) -> std::io::Result<()>,
) -> std::io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for chain in chains(folder)? {
        for day in days(&chain)? {
            for text in lines(&chain.join(name_of(day)))? {
                let text = text?;
                let Some(Line::Row { row, .. }) = Line::read(&text) else { continue };
                let Ok(row) = serde_json::from_str::<AuditRow>(row.get()) else { continue };
                if question.holds(&row) {
                    each(row)?;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Audit;

    fn row(name: &str, ids: &[&str]) -> AuditRow {
        AuditRow {
            seq: 0,
            at: "2026-11-28T01:02:03.004Z".to_owned(),
            caller: format!("id-{name}"),
            name: name.to_owned(),
            role: "analyst".to_owned(),
            purpose: "年度检查".to_owned(),
            way: "graphql".to_owned(),
            operation: "00ff00ff00ff00ff".to_owned(),
            fields: vec!["REVENUE".to_owned()],
            classes: Vec::new(),
            enterprises: Seen::These(ids.iter().map(|id| (*id).to_owned()).collect()),
            edition: 7,
            request: "r".to_owned(),
        }
    }

    async fn written(folder: &Path, count: usize) -> String {
        let audit = Audit::new(folder, 180);
        let rows = (0..count).map(|n| audit.record(row(if n % 2 == 0 { "ann" } else { "bob" }, &[&format!("E{n}")])));
        for kept in futures_util::future::join_all(rows).await {
            kept.unwrap();
        }
        format!("1/{}", name_of(days(&folder.join("1")).unwrap()[0]))
    }

    /// The faults of the files after `change` to their lines.
    async fn changed(change: impl FnOnce(&mut Vec<String>)) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(written(folder.path(), 600).await);
        let mut lines: Vec<String> = std::fs::read_to_string(&file).unwrap().lines().map(str::to_owned).collect();
        change(&mut lines);
        std::fs::write(&file, lines.join("\n") + "\n").unwrap();
        verify(folder.path()).unwrap().faults.into_iter().map(|f| f.en).collect()
    }

    fn at(lines: &[String], seq: u64) -> usize {
        lines.iter().position(|line| line.contains(&format!("\"seq\":{seq},\"at\""))).unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_row_that_was_altered_deleted_or_moved_is_named() {
        assert_eq!(changed(|_| {}).await, Vec::<String>::new());
        let altered = changed(|lines| {
            let n = at(lines, 300);
            lines[n] = lines[n].replace("E299", "E000");
        })
        .await;
        assert!(altered[0].contains("row 300 was altered"), "{altered:?}");
        let deleted = changed(|lines| {
            let n = at(lines, 41);
            lines.drain(n..n + 2);
        })
        .await;
        assert!(deleted[0].contains("rows 41 to 42 are missing"), "{deleted:?}");
        let moved = changed(|lines| {
            let n = at(lines, 10);
            lines.swap(n, n + 1);
        })
        .await;
        assert!(!moved.is_empty() && moved.iter().any(|f| f.contains("row 1")), "{moved:?}");
        let cut = changed(|lines| lines.truncate(at(lines, 590))).await;
        assert!(cut[0].contains("rows 590 to 600 are missing at the end"), "{cut:?}");
        // Made again from the altered row on, as whoever has no key can.
        let forged = changed(|lines| {
            let n = at(lines, 200);
            let mut prev = serde_json::from_str::<serde_json::Value>(&lines[n]).unwrap()["prev"].as_str().unwrap().to_owned();
            for line in &mut lines[n..] {
                let Some(Line::Row { row, .. }) = Line::read(line) else { continue };
                let text = row.get().replace("E199", "E000");
                let hash = link(&prev, &text);
                *line = format!("{{\"prev\":\"{prev}\",\"row\":{text},\"hash\":\"{hash}\"}}");
                prev = hash;
            }
        })
        .await;
        assert!(forged.iter().any(|f| f.contains("mark at row 256")), "{forged:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn old_days_go_in_their_time_and_no_day_goes_before() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::new(folder.path(), 2);
        let on = |day: &str| AuditRow { at: format!("{day}T01:02:03.004Z"), ..row("ann", &["E1"]) };
        for day in ["2026-11-01", "2026-11-02", "2026-11-12"] {
            audit.record(on(day)).await.unwrap();
        }
        let chain = folder.path().join("1");
        assert_eq!(days(&chain).unwrap().len(), 2, "the first day is more than two days ago, and two have rows since");
        assert_eq!(verify(folder.path()).unwrap().faults, Vec::new());
        // A clock that was set back goes on in the last file.
        audit.record(on("2026-11-05")).await.unwrap();
        assert_eq!((days(&chain).unwrap().len(), verify(folder.path()).unwrap().faults), (2, Vec::new()));
        std::fs::remove_file(chain.join(name_of(days(&chain).unwrap()[0]))).unwrap();
        let faults: Vec<String> = verify(folder.path()).unwrap().faults.into_iter().map(|f| f.en).collect();
        assert_eq!(faults, ["rows 2 to 2 are missing at the beginning"]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_clock_that_was_set_forward_removes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::new(folder.path(), 180);
        let on = |day: chrono::NaiveDate| AuditRow { at: format!("{day}T01:02:03.004Z"), ..row("ann", &["E1"]) };
        let first = chrono::NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        let real = (0..30).map(|n| first + chrono::Days::new(n));
        let wrong = (0..3).map(|n| first + chrono::Days::new(900 + n));
        for day in real.chain(wrong) {
            audit.record(on(day)).await.unwrap();
        }
        assert_eq!(days(&folder.path().join("1")).unwrap().len(), 33, "nobody lived through those years");
        // Days that were lived through go in their time.
        for n in 0..200 {
            audit.record(on(first + chrono::Days::new(1_000 + n))).await.unwrap();
        }
        assert_eq!(days(&folder.path().join("1")).unwrap().len(), 181, "180 days, and the one that is written");
        assert_eq!(verify(folder.path()).unwrap().faults, Vec::new());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_chain_that_was_removed_whole_or_emptied_is_missed() {
        let removed = async |change: fn(&Path)| {
            let folder = tempfile::tempdir().unwrap();
            let both = [Audit::new(folder.path(), 180), Audit::new(folder.path(), 180)];
            for n in 0..6 {
                both[n % 2].record(row("ann", &["E1"])).await.unwrap();
            }
            drop(both);
            assert_eq!(verify(folder.path()).unwrap().faults, Vec::new());
            let marks = roll::chain_marks(folder.path()).unwrap();
            assert_eq!(marks.len(), 2);
            change(folder.path());
            // Whoever goes on writing covers nothing up.
            let again = async {
                let audit = Audit::new(folder.path(), 180);
                while audit.record(row("bob", &["E2"])).await.is_err() {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(std::time::Duration::from_secs(30), again).await.unwrap();
            let said = |found: Verified| found.faults.into_iter().map(|f| format!("{}: {}", f.file, f.en)).collect::<Vec<_>>();
            (said(verify(folder.path()).unwrap()), said(verify_with(folder.path(), &marks).unwrap()))
        };
        let (alone, with) = removed(|folder| std::fs::remove_dir_all(folder.join("2")).unwrap()).await;
        assert!(alone[0].contains("chains: a chain that stands in the list is gone"), "{alone:?}");
        assert_eq!(alone, with);
        let (alone, _) = removed(|folder| {
            let chain = folder.join("2");
            for day in days(&chain).unwrap() {
                std::fs::remove_file(chain.join(name_of(day))).unwrap();
            }
            std::fs::remove_file(chain.join("head")).unwrap();
        })
        .await;
        assert!(alone.iter().any(|f| f.contains("is gone")), "its key stands, its rows do not: {alone:?}");
        let (alone, _) = removed(|folder| {
            let chain = folder.join("2");
            for day in days(&chain).unwrap() {
                std::fs::remove_file(chain.join(name_of(day))).unwrap();
            }
            ["head", "key"].iter().for_each(|file| std::fs::remove_file(chain.join(file)).unwrap());
        })
        .await;
        assert!(alone.iter().any(|f| f.contains("is gone")), "neither key nor rows: {alone:?}");
        // The list went with it: only who kept it elsewhere can tell.
        let (_, with) = removed(|folder| {
            ["chains", "key"].iter().for_each(|file| std::fs::remove_file(folder.join(file)).unwrap());
            std::fs::remove_dir_all(folder.join("2")).unwrap();
        })
        .await;
        assert!(with.iter().any(|f| f.contains("a chain that the store knows is gone")), "{with:?}");
        let (alone, _) = removed(|folder| {
            let list = std::fs::read_to_string(folder.join("chains")).unwrap();
            let last: Vec<&str> = list.lines().skip(1).collect();
            std::fs::write(folder.join("chains"), last.join("\n") + "\n").unwrap();
        })
        .await;
        assert!(alone.iter().any(|f| f.contains("the list of chains was altered here")), "{alone:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_file_that_is_altered_while_it_is_written_is_named_and_answers_go_on() {
        type Change = fn(&Path, &str);
        let changes: [(Change, &str); 3] = [
            (|file, text| std::fs::write(file, text.replacen("\"E3\"", "\"E0\"", 1)).unwrap(), "row 4 was altered"),
            (
                |file, text| {
                    let whole: Vec<&str> = text.lines().collect();
                    std::fs::write(file, whole[..whole.len() - 2].join("\n") + "\n").unwrap();
                },
                "rows 9 to 10 are missing at the end",
            ),
            (
                |file, text| {
                    let whole: Vec<&str> = text.lines().collect();
                    let other = file.with_extension("other");
                    std::fs::write(&other, whole[..whole.len() - 1].join("\n") + "\n").unwrap();
                    std::fs::rename(other, file).unwrap();
                },
                "rows 10 to 10 are missing at the end",
            ),
        ];
        for (change, said) in changes {
            let folder = tempfile::tempdir().unwrap();
            let audit = Audit::new(folder.path(), 180);
            for n in 0..10 {
                audit.record(row("ann", &[&format!("E{n}")])).await.unwrap();
            }
            let file = folder.path().join("1").join(name_of(days(&folder.path().join("1")).unwrap()[0]));
            change(&file, &std::fs::read_to_string(&file).unwrap());
            for n in 10..13 {
                audit.record(row("bob", &[&format!("E{n}")])).await.unwrap();
            }
            let found = verify(folder.path()).unwrap();
            assert!(found.faults.iter().any(|f| f.en.contains(said)), "{said}: {:?}", found.faults);
            let mut seen = 0;
            let bob = AuditQuestion { caller: Some("bob".to_owned()), ..AuditQuestion::default() };
            search(folder.path(), &bob, |_| {
                seen += 1;
                Ok(())
            })
            .unwrap();
            assert_eq!(seen, 3, "{said}: no row behind it is lost");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_chain_goes_on_after_a_kill_and_says_who_looked() {
        let folder = tempfile::tempdir().unwrap();
        let name = written(folder.path(), 5).await;
        // The writer of the first process has ended with it; half a row is on disk.
        let file = folder.path().join(&name);
        let whole = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, whole.clone() + "{\"prev\":\"").unwrap();
        let again = async {
            let audit = Audit::new(folder.path(), 180);
            while audit.record(row("ann", &["E9"])).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), again)
            .await
            .expect("the lock is free once the first writer has ended");
        let found = verify(folder.path()).unwrap();
        assert_eq!((found.rows, &found.faults), (6, &Vec::new()));
        let mut seen = Vec::new();
        let question =
            AuditQuestion { caller: Some("ann".to_owned()), enterprise: Some("E9".to_owned()), ..AuditQuestion::default() };
        search(folder.path(), &question, |row| {
            seen.push((row.seq, row.purpose));
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, [(6, "年度检查".to_owned())]);
        let nobody = AuditQuestion { since: Some("2026-11-29".to_owned()), ..AuditQuestion::default() };
        search(folder.path(), &nobody, |_| panic!("nobody looked since")).unwrap();
    }

    /// What stands on the disk of an audit that is at work, as after a loss of power.
    fn taken(folder: &Path) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        std::fs::create_dir(copy.path().join("1")).unwrap();
        for part in ["", "1"] {
            for entry in std::fs::read_dir(folder.join(part)).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    std::fs::copy(&path, copy.path().join(part).join(path.file_name().unwrap())).unwrap();
                }
            }
        }
        copy
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_room_behind_the_rows_is_no_row_and_is_cut_when_the_chain_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::new(folder.path(), 180);
        for n in 0..40 {
            audit.record(row("ann", &[&format!("E{n}")])).await.unwrap();
        }
        let (after_power, torn) = (taken(folder.path()), taken(folder.path()));
        let file = |folder: &Path| folder.join("1").join(name_of(days(&folder.join("1")).unwrap()[0]));
        let bytes = std::fs::read(file(after_power.path())).unwrap();
        let rows = bytes.iter().position(|b| *b == 0).expect("room behind the rows");
        assert!(bytes[rows..].iter().all(|b| *b == 0) && bytes.len() > rows + 1_000);
        // The second half of rows that were not answered reached the disk, and the first did not.
        let mut part = bytes.clone();
        part[rows + 300..rows + 343].copy_from_slice(b"\"row\":{\"seq\":42},\"hash\":\"00\"}\n{\"prev\":\"00\"\n");
        std::fs::write(file(torn.path()), part).unwrap();
        for folder in [&after_power, &torn] {
            let found = verify(folder.path()).unwrap();
            assert_eq!((found.rows, found.faults), (40, Vec::new()));
            let again = Audit::new(folder.path(), 180);
            again.record(row("bob", &["E9"])).await.unwrap();
            drop(again);
            let found = verify(folder.path()).unwrap();
            assert_eq!((found.rows, found.faults), (41, Vec::new()));
            let bytes = std::fs::read(file(folder.path())).unwrap();
            assert!(!bytes.contains(&0), "a command leaves no room behind");
        }
        // Zeros that somebody else writes over rows hide nothing.
        drop(audit);
        let mut bytes = std::fs::read(file(folder.path())).unwrap();
        assert!(!bytes.contains(&0), "an audit that ends leaves no room behind");
        let from = bytes.len() - 2_000;
        bytes[from..].fill(0);
        std::fs::write(file(folder.path()), bytes).unwrap();
        let faults = verify(folder.path()).unwrap().faults;
        assert!(faults.iter().any(|f| f.en.contains("to 40 are missing at the end")), "{faults:?}");
    }
}
