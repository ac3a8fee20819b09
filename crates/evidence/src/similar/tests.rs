//! The index says what a look at every hash says; and what it finds of copies, among a million others.

use std::time::{Duration, Instant};

use domain::{
    evidence::{PerceptualHash, SIMILAR_BITS},
    identifiers::PhotoId,
};
use uuid::Uuid;

use super::{
    Alike, SimilarPhotos,
    copies::{COPIES, Dice, hash_of, picture},
};

fn photo(number: usize) -> PhotoId {
    PhotoId(Uuid::from_u128(number as u128))
}

/// What the index must say: every hash looked at.
fn scan(hashes: &[u64], hash: u64, radius: u32) -> Vec<Alike> {
    let bits = |other: &u64| (other ^ hash).count_ones();
    let mut found: Vec<(u32, usize)> = hashes
        .iter()
        .enumerate()
        .filter(|(_, other)| bits(other) <= radius)
        .map(|(place, other)| (bits(other), place))
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(bits, place)| Alike { bits, photo: photo(place) }).collect()
}

/// Hashes that lie near each other in every way: families around a few, each with up to 20 bits turned.
fn families(dice: &mut Dice, count: usize) -> Vec<u64> {
    let heads: Vec<u64> = (0..20).map(|_| dice.next()).collect();
    let turned = |dice: &mut Dice, hash: u64| {
        (0..dice.next() % 21).fold(hash, |hash, _| hash ^ (1 << (dice.next() % 64)))
    };
    (0..count).map(|number| turned(dice, heads[number % heads.len()])).collect()
}

fn index_of(hashes: &[u64]) -> SimilarPhotos {
    let index = SimilarPhotos::new();
    index.add(hashes.iter().enumerate().map(|(place, hash)| (photo(place), PerceptualHash(*hash))));
    index
}

#[test]
fn it_finds_exactly_what_a_look_at_every_hash_finds() {
    let mut dice = Dice(1);
    let hashes = families(&mut dice, 3000);
    let index = index_of(&hashes);
    let mut found = 0;
    for (hash, radius) in hashes.iter().step_by(37).zip((0..=16).cycle()) {
        let near = index.near(PerceptualHash(*hash), radius, usize::MAX);
        assert_eq!(near, scan(&hashes, *hash, radius), "{hash:x} {radius}");
        found += near.len();
    }
    assert!(found > 1000, "{found} is too little to be a test");
    for radius in [0, 7, 40, 64, 99] {
        assert_eq!(index.near(PerceptualHash(0), radius, usize::MAX), scan(&hashes, 0, radius), "{radius}");
    }
}

#[test]
fn the_nearest_come_first_and_a_photo_that_was_added_twice_is_found_once() {
    let index = index_of(&[0b111, 0, 0b1, 0b11]);
    index.add([(photo(1), PerceptualHash(0)), (photo(0), PerceptualHash(0b1111))]);
    let near = index.near(PerceptualHash(0), 4, 3);
    let bits: Vec<(u32, PhotoId)> = near.iter().map(|alike| (alike.bits, alike.photo)).collect();
    assert_eq!(bits, [(0, photo(1)), (1, photo(2)), (2, photo(3))]);
    assert_eq!(index.near(PerceptualHash(0), 4, 9).len(), 4);
}

#[test]
fn it_is_read_while_others_add() {
    let index = index_of(&[7]);
    std::thread::scope(|scope| {
        for writer in 0..4_usize {
            let index = &index;
            scope.spawn(move || {
                let mut dice = Dice(writer as u64);
                for number in 0..1000 {
                    index.add([(photo(1_000_000 * (writer + 1) + number), PerceptualHash(dice.next()))]);
                }
            });
        }
        for _ in 0..1000 {
            assert_eq!(index.near(PerceptualHash(7), 0, 2)[0].photo, photo(0));
        }
    });
    assert_eq!(index.len(), 4001);
}

