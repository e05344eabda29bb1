//! The dimensions by which coverage is counted: each once, with its column and its values.
//!
//! GraphQL, GeoJSON, cubes and facets read this table; none has a list of its own.

use std::fmt::Write;

use super::verdict_code;
use crate::model::enterprise::Enterprise;
use crate::model::verdict::{GapStatus, SizeStatus, UnionStatus};

/// Where the group of an enterprise in a dimension comes from.
#[derive(Clone, Copy)]
pub enum Values {
    /// A column of `dims.arrow`: appends the code, nothing where it is unknown. The codes are those that occur.
    Column(fn(&Enterprise, &mut String)),
    /// The verdicts: the position among `codes`, which are all there are.
    Verdicts {
        /// Verdict code → position.
        number: fn(u8) -> u8,
        /// Every code, by position.
        codes: fn() -> Vec<&'static str>,
    },
}

/// The table: `$with!` is given every dimension with its documentation, in their order. A row of a cube names its dimensions in
/// this order, so that a new one goes to the end.
#[doc(hidden)]
#[macro_export]
macro_rules! with_dimensions {
    ($with:ident) => {
        $with! {
            District: "district", area, Column(|e, t| number(t, e.district));
            Town: "town", area, Column(|e, t| number(t, e.town));
            Federation: "federation", area, Column(|e, t| t.push_str(e.federation.as_deref().unwrap_or("")));
            IndustrySection: "section", other, Column(|e, t| {
                if let Some(letter) = e.section {
                    t.push_str(&industry_key(letter.encode_utf8(&mut [0; 4]), e.industry_edition));
                }
            });
            IndustryDivision: "division", other, Column(|e, t| {
                if let Some(division) = e.industry.as_deref().and_then(|c| digits(c).get(..2)) {
                    t.push_str(&industry_key(division, e.industry_edition));
                }
            });
            Ownership: "ownership", other, Column(|e, t| t.push_str(e.ownership.name()));
            SizeClass: "size_class", other, Column(|e, t| t.push_str(e.verdicts.size.size_class.name()));
            /// By the first country an enterprise names, so that each is counted once.
            InvestorCountry: "country", other, Column(|e, t| t.push_str(e.investor_countries.first().map_or("", |c| &**c)));
            GapStatus: "gap", other, Verdicts {
                number: verdict_code::gap_number,
                codes: || GapStatus::ALL.iter().map(|g| g.name()).collect(),
            };
            UnionStatus: "union", other, Verdicts {
                number: verdict_code::union_number,
                codes: || UnionStatus::ALL.iter().map(|u| u.name()).collect(),
            };
            /// Above designated size, below, or unknown: what the size verdict says.
            DesignatedSize: "size", other, Verdicts {
                number: verdict_code::size_number,
                codes: || SizeStatus::ALL.iter().map(|s| s.name()).collect(),
            };
        }
    };
}
pub use with_dimensions;

macro_rules! define {
    ($($(#[$doc:meta])* $name:ident: $column:literal, $kind:ident, $values:ident $how:tt;)+) => {
        /// What enterprises can be grouped by.
        ///
        /// ```
        /// use huitu_engine::edition::Dimension;
        ///
        /// # let root = tempfile::tempdir()?;
        /// # huitu_engine::edition::write(root.path(), huitu_engine::edition::synthetic::input(1, 300, 7))?;
        /// # let edition = huitu_engine::edition::Edition::open(&root.path().join(huitu_engine::edition::folder_name(1)))?;
        /// let (groups, total) = edition.coverage(&[Dimension::District, Dimension::GapStatus], &edition.all(), 1_000)?;
        /// // Every enterprise is in one group; `keys` are its codes in the order of the dimensions.
        /// assert_eq!(groups.iter().map(|group| group.measures.enterprises).sum::<u64>(), 300);
        /// assert!(groups.iter().all(|group| group.keys.len() == 2));
        /// assert_eq!(total.enterprises, 300);
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Dimension {
            $(
                $(#[$doc])*
                #[doc = concat!("Its codes stand under `", $column, "` in `labels.json`, its column in `dims.arrow` where it has one.")]
                $name,
            )+
        }

        impl Dimension {
            /// Every dimension, in the order of the table.
            pub const ALL: &[Dimension] = &[$(Dimension::$name),+];

            /// Its column of `dims.arrow`, and its name in `labels.json` and `cubes.arrow`. What follows from the verdicts has no
            /// column.
            pub(in crate::edition) fn column(self) -> &'static str {
                match self {
                    $(Dimension::$name => $column,)+
                }
            }

            /// District, street or federation unit.
            pub fn is_area(self) -> bool {
                match self {
                    $(Dimension::$name => stringify!($kind) == "area",)+
                }
            }

            pub(in crate::edition) fn values(self) -> Values {
                match self {
                    $(Dimension::$name => Values::$values $how,)+
                }
            }
        }
    };
}
with_dimensions!(define);

impl Dimension {
    /// The areas by which every cube is counted.
    pub(in crate::edition) fn areas() -> impl Iterator<Item = Dimension> {
        Dimension::ALL.iter().copied().filter(|d| d.is_area())
    }

    /// The dimensions by which the areas are counted further.
    pub(in crate::edition) fn others() -> impl Iterator<Item = Dimension> {
        Dimension::ALL.iter().copied().filter(|d| !d.is_area())
    }
}

/// The value by which an industry is grouped: the code, with its edition in front where that is not GB/T 4754-2017
/// (`2011:79` is another division than `79`). Sections of 2011 and 2017 mean the same; those of 2002 do not.
pub fn industry_key(code: &str, edition: u16) -> String {
    let is_section = code.len() == 1;
    match edition {
        0 | 2017 => code.to_owned(),
        2011 if is_section => code.to_owned(),
        year => format!("{year}:{code}"),
    }
}

/// The digits of an industry code without the section letter some registries put in front (`C3911`).
pub fn digits(code: &str) -> &str {
    code.trim_start_matches(|c: char| c.is_ascii_alphabetic())
}

fn number(text: &mut String, code: Option<u32>) {
    if let Some(code) = code {
        let _ = write!(text, "{code}"); // writing to a String cannot fail
    }
}
