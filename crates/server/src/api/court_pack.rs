//! The court pack: everything of a case in one file, for officers of the district and supervisors.

use std::io;

use actix_web::{
    HttpResponse,
    body::SizedStream,
    get,
    http::header,
    web::{Data, Path},
};
use app::{App, CourtPack, PackReader, Principal, Supervisor};
use bytes::{Bytes, BytesMut};
use domain::{case::Officer, identifiers::CaseId};
use futures_util::{Stream, stream};
use tokio::{fs::File, io::AsyncReadExt as _};
use uuid::Uuid;

use super::signed::{FromPrincipal, Signed};
use crate::problem::Problem;

/// How much is read at once.
const CHUNK: usize = 256 * 1024;

impl FromPrincipal for PackReader {
    fn from_principal(principal: &Principal) -> Option<Self> {
        Officer::from_principal(principal)
            .map(Self::Officer)
            .or_else(|| Supervisor::from_principal(principal).map(Self::Supervisor))
    }
}

/// Everything of a case in one file that anybody can check offline with `kuaichu verify`. That it was made is
/// recorded in the case's journal, and in the pack itself.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, description = "The pack", body = Vec<u8>, content_type = "application/zip")))]
#[get("/cases/{id}/court-pack")]
pub(super) async fn get_court_pack(
    app: Data<App>,
    Signed(by): Signed<PackReader>,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let CourtPack { number, bytes, file } = app.court_pack(&by, CaseId(*id)).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{number}.zip\"")))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .body(SizedStream::new(bytes, chunks(File::from_std(file)))))
}

fn chunks(file: File) -> impl Stream<Item = Result<Bytes, io::Error>> {
    stream::try_unfold(file, async |mut file| {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        let read = file.read_buf(&mut chunk).await?;
        Ok((read > 0).then(|| (chunk.freeze(), file)))
    })
}
