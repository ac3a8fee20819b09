//! Invented drivers whose every datum is a canary: unlike anything else in an answer, so that it can be found
//! wherever it does not belong.

use serde_json::{Value, json};

/// A driver with a car.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) openid: &'static str,
    pub(crate) name: &'static str,
    pub(crate) phone: &'static str,
    pub(crate) licence: String,
    pub(crate) plate: &'static str,
    pub(crate) insurer: &'static str,
    pub(crate) policy: &'static str,
    pub(crate) words: &'static str,
    pub(crate) loss: u32,
}

/// Runs into the car ahead.
pub(crate) fn ann() -> Person {
    Person {
        openid: "openid-canary-ann",
        name: "欧阳安安",
        phone: "13911110001",
        licence: licence("37030319900101001"),
        plate: "鲁CAN001",
        insurer: "PICC",
        policy: "PDZA-CANARY-ANN",
        words: "安安的陈述：我没有看见前车。",
        loss: 111_111,
    }
}

/// Was standing.
pub(crate) fn ben() -> Person {
    Person {
        openid: "openid-canary-ben",
        name: "司马本本",
        phone: "13922220002",
        licence: licence("37030319850615123"),
        plate: "鲁CBN002",
        insurer: "PAIC",
        policy: "PAZA-CANARY-BEN",
        words: "本本的陈述：我在等红灯。",
        loss: 222_222,
    }
}

/// Has nothing to do with it, or is the third.
pub(crate) fn cat() -> Person {
    Person {
        openid: "openid-canary-cat",
        name: "诸葛卡卡",
        phone: "13933330003",
        licence: licence("37030319920823204"),
        plate: "鲁CCT003",
        insurer: "CPIC",
        policy: "CPZA-CANARY-CAT",
        words: "卡卡的陈述：我在最前面。",
        loss: 333_333,
    }
}

impl Person {
    /// What the person tells about itself.
    pub(crate) fn details(&self) -> Value {
        json!({
            "name": self.name,
            "phone": self.phone,
            "licence": self.licence,
            "vehicle": { "plate": self.plate, "kind": "car" },
            "insurance": { "insurer": self.insurer, "policy_number": self.policy },
            "estimated_loss_fen": self.loss,
        })
    }

    /// What must not be seen by others.
    pub(crate) fn canaries(&self) -> Vec<String> {
        let Self { openid, name, phone, licence, plate, policy, words, loss, insurer: _ } = self;
        let texts = [openid, name, phone, licence.as_str(), plate, policy, words];
        texts.iter().map(ToString::to_string).chain([loss.to_string()]).collect()
    }
}

/// Seventeen digits with their check character (GB 11643).
fn licence(digits: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 =
        digits.chars().zip(WEIGHTS).map(|(digit, weight)| digit.to_digit(10).unwrap() * weight).sum();
    let check = "10X98765432".chars().nth((sum % 11) as usize).unwrap();
    format!("{digits}{check}")
}
