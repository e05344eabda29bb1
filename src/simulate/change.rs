//! What happens in a city from day to day: about one record in a hundred is another, new or gone on each of the first days, more than
//! in a real city, so that a few thousand enterprises show every kind of change. Afterwards head counts and reports go on changing, and
//! what lasts happens at the pace of years: about six in a hundred close and one in ten founds a union in a year.

use super::city::{BUSY_DAYS, City, Neighbourhood, first_day, purpose};
use super::draw::Draw;
use super::entity::{Entity, EntityKind, Former, OwnUnion, RegistrationState, SimulatedRegistry};
use super::name;
use super::words::TRADES;
use chrono::Days;

/// Of 100,000 enterprises, how many see something happen on one day.
const CHANGED_PER_DAY: usize = 3000;
/// Of what lasts, the share that still happens after the busy days.
const LASTING: f64 = 0.055;

/// Of the unions that busy days would found, the share that they do: an edition of which the unions have grown by a tenth since the one
/// before waits for a person, and a city of some weeks shall not.
const UNIONS: f64 = 0.3;

/// Lives a neighbourhood through the days up to the city's.
pub(super) fn apply(city: &City, made: &mut Neighbourhood) {
    for day in 1..=city.day {
        for slot in 0..made.entities.len() {
            let id = made.entities[slot].id;
            let mut draw = Draw::new(city.seed, purpose::CHANGE, id.wrapping_mul(400).wrapping_add(u64::from(day)));
            if draw.below(100_000) < CHANGED_PER_DAY {
                happen(made, slot, day, &mut draw);
            }
        }
    }
}

fn touch(entity: &mut Entity, day: u16, registries: &[SimulatedRegistry]) {
    for registry in registries {
        entity.touched[*registry as usize] = day;
    }
}

