//! Correction requests (校核纠错): what the hub asks of the department that owns a field, and what becomes of it.
//!
//! In: a request as it stands, an answer, or what the registry's row says now. Out: the step that follows, or why none may. Whether it is
//! overdue is worked out of its deadline and never kept. Source of the duty to answer: 《政务数据共享条例》 (国务院令第809号, in force since
//! 2025-08-01), article 26: whoever uses shared data may ask for its correction, and whoever provides it verifies and answers, within working
//! days. How many are the deployer's to set ([`CorrectionsPolicy`]); which days are worked the State Council's notices say
//! (`reference/working_days.csv`). The day on which a period begins does not count (Civil Code, article 201).

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use crate::model::field::named;
use crate::model::problem::Problem;
use crate::model::reference::working_days::{SetDay, is_set, set_day};

named! {
    /// How far a request is.
    pub enum CorrectionState {
        /// Asked; the department has not been told yet.
        Open = "OPEN",
        /// It stands in a letter that was written.
        Sent = "SENT",
        /// The department, or its system, has read it.
        Seen = "SEEN",
        /// The department answered.
        Answered = "ANSWERED",
        /// The registry's next delivery says something else.
        ClosedByData = "CLOSED_BY_DATA",
        /// Whoever asked took it back.
        Withdrawn = "WITHDRAWN",
    }
}

impl CorrectionState {
    /// Whether the department still owes an answer.
    pub fn is_waiting(self) -> bool {
        matches!(self, CorrectionState::Open | CorrectionState::Sent | CorrectionState::Seen)
    }
    /// Those in which the department still owes an answer.
    pub const WAITING: [CorrectionState; 3] = [CorrectionState::Open, CorrectionState::Sent, CorrectionState::Seen];
}

named! {
    /// What a department answers.
    pub enum CorrectionAnswer {
        /// It was wrong, and this is right.
        Corrected = "CORRECTED",
        /// It is right as it stands.
        Confirmed = "CONFIRMED",
        /// Another department says so; this one only repeats it.
        NotOurs = "NOT_OURS",
    }
}

named! {
    /// What a request came of.
    pub enum CorrectionOrigin {
        /// Two registries contradict each other.
        Conflict = "CONFLICT",
        /// A visit found something else.
        Finding = "FINDING",
        /// A person picked the field of a record.
        Field = "FIELD",
    }
}

named! {
    /// What happened to a request. Nothing that happened is ever overwritten.
    pub enum CorrectionStepKind {
        /// It was asked; `to` is the day on which an answer is due.
        Opened = "OPENED",
        /// It stands in a letter.
        Sent = "SENT",
        /// The department read it.
        Seen = "SEEN",
        /// The department answered; `to` is the answer.
        Answered = "ANSWERED",
        /// What the department says instead stands in its row: `from` and `to` as written, with the batch.
        Landed = "LANDED",
        /// It could not be put into the row, which had changed meanwhile; `to` is what the row says.
        Overtaken = "OVERTAKEN",
        /// The registry delivered something else: `from` and `to` as written, with the batch; `to` is empty where it has no such row any more.
        ClosedByData = "CLOSED_BY_DATA",
        /// The registry says again what was disputed: with the batch.
        Reopened = "REOPENED",
        /// More time: `from` and `to` are days.
        Extended = "EXTENDED",
        /// It was taken back.
        Withdrawn = "WITHDRAWN",
        /// Its record belongs to another enterprise now: `from` and `to` are ids.
        Moved = "MOVED",
    }
}

/// How long departments have: the `[corrections]` table of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CorrectionsPolicy {
    /// Working days from the day of asking to the day on which an answer is due.
    pub working_days: u32,
    /// Days off on which others work, beside those of `reference/working_days.csv`.
    pub holidays: Vec<NaiveDate>,
    /// Days that are worked whatever that table or their day of the week says (调休).
    pub worked_weekends: Vec<NaiveDate>,
}

impl Default for CorrectionsPolicy {
    fn default() -> CorrectionsPolicy {
        CorrectionsPolicy { working_days: 10, holidays: Vec::new(), worked_weekends: Vec::new() }
    }
}

/// A deadline further away than this is a slip of the pen.
const MAX_DAYS_AHEAD: i64 = 366;
/// Working days that a policy may give.
const MAX_WORKING_DAYS: u32 = 250;

impl CorrectionsPolicy {
    /// Whether the days off of a year are known: by the notices of it, or by what the deployer names.
    pub fn knows(&self, year: i32) -> bool {
        is_set(year) || self.holidays.iter().any(|day| day.year() == year)
    }

