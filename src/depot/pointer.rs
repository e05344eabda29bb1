//! `current.json`: which editions there are. Read and written whole, by the version that was read.

use object_store::path::Path;
use object_store::{GetOptions, ObjectStore, PutMode, PutOptions, UpdateVersion};
use serde::{Deserialize, Serialize};

/// Raised when a reader of the previous format could misread the pointer or what it leads to.
const FORMAT: u32 = 1;

/// The editions there are, ascending by number: the last one is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pointer {
    format: u32,
    /// Name of the store whose editions they are: two hubs in one place would take each other's away.
    pub hub: String,
    pub editions: Vec<Listed>,
}

/// One edition that is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    pub number: u32,
    /// Of its manifest.
    pub seal: String,
}

impl Listed {
    /// Where its manifest is, within the store.
    pub fn manifest_key(&self) -> String {
        format!("editions/{:06}-{}.json", self.number, self.seal)
    }
}

impl Pointer {
    /// Lists nothing yet.
    pub fn new(hub: &str) -> Pointer {
        Pointer { format: FORMAT, hub: hub.to_owned(), editions: Vec::new() }
    }

    /// The edition of a number; None where it is not listed.
    pub fn of(&self, number: u32) -> Option<&Listed> {
        self.editions.iter().find(|listed| listed.number == number)
    }

    /// Lists an edition, in the place of another one of its number.
    pub fn put(&mut self, listed: Listed) {
        self.editions.retain(|other| other.number != listed.number);
        self.editions.push(listed);
        self.editions.sort_by_key(|listed| listed.number);
    }

    /// # Errors
    /// What is wrong with the text, in English: half a file, no JSON, another format, an order of its own.
    pub fn parse(text: &[u8]) -> Result<Pointer, String> {
        let pointer: Pointer = serde_json::from_slice(text).map_err(|e| format!("it is no pointer: {e}"))?;
        if pointer.format != FORMAT {
            return Err(format!("format {} is not {FORMAT}, which this program reads", pointer.format));
        }
        let plain = |listed: &Listed| listed.seal.len() == 64 && listed.seal.bytes().all(|b| b.is_ascii_hexdigit());
        if !pointer.editions.is_sorted_by(|a, b| a.number < b.number) || !pointer.editions.iter().all(plain) {
            return Err("its editions are not in order, or are not named by their seals".to_owned());
        }
        Ok(pointer)
    }

    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("plain values")
    }
}

/// What was found where the pointer is.
pub(super) enum Found {
    /// The one that was read before.
    Same,
    /// There is none.
    Nothing,
    /// Its text, and by which version it is replaced.
    Text(Vec<u8>, UpdateVersion),
}

/// Reads the pointer, where its tag is another than `known`.
pub(super) async fn read(store: &dyn ObjectStore, key: &Path, known: Option<String>) -> Result<Found, object_store::Error> {
    let options = GetOptions { if_none_match: known, ..GetOptions::default() };
    match store.get_opts(key, options).await {
        Ok(found) => {
            let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
            Ok(Found::Text(found.bytes().await?.to_vec(), version))
        }
        Err(object_store::Error::NotModified { .. }) => Ok(Found::Same),
        Err(object_store::Error::NotFound { .. }) => Ok(Found::Nothing),
        Err(error) => Err(error),
    }
}

/// Replaces the pointer that was read (None: there was none); false where somebody else has meanwhile. With its new tag.
pub(super) async fn write(
    store: &dyn ObjectStore,
    key: &Path,
    pointer: &Pointer,
    read: Option<UpdateVersion>,
) -> Result<Option<Option<String>>, object_store::Error> {
    let mode = read.map_or(PutMode::Create, PutMode::Update);
    match store.put_opts(key, pointer.to_json().into(), PutOptions::from(mode)).await {
        Ok(put) => Ok(Some(put.e_tag)),
        Err(object_store::Error::Precondition { .. } | object_store::Error::AlreadyExists { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_read_whole_or_not_at_all() {
        let mut pointer = Pointer::new("one");
        for number in [7, 3, 12, 7] {
            pointer.put(Listed { number, seal: format!("{number:064}") });
        }
        assert_eq!(pointer.editions.iter().map(|e| e.number).collect::<Vec<_>>(), [3, 7, 12]);
        let text = pointer.to_json();
        assert_eq!(Pointer::parse(&text).expect("as it was written"), pointer);
        for end in 0..text.len() - 1 {
            assert!(Pointer::parse(&text[..end]).is_err(), "the first {end} bytes");
        }
        let other = String::from_utf8(text).expect("JSON").replace("\"format\": 1", "\"format\": 2");
        assert!(Pointer::parse(other.as_bytes()).expect_err("another format").contains("format 2"));
        let away = Pointer { editions: vec![Listed { number: 1, seal: "../../elsewhere".to_owned() }], ..Pointer::new("one") };
        assert!(Pointer::parse(&away.to_json()).is_err(), "a seal leads nowhere else");
    }
}
