//! Wiring: from settings to a running service. The one place that knows which adapters exist.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
};

use actix_web::{
    dev::ServerHandle,
    http::{Method, header},
    middleware::{DefaultHeaders, from_fn},
    web::{self, Data, Json, ServiceConfig},
};
use adapters::{
    insurer_json::JsonInsurer,
    sms::JsonSms,
    transport::{self, Transport},
    wechat::MiniProgram,
};
use app::{App, EvidenceLimits, Parts, SignInSettings, Uploads};
use documents::{RenderError, Renderer};
use domain::ports::{Clock, Insurer};
use evidence::{FolderStore, IntakeLimits, ObjectStore, PhotoIntake, S3Store, UploadSpool};
use store::{Store, UploadRoom};
use tokio::task::JoinHandle;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{
    api::{self, TokenRules},
    clock::{SystemClock, SystemRandomness},
    edge::{self, Edge, PAGE_POLICY, Pace, Routes, ServerLimits},
    health,
    keys::{KeyFileError, SigningKeys},
    landing,
    log::{self, LogTasks, LogUnusable},
    metrics::Metrics,
    rules::{self, RulesUnusable},
    settings::{Addresses, ObjectSettings, Settings, UploadSettings},
    worker,
};

/// Why the service could not start: one line each.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// A folder for the data could not be made.
    #[error("cannot make the folder {0}: {1}")]
    Folder(String, #[source] std::io::Error),
    /// The database.
    #[error(transparent)]
    Connect(#[from] store::ConnectError),
    /// The folder of photos and documents.
    #[error("cannot open the object store: {0}")]
    Objects(#[from] evidence::StoreError),
    /// The signing key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The log's key, name or certificates.
    #[error(transparent)]
    Log(#[from] LogUnusable),
    /// A rule file.
    #[error("{0}")]
    Rules(#[from] RulesUnusable),
    /// Fonts or templates.
    #[error("documents: {0}")]
    Documents(#[from] documents::RenderError),
    /// The outgoing transport.
    #[error(transparent)]
    Transport(#[from] transport::TransportUnusable),
    /// The log would go on under another name or key.
    #[error(
        "the log was signed as {0:?} or with another key so far: set log.origin to that name, or put the key back \
         that log.key_file held"
    )]
    OtherLog(String),
    /// The log cannot be read.
    #[error("log: {0}")]
    LogUnreadable(#[source] app::AppError),
    /// Numbers for monitoring.
    #[error("metrics: {0}")]
    Metrics(String),
}

/// The use cases with the key that signs for them.
#[derive(Debug, Clone)]
pub struct Service {
    /// The use cases.
    pub app: Arc<App>,
    /// The key.
    pub keys: Arc<SigningKeys>,
}

/// Builds the use cases from settings. The schema must be up to date.
pub async fn build(settings: &Settings, addresses: &Addresses) -> Result<Service, StartError> {
    build_at(settings, addresses, Arc::new(SystemClock)).await
}

/// The same at another time; for tests, which must not wait for years.
pub async fn build_at(
    settings: &Settings,
    addresses: &Addresses,
    clock: Arc<dyn Clock>,
) -> Result<Service, StartError> {
    let keys = Arc::new(SigningKeys::open(&settings.key_file)?);
    let objects = objects(settings).await?;
    let limits = IntakeLimits { bytes: settings.photos.max_bytes, ..IntakeLimits::default() };
    let transport = Transport::new(transport::DEFAULT_TIMEOUT)?;
    let insurers = settings.insurers.iter().map(|insurer| {
        let adapter = JsonInsurer::new(
            insurer.base_url.clone(),
            insurer.key.clone(),
            insurer.callback_key.clone(),
            transport.clone(),
            Arc::clone(&clock),
        );
        (insurer.code.clone(), Arc::new(adapter) as Arc<dyn Insurer>)
    });
    let log = log::parts(&settings.log, &addresses.public_url, &transport)?;
    let app = App::new(Parts {
        store: Store::open(&settings.database).await?,
        photos: PhotoIntake::new(Arc::clone(&objects), limits, settings.photos.workers),
        limits: EvidenceLimits {
            photo: settings.photos.max_bytes,
            recording: settings.recordings.max_bytes,
            upload: settings.recordings.max_upload_bytes,
        },
        public_url: addresses.public_url.clone(),
        objects,
        insurers: insurers.collect(),
        wechat: Arc::new(MiniProgram::new(
            settings.wechat.base_url.clone(),
            settings.wechat.app_id.clone(),
            settings.wechat.secret.clone(),
            transport.clone(),
        )),
        sms: Arc::new(JsonSms::new(settings.sms.base_url.clone(), settings.sms.token.clone(), transport)),
        signer: Arc::<SigningKeys>::clone(&keys),
        typesetter: Arc::new(typesetter(settings)?),
        rules: rules::open(settings.rules_folder.as_deref())?,
        retention: settings.retention,
        unit_name: settings.unit_name.clone(),
        verification_base: addresses.verification_base.clone(),
        sign_in: SignInSettings {
            issuer: addresses.issuer.clone(),
            audience: settings.sign_in.audience.clone(),
            access_life: settings.sign_in.access_life,
            session_life: settings.sign_in.session_life,
        },
        patrol_phone: settings.patrol_phone.clone(),
        text_limits: settings.sms.limits,
        invitation_base: addresses.invitation_base.clone(),
        log,
        uploads: uploads(settings).await?,
        clock,
        randomness: Arc::new(SystemRandomness),
    });
    Ok(Service { app: Arc::new(app), keys })
}

/// Opens the place of photos and documents.
pub async fn objects(settings: &Settings) -> Result<Arc<dyn ObjectStore>, evidence::StoreError> {
    let folder = &settings.photos.directory;
    Ok(match &settings.objects {
        ObjectSettings::Folder => Arc::new(FolderStore::open(folder).await?),
        ObjectSettings::S3(place) => Arc::new(S3Store::open(place, folder).await?),
    })
}

/// Opens the place of unfinished uploads.
fn typesetter(settings: &Settings) -> Result<Renderer, RenderError> {
    let renderer = Renderer::new()?;
    Ok(if settings.draws_seal { renderer } else { renderer.without_seal() })
}

async fn uploads(settings: &Settings) -> Result<Uploads, evidence::StoreError> {
    let UploadSettings { directory, max_open, max_open_bytes, max_case_bytes, life } = &settings.uploads;
    let room = UploadRoom { open: *max_open, account_bytes: *max_open_bytes, case_bytes: *max_case_bytes };
    Ok(Uploads { spool: UploadSpool::open(directory).await?, room, life: *life })
}

/// Makes the folders that the settings name and brings the schema up to date.
pub async fn prepare(settings: &Settings) -> Result<(), StartError> {
    if let store::Location::Sqlite(path) = &settings.database {
        make_parent(path)?;
    }
    make_parent(&settings.key_file)?;
    make_parent(&settings.log.key_file)?;
    Ok(store::migrate(&settings.database).await?)
}

fn make_parent(path: &Path) -> Result<(), StartError> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => std::fs::create_dir_all(folder)
            .map_err(|error| StartError::Folder(folder.display().to_string(), error)),
        None => Ok(()),
    }
}

/// A service that answers.
#[derive(Debug)]
pub struct Running {
    /// Where.
    pub address: SocketAddr,
    /// Where people reach it.
    pub addresses: Addresses,
    server: ServerHandle,
    answering: JoinHandle<std::io::Result<()>>,
    worker: worker::Worker,
    log: LogTasks,
}

impl Running {
    /// Stops taking requests, lets those in flight end, and hands its messages back to the queue.
    pub async fn stop(self) {
        tokio::join!(self.worker.stop(), self.server.stop(true));
        self.log.stop().await;
        if let Err(error) = self.answering.await {
            tracing::error!(%error, "the server ended badly");
        }
    }
}

/// What a test may want otherwise.
#[derive(Clone)]
pub struct Surroundings {
    /// How patiently slow bodies are waited for.
    pub pace: Pace,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { pace: Pace::default(), clock: Arc::new(SystemClock) }
    }
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("pace", &self.pace).finish_non_exhaustive()
    }
}

/// Starts the service: database, worker, server. Answers when this returns.
pub async fn start(settings: &Settings) -> Result<Running, StartError> {
    start_within(settings, Surroundings::default()).await
}

/// Starts the service in other surroundings; for tests, which must not wait half a minute.
pub async fn start_within(settings: &Settings, surroundings: Surroundings) -> Result<Running, StartError> {
    let Surroundings { pace, clock } = surroundings;
    let bind = settings.server.bind;
    let listen = |error| StartError::Listen(bind, error);
    let listener = TcpListener::bind(bind).map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let addresses = settings.addresses(address);
    prepare(settings).await?;
    let Service { app, keys } = build_at(settings, &addresses, clock).await?;
    if let Some(name) = app.signed_otherwise().await.map_err(StartError::LogUnreadable)? {
        return Err(StartError::OtherLog(name));
    }
    let metrics = Arc::new(Metrics::new().map_err(|error| StartError::Metrics(error.to_string()))?);
    let worker = worker::Worker::start(Arc::clone(&app), Arc::clone(&metrics));
    let log = LogTasks::start(&app, &metrics);
    let edge = Edge { pace, metrics: Arc::clone(&metrics), routes: route_table() };
    let rules = TokenRules { issuer: addresses.issuer.clone(), audience: settings.sign_in.audience.clone() };
    let limits = ServerLimits::new(settings.server.workers, settings.server.max_connections);
    let data = Shared {
        app: Data::from(app),
        keys: Data::from(keys),
        rules: Data::new(rules),
        metrics: Data::from(metrics),
        document: Data::new(api::document()),
    };
    let server =
        edge::serve(listener, &limits, Data::new(edge), move |config| data.clone().configure(config))
            .map_err(listen)?;
    Ok(Running { address, addresses, server: server.handle(), answering: tokio::spawn(server), worker, log })
}

/// What every worker thread of the server shares.
#[derive(Clone)]
struct Shared {
    app: Data<App>,
    keys: Data<SigningKeys>,
    rules: Data<TokenRules>,
    metrics: Data<Metrics>,
    document: Data<OpenApi>,
}

impl Shared {
    fn configure(self, config: &mut ServiceConfig) {
        let pages = DefaultHeaders::new().add((header::CONTENT_SECURITY_POLICY, PAGE_POLICY));
        config
            .app_data(self.app)
            .app_data(self.keys)
            .app_data(self.rules)
            .app_data(self.metrics)
            .app_data(self.document)
            .service(health::healthz)
            .service(health::readyz)
            .service(health::metrics)
            .service(landing::join)
            .service(landing::robots)
            .service(
                utoipa_actix_web::scope(api::BASE)
                    .configure(api::routes)
                    .map(|scope| scope.wrap(from_fn(api::authorize))),
            )
            .service(web::redirect("/docs", "/docs/"))
            .service(
                web::scope("/docs")
                    .wrap(pages)
                    .route("/openapi.json", web::get().to(describe))
                    .service(SwaggerUi::new("/{_:.*}").config(Config::from("openapi.json"))),
            );
    }
}

/// The description that the interactive page reads.
async fn describe(document: Data<OpenApi>) -> Json<OpenApi> {
    Json(document.get_ref().clone())
}

fn route_table() -> Routes {
    let operations = api::OPERATIONS.iter().filter_map(|operation| {
        let method = Method::from_bytes(operation.method.as_bytes()).ok()?;
        Some((method, format!("{}{}", api::BASE, operation.path)))
    });
    let others = ["/healthz", "/readyz", "/metrics", "/join", "/robots.txt"]
        .map(|path| (Method::GET, path.to_owned()));
    Routes::new(operations.chain(others))
}
