//! Union dues (工会经费) and preparatory fund (建会筹备金): what is due on the payroll, what was paid, and whether it is
//! the right kind: dues where there is a union, preparatory fund where there is none.
//!
//! In: payment records and the payroll. Out: the latest period's verdict. 2 % of the payroll: Trade Union Law art. 43(2).

use chrono::{Months, NaiveDate};

use thin_vec::{ThinVec, thin_vec};

use super::context::Context;
use super::entity_facts::EntityFacts;
use super::{values, vocabulary};
use crate::model::facts::Facts;
use crate::model::field::{Field, RecordKind};
use crate::model::message::Lang;
use crate::model::stated_values::ValueRef;
use crate::model::value::Money;
use crate::model::verdict::{FundKind, FundStatus, FundVerdict, NeededFor, Reason, ReasonInput, UnionStatus};

/// A period of payment: a year, a quarter or a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    pub year: u16,
    /// Last month of the period: what is later ends later.
    last_month: u8,
    months: u8,
}

impl Period {
    /// Reads `2026`, `2026Q3`, `2026-Q3`, `2026年第3季度`, `2026-09`, `202609`, `2026年9月`.
    pub fn parse(text: &str) -> Option<Period> {
        let text = text.trim();
        let year: u16 = text.get(..4)?.parse().ok().filter(|y| (1949..2200).contains(y))?;
        let rest = text[4..].trim_start_matches(['年', '-', '/', '.', ' ']);
        let number = |s: &str| s.trim_matches(|c: char| !c.is_ascii_digit()).parse::<u8>().ok();
        let quarter_word = ["一", "二", "三", "四"].iter().position(|w| rest.contains(w)).map(|i| i as u8 + 1);
        if rest.is_empty() || rest == "年度" || rest == "度" {
            return Some(Period { year, last_month: 12, months: 12 });
        }
        if rest.contains(['Q', 'q']) || rest.contains("季") {
            let quarter = number(rest).or(quarter_word).filter(|q| (1..=4).contains(q))?;
            return Some(Period { year, last_month: quarter * 3, months: 3 });
        }
        if rest.contains('半') {
            return Some(Period { year, last_month: if rest.contains('上') { 6 } else { 12 }, months: 6 });
        }
        let month = number(rest).filter(|m| (1..=12).contains(m))?;
        Some(Period { year, last_month: month, months: 1 })
    }

    /// First day of the period.
    pub fn first_day(self) -> NaiveDate {
        let month = u32::from(self.last_month - self.months + 1);
        NaiveDate::from_ymd_opt(self.year.into(), month, 1).expect("periods begin with a month of a year")
    }
    /// Last day of the period.
    pub fn last_day(self) -> NaiveDate {
        let next = self.first_day().checked_add_months(Months::new(self.months.into()));
        next.and_then(|day| day.pred_opt()).expect("years are far from the end of the calendar")
    }

    /// `2026年第三季度` for paper; in English as `Display` has it.
    pub fn text(self, lang: Lang) -> String {
        let ordinal = |n: u8| ["一", "二", "三", "四"][usize::from(n - 1) % 4];
        match (lang, self.months) {
            (Lang::En, 3) => format!("Q{} {}", self.last_month / 3, self.year),
            (Lang::En, 6) => format!("{} half of {}", if self.last_month == 6 { "first" } else { "second" }, self.year),
            (Lang::En, _) => self.to_string(),
            (Lang::Zh, 12) => format!("{}年", self.year),
            (Lang::Zh, 6) => format!("{}年{}半年", self.year, if self.last_month == 6 { "上" } else { "下" }),
            (Lang::Zh, 3) => format!("{}年第{}季度", self.year, ordinal(self.last_month / 3)),
            (Lang::Zh, _) => format!("{}年{}月", self.year, self.last_month),
        }
    }

    fn of(facts: &Facts) -> Option<Period> {
        match facts.get(Field::Period)? {
            ValueRef::Text(text) => Period::parse(text),
            ValueRef::Count(n) => Period::parse(&n.to_string()),
            ValueRef::Date(date) => Period::parse(&date.to_string().get(..7).map(str::to_string).unwrap_or(date.to_string())),
            _ => None,
        }
    }

