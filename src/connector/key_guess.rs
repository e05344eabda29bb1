//! Which columns identify a sample's rows: what a registry identifies by (a number of its own, a code, a name), and never what
//! merely differs in the rows at hand, as revenues, buildings and districts do in a small sample.

use std::collections::{HashMap, HashSet};

use super::dress::{no_value, undress};
use super::guessed::Guess;
use super::wording;
use crate::model::field::Field;

/// The key of a sample.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    /// Places of its columns.
    pub columns: Vec<usize>,
    /// Rows whose key another row has had, with other contents.
    pub repeated: usize,
}

/// One in so many rows may repeat a key: a department's mistake, and no reason to take another column.
const NEARLY: usize = 20;
/// Share of rows that must have a value in the key's column, in percent: rows without are for quarantine.
const FILLED: usize = 60;

/// Chooses the key among `columns`.
pub(super) fn choose(columns: &[String], rows: &[Vec<Option<String>>], guesses: &[Guess]) -> Key {
    let distinct: HashSet<&Vec<Option<String>>> = rows.iter().collect();
    let rows: Vec<&Vec<Option<String>>> = distinct.into_iter().collect();
    let cell = |row: &[Option<String>], at: usize| {
        row.get(at).and_then(|c| c.as_deref()).map(|t| undress(t).into_owned()).filter(|t| !t.is_empty())
    };
    let damaged = |at: usize| {
        let bad = rows.iter().filter(|r| cell(r, at).is_some_and(|t| no_value(&t).is_some())).count();
        bad * 2 > rows.len()
    };
    let filled = |at: usize| rows.iter().filter(|r| cell(r, at).is_some()).count();
    let repeated = |key: &[usize]| {
        let mut seen: HashMap<Vec<String>, usize> = HashMap::new();
        let keys = rows.iter().filter_map(|r| key.iter().map(|at| cell(r, *at)).collect::<Option<Vec<String>>>());
        keys.filter(|k| {
            let times = seen.entry(k.clone()).or_default();
            *times += 1;
            *times > 1
        })
        .count()
    };
    let of_places = matches!(wording::kind_by_headers(columns), Some("building" | "station"));
    let mut ranked: Vec<(usize, usize)> = (0..columns.len())
        .filter_map(|at| Some((rank(&columns[at], &guesses[at], of_places)?, at)))
        .filter(|(_, at)| !damaged(*at))
        .collect();
    ranked.sort();
    let enough = |at: usize| rows.is_empty() || filled(at) * 100 >= rows.len() * FILLED;
    let identifying: Vec<usize> = ranked.into_iter().map(|(_, at)| at).filter(|at| enough(*at)).collect();
    // A number of its own that repeats now and then goes before a name that does not.
    if let Some(at) = identifying.iter().find(|at| repeated(&[**at]) * NEARLY <= rows.len()) {
        return Key { columns: vec![*at], repeated: repeated(&[*at]) };
    }
    let others: Vec<usize> = (0..columns.len()).filter(|at| divides(&columns[*at], &guesses[*at]) && enough(*at)).collect();
    for base in &identifying {
        let pairs = others.iter().filter(|o| *o != base).map(|o| vec![*base, *o]);
        let triples = others.iter().enumerate().flat_map(|(i, a)| others[i + 1..].iter().map(move |b| (*a, *b)));
        let triples = triples.filter(|(a, b)| a != base && b != base).map(|(a, b)| vec![*base, a, b]);
        if let Some(key) = pairs.chain(triples.take(200)).find(|key| repeated(key) * NEARLY <= rows.len()) {
            return Key { repeated: repeated(&key), columns: key };
        }
    }
    let unknown = (0..columns.len()).find(|at| {
        guesses[*at].field.is_none()
            && !wording::is_row_number(&columns[*at])
            && enough(*at)
            && repeated(&[*at]) == 0
            && !damaged(*at)
    });
    let least = identifying.iter().copied().min_by_key(|at| repeated(&[*at]));
    let at = unknown.or(least).unwrap_or(0);
    Key { columns: vec![at], repeated: repeated(&[at]) }
}

/// How well a column identifies, by what it is called and what it holds; None for what identifies nothing.
fn rank(column: &str, guess: &Guess, of_places: bool) -> Option<usize> {
    use Field::*;
    if wording::is_row_number(column) {
        return None;
    }
    match guess.field {
        Some(CreditCode) => Some(1),
        Some(TaxNumber | RegistrationNumber | InsuranceNumber | UnionCode | OrganisationCode) => Some(2),
        Some(UnionName) => Some(3),
        Some(Name) => Some(4),
        Some(_) => None,
        None => is_number(column, of_places).then_some(0),
    }
}

