//! The invented federation in a city's folder: its sheets for whoever enters them, its truth for tests.

use std::fs;
use std::path::{Path, PathBuf};

use super::city::City;
use super::error::SimulateError;
use super::federation::federation;

/// Where the sheets stand in a city's folder.
const FOLDER: &str = "federation";

/// Where the sheets of a city stand: `federation/NN-NOUN.csv` (the rules `.toml`) in the order in which they are entered, and
/// `federation/targets.csv`.
pub(super) fn write(city: &City, out: &Path) -> Result<(), SimulateError> {
    let folder = out.join(FOLDER);
    fs::create_dir_all(&folder).map_err(|e| SimulateError::io("create", &folder, e))?;
    let made = federation(city);
    let keep = |name: String, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|e| SimulateError::io("write", &path, e))
    };
    for (at, (noun, text)) in made.sheets.iter().enumerate() {
        let ending = if *noun == "APPRAISAL" { "toml" } else { "csv" };
        keep(format!("{:02}-{}.{ending}", at + 1, noun.to_ascii_lowercase()), text)?;
    }
    keep("targets.csv".to_owned(), &made.targets)
}

/// The sheets that stand in a city's folder: noun and text, in the order in which they are entered, then the targets' text. None where the
/// folder is of a release that wrote none.
///
/// # Errors
/// A file cannot be read.
pub fn read_sheets(city: &Path) -> Result<Option<(Vec<(String, String)>, String)>, SimulateError> {
    let folder = city.join(FOLDER);
    if !folder.exists() {
        return Ok(None);
    }
    let failed = |e| SimulateError::io("read", &folder, e);
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder).map_err(failed)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>().map_err(failed)?;
    files.sort();
    let (mut sheets, mut targets) = (Vec::new(), String::new());
    for file in files {
        let text = fs::read_to_string(&file).map_err(|e| SimulateError::io("read", &file, e))?;
        match file.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.split_once('-')) {
            Some((_, noun)) => sheets.push((noun.to_ascii_uppercase(), text)),
            None => targets = text,
        }
    }
    Ok(Some((sheets, targets)))
}

/// Writes `federation.json`: what a hub ought to say of units and buildings.
pub(super) fn write_truth(city: &City, out: &Path) -> Result<(), SimulateError> {
    fs::create_dir_all(out).map_err(|e| SimulateError::io("create", out, e))?;
    let path = out.join("federation.json");
    let text = serde_json::to_vec_pretty(&federation(city).truth).expect("plain numbers and texts");
    fs::write(&path, text).map_err(|e| SimulateError::io("write", &path, e))
}
