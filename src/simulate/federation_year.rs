//! The year of the invented federation: rules of the appraisal, the work that they count, what units say against it and were given; pilot
//! areas, key points, targets. Who adds them up finds beside each sheet whose its lines are.

use chrono::Datelike;

use super::city::{City, first_day};
use super::federation_sheet::{SOURCE, Sheet, districts, draw, street_code};
use crate::model::reference::areas;

/// The rules of a year.
pub(super) fn rules(year: i32) -> String {
    let rule = |id: &str, zh: &str, en: &str, per: f64, cap: u32, article: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nindicator = \"{id}\"\nzh = \"{zh}\"\nen = \"{en}\"\nper = {per:?}\ncap = {cap}\nsource = \"示例考核办法第{article}条（虚构）\"\n"
        )
    };
    format!("year = {year}\n")
        + &rule("net_new_units", "新增独立建会", "new unions of their own", 1.0, 30, "三")
        + &rule("service", "服务职工", "services", 0.5, 40, "四")
        + &rule("information", "信息报送", "reports", 2.0, 20, "五")
}

/// Work of districts and streets that the rules count, of this year and the last.
pub(super) fn work(city: &City) -> String {
    let mut sheet = Sheet::new(&["unit", "year", "indicator", "value", "source"]);
    for (district, _) in districts() {
        let mut draw = draw(city, 7_000_000_000 + u64::from(district));
        let streets = areas().towns_of(district).iter().map(street_code);
        for unit in std::iter::once(format!("D{district}")).chain(streets) {
            for year in [first_day().year() - 1, first_day().year()] {
                for (indicator, most) in [("service", 100), ("information", 12)] {
                    let value = draw.below(most).to_string();
                    sheet.line([unit.clone(), year.to_string(), indicator.to_owned(), value, SOURCE.to_owned()]);
                }
            }
        }
    }
    sheet.text()
}

/// The year's new unions: the city's, and parts of districts that leave something over.
pub(super) fn targets(city: &City) -> String {
    let mut sheet = Sheet::new(&["单位代码", "年度", "指标", "计量", "任务", "来源"]);
    let whole = (city.enterprises / 40).max(64);
    let mut line = |unit: String, value: u64| {
        let own = |text: &str| text.to_owned();
        sheet.line([unit, first_day().year().to_string(), own("net_new_units"), own("个"), value.to_string(), own(SOURCE)]);
    };
    line("BJ".to_owned(), whole);
    let count = districts().count() as u64;
    for (district, _) in districts() {
        line(format!("D{district}"), whole * 9 / 10 / count);
    }
    sheet.text()
}

/// Districts as pilot areas, as they stand in the collections; whose the lines are.
pub(super) fn pilots(city: &City) -> (String, Vec<String>) {
    let mut sheet =
        Sheet::new(&["单位代码", "开始日期", "决定日期", "缴费名册移交日期", "评估日期", "市级领导小组", "区级领导小组", "来源"]);
    let mut units = Vec::new();
    for (district, name) in districts() {
        let mut draw = draw(city, 8_000_000_000 + u64::from(district));
        let own = |text: &str| text.to_owned();
        let reviewed = if draw.chance(0.4) { "2026-07-15" } else { "" };
        sheet.line([
            format!("D{district}"),
            own("2026-01-01"),
            own("2025-10-20"),
            own("2025-12-01"),
            own(reviewed),
            own("市代收工作领导小组（虚构）"),
            format!("{name}代收工作领导小组（虚构）"),
            own(SOURCE),
        ]);
        units.push(format!("D{district}"));
    }
    (sheet.text(), units)
}

/// Key points of the year of every district; whose the lines are, and whether the point is done.
pub(super) fn key_points(city: &City) -> (String, Vec<(String, bool)>) {
    let mut sheet = Sheet::new(&["单位代码", "年度", "要点", "完成期限", "完成日期", "来源"]);
    let mut points = Vec::new();
    for (district, _) in districts() {
        let mut draw = draw(city, 9_000_000_000 + u64::from(district));
        for (point, due, done_on) in
            [("发放会员服务卡", "2026-06-30", "2026-06-20"), ("街道乡镇总工会全部组建", "2026-11-30", "2026-09-10")]
        {
            let is_done = draw.chance(0.6);
            let own = |text: &str| text.to_owned();
            let done_on = if is_done { done_on } else { "" };
            let year = first_day().year().to_string();
            sheet.line([format!("D{district}"), year, own(point), own(due), own(done_on), own(SOURCE)]);
            points.push((format!("D{district}"), is_done));
        }
    }
    (sheet.text(), points)
}

/// What some districts say against the year's appraisal; whose the lines are. The first one always says something.
pub(super) fn objections(city: &City) -> (String, Vec<String>) {
    let mut sheet = Sheet::new(&["编号", "单位代码", "年度", "规则", "异议内容", "状态", "答复", "日期", "来源"]);
    let mut units = Vec::new();
    for (at, (district, _)) in districts().enumerate() {
        let mut draw = draw(city, 10_000_000_000 + u64::from(district));
        let speaks = draw.chance(0.3);
        let (state, answer) = *draw.pick(&[("待复核", ""), ("成立", "补计（虚构）"), ("不成立", "材料不足（虚构）")]);
        if at > 0 && !speaks {
            continue;
        }
        let own = |text: &str| text.to_owned();
        let unit = format!("D{district}");
        sheet.line([
            format!("YY-{district}"),
            unit.clone(),
            first_day().year().to_string(),
            own("information"),
            own("少计信息报送（虚构）"),
            own(state),
            own(answer),
            own("2026-09-15"),
            own(SOURCE),
        ]);
        units.push(unit);
    }
    (sheet.text(), units)
}

/// What some districts were given for the year before; whose the lines are, and how much, in yuan. The first one always was.
pub(super) fn rewards(city: &City) -> (String, Vec<(String, u64)>) {
    let mut sheet = Sheet::new(&["单位代码", "年度", "奖励", "金额", "来源"]);
    let mut given = Vec::new();
    for (at, (district, _)) in districts().enumerate() {
        let mut draw = draw(city, 11_000_000_000 + u64::from(district));
        let (is_given, (reward, yuan)) = (draw.chance(0.3), *draw.pick(&[("示例一等奖", 20_000_u64), ("示例二等奖", 10_000)]));
        if at > 0 && !is_given {
            continue;
        }
        let unit = format!("D{district}");
        let year = (first_day().year() - 1).to_string();
        sheet.line([unit.clone(), year, reward.to_owned(), yuan.to_string(), SOURCE.to_owned()]);
        given.push((unit, yuan));
    }
    (sheet.text(), given)
}
