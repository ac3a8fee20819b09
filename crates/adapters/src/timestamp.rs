//! A timestamp authority by RFC 3161 over HTTP: a request with the digest and a nonce goes there, and the answer
//! must be granted and repeat both. Whether its signature holds is checked where it is kept.

use async_trait::async_trait;
use cms::{cert::x509::spki::AlgorithmIdentifier, content_info::ContentInfo, signed_data::SignedData};
use der::{
    Decode, Encode, Reader as _, SliceReader,
    asn1::{Any, Int, Null, ObjectIdentifier, OctetString},
};
use domain::{
    digest::Digest,
    ports::{DeliveryError, TimestampAuthority},
};
use x509_tsp::{MessageImprint, TimeStampReq, TspVersion, TstInfo};

use crate::transport::{BaseUrl, Transport, unavailable};

const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// One authority.
#[derive(Debug)]
pub struct HttpTimestamps {
    address: BaseUrl,
    transport: Transport,
}

impl HttpTimestamps {
    /// The authority at exactly this address.
    pub fn new(address: BaseUrl, transport: Transport) -> Self {
        Self { address, transport }
    }
}

#[async_trait]
impl TimestampAuthority for HttpTimestamps {
    async fn stamp(&self, digest: Digest, nonce: [u8; 8]) -> Result<Vec<u8>, DeliveryError> {
        let body = to_body(digest, nonce).map_err(|_| unavailable("the request has no DER"))?;
        let request = self.transport.post(self.address.itself(), "application/timestamp-query", body);
        let answer = self.transport.exchange(request).await?.success()?;
        from_answer(&answer, digest, nonce)
    }
}

/// Positive, as serial numbers and nonces are: the first bit is taken off.
fn number(mut nonce: [u8; 8]) -> der::Result<Int> {
    if let Some(first) = nonce.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    Int::new(&nonce)
}

fn to_body(digest: Digest, nonce: [u8; 8]) -> der::Result<Vec<u8>> {
    TimeStampReq {
        version: TspVersion::V1,
        message_imprint: imprint(digest)?,
        req_policy: None,
        nonce: Some(number(nonce)?),
        cert_req: true,
        extensions: None,
    }
    .to_der()
}

fn imprint(digest: Digest) -> der::Result<MessageImprint> {
    let parameters = Some(Any::encode_from(&Null)?);
    Ok(MessageImprint {
        hash_algorithm: AlgorithmIdentifier { oid: SHA_256, parameters },
        hashed_message: OctetString::new(digest.as_bytes().as_slice())?,
    })
}

/// The token of a granted answer about this digest and this nonce, byte for byte as it came.
fn from_answer(body: &[u8], digest: Digest, nonce: [u8; 8]) -> Result<Vec<u8>, DeliveryError> {
    let odd = |_| unavailable("the answer is not one of a timestamp authority");
    let (status, token) = parts(body).map_err(odd)?;
    // Granted, or granted with modifications: what was modified is checked below.
    if !matches!(status, 0 | 1) {
        return Err(DeliveryError::Refused { reason: format!("the authority answers status {status}") });
    }
    let token = token.ok_or_else(|| unavailable("a granted answer without a timestamp"))?;
    let info = info(&token).map_err(odd)?;
    let asked = imprint(digest).map_err(odd)?;
    let said = &info.message_imprint;
    let same =
        said.hash_algorithm.oid == asked.hash_algorithm.oid && said.hashed_message == asked.hashed_message;
    if same && info.nonce == number(nonce).ok() {
        Ok(token)
    } else {
        Err(unavailable("the timestamp is not about what was asked"))
    }
}

/// Status and token of a `TimeStampResp`.
fn parts(body: &[u8]) -> der::Result<(i64, Option<Vec<u8>>)> {
    let mut reader = SliceReader::new(body)?;
    let parts = reader.sequence(|inner| {
        let status = inner.sequence(|status| {
            let number = i64::decode(status)?;
            while !status.is_finished() {
                Any::decode(status)?;
            }
            Ok(number)
        })?;
        let token = if inner.is_finished() { None } else { Some(inner.tlv_bytes()?.to_vec()) };
        Ok((status, token))
    })?;
    reader.finish(parts)
}

