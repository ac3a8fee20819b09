//! Writes a pack into a nameless file, off the workers: media pass through chunk by chunk.

use std::{
    fs::File,
    io::{self, BufWriter, Seek as _, SeekFrom},
    sync::Arc,
};

use domain::{
    case::Case,
    ports::{Signer, Typesetter},
};
use evidence::{
    ObjectStore,
    pack::{FileKind, Imprint, Item, PackWriter},
};
use futures_util::StreamExt as _;
use tokio::{runtime::Handle, sync::OwnedSemaphorePermit};

use super::{
    CourtPack,
    gathering::{Material, Medium, Sheet},
    guide::GUIDE,
    proving::{Provenance, Stamped},
    summary,
};
use crate::{context::App, error::AppError};

/// What a pack is written with.
struct Desk {
    objects: Arc<dyn ObjectStore>,
    signer: Arc<dyn Signer>,
    typesetter: Arc<dyn Typesetter>,
    unit_name: String,
    issuer: String,
    waiting: Handle,
}

/// Why a pack could not be written.
struct Unwritten(AppError);

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Self(evidence::StoreError::io("write a court pack", error).into())
    }
}

impl From<AppError> for Unwritten {
    fn from(error: AppError) -> Self {
        Self(error)
    }
}

type Pen = PackWriter<BufWriter<File>>;

impl App {
    /// The pack is written to its end even when nobody waits for it any more; until then it keeps its turn.
    pub(super) async fn write_pack(
        &self,
        material: Material,
        proof: Provenance,
        turn: OwnedSemaphorePermit,
    ) -> Result<CourtPack, AppError> {
        let scratch = self.parts.objects.stage().await?.into_scratch().await?;
        let desk = Desk {
            objects: Arc::clone(&self.parts.objects),
            signer: Arc::clone(&self.parts.signer),
            typesetter: Arc::clone(&self.parts.typesetter),
            unit_name: self.parts.unit_name.clone(),
            issuer: self.parts.sign_in.issuer.clone(),
            waiting: Handle::current(),
        };
        let write = move || {
            let written = desk.write(scratch, material, &proof);
            drop(turn);
            written
        };
        let written = tokio::task::spawn_blocking(write).await?;
        written.map_err(|Unwritten(error)| error)
    }
}

impl Desk {
    fn write(&self, scratch: File, material: Material, proof: &Provenance) -> Result<CourtPack, Unwritten> {
        let mut pen = PackWriter::new(BufWriter::with_capacity(256 * 1024, scratch));
        pen.add(
            item("README.txt", FileKind::Guide, ["核验说明", "How to check this pack"]),
            GUIDE.as_bytes(),
        )?;
        self.summarise(&mut pen, &material)?;
        let Material { case, made_at, entries, sheets, media, absent, .. } = material;
        pen.add(
            item("case/case.json", FileKind::Case, ["案件数据", "The case as it is kept"]),
            &case_json(&case)?,
        )?;
        for Sheet { item, bytes } in sheets {
            pen.add(item, &bytes)?;
        }
        for medium in media {
            self.copy(&mut pen, medium)?;
        }
        let lines: String = entries.iter().flat_map(|entry| [entry.canonical.as_str(), "\n"]).collect();
        let about =
            ["案件日志：每行一条，按哈希时的原样", "The journal: one entry a line, exactly as hashed"];
        pen.add(item("journal/entries.jsonl", FileKind::Journal, about), lines.as_bytes())?;
        prove(&mut pen, proof)?;
        absent.into_iter().for_each(|absent| pen.leave_out(absent));
        let imprint =
            Imprint { case: case.id, number: case.number.clone(), made_at, issuer: self.issuer.clone() };
        let sink = pen.finish::<Unwritten>(imprint, |typ, claims| {
            let claims = serde_json::to_value(claims).map_err(io::Error::other)?;
            Ok(self.signer.sign(typ, &claims).map_err(AppError::from)?)
        })?;
        let mut file = sink.into_inner().map_err(io::IntoInnerError::into_error)?;
        let bytes = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(0))?;
        Ok(CourtPack { number: case.number, bytes, file })
    }

    fn summarise(&self, pen: &mut Pen, material: &Material) -> Result<(), Unwritten> {
        let summary = summary::of(material, &self.unit_name);
        let copies = self.typesetter.summary(&summary).map_err(AppError::from)?;
        let about = ["案件摘要", "A summary of the case"];
        pen.add(item("summary.html", FileKind::Summary, about), copies.html.as_bytes())?;
        Ok(pen.add(item("summary.pdf", FileKind::Summary, about), &copies.pdf)?)
    }

    fn copy(&self, pen: &mut Pen, Medium { item, key }: Medium) -> Result<(), Unwritten> {
        let mut object = self.waiting.block_on(self.objects.open(key)).map_err(AppError::from)?;
        let chunks = std::iter::from_fn(|| {
            let next = self.waiting.block_on(object.stream.next())?;
            Some(next.map_err(|error| Unwritten(error.into())))
        });
        pen.stream(item, chunks)
    }
}

