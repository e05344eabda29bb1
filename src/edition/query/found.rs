//! Rows that somebody else finds in whichever edition is asked: by what an edition does not hold itself.

use std::fmt;
use std::sync::Arc;

use roaring::RoaringBitmap;
use serde::{Serialize, Serializer};

use crate::edition::open::Edition;

/// Finds rows of an edition by what it does not hold itself, such as units of the federation.
pub trait RowFinder: Send + Sync {
    /// The rows that are meant, in this edition.
    fn rows(&self, edition: &Edition) -> Arc<RoaringBitmap>;
}

/// A condition that a finder decides. Two with the same words are the same question: a cursor of one fits the other.
#[derive(Clone)]
pub struct FoundRows {
    asked: String,
    finder: Arc<dyn RowFinder>,
}

impl FoundRows {
    /// A condition by its words and whoever decides it.
    pub fn new(asked: impl Into<String>, finder: Arc<dyn RowFinder>) -> FoundRows {
        FoundRows { asked: asked.into(), finder }
    }
    /// The rows that are meant, in this edition.
    pub fn rows(&self, edition: &Edition) -> Arc<RoaringBitmap> {
        self.finder.rows(edition)
    }
}

impl fmt::Debug for FoundRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FoundRows").field(&self.asked).finish()
    }
}

impl PartialEq for FoundRows {
    fn eq(&self, other: &FoundRows) -> bool {
        self.asked == other.asked
    }
}

impl Serialize for FoundRows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.asked.serialize(serializer)
    }
}
