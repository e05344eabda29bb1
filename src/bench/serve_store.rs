//! A store for the benchmark's editions: the rows of the most urgent enterprises, as registries write them, so that a detail
//! page reads what it would read in earnest.

use std::sync::Arc;

use crate::edition::Edition;
use crate::hub::Hub;
use crate::store::record;
use crate::store::record_write::{self, NewRecord};

/// Enterprises whose records are in the store.
const WITH_RECORDS: u32 = 50_000;
/// Rows of one transaction.
const CHUNK: usize = 6_000;

/// Writes the records of the first enterprises of the edition, under the ids the edition names, unless they are there.
///
/// # Errors
/// The store cannot be written, or the hub has no connector of a registry that the edition names.
pub async fn fill(hub: &Hub, edition: &Arc<Edition>) -> anyhow::Result<u64> {
    let rows = hub.registry_rows().await?;
    if hub.store.last_record_id().await? > 0 {
        return Ok(0);
    }
    let mut written = 0;
    for (registry, names) in crate::edition::synthetic::REGISTRIES.iter().zip(COLUMNS) {
        let row = rows.iter().find(|r| r.name == *registry).ok_or_else(|| anyhow::anyhow!("no connector {registry}"))?;
        let columns: Vec<String> = names.iter().map(|(column, _)| (*column).to_owned()).collect();
        let batch = hub.store.batch_started(row.id, 0, "benchmark", true).await?;
        let mut tx = hub.store.begin().await?;
        let layout = record::ensure_layout(&mut tx, row.id, &columns).await?;
        tx.commit().await?;
        let mut records = Vec::with_capacity(CHUNK);
        for number in 0..edition.len().min(WITH_RECORDS) {
            let e = edition.enterprise(number);
            let Some(member) = e.members().find(|m| m.registry() == *registry) else { continue };
            let cell = |what: &str| match what {
                "key" => member.key().to_owned(),
                "name" => e.name().to_owned(),
                "code" => e.credit_code().unwrap_or("").to_owned(),
                "address" => e.address().unwrap_or("").to_owned(),
                "employees" => e.employees().map(|n| n.to_string()).unwrap_or_default(),
                "union" => format!("{}工会委员会", e.name()),
                "district" => e.district().and_then(|d| edition.area_of(d)).map(|a| a.zh.clone()).unwrap_or_default(),
                _ => String::new(),
            };
            let cells: Vec<String> = names.iter().map(|(_, what)| cell(what)).collect();
            let payload = serde_json::to_string(&cells)?;
            let hash = xxhash_rust::xxh3::xxh3_64(payload.as_bytes()) as i64;
            let (id, key) = (member.record_id(), member.key().to_owned());
            // Number 0 stands for "no record" nowhere, but ids begin with 1 everywhere else.
            records.push(NewRecord { id, key, hash, layout_id: layout, observed_at: Some(1), payload });
            if records.len() == CHUNK {
                written += put(hub, row.id, batch, &mut records).await?;
            }
        }
        written += put(hub, row.id, batch, &mut records).await?;
    }
    Ok(written)
}

async fn put(hub: &Hub, registry: i64, batch: i64, records: &mut Vec<NewRecord>) -> anyhow::Result<u64> {
    let count = records.len() as u64;
    let mut tx = hub.store.begin().await?;
    record_write::insert(&mut tx, registry, batch, 1, records).await?;
    tx.commit().await?;
    records.clear();
    Ok(count)
}

/// Per registry: its columns, and what stands in them.
const COLUMNS: [&[(&str, &str)]; 5] = [
    &[
        ("记录号", "key"),
        ("统一社会信用代码", "code"),
        ("企业名称", "name"),
        ("企业类型", ""),
        ("登记状态", ""),
        ("成立日期", ""),
        ("注册资本", ""),
        ("住所", "address"),
        ("登记机关", "district"),
        ("行政区划代码", ""),
        ("行业门类", ""),
        ("经营范围", "name"),
        ("联系电话", ""),
    ],
    &[
        ("登记序号", "key"),
        ("纳税人识别号", "code"),
        ("纳税人名称", "name"),
        ("登记注册类型", ""),
        ("纳税人状态", ""),
        ("登记日期", ""),
        ("注册地址", "address"),
        ("生产经营地址", "address"),
        ("行业", ""),
        ("从业人数", "employees"),
        ("主管税务机关", "district"),
        ("联系电话", ""),
    ],
    &[
        ("单位编号", "key"),
        ("统一社会信用代码", "code"),
        ("单位名称", "name"),
        ("单位地址", "address"),
        ("参保日期", ""),
        ("参保人数", "employees"),
        ("缴费状态", ""),
        ("所属区县", "district"),
    ],
    &[("单位流水号", "key"), ("统一社会信用代码", "code"), ("单位详细名称", "name"), ("从业人员期末人数", "employees")],
    &[("序号", "key"), ("工会名称", "union"), ("单位名称", "name"), ("统一社会信用代码", "code"), ("会员人数", "employees")],
];
