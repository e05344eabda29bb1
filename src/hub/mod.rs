//! Runs the journey: sync, ingest, live look-up, re-assess.

pub mod progress;
