//! The letter to a department: what it is asked about its records, until when, and how it answers.
//!
//! In: the requests, in the order of their deadlines, with what the department may see of others. Out: one HTML file that prints on A4.
//! Its text is a template as those of [`super::letters`]; whatever registries wrote is escaped.

use askama::Template;
use chrono::NaiveDate;

use super::letters::{CORRECTION_PLACEHOLDERS, filled};
use crate::cases::correction::OtherStatement;
use crate::hub::corrections::others_of;
use crate::hub::{Hub, HubError};
use crate::model::enterprise::EnterpriseField;
use crate::model::message::Lang;
use crate::model::problem::Problem;
use crate::store::correction::CorrectionRow;

#[derive(Template)]
#[template(path = "correction_letter.html", config = "src/pages/askama.toml")]
struct CorrectionLetterPage<'a> {
    code: &'static str,
    title: &'a str,
    paragraphs: Vec<String>,
    columns: [&'static str; 7],
    lines: Vec<LetterLine>,
    boxes: [&'static str; 3],
    how_title: &'static str,
    how: Vec<String>,
    sign: (&'static str, &'static str),
}

struct LetterLine {
    id: String,
    deadline: String,
    key: String,
    column: String,
    stated: String,
    others: Vec<String>,
    reason: String,
}

/// The letter of one registry's requests.
///
/// # Errors
/// There is no such registry; the template names what nobody knows, or cannot be read.
pub fn render(hub: &Hub, registry: &str, rows: &[CorrectionRow], today: NaiveDate, lang: Lang) -> Result<String, HubError> {
    let connector = hub.connectors.iter().find(|c| c.name == registry);
    let connector = connector
        .ok_or_else(|| HubError::said(format!("没有登记「{registry}」"), format!("there is no registry \"{registry}\"")))?;
    let first = rows.iter().map(|row| row.deadline.as_str()).min().unwrap_or_default().to_owned();
    let basis = connector.legal_basis.as_ref().map(|basis| lang.pick(&basis.zh, &basis.en).clone());
    let values = [
        lang.pick(&connector.owner.zh, &connector.owner.en).clone(),
        lang.pick(&connector.title.zh, &connector.title.en).clone(),
        rows.len().to_string(),
        first,
        today.to_string(),
        basis.unwrap_or_else(|| lang.pick("双方的数据共享约定", "the agreement on sharing").to_owned()),
    ];
    let text = super::letters::template(&hub.settings.data, "correction", lang).map_err(HubError::Told)?;
    let paragraphs = filled(&text, &CORRECTION_PLACEHOLDERS, &values).map_err(HubError::Told)?;
    let page = CorrectionLetterPage {
        code: if lang == Lang::Zh { "zh-CN" } else { "en" },
        title: lang.pick("数据校核函", "Request to verify data"),
        paragraphs,
        columns: match lang {
            Lang::Zh => ["编号 / 期限", "记录主键", "列", "贵单位登记", "其他登记", "说明", "答复"],
            Lang::En => ["id / due", "record", "column", "your registry says", "others say", "why", "answer"],
        },
        lines: rows.iter().map(|row| line(hub, row, lang)).collect(),
        boxes: match lang {
            Lang::Zh => ["已更正，正确值：________", "核实无误", "非本部门数据"],
            Lang::En => ["wrong; right is: ________", "right as it stands", "another department's"],
        },
        how_title: lang.pick("如何答复", "How to answer"),
        how: how(registry, lang),
        sign: (lang.pick("答复单位（盖章）", "Department (seal)"), lang.pick("日期", "Date")),
    };
    page.render().map_err(|error| HubError::Told(Problem::new("letter", error.to_string(), error.to_string())))
}

fn line(hub: &Hub, row: &CorrectionRow, lang: Lang) -> LetterLine {
    let field = EnterpriseField::from_name(&row.field).unwrap_or(EnterpriseField::Name);
    let is_told = |other: &OtherStatement| hub.is_told_to_department(&row.registry, &other.registry, field);
    let title = |name: &str| {
        let connector = hub.connectors.iter().find(|c| c.name == name);
        connector.map_or_else(|| name.to_owned(), |c| lang.pick(&c.title.zh, &c.title.en).clone())
    };
    let day = |millis: i64| {
        let at = chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default();
        at.with_timezone(&hub.settings.zone).date_naive()
    };
    let told = others_of(row).into_iter().filter(is_told);
    let others = told.filter_map(|other| {
        let (value, title) = (other.value?, title(&other.registry));
        Some(lang.pick(format!("{title}（{}）：{value}", day(other.at)), format!("{title} ({}): {value}", day(other.at))))
    });
    LetterLine {
        id: row.id.clone(),
        deadline: row.deadline.clone(),
        key: row.record_key.clone(),
        column: row.column_name.clone(),
        stated: row.stated_raw.clone().unwrap_or_else(|| lang.pick("（空）", "(empty)").to_owned()),
        others: others.collect(),
        reason: row.reason.clone().unwrap_or_default(),
    }
}

fn how(registry: &str, lang: Lang) -> Vec<String> {
    match lang {
        Lang::Zh => vec![
            "在会图的“部门”页逐条答复：已更正（并写明正确值，按本登记该列的写法）、核实无误，或非本部门数据；".to_owned(),
            format!("或由业务系统答复：POST /corrections/{registry}/编号，使用本部门令牌和 Idempotency-Key；"),
            "或在下一次交付中直接更正：数据变化后请求自动了结，不必另行答复；".to_owned(),
            "或在本函上勾选并盖章寄回。".to_owned(),
        ],
        Lang::En => vec![
            "On the page \"Department\" of huitu, one by one: corrected (with the right value, written as this column writes it), right as it stands, or another department's;".to_owned(),
            format!("or from your own system: POST /corrections/{registry}/ID with the department's token and an Idempotency-Key;"),
            "or by mending the row in the next delivery: the request then closes by itself;".to_owned(),
            "or on this letter, with your seal.".to_owned(),
        ],
    }
}
