//! The writer: one thread that takes what waits, writes it in one go, waits for the disk once, and tells all who wait (group commit).
//!
//! Rows are written over zeros whose place on the disk is settled already, so that waiting is for their bytes alone and not for the
//! file's new length too. What ends in zeros is cut where it is opened again; readers stop before them (`folder.rs`).

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use tokio::sync::oneshot;

use super::chain::{AuditRow, Line, NotedAnswer, START, mark_of, push_line, text_of, text_of_row};
use super::folder::{BEGIN, HEAD, days, head, key, name_of, whole_lines};
use super::queue::{ALONE, Ending, Queue};
use super::roll;

/// Rows between two signed marks.
const MARK_EVERY: u64 = 256;
/// Bytes by which a file grows, behind the first few rows.
const GROWN: usize = 256 << 10;
/// How many are few.
const FEW: u64 = 16;
/// How long the signed state of the chain may stay behind its rows.
const HEAD_EVERY: Duration = Duration::from_millis(50);

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

/// A row's text without its number, and its day in UTC.
struct Draft {
    text: Vec<u8>,
    day: NaiveDate,
}

/// A row, and whom to tell.
type Waiting = (Draft, Reply);

/// The audit of one node. Cheap to clone; opened with its first row.
#[derive(Clone)]
pub struct Audit {
    folder: Arc<PathBuf>,
    keep_days: u32,
    writer: Arc<Mutex<Option<Writer>>>,
}

/// The thread that writes. Its end is waited for: with it the folder is free for another.
struct Writer {
    queue: Arc<Queue<Waiting>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.end();
        // A thread that panicked has said so.
        drop(self.thread.take().map(JoinHandle::join));
    }
}

impl Audit {
    /// The audit in `folder`; files of days more than `keep_days` ago are removed when a new one begins, once there are as many newer
    /// ones with rows.
    pub fn new(folder: &Path, keep_days: u32) -> Audit {
        Audit { folder: Arc::new(folder.to_path_buf()), keep_days, writer: Arc::default() }
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
        self.keep(Draft { text: text_of_row(&row), day: day_of(&row.at) }, 1).await
    }

    /// The same while so many requests are under way, this one among them: while rows come fast, those of the others are waited for, two
    /// milliseconds at most, and the disk is waited for once for all of them.
    ///
    /// # Errors
    /// It is not.
    pub async fn record_among(&self, answer: &NotedAnswer<'_>, under_way: usize) -> Result<(), AuditError> {
        self.keep(Draft { text: text_of(answer), day: day_of(answer.at) }, under_way).await
    }

    async fn keep(&self, draft: Draft, under_way: usize) -> Result<(), AuditError> {
        let (reply, told) = oneshot::channel();
        if !self.writer(draft.day)?.send((draft, reply), under_way) {
            return Err(self.error("its writer has ended"));
        }
        told.await.map_err(|_| self.error("its writer has ended"))?
    }

    fn error(&self, why: impl ToString) -> AuditError {
        AuditError { folder: self.folder.display().to_string(), why: why.to_string() }
    }

