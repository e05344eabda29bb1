//! Writes one edition: to a temporary folder, every file synced, then renamed, so that a reader sees all of it or nothing.

pub(in crate::edition) mod order;

use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Decimal128Builder, LargeStringBuilder, ListBuilder, StringBuilder, StringDictionaryBuilder,
    UInt32Builder,
};
use arrow_array::types::{UInt8Type, UInt16Type};
use arrow_array::{
    ArrayRef, DictionaryArray, Float32Array, Float64Array, StringArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_schema::{ArrowError, DataType, Field, Fields};
use chrono::{Datelike, NaiveDate};

use super::files::cubes;
use super::files::facets::{Dims, dims_of, write_facets};
use super::files::names::write_names;
use super::files::ties;
use super::format::manifest::{FORMAT, FileDigest, MANIFEST, Manifest, check_blocks, data_digest};
use super::format::table::{Column, column, write_bytes, write_table};
use super::open::{lookup_hash, lookup_keys};
use super::query::rows::Reasons;
use super::{EditionError, EditionInput, Member};
use crate::model::enterprise::{Enterprise, EnterpriseField, LocationBasis, TradeUnion};
use crate::model::value::Money;
use crate::model::verdict::{
    EnterpriseTag, FundKind, FundStatus, GapStatus, OperatingStatus, Ownership, SizeBasis, SizeClass, SizeStatus, UnionKind,
    UnionStatus,
};
use order::{MembersByRow, sort_rows};

/// Writes the edition into `root/NNNNNN` and returns its manifest.
///
/// Rows are numbered by falling priority score, equal scores by id, so the same facts give the same bytes. Files equal to
/// those of the edition before are linked to it where the file system allows. Fails when the number exists already.
pub fn write(root: &Path, input: EditionInput) -> Result<Manifest, EditionError> {
    std::fs::create_dir_all(root).map_err(EditionError::io(root))?;
    let target = root.join(folder_name(input.number));
    if target.exists() {
        let source = std::io::Error::new(std::io::ErrorKind::AlreadyExists, "this number is taken");
        return Err(EditionError::Io { path: target, source });
    }
    let temporary = root.join(format!(".{}.part", folder_name(input.number)));
    if temporary.exists() {
        std::fs::remove_dir_all(&temporary).map_err(EditionError::io(&temporary))?;
    }
    std::fs::create_dir(&temporary).map_err(EditionError::io(&temporary))?;

    let previous = super::set::numbers(root)?.last().copied().map(|number| root.join(folder_name(number)));
    let (manifest, written) = write_files(&temporary, input)?;
    // A city's rows are millions of texts: giving their memory back is nothing to wait for.
    let _ = std::thread::Builder::new().spawn(move || drop(written));
    if let Some(previous) = previous {
        link_equal_files(&temporary, &manifest, &previous);
    }
    write_bytes(&temporary, MANIFEST, &serde_json::to_vec_pretty(&manifest)?)?;
    sync_folder(&temporary)?;
    std::fs::rename(&temporary, &target).map_err(EditionError::io(&target))?;
    sync_folder(root)?;
    Ok(manifest)
}

/// The folder of an edition inside the editions' root.
pub fn folder_name(number: u32) -> String {
    format!("{number:06}")
}

fn sync_folder(folder: &Path) -> Result<(), EditionError> {
    std::fs::File::open(folder).and_then(|f| f.sync_all()).map_err(EditionError::io(folder))
}

/// Saves space only: a failure leaves the fresh copy in place. What is linked is read first: the earlier edition's manifest tells
/// what was written, not what the disk has made of it since.
fn link_equal_files(folder: &Path, manifest: &Manifest, previous: &Path) {
    let Ok(before) = Manifest::read(previous) else { return };
    for file in manifest.files.iter().filter(|file| before.files.contains(file)) {
        if check_blocks(std::slice::from_ref(file), previous).is_err() {
            continue;
        }
        let link = folder.join(format!("{}.link", file.name));
        if std::fs::hard_link(previous.join(&file.name), &link).is_ok()
            && std::fs::rename(&link, folder.join(&file.name)).is_err()
        {
            let _ = std::fs::remove_file(&link);
        }
    }
}

/// What was written, to be let go of.
type Written = (Vec<Enterprise>, Vec<TradeUnion>, Vec<Member>);

fn write_files(folder: &Path, mut input: EditionInput) -> Result<(Manifest, Written), EditionError> {
    let mut rows = std::mem::take(&mut input.enterprises);
    sort_rows(&mut rows);
    let row_of: hashbrown::HashMap<&str, u32> = rows.iter().enumerate().map(|(row, e)| (&*e.id, row as u32)).collect();
    if row_of.len() != rows.len() {
        return Err(EditionError::BadInput {
            zh: "两家企业的编号相同".to_owned(),
            en: "two enterprises have the same id".to_owned(),
        });
    }
    let mut unions = std::mem::take(&mut input.unions);
    unions.sort_by(|a, b| b.members.cmp(&a.members).then_with(|| a.id.cmp(&b.id)));
    let members = MembersByRow::new(&input.members, &row_of, rows.len());
    let sources: Vec<&str> = input.registries.iter().map(|name| &**name).collect();
    let dims = dims_of(&rows);

    let jobs: Vec<Box<dyn Fn() -> Result<FileDigest, EditionError> + Send + Sync + '_>> = vec![
        Box::new(|| write_table(folder, "details.arrow", details(&rows)?)),
        Box::new(|| write_table(folder, "members.arrow", members_columns(&input.members, &members)?)),
        Box::new(|| write_table(folder, "lookups.arrow", lookups(&rows, &unions, &input.members, &row_of))),
        Box::new(|| write_names(folder, &rows)),
        Box::new(|| write_table(folder, "enterprises.arrow", enterprises(&rows, &sources)?)),
        Box::new(|| write_facets(folder, &rows, &sources, &dims)),
        Box::new(|| write_table(folder, "dims.arrow", dims_columns(&dims))),
        Box::new(|| write_table(folder, cubes::CUBES, cubes::columns(&dims, &input.counting)?)),
        Box::new(|| write_table(folder, "people.arrow", super::query::detail::people_columns(&rows))),
        Box::new(|| write_table(folder, ties::RELATIONS, ties::columns(&input.ties, &input.registries, &row_of)?)),
        Box::new(|| write_table(folder, "unions.arrow", union_columns(&unions, &row_of)?)),
        Box::new(|| {
            let labels = serde_json::json!({ "labels": input.labels, "dims": dims.values, "counting": input.counting });
            write_bytes(folder, "labels.json", &serde_json::to_vec(&labels)?)
        }),
    ];
    // One after the other by whoever is free, the longest first.
    let done = std::sync::Mutex::new(Vec::with_capacity(jobs.len()));
    rayon::scope_fifo(|scope| {
        for job in &jobs {
            scope.spawn_fifo(|_| {
                let file = job();
                done.lock().expect("no panic while pushing").push(file);
            });
        }
    });
    drop(jobs);
    let mut files = done.into_inner().expect("no panic while pushing").into_iter().collect::<Result<Vec<_>, _>>()?;
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let manifest = Manifest {
        format: FORMAT,
        number: input.number,
        published_at: input.published_at,
        as_of: input.as_of,
        zone: input.zone.name().to_owned(),
        enterprises: rows.len() as u32,
        unions: unions.len() as u32,
        members: members.len() as u64,
        digest: data_digest(&files),
        sources: input.sources,
        files,
        seal: String::new(),
    }
    .sealed()?;
    drop(row_of);
    Ok((manifest, (rows, unions, input.members)))
}

