//! The rows that the last texts were found in, per edition; the oldest text is forgotten first.

use std::sync::Arc;

use hashbrown::HashMap;
use roaring::RoaringBitmap;

/// Texts whose rows are remembered per edition.
pub(in crate::edition) const REMEMBERED: usize = 64;

/// Rows per text, oldest forgotten first.
#[derive(Default)]
pub(in crate::edition) struct TextCache {
    pub rows: HashMap<String, Arc<RoaringBitmap>>,
    pub order: std::collections::VecDeque<String>,
}
