//! Which facts make which signal, and from where on: all thresholds with their reasons.

use super::{
    Accident, Elsewhere, OtherUse, PlaceClaim, PlaceSource, Signal, Signals, Sources, TimeSource, Weight,
    sources,
};
use crate::evidence::{Capture, CaptureSource, Fulfilment, Photo, Readability, Trace};

/// People round the time of an accident, and say it from memory: earlier than this before it is worth a look.
const BEFORE_ACCIDENT: i64 = 10 * 60;
/// Scene photos are taken before the cars move, within minutes; nobody waits on the road for hours.
const LONG_AFTER: i64 = 2 * 3600;
/// A photo cannot be taken after it was received; phones and servers are a minute apart at most.
const AFTER_RECEIPT: i64 = 2 * 60;
/// The page's claim and the camera's EXIF come from the same clock; between them lies only choosing the photo.
const CLOCKS_APART: i64 = 5 * 60;
/// Beyond what devices say of their accuracy: a fix between buildings, and a walk to where the report is written.
const FAR_METRES: f64 = 500.0;
/// Neither a bad fix nor a mistaken datum (300 to 600 metres) explains as much.
const ELSEWHERE_METRES: f64 = 2000.0;
/// Photos of other cases whose perceptual hashes differ in at most so many of 64 bits count as similar: copies
/// that were resized, recompressed, brightened or cropped a little do; see ARCHITECTURE.md, "Similar photos".
pub const SIMILAR_BITS: u32 = 10;
/// Up to here it is nearly certainly the same picture.
pub(super) const SAME_PICTURE_BITS: u32 = 4;

/// Works out the signals of one photo.
pub fn signals(accident: &Accident<'_>, photo: &Photo, elsewhere: &Elsewhere) -> Signals {
    let capture = claimed(accident, photo);
    let sources = Sources::of(accident, photo, &capture);
    let mut found = Vec::new();
    found.extend(times(&sources, photo));
    found.extend(places(&sources, photo));
    found.extend(devices(accident, &sources, photo));
    found.extend(origin(&capture, photo));
    found.extend(other_uses(accident, photo));
    found.extend(in_other_cases(elsewhere));
    found.extend(of_the_file(photo));
    found.sort_by_key(Signal::weight);
    Signals { sources, signals: found }
}

/// What the device told: with the commitment, which was fixed first, else with the bytes.
fn claimed(accident: &Accident<'_>, photo: &Photo) -> Capture {
    let committed = photo
        .fulfilment
        .and_then(|fulfilment| accident.commitments.iter().find(|c| c.id == fulfilment.commitment()))
        .map(|commitment| commitment.capture.clone())
        .unwrap_or_default();
    let source = match committed.source {
        CaptureSource::Unknown => photo.capture.source,
        told => told,
    };
    Capture {
        source,
        at: committed.at.or(photo.capture.at),
        position: committed.position.or(photo.capture.position),
        device: committed.device.or_else(|| photo.capture.device.clone()),
    }
}

fn times(sources: &Sources, photo: &Photo) -> Vec<Signal> {
    let mut found = Vec::new();
    let claims = [TimeSource::Phone, TimeSource::Exif].map(|source| sources.time(source));
    for claim in claims.into_iter().flatten() {
        let (source, after) = (claim.source, claim.seconds_after_accident);
        let late = (claim.at - sources.first_seen_at).num_seconds();
        if after < -BEFORE_ACCIDENT && !photo.slot.is_paper() {
            let before_report_seconds = -claim.seconds_after_report;
            found.push(Signal::TakenBeforeAccident { source, seconds: -after, before_report_seconds });
        } else if late > AFTER_RECEIPT {
            found.push(Signal::TakenAfterReceipt { source, seconds: late });
        } else if after > LONG_AFTER && photo.slot.is_of_the_scene() {
            found.push(Signal::TakenLongAfter { source, seconds: after });
        }
    }
    if let [Some(phone), Some(exif)] = claims {
        let seconds = (exif.at - phone.at).num_seconds();
        if seconds.abs() > CLOCKS_APART {
            found.push(Signal::ClocksDiffer { seconds });
        }
    }
    found
}

fn places(sources: &Sources, photo: &Photo) -> Vec<Signal> {
    if photo.slot.is_paper() {
        // Papers may be photographed at home.
        return Vec::new();
    }
    let claims = [PlaceSource::Phone, PlaceSource::Exif].map(|source| sources.place(source));
    let doubt = |claim: &PlaceClaim| claim.accuracy_metres.unwrap_or_default();
    let reported = sources.place(PlaceSource::Report).map(doubt).unwrap_or_default();
    let mut found: Vec<Signal> = claims
        .into_iter()
        .flatten()
        .filter(|claim| claim.metres_from_accident - doubt(claim) - reported > FAR_METRES)
        .map(|claim| Signal::FarFromAccident {
            source: claim.source,
            metres: sources::whole(claim.metres_from_accident),
            accuracy_metres: claim.accuracy_metres.map(sources::whole),
        })
        .collect();
    if let [Some(phone), Some(exif)] = claims {
        let metres = crate::geo::distance_metres(phone.wgs84, exif.wgs84);
        if metres - doubt(phone) > FAR_METRES {
            found.push(Signal::PlacesDiffer { metres: sources::whole(metres) });
        }
    }
    found
}

