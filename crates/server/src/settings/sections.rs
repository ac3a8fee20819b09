//! Every key of the settings: its name, its default, its rule. `deploy/kuaichu.example.toml` explains them.

use std::path::PathBuf;

use adapters::{transport::BaseUrl, webhook::WebhookKey};
use app::Retention;
use chrono::TimeDelta;
use domain::{case::RetentionTerms, identifiers::InsurerCode};
use evidence::S3Place;
use store::Location;

use super::{
    AddressSettings, InsurerSettings, ObjectSettings, PhotoSettings, RecordingSettings, ServerSettings,
    Settings, SmsSettings, TokenSettings, UploadSettings, WeChatSettings, log,
    read::{Fault, Section, Source},
};
use crate::logging::Level;

const ADDRESS: &str = "must be an address such as https://api.example.cn, https unless it is this machine";
const LINK: &str = "must be an address that starts with https:// or http://";
const WEBHOOK_SECRET: &str = "must be whsec_ and at least 24 bytes in base64";
const DATABASE: &str = "must be sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME";

/// Reads everything; gives all faults if there is one.
pub(super) fn settings(mut source: Source) -> Result<Settings, Vec<Fault>> {
    let server = source.section("server", |section| (server(section), link(section, "public_url", true)));
    let database = source.section("database", database);
    let photos = source.section("photos", |section| (photos(section), elsewhere(section)));
    let objects = source.section("s3", |section| objects(section, photos.1));
    let recordings = source.section("recordings", recordings);
    let uploads = source.section("uploads", |section| uploads(section, photos.0.as_ref()));
    let key_file = source.section("keys", |section| section.text("file", Some("data/signing-key.pem")));
    let wechat = source.section("wechat", wechat);
    let sms = source.section("sms", sms);
    let insurers = source.section("insurers", insurers);
    let retention = source.section("retention", retention);
    let documents = source.section("documents", |section| {
        (section.text("unit_name", None), link(section, "verification_base", false), draws_seal(section))
    });
    let rules_folder = source.section("rules", |section| section.optional("folder")).map(PathBuf::from);
    let patrol = source.section("patrol", patrol);
    let invitations = source.section("invitations", |section| page(section, "base"));
    let sign_in = source.section("sign_in", |section| (section.optional("issuer"), sign_in(section)));
    let log = source.section("log", |section| (log_level(section), log::log(section, key_file.as_deref())));
    let faults = source.finish();
    let read = || {
        Some(Settings {
            server: server.0?,
            database: database?,
            photos: photos.0?,
            recordings: recordings?,
            uploads: uploads?,
            objects: objects?,
            key_file: key_file?.into(),
            wechat: wechat?,
            sms: sms?,
            insurers: insurers.into_iter().collect::<Option<_>>()?,
            retention: retention?,
            unit_name: documents.0?,
            draws_seal: documents.2?,
            rules_folder,
            patrol_phone: patrol?,
            sign_in: sign_in.1?,
            log: log.1?,
            log_level: log.0?,
            addresses: AddressSettings {
                public_url: server.1,
                issuer: sign_in.0,
                verification_base: documents.1,
                invitation_base: invitations,
            },
        })
    };
    if faults.is_empty() { read().ok_or(faults) } else { Err(faults) }
}

fn server(section: &mut Section<'_>) -> Option<ServerSettings> {
    let cores =
        std::thread::available_parallelism().map_or(2, |cores| i64::try_from(cores.get()).unwrap_or(2));
    let bind = section.parsed(
        "bind",
        Some("127.0.0.1:8080"),
        "must be an address such as 127.0.0.1:8080",
        str::parse,
    );
    let workers = section.number("workers", cores.min(256), 1, 256);
    let max_connections = section.number("max_connections", 10_000, 16, 100_000);
    Some(ServerSettings {
        bind: bind?,
        workers: usize::try_from(workers?).ok()?,
        max_connections: usize::try_from(max_connections?).ok()?,
    })
}

