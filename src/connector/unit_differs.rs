//! Whether a contract reads amounts in another unit of money than the table says.

use super::mapping::{Column, Contract};
use super::read_as::As;
use super::wording;

impl Contract {
    /// The first column of money that is read in another unit than the table says: one whose header names none of its own.
    pub fn contradicted_by(&self, yuan: i64) -> Option<&Column> {
        self.columns.iter().find(|column| {
            let own = column.name.contains('元') || wording::latin(&column.name).is_some_and(|(_, unit)| unit.is_some());
            column.read_as == As::Money && column.unit.yuan != yuan && !own
        })
    }
}