// ---------------------------------------------------------------- columns

pub(super) fn days(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - 719_163 // 1970-01-01
}

pub(super) fn texts<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn small<T: Copy>(
    rows: &[Enterprise],
    names: Vec<&'static str>,
    value: impl Fn(&Enterprise) -> Option<T>,
    index: impl Fn(T) -> u8,
) -> Result<ArrayRef, ArrowError> {
    let keys: UInt8Array = rows.iter().map(|e| value(e).map(&index)).collect();
    Ok(Arc::new(DictionaryArray::<UInt8Type>::try_new(keys, Arc::new(StringArray::from(names)))?))
}

/// A column of one of the `named!` enums: a dictionary whose keys are the variants' positions in `ALL`.
macro_rules! enum_column {
    ($rows:expr, $T:ty, $value:expr) => {
        small($rows, <$T>::ALL.iter().map(|v| v.name()).collect(), $value, |v: $T| v as u8)
    };
}

pub(super) fn words<'a>(values: impl Iterator<Item = Option<&'a str>>) -> Result<ArrayRef, ArrowError> {
    let mut builder = StringDictionaryBuilder::<UInt16Type>::new();
    for value in values {
        match value {
            Some(text) => drop(builder.append(text)?),
            None => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn lists<'a, I: Iterator<Item = &'a str>>(values: impl Iterator<Item = I>) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for list in values {
        list.for_each(|text| builder.values().append_value(text));
        builder.append(true);
    }
    Arc::new(builder.finish())
}

fn money<'a>(rows: &'a [Enterprise], value: impl Fn(&'a Enterprise) -> Option<Money>) -> Result<ArrayRef, ArrowError> {
    let mut builder = Decimal128Builder::with_capacity(rows.len()).with_precision_and_scale(18, 2)?;
    rows.iter().for_each(|e| builder.append_option(value(e).map(|m| i128::from(m.0))));
    Ok(Arc::new(builder.finish()))
}

pub(super) fn dates(values: impl Iterator<Item = Option<NaiveDate>>) -> ArrayRef {
    let mut builder = Date32Builder::new();
    values.for_each(|v| builder.append_option(v.map(days)));
    Arc::new(builder.finish())
}

pub(super) fn counts(values: impl Iterator<Item = Option<u32>>) -> ArrayRef {
    let mut builder = UInt32Builder::new();
    values.for_each(|v| builder.append_option(v));
    Arc::new(builder.finish())
}

fn enterprises(rows: &[Enterprise], sources: &[&str]) -> Result<Vec<Column>, EditionError> {
    let bits = |names: Vec<&str>| names.join(",");
    let tags = bits(EnterpriseTag::ALL.iter().map(|t| t.name()).collect());
    let fields = bits(EnterpriseField::ALL.iter().map(|t| t.name()).collect());
    let mut in_gap = BooleanBuilder::with_capacity(rows.len());
    rows.iter().for_each(|e| in_gap.append_value(e.in_gap()));
    let bit_column = |name: &str, names: &str, value: fn(&Enterprise) -> u32| {
        column(name, Arc::new(rows.iter().map(value).collect::<UInt32Array>()) as ArrayRef, &[("bits, lowest first", names)])
    };
    let plain = |name: &str, array: ArrayRef| column(name, array, &[]);
    let degrees = |value: fn(crate::model::enterprise::Location) -> f64| {
        Arc::new(rows.iter().map(|e| e.location.map(value)).collect::<Float64Array>()) as ArrayRef
    };
    Ok(vec![
        plain("id", texts(rows.iter().map(|e| Some(&*e.id)))),
        plain("credit_code", texts(rows.iter().map(|e| e.credit_code.as_deref()))),
        plain("credit_code_raw", texts(rows.iter().map(|e| e.credit_code_raw.as_deref()))),
        plain("name", texts(rows.iter().map(|e| Some(&*e.name)))),
        plain("former_names", lists(rows.iter().map(|e| e.former_names.iter().map(|n| &**n)))),
        plain("status", enum_column!(rows, OperatingStatus, |e| Some(e.status))?),
        plain("established_on", dates(rows.iter().map(|e| e.established_on))),
        plain("district", counts(rows.iter().map(|e| e.district))),
        plain("town", counts(rows.iter().map(|e| e.town))),
        plain("federation", words(rows.iter().map(|e| e.federation.as_deref()))?),
        plain("address", texts(rows.iter().map(|e| e.address.as_deref()))),
        column("longitude", degrees(|l| l.longitude), &[("datum", "WGS-84")]),
        column("latitude", degrees(|l| l.latitude), &[("datum", "WGS-84")]),
        plain("location_basis", enum_column!(rows, LocationBasis, |e| e.location.map(|l| l.basis))?),
        plain("industry", words(rows.iter().map(|e| e.industry.as_deref()))?),
        column(
            "industry_edition",
            Arc::new(rows.iter().map(|e| Some(e.industry_edition)).collect::<UInt16Array>()) as ArrayRef,
            &[("classification", "GB/T 4754, year")],
        ),
        plain("section", {
            let mut buffer = [0; 4];
            let mut builder = StringDictionaryBuilder::<UInt16Type>::new();
            for e in rows {
                match e.section {
                    Some(letter) => drop(builder.append(letter.encode_utf8(&mut buffer))?),
                    None => builder.append_null(),
                }
            }
            Arc::new(builder.finish())
        }),
        plain("ownership", enum_column!(rows, Ownership, |e| Some(e.ownership))?),
        plain("registration_type", words(rows.iter().map(|e| e.registration_type.as_deref()))?),
        plain("investor_countries", lists(rows.iter().map(|e| e.investor_countries.iter().map(|n| &**n)))),
        plain("employees", counts(rows.iter().map(|e| e.employees))),
        plain("insured", counts(rows.iter().map(|e| e.insured))),
        column("revenue", money(rows, |e| e.revenue)?, &[("unit", "yuan")]),
        column("payroll", money(rows, |e| e.payroll)?, &[("unit", "yuan")]),
        bit_column("tags", &tags, |e| e.tags.0),
        bit_column("registries", &bits(sources.to_vec()), |e| e.registries.0),
        bit_column("conflicts", &fields, |e| e.conflicts.0),
        plain("findings", lists(rows.iter().map(|e| e.findings.iter().map(|n| &**n)))),
        plain("branch_of", texts(rows.iter().map(|e| e.branch_of.as_deref()))),
        plain("size", enum_column!(rows, SizeStatus, |e| Some(e.verdicts.size.verdict))?),
        plain("size_basis", enum_column!(rows, SizeBasis, |e| e.verdicts.size.basis)?),
        plain("size_rule", words(rows.iter().map(|e| e.verdicts.size.rule.as_deref()))?),
        plain("size_class", enum_column!(rows, SizeClass, |e| Some(e.verdicts.size.size_class))?),
        plain("union", enum_column!(rows, UnionStatus, |e| Some(e.verdicts.union.verdict))?),
        plain("gap", enum_column!(rows, GapStatus, |e| Some(e.verdicts.gap.status))?),
        plain("gap_since", dates(rows.iter().map(|e| e.verdicts.gap.since))),
        column("in_gap", Arc::new(in_gap.finish()) as ArrayRef, &[("means", "size ABOVE, gap LACKING or LACKING_INDEPENDENT")]),
        plain("fund", enum_column!(rows, FundStatus, |e| Some(e.verdicts.fund.status))?),
        plain("fund_period", words(rows.iter().map(|e| Some(&*e.verdicts.fund.period)))?),
        column("fund_due", money(rows, |e| e.verdicts.fund.due)?, &[("unit", "yuan")]),
        column("fund_paid", money(rows, |e| e.verdicts.fund.paid)?, &[("unit", "yuan")]),
        plain("fund_kind", enum_column!(rows, FundKind, |e| e.verdicts.fund.kind_paid)?),
        plain("priority", Arc::new(rows.iter().map(|e| Some(e.verdicts.priority.score)).collect::<Float32Array>())),
    ])
}

/// Rows whose reasons are written side by side before they are put in order.
const DETAILS_AT_ONCE: usize = 65_536;

/// What the columns of `enterprises.arrow` do not say of the verdicts: reasons, unions, factors; see `rows::Reasons`.
fn details(rows: &[Enterprise]) -> Result<Vec<Column>, EditionError> {
    use rayon::prelude::*;
    let text = |rows: &[Enterprise]| -> Result<(Vec<u8>, Vec<usize>), serde_json::Error> {
        let mut text = Vec::with_capacity(rows.len() * 500);
        let mut ends = Vec::with_capacity(rows.len());
        for e in rows {
            serde_json::to_writer(&mut text, &Reasons::of(&e.verdicts))?;
            ends.push(text.len());
        }
        Ok((text, ends))
    };
    // Room for all of it by the measure of a sample: growing would copy a gigabyte again and again.
    let sample = rows.iter().step_by(rows.len() / 2_000 + 1).cloned().collect::<Vec<_>>();
    let per_row = text(&sample)?.0.len() / sample.len().max(1) + 1;
    let mut builder = LargeStringBuilder::with_capacity(rows.len(), rows.len() * per_row * 21 / 20);
    for stretch in rows.chunks(DETAILS_AT_ONCE) {
        for made in stretch.par_chunks(DETAILS_AT_ONCE / 8).map(text).collect::<Vec<_>>() {
            let (text, ends) = made?;
            let text = std::str::from_utf8(&text).expect("serde_json writes UTF-8");
            let mut start = 0;
            for end in ends {
                builder.append_value(&text[start..end]);
                start = end;
            }
        }
    }
    Ok(vec![column("reasons", Arc::new(builder.finish()) as ArrayRef, &[("format", "JSON")])])
}

fn members_columns(members: &[Member], by_row: &MembersByRow) -> Result<Vec<Column>, EditionError> {
    let word = || DataType::Dictionary(Box::new(DataType::UInt16), Box::new(DataType::Utf8));
    let fields: Fields = vec![
        Field::new("registry", word(), false),
        Field::new("key", DataType::Utf8, false),
        Field::new("part", DataType::UInt16, false),
        Field::new("record_id", DataType::Int64, false),
        Field::new("method", word(), false),
        Field::new("weight", DataType::Float32, true),
        Field::new("evidence", DataType::LargeUtf8, false),
    ]
    .into();
    let ordered = || by_row.positions().iter().map(|position| &members[*position as usize]);
    let columns: Vec<ArrayRef> = vec![
        words(ordered().map(|m| Some(&*m.registry)))?,
        texts(ordered().map(|m| Some(&*m.key))),
        Arc::new(ordered().map(|m| m.part).collect::<Vec<u16>>().into_iter().map(Some).collect::<UInt16Array>()),
        Arc::new(arrow_array::Int64Array::from_iter_values(ordered().map(|m| m.record_id))),
        words(ordered().map(|m| Some(m.method.name())))?,
        Arc::new(ordered().map(|m| m.weight).collect::<Float32Array>()),
        Arc::new(arrow_array::LargeStringArray::from_iter_values(ordered().map(|m| &*m.evidence))),
    ];
    let offsets = arrow_buffer::OffsetBuffer::from_lengths(by_row.lengths());
    let items = Arc::new(arrow_array::StructArray::try_new(fields.clone(), columns, None)?);
    let item = Arc::new(Field::new("item", DataType::Struct(fields), false));
    let list: ArrayRef = Arc::new(arrow_array::ListArray::try_new(item, offsets, items, None)?);
    Ok(vec![column("members", list, &[])])
}

fn union_columns(unions: &[TradeUnion], row_of: &hashbrown::HashMap<&str, u32>) -> Result<Vec<Column>, EditionError> {
    let plain = |name: &str, array: ArrayRef| column(name, array, &[]);
    let kinds: UInt8Array = unions.iter().map(|u| Some(u.kind as u8)).collect();
    let names = StringArray::from(UnionKind::ALL.iter().map(|k| k.name()).collect::<Vec<_>>());
    let mut covers = ListBuilder::new(UInt32Builder::new());
    for union in unions {
        union.covers.iter().filter_map(|id| row_of.get(&**id)).for_each(|row| covers.values().append_value(*row));
        covers.append(true);
    }
    Ok(vec![
        plain("id", texts(unions.iter().map(|u| Some(&*u.id)))),
        plain("name", texts(unions.iter().map(|u| Some(&*u.name)))),
        plain("credit_code", texts(unions.iter().map(|u| u.credit_code.as_deref()))),
        plain("kind", Arc::new(DictionaryArray::<UInt8Type>::try_new(kinds, Arc::new(names))?)),
        plain("level", words(unions.iter().map(|u| u.level.as_deref()))?),
        plain("parent", texts(unions.iter().map(|u| u.parent.as_deref()))),
        plain("district", counts(unions.iter().map(|u| u.district))),
        plain("industrial", words(unions.iter().map(|u| u.industrial.as_deref()))?),
        plain("established_on", dates(unions.iter().map(|u| u.established_on))),
        plain("employees", counts(unions.iter().map(|u| u.employees))),
        plain("members", counts(unions.iter().map(|u| u.members))),
        plain("female_members", counts(unions.iter().map(|u| u.female_members))),
        plain("migrant_members", counts(unions.iter().map(|u| u.migrant_members))),
        plain("migrant_employees", counts(unions.iter().map(|u| u.migrant_employees))),
        plain("dispatched_members", counts(unions.iter().map(|u| u.dispatched_members))),
        column(
            "host",
            counts(unions.iter().map(|u| row_of.get(u.host.as_deref()?).copied())),
            &[("is", "row of enterprises.arrow")],
        ),
        column("covers", Arc::new(covers.finish()) as ArrayRef, &[("items", "rows of enterprises.arrow, the host first")]),
        plain("registry", words(unions.iter().map(|u| Some(&*u.registry)))?),
        plain("record", texts(unions.iter().map(|u| Some(&*u.record)))),
    ])
}

fn dims_columns(dims: &Dims) -> Vec<Column> {
    let mut columns: Vec<Column> = dims
        .numbers
        .iter()
        .map(|(name, numbers)| {
            column(name, Arc::new(UInt16Array::from(numbers.clone())) as ArrayRef, &[("meaning", "labels.json, dims")])
        })
        .collect();
    let people = |of: &Vec<u32>| Arc::new(UInt32Array::from(of.clone())) as ArrayRef;
    columns.push(column(
        "verdicts",
        Arc::new(UInt8Array::from(dims.verdicts.clone())) as ArrayRef,
        &[("is", "size*35 + union*5 + gap")],
    ));
    columns.push(column("employees", people(&dims.employees), &[("absent", "0"), ("counted", "nobody twice")]));
    let unions = UInt8Array::from(dims.unions.clone());
    columns.push(column("unions", Arc::new(unions) as ArrayRef, &[("are", "standing unions hosted")]));
    columns.push(column("members", people(&dims.members), &[("absent", "0"), ("counted", "nobody twice")]));
    columns
}

/// Hash of kind and value → row, sorted by hash; unions have their own kind of key.
fn lookups(
    rows: &[Enterprise],
    unions: &[TradeUnion],
    members: &[Member],
    row_of: &hashbrown::HashMap<&str, u32>,
) -> Vec<Column> {
    use rayon::prelude::*;
    let mut pairs: Vec<(u64, u32)> = rows
        .par_iter()
        .enumerate()
        .flat_map_iter(|(row, e)| lookup_keys(e).into_iter().map(move |hash| (hash, row as u32)))
        .collect();
    pairs.par_extend(
        members
            .par_iter()
            .filter(|m| m.part == 0)
            .filter_map(|m| Some((lookup_hash("record", &[&m.registry, &m.key]), *row_of.get(&*m.enterprise)?))),
    );
    pairs.extend(unions.iter().enumerate().map(|(row, u)| (lookup_hash("union", &[&u.id]), row as u32)));
    pairs.par_sort_unstable();
    pairs.dedup();
    let (hashes, targets): (Vec<u64>, Vec<u32>) = pairs.into_iter().unzip();
    vec![
        column(
            "hash",
            Arc::new(UInt64Array::from(hashes)) as ArrayRef,
            &[("is", "xxh3-64 of kind and values, each followed by NUL")],
        ),
        column("row", Arc::new(UInt32Array::from(targets)) as ArrayRef, &[]),
    ]
}
