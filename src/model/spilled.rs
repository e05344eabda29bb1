//! A text that stands in memory, or in a file of those that wait to be written: a city has millions of them that nobody looks at
//! between their making and their writing.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Where texts lie that were put out of memory.
pub trait Spill: fmt::Debug + Send + Sync {
    /// `len` bytes from `at` on.
    ///
    /// # Errors
    /// Those of reading; `InvalidData` where the bytes are no text.
    fn text(&self, at: u64, len: usize) -> io::Result<String>;
}

/// See the module.
#[derive(Clone)]
pub enum SpilledText {
    /// In memory.
    Here(Box<str>),
    /// In a file.
    There {
        /// The file.
        of: Arc<dyn Spill>,
        /// Where it begins, and in the lowest [`SpilledText::LEN_BITS`] bits its length in bytes: in one number, as there are millions.
        place: u64,
    },
}

impl SpilledText {
    /// Bits of a place that tell the length.
    pub const LEN_BITS: u32 = 24;

    /// A text of a file; None where it is too long to be told of, or stands too far behind.
    pub fn there(of: Arc<dyn Spill>, at: u64, len: usize) -> Option<SpilledText> {
        let fits = len < 1 << SpilledText::LEN_BITS && at < 1 << (64 - SpilledText::LEN_BITS);
        fits.then(|| SpilledText::There { of, place: at << SpilledText::LEN_BITS | len as u64 })
    }

    /// What it says.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn text(&self) -> io::Result<Cow<'_, str>> {
        match self {
            SpilledText::Here(text) => Ok((&**text).into()),
            SpilledText::There { of, place } => {
                let (at, len) = (place >> SpilledText::LEN_BITS, place & ((1 << SpilledText::LEN_BITS) - 1));
                Ok(of.text(at, len as usize)?.into())
            }
        }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        match self {
            SpilledText::Here(text) => text.is_empty(),
            SpilledText::There { place, .. } => place & ((1 << SpilledText::LEN_BITS) - 1) == 0,
        }
    }
}

impl Default for SpilledText {
    fn default() -> SpilledText {
        SpilledText::Here("".into())
    }
}

impl From<Box<str>> for SpilledText {
    fn from(text: Box<str>) -> SpilledText {
        SpilledText::Here(text)
    }
}

impl From<&str> for SpilledText {
    fn from(text: &str) -> SpilledText {
        SpilledText::Here(text.into())
    }
}

/// Equal texts, wherever they stand.
impl PartialEq for SpilledText {
    fn eq(&self, other: &SpilledText) -> bool {
        matches!((self.text(), other.text()), (Ok(one), Ok(other)) if one == other)
    }
}

impl fmt::Debug for SpilledText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Ok(text) => fmt::Debug::fmt(&text, f),
            Err(e) => write!(f, "({e})"),
        }
    }
}
