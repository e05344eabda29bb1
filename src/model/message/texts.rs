//! The texts of reasons, inputs and values.

use std::sync::LazyLock;

use hashbrown::HashMap;

use super::lang::Lang;

/// Reasons and priority factors: code, Chinese, English. Sorted by topic.
pub(in crate::model::message) const REASONS: &[(&str, &str, &str)] = &[
    // designated size
    (
        "official_list",
        "在统计部门的规模以上名录中",
        "is on the statistics registry's official list of enterprises above designated size",
    ),
    ("not_on_official_list", "统计部门标注为非规模以上", "is marked by the statistics registry as not above designated size"),
    ("above_rule", "达到{rule}的标准：{inputs}", "meets the rule \"{rule}\": {inputs}"),
    ("below_rule", "未达到{rule}的标准：{inputs}", "is below the rule \"{rule}\": {inputs}"),
    (
        "proxy_employees",
        "缺少营业收入，按从业人员 {employees} 人推定",
        "revenue is missing; judged by {employees} employees instead",
    ),
    (
        "revenue_stands_in",
        "缺少主营业务收入，以营业收入 {revenue} 代替",
        "main-business revenue is missing; revenue of {revenue} stands in",
    ),
    ("missing_input", "缺少判定所需的{input_names}", "{input_names} needed for the decision is missing"),
    ("no_rule", "该行业门类没有规模以上标准", "there is no designated-size rule for this industry section"),
    ("no_rule_in_force", "当年没有适用于该行业的标准", "no rule for this industry was in force that year"),
    ("no_industry", "行业不明，无法选择标准", "the industry is unknown, so no rule can be chosen"),
    (
        "list_and_rule_differ",
        "名录与规则结论不一致：名录 {list}，规则 {rule_verdict}",
        "list and rule disagree: the list says {list}, the rule {rule_verdict}",
    ),
    (
        "official_and_rule_disagree",
        "名录与{rule}的标准结论不一致：名录 {list}，规则 {rule_verdict}",
        "the list and the rule \"{rule}\" disagree: the list says {list}, the rule {rule_verdict}",
    ),
    (
        "proxy_insured",
        "缺少营业收入和从业人员，按参保人数 {insured} 人推定",
        "revenue and employees are missing; judged by {insured} insured persons instead",
    ),
    // union coverage
    ("no_union_record", "工会名录中没有该企业的工会", "the union roll has no union for this enterprise"),
    ("union_independent", "已单独建立基层工会：{union}", "has an independent union: {union}"),
    ("union_joint", "由联合基层工会覆盖：{union}", "is covered by a joint union: {union}"),
    ("union_federation", "由区域性、行业性工会联合会覆盖：{union}", "is covered by a regional or industrial federation: {union}"),
    ("union_parent", "由上级公司工会覆盖：{union}", "is covered by the parent company's union: {union}"),
    ("union_preparing", "正在筹建工会：{union}", "a union is being prepared: {union}"),
    (
        "union_possible",
        "有一个相近的工会记录，待人工确认：{union}",
        "a union record nearly matches and waits for a person: {union}",
    ),
    ("union_dissolved", "工会已撤销：{union}", "the union was dissolved: {union}"),
    // stands for union_… where no union's record but a finding says so
    ("finding_union", "走访认定：{finding}", "a visit found: {finding}"),
    // what a verdict rests on is not there
    ("source_missing", "判定所需的{need}尚未入库，暂不判定", "{need}, which the decision needs, has never landed: not decided"),
    (
        "source_stale",
        "判定所需的{need}截至 {as_of}，已超过 {days} 天未更新，暂不判定",
        "{need}, which the decision needs, is of {as_of} and more than {days} days old: not decided",
    ),
    // gap
    ("lacking_none", "没有工会", "has no union"),
    ("lacking_preparing", "工会仍在筹建", "its union is still being prepared"),
    (
        "lacking_only_joint",
        "规模以上企业仅由联合工会覆盖，应单独建会",
        "above designated size but covered only by a joint union; should have its own",
    ),
    (
        "lacking_only_federation",
        "规模以上企业仅由工会联合会覆盖，应单独建会",
        "above designated size but covered only by a federation; should have its own",
    ),
    ("covered_independent", "已单独建会", "has its own union"),
    ("covered_parent", "由上级公司工会覆盖", "is covered by the parent company's union"),
    ("covered_joint", "规模以下，由联合工会覆盖即可", "below designated size; a joint union is enough"),
    ("covered_federation", "规模以下，由工会联合会覆盖即可", "below designated size; a federation is enough"),
    ("undecided_possible", "相近的工会记录尚未确认", "a union record that nearly matches is not decided yet"),
    (
        "undecided_size",
        "是否规模以上不明，而仅由联合工会或联合会覆盖",
        "designated size is unknown, and only a joint union or federation covers it",
    ),
    ("out_deregistered", "企业已注销", "the enterprise is deregistered"),
    ("out_branch", "分支机构，随总部建会", "is a branch; counted with its head office"),
    ("out_individual", "个体工商户，不在统计范围", "is an individual business; not counted"),
    ("out_moved", "已迁出本市", "has moved out of the city"),
    ("out_no_staff", "没有从业人员", "has no staff"),
    ("out_grace", "成立未满建会宽限期", "was founded within the grace period"),
    ("out_finding", "走访认定：{reason}", "a visit found: {reason}"),
    (
        "before_first_edition",
        "在首个版本之前已缺少工会，起始日期不明",
        "was lacking before the first edition; since when is unknown",
    ),
    ("finding_noted", "走访记录：{finding}", "noted on a visit: {finding}"),
    // fund
    ("fund_paid", "已足额缴纳：应缴 {due}，实缴 {paid}", "paid in full: {due} due, {paid} paid"),
    ("fund_partial", "未足额缴纳：应缴 {due}，实缴 {paid}", "paid in part: {due} due, {paid} paid"),
    ("fund_unpaid", "未缴纳：应缴 {due}", "not paid: {due} due"),
    ("fund_wrong_kind", "缴费种类与建会情况不符：缴纳的是{kind}", "the wrong kind was paid: {kind}"),
    (
        "fund_dues_without_union",
        "缴纳了工会经费，但名录中没有工会：可能漏匹配",
        "pays union dues, but the roll has no union: probably a missed match",
    ),
    ("fund_preparatory_with_union", "已建会，仍缴纳建会筹备金", "has a union but still pays the preparatory fund"),
    ("fund_no_payroll", "缺少工资总额，无法计算应缴数", "payroll is missing, so what is due is unknown"),
    ("fund_no_payments", "没有缴费记录", "no payments are on record"),
    // priority
    ("employees", "从业人员 {employees} 人", "{employees} employees"),
    ("insured", "参保 {insured} 人", "{insured} insured persons"),
    ("foreign", "外商投资企业", "foreign-invested"),
    ("fortune_500", "世界500强企业", "Fortune Global 500"),
    ("leading", "行业龙头企业", "a leading firm that others wait for"),
    ("dispatch_agency", "劳务派遣单位", "a labour dispatch agency"),
    ("pays_preparatory_fund", "已缴纳建会筹备金", "already pays the preparatory fund"),
    ("recent_dispute", "近12个月有劳动争议", "had a labour dispute within 12 months"),
    ("fund_contradiction", "缴费与建会情况不符", "its payments do not fit the union roll"),
    ("waiting", "缺少工会已 {months} 个月", "has lacked a union for {months} months"),
];

