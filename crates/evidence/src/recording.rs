//! Recording intake: a stream of bytes becomes a stored recording, exactly as it came, or a refusal that says why.
//! What a recording is, is told by its first bytes; it is never decoded.

use std::{fmt, pin::pin};

use bytes::Bytes;
use domain::{digest::Digest, evidence::RecordingKind};
use futures_util::{Stream, StreamExt as _};
use memchr::memmem;

use crate::{
    key::{ObjectKey, ObjectKind},
    store::{ObjectStore, StoreError},
};

/// How much of the beginning is looked at.
const HEAD: usize = 4096;

/// How much of the beginning tells whether this is a recording at all.
const ENOUGH: usize = 64;

/// A format of recordings that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordingType {
    /// AAC in an MPEG-4 file, as phones record.
    M4a,
    /// AAC without a container, as the mini-program records.
    Aac,
    /// MP3, as the mini-program records.
    Mp3,
    /// AMR, as old phones record.
    Amr,
    /// Ogg.
    Ogg,
    /// WAV.
    Wav,
    /// WebM with sound only, as browsers record.
    WebmAudio,
    /// WebM.
    Webm,
    /// MPEG-4.
    Mp4,
    /// QuickTime, as iPhones film.
    Mov,
    /// 3GPP, as old phones film.
    Threegp,
}

impl RecordingType {
    /// Every format.
    pub const ALL: [Self; 11] = [
        Self::M4a,
        Self::Aac,
        Self::Mp3,
        Self::Amr,
        Self::Ogg,
        Self::Wav,
        Self::WebmAudio,
        Self::Webm,
        Self::Mp4,
        Self::Mov,
        Self::Threegp,
    ];

    /// The name for HTTP's `Content-Type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::M4a => "audio/mp4",
            Self::Aac => "audio/aac",
            Self::Mp3 => "audio/mpeg",
            Self::Amr => "audio/amr",
            Self::Ogg => "audio/ogg",
            Self::Wav => "audio/wav",
            Self::WebmAudio => "audio/webm",
            Self::Webm => "video/webm",
            Self::Mp4 => "video/mp4",
            Self::Mov => "video/quicktime",
            Self::Threegp => "video/3gpp",
        }
    }

    /// Seen and heard, or only heard.
    pub fn kind(self) -> RecordingKind {
        if self.as_str().starts_with("audio/") { RecordingKind::Audio } else { RecordingKind::Video }
    }

    /// Tells the format by the first bytes, of which more than 4,096 are not needed; `None` for everything else.
    pub fn recognise(head: &[u8]) -> Option<Self> {
        let head = head.get(..HEAD).unwrap_or(head);
        match head {
            [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => of_brand(brand.get(..4)?),
            [0x1a, 0x45, 0xdf, 0xa3, ..] => of_matroska(head),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(Self::Wav),
            [b'O', b'g', b'g', b'S', ..] => Some(Self::Ogg),
            [b'#', b'!', b'A', b'M', b'R', b'\n' | b'-', ..] => Some(Self::Amr),
            [b'I', b'D', b'3', ..] => Some(Self::Mp3),
            // Twelve bits of sync; two bits of layer, which are zero in AAC and never zero in MP3.
            [0xff, second, ..] if second & 0xf6 == 0xf0 => Some(Self::Aac),
            [0xff, second, ..] if second & 0xe0 == 0xe0 && second & 0x06 != 0 => Some(Self::Mp3),
            _ => None,
        }
    }
}

/// The major brand of an ISO media file (ISO/IEC 14496-12): pictures have theirs and are no recordings.
fn of_brand(brand: &[u8]) -> Option<RecordingType> {
    match brand {
        b"M4A " | b"M4B " | b"M4P " => Some(RecordingType::M4a),
        b"qt  " => Some(RecordingType::Mov),
        [b'3', b'g', ..] => Some(RecordingType::Threegp),
        b"isom" | b"iso2" | b"iso3" | b"iso4" | b"iso5" | b"iso6" | b"mp41" | b"mp42" | b"avc1" | b"hvc1"
        | b"M4V " | b"MSNV" | b"dash" | b"f4v " | b"mmp4" => Some(RecordingType::Mp4),
        _ => None,
    }
}

/// WebM is Matroska of a named document type; a picture among its tracks names a video codec at once.
fn of_matroska(head: &[u8]) -> Option<RecordingType> {
    memmem::find(head.get(..ENOUGH).unwrap_or(head), b"webm")?;
    let seen = [&b"V_VP8"[..], b"V_VP9", b"V_AV1"].iter().any(|codec| memmem::find(head, codec).is_some());
    Some(if seen { RecordingType::Webm } else { RecordingType::WebmAudio })
}

impl fmt::Display for RecordingType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A recording that is stored, durably and bit for bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedRecording {
    /// SHA-256 of the bytes.
    pub digest: Digest,
    /// Size in bytes.
    pub bytes: u64,
    /// What it is, by its content.
    pub recording_type: RecordingType,
}

/// A recording that was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// No bytes came.
    #[error("the recording is empty")]
    Empty,
    /// More bytes came than a recording may have.
    #[error("the recording is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The content is no recording of an accepted format, whatever its name or declared type says.
    #[error("the file is not a recording of an accepted format")]
    UnsupportedFormat,
    /// The upload broke off before its end; nothing is kept of it.
    #[error("the upload broke off: {cause}")]
    Interrupted {
        /// What the sender's stream said.
        cause: String,
    },
    /// The recording may be good, but could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes one recording of at most `limit` bytes. `Ok` means that it survives a power cut; the same recording may