    /// Whether a day is worked: as the deployer says, else as the notices of its year say, else as its day of the week.
    pub fn is_worked(&self, day: NaiveDate) -> bool {
        if self.holidays.contains(&day) {
            return false;
        }
        if self.worked_weekends.contains(&day) {
            return true;
        }
        match set_day(day) {
            Some(set) => set == SetDay::Worked,
            None => !matches!(day.weekday(), Weekday::Sat | Weekday::Sun),
        }
    }

    /// The day on which an answer is due to what is asked on `from`; the day of asking does not count.
    pub fn due(&self, from: NaiveDate) -> NaiveDate {
        let mut left = self.working_days.clamp(1, MAX_WORKING_DAYS);
        let mut day = from;
        // Holidays without end are a slip of the pen: the search ends.
        for _ in 0..4 * MAX_WORKING_DAYS {
            day = day.succ_opt().unwrap_or(day);
            left -= u32::from(self.is_worked(day));
            if left == 0 {
                break;
            }
        }
        day
    }
}

/// What a row says in one of its columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CellStatement {
    /// As written; None where the cell is empty.
    pub raw: Option<String>,
    /// As read; None where it cannot be.
    pub value: Option<String>,
}

impl CellStatement {
    /// Whether both say the same, however they write it.
    pub fn agrees(&self, other: &CellStatement) -> bool {
        match (&self.value, &other.value) {
            (Some(a), Some(b)) => a == b,
            _ => self.raw.as_deref().unwrap_or("").trim() == other.raw.as_deref().unwrap_or("").trim(),
        }
    }
}

/// What another record said of the field when it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherStatement {
    /// Whose statement.
    pub registry: String,
    /// Key of the record there.
    pub key: String,
    /// As read.
    pub value: Option<String>,
    /// Milliseconds since 1970: when that registry touched the record, else when it came in as it is.
    pub at: i64,
}

/// What the registry's row says now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// The registry has no such row any more.
    Gone,
    /// This.
    Says(CellStatement),
    /// Today's connector does not read the row, or has no such column: nothing can be concluded.
    Unread,
}

/// A request as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrectionStanding {
    /// How far it is.
    pub state: CorrectionState,
    /// The answer that stands.
    pub answer: Option<CorrectionAnswer>,
    /// An answer has not reached the row yet.
    pub is_pending: bool,
    /// What the registry said when it was asked.
    pub stated: CellStatement,
    /// The day on which an answer is due.
    pub deadline: NaiveDate,
}

fn over(state: CorrectionState) -> (&'static str, &'static str) {
    match state {
        CorrectionState::Answered => ("已答复", "has been answered"),
        CorrectionState::ClosedByData => ("已由数据了结", "was closed by the data"),
        CorrectionState::Withdrawn => ("已撤回", "was withdrawn"),
        CorrectionState::Open | CorrectionState::Sent | CorrectionState::Seen => ("待答复", "waits for an answer"),
    }
}

