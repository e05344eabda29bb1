//! What a filter says that can hold of nobody, because it was meant otherwise: unknown reasons, corners of a box that are swapped.

use super::filter::{BoundingBox, DateRange, DecimalRange, EnterpriseFilter, FloatRange, IntRange};
use crate::connector::nearest;
use crate::edition::Edition;
use crate::hub::known_reasons;
use crate::serve::problem::Problem;

impl EnterpriseFilter {
    /// Whether its own conditions, those inside others aside, could have been meant as they are written.
    ///
    /// # Errors
    /// A reason that neither the list nor the edition knows; a box outside the world or with its corners swapped.
    pub(super) fn makes_sense(&self, edition: Option<&Edition>) -> Result<(), Problem> {
        if let Some(bbox) = &self.bbox {
            bbox.makes_sense()?;
        }
        let known = known_reasons();
        let is_known = |reason: &str| known.contains(&reason) || edition.is_some_and(|e| e.facet("finding", reason).is_some());
        match self.has_finding.iter().flatten().find(|reason| !is_known(reason)) {
            None => Ok(()),
            Some(unknown) => {
                let near = nearest(unknown, known.iter().copied());
                let (zh, en) =
                    near.map_or_else(Default::default, |n| (format!("；是否指 {n}？"), format!("; did you mean {n}?")));
                Err(Problem::bad_input(
                    format!("没有走访原因「{unknown}」{zh}"),
                    format!("there is no reason \"{unknown}\" of a finding{en}"),
                )
                .remedy(known.join(", ")))
            }
        }
    }
}

macro_rules! bounded {
    ($($Range:ident)+) => {
        $(impl $Range {
            /// A range without bounds is no condition: also those without a value meet it.
            pub(super) fn bounded(self) -> Option<$Range> {
                (self.gte.is_some() || self.lte.is_some()).then_some(self)
            }
        })+
    };
}
bounded!(IntRange FloatRange DecimalRange DateRange);

impl BoundingBox {
    fn makes_sense(&self) -> Result<(), Problem> {
        let BoundingBox { west, south, east, north } = self;
        if ![south, north].iter().all(|degrees| (-90.0..=90.0).contains(*degrees)) {
            return Err(Problem::bad_input(
                format!("bbox 的 south、north 应为纬度（-90 到 90），收到 {south}、{north}；是否与经度对调了？"),
                format!("south and north of bbox are latitudes from -90 to 90, not {south} and {north}: are they longitudes?"),
            ));
        }
        if ![west, east].iter().all(|degrees| (-180.0..=180.0).contains(*degrees)) {
            return Err(Problem::bad_input(
                format!("bbox 的 west、east 应为经度（-180 到 180），收到 {west}、{east}"),
                format!("west and east of bbox are longitudes from -180 to 180, not {west} and {east}"),
            ));
        }
        if west > east || south > north {
            return Err(Problem::bad_input(
                format!("bbox 应满足 west ≤ east、south ≤ north，收到 {west}–{east}、{south}–{north}"),
                format!("bbox needs west ≤ east and south ≤ north, not {west} to {east} and {south} to {north}"),
            ));
        }
        Ok(())
    }
}
