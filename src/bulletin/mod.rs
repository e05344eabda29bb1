//! The figures of the bulletin: what a federation prints every quarter, worked out once for page, sheet and command line.
//!
//! In: an edition, the one before, targets. Out: figures with numerator and denominator. It prints nothing.

pub(crate) mod appraisal;
pub(crate) mod figures;
