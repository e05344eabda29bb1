//! The writer: one thread that takes what waits, writes it in one go, waits for the disk once, and tells all who wait (group commit).

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};

use chrono::{Days, NaiveDate};
use tokio::sync::oneshot;

use super::chain::{AuditRow, Line, START, line_of, mark_of};
use super::folder::{BEGIN, HEAD, days, head, key, name_of};
use super::roll;

/// Rows written at a time.
const TOGETHER: usize = 1_024;
/// Rows between two signed marks.
const MARK_EVERY: u64 = 256;

/// Why a row could not be kept. The answer that it belongs to is not given.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the audit in {folder} cannot be written: {why}; free space or mend the folder, and answers are given again")]
pub struct AuditError {
    /// The folder of the files.
    pub folder: String,
    /// What the system said.
    pub why: String,
}

type Reply = oneshot::Sender<Result<(), AuditError>>;

/// The audit of one node. Cheap to clone; opened with its first row.
#[derive(Clone)]
pub struct Audit {
    folder: Arc<PathBuf>,
    keep_days: u32,
    queue: Arc<Mutex<Option<mpsc::Sender<(AuditRow, Reply)>>>>,
}

impl Audit {
    /// The audit in `folder`; files of days more than `keep_days` ago are removed when a new one begins, once there are as many newer
    /// ones with rows.
    pub fn new(folder: &Path, keep_days: u32) -> Audit {
        Audit { folder: Arc::new(folder.to_path_buf()), keep_days, queue: Arc::default() }
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps a row; answered once it is on disk.
    ///
    /// # Errors
    /// It is not.
    pub async fn record(&self, row: AuditRow) -> Result<(), AuditError> {
        let (reply, told) = oneshot::channel();
        self.writer(day_of(&row))?.send((row, reply)).map_err(|_| self.error("its writer has ended"))?;
        told.await.map_err(|_| self.error("its writer has ended"))?
    }

    fn error(&self, why: impl ToString) -> AuditError {
        AuditError { folder: self.folder.display().to_string(), why: why.to_string() }
    }

    fn writer(&self, day: NaiveDate) -> Result<mpsc::Sender<(AuditRow, Reply)>, AuditError> {
        let mut queue = self.queue.lock().expect("no panic while holding the queue");
        if let Some(queue) = &*queue {
            return Ok(queue.clone());
        }
        let mut files = Files::open(&self.folder, self.keep_days, day).map_err(|e| self.error(e))?;
        let (send, receive) = mpsc::channel::<(AuditRow, Reply)>();
        // Not the audit itself: its end is the thread's, and with it the folder is free for another.
        let folder = self.folder.display().to_string();
        let thread = std::thread::Builder::new().name("audit".to_owned());
        thread
            .spawn(move || {
                while let Ok(first) = receive.recv() {
                    let mut rows = vec![first];
                    rows.extend(receive.try_iter().take(TOGETHER - 1));
                    let (rows, replies): (Vec<AuditRow>, Vec<Reply>) = rows.into_iter().unzip();
                    let kept = files.checked(rows.last().map_or(day, day_of)).and_then(|()| files.append(rows));
                    let kept = kept.map_err(|e| AuditError { folder: folder.clone(), why: e.to_string() });
                    // A caller who went away meanwhile waits for nothing.
                    replies.into_iter().for_each(|reply| drop(reply.send(kept.clone())));
                }
            })
            .map_err(|e| self.error(e))?;
        *queue = Some(send.clone());
        Ok(send)
    }
}

/// The files of a folder, at their end.
struct Files {
    /// The folder of the audit, with the roll of its chains.
    base: PathBuf,
    folder: PathBuf,
    keep_days: u32,
    key: Vec<u8>,
    day: NaiveDate,
    file: File,
    /// Bytes of the file that hold whole lines.
    length: u64,
    seq: u64,
    hash: String,
    /// Whether the chain stands in the roll.
    is_entered: bool,
    /// One process writes at a time.
    _lock: File,
}

/// The day of a row, in UTC, as its instant says.
fn day_of(row: &AuditRow) -> NaiveDate {
    row.at.get(..10).and_then(|day| day.parse().ok()).unwrap_or(NaiveDate::MIN)
}

/// Processes that write beside each other: a server, another node on the same folder, commands.
const CHAINS: u32 = 64;

impl Files {
    fn open(base: &Path, keep_days: u32, day: NaiveDate) -> std::io::Result<Files> {
        for number in 1..=CHAINS {
            let folder = base.join(number.to_string());
            std::fs::create_dir_all(&folder)?;
            let lock = File::options().create(true).append(true).open(folder.join("lock"))?;
            match lock.try_lock() {
                Ok(()) => {
                    if let Some(files) = Files::continued(base, &folder, keep_days, lock, day)? {
                        return Ok(files);
                    }
                }
                Err(std::fs::TryLockError::WouldBlock) => {}
                Err(std::fs::TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(std::io::Error::other(format!("{CHAINS} other processes write there")))
    }

    fn continued(base: &Path, folder: &Path, keep_days: u32, lock: File, day: NaiveDate) -> std::io::Result<Option<Files>> {
        let key = key(folder, true)?;
        // The chain goes on behind the last whole row of the last file that has one; what was torn by a kill belonged to no answer.
        let (mut seq, mut hash) = (0, START.to_owned());
        let known = days(folder)?;
        for day in known.iter().rev() {
            if let Some((at, digest)) = last_row(&folder.join(name_of(*day)))? {
                (seq, hash) = (at, digest);
                break;
            }
        }
        // A chain that lost rows is left as it is: going on in it would cover that up. `verify` names what is missing.
        let told = head(folder).and_then(|text| match Line::read(text.trim()) {
            Some(Line::Mark { seq, .. }) => Some(seq),
            _ => None,
        });
        if told.is_some_and(|told| told > seq) || (seq == 0 && roll::has(base, &key)?) {
            return Ok(None);
        }
        // A clock that was set back begins no file before the last one.
        let today = known.last().map_or(day, |last| day.max(*last));
        let (file, length) = at_end(&folder.join(name_of(today)))?;
        let (base, folder) = (base.to_path_buf(), folder.to_path_buf());
        Ok(Some(Files { base, folder, keep_days, key, day: today, file, length, seq, hash, is_entered: false, _lock: lock }))
    }

    fn append(&mut self, rows: Vec<AuditRow>) -> std::io::Result<()> {
        if let Some(row) = rows.last() {
            self.turn(day_of(row))?;
        }
        let (mut seq, mut hash) = (self.seq, self.hash.clone());
        let mut text = String::with_capacity(rows.len() * 512);
        if self.length == 0 {
            text.push_str(&mark_of(&self.key, seq, &hash));
        }
        for mut row in rows {
            seq += 1;
            row.seq = seq;
            let (line, digest) = line_of(&hash, &row);
            text.push_str(&line);
            hash = digest;
            if seq % MARK_EVERY == 0 {
                text.push_str(&mark_of(&self.key, seq, &hash));
            }
        }
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // Half a row would break the chain for those behind it.
            let _ = self.file.set_len(self.length).and_then(|()| self.file.seek(SeekFrom::End(0)).map(|_| ()));
            return Err(error);
        }
        self.length += text.len() as u64;
        (self.seq, self.hash) = (seq, hash);
        // Put in the place of the one before: a reader finds one of the two, and rows behind it are no fault.
        let head = self.folder.join(format!(".{HEAD}.part"));
        std::fs::write(&head, mark_of(&self.key, self.seq, &self.hash))?;
        std::fs::rename(head, self.folder.join(HEAD))?;
        // Once it has rows: a chain that stands there without any was emptied.
        if !self.is_entered {
            roll::enter(&self.base, &self.key)?;
            self.is_entered = true;
        }
        Ok(())
    }

    /// Goes on in another chain where somebody changed this one's file: what is missing in it stays to be seen.
    fn checked(&mut self, day: NaiveDate) -> std::io::Result<()> {
        if let Err(error) = self.check_unchanged() {
            tracing::error!(%error, "the audit goes on in another chain; `huitu audit verify` says what is missing");
            *self = Files::open(&self.base.clone(), self.keep_days, day)?;
        }
        Ok(())
    }

    /// Whether the file still is the one that was written, as long as it was: rows put into another one would be lost, and answers with
    /// them. What was altered within it `verify` names.
    fn check_unchanged(&self) -> std::io::Result<()> {
        let path = self.folder.join(name_of(self.day));
        let changed = |what: &str| std::io::Error::other(format!("{} {what} by somebody else", path.display()));
        let there = std::fs::metadata(&path).map_err(|_| changed("was removed"))?;
        if there.len() != self.length {
            return Err(changed("was made shorter or longer"));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let own = self.file.metadata()?;
            if (own.dev(), own.ino()) != (there.dev(), there.ino()) {
                return Err(changed("was replaced"));
            }
        }
        Ok(())
    }

    /// A new day has its own file; those that need not be kept any more go.
    fn turn(&mut self, today: NaiveDate) -> std::io::Result<()> {
        if today <= self.day {
            return Ok(());
        }
        (self.file, self.length) = at_end(&self.folder.join(name_of(today)))?;
        self.day = today;
        let oldest = today.checked_sub_days(Days::new(u64::from(self.keep_days))).unwrap_or(NaiveDate::MIN);
        let known = days(&self.folder)?;
        // A clock that jumps ahead makes all rows look old. What is removed has as many days of rows behind it as it is to be kept: those
        // were lived through, whatever a clock said in between.
        let newer = known.len().saturating_sub(self.keep_days as usize);
        let is_old = |(at, day): (usize, &NaiveDate)| at < newer && *day < oldest;
        let gone: Vec<NaiveDate> = known.iter().enumerate().filter(|old| is_old(*old)).map(|(_, day)| *day).collect();
        let left = &known[gone.len()..];
        if gone.is_empty() {
            return Ok(());
        }
        // Signed where the chain begins from now on: files that somebody else removes are missed by it. The new day has no mark yet.
        let first = left.iter().find_map(|day| first_line(&self.folder.join(name_of(*day))));
        let begins = first.unwrap_or_else(|| mark_of(&self.key, self.seq, &self.hash));
        std::fs::write(self.folder.join(BEGIN), begins)?;
        for day in gone {
            std::fs::remove_file(self.folder.join(name_of(day)))?;
        }
        Ok(())
    }
}

/// A file, opened behind its last whole line.
fn at_end(path: &Path) -> std::io::Result<(File, u64)> {
    let mut file = File::options().create(true).read(true).write(true).truncate(false).open(path)?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let length = text.iter().rposition(|b| *b == b'\n').map_or(0, |at| at as u64 + 1);
    file.set_len(length)?;
    file.seek(SeekFrom::End(0))?;
    Ok((file, length))
}

/// Number and digest of the last whole row of a file.
fn last_row(path: &Path) -> std::io::Result<Option<(u64, String)>> {
    let text = std::fs::read_to_string(path)?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    for line in whole.lines().rev() {
        if let Some(Line::Row { row, hash, .. }) = Line::read(line)
            && let Ok(row) = serde_json::from_str::<AuditRow>(row.get())
        {
            return Ok(Some((row.seq, hash.to_owned())));
        }
    }
    Ok(None)
}

/// The first line of a file, where it has one.
fn first_line(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    text.split_inclusive('\n').next().filter(|line| line.ends_with('\n')).map(str::to_owned)
}