    /// The part of a year's payroll that falls into the period.
    fn share(self, yearly: Money) -> Money {
        Money((i128::from(yearly.0) * i128::from(self.months) / 12) as i64)
    }
}

/// `2026`, `2026Q3`, `2026-09`; half years `2026H1`.
impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.months {
            12 => write!(f, "{}", self.year),
            6 => write!(f, "{}H{}", self.year, self.last_month / 6),
            3 => write!(f, "{}Q{}", self.year, self.last_month / 3),
            _ => write!(f, "{}-{:02}", self.year, self.last_month),
        }
    }
}

/// Something in the payments that does not fit the union roll, for review.
#[derive(Debug, Clone, PartialEq)]
pub struct Contradiction {
    pub enterprise: Box<str>,
    /// `fund_dues_without_union`: probably a missed match. `fund_preparatory_with_union`: pays the wrong kind.
    pub code: &'static str,
    pub inputs: Vec<ReasonInput>,
}

/// How much of what is due was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payment {
    /// From the policy's share on.
    Full,
    Part,
    Nothing,
    /// Nobody knows what is due.
    UnknownDue,
}

impl Payment {
    pub(crate) const ALL: [Payment; 4] = [Payment::Full, Payment::Part, Payment::Nothing, Payment::UnknownDue];

    fn of(paid: Option<Money>, due: Option<Money>, full_from: f64) -> Payment {
        match (paid, due) {
            (Some(paid), Some(due)) if paid.0 as f64 >= due.0 as f64 * full_from => Payment::Full,
            (Some(paid), Some(_)) if paid.0 > 0 => Payment::Part,
            (_, Some(due)) if due.0 > 0 => Payment::Nothing,
            _ => Payment::UnknownDue,
        }
    }
}

/// The table: what was paid against the coverage, then how much. `pays` tells whether anything was. A wrong kind is a contradiction for
/// a person, whatever the sum.
pub(crate) fn decide(union: UnionStatus, kind: Option<FundKind>, pays: bool, payment: Payment) -> (FundStatus, &'static str) {
    let has_union =
        matches!(union, UnionStatus::Independent | UnionStatus::Parent | UnionStatus::Joint | UnionStatus::Federation);
    match (kind, has_union) {
        (Some(FundKind::Dues), false) if pays && union != UnionStatus::Preparing => {
            (FundStatus::WrongKind, "fund_dues_without_union")
        }
        (Some(FundKind::Preparatory), true) if pays => (FundStatus::WrongKind, "fund_preparatory_with_union"),
        _ => match payment {
            Payment::Full => (FundStatus::Paid, "fund_paid"),
            Payment::Part => (FundStatus::Partial, "fund_partial"),
            Payment::Nothing => (FundStatus::Unpaid, "fund_unpaid"),
            Payment::UnknownDue => (FundStatus::Unknown, "fund_no_payroll"),
        },
    }
}

