//! The bulletin as one HTML file: nothing from outside, prints well on A4.

use askama::Template;

use crate::bulletin::appraisal::AppraisedUnit;
use crate::bulletin::figures::{
    Bulletin, Counts, PrintedRate, ScorePart, SourceLine, UnequalSum, UnitLine, Urgent, indicator_name, percent, shown,
    shown_monthly,
};
use crate::model::message::Lang;
use crate::model::text::grouped;

#[derive(Template)]
#[template(path = "bulletin.html", config = "src/pages/askama.toml")]
struct BulletinPage<'a> {
    b: &'a Bulletin,
    code: &'static str,
    title: String,
    unit_columns: Vec<&'static str>,
    units: Vec<UnitCells>,
    target_columns: &'static [&'static str],
    targets: Vec<TargetCells>,
    /// Sums of parts that are not the whole, said in a sentence each.
    unequal: Vec<String>,
    appraisal_columns: &'static [&'static str],
    urgent_columns: &'static [&'static str],
    source_columns: &'static [&'static str],
}

struct UnitCells {
    is_total: bool,
    rank: String,
    name: String,
    /// In scope, above size, independent.
    counts: [String; 3],
    /// Width of the bar beside the rate, in em.
    bar: String,
    rate: String,
    /// Gap, coverage, membership, and the changes where there is an earlier edition.
    rest: Vec<String>,
}

struct TargetCells {
    unit: String,
    indicator: String,
    /// Target, done, attained, rank, missing, per month.
    numbers: [String; 6],
    pace: &'static str,
    responsible: String,
}

/// The whole file.
pub fn render(bulletin: &Bulletin) -> String {
    let b = bulletin;
    let title = match b.lang {
        Lang::Zh => format!("{}工会组建情况通报", b.area),
        Lang::En => format!("Union coverage in {}", b.area),
    };
    let page = BulletinPage {
        b,
        code: if b.lang == Lang::Zh { "zh-CN" } else { "en" },
        title,
        unit_columns: unit_columns(b),
        units: b.units.iter().map(|unit| unit_cells(b, unit, false)).chain([unit_cells(b, &b.total, true)]).collect(),
        target_columns: match b.lang {
            Lang::Zh => &["单位", "指标", "任务", "完成", "完成率", "排名", "尚缺", "每月需完成", "进度", "第一责任人"],
            Lang::En => {
                &["unit", "indicator", "target", "done", "attained", "rank", "missing", "per month", "pace", "responsible"]
            }
        },
        targets: targets(b),
        unequal: unequal(b),
        appraisal_columns: match b.lang {
            Lang::Zh => &["名次", "单位", "得分", "上年名次", "提升名次最多", ""],
            Lang::En => &["rank", "unit", "score", "year before", "what would lift it most", ""],
        },
        urgent_columns: match b.lang {
            Lang::Zh => &["企业", "地址", "从业人员", "依据", "分值及构成"],
            Lang::En => &["enterprise", "address", "employees", "why", "score and its parts"],
        },
        source_columns: match b.lang {
            Lang::Zh => &["部门数据", "数据时间", "记录数", ""],
            Lang::En => &["registry", "as of", "records", ""],
        },
    };
    page.render().expect("writing to a string does not fail")
}

impl BulletinPage<'_> {
    fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.b.lang.pick(zh, en)
    }
    fn points(&self, unit: &AppraisedUnit) -> String {
        format!("{:.1}", unit.score)
    }
    fn rank_before(&self, unit: &AppraisedUnit) -> String {
        unit.before.map_or_else(|| "—".to_owned(), |rank| rank.to_string())
    }
    fn people(&self, enterprise: &Urgent) -> String {
        enterprise.employees.map_or_else(|| "—".to_owned(), |n| grouped(n.into()))
    }
    /// Left edge, width and class of every part of a score; a hundred points are the width.
    fn bars(&self, enterprise: &Urgent) -> Vec<(String, String, &'static str)> {
        let mut left = 0.0;
        let bar = |part: &ScorePart| {
            let at = left;
            left += part.points;
            (format!("{at:.1}"), format!("{:.1}", part.points), colour(&part.code))
        };
        enterprise.parts.iter().map(bar).collect()
    }
    /// `从业人员 2,200 人 40.0；外商投资企业 10.0`.
    fn parts(&self, enterprise: &Urgent) -> String {
        let parts: Vec<String> = enterprise.parts.iter().map(|part| format!("{} {:.1}", part.text, part.points)).collect();
        parts.join(self.b.lang.pick("；", "; "))
    }
    fn score(&self, enterprise: &Urgent) -> String {
        format!("{:.1}", enterprise.score)
    }
    fn count(&self, source: &SourceLine) -> String {
        grouped(source.records as i64)
    }
}