impl CorrectionStanding {
    /// Whether it waits for an answer whose day has passed.
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.state.is_waiting() && self.deadline < today
    }

    /// Whether an answer may be given now. `before`: who answered what and when, where somebody did, in both languages.
    ///
    /// # Errors
    /// `already_answered`, with the answer that stands; `correction_over` where it was closed or withdrawn; `value_missing` and
    /// `value_unasked` where a corrected value is not given with the answer that needs one, or with another.
    pub fn may_answer(&self, answer: CorrectionAnswer, value: Option<&str>, before: Option<(&str, &str)>) -> Result<(), Problem> {
        if self.state == CorrectionState::Answered {
            let (zh, en) = before.unwrap_or(("", ""));
            return Err(Problem::new(
                "already_answered",
                format!("该请求已经答复：{zh}。登记再次说出有争议的值时，请求会重新打开；如需更正答复，请在下一次交付中改正"),
                format!(
                    "the request has been answered: {en}. It opens again where the registry says the disputed value again; to change the answer, mend the row in the next delivery"
                ),
            ));
        }
        if !self.state.is_waiting() {
            let (zh, en) = over(self.state);
            return Err(Problem::new(
                "correction_over",
                format!("该请求{zh}，不能再答复"),
                format!("the request {en}: it takes no answer"),
            ));
        }
        let value = value.map(str::trim).filter(|v| !v.is_empty());
        match (answer, value) {
            (CorrectionAnswer::Corrected, None) => Err(Problem::new(
                "value_missing",
                "答复“已更正”时请给出正确的值（value），按本登记该列的写法",
                "an answer CORRECTED names the right value (value), written as this column of the registry writes it",
            )),
            (CorrectionAnswer::Confirmed | CorrectionAnswer::NotOurs, Some(_)) => Err(Problem::new(
                "value_unasked",
                "只有答复“已更正”时才给出值；否则请只写说明（note）",
                "a value belongs to an answer CORRECTED; otherwise say what there is to say in `note`",
            )),
            _ => Ok(()),
        }
    }

    /// Whether it may be taken back.
    ///
    /// # Errors
    /// `correction_over` where it waits for no answer any more.
    pub fn may_withdraw(&self) -> Result<(), Problem> {
        let (zh, en) = over(self.state);
        match self.state.is_waiting() {
            true => Ok(()),
            false => Err(Problem::new(
                "correction_over",
                format!("该请求{zh}，不能撤回"),
                format!("the request {en} and cannot be withdrawn"),
            )),
        }
    }

    /// Whether it may have more time.
    ///
    /// # Errors
    /// `correction_over` where it waits for no answer any more; `deadline` where the day is not later than the one it has, or too far away.
    pub fn may_extend(&self, to: NaiveDate, today: NaiveDate) -> Result<(), Problem> {
        if !self.state.is_waiting() {
            let (zh, en) = over(self.state);
            return Err(Problem::new(
                "correction_over",
                format!("该请求{zh}，不必延期"),
                format!("the request {en} and needs no more time"),
            ));
        }
        if to <= self.deadline || to < today {
            return Err(Problem::new(
                "deadline",
                format!("新的期限 {to} 应晚于原期限 {}，且不早于今天", self.deadline),
                format!("the new deadline {to} must be later than {} and not before today", self.deadline),
            ));
        }
        checked_deadline(to, today).map(drop)
    }

    /// What the row as it is now does to the request; None: nothing.
    pub fn follow(&self, now: &Delivered) -> Option<CorrectionStepKind> {
        // What its department says instead is on its way into the row.
        if self.is_pending {
            return None;
        }
        let is_disputed = match now {
            Delivered::Unread => return None,
            Delivered::Gone => false,
            Delivered::Says(said) => said.agrees(&self.stated),
        };
        match (self.state, self.answer) {
            (CorrectionState::Withdrawn, _) => None,
            (CorrectionState::ClosedByData, _) | (CorrectionState::Answered, Some(CorrectionAnswer::Corrected)) => {
                is_disputed.then_some(CorrectionStepKind::Reopened)
            }
            (CorrectionState::Answered, _) | (CorrectionState::Open | CorrectionState::Sent | CorrectionState::Seen, _) => {
                (!is_disputed).then_some(CorrectionStepKind::ClosedByData)
            }
        }
    }
}

