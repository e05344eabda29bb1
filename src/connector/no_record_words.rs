//! The words and forms by which rows that are no records are told: sums, notes, signatures, headings, numbers of columns.
//!
//! In: the text of one cell, or the filled cells of a row. Out: whether it is of one of these kinds. What a row is, in its table,
//! `no_record` decides.

use super::dress::undress;

/// Words for sums, without the blanks that people put inside (合  计).
pub(super) const TOTALS: &[&str] =
    &["合计", "小计", "总计", "共计", "总和", "累计", "总数", "汇总", "平均", "平均值", "合计数", "总计数", "其中"];
pub(super) const TOTALS_LATIN: &[&str] = &["total", "subtotal", "grandtotal", "sum", "average", "totals"];
/// What may stand behind such a word: 合计人数, 累计数.
pub(super) const OF_WHAT: &[&str] = &["数", "人数", "户数", "家数", "企业数", "单位数", "金额", "额", "值", "数据", "行", "情况"];
/// Words that sum up or compare only where they stand alone for a name: a table of districts has records of them.
pub(super) const ALONE: &[&str] = &[
    "计",
    "分计",
    "均值",
    "平均数",
    "中位数",
    "最大值",
    "最小值",
    "最高值",
    "最低值",
    "占比",
    "比重",
    "比例",
    "同比",
    "环比",
    "同比增长",
    "环比增长",
    "同比增减",
    "增长率",
    "增幅",
    "上年同期",
    "去年同期",
    "上年同期数",
    "去年同期数",
    "上期",
    "上期数",
    "本期数",
    "总人数",
    "总户数",
    "总家数",
    "总金额",
    "总额",
    "全市",
    "全区",
    "全县",
    "全部",
    "全省",
    "全国",
    "∑",
    "Σ",
    "承前页",
    "承上页",
    "接上页",
    "接前页",
    "过次页",
    "转下页",
    "接下页",
    "国有企业",
    "国有控股企业",
    "集体企业",
    "民营企业",
    "私营企业",
    "外资企业",
    "内资企业",
    "外商投资企业",
    "港澳台商投资企业",
    "股份制企业",
    "非公企业",
    "公有制企业",
    "非公有制企业",
    "大型企业",
    "中型企业",
    "小型企业",
    "微型企业",
    "小微企业",
    "规上企业",
    "规下企业",
    "规模以上企业",
    "规模以下企业",
    "其他企业",
    "企业",
    "事业单位",
    "机关单位",
    "社会组织",
    "个体工商户",
    "个体户",
    "民办非企业单位",
];
/// What a file ends with, told in a row of its own.
pub(super) const ENDS: &[&str] = &["END", "EOF", "完", "完毕", "结束", "THE END", "ENDOFFILE"];
/// Words beside which a name is signed.
pub(super) const SIGNED: &[&str] = &[
    "审核人",
    "审核",
    "复核人",
    "复核",
    "填表人",
    "制表人",
    "填报人",
    "制表",
    "填表",
    "经办人",
    "报送人",
    "负责人",
    "单位负责人",
    "统计负责人",
    "部门负责人",
    "分管领导",
    "主管领导",
    "主管",
    "领导签字",
    "签字",
    "签章",
    "盖章",
    "联系人",
    "联系电话",
    "电话",
    "日期",
    "报出日期",
    "填报日期",
    "填表日期",
    "制表日期",
    "报送日期",
];

/// What notes and signatures begin with.
pub(super) const NOTES: &[&str] = &[
    "注",
    "备注",
    "说明",
    "填表",
    "制表",
    "审核",
    "复核",
    "负责人",
    "单位负责人",
    "统计负责人",
    "部门负责人",
    "联系人",
    "联系电话",
    "填报",
    "报出日期",
    "报送",
    "打印",
    "导出",
    "数据来源",
    "资料来源",
    "来源",
    "单位",
    "签字",
    "签章",
    "盖章",
    "公章",
    "经办",
    "以下空白",
    "以下无正文",
    "以上",
    "共",
    "第",
    "页码",
    "※",
    "附",
    "截止",
    "截至",
    "统计时间",
    "统计口径",
    "统计范围",
    "日期",
    "制单",
    "核对",
    "分管领导",
    "主管",
    "领导签字",
    "查询条件",
    "查询时间",
    "表号",
    "制定机关",
    "有效期",
    "文号",
];

/// How names of organisations end: such a row is a record however little stands in it.
pub(super) const ORGANISATIONS: &[&str] = &[
    "公司",
    "厂",
    "店",
    "部",
    "社",
    "所",
    "院",
    "校",
    "学",
    "行",
    "集团",
    "中心",
    "协会",
    "银行",
    "工会",
    "委员会",
    "企业",
    "基金会",
    "分局",
    "支行",
];

