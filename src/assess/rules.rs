//! The rules of designated size and of the size classes, read from data files and checked before they judge anybody.
//!
//! In: the text of a thresholds file (`reference/thresholds.toml` shows the form) and of a size class table. Out: `Rules`,
//! or every fault with file, line and reason: a rule without dates, an unknown metric or code, two rules that claim the
//! same industry on the same day.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use chrono::NaiveDate;
use serde::Deserialize;
use toml::Spanned;

use super::industry::{Code, CodeSet, EDITIONS, Within};
use super::size_class::SizeClasses;
use crate::model::field::named;

const THRESHOLDS: &str = include_str!("../../reference/thresholds.toml");
const SIZE_CLASSES: &str = include_str!("../../reference/size_classes.csv");

named! {
    /// What a condition asks for. Money in yuan, people in persons, at the end of the year.
    pub enum Metric {
        /// 年主营业务收入.
        RevenueMain = "revenue_main",
        /// 年营业收入.
        Revenue = "revenue",
        /// 年商品销售额.
        Sales = "sales",
        /// 资产总计.
        Assets = "assets",
        /// 年末从业人员.
        Employees = "employees",
        /// 建筑业资质: general_contracting, professional_contracting, labour_subcontracting.
        Qualification = "qualification",
        /// 房地产开发经营活动.
        DevelopmentActivity = "development_activity",
        /// 国有.
        StateOwned = "state_owned",
        /// 星级饭店.
        StarRated = "star_rated",
    }
}

named! {
    /// `statistics` decides designated size; `union` are head counts of the federation, for proxies and targets.
    pub enum Family { Statistics = "statistics", Union = "union" }
}

/// One condition of a rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// At least so many yuan or persons (及以上, inclusive).
    AtLeast(Metric, i64),
    Is(Metric, bool),
    OneOf(Metric, Vec<Box<str>>),
}

impl Condition {
    pub fn metric(&self) -> Metric {
        match self {
            Condition::AtLeast(m, _) | Condition::Is(m, _) | Condition::OneOf(m, _) => *m,
        }
    }
}

/// One rule, in force from `valid_from` to `valid_to`, both days included.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub id: Box<str>,
    pub family: Family,
    pub title_zh: Box<str>,
    pub title_en: Box<str>,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    /// By edition; empty where the rule speaks of every industry.
    pub codes: BTreeMap<u16, CodeSet>,
    /// Every condition must hold; otherwise one is enough.
    pub all: bool,
    pub conditions: Vec<Condition>,
    /// Where the rule was read: titles of pages and laws.
    pub sources: Vec<Box<str>>,
    /// high, medium or low.
    pub confidence: Box<str>,
    pub cutover_uncertain: bool,
    /// Line in its file.
    pub line: usize,
}

impl Rule {
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|to| day <= to)
    }
    /// Whether the rule speaks of this industry, in the edition of the code.
    pub fn speaks_of(&self, code: &Code<'_>) -> Within {
        match self.codes.get(&code.edition) {
            Some(set) => set.holds(code),
            None if self.codes.is_empty() => Within::Yes,
            None => Within::No,
        }
    }
}

/// What is wrong with a rules file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct RuleFault {
    pub file: String,
    /// 1 = first line.
    pub line: usize,
    pub reason: String,
}

