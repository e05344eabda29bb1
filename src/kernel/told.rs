//! What a filter is told beside its stream, and how it says what is wrong with what it was handed.

use crate::link::shared_out::NotCarried;
use crate::link::{LinkSettings, Weights};

/// The registries whose records are linked, and how.
#[derive(Debug, Clone)]
pub struct LinkedRegistries {
    /// Names of the registries, best first, and the thresholds of a decision.
    pub settings: LinkSettings,
    /// By position: whether the registry issues credit codes.
    pub issues_codes: Vec<bool>,
    /// What levels of agreement are worth.
    pub weights: Weights,
}

/// Why bytes of an earlier step are of no use, in both languages.
pub(super) fn not_carried(why: NotCarried) -> (&'static str, &'static str) {
    match why {
        NotCarried::Foreign => (
            "不是本版本的 huitu 写出的；请从 huitu kernel normalise 重新开始",
            "was not written by this version of huitu; begin again with huitu kernel normalise",
        ),
        NotCarried::Damaged => ("已损坏，校验和不符", "is damaged: its checksum does not fit"),
        NotCarried::Twice => (
            "在数据流中出现了两次；登记、主键与分项合起来只能指一条记录",
            "stands in the stream twice; registry, key and part together name one record",
        ),
    }
}
