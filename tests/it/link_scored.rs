//! Linking, scored on the shared case: five extracts with known truth, as `score_linkage.py` beside them scores them.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::io::Read;
use std::path::PathBuf;

use huitu::link::{LinkSettings, Linker, Previous, Weights};
use huitu::model::linkage::{LinkRecord, LinkRole};
use huitu::model::value::PartialDate;
use huitu::normalise::{glyph, read_name};

const REGISTRIES: [&str; 5] = ["commerce", "tax", "social_insurance", "statistics", "unions"];

/// A file of the shared test data, which no clone brings along: None where it is absent.
fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("HUITU_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let file = root.join(path);
    if file.exists() {
        return Some(file);
    }
    assert!(std::env::var_os("HUITU_SHARED").is_none(), "shared test data is missing at {}", file.display());
    eprintln!("NOT CHECKED: shared test data is missing at {}; set HUITU_SHARED", file.display());
    None
}

/// The rows of a gzipped CSV file as maps from header to cell.
fn rows(path: &str) -> Option<Vec<HashMap<String, String>>> {
    let file = std::fs::File::open(shared(path)?).expect("a readable file");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzipped UTF-8");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    Some(reader.deserialize().map(|row| row.expect("a well-formed row")).collect())
}

fn date(text: &str) -> Option<PartialDate> {
    let mut parts = text.split(|c: char| !c.is_ascii_digit()).filter_map(|p| p.parse::<i16>().ok());
    let year = parts.next()?;
    Some(PartialDate { year, month: parts.next().unwrap_or(0) as u8, day: parts.next().unwrap_or(0) as u8 })
}

/// The row of a registry as the connectors map it.
fn record(registry: usize, row: &HashMap<String, String>) -> LinkRecord {
    let cell = |names: &[&str]| names.iter().find_map(|n| row.get(*n)).cloned().unwrap_or_default().into_boxed_str();
    let former = cell(&["曾用名"]);
    LinkRecord {
        registry: registry as u16,
        key: cell(&["记录号", "登记序号", "单位编号", "单位流水号", "序号"]),
        role: if registry == 4 { LinkRole::Union } else { LinkRole::Enterprise },
        issues_codes: registry == 0,
        name: cell(&["企业名称", "纳税人名称", "单位详细名称", "单位名称"]),
        former_names: if former.is_empty() { Vec::new() } else { vec![former] },
        union_name: cell(&["工会名称"]),
        credit_code: cell(&["统一社会信用代码"]),
        organisation_code: cell(&["组织机构代码"]),
        registration_number: cell(&["注册号"]),
        tax_number: cell(&["纳税人识别号"]),
        area: cell(&["行政区划代码"]),
        district: cell(&["所属区县", "登记机关", "主管税务机关"]),
        address: cell(&["住所", "注册地址", "单位地址", "详细地址"]),
        operating_address: cell(&["生产经营地址"]),
        phone: cell(&["联系电话"]),
        established: date(&cell(&["成立日期", "登记日期", "参保日期", "开业时间", "建会日期"])),
        industry: cell(&["行业门类", "行业", "行业代码"]),
        employees: cell(&["从业人数", "参保人数", "从业人员期末人数", "职工人数"]).parse().ok(),
        ..LinkRecord::default()
    }
}

/// Pairs within groups: of equal truth and prediction, of equal prediction, of equal truth.
fn pairs(items: impl Iterator<Item = (u32, u32)>) -> [i64; 3] {
    fn count<T: Eq + Hash>(items: impl Iterator<Item = T>) -> i64 {
        let mut counts: HashMap<T, i64> = HashMap::new();
        items.for_each(|item| *counts.entry(item).or_default() += 1);
        counts.values().map(|n| n * (n - 1) / 2).sum()
    }
    let items: Vec<(u32, u32)> = items.collect();
    [count(items.iter()), count(items.iter().map(|i| i.1)), count(items.iter().map(|i| i.0))]
}

fn f1([both, predicted, truth]: [i64; 3]) -> f64 {
    2.0 * both as f64 / (predicted + truth) as f64
}