/// A header that names a number or a code of the registry's own.
fn is_number(column: &str, of_places: bool) -> bool {
    let plain = wording::telling_part(column);
    let plain = plain.rsplit(['/', '.']).next().unwrap_or(plain).trim_matches(['*', ' ']);
    let plain = plain.split(['(', '（']).next().unwrap_or(plain).trim();
    const ENDS: &[&str] = &[
        "编号",
        "编码",
        "序列号",
        "流水号",
        "流水",
        "登记号",
        "登记序号",
        "注册号",
        "证号",
        "证书号",
        "许可证号",
        "档案号",
        "备案号",
        "案号",
        "单号",
        "工单",
        "记录号",
        "户号",
        "标识",
        "主键",
        "序号",
        "代码",
        "文号",
        "合同号",
        "受理号",
        "学校代码",
        "机构号",
        "项目号",
        "缴款号",
        "凭证号",
        "码",
    ];
    const OTHERS: &[&str] = &[
        "电话",
        "手机",
        "邮编",
        "邮政",
        "门牌",
        "行业",
        "区划",
        "地区",
        "街道",
        "币种",
        "国别",
        "国家",
        "类型",
        "身份证",
        "房号",
        "楼宇",
        "楼栋",
        "楼号",
        "网格",
        "园区",
        "社区",
        "村",
        "传真",
        "联系",
        "负责人",
        "法人证件",
        "法定代表人",
        "证件",
        "隶属",
        "经济成分",
        "经济类型",
        "组织形式",
        "规模",
        "上级",
        "主管",
        "部门",
        "科室",
        "批次",
        "父级",
        "邮箱",
        "银行账",
        "验证码",
        "二维码",
        "条码",
    ];
    // What other tables are told apart by: zip_code, district_code, dept_no, parent_id.
    const OTHERS_LATIN: &[&str] = &[
        "zip",
        "post",
        "postal",
        "district",
        "area",
        "region",
        "city",
        "province",
        "street",
        "town",
        "village",
        "grid",
        "park",
        "building",
        "industry",
        "trade",
        "sector",
        "dept",
        "department",
        "type",
        "kind",
        "class",
        "category",
        "status",
        "state",
        "parent",
        "pid",
        "batch",
        "phone",
        "tel",
        "fax",
        "mobile",
        "country",
        "currency",
        "bank",
        "operator",
        "creator",
        "scale",
        "group",
        "job",
        "task",
    ];
    // A table of buildings is told by them.
    let own = |word: &&str| of_places && ["楼宇", "楼栋", "楼号", "园区", "社区", "村"].contains(word);
    if OTHERS.iter().any(|o| plain.contains(o) && !own(o)) {
        return false;
    }
    let latin = plain.to_ascii_lowercase();
    // districtCode is district_code.
    let split: String = plain
        .char_indices()
        .flat_map(|(at, c)| [Some('_').filter(|_| at > 0 && c.is_ascii_uppercase()), Some(c)])
        .flatten()
        .collect();
    let mut words = split.split(['_', '-', ' ']).chain(plain.split('_')).map(str::to_ascii_lowercase);
    if plain.is_ascii() && words.any(|w| OTHERS_LATIN.contains(&w.as_str()) && !(of_places && w == "building")) {
        return false;
    }
    let latin_number = plain.is_ascii()
        && (matches!(latin.as_str(), "id" | "code" | "no" | "key" | "guid" | "uuid" | "pk" | "xh" | "bh" | "bm")
            || ["_id", "_no", "_code", "_key", "_bh", "_bm", "_xh", "number", "uuid", "guid"].iter().any(|e| latin.ends_with(e))
            || plain.ends_with("ID")
            || plain.ends_with("Id")
            || plain.ends_with("No")
            || plain.ends_with("Code"));
    latin_number || ENDS.iter().any(|e| plain.ends_with(e))
}