/// Memory of this process, in bytes.
fn resident() -> usize {
    let pages: usize =
        std::fs::read_to_string("/proc/self/statm").unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// A million hashes of other photos: half as chance has them, half in families, as the photos of a fleet of
/// cameras over the same road are.
fn million(dice: &mut Dice) -> Vec<u64> {
    let mut hashes: Vec<u64> = (0..500_000).map(|_| dice.next()).collect();
    let heads: Vec<u64> = (0..5_000).map(|_| dice.next()).collect();
    hashes.extend((0..500_000).map(|number| {
        let turns = 8 + dice.next() % 17;
        (0..turns).fold(heads[number % heads.len()], |hash, _| hash ^ (1 << (dice.next() % 64)))
    }));
    hashes
}

#[test]
fn copies_are_found_among_a_million_others_in_less_than_a_millisecond() {
    const PICTURES: u64 = 300;
    let before = resident();
    let mut dice = Dice(2);
    let hashes = million(&mut dice);
    let index = index_of(&hashes);
    let held = resident() - before - hashes.len() * 8;
    println!("a million hashes: {} MB", held / 1_000_000);
    assert!(held < 100_000_000, "{held}");
    let originals: Vec<(image::GrayImage, PerceptualHash)> = (0..PICTURES)
        .map(|seed| {
            let picture = picture(seed);
            let hash = hash_of(&picture);
            (picture, hash)
        })
        .collect();
    let first = 2_000_000;
    index.add(originals.iter().enumerate().map(|(place, (_, hash))| (photo(first + place), *hash)));

    let (mut false_hits, mut confused, mut spent) = (0, 0, Vec::new());
    for (name, least, copy) in COPIES {
        let mut bits: Vec<u32> = Vec::new();
        for (place, (picture, original)) in originals.iter().enumerate() {
            let hash = hash_of(&copy(picture));
            bits.push(hash.distance(*original));
            let began = Instant::now();
            let near = index.near(hash, SIMILAR_BITS, 64);
            spent.push(began.elapsed());
            let is_original = |alike: &&Alike| alike.photo == photo(first + place);
            assert_eq!(near.iter().any(|alike| is_original(&alike)), bits[place] <= SIMILAR_BITS);
            false_hits += near.iter().filter(|alike| alike.photo < photo(first)).count();
            confused += near.iter().filter(|a| a.photo >= photo(first) && !is_original(a)).count();
        }
        bits.sort_unstable();
        let share = |radius: u32| {
            let found = bits.iter().filter(|bits| **bits <= radius).count();
            100.0 * found as f64 / bits.len() as f64
        };
        println!(
            "{name}: recall at 4 / 7 / {SIMILAR_BITS} / 12 bits {:.1} / {:.1} / {:.1} / {:.1} %, median {} worst {} bits",
            share(4),
            share(7),
            share(SIMILAR_BITS),
            share(12),
            bits[bits.len() / 2],
            bits[bits.len() - 1],
        );
        assert!(share(SIMILAR_BITS) >= least, "{name}");
    }
    println!(
        "{} queries: {:.4} candidates of the million each, {:.4} other pictures each, median {:?}",
        spent.len(),
        false_hits as f64 / spent.len() as f64,
        confused as f64 / spent.len() as f64,
        median(&mut spent),
    );
    assert!(false_hits * 10 <= spent.len(), "{false_hits}");
    assert!(median(&mut spent) < Duration::from_millis(1), "{:?}", median(&mut spent));
    let mut scans: Vec<Duration> = (0..20)
        .map(|_| {
            let (hash, began) = (dice.next(), Instant::now());
            assert!(scan(&hashes, hash, SIMILAR_BITS).len() < 64);
            began.elapsed()
        })
        .collect();
    println!("a look at every hash: median {:?}", median(&mut scans));
    assert!(median(&mut spent) < median(&mut scans), "faster than without an index");
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
