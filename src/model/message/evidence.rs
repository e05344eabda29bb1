//! What linking says, in words: features and levels of a comparison, what a decision of a pair would change, why a better
//! pair was refused.

use super::lang::Lang;
use super::texts::find;

type Texts = [(&'static str, &'static str, &'static str)];

const FEATURES: &Texts = &[
    ("name", "名称", "name"),
    ("form", "组织形式", "legal form"),
    ("place", "名称中的地名", "place in the name"),
    ("address", "地址", "address"),
    ("phone", "电话", "phone"),
    ("county", "区县", "district"),
    ("employees", "从业人员", "employees"),
    ("established", "成立日期", "founding date"),
    ("industry", "行业", "industry"),
    ("occupied", "对方登记机关记录", "the registry's other record"),
    ("code", "有误的代码", "broken code"),
    ("registration", "注册号", "registration number"),
    ("prior", "先验", "prior"),
    ("caution", "须由人判定", "for a person to decide"),
    ("through", "经由另一条记录", "through another record"),
    ("credit_code", "统一社会信用代码", "credit code"),
    ("organisation_code", "组织机构代码", "organisation code"),
    ("registration_number", "注册号", "registration number"),
];

/// A level that means another thing in one feature stands as `feature.level`, before the general ones.
const LEVELS: &Texts = &[
    ("sound_in_brand", "字号中一字同音", "one glyph of the brand sounds alike"),
    ("sound_in_trade", "行业词中一字同音", "one glyph of the trade sounds alike"),
    ("swap_in_brand", "字号中两字颠倒", "two glyphs of the brand swapped"),
    ("swap_in_trade", "行业词中两字颠倒", "two glyphs of the trade swapped"),
    ("double_in_brand", "字号中一字重复", "a glyph of the brand doubled"),
    ("double_in_trade", "行业词中一字重复", "a glyph of the trade doubled"),
    ("drop_in_brand", "左侧字号少一字", "the left brand lacks a glyph"),
    ("drop_in_trade", "左侧行业词少一字", "the left trade lacks a glyph"),
    ("add_in_brand", "左侧字号多一字", "the left brand has one glyph more"),
    ("add_in_trade", "左侧行业词多一字", "the left trade has one glyph more"),
    ("other_in_brand", "字号中一字不同", "one glyph of the brand differs"),
    ("other_in_trade", "行业词中一字不同", "one glyph of the trade differs"),
    ("two_slips", "两处差错", "two slips"),
    ("trade_cut", "左侧为日常简称", "everyday abbreviation on the left"),
    ("trade_absent", "左侧无行业词", "no trade on the left"),
    ("trade_shorter", "左侧行业词较短", "shorter trade on the left"),
    ("trade_longer", "左侧行业词较长", "longer trade on the left"),
    ("trade_differs", "字号相同，行业词不同", "same brand, other trade"),
    ("brand_extended", "字号多出字词", "brand extended"),
    ("initials", "各段首字的简称", "initials of the parts"),
    ("english_both", "英文名称的字号与行业词均相符", "English name agrees in brand and trade"),
    ("english_brand", "英文名称的字号相符", "English name agrees in the brand"),
    ("same_trade", "字号不同，行业词相同", "other brand, same trade"),
    ("slip_in_place", "地名中有差错", "slip in the place"),
    ("other_branch", "同一企业的不同分支或编号", "other branch or number of one firm"),
    ("branch_and_parent", "一方为分支机构，另一方不是", "one is a branch, the other is not"),
    ("different", "不同", "different"),
    ("equal", "相同", "equal"),
    ("form.shortened", "简写（如有限公司与公司）", "shortened (有限公司 and 公司)"),
    ("form.related", "相近（如有限公司与股份有限公司）", "related (有限公司 and 股份有限公司)"),
    ("form.other_kind", "另一类组织形式", "another kind of form"),
    ("place.dropped", "一方省略或更短", "left out or shorter on one side"),
    ("place.moved", "一方在前，一方在括号中", "in front here, in brackets there"),
    ("whole", "完全一致", "the whole address"),
    ("road_and_number", "路名和门牌号一致", "road and number"),
    ("alike", "写法相近", "written alike"),
    ("road", "路名一致", "road only"),
    ("within_15_percent", "相差不到 15%", "within 15 percent"),
    ("within_40_percent", "相差不到 40%", "within 40 percent"),
    ("within_double", "相差不到一倍", "within the double"),
    ("within_fourfold", "相差不到三倍", "within the fourfold"),
    ("beyond", "相差更大", "farther apart"),
    ("day", "同日", "the same day"),
    ("month", "同月", "the same month"),
    ("year", "同年", "the same year"),
    ("up_to_three_years_later", "左侧晚三年以内", "up to three years later on the left"),
    ("later", "左侧更晚", "later on the left"),
    ("earlier", "左侧更早", "earlier on the left"),
    ("class", "同一小类", "the same class"),
    ("division", "同一大类", "the same division"),
    ("free", "对方尚无本登记机关的记录", "the other has no record of this registry yet"),
    ("taken", "对方已有本登记机关的记录", "the other has a record of this registry already"),
    ("issuer_free", "对方尚无发码机关的记录", "the other has no record of the code's issuer yet"),
    ("issuer_taken", "对方已有发码机关的记录", "the other has a record of the code's issuer already"),
    ("one_slip", "改一处即与对方代码相同", "one slip away from the other's code"),
    ("same_broken", "同样的错码", "the same broken code"),
    ("prior.any", "未看任何特征之前", "before any feature is looked at"),
    ("caution.unit", "分支机构与本部，或编号不同的单位", "a branch and its firm, or other numbers"),
    ("caution.place", "名称中的地名不同", "other places in the names"),
    ("caution.form", "组织形式或集团与企业之别", "another kind of form, or group and firm"),
    ("caution.brand", "字号短而有一字之差", "a short brand that differs in a glyph"),
    ("caution.trade", "字号相同而行业不同", "the same brand in another trade"),
    ("caution.initials", "只是首字简称", "initials only"),
    (
        "caution.joint",
        "联合工会涉及多家单位或园区，名称不能确定归属",
        "a joint union of several firms or of a park: its name names no single host",
    ),
    ("caution.namesake", "自然人姓名，可能重名", "a person's name: there are namesakes"),
    ("caution.stranger", "名称毫无共同之处", "names with nothing in common"),
    ("caution.claim", "代码为他人所有：名称、地址、电话均与之不符", "the code is another's: name, street and phone contradict"),
    ("caution.unsaid", "代码相同而名称不同，别无佐证", "one code and another name, with nothing else to tell"),
    ("caution.dragged", "代码被整列误填", "the code was dragged over many rows"),
    (
        "caution.other_code",
        "代码有效而属另一单位，名称也不是这一家",
        "its valid code is another firm's, and its name is not this one's",
    ),
    ("caution.none", "无", "none"),
    ("through.joined", "两条记录各自与它关联", "each of the two is joined to it"),
    ("same", "相同", "same"),
    ("differs", "不同", "differs"),
    ("absent", "缺少", "missing"),
    ("unknown", "不明", "unknown"),
];

const EFFECTS: &Texts = &[
    ("covers_lacking", "判为同一，则一家规模以上未建会企业有了工会", "if same, an enterprise on the gap list has a union"),
    ("covers", "判为同一，则该企业有了工会", "if same, the enterprise has a union"),
    ("confirms", "已关联，请确认", "joined already; please confirm"),
    ("joins", "判为同一，则两条记录归入一家企业", "if same, the records become one enterprise"),
    ("fund_dues_without_union", "缴纳了工会经费，但名录中没有工会", "pays union dues, but the roll has no union"),
    ("fund_preparatory_with_union", "已建会，仍缴纳建会筹备金", "has a union but still pays the preparatory fund"),
];

const REFUSALS: &Texts = &[
    ("two_codes", "将出现两个不同的有效代码", "there would be two different valid codes"),
    ("two_of_issuer", "将出现两条代码不同的工商登记记录", "there would be two records of the code's issuer"),
    ("branch_and_parent", "一方是另一方的分支机构", "one is a branch of the other"),
    ("through_loose_record", "只能经由没有代码的记录相连", "only a record without a code would connect them"),
    ("same_registry", "同一登记中名称不同，又无代码", "two names in one registry, and no code"),
    ("judgement", "已有人判定为不同", "a person told them apart"),
    ("narrow_lead", "领先次优者太少", "too little ahead of the runner-up"),
];

const METHODS: &Texts = &[
    ("ALONE", "单独成户（无代码，未与任何记录关联）", "alone (no code, joined to nothing)"),
    ("CREDIT_CODE", "统一社会信用代码", "credit code"),
    ("ORGANISATION_CODE", "组织机构代码", "organisation code"),
    ("REGISTRATION_NUMBER", "注册号", "registration number"),
    ("NAME", "名称", "name"),
    ("NAME_AND_ADDRESS", "名称和地址", "name and address"),
    ("SCORE", "综合评分", "score"),
    ("JUDGEMENT", "人工判定", "a person's judgement"),
];

const FLAGS: &Texts = &[
    ("code_on_many_names", "一个代码用于多个名称", "one code on many names"),
    ("many_records_one_name", "多条无代码记录同名", "many records without a code and one name"),
    ("branch_under_parent_code", "分支机构使用总部代码，已分开", "branch written with its parent's code, kept apart"),
    ("contradicting_codes", "一条记录中的代码互相矛盾", "codes of one record contradict each other"),
    ("rename_cycle", "更名循环", "names in a circle of renames"),
    ("broken_code", "代码校验不通过", "code fails its check character"),
    ("no_name", "无名称", "no name"),
    ("two_codes", "含多个有效代码", "several valid codes"),
    ("many_addresses", "地址过多", "very many addresses"),
];

/// The name of a method of linking; its code where it has none.
pub fn method_name(method: &str, lang: Lang) -> &str {
    find(METHODS, method, lang).unwrap_or(method)
}

/// The name of a warning of linking; its code where it has none.
pub fn flag_name(flag: &str, lang: Lang) -> &str {
    find(FLAGS, flag, lang).unwrap_or(flag)
}

/// The name of a feature; its code where it has none.
pub fn feature_name(feature: &str, lang: Lang) -> &str {
    find(FEATURES, feature, lang).unwrap_or(feature)
}

/// What a level of a feature says; its code where it has no text.
pub fn level_text<'a>(feature: &str, level: &'a str, lang: Lang) -> &'a str {
    let own = LEVELS.iter().find(|(code, ..)| code.split_once('.') == Some((feature, level)));
    own.map(|(_, zh, en)| lang.pick(*zh, *en)).or_else(|| find(LEVELS, level, lang)).unwrap_or(level)
}

/// What a decision of a pair would change; its code where it has no text.
pub fn effect_text(effect: &str, lang: Lang) -> &str {
    find(EFFECTS, effect, lang).unwrap_or(effect)
}

/// Which constraint refused a better pair; its code where it has no text.
pub fn refusal_text(refusal: &str, lang: Lang) -> &str {
    find(REFUSALS, refusal, lang).unwrap_or(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_may_mean_another_thing_in_one_feature() {
        assert_eq!(level_text("form", "shortened", Lang::Zh), "简写（如有限公司与公司）");
        assert_eq!(level_text("county", "same", Lang::Zh), "相同");
        assert_eq!(level_text("name", "from_the_future", Lang::En), "from_the_future");
    }
}
