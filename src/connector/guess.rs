//! A first connector from a sample: what its headers and values look like, learned from the connectors that ship with huitu.

use super::dress::undress;
use super::mapping::{Column, same_header};
use super::read_as::As;
use super::reading::{self, How, Reading};
use super::unit_said::said_of_money;
use super::{Connector, key_guess, wording};
use crate::connector::guessed::Guess;
use crate::model::field::{Field, RecordKind};

/// A sample's columns, the column that identifies its rows, and what the rows are.
#[derive(Debug, Clone, PartialEq)]
pub struct Guesses {
    pub columns: Vec<Guess>,
    /// The first column of the key.
    pub key: String,
    /// The others, where one does not tell the rows apart.
    pub more_keys: Vec<String>,
    /// Rows of the sample whose key another row has, with other contents.
    pub repeated: usize,
    pub kind: &'static str,
}

impl Guesses {
    /// All columns of the key.
    pub fn keys(&self) -> Vec<&str> {
        std::iter::once(&self.key).chain(&self.more_keys).map(String::as_str).collect()
    }

    /// Columns whose meaning is known.
    pub fn recognised(&self) -> usize {
        self.columns.iter().filter(|g| g.field.is_some()).count()
    }

    /// A line above, below or beside the table names the unit of amounts (单位：万元): it counts where a header names none.
    pub fn with_unit(mut self, notes: &[String]) -> Guesses {
        let said = notes.iter().find_map(|note| said_of_money(note));
        let by_line = said.and_then(|yuan| super::money::UNITS.iter().find(|(_, of)| *of == yuan)).map(|(name, _)| *name);
        // A title that names the unit among its words.
        let by_title = || notes.iter().find_map(|n| UNITS.iter().find(|(word, _)| n.contains(word))).map(|(_, unit)| *unit);
        if let Some(unit) = by_line.or_else(by_title) {
            let own = |column: &str| column.contains('元') || wording::scale_of_header(column).is_some();
            for guess in self.columns.iter_mut().filter(|g| !own(&g.column)) {
                guess.extra = guess.extra.replace("unit = \"yuan\"", &format!("unit = \"{unit}\""));
            }
        }
        self
    }
}

/// Units of money by the words that name them.
const UNITS: [(&str, &str); 6] = [
    ("亿元", "hundred_million_yuan"),
    ("千万", "ten_million_yuan"),
    ("百万", "million_yuan"),
    ("万元", "ten_thousand_yuan"),
    ("千元", "thousand_yuan"),
    ("百元", "hundred_yuan"),
];
/// Money of other countries in a header: without a rate its amounts are not read.
const FOREIGN: &[&str] =
    &["美元", "美金", "USD", "欧元", "EUR", "港元", "港币", "HKD", "日元", "JPY", "英镑", "GBP", "新台币", "韩元"];
/// People counted by more than one: no reading knows these.
const MANY: &[&str] = &["百人", "千人", "万人", "百户"];

/// Whether a header counts in what the reading of the field does not know.
fn counts_otherwise(field: Field, header: &str) -> bool {
    match reading::natural(field) {
        As::Money => FOREIGN.iter().any(|word| header.to_uppercase().contains(word)),
        As::Count => MANY.iter().any(|word| header.contains(word)),
        _ => false,
    }
}

/// Rows whose values are looked at.
const LOOKED_AT: usize = 500;
/// Similarity (normalised Damerau–Levenshtein) from which another header is taken for the same.
const SIMILAR: f64 = 0.6;
/// Share of values that must read as an identifier for the column to be one.
const MOSTLY: f64 = 0.8;

