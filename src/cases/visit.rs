//! What a visit brings back: layered results, what follows from them for the case, and whether a list of them can be true.
//!
//! The first layer is what was found at the door, the second what whoever was met there says.

use chrono::{DateTime, NaiveDate, Utc};

use super::standing::{CaseChange, CaseRefusal, CaseStage, CaseStanding, MAX_TEXT};
use crate::model::problem::Problem;
use crate::model::reference::unions::{VisitResult, visit_results};

/// Who refuses where a visit says so: whoever was met there. A sheet has no place for more.
const IN_CHARGE: &str = "负责人";

/// What one visit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitFound {
    /// Code of the first layer.
    pub door: &'static str,
    /// Code of the second layer, where somebody was met.
    pub answer: Option<&'static str>,
    /// The day that was agreed on.
    pub on: Option<NaiveDate>,
    /// From 1 to 5.
    pub assessment: Option<u8>,
}

/// The result that a text means: its code, or its name in either language.
///
/// # Errors
/// There is none of this layer; those that there are are named.
pub fn result(text: &str, is_answer: bool) -> Result<&'static VisitResult, Problem> {
    let text = text.trim();
    let layer = || visit_results().iter().filter(|r| r.is_answer == is_answer);
    let is = |r: &&VisitResult| r.code.eq_ignore_ascii_case(text) || r.name_zh == text || r.name_en.eq_ignore_ascii_case(text);
    layer().find(is).ok_or_else(|| {
        let zh: Vec<&str> = layer().map(|r| r.name_zh).collect();
        let en: Vec<&str> = layer().map(|r| r.code).collect();
        let (of_zh, of_en) = if is_answer { ("答复", "answer") } else { ("到访结果", "result at the door") };
        Problem::new(
            "unknown_result",
            format!("没有{of_zh}「{text}」；可用：{}", zh.join("、")),
            format!("there is no {of_en} \"{text}\"; known: {}", en.join(", ")),
        )
    })
}

/// Reads a visit as it was written down.
///
/// # Errors
/// A code that does not exist; an answer although nobody was met; a founding date without a date.
pub fn read(door: &str, answer: &str, on: Option<NaiveDate>, assessment: Option<u8>) -> Result<VisitFound, Problem> {
    let answer = if answer.trim().is_empty() { None } else { Some(result(answer, true)?) };
    // Who writes only an answer has met somebody.
    let door = if door.trim().is_empty() && answer.is_some() { result("met", false)? } else { result(door, false)? };
    if let Some(answer) = answer.filter(|_| door.code != "met") {
        return Err(Problem::new(
            "answer_without_meeting",
            format!("到访结果为「{}」，不能同时有答复「{}」", door.name_zh, answer.name_zh),
            format!("at the door: {}; nobody there can have answered: {}", door.name_en, answer.name_en),
        ));
    }
    if answer.is_some_and(|a| a.code == "date_set") && on.is_none() {
        return Err(Problem::new("date_missing", "已定建会日期：请填写日期", "a founding date is set: write the date"));
    }
    if let Some(wrong) = assessment.filter(|n| !(1..=5).contains(n)) {
        return Err(Problem::new(
            "bad_assessment",
            format!("评估应为 1 到 5，收到 {wrong}"),
            format!("an assessment is a number from 1 to 5, not {wrong}"),
        ));
    }
    Ok(VisitFound { door: door.code, answer: answer.map(|a| a.code), on, assessment })
}

impl VisitFound {
    fn results(&self) -> impl Iterator<Item = &'static VisitResult> {
        let (door, answer) = (self.door, self.answer);
        visit_results().iter().filter(move |r| r.code == door && !r.is_answer || Some(r.code) == answer && r.is_answer)
    }
    /// The finding that it is: an input to the verdicts. The answer's before the door's.
    pub fn finding(&self) -> Option<&'static str> {
        self.results().filter_map(|r| r.finding).last()
    }
    /// Door and answer as one text.
    pub fn code(&self) -> String {
        self.answer.map_or_else(|| self.door.to_owned(), |answer| format!("{}/{answer}", self.door))
    }
    /// What follows for the case: never a step back. `note`: what else was written, which says why somebody refuses.
    pub fn change(&self, case: &CaseStanding, today: NaiveDate, note: Option<&str>) -> CaseChange {
        let stage = self.results().filter_map(|r| r.stage.and_then(CaseStage::from_name)).max().filter(|s| *s > case.stage);
        let refused = self.answer == Some("refused");
        let why = note.map(|text| text.chars().take(MAX_TEXT).collect());
        let refusal = refused.then(|| Some(CaseRefusal { by: IN_CHARGE.to_owned(), why }));
        CaseChange {
            stage,
            next_on: self.on.filter(|on| *on >= today).map(Some),
            assessment: self.assessment.map(Some),
            refusal: refusal.filter(|_| case.refusal.is_none()),
            ..CaseChange::default()
        }
    }
}

