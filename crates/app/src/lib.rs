//! The use cases, each one the same way: load → ask the domain → save → record → commit.
//!
//! This crate must not know: HTTP, sea-orm, reqwest, settings, which adapters exist. Writes give back a
//! [`Prepared`] work; [`App::once`] is the only place where a write is committed for somebody who asked.

mod access;
mod agreeing;
mod alive;
mod backfill;
mod checking;
mod claims;
mod clock;
mod context;
mod court_pack;
mod delivery;
mod documents;
mod ending;
mod error;
mod evidence;
mod links;
mod log;
mod mediating;
mod once;
mod parties;
mod password;
mod reading;
mod reporting;
mod retention;
mod review;
mod reviewing;
mod scene;
mod scrubbing;
mod seeding;
mod self_control;
mod sign_in;
mod signals;
mod signing;
mod texts;
mod sketching;
mod uploads;

pub use self::evidence::{Added, CommittedEvidence, EvidenceLimits, Incoming, PhotoCopy, Piece, ToCommit};
pub use access::{Driver, InsurerClient, PointStaff, Supervisor};
pub use checking::{Check, KnownLog, LogCheck, check, check_log, repair};
pub use clock::PassedDeadlines;
pub use context::{App, Parts, SignInSettings};
pub use court_pack::{CourtPack, PackReader};
pub use documents::{Verification, VerifiedDocument};
pub use ending::CertificateOrder;
pub use error::AppError;
pub use links::{LINK_TOKEN, Link, LinkClaims, VIEWER_TOKEN, ViewerClaims};
pub use log::{Advance, Attestation, LogParts, TimestampPart, WitnessPart};
pub use mediating::Participant;
pub use once::{Answer, Once, Prepared, Shown};
pub use parties::Entrant;
pub use reading::{Reader, Right};
pub use reporting::CaseFile;
pub use retention::{Erased, Retention};
pub use reviewing::SecondOpinion;
pub use scene::{NearPoint, PositionReport, TaskDone};
pub use scrubbing::{Scrub, Scrubbed};
pub use seeding::{City, NewStaff, SeedError, Seeded};
pub use self_control::{BlindCase, SelfControl};
pub use sign_in::{Principal, SignedIn};
pub use signals::{CaseSignals, PhotoSignals};
pub use signing::{SIGNATURE_TYPE, SentCode, SignedWith};
pub use sketching::ShownSketch;
pub use texts::TextLimits;
pub use uploads::{Append, Checksum, NewUpload, Tidied, UploadRefused, UploadState, Uploads};
