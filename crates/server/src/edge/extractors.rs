//! Limits of what handlers extract, and a problem document for each way in which that fails.

use std::{error::Error as _, io};

use actix_multipart::MultipartError;
use actix_web::{
    Error,
    error::{JsonPayloadError, PathError, PayloadError, QueryPayloadError, UrlencodedError},
    web::{self, Data, FormConfig, JsonConfig, PathConfig, PayloadConfig, QueryConfig, ServiceConfig},
};

use super::{Edge, routes};
use crate::problem::{ErrorCode, Problem};

/// Bytes of the longest JSON body, form or raw body. Uploads are streams and have their own limits.
pub const LONGEST_JSON: usize = 64 * 1024;

/// Sets up what [`guard`](super::guard) needs and how extractors fail: pass it to `App::configure`.
pub fn configure(edge: Data<Edge>) -> impl FnOnce(&mut ServiceConfig) {
    move |config: &mut ServiceConfig| {
        config
            .app_data(edge)
            .app_data(PayloadConfig::new(LONGEST_JSON))
            .app_data(
                JsonConfig::default().limit(LONGEST_JSON).error_handler(|error, _| answer(of_json(&error))),
            )
            .app_data(
                FormConfig::default().limit(LONGEST_JSON).error_handler(|error, _| answer(of_form(&error))),
            )
            .app_data(PathConfig::default().error_handler(|_: PathError, _| answer(ErrorCode::MalformedPath)))
            .app_data(
                QueryConfig::default()
                    .error_handler(|_: QueryPayloadError, _| answer(ErrorCode::MalformedQuery)),
            )
            .default_service(web::to(routes::unrouted));
    }
}

fn answer(code: ErrorCode) -> Error {
    Problem::new(code).into()
}

fn of_json(error: &JsonPayloadError) -> ErrorCode {
    match error {
        JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => {
            ErrorCode::BodyTooLarge
        }
        JsonPayloadError::ContentType => ErrorCode::UnsupportedMediaType,
        JsonPayloadError::Payload(error) => of_payload(error, ErrorCode::MalformedJson),
        _ => ErrorCode::MalformedJson,
    }
}

fn of_form(error: &UrlencodedError) -> ErrorCode {
    match error {
        UrlencodedError::Overflow { .. } => ErrorCode::BodyTooLarge,
        UrlencodedError::ContentType => ErrorCode::UnsupportedMediaType,
        UrlencodedError::Payload(error) => of_payload(error, ErrorCode::MalformedForm),
        _ => ErrorCode::MalformedForm,
    }
}

fn of_payload(error: &PayloadError, malformed: ErrorCode) -> ErrorCode {
    match error {
        PayloadError::Overflow => ErrorCode::BodyTooLarge,
        PayloadError::Io(error) if error.kind() == io::ErrorKind::TimedOut => ErrorCode::BodyTooSlow,
        PayloadError::Incomplete(_) | PayloadError::Io(_) => ErrorCode::UploadInterrupted,
        _ => malformed,
    }
}

impl From<MultipartError> for Problem {
    fn from(error: MultipartError) -> Self {
        let payload = error.source().and_then(|source| source.downcast_ref::<PayloadError>());
        Self::new(match (&error, payload) {
            (_, Some(error)) => of_payload(error, ErrorCode::MalformedMultipart),
            (MultipartError::ContentTypeMissing | MultipartError::ContentTypeIncompatible, None) => {
                ErrorCode::UnsupportedMediaType
            }
            (MultipartError::Incomplete, None) => ErrorCode::UploadInterrupted,
            (_, None) => ErrorCode::MalformedMultipart,
        })
    }
}