/// A visit as far as it can be doubted.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitClaim {
    /// Who says that they were there.
    pub visitor: String,
    /// When; None where nobody wrote it down.
    pub at: Option<DateTime<Utc>>,
    /// Where: degrees east and north of the enterprise, where a registry knows.
    pub place: Option<(f64, f64)>,
}

/// Doors that one person can knock at within [`WINDOW_SECS`].
const DOORS: usize = 6;
const WINDOW_SECS: i64 = 600;
/// Faster than this nobody gets through a city.
const FASTEST_KMH: f64 = 80.0;
/// Places are known to within so much.
const NEAR_KM: f64 = 1.0;

/// Which visits of a list cannot be true, and why: before it was drawn, in the future, more doors than a person can knock at, places
/// too far apart. Visits without a time are not doubted for it.
pub fn doubts(claims: &[VisitClaim], drawn_at: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Option<Problem>> {
    let mut found: Vec<Option<Problem>> = vec![None; claims.len()];
    let mut doubt = |at: usize, code: &'static str, zh: String, en: String| {
        found[at].get_or_insert_with(|| Problem::new(code, zh, en));
    };
    for (at, claim) in claims.iter().enumerate() {
        match claim.at {
            Some(time) if time > now => doubt(at, "in_the_future", "走访时间在将来".into(), "it lies in the future".into()),
            // A visit of the morning of the day on which the list was drawn is a clock, not a lie.
            Some(time) if time.date_naive() < drawn_at.date_naive() => {
                doubt(
                    at,
                    "before_the_list",
                    "走访时间早于名单开出之日".into(),
                    "it lies before the day on which the list was drawn".into(),
                );
            }
            _ => {}
        }
    }
    let mut timed: Vec<(usize, DateTime<Utc>)> = claims.iter().enumerate().filter_map(|(i, c)| Some((i, c.at?))).collect();
    timed.sort_by(|a, b| claims[a.0].visitor.cmp(&claims[b.0].visitor).then(a.1.cmp(&b.1)).then(a.0.cmp(&b.0)));
    let same = |a: usize, b: usize| claims[a].visitor == claims[b].visitor;
    let mut first = 0;
    for last in 0..timed.len() {
        while !same(timed[first].0, timed[last].0) || (timed[last].1 - timed[first].1).num_seconds() > WINDOW_SECS {
            first += 1;
        }
        let doors = last - first + 1;
        if doors > DOORS {
            for (at, _) in &timed[first..=last] {
                let zh = format!("{} 在 {} 分钟内走访了 {doors} 家", claims[*at].visitor, WINDOW_SECS / 60);
                let en = format!("{} was at {doors} doors within {} minutes", claims[*at].visitor, WINDOW_SECS / 60);
                doubt(*at, "too_many_doors", zh, en);
            }
        }
        if last > 0
            && same(timed[last - 1].0, timed[last].0)
            && let (Some(from), Some(to)) = (claims[timed[last - 1].0].place, claims[timed[last].0].place)
        {
            let (km, hours) = (km_between(from, to), (timed[last].1 - timed[last - 1].1).num_seconds() as f64 / 3_600.0);
            if km > NEAR_KM && km > FASTEST_KMH * hours {
                let minutes = (hours * 60.0).round();
                let zh = format!("上一家在 {km:.0} 公里外，只隔 {minutes} 分钟");
                let en = format!("the door before is {km:.0} km away, and only {minutes} minutes lie between");
                doubt(timed[last].0, "too_far_apart", zh, en);
            }
        }
    }
    found
}