/// Guesses from `columns` and some `rows`. `known`: the connectors to learn from.
pub fn guess(columns: &[String], rows: &[Vec<Option<String>>], known: &[Connector]) -> Guesses {
    let found = wording::kind_by_headers(columns);
    // 日期, 数量 and 单位代码 mean something of their own in what the federation's systems send, and nowhere else.
    let of_federation = |c: &Connector| {
        matches!(c.contract.kind, RecordKind::Post | RecordKind::Service | RecordKind::Unit | RecordKind::Listing)
    };
    let is_alike = |c: &&Connector| !of_federation(c) || found == Some(c.contract.kind.name());
    let mut known: Vec<Connector> = known.iter().filter(is_alike).cloned().collect();
    known.sort_by_key(|c| !of_federation(c));
    let mut guesses: Vec<Guess> = columns.iter().enumerate().map(|(at, column)| column_guess(column, at, rows, &known)).collect();
    for guess in &mut guesses {
        if guess.field.is_some_and(|field| counts_otherwise(field, &guess.column)) {
            (guess.field, guess.extra, guess.because) = (None, String::new(), "");
        }
    }
    // One column per field: the first keeps it, unless a later one has the very header.
    for at in 0..guesses.len() {
        let Some(field) = guesses[at].field else { continue };
        let rank = |g: &Guess| ["header", "words", "initials", "values", "similar header"].iter().position(|b| *b == g.because);
        // Of the columns of several years the newest.
        let place = |i: usize, g: &Guess| (rank(g), wording::staleness(&g.column), i);
        let better =
            guesses.iter().enumerate().any(|(i, g)| i != at && g.field == Some(field) && place(i, g) < place(at, &guesses[at]));
        if better {
            (guesses[at].field, guesses[at].extra, guesses[at].because) = (None, String::new(), "");
        }
    }
    if let Some(kind) = found {
        happenings(columns, &mut guesses, kind);
    }
    // A column that holds nothing in the sample may hold something later: it is not missed in the meantime.
    for (at, guess) in guesses.iter_mut().enumerate() {
        let Some(field) = guess.field else { continue };
        let says = |text: &str| !matches!(reading::read(reading::natural(field), text, How::default()), Reading::Absent);
        let any = rows.iter().filter_map(|r| r.get(at)?.as_deref()).map(undress).any(|t| !t.is_empty() && says(&t));
        if !any && !rows.is_empty() && !guess.extra.contains("optional") {
            guess.extra.push_str(", optional = true");
        }
    }
    let key = key_guess::choose(columns, rows, &guesses);
    for at in &key.columns {
        if guesses[*at].because == "similar header" && guesses[*at].field != Some(Field::Name) {
            (guesses[*at].field, guesses[*at].extra, guesses[*at].because) = (None, String::new(), "");
        }
    }
    let has = |field: Field| guesses.iter().any(|g| g.field == Some(field));
    let kind = match () {
        () if has(Field::UnionName) || has(Field::Members) => "union",
        () if has(Field::PaidYuan) => "payment",
        () if has(Field::HostName) => "dispatch",
        () if has(Field::InvestorName) => "investment",
        () => found.unwrap_or("enterprise"),
    };
    let mut names = key.columns.iter().map(|at| columns[*at].clone());
    let first = names.next().unwrap_or_default();
    Guesses { key: first, more_keys: names.collect(), repeated: key.repeated, columns: guesses, kind }
}

/// What an event or a dispute has beyond an enterprise: the day it happened on, and what it was about.
fn happenings(columns: &[String], guesses: &mut [Guess], kind: &str) {
    if !matches!(kind, "event" | "dispute") {
        return;
    }
    for (field, words) in [
        (Field::On, ["时间", "日期"].as_slice()),
        (Field::Title, ["诉求内容", "标题", "主题", "案由", "事项", "问题", "内容"].as_slice()),
    ] {
        if guesses.iter().any(|g| g.field == Some(field)) {
            continue;
        }
        let plain = |at: usize| matches!(guesses[at].field, None | Some(Field::UpdatedAt | Field::EstablishedOn));
        let begins = |c: &str| !["办结", "更新", "成立", "截止", "回访", "完成"].iter().any(|w| c.contains(w));
        let found = words
            .iter()
            .find_map(|w| (0..columns.len()).find(|at| columns[*at].contains(w) && plain(*at) && begins(&columns[*at])));
        if let Some(at) = found {
            (guesses[at].field, guesses[at].extra, guesses[at].because) = (Some(field), String::new(), "words");
        }
    }
}

