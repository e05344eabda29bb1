//! The levels of every feature: how far two profiles agree in it. Their numbers index the weight table.

use crate::link::records::{AddressNo, NameNo};
use crate::model::field::named;

named! {
    /// 字号, trade and branch of the unidentified side against the other.
    pub enum NameLevel {
        Equal = "equal",
        /// One glyph is another that sounds alike.
        SoundInBrand = "sound_in_brand", SoundInTrade = "sound_in_trade",
        /// Two neighbours changed places.
        SwapInBrand = "swap_in_brand", SwapInTrade = "swap_in_trade",
        /// A glyph stands twice.
        DoubleInBrand = "double_in_brand", DoubleInTrade = "double_in_trade",
        /// The unidentified side lacks one glyph.
        DropInBrand = "drop_in_brand", DropInTrade = "drop_in_trade",
        /// The unidentified side has one more glyph.
        AddInBrand = "add_in_brand", AddInTrade = "add_in_trade",
        /// One glyph is another.
        OtherInBrand = "other_in_brand", OtherInTrade = "other_in_trade",
        TwoSlips = "two_slips",
        /// The trade is cut short and so is the form: an everyday abbreviation.
        TradeCut = "trade_cut",
        TradeAbsent = "trade_absent",
        /// The trade is shorter, but the form is whole: a sibling, as a rule.
        TradeShorter = "trade_shorter",
        TradeLonger = "trade_longer",
        TradeDiffers = "trade_differs",
        BrandExtended = "brand_extended",
        /// First glyphs of the parts (中石化).
        Initials = "initials",
        EnglishBoth = "english_both", EnglishBrand = "english_brand",
        /// The 字号 is another, the trade the same.
        SameTrade = "same_trade",
        /// The slip is in the place, which is therefore none.
        SlipInPlace = "slip_in_place",
        /// Two branches of one firm, or two numbers in otherwise equal names.
        OtherBranch = "other_branch",
        /// One is a branch, the other is not: never one enterprise.
        BranchAndParent = "branch_and_parent",
        Different = "different",
        Absent = "absent",
    }
}

impl NameLevel {
    /// The 字号 is the same, so that its frequency counts.
    pub fn same_brand(self) -> bool {
        use NameLevel::*;
        matches!(
            self,
            Equal
                | SoundInTrade
                | SwapInTrade
                | DoubleInTrade
                | DropInTrade
                | AddInTrade
                | OtherInTrade
                | TradeCut
                | TradeAbsent
                | TradeShorter
                | TradeLonger
                | TradeDiffers
                | OtherBranch
        )
    }
    /// Equal but for a slip.
    pub fn is_near(self) -> bool {
        self < NameLevel::TradeCut || self == NameLevel::SlipInPlace
    }
    /// Nothing in the names speaks for one enterprise.
    pub fn is_far(self) -> bool {
        matches!(self, NameLevel::Different | NameLevel::SameTrade | NameLevel::Absent)
    }
}

named! {
    /// Legal form of the unidentified side against the other's.
    pub enum FormLevel {
        Same = "same",
        /// 有限公司 and 公司, or nothing.
        Shortened = "shortened",
        /// 有限公司 and 股份有限公司.
        Related = "related",
        /// 有限公司 and 集团, 厂 and 中心.
        OtherKind = "other_kind",
        Unknown = "unknown",
    }
}

named! {
    /// Places inside the names.
    pub enum PlaceLevel {
        Same = "same",
        /// One of them has none, or a shorter one.
        Dropped = "dropped",
        /// In front here, in brackets there.
        Moved = "moved",
        Differs = "differs",
        Unknown = "unknown",
    }
}

named! {
    /// Registered and operating addresses.
    pub enum PlaceOfBusinessLevel {
        Whole = "whole", RoadAndNumber = "road_and_number", Alike = "alike", Road = "road", Differs = "differs", Absent = "absent",
    }
}

named! { pub enum PhoneLevel { Same = "same", Differs = "differs", Absent = "absent" } }

