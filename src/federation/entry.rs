//! What can be entered of the federation, by the names under which it is kept.

use crate::model::field::named;

named! {
    /// A kind of thing that people enter of the federation.
    pub enum FederationNoun {
        /// A unit of the tree.
        Unit = "UNIT",
        /// A figure that a document states.
        Figure = "FIGURE",
    }
}
