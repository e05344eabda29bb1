//! The page that a connector's folder has for its department: how to deliver, what the columns mean, what becomes of the rows.

use std::fmt::Write;

use super::{Column, Connector, Transport};
use crate::model::record_use::RecordUse;

/// `README.md` of a connector's folder, in both languages. `sample`: name of its sample file.
pub fn department_page(connector: &Connector, sample: &str) -> String {
    let mut page = String::new();
    write_page(&mut page, connector, sample).expect("writing to a string does not fail");
    page
}

fn write_page(out: &mut String, c: &Connector, sample: &str) -> std::fmt::Result {
    let name = &c.name;
    let key = c.contract.key.join("`、`");
    let percent = c.guard.max_vanished_percent;
    let (how_zh, how_en) = delivery(c);
    writeln!(out, "# {} · {}\n\n{} · {}\n", c.title.zh, c.title.en, c.owner.zh, c.owner.en)?;
    writeln!(
        out,
        "## 给部门的说明\n\n**怎样给数据**：{how_zh}\n\n**主键**：`{key}`，同一条记录每次都用同一个值，不重复使用。\n\n\
         **需要的列**：见下表，✓ 为必有；多给的列只入库、不使用，少给的列会在回执中提示。\n\n\
         **我们怎样对待数据**：每一行要么入库、要么进入隔离区并写明原因，回执中二者之和等于总行数；空文件、半个文件、出错页不会删除任何记录；\
         消失的记录超过 {percent} % 时该批次暂停，由人确认。\n\n\
         **自查**：`huitu connector check {name}`（样例：{sample}）；`huitu connector preview {name} --source {name}=位置` 显示前几行的原文与读法。\n"
    )?;
    writeln!(
        out,
        "## For the department\n\n**How to deliver**: {how_en}\n\n**Key**: `{key}`: the same record has the same value every time; values are \
         not used again.\n\n**Columns**: below, ✓ = always there. Further columns are kept and not used; missing ones are named in the \
         receipt.\n\n**What becomes of the data**: every row is landed, or quarantined with its reason; the two add up to the rows \
         delivered. An empty file, half a file or an error page deletes nothing. A batch in which more than {percent} % of the records \
         vanish waits for a person.\n\n**Try it**: `huitu connector check {name}` (sample: {sample}); `huitu connector preview {name} \
         --source {name}=PLACE` shows the first rows as written and as read.\n"
    )?;
    let used = c.contract.kind.used_as();
    if matches!(used, RecordUse::KeptOnly | RecordUse::Place | RecordUse::FederationCount) {
        let (zh, en) = used.words();
        writeln!(out, "**用途 · Use**：{zh}。· {en}.\n")?;
    }
    let catalogue = &c.catalogue;
    if let Some(basis) = &c.legal_basis {
        writeln!(out, "**共享依据 · Legal basis**：{} · {}\n", basis.zh, basis.en)?;
    }
    if catalogue.number.is_some() || catalogue.share.is_some() {
        let number = catalogue.number.as_deref().map(|n| format!("`{n}` ")).unwrap_or_default();
        let (zh, en) = catalogue.share.map_or(("", ""), |s| s.words());
        writeln!(out, "**目录 · Catalogue**：{number}{zh} · {en}\n")?;
    }
    if let Some(purpose) = &catalogue.purpose {
        writeln!(out, "**使用用途 · Purpose**：{} · {}\n", purpose.zh, purpose.en)?;
    }
    writeln!(out, "| 列 column | 字段 field | ✓ | 说明 notes |\n|---|---|---|---|")?;
    let mut done: Vec<&str> = Vec::new();
    for column in &c.contract.columns {
        if done.contains(&column.name.as_str()) {
            continue;
        }
        done.push(&column.name);
        let same: Vec<&Column> = c.contract.columns.iter().filter(|other| other.name == column.name).collect();
        let fields = same.iter().map(|c| format!("`{}`", c.field)).collect::<Vec<_>>().join("、");
        let always = if same.iter().all(|c| c.optional) { "" } else { "✓" };
        writeln!(out, "| {} | {fields} | {always} | {} |", column.name, notes(column))?;
    }
    Ok(())
}

fn notes(column: &Column) -> String {
    let mut notes = Vec::new();
    if let Some(edition) = column.edition {
        notes.push(format!("GB/T 4754-{edition}"));
    }
    if column.unit.yuan != 1 {
        let unit = super::money::UNITS.iter().find(|(_, yuan)| *yuan == column.unit.yuan).map_or("", |(name, _)| name);
        notes.push(format!("unit: {unit}"));
    }
    if !column.also.is_empty() {
        notes.push(format!("= {}", column.also.join("、")));
    }
    notes.join("; ")
}

fn delivery(c: &Connector) -> (String, String) {
    let (all_zh, all_en) = match c.complete {
        true => ("每次为全量。", "each delivery holds every row."),
        false => ("每次只含新增与变更。", "each delivery holds what is new or changed."),
    };
    let place = c.source.shown();
    match c.source.transport {
        Transport::File => (format!("文件放在 `{place}`；{all_zh}"), format!("files at `{place}`; {all_en}")),
        Transport::Http => (format!("由我们从 `{place}` 拉取；{all_zh}"), format!("we pull it from `{place}`; {all_en}")),
        Transport::Sql | Transport::Odbc => {
            (format!("由我们从前置库 `{place}` 读取；{all_zh}"), format!("we read it from the database `{place}`; {all_en}"))
        }
        Transport::Push => (
            format!(
                "由部门向 `POST /ingest/{}` 推送 NDJSON 或 CSV，附 `Idempotency-Key`；提交入库后才返回回执；{all_zh}",
                c.name
            ),
            format!(
                "the department posts NDJSON or CSV to `POST /ingest/{}` with an `Idempotency-Key`; the receipt comes after the commit; {all_en}",
                c.name
            ),
        ),
    }
}
