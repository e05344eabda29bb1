//! Areas and industries, with the names of the edition they come from.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use super::scalars::{Language, LocationBasis};
use crate::connector::half_width;
use crate::edition::{AreaLabel, Edition, IndustryLabel};
use crate::model::reference::areas::{area_text, short_code};
use crate::serve::context::ask;
use crate::serve::problem::Problem;

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
#[graphql(name = "MapPoint")]
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
        edition.area(area_text(code)).map(|label| Area::new(edition, &label.code))
    }
    /// The area of a code (6, 9 or 12 digits, or a federation unit's), an id, or a name in either language.
    ///
    /// # Errors
    /// BadInput where the edition has no such area, or several of that name.
    pub fn named(edition: &Arc<Edition>, text: &str) -> Result<Area, Problem> {
        let code = area_text(text);
        let label = match edition.area(code) {
            Some(label) => Some(label),
            None => edition.area_by_name(code)?,
        };
        let label = label.ok_or_else(|| {
            Problem::bad_input(
                format!("没有区域 {text:?}：请使用 110108 这样的代码或 海淀区 这样的名称"),
                format!("no area {text:?}: use a code such as 110108, or the name of a district"),
            )
        })?;
        Ok(Area::new(edition, &label.code))
    }
    /// The district that it is or lies in; None of a city and of what is no place.
    pub fn district(&self) -> Option<u32> {
        let label = self.label()?;
        match label.level.as_str() {
            "DISTRICT" => label.code.parse().ok(),
            "TOWN" => label.parent.as_deref().or(label.code.get(..6))?.parse().ok(),
            _ => None,
        }
    }
    pub fn is_city(&self) -> bool {
        self.label().is_some_and(|label| label.level == "CITY")
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
    /// `area:` and the code. Where `asOf` names an edition its number stands behind the id (`area:110108@12`), so that caches keep the two
    /// states apart; every argument takes both forms. `code` is the same in all of them.
    pub async fn id(&self, ctx: &Context<'_>) -> ID {
        ID(ask(ctx).id_in(self.edition.number(), &format!("area:{}", self.code)))
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
        // A town without a point of its own has its district's.
        let district = label.parent.as_deref().and_then(|code| self.edition.area(code)).and_then(|d| d.label_point);
        let is_own = label.level == "TOWN" && district != label.label_point;
        let basis = if is_own { LocationBasis::Town } else { LocationBasis::District };
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
///
/// # Errors
/// BadInput where there is no area by the name of `within`.
pub fn areas(
    edition: &Arc<Edition>,
    level: Option<AreaLevel>,
    within: Option<&str>,
    search: Option<&str>,
) -> Result<Vec<Area>, Problem> {
    let within = within.map(|text| Area::named(edition, text)).transpose()?;
    let within = within.as_ref().map(Area::code_text);
    let inside = |label: &AreaLabel| match within {
        None => true,
        Some(code) => label.code == code || ancestors(edition, label).any(|ancestor| ancestor == code),
    };
    let text = search.map(plain).filter(|text| !text.is_empty());
    let of_level = |l: &AreaLabel| level.is_none_or(|level| l.level == level.name());
    let mut found: Vec<(u8, &str)> = edition
        .labels
        .areas
        .iter()
        .filter(|l| of_level(l) && inside(l))
        .filter_map(|l| Some((text.as_deref().map_or(Some(0), |text| fits(edition, l, text))?, l.code.as_str())))
        .collect();
    found.sort_unstable();
    Ok(found.into_iter().map(|(_, code)| Area::new(edition, code)).collect())
}

/// A text as it is compared: half-width, in small letters, without blanks.
fn plain(text: &str) -> String {
    half_width(text).chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// How well a text names an area, less is better: its code or whole name, with or without those of the areas above it; how these begin; a
/// part of the name. None where it does not.
fn fits(edition: &Edition, label: &AreaLabel, text: &str) -> Option<u8> {
    let text = text.strip_prefix("area:").map_or(text, |id| id.rsplit_once('@').map_or(id, |(code, _)| code));
    let (zh, en, code) = (plain(&label.zh), plain(&label.en), label.code.to_lowercase());
    // Twelve digits name a neighbourhood: its street is meant.
    let digits = short_code(text);
    // `北京市海淀区中关村街道`, as addresses write it: only what goes on into its own name is its.
    let above =
        || ancestors(edition, label).filter_map(|code| edition.area(code)).fold(String::new(), |below, l| plain(&l.zh) + &below);
    match () {
        () if code == digits || zh == text || en == text => Some(0),
        () if text.len() > zh.len() && text.ends_with(&zh) && above().ends_with(&text[..text.len() - zh.len()]) => Some(0),
        () if zh.starts_with(text) || en.starts_with(text) || code.starts_with(digits) => Some(1),
        () if zh.contains(text) || en.contains(text) => Some(2),
        () if label.predecessors.iter().any(|old| old == digits) => Some(3),
        () => {
            let above = above();
            (!above.contains(text) && (above + &zh).contains(text)).then_some(2)
        }
    }
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
///
/// # Errors
/// BadInput where the edition has no classification of that year.
pub fn industries(edition: &Arc<Edition>, level: IndustryLevel, year: u16) -> Result<Vec<Industry>, Problem> {
    let years: std::collections::BTreeSet<u16> = edition.labels.industries.iter().map(|l| l.edition).collect();
    if !years.is_empty() && !years.contains(&year) {
        let years: Vec<String> = years.iter().map(u16::to_string).collect();
        return Err(Problem::bad_input(
            format!("没有 {year} 版行业分类；现有：{}", years.join("、")),
            format!("there is no classification of {year}; known: {}", years.join(", ")),
        )
        .remedy(years.join(", ")));
    }
    let mut codes: Vec<&str> = edition
        .labels
        .industries
        .iter()
        .filter(|l| l.level == level.name() && l.edition == year)
        .map(|l| l.code.as_str())
        .collect();
    codes.sort_unstable();
    Ok(codes.into_iter().map(|code| Industry::new(edition, code, year)).collect())
}
