//! Traces of how a file came to be: a screenshot, an editing program, no camera, bytes behind the picture. Anybody can
//! add or remove them, so they are signals for an officer and nothing more.

use domain::evidence::Trace;
use memchr::memmem;

use crate::{
    container::{MediaType, Outline, Size},
    exif::Read,
};

/// Texts that are looked through: cameras write a few.
pub(crate) const MOST_NOTES: usize = 8;
/// Bytes of a text that are looked through.
const LONGEST_NOTE: usize = 64 << 10;
const LONGEST_NAME: usize = 64;

/// Words by which programs for changing pictures name themselves, in small letters.
const EDITORS: [&str; 22] = [
    "photoshop",
    "lightroom",
    "gimp",
    "snapseed",
    "picsart",
    "pixelmator",
    "affinity photo",
    "paint.net",
    "krita",
    "photoscape",
    "acdsee",
    "picasa",
    "faceapp",
    "facetune",
    "remini",
    "vsco",
    "canva",
    "meitu",
    "美图",
    "醒图",
    "xingtu",
    "美颜",
];

/// Screens of phones, shorter side first. Those of 16 to 9 are common shapes of photos as well and count in PNG only.
const SCREENS: [(u32, u32); 40] = [
    (640, 1136),
    (750, 1334),
    (828, 1792),
    (1080, 1920),
    (1125, 2436),
    (1170, 2532),
    (1179, 2556),
    (1206, 2622),
    (1242, 2208),
    (1242, 2688),
    (1284, 2778),
    (1290, 2796),
    (1320, 2868),
    (720, 1280),
    (720, 1520),
    (720, 1560),
    (720, 1600),
    (720, 1612),
    (1080, 2160),
    (1080, 2220),
    (1080, 2280),
    (1080, 2310),
    (1080, 2316),
    (1080, 2340),
    (1080, 2376),
    (1080, 2388),
    (1080, 2400),
    (1080, 2408),
    (1080, 2412),
    (1080, 2460),
    (1176, 2400),
    (1200, 2640),
    (1216, 2640),
    (1220, 2712),
    (1260, 2800),
    (1280, 2800),
    (1440, 2560),
    (1440, 3088),
    (1440, 3120),
    (1440, 3200),
];

/// What the bytes show.
pub(crate) fn find(media_type: MediaType, bytes: &[u8], outline: &Outline, exif: &Read) -> Vec<Trace> {
    let notes: Vec<&[u8]> = outline
        .notes
        .iter()
        .take(MOST_NOTES)
        .filter_map(|range| bytes.get(range.start..range.end.min(range.start.saturating_add(LONGEST_NOTE))))
        .collect();
    let has_camera = exif.facts.make.is_some() || exif.facts.model.is_some();
    let mut traces = Vec::new();
    traces.extend(screenshot(media_type, outline.shown(), exif, has_camera, &notes));
    traces.extend(edited(exif, &notes));
    if !has_camera {
        traces.push(Trace::NoCamera);
    }
    let behind = bytes.get(outline.end..).unwrap_or_default();
    if behind.iter().any(|byte| *byte != 0) {
        traces.push(Trace::TrailingBytes { bytes: i64::try_from(behind.len()).unwrap_or(i64::MAX) });
    }
    traces
}

fn screenshot(
    media_type: MediaType,
    size: Size,
    exif: &Read,
    has_camera: bool,
    notes: &[&[u8]],
) -> Option<Trace> {
    let said = |text: &[u8]| {
        ["Screenshot", "screenshot"].iter().any(|word| memmem::find(text, word.as_bytes()).is_some())
    };
    let (short, long) = (size.width.min(size.height), size.width.max(size.height));
    let screen = SCREENS.contains(&(short, long));
    let by = if said(&exif.comment) {
        "user comment"
    } else if notes.iter().any(|note| said(note)) {
        "description"
    } else if screen
        && !has_camera
        && (media_type == MediaType::Png || short.saturating_mul(19) < long.saturating_mul(10))
    {
        "screen size"
    } else {
        return None;
    };
    Some(Trace::Screenshot { by: by.to_owned() })
}

