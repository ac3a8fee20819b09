//! Where a picture is found again: how photos look, and in which cases the same bytes or a certain photo lie.

use chrono::{DateTime, Utc};
use domain::{
    digest::Digest,
    evidence::PerceptualHash,
    identifiers::{CaseId, CaseNumber, DistrictCode, PhotoId},
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{
    error::StoreError,
    rows::{accident_case, conversions, evidence_item},
    store::Store,
};

/// How an examined photo looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoLook {
    /// Which.
    pub photo: PhotoId,
    /// Its hash.
    pub hash: PerceptualHash,
    /// When it was examined.
    pub examined_at: DateTime<Utc>,
}

/// A photo of some case, and whose case that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    /// Which photo.
    pub photo: PhotoId,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Of which case.
    pub case: CaseId,
    /// The number of that case.
    pub number: CaseNumber,
    /// The district of that case.
    pub district: DistrictCode,
}

impl Store {
    /// How photos look that were examined after `after` or then with a later id, in that order, at most `most`.
    pub async fn looks_after(
        &self,
        (at, id): (DateTime<Utc>, PhotoId),
        most: u64,
    ) -> Result<Vec<PhotoLook>, StoreError> {
        use evidence_item::Column::{ExaminedAt, Id, Perceptual};
        let seen = Condition::all().add(ExaminedAt.eq(at)).add(Id.lte(id.0)).not();
        let rows = evidence_item::Entity::find()
            .filter(ExaminedAt.gte(at))
            .filter(seen)
            .filter(Perceptual.is_not_null())
            .order_by_asc(ExaminedAt)
            .order_by_asc(Id)
            .limit(most)
            .all(&self.connections.read)
            .await?;
        let look = |row: evidence_item::Model| {
            let hash = PerceptualHash(row.perceptual?.cast_unsigned());
            Some(PhotoLook { photo: PhotoId(row.id), hash, examined_at: row.examined_at? })
        };
        Ok(rows.into_iter().filter_map(look).collect())
    }

    /// Photos with some of these bytes in other cases than `not_in`; at most `most`.
    pub async fn photos_with_bytes(
        &self,
        digests: &[Digest],
        not_in: CaseId,
        most: u64,
    ) -> Result<Vec<Whereabouts>, StoreError> {
        let digests = digests.iter().map(ToString::to_string);
        self.whereabouts(evidence_item::Column::Digest.is_in(digests).into(), not_in, most).await
    }

    /// Those of these photos that lie in other cases than `not_in`.
    pub async fn photos_elsewhere(
        &self,
        photos: &[PhotoId],
        not_in: CaseId,
    ) -> Result<Vec<Whereabouts>, StoreError> {
        let most = u64::try_from(photos.len()).unwrap_or(u64::MAX);
        let ids = photos.iter().map(|photo| photo.0);
        self.whereabouts(evidence_item::Column::Id.is_in(ids).into(), not_in, most).await
    }

    async fn whereabouts(
        &self,
        which: Condition,
        not_in: CaseId,
        most: u64,
    ) -> Result<Vec<Whereabouts>, StoreError> {
        use evidence_item::Column;
        let items = evidence_item::Entity::find()
            .filter(which)
            .filter(Column::CaseId.ne(not_in.0))
            .filter(Column::Media.eq("photo"))
            .order_by_asc(Column::ReceivedAt)
            .limit(most)
            .all(&self.connections.read)
            .await?;
        let cases: Vec<(Uuid, String, String)> = accident_case::Entity::find()
            .select_only()
            .columns([
                accident_case::Column::Id,
                accident_case::Column::Number,
                accident_case::Column::District,
            ])
            .filter(accident_case::Column::Id.is_in(items.iter().map(|item| item.case_id)))
            .into_tuple()
            .all(&self.connections.read)
            .await?;
        let place = |item: evidence_item::Model| {
            let (id, number, district) = cases.iter().find(|(id, ..)| *id == item.case_id)?;
            Some((item, *id, number, district))
        };
        items
            .into_iter()
            .filter_map(place)
            .map(|(item, case, number, district)| {
                Ok(Whereabouts {
                    photo: PhotoId(item.id),
                    digest: conversions::parse(&item.digest, "evidence_item", "digest")?,
                    case: CaseId(case),
                    number: conversions::parse(number, "accident_case", "number")?,
                    district: conversions::parse(district, "accident_case", "district")?,
                })
            })
            .collect()
    }
}
