//! The container of a court pack: a ZIP file in the one form that the pack's description allows.
//!
//! Every byte of a header follows from the names, sizes, checksums and order of the files. Reading makes the
//! headers anew and compares them, so that no bit of them can be other than it was written, and what two programs
//! read cannot differ. Files are stored, not compressed: what must be read in ten years needs nothing but this.

use std::io::{self, Seek, SeekFrom, Write};

use crc32fast::Hasher as Crc;
use domain::digest::Digest;
use sha2::{Digest as _, Sha256};

/// The most files of a pack: what a case can hold, several times over.
pub(super) const MOST_FILES: usize = 2_000;
/// The longest name of a file, in bytes.
pub(super) const LONGEST_NAME: usize = 100;
/// The largest file; beyond it the sizes of a header need another form.
pub(super) const LARGEST_FILE: u64 = 0xFFFF_FFFE;

pub(super) const LOCAL: [u8; 4] = [b'P', b'K', 3, 4];
pub(super) const CENTRAL: [u8; 4] = [b'P', b'K', 1, 2];
const END: [u8; 4] = [b'P', b'K', 5, 6];
const END_64: [u8; 4] = [b'P', b'K', 6, 6];
const LOCATOR_64: [u8; 4] = [b'P', b'K', 6, 7];

/// What readers need to understand: plain files; offsets beyond four gigabytes.
const PLAIN: u16 = 20;
const FAR: u16 = 45;
/// Made on Unix, so that the permissions below count.
const MADE_BY: u16 = (3 << 8) | PLAIN;
/// A plain file that its owner may write and everybody may read.
const PERMISSIONS: u32 = 0o100_644 << 16;
/// 1980-01-01, the day zero of the format: times stand in the manifest.
const DAY_ZERO: u16 = 0x21;
/// Stands in a 32-bit field whose value is elsewhere.
const ELSEWHERE: u32 = u32::MAX;

/// One file of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    /// Its name.
    pub(super) name: String,
    /// CRC-32, as ZIP has it.
    pub(super) crc: u32,
    /// Size in bytes.
    pub(super) bytes: u32,
    /// Where its header begins.
    pub(super) offset: u64,
}

/// Whether this is a name that a pack uses: relative, plain, nothing that any system reads otherwise.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    name.len() <= LONGEST_NAME
        && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain))
}

/// A 16-bit length; names are far shorter.
fn short(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes()
}

/// The header in front of a file's bytes.
pub(super) fn local_header(file: &Stored) -> Vec<u8> {
    let mut header = LOCAL.to_vec();
    header.extend(PLAIN.to_le_bytes());
    facts(&mut header, file);
    header.extend(short(0));
    header.extend(file.name.as_bytes());
    header
}

/// What both headers of a file say in the same words: flags, method, time, checksum, sizes, length of the name.
fn facts(header: &mut Vec<u8>, file: &Stored) {
    header.extend([0; 6]);
    header.extend(DAY_ZERO.to_le_bytes());
    header.extend(file.crc.to_le_bytes());
    header.extend(file.bytes.to_le_bytes());
    header.extend(file.bytes.to_le_bytes());
    header.extend(short(file.name.len()));
}

fn central_header(file: &Stored) -> Vec<u8> {
    let near = u32::try_from(file.offset).ok().filter(|offset| *offset != ELSEWHERE);
    let far: Vec<u8> = match near {
        Some(_) => Vec::new(),
        None => [&[1, 0, 8, 0], file.offset.to_le_bytes().as_slice()].concat(),
    };
    let mut header = CENTRAL.to_vec();
    header.extend(MADE_BY.to_le_bytes());
    header.extend(if near.is_some() { PLAIN } else { FAR }.to_le_bytes());
    facts(&mut header, file);
    header.extend(short(far.len()));
    header.extend([0; 6]);
    header.extend(PERMISSIONS.to_le_bytes());
    header.extend(near.unwrap_or(ELSEWHERE).to_le_bytes());
    header.extend(file.name.as_bytes());
    header.extend(far);
    header
}

