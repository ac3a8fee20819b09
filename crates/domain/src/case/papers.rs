//! What the documents of a case say: the case in the words of its papers (R146 §21, §24, §67).

use chrono::{DateTime, Utc};

use super::{Case, Determination, DeterminationDraft, Issuer, NumberPlate, Party, Signature};
use crate::{
    document::{
        Bilingual, DeterminationPaper, LiabilityLine, OfficerLine, Paper, PaperHead, PaperWording, PartyLine,
        RightsPaper, ServiceLine, SignatureLine, SignatureState,
    },
    event::{RefusedBy, ServiceManner},
    identifiers::VerificationCode,
    liability::{Grade, Liability},
    role::PartyRole,
    rulebook::Wording,
    rules::Rules,
};

impl Case {
    /// Number of the case's determination: the case number with 认, and which it is if a review took others away.
    pub fn document_number(&self) -> String {
        match self.overturned.len() {
            0 => format!("认字{}", self.number),
            earlier => format!("认字{}-{}", self.number, earlier + 1),
        }
    }

    /// What stands on top of the document with this number.
    pub fn paper_head(&self, number: String, code: &VerificationCode, issuer: &Issuer) -> PaperHead {
        PaperHead {
            number,
            case_number: self.number.to_string(),
            unit_name: issuer.unit_name.clone(),
            occurred_at: self.occurred_at,
            place: self.place.to_string(),
            weather: self.weather.as_ref().map(ToString::to_string),
            parties: self.parties.iter().map(|party| party_line(party, issuer)).collect(),
            verification_url: format!("{}{code}", issuer.verification_base),
            wording: PaperWording::default(),
        }
    }

    /// What the document of a draft says.
    pub fn paper_of_draft(&self, draft: &DeterminationDraft, issuer: &Issuer) -> DeterminationPaper {
        self.paper(&draft.determination, issuer)
    }

    /// What the document of a determination says, with the signatures so far.
    pub fn paper(&self, determination: &Determination, issuer: &Issuer) -> DeterminationPaper {
        DeterminationPaper {
            head: self.paper_head(self.document_number(), &determination.verification, issuer),
            accident_form: determination.accident_form.as_ref().map(ToString::to_string),
            facts: self.with_what_it_revokes(determination.facts.to_string()),
            liability: liability_lines(&determination.liability),
            articles: determination.articles.clone(),
            officer: OfficerLine {
                name: determination.officer_name.to_string(),
                number: determination.officer_badge.clone(),
            },
            decided_at: determination.decided_at,
            signatures: determination.signatures.iter().map(signature_line).collect(),
            sketch: self.confirmed_sketch(),
            mediation: self.mediation_result(determination),
            services: self.service_lines(determination.decided_at),
            rights: Vec::new(),
        }
    }

    /// The notice of rights of one party, about the determination or certificate that stands; its time limits run
    /// from when it was served. Nothing while there is neither.
    pub fn rights_paper(&self, role: PartyRole, issuer: &Issuer) -> Option<RightsPaper> {
        let (code, at) = match (self.determination(), self.certificate()) {
            (Some(determination), _) => (&determination.verification, determination.decided_at),
            (None, Some(certificate)) => (&certificate.verification, certificate.issued_at),
            (None, None) => return None,
        };
        let party = self.party(role)?;
        let head = self.paper_head(format!("告字{}-{role}", self.number), code, issuer);
        Some(RightsPaper {
            head: PaperHead { parties: vec![party_line(party, issuer)], ..head },
            rights: Vec::new(),
            given_at: self.served_at(role).unwrap_or(at),
        })
    }

    /// Whom the act that stands since then has reached. A document that is made anew, such as with the result of a
    /// mediation, tells of those before it.
    pub fn service_lines(&self, since: DateTime<Utc>) -> Vec<ServiceLine> {
        let services = self.services.iter().filter(|service| service.at >= since);
        services
            .map(|service| ServiceLine {
                role: service.role.chinese().to_string(),
                manner: manner(service.manner),
                at: service.at,
            })
            .collect()
    }
}

