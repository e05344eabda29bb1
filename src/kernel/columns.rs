//! Arrow IPC streams as rows: plain columns by name, each fault with its row and column.
//!
//! Numbers are signed, as the engines that read these streams know no others: 64 bits of a hash are the same 64 bits here. Dictionaries are
//! refused, since some engines hand on their indices for what they stand for.

use std::io::{BufReader, BufWriter, Read, Write};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};

use crate::model::problem::Problem;

/// Rows written at a time.
const BATCH: usize = 1 << 13;

/// Some rows that stand together.
pub(super) struct Rows {
    batch: RecordBatch,
    /// Rows before them.
    before: usize,
}

/// A column of texts.
pub(super) struct Texts<'a>(&'a ArrayRef);
/// A column of bytes.
pub(super) struct Bytes<'a>(&'a ArrayRef);
/// A column of whole numbers.
pub(super) struct Wholes<'a>(&'a ArrayRef);
/// A column of yes or no.
pub(super) struct Flags<'a>(&'a ArrayRef);
/// A column of numbers of single precision.
pub(super) struct Floats<'a>(&'a ArrayRef);
/// A column of lists of texts.
pub(super) struct TextLists<'a>(&'a ArrayRef);

impl<'a> Texts<'a> {
    /// None where nothing stands, or nothing but blanks.
    pub fn get(&self, row: usize) -> Option<&'a str> {
        text(self.0, row).filter(|text| !text.trim().is_empty())
    }
}

fn text(array: &ArrayRef, row: usize) -> Option<&str> {
    if array.is_null(row) {
        return None;
    }
    let of_any = || Some(array.as_string_view_opt()?.value(row));
    let of_large = || Some(array.as_string_opt::<i64>()?.value(row));
    array.as_string_opt::<i32>().map(|texts| texts.value(row)).or_else(of_large).or_else(of_any)
}

impl<'a> Bytes<'a> {
    /// None where nothing stands.
    pub fn get(&self, row: usize) -> Option<&'a [u8]> {
        if self.0.is_null(row) {
            return None;
        }
        let of_large = || Some(self.0.as_binary_opt::<i64>()?.value(row));
        self.0.as_binary_opt::<i32>().map(|bytes| bytes.value(row)).or_else(of_large)
    }
}

impl Wholes<'_> {
    /// None where nothing stands.
    pub fn get(&self, row: usize) -> Option<i64> {
        if self.0.is_null(row) {
            return None;
        }
        let of_small = || Some(i64::from(self.0.as_primitive_opt::<Int32Type>()?.value(row)));
        self.0.as_primitive_opt::<Int64Type>().map(|numbers| numbers.value(row)).or_else(of_small)
    }
}

impl Flags<'_> {
    /// None where nothing stands.
    pub fn get(&self, row: usize) -> Option<bool> {
        self.0.as_boolean_opt().filter(|_| self.0.is_valid(row)).map(|flags| flags.value(row))
    }
}

impl Floats<'_> {
    /// None where nothing stands.
    pub fn get(&self, row: usize) -> Option<f32> {
        self.0.as_primitive_opt::<Float32Type>().filter(|_| self.0.is_valid(row)).map(|numbers| numbers.value(row))
    }
}

impl TextLists<'_> {
    /// The texts that are not blank.
    pub fn get(&self, row: usize) -> Vec<Box<str>> {
        let Some(lists) = self.0.as_list_opt::<i32>().filter(|_| self.0.is_valid(row)) else { return Vec::new() };
        let list = lists.value(row);
        let texts = (0..list.len()).filter_map(|at| text(&list, at));
        texts.filter(|text| !text.trim().is_empty()).map(Into::into).collect()
    }
}

