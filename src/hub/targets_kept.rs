//! Targets as they were read last, kept until one is set or lands.

use std::sync::Mutex;

use chrono::NaiveDate;

use crate::assess::targets::Target;

/// Who set a target, and when.
#[derive(Debug, Clone, PartialEq)]
pub enum SetBy {
    Person(Option<String>),
    /// The registry that delivers it.
    Registry(String),
}

/// A target in force, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    pub target: Target,
    pub by: SetBy,
    /// Milliseconds since 1970.
    pub at: i64,
    /// The document that a person took it from.
    pub source: Option<String>,
}

/// So many questions' targets are kept.
const KEPT: usize = 8;

/// What targets are read of, and which are asked for.
#[derive(Debug, PartialEq)]
pub(in crate::hub) struct TargetsStamp {
    /// Of those that people set.
    pub set: (i64, i64, i64),
    /// The last landing of each registry that delivers some.
    pub landed: Vec<i64>,
    pub year: Option<i32>,
    pub on: NaiveDate,
    pub at: Option<i64>,
}

/// Targets that were read, until one is set or lands.
#[derive(Debug, Default)]
pub(in crate::hub) struct TargetsKept(Mutex<Vec<(TargetsStamp, Vec<Given>)>>);

impl TargetsKept {
    pub fn of(&self, stamp: &TargetsStamp) -> Option<Vec<Given>> {
        let kept = self.0.lock().expect("no panic while holding targets");
        kept.iter().find(|(known, _)| known == stamp).map(|(_, given)| given.clone())
    }
    pub fn keep(&self, stamp: TargetsStamp, given: Vec<Given>) {
        let mut kept = self.0.lock().expect("no panic while holding targets");
        kept.retain(|(known, _)| known.set == stamp.set && *known != stamp);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((stamp, given));
    }
}
