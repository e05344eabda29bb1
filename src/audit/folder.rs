//! What lies in the folder of the audit: chains by number, each with a file a day, its key, and where it begins and stands.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use rand::Rng;

/// Bytes of the key.
const KEY: usize = 32;
/// Where the chain stands, signed: rows that are missing at the end are missed by it.
pub(super) const HEAD: &str = "head";
/// Where the chain begins since files of old days were removed, signed.
pub(super) const BEGIN: &str = "begin";

/// The name of a day's file.
pub(super) fn name_of(day: NaiveDate) -> String {
    format!("{day}.jsonl")
}

/// The days of which there are files, oldest first.
pub(super) fn days(folder: &Path) -> std::io::Result<Vec<NaiveDate>> {
    let mut days = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        if let Some(day) = name.to_str().and_then(|n| n.strip_suffix(".jsonl")?.parse().ok()) {
            days.push(day);
        }
    }
    days.sort_unstable();
    Ok(days)
}

/// The key of the marks; made where there is none.
pub(super) fn key(folder: &Path, make: bool) -> std::io::Result<Vec<u8>> {
    let path = folder.join("key");
    match std::fs::read(&path) {
        Ok(key) if key.len() == KEY => Ok(key),
        Ok(_) => Err(std::io::Error::other(format!("{} is not the key that was written", path.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && make => {
            let mut key = vec![0; KEY];
            rand::rng().fill_bytes(&mut key);
            let mut file = File::options().write(true).create_new(true).open(&path)?;
            file.write_all(&key)?;
            file.sync_all()?;
            Ok(key)
        }
        Err(error) => Err(error),
    }
}

/// The chains of a folder, by number: each process continues one that nobody else writes.
pub(super) fn chains(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut numbers: Vec<u32> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        numbers.extend(entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers.into_iter().map(|number| folder.join(number.to_string())).collect())
}

/// The signed state at which the chain begins since files were removed in their time.
pub(super) fn begin(folder: &Path) -> Option<String> {
    std::fs::read_to_string(folder.join(BEGIN)).ok()
}

/// The signed state of the chain that was written last, as it stands there.
pub(super) fn head(folder: &Path) -> Option<String> {
    std::fs::read_to_string(folder.join(HEAD)).ok()
}

/// The lines of a file that were written to their ends. Behind them there may be zeros, a room for the next ones, and among the zeros what a
/// loss of power left of rows that belonged to no answer.
pub(super) fn whole_lines(bytes: &[u8]) -> &[u8] {
    let written = &bytes[..memchr::memchr(0, bytes).unwrap_or(bytes.len())];
    &written[..memchr::memrchr(b'\n', written).map_or(0, |at| at + 1)]
}

/// The lines of a file, up to where zeros begin.
pub(super) fn lines(path: &Path) -> std::io::Result<impl Iterator<Item = std::io::Result<String>> + use<>> {
    let lines = BufReader::new(File::open(path)?).split(b'\n');
    let text = |line: std::io::Result<Vec<u8>>| String::from_utf8(line?).map_err(|_| std::io::ErrorKind::InvalidData.into());
    Ok(lines.take_while(|line| line.as_ref().map_or(true, |bytes| memchr::memchr(0, bytes).is_none())).map(text))
}

/// Where the zeros behind the lines of a file begin: found by halves, so that they need not be read.
pub(super) fn written(file: &mut File) -> std::io::Result<u64> {
    let (mut from, mut to) = (0, file.metadata()?.len());
    let mut byte = [0];
    while from < to {
        let middle = from + (to - from) / 2;
        file.seek(SeekFrom::Start(middle))?;
        match file.read(&mut byte)? {
            1 if byte[0] != 0 => from = middle + 1,
            _ => to = middle,
        }
    }
    Ok(from)
}
