//! Outreach cases: what stands between "lacks a union" and "founded". Pure: stages and what may follow on what, closing by the data,
//! cases of enterprises that join and part, visit lists and what they bring back; and what is asked of departments, with what their answers and
//! deliveries make of it.
//!
//! In: a case as it stands, a change or what an edition says of its enterprise. Out: the case as it stands then, and the steps that led
//! there. What it does not do: keep anything, ask the time, know who may see what.

pub mod closing;
pub mod correction;
pub mod duty;
pub mod lead;
pub mod seat;
pub mod sheet;
pub mod standing;
pub mod turf;
pub mod visit;
