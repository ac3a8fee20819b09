//! Timestamps of RFC 3161: whether an authority said that it was shown a digest, and when.
//!
//! A token is judged at the time it tells, so that the answer is the same in ten years: signature and signed
//! attributes by the certificate inside the token, which must be one for timestamps alone, and the way from that
//! certificate to one of the `roots`, if any are given. Revocation is not asked for. RSA and ECDSA; not SM2.

use std::time::Duration;

use aws_lc_rs::{
    digest::{self, Algorithm},
    signature::{self, UnparsedPublicKey, VerificationAlgorithm},
};
use chrono::{DateTime, Utc};
use cms::{
    cert::{
        CertificateChoices,
        x509::{Certificate, ext::pkix::ExtendedKeyUsage},
    },
    content_info::ContentInfo,
    signed_data::{SignedData, SignerIdentifier, SignerInfo},
};
use der::{
    Decode, Encode, Sequence,
    asn1::{Any, ObjectIdentifier, OctetString},
};
use domain::digest::Digest;
use rustls_pki_types::{CertificateDer, UnixTime, pem::PemObject as _};
use webpki::{EndEntityCert, KeyUsage};
use x509_tsp::TstInfo;

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

const SIGNED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = oid("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = oid("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = oid("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.47");
const EXTENDED_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37");
const TIME_STAMPING: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.8");
/// The same as its bytes, which is how `webpki` asks for it.
const TIME_STAMPING_BYTES: &[u8] = &[43, 6, 1, 5, 5, 7, 3, 8];
const SHA_256: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.1");
const SHA_384: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.2");
const SHA_512: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.3");
const RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
const RSA_SHA_256: ObjectIdentifier = oid("1.2.840.113549.1.1.11");
const RSA_SHA_384: ObjectIdentifier = oid("1.2.840.113549.1.1.12");
const RSA_SHA_512: ObjectIdentifier = oid("1.2.840.113549.1.1.13");
const EC: ObjectIdentifier = oid("1.2.840.10045.2.1");
const P_256: ObjectIdentifier = oid("1.2.840.10045.3.1.7");
const P_384: ObjectIdentifier = oid("1.3.132.0.34");
const P_521: ObjectIdentifier = oid("1.3.132.0.35");
const ECDSA_SHA_256: ObjectIdentifier = oid("1.2.840.10045.4.3.2");
const ECDSA_SHA_384: ObjectIdentifier = oid("1.2.840.10045.4.3.3");
const ECDSA_SHA_512: ObjectIdentifier = oid("1.2.840.10045.4.3.4");

/// Longer than any token with its certificates.
const LONGEST_TOKEN: usize = 64 * 1024;

/// Why a timestamp is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimestampRefused {
    /// Not a token of RFC 3161.
    #[error("not a timestamp")]
    Malformed,
    /// It is a timestamp of something else.
    #[error("the timestamp is over something else")]
    OfSomethingElse,
    /// The certificate that signed is not in it, or is not for timestamps, or did not hold at that time.
    #[error("the timestamp's certificate is missing, not one for timestamps, or did not hold at that time")]
    Certificate,
    /// A kind of signature that is not checked here.
    #[error("the timestamp is signed in a way that cannot be checked here")]
    Algorithm,
    /// The signature, or what it covers, was changed.
    #[error("the timestamp's signature does not hold")]
    Signature,
    /// The certificate does not lead to one that was given.
    #[error("the timestamp's certificate does not lead to one that is accepted")]
    Unrooted,
}

/// What a timestamp proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedTime {
    /// When the authority was shown the digest.
    pub at: DateTime<Utc>,
    /// Whom the certificate names.
    pub authority: String,
    /// Whether it leads to one of the certificates given; without any, anybody could have made it.
    pub rooted: bool,
}

