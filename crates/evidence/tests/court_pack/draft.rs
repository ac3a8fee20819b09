//! A small case made into a pack by keys of the tests, every part of which a test can change before it is sealed.

use std::io::Cursor;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    case::{PartyDetails, SignatureProof, Statement, told},
    digest::Digest,
    event::{Committed, Event, RefusedBy},
    evidence::{Fulfilment, Slot},
    identifiers::{AccountId, CaseId, CaseNumber, CommitmentId, DeterminationId, PhotoId, RecordingId},
    identity::Role,
    journal::{Actor, Head, link},
    role::PartyRole,
    triage::Lane,
};
use evidence::{
    log::{self, LogSigner, Nodes, VerifierKey},
    pack::{
        Absent, FileKind, Imprint, Item, PackWriter, Proofs, PublicKey, Report, SealClaims, Terms, Why,
        verify,
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const CASE: CaseId = CaseId(Uuid::from_u128(0xC));

/// Minutes after the report.
pub(crate) fn minute(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_406_400, 0).unwrap() + TimeDelta::minutes(minutes)
}

/// When the pack is made.
pub(crate) fn made_at() -> DateTime<Utc> {
    minute(100)
}

/// A key pair from one number.
pub(crate) fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

pub(crate) fn number() -> CaseNumber {
    CaseNumber::new("20261123", [7; 10]).unwrap()
}

fn public(pair: &Ed25519KeyPair) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(pair.public_key().as_ref())
}

pub(crate) fn jwks(pair: &Ed25519KeyPair) -> Vec<u8> {
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": public(pair), "alg": "EdDSA", "use": "sig" });
    serde_json::to_vec(&json!({ "keys": [key] })).unwrap()
}

/// A compact JWS, written from the standard.
pub(crate) fn jws(pair: &Ed25519KeyPair, typ: &str, claims: &Value) -> String {
    let print = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, public(pair));
    let kid = BASE64_URL_SAFE_NO_PAD.encode(Digest::of(print.as_bytes()).as_bytes());
    let header = json!({ "alg": "EdDSA", "typ": typ, "kid": kid });
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(claims));
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes())))
}

/// A witness's key, and its line under a checkpoint, written from the standard.
pub(crate) fn witness(name: &str, text: &str, at: DateTime<Utc>) -> (VerifierKey, String) {
    let pair = pair(7);
    let key = [&[4], pair.public_key().as_ref()].concat();
    let id = Digest::of(&[name.as_bytes(), b"\n", &key].concat());
    let id = &id.as_bytes()[..4];
    let seconds = u64::try_from(at.timestamp()).unwrap();
    let message = format!("cosignature/v1\ntime {seconds}\n{text}");
    let signature = [id, &seconds.to_be_bytes(), pair.sign(message.as_bytes()).as_ref()].concat();
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let vkey = format!("{name}+{hex}+{}", BASE64_STANDARD.encode(key));
    (vkey.parse().unwrap(), format!("— {name} {}\n", BASE64_STANDARD.encode(signature)))
}

pub(crate) fn log_signer(seed: u8) -> LogSigner {
    LogSigner::from_pkcs8("kuaichu.example.cn/log", pair(seed).to_pkcs8v1().unwrap().as_ref()).unwrap()
}

/// A pack before it is sealed.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) case: CaseId,
    pub(crate) files: Vec<(Item, Vec<u8>)>,
    pub(crate) absent: Vec<Absent>,
    /// Canonical entries, as the journal's file has them.
    pub(crate) lines: Vec<String>,
    pub(crate) service: u8,
    pub(crate) log: u8,
    pub(crate) cosigned_at: DateTime<Utc>,
}

pub(crate) fn item(name: &str, kind: FileKind, id: Option<Uuid>) -> Item {
    Item { name: name.to_owned(), kind, id, about: ["文件".to_owned(), "a file".to_owned()] }
}

fn actor(role: Role) -> Actor {
    Actor::Account { acting_as: role, account: AccountId(Uuid::from_u128(9)) }
}

