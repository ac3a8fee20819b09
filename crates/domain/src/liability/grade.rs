//! The five grades of liability (R146 §60) and which of them fit together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::role::PartyRole;

/// What one party bears (责任), heaviest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// 全部责任.
    Full,
    /// 主要责任.
    Main,
    /// 同等责任.
    Equal,
    /// 次要责任.
    Secondary,
    /// 无责任.
    None,
}

impl Grade {
    /// Every grade.
    pub const ALL: [Self; 5] = [Self::Full, Self::Main, Self::Equal, Self::Secondary, Self::None];

    /// The name on paper.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Full => "全部责任",
            Self::Main => "主要责任",
            Self::Equal => "同等责任",
            Self::Secondary => "次要责任",
            Self::None => "无责任",
        }
    }

    /// The customary share between two motor vehicles, in percent: practice, not statute (domain brief §4.2).
    /// A rule file may say otherwise: see [`Shares`].
    pub fn share_percent(self) -> u8 {
        Shares::CUSTOMARY.of(self)
    }
}

/// How many percent of the loss beyond compulsory insurance each grade bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    /// 全部责任; always 100.
    pub full: u8,
    /// 主要责任.
    pub main: u8,
    /// 同等责任; always 50.
    pub equal: u8,
    /// 次要责任; with `main` always 100.
    pub secondary: u8,
    /// 无责任; always 0.
    pub none: u8,
}

impl Shares {
    /// 100/70/50/30/0.
    pub const CUSTOMARY: Self = Self { full: 100, main: 70, equal: 50, secondary: 30, none: 0 };

    /// The share of `grade` between two parties, in percent.
    pub fn of(&self, grade: Grade) -> u8 {
        match grade {
            Grade::Full => self.full,
            Grade::Main => self.main,
            Grade::Equal => self.equal,
            Grade::Secondary => self.secondary,
            Grade::None => self.none,
        }
    }

    /// Whether two parties' shares always make a whole and a heavier grade bears more.
    pub(super) fn are_whole(&self) -> bool {
        let Self { full, main, equal, secondary, none } = *self;
        (full, equal, none) == (100, 50, 0)
            && u16::from(main) + u16::from(secondary) == 100
            && (51..100).contains(&main)
    }
}

/// Who bears what: one grade for every party of a case, in a combination the law knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<PartyRole, Grade>", into = "BTreeMap<PartyRole, Grade>")]
pub struct Liability(BTreeMap<PartyRole, Grade>);

/// Grades that cannot stand beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImpossibleGrades {
    /// No party at all.
    #[error("liability needs at least one party")]
    NoParty,
    /// One party alone bears everything or nothing.
    #[error("a single party bears full or no liability")]
    Alone,
    /// The grades do not make a whole.
    #[error(
        "grades fit together as: one full and the rest none; main beside secondary; equal among two or more; \
         or none for everybody (R146 §60)"
    )]
    NotAWhole,
}

impl Liability {
    /// Checks that the grades make a whole (R146 §60). Everybody without liability is an accident without fault.
    pub fn new(grades: BTreeMap<PartyRole, Grade>) -> Result<Self, ImpossibleGrades> {
        let count = |wanted: Grade| grades.values().filter(|grade| **grade == wanted).count();
        let [full, main, equal, secondary, none] = Grade::ALL.map(count);
        let whole =
            matches!((full, main, equal, secondary), (0 | 1, 0, 0, 0) | (0, 1.., 0, 1..) | (0, 0, 2.., 0));
        match grades.len() {
            0 => Err(ImpossibleGrades::NoParty),
            1 if full + none != 1 => Err(ImpossibleGrades::Alone),
            _ if !whole => Err(ImpossibleGrades::NotAWhole),
            _ => Ok(Self(grades)),
        }
    }

    /// The grades by role.
    pub fn grades(&self) -> &BTreeMap<PartyRole, Grade> {
        &self.0
    }

    /// The grade of one party, if it is a party.
    pub fn grade(&self, role: PartyRole) -> Option<Grade> {
        self.0.get(&role).copied()
    }

    /// Whether there is a grade for exactly these parties.
    pub fn covers(&self, roles: impl IntoIterator<Item = PartyRole>) -> bool {
        let roles: std::collections::BTreeSet<_> = roles.into_iter().collect();
        roles.iter().eq(self.0.keys())
    }

