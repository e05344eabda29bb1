//! Posts of a unit: how many are approved and filled, by kind, and what each officer has to do. No names: the roll needs none here.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::sheet::{SheetColumn, SheetFault, needed, optional, read_sheet};
use crate::model::field::named;

named! {
    /// A kind of post.
    pub enum PostKind {
        /// Full-time union social worker (工会社会工作者).
        SocialWorker = "SOCIAL_WORKER",
        /// College graduate as assistant (大学生协管员).
        StudentAssistant = "STUDENT_ASSISTANT",
        /// Ordinary assistant (协管员).
        Assistant = "ASSISTANT",
        /// Labour-security coordinator paid by the government (劳动保障协管员).
        Coordinator = "COORDINATOR",
    }
}

pub(super) const KINDS: &[(PostKind, &[&str])] = &[
    (PostKind::SocialWorker, &["SOCIAL_WORKER", "社会工作者", "工会社会工作者"]),
    (PostKind::StudentAssistant, &["STUDENT_ASSISTANT", "大学生协管员"]),
    (PostKind::Assistant, &["ASSISTANT", "协管员", "普通协管员"]),
    (PostKind::Coordinator, &["COORDINATOR", "劳动保障协管员"]),
];

/// The columns of a sheet of posts.
pub const POST_COLUMNS: &[SheetColumn] = &[
    needed("unit", "单位代码"),
    needed("kind", "岗位"),
    needed("approved", "编制"),
    needed("filled", "在岗"),
    optional("delegated_chairs", "派任主席"),
    optional("subsidy_yuan", "补贴"),
    needed("as_of", "截至日期"),
    optional("source", "来源"),
];

/// Posts of one kind in one unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitPosts {
    /// Code of the unit.
    pub unit: Box<str>,
    /// Which posts.
    pub kind: PostKind,
    /// Posts that there are to be.
    pub approved: u64,
    /// Posts that somebody holds.
    pub filled: u64,
    /// Of the holders, how many chair a union below, delegated by this unit.
    pub delegated_chairs: u64,
    /// Subsidy per head and year, yuan.
    pub subsidy_yuan: Option<f64>,
    /// The day it holds of.
    pub as_of: NaiveDate,
    /// Where it is said.
    pub source: Box<str>,
}

/// Reads a sheet of posts.
///
/// # Errors
/// Every fault with its line.
pub fn read_posts(text: &str, source: Option<&str>) -> Result<Vec<(u64, UnitPosts)>, Vec<SheetFault>> {
    read_sheet(text, POST_COLUMNS, |row| {
        let kind = row.word("kind", KINDS);
        let (approved, filled, delegated) = (row.count("approved"), row.count("filled"), row.count("delegated_chairs"));
        let (subsidy_yuan, as_of, source) = (row.number("subsidy_yuan"), row.day("as_of"), row.source(source));
        if delegated.unwrap_or(0) > filled.unwrap_or(u64::MAX) {
            row.fault("派任主席多于在岗人数", "more delegated chairs than posts that are filled");
        }
        Some(UnitPosts {
            unit: row.text("unit")?.into(),
            kind: kind?,
            approved: approved?,
            filled: filled?,
            delegated_chairs: delegated.unwrap_or(0),
            subsidy_yuan,
            as_of: as_of?,
            source: source?.into(),
        })
    })
}

/// Posts of several kinds and units together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Staffing {
    /// Posts that there are to be.
    pub approved: u64,
    /// Posts that somebody holds.
    pub filled: u64,
    /// Posts that nobody holds; what is filled beyond the approved elsewhere does not fill them.
    pub vacant: u64,
    /// Filled beyond what was approved.
    pub beyond: u64,
    /// Chairs delegated.
    pub delegated_chairs: u64,
}

impl Staffing {
    /// Adds posts of one kind.
    pub fn add(&mut self, posts: &UnitPosts) {
        self.approved += posts.approved;
        self.filled += posts.filled;
        self.vacant += posts.approved.saturating_sub(posts.filled);
        self.beyond += posts.filled.saturating_sub(posts.approved);
        self.delegated_chairs += posts.delegated_chairs;
    }
    /// What each officer has to do of so much; None where there is no officer.
    pub fn load(&self, work: u64) -> Option<f64> {
        (self.filled > 0).then(|| work as f64 / self.filled as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vacancy_is_not_filled_by_somebody_elsewhere() {
        let sheet =
            "unit,kind,approved,filled,delegated_chairs,as_of,source\nA,社会工作者,3,1,1,2010-08,t\nA,协管员,1,2,,2010-08,t\n";
        let mut staff = Staffing::default();
        read_posts(sheet, None).unwrap().iter().for_each(|(_, posts)| staff.add(posts));
        assert_eq!(staff, Staffing { approved: 4, filled: 3, vacant: 2, beyond: 1, delegated_chairs: 1 });
        assert_eq!((staff.load(300), Staffing::default().load(300)), (Some(100.0), None));
        let wrong = read_posts("unit,kind,approved,filled,delegated_chairs,as_of,source\nA,协管员,3,1,2,2010-08,t\n", None);
        assert_eq!(wrong.unwrap_err()[0].line, 2);
    }
}
