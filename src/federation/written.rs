//! What was entered, as the sheets that it was entered with: whoever brings such a sheet back changes nothing.
//!
//! In: nouns of the federation. Out: cells in the order of their columns. What it does not do: write a file.

use chrono::NaiveDate;

use super::appraisal::{
    AppraisalObjection, AppraisalRule, OBJECTION_COLUMNS, REWARD_COLUMNS, UnitReward, UnitWork, WORK_COLUMNS,
};
use super::dispatch::{DISPATCH_COLUMNS, DispatchAgreement};
use super::figure::{FIGURE_COLUMNS, StatedFigure};
use super::key_point::{KEY_POINT_COLUMNS, KeyPoint};
use super::pilot::{Collection, PILOT_AREA_COLUMNS, PILOT_COLUMNS, PilotArea};
use super::place::{LISTING_COLUMNS, PLACE_COLUMNS, PlaceListing, UnionPlace};
use super::post::{POST_COLUMNS, UnitPosts};
use super::service::{SERVICE_COLUMNS, ServicesGiven};
use super::share::{GivenShare, TARGET_COLUMNS, TargetMeasure, measure_of};
use super::sheet::{SheetColumn, needed, optional};
use super::unit::{TreeUnit, UNIT_COLUMNS};

/// A cell of a sheet that is written.
#[derive(Debug, Clone, PartialEq)]
pub enum SheetCell {
    /// Nothing is known.
    Blank,
    /// A text or a code.
    Text(String),
    /// A whole number.
    Count(u64),
    /// Any other number.
    Number(f64),
    /// A sum, in fen.
    Money(i64),
    /// A day.
    Day(NaiveDate),
    /// Yes or no.
    Flag(bool),
}

impl SheetCell {
    /// The text of a cell that readers of sheets understand; flags in either language are, here as `yes` and `no` say it.
    pub fn text(&self, (yes, no): (&str, &str)) -> String {
        match self {
            SheetCell::Blank => String::new(),
            SheetCell::Text(text) => text.clone(),
            SheetCell::Count(count) => count.to_string(),
            SheetCell::Number(number) => number.to_string(),
            SheetCell::Money(fen) if fen % 100 == 0 => (fen / 100).to_string(),
            SheetCell::Money(fen) => format!("{}.{:02}", fen / 100, fen.abs() % 100),
            SheetCell::Day(day) => day.to_string(),
            SheetCell::Flag(is) => (if *is { yes } else { no }).to_owned(),
        }
    }
}

/// Something that a sheet has a line for.
pub trait WrittenLine {
    /// The columns of its sheet.
    const COLUMNS: &'static [SheetColumn];
    /// A cell for each of them.
    fn cells(&self) -> Vec<SheetCell>;
}

fn text(text: &str) -> SheetCell {
    SheetCell::Text(text.to_owned())
}

fn texts(texts: &[Box<str>]) -> SheetCell {
    if texts.is_empty() { SheetCell::Blank } else { SheetCell::Text(texts.join(";")) }
}

fn maybe<T: ?Sized>(value: Option<&T>, cell: impl Fn(&T) -> SheetCell) -> SheetCell {
    value.map_or(SheetCell::Blank, cell)
}

fn year(year: i32) -> SheetCell {
    SheetCell::Count(u64::try_from(year).unwrap_or_default())
}

fn day(day: Option<NaiveDate>) -> SheetCell {
    day.map_or(SheetCell::Blank, SheetCell::Day)
}

impl WrittenLine for TreeUnit {
    const COLUMNS: &'static [SheetColumn] = UNIT_COLUMNS;
    fn cells(&self) -> Vec<SheetCell> {
        vec![
            text(&self.code),
            text(&self.name),
            text(self.level.name()),
            maybe(self.parent.as_deref(), text),
            texts(&self.areas),
            texts(&self.industries),
            texts(&self.places),
            maybe(self.chair_post.as_deref(), text),
            day(self.founded_on),
            day(self.due_on),
            text(&self.source),
        ]
    }
}