impl Draft {
    /// A case with everything that a pack knows: photos kept, different, erased and never sent, a recording, a
    /// statement, a receipt, a determination, a signature and a refusal.
    pub(crate) fn whole() -> Self {
        Self::signed(|_| {})
    }

    /// The same with other claims under the seal of the signature.
    pub(crate) fn signed(change: impl FnOnce(&mut Value)) -> Self {
        let id = |n: u128| Uuid::from_u128(n);
        let photos = [b"front".to_vec(), b"rear".to_vec(), b"impact".to_vec()];
        let clip: Vec<u8> = (0..100_u32).flat_map(u32::to_le_bytes).collect();
        let [front, rear, impact] = [0, 1, 2].map(|n: usize| Digest::of(&photos[n]));
        let (lost, never) = (Digest::of(b"erased"), Digest::of(b"never"));
        let statement = Statement {
            version: 1,
            facts: Default::default(),
            text: Some("我直行，对方变道。".parse().unwrap()),
            at: minute(6),
            recording: None,
            taken_by: None,
            confirmed_at: Some(minute(7)),
        };
        let details = PartyDetails { name: Some("高建华".parse().unwrap()), ..PartyDetails::default() };
        let (decided, signed) = (b"%PDF decided".to_vec(), b"%PDF signed".to_vec());
        let report = b"{\"report\":true}".to_vec();
        let examination = b"{\"found\":\"nothing\"}".to_vec();
        let receipt = jws(
            &pair(1),
            "kuaichu-receipt+jwt",
            &json!({ "iss": "https://kuaichu.example.cn", "sub": number(), "iat": minute(5).timestamp(),
                "preserved": [{ "sha256": front }, { "sha256": rear }, { "sha256": impact }, { "sha256": never }] }),
        );
        let drawn = b"a drawing".to_vec();
        let image = Digest::of(&drawn);
        let mut claims = json!({ "sub": number(), "iat": minute(9).timestamp(), "role": "A",
            "document": { "kind": "determination", "sha256": Digest::of(&decided) }, "image_sha256": image });
        change(&mut claims);
        let proof = SignatureProof {
            account: AccountId(id(9)),
            code_sent_at: minute(8),
            image: Some(image),
            recorded_by: None,
            seal: jws(&pair(1), "kuaichu-signature+jwt", &claims),
        };
        let (kept, open) = (CommitmentId(id(31)), CommitmentId(id(32)));
        let committed = |commitment, slot, digest| Committed { commitment, slot, digest };
        let photo = |n: u128, slot, digest, fulfilment| Event::PhotoStored {
            photo: PhotoId(id(n)),
            party: Some(PartyRole::A),
            slot,
            digest,
            fulfilment,
        };
        let role = PartyRole::A;
        let events = vec![
            (
                0,
                Event::CaseReported {
                    district: "370303".parse().unwrap(),
                    lane: Lane::Remote,
                    rules: Vec::new(),
                    report: Digest::of(&report),
                    judged_by: None,
                },
            ),
            (
                1,
                Event::EvidenceCommitted {
                    role,
                    commitments: vec![
                        committed(kept, Slot::FrontOblique, front),
                        committed(open, Slot::Plate, never),
                    ],
                },
            ),
            (2, photo(21, Slot::FrontOblique, front, Some(Fulfilment::Kept(kept)))),
            (2, photo(22, Slot::RearOblique, rear, None)),
            (3, photo(23, Slot::Impact, impact, Some(Fulfilment::Different(open)))),
            (3, photo(24, Slot::Other, lost, None)),
            (
                4,
                Event::RecordingStored {
                    recording: RecordingId(id(25)),
                    party: role,
                    slot: Slot::DashCam,
                    digest: Digest::of(&clip),
                    fulfilment: None,
                },
            ),
            (4, Event::PhotoExamined { photo: PhotoId(id(21)), examination: Digest::of(&examination) }),
            (
                5,
                Event::MoveAllowed {
                    photos: vec![front, rear, impact, never],
                    receipt: Digest::of(receipt.as_bytes()),
                },
            ),
            (5, Event::PartyUpdated { role, details: Digest::of(&told(&details)) }),
            (6, Event::StatementGiven { role, version: 1, statement: statement.digest() }),
            (7, Event::StatementConfirmed { role, version: 1, statement: statement.digest() }),
            (
                8,
                Event::LiabilityDetermined {
                    determination: DeterminationId(id(50)),
                    grades: Default::default(),
                    situation: None,
                    proposed: None,
                    reason: None,
                    document: Digest::of(&decided),
                },
            ),
            (
                9,
                Event::DeterminationSigned {
                    role,
                    document: Digest::of(&decided),
                    proof: Some(proof.digest()),
                },
            ),
            (
                10,
                Event::DeterminationRefused {
                    role: PartyRole::B,
                    by: RefusedBy::Party,
                    reason: "不同意".parse().unwrap(),
                },
            ),
            (10, Event::CaseConcluded { document: Digest::of(&signed) }),
            (90, Event::EvidenceErased { evidence: id(24), digest: lost, class: "photo".to_owned() }),
            (100, Event::CourtPackMade {}),
        ];
        let mut head = Head::of_nothing();
        let mut lines = Vec::new();
        for (at, event) in &events {
            let (next, sealed) = head.append(CASE, minute(*at), actor(Role::Officer), event).unwrap();
            head = next;
            lines.push(sealed.canonical);
        }
        let files = vec![
            (item("README.txt", FileKind::Guide, None), b"how to check\n".to_vec()),
            (item("summary.html", FileKind::Summary, None), b"<p>summary</p>\n".to_vec()),
            (item("case/case.json", FileKind::Case, None), b"{}\n".to_vec()),
            (item("case/report.json", FileKind::Report, None), report),
            (item("case/party-A.json", FileKind::Details, None), told(&details)),
            (item("statements/A-01.json", FileKind::Statement, None), statement.told()),
            (item("statements/A-01.txt", FileKind::StatementText, None), "陈述\n".as_bytes().to_vec()),
            (item("examinations/01.json", FileKind::Examination, Some(id(21))), examination),
            (item("receipts/01.jws", FileKind::Receipt, None), receipt.into_bytes()),
            (item("signatures/01-A.json", FileKind::SignatureProof, None), told(&proof)),
            (item("signatures/01-A.png", FileKind::SignatureImage, None), drawn),
            (item("documents/01-determination.pdf", FileKind::Document, None), decided),
            (item("documents/02-determination.pdf", FileKind::Document, None), signed),
            (item("evidence/01-front_oblique-A.jpg", FileKind::Photo, Some(id(21))), photos[0].clone()),
            (item("evidence/02-rear_oblique-A.jpg", FileKind::Photo, Some(id(22))), photos[1].clone()),
            (item("evidence/03-impact-A.jpg", FileKind::Photo, Some(id(23))), photos[2].clone()),
            (item("evidence/05-dash_cam-A.mp4", FileKind::Recording, Some(id(25))), clip),
        ];
        let absent = vec![
            Absent { id: id(24), sha256: lost, why: Why::Erased, since: Some(minute(90)) },
            Absent { id: open.0, sha256: never, why: Why::NeverCame, since: Some(minute(1)) },
        ];
        Self { case: CASE, files, absent, lines, service: 1, log: 2, cosigned_at: minute(101) }
    }

