//! `particulars.arrow`: what is told of a row and never counted, ordered or searched by: rows as in `enterprises.arrow`, in blocks.
//!
//! In: rows to write, or the opened file; of an edition of an earlier program `enterprises.arrow`, which had these columns too. Out: the
//! columns of a row's block, read for themselves where a question goes through all of them.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, UInt16Type, UInt32Type};
use arrow_array::{ArrayRef, Decimal128Array, ListArray, RecordBatch, StringArray, UInt16Array, UInt32Array};

use crate::edition::error::EditionError;
use crate::edition::format::blocks::{Blocks, block_columns};
use crate::edition::format::cells::{Small, Word};
use crate::edition::format::columns::{Words, enum_column, lists, money, texts};
use crate::edition::format::table::{Opened, TableColumn, column};
use crate::edition::format::unpacked::Unpacked;
use crate::model::enterprise::{Enterprise, EnterpriseField};
use crate::model::verdict::{EnterpriseTag, FundKind, SizeBasis};

pub(in crate::edition) const PARTICULARS: &str = "particulars.arrow";
/// Rows that are unpacked together.
pub(in crate::edition) const PARTICULARS_A_BLOCK: usize = 4_096;

block_columns! {
    /// Credit codes as written, where they are not `credit_code`; empty where none is written.
    CodesAsWritten { credit_code_raw: StringArray = |a| a.as_string_opt() }
}
block_columns! {
    /// Whom a duty for a building or a list by address concerns is looked for in all of them.
    Addresses { address: StringArray = |a| a.as_string_opt() }
}
block_columns! {
    /// What the rarer measures of coverage add up.
    Amounts {
        payroll: Decimal128Array = |a| a.as_primitive_opt::<Decimal128Type>(),
        fund_due: Decimal128Array = |a| a.as_primitive_opt::<Decimal128Type>(),
        fund_paid: Decimal128Array = |a| a.as_primitive_opt::<Decimal128Type>(),
    }
}
block_columns! {
    /// What is only told.
    Told {
        former_names: ListArray = |a| a.as_list_opt(),
        registration_type: Word = |a| a.as_dictionary_opt(),
        investor_countries: ListArray = |a| a.as_list_opt(),
        industry_edition: UInt16Array = |a| a.as_primitive_opt::<UInt16Type>(),
        findings: ListArray = |a| a.as_list_opt(),
        branch_of: StringArray = |a| a.as_string_opt(),
        size_rule: Word = |a| a.as_dictionary_opt(),
        fund_period: Word = |a| a.as_dictionary_opt(),
        fund_kind: Small = |a| a.as_dictionary_opt(),
        size_basis: Small = |a| a.as_dictionary_opt(),
        tags: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
        conflicts: UInt32Array = |a| a.as_primitive_opt::<UInt32Type>(),
    }
}

/// The opened file.
pub(in crate::edition) struct Particulars {
    pub codes: Blocks<CodesAsWritten>,
    pub addresses: Blocks<Addresses>,
    pub amounts: Blocks<Amounts>,
    pub told: Blocks<Told>,
}

impl Particulars {
    /// The columns of a file with so many rows.
    ///
    /// # Errors
    /// Broken, where a column is missing or of another type, or where there are other rows.
    pub fn open(file: &Arc<Opened>, rows: usize, unpacked: &Arc<Unpacked>) -> Result<Particulars, EditionError> {
        Ok(Particulars {
            codes: Blocks::open(file, CodesAsWritten::NAMES, rows, unpacked, CodesAsWritten::read)?,
            addresses: Blocks::open(file, Addresses::NAMES, rows, unpacked, Addresses::read)?,
            amounts: Blocks::open(file, Amounts::NAMES, rows, unpacked, Amounts::read)?,
            told: Blocks::open(file, Told::NAMES, rows, unpacked, Told::read)?,
        })
    }

