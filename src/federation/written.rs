//! What was entered, as the sheets that it was entered with: whoever brings such a sheet back changes nothing.
//!
//! In: nouns of the federation. Out: cells in the order of their columns. What it does not do: write a file.

use chrono::NaiveDate;

use super::dispatch::{DISPATCH_COLUMNS, DispatchAgreement};
use super::figure::{FIGURE_COLUMNS, StatedFigure};
use super::pilot::{Collection, PILOT_COLUMNS};
use super::place::{LISTING_COLUMNS, PLACE_COLUMNS, PlaceListing, UnionPlace};
use super::post::{POST_COLUMNS, UnitPosts};
use super::service::{SERVICE_COLUMNS, ServicesGiven};
use super::sheet::SheetColumn;
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
    use super::super::{dispatch, figure, pilot, place, post, service, unit};
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
        comes_back::<StatedFigure>(
            "id,value,unit,text_in_seed,reading,as_of,source,confidence\nF1,553,centres,原文,读法,2010-06,讲话,high\n",
            |text, source| figure::read_figures(text, source, None).map(|read| read.kept),
        );
    }
}
