//! What ties a signature to its signer (电子签名法 §13): session, one-time code, drawn image, and the seal that the
//! service sets over all of it with the document's hash, so that anybody can check it with the service's public key.

use std::{collections::BTreeMap, sync::Mutex};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::{
    case::{Case, Officer, Signature, SignatureProof, ToSign},
    digest::Digest,
    document::{DrawnImage, SignatureLine},
    identifiers::AccountId,
    role::PartyRole,
};
use evidence::{ObjectKey, ObjectKind, check_drawing};
use serde_json::json;
use store::{SigningCodeRow, Work};
use uuid::Uuid;

use super::codes::Guess;
use crate::{access::Driver, context::App, error::AppError};

/// The `typ` of a seal.
pub const SIGNATURE_TYPE: &str = "kuaichu-signature+jwt";

/// What a signer sends: the code from his phone, and the signature that he drew.
pub struct SignedWith {
    code: String,
    image: Option<Bytes>,
    counted: Mutex<Option<Uuid>>,
}

/// Neither code nor drawing is anybody's business.
impl std::fmt::Debug for SignedWith {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignedWith(…)")
    }
}

impl SignedWith {
    /// The code, and the drawn signature (PNG).
    pub fn drawn(code: String, image: Bytes) -> Self {
        Self { code, image: Some(image), counted: Mutex::default() }
    }

    /// The code that a party told an officer; nothing is drawn.
    pub fn told(code: String) -> Self {
        Self { code, image: None, counted: Mutex::default() }
    }
}

/// Who is behind a signature.
struct Signer {
    account: AccountId,
    recorded_by: Option<AccountId>,
}

impl App {
    /// Proves that this party signs this document, and adds to the work what makes the proof hold once. Refused when
    /// the party cannot sign it now, has not opened it, the code is not the one sent for it, or nothing is drawn.
    pub(crate) async fn prove(
        &self,
        work: &mut Work,
        case: &Case,
        by: Driver,
        document: Digest,
        with: &SignedWith,
    ) -> Result<SignatureProof, AppError> {
        let to_sign = case.to_sign_as(by.0, document)?;
        self.proof(work, case, &to_sign, &Signer { account: by.0, recorded_by: None }, with).await
    }

    /// The same for a party without a session, who told an officer the code.
    pub(crate) async fn prove_for(
        &self,
        work: &mut Work,
        case: &Case,
        by: &Officer,
        (role, document): (PartyRole, Digest),
        with: &SignedWith,
    ) -> Result<SignatureProof, AppError> {
        let to_sign = case.to_record(by, role, document)?;
        let signer = Signer { account: by.account, recorded_by: Some(by.account) };
        self.proof(work, case, &to_sign, &signer, with).await
    }

    async fn proof(
        &self,
        work: &mut Work,
        case: &Case,
        to_sign: &ToSign,
        signer: &Signer,
        with: &SignedWith,
    ) -> Result<SignatureProof, AppError> {
        let now = self.now();
        // The drawing first: one that is blank should cost no try of the code.
        if let Some(image) = with.image.clone() {
            tokio::task::spawn_blocking(move || check_drawing(&image)).await??;
        }
        let guess = Guess { code: &with.code, counted: &with.counted };
        let code = self.guessed(case.id, to_sign, signer.account, &guess, now).await?;
        let image = match with.image.clone() {
            Some(image) => Some(self.parts.objects.put_bytes(ObjectKind::Signature, image).await?),
            None => None,
        };
        let proof = SignatureProof {
            account: signer.account,
            code_sent_at: code.sent_at,
            image,
            recorded_by: signer.recorded_by,
            seal: self.seal(case, to_sign, signer, (&code, image), now)?,
        };
        work.use_signing_code(code.id, now);
        work.insert_signature_proof(case.id, to_sign.role, proof.clone(), now);
        Ok(proof)
    }

    /// The service's signature over what was signed, by whom, and how he was known. Nothing in it tells who he is.
    fn seal(
        &self,
        case: &Case,
        to_sign: &ToSign,
        signer: &Signer,
        (code, image): (&SigningCodeRow, Option<Digest>),
        now: DateTime<Utc>,
    ) -> Result<String, AppError> {
        let opened = case.opened_at(to_sign.role, to_sign.document);
        let claims = json!({
            "iss": self.parts.sign_in.issuer,
            "sub": case.number,
            "iat": now.timestamp(),
            "statement": "signed",
            "role": to_sign.role,
            "document": { "kind": to_sign.kind, "sha256": to_sign.document },
            "image_sha256": image,
            "identity": {
                "session": match signer.recorded_by {
                    None => "wechat",
                    Some(_) => "officer",
                },
                "account": signer.account,
                "one_time_code": { "by": "sms", "sent_at": code.sent_at.timestamp() },
            },
            "opened_at": opened.map(|at| at.timestamp()),
            "seen": match signer.recorded_by {
                None => json!({
                    "zh": "签名人已打开本文书，并以手写签名及其手机收到的一次性验证码确认。",
                    "en": "The signer has opened this document, and signed it by hand and with the one-time code sent to \
                           his phone.",
                }),
                Some(_) => json!({
                    "zh": "民警已向签名人宣读本文书，签名人以其手机收到的一次性验证码确认。",
                    "en": "An officer has read this document out to the signer, who confirmed it with the one-time code \
                           sent to his phone.",
                }),
            },
            "check": { "jwks": format!("{}/api/v1/jwks", self.parts.public_url), "typ": SIGNATURE_TYPE, "alg": "EdDSA" },
        });
        Ok(self.parts.signer.sign(SIGNATURE_TYPE, &claims)?)
    }

    /// Puts the drawings of those who signed on the lines of a paper, which stand in the order of the roles.
    pub(crate) async fn draw(
        &self,
        lines: &mut [SignatureLine],
        signatures: &BTreeMap<PartyRole, Signature>,
    ) -> Result<(), AppError> {
        for (line, signature) in lines.iter_mut().zip(signatures.values()) {
            if let Some(image) = signature.proof().and_then(|proof| proof.image) {
                let bytes = self.parts.objects.read(ObjectKey::new(ObjectKind::Signature, image)).await?;
                line.image = Some(DrawnImage(bytes.to_vec()));
            }
        }
        Ok(())
    }
}