/// All rules that assessing applies.
#[derive(Debug, Clone)]
pub struct Rules {
    rules: Vec<Rule>,
    /// Sections without any rule of statistics, by edition.
    no_rule: BTreeMap<u16, Vec<char>>,
    pub size_classes: SizeClasses,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    schema: Spanned<u32>,
    #[serde(default)]
    sources: BTreeMap<String, String>,
    #[serde(default)]
    rule: Vec<Spanned<RuleText>>,
    #[serde(default)]
    no_rule: BTreeMap<String, Spanned<Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    id: Spanned<String>,
    family: Spanned<String>,
    scope_zh: String,
    #[serde(default)]
    scope_en: String,
    valid_from: Option<Spanned<String>>,
    valid_to: Option<Spanned<String>>,
    codes: Option<Spanned<CodesText>>,
    test: Spanned<String>,
    conditions: Vec<Spanned<ConditionText>>,
    #[serde(default)]
    sources: Vec<Spanned<String>>,
    #[serde(default)]
    confidence: Option<Spanned<String>>,
    #[serde(default)]
    cutover_uncertain: bool,
    #[serde(default, rename = "quote")]
    _quote: Option<String>,
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CodesText {
    Word(String),
    ByEdition(BTreeMap<String, CodeSetText>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeSetText {
    #[serde(default)]
    sections: Vec<String>,
    #[serde(default)]
    divisions: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    classes: Vec<String>,
    #[serde(default)]
    exclude_classes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionText {
    metric: String,
    op: String,
    value: toml::Value,
}

/// Collects faults with the line of the text they stand in.
struct Checker<'a> {
    file: &'a str,
    text: &'a str,
    faults: Vec<RuleFault>,
}

impl Checker<'_> {
    fn line(&self, at: usize) -> usize {
        self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|b| **b == b'\n').count() + 1
    }
    fn fault(&mut self, at: Range<usize>, reason: String) {
        let line = self.line(at.start);
        self.faults.push(RuleFault { file: self.file.to_string(), line, reason });
    }
    fn date(&mut self, text: &Spanned<String>, rule: &str) -> Option<NaiveDate> {
        let parsed = text.get_ref().parse().ok();
        if parsed.is_none() {
            self.fault(text.span(), format!("rule \"{rule}\": \"{}\" is no date; write it as 2020-01-31", text.get_ref()));
        }
        parsed
    }
}

impl Rules {
    /// The rules that ship with the program.
    pub fn embedded() -> Rules {
        Rules::parse(THRESHOLDS, "reference/thresholds.toml")
            .and_then(|rules| rules.with_size_classes(SIZE_CLASSES, "reference/size_classes.csv"))
            .unwrap_or_else(|faults| panic!("the shipped rules are checked by a test: {faults:?}"))
    }

    /// Reads a thresholds file; the size classes stay the shipped ones until `with_size_classes`.
    pub fn parse(text: &str, file: &str) -> Result<Rules, Vec<RuleFault>> {
        let mut check = Checker { file, text, faults: Vec::new() };
        let parsed: FileText = match toml::from_str(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                check.fault(error.span().unwrap_or(0..0), error.message().to_string());
                return Err(check.faults);
            }
        };
        if *parsed.schema.get_ref() != 1 {
            check.fault(
                parsed.schema.span(),
                format!("schema {} is unknown; this program reads schema 1", parsed.schema.get_ref()),
            );
        }
        let mut rules: Vec<Rule> = Vec::with_capacity(parsed.rule.len());
        for rule in &parsed.rule {
            rules.extend(read_rule(rule, &parsed.sources, &mut check));
        }
        let no_rule = parsed.no_rule.iter().filter_map(|(edition, sections)| {
            let known = edition.parse().ok().filter(|e| EDITIONS.contains(e));
            if known.is_none() {
                check.fault(sections.span(), format!("no_rule: edition \"{edition}\" is unknown; known: 2002, 2011, 2017"));
            }
            Some((known?, sections.get_ref().iter().filter_map(|s| s.chars().next()).collect()))
        });
        let no_rule = no_rule.collect();
        find_contradictions(&rules, &mut check);
        if !check.faults.is_empty() {
            return Err(check.faults);
        }
        let size_classes = SizeClasses::parse(SIZE_CLASSES, "reference/size_classes.csv")?;
        Ok(Rules { rules, no_rule, size_classes })
    }

    /// The same rules with another table of size classes.
    pub fn with_size_classes(mut self, text: &str, file: &str) -> Result<Rules, Vec<RuleFault>> {
        self.size_classes = SizeClasses::parse(text, file)?;
        Ok(self)
    }

    /// No rules at all, for questions that no rule decides.
    pub fn none() -> Rules {
        Rules { rules: Vec::new(), no_rule: BTreeMap::new(), size_classes: SizeClasses::default() }
    }

    pub fn all(&self) -> &[Rule] {
        &self.rules
    }
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|r| &*r.id == id)
    }
    /// The rules that decide designated size.
    pub fn statistics(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|r| r.family == Family::Statistics)
    }
    /// Sections of an edition for which statistics has no rule at all (A, J, S, T).
    pub fn without_rule(&self, edition: u16, section: char) -> bool {
        self.no_rule.get(&edition).is_some_and(|s| s.contains(&section))
    }
}