/// People, who owns it, what it pays, what happened, how long.
fn colour(factor: &str) -> &'static str {
    match factor {
        "employees" | "insured" => "p",
        "foreign" | "fortune_500" | "leading" => "o",
        "pays_preparatory_fund" | "fund_contradiction" => "f",
        "waiting" => "w",
        _ => "e",
    }
}

fn share(part: Option<f64>) -> String {
    part.map_or_else(|| "—".to_owned(), percent)
}

/// `+3`, `-2`, or a dash where there is nothing to compare with.
fn change(unit: &UnitLine, what: fn(&Counts) -> u64) -> String {
    unit.before.as_ref().map_or_else(|| "—".to_owned(), |before| format!("{:+}", what(&unit.now) as i64 - what(before) as i64))
}

fn unit_columns(b: &Bulletin) -> Vec<&'static str> {
    let cells: &[&'static str] = match b.lang {
        Lang::Zh => &[
            "排名",
            "单位",
            "应建会单位",
            "规模以上",
            "已独立建会",
            "独立建会率",
            "未建会（规上）",
            "规模不明",
            "覆盖率",
            "入会率（已建会）",
        ],
        Lang::En => {
            &["rank", "unit", "in scope", "above size", "independent", "rate", "gap", "size unknown", "coverage", "membership"]
        }
    };
    // Without an earlier edition there is no change to show; the lead says so.
    let changes: &[&'static str] = match (b.compared, b.lang) {
        (None, _) => &[],
        (Some(_), Lang::Zh) => &["组织净增", "覆盖净增", "会员净增"],
        (Some(_), Lang::En) => &["unions ±", "units ±", "members ±"],
    };
    [cells, changes].concat()
}

fn unit_cells(b: &Bulletin, unit: &UnitLine, is_total: bool) -> UnitCells {
    let (m, now) = (&unit.now.measures, &unit.now);
    let changes: [fn(&Counts) -> u64; 3] = [|c| c.measures.unions, |c| c.measures.unionised, |c| c.measures.members];
    let rate = |rate: PrintedRate| now.shown(rate, b.lang);
    let mut rest = vec![grouped(m.in_gap as i64), grouped(m.size_unknown as i64)];
    rest.extend([rate(PrintedRate::Coverage), rate(PrintedRate::Membership)]);
    rest.extend(changes.into_iter().filter(|_| b.compared.is_some()).map(|of| change(unit, of)));
    UnitCells {
        is_total,
        rank: unit.rank.map_or(String::new(), |r| r.to_string()),
        name: unit.name.clone(),
        counts: [m.in_scope, m.above, m.above_independent].map(|n| grouped(n as i64)),
        bar: format!("{:.2}", now.value(PrintedRate::Independent).unwrap_or(0.0) * 4.0),
        rate: rate(PrintedRate::Independent),
        rest,
    }
}

fn targets(b: &Bulletin) -> Vec<TargetCells> {
    let t = |zh: &'static str, en: &'static str| b.lang.pick(zh, en);
    let all = b.units.iter().chain([&b.total]).flat_map(|u| u.targets.iter().map(move |s| (u, s)));
    let cells = all.map(|(unit, s)| {
        let number = |v: Option<f64>| v.map_or_else(|| "—".to_owned(), |v| shown(&s.indicator, v));
        let rank = s.rank.map_or_else(|| "—".to_owned(), |r| r.to_string());
        let per_month = s.needed_per_month.map_or_else(|| "—".to_owned(), |n| shown_monthly(&s.indicator, n));
        TargetCells {
            unit: unit.name.clone(),
            indicator: indicator_name(&s.indicator, b.lang).to_string(),
            numbers: [shown(&s.indicator, s.value), number(s.done), share(s.attainment), rank, number(s.missing), per_month],
            pace: s.on_pace.map_or("—", |on| if on { t("正常", "on pace") } else { t("滞后", "behind") }),
            responsible: s.responsible.as_deref().unwrap_or("").to_owned(),
        }
    });
    cells.collect()
}

fn unequal(b: &Bulletin) -> Vec<String> {
    let note = |u: &UnequalSum| match b.lang {
        Lang::Zh => format!(
            "说明：{} 的任务 {} 为 {}，下属 {} 个单位合计 {}，两者不等。",
            b.name_of(&u.parent),
            indicator_name(&u.indicator, b.lang),
            shown(&u.indicator, u.value),
            u.units,
            shown(&u.indicator, u.sum)
        ),
        Lang::En => format!(
            "Note: the target {} of {} is {}, its {} units together {}: they differ.",
            indicator_name(&u.indicator, b.lang),
            b.name_of(&u.parent),
            shown(&u.indicator, u.value),
            u.units,
            shown(&u.indicator, u.sum)
        ),
    };
    b.unequal.iter().map(note).collect()
}
