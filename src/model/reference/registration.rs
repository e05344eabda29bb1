//! What registration types and status words mean: ownership and operating status.
//!
//! Three code tables are in use and overlap: the statistical types of 2011 (`110` is a state-owned enterprise), those of 2022
//! (`110` is a limited liability company), and the four-digit types of market regulation.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::words::{self, Words};
use crate::model::verdict::{OperatingStatus, Ownership};

/// Which table a bare three-digit code is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegistrationScheme {
    /// 国统字〔2011〕86号; the default, since registries still write it.
    Statistics2011,
    /// 国统字〔2023〕14号.
    Statistics2022,
}

struct Types {
    by_code: HashMap<(&'static str, String), Ownership>,
    words: Words<Ownership>,
}

fn types() -> &'static Types {
    static TYPES: LazyLock<Types> = LazyLock::new(|| {
        let mut found = Types { by_code: HashMap::new(), words: Words::new() };
        // A form of company (有限责任公司) says something by its code only: as a word it may be anybody's.
        for (r, ownership) in words::read(words::OWNERSHIP, 2, Ownership::from_name) {
            match &r[1] {
                "whole" => found.words.whole(&r[0], ownership),
                "part" => found.words.part(&r[0], ownership),
                other => panic!("reference/{}: {other:?} is neither whole nor part", words::OWNERSHIP.0),
            }
        }
        let owner = |name: &str| if name.is_empty() { Some(Ownership::Unknown) } else { Ownership::from_name(name) };
        for (r, ownership) in words::read(words::TYPES, 4, owner) {
            let scheme = match &r[0] {
                "2011" => "2011",
                "2022" => "2022",
                _ => "samr",
            };
            found.by_code.insert((scheme, r[1].to_owned()), ownership);
            found.words.whole(&r[2], ownership);
        }
        found
    });
    &TYPES
}

/// Whether a registration type is a bare code, which means one thing in 2011 and another in 2022.
pub fn is_code(raw: &str) -> bool {
    let text = raw.trim();
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Ownership by registration type: a code of `scheme`, a four-digit code of market regulation, or a text.
/// UNKNOWN for a bare company form (有限责任公司) and for what says nothing.
pub fn ownership_of(raw: &str, scheme: RegistrationScheme) -> Ownership {
    let types = types();
    if is_code(raw) {
        let code = raw.trim();
        let table = match (code.len(), scheme) {
            (4, _) => "samr",
            (_, RegistrationScheme::Statistics2011) => "2011",
            (_, RegistrationScheme::Statistics2022) => "2022",
        };
        return types.by_code.get(&(table, code.to_owned())).copied().unwrap_or(Ownership::Unknown);
    }
    types.words.text(raw).unwrap_or(Ownership::Unknown)
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
    static STATUSES: LazyLock<Words<OperatingStatus>> = LazyLock::new(|| {
        let mut found = Words::new();
        words::read(words::STATUSES, 1, OperatingStatus::from_name).for_each(|(r, status)| found.whole(&r[0], status));
        found
    });
    STATUSES.word(raw).or_else(|| {
        // `存续（在营、开业、在册）` and its variants: the word before the bracket decides.
        let text = words::plain(raw);
        let (word, _) = text.split_once('（')?;
        STATUSES.word(word)
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
            ("有限责任公司 港、澳、台", Ownership::Hmt),
            ("有限责任公司 外商投资企业", Ownership::Foreign),
            ("外国(地区)企业常驻代表机构", Ownership::Foreign),
            ("股份有限公司", Ownership::Unknown),
            ("其他", Ownership::Other),
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

    /// Five words had another meaning in a table of the code, which won; only DEREGISTERED leaves the scope.
    #[test]
    fn what_ends_a_registration_is_told_from_what_interrupts_it() {
        use OperatingStatus::{Active, Deregistered, Revoked, Suspended};
        for (text, status) in [
            ("筹建", Active),
            ("歇业", Suspended),
            ("清算", Revoked),
            ("清算中", Revoked),
            ("破产", Revoked),
            ("吊销", Revoked),
            ("撤销", Deregistered),
            ("撤销登记", Deregistered),
            ("注销", Deregistered),
        ] {
            assert_eq!(operating_status(text), Some(status), "{text}");
        }
    }
}