fn read_rule(spanned: &Spanned<RuleText>, sources: &BTreeMap<String, String>, check: &mut Checker<'_>) -> Option<Rule> {
    let text = spanned.get_ref();
    let id = text.id.get_ref().as_str();
    let at = text.id.span();
    let before = check.faults.len();
    let family = Family::from_name(text.family.get_ref());
    if family.is_none() {
        check.fault(
            text.family.span(),
            format!("rule \"{id}\": family \"{}\" is unknown; known: statistics, union", text.family.get_ref()),
        );
    }
    let valid_from = match &text.valid_from {
        Some(date) => check.date(date, id),
        None => {
            check.fault(at.clone(), format!("rule \"{id}\" has no valid_from: say from which day it holds"));
            None
        }
    };
    let valid_to = text.valid_to.as_ref().and_then(|date| check.date(date, id));
    if let (Some(from), Some(to), Some(span)) = (valid_from, valid_to, &text.valid_to)
        && to < from
    {
        check.fault(span.span(), format!("rule \"{id}\" ends on {to}, before it begins on {from}"));
    }
    let all = match text.test.get_ref().as_str() {
        "all" => true,
        "any" => false,
        other => {
            check.fault(text.test.span(), format!("rule \"{id}\": test \"{other}\" is unknown; known: all, any"));
            true
        }
    };
    if text.conditions.is_empty() {
        check.fault(at.clone(), format!("rule \"{id}\" has no conditions"));
    }
    let conditions = text.conditions.iter().filter_map(|c| read_condition(id, c, check)).collect();
    let codes = read_codes(id, text.codes.as_ref(), at.clone(), check);
    let named = text.sources.iter().filter_map(|source| {
        let known = sources.get(source.get_ref());
        if known.is_none() {
            check.fault(source.span(), format!("rule \"{id}\": source \"{}\" is not in [sources]", source.get_ref()));
        }
        known.map(|s| s.as_str().into())
    });
    let sources: Vec<Box<str>> = named.collect();
    if text.sources.is_empty() {
        check.fault(at.clone(), format!("rule \"{id}\" names no source"));
    }
    let confidence = text.confidence.as_ref().map_or("medium", |c| c.get_ref());
    if let (Some(span), false) = (&text.confidence, matches!(confidence, "high" | "medium" | "low")) {
        check.fault(span.span(), format!("rule \"{id}\": confidence \"{confidence}\" is unknown; known: high, medium, low"));
    }
    if check.faults.len() > before {
        return None;
    }
    Some(Rule {
        id: id.into(),
        family: family?,
        title_zh: text.scope_zh.as_str().into(),
        title_en: text.scope_en.as_str().into(),
        valid_from: valid_from?,
        valid_to,
        codes: codes?,
        all,
        conditions,
        sources,
        confidence: confidence.into(),
        cutover_uncertain: text.cutover_uncertain,
        line: check.line(at.start),
    })
}

fn read_condition(rule: &str, spanned: &Spanned<ConditionText>, check: &mut Checker<'_>) -> Option<Condition> {
    use Metric as M;
    let text = spanned.get_ref();
    let Some(metric) = Metric::from_name(&text.metric) else {
        let known: Vec<_> = Metric::ALL.iter().map(|m| m.name()).collect();
        check.fault(
            spanned.span(),
            format!("rule \"{rule}\": metric \"{}\" is unknown; known: {}", text.metric, known.join(", ")),
        );
        return None;
    };
    let condition = match (metric, text.op.as_str(), &text.value) {
        (M::RevenueMain | M::Revenue | M::Sales | M::Assets | M::Employees, "ge", toml::Value::Integer(n)) if *n > 0 => {
            Some(Condition::AtLeast(metric, *n))
        }
        (M::DevelopmentActivity | M::StateOwned | M::StarRated, "eq", toml::Value::Boolean(b)) => Some(Condition::Is(metric, *b)),
        (M::Qualification, "in", toml::Value::Array(list)) if !list.is_empty() => {
            list.iter().map(|v| v.as_str().map(Box::from)).collect::<Option<Vec<_>>>().map(|l| Condition::OneOf(metric, l))
        }
        _ => None,
    };
    if condition.is_none() {
        let form = match metric {
            M::Qualification => "op = \"in\" and a list of texts",
            M::DevelopmentActivity | M::StateOwned | M::StarRated => "op = \"eq\" and true or false",
            _ => "op = \"ge\" and a positive whole number (yuan or persons)",
        };
        check.fault(spanned.span(), format!("rule \"{rule}\": metric \"{metric}\" needs {form}"));
    }
    condition
}

