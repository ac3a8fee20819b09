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
/// Entries in all directories. Cameras write one or two hundred; but some programs leave out the end of a directory, and
/// then what stands behind it is read as one.
const MOST_ENTRIES: usize = 3_000;
/// Bytes that the values of all entries have together.
const MOST_VALUE_BYTES: usize = 4 << 20;
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
        // What would lie outside is not read, here and by the parser.
        let count = count.min(tiff.len().saturating_sub(at) / 12);
        entries = entries.saturating_add(count);
        if seen.len() > MOST_DIRECTORIES || entries > MOST_ENTRIES {
            return false;
        }
        for index in 0..count {
            let entry = at.saturating_add(2).saturating_add(index.saturating_mul(12));
            let field = |distance, bytes| number(tiff, entry.saturating_add(distance), bytes, little);
            let (Some(tag), Some(values), Some(value)) = (field(0, 2), field(4, 4), field(8, 4)) else {
                break;
            };
            // Eight bytes is the widest kind of value.
            let length = values.saturating_mul(8);
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// A directory of these entries (tag, kind, count, value), and where the next one stands.
    fn directory(entries: &[(u16, u16, u32, u32)], next: u32) -> Vec<u8> {
        let mut bytes = u16::try_from(entries.len()).unwrap().to_be_bytes().to_vec();
        for (tag, kind, count, value) in entries {
            bytes.extend(tag.to_be_bytes());
            bytes.extend(kind.to_be_bytes());
            bytes.extend(count.to_be_bytes());
            bytes.extend(value.to_be_bytes());
        }
        bytes.extend(next.to_be_bytes());
        bytes
    }

    fn tiff(first: &[u8]) -> Vec<u8> {
        [b"MM\0\x2a\0\0\0\x08", first].concat()
    }

    /// The shortest of five, so that a busy machine does not count.
    fn quickest(tiff: &[u8]) -> Duration {
        let once = || {
            let bytes = Bytes::copy_from_slice(tiff);
            let start = Instant::now();
            let read = read(bytes);
            assert!(read.facts.present);
            start.elapsed()
        };
        (0..5).map(|_| once()).min().unwrap()
    }

    #[test]
    fn loops_and_thousands_of_entries_cost_next_to_nothing() {
        let exif_pointer = |value| (0x8769, 4, 1, value);
        let many: Vec<_> = (0..u16::MAX).map(|tag| (tag | 1, 7, 60_000, 8)).collect();
        let modest: Vec<_> = (1..2_990).map(|tag| (tag, 7, 80, 8)).collect();
        let pointers: Vec<_> = (0..20_000).map(|at| exif_pointer(8 + 2 * at)).collect();
        let mut chain = b"MM\0\x2a\0\0\0\x08".to_vec();
        for link in 1..=3_000 {
            chain.extend(directory(&[], 8 + 6 * link));
        }
        let hostile = [
            ("a directory that follows itself", tiff(&directory(&[exif_pointer(8), (0x8825, 4, 1, 8)], 8))),
            ("two that follow each other", tiff(&[directory(&[], 14), directory(&[], 8)].concat())),
            ("65,535 entries with large values", tiff(&directory(&many, 0))),
            ("65,535 entries that are not there", tiff(&[0xff; 64])),
            ("20,000 directories on top of each other", tiff(&directory(&pointers, 0))),
            ("3,000 directories in a chain", chain),
            ("as many entries as are allowed", tiff(&directory(&modest, 0))),
            ("as many entries as are allowed, searched for the time zone first", {
                tiff(&[directory(&[exif_pointer(26)], 0), directory(&modest, 0)].concat())
            }),
            (
                "values at 4 GB",
                tiff(&directory(&[(0x010f, 2, 64, u32::MAX), (0x0110, 2, u32::MAX, 8)], u32::MAX)),
            ),
            ("the first directory at 4 GB", b"MM\0\x2a\xff\xff\xff\xff".to_vec()),
            ("a header alone", b"II\x2a\0".to_vec()),
        ];
        for (name, bytes) in hostile {
            let took = quickest(&bytes);
            assert!(took < Duration::from_millis(50), "{name}: {took:?}");
        }
    }

    #[test]
    fn names_are_cut_and_lose_what_cannot_be_seen() {
        let value = |text: &str| EntryValue::Text(text.to_owned());
        assert_eq!(name(&value(" HUAWEI\0\r\n")), Some("HUAWEI".to_owned()));
        assert_eq!(name(&value("a\u{202e}b\u{200b}\u{feff}c\u{1b}[31m")), Some("abc[31m".to_owned()));
        assert_eq!(name(&value(&"车".repeat(500))), Some("车".repeat(64)));
        assert_eq!(name(&value("\u{7}\0 ")), None);
    }

    #[test]
    fn a_place_must_be_on_earth_and_somewhere() {
        let place = |latitude, longitude| {
            Place { latitude: Some(latitude), longitude: Some(longitude), south: true, west: false }
                .coordinates()
        };
        assert_eq!(place(36.5, 118.0), Some(Coordinates { latitude: -36.5, longitude: 118.0 }));
        for (latitude, longitude) in
            [(0.0, 0.0), (90.5, 1.0), (1.0, 181.0), (f64::NAN, 1.0), (1.0, f64::INFINITY)]
        {
            assert_eq!(place(latitude, longitude), None);
        }
    }
}
