//! A mediation in words, for the summary of a pack.

use domain::{
    case::{Case, Mediation, MediationOutcome, Proposal, TermPayment},
    document::SummarySection,
    role::PartyRole,
};

use super::summary::{china, row, section};

/// What each lost, what was proposed and answered, and how it ended; nothing where nobody asked for it.
pub(super) fn sections(case: &Case) -> Vec<SummarySection> {
    let Some(mediation) = case.determination().and_then(|determination| determination.mediation.as_ref())
    else {
        return Vec::new();
    };
    vec![course(mediation), damages(mediation), thread(mediation, case.parties.len())]
}

fn course(mediation: &Mediation) -> SummarySection {
    let asked = mediation.requested.iter().map(|(role, at)| {
        row(&format!("当事人{}（{role}）申请调解 Asked for mediation", role.chinese()), china(*at))
    });
    let opened = mediation.opened_at.map(|at| row("开始调解 Opened", china(at)));
    let officer = mediation.mediator.as_ref();
    let officer = officer.map(|one| row("主持民警 Held by", format!("{} {}", one.name, one.badge)));
    let ended = mediation.outcome.as_ref().map(|outcome| match outcome {
        MediationOutcome::Agreed { number, at, .. } => {
            row("达成协议 Agreed", format!("{}，第{number}号方案 / proposal {number}", china(*at)))
        }
        MediationOutcome::Ended { reason, note, at } => {
            let note = note.as_ref().map(|note| format!("\n{note}")).unwrap_or_default();
            row("调解终止 Ended without result", format!("{} {}{note}", china(*at), reason.name()))
        }
    });
    section("损害赔偿调解", "Mediation", &[], asked.chain(opened).chain(officer).chain(ended).collect())
}

fn damages(mediation: &Mediation) -> SummarySection {
    let items =
        mediation.losses.iter().flat_map(|(role, lost)| lost.items.iter().map(move |item| (role, item)));
    let rows = items.map(|(role, item)| {
        let note = item.note.as_ref().map(ToString::to_string).unwrap_or_default();
        vec![party(*role), item.kind.chinese().to_owned(), item.amount.to_string(), note]
    });
    let columns = [["当事人", "Party"], ["项目", "Item"], ["金额", "Amount"], ["说明", "Note"]];
    section("损失项目", "Damages", &columns, rows.collect())
}

fn thread(mediation: &Mediation, parties: usize) -> SummarySection {
    let rows = mediation.proposals.iter().map(|proposal| {
        vec![
            proposal.number.to_string(),
            proposal.by.map_or("民警 officer".to_owned(), party),
            terms(proposal),
            format!("{}\n{}", proposal.state(parties), answers(proposal)),
        ]
    });
    let columns = [["序号", "No."], ["提出人", "By"], ["方案", "Terms"], ["答复", "Answers"]];
    section("调解方案", "Proposals", &columns, rows.collect())
}

fn terms(proposal: &Proposal) -> String {
    let paid = |one: &TermPayment| {
        let TermPayment { to, from, layer, amount } = one;
        format!("{from} → {to} {amount}（{}）", layer.chinese())
    };
    let mut lines: Vec<_> = proposal.terms.payments.iter().map(paid).collect();
    lines.extend(proposal.terms.own_claims.then(|| "互碰自赔 each from its own insurer".to_owned()));
    lines.extend(proposal.terms.manner.as_ref().map(ToString::to_string));
    lines.extend(proposal.terms.pay_by.map(|day| day.to_string()));
    lines.join("\n")
}

fn answers(proposal: &Proposal) -> String {
    let one = |(role, answer): (&PartyRole, &domain::case::TermsAnswer)| {
        format!("{role} {}", if answer.accepted { "同意 accepts" } else { "不同意 declines" })
    };
    proposal.answers.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn party(role: PartyRole) -> String {
    format!("{}（{role}）", role.chinese())
}
