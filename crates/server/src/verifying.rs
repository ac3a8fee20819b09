//! `kuaichu verify`: checks a court pack offline. It reads the files it is given and nothing else: no settings, no
//! database, no clock.

use std::{
    error::Error,
    fs::File,
    io::{BufReader, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use evidence::{
    log::VerifierKey,
    pack::{self, Language, PublicKey, Terms},
};

/// No key or certificate is larger, in bytes.
const LARGEST_KEY_FILE: u64 = 1 << 20;

/// What is checked, at what time, against which keys.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The court pack.
    pack: PathBuf,
    /// The time at which everything is judged, such as 2026-12-01T00:00:00Z.
    #[arg(long)]
    at: DateTime<Utc>,
    /// A file with public keys as the service publishes them: a JSON Web Key Set, or the log's key. May be repeated.
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// The key of a witness that must have seen the log, such as court.example.cn/witness+1a2b3c4d+BA… May be repeated.
    #[arg(long = "witness", value_name = "KEY")]
    witnesses: Vec<VerifierKey>,
    /// A file with the certificates of trusted timestamp authorities, in PEM.
    #[arg(long, value_name = "FILE")]
    tsa_roots: Option<PathBuf>,
    /// The language of the report.
    #[arg(long, value_enum, default_value = "zh")]
    lang: Words,
    /// The report as JSON, in both languages.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Words {
    Zh,
    En,
}

impl From<Words> for Language {
    fn from(words: Words) -> Self {
        match words {
            Words::Zh => Self::Chinese,
            Words::En => Self::English,
        }
    }
}

/// Checks the pack and prints what was found; an error when not everything holds.
pub(crate) fn verify(asked: &Verify) -> Result<(), Box<dyn Error>> {
    let terms = asked.terms()?;
    let file = File::open(&asked.pack).map_err(|error| format!("{}: {error}", asked.pack.display()))?;
    let report = pack::verify(BufReader::new(file), &terms);
    let text = if asked.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else {
        report.lines(asked.lang.into())
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    match (report.holds, asked.lang) {
        (true, _) => Ok(()),
        (false, Words::Zh) => Err("核验未全部通过".into()),
        (false, Words::En) => Err("the check found faults".into()),
    }
}

impl Verify {
    fn terms(&self) -> Result<Terms, Box<dyn Error>> {
        let mut terms = Terms::at(self.at);
        for path in &self.keys {
            let text = read(path)?;
            match PublicKey::of_set(text.as_bytes()) {
                Ok(keys) => terms.keys.extend(keys),
                Err(refused) => {
                    let keys = text.split_whitespace().map(str::parse).collect::<Result<Vec<_>, _>>();
                    let keys = keys.ok().filter(|keys| !keys.is_empty());
                    let keys =
                        keys.ok_or_else(|| format!("{}: {refused}, and no log's key", path.display()))?;
                    terms.log_keys.extend(keys);
                }
            }
        }
        if let Some(path) = &self.tsa_roots {
            terms.authorities = certificates(&read(path)?)
                .ok_or_else(|| format!("{}: no certificates in PEM", path.display()))?;
        }
        if let Some(log) = self.witnesses.iter().find(|key| !key.is_witness()) {
            return Err(format!("{} is the key of a log, not of a witness", log.name()).into());
        }
        terms.witnesses.clone_from(&self.witnesses);
        Ok(terms)
    }
}

fn read(path: &Path) -> Result<String, Box<dyn Error>> {
    let about = |error: std::io::Error| format!("{}: {error}", path.display());
    if std::fs::metadata(path).map_err(about)?.len() > LARGEST_KEY_FILE {
        return Err(format!("{}: too large for keys", path.display()).into());
    }
    Ok(std::fs::read_to_string(path).map_err(about)?)
}

/// The certificates of a PEM file, in DER; `None` when there are none or one is malformed.
fn certificates(pem: &str) -> Option<Vec<Vec<u8>>> {
    let blocks = pem.split("-----BEGIN CERTIFICATE-----").skip(1);
    let bodies = blocks.map(|block| {
        let (body, _) = block.split_once("-----END CERTIFICATE-----")?;
        BASE64_STANDARD.decode(body.split_ascii_whitespace().collect::<String>()).ok()
    });
    let read: Option<Vec<_>> = bodies.collect();
    read.filter(|certificates| !certificates.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_read_from_pem_and_anything_else_is_refused() {
        let one = "-----BEGIN CERTIFICATE-----\nQUJD\nREVG\n-----END CERTIFICATE-----\n";
        assert_eq!(certificates(&one.repeat(2)), Some(vec![b"ABCDEF".to_vec(); 2]));
        assert_eq!(certificates(&format!("subject=/CN=x\n{one}")), Some(vec![b"ABCDEF".to_vec()]));
        for wrong in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nQUJD\n", &one.replace("QUJD", "?")] {
            assert_eq!(certificates(wrong), None, "{wrong}");
        }
    }
}
