//! The check of a pack: offline, without database, settings or clock. What holds, what does not, and why.

mod evidence;
mod journal;
mod log;
mod papers;
mod seal;
mod story;

use std::{collections::BTreeSet, io::Read};

use chrono::{DateTime, TimeDelta, Utc};
use domain::digest::Digest;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use self::story::Story;
use super::{
    finding::Report,
    jws::PublicKey,
    manifest::{FORMAT, FileKind, Listed, MANIFEST, Manifest, SEAL},
    reading::{self, Contents},
};
use crate::log::VerifierKey;

/// How far the clocks of the service, a witness and an authority may differ.
const CLOCKS: TimeDelta = TimeDelta::minutes(5);

/// What whoever checks brings along.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The time at which all is judged.
    pub at: DateTime<Utc>,
    /// The service's keys, as it published them; without any, those in the pack are taken and named.
    pub keys: Vec<PublicKey>,
    /// The log's keys, likewise.
    pub log_keys: Vec<VerifierKey>,
    /// Witnesses that must have seen the checkpoint; without any, those named in the pack are asked.
    pub witnesses: Vec<VerifierKey>,
    /// Certificates of timestamp authorities that are trusted, or of who stands above them, in DER.
    pub authorities: Vec<Vec<u8>>,
}

impl Terms {
    /// Nothing brought along but the time.
    pub fn at(at: DateTime<Utc>) -> Self {
        Self { at, keys: Vec::new(), log_keys: Vec::new(), witnesses: Vec::new(), authorities: Vec::new() }
    }
}

/// Checks a pack from its first byte to its last.
pub fn verify(pack: impl Read, terms: &Terms) -> Report {
    let mut report = Report::new(terms.at);
    match reading::read(pack) {
        Ok(contents) => Checking::run(contents, terms, &mut report),
        Err(fault) => report.fails(
            "container",
            format!("文件不是完整的证据包，无法继续核验（{fault}）。"),
            format!("The file is not a whole court pack, and nothing further can be checked: {fault}."),
        ),
    }
    report
}

struct Checking<'a> {
    contents: &'a Contents,
    manifest: &'a Manifest,
    terms: &'a Terms,
    report: &'a mut Report,
    /// The service's keys that count.
    keys: Vec<PublicKey>,
    /// Names of the files that the journal stands for.
    claimed: BTreeSet<&'a str>,
    /// Places of the journal's entries in the log.
    places: Vec<u64>,
}

impl<'a> Checking<'a> {
    fn run(contents: Contents, terms: &'a Terms, report: &mut Report) {
        report.holds(
            "container",
            format!("容器完整：{}个文件，形式唯一，首尾无多余字节。", contents.files.len()),
            format!(
                "The container is whole: {} files in the one allowed form, and no byte beside them.",
                contents.files.len()
            ),
        );
        let Some(manifest) = manifest(&contents, report) else { return };
        let mut checking = Checking {
            contents: &contents,
            manifest: &manifest,
            terms,
            report,
            keys: terms.keys.clone(),
            claimed: BTreeSet::new(),
            places: Vec::new(),
        };
        checking.files();
        checking.seal();
        if let Some(story) = checking.journal() {
            checking.log(&story);
            checking.evidence(&story);
            checking.papers(&story);
            checking.nothing_else(&story);
        } else if !checking.report.failed("journal") {
            checking.report.fails(
                "journal",
                "案件日志无法读取：其余各项无从核验。",
                "The journal cannot be read: nothing that rests on it can be checked.",
            );
        }
        checking.what_only_the_seal_covers();
    }

    /// Whether the files are those of the manifest, byte for byte.
    fn files(&mut self) {
        let own = [MANIFEST, SEAL];
        let found: Vec<_> =
            self.contents.files.iter().filter(|file| !own.contains(&file.name.as_str())).collect();
        let mut same = found.len() == self.manifest.files.len();
        for (listed, found) in self.manifest.files.iter().zip(&found) {
            if (&listed.name, listed.sha256, listed.bytes) != (&found.name, found.digest, found.bytes) {
                same = false;
                let name = &found.name;
                self.report.fails(
                    "files",
                    format!("文件{name}与清单不符：实际SHA-256为{}。", found.digest),
                    format!("The file {name} is not as the manifest says: its SHA-256 is {}.", found.digest),
                );
            }
        }
        let tail = self.contents.files.iter().rev().take(2).map(|file| file.name.as_str());
        same &= tail.eq([SEAL, MANIFEST]);
        if same {
            self.report.holds(
                "files",
                format!("全部{}个文件的大小和SHA-256与清单一致。", found.len()),
                format!("All {} files have the size and SHA-256 that the manifest says.", found.len()),
            );
        } else {
            self.report.fails(
                "files",
                "文件的数量、名称、顺序或内容与清单不一致。",
                "The files are not those of the manifest: number, name, order or content differs.",
            );
        }
    }

