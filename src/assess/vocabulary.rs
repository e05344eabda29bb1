//! Words of registries → our enums: operating states, registration types and ownership, kinds of union.
//!
//! The word lists are `reference/registration` and `reference/unions`; what they lack is read by its telling parts. A word
//! that tells nothing gives None, never a guess.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::model::verdict::{FundKind, OperatingStatus, Ownership, UnionKind};

const STATUSES: &str = include_str!("../../reference/registration/statuses.csv");
const TYPES: &str = include_str!("../../reference/registration/types.csv");
const UNION_TYPES: &str = include_str!("../../reference/unions/org_types.csv");

/// Without blanks, brackets and punctuation, so that `有限责任公司(外商投资)` and `有限责任公司 （外商投资）` are one word.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn records(text: &'static str) -> impl Iterator<Item = csv::StringRecord> {
    csv::Reader::from_reader(text.as_bytes()).into_records().map(|row| row.expect("reference files are well-formed CSV"))
}

static STATUS_WORDS: LazyLock<HashMap<String, OperatingStatus>> = LazyLock::new(|| {
    let words = records(STATUSES).filter_map(|r| Some((plain(&r[0]), OperatingStatus::from_name(&r[1])?)));
    let names = OperatingStatus::ALL.iter().map(|s| (plain(s.name()), *s));
    words.chain(names).collect()
});

/// What a registry's word for an operating state means; None for words that say nothing about it.
pub fn status(text: &str) -> Option<OperatingStatus> {
    use OperatingStatus as S;
    let word = plain(text);
    if let Some(known) = STATUS_WORDS.get(&word) {
        return (*known != S::Unknown).then_some(*known);
    }
    const PARTS: [(&str, OperatingStatus); 12] = [
        ("未注销", S::Revoked),
        ("注销", S::Deregistered),
        ("撤销", S::Deregistered),
        ("吊销", S::Revoked),
        ("清算", S::Revoked),
        ("迁出", S::MovedOut),
        ("停业", S::Suspended),
        ("歇业", S::Suspended),
        ("非正常", S::Suspended),
        ("暂停", S::Suspended),
        ("存续", S::Active),
        ("正常", S::Active),
    ];
    PARTS.iter().find(|(part, _)| word.contains(part)).map(|(_, s)| *s)
}

/// Ownership as a registration type tells it, and whether it tells it firmly: a bare legal form such as 有限责任公司
/// says how the firm is built, hardly who owns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnershipReading {
    pub ownership: Ownership,
    pub firm: bool,
}

struct TypeWords {
    by_code: HashMap<(u16, String), Ownership>,
    by_name: HashMap<String, Ownership>,
}

static TYPE_WORDS: LazyLock<TypeWords> = LazyLock::new(|| {
    let (mut by_code, mut by_name) = (HashMap::new(), HashMap::new());
    for row in records(TYPES) {
        let Some(ownership) = Ownership::from_name(&row[4]) else { continue };
        // SAMR's four-digit codes mean the same whatever the edition of the statistical codes.
        let editions: &[u16] = match &row[0] {
            "2011" => &[2011],
            "2022" => &[2022],
            _ => &[2011, 2022],
        };
        for edition in editions {
            by_code.insert((*edition, row[1].to_string()), ownership);
        }
        by_name.entry(plain(&row[2])).or_insert(ownership);
    }
    for ownership in Ownership::ALL {
        by_name.insert(plain(ownership.name()), *ownership);
    }
    TypeWords { by_code, by_name }
});

/// Reads a registration type or an ownership text: a code of the edition, a listed name, or a text by its telling parts.
pub fn ownership(text: &str, edition: u16) -> Option<OwnershipReading> {
    use Ownership as O;
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let ownership = *TYPE_WORDS.by_code.get(&(edition, text.to_string()))?;
        return Some(OwnershipReading { ownership, firm: !matches!(ownership, O::Mixed | O::Other) });
    }
    let word = plain(text);
    if let Some(ownership) = TYPE_WORDS.by_name.get(&word) {
        if *ownership == O::Unknown {
            return None;
        }
        return Some(OwnershipReading { ownership: *ownership, firm: !matches!(ownership, O::Mixed | O::Other) });
    }
    const PARTS: [(&str, Ownership); 23] = [
        ("个体", O::Individual),
        ("台港澳", O::Hmt),
        ("港澳台", O::Hmt),
        ("港、澳", O::Hmt),
        ("港澳", O::Hmt),
        ("台资", O::Hmt),
        ("外商", O::Foreign),
        ("外资", O::Foreign),
        ("中外", O::Foreign),
        ("外国", O::Foreign),
        ("非自然人", O::Mixed),
        ("国有控股", O::Mixed),
        ("国有独资", O::State),
        ("国有", O::State),
        ("全民", O::State),
        ("集体", O::Collective),
        ("股份合作", O::Collective),
        ("合作社", O::Collective),
        ("私营", O::Private),
        ("民营", O::Private),
        ("自然人", O::Private),
        ("个人独资", O::Private),
        ("合伙", O::Private),
    ];
    if let Some((_, ownership)) = PARTS.iter().find(|(part, _)| word.contains(&plain(part))) {
        return Some(OwnershipReading { ownership: *ownership, firm: *ownership != O::Mixed });
    }
    if word.contains("有限责任") || word.contains("股份") || word.contains("有限公司") || word.contains("联营") {
        return Some(OwnershipReading { ownership: O::Mixed, firm: false });
    }
    (word.contains("其他")).then_some(OwnershipReading { ownership: O::Other, firm: false })
}

