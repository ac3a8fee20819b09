//! What a party did with a document that it was asked to sign, and what ties a signature to its signer
//! (电子签名法 §13, §14): the signer has opened exactly this document, proves himself by his session and by a code
//! that reached his phone, draws his signature, and the service seals all of it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Case, Officer, Stage, reporting::digest_of};
use crate::{
    digest::Digest,
    document::DocumentKind,
    event::{Event, RefusedBy},
    identifiers::{AccountId, Passage, Phone},
    refusal::Refusal,
    role::PartyRole,
};

/// How long a code can be used.
pub const CODE_LIFE: TimeDelta = TimeDelta::minutes(5);
/// How often a code can be tried; with six digits, five tries guess one in 200 000.
pub const CODE_TRIES: i32 = 5;
/// How many codes a party gets for one document within [`CODE_WINDOW`].
pub const CODES_PER_DOCUMENT: usize = 5;
/// How many codes go to one phone within [`CODE_WINDOW`], whatever they are for.
pub const CODES_PER_PHONE: usize = 10;
/// The time in which codes are counted.
pub const CODE_WINDOW: TimeDelta = TimeDelta::hours(1);

/// What a party did with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Signature {
    /// Nothing yet.
    Pending,
    /// Signed over the hash of the document.
    Signed {
        /// When.
        at: DateTime<Utc>,
        /// What was signed.
        document: Digest,
        /// What ties it to the signer; cases of the first release have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<SignatureProof>,
    },
    /// Refused; noted with the reason (R146 §24), blocks nothing.
    Refused {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        reason: Passage,
        /// Who noted it.
        by: RefusedBy,
    },
}

impl Signature {
    /// What ties it to the signer, if it is one and has such a proof.
    pub fn proof(&self) -> Option<&SignatureProof> {
        match self {
            Self::Signed { proof, .. } => proof.as_ref(),
            Self::Pending | Self::Refused { .. } => None,
        }
    }
}

/// What ties a signature to its signer: who was signed in, the code that reached his phone, the image he drew, and the
/// service's signature over all of it with the document's hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureProof {
    /// Whose session it was: the party's, or that of the officer who recorded what the party told him.
    pub account: AccountId,
    /// When the one-time code was sent to the party's phone.
    pub code_sent_at: DateTime<Utc>,
    /// SHA-256 of the drawn image (PNG), kept beside the documents; none where an officer recorded the signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Digest>,
    /// The officer who read the document out and was told the code, where the party has no session of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_by: Option<AccountId>,
    /// The service's signature over it, a compact JWS.
    pub seal: String,
}

impl SignatureProof {
    /// The hash by which the journal names it.
    pub fn digest(&self) -> Digest {
        digest_of(self)
    }
}

/// A document that waits for a party's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToSign {
    /// Whose signature.
    pub role: PartyRole,
    /// What kind of document.
    pub kind: DocumentKind,
    /// SHA-256 of its PDF.
    pub document: Digest,
}

impl Case {
    /// What this party can sign now, if it is this document: it stands, it waits for the party's answer, and somebody
    /// has opened it in the party's name.
    pub fn to_sign(&self, role: PartyRole, document: Digest) -> Result<ToSign, Refusal> {
        let (kind, current, signatures) = self.open_for_signatures()?;
        if current != document {
            return Err(Refusal::DocumentChanged);
        }
        match signatures.get(&role) {
            Some(Signature::Pending) => {}
            Some(_) => return Err(Refusal::AlreadyAnswered(role)),
            None => return Err(Refusal::NotAParty),
        }
        Ok(ToSign { role, kind, document })
    }

    /// The same for a party with a session of its own, which must have opened the document before (电子签名法 §13:
    /// nobody signs what he was not shown). A helper signs only for a party that has agreed to being helped.
    pub fn to_sign_as(&self, by: AccountId, document: Digest) -> Result<ToSign, Refusal> {
        let party = self.party_of(by).ok_or(Refusal::NotAParty)?;
        let to_sign = self.to_sign(party.role, document)?;
        if !party.stands_by_it() {
            return Err(Refusal::HelpNotAgreed);
        }
        if self.has_opened(to_sign.role, document) { Ok(to_sign) } else { Err(Refusal::DocumentNotOpened) }
    }

