//! The API under `/api/v1`: what it takes, who may call it, what it shows.

mod schemas;

mod capture_form;
mod download;
mod inputs;
mod views;

mod keyed;
mod signed;

mod table;

mod court_pack;
mod documents;
mod driver;
mod endings;
mod everybody;
mod evidence;
mod insurers;
mod links;
mod log;
mod mediation;
mod officer;
mod parties;
mod points;
mod reading;
mod review;
mod self_control;
mod sign_in;
mod signals;
mod signing;
mod sketch;
mod supervisor;
mod uploads;
mod verification_page;

mod openapi;

use actix_web::{HttpResponse, HttpResponseBuilder, http::StatusCode, http::header};
use app::{Answer, AppError, Shown};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

pub use self::{
    openapi::document,
    signed::{TokenRules, authorize},
    table::{OPERATIONS, Operation, Who},
};

/// Where the API hangs.
pub const BASE: &str = "/api/v1";

/// Every route, on one screen. Each has its line in [`OPERATIONS`], which says who may call it.
pub fn routes(service: &mut ServiceConfig<'_>) {
    service
        .service(sign_in::wechat_sign_in)
        .service(sign_in::staff_sign_in)
        .service(sign_in::insurer_token)
        .service(sign_in::refresh_session)
        .service(sign_in::sign_out)
        .service(sign_in::jwks)
        .service(everybody::list_questions)
        .service(everybody::list_shots)
        .service(documents::verify_document)
        .service(driver::report_case)
        .service(driver::list_my_cases)
        .service(driver::join_case)
        .service(everybody::get_case)
        .service(driver::invite_party)
        .service(driver::update_party)
        .service(parties::decline_invitation)
        .service(parties::name_helper)
        .service(parties::add_party)
        .service(parties::enter_party)
        .service(parties::enter_statement)
        .service(parties::enter_submission)
        .service(parties::send_party_code)
        .service(parties::confirm_party)
        .service(parties::note_absence)
        .service(evidence::upload_photo)
        .service(reading::get_photo)
        .service(links::create_photo_link)
        .service(links::open_photo_link)
        .service(uploads::describe_uploads)
        .service(uploads::create_upload)
        .service(uploads::probe_upload)
        .service(uploads::append_upload)
        .service(uploads::cancel_upload)
        .service(uploads::override_upload)
        .service(evidence::commit_evidence)
        .service(evidence::upload_recording)
        .service(evidence::get_recording)
        .service(driver::put_statement)
        .service(driver::confirm_statement)
        .service(driver::submit_case)
        .service(driver::withdraw_case)
        .service(signing::request_signing_code)
        .service(signing::sign_determination)
        .service(signing::record_signature)
        .service(signing::agree_to_service)
        .service(signing::record_service)
        .service(everybody::refuse_determination)
        .service(endings::propose_agreement)
        .service(endings::sign_agreement)
        .service(endings::decline_agreement)
        .service(endings::ask_for_officer)
        .service(documents::list_documents)
        .service(documents::get_document)
        .service(everybody::get_journal)
        .service(court_pack::get_court_pack)
        .service(supervisor::place_legal_hold)
        .service(supervisor::lift_legal_hold)
        .service(review::request_review)
        .service(review::end_review)
        .service(review::list_reviews)
        .service(review::get_review)
        .service(review::take_review)
        .service(review::draft_review)
        .service(review::confirm_review)
        .service(review::note_suit)
        .service(officer::list_queue)
        .service(officer::take_next_case)
        .service(officer::renew_lease)
        .service(officer::release_case)
        .service(officer::request_evidence)
        .service(officer::suggest_liability)
        .service(signals::get_signals)
        .service(sketch::get_sketch)
        .service(sketch::confirm_sketch)
        .service(sketch::list_contradictions)
        .service(self_control::how_colleagues_decided)
        .service(self_control::take_second_look)
        .service(self_control::get_second_look_photo)
        .service(self_control::decide_second_look)
        .service(self_control::get_self_control)
        .service(officer::determine_liability)
        .service(officer::escalate_case)
        .service(endings::issue_certificate)
        .service(endings::close_case)
        .service(points::create_dispatch)
        .service(points::cancel_dispatch)
        .service(points::list_points)
        .service(points::find_nearest_points)
        .service(points::list_tasks)
        .service(points::accept_dispatch)
        .service(points::decline_dispatch)
        .service(points::arrive_on_scene)
        .service(points::complete_dispatch)
        .service(points::report_position)
        .service(insurers::list_claims)
        .service(insurers::get_claim)
        .service(insurers::receive_claim_callback)
        .service(mediation::request_mediation)
        .service(mediation::withdraw_from_mediation)
        .service(mediation::put_damages)
        .service(mediation::set_shares)
        .service(mediation::calculate_compensation)
        .service(mediation::propose_terms)
        .service(mediation::answer_terms)
        .service(mediation::end_mediation)
        .service(log::get_log_key)
        .service(log::get_checkpoint)
        .service(log::list_checkpoints)
        .service(log::get_inclusion_proof)
        .service(log::get_consistency_proof);
}

/// An answer to a write, fresh or given again.
fn respond(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponseBuilder::new(status);
    if let Some(version) = answer.version {
        response.insert_header((header::ETAG, format!("\"{version}\"")));
    }
    if answer.replayed {
        response.insert_header(("idempotent-replayed", "true"));
    }
    if answer.body.is_empty() {
        return response.finish();
    }
    response.content_type("application/json").body(answer.body)
}

/// How an outcome is answered and remembered.
fn shown(status: StatusCode, version: Option<i64>, view: &impl Serialize) -> Result<Shown, AppError> {
    let body = serde_json::to_string(view).map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(Shown { status: status.as_u16(), version, body })
}
