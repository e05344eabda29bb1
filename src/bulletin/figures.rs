//! What the bulletin says: counts per unit, their change, targets, the most urgent enterprises, what it rests on.
//!
//! In: the edition of the period's end, the one before its beginning, the year's targets. Out: plain figures; `html` and
//! `sheet` only lay them out.

use std::sync::Arc;

use anyhow::Context;
use chrono::{Datelike, NaiveDate};
use roaring::RoaringBitmap;

use super::appraisal::AppraisedUnit;
use crate::assess::fund::Period;
pub use crate::assess::targets::UnequalSum;
use crate::assess::targets::{Attainment, Target, is_rate, standings, unequal_sums};
use crate::edition::format::rates::{self, Rate};
use crate::edition::{Dimension, Edition, EditionError, Editions, EnterpriseRow, Filter, Measures};
use crate::hub::targets::Reached;
use crate::hub::{HubError, MissingInput};
use crate::model::message::{Lang, reason_on_paper};
use crate::model::reference::unions::indicators;
use crate::model::text::grouped;

/// The most urgent enterprises shown per unit.
const URGENT: usize = 10;
/// Districts of one city, or streets of one district, are far fewer.
const MOST_UNITS: usize = 2_000;

pub struct Bulletin {
    pub lang: Lang,
    pub period: String,
    pub area: String,
    pub area_code: String,
    pub number: u32,
    pub digest: String,
    pub as_of: NaiveDate,
    /// The edition compared with; None where there is none before the period.
    pub compared: Option<(u32, NaiveDate)>,
    pub total: UnitLine,
    /// In scope, and it cannot be told whether they are on the gap list.
    pub undecided: u64,
    /// What would decide most of them, where the hub was asked.
    pub missing: Vec<MissingInput>,
    pub edition: Arc<Edition>,
    /// The enterprises of the area.
    pub rows: Arc<RoaringBitmap>,
    /// By rank.
    pub units: Vec<UnitLine>,
    pub unequal: Vec<UnequalSum>,
    /// How units stand by the year's rules, where the hub was asked.
    pub appraisal: Vec<AppraisedUnit>,
    pub sources: Vec<SourceLine>,
}

pub struct UnitLine {
    pub code: String,
    pub name: String,
    /// By the rate of independent unions among enterprises above designated size; units without such have none.
    pub rank: Option<u32>,
    pub now: Counts,
    pub before: Option<Counts>,
    pub targets: Vec<Attainment>,
    pub urgent: Vec<Urgent>,
}

#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub measures: Measures,
}

pub struct Urgent {
    pub id: String,
    pub credit_code: String,
    pub name: String,
    pub address: String,
    pub employees: Option<u32>,
    pub since: Option<NaiveDate>,
    pub score: f32,
    pub reasons: String,
    /// What the score is made of, in the order of the factors.
    pub parts: Vec<ScorePart>,
}

/// One factor of a score.
pub struct ScorePart {
    /// Stable, for the colour.
    pub code: String,
    pub points: f32,
    pub text: String,
}

pub struct SourceLine {
    pub name: String,
    pub title: String,
    pub as_of: NaiveDate,
    pub records: u64,
    pub stale: bool,
}

/// The rates that a bulletin prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrintedRate {
    /// Of enterprises above designated size with a union of their own.
    Independent,
    /// Of what should have a union.
    Coverage,
    /// Members among the employees of units that have a union.
    Membership,
    /// Members among all employees.
    MembershipOfAll,
}

impl PrintedRate {
    fn definition(self) -> &'static Rate {
        match self {
            PrintedRate::Independent => &rates::INDEPENDENT_RATE,
            PrintedRate::Coverage => &rates::COVERAGE_RATE,
            PrintedRate::Membership => &rates::MEMBERSHIP_RATE_UNIONISED,
            PrintedRate::MembershipOfAll => &rates::MEMBERSHIP_RATE_ALL,
        }
    }
}