/// The characters that any of the above begins with: nearly every row is told by them to be a record.
pub(super) const FIRST: &[char] = &[
    '合', '小', '总', '共', '累', '汇', '平', '其', '—', '─', '注', '备', '说', '填', '制', '审', '复', '负', '单', '统', '部',
    '联', '报', '打', '导', '数', '资', '来', '签', '盖', '公', '经', '以', '第', '页', '※', '附', '截', '日', '核', '分', '主',
    '领', '查', '表', '有', '文', '總', '彙', '匯', '均', '最', '占', '佔', '同', '环', '去', '全', '区', '本', '比', '增', '∑',
    'Σ', '完', '结', '①', '②', '③', '④', '⑤', '⑥', '⑦', '⑧', '⑨', '⑩', 'Ⅰ', 'Ⅱ', 'Ⅲ', 'Ⅳ', 'Ⅴ', 'Ⅵ', 'Ⅶ', 'Ⅷ', 'Ⅸ', 'Ⅹ', '一',
    '二', '三', '四', '五', '六', '七', '八', '九', '十', '（', '(', '【', '《', '*', '朝', '承', '接', '过', '转', '示', '例',
    '样', '必', '选', '…', '。', '略',
];

/// A line drawn with signs, as database clients put one below their header.
pub(super) fn is_rule(text: &str) -> bool {
    text.len() > 1
        && text.chars().all(|c| matches!(c, '-' | '=' | '_' | '+' | '*' | '—' | '─' | '.' | '…' | '。' | '·' | '~' | '～'))
}

/// 示例：某某公司, 例：…, （样例）…, or such a word alone: a form's example of how to fill it in.
pub(super) fn is_example(text: &str) -> bool {
    const WORDS: &[&str] = &["填写示例", "填表示例", "填报示例", "示例", "样例", "范例", "例如", "例子", "例"];
    let bare = text.trim().trim_start_matches(['（', '(', '【', '[', '*']);
    let Some(rest) = WORDS.iter().find_map(|word| bare.strip_prefix(word)) else { return false };
    rest.is_empty() || rest.starts_with([':', '：', '）', ')', '】', ']'])
}

/// 必填，18位; 选填; 格式：yyyy-mm-dd; 请选择; 下拉选择: what a form says below its header of how to fill a column in.
pub(super) fn is_instruction(text: &str) -> bool {
    const BEGINS: &[&str] = &[
        "必填",
        "选填",
        "必录",
        "非必填",
        "可不填",
        "可空",
        "不可空",
        "不能为空",
        "可为空",
        "格式",
        "请填",
        "请选",
        "请输入",
        "下拉",
        "自动生成",
        "填写",
        "按营业执照",
        "与营业执照",
        "精确到",
        "保留",
        "整数",
        "文本",
        "数字",
        "日期格式",
        "单选",
        "多选",
    ];
    let bare = text.trim().trim_start_matches(['（', '(', '【', '[', '*', '＊']);
    bare.chars().count() <= 60 && BEGINS.iter().any(|word| bare.starts_with(word))
}

/// ENTNAME, reg_no: what databases call a field.
pub(super) fn is_field_name(text: &str) -> bool {
    let text = text.trim();
    (2..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// VARCHAR2(100), number(18,2), date.
pub(super) fn is_field_type(text: &str) -> bool {
    const TYPES: &[&str] = &[
        "varchar",
        "varchar2",
        "nvarchar",
        "nvarchar2",
        "char",
        "nchar",
        "text",
        "clob",
        "string",
        "number",
        "numeric",
        "decimal",
        "int",
        "integer",
        "bigint",
        "smallint",
        "float",
        "double",
        "date",
        "datetime",
        "timestamp",
        "boolean",
        "字符型",
        "数值型",
        "日期型",
        "文本型",
        "字符串",
        "整型",
    ];
    let text = text.trim();
    // Nearly every name is told by its first character to be none of them.
    if text.len() > 40 || !text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '字' | '数' | '日' | '文' | '整'))
    {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let word = lower.split(['(', '（']).next().unwrap_or_default().trim();
    TYPES.contains(&word)
}

/// A row of field names or of their types under a header in Chinese.
pub(super) fn are_names_of_fields(filled: &[(usize, String)], columns: &[String]) -> bool {
    if filled.len() < 3
        || filled.len() * 10 < columns.len() * 6
        || columns.iter().filter(|c| !c.is_ascii()).count() * 2 < columns.len()
    {
        return false;
    }
    let types = filled.iter().filter(|(_, t)| is_field_type(t)).count();
    let names = || {
        let mut seen = std::collections::HashSet::new();
        // Of numbered values (A1, A2) no table is made of in all its columns.
        filled.iter().all(|(_, t)| is_field_name(t) && seen.insert(t.to_ascii_lowercase()))
    };
    types == filled.len() || names()
}

/// 2026年10月, 第 1 页 共 3 页.
pub(super) fn is_day_or_page(text: &str) -> bool {
    let text = text.trim();
    let plain = text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "年月日第页共/-.".contains(c));
    plain && text.chars().any(|c| c.is_ascii_digit())
}

