//! From everything a use case can say to one code: the only place where errors are sorted. No `_` arms, so that
//! a new error does not compile until it has a code.

use app::{AppError, UploadRefused};
use domain::{
    evidence::Slot,
    identifiers::InvalidIdentifier,
    ports::{CallbackRefused, WeChatError},
    refusal::Refusal,
};
use evidence::{DrawingRefused, IntakeError, RecordingError};
use store::StoreError;

use super::{ErrorCode, Problem, cause};

impl From<AppError> for Problem {
    /// Faults of the service itself are written to the log here; the client learns the request's id, no more.
    fn from(error: AppError) -> Self {
        let problem = of_app(&error);
        if problem.document().status >= 500 {
            let (code, cause) = (problem.document().code, cause::chain(&error));
            tracing::error!(code, cause, "the service could not answer");
        }
        problem
    }
}

impl From<InvalidIdentifier> for Problem {
    fn from(invalid: InvalidIdentifier) -> Self {
        Self::invalid_value(invalid.what, invalid.rule)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        of_refusal(&refusal)
    }
}

fn of_app(error: &AppError) -> Problem {
    let code = match error {
        AppError::Refused(refusal) => return of_refusal(refusal),
        AppError::LockedOut { seconds } => {
            let seconds = *seconds;
            return Problem::new(ErrorCode::LockedOut).with(|document| document.retry_after = Some(seconds));
        }
        AppError::TooManyCodes { seconds } => {
            let seconds = *seconds;
            return Problem::new(ErrorCode::TooManySigningCodes)
                .with(|document| document.retry_after = Some(seconds));
        }
        AppError::Drawing(DrawingRefused::NotADrawing) => ErrorCode::SignatureImageInvalid,
        AppError::Drawing(DrawingRefused::Blank) => ErrorCode::SignatureImageBlank,
        AppError::TooManyTexts { seconds } => {
            let seconds = *seconds;
            return Problem::new(ErrorCode::TooManyTexts)
                .with(|document| document.retry_after = Some(seconds));
        }
        AppError::Photo(intake) => return of_intake(intake),
        AppError::Upload(refused) => return of_upload(refused),
        AppError::Recording(recording) => return of_recording(recording),
        AppError::NotReady => ErrorCode::PhotoNotReady,
        AppError::NotViewable => ErrorCode::PhotoNotViewable,
        AppError::NotFound(_) => ErrorCode::NotFound,
        AppError::Forbidden(_) => ErrorCode::Forbidden,
        AppError::LogNotThatLarge => ErrorCode::LogNotThatLarge,
        AppError::PreconditionFailed => ErrorCode::StaleVersion,
        AppError::KeyReused => ErrorCode::IdempotencyKeyReused,
        AppError::SignInFailed => ErrorCode::SignInFailed,
        AppError::SessionEnded => ErrorCode::SessionEnded,
        AppError::WeChat(WeChatError::BadCode) => ErrorCode::WechatCodeRefused,
        AppError::WeChat(WeChatError::Blocked) => ErrorCode::WechatBlocked,
        AppError::WeChat(WeChatError::Unavailable(_)) => ErrorCode::WechatUnavailable,
        AppError::Callback(CallbackRefused::Forged) => ErrorCode::CallbackForged,
        AppError::Callback(CallbackRefused::Malformed) => ErrorCode::CallbackMalformed,
        AppError::Store(error) => of_store(error),
        AppError::Objects(error) => of_objects(error),
        AppError::NotSetUp(_) => ErrorCode::NotSetUp,
        AppError::Internal(_) => ErrorCode::Internal,
    };
    Problem::new(code)
}