fn info(token: &[u8]) -> der::Result<TstInfo> {
    let signed: SignedData = ContentInfo::from_der(token)?.content.decode_as()?;
    let content = signed.encap_content_info.econtent.ok_or(der::ErrorKind::Failed)?;
    TstInfo::from_der(content.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: [u8; 8] = [0x31, 0x4C, 0xFC, 0xE4, 0xE0, 0x65, 0x18, 0x27];

    /// What openssl answered to `ts -query` over "abc", without certificates: the vector of the `x509-tsp` crate,
    /// whose nonce is 314CFCE4E0651827.
    const ANSWER: &str = "3082028430030201003082027B06092A864886F70D010702A082026C30820268020103310F300D060960864801650304020105003081C9060B2A864886F70D0109100104A081B90481B63081B302010106042A0304013031300D060960864801650304020105000420BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD020104180F32303233303630373131323632365A300A020101800201F48101640101FF0208314CFCE4E0651827A048A4463044310B30090603550406130255533113301106035504080C0A536F6D652D5374617465310D300B060355040A0C04546573743111300F06035504030C0854657374205453413182018430820180020101305C3044310B30090603550406130255533113301106035504080C0A536F6D652D5374617465310D300B060355040A0C04546573743111300F06035504030C08546573742054534102146A0DCC59137C11D1C2B092042B4BC51C0D634D24300D06096086480165030402010500A08198301A06092A864886F70D010903310D060B2A864886F70D0109100104301C06092A864886F70D010905310F170D3233303630373131323632365A302B060B2A864886F70D010910020C311C301A3018301604142F36B1B52456F5AC3A1CA09794AE3D0D64AD38C2302F06092A864886F70D01090431220420BAF4CCF82E9B5B3956EADCC87346B407684F26D82B68D0E7DE0D31EA79AF648C300A06082A8648CE3D0403020467306502305A6E1C175B20A93FAB25D14CC5F5A2836D726D6D4A964B66FFBFFCE46276A96475F1408728B3385DCA37C2BA46BE17E1023100C46B7F08D03409A8ECCFD7637765412C3C5EC050E0D39CF48F0F5015950342CB18D8434FF331BA4463C086297C37D07B";

    fn hex(text: &str) -> Vec<u8> {
        let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(digit).collect()
    }

    fn abc() -> Digest {
        Digest::of(b"abc")
    }

    /// The vector's nonce has its second bit clear; ours never has.
    fn answered() -> (Vec<u8>, [u8; 8]) {
        let mut body = hex(ANSWER);
        let at = body.windows(8).position(|bytes| bytes == NONCE).unwrap();
        body[at] = 0x71;
        (body, [0x71, 0x4C, 0xFC, 0xE4, 0xE0, 0x65, 0x18, 0x27])
    }

    #[test]
    fn the_request_is_the_one_that_openssl_makes_and_asks_for_certificates() {
        let expected = "30430201013031300D060960864801650304020105000420\
            BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD0208714CFCE4E06518270101FF";
        assert_eq!(to_body(abc(), NONCE).unwrap(), hex(expected));
        for nonce in [[0; 8], [255; 8]] {
            let read = TimeStampReq::from_der(&to_body(abc(), nonce).unwrap()).unwrap();
            assert_eq!(read.nonce.unwrap().as_bytes().len(), 8);
        }
    }

    #[test]
    fn a_granted_answer_about_digest_and_nonce_gives_its_token_as_it_came() {
        let (body, nonce) = answered();
        assert_eq!(from_answer(&body, abc(), nonce).unwrap(), body[9..]);
        let other = [0x72, 0x4C, 0xFC, 0xE4, 0xE0, 0x65, 0x18, 0x27];
        for (digest, nonce) in [(Digest::of(b"abd"), nonce), (abc(), other)] {
            let refused = from_answer(&body, digest, nonce);
            assert!(matches!(refused, Err(DeliveryError::Unavailable { .. })), "{refused:?}");
        }
    }

    #[test]
    fn a_rejection_is_told_and_nonsense_is_no_answer() {
        let rejected = hex("30173015020102300B0C09626164206E6F6E63650303020520");
        let refused = from_answer(&rejected, abc(), NONCE);
        assert_eq!(
            refused,
            Err(DeliveryError::Refused { reason: "the authority answers status 2".to_owned() })
        );
        let granted_without = hex("30053003020100");
        let (body, nonce) = answered();
        let mut longer = body.clone();
        longer.push(0);
        for nonsense in [b"".as_slice(), b"<html>", &granted_without, &body[..200], &longer] {
            let refused = from_answer(nonsense, abc(), nonce);
            assert!(matches!(refused, Err(DeliveryError::Unavailable { .. })), "{refused:?}");
        }
    }
}
