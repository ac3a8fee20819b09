//! An S3 server in a folder, as a process of its own: `object_server FOLDER ADDRESS KEY_ID SECRET`. For tests.
//! It refuses a wrong SHA-256 and knows `If-None-Match`; each folder in the folder is a bucket.
#![allow(clippy::print_stdout, reason = "the line that says where it listens")]

use std::{env, error::Error, path::Path};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [folder, address, key_id, secret] = words.as_slice() else {
        return Err("object_server FOLDER ADDRESS KEY_ID SECRET".into());
    };
    let files = FileSystem::new(Path::new(folder)).map_err(|error| format!("{error:?}"))?;
    let mut service = S3ServiceBuilder::new(files);
    service.set_auth(SimpleAuth::from_single(key_id.as_str(), secret.as_str()));
    let service = service.build();
    let listener = TcpListener::bind(address).await?;
    println!("object_server listens on http://{}", listener.local_addr()?);
    loop {
        let (connection, _) = listener.accept().await?;
        let service = service.clone();
        tokio::spawn(async move {
            let serving = Builder::new(TokioExecutor::new());
            // A client that goes away in the middle is none of our business.
            drop(serving.serve_connection(TokioIo::new(connection), service).await);
        });
    }
}