/// Distance of two places in kilometres, as the crow flies.
pub fn km_between((lon_a, lat_a): (f64, f64), (lon_b, lat_b): (f64, f64)) -> f64 {
    let (a, b) = (lat_a.to_radians(), lat_b.to_radians());
    let (dx, dy) = ((lon_b - lon_a).to_radians() * ((a + b) / 2.0).cos(), b - a);
    6_371.0 * dx.hypot(dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn results_are_read_by_code_and_by_name_and_what_contradicts_itself_is_refused() {
        let day = |d: &str| Some(d.parse().expect("a day"));
        let found = |door, answer, on| read(door, answer, on, None);
        assert_eq!(found("查无此单位", "", None).expect("a result").finding(), Some("not_exist"));
        assert_eq!(found("met", "已建会（名称不同）", None).expect("a result").finding(), Some("already"));
        assert_eq!(found("", "REFUSED", None).expect("met is meant").code(), "met/refused");
        assert_eq!(found("nobody", "", None).expect("a result").finding(), None);
        for (door, answer, on, code) in [
            ("burnt_down", "", None, "unknown_result"),
            ("met", "perhaps", None, "unknown_result"),
            ("", "", None, "unknown_result"),
            ("moved", "refused", None, "answer_without_meeting"),
            ("met", "date_set", None, "date_missing"),
        ] {
            assert_eq!(found(door, answer, on).expect_err(code).code, code, "{door} {answer}");
        }
        assert!(found("met", "date_set", day("2026-12-20")).is_ok() && read("met", "", None, Some(7)).is_err());
    }

    #[test]
    fn every_result_leads_to_a_finding_or_a_stage_that_there_is() {
        use crate::model::reference::unions::finding_reasons;
        for r in visit_results() {
            assert!(r.finding.is_none_or(|f| finding_reasons().iter().any(|known| known.code == f)), "{}", r.code);
            assert!(r.stage.is_none_or(|s| CaseStage::from_name(s).is_some()), "{}", r.code);
        }
    }

    #[test]
    fn a_visit_moves_its_case_on_and_never_back() {
        let today = "2026-11-22".parse().expect("a day");
        let case = CaseStanding { stage: CaseStage::Inform, ..CaseStanding::opened() };
        let visit =
            |door, answer, on: Option<&str>| read(door, answer, on.map(|d| d.parse().expect("a day")), Some(4)).expect("a visit");
        let change = visit("met", "date_set", Some("2026-12-20")).change(&case, today, None);
        assert_eq!((change.stage, change.assessment), (Some(CaseStage::Apply), Some(Some(4))));
        assert_eq!(change.next_on, Some(Some("2026-12-20".parse().expect("a day"))));
        assert_eq!(visit("met", "", None).change(&case, today, None).stage, None, "verified it was before");
        let refused = visit("met", "refused", None).change(&case, today, Some("等母公司决定")).refusal.flatten();
        assert_eq!(refused.map(|r| (r.by, r.why)), Some(("负责人".to_owned(), Some("等母公司决定".to_owned()))));
    }

    #[test]
    fn forty_doors_in_a_minute_are_doubted_and_a_working_day_is_not() {
        let drawn = at("2026-11-20T02:00:00Z");
        let now = at("2026-11-22T12:00:00Z");
        let claim = |minute: i64, place| VisitClaim {
            visitor: "甲".into(),
            at: Some(at("2026-11-22T01:00:00Z") + chrono::Duration::seconds(minute * 60)),
            place,
        };
        let forty: Vec<VisitClaim> = (0..40)
            .map(|i| VisitClaim { at: claim(0, None).at.map(|t| t + chrono::Duration::seconds(i)), ..claim(0, None) })
            .collect();
        let found = doubts(&forty, drawn, now);
        assert!(found.iter().all(|d| d.as_ref().is_some_and(|p| p.code == "too_many_doors")), "{found:?}");
        let day: Vec<VisitClaim> = (0..12).map(|i| claim(i * 30, Some((116.3 + 0.001 * i as f64, 39.9)))).collect();
        assert!(doubts(&day, drawn, now).iter().all(Option::is_none));
        let two: Vec<VisitClaim> = ["甲", "乙"]
            .iter()
            .flat_map(|who| (0..6).map(move |i| VisitClaim { visitor: (*who).into(), ..claim(i, None) }))
            .collect();
        assert!(doubts(&two, drawn, now).iter().all(Option::is_none), "two people are at twice as many doors");
        // From one end of the city to the other in five minutes.
        let far = [claim(0, Some((116.2, 39.9))), claim(5, Some((116.7, 39.9)))];
        assert_eq!(doubts(&far, drawn, now)[1].as_ref().map(|p| &*p.code), Some("too_far_apart"));
        let odd = [
            VisitClaim { at: Some(at("2026-11-25T00:00:00Z")), ..claim(0, None) },
            VisitClaim { at: Some(at("2026-11-01T00:00:00Z")), ..claim(0, None) },
        ];
        let codes: Vec<Option<String>> = doubts(&odd, drawn, now).into_iter().map(|d| d.map(|p| p.code.into_owned())).collect();
        assert_eq!(codes, [Some("in_the_future".to_owned()), Some("before_the_list".to_owned())]);
        assert_eq!(doubts(&[VisitClaim { at: None, ..claim(0, None) }], drawn, now), [None]);
    }
}
