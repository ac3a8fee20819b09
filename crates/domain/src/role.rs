//! The role of a party (当事人) in its case: A, B, C… in the API, 甲、乙、丙… on paper.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One party's role; written as one capital letter. Orders as the letters do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PartyRole(char);

/// A role that is not one capital letter.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a party's role is one letter from A to Z")]
pub struct NotARole;

/// The heavenly stems, by which Chinese papers number parties.
const STEMS: [char; 10] = ['甲', '乙', '丙', '丁', '戊', '己', '庚', '辛', '壬', '癸'];

impl PartyRole {
    /// The party who reported.
    pub const A: Self = Self('A');
    /// The second party.
    pub const B: Self = Self('B');

    /// The role of this letter.
    pub fn new(letter: char) -> Result<Self, NotARole> {
        if letter.is_ascii_uppercase() { Ok(Self(letter)) } else { Err(NotARole) }
    }

    /// The role of the `index`-th party to join, from 0; none beyond Z.
    pub fn nth(index: usize) -> Option<Self> {
        ('A'..='Z').nth(index).map(Self)
    }

    /// How many roles come before this one: 0 for A.
    pub fn index(self) -> usize {
        ('A'..self.0).count()
    }

    /// The letter.
    pub fn letter(self) -> char {
        self.0
    }

    /// The name on paper: 甲 to 癸, then the letter itself.
    pub fn chinese(self) -> char {
        STEMS.get(self.index()).copied().unwrap_or(self.0)
    }
}

impl fmt::Display for PartyRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for PartyRole {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Self, NotARole> {
        let mut letters = text.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) => Self::new(letter),
            _ => Err(NotARole),
        }
    }
}

impl TryFrom<String> for PartyRole {
    type Error = NotARole;

    fn try_from(text: String) -> Result<Self, NotARole> {
        text.parse()
    }
}

impl From<PartyRole> for String {
    fn from(role: PartyRole) -> Self {
        role.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_a_letter_and_a_chinese_name() {
        assert_eq!(PartyRole::nth(0), Some(PartyRole::A));
        assert_eq!(PartyRole::nth(25).map(PartyRole::letter), Some('Z'));
        assert_eq!(PartyRole::nth(26), None);
        assert_eq!((PartyRole::A.chinese(), PartyRole::B.chinese()), ('甲', '乙'));
        assert_eq!(PartyRole::nth(10).unwrap().chinese(), 'K');
        for wrong in ["", "a", "AB", "甲", "1"] {
            assert_eq!(wrong.parse::<PartyRole>(), Err(NotARole), "{wrong}");
        }
        assert_eq!(serde_json::to_string(&PartyRole::B).unwrap(), "\"B\"");
        assert_eq!(serde_json::from_str::<PartyRole>("\"B\"").unwrap(), PartyRole::B);
    }
}
