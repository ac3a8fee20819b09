//! Tests of the settings as a whole.

use super::*;

const EXAMPLE: &str = include_str!("../../../../deploy/kuaichu.example.toml");

/// The least a city has to set.
const LEAST: &str = r#"
    wechat = { app_id = "wx1", secret = "hidden-1" }
    sms = { base_url = "https://sms.example.cn", token = "hidden-2" }
    documents = { unit_name = "淄博市公安局交通警察支队" }
"#;

fn parse(text: &str, environment: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::parse(text, Path::new("kuaichu.toml"), environment)
}

fn faults(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
    match parse(text, environment) {
        Err(SettingsError::Faults(faults)) => faults.iter().map(ToString::to_string).collect(),
        other => panic!("no faults: {other:?}"),
    }
}

#[test]
fn the_example_is_valid_and_shows_the_defaults() {
    let example = parse(EXAMPLE, &[]).unwrap();
    let least = parse(LEAST, &[]).unwrap();
    assert_eq!(example.server.bind, least.server.bind);
    assert_eq!(example.server.max_connections, least.server.max_connections);
    assert_eq!(example.database, least.database);
    assert_eq!(example.photos, least.photos);
    assert_eq!(example.retention.terms, least.retention.terms);
    assert_eq!(example.retention.aside, least.retention.aside);
    assert_eq!(example.key_file, least.key_file);
    assert_eq!(example.sign_in, least.sign_in);
    assert_eq!(example.log_level, least.log_level);
    assert_eq!(example.insurers.len(), 1);
    assert!(least.insurers.is_empty() && least.patrol_phone.is_none());
}

#[test]
fn every_key_of_the_example_is_known_and_a_misspelt_one_is_a_fault() {
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    let mut section = String::new();
    for (number, line) in lines.iter().enumerate() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        } else if let Some((key, value)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            let other = format!("{key}x = {value}");
            let misspelt = [&lines[..number], &[other.as_str()], &lines[number + 1..]].concat().join("\n");
            let expected = format!("{section}.{key}x: unknown key");
            assert!(faults(&misspelt, &[]).contains(&expected), "{expected}");
        }
    }
}

#[test]
fn all_faults_are_told_at_once_in_one_line_each() {
    let text = r#"
        loud = true
        server = { bind = "localhost", workers = 0, max_connections = "many", port = 80, public_url = "kuaichu.cn" }
        database = { url = "mysql://root:hidden-3@db/x" }
        photos = { directory = 7, max_bytes = 1 }
        wechat = { base_url = "http://api.weixin.qq.com", app_id = " " }
        patrol = { phone = "110" }
        sign_in = { access_minutes = 61, session_days = 1.5 }
        insurers = { PICC = { base_url = "https://a.example", key = "hidden-4", callback_key = 5 }, "x y" = {}, PAIC = 1 }
        log = { level = "verbose" }
        keys = "file"
    "#;
    let mut found = faults(text, &[]);
    found.sort();
    let expected = [
        "database.url: must be sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME",
        "documents.unit_name: is missing",
        "insurers.PAIC: must be a section",
        "insurers.PICC.callback_key: must be a text in quotes",
        "insurers.PICC.key: must be whsec_ and at least 24 bytes in base64",
        "insurers.x y.base_url: is missing",
        "insurers.x y.callback_key: is missing",
        "insurers.x y.key: is missing",
        "insurers.x y: must be a code of 2 to 12 letters or digits, such as PICC",
        "keys: must be a section",
        "log.level: must be error, warn, info, debug or trace",
        "loud: unknown key",
        "patrol.phone: must be a mobile number of eleven digits",
        "photos.directory: must be a text in quotes",
        "photos.max_bytes: must be a whole number from 65536 to 104857600",
        "server.bind: must be an address such as 127.0.0.1:8080",
        "server.max_connections: must be a whole number from 16 to 100000",
        "server.port: unknown key",
        "server.public_url: must be an address that starts with https:// or http://",
        "server.workers: must be a whole number from 1 to 256",
        "sign_in.access_minutes: must be a whole number from 1 to 60",
        "sign_in.session_days: must be a whole number from 1 to 90",
        "sms.base_url: is missing",
        "sms.token: is missing",
        "wechat.app_id: is empty",
        "wechat.base_url: must be an address such as https://api.example.cn, https unless it is this machine",
        "wechat.secret: is missing",
    ];
    assert_eq!(found, expected);
}

#[test]
fn no_fault_and_no_debug_output_shows_a_value() {
    let broken = format!("{LEAST}\n[sms2]\nsecret = \"hidden-5");
    let syntax = parse(&broken, &[]).unwrap_err().to_string();
    assert!(syntax.starts_with("kuaichu.toml, line ") && !syntax.contains("hidden"), "{syntax}");
    let settings = parse(LEAST, &[("KUAICHU_DATABASE__URL", "postgres://kc:hidden-6@db/kuaichu")]).unwrap();
    let shown = format!("{settings:?} {:?} {:?}", settings.wechat, settings.sms);
    assert!(!shown.contains("hidden"), "{shown}");
    let twice = parse(&format!("{LEAST}\nsms = \"hidden-7\""), &[]).unwrap_err().to_string();
    assert!(!twice.contains("hidden"), "{twice}");
}

