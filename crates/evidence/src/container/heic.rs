//! HEIC: the boxes of its header (ISO/IEC 23008-12), as far as size, orientation, EXIF and completeness need them.

use std::ops::Range;

use image::metadata::Orientation;

use super::{Outline, Size};
use crate::refusal::IntakeError;

/// Items of one picture with its tiles, thumbnail and metadata; a 60-megapixel picture of iPhone tiles has 250.
const MOST_ITEMS: usize = 4096;

/// Metadata of cameras is a few kilobytes; what is larger is let be.
const LARGEST_EXIF: usize = 256 << 10;

/// Walks the boxes and checks that every stretch of coded data lies within the file.
pub(super) fn outline(bytes: &[u8]) -> Result<Outline, IntakeError> {
    let (meta, end) = find_meta(bytes)?;
    let header = Header::read(meta).ok_or(IntakeError::Undecodable)?;
    let stretches = header.stretches().ok_or(IntakeError::Undecodable)?;
    if stretches.iter().any(|stretch| stretch.range.end > bytes.len()) {
        return Err(IntakeError::Truncated);
    }
    let (size, orientation) = header.primary().ok_or(IntakeError::Undecodable)?;
    let exif = header.exif_item().and_then(|item| {
        let stretch = stretches.iter().find(|stretch| stretch.item == item)?;
        tiff_in(bytes, stretch.range.clone())
    });
    // Another program decodes to a JPEG, which is then read as one: three bytes a pixel, planes or colours.
    let memory = size.pixels().saturating_mul(3);
    Ok(Outline { size, orientation, memory, exif, notes: Vec::new(), end })
}

/// The body of the `meta` box, and where the boxes of the file end.
fn find_meta(bytes: &[u8]) -> Result<(&[u8], usize), IntakeError> {
    let (mut rest, mut meta) = (bytes, None);
    while !rest.is_empty() {
        match next_box(rest) {
            Some((b"meta", body, behind)) => {
                meta = meta.or(body.get(4..));
                rest = behind;
            }
            Some((_, _, behind)) => rest = behind,
            // Cut off, or something behind the picture: the stretches of data will tell.
            None => break,
        }
    }
    Ok((meta.ok_or(IntakeError::Truncated)?, bytes.len().saturating_sub(rest.len())))
}

/// Kind and body of the first box, and what follows it.
fn next_box(bytes: &[u8]) -> Option<(&[u8; 4], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (kind, rest) = rest.split_first_chunk::<4>()?;
    let (body_length, rest) = match u32::from_be_bytes(*length) {
        0 => (rest.len(), rest),
        1 => {
            let (length, rest) = rest.split_first_chunk::<8>()?;
            (usize::try_from(u64::from_be_bytes(*length)).ok()?.checked_sub(16)?, rest)
        }
        length => (usize::try_from(length).ok()?.checked_sub(8)?, rest),
    };
    let (body, behind) = rest.split_at_checked(body_length)?;
    Some((kind, body, behind))
}

/// All boxes within a body.
fn boxes(mut rest: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (kind, body, behind) = next_box(rest)?;
        rest = behind;
        Some((kind, body))
    })
}

fn child<'a>(body: &'a [u8], wanted: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(body).find(|(kind, _)| *kind == wanted).map(|(_, body)| body)
}

/// Coded data of an item: bytes of the file.
struct Stretch {
    item: u32,
    range: Range<usize>,
}

/// The boxes that are asked for, unread.
struct Header<'a> {
    primary_item: u32,
    item_infos: &'a [u8],
    locations: &'a [u8],
    properties: &'a [u8],
    associations: &'a [u8],
}

impl<'a> Header<'a> {
    fn read(meta: &'a [u8]) -> Option<Self> {
        let mut primary = Fields(child(meta, b"pitm")?);
        let version = primary.version()?;
        let item_properties = child(meta, b"iprp")?;
        Some(Self {
            primary_item: primary.wide_if(version != 0)?,
            item_infos: child(meta, b"iinf")?,
            locations: child(meta, b"iloc")?,
            properties: child(item_properties, b"ipco")?,
            associations: child(item_properties, b"ipma")?,
        })
    }

    /// Size and orientation of the primary item, by the properties that are associated with it.
    fn primary(&self) -> Option<(Size, Orientation)> {
        let (mut size, mut turns, mut mirror) = (None, 0, None);
        for index in self.associated()? {
            let (kind, body) = boxes(self.properties).nth(index)?;
            match kind {
                b"ispe" => {
                    let mut fields = Fields(body.get(4..)?);
                    size = Some(Size { width: fields.number(4)?, height: fields.number(4)? });
                }
                b"irot" => turns = body.first()? & 3,
                b"imir" => mirror = Some(body.first()? & 1),
                _ => {}
            }
        }
        // `irot` turns anticlockwise. A mirror does not change the size, and the converter applies both.
        let orientation = match (turns, mirror) {
            (1, _) => Orientation::Rotate270,
            (3, _) => Orientation::Rotate90,
            (2, _) => Orientation::Rotate180,
            (_, Some(_)) => Orientation::FlipHorizontal,
            _ => Orientation::NoTransforms,
        };
        size.map(|size| (size, orientation))
    }

