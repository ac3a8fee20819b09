//! Who and what is meant: internal ids, public numbers, and the numbers that the state issues
//! (plates, identity cards, phones). Every one is checked when it is parsed and cannot be wrong later.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Something that is not the identifier it claims to be.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("not a valid {what}: {rule}")]
pub struct InvalidIdentifier {
    /// Which identifier was expected.
    pub what: &'static str,
    /// What a valid one looks like; safe to show, never holds the input.
    pub rule: &'static str,
}

macro_rules! uuid_identifier {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )+};
}

uuid_identifier! {
    /// One case (案件).
    CaseId;
    /// Whoever signs in: a driver, an officer, a staff member, an insurer's client.
    AccountId;
    /// One photo (照片) of a case.
    PhotoId;
    /// One recording (录像录音) of a case.
    RecordingId;
    /// One piece of evidence that was fixed by its hash before its bytes came.
    CommitmentId;
    /// One upload of a large file, resumed after every cut.
    UploadId;
    /// One determination (事故认定书).
    DeterminationId;
    /// One insured vehicle's claim (理赔) with one insurer.
    ClaimId;
    /// One unit (处置人员) sent to one case.
    DispatchId;
    /// A quick-handling point (快处点).
    PointId;
    /// One staff member or vehicle that can be sent (处置人员).
    UnitId;
    /// One outgoing message (外发消息).
    MessageId;
    /// One sign-in and everything refreshed from it.
    SessionId;
}

/// Declares a checked text: parsed once, stored and sent as a plain string, never shown by `Debug`.
macro_rules! checked_text {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $parse:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text as it is stored and printed.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidIdentifier;
            fn from_str(text: &str) -> Result<Self, InvalidIdentifier> {
                let parse: fn(&str) -> Option<String> = $parse;
                parse(text).map(Self).ok_or(InvalidIdentifier { what: $what, rule: $rule })
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidIdentifier;
            fn try_from(text: String) -> Result<Self, InvalidIdentifier> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}

checked_text! {
    /// A mainland plate (号牌号码), normalised: no spaces or dots, capital letters (domain brief §6.3).
    Plate, "plate", "a province character, a letter and five or six characters, such as 鲁C12345", parse_plate;
    /// An identity-card number (GB 11643), which is also the driving-licence number.
    NationalId, "identity number", "18 characters with a correct check character (GB 11643)", parse_national_id;
    /// A mainland mobile number without country code.
    Phone, "phone", "eleven digits that start with 13 to 19", parse_phone;
    /// A vehicle identification number (GB 16735): form only, since imports may lack the check digit.
    Vin, "VIN", "17 characters without I, O and Q", parse_vin;
    /// A person's name (姓名), 1 to 40 characters, trimmed.
    PersonName, "name", "1 to 40 characters, no control characters", |text| parse_line(text, 40);
    /// An insurance policy number (保险凭证号).
    PolicyNumber, "policy number", "6 to 40 letters, digits or hyphens", |text| {
        (6..=40).contains(&text.len()).then_some(())?;
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-').then(|| text.to_ascii_uppercase())
    };
    /// An insurer's code in industry use, such as PICC (domain brief §4.7).
    InsurerCode, "insurer code", "2 to 12 capital letters or digits", |text| {
        (2..=12).contains(&text.len()).then_some(())?;
        text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).then(|| text.to_owned())
    };
    /// A county-level region code (GB/T 2260), six digits.
    DistrictCode, "district code", "six digits (GB/T 2260)", |text| {
        (text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.to_owned())
    };
    /// The number people quote: `KC` + date + 10 random characters, unguessable (50 bits) and not a secret.
    CaseNumber, "case number", "KC, eight digits and ten characters", |text| {
        let rest = text.strip_prefix("KC")?;
        (rest.len() == 18 && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())).then(|| text.to_owned())
    };
    /// Lets the second driver join: 26 characters (130 bits), single use, short-lived.
    InvitationCode, "invitation code", "26 capital letters and digits", parse_secret_code;
    /// Leads from a document's QR code to its verification: 26 characters (130 bits).
    VerificationCode, "verification code", "26 capital letters and digits", parse_secret_code;
    /// The name staff sign in with.
    Username, "user name", "3 to 40 lower-case letters, digits, dots, hyphens or underscores", |text| {
        (3..=40).contains(&text.len()).then_some(())?;
        text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b)).then(|| text.to_owned())
    };
    /// A driver's identifier at WeChat; differs per mini-program.
    OpenId, "openid", "1 to 64 visible ASCII characters", |text| {
        ((1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| text.to_owned())
    };
    /// What stands on a plate that does not have the common form (temporary, military, foreign, of an e-bike): as
    /// typed, 1 to 20 characters.
    PlateText, "plate", "1 to 20 characters in one line", |text| parse_line(text, 20);
    /// The number of a document other than the identity card, as typed, 1 to 40 characters.
    DocumentNumber, "document number", "1 to 40 characters in one line", |text| parse_line(text, 40);
    /// A short free text of one line (an address, a reason), 1 to 200 characters.
    Line, "text", "1 to 200 characters in one line", |text| parse_line(text, 200);
    /// A longer free text (a statement, the facts), 1 to 4000 characters.
    Passage, "text", "1 to 4000 characters", |text| {
        let text = text.trim();
        let allowed = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
        ((1..=4000).contains(&text.chars().count()) && text.chars().all(allowed)).then(|| text.to_owned())
    };
}