    /// Whether nothing lies here as evidence that the journal does not know, and nothing is said to be missing
    /// without a reason that the journal gives.
    fn nothing_else(&mut self, story: &Story) {
        for listed in &self.manifest.files {
            let free = matches!(
                listed.kind,
                FileKind::Guide
                    | FileKind::Summary
                    | FileKind::Case
                    | FileKind::StatementText
                    | FileKind::Keys
                    | FileKind::LogKey
                    | FileKind::WitnessKeys
                    | FileKind::Journal
                    | FileKind::Proofs
                    | FileKind::Checkpoint
                    | FileKind::StampedCheckpoint
                    | FileKind::Timestamp
                    | FileKind::Consistency
            );
            if !free && !self.claimed.contains(listed.name.as_str()) {
                let name = &listed.name;
                self.report.fails(
                    "foreign",
                    format!("文件{name}不见于案件日志：不属于本案。"),
                    format!("The journal does not know the file {name}: it does not belong to this case."),
                );
            }
        }
        for absent in &self.manifest.absent {
            if !story.explains(absent) {
                let id = absent.id;
                self.report.fails(
                    "absent",
                    format!("清单称{id}不在包内，但案件日志未记载其原因。"),
                    format!(
                        "The manifest says that {id} is not here, but the journal gives no reason for it."
                    ),
                );
            }
        }
    }

    fn what_only_the_seal_covers(&mut self) {
        self.report.rests_on(
            "words",
            "摘要、案件数据和可读文本仅由服务的签名担保；以案件日志、原始文件和文书为准。",
            "Summary, case data and readable texts rest on the service's signature alone; what counts is the \
             journal, the original files and the documents.",
        );
    }

    fn not_later(&mut self, check: &'static str, zh: &str, en: &str, when: DateTime<Utc>) {
        if when > self.terms.at {
            self.report.fails(
                check,
                format!("{zh}（{when}）晚于所给的核验时间。"),
                format!("The time of {en} ({when}) is later than the time of this check."),
            );
        }
    }

    fn all(&self, kind: FileKind) -> impl Iterator<Item = &'a Listed> + use<'a> {
        self.manifest.files.iter().filter(move |listed| listed.kind == kind)
    }

    fn single(&self, kind: FileKind) -> Option<&'a Listed> {
        self.all(kind).next()
    }

    /// The file of this kind that has the digest.
    fn with_digest(&self, kind: FileKind, digest: Digest) -> Option<&'a Listed> {
        self.all(kind).find(|listed| listed.sha256 == digest)
    }

    /// The file of this kind that has the id.
    fn with_id(&self, kind: FileKind, id: Uuid) -> Option<&'a Listed> {
        self.all(kind).find(|listed| listed.id == Some(id))
    }

    /// The bytes of a file that is no medium.
    fn bytes(&self, listed: &Listed) -> Option<&'a [u8]> {
        self.contents.kept.get(&listed.name).map(Vec::as_slice)
    }

    /// The text of the one file of a kind; a missing or unreadable one is a finding.
    fn text(&mut self, kind: FileKind, check: &'static str) -> Option<&'a str> {
        let listed = self.single(kind);
        let text = listed.and_then(|listed| std::str::from_utf8(self.bytes(listed)?).ok());
        if text.is_none() {
            let name = listed.map_or("—", |listed| &listed.name);
            self.report.fails(
                check,
                format!("所需的文件缺失或无法读取：{name}。"),
                format!("A file that is needed is missing or cannot be read: {name}."),
            );
        }
        text
    }

    /// The JSON of the one file of a kind, likewise.
    fn json<T: DeserializeOwned>(&mut self, kind: FileKind, check: &'static str) -> Option<T> {
        let read = serde_json::from_str(self.text(kind, check)?).ok();
        if read.is_none() {
            self.report.fails(
                check,
                format!("文件内容不符合格式（{kind:?}）。"),
                format!("A file does not have the form it should have ({kind:?})."),
            );
        }
        read
    }
}

fn manifest(contents: &Contents, report: &mut Report) -> Option<Manifest> {
    let read = contents.kept.get(MANIFEST).and_then(|bytes| serde_json::from_slice::<Manifest>(bytes).ok());
    let Some(manifest) = read else {
        report.fails(
            "manifest",
            "清单缺失或不符合格式，无法继续核验。",
            "The manifest is missing or not of the form that it should have; nothing further can be checked.",
        );
        return None;
    };
    if manifest.format != FORMAT {
        report.fails(
            "manifest",
            format!("清单的格式不是{FORMAT}，请使用相应版本的程序。"),
            format!("The manifest's format is not {FORMAT}: use the program of that version."),
        );
        return None;
    }
    let many = |kind: FileKind| manifest.files.iter().filter(|listed| listed.kind == kind).count();
    let wrong =
        manifest.files.iter().map(|listed| listed.kind).any(|kind| kind.at_most_one() && many(kind) > 1);
    report.number = Some(manifest.number.to_string());
    if wrong {
        report.fails(
            "manifest",
            "清单中只应有一份的文件不止一份。",
            "The manifest has more than one file of a kind of which there is one.",
        );
        return None;
    }
    Some(manifest)
}
