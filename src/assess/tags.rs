//! The marks of an enterprise: which it bears, and by which rule.
//!
//! In: its facts, its chosen values, its verdicts. Out: marks; for whoever asks, the rule of each in both languages. What it does not do:
//! weigh them, which `priority` does.

use chrono::Months;

use super::context::Context;
use super::entity_facts::EntityFacts;
use super::{fund, values};
use crate::model::enterprise::{Bits, Enterprise};
use crate::model::facts::Facts;
use crate::model::field::{Field, RecordKind};
use crate::model::verdict::{EnterpriseTag, Ownership};

/// Where classes of industries are defined.
const INDUSTRIES: &str = "GB/T 4754";
/// Where 家政 and care are spoken of as enterprises whose workers unions are to reach.
const CARE_SOURCE: &str = "GB/T 4754 · 国办发〔2019〕30号";

/// Domestic service or care: what an enterprise is taken for it by.
struct CareTrade {
    tag: EnterpriseTag,
    /// Edition of GB/T 4754 and the beginnings of its codes. 2002 has no classes of their own for care.
    codes: &'static [(u16, &'static [&'static str])],
    /// What a name says of it.
    words: &'static [&'static str],
    /// The field by which a registry says so outright.
    field: Field,
    zh: &'static str,
    en: &'static str,
}

const CARE_TRADES: [CareTrade; 2] = [
    // 家庭服务: 8010 in 2017, 7910 in 2011, 8210 in 2002.
    CareTrade {
        tag: EnterpriseTag::DomesticService,
        codes: &[(2017, &["801"]), (2011, &["791"]), (2002, &["821"])],
        words: &["家政", "月嫂", "家庭服务"],
        field: Field::DomesticService,
        zh: "家政服务",
        en: "domestic service",
    },
    // 护理机构服务, 老年人、残疾人养护服务, 社会看护与帮助服务.
    CareTrade {
        tag: EnterpriseTag::Care,
        codes: &[(2017, &["8512", "8514", "8521"]), (2011, &["8412", "8414", "8421"])],
        words: &["陪护", "护工", "照护", "养老", "护理院", "护理站", "病人护理", "医院护理"],
        field: Field::CareService,
        zh: "护理服务",
        en: "care",
    },
];

/// Whether a name says that this is what it does: 家政服务有限公司 does, 家政用品有限公司 sells goods, 养老保险公司 insures.
fn says(name: &str, word: &str) -> bool {
    const BEHIND: [&str; 12] = ["服务", "有限", "股份", "公司", "集团", "管理", "中心", "院", "机构", "连锁", "（", "("];
    name.match_indices(word).any(|(at, _)| {
        let behind = &name[at + word.len()..];
        behind.is_empty() || BEHIND.iter().any(|next| behind.starts_with(next))
    })
}

impl CareTrade {
    fn is_industry(&self, code: &str, edition: u16) -> bool {
        self.codes.iter().any(|(of, codes)| *of == edition && codes.iter().any(|beginning| code.starts_with(beginning)))
    }
    /// The word of its name that says so.
    fn word_in(&self, name: &str) -> Option<&'static str> {
        self.words.iter().copied().find(|word| says(name, word))
    }
}

/// The marks that an enterprise bears; its verdict on the fund is judged before.
pub(super) fn tags(context: &Context<'_>, dossier: EntityFacts<'_>, enterprise: &Enterprise) -> Bits {
    use EnterpriseTag as T;
    let mut tags = Bits::default();
    let mut set = |tag: T, is: bool| {
        if is {
            tags.insert(tag as usize);
        }
    };
    let flagged = |field| dossier.of_kind(RecordKind::Enterprise).any(|f| f.flag(field) == Some(true));
    set(T::Fortune500, flagged(Field::Fortune500));
    set(T::Leading, flagged(Field::Leading));
    set(T::Listed, flagged(Field::Listed));
    // Class 7263 is 劳务派遣服务 in 2011 and 2017; the edition of 2002 has no class of its own for it.
    let dispatches = enterprise.industry.as_deref() == Some("7263") && enterprise.industry_edition >= 2011;
    set(
        T::LabourDispatch,
        dispatches || flagged(Field::DispatchAgency) || dossier.of_kind(RecordKind::Dispatch).next().is_some(),
    );
    set(T::Foreign, enterprise.ownership == Ownership::Foreign);
    set(T::Hmt, enterprise.ownership == Ownership::Hmt);
    let year_ago = context.as_of.checked_sub_months(Months::new(12));
    let recent = |facts: &Facts| {
        let day = values::date(facts, Field::On).and_then(|d| d.first_day());
        day.is_some_and(|day| day <= context.as_of && year_ago.is_some_and(|from| day > from))
    };
    set(T::DisputeLast12Months, dossier.of_kind(RecordKind::Dispute).any(recent));
    set(T::PaysPreparatoryFund, fund::pays_preparatory(&enterprise.verdicts.fund));
    for trade in &CARE_TRADES {
        let industry = enterprise.industry.as_deref().is_some_and(|code| trade.is_industry(code, enterprise.industry_edition));
        set(trade.tag, industry || flagged(trade.field) || trade.word_in(&enterprise.name).is_some());
    }
    tags
}

