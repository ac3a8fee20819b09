//! Why a photo was not taken, told so that the driver can do something about it.

use crate::store::StoreError;

/// A photo that was not accepted. All but [`Store`](Self::Store) and [`Interrupted`](Self::Interrupted) lie in
/// the bytes that were sent: the same bytes will never be accepted.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// No bytes came.
    #[error("the photo is empty")]
    Empty,
    /// More bytes came than a photo may have.
    #[error("the photo is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The content is no image at all, whatever its name or declared type says.
    #[error("the file is not an image")]
    NotAnImage,
    /// The content is something known that is not accepted as a photo.
    #[error("{found} is not accepted as a photo: send JPEG, HEIC, PNG or WebP")]
    UnsupportedFormat {
        /// What the content is.
        found: &'static str,
    },
    /// The header announces more pixels than a photo may have; nothing was decoded.
    #[error("the photo has {width} x {height} pixels, more than is accepted")]
    TooManyPixels {
        /// Announced width in pixels.
        width: u32,
        /// Announced height in pixels.
        height: u32,
    },
    /// Decoding would need more memory than one photo may take; nothing was decoded.
    #[error("decoding the photo would need more than {limit} bytes of memory")]
    TooMuchMemory {
        /// The limit in bytes.
        limit: u64,
    },
    /// The image ends before it is complete.
    #[error("the photo is cut off: send it again")]
    Truncated,
    /// The header is damaged; nothing was decoded.
    #[error("the photo is damaged and cannot be shown")]
    Undecodable,
    /// The upload broke off before its end; nothing is kept of it.
    #[error("the upload broke off: {cause}")]
    Interrupted {
        /// What the sender's stream said.
        cause: String,
    },
    /// The photo may be good, but could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}