/// Characters of the codes that people may have to read to each other: no I, L, O, U (Crockford).
pub const CODE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Spells the lowest five bits of each byte in [`CODE_ALPHABET`].
pub fn spell_code(random: &[u8]) -> String {
    random
        .iter()
        .map(|byte| char::from(CODE_ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or(b'0')))
        .collect()
}

impl CaseNumber {
    /// The number of a case reported on `day` (yyyymmdd in Chinese time), from ten random bytes.
    pub fn new(day: &str, random: [u8; 10]) -> Result<Self, InvalidIdentifier> {
        format!("KC{day}{}", spell_code(&random)).parse()
    }
}

impl InvitationCode {
    /// Spells 26 random bytes (130 bits are kept).
    pub fn new(random: [u8; 26]) -> Self {
        Self(spell_code(&random))
    }
}

impl VerificationCode {
    /// Spells 26 random bytes (130 bits are kept).
    pub fn new(random: [u8; 26]) -> Self {
        Self(spell_code(&random))
    }
}

impl Passage {
    /// A text of the rules themselves, cut to the longest passage; never refused.
    pub fn shortened(text: &str) -> Self {
        let plain: String = text.chars().filter(|c| !c.is_control()).take(4000).collect();
        Self(if plain.trim().is_empty() { "—".to_owned() } else { plain.trim().to_owned() })
    }
}

fn parse_secret_code(text: &str) -> Option<String> {
    (text.len() == 26 && text.bytes().all(|byte| CODE_ALPHABET.contains(&byte))).then(|| text.to_owned())
}

fn parse_line(text: &str, longest: usize) -> Option<String> {
    let text = text.trim();
    ((1..=longest).contains(&text.chars().count()) && !text.chars().any(char::is_control))
        .then(|| text.to_owned())
}

const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
const PLATE_ENDINGS: &str = "挂学警港澳";

fn parse_plate(text: &str) -> Option<String> {
    let plate: Vec<char> = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '·' | '.' | '-'))
        .flat_map(char::to_uppercase)
        .collect();
    let (province, rest) = plate.split_first()?;
    let (office, serial) = rest.split_first()?;
    let in_serial = |c: &char| c.is_ascii_digit() || (c.is_ascii_uppercase() && !matches!(c, 'I' | 'O'));
    let new_energy = |c: &char| "DABCEFGHJK".contains(*c);
    let digit = |c: &char| c.is_ascii_digit();
    let serial_ok = match serial {
        [first @ .., last] if first.len() == 4 => {
            first.iter().all(in_serial) && (in_serial(last) || PLATE_ENDINGS.contains(*last))
        }
        [kind, second, digits @ ..] if serial.len() == 6 && new_energy(kind) => {
            in_serial(second) && digits.iter().all(digit)
        }
        [digits @ .., kind] if digits.len() == 5 => digits.iter().all(digit) && new_energy(kind),
        _ => false,
    };
    (PROVINCES.contains(*province) && office.is_ascii_uppercase() && serial_ok)
        .then(|| plate.into_iter().collect())
}