/// Whether a registration type is that of a branch without legal personality.
pub fn is_branch_type(text: &str) -> bool {
    ["分公司", "分支机构", "营业单位", "非法人分支"].iter().any(|part| text.contains(part))
}

/// What a union's kind column, or its name, says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnionForm {
    /// Of one enterprise, or covering units in the given way.
    Kind(UnionKind),
    /// A branch or group of another union (分会、小组).
    Branch,
    /// A group's union (集团工会): independent at its host, PARENT for the units it covers.
    Group,
    /// No union: an office or a body that founds unions.
    Office,
}

static UNION_WORDS: LazyLock<HashMap<String, UnionForm>> = LazyLock::new(|| {
    let mut map = HashMap::new();
    for row in records(UNION_TYPES) {
        if !matches!(&row[0], "org_type" | "org_form" | "chart_label") {
            continue;
        }
        let form = match (&row[2], &row[5]) {
            (name, _) if name.contains("集团") => UnionForm::Group,
            (_, "independent") => UnionForm::Kind(UnionKind::Independent),
            (_, "joint") => UnionForm::Kind(UnionKind::Joint),
            (_, "umbrella" | "federation") => UnionForm::Kind(UnionKind::Federation),
            (_, "branch") => UnionForm::Branch,
            _ => continue,
        };
        map.entry(plain(&row[2])).or_insert(form);
        // Digits are the codes of 工会组织类型, the column that the union roll carries.
        if &row[0] == "org_type" {
            map.insert(row[1].to_string(), form);
        }
    }
    for kind in UnionKind::ALL {
        map.insert(kind.name().to_string(), UnionForm::Kind(*kind));
    }
    map.insert("PARENT".to_string(), UnionForm::Group);
    map
});

/// The form that a kind column names, else the one the union's name tells: 联合工会 is joint, 工会联合会 a federation,
/// 筹备 a preparatory group; anything else is a union of its own enterprise.
pub fn union_form(kind: Option<&str>, name: &str) -> UnionForm {
    if let Some(text) = kind
        && let Some(form) = UNION_WORDS.get(&plain(text)).copied().or_else(|| union_form_by_text(text))
    {
        return form;
    }
    union_form_by_text(name).unwrap_or(UnionForm::Kind(UnionKind::Independent))
}

fn union_form_by_text(text: &str) -> Option<UnionForm> {
    let has = |parts: &[&str]| parts.iter().any(|p| text.contains(p));
    if has(&["筹备"]) {
        return Some(UnionForm::Kind(UnionKind::Preparing));
    }
    // 工会联合会 before 联合: both hold 联合.
    if has(&["工会联合会", "区域性", "行业性", "工会工作委员会", "工会办事处"]) {
        return Some(UnionForm::Kind(UnionKind::Federation));
    }
    if has(&["联合工会", "联合基层工会"]) {
        return Some(UnionForm::Kind(UnionKind::Joint));
    }
    if has(&["集团工会"]) {
        return Some(UnionForm::Group);
    }
    if has(&["独立", "单独"]) {
        return Some(UnionForm::Kind(UnionKind::Independent));
    }
    text.ends_with("分会").then_some(UnionForm::Branch)
}

/// State of a union on the roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnionState {
    Standing,
    Preparing,
    /// Deleted, cancelled, merged: covers nobody.
    Ended,
}

