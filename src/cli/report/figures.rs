//! What the bulletin says: counts per unit, their change, targets, the most urgent enterprises, what it rests on.
//!
//! In: the edition of the period's end, the one before its beginning, the year's targets. Out: plain figures; `html` and
//! `sheet` only lay them out.

use anyhow::Context;
use chrono::{Datelike, NaiveDate};
use roaring::RoaringBitmap;

use crate::assess::fund::Period;
use crate::assess::targets::{Standing, Target, UnequalSum, is_rate, standings, unequal_sums};
use crate::edition::{Dimension, Edition, EditionError, Editions, EnterpriseRow, Filter, Measures};
use crate::model::message::{Lang, reason_text};

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
    pub total: Unit,
    /// By rank.
    pub units: Vec<Unit>,
    pub unequal: Vec<UnequalSum>,
    pub sources: Vec<Source>,
}

pub struct Unit {
    pub code: String,
    pub name: String,
    /// By the rate of independent unions among enterprises above designated size; units without such have none.
    pub rank: Option<u32>,
    pub now: Counts,
    pub before: Option<Counts>,
    pub targets: Vec<Standing>,
    pub urgent: Vec<Urgent>,
}

#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub measures: Measures,
    pub unions: u64,
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
}

pub struct Source {
    pub name: String,
    pub title: String,
    pub as_of: NaiveDate,
    pub records: u64,
    pub stale: bool,
}

