//! The number of an enterprise in its edition.

/// Number of an enterprise in its edition: 0 is the most urgent.
pub type Row = u32;
