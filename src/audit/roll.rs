//! The roll of chains: which chains of rows there are, so that one that was removed whole is missed.
//!
//! In: the key of a chain that has rows. Out: a signed list beside the chains, each entry signed with the one before, and the marks of its
//! chains for whoever keeps them elsewhere too. A chain is known by the digest of its key: a restored one may have another number.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::chain::AuditFault;
use super::folder::{chains, head, key};

/// The list, in the folder of the audit.
const ROLL: &str = "chains";
/// Held while it is written.
const LOCK: &str = "chains.lock";

#[derive(Serialize, Deserialize)]
struct Entry {
    /// The chain's mark.
    chain: String,
    /// HMAC-SHA256 of the entry before and this one, hex.
    mac: String,
}

/// The mark of a chain: SHA-256 of its key, hex.
pub(super) fn mark_of_key(key: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(key))
}

fn sign(key: &[u8], before: &str, chain: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(format!("{before}:{chain}").as_bytes());
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

fn entries(base: &Path) -> std::io::Result<Option<Vec<String>>> {
    match std::fs::read_to_string(base.join(ROLL)) {
        Ok(text) => Ok(Some(text.lines().map(str::to_owned).collect())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Enters a chain that has rows now; one that stands there already is left. A first list takes up the chains that there are.
pub(super) fn enter(base: &Path, chain_key: &[u8]) -> std::io::Result<()> {
    let lock = File::options().create(true).append(true).open(base.join(LOCK))?;
    lock.lock()?;
    let known = entries(base)?;
    let is_first = known.is_none();
    let mut lines = known.unwrap_or_default();
    let mut new = vec![mark_of_key(chain_key)];
    if is_first {
        for chain in chains(base)? {
            // One that no row was written of has no head, and may have no key.
            if let (Ok(key), Some(_)) = (key(&chain, false), head(&chain)) {
                new.push(mark_of_key(&key));
            }
        }
        new.sort_unstable();
        new.dedup();
    }
    new.retain(|chain| !lines.iter().any(|line| line.contains(chain.as_str())));
    if new.is_empty() {
        return Ok(());
    }
    let root = key(base, true)?;
    for chain in new {
        let before = lines.last().and_then(|line| serde_json::from_str::<Entry>(line).ok()).map_or_else(String::new, |e| e.mac);
        let mac = sign(&root, &before, &chain);
        lines.push(serde_json::to_string(&Entry { chain, mac }).expect("texts"));
    }
    let part = base.join(format!(".{ROLL}.part"));
    let mut file = File::create(&part)?;
    file.write_all((lines.join("\n") + "\n").as_bytes())?;
    file.sync_all()?;
    std::fs::rename(part, base.join(ROLL))
}

/// Whether a chain stands in the list.
pub(super) fn has(base: &Path, chain_key: &[u8]) -> std::io::Result<bool> {
    let mark = mark_of_key(chain_key);
    Ok(entries(base)?.is_some_and(|lines| lines.iter().any(|line| line.contains(&mark))))
}

/// The marks of the chains that stand in the list, in the order in which they began: for whoever keeps them elsewhere, and compares.
///
/// # Errors
/// The list cannot be read.
pub fn chain_marks(folder: &Path) -> std::io::Result<Vec<String>> {
    let lines = entries(folder)?.unwrap_or_default();
    Ok(lines.iter().filter_map(|line| serde_json::from_str::<Entry>(line).ok()).map(|entry| entry.chain).collect())
}

/// What is wrong with the list, and which chains are gone: of those in it, and of those that somebody kept elsewhere. `standing` are the
/// marks of the chains that have rows.
pub(super) fn faults(base: &Path, standing: &[String], elsewhere: &[String]) -> std::io::Result<Vec<AuditFault>> {
    let mut faults = Vec::new();
    let fault = |line, zh: String, en: String| AuditFault { file: ROLL.to_owned(), line, seq: None, zh, en };
    let gone = |line, chain: &str, place: (&str, &str)| {
        let short = chain.get(..12).unwrap_or(chain);
        fault(
            line,
            format!("{}中的一条记录链不见了（{short}）：其文件夹被删除、清空，或密钥被换过", place.0),
            format!("a chain that {} is gone ({short}): its folder was removed or emptied, or its key was changed", place.1),
        )
    };
    let (known, root) = (entries(base)?, key(base, false).ok());
    match (&known, &root) {
        (Some(_), None) => faults.push(fault(
            0,
            "链目录的签名密钥 audit/key 不见了".to_owned(),
            "the key of the list of chains, audit/key, is missing".to_owned(),
        )),
        (None, Some(_)) => faults.push(fault(
            0,
            "链目录 audit/chains 不见了：是否缺少整条链无从得知".to_owned(),
            "the list of chains, audit/chains, is missing: whether a whole chain was removed cannot be told".to_owned(),
        )),
        _ => {}
    }
    let mut before = String::new();
    let mut listed = Vec::new();
    for (at, line) in known.iter().flatten().enumerate() {
        let number = at as u64 + 1;
        let Some(entry) = serde_json::from_str::<Entry>(line).ok() else {
            faults.push(fault(
                number,
                "这一行不是链目录的条目".to_owned(),
                "this line is no entry of the list of chains".to_owned(),
            ));
            continue;
        };
        if root.as_ref().is_some_and(|root| sign(root, &before, &entry.chain) != entry.mac) {
            faults.push(fault(number, "链目录在此处被改动过".to_owned(), "the list of chains was altered here".to_owned()));
        }
        if !standing.contains(&entry.chain) {
            faults.push(gone(number, &entry.chain, ("目录", "stands in the list")));
        }
        before = entry.mac;
        listed.push(entry.chain);
    }
    for chain in elsewhere.iter().filter(|chain| !listed.contains(chain) && !standing.contains(chain)) {
        faults.push(gone(0, chain, ("库", "the store knows")));
    }
    Ok(faults)
}
