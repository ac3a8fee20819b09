//! The guided shots of a case, as a front end shows them: what to take, from where, what is there already.

use std::collections::BTreeSet;

use domain::{
    case::Case,
    digest::Digest,
    evidence::{Guide, Per, Shot, ShotRules, Slot},
    role::PartyRole,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::WordingView;
use crate::api::schemas;

/// What the case needs to be photographed.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ShotsView {
    /// The form of the accident on which the list rests.
    pub form: String,
    /// What stands above the list; with `get_case`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safety: Option<WordingView>,
    /// The shots, in the order in which they are best taken.
    pub list: Vec<ShotView>,
}

/// How to take a shot.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct GuideView {
    /// What it is called.
    pub title: WordingView,
    /// What must be in it.
    pub text: WordingView,
    /// From where: angle and distance.
    pub from: WordingView,
}

impl From<&Guide> for GuideView {
    fn from(guide: &Guide) -> Self {
        Self { title: (&guide.title).into(), text: (&guide.text).into(), from: (&guide.from).into() }
    }
}

/// How to take the shots of a slot, whatever the case.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SlotView {
    /// What it is sent as.
    #[schema(schema_with = schemas::slot)]
    pub slot: Slot,
    /// How to take it.
    #[serde(flatten)]
    pub guide: GuideView,
}

impl SlotView {
    /// Every slot.
    pub(in crate::api) fn all(rules: &ShotRules) -> Vec<Self> {
        let slots = Slot::ALL.iter().filter_map(|slot| Some((*slot, rules.guide(*slot)?)));
        slots.map(|(slot, guide)| Self { slot, guide: guide.into() }).collect()
    }
}

/// One shot.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ShotView {
    /// What it is sent as.
    #[schema(schema_with = schemas::slot)]
    pub slot: Slot,
    /// What it is called; this and the next two with `get_case`, and for every slot by `list_shots`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<WordingView>,
    /// What must be in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<WordingView>,
    /// From where: angle and distance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<WordingView>,
    /// How many.
    pub count: CountView,
    /// For what it is mandatory.
    pub mandatory: MandatoryView,
    /// How many are stored and can be looked at.
    pub done: usize,
    /// How many more are committed and not here yet.
    pub committed: usize,
}

/// How many are wanted.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct CountView {
    /// At least so many; advice where it is not mandatory.
    pub at_least: u8,
    /// More than this many do not help.
    pub at_most: u8,
    /// Whose are counted: those of the whole case or those of each party.
    #[schema(schema_with = schemas::per)]
    pub per: Per,
}

/// For what a shot is mandatory.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct MandatoryView {
    /// Without it there is no receipt "you may move".
    pub for_moving: bool,
    /// Without it nobody applies for remote handling.
    pub for_submission: bool,
}

impl ShotsView {
    /// The shots of a case for the party with this role, or for staff.
    pub(in crate::api) fn new(case: &Case, own: Option<PartyRole>, rules: Option<&ShotRules>) -> Self {
        Self {
            form: case.shots.form.clone(),
            safety: rules.map(|rules| rules.safety(case.triage.movement).into()),
            list: case.shots.shots.iter().map(|shot| ShotView::new(case, own, shot, rules)).collect(),
        }
    }
}

impl ShotView {
    fn new(case: &Case, own: Option<PartyRole>, shot: &Shot, rules: Option<&ShotRules>) -> Self {
        let guide = rules.and_then(|rules| rules.guide(shot.slot));
        // Staff see what all parties have brought; a party what counts for it.
        let counts = |party: Option<PartyRole>| shot.per == Per::Case || own.is_none() || party == own;
        let photos = case
            .photos
            .iter()
            .filter(|photo| photo.slot == shot.slot && !photo.is_damaged() && photo.erased_at.is_none());
        let stored = photos.filter(|photo| counts(photo.party)).map(|photo| photo.digest);
        let recordings = case.recordings.iter().filter(|other| other.slot == shot.slot);
        let recorded = recordings.filter(|other| counts(Some(other.party))).map(|other| other.digest);
        let stored: BTreeSet<Digest> = stored.chain(recorded).collect();
        let committed = case.outstanding().filter(|one| one.slot == shot.slot && counts(Some(one.party)));
        let committed: BTreeSet<Digest> = committed.map(|commitment| commitment.digest).collect();
        Self {
            slot: shot.slot,
            title: guide.map(|guide| (&guide.title).into()),
            text: guide.map(|guide| (&guide.text).into()),
            from: guide.map(|guide| (&guide.from).into()),
            count: CountView { at_least: shot.at_least, at_most: shot.at_most, per: shot.per },
            mandatory: MandatoryView { for_moving: shot.for_moving, for_submission: shot.for_submission },
            done: stored.len(),
            committed: committed.difference(&stored).count(),
        }
    }
}