    /// Which properties belong to the primary item, counted from 0.
    fn associated(&self) -> Option<Vec<usize>> {
        let mut fields = Fields(self.associations);
        let (version, flags) = (fields.version()?, self.associations.get(3)?);
        let entries = fields.number(4)?;
        for _ in 0..entries.min(u32::try_from(MOST_ITEMS).ok()?) {
            let item = fields.wide_if(version != 0)?;
            let count = fields.number(1)?;
            let wide = flags & 1 != 0;
            let mut indices = Vec::new();
            for _ in 0..count {
                let index = if wide { fields.number(2)? & 0x7fff } else { fields.number(1)? & 0x7f };
                indices.extend(usize::try_from(index).ok()?.checked_sub(1));
            }
            if item == self.primary_item {
                return Some(indices);
            }
        }
        None
    }

    /// The item that holds EXIF.
    fn exif_item(&self) -> Option<u32> {
        let mut fields = Fields(self.item_infos);
        let version = fields.version()?;
        fields.wide_if(version != 0)?;
        boxes(fields.0).take(MOST_ITEMS).filter(|(kind, _)| *kind == b"infe").find_map(|(_, body)| {
            let mut info = Fields(body);
            let version = info.version()?;
            let item = info.wide_if(version > 2)?;
            info.number(2)?;
            info.0.starts_with(b"Exif").then_some(item)
        })
    }

    /// Where the data of all items stand, as far as they stand in the file itself.
    fn stretches(&self) -> Option<Vec<Stretch>> {
        let mut fields = Fields(self.locations);
        let version = fields.version()?;
        let (sizes, more) = (fields.number(1)?, fields.number(1)?);
        let width =
            |nibble: u32| usize::try_from(nibble & 0x0f).ok().filter(|width| matches!(width, 0 | 4 | 8));
        let (offset_width, length_width) = (width(sizes >> 4)?, width(sizes)?);
        let (base_width, index_width) = (width(more >> 4)?, width(if version > 0 { more } else { 0 })?);
        let items = fields.wide_if(version > 1)?;
        let mut found = Vec::new();
        for _ in 0..items {
            let item = fields.wide_if(version > 1)?;
            let method = if version > 0 { fields.number(2)? & 0x0f } else { 0 };
            fields.number(2)?;
            let base = fields.long(base_width)?;
            for _ in 0..fields.number(2)? {
                fields.long(index_width)?;
                let start = base.checked_add(fields.long(offset_width)?)?;
                let end = start.checked_add(fields.long(length_width)?)?;
                if found.len() == MOST_ITEMS {
                    return None;
                }
                // Method 0 counts from the start of the file; others point into boxes that were walked.
                let range = if method == 0 { start..end } else { 0..0 };
                found.push(Stretch { item, range });
            }
        }
        Some(found)
    }
}

/// The TIFF header within an EXIF item, which begins with the distance to it.
fn tiff_in(bytes: &[u8], item: Range<usize>) -> Option<Range<usize>> {
    if item.len() > LARGEST_EXIF {
        return None;
    }
    let distance = bytes.get(item.clone())?.first_chunk::<4>()?;
    let distance = usize::try_from(u32::from_be_bytes(*distance)).ok()?;
    let start = item.start.checked_add(4)?.checked_add(distance)?;
    (start < item.end).then_some(start..item.end)
}

/// Numbers one after the other, big end first.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    /// The version of a full box; its flags are passed over.
    fn version(&mut self) -> Option<u8> {
        let (head, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        head.first().copied()
    }

    /// A number of at most four bytes.
    fn number(&mut self, bytes: usize) -> Option<u32> {
        u32::try_from(self.long(bytes)?).ok()
    }

    /// A number of four bytes if `wide`, of two otherwise.
    fn wide_if(&mut self, wide: bool) -> Option<u32> {
        self.number(if wide { 4 } else { 2 })
    }

    /// A number of at most eight bytes; none at all is zero.
    fn long(&mut self, bytes: usize) -> Option<usize> {
        let (digits, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        digits.iter().try_fold(0_usize, |sum, digit| sum.checked_mul(256)?.checked_add(usize::from(*digit)))
    }
}
