//! Zip archives: what is in them, within the caps. Workbooks are such archives too.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::error::said;
use super::file::Capped;
use crate::connector::Caps;

/// Inflates every entry of an archive once, keeping nothing, so that a bomb is noticed before anything is built from it.
///
/// # Errors
/// `InvalidData` over the caps, or where a path leads out of the archive.
pub fn check_archive(path: &Path, caps: &Caps) -> io::Result<()> {
    let mut archive = zip::ZipArchive::new(BufReader::new(File::open(path)?)).map_err(zip_error)?;
    check_entries(&mut archive, caps)?;
    let mut total = 0;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(zip_error)?;
        let packed = entry.compressed_size();
        let left = Caps { bytes: caps.bytes.saturating_sub(total), ..caps.clone() };
        total += io::copy(&mut Capped::new(entry, left, move |_| packed), &mut io::sink())?;
    }
    Ok(())
}

/// Whether there are not too many entries, and none leads out of the archive. Nothing is inflated.
///
/// # Errors
/// `InvalidData` where that is not so.
pub fn check_entries(archive: &mut zip::ZipArchive<BufReader<File>>, caps: &Caps) -> io::Result<()> {
    if archive.len() as u64 > caps.entries {
        let (found, most) = (archive.len(), caps.entries);
        return Err(too_much(
            format!("压缩包中有 {found} 个文件，超过 {most} 个（source.caps.entries）"),
            format!("{found} files in the archive, more than {most} (source.caps.entries)"),
        ));
    }
    for at in 0..archive.len() {
        let name = entry_name(archive.by_index_raw(at).map_err(zip_error)?.name_raw()).replace('\\', "/");
        if name.starts_with('/') || name.split('/').any(|step| step == "..") || name.contains('\0') {
            return Err(too_much(
                format!("压缩包中的「{name}」指向包外的位置"),
                format!("the archive's entry \"{name}\" leads out of it"),
            ));
        }
    }
    Ok(())
}

pub fn zip_error(error: zip::result::ZipError) -> io::Error {
    match error {
        zip::result::ZipError::Io(e) => e,
        zip::result::ZipError::UnsupportedArchive(why) if why.contains("assword") => said(
            io::ErrorKind::InvalidData,
            "压缩包设有密码，无法读取；请部门去掉密码后重新报送",
            "the archive needs a password: ask the department to send it without one",
        ),
        other => said(io::ErrorKind::InvalidData, format!("压缩包无法读取：{other}"), other.to_string()),
    }
}

fn too_much(zh: String, en: String) -> io::Error {
    said(io::ErrorKind::InvalidData, zh, en)
}

/// The entries of a zip archive that are data: by name, without folders and what macOS leaves behind.
///
/// # Errors
/// As [`check_archive`].
pub fn data_entries(archive: &mut zip::ZipArchive<BufReader<File>>) -> io::Result<Vec<usize>> {
    let mut entries = Vec::new();
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(zip_error)?;
        let name = entry_name(entry.name_raw());
        if entry.is_file() && !name.starts_with("__MACOSX/") && !name.rsplit('/').next().unwrap_or("").starts_with('.') {
            entries.push((name, at));
        }
    }
    entries.sort();
    Ok(entries.into_iter().map(|(_, at)| at).collect())
}

/// An entry's name; archives made on Chinese Windows write it in GBK without saying so.
pub fn entry_name(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_string(),
        Err(_) => encoding_rs::GB18030.decode(raw).0.into_owned(),
    }
}

/// Reads one entry to the end, within its caps.
pub fn capped_entry<'a, R: Read>(entry: zip::read::ZipFile<'a, R>, caps: &Caps) -> impl Read + use<'a, R> {
    let packed = entry.compressed_size();
    Capped::new(entry, caps.clone(), move |_| packed)
}
