//! Areas and industries, with the names of the edition they come from.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use super::scalars::{Language, LocationBasis};
use crate::edition::{AreaLabel, Edition, IndustryLabel};
use crate::serve::context::ask;

/// Levels of areas.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum AreaLevel {
    City,
    District,
    /// Street or town.
    Town,
    /// Unit of the trade union federation; not quite an area.
    Federation,
}

impl AreaLevel {
    pub fn name(self) -> &'static str {
        match self {
            AreaLevel::City => "CITY",
            AreaLevel::District => "DISTRICT",
            AreaLevel::Town => "TOWN",
            AreaLevel::Federation => "FEDERATION",
        }
    }
    fn from_name(name: &str) -> AreaLevel {
        match name {
            "CITY" => AreaLevel::City,
            "TOWN" => AreaLevel::Town,
            "FEDERATION" => AreaLevel::Federation,
            _ => AreaLevel::District,
        }
    }
}

/// A point in WGS-84. `basis` says whether it is the registry's point or a label point of the area.
#[derive(Debug, Clone, SimpleObject)]
pub struct Location {
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
    /// Whose point it is.
    pub basis: LocationBasis,
}

impl From<crate::model::enterprise::Location> for Location {
    fn from(l: crate::model::enterprise::Location) -> Location {
        Location { longitude: l.longitude, latitude: l.latitude, basis: l.basis.into() }
    }
}

/// A city, district, street, town or federation unit.
#[derive(Clone)]
pub struct Area {
    edition: Arc<Edition>,
    code: String,
}

impl Area {
    /// An area of the edition; also one that the edition has no name for, as long as it has a code.
    pub fn new(edition: &Arc<Edition>, code: impl Into<String>) -> Area {
        Area { edition: edition.clone(), code: code.into() }
    }
    pub fn known(edition: &Arc<Edition>, code: &str) -> Option<Area> {
        edition.area(code).map(|label| Area::new(edition, &label.code))
    }
    pub fn code_text(&self) -> &str {
        &self.code
    }
    fn label(&self) -> Option<&AreaLabel> {
        self.edition.area(&self.code)
    }
}

/// A city, district, street, town or federation unit, as of an edition.
#[Object]
impl Area {
    /// `area:` and the code.
    pub async fn id(&self) -> ID {
        ID(format!("area:{}", self.code))
    }
    /// Six digits (city, district), nine digits (street, town), or the federation's own code.
    async fn code(&self) -> &str {
        &self.code
    }
    /// City, district, town or federation unit.
    async fn level(&self) -> AreaLevel {
        match self.label() {
            Some(label) => AreaLevel::from_name(&label.level),
            None if self.code.len() == 9 => AreaLevel::Town,
            None => AreaLevel::District,
        }
    }
    /// The name; the code where no name is known.
    async fn name(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> &str {
        let lang = lang.map_or(ask(ctx).lang, Into::into);
        self.label().map_or(&self.code, |label| lang.pick(&label.zh, &label.en))
    }
    /// The district of a town, the city of a district.
    async fn parent(&self) -> Option<Area> {
        self.label()?.parent.as_deref().map(|code| Area::new(&self.edition, code))
    }
    /// Where to put the name on a map.
    async fn label_point(&self) -> Option<Location> {
        let label = self.label()?;
        let (longitude, latitude) = label.label_point?;
        let basis = if label.level == "TOWN" { LocationBasis::Town } else { LocationBasis::District };
        Some(Location { longitude, latitude, basis })
    }
    /// Codes it had before, or that were merged into it.
    async fn predecessors(&self) -> &[String] {
        self.label().map_or(&[], |label| &label.predecessors)
    }
}

/// Levels of GB/T 4754.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum IndustryLevel {
    /// 门类, a letter
    Section,
    /// 大类, two digits
    Division,
    /// 中类, three digits
    Group,
    /// 小类, four digits
    Class,
}

