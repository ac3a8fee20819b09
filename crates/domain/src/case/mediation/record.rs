//! What the papers say of a mediation: the determination its result (R146 §25, §26), the record all of it (R146 §93).

use super::{EndReason, Mediation, MediationOutcome, Mediator, Proposal, Terms};
use crate::{
    case::{Case, Determination, Issuer, papers::signature_line},
    document::{
        Bilingual, DamageLine, LiabilityLine, MediationPaper, MediationResult, OfficerLine, PaymentLine,
    },
    identifiers::VerificationCode,
};

/// What a record rests on.
const ARTICLES: [&str; 4] = [
    "《道路交通安全法》第七十四条",
    "《道路交通安全法》第七十六条",
    "《道路交通事故处理程序规定》第二十五条",
    "《道路交通事故处理程序规定》第九十三条",
];

impl Case {
    /// Number of the mediation's record.
    pub fn mediation_number(&self) -> String {
        let determination = self.document_number();
        format!("调字{}", determination.strip_prefix("认字").unwrap_or(&determination))
    }

    /// Leads from the QR code of the mediation's record to its verification, once something is agreed.
    pub fn mediation_code(&self) -> Option<&VerificationCode> {
        match self.determination()?.mediation.as_ref()?.outcome.as_ref()? {
            MediationOutcome::Agreed { verification, .. } => Some(verification),
            MediationOutcome::Ended { .. } => None,
        }
    }

    /// The record of the terms that all parties have accepted, with the signatures so far; nothing before.
    pub fn mediation_paper(&self, code: &VerificationCode, issuer: &Issuer) -> Option<MediationPaper> {
        let (determination, mediation, proposal) = self.accepted_terms()?;
        let held_by = mediation.mediator.as_ref();
        let Mediator { name, badge, .. } = held_by?;
        Some(MediationPaper {
            head: self.paper_head(self.mediation_number(), code, issuer),
            determination_number: self.document_number(),
            liability: shares_by_grade(determination, &proposal.terms),
            damages: damages(mediation),
            payments: payments(&proposal.terms),
            performance: performance(&proposal.terms),
            articles: ARTICLES.map(str::to_owned).to_vec(),
            officer: OfficerLine { name: name.to_string(), number: badge.clone() },
            agreed_at: agreed_at(mediation, proposal),
            signatures: determination.signatures.iter().map(signature_line).collect(),
            rights: Vec::new(),
        })
    }

    /// What the determination says of its mediation: what all have accepted, or why it ended.
    pub(in crate::case) fn mediation_result(&self, determination: &Determination) -> Option<MediationResult> {
        let mediation = determination.mediation.as_ref()?;
        if let Some(MediationOutcome::Ended { reason, at, .. }) = &mediation.outcome {
            return Some(MediationResult::Ended { at: *at, reason: why(*reason) });
        }
        let (_, _, proposal) = self.accepted_terms()?;
        Some(MediationResult::Agreed {
            at: agreed_at(mediation, proposal),
            damages: damages(mediation),
            payments: payments(&proposal.terms),
            performance: performance(&proposal.terms),
        })
    }
}

/// When the last one accepted.
fn agreed_at(mediation: &Mediation, proposal: &Proposal) -> chrono::DateTime<chrono::Utc> {
    match mediation.outcome {
        Some(MediationOutcome::Agreed { at, .. }) => at,
        _ => proposal.answers.values().map(|answer| answer.at).max().unwrap_or(proposal.at),
    }
}

fn shares_by_grade(determination: &Determination, terms: &Terms) -> Vec<LiabilityLine> {
    let grades = determination.liability.grades().iter();
    grades
        .map(|(role, grade)| {
            let share = terms.shares.as_ref().and_then(|shares| shares.get(role));
            let share = share.map(|share| format!("（赔偿比例{share}%）")).unwrap_or_default();
            LiabilityLine { role: role.chinese().to_string(), grade: format!("{}{share}", grade.chinese()) }
        })
        .collect()
}

fn damages(mediation: &Mediation) -> Vec<DamageLine> {
    let items =
        mediation.losses.iter().flat_map(|(role, losses)| losses.items.iter().map(move |item| (role, item)));
    items
        .map(|(role, item)| {
            let note = item.note.as_ref().map(|note| format!("（{note}）")).unwrap_or_default();
            DamageLine {
                role: role.chinese().to_string(),
                item: format!("{}{note}", item.kind.chinese()),
                fen: item.amount.0,
            }
        })
        .collect()
}

fn payments(terms: &Terms) -> Vec<PaymentLine> {
    let line = |payment: &super::TermPayment| PaymentLine {
        to: payment.to.chinese().to_string(),
        from: payment.from.chinese().to_string(),
        source: if terms.own_claims {
            "本车交强险（互碰自赔）".to_owned()
        } else {
            payment.layer.chinese().to_owned()
        },
        fen: payment.amount.0,
    };
    terms.payments.iter().map(line).collect()
}

/// In which way and by when.
fn performance(terms: &Terms) -> String {
    let mut text = if terms.own_claims {
        "各方采用“互碰自赔”方式，各自向本车交强险保险公司索赔".to_owned()
    } else if terms.payments.is_empty() {
        "各方互不赔偿，各自承担损失".to_owned()
    } else {
        "按上列项目给付".to_owned()
    };
    if let Some(manner) = &terms.manner {
        text += &format!("；给付方式：{manner}");
    }
    if let Some(day) = terms.pay_by {
        text += &format!("；给付期限：{}前", day.format("%Y年%-m月%-d日"));
    }
    text + "。"
}

fn why(reason: EndReason) -> Bilingual {
    match reason {
        EndReason::Objection => Bilingual::new(
            "当事人对事故认定有异议，依照《道路交通事故处理程序规定》第二十六条第一项不适用调解",
            "a party objects to the determination (R146 §26 no. 1)",
        ),
        EndReason::RefusedToSign => Bilingual::new(
            "当事人拒绝在认定书上签名，依照《道路交通事故处理程序规定》第二十六条第二项不适用调解",
            "a party refused to sign the determination (R146 §26 no. 2)",
        ),
        EndReason::NoConsent => Bilingual::new(
            "当事人不同意调解，依照《道路交通事故处理程序规定》第二十六条第三项不适用调解",
            "a party does not consent to mediation (R146 §26 no. 3)",
        ),
        EndReason::Deadline => Bilingual::new("调解期限届满，未达成协议", "its time ended without agreement"),
        EndReason::NoResult => Bilingual::new("经调解未达成协议", "the parties came to no agreement"),
    }
}
