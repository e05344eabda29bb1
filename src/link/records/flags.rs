//! What is known of a record by one bit each: `RecordRow::flags`.

/// Its registry issues credit codes.
pub const ISSUES_CODES: u8 = 1;
/// Its valid codes contradict each other.
pub const CONTRADICTING: u8 = 2;
/// Its organisation code stands in a credit code.
pub const BY_CREDIT_CODE: u8 = 4;
/// It was removed; its number stays taken.
pub const GONE: u8 = 8;
/// It is the record of a joint or regional union: no single host is named.
pub const JOINT: u8 = 16;
/// Its registry says that it is a legal person's own record (法人单位).
pub const LEGAL_UNIT: u8 = 32;
/// Its registry says that it is an establishment of a legal person (产业活动单位).
pub const ESTABLISHMENT: u8 = 64;
/// Nothing tells its district but the number that an office there gave it: it may have moved.
pub const BY_OFFICE: u8 = 128;
