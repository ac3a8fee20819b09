//! The fields that may stand before the file of an upload: what the sender's device tells of its capture. They are
//! in the body, because places do not belong into addresses and logs.

use actix_multipart::{Field, Multipart};
use chrono::{DateTime, Utc};
use domain::{
    evidence::{Capture, CaptureSource},
    geo::{Coordinates, Datum, Position},
    identifiers::{CommitmentId, Line},
};
use futures_util::TryStreamExt as _;
use serde::de::{DeserializeOwned, IntoDeserializer as _, value::Error as ValueError};
use uuid::Uuid;

use crate::{
    edge::LONGEST_JSON,
    problem::{ErrorCode, Problem},
};

/// Most bytes of a field that is read.
const LONGEST_FIELD: usize = 1024;

/// Most fields before the file.
const MOST_FIELDS: usize = 32;

/// What the fields before the file said.
#[derive(Debug, Default, PartialEq)]
pub(super) struct CaptureForm {
    commitment: Option<CommitmentId>,
    captured_at: Option<DateTime<Utc>>,
    source: Option<CaptureSource>,
    device: Option<Line>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    datum: Option<Datum>,
    accuracy: Option<f64>,
}

fn malformed() -> Problem {
    Problem::new(ErrorCode::MalformedMultipart)
}

impl CaptureForm {
    /// Reads the form up to its file, which is given back unread. Fields that nobody asked for are passed over.
    pub(super) async fn read(form: &mut Multipart) -> Result<(Self, Field), Problem> {
        let mut fields = Self::default();
        let mut room = LONGEST_JSON;
        for _ in 0..=MOST_FIELDS {
            let mut field = form.try_next().await.map_err(|_| malformed())?.ok_or_else(malformed)?;
            let name = field.name().unwrap_or_default().to_owned();
            if name == "file" {
                return Ok((fields, field));
            }
            let text = text_of(&mut field, room).await?;
            room = room.saturating_sub(text.len());
            fields.set(&name, &text)?;
        }
        Err(Problem::new(ErrorCode::BodyTooLarge))
    }

    /// Sets a field; one that nobody asked for is passed over.
    pub(super) fn set(&mut self, name: &str, text: &[u8]) -> Result<(), Problem> {
        match name {
            "commitment" => once(&mut self.commitment, name, read::<Uuid>(name, text)?.map(CommitmentId)),
            "captured_at" => once(&mut self.captured_at, name, read(name, text)?),
            "source" => once(&mut self.source, name, read(name, text)?),
            "device" => once(&mut self.device, name, read(name, text)?),
            "latitude" => once(&mut self.latitude, name, number(name, text)?),
            "longitude" => once(&mut self.longitude, name, number(name, text)?),
            "datum" => once(&mut self.datum, name, read(name, text)?),
            "accuracy" => once(&mut self.accuracy, name, number(name, text)?),
            _ => Ok(()),
        }
    }

    /// What was told of the capture, and for which commitment the bytes come.
    pub(super) fn parse(self) -> Result<(Capture, Option<CommitmentId>), Problem> {
        let position = match (self.latitude, self.longitude, self.datum) {
            (None, None, None) => None,
            (Some(latitude), Some(longitude), Some(datum)) => {
                let raw = Coordinates { latitude, longitude };
                let position = Position::new(raw, datum, self.accuracy);
                Some(position.map_err(|error| Problem::invalid_value("position", error.to_string()))?)
            }
            _ => {
                return Err(Problem::invalid_value(
                    "position",
                    "latitude, longitude and datum, or none of them",
                ));
            }
        };
        let source = self.source.unwrap_or_default();
        Ok((Capture { source, at: self.captured_at, position, device: self.device }, self.commitment))
    }
}

/// Reads a field of at most `most` bytes.
async fn text_of(field: &mut Field, most: usize) -> Result<Vec<u8>, Problem> {
    let mut text = Vec::new();
    while let Some(chunk) = field.try_next().await.map_err(|_| malformed())? {
        if text.len() + chunk.len() > most {
            return Err(Problem::new(ErrorCode::BodyTooLarge));
        }
        text.extend_from_slice(&chunk);
    }
    Ok(text)
}

