//! What a run of linking looks like from above: counts by method, a histogram of weights, how good it probably is by
//! band, the largest and the suspicious clusters.
//!
//! Precision and recall are *estimates of the model about itself*: a weight is log2 odds, so every joined record is
//! right with probability 1 / (1 + 2^-weight), and every pair left apart was wrongly left with what its weight says.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::linker::Linker;
use super::outcome::{Decision, Linking};
use super::recall::Blocking;

/// Width of a band of weights, log2 units.
const BAND: f32 = 2.0;
/// Weights beyond this share the last band.
const LAST_BAND: f32 = 20.0;
/// How many clusters are listed.
const LISTED: usize = 10;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub records: usize,
    pub entities: usize,
    /// How well the keys find what belongs together.
    pub blocking: Blocking,
    /// Pairs that are not hopeless.
    pub bonds: usize,
    /// Records by the method that joined them; `ALONE` where nothing did.
    pub methods: BTreeMap<String, usize>,
    pub bands: Vec<Band>,
    /// Expected share of right ones among the records joined by weight.
    pub estimated_precision: f64,
    /// Expected share of the pairs that belong together which are joined, among those that were weighed.
    pub estimated_recall: f64,
    pub review_pairs: usize,
    pub largest: Vec<ClusterSize>,
    /// Warnings by kind.
    pub flags: BTreeMap<String, usize>,
    pub suspicious: Vec<Suspicious>,
}

/// Records joined, and pairs left apart, with weights from `from` (included) to `to`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Band {
    pub from: f32,
    pub to: f32,
    pub joined: usize,
    pub apart: usize,
    /// Expected share of right ones among the joined; null where none is.
    pub precision: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClusterSize {
    pub entity: String,
    pub records: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suspicious {
    pub kind: String,
    pub entity: Option<String>,
    pub registry: String,
    pub key: String,
    pub count: u32,
}

/// Probability that a pair of that weight is one enterprise.
pub fn probability(weight: f32) -> f64 {
    1.0 / (1.0 + f64::from(-weight).exp2())
}

impl Report {
    /// `linking` must be the run's whole outcome: every record's decision.
    pub fn of(linker: &Linker, linking: &Linking) -> Report {
        let (joined, apart) = weights(linking);
        let right: f64 = joined.iter().map(|w| probability(*w)).sum();
        let missed: f64 = apart.iter().map(|w| probability(*w)).sum();
        let share = |part: f64, rest: f64| if part + rest == 0.0 { 1.0 } else { part / (part + rest) };
        let mut methods = BTreeMap::new();
        for d in &linking.decisions {
            *methods.entry(method(linker, d)).or_insert(0) += 1;
        }
        let mut flags = BTreeMap::new();
        for flag in &linking.flags {
            *flags.entry(flag.kind.name().to_owned()).or_insert(0) += 1;
        }
        Report {
            records: linking.decisions.len(),
            entities: linking.statistics.entities,
            blocking: linker.blocking(),
            bonds: linking.statistics.bonds,
            methods,
            bands: bands(&joined, &apart),
            estimated_precision: share(right, joined.len() as f64 - right),
            estimated_recall: share(right, missed),
            review_pairs: linking.review.len(),
            largest: largest(linking),
            flags,
            suspicious: suspicious(linking),
        }
    }

    /// As plain text, in Chinese and English.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let w = &mut out;
        let _ =
            writeln!(w, "记录 records {}  实体 entities {}  可能对 possible pairs {}", self.records, self.entities, self.bonds);
        let Blocking { tested, recall, candidates_mean, candidates_most } = self.blocking;
        let _ = writeln!(
            w,
            "分块 blocking: 召回率 recall {recall:.4} (遮盖代码的记录 records with covered codes: {tested})  \
             每条候选 candidates each: 平均 mean {candidates_mean:.1}, 最多 most {candidates_most}"
        );
        let _ = writeln!(w, "\n按方法 by method");
        for (method, count) in &self.methods {
            let _ = writeln!(w, "  {method:22} {count:>10}");
        }
        let _ = writeln!(w, "\n权重 log2 weights       已关联 joined   未关联 apart   估计精确率 est. precision");
        let most = self.bands.iter().map(|b| b.joined.max(b.apart)).max().unwrap_or(1).max(1);
        for band in &self.bands {
            let precision = band.precision.map_or("–".to_owned(), |p| format!("{p:.4}"));
            let bar = "█".repeat(band.joined * 30 / most);
            let _ = writeln!(
                w,
                "  {:>5.0} … {:<5.0} {:>12} {:>12}   {precision:>7}  {bar}",
                band.from, band.to, band.joined, band.apart
            );
        }
        let _ = writeln!(
            w,
            "\n估计精确率 estimated precision {:.4}  估计召回率 estimated recall {:.4}  待审 review pairs {}",
            self.estimated_precision, self.estimated_recall, self.review_pairs
        );
        let _ = writeln!(w, "\n最大的簇 largest clusters");
        for cluster in &self.largest {
            let _ = writeln!(w, "  {} {:>8}", cluster.entity, cluster.records);
        }
        let _ = writeln!(w, "\n可疑 warnings");
        for (kind, count) in &self.flags {
            let _ = writeln!(w, "  {kind:28} {count:>8}");
        }
        for s in &self.suspicious {
            let _ = writeln!(w, "  {} {}:{} ({}) {}", s.kind, s.registry, s.key, s.count, s.entity.as_deref().unwrap_or("–"));
        }
        out
    }

    /// As one HTML page without anything from outside.
    pub fn html(&self) -> String {
        let most = self.bands.iter().map(|b| b.joined.max(b.apart)).max().unwrap_or(1).max(1) as f64;
        let mut bars = String::new();
        for (i, band) in self.bands.iter().enumerate() {
            for (shift, count, colour) in [(0, band.joined, "#1f6f5c"), (11, band.apart, "#c8862d")] {
                // Square roots, so that small bands stay visible beside the large ones.
                let height = (count as f64 / most).sqrt() * 180.0;
                let _ = write!(
                    bars,
                    "<rect x=\"{}\" y=\"{:.1}\" width=\"10\" height=\"{height:.1}\" fill=\"{colour}\"><title>{} … {}: {count}</title></rect>",
                    20 + i * 28 + shift,
                    190.0 - height,
                    band.from,
                    band.to
                );
            }
            let _ = write!(bars, "<text x=\"{}\" y=\"206\" font-size=\"10\">{:.0}</text>", 20 + i * 28, band.from);
        }
        let width = 40 + self.bands.len() * 28;
        format!(
            "<!doctype html><html lang=\"zh\"><meta charset=\"utf-8\"><title>会图 link report</title>\
             <style>body{{font:15px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}pre{{overflow:auto}}</style>\
             <h1>关联报告 Link report</h1>\
             <p>绿 green: 已关联 joined；橙 orange: 未关联 left apart；横轴 log2 权重 weight，高度按平方根 heights by square root。</p>\
             <svg viewBox=\"0 0 {width} 214\" width=\"100%\" role=\"img\" aria-label=\"weight histogram\">{bars}</svg>\
             <pre>{}</pre></html>\n",
            self.text().replace('&', "&amp;").replace('<', "&lt;")
        )
    }
}