    /// The same for a party without a session, to whom an officer has read the document out. Whoever has an account
    /// signs himself.
    pub fn to_record(&self, officer: &Officer, role: PartyRole, document: Digest) -> Result<ToSign, Refusal> {
        if self.conflicts_with(officer) {
            return Err(Refusal::ConflictOfInterest);
        }
        // An agreement is the parties' own act: no officer has a part in it.
        if !matches!(self.stage, Stage::Decided { .. }) {
            return Err(self.stage.refuse("record a signature"));
        }
        let to_sign = self.to_sign(role, document)?;
        match self.party(role) {
            Some(party) if party.account.is_none() => Ok(to_sign),
            Some(_) => Err(Refusal::PartySignsItself),
            None => Err(Refusal::NotAParty),
        }
    }

    fn open_for_signatures(
        &self,
    ) -> Result<(DocumentKind, Digest, &BTreeMap<PartyRole, Signature>), Refusal> {
        match &self.stage {
            Stage::Decided { determination } if determination.open_mediation().is_some() => {
                Err(Refusal::MediationOpen)
            }
            Stage::Decided { determination } => {
                Ok((DocumentKind::Determination, determination.document, &determination.signatures))
            }
            Stage::Agreeing { agreement } => {
                Ok((DocumentKind::Agreement, agreement.document, &agreement.signatures))
            }
            other => Err(other.refuse("sign a document")),
        }
    }

    /// The phone to which a party's codes go: the one on record, whoever asks for the code. For a party that signs by the
    /// code alone, it is no phone that another party has too.
    pub fn phone_for_codes(&self, role: PartyRole) -> Result<&Phone, Refusal> {
        let party = self.party(role).ok_or(Refusal::NotAParty)?;
        let phone = party.details.phone.as_ref().ok_or(Refusal::PhoneMissing)?;
        let mut others = self.parties.iter().filter(|other| other.role != role);
        if party.account.is_none() && others.any(|other| other.details.phone.as_ref() == Some(phone)) {
            return Err(Refusal::PhoneOfAnother);
        }
        Ok(phone)
    }

    /// Every drawn signature that the case names, those under what a review took away too.
    pub fn signature_images(&self) -> impl Iterator<Item = Digest> + '_ {
        let standing = match &self.stage {
            Stage::Decided { determination } | Stage::Concluded { determination, .. } => {
                Some(&determination.signatures)
            }
            Stage::Agreeing { agreement } | Stage::Agreed { agreement, .. } => Some(&agreement.signatures),
            _ => None,
        };
        let overturned = self.overturned.iter().map(|determination| &determination.signatures);
        standing
            .into_iter()
            .chain(overturned)
            .flat_map(BTreeMap::values)
            .filter_map(|signature| signature.proof()?.image)
    }

    /// Notes that a code was sent.
    pub fn code_sent(self, to_sign: &ToSign) -> (Self, Event) {
        let event = Event::SigningCodeSent { role: to_sign.role, document: to_sign.document };
        (self, event)
    }

    /// An officer records the signature of a party without a session, over the document that he read out to it.
    pub fn record_signature(
        mut self,
        officer: &Officer,
        role: PartyRole,
        document: Digest,
        proof: SignatureProof,
        now: DateTime<Utc>,
    ) -> Result<(Self, Event), Refusal> {
        self.to_record(officer, role, document)?;
        let Stage::Decided { determination } = &mut self.stage else {
            return Err(self.stage.refuse("record a signature"));
        };
        let event = Event::DeterminationSigned { role, document, proof: Some(proof.digest()) };
        determination.answer(role, Signature::Signed { at: now, document, proof: Some(proof) })?;
        Ok((self, event))
    }
}
