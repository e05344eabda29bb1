//! The bulletin as one HTML file: nothing from outside, prints well on A4.

use std::fmt::Write;

use crate::bulletin::figures::{Bulletin, Counts, UnitLine, indicator_name, shown};
use crate::model::message::Lang;
use crate::model::text::grouped;

const STYLE: &str = "@page{size:A4;margin:18mm 16mm}body{font:10.5pt/1.6 \"Songti SC\",\"Noto Serif CJK SC\",SimSun,serif;color:#111;\
max-width:210mm;margin:2em auto;padding:0 1em}h1{font-size:18pt;text-align:center;margin:.2em 0}h2{font-size:13pt;margin:1.4em 0 .4em;\
break-after:avoid}p.sub{text-align:center;color:#555;margin:0 0 1em}table{border-collapse:collapse;width:100%;font-size:9pt}\
thead{display:table-header-group}tr{break-inside:avoid}th,td{border:1px solid #999;padding:2px 5px;vertical-align:top}\
th{background:#eee;font-weight:600}td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.bar{display:inline-block;height:.6em;\
background:#b22;margin-right:.3em}section.unit{break-inside:avoid-page}code{font:8.5pt/1.4 monospace;overflow-wrap:anywhere}\
tr.total td{font-weight:600;border-top:2px solid #555}table.urgent{font-size:8.5pt;line-height:1.35}table.urgent td code{white-space:nowrap;font-size:8pt}table.urgent th:nth-child(1){width:34%}\
table.urgent th:nth-child(2){width:24%}th{white-space:nowrap}table.units th{white-space:normal}\
@media print{body{margin:0;padding:0;max-width:none}}";

/// Text that stands in HTML as it is.
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
pub fn render(bulletin: &Bulletin) -> String {
    let mut out = String::with_capacity(64 * 1024);
    write_bulletin(&mut out, bulletin).expect("writing to a string does not fail");
    out
}

fn write_bulletin(out: &mut String, b: &Bulletin) -> std::fmt::Result {
    let t = |zh: &'static str, en: &'static str| b.lang.pick(zh, en);
    let title = match b.lang {
        Lang::Zh => format!("{}工会组建情况通报", b.area),
        Lang::En => format!("Union coverage in {}", b.area),
    };
    let code = if b.lang == Lang::Zh { "zh-CN" } else { "en" };
    write!(
        out,
        "<!doctype html><html lang=\"{code}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
    )?;
    write!(out, "<title>{0} {1}</title><style>{STYLE}</style></head><body><h1>{0}</h1>", escaped(&title), escaped(&b.period))?;
    writeln!(out, "<p class=\"sub\">{} · {} {}</p>", escaped(&b.period), t("截至", "as of"), b.as_of)?;
    for sentence in b.lead() {
        writeln!(out, "<p>{}</p>", escaped(&sentence))?;
    }
    writeln!(
        out,
        "<h2>{}</h2>",
        t("各单位情况（按规模以上企业独立建会率排名）", "By unit, ranked by independent unions above designated size")
    )?;
    units_table(out, b)?;
    targets_table(out, b)?;
    writeln!(out, "<h2>{}</h2>", t("各单位最急需走访的企业", "The most urgent enterprises of each unit"))?;
    for unit in b.units.iter().filter(|u| !u.urgent.is_empty()) {
        urgent_table(out, b, unit)?;
    }
    sources_table(out, b)?;
    writeln!(out, "<p>{} {} · SHA-256 <code>{}</code></p>", t("版本", "Edition"), b.number, escaped(&b.digest))?;
    writeln!(
        out,
        "<p>{}</p><p><code>{}</code></p>",
        t("可复现的查询（GraphQL）：", "The query that gives this table (GraphQL):"),
        escaped(&b.query())
    )?;
    writeln!(out, "</body></html>")
}