impl WrittenLine for UnionPlace {
    const COLUMNS: &'static [SheetColumn] = PLACE_COLUMNS;
    fn cells(&self) -> Vec<SheetCell> {
        let degrees = |of: fn((f64, f64)) -> f64| self.point.map_or(SheetCell::Blank, |point| SheetCell::Number(of(point)));
        vec![
            text(&self.code),
            text(&self.name),
            text(self.kind.name()),
            text(&self.unit),
            maybe(self.address.as_deref(), text),
            texts(&self.areas),
            degrees(|point| point.0),
            degrees(|point| point.1),
            texts(&self.services),
            SheetCell::Flag(self.party_station),
            SheetCell::Flag(self.social_station),
            SheetCell::Flag(self.union_station),
            SheetCell::Count(self.officers),
            text(&self.source),
        ]
    }
}

impl WrittenLine for PlaceListing {
    const COLUMNS: &'static [SheetColumn] = LISTING_COLUMNS;
    fn cells(&self) -> Vec<SheetCell> {
        vec![text(&self.place), text(&self.enterprise), text(&self.source)]
    }
}

impl WrittenLine for UnitPosts {
    const COLUMNS: &'static [SheetColumn] = POST_COLUMNS;
    fn cells(&self) -> Vec<SheetCell> {
        vec![
            text(&self.unit),
            text(self.kind.name()),
            SheetCell::Count(self.approved),
            SheetCell::Count(self.filled),
            SheetCell::Count(self.delegated_chairs),
            self.subsidy_yuan.map_or(SheetCell::Blank, SheetCell::Number),
            SheetCell::Day(self.as_of),
            text(&self.source),
        ]
    }
}

impl WrittenLine for ServicesGiven {
    const COLUMNS: &'static [SheetColumn] = SERVICE_COLUMNS;
    fn cells(&self) -> Vec<SheetCell> {
        vec![
            text(&self.unit),
            text(self.kind.name()),
            text(&self.period),
            SheetCell::Count(self.count),
            maybe(self.note.as_deref(), text),
            text(&self.source),
        ]
    }
}

impl WrittenLine for DispatchAgreement {
    const COLUMNS: &'static [SheetColumn] = DISPATCH_COLUMNS;
    fn cells(&self) -> Vec<SheetCell> {
        vec![
            text(&self.unit),
            text(&self.agency),
            text(&self.host),
            day(self.agreed_on),
            SheetCell::Flag(self.has_clause),
            SheetCell::Count(self.workers),
            SheetCell::Count(self.members),
            text(self.joined_at.name()),
            maybe(self.care_rule.as_deref(), text),
            text(&self.source),
        ]
    }
}

impl WrittenLine for Collection {
    const COLUMNS: &'static [SheetColumn] = PILOT_COLUMNS;
    fn cells(&self) -> Vec<SheetCell> {
        let (percent, rule) = match &self.refund {
            Some((percent, rule)) => (SheetCell::Number(*percent), text(rule)),
            None => (SheetCell::Blank, SheetCell::Blank),
        };
        vec![
            text(&self.unit),
            SheetCell::Day(self.starts_on),
            maybe(self.leading_group.as_deref(), text),
            text(&self.period),
            SheetCell::Money(self.payroll),
            SheetCell::Money(self.dues),
            SheetCell::Money(self.preparatory),
            percent,
            rule,
            self.tax_total.map_or(SheetCell::Blank, SheetCell::Money),
            text(&self.source),
        ]
    }
}

impl WrittenLine for PilotArea {
    const COLUMNS: &'static [SheetColumn] = PILOT_AREA_COLUMNS;
    fn cells(&self) -> Vec<SheetCell> {
        vec![
            text(&self.unit),
            SheetCell::Day(self.starts_on),
            day(self.decided_on),
            day(self.registered_on),
            day(self.reviewed_on),
            maybe(self.city_group.as_deref(), text),
            maybe(self.district_group.as_deref(), text),
            maybe(self.street_group.as_deref(), text),
            text(&self.source),
        ]
    }
}

impl WrittenLine for KeyPoint {
    const COLUMNS: &'static [SheetColumn] = KEY_POINT_COLUMNS;
    fn cells(&self) -> Vec<SheetCell> {
        vec![
            text(&self.unit),
            year(self.year),
            text(&self.point),
            day(self.due_on),
            day(self.done_on),
            maybe(self.note.as_deref(), text),
            text(&self.source),
        ]
    }
}

