//! An edition written in pieces by many machines: segments, each of them whole for whom it holds, and the edition that has them as its parts.
//!
//! A segment is an edition of its own folder: anybody opens it alone. Enterprises of other segments it names by their ids.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hashbrown::HashMap;

use super::changes::link_part;
use super::{Content, Counts, Header, PartForm, Place, let_go, write_files};
use crate::edition::error::EditionError;
use crate::edition::files::lookups::lookup_hash;
use crate::edition::files::replaced::{REPLACED, Replaced};
use crate::edition::format::folder::sync_folder;
use crate::edition::format::manifest::{FileDigest, MANIFEST};
use crate::edition::format::table::write_table;
use crate::edition::{Edition, EditionInput, EditionSource, Labels, Manifest};

/// Writes a segment as `root/name`. One that stands there is replaced: whoever does a lost piece of work again writes the same.
///
/// # Errors
/// As [`super::write`]; BadInput too where the name is none of a folder.
pub fn write_segment(root: &Path, name: &str, input: EditionInput) -> Result<Manifest, EditionError> {
    let is_plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if !is_plain {
        let zh = format!("「{name}」不能作为分段的名称：只能用字母、数字、- 和 _");
        return Err(EditionError::bad_input(zh, format!("\"{name}\" is no name of a segment: letters, digits, - and _ only")));
    }
    let place = Place::of_segment(root, name)?;
    let header = Header::of(&input);
    let (counts, files, written) = write_files(&place.temporary, input, PartForm::Segment)?;
    let_go(written);
    place.replace(header.manifest(counts, Vec::new(), files)?)
}

/// Writes `root/NNNNNN`, which has these segments as its parts, linked where the file system can and copied where it cannot. Nothing of it
/// is seen before all of it stands.
///
/// # Errors
/// Io, where the number exists already or the disk refuses; Broken, where a file of a segment is not what was written; BadInput, where
/// there is none or what is named is none, where they are not of one day and one kind of counting, or where one id stands in two of them.
pub fn join_segments(root: &Path, number: u32, segments: &[PathBuf]) -> Result<Manifest, EditionError> {
    if let Some(other) = segments.iter().find(|folder| !folder.join(MANIFEST).is_file()) {
        let other = other.display();
        let zh = format!("{other} 不是分段：其中没有 {MANIFEST}；请给出 huitu kernel segment 写出的文件夹");
        let en = format!("{other} is no segment: there is no {MANIFEST} in it; name folders that `huitu kernel segment` wrote");
        return Err(EditionError::bad_input(zh, en));
    }
    let open: Vec<Edition> = segments.iter().map(|folder| Edition::open(folder)).collect::<Result<_, _>>()?;
    let Some(first) = open.first() else {
        return Err(EditionError::bad_input("没有给出分段", "no segment is named"));
    };
    for other in &open {
        fits(first, other)?;
    }
    each_id_once(&open)?;
    let place = Place::new(root, number)?;
    let (mut parts, mut files, mut counts) = (Vec::new(), Vec::new(), Counts::default());
    for (at, edition) in open.iter().enumerate() {
        let manifest = &edition.manifest;
        link_part(&edition.folder, &place.temporary.join(at.to_string()), &manifest.files)?;
        counts.enterprises += manifest.enterprises;
        counts.unions += manifest.unions;
        counts.records.extend(manifest.records.iter().cloned());
        let content = manifest.content.as_deref().and_then(|content| content.parse().ok());
        counts.content.add_all(content.ok_or_else(EditionError::cannot_follow)?);
        files.extend(manifest.files.iter().map(|file| FileDigest { name: format!("{at}/{}", file.name), ..file.clone() }));
        parts.push(at.to_string());
    }
    // The newest part tells the names and the counting of all: one without rows does.
    let input = together(&open, number);
    let header = Header::of(&input);
    let last = open.len().to_string();
    let folder = place.temporary.join(&last);
    std::fs::create_dir(&folder).map_err(EditionError::io(&folder))?;
    let (own, of_part, written) = write_files(&folder, input, PartForm::Changes)?;
    let_go(written);
    sync_folder(&folder)?;
    counts.records.extend(own.records);
    files.extend(of_part.into_iter().map(|file| FileDigest { name: format!("{last}/{}", file.name), ..file }));
    parts.push(last);
    let nothing = vec![Replaced::default(); parts.len()];
    files.push(write_table(&place.temporary, REPLACED, Replaced::columns(nothing)?)?);
    place.publish(header.manifest(counts, parts, files)?)
}