impl Counts {
    /// A rate as it is printed: a share, a conflict, or a dash where there is none.
    pub fn shown(&self, rate: PrintedRate, lang: Lang) -> String {
        let definition = rate.definition();
        match (self.value(rate), definition.of(&self.measures)) {
            (Some(value), _) => percent(value),
            (None, Some((part, whole))) if definition.is_conflict(part, whole) => lang.pick("数据冲突", "conflict").to_owned(),
            _ => "—".to_owned(),
        }
    }
    /// The rate; None where there is none.
    pub fn value(&self, rate: PrintedRate) -> Option<f64> {
        rate.definition().value(&self.measures)
    }
}

/// `12.5%`.
pub fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// Gathers the bulletin of a period for an area: a city's districts, or a district's streets.
///
/// # Errors
/// No edition is as old as the period, the edition knows no such area, or it cannot be read; the message says which.
pub fn gather(
    editions: &Editions,
    targets: &[Target],
    period: Period,
    area: &str,
    today: NaiveDate,
    lang: Lang,
) -> anyhow::Result<Bulletin> {
    let edition = editions.as_of(period.last_day().min(today)).map_err(|error| match (error, editions.list().last()) {
        (EditionError::BeforeFirst { .. }, Some(first)) => {
            let day = first.as_of;
            HubError::said(
                format!("{} 没有版本：最早的版本截至 {day}；请改用 --period {}", period.text(Lang::Zh), day.format("%Y-%m")),
                format!("no edition is as old as {period}: the first one is as of {day}; take --period {}", day.format("%Y-%m")),
            )
        }
        (error, _) => HubError::from(error),
    })?;
    let before = earlier(editions, period.first_day())?;
    let label = edition.area(area).ok_or_else(|| {
        let number = edition.number();
        HubError::said(
            format!("第 {number} 期没有区域「{area}」；请写代码，如 110108"),
            format!("edition {number} knows no area {area}; use a code such as 110108"),
        )
    })?;
    let (area_code, area_name) = (label.code.clone(), lang.pick(label.zh.clone(), label.en.clone()));
    let whole = label.level == "CITY" || area_code == "BJ";
    let by = if whole { Dimension::District } else { Dimension::Town };
    let scope = Scope { area: area_code.clone(), parts: if whole { "DISTRICT" } else { "TOWN" } };
    let rows = edition.filter(&Filter::Area(vec![area_code.clone()]))?;
    let (groups, _) = edition.coverage(&[by], &rows, MOST_UNITS)?;
    let undecided = edition.filter(&Filter::may_be_in_gap().and(Filter::Rows(rows.clone())))?.len();
    let then = |edition: &Option<Arc<Edition>>, code: &str| match edition {
        Some(edition) => scope.counts(edition, code),
        None => Ok(None),
    };
    let unit = |code: &str| -> anyhow::Result<UnitLine> {
        let label = edition.area(code).map(|a| lang.pick(a.zh.clone(), a.en.clone()));
        Ok(UnitLine {
            code: code.to_owned(),
            name: label.unwrap_or_else(|| lang.pick("未知", "unknown").to_owned()),
            rank: None,
            now: scope.counts(&edition, code)?.unwrap_or_default(),
            before: then(&before, code)?,
            targets: Vec::new(),
            urgent: scope.urgent(&edition, code, lang)?,
        })
    };
    let mut units = groups.iter().map(|g| unit(&g.keys[0])).collect::<anyhow::Result<Vec<UnitLine>>>()?;
    let mut total = unit(&area_code)?;
    rank(&mut units);
    let year: Vec<Target> = targets.iter().filter(|t| t.year == period.last_day().year()).cloned().collect();
    // Together, so that each is ranked among its siblings.
    let reached = Reached::new(editions, edition.clone(), period.last_day().year())?;
    let all = standings(&year, edition.manifest.as_of, |area, indicator| reached.done(area, indicator));
    for standing in all {
        if let Some(unit) = units.iter_mut().chain([&mut total]).find(|u| *u.code == *standing.area) {
            unit.targets.push(standing);
        }
    }
    let shows = |code: &str| code == area_code || units.iter().any(|u| u.code == code);
    let unequal = unequal_sums(&year).into_iter().filter(|u| shows(&u.parent)).collect();
    Ok(Bulletin {
        lang,
        period: period.text(lang),
        area: area_name,
        number: edition.number(),
        digest: edition.manifest.digest.clone(),
        as_of: edition.manifest.as_of,
        compared: before.as_ref().map(|e| (e.number(), e.manifest.as_of)),
        total,
        undecided,
        missing: Vec::new(),
        edition: edition.clone(),
        rows,
        area_code,
        units,
        unequal,
        appraisal: Vec::new(),
        sources: sources(&edition, lang),
    })
}

