//! The bulletin as a workbook: one sheet per table.

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use crate::bulletin::figures::{Bulletin, Counts, PrintedRate, UnitLine, indicator_name, is_share};
use crate::model::message::Lang;

/// A cell: text, or a number that the spreadsheet can add up.
enum Cell {
    Text(String),
    Number(f64),
    /// A share, 1 being the whole.
    Share(f64),
}

/// A share, or in words why there is none.
fn share(counts: &Counts, rate: PrintedRate, lang: Lang) -> Cell {
    counts.value(rate).map_or_else(|| Cell::from(counts.shown(rate, lang)), Cell::Share)
}

/// What came on top since the edition compared with, or a dash.
fn growth(unit: &UnitLine, count: impl Fn(&Counts) -> u64) -> Cell {
    let grown = |before: &Counts| Cell::Number(count(&unit.now) as f64 - count(before) as f64);
    unit.before.as_ref().map_or(Cell::from("—"), grown)
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}
impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}
impl From<u64> for Cell {
    fn from(n: u64) -> Cell {
        Cell::Number(n as f64)
    }
}

/// The file's bytes.
///
/// # Errors
/// Whatever writing the workbook fails with: more rows than a sheet takes, for one.
pub fn render(b: &Bulletin) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let zh = b.lang == Lang::Zh;
    let t = |chinese: &'static str, english: &'static str| if zh { chinese } else { english };

    let lead = b.lead().into_iter().map(|s| vec![Cell::from(s)]);
    let about = [format!("{} {}", t("版本", "Edition"), b.number), format!("SHA-256 {}", b.digest)];
    let rows: Vec<Vec<Cell>> = lead.chain(about.into_iter().map(|s| vec![Cell::from(s)])).collect();
    fill(book.add_worksheet(), t("概要", "Summary"), &[t("通报", "Bulletin")], &rows)?;

    let header: &[&str] = if zh {
        &[
            "排名",
            "代码",
            "单位",
            "应建会单位",
            "规模以上",
            "已独立建会",
            "独立建会率",
            "未建会（规上）",
            "仅联合覆盖（全部）",
            "规模不明",
            "规模不明且未建会",
            "覆盖率",
            "入会率（已建会）",
            "入会率（全部职工）",
            "组织净增",
            "覆盖净增",
            "会员净增",
        ]
    } else {
        &[
            "rank",
            "code",
            "unit",
            "in scope",
            "above size",
            "independent",
            "rate",
            "gap",
            "joint only (all)",
            "size unknown",
            "size unknown, lacking",
            "coverage",
            "membership (unionised)",
            "membership (all)",
            "unions ±",
            "units ±",
            "members ±",
        ]
    };
    let rows: Vec<Vec<Cell>> = b.units.iter().chain([&b.total]).map(|unit| unit_cells(unit, b.lang)).collect();
    fill(book.add_worksheet(), t("各单位", "Units"), header, &rows)?;

    let header: &[&str] = if zh {
        &["单位", "指标", "任务", "完成", "完成率", "尚缺", "每月需完成", "排名", "第一责任人"]
    } else {
        &["unit", "indicator", "target", "done", "attained", "missing", "per month", "rank", "responsible"]
    };
    let rows: Vec<Vec<Cell>> = b
        .units
        .iter()
        .chain([&b.total])
        .flat_map(|u| u.targets.iter().map(move |s| (u, s)))
        .map(|(u, s)| {
            let number = |n: Option<f64>| n.map_or(Cell::from(""), Cell::Number);
            let as_rate = is_share(&s.indicator);
            let value = |n: Option<f64>| n.map_or(Cell::from(""), if as_rate { Cell::Share } else { Cell::Number });
            vec![
                u.name.clone().into(),
                indicator_name(&s.indicator, b.lang).into(),
                value(Some(s.value)),
                value(s.done),
                s.attainment.map_or(Cell::from(""), Cell::Share),
                value(s.missing),
                value(s.needed_per_month),
                number(s.rank.map(f64::from)),
                s.responsible.as_deref().unwrap_or("").into(),
            ]
        })
        .collect();
    fill(book.add_worksheet(), t("任务", "Targets"), header, &rows)?;

    if !b.appraisal.is_empty() {
        let header: &[&str] = if zh {
            &["名次", "单位", "得分", "上年名次", "提升名次最多", "待复核异议"]
        } else {
            &["rank", "unit", "score", "year before", "what would lift it most", "open objections"]
        };
        let appraised = b.appraisal.iter().map(|unit| {
            vec![
                u64::from(unit.rank).into(),
                unit.name.clone().into(),
                Cell::Number((unit.score * 10.0).round() / 10.0),
                unit.before.map_or(Cell::from(""), |rank| u64::from(rank).into()),
                unit.lift.clone().into(),
                (unit.objections as u64).into(),
            ]
        });
        fill(book.add_worksheet(), t("年度考核", "Appraisal"), header, &appraised.collect::<Vec<Vec<Cell>>>())?;
    }

    let header: &[&str] = if zh {
        &["单位", "企业编号", "统一社会信用代码", "企业名称", "地址", "从业人员", "起始", "依据", "分值"]
    } else {
        &["unit", "id", "credit code", "name", "address", "employees", "since", "why", "score"]
    };
    let rows: Vec<Vec<Cell>> = b
        .units
        .iter()
        .flat_map(|unit| unit.urgent.iter().map(move |u| (unit, u)))
        .map(|(unit, u)| {
            vec![
                unit.name.clone().into(),
                u.id.clone().into(),
                u.credit_code.clone().into(),
                u.name.clone().into(),
                u.address.clone().into(),
                u.employees.map_or(Cell::from(""), |n| u64::from(n).into()),
                u.since.map_or(String::new(), |d| d.to_string()).into(),
                u.reasons.clone().into(),
                Cell::Number((f64::from(u.score) * 10.0).round() / 10.0),
            ]
        })
        .collect();
    fill(book.add_worksheet(), t("最急企业", "Most urgent"), header, &rows)?;

    let header: &[&str] = if zh {
        &["部门数据", "名称", "数据时间", "记录数", "过期"]
    } else {
        &["registry", "title", "as of", "records", "stale"]
    };
    let rows: Vec<Vec<Cell>> = b
        .sources
        .iter()
        .map(|s| {
            let stale = if s.stale { t("是", "yes") } else { "" };
            vec![s.name.clone().into(), s.title.clone().into(), s.as_of.to_string().into(), s.records.into(), stale.into()]
        })
        .collect();
    fill(book.add_worksheet(), t("数据来源", "Sources"), header, &rows)?;
    book.save_to_buffer()
}

