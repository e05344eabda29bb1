//! Threshold rules: who is above designated size, by which rule, from when to when.
//!
//! In: a day, an industry's code. Out: the rules in force and whether they hold the industry, and all of them as one text whose equality
//! is equality of the law. How their file is read says `threshold_file`; what an enterprise's figures make of a rule, `assess/size.rs`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::industries::{IndustryCode, industries};

/// Who uses a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleFamily {
    /// Decides designated size.
    Statistics,
    /// The federation's own head counts: proxies and targets.
    Union,
}

/// Whether a rule asks for all of its conditions or for one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleTest {
    /// Every condition.
    All,
    /// At least one condition.
    Any,
}

/// What a condition looks at. Money in yuan, people in persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Revenue from the main business (主营业务收入).
    RevenueMain,
    /// Operating revenue (营业收入).
    Revenue,
    /// Sales of goods (商品销售额).
    Sales,
    /// Persons employed (从业人员).
    Employees,
    /// Construction qualification (资质等级), as `qualification_of` reads it.
    Qualification,
    /// Whether it develops real estate.
    DevelopmentActivity,
    /// Whether it is state-owned.
    StateOwned,
    /// Whether the hotel has stars.
    StarRated,
}

impl Metric {
    /// As the threshold file writes it.
    pub fn name(self) -> &'static str {
        match self {
            Metric::RevenueMain => "revenue_main",
            Metric::Revenue => "revenue",
            Metric::Sales => "sales",
            Metric::Employees => "employees",
            Metric::Qualification => "qualification",
            Metric::DevelopmentActivity => "development_activity",
            Metric::StateOwned => "state_owned",
            Metric::StarRated => "star_rated",
        }
    }
}

/// One condition of a rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// At least so many yuan or persons.
    AtLeast(Metric, i64),
    /// The flag has this value.
    Is(Metric, bool),
    /// The word is one of these.
    OneOf(Metric, Vec<String>),
}

/// As the file writes it: `{ metric = "revenue", op = "ge", value = 5_000_000 }`.
impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written = serializer.serialize_struct("condition", 3)?;
        written.serialize_field("metric", self.metric().name())?;
        match self {
            Condition::AtLeast(_, least) => {
                written.serialize_field("op", "ge")?;
                written.serialize_field("value", least)?;
            }
            Condition::Is(_, flag) => {
                written.serialize_field("op", "eq")?;
                written.serialize_field("value", flag)?;
            }
            Condition::OneOf(_, words) => {
                written.serialize_field("op", "in")?;
                written.serialize_field("value", words)?;
            }
        }
        written.end()
    }
}

impl Condition {
    /// What it looks at.
    pub fn metric(&self) -> Metric {
        match self {
            Condition::AtLeast(m, _) | Condition::Is(m, _) | Condition::OneOf(m, _) => *m,
        }
    }
}

/// Industries a rule speaks of, in one edition: sections, divisions and classes as a union, less the excluded classes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeSet {
    /// Letters.
    #[serde(default)]
    pub sections: Vec<String>,
    /// Two digits each.
    #[serde(default)]
    pub divisions: Vec<String>,
    /// Four digits each.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Four digits each: not meant although a section or division above holds them.
    #[serde(default)]
    pub exclude_classes: Vec<String>,
}

/// Whether a code set holds an industry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndustryMatch {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The code is too coarse to tell: division 70 holds development (7010) and property management (7020).
    Undecided,
}

impl CodeSet {
    /// Whether an industry, of the edition these codes are of, is among them.
    pub fn holds(&self, code: &IndustryCode) -> IndustryMatch {
        let division = code.division();
        // A class in the list, or one left out, can be told only from four digits (or from fewer that exclude it).
        let touches = |classes: &[String]| {
            classes.iter().any(|c| c.starts_with(code.number()) && code.number().len() < 4)
                && (division.is_some()
                    || classes
                        .iter()
                        .any(|c| industries().section_of(code.edition, c[..2].parse().unwrap_or(0)) == Some(code.section)))
        };
        let named = |classes: &[String]| code.class().is_some_and(|c| classes.iter().any(|n| n == c));
        if named(&self.exclude_classes) {
            return IndustryMatch::No;
        }
        let whole = self.sections.iter().any(|s| s.starts_with(code.section))
            || division.is_some_and(|d| self.divisions.iter().any(|n| n == d));
        if whole {
            return if touches(&self.exclude_classes) { IndustryMatch::Undecided } else { IndustryMatch::Yes };
        }
        if named(&self.classes) {
            return IndustryMatch::Yes;
        }
        let section_only = division.is_none()
            && self.divisions.iter().any(|d| industries().section_of(code.edition, d.parse().unwrap_or(0)) == Some(code.section));
        if section_only || touches(&self.classes) { IndustryMatch::Undecided } else { IndustryMatch::No }
    }
}

