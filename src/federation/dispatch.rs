//! Labour dispatch as agreements say it: agency and host, the clause on 2 % of the wages, members counted where they joined.
//!
//! Source of the rules: 总工发〔2009〕21号 (members join the agency's union first and are counted once; the host pays 2 % of the wages of
//! dispatched workers, written into the agreement).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::sheet::{SheetColumn, SheetFault, needed, optional, read_sheet};
use crate::model::field::named;

named! {
    /// Where dispatched workers joined a union.
    pub enum JoinedAt {
        /// In the agency's union.
        Agency = "AGENCY",
        /// In the host's.
        Host = "HOST",
    }
}

/// The columns of a sheet of agreements.
pub const DISPATCH_COLUMNS: &[SheetColumn] = &[
    needed("unit", "单位代码"),
    needed("agency", "派遣单位"),
    needed("host", "用工单位"),
    optional("agreed_on", "协议日期"),
    needed("clause", "2%条款"),
    needed("workers", "派遣人数"),
    needed("members", "会员人数"),
    needed("joined_at", "入会单位"),
    optional("care_rule", "家政护理认定依据"),
    optional("source", "来源"),
];

/// An agreement of an agency and a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DispatchAgreement {
    /// Code of the unit that reports it.
    pub unit: Box<str>,
    /// Who dispatches: a name or a credit code.
    pub agency: Box<str>,
    /// Where they work: a name or a credit code.
    pub host: Box<str>,
    /// Since when.
    pub agreed_on: Option<NaiveDate>,
    /// The agreement says that the host pays 2 % of their wages.
    pub has_clause: bool,
    /// Workers dispatched.
    pub workers: u64,
    /// Of these, members of a union.
    pub members: u64,
    /// Whose union they are members of.
    pub joined_at: JoinedAt,
    /// Domestic service or care: by which rule it is taken for that; None: it is neither.
    pub care_rule: Option<Box<str>>,
    /// Where it is said.
    pub source: Box<str>,
}

impl DispatchAgreement {
    /// Whether it was agreed by a day; one without a day was always.
    pub fn stood(&self, on: NaiveDate) -> bool {
        self.agreed_on.is_none_or(|day| day <= on)
    }
}

/// Reads a sheet of agreements.
///
/// # Errors
/// Every fault with its line.
pub fn read_agreements(text: &str, source: Option<&str>) -> Result<Vec<(u64, DispatchAgreement)>, Vec<SheetFault>> {
    const PLACES: &[(JoinedAt, &[&str])] =
        &[(JoinedAt::Agency, &["AGENCY", "派遣单位", "派遣"]), (JoinedAt::Host, &["HOST", "用工单位", "用工"])];
    read_sheet(text, DISPATCH_COLUMNS, |row| {
        let (clause, agreed_on, joined_at) = (row.flag("clause"), row.day("agreed_on"), row.word("joined_at", PLACES));
        let (workers, members, source) = (row.count("workers"), row.count("members"), row.source(source));
        if members.unwrap_or(0) > workers.unwrap_or(u64::MAX) {
            row.fault("会员人数多于派遣人数", "more members than workers dispatched");
        }
        if row.text("agency").is_some() && row.text("agency") == row.text("host") {
            row.fault("派遣单位与用工单位相同", "agency and host are the same");
        }
        Some(DispatchAgreement {
            unit: row.text("unit")?.into(),
            agency: row.text("agency")?.into(),
            host: row.text("host")?.into(),
            agreed_on,
            has_clause: clause?,
            workers: workers?,
            members: members?,
            joined_at: joined_at?,
            care_rule: row.text("care_rule").map(Into::into),
            source: source?.into(),
        })
    })
}

/// What agreements add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DispatchSums {
    /// Agreements.
    pub agreements: u64,
    /// Of these, without the clause on 2 %.
    pub without_clause: u64,
    /// Agencies, each once.
    pub agencies: u64,
    /// Workers dispatched.
    pub workers: u64,
    /// Members, each counted at the union that they joined.
    pub members_at_agencies: u64,
    /// The others.
    pub members_at_hosts: u64,
    /// Agencies of domestic service and care, each once.
    pub care_agencies: u64,
    /// Their members, wherever they joined.
    pub care_members: u64,
}

/// Adds agreements up.
pub fn dispatch_sums<'a>(agreements: impl IntoIterator<Item = &'a DispatchAgreement>) -> DispatchSums {
    let mut sums = DispatchSums::default();
    let (mut agencies, mut care) = (hashbrown::HashSet::new(), hashbrown::HashSet::new());
    for a in agreements {
        sums.agreements += 1;
        sums.without_clause += u64::from(!a.has_clause);
        sums.workers += a.workers;
        match a.joined_at {
            JoinedAt::Agency => sums.members_at_agencies += a.members,
            JoinedAt::Host => sums.members_at_hosts += a.members,
        }
        agencies.insert(&*a.agency);
        if a.care_rule.is_some() {
            care.insert(&*a.agency);
            sums.care_members += a.members;
        }
    }
    (sums.agencies, sums.care_agencies) = (agencies.len() as u64, care.len() as u64);
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_counted_once_wherever_they_joined() {
        let sheet = "unit,agency,host,clause,workers,members,joined_at,care_rule,source
D,甲家政,医院一,是,100,80,派遣,行业代码80,t
D,甲家政,医院二,否,50,40,HOST,行业代码80,t
D,乙派遣,工厂,是,30,0,派遣,,t
";
        let agreements: Vec<DispatchAgreement> = read_agreements(sheet, None).unwrap().into_iter().map(|(_, a)| a).collect();
        let sums = dispatch_sums(&agreements);
        assert_eq!((sums.agreements, sums.without_clause, sums.agencies, sums.workers), (3, 1, 2, 180));
        assert_eq!((sums.members_at_agencies, sums.members_at_hosts), (80, 40));
        assert_eq!((sums.care_agencies, sums.care_members), (1, 120));
        let header = sheet.lines().next().unwrap();
        for row in ["D,甲,乙,是,1,2,HOST,,t", "D,甲,甲,是,2,1,HOST,,t", "D,甲,乙,也许,2,1,HOST,,t"] {
            assert!(read_agreements(&format!("{header}\n{row}\n"), None).is_err(), "{row}");
        }
    }
}
