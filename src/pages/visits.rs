//! A visit list on paper (A4: where, whom, why, what to bring), as a workbook to be filled in, and read again when it comes back.
//!
//! Nothing on it needs a scope beyond that of visits: no payments, no disputes, no revenue.

use std::io::Cursor;

use askama::Template;
use calamine::{Data, Reader, Xlsx};
use rust_xlsxwriter::{DataValidation, Format, Workbook, XlsxError};

use crate::cases::sheet::{COLUMNS, heading};
use crate::hub::doors::Door;
use crate::hub::visits::DrawnList;
use crate::model::message::{Lang, reason_text};
use crate::model::problem::Problem;
use crate::model::reference::unions::visit_results;
use crate::store::case::NEVER_DUE;

/// Size of the sketch, in its own units.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const MARGIN: f64 = 20.0;

#[derive(Template)]
#[template(path = "visits.html", config = "src/pages/askama.toml")]
struct VisitPage<'a> {
    lang: Lang,
    code: &'static str,
    title: &'a str,
    particulars: String,
    width: f64,
    height: f64,
    walk: String,
    points: Vec<(i64, f64, f64)>,
    header: [&'static str; 6],
    doors: Vec<DoorCells<'a>>,
    results: String,
}

struct DoorCells<'a> {
    place: i64,
    case: &'a str,
    name: &'a str,
    code: &'a str,
    area: &'a str,
    address: &'a str,
    why: String,
    bring: &'static str,
}

impl VisitPage<'_> {
    fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.pick(zh, en)
    }
}

fn why(door: &Door, lang: Lang) -> String {
    let told = door.why.iter().map(|r| reason_text(&r.code, &r.inputs, lang));
    let stage = door.stage.text(lang).to_owned();
    told.chain([stage]).collect::<Vec<_>>().join(lang.pick("；", "; "))
}

/// Results of a layer, code and name.
fn results(is_answer: bool, lang: Lang) -> Vec<String> {
    let layer = visit_results().iter().filter(|r| r.is_answer == is_answer);
    layer.map(|r| format!("{} {}", r.code, lang.pick(r.name_zh, r.name_en))).collect()
}

/// Places on the sketch: north is up, a kilometre is as long either way.
fn sketch(doors: &[Door]) -> Vec<(i64, f64, f64)> {
    let known: Vec<(i64, f64, f64)> = doors.iter().filter_map(|d| d.at.map(|(x, y)| (d.place, x, y))).collect();
    let middle = known.iter().map(|(_, _, y)| y).sum::<f64>() / known.len().max(1) as f64;
    let narrow = middle.to_radians().cos();
    let bounds = known.iter().fold((f64::MAX, f64::MAX, f64::MIN, f64::MIN), |b, (_, x, y)| {
        (b.0.min(x * narrow), b.1.min(*y), b.2.max(x * narrow), b.3.max(*y))
    });
    let (wide, high) = ((bounds.2 - bounds.0).max(1e-4), (bounds.3 - bounds.1).max(1e-4));
    let scale = ((WIDTH - 2.0 * MARGIN) / wide).min((HEIGHT - 2.0 * MARGIN) / high);
    let round = |n: f64| (n * 10.0).round() / 10.0;
    let place = |(number, x, y): (i64, f64, f64)| {
        (number, round(MARGIN + (x * narrow - bounds.0) * scale), round(HEIGHT - MARGIN - (y - bounds.1) * scale))
    };
    known.into_iter().map(place).collect()
}

/// The page.
pub fn render(drawn: &DrawnList, doors: &[Door], km: f64, lang: Lang) -> String {
    let list = &drawn.list;
    let owner: Vec<&str> =
        [&list.owner_unit, &list.owner_role, &list.owner_name].into_iter().filter_map(|t| t.as_deref()).collect();
    let due = if list.due == NEVER_DUE { "" } else { &list.due };
    let facts = [
        (lang.pick("编号", "number"), list.id.clone()),
        (lang.pick("责任", "owner"), owner.join(" ")),
        (lang.pick("户数", "doors"), doors.len().to_string()),
        (lang.pick("约", "about"), if km > 0.0 { format!("{km:.1} km") } else { String::new() }),
        (lang.pick("期限", "due"), due.to_owned()),
        (lang.pick("有效至", "valid until"), list.expires.clone()),
    ];
    let told = facts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name} {value}"));
    let points = sketch(doors);
    let cells = |d| {
        let d: &Door = d;
        DoorCells {
            place: d.place,
            case: &d.case,
            name: &d.name,
            code: &d.credit_code,
            area: &d.area,
            address: &d.address,
            why: why(d, lang),
            bring: d.stage.bring(lang),
        }
    };
    let layers = [results(false, lang), results(true, lang)].map(|layer| layer.join(lang.pick("、", ", ")));
    let page = VisitPage {
        lang,
        code: if lang == Lang::Zh { "zh-CN" } else { "en" },
        title: &list.title,
        particulars: told.collect::<Vec<_>>().join(" · "),
        width: WIDTH,
        height: HEIGHT,
        walk: points.iter().map(|(_, x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" "),
        points,
        header: [
            "",
            lang.pick("企业", "enterprise"),
            lang.pick("地址", "address"),
            lang.pick("走访原因", "why"),
            lang.pick("携带", "bring"),
            lang.pick("结果、日期、时间", "result, date, time"),
        ],
        doors: doors.iter().map(cells).collect(),
        results: layers.join(lang.pick("。见到负责人时：", ". Where somebody was met: ")),
    };
    page.render().expect("writing to a string does not fail")
}

