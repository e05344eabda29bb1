//! The reader backwards: the newest rows first, a page at a time, in bounded time and memory.
//!
//! In: what is sought, and where the page before ended. Out: rows, each with its place, and where to go on. A day's files are read from
//! their ends, those of all chains together by the instant of their rows; no more bytes are read than are allowed, and what was read in
//! vain is not read again.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate};

use super::chain::{AuditRow, Line};
use super::folder::{chains, days, name_of, written};
use super::read::AuditQuestion;

/// Bytes read at a time.
const BLOCK: u64 = 64 << 10;
/// A line that is longer is none that was written.
const LONGEST_LINE: usize = 4 << 20;

/// Where a page ended: a day, and of each chain that still has rows of it how many bytes of its file come before. Rows that are written
/// meanwhile come behind, so that it stays what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPlace {
    /// The day of the files, in UTC.
    pub day: NaiveDate,
    /// Chains by number.
    pub chains: Vec<(u32, u64)>,
}

impl std::fmt::Display for AuditPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.day)?;
        self.chains.iter().try_for_each(|(chain, bytes)| write!(f, " {chain}:{bytes}"))
    }
}

impl std::str::FromStr for AuditPlace {
    type Err = ();
    fn from_str(text: &str) -> Result<AuditPlace, ()> {
        let mut parts = text.split(' ');
        let day = parts.next().and_then(|day| day.parse().ok()).ok_or(())?;
        let chain = |part: &str| {
            let (chain, bytes) = part.split_once(':')?;
            Some((chain.parse().ok()?, bytes.parse().ok()?))
        };
        let chains: Option<Vec<(u32, u64)>> = parts.map(chain).collect();
        Ok(AuditPlace { day, chains: chains.ok_or(())? })
    }
}

/// A row, its chain, and the place behind it.
#[derive(Debug, Clone)]
pub struct AuditFound {
    /// Number of the chain.
    pub chain: u32,
    /// The row.
    pub row: AuditRow,
    /// Where to go on behind it.
    pub place: AuditPlace,
}

/// Some of the rows that fit, newest first.
#[derive(Debug, Clone, Default)]
pub struct AuditPage {
    /// The rows.
    pub rows: Vec<AuditFound>,
    /// Where to go on; None: everything that is kept was read.
    pub next: Option<AuditPlace>,
    /// Bytes that were read.
    pub read: u64,
}

/// One chain's file of a day, from its end.
struct Backwards {
    chain: u32,
    file: File,
    /// Bytes of the file from `start` on that were read and not given.
    block: Vec<u8>,
    start: u64,
    /// The next row that fits, and the bytes up to its end.
    head: Option<(AuditRow, u64)>,
}

