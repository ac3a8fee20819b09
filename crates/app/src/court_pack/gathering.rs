//! Everything of a case that goes into its pack, and what is not there any more and why.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::{
    case::{Case, told},
    digest::Digest,
    document::DocumentKind,
    event::Event,
    journal::{Entry, Sealed},
    role::PartyRole,
};
use evidence::{
    Fixity, ObjectKey, ObjectKind,
    pack::{Absent, FileKind, Item, Why},
};
use uuid::Uuid;

use crate::{context::App, error::AppError};

/// A file whose bytes are in memory.
pub(super) struct Sheet {
    pub(super) item: Item,
    pub(super) bytes: Bytes,
}

/// A file whose bytes lie in the object store.
pub(super) struct Medium {
    pub(super) item: Item,
    pub(super) key: ObjectKey,
}

/// The material of a pack.
pub(super) struct Material {
    pub(super) case: Case,
    pub(super) made_at: DateTime<Utc>,
    pub(super) entries: Vec<Sealed>,
    pub(super) events: Vec<Entry>,
    pub(super) sheets: Vec<Sheet>,
    pub(super) media: Vec<Medium>,
    pub(super) absent: Vec<Absent>,
    /// When each document was issued, by its digest.
    pub(super) documents: BTreeMap<Digest, DateTime<Utc>>,
}

/// A photo or recording, as far as a pack cares.
struct Piece {
    kind: FileKind,
    id: Uuid,
    digest: Digest,
    name: String,
    about: [String; 2],
    object: ObjectKind,
}

impl App {
    /// The journal up to what the case knows; later entries belong to a later state.
    pub(super) async fn journal_of_pack(&self, case: &Case) -> Result<Vec<Sealed>, AppError> {
        let mut entries = self.parts.store.journal_of(case.id).await?;
        entries.retain(|entry| entry.sequence <= case.journal.length);
        Ok(entries)
    }

    pub(super) async fn gather(
        &self,
        case: Case,
        entries: Vec<Sealed>,
        made_at: DateTime<Utc>,
    ) -> Result<Material, AppError> {
        let events = entries.iter().map(|entry| serde_json::from_str(&entry.canonical));
        let events: Vec<Entry> =
            events.collect::<Result<_, _>>().map_err(|error| AppError::Internal(error.to_string()))?;
        let mut material = Material {
            case,
            made_at,
            entries,
            events,
            sheets: Vec::new(),
            media: Vec::new(),
            absent: Vec::new(),
            documents: BTreeMap::new(),
        };
        material.told();
        material.receipts();
        self.documents(&mut material).await?;
        self.signatures(&mut material).await?;
        self.media(&mut material).await?;
        material.outstanding();
        Ok(material)
    }

    async fn documents(&self, material: &mut Material) -> Result<(), AppError> {
        for (number, row) in (1..).zip(self.parts.store.documents_of_case(material.case.id).await?) {
            let bytes = self.parts.objects.read(ObjectKey::new(ObjectKind::Document, row.digest)).await?;
            let name = format!("documents/{number:02}-{}.pdf", row.kind.name());
            let about = about_document(row.kind);
            material.sheets.push(Sheet { item: item(name, FileKind::Document, None, about), bytes });
            material.documents.insert(row.digest, row.created_at);
        }
        Ok(())
    }

    /// What ties signatures to their signers, and how they were drawn: those that the journal names.
    async fn signatures(&self, material: &mut Material) -> Result<(), AppError> {
        let proofs = self.parts.store.signature_proofs_of(material.case.id).await?;
        let named: BTreeSet<Digest> = material.events.iter().filter_map(proof_of).collect();
        let mut drawings = BTreeSet::new();
        let proofs = proofs.into_iter().filter(|(_, proof)| named.contains(&proof.digest()));
        for (number, (role, proof)) in (1..).zip(proofs) {
            let name = format!("signatures/{number:02}-{role}");
            let about = ["签名凭证", "What ties a signature to its signer"];
            material.sheet(format!("{name}.json"), FileKind::SignatureProof, None, about, told(&proof));
            // Who signs twice may well send the same drawing; one copy of it is enough.
            if let Some(image) = proof.image.filter(|image| drawings.insert(*image)) {
                let bytes = self.parts.objects.read(ObjectKey::new(ObjectKind::Signature, image)).await?;
                let about = ["手写签名", "A signature as it was drawn"];
                let item = item(format!("{name}.png"), FileKind::SignatureImage, None, about);
                material.sheets.push(Sheet { item, bytes });
            }
        }
        Ok(())
    }

    /// Every medium is hashed before it is promised: a damaged one is left out and named.
    async fn media(&self, material: &mut Material) -> Result<(), AppError> {
        let erased = material.erased();
        for piece in material.pieces() {
            let Piece { kind, id, digest, name, about, object } = piece;
            let key = ObjectKey::new(object, digest);
            if let Some(since) = erased.get(&id) {
                material.absent.push(Absent { id, sha256: digest, why: Why::Erased, since: Some(*since) });
            } else if self.parts.objects.verify(key).await? == Fixity::Intact {
                let [zh, en] = about;
                let item = Item { name, kind, id: Some(id), about: [zh, en] };
                material.media.push(Medium { item, key });
            } else {
                tracing::error!(%key, "a court pack lacks evidence that is damaged or missing");
                material.absent.push(Absent { id, sha256: digest, why: Why::Lost, since: None });
            }
        }
        Ok(())
    }
}

impl Material {
    fn sheet(&mut self, name: String, kind: FileKind, id: Option<Uuid>, about: [&str; 2], bytes: Vec<u8>) {
        self.sheets.push(Sheet { item: item(name, kind, id, about), bytes: bytes.into() });
    }