#[test]
fn the_shared_case_is_linked_better_than_by_the_best_rival() {
    let mut linker = Linker::new(LinkSettings::with_registries(REGISTRIES), Weights::shipped());
    for (number, registry) in REGISTRIES.iter().enumerate() {
        let Some(rows) = rows(&format!("linkage-case/{registry}.csv.gz")) else { return };
        linker.put(&rows.iter().map(|row| record(number, row)).collect::<Vec<_>>());
    }
    let linking = linker.link(&Previous::default(), &[]);
    let mut number: HashMap<String, u32> = HashMap::new();
    let mut predicted: HashMap<(String, String), u32> = HashMap::new();
    for d in &linking.decisions {
        let (registry, key, _) = linker.record_key(d.record);
        let next = number.len() as u32;
        let entity = *number.entry(d.entity.expect("unions found entities").to_string()).or_insert(next);
        predicted.insert((REGISTRIES[usize::from(registry)].to_owned(), key.to_owned()), entity);
    }

    let (truth, entities) = (rows("linkage-case/truth/truth.csv.gz"), rows("linkage-case/truth/entities.csv.gz"));
    let (truth, entities) = (truth.expect("truth beside the extracts"), entities.expect("truth beside the extracts"));
    let of: HashMap<&str, u32> = entities.iter().enumerate().map(|(i, row)| (row["entity_id"].as_str(), i as u32)).collect();
    let scored: Vec<(u32, u32, &HashMap<String, String>)> = truth
        .iter()
        .map(|row| (of[row["entity_id"].as_str()], predicted[&(row["registry"].clone(), row["record_id"].clone())], row))
        .collect();
    assert_eq!(scored.len(), predicted.len());

    let all = pairs(scored.iter().map(|s| (s.0, s.1)));
    let easy = pairs(scored.iter().filter(|s| s.2["has_id"] == "1").map(|s| (s.0, s.1)));
    let hard = [all[0] - easy[0], all[1] - easy[1], all[2] - easy[2]];
    println!("hard-pair F1 {:.4}, easy-pair precision {:.5}", f1(hard), easy[0] as f64 / easy[1] as f64);
    assert!(f1(hard) >= 0.97, "hard-pair F1 {:.4}", f1(hard));
    assert_eq!(easy[0], easy[1], "easy-pair precision is 1");

    let together: HashSet<(u32, u32)> = scored.iter().map(|s| (s.0, s.1)).collect();
    let parent: HashMap<u32, u32> = entities
        .iter()
        .filter_map(|row| Some((of[row["entity_id"].as_str()], *of.get(row["related_entity_id"].as_str())?)))
        .collect();
    let branches: Vec<bool> = scored
        .iter()
        .filter(|s| s.2["tags"].contains("parent_id"))
        .filter_map(|s| Some(!together.contains(&(*parent.get(&s.0)?, s.1))))
        .collect();
    let apart = branches.iter().filter(|apart| **apart).count() as f64 / branches.len() as f64;
    println!("branches apart {apart:.3}");
    assert!(apart >= 0.95, "branches apart {apart:.3}");

    let unionised: HashSet<u32> = scored.iter().filter(|s| s.2["registry"] == "unions").map(|s| s.1).collect();
    let above = |row: &&HashMap<String, String>| row["above_scale"] == "1";
    let has_union: HashMap<u32, bool> =
        entities.iter().filter(above).map(|row| (of[row["entity_id"].as_str()], row["has_union"] == "1")).collect();
    let (mut seen, mut gap) = (HashSet::new(), [0i64; 3]);
    for (entity, cluster, row) in &scored {
        if let Some(union) = has_union.get(entity).filter(|_| row["registry"] == "statistics" && seen.insert(*entity)) {
            let (lacks, told) = (!union, !unionised.contains(cluster));
            gap[0] += i64::from(lacks && told);
            gap[1] += i64::from(told);
            gap[2] += i64::from(lacks);
        }
    }
    println!("gap-list F1 {:.4}", f1(gap));
    assert!(f1(gap) >= 0.995, "gap-list F1 {:.4}", f1(gap));
}

#[test]
fn the_trade_name_of_real_names_is_found() {
    let Some(path) = shared("data/company_brand_500.tsv") else { return };
    let text = std::fs::read_to_string(path).expect("a readable file");
    let (mut right, mut found, mut marked) = (0, 0, 0);
    for line in text.lines().skip(1) {
        let (name, brand) = line.split_once('\t').unwrap_or((line, ""));
        let parsed = read_name(name);
        let (parsed, brand) = (parsed.view().brand(), glyph::glyphs(brand));
        found += i32::from(!parsed.is_empty());
        marked += i32::from(!brand.is_empty());
        right += i32::from(!brand.is_empty() && parsed == brand);
    }
    let (precision, recall) = (f64::from(right) / f64::from(found), f64::from(right) / f64::from(marked));
    println!("字号: precision {precision:.3}, recall {recall:.3} on {marked} marked names");
    assert!(precision >= 0.88 && recall >= 0.92, "precision {precision:.3}, recall {recall:.3}");
}
