//! What one caller may ask for: the cost of a document before it runs, a budget per minute, places, and a lane beside the others.

pub(in crate::serve) mod background;
pub(in crate::serve) mod budget;
pub mod cost;
pub(in crate::serve) mod lanes;
pub(in crate::serve) mod slots;