/// The paper in the words of the rules: its title, what it closes with, and the rights that it tells of. Their time
/// runs from service, which is known only to the notice of one party's rights.
pub fn worded(paper: impl Into<Paper>, rules: &Rules<'_>, served: Option<DateTime<Utc>>) -> Paper {
    let mut paper = paper.into();
    let kind = paper.kind();
    let both = |wording: &Wording| Bilingual::new(wording.zh.clone(), wording.en.clone());
    let marks = rules.wording.marks();
    if let Some(text) = rules.wording.document(kind) {
        paper.head_mut().wording = PaperWording {
            title: both(&text.title),
            closing: both(&text.closing),
            unknown: both(&marks.unknown),
            verification: both(&marks.verification),
            translation: both(&marks.translation),
        };
    }
    *paper.rights_mut() = rules.rights(kind, served);
    paper
}

fn manner(manner: ServiceManner) -> Bilingual {
    match manner {
        ServiceManner::Opened => Bilingual::new(
            "经本人同意以电子方式送达，本人已查收",
            "served online with the party's consent, and opened",
        ),
        ServiceManner::Paper => Bilingual::new("直接送达纸质文书", "handed over on paper"),
        ServiceManner::RefusedToReceive => Bilingual::new(
            "本人拒绝接收，由交通警察注明",
            "the party refused to receive it, noted by the officer",
        ),
    }
}

/// One party as documents name it.
pub(super) fn party_line(party: &Party, issuer: &Issuer) -> PartyLine {
    let details = &party.details;
    PartyLine {
        role: party.role.chinese().to_string(),
        name: details.name.as_ref().map(ToString::to_string),
        identity: details.identity_printed(),
        phone: details.phone.as_ref().map(ToString::to_string),
        transport_mode: Some(party.road_user.chinese().to_owned()),
        vehicle_kind: details.vehicle.as_ref().map(|vehicle| vehicle.kind.chinese().to_owned()),
        plate: details.plate().map(NumberPlate::printed),
        insurer: details
            .insurance
            .as_ref()
            .map(|insurance| {
                let code = &insurance.insurer;
                issuer.insurer_names.get(code).cloned().unwrap_or_else(|| code.to_string())
            })
            .or_else(|| details.other_insurance_printed()),
        policy_number: details
            .insurance
            .as_ref()
            .and_then(|held| held.policy_number.as_ref())
            .map(ToString::to_string),
        impact: party
            .own_statement()
            .and_then(|statement| statement.facts.impact_zone)
            .map(|zone| zone.chinese().to_owned()),
        remarks: party.remarks(),
    }
}

/// Who bears what, as documents say it.
pub(super) fn liability_lines(liability: &Liability) -> Vec<LiabilityLine> {
    let line = |(role, grade): (&PartyRole, &Grade)| LiabilityLine {
        role: role.chinese().to_string(),
        grade: grade.chinese().to_owned(),
    };
    liability.grades().iter().map(line).collect()
}

/// What a party did with a document, as documents say it; the drawn image is for the caller to add.
pub(super) fn signature_line((role, signature): (&PartyRole, &Signature)) -> SignatureLine {
    let state = match signature {
        Signature::Pending => SignatureState::Pending,
        Signature::Signed { at, .. } => SignatureState::Signed { at: *at },
        Signature::Refused { at, reason, by } => {
            SignatureState::Refused { at: *at, reason: reason.to_string(), noted: noted(*by) }
        }
    };
    SignatureLine { role: role.chinese().to_string(), state, image: None }
}

fn noted(by: RefusedBy) -> Bilingual {
    match by {
        RefusedBy::Party => Bilingual::new("本人拒绝签名", "Refused to sign"),
        RefusedBy::NotedByOfficer => {
            Bilingual::new("拒绝签名，由交通警察注明", "Refused to sign, noted by the officer")
        }
        RefusedBy::Silence => {
            Bilingual::new("逾期未签名，由系统注明", "Did not sign in time, noted by the service")
        }
    }
}
