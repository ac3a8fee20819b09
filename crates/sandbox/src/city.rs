//! The demo city: districts, points, staff, insurers and policies, from a file such as `deploy/demo/zibo.toml`.
//!
//! Every identifier is checked while reading and every reference afterwards. Passwords and keys of such a file
//! are public.

use std::{collections::HashSet, path::Path};

use chrono::NaiveTime;
use domain::{
    geo::Datum,
    identifiers::{
        DistrictCode, InsurerCode, PersonName, Phone, Plate, PointId, PolicyNumber, UnitId, Username,
    },
};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use crate::settings::{InsurerSettings, Policy};

/// A whole demo city.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// The districts and counties.
    pub districts: Vec<District>,
    /// The quick-handling points (快处点).
    pub points: Vec<Point>,
    /// The staff at the points (处置人员).
    pub units: Vec<Unit>,
    /// The officers (民警).
    pub officers: Vec<Officer>,
    /// Their supervisors.
    pub supervisors: Vec<Supervisor>,
    /// The administrators.
    pub admins: Vec<Admin>,
    /// The insurers.
    pub insurers: Vec<Insurer>,
    /// The policies in the insurers' books.
    pub policies: Vec<InsuredVehicle>,
}

/// One district or county.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct District {
    /// Region code (GB/T 2260).
    pub code: DistrictCode,
    /// Name.
    pub name: String,
    /// Seat, degrees north in WGS-84.
    pub latitude: f64,
    /// Seat, degrees east in WGS-84.
    pub longitude: f64,
}

/// One point.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Fixed id.
    pub id: PointId,
    /// Name.
    pub name: String,
    /// District it lies in.
    pub district: DistrictCode,
    /// Address.
    pub address: String,
    /// Degrees north in `datum`.
    pub latitude: f64,
    /// Degrees east in `datum`.
    pub longitude: f64,
    /// Datum of the coordinates.
    pub datum: Datum,
    /// When it opens, Chinese time, `HH:MM`.
    #[serde(deserialize_with = "clock_time")]
    pub opens: NaiveTime,
    /// When it closes, Chinese time, `HH:MM`.
    #[serde(deserialize_with = "clock_time")]
    pub closes: NaiveTime,
}

/// One staff member at a point.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Fixed id.
    pub id: UnitId,
    /// Sign-in name.
    pub username: Username,
    /// Name.
    pub name: PersonName,
    /// The point.
    pub point: PointId,
    /// Phone.
    pub phone: Phone,
    /// Demo password.
    pub password: SecretString,
    /// Demo TOTP secret, base32.
    pub totp_secret: SecretString,
}

/// One officer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// Sign-in name.
    pub username: Username,
    /// Name.
    pub name: PersonName,
    /// Badge number (警号).
    pub badge_number: String,
    /// Districts the officer decides for.
    pub districts: Vec<DistrictCode>,
    /// Of the unit above: reviews determinations.
    #[serde(default)]
    pub reviews: bool,
    /// Demo password.
    pub password: SecretString,
    /// Demo TOTP secret, base32.
    pub totp_secret: SecretString,
}

/// One supervisor.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supervisor {
    /// Sign-in name.
    pub username: Username,
    /// Name.
    pub name: PersonName,
    /// Badge number (警号).
    pub badge_number: String,
    /// Demo password.
    pub password: SecretString,
    /// Demo TOTP secret, base32.
    pub totp_secret: SecretString,
}

/// One administrator.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    /// Sign-in name.
    pub username: Username,
    /// Name.
    pub name: PersonName,
    /// Demo password.
    pub password: SecretString,
    /// Demo TOTP secret, base32.
    pub totp_secret: SecretString,
}

/// One insurer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Insurer {
    /// Code in industry use.
    pub code: InsurerCode,
    /// Name.
    pub name: String,
    /// Hotline.
    pub hotline: String,
    /// OAuth 2 client id for the service's API.
    pub client_id: String,
    /// Demo OAuth 2 client secret.
    pub client_secret: SecretString,
    /// Demo key with which the service signs its requests.
    pub webhook_secret: SecretString,
    /// Demo key with which the insurer signs its callbacks.
    pub callback_secret: SecretString,
}

/// One policy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsuredVehicle {
    /// Code of the insurer.
    pub insurer: InsurerCode,
    /// Policy number.
    pub number: PolicyNumber,
    /// Plate of the insured vehicle.
    pub plate: Plate,
}