fn of_refusal(refusal: &Refusal) -> Problem {
    let code = match refusal {
        Refusal::WrongStage { action: _, stage } => {
            let stage = *stage;
            return Problem::new(ErrorCode::WrongStage).with(|document| document.stage = Some(stage));
        }
        Refusal::EvidenceMissing(slots) => {
            let missing = slots.iter().map(|slot: &Slot| slot.name()).collect();
            return Problem::new(ErrorCode::EvidenceMissing).with(|document| document.missing = missing);
        }
        Refusal::AlreadyAnswered(role) => {
            let role = role.to_string();
            return Problem::new(ErrorCode::AlreadyAnswered).with(|document| document.role = Some(role));
        }
        Refusal::AlreadyServed(role) => {
            let role = role.to_string();
            return Problem::new(ErrorCode::AlreadyServed).with(|document| document.role = Some(role));
        }
        Refusal::PhoneMissing => ErrorCode::PhoneMissing,
        Refusal::DocumentNotOpened => ErrorCode::DocumentNotOpened,
        Refusal::PartySignsItself => ErrorCode::PartySignsItself,
        Refusal::SigningCodeWrong => ErrorCode::SigningCodeWrong,
        Refusal::SigningCodeExpired => ErrorCode::SigningCodeExpired,
        Refusal::NotAParty => ErrorCode::NotAParty,
        Refusal::NotYourEntry => ErrorCode::NotYourEntry,
        Refusal::PhoneOfAnother => ErrorCode::PhoneOfAnother,
        Refusal::NothingToConfirm => ErrorCode::NothingToConfirm,
        Refusal::HelpNotAgreed => ErrorCode::HelpNotAgreed,
        Refusal::NotTheReviewer => ErrorCode::NotTheReviewer,
        Refusal::LeaseLost => ErrorCode::LeaseLost,
        Refusal::ConflictOfInterest => ErrorCode::ConflictOfInterest,
        Refusal::LaneForbids => ErrorCode::LaneForbids,
        Refusal::MediationExcluded => ErrorCode::MediationExcluded,
        Refusal::MediationNotOpen => ErrorCode::MediationNotOpen,
        Refusal::MediationOpen => ErrorCode::MediationOpen,
        Refusal::PartySpeaksItself => ErrorCode::PartySpeaksItself,
        Refusal::PhotoUnknown => ErrorCode::PhotoUnknown,
        Refusal::SharesOutOfBounds => ErrorCode::SharesOutOfBounds,
        Refusal::TermsExceedLoss => ErrorCode::TermsExceedLoss,
        Refusal::OwnClaimsNotOffered => ErrorCode::OwnClaimsNotOffered,
        Refusal::TermsClosed => ErrorCode::TermsClosed,
        Refusal::TooManyTerms => ErrorCode::TooManyTerms,
        Refusal::StatementMissing => ErrorCode::StatementMissing,
        Refusal::ConsentMissing => ErrorCode::ConsentMissing,
        Refusal::JointApplicationMissing => ErrorCode::JointApplicationMissing,
        Refusal::PartyMissing => ErrorCode::PartyMissing,
        Refusal::TooManyProposals => ErrorCode::TooManyProposals,
        Refusal::InvitationUsed => ErrorCode::InvitationUsed,
        Refusal::InvitationExpired => ErrorCode::InvitationExpired,
        Refusal::AlreadyAParty => ErrorCode::AlreadyAParty,
        Refusal::NoSeatLeft => ErrorCode::NoSeatLeft,
        Refusal::TooManyPhotos => ErrorCode::TooManyPhotos,
        Refusal::TooManyRecordings => ErrorCode::TooManyRecordings,
        Refusal::TooManyCommitments => ErrorCode::TooManyCommitments,
        Refusal::CommitmentUnknown => ErrorCode::CommitmentUnknown,
        Refusal::RecordingUnknown => ErrorCode::RecordingUnknown,
        Refusal::StatementChanged => ErrorCode::StatementChanged,
        Refusal::SketchChanged => ErrorCode::SketchChanged,
        Refusal::LegalHoldStands => ErrorCode::LegalHoldStands,
        Refusal::NoLegalHold => ErrorCode::NoLegalHold,
        Refusal::EvidenceErased => ErrorCode::EvidenceErased,
        Refusal::TooManyStatements => ErrorCode::TooManyStatements,
        Refusal::TooManyInvitations => ErrorCode::TooManyInvitations,
        Refusal::LiabilityIncomplete => ErrorCode::LiabilityIncomplete,
        Refusal::GradeNotAllowed => ErrorCode::GradeNotAllowed,
        Refusal::ReasonRequired => ErrorCode::ReasonRequired,
        Refusal::DocumentChanged => ErrorCode::DocumentChanged,
        Refusal::UnitBusy => ErrorCode::UnitBusy,
        Refusal::NotYourDispatch => ErrorCode::NotYourDispatch,
        Refusal::TooFarFromScene => ErrorCode::TooFarFromScene,
        Refusal::NoUnitFree => ErrorCode::NoUnitFree,
        Refusal::AlreadyDispatched => ErrorCode::AlreadyDispatched,
        Refusal::ReviewUsed => ErrorCode::ReviewUsed,
        Refusal::ReviewTooLate => ErrorCode::ReviewTooLate,
        Refusal::AgreementNotReviewed => ErrorCode::AgreementNotReviewed,
        Refusal::NoReview => ErrorCode::NoReview,
        Refusal::ReviewState { action: _, state: _ } => ErrorCode::ReviewState,
        Refusal::NotOfTheUnitAbove => ErrorCode::NotOfTheUnitAbove,
        Refusal::HandledBefore => ErrorCode::HandledBefore,
        Refusal::FourEyes => ErrorCode::FourEyes,
        Refusal::OutcomeUnknown => ErrorCode::OutcomeUnknown,
        Refusal::NotTheApplicant => ErrorCode::NotTheApplicant,
        Refusal::SuitNoted => ErrorCode::SuitNoted,
    };
    Problem::new(code)
}

