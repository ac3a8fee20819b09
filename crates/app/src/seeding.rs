//! Setting a city up from a file: districts, points with their staff, officers, insurers. Running it again
//! changes names and places, and leaves accounts that exist alone.

use domain::{
    geo::{Coordinates, Datum, Position},
    identifiers::{AccountId, DistrictCode, InsurerCode, PersonName, Plate, PointId, UnitId, Username},
};
use serde::Deserialize;
use store::{Account, AccountProfile, DistrictRow, InsurerRow, PointRow, Work};

use crate::{context::App, error::AppError, password};

/// A city as its file says.
#[derive(Debug, Deserialize)]
pub struct City {
    districts: Vec<DistrictEntry>,
    #[serde(default)]
    points: Vec<PointEntry>,
    #[serde(default)]
    units: Vec<UnitEntry>,
    #[serde(default)]
    officers: Vec<OfficerEntry>,
    #[serde(default)]
    supervisors: Vec<StaffEntry>,
    #[serde(default, rename = "admins")]
    administrators: Vec<StaffEntry>,
    #[serde(default)]
    insurers: Vec<InsurerEntry>,
}

#[derive(Debug, Deserialize)]
struct DistrictEntry {
    code: DistrictCode,
    name: String,
    latitude: f64,
    longitude: f64,
}

#[derive(Debug, Deserialize)]
struct PointEntry {
    id: PointId,
    name: String,
    district: DistrictCode,
    address: String,
    latitude: f64,
    longitude: f64,
    datum: Datum,
    opens: String,
    closes: String,
}

#[derive(Debug, Deserialize)]
struct UnitEntry {
    id: UnitId,
    point: PointId,
    #[serde(flatten)]
    staff: StaffEntry,
}

#[derive(Debug, Deserialize)]
struct OfficerEntry {
    badge_number: String,
    districts: Vec<DistrictCode>,
    #[serde(default)]
    related_plates: Vec<Plate>,
    #[serde(default)]
    reviews: bool,
    #[serde(flatten)]
    staff: StaffEntry,
}

#[derive(Debug, Deserialize)]
struct StaffEntry {
    username: Username,
    name: PersonName,
    password: String,
    totp_secret: String,
}

#[derive(Debug, Deserialize)]
struct InsurerEntry {
    code: InsurerCode,
    name: String,
    hotline: String,
    client_id: String,
    client_secret: String,
}

/// Why a city's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// It is not what the format says; the message names the place in the file.
    #[error("{0}")]
    Format(#[from] toml::de::Error),
    /// A place that is nowhere on earth.
    #[error("point {0}: {1}")]
    Place(String, domain::geo::NotOnEarth),
    /// It could not be written.
    #[error(transparent)]
    App(#[from] AppError),
}

impl From<store::StoreError> for SeedError {
    fn from(error: store::StoreError) -> Self {
        Self::App(error.into())
    }
}

/// A member of staff to be added.
#[derive(Debug)]
pub struct NewStaff {
    /// Signs in with this.
    pub username: Username,
    /// What the account knows about itself.
    pub profile: AccountProfile,
    /// The first password.
    pub password: String,
    /// Base32 secret of the one-time codes; made when absent.
    pub totp_secret: Option<String>,
}

/// What was set up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seeded {
    /// Districts.
    pub districts: usize,
    /// Points.
    pub points: usize,
    /// Staff accounts and insurers' clients that were new.
    pub accounts: usize,
}

impl City {
    /// Reads a city's file.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        Ok(toml::from_str(text)?)
    }
}

impl App {
    /// Sets the city up.
    pub async fn seed(&self, city: City) -> Result<Seeded, SeedError> {
        let mut seeded =
            Seeded { districts: city.districts.len(), points: city.points.len(), ..Seeded::default() };
        let mut work = Work::new();
        put_places(&mut work, &city)?;
        let mut units = Vec::new();
        for UnitEntry { id, point, staff } in city.units {
            let profile = AccountProfile::PointStaff { name: staff.name.clone(), unit: id };
            let account = self.seed_staff(&mut work, &mut seeded, staff, profile).await?;
            units.push((id, account, point));
        }
        for OfficerEntry { badge_number: badge, districts, related_plates, reviews, staff } in city.officers {
            let name = staff.name.clone();
            let profile = AccountProfile::Officer { name, badge, districts, related_plates, reviews };
            self.seed_staff(&mut work, &mut seeded, staff, profile).await?;
        }
        for staff in city.supervisors {
            let profile = AccountProfile::Supervisor { name: staff.name.clone() };
            self.seed_staff(&mut work, &mut seeded, staff, profile).await?;
        }
        for staff in city.administrators {
            let profile = AccountProfile::Administrator { name: staff.name.clone() };
            self.seed_staff(&mut work, &mut seeded, staff, profile).await?;
        }
        for insurer in city.insurers {
            self.seed_insurer(&mut work, &mut seeded, insurer).await?;
        }
        for (unit, account, point) in units {
            work.put_unit(unit, account, point);
        }
        self.parts.store.commit(work).await?;
        Ok(seeded)
    }

