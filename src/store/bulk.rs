//! SQLite by its own handle, for millions of rows at a time.
//!
//! sqlx hands every statement and every row over to another thread and back, which costs more than the row itself. While
//! [`Bulk`] lives, that thread stands still and the connection is ours: the same transaction, the same settings. All
//! `unsafe` of the store is in this file.

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use libsqlite3_sys as ffi;
use sqlx::SqliteConnection;
use sqlx::sqlite::LockedSqliteHandle;

/// A value to bind.
#[derive(Clone, Copy)]
pub enum Bind<'v> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'v str),
}

impl From<i64> for Bind<'_> {
    fn from(n: i64) -> Self {
        Bind::Integer(n)
    }
}
impl<'v> From<&'v str> for Bind<'v> {
    fn from(text: &'v str) -> Self {
        Bind::Text(text)
    }
}
impl<'v, T: Into<Bind<'v>>> From<Option<T>> for Bind<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Bind::Null, Into::into)
    }
}
impl From<f64> for Bind<'_> {
    fn from(n: f64) -> Self {
        Bind::Real(n)
    }
}

/// A connection whose own thread waits.
pub struct Bulk<'c> {
    handle: LockedSqliteHandle<'c>,
}

impl<'c> Bulk<'c> {
    /// The handle under sqlx's connection, for as long as this lives.
    ///
    /// # Errors
    /// The connection is closed.
    pub async fn lock(connection: &'c mut SqliteConnection) -> Result<Bulk<'c>, sqlx::Error> {
        Ok(Bulk { handle: connection.lock_handle().await? })
    }

    /// Parameters are written `$1`, `$2` as everywhere; SQLite itself numbers `?1`, `?2` by their digits and `$1`, `$2` by
    /// where they first stand.
    ///
    /// # Errors
    /// The text is no statement of this database.
    pub fn prepare(&mut self, sql: &str) -> Result<Statement<'_>, sqlx::Error> {
        let sql = sql.replace('$', "?");
        let db = self.handle.as_raw_handle();
        let length = c_int::try_from(sql.len()).map_err(|_| sqlx::Error::Protocol("a statement above 2 GB".into()))?;
        let mut raw = ptr::null_mut();
        // SAFETY: `db` is open and ours while `self` is borrowed; `sql` is valid for `length` bytes during the call.
        let code = unsafe { ffi::sqlite3_prepare_v2(db.as_ptr(), sql.as_ptr().cast(), length, &mut raw, ptr::null_mut()) };
        match NonNull::new(raw) {
            Some(raw) if code == ffi::SQLITE_OK => {
                // SAFETY: `raw` was made a moment ago.
                let parameters = unsafe { ffi::sqlite3_bind_parameter_count(raw.as_ptr()) } as usize;
                Ok(Statement { raw, db, parameters, life: PhantomData })
            }
            // SAFETY: as above.
            _ => Err(unsafe { failure(db) }),
        }
    }
}

/// # Safety
/// `db` is an open connection that no other thread uses.
unsafe fn failure(db: NonNull<ffi::sqlite3>) -> sqlx::Error {
    // SAFETY: by the caller's promise; the message is valid until the next call on the connection and is copied here.
    let (code, message) = unsafe {
        let message = CStr::from_ptr(ffi::sqlite3_errmsg(db.as_ptr()));
        (ffi::sqlite3_extended_errcode(db.as_ptr()), message.to_string_lossy().into_owned())
    };
    sqlx::Error::Io(std::io::Error::other(format!("SQLite: {message} (code {code})")))
}

/// A prepared statement; neither it nor its rows leave the thread.
pub struct Statement<'b> {
    raw: NonNull<ffi::sqlite3_stmt>,
    db: NonNull<ffi::sqlite3>,
    parameters: usize,
    life: PhantomData<(&'b mut (), *mut ())>,
}

