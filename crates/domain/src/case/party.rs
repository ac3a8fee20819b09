//! Parties (当事人): who they are, what they said, and who speaks for those who cannot do it themselves.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{details::PartyDetails, reporting::told, vehicle::RoadUser};
use crate::{
    digest::Digest,
    document::Bilingual,
    event::{AbsentHow, ConfirmedHow},
    identifiers::{AccountId, Passage, PersonName, Phone, RecordingId},
    liability::DrivingFacts,
    role::PartyRole,
};

/// Who took down what a party did not enter itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum TakenBy {
    /// Another party, on its own phone, as it says it heard it.
    Party {
        /// Which.
        role: PartyRole,
    },
    /// An officer, as he heard it from the party (R146 §16).
    Officer {
        /// His account.
        account: AccountId,
        /// Printed on documents.
        name: PersonName,
        /// Printed on documents.
        badge: String,
    },
    /// Whoever helps the party, with its consent.
    Helper,
}

impl TakenBy {
    /// In words, for whoever reads what was taken down.
    pub fn words(&self) -> (String, String) {
        match self {
            Self::Party { role } => {
                (format!("由当事人{}代为录入", role.chinese()), format!("entered by party {role}"))
            }
            Self::Officer { name, badge, .. } => (
                format!("由民警{name}（{badge}）听取后录入"),
                format!("taken down as heard by officer {name} ({badge})"),
            ),
            Self::Helper => ("由协助人代为录入".to_owned(), "entered by the party's helper".to_owned()),
        }
    }
}

/// What a party says happened (陈述). Every version is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// 1 for the first.
    pub version: i32,
    /// What the party was doing, in answers to questions.
    pub facts: DrivingFacts,
    /// In the party's own words.
    pub text: Option<Passage>,
    /// When it was given.
    pub at: DateTime<Utc>,
    /// The recording in which it was spoken, kept as evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<RecordingId>,
    /// Who took it down, if it was not the party itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<TakenBy>,
    /// When the party, having read or heard it back, confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<DateTime<Utc>>,
}

impl Statement {
    /// The hash that stands for what was said: everything but whether it was confirmed.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.told())
    }

    /// The bytes of that hash.
    pub fn told(&self) -> Vec<u8> {
        told(&Self { confirmed_at: None, ..self.clone() })
    }
}

/// What a helper is to the party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// 子女.
    Child,
    /// 配偶.
    Spouse,
    /// Another relative (其他亲属).
    Relative,
    /// 朋友.
    Friend,
    /// 代理人.
    Agent,
    /// Anybody else.
    Other,
}

impl Relation {
    /// Every relation.
    pub const ALL: [Self; 6] =
        [Self::Child, Self::Spouse, Self::Relative, Self::Friend, Self::Agent, Self::Other];

    /// Its name on paper.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Child => "子女",
            Self::Spouse => "配偶",
            Self::Relative => "亲属",
            Self::Friend => "朋友",
            Self::Agent => "代理人",
            Self::Other => "其他",
        }
    }
}

/// Somebody who acts for a party at the party's account: an elderly driver's daughter, say. Name, documents and phone
/// of the party stay the party's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Helper {
    /// The helper's name.
    pub name: PersonName,
    /// What the helper is to the party.
    pub relation: Relation,
}

/// A party has made its own what others entered in its name, or agreed to being helped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// How.
    pub how: ConfirmedHow,
    /// When.
    pub at: DateTime<Utc>,
}

/// Somebody says that a party does not take part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// In which way.
    pub how: AbsentHow,
    /// In words, for the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Passage>,
    /// When it was said.
    pub at: DateTime<Utc>,
}

/// A one-time code that was sent to a party's own phone, to confirm what others do in its name. Only its hash is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneCode {
    /// A keyed hash of the code.
    pub code: Digest,
    /// Where it was sent to.
    pub phone: Phone,
    /// Not after this time.
    pub expires_at: DateTime<Utc>,
    /// How many wrong codes it bears still.
    pub tries_left: u8,
}

