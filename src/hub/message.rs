//! What went wrong, in the language of whoever reads it.

use super::error::HubError;
use crate::edition::EditionError;
use crate::land::LandError;
use crate::model::message::Lang;
use crate::store::StoreError;

impl HubError {
    /// The message in a language; in English where the Chinese is not known.
    pub fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (HubError::Told(problem), _) => problem.text(lang).to_owned(),
            (HubError::Connector(e), _) => {
                e.problems.iter().map(|p| lang.pick(&p.zh, &p.en).as_str()).collect::<Vec<_>>().join("\n")
            }
            (HubError::Store(e), Lang::Zh) | (HubError::Land(LandError::Store(e)), Lang::Zh) => store(e),
            (HubError::Land(e), Lang::Zh) => land(e),
            (HubError::Edition(e), Lang::Zh) => edition(e),
            (other, _) => other.to_string(),
        }
    }
}

/// An edition's error in Chinese.
pub fn edition(e: &EditionError) -> String {
    match e {
        EditionError::Io { path, source } => format!("版本目录 {}：{source}", path.display()),
        EditionError::Broken { path, reason } => {
            format!(
                "版本文件 {} 已损坏：{reason}；运行 huitu sync 会发布新的一期，huitu edition rebuild 期号 --restore 可重建这一期",
                path.display()
            )
        }
        EditionError::Gone { number, nearest } => {
            let nearest = nearest.map_or_else(String::new, |n| format!("；最近的是第 {n} 期"));
            format!("没有（或已不再保留）第 {number} 期{nearest}；huitu edition list 列出保留的各期")
        }
        EditionError::BeforeFirst { first, day } => format!("没有那么早的版本；现有最早的是第 {first} 期（{day}）"),
        EditionError::None => "还没有发布任何版本；请先运行 huitu sync".to_owned(),
        EditionError::BadInput(problem) => problem.zh.clone(),
        other => format!("版本无法读取：{other}"),
    }
}

pub(crate) fn store(e: &StoreError) -> String {
    match e {
        StoreError::Database { place, source } => format!("数据库 {place}：{source}"),
        StoreError::Migrate { place, source } => format!("数据库 {place}：无法建立数据表：{source}"),
        StoreError::Directory { path, source } => {
            format!("无法使用数据目录 {}：{source}；请用 --data 指定可写目录", path.display())
        }
        StoreError::Busy { place } => {
            format!("另一个 huitu 正在同步 {place}；请等它结束，或用 --data、--store 指定其他位置")
        }
        StoreError::Damaged { place, damage } => format!(
            "数据库 {place}：表 {} 中 {} 的内容已损坏：{}；未丢弃任何数据：请从备份恢复，或修正该行",
            damage.table, damage.row, damage.reason
        ),
        StoreError::Newer { place, steps } => format!(
            "数据库 {place} 由较新版本的 huitu 写成（本版本不认识其数据表步骤 {steps:?}）；请启动那个版本，或把本版本的备份恢复到别处；未作任何改动"
        ),
        StoreError::Restoring { path } => format!("正在向 {} 恢复备份；请待其完成后再试", path.display()),
        StoreError::InUse { path } => {
            format!("{} 的数据库正在使用；请先停下 huitu serve 及其他使用它的程序，再恢复", path.display())
        }
        StoreError::Url(url) => format!("--store「{url}」不是 PostgreSQL 地址；请写 postgres://用户@主机/数据库"),
    }
}

fn land(e: &LandError) -> String {
    match e {
        LandError::Spool { path, source } => format!("暂存区 {}：{source}；数据目录须可写且有空间", path.display()),
        LandError::Damaged { path, line } => format!("暂存区 {} 第 {line} 行已损坏；已丢弃，将重新拉取该登记", path.display()),
        LandError::Outdated => "本次拉取的行以该登记较早的状态为准；将重新拉取".to_owned(),
        LandError::Store(e) => store(e),
        LandError::Unbalanced { registry, batch, read, landed, quarantined } => format!(
            "登记 {registry} 批次 {batch}：读取 {read} 行，入库 {landed} 行，隔离 {quarantined} 行，合计不符；未保留任何行，请报告此问题"
        ),
    }
}
