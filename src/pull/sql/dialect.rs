//! What the databases call things: how a value of each type becomes its whole text, and how text is compared.

/// How the databases differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Postgres,
    MySql,
    Sqlite,
    /// Any other, through its ODBC driver: DM8, Oracle, SQL Server.
    Other,
}

impl Dialect {
    /// The type of a text in a CAST.
    pub fn text(self) -> &'static str {
        if self == Dialect::MySql { "CHAR" } else { "TEXT" }
    }

    pub fn quoted(self, name: &str) -> String {
        match self {
            Dialect::MySql => format!("`{}`", name.replace('`', "``")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// A table's name. Quoted, Oracle and DM8 would not find `corp` under CORP.
    pub fn table(self, name: &str) -> String {
        let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'#'));
        if self == Dialect::Other && plain { name.to_owned() } else { self.quoted(name) }
    }

    /// The text of a column of this type with all its digits. `kind`: what the driver calls the type.
    pub fn as_text(self, column: &str, kind: &str) -> String {
        match (self, kind) {
            // Its text has the signs of the server's country.
            (Dialect::Postgres, "MONEY") => format!("{column}::numeric::text"),
            (Dialect::Postgres, _) => format!("{column}::text"),
            (Dialect::MySql, "BIT") => format!("CAST({column} + 0 AS CHAR)"),
            // As CHAR a FLOAT keeps six digits.
            (Dialect::MySql, "FLOAT" | "FLOAT UNSIGNED") => format!("CAST(CAST({column} AS DOUBLE) AS CHAR)"),
            (Dialect::MySql, "GEOMETRY") => format!("ST_AsText({column})"),
            (Dialect::MySql, _) => format!("CAST({column} AS CHAR)"),
            (Dialect::Sqlite, _) => format!("CAST({column} AS TEXT)"),
            // The driver makes texts of them.
            (Dialect::Other, _) => column.to_string(),
        }
    }

    /// The text of a whole number that a query makes.
    pub fn counted(self, number: &str) -> String {
        if self == Dialect::Other { number.to_string() } else { format!("CAST({number} AS {})", self.text()) }
    }

    /// A bound text (`mark` is its parameter) as the column's type, so that the comparison uses its order and its index.
    pub fn bound(self, kind: &str, mark: &str) -> String {
        match self {
            Dialect::Postgres => format!("CAST(CAST({mark} AS TEXT) AS {kind})"),
            // As a text it would be compared by its first sixteen digits.
            Dialect::MySql if kind.contains("INT") => format!("CAST({mark} AS DECIMAL(65))"),
            _ => mark.to_string(),
        }
    }

    /// A text that is to stay one.
    pub fn bound_text(self, mark: &str) -> String {
        if self == Dialect::Postgres { format!("CAST({mark} AS TEXT)") } else { mark.to_string() }
    }

    /// A value written into the statement, where a bound text would be read by the rules of the session: times and numbers of
    /// databases that are known by their drivers only. None: it is bound.
    pub fn literal(self, kind: &str, text: &str) -> Option<String> {
        if self != Dialect::Other {
            return None;
        }
        let only = |allowed: &str| text.chars().all(|c| c.is_ascii_digit() || allowed.contains(c));
        match kind {
            "TIMESTAMP" if only("-: .") && text.len() > 10 => Some(format!("{{ts '{text}'}}")),
            "TIMESTAMP" | "DATE" if only("-: .") => Some(format!("{{d '{}'}}", text.get(..10).unwrap_or(text))),
            "BIGINT" | "NUMERIC" | "FLOAT" if only("-.") && !text.is_empty() => Some(text.to_owned()),
            _ => None,
        }
    }
}

/// Bytes without a text: pictures, shapes on a map. Read only where the contract reads them.
pub fn holds_bytes(kind: &str) -> bool {
    matches!(kind, "BLOB" | "TINYBLOB" | "MEDIUMBLOB" | "LONGBLOB" | "BYTEA" | "GEOMETRY")
}