impl Backwards {
    /// Opens a file; what is behind `end` is left out.
    fn open(folder: &Path, chain: u32, day: NaiveDate, end: Option<u64>) -> std::io::Result<Option<Backwards>> {
        let mut file = match File::open(folder.join(name_of(day))) {
            Ok(file) => file,
            // Removed in its time, or of another chain's day.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let length = written(&mut file)?;
        let start = end.map_or(length, |end| end.min(length));
        Ok(Some(Backwards { chain, file, block: Vec::new(), start, head: None }))
    }

    /// Bytes that come before what was given.
    fn place(&self) -> u64 {
        self.start + self.block.len() as u64
    }

    fn is_done(&self) -> bool {
        self.start == 0 && self.block.is_empty()
    }

    /// The line before what was given, whole; None at the beginning. `read` grows by what was read.
    fn line(&mut self, read: &mut u64) -> std::io::Result<Option<Vec<u8>>> {
        loop {
            // The last byte is the end of the line that is wanted; before it another one ends.
            let whole = self.block.len().saturating_sub(1);
            match self.block[..whole].iter().rposition(|byte| *byte == b'\n') {
                Some(at) => return Ok(Some(self.block.split_off(at + 1))),
                None if self.start == 0 => {
                    return Ok(Some(std::mem::take(&mut self.block)).filter(|line| !line.is_empty()));
                }
                None => {}
            }
            if self.block.len() > LONGEST_LINE {
                self.block.clear();
            }
            let more = BLOCK.min(self.start);
            self.start -= more;
            self.file.seek(SeekFrom::Start(self.start))?;
            let mut before = vec![0; more as usize];
            self.file.read_exact(&mut before)?;
            *read += more;
            before.append(&mut self.block);
            self.block = before;
        }
    }

    /// Reads on to the next row that fits; false where the bytes were spent before.
    fn seek(&mut self, question: &AuditQuestion, needles: &[String], read: &mut u64, budget: u64) -> std::io::Result<bool> {
        while self.head.is_none() && !self.is_done() {
            if *read >= budget {
                return Ok(false);
            }
            let end = self.place();
            let Some(line) = self.line(read)? else { break };
            // Torn by a kill: it belonged to no answer.
            if line.last() != Some(&b'\n') {
                continue;
            }
            let Ok(text) = std::str::from_utf8(&line) else { continue };
            if !needles.iter().all(|needle| text.contains(needle.as_str())) {
                continue;
            }
            let Some(Line::Row { row, .. }) = Line::read(text.trim_end()) else { continue };
            let Ok(row) = serde_json::from_str::<AuditRow>(row.get()) else { continue };
            if question.holds(&row) {
                self.head = Some((row, end));
            }
        }
        Ok(true)
    }
}

/// Texts that a line must have for its row to fit: looking for them costs a hundredth of reading it.
fn needles(question: &AuditQuestion) -> Vec<String> {
    let plain = |text: &&String| !text.is_empty() && !text.chars().any(|c| c.is_control() || matches!(c, '"' | '\\'));
    [&question.caller, &question.purpose, &question.operation, &question.request]
        .into_iter()
        .flatten()
        .filter(plain)
        .cloned()
        .collect()
}

/// The file of `day` of every chain, from its end or from a place in it.
fn opened(folders: &[(u32, PathBuf)], day: NaiveDate, from: Option<&AuditPlace>) -> std::io::Result<Vec<Backwards>> {
    let mut open = Vec::new();
    for (chain, folder) in folders {
        let end = match from {
            None => None,
            Some(place) => match place.chains.iter().find(|(number, _)| number == chain) {
                Some((_, bytes)) => Some(*bytes),
                None => continue,
            },
        };
        open.extend(Backwards::open(folder, *chain, day, end)?);
    }
    Ok(open)
}

/// What is kept of the day on which the clock stood, and of the next: a row written in the first second of a day may be of the last one
/// of the day before.
fn wanted_days(folders: &[(u32, PathBuf)], question: &AuditQuestion) -> std::io::Result<Vec<NaiveDate>> {
    let day = |text: &Option<String>| text.as_deref().and_then(|t| t.get(..10)?.parse::<NaiveDate>().ok());
    let first = day(&question.since).unwrap_or(NaiveDate::MIN);
    let last = day(&question.until).and_then(|day| day.checked_add_days(Days::new(1))).unwrap_or(NaiveDate::MAX);
    let mut all = Vec::new();
    for (_, folder) in folders {
        all.extend(days(folder)?.into_iter().filter(|day| (first..=last).contains(day)));
    }
    all.sort_unstable_by(|a, b| b.cmp(a));
    all.dedup();
    Ok(all)
}

/// At most `limit` rows that fit, newest first, behind `from` where it is given. No more than about `budget` bytes are read: a page may
/// be short, or empty, and still have a place to go on from.
///
/// # Errors
/// A file cannot be read.
pub fn page_back(
    folder: &Path,
    question: &AuditQuestion,
    from: Option<&AuditPlace>,
    limit: usize,
    budget: u64,
) -> std::io::Result<AuditPage> {
    let mut page = AuditPage::default();
    if !folder.exists() {
        return Ok(page);
    }
    let number = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let folders: Vec<(u32, PathBuf)> = chains(folder)?.into_iter().filter_map(|path| Some((number(&path)?, path))).collect();
    let needles = needles(question);
    // Each chain reads its next row again before another one reads on: with less than a block for each nothing would be got over.
    let budget = budget.max((folders.len() as u64 + 1) * BLOCK);
    for day in wanted_days(&folders, question)? {
        let from = match from {
            Some(place) if place.day < day => continue,
            Some(place) if place.day == day => Some(place),
            _ => None,
        };
        let mut open = opened(&folders, day, from)?;
        let place = |open: &[Backwards]| {
            let left = |b: &Backwards| b.head.as_ref().map_or_else(|| b.place(), |(_, end)| *end);
            let chains = open.iter().map(|b| (b.chain, left(b))).filter(|(_, bytes)| *bytes > 0);
            AuditPlace { day, chains: chains.collect() }
        };
        loop {
            let mut is_spent = false;
            for chain in &mut open {
                is_spent |= !chain.seek(question, &needles, &mut page.read, budget)?;
            }
            if is_spent {
                page.next = Some(place(&open));
                return Ok(page);
            }
            let newest = open.iter().enumerate().filter_map(|(at, b)| Some((at, b.head.as_ref()?)));
            let newest = newest.max_by(|(_, (a, _)), (_, (b, _))| a.at.cmp(&b.at)).map(|(at, _)| at);
            let Some(at) = newest else { break };
            if page.rows.len() == limit {
                page.next = Some(place(&open));
                return Ok(page);
            }
            let Some((row, _)) = open[at].head.take() else { break };
            let chain = open[at].chain;
            page.rows.push(AuditFound { chain, row, place: place(&open) });
        }
    }
    Ok(page)
}

/// How many rows fit; None where that takes more than about `budget` bytes to tell.
///
/// # Errors
/// A file cannot be read.
pub fn count_back(folder: &Path, question: &AuditQuestion, budget: u64) -> std::io::Result<Option<u64>> {
    let mut count = 0;
    let mut from = None;
    let mut left = budget;
    loop {
        /// Rows held at a time.
        const PART: usize = 1_024;
        let page = page_back(folder, question, from.as_ref(), PART, left)?;
        count += page.rows.len() as u64;
        left = left.saturating_sub(page.read);
        match page.next {
            None => return Ok(Some(count)),
            Some(_) if left == 0 => return Ok(None),
            next => from = next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Audit, Seen, search};

    fn row(at: &str, name: &str, id: &str) -> AuditRow {
        AuditRow {
            seq: 0,
            at: at.to_owned(),
            caller: format!("id-{name}"),
            name: name.to_owned(),
            role: "analyst".to_owned(),
            purpose: "走访".to_owned(),
            way: "graphql".to_owned(),
            operation: "00ff00ff00ff00ff".to_owned(),
            fields: vec!["REVENUE".to_owned()],
            classes: Vec::new(),
            enterprises: Seen::These(vec![id.to_owned()]),
            edition: 7,
            request: "r".to_owned(),
        }
    }

    /// Two processes that write beside each other over three days.
    async fn written(folder: &Path) -> usize {
        let both = [Audit::new(folder, 180), Audit::new(folder, 180)];
        let mut count = 0;
        for day in ["2026-11-25", "2026-11-27", "2026-11-28"] {
            for n in 0..400 {
                let at = format!("{day}T{:02}:{:02}:02.00{}Z", n / 60, n % 60, n % 10);
                let name = if n % 3 == 0 { "ann" } else { "bob" };
                both[n % 2].record(row(&at, name, &format!("E{}", n % 7))).await.unwrap();
                count += 1;
            }
        }
        count
    }

    fn forwards(folder: &Path, question: &AuditQuestion) -> Vec<(String, u64)> {
        let mut rows = Vec::new();
        search(folder, question, |row| {
            rows.push((row.at, row.seq));
            Ok(())
        })
        .unwrap();
        rows.sort();
        rows.reverse();
        rows
    }

    fn backwards(folder: &Path, question: &AuditQuestion, limit: usize, budget: u64) -> Vec<(String, u64)> {
        let mut rows = Vec::new();
        let mut from: Option<AuditPlace> = None;
        loop {
            let page = page_back(folder, question, from.as_ref(), limit, budget).unwrap();
            assert!(page.rows.len() <= limit && page.read <= budget.saturating_add(4 * BLOCK), "{} bytes", page.read);
            // A page goes on behind its last row as it does where it says.
            if let Some(last) = page.rows.last() {
                let behind = page_back(folder, question, Some(&last.place), 1, u64::MAX).unwrap();
                let on = page.next.as_ref().map(|next| page_back(folder, question, Some(next), 1, u64::MAX).unwrap());
                let first = |page: &AuditPage| page.rows.first().map(|found| found.row.clone());
                assert_eq!(first(&behind), on.as_ref().and_then(first));
            }
            rows.extend(page.rows.into_iter().map(|found| (found.row.at, found.row.seq)));
            match page.next {
                None => return rows,
                Some(next) => {
                    let told: AuditPlace = next.to_string().parse().unwrap();
                    assert_eq!(told, next);
                    assert_ne!(from, Some(next.clone()), "it goes on");
                    from = Some(next);
                }
            }
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn pages_backwards_hold_every_row_once_and_the_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let count = written(folder.path()).await;
        let all = AuditQuestion::default();
        assert_eq!(forwards(folder.path(), &all).len(), count);
        let some = AuditQuestion { caller: Some("ann".to_owned()), enterprise: Some("E3".to_owned()), ..all.clone() };
        let of_a_day = AuditQuestion {
            since: Some("2026-11-25T01:00".to_owned()),
            until: Some("2026-11-27T02:30:00.000Z".to_owned()),
            ..all.clone()
        };
        let nobody = AuditQuestion { caller: Some("eve".to_owned()), ..all.clone() };
        for question in [&all, &some, &of_a_day, &nobody] {
            let known = forwards(folder.path(), question);
            for (limit, budget) in [(7, u64::MAX), (500, u64::MAX), (50, 1), (1_000, BLOCK)] {
                assert_eq!(backwards(folder.path(), question, limit, budget), known, "{question:?} {limit} {budget}");
            }
            assert_eq!(count_back(folder.path(), question, u64::MAX).unwrap(), Some(known.len() as u64));
        }
        assert_eq!(count_back(folder.path(), &all, 1).unwrap(), None, "not told rather than guessed");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_written_between_two_pages_moves_nothing_and_a_torn_line_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::new(folder.path(), 180);
        for n in 0..10 {
            audit.record(row(&format!("2026-11-28T01:02:{n:02}.000Z"), "ann", "E1")).await.unwrap();
        }
        let all = AuditQuestion::default();
        let first = page_back(folder.path(), &all, None, 4, u64::MAX).unwrap();
        audit.record(row("2026-11-28T02:00:00.000Z", "bob", "E2")).await.unwrap();
        let path = folder.path().join("1").join("2026-11-28.jsonl");
        let mut file = File::options().append(true).open(path).unwrap();
        std::io::Write::write_all(&mut file, b"{\"prev\":\"00").unwrap();
        let second = page_back(folder.path(), &all, first.next.as_ref(), 100, u64::MAX).unwrap();
        let seqs = |page: &AuditPage| page.rows.iter().map(|found| found.row.seq).collect::<Vec<_>>();
        assert_eq!((seqs(&first), seqs(&second)), (vec![10, 9, 8, 7], vec![6, 5, 4, 3, 2, 1]));
        assert_eq!(page_back(folder.path(), &all, None, 1, u64::MAX).unwrap().rows[0].row.name, "bob");
    }
}