    /// What the journal names by its hash, byte for byte as it was hashed.
    fn told(&mut self) {
        let case = self.case.clone();
        let reported = self.events.iter().find_map(|entry| match entry.event {
            Event::CaseReported { report, .. } => Some(report),
            _ => None,
        });
        if let Some(report) = case.told_by_report().filter(|told| Some(Digest::of(told)) == reported) {
            let about = ["报案时的地点、回答和当事人资料", "Place, answers and data given with the report"];
            self.sheet("case/report.json".to_owned(), FileKind::Report, None, about, report);
        }
        let corrected: std::collections::BTreeSet<PartyRole> = self
            .events
            .iter()
            .filter_map(|entry| match entry.event {
                Event::PartyUpdated { role, .. } => Some(role),
                _ => None,
            })
            .collect();
        for party in &case.parties {
            let role = party.role;
            if corrected.contains(&role) {
                let name = format!("case/party-{role}.json");
                let about = ["当事人资料", "The data of a party"];
                self.sheet(name, FileKind::Details, None, about, told(&party.details));
            }
            for statement in &party.statements {
                let name = format!("statements/{role}-{:02}", statement.version);
                let about = ["当事人陈述", "A statement of a party"];
                self.sheet(format!("{name}.json"), FileKind::Statement, None, about, statement.told());
                let text = super::summary::statement(role, statement);
                let about = ["当事人陈述（可读文本）", "The same to be read"];
                self.sheet(format!("{name}.txt"), FileKind::StatementText, None, about, text.into_bytes());
            }
        }
        for (number, photo) in (1..).zip(&case.photos) {
            if let Some(found) = &photo.examination {
                let name = format!("examinations/{number:02}.json");
                let about = ["照片的检查结果", "What was found in a photo"];
                self.sheet(name, FileKind::Examination, Some(photo.id.0), about, told(found));
            }
        }
    }

    fn receipts(&mut self) {
        let receipts = self.case.earlier_receipts.iter().chain(&self.case.move_receipt);
        let receipts: Vec<Vec<u8>> = receipts.map(|given| given.receipt.clone().into_bytes()).collect();
        for (number, receipt) in (1..).zip(receipts) {
            let about = ["撤离凭证（JWS）", "A receipt \"you may move\" (JWS)"];
            self.sheet(format!("receipts/{number:02}.jws"), FileKind::Receipt, None, about, receipt);
        }
    }

    fn erased(&self) -> BTreeMap<Uuid, DateTime<Utc>> {
        let erased = self.events.iter().filter_map(|entry| match entry.event {
            Event::EvidenceErased { evidence, .. } => Some((evidence, entry.at)),
            _ => None,
        });
        erased.collect()
    }

    fn pieces(&self) -> Vec<Piece> {
        let case = &self.case;
        let photos = case.photos.iter().map(|photo| Piece {
            kind: FileKind::Photo,
            id: photo.id.0,
            digest: photo.digest,
            name: name(photo.slot.name(), photo.party, &photo.media_type),
            about: ["照片原件".to_owned(), "The original of a photo".to_owned()],
            object: ObjectKind::Original,
        });
        let recordings = case.recordings.iter().map(|recording| Piece {
            kind: FileKind::Recording,
            id: recording.id.0,
            digest: recording.digest,
            name: name(recording.slot.name(), Some(recording.party), &recording.media_type),
            about: ["录音录像原件".to_owned(), "The original of a recording".to_owned()],
            object: ObjectKind::Recording,
        });
        let numbered = (1..).zip(photos.chain(recordings));
        numbered
            .map(|(number, piece)| Piece { name: format!("evidence/{number:02}-{}", piece.name), ..piece })
            .collect()
    }

    fn outstanding(&mut self) {
        let absent = self.case.outstanding().map(|commitment| Absent {
            id: commitment.id.0,
            sha256: commitment.digest,
            why: Why::NeverCame,
            since: Some(commitment.committed_at),
        });
        self.absent.extend(absent);
    }
}

/// The proof of a signature that an entry names.
fn proof_of(entry: &Entry) -> Option<Digest> {
    match entry.event {
        Event::DeterminationSigned { proof, .. } | Event::AgreementSigned { proof, .. } => proof,
        _ => None,
    }
}

fn about_document(kind: DocumentKind) -> [&'static str; 2] {
    match kind {
        DocumentKind::Determination => ["认定书", "A determination, as it was issued"],
        DocumentKind::Agreement => ["自行协商协议书", "An agreement of the parties, as it was issued"],
        DocumentKind::Certificate => ["事故证明", "A certificate of the accident, as it was issued"],
        DocumentKind::MediationRecord => ["调解记录", "A record of mediation, as it was issued"],
        DocumentKind::NoticeOfRights => ["权利义务告知书", "A notice of rights and duties, as it was issued"],
        DocumentKind::ReviewConclusion => ["复核结论", "A conclusion of a review, as it was issued"],
    }
}

fn item(name: String, kind: FileKind, id: Option<Uuid>, [zh, en]: [&str; 2]) -> Item {
    Item { name, kind, id, about: [zh.to_owned(), en.to_owned()] }
}

/// A name that we make: nothing in it comes from a user.
fn name(slot: &str, party: Option<PartyRole>, media_type: &str) -> String {
    let party = party.map_or("scene".to_owned(), |role| role.to_string());
    let ending = match media_type {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        "image/heic" | "image/heif" => "heic",
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        "video/webm" | "audio/webm" => "webm",
        "audio/mpeg" => "mp3",
        "audio/mp4" => "m4a",
        "audio/aac" => "aac",
        "audio/amr" => "amr",
        "audio/wav" => "wav",
        "audio/ogg" => "ogg",
        _ => "bin",
    };
    format!("{slot}-{party}.{ending}")
}