/// Names of inputs, filters and fields.
pub(in crate::model::message) const INPUTS: &[(&str, &str, &str)] = &[
    ("employees", "从业人员", "employees"),
    ("insured", "参保人数", "insured"),
    ("revenue", "营业收入", "revenue"),
    ("revenue_main", "主营业务收入", "main-business revenue"),
    ("sales", "销售额", "sales"),
    ("payroll", "工资总额", "payroll"),
    ("assets", "资产总计", "assets"),
    ("industry", "行业", "industry"),
    ("qualification", "资质等级", "qualification"),
    ("development_activity", "房地产开发经营活动", "real-estate development activity"),
    ("state_owned", "国有控股", "state ownership"),
    ("star_rated", "星级", "star rating"),
    ("official_list", "是否规上", "official list"),
    ("status", "登记状态", "status"),
    ("established_on", "成立日期", "founding date"),
    ("year", "年份", "year"),
    ("rule", "规则", "rule"),
    ("union", "工会", "union"),
    ("due", "应缴", "due"),
    ("paid", "实缴", "paid"),
    ("kind_paid", "缴纳种类", "kind paid"),
    ("industry_class", "行业小类", "industry class (four digits)"),
    ("ownership", "所有制", "ownership"),
    ("registration_type", "登记注册类型", "registration type"),
    ("name", "名称", "name"),
    ("former_name", "曾用名", "former name"),
    ("english_name", "英文名称", "English name"),
    ("union_name", "工会名称", "name of the union"),
    ("credit_code", "统一社会信用代码", "credit code"),
    ("organisation_code", "组织机构代码", "organisation code"),
    ("registration_number", "注册号", "registration number"),
    ("tax_number", "纳税人识别号", "tax number"),
    ("insurance_number", "社保登记号", "insurance number"),
    ("address", "地址", "address"),
    ("operating_address", "经营地址", "operating address"),
    ("phone", "电话", "phone"),
    ("area", "区划代码", "area code"),
    ("district", "区", "district"),
    ("street", "街道", "street"),
    ("capital", "注册资本", "capital"),
    ("authority", "登记机关", "authority"),
    ("scope", "经营范围", "scope"),
    ("members", "会员", "members"),
    ("union_code", "工会代码", "code of the union"),
    ("union_status", "工会状态", "state of the union"),
    ("parent_name", "上级单位", "parent"),
    ("parent_union", "上级工会", "parent union"),
    ("branch_of", "所属总部", "head office"),
    ("same_group", "所属集团", "group"),
    ("until", "至", "until"),
    ("union_coverage", "工会覆盖", "union coverage"),
    ("designated_size", "规模", "designated size"),
    ("investor_country", "投资方国别", "investors' countries"),
    ("location", "坐标", "location"),
    ("finding", "走访结论", "finding"),
    ("reason", "原因", "reason"),
    ("period", "所属期", "period"),
    ("kind", "种类", "kind"),
    ("list", "名录", "list"),
    ("rule_verdict", "规则结论", "the rule's verdict"),
    ("limit", "界限", "limit"),
    ("pair", "待确认配对", "review pair"),
    ("weight", "证据权重", "weight"),
    ("size", "规模", "designated size"),
    ("coverage", "工会覆盖", "union coverage"),
    ("points", "分值", "points"),
    ("months", "月数", "months"),
    ("basis", "依据", "basis"),
    ("union_kind", "工会类型", "kind of union"),
    ("need", "所需数据", "needed data"),
    ("as_of", "截至", "as of"),
    ("days", "天数", "days"),
];