    /// The entries' chain hashes.
    pub(crate) fn hashes(&self) -> Vec<Digest> {
        let chain = self.lines.iter().scan(Head::of_nothing().hash, |hash, line| {
            *hash = link(*hash, line);
            Some(*hash)
        });
        chain.collect()
    }

    /// The proofs, checkpoint and keys of this journal, among the entries of other cases.
    pub(crate) fn proved(mut self) -> Self {
        let hashes = self.hashes();
        self.prove_as(&hashes);
        self
    }

    /// The same, but the log holds these hashes.
    pub(crate) fn prove_as(&mut self, logged: &[Digest]) {
        let mut leaves: Vec<Digest> = (0..5_u8).map(|n| Digest::of(&[n])).collect();
        let mut places = Vec::new();
        for (n, hash) in logged.iter().enumerate() {
            places.push(u64::try_from(leaves.len()).unwrap());
            leaves.extend([*hash, Digest::of(format!("other {n}").as_bytes())]);
        }
        let size = u64::try_from(leaves.len()).unwrap();
        let mut nodes = Nodes::default();
        log::append(0, &mut nodes, &leaves).unwrap();
        let mut proofs = Proofs::new(size);
        for ((sequence, place), hash) in (1..).zip(&places).zip(self.hashes()) {
            proofs.push(sequence, hash, log::inclusion_proof(*place, size, &nodes).unwrap());
        }
        let signer = log_signer(self.log);
        let checkpoint = signer.sign(size, log::root(size, &nodes).unwrap()).unwrap();
        let text = checkpoint.checkpoint().text();
        let (witness, line) = witness("court.example.cn/witness", &text, self.cosigned_at);
        let note = checkpoint.cosigned(&witness, &line).unwrap().to_string();
        let entries: String = self.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        self.files.extend([
            (item("journal/entries.jsonl", FileKind::Journal, None), entries.into_bytes()),
            (item("log/proofs.json", FileKind::Proofs, None), serde_json::to_vec(&proofs).unwrap()),
            (item("log/checkpoint.txt", FileKind::Checkpoint, None), note.into_bytes()),
            (item("keys/jwks.json", FileKind::Keys, None), jwks(&pair(self.service))),
            (item("keys/log.txt", FileKind::LogKey, None), format!("{}\n", signer.key()).into_bytes()),
            (item("keys/witnesses.txt", FileKind::WitnessKeys, None), format!("{witness}\n").into_bytes()),
        ]);
    }

