//! Requests made up from the API description, thrown at a running service as every role: no 5xx, no status,
//! content type or body that the description does not state.

use std::{fs, path::Path, process::Command, time::Duration};

use serde_json::Value;

use crate::{
    demo,
    place::Place,
    process::{self, Companion, Trouble, While},
    python,
};

const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Made-up requests per operation, role and phase: enough for the usual faults, a minute per role at most.
const EXAMPLES: &str = "20";

/// It ends the session that the other requests need.
const ENDS_THE_SESSION: &str = "sign_out";

/// What schemathesis does not know by itself: parts of tus uploads are bytes like any others.
const HOOKS: &str = "import schemathesis\n\
    schemathesis.serializer.alias('application/offset+octet-stream', 'application/octet-stream')\n";

/// A running demo city and who is signed in to it.
#[derive(Debug)]
struct Session {
    /// Such as `http://127.0.0.1:41234`.
    base: String,
    /// Role and access token.
    tokens: Vec<(String, String)>,
}

/// Starts the demo city, with the two accidents played so that there is something to find, and asks
/// schemathesis to break it as each role and as nobody.
pub(crate) fn run(place: &Place) -> Result<(), Trouble> {
    let program = python::schemathesis(place)?;
    let folder = tempfile::tempdir().while_doing("make a temporary folder")?;
    fs::write(folder.path().join("hooks.py"), HOOKS).while_doing("write the hooks of schemathesis")?;
    let (_city, session) = start_city(place, folder.path())?;
    let mut failed = Vec::new();
    let nobody = ("nobody".to_owned(), String::new());
    for (role, token) in std::iter::once(&nobody).chain(&session.tokens) {
        println!("      as {role} …");
        if let Err(trouble) = process::run(&mut command(&program, place, &session.base, token, folder.path()))
        {
            failed.push(format!("as {role}: {trouble}"));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Trouble::new(failed.join("; "))) }
}

/// The demo writes its session file whole once both accidents are over, and stays up until it is stopped.
fn start_city(place: &Place, folder: &Path) -> Result<(Companion, Session), Trouble> {
    let path = folder.join("session.json");
    let told = folder.join("demo.log");
    let log = fs::File::create(&told).while_doing("write the log of the demo")?;
    let mut city = Companion::start(demo::start(place).arg("--session").arg(&path).stdout(log), "TERM")?;
    city.wait_until(Duration::from_secs(180), || path.exists()).map_err(|trouble| {
        println!("{}", fs::read_to_string(&told).unwrap_or_default());
        Trouble::new(format!("the demo city: {trouble}"))
    })?;
    let text = fs::read_to_string(&path).while_doing("read the session file")?;
    let session = session(&text)?;
    Ok((city, session))
}

/// `{"base_url": "http://…", "tokens": {"driver": "…", "officer": "…", …}}`
fn session(text: &str) -> Result<Session, Trouble> {
    let value: Value = serde_json::from_str(text).while_doing("read the session file")?;
    let base = value.get("base_url").and_then(Value::as_str);
    let tokens = value.get("tokens").and_then(Value::as_object);
    let (Some(base), Some(tokens)) = (base, tokens) else {
        return Err(Trouble::new("the session file needs base_url and tokens"));
    };
    let tokens: Option<Vec<_>> =
        tokens.iter().map(|(role, token)| Some((role.clone(), token.as_str()?.to_owned()))).collect();
    match tokens {
        Some(tokens) if !tokens.is_empty() => Ok(Session { base: base.to_owned(), tokens }),
        _ => Err(Trouble::new("the session file needs a token for each role")),
    }
}

fn command(program: &Path, place: &Place, base: &str, token: &str, folder: &Path) -> Command {
    let mut command = process::tied("TERM", program);
    command.env("SCHEMATHESIS_HOOKS", folder.join("hooks.py"));
    command.arg("run").arg(place.root().join("api-spec").join("openapi.json")).current_dir(folder);
    command.args(["--origin", base, "--checks", CHECKS, "--max-examples", EXAMPLES]);
    // The same requests every time: what failed on one machine fails on the next.
    command.args(["--generation-deterministic"]);
    // One worker: two of them crash the parser of CPython 3.11 now and then.
    command.args(["--workers", "1", "--request-timeout", "20", "--no-color", "--warnings", "off"]);
    command.args(["--suppress-health-check", "all", "--continue-on-failure"]);
    if !token.is_empty() {
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
        command.args(["--generation-with-security-parameters", "false"]);
        command.args(["--exclude-operation-id", ENDS_THE_SESSION]);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_names_the_address_and_every_role() {
        let text = r#"{"base_url": "http://127.0.0.1:1", "tokens": {"driver": "a", "officer": "b"}}"#;
        let session = session(text).unwrap();
        assert_eq!(session.base, "http://127.0.0.1:1");
        let roles: Vec<_> = session.tokens.iter().map(|(role, _)| role.as_str()).collect();
        assert_eq!(roles, ["driver", "officer"]);
    }

    #[test]
    fn a_session_without_tokens_is_refused() {
        for text in
            ["{}", "x", r#"{"base_url": "b", "tokens": {}}"#, r#"{"base_url": "b", "tokens": {"a": 1}}"#]
        {
            assert!(session(text).is_err(), "{text}");
        }
    }
}
