//! How large a photo may be, asked of its header before anything is decoded.

use crate::{container::Outline, refusal::IntakeError};

/// How large a photo may be, on the wire and in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntakeLimits {
    /// Most bytes of one photo.
    pub bytes: u64,
    /// Most pixels along one side.
    pub side: u32,
    /// Most pixels in total.
    pub pixels: u64,
    /// Most bytes of memory that decoding one photo may take; at most this times the workers is in use.
    pub memory: u64,
}

impl Default for IntakeLimits {
    /// 20 MiB, 10,000 pixels a side, 60 megapixels, 256 MiB of memory.
    fn default() -> Self {
        Self { bytes: 20 << 20, side: 10_000, pixels: 60_000_000, memory: 256 << 20 }
    }
}

impl IntakeLimits {
    pub(crate) fn check(&self, outline: &Outline) -> Result<(), IntakeError> {
        let size = outline.size;
        if size.width > self.side || size.height > self.side || size.pixels() > self.pixels {
            return Err(IntakeError::TooManyPixels { width: size.width, height: size.height });
        }
        if size.pixels() == 0 {
            return Err(IntakeError::Undecodable);
        }
        if outline.memory > self.memory {
            return Err(IntakeError::TooMuchMemory { limit: self.memory });
        }
        Ok(())
    }
}
