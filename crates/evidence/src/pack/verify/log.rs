//! The log of a pack: the checkpoint is signed, each entry is in its tree, and who else has seen it.

use chrono::{DateTime, Utc};

use super::{
    super::{manifest::FileKind, proofs::Proofs},
    CLOCKS, Checking, Story,
};
use crate::log::{SignedCheckpoint, VerifierKey};

const CHECK: &str = "log";

impl Checking<'_> {
    pub(super) fn log(&mut self, story: &Story) {
        let Some(checkpoint) = self.checkpoint(FileKind::Checkpoint) else { return };
        self.inclusion(story, &checkpoint);
        self.witnesses(story, &checkpoint);
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
        let mut before = None;
        for (place, ((hash, _), proof)) in story.entries.iter().zip(&proofs.entries).enumerate() {
            let in_order = before.replace(proof.index).is_none_or(|before| before < proof.index);
            let sequence = i64::try_from(place + 1).unwrap_or(i64::MAX);
            self.places.push(proof.index);
            let fits = proof.sequence == sequence && proof.hash == *hash && in_order;
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
