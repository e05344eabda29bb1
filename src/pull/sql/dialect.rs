//! What the databases call things: how a value of each type becomes its whole text, and how text is compared.

/// How the databases differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Postgres,
    MySql,
    Sqlite,
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
        }
    }

    /// A bound text as the column's type, so that the comparison uses its order and its index.
    pub fn bound(self, kind: &str, parameter: usize) -> String {
        match self {
            Dialect::Postgres => format!("CAST(CAST(${parameter} AS TEXT) AS {kind})"),
            // As a text it would be compared by its first sixteen digits.
            Dialect::MySql if kind.contains("INT") => "CAST(? AS DECIMAL(65))".to_string(),
            Dialect::MySql => "?".to_string(),
            Dialect::Sqlite => format!("${parameter}"),
        }
    }

    /// A text that is to stay one.
    pub fn bound_text(self, parameter: usize) -> String {
        match self {
            Dialect::Postgres => format!("CAST(${parameter} AS TEXT)"),
            Dialect::MySql => "?".to_string(),
            Dialect::Sqlite => format!("${parameter}"),
        }
    }
}

/// Bytes without a text: pictures, shapes on a map. Read only where the contract reads them.
pub fn holds_bytes(kind: &str) -> bool {
    matches!(kind, "BLOB" | "TINYBLOB" | "MEDIUMBLOB" | "LONGBLOB" | "BYTEA" | "GEOMETRY")
}

/// Numbers of this type can be none (`NaN`) or endless.
pub fn may_be_no_number(dialect: Dialect, kind: &str) -> bool {
    dialect == Dialect::Postgres && matches!(kind, "NUMERIC" | "FLOAT4" | "FLOAT8")
}

/// Whether values of this type are compared as text, or by what each value happens to be.
pub fn is_compared_as_text(dialect: Dialect, kind: &str) -> bool {
    match dialect {
        // A view's expression has no type, and a column holds what was put in.
        Dialect::Sqlite => !matches!(kind, "INTEGER" | "INT" | "BIGINT" | "INT4" | "INT8" | "REAL" | "NUMERIC"),
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
    fn texts_of_one_shape_are_those_with_digits_in_the_same_places() {
        assert_eq!(shape("2026/1/9 12:00"), "____/_/_ __:__");
        assert_eq!(shape("v1_0%"), "v_!__!%");
    }
}
