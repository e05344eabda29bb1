//! Words that every registry uses for the same thing. A connector's own value map comes first; what neither knows is
//! not read.

use super::reading::As;

/// OperatingStatus by its words.
const STATUS: &[(&str, &str)] = &[
    ("存续", "ACTIVE"),
    ("在营", "ACTIVE"),
    ("开业", "ACTIVE"),
    ("在业", "ACTIVE"),
    ("正常", "ACTIVE"),
    ("营业", "ACTIVE"),
    ("存续（在营、开业、在册）", "ACTIVE"),
    ("在营（开业）企业", "ACTIVE"),
    ("停业", "SUSPENDED"),
    ("歇业", "SUSPENDED"),
    ("筹建", "SUSPENDED"),
    ("停产", "SUSPENDED"),
    ("非正常", "SUSPENDED"),
    ("非正常户", "SUSPENDED"),
    ("停业户", "SUSPENDED"),
    ("暂停参保", "SUSPENDED"),
    ("参保", "ACTIVE"),
    ("正常户", "ACTIVE"),
    ("迁入", "ACTIVE"),
    ("注销户", "DEREGISTERED"),
    ("终止参保", "DEREGISTERED"),
    ("清算中", "SUSPENDED"),
    ("撤销登记", "REVOKED"),
    ("停保", "SUSPENDED"),
    ("暂停缴费", "SUSPENDED"),
    ("吊销", "REVOKED"),
    ("吊销未注销", "REVOKED"),
    ("吊销，未注销", "REVOKED"),
    ("撤销", "REVOKED"),
    ("责令关闭", "REVOKED"),
    ("注销", "DEREGISTERED"),
    ("已注销", "DEREGISTERED"),
    ("吊销已注销", "DEREGISTERED"),
    ("吊销，已注销", "DEREGISTERED"),
    ("破产", "DEREGISTERED"),
    ("清算", "SUSPENDED"),
    ("迁出", "MOVED_OUT"),
    ("已迁出", "MOVED_OUT"),
];

/// Ownership where the words tell it; 有限责任公司 and 股份有限公司 (150, 159, 160) tell a form and no owner, so they are not here.
/// By registration type (登记注册类型, 企业类型, 经济类型) in words and in the three-digit codes of 2011 (国统字〔2011〕86号).
const OWNERSHIP: &[(&str, &str)] = &[
    ("国有", "STATE"),
    ("国有企业", "STATE"),
    ("国有独资公司", "STATE"),
    ("国有控股", "STATE"),
    ("全民所有制", "STATE"),
    ("有限责任公司（国有独资）", "STATE"),
    ("110", "STATE"),
    ("151", "STATE"),
    ("集体", "COLLECTIVE"),
    ("集体企业", "COLLECTIVE"),
    ("集体所有制", "COLLECTIVE"),
    ("股份合作企业", "COLLECTIVE"),
    ("120", "COLLECTIVE"),
    ("130", "COLLECTIVE"),
    ("私营", "PRIVATE"),
    ("私营企业", "PRIVATE"),
    ("民营企业", "PRIVATE"),
    ("170", "PRIVATE"),
    ("171", "PRIVATE"),
    ("172", "PRIVATE"),
    ("173", "PRIVATE"),
    ("174", "PRIVATE"),
    ("港、澳、台商投资企业", "HMT"),
    ("港澳台投资企业", "HMT"),
    ("港澳台资企业", "HMT"),
    ("200", "HMT"),
    ("210", "HMT"),
    ("220", "HMT"),
    ("230", "HMT"),
    ("240", "HMT"),
    ("290", "HMT"),
    ("外资企业", "FOREIGN"),
    ("外商投资企业", "FOREIGN"),
    ("外商独资企业", "FOREIGN"),
    ("中外合资", "FOREIGN"),
    ("中外合作", "FOREIGN"),
    ("外国(地区)企业常驻代表机构", "FOREIGN"),
    ("300", "FOREIGN"),
    ("310", "FOREIGN"),
    ("320", "FOREIGN"),
    ("330", "FOREIGN"),
    ("340", "FOREIGN"),
    ("390", "FOREIGN"),
    ("有限责任公司(外商投资)", "FOREIGN"),
    ("有限责任公司 外商投资企业", "FOREIGN"),
    ("有限责任公司（外商投资）", "FOREIGN"),
    ("有限责任公司 港、澳、台", "HMT"),
    ("有限责任公司(港澳台投资)", "HMT"),
    ("联营企业", "MIXED"),
    ("140", "MIXED"),
    ("141", "STATE"),
    ("142", "COLLECTIVE"),
    ("143", "MIXED"),
    ("149", "MIXED"),
    ("个体工商户", "INDIVIDUAL"),
    ("个体", "INDIVIDUAL"),
    ("400", "INDIVIDUAL"),
    ("410", "INDIVIDUAL"),
    ("其他", "OTHER"),
    ("190", "OTHER"),
];