impl WrittenLine for GivenShare {
    const COLUMNS: &'static [SheetColumn] = TARGET_COLUMNS;
    fn cells(&self) -> Vec<SheetCell> {
        let measure = measure_of(&self.indicator);
        // A share such as 0.925 is written as the percent that it was read from.
        let value = match measure {
            Some(TargetMeasure::Percent) => (self.value * 1e10).round() / 1e8,
            _ => self.value,
        };
        vec![
            text(&self.unit),
            year(self.year),
            text(&self.indicator),
            measure.map_or(SheetCell::Blank, |measure| text(measure.name())),
            SheetCell::Number(value),
            maybe(self.responsible.as_deref(), text),
            maybe(Some(&*self.source).filter(|source| !source.is_empty()), text),
        ]
    }
}

impl WrittenLine for UnitWork {
    const COLUMNS: &'static [SheetColumn] = WORK_COLUMNS;
    fn cells(&self) -> Vec<SheetCell> {
        vec![text(&self.unit), year(self.year), text(&self.indicator), SheetCell::Number(self.value), text(&self.source)]
    }
}

impl WrittenLine for AppraisalObjection {
    const COLUMNS: &'static [SheetColumn] = OBJECTION_COLUMNS;
    fn cells(&self) -> Vec<SheetCell> {
        vec![
            text(&self.id),
            text(&self.unit),
            year(self.year),
            maybe(self.rule.as_deref(), text),
            text(&self.said),
            text(self.state.name()),
            maybe(self.answer.as_deref(), text),
            SheetCell::Day(self.on),
            text(&self.source),
        ]
    }
}

impl WrittenLine for UnitReward {
    const COLUMNS: &'static [SheetColumn] = REWARD_COLUMNS;
    fn cells(&self) -> Vec<SheetCell> {
        vec![
            text(&self.unit),
            year(self.year),
            text(&self.reward),
            self.yuan.map_or(SheetCell::Blank, SheetCell::Number),
            text(&self.source),
        ]
    }
}

/// A rule with its year, as a line of a table: rules are entered as a file of their own.
pub struct RuleOfYear<'r>(pub i32, pub &'r AppraisalRule);

/// The columns of a table of rules.
const RULE_COLUMNS: &[SheetColumn] = &[
    needed("year", "年度"),
    needed("id", "规则"),
    needed("indicator", "指标"),
    needed("zh", "名称"),
    needed("en", "英文名称"),
    needed("per", "每单位得分"),
    optional("from", "起算值"),
    needed("cap", "上限"),
    optional("floor", "底线"),
    optional("penalty", "扣分"),
    optional("levels", "适用层级"),
    needed("source", "来源"),
];

impl WrittenLine for RuleOfYear<'_> {
    const COLUMNS: &'static [SheetColumn] = RULE_COLUMNS;
    fn cells(&self) -> Vec<SheetCell> {
        let rule = self.1;
        let levels: Vec<&str> = rule.levels.iter().map(|level| level.name()).collect();
        vec![
            year(self.0),
            text(&rule.id),
            text(&rule.indicator),
            text(&rule.zh),
            text(&rule.en),
            SheetCell::Number(rule.per),
            SheetCell::Number(rule.from),
            SheetCell::Number(rule.cap),
            rule.floor.map_or(SheetCell::Blank, SheetCell::Number),
            SheetCell::Number(rule.penalty),
            if levels.is_empty() { SheetCell::Blank } else { SheetCell::Text(levels.join(";")) },
            text(&rule.source),
        ]
    }
}