/// A deadline that a person sets.
///
/// # Errors
/// `deadline` where it lies before today or more than a year away.
pub fn checked_deadline(deadline: NaiveDate, today: NaiveDate) -> Result<NaiveDate, Problem> {
    match (deadline - today).num_days() {
        0..=MAX_DAYS_AHEAD => Ok(deadline),
        _ => Err(Problem::new(
            "deadline",
            format!("期限 {deadline} 应在今天（{today}）之后一年以内"),
            format!("the deadline {deadline} must lie within a year of today ({today})"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn said(raw: &str, value: Option<&str>) -> CellStatement {
        CellStatement { raw: Some(raw.to_owned()), value: value.map(str::to_owned) }
    }

    fn standing(state: CorrectionState, answer: Option<CorrectionAnswer>) -> CorrectionStanding {
        CorrectionStanding { state, answer, is_pending: false, stated: said("120人", Some("120")), deadline: day("2026-12-04") }
    }

    #[test]
    fn ten_working_days_pass_over_weekends_and_holidays_and_count_weekends_that_are_worked() {
        let policy = CorrectionsPolicy::default();
        // A Sunday: the Friday two weeks later.
        assert_eq!(policy.due(day("2026-11-22")), day("2026-12-04"));
        assert_eq!(policy.due(day("2026-11-20")), day("2026-12-04"), "a Friday: the day of asking does not count");
        let year = CorrectionsPolicy {
            holidays: vec![day("2026-12-01")],
            worked_weekends: vec![day("2026-11-28")],
            ..CorrectionsPolicy::default()
        };
        assert_eq!(year.due(day("2026-11-22")), day("2026-12-04"), "one day off, one worked instead");
        let off = CorrectionsPolicy { holidays: vec![day("2026-12-01")], ..CorrectionsPolicy::default() };
        assert_eq!(off.due(day("2026-11-22")), day("2026-12-07"));
        // Asked on the last day before the Spring Festival of 2026: nine days off, of two weekends a day worked each.
        assert_eq!(policy.due(day("2026-02-13")), day("2026-03-05"));
        // Before the National Day of 2026: 1 to 7 October off, Saturday the 10th worked.
        assert_eq!(policy.due(day("2026-09-30")), day("2026-10-20"));
        // The holidays of a year that is not known here are the deployer's to name; a known one may be worked all the same.
        let spring: Vec<NaiveDate> = (5..=12).map(|d| NaiveDate::from_ymd_opt(2027, 2, d).expect("a day")).collect();
        let next = CorrectionsPolicy { holidays: spring, ..CorrectionsPolicy::default() };
        assert!(policy.knows(2026) && !policy.knows(2027) && next.knows(2027));
        assert_eq!((policy.due(day("2027-02-04")), next.due(day("2027-02-04"))), (day("2027-02-18"), day("2027-02-26")));
        let shift = CorrectionsPolicy { worked_weekends: vec![day("2026-10-05")], ..CorrectionsPolicy::default() };
        assert_eq!(shift.due(day("2026-09-30")), day("2026-10-19"));
        let none = CorrectionsPolicy { working_days: 0, ..CorrectionsPolicy::default() };
        assert_eq!(none.due(day("2026-11-22")), day("2026-11-23"), "nobody has no time at all");
    }

    #[test]
    fn what_the_row_says_next_closes_and_reopens() {
        use CorrectionAnswer as A;
        use CorrectionState as S;
        use CorrectionStepKind as K;
        let (same, other) = (Delivered::Says(said("120", Some("120"))), Delivered::Says(said("85", Some("85"))));
        let table = [
            (S::Open, None, &same, None),
            (S::Open, None, &other, Some(K::ClosedByData)),
            (S::Seen, None, &Delivered::Gone, Some(K::ClosedByData)),
            (S::Sent, None, &Delivered::Unread, None),
            (S::ClosedByData, None, &other, None),
            (S::ClosedByData, None, &same, Some(K::Reopened)),
            (S::Answered, Some(A::Corrected), &other, None),
            (S::Answered, Some(A::Corrected), &same, Some(K::Reopened)),
            (S::Answered, Some(A::Confirmed), &same, None),
            (S::Answered, Some(A::Confirmed), &other, Some(K::ClosedByData)),
            (S::Answered, Some(A::NotOurs), &same, None),
            (S::Withdrawn, None, &other, None),
        ];
        for (state, answer, now, step) in table {
            assert_eq!(standing(state, answer).follow(now), step, "{state} {answer:?} {now:?}");
        }
        let pending = CorrectionStanding { is_pending: true, ..standing(S::Answered, Some(A::Corrected)) };
        assert_eq!(pending.follow(&same), None, "the answer has not reached the row");
    }

    #[test]
    fn what_cannot_be_read_is_compared_as_written() {
        assert!(said("若干", None).agrees(&said(" 若干 ", None)) && !said("若干", None).agrees(&said("120", Some("120"))));
        assert!(CellStatement::default().agrees(&said("", None)), "an empty cell is none");
    }

    #[test]
    fn a_second_answer_names_the_first_and_a_value_belongs_to_a_correction() {
        use CorrectionAnswer as A;
        let asked = standing(CorrectionState::Seen, None);
        assert!(asked.may_answer(A::Corrected, Some("85"), None).is_ok() && asked.may_answer(A::Confirmed, None, None).is_ok());
        assert_eq!(asked.may_answer(A::Corrected, Some(" "), None).expect_err("no value").code, "value_missing");
        assert_eq!(asked.may_answer(A::NotOurs, Some("85"), None).expect_err("a value").code, "value_unasked");
        let twice = standing(CorrectionState::Answered, Some(A::Confirmed));
        let refused = twice.may_answer(A::Corrected, Some("85"), Some(("无误，11-23", "CONFIRMED on 11-23"))).expect_err("twice");
        assert!(refused.code == "already_answered" && refused.zh.contains("11-23") && refused.en.contains("CONFIRMED on 11-23"));
        let over = standing(CorrectionState::Withdrawn, None);
        assert_eq!(over.may_answer(A::Confirmed, None, None).expect_err("over").code, "correction_over");
        assert!(over.may_withdraw().is_err() && asked.may_withdraw().is_ok());
    }

    #[test]
    fn a_deadline_moves_only_forward_and_passes_by_itself() {
        let asked = standing(CorrectionState::Seen, None);
        let today = day("2026-11-22");
        assert!(asked.may_extend(day("2026-12-11"), today).is_ok());
        for wrong in ["2026-12-04", "2026-11-30", "2028-01-01"] {
            assert_eq!(asked.may_extend(day(wrong), today).expect_err(wrong).code, "deadline");
        }
        assert!(!asked.is_overdue(day("2026-12-04")) && asked.is_overdue(day("2026-12-05")));
        assert!(!standing(CorrectionState::Answered, Some(CorrectionAnswer::Confirmed)).is_overdue(day("2027-01-01")));
        assert!(checked_deadline(day("2026-11-21"), today).is_err() && checked_deadline(today, today).is_ok());
    }
}
