//! Lends landing a connector's way of reading a row.

use std::sync::Arc;

use crate::connector::{Connector, Layout, Problem, RowError};
use crate::land::apply::RowReader;
use crate::land::spool::Fault;
use crate::model::field::Field;

struct Reader {
    connector: Arc<Connector>,
    layout: Layout,
}

/// # Errors
/// The columns lack the key: none of the rows could be told apart.
pub fn reader(connector: &Arc<Connector>, columns: &[String]) -> Result<Arc<dyn RowReader>, Problem> {
    let layout = connector.layout(columns)?;
    Ok(Arc::new(Reader { connector: connector.clone(), layout }))
}

pub(super) fn fault(error: RowError) -> Fault {
    Fault { code: error.code.to_owned(), column: error.column, zh: error.zh, en: error.en, raw: String::new() }
}

impl RowReader for Reader {
    fn key(&self, cells: &[Option<&str>]) -> Result<String, Fault> {
        self.connector.key(&self.layout, cells).map(|k| k.into_owned()).map_err(fault)
    }
    fn check(&self, cells: &[Option<&str>]) -> Result<Option<i64>, Fault> {
        let records = self.connector.read(&self.layout, cells).map_err(fault)?;
        let updated = records.first().and_then(|r| r.date(Field::UpdatedAt)).and_then(|d| d.first_day());
        Ok(updated.and_then(|d| d.and_hms_opt(0, 0, 0)).map(|t| t.and_utc().timestamp_millis()))
    }
}

/// The reader of a pull that brought nothing.
pub struct NoRows;

impl RowReader for NoRows {
    fn key(&self, _: &[Option<&str>]) -> Result<String, Fault> {
        unreachable!("there are no rows")
    }
    fn check(&self, _: &[Option<&str>]) -> Result<Option<i64>, Fault> {
        unreachable!("there are no rows")
    }
}