impl WrittenLine for StatedFigure {
    const COLUMNS: &'static [SheetColumn] = FIGURE_COLUMNS;
    fn cells(&self) -> Vec<SheetCell> {
        vec![
            text(&self.id),
            text(&self.value),
            maybe(self.unit.as_deref(), text),
            maybe(self.text.as_deref(), text),
            maybe(self.reading.as_deref(), text),
            SheetCell::Day(self.as_of),
            text(&self.source),
            text(self.confidence.name()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::sheet::SheetFault;
    use super::super::{appraisal, dispatch, figure, key_point, pilot, place, post, service, share, unit};
    use super::*;

    /// The sheet of some things, headings in English.
    fn sheet<T: WrittenLine>(rows: &[T]) -> String {
        let mut out = csv::Writer::from_writer(Vec::new());
        out.write_record(T::COLUMNS.iter().map(|column| column.name)).unwrap();
        for row in rows {
            let cells = row.cells();
            assert_eq!(cells.len(), T::COLUMNS.len());
            out.write_record(cells.iter().map(|cell| cell.text(("是", "否")))).unwrap();
        }
        String::from_utf8(out.into_inner().unwrap()).unwrap()
    }

    type Read<T> = fn(&str, Option<&str>) -> Result<Vec<(u64, T)>, Vec<SheetFault>>;

    fn comes_back<T: WrittenLine + PartialEq + std::fmt::Debug>(written: &str, read: Read<T>) {
        let once: Vec<T> = read(written, None).unwrap().into_iter().map(|(_, row)| row).collect();
        assert!(!once.is_empty());
        let again: Vec<T> = read(&sheet(&once), None).unwrap().into_iter().map(|(_, row)| row).collect();
        assert_eq!(again, once);
    }

    #[test]
    fn what_is_written_can_be_brought_again_and_says_the_same() {
        comes_back(unit::tests::CITY, unit::read_units);
        comes_back(
            "code,name,kind,unit,address,areas,longitude,latitude,services,party_station,union_station,officers,source\nB1,\"甲,乙大厦\",楼宇,D,某路1号,110108001;110101001,116.39,39.95,维权；培训,是,否,3,t\nS1,站,站,D,,,,,,,,,t\n",
            place::read_places,
        );
        comes_back("place,enterprise,source\nB1,某公司,物业\n", place::read_listings);
        comes_back(
            "unit,kind,approved,filled,delegated_chairs,subsidy_yuan,as_of,source\nD,协管员,4,3,1,500.5,2010-08,t\nE,协管员,4,3,,,2010-08,t\n",
            post::read_posts,
        );
        comes_back("unit,kind,period,count,note,source\nD,CARD,2010-06,40,\"一,二\",t\n", service::read_services);
        comes_back(
            "unit,agency,host,agreed_on,clause,workers,members,joined_at,care_rule,source\nD,甲,乙,2010-06-01,是,9,3,用工,规定,t\nD,甲,丙,,否,9,3,派遣,,t\n",
            dispatch::read_agreements,
        );
        comes_back(
            "unit,starts_on,leading_group,period,payroll_yuan,dues_yuan,preparatory_yuan,refund_percent,refund_source,tax_total_yuan,source\nD,2010-07-01,组,2010Q3,1000000.05,15000,2000.5,60.5,办法,17500,t\nE,2010-07-01,,2010Q3,1,0,0,,,,t\n",
            pilot::read_collections,
        );
        comes_back(
            "unit,starts_on,decided_on,registered_on,reviewed_on,city_group,district_group,street_group,source\nD,2010-07-01,2010-05,,,市组,区组,,t\n",
            pilot::read_pilot_areas,
        );
        comes_back(
            "unit,year,point,due_on,done_on,note,source\nD,2026,百日行动,2026-06,,\"一,二\",要点\n",
            key_point::read_key_points,
        );
        comes_back(
            "unit,year,indicator,measure,value,responsible,source\nD,2026,coverage_rate,%,92.35,某主席岗,会议\nD,2026,net_new_units,个,12,,会议\n",
            share::read_shares,
        );
        comes_back("unit,year,indicator,value,source\nD,2026,service,30.5,台账\n", appraisal::read_work);
        comes_back(
            "id,unit,year,rule,said,state,answer,on,source\nO1,D,2026,service,少计,成立,补计,2026-09-01,t\nO2,D,2026,,少计,OPEN,,2026-09-01,t\n",
            appraisal::read_objections,
        );
        comes_back("unit,year,reward,yuan,source\nD,2026,一等奖,5000.5,通报\nD,2026,表扬,,通报\n", appraisal::read_rewards);
        comes_back::<StatedFigure>(
            "id,value,unit,text_in_seed,reading,as_of,source,confidence\nF1,553,centres,原文,读法,2010-06,讲话,high\n",
            |text, source| figure::read_figures(text, source, None).map(|read| read.kept),
        );
    }
}
