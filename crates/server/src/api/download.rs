//! Recordings go out: as downloads that no browser runs, whole or in one range of bytes (RFC 9110 §14).

use std::future::ready;

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, ByteRangeSpec, ContentRange, ContentRangeSpec, Range},
    },
};
use bytes::Bytes;
use domain::evidence::Recording;
use evidence::OpenObject;
use futures_util::{StreamExt as _, TryStreamExt as _};

use crate::problem::{ErrorCode, Problem};

/// A part of an object: its first byte and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    start: u64,
    bytes: u64,
}

/// The answer with the bytes. More than one range, and what is no range of bytes, is answered with the whole; a range
/// that begins behind the end with 416.
pub(super) fn download(
    recording: &Recording,
    object: OpenObject,
    range: Option<Range>,
) -> Result<HttpResponse, Problem> {
    let whole = Part { start: 0, bytes: object.bytes };
    let asked = match &range {
        Some(Range::Bytes(ranges)) => match ranges.as_slice() {
            [one] => Some(part(one, object.bytes)),
            _ => None,
        },
        _ => None,
    };
    let total = Some(object.bytes);
    let (status, part, told) = match asked {
        None => (StatusCode::OK, whole, None),
        Some(Some(part)) => {
            let last = part.start.saturating_add(part.bytes).saturating_sub(1);
            let told = ContentRangeSpec::Bytes { range: Some((part.start, last)), instance_length: total };
            (StatusCode::PARTIAL_CONTENT, part, Some(told))
        }
        Some(None) => return Err(Problem::new(ErrorCode::RangeNotSatisfiable)),
    };
    let mut answer = HttpResponse::build(status);
    if let Some(told) = told {
        answer.insert_header(ContentRange(told));
    }
    Ok(answer
        .content_type(recording.media_type.as_str())
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", recording.digest),
        ))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .no_chunking(part.bytes)
        .streaming(bytes_of(object, part)))
}

/// Which bytes of `total` a range means; nothing when there are none.
fn part(range: &ByteRangeSpec, total: u64) -> Option<Part> {
    let (first, last) = range.to_satisfiable_range(total)?;
    Some(Part { start: first, bytes: last.checked_sub(first)?.checked_add(1)? })
}

/// Passes over what stands before the part and ends behind it. Only what is read to the end of the object is checked
/// against its hash.
fn bytes_of(
    object: OpenObject,
    Part { start, bytes }: Part,
) -> impl futures_util::Stream<Item = Result<Bytes, evidence::StoreError>> {
    let mut skip = usize::try_from(start).unwrap_or(usize::MAX);
    let mut left = usize::try_from(bytes).unwrap_or(usize::MAX);
    let whole = start == 0 && bytes == object.bytes;
    object
        .stream
        .map_ok(move |mut chunk| {
            if whole {
                return (chunk, true);
            }
            let passed = skip.min(chunk.len());
            skip -= passed;
            let mut wanted = chunk.split_off(passed);
            wanted.truncate(left);
            left -= wanted.len();
            (wanted, left > 0)
        })
        .scan(true, |more, item| {
            if !*more {
                return ready(None);
            }
            let item = item.map(|(chunk, goes_on)| {
                *more = goes_on;
                chunk
            });
            ready(Some(item))
        })
        .try_filter(|chunk| ready(!chunk.is_empty()))
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    async fn read(range: Option<&str>) -> (u16, Option<String>, Vec<u8>) {
        let chunks = ["abcd", "efgh", "ij"].map(|chunk| Ok(Bytes::from_static(chunk.as_bytes())));
        let object = OpenObject { bytes: 10, stream: stream::iter(chunks).boxed() };
        let recording: Recording = serde_json::from_value(serde_json::json!({
            "id": "00000000-0000-7000-8000-000000000001", "party": "A", "kind": "audio", "slot": "spoken_statement",
            "digest": "0".repeat(64), "bytes": 10, "media_type": "audio/ogg",
            "received_at": "2026-03-02T00:30:00Z",
        }))
        .unwrap();
        let range = range.map(|range| range.parse().unwrap());
        let answer = match download(&recording, object, range) {
            Ok(answer) => answer,
            Err(problem) => return (problem.document().status, None, Vec::new()),
        };
        let told = answer.headers().get(header::CONTENT_RANGE).map(|told| told.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        let bytes = actix_web::body::to_bytes(answer.into_body()).await.unwrap();
        (status, told, bytes.to_vec())
    }

    #[actix_web::test]
    async fn a_recording_goes_out_whole_or_in_one_range() {
        assert_eq!(read(None).await, (200, None, b"abcdefghij".to_vec()));
        for (range, told, bytes) in [
            ("bytes=0-3", "bytes 0-3/10", "abcd"),
            ("bytes=2-5", "bytes 2-5/10", "cdef"),
            ("bytes=4-", "bytes 4-9/10", "efghij"),
            ("bytes=-3", "bytes 7-9/10", "hij"),
            ("bytes=9-99", "bytes 9-9/10", "j"),
            ("bytes=0-9", "bytes 0-9/10", "abcdefghij"),
        ] {
            assert_eq!(
                read(Some(range)).await,
                (206, Some(told.to_owned()), bytes.as_bytes().to_vec()),
                "{range}"
            );
        }
        assert_eq!(read(Some("bytes=10-")).await, (416, None, Vec::new()));
        assert_eq!(read(Some("bytes=0-1,4-5")).await.0, 200);
        assert_eq!(read(Some("lines=0-1")).await.0, 200);
    }
}
