//! Words that every registry uses for the same thing: the tables of `reference/registration` and `reference/unions`. A
//! connector's own value map comes first; what neither knows is not read.

use super::read_as::As;
use crate::model::reference::operating_status;
use crate::model::reference::registration::{RegistrationScheme, ownership_of};
use crate::model::reference::unions::{self, UnionStanding, UnionWord};
use crate::model::verdict::{FundKind, OperatingStatus, Ownership};

/// The value that `text` means as `kind`, or None. The vocabulary's own names are known too (`ACTIVE`). A bare code of a
/// registration type is one of 2011; where a registry writes those of 2022, assessing reads the type itself.
pub fn known(kind: As, text: &str) -> Option<&'static str> {
    let listed = match kind {
        As::Status => operating_status(text).map(OperatingStatus::name),
        As::Ownership => {
            let ownership = ownership_of(text, RegistrationScheme::Statistics2011);
            (ownership != Ownership::Unknown).then(|| ownership.name())
        }
        As::UnionKind => unions::union_word(text).map(UnionWord::name),
        As::UnionStatus => unions::union_standing(text).map(UnionStanding::name),
        As::PaymentKind => unions::payment_kind(text).map(FundKind::name),
        _ => return None,
    };
    listed.or_else(|| vocabulary(kind).find(|v| *v == text))
}

/// The values that a column read as `kind` can have; a value map may name no others. Empty where the vocabulary is open.
pub fn vocabulary(kind: As) -> Box<dyn Iterator<Item = &'static str>> {
    match kind {
        As::Status => Box::new(OperatingStatus::ALL.iter().map(|v| v.name())),
        As::Ownership => Box::new(Ownership::ALL.iter().map(|v| v.name())),
        As::UnionKind => Box::new(UnionWord::ALL.iter().map(|v| v.name())),
        As::UnionStatus => Box::new(UnionStanding::ALL.iter().map(|v| v.name())),
        As::PaymentKind => Box::new(FundKind::ALL.iter().map(|v| v.name())),
        As::Flag => Box::new(["true", "false"].into_iter()),
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_by_the_reference_tables() {
        for (kind, text, value) in [
            (As::UnionStatus, "筹备期", "PREPARING"),
            (As::UnionStatus, "已注销", "DISSOLVED"),
            (As::UnionKind, "集团工会", "PARENT"),
            (As::UnionKind, "2", "JOINT"),
            (As::Status, "存续（在营、开业、在册）", "ACTIVE"),
            (As::Status, "撤销登记", "DEREGISTERED"),
            (As::Status, "清算中", "REVOKED"),
            (As::Status, "筹建", "ACTIVE"),
            (As::Status, "UNKNOWN", "UNKNOWN"),
            (As::Ownership, "有限责任公司(外商投资)", "FOREIGN"),
            (As::Ownership, "173", "PRIVATE"),
            (As::PaymentKind, "工会经费", "DUES"),
        ] {
            assert_eq!(known(kind, text), Some(value), "{text}");
        }
        for (kind, text) in [(As::UnionKind, "其他"), (As::Ownership, "有限责任公司"), (As::Status, "不详"), (As::Text, "存续")]
        {
            assert_eq!(known(kind, text), None, "{text}");
        }
    }

    /// A shipped connector maps the words of its own registry, and gives none that all registries use another meaning.
    #[test]
    fn no_shipped_connector_contradicts_the_tables() {
        for connector in crate::connector::Connector::embedded_all() {
            for column in &connector.contract.columns {
                for (word, value) in &column.values {
                    let meant = known(column.read_as, word);
                    assert!(
                        meant.is_none_or(|v| v == &**value),
                        "{}, {}: {word} = {value}, not {meant:?}",
                        connector.name,
                        column.name
                    );
                }
            }
        }
    }
}
