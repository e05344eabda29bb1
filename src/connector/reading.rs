//! Typed readings: from the text of a cell to a value. Pure; what cannot be read is `Unreadable`, never a guess.

use super::date::{self, Dated};
use super::dress::{self, NoValue};
use super::read_as::As;
use super::{flag, money, number};
use crate::connector::text::half_width;
use crate::model::field::Field;
use crate::model::identifier::{CreditCode, OrganisationCode, RegistrationNumber, TaxNumber, clean_identifier};
use crate::model::value::Value;
use chrono_tz::Tz;

/// What one cell says.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    Value(Value),
    /// There is text, and it is not what the connector says it is.
    Unreadable,
    /// A word for "none": the field is absent.
    Absent,
}

/// The reading that a field has where the connector names none.
pub fn natural(field: Field) -> As {
    use Field::*;
    match field {
        Name | FormerName | EnglishName | UnionName | ParentName | AbsorbedByName | HostName | InvestorName => As::Name,
        CreditCode | UnionCode => As::CreditCode,
        OrganisationCode => As::OrganisationCode,
        RegistrationNumber => As::RegistrationNumber,
        TaxNumber => As::TaxNumber,
        Status => As::Status,
        EstablishedOn | ClosedOn | PaidOn | Since | Until | On | AsOf | DueOn => As::Date,
        Area => As::Area,
        District => As::District,
        Longitude | Latitude | SharePercent | TargetValue => As::Number,
        Industry => As::Industry,
        Ownership => As::Ownership,
        Capital | Revenue | RevenueMain | Sales | Payroll | Assets | DueYuan | PaidYuan | Subsidy => As::Money,
        Employees | Insured | DispatchedWorkers | Members | FemaleMembers | MigrantMembers | MigrantEmployees
        | DispatchedMembers | Workers | People | Year | Edition | Approved | Filled | DelegatedChairs | Quantity => As::Count,
        OfficialList | DevelopmentActivity | StateOwned | StarRated | Fortune500 | Leading | Listed | DispatchAgency
        | DomesticService | CareService => As::Flag,
        UnionKind => As::UnionKind,
        UnionStatus => As::UnionStatus,
        PaymentKind => As::PaymentKind,
        CoveredUnits => As::List,
        _ => As::Text,
    }
}

/// What a column says of its values beyond their kind.
#[derive(Debug, Clone, Copy)]
pub struct How<'a> {
    pub unit: &'a money::Unit,
    /// The hub's: times that name a zone are days in this one.
    pub zone: Tz,
    /// Digits that a code of this column has; one that is shorter has lost a zero.
    pub digits: Option<u8>,
}

static PLAIN_UNIT: money::Unit = money::Unit { yuan: 1, rates: std::collections::BTreeMap::new() };

impl Default for How<'_> {
    fn default() -> Self {
        How { unit: &PLAIN_UNIT, zone: chrono_tz::Asia::Shanghai, digits: None }
    }
}

