//! The file of threshold rules, read: `reference/thresholds.toml`, shipped with the program, or a federation's own of the same form.
//!
//! In: its text. Out: [`Thresholds`], or every fault with its line and its reason: a wrong file is refused as a whole. What the rules
//! mean stands in `thresholds`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::Deserialize;
use toml::Spanned;

use super::industries::{EDITIONS, IndustryCode, industries};
use super::thresholds::{CodeSet, Condition, IndustryMatch, Metric, RuleFamily, RuleTest, ThresholdRule, Thresholds};

/// The rules shipped with the program.
pub fn thresholds() -> &'static Thresholds {
    static THRESHOLDS: LazyLock<Thresholds> = LazyLock::new(|| {
        Thresholds::parse("reference/thresholds.toml", include_str!("../../../reference/thresholds.toml"))
            .unwrap_or_else(|faults| panic!("{}", faults[0]))
    });
    &THRESHOLDS
}

/// Why a threshold file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct ThresholdError {
    /// Name of the file, as it was given.
    pub file: String,
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong there, and what is expected.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    schema: u32,
    sources: BTreeMap<String, String>,
    rule: Vec<Spanned<RawRule>>,
    #[serde(default)]
    no_rule: BTreeMap<String, Vec<char>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: String,
    family: RuleFamily,
    scope_zh: String,
    scope_en: String,
    valid_from: Option<String>,
    valid_to: Option<String>,
    codes: RawCodes,
    test: RuleTest,
    conditions: Vec<RawCondition>,
    sources: Vec<String>,
    confidence: String,
    #[serde(default)]
    cutover_uncertain: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawCodes {
    All(String),
    ByEdition(BTreeMap<String, CodeSet>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCondition {
    metric: Metric,
    op: String,
    value: toml::Value,
}

impl Thresholds {
    /// Reads a threshold file; `file` is its name for messages. Refuses unknown keys, a rule without dates or codes, a code
    /// that its edition does not have, and two rules of statistics that judge the same industry on the same day differently.
    /// Every fault that is found is named, not only the first.
    ///
    /// # Errors
    /// Every fault of the file, in the order of its lines.
    pub fn parse(file: &str, text: &str) -> Result<Thresholds, Vec<ThresholdError>> {
        let error = |at: Option<Range<usize>>, reason: String| ThresholdError {
            file: file.to_owned(),
            line: at.map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1),
            reason,
        };
        let mut faults = Vec::new();
        let raw = match toml::from_str::<RawFile>(text) {
            Ok(raw) => Parsed {
                schema: raw.schema,
                sources: raw.sources,
                rules: raw.rule.into_iter().map(|r| (r.span(), r.into_inner())).collect(),
                no_rule: raw.no_rule,
            },
            Err(e) => {
                faults.push(error(e.span(), e.message().to_owned()));
                // One rule cannot be read: what is wrong with the others is said all the same.
                match lenient(text, e.span(), |at, reason| faults.push(error(at, reason))) {
                    Some(raw) => raw,
                    None => return Err(faults),
                }
            }
        };
        if raw.schema != 1 {
            faults.push(error(None, format!("schema {} is not known; this program reads schema 1", raw.schema)));
        }
        let mut rules: Vec<ThresholdRule> = Vec::new();
        for (span, rule) in raw.rules {
            let rule = match read_rule(rule, &raw.sources) {
                Ok(rule) => rule,
                Err(reason) => {
                    faults.push(error(Some(span), reason));
                    continue;
                }
            };
            if rules.iter().any(|r| r.id == rule.id) {
                faults.push(error(Some(span.clone()), format!("rule {:?} stands twice", rule.id)));
            } else if let Some(other) = rules.iter().find(|r| contradicts(r, &rule)) {
                faults.push(error(
                    Some(span),
                    format!(
                        "rule {:?} judges an industry that rule {:?} judges on the same day; end one before the other begins",
                        rule.id, other.id
                    ),
                ));
            }
            rules.push(rule);
        }
        let mut no_rule = BTreeMap::new();
        for (edition, letters) in raw.no_rule {
            match read_edition(&edition) {
                Ok(edition) => drop(no_rule.insert(edition, letters)),
                Err(reason) => faults.push(error(None, reason)),
            }
        }
        faults.sort_by_key(|f| f.line);
        if faults.is_empty() { Ok(Thresholds { rules, no_rule }) } else { Err(faults) }
    }
}

/// A file's rules with where they stand.
struct Parsed {
    schema: u32,
    sources: BTreeMap<String, String>,
    rules: Vec<(Range<usize>, RawRule)>,
    no_rule: BTreeMap<String, Vec<char>>,
}

/// Reads what can be read of a file that cannot be read as a whole; `known` is where the fault that was named already stands.
fn lenient(text: &str, known: Option<Range<usize>>, mut fault: impl FnMut(Option<Range<usize>>, String)) -> Option<Parsed> {
    #[derive(Deserialize)]
    struct Loose {
        #[serde(default)]
        sources: BTreeMap<String, String>,
        #[serde(default)]
        rule: Vec<Spanned<toml::Table>>,
    }
    let loose: Loose = toml::from_str(text).ok()?;
    let starts: Vec<usize> = loose.rule.iter().map(|r| r.span().start).chain([text.len()]).collect();
    let mut rules = Vec::with_capacity(loose.rule.len());
    for (i, spanned) in loose.rule.into_iter().enumerate() {
        let (span, body) = (spanned.span(), starts[i]..starts[i + 1]);
        match RawRule::deserialize(spanned.into_inner()) {
            Ok(rule) => rules.push((span, rule)),
            Err(_) if known.as_ref().is_some_and(|k| body.contains(&k.start)) => {}
            Err(e) => fault(Some(span), e.message().to_owned()),
        }
    }
    Some(Parsed { schema: 1, sources: loose.sources, rules, no_rule: BTreeMap::new() })
}

fn read_edition(text: &str) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|e| EDITIONS.contains(e))
        .ok_or_else(|| format!("{text:?} is no edition of GB/T 4754; known are 2002, 2011 and 2017"))
}