fn devices(accident: &Accident<'_>, sources: &Sources, photo: &Photo) -> Vec<Signal> {
    let mut found = Vec::new();
    let claims = [PlaceSource::Phone, PlaceSource::Exif].map(|source| sources.device(source));
    if let [Some(claimed), Some(camera)] = claims
        && !same_device(claimed, camera)
    {
        found.push(Signal::OtherDevice { claimed: claimed.to_owned(), camera: camera.to_owned() });
    }
    let mut cameras: Vec<String> = Vec::new();
    let own = accident.photos.iter().filter(|other| other.party == photo.party && photo.party.is_some());
    for camera in own.filter_map(sources::camera) {
        if !cameras.iter().any(|known| same_device(known, &camera)) {
            cameras.push(camera);
        }
    }
    if cameras.len() > 1 && sources::camera(photo).is_some() {
        cameras.sort();
        found.push(Signal::SeveralCameras { cameras });
    }
    found
}

/// One name often holds the other: `iPhone 15` and `Apple iPhone 15<iPhone15,4>`.
fn same_device(one: &str, other: &str) -> bool {
    let plain = |name: &str| -> String {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (one, other) = (plain(one), plain(other));
    one.contains(&other) || other.contains(&one)
}

fn origin(capture: &Capture, photo: &Photo) -> Vec<Signal> {
    let mut found = Vec::new();
    if matches!(photo.fulfilment, Some(Fulfilment::Different(_))) {
        found.push(Signal::NotCommitted {});
    }
    if capture.source == CaptureSource::Album && photo.slot.is_of_the_scene() {
        found.push(Signal::FromAlbum {});
    }
    found
}

fn other_uses(accident: &Accident<'_>, photo: &Photo) -> Option<Signal> {
    let uses: Vec<OtherUse> = accident
        .photos
        .iter()
        .filter(|other| other.id != photo.id && other.digest == photo.digest)
        .map(|other| OtherUse { photo: other.id, slot: other.slot, party: other.party })
        .collect();
    (!uses.is_empty()).then_some(Signal::UsedTwice { uses })
}

fn in_other_cases(elsewhere: &Elsewhere) -> Vec<Signal> {
    let same = (!elsewhere.same.is_empty()).then(|| Signal::SameElsewhere { cases: elsewhere.same.clone() });
    let similar = elsewhere
        .similar
        .iter()
        .filter(|(_, bits)| *bits <= SIMILAR_BITS)
        .map(|(case, bits)| Signal::SimilarElsewhere { case: case.clone(), bits: *bits });
    same.into_iter().chain(similar).collect()
}

fn of_the_file(photo: &Photo) -> Vec<Signal> {
    let Some(examination) = &photo.examination else {
        return vec![Signal::NotExamined {}];
    };
    let mut found: Vec<Signal> = examination.traces.iter().map(Signal::from).collect();
    match (examination.readability, examination.quality) {
        (Readability::Unreadable(why), _) => found.push(Signal::CannotBeShown { why }),
        (Readability::Readable, Some(quality)) => {
            found.extend(quality.hint().map(|hint| Signal::PoorQuality {
                hint,
                sharpness: quality.sharpness,
                brightness: quality.brightness,
            }));
        }
        (Readability::Readable, None) => {}
    }
    found
}

impl From<&Trace> for Signal {
    fn from(trace: &Trace) -> Self {
        match trace {
            Trace::Screenshot { by } => Self::Screenshot { by: by.clone() },
            Trace::Edited { by } => Self::Edited { by: by.clone() },
            Trace::NoCamera => Self::NoCamera {},
            Trace::TrailingBytes { bytes } => Self::TrailingBytes { bytes: *bytes },
        }
    }
}

impl Signal {
    /// How much it asks for.
    pub fn weight(&self) -> Weight {
        match self {
            Self::TakenBeforeAccident { .. }
            | Self::ClocksDiffer { .. }
            | Self::FromAlbum {}
            | Self::NotCommitted {}
            | Self::SameElsewhere { .. }
            | Self::Screenshot { .. }
            | Self::Edited { .. }
            | Self::CannotBeShown { .. } => Weight::Look,
            Self::FarFromAccident { metres, .. } | Self::PlacesDiffer { metres } => {
                look_if(*metres > sources::whole(ELSEWHERE_METRES))
            }
            Self::SimilarElsewhere { bits, .. } => look_if(*bits <= SAME_PICTURE_BITS),
            Self::UsedTwice { .. }
            | Self::TakenLongAfter { .. }
            | Self::TakenAfterReceipt { .. }
            | Self::OtherDevice { .. }
            | Self::SeveralCameras { .. }
            | Self::NoCamera {}
            | Self::TrailingBytes { .. }
            | Self::PoorQuality { .. }
            | Self::NotExamined {} => Weight::Note,
        }
    }
}

fn look_if(telling: bool) -> Weight {
    if telling { Weight::Look } else { Weight::Note }
}
