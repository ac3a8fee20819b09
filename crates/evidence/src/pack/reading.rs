//! Reads a container once, from its first byte to its last, in bounded memory: large files are only hashed.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read},
};

use crc32fast::Hasher as Crc;
use domain::digest::Digest;
use sha2::{Digest as _, Sha256};

use super::container::{
    CENTRAL, LARGEST_FILE, LOCAL, LONGEST_NAME, MOST_FILES, Stored, end, is_name, local_header,
};

/// Files of this folder are media: hashed, never kept in memory.
pub(super) const MEDIA: &str = "evidence/";
/// All other files together are no larger than this, in bytes.
pub(super) const MOST_KEPT: u64 = 64 * 1024 * 1024;
const FIXED: usize = 30;
const CHUNK: usize = 64 * 1024;

/// Why a file is not a container of the one form. Reading ends there.
#[derive(Debug, thiserror::Error)]
pub(super) enum ContainerFault {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("it ends within a file or a header, near byte {0}")]
    Short(u64),
    #[error("the header at byte {0} is not of the form that a pack has")]
    Header(u64),
    #[error("a file's name is not one that a pack uses, at byte {0}")]
    Name(u64),
    #[error("two files have the same name, the second at byte {0}")]
    Twice(u64),
    #[error("the checksum of the file at byte {0} is wrong")]
    Checksum(u64),
    #[error("the directory behind the files is not the one that belongs to them")]
    Directory,
    #[error("there are more bytes behind its end")]
    Trailing,
    #[error("it holds more than a pack can hold")]
    TooMuch,
}

/// One file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) digest: Digest,
    pub(super) bytes: u64,
}

/// A container, read.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Every file, in order.
    pub(super) files: Vec<Found>,
    /// The bytes of all that are not media.
    pub(super) kept: BTreeMap<String, Vec<u8>>,
}

/// Reads everything, and believes nothing that it would not have written itself.
pub(super) fn read(source: impl Read) -> Result<Contents, ContainerFault> {
    let mut reading = Reading { source, at: 0, budget: MOST_KEPT };
    let mut contents = Contents::default();
    let (mut headers, mut names) = (Vec::new(), BTreeSet::new());
    loop {
        let at = reading.at;
        let mut signature = [0; 4];
        reading.exactly(&mut signature)?;
        match signature {
            LOCAL => {
                let header = reading.header(at)?;
                if !names.insert(header.name.to_ascii_lowercase()) {
                    return Err(ContainerFault::Twice(at));
                }
                if headers.len() >= MOST_FILES {
                    return Err(ContainerFault::TooMuch);
                }
                let (found, kept) = reading.file(&header)?;
                contents.kept.extend(kept.map(|bytes| (found.name.clone(), bytes)));
                contents.files.push(found);
                headers.push(header);
            }
            CENTRAL => {
                let expected = end(&headers, at);
                return reading.ends(&signature, &expected).map(|()| contents);
            }
            _ => return Err(ContainerFault::Header(at)),
        }
    }
}

struct Reading<R> {
    source: R,
    at: u64,
    /// How many bytes of files may still be kept.
    budget: u64,
}

impl<R: Read> Reading<R> {
    fn exactly(&mut self, buffer: &mut [u8]) -> Result<(), ContainerFault> {
        self.source.read_exact(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => ContainerFault::Short(self.at),
            _ => ContainerFault::Unreadable(error),
        })?;
        self.at = self.at.saturating_add(u64::try_from(buffer.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    /// The rest of a local header, whose signature was read at `at`.
    fn header(&mut self, at: u64) -> Result<Stored, ContainerFault> {
        let mut fixed = [0; FIXED - 4];
        self.exactly(&mut fixed)?;
        let [.., c0, c1, c2, c3, s0, s1, s2, s3, _, _, _, _, n0, n1, _, _] = fixed;
        let length = usize::from(u16::from_le_bytes([n0, n1]));
        if length > LONGEST_NAME {
            return Err(ContainerFault::Name(at));
        }
        let mut name = vec![0; length];
        self.exactly(&mut name)?;
        let name =
            String::from_utf8(name).ok().filter(|name| is_name(name)).ok_or(ContainerFault::Name(at))?;
        let crc = u32::from_le_bytes([c0, c1, c2, c3]);
        let file = Stored { name, crc, bytes: u32::from_le_bytes([s0, s1, s2, s3]), offset: at };
        let read = [LOCAL.as_slice(), &fixed, file.name.as_bytes()].concat();
        if u64::from(file.bytes) > LARGEST_FILE || local_header(&file) != read {
            return Err(ContainerFault::Header(at));
        }
        Ok(file)
    }

    /// A file's bytes: hashed, and kept if they are not media.
    fn file(&mut self, header: &Stored) -> Result<(Found, Option<Vec<u8>>), ContainerFault> {
        let bytes = u64::from(header.bytes);
        let mut kept = (!header.name.starts_with(MEDIA)).then(Vec::new);
        if kept.is_some() {
            self.budget = self.budget.checked_sub(bytes).ok_or(ContainerFault::TooMuch)?;
        }
        let (mut crc, mut hasher) = (Crc::new(), Sha256::new());
        let mut chunk = vec![0; CHUNK];
        let mut left = bytes;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            let Some(part) = chunk.get_mut(..most) else { break };
            self.exactly(part)?;
            crc.update(part);
            hasher.update(&*part);
            if let Some(kept) = &mut kept {
                kept.extend_from_slice(part);
            }
            left = left.saturating_sub(u64::try_from(most).unwrap_or(u64::MAX));
        }
        if crc.finalize() != header.crc {
            return Err(ContainerFault::Checksum(header.offset));
        }
        let digest = Digest::from_bytes(hasher.finalize().into());
        Ok((Found { name: header.name.clone(), digest, bytes }, kept))
    }

    /// Whether the rest, which began with `begun`, is what is expected and nothing else.
    fn ends(&mut self, begun: &[u8], expected: &[u8]) -> Result<(), ContainerFault> {
        let mut rest = vec![0; expected.len().saturating_sub(begun.len())];
        self.exactly(&mut rest)?;
        if [begun, &rest].concat() != expected {
            return Err(ContainerFault::Directory);
        }
        let mut more = [0];
        match self.source.read(&mut more)? {
            0 => Ok(()),
            _ => Err(ContainerFault::Trailing),
        }
    }
}