/// The last edition before a day; None where the first one is later.
fn earlier(editions: &Editions, day: NaiveDate) -> anyhow::Result<Option<Arc<Edition>>> {
    match editions.as_of(day.pred_opt().unwrap_or(day)) {
        Ok(edition) => Ok(Some(edition)),
        Err(EditionError::BeforeFirst { .. } | EditionError::None) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// The area reported on, and the level of its parts.
struct Scope {
    area: String,
    parts: &'static str,
}

impl Scope {
    /// The rows of a part, or of the whole; the empty code is what stands in none of the parts. None where the edition does
    /// not know the code.
    fn rows(&self, edition: &Edition, code: &str) -> anyhow::Result<Option<Arc<RoaringBitmap>>> {
        let filter = if code.is_empty() {
            let parts = edition.labels.areas.iter().filter(|a| a.level == self.parts).map(|a| a.code.clone()).collect();
            Filter::And(vec![Filter::Area(vec![self.area.clone()]), Filter::Not(Box::new(Filter::Area(parts)))])
        } else if edition.area(code).is_some() {
            // A street may have enterprises of several federation units: only those of the area reported on are its part.
            Filter::And(vec![Filter::Area(vec![self.area.clone()]), Filter::Area(vec![code.to_owned()])])
        } else {
            return Ok(None);
        };
        Ok(Some(edition.filter(&filter)?))
    }

    fn counts(&self, edition: &Edition, code: &str) -> anyhow::Result<Option<Counts>> {
        let Some(rows) = self.rows(edition, code)? else { return Ok(None) };
        let (_, measures) = edition.coverage(&[], &rows, 1)?;
        Ok(Some(Counts { measures }))
    }

    fn urgent(&self, edition: &Edition, code: &str, lang: Lang) -> anyhow::Result<Vec<Urgent>> {
        let Some(rows) = self.rows(edition, code)? else { return Ok(Vec::new()) };
        let gap = edition.filter(&Filter::And(vec![Filter::InGap, Filter::Rows(rows)]))?;
        let page = edition.page(&gap, &[], URGENT, None);
        let shown = page.rows.iter().map(|row| urgent(EnterpriseRow { edition, row: *row }, lang));
        shown.collect()
    }
}

fn urgent(e: EnterpriseRow<'_>, lang: Lang) -> anyhow::Result<Urgent> {
    let verdicts = e.verdicts().with_context(|| format!("edition {}: verdicts of {}", e.edition.number(), e.id()))?;
    let reasons = verdicts.size.reasons.iter().take(1).chain(verdicts.gap.reasons.iter().take(1));
    let texts: Vec<String> = reasons.map(|r| reason_on_paper(&r.code, &r.inputs, lang)).collect();
    Ok(Urgent {
        id: e.id().to_owned(),
        credit_code: e.credit_code().unwrap_or_default().to_owned(),
        name: e.name().to_owned(),
        address: e.address().unwrap_or_default().to_owned(),
        employees: e.employees(),
        since: e.gap_since(),
        score: e.priority(),
        reasons: texts.join(lang.pick("；", "; ")),
        parts: verdicts
            .priority
            .factors
            .iter()
            .map(|factor| ScorePart {
                code: factor.code.to_string(),
                points: factor.points,
                text: reason_on_paper(&factor.code, factor.input.as_slice(), lang),
            })
            .collect(),
    })
}

fn rank(units: &mut [UnitLine]) {
    // What stands in no part is no part to be ranked.
    let rates: Vec<Option<f64>> =
        units.iter().map(|u| u.now.value(PrintedRate::Independent).filter(|_| !u.code.is_empty())).collect();
    for (unit, mine) in units.iter_mut().zip(&rates) {
        unit.rank = mine.map(|mine| 1 + rates.iter().flatten().filter(|other| **other > mine).count() as u32);
    }
    units.sort_by(|a, b| a.rank.unwrap_or(u32::MAX).cmp(&b.rank.unwrap_or(u32::MAX)).then_with(|| a.code.cmp(&b.code)));
}

fn sources(edition: &Edition, lang: Lang) -> Vec<SourceLine> {
    let source = |s: &crate::edition::EditionSource| SourceLine {
        name: s.name.clone(),
        title: lang.pick(s.title_zh.clone(), s.title_en.clone()),
        as_of: s.as_of.date_naive(),
        records: s.records,
        stale: s.stale,
    };
    edition.manifest.sources.iter().map(source).collect()
}

impl Bulletin {
    /// The GraphQL query that gives the same table.
    pub fn query(&self) -> String {
        let dimension = if self.area_code.ends_with("0000") { "DISTRICT" } else { "TOWN" };
        let compare = self.compared.map(|(_, day)| format!(", compareWith: \"{day}\"")).unwrap_or_default();
        format!(
            "{{ coverage(by: [{dimension}], within: {{ code: \"{}\" }}, asOf: \"{}\"{compare}) {{ edition {{ number digest }} rows {{ \
             keys {{ code name }} aboveDesignatedSize independentRate {{ numerator denominator }} coverageRate {{ numerator denominator }} \
             lacking lackingIndependent members change {{ unions coveredUnits members }} }} }} }}",
            self.area_code, self.as_of
        )
    }

    /// The name of a unit of the bulletin; its code where it is none.
    pub fn name_of<'a>(&'a self, code: &'a str) -> &'a str {
        self.units.iter().chain([&self.total]).find(|u| u.code == code).map_or(code, |u| &u.name)
    }

    /// The sentences that lead the bulletin.
    pub fn lead(&self) -> Vec<String> {
        let (m, total) = (&self.total.now.measures, &self.total.now);
        let count = |n: u64| grouped(n as i64);
        let shown = |rate: PrintedRate| total.shown(rate, self.lang);
        let mut lead = vec![match self.lang {
            Lang::Zh => format!(
                "截至{}，{}应建会单位 {} 家，其中规模以上企业 {} 家，已单独建会 {} 家，独立建会率 {}；尚有 {} 家规模以上企业未建会或未单独建会。",
                self.as_of,
                self.area,
                count(m.in_scope),
                count(m.above),
                count(m.above_independent),
                shown(PrintedRate::Independent),
                count(m.in_gap)
            ),
            Lang::En => format!(
                "As of {}, {} has {} units in scope, {} of them above designated size; {} of these have an independent union ({}). {} enterprises \
                 above designated size lack a union or an independent one.",
                self.as_of,
                self.area,
                count(m.in_scope),
                count(m.above),
                count(m.above_independent),
                shown(PrintedRate::Independent),
                count(m.in_gap)
            ),
        }];
        lead.extend((self.undecided > 0).then(|| match self.lang {
            Lang::Zh => format!("另有 {} 家规模不明或待核实，暂不能判定是否应列入名单。", count(self.undecided)),
            Lang::En => format!(
                "Of {} more it cannot be told: their size is unknown, or their union is not settled.",
                count(self.undecided)
            ),
        }));
        lead.push(match self.lang {
            Lang::Zh => format!(
                "工会组织覆盖率 {}；职工入会率按已建会单位职工计 {}，按全部职工计 {}。",
                shown(PrintedRate::Coverage),
                shown(PrintedRate::Membership),
                shown(PrintedRate::MembershipOfAll)
            ),
            Lang::En => format!(
                "Coverage is {}; membership is {} of the employees of unionised units, and {} of all employees.",
                shown(PrintedRate::Coverage),
                shown(PrintedRate::Membership),
                shown(PrintedRate::MembershipOfAll)
            ),
        });
        let deciding: Vec<String> = self.missing.iter().take(3).map(|input| input.text(self.lang)).collect();
        lead.extend((m.size_unknown > 0).then(|| {
            let (unknown, lacking) = (count(m.size_unknown), count(m.size_unknown_lacking));
            let deciding = deciding.join(self.lang.pick("；", "; "));
            match (self.lang, deciding.is_empty()) {
                (Lang::Zh, true) => format!("规模不明 {unknown} 家，其中 {lacking} 家未建会。"),
                (Lang::Zh, false) => {
                    format!("规模不明 {unknown} 家，其中 {lacking} 家未建会；补齐以下数据最能判定：{deciding}。")
                }
                (Lang::En, true) => format!("{unknown} are of unknown size, {lacking} of them without a union."),
                (Lang::En, false) => {
                    format!(
                        "{unknown} are of unknown size, {lacking} of them without a union; what would decide most: {deciding}."
                    )
                }
            }
        }));
        lead.extend((m.members_exceed_staff > 0).then(|| match self.lang {
            Lang::Zh => format!(
                "{} 家单位的会员多于职工，两者必有一误，请核对；会员多于职工的合计不列入会率。",
                count(m.members_exceed_staff)
            ),
            Lang::En => format!(
                "{} units have more members than staff: one of the two is wrong. Where the sum has, no rate is shown.",
                count(m.members_exceed_staff)
            ),
        }));
        lead.extend(rates::lacks_universe(m).then(|| {
            self.lang
                .pick(
                    "未规定该产业工会所属的行业，应建会单位数不明，不计算覆盖率与建会率。",
                    "No industries are named for this industrial union: who should have a union is unknown, and so are the rates.",
                )
                .to_owned()
        }));
        match (&self.total.before, self.compared) {
            (Some(before), Some((number, day))) => {
                let grown = |now: u64, then: u64| format!("{:+}", now as i64 - then as i64);
                let then = &before.measures;
                let (unions, units, members) =
                    (grown(m.unions, then.unions), grown(m.unionised, then.unionised), grown(m.members, then.members));
                lead.push(match self.lang {
                    Lang::Zh => format!("与{day}（第 {number} 期）相比，工会组织净增 {unions} 个，覆盖单位净增 {units} 家，会员净增 {members} 人。"),
                    Lang::En => format!("Compared with {day} (edition {number}): unions {unions}, covered units {units}, members {members}."),
                });
            }
            _ => lead.push(
                self.lang
                    .pick("本期之前没有可比的版本，不列增减。", "No edition is older than this period: changes are not shown.")
                    .to_owned(),
            ),
        }
        lead
    }
}

/// The name of an indicator in the reader's language; its id where the list does not have it.
pub fn indicator_name(id: &str, lang: Lang) -> String {
    let levels = [
        ("independent", "独立工会数", "independent unions"),
        ("covered", "覆盖单位数", "covered units"),
        ("members", "会员数", "members"),
    ];
    let listed = indicators().iter().find(|i| i.id == id).map(|i| lang.pick(i.name_zh, i.name_en));
    let level = levels.iter().find(|(name, ..)| *name == id).map(|(_, zh, en)| lang.pick(*zh, *en));
    listed.or(level).unwrap_or(id).to_owned()
}

/// Whether an indicator is a share of something.
pub fn is_share(indicator: &str) -> bool {
    is_rate(indicator)
}

/// What is needed every month: of a number with a tenth, of a rate in percent.
pub fn shown_monthly(indicator: &str, value: f64) -> String {
    if is_rate(indicator) { percent(value) } else { format!("{value:.1}") }
}

/// `12.5 %` of a rate, `120` of a number.
pub fn shown(indicator: &str, value: f64) -> String {
    if is_rate(indicator) { percent(value) } else { format!("{value:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edition::{synthetic, write};
    use crate::pages::bulletin;
    use crate::pages::workbook;

    /// Two editions, before and in the fourth quarter of 2026.
    fn editions(folder: &std::path::Path) -> Editions {
        write(folder, synthetic::input(1, 400, 7)).expect("an edition");
        write(folder, synthetic::input(25, 900, 7)).expect("an edition");
        Editions::open(folder).expect("two editions")
    }

    fn bulletin(lang: Lang, area: &str, targets: &[Target]) -> Bulletin {
        let folder = tempfile::tempdir().expect("a folder");
        let editions = editions(folder.path());
        let period = Period::parse("2026Q4").expect("a period");
        let today = editions.list()[0].as_of;
        gather(&editions, targets, period, area, today, lang).expect("a bulletin")
    }

    #[test]
    fn units_add_up_to_the_whole_and_stand_by_rank() {
        let b = bulletin(Lang::Zh, "110000", &[]);
        let sum = |what: fn(&Measures) -> u64| b.units.iter().map(|u| what(&u.now.measures)).sum::<u64>();
        for what in [|m: &Measures| m.in_scope, |m: &Measures| m.above, |m: &Measures| m.in_gap, |m: &Measures| m.members] {
            assert_eq!(sum(what), what(&b.total.now.measures));
        }
        assert!(b.total.now.measures.in_scope > 0 && b.units.len() > 2);
        let ranked: Vec<(u32, Option<f64>)> =
            b.units.iter().filter_map(|u| Some((u.rank?, u.now.value(PrintedRate::Independent)))).collect();
        assert!(ranked.windows(2).all(|w| w[0].0 <= w[1].0 && w[0].1 >= w[1].1), "{ranked:?}");
        for unit in &b.units {
            assert!(unit.urgent.len() <= URGENT && unit.urgent.windows(2).all(|w| w[0].score >= w[1].score));
        }
    }

    #[test]
    fn streets_of_a_federation_unit_add_up_to_it_and_the_unknown_is_not_ranked() {
        let city = bulletin(Lang::Zh, "110000", &[]);
        let unit = format!("D{}", city.units[0].code);
        let b = bulletin(Lang::Zh, &unit, &[]);
        let sum: u64 = b.units.iter().map(|u| u.now.measures.in_scope).sum();
        assert_eq!(sum, b.total.now.measures.in_scope, "{unit}");
        assert!(b.units.iter().all(|u| u.rank.is_none() || !u.code.is_empty()));
    }

    #[test]
    fn changes_count_from_the_last_edition_before_the_period() {
        let b = bulletin(Lang::En, "110000", &[]);
        assert_eq!(b.compared.map(|(number, _)| number), Some(1));
        let before = b.total.before.expect("the city was there before");
        assert_ne!(before.measures.in_scope, b.total.now.measures.in_scope);
        assert!(b.lead().iter().any(|line| line.contains("edition 1")), "{:?}", b.lead());
    }

    #[test]
    fn targets_stand_beside_their_units_and_unequal_sums_are_said() {
        let target = |area: &str, value| Target {
            area: area.into(),
            year: 2026,
            indicator: "independent_rate_above_size".into(),
            value,
            responsible: Some("甲".into()),
        };
        let first = bulletin(Lang::Zh, "110000", &[]).units[0].code.clone();
        let b = bulletin(Lang::Zh, "110000", &[target(&first, 2.0), target("110000", 2.0)]);
        let unit = b.units.iter().find(|u| u.code == first).expect("the unit");
        let (done, missing) = (unit.targets[0].done.expect("known"), unit.targets[0].missing.expect("known"));
        assert!((done + missing - 2.0).abs() < 1e-9);
        assert_eq!((unit.targets[0].on_pace, unit.targets[0].rank), (Some(false), Some(1)));
        assert_eq!(b.total.targets.len(), 1);
    }

    #[test]
    fn both_forms_stand_alone() {
        for lang in [Lang::Zh, Lang::En] {
            let b = bulletin(lang, "110000", &[]);
            let page = bulletin::render(&b);
            for outside in ["http:", "https:", "src=", "<script", "url("] {
                assert!(!page.contains(outside), "{outside}");
            }
            assert!(page.contains(&b.digest) && b.units.iter().all(|u| page.contains(&u.name)));
            let book = workbook::render(&b).expect("a workbook");
            assert_eq!(&book[..2], b"PK");
        }
    }

    #[test]
    fn an_unknown_area_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let editions = editions(folder.path());
        let period = Period::parse("2026").expect("a period");
        let today = editions.list()[0].as_of;
        let error = gather(&editions, &[], period, "999999", today, Lang::Zh).err().expect("refused");
        assert!(error.to_string().contains("999999"), "{error}");
    }
}