impl Statement<'_> {
    /// Runs it once with these values, which must be as many as its parameters.
    ///
    /// # Errors
    /// A constraint, a full disk, a database that is locked.
    pub fn run(&mut self, values: &[Bind<'_>]) -> Result<(), sqlx::Error> {
        self.each(values, |_| Ok(()))
    }

    /// Runs it and hands on every row, up to the first that cannot be taken.
    ///
    /// # Errors
    /// The statement fails, or a row cannot be taken.
    pub fn each(
        &mut self,
        values: &[Bind<'_>],
        mut take: impl FnMut(&BulkRow<'_>) -> Result<(), sqlx::Error>,
    ) -> Result<(), sqlx::Error> {
        assert_eq!(values.len(), self.parameters, "as many values as parameters");
        for (at, value) in (1..).zip(values) {
            // SAFETY: the texts outlive this call, and the statement is reset before it returns; every parameter is bound
            // anew before the next step, so that no pointer is read later. Lengths are those of the slices.
            let code = unsafe {
                match *value {
                    Bind::Null => ffi::sqlite3_bind_null(self.raw.as_ptr(), at),
                    Bind::Integer(n) => ffi::sqlite3_bind_int64(self.raw.as_ptr(), at, n),
                    Bind::Real(n) => ffi::sqlite3_bind_double(self.raw.as_ptr(), at, n),
                    Bind::Text(t) => ffi::sqlite3_bind_text64(
                        self.raw.as_ptr(),
                        at,
                        t.as_ptr().cast(),
                        t.len() as u64,
                        ffi::SQLITE_STATIC(),
                        ffi::SQLITE_UTF8 as u8,
                    ),
                }
            };
            if code != ffi::SQLITE_OK {
                // SAFETY: the connection is ours.
                return Err(unsafe { failure(self.db) });
            }
        }
        let ended = loop {
            // SAFETY: the statement is ours until it is dropped.
            match unsafe { ffi::sqlite3_step(self.raw.as_ptr()) } {
                ffi::SQLITE_ROW => {
                    if let Err(damaged) = take(&BulkRow { raw: self.raw, life: PhantomData }) {
                        break Err(damaged);
                    }
                }
                ffi::SQLITE_DONE => break Ok(()),
                // SAFETY: the connection is ours.
                _ => break Err(unsafe { failure(self.db) }),
            }
        };
        // SAFETY: as above; what it answers was said by `step` already.
        unsafe { ffi::sqlite3_reset(self.raw.as_ptr()) };
        ended
    }
}

impl Drop for Statement<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `prepare`, finalised once.
        unsafe { ffi::sqlite3_finalize(self.raw.as_ptr()) };
    }
}

/// The row a statement stands on.
pub struct BulkRow<'s> {
    raw: NonNull<ffi::sqlite3_stmt>,
    life: PhantomData<&'s ()>,
}

impl BulkRow<'_> {
    /// A whole number; 0 for NULL.
    pub fn integer(&self, column: c_int) -> i64 {
        // SAFETY: the statement stands on a row; a column that does not exist answers 0.
        unsafe { ffi::sqlite3_column_int64(self.raw.as_ptr(), column) }
    }

    pub fn optional_integer(&self, column: c_int) -> Option<i64> {
        // SAFETY: as above.
        let kind = unsafe { ffi::sqlite3_column_type(self.raw.as_ptr(), column) };
        (kind != ffi::SQLITE_NULL).then(|| self.integer(column))
    }

    /// Whatever stands there; None for bytes that are no text.
    ///
    /// # Errors
    /// As [`BulkRow::text`].
    pub fn value(&self, column: c_int) -> Result<Option<Bind<'_>>, NotUtf8> {
        // SAFETY: as above.
        Ok(match unsafe { ffi::sqlite3_column_type(self.raw.as_ptr(), column) } {
            ffi::SQLITE_NULL => Some(Bind::Null),
            ffi::SQLITE_INTEGER => Some(Bind::Integer(self.integer(column))),
            // SAFETY: as above.
            ffi::SQLITE_FLOAT => Some(Bind::Real(unsafe { ffi::sqlite3_column_double(self.raw.as_ptr(), column) })),
            ffi::SQLITE_TEXT => Some(Bind::Text(self.text(column)?)),
            _ => None,
        })
    }

    /// A text, valid while the statement stands on this row; empty for NULL.
    ///
    /// # Errors
    /// The column holds bytes that are not UTF-8: SQLite itself does not look.
    pub fn text(&self, column: c_int) -> Result<&str, NotUtf8> {
        // SAFETY: the pointer is valid for `bytes` bytes until the next step; `&self` keeps the row from moving on, as
        // rows are handed out one at a time by `each`.
        let bytes = unsafe {
            let text = ffi::sqlite3_column_text(self.raw.as_ptr(), column);
            let length = ffi::sqlite3_column_bytes(self.raw.as_ptr(), column);
            match text.is_null() {
                true => &[][..],
                false => std::slice::from_raw_parts(text, length as usize),
            }
        };
        simdutf8::basic::from_utf8(bytes).map_err(|_| NotUtf8 { column: self.name(column) })
    }

    /// The name of a column, for messages.
    fn name(&self, column: c_int) -> String {
        // SAFETY: the statement is ours; the name is valid until it is finalised and is copied here. NULL: no such column.
        unsafe {
            let name = ffi::sqlite3_column_name(self.raw.as_ptr(), column);
            if name.is_null() { column.to_string() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
        }
    }
}

/// A text that is none.
#[derive(Debug)]
pub struct NotUtf8 {
    column: String,
}

impl std::fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is not UTF-8", self.column)
    }
}

/// Runs long work on a connection without holding up the other tasks, where the runtime has other threads.
pub fn blocking<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|h| h.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
