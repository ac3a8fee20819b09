//! Why the rules said no. Each variant is one stable error code of the API.

use std::collections::BTreeSet;

use crate::{evidence::Slot, role::PartyRole};

/// Why the domain refused a step. The text holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The step does not lead out of the stage the case is in.
    #[error("cannot {action}: the case is {stage}")]
    WrongStage {
        /// What was asked.
        action: &'static str,
        /// Where the case stands.
        stage: &'static str,
    },
    /// Only a party of the case may do this.
    #[error("only a party of the case may do this")]
    NotAParty,
    /// Only the officer who holds the case may do this.
    #[error("only the officer who holds the case may do this")]
    NotTheReviewer,
    /// The officer's lease (办理占用) ran out; the case must be taken again.
    #[error("the lease on the case has run out")]
    LeaseLost,
    /// The officer is related to a party (RTSL §83, R146 §105: 回避).
    #[error("the officer must recuse himself from this case")]
    ConflictOfInterest,
    /// The lane in which the law puts the case does not allow it.
    #[error("the lane of the case does not allow this")]
    LaneForbids,
    /// Mandatory photos are missing.
    #[error("mandatory photos are missing")]
    EvidenceMissing(BTreeSet<Slot>),
    /// The party has given no statement yet.
    #[error("the party has given no statement")]
    StatementMissing,
    /// The party did not agree to remote handling (R146 §20: joint application).
    #[error("the party must agree to remote handling")]
    ConsentMissing,
    /// Liability can be determined online only on joint application of all parties (R146 §20).
    #[error("not every party has applied for an online determination")]
    JointApplicationMissing,
    /// The invitation was used.
    #[error("the invitation has been used")]
    InvitationUsed,
    /// The invitation is too old.
    #[error("the invitation has expired")]
    InvitationExpired,
    /// The account is already a party of this case.
    #[error("this account is already a party of the case")]
    AlreadyAParty,
    /// Everybody the report counted has joined.
    #[error("the case has all its parties")]
    NoSeatLeft,
    /// The case holds as many photos of one party as it may.
    #[error("the party has stored as many photos as a case may hold")]
    TooManyPhotos,
    /// The case holds as many recordings of one party as it may.
    #[error("the party has stored as many recordings as a case may hold")]
    TooManyRecordings,
    /// The party has committed as many pieces of evidence as a case holds.
    #[error("the party has committed as many pieces of evidence as a case may hold")]
    TooManyCommitments,
    /// The upload names a commitment that this party did not make in this case.
    #[error("the party made no such commitment in this case")]
    CommitmentUnknown,
    /// The statement names a recording that this party did not store in this case.
    #[error("the party stored no such recording in this case")]
    RecordingUnknown,
    /// What was confirmed is not the latest statement.
    #[error("the statement confirmed is not the latest one")]
    StatementChanged,
    /// What was confirmed is not the sketch as it is now.
    #[error("the sketch confirmed is not the current one")]
    SketchChanged,
    /// The party has given as many versions of its statement as a case holds.
    #[error("the party has given as many versions of its statement as a case may hold")]
    TooManyStatements,
    /// The case is under legal hold already.
    #[error("the case is under legal hold already")]
    LegalHoldStands,
    /// The case is not under legal hold.
    #[error("the case is not under legal hold")]
    NoLegalHold,
    /// The bytes are gone, their term being over; the proof of them stays.
    #[error("the bytes of this evidence were removed at the end of their term")]
    EvidenceErased,
    /// The case has made as many invitations as it may.
    #[error("the case has made as many invitations as it may")]
    TooManyInvitations,
    /// Grades were not given for exactly the parties of the case.
    #[error("a grade is needed for each party and nobody else")]
    LiabilityIncomplete,
    /// The city does not allow one of the grades in this lane.
    #[error("the city does not allow one of these grades here")]
    GradeNotAllowed,
    /// The decision differs from the proposal without saying why.
    #[error("a decision that differs from the proposal needs a reason")]
    ReasonRequired,
    /// What was signed is not the document that stands.
    #[error("the document signed is not the current one")]
    DocumentChanged,
    /// The party has already signed or refused.
    #[error("the party has already answered the determination")]
    AlreadyAnswered(PartyRole),
    /// The report counted more parties than have joined.
    #[error("not every party of the accident has joined the case")]
    PartyMissing,
    /// The parties proposed as many agreements as a case holds.
    #[error("as many agreements were proposed as a case may hold")]
    TooManyProposals,
    /// The party has no phone on record to which a one-time code could be sent.
    #[error("the party has no phone on record")]
    PhoneMissing,
    /// The party has not opened the document that it wants to sign.
    #[error("the document was not opened before it was signed")]
    DocumentNotOpened,
    /// The party signs in itself, so nobody records its signature.
    #[error("the party signs itself")]
    PartySignsItself,
    /// The one-time code is another.
    #[error("the one-time code is wrong")]
    SigningCodeWrong,
    /// There is no one-time code that could still be used: none was sent, or it is too old, was used or was guessed at.
    #[error("no one-time code can be used")]
    SigningCodeExpired,
    /// The final document has reached the party already.
    #[error("the document was served already")]
    AlreadyServed(PartyRole),
    /// Somebody else enters what this party says, or it speaks for itself.
    #[error("somebody else enters what this party says, or it speaks for itself")]
    NotYourEntry,
    /// The phone is that of another party: a code sent there would prove nothing.
    #[error("the phone is on record for another party")]
    PhoneOfAnother,
    /// The party acts for itself: there is nothing to confirm.
    #[error("the party acts for itself")]
    NothingToConfirm,
    /// Somebody helps the party, which has not agreed to it: nobody signs for it.
    #[error("the party has not agreed to being helped")]
    HelpNotAgreed,
    /// There was a review already: an accident has one (R146 §71).
    #[error("a review has been asked for in this case already")]
    ReviewUsed,
    /// The party's request came too late, and stands in the case as such (R146 §71).
    #[error("the time for asking for a review is over")]
    ReviewTooLate,
    /// An agreement is the parties' own act: mediation or a lawsuit, not a review (R146 §22).
    #[error("an agreement is not reviewed")]
    AgreementNotReviewed,
    /// Nobody asked for a review.
    #[error("there is no review")]
    NoReview,
    /// The review stands where this cannot be done.
    #[error("cannot {action}: the review is {state}")]
    ReviewState {
        /// What was asked.
        action: &'static str,
        /// Where the review stands.
        state: &'static str,
    },
    /// Only officers of the unit above review (R146 §74).
    #[error("only officers of the unit above review")]
    NotOfTheUnitAbove,
    /// The officer had a part in what is reviewed, or is to be made anew.
    #[error("the officer had a part in this case before")]
    HandledBefore,
    /// Who drafted the conclusion does not confirm it (R146 §74: at least two officers).
    #[error("another reviewer must confirm the conclusion")]
    FourEyes,
    /// The conclusion is none that the article knows for what is reviewed (R146 §76, §77).
    #[error("the outcome does not go with what is reviewed")]
    OutcomeUnknown,
    /// Only who asked for the review takes it back (R146 §75).
    #[error("only who asked for the review takes it back")]
    NotTheApplicant,
    /// A suit was noted already.
    #[error("a suit was noted already")]
    SuitNoted,
    /// Mediation is not for this determination: it was held, somebody refused to sign or objects, or there is only one
    /// party (R146 §26).
    #[error("the determination is not open to mediation")]
    MediationExcluded,
    /// No mediation is under way.
    #[error("no mediation is open")]
    MediationNotOpen,
    /// The determination is not signed while the parties negotiate.
    #[error("a mediation is open")]
    MediationOpen,
    /// Whoever has an account speaks for itself.
    #[error("the party speaks for itself")]
    PartySpeaksItself,
    /// An item of damage names a photo that is not the party's own in this case.
    #[error("the party stored no such photo in this case")]
    PhotoUnknown,
    /// The shares are not within what the grades of the determination allow.
    #[error("the shares are not within the bounds of the grades")]
    SharesOutOfBounds,
    /// The terms pay somebody more than it lost, or nothing at all.
    #[error("the terms pay more than the items of damage")]
    TermsExceedLoss,
    /// 互碰自赔 is not offered: a condition does not hold.
    #[error("claiming from one's own insurer is not open to these parties")]
    OwnClaimsNotOffered,
    /// The proposal is not open: it was declined, or something newer took its place.
    #[error("these terms are not open")]
    TermsClosed,
    /// The mediation holds as many proposals as it may.
    #[error("as many terms were proposed as a mediation may hold")]
    TooManyTerms,
    /// The unit is on another task.
    #[error("the unit is on another task")]
    UnitBusy,
    /// The task was given to another unit.
    #[error("the task belongs to another unit")]
    NotYourDispatch,
    /// The unit is too far from the scene to have arrived.
    #[error("the position is too far from the scene")]
    TooFarFromScene,
    /// No unit on duty is free.
    #[error("no unit on duty is free")]
    NoUnitFree,
    /// A unit is already on its way.
    #[error("a unit has already been sent")]
    AlreadyDispatched,
}
