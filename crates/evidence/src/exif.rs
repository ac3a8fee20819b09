//! What a photo says of its own making. The parser is a library's; how much it may be given to chew on is decided here,
//! before it sees a byte, so that a directory that points at itself or claims 65,000 entries costs nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use chrono::Utc;
use domain::{evidence::ExifFacts, geo::Coordinates};
use nom_exif::{
    EntryValue, ExifDateTime, ExifIter, ExifIterEntry, ExifTag, LatLng, MediaParser, MediaSource,
};

/// Directories of one photo: cameras write five or six.
const MOST_DIRECTORIES: usize = 16;
/// Entries in all directories: cameras write one or two hundred.
const MOST_ENTRIES: usize = 1024;
/// Bytes that the values of all entries have together.
const MOST_VALUE_BYTES: usize = 512 << 10;
/// Characters that are kept of a name.
const LONGEST_NAME: usize = 64;

/// Entries that hold the place of another directory: SubIFDs, EXIF, GPS, interoperability.
const POINTERS: [u16; 4] = [0x014a, 0x8769, 0x8825, 0xa005];

/// What was read, with the comment apart: it is looked at for traces and not kept.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) facts: ExifFacts,
    pub(crate) comment: Vec<u8>,
}

/// Reads EXIF data that begin with their TIFF header. What cannot be read is left out.
pub(crate) fn read(tiff: Bytes) -> Read {
    let mut found = Read::default();
    found.facts.present = !tiff.is_empty();
    if is_modest(&tiff) {
        // The parser is not ours, and the bytes are anybody's.
        if let Ok(Some(read)) = catch_unwind(AssertUnwindSafe(|| parse(tiff))) {
            found = read;
        }
    }
    found
}

fn parse(tiff: Bytes) -> Option<Read> {
    let entries: ExifIter = MediaParser::new().parse_exif(MediaSource::from_memory(tiff).ok()?).ok()?;
    let mut read = Read::default();
    read.facts.present = true;
    let mut place = Place::default();
    let mut taken = [None, None];
    for entry in entries.take(MOST_ENTRIES) {
        let (Some(tag), Some(value)) = (entry.tag().tag(), entry.value()) else { continue };
        match tag {
            ExifTag::Make => read.facts.make = read.facts.make.or(name(value)),
            ExifTag::Model => read.facts.model = read.facts.model.or(name(value)),
            ExifTag::Software => read.facts.software = read.facts.software.or(name(value)),
            ExifTag::UserComment => read.comment = comment(&entry),
            ExifTag::DateTimeOriginal => taken = [value.as_datetime(), taken[1]],
            ExifTag::CreateDate => taken = [taken[0], value.as_datetime()],
            _ => place.take(tag, value),
        }
    }
    match taken[0].or(taken[1]) {
        Some(ExifDateTime::Aware(time)) => read.facts.taken_at = Some(time.with_timezone(&Utc)),
        Some(ExifDateTime::Naive(time)) => read.facts.taken_at_local = Some(time),
        None => {}
    }
    read.facts.place = place.coordinates();
    Some(read)
}

/// A name as it may be shown: without control characters and those that turn the direction of writing.
fn name(value: &EntryValue) -> Option<String> {
    let shown = value.as_str()?.chars().filter(|letter| !is_unshown(*letter));
    let name: String = shown.take(LONGEST_NAME).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

fn is_unshown(letter: char) -> bool {
    let unseen =
        ['\u{200b}'..='\u{200f}', '\u{2028}'..='\u{202e}', '\u{2060}'..='\u{2069}', '\u{feff}'..='\u{feff}'];
    letter.is_control()
        || letter == char::REPLACEMENT_CHARACTER
        || unseen.iter().any(|range| range.contains(&letter))
}

fn comment(entry: &ExifIterEntry) -> Vec<u8> {
    match entry.value() {
        Some(EntryValue::Text(text)) => text.clone().into_bytes(),
        Some(EntryValue::Undefined(bytes) | EntryValue::U8Array(bytes)) => bytes.clone(),
        _ => Vec::new(),
    }
}

/// Degrees as they are gathered.
#[derive(Default)]
struct Place {
    latitude: Option<f64>,
    longitude: Option<f64>,
    south: bool,
    west: bool,
}

impl Place {
    fn take(&mut self, tag: ExifTag, value: &EntryValue) {
        let is = |letter: char| value.as_str().is_some_and(|text| text.starts_with(letter));
        let degrees = || LatLng::try_from(value.as_urational_slice()?).ok()?.to_decimal_degrees();
        match tag {
            ExifTag::GPSLatitudeRef => self.south = is('S'),
            ExifTag::GPSLongitudeRef => self.west = is('W'),
            ExifTag::GPSLatitude => self.latitude = degrees(),
            ExifTag::GPSLongitude => self.longitude = degrees(),
            _ => {}
        }
    }

    /// Nothing for places outside the earth, and for the zeros that phones without a fix write.
    fn coordinates(&self) -> Option<Coordinates> {
        let (latitude, longitude) = (self.latitude?, self.longitude?);
        let on_earth = (0.0..=90.0).contains(&latitude) && (0.0..=180.0).contains(&longitude);
        let somewhere = latitude > 0.0 || longitude > 0.0;
        let signed = |degrees: f64, negative: bool| if negative { -degrees } else { degrees };
        (on_earth && somewhere).then(|| Coordinates {
            latitude: signed(latitude, self.south),
            longitude: signed(longitude, self.west),
        })
    }
}

/// Whether all directories that can be reached, each counted once, stay within what cameras write.
fn is_modest(tiff: &[u8]) -> bool {
    let little = tiff.starts_with(b"II");
    let Some(first) = number(tiff, 4, 4, little) else { return false };
    let (mut open, mut seen) = (vec![first], Vec::new());
    let (mut entries, mut value_bytes) = (0_usize, 0_usize);
    while let Some(at) = open.pop() {
        if at == 0 || seen.contains(&at) {
            continue;
        }
        seen.push(at);
        let Some(count) = number(tiff, at, 2, little) else { continue };
        entries = entries.saturating_add(count);
        if seen.len() > MOST_DIRECTORIES || entries > MOST_ENTRIES {
            return false;
        }
        for index in 0..count {
            let entry = at.saturating_add(2).saturating_add(index.saturating_mul(12));
            let Some(tag) = number(tiff, entry, 2, little) else { return false };
            let Some(value) = number(tiff, entry.saturating_add(8), 4, little) else { return false };
            // Eight bytes is the widest kind of value.
            let length = number(tiff, entry.saturating_add(4), 4, little).unwrap_or(0).saturating_mul(8);
            // What would lie outside is not read.
            value_bytes = value_bytes.saturating_add(if length > tiff.len() { 0 } else { length });
            if u16::try_from(tag).is_ok_and(|tag| POINTERS.contains(&tag)) {
                open.push(value);
            }
        }
        open.extend(number(tiff, at.saturating_add(2).saturating_add(count.saturating_mul(12)), 4, little));
        if value_bytes > MOST_VALUE_BYTES || open.len() > MOST_DIRECTORIES {
            return false;
        }
    }
    true
}

fn number(tiff: &[u8], at: usize, bytes: usize, little: bool) -> Option<usize> {
    let digits = tiff.get(at..at.checked_add(bytes)?)?;
    let add = |sum: usize, digit: &u8| sum * 256 + usize::from(*digit);
    Some(if little { digits.iter().rev().fold(0, add) } else { digits.iter().fold(0, add) })
}
