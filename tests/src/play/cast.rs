//! The people of the play and their cars. Everybody is invented; identity numbers only pass the check digit.

use sandbox::city::City;
use serde_json::{Value, json};

use crate::{
    pictures::{View, photo},
    trouble::Trouble,
};

/// Everybody who drives.
#[derive(Debug, Clone)]
pub struct Cast {
    /// Runs into the car ahead.
    pub a: DriverPart,
    /// Was standing.
    pub b: DriverPart,
    /// Breaks down.
    pub c: DriverPart,
    seed: u64,
}

/// One driver with a car.
#[derive(Debug, Clone)]
pub struct DriverPart {
    /// How WeChat knows the person.
    pub openid: String,
    /// Code of the insurer.
    pub insurer: String,
    /// Mobile number.
    pub phone: &'static str,
    name: &'static str,
    licence: &'static str,
    plate: String,
    policy: String,
    loss_fen: u32,
}

impl Cast {
    /// Casts drivers whose cars are in the insurers' books. `seed` makes the drivers and photos of one play others
    /// than those of another.
    pub fn new(city: &City, seed: u64) -> Result<Self, Trouble> {
        let part = |letter: &str, insurer: &str, (name, licence, phone), loss_fen| {
            let policy = city.policies.iter().find(|policy| policy.insurer.as_str() == insurer);
            let policy = policy
                .ok_or_else(|| Trouble::not_so(format!("{insurer} has no policy in the city's file")))?;
            Ok::<_, Trouble>(DriverPart {
                openid: format!("o-demo-driver-{letter}-{seed:016x}"),
                insurer: insurer.to_owned(),
                phone,
                name,
                licence,
                plate: policy.plate.to_string(),
                policy: policy.number.to_string(),
                loss_fen,
            })
        };
        Ok(Self {
            a: part("a", "PICC", ("高建华", "370303198805121017", "13805330001"), 260_000)?,
            b: part("b", "PAIC", ("林晓雨", "370302199208232040", "13805330002"), 180_000)?,
            c: part("c", "CPIC", ("宋志远", "370306198503173056", "13805330003"), 320_000)?,
            seed,
        })
    }

    /// What must never be logged: names, numbers and plates of everybody.
    pub fn secrets(&self) -> Vec<&str> {
        let parts = [&self.a, &self.b, &self.c].into_iter();
        parts
            .flat_map(|part| [part.name, part.licence, part.phone, &part.plate, &part.policy, &part.openid])
            .collect()
    }

    /// A photo of this play's own.
    pub(super) fn photo(&self, view: View) -> Result<Vec<u8>, Trouble> {
        Ok(photo(self.seed, view)?)
    }
}

impl DriverPart {
    /// What the driver tells about person and car.
    pub fn details(&self) -> Value {
        json!({
            "name": self.name,
            "licence": self.licence,
            "phone": self.phone,
            "vehicle": { "plate": self.plate, "kind": "car" },
            "insurance": {
                "insurer": self.insurer,
                "policy_number": self.policy,
                "third_party_limit_fen": 100_000_000,
                "own_damage": true,
            },
            "estimated_loss_fen": self.loss_fen,
        })
    }
}
