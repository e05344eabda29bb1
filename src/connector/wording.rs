//! What departments call a column beyond the headers of the shipped connectors: other words, initials in pinyin, and
//! values that say what they are.

use pinyin::ToPinyinMulti;

use super::no_record_words::{is_field_name, is_field_type, is_instruction};
use super::unit_said::is_unit_cell;
use crate::model::field::Field;

/// Headers met in departments' tables, by what they mean.
const OTHER_WORDS: &[(Field, &[&str])] = &[
    (
        Field::Name,
        &[
            "单位全称",
            "企业全称",
            "公司名称",
            "法人名称",
            "机构全称",
            "用人单位名称",
            "市场主体名称",
            "单位名",
            "企业名",
            "被诉企业",
            "被投诉单位",
            "被投诉企业",
            "投诉对象",
            "涉事企业",
            "涉及企业",
            "被反映单位",
            "被检查单位",
            "检查对象",
            "当事人名称",
            "被处罚单位",
            "责任单位",
            "参保单位",
            "缴费单位",
            "开户单位",
        ],
    ),
    (
        Field::CreditCode,
        &[
            "信用代码",
            "社会信用代码",
            "统一代码",
            "统一社会信用代码/注册号",
            "代码/统一社会信用代码",
            "统一社会信用代码（或注册号）",
        ],
    ),
    (Field::Address, &["住所地址", "注册地", "注册住所", "单位注册地址", "详细地址"]),
    (Field::OperatingAddress, &["经营地址", "经营场所", "实际经营地址", "办公地址", "生产经营地", "通讯地址"]),
    (Field::EstablishedOn, &["成立时间", "注册时间", "设立日期", "开业时间", "开业日期", "注册日期"]),
    (
        Field::Employees,
        &[
            "从业人员",
            "从业人员数",
            "员工人数",
            "员工数",
            "职工人数",
            "在岗人数",
            "年末在岗人数",
            "期末人数",
            "用工人数",
            "人数",
            "总数",
        ],
    ),
    (Field::Insured, &["参保人数", "缴费人数", "社保人数"]),
    (Field::DispatchedWorkers, &["劳务派遣人员", "劳务派遣人数", "派遣人数", "派遣人员"]),
    (Field::Revenue, &["营业收入", "营业额", "上年营业额", "年营业额", "营业总收入", "年营业收入"]),
    (Field::Assets, &["资产总额", "资产总计", "年末资产"]),
    (Field::Industry, &["行业代码", "所属行业", "国民经济行业", "行业类别"]),
    (Field::Status, &["经营状态", "登记状态", "企业状态", "状态"]),
    (Field::Phone, &["联系电话", "电话", "联系方式", "手机"]),
    (Field::UpdatedAt, &["更新时间", "填报时间", "更新", "修改时间", "最后更新时间", "变更时间"]),
    (Field::SharePercent, &["持股比例", "股权比例", "出资比例", "投资比例", "占股比例", "股权占比"]),
    (Field::Capital, &["注册资本", "注册资金"]),
    (Field::District, &["区", "所属区", "行政区", "区县"]),
];

/// The words behind which a header stands for itself: 其中:劳务派遣人员, 成立时间(年月日). What brackets narrow down (从业人数（女）) is
/// something else.
fn core(header: &str) -> String {
    let header = without_unit(header);
    let header = header.rsplit([':', '：']).next().unwrap_or(header);
    match header.split_once(['(', '（', '[', '【']) {
        Some((before, note)) if !is_narrowed(note, "") => before.trim().to_owned(),
        _ => header.trim().to_owned(),
    }
}

/// A header without the unit behind it: 营业收入:万元, 从业人数[人], 营业收入，千元, 资产总计_万元.
pub fn without_unit(header: &str) -> &str {
    let bare = header.trim().trim_end_matches([')', '）', ']', '】', '〕']);
    for sign in ['(', '（', '[', '【', '〔', ':', '：', ',', '，', '、', '_', '-', '—', ' ', '/', '|'] {
        if let Some((before, unit)) = bare.rsplit_once(sign)
            && !before.trim().is_empty()
            && (is_unit_cell(unit) || bare_scale(unit).is_some())
        {
            return before.trim();
        }
    }
    header.trim()
}

