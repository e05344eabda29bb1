//! Filters: a tree of conditions → the bitmap of the rows that meet it. Within a part rows are in priority order, so is the bitmap;
//! `Edition::in_order` goes through it so in any edition.

use std::sync::Arc;

use arrow_array::types::{ArrowPrimitiveType, Date32Type, Decimal128Type, UInt32Type};
use arrow_array::{ArrowNativeTypeOp, PrimitiveArray};
use chrono::NaiveDate;
use roaring::RoaringBitmap;
use serde::{Serialize, Serializer};

use crate::edition::AreaLabel;
use crate::edition::Row;
use crate::edition::error::EditionError;
use crate::edition::files::range_codes::Coded;
use crate::edition::format::columns::days;
use crate::edition::format::dimension::industry_key;
use crate::edition::open::Edition;
use crate::edition::part::Part;
use crate::edition::query::found::FoundRows;
use crate::model::reference::areas::area_text;
use crate::model::reference::unions::federation_unit;
use crate::model::reference::{federation_units, industries};
use crate::model::value::Money;

/// From `gte` to `lte`, both included; a missing bound is open. A row without the value is in no range.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Range<T> {
    /// The least value that is in it; None: no lower bound.
    pub gte: Option<T>,
    /// The greatest value that is in it; None: no upper bound.
    pub lte: Option<T>,
}

impl<T: PartialOrd + Copy> Range<T> {
    /// Whether a value is in it.
    pub fn contains(&self, value: T) -> bool {
        self.gte.is_none_or(|low| value >= low) && self.lte.is_none_or(|high| value <= high)
    }
    pub(super) fn map<U>(self, f: impl Fn(T) -> U) -> Range<U> {
        Range { gte: self.gte.map(&f), lte: self.lte.map(&f) }
    }
}

/// A condition on enterprises. Written out, it tells one question from another (`serve`'s cursors).
///
/// ```
/// use huitu_engine::edition::{Filter, Range};
///
/// # let root = tempfile::tempdir()?;
/// # huitu_engine::edition::write(root.path(), huitu_engine::edition::synthetic::input(1, 300, 7))?;
/// # let edition = huitu_engine::edition::Edition::open(&root.path().join(huitu_engine::edition::folder_name(1)))?;
/// let large = Filter::InGap.and(Filter::Employees(Range { gte: Some(300), lte: None }));
/// for row in edition.filter(&large)?.iter() {
///     let enterprise = edition.enterprise(row);
///     assert!(enterprise.in_gap() && enterprise.employees() >= Some(300));
/// }
///
/// // What does not exist is an error that says what would work, never an empty answer.
/// assert!(edition.filter(&Filter::Area(vec!["nowhere".to_owned()])).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub enum Filter {
    /// Every enterprise.
    #[default]
    All,
    /// All of the conditions; every enterprise where there is none.
    And(Vec<Filter>),
    /// At least one of the conditions; nobody where there is none.
    Or(Vec<Filter>),
    /// Whoever does not meet the condition.
    Not(Box<Filter>),
    /// One of the values of a facet of `facets.arrow`: status, ownership, size, size_class, union, gap, fund, tag,
    /// country, registry, conflict, disputed_by (`EMPLOYEES:tax`: tax says something else than the chosen head count),
    /// finding, branch_of.
    Any {
        /// Name of the facet.
        facet: &'static str,
        /// As the facet writes them; those that nobody has add nothing.
        values: Vec<String>,
    },
    /// Above designated size and lacking a union: the gap list.
    InGap,
    /// Codes of areas of any level, or their Chinese names.
    Area(Vec<String>),
    /// Codes of sections, divisions, groups or classes of GB/T 4754-2017; `2011:79` for another edition.
    Industry(Vec<String>),
    /// As typed into a search box.
    Text(String),
    /// Persons employed, as chosen.
    Employees(Range<u32>),
    /// Persons insured, as chosen.
    Insured(Range<u32>),
    /// Operating revenue, as chosen.
    Revenue(Range<Money>),
    /// Priority score.
    Priority(Range<f32>),
    /// Day of foundation.
    EstablishedOn(Range<NaiveDate>),
    /// Day since which a union has been lacking; who lacked it before the first edition is in no range.
    GapSince(Range<NaiveDate>),
    /// With a registry's point inside, edges included; WGS-84.
    Box {
        /// Degrees east of the left edge.
        west: f64,
        /// Degrees north of the lower edge.
        south: f64,
        /// Degrees east of the right edge.
        east: f64,
        /// Degrees north of the upper edge.
        north: f64,
    },
    /// Rows found by other means, in this edition.
    Rows(#[serde(serialize_with = "rows_in_short")] Arc<RoaringBitmap>),
    /// Rows that somebody else finds, in whichever edition is asked.
    Found(FoundRows),
}

