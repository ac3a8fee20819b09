//! Tokens made by openssl, with keys made for the test.

use std::{path::Path, process::Command};

use tempfile::TempDir;

use super::*;

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
[serves]
basicConstraints = critical, CA:false
extendedKeyUsage = critical, serverAuth
[both]
basicConstraints = critical, CA:false
extendedKeyUsage = critical, timeStamping, codeSigning
[relaxed]
basicConstraints = critical, CA:false
extendedKeyUsage = timeStamping
[tsa]
default_tsa = local
[local]
serial = serial
digests = sha256, sha512
default_policy = 1.2.3.4.1
signer_digest = sha256
ess_cert_id_alg = sha256
accuracy = secs:1
[tsa_sha1]
serial = serial
digests = sha256
default_policy = 1.2.3.4.1
signer_digest = sha512
ess_cert_id_alg = sha1
";

/// A folder with a root `root` and whatever certificates are made in it.
struct Authority(TempDir);

impl Authority {
    fn new() -> Self {
        let authority = Self(tempfile::tempdir().unwrap());
        std::fs::write(authority.path().join("openssl.cnf"), CONFIG).unwrap();
        let root = "req -x509 -config openssl.cnf -newkey rsa:2048 -nodes -days 2 -subj /CN=root \
            -extensions root -keyout root.key -out root.pem";
        authority.run(root);
        authority
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        let made = command.args(arguments.split_whitespace()).current_dir(self.path()).output().unwrap();
        assert!(made.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&made.stderr));
    }

    /// A certificate `name` under the root, with a key of this kind and these extensions.
    fn certificate(&self, name: &str, key: &str, extensions: &str) {
        self.run(&format!(
            "req -new -config openssl.cnf -newkey {key} -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"
        ));
        self.run(&format!(
            "x509 -req -in {name}.csr -CA root.pem -CAkey root.key -CAcreateserial -days 1 -extfile openssl.cnf \
             -extensions {extensions} -out {name}.pem"
        ));
    }

    fn der(&self, name: &str) -> Vec<u8> {
        self.run(&format!("x509 -in {name}.pem -outform der -out {name}.der"));
        std::fs::read(self.path().join(format!("{name}.der"))).unwrap()
    }

    /// A token of `name` over `digest`, with certificates.
    fn token(&self, name: &str, digest: Digest, section: &str) -> Vec<u8> {
        self.run(&format!("ts -query -config openssl.cnf -digest {digest} -sha256 -cert -out query.tsq"));
        self.run(&format!(
            "ts -reply -config openssl.cnf -section {section} -queryfile query.tsq -signer {name}.pem -inkey {name}.key \
             -token_out -out token.der"
        ));
        std::fs::read(self.path().join("token.der")).unwrap()
    }
}

fn digest() -> Digest {
    Digest::of(b"a checkpoint")
}

#[test]
fn tokens_by_rsa_and_by_every_curve_are_believed_for_what_they_are_over() {
    let authority = Authority::new();
    let root = vec![authority.der("root")];
    for (name, key) in [
        ("rsa", "rsa:2048"),
        ("p256", "ec -pkeyopt ec_paramgen_curve:P-256"),
        ("p384", "ec -pkeyopt ec_paramgen_curve:P-384"),
    ] {
        authority.certificate(name, key, "stamps");
        let token = authority.token(name, digest(), "local");
        let before = verify(&token, digest(), &[]).unwrap();
        let time = verify(&token, digest(), &root).unwrap();
        assert_eq!((time.rooted, before.rooted, time.at), (true, false, before.at));
        assert_eq!(time.authority, format!("CN={name}"));
        assert!(time.at.timestamp() > 1_700_000_000);
        assert!(
            verify(&token, digest(), &[authority.der(name)]).unwrap().rooted,
            "{name} itself is accepted"
        );
        let other = Digest::of(b"another");
        assert_eq!(verify(&token, other, &root), Err(TimestampRefused::OfSomethingElse));
    }
}

#[test]
fn old_ways_to_name_the_certificate_and_longer_hashes_are_understood() {
    let authority = Authority::new();
    authority.certificate("rsa", "rsa:2048", "stamps");
    let token = authority.token("rsa", digest(), "tsa_sha1");
    assert!(verify(&token, digest(), &[authority.der("root")]).is_ok());
}

#[test]
fn only_certificates_for_timestamps_alone_are_believed() {
    let authority = Authority::new();
    authority.certificate("rsa", "rsa:2048", "stamps");
    authority.token("rsa", digest(), "local");
    for wrong in ["serves", "both", "relaxed"] {
        // openssl does not sign with such a certificate: the right one's token gets it by hand.
        authority.certificate(wrong, "rsa:2048", wrong);
        let certificate = Certificate::from_der(&authority.der(wrong)).unwrap();
        assert!(!is_for_timestamps(&certificate), "{wrong}");
    }
    assert!(is_for_timestamps(&Certificate::from_der(&authority.der("rsa")).unwrap()));
}

#[test]
fn a_strangers_root_is_not_led_to() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    authority.certificate("rsa", "rsa:2048", "stamps");
    let token = authority.token("rsa", digest(), "local");
    for roots in [vec![stranger.der("root")], vec![vec![1, 2, 3]]] {
        assert_eq!(verify(&token, digest(), &roots), Err(TimestampRefused::Unrooted));
    }
}

#[test]
fn a_certificate_that_did_not_hold_at_that_time_is_refused() {
    let authority = Authority::new();
    authority.certificate("rsa", "rsa:2048", "stamps");
    let certificate = Certificate::from_der(&authority.der("rsa")).unwrap();
    let validity = &certificate.tbs_certificate.validity;
    let (from, to) = (validity.not_before.to_unix_duration(), validity.not_after.to_unix_duration());
    let second = Duration::from_secs(1);
    assert!(held(&certificate, from) && held(&certificate, to));
    assert!(!held(&certificate, from - second) && !held(&certificate, to + second));
}

#[test]
fn no_changed_byte_of_what_is_signed_is_believed_and_none_panics() {
    let authority = Authority::new();
    authority.certificate("p256", "ec -pkeyopt ec_paramgen_curve:P-256", "stamps");
    let token = authority.token("p256", digest(), "local");
    let root = vec![authority.der("root")];
    let truth = verify(&token, digest(), &root).unwrap();
    let mut believed = Vec::new();
    for place in 0..token.len() {
        for bit in 0..8 {
            let mut changed = token.clone();
            changed[place] ^= 1 << bit;
            if let Ok(time) = verify(&changed, digest(), &root) {
                assert_eq!(time, truth, "bit {bit} of byte {place} changes what is said");
                believed.push(place);
            }
        }
        assert!(verify(&token[..place], digest(), &root).is_err());
    }
    believed.dedup();
    // Unsigned wrapping, such as version numbers, says nothing, and there is little of it.
    assert!(believed.len() < 8, "{believed:?}");
    assert_eq!(verify(&vec![0x30; 70_000], digest(), &root), Err(TimestampRefused::Malformed));
}

#[test]
fn accepted_certificates_are_read_from_pem() {
    let authority = Authority::new();
    let root = std::fs::read(authority.path().join("root.pem")).unwrap();
    assert_eq!(roots_in(&root), Some(vec![authority.der("root")]));
    assert_eq!(roots_in(&[root.as_slice(), &root].concat()).map(|roots| roots.len()), Some(2));
    assert_eq!((roots_in(b""), roots_in(b"nonsense"), roots_in(&root[..200])), (None, None, None));
}
