//! Random draws that depend on the seed and on what is drawn for, and on nothing else: not on the order in which the city is
//! walked, not on threads, not on the release of a crate. So any part of a city can be made again alone.

/// SplitMix64 (Steele, Lea, Flood 2014). Statistical quality is enough for a simulated city; nothing secret hangs on it.
#[derive(Debug, Clone)]
pub struct Draw(u64);

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Draw {
    /// A stream of its own for `what` (a small constant) about the thing number `which`.
    pub fn new(seed: u64, what: u64, which: u64) -> Draw {
        Draw(mix(mix(seed ^ 0x6875_6974_7500_0000)
            ^ mix(what.wrapping_mul(0x9E37_79B9_7F4A_7C15))
            ^ mix(which.wrapping_add(0x51ED_270B))))
    }
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }
    /// 0 ≤ x < 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }
    /// 0 ≤ x < n; 0 for n = 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
    /// Both ends included.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        from + self.below((to - from + 1).max(1) as usize) as i64
    }
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
    /// Index by weights.
    pub fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let total: f64 = weights.clone().sum();
        let mut left = self.unit() * total;
        let mut last = 0;
        for (at, weight) in weights.enumerate() {
            last = at;
            left -= weight;
            if left < 0.0 {
                return at;
            }
        }
        last
    }
    /// Small indices far more often than large ones, as words are used.
    pub fn skewed(&mut self, n: usize) -> usize {
        let u = self.unit();
        ((u * u * n as f64) as usize).min(n.saturating_sub(1))
    }
    /// Standard normal (Box–Muller).
    pub fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.unit(), self.unit());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
    /// Log-normal with the median e^mu.
    pub fn lognormal(&mut self, mu: f64, sigma: f64) -> f64 {
        (mu + sigma * self.normal()).exp()
    }
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// A permutation of 0..n that needs no memory (four Feistel rounds, walking the cycle until it lands inside).
#[derive(Debug, Clone)]
pub struct Shuffled {
    n: u64,
    half: u32,
    keys: [u64; 4],
}

impl Shuffled {
    pub fn new(n: u64, draw: &mut Draw) -> Shuffled {
        let bits = 64 - n.max(2).leading_zeros();
        Shuffled { n, half: bits.div_ceil(2), keys: [draw.next(), draw.next(), draw.next(), draw.next()] }
    }
    /// Where `x` stands; `x` must be below n.
    pub fn of(&self, x: u64) -> u64 {
        let mask = (1u64 << self.half) - 1;
        let mut at = x;
        loop {
            let (mut left, mut right) = (at >> self.half, at & mask);
            for key in self.keys {
                (left, right) = (right, left ^ (mix(right ^ key) & mask));
            }
            at = (left << self.half) | right;
            if at < self.n {
                return at;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_visits_everything_once() {
        for n in [1, 2, 3, 64, 1000, 4097] {
            let shuffled = Shuffled::new(n, &mut Draw::new(7, 1, n));
            let mut seen: Vec<u64> = (0..n).map(|x| shuffled.of(x)).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..n).collect::<Vec<_>>(), "{n}");
        }
    }

    #[test]
    fn draws_depend_on_seed_purpose_and_thing_alone() {
        let first = |seed, what, which| Draw::new(seed, what, which).next();
        assert_eq!(first(1, 2, 3), first(1, 2, 3));
        assert_ne!(first(1, 2, 3), first(1, 3, 2));
        assert_ne!(first(1, 2, 3), first(2, 2, 3));
        let mut draw = Draw::new(5, 0, 0);
        let mean = (0..20_000).map(|_| draw.normal()).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03, "{mean}");
    }
}