    async fn seed_staff(
        &self,
        work: &mut Work,
        seeded: &mut Seeded,
        staff: StaffEntry,
        profile: AccountProfile,
    ) -> Result<AccountId, SeedError> {
        if let Some(account) = self.parts.store.account_by_username(&staff.username).await? {
            return Ok(account.id);
        }
        seeded.accounts += 1;
        let StaffEntry { username, password, totp_secret, .. } = staff;
        let staff = NewStaff { username, profile, password, totp_secret: Some(totp_secret) };
        Ok(self.insert_staff(work, staff)?.id)
    }

    fn insert_staff(&self, work: &mut Work, staff: NewStaff) -> Result<Account, AppError> {
        let totp_secret = match staff.totp_secret {
            Some(secret) => secret,
            None => totp_rs::Secret::new(Box::new(self.random::<20>())).to_base32(),
        };
        let account = Account {
            id: AccountId(self.new_id()),
            active: true,
            username: Some(staff.username),
            openid: None,
            client_id: None,
            secret_hash: Some(password::hash(&staff.password, &self.random())?),
            totp_secret: Some(totp_secret),
            totp_last_step: 0,
            profile: staff.profile,
            created_at: self.now(),
        };
        work.insert_account(&account)?;
        Ok(account)
    }

    /// Adds a member of staff; gives the base32 secret for the authenticator.
    pub async fn add_staff(&self, staff: NewStaff) -> Result<String, AppError> {
        let mut work = Work::new();
        let account = self.insert_staff(&mut work, staff)?;
        self.parts.store.commit(work).await?;
        Ok(account.totp_secret.unwrap_or_default())
    }

    /// Switches a staff account off or on; an account that is off is refused at its next request.
    pub async fn set_staff_active(&self, username: &Username, active: bool) -> Result<(), AppError> {
        let account =
            self.parts.store.account_by_username(username).await?.ok_or(AppError::NotFound("account"))?;
        let mut work = Work::new();
        work.set_active(account.id, active);
        Ok(self.parts.store.commit(work).await?)
    }

    async fn seed_insurer(
        &self,
        work: &mut Work,
        seeded: &mut Seeded,
        entry: InsurerEntry,
    ) -> Result<(), SeedError> {
        let InsurerEntry { code, name, hotline, client_id, client_secret } = entry;
        work.put_insurer(&InsurerRow { code: code.clone(), name, hotline });
        if self.parts.store.account_by_client_id(&client_id).await?.is_some() {
            return Ok(());
        }
        seeded.accounts += 1;
        work.insert_account(&Account {
            id: AccountId(self.new_id()),
            active: true,
            username: None,
            openid: None,
            client_id: Some(client_id),
            secret_hash: Some(password::hash(&client_secret, &self.random())?),
            totp_secret: None,
            totp_last_step: 0,
            profile: AccountProfile::Insurer { insurer: code },
            created_at: self.now(),
        })?;
        Ok(())
    }
}

fn put_places(work: &mut Work, city: &City) -> Result<(), SeedError> {
    for DistrictEntry { code, name, latitude, longitude } in &city.districts {
        let seat = Coordinates { latitude: *latitude, longitude: *longitude };
        work.put_district(&DistrictRow { code: code.clone(), name: name.clone(), seat })?;
    }
    for point in &city.points {
        let raw = Coordinates { latitude: point.latitude, longitude: point.longitude };
        let position = Position::new(raw, point.datum, None)
            .map_err(|error| SeedError::Place(point.name.clone(), error))?;
        work.put_point(&PointRow {
            id: point.id,
            name: point.name.clone(),
            district: point.district.clone(),
            address: point.address.clone(),
            position,
            opens: point.opens.clone(),
            closes: point.closes.clone(),
        })?;
    }
    Ok(())
}
