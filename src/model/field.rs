//! What a connector can deliver: record kinds, and the fields that a column can be mapped to.
//!
//! The names here are the vocabulary of `connector.toml` (`field = "credit_code"`). A field means the same
//! in every registry; what differs is how a registry writes it, and that is said in the connector.

macro_rules! named {
    ($(#[$m:meta])* $vis:vis enum $T:ident { $($(#[$vm:meta])* $V:ident = $name:literal),+ $(,)? }) => {
        $(#[$m])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize)]
        $vis enum $T { $($(#[$vm])* #[serde(rename = $name)] $V),+ }
        impl $T {
            pub const ALL: &'static [$T] = &[$($T::$V),+];
            pub fn name(self) -> &'static str { match self { $($T::$V => $name),+ } }
            pub fn from_name(name: &str) -> Option<$T> { match name { $($name => Some($T::$V),)+ _ => None } }
        }
        impl std::fmt::Display for $T {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.name()) }
        }
    };
}
pub(crate) use named;

named! {
    /// What one record of a registry is about.
    pub enum RecordKind {
        /// Attributes of one enterprise.
        Enterprise = "enterprise",
        /// One trade union and its host; covered units follow as records of kind `covered_unit`.
        Union = "union",
        /// One unit on a union's covered list; made from a union row, never mapped directly.
        CoveredUnit = "covered_unit",
        /// Union dues (工会经费) or preparatory fund (建会筹备金) paid for a period.
        Payment = "payment",
        /// Labour dispatch (劳务派遣): agency → host employer, with headcount.
        Dispatch = "dispatch",
        /// Investor → investee, with share and country.
        Investment = "investment",
        /// Strike or arbitration case: date, place, people.
        Dispute = "dispute",
        /// Unit × year × indicator × value.
        Target = "target",
        /// A union service station.
        Station = "station",
        /// An office building.
        Building = "building",
        /// Anything else with a date: an inspection, a hotline case, a service, a media report.
        Event = "event",
        /// A row of an area code table (streets).
        AreaCode = "area_code",
        /// A row of an industry code table (groups and classes).
        IndustryCode = "industry_code",
    }
}

impl RecordKind {
    /// Whether records of this kind name an enterprise and are therefore linked.
    pub fn names_enterprise(self) -> bool {
        !matches!(self, Self::Target | Self::Station | Self::Building | Self::AreaCode | Self::IndustryCode)
    }
}

named! {
    /// A field of a record. Grouped by what it speaks of; money is read into yuan, dates may be partial.
    pub enum Field {
        // names
        Name = "name",
        FormerName = "former_name",
        EnglishName = "english_name",
        UnionName = "union_name",
        // identifiers, as written
        CreditCode = "credit_code",
        OrganisationCode = "organisation_code",
        RegistrationNumber = "registration_number",
        TaxNumber = "tax_number",
        InsuranceNumber = "insurance_number",
        // state and place
        Status = "status",
        EstablishedOn = "established_on",
        ClosedOn = "closed_on",
        Area = "area",
        District = "district",
        Street = "street",
        Address = "address",
        OperatingAddress = "operating_address",
        Longitude = "longitude",
        Latitude = "latitude",
        Phone = "phone",
        // what it is
        Industry = "industry",
        Ownership = "ownership",
        RegistrationType = "registration_type",
        UnitType = "unit_type",
        InvestorCountry = "investor_country",
        Capital = "capital",
        Scope = "scope",
        Authority = "authority",
        // how large it is
        Employees = "employees",
        Insured = "insured",
        Revenue = "revenue",
        RevenueMain = "revenue_main",
        Sales = "sales",
        Payroll = "payroll",
        Assets = "assets",
        DispatchedWorkers = "dispatched_workers",
        // what size rules ask for
        OfficialList = "official_list",
        Qualification = "qualification",
        DevelopmentActivity = "development_activity",
        StateOwned = "state_owned",
        StarRated = "star_rated",
        // marks
        Fortune500 = "fortune_500",
        Leading = "leading",
        Listed = "listed",
        DispatchAgency = "dispatch_agency",
        // relations
        ParentName = "parent_name",
        ParentCode = "parent_code",
        GroupName = "group_name",
        AbsorbedByName = "absorbed_by_name",
        AbsorbedByCode = "absorbed_by_code",
        // unions
        UnionCode = "union_code",
        UnionKind = "union_kind",
        UnionStatus = "union_status",
        UnionLevel = "union_level",
        ParentUnion = "parent_union",
        CoveredUnits = "covered_units",
        Members = "members",
        FemaleMembers = "female_members",
        MigrantMembers = "migrant_members",
        MigrantEmployees = "migrant_employees",
        DispatchedMembers = "dispatched_members",
        UnionIndustrial = "union_industrial",
        // payments
        Period = "period",
        PaymentKind = "payment_kind",
        DueYuan = "due",
        PaidYuan = "paid",
        PaidOn = "paid_on",
        // dispatch, investment (the enterprise of the record is the agency, the investee)
        HostName = "host_name",
        HostCode = "host_code",
        InvestorName = "investor_name",
        InvestorCode = "investor_code",
        SharePercent = "share_percent",
        Workers = "workers",
        Since = "since",
        Until = "until",
        // disputes and events
        EventKind = "event_kind",
        On = "on",
        People = "people",
        Title = "title",
        // targets
        Year = "year",
        Indicator = "indicator",
        TargetValue = "value",
        Responsible = "responsible",
        // code tables
        Code = "code",
        Label = "label",
        ParentOf = "parent",
        Level = "level",
        Edition = "edition",
        // when the registry itself last touched the row
        UpdatedAt = "updated_at",
    }
}
