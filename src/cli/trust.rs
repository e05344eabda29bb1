//! `huitu trust DIR`: checks the documents of a folder against the schema and prints the digest that names each.
//!
//! A server started with `--trusted DIR` answers these documents and no others.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::common::{Common, LangArg};
use crate::serve::Documents;

#[derive(Args)]
pub struct TrustArgs {
    /// Folder with .graphql files, one document each
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub async fn run(common: &Common, args: TrustArgs) -> anyhow::Result<ExitCode> {
    let lang = common.lang();
    let shown = args.folder.display();
    let documents = Documents::trusted(&args.folder).with_context(|| match lang {
        LangArg::Zh => format!("无法读取文件夹 {shown}；请给出存放 .graphql 文件的文件夹"),
        LangArg::En => format!("cannot read the folder {shown}; give one with .graphql files"),
    })?;
    let mut wrong = 0;
    let mut listed = Vec::new();
    for (digest, file, document) in documents.list() {
        let fault = crate::serve::graphql::fault(document, lang.into()).await;
        wrong += usize::from(fault.is_some());
        listed.push(serde_json::json!({ "documentId": format!("sha256:{digest}"), "file": file, "fault": fault }));
        if !common.json {
            println!("sha256:{digest}  {file}");
            if let Some(fault) = fault {
                eprintln!("{file}: {fault}");
            }
        }
    }
    if common.json {
        println!("{}", serde_json::to_string_pretty(&listed)?);
    }
    if listed.is_empty() {
        eprintln!("{}", lang.pick("该文件夹中没有 .graphql 文件", "there are no .graphql files in this folder"));
        return Ok(ExitCode::FAILURE);
    }
    Ok(if wrong > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
