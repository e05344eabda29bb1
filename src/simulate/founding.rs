//! Founds a city and lets it live: its neighbourhoods as they were founded, without two enterprises of one name, and as the days changed them.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::city::{City, Neighbourhood, SLOTS, purpose};
use super::draw::{Draw, Shuffled};
use super::entity::SimulatedRegistry;
use super::{change, neighbourhood};

impl City {
    /// The city of `enterprises` by `seed`, `day` days later than at first. Walks it once, to keep names unique.
    pub fn new(seed: u64, enterprises: u64, day: u16) -> City {
        let founded = City::founded_until(enterprises, day);
        let first = enterprises.div_ceil(SLOTS as u64);
        let orders = SimulatedRegistry::ALL
            .iter()
            .map(|r| Shuffled::new(first.max(1), &mut Draw::new(seed, purpose::ORDER, *r as u64)))
            .collect();
        let mut city = City { seed, enterprises, day, founded, renamed: HashMap::new(), orders };
        city.keep_names_unique();
        city
    }

    /// One neighbourhood as it is today.
    pub fn neighbourhood(&self, number: u64) -> Neighbourhood {
        let mut made = self.as_founded(number, &self.renamed);
        change::apply(self, &mut made);
        made
    }

    fn as_founded(&self, number: u64, renamed: &HashMap<u64, u8>) -> Neighbourhood {
        let (size, new) = self.size(number);
        neighbourhood::make(self, number, size, new, renamed)
    }

    /// Draws names again until no two enterprises of the city share one.
    fn keep_names_unique(&mut self) {
        let mut taken: HashSet<u64> = HashSet::with_capacity(self.population() as usize * 11 / 10);
        let mut renamed = HashMap::new();
        let numbers: Vec<u64> = (0..self.neighbourhoods()).collect();
        for batch in numbers.chunks(256) {
            let drawn: Vec<Vec<(u64, u64)>> =
                batch.par_iter().map(|number| names_of(&self.as_founded(*number, &HashMap::new()))).collect();
            for (number, mut names) in batch.iter().zip(drawn) {
                // Sixteen times is far more than it ever takes; a name that still clashes then stays.
                for _ in 0..16 {
                    let mut here = HashSet::with_capacity(SLOTS * 2);
                    let clash = names.iter().find(|(_, name)| taken.contains(name) || !here.insert(*name));
                    let Some((id, _)) = clash else {
                        taken.extend(here);
                        break;
                    };
                    *renamed.entry(*id).or_insert(0) += 1;
                    names = names_of(&self.as_founded(*number, &renamed));
                }
            }
        }
        self.renamed = renamed;
    }
}

/// Hashes of all names, current and former, with the enterprise each belongs to.
fn names_of(made: &Neighbourhood) -> Vec<(u64, u64)> {
    let mut names = Vec::with_capacity(made.entities.len() * 2);
    for entity in &made.entities {
        for name in [Some(&entity.name), entity.former.as_ref().map(|f| &f.name)].into_iter().flatten() {
            names.push((entity.id, xxhash_rust::xxh3::xxh3_64(name.full().as_bytes())));
        }
    }
    names
}
