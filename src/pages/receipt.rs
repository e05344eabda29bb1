//! The receipt as one HTML file that prints on A4: nothing from outside, one language, every number of the batch.

use std::fmt::Write;

use crate::hub::receipt::{BatchReceipt, NAMED_ROWS, ReceiptRow};
use crate::model::message::Lang;
use crate::model::text::grouped;

const STYLE: &str = "@page{size:A4;margin:18mm 16mm}body{font:10.5pt/1.6 \"Songti SC\",\"Noto Serif CJK SC\",SimSun,serif;color:#111;\
max-width:210mm;margin:2em auto;padding:0 1em}h1{font-size:18pt;text-align:center;margin:.2em 0}h2{font-size:12.5pt;margin:1.3em 0 .4em;\
break-after:avoid}p.sub{text-align:center;color:#555;margin:0 0 1em}table{border-collapse:collapse;width:100%;font-size:9.5pt}\
thead{display:table-header-group}tr{break-inside:avoid}th,td{border:1px solid #999;padding:2px 6px;vertical-align:top;text-align:left}\
th{background:#eee;font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
table.sum td,table.sum th{font-size:11pt}code{font:8.5pt/1.4 monospace;overflow-wrap:anywhere}.verdict{border:1.5px solid #111;padding:.5em .8em;\
margin:1em 0}.verdict b{font-size:12.5pt}footer{margin-top:3em;display:flex;justify-content:space-between;break-inside:avoid}\
@media print{body{margin:0;padding:0;max-width:none}}";

/// Characters of a row that the page shows.
const SHOWN: usize = 160;

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The whole file.
pub fn render(receipt: &BatchReceipt, lang: Lang) -> String {
    let mut out = String::with_capacity(16 * 1024);
    write_page(&mut out, receipt, lang).expect("writing to a string does not fail");
    out
}

fn write_page(out: &mut String, r: &BatchReceipt, lang: Lang) -> std::fmt::Result {
    let t = |zh: &'static str, en: &'static str| *lang.pick(&zh, &en);
    let title = escaped(lang.pick(&r.title.zh, &r.title.en));
    let owner = escaped(lang.pick(&r.owner.zh, &r.owner.en));
    let code = if lang == Lang::Zh { "zh-CN" } else { "en" };
    write!(
        out,
        "<!doctype html><html lang=\"{code}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{0} {1} {2}</title><style>{STYLE}</style></head><body><h1>{0}</h1><p class=\"sub\">{2} · {owner} · {3} {1}</p>",
        t("数据接收回执", "Receipt of data"),
        r.id,
        title,
        t("批次", "batch"),
    )?;
    verdict(out, r, lang)?;
    numbers(out, r, lang)?;
    particulars(out, r, lang)?;
    if !r.notes.is_empty() {
        writeln!(out, "<h2>{}</h2><ul>", t("读取说明", "How it was read"))?;
        for note in &r.notes {
            writeln!(out, "<li>{}</li>", escaped(lang.pick(&note.zh, &note.en)))?;
        }
        writeln!(out, "</ul>")?;
    }
    if !r.drift.is_empty() {
        writeln!(out, "<h2>{}</h2>", t("列的变化", "Columns that differ from the agreement"))?;
        head(out, &[t("说明", "what"), t("示例", "sample")])?;
        for d in &r.drift {
            let sample = d.sample.as_deref().unwrap_or("–");
            writeln!(out, "<tr><td>{}</td><td><code>{}</code></td></tr>", escaped(lang.pick(&d.zh, &d.en)), escaped(sample))?;
        }
        writeln!(out, "</tbody></table>")?;
    }
    let rows = t("未入库的行（隔离区）", "Rows that did not land (quarantine)");
    named(out, rows, &r.quarantined_rows, r.quarantined, lang)?;
    let values = t("已入库的行中无法读取的值", "Values that could not be read in rows that landed");
    named(out, values, &r.unreadable_values, r.unreadable_values.len() as i64, lang)?;
    writeln!(
        out,
        "<p>{}</p><footer><span>{} ____________________</span><span>{} ____________________</span></footer></body></html>",
        t(
            "未在上面列出的每一行都已入库。隔离的行保留原文，修正后可重新读取（huitu quarantine replay），不必重新报送其他行。",
            "Every row that is not listed above has landed. Quarantined rows are kept as they came and can be read again after a fix \
             (huitu quarantine replay); the other rows need not be sent again.",
        ),
        t("报送单位确认", "For the department"),
        t("日期", "Date"),
    )
}