fn read_rule(raw: RawRule, sources: &BTreeMap<String, String>) -> Result<ThresholdRule, String> {
    let id = raw.id;
    let day = |key: &str, value: &str| {
        value.parse::<NaiveDate>().map_err(|_| format!("rule {id:?}: {key} = {value:?} is no date; write it as 2011-01-01"))
    };
    let valid_from = day("valid_from", raw.valid_from.as_deref().ok_or_else(|| format!("rule {id:?} has no valid_from"))?)?;
    let valid_to = raw.valid_to.as_deref().map(|d| day("valid_to", d)).transpose()?;
    if valid_to.is_some_and(|last| last < valid_from) {
        return Err(format!("rule {id:?} ends before it begins"));
    }
    let mut codes = BTreeMap::new();
    match raw.codes {
        RawCodes::All(all) if all == "all" => {}
        RawCodes::All(other) => return Err(format!("rule {id:?}: codes = {other:?}; write \"all\" or one set per edition")),
        RawCodes::ByEdition(sets) => {
            for (edition, set) in sets {
                let edition = read_edition(&edition).map_err(|e| format!("rule {id:?}: {e}"))?;
                check_codes(edition, &set).map_err(|e| format!("rule {id:?}: {e}"))?;
                codes.insert(edition, set);
            }
            if codes.is_empty() {
                return Err(format!("rule {id:?} names no industry; write codes = \"all\" if it means every one"));
            }
        }
    }
    if raw.conditions.is_empty() {
        return Err(format!("rule {id:?} has no condition"));
    }
    let conditions = raw.conditions.into_iter().map(|c| read_condition(&id, c)).collect::<Result<_, _>>()?;
    let mut named = Vec::new();
    for key in raw.sources {
        named.push(sources.get(&key).cloned().ok_or_else(|| format!("rule {id:?}: source {key:?} is not in [sources]"))?);
    }
    Ok(ThresholdRule {
        family: raw.family,
        scope_zh: raw.scope_zh,
        scope_en: raw.scope_en,
        valid_from,
        valid_to,
        codes,
        test: raw.test,
        conditions,
        sources: named,
        confidence: raw.confidence,
        cutover_uncertain: raw.cutover_uncertain,
        id,
    })
}

