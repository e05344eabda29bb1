//! Words that only assessing reads; states, registration types and union codes are read by `model::reference`.
//!
//! A word that tells nothing gives None, never a guess.

use crate::model::facts::Facts;
use crate::model::field::Field;
use crate::model::reference::registration::{RegistrationScheme, ownership_of};
use crate::model::reference::unions::{self, UnionForm, UnionStanding, UnionWord};
use crate::model::verdict::{FundKind, Ownership, UnionKind};

/// Ownership as an ownership or registration type text tells it, and whether it tells it firmly: MIXED and OTHER are what
/// statistics calls every company without a stronger mark (159, 160, 190), so a registry that says PRIVATE knows more.
pub fn ownership(text: &str, scheme: RegistrationScheme) -> Option<(Ownership, bool)> {
    let known = Ownership::from_name(text.trim()).unwrap_or_else(|| ownership_of(text, scheme));
    (known != Ownership::Unknown).then_some((known, !matches!(known, Ownership::Mixed | Ownership::Other)))
}

/// The form of a union, by its kind column, else by its name: 联合工会 is joint, 工会联合会 a federation, 筹备 a preparatory
/// group, 集团工会 a group's; anything else is a union of its own enterprise.
pub fn union_form(facts: &Facts) -> UnionForm {
    let told = facts.text(Field::UnionKind).map(str::trim);
    let word = told.and_then(|t| UnionWord::from_name(t).or_else(|| unions::union_word(t)));
    word.map_or_else(|| union_form_by_name(union_name(facts)), UnionWord::form)
}

/// Only words that no enterprise's own name holds decide: 甲联合科技有限公司工会 is that company's union.
fn union_form_by_name(name: &str) -> UnionForm {
    let has = |parts: &[&str]| parts.iter().any(|p| name.contains(p));
    let kind = match () {
        () if has(&["筹备"]) => UnionKind::Preparing,
        () if has(&["工会联合会", "工会工作委员会", "工会办事处"]) => UnionKind::Federation,
        () if has(&["联合工会", "联合基层工会"]) => UnionKind::Joint,
        () => UnionKind::Independent,
    };
    let covered = if has(&["集团工会", "集团有限公司工会"]) { UnionKind::Parent } else { kind };
    UnionForm { host: kind, covered }
}

/// The union's name, or its host's where the roll has no name of its own.
pub fn union_name(facts: &Facts) -> &str {
    facts.text(Field::UnionName).or_else(|| facts.text(Field::Name)).unwrap_or("")
}

/// Standing of a union on the roll; a word that says nothing leaves it as it was: active.
pub fn union_standing(facts: &Facts) -> UnionStanding {
    let told = facts.text(Field::UnionStatus).map(str::trim);
    told.and_then(|t| UnionStanding::from_name(t).or_else(|| unions::union_standing(t))).unwrap_or(UnionStanding::Active)
}

/// Dues (工会经费) or preparatory fund (建会筹备金).
pub fn fund_kind(text: &str) -> Option<FundKind> {
    let text = text.trim();
    FundKind::from_name(text).or_else(|| unions::payment_kind(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::field::RecordKind;
    use crate::model::value::Value;

    fn union(values: &[(Field, &str)]) -> Facts {
        Facts {
            registry: 0,
            key: "1".into(),
            part: 0,
            record_id: 1,
            kind: RecordKind::Union,
            landed_at: 0,
            observed_at: None,
            values: values.iter().map(|(f, t)| (*f, Value::Text((*t).into()))).collect(),
        }
    }

    #[test]
    fn a_unions_kind_is_its_columns_else_its_names() {
        use Field::{UnionKind as Kind, UnionName as Name};
        use UnionKind::{Federation, Independent, Joint, Parent, Preparing};
        for (values, host, covered) in [
            (vec![(Name, "北京甲有限公司工会委员会")], Independent, Independent),
            (vec![(Name, "北京联合科技有限公司工会")], Independent, Independent),
            (vec![(Name, "中关村科技园联合工会")], Joint, Joint),
            (vec![(Name, "亮马桥联合基层工会委员会")], Joint, Joint),
            (vec![(Name, "朝阳区餐饮行业工会联合会")], Federation, Federation),
            (vec![(Name, "北京乙有限公司工会筹备组")], Preparing, Preparing),
            (vec![(Name, "丙大厦工会"), (Kind, "联合基层工会")], Joint, Joint),
            (vec![(Name, "丁工会"), (Kind, "1")], Independent, Independent),
            (vec![(Name, "戊工会"), (Kind, "集团工会")], Independent, Parent),
            (vec![(Name, "己工会"), (Kind, "FEDERATION")], Federation, Federation),
            (vec![(Name, "庚工会"), (Kind, "PARENT")], Independent, Parent),
            (vec![(Name, "辛公司分会"), (Kind, "分会/小组")], Parent, Parent),
            (vec![(Name, "辛公司分会"), (Kind, "BRANCH")], Parent, Parent),
        ] {
            assert_eq!(union_form(&union(&values)), UnionForm { host, covered }, "{values:?}");
        }
    }

    #[test]
    fn a_bare_company_form_says_nothing_of_its_owner() {
        let scheme = RegistrationScheme::Statistics2011;
        assert_eq!(ownership("有限责任公司", scheme), None);
        assert_eq!(ownership("159", scheme), Some((Ownership::Mixed, false)));
        assert_eq!(ownership("私营企业", scheme), Some((Ownership::Private, true)));
        assert_eq!(ownership("FOREIGN", scheme), Some((Ownership::Foreign, true)));
    }
}
