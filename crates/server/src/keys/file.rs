//! The key's file: PEM with PKCS#8, made once, never half-written, readable by its owner only.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::{Engine as _, prelude::BASE64_STANDARD};

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// Longer than any file that holds one Ed25519 key.
const LONGEST_FILE: u64 = 4096;

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read or made.
    #[error("cannot {doing} the key file {path}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Everybody on the machine may read or write the file.
    #[error(
        "the key file {0} is open to everybody: chmod 600 it, and replace the key if others may have read it"
    )]
    Exposed(PathBuf),
    /// The file holds something else.
    #[error("the key file does not hold an Ed25519 private key (PEM, PKCS#8)")]
    NotAKey,
    /// The cryptographic library gave up.
    #[error("no key could be made")]
    Generation,
}

/// A new key in PKCS#8 version 1, which every tool reads.
pub(super) fn generate() -> Result<Vec<u8>, KeyFileError> {
    let pair = Ed25519KeyPair::generate().map_err(|_| KeyFileError::Generation)?;
    pair.to_pkcs8v1().map(|document| document.as_ref().to_vec()).map_err(|_| KeyFileError::Generation)
}

/// The key in the file, in PKCS#8; first makes one if there is no file. Whoever makes the file first wins, and
/// all others read what the winner wrote.
pub(crate) fn read_or_create(path: &Path) -> Result<Vec<u8>, KeyFileError> {
    if !path.try_exists().map_err(failed("find", path))? {
        create(path)?;
    }
    read(path)
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyFileError {
    let path = path.to_owned();
    move |source| KeyFileError::Io { doing, path, source }
}

fn create(path: &Path) -> Result<(), KeyFileError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let pem = to_pem(&generate()?);
    let written = (|| {
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(".signing-key")
            .permissions(fs::Permissions::from_mode(0o600))
            .tempfile_in(folder)?;
        file.write_all(pem.as_bytes())?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Ok(_) => fs::File::open(folder)?.sync_all(),
            Err(lost) if lost.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(other) => Err(other.error),
        }
    })();
    written.map_err(failed("make", path))
}

fn read(path: &Path) -> Result<Vec<u8>, KeyFileError> {
    let about = fs::metadata(path).map_err(failed("read", path))?;
    if about.permissions().mode() & 0o007 != 0 {
        return Err(KeyFileError::Exposed(path.to_owned()));
    }
    if about.len() > LONGEST_FILE {
        return Err(KeyFileError::NotAKey);
    }
    from_pem(&fs::read_to_string(path).map_err(failed("read", path))?).ok_or(KeyFileError::NotAKey)
}

fn to_pem(pkcs8: &[u8]) -> String {
    format!("{BEGIN}\n{}\n{END}\n", BASE64_STANDARD.encode(pkcs8))
}

fn from_pem(text: &str) -> Option<Vec<u8>> {
    let body = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let body: String = body.split_ascii_whitespace().collect();
    BASE64_STANDARD.decode(body).ok()
}

#[cfg(test)]
mod tests {
    use std::{sync::Barrier, thread};

    use super::{super::SigningKeys, *};

    #[test]
    fn the_key_is_made_once_for_its_owner_only_and_read_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("key.pem");
        let first = SigningKeys::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(SigningKeys::open(&path).unwrap().id(), first.id());
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn processes_that_start_together_end_with_one_key() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("key.pem");
            let start = Barrier::new(8);
            let open = || {
                start.wait();
                SigningKeys::open(&path).unwrap().id().to_owned()
            };
            let mut ids: Vec<_> = thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            ids.dedup();
            assert_eq!(ids.len(), 1);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_key_made_by_openssl_is_read() {
        // openssl genpkey -algorithm ed25519: the example key of RFC 8410.
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let keys = SigningKeys::from_pkcs8(&from_pem(pem).unwrap()).unwrap();
        assert_eq!(keys.jwks()["keys"][0]["x"], "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE");
    }

    #[test]
    fn an_exposed_or_foreign_file_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        SigningKeys::open(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(SigningKeys::open(&path), Err(KeyFileError::Exposed(_))));
        for content in ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(matches!(SigningKeys::open(&path), Err(KeyFileError::NotAKey)), "{content}");
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
    }

    #[test]
    fn the_key_never_shows_itself() {
        let pkcs8 = generate().unwrap();
        let keys = SigningKeys::from_pkcs8(&pkcs8).unwrap();
        let shown = format!("{keys:?}");
        assert!(shown.contains(keys.id()) && !shown.contains(&keys.public));
    }
}