fn read_condition(rule: &str, raw: RawCondition) -> Result<Condition, String> {
    let bad = || format!("rule {rule:?}: condition on {} has op {:?} with value {}", raw.metric.name(), raw.op, raw.value);
    Ok(match (raw.op.as_str(), &raw.value) {
        ("ge", toml::Value::Integer(n)) if *n >= 0 => Condition::AtLeast(raw.metric, *n),
        ("eq", toml::Value::Boolean(b)) => Condition::Is(raw.metric, *b),
        ("in", toml::Value::Array(words)) => Condition::OneOf(
            raw.metric,
            words.iter().map(|w| w.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or_else(bad)?,
        ),
        _ => return Err(bad()),
    })
}

fn check_codes(edition: u16, set: &CodeSet) -> Result<(), String> {
    let all = industries();
    let unknown = |code: &str| format!("{code:?} is not in the edition of {edition}");
    for section in &set.sections {
        let mut letters = section.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) if all.section_name(edition, letter).is_some() => {}
            _ => return Err(unknown(section)),
        }
    }
    for code in &set.divisions {
        if code.len() != 2 || IndustryCode::parse(code, edition).is_none() {
            return Err(unknown(code));
        }
    }
    for code in set.classes.iter().chain(&set.exclude_classes) {
        if code.len() != 4 || IndustryCode::parse(code, edition).is_none() {
            return Err(unknown(code));
        }
    }
    Ok(())
}

/// Two rules of statistics with a common day and a common industry.
fn contradicts(a: &ThresholdRule, b: &ThresholdRule) -> bool {
    let ends = |r: &ThresholdRule| r.valid_to.unwrap_or(NaiveDate::MAX);
    let same_family = a.family == RuleFamily::Statistics && b.family == RuleFamily::Statistics;
    if !same_family || a.valid_from > ends(b) || b.valid_from > ends(a) {
        return false;
    }
    EDITIONS.iter().any(|edition| match (a.codes.get(edition), b.codes.get(edition)) {
        (Some(left), Some(right)) => overlap(*edition, left, right),
        _ => false,
    })
}

