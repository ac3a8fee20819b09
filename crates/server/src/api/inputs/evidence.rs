//! What callers send of evidence.

use app::ToCommit;
use chrono::{DateTime, Utc};
use domain::{
    digest::Digest,
    evidence::{Capture, CaptureSource, Media, Slot},
    geo::Datum,
    identifiers::Line,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{super::schemas, PositionInput};
use crate::problem::Problem;

/// Evidence that is fixed by its hash.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct CommitmentInput {
    /// Photo or recording.
    #[serde(default = "photo")]
    #[schema(schema_with = schemas::media, required = false)]
    pub media: Media,
    /// What it shows.
    #[schema(schema_with = schemas::slot)]
    pub slot: Slot,
    /// SHA-256 of the bytes.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    pub sha256: Digest,
    /// How many bytes; bounded by what an upload may have.
    #[schema(minimum = 1)]
    pub bytes: u64,
    /// When it was captured, by the device's clock.
    pub captured_at: Option<DateTime<Utc>>,
    /// Where it was captured, by the device.
    pub position: Option<PositionInput>,
    /// Camera or album.
    #[serde(default)]
    #[schema(schema_with = schemas::capture_source, required = false)]
    pub source: CaptureSource,
    /// The device's model.
    #[schema(value_type = Option<String>, max_length = 200)]
    pub device: Option<Line>,
}

fn photo() -> Media {
    Media::Photo
}

/// Evidence that is fixed before its bytes are sent.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct CommitInput {
    /// What is fixed.
    #[schema(min_items = 1, max_items = 32)]
    pub commitments: Vec<CommitmentInput>,
}

impl CommitInput {
    pub(in crate::api) fn parse(self) -> Result<Vec<ToCommit>, Problem> {
        if !(1..=32).contains(&self.commitments.len()) {
            return Err(Problem::invalid_value("commitments", "1 to 32"));
        }
        self.commitments.into_iter().map(CommitmentInput::parse).collect()
    }
}

impl CommitmentInput {
    fn parse(self) -> Result<ToCommit, Problem> {
        if self.bytes == 0 {
            return Err(Problem::invalid_value("bytes", "at least 1"));
        }
        let position = self.position.as_ref().map(PositionInput::parse).transpose()?;
        let capture = Capture { source: self.source, at: self.captured_at, position, device: self.device };
        let Self { media, slot, sha256: digest, bytes, .. } = self;
        Ok(ToCommit { media, slot, digest, bytes, capture })
    }
}

/// A confirmation of the statement that was read or heard.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ConfirmInput {
    /// The `sha256` of the statement that was shown.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    pub sha256: Digest,
}

/// Which photo is sent.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct PhotoQuery {
    /// What the photo shows.
    #[param(schema_with = schemas::slot)]
    pub slot: Slot,
}

/// The form of an upload. The file comes last: what stands behind it is not read.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the schema of a multipart form")]
pub(in crate::api) struct UploadForm {
    /// The commitment for which the file is sent.
    commitment: Option<uuid::Uuid>,
    /// When it was captured, by the device's clock.
    captured_at: Option<DateTime<Utc>>,
    /// Camera or album.
    #[schema(schema_with = schemas::capture_source, required = false)]
    source: Option<CaptureSource>,
    /// The device's model.
    #[schema(max_length = 200)]
    device: Option<String>,
    /// Where it was captured, degrees north; with `longitude` and `datum`.
    #[schema(minimum = -90, maximum = 90)]
    latitude: Option<f64>,
    /// Degrees east.
    #[schema(minimum = -180, maximum = 180)]
    longitude: Option<f64>,
    /// The datum the numbers are in.
    #[schema(schema_with = schemas::datum, required = false)]
    datum: Option<Datum>,
    /// Radius in metres within which the device believes itself to be.
    #[schema(minimum = 0)]
    accuracy: Option<f64>,
    /// The photo (JPEG, HEIC, PNG, WebP) or the recording (M4A, AAC, MP3, AMR, OGG, WAV, WebM, MP4, MOV, 3GP).
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Which bytes of a photo are wanted.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum CopyInput {
    /// As it was received; always a download.
    Original,
    /// At most 1600 pixels, without metadata.
    #[default]
    View,
    /// At most 320 pixels, without metadata.
    Thumbnail,
}

/// Which copy of a photo.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct CopyQuery {
    /// The copy; `view` when left out.
    #[serde(default)]
    #[param(inline, required = false)]
    pub copy: CopyInput,
}