/// The word of the contract, or `ALONE` for a record without a code that nothing joined.
fn method(linker: &Linker, decision: &Decision) -> String {
    match decision.partner.is_none() && !linker.has_code(decision.record) {
        true => "ALONE".to_owned(),
        false => decision.method.name().to_owned(),
    }
}

/// Weights of the joined records, and of the pairs that were left apart.
fn weights(linking: &Linking) -> (Vec<f32>, Vec<f32>) {
    let joined = linking.decisions.iter().filter_map(|d| d.weight).collect();
    let apart = linking.review.iter().filter(|pair| !pair.joined).map(|pair| pair.weight).collect();
    (joined, apart)
}

fn bands(joined: &[f32], apart: &[f32]) -> Vec<Band> {
    let lowest = joined.iter().chain(apart).copied().filter(|w| w.is_finite()).fold(0.0_f32, f32::min);
    let mut from = (lowest / BAND).floor() * BAND;
    let mut bands = Vec::new();
    while from < LAST_BAND {
        let to = if from + BAND >= LAST_BAND { f32::INFINITY } else { from + BAND };
        let inside = |w: &&f32| **w >= from && **w < to;
        let here: Vec<f32> = joined.iter().filter(inside).copied().collect();
        let precision = (!here.is_empty()).then(|| here.iter().map(|w| probability(*w)).sum::<f64>() / here.len() as f64);
        bands.push(Band { from, to: from + BAND, joined: here.len(), apart: apart.iter().filter(inside).count(), precision });
        from += BAND;
    }
    bands
}

fn largest(linking: &Linking) -> Vec<ClusterSize> {
    let mut sizes: hashbrown::HashMap<super::EntityKey, usize> = hashbrown::HashMap::new();
    for entity in linking.decisions.iter().filter_map(|d| d.entity) {
        *sizes.entry(entity).or_default() += 1;
    }
    let mut sizes: Vec<_> = sizes.into_iter().collect();
    sizes.sort_unstable_by_key(|(entity, size)| (std::cmp::Reverse(*size), *entity));
    sizes.into_iter().take(LISTED).map(|(entity, records)| ClusterSize { entity: entity.to_string(), records }).collect()
}

/// The warnings about the most records, whatever their kind; broken codes and missing names are only counted.
fn suspicious(linking: &Linking) -> Vec<Suspicious> {
    let mut told: Vec<_> = linking.flags.iter().filter(|f| f.count > 1).collect();
    told.sort_by(|a, b| (b.count, &a.record).cmp(&(a.count, &b.record)));
    told.into_iter()
        .take(LISTED)
        .map(|f| Suspicious {
            kind: f.kind.name().to_owned(),
            entity: f.entity.map(|e| e.to_string()),
            registry: f.record.registry.to_string(),
            key: f.record.key.to_string(),
            count: f.count,
        })
        .collect()
}