fn overlap(edition: u16, a: &CodeSet, b: &CodeSet) -> bool {
    let classes = a.classes.iter().chain(&b.classes).chain(&a.exclude_classes).chain(&b.exclude_classes);
    // A class that neither names stands for the rest of its division.
    let rest = (1..=98).map(|d| format!("{d:02}99"));
    classes.cloned().chain(rest).any(|class| {
        IndustryCode::parse(&class, edition)
            .is_some_and(|code| a.holds(&code) == IndustryMatch::Yes && b.holds(&code) == IndustryMatch::Yes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str, edition: u16) -> IndustryCode {
        IndustryCode::parse(text, edition).unwrap()
    }
    fn judging(text: &str, edition: u16, on: &str) -> Vec<(&'static str, IndustryMatch)> {
        let on = on.parse().unwrap();
        thresholds()
            .in_force(RuleFamily::Statistics, on)
            .map(|r| (r.id.as_str(), r.holds(&code(text, edition))))
            .filter(|(_, h)| *h != IndustryMatch::No)
            .collect()
    }

    #[test]
    fn each_industry_has_one_rule_in_each_edition() {
        use IndustryMatch::{Undecided, Yes};
        type Judging = &'static [(&'static str, IndustryMatch)];
        let cases: [(&str, u16, &str, Judging); 16] = [
            ("3911", 2017, "2026-09-30", &[("industry-2011", Yes)]),
            ("3911", 2002, "2008-06-30", &[("industry-2007", Yes)]),
            ("5199", 2017, "2026-09-30", &[("wholesale-2010", Yes)]),
            ("5191", 2002, "2026-09-30", &[("services-2020-2000", Yes)]),
            ("6399", 2002, "2026-09-30", &[("wholesale-2010", Yes)]),
            ("7010", 2017, "2026-09-30", &[("real-estate-development", Yes)]),
            ("7020", 2017, "2026-09-30", &[("services-2020-1000", Yes)]),
            ("70", 2017, "2026-09-30", &[("real-estate-development", Undecided), ("services-2020-1000", Undecided)]),
            ("8411", 2017, "2026-09-30", &[("services-2020-2000", Yes)]),
            ("8411", 2011, "2026-09-30", &[("services-2020-500", Yes)]),
            ("8311", 2011, "2026-09-30", &[("services-2020-2000", Yes)]),
            ("Q", 2017, "2026-09-30", &[("services-2020-2000", Undecided), ("services-2020-500", Undecided)]),
            ("7299", 2017, "2019-12-31", &[("services-2013-1000", Yes)]),
            ("7299", 2017, "2020-01-01", &[("services-2020-1000", Yes)]),
            ("6601", 2017, "2026-09-30", &[]),
            ("7299", 2017, "2012-12-31", &[]),
        ];
        for (text, edition, on, expected) in cases {
            assert_eq!(judging(text, edition, on), expected, "{text} of {edition} on {on}");
        }
        assert!(thresholds().has_no_rule(&code("6601", 2017)));
    }

    /// One rule in the smallest file that holds one.
    const SMALL: &str = r#"
        schema = 1
        [sources]
        page = "某页"
        [[rule]]
        id = "a"
        family = "statistics"
        scope_zh = "工业"
        scope_en = "industry"
        valid_from = "2011-01-01"
        codes.2017 = { sections = ["B"] }
        test = "all"
        conditions = [{ metric = "revenue", op = "ge", value = 20_000_000 }, { metric = "state_owned", op = "eq", value = true }]
        sources = ["page"]
        confidence = "high"
        [no_rule]
        2017 = ["A"]
    "#;

    fn canonical(text: &str) -> String {
        Thresholds::parse("mine.toml", text).unwrap().canonical()
    }

    /// Digests of this text are kept with every edition: whatever the fields are called in the program, it stays as it is.
    #[test]
    fn rules_are_written_out_under_the_keys_of_the_file() {
        let expected = r#"{"no_rule":{"2017":["A"]},"rule":[{"codes":{"2017":{"classes":[],"divisions":[],"exclude_classes":[],"sections":["B"]}},"conditions":[{"metric":"revenue","op":"ge","value":20000000},{"metric":"state_owned","op":"eq","value":true}],"confidence":"high","cutover_uncertain":false,"family":"statistics","id":"a","scope_en":"industry","scope_zh":"工业","sources":["某页"],"test":"all","valid_from":"2011-01-01","valid_to":null}]}"#;
        assert_eq!(canonical(SMALL), expected);
    }

    #[test]
    fn another_spelling_is_the_same_law_and_every_other_value_is_another() {
        let plain = canonical(SMALL);
        assert_eq!(canonical(&SMALL.replace("20_000_000", "20000000").replace("[[rule]]", "# 说明\n[[rule]]")), plain);
        for (from, to) in [
            ("20_000_000", "20_000_001"),
            ("value = true", "value = false"),
            ("\"revenue\"", "\"sales\""),
            ("\"all\"", "\"any\""),
            ("\"statistics\"", "\"union\""),
            ("2011-01-01\"", "2011-01-01\"\n        valid_to = \"2030-12-31\""),
            ("2011-01-01", "2012-01-01"),
            ("sections = [\"B\"]", "divisions = [\"06\"]"),
            ("codes.2017", "codes.2011"),
            ("\"high\"", "\"low\""),
            ("[\"A\"]", "[\"A\", \"J\"]"),
            ("\"某页\"", "\"另一页\""),
        ] {
            assert_ne!(canonical(&SMALL.replacen(from, to, 1)), plain, "{from} → {to}");
        }
    }

    /// Replaces `from` by `to` in the first rule that has it, and expects the whole file to be refused.
    fn refused(from: &str, to: &str) -> ThresholdError {
        let text = include_str!("../../../reference/thresholds.toml");
        assert!(text.contains(from));
        Thresholds::parse("mine.toml", &text.replacen(from, to, 1)).unwrap_err().remove(0)
    }

    #[test]
    fn a_wrong_file_is_refused_with_its_line_and_reason() {
        let gone = refused("valid_from = \"1998-01-01\"\n", "");
        assert!(gone.reason.contains("no valid_from"), "{gone}");
        assert!(gone.line > 20, "{gone}");
        assert!(refused("valid_from = \"2011-01-01\"", "valid_from = \"2010-01-01\"").reason.contains("industry-2007"));
        assert!(refused("divisions = [\"63\"]", "divisions = [\"64\"]").reason.contains("not in the edition of 2002"));
        assert!(refused("op = \"ge\"", "op = \"gt\"").reason.contains("op \"gt\""));
        assert!(refused("confidence = ", "confidense = ").reason.contains("confidense"));
        assert!(refused("sources = [\"fujian-2023\"]", "sources = [\"nobody\"]").reason.contains("nobody"));
        assert!(refused("valid_to = \"2006-12-31\"", "valid_to = \"1996-12-31\"").reason.contains("ends before"));
        assert!(refused("id = \"industry-2007\"", "id = \"industry-1998\"").reason.contains("twice"));
    }
}