    fn writer(&self, day: NaiveDate) -> Result<Arc<Queue<Waiting>>, AuditError> {
        let mut writer = self.writer.lock().expect("no panic while holding the writer");
        if let Some(writer) = writer.as_ref() {
            return Ok(writer.queue.clone());
        }
        let mut files = Files::open(&self.folder, self.keep_days, day).map_err(|e| self.error(e))?;
        let queue = Arc::new(Queue::default());
        let (rows, ending) = (queue.clone(), Ending(queue.clone()));
        // Not the audit itself: its end is the thread's.
        let folder = self.folder.display().to_string();
        let runtime = tokio::runtime::Handle::try_current().ok();
        let thread = std::thread::Builder::new().name("audit".to_owned());
        let thread = thread
            .spawn(move || {
                let _ending = ending;
                while files.waits(&rows) {
                    let (rows, replies): (Vec<Draft>, Vec<Reply>) = rows.take().into_iter().unzip();
                    let count = rows.len();
                    let kept = files.checked(rows.last().map_or(day, |row| row.day)).and_then(|()| files.append(&rows));
                    let kept = kept.map_err(|e| AuditError { folder: folder.clone(), why: e.to_string() });
                    // A caller who went away meanwhile waits for nothing.
                    let tell = move || replies.into_iter().for_each(|reply| drop(reply.send(kept.clone())));
                    match &runtime {
                        // Woken from within, one after the other: each one woken from out here would cost a call of the system.
                        Some(runtime) if count > ALONE => drop(runtime.spawn(async move { tell() })),
                        _ => tell(),
                    }
                }
            })
            .map_err(|e| self.error(e))?;
        *writer = Some(Writer { queue: queue.clone(), thread: Some(thread) });
        Ok(queue)
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
    /// Where the file is.
    path: PathBuf,
    /// Bytes of the file that hold whole lines.
    length: u64,
    /// Bytes of the file; behind the lines there are zeros.
    room: u64,
    seq: u64,
    hash: String,
    /// The last row before this process wrote any.
    began: u64,
    /// The last row that the signed state beside the files knows of, and when it was put there.
    told: (u64, Option<Instant>),
    /// Whether the chain stands in the roll.
    is_entered: bool,
    /// One process writes at a time.
    _lock: File,
}

/// The day of a row, in UTC, as its instant says.
fn day_of(at: &str) -> NaiveDate {
    at.get(..10).and_then(|day| day.parse().ok()).unwrap_or(NaiveDate::MIN)
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
        let path = folder.join(name_of(today));
        let (file, length) = at_end(&path)?;
        let (base, folder) = (base.to_path_buf(), folder.to_path_buf());
        Ok(Some(Files {
            base,
            folder,
            keep_days,
            key,
            day: today,
            file,
            path,
            length,
            room: length,
            seq,
            hash,
            began: seq,
            told: (seq, None),
            is_entered: false,
            _lock: lock,
        }))
    }

    fn append(&mut self, rows: &[Draft]) -> std::io::Result<()> {
        if let Some(row) = rows.last() {
            self.turn(row.day)?;
        }
        let (mut seq, mut hash) = (self.seq, self.hash.clone());
        let mut text = Vec::with_capacity(rows.len() * 2_048);
        if self.length == 0 {
            text.extend_from_slice(mark_of(&self.key, seq, &hash).as_bytes());
        }
        for row in rows {
            seq += 1;
            hash = push_line(&mut text, &hash, seq, &row.text);
            if seq % MARK_EVERY == 0 {
                text.extend_from_slice(mark_of(&self.key, seq, &hash).as_bytes());
            }
        }
        let length = self.length + text.len() as u64;
        // A command writes a row or two and goes: it leaves no room behind.
        let room = if length > self.room && seq > self.began + FEW { GROWN } else { 0 };
        let mut bytes = text;
        bytes.resize(bytes.len() + room, 0);
        let mut written = self.put(&bytes);
        if written.is_err() && room > 0 {
            bytes.truncate(bytes.len() - room);
            written = self.put(&bytes);
        }
        let end = self.length + bytes.len() as u64;
        written?;
        (self.length, self.room) = (length, self.room.max(end));
        (self.seq, self.hash) = (seq, hash);
        // Once it has rows: a chain that stands there without any was emptied.
        if !self.is_entered {
            self.tell();
            roll::enter(&self.base, &self.key)?;
            self.is_entered = true;
        }
        Ok(())
    }

