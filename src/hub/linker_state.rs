//! What the linker knows, kept beside the store: `linker.state` in the data directory.
//!
//! A cache and nothing else. It names the store, the program, the connectors, the weights, the landing it has seen and the
//! publication whose links it remembers; where any of them differs, or a checksum fails, everything is linked anew, and
//! the log says so. It is written under another name while the verdicts are reached, and renamed once they are published.

use std::fs::File;
use std::io;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use super::error::HubError;
use super::open::Hub;
use crate::link::{LinkSettings, Linker};
use crate::model::linkage::{Judgement, LinkRecord};
use crate::publish::INPUTS;
use crate::records::snapshot::SnapshotBasis;
use crate::records::stream::WantedLinks;
use crate::records::{StoredRowReader, link_record};
use crate::store::landing::Watermark;

const FILE: &str = "linker.state";
const MAGIC: &[u8; 8] = b"huitulnk";
/// Raised when the coding changes.
const FORMAT: u32 = 2;

/// All that must be the same for the file to be of use, and what it has seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Head {
    format: u32,
    basis: SnapshotBasis,
    settings: LinkSettings,
    /// Checksum of the weight table as TOML.
    weights: u64,
    mark: Watermark,
    /// Digest of the inputs of the publication whose links it remembers.
    inputs: String,
}

/// A linker of an earlier run, while it is read.
pub(super) struct KeptLinker {
    /// The records it knows.
    pub mark: Watermark,
    path: PathBuf,
    reading: JoinHandle<Option<Linker>>,
}

/// A state written but not in force yet.
pub(super) struct Written {
    part: PathBuf,
    path: PathBuf,
}

impl Written {
    /// Puts it in force. Where that fails the next run links everything anew.
    pub fn keep(self) {
        if let Err(e) = std::fs::rename(&self.part, &self.path) {
            tracing::warn!("cannot keep the linker's state as {}: {e}", self.path.display());
        }
    }

    /// Throws it away: the one in force stays.
    pub fn discard(self) {
        // What cannot be removed is written over by the next run.
        let _ = std::fs::remove_file(&self.part);
    }
}

impl Hub {
    /// What is linked with: registries in their rank, the weight table in force.
    pub(super) fn new_linker(&self) -> Result<Linker, HubError> {
        Ok(Linker::new(self.link_settings(), self.weights()?))
    }

    pub(super) fn link_settings(&self) -> LinkSettings {
        LinkSettings::with_registries(self.connectors.iter().map(|c| c.name.as_str()))
    }

    async fn head(&self, mark: Watermark, inputs: String) -> Result<Head, HubError> {
        Ok(Head {
            format: FORMAT,
            basis: SnapshotBasis::new(self.store.id().await?, self.connectors.iter().map(|c| &**c)),
            settings: self.link_settings(),
            weights: xxhash_rust::xxh3::xxh3_64(self.weights()?.to_toml().as_bytes()),
            mark,
            inputs,
        })
    }

    /// Begins to read the linker as the last publication left it; None where there is none that fits.
    pub(super) async fn kept_linker(&self) -> Result<Option<KeptLinker>, HubError> {
        let path = self.settings.data.join(FILE);
        let Ok(file) = File::open(&path) else { return Ok(None) };
        // SAFETY: the file is replaced by renaming and never written again under this name; were it cut short all the same,
        // that would be another program's doing.
        let Ok(map) = (unsafe { memmap2::Mmap::map(&file) }) else { return Ok(None) };
        let inputs = self.store.meta(INPUTS).await?.unwrap_or_default();
        let wanted = self.head(Watermark::NONE, inputs).await?;
        let (settings, weights) = (wanted.settings.clone(), self.weights()?);
        let (mark, body) = match head_of(&map, wanted) {
            Ok((mark, body)) => (mark, map.len() - body.len()),
            Err(why) => {
                tracing::warn!("{} {why}; linking everything anew", path.display());
                return Ok(None);
            }
        };
        if !self.store.knows_landing(&mark).await? {
            tracing::warn!("{} is of another history of the store; linking everything anew", path.display());
            return Ok(None);
        }
        let reading = tokio::task::spawn_blocking(move || {
            let began = std::time::Instant::now();
            let linker = Linker::read(&map[body..], settings, weights);
            tracing::info!(seconds = began.elapsed().as_secs_f64(), "linker's state read");
            linker
        });
        Ok(Some(KeptLinker { mark, path, reading }))
    }