impl Rows {
    pub fn len(&self) -> usize {
        self.batch.num_rows()
    }
    pub fn has(&self, column: &str) -> bool {
        self.batch.schema_ref().index_of(column).is_ok()
    }
    /// Columns that are none of these.
    pub fn unknown<'a>(&'a self, known: &[&str]) -> Vec<&'a str> {
        let names = self.batch.schema_ref().fields().iter().map(|field| field.name().as_str());
        names.filter(|name| !known.contains(name)).collect()
    }

    fn column(&self, column: &str, fits: impl Fn(&DataType) -> bool, wanted: (&str, &str)) -> Result<Option<&ArrayRef>, Problem> {
        let Some(array) = self.batch.column_by_name(column) else { return Ok(None) };
        let found = array.data_type();
        if fits(found) {
            return Ok(Some(array));
        }
        let (mut zh, mut en) = (
            format!("列 {column} 的类型为 {found}，应为{}", wanted.0),
            format!("column {column} is of type {found}; expected {}", wanted.1),
        );
        if matches!(found, DataType::Dictionary(..)) {
            zh.push_str("；不接受字典列，请先还原为普通列");
            en.push_str("; dictionaries are not taken, turn it into a plain column first");
        }
        Err(Problem::new("kernel_column_type", zh, en))
    }

    /// None where there is no such column.
    ///
    /// # Errors
    /// The column is of another type.
    pub fn texts(&self, column: &str) -> Result<Option<Texts<'_>>, Problem> {
        Ok(self.column(column, is_text, ("文本（utf8）", "text (utf8)"))?.map(Texts))
    }
    /// None where there is no such column.
    ///
    /// # Errors
    /// The column is of another type.
    pub fn bytes(&self, column: &str) -> Result<Option<Bytes<'_>>, Problem> {
        let fits = |found: &DataType| matches!(found, DataType::Binary | DataType::LargeBinary);
        Ok(self.column(column, fits, ("字节串（binary）", "bytes (binary)"))?.map(Bytes))
    }
    /// None where there is no such column.
    ///
    /// # Errors
    /// The column is of another type.
    pub fn wholes(&self, column: &str) -> Result<Option<Wholes<'_>>, Problem> {
        let fits = |found: &DataType| matches!(found, DataType::Int64 | DataType::Int32);
        Ok(self.column(column, fits, ("整数（int64 或 int32）", "whole numbers (int64 or int32)"))?.map(Wholes))
    }
    /// None where there is no such column.
    ///
    /// # Errors
    /// The column is of another type.
    pub fn flags(&self, column: &str) -> Result<Option<Flags<'_>>, Problem> {
        let fits = |found: &DataType| matches!(found, DataType::Boolean);
        Ok(self.column(column, fits, ("是否（bool）", "yes or no (bool)"))?.map(Flags))
    }
    /// None where there is no such column.
    ///
    /// # Errors
    /// The column is of another type.
    pub fn floats(&self, column: &str) -> Result<Option<Floats<'_>>, Problem> {
        let fits = |found: &DataType| matches!(found, DataType::Float32);
        Ok(self.column(column, fits, ("单精度数（float32）", "numbers of single precision (float32)"))?.map(Floats))
    }
    /// None where there is no such column.
    ///
    /// # Errors
    /// The column is of another type.
    pub fn text_lists(&self, column: &str) -> Result<Option<TextLists<'_>>, Problem> {
        let fits = |found: &DataType| matches!(found, DataType::List(of) if is_text(of.data_type()));
        Ok(self.column(column, fits, ("文本列表（list<utf8>）", "lists of text (list<utf8>)"))?.map(TextLists))
    }

    /// What is wrong in a row, counted from 1 over the whole stream.
    pub fn fault(&self, row: usize, column: &str, (zh, en): (impl std::fmt::Display, impl std::fmt::Display)) -> Problem {
        let number = self.before + row + 1;
        Problem::new("kernel_row", format!("第 {number} 行，列 {column}：{zh}"), format!("row {number}, column {column}: {en}"))
    }
}

