//! Which documents of a case count, and what took the place of the others.

use super::build::*;
use crate::{
    case::{IssuedDocument, Stage, Standing, Superseding},
    digest::Digest,
    document::DocumentKind,
    identifiers::VerificationCode,
};

fn issued(kind: DocumentKind, bytes: &[u8], code: u8) -> IssuedDocument {
    let verification = VerificationCode::new([code; 26]);
    IssuedDocument { kind, digest: Digest::of(bytes), verification, at: at(i64::from(code)) }
}

fn superseded(by: Option<&IssuedDocument>, why: Superseding) -> Standing {
    Standing::Superseded { by: by.map(|by| by.digest), at: by.map(|by| by.at), why }
}

#[test]
fn the_final_version_takes_the_place_of_the_one_that_was_signed() {
    let case = concluded();
    let draft = issued(DocumentKind::Determination, b"draft", 1);
    let document = case.determination().unwrap().document;
    let last = IssuedDocument { digest: document, ..draft.clone() };
    let all = [draft, last];
    assert_eq!(case.standing(&all[0], &all), superseded(Some(&all[1]), Superseding::Completed));
    assert_eq!(case.standing(&all[1], &all), Standing::Current);
    assert!(case.is_final_document(&all[1], &all) && !case.is_final_document(&all[0], &all));
}

#[test]
fn a_determination_that_a_review_took_away_says_so_and_what_came_instead() {
    let mut case = concluded();
    let first = case.determination().unwrap().clone();
    let old = IssuedDocument { digest: first.document, ..issued(DocumentKind::Determination, b"", 1) };
    case.overturned.push(first);
    case.stage = Stage::Waiting { since: at(300) };
    let conclusion = issued(DocumentKind::ReviewConclusion, b"review", 2);
    let all = [old.clone(), conclusion.clone()];
    assert_eq!(case.standing(&old, &all), superseded(None, Superseding::Revoked));
    assert_eq!(case.standing(&conclusion, &all), Standing::Current);
    let anew = issued(DocumentKind::Determination, b"anew", 3);
    let all = [old.clone(), conclusion, anew.clone()];
    assert_eq!(case.standing(&old, &all), superseded(Some(&anew), Superseding::Revoked));
}

#[test]
fn an_agreement_that_was_not_agreed_and_a_determination_left_behind_do_not_count() {
    let mut case = concluded();
    let proposal = issued(DocumentKind::Agreement, b"proposal", 1);
    let document = case.determination().unwrap().document;
    let decided = IssuedDocument { digest: document, ..issued(DocumentKind::Determination, b"", 2) };
    let all = [proposal.clone(), decided.clone()];
    assert_eq!(case.standing(&proposal, &all), superseded(Some(&decided), Superseding::NotAgreed));
    case.stage = Stage::Waiting { since: at(300) };
    assert_eq!(case.standing(&decided, &all), superseded(None, Superseding::Abandoned));
}

#[test]
fn the_record_of_a_mediation_that_came_to_nothing_does_not_count() {
    let record = issued(DocumentKind::MediationRecord, b"record", 4);
    let case = concluded();
    let all = [record.clone()];
    assert_eq!(case.standing(&record, &all), superseded(None, Superseding::NotAgreed));
    assert!(!case.is_final_document(&record, &all));
}