fn of_intake(error: &IntakeError) -> Problem {
    let code = match error {
        IntakeError::TooLarge { limit } => {
            let limit = *limit;
            return Problem::new(ErrorCode::PhotoTooLarge).with(|document| document.limit = Some(limit));
        }
        IntakeError::Empty => ErrorCode::PhotoEmpty,
        IntakeError::NotAnImage => ErrorCode::PhotoNotAnImage,
        IntakeError::UnsupportedFormat { found: _ } => ErrorCode::PhotoFormatUnsupported,
        IntakeError::TooManyPixels { width: _, height: _ } | IntakeError::TooMuchMemory { limit: _ } => {
            ErrorCode::PhotoTooManyPixels
        }
        IntakeError::Truncated => ErrorCode::PhotoTruncated,
        IntakeError::Undecodable => ErrorCode::PhotoDamaged,
        IntakeError::Interrupted { cause: _ } => ErrorCode::UploadInterrupted,
        IntakeError::Store(error) => of_objects(error),
    };
    Problem::new(code)
}

fn of_recording(error: &RecordingError) -> Problem {
    let code = match error {
        RecordingError::TooLarge { limit } => {
            let limit = *limit;
            return Problem::new(ErrorCode::RecordingTooLarge).with(|document| document.limit = Some(limit));
        }
        RecordingError::Empty => ErrorCode::RecordingEmpty,
        RecordingError::UnsupportedFormat => ErrorCode::RecordingFormatUnsupported,
        RecordingError::Interrupted { cause: _ } => ErrorCode::UploadInterrupted,
        RecordingError::Store(error) => of_objects(error),
    };
    Problem::new(code)
}

fn of_upload(refused: &UploadRefused) -> Problem {
    let code = match refused {
        UploadRefused::TooLarge { limit } => return Problem::limited(ErrorCode::UploadTooLarge, *limit),
        UploadRefused::NoRoom { limit } => return Problem::limited(ErrorCode::UploadNoRoom, *limit),
        UploadRefused::OffsetMismatch => ErrorCode::UploadOffset,
        UploadRefused::Locked => ErrorCode::UploadLocked,
        UploadRefused::Expired => ErrorCode::UploadExpired,
        UploadRefused::TooManyOpen => ErrorCode::TooManyUploads,
        UploadRefused::ChecksumMismatch => ErrorCode::UploadChecksumMismatch,
        UploadRefused::NotAsAnnounced => ErrorCode::UploadNotAsAnnounced,
    };
    Problem::new(code)
}

