//! Which registries each verdict needs, and whether they are there: a list that rests on a roll which never came is no list.
//!
//! In: the needs of policy, what each connector brings and when it last did. Out: the needs that nobody meets. The verdicts turn
//! these into UNDECIDED with `source_missing` or `source_stale`; nothing here looks at an enterprise.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::model::message;
use crate::model::verdict::{NeededFor, Unmet};

/// `[policy.needs]`: per verdict what it needs; every need must be met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NeedsPolicy {
    /// Who is out of scope: deregistered, moved out, within the grace period.
    pub scope: Vec<Need>,
    pub size: Vec<Need>,
    pub coverage: Vec<Need>,
    pub fund: Vec<Need>,
}

/// One need: any of several registries meets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Registries by name, or by what they bring: `issues_codes`, `official_list`, `revenue`, `union_roll`, `payments`.
    pub one_of: Vec<String>,
    /// Days since the last good pull; None: however old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_days: Option<u32>,
}

impl Default for NeedsPolicy {
    /// Registration, roll and payments are delivered monthly or quarterly; the statistics register is a year's (its list of the
    /// year before is in force until the next).
    fn default() -> Self {
        let need = |one_of: &[&str], days| {
            vec![Need { one_of: one_of.iter().map(|name| (*name).to_owned()).collect(), max_age_days: Some(days) }]
        };
        NeedsPolicy {
            scope: need(&["issues_codes"], 100),
            size: need(&["official_list", "revenue"], 500),
            coverage: need(&["union_roll"], 100),
            fund: need(&["payments"], 500),
        }
    }
}

impl NeededFor {
    /// Its key in `[policy.needs]`.
    pub fn key(self) -> &'static str {
        match self {
            NeededFor::Scope => "scope",
            NeededFor::Size => "size",
            NeededFor::Coverage => "coverage",
            NeededFor::Fund => "fund",
        }
    }
    /// Whether the gap list rests on it.
    pub fn decides_the_gap(self) -> bool {
        self != NeededFor::Fund
    }
}

impl NeedsPolicy {
    pub fn all(&self) -> [(NeededFor, &[Need]); 4] {
        [
            (NeededFor::Scope, &self.scope),
            (NeededFor::Size, &self.size),
            (NeededFor::Coverage, &self.coverage),
            (NeededFor::Fund, &self.fund),
        ]
    }

    /// Names that are neither a registry nor anything that registries bring: the verdict, the name, the nearest known one.
    pub fn unknown<'a>(&'a self, registries: &[&'a str]) -> Vec<(NeededFor, &'a str, &'a str)> {
        let mut known: Vec<&str> = message::needs().collect();
        known.extend(registries);
        let mut unknown = Vec::new();
        for (verdict, needs) in self.all() {
            for name in needs.iter().flat_map(|need| &need.one_of).filter(|name| !known.contains(&name.as_str())) {
                let nearest = known.iter().min_by_key(|k| strsim::damerau_levenshtein(name, k)).copied().unwrap_or_default();
                unknown.push((verdict, name.as_str(), nearest));
            }
        }
        unknown
    }
}

/// A registry that could meet needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Bringer {
    pub name: Box<str>,
    /// Of `issues_codes`, `official_list`, `revenue`, `union_roll`, `payments`.
    pub brings: Vec<&'static str>,
    /// The day of its last good pull; None where it has never brought a record.
    pub landed: Option<NaiveDate>,
}

impl Bringer {
    fn meets(&self, need: &Need) -> bool {
        need.one_of.iter().any(|name| **name == *self.name || self.brings.contains(&name.as_str()))
    }
}

