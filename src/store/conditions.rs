//! Conditions of questions that callers put together, with the values that they bind.

/// An area as cases are kept by it.
#[derive(Debug, Clone, PartialEq)]
pub enum CaseArea {
    /// A district or town: whatever begins with its code.
    Within(String),
    /// A federation unit.
    Federation(String),
    /// The whole city.
    Everywhere,
}

/// A value to bind.
pub(super) enum Value {
    Text(String),
    Number(i64),
}

/// The conditions of a query with the values they bind, numbered from 1.
pub(super) struct Conditions {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Conditions {
    /// Begins with a condition that always holds.
    pub(super) fn new(first: &str) -> Conditions {
        Conditions { sql: first.to_owned(), values: Vec::new() }
    }
    pub(super) fn text(&mut self, value: &str) -> String {
        self.values.push(Value::Text(value.to_owned()));
        format!("${}", self.values.len())
    }
    pub(super) fn number(&mut self, value: i64) -> String {
        self.values.push(Value::Number(value));
        format!("${}", self.values.len())
    }
    pub(super) fn and(&mut self, condition: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
    }
    pub(super) fn one_of(&mut self, column: &str, values: &[String]) {
        if let [one] = values {
            let one = self.text(one);
            self.and(&format!("{column} = {one}"));
        } else if !values.is_empty() {
            let list: Vec<String> = values.iter().map(|v| self.text(v)).collect();
            self.and(&format!("{column} IN ({})", list.join(", ")));
        }
    }
    pub(super) fn range(&mut self, column: &str, (from, below): (Option<i64>, Option<i64>)) {
        if let Some(from) = from {
            let from = self.number(from);
            self.and(&format!("{column} >= {from}"));
        }
        if let Some(below) = below {
            let below = self.number(below);
            self.and(&format!("{column} < {below}"));
        }
    }
    /// Each list: in one of these areas; lists together must all hold.
    pub(super) fn areas(&mut self, lists: &[Vec<CaseArea>]) {
        for areas in lists {
            if areas.contains(&CaseArea::Everywhere) {
                continue;
            }
            let parts: Vec<String> = areas
                .iter()
                .map(|area| match area {
                    // Digits sort before the colon: whatever begins with the code.
                    CaseArea::Within(code) => {
                        let (from, below) = (self.text(code), self.text(&format!("{code}:")));
                        format!("(area >= {from} AND area < {below})")
                    }
                    CaseArea::Federation(unit) => {
                        let unit = self.text(unit);
                        format!("federation = {unit}")
                    }
                    CaseArea::Everywhere => "1 = 1".to_owned(),
                })
                .collect();
            self.and(&if parts.is_empty() { "1 = 0".to_owned() } else { format!("({})", parts.join(" OR ")) });
        }
    }
}

/// Binds the values of conditions in their order.
macro_rules! bound {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                $crate::store::conditions::Value::Text(text) => query.bind(text.clone()),
                $crate::store::conditions::Value::Number(number) => query.bind(*number),
            };
        }
        query
    }};
}
pub(super) use bound;