/// A column that has ranges, and its codes.
pub(super) type RangeColumn<T> = for<'a> fn(&'a Part) -> (&'a PrimitiveArray<T>, &'a Coded<<T as ArrowPrimitiveType>::Native>);

pub(super) fn employees(part: &Part) -> (&PrimitiveArray<UInt32Type>, &Coded<u32>) {
    (&part.columns.employees, &part.coded.employees)
}
pub(super) fn insured(part: &Part) -> (&PrimitiveArray<UInt32Type>, &Coded<u32>) {
    (&part.columns.insured, &part.coded.insured)
}
pub(super) fn revenue(part: &Part) -> (&PrimitiveArray<Decimal128Type>, &Coded<i128>) {
    (&part.columns.revenue, &part.coded.revenue)
}
pub(super) fn established_on(part: &Part) -> (&PrimitiveArray<Date32Type>, &Coded<i32>) {
    (&part.columns.established_on, &part.coded.established_on)
}
pub(super) fn gap_since(part: &Part) -> (&PrimitiveArray<Date32Type>, &Coded<i32>) {
    (&part.columns.gap_since, &part.coded.gap_since)
}
/// Money as its columns hold it.
pub(super) fn fen(range: Range<Money>) -> Range<i128> {
    range.map(|money| i128::from(money.0))
}
/// The bounds of a range, the open ones among them.
pub(super) fn bounds<N: ArrowNativeTypeOp>(range: Range<N>) -> (N, N) {
    (range.gte.unwrap_or(N::MIN_TOTAL_ORDER), range.lte.unwrap_or(N::MAX_TOTAL_ORDER))
}

/// Whether this is the federation unit of the whole city.
fn is_of_the_city(code: &str) -> bool {
    federation_units().iter().any(|unit| unit.unit == code && unit.kind == "municipal")
}

/// How many rows, and a hash of which.
fn rows_in_short<S: Serializer>(rows: &RoaringBitmap, serializer: S) -> Result<S::Ok, S::Error> {
    let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
    rows.iter().for_each(|row| hash.update(&row.to_le_bytes()));
    (rows.len(), hash.digest()).serialize(serializer)
}

impl Edition {
    /// The rows that meet `filter`. BadInput names an area or industry that does not exist.
    ///
    /// # Errors
    /// BadInput, in both languages, for an area or industry that does not exist.
    pub fn filter(&self, filter: &Filter) -> Result<Arc<RoaringBitmap>, EditionError> {
        self.filter_within(filter, None)
    }

    /// `scope` only says which rows need looking at: rows outside it may or may not be in the result.
    fn filter_within(&self, filter: &Filter, scope: Option<&RoaringBitmap>) -> Result<Arc<RoaringBitmap>, EditionError> {
        Ok(match filter {
            Filter::All => self.all(),
            Filter::Rows(rows) => rows.clone(),
            Filter::Found(found) => found.rows(self),
            Filter::And(parts) => self.all_of(parts, scope)?,
            Filter::Or(parts) => {
                let mut any = RoaringBitmap::new();
                for part in parts {
                    any |= &*self.filter_within(part, scope)?;
                }
                Arc::new(any)
            }
            Filter::Not(part) => Arc::new(&*self.all() - &*self.filter_within(part, scope)?),
            Filter::Any { facet, values } => self.any_of(values.iter().map(|v| self.facet(facet, v))),
            Filter::InGap => self.facet("in_gap", "yes").unwrap_or_default(),
            Filter::Area(codes) => {
                let found = codes.iter().map(|code| self.area_rows(code)).collect::<Result<Vec<_>, _>>()?;
                self.any_of(found.into_iter())
            }
            Filter::Industry(codes) => {
                let found = codes.iter().map(|code| self.industry_rows(code)).collect::<Result<Vec<_>, _>>()?;
                self.any_of(found.into_iter())
            }
            Filter::Text(text) => self.text(text),
            Filter::Priority(range) => self.scanned(scope, |part, _| {
                let mut rows = RoaringBitmap::new();
                rows.insert_range(part.rows_of_scores(*range));
                rows
            }),
            Filter::Employees(range) => self.scan_column(scope, employees, *range),
            Filter::Insured(range) => self.scan_column(scope, insured, *range),
            Filter::Revenue(range) => self.scan_column(scope, revenue, fen(*range)),
            Filter::EstablishedOn(range) => self.scan_column(scope, established_on, range.map(days)),
            Filter::GapSince(range) => self.scan_column(scope, gap_since, range.map(days)),
            Filter::Box { west, south, east, north } => self.scanned(scope, |part, scope| {
                let columns = &part.columns;
                let (longitudes, latitudes) = (columns.longitude.values(), columns.latitude.values());
                let inside = |row: usize| {
                    let (longitude, latitude) = (longitudes[row], latitudes[row]);
                    longitude >= *west && longitude <= *east && latitude >= *south && latitude <= *north
                };
                let known = arrow_array::Array::nulls(&columns.longitude).cloned();
                part.scan(scope, |row| inside(row) && known.as_ref().is_none_or(|k| k.is_valid(row)))
            }),
        })
    }

