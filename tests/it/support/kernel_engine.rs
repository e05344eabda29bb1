//! The engine that shares linking out, played by a test: it joins, counts and parts, and leaves what is decided to the filters.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, BinaryArray, BooleanArray, Float32Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use huitu::kernel::{self, KernelStatistics, LinkedRegistries};
use huitu::link::entity_key::reference_of;
use huitu::link::{Linker, Linking, Previous};
use huitu::model::linkage::{LinkRecord, RecordRef};
use huitu::model::message::Lang;

/// A stream of these columns, its rows in batches of some.
pub fn stream(columns: &[(&str, ArrayRef)]) -> Vec<u8> {
    let whole =
        RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, array)| (*name, array.clone(), true))).unwrap();
    let mut writer = StreamWriter::try_new(Vec::new(), whole.schema_ref()).unwrap();
    for from in (0..whole.num_rows()).step_by(700) {
        writer.write(&whole.slice(from, 700.min(whole.num_rows() - from))).unwrap();
    }
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

pub fn batches(bytes: &[u8]) -> Vec<RecordBatch> {
    StreamReader::try_new(bytes, None).unwrap().map(Result::unwrap).collect()
}

/// Every row of a stream that `read` makes something of.
pub fn rows<T>(bytes: &[u8], read: impl Fn(&RecordBatch, usize) -> T) -> Vec<T> {
    batches(bytes).iter().flat_map(|batch| (0..batch.num_rows()).map(|row| read(batch, row)).collect::<Vec<T>>()).collect()
}

pub fn whole(batch: &RecordBatch, column: &str, row: usize) -> Option<i64> {
    let array = batch.column_by_name(column).unwrap();
    array.is_valid(row).then(|| match array.as_primitive_opt::<Int64Type>() {
        Some(numbers) => numbers.value(row),
        None => array.as_primitive::<Int32Type>().value(row).into(),
    })
}
pub fn bytes(batch: &RecordBatch, column: &str, row: usize) -> Vec<u8> {
    batch.column_by_name(column).unwrap().as_binary::<i32>().value(row).to_vec()
}
pub fn text(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    let array = batch.column_by_name(column).unwrap();
    array.is_valid(row).then(|| array.as_string::<i32>().value(row).to_owned())
}
pub fn flag(batch: &RecordBatch, column: &str, row: usize) -> bool {
    batch.column_by_name(column).unwrap().as_boolean().value(row)
}