const UNION_KIND: &[(&str, &str)] = &[
    ("独立基层工会", "INDEPENDENT"),
    ("单独基层工会", "INDEPENDENT"),
    ("独立建会", "INDEPENDENT"),
    ("单独建会", "INDEPENDENT"),
    ("基层工会", "INDEPENDENT"),
    ("基层工会委员会", "INDEPENDENT"),
    ("联合基层工会", "JOINT"),
    ("联合工会", "JOINT"),
    ("联合建会", "JOINT"),
    ("区域性工会联合会", "FEDERATION"),
    ("行业性工会联合会", "FEDERATION"),
    ("工会联合会", "FEDERATION"),
    ("区域联合会", "FEDERATION"),
    ("行业联合会", "FEDERATION"),
    ("集团工会", "PARENT"),
    ("总公司工会覆盖", "PARENT"),
    ("上级单位工会覆盖", "PARENT"),
    ("集团工会覆盖", "PARENT"),
    ("工会筹备组", "PREPARING"),
    ("筹备组", "PREPARING"),
    ("筹建中", "PREPARING"),
];

const UNION_STATUS: &[(&str, &str)] = &[
    ("正常", "ACTIVE"),
    ("在册", "ACTIVE"),
    ("存续", "ACTIVE"),
    ("锁定", "ACTIVE"),
    ("1", "ACTIVE"),
    ("3", "ACTIVE"),
    ("4", "PREPARING"),
    ("筹备", "PREPARING"),
    ("筹备中", "PREPARING"),
    ("筹备期", "PREPARING"),
    ("筹备组", "PREPARING"),
    ("筹建", "PREPARING"),
    ("筹建中", "PREPARING"),
    ("撤销", "DISSOLVED"),
    ("已撤销", "DISSOLVED"),
    ("注销", "DISSOLVED"),
    ("已注销", "DISSOLVED"),
    ("删除", "DISSOLVED"),
    ("已删除", "DISSOLVED"),
    ("0", "DISSOLVED"),
    ("解散", "DISSOLVED"),
    ("合并", "DISSOLVED"),
    ("停止活动", "SUSPENDED"),
];

const PAYMENT_KIND: &[(&str, &str)] = &[
    ("工会经费", "DUES"),
    ("经费", "DUES"),
    ("建会筹备金", "PREPARATORY"),
    ("筹备金", "PREPARATORY"),
    ("工会筹备金", "PREPARATORY"),
];

/// The value that `text` means as `kind`, or None. The vocabulary's own names are known too (`ACTIVE`).
pub fn known(kind: As, text: &str) -> Option<&'static str> {
    let words = match kind {
        As::Status => STATUS,
        As::Ownership => OWNERSHIP,
        As::UnionKind => UNION_KIND,
        As::UnionStatus => UNION_STATUS,
        As::PaymentKind => PAYMENT_KIND,
        _ => return None,
    };
    let listed = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    listed.or_else(|| vocabulary(kind).find(|v| *v == text)).or_else(|| referenced(kind, text))
}

/// What the house's reference tables (`reference/registration`, `reference/unions`) say of a word that is not listed here.
fn referenced(kind: As, text: &str) -> Option<&'static str> {
    use crate::model::reference::{operating_status, unions};
    use crate::model::verdict::UnionKind;
    match kind {
        As::Status => operating_status(text).map(|s| s.name()),
        As::UnionKind => {
            let form = unions::union_form(text)?;
            // A group's union (集团工会) is its host's own and the parent's for those it covers: PARENT says both.
            Some(if form.covered == UnionKind::Parent { UnionKind::Parent.name() } else { form.host.name() })
        }
        As::UnionStatus => Some(match unions::union_state(text)? {
            unions::UnionState::Standing => "ACTIVE",
            unions::UnionState::Preparing => "PREPARING",
            unions::UnionState::Ended => "DISSOLVED",
        }),
        _ => None,
    }
}

/// The values that a column read as `kind` can have; a value map may name no others. Empty where the vocabulary is open.
pub fn vocabulary(kind: As) -> Box<dyn Iterator<Item = &'static str>> {
    use crate::model::verdict::{FundKind, OperatingStatus, Ownership, UnionKind};
    match kind {
        As::Status => Box::new(OperatingStatus::ALL.iter().map(|v| v.name())),
        As::Ownership => Box::new(Ownership::ALL.iter().map(|v| v.name())),
        As::UnionKind => Box::new(UnionKind::ALL.iter().map(|v| v.name())),
        As::UnionStatus => Box::new(["ACTIVE", "PREPARING", "SUSPENDED", "DISSOLVED"].into_iter()),
        As::PaymentKind => Box::new(FundKind::ALL.iter().map(|v| v.name())),
        As::Flag => Box::new(["true", "false"].into_iter()),
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_not_listed_are_read_by_the_reference_tables() {
        for (kind, text, value) in [
            (As::UnionStatus, "筹备期", "PREPARING"),
            (As::UnionStatus, "已注销", "DISSOLVED"),
            (As::UnionKind, "集团工会", "PARENT"),
            (As::UnionKind, "2", "JOINT"),
            (As::Status, "存续（在营、开业、在册）", "ACTIVE"),
        ] {
            assert_eq!(known(kind, text), Some(value), "{text}");
        }
        assert_eq!(known(As::UnionKind, "其他"), None);
    }
}
