//! What happens in a city from day to day: about one record in a hundred is another, new or gone on each day. More than in
//! a real city, so that a few thousand enterprises show every kind of change.

use super::city::{City, Neighbourhood, first_day, purpose};
use super::draw::Draw;
use super::entity::{Entity, EntityKind, Former, OwnUnion, RegistrationState, SimulatedRegistry};
use super::name;
use super::words::TRADES;
use chrono::Days;

/// Of 100,000 enterprises, how many see something happen on one day.
const CHANGED_PER_DAY: usize = 3000;

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
    let entity = &mut made.entities[slot];
    match event {
        // Hired or let go: the insurance knows at once, the tax office too.
        0..=44 => {
            let factor = 0.8 + 0.5 * draw.unit();
            entity.insured = (f64::from(entity.insured) * factor).round() as u32 + u32::from(entity.employees > 0);
            touch(entity, day, &[SocialInsurance]);
        }
        45..=54 => {
            entity.employees =
                (f64::from(entity.employees) * (0.8 + 0.5 * draw.unit())).round() as u32 + u32::from(entity.employees > 0);
            touch(entity, day, &[Tax, Statistics]);
        }
        // A new yearly report.
        55..=62 => {
            entity.revenue_yuan = (entity.revenue_yuan as f64 * draw.lognormal(0.05, 0.3)) as i64 / 10_000 * 10_000;
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
            if entity.union == OwnUnion::No && entity.employees >= 5 && entity.standing == RegistrationState::Active {
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
