//! What the linker knows, kept beside the store: `linker.state` in the data directory.
//!
//! A cache and nothing else. It names the store, the program, the connectors, the weights, the landing it has seen and the
//! publication whose links it remembers; where any of them differs, or a checksum fails, everything is linked anew, and
//! the log says so. It is written under another name while the verdicts are reached, and renamed once they are published.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use super::error::HubError;
use super::open::Hub;
use crate::kept_file::{KeptFile, KeptFileError, KeptFileWriter, Kind, WrittenFile};
use crate::link::flat_list::Lent;
use crate::link::{LinkSettings, Linker};
use crate::model::linkage::Judgement;
use crate::publish::{INPUTS, LINKED_INPUTS};
use crate::records::snapshot::SnapshotBasis;
use crate::store::landing::Watermark;

const FILE: &str = "linker.state";
/// The format is raised when the coding changes.
const KIND: Kind = Kind { magic: *b"huitulnk", format: 6 };

/// All that must be the same for the file to be of use, and what it has seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Head {
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
        let linked = self.store.meta(LINKED_INPUTS).await?;
        // Stores of before findings were followed by themselves: every publication linked.
        let inputs = match linked {
            Some(inputs) => inputs,
            None => self.store.meta(INPUTS).await?.unwrap_or_default(),
        };
        let wanted = self.head(Watermark::NONE, inputs).await?;
        let (settings, weights) = (wanted.settings.clone(), self.weights()?);
        let file: KeptFile<Head> = match KeptFile::open(&path, KIND) {
            Ok(file) => file,
            Err(KeptFileError::Io(e)) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(why) => {
                tracing::warn!("{}: {why}; linking everything anew", path.display());
                return Ok(None);
            }
        };
        if let Some(why) = unfit(&file.index, wanted) {
            tracing::warn!("{} {why}; linking everything anew", path.display());
            return Ok(None);
        }
        let (mark, body) = (file.index.mark.clone(), file.len as usize);
        let Ok(map) = file.map_copy() else { return Ok(None) };
        if !self.store.knows_landing(&mark).await? {
            tracing::warn!("{} is of another history of the store; linking everything anew", path.display());
            return Ok(None);
        }
        let reading = tokio::task::spawn_blocking(move || {
            let began = std::time::Instant::now();
            let linker = Linker::read(Lent::new(map), body, settings, weights);
            tracing::info!(seconds = began.elapsed().as_secs_f64(), "linker's state read");
            linker
        });
        Ok(Some(KeptLinker { mark, path, reading }))
    }

    /// Begins to write the linker's state beside the one in force; the thread gives it back when it is whole.
    pub(super) async fn write_linker(
        &self,
        linker: Arc<Linker>,
        mark: Watermark,
        inputs: String,
    ) -> Result<std::thread::JoinHandle<Option<WrittenFile>>, HubError> {
        let head = self.head(mark, inputs).await?;
        let path = self.settings.data.join(FILE);
        Ok(std::thread::spawn(move || {
            let done = write(&linker, &head, &path);
            drop(linker);
            match done {
                Ok(written) => Some(written),
                Err(e) => {
                    tracing::warn!("the linker's state is not kept: cannot write {}: {e}", path.display());
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
        let records = self.some_records(&touched, true).await?.standing.link;
        let Some(mut linker) = kept.linker().await else { return Ok(None) };
        let follow = move || {
            linker.retire(&touched, &records);
            linker.put(&records);
            linker.link(&Default::default(), &judgements);
            linker
        };
        Ok(Some(tokio::task::spawn_blocking(follow).await.expect("linking does not panic")))
    }
}

impl KeptLinker {
    /// None where the file is damaged, which the log tells.
    pub async fn linker(self) -> Option<Linker> {
        let linker = self.reading.await.expect("reading the linker's state does not panic");
        if linker.is_none() {
            tracing::warn!("{} is damaged; linking everything anew", self.path.display());
        }
        linker
    }
}

fn write(linker: &Linker, head: &Head, path: &Path) -> io::Result<WrittenFile> {
    let began = std::time::Instant::now();
    let mut out = KeptFileWriter::create(path.to_owned(), KIND)?;
    if let Err(e) = linker.write(&mut out) {
        out.discard();
        return Err(e);
    }
    let written = out.finish(head)?;
    tracing::info!(seconds = began.elapsed().as_secs_f64(), "linker's state written");
    Ok(written)
}

/// Why a state does not serve, in words that stand behind the file's name; None where it does.
fn unfit(head: &Head, wanted: Head) -> Option<&'static str> {
    if (Head { mark: Watermark::NONE, ..head.clone() }) == wanted {
        return None;
    }
    Some(match () {
        () if head.basis != wanted.basis => "was written by another program, for another store, or with other connectors",
        () if head.weights != wanted.weights || head.settings != wanted.settings => "was written with other weights",
        () => "does not belong to the latest publication",
    })
}
