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
use crate::link::{LinkSettings, Linker, Weights};
use crate::model::linkage::Judgement;
use crate::publish::{INPUTS, LINKED_INPUTS};
use crate::records::snapshot::SnapshotBasis;
use crate::store::landing::Watermark;

const FILE: &str = "linker.state";
/// The format is raised when the coding changes.
const KIND: Kind = Kind { magic: *b"huitulnk", format: 7 };

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
        let (Ok(map), Ok(again)) = (file.map_copy(), file.reopened()) else { return Ok(None) };
        if !self.store.knows_landing(&mark).await? {
            tracing::warn!("{} is of another history of the store; linking everything anew", path.display());
            return Ok(None);
        }
        let reading = tokio::task::spawn_blocking(move || {
            let began = std::time::Instant::now();
            let linker = Linker::read(Lent::mapped(map, again), body, settings, weights);
            tracing::info!(seconds = began.elapsed().as_secs_f64(), "linker's state read");
            linker
        });
        Ok(Some(KeptLinker { mark, path, reading }))
    }

    /// Begins to write the linker's state beside the one in force.
    pub(super) async fn write_linker(
        &self,
        linker: Arc<Linker>,
        mark: Watermark,
        inputs: String,
    ) -> Result<WritingLinker, HubError> {
        let head = self.head(mark, inputs).await?;
        let path = self.settings.data.join(FILE);
        let (settings, weights) = (self.link_settings(), self.weights()?);
        let written = linker.clone();
        let under_way = std::thread::spawn(move || {
            let done = write(&written, &head, &path);
            drop(written);
            match done {
                Ok(written) => Some(written),
                Err(e) => {
                    tracing::warn!("the linker's state is not kept: cannot write {}: {e}", path.display());
                    None
                }
            }
        });
        Ok(WritingLinker { linker: Some(linker), under_way: Some(under_way), written: None, settings, weights })
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

/// A linker whose state is being written, in memory for as long as it is asked: it is a third of what a day takes.
pub(super) struct WritingLinker {
    /// None: what was written has it.
    linker: Option<Arc<Linker>>,
    under_way: Option<std::thread::JoinHandle<Option<WrittenFile>>>,
    written: Option<WrittenFile>,
    settings: LinkSettings,
    weights: Weights,
}

impl WritingLinker {
    /// The linker, read again where it was let go; None where that file is damaged, which the log tells.
    pub async fn linker(&mut self) -> Option<Arc<Linker>> {
        if self.linker.is_none() {
            let path = self.written.as_ref()?.lies_at().to_owned();
            let (settings, weights) = (self.settings.clone(), self.weights.clone());
            let again = move || {
                let read = || {
                    let file: KeptFile<Head> = KeptFile::open(&path, KIND).ok()?;
                    let lent = Lent::mapped(file.map_copy().ok()?, file.reopened().ok()?);
                    Linker::read(lent, file.len as usize, settings, weights)
                };
                let linker = read();
                if linker.is_none() {
                    tracing::warn!("{} is damaged or cannot be read; linking everything anew", path.display());
                }
                linker
            };
            self.linker =
                tokio::task::spawn_blocking(again).await.expect("reading the linker's state does not panic").map(Arc::new);
        }
        self.linker.clone()
    }

    /// Lets the linker's memory go once all of it is written; where it cannot be, it stays.
    pub async fn let_go(&mut self) {
        if let Some(under_way) = self.under_way.take() {
            let wait = move || under_way.join().expect("writing the linker's state does not panic");
            self.written = tokio::task::spawn_blocking(wait).await.expect("waiting does not panic");
        }
        if self.written.is_some() {
            self.linker = None;
        }
    }

    /// It will not be asked for again.
    pub fn done(&mut self) {
        self.linker = None;
    }

    fn written(mut self) -> Option<WrittenFile> {
        match self.under_way.take() {
            Some(under_way) => under_way.join().expect("writing the linker's state does not panic"),
            None => self.written.take(),
        }
    }

    /// Puts the state in force, once what it remembers is published.
    pub fn keep(self) {
        if let Some(written) = self.written()
            && let Err(e) = written.keep()
        {
            tracing::warn!("the linker's state cannot be put in force: {e}; the next run links everything anew");
        }
    }

    /// The state in force stays.
    pub fn discard(self) {
        if let Some(written) = self.written() {
            written.discard();
        }
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