/// Streams of one kind behind each other.
pub fn joined(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut writer: Option<StreamWriter<Vec<u8>>> = None;
    for batch in parts.iter().flat_map(|part| batches(part)) {
        let writer = writer.get_or_insert_with(|| StreamWriter::try_new(Vec::new(), batch.schema_ref()).unwrap());
        writer.write(&batch).unwrap();
    }
    let mut writer = writer.expect("a row somewhere");
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

/// Runs a filter.
pub fn through(filter: impl FnOnce(&[u8], &mut Vec<u8>) -> Result<(), huitu::model::problem::Problem>, input: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    filter(input, &mut output).unwrap_or_else(|problem| panic!("{}", problem.text(Lang::En)));
    output
}

pub fn as_columns(records: &[&LinkRecord], told: &LinkedRegistries) -> Vec<(&'static str, ArrayRef)> {
    let texts = |of: &dyn Fn(&LinkRecord) -> String| -> ArrayRef {
        Arc::new(records.iter().map(|record| Some(of(record)).filter(|text| !text.is_empty())).collect::<StringArray>())
    };
    let mut former = ListBuilder::new(StringBuilder::new());
    for record in records {
        record.former_names.iter().for_each(|name| former.values().append_value(name));
        former.append(true);
    }
    vec![
        ("registry", texts(&|r| told.settings.registry(r.registry).to_owned())),
        ("key", texts(&|r| r.key.to_string())),
        ("part", Arc::new(records.iter().map(|r| i32::from(r.part)).collect::<Int32Array>())),
        ("role", texts(&|r| r.role.name().to_owned())),
        ("name", texts(&|r| r.name.to_string())),
        ("former_names", Arc::new(former.finish())),
        ("union_name", texts(&|r| r.union_name.to_string())),
        ("credit_code", texts(&|r| r.credit_code.to_string())),
        ("organisation_code", texts(&|r| r.organisation_code.to_string())),
        ("registration_number", texts(&|r| r.registration_number.to_string())),
        ("tax_number", texts(&|r| r.tax_number.to_string())),
        ("area", texts(&|r| r.area.to_string())),
        ("district", texts(&|r| r.district.to_string())),
        ("address", texts(&|r| r.address.to_string())),
        ("operating_address", texts(&|r| r.operating_address.to_string())),
        ("phone", texts(&|r| r.phone.to_string())),
        ("established", texts(&|r| r.established.map_or_else(String::new, |day| day.to_string()))),
        ("industry", texts(&|r| r.industry.to_string())),
        ("registration_type", texts(&|r| r.registration_type.to_string())),
        ("unit_type", texts(&|r| r.unit_type.to_string())),
        ("employees", Arc::new(records.iter().map(|r| r.employees.map(i64::from)).collect::<Int64Array>())),
    ]
}

/// What linking says of a record: entity, log2 odds in bits, the first record of the profile it was joined to.
pub type Linked = (Option<String>, Option<u32>, Option<i64>);

pub fn by_one_machine(records: &[LinkRecord], told: &LinkedRegistries) -> (BTreeMap<RecordRef, Linked>, Linking) {
    let mut linker = Linker::new(told.settings.clone(), told.weights.clone());
    linker.put(records);
    let linking = linker.link(&Previous::default(), &[]);
    let said = |d: &huitu::link::Decision| {
        let partner = d.partner.map(|record| reference_of(&linker.record_ref(record)) as i64);
        (linker.record_ref(d.record), (d.entity.map(|e| e.to_string()), d.weight.map(f32::to_bits), partner))
    };
    (linking.decisions.iter().map(said).collect(), linking)
}

/// A record that was read: its reference, codes and bytes.
pub type Read = (i64, Option<i64>, Option<i64>, Vec<u8>);
/// A profile: its number, whether it has a code, its keys with their limits, its bytes.
pub type Profile = (i64, bool, Vec<(i64, i32)>, Vec<u8>);

pub fn parted<T: Clone>(all: &[T], parts: usize, of: impl Fn(&T) -> i64) -> Vec<Vec<T>> {
    let mut parted = vec![Vec::new(); parts];
    all.iter().for_each(|one| parted[of(one).rem_euclid(parts as i64) as usize].push(one.clone()));
    parted.retain(|part| !part.is_empty());
    parted
}

/// The sum of what every part says.
pub fn summed(parts: &[Vec<u8>], dir: &std::path::Path) -> KernelStatistics {
    let sum = through(|i, o| kernel::statistics(i, o, true), &joined(parts));
    let path = dir.join("statistics.arrow");
    std::fs::write(&path, sum).unwrap();
    KernelStatistics::of_file(&path).unwrap()
}

/// What the filters say of every record, shared out over `parts` streams a step.
pub fn by_filters(records: &[LinkRecord], told: &LinkedRegistries, parts: usize) -> BTreeMap<RecordRef, Linked> {
    let dir = tempfile::tempdir().unwrap();
    // Records, each by itself; the engine sees codes and numbers only.
    let numbered: Vec<(i64, &LinkRecord)> = (0..).zip(records.iter().rev()).collect();
    let read: Vec<Read> = parted(&numbered, parts, |(number, _)| *number)
        .iter()
        .flat_map(|part| {
            let part: Vec<&LinkRecord> = part.iter().map(|(_, record)| *record).collect();
            let out = through(|i, o| kernel::normalise(i, o, told), &stream(&as_columns(&part, told)));
            let of = |batch: &RecordBatch, row: usize| {
                let number = |column: &str| whole(batch, column, row);
                (number("reference").unwrap(), number("organisation"), number("registration"), bytes(batch, "record", row))
            };
            rows(&out, of)
        })
        .collect();
    assert_eq!(read.len(), records.len());
    // Which code a registration number leads to: an aggregate and a join.
    let mut beside: HashMap<i64, BTreeSet<i64>> = HashMap::new();
    for (_, organisation, registration, _) in &read {
        if let (Some(code), Some(number)) = (organisation, registration) {
            beside.entry(*number).or_default().insert(*code);
        }
    }
    let lead = |(_, _, registration, _): &Read| {
        let codes = beside.get(&(*registration)?)?;
        Some(if codes.len() == 1 { *codes.first().unwrap() } else { 0 })
    };
    let group = |record: &Read| {
        let (reference, organisation, registration, _) = record;
        match (organisation, lead(record), registration) {
            (Some(code), ..) => *code,
            (None, Some(code), _) if code != 0 => code,
            (None, None, Some(number)) => *number,
            _ => *reference,
        }
    };
    let groups: Vec<Vec<u8>> = parted(&read, parts, group)
        .iter()
        .map(|part| {
            stream(&[
                ("record", Arc::new(part.iter().map(|(.., bytes)| Some(bytes)).collect::<BinaryArray>())),
                ("lead", Arc::new(part.iter().map(lead).collect::<Int64Array>())),
            ])
        })
        .collect();
    let facts: Vec<Vec<u8>> = groups.iter().map(|part| through(|i, o| kernel::statistics(i, o, false), part)).collect();
    let facts = summed(&facts, dir.path());
    let grouped: Vec<Vec<u8>> = groups.iter().map(|part| through(|i, o| kernel::group(i, o, told, &facts), part)).collect();
    let counts: Vec<Vec<u8>> = grouped.iter().map(|part| through(|i, o| kernel::statistics(i, o, false), part)).collect();
    let counts = summed(&counts, dir.path());
    let profiles: Vec<Profile> = grouped
        .iter()
        .flat_map(|part| {
            rows(part, |batch, row| {
                let keys = batch.column_by_name("keys").unwrap().as_list::<i32>().value(row);
                let limits = batch.column_by_name("limits").unwrap().as_list::<i32>().value(row);
                let keys = keys.as_primitive::<Int64Type>().values().iter().copied();
                let keys = keys.zip(limits.as_primitive::<Int32Type>().values().iter().copied()).collect();
                let number = whole(batch, "profile", row).unwrap();
                (number, flag(batch, "identified", row), keys, bytes(batch, "profile_data", row))
            })
        })
        .collect();
    // Who shares a key that few share: explode, count, cap, join.
    let mut behind: HashMap<i64, (i32, Vec<usize>)> = HashMap::new();
    for (at, (_, _, keys, _)) in profiles.iter().enumerate() {
        keys.iter().for_each(|(key, limit)| behind.entry(*key).or_insert((*limit, Vec::new())).1.push(at));
    }
    let mut pairs: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (limit, block) in behind.values().filter(|(limit, block)| block.len() <= *limit as usize) {
        assert!(*limit > 0);
        let lefts = block.iter().filter(|at| !profiles[**at].1);
        pairs.extend(lefts.flat_map(|left| block.iter().filter(move |right| *right != left).map(|right| (*left, *right))));
    }
    let pairs: Vec<(usize, usize)> = pairs.into_iter().collect();
    let scored: Vec<RecordBatch> = parted(&pairs, parts, |(left, _)| *left as i64)
        .iter()
        .flat_map(|part| {
            let data = |of: fn(&(usize, usize)) -> usize| -> ArrayRef {
                Arc::new(part.iter().map(|pair| Some(&profiles[of(pair)].3)).collect::<BinaryArray>())
            };
            let input = stream(&[("left_data", data(|pair| pair.0)), ("right_data", data(|pair| pair.1))]);
            batches(&through(|i, o| kernel::score(i, o, told, &counts), &input))
        })
        .collect();
    // Who hangs together.
    let place: HashMap<i64, usize> = profiles.iter().enumerate().map(|(at, (number, ..))| (*number, at)).collect();
    assert_eq!(place.len(), profiles.len(), "a profile is named by one number");
    let mut root: Vec<usize> = (0..profiles.len()).collect();
    fn find(root: &mut [usize], mut at: usize) -> usize {
        while root[at] != at {
            root[at] = root[root[at]];
            at = root[at];
        }
        at
    }
    for batch in &scored {
        for row in (0..batch.num_rows()).filter(|row| flag(batch, "ties", *row)) {
            let of = |column: &str| place[&whole(batch, column, row).unwrap()];
            let (a, b) = (find(&mut root, of("left")), find(&mut root, of("right")));
            root[a] = b;
        }
    }
    let mut found = BTreeMap::new();
    let mut founders: HashMap<String, HashSet<Option<i64>>> = HashMap::new();
    for part in 0..parts {
        let here: HashSet<i64> =
            (0..profiles.len()).filter(|at| find(&mut root, *at) % parts == part).map(|at| profiles[at].0).collect();
        let Some(input) = components(&profiles, &scored, &here) else { continue };
        let out = through(|i, o| kernel::cluster(i, o, told), &input);
        for batch in batches(&out) {
            for row in 0..batch.num_rows() {
                let record = RecordRef {
                    registry: text(&batch, "registry", row).unwrap().into(),
                    key: text(&batch, "key", row).unwrap().into(),
                    part: whole(&batch, "part", row).unwrap() as u16,
                };
                let entity = text(&batch, "entity", row);
                if let Some(entity) = &entity {
                    founders.entry(entity.clone()).or_default().insert(whole(&batch, "founder", row));
                }
                let weights = batch.column_by_name("weight").unwrap().as_primitive::<Float32Type>();
                let weight = weights.is_valid(row).then(|| weights.value(row).to_bits());
                let said = (entity, weight, whole(&batch, "partner", row));
                assert!(found.insert(record.clone(), said).is_none(), "{record:?} is told twice");
            }
        }
    }
    assert!(founders.values().all(|founders| founders.len() == 1), "an id has one founder");
    found
}

/// Profiles and the pairs that they look for, as one stream.
pub fn components(profiles: &[Profile], scored: &[RecordBatch], here: &HashSet<i64>) -> Option<Vec<u8>> {
    let own: Vec<&Profile> = profiles.iter().filter(|profile| here.contains(&profile.0)).collect();
    let pairs: Vec<(&RecordBatch, usize)> = scored
        .iter()
        .flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)))
        .filter(|(batch, row)| here.contains(&whole(batch, "left", *row).unwrap()))
        .collect();
    if own.is_empty() {
        return None;
    }
    let none = own.len();
    let wholes = |column: &str| -> Vec<Option<i64>> {
        let of_pairs = pairs.iter().map(|(batch, row)| whole(batch, column, *row));
        std::iter::repeat_n(None, none).chain(of_pairs).collect()
    };
    let small = wholes("right_registry").into_iter().map(|number| number.map(|number| number as i32));
    let flags = pairs.iter().map(|(batch, row)| Some(flag(batch, "right_identified", *row)));
    let weights =
        pairs.iter().map(|(b, row)| Some(b.column_by_name("weight").unwrap().as_primitive::<Float32Type>().value(*row)));
    let data = own.iter().map(|(.., bytes)| Some(bytes)).chain(std::iter::repeat_n(None, pairs.len()));
    Some(stream(&[
        ("profile_data", Arc::new(data.collect::<BinaryArray>())),
        ("left", Arc::new(Int64Array::from(wholes("left")))),
        ("right", Arc::new(Int64Array::from(wholes("right")))),
        ("right_registry", Arc::new(small.collect::<Int32Array>())),
        ("right_identified", Arc::new(std::iter::repeat_n(None, none).chain(flags).collect::<BooleanArray>())),
        ("weight", Arc::new(std::iter::repeat_n(None, none).chain(weights).collect::<Float32Array>())),
    ]))
}