/// Words that narrow a count or an amount down to a part of it, to its change, or to another time.
const NARROWS: &[&str] = &[
    "女",
    "男",
    "农民工",
    "新增",
    "减少",
    "增加",
    "退休",
    "会员",
    "党员",
    "残疾",
    "本科",
    "大专",
    "研究生",
    "外籍",
    "失业",
    "计划",
    "预计",
    "增长",
    "增减",
    "增速",
    "增幅",
    "同比",
    "环比",
    "率",
    "占比",
    "比重",
    "人均",
    "平均",
    "上年",
    "去年",
    "上期",
    "同期",
    "上月",
    "期初",
    "年初",
    "其中",
    "目标",
    "任务",
    "缺口",
    "不含",
    "曾用",
    "原",
    "境外",
    "子公司",
    "分公司",
    "总公司",
    "集团",
];

/// Whether a header says something narrower than the `known` one that it resembles: 女职工人数 is no 职工人数.
pub fn is_narrowed(header: &str, known: &str) -> bool {
    NARROWS.iter().any(|word| header.contains(word) && !known.contains(word))
}

/// 万, 亿, 千 as the unit of a column of money that leaves 元 out.
fn bare_scale(text: &str) -> Option<&'static str> {
    let bare = text.trim().trim_matches([')', '）', ']', '】', ' ']);
    let bare = bare.trim_start_matches("人民币").trim_end_matches("人民币").trim_end_matches("RMB").trim();
    match bare {
        "万" | "w" | "W" | "萬" => Some("ten_thousand_yuan"),
        "亿" => Some("hundred_million_yuan"),
        "千" => Some("thousand_yuan"),
        "百万" => Some("million_yuan"),
        "千万" => Some("ten_million_yuan"),
        _ => None,
    }
}

/// The unit of money that a header names without 元: 营业收入（万）, 注册资本:亿.
pub fn scale_of_header(header: &str) -> Option<&'static str> {
    let bare = header.trim().trim_end_matches([')', '）', ']', '】', '〕']);
    let signs = ['(', '（', '[', '【', '〔', ':', '：', ',', '，', '、', '_', '-', ' ', '/'];
    bare.rsplit(signs).next().filter(|last| last.len() < bare.len()).and_then(bare_scale)
}

/// The field that goes by this header elsewhere.
pub fn other_word(header: &str) -> Option<Field> {
    let core = core(header);
    let of = |text: &str| OTHER_WORDS.iter().find(|(_, words)| words.contains(&text)).map(|(field, _)| *field);
    of(header).or_else(|| of(&core))
}

/// A year or a period alone, as it stands over the columns of that year: 2025年, 本年, 上年同期.
fn is_period(part: &str) -> bool {
    const WORDS: &[&str] = &[
        "本年",
        "上年",
        "本期",
        "上期",
        "上年同期",
        "去年同期",
        "去年",
        "今年",
        "当年",
        "本年累计",
        "本期数",
        "上期数",
        "期末",
        "期初",
        "年末",
        "年初",
        "期末数",
        "期初数",
        "期末余额",
        "年初余额",
        "本年数",
        "上年数",
    ];
    WORDS.contains(&part) || without_year(part).is_empty()
}

/// What stands behind a year: 营业收入 of 2024年度营业收入. A part of a year (2025年1-9月…) is no year.
fn without_year(text: &str) -> &str {
    let Some(rest) = text.get(4..).filter(|_| text.as_bytes()[..4].iter().all(u8::is_ascii_digit)) else { return text };
    let Some(rest) = rest.strip_prefix('年') else { return text };
    let rest = ["度", "末", "底"].iter().find_map(|w| rest.strip_prefix(w)).unwrap_or(rest);
    if rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '上' | '下' | '第' | '前')) { text } else { rest }
}

