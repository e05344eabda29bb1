//! The receipt as one HTML file that prints on A4: nothing from outside, one language, every number of the batch.

use askama::Template;

use crate::hub::receipt::{BatchReceipt, NAMED_ROWS, ReceiptRow};
use crate::model::message::Lang;
use crate::model::text::grouped;

/// Characters of a row that the page shows.
const SHOWN: usize = 160;

#[derive(Template)]
#[template(path = "receipt.html", config = "src/pages/askama.toml")]
struct ReceiptPage<'a> {
    r: &'a BatchReceipt,
    lang: Lang,
    code: &'static str,
    title: &'a str,
    owner: &'a str,
    /// The one sentence a department looks for.
    verdict: String,
    numbers: Vec<(&'static str, String)>,
    particulars: Vec<(&'static str, String)>,
    drift_columns: [&'static str; 2],
    /// What differs, and a sample.
    drift: Vec<(&'a str, &'a str)>,
    row_columns: [&'static str; 4],
    named: Vec<NamedRows<'a>>,
}

/// Rows or values that are named one by one.
struct NamedRows<'a> {
    title: &'static str,
    /// Where there are more than are named.
    note: Option<String>,
    rows: Vec<RowCells<'a>>,
}

struct RowCells<'a> {
    place: String,
    offset: String,
    why: &'a str,
    raw: String,
}

/// The whole file.
pub fn render(receipt: &BatchReceipt, lang: Lang) -> String {
    let r = receipt;
    let rows = lang.pick("未入库的行（隔离区）", "Rows that did not land (quarantine)");
    let values = lang.pick("已入库的行中无法读取的值", "Values that could not be read in rows that landed");
    let named = [
        named(rows, &r.quarantined_rows, r.quarantined, lang),
        named(values, &r.unreadable_values, r.unreadable_values.len() as i64, lang),
    ];
    let page = ReceiptPage {
        r,
        lang,
        code: if lang == Lang::Zh { "zh-CN" } else { "en" },
        title: lang.pick(&r.title.zh, &r.title.en),
        owner: lang.pick(&r.owner.zh, &r.owner.en),
        verdict: verdict(r, lang),
        numbers: numbers(r, lang),
        particulars: particulars(r, lang),
        drift_columns: [lang.pick("说明", "what"), lang.pick("示例", "sample")],
        drift: r.drift.iter().map(|d| (d.problem.text(lang), d.sample.as_deref().unwrap_or("–"))).collect(),
        row_columns: [
            lang.pick("行 / 主键", "row / key"),
            lang.pick("字节偏移", "offset"),
            lang.pick("原因", "reason"),
            lang.pick("原文", "as it came"),
        ],
        named: named.into_iter().flatten().collect(),
    };
    page.render().expect("writing to a string does not fail")
}

impl ReceiptPage<'_> {
    fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.pick(zh, en)
    }
    /// Why a person decided so.
    fn why(&self) -> &str {
        self.r.decided_why.as_deref().unwrap_or("")
    }
}

fn verdict(r: &BatchReceipt, lang: Lang) -> String {
    let n = |n: i64| grouped(n);
    match (r.state.as_str(), lang) {
        ("DONE", Lang::Zh) if r.quarantined == 0 => format!("已全部入库：{} 行。", n(r.landed)),
        ("DONE", Lang::Zh) => format!("收到 {} 行：{} 行已入库，{} 行进入隔离区。", n(r.read), n(r.landed), n(r.quarantined)),
        ("DONE", Lang::En) if r.quarantined == 0 => format!("All {} rows have landed.", n(r.landed)),
        ("DONE", Lang::En) => {
            format!("{} rows came: {} have landed, {} are in quarantine.", n(r.read), n(r.landed), n(r.quarantined))
        }
        ("HELD", Lang::Zh) => format!("暂停：收到 {} 行，等待人工确认；尚未入库任何行，也未删除任何记录。", n(r.read)),
        ("HELD", Lang::En) => {
            format!("Held: {} rows came and wait for a person; nothing has landed, and nothing was deleted.", n(r.read))
        }
        ("REJECTED", Lang::Zh) => "已退回：未入库任何行，数据保持原样。".to_owned(),
        ("REJECTED", Lang::En) => "Rejected: nothing landed; the data stays as it was.".to_owned(),
        (_, Lang::Zh) => "失败：未入库任何行，数据保持原样。".to_owned(),
        (_, Lang::En) => "Failed: nothing landed; the data stays as it was.".to_owned(),
    }
}

fn numbers(r: &BatchReceipt, lang: Lang) -> Vec<(&'static str, String)> {
    let cells = [
        (lang.pick("收到", "came"), r.read),
        (lang.pick("＝ 入库", "= landed"), r.landed),
        (lang.pick("其中新增", "new"), r.new),
        (lang.pick("变更", "changed"), r.changed),
        (lang.pick("未变", "unchanged"), r.unchanged),
        (lang.pick("＋ 隔离", "+ quarantined"), r.quarantined),
        (lang.pick("撤销（不再出现）", "gone (no longer there)"), r.gone),
    ];
    cells.into_iter().map(|(name, n)| (name, grouped(n))).collect()
}

fn particulars(r: &BatchReceipt, lang: Lang) -> Vec<(&'static str, String)> {
    let kind = match r.complete {
        true => lang.pick("全量（未出现的记录视为已撤销）", "complete (records that are missing may be gone)"),
        false => lang.pick("增量", "incremental"),
    };
    let pushed = r.source == "push";
    let facts = [
        (
            lang.pick("来源", "source"),
            if pushed { lang.pick("部门推送", "pushed by the department").to_string() } else { r.source.clone() },
        ),
        (lang.pick("方式", "kind"), kind.to_string()),
        (lang.pick("开始", "began"), r.started_at.clone()),
        (lang.pick("完成", "ended"), r.finished_at.clone().unwrap_or_default()),
        (lang.pick("批次键", "idempotency key"), r.idempotency_key.clone().unwrap_or_default()),
        (lang.pick("内容摘要", "digest"), r.digest.as_ref().map(|d| format!("SHA-256 {d}")).unwrap_or_default()),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// The cells of a row side by side; a row that was never split stays as it came.
fn as_written(raw: &str) -> String {
    match crate::store::record::cells(raw).filter(|_| raw.starts_with('[')) {
        Some(cells) => cells.iter().map(|c| c.as_deref().unwrap_or("∅")).collect::<Vec<_>>().join(" | "),
        None => raw.to_owned(),
    }
}

fn named<'a>(title: &'static str, rows: &'a [ReceiptRow], all: i64, lang: Lang) -> Option<NamedRows<'a>> {
    let note = || match lang {
        Lang::Zh => format!("共 {} 行，以下为前 {NAMED_ROWS} 行；全部见 huitu quarantine export。", grouped(all)),
        Lang::En => format!("{} in all, the first {NAMED_ROWS} below; `huitu quarantine export` has them all.", grouped(all)),
    };
    let cells = |row: &'a ReceiptRow| {
        let text = as_written(&row.raw);
        let mut raw: String = text.chars().take(SHOWN).collect();
        if text.chars().count() > SHOWN {
            raw.push('…');
        }
        RowCells {
            place: row.row.map_or_else(|| row.key.clone().unwrap_or_default(), grouped),
            offset: row.offset.map_or_else(|| "–".to_owned(), grouped),
            why: lang.pick(&row.zh, &row.en),
            raw,
        }
    };
    let note = (all > rows.len() as i64).then(note);
    (!rows.is_empty()).then(|| NamedRows { title, note, rows: rows.iter().map(cells).collect() })
}