pub fn union_state(text: Option<&str>) -> UnionState {
    let Some(text) = text.map(str::trim) else { return UnionState::Standing };
    match text {
        "0" | "DELETED" | "CANCELLED" => UnionState::Ended,
        "4" | "PREPARING" => UnionState::Preparing,
        _ if ["删除", "注销", "撤销", "解散", "终止"].iter().any(|p| text.contains(p)) => UnionState::Ended,
        _ if text.contains("筹备") => UnionState::Preparing,
        _ => UnionState::Standing,
    }
}

/// Dues (工会经费) or preparatory fund (建会筹备金).
pub fn fund_kind(text: &str) -> Option<FundKind> {
    let text = text.trim();
    if text.contains("筹备") || text.eq_ignore_ascii_case("preparatory") {
        return Some(FundKind::Preparatory);
    }
    (text.contains("经费") || text.contains("会费") || text.eq_ignore_ascii_case("dues")).then_some(FundKind::Dues)
}

/// What kind of construction qualification a text names (资质等级), as the construction rules ask for it.
pub fn qualification(text: &str) -> Option<&'static str> {
    for known in ["general_contracting", "professional_contracting", "labour_subcontracting"] {
        if text.eq_ignore_ascii_case(known) {
            return Some(known);
        }
    }
    match text {
        _ if text.contains("总承包") => Some("general_contracting"),
        _ if text.contains("专业承包") => Some("professional_contracting"),
        _ if text.contains("劳务") => Some("labour_subcontracting"),
        _ => None,
    }
}

/// Whether a qualification text says that there is none.
pub fn no_qualification(text: &str) -> bool {
    matches!(text.trim(), "无" | "无资质" | "没有" | "NONE" | "none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_by_list_and_by_part() {
        use OperatingStatus as S;
        for (text, want) in [
            ("存续（在营、开业、在册）", Some(S::Active)),
            ("存续(在营,开业,在册)", Some(S::Active)),
            ("吊销，未注销", Some(S::Revoked)),
            ("吊销,已注销", Some(S::Deregistered)),
            ("注销户", Some(S::Deregistered)),
            ("非正常户", Some(S::Suspended)),
            ("停保", Some(S::Suspended)),
            ("迁出（外省）", Some(S::MovedOut)),
            ("ACTIVE", Some(S::Active)),
            ("", None),
            ("甲", None),
        ] {
            assert_eq!(status(text), want, "{text}");
        }
    }

    #[test]
    fn registration_codes_mean_what_their_edition_says() {
        assert_eq!(ownership("110", 2011).map(|o| o.ownership), Some(Ownership::State));
        assert_eq!(ownership("110", 2022).map(|o| o.ownership), Some(Ownership::Mixed));
        assert_eq!(ownership("330", 2011).map(|o| o.ownership), Some(Ownership::Foreign));
        assert_eq!(ownership("有限责任公司(外商投资)", 2011).map(|o| o.ownership), Some(Ownership::Foreign));
        assert_eq!(ownership("有限责任公司", 2011), Some(OwnershipReading { ownership: Ownership::Mixed, firm: false }));
        assert_eq!(ownership("有限责任公司(非自然人投资或控股的法人独资)", 2011).map(|o| o.ownership), Some(Ownership::Mixed));
        assert_eq!(ownership("私营企业", 2011), Some(OwnershipReading { ownership: Ownership::Private, firm: true }));
        assert_eq!(ownership("", 2011), None);
    }

    #[test]
    fn a_unions_kind_is_its_columns_else_its_names() {
        use UnionForm::{Branch, Group, Kind};
        use UnionKind as K;
        for (kind, name, want) in [
            (None, "北京甲有限公司工会委员会", Kind(K::Independent)),
            (None, "中关村科技园联合工会", Kind(K::Joint)),
            (None, "亮马桥联合基层工会委员会", Kind(K::Joint)),
            (None, "朝阳区餐饮行业工会联合会", Kind(K::Federation)),
            (None, "北京乙有限公司工会筹备组", Kind(K::Preparing)),
            (Some("联合基层工会"), "丙大厦工会", Kind(K::Joint)),
            (Some("1"), "丁工会", Kind(K::Independent)),
            (Some("6"), "戊集团工会", Group),
            (Some("分会/小组"), "己分会", Branch),
            (Some("FEDERATION"), "庚", Kind(K::Federation)),
            (Some("区域性工会联合会"), "辛", Kind(K::Federation)),
        ] {
            assert_eq!(union_form(kind, name), want, "{kind:?} {name}");
        }
        assert_eq!(union_state(Some("已删除")), UnionState::Ended);
        assert_eq!(union_state(Some("筹备期")), UnionState::Preparing);
        assert_eq!(union_state(None), UnionState::Standing);
    }
}
