//! `huitu boundaries import|remove`: outlines of districts and streets that a deployer brings, for all maps from the next start on.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};

use super::common::{Common, LangArg};
use crate::hub::HubError;
use crate::model::datum::Datum;
use crate::serve::maps::boundaries::{BoundaryReading, keep, read_file};

#[derive(Args)]
pub struct BoundariesArgs {
    #[command(subcommand)]
    command: BoundariesCommand,
}

#[derive(Clone, Copy, ValueEnum)]
enum DatumArg {
    /// What satellites measure
    Wgs84,
    /// Of Chinese map services
    Gcj02,
    /// Of Baidu
    Bd09,
}

#[derive(Subcommand)]
enum BoundariesCommand {
    /// Check a GeoJSON, TopoJSON or shapefile (.shp) of districts or streets, and draw it on all maps from the next start on
    Import {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// What its coordinates are measured in
        #[arg(long, value_enum, default_value = "wgs84")]
        datum: DatumArg,
        /// Property that holds each area's code or name [default: the usual ones, such as code, adcode, name]
        #[arg(long, value_name = "PROPERTY")]
        key: Option<String>,
        /// Whose it is; said wherever it is drawn
        #[arg(long, value_name = "TEXT")]
        attribution: String,
        /// Number under which the map was approved (审图号)
        #[arg(long, value_name = "NUMBER")]
        approval: Option<String>,
        /// Only check, and change nothing
        #[arg(long)]
        check: bool,
    },
    /// Draw the outlines again that ship
    Remove,
}

pub fn run(common: &Common, args: BoundariesArgs) -> anyhow::Result<ExitCode> {
    let lang = common.lang();
    let data = common.settings()?.data;
    let BoundariesCommand::Import { file, datum, key, attribution, approval, check } = args.command else {
        let folder = data.join("boundaries");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
        println!("{}", lang.pick("已恢复自带的边界；重启服务后生效", "the outlines that ship are back, from the next start on"));
        return Ok(ExitCode::SUCCESS);
    };
    let datum = match datum {
        DatumArg::Wgs84 => Datum::Wgs84,
        DatumArg::Gcj02 => Datum::Gcj02,
        DatumArg::Bd09 => Datum::Bd09,
    };
    let found = read_file(&file, &BoundaryReading { datum, property: key }).map_err(|p| HubError::said(p.zh, p.en))?;
    for fault in &found.faults {
        eprintln!("{}: {}", lang.pick("错误", "fault"), fault.text(lang.into()));
    }
    for remark in &found.remarks {
        eprintln!("{}: {}", lang.pick("请留意", "note"), remark.text(lang.into()));
    }
    if !found.faults.is_empty() {
        eprintln!("{}", lang.pick("未导入：请修正文件后再试", "nothing was imported: mend the file and try again"));
        return Ok(ExitCode::FAILURE);
    }
    let (districts, streets) = (found.districts.len(), found.streets.len());
    if !check {
        keep(&data, &found, &attribution, approval.as_deref()).with_context(|| data.display().to_string())?;
    }
    println!(
        "{}",
        match (lang, check) {
            (LangArg::Zh, true) => format!("可以导入：{districts} 个区，{streets} 个街道"),
            (LangArg::En, true) => format!("it can be imported: {districts} districts, {streets} streets"),
            (LangArg::Zh, false) => format!("已导入 {districts} 个区，{streets} 个街道；重启服务后生效"),
            (LangArg::En, false) => format!("imported {districts} districts, {streets} streets; drawn from the next start on"),
        }
    );
    Ok(ExitCode::SUCCESS)
}
