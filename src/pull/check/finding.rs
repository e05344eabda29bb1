//! What one check of a connector found.

/// One test and how it went.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    pub name: &'static str,
    pub passed: bool,
    pub zh: String,
    pub en: String,
}

pub(super) fn found(name: &'static str, passed: bool, zh: impl Into<String>, en: impl Into<String>) -> Finding {
    Finding { name, passed, zh: zh.into(), en: en.into() }
}