named! { pub enum CountyLevel { Same = "same", Differs = "differs", Absent = "absent" } }

named! {
    /// Ratio of the larger to the smaller number of staff.
    pub enum EmployeesLevel {
        Within15Percent = "within_15_percent", Within40Percent = "within_40_percent", WithinDouble = "within_double",
        WithinFourfold = "within_fourfold", Beyond = "beyond", Absent = "absent",
    }
}

named! {
    /// The date of the unidentified side against the nearest of the other.
    pub enum EstablishedLevel {
        Day = "day", Month = "month", Year = "year", UpToThreeYearsLater = "up_to_three_years_later", Later = "later",
        Earlier = "earlier", Absent = "absent",
    }
}

named! { pub enum IndustryLevel { Class = "class", Division = "division", Differs = "differs", Absent = "absent" } }

named! {
    /// Whether the other side already has a record of the unidentified side's registry.
    pub enum OccupiedLevel { Free = "free", Taken = "taken", IssuerFree = "issuer_free", IssuerTaken = "issuer_taken" }
}

named! {
    /// A code of the unidentified side that fails its check character.
    pub enum CodeLevel { OneSlip = "one_slip", SameBroken = "same_broken", Differs = "differs", Absent = "absent" }
}

named! { pub enum RegistrationLevel { Same = "same", Differs = "differs", Absent = "absent" } }

/// Number of features.
pub const FEATURES: usize = 12;

named! {
    /// Why a pair joins only if a person says so.
    #[derive(Default)]
    pub enum Caution {
        #[default]
        None = "none",
        /// One is a branch, or they are two branches, or two numbers: 第二, 第三.
        Unit = "unit",
        /// The names stand for two places.
        Place = "place",
        /// 集团 and company, factory and centre; a group and what it is called without its trade.
        Form = "form",
        /// A short 字号 that differs in a glyph, be it one that sounds or looks alike.
        Brand = "brand",
        /// First glyphs of the parts, as some other firm's could be.
        Initials = "initials",
        /// A person's name: there are namesakes.
        Namesake = "namesake",
        /// Two names that have nothing in common.
        Stranger = "stranger",
        /// The code is all that speaks for it; the name is another.
        Unsaid = "unsaid",
        /// The code is another firm's by all that is beside it.
        Claim = "claim",
        /// The same, and the code was dragged over many rows.
        Dragged = "dragged",
    }
}

/// Everything about a pair that is weighed. Level numbers index the weight table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    pub name: NameLevel,
    pub form: FormLevel,
    pub place: PlaceLevel,
    pub address: PlaceOfBusinessLevel,
    pub phone: PhoneLevel,
    pub county: CountyLevel,
    pub employees: EmployeesLevel,
    pub established: EstablishedLevel,
    pub industry: IndustryLevel,
    pub occupied: OccupiedLevel,
    pub code: CodeLevel,
    pub registration: RegistrationLevel,
    /// The names that agreed best.
    pub names: (NameNo, NameNo),
    pub addresses: (AddressNo, AddressNo),
    /// Profiles that share the 字号, the phone, the address that agreed.
    pub brand_count: u32,
    pub phone_count: u32,
    pub address_count: u32,
    /// Profiles that carry the broken code that agreed.
    pub broken_count: u32,
    /// The unidentified side is a union's or a mention's record.
    pub of_roll: bool,
    /// log2 odds that the loose side has its enterprise elsewhere, by the sizes of the registries.
    pub prior: f32,
    /// One of them is an establishment of the firm that both names tell.
    pub establishment: bool,
    /// Why weight alone does not join the two.
    pub caution: Caution,
}

impl Comparison {
    /// Level numbers in the order of [`super::weights::FEATURE`].
    pub fn levels(&self) -> [usize; FEATURES] {
        [
            self.name as usize,
            self.form as usize,
            self.place as usize,
            self.address as usize,
            self.phone as usize,
            self.county as usize,
            self.employees as usize,
            self.established as usize,
            self.industry as usize,
            self.occupied as usize,
            self.code as usize,
            self.registration as usize,
        ]
    }
}
