//! RFC 9162, sections 2.1.3.2 and 2.1.4.2, word for word and with nothing of ours: who holds a checkpoint needs no
//! more than this to check a proof.

use domain::digest::Digest;
use sha2::{Digest as _, Sha256};

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    hash(&[&[1], left, right])
}

/// Whether the entry is leaf `index` of the tree with `size` leaves and this root.
pub(super) fn included(entry: Digest, index: u64, size: u64, path: &[Digest], root: Digest) -> bool {
    if index >= size {
        return false;
    }
    let (mut number, mut last) = (index, size - 1);
    let mut result = hash(&[&[0], entry.as_bytes()]);
    for step in path {
        if last == 0 {
            return false;
        }
        if number % 2 == 1 || number == last {
            result = node(step.as_bytes(), &result);
            while number % 2 == 0 && number != 0 {
                number >>= 1;
                last >>= 1;
            }
        } else {
            result = node(&result, step.as_bytes());
        }
        number >>= 1;
        last >>= 1;
    }
    last == 0 && result == *root.as_bytes()
}

/// Whether the tree of `second` leaves begins with the tree of `first` leaves.
pub(super) fn consistent(first: u64, second: u64, path: &[Digest], old: Digest, new: Digest) -> bool {
    if first == second {
        return path.is_empty() && old == new;
    }
    let mut steps: Vec<[u8; 32]> = path.iter().map(|step| *step.as_bytes()).collect();
    if first.is_power_of_two() {
        steps.insert(0, *old.as_bytes());
    }
    let Some((start, steps)) = steps.split_first() else { return false };
    let (mut number, mut last) = (first - 1, second - 1);
    while number % 2 == 1 {
        number >>= 1;
        last >>= 1;
    }
    let (mut earlier, mut later) = (*start, *start);
    for step in steps {
        if last == 0 {
            return false;
        }
        if number % 2 == 1 || number == last {
            earlier = node(step, &earlier);
            later = node(step, &later);
            while number % 2 == 0 && number != 0 {
                number >>= 1;
                last >>= 1;
            }
        } else {
            later = node(&later, step);
        }
        number >>= 1;
        last >>= 1;
    }
    last == 0 && earlier == *old.as_bytes() && later == *new.as_bytes()
}