/// A person, or a vehicle without one, involved in the case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Party {
    /// A, B, C…
    pub role: PartyRole,
    /// With which account the party, or whoever helps it, signs in; none for a party that others entered.
    pub account: Option<AccountId>,
    /// When the party reported, joined or was entered.
    pub joined_at: DateTime<Utc>,
    /// How the party takes part in traffic.
    pub road_user: RoadUser,
    /// Who it is.
    pub details: PartyDetails,
    /// All statements, oldest first.
    pub statements: Vec<Statement>,
    /// When the party applied for remote handling.
    pub submitted_at: Option<DateTime<Utc>>,
    /// When the party agreed that documents are served to it online (APR §36).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_agreed_at: Option<DateTime<Utc>>,
    /// Who entered it, if it did not come in by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered_by: Option<TakenBy>,
    /// Who acts for it at its account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helper: Option<Helper>,
    /// That it stands by what others enter or do in its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Confirmation>,
    /// The code that was sent to it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<PhoneCode>,
}

impl Party {
    /// A party that has just come in.
    pub fn new(role: PartyRole, account: AccountId, road_user: RoadUser, now: DateTime<Utc>) -> Self {
        Self { account: Some(account), ..Self::entered(role, road_user, now) }
    }

    /// A party that somebody else enters; who it is comes with the first data.
    pub(super) fn entered(role: PartyRole, road_user: RoadUser, now: DateTime<Utc>) -> Self {
        Self {
            role,
            account: None,
            joined_at: now,
            road_user,
            details: PartyDetails::default(),
            statements: Vec::new(),
            submitted_at: None,
            service_agreed_at: None,
            entered_by: None,
            helper: None,
            confirmed: None,
            code: None,
        }
    }

    /// The latest statement, whoever took it down.
    pub fn statement(&self) -> Option<&Statement> {
        self.statements.last()
    }

    /// The latest statement that counts as this party's own. What another party entered counts as that party's until
    /// this one has confirmed it; what a helper entered does when the party has agreed to the help.
    pub fn own_statement(&self) -> Option<&Statement> {
        self.statements.iter().rev().find(|statement| match statement.taken_by {
            None | Some(TakenBy::Officer { .. }) => true,
            Some(TakenBy::Party { .. }) => statement.confirmed_at.is_some(),
            Some(TakenBy::Helper) => statement.confirmed_at.is_some() || self.stands_by_it(),
        })
    }

    /// Whether what is done in its name counts as its own: it acts itself, or it has confirmed.
    pub fn stands_by_it(&self) -> bool {
        (self.entered_by.is_none() && self.helper.is_none()) || self.confirmed.is_some()
    }

    /// Whether it has applied for remote handling by its own will (R146 §20: jointly).
    pub fn has_applied(&self) -> bool {
        self.submitted_at.is_some() && self.stands_by_it()
    }

    /// What documents say of how it took part: who entered its data, who helped it, whose the vehicle is.
    pub fn remarks(&self) -> Vec<Bilingual> {
        let stands = self.confirmed.is_some();
        let entered = self.entered_by.as_ref().map(|by| {
            let (zh, en) = by.words();
            let (agreed, agreed_en) = if stands {
                ("经本人确认", "confirmed by it")
            } else {
                ("未经本人确认", "not confirmed by it")
            };
            Bilingual::new(format!("信息{zh}，{agreed}"), format!("data {en}, {agreed_en}"))
        });
        let heard = self
            .statement()
            .and_then(|statement| statement.taken_by.as_ref())
            .filter(|by| self.entered_by.as_ref() != Some(*by) && **by != TakenBy::Helper)
            .map(TakenBy::words)
            .map(|(zh, en)| Bilingual::new(format!("陈述{zh}"), format!("statement {en}")));
        let helped = self.helper.as_ref().map(|helper| {
            let (agreed, agreed_en) =
                if stands { ("", "") } else { ("，尚未经本人确认", ", not confirmed by it yet") };
            Bilingual::new(
                format!("由{}（{}）协助{agreed}", helper.name, helper.relation.chinese()),
                format!("helped by {} ({}){agreed_en}", helper.name, helper.relation.chinese()),
            )
        });
        let owner = self.details.owner_printed();
        let owner = owner.map(|owner| {
            Bilingual::new(format!("车辆所有人：{owner}"), format!("owner of the vehicle: {owner}"))
        });
        [entered, heard, helped, owner].into_iter().flatten().collect()
    }
}

/// An invitation for a party; only the hash of its code is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// SHA-256 of the code.
    pub code: Digest,
    /// For which role.
    pub role: PartyRole,
    /// The phone to which it was sent: who comes in by it has that phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// Not after this time.
    pub expires_at: DateTime<Utc>,
    /// Whether somebody joined with it, or declined it.
    pub used: bool,
}
