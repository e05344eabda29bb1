//! What a connector can deliver: record kinds, and the fields that a column can be mapped to.
//!
//! The names here are the vocabulary of `connector.toml` (`field = "credit_code"`). A field means the same
//! in every registry; what differs is how a registry writes it, and that is said in the connector.

/// An enum whose variants have stable names, with `ALL`, `name` and `from_name`.
#[doc(hidden)]
#[macro_export]
macro_rules! named {
    ($(#[$m:meta])* $vis:vis enum $T:ident { $($(#[$vm:meta])* $V:ident = $name:literal),+ $(,)? }) => {
        $(#[$m])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize)]
        $vis enum $T { $($(#[$vm])* #[serde(rename = $name)] $V),+ }
        impl $T {
            /// Every variant in the order of declaration, which files and bit sets number them by.
            pub const ALL: &'static [$T] = &[$($T::$V),+];
            /// The stable name under which files, connectors and GraphQL know it.
            pub fn name(self) -> &'static str { match self { $($T::$V => $name),+ } }
            /// The variant of that very name; None for any other text.
            pub fn from_name(name: &str) -> Option<$T> { match name { $($name => Some($T::$V),)+ _ => None } }
        }
        impl std::fmt::Display for $T {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.name()) }
        }
    };
}
pub use named;

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
        /// Posts of a unit of the federation, counted by kind.
        Post = "post",
        /// Services that a unit of the federation gave, counted by kind and month, or one by one.
        Service = "service",
        /// A unit of the federation's tree.
        Unit = "unit",
        /// A line of a building's or park's own list of the enterprises in it.
        Listing = "listing",
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
        !matches!(
            self,
            Self::Target
                | Self::Station
                | Self::Building
                | Self::Post
                | Self::Service
                | Self::Unit
                | Self::Listing
                | Self::AreaCode
                | Self::IndustryCode
        )
    }
}

named! {
    /// A field of a record. Grouped by what it speaks of; money is read into yuan, dates may be partial.
    pub enum Field {
        // names
        /// The unit's full name.
        Name = "name",
        /// A name it bore before (曾用名).
        FormerName = "former_name",
        /// Its English name.
        EnglishName = "english_name",
        /// The union's own name.
        UnionName = "union_name",
        // identifiers, as written
        /// Unified social credit code (统一社会信用代码), GB 32100-2015.
        CreditCode = "credit_code",
        /// Organisation code (组织机构代码), GB 11714-1997.
        OrganisationCode = "organisation_code",
        /// Registration number (工商注册号), fifteen digits.
        RegistrationNumber = "registration_number",
        /// Taxpayer identifier (纳税人识别号).
        TaxNumber = "tax_number",
        /// Number of the unit in social insurance.
        InsuranceNumber = "insurance_number",
        // state and place
        /// Operating status (经营状态).
        Status = "status",
        /// Day of foundation.
        EstablishedOn = "established_on",
        /// Day it was closed: revoked, deregistered.
        ClosedOn = "closed_on",
        /// Division code of 6, 9 or 12 digits.
        Area = "area",
        /// District, by name or code.
        District = "district",
        /// Street or town, by name.
        Street = "street",
        /// Registered address (住所).
        Address = "address",
        /// Where it works (经营地址).
        OperatingAddress = "operating_address",
        /// Degrees east, in the connector's datum.
        Longitude = "longitude",
        /// Degrees north, in the connector's datum.
        Latitude = "latitude",
        /// Telephone; several may stand in one text.
        Phone = "phone",
        // what it is
        /// Industry code of GB/T 4754, in the registry's edition.
        Industry = "industry",
        /// Whose capital it is, where the registry says so outright.
        Ownership = "ownership",
        /// Registration type (登记注册类型), a code or a text.
        RegistrationType = "registration_type",
        /// Kind of unit (单位类型): legal person, branch, individual business.
        UnitType = "unit_type",
        /// Country or region of a foreign investor.
        InvestorCountry = "investor_country",
        /// Registered capital.
        Capital = "capital",
        /// Scope of business (经营范围).
        Scope = "scope",
        /// Authority that registered it (登记机关).
        Authority = "authority",
        // how large it is
        /// Persons employed (从业人员).
        Employees = "employees",
        /// Persons insured in social insurance.
        Insured = "insured",
        /// Operating revenue of a year (营业收入).
        Revenue = "revenue",
        /// Revenue of a year from the main business (主营业务收入).
        RevenueMain = "revenue_main",
        /// Sales of goods in a year (商品销售额).
        Sales = "sales",
        /// Wages of a year (工资总额).
        Payroll = "payroll",
        /// Total assets.
        Assets = "assets",
        /// Workers it has from labour dispatch agencies.
        DispatchedWorkers = "dispatched_workers",
        // what size rules ask for
        /// Whether it is on the official list of enterprises above designated size.
        OfficialList = "official_list",
        /// Construction qualification (资质等级).
        Qualification = "qualification",
        /// Whether it develops real estate.
        DevelopmentActivity = "development_activity",
        /// Whether it is state-owned.
        StateOwned = "state_owned",
        /// Whether the hotel has stars.
        StarRated = "star_rated",
        // marks
        /// Whether it is one of the world's 500 largest, or belongs to one.
        Fortune500 = "fortune_500",
        /// Whether it leads its trade (龙头企业).
        Leading = "leading",
        /// Whether its shares are traded.
        Listed = "listed",
        /// Whether it is a labour dispatch agency.
        DispatchAgency = "dispatch_agency",
        /// Whether it serves households (家政).
        DomesticService = "domestic_service",
        /// Whether it cares for the sick, the old or the disabled (护理).
        CareService = "care_service",
        // relations
        /// Name of the firm whose branch or company it is.
        ParentName = "parent_name",
        /// Credit or organisation code of that firm.
        ParentCode = "parent_code",
        /// Name of the group it belongs to.
        GroupName = "group_name",
        /// Name of the firm that absorbed it.
        AbsorbedByName = "absorbed_by_name",
        /// Credit or organisation code of that firm.
        AbsorbedByCode = "absorbed_by_code",
        // unions
        /// The union's own credit code, which begins with 81.
        UnionCode = "union_code",
        /// Kind of union (工会组织类型).
        UnionKind = "union_kind",
        /// Standing of the union (工会状态).
        UnionStatus = "union_status",
        /// Level in the federation (基层, 街道).
        UnionLevel = "union_level",
        /// Name of the union above it.
        ParentUnion = "parent_union",
        /// Units it covers, one text or list.
        CoveredUnits = "covered_units",
        /// Members (会员数).
        Members = "members",
        /// Women among the members.
        FemaleMembers = "female_members",
        /// Migrant workers (农民工) among the members.
        MigrantMembers = "migrant_members",
        /// Migrant workers among the employees.
        MigrantEmployees = "migrant_employees",
        /// Dispatched workers (劳务派遣工) among the members.
        DispatchedMembers = "dispatched_members",
        /// Industrial union (产业工会) it belongs to.
        UnionIndustrial = "union_industrial",
        // payments
        /// Period of a payment: a year, a quarter or a month.
        Period = "period",
        /// Dues or preparatory fund (费种).
        PaymentKind = "payment_kind",
        /// Sum payable for the period.
        DueYuan = "due",
        /// Sum paid for the period.
        PaidYuan = "paid",
        /// Day of payment.
        PaidOn = "paid_on",
        // dispatch, investment (the enterprise of the record is the agency, the investee)
        /// Name of the employer that dispatched workers work for.
        HostName = "host_name",
        /// Credit or organisation code of that employer.
        HostCode = "host_code",
        /// Name of the investor.
        InvestorName = "investor_name",
        /// Credit or organisation code of the investor.
        InvestorCode = "investor_code",
        /// Share in the capital, in percent.
        SharePercent = "share_percent",
        /// Workers dispatched.
        Workers = "workers",
        /// Day a relation began.
        Since = "since",
        /// Day a relation ended.
        Until = "until",
        // disputes and events
        /// Kind of dispute or event, a code of the connector's.
        EventKind = "event_kind",
        /// Day it happened.
        On = "on",
        /// People concerned.
        People = "people",
        /// Heading.
        Title = "title",
        // targets
        /// Year a target is for.
        Year = "year",
        /// What is measured, an id of `reference/unions/indicators.csv`.
        Indicator = "indicator",
        /// The value to reach, in the indicator's unit.
        TargetValue = "value",
        /// Who answers for it.
        Responsible = "responsible",
        // the federation's units, posts and services, and buildings' own lists
        /// A unit of the federation, by its code or by a name that no other unit has.
        FederationUnit = "unit",
        /// Kind of post: SOCIAL_WORKER, STUDENT_ASSISTANT, ASSISTANT, COORDINATOR, or the Chinese word.
        PostKind = "post_kind",
        /// Posts that there are to be (编制).
        Approved = "approved",
        /// Posts that somebody holds (在岗).
        Filled = "filled",
        /// Of the holders, chairs of unions below, delegated by the unit.
        DelegatedChairs = "delegated_chairs",
        /// Subsidy per head and year.
        Subsidy = "subsidy",
        /// The day that counts hold of; of a month or a year its last one.
        AsOf = "as_of",
        /// Kind of service: MEDIATION, LEGAL_AID, CARD …, or the Chinese word.
        ServiceKind = "service_kind",
        /// How many; a row without this field is one.
        Quantity = "quantity",
        /// What the chair of a unit is there: 主席, 常务副主席, a delegated social worker.
        ChairPost = "chair_post",
        /// By when a unit is to stand.
        DueOn = "due_on",
        /// The building or park that a list is of: its code, its key in the registry that delivers it, or a name that no other has.
        InBuilding = "building",
        // code tables
        /// Code of a row of a code table.
        Code = "code",
        /// What the code means.
        Label = "label",
        /// Code of the row above it.
        ParentOf = "parent",
        /// Its level in the table.
        Level = "level",
        /// Edition of the table, a year.
        Edition = "edition",
        // when the registry itself last touched the row
        /// Time of the registry's last change of the row.
        UpdatedAt = "updated_at",
    }
}
