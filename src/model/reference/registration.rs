//! What registration types and status words mean: ownership and operating status.
//!
//! Three code tables are in use and overlap: the statistical types of 2011 (`110` is a state-owned enterprise), those of 2022
//! (`110` is a limited liability company), and the four-digit types of market regulation.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::rows;
use crate::model::verdict::{OperatingStatus, Ownership};

/// Which table a bare three-digit code is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegistrationScheme {
    /// 国统字〔2011〕86号; the default, since registries still write it.
    Statistics2011,
    /// 国统字〔2023〕14号.
    Statistics2022,
}

#[derive(Debug)]
struct Types {
    by_code: HashMap<(&'static str, String), Ownership>,
    by_name: HashMap<String, Ownership>,
}

fn types() -> &'static Types {
    static TYPES: LazyLock<Types> = LazyLock::new(|| {
        let mut found = Types { by_code: HashMap::new(), by_name: HashMap::new() };
        for r in rows("registration/types.csv", include_str!("../../../reference/registration/types.csv")) {
            let scheme = match &r[0] {
                "2011" => "2011",
                "2022" => "2022",
                _ => "samr",
            };
            let ownership = Ownership::from_name(&r[4]).unwrap_or(Ownership::Unknown);
            found.by_code.insert((scheme, r[1].to_owned()), ownership);
            // Three names mean a form only when read as text: any limited company may be private, state or foreign.
            found.by_name.entry(plain(&r[2])).or_insert(ownership);
        }
        for form in ["有限责任公司", "股份有限公司", "有限公司", "其他", "企业", "公司"] {
            found.by_name.insert(plain(form), Ownership::Unknown);
        }
        found
    });
    &TYPES
}

/// Without blanks; half-width and full-width brackets alike.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '(' => '（',
            ')' => '）',
            ',' => '，',
            c => c,
        })
        .collect()
}

/// Words that decide a text no table holds, the first that occurs; more telling ones first.
const WORDS: [(&str, Ownership); 22] = [
    ("个体", Ownership::Individual),
    ("港、澳、台", Ownership::Hmt),
    ("港澳台", Ownership::Hmt),
    ("台港澳", Ownership::Hmt),
    ("台商", Ownership::Hmt),
    ("中外合", Ownership::Foreign),
    ("外商", Ownership::Foreign),
    ("外资", Ownership::Foreign),
    ("外国", Ownership::Foreign),
    ("国有", Ownership::State),
    ("全民", Ownership::State),
    ("国营", Ownership::State),
    ("集体", Ownership::Collective),
    ("股份合作", Ownership::Collective),
    ("合作社", Ownership::Collective),
    ("私营", Ownership::Private),
    ("民营", Ownership::Private),
    ("自然人", Ownership::Private),
    ("个人独资", Ownership::Private),
    ("合伙", Ownership::Private),
    ("联营", Ownership::Mixed),
    ("混合", Ownership::Mixed),
];

/// Ownership by registration type: a code of `scheme`, a four-digit code of market regulation, or a text.
/// UNKNOWN for a bare company form (有限责任公司) and for what says nothing.
pub fn ownership_of(raw: &str, scheme: RegistrationScheme) -> Ownership {
    let text = plain(raw);
    let types = types();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let table = match (text.len(), scheme) {
            (4, _) => "samr",
            (_, RegistrationScheme::Statistics2011) => "2011",
            (_, RegistrationScheme::Statistics2022) => "2022",
        };
        return types.by_code.get(&(table, text)).copied().unwrap_or(Ownership::Unknown);
    }
    if let Some(known) = types.by_name.get(&text) {
        return *known;
    }
    WORDS.iter().find(|(word, _)| text.contains(word)).map_or(Ownership::Unknown, |(_, o)| *o)
}

/// Whether a registration type says that the row is an individual business (个体工商户).
pub fn is_individual_business(raw: &str) -> bool {
    raw.contains("个体") && !raw.contains("非个体")
}

/// Whether a registration type says that the row is a branch, not a legal person (分公司, 分支机构).
pub fn is_branch_type(raw: &str) -> bool {
    ["分公司", "分支机构", "代表处", "代表机构", "办事处"].iter().any(|w| raw.contains(w))
}

/// Operating status by the registry's word. None for a word that is not in the table.
pub fn operating_status(raw: &str) -> Option<OperatingStatus> {
    static STATUSES: LazyLock<HashMap<String, OperatingStatus>> = LazyLock::new(|| {
        rows("registration/statuses.csv", include_str!("../../../reference/registration/statuses.csv"))
            .filter_map(|r| Some((plain(&r[0]), OperatingStatus::from_name(&r[1])?)))
            .collect()
    });
    let text = plain(raw);
    STATUSES.get(&text).copied().or_else(|| {
        // `存续（在营、开业、在册）` and its variants: the word before the bracket decides.
        let (word, _) = text.split_once('（')?;
        STATUSES.get(word).copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use RegistrationScheme::{Statistics2011, Statistics2022};

    #[test]
    fn one_code_means_different_ownership_in_two_tables() {
        assert_eq!(ownership_of("110", Statistics2011), Ownership::State);
        assert_eq!(ownership_of("112", Statistics2022), Ownership::Private);
        assert_eq!(ownership_of("173", Statistics2011), Ownership::Private);
        assert_eq!(ownership_of("330", Statistics2011), Ownership::Foreign);
        assert_eq!(ownership_of("230", Statistics2022), Ownership::Hmt);
        assert_eq!(ownership_of("1130", Statistics2011), Ownership::Private);
        assert_eq!(ownership_of("159", Statistics2011), Ownership::Mixed);
        assert_eq!(ownership_of("999", Statistics2011), Ownership::Unknown);
    }

    #[test]
    fn texts_decide_by_their_telling_word() {
        let cases = [
            ("有限责任公司", Ownership::Unknown),
            ("有限责任公司(自然人投资或控股)", Ownership::Private),
            ("有限责任公司（国有独资）", Ownership::State),
            ("有限责任公司(外商独资)", Ownership::Foreign),
            ("有限责任公司(台港澳与境内合资)", Ownership::Hmt),
            ("全民所有制", Ownership::State),
            ("个体工商户", Ownership::Individual),
            ("集体分支机构(非法人)", Ownership::Collective),
            ("", Ownership::Unknown),
        ];
        for (text, ownership) in cases {
            assert_eq!(ownership_of(text, Statistics2011), ownership, "{text}");
        }
    }

    #[test]
    fn statuses_are_read_in_every_spelling() {
        assert_eq!(operating_status("存续(在营、开业、在册)"), Some(OperatingStatus::Active));
        assert_eq!(operating_status("吊销,未注销"), Some(OperatingStatus::Revoked));
        assert_eq!(operating_status(" 迁出 "), Some(OperatingStatus::MovedOut));
        assert_eq!(operating_status("停保"), Some(OperatingStatus::Suspended));
        assert_eq!(operating_status("不详"), None);
    }
}
