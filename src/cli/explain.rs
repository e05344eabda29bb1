//! `huitu explain RECORD RECORD`: why two records are, or are not, one enterprise.

use std::process::ExitCode;

use clap::Args;

use super::account::CommandReading;
use super::common::{Common, LangArg};
use super::terminal::table;
use crate::hub::{Hub, HubError};
use crate::link::quality::probability;
use crate::model::Clock;
use crate::model::linkage::{Evidence, RecordRef};
use crate::model::message::{feature_name, level_text, refusal_text};

#[derive(Args)]
pub struct ExplainArgs {
    /// A record: REGISTRY:KEY, or REGISTRY:KEY#PART for a unit on a union's list
    left: String,
    /// The other record
    right: String,
}

/// Reads `tax:SW001` or `unions:GH001#2`.
fn record(text: &str) -> anyhow::Result<RecordRef> {
    let wrong = || {
        HubError::said(
            format!("「{text}」不是记录；应写 登记:记录号 或 登记:记录号#序号，例如 tax:SW00000001"),
            format!("\"{text}\" names no record: expected REGISTRY:KEY or REGISTRY:KEY#PART, for example tax:SW00000001"),
        )
    };
    let (registry, key) = text.split_once(':').filter(|(r, k)| !r.is_empty() && !k.is_empty()).ok_or_else(wrong)?;
    let (key, part) = match key.rsplit_once('#') {
        Some((key, part)) => (key, part.parse().map_err(|_| wrong())?),
        None => (key, 0),
    };
    Ok(RecordRef { registry: registry.into(), key: key.into(), part })
}

pub async fn run(common: &Common, args: ExplainArgs) -> anyhow::Result<ExitCode> {
    let (left, right) = (record(&args.left)?, record(&args.right)?);
    let hub = Hub::open(common.settings()?, Clock::System).await?;
    let (linker, linking) = hub.relinked().await?;
    let explained = linker.explain(&left, &right);
    let (mut evidence, weight) = explained.unzip();
    if let Some(evidence) = &mut evidence {
        hub.show_evidence(evidence, &left, &right).await?;
    }
    let Some((evidence, weight)) = evidence.zip(weight) else {
        return Err(HubError::said(
            format!("库中没有 {} 或 {}；请先运行 huitu sync，或用 huitu export crosswalk 查找记录号", args.left, args.right),
            format!(
                "one of {} and {} is not in the store; sync first, or look the key up with huitu export crosswalk",
                args.left, args.right
            ),
        )
        .into());
    };
    let entity = |wanted: &RecordRef| {
        let found = linking.decisions.iter().find(|d| linker.record_ref(d.record) == *wanted);
        found.map(|d| (d.entity.map(|e| e.to_string()), d.method.name(), d.refused.map(|r| r.name())))
    };
    let (here, there) = (entity(&left), entity(&right));
    let both = [&here, &there].into_iter().filter_map(|side| side.as_ref()?.0.clone());
    let noted = CommandReading::of(both).note(&hub, common, &format!("explain {} {}", args.left, args.right)).await;
    hub.store.close().await;
    noted?;
    let together = matches!((&here, &there), (Some((Some(a), ..)), Some((Some(b), ..))) if a == b);
    if common.json {
        println!(
            "{}",
            serde_json::json!({ "left": left, "right": right, "weight": weight, "together": together, "evidence": evidence,
                "leftEntity": here, "rightEntity": there })
        );
        return Ok(ExitCode::SUCCESS);
    }
    print!("{}", shown(&evidence, common.lang()));
    let lang = common.lang();
    println!(
        "{} {weight:.2}  ({:.4})",
        lang.pick("合计（log2 几率；概率）", "sum (log2 odds; probability)"),
        probability(weight)
    );
    for (name, side) in [(&args.left, here), (&args.right, there)] {
        if let Some((entity, method, refused)) = side {
            let better = lang.pick("未并入更优者：", "a better one refused: ");
            let refused = refused.map(|r| format!("; {better}{}", refusal_text(r, lang.into()))).unwrap_or_default();
            println!("{name} → {} {method}{refused}", entity.as_deref().unwrap_or("–"));
        }
    }
    println!("{}", if together { lang.pick("同一实体", "one entity") } else { lang.pick("不同实体", "two entities") });
    Ok(ExitCode::SUCCESS)
}

/// Features, levels, values and weights in columns.
pub fn shown(evidence: &[Evidence], lang: LangArg) -> String {
    let header = match lang {
        LangArg::Zh => ["特征", "等级", "左", "右", ">权重 log2"],
        LangArg::En => ["feature", "level", "left", "right", ">weight log2"],
    };
    let text = |value: &Option<Box<str>>| value.as_deref().unwrap_or("").to_owned();
    let rows: Vec<Vec<String>> = evidence
        .iter()
        .map(|e| {
            let said = level_text(&e.feature, &e.level, lang.into());
            let feature = feature_name(&e.feature, lang.into());
            vec![feature.to_owned(), said.to_owned(), text(&e.left), text(&e.right), format!("{:+.2}", e.weight)]
        })
        .collect();
    table(&header, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_named_by_registry_key_and_part() {
        let named = |registry: &str, key: &str, part| RecordRef { registry: registry.into(), key: key.into(), part };
        assert_eq!(record("tax:SW1").unwrap(), named("tax", "SW1", 0));
        assert_eq!(record("unions:GH1#2").unwrap(), named("unions", "GH1", 2));
        for wrong in ["SW1", ":SW1", "tax:", "tax:SW1#x"] {
            assert!(record(wrong).is_err(), "{wrong}");
        }
    }
}