/// A field that comes twice has no value.
fn once<T>(place: &mut Option<T>, name: &str, value: Option<T>) -> Result<(), Problem> {
    match value {
        Some(_) if place.is_some() => Err(Problem::invalid_value(name, "once")),
        Some(value) => {
            *place = Some(value);
            Ok(())
        }
        None => Ok(()),
    }
}

/// The text as its type reads it; an empty field is as good as none.
fn read<T: DeserializeOwned>(name: &str, text: &[u8]) -> Result<Option<T>, Problem> {
    let invalid = || Problem::invalid_value(name, "see the API description");
    let text =
        std::str::from_utf8(text.get(..LONGEST_FIELD).map_or(text, |_| b"\xff")).map_err(|_| invalid())?;
    if text.is_empty() {
        return Ok(None);
    }
    let text: serde::de::value::StrDeserializer<'_, ValueError> = text.into_deserializer();
    T::deserialize(text).map(Some).map_err(|_| invalid())
}

fn number(name: &str, text: &[u8]) -> Result<Option<f64>, Problem> {
    let invalid = || Problem::invalid_value(name, "a decimal number");
    let text: Option<String> = read(name, text)?;
    text.map(|text| text.parse().map_err(|_| invalid())).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Result<(Capture, Option<CommitmentId>), Problem> {
        let mut form = CaptureForm::default();
        fields.iter().try_for_each(|(name, text)| form.set(name, text.as_bytes()))?;
        form.parse()
    }

    fn refused(fields: &[(&str, &str)]) -> Option<String> {
        form(fields).unwrap_err().document().field.clone()
    }

    #[test]
    fn a_form_without_fields_tells_nothing() {
        assert_eq!(form(&[]).unwrap(), (Capture::default(), None));
        assert_eq!(form(&[("device", ""), ("anything", "else")]).unwrap(), (Capture::default(), None));
    }

    #[test]
    fn every_field_is_read() {
        let (capture, commitment) = form(&[
            ("commitment", "00000000-0000-7000-8000-000000000001"),
            ("captured_at", "2026-03-02T08:30:00+08:00"),
            ("source", "camera"),
            ("device", "HUAWEI Mate 60"),
            ("latitude", "36.81"),
            ("longitude", "118.05"),
            ("datum", "wgs84"),
            ("accuracy", "12.5"),
        ])
        .unwrap();
        assert_eq!(commitment.unwrap().to_string(), "00000000-0000-7000-8000-000000000001");
        assert_eq!(capture.at, "2026-03-02T00:30:00Z".parse().ok());
        assert_eq!(capture.source, CaptureSource::Camera);
        assert_eq!(capture.device.unwrap().as_str(), "HUAWEI Mate 60");
        let position = capture.position.unwrap();
        assert_eq!((position.raw.latitude, position.accuracy_metres), (36.81, Some(12.5)));
    }

    #[test]
    fn a_wrong_field_is_named() {
        assert_eq!(refused(&[("commitment", "7")]).as_deref(), Some("commitment"));
        assert_eq!(refused(&[("captured_at", "yesterday")]).as_deref(), Some("captured_at"));
        assert_eq!(refused(&[("source", "friend")]).as_deref(), Some("source"));
        assert_eq!(refused(&[("device", "a\nb")]).as_deref(), Some("device"));
        assert_eq!(refused(&[("device", &"x".repeat(5_000))]).as_deref(), Some("device"));
        assert_eq!(refused(&[("latitude", "north")]).as_deref(), Some("latitude"));
        assert_eq!(refused(&[("datum", "mars")]).as_deref(), Some("datum"));
        assert_eq!(refused(&[("source", "camera"), ("source", "album")]).as_deref(), Some("source"));
    }

    #[test]
    fn a_position_is_whole_or_not_there() {
        assert_eq!(refused(&[("latitude", "36.81")]).as_deref(), Some("position"));
        assert_eq!(refused(&[("latitude", "36.81"), ("longitude", "118.05")]).as_deref(), Some("position"));
        let beyond = [("latitude", "91"), ("longitude", "118.05"), ("datum", "wgs84")];
        assert_eq!(refused(&beyond).as_deref(), Some("position"));
        let nowhere = [("latitude", "NaN"), ("longitude", "118.05"), ("datum", "wgs84")];
        assert_eq!(refused(&nowhere).as_deref(), Some("position"));
    }
}