/// Why a mark is borne, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagReason {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// The standard or regulation that the rule rests on; None: the registry's own word.
    pub source: Option<&'static str>,
}

/// Why an enterprise of this industry (code and edition) and name bears a mark: its rule, of domestic service and care what of it holds.
pub fn tag_reason(tag: EnterpriseTag, industry: Option<(&str, u16)>, name: &str) -> TagReason {
    use EnterpriseTag as T;
    let said = |zh: &str, en: &str, source| TagReason { zh: zh.to_owned(), en: en.to_owned(), source };
    match tag {
        T::Fortune500 => said(
            "登记标注为世界500强企业或其所属企业",
            "a registry marks it as one of the world's 500 largest, or a company of one",
            None,
        ),
        T::Leading => said("登记标注为龙头企业", "a registry marks it as leading its trade", None),
        T::Listed => said("登记标注为上市公司", "a registry marks its shares as traded", None),
        T::LabourDispatch => said(
            "行业为 7263 劳务派遣服务，或登记标注为派遣单位，或有派遣用工报告",
            "its industry is 7263 (labour dispatch), a registry marks it as an agency, or its dispatch is reported",
            Some(INDUSTRIES),
        ),
        T::Foreign => said("所有制为外资", "its ownership is foreign", Some("国统字〔2011〕86号")),
        T::Hmt => said("所有制为港澳台资", "its ownership is of Hong Kong, Macao or Taiwan", Some("国统字〔2011〕86号")),
        T::DisputeLast12Months => said(
            "近12个月有停工或劳动争议仲裁记录",
            "a strike or a case of arbitration is recorded within the last twelve months",
            None,
        ),
        T::PaysPreparatoryFund => said("最近一期缴纳的是建会筹备金", "its latest payment is of the preparatory fund", None),
        T::DomesticService | T::Care => {
            let trade = CARE_TRADES.iter().find(|trade| trade.tag == tag).expect("both trades stand in the table");
            let (zh, en) = match (industry.filter(|(code, edition)| trade.is_industry(code, *edition)), trade.word_in(name)) {
                (Some((code, edition)), _) => (
                    format!("行业 {code}（GB/T 4754-{edition}）属于{}", trade.zh),
                    format!("industry {code} of GB/T 4754-{edition} is {}", trade.en),
                ),
                (None, Some(word)) => (format!("名称所示为{}：{word}", trade.zh), format!("its name says {}: {word}", trade.en)),
                (None, None) => {
                    (format!("登记标注为{}企业", trade.zh), format!("a registry marks it as an enterprise of {}", trade.en))
                }
            };
            TagReason { zh, en, source: Some(CARE_SOURCE) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_or_a_name_makes_domestic_service_and_care_and_goods_for_it_do_not() {
        use EnterpriseTag::{Care, DomesticService};
        let by = |tag: EnterpriseTag| CARE_TRADES.iter().find(|trade| trade.tag == tag).unwrap();
        for (code, edition, domestic, care) in [
            ("8010", 2017, true, false),
            ("801", 2017, true, false),
            ("80", 2017, false, false),
            ("8010", 2011, false, false),
            ("7910", 2011, true, false),
            ("8210", 2002, true, false),
            ("8512", 2017, false, true),
            ("8514", 2017, false, true),
            ("8521", 2017, false, true),
            ("8511", 2017, false, false),
            ("8414", 2011, false, true),
            ("8414", 2017, false, false),
            ("O", 2017, false, false),
        ] {
            let is = [DomesticService, Care].map(|tag| by(tag).is_industry(code, edition));
            assert_eq!(is, [domestic, care], "{code} {edition}");
        }
        for (name, domestic, care) in [
            ("北京示例家政服务有限公司", Some("家政"), None),
            ("示例家政（北京）有限公司", Some("家政"), None),
            ("北京示例家政用品有限公司", None, None),
            ("北京示例陪护服务有限公司", None, Some("陪护")),
            ("示例养老服务有限公司", None, Some("养老")),
            ("示例养老保险股份有限公司", None, None),
            ("示例皮肤护理有限公司", None, None),
            ("北京示例家政养老服务有限公司", None, Some("养老")),
        ] {
            assert_eq!((by(DomesticService).word_in(name), by(Care).word_in(name)), (domestic, care), "{name}");
        }
    }

    #[test]
    fn every_mark_says_its_rule_in_both_languages() {
        for tag in EnterpriseTag::ALL {
            let said = tag_reason(*tag, None, "北京示例科技有限公司");
            assert!(!said.zh.is_empty() && said.en.is_ascii() && !said.en.is_empty(), "{tag}: {said:?}");
        }
        let said = tag_reason(EnterpriseTag::Care, Some(("8514", 2017)), "示例养老服务有限公司");
        assert!(said.zh.contains("8514") && said.en.contains("2017") && said.source.is_some(), "{said:?}");
        let said = tag_reason(EnterpriseTag::DomesticService, Some(("80", 2017)), "示例家政服务有限公司");
        assert!(said.zh.contains("名称") && said.zh.contains("家政"), "{said:?}");
        assert!(tag_reason(EnterpriseTag::Care, Some(("7020", 2017)), "示例物业").zh.contains("登记标注"));
    }
}