/// Reads `text` (not empty, undressed) as `kind`.
pub fn read(kind: As, text: &str, how: How<'_>) -> Reading {
    if let Some(why) = dress::no_value(text)
        && (why != NoValue::Damaged || !matches!(kind, As::Number | As::Money | As::Count))
    {
        // #N/A is how a look-up says that it has found nothing.
        return if text == "#N/A" { Reading::Absent } else { Reading::Unreadable };
    }
    let value = match kind {
        As::Name if is_masked(text) => None,
        // A name goes over two lines where its cell is narrow.
        As::Name if text.contains(['\n', '\r']) => Some(Value::Text(text.replace(['\n', '\r'], "").into())),
        As::Text | As::Name | As::List => Some(Value::Text(text.into())),
        As::CreditCode => return identifier(text, |t| CreditCode::parse(t).map(|c| c.as_str().into())),
        As::OrganisationCode => return identifier(text, |t| OrganisationCode::parse(t).map(|c| c.as_str().into())),
        As::RegistrationNumber => return identifier(text, |t| RegistrationNumber::parse(t).map(|c| c.as_str().into())),
        As::TaxNumber => return identifier(text, |t| TaxNumber::parse(t).map(|_| clean_identifier(t).into())),
        As::Count | As::Number | As::Money if matches!(text, "NaN" | "nan") => return Reading::Absent,
        As::Count => count(text).map(Value::Count),
        As::Number => number::number(text, true).map(Value::Number),
        As::Money => money::read(text, how.unit).map(Value::Money),
        As::Date => match date::read(text, how.zone) {
            Dated::Date(date) => Some(Value::Date(date)),
            Dated::Absent => return Reading::Absent,
            Dated::Doubtful | Dated::No => None,
        },
        As::Area => area(text).map(|t| Value::Text(t.into())),
        As::District => Some(Value::Text(text.into())),
        As::Industry => industry(text, how.digits).map(|t| Value::Text(t.into())),
        As::Status => status(text).map(|v| Value::Text(v.into())),
        As::Ownership | As::UnionKind | As::UnionStatus | As::PaymentKind => {
            super::values::known(kind, text).map(|v| Value::Text(v.into()))
        }
        As::Flag => flag::read(text).map(Value::Flag),
        As::FirstNumber => pair(text, 0).map(Value::Number),
        As::SecondNumber => pair(text, 1).map(Value::Number),
        As::Code => None,
    };
    value.map_or(Reading::Unreadable, Reading::Value)
}

fn identifier(text: &str, parse: impl Fn(&str) -> Option<Box<str>>) -> Reading {
    match parse(text) {
        Some(code) => Reading::Value(Value::Text(code.into())),
        None if clean_identifier(text).is_empty() => Reading::Absent,
        None => Reading::Unreadable,
    }
}

/// A status by the words known everywhere; also where it says what has the status (吊销企业, 注销户) or says it twice
/// (开业/正常经营). Where it says two things (开业/注销, 停业、注销), it says none. 未注销 behind 吊销 takes nothing back.
fn status(text: &str) -> Option<&'static str> {
    let known = |word: &str| super::values::known(As::Status, word);
    let bare = |word: &str| {
        let word = ["状态", "企业", "单位", "户"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
        known(word)
    };
    let wide = half_width(text);
    if taken_back(&wide) {
        return None;
    }
    if let Some(found) = known(text).or_else(|| known(wide.trim())).or_else(|| bare(wide.trim())) {
        return Some(found);
    }
    if wide.len() >= 64 {
        return None;
    }
    let mut found: Option<&'static str> = None;
    let mut strange = false;
    for word in wide.split(['/', '、', '|', ';', ',', '，', '；']).map(str::trim).filter(|w| !w.is_empty()) {
        match known(word).or_else(|| bare(word)) {
            Some(status) if found.is_some_and(|f| f != status) => return None,
            Some(status) => found = Some(status),
            None if found == Some("REVOKED") && matches!(word, "未注销" | "未注消") => {}
            // What is not known may take the other back: 迁入/迁出.
            None => strange = true,
        }
    }
    found.filter(|_| !strange)
}

/// Whether brackets behind a status say that it is over: 存续（2024年注销）, 吊销（已注销）. 未注销 and 拟注销 take nothing back.
fn taken_back(text: &str) -> bool {
    let Some((before, note)) = text.trim().strip_suffix(')').and_then(|t| t.split_once('(')) else { return false };
    let denied = ["未", "拟", "非", "待", "申请", "恢复"];
    ["注销", "吊销", "撤销", "迁出"].iter().any(|over| {
        !before.contains(over) && note.match_indices(over).any(|(at, _)| !denied.iter().any(|w| note[..at].ends_with(w)))
    })
}

/// 北京****公司: a name of which a part is hidden names nobody.
fn is_masked(text: &str) -> bool {
    text.contains("**") || text.contains("＊＊")
}

fn count(text: &str) -> Option<i64> {
    if text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    if matches!(text.trim(), "一" | "\u{2f00}") || number::other_counter(text) {
        return None;
    }
    let n = number::number(text, false)?;
    // A spreadsheet's sum of tenths misses the whole by a hair.
    let whole = n.round();
    (n >= 0.0 && (n - whole).abs() < 1e-9 * whole.max(1.0) && n < 9e15).then_some(whole as i64)
}

