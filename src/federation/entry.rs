//! What can be entered of the federation, by the names under which it is kept.

use crate::model::field::named;

named! {
    /// A kind of thing that people enter of the federation.
    pub enum FederationNoun {
        /// A unit of the tree.
        Unit = "UNIT",
        /// A figure that a document states.
        Figure = "FIGURE",
        /// Posts of a unit.
        Post = "POST",
        /// A centre, station, building or park.
        Place = "PLACE",
        /// A line of a building's own list.
        Listing = "LISTING",
        /// Services given.
        Service = "SERVICE",
        /// An agreement of an agency and a host.
        Dispatch = "DISPATCH",
        /// What was collected in a pilot area.
        Collection = "COLLECTION",
        /// A pilot area, with its days and who leads it.
        Pilot = "PILOT",
        /// Work that rules of the appraisal count.
        Work = "WORK",
        /// What a unit says against its appraisal.
        Objection = "OBJECTION",
        /// What a unit was given.
        Reward = "REWARD",
        /// The rules of a year's appraisal.
        Appraisal = "APPRAISAL",
        /// A key point of a unit's year.
        KeyPoint = "KEY_POINT",
    }
}