/// Whether two segments can stand in one edition.
fn fits(first: &Edition, other: &Edition) -> Result<(), EditionError> {
    let names = |edition: &Edition| edition.manifest.sources.iter().map(|source| source.name.clone()).collect::<Vec<_>>();
    let (one, two) = (&first.manifest, &other.manifest);
    let (zh, en) = match () {
        () if !two.parts.is_empty() => ("不是单独的分段", "is no segment: it has parts"),
        () if one.as_of != two.as_of || one.zone != two.zone => ("截至日期或时区不同", "is of another day or zone"),
        () if names(first) != names(other) => ("登记不同", "rests on other registries"),
        () if first.counting != other.counting => ("统计口径不同", "counts otherwise"),
        () => return Ok(()),
    };
    let (first, other) = (first.folder.display(), other.folder.display());
    Err(EditionError::bad_input(format!("{other}：与 {first} 相比{zh}"), format!("{other} {en} (beside {first})")))
}

/// No enterprise and no union may stand in two segments.
fn each_id_once(open: &[Edition]) -> Result<(), EditionError> {
    let mut seen: Vec<(u64, u32)> = Vec::new();
    for (at, edition) in (0..).zip(open) {
        for part in edition.parts.iter().map(|standing| &standing.part.columns) {
            seen.extend(part.id.iter().flatten().map(|id| (lookup_hash("id", &[id]), at)));
            seen.extend(part.unions.id.iter().flatten().map(|id| (lookup_hash("union", &[id]), at)));
        }
    }
    seen.sort_unstable();
    for pair in seen.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        // Equal hashes are seldom those of two ids.
        let ids = |at: u32| {
            let columns = open[at as usize].parts.iter().map(|standing| &standing.part.columns);
            let all = columns.flat_map(|part| part.id.iter().chain(part.unions.id.iter()).flatten());
            let of = all.filter(|id| [lookup_hash("id", &[id]), lookup_hash("union", &[id])].contains(&pair[0].0));
            of.map(str::to_owned).collect::<BTreeSet<String>>()
        };
        let (one, two) = (ids(pair[0].1), ids(pair[1].1));
        if let Some(id) = one.intersection(&two).next() {
            let [one, two] = [pair[0].1, pair[1].1].map(|at| open[at as usize].folder.display().to_string());
            let zh = format!("{id} 同时在 {one} 与 {two} 之中：同一主体只能在一个分段里");
            return Err(EditionError::bad_input(
                zh,
                format!("{id} stands in {one} and in {two}: nobody may stand in two segments"),
            ));
        }
    }
    Ok(())
}

/// What holds of all segments together, without their rows.
fn together(open: &[Edition], number: u32) -> EditionInput {
    let manifest = &open[0].manifest;
    let mut sources: Vec<EditionSource> = manifest.sources.clone();
    let mut unmet = manifest.unmet.clone();
    let mut labels = Labels::default();
    let (mut areas, mut industries) = (HashMap::new(), HashMap::new());
    let mut published_at = manifest.published_at;
    for (at, edition) in open.iter().enumerate() {
        published_at = published_at.max(edition.manifest.published_at);
        if at > 0 {
            for (source, other) in sources.iter_mut().zip(&edition.manifest.sources) {
                source.as_of = source.as_of.min(other.as_of);
                source.records += other.records;
                source.stale |= other.stale;
            }
        }
        let new = edition.manifest.unmet.iter().filter(|other| !unmet.contains(other)).cloned().collect::<Vec<_>>();
        unmet.extend(new);
        for area in &edition.labels.areas {
            if areas.insert(area.code.clone(), ()).is_none() {
                labels.areas.push(area.clone());
            }
        }
        for industry in &edition.labels.industries {
            if industries.insert((industry.edition, industry.code.clone()), ()).is_none() {
                labels.industries.push(industry.clone());
            }
        }
    }
    EditionInput {
        number,
        published_at,
        as_of: manifest.as_of,
        zone: open[0].manifest.zone.parse().unwrap_or(chrono_tz::Tz::UTC),
        enterprises: Vec::new(),
        unions: Vec::new(),
        members: Vec::new(),
        ties: Vec::new(),
        registries: sources.iter().map(|source| source.name.as_str().into()).collect(),
        sources,
        unmet,
        labels,
        counting: open[0].counting.clone(),
    }
}

impl std::str::FromStr for Content {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Content, Self::Err> {
        let (one, other) = text.split_at_checked(16).unwrap_or((text, ""));
        Ok(Content(u64::from_str_radix(one, 16)?, u64::from_str_radix(other, 16)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_read_as_it_is_written() {
        let mut content = Content::default();
        [1, u64::MAX, 1 << 63].into_iter().for_each(|hash| content.add(hash));
        assert_eq!(content.to_string().parse(), Ok(content));
        assert!("".parse::<Content>().is_err() && "12".parse::<Content>().is_err());
    }
}