/// A column that tells several rows of one unit apart: a period, a year, a date, a kind.
fn divides(column: &str, guess: &Guess) -> bool {
    use Field::*;
    let by_field = matches!(
        guess.field,
        Some(Period | Year | On | PaidOn | PaymentKind | InvestorName | HostName | Since | Title | Indicator | UnionName)
    );
    let by_name = ["所属期", "年度", "年份", "月份", "季度", "期间", "险种", "费种", "类别", "日期", "时间", "年月"]
        .iter()
        .any(|w| column.contains(w));
    by_field || by_name && !matches!(guess.field, Some(EstablishedOn | ClosedOn | UpdatedAt))
}

#[cfg(test)]
mod tests {
    use crate::connector::Connector;
    use crate::connector::guess::guess;

    fn key(header: &str, rows: &[&str]) -> String {
        let columns: Vec<String> = header.split(',').map(str::to_owned).collect();
        let rows: Vec<Vec<Option<String>>> =
            rows.iter().map(|r| r.split(',').map(|c| Some(c.to_owned()).filter(|c| !c.is_empty())).collect()).collect();
        guess(&columns, &rows, &Connector::embedded_all()).keys().join("+")
    }

    #[test]
    fn a_row_is_identified_by_number_code_or_name_and_never_by_what_happens_to_differ() {
        for (header, rows, expected) in [
            ("所属区,从业人数,单位名称", &["朝阳区,20,北京金隅有限公司"][..], "单位名称"),
            (
                "营业收入,单位名称,所属区",
                &["100,北京甲有限公司,朝阳区", "200,北京乙有限公司,海淀区", "300,北京丙有限公司,丰台区"],
                "单位名称",
            ),
            (
                "楼宇,统一社会信用代码,企业名称",
                &["甲座,91110105MA0000007L,北京甲有限公司", "乙座,91110105MA0000015F,北京乙有限公司"],
                "统一社会信用代码",
            ),
            ("单位编号,单位名称,人数", &["1,北京甲有限公司,2", "2,北京乙有限公司,2"], "单位编号"),
            ("序号,企业名称", &["1,北京甲有限公司", "2,北京乙有限公司"], "企业名称"),
            ("工单编号,企业名称,诉求内容", &["A1,北京甲有限公司,欠薪", "A2,北京甲有限公司,欠薪"], "工单编号"),
            // A blank code is a row for quarantine.
            (
                "营业收入,统一社会信用代码",
                &["1,91110105MA0000007L", "2,91110105MA0000015F", "3,", "4,91110105MA0000023A"],
                "统一社会信用代码",
            ),
            (
                "统一社会信用代码,所属期,实缴金额",
                &["91110105MA0000007L,202401,5", "91110105MA0000007L,202402,5", "91110105MA0000015F,202401,5"],
                "统一社会信用代码+所属期",
            ),
            ("楼宇编号,统一社会信用代码", &["L1,91110105MA0000007L", "L2,91110105MA0000015F"], "统一社会信用代码"),
            ("districtCode,统一社会信用代码", &["110105,91110105MA0000007L", "110108,91110105MA0000015F"], "统一社会信用代码"),
            // Damaged codes identify nobody.
            ("统一社会信用代码,单位名称", &["9.11101E+17,北京甲有限公司", "9.11101E+17,北京乙有限公司"], "单位名称"),
        ] {
            assert_eq!(key(header, rows), expected, "{header}");
        }
    }

    #[test]
    fn numbers_of_other_things_never_come_before_a_credit_code() {
        for header in [
            "楼宇编号",
            "网格编号",
            "园区编码",
            "传真号码",
            "联系号码",
            "负责人证号",
            "法人证件号码",
            "隶属关系代码",
            "经济成分代码",
            "组织形式代码",
            "企业规模代码",
            "上级单位代码",
            "所属行政村编码",
            "管理部门编码",
            "zip_code",
            "district_code",
            "industry_code",
            "dept_no",
            "type_id",
            "parent_id",
            "batch_id",
            "parentId",
            "DISTRICT_CODE",
        ] {
            let columns = format!("{header},统一社会信用代码,企业名称");
            let rows = [
                "A1,91110105MA0000007L,北京甲有限公司",
                "A2,91110105MA0000015F,北京乙有限公司",
                "A3,91110105MA0000023A,北京丙有限公司",
            ];
            assert_eq!(key(&columns, &rows), "统一社会信用代码", "{header}");
        }
        assert!(super::is_number("楼宇编号", true), "a table of buildings");
        for header in ["企业编号", "工单编号", "ent_id", "id", "regNo", "登记序号", "纳税人识别号编码"] {
            assert!(super::is_number(header, false), "{header}");
        }
    }
}
