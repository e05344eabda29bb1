//! `huitu schema`: the GraphQL schema that is served, as text.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use crate::serve::graphql::schema_changes::{as_markdown, schema_changes};

#[derive(Args)]
pub struct SchemaArgs {
    /// File to write; standard output without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// As a subgraph of Apollo Federation v2
    #[arg(long)]
    federation: bool,
    /// What changed since this older schema, as a list in Markdown; exit code 1 where a document can break
    #[arg(long, value_name = "FILE", conflicts_with = "federation")]
    since: Option<PathBuf>,
}

pub fn run(args: SchemaArgs) -> anyhow::Result<ExitCode> {
    if let Some(path) = &args.since {
        return since(path, args.output.as_deref());
    }
    let sdl = match args.federation {
        true => crate::serve::graphql::federation_sdl(),
        false => crate::serve::graphql::sdl(),
    };
    match args.output {
        Some(path) => {
            std::fs::write(&path, sdl).with_context(|| format!("cannot write {}; give another file with -o", path.display()))?
        }
        None => print!("{sdl}"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Compares the schema that is served with an older one.
fn since(path: &Path, output: Option<&Path>) -> anyhow::Result<ExitCode> {
    let before =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}; give an older schema.graphql", path.display()))?;
    let changes = schema_changes(&before, &crate::serve::graphql::sdl())
        .map_err(|why| anyhow::anyhow!("{} is no schema: {why}", path.display()))?;
    let text = as_markdown(&changes);
    match output {
        Some(path) => {
            std::fs::write(path, text).with_context(|| format!("cannot write {}; give another file with -o", path.display()))?
        }
        None => print!("{text}"),
    }
    Ok(if changes.iter().any(|change| change.breaks) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