/// come again at any time and gives the same answer. Nothing else is kept. What is no recording is refused as soon
/// as its first bytes show it.
pub async fn receive_recording<S, E>(
    store: &dyn ObjectStore,
    limit: u64,
    body: S,
) -> Result<ReceivedRecording, RecordingError>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: fmt::Display,
{
    let mut body = pin!(body);
    let mut staging = store.stage().await?;
    let mut head = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| RecordingError::Interrupted { cause: error.to_string() })?;
        let more = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        if staging.bytes().saturating_add(more) > limit {
            return Err(RecordingError::TooLarge { limit });
        }
        head.extend(chunk.iter().take(HEAD.saturating_sub(head.len())));
        if head.len() >= ENOUGH && RecordingType::recognise(&head).is_none() {
            return Err(RecordingError::UnsupportedFormat);
        }
        staging.write(&chunk).await?;
    }
    if head.is_empty() {
        return Err(RecordingError::Empty);
    }
    let recording_type = RecordingType::recognise(&head).ok_or(RecordingError::UnsupportedFormat)?;
    let staged = staging.finish().await?;
    let (digest, bytes) = (staged.digest(), staged.bytes());
    store.put(ObjectKey::new(ObjectKind::Recording, digest), staged).await?;
    Ok(ReceivedRecording { digest, bytes, recording_type })
}

#[cfg(test)]
mod tests {
    use futures_util::{TryStreamExt as _, stream};

    use super::*;
    use crate::FolderStore;

    fn recognised(head: &[u8]) -> Option<RecordingType> {
        RecordingType::recognise(head)
    }

    #[test]
    fn recordings_are_told_by_their_first_bytes() {
        for (head, expected) in [
            (&b"\0\0\0\x20ftypM4A \0\0\0\0"[..], RecordingType::M4a),
            (b"\0\0\0\x20ftypmp42\0\0\0\0", RecordingType::Mp4),
            (b"\0\0\0\x14ftypqt  \0\0\0\0", RecordingType::Mov),
            (b"\0\0\0\x14ftyp3gp4\0\0\0\0", RecordingType::Threegp),
            (b"\xff\xf1\x50\x80", RecordingType::Aac),
            (b"\xff\xfb\x90\x64", RecordingType::Mp3),
            (b"ID3\x04\0", RecordingType::Mp3),
            (b"#!AMR\n\x3c", RecordingType::Amr),
            (b"#!AMR-WB\n", RecordingType::Amr),
            (b"OggS\0\x02", RecordingType::Ogg),
            (b"RIFF\x24\0\0\0WAVEfmt ", RecordingType::Wav),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm....A_OPUS", RecordingType::WebmAudio),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm....V_VP9", RecordingType::Webm),
        ] {
            assert_eq!(recognised(head), Some(expected), "{head:?}");
        }
    }

    #[test]
    fn photos_pages_and_programs_are_no_recordings() {
        for head in [
            &b"\xff\xd8\xff\xe0\0\x10JFIF"[..],
            b"\x89PNG\r\n\x1a\n",
            b"\0\0\0\x18ftypheic\0\0\0\0",
            b"RIFF\x24\0\0\0WEBPVP8 ",
            b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska",
            b"<html>",
            b"%PDF-1.7",
            b"PK\x03\x04",
            b"\x7fELF",
            b"",
            b"\0\0\0\x18ftyp",
        ] {
            assert_eq!(recognised(head), None, "{head:?}");
        }
    }

    async fn receive(
        store: &FolderStore,
        chunks: &[&'static [u8]],
    ) -> Result<ReceivedRecording, RecordingError> {
        let body: Vec<Result<Bytes, StoreError>> =
            chunks.iter().map(|chunk| Ok(Bytes::from_static(chunk))).collect();
        receive_recording(store, 100, stream::iter(body)).await
    }

    #[tokio::test]
    async fn a_recording_is_kept_bit_for_bit_and_anything_else_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let store = FolderStore::open(folder.path()).await.unwrap();
        let received = receive(&store, &[b"Og", b"gS\0", b"\x02 and sound"]).await.unwrap();
        assert_eq!((received.bytes, received.recording_type), (16, RecordingType::Ogg));
        let key = ObjectKey::new(ObjectKind::Recording, received.digest);
        assert_eq!(store.read(key).await.unwrap(), &b"OggS\0\x02 and sound"[..]);
        assert_eq!(receive(&store, &[b"OggS\0\x02 and sound"]).await.unwrap(), received);

        assert!(matches!(receive(&store, &[]).await, Err(RecordingError::Empty)));
        assert!(matches!(receive(&store, &[b"<html>"]).await, Err(RecordingError::UnsupportedFormat)));
        assert!(matches!(
            receive(&store, &[b"OggS", &[0; 97]]).await,
            Err(RecordingError::TooLarge { limit: 100 })
        ));
        let kept: Vec<_> = store.list(ObjectKind::Recording).try_collect().await.unwrap();
        assert_eq!(kept, [key]);
    }

    #[tokio::test]
    async fn what_is_no_recording_is_refused_before_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let store = FolderStore::open(folder.path()).await.unwrap();
        let body = stream::iter([Ok::<_, StoreError>(Bytes::from_static(&[b'x'; 64]))]);
        let endless = body.chain(stream::pending());
        let refused = receive_recording(&store, 100, endless).await;
        assert!(matches!(refused, Err(RecordingError::UnsupportedFormat)));
    }
}
