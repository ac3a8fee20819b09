//! Which facts make which signal, row by row; and what must hold of every signal.

use chrono::{NaiveDateTime, TimeDelta};
use uuid::Uuid;

use super::{finding::SAME_PICTURE_BITS, *};
use crate::{
    digest::Digest,
    evidence::{
        Capture, CaptureSource, Examination, ExifFacts, Fulfilment, Media, Quality, Readability, Trace,
    },
    geo::{Coordinates, Datum},
    identifiers::CommitmentId,
};

const GOOD: Quality = Quality { sharpness: 400, brightness: 120, dark: 10, bright: 10 };

/// Seconds after the accident.
fn at(seconds: i64) -> DateTime<Utc> {
    "2026-03-02T00:30:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

/// So many metres north of the accident.
fn north(metres: f64) -> Coordinates {
    Coordinates { latitude: 36.8140 + metres / 111_195.08, longitude: 118.0420 }
}

fn position(metres: f64, accuracy: f64) -> Position {
    Position::new(north(metres), Datum::Wgs84, Some(accuracy)).unwrap()
}

fn examined(exif: ExifFacts) -> Option<Examination> {
    Some(Examination {
        readability: Readability::Readable,
        exif,
        perceptual: None,
        quality: Some(GOOD),
        traces: Vec::new(),
    })
}

/// A plain photo of the scene: taken 60 seconds after the accident, received 60 seconds later.
fn photo(slot: Slot) -> Photo {
    Photo {
        id: PhotoId(Uuid::from_u128(1)),
        party: Some(PartyRole::A),
        slot,
        digest: Digest::of(b"photo"),
        bytes: 5,
        media_type: "image/jpeg".to_owned(),
        width: 1600,
        height: 1200,
        received_at: at(120),
        capture: Capture {
            source: CaptureSource::Camera,
            at: Some(at(60)),
            position: Some(position(20.0, 15.0)),
            device: Some("iPhone 15<iPhone15,4>".parse().unwrap()),
        },
        fulfilment: None,
        examination: examined(ExifFacts {
            present: true,
            taken_at: Some(at(61)),
            place: Some(north(10.0)),
            model: Some("iPhone 15".to_owned()),
            ..ExifFacts::default()
        }),
        erased_at: None,
    }
}

fn exif(photo: &mut Photo) -> &mut ExifFacts {
    &mut photo.examination.as_mut().unwrap().exif
}

/// The signals of `photo`, which stands in the case beside `others`.
fn among(photo: &Photo, others: &[Photo], commitments: &[Commitment], elsewhere: &Elsewhere) -> Signals {
    let reported = position(0.0, 8.0);
    let photos: Vec<Photo> = others.iter().chain([photo]).cloned().collect();
    let accident = Accident {
        occurred_at: at(0),
        reported_at: at(90),
        position: &reported,
        photos: &photos,
        commitments,
    };
    signals(&accident, photo, elsewhere)
}

fn of(photo: &Photo) -> Vec<Signal> {
    among(photo, &[], &[], &Elsewhere::default()).signals
}

/// What a change of the plain photo makes stand out.
fn when(change: impl FnOnce(&mut Photo)) -> Vec<Signal> {
    let mut photo = photo(Slot::Impact);
    change(&mut photo);
    of(&photo)
}

#[test]
fn a_plain_photo_raises_nothing_and_shows_its_sources_side_by_side() {
    let plain = photo(Slot::Impact);
    let Signals { sources, signals } = among(&plain, &[], &[], &Elsewhere::default());
    assert_eq!(signals, []);
    let times: Vec<(TimeSource, i64)> =
        sources.times.iter().map(|claim| (claim.source, claim.seconds_after_accident)).collect();
    assert_eq!(
        times,
        [
            (TimeSource::Phone, 60),
            (TimeSource::Exif, 61),
            (TimeSource::Received, 120),
            (TimeSource::Accident, 0),
            (TimeSource::Report, 90)
        ]
    );
    let metres: Vec<i64> =
        sources.places.iter().map(|claim| sources::whole(claim.metres_from_accident)).collect();
    assert_eq!(metres, [20, 10, 0]);
    assert_eq!(sources.device(PlaceSource::Exif), Some("iPhone 15"));
}

#[test]
fn times_stand_out_beyond_their_thresholds_only() {
    let early = |seconds: i64| when(|photo| exif(photo).taken_at = Some(at(-seconds)));
    assert!(!early(600).iter().any(|signal| matches!(signal, Signal::TakenBeforeAccident { .. })));
    assert_eq!(
        early(601),
        [
            Signal::TakenBeforeAccident {
                source: TimeSource::Exif,
                seconds: 601,
                before_report_seconds: 691
            },
            Signal::ClocksDiffer { seconds: -661 }
        ]
    );
    let both = |seconds: i64| {
        when(|photo| {
            photo.capture.at = Some(at(seconds));
            exif(photo).taken_at = Some(at(seconds));
            photo.received_at = at(seconds);
        })
    };
    assert_eq!(both(7200), []);
    assert_eq!(
        both(7201),
        [TimeSource::Phone, TimeSource::Exif].map(|source| Signal::TakenLongAfter { source, seconds: 7201 })
    );
    assert_eq!(when(|photo| photo.capture.at = Some(at(240))), []);
    assert_eq!(
        when(|photo| photo.capture.at = Some(at(241))),
        [Signal::TakenAfterReceipt { source: TimeSource::Phone, seconds: 121 }]
    );
    assert_eq!(when(|photo| exif(photo).taken_at = Some(at(-240))), []);
    assert_eq!(when(|photo| exif(photo).taken_at = Some(at(-241))), [Signal::ClocksDiffer { seconds: -301 }]);
}

#[test]
fn a_camera_without_a_time_zone_means_beijing_time() {
    let local: NaiveDateTime = "2026-03-02T08:31:00".parse().unwrap();
    let mut photo = photo(Slot::Impact);
    exif(&mut photo).taken_at = None;
    exif(&mut photo).taken_at_local = Some(local);
    let Signals { sources, signals } = among(&photo, &[], &[], &Elsewhere::default());
    let claim = sources.time(TimeSource::Exif).unwrap();
    assert_eq!((claim.at, claim.zone_assumed), (at(60), true));
    assert_eq!(signals, []);
}

#[test]
fn places_stand_out_beyond_what_the_devices_doubt() {
    let sent_from = |metres, accuracy| {
        when(|photo| {
            photo.capture.position = Some(position(metres, accuracy));
            exif(photo).place = None;
        })
    };
    assert_eq!(sent_from(550.0, 50.0), []);
    let far = |metres, accuracy| Signal::FarFromAccident {
        source: PlaceSource::Phone,
        metres,
        accuracy_metres: Some(accuracy),
    };
    assert_eq!(sent_from(560.0, 50.0), [far(560, 50)]);
    assert_eq!(far(560, 50).weight(), Weight::Note);
    assert_eq!(far(2001, 50).weight(), Weight::Look);
    assert_eq!(
        when(|photo| exif(photo).place = Some(north(3000.0))),
        [
            Signal::FarFromAccident { source: PlaceSource::Exif, metres: 3000, accuracy_metres: None },
            Signal::PlacesDiffer { metres: 2980 }
        ]
    );
}

#[test]
fn papers_may_be_photographed_at_any_time_and_place() {
    let mut paper = photo(Slot::DrivingLicence);
    paper.capture.source = CaptureSource::Album;
    paper.capture.position = Some(position(30_000.0, 10.0));
    paper.capture.at = Some(at(-86_400));
    *exif(&mut paper) = ExifFacts::default();
    assert_eq!(of(&paper), []);
}

#[test]
fn what_the_commitment_said_counts_more_than_what_came_with_the_bytes() {
    let mut sent = photo(Slot::Impact);
    let commitment = Commitment {
        id: CommitmentId(Uuid::from_u128(7)),
        party: PartyRole::A,
        media: Media::Photo,
        slot: Slot::Impact,
        digest: sent.digest,
        bytes: 5,
        capture: Capture { source: CaptureSource::Album, at: Some(at(30)), ..Capture::default() },
        committed_at: at(40),
    };
    sent.fulfilment = Some(Fulfilment::Kept(commitment.id));
    let found = among(&sent, &[], std::slice::from_ref(&commitment), &Elsewhere::default());
    assert_eq!(found.signals, [Signal::FromAlbum {}]);
    assert_eq!(found.sources.time(TimeSource::Phone).unwrap().at, at(30));
    assert_eq!(found.sources.time(TimeSource::Committed).unwrap().at, at(40));
    assert_eq!(found.sources.first_seen_at, at(40));
    sent.fulfilment = Some(Fulfilment::Different(commitment.id));
    let found = among(&sent, &[], &[commitment], &Elsewhere::default());
    assert_eq!(found.signals, [Signal::NotCommitted {}, Signal::FromAlbum {}]);
}

#[test]
fn devices_of_one_party_stand_out_only_when_their_names_do_not_hold_each_other() {
    assert_eq!(
        when(|photo| exif(photo).model = Some("V2309A".to_owned())),
        [Signal::OtherDevice { claimed: "iPhone 15<iPhone15,4>".to_owned(), camera: "V2309A".to_owned() }]
    );
    let first = photo(Slot::Impact);
    let mut second =
        Photo { id: PhotoId(Uuid::from_u128(2)), digest: Digest::of(b"second"), ..first.clone() };
    assert_eq!(among(&first, std::slice::from_ref(&second), &[], &Elsewhere::default()).signals, []);
    exif(&mut second).model = Some("V2309A".to_owned());
    let cameras = vec!["V2309A".to_owned(), "iPhone 15".to_owned()];
    assert_eq!(
        among(&first, std::slice::from_ref(&second), &[], &Elsewhere::default()).signals,
        [Signal::SeveralCameras { cameras }]
    );
    second.party = Some(PartyRole::B);
    assert_eq!(among(&first, &[second], &[], &Elsewhere::default()).signals, []);
}

#[test]
fn the_same_and_similar_pictures_elsewhere_are_named_as_far_as_the_officer_may_know() {
    let first = photo(Slot::Impact);
    let again = Photo {
        id: PhotoId(Uuid::from_u128(2)),
        slot: Slot::Damage,
        party: Some(PartyRole::B),
        ..first.clone()
    };
    let number = CaseNumber::new("20260301", [4; 10]).unwrap();
    let elsewhere = Elsewhere {
        same: vec![OtherCase::Number(number.clone())],
        similar: vec![
            (OtherCase::AnotherDistrict, SAME_PICTURE_BITS),
            (OtherCase::AnotherDistrict, SIMILAR_BITS),
            (OtherCase::AnotherDistrict, SIMILAR_BITS + 1),
        ],
    };
    let other = OtherUse { photo: again.id, slot: Slot::Damage, party: Some(PartyRole::B) };
    let found = among(&first, &[again], &[], &elsewhere).signals;
    let similar = |bits| Signal::SimilarElsewhere { case: OtherCase::AnotherDistrict, bits };
    assert_eq!(
        found,
        [
            Signal::SameElsewhere { cases: vec![OtherCase::Number(number.clone())] },
            similar(SAME_PICTURE_BITS),
            Signal::UsedTwice { uses: vec![other] },
            similar(SIMILAR_BITS),
        ]
    );
    let words = found.iter().map(|signal| signal.words().zh).collect::<String>();
    assert!(words.contains(number.as_str()) && words.contains("其他辖区的案件"), "{words}");
}

#[test]
fn traces_quality_and_unreadable_bytes_are_told() {
    let traces = vec![
        Trace::NoCamera,
        Trace::TrailingBytes { bytes: 12 },
        Trace::Screenshot { by: "screen size".to_owned() },
        Trace::Edited { by: "Photoshop".to_owned() },
    ];
    assert_eq!(
        when(|photo| photo.examination.as_mut().unwrap().traces = traces),
        [
            Signal::Screenshot { by: "screen size".to_owned() },
            Signal::Edited { by: "Photoshop".to_owned() },
            Signal::NoCamera {},
            Signal::TrailingBytes { bytes: 12 },
        ]
    );
    let dark = Quality { brightness: 20, ..GOOD };
    assert_eq!(
        when(|photo| photo.examination.as_mut().unwrap().quality = Some(dark)),
        [Signal::PoorQuality { hint: Hint::TooDark, sharpness: 400, brightness: 20 }]
    );
    let damaged = Readability::Unreadable(Unreadable::Damaged);
    assert_eq!(
        when(|photo| photo.examination.as_mut().unwrap().readability = damaged),
        [Signal::CannotBeShown { why: Unreadable::Damaged }]
    );
    assert_eq!(when(|photo| photo.examination = None), [Signal::NotExamined {}]);
}

#[test]
fn sentences_hold_the_numbers_in_both_languages() {
    let early = Signal::TakenBeforeAccident {
        source: TimeSource::Exif,
        seconds: 3 * 3600,
        before_report_seconds: 3 * 3600 + 12 * 60 + 5,
    };
    assert_eq!(early.words().zh, "EXIF 时间比事故发生早 3 小时 0 分，比报案早 3 小时 12 分");
    assert_eq!(
        early.words().en,
        "the EXIF time is 3 h 0 min before the accident and 3 h 12 min before the report"
    );
    let far =
        Signal::FarFromAccident { source: PlaceSource::Phone, metres: 12_345, accuracy_metres: Some(65) };
    assert_eq!(far.words().zh, "手机所报位置距报案位置 12.3 公里（精度 65 米）");
    let days = Signal::TakenLongAfter { source: TimeSource::Phone, seconds: 2 * 86_400 + 3 * 3600 };
    assert_eq!(days.words().en, "the time the phone gave is 2 d 3 h after the accident");
    assert_eq!(Signal::ClocksDiffer { seconds: -45 }.words().zh, "EXIF 时间比手机所报拍摄时间早 45 秒");
}

#[test]
fn every_signal_has_words_of_its_own() {
    let text = String::new;
    let every = [
        Signal::TakenBeforeAccident { source: TimeSource::Exif, seconds: 1, before_report_seconds: 1 },
        Signal::TakenLongAfter { source: TimeSource::Exif, seconds: 1 },
        Signal::TakenAfterReceipt { source: TimeSource::Exif, seconds: 1 },
        Signal::ClocksDiffer { seconds: 1 },
        Signal::FarFromAccident { source: PlaceSource::Exif, metres: 1, accuracy_metres: None },
        Signal::PlacesDiffer { metres: 1 },
        Signal::OtherDevice { claimed: text(), camera: text() },
        Signal::SeveralCameras { cameras: Vec::new() },
        Signal::FromAlbum {},
        Signal::NotCommitted {},
        Signal::UsedTwice { uses: Vec::new() },
        Signal::SameElsewhere { cases: Vec::new() },
        Signal::SimilarElsewhere { case: OtherCase::AnotherDistrict, bits: 1 },
        Signal::Screenshot { by: text() },
        Signal::Edited { by: text() },
        Signal::NoCamera {},
        Signal::TrailingBytes { bytes: 1 },
        Signal::CannotBeShown { why: Unreadable::Damaged },
        Signal::PoorQuality { hint: Hint::Blurred, sharpness: 1, brightness: 1 },
        Signal::NotExamined {},
    ];
    let words: std::collections::BTreeSet<String> =
        every.iter().flat_map(|signal| [signal.words().zh, signal.words().en]).collect();
    assert_eq!(words.len(), 2 * every.len());
}