    /// What `role` bears, in percent; 0 for who is no party. Several parties of one grade divide what that
    /// grade bears between two; percents that do not divide go to the first roles, so that all make 100.
    pub fn share(&self, role: PartyRole, shares: &Shares) -> u8 {
        let Some(grade) = self.grade(role) else { return 0 };
        let alike: Vec<_> =
            self.0.iter().filter(|(_, other)| **other == grade).map(|(role, _)| *role).collect();
        let whole = if grade == Grade::Equal { 100 } else { usize::from(shares.of(grade)) };
        let place = alike.iter().position(|other| *other == role).unwrap_or_default();
        let share = whole / alike.len().max(1) + usize::from(place < whole % alike.len().max(1));
        u8::try_from(share).unwrap_or(100)
    }
}

impl TryFrom<BTreeMap<PartyRole, Grade>> for Liability {
    type Error = ImpossibleGrades;

    fn try_from(grades: BTreeMap<PartyRole, Grade>) -> Result<Self, ImpossibleGrades> {
        Self::new(grades)
    }
}

impl From<Liability> for BTreeMap<PartyRole, Grade> {
    fn from(liability: Liability) -> Self {
        liability.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(grades: &[Grade]) -> Result<Liability, ImpossibleGrades> {
        Liability::new((0..).map_while(PartyRole::nth).zip(grades.iter().copied()).collect())
    }

    #[test]
    fn two_parties_fit_together_only_as_the_law_knows_them() {
        use Grade::{Equal, Full, Main, None, Secondary};
        let possible =
            [(Full, None), (Main, Secondary), (Equal, Equal), (Secondary, Main), (None, Full), (None, None)];
        for a in Grade::ALL {
            for b in Grade::ALL {
                assert_eq!(of(&[a, b]).is_ok(), possible.contains(&(a, b)), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn one_party_or_many_fit_together_too() {
        use Grade::{Equal, Full, Main, None, Secondary};
        assert_eq!(of(&[]), Err(ImpossibleGrades::NoParty));
        assert!(of(&[Full]).is_ok() && of(&[None]).is_ok());
        assert_eq!(of(&[Equal]), Err(ImpossibleGrades::Alone));
        assert!(of(&[Main, Secondary, Secondary]).is_ok() && of(&[Equal, Equal, None]).is_ok());
        for wrong in
            [[Full, Full, None], [Equal, Secondary, None], [Main, None, None], [Full, Secondary, None]]
        {
            assert_eq!(of(&wrong), Err(ImpossibleGrades::NotAWhole));
        }
    }

    #[test]
    fn a_liability_is_stored_as_its_grades_and_checked_when_read() {
        let liability = of(&[Grade::Main, Grade::Secondary]).unwrap();
        let text = serde_json::to_string(&liability).unwrap();
        assert_eq!(text, r#"{"A":"main","B":"secondary"}"#);
        assert_eq!(serde_json::from_str::<Liability>(&text).unwrap(), liability);
        assert!(serde_json::from_str::<Liability>(r#"{"A":"full","B":"main"}"#).is_err());
        assert!(liability.covers([PartyRole::B, PartyRole::A]) && !liability.covers([PartyRole::A]));
        assert_eq!((Grade::Main.share_percent(), Grade::Main.chinese()), (70, "主要责任"));
        assert_eq!(liability.share(PartyRole::B, &Shares::CUSTOMARY), 30);
        assert_eq!(liability.share(PartyRole::new('C').unwrap(), &Shares::CUSTOMARY), 0);
    }

    proptest! {
        #[test]
        fn shares_make_a_whole_or_nothing(picked in prop::collection::vec(0..5_usize, 1..6)) {
            let grades: Vec<_> = picked.iter().map(|index| Grade::ALL[*index]).collect();
            if let Ok(liability) = of(&grades) {
                let total: u32 = liability.grades().keys()
                    .map(|role| u32::from(liability.share(*role, &Shares::CUSTOMARY))).sum();
                let nobody = grades.iter().all(|grade| *grade == Grade::None);
                prop_assert_eq!(total, if nobody { 0 } else { 100 });
            }
        }
    }
}
