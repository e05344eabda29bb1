//! Which area a feature of a surveyor's file is: by the code it bears, else by its name; and what is said of one that cannot be taken.

use serde_json::Value;

use super::crossings::Crossings;
use crate::model::reference::areas::{District, Town, areas};
use crate::serve::problem::Problem;

/// Properties that hold an area's code, and those that hold its name, as surveyors and map services call them.
const CODES: [&str; 8] = ["code", "adcode", "ADCODE", "PAC", "XZQDM", "行政区划代码", "区划代码", "代码"];
const NAMES: [&str; 7] = ["name", "NAME", "name_zh", "XZQMC", "行政区划名称", "区划名称", "名称"];
/// Properties of an area that a fault lists.
const LISTED: usize = 12;

/// The division code of a feature, or the name by which it could not be found.
pub fn code_of(feature: &Value, property: Option<&str>) -> Result<u32, String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let of = |names: &[&str]| names.iter().find_map(|name| text(&feature["properties"][*name]));
    // A code that is there counts alone: a wrong one is not helped by a name beside it.
    let given = match property {
        Some(property) => of(&[property]),
        None => of(&CODES).or_else(|| of(&NAMES)).or_else(|| text(&feature["id"])),
    };
    let given = given.unwrap_or_default();
    by_code(&given).or_else(|| by_name(&given)).ok_or(given)
}

/// What is said of a feature that is no known area: what it bears, or which properties it has where it bears nothing.
pub fn unnamed(at: usize, given: &str, feature: &Value) -> Problem {
    if !given.is_empty() {
        return Problem::bad_input(
            format!("第 {at} 个区域「{given}」：没有这个行政区划代码或名称，或有多处同名"),
            format!("area {at}, \"{given}\": there is no such division code or name, or several places bear it"),
        );
    }
    let names: Vec<&str> =
        feature["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).take(LISTED).collect();
    Problem::bad_input(
        format!("第 {at} 个区域没有代码或名称：请用 --key 指明所在的属性；现有属性：{}", names.join("、")),
        format!("area {at} has neither code nor name: say with --key which property holds it; there are: {}", names.join(", ")),
    )
}

/// What is said of an area whose outline crosses itself; None where it does not.
pub fn crossed(at: usize, code: u32, crossings: &Crossings) -> Option<Problem> {
    let (x, y) = crossings.at.first()?;
    let count = crossings.at.len();
    let named = |of: fn(&'static District) -> &'static str, town: fn(&'static Town) -> &'static str| {
        areas().district(code).map(of).or_else(|| areas().town(code).map(town)).unwrap_or_default()
    };
    let (zh, en) = (named(|d| d.name_zh, |t| t.name_zh), named(|d| d.name_en, |t| t.name_en));
    Some(
        Problem::bad_input(
            format!(
                "第 {at} 个区域 {code}（{zh}）的边界自相交，共 {count} 处，第一处在经度 {x:.5}、纬度 {y:.5} 附近，无法判断哪些地方属于它；\
                 请在 GIS 中修复后再导入（如 QGIS 的“修正几何图形”、PostGIS 的 ST_MakeValid）"
            ),
            format!(
                "area {at}, {code} ({en}): its outline crosses itself, {count} times, first near longitude {x:.5}, latitude {y:.5}, so that nobody \
                 can say what lies in it; mend it in a GIS (\"Fix geometries\" of QGIS, ST_MakeValid of PostGIS) and import it again"
            ),
        )
        .remedy("ST_MakeValid"),
    )
}

/// What is said of an outline of which too much would have to be compared; None where all of it was.
pub fn cut_short(at: usize, code: u32, crossings: &Crossings) -> Option<Problem> {
    crossings.is_cut_short.then(|| {
        Problem::bad_input(
            format!("第 {at} 个区域 {code} 的边界过于曲折，是否自相交只检查了一部分；请在 GIS 中检查"),
            format!(
                "area {at}, {code}: its outline is so involved that only a part was searched for crossings; check it in a GIS"
            ),
        )
    })
}

fn by_code(text: &str) -> Option<u32> {
    // A table that took codes for numbers with a fraction writes 110108.0.
    let text = text.trim_end_matches(".0");
    let place = areas().resolve(text, chrono::NaiveDate::MAX)?;
    areas().district(place.district)?;
    let is_street = text.len() > 6 && !text[6..].bytes().all(|b| b == b'0');
    // A street that nobody knows is not its district.
    if is_street { place.town } else { Some(place.district) }
}

/// `海淀区`, `海淀`, `北京市海淀区`, `Haidian`; a street by its name where one bears it, else behind its district's.
fn by_name(text: &str) -> Option<u32> {
    let text = text.strip_prefix("北京市").unwrap_or(text);
    let short = |name: &str, sign: &str| name.strip_suffix(sign).is_some_and(|short| short.eq_ignore_ascii_case(text));
    let is = |zh: &str, en: &str| zh == text || short(zh, "区") || en.eq_ignore_ascii_case(text) || short(en, " District");
    let mut districts = areas().districts().iter();
    if let Some(district) = districts.find(|d| is(d.name_zh, d.name_en)) {
        return Some(district.code);
    }
    let behind = areas().districts().iter().find_map(|d| Some((d, text.strip_prefix(d.name_zh)?)));
    if let Some((district, street)) = behind {
        return areas().towns_of(district.code).iter().find(|t| t.name_zh == street).map(|t| t.code);
    }
    let mut named = areas().towns().iter().filter(|t| t.name_zh == text);
    let first = named.next()?;
    named.next().is_none().then_some(first.code)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn areas_are_found_by_code_and_by_name_as_surveyors_write_them() {
        let of = |properties: Value| code_of(&json!({ "properties": properties }), None);
        for properties in [
            json!({ "code": "110108" }),
            json!({ "adcode": 110_108.0 }),
            json!({ "XZQDM": "110108000000" }),
            json!({ "name": "海淀区" }),
            json!({ "name": "海淀" }),
            json!({ "XZQMC": "北京市海淀区" }),
            json!({ "NAME": "Haidian District" }),
        ] {
            assert_eq!(of(properties.clone()), Ok(110_108), "{properties}");
        }
        let street = areas().towns_of(110_108).first().expect("it has streets");
        for name in [format!("海淀区{}", street.name_zh), format!("北京市海淀区{}", street.name_zh)] {
            assert_eq!(of(json!({ "name": name })), Ok(street.code));
        }
        // A wrong code is not helped by a name beside it, nor a street by its district.
        assert_eq!(of(json!({ "code": "110999", "name": "海淀区" })), Err("110999".to_owned()));
        assert_eq!(of(json!({ "name": "海淀区不存在街道" })), Err("海淀区不存在街道".to_owned()));
        let feature = json!({ "properties": { "区县": "110108" } });
        let given = code_of(&feature, None).expect_err("no property that is known");
        assert!(unnamed(1, &given, &feature).en.ends_with("there are: 区县"));
    }
}
