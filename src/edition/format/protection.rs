//! Counts from which no enterprise follows: how a number is rounded, and by what.
//!
//! In: a secret, and what was counted together with the record keys of those counted. Out: numbers that may be told to who may see no
//! single enterprise. It does not count.
//!
//! Hiding small groups is not enough where totals, other tables and other editions are told too: their differences give the hidden ones
//! away. So every enterprise has a record key, made of its id and a secret, the same in every edition. Of a group the keys of those
//! counted are added up, and the sum decides how far their number is moved: the same enterprises give the same number wherever they are
//! counted, others give a number of their own, and what two numbers differ by is as uncertain as each of them. That is the cell key
//! method of the Australian Bureau of Statistics (B. Fraser, J. Wooton, *A proposed method for confidentialising tabular output to
//! protect against differencing*, UNECE work session on statistical data confidentiality, Geneva 2005). Moved numbers are rounded to a
//! multiple of the least that may be told, and fewer than the least are told as none. How far a number is moved has no bound, as bounds
//! of many tables together would pin some groups down (random rounding to base 3 alone does not hold: `tests/it/small_counts.rs`): it is the
//! two-sided geometric distribution (A. Ghosh, T. Roughgarden, M. Sundararajan, *Universally utility-maximizing privacy mechanisms*,
//! STOC 2009). Employees and members are multiplied, enterprise by enterprise, with a factor of its key that is at least a tenth and at
//! most a fifth away from 1, so that a difference of two sums tells no staff (T. Evans, L. Zayatz, J. Slanta, *Using noise for disclosure
//! limitation of establishment tabular data*, Journal of Official Statistics 14, 1998).

use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};

use super::measures::Measures;

/// How far a head count is at least moved, and by how much more at most, as shares of it.
const NOISE: (f64, f64) = (0.1, 0.1);

/// By how many leasts, as the exponent of e, the odds of a told number change at most where one enterprise is counted or not.
const BY_ONE: f64 = 2.0;

/// A draw of the two-sided geometric distribution, whose odds fall by e^`exponent` with each step away from 0, out of 64 random bits.
fn moved_by(bits: u64, exponent: f64) -> i64 {
    let ratio = (-exponent).exp();
    let stays = (1.0 - ratio) / (1.0 + ratio);
    // 53 bits of a fraction, and one for the direction.
    let fraction = (bits >> 11) as f64 / (1_u64 << 53) as f64;
    if fraction < stays {
        return 0;
    }
    let rest = (fraction - stays) / (1.0 - stays);
    let steps = 1 + ((1.0 - rest).ln() / ratio.ln()) as i64;
    if bits & 1 == 0 { steps } else { -steps }
}

/// What counts are protected by.
#[derive(Clone)]
pub struct Protection {
    secret: [u8; 32],
    least: u64,
}

impl Protection {
    /// `secret` is told to nobody and stays the same: with it, and a list of enterprises, the rounding could be undone. `least` is the
    /// smallest number of enterprises that is told, and what numbers are rounded to.
    pub fn new(secret: [u8; 32], least: u64) -> Protection {
        Protection { secret, least: least.max(1) }
    }

    /// The smallest number that is told; every number is a multiple of it.
    pub fn least(&self) -> u64 {
        self.least
    }

    pub(in crate::edition) fn key_of(&self, id: &str) -> RecordKey {
        let digest = Sha256::new().chain_update(self.secret).chain_update(id.as_bytes()).finalize();
        let number = |at: usize| u32::from_le_bytes([digest[at], digest[at + 1], digest[at + 2], digest[at + 3]]);
        let (share, sign) = (f64::from(number(4)) / f64::from(u32::MAX), digest[8] & 1 == 0);
        let moved = NOISE.0 + NOISE.1 * share;
        RecordKey { key: number(0), factor: if sign { 1.0 + moved } else { 1.0 - moved } as f32 }
    }

    /// A number of enterprises whose keys add up to `keys`, as it may be told.
    fn rounded(&self, number: u64, keys: u64) -> u64 {
        if number < self.least {
            return 0;
        }
        let moved = number.saturating_add_signed(moved_by(mixed(keys), BY_ONE / self.least as f64));
        ((moved as f64 / self.least as f64).round() as u64 * self.least).max(self.least)
    }