fn column_guess(column: &str, at: usize, rows: &[Vec<Option<String>>], known: &[Connector]) -> Guess {
    let undressed: Vec<_> =
        rows.iter().take(LOOKED_AT).filter_map(|r| r.get(at)?.as_deref()).map(undress).filter(|t| !t.is_empty()).collect();
    let values: Vec<&str> = undressed.iter().map(|t| t.as_ref()).collect();
    let reads = |kind: As| {
        let good = values.iter().filter(|v| matches!(reading::read(kind, v, How::default()), Reading::Value(_))).count();
        values.len() >= 2 && good as f64 >= MOSTLY * values.len() as f64
    };
    let plain = wording::telling_part(column);
    // 营业收入 over 千元: the unit may stand in another part.
    let unit_of = if plain.contains('元') { plain } else { column };
    let headers = || {
        known.iter().flat_map(|c| &c.contract.columns).flat_map(|c| std::iter::once(&c.name).chain(&c.also).map(move |n| (n, c)))
    };
    // A path of JSON or XML says with its last part what it is, or with the part before a `text`.
    let last = plain.strip_suffix(".text").unwrap_or(plain).rsplit('.').next().unwrap_or(plain);
    let known_word = |word: &str| headers().any(|(name, _)| same_header(name, word)) || wording::other_word(word).is_some();
    // 登记状态.name: the step before says what it is, and the values must read as that.
    let stepped = wording::step_before(plain).filter(|(before, _)| known_word(before));
    let last = stepped.map_or(last, |(before, _)| before);
    let named =
        headers().find(|(name, _)| same_header(name, plain)).or_else(|| headers().find(|(name, _)| same_header(name, last)));
    let (found, because) = match named {
        Some((_, c)) => (Some(c), "header"),
        None => {
            let unit_free = |text: &str| {
                let bare = wording::without_unit(text);
                bare.split(['(', '（']).next().unwrap_or(bare).to_string()
            };
            let score = |name: &str| strsim::normalized_damerau_levenshtein(&unit_free(name), &unit_free(plain));
            let alike = |name: &str| if wording::is_narrowed(plain, name) { 0.0 } else { score(name) };
            let best = headers().map(|(name, c)| (alike(name), c)).max_by(|a, b| a.0.total_cmp(&b.0));
            // A header that only resembles another must have values that read like its.
            let fits = |c: &Column| {
                let good = |v: &&&str| !matches!(reading::read(c.read_as, v, c.how()), Reading::Unreadable);
                values.iter().filter(good).count() * 2 >= values.len()
            };
            (best.filter(|(s, c)| *s >= SIMILAR && fits(c)).map(|(_, c)| c), "similar header")
        }
    };
    let identifier = [
        (As::CreditCode, Field::CreditCode),
        (As::OrganisationCode, Field::OrganisationCode),
        (As::RegistrationNumber, Field::RegistrationNumber),
    ];
    // 统一社会信用代码/注册号 ends in a word that its values overrule.
    let overruled = found.is_some_and(|c| c.field == Field::RegistrationNumber) && reads(As::CreditCode);
    if (because != "header" || overruled)
        && let Some((_, field)) = identifier.into_iter().find(|(kind, _)| reads(*kind))
    {
        return Guess { column: column.to_string(), field: Some(field), extra: String::new(), because: "values" };
    }
    let made = |field: Field, extra: String, because: &'static str| Guess {
        column: column.to_string(),
        field: Some(field),
        extra,
        because,
    };
    let fits = |field: Field| {
        let good = |v: &&&str| !matches!(reading::read(reading::natural(field), v, How::default()), Reading::Unreadable);
        values.iter().filter(good).count() * 2 >= values.len()
    };
    let of_field = |field: Field, header: &str| extra(field, reading::natural(field), header, None);
    if let Some((_, is_code)) = stepped {
        let field = found.map(|c| c.field).or_else(|| wording::other_word(last));
        let by_code = |field: Field| {
            let kind = reading::natural(field);
            matches!(kind, As::Industry | As::Area) || kind.is_identifier()
        };
        let serves = |field: &Field| fits(*field) && is_code.is_none_or(|code| by_code(*field) == code);
        return match field.filter(serves) {
            Some(field) => made(field, extra(field, reading::natural(field), unit_of, found.and_then(|c| c.edition)), "words"),
            None => Guess { column: column.to_string(), field: None, extra: String::new(), because: "" },
        };
    }
    if because != "header" {
        if let Some(field) = wording::other_word(last).or_else(|| wording::other_word(plain)).filter(|f| fits(*f)) {
            return made(field, of_field(field, unit_of), "words");
        }
        if let Some((field, extra)) = by_initials(last, known, fits) {
            return made(field, extra, "initials");
        }
    }
    match (found, wording::by_values(&values)) {
        (Some(c), _) => {
            let mut extra = extra(c.field, c.read_as, unit_of, c.edition);
            // Codes that are all of four digits: one of three has lost its zero.
            let of_four = values.iter().filter(|v| v.len() == 4 && v.bytes().all(|b| b.is_ascii_digit())).count();
            if c.read_as == As::Industry && values.len() >= 2 && of_four * 10 >= values.len() * 8 {
                extra.push_str(", digits = 4");
            }
            made(c.field, extra, because)
        }
        (None, Some(field)) => made(field, String::new(), "values"),
        (None, None) => Guess { column: column.to_string(), field: None, extra: String::new(), because: "" },
    }
}

/// CLRQ is 成立日期: databases name their columns by the initials of what they mean.
fn by_initials(column: &str, known: &[Connector], fits: impl Fn(Field) -> bool) -> Option<(Field, String)> {
    let (letters, unit) = wording::latin(column)?;
    if letters.len() < 3 {
        return None;
    }
    let headers = known.iter().flat_map(|c| &c.contract.columns).flat_map(|c| {
        std::iter::once(c.name.as_str()).chain(c.also.iter().map(String::as_str)).map(move |name| (c.field, name, c.edition))
    });
    let words = wording::all().map(|(field, word)| (field, word, None));
    let (field, _, edition) =
        words.chain(headers).find(|(field, header, _)| wording::has_initials(header, &letters) && fits(*field))?;
    let mut extra = extra(field, reading::natural(field), column, edition);
    if let Some(unit) = unit {
        extra = extra.replace("unit = \"yuan\"", &format!("unit = \"{unit}\""));
    }
    Some((field, extra))
}

