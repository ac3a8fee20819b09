//! What uploads are held against: a server that streams a body into a file, hashes it, syncs it, and knows nothing else.

use std::{
    io,
    path::{Path, PathBuf},
};

use actix_web::{App, HttpResponse, HttpServer, web};
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::{fs::File, io::AsyncWriteExt as _};

use super::BenchFailed;

/// Where it keeps what it is sent.
#[derive(Debug, Clone, clap::Args)]
pub struct BareUploads {
    /// An existing folder.
    #[arg(long)]
    folder: PathBuf,
}

/// Serves on any port until it is stopped.
pub async fn bare_uploads(setting: BareUploads) -> Result<(), BenchFailed> {
    let folder = web::Data::new(setting.folder);
    let app = move || App::new().app_data(folder.clone()).route("/", web::post().to(take));
    let server = HttpServer::new(app).bind(("127.0.0.1", 0))?;
    for address in server.addrs() {
        println!("bare listens on http://{address}");
    }
    Ok(server.run().await?)
}

async fn take(folder: web::Data<PathBuf>, body: web::Payload) -> HttpResponse {
    match keep(&folder, body).await {
        Ok(hash) => HttpResponse::Created().body(hash),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

async fn keep(folder: &Path, mut body: web::Payload) -> io::Result<String> {
    let path = folder.join(format!("{:032x}", rand::random::<u128>()));
    let mut file = File::create_new(path).await?;
    let mut hasher = Sha256::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(io::Error::other)?;
        hasher.update(&chunk);
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    file.sync_all().await?;
    Ok(hex::encode(hasher.finalize()))
}
