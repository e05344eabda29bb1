//! A registry's entry in the catalogue of government data: its number there, how it may be shared, and what for.
//!
//! The three classes are those of 《政务信息资源共享管理暂行办法》 (国发〔2016〕51号, article 9), which the 《政务数据共享条例》 keeps.

use super::text::Bilingual;
use crate::model::field::named;

named! {
    pub enum ShareClass {
        /// 无条件共享: every department may have it.
        Unconditional = "unconditional",
        /// 有条件共享: some departments, or parts of it, for a purpose that was agreed.
        Conditional = "conditional",
        /// 不予共享: kept where it is.
        NotShared = "not_shared",
    }
}

impl ShareClass {
    /// The class in both languages.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            ShareClass::Unconditional => ("无条件共享", "shared without conditions"),
            ShareClass::Conditional => ("有条件共享", "shared under conditions"),
            ShareClass::NotShared => ("不予共享", "not shared"),
        }
    }
}

/// The registry's entry. What the manifest does not say is not known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalogue {
    /// Its number in the catalogue.
    pub number: Option<String>,
    pub share: Option<ShareClass>,
    /// What its data may be used for.
    pub purpose: Option<Bilingual>,
}