/// Why a text cannot be read as `kind`, in both languages, where that says more than that it cannot.
pub fn why(kind: As, text: &str, how: How<'_>) -> Option<(&'static str, &'static str)> {
    match dress::no_value(text) {
        Some(NoValue::Error) => {
            return Some(("单元格中是公式出错的标记，不是数值", "the cell holds a spreadsheet's error, no value"));
        }
        Some(NoValue::Formula) => {
            return Some((
                "公式没有保存计算结果；请在 Excel/WPS 中打开并另存一次，再报送",
                "a formula without a stored result: open the workbook in Excel or WPS, save it, and send it again",
            ));
        }
        Some(NoValue::Damaged) => return Some(DAMAGED),
        None => {}
    }
    match kind {
        _ if kind.is_identifier() && dress::is_rounded_code(text) => Some(DAMAGED),
        As::Name if is_masked(text) => {
            Some(("名称的一部分被星号遮住，不能用来识别单位", "stars hide a part of the name: it identifies nobody"))
        }
        As::Date if date::read(text, how.zone) == Dated::Doubtful => Some((
            "可以读成不止一个日期；请写成 2021-03-01 的形式",
            "it can be read as more than one date: write it like 2021-03-01",
        )),
        As::Count if text.contains(['%', '％']) => Some(("百分数不是人数", "a percentage is no number of people")),
        As::Count | As::Number | As::Money if number::several(text) => {
            Some(("一个单元格中有几个数", "there are several numbers in one cell"))
        }
        As::Status if text.contains(['/', '、', '|', ';', ',', '，', '；', '／']) => {
            Some(("说了几种不同的状态，请只写现在的一种", "it says several statuses: write the present one only"))
        }
        As::Flag if flag::contradicts(text) => {
            Some(("括号内外说法不一，请只写「是」或「否」", "what stands in brackets says otherwise: write yes or no only"))
        }
        As::Count if number::other_counter(text) => Some(("单位不是人", "it counts something else than people")),
        As::Money if how.unit.yuan != 1 && money::read(text, &PLAIN_UNIT).is_some() => Some((
            "数后有「千」「万」而没有「元」，该列又有自己的单位，读法不止一种；请写全单位，如 3000元、3千元",
            "a scale without a currency in a column with a unit of its own: write the whole unit, such as 3000元",
        )),
        As::Industry if industry(text, None).is_some() => {
            Some(("位数不足，可能丢了前面的 0", "it has too few digits: a zero in front may be lost"))
        }
        _ => None,
    }
}

const DAMAGED: (&str, &str) = (
    "号码已被 Excel 损坏（超过 15 位的数字按数值保存，后几位变成 0）；请把该列设为文本，从原系统重新导出",
    "the number was damaged by Excel (beyond 15 digits it keeps zeros): make the column text and export it again from its system",
);

/// The `at`-th of exactly two numbers, separated by comma, semicolon or blank.
fn pair(text: &str, at: usize) -> Option<f64> {
    let wide = half_width(text);
    let mut parts = wide.split([',', ';', ' ', '、']).map(str::trim).filter(|p| !p.is_empty()).map(number::decimal);
    let both = [parts.next()??, parts.next()??];
    parts.next().is_none().then(|| both[at])
}

fn area(text: &str) -> Option<String> {
    let wide = half_width(text);
    let digits = wide.trim();
    let digits = digits.strip_suffix(".0").unwrap_or(digits);
    (matches!(digits.len(), 2 | 4 | 6 | 9 | 12) && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.to_string())
}

