//! The seal of a pack: whose signature stands over the manifest.

use domain::digest::Digest;

use super::{
    super::{
        jws::{self, JwsRefused, PublicKey},
        manifest::{FORMAT, FileKind, MANIFEST, SEAL, SEAL_TYPE, SealClaims},
    },
    Checking,
};

impl Checking<'_> {
    /// Whether the manifest is signed by the service.
    pub(super) fn seal(&mut self) {
        if self.keys.is_empty() {
            self.keys = self
                .single(FileKind::Keys)
                .and_then(|listed| PublicKey::of_set(self.bytes(listed)?).ok())
                .unwrap_or_default();
        }
        let seal = self.contents.kept.get(SEAL).and_then(|seal| std::str::from_utf8(seal).ok());
        let opened = jws::open::<SealClaims>(seal.unwrap_or_default(), SEAL_TYPE, &self.keys)
            .map(|(claims, key)| (claims, key.fingerprint().to_owned()));
        let (claims, fingerprint) = match opened {
            Ok(opened) => opened,
            Err(refused) => return self.no_seal(refused),
        };
        let manifest = self.contents.kept.get(MANIFEST).map(|bytes| Digest::of(bytes));
        let same = Some(claims.manifest_sha256) == manifest
            && claims.format == FORMAT
            && claims.sub == self.manifest.number
            && claims.iat == self.manifest.made_at.timestamp();
        if !same {
            return self.report.fails(
                "seal",
                "签名不是对这份清单作出的。",
                "The signature is not one over this manifest.",
            );
        }
        self.report.holds(
            "seal",
            format!("清单由密钥{fingerprint}签名，签名成立。"),
            format!("The manifest is signed with the key {fingerprint}, and the signature holds."),
        );
        if self.terms.keys.is_empty() {
            self.report.rests_on(
                "seal",
                format!("该密钥取自证据包本身：请与本服务公布的密钥指纹比对：{fingerprint}。"),
                format!(
                    "That key comes from the pack itself: compare its fingerprint with the published one: \
                     {fingerprint}."
                ),
            );
        }
        self.not_later("seal", "证据包的制作时间", "the making of the pack", self.manifest.made_at);
    }

    fn no_seal(&mut self, refused: JwsRefused) {
        let zh = match refused {
            JwsRefused::UnknownKey if self.terms.keys.is_empty() => "签名所用密钥不在包内密钥之列",
            JwsRefused::UnknownKey => "签名所用密钥不是您提供的密钥",
            JwsRefused::Malformed => "签名的形式不符",
            JwsRefused::Wrong => "签名无效",
        };
        self.report.fails(
            "seal",
            format!("清单的签名不成立：{zh}。"),
            format!("The manifest's signature does not hold: {refused}."),
        );
    }
}
