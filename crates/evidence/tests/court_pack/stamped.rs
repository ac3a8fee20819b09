//! Timestamps in a pack: what an authority saw, and that the log still begins with it.

use std::process::Command;

use chrono::TimeDelta;
use domain::digest::Digest;
use evidence::{
    log::{self, Nodes},
    pack::{FileKind, Language, Terms, verify},
};
use tempfile::TempDir;

use crate::draft::{Draft, failures, item, log_signer, minute, terms};

const CONFIG: &str = "
[req]
distinguished_name = name
prompt = no
[name]
CN = test authority
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[stamps]
basicConstraints = critical, CA:false
extendedKeyUsage = critical, timeStamping
[local]
serial = serial
digests = sha256
default_policy = 1.2.3.4.1
signer_digest = sha256
ess_cert_id_alg = sha256
";

/// A timestamp authority made by openssl for one test.
struct Authority(TempDir);

impl Authority {
    fn new() -> Self {
        let authority = Self(tempfile::tempdir().unwrap());
        std::fs::write(authority.0.path().join("openssl.cnf"), CONFIG).unwrap();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        authority.run(&format!(
            "req -x509 -config openssl.cnf {key} -days 2 -subj /CN=root -extensions root -keyout root.key -out root.pem"
        ));
        authority.run(&format!(
            "req -new -config openssl.cnf {key} -subj /CN=stamps -keyout stamps.key -out stamps.csr"
        ));
        authority.run(
            "x509 -req -in stamps.csr -CA root.pem -CAkey root.key -CAcreateserial -days 1 -extfile openssl.cnf \
             -extensions stamps -out stamps.pem",
        );
        authority.run("x509 -in root.pem -outform der -out root.der");
        authority
    }

    fn run(&self, words: &str) {
        let mut command = Command::new("openssl");
        let made = command.args(words.split_whitespace()).current_dir(self.0.path()).output().unwrap();
        assert!(made.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&made.stderr));
    }

    fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.path().join(name)).unwrap()
    }

    fn token(&self, note: &str) -> Vec<u8> {
        let digest = Digest::of(note.as_bytes());
        self.run(&format!("ts -query -config openssl.cnf -digest {digest} -sha256 -cert -out query.tsq"));
        self.run(
            "ts -reply -config openssl.cnf -section local -queryfile query.tsq -signer stamps.pem -inkey stamps.key \
             -token_out -out token.der",
        );
        self.file("token.der")
    }
}

/// The leaves of the log in which a draft is proved, of whose entries the first nine were in the stamped tree.
fn leaves(draft: &Draft) -> Vec<Digest> {
    let mut leaves: Vec<Digest> = (0..5_u8).map(|n| Digest::of(&[n])).collect();
    for (n, hash) in draft.hashes().iter().enumerate() {
        leaves.extend([*hash, Digest::of(format!("other {n}").as_bytes())]);
    }
    leaves
}

/// Adds a stamped checkpoint of the first `size` of these leaves, and the proof towards the whole tree.
fn stamp(draft: &mut Draft, authority: &Authority, leaves: &[Digest], size: u64) {
    let mut nodes = Nodes::default();
    log::append(0, &mut nodes, leaves).unwrap();
    let all = u64::try_from(leaves.len()).unwrap();
    let note = log_signer(2).sign(size, log::root(size, &nodes).unwrap()).unwrap().to_string();
    let proof = serde_json::to_vec(&log::consistency_proof(size, all, &nodes).unwrap()).unwrap();
    let token = authority.token(&note);
    draft.files.extend([
        (item("log/stamped.txt", FileKind::StampedCheckpoint, None), note.into_bytes()),
        (item("log/stamped.tst", FileKind::Timestamp, None), token),
        (item("log/consistency.json", FileKind::Consistency, None), proof),
    ]);
}

/// A day after the token was made, which is later than everything in the draft.
fn later(authority: &Authority) -> Terms {
    let mut terms = terms();
    terms.at = minute(0) + TimeDelta::days(36_500);
    terms.authorities = vec![authority.file("root.der")];
    terms
}

#[test]
fn a_timestamp_says_which_entries_existed_when_and_on_whose_word() {
    let authority = Authority::new();
    let draft = Draft::whole();
    let leaves = leaves(&draft);
    let mut draft = draft.proved();
    stamp(&mut draft, &authority, &leaves, 23);
    let pack = draft.sealed();
    let report = verify(&*pack, &later(&authority));
    let text = report.lines(Language::English);
    assert!(
        text.contains("The timestamp authority (CN=stamps) says that the log's first 23 entries"),
        "{text}"
    );
    assert!(text.contains("9 of the 18 entries of this case are among them"), "{text}");
    // The tokens of this test are of the day it runs; entries that say a later day are what must be told.
    assert!(failures(&report).iter().all(|check| *check == "timestamp"), "{text}");
    let rootless = verify(&*pack, &Terms { authorities: Vec::new(), ..later(&authority) });
    assert!(rootless.lines(Language::English).contains("No certificate of the authority was given"));
    let stranger = verify(&*pack, &later(&Authority::new()));
    assert!(stranger.lines(Language::English).contains("does not lead to one that is accepted"));
}

#[test]
fn a_log_that_was_rewritten_after_it_was_stamped_is_found() {
    let authority = Authority::new();
    let draft = Draft::whole();
    let mut before = leaves(&draft);
    before[7] = Digest::of(b"what truly happened");
    let mut draft = draft.proved();
    stamp(&mut draft, &authority, &before, 23);
    let report = verify(&*draft.sealed(), &later(&authority));
    assert!(report.failed("timestamp"));
    assert!(report.lines(Language::English).contains("the log was rewritten"));
}

#[test]
fn a_timestamp_of_something_else_is_found() {
    let authority = Authority::new();
    let draft = Draft::whole();
    let leaves = leaves(&draft);
    let mut draft = draft.proved();
    stamp(&mut draft, &authority, &leaves, 23);
    draft.file("log/stamped.tst").1 = authority.token("another note");
    let report = verify(&*draft.sealed(), &later(&authority));
    assert_eq!(failures(&report), ["timestamp"]);
    assert!(report.lines(Language::English).contains("over something else"));
}
