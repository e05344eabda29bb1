//! What somebody can work out of numbers that may be told to who sees no single enterprise: tables set against each other by the
//! thousand, within an edition and over two. The same attacks are tried on numbers of which small groups are only left out, where they
//! succeed: they are attacks.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use huitu::edition::synthetic::input;
use huitu::edition::{Dimension, Edition, Measures, Protection, write};
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const LEAST: u64 = 3;
const BY: [Dimension; 7] = [
    Dimension::District,
    Dimension::Town,
    Dimension::IndustrySection,
    Dimension::Ownership,
    Dimension::SizeClass,
    Dimension::UnionStatus,
    Dimension::GapStatus,
];

/// A table: what was counted by dimensions, as told and as it is; a group that is not told has no entry.
struct Table {
    told: HashMap<Vec<String>, u64>,
    truth: BTreeMap<Vec<String>, u64>,
}

type Tables = BTreeMap<Vec<Dimension>, Table>;
type Counted = fn(&Measures) -> u64;

/// Two editions of a city; in the second some firms have come, gone or found a union.
fn editions(root: &std::path::Path) -> [Edition; 2] {
    let (first, mut second) = (input(1, 2_500, 7), input(2, 2_500, 7));
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut gone: Vec<usize> = (0..second.enterprises.len()).collect();
    gone.shuffle(&mut rng);
    for at in &gone[..120] {
        second.enterprises[*at].verdicts = second.enterprises[(*at + 1) % 2_500].verdicts.clone();
        second.enterprises[*at].industry = second.enterprises[(*at + 2) % 2_500].industry.clone();
    }
    let editions = [first, second];
    for edition in editions {
        write(root, edition).unwrap();
    }
    [1, 2].map(|number| Edition::open(&root.join(format!("{number:06}"))).unwrap())
}

/// Every table of no, one and two dimensions, as `told` makes it.
fn tables(edition: &Edition, of: Counted, told: impl Fn(&[Dimension]) -> HashMap<Vec<String>, u64>) -> Tables {
    let mut sets: Vec<Vec<Dimension>> = vec![Vec::new()];
    for (i, one) in BY.iter().enumerate() {
        sets.push(vec![*one]);
        sets.extend(BY[i + 1..].iter().map(|other| vec![*one, *other]));
    }
    let table = |by: Vec<Dimension>| {
        let (groups, total) = edition.coverage(&by, &edition.all(), usize::MAX).unwrap();
        let mut truth: BTreeMap<Vec<String>, u64> = groups.into_iter().map(|g| (g.keys.to_vec(), of(&g.measures))).collect();
        if by.is_empty() {
            truth = BTreeMap::from([(Vec::new(), of(&total))]);
        }
        (by.clone(), Table { told: told(&by), truth })
    };
    sets.into_iter().map(table).collect()
}

fn protected(edition: &Edition, of: Counted) -> Tables {
    let protection = Protection::new([9; 32], LEAST);
    tables(edition, of, |by| {
        let (groups, total) = edition.protected_coverage(by, &edition.all(), &protection, usize::MAX).unwrap();
        match by {
            [] => HashMap::from([(Vec::new(), of(&total))]),
            _ => groups.into_iter().map(|g| (g.keys.to_vec(), of(&g.measures))).filter(|(_, n)| *n > 0).collect(),
        }
    })
}

/// Small groups left out, everything else told as it is.
fn left_out(edition: &Edition, of: Counted) -> Tables {
    tables(edition, of, |by| {
        let (groups, total) = edition.coverage(by, &edition.all(), usize::MAX).unwrap();
        match by {
            [] => HashMap::from([(Vec::new(), of(&total))]),
            _ => groups.into_iter().map(|g| (g.keys.to_vec(), of(&g.measures))).filter(|(_, n)| *n >= LEAST).collect(),
        }
    })
}

/// What a group of a table is in another table that leaves one of its dimensions out, and the groups that it is made of there.
fn coarser<'a>(tables: &'a Tables, by: &[Dimension], keys: &[String], without: usize) -> (&'a Table, Vec<String>) {
    let rest = |at: &usize| *at != without;
    let by: Vec<Dimension> = (0..by.len()).filter(rest).map(|at| by[at]).collect();
    (&tables[&by], (0..keys.len()).filter(rest).map(|at| keys[at].clone()).collect())
}