    /// Begins to write the linker's state beside the one in force; the thread gives it back when it is whole.
    pub(super) async fn write_linker(
        &self,
        linker: Linker,
        mark: Watermark,
        inputs: String,
    ) -> Result<std::thread::JoinHandle<Option<Written>>, HubError> {
        let head = self.head(mark, inputs).await?;
        let path = self.settings.data.join(FILE);
        let part = path.with_extension("part");
        Ok(std::thread::spawn(move || {
            let done = write(&linker, &head, &part);
            drop(linker);
            match done {
                Ok(()) => Some(Written { part, path }),
                Err(e) => {
                    tracing::warn!("the linker's state is not kept: cannot write {}: {e}", part.display());
                    let _ = std::fs::remove_file(&part);
                    None
                }
            }
        }))
    }

    /// A linker that knows every live record and has followed `judgements`, as the last publication left it or anew. The
    /// store and the kept state stay as they are.
    pub(super) async fn following(&self, judgements: Vec<Judgement>) -> Result<Option<Linker>, HubError> {
        let Some(kept) = self.kept_linker().await? else { return Ok(None) };
        let touched = self.store.ids_changed_since(&kept.mark).await?;
        let records = self.link_records(&touched).await?;
        let Some(mut linker) = kept.linker().await else { return Ok(None) };
        let follow = move || {
            linker.retire(&touched, &records);
            linker.put(&records);
            linker.link(&Default::default(), &judgements);
            linker
        };
        Ok(Some(tokio::task::spawn_blocking(follow).await.expect("linking does not panic")))
    }

    /// Some stored records as linking takes them; those that are gone or unreadable are left out.
    async fn link_records(&self, ids: &[i64]) -> Result<Vec<LinkRecord>, HubError> {
        let rows = self.registry_rows().await?;
        let reading = StoredRowReader::new(&self.store, &self.connectors, &rows).await?;
        let mut found = Vec::new();
        for row in self.store.records_by_id(ids).await?.iter().filter(|row| row.gone == 0) {
            if let Some((registry, records)) = reading.records(row) {
                let issues = self.connectors[usize::from(registry)].issues_codes;
                found.extend(records.iter().map(|record| link_record(record, row.id, registry, issues)));
            }
        }
        Ok(found)
    }
}

impl KeptLinker {
    /// What has to be read of the records to bring the linker up to date.
    pub fn wanted(kept: Option<&KeptLinker>) -> WantedLinks {
        kept.map_or(WantedLinks::All, |kept| WantedLinks::Since(kept.mark.clone()))
    }

    /// None where the file is damaged, which the log tells.
    pub async fn linker(self) -> Option<Linker> {
        let linker = self.reading.await.expect("reading the linker's state does not panic");
        if linker.is_none() {
            tracing::warn!("{} is damaged; linking everything anew", self.path.display());
        }
        linker
    }
}

fn write(linker: &Linker, head: &Head, path: &Path) -> io::Result<()> {
    let began = std::time::Instant::now();
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let head = serde_json::to_vec(head)?;
    out.write_all(MAGIC)?;
    out.write_all(&(head.len() as u64).to_le_bytes())?;
    out.write_all(&head)?;
    linker.write(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.flush()?;
    tracing::info!(seconds = began.elapsed().as_secs_f64(), "linker's state written");
    Ok(())
}

/// The records a state knows, and what follows its head. The error is the reason in words, to stand behind the file's name.
fn head_of(map: &[u8], wanted: Head) -> Result<(Watermark, &[u8]), String> {
    let damaged = || "is damaged".to_owned();
    let rest = map.strip_prefix(MAGIC.as_slice()).ok_or_else(damaged)?;
    let (len, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
    let (head, body) = rest.split_at_checked(u64::from_le_bytes(*len) as usize).ok_or_else(damaged)?;
    let head: Head = serde_json::from_slice(head).map_err(|_| "is of another format".to_owned())?;
    if (Head { mark: Watermark::NONE, ..head.clone() }) != wanted {
        return Err(match () {
            _ if head.basis != wanted.basis || head.format != wanted.format => {
                "was written by another program, for another store, or with other connectors"
            }
            _ if head.weights != wanted.weights || head.settings != wanted.settings => "was written with other weights",
            _ => "does not belong to the latest publication",
        }
        .to_owned());
    }
    Ok((head.mark, body))
}