fn edited(exif: &Read, notes: &[&[u8]]) -> Option<Trace> {
    let software = exif.facts.software.iter().map(String::as_str);
    let editor = |text: &str| {
        let text = text.to_lowercase();
        EDITORS.into_iter().find(|editor| text.contains(editor))
    };
    let by_name = software.into_iter().find(|software| editor(software).is_some()).map(str::to_owned);
    let by_note = || notes.iter().find_map(|note| editor(&String::from_utf8_lossy(note))).map(str::to_owned);
    let by = by_name.or_else(by_note)?;
    Some(Trace::Edited { by: by.chars().take(LONGEST_NAME).collect() })
}

#[cfg(test)]
mod tests {
    use image::metadata::Orientation;

    use super::*;

    fn outline(width: u32, height: u32, notes: usize, end: usize) -> Outline {
        let notes = std::iter::once(0..notes).filter(|note| !note.is_empty()).collect();
        let size = Size { width, height };
        Outline { size, orientation: Orientation::NoTransforms, memory: 0, exif: None, notes, end }
    }

    fn from_camera(software: &str) -> Read {
        let mut read = Read::default();
        read.facts.model = Some("Mate 60".to_owned());
        read.facts.software = Some(software.to_owned());
        read
    }

    #[test]
    fn a_photo_of_a_camera_has_no_traces() {
        let bytes = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>\0\0\0";
        let outline = outline(1080, 2400, bytes.len() - 3, bytes.len() - 3);
        assert_eq!(find(MediaType::Jpeg, bytes, &outline, &from_camera("HarmonyOS 4.0")), []);
    }

    #[test]
    fn an_editing_program_is_named_wherever_it_names_itself() {
        let by = |by: &str| vec![Trace::Edited { by: by.to_owned() }];
        let plain = outline(4000, 3000, 0, 0);
        assert_eq!(find(MediaType::Jpeg, b"", &plain, &from_camera("Snapseed 2.0")), by("Snapseed 2.0"));
        assert_eq!(find(MediaType::Jpeg, b"", &plain, &from_camera("美图秀秀")), by("美图秀秀"));
        let note = b"<xmp:CreatorTool>Adobe Photoshop 25.1</xmp:CreatorTool>";
        let noted = outline(4000, 3000, note.len(), note.len());
        assert_eq!(find(MediaType::Jpeg, note, &noted, &from_camera("Ver.1.0")), by("photoshop"));
    }

    #[test]
    fn a_screenshot_is_told_by_its_comment_or_by_its_shape_without_a_camera() {
        let by = |by: &str| Trace::Screenshot { by: by.to_owned() };
        let mut said = from_camera("17.0");
        said.comment = b"ASCII\0\0\0Screenshot".to_vec();
        assert_eq!(find(MediaType::Jpeg, b"", &outline(9, 9, 0, 0), &said), [by("user comment")]);
        let nameless = Read::default();
        let find =
            |media_type, width, height| find(media_type, b"", &outline(width, height, 0, 0), &nameless);
        assert_eq!(find(MediaType::Jpeg, 1080, 2400), [by("screen size"), Trace::NoCamera]);
        assert_eq!(find(MediaType::Png, 1920, 1080), [by("screen size"), Trace::NoCamera]);
        // A photo of 16 to 9 that lost its EXIF on the way is none.
        assert_eq!(find(MediaType::Jpeg, 1920, 1080), [Trace::NoCamera]);
    }

    #[test]
    fn bytes_behind_the_picture_are_counted_unless_they_are_padding() {
        let found = find(MediaType::Jpeg, b"..<html>", &outline(9, 9, 0, 2), &from_camera("1"));
        assert_eq!(found, [Trace::TrailingBytes { bytes: 6 }]);
        assert_eq!(find(MediaType::Jpeg, b"..\0\0", &outline(9, 9, 0, 2), &from_camera("1")), []);
    }
}