impl IndustryLevel {
    pub fn name(self) -> &'static str {
        match self {
            IndustryLevel::Section => "SECTION",
            IndustryLevel::Division => "DIVISION",
            IndustryLevel::Group => "GROUP",
            IndustryLevel::Class => "CLASS",
        }
    }
}

/// A class of GB/T 4754 (国民经济行业分类).
#[derive(Clone)]
pub struct Industry {
    edition: Arc<Edition>,
    code: String,
    year: u16,
}

impl Industry {
    pub fn new(edition: &Arc<Edition>, code: impl Into<String>, year: u16) -> Industry {
        Industry { edition: edition.clone(), code: code.into(), year: if year == 0 { 2017 } else { year } }
    }
    fn digits(&self) -> &str {
        self.code.trim_start_matches(|c: char| c.is_ascii_alphabetic())
    }
    fn label(&self) -> Option<&IndustryLabel> {
        self.edition.industry(&self.code, self.year).or_else(|| self.edition.industry(self.digits(), self.year))
    }
}

/// A section, division, group or class of GB/T 4754 (国民经济行业分类).
#[Object]
impl Industry {
    /// `industry:`, the year of the classification and the code.
    pub async fn id(&self) -> ID {
        ID(format!("industry:{}:{}", self.year, self.code))
    }
    /// As the registry gives it.
    async fn code(&self) -> &str {
        &self.code
    }
    /// Section, division, group or class.
    async fn level(&self) -> IndustryLevel {
        match self.digits().len() {
            0 => IndustryLevel::Section,
            2 => IndustryLevel::Division,
            3 => IndustryLevel::Group,
            _ => IndustryLevel::Class,
        }
    }
    /// Year of the classification: 2002, 2011 or 2017.
    async fn edition(&self) -> String {
        self.year.to_string()
    }
    /// Its name; its division's where no registry names the group or class; the code where neither is known.
    async fn name(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> &str {
        self.edition.industry_name(&self.code, self.year, lang.map_or(ask(ctx).lang, Into::into))
    }
    /// The next level up.
    async fn parent(&self) -> Option<Industry> {
        if let Some(parent) = self.label().and_then(|label| label.parent.clone()) {
            return Some(Industry::new(&self.edition, parent, self.year));
        }
        let digits = self.digits();
        (digits.len() > 2).then(|| Industry::new(&self.edition, &digits[..digits.len() - 1], self.year))
    }
}

/// The areas of one level, in the order of their codes.
pub fn areas(edition: &Arc<Edition>, level: AreaLevel, within: Option<&str>) -> Vec<Area> {
    let inside = |label: &AreaLabel| match within {
        None => true,
        Some(code) => label.code == code || ancestors(edition, label).any(|ancestor| ancestor == code),
    };
    let mut codes: Vec<&str> =
        edition.labels.areas.iter().filter(|l| l.level == level.name() && inside(l)).map(|l| l.code.as_str()).collect();
    codes.sort_unstable();
    codes.into_iter().map(|code| Area::new(edition, code)).collect()
}

/// Codes of the areas above; at most ten, so that a cycle in the labels ends.
fn ancestors<'a>(edition: &'a Edition, label: &'a AreaLabel) -> impl Iterator<Item = &'a str> {
    let mut next = label.parent.as_deref();
    std::iter::from_fn(move || {
        let code = next?;
        next = edition.area(code).and_then(|l| l.parent.as_deref());
        Some(code)
    })
    .take(10)
}

/// The classes of one level of one year's classification.
pub fn industries(edition: &Arc<Edition>, level: IndustryLevel, year: u16) -> Vec<Industry> {
    let mut codes: Vec<&str> = edition
        .labels
        .industries
        .iter()
        .filter(|l| l.level == level.name() && l.edition == year)
        .map(|l| l.code.as_str())
        .collect();
    codes.sort_unstable();
    codes.into_iter().map(|code| Industry::new(edition, code, year)).collect()
}