/// A part of a whole; None of nothing.
pub fn rate(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Counts {
    pub fn independent_rate(&self) -> Option<f64> {
        rate(self.measures.above_independent, self.measures.above)
    }
    pub fn coverage_rate(&self) -> Option<f64> {
        rate(self.measures.unionised, self.measures.in_scope)
    }
    /// Members among the employees of units that have a union.
    pub fn membership_rate(&self) -> Option<f64> {
        rate(self.measures.members, self.measures.employees_of_unionised)
    }
    /// Members among all employees.
    pub fn membership_rate_all(&self) -> Option<f64> {
        rate(self.measures.members, self.measures.employees)
    }
}

/// Gathers the bulletin of a period for an area: a city's districts, or a district's streets.
pub fn gather(
    editions: &Editions,
    targets: &[Target],
    period: Period,
    area: &str,
    today: NaiveDate,
    lang: Lang,
) -> anyhow::Result<Bulletin> {
    let edition = editions
        .as_of(period.last_day().min(today))
        .with_context(|| format!("no edition is as old as {period}; the first one is later"))?;
    let before = earlier(editions, period.first_day())?;
    let year_start = NaiveDate::from_ymd_opt(period.last_day().year(), 1, 1).expect("a first of January");
    let year_before = earlier(editions, year_start)?;
    let label = edition
        .area(area)
        .with_context(|| format!("edition {} knows no area {area}; use a code such as 110108", edition.number()))?;
    let (area_code, area_name) = (label.code.clone(), lang.pick(label.zh.clone(), label.en.clone()));
    let by = if label.level == "CITY" { Dimension::District } else { Dimension::Town };
    let rows = edition.filter(&Filter::Area(vec![area_code.clone()]))?;
    let (groups, _) = edition.coverage(&[by], &rows, MOST_UNITS)?;
    let unit = |code: &str, rank| -> anyhow::Result<Unit> {
        let now = counts(&edition, code)?.unwrap_or_default();
        let counts_then = |then: &Option<std::sync::Arc<Edition>>| match then {
            Some(then) => counts(then, code),
            None => Ok(None),
        };
        let year = counts_then(&year_before)?;
        let mine: Vec<Target> =
            targets.iter().filter(|t| *t.area == *code && t.year == period.last_day().year()).cloned().collect();
        let name =
            edition.area(code).map_or_else(|| lang.pick("未知", "unknown").to_owned(), |a| lang.pick(a.zh.clone(), a.en.clone()));
        Ok(Unit {
            code: code.to_owned(),
            name,
            rank,
            before: counts_then(&before)?,
            targets: standings(&mine, edition.manifest.as_of, |_, indicator| done(indicator, &now, year.as_ref())),
            urgent: urgent(&edition, code, lang)?,
            now,
        })
    };
    let mut units = groups.iter().map(|g| unit(&g.keys[0], None)).collect::<anyhow::Result<Vec<Unit>>>()?;
    rank(&mut units);
    Ok(Bulletin {
        lang,
        period: period.to_string(),
        area: area_name,
        number: edition.number(),
        digest: edition.manifest.digest.clone(),
        as_of: edition.manifest.as_of,
        compared: before.as_ref().map(|e| (e.number(), e.manifest.as_of)),
        total: unit(&area_code, None)?,
        area_code,
        units,
        unequal: unequal_sums(targets),
        sources: sources(&edition, lang),
    })
}

/// The last edition before a day; None where the first one is later.
fn earlier(editions: &Editions, day: NaiveDate) -> anyhow::Result<Option<std::sync::Arc<Edition>>> {
    match editions.as_of(day.pred_opt().unwrap_or(day)) {
        Ok(edition) => Ok(Some(edition)),
        Err(EditionError::Gone { .. } | EditionError::None) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// What is counted in an area; None where the edition does not know it. The empty code is what has no known area.
fn counts(edition: &Edition, code: &str) -> anyhow::Result<Option<Counts>> {
    let Some(rows) = rows(edition, code)? else { return Ok(None) };
    let (_, measures) = edition.coverage(&[], &rows, 1)?;
    let hosted = |at: u32| edition.union_at(at).covers().first().is_some_and(|host| rows.contains(*host));
    let unions = (0..edition.union_count()).filter(|at| hosted(*at)).count() as u64;
    Ok(Some(Counts { measures, unions }))
}

fn rows(edition: &Edition, code: &str) -> anyhow::Result<Option<std::sync::Arc<RoaringBitmap>>> {
    if code.is_empty() {
        let known = edition.labels.areas.iter().filter(|a| a.level == "DISTRICT").map(|a| a.code.clone()).collect();
        return Ok(Some(edition.filter(&Filter::Not(Box::new(Filter::Area(known))))?));
    }
    if edition.area(code).is_none() {
        return Ok(None);
    }
    Ok(Some(edition.filter(&Filter::Area(vec![code.to_owned()]))?))
}

/// What was reached of an indicator; the net increases count from the last edition of the year before.
fn done(indicator: &str, now: &Counts, year_before: Option<&Counts>) -> Option<f64> {
    let grown = |what: fn(&Counts) -> u64| Some(what(now) as f64 - what(year_before?) as f64);
    match indicator {
        "independent_rate_above_size" => now.independent_rate(),
        "union_rate_entity" | "coverage_rate" => now.coverage_rate(),
        "membership_rate" => now.membership_rate(),
        "net_new_units" => grown(|c| c.unions),
        "net_new_covered" => grown(|c| c.measures.unionised),
        "net_new_members" => grown(|c| c.measures.members),
        _ => None,
    }
}

fn rank(units: &mut [Unit]) {
    let rates: Vec<Option<f64>> = units.iter().map(|u| u.now.independent_rate()).collect();
    for (unit, mine) in units.iter_mut().zip(&rates) {
        unit.rank = mine.map(|mine| 1 + rates.iter().flatten().filter(|other| **other > mine).count() as u32);
    }
    units.sort_by(|a, b| a.rank.unwrap_or(u32::MAX).cmp(&b.rank.unwrap_or(u32::MAX)).then_with(|| a.code.cmp(&b.code)));
}

fn urgent(edition: &Edition, code: &str, lang: Lang) -> anyhow::Result<Vec<Urgent>> {
    let Some(rows) = rows(edition, code)? else { return Ok(Vec::new()) };
    let gap = edition.filter(&Filter::And(vec![Filter::InGap, Filter::Rows(rows)]))?;
    let page = edition.page(&gap, &[], URGENT, None);
    let shown = page.rows.iter().map(|row| {
        let e = EnterpriseRow { edition, row: *row };
        let verdicts = e.verdicts().with_context(|| format!("edition {}: verdicts of {}", edition.number(), e.id()))?;
        let reasons = verdicts.size.reasons.iter().take(1).chain(verdicts.gap.reasons.iter().take(1));
        let texts: Vec<String> = reasons.map(|r| reason_text(&r.code, &r.inputs, lang)).collect();
        Ok(Urgent {
            id: e.id().to_owned(),
            credit_code: e.credit_code().unwrap_or_default().to_owned(),
            name: e.name().to_owned(),
            address: e.address().unwrap_or_default().to_owned(),
            employees: e.employees(),
            since: e.gap_since(),
            score: e.priority(),
            reasons: texts.join(lang.pick("；", "; ")),
        })
    });
    shown.collect()
}

fn sources(edition: &Edition, lang: Lang) -> Vec<Source> {
    let source = |s: &crate::edition::EditionSource| Source {
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

    /// The sentences that lead the bulletin.
    pub fn lead(&self) -> Vec<String> {
        let (m, total) = (&self.total.now.measures, &self.total.now);
        let percent = |r: Option<f64>| r.map_or("—".to_owned(), |r| format!("{:.1}%", r * 100.0));
        let mut lead = vec![match self.lang {
            Lang::Zh => format!(
                "截至{}，{}应建会单位 {} 家，其中规模以上企业 {} 家，已单独建会 {} 家，独立建会率 {}；尚有 {} 家规模以上企业未建会或未单独建会。",
                self.as_of,
                self.area,
                m.in_scope,
                m.above,
                m.above_independent,
                percent(total.independent_rate()),
                m.in_gap
            ),
            Lang::En => format!(
                "As of {}, {} has {} units in scope, {} of them above designated size; {} of these have an independent union ({}). {} enterprises \
                 above designated size lack a union or an independent one.",
                self.as_of,
                self.area,
                m.in_scope,
                m.above,
                m.above_independent,
                percent(total.independent_rate()),
                m.in_gap
            ),
        }];
        lead.push(match self.lang {
            Lang::Zh => format!(
                "工会组织覆盖率 {}；职工入会率按已建会单位职工计 {}，按全部职工计 {}。",
                percent(total.coverage_rate()),
                percent(total.membership_rate()),
                percent(total.membership_rate_all())
            ),
            Lang::En => format!(
                "Coverage is {}; membership is {} of the employees of unionised units, and {} of all employees.",
                percent(total.coverage_rate()),
                percent(total.membership_rate()),
                percent(total.membership_rate_all())
            ),
        });
        match (&self.total.before, self.compared) {
            (Some(before), Some((number, day))) => {
                let grown = |now: u64, then: u64| format!("{:+}", now as i64 - then as i64);
                let then = &before.measures;
                let (unions, units, members) =
                    (grown(total.unions, before.unions), grown(m.unionised, then.unionised), grown(m.members, then.members));
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

/// `12.5 %` of a rate, `120` of a number.
pub fn shown(indicator: &str, value: f64) -> String {
    if is_rate(indicator) { format!("{:.1}%", value * 100.0) } else { format!("{value:.0}") }
}
