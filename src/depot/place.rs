//! One object store and the folder of editions beside it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path as Key;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use serde::{Deserialize, Serialize};

use super::error::DepotError;
use super::pointer::{self, Found, Pointer};
use crate::config::EditionStore;
use crate::edition::EditionError;
use crate::model::message::Lang;

/// A store that does not accept a connection for so long is not there.
const CONNECT: Duration = Duration::from_secs(5);
/// One request, a part of a file at most.
const REQUEST: Duration = Duration::from_secs(60);
/// One request with all that is tried again.
const TRIED: Duration = Duration::from_secs(10);
/// What one request reads or writes of a file at most.
pub(super) const PART: u64 = 8 << 20;
/// The pointer as it was read last, in the folder of editions.
const LISTED: &str = ".listed.json";
/// Held by the process that changes the folder by the store.
const LOCK: &str = ".listed.lock";

/// What the folder was brought to, and by which store: another one has listed nothing yet.
#[derive(Serialize, Deserialize)]
struct Kept {
    of: String,
    pointer: Pointer,
}

/// One object store and the folder of editions beside it; shared by everybody in a process.
pub struct Depot {
    /// Bucket and prefix, for messages.
    pub(super) place: String,
    /// The same with the address of the store.
    whereabouts: String,
    pub(super) store: Arc<dyn ObjectStore>,
    prefix: Key,
    /// Name of the store whose editions these are; empty where the place is only looked at.
    pub(super) hub: String,
    /// The folder of editions of this node.
    pub(super) root: PathBuf,
    /// The tag of the pointer that the folder was brought to; None where it has not been.
    pub(super) brought: Mutex<Option<String>>,
    /// What went wrong last, where it has not gone well since: of fetching, of sharing.
    failing: Mutex<[Option<[String; 2]>; 2]>,
}

/// One of the two directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Fetch,
    Share,
}

impl Depot {
    /// Reads settings, keys and files; asks nothing of the store yet. `hub` names whose editions these are.
    ///
    /// # Errors
    /// Settings, where the place is none, or the file with the secret cannot be read.
    pub fn open(said: &EditionStore, root: &Path, hub: &str) -> Result<Depot, DepotError> {
        let wrong = |reason: String| DepotError::Settings { place: said.place.clone(), reason };
        let path = said.place.strip_prefix("s3://").ok_or_else(|| wrong("it does not begin with s3://".to_owned()))?;
        let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
        if bucket.is_empty() {
            return Err(wrong("it names no bucket".to_owned()));
        }
        let secret = match &said.secret_file {
            Some(file) => Some(
                std::fs::read_to_string(file)
                    .map_err(|e| wrong(format!("the file {} of secret_file cannot be read: {e}", file.display())))?,
            ),
            None => std::env::var("HUITU_EDITIONS_SECRET").ok(),
        };
        let secret = secret.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let client = ClientOptions::new()
            .with_allow_http(said.endpoint.as_deref().is_some_and(|e| e.starts_with("http://")))
            .with_connect_timeout(CONNECT)
            .with_timeout(REQUEST);
        let retry = RetryConfig { max_retries: 3, retry_timeout: TRIED, ..RetryConfig::default() };
        // Keys as the cloud's own machines have them, where none are given.
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_region(said.region.as_deref().unwrap_or("us-east-1"))
            .with_client_options(client)
            .with_retry(retry);
        if let Some(endpoint) = &said.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        match (&said.access_key_id, secret) {
            (Some(id), Some(secret)) => builder = builder.with_access_key_id(id).with_secret_access_key(secret),
            (Some(_), None) => {
                return Err(wrong(
                    "access_key_id has no secret: name its file as secret_file, or set HUITU_EDITIONS_SECRET".to_owned(),
                ));
            }
            (None, _) => {}
        }
        // The same provider as the program's; a second installation changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = builder.build().map_err(|e| wrong(e.to_string()))?;
        Ok(Depot {
            place: said.place.trim_end_matches('/').to_owned(),
            whereabouts: format!("{} {}", said.endpoint.as_deref().unwrap_or_default(), said.place),
            store: Arc::new(store),
            prefix: Key::parse(prefix.trim_matches('/')).map_err(|e| wrong(e.to_string()))?,
            hub: hub.to_owned(),
            root: root.to_path_buf(),
            brought: Mutex::default(),
            failing: Mutex::default(),
        })
    }

    /// What goes wrong at present, in a language; None where all went well the last time.
    pub fn failing(&self, lang: Lang) -> Option<String> {
        let failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        failing.iter().flatten().next().map(|[zh, en]| lang.pick(zh, en).clone())
    }

