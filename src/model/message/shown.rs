//! How a value of a reason is printed: money in 万元, industries and rules by their names, what a visit found in words.
//!
//! In: the name of an input and its value as kept. Out: text for people; values that have no name of their own stay as they are.

use std::borrow::Cow;

use super::lang::Lang;
use super::texts::{input_name, value_name};
use crate::model::reference::unions::finding_reasons;
use crate::model::reference::{countries, industries, thresholds};
use crate::model::text::grouped;
use crate::model::verdict::ReasonInput;

/// What a text needs of an input, however it is kept.
pub trait StatedInput {
    /// Which fact.
    fn name(&self) -> &str;
    /// Its value as text; None where the fact is missing.
    fn value(&self) -> Option<&str>;
}

impl StatedInput for ReasonInput {
    fn name(&self) -> &str {
        &self.name
    }
    fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }
}

/// Who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model::message) enum Reader {
    /// Whoever asked.
    Caller,
    /// Whoever gets hold of the paper: no sums of money, no codes.
    Paper,
}

/// Inputs that are sums of money in yuan.
const MONEY: [&str; 9] = ["revenue", "revenue_main", "sales", "payroll", "assets", "capital", "due", "paid", "revenue_yuan"];
/// Inputs that are numbers of persons.
const PERSONS: [&str; 3] = ["employees", "insured", "members"];

pub(in crate::model::message) fn is_money(input: &str) -> bool {
    MONEY.contains(&input)
}

/// The value of an input in the reader's language.
pub fn value_text<'a>(input: &str, value: &'a str, lang: Lang) -> Cow<'a, str> {
    text(input, value, lang, Reader::Caller)
}

pub(in crate::model::message) fn text<'a>(input: &str, value: &'a str, lang: Lang, reader: Reader) -> Cow<'a, str> {
    match input {
        "finding" | "reason" => {
            let found = finding_reasons().iter().find(|reason| reason.code == value);
            found.map_or_else(|| value_name(value, lang).into(), |reason| lang.pick(reason.name_zh, reason.name_en).into())
        }
        "rule" => {
            let rule = thresholds().named(value);
            rule.map_or(Cow::Borrowed(value), |rule| lang.pick(&rule.scope_zh, &rule.scope_en).clone().into())
        }
        "industry" => industry(value, lang, reader),
        _ if is_money(input) => money(value, lang),
        _ if PERSONS.contains(&input) => value.parse().map_or(Cow::Borrowed(value), |n: i64| grouped(n).into()),
        _ => match value {
            "true" => lang.pick("是", "yes").into(),
            "false" => lang.pick("否", "no").into(),
            value => value_name(value, lang).into(),
        },
    }
}

/// `8211 (GB/T 4754-2017)` by its division's name, with the code behind it where codes are wanted.
fn industry(value: &str, lang: Lang, reader: Reader) -> Cow<'_, str> {
    let Some((code, edition)) = value.split_once(" (").map(|(code, rest)| (code, rest.trim_end_matches(')'))) else {
        return value.into();
    };
    let name = match (edition, code.len()) {
        ("GB/T 4754-2017", 1) => code.chars().next().and_then(|letter| industries().section(letter)),
        ("GB/T 4754-2017", 2..) => code.get(..2).and_then(|division| industries().division(division)),
        _ => None,
    };
    match (name.map(|name| lang.pick(name.name_zh, name.name_en)), reader, lang) {
        (Some(name), Reader::Paper, _) => name.into(),
        (Some(name), Reader::Caller, Lang::Zh) => format!("{name}（{code}）").into(),
        (Some(name), Reader::Caller, Lang::En) => format!("{name} ({code})").into(),
        (None, _, Lang::Zh) => format!("{code}（{edition}）").into(),
        (None, _, Lang::En) => value.into(),
    }
}

/// Yuan as written: `25000000.00` is 2,500 万元.
fn money(value: &str, lang: Lang) -> Cow<'_, str> {
    let Ok(yuan) = value.parse::<f64>() else { return value.into() };
    let whole = yuan.round() as i64;
    match lang {
        Lang::En => format!("{} yuan", grouped(whole)).into(),
        Lang::Zh if whole.abs() < 10_000 => format!("{} 元", grouped(whole)).into(),
        Lang::Zh => {
            let hundredths = (yuan / 100.0).round() as i64;
            let rest = format!("{:02}", hundredths.abs() % 100);
            let rest = rest.trim_end_matches('0');
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{}{dot}{rest} 万元", grouped(hundredths / 100)).into()
        }
    }
}

/// The name of a country or region by its ISO 3166 code; None for what has none.
pub fn country_name(code: &str, lang: Lang) -> Option<&'static str> {
    if code == countries::UNKNOWN {
        return Some(lang.pick("国别不明", "no country of ISO 3166"));
    }
    countries::country(code).map(|country| lang.pick(country.name_zh, country.name_en))
}

/// `从业人员 400 人，营业收入 2,500 万元`; on paper without the money.
pub(in crate::model::message) fn all_inputs(inputs: &[impl StatedInput], lang: Lang, reader: Reader, to: &mut String) {
    let shown = inputs.iter().filter(|i| i.name() != "rule" && !(reader == Reader::Paper && is_money(i.name())));
    for (at, input) in shown.enumerate() {
        to.push_str(if at > 0 { lang.pick("，", ", ") } else { "" });
        to.push_str(input_name(input.name(), lang));
        to.push(' ');
        match input.value() {
            Some(value) => {
                to.push_str(&text(input.name(), value, lang, reader));
                to.push_str(if PERSONS.contains(&input.name()) { lang.pick(" 人", "") } else { "" });
            }
            None => to.push('—'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_printed_in_the_unit_of_its_language() {
        for (yuan, zh, en) in [
            ("25000000", "2,500 万元", "25,000,000 yuan"),
            ("85170000.00", "8,517 万元", "85,170,000 yuan"),
            ("22455000.00", "2,245.5 万元", "22,455,000 yuan"),
            ("10123.45", "1.01 万元", "10,123 yuan"),
            ("9500", "9,500 元", "9,500 yuan"),
            ("0", "0 元", "0 yuan"),
        ] {
            assert_eq!((&*value_text("revenue", yuan, Lang::Zh), &*value_text("revenue", yuan, Lang::En)), (zh, en));
        }
    }

    #[test]
    fn industries_and_rules_have_names() {
        assert_eq!(value_text("industry", "8310 (GB/T 4754-2017)", Lang::Zh), "教育（8310）");
        assert_eq!(value_text("industry", "7259 (GB/T 4754-2011)", Lang::Zh), "7259（GB/T 4754-2011）");
        assert_eq!(text("industry", "8310 (GB/T 4754-2017)", Lang::Zh, Reader::Paper), "教育");
        assert_eq!(value_text("rule", "industry-2011", Lang::Zh), "规模以上工业（年主营业务收入 2000 万元以上）");
        assert_eq!(value_text("rule", "a rule of our own", Lang::Zh), "a rule of our own");
        assert_eq!(value_text("state_owned", "true", Lang::Zh), "是");
    }
}
