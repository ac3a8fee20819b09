//! The headers of the upload protocol: everything that tus says besides the bytes.

use std::{
    collections::BTreeMap,
    future::{Ready, ready},
    str::FromStr,
};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderMap},
};
use app::{Append, Checksum, NewUpload};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use domain::{evidence::Media, identifiers::CaseId};
use evidence::ChecksumAlgorithm;
use store::UploadPurpose;

use super::super::capture_form::CaptureForm;
use crate::problem::{ErrorCode, Problem};

/// The version of the protocol that is spoken.
pub(super) const VERSION: &str = "1.0.0";

/// The media type of bytes on their way.
const BYTES: &str = "application/offset+octet-stream";

/// Most bytes of `Upload-Metadata`.
const LONGEST_METADATA: usize = 4096;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A request in the version that is spoken.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Tus;

impl FromRequest for Tus {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let version = the_only(request.headers(), "Tus-Resumable");
        let spoken = version.is_ok_and(|version| version == VERSION);
        ready(if spoken { Ok(Self) } else { Err(Problem::new(ErrorCode::UploadVersion)) })
    }
}

/// The value of a header that must be there once.
pub(super) fn the_only<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Problem> {
    let mut values = headers.get_all(name);
    match (values.next().map(header::HeaderValue::to_str), values.next()) {
        (Some(Ok(value)), None) => Ok(value),
        _ => Err(Problem::upload_header(name)),
    }
}

fn number(headers: &HeaderMap, name: &'static str) -> Result<u64, Problem> {
    let digits = the_only(headers, name)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain).ok_or_else(|| Problem::upload_header(name))
}

/// Whether the body is bytes of an upload.
pub(super) fn carries_bytes(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|found| found.as_bytes().eq_ignore_ascii_case(BYTES.as_bytes()))
}

/// What is said of the next part; it begins `at` there, or where the header says.
pub(super) fn append(headers: &HeaderMap, at: Option<u64>) -> Result<Append, Problem> {
    let offset = at.map_or_else(|| number(headers, "Upload-Offset"), Ok)?;
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let checksum = headers.contains_key("Upload-Checksum").then(|| checksum(headers)).transpose()?;
    Ok(Append { offset, length, checksum })
}

fn checksum(headers: &HeaderMap) -> Result<Checksum, Problem> {
    let malformed = || Problem::upload_header("Upload-Checksum");
    let (algorithm, value) = the_only(headers, "Upload-Checksum")?.split_once(' ').ok_or_else(malformed)?;
    let (algorithm, bytes) = match algorithm {
        "sha1" => (ChecksumAlgorithm::Sha1, 20),
        "sha256" => (ChecksumAlgorithm::Sha256, 32),
        _ => return Err(Problem::new(ErrorCode::UploadChecksumUnsupported)),
    };
    let value = BASE64.decode(value).ok().filter(|value| value.len() == bytes).ok_or_else(malformed)?;
    Ok(Checksum { algorithm, value })
}

/// What is said of a new upload.
pub(super) fn new_upload(headers: &HeaderMap) -> Result<NewUpload, Problem> {
    let bytes = number(headers, "Upload-Length")?;
    if bytes == 0 {
        return Err(Problem::upload_header("Upload-Length"));
    }
    let text = the_only(headers, "Upload-Metadata")?;
    let mut told = metadata(text).ok_or_else(|| Problem::upload_header("Upload-Metadata"))?;
    let case = CaseId(needed(&mut told, "case", "the id of a case")?);
    let slot = needed(&mut told, "slot", "the name of a slot")?;
    let media = match told.remove("media").as_deref() {
        Some(b"photo") => Media::Photo,
        Some(b"recording") => Media::Recording,
        _ => return Err(Problem::invalid_value("media", "photo or recording")),
    };
    let digest = told
        .contains_key("sha256")
        .then(|| needed(&mut told, "sha256", "64 hexadecimal digits in lower case"))
        .transpose()?;
    let mut form = CaptureForm::default();
    told.iter().try_for_each(|(name, value)| form.set(name, value))?;
    let (capture, commitment) = form.parse()?;
    let purpose = UploadPurpose { media, slot, commitment, capture, metadata: Some(text.to_owned()) };
    Ok(NewUpload { case, bytes, digest, purpose })
}