    /// Cheap conditions first, so that scans look at few rows.
    fn all_of(&self, parts: &[Filter], scope: Option<&RoaringBitmap>) -> Result<Arc<RoaringBitmap>, EditionError> {
        let mut parts: Vec<&Filter> = parts.iter().collect();
        parts.sort_by_key(|part| part.cost());
        let mut rows: Option<Arc<RoaringBitmap>> = None;
        for part in parts {
            let found = self.filter_within(part, rows.as_deref().or(scope))?;
            rows = Some(match rows {
                None => found,
                Some(so_far) => Arc::new(&*so_far & &*found),
            });
        }
        Ok(rows.unwrap_or_else(|| self.all()))
    }

    fn any_of(&self, bitmaps: impl Iterator<Item = Option<Arc<RoaringBitmap>>>) -> Arc<RoaringBitmap> {
        let mut any: Option<Arc<RoaringBitmap>> = None;
        for bitmap in bitmaps.flatten() {
            any = Some(match any {
                None => bitmap,
                Some(mut so_far) => {
                    *Arc::make_mut(&mut so_far) |= &*bitmap;
                    so_far
                }
            });
        }
        any.unwrap_or_default()
    }

    fn scan_column<T: ArrowPrimitiveType>(
        &self,
        scope: Option<&RoaringBitmap>,
        column: RangeColumn<T>,
        range: Range<T::Native>,
    ) -> Arc<RoaringBitmap>
    where
        T::Native: Ord + ArrowNativeTypeOp,
    {
        let (low, high) = bounds(range);
        self.scanned(scope, |part, scope| {
            let (column, coded) = column(part);
            let values = column.values();
            let is_few = scope.is_some_and(|scope| scope.len() < u64::from(part.len) / 64);
            if let Some(codes) = (!is_few).then(|| coded.again(column)).flatten() {
                return codes.rows(values, low, high);
            }
            let rows = part.scan(scope, |row| (values[row] >= low) & (values[row] <= high));
            match arrow_array::Array::nulls(column) {
                None => rows,
                Some(known) => rows & valid_rows(known),
            }
        })
    }

    /// What every part finds in its own rows.
    fn scanned(
        &self,
        scope: Option<&RoaringBitmap>,
        find: impl Fn(&Part, Option<&RoaringBitmap>) -> RoaringBitmap,
    ) -> Arc<RoaringBitmap> {
        if let Some(part) = self.only() {
            return Arc::new(find(part, scope));
        }
        let mut found = RoaringBitmap::new();
        for standing in &self.parts {
            let scope = scope.map(|rows| standing.own(rows));
            found |= standing.standing(find(&standing.part, scope.as_ref()));
        }
        Arc::new(found)
    }

