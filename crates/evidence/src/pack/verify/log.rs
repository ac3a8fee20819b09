//! The log of a pack: the checkpoint is signed, each entry is in its tree, and who else has seen it.

use chrono::{DateTime, Utc};
use domain::digest::Digest;

use super::{
    super::{manifest::FileKind, proofs::Proofs},
    CLOCKS, Checking, Story,
};
use crate::log::{
    ConsistencyProof, SignedCheckpoint, VerifierKey,
    timestamp::{self, VerifiedTime},
};

const CHECK: &str = "log";
const STAMP: &str = "timestamp";

impl Checking<'_> {
    pub(super) fn log(&mut self, story: &Story) {
        let Some(checkpoint) = self.checkpoint(FileKind::Checkpoint) else { return };
        self.inclusion(story, &checkpoint);
        self.witnesses(story, &checkpoint);
        self.stamp(story, &checkpoint);
    }

    /// An authority's word for when an earlier tree existed, and that this tree continues it.
    fn stamp(&mut self, story: &Story, checkpoint: &SignedCheckpoint) {
        let Some(token) = self.single(FileKind::Timestamp).and_then(|listed| self.bytes(listed)) else {
            if !self.terms.authorities.is_empty() {
                return self.report.fails(
                    STAMP,
                    "给出了时间戳机构的证书，但证据包内没有时间戳。",
                    "A certificate of an authority was given, but there is no timestamp in the pack.",
                );
            }
            return self.report.note(
                STAMP,
                "没有时间戳：早于某一时间，无时间戳机构担保。",
                "There is no timestamp: no authority vouches that this existed before some time.",
            );
        };
        let Some(stamped) = self.checkpoint(FileKind::StampedCheckpoint) else { return };
        let Some(proof) = self.json::<ConsistencyProof>(FileKind::Consistency, STAMP) else { return };
        let (stamped_tree, tree) = (stamped.checkpoint(), checkpoint.checkpoint());
        let fits = (proof.from, proof.to) == (stamped_tree.size, tree.size);
        if !fits || proof.verify(stamped_tree.root, tree.root).is_err() {
            return self.report.fails(
                STAMP,
                "检查点不是加盖时间戳的检查点的延续：日志被重写过。",
                "The checkpoint does not continue the one that was timestamped: the log was rewritten.",
            );
        }
        let note = self.text(FileKind::StampedCheckpoint, STAMP).unwrap_or_default();
        match timestamp::verify(token, Digest::of(note.as_bytes()), &self.terms.authorities) {
            Ok(time) => self.stamped(story, stamped_tree.size, &time),
            Err(refused) => self.report.fails(
                STAMP,
                format!("时间戳不成立（{refused}）。"),
                format!("The timestamp does not hold: {refused}."),
            ),
        }
    }

    fn stamped(&mut self, story: &Story, size: u64, time: &VerifiedTime) {
        let VerifiedTime { at, authority, rooted } = time;
        let authority: String = authority.chars().filter(|c| !c.is_control()).take(200).collect();
        let covered = self.places.iter().filter(|place| **place < size).count();
        let count = story.entries.len();
        self.report.holds(
            STAMP,
            format!("时间戳机构（{authority}）证明：日志的前{size}条在{at}已存在，其中有本案{covered}条（共{count}条）。"),
            format!(
                "The timestamp authority ({authority}) says that the log's first {size} entries existed at {at}; \
                 {covered} of the {count} entries of this case are among them."
            ),
        );
        if !rooted {
            self.report.rests_on(
                STAMP,
                "未提供时间戳机构的根证书：其证书取自时间戳本身，请另行核对。",
                "No certificate of the authority was given: the one inside the timestamp was taken; compare it.",
            );
        }
        self.seen_at(STAMP, story, *at, size);
    }

    /// A checkpoint of the pack whose log signature holds.
    pub(super) fn checkpoint(&mut self, kind: FileKind) -> Option<SignedCheckpoint> {
        let note = self.text(kind, CHECK)?;
        let brought = !self.terms.log_keys.is_empty();
        let keys = if brought { self.terms.log_keys.clone() } else { self.vkeys(FileKind::LogKey)? };
        let opened = keys.iter().find_map(|key| Some((SignedCheckpoint::open(note, key).ok()?, key)));
        let Some((checkpoint, key)) = opened else {
            self.report.fails(
                CHECK,
                "日志检查点的签名不成立，或并非所给日志密钥所签。",
                "The checkpoint is not signed by the log, or not with the key that was given for it.",
            );
            return None;
        };
        let size = checkpoint.checkpoint().size;
        self.report.holds(
            CHECK,
            format!("检查点由日志{}签名，含{size}条。", key.name()),
            format!("A checkpoint with {size} entries is signed by the log {}.", key.name()),
        );
        if !brought && kind == FileKind::Checkpoint {
            self.report.rests_on(
                CHECK,
                format!("日志密钥取自证据包本身：请与公布的比对：{key}。"),
                format!(
                    "The log's key comes from the pack itself: compare it with the published one: {key}."
                ),
            );
        }
        Some(checkpoint)
    }

    fn vkeys(&mut self, kind: FileKind) -> Option<Vec<VerifierKey>> {
        let read = self.text(kind, CHECK)?.lines().map(str::parse).collect::<Result<Vec<_>, _>>();
        if read.is_err() {
            self.report.fails(
                CHECK,
                "包内的日志或见证人密钥无法读取。",
                "A key of the log or of a witness in the pack cannot be read.",
            );
        }
        read.ok()
    }

    fn inclusion(&mut self, story: &Story, checkpoint: &SignedCheckpoint) {
        let Some(proofs) = self.json::<Proofs>(FileKind::Proofs, CHECK) else { return };
        let checkpoint = checkpoint.checkpoint();
        let count = story.entries.len();
        let mut outside = Vec::new();
        for (place, ((hash, _), proof)) in story.entries.iter().zip(&proofs.entries).enumerate() {
            let sequence = i64::try_from(place + 1).unwrap_or(i64::MAX);
            self.places.push(proof.index);
            // Their order is that of their chain: an entry that was committed late has a later place in the log.
            let fits = proof.sequence == sequence && proof.hash == *hash;
            if !fits || proofs.verify(proof, *hash, checkpoint.root).is_err() {
                outside.push(sequence);
            }
        }
        if proofs.size != checkpoint.size || proofs.entries.len() != count {
            self.report.fails(
                CHECK,
                "包含证明与日志条数或检查点不符。",
                "The proofs do not fit the number of entries or the checkpoint.",
            );
        } else if outside.is_empty() {
            self.report.holds(
                CHECK,
                format!("全部{count}条日志均被证明包含在该检查点之中。"),
                format!("All {count} entries are proved to be in the tree of that checkpoint."),
            );
        } else {
            let most: Vec<String> = outside.iter().take(20).map(ToString::to_string).collect();
            self.report.fails(
                CHECK,
                format!("{}条日志不在检查点之中：{}。", outside.len(), most.join("、")),
                format!("{} entries are not in the tree: {}.", outside.len(), most.join(", ")),
            );
        }
    }

    fn witnesses(&mut self, story: &Story, checkpoint: &SignedCheckpoint) {
        let brought = !self.terms.witnesses.is_empty();
        let witnesses = match self.single(FileKind::WitnessKeys) {
            _ if brought => self.terms.witnesses.clone(),
            Some(_) => self.vkeys(FileKind::WitnessKeys).unwrap_or_default(),
            None => Vec::new(),
        };
        if witnesses.is_empty() {
            self.report.note(
                "witness",
                "没有见证人：日志是否对所有人一致，无第三方担保。",
                "There is no witness: nobody else vouches that everybody is shown the same log.",
            );
        }
        for witness in witnesses {
            let name = witness.name();
            match checkpoint.cosigned_by(&witness) {
                Ok(at) => {
                    self.report.holds(
                        "witness",
                        format!("见证人{name}于{at}见到同一检查点并联署。"),
                        format!("The witness {name} saw the same checkpoint at {at} and cosigned it."),
                    );
                    self.seen_at("witness", story, at, checkpoint.checkpoint().size);
                    if !brought {
                        self.report.rests_on(
                            "witness",
                            format!("见证人密钥取自证据包本身：请与其公布的比对：{witness}。"),
                            format!(
                                "The witness's key comes from the pack: compare it with its own: {witness}."
                            ),
                        );
                    }
                }
                Err(_) if brought => self.report.fails(
                    "witness",
                    format!("所给见证人{name}未联署该检查点。"),
                    format!("The given witness {name} has not cosigned the checkpoint."),
                ),
                Err(_) => self.report.note(
                    "witness",
                    format!("见证人{name}未联署该检查点。"),
                    format!("The witness {name} has not cosigned this checkpoint."),
                ),
            }
        }
    }

    /// Somebody outside saw the tree of `size` leaves at this time: no entry in it can be later.
    fn seen_at(&mut self, check: &'static str, story: &Story, seen: DateTime<Utc>, size: u64) {
        self.not_later(check, "见证或时间戳的时间", "a witness or timestamp", seen);
        let within = story.entries.iter().zip(&self.places).filter(|(_, place)| **place < size);
        let later = within.filter(|((_, at), _)| *at > seen + CLOCKS).count();
        if later > 0 {
            self.report.fails(
                check,
                format!("{later}条日志自称的时间晚于第三方见到它们的时间。"),
                format!("{later} entries say a later time than that at which others saw them."),
            );
        }
    }
}