/// Letters and digits, as numbers and codes are made of.
pub(super) fn is_code(text: &str) -> bool {
    let tail = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let numbered =
        tail >= 2 && !text.contains(|c: char| c.is_whitespace() || matches!(c, '年' | '月' | '日' | '页' | ':' | '：'));
    if numbered && !text.is_ascii() {
        return true;
    }
    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b'#'))
        && !text.bytes().filter(|b| matches!(b, b'-' | b'/')).count().eq(&2)
}

/// Our characters for those of Hong Kong and Taiwan, in words for sums.
fn simplified(c: char) -> char {
    match c {
        '計' => '计',
        '總' => '总',
        '匯' | '彙' => '汇',
        '數' => '数',
        '戶' => '户',
        '佔' => '占',
        '區' => '区',
        c => c,
    }
}

/// A label without blanks, dress, a number in front and what ends it.
fn label(text: &str) -> String {
    let bare: String = undress(text).chars().filter(|c| !c.is_whitespace()).map(simplified).collect();
    bare.trim_end_matches([':', '：', '*', '。', '、', '，']).to_owned()
}

/// The text before brackets at its end, and what stands in them.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_suffix([')', '）'])?;
    let at = inner.rfind(['(', '（'])?;
    let open = inner[at..].chars().next()?.len_utf8();
    Some((&inner[..at], &inner[at + open..]))
}

pub(super) fn is_total(text: &str) -> bool {
    let label = label(text);
    if label.is_ascii() {
        return TOTALS_LATIN.iter().any(|t| label.eq_ignore_ascii_case(t));
    }
    let strict = |t: &str| ["合计", "小计", "总计", "共计"].contains(&t);
    let (bare, inside) = bracketed(&label).unwrap_or((label.as_str(), ""));
    // 朝阳区（小计）
    if strict(inside) && !is_organisation(bare) {
        return true;
    }
    let bare = heading_text(if bare.is_empty() { inside } else { bare });
    let length = bare.chars().count();
    // A spreadsheet's own subtotals: 望京街道 汇总, 朝阳区 计数.
    let by_program = || {
        let (of, word) = text.trim().rsplit_once([' ', '\u{3000}'])?;
        (["汇总", "计数", "平均值", "最大值", "最小值", "求和"].contains(&word) && !is_organisation(of)).then_some(())
    };
    let ends = ["合计", "小计", "总计", "共计"].iter().any(|t| bare.ends_with(t)) && length <= 14 || by_program().is_some();
    let begins = || {
        let rest = TOTALS.iter().find_map(|t| bare.strip_prefix(t));
        rest.is_some_and(|r| {
            r.is_empty()
                || OF_WHAT.contains(&r)
                || r.starts_with(|c: char| c.is_ascii_digit() || matches!(c, ':' | '：' | '(' | '（' | '共'))
        }) || TOTALS.iter().filter_map(|t| bare.strip_prefix(t)).any(|r| OF_WHAT.contains(&r))
    };
    let introduced = || bare.ends_with("如下") && ["合计", "小计", "总计", "汇总"].iter().any(|t| bare.contains(t));
    ends || begins() || introduced() || bare.strip_prefix('共').is_some_and(is_counted)
}

/// Words that are sums or comparisons where they stand for a name.
pub(super) fn is_total_alone(text: &str) -> bool {
    // Nearly every text is longer than all of them.
    if text.len() > 48 {
        return false;
    }
    let label = label(text);
    let bare = bracketed(&label).map_or(label.as_str(), |(before, _)| before);
    ALONE.contains(&bare.trim_end_matches(['%', '％']))
}

/// 12家, 20家企业, 12 户: how many there are.
pub(super) fn is_counted(text: &str) -> bool {
    let text: String = undress(text).chars().filter(|c| !c.is_whitespace()).collect();
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let counters = ["家", "户", "个", "人", "名", "条", "项", "笔", "行", "所"];
    let what = counters.iter().find_map(|c| rest.strip_prefix(c));
    rest.len() < text.len() && what.is_some_and(|w| ["", "企业", "单位", "法人单位", "法人", "户", "职工"].contains(&w))
}

