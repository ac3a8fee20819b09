//! Behind a real reverse proxy: whatever is sent, the service never answers more requests than the proxy passed on,
//! and the next client gets its own answer.

use std::{fs, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::{edge::ambiguous, support::TestService};

/// Debian keeps the program here, and PATH need not.
const NGINX: &str = "/usr/sbin/nginx";

struct Proxy {
    address: String,
    folder: tempfile::TempDir,
    _process: Child,
}

impl Proxy {
    /// A proxy that keeps its connections to the service: an answer that nobody asked for would stay in one of them.
    async fn in_front_of(service: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let at = folder.path().display();
        let settings = format!(
            "daemon off; master_process off; pid {at}/pid; error_log {at}/error.log;\n\
             events {{ worker_connections 64; }}\n\
             http {{\n\
             client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/f;\n\
             uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;\n\
             log_format passed '$request_method $upstream_status'; access_log {at}/access.log passed;\n\
             keepalive_timeout 1s; proxy_ignore_client_abort on;\n\
             upstream service {{ server {service}; keepalive 1; }}\n\
             server {{ listen {address}; location / {{ proxy_pass http://service; proxy_http_version 1.1;\n\
             proxy_set_header Connection ''; }} }}\n\
             }}\n"
        );
        fs::write(folder.path().join("nginx.conf"), settings).unwrap();
        let process = Command::new(NGINX)
            .arg("-c")
            .arg(folder.path().join("nginx.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("nginx is installed: `cargo xtask test` does it");
        let answers = async {
            while TcpStream::connect(&address).await.is_err() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(20), answers).await.expect("nginx listens");
        Self { address, folder, _process: process }
    }

    /// How many requests it passed on.
    fn passed_on(&self) -> usize {
        let log = fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default();
        log.lines().filter(|line| !line.ends_with(" -")).count()
    }
}

/// How many requests the service has answered.
async fn answered(service: &TestService) -> u64 {
    let page =
        service.api.request(reqwest::Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    let counts = page.lines().filter(|line| line.starts_with("http_requests_total{"));
    counts.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_no_request_is_smuggled_and_the_next_client_gets_its_own_answer() {
    let service = TestService::sqlite().await;
    let proxy = Proxy::in_front_of(&service.address()).await;
    for form in ambiguous() {
        let before = (answered(&service).await, proxy.passed_on());
        let mut stream = TcpStream::connect(&proxy.address).await.unwrap();
        stream.write_all(form.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let closed = timeout(Duration::from_secs(20), stream.read_to_end(&mut Vec::new())).await;
        let _ = closed.expect("the proxy closes the connection");
        // One of them is our own look at the numbers.
        let done = answered(&service).await - before.0 - 1;
        // The proxy notes a request a moment after it has answered it.
        let noted = async {
            while ((proxy.passed_on() - before.1) as u64) < done {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let passed = timeout(Duration::from_secs(5), noted).await;
        assert!(passed.is_ok(), "{done} answered of {} passed on: {form:?}", proxy.passed_on() - before.1);
        let next = reqwest::get(format!("http://{}/healthz", proxy.address)).await.unwrap();
        assert_eq!(
            (next.status().as_u16(), next.text().await.unwrap().len() < 200),
            (200, true),
            "after {form:?}"
        );
    }
    service.end().await;
}