/// The part of a header of several rows that says what its column holds: not the units, numbers, field names and instructions below
/// it, and not the year above or in front.
pub fn telling_part(column: &str) -> &str {
    let parts: Vec<&str> = column.split('/').map(str::trim).collect();
    let chinese = parts.iter().any(|p| !p.is_ascii());
    let says_nothing = |p: &str| {
        p.is_empty()
            || is_unit_cell(p)
            || is_instruction(p)
            || is_period(p)
            || p.chars().all(|c| c.is_ascii_digit() || "-—─()（）①②③④⑤⑥⑦⑧⑨".contains(c))
            || p.chars().count() == 1 && "甲乙丙丁戊己庚辛壬癸".contains(p)
            || chinese
                && (is_field_name(p) && !["ID", "NO", "CODE"].contains(&p.to_ascii_uppercase().as_str()) || is_field_type(p))
    };
    let told: Vec<&str> = parts.iter().rev().copied().filter(|p| parts.len() == 1 || !says_nothing(p)).collect();
    let part = match told.as_slice() {
        [] => parts.last().copied().unwrap_or(column),
        // 从业人员/合计 is 从业人员.
        [all, of, ..] if ["合计", "小计", "总计", "总数", "数量"].contains(all) && other_word(of).is_some() => *of,
        [first, ..] => *first,
    };
    Some(without_year(part)).filter(|rest| !rest.is_empty()).unwrap_or(part)
}

/// How far from the present the period is that a header names: of several columns of one meaning the newest is read.
pub fn staleness(column: &str) -> i32 {
    const BEFORE: &[&str] = &["上年", "上期", "去年", "同期", "年初", "期初", "上月"];
    let year = column.match_indices('年').filter_map(|(at, _)| column.get(at.checked_sub(4)?..at)?.parse::<i32>().ok()).max();
    match year {
        _ if BEFORE.iter().any(|word| column.contains(word)) => 1,
        Some(year) => -year,
        None => -10_000,
    }
}

/// A path of JSON whose last step says no more than that a value stands there (登记状态.name, 营业收入.value): the step before it, and
/// whether the last one is a code; None where that is not said.
pub fn step_before(path: &str) -> Option<(&str, Option<bool>)> {
    const VALUES: &[&str] = &["value", "val", "值", "数值"];
    const NAMES: &[&str] = &["text", "label", "name", "mc", "title", "desc", "dictlabel", "名称"];
    const CODES: &[&str] = &["code", "id", "key", "dm", "dictvalue", "代码", "编码"];
    let (rest, last) = path.rsplit_once('.')?;
    let before = rest.rsplit('.').next()?;
    let lower = last.to_ascii_lowercase();
    let among = |words: &[&str]| words.contains(&lower.as_str());
    match () {
        () if among(VALUES) => Some((before, None)),
        () if among(NAMES) => Some((before, Some(false))),
        () if among(CODES) => Some((before, Some(true))),
        () => None,
    }
}

/// All fields with their other words, for comparing initials.
pub fn all() -> impl Iterator<Item = (Field, &'static str)> {
    OTHER_WORDS.iter().flat_map(|(field, words)| words.iter().map(move |word| (*field, *word)))
}

/// Whether `letters` (capitals) are the first letters of the header's characters in pinyin, in any of their readings:
/// CLRQ for 成立日期, HYDM for 行业代码.
pub fn has_initials(header: &str, letters: &str) -> bool {
    let mut left = letters.chars();
    let mut chinese = false;
    for c in core(header).chars() {
        let fits = match c.to_pinyin_multi() {
            Some(readings) => {
                chinese = true;
                let Some(letter) = left.next() else { return false };
                readings.into_iter().any(|r| r.first_letter().eq_ignore_ascii_case(letter.encode_utf8(&mut [0; 4])))
            }
            None if c.is_ascii_alphanumeric() => left.next() == Some(c.to_ascii_uppercase()),
            None => true,
        };
        if !fits {
            return false;
        }
    }
    chinese && left.next().is_none()
}