/// Everything behind the last file, which ends at `offset`.
pub(super) fn end(files: &[Stored], offset: u64) -> Vec<u8> {
    let directory: Vec<u8> = files.iter().flat_map(central_header).collect();
    let size = u32::try_from(directory.len()).unwrap_or(ELSEWHERE);
    let near = u32::try_from(offset).ok().filter(|offset| *offset != ELSEWHERE);
    let mut end = directory;
    if near.is_none() {
        let count = u64::try_from(files.len()).unwrap_or(u64::MAX);
        let beginning = offset.saturating_add(u64::from(size));
        end.extend(END_64);
        end.extend(44_u64.to_le_bytes());
        end.extend(MADE_BY.to_le_bytes());
        end.extend(FAR.to_le_bytes());
        end.extend([0; 8]);
        [count, count, u64::from(size), offset].iter().for_each(|number| end.extend(number.to_le_bytes()));
        end.extend(LOCATOR_64);
        end.extend([0; 4]);
        end.extend(beginning.to_le_bytes());
        end.extend(1_u32.to_le_bytes());
    }
    end.extend(END);
    end.extend([0; 4]);
    end.extend(short(files.len()));
    end.extend(short(files.len()));
    end.extend(size.to_le_bytes());
    end.extend(near.unwrap_or(ELSEWHERE).to_le_bytes());
    end.extend(short(0));
    end
}

/// Writes a container, file by file. Fails with the system's errors, and with `InvalidInput` for what has no
/// place in a container.
pub(super) struct ContainerWriter<W> {
    sink: W,
    offset: u64,
    files: Vec<Stored>,
}

/// A file whose bytes are being written.
struct Open {
    crc: Crc,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write + Seek> ContainerWriter<W> {
    pub(super) fn new(sink: W) -> Self {
        Self { sink, offset: 0, files: Vec::new() }
    }

    /// Writes one file from `chunks`; gives its digest and size.
    pub(super) fn file<E: From<io::Error>>(
        &mut self,
        name: &str,
        chunks: impl IntoIterator<Item = Result<impl AsRef<[u8]>, E>>,
    ) -> Result<(Digest, u64), E> {
        let known = self.files.iter().any(|file| file.name.eq_ignore_ascii_case(name));
        if known || !is_name(name) || self.files.len() >= MOST_FILES {
            return Err(io::Error::from(io::ErrorKind::InvalidInput).into());
        }
        let mut file = Stored { name: name.to_owned(), crc: 0, bytes: 0, offset: self.offset };
        self.sink.write_all(&local_header(&file))?;
        let mut open = Open { crc: Crc::new(), hasher: Sha256::new(), bytes: 0 };
        for chunk in chunks {
            let chunk = chunk?;
            let chunk = chunk.as_ref();
            self.sink.write_all(chunk)?;
            open.crc.update(chunk);
            open.hasher.update(chunk);
            open.bytes = open.bytes.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        }
        if open.bytes > LARGEST_FILE {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
        }
        file.crc = open.crc.finalize();
        file.bytes = u32::try_from(open.bytes).unwrap_or(u32::MAX);
        let header = local_header(&file);
        let behind = self.offset + u64::try_from(header.len()).unwrap_or(u64::MAX) + open.bytes;
        self.sink.seek(SeekFrom::Start(self.offset))?;
        self.sink.write_all(&header)?;
        self.sink.seek(SeekFrom::Start(behind))?;
        self.offset = behind;
        self.files.push(file);
        Ok((Digest::from_bytes(open.hasher.finalize().into()), open.bytes))
    }

    /// Writes what comes behind the files; gives the sink back.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.sink.write_all(&end(&self.files, self.offset))?;
        self.sink.flush()?;
        Ok(self.sink)
    }
}
