//! `huitu trust PATH`: checks the documents of a folder or a manifest against the schema and prints the id that names each.
//!
//! A server started with `--trusted PATH` answers these documents and no others.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::common::{Common, LangArg};
use crate::serve::Documents;

#[derive(Args)]
pub struct TrustArgs {
    /// Folder with .graphql files, one document each, and manifests of client-preset, Apollo, gql.tada or Relay (.json); or one manifest
    #[arg(value_name = "PATH")]
    folder: PathBuf,
}

pub async fn run(common: &Common, args: TrustArgs) -> anyhow::Result<ExitCode> {
    let lang = common.lang();
    let shown = args.folder.display();
    let documents = Documents::trusted(&args.folder).with_context(|| match lang {
        LangArg::Zh => format!("无法读取文件夹 {shown}；请给出存放 .graphql 文件或清单（.json）的文件夹"),
        LangArg::En => format!("cannot read the folder {shown}; give one with .graphql files or manifests (.json)"),
    })?;
    let mut wrong = 0;
    let mut listed = Vec::new();
    for (id, file, document) in documents.list() {
        let fault = crate::serve::graphql::fault(document, lang.into()).await;
        wrong += usize::from(fault.is_some());
        listed.push(serde_json::json!({ "documentId": id, "file": file, "fault": fault }));
        if !common.json {
            println!("{id}  {file}");
            if let Some(fault) = fault {
                eprintln!("{file}: {fault}");
            }
        }
    }
    if common.json {
        println!("{}", serde_json::to_string_pretty(&listed)?);
    }
    if listed.is_empty() {
        eprintln!(
            "{}",
            lang.pick("其中没有 .graphql 文件或清单（.json）", "there are no .graphql files and no manifests (.json)")
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(if wrong > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