fn needed<T: FromStr>(
    told: &mut BTreeMap<&str, Vec<u8>>,
    name: &'static str,
    rule: &'static str,
) -> Result<T, Problem> {
    let text = told.remove(name).and_then(|value| String::from_utf8(value).ok());
    text.and_then(|text| text.parse().ok()).ok_or_else(|| Problem::invalid_value(name, rule))
}

/// `key base64,key base64,key`; every key once.
fn metadata(text: &str) -> Option<BTreeMap<&str, Vec<u8>>> {
    let mut told = BTreeMap::new();
    for pair in text.get(..LONGEST_METADATA).map_or(text, |_| ",").split(',') {
        let (key, value) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
        let decoded = BASE64.decode(value).ok()?;
        if key.is_empty()
            || !key.bytes().all(|byte| byte.is_ascii_graphic())
            || told.insert(key, decoded).is_some()
        {
            return None;
        }
    }
    Some(told)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use domain::evidence::Slot;

    use super::*;

    fn refused<T: std::fmt::Debug>(outcome: Result<T, Problem>) -> (u16, Option<String>) {
        let problem = outcome.unwrap_err();
        (problem.document().status, problem.document().field.clone())
    }

    fn upload(length: &str, metadata: &str) -> Result<NewUpload, Problem> {
        let request = TestRequest::default().insert_header(("Upload-Length", length));
        new_upload(request.insert_header(("Upload-Metadata", metadata)).to_http_request().headers())
    }

    fn told(pairs: &[(&str, &str)]) -> String {
        let pairs = pairs.iter().map(|(key, value)| format!("{key} {}", BASE64.encode(value)));
        pairs.collect::<Vec<_>>().join(",")
    }

    const CASE: (&str, &str) = ("case", "00000000-0000-7000-8000-000000000001");

    #[test]
    fn what_an_upload_is_for_is_read_from_its_metadata() {
        let name = ("filename", "../../etc/passwd\0.mp4");
        let text = told(&[CASE, ("slot", "dash_cam"), ("media", "recording"), name, ("source", "album")]);
        let new = upload("7", &format!("{text},is_confidential")).unwrap();
        assert_eq!((new.bytes, new.case.to_string().as_str(), new.digest), (7, CASE.1, None));
        assert_eq!((new.purpose.media, new.purpose.slot), (Media::Recording, Slot::DashCam));
        assert_eq!(new.purpose.metadata, Some(format!("{text},is_confidential")));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let all = told(&[CASE, ("slot", "dash_cam"), ("media", "recording")]);
        for length in ["", "-1", "+1", "0", "1.5", "99999999999999999999"] {
            assert_eq!(refused(upload(length, &all)), (400, Some("Upload-Length".to_owned())), "{length}");
        }
        let long = told(&[("filename", &"x".repeat(4000))]);
        for text in ["", ",", "case ?", "a YQ==,a YQ==", "a b c", long.as_str()] {
            assert_eq!(refused(upload("1", text)), (400, Some("Upload-Metadata".to_owned())), "{text}");
        }
        for (pairs, field) in [
            (vec![("slot", "dash_cam"), ("media", "recording")], "case"),
            (vec![("case", "7"), ("slot", "dash_cam"), ("media", "recording")], "case"),
            (vec![CASE, ("slot", "roof"), ("media", "recording")], "slot"),
            (vec![CASE, ("slot", "dash_cam"), ("media", "film")], "media"),
            (vec![CASE, ("slot", "dash_cam"), ("media", "photo"), ("sha256", "7")], "sha256"),
            (vec![CASE, ("slot", "dash_cam"), ("media", "photo"), ("source", "friend")], "source"),
        ] {
            assert_eq!(refused(upload("1", &told(&pairs))), (422, Some(field.to_owned())));
        }
    }

    #[test]
    fn a_checksum_has_a_known_algorithm_and_its_length() {
        let read = |value: &str| {
            let request = TestRequest::default().insert_header(("Upload-Offset", "5"));
            append(request.insert_header(("Upload-Checksum", value)).to_http_request().headers(), None)
        };
        let good = read(&format!("sha1 {}", BASE64.encode([7; 20]))).unwrap();
        assert_eq!((good.offset, good.checksum.unwrap().value), (5, vec![7; 20]));
        for bad in ["sha1", "sha1 ?", "sha256 KioqKg=="] {
            assert_eq!(refused(read(bad)), (400, Some("Upload-Checksum".to_owned())), "{bad}");
        }
        assert_eq!(refused(read("md5 KioqKg==")), (400, None));
    }
}
