//! The levels of every feature: how far two profiles agree in it. Their numbers index the weight table.

use crate::link::records::{AddressNo, NameNo};
use crate::model::field::named;
use crate::normalise::mix;

named! {
    /// 字号, trade and branch of the unidentified side against the other.
    pub enum NameLevel {
        /// The same, all of it.
        Equal = "equal",
        /// One glyph of the 字号 is another that sounds alike.
        SoundInBrand = "sound_in_brand",
        /// The same in the trade: one glyph sounds alike.
        SoundInTrade = "sound_in_trade",
        /// Two neighbours in the 字号 changed places.
        SwapInBrand = "swap_in_brand",
        /// The same in the trade: two neighbours changed places.
        SwapInTrade = "swap_in_trade",
        /// A glyph of the 字号 stands twice.
        DoubleInBrand = "double_in_brand",
        /// The same in the trade: a glyph stands twice.
        DoubleInTrade = "double_in_trade",
        /// The unidentified side lacks one glyph of the 字号.
        DropInBrand = "drop_in_brand",
        /// The same in the trade: one glyph is lacking.
        DropInTrade = "drop_in_trade",
        /// The unidentified side has one more glyph in the 字号.
        AddInBrand = "add_in_brand",
        /// The same in the trade: there is one glyph more.
        AddInTrade = "add_in_trade",
        /// One glyph of the 字号 is another.
        OtherInBrand = "other_in_brand",
        /// The same in the trade: one glyph is another.
        OtherInTrade = "other_in_trade",
        /// Two glyphs are others, in a name long enough for that.
        TwoSlips = "two_slips",
        /// The trade is cut short and so is the form: an everyday abbreviation.
        TradeCut = "trade_cut",
        /// The unidentified side has no trade.
        TradeAbsent = "trade_absent",
        /// The trade is shorter, but the form is whole: a sibling, as a rule.
        TradeShorter = "trade_shorter",
        /// The trade of the unidentified side is the longer one.
        TradeLonger = "trade_longer",
        /// The 字号 is the same, the trade another.
        TradeDiffers = "trade_differs",
        /// One 字号 holds the other, and the trade is the same.
        BrandExtended = "brand_extended",
        /// First glyphs of the parts (中石化).
        Initials = "initials",
        /// An English name agrees in brand and trade.
        EnglishBoth = "english_both",
        /// An English name agrees in the brand.
        EnglishBrand = "english_brand",
        /// The 字号 is another, the trade the same.
        SameTrade = "same_trade",
        /// The slip is in the place, which is therefore none.
        SlipInPlace = "slip_in_place",
        /// Two branches of one firm, or two numbers in otherwise equal names.
        OtherBranch = "other_branch",
        /// One is a branch, the other is not: never one enterprise.
        BranchAndParent = "branch_and_parent",
        /// Nothing of all this.
        Different = "different",
        /// One side has no name.
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
    /// The names are as unlike as those of kin are: another trade, another branch, or nothing in common.
    pub fn is_of_another(self) -> bool {
        use NameLevel::*;
        matches!(self, TradeShorter | TradeLonger | TradeDiffers | BrandExtended | Initials | OtherBranch) || self.is_far()
    }
    /// Nothing in the names speaks for one enterprise.
    pub fn is_far(self) -> bool {
        matches!(self, NameLevel::Different | NameLevel::SameTrade | NameLevel::Absent)
    }
}

named! {
    /// Legal form of the unidentified side against the other's.
    pub enum FormLevel {
        /// The same form.
        Same = "same",
        /// 有限公司 and 公司, or nothing.
        Shortened = "shortened",
        /// 有限公司 and 股份有限公司.
        Related = "related",
        /// 有限公司 and 集团, 厂 and 中心.
        OtherKind = "other_kind",
        /// Not compared: a name is missing, or one is English.
        Unknown = "unknown",
    }
}

named! {
    /// Places inside the names.
    pub enum PlaceLevel {
        /// The same places, or none in either.
        Same = "same",
        /// One of them has none, or a shorter one.
        Dropped = "dropped",
        /// In front here, in brackets there.
        Moved = "moved",
        /// Two different places.
        Differs = "differs",
        /// Not compared: a name is missing, or one is English.
        Unknown = "unknown",
    }
}

named! {
    /// Registered and operating addresses.
    pub enum PlaceOfBusinessLevel {
        /// The whole address.
        Whole = "whole",
        /// Road and number.
        RoadAndNumber = "road_and_number",
        /// Written alike.
        Alike = "alike",
        /// The road only.
        Road = "road",
        /// Two different places.
        Differs = "differs",
        /// One side has none.
        Absent = "absent",
    }
}

named! {
    /// Telephones.
    pub enum PhoneLevel {
        /// One number in common.
        Same = "same",
        /// No number in common.
        Differs = "differs",
        /// One side has none.
        Absent = "absent",
    }
}

named! {
    /// Districts.
    pub enum CountyLevel {
        /// One district in common.
        Same = "same",
        /// No district in common.
        Differs = "differs",
        /// One side has none.
        Absent = "absent",
    }
}

named! {
    /// Ratio of the larger to the smaller number of staff.
    pub enum EmployeesLevel {
        /// At most 1.15.
        Within15Percent = "within_15_percent",
        /// At most 1.4.
        Within40Percent = "within_40_percent",
        /// At most 2.
        WithinDouble = "within_double",
        /// At most 4.
        WithinFourfold = "within_fourfold",
        /// More.
        Beyond = "beyond",
        /// One side states none.
        Absent = "absent",
    }
}

named! {
    /// The date of the unidentified side against the nearest of the other.
    pub enum EstablishedLevel {
        /// The same day.
        Day = "day",
        /// The same month.
        Month = "month",
        /// The same year.
        Year = "year",
        /// Up to three years later.
        UpToThreeYearsLater = "up_to_three_years_later",
        /// Later than that.
        Later = "later",
        /// Earlier.
        Earlier = "earlier",
        /// One side has none.
        Absent = "absent",
    }
}

named! {
    /// Industry codes.
    pub enum IndustryLevel {
        /// The same class (小类).
        Class = "class",
        /// The same division (大类).
        Division = "division",
        /// Another division.
        Differs = "differs",
        /// One side has none.
        Absent = "absent",
    }
}

named! {
    /// Whether the other side already has a record of the unidentified side's registry.
    pub enum OccupiedLevel {
        /// It has none.
        Free = "free",
        /// It has one.
        Taken = "taken",
        /// It has none, and the registry is the one that issues codes.
        IssuerFree = "issuer_free",
        /// It has one, and the registry is the one that issues codes.
        IssuerTaken = "issuer_taken",
    }
}

named! {
    /// A code of the unidentified side that fails its check character.
    pub enum CodeLevel {
        /// One slip away from a valid code of the other side.
        OneSlip = "one_slip",
        /// The other side has the same broken code.
        SameBroken = "same_broken",
        /// Neither.
        Differs = "differs",
        /// It has no such code.
        Absent = "absent",
    }
}

named! {
    /// Registration numbers.
    pub enum RegistrationLevel {
        /// One number in common.
        Same = "same",
        /// No number in common.
        Differs = "differs",
        /// One side has none.
        Absent = "absent",
    }
}

/// Number of features.
pub const FEATURES: usize = 12;

named! {
    /// Why a pair joins only if a person says so.
    #[derive(Default)]
    pub enum Caution {
        /// Nothing: the weight decides.
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
        /// The same 字号 in another trade, or a shorter or longer one: kin, as a rule.
        Trade = "trade",
        /// First glyphs of the parts, as some other firm's could be.
        Initials = "initials",
        /// A joint union's name that speaks of several firms, or of a park: none of them is its host by itself.
        Joint = "joint",
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
        /// Its valid code is another firm's, and its name is not this one's either.
        OtherCode = "other_code",
    }
}

/// Everything about a pair that is weighed. Level numbers index the weight table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// 字号, trade and branch of the names.
    pub name: NameLevel,
    /// Legal form in the names.
    pub form: FormLevel,
    /// Places in the names.
    pub place: PlaceLevel,
    /// Registered and operating addresses.
    pub address: PlaceOfBusinessLevel,
    /// Telephones.
    pub phone: PhoneLevel,
    /// District.
    pub county: CountyLevel,
    /// Number of staff.
    pub employees: EmployeesLevel,
    /// Day of foundation.
    pub established: EstablishedLevel,
    /// Industry code.
    pub industry: IndustryLevel,
    /// Whether the other side has a record of the registry already.
    pub occupied: OccupiedLevel,
    /// Codes that fail their check.
    pub code: CodeLevel,
    /// Registration numbers.
    pub registration: RegistrationLevel,
    /// The names that agreed best.
    pub names: (NameNo, NameNo),
    /// The addresses that agreed best.
    pub addresses: (AddressNo, AddressNo),
    /// Profiles that share the 字号, the phone, the address that agreed.
    pub brand_count: u32,
    /// Profiles that share the phone that agreed.
    pub phone_count: u32,
    /// Profiles that share the address that agreed.
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

    /// Hash of the levels and of the names that agreed best.
    pub fn said(&self) -> u32 {
        let names = u64::from(self.names.0) << 32 | u64::from(self.names.1);
        let levels = self.levels().into_iter().fold(self.caution as u64, |all, level| all * 31 + level as u64);
        (mix(names) ^ mix(levels)) as u32
    }
}