    pub(in crate::edition) fn told(&self, counted: &Measures, keys: &Measures, has_universe: bool) -> Measures {
        let rounded = |of: fn(&Measures) -> u64| self.rounded(of(counted), of(keys));
        let mut told = Measures {
            enterprises: rounded(|m| m.enterprises),
            in_scope: rounded(|m| m.in_scope),
            above: rounded(|m| m.above),
            independent: rounded(|m| m.independent),
            above_independent: rounded(|m| m.above_independent),
            unionised: rounded(|m| m.unionised),
            established: rounded(|m| m.established),
            gap_covered: rounded(|m| m.gap_covered),
            lacking: rounded(|m| m.lacking),
            lacking_independent: rounded(|m| m.lacking_independent),
            undecided: rounded(|m| m.undecided),
            out_of_scope: rounded(|m| m.out_of_scope),
            in_gap: rounded(|m| m.in_gap),
            size_unknown: rounded(|m| m.size_unknown),
            size_unknown_lacking: rounded(|m| m.size_unknown_lacking),
            unions: rounded(|m| m.unions),
            members_exceed_staff: rounded(|m| m.members_exceed_staff),
            employees: counted.employees,
            employees_of_unionised: counted.employees_of_unionised,
            members: counted.members,
            members_of_unionised: counted.members_of_unionised,
            without_universe: 0,
        };
        // A part that went up beside a whole that went down is the whole.
        told.in_scope = told.in_scope.min(told.enterprises);
        told.out_of_scope = told.out_of_scope.min(told.enterprises);
        let whole = told.in_scope;
        for part in [
            &mut told.above,
            &mut told.independent,
            &mut told.unionised,
            &mut told.established,
            &mut told.gap_covered,
            &mut told.lacking,
            &mut told.lacking_independent,
            &mut told.undecided,
            &mut told.size_unknown,
            &mut told.members_exceed_staff,
        ] {
            *part = whole.min(*part);
        }
        told.above_independent = told.above_independent.min(told.above).min(told.independent);
        told.in_gap = told.in_gap.min(told.above);
        told.size_unknown_lacking = told.size_unknown_lacking.min(told.size_unknown);
        // The heads of fewer enterprises than may be told are those of somebody.
        if told.in_scope == 0 {
            (told.employees, told.members) = (0, 0);
        }
        if told.unionised == 0 {
            (told.employees_of_unionised, told.members_of_unionised) = (0, 0);
        }
        if !has_universe {
            told.without_universe = told.in_scope;
        }
        told
    }
}

impl std::fmt::Debug for Protection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Protection({})", self.least)
    }
}

/// The finaliser of SplitMix64 (S. Vigna, public domain): every bit of the sum decides.
fn mixed(mut sum: u64) -> u64 {
    sum = sum.wrapping_add(0x9e37_79b9_7f4a_7c15);
    sum = (sum ^ (sum >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    sum = (sum ^ (sum >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    sum ^ (sum >> 31)
}

/// What stands for one enterprise where it is counted.
#[derive(Debug, Clone, Copy)]
pub(in crate::edition) struct RecordKey {
    /// As many of these as there can be rows add up to less than 2^64.
    pub key: u32,
    /// What its heads are multiplied with.
    pub factor: f32,
}

/// The record keys of a part's rows under the secret that asked last: a data folder has one.
#[derive(Default)]
pub(in crate::edition) struct KeptKeys(Mutex<Option<([u8; 32], Arc<Vec<RecordKey>>)>>);

impl KeptKeys {
    /// The keys of these ids, in their order.
    pub fn of<'a>(&self, protection: &Protection, ids: impl Iterator<Item = &'a str>) -> Arc<Vec<RecordKey>> {
        let mut kept = self.0.lock().expect("no panic while holding the keys");
        if let Some((_, keys)) = kept.as_ref().filter(|(secret, _)| *secret == protection.secret) {
            return keys.clone();
        }
        let keys = Arc::new(ids.map(|id| protection.key_of(id)).collect::<Vec<_>>());
        *kept = Some((protection.secret, keys.clone()));
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_multiple_of_the_least_and_near_what_it_is() {
        let protection = Protection::new([7; 32], 3);
        let (mut errors, mut squares, mut count) = (0.0, 0.0, 0.0);
        for number in 0..600_u64 {
            for keys in 0..200 {
                let told = protection.rounded(number, keys * 7_919 + number);
                assert!(told.is_multiple_of(3), "{number} as {told}");
                assert_eq!(told == 0, number < 3, "fewer than three are none");
                if number > 20 {
                    let error = told as f64 - number as f64;
                    (errors, squares, count) = (errors + error, squares + error * error, count + 1.0);
                }
            }
        }
        assert!((errors / count).abs() < 0.05, "not up or down on the whole: {}", errors / count);
        let deviation = (squares / count).sqrt();
        assert!((1.8..2.6).contains(&deviation), "a standard deviation of two and a bit: {deviation}");
    }

    #[test]
    fn odds_fall_evenly_with_each_step() {
        let mut counts = [0_u32; 12];
        for bits in 0..200_000_u64 {
            let moved = moved_by(mixed(bits), 2.0 / 3.0);
            if let Some(count) = counts.get_mut((moved + 5) as usize) {
                *count += 1;
            }
        }
        for step in 0..4 {
            let (near, far) = (f64::from(counts[5 + step]), f64::from(counts[6 + step]));
            assert!((far / near - (-2.0_f64 / 3.0).exp()).abs() < 0.05, "{counts:?}");
            let opposite = f64::from(counts[4 - step]);
            assert!((opposite / far - 1.0).abs() < 0.05, "{counts:?}");
        }
    }

    #[test]
    fn heads_are_moved_by_a_tenth_to_a_fifth_either_way_and_not_on_the_whole() {
        let protection = Protection::new([7; 32], 3);
        let factors: Vec<f64> = (0..4_000).map(|i| f64::from(protection.key_of(&format!("ent_{i}")).factor)).collect();
        assert!(factors.iter().all(|f| (0.0999..=0.2001).contains(&(f - 1.0).abs())));
        assert!((factors.iter().sum::<f64>() / 4_000.0 - 1.0).abs() < 0.01);
        assert_ne!(protection.key_of("ent_1").key, Protection::new([8; 32], 3).key_of("ent_1").key, "another secret, other keys");
    }
}