/// The needs that nobody meets on a day, in the order of the verdicts.
pub fn unmet(needs: &NeedsPolicy, bringers: &[Bringer], as_of: NaiveDate) -> Vec<Unmet> {
    let mut found = Vec::new();
    for (verdict, needs) in needs.all() {
        for need in needs {
            let able: Vec<&Bringer> = bringers.iter().filter(|b| b.meets(need)).collect();
            let newest = able.iter().filter_map(|b| b.landed).max();
            let fresh = |day: NaiveDate| need.max_age_days.is_none_or(|days| (as_of - day).num_days() <= i64::from(days));
            if newest.is_some_and(fresh) {
                continue;
            }
            found.push(Unmet {
                verdict,
                need: need.one_of.iter().map(|name| name.as_str().into()).collect(),
                registries: able.iter().map(|b| b.name.clone()).collect(),
                as_of: newest,
                limit_days: need.max_age_days,
            });
        }
    }
    found
}

/// The registries that some need asks for, whether they have landed or not; needs that no registry can meet by their own names.
pub fn asked_for(needs: &NeedsPolicy, bringers: &[Bringer]) -> Vec<Box<str>> {
    let mut names: Vec<Box<str>> = Vec::new();
    for need in needs.all().iter().flat_map(|(_, needs)| needs.iter()) {
        let able: Vec<&Bringer> = bringers.iter().filter(|b| b.meets(need)).collect();
        let wanted = match able.is_empty() {
            true => vec![need.one_of[0].as_str().into()],
            false => able.iter().map(|b| b.name.clone()).collect::<Vec<_>>(),
        };
        for name in wanted {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }
    fn bringer(name: &str, brings: &[&'static str], landed: Option<&str>) -> Bringer {
        Bringer { name: name.into(), brings: brings.to_vec(), landed: landed.map(day) }
    }
    fn told(bringers: &[Bringer], as_of: &str) -> Vec<(NeededFor, Option<NaiveDate>)> {
        unmet(&NeedsPolicy::default(), bringers, day(as_of)).into_iter().map(|u| (u.verdict, u.as_of)).collect()
    }

    #[test]
    fn a_need_is_unmet_until_one_that_meets_it_has_landed_and_once_all_are_too_old() {
        let all = |roll: Option<&str>, statistics: Option<&str>, tax: Option<&str>| {
            vec![
                bringer("commerce", &["issues_codes"], Some("2026-11-01")),
                bringer("statistics", &["official_list", "revenue"], statistics),
                bringer("tax", &["revenue"], tax),
                bringer("unions", &["union_roll"], roll),
                bringer("payments", &["payments"], Some("2026-11-01")),
            ]
        };
        use NeededFor::{Coverage, Size};
        let fresh = Some("2026-11-01");
        assert_eq!(told(&all(fresh, fresh, None), "2026-11-22"), []);
        assert_eq!(told(&all(fresh, None, fresh), "2026-11-22"), [], "a proxy is enough");
        assert_eq!(told(&all(None, fresh, None), "2026-11-22"), [(Coverage, None)]);
        assert_eq!(told(&all(Some("2026-01-02"), fresh, None), "2026-04-12"), [], "exactly a hundred days");
        let old = told(&all(Some("2026-01-02"), fresh, None), "2026-04-13");
        assert_eq!(old, [(Coverage, Some(day("2026-01-02")))], "a day more");
        assert_eq!(told(&all(fresh, None, None), "2026-11-22"), [(Size, None)]);
    }

    #[test]
    fn what_is_asked_for_is_named_landed_or_not_and_where_nobody_brings_it() {
        let some = [bringer("rolls", &["union_roll"], None), bringer("tax", &["revenue"], Some("2026-11-01"))];
        let names = asked_for(&NeedsPolicy::default(), &some);
        assert_eq!(names.iter().map(|n| &**n).collect::<Vec<_>>(), ["issues_codes", "tax", "rolls", "payments"]);
        let mut policy = NeedsPolicy::default();
        policy.coverage[0].one_of = vec!["unoin_roll".into()];
        assert_eq!(policy.unknown(&["tax"]), [(NeededFor::Coverage, "unoin_roll", "union_roll")]);
    }
}