fn database(section: &mut Section<'_>) -> Option<Location> {
    section.parsed("url", Some("sqlite:data/kuaichu.sqlite"), DATABASE, |text| {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Location::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
        path.filter(|path| !path.is_empty() && !path.contains(['?', ':']))
            .map(PathBuf::from)
            .map(Location::Sqlite)
            .ok_or(())
    })
}

fn photos(section: &mut Section<'_>) -> Option<PhotoSettings> {
    let directory = section.text("directory", Some("data/photos"));
    let max_bytes = section.number("max_bytes", 20 << 20, 64 << 10, 100 << 20);
    let workers = section.number("workers", 2, 1, 64);
    Some(PhotoSettings {
        directory: directory?.into(),
        max_bytes: u64::try_from(max_bytes?).ok()?,
        workers: usize::try_from(workers?).ok()?,
    })
}

/// Whether the unit's seal is drawn on its documents, instead of a place left for one of ink.
fn draws_seal(section: &mut Section<'_>) -> Option<bool> {
    section.parsed("seal", Some("drawn"), "must be drawn or place", |name| match name {
        "drawn" => Ok(true),
        "place" => Ok(false),
        _ => Err(()),
    })
}

/// Whether objects are kept in a bucket instead of the folder.
fn elsewhere(section: &mut Section<'_>) -> Option<bool> {
    section.parsed("store", Some("folder"), "must be folder or s3", |name| match name {
        "folder" => Ok(false),
        "s3" => Ok(true),
        _ => Err(()),
    })
}

/// The bucket is checked also where it is not used yet, if it is there.
fn objects(section: &mut Section<'_>, elsewhere: Option<bool>) -> Option<ObjectSettings> {
    if elsewhere == Some(false) && section.is_empty() {
        return Some(ObjectSettings::Folder);
    }
    let endpoint = section.parsed("endpoint", None, ADDRESS, |text| {
        text.parse::<BaseUrl>().map(|_| text.trim_end_matches('/').to_owned())
    });
    let host_style = section.parsed("style", Some("path"), "must be path or host", |name| match name {
        "path" => Ok(false),
        "host" => Ok(true),
        _ => Err(()),
    });
    let bucket = section.text("bucket", None);
    let region = section.text("region", None);
    let key_id = section.text("key_id", None);
    let secret = section.secret("secret");
    let place = S3Place {
        endpoint: endpoint?,
        host_style: host_style?,
        bucket: bucket?,
        region: region?,
        key_id: key_id?,
        secret: secret?,
    };
    Some(if elsewhere? { ObjectSettings::S3(place) } else { ObjectSettings::Folder })
}

fn recordings(section: &mut Section<'_>) -> Option<RecordingSettings> {
    let max_bytes = section.number("max_bytes", 20 << 20, 64 << 10, 100 << 20);
    let max_upload_bytes = section.number("max_upload_bytes", 512 << 20, 64 << 10, 4 << 30);
    Some(RecordingSettings {
        max_bytes: u64::try_from(max_bytes?).ok()?,
        max_upload_bytes: u64::try_from(max_upload_bytes?).ok()?,
    })
}

/// The folder stands beside the photos unless it is named, so that it has their protection and their room.
fn uploads(section: &mut Section<'_>, photos: Option<&PhotoSettings>) -> Option<UploadSettings> {
    let directory = section.optional("directory").map(PathBuf::from);
    let max_open = section.number("max_open", 8, 1, 1000);
    let max_open_bytes = section.number("max_open_bytes", 1 << 30, 64 << 10, 1 << 40);
    let max_case_bytes = section.number("max_case_bytes", 2 << 30, 64 << 10, 1 << 40);
    let expire_hours = section.number("expire_hours", 24, 1, 24 * 30);
    Some(UploadSettings {
        directory: directory.or_else(|| Some(photos?.directory.join("uploads")))?,
        max_open: u64::try_from(max_open?).ok()?,
        max_open_bytes: u64::try_from(max_open_bytes?).ok()?,
        max_case_bytes: u64::try_from(max_case_bytes?).ok()?,
        life: TimeDelta::hours(expire_hours?),
    })
}

