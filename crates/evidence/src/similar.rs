//! Similar photos: which of millions of perceptual hashes differ from one in a few bits, answered in a fraction of
//! a millisecond.
//!
//! Multi-index hashing: a hash is cut into four parts of 16 bits. Two hashes that differ in at most `r` bits differ
//! in at most `r / 4` bits in one of the parts, so that only the hashes with such a part need to be compared.

#[cfg(test)]
mod copies;
#[cfg(test)]
mod tests;

use std::sync::{PoisonError, RwLock};

use domain::{evidence::PerceptualHash, identifiers::PhotoId};

/// Parts of a hash.
const PARTS: usize = 4;
/// Bits of a part.
const PART_BITS: u32 = 16;
/// Values of a part.
const VALUES: usize = 1 << PART_BITS;

/// A photo that looks like another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alike {
    /// In how many of 64 bits the two differ.
    pub bits: u32,
    /// The other photo.
    pub photo: PhotoId,
}

/// The perceptual hashes of all photos, in memory: about 50 bytes each. Share it between threads.
#[derive(Debug)]
pub struct SimilarPhotos {
    /// Every difference of a part, those of few bits first.
    differences: Vec<u16>,
    /// How many differences there are of at most so many bits.
    reach: [usize; PART_BITS as usize + 1],
    known: RwLock<Known>,
}

#[derive(Debug)]
struct Known {
    hashes: Vec<u64>,
    photos: Vec<PhotoId>,
    /// For each part, for each of its values, the places of the hashes that have it.
    places: [Vec<Vec<u32>>; PARTS],
}

impl Default for SimilarPhotos {
    fn default() -> Self {
        let mut differences: Vec<u16> = (0..=u16::MAX).collect();
        differences.sort_by_key(|difference| difference.count_ones());
        let mut within = 0;
        let reach = std::array::from_fn(|bits| {
            let more =
                differences.iter().skip(within).take_while(|d| usize_of(d.count_ones()) <= bits).count();
            within += more;
            within
        });
        let places = std::array::from_fn(|_| vec![Vec::new(); VALUES]);
        Self {
            differences,
            reach,
            known: RwLock::new(Known { hashes: Vec::new(), photos: Vec::new(), places }),
        }
    }
}

fn usize_of(bits: u32) -> usize {
    usize::try_from(bits).unwrap_or(usize::MAX)
}

/// The four parts of a hash.
fn parts(hash: u64) -> [u16; PARTS] {
    let [a, b, c, d, e, f, g, h] = hash.to_le_bytes();
    [[a, b], [c, d], [e, f], [g, h]].map(u16::from_le_bytes)
}

impl SimilarPhotos {
    /// An index that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds photos. What is added twice is found once.
    pub fn add(&self, photos: impl IntoIterator<Item = (PhotoId, PerceptualHash)>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for (photo, PerceptualHash(hash)) in photos {
            // Four thousand million photos of a city are some centuries away.
            let Ok(place) = u32::try_from(known.hashes.len()) else { return };
            known.hashes.push(hash);
            known.photos.push(photo);
            for (values, part) in known.places.iter_mut().zip(parts(hash)) {
                values.get_mut(usize::from(part)).into_iter().for_each(|places| places.push(place));
            }
        }
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.known.read().unwrap_or_else(PoisonError::into_inner).hashes.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The photos whose hashes differ from `hash` in at most `radius` bits: the nearest first, at most `most`.
    pub fn near(&self, hash: PerceptualHash, radius: u32, most: usize) -> Vec<Alike> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<(u32, u32)> = Vec::new();
        for (index, (values, part)) in known.places.iter().zip(parts(hash.0)).enumerate() {
            let differences = self.differences.get(..self.within(index, radius)).unwrap_or_default();
            for difference in differences {
                let Some(places) = values.get(usize::from(part ^ difference)) else { continue };
                found.extend(places.iter().filter_map(|place| {
                    let other = known.hashes.get(usize::try_from(*place).ok()?)?;
                    let bits = (other ^ hash.0).count_ones();
                    (bits <= radius).then_some((bits, *place))
                }));
            }
        }
        found.sort_unstable();
        found.dedup();
        let alike = found.into_iter().filter_map(|(bits, place)| {
            let photo = *known.photos.get(usize::try_from(place).ok()?)?;
            Some(Alike { bits, photo })
        });
        nearest(alike, most)
    }

    /// How many of the differences the part with this index must be looked up with. Of `4 a + b` bits either one of
    /// the first `b + 1` parts holds at most `a`, or one of the others at most `a - 1`.
    fn within(&self, index: usize, radius: u32) -> usize {
        let radius = usize_of(radius.min(u64::BITS));
        let (each, rest) = (radius / PARTS, radius % PARTS);
        let bits = if index <= rest { Some(each) } else { each.checked_sub(1) };
        bits.and_then(|bits| self.reach.get(bits)).copied().unwrap_or_default()
    }
}

/// The first `most` photos, each once, of those that come nearest first.
fn nearest(alike: impl Iterator<Item = Alike>, most: usize) -> Vec<Alike> {
    let mut seen = std::collections::HashSet::new();
    alike.filter(|alike| seen.insert(alike.photo)).take(most).collect()
}
