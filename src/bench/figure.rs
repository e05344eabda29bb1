//! A figure as the benchmarks print it, with its bar.

use serde::Serialize;

/// One figure and its bar.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    pub what: String,
    pub value: f64,
    pub unit: &'static str,
    /// At most this; at least this where `higher_is_better`.
    pub bar: Option<f64>,
    pub higher_is_better: bool,
}

impl Figure {
    pub(crate) fn at_most(what: &str, value: f64, unit: &'static str, bar: Option<f64>) -> Figure {
        Figure { what: what.to_owned(), value, unit, bar, higher_is_better: false }
    }
    pub fn is_met(&self) -> bool {
        self.bar.is_none_or(|bar| if self.higher_is_better { self.value >= bar } else { self.value <= bar })
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:<58} {:>12.3} {:<7}", self.what, self.value, self.unit)?;
        match self.bar {
            Some(bar) => write!(
                f,
                " (bar {} {bar} {})",
                if self.higher_is_better { "≥" } else { "≤" },
                if self.is_met() { "ok" } else { "MISSED" }
            ),
            None => Ok(()),
        }
    }
}