fn retention(section: &mut Section<'_>) -> Option<Retention> {
    let drafts = section.number("drafts_days", 365, 0, 36_500);
    let case_files = section.number("case_files_days", 0, 0, 36_500);
    let aside = section.number("aside_days", 7, 1, 365);
    let term = |days: i64| (days > 0).then(|| TimeDelta::days(days));
    Some(Retention {
        terms: RetentionTerms { drafts: term(drafts?), case_files: term(case_files?) },
        aside: TimeDelta::days(aside?),
    })
}

fn wechat(section: &mut Section<'_>) -> Option<WeChatSettings> {
    let base_url =
        section.parsed("base_url", Some("https://api.weixin.qq.com"), ADDRESS, str::parse::<BaseUrl>);
    let app_id = section.text("app_id", None);
    let secret = section.secret("secret");
    Some(WeChatSettings { base_url: base_url?, app_id: app_id?, secret: secret? })
}

fn sms(section: &mut Section<'_>) -> Option<SmsSettings> {
    let base_url = section.parsed("base_url", None, ADDRESS, str::parse::<BaseUrl>);
    let token = section.secret("token");
    let per_account = section.number("per_account_and_day", 20, 1, 10_000);
    let per_phone = section.number("per_phone_and_day", 10, 1, 10_000);
    let limits = app::TextLimits {
        per_account: u32::try_from(per_account?).ok()?,
        per_phone: u32::try_from(per_phone?).ok()?,
    };
    Some(SmsSettings { base_url: base_url?, token: token?, limits })
}

fn insurers(section: &mut Section<'_>) -> Vec<Option<InsurerSettings>> {
    section.each(|name, insurer| {
        let code: Option<InsurerCode> = name
            .to_ascii_uppercase()
            .parse()
            .ok()
            .or_else(|| insurer.fault("", "must be a code of 2 to 12 letters or digits, such as PICC"));
        let base_url = insurer.parsed("base_url", None, ADDRESS, str::parse::<BaseUrl>);
        let key = webhook_key(insurer, "key");
        let callback_key = webhook_key(insurer, "callback_key");
        Some(InsurerSettings { code: code?, base_url: base_url?, key: key?, callback_key: callback_key? })
    })
}

fn webhook_key(section: &mut Section<'_>, key: &str) -> Option<WebhookKey> {
    let secret = section.secret(key)?;
    WebhookKey::parse(&secret).ok().or_else(|| section.fault(key, WEBHOOK_SECRET))
}

/// The outer `None` is a fault, the inner one a city without a duty phone.
fn patrol(section: &mut Section<'_>) -> Option<Option<domain::identifiers::Phone>> {
    let rule = "must be a mobile number of eleven digits";
    match section.optional("phone") {
        None => Some(None),
        Some(phone) => phone.parse().map(Some).ok().or_else(|| section.fault("phone", rule)),
    }
}

fn sign_in(section: &mut Section<'_>) -> Option<TokenSettings> {
    let audience = section.text("audience", Some("kuaichu-api"));
    let access_minutes = section.number("access_minutes", 15, 1, 60);
    let session_days = section.number("session_days", 30, 1, 90);
    Some(TokenSettings {
        audience: audience?,
        access_life: TimeDelta::minutes(access_minutes?),
        session_life: TimeDelta::days(session_days?),
    })
}

fn log_level(section: &mut Section<'_>) -> Option<Level> {
    let rule = "must be error, warn, info, debug or trace";
    section.parsed("level", Some("info"), rule, |name| Level::from_name(name).ok_or(()))
}

/// An address that people open; codes are appended to it. `bare`: codes are not, so no slash at the end.
/// The address of a page; what follows behind `#` is ours.
fn page(section: &mut Section<'_>, key: &str) -> Option<String> {
    let text = link(section, key, false)?;
    if text.contains('#') {
        return section
            .fault(key, "must be an address without #: the code of an invitation is put behind one");
    }
    Some(text)
}

fn link(section: &mut Section<'_>, key: &str, bare: bool) -> Option<String> {
    let text = section.optional(key)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let proper = rest.is_some_and(|rest| !rest.starts_with('/') && !rest.is_empty());
    if !proper || text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@') {
        return section.fault(key, LINK);
    }
    Some(if bare { text.trim_end_matches('/').to_owned() } else { text })
}
