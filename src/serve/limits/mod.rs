//! What one caller may ask for: the cost of a document before it runs, and a budget per minute.

pub(in crate::serve) mod budget;
pub mod cost;
pub(in crate::serve) mod places;
