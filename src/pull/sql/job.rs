//! One pull over an open connection: its statements, and its rows on their way to the sink.
//!
//! In: the columns that a database reports, and rows of texts. Out: statements to run, chunks and checkpoints. Nothing here speaks
//! to a database.

use std::borrow::Cow;
use std::time::Duration;

use super::dialect::{Dialect, holds_bytes, is_compared_as_text, may_be_no_number, shape, trimmed};
use super::encoding;
use crate::connector::{Connector, Encoding, RowError, Source, same_header};
use crate::pull::chunk::{Mark, RowHead};
use crate::pull::context::{Cursor, Position, Progress, PullContext, Pulled, RowSink};
use crate::pull::csv::nul;
use crate::pull::greatest::{Greatest, stepped_back};
use crate::pull::{Chunk, Note, PullError};

/// One pull over an open connection.
pub(super) struct Job<'a> {
    pub(super) connector: &'a Connector,
    pub(super) cursor: Cursor,
    pub(super) context: &'a PullContext,
    pub(super) sink: &'a mut dyn RowSink,
    pub(super) dialect: Dialect,
    pub(super) columns: Vec<String>,
    pub(super) types: Vec<String>,
    /// The encoding in which texts were put into columns of another one.
    pub(super) encoding: Option<&'static encoding_rs::Encoding>,
    /// Of each column: texts beyond ASCII, and how many of them look like Chinese that passed for a western text.
    pub(super) suspects: Vec<(u64, u64)>,
    pub(super) looked_at: bool,
    /// The cursor column sorts otherwise than it counts: every row is read.
    pub(super) cursor_misleads: bool,
    /// Positions of the columns that order the rows.
    pub(super) order: Vec<usize>,
    pub(super) cursor_at: Option<usize>,
    pub(super) greatest: Greatest,
    pub(super) chunk: Chunk,
    pub(super) rows: u64,
    pub(super) faults: u64,
    pub(super) last_key: Vec<String>,
    /// Parameters are written `?`, and the end of a probe as every database knows it.
    pub(super) odbc: bool,
    /// A page went out since the last pause.
    pub(super) page_done: bool,
    pub(super) fingerprint: String,
}