fn unit_cells(unit: &UnitLine, lang: Lang) -> Vec<Cell> {
    let (m, now) = (&unit.now.measures, &unit.now);
    vec![
        unit.rank.map_or(Cell::from(""), |r| u64::from(r).into()),
        unit.code.clone().into(),
        unit.name.clone().into(),
        m.in_scope.into(),
        m.above.into(),
        m.above_independent.into(),
        share(now, PrintedRate::Independent, lang),
        m.in_gap.into(),
        m.lacking_independent.into(),
        m.size_unknown.into(),
        m.size_unknown_lacking.into(),
        share(now, PrintedRate::Coverage, lang),
        share(now, PrintedRate::Membership, lang),
        share(now, PrintedRate::MembershipOfAll, lang),
        growth(unit, |c| c.measures.unions),
        growth(unit, |c| c.measures.unionised),
        growth(unit, |c| c.measures.members),
    ]
}

fn fill(sheet: &mut Worksheet, name: &str, header: &[&str], rows: &[Vec<Cell>]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let percent = Format::new().set_num_format("0.0%");
    sheet.set_name(name)?;
    for (column, text) in header.iter().enumerate() {
        sheet.write_string_with_format(0, column as u16, *text, &bold)?;
    }
    for (row, cells) in rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            // Texts are written as texts: a leading = is no formula here.
            match cell {
                Cell::Text(text) => sheet.write_string(row as u32 + 1, column as u16, text)?,
                Cell::Number(n) => sheet.write_number(row as u32 + 1, column as u16, *n)?,
                Cell::Share(part) => sheet.write_number_with_format(row as u32 + 1, column as u16, *part, &percent)?,
            };
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofit();
    Ok(())
}