/// Guesses small groups, each out of random pairs of questions: a group of a table that knows less, and everything told of what it is
/// made of there. Of what was asked many times the mean counts. How many guesses there were, how many were right, and how many would
/// be without asking.
fn differences(tables: &Tables, seed: u64) -> (usize, usize, usize) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let two: Vec<&Vec<Dimension>> = tables.keys().filter(|by| by.len() == 2).collect();
    let mut guesses: BTreeMap<(Vec<Dimension>, Vec<String>), (f64, u32, u64)> = BTreeMap::new();
    for _ in 0..60_000 {
        let by = two.choose(&mut rng).unwrap();
        let table = &tables[*by];
        let (keys, truth) = table.truth.iter().nth(rng.random_range(0..table.truth.len())).unwrap();
        if !(1..LEAST).contains(truth) || table.told.contains_key(keys) {
            continue;
        }
        let without = rng.random_range(0..2);
        let (whole, of_whole) = coarser(tables, by, keys, without);
        let Some(whole) = whole.told.get(&of_whole) else { continue };
        let beside = |other: &&Vec<String>| *other != keys && (0..2).all(|at| at == without || other[at] == keys[at]);
        let others: u64 = table.truth.keys().filter(beside).filter_map(|other| table.told.get(other)).sum();
        // Where others are hidden beside it, what is left is several's.
        if table.truth.keys().filter(beside).any(|other| !table.told.contains_key(other)) {
            continue;
        }
        let guess = *whole as f64 - others as f64;
        let entry = guesses.entry(((*by).clone(), keys.clone())).or_insert((0.0, 0, *truth));
        entry.0 += guess;
        entry.1 += 1;
    }
    let right = guesses.values().filter(|(sum, times, truth)| (sum / f64::from(*times)).round().clamp(1.0, 2.0) as u64 == *truth);
    let ones = guesses.values().filter(|(.., truth)| *truth == 1).count();
    (guesses.len(), right.count(), ones.max(guesses.len() - ones))
}

/// What is certain: every group of two dimensions lies between bounds, `off` from what is told; groups that another table counts together
/// add up to what is told there, give or take. Bounds are drawn closer until nothing moves. How many small groups are known for certain, of how many.
fn certainties(tables: &Tables, off: u64) -> (usize, usize) {
    let bounds_of = |told: Option<&u64>, hidden: (i64, i64)| match told {
        Some(told) => ((*told as i64 - off as i64).max(if off > 0 { LEAST as i64 } else { 0 }), (*told + off) as i64),
        None => hidden,
    };
    // What is not told is less than the least, and may be nothing.
    let least_hidden = (0, LEAST as i64 - 1);
    let mut known = (0, 0);
    for (by, table) in tables.iter().filter(|(by, _)| by.len() == 2) {
        let keys: Vec<&Vec<String>> = table.truth.keys().collect();
        let mut bounds: Vec<(i64, i64)> = keys.iter().map(|keys| bounds_of(table.told.get(*keys), least_hidden)).collect();
        let mut sums: Vec<((i64, i64), Vec<usize>)> = Vec::new();
        for without in 0..2 {
            let mut members: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
            for (at, keys) in keys.iter().enumerate() {
                members.entry(coarser(tables, by, keys, without).1).or_default().push(at);
            }
            let (coarse, _) = coarser(tables, by, keys[0], without);
            sums.extend(members.into_iter().map(|(of, members)| (bounds_of(coarse.told.get(&of), least_hidden), members)));
        }
        // Streets add up to their district.
        if let [Dimension::Town, other] = by[..] {
            let coarse = &tables[&vec![Dimension::District, other]];
            let mut members: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
            for (at, keys) in keys.iter().enumerate().filter(|(_, keys)| keys[0].len() == 9) {
                members.entry(vec![keys[0][..6].to_owned(), keys[1].clone()]).or_default().push(at);
            }
            // Of a district some firms stand in no street that is known: the sum is no more than what is told.
            for (of, members) in members {
                let (_, high) = bounds_of(coarse.told.get(&of), least_hidden);
                let all = members.iter().map(|at| table.truth[keys[*at]]).sum::<u64>() == coarse.truth[&of];
                let low = if all { bounds_of(coarse.told.get(&of), least_hidden).0 } else { 0 };
                sums.push(((low, high), members));
            }
        }
        loop {
            let mut moved = false;
            for ((low, high), members) in &sums {
                let (lows, highs) = members.iter().fold((0, 0), |(l, h), at| (l + bounds[*at].0, h + bounds[*at].1));
                for at in members {
                    let (l, h) = bounds[*at];
                    let drawn = (l.max(low - (highs - h)), h.min(high - (lows - l)));
                    moved |= drawn != (l, h);
                    bounds[*at] = drawn;
                }
            }
            if !moved {
                break;
            }
        }
        for (keys, (low, high)) in keys.iter().zip(&bounds) {
            let truth = table.truth[*keys] as i64;
            assert!((*low..=*high).contains(&truth), "{by:?} {keys:?}: {truth} is within {low} and {high}");
            if (1..LEAST as i64).contains(&truth) {
                known.0 += usize::from(low == high);
                known.1 += 1;
            }
        }
    }
    known
}