/// Why a city could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CityFailed {
    /// The file cannot be read.
    #[error("cannot read the city file: {0}")]
    File(#[from] std::io::Error),
    /// The file does not follow the schema.
    #[error("the city file is wrong: {0}")]
    Form(#[from] toml::de::Error),
    /// Something names what does not exist.
    #[error("{what} is named in the city file but not described there")]
    Dangling {
        /// What is missing.
        what: String,
    },
    /// A sign-in name appears twice.
    #[error("the sign-in name {0} appears twice in the city file")]
    Twice(Username),
}

impl City {
    /// Reads and checks a file.
    pub fn read(path: &Path) -> Result<Self, CityFailed> {
        Self::parse(&std::fs::read_to_string(path)?)
    }

    /// Reads and checks a text.
    pub fn parse(text: &str) -> Result<Self, CityFailed> {
        let city: Self = toml::from_str(text)?;
        city.check_references()?;
        city.check_usernames()?;
        Ok(city)
    }

    fn check_references(&self) -> Result<(), CityFailed> {
        let districts: HashSet<_> = self.districts.iter().map(|district| &district.code).collect();
        let points: HashSet<_> = self.points.iter().map(|point| point.id).collect();
        let insurers: HashSet<_> = self.insurers.iter().map(|insurer| &insurer.code).collect();
        let in_districts = self.officers.iter().flat_map(|officer| &officer.districts);
        let in_districts = in_districts.chain(self.points.iter().map(|point| &point.district));
        let district =
            in_districts.filter(|code| !districts.contains(code)).map(|code| format!("district {code}"));
        let point = self.units.iter().map(|unit| unit.point).filter(|id| !points.contains(id));
        let insurer =
            self.policies.iter().map(|policy| &policy.insurer).filter(|code| !insurers.contains(code));
        let missing = district.chain(point.map(|id| format!("point {id}")));
        match missing.chain(insurer.map(|code| format!("insurer {code}"))).next() {
            Some(what) => Err(CityFailed::Dangling { what }),
            None => Ok(()),
        }
    }

    fn check_usernames(&self) -> Result<(), CityFailed> {
        let units = self.units.iter().map(|unit| &unit.username);
        let officers = self.officers.iter().map(|officer| &officer.username);
        let supervisors = self.supervisors.iter().map(|supervisor| &supervisor.username);
        let admins = self.admins.iter().map(|admin| &admin.username);
        let mut seen = HashSet::new();
        match units.chain(officers).chain(supervisors).chain(admins).find(|name| !seen.insert(*name)) {
            Some(twice) => Err(CityFailed::Twice(twice.clone())),
            None => Ok(()),
        }
    }

    /// The insurers as the sandbox plays them.
    pub fn insurer_settings(&self) -> Vec<InsurerSettings> {
        let settings = |insurer: &Insurer| InsurerSettings {
            code: insurer.code.to_string(),
            secret: insurer.webhook_secret.clone(),
            callback_secret: insurer.callback_secret.clone(),
        };
        self.insurers.iter().map(settings).collect()
    }

    /// The policies in the insurers' books.
    pub fn books(&self) -> Vec<Policy> {
        let policy = |vehicle: &InsuredVehicle| Policy {
            insurer: vehicle.insurer.to_string(),
            number: vehicle.number.to_string(),
            plate: vehicle.plate.to_string(),
        };
        self.policies.iter().map(policy).collect()
    }
}

fn clock_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    NaiveTime::parse_from_str(&text, "%H:%M").map_err(|_| serde::de::Error::custom("a time is HH:MM"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZIBO: &str = include_str!("../../../deploy/demo/zibo.toml");

    #[test]
    fn the_demo_city_is_sound_and_complete() {
        let city = City::parse(ZIBO).unwrap();
        assert_eq!((city.districts.len(), city.points.len(), city.units.len()), (8, 9, 18));
        assert!(city.officers.len() >= 4 && !city.supervisors.is_empty() && !city.admins.is_empty());
        let codes: Vec<_> = city.insurers.iter().map(|insurer| insurer.code.as_str()).collect();
        assert_eq!(codes, ["PICC", "PAIC", "CPIC"]);
        for point in &city.points {
            assert!((35.9..37.3).contains(&point.latitude) && (117.5..118.5).contains(&point.longitude));
            assert_eq!(city.units.iter().filter(|unit| unit.point == point.id).count(), 2, "{}", point.name);
        }
        for district in &city.districts {
            assert!(city.officers.iter().any(|officer| officer.districts.contains(&district.code)));
        }
        assert!(!format!("{city:?}").contains("demo-only"));
    }

    #[test]
    fn what_is_named_but_not_described_is_found() {
        let refused = |from: &str, to: &str| City::parse(&ZIBO.replacen(from, to, 1)).unwrap_err();
        assert!(matches!(
            refused("district = \"370303\"", "district = \"370399\""),
            CityFailed::Dangling { .. }
        ));
        assert!(matches!(refused("insurer = \"PICC\"", "insurer = \"NONE\""), CityFailed::Dangling { .. }));
        assert!(matches!(refused("\"officer-2\"", "\"officer-1\""), CityFailed::Twice(_)));
        assert!(matches!(refused("opens = \"08:00\"", "opens = \"8 o'clock\""), CityFailed::Form(_)));
        assert!(matches!(refused("hotline", "hot_line"), CityFailed::Form(_)));
    }
}