/// A column in Latin letters: its letters, and the money's unit that a last part says (YYSR_WY: 万元).
pub fn latin(column: &str) -> Option<(String, Option<&'static str>)> {
    if !column.is_ascii() || !column.bytes().any(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    let upper = column.to_ascii_uppercase();
    let (stem, unit) = match upper.rsplit_once('_') {
        Some((stem, "WY")) => (stem, Some("ten_thousand_yuan")),
        Some((stem, "QY")) => (stem, Some("thousand_yuan")),
        Some((stem, "YY")) => (stem, Some("hundred_million_yuan")),
        Some((stem, "Y" | "YUAN")) => (stem, Some("yuan")),
        _ => (upper.as_str(), None),
    };
    Some((stem.chars().filter(char::is_ascii_alphanumeric).collect(), unit))
}

/// What values of this form are: names of units, addresses.
pub fn by_values(values: &[&str]) -> Option<Field> {
    const NAMES: &[&str] =
        &["公司", "厂", "合作社", "事务所", "医院", "学校", "中学", "小学", "银行", "集团", "经营部", "商店", "研究院", "中心"];
    const PLACES: &[&str] = &["路", "街", "号", "村", "镇", "乡", "大厦", "园区", "胡同", "小区", "号楼"];
    let mostly =
        |fits: &dyn Fn(&str) -> bool| values.len() >= 3 && values.iter().filter(|v| fits(v)).count() * 10 >= values.len() * 7;
    let long = |v: &str| v.chars().count() >= 6;
    if mostly(&|v| long(v) && NAMES.iter().any(|end| v.trim_end_matches([')', '）']).ends_with(end))) {
        return Some(Field::Name);
    }
    let place = |v: &str| long(v) && PLACES.iter().filter(|p| v.contains(*p)).count() >= 2;
    mostly(&place).then_some(Field::Address)
}

/// What the rows of a table are, where its headers say that they are happenings and no list of units.
pub fn kind_by_headers(columns: &[String]) -> Option<&'static str> {
    let any = |words: &[&str]| columns.iter().filter(|c| words.iter().any(|w| c.contains(w))).count();
    if any(&["仲裁", "被申请人", "争议", "停工", "罢工"]) > 0 {
        return Some("dispute");
    }
    // What the federation's own systems send: its units, posts by kind, services given, who is in a building.
    if any(&["上级代码", "上级单位代码"]) > 0 && any(&["层级", "单位级别"]) > 0 {
        return Some("unit");
    }
    if any(&["楼宇编号", "楼宇代码", "园区编号"]) > 0 && any(&["企业名称", "入驻企业", "入驻单位"]) > 0 {
        return Some("listing");
    }
    if ["岗位", "编制", "在岗"].iter().all(|word| any(&[word]) > 0) {
        return Some("post");
    }
    let units = any(&["企业名称", "单位名称", "公司名称", "纳税人名称", "统一社会信用代码"]);
    if units == 0 && any(&["服务项目", "服务类别"]) > 0 {
        return Some("service");
    }
    if units == 0 && any(&["楼宇名称", "大厦名称", "楼栋名称"]) > 0 {
        return Some("building");
    }
    if units == 0 && any(&["驿站名称", "服务站名称", "站点名称"]) > 0 {
        return Some("station");
    }
    let surely = any(&["工单", "热线", "诉求", "来电", "投诉", "举报", "信访", "舆情"]);
    let perhaps =
        any(&["检查日期", "检查事项", "检查结果", "处罚", "执法", "巡查", "走访", "受理时间", "受理日期", "办结", "报道"]);
    (surely > 0 || perhaps > 1).then_some("event")
}