impl<'a> Job<'a> {
    pub(super) fn new(
        connector: &'a Connector,
        cursor: Cursor,
        context: &'a PullContext,
        sink: &'a mut dyn RowSink,
        dialect: Dialect,
    ) -> Job<'a> {
        let greatest = Greatest::new(&cursor, &context.clock);
        Job {
            connector,
            cursor,
            context,
            sink,
            dialect,
            columns: Vec::new(),
            types: Vec::new(),
            encoding: match connector.decoding.encoding {
                Encoding::Auto => None,
                Encoding::Named(encoding) => Some(encoding),
            },
            suspects: Vec::new(),
            looked_at: false,
            cursor_misleads: false,
            order: Vec::new(),
            cursor_at: None,
            greatest,
            chunk: Chunk::default(),
            rows: 0,
            faults: 0,
            last_key: Vec::new(),
            odbc: false,
            page_done: false,
            fingerprint: String::new(),
        }
    }

    pub(super) fn through_odbc(
        connector: &'a Connector,
        cursor: Cursor,
        context: &'a PullContext,
        sink: &'a mut dyn RowSink,
        dialect: Dialect,
    ) -> Job<'a> {
        Job { odbc: true, ..Job::new(connector, cursor, context, sink, dialect) }
    }

    /// How the statement writes its parameter of this number.
    pub(super) fn mark(&self, parameter: usize) -> String {
        if self.odbc || self.dialect == Dialect::MySql { "?".to_owned() } else { format!("${parameter}") }
    }

    pub(super) fn quoted(&self, name: &str) -> String {
        self.dialect.quoted(name)
    }

    pub(super) fn relation(&self) -> String {
        let Source { sql, .. } = &self.connector.source;
        match (&sql.query, &sql.table) {
            (Some(query), _) => format!("({}\n) source", trimmed(query)),
            (None, Some(table)) => {
                let table = table.split('.').map(|part| self.dialect.table(part)).collect::<Vec<_>>().join(".");
                format!("{table} source")
            }
            (None, None) => format!("{} source", self.dialect.table(&self.connector.name)),
        }
    }

    /// A column of the table itself: a bare name in ORDER BY would mean the text that the SELECT makes of it.
    pub(super) fn column(&self, at: usize) -> String {
        format!("source.{}", self.quoted(&self.columns[at]))
    }

    pub(super) fn probe(&self) -> String {
        // Oracle and SQL Server know no LIMIT.
        let end = if self.odbc { "WHERE 1 = 0" } else { "LIMIT 0" };
        format!("SELECT * FROM {} {end}", self.relation())
    }

    /// Takes the columns that the database reports, and finds those that order the rows.
    pub(super) fn start(&mut self, columns: Vec<(String, String)>) -> Result<(), PullError> {
        let ignored = |name: &str| self.connector.contract.ignore.iter().any(|i| same_header(i, name));
        let read = self.read_columns(&columns);
        let (kept, left): (Vec<_>, Vec<_>) = columns
            .into_iter()
            .filter(|(name, _)| read(name) || !ignored(name))
            .partition(|(name, kind)| read(name) || !holds_bytes(kind));
        if !left.is_empty() {
            let names = |sep| left.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(sep);
            let note = Note::new(
                "columns_of_bytes",
                format!("未读取图片等二进制列：{}", names("、")),
                format!("columns of bytes (pictures and the like) were not read: {}", names(", ")),
            );
            self.sink.note(note).map_err(|e| PullError::sink(self.connector, &e))?;
        }
        (self.columns, self.types) = kept.into_iter().unzip();
        self.suspects = vec![(0, 0); self.columns.len()];
        let layout = self.connector.layout(&self.columns).map_err(PullError::of)?;
        let ordered = layout.key_positions();
        if let Some(name) = &self.connector.source.sql.cursor {
            let by = |same: &dyn Fn(&str) -> bool| self.columns.iter().position(|c| same(c));
            let at = by(&|c| c == name).or_else(|| by(&|c| same_header(c, name))).ok_or_else(|| {
                let found = match crate::connector::nearest(name, self.columns.iter().map(String::as_str)) {
                    Some(near) => vec![near],
                    None => self.columns.iter().map(String::as_str).take(8).collect(),
                };
                PullError::new(
                    self.connector,
                    "column_missing",
                    format!("没有增量列「{name}」（source.sql.cursor）；有的是「{}」", found.join("」「")),
                    format!("cursor column \"{name}\" missing (source.sql.cursor); found \"{}\"", found.join("\", \"")),
                )
            })?;
            self.cursor_at = Some(at);
            self.order.push(at);
        }
        self.order.extend(ordered.iter().filter(|at| Some(**at) != self.cursor_at));
        self.chunk = Chunk::new(self.columns.len());
        self.sink.columns(&self.columns).map_err(|e| PullError::sink(self.connector, &e))
    }

    /// Whether a column is the cursor, of the key, or read by the contract.
    pub(super) fn read_columns(&self, columns: &[(String, String)]) -> impl Fn(&str) -> bool + use<> {
        let (contract, sql) = (&self.connector.contract, &self.connector.source.sql);
        let spellings = contract.columns.iter().flat_map(|c| std::iter::once(&c.name).chain(&c.also));
        let combined = contract.combine.iter().flat_map(|c| &c.columns);
        let wanted: Vec<&String> = spellings.chain(combined).chain(&contract.key).chain(&sql.cursor).collect();
        let read: Vec<String> =
            columns.iter().map(|(name, _)| name.clone()).filter(|name| wanted.iter().any(|w| same_header(w, name))).collect();
        move |name: &str| read.iter().any(|r| r == name)
    }

    pub(super) fn as_text(&self, at: usize) -> String {
        self.dialect.as_text(&self.column(at), &self.types[at])
    }

    /// A text as a value to compare with a column: bound, or written into the statement.
    pub(super) fn value(&self, at: usize, text: String, bound: &mut Vec<String>) -> String {
        if let Some(literal) = self.dialect.literal(&self.types[at], &text) {
            return literal;
        }
        bound.push(text);
        self.dialect.bound(&self.types[at], &self.mark(bound.len()))
    }

    /// Where the pull goes on in the cursor column; None: at the beginning.
    pub(super) fn from(&self) -> Option<String> {
        match (&self.cursor.greatest, &self.cursor.since) {
            (Some(greatest), _) if self.cursor.rows > 0 => Some(greatest.clone()),
            (_, Some(since)) => Some(stepped_back(since, self.connector.source.sql.overlap)),
            _ => None,
        }
    }

    /// How many values of a text cursor have their digits elsewhere than the value that the pull goes on from; None where that
    /// need not be asked. The statement and its text to bind.
    pub(super) fn count_of_other_shapes(&self) -> Option<(String, String)> {
        let at = self.cursor_at?;
        self.from().filter(|_| is_compared_as_text(self.dialect, &self.types[at]))?;
        let from = self.cursor.greatest.as_ref().filter(|_| self.cursor.rows > 0).or(self.cursor.since.as_ref())?;
        let (text, pattern) = (self.as_text(at), self.dialect.bound_text(&self.mark(1)));
        let counted = format!("SELECT {} FROM {} WHERE", self.dialect.counted("COUNT(*)"), self.relation());
        Some((format!("{counted} {} IS NOT NULL AND {text} NOT LIKE {pattern} ESCAPE '!'", self.column(at)), shape(from)))
    }

    /// Texts that sort otherwise than they count are no place to go on from.
    pub(super) fn cursor_misleads(&mut self) -> Result<(), PullError> {
        self.cursor_misleads = true;
        let name = self.cursor_at.map(|at| self.columns[at].clone()).unwrap_or_default();
        let note = Note::new(
            "cursor_is_text",
            format!("增量列「{name}」是长短不一的文本，按文本排序与按时间或数值不同，本次读取了全部行；建议改用日期时间或数值列"),
            format!(
                "cursor column \"{name}\" holds texts of different shapes, which sort otherwise than they count: all rows were read. A column of times or numbers would be better"
            ),
        );
        self.sink.note(note).map_err(|e| PullError::sink(self.connector, &e))
    }

    /// The statement and its texts to bind.
    pub(super) fn select(&self) -> (String, Vec<String>) {
        let columns = (0..self.columns.len()).map(|at| self.as_text(at)).collect::<Vec<_>>().join(", ");
        let order = self.order.iter().map(|at| self.column(*at)).collect::<Vec<_>>().join(", ");
        let (mut conditions, mut bound) = (Vec::new(), Vec::new());
        match (self.cursor_at, &self.cursor.at) {
            (Some(at), _) => {
                if let Some(from) = self.from().filter(|_| !self.cursor_misleads) {
                    // A value without a type is compared by what it happens to be: a number is less than any text.
                    let by_text = self.dialect == Dialect::Sqlite && is_compared_as_text(self.dialect, &self.types[at]);
                    let value = if by_text { self.as_text(at) } else { self.column(at) };
                    // Rows that do not say when they changed may have changed.
                    let from = self.value(at, from, &mut bound);
                    conditions.push(format!("({value} >= {from} OR {} IS NULL)", self.column(at)));
                }
            }
            (None, Some(Position::Key(last))) if last.len() == self.order.len() => {
                conditions.push(self.after(last, &mut bound));
            }
            _ => {}
        }
        let condition = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        (format!("SELECT {columns} FROM {}{condition} ORDER BY {order}", self.relation()), bound)
    }

    /// `(a, b) > (x, y)` spelled out, as not all databases use an index for the short form.
    pub(super) fn after(&self, last: &[String], bound: &mut Vec<String>) -> String {
        let mut alternatives = Vec::new();
        for depth in 0..self.order.len() {
            let mut parts = Vec::new();
            for (i, at) in self.order[..=depth].iter().enumerate() {
                let sign = if i == depth { ">" } else { "=" };
                let value = self.value(*at, last[i].clone(), bound);
                parts.push(format!("{} {sign} {value}", self.column(*at)));
            }
            alternatives.push(parts.join(" AND "));
        }
        format!("(({}))", alternatives.join(") OR ("))
    }

    /// The text of a value, in the encoding that the connector names; None where its bytes are no text.
    pub(super) fn text<'v>(&self, at: usize, bytes: &'v [u8]) -> Option<Option<Cow<'v, str>>> {
        let text = encoding::text(bytes, self.encoding)?;
        let no_number = may_be_no_number(self.dialect, &self.types[at]) && matches!(&*text, "NaN" | "Infinity" | "-Infinity");
        Some((!no_number).then_some(text))
    }

    pub(super) fn suspect(&mut self, cells: &[Option<&str>]) {
        if self.looked_at || self.encoding.is_some() {
            return;
        }
        for (at, text) in cells.iter().enumerate().filter_map(|(at, c)| c.filter(|t| !t.is_ascii()).map(|t| (at, t))) {
            self.suspects[at].0 += 1;
            self.suspects[at].1 += u64::from(encoding::suspected(text).is_some());
        }
    }

    /// The batch is held where a column's texts are Chinese that passed for a western text: nothing of it may land.
    pub(super) fn hold_suspects(&mut self, sample: &Chunk) -> Result<(), PullError> {
        if std::mem::replace(&mut self.looked_at, true) {
            return Ok(());
        }
        let Some(at) = self.suspects.iter().position(|(beyond, odd)| *odd > 0 && odd * 10 >= beyond * 9) else { return Ok(()) };
        let column = &self.columns[at];
        let mut texts = (0..sample.len()).filter_map(|row| sample.cells(row).nth(at).flatten());
        let found = texts.find_map(|t| Some((t.chars().take(8).collect::<String>(), encoding::suspected(t)?)));
        let (example, meant) = found.unwrap_or_default();
        Err(PullError::new(
            self.connector,
            "encoding",
            format!("「{column}」列像是中文存进了西文编码的列（如 {example}）；请写明 decoding.encoding = \"{meant}\"，该批次已暂停"),
            format!("column \"{column}\" looks like Chinese kept in a column of a western encoding (such as {example}): write decoding.encoding = \"{meant}\"; the batch is held"),
        )
        .held())
    }

    pub(super) fn row(&mut self, cells: &[Option<&str>]) -> Result<(), PullError> {
        self.suspect(cells);
        self.rows += 1;
        let number = self.cursor.rows + self.rows;
        if cells.iter().any(|c| c.is_some_and(|t| t.as_bytes().contains(&0))) {
            self.chunk.fault(number, None, nul(), &cells.iter().map(|c| c.unwrap_or_default()).collect::<Vec<_>>().join("\t"));
        } else {
            self.chunk.push_row(RowHead { number, offset: None, mark: Mark::Cells }, cells.iter().copied());
        }
        if let Some(text) = self.cursor_at.and_then(|at| cells[at]) {
            self.greatest.see(text);
        }
        self.last_key.clear();
        self.last_key.extend(self.order.iter().map(|at| cells[*at].unwrap_or_default().to_string()));
        self.flush_page()
    }

    pub(super) fn flush_page(&mut self) -> Result<(), PullError> {
        let page = self.connector.source.sql.page as usize;
        if !self.chunk.is_full() && self.chunk.len() + self.chunk.faults.len() < page {
            return Ok(());
        }
        self.page_done = true;
        self.flush(true)
    }

    /// How long the database is left alone between two pages.
    pub(super) fn pause(&mut self) -> Option<Duration> {
        let rate = self.connector.manners.rate_per_sec.filter(|_| self.page_done)?;
        self.page_done = false;
        Some(Duration::from_secs_f64(1.0 / rate))
    }

    /// `what`: why the value of a column is no text.
    pub(super) fn unreadable(&mut self, at: usize, what: &str) -> Result<(), PullError> {
        self.rows += 1;
        let column = &self.columns[at];
        let error = RowError::new("undecodable", format!(
                "「{column}」列的值不是文本（{what}）；若是 GBK，请写明 decoding.encoding = \"gbk\"；若无须读取，请列入 ignore"
            ), format!(
                "the value of column \"{column}\" is no text ({what}): write decoding.encoding = \"gbk\" where it is GBK, or name the column under ignore"
            )).of_column(column);
        self.chunk.fault(self.cursor.rows + self.rows, None, error, "");
        self.flush_page()
    }

    pub(super) fn flush(&mut self, more: bool) -> Result<(), PullError> {
        let connector = self.connector;
        let chunk = std::mem::replace(&mut self.chunk, Chunk::new(self.columns.len()));
        self.hold_suspects(&chunk)?;
        self.faults += chunk.faults.len() as u64;
        if !chunk.is_empty() {
            self.sink.rows(chunk).map_err(|e| PullError::sink(connector, &e))?;
        }
        let rows = self.cursor.rows + self.rows;
        self.context.report(Progress { rows, ..Progress::default() });
        if more {
            let at = if self.cursor_at.is_none() { Some(Position::Key(self.last_key.clone())) } else { None };
            let checkpoint =
                Cursor { at, since: self.cursor.since.clone(), greatest: self.greatest.value(), rows, ..Cursor::default() };
            self.sink.checkpoint(&checkpoint).map_err(|e| PullError::sink(connector, &e))?;
        }
        if self.context.cancel.is_cancelled() { Err(PullError::cancelled(connector)) } else { Ok(()) }
    }

    pub(super) fn finish(mut self) -> Result<Pulled, PullError> {
        self.flush(false)?;
        let incremental = self.cursor_at.is_some();
        let since = if incremental { self.greatest.value().or(self.cursor.since.clone()) } else { None };
        Ok(Pulled {
            complete: self.connector.complete && self.cursor.since.is_none(),
            next_cursor: Cursor { since, ..Cursor::default() },
            rows: self.rows,
            faults: self.faults,
            bytes: 0,
            fingerprint: self.fingerprint,
            unchanged: false,
        })
    }
}