/// Numbers of this type can be none (`NaN`) or endless.
pub fn may_be_no_number(dialect: Dialect, kind: &str) -> bool {
    dialect == Dialect::Postgres && matches!(kind, "NUMERIC" | "FLOAT4" | "FLOAT8" | "FLOAT")
}

/// Whether values of this type are compared as text, or by what each value happens to be.
pub fn is_compared_as_text(dialect: Dialect, kind: &str) -> bool {
    match dialect {
        // A view's expression has no type, and a column holds what was put in.
        Dialect::Sqlite => !matches!(kind, "INTEGER" | "INT" | "BIGINT" | "INT4" | "INT8" | "REAL" | "FLOAT" | "NUMERIC"),
        _ => ["CHAR", "TEXT", "ENUM", "SET", "JSON", "NAME", "UNKNOWN"].iter().any(|t| kind.contains(t)),
    }
}

/// A LIKE pattern of texts that have their digits where this one has them (escape sign `!`). Texts of one such shape sort as they
/// count; `2026/1/9` and `2026/1/10` do not.
pub fn shape(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' => pattern.push('_'),
            '%' | '_' | '!' => pattern.extend(['!', c]),
            _ => pattern.push(c),
        }
    }
    pattern
}

/// A query without what stands behind its end: blanks, comments, semicolons.
pub fn trimmed(query: &str) -> &str {
    let bytes = query.as_bytes();
    let (mut at, mut end) = (0, 0);
    while at < bytes.len() {
        let rest = &query[at..];
        let skipped = if rest.starts_with("--") || rest.starts_with('#') {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |p| p + 2)
        } else {
            0
        };
        if skipped > 0 {
            at += skipped;
            continue;
        }
        let first = bytes[at];
        at += match first {
            b'\'' | b'"' | b'`' => rest[1..].find(char::from(first)).map_or(rest.len(), |p| p + 2),
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        if !first.is_ascii_whitespace() && first != b';' {
            end = at;
        }
    }
    query[..end].trim_start()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_a_query_is_left_out() {
        for (query, expected) in [
            ("select a from t; -- 每日", "select a from t"),
            ("select a from t -- 每日\n", "select a from t"),
            ("select a from t /* x; y */ ;\n;", "select a from t"),
            (" select '; --' from t # x", "select '; --' from t"),
            ("select \"a;b\" from `t--`", "select \"a;b\" from `t--`"),
            ("-- first\nselect 1", "-- first\nselect 1"),
            ("select 1; select 2", "select 1; select 2"),
            ("select 'it''s' from t;", "select 'it''s' from t"),
        ] {
            assert_eq!(trimmed(query), expected, "{query}");
        }
    }

    #[test]
    fn databases_known_by_their_drivers_get_values_that_no_session_can_misread() {
        let literal = |kind, text| Dialect::Other.literal(kind, text);
        assert_eq!(literal("TIMESTAMP", "2026-03-01 10:00:00.5").as_deref(), Some("{ts '2026-03-01 10:00:00.5'}"));
        assert_eq!(literal("TIMESTAMP", "2026-03-01").as_deref(), Some("{d '2026-03-01'}"));
        assert_eq!(literal("DATE", "2026-03-01 00:00:00").as_deref(), Some("{d '2026-03-01'}"));
        assert_eq!(literal("BIGINT", "17").as_deref(), Some("17"));
        for (kind, text) in [("TEXT", "17"), ("BIGINT", "17; DROP TABLE t"), ("TIMESTAMP", "'}; x"), ("NUMERIC", "")] {
            assert_eq!(literal(kind, text), None, "{text} is bound");
        }
        assert_eq!(Dialect::Postgres.literal("BIGINT", "17"), None);
        assert_eq!((Dialect::Other.table("corp"), Dialect::Other.table("企业")), ("corp".to_owned(), "\"企业\"".to_owned()));
    }

    #[test]
    fn texts_of_one_shape_are_those_with_digits_in_the_same_places() {
        assert_eq!(shape("2026/1/9 12:00"), "____/_/_ __:__");
        assert_eq!(shape("v1_0%"), "v_!__!%");
    }
}