/// Unit from the header's own words (`营业收入(万元)`), edition of an industry.
fn extra(field: Field, read_as: As, header: &str, edition: Option<u16>) -> String {
    let mut extra = String::new();
    if read_as != reading::natural(field) {
        extra.push_str(&format!(", as = \"{read_as}\""));
    }
    if read_as == As::Money {
        let named = UNITS.iter().find(|(word, _)| header.contains(word)).map(|(_, unit)| *unit);
        let unit = named.or_else(|| wording::scale_of_header(header)).unwrap_or("yuan");
        extra.push_str(&format!(", unit = \"{unit}\""));
    }
    if read_as == As::Industry {
        extra.push_str(&format!(", edition = {}", edition.unwrap_or(2017)));
    }
    if read_as == As::Ownership {
        extra.push_str(", otherwise = \"\"");
    }
    extra
}

/// A text in quotes on one line: what JSON escapes, TOML reads.
pub fn quote(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// The manifest that the guesses make. Texts of the operator's are left as placeholders in its own words.
pub fn manifest(guesses: &Guesses, title: &str, owner: &str, source: &str, decoding: &str) -> String {
    let (title, owner) = (quote(title), quote(owner));
    let mut text = format!(
        "# Guessed from a sample: check every line. / 由样例推断，请逐行核对。\ntitle = {{ zh = {title}, en = {title} }}\nowner = {{ zh = {owner}, en = {owner} }}\nkind = \"{}\"\n{source}\n",
        guesses.kind
    );
    if !decoding.is_empty() {
        text.push_str(&format!("\n[decoding]\n{decoding}"));
    }
    let keys: Vec<String> = guesses.keys().into_iter().map(quote).collect();
    text.push_str(&format!("\n[key]\ncolumns = [{}]\n\n[columns]\n", keys.join(", ")));
    let mut ignored = Vec::new();
    for guess in &guesses.columns {
        let column = quote(&guess.column);
        match guess.field {
            Some(field) if guess.extra.is_empty() => text.push_str(&format!("{column} = \"{field}\"")),
            Some(field) => text.push_str(&format!("{column} = {{ field = \"{field}\"{} }}", guess.extra)),
            None if guesses.keys().contains(&guess.column.as_str()) => continue,
            None => {
                ignored.push(column);
                continue;
            }
        }
        let because = if guess.because == "header" { "" } else { guess.because };
        text.push_str(if because.is_empty() { "\n" } else { "   # guessed by its " });
        text.push_str(because);
        if !because.is_empty() {
            text.push('\n');
        }
    }
    if !ignored.is_empty() {
        // `ignore` is a key of the whole manifest: it must stand above the first table.
        let line = format!(
            "# Landed, not read; map them under [columns] if they mean something. / 只入库不读取，如有含义请写入 [columns]。\nignore = [{}]\n",
            ignored.join(", ")
        );
        let at = text.find("\n[").map_or(text.len(), |p| p + 1);
        text.insert_str(at, &format!("{line}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_what_it_counts_in() {
        let rows: Vec<Vec<Option<String>>> = ["12", "15", "18"].map(|n| vec![Some(n.to_owned())]).to_vec();
        for (header, field, extra) in [
            ("营业收入（千万元）", Some(Field::Revenue), "ten_million_yuan"),
            ("营业收入（百万元）", Some(Field::Revenue), "\"million_yuan"),
            ("营业收入（万元）", Some(Field::Revenue), "ten_thousand_yuan"),
            ("营业收入（万）", Some(Field::Revenue), "ten_thousand_yuan"),
            ("营业收入(亿)", Some(Field::Revenue), "hundred_million_yuan"),
            ("营业收入:千元", Some(Field::Revenue), "thousand_yuan"),
            ("营业收入/万元", Some(Field::Revenue), "ten_thousand_yuan"),
            ("2025年营业收入（万元）", Some(Field::Revenue), "ten_thousand_yuan"),
            ("营业收入增长率", None, ""),
            ("女职工人数", None, ""),
            ("从业人数（女）", None, ""),
            ("营业收入（万美元）", None, ""),
            ("营业收入(USD)", None, ""),
            ("从业人员（百人）", None, ""),
            ("从业人员（人）", Some(Field::Employees), ""),
        ] {
            let guesses = guess(&[header.to_owned()], &rows, &Connector::embedded_all());
            let found = &guesses.columns[0];
            assert_eq!(found.field, field, "{header}");
            assert!(found.extra.contains(extra), "{header}: {}", found.extra);
        }
    }
}
