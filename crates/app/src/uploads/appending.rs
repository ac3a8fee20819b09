//! The next part of an upload: one writer at a time, and what came before a cut is kept.

use std::{pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use domain::identifiers::UploadId;
use evidence::{ChecksumAlgorithm, SpoolError, SpoolWriter, TakeOver};
use futures_util::{Stream, StreamExt as _};
use store::{UploadRow, Work};

use super::{UploadRefused, UploadState};
use crate::{access::Driver, context::App, error::AppError, once::Prepared};

/// While a complete upload is taken in, whoever asks waits for the outcome.
const FINISHING: Duration = Duration::from_secs(20);
/// For the next part: a writer that is silent for a second lost its connection, or is as good as that.
const TO_WRITE: TakeOver =
    TakeOver { silence: Duration::from_secs(1), longest: Duration::from_millis(2500), finishing: FINISHING };
/// For a look at the offset: as short as a silent writer can be told.
pub(super) const TO_LOOK: TakeOver = TakeOver {
    silence: Duration::from_millis(700),
    longest: Duration::from_millis(1500),
    finishing: FINISHING,
};
/// For an end: whatever is being written does not matter any more.
pub(super) const AT_ONCE: TakeOver =
    TakeOver { silence: Duration::ZERO, longest: Duration::from_secs(5), finishing: FINISHING };

/// What the sender says of the next part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// Where it begins.
    pub offset: u64,
    /// How many bytes it has, if that is known before.
    pub length: Option<u64>,
    /// Its checksum: then it counts whole or not at all.
    pub checksum: Option<Checksum>,
}

/// A checksum of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    /// How it was computed.
    pub algorithm: ChecksumAlgorithm,
    /// What it is.
    pub value: Vec<u8>,
}

/// How a part ended.
enum End {
    Whole,
    TooLong,
    Broken,
    TakenOver,
}

impl App {
    /// Adds the next part; with the last byte the upload is taken in. What came before a cut is kept, unless it has
    /// a checksum.
    pub async fn append_upload<S, E>(
        self: &Arc<Self>,
        by: Driver,
        id: UploadId,
        append: Append,
        body: S,
    ) -> Result<UploadState, AppError>
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        let row = self.own_upload(by, id).await?;
        let mut writer = match self.parts.uploads.spool.writer(id, TO_WRITE).await {
            Ok(writer) => writer,
            Err(SpoolError::Missing) => return self.already_finished(by, id, &append).await,
            Err(error) => return Err(error.into()),
        };
        if writer.offset() != append.offset {
            return Err(UploadRefused::OffsetMismatch.into());
        }
        let room = row.bytes.saturating_sub(append.offset);
        if append.length.is_some_and(|length| length > room) {
            return Err(UploadRefused::TooLarge { limit: room }.into());
        }
        let offset = self.grow(&mut writer, &append, room, body).await?;
        if offset >= row.bytes {
            return self.finish_upload(id, writer).await;
        }
        // While the file is held: nobody calls the upload expired whose part was just taken.
        let row = self.prolonged(row).await;
        drop(writer);
        Ok(UploadState::of(row, offset))
    }

    /// The answer to the last part was lost, and the sender asks for it with an empty one.
    async fn already_finished(
        &self,
        by: Driver,
        id: UploadId,
        append: &Append,
    ) -> Result<UploadState, AppError> {
        let state = self.finished_meanwhile(by, id).await?;
        match append.offset == state.bytes && append.length.unwrap_or_default() == 0 {
            true => Ok(state),
            false => Err(UploadRefused::OffsetMismatch.into()),
        }
    }

    /// Takes the bytes of a part; gives the offset that they lead to, durably.
    async fn grow<S, E>(
        &self,
        writer: &mut SpoolWriter,
        append: &Append,
        room: u64,
        body: S,
    ) -> Result<u64, AppError>
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        if let Some(checksum) = &append.checksum {
            writer.check(checksum.algorithm).await?;
        }
        let end = fill(writer, room, body).await?;
        let accepted = match (&end, &append.checksum) {
            (End::Whole, Some(checksum)) => writer.accept(&checksum.value).await?,
            (End::TooLong, _) => {
                writer.cut_back(append.offset).await?;
                true
            }
            _ => {
                writer.discard();
                true
            }
        };
        let offset = writer.sync().await?;
        match end {
            End::Whole if !accepted => Err(UploadRefused::ChecksumMismatch.into()),
            // Whoever is still there, because it was only too slow, goes on from here.
            End::Whole | End::Broken => Ok(offset),
            End::TooLong => Err(UploadRefused::TooLarge { limit: room }.into()),
            End::TakenOver => Err(UploadRefused::Locked.into()),
        }
    }

    /// The upload grew: it is kept for longer. Told to the database a few times a day only.
    async fn prolonged(&self, mut row: UploadRow) -> UploadRow {
        let life = self.parts.uploads.life;
        let until = self.now() + life;
        if until - row.expires_at < life / 24 {
            return row;
        }
        let prolong = async || {
            let mut work = Work::new();
            work.prolong_upload(row.id, until);
            Ok(Prepared { value: (), work })
        };
        match self.write(prolong).await {
            Ok(()) => row.expires_at = until,
            Err(error) => tracing::warn!(%error, "an upload could not be prolonged"),
        }
        row
    }
}

/// Writes what comes, until the end of the part, or somebody else wants to go on.
async fn fill<S, E>(writer: &mut SpoolWriter, room: u64, body: S) -> Result<End, AppError>
where
    S: Stream<Item = Result<Bytes, E>>,
{
    let mut body = pin!(body);
    let mut came: u64 = 0;
    loop {
        let next = tokio::select! {
            biased;
            () = writer.interrupted() => return Ok(End::TakenOver),
            next = body.next() => next,
        };
        let chunk = match next {
            None => return Ok(End::Whole),
            Some(Err(_)) => return Ok(End::Broken),
            Some(Ok(chunk)) => chunk,
        };
        came = came.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if came > room {
            return Ok(End::TooLong);
        }
        writer.write(&chunk).await?;
    }
}
