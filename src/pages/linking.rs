//! The report as text and as a page.

use std::fmt::Write as _;

use askama::Template;

use crate::link::Blocking;
use crate::link::quality::{Band, Report};
use crate::model::message::{Lang, flag_name, method_name};
use crate::model::text::grouped;

/// A caption and a table: what text and page have in common.
struct Section {
    title: &'static str,
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Section {
    /// Whether a column holds numbers: its title is marked by a leading `>`.
    fn is_number(&self, column: &usize) -> bool {
        self.header.get(*column).is_some_and(|name| name.starts_with('>'))
    }
}

fn number(count: usize) -> String {
    grouped(count as i64)
}

fn share(part: f64) -> String {
    format!("{:.2} %", part * 100.0)
}

fn range(band: &Band) -> String {
    format!("{:.0} … {:.0}", band.from, band.to)
}

/// The report on linking as people read it.
pub struct LinkingReport<'a>(pub &'a Report);

impl LinkingReport<'_> {
    fn sections(&self, lang: Lang) -> Vec<Section> {
        let Blocking { tested, recall, candidates_mean, candidates_most } = self.0.blocking;
        let line = |zh: &str, en: &str, value: String| vec![lang.pick(zh, en).to_owned(), value];
        let overview = vec![
            line("记录", "records", number(self.0.records)),
            line("实体", "entities", number(self.0.entities)),
            line("可能的配对", "possible pairs", number(self.0.scored_pairs)),
            line("待审配对", "pairs to review", number(self.0.review_pairs)),
            line("分块召回率", "recall of blocking", share(recall)),
            line("　遮盖代码后受测的记录", "  records tested with their codes covered", number(tested)),
            line("　每条记录的候选，平均", "  candidates a record, mean", format!("{candidates_mean:.1}")),
            line("　每条记录的候选，最多", "  candidates a record, most", number(candidates_most)),
            line("估计精确率（模型自评）", "estimated precision (the model of itself)", share(self.0.estimated_precision)),
            line("估计召回率（模型自评）", "estimated recall (the model of itself)", share(self.0.estimated_recall)),
        ];
        let methods = self.0.methods.iter().map(|(m, count)| vec![method_name(m, lang).to_owned(), number(*count)]).collect();
        let bands = self.0.bands.iter().map(|b| {
            let precision = b.precision.map_or_else(|| "–".to_owned(), share);
            vec![range(b), number(b.joined), number(b.apart), precision, share(b.recall)]
        });
        let without = self.0.without_codes.iter().map(|w| {
            let measured = |part: Option<f64>| part.map_or_else(|| "–".to_owned(), share);
            let counts = [w.tested, w.joined, w.right].map(number);
            [vec![w.registry.clone()], counts.to_vec(), vec![measured(w.precision), measured(w.recall)]].concat()
        });
        let largest = self.0.largest.iter().map(|c| vec![c.entity.clone(), number(c.records)]).collect();
        let flags = self.0.flags.iter().map(|(kind, count)| vec![flag_name(kind, lang).to_owned(), number(*count)]).collect();
        let most = self.0.suspicious.iter().map(|s| {
            let entity = s.entity.clone().unwrap_or_else(|| "–".to_owned());
            vec![flag_name(&s.kind, lang).to_owned(), format!("{}:{}", s.registry, s.key), entity, s.count.to_string()]
        });
        let odd = self
            .0
            .suspicious_clusters
            .iter()
            .map(|c| vec![flag_name(c.kind.name(), lang).to_owned(), c.entity.clone(), number(c.records), number(c.count)]);
        let section = |zh, en, header: &[(&'static str, &'static str)], rows: Vec<Vec<String>>| Section {
            title: lang.pick(zh, en),
            header: header.iter().map(|(zh, en)| lang.pick(*zh, *en)).collect(),
            rows,
        };
        let record_count = (">记录", ">records");
        vec![
            section("概况", "Overview", &[("项目", "item"), (">值", ">value")], overview),
            section("关联方法", "Methods", &[("方法", "method"), record_count], methods),
            section(
                "按权重（log2 几率）",
                "By weight (log2 odds)",
                &[
                    (">权重", ">weight"),
                    (">已关联", ">joined"),
                    (">未关联", ">left apart"),
                    (">本段估计精确率", ">est. precision of the band"),
                    (">自此以上估计召回率", ">est. recall from here up"),
                ],
                bands.collect(),
            ),
            section(
                "无代码时（遮盖代码实测）",
                "Where codes are missing (measured with codes covered up)",
                &[
                    ("登记", "registry"),
                    (">受测", ">tested"),
                    (">已关联", ">joined"),
                    (">正确", ">right"),
                    (">精确率", ">precision"),
                    (">召回率", ">recall"),
                ],
                without.collect(),
            ),
            section("最大的簇", "Largest clusters", &[("实体", "entity"), record_count], largest),
            section("警告", "Warnings", &[("种类", "kind"), (">次数", ">count")], flags),
            section(
                "涉及记录最多的警告",
                "Warnings about the most records",
                &[("种类", "kind"), ("记录", "record"), ("实体", "entity"), (">涉及", ">concerned")],
                most.collect(),
            ),
            section(
                "可疑的簇",
                "Suspicious clusters",
                &[("可疑之处", "what is odd"), ("实体", "entity"), record_count, (">个数", ">number")],
                odd.collect(),
            ),
        ]
    }

    /// As plain text; `table` lays out a header (numbers marked by a leading `>`) and rows.
    pub fn text(&self, lang: Lang, table: impl Fn(&[&str], &[Vec<String>]) -> String) -> String {
        let mut out = String::new();
        for section in self.sections(lang).iter().filter(|section| !section.rows.is_empty()) {
            let _ = writeln!(out, "{}\n{}", section.title, table(&section.header, &section.rows));
        }
        out
    }

    /// As one HTML page without anything from outside.
    pub fn html(&self, lang: Lang) -> String {
        let page = LinkingPage {
            lang,
            code: lang.code(),
            title: lang.pick("关联报告", "Link report"),
            sections: self.sections(lang).into_iter().filter(|section| !section.rows.is_empty()).collect(),
            plot: self.plot(),
        };
        page.render().expect("writing to a string does not fail")
    }

    /// How many pairs have which weight, and how good they probably are.
    fn plot(&self) -> Plot {
        let most = self.0.bands.iter().map(|b| b.joined.max(b.apart)).max().unwrap_or(1).max(1) as f64;
        let mut plot = Plot { width: 50 + self.0.bands.len() * 28, ..Plot::default() };
        for (i, band) in self.0.bands.iter().enumerate() {
            let x = 30 + i * 28;
            for (shift, count, class) in [(0, band.joined, "j"), (11, band.apart, "a")] {
                // Square roots, so that small bands stay visible beside the large ones.
                let height = (count as f64 / most).sqrt() * 140.0;
                plot.bars.push(Bar {
                    class,
                    x: x + shift,
                    y: format!("{:.1}", 150.0 - height),
                    height: format!("{height:.1}"),
                    title: format!("{}: {}", range(band), number(count)),
                });
            }
            plot.marks.push((x + 10, format!("{:.0}", band.from)));
            let at = |share: f64| format!("{},{:.1} ", x + 10, 150.0 - share * 140.0);
            plot.precision.push_str(&band.precision.map(at).unwrap_or_default());
            plot.recall.push_str(&at(band.recall));
        }
        plot
    }
}

#[derive(Template)]
#[template(path = "linking.html", config = "src/pages/askama.toml")]
struct LinkingPage {
    lang: Lang,
    code: &'static str,
    title: &'static str,
    sections: Vec<Section>,
    plot: Plot,
}

impl LinkingPage {
    fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.pick(zh, en)
    }
}

/// Two plots over the same bands: pairs as bars, estimates as lines.
#[derive(Default)]
struct Plot {
    width: usize,
    bars: Vec<Bar>,
    /// Where a band stands, and the weight it begins at.
    marks: Vec<(usize, String)>,
    precision: String,
    recall: String,
}

struct Bar {
    class: &'static str,
    x: usize,
    y: String,
    height: String,
    title: String,
}