#[test]
fn the_environment_wins_and_stays_text() {
    let key = "whsec_ZXhhbXBsZS1vbmx5LWRvLW5vdC11c2UtdGhpcw==";
    let environment = [
        ("KUAICHU_SERVER__BIND", "0.0.0.0:0"),
        ("KUAICHU_SERVER__WORKERS", "3"),
        ("KUAICHU_WECHAT__APP_ID", "0012"),
        ("KUAICHU_INSURERS__PICC__BASE_URL", "http://127.0.0.1:9/insurers/PICC"),
        ("KUAICHU_INSURERS__CPIC__BASE_URL", "https://cpic.example.cn"),
        ("KUAICHU_INSURERS__CPIC__KEY", key),
        ("KUAICHU_INSURERS__CPIC__CALLBACK_KEY", key),
        ("KUAICHU_CONFIG", "elsewhere.toml"),
        ("PATH", "/bin"),
    ];
    let settings = parse(EXAMPLE, &environment).unwrap();
    assert_eq!(settings.server.bind, "0.0.0.0:0".parse().unwrap());
    assert_eq!(settings.server.workers, 3);
    assert_eq!(settings.wechat.app_id, "0012");
    let mut insurers: Vec<_> =
        settings.insurers.iter().map(|i| (i.code.as_str(), format!("{:?}", i.base_url))).collect();
    insurers.sort();
    assert_eq!(insurers[0].0, "CPIC");
    assert_eq!(insurers[1], ("PICC", "BaseUrl(http://127.0.0.1:9/insurers/PICC)".to_owned()));
}

#[test]
fn a_variable_that_is_misspelt_or_does_not_fit_is_a_fault() {
    let environment =
        [("KUAICHU_SERVER__BNID", "x"), ("KUAICHU_SERVER__BIND__PORT", "1"), ("KUAICHU_SEVRER__BIND", "x")];
    let found = faults(EXAMPLE, &environment);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.contains(&"server.bnid: unknown key".to_owned()));
    assert!(found.contains(&"KUAICHU_SERVER__BIND__PORT: does not fit the settings file".to_owned()));
    assert!(found.contains(&"sevrer: unknown key".to_owned()));
}

#[test]
fn databases_are_told_apart_by_their_address() {
    let location =
        |url: &str| parse(LEAST, &[("KUAICHU_DATABASE__URL", url)]).map(|settings| settings.database);
    assert_eq!(location("sqlite:/var/lib/kc.sqlite").unwrap(), Location::Sqlite("/var/lib/kc.sqlite".into()));
    assert_eq!(location("sqlite://data/kc.sqlite").unwrap(), Location::Sqlite("data/kc.sqlite".into()));
    let socket = "postgres://kc@localhost/db?host=/run/postgresql";
    assert_eq!(location(socket).unwrap(), Location::Postgres(socket.to_owned()));
    for wrong in ["sqlite:", "sqlite::memory:", "data/kc.sqlite", "mysql://x/y", "sqlite:x?mode=ro"] {
        assert!(location(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn objects_go_to_a_bucket_only_where_the_settings_say_so() {
    assert!(matches!(parse(EXAMPLE, &[]).unwrap().objects, ObjectSettings::Folder));
    assert!(matches!(parse(LEAST, &[]).unwrap().objects, ObjectSettings::Folder));
    let s3 = [("KUAICHU_PHOTOS__STORE", "s3"), ("KUAICHU_S3__SECRET", "hidden-8")];
    let settings = parse(EXAMPLE, &s3).unwrap();
    let ObjectSettings::S3(place) = &settings.objects else { panic!("{:?}", settings.objects) };
    assert_eq!((place.endpoint.as_str(), place.host_style), ("https://s3.example.cn", false));
    assert!(!format!("{:?} {settings:?}", settings.objects).contains("hidden"));
    let missing = faults(LEAST, &[("KUAICHU_PHOTOS__STORE", "s3")]);
    let expected =
        ["endpoint", "bucket", "region", "key_id", "secret"].map(|key| format!("s3.{key}: is missing"));
    assert_eq!(missing, expected);
    let wrong = [("KUAICHU_S3__ENDPOINT", "http://s3.example.cn"), ("KUAICHU_PHOTOS__STORE", "tape")];
    let wrong = faults(EXAMPLE, &wrong);
    assert_eq!(wrong[0], "photos.store: must be folder or s3");
    assert!(wrong[1].starts_with("s3.endpoint: must be an address"), "{wrong:?}");
}

#[test]
fn addresses_follow_from_where_the_service_is_reached() {
    let bound: SocketAddr = "127.0.0.1:40123".parse().unwrap();
    let plain = parse(LEAST, &[]).unwrap().addresses(bound);
    assert_eq!(plain.public_url, "http://127.0.0.1:40123");
    assert_eq!(plain.issuer, plain.public_url);
    assert_eq!(plain.verification_base, "http://127.0.0.1:40123/api/v1/documents/");
    let public = parse(LEAST, &[("KUAICHU_SERVER__PUBLIC_URL", "https://kuaichu.example.cn/")]).unwrap();
    assert_eq!(public.addresses(bound).invitation_base, "https://kuaichu.example.cn/join");
    let own =
        parse(LEAST, &[("KUAICHU_DOCUMENTS__VERIFICATION_BASE", "https://v.example.cn/d/?c=")]).unwrap();
    assert_eq!(own.addresses(bound).verification_base, "https://v.example.cn/d/?c=");
}

#[test]
fn a_file_that_is_named_must_be_there_and_the_default_one_need_not() {
    let environment = || {
        [
            ("KUAICHU_WECHAT__APP_ID", "wx1"),
            ("KUAICHU_WECHAT__SECRET", "s"),
            ("KUAICHU_SMS__BASE_URL", "https://sms.example.cn"),
            ("KUAICHU_SMS__TOKEN", "t"),
            ("KUAICHU_DOCUMENTS__UNIT_NAME", "支队"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.toml");
    assert!(matches!(Settings::load(Some(&missing), environment()), Err(SettingsError::File { .. })));
    assert!(Settings::load(None, environment()).is_ok());
}