fn is_text(found: &DataType) -> bool {
    matches!(found, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// For a column without which nothing can be done.
pub(super) fn needed<T>(found: Option<T>, column: &str) -> Result<T, Problem> {
    found.ok_or_else(|| Problem::new("kernel_column", format!("缺少列 {column}"), format!("column {column} is missing")))
}

/// For a cell that must not be empty.
pub(super) fn filled<T>(rows: &Rows, row: usize, column: &str, found: Option<T>) -> Result<T, Problem> {
    found.ok_or_else(|| rows.fault(row, column, ("为空", "is empty")))
}

/// A reader that remembers the last bytes that were taken from it.
struct Remembering<R> {
    inner: R,
    last: [u8; END.len()],
}

/// How a stream says that nothing follows. What ends without it was cut off.
const END: [u8; 8] = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0];

impl<R: Read> Read for Remembering<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let len = self.inner.read(into)?;
        for byte in &into[len.saturating_sub(END.len())..len] {
            self.last.rotate_left(1);
            self.last[END.len() - 1] = *byte;
        }
        Ok(len)
    }
}

/// Hands the rows of a stream on, some at a time.
pub(super) fn read_rows(input: impl Read, mut seen: impl FnMut(&Rows) -> Result<(), Problem>) -> Result<(), Problem> {
    let input = Remembering { inner: BufReader::new(input), last: [0; END.len()] };
    let mut reader = StreamReader::try_new(input, None).map_err(|e| unreadable(&e))?;
    let mut before = 0;
    let damaged = |before: usize, why: &dyn std::fmt::Display| {
        let zh = format!("第 {before} 行之后的数据流已损坏或中断：{why}");
        Problem::new("kernel_stream", zh, format!("the stream is damaged or ends after row {before}: {why}"))
    };
    for batch in reader.by_ref() {
        let rows = Rows { batch: batch.map_err(|e| damaged(before, &e))?, before };
        seen(&rows)?;
        before += rows.len();
    }
    let rest = reader.get_mut();
    if rest.last != END {
        return Err(damaged(before, &"no end of stream"));
    }
    match rest.inner.read(&mut [0]) {
        Ok(0) => Ok(()),
        Ok(_) => Err(damaged(before, &"more bytes follow its end")),
        Err(e) => Err(damaged(before, &e)),
    }
}

fn unreadable(e: &ArrowError) -> Problem {
    let (zh, en) = (format!("输入不是 Arrow IPC 数据流：{e}"), format!("the input is no Arrow IPC stream: {e}"));
    Problem::new("kernel_stream", zh, en)
}

/// Where rows are written to. A stream is whole only once [`Output::end`] has written its end.
pub(super) struct Output<W: Write> {
    schema: Arc<Schema>,
    writer: StreamWriter<BufWriter<W>>,
}

impl<W: Write> Output<W> {
    /// Begins a stream.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn new(output: W, columns: &[(&str, DataType, bool)]) -> Result<Output<W>, Problem> {
        let fields: Vec<Field> =
            columns.iter().map(|(name, kind, nullable)| Field::new(*name, kind.clone(), *nullable)).collect();
        let schema = Arc::new(Schema::new(fields));
        let writer = StreamWriter::try_new_buffered(output, &schema).map_err(|e| unwritten(&e))?;
        Ok(Output { schema, writer })
    }

    /// Writes rows, some at a time; `columns` makes the columns of some of them.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn rows<T>(&mut self, rows: &[T], columns: impl Fn(&[T]) -> Vec<ArrayRef>) -> Result<(), Problem> {
        for some in rows.chunks(BATCH) {
            let batch = RecordBatch::try_new(self.schema.clone(), columns(some)).map_err(|e| unwritten(&e))?;
            self.writer.write(&batch).map_err(|e| unwritten(&e))?;
        }
        Ok(())
    }

    /// Writes the end of the stream.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn end(mut self) -> Result<(), Problem> {
        self.writer.finish().map_err(|e| unwritten(&e))?;
        self.writer.into_inner().map_err(|e| unwritten(&e))?.flush().map_err(|e| unwritten(&e.into()))
    }
}

fn unwritten(e: &ArrowError) -> Problem {
    Problem::new("kernel_output", format!("无法写出数据流：{e}"), format!("the stream cannot be written: {e}"))
}