    /// The pack's bytes.
    pub(crate) fn sealed(self) -> Vec<u8> {
        let mut pen = PackWriter::new(Cursor::new(Vec::new()));
        for (item, bytes) in self.files {
            pen.add(item, &bytes).unwrap();
        }
        self.absent.into_iter().for_each(|absent| pen.leave_out(absent));
        let imprint = Imprint {
            case: self.case,
            number: number(),
            made_at: made_at(),
            issuer: "https://kuaichu.example.cn".to_owned(),
        };
        let sign = |typ: &str, claims: &SealClaims| {
            Ok::<_, std::io::Error>(jws(&pair(self.service), typ, &serde_json::to_value(claims).unwrap()))
        };
        pen.finish(imprint, sign).unwrap().into_inner()
    }

    pub(crate) fn file(&mut self, name: &str) -> &mut (Item, Vec<u8>) {
        self.files.iter_mut().find(|(item, _)| item.name == name).unwrap()
    }
}

/// A pack in which everything holds.
pub(crate) fn whole() -> Vec<u8> {
    Draft::whole().proved().sealed()
}

/// What a day after the making says of a pack, with the service's keys at hand.
pub(crate) fn checked(pack: &[u8]) -> Report {
    verify(pack, &terms())
}

pub(crate) fn terms() -> Terms {
    let mut terms = Terms::at(made_at() + TimeDelta::days(1));
    terms.keys = PublicKey::of_set(&jwks(&pair(1))).unwrap();
    terms.log_keys = vec![log_signer(2).key().clone()];
    terms.witnesses = vec![witness("court.example.cn/witness", "", minute(0)).0];
    terms
}

/// The codes of the checks that fail.
pub(crate) fn failures(report: &Report) -> Vec<&'static str> {
    let failing = report.findings.iter().filter(|finding| finding.outcome == evidence::pack::Outcome::Fails);
    let mut codes: Vec<_> = failing.map(|finding| finding.check).collect();
    codes.dedup();
    assert_eq!(report.holds, codes.is_empty());
    codes
}