fn happen(made: &mut Neighbourhood, slot: usize, day: u16, draw: &mut Draw) {
    use SimulatedRegistry::{Commerce, SocialInsurance, Statistics, Tax, Unions};
    let today = first_day() + Days::new(day.into());
    let event = draw.below(100);
    let is_busy = day <= BUSY_DAYS;
    // Closing, renaming, moving, a union, a record taken out.
    if event >= 63 && !is_busy && !draw.chance(LASTING) {
        return;
    }
    // Over years people come and go; they do not grow by a quarter a year.
    let change = |draw: &mut Draw| if is_busy { 0.8 + 0.5 * draw.unit() } else { 0.9 + 0.2 * draw.unit() };
    let entity = &mut made.entities[slot];
    let hires = u32::from(is_busy && entity.employees > 0);
    match event {
        // Hired or let go: the insurance knows at once, the tax office too.
        0..=44 => {
            entity.insured = (f64::from(entity.insured) * change(draw)).round() as u32 + hires;
            touch(entity, day, &[SocialInsurance]);
        }
        45..=54 => {
            entity.employees = (f64::from(entity.employees) * change(draw)).round() as u32 + hires;
            touch(entity, day, &[Tax, Statistics]);
        }
        // A new yearly report.
        55..=62 => {
            entity.revenue_yuan = (entity.revenue_yuan as f64
                * draw.lognormal(if is_busy { 0.05 } else { 0.0 }, if is_busy { 0.3 } else { 0.1 }))
                as i64
                / 10_000
                * 10_000;
            entity.revenue_main_yuan = entity.revenue_yuan / 100_000 * 95_000;
            touch(entity, day, &[Statistics]);
        }
        63..=72 => {
            if matches!(entity.standing, RegistrationState::Active | RegistrationState::Suspended) {
                entity.standing = RegistrationState::Deregistered;
                entity.closed_on = Some(today);
                touch(entity, day, &[Commerce, Tax, SocialInsurance]);
            }
        }
        73..=77 => {
            if entity.kind == EntityKind::Company {
                let before = entity.name.clone();
                let after = name::former(&before, draw, (entity.trade + 1) % TRADES.len());
                if after != before {
                    entity.former = Some(Former { name: before, until: today });
                    entity.name = after;
                    touch(entity, day, &SimulatedRegistry::ALL);
                }
            }
        }
        78..=84 => {
            if let Some(to) = entity.operating.take() {
                entity.old_address = Some(std::mem::replace(&mut entity.address, to));
                touch(entity, day, &SimulatedRegistry::ALL);
            }
        }
        // A union is founded.
        85..=94 => {
            let may = entity.union == OwnUnion::No && entity.employees >= 5 && entity.standing == RegistrationState::Active;
            if may && (!is_busy || draw.chance(UNIONS)) {
                entity.union = if draw.chance(0.2) { OwnUnion::Preparing } else { OwnUnion::Independent };
                entity.union_since = today;
                entity.members = entity.employees * 6 / 10;
                entity.records[Unions as usize] = 1;
                touch(entity, day, &[Unions]);
            }
        }
        // It joins the joint union of the neighbourhood.
        95..=97 => {
            let staffed = entity.employees > 0;
            if let Some(union) = made.unions.iter_mut().find(|u| u.coverage == "JOINT" && staffed && !u.covered.contains(&slot)) {
                union.covered.push(slot);
                union.covered.sort_unstable();
                union.touched = day;
            }
        }
        // Its insurance record is taken out.
        _ => {
            if entity.records.iter().filter(|n| **n > 0).count() > 1 {
                entity.records[SocialInsurance as usize] = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a city is like on a day.
    struct Figures {
        population: f64,
        /// Of those of the first day, closed by now.
        closed: f64,
        /// People of the firms that stand.
        staff: f64,
        /// Of firms of five people or more that stand, with a union of their own.
        unionised: f64,
    }

    fn figures(day: u16) -> Figures {
        let city = City::new(3, 4_000, day);
        let all: Vec<Entity> = (0..city.neighbourhoods()).flat_map(|n| city.neighbourhood(n).entities).collect();
        let first: Vec<&Entity> = all.iter().filter(|e| e.touched.iter().min() == Some(&0)).collect();
        let closed = first.iter().filter(|e| e.standing == RegistrationState::Deregistered).count();
        let standing = || all.iter().filter(|e| e.standing == RegistrationState::Active);
        let large: Vec<&Entity> = standing().filter(|e| e.employees >= 5).collect();
        let unionised =
            large.iter().filter(|e| e.union != OwnUnion::No && e.records[SimulatedRegistry::Unions as usize] > 0).count();
        Figures {
            population: all.len() as f64,
            closed: closed as f64 / first.len().max(1) as f64,
            staff: standing().map(|e| f64::from(e.employees)).sum(),
            unionised: unionised as f64 / large.len() as f64,
        }
    }

    #[test]
    fn a_city_is_still_one_after_half_a_year_and_after_two() {
        let [first, half, two] = [0, 182, 730].map(figures);
        assert!((0.02..0.15).contains(&(half.closed - first.closed)), "{} closed in half a year", half.closed - first.closed);
        assert!((0.03..0.18).contains(&(two.closed - half.closed)), "{} in one and a half more", two.closed - half.closed);
        for (of, days) in [(&half, 182), (&two, 730)] {
            let staff = of.staff / first.staff;
            assert!((0.7..1.5).contains(&staff), "people times {staff} after {days} days");
        }
        assert!(two.unionised - first.unionised < 0.35, "{} to {}", first.unionised, two.unionised);
        let grown = two.population / first.population;
        assert!((1.1..1.4).contains(&grown), "enterprises ever known times {grown}");
    }

    #[test]
    fn twenty_days_found_too_few_unions_to_hold_an_edition() {
        let [before, after] = [0, 20].map(|day| {
            let city = City::new(1, 20_000, day);
            let all = (0..city.neighbourhoods()).flat_map(|n| city.neighbourhood(n).entities);
            all.filter(|e| e.union != OwnUnion::No && e.records[SimulatedRegistry::Unions as usize] > 0).count() as f64
        });
        // The policy's own limit is a tenth.
        assert!((1.01..1.1).contains(&(after / before)), "unions times {}", after / before);
    }

    #[test]
    fn no_district_is_made_of_new_and_closed_firms_after_half_a_year() {
        let city = City::new(1, 6_000, 182);
        let all = (0..city.neighbourhoods()).flat_map(|n| city.neighbourhood(n).entities);
        let mut by_district: std::collections::BTreeMap<u32, (u32, u32)> = Default::default();
        for entity in all {
            let counts = by_district.entry(entity.district).or_default();
            counts.0 += 1;
            // Too young to be in scope, or gone.
            counts.1 += u32::from(entity.established > first_day() || entity.standing == RegistrationState::Deregistered);
        }
        assert!(by_district.len() >= 15, "{by_district:?}");
        for (district, (all, out)) in by_district {
            assert!(out * 5 < all * 2, "{out} of {all} in {district}");
        }
    }

    #[test]
    fn the_largest_of_the_world_are_of_every_size() {
        let city = City::new(1, 20_000, 0);
        let of =
            |n: u64| city.neighbourhood(n).entities.into_iter().filter(|e| e.fortune_500 && e.employees > 0).map(|e| e.employees);
        let mut staff: Vec<u32> = (0..city.neighbourhoods()).flat_map(of).collect();
        staff.sort_unstable();
        let all = staff.len();
        assert!(all > 50, "{all}");
        let median = staff[all / 2];
        assert!((150..500).contains(&median), "half of them have up to {median}");
        staff.dedup();
        assert!(staff.len() * 10 > all * 8, "{} different head counts of {all}", staff.len());
    }
}
