//! `replaced.arrow`: of an edition of several parts, which rows of which part are dead: replaced by a newer part, or no more.

use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt16Type, UInt32Type};
use arrow_array::{ArrayRef, UInt16Array, UInt32Array};
use roaring::RoaringBitmap;

use crate::edition::error::EditionError;
use crate::edition::format::columns::words;
use crate::edition::format::table::{TableColumn, column, named, open_table};

pub(in crate::edition) const REPLACED: &str = "replaced.arrow";
/// What a number is a row of.
const FILES: [&str; 3] = ["enterprises", "unions", "relations"];

/// What is dead of one part, by its own numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::edition) struct Replaced {
    pub rows: RoaringBitmap,
    pub unions: RoaringBitmap,
    /// Ties that no enterprise states: the others go with their enterprise.
    pub ties: RoaringBitmap,
}

impl Replaced {
    fn of(&mut self, file: &str) -> Option<&mut RoaringBitmap> {
        match file {
            "enterprises" => Some(&mut self.rows),
            "unions" => Some(&mut self.unions),
            "relations" => Some(&mut self.ties),
            _ => None,
        }
    }

    /// Of every part, the oldest first.
    ///
    /// # Errors
    /// A file that is missing or damaged.
    pub fn read(folder: &Path, bytes: u64, parts: usize) -> Result<Vec<Replaced>, EditionError> {
        let broken = |reason: &str| EditionError::Broken { path: folder.join(REPLACED), reason: reason.to_owned() };
        let table = open_table(folder, REPLACED, bytes)?;
        let part = named(&table, "part")?.as_primitive_opt::<UInt16Type>().ok_or_else(|| broken("part has another type"))?;
        let row = named(&table, "row")?.as_primitive_opt::<UInt32Type>().ok_or_else(|| broken("row has another type"))?;
        let file = named(&table, "file")?.as_dictionary_opt::<UInt16Type>().ok_or_else(|| broken("file has another type"))?;
        let names = file.values().as_string::<i32>();
        let mut found = vec![Replaced::default(); parts];
        for at in 0..table.num_rows() {
            let name = names.value(usize::from(file.keys().value(at)));
            let of = found.get_mut(usize::from(part.value(at))).ok_or_else(|| broken("it names a part that is not there"))?;
            of.of(name).ok_or_else(|| broken("it names a file that has no rows"))?.insert(row.value(at));
        }
        Ok(found)
    }

    /// The columns that say so, of every part, the oldest first.
    ///
    /// # Errors
    /// A file that has no rows of its own.
    pub fn columns(mut parts: Vec<Replaced>) -> Result<Vec<TableColumn>, EditionError> {
        let (mut of, mut files, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for (number, part) in parts.iter_mut().enumerate() {
            for file in FILES {
                for row in part.of(file).into_iter().flat_map(|rows| rows.iter()) {
                    of.push(number as u16);
                    files.push(Some(file));
                    rows.push(row);
                }
            }
        }
        Ok(vec![
            column("part", Arc::new(UInt16Array::from(of)) as ArrayRef, &[("is", "position in the manifest's parts")]),
            column(
                "file",
                words(files.into_iter())?,
                &[("is", "enterprises.arrow with its rows elsewhere, unions.arrow, relations.arrow")],
            ),
            column("row", Arc::new(UInt32Array::from(rows)) as ArrayRef, &[]),
        ])
    }
}
