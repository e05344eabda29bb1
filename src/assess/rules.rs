//! The rules that assessing applies: the thresholds of designated size. The national size classes are a law, not a rule
//! file: `model::reference::size_class`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::model::problem::Problem;
use crate::model::reference::industries::IndustryCode;
use crate::model::reference::threshold_change::RuleChange;
use crate::model::reference::threshold_file::{ThresholdError, thresholds};
use crate::model::reference::thresholds::{IndustryMatch, RuleFamily, ThresholdRule, Thresholds};

/// Rules read from data files, checked before they judge anybody.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    thresholds: Thresholds,
}

impl Rules {
    /// The rules that ship with the program.
    pub fn embedded() -> Rules {
        Rules { thresholds: thresholds().clone() }
    }

    /// Reads a federation's own thresholds file; `file` is its name for messages. Refused as a whole, with file, line and
    /// reason of every fault found: a rule without dates, an unknown metric or code, two rules for one industry on one day.
    ///
    /// # Errors
    /// Every fault of the file, in the order of its lines.
    pub fn parse(text: &str, file: &str) -> Result<Rules, Vec<ThresholdError>> {
        Thresholds::parse(file, text).map(|thresholds| Rules { thresholds })
    }

    /// No rules at all, for questions that no rule decides.
    pub(crate) fn none() -> Rules {
        Rules { thresholds: Thresholds { rules: Vec::new(), no_rule: Default::default() } }
    }

    /// The rules as data: equal texts, equal law (`Thresholds::canonical`).
    pub fn canonical(&self) -> String {
        self.thresholds.canonical()
    }
    pub fn all(&self) -> &[ThresholdRule] {
        &self.thresholds.rules
    }
    /// The rule that a verdict names, as it was applied: one of these, or one of these with the amounts that its code says.
    pub fn named(&self, code: &str) -> Option<ThresholdRule> {
        self.thresholds.named(code).map(Cow::into_owned)
    }
    /// These rules with other amounts of some, by their codes.
    ///
    /// # Errors
    /// See [`Thresholds::with`].
    pub fn with(&self, changes: &BTreeMap<String, RuleChange>) -> Result<Rules, Problem> {
        self.thresholds.with(changes).map(|thresholds| Rules { thresholds })
    }
    /// The rules that decide designated size, on any day.
    pub fn statistics(&self) -> impl Iterator<Item = &ThresholdRule> {
        self.thresholds.rules.iter().filter(|r| r.family == RuleFamily::Statistics)
    }
    /// Whether statistics has no rule at all for this section (A, J, S, T).
    pub fn without_rule(&self, code: &IndustryCode) -> bool {
        self.thresholds.has_no_rule(code)
    }
    /// Whether some rule spoke or speaks of this industry, on whatever day.
    pub fn ever_speaks_of(&self, code: &IndustryCode) -> bool {
        self.statistics().any(|r| r.holds(code) != IndustryMatch::No)
    }
}
