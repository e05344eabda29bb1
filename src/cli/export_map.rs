//! `huitu export map`: tiles, areas and style of an edition as a folder, for whoever shows a map without asking the hub.

use std::path::Path;

use super::account::app_of;
use super::common::{Common, LangArg};
use super::export_list::ListArgs;
use crate::config::parse_public_url;
use crate::hub::{Hub, HubError};
use crate::model::text::grouped;
use crate::serve::maps::map_folder::MapQuestion;

/// Where a folder is handed out by `npx serve -l 8081` and the like.
pub const USUAL_BASE: &str = "http://127.0.0.1:8081";

/// What a map is asked to show.
pub struct MapWanted<'a> {
    pub list: &'a ListArgs,
    /// Where the folder will be handed out.
    pub url: &'a str,
    pub measure: Option<&'a str>,
}

/// Writes the folder and says what is in it.
pub async fn write(hub: &Hub, common: &Common, wanted: &MapWanted<'_>, folder: Option<&Path>) -> anyhow::Result<()> {
    let lang = common.lang();
    let Some(folder) = folder else {
        return Err(HubError::said(
            "地图需要一个文件夹：请用 -o 指定，例如 -o map",
            "a map needs a folder: give one with -o, for example -o map",
        )
        .into());
    };
    if wanted.list.has_columns() {
        return Err(HubError::said("--columns 不用于 export map", "--columns is not for export map").into());
    }
    let base = parse_public_url(wanted.url)?;
    let filter = wanted.list.filter(hub).await?.to_string();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("filter", &filter).append_pair("lang", if lang == LangArg::Zh { "zh" } else { "en" });
    query.extend_pairs(wanted.list.as_of().map(|when| ("asOf", when)));
    query.extend_pairs(wanted.measure.map(|name| ("measure", name)));
    let query = query.finish();
    let question = MapQuestion { query: &query, base: &base, lang: lang.into(), asked: &format!("export map {filter}") };
    let app = app_of(hub, common).await?;
    let written = app.write_map(&question, folder).await.map_err(|problem| HubError::said(problem.zh, problem.en))?;
    let (enterprises, tiles, shown) = (grouped(written.enterprises as i64), grouped(written.tiles as i64), folder.display());
    match lang {
        LangArg::Zh => eprintln!("已写入 {shown}：第 {} 期，名单上 {enterprises} 家企业，{tiles} 个瓦片", written.edition),
        LangArg::En => {
            eprintln!("wrote {shown}: edition {}, {enterprises} enterprises of the list, {tiles} tiles", written.edition)
        }
    }
    if common.json {
        let files: serde_json::Map<String, serde_json::Value> =
            written.files.iter().map(|(name, bytes)| ((*name).to_owned(), (*bytes).into())).collect();
        println!(
            "{}",
            serde_json::json!({ "edition": written.edition, "enterprises": written.enterprises, "tiles": written.tiles, "files": files })
        );
    }
    Ok(())
}