/// What registries bring that verdicts need, as policy names it.
const NEEDS: &[(&str, &str, &str)] = &[
    ("issues_codes", "市场主体登记", "the register of market entities"),
    ("official_list", "规模以上名录", "the official list of enterprises above designated size"),
    ("revenue", "营业收入数据", "revenue data"),
    ("union_roll", "工会名册", "the union roll"),
    ("payments", "缴费记录", "payments"),
];

/// The names that a need of policy may carry beside the registries' own.
pub fn needs() -> impl Iterator<Item = &'static str> {
    NEEDS.iter().map(|(code, ..)| *code)
}

/// What a need asks for, any of several: `official_list|revenue`.
pub fn need_text(need: &str, lang: Lang) -> String {
    let names: Vec<&str> = need.split('|').map(|one| find(NEEDS, one, lang).unwrap_or(one)).collect();
    names.join(lang.pick("或", " or "))
}

/// Names of group keys that are neither areas nor industries.
pub(in crate::model::message) const VALUES: &[(&str, &str, &str)] = &[
    ("", "未知", "unknown"),
    ("STATE", "国有", "state-owned"),
    ("COLLECTIVE", "集体", "collective"),
    ("PRIVATE", "私营", "private"),
    ("HMT", "港澳台投资", "Hong Kong, Macao, Taiwan"),
    ("FOREIGN", "外商投资", "foreign"),
    ("MIXED", "混合所有制", "mixed"),
    ("INDIVIDUAL", "个体", "individual"),
    ("OTHER", "其他", "other"),
    ("UNKNOWN", "未知", "unknown"),
    ("LARGE", "大型", "large"),
    ("MEDIUM", "中型", "medium"),
    ("SMALL", "小型", "small"),
    ("MICRO", "微型", "micro"),
    ("LACKING", "未建会", "lacking"),
    ("LACKING_INDEPENDENT", "未单独建会", "lacking an independent union"),
    ("COVERED", "已覆盖", "covered"),
    ("UNDECIDED", "待定", "undecided"),
    ("OUT_OF_SCOPE", "不在范围", "out of scope"),
    ("INDEPENDENT", "单独建会", "independent"),
    ("PARENT", "上级公司工会", "parent's union"),
    ("JOINT", "联合基层工会", "joint"),
    ("FEDERATION", "工会联合会", "federation"),
    ("PREPARING", "筹建中", "preparing"),
    ("POSSIBLE", "待确认", "possible"),
    ("NONE", "无工会", "none"),
    ("ABOVE", "规模以上", "above"),
    ("BELOW", "规模以下", "below"),
    ("ACTIVE", "存续", "active"),
    ("SUSPENDED", "停业", "suspended"),
    ("REVOKED", "吊销", "revoked"),
    ("DEREGISTERED", "注销", "deregistered"),
    ("MOVED_OUT", "迁出", "moved out"),
    ("PAID", "已足额缴纳", "paid in full"),
    ("PARTIAL", "未足额缴纳", "paid in part"),
    ("UNPAID", "未缴纳", "not paid"),
    ("WRONG_KIND", "缴费种类不符", "the wrong kind"),
    ("DUES", "工会经费", "union dues"),
    ("FORTUNE_500", "世界500强", "Fortune Global 500"),
    ("LEADING", "龙头企业", "leading"),
    ("LABOUR_DISPATCH", "劳务派遣", "labour dispatch"),
    ("DISPUTE_LAST_12_MONTHS", "近12个月有劳动争议", "dispute within 12 months"),
    ("PAYS_PREPARATORY_FUND", "缴纳建会筹备金", "pays the preparatory fund"),
    ("LISTED", "上市公司", "listed"),
    ("DOMESTIC_SERVICE", "家政服务", "domestic service"),
    ("CARE", "护理服务", "care"),
    ("REGISTRY", "登记坐标", "a registry's point"),
    ("TOWN", "街道乡镇", "street or town"),
    ("DISTRICT", "区", "district"),
    ("OFFICIAL_LIST", "规模以上名录", "official list"),
    ("OFFICIAL", "登记机关", "official"),
    ("REGISTRY_RANK", "部门优先顺序", "rank of the registries"),
    ("MOST_RECENT", "最近观测", "most recent"),
    ("MOST_COMPLETE", "最完整", "most complete"),
    ("ONLY_VALUE", "唯一来源", "only value"),
    ("FROM_ADDRESS", "由地址读出", "read from the address"),
    ("SINGLE", "单一来源", "single"),
    ("SAME", "一致", "same"),
    ("EQUIVALENT", "等同", "equivalent"),
    ("DIFFERENT", "不一致", "different"),
    ("RULE", "统计标准", "rule"),
    ("PROXY", "人数推定", "head count"),
    ("PREPARATORY", "建会筹备金", "preparatory fund"),
];

