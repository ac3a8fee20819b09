//! Photos with EXIF as a phone writes it: camera, time with its zone, place.

use crate::scenes::jpeg;

/// What the camera writes into the photo.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Camera {
    pub(crate) model: &'static str,
    /// `2026:03-02 08:31:00` as EXIF has it.
    pub(crate) taken: Option<&'static str>,
    /// In 1/10000 of a degree, north and east.
    pub(crate) place: Option<(u32, u32)>,
}

/// One entry of an IFD: its tag, type, count and bytes.
type Entry = (u16, u16, u32, Vec<u8>);

fn text(tag: u16, text: &str) -> Entry {
    let bytes = [text.as_bytes(), b"\0"].concat();
    (tag, 2, u32::try_from(bytes.len()).unwrap(), bytes)
}

fn number(tag: u16, value: u32) -> Entry {
    (tag, 4, 1, value.to_be_bytes().to_vec())
}

/// Degrees in 1/10000 as whole degrees, minutes and seconds, all over 10000.
fn degrees(tag: u16, value: u32) -> Entry {
    let rational = |value: u32| [value.to_be_bytes(), 10_000_u32.to_be_bytes()].concat();
    (tag, 5, 3, [rational(value), rational(0), rational(0)].concat())
}

/// An IFD that begins at `start`: its entries, then what does not fit into them.
fn ifd(entries: &[Entry], start: usize) -> Vec<u8> {
    let mut head = u16::try_from(entries.len()).unwrap().to_be_bytes().to_vec();
    let mut data: Vec<u8> = Vec::new();
    let data_start = start + 2 + entries.len() * 12 + 4;
    for (tag, kind, count, bytes) in entries {
        head.extend([tag.to_be_bytes(), kind.to_be_bytes()].concat());
        head.extend(count.to_be_bytes());
        if bytes.len() <= 4 {
            head.extend(bytes);
            head.resize(head.len() + 4 - bytes.len(), 0);
        } else {
            head.extend(u32::try_from(data_start + data.len()).unwrap().to_be_bytes());
            data.extend(bytes);
        }
    }
    head.extend([0; 4]);
    [head, data].concat()
}

/// The photo with this seed, as this camera would have made it.
pub(crate) fn photo_of(camera: &Camera, seed: u32) -> Vec<u8> {
    photographed(camera, &jpeg(seed))
}

/// This JPEG with EXIF behind its start.
pub(crate) fn photographed(camera: &Camera, jpeg: &[u8]) -> Vec<u8> {
    let times = camera.taken.map(|taken| vec![text(0x9003, taken), text(0x9011, "+08:00")]);
    let gps = camera
        .place
        .map(|(north, east)| vec![text(1, "N"), degrees(2, north), text(3, "E"), degrees(4, east)]);
    let directory = |times: u32, gps: u32| {
        let mut entries = vec![text(0x010f, "Canary"), text(0x0110, camera.model)];
        entries.extend((times > 0).then(|| number(0x8769, times)));
        entries.extend((gps > 0).then(|| number(0x8825, gps)));
        entries
    };
    let present = |part: bool| u32::from(part);
    let first = ifd(&directory(present(times.is_some()), present(gps.is_some())), 8).len() + 8;
    let times = times.map(|entries| ifd(&entries, first)).unwrap_or_default();
    let second = first + times.len();
    let gps = gps.map(|entries| ifd(&entries, second)).unwrap_or_default();
    let at = |part: &[u8], at: usize| if part.is_empty() { 0 } else { u32::try_from(at).unwrap() };
    let main = ifd(&directory(at(&times, first), at(&gps, second)), 8);
    let tiff = [b"MM\0\x2a\0\0\0\x08".as_slice(), &main, &times, &gps].concat();
    let length = u16::try_from(2 + 6 + tiff.len()).unwrap();
    let (start, rest) = jpeg.split_at(2);
    [start, b"\xff\xe1", &length.to_be_bytes(), b"Exif\0\0", &tiff, rest].concat()
}
