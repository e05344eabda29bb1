//! The kinds of reading that a manifest can name.

use crate::model::field::named;

named! {
    /// `as = …` in a connector.
    pub enum As {
        /// Trimmed text, as written.
        Text = "text",
        /// A name: trimmed; `normalise` reads it further.
        Name = "name",
        CreditCode = "credit_code",
        OrganisationCode = "organisation_code",
        RegistrationNumber = "registration_number",
        TaxNumber = "tax_number",
        /// A whole number ≥ 0; `1,234`, `57人` and `57.0` are read.
        Count = "count",
        /// A decimal number; `35%` reads 35.
        Number = "number",
        Money = "money",
        Date = "date",
        /// A division code of 6, 9 or 12 digits.
        Area = "area",
        /// A district by name.
        District = "district",
        /// A code of GB/T 4754 (section letter, 2, 3 or 4 digits) in the `edition` given.
        Industry = "industry",
        /// OperatingStatus, through the value map and the words known everywhere.
        Status = "status",
        Ownership = "ownership",
        UnionKind = "union_kind",
        UnionStatus = "union_status",
        PaymentKind = "payment_kind",
        /// Yes or no.
        Flag = "flag",
        /// Any vocabulary of its own: only what the value map names is read.
        Code = "code",
        /// The first and the second number of a cell such as `116.39,39.90`.
        FirstNumber = "first_number",
        SecondNumber = "second_number",
        /// Several units in one cell, `name|code` each; each becomes a record of kind `covered_unit`.
        List = "list",
    }
}

impl As {
    /// Codes with a check character: a failing one is kept as written and weighs less.
    pub fn is_identifier(self) -> bool {
        matches!(self, As::CreditCode | As::OrganisationCode | As::RegistrationNumber | As::TaxNumber)
    }
}