fn parse_national_id(text: &str) -> Option<String> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let text = text.trim().to_ascii_uppercase();
    if text.len() != 18 || !text.is_ascii() {
        return None;
    }
    let digits: Vec<u32> = text.chars().take(17).map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    let expected = CHECKS.get(usize::try_from(sum % 11).ok()?)?;
    let born = chrono::NaiveDate::parse_from_str(text.get(6..14)?, "%Y%m%d").is_ok();
    (text.ends_with(*expected) && born).then_some(text)
}

fn parse_phone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let digits = digits.strip_prefix("+86").unwrap_or(&digits);
    let bytes = digits.as_bytes();
    let shaped =
        matches!(bytes, [b'1', b'3'..=b'9', ..]) && bytes.len() == 11 && bytes.iter().all(u8::is_ascii_digit);
    shaped.then(|| digits.to_owned())
}

fn parse_vin(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_uppercase();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() && !b"IOQ".contains(&byte);
    (text.len() == 17 && text.bytes().all(allowed)).then_some(text)
}

impl Plate {
    /// What another party may see: the first two characters and the last, such as 鲁C····5.
    pub fn masked(&self) -> String {
        let shown: Vec<char> = self.0.chars().collect();
        match shown.as_slice() {
            [province, office, .., last] => format!("{province}{office}····{last}"),
            _ => "····".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_identifiers_are_accepted_and_normalised() {
        assert_eq!("鲁c·123 45".parse::<Plate>().unwrap().as_str(), "鲁C12345");
        for plate in ["鲁CD12345", "鲁C12345D", "鲁CDA1234", "京A1234警", "粤Z1234港"] {
            assert!(plate.parse::<Plate>().is_ok(), "{plate}");
        }
        for id in ["11010519491231002X", "440524188001010014", "370303199001010017", "370303198506151232"] {
            assert!(id.parse::<NationalId>().is_ok(), "{id}");
        }
        assert_eq!("+86 138-0000-0000".parse::<Phone>().unwrap().as_str(), "13800000000");
        assert!("LSVAA4182E2184847".parse::<Vin>().is_ok());
    }

    #[test]
    fn wrong_identifiers_are_refused() {
        for plate in [
            "",
            "鲁",
            "鲁C",
            "鲁C1234",
            "XC12345",
            "鲁CI2345",
            "鲁C1234O",
            "鲁C1234567",
            "鲁C12345L",
            "鲁CD1234A5",
        ] {
            assert!(plate.parse::<Plate>().is_err(), "{plate}");
        }
        for id in ["110105194912310021", "11010519491331002X", "1101051949123100", "一10105194912310021"] {
            assert!(id.parse::<NationalId>().is_err(), "{id}");
        }
        for phone in ["12800000000", "1380000000", "138000000000", "+1 3800000000"] {
            assert!(phone.parse::<Phone>().is_err(), "{phone}");
        }
        assert!("LSVAA4182E218484O".parse::<Vin>().is_err());
        assert!("a\nb".parse::<Line>().is_err());
    }

    #[test]
    fn debug_output_holds_no_personal_data() {
        let plate: Plate = "鲁C12345".parse().unwrap();
        assert_eq!(format!("{plate:?}"), "Plate(…)");
    }

    proptest::proptest! {
        #[test]
        fn any_input_is_parsed_or_refused_without_a_panic(text in ".{0,40}") {
            let _ = (text.parse::<Plate>(), text.parse::<NationalId>(), text.parse::<Phone>(), text.parse::<Vin>());
            let _ = (text.parse::<CaseNumber>(), text.parse::<InvitationCode>(), text.parse::<Passage>());
        }
    }
}