fn prove(pen: &mut Pen, proof: &Provenance) -> Result<(), Unwritten> {
    let about = ["每条日志的包含证明", "For each entry the proof that it is in the log"];
    pen.add(item("log/proofs.json", FileKind::Proofs, about), &json(&proof.proofs)?)?;
    let about = ["日志检查点及其签名和联署", "The checkpoint, signed by the log and cosigned by witnesses"];
    pen.add(item("log/checkpoint.txt", FileKind::Checkpoint, about), proof.note.as_bytes())?;
    if let Some(Stamped { note, token, consistency }) = &proof.stamped {
        let about = ["加盖时间戳的检查点", "The checkpoint that was timestamped"];
        pen.add(item("log/stamped.txt", FileKind::StampedCheckpoint, about), note.as_bytes())?;
        let about = ["时间戳（RFC 3161）", "The timestamp (RFC 3161)"];
        pen.add(item("log/stamped.tst", FileKind::Timestamp, about), token)?;
        let about = ["两个检查点的一致性证明", "The proof that the log only grew between the two"];
        pen.add(item("log/consistency.json", FileKind::Consistency, about), &json(consistency)?)?;
    }
    let about = ["服务的公钥", "The service's public keys"];
    pen.add(item("keys/jwks.json", FileKind::Keys, about), &json(&proof.public_keys)?)?;
    let about = ["日志的公钥", "The log's public key"];
    pen.add(item("keys/log.txt", FileKind::LogKey, about), format!("{}\n", proof.log_key).as_bytes())?;
    if !proof.witness_keys.is_empty() {
        let about = ["见证人的公钥", "The public keys of the witnesses"];
        let keys: String = proof.witness_keys.iter().flat_map(|key| [key.as_str(), "\n"]).collect();
        pen.add(item("keys/witnesses.txt", FileKind::WitnessKeys, about), keys.as_bytes())?;
    }
    Ok(())
}

/// The case as it is kept, without the accounts and the hashes of invitations, which are nobody's business.
fn case_json(case: &Case) -> io::Result<Vec<u8>> {
    let mut value = serde_json::to_value(case).map_err(io::Error::other)?;
    if let Some(fields) = value.as_object_mut() {
        fields.remove("invitations");
        for party in
            fields.get_mut("parties").and_then(|parties| parties.as_array_mut()).into_iter().flatten()
        {
            party.as_object_mut().map(|party| party.remove("account"));
        }
    }
    json(&value)
}

fn json(value: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(value).map_err(io::Error::other)?;
    text.push(b'\n');
    Ok(text)
}

fn item(name: &str, kind: FileKind, [zh, en]: [&str; 2]) -> Item {
    Item { name: name.to_owned(), kind, id: None, about: [zh.to_owned(), en.to_owned()] }
}