/// The one sentence a department looks for.
fn verdict(out: &mut String, r: &BatchReceipt, lang: Lang) -> std::fmt::Result {
    let n = |n: i64| grouped(n);
    let said = match (r.state.as_str(), lang) {
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
    };
    write!(out, "<div class=\"verdict\"><b>{}</b>", escaped(&said))?;
    if let Some(why) = &r.held_because {
        write!(out, "<br>{}", escaped(lang.pick(&why.zh, &why.en)))?;
    }
    if let Some(by) = &r.decided_by {
        let why = r.decided_why.as_deref().unwrap_or("");
        write!(out, "<br>{} {}{}{}", lang.pick("决定：", "Decided by"), escaped(by), lang.pick("；", ": "), escaped(why))?;
    }
    writeln!(out, "</div>")
}

fn numbers(out: &mut String, r: &BatchReceipt, lang: Lang) -> std::fmt::Result {
    let cells = [
        (lang.pick("收到", "came"), r.read),
        (lang.pick("＝ 入库", "= landed"), r.landed),
        (lang.pick("其中新增", "new"), r.new),
        (lang.pick("变更", "changed"), r.changed),
        (lang.pick("未变", "unchanged"), r.unchanged),
        (lang.pick("＋ 隔离", "+ quarantined"), r.quarantined),
        (lang.pick("撤销（不再出现）", "gone (no longer there)"), r.gone),
    ];
    write!(out, "<table class=\"sum\"><thead><tr>")?;
    for (name, _) in cells {
        write!(out, "<th class=\"n\">{name}</th>")?;
    }
    write!(out, "</tr></thead><tbody><tr>")?;
    for (_, n) in cells {
        write!(out, "<td class=\"n\">{}</td>", grouped(n))?;
    }
    writeln!(out, "</tr></tbody></table>")
}

fn particulars(out: &mut String, r: &BatchReceipt, lang: Lang) -> std::fmt::Result {
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
    write!(out, "<h2>{}</h2><table><tbody>", lang.pick("批次", "The batch"))?;
    for (name, value) in facts.iter().filter(|(_, v)| !v.is_empty()) {
        write!(out, "<tr><th style=\"width:9em\">{name}</th><td>{}</td></tr>", escaped(value))?;
    }
    writeln!(out, "</tbody></table>")
}

fn head(out: &mut String, cells: &[&str]) -> std::fmt::Result {
    write!(out, "<table><thead><tr>")?;
    for cell in cells {
        write!(out, "<th>{cell}</th>")?;
    }
    write!(out, "</tr></thead><tbody>")
}

/// The cells of a row side by side; a row that was never split stays as it came.
fn as_written(raw: &str) -> String {
    match crate::store::record::cells(raw).filter(|_| raw.starts_with('[')) {
        Some(cells) => cells.iter().map(|c| c.as_deref().unwrap_or("∅")).collect::<Vec<_>>().join(" | "),
        None => raw.to_owned(),
    }
}

fn named(out: &mut String, title: &str, rows: &[ReceiptRow], all: i64, lang: Lang) -> std::fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>{title}</h2>")?;
    if all > rows.len() as i64 {
        let note = match lang {
            Lang::Zh => format!("共 {} 行，以下为前 {NAMED_ROWS} 行；全部见 huitu quarantine export。", grouped(all)),
            Lang::En => format!("{} in all, the first {NAMED_ROWS} below; `huitu quarantine export` has them all.", grouped(all)),
        };
        writeln!(out, "<p>{note}</p>")?;
    }
    head(
        out,
        &[
            lang.pick("行 / 主键", "row / key"),
            lang.pick("字节偏移", "offset"),
            lang.pick("原因", "reason"),
            lang.pick("原文", "as it came"),
        ],
    )?;
    for row in rows {
        let place = row.row.map_or_else(|| row.key.clone().unwrap_or_default(), grouped);
        let offset = row.offset.map_or_else(|| "–".to_owned(), grouped);
        let text = as_written(&row.raw);
        let mut raw: String = text.chars().take(SHOWN).collect();
        if text.chars().count() > SHOWN {
            raw.push('…');
        }
        let why = escaped(lang.pick(&row.zh, &row.en));
        writeln!(
            out,
            "<tr><td class=\"n\">{}</td><td class=\"n\">{offset}</td><td>{why}</td><td><code>{}</code></td></tr>",
            escaped(&place),
            escaped(&raw)
        )?;
    }
    writeln!(out, "</tbody></table>")
}