/// One rule, as written in the file. It is written out under the file's own keys, whatever the fields are called here: what is
/// written decides whether two sets of rules are one law (`Thresholds::canonical`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThresholdRule {
    /// Names the rule in verdicts (`services-2021`).
    #[serde(rename = "id")]
    pub id: String,
    /// Who uses it.
    #[serde(rename = "family")]
    pub family: RuleFamily,
    /// Whom it is for, in Chinese.
    #[serde(rename = "scope_zh")]
    pub scope_zh: String,
    /// Whom it is for, in English.
    #[serde(rename = "scope_en")]
    pub scope_en: String,
    /// First day.
    #[serde(rename = "valid_from")]
    pub valid_from: NaiveDate,
    /// Last day, included; None while in force.
    #[serde(rename = "valid_to")]
    pub valid_to: Option<NaiveDate>,
    /// By edition; empty = every industry.
    #[serde(rename = "codes")]
    pub codes: BTreeMap<u16, CodeSet>,
    /// Whether all conditions must hold or one.
    #[serde(rename = "test")]
    pub test: RuleTest,
    /// Never empty.
    #[serde(rename = "conditions")]
    pub conditions: Vec<Condition>,
    /// Texts of the sources.
    #[serde(rename = "sources")]
    pub sources: Vec<String>,
    /// high, medium, low.
    #[serde(rename = "confidence")]
    pub confidence: String,
    /// The year of a change is inferred.
    #[serde(rename = "cutover_uncertain")]
    pub cutover_uncertain: bool,
}

impl ThresholdRule {
    /// Whether it is the law on a day.
    pub fn in_force(&self, on: NaiveDate) -> bool {
        self.valid_from <= on && self.valid_to.is_none_or(|last| on <= last)
    }
    /// Whether an industry, in its own edition, falls under it; never an edition it does not name.
    pub fn holds(&self, code: &IndustryCode) -> IndustryMatch {
        if self.codes.is_empty() {
            return IndustryMatch::Yes;
        }
        self.codes.get(&code.edition).map_or(IndustryMatch::No, |set| set.holds(code))
    }
}

/// Reads 资质等级 into the word that conditions on `qualification` use. `none` for a text that says there is none; None for an
/// empty or unknown text (then the input is missing, not failed).
pub fn qualification_of(raw: &str) -> Option<&'static str> {
    let text = raw.trim();
    let words = [
        ("无资质", "none"),
        ("施工总承包", "general_contracting"),
        ("总承包", "general_contracting"),
        ("专业承包", "professional_contracting"),
        ("专业分包", "professional_contracting"),
        ("劳务", "labour_subcontracting"),
        ("general_contracting", "general_contracting"),
        ("professional_contracting", "professional_contracting"),
        ("labour_subcontracting", "labour_subcontracting"),
    ];
    if matches!(text, "无" | "none") {
        return Some("none");
    }
    words.iter().find(|(word, _)| text.contains(word)).map(|(_, meaning)| *meaning)
}

/// All rules, and the sections that have none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Thresholds {
    /// In the order of the file.
    #[serde(rename = "rule")]
    pub rules: Vec<ThresholdRule>,
    /// Section letters without any rule of statistics, by edition.
    #[serde(rename = "no_rule")]
    pub no_rule: BTreeMap<u16, Vec<char>>,
}

impl Thresholds {
    /// The rules as JSON with sorted keys and no blanks, under the keys of the file: equal texts, equal law. Comments, the order
    /// of keys and how a number is spelt do not show; the order of the rules does.
    pub fn canonical(&self) -> String {
        serde_json::to_value(self).expect("rules are texts, numbers and dates").to_string()
    }
    /// The rule of that id.
    pub fn rule(&self, id: &str) -> Option<&ThresholdRule> {
        self.rules.iter().find(|r| r.id == id)
    }
    /// Rules of a family in force on a day, in the order of the file.
    pub fn in_force(&self, family: RuleFamily, on: NaiveDate) -> impl Iterator<Item = &ThresholdRule> {
        self.rules.iter().filter(move |r| r.family == family && r.in_force(on))
    }
    /// Whether an industry is of a section for which statistics knows no designated size.
    pub fn has_no_rule(&self, code: &IndustryCode) -> bool {
        self.no_rule.get(&code.edition).is_some_and(|letters| letters.contains(&code.section))
    }
}

#[cfg(test)]
mod tests {
    use super::qualification_of;

    #[test]
    fn qualifications_are_read_from_the_words_of_the_licence() {
        assert_eq!(qualification_of("建筑工程施工总承包二级"), Some("general_contracting"));
        assert_eq!(qualification_of("专业承包一级"), Some("professional_contracting"));
        assert_eq!(qualification_of("施工劳务"), Some("labour_subcontracting"));
        assert_eq!(qualification_of("无"), Some("none"));
        assert_eq!(qualification_of(""), None);
        assert_eq!(qualification_of("二级"), None);
    }
}