fn of_store(error: &StoreError) -> ErrorCode {
    match error {
        StoreError::Stale(_) => ErrorCode::ChangedMeanwhile,
        StoreError::Duplicate(_) => ErrorCode::AlreadyExists,
        StoreError::Unavailable(_) => ErrorCode::Unavailable,
        StoreError::NoSpace => ErrorCode::NoSpace,
        StoreError::Full(_) => ErrorCode::TooManyUploads,
        StoreError::TooManyCodes => ErrorCode::TooManySigningCodes,
        StoreError::Corrupt { table: _, column: _ } | StoreError::Database(_) => ErrorCode::Internal,
    }
}

/// A missing or damaged object that the database points to is our fault, not the client's.
fn of_objects(error: &evidence::StoreError) -> ErrorCode {
    match error {
        evidence::StoreError::NoSpace(_) => ErrorCode::NoSpace,
        evidence::StoreError::Io { doing: _, source: _ }
        | evidence::StoreError::Unreachable(_)
        | evidence::StoreError::ShuttingDown => ErrorCode::Unavailable,
        evidence::StoreError::Missing(_)
        | evidence::StoreError::Damaged(_)
        | evidence::StoreError::WrongKey(_) => ErrorCode::Internal,
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, io};

    use domain::role::PartyRole;

    use super::*;

    fn document(error: impl Into<AppError>) -> super::super::ProblemDocument {
        Problem::from(error.into()).document().clone()
    }

    #[test]
    fn refusals_keep_what_the_client_needs_to_go_on() {
        let missing = document(Refusal::EvidenceMissing(BTreeSet::from([Slot::Impact, Slot::FrontOblique])));
        assert_eq!((missing.status, missing.missing), (409, vec!["front_oblique", "impact"]));
        let stage = document(Refusal::WrongStage { action: "sign", stage: "reported" });
        assert_eq!((stage.status, stage.stage), (409, Some("reported")));
        let answered = document(Refusal::AlreadyAnswered(PartyRole::B));
        assert_eq!((answered.code, answered.role.as_deref()), ("already_answered", Some("B")));
        assert_eq!(document(Refusal::InvitationExpired).status, 410);
    }

    #[test]
    fn waiting_times_are_told() {
        let locked = document(AppError::LockedOut { seconds: 300 });
        assert_eq!((locked.status, locked.retry_after), (429, Some(300)));
        let store = document(StoreError::Unavailable("code 5".into()));
        assert_eq!((store.status, store.retry_after), (503, Some(5)));
        assert_eq!(document(StoreError::NoSpace).status, 507);
        assert_eq!(document(evidence::StoreError::NoSpace(io::ErrorKind::StorageFull.into())).status, 507);
    }

    #[test]
    fn photos_are_refused_with_the_status_of_their_fault() {
        let status = |error: IntakeError| document(error).status;
        assert_eq!(status(IntakeError::TooLarge { limit: 9 }), 413);
        assert_eq!(status(IntakeError::NotAnImage), 415);
        assert_eq!(status(IntakeError::UnsupportedFormat { found: "GIF" }), 415);
        for error in [IntakeError::Empty, IntakeError::Truncated, IntakeError::Undecodable] {
            assert_eq!(status(error), 422);
        }
        assert_eq!(status(evidence::StoreError::ShuttingDown.into()), 503);
    }

    #[test]
    fn a_fault_inside_shows_nothing_of_itself() {
        let canary = "SELECT * FROM party WHERE phone = 13800000000 at /srv/kuaichu";
        let shown = serde_json::to_string(&document(AppError::Internal(canary.into()))).unwrap();
        for leaked in ["SELECT", "party", "13800000000", "/srv"] {
            assert!(!shown.contains(leaked), "{leaked}");
        }
    }

    #[test]
    fn not_found_says_nothing_about_what_was_looked_for() {
        assert_eq!(document(AppError::NotFound("case")), document(AppError::NotFound("photo")));
    }
}
