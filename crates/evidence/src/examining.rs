//! The examination of a stored photo, apart from where it comes from and on which thread: what its bytes say, its
//! copies, and how it looks.

use bytes::Bytes;
use domain::evidence::{Examination, ExifFacts, Readability, Unreadable};
use image::metadata::Orientation;

use crate::{
    container::{self, MediaType, Outline},
    exif,
    limits::IntakeLimits,
    looks,
    picture::{self, Derived},
    traces,
};

/// A stored photo whose bytes were read.
#[derive(Debug)]
pub(crate) struct Inspected {
    pub(crate) media_type: MediaType,
    outline: Outline,
    examination: Examination,
}

/// What was found when there is no picture to look at.
pub(crate) fn unreadable(why: Unreadable) -> Examination {
    Examination {
        readability: Readability::Unreadable(why),
        exif: ExifFacts::default(),
        perceptual: None,
        quality: None,
        traces: Vec::new(),
    }
}

/// Reads what the bytes say.
pub(crate) fn inspect(original: &Bytes, limits: &IntakeLimits) -> Result<Inspected, Unreadable> {
    let (media_type, outline) = readable_outline(original, limits).ok_or(Unreadable::Damaged)?;
    let tiff = outline.exif.clone().filter(|range| range.end <= original.len());
    let read = tiff.map(|range| exif::read(original.slice(range))).unwrap_or_default();
    let traces = traces::find(media_type, original, &outline, &read);
    let examination = Examination { exif: read.facts, traces, ..unreadable(Unreadable::Damaged) };
    Ok(Inspected { media_type, outline, examination })
}

fn readable_outline(bytes: &[u8], limits: &IntakeLimits) -> Option<(MediaType, Outline)> {
    let media_type = container::recognise(bytes).ok()?;
    let outline = container::outline(media_type, bytes).ok()?;
    limits.check(&outline).ok()?;
    Some((media_type, outline))
}

impl Inspected {
    /// Decodes the photo, once.
    pub(crate) fn develop(self, bytes: &[u8], limits: &IntakeLimits) -> (Examination, Option<Derived>) {
        let derived = picture::derive(self.media_type, bytes, &self.outline, limits);
        self.with(derived)
    }

    /// Decodes what another program made of the photo, upright already.
    pub(crate) fn develop_converted(
        self,
        jpeg: &[u8],
        limits: &IntakeLimits,
    ) -> (Examination, Option<Derived>) {
        let converted =
            readable_outline(jpeg, limits).ok_or(Unreadable::Damaged).and_then(|(kind, outline)| {
                let outline = Outline { orientation: Orientation::NoTransforms, ..outline };
                picture::derive(kind, jpeg, &outline, limits)
            });
        self.with(converted)
    }

    /// The examination of a photo that nobody here can decode.
    pub(crate) fn undeveloped(self, why: Unreadable) -> Examination {
        Examination { readability: Readability::Unreadable(why), ..self.examination }
    }

    fn with(self, derived: Result<Derived, Unreadable>) -> (Examination, Option<Derived>) {
        let mut derived = match derived {
            Ok(derived) => derived,
            Err(why) => return (self.undeveloped(why), None),
        };
        let (perceptual, quality) = looks::measure(std::mem::take(&mut derived.luma)).unzip();
        let readability = Readability::Readable;
        (Examination { readability, perceptual, quality, ..self.examination }, Some(derived))
    }
}
