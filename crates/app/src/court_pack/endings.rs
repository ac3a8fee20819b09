//! What the summary of a pack says of an agreement, a certificate, or a case that was closed.

use domain::{
    case::{Agreement, Case, Certificate, Stage},
    document::SummarySection,
};

use super::summary::{china, row, section, shortened, signatures};

/// The tables of a case that did not end by a determination.
pub(super) fn sections(case: &Case) -> Vec<SummarySection> {
    let agreement = case.agreement().into_iter();
    let agreed = agreement.flat_map(|agreement| [agreed(agreement), signatures(&agreement.signatures)]);
    agreed.chain(case.certificate().map(certified)).chain(closed(case)).collect()
}

fn agreed(agreement: &Agreement) -> SummarySection {
    let grades = agreement.liability.grades().iter();
    let grades: Vec<String> =
        grades.map(|(role, grade)| format!("{}（{role}）：{}", role.chinese(), grade.chinese())).collect();
    let proposed = format!("{}（{}）", china(agreement.proposed_at), agreement.proposed_by.chinese());
    let rows = vec![
        row("责任 Liability", grades.join("\n")),
        row("事实 Facts", shortened(agreement.facts.as_str())),
        row("依据 Articles", agreement.articles.join("\n")),
        row("提出 Proposed", proposed),
        row("文书 Document (SHA-256)", agreement.document),
    ];
    section("自行协商协议", "Agreement of the parties", &[], rows)
}

fn certified(certificate: &Certificate) -> SummarySection {
    let rows = vec![
        row("已查明 Established", shortened(certificate.facts.as_str())),
        row("未能查明的原因 Why the rest is not", shortened(certificate.reason.as_str())),
        row("民警 Officer", format!("{} {}", certificate.officer_name, certificate.officer_badge)),
        row("出具时间 Issued", china(certificate.issued_at)),
        row("文书 Document (SHA-256)", certificate.document),
    ];
    section("道路交通事故证明", "Certificate", &[], rows)
}

fn closed(case: &Case) -> Option<SummarySection> {
    let Stage::Closed { reason, at } = &case.stage else { return None };
    let rows = vec![row("原因 Reason", shortened(reason.as_str())), row("时间 When", china(*at))];
    Some(section("案件终结", "Closed by an officer", &[], rows))
}