/// `C`, `35`, `351`, `3519` or `C3519`: the section letter in front of digits is dropped, it is implied. `wanted`: the digits
/// that the column's codes have, where they all have as many.
fn industry(text: &str, wanted: Option<u8>) -> Option<String> {
    let wide = half_width(text);
    let code = wide.trim();
    let code = code.strip_suffix(".0").unwrap_or(code);
    let digits = code.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let letters = code.len() - digits.len();
    match (letters, digits.len()) {
        (1, 0) => Some(code.to_ascii_uppercase()),
        (0, n) if wanted.is_some_and(|w| n < usize::from(w)) => None,
        (0 | 1, 2..=4) if digits.bytes().all(|b| b.is_ascii_digit()) => Some(digits.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_whole_and_not_negative() {
        for (text, expected) in
            [("57", 57), ("1,234", 1234), ("57人", 57), ("57.0", 57), ("１２", 12), ("1.2万", 12_000), ("57.00000000000001", 57)]
        {
            assert_eq!(count(text), Some(expected), "{text}");
        }
        for text in ["1200元", "500家", "60户", "3个", "一", "1200 元", "1.2万元"] {
            assert_eq!(count(text), None, "{text} is no number of people");
        }
        for (text, expected) in [("57名", 57), ("三人", 3), ("12人次", 12), ("十二", 12)] {
            assert_eq!(count(text), Some(expected), "{text}");
        }
        for text in ["-3", "1.5", "约50", "1,23", "inf", "", "50-99", "1 234", "120 135", "35%", "30余人", "(5)"] {
            assert_eq!(count(text), None, "{text}");
        }
    }

    #[test]
    fn a_status_is_told_by_its_word_whatever_has_it() {
        for (text, expected) in [
            ("存续", "ACTIVE"),
            ("吊销企业", "REVOKED"),
            ("注销户", "DEREGISTERED"),
            ("开业/正常经营", "ACTIVE"),
            ("正常在业", "ACTIVE"),
            ("迁往市外", "MOVED_OUT"),
            ("吊销,未注销", "REVOKED"),
            ("存续(在营、开业、在册)", "ACTIVE"),
        ] {
            assert_eq!(status(text), Some(expected), "{text}");
        }
        for text in ["开业/注销", "存续/吊销，未注销", "停业、注销", "迁入/迁出", "注销|存续", "开业;吊销"]
        {
            assert_eq!(status(text), None, "{text}");
            assert!(why(As::Status, text, How::default()).is_some(), "{text}");
        }
        for text in ["存续（2024年注销）", "吊销（已注销）"] {
            assert_eq!(status(text), None, "{text}");
        }
        assert_eq!((status("吊销（未注销）"), status("注销（2024年）")), (Some("REVOKED"), Some("DEREGISTERED")));
        assert_eq!(status("1"), None);
        assert_eq!(status("待定"), None);
    }

    #[test]
    fn what_a_spreadsheet_has_spoilt_is_no_value_of_any_kind() {
        for kind in [As::Text, As::Name, As::Count, As::Money, As::Date, As::CreditCode, As::Flag] {
            for text in ["#REF!", "#VALUE!", "=A1+B1"] {
                assert_eq!(read(kind, text, How::default()), Reading::Unreadable, "{kind} {text}");
                assert!(why(kind, text, How::default()).is_some());
            }
        }
        assert_eq!(read(As::CreditCode, "9.11101E+17", How::default()), Reading::Unreadable);
        assert_eq!(read(As::Name, "北京****有限公司", How::default()), Reading::Unreadable);
        assert!(why(As::CreditCode, "911101051000000000", How::default()).is_some_and(|w| w.0.contains("Excel")));
    }

    #[test]
    fn industries_lose_their_implied_letter_only() {
        assert_eq!(industry("C3519", None).as_deref(), Some("3519"));
        assert_eq!(industry("72", None).as_deref(), Some("72"));
        assert_eq!(industry("k", None).as_deref(), Some("K"));
        assert_eq!(industry("软件业", None), None);
        assert_eq!(industry("12345", None), None);
        assert_eq!(industry("610", Some(4)), None, "0610 without its zero");
        assert_eq!(industry("0610", Some(4)).as_deref(), Some("0610"));
        assert_eq!(industry("B06", Some(4)).as_deref(), Some("06"), "a letter in front is a code of its own");
    }

    #[test]
    fn a_word_for_none_is_absence_and_a_wrong_check_character_is_not() {
        assert_eq!(read(As::CreditCode, "无", How::default()), Reading::Absent);
        assert_eq!(read(As::CreditCode, "91350100M000100Y44", How::default()), Reading::Unreadable);
        assert_eq!(
            read(As::CreditCode, "91350100m000100y43", How::default()),
            Reading::Value(Value::Text("91350100M000100Y43".into()))
        );
    }
}