    /// Those that stand among the other columns.
    ///
    /// # Errors
    /// Broken, where a column is missing or of another type.
    pub fn of_enterprises(folder: &std::path::Path, enterprises: &RecordBatch) -> Result<Particulars, EditionError> {
        let path = folder.join("enterprises.arrow");
        Ok(Particulars {
            codes: Blocks::of_table(&path, enterprises, CodesAsWritten::read)?,
            addresses: Blocks::of_table(&path, enterprises, Addresses::read)?,
            amounts: Blocks::of_table(&path, enterprises, Amounts::read)?,
            told: Blocks::of_table(&path, enterprises, Told::read)?,
        })
    }
}

/// What the file is made of, block by block.
pub(in crate::edition) struct ParticularsToWrite<'a> {
    rows: &'a [Enterprise],
    registration_types: Words<'a>,
    size_rules: Words<'a>,
    fund_periods: Words<'a>,
}

impl<'a> ParticularsToWrite<'a> {
    /// # Errors
    /// A column has more words than the format holds.
    pub fn new(rows: &'a [Enterprise]) -> Result<ParticularsToWrite<'a>, EditionError> {
        Ok(ParticularsToWrite {
            rows,
            registration_types: Words::of(rows.iter().filter_map(|e| e.registration_type.as_deref()))?,
            size_rules: Words::of(rows.iter().filter_map(|e| e.verdicts.size.rule.as_deref()))?,
            fund_periods: Words::of(rows.iter().map(|e| &*e.verdicts.fund.period))?,
        })
    }

    /// The columns of some rows.
    ///
    /// # Errors
    /// Arrow refuses them.
    pub fn columns(&self, rows: Range<usize>) -> Result<Vec<TableColumn>, EditionError> {
        let rows = &self.rows[rows];
        let plain = |name: &str, array: ArrayRef| column(name, array, &[]);
        let bit_column = |name: &str, names: Vec<&str>, value: fn(&Enterprise) -> u32| {
            let bits: UInt32Array = rows.iter().map(value).collect();
            column(name, Arc::new(bits) as ArrayRef, &[("bits, lowest first", &*names.join(","))])
        };
        let code =
            |e: &'_ Enterprise| (e.credit_code_raw != e.credit_code).then(|| e.credit_code_raw.clone().unwrap_or_default());
        let codes: StringArray = rows.iter().map(code).collect();
        let editions: UInt16Array = rows.iter().map(|e| Some(e.industry_edition)).collect();
        Ok(vec![
            column(
                "credit_code_raw",
                Arc::new(codes) as ArrayRef,
                &[("is", "the code as written where it is not credit_code of enterprises.arrow; empty: none")],
            ),
            plain("former_names", lists(rows.iter().map(|e| e.former_names.iter().map(|n| &**n)))),
            plain("address", texts(rows.iter().map(|e| e.address.as_deref()))),
            column("industry_edition", Arc::new(editions) as ArrayRef, &[("classification", "GB/T 4754, year")]),
            plain("registration_type", self.registration_types.column(rows.iter().map(|e| e.registration_type.as_deref()))?),
            plain("investor_countries", lists(rows.iter().map(|e| e.investor_countries.iter().map(|n| &**n)))),
            column("payroll", money(rows, |e| e.payroll)?, &[("unit", "yuan")]),
            plain("findings", lists(rows.iter().map(|e| e.findings.iter().map(|n| &**n)))),
            plain("branch_of", texts(rows.iter().map(|e| e.branch_of.as_deref()))),
            bit_column("tags", EnterpriseTag::ALL.iter().map(|t| t.name()).collect(), |e| e.tags.0),
            bit_column("conflicts", EnterpriseField::ALL.iter().map(|t| t.name()).collect(), |e| e.conflicts.0),
            plain("size_basis", enum_column!(rows, SizeBasis, |e| e.verdicts.size.basis)?),
            plain("size_rule", self.size_rules.column(rows.iter().map(|e| e.verdicts.size.rule.as_deref()))?),
            plain("fund_period", self.fund_periods.column(rows.iter().map(|e| Some(&*e.verdicts.fund.period)))?),
            column("fund_due", money(rows, |e| e.verdicts.fund.due)?, &[("unit", "yuan")]),
            column("fund_paid", money(rows, |e| e.verdicts.fund.paid)?, &[("unit", "yuan")]),
            plain("fund_kind", enum_column!(rows, FundKind, |e| e.verdicts.fund.kind_paid)?),
        ])
    }
}