/// Whether `token` (DER) says when its authority was shown `digest` (SHA-256). `roots`: accepted certificates in
/// DER, of the authority itself or of who stands above it; none: the certificate in the token is taken as it is.
pub fn verify(token: &[u8], digest: Digest, roots: &[Vec<u8>]) -> Result<VerifiedTime, TimestampRefused> {
    let malformed = |_| TimestampRefused::Malformed;
    if token.len() > LONGEST_TOKEN {
        return Err(TimestampRefused::Malformed);
    }
    let outer = ContentInfo::from_der(token).map_err(malformed)?;
    let signed: SignedData = outer.content.decode_as().map_err(malformed)?;
    let inner = &signed.encap_content_info;
    if outer.content_type != SIGNED_DATA || inner.econtent_type != TST_INFO {
        return Err(TimestampRefused::Malformed);
    }
    let content = inner.econtent.as_ref().ok_or(TimestampRefused::Malformed)?.value();
    let info = TstInfo::from_der(content).map_err(malformed)?;
    let imprint = &info.message_imprint;
    if imprint.hash_algorithm.oid != SHA_256 || imprint.hashed_message.as_bytes() != digest.as_bytes() {
        return Err(TimestampRefused::OfSomethingElse);
    }
    let [signer] = signed.signer_infos.0.as_slice() else { return Err(TimestampRefused::Malformed) };
    if !signed.digest_algorithms.iter().any(|algorithm| algorithm.oid == signer.digest_alg.oid) {
        return Err(TimestampRefused::Malformed);
    }
    let certificates: Vec<&Certificate> = certificates(&signed).collect();
    let certificate =
        certificates.iter().find(|one| is_of(one, signer)).ok_or(TimestampRefused::Certificate)?;
    let at = info.gen_time.to_unix_duration();
    if !is_for_timestamps(certificate) || !held(certificate, at) {
        return Err(TimestampRefused::Certificate);
    }
    check_signature(signer, certificate, content)?;
    let rooted = !roots.is_empty();
    if rooted {
        check_chain(certificate, &certificates, roots, at)?;
    }
    let seconds = i64::try_from(at.as_secs()).map_err(|_| TimestampRefused::Malformed)?;
    Ok(VerifiedTime {
        at: DateTime::from_timestamp(seconds, at.subsec_nanos()).ok_or(TimestampRefused::Malformed)?,
        authority: certificate.tbs_certificate.subject.to_string(),
        rooted,
    })
}

/// The certificates of a PEM file, in DER, to be given to [`verify`]; `None` if one is broken or there is none.
pub fn roots_in(pem: &[u8]) -> Option<Vec<Vec<u8>>> {
    let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().ok()?;
    let found: Vec<Vec<u8>> = found.into_iter().map(|one| one.to_vec()).collect();
    let whole = found.iter().all(|one| Certificate::from_der(one).is_ok());
    (whole && !found.is_empty()).then_some(found)
}

fn certificates(signed: &SignedData) -> impl Iterator<Item = &Certificate> {
    let all = signed.certificates.iter().flat_map(|set| set.0.iter());
    all.filter_map(|choice| match choice {
        CertificateChoices::Certificate(certificate) => Some(certificate),
        CertificateChoices::Other(_) => None,
    })
}

