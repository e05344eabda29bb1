//! The fuzzer's corpus, replayed on the stable compiler: every file of it, and a few hundred changes of each, through the same bodies.
//! What once broke a reader is a file there.

use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[path = "../../fuzz/bodies.rs"]
mod bodies;

type Body = fn(&[u8]);

/// Each target, and how many changes of each file are tried: what goes through files takes longer.
const TARGETS: [(&str, Body, usize); 6] = [
    ("csv", bodies::csv, 40),
    ("json", bodies::json, 40),
    ("xml", bodies::xml, 40),
    ("workbook", bodies::workbook, 40),
    ("names", bodies::names, 200),
    ("questions", bodies::questions, 60),
];

/// What a fuzzer does first: cut, flip, repeat, put in.
fn changed(rng: &mut ChaCha8Rng, bytes: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..rng.random_range(1..4) {
        if changed.is_empty() {
            changed.push(rng.random());
            continue;
        }
        let at = rng.random_range(0..changed.len());
        match rng.random_range(0..5) {
            0 => changed[at] = rng.random(),
            1 => changed[at] ^= 1 << rng.random_range(0..8),
            2 => changed.truncate(at),
            3 => {
                let piece = changed[at..(at + 64).min(changed.len())].to_vec();
                changed.splice(at..at, piece);
            }
            _ => changed.insert(at, *[b'"', b',', b'<', b'{', 0, 0xff, b'\n', b'&'].get(rng.random_range(0..8)).unwrap_or(&0)),
        }
    }
    changed
}

fn replay(target: &str) {
    let (name, body, changes) = TARGETS.into_iter().find(|(name, ..)| *name == target).expect("a target");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 8, "{name}: {}", files.len());
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        let tried = std::iter::once(bytes.clone()).chain((0..changes).map(|_| changed(&mut rng, &bytes)).collect::<Vec<_>>());
        for (round, bytes) in tried.enumerate() {
            let began = std::time::Instant::now();
            let ended = std::panic::catch_unwind(|| body(&bytes));
            if began.elapsed().as_secs() >= 2 {
                println!("{} (change {round}) took {:.1?}", path.display(), began.elapsed());
            }
            assert!(ended.is_ok(), "{} (change {round}): {:?}", path.display(), &bytes[..bytes.len().min(400)]);
        }
    }
}

macro_rules! targets {
    ($($name:ident: $target:literal;)+) => {$(
        #[test]
        fn $name() {
            replay($target);
        }
    )+};
}

targets! {
    no_csv_of_others_breaks_its_reader: "csv";
    no_json_of_others_breaks_its_reader: "json";
    no_xml_of_others_breaks_its_reader: "xml";
    no_workbook_of_others_breaks_its_reader: "workbook";
    no_name_breaks_the_readers_of_names_addresses_phones_and_codes: "names";
    no_question_breaks_the_parser_or_its_cost: "questions";
}

#[test]
fn every_target_of_the_fuzzer_is_replayed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/targets");
    let mut there: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    there.sort();
    let mut replayed: Vec<&str> = TARGETS.iter().map(|(name, ..)| *name).collect();
    replayed.sort_unstable();
    assert_eq!(there, replayed);
}