/// A column that numbers the rows of one delivery: the next one numbers others.
pub fn is_row_number(header: &str) -> bool {
    let header = telling_part(header);
    matches!(header, "序号" | "行号" | "顺序号" | "序" | "№")
        || header.eq_ignore_ascii_case("no")
        || header.eq_ignore_ascii_case("no.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hotline_s_file_is_of_events() {
        let kind = |header: &str| kind_by_headers(&header.split(',').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(kind("工单编号,来电时间,单位名称,诉求内容"), Some("event"));
        assert_eq!(kind("检查日期,检查事项,单位名称"), Some("event"));
        assert_eq!(kind("立案日期,被申请人,案由"), Some("dispute"));
        assert_eq!(kind("编号,单位名称,上次检查日期"), None);
        assert_eq!(kind("楼宇名称,地址,建筑面积"), Some("building"));
        assert_eq!(kind("楼宇名称,企业名称"), None);
        assert_eq!(kind("楼宇编号,企业名称,统一社会信用代码"), Some("listing"));
        assert_eq!(kind("单位代码,名称,层级,上级代码,区划代码"), Some("unit"));
        assert_eq!(kind("单位代码,单位名称,岗位,编制,在岗,截至日期"), Some("post"));
        assert_eq!(kind("单位名称,统一社会信用代码,在岗人数"), None);
        assert_eq!(kind("编号,街道代码,服务项目,日期"), Some("service"));
    }

    #[test]
    fn headers_are_told_by_other_words_initials_and_values() {
        assert_eq!(other_word("其中:劳务派遣人员"), Some(Field::DispatchedWorkers));
        assert_eq!(other_word("成立时间（年月日）"), Some(Field::EstablishedOn));
        assert_eq!(other_word("备注"), None);
        for (header, bare) in [
            ("营业收入:万元", "营业收入"),
            ("从业人数[人]", "从业人数"),
            ("营业收入，千元", "营业收入"),
            ("营业收入（万）", "营业收入"),
            ("单位:名称", "单位:名称"),
            ("企业名称（全称）", "企业名称（全称）"),
        ] {
            assert_eq!(without_unit(header), bare, "{header}");
        }
        assert_eq!(other_word("从业人数（女）"), None);
        assert_eq!((scale_of_header("营业收入（万）"), scale_of_header("营业收入")), (Some("ten_thousand_yuan"), None));
        assert!(is_narrowed("女职工人数", "职工人数") && !is_narrowed("期末职工人数", "职工人数"));
        for (column, part) in [
            ("从业人数/人", "从业人数"),
            ("经营情况/营业收入/千元", "营业收入"),
            ("统一社会信用代码/必填，18位", "统一社会信用代码"),
            ("企业名称/ENTNAME", "企业名称"),
            ("ENTNAME/企业名称", "企业名称"),
            ("企业名称/VARCHAR2(100)", "企业名称"),
            ("2025年/从业人数", "从业人数"),
            ("从业人数/2025年", "从业人数"),
            ("从业人员/合计", "从业人员"),
            ("从业人员/其中：女", "其中：女"),
            ("成立日期/—", "成立日期"),
            ("从业人数/1", "从业人数"),
            ("2025年度营业收入（万元）", "营业收入（万元）"),
            ("2025年1-9月营业收入", "2025年1-9月营业收入"),
            ("2025年", "2025年"),
            ("人", "人"),
        ] {
            assert_eq!(telling_part(column), part, "{column}");
        }
        assert!(staleness("2025年/人数") < staleness("2024年/人数") && staleness("本年/人数") < staleness("上年同期/人数"));
        assert_eq!(step_before("登记状态.name"), Some(("登记状态", Some(false))));
        assert_eq!(step_before("行业.code"), Some(("行业", Some(true))));
        assert_eq!(step_before("企业.住所"), None);
        for (header, letters, fits) in [
            ("成立日期", "CLRQ", true),
            ("行业代码", "HYDM", true),
            ("统一社会信用代码", "TYSHXYDM", true),
            ("成立日期", "CLR", false),
            ("成立日期", "CLRQX", false),
            ("name", "NAME", false),
        ] {
            assert_eq!(has_initials(header, letters), fits, "{header} {letters}");
        }
        assert_eq!(latin("YYSR_WY"), Some(("YYSR".into(), Some("ten_thousand_yuan"))));
        assert_eq!(latin("营业收入"), None);
        assert_eq!(by_values(&["北京某某有限公司", "某某餐饮管理有限公司", "某某建筑工程（集团）公司"]), Some(Field::Name));
        assert_eq!(by_values(&["海淀区学院路3号", "朝阳区建国路88号院", "某镇某村12号"]), Some(Field::Address));
        assert_eq!(by_values(&["是", "否", "是"]), None);
    }
}
