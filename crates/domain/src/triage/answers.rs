//! What a driver is asked at the roadside, and what triage hears.

use serde::{Deserialize, Serialize};

/// An answer to a yes-or-no question. What was not answered is unknown, which never counts as no.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Not answered, or the driver does not know.
    #[default]
    Unknown,
}

impl Answer {
    /// Every answer.
    pub const ALL: [Self; 3] = [Self::Yes, Self::No, Self::Unknown];

    /// Both must hold: one no settles it, else one unknown leaves it open.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    /// One must hold: one yes settles it, else one unknown leaves it open.
    pub fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// Nobody knows.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }

    /// The opposite; unknown stays unknown.
    #[expect(
        clippy::should_implement_trait,
        reason = "an answer is no number: `!answer` would read as a bool"
    )]
    pub fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Answer {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// Declares the questions once: the enum, the answers' fields and the way between them.
///
/// Questions of a city's policy came later: answers that nobody gave are not written, so that what was hashed before
/// still has its hash.
macro_rules! questions {
    (law { $($(#[$doc:meta])* $name:ident, $field:ident;)+ }
     policy { $($(#[$own_doc:meta])* $own_name:ident, $own_field:ident;)+ }) => {
        /// One question of the triage, by the name of its field in [`Answers`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Question {
            $($(#[$doc])* $name,)+
            $($(#[$own_doc])* $own_name,)+
        }

        impl Question {
            /// Every question.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+ $(Self::$own_name,)+];

            /// Those that a city asks, if its policy wants it.
            pub const OF_POLICY: &'static [Self] = &[$(Self::$own_name,)+];

            /// Its name in the API and in the rule file.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($field),)+
                    $(Self::$own_name => stringify!($own_field),)+
                }
            }
        }

        /// Answers to the questions of triage; whatever is left out is unknown.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Answers {
            /// Who took part.
            pub road_users: RoadUsers,
            $($(#[$doc])* pub $field: Answer,)+
            $($(#[$own_doc])* #[serde(skip_serializing_if = "Answer::is_unknown")] pub $own_field: Answer,)+
        }

        impl Answers {
            /// The answer to `question`.
            pub fn get(&self, question: Question) -> Answer {
                match question {
                    $(Question::$name => self.$field,)+
                    $(Question::$own_name => self.$own_field,)+
                }
            }

            /// Sets the answer to `question`.
            pub fn set(&mut self, question: Question, answer: Answer) {
                match question {
                    $(Question::$name => self.$field = answer,)+
                    $(Question::$own_name => self.$own_field = answer,)+
                }
            }
        }
    };
}

questions! {
    law {
        /// Somebody is hurt or dead.
        Injured, injured;
        /// A driver has no valid licence for the vehicle.
        LicenceProblem, licence_problem;
        /// A driver is suspected of alcohol or controlled drugs.
        AlcoholOrDrugs, alcohol_or_drugs;
        /// A school bus or passenger transport is suspected of serious overloading or speeding.
        OverloadedOrSpeeding, overloaded_or_speeding;
        /// A plate is missing, forged or altered.
        PlateProblem, plate_problem;
        /// A vehicle cannot be moved by its driver.
        CannotMove, cannot_move;
        /// A party has left the scene.
        PartyLeft, party_left;
        /// There is evidence of intent.
        Intent, intent;
        /// A vehicle has no compulsory insurance or no valid inspection.
        NoInsuranceOrInspection, no_insurance_or_inspection;
        /// A building or facility was hit.
        HitFacility, hit_facility;
        /// A vehicle carries dangerous goods.
        DangerousGoods, dangerous_goods;
        /// A party asks for an officer on scene.
        WantsOfficerOnScene, wants_officer_on_scene;
        /// Officer: suspicion of a traffic crime.
        SuspectedCrime, suspected_crime;
        /// Officer: an injury is not minor, or a party does not consent to the simplified procedure.
        SimplifiedRefused, simplified_refused;
        /// Officer: a military vehicle, a foreigner or a privileged person is involved.
        SpecialParty, special_party;
        /// Officer: the place is off the public road.
        OffRoad, off_road;
        /// Service: the place lies outside the centre's area.
        OutsideArea, outside_area;
    }
    policy {
        /// It happened on an expressway or urban expressway.
        Expressway, expressway;
    }
}

/// How many of each kind took part; absent where nobody counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoadUsers {
    /// Motor vehicles.
    pub motor_vehicles: Option<u8>,
    /// Bicycles, electric bicycles, tricycles (非机动车).
    pub non_motor_vehicles: Option<u8>,
    /// People on foot.
    pub pedestrians: Option<u8>,
}

impl RoadUsers {
    /// This many motor vehicles and nobody else.
    pub fn motor_vehicles(count: u8) -> Self {
        Self { motor_vehicles: Some(count), non_motor_vehicles: Some(0), pedestrians: Some(0) }
    }

    fn counts(&self) -> [Option<u8>; 3] {
        [self.motor_vehicles, self.non_motor_vehicles, self.pedestrians]
    }

    /// How many there are at least.
    pub fn at_least(&self) -> usize {
        self.counts().into_iter().flatten().map(usize::from).sum()
    }

    /// Whether every kind was counted.
    pub fn are_known(&self) -> bool {
        self.counts().iter().all(Option::is_some)
    }
}

impl Answers {
    /// All questions answered no, for accidents between `road_users`.
    pub fn all_no(road_users: RoadUsers) -> Self {
        let mut answers = Self { road_users, ..Self::default() };
        for question in Question::ALL {
            answers.set(*question, Answer::No);
        }
        answers
    }

    /// How many parties to expect: those counted, and at least two while somebody is not counted.
    pub fn parties(&self) -> usize {
        let counted = self.road_users.at_least();
        if self.road_users.are_known() { counted } else { counted.max(2) }
    }
}
