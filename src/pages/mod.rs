//! Printed pages: the bulletin, the receipt of a batch, the report on linking, visit lists, which also come back,
//! the letter of what is asked of a department, the return flow as files, and what a browser is told.
//!
//! In: figures that other rooms have worked out. Out: one HTML file that needs nothing from outside. No page counts or decides.

pub(crate) mod bulletin;
pub mod correction_letter;
pub mod letters;
pub mod linking;
pub mod notice;
pub mod receipt;
pub mod return_flow;
pub mod visits;
pub(crate) mod workbook;
