//! Objects that were taken out of their place but are still kept for a while: what turns out to be needed is put
//! back, the rest is discarded.

use std::{fmt, str::FromStr};

use chrono::NaiveDate;
use domain::digest::Digest;

use crate::key::{ObjectKey, ObjectKind};

/// The folder of everything that was set aside.
pub(crate) const FOLDER: &str = "aside";

/// An object that was set aside, written `aside/2026-11-23/original/ab/ab…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Aside {
    /// The day on which it was.
    pub day: NaiveDate,
    /// Its place before.
    pub key: ObjectKey,
}

impl Aside {
    /// The folder that holds it.
    pub(crate) fn folder(&self) -> String {
        format!("{FOLDER}/{}/{}", self.day, self.key.folder())
    }
}

impl fmt::Display for Aside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.folder(), self.key.file_name())
    }
}

/// A name that nothing set aside has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of an object that was set aside")]
pub struct NotAside;

impl FromStr for Aside {
    type Err = NotAside;

    fn from_str(name: &str) -> Result<Self, NotAside> {
        let mut parts = name.split('/').skip(1);
        let mut next = || parts.next().ok_or(NotAside);
        let day = next()?.parse().map_err(|_| NotAside)?;
        let kind = next()?;
        let kind = ObjectKind::ALL.into_iter().find(|known| known.folder() == kind).ok_or(NotAside)?;
        let digest: Digest =
            name.rsplit('/').next().and_then(|digest| digest.parse().ok()).ok_or(NotAside)?;
        let aside = Self { day, key: ObjectKey::new(kind, digest) };
        if aside.to_string() == name { Ok(aside) } else { Err(NotAside) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_and_since_when_and_nothing_else_is_one() {
        let key = ObjectKey::new(ObjectKind::Original, Digest::of(b"abc"));
        let aside = Aside { day: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(), key };
        let name = aside.to_string();
        assert_eq!(name, format!("aside/2026-11-23/{key}"));
        assert_eq!(name.parse(), Ok(aside));
        for wrong in [
            key.to_string(),
            name.replace("aside/", "beside/"),
            name.replace("2026-11-23", "2026-11-32"),
            name.replace("original", "passport"),
            name.replace("/ba/", "/bb/"),
            name.clone() + "0",
            name.clone() + "/x",
            String::new(),
        ] {
            assert_eq!(wrong.parse::<Aside>(), Err(NotAside), "{wrong}");
        }
    }
}