    /// Whether an edition of this folder waits to be shared, because the store failed.
    pub fn waits_to_share(&self) -> bool {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)[Way::Share as usize].is_some()
    }

    /// Notes how it went, and says so once for each thing that goes wrong, and when it is well again.
    pub(super) fn note<T>(&self, way: Way, outcome: Result<T, DepotError>) -> Result<T, DepotError> {
        let now = outcome.as_ref().err().map(|e| [e.text(Lang::Zh), e.text(Lang::En)]);
        let thing = |of: &Option<[String; 2]>| of.as_ref().map(|[_, en]| en.split(": ").next().unwrap_or_default().to_owned());
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut failing[way as usize], now);
        match &failing[way as usize] {
            Some([_, en]) if thing(&before) != thing(&failing[way as usize]) => {
                let doing = if way == Way::Fetch { "fetched" } else { "shared" };
                tracing::error!("editions cannot be {doing}: {en}");
            }
            None if before.is_some() => tracing::info!("{} answers again", self.place),
            _ => {}
        }
        outcome
    }

    pub(super) fn key(&self, within: &str) -> Key {
        self.prefix.parts().chain(Key::from(within).parts()).collect()
    }

    pub(super) fn failed(&self, within: &str) -> impl FnOnce(object_store::Error) -> DepotError {
        let (place, key) = (self.place.clone(), within.to_owned());
        move |source| DepotError::Store { place, key, source }
    }

    pub(super) fn wrong(&self, within: &str, reason: impl Into<String>) -> DepotError {
        DepotError::Wrong { place: self.place.clone(), key: within.to_owned(), reason: reason.into() }
    }

    /// Reads the pointer; see [`pointer::read`].
    pub(super) async fn find_pointer(&self, known: Option<String>) -> Result<Found, DepotError> {
        pointer::read(&*self.store, &self.key(POINTER), known).await.map_err(self.failed(POINTER))
    }

    /// A pointer that was read, where it is this hub's.
    pub(super) fn parse(&self, text: &[u8]) -> Result<Pointer, DepotError> {
        let pointer = Pointer::parse(text).map_err(|reason| self.wrong(POINTER, reason))?;
        match self.hub.is_empty() || pointer.hub == self.hub {
            true => Ok(pointer),
            false => Err(DepotError::Foreign { place: self.place.clone() }),
        }
    }

    /// How many editions the store lists.
    ///
    /// # Errors
    /// Store, where it is not reached or refuses; Wrong, where its pointer is not what was written; Foreign.
    pub async fn look(&self) -> Result<usize, DepotError> {
        match self.find_pointer(None).await? {
            Found::Text(text, _) => Ok(self.parse(&text)?.editions.len()),
            Found::Nothing | Found::Same => Ok(0),
        }
    }

    /// A small object as a whole.
    pub(super) async fn whole(&self, within: &str) -> Result<Vec<u8>, DepotError> {
        let found = self.store.get(&self.key(within)).await.map_err(self.failed(within))?;
        Ok(found.bytes().await.map_err(self.failed(within))?.to_vec())
    }

    /// The parts of an object, in order; some are under way at a time.
    pub(super) fn parts(&self, within: &str, bytes: u64) -> impl futures_util::Stream<Item = Result<bytes::Bytes, DepotError>> {
        let (store, key) = (self.store.clone(), self.key(within));
        let (place, within) = (self.place.clone(), within.to_owned());
        futures_util::stream::iter((0..bytes).step_by(PART as usize))
            .map(move |start| {
                let (store, key, place, within) = (store.clone(), key.clone(), place.clone(), within.clone());
                async move {
                    let range = start..(start + PART).min(bytes);
                    store.get_range(&key, range).await.map_err(|source| DepotError::Store { place, key: within, source })
                }
            })
            .buffered(4)
    }

    /// What the folder was brought to last, by whichever process.
    pub(super) fn listed(&self) -> Pointer {
        let text = std::fs::read(self.root.join(LISTED)).unwrap_or_default();
        // A torn one names nothing to remove: no harm.
        let kept = serde_json::from_slice::<Kept>(&text).ok();
        let kept = kept.filter(|kept| kept.of == self.whereabouts && kept.pointer.hub == self.hub);
        kept.map_or_else(|| Pointer::new(&self.hub), |kept| kept.pointer)
    }

    pub(super) fn keep_listed(&self, pointer: &Pointer) -> Result<(), DepotError> {
        let (path, written) = (self.root.join(LISTED), self.root.join(".listed.new"));
        let io = |source| EditionError::Io { path: path.clone(), source };
        let kept = Kept { of: self.whereabouts.clone(), pointer: pointer.clone() };
        let text = serde_json::to_vec(&kept).expect("plain values");
        std::fs::write(&written, text).and_then(|()| std::fs::rename(&written, &path)).map_err(io)?;
        Ok(())
    }

    /// The folder is this process's until the answer is dropped: servers and commands on it wait for each other.
    pub(super) async fn turn(&self) -> Result<std::fs::File, DepotError> {
        let path = self.root.join(LOCK);
        let io = |source| EditionError::Io { path: path.clone(), source };
        std::fs::create_dir_all(&self.root).map_err(io)?;
        let file = std::fs::File::create(&path).map_err(io)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(std::fs::TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(100)).await,
                Err(std::fs::TryLockError::Error(source)) => return Err(io(source).into()),
            }
        }
    }
}

/// The pointer's key.
pub(super) const POINTER: &str = "current.json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_none_is_told_with_what_to_write() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let said = |place: &str| EditionStore { place: place.to_owned(), ..EditionStore::default() };
        let without_file = EditionStore { secret_file: Some(dir.path().join("none")), ..said("s3://huitu/editions") };
        for (said, names) in
            [(said("https://objects.example/huitu"), "s3://"), (said("s3:///editions"), "bucket"), (without_file, "secret_file")]
        {
            let error = Depot::open(&said, dir.path(), "one").err().expect(names);
            assert!(error.to_string().contains(names), "{error}");
            assert!(error.text(Lang::Zh).contains("[editions]"));
        }
    }
}