    /// Writes behind the lines and waits for the disk; what it wrote of them is taken back where it fails.
    fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        write_through(&self.file, bytes, self.length).inspect_err(|_| {
            // Half a row would break the chain for those behind it.
            if self.file.set_len(self.length).is_ok() {
                self.room = self.length;
            }
        })
    }

    /// Waits for a row. While nobody has one, the signed state follows; false: there will be none any more.
    fn waits(&mut self, rows: &Queue<Waiting>) -> bool {
        if self.told.1.is_none_or(|at| at.elapsed() >= HEAD_EVERY) {
            self.tell();
        }
        let left = match self.told {
            (seq, Some(at)) if seq < self.seq => HEAD_EVERY.saturating_sub(at.elapsed()),
            _ => return rows.has_next(None).is_some(),
        };
        match rows.has_next(Some(left)) {
            Some(true) => true,
            None => false,
            Some(false) => {
                self.tell();
                rows.has_next(None).is_some()
            }
        }
    }

    /// Signs where the chain stands, in the place of what was signed before: a reader finds one of the two, and rows behind it are no
    /// fault. Where it cannot be written it is tried again behind the next rows.
    fn tell(&mut self) {
        if self.told.0 == self.seq {
            return;
        }
        let part = self.folder.join(format!(".{HEAD}.part"));
        let written = std::fs::write(&part, mark_of(&self.key, self.seq, &self.hash));
        if written.and_then(|()| std::fs::rename(part, self.folder.join(HEAD))).is_ok() {
            self.told.0 = self.seq;
        }
        self.told.1 = Some(Instant::now());
    }

    /// Cuts what was left free behind the lines, in a file that is as it was written.
    fn close(&mut self) {
        self.tell();
        if self.check_unchanged().is_ok() && self.file.set_len(self.length).is_ok() {
            self.room = self.length;
        }
    }

    /// Goes on in another chain where somebody changed this one's file: what is missing in it stays to be seen.
    fn checked(&mut self, day: NaiveDate) -> std::io::Result<()> {
        if let Err(error) = self.check_unchanged() {
            // What was written is told before: it is missed.
            self.tell();
            tracing::error!(%error, "the audit goes on in another chain; `huitu audit verify` says what is missing");
            *self = Files::open(&self.base.clone(), self.keep_days, day)?;
        }
        Ok(())
    }

    /// Whether the file still is the one that was written, as long as it was: rows put into another one would be lost, and answers with
    /// them. What was altered within it `verify` names.
    fn check_unchanged(&self) -> std::io::Result<()> {
        let changed = |what: &str| std::io::Error::other(format!("{} {what} by somebody else", self.path.display()));
        let there = std::fs::metadata(&self.path).map_err(|_| changed("was removed"))?;
        if there.len() != self.room {
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
        let path = self.folder.join(name_of(today));
        let (file, length) = at_end(&path)?;
        self.close();
        (self.file, self.path, self.length, self.room) = (file, path, length, length);
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

impl Drop for Files {
    fn drop(&mut self) {
        self.close();
    }
}

/// Writes at a place and waits until it is on the disk.
#[cfg(unix)]
fn write_through(file: &File, bytes: &[u8], at: u64) -> std::io::Result<()> {
    // Opened so that each write waits (`at_end`).
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(not(unix))]
fn write_through(mut file: &File, bytes: &[u8], at: u64) -> std::io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)?;
    file.sync_data()
}

/// A file, cut behind its last whole line, and where that ends.
fn at_end(path: &Path) -> std::io::Result<(File, u64)> {
    let mut options = File::options();
    options.create(true).read(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_DSYNC);
    let mut file = options.open(path)?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let length = whole_lines(&text).len() as u64;
    file.set_len(length)?;
    Ok((file, length))
}

/// Number and digest of the last whole row of a file.
fn last_row(path: &Path) -> std::io::Result<Option<(u64, String)>> {
    let text = std::fs::read(path)?;
    let whole = std::str::from_utf8(whole_lines(&text)).map_err(std::io::Error::other)?;
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
    let text = std::fs::read(path).ok()?;
    let whole = std::str::from_utf8(whole_lines(&text)).ok()?;
    whole.split_inclusive('\n').next().map(str::to_owned)
}