fn head(out: &mut String, class: &str, cells: &[&str]) -> std::fmt::Result {
    write!(out, "<table class=\"{class}\"><thead><tr>")?;
    for cell in cells {
        write!(out, "<th>{}</th>", escaped(cell))?;
    }
    writeln!(out, "</tr></thead><tbody>")
}

fn percent(rate: Option<f64>) -> String {
    rate.map_or_else(|| "—".to_owned(), |r| format!("{:.1}%", r * 100.0))
}

/// `+3`, `-2`, or a dash where there is nothing to compare with.
fn change(unit: &UnitLine, what: fn(&Counts) -> u64) -> String {
    unit.before.as_ref().map_or_else(|| "—".to_owned(), |before| format!("{:+}", what(&unit.now) as i64 - what(before) as i64))
}

fn units_table(out: &mut String, b: &Bulletin) -> std::fmt::Result {
    let cells: &[&str] = match b.lang {
        Lang::Zh => &[
            "排名",
            "单位",
            "应建会单位",
            "规模以上",
            "已独立建会",
            "独立建会率",
            "未建会（规上）",
            "覆盖率",
            "入会率（已建会）",
        ],
        Lang::En => &["rank", "unit", "in scope", "above size", "independent", "rate", "gap", "coverage", "membership"],
    };
    // Without an earlier edition there is no change to show; the lead says so.
    let changes: &[&str] = match (b.compared, b.lang) {
        (None, _) => &[],
        (Some(_), Lang::Zh) => &["组织净增", "覆盖净增", "会员净增"],
        (Some(_), Lang::En) => &["unions ±", "units ±", "members ±"],
    };
    head(out, "units", &[cells, changes].concat())?;
    for (at, unit) in b.units.iter().chain([&b.total]).enumerate() {
        let row = if at == b.units.len() { "<tr class=\"total\">" } else { "<tr>" };
        let (m, now) = (&unit.now.measures, &unit.now);
        let rank = unit.rank.map_or(String::new(), |r| r.to_string());
        let bar = now.independent_rate().unwrap_or(0.0) * 4.0;
        write!(out, "{row}<td class=\"n\">{rank}</td><td>{}</td>", escaped(&unit.name))?;
        for n in [m.in_scope, m.above, m.above_independent] {
            write!(out, "<td class=\"n\">{}</td>", grouped(n as i64))?;
        }
        write!(
            out,
            "<td class=\"n\"><span class=\"bar\" style=\"width:{bar:.2}em\"></span>{}</td>",
            percent(now.independent_rate())
        )?;
        write!(out, "<td class=\"n\">{}</td>", grouped(m.in_gap as i64))?;
        for text in [percent(now.coverage_rate()), percent(now.membership_rate())] {
            write!(out, "<td class=\"n\">{text}</td>")?;
        }
        let changes: [fn(&Counts) -> u64; 3] = [|c| c.measures.unions, |c| c.measures.unionised, |c| c.measures.members];
        for of in changes.into_iter().filter(|_| b.compared.is_some()) {
            write!(out, "<td class=\"n\">{}</td>", change(unit, of))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody></table>")
}

fn targets_table(out: &mut String, b: &Bulletin) -> std::fmt::Result {
    let t = |zh: &'static str, en: &'static str| b.lang.pick(zh, en);
    writeln!(out, "<h2>{}</h2>", t("任务完成情况", "Targets"))?;
    if b.units.iter().chain([&b.total]).all(|u| u.targets.is_empty()) {
        return writeln!(
            out,
            "<p>{}</p>",
            t("本年度尚未下达任务，不列完成率。", "No targets are set for this year: attainment is not shown.")
        );
    }
    let cells: &[&str] = match b.lang {
        Lang::Zh => &["单位", "指标", "任务", "完成", "完成率", "排名", "尚缺", "每月需完成", "进度", "第一责任人"],
        Lang::En => &["unit", "indicator", "target", "done", "attained", "rank", "missing", "per month", "pace", "responsible"],
    };
    head(out, "targets", cells)?;
    for (unit, s) in b.units.iter().chain([&b.total]).flat_map(|u| u.targets.iter().map(move |s| (u, s))) {
        let number = |v: Option<f64>| v.map_or_else(|| "—".to_owned(), |v| shown(&s.indicator, v));
        let pace = s.on_pace.map_or("—", |on| if on { t("正常", "on pace") } else { t("滞后", "behind") });
        write!(out, "<tr><td>{}</td><td>{}</td>", escaped(&unit.name), escaped(&indicator_name(&s.indicator, b.lang)))?;
        let rank = s.rank.map_or_else(|| "—".to_owned(), |r| r.to_string());
        for text in [shown(&s.indicator, s.value), number(s.done), percent(s.attainment), rank, number(s.missing)] {
            write!(out, "<td class=\"n\">{text}</td>")?;
        }
        let per_month = s.needed_per_month.map_or_else(|| "—".to_owned(), |n| format!("{n:.1}"));
        let responsible = escaped(s.responsible.as_deref().unwrap_or(""));
        writeln!(out, "<td class=\"n\">{per_month}</td><td>{pace}</td><td>{responsible}</td></tr>")?;
    }
    writeln!(out, "</tbody></table>")?;
    for u in &b.unequal {
        let text = match b.lang {
            Lang::Zh => format!(
                "说明：{} 的任务 {} 为 {}，下属 {} 个单位合计 {}，两者不等。",
                b.name_of(&u.parent),
                indicator_name(&u.indicator, b.lang),
                u.value,
                u.units,
                u.sum
            ),
            Lang::En => format!(
                "Note: the target {} of {} is {}, its {} units together {}: they differ.",
                indicator_name(&u.indicator, b.lang),
                b.name_of(&u.parent),
                u.value,
                u.units,
                u.sum
            ),
        };
        writeln!(out, "<p>{}</p>", escaped(&text))?;
    }
    Ok(())
}

fn urgent_table(out: &mut String, b: &Bulletin, unit: &UnitLine) -> std::fmt::Result {
    writeln!(out, "<section class=\"unit\"><h2>{}</h2>", escaped(&unit.name))?;
    let cells: &[&str] = match b.lang {
        Lang::Zh => &["企业", "地址", "从业人员", "依据", "分值"],
        Lang::En => &["enterprise", "address", "employees", "why", "score"],
    };
    head(out, "urgent", cells)?;
    for u in &unit.urgent {
        let employees = u.employees.map_or_else(|| "—".to_owned(), |n| grouped(n.into()));
        write!(out, "<tr><td>{}<br><code>{}</code></td>", escaped(&u.name), escaped(&u.credit_code))?;
        write!(out, "<td>{}</td><td class=\"n\">{employees}</td>", escaped(&u.address))?;
        writeln!(out, "<td>{}</td><td class=\"n\">{:.1}</td></tr>", escaped(&u.reasons), u.score)?;
    }
    writeln!(out, "</tbody></table></section>")
}

fn sources_table(out: &mut String, b: &Bulletin) -> std::fmt::Result {
    let t = |zh: &'static str, en: &'static str| b.lang.pick(zh, en);
    writeln!(out, "<h2>{}</h2>", t("数据来源", "Sources"))?;
    let cells: &[&str] = match b.lang {
        Lang::Zh => &["部门数据", "数据时间", "记录数", ""],
        Lang::En => &["registry", "as of", "records", ""],
    };
    head(out, "sources", cells)?;
    for s in &b.sources {
        let stale = if s.stale { t("已过期", "stale") } else { "" };
        write!(out, "<tr><td>{}</td><td>{}</td>", escaped(&s.title), s.as_of)?;
        writeln!(out, "<td class=\"n\">{}</td><td>{stale}</td></tr>", grouped(s.records as i64))?;
    }
    writeln!(out, "</tbody></table>")
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_cannot_become_markup() {
        assert_eq!(super::escaped("<b>A&B \"甲\"'</b>"), "&lt;b&gt;A&amp;B &quot;甲&quot;&#39;&lt;/b&gt;");
    }
}
