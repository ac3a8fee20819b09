//! Photos, recordings, commitments, statements and data of a pack against the hashes in the journal.

use domain::{digest::Digest, evidence::Fulfilment, identifiers::CommitmentId};
use uuid::Uuid;

use super::{
    super::manifest::{FileKind, Listed, Why},
    Checking, Story,
    story::{Fixed, Medium, Said},
};

impl<'a> Checking<'a> {
    pub(super) fn evidence(&mut self, story: &Story) {
        for (id, medium) in &story.media {
            self.medium(*id, medium, story);
        }
        for (id, fixed) in &story.commitments {
            self.commitment(*id, fixed, story);
        }
        for (photo, digest) in &story.examinations {
            let listed = self.with_id(FileKind::Examination, *photo);
            self.named("examination", listed, *digest, &format!("照片{photo}的检查结果"), "an examination");
        }
        for said in &story.statements {
            self.statement(said);
        }
        if story.confirmed_nothing {
            self.report.fails(
                "statement",
                "有确认陈述的记录，但没有相应的陈述。",
                "A statement was confirmed that is not in the journal.",
            );
        }
        for (role, digest) in &story.details {
            let listed = self.with_digest(FileKind::Details, *digest);
            let zh = format!("当事人{}的资料", role.chinese());
            self.named("details", listed, *digest, &zh, &format!("the data of party {role}"));
        }
        self.first_report(story);
    }

    /// The report's hash covers A's data of that time: once they were corrected, only the hash remains.
    fn first_report(&mut self, story: &Story) {
        let Some(report) = story.report else {
            return self.report.fails("report", "案件日志没有报案。", "The journal has no report.");
        };
        if let Some(listed) = self.single(FileKind::Report) {
            return self.named("report", Some(listed), report, "报案数据", "the report");
        }
        if story.details.is_empty() {
            return self.named("report", None, report, "报案数据", "the report");
        }
        self.report.note(
            "report",
            "报案时的资料后来被更正，包内只有其哈希（见案件日志第1条）。",
            "The data given with the report were corrected later; only their hash is kept (entry 1).",
        );
    }

    /// A file that must be here with exactly the bytes whose hash the journal holds.
    fn named(&mut self, check: &'static str, listed: Option<&'a Listed>, digest: Digest, zh: &str, en: &str) {
        match listed {
            Some(listed) if listed.sha256 == digest => {
                self.claimed.insert(&listed.name);
                let name = &listed.name;
                self.report.holds(
                    check,
                    format!("{zh}（{name}）与案件日志中的哈希一致。"),
                    format!("{name}, {en}, is what the journal names by its hash."),
                );
            }
            Some(listed) => {
                let name = &listed.name;
                self.report.fails(
                    check,
                    format!("{zh}（{name}）与案件日志中的哈希不一致。"),
                    format!("{name}, {en}, is not what the journal names by its hash."),
                );
            }
            None => self.report.fails(
                check,
                format!("{zh}不在包内（日志哈希{digest}）。"),
                format!("The pack lacks {en}, which the journal names by the hash {digest}."),
            ),
        }
    }

    fn medium(&mut self, id: Uuid, medium: &Medium, story: &Story) {
        let (zh, en, check) = match medium.kind {
            FileKind::Recording => ("录音录像", "recording", "recording"),
            _ => ("照片", "photo", "photo"),
        };
        let Medium { digest, at, sequence, slot, .. } = *medium;
        let slot = slot.name();
        if let Some(listed) = self.with_id(medium.kind, id) {
            self.named(check, Some(listed), digest, zh, &format!("a {en} stored at {at} (entry {sequence})"));
        } else if let Some((_, when)) = story.erased.get(&id).filter(|(erased, _)| *erased == digest) {
            self.report.note(
                check,
                format!("{zh}（{slot}）的原始字节已于{when}按保存期限删除；SHA-256为{digest}。"),
                format!("The bytes of a {en} ({slot}) were erased at {when}, their term being over: SHA-256 {digest}."),
            );
        } else if self.manifest.absent.iter().any(|absent| absent.id == id && absent.why == Why::Lost) {
            self.report.fails(
                check,
                format!("{zh}（{slot}）的原始字节在服务处已损坏或丢失；SHA-256为{digest}。"),
                format!("The service has lost or damaged the bytes of a {en} ({slot}): SHA-256 {digest}."),
            );
        } else {
            self.named(check, None, digest, zh, &format!("a {en} ({slot}, entry {sequence})"));
        }
        if let Some(Fulfilment::Different(commitment)) = medium.fulfilment {
            self.report.note(
                check,
                format!("{zh}{id}是为承诺{commitment}上传的，但并非当时承诺的文件。"),
                format!(
                    "The {en} {id} was sent for the commitment {commitment}, but is not what was committed."
                ),
            );
        }
    }

    fn commitment(&mut self, id: CommitmentId, fixed: &Fixed, story: &Story) {
        let Fixed { role, slot, digest, at } = fixed;
        let (slot, chinese) = (slot.name(), role.chinese());
        match story.kept(id, fixed) {
            Some(medium) if medium.digest == *digest => self.report.holds(
                "commitment",
                format!("当事人{chinese}于{at}先行承诺的{slot}，其后收到的字节与承诺一致。"),
                format!("What party {role} committed at {at} ({slot}) came later, byte for byte."),
            ),
            Some(_) => self.report.fails(
                "commitment",
                format!("承诺{id}被记为已兑现，但哈希不一致。"),
                format!("The commitment {id} is recorded as kept, but the hashes differ."),
            ),
            None => {
                self.report.note(
                    "commitment",
                    format!("当事人{chinese}于{at}承诺的{slot}（SHA-256 {digest}）始终未收到。"),
                    format!("What party {role} committed at {at} ({slot}, SHA-256 {digest}) never came."),
                );
                let said = |why| self.manifest.absent.iter().any(|a| a.id == id.0 && a.why == why);
                if !said(Why::NeverCame) {
                    self.report.fails(
                        "commitment",
                        "清单未列出该未收到的文件。",
                        "The manifest does not list it as missing.",
                    );
                }
            }
        }
    }

    fn statement(&mut self, said: &Said) {
        let Said { role, version, digest, confirmed } = *said;
        let zh = format!("当事人{}第{version}次陈述", role.chinese());
        let en = match confirmed {
            Some(at) => format!("statement {version} of party {role}, confirmed at {at}"),
            None => format!("statement {version} of party {role}, not confirmed"),
        };
        let zh = match confirmed {
            Some(at) => format!("{zh}（本人于{at}确认）"),
            None => format!("{zh}（未经本人确认）"),
        };
        let listed = self.with_digest(FileKind::Statement, digest);
        self.named("statement", listed, digest, &zh, &en);
    }
}
