//! The federation as it is: units and the tree they form, where every enterprise is at home in it, posts, places, figures, and how
//! units stand by the year's rules. Pure.
//!
//! In: sheets as people keep them, facts of enterprises, a day. Out: nouns that were checked as a whole, or every fault with its line;
//! homes, sums, pace, ranks. What it does not do: keep anything, ask the time, know who may see what.

pub mod appraisal;
pub mod delivered;
pub mod delivered_units;
pub mod dispatch;
pub mod entry;
pub mod figure;
pub mod home;
pub mod key_point;
pub mod month;
pub mod pace;
pub mod pilot;
pub mod place;
pub mod post;
pub mod service;
pub mod share;
pub mod sheet;
pub mod unit;
pub mod written;