/// The workbook: one row a door, results to be chosen from a list.
///
/// # Errors
/// The library's.
pub fn workbook(doors: &[Door], lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold().set_text_wrap();
    let text = Format::new().set_num_format("@");
    let sheet = book.add_worksheet();
    sheet.set_name(lang.pick("走访", "visits"))?;
    sheet.set_freeze_panes(1, 2)?;
    for (column, (key, ..)) in (0..).zip(COLUMNS) {
        sheet.write_string_with_format(0, column, heading(key, lang), &bold)?;
        sheet.set_column_width(column, if matches!(key, "name" | "address" | "why" | "note") { 32 } else { 16 })?;
    }
    for (row, door) in (1..).zip(doors) {
        let told = [&door.case, &door.name, &door.credit_code, &format!("{} {}", door.area, door.address), &why(door, lang)];
        for (column, cell) in (0..).zip(told) {
            sheet.write_string_with_format(row, column, cell.trim(), &text)?;
        }
    }
    let last = doors.len().max(1) as u32;
    for (column, is_answer) in [(5, false), (6, true)] {
        let names: Vec<&str> =
            visit_results().iter().filter(|r| r.is_answer == is_answer).map(|r| lang.pick(r.name_zh, r.name_en)).collect();
        // A list of choices holds 255 characters.
        if names.iter().map(|n| n.chars().count() + 1).sum::<usize>() < 255 {
            sheet.add_data_validation(1, column, last, column, &DataValidation::new().allow_list_strings(&names)?)?;
        }
    }
    book.save_to_buffer()
}

/// The cells of a sheet that came back, as texts: a workbook, or separated by commas or tabs in UTF-8 or GB18030.
///
/// # Errors
/// It is none of these.
pub fn cells(bytes: &[u8]) -> Result<Vec<Vec<String>>, Problem> {
    let unreadable = |e: &dyn std::fmt::Display| {
        Problem::new(
            "unreadable_sheet",
            format!("无法读取：{e}；请送交 XLSX 或 CSV 文件"),
            format!("cannot be read: {e}; send a workbook (XLSX) or CSV"),
        )
    };
    if bytes.starts_with(b"PK") {
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| unreadable(&e))?;
        let range = book.worksheet_range_at(0).ok_or_else(|| unreadable(&"no sheet"))?.map_err(|e| unreadable(&e))?;
        let cell = |data: &Data| match data {
            Data::Empty => String::new(),
            Data::DateTime(at) => {
                let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
                format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
            }
            other => other.to_string(),
        };
        return Ok(range.rows().map(|row| row.iter().map(cell).collect()).collect());
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => encoding_rs::GB18030.decode(bytes).0.into_owned(),
    };
    let first = text.lines().next().unwrap_or("");
    let delimiter = if first.contains('\t') { b'\t' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let rows = reader.records().map(|row| row.map(|row| row.iter().map(str::to_owned).collect()));
    rows.collect::<Result<Vec<Vec<String>>, _>>().map_err(|e| unreadable(&e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::sheet;
    use crate::cases::standing::CaseStage;
    use crate::model::public_id;
    use crate::store::visit::VisitListRow;

    fn door(place: i64, name: &str) -> Door {
        Door {
            place,
            case: public_id::write('C', place as u64),
            name: name.to_owned(),
            credit_code: "91110108MA00000000".to_owned(),
            address: "示例路1号".to_owned(),
            area: "示例街道".to_owned(),
            why: Vec::new(),
            stage: CaseStage::Found,
            at: (place != 2).then_some((116.3 + place as f64 * 0.01, 39.9)),
        }
    }

    #[test]
    fn a_page_holds_every_door_escaped_and_every_result_in_both_languages() {
        let list = VisitListRow {
            id: "V000000000001".into(),
            title: "<script>".into(),
            drawn_at: 0,
            drawn_by: None,
            edition: 1,
            owner_unit: Some("110108001".into()),
            owner_role: Some("协管员".into()),
            owner_name: None,
            due: NEVER_DUE.into(),
            expires: "2026-12-06".into(),
        };
        let doors = [door(1, "甲&乙有限公司"), door(2, "丙"), door(3, "丁")];
        let drawn = DrawnList { list, stops: Vec::new() };
        for (lang, word) in [(Lang::Zh, "走访名单"), (Lang::En, "Visit list")] {
            let page = render(&drawn, &doors, 3.2, lang);
            assert!(page.contains(word) && page.contains("甲&#38;乙有限公司") && !page.contains("<script>"), "{page}");
            assert_eq!(page.matches("<circle").count(), 2, "one has no place");
            assert!(visit_results().iter().all(|r| page.contains(r.code)));
        }
    }

    #[test]
    fn a_workbook_that_was_filled_in_is_read_again() {
        let doors = [door(1, "甲"), door(2, "乙")];
        let bytes = workbook(&doors, Lang::Zh).expect("a workbook");
        let mut rows = cells(&bytes).expect("cells");
        assert_eq!(rows.len(), 3);
        rows[1].resize(11, String::new());
        (rows[1][5], rows[1][6]) = ("见到负责人".into(), "拒绝建会".into());
        let read = sheet::read(&rows, &|t| Some(t.and_utc())).expect("a sheet");
        assert!(read.rows.len() == 1 && read.unread.is_empty(), "{read:?}");
        assert_eq!(read.rows[0].as_ref().expect("a row").case, doors[0].case);
        let gb = encoding_rs::GB18030.encode("案件编号,到访结果\r\nC000000000001,无人应门\r\n").0.into_owned();
        assert_eq!(cells(&gb).expect("cells")[1][1], "无人应门");
        assert!(cells(b"PK\x03\x04 no workbook").is_err());
    }
}