fn read_codes(
    rule: &str,
    codes: Option<&Spanned<CodesText>>,
    at: Range<usize>,
    check: &mut Checker<'_>,
) -> Option<BTreeMap<u16, CodeSet>> {
    let Some(spanned) = codes else {
        check.fault(at, format!("rule \"{rule}\" names no codes: write codes.2017 = {{ sections = [..] }}, or codes = \"all\""));
        return None;
    };
    // An inline dotted key has the span of its last part: point at the rule instead where it is empty.
    let span = if spanned.span().is_empty() { at } else { spanned.span() };
    let by_edition = match spanned.get_ref() {
        CodesText::Word(word) if word == "all" => return Some(BTreeMap::new()),
        CodesText::Word(word) => {
            check.fault(span, format!("rule \"{rule}\": codes = \"{word}\" is unknown; write \"all\" or a table by edition"));
            return None;
        }
        CodesText::ByEdition(by_edition) => by_edition,
    };
    let mut sets = BTreeMap::new();
    for (edition, set) in by_edition {
        let Some(year) = edition.parse::<u16>().ok().filter(|e| EDITIONS.contains(e)) else {
            check.fault(span.clone(), format!("rule \"{rule}\": edition \"{edition}\" is unknown; known: 2002, 2011, 2017"));
            continue;
        };
        let mut read = CodeSet::default();
        for section in &set.sections {
            match Code::parse(section, year).filter(|c| c.digits.is_empty()).and_then(|c| c.section) {
                Some(letter) => read.sections.push(letter),
                None => check
                    .fault(span.clone(), format!("rule \"{rule}\": section \"{section}\" does not exist in edition {edition}")),
            }
        }
        let lists = [(&set.divisions, 2, "division"), (&set.groups, 3, "group"), (&set.classes, 4, "class")];
        for (list, length, what) in lists {
            for code in list {
                if code.len() == length && Code::parse(code, year).is_some() {
                    read.prefixes.push(code.as_str().into());
                } else {
                    check.fault(span.clone(), format!("rule \"{rule}\": {what} \"{code}\" does not exist in edition {edition}"));
                }
            }
        }
        for code in &set.exclude_classes {
            if code.len() == 4 && Code::parse(code, year).is_some() {
                read.excluded.push(code.as_str().into());
            } else {
                check.fault(
                    span.clone(),
                    format!("rule \"{rule}\": excluded class \"{code}\" does not exist in edition {edition}"),
                );
            }
        }
        if read.sections.is_empty() && read.prefixes.is_empty() {
            check.fault(span.clone(), format!("rule \"{rule}\" names no code of edition {edition}"));
        }
        sets.insert(year, read);
    }
    Some(sets)
}

/// Two rules of statistics that claim the same industry on the same day contradict each other; so do two of one id.
fn find_contradictions(rules: &[Rule], check: &mut Checker<'_>) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut found = Vec::new();
    for (i, b) in rules.iter().enumerate() {
        if let Some(line) = first.insert(&b.id, b.line) {
            found.push((b.line, format!("rule \"{}\" stands twice; the first is in line {line}", b.id)));
        }
        for a in rules[..i].iter().filter(|a| a.family == Family::Statistics && b.family == Family::Statistics) {
            let from = a.valid_from.max(b.valid_from);
            let to = [a.valid_to, b.valid_to].into_iter().flatten().min();
            if to.is_some_and(|to| to < from) {
                continue;
            }
            let shared = b.codes.iter().find_map(|(edition, set)| Some((edition, a.codes.get(edition)?.overlap(set, *edition)?)));
            let shared = match shared {
                Some((edition, code)) => format!("code {code} of edition {edition}"),
                None if a.codes.is_empty() || b.codes.is_empty() => "every industry".to_string(),
                None => continue,
            };
            found.push((
                b.line,
                format!(
                    "rule \"{}\" contradicts rule \"{}\" (line {}): both speak of {shared} from {from} on; end one or exclude the code",
                    b.id, a.id, a.line
                ),
            ));
        }
    }
    check.faults.extend(found.into_iter().map(|(line, reason)| RuleFault { file: check.file.to_string(), line, reason }));
}