    /// The area of a name in either language.
    ///
    /// # Errors
    /// BadInput where several bear it (八里庄街道 lies in two districts), with their codes.
    pub fn area_by_name(&self, name: &str) -> Result<Option<&AreaLabel>, EditionError> {
        let named: Vec<&AreaLabel> =
            self.labels.areas.iter().filter(|a| a.zh == name || a.en.eq_ignore_ascii_case(name)).collect();
        if named.len() > 1 {
            let codes: Vec<&str> = named.iter().map(|a| a.code.as_str()).collect();
            return Err(EditionError::bad_input(
                format!("有 {} 个区域名为「{name}」：请使用代码 {}", codes.len(), codes.join("、")),
                format!("{} areas are called {name:?}: use a code, {}", codes.len(), codes.join(" or ")),
            ));
        }
        Ok(named.first().copied())
    }

    /// The rows of an area: city, district, town or federation unit, by code (6, 9 or 12 digits), `area:` id, or name.
    ///
    /// # Errors
    /// BadInput where there is no such area, or several are called so; an area that exists and has nobody is None.
    pub fn area_rows(&self, area: &str) -> Result<Option<Arc<RoaringBitmap>>, EditionError> {
        Ok(match self.facet_of_area(area)? {
            Some((facet, code)) => self.facet(facet, &code),
            None => Some(self.all()),
        })
    }

    /// The facet and its value that an area is; None where it is everybody's.
    pub(super) fn facet_of_area(&self, area: &str) -> Result<Option<(&'static str, String)>, EditionError> {
        let code = area_text(area);
        let known = match self.area(code) {
            Some(area) => Some(area),
            None => self.area_by_name(code)?.or_else(|| self.area(federation_unit(code)?.unit)),
        };
        let code = known.map_or(code, |a| a.code.as_str());
        let digits = code.bytes().all(|b| b.is_ascii_digit());
        let facet = match code.len() {
            6 if digits && code.ends_with("0000") => None,
            6 if digits => Some("district"),
            9 if digits => Some("town"),
            // The city's own federation has everybody, though nobody stands under it alone.
            _ if is_of_the_city(code) => None,
            _ => Some("federation"),
        };
        let Some(facet) = facet else { return Ok(None) };
        if known.is_none() && self.facet(facet, code).is_none() {
            return Err(EditionError::bad_input(
                format!("没有区域 {area:?}：请使用 110108 这样的代码或 海淀区 这样的名称"),
                format!("no area {area:?}: use a code such as 110108, or the name of a district"),
            ));
        }
        Ok(Some((facet, code.to_owned())))
    }

    /// The rows of a section, division, group or class.
    ///
    /// # Errors
    /// BadInput where the text is no code or name of GB/T 4754; a code that nobody has is None.
    pub fn industry_rows(&self, industry: &str) -> Result<Option<Arc<RoaringBitmap>>, EditionError> {
        facet_of_industry(industry).map(|(facet, code)| self.facet(facet, &code))
    }

    /// The bitmap of a few rows.
    pub fn bitmap_of(rows: impl IntoIterator<Item = Row>) -> Arc<RoaringBitmap> {
        Arc::new(rows.into_iter().collect())
    }
}

/// The facet and its value that a section, division, group or class is.
pub(super) fn facet_of_industry(industry: &str) -> Result<(&'static str, String), EditionError> {
    let code = industry.strip_prefix("industry:").unwrap_or(industry).trim().to_ascii_uppercase();
    let mut listed = industries().sections().iter().chain(industries().divisions());
    let code = listed.find(|i| i.name_zh == code).map_or(code, |i| i.code.to_owned());
    let (edition, code) = match code.split_once(':') {
        Some((edition, code)) => (edition.parse().unwrap_or(0), code.to_owned()),
        None => (2017, code),
    };
    let bare = code.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let is_digits = !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit());
    // What the classification in force does not have is a slip, not an empty answer; older ones have no list here.
    let exists = edition != 2017
        || match (code.len(), bare.len()) {
            (1, 0) => code.chars().next().is_some_and(|letter| industries().section(letter).is_some()),
            (_, 2..=4) => is_digits && industries().division(&bare[..2]).is_some(),
            _ => false,
        };
    if !exists {
        return Err(EditionError::bad_input(
            format!("GB/T 4754-2017 没有行业 {industry:?}：请使用字母（C）或二至四位数字（65）"),
            format!("GB/T 4754-2017 has no industry {industry:?}: use a letter (C) or two to four digits (65)"),
        ));
    }
    let found = match (code.len(), bare.len()) {
        (1, 0) => ("section", industry_key(&code, edition)),
        (_, 2) => ("division", industry_key(bare, edition)),
        (_, 3 | 4) => ("industry", bare.to_owned()),
        _ => {
            return Err(EditionError::bad_input(
                format!("行业 {industry:?} 不是 GB/T 4754 的代码：请使用字母（C）或二至四位数字（65）"),
                format!("industry {industry:?} is not a code of GB/T 4754: use a letter (C) or two to four digits (65)"),
            ));
        }
    };
    Ok(found)
}