/// The verdict, and the contradiction if there is one. `payroll` is a year's, as chosen.
pub(crate) fn judge(
    context: &Context<'_>,
    dossier: EntityFacts<'_>,
    union: UnionStatus,
    payroll: Option<(Money, &Facts)>,
) -> (FundVerdict, Option<Contradiction>) {
    let dated = dossier.of_kind(RecordKind::Payment).filter_map(|f| Some((Period::of(f)?, f)));
    // Of a year, its quarters and its months, the one that ends last; of two that end together, the longer.
    let latest = dated.clone().map(|(p, _)| (p.year, p.last_month, p.months)).max();
    let rate = context.policy.fund.rate;
    let on = |payroll: Money| Money((payroll.0 as f64 * rate).round() as i64);
    let Some(latest) = latest else {
        let mut verdict = FundVerdict {
            status: FundStatus::Unknown,
            period: "".into(),
            due: None,
            paid: None,
            kind_paid: None,
            reasons: ThinVec::new(),
        };
        verdict.due = payroll.map(|(yearly, _)| on(yearly));
        verdict.reasons = context.missing_sources(|v| v == NeededFor::Fund);
        if verdict.reasons.is_empty() {
            verdict.reasons.push(Reason::new("fund_no_payments"));
        }
        return (verdict, None);
    };
    let mut records: Vec<(Period, &Facts)> = dated.filter(|(p, _)| (p.year, p.last_month, p.months) == latest).collect();
    records.sort_by(|a, b| a.1.key.cmp(&b.1.key));
    let period = records[0].0;
    let sum = |field| {
        let mut sums = records.iter().filter_map(|(_, f)| values::money(f, field));
        let first = sums.next()?;
        Some(sums.fold(first, |a, b| Money(a.0 + b.0)))
    };
    let paid = sum(Field::PaidYuan);
    let told = sum(Field::DueYuan);
    let due = told.or_else(|| payroll.map(|(yearly, _)| on(period.share(yearly))));
    let paying = |f: &&(Period, &Facts)| values::money(f.1, Field::PaidYuan).is_some_and(|m| m.0 > 0);
    let kind_of = |f: &(Period, &Facts)| f.1.text(Field::PaymentKind).and_then(vocabulary::fund_kind);
    let kind_paid = records.iter().filter(paying).find_map(kind_of).or_else(|| records.iter().find_map(kind_of));
    let (kind, first) = (kind_paid, records[0].1);
    let mut inputs = vec![context.input("period", period, first)];
    inputs.extend(paid.map(|p| context.input("paid", p, first)));
    match (told, due, payroll) {
        (Some(told), ..) => inputs.push(context.input("due", told, first)),
        (None, Some(due), Some((yearly, facts))) => {
            inputs.push(ReasonInput::new("due", due));
            inputs.push(context.input("payroll", yearly, facts));
        }
        _ => {}
    }
    let pays = paid.is_some_and(|p| p.0 > 0);
    let (status, code) = decide(union, kind, pays, Payment::of(paid, due, context.policy.fund.full_from));
    let contradiction = (status == FundStatus::WrongKind).then_some(code);
    if code == "fund_no_payroll" {
        inputs.push(ReasonInput::missing("payroll"));
    }
    let contradiction = contradiction.map(|code| Contradiction { enterprise: dossier.id().into(), code, inputs: inputs.clone() });
    let reasons = thin_vec![Reason { code: code.into(), inputs }];
    (FundVerdict { status, period: period.to_string().into(), due, paid, kind_paid: kind, reasons }, contradiction)
}

/// Whether the latest payments are of the preparatory fund: a lead, since it has no union by its own account.
pub fn pays_preparatory(verdict: &FundVerdict) -> bool {
    verdict.kind_paid == Some(FundKind::Preparatory) && verdict.paid.is_some_and(|p| p.0 > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_departments_write_them() {
        for (text, want) in [
            ("2026", Some("2026")),
            ("2026年", Some("2026")),
            ("2026Q3", Some("2026Q3")),
            ("2026年第3季度", Some("2026Q3")),
            ("2026年三季度", Some("2026Q3")),
            ("2026-09", Some("2026-09")),
            ("202609", Some("2026-09")),
            ("2026年9月", Some("2026-09")),
            ("2026年上半年", Some("2026H1")),
            ("2026-13", None),
            ("第三季度", None),
            ("", None),
        ] {
            assert_eq!(Period::parse(text).map(|p| p.to_string()).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn periods_know_their_days() {
        for (text, first, last) in [
            ("2026", "2026-01-01", "2026-12-31"),
            ("2026Q1", "2026-01-01", "2026-03-31"),
            ("2026Q4", "2026-10-01", "2026-12-31"),
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("2026年下半年", "2026-07-01", "2026-12-31"),
        ] {
            let period = Period::parse(text).expect("a period");
            assert_eq!((period.first_day().to_string(), period.last_day().to_string()), (first.into(), last.into()), "{text}");
        }
    }
}