fn is_of(certificate: &Certificate, signer: &SignerInfo) -> bool {
    let told = &certificate.tbs_certificate;
    match &signer.sid {
        SignerIdentifier::IssuerAndSerialNumber(named) => {
            named.issuer == told.issuer && named.serial_number == told.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(named) => told
            .get::<cms::cert::x509::ext::pkix::SubjectKeyIdentifier>()
            .is_ok_and(|found| found.is_some_and(|(_, id)| id == *named)),
    }
}

/// RFC 3161 §2.3: the one extended key usage is timestamping, and it is critical.
fn is_for_timestamps(certificate: &Certificate) -> bool {
    let mut extensions = certificate.tbs_certificate.extensions.iter().flatten();
    extensions.find(|extension| extension.extn_id == EXTENDED_KEY_USAGE).is_some_and(|extension| {
        let usage = ExtendedKeyUsage::from_der(extension.extn_value.as_bytes());
        extension.critical && usage.is_ok_and(|usage| usage.0 == [TIME_STAMPING])
    })
}

fn held(certificate: &Certificate, at: Duration) -> bool {
    let validity = &certificate.tbs_certificate.validity;
    let within = validity.not_before.to_unix_duration()..=validity.not_after.to_unix_duration();
    within.contains(&at)
}

/// The digest of `content` and the certificate are signed attributes; the signature is over all of these.
fn check_signature(
    signer: &SignerInfo,
    certificate: &Certificate,
    content: &[u8],
) -> Result<(), TimestampRefused> {
    let attributes = signer.signed_attrs.as_ref().ok_or(TimestampRefused::Signature)?;
    let value = |kind: ObjectIdentifier| -> Option<&Any> {
        let attribute = attributes.iter().find(|attribute| attribute.oid == kind)?;
        attribute.values.get(0)
    };
    let hash = hash_of(signer.digest_alg.oid)?;
    let said_type = value(CONTENT_TYPE).and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    let said_digest = value(MESSAGE_DIGEST).and_then(|any| any.decode_as::<OctetString>().ok());
    let whole = said_digest.is_some_and(|said| said.as_bytes() == digest::digest(hash, content).as_ref());
    let der = certificate.to_der().map_err(|_| TimestampRefused::Malformed)?;
    let named = value(SIGNING_CERTIFICATE_V2).is_some_and(|any| names_v2(any, &der))
        || value(SIGNING_CERTIFICATE).is_some_and(|any| names_v1(any, &der));
    if said_type != Some(TST_INFO) || !whole || !named {
        return Err(TimestampRefused::Signature);
    }
    let message = attributes.to_der().map_err(|_| TimestampRefused::Malformed)?;
    let key = &certificate.tbs_certificate.subject_public_key_info;
    let curve = key.algorithm.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    let curve = curve.filter(|_| key.algorithm.oid == EC);
    let algorithm = algorithm(signer.signature_algorithm.oid, signer.digest_alg.oid, curve)?;
    UnparsedPublicKey::new(algorithm, key.subject_public_key.raw_bytes())
        .verify(&message, signer.signature.as_bytes())
        .map_err(|_| TimestampRefused::Signature)
}

/// `SigningCertificateV2` of RFC 5035, as far as its first certificate.
#[derive(Sequence)]
struct EssV2 {
    certs: Vec<EssCertV2>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

#[derive(Sequence)]
struct EssCertV2 {
    #[asn1(optional = "true")]
    algorithm: Option<cms::cert::x509::spki::AlgorithmIdentifier<Any>>,
    hash: OctetString,
    #[asn1(optional = "true")]
    issuer: Option<Any>,
}

/// `SigningCertificate` of RFC 2634: always SHA-1.
#[derive(Sequence)]
struct EssV1 {
    certs: Vec<EssCertV1>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

#[derive(Sequence)]
struct EssCertV1 {
    hash: OctetString,
    #[asn1(optional = "true")]
    issuer: Option<Any>,
}

fn names_v2(any: &Any, certificate: &[u8]) -> bool {
    let Ok(EssV2 { certs, .. }) = any.decode_as::<EssV2>() else { return false };
    certs.first().is_some_and(|first| {
        let kind = first.algorithm.as_ref().map_or(SHA_256, |algorithm| algorithm.oid);
        hash_of(kind).is_ok_and(|hash| digest::digest(hash, certificate).as_ref() == first.hash.as_bytes())
    })
}

fn names_v1(any: &Any, certificate: &[u8]) -> bool {
    let Ok(EssV1 { certs, .. }) = any.decode_as::<EssV1>() else { return false };
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate);
    certs.first().is_some_and(|first| first.hash.as_bytes() == hash.as_ref())
}

fn hash_of(kind: ObjectIdentifier) -> Result<&'static Algorithm, TimestampRefused> {
    match kind {
        SHA_256 => Ok(&digest::SHA256),
        SHA_384 => Ok(&digest::SHA384),
        SHA_512 => Ok(&digest::SHA512),
        _ => Err(TimestampRefused::Algorithm),
    }
}

fn algorithm(
    signed_by: ObjectIdentifier,
    hashed_by: ObjectIdentifier,
    curve: Option<ObjectIdentifier>,
) -> Result<&'static dyn VerificationAlgorithm, TimestampRefused> {
    Ok(match (signed_by, hashed_by, curve) {
        (RSA, SHA_256, None) | (RSA_SHA_256, _, None) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (RSA, SHA_384, None) | (RSA_SHA_384, _, None) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (RSA, SHA_512, None) | (RSA_SHA_512, _, None) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (RSA_PSS, SHA_256, None) => &signature::RSA_PSS_2048_8192_SHA256,
        (RSA_PSS, SHA_384, None) => &signature::RSA_PSS_2048_8192_SHA384,
        (RSA_PSS, SHA_512, None) => &signature::RSA_PSS_2048_8192_SHA512,
        (ECDSA_SHA_256, _, Some(P_256)) => &signature::ECDSA_P256_SHA256_ASN1,
        (ECDSA_SHA_384, _, Some(P_256)) => &signature::ECDSA_P256_SHA384_ASN1,
        (ECDSA_SHA_256, _, Some(P_384)) => &signature::ECDSA_P384_SHA256_ASN1,
        (ECDSA_SHA_384, _, Some(P_384)) => &signature::ECDSA_P384_SHA384_ASN1,
        (ECDSA_SHA_512, _, Some(P_521)) => &signature::ECDSA_P521_SHA512_ASN1,
        _ => return Err(TimestampRefused::Algorithm),
    })
}

/// Whether the certificate is one of `roots`, or leads to one over those in the token.
fn check_chain(
    certificate: &Certificate,
    others: &[&Certificate],
    roots: &[Vec<u8>],
    at: Duration,
) -> Result<(), TimestampRefused> {
    let der = |one: &Certificate| one.to_der().map_err(|_| TimestampRefused::Malformed);
    let own = der(certificate)?;
    if roots.contains(&own) {
        return Ok(());
    }
    let others = others.iter().map(|one| der(one).map(CertificateDer::from));
    let others = others.collect::<Result<Vec<_>, _>>()?;
    let roots: Vec<CertificateDer<'_>> =
        roots.iter().map(|root| CertificateDer::from(root.as_slice())).collect();
    let anchors: Vec<_> =
        roots.iter().filter_map(|root| webpki::anchor_from_trusted_cert(root).ok()).collect();
    let own = CertificateDer::from(own);
    let own = EndEntityCert::try_from(&own).map_err(|_| TimestampRefused::Certificate)?;
    let (time, usage) = (UnixTime::since_unix_epoch(at), KeyUsage::required(TIME_STAMPING_BYTES));
    own.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &anchors, &others, time, usage, None, None)
        .map(drop)
        .map_err(|_| TimestampRefused::Unrooted)
}

#[cfg(test)]
mod tests;