/// The rows that have a value.
fn valid_rows(known: &arrow_buffer::NullBuffer) -> RoaringBitmap {
    let bits = known.inner().sliced();
    let mut rows = RoaringBitmap::from_lsb0_bytes(0, bits.as_slice());
    rows.remove_range(known.len() as u32..);
    rows
}

impl Part {
    /// The rows of a range of scores: they are numbered by falling score, so that it is a range of rows.
    pub(super) fn rows_of_scores(&self, range: Range<f32>) -> std::ops::Range<u32> {
        let scores = self.columns.priority.values();
        let start = range.lte.map_or(0, |high| scores.partition_point(|s| *s > high));
        let end = range.gte.map_or(scores.len(), |low| scores.partition_point(|s| *s >= low));
        start as u32..end.max(start) as u32
    }

    /// The rows for which `holds`; looks only at `scope` where that is much smaller than the edition.
    fn scan(&self, scope: Option<&RoaringBitmap>, holds: impl Fn(usize) -> bool) -> RoaringBitmap {
        let rows = self.len as usize;
        if let Some(scope) = scope.filter(|s| s.len() < rows as u64 / 4) {
            return RoaringBitmap::from_sorted_iter(scope.iter().filter(|row| holds(*row as usize)))
                .expect("a bitmap is visited in ascending order");
        }
        // A byte a row, which compilers compare many at a time, then eight of them to one.
        let mut bits = vec![0_u8; rows.div_ceil(8)];
        let mut marks = [0_u8; 64];
        for (chunk, bits) in bits.chunks_mut(8).enumerate() {
            let start = chunk * 64;
            let count = (rows - start).min(64);
            for (at, mark) in marks[..count].iter_mut().enumerate() {
                *mark = u8::from(holds(start + at));
            }
            marks[count..].fill(0);
            for (bits, marks) in bits.iter_mut().zip(marks.chunks_exact(8)) {
                let marks = u64::from_le_bytes(marks.try_into().expect("eight bytes"));
                *bits = (marks.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8;
            }
        }
        RoaringBitmap::from_lsb0_bytes(0, &bits)
    }
}

impl Filter {
    /// In scope, and it cannot be told whether they are on the gap list: a union is lacking and the size unknown, or the gap is
    /// undecided and they are not below designated size.
    pub fn may_be_in_gap() -> Filter {
        let any = |facet, values: &[&str]| Filter::Any { facet, values: values.iter().map(|v| (*v).to_owned()).collect() };
        Filter::Or(vec![
            Filter::And(vec![any("size", &["UNKNOWN"]), any("gap", &["LACKING", "LACKING_INDEPENDENT"])]),
            Filter::And(vec![any("gap", &["UNDECIDED"]), any("size", &["ABOVE", "UNKNOWN"])]),
        ])
    }

    /// Both conditions.
    pub fn and(self, other: Filter) -> Filter {
        match (self, other) {
            (Filter::All, one) | (one, Filter::All) => one,
            (Filter::And(mut parts), Filter::And(more)) => {
                parts.extend(more);
                Filter::And(parts)
            }
            (Filter::And(mut parts), one) | (one, Filter::And(mut parts)) => {
                parts.push(one);
                Filter::And(parts)
            }
            (one, two) => Filter::And(vec![one, two]),
        }
    }

    /// Order of evaluation: bitmaps before names before columns.
    pub(super) fn cost(&self) -> u8 {
        match self {
            Filter::All | Filter::Rows(_) | Filter::InGap | Filter::Any { .. } | Filter::Priority(_) => 0,
            Filter::Area(_) | Filter::Industry(_) | Filter::Found(_) => 1,
            Filter::Text(_) => 2,
            Filter::Not(part) => part.cost(),
            Filter::And(parts) | Filter::Or(parts) => parts.iter().map(Filter::cost).max().unwrap_or(0),
            _ => 3,
        }
    }
}
