//! Witnesses and the timestamp authority: they are caught up later when they are down, and never believed blindly.

use std::{path::Path, process::Command};

use actix_web::{App, HttpResponse, HttpServer, web};
use domain::digest::Digest;
use evidence::log::{SignedCheckpoint, timestamp};
use sandbox::{RunningSandbox, Sandbox, SandboxSettings, fault::Fault, witness::witness_key};
use tempfile::TempDir;
use testkit::{TestDatabase, on_both};

use super::{ask, log_key, newest};
use crate::{
    scenes::Scene,
    support::{TestService, Wishes, until},
};

async fn witnessed(database: TestDatabase) -> (TestService, RunningSandbox) {
    let court = Sandbox::start(SandboxSettings::default()).await.unwrap();
    let key = witness_key().unwrap();
    let settings = format!("[log.witness.court]\nbase_url = \"{}\"\nkey = \"{key}\"\n", court.witness_url());
    let wishes = Wishes { settings: settings.leak(), ..Wishes::default() };
    (TestService::with(database, wishes).await, court)
}

/// Shows the newest checkpoint until the witness has signed it; the service does so too, with more patience.
async fn signed(service: &TestService) -> SignedCheckpoint {
    let (key, witness) = (log_key(service).await, witness_key().unwrap().parse().unwrap());
    until("the witness signs", async || {
        for part in service.inside.app.witnesses() {
            service.inside.app.show_witness(part).await.unwrap();
        }
        let note = ask(service, "/log/checkpoint").await.text();
        SignedCheckpoint::open(&note, &key).unwrap().cosigned_by(&witness).is_ok()
    })
    .await;
    let note = ask(service, "/log/checkpoint").await.text();
    SignedCheckpoint::open(&note, &key).unwrap()
}

on_both! {
    async fn a_witness_that_was_down_is_caught_up_and_signs_what_it_has_checked(database: TestDatabase) {
        let (service, court) = witnessed(database).await;
        // It does not know the log yet, and refuses.
        let scene = Scene::collected(&service).await;
        let key = log_key(&service).await;
        let first = newest(&service).await.checkpoint().size;
        court.trust_log(&key.to_string());
        signed(&service).await;
        assert!(court.witness_has_seen(key.name()).unwrap() >= first);
        court.add_fault("witness", &Fault::Status { status: 503, retry_after: None }, 1);
        court.add_fault("witness", &Fault::Reset, 1);
        court.forge_cosignatures(1);
        scene.submit().await;
        newest(&service).await;
        let checkpoint = signed(&service).await;
        assert!(checkpoint.checkpoint().size > first);
        // A witness that lost its memory says that it stands elsewhere, and is shown everything again.
        court.trust_log(&key.to_string());
        scene.b.withdraw_case(&scene.id).await.unwrap_err();
        scene.a.withdraw_case(&scene.id).await.unwrap();
        newest(&service).await;
        let last = signed(&service).await;
        assert!(court.witness_has_seen(key.name()).unwrap() >= last.checkpoint().size);
        let listed = ask(&service, "/log/checkpoints?limit=1").await.ok();
        assert_eq!(listed[0]["witnesses"][0], "sandbox.invalid/witness");
        service.settle().await;
        service.end().await;
    }
}

const CONFIG: &str = "
[req]
distinguished_name = name
[name]
[stamps]
basicConstraints = critical, CA:false
extendedKeyUsage = critical, timeStamping
[root]
basicConstraints = critical, CA:true
[local]
serial = serial
digests = sha256
default_policy = 1.2.3.4.1
signer_digest = sha256
ess_cert_id_alg = sha256
";

fn openssl(folder: &Path, arguments: &str) {
    let mut command = Command::new("openssl");
    let made = command.args(arguments.split_whitespace()).current_dir(folder).output().unwrap();
    assert!(made.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&made.stderr));
}

/// An authority made with openssl, behind a real HTTP server.
async fn authority() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("openssl.cnf"), CONFIG).unwrap();
    let key = "-newkey rsa:2048 -nodes";
    for step in [
        format!(
            "req -x509 -config openssl.cnf {key} -days 2 -subj /CN=root -extensions root -keyout root.key -out root.pem"
        ),
        format!("req -new -config openssl.cnf {key} -subj /CN=authority -keyout tsa.key -out tsa.csr"),
        "x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -days 1 -extfile openssl.cnf \
         -extensions stamps -out tsa.pem"
            .to_owned(),
    ] {
        openssl(folder.path(), &step);
    }
    let at = folder.path().to_owned();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/tsr", listener.local_addr().unwrap());
    let server = HttpServer::new(move || {
        let at = at.clone();
        let answer = move |query: web::Bytes| {
            std::fs::write(at.join("query.tsq"), &query).unwrap();
            let reply = "ts -reply -config openssl.cnf -section local -queryfile query.tsq -signer tsa.pem \
                -inkey tsa.key -out reply.tsr";
            openssl(&at, reply);
            let body = std::fs::read(at.join("reply.tsr")).unwrap();
            async { HttpResponse::Ok().content_type("application/timestamp-reply").body(body) }
        };
        App::new().route("/tsr", web::post().to(answer))
    });
    tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
    (folder, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_checkpoint_of_a_day_is_stamped_by_an_authority_that_openssl_believes_too() {
    let (folder, url) = authority().await;
    let roots = folder.path().join("root.pem");
    let settings = format!("[log.timestamp]\nurl = \"{url}\"\nroots = \"{}\"\n", roots.display());
    let wishes = Wishes { settings: settings.leak(), ..Wishes::default() };
    let service = TestService::with(TestDatabase::sqlite().await, wishes).await;
    let scene = Scene::collected(&service).await;
    newest(&service).await;
    service.inside.app.stamp_checkpoint().await.unwrap();
    let app = &service.inside.app;
    let row = app.store().stamped_checkpoint(u64::from(u32::MAX)).await.unwrap().unwrap();
    let own = SignedCheckpoint::open(&row.note, app.log_key()).unwrap().own_note();
    let root = timestamp::roots_in(&std::fs::read(&roots).unwrap()).unwrap();
    let token = row.token.unwrap();
    let time = timestamp::verify(&token, Digest::of(own.as_bytes()), &root).unwrap();
    assert!(time.rooted && (app.now() - time.at).num_seconds().abs() < 60, "{time:?}");
    std::fs::write(folder.path().join("note"), &own).unwrap();
    std::fs::write(folder.path().join("token"), &token).unwrap();
    openssl(folder.path(), "ts -verify -data note -in token -token_in -CAfile root.pem");
    let listed = ask(&service, "/log/checkpoints?limit=200").await.ok();
    let stamped: Vec<_> =
        listed.as_array().unwrap().iter().filter(|row| !row["timestamp"].is_null()).collect();
    assert!(stamped.len() == 1 && !stamped[0]["day"].is_null(), "{stamped:?}");
    // There is nothing more to stamp today.
    scene.submit().await;
    newest(&service).await;
    assert_eq!(app.stamp_checkpoint().await.unwrap(), app::Attestation::Nothing);
    service.settle().await;
    service.end().await;
}