#[test]
fn no_small_number_follows_from_thousands_of_pairs_of_questions() {
    let root = tempfile::tempdir().unwrap();
    let [edition, _] = editions(root.path());
    let (mut guesses, mut right, mut without) = (0, 0, 0);
    for of in [(|m| m.enterprises) as Counted, |m| m.in_gap, |m| m.unionised] {
        let told = protected(&edition, of);
        let (guessed, hit, by_chance) = differences(&told, 1);
        (guesses, right, without) = (guesses + guessed, right + hit, without + by_chance);
        // Who knew how far the furthest number is off would still know none for certain.
        let off = told.values().flat_map(|t| t.told.iter().map(|(keys, told)| told.abs_diff(t.truth[keys]))).max().unwrap();
        let (known, small) = certainties(&told, off);
        assert_eq!(known, 0, "of {small} small groups, {off} off");
    }
    assert!(guesses > 100, "there are small groups to guess: {guesses}");
    // Of a hundred guesses at most ten more are right than without having asked; of numbers that are only left out all are.
    assert!(right as f64 <= without as f64 + guesses as f64 * 0.1, "{right} of {guesses} guessed, {without} without asking");
}

#[test]
fn the_attacks_succeed_where_small_groups_are_only_left_out() {
    let root = tempfile::tempdir().unwrap();
    let [edition, _] = editions(root.path());
    let told = left_out(&edition, |m| m.in_gap);
    let (known, small) = certainties(&told, 0);
    assert!(known > 10, "{known} of {small} are known for certain");
    let (guesses, right, without) = differences(&told, 1);
    assert_eq!(right, guesses, "what is left is the group: {without} would be right without asking");
}

/// Between two editions many cells change. What a hidden group gained or lost is guessed by what the tables around it did.
#[test]
fn two_editions_do_not_tell_what_changed_in_a_small_group() {
    let root = tempfile::tempdir().unwrap();
    let editions = editions(root.path());
    let [before, after] = editions.each_ref().map(|edition| protected(edition, |m| m.in_gap));
    let (mut guesses, mut right, mut still) = (0, 0, 0);
    for (by, now) in after.iter().filter(|(by, _)| by.len() == 2) {
        for (keys, truth) in now.truth.iter().filter(|(_, n)| (1..LEAST).contains(*n)) {
            let Some(earlier) = before[by].truth.get(keys).filter(|n| **n < LEAST && *n != truth) else { continue };
            let moved = (0..2).filter_map(|without| {
                let (whole, of) = coarser(&after, by, keys, without);
                let earlier = coarser(&before, by, keys, without).0.told.get(&of)?;
                Some(*whole.told.get(&of)? as f64 - *earlier as f64)
            });
            let moved: Vec<f64> = moved.collect();
            if moved.is_empty() {
                continue;
            }
            let (mean, change) = (moved.iter().sum::<f64>() / moved.len() as f64, *truth as f64 - *earlier as f64);
            guesses += 1;
            right += usize::from(mean.round() == change);
            still += usize::from(change == 1.0);
        }
    }
    assert!(guesses > 30, "small groups changed: {guesses}");
    let by_chance = still.max(guesses - still);
    assert!(right as f64 <= by_chance as f64 + f64::from(guesses as u32).sqrt(), "{right} of {guesses}, {by_chance} by chance");
}

/// The same enterprises are told as the same number, in whatever table they stand, and in the next edition.
#[test]
fn nothing_is_won_by_asking_again() {
    let root = tempfile::tempdir().unwrap();
    let [first, second] = editions(root.path());
    let protection = Protection::new([9; 32], LEAST);
    let ask =
        |edition: &Edition, by: &[Dimension]| edition.protected_coverage(by, &edition.all(), &protection, usize::MAX).unwrap();
    for by in [[Dimension::District, Dimension::GapStatus], [Dimension::GapStatus, Dimension::District]] {
        let (groups, total) = ask(&first, &by);
        assert_eq!((&groups, total), (&ask(&first, &by).0, ask(&first, &[]).1), "{by:?}");
    }
    // Groups of which nobody changed.
    let whole = |edition: &Edition| -> BTreeMap<Arc<[String]>, Measures> {
        let (groups, _) = edition.coverage(&[Dimension::Town], &edition.all(), usize::MAX).unwrap();
        groups.into_iter().map(|g| (g.keys, g.measures)).collect()
    };
    let (before, after) = (whole(&first), whole(&second));
    let (told_before, told_after) = (ask(&first, &[Dimension::Town]).0, ask(&second, &[Dimension::Town]).0);
    let mut same = 0;
    for (was, is) in told_before.iter().zip(&told_after) {
        assert_eq!((&was.keys, was.measures.enterprises), (&is.keys, is.measures.enterprises), "nobody came or left");
        if before[&was.keys] == after[&is.keys] {
            same += 1;
            let exact = before[&was.keys];
            let told = if was.measures.in_scope == 0 { exact.employees } else { was.measures.employees };
            assert!(exact.employees.abs_diff(told) <= exact.employees / 5 + 1, "{exact:?} as {:?}", was.measures);
        }
    }
    assert!(same > 0, "some streets are as they were");
}
