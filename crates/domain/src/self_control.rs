//! Self-control (执法监督): a blind sample of cases is decided a second time, and officers see how colleagues decided
//! cases like theirs. Both count outcomes by what a case is like; nobody is named, and few cases say nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    document::DocumentKind,
    identifiers::{AccountId, CaseId, DeterminationId, DistrictCode},
    liability::{Grade, Suggestion},
    role::PartyRole,
};

/// How long an officer keeps a case to decide it again before a colleague may.
pub const SECOND_LOOK_LENGTH: TimeDelta = TimeDelta::minutes(30);

/// Fewer cases than this are not shown: they would say more of a colleague than of the situation.
pub const FEWEST_SHOWN: u32 = 5;

/// How often a closed case is decided again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleRates {
    /// Of a hundred determinations.
    pub determinations: u8,
    /// Of a hundred agreements: the parties' own act has been seen by no officer.
    pub agreements: u8,
}

impl SampleRates {
    /// Whether a case is in the sample, by an unguessable number.
    pub fn takes(self, kind: DocumentKind, random: [u8; 8]) -> bool {
        let rate = match kind {
            DocumentKind::Agreement => self.agreements,
            DocumentKind::Determination => self.determinations,
            _ => 0,
        };
        // The remainder of 64 bits by a hundred prefers no number by more than one in 10^17.
        u64::from_le_bytes(random) % 100 < u64::from(rate)
    }
}

/// What somebody did, and what he was given: the codes of the situations that are established of one party.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Graded {
    /// Codes of the established situations, sorted; none where nothing is established of it.
    pub situations: Vec<String>,
    /// What it was given.
    pub grade: Grade,
}

/// How a case was decided, without saying who is who: parties in an order of their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Outcome(Vec<Graded>);

impl Outcome {
    /// What `grades` come to, by the situations that are established.
    pub fn new(suggestion: &Suggestion, grades: &BTreeMap<PartyRole, Grade>) -> Self {
        let mut all: Vec<_> = grades
            .iter()
            .map(|(role, grade)| Graded { situations: situations(suggestion, *role), grade: *grade })
            .collect();
        all.sort();
        Self(all)
    }

    /// The parties, in an order of their own.
    pub fn parties(&self) -> &[Graded] {
        &self.0
    }

    /// What the case is like, as it is looked up: what is established of whom, without grades. Two cases in which
    /// nothing is established are alike only in that.
    pub fn likeness(&self) -> String {
        let mut parties: Vec<String> = self.0.iter().map(|party| party.situations.join("+")).collect();
        parties.sort();
        parties.join("|")
    }
}

fn situations(suggestion: &Suggestion, role: PartyRole) -> Vec<String> {
    let mut codes: Vec<_> = suggestion
        .because()
        .iter()
        .filter(|reason| reason.role == role)
        .map(|reason| reason.code.clone())
        .collect();
    codes.sort();
    codes.dedup();
    codes
}

/// A decision as it is counted: the officer's determination, or the parties' agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Of the determination or agreement.
    pub id: DeterminationId,
    /// Of which case.
    pub case: CaseId,
    /// Which of the two.
    pub kind: DocumentKind,
    /// Where.
    pub district: DistrictCode,
    /// The situation that names it, if one was proposed.
    pub situation: Option<String>,
    /// How it was decided.
    pub outcome: Outcome,
    /// Who decided; nobody where the parties agreed.
    pub officer: Option<AccountId>,
    /// When.
    pub at: DateTime<Utc>,
}

/// A part of many, with the interval in which the true part lies with 95 in 100 (Wilson's score interval, which holds
/// for few cases and for parts near none and all).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Portion {
    /// How many.
    pub count: u32,
    /// Of how many.
    pub of: u32,
    /// Their part, 0 to 1.
    pub portion: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Portion {
    /// `count` of `of`; nothing of nothing.
    pub fn new(count: u32, of: u32) -> Option<Self> {
        if of == 0 || count > of {
            return None;
        }
        let (z, n) = (1.959_964_f64, f64::from(of));
        let portion = f64::from(count) / n;
        let scale = 1.0 + z * z / n;
        let centre = (portion + z * z / (2.0 * n)) / scale;
        let reach = z * (portion * (1.0 - portion) / n + z * z / (4.0 * n * n)).sqrt() / scale;
        let (low, high) = ((centre - reach).clamp(0.0, 1.0), (centre + reach).clamp(0.0, 1.0));
        Some(Self { count, of, portion, low, high })
    }
}

/// How often each outcome was chosen in cases like one; `None` where too few are known. Most frequent first.
pub fn tally(outcomes: &[(Outcome, u32)]) -> Option<Vec<(Outcome, Portion)>> {
    let all = outcomes.iter().map(|(_, count)| count).sum();
    if all < FEWEST_SHOWN {
        return None;
    }
    let mut shown: Vec<_> = outcomes
        .iter()
        .filter_map(|(outcome, count)| Some((outcome.clone(), Portion::new(*count, all)?)))
        .collect();
    shown.sort_by(|(one, a), (other, b)| b.count.cmp(&a.count).then_with(|| one.cmp(other)));
    Some(shown)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // Newcombe 1998, table I, and the rule of three for none of many.
        for (count, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let portion = Portion::new(count, of).unwrap();
            assert!((portion.low - low).abs() < 5e-5 && (portion.high - high).abs() < 5e-5, "{portion:?}");
        }
        assert_eq!(Portion::new(0, 0), None);
    }

    #[test]
    fn few_cases_are_not_shown() {
        let outcome = |grade| Outcome(vec![Graded { situations: vec!["1".to_owned()], grade }]);
        assert_eq!(tally(&[(outcome(Grade::Full), 4)]), None);
        let shown = tally(&[(outcome(Grade::Main), 1), (outcome(Grade::Full), 4)]).unwrap();
        assert_eq!(shown.iter().map(|(_, portion)| portion.count).collect::<Vec<_>>(), [4, 1]);
    }

    #[test]
    fn a_sample_takes_its_part_and_no_certificate() {
        let rates = SampleRates { determinations: 5, agreements: 100 };
        let taken = |kind| (0..10_000_u64).filter(|n| rates.takes(kind, n.to_le_bytes())).count();
        assert_eq!(taken(DocumentKind::Determination), 500);
        assert_eq!(taken(DocumentKind::Agreement), 10_000);
        assert_eq!(taken(DocumentKind::Certificate), 0);
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_portion_and_narrows_with_the_cases(count in 0..500_u32, more in 0..500_u32) {
            let of = count + more + 1;
            let few = Portion::new(count, of).unwrap();
            let many = Portion::new(count * 10, of * 10).unwrap();
            prop_assert!(few.low <= few.portion + 1e-12 && few.portion <= few.high + 1e-12);
            prop_assert!(many.high - many.low < few.high - few.low);
        }
    }
}
