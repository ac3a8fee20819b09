//! The domain's port: what a document says, put into its form.

use domain::{
    document::{
        self as content, Bilingual, CaseSummary, DeterminationPaper as Content, Language, Paper,
        SummaryCopies, SummarySection,
    },
    ports::{Typesetter, TypesettingFailed},
};
use serde_json::Value;

use crate::{
    DETERMINATION_TITLE, DeterminationPaper, LiabilityLine, PartyLine, Renderer, SignatureLine,
    SignatureState, china_time, summary::page,
};

impl Typesetter for Renderer {
    fn typeset(&self, paper: &Paper, _: Language) -> Result<Vec<u8>, TypesettingFailed> {
        let pdf = match paper {
            Paper::Determination(paper) => self.render_determination(&form(paper)),
            other => self.render_summary(&plain(other)),
        };
        pdf.map_err(|error| TypesettingFailed(error.to_string()))
    }

    fn summary(&self, summary: &CaseSummary) -> Result<SummaryCopies, TypesettingFailed> {
        let pdf = self.render_summary(summary).map_err(|error| TypesettingFailed(error.to_string()))?;
        Ok(SummaryCopies { pdf, html: page(summary) })
    }
}

/// A paper without a form of its own: its fields one below the other.
fn plain(paper: &Paper) -> CaseSummary {
    let head = paper.head();
    let mut rows = Vec::new();
    flatten("", &serde_json::to_value(paper).unwrap_or_default(), &mut rows);
    CaseSummary {
        number: head.number.clone(),
        unit_name: head.unit_name.clone(),
        made_at: head.occurred_at,
        notice: Bilingual::new("", ""),
        sections: vec![SummarySection {
            heading: Bilingual::new("文书", paper.kind().name()),
            columns: Vec::new(),
            rows,
        }],
    }
}

fn flatten(label: &str, value: &Value, rows: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| flatten(&format!("{label} {name}"), field, rows));
        }
        Value::Array(items) => items.iter().for_each(|item| flatten(label, item, rows)),
        Value::String(text) => rows.push(vec![label.to_owned(), text.clone()]),
        other => rows.push(vec![label.to_owned(), other.to_string()]),
    }
}

fn form(paper: &Content) -> DeterminationPaper {
    let head = &paper.head;
    DeterminationPaper {
        number: head.number.clone(),
        form_title: DETERMINATION_TITLE.to_owned(),
        unit_name: head.unit_name.clone(),
        occurred_at: Some(head.occurred_at),
        place: Some(head.place.clone()),
        weather: head.weather.clone(),
        parties: head.parties.iter().map(party).collect(),
        accident_form: paper.accident_form.clone(),
        impact_parts: impact_parts(&head.parties),
        facts: Some(paper.facts.clone()),
        liability: paper.liability.iter().map(liability).collect(),
        articles: paper.articles.clone(),
        mediation: None,
        officer_name: Some(paper.officer.name.clone()),
        officer_number: Some(paper.officer.number.clone()),
        decided_at: paper.decided_at,
        signatures: paper.signatures.iter().map(signature).collect(),
        service: service(&paper.signatures),
        rights_notice: DeterminationPaper::standard_rights_notice(),
        verification_url: head.verification_url.clone(),
        superseded: None,
    }
}

/// 送达: whoever signed had the document before him (R146 §24: signed and served at once). Nobody is said to
/// have been served who has not signed.
fn service(signatures: &[content::SignatureLine]) -> Option<String> {
    let served: Vec<String> = signatures
        .iter()
        .filter_map(|line| match &line.state {
            content::SignatureState::Signed { at } => {
                Some(format!("当事人{}于{}签名时电子送达", line.role, china_time::minute(at)))
            }
            content::SignatureState::Pending | content::SignatureState::Refused { .. } => None,
        })
        .collect();
    (!served.is_empty()).then(|| served.join("；"))
}

/// 碰撞部位 of all vehicles in one text; unknown when nobody said.
fn impact_parts(parties: &[content::PartyLine]) -> Option<String> {
    let parts: Vec<String> = parties
        .iter()
        .filter_map(|party| party.impact.as_ref().map(|impact| format!("{}方{impact}", party.role)))
        .collect();
    (!parts.is_empty()).then(|| parts.join("；"))
}

fn party(line: &content::PartyLine) -> PartyLine {
    PartyLine {
        role: line.role.clone(),
        name: line.name.clone(),
        identity: line.identity.clone(),
        phone: line.phone.clone(),
        transport_mode: line.transport_mode.clone(),
        vehicle_kind: line.vehicle_kind.clone(),
        plate: line.plate.clone(),
        insurer: line.insurer.clone(),
        policy_number: line.policy_number.clone(),
    }
}

fn liability(line: &content::LiabilityLine) -> LiabilityLine {
    LiabilityLine { role: line.role.clone(), grade: Some(line.grade.clone()), reason: None }
}

fn signature(line: &content::SignatureLine) -> SignatureLine {
    let state = match &line.state {
        content::SignatureState::Pending => SignatureState::Pending,
        content::SignatureState::Signed { at } => SignatureState::Signed { at: *at },
        content::SignatureState::Refused { at, reason, .. } => {
            SignatureState::Refused { at: *at, reason: Some(reason.clone()) }
        }
    };
    SignatureLine { role: line.role.clone(), state, image: line.image.as_ref().map(|image| image.0.clone()) }
}