/// 1,2,3,4 or 甲,乙,丙,1,2,3 or (1),(2),(3): the columns numbered below the header.
pub(super) fn are_numbers_of_columns(filled: &[(usize, String)]) -> bool {
    const STEMS: &str = "甲乙丙丁戊己庚辛壬癸";
    let marked = filled.first().is_some_and(|(_, t)| !t.trim().starts_with(|c: char| c.is_ascii_digit()));
    if filled.len() < if marked { 3 } else { 4 } {
        return false;
    }
    let stems = filled.iter().zip(STEMS.chars()).take_while(|((_, t), stem)| t.trim().chars().eq([*stem])).count();
    let numbered = filled[stems..].iter().zip(1u32..).all(|((_, t), n)| {
        let bare = t.trim().trim_matches(|c: char| matches!(c, '(' | ')' | '（' | '）' | '[' | ']' | '栏' | '列'));
        let bare = bare.split(['=', '＝']).next().unwrap_or(bare).trim();
        bare.parse::<u32>() == Ok(n) || char::from_u32(0x2460 + n - 1).is_some_and(|c| n <= 20 && bare.chars().eq([c]))
    });
    numbered && filled[0].0 == 0
}

pub(super) fn is_organisation(text: &str) -> bool {
    let text = text.trim_end_matches([')', '）']);
    text.chars().count() >= 4 && !text.contains([':', '：']) && ORGANISATIONS.iter().any(|end| text.ends_with(end))
}

/// 一、朝阳区 and （二）海淀区; 1、朝阳区 and 第一部分 朝阳区, where a place is named.
pub(super) fn is_heading(text: &str) -> bool {
    let numeral = |c: char| "一二三四五六七八九十".contains(c);
    let bare = text.trim_start();
    let rest = bare.trim_start_matches(numeral);
    if rest.len() < bare.len() {
        return rest.starts_with(['、', '．', '.']);
    }
    if heading_text(bare).len() < bare.trim_end_matches([':', '：', ' ']).len() && is_place(&heading_text(bare)) {
        return true;
    }
    let Some(inside) = bare.strip_prefix(['（', '(', '【']) else { return false };
    inside.trim_start_matches(numeral).starts_with(['）', ')']) && inside.starts_with(numeral)
        || bare.starts_with('【') && bare.ends_with('】')
}

/// 1、 1. (1) and the like, at the beginning of a text in ASCII digits.
pub(super) fn begins_numbered(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.len() - rest.len();
    (1..=2).contains(&digits) && (rest.starts_with(['、', '．', '.', ' ', ')', '）']) || rest.is_empty() && text == "1")
}

/// What a heading says behind its number: 朝阳区 of 1、朝阳区, ①朝阳区, Ⅰ 朝阳区, 第一部分 朝阳区.
pub(super) fn heading_text(text: &str) -> String {
    let text = text.trim().trim_end_matches([':', '：', ' ']);
    let numeral = |c: char| "一二三四五六七八九十".contains(c) || c.is_ascii_digit();
    if let Some(rest) = text.strip_prefix('第').map(|t| t.trim_start_matches(numeral))
        && let Some(rest) = ["部分", "章", "节", "组", "类"].iter().find_map(|w| rest.strip_prefix(w))
    {
        return rest.trim_start_matches([' ', '、', ':', '：', '\u{3000}']).to_owned();
    }
    let inside = text.trim_start_matches(['（', '(']);
    let rest = inside.trim_start_matches(numeral);
    let rest = match rest.len() < inside.len() && rest.starts_with(['、', '．', '.', '）', ')', ' ']) {
        true => rest.trim_start_matches(['、', '．', '.', '）', ')', ' ']),
        false => text.trim_start_matches(|c: char| matches!(c, '\u{2460}'..='\u{2473}' | '\u{2160}'..='\u{216b}' | '、' | '.')),
    };
    rest.trim().to_owned()
}

pub(super) fn is_place(text: &str) -> bool {
    (2..=8).contains(&text.chars().count()) && ["区", "县", "市", "街道", "镇", "乡"].iter().any(|end| text.ends_with(end))
}

/// A place that may be a unit's own name, as buildings and parks have them.
pub(super) fn is_shared_place(text: &str) -> bool {
    let text = heading_text(text);
    let long = text.chars().count() > if text.ends_with("街道") { 6 } else { 4 };
    let kinds = [
        "小区", "园区", "社区", "校区", "厂区", "景区", "院区", "库区", "港区", "苑区", "超市", "菜市", "集市", "夜市", "花市",
        "城区",
    ];
    long || kinds.iter().any(|kind| text.ends_with(kind))
}