pub(in crate::model::message) fn find<'a>(table: &'a [(&str, &'a str, &'a str)], code: &str, lang: Lang) -> Option<&'a str> {
    table.iter().find(|(c, ..)| *c == code).map(|(_, zh, en)| lang.pick(*zh, *en))
}

/// A long table by its codes: an export asks it several times a row.
type ByCode = LazyLock<HashMap<&'static str, (&'static str, &'static str)>>;

fn by_code(table: &'static [(&str, &str, &str)]) -> HashMap<&'static str, (&'static str, &'static str)> {
    table.iter().map(|(code, zh, en)| (*code, (*zh, *en))).collect()
}

fn named(table: &ByCode, code: &str, lang: Lang) -> Option<&'static str> {
    table.get(code).map(|(zh, en)| lang.pick(*zh, *en))
}

/// The template of a reason.
pub(in crate::model::message) fn template(code: &str, lang: Lang) -> Option<&'static str> {
    static BY_CODE: ByCode = LazyLock::new(|| by_code(REASONS));
    named(&BY_CODE, code, lang)
}

/// A template, taken apart: an export fills in millions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model::message) enum Piece {
    Text(&'static str),
    /// All inputs with their names.
    Inputs,
    /// The names of those that are missing.
    InputNames,
    /// The value of one.
    Input(&'static str),
}

fn pieces(template: &'static str) -> Vec<Piece> {
    let (mut found, mut rest) = (Vec::new(), template);
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((name, after)) = behind.split_once('}') else { break };
        if !before.is_empty() {
            found.push(Piece::Text(before));
        }
        found.push(match name {
            "inputs" => Piece::Inputs,
            "input_names" => Piece::InputNames,
            name => Piece::Input(name),
        });
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

/// The template of a reason in its pieces.
pub(in crate::model::message) fn template_pieces(code: &str, lang: Lang) -> Option<&'static [Piece]> {
    static BY_CODE: LazyLock<HashMap<&'static str, [Vec<Piece>; 2]>> =
        LazyLock::new(|| REASONS.iter().map(|(code, zh, en)| (*code, [pieces(zh), pieces(en)])).collect());
    BY_CODE.get(code).map(|[zh, en]| lang.pick(zh, en).as_slice())
}

/// The name of an input; its code where it has none.
pub fn input_name(name: &str, lang: Lang) -> &str {
    static BY_CODE: ByCode = LazyLock::new(|| by_code(INPUTS));
    named(&BY_CODE, name, lang).unwrap_or(name)
}

/// The name of a code such as `PRIVATE` or `LACKING`; the code itself where it has none.
pub fn value_name(code: &str, lang: Lang) -> &str {
    static BY_CODE: ByCode = LazyLock::new(|| by_code(VALUES));
    named(&BY_CODE, code, lang).unwrap_or(code)
}

/// The codes of all reasons and factors that have a text.
pub fn reason_codes() -> impl Iterator<Item = &'static str> {
    REASONS.iter().map(|(code, ..)| *code)
}

/// The names of all facts that have one for people.
pub fn input_names() -> impl Iterator<Item = &'static str> {
    INPUTS.iter().map(|(name, ..)| *name)
}

/// Whether the table has a text for this code.
pub fn is_known(code: &str) -> bool {
    template(code, Lang::Zh).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_stands_twice_and_every_text_is_there() {
        for table in [REASONS, INPUTS, VALUES, NEEDS] {
            let mut codes: Vec<&str> = table.iter().map(|(c, ..)| *c).collect();
            codes.sort_unstable();
            let count = codes.len();
            codes.dedup();
            assert_eq!(codes.len(), count);
            assert!(table.iter().all(|(_, zh, en)| !zh.is_empty() && !en.is_empty()));
        }
    }

    #[test]
    fn the_preferred_language_is_taken_by_quality() {
        assert_eq!(Lang::from_accept("en-US,en;q=0.9,zh;q=0.8"), Lang::En);
        assert_eq!(Lang::from_accept("fr, zh-CN;q=0.5, en;q=0.2"), Lang::Zh);
        assert_eq!(Lang::from_accept(""), Lang::Zh);
    }
}
