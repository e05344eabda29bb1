//! How far setting up the units is: done, to do and late, as of any day.

use chrono::NaiveDate;
use serde::Serialize;

use super::unit::{TreeLevel, UnitTree};

/// Units that stand and units that do not, on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SetupPace {
    /// Founded by the day.
    pub done: u32,
    /// Not founded by the day.
    pub to_do: u32,
    /// Of these, whose deadline had passed.
    pub late: u32,
    /// Of those to do, without a deadline.
    pub undated: u32,
}

impl SetupPace {
    fn count(&mut self, founded_on: Option<NaiveDate>, due_on: Option<NaiveDate>, on: NaiveDate) {
        if founded_on.is_some_and(|day| day <= on) {
            self.done += 1;
            return;
        }
        self.to_do += 1;
        self.late += u32::from(due_on.is_some_and(|day| day < on));
        self.undated += u32::from(due_on.is_none());
    }
}

/// The pace of every unit's own parts, itself left out, on a day: by position in the tree. Only units of these levels count; all where
/// none is named.
pub fn paces(tree: &UnitTree, levels: &[TreeLevel], on: NaiveDate) -> Vec<SetupPace> {
    let mut paces = vec![SetupPace::default(); tree.units.len()];
    for at in tree.downwards().iter().rev() {
        let Some(above) = tree.parent(*at) else { continue };
        let unit = &tree.units[*at as usize];
        let mut pace = paces[*at as usize];
        if levels.is_empty() || levels.contains(&unit.level) {
            pace.count(unit.founded_on, unit.due_on, on);
        }
        let up = &mut paces[above as usize];
        up.done += pace.done;
        up.to_do += pace.to_do;
        up.late += pace.late;
        up.undated += pace.undated;
    }
    paces
}

#[cfg(test)]
mod tests {
    use super::super::unit::tests::city;
    use super::*;

    #[test]
    fn the_pace_is_that_of_the_day_asked() {
        let tree = city();
        let of = |code: &str, day: &str| {
            let paces = paces(&tree, &[TreeLevel::Street, TreeLevel::Town], day.parse().unwrap());
            let p = paces[tree.at(code).unwrap() as usize];
            (p.done, p.to_do, p.late)
        };
        assert_eq!(of("BJ", "2010-08-30"), (0, 2, 0));
        assert_eq!(of("BJ", "2010-08-31"), (1, 1, 0));
        assert_eq!(of("D110108", "2010-12-01"), (1, 1, 1), "the deadline was the end of November");
        assert_eq!(of("D110101", "2010-12-01"), (0, 0, 0));
        let all = paces(&tree, &[], "2010-12-01".parse().unwrap())[tree.root().unwrap() as usize];
        assert_eq!((all.done, all.to_do, all.late, all.undated), (4, 4, 1, 3));
    }
}
