//! The journal of a pack: every entry follows from the one before, and the last one is the making of the pack.

use domain::{
    event::Event,
    journal::{Entry, Head, link},
};

use super::{super::manifest::FileKind, CLOCKS, Checking, Story};

const CHECK: &str = "journal";

impl Checking<'_> {
    /// Checks the chain as far as it can be read; `None` when nothing can be built on it.
    pub(super) fn journal(&mut self) -> Option<Story> {
        let text = self.text(FileKind::Journal, CHECK)?;
        let mut story = Story::default();
        let mut hash = Head::of_nothing().hash;
        let (mut last, mut late) = (None, 0_usize);
        for (sequence, line) in (1_i64..).zip(text.split_inclusive('\n')) {
            let Some(line) = line.strip_suffix('\n') else { return self.unreadable(sequence) };
            let entry: Entry = match serde_json::from_str(line) {
                Ok(entry) => entry,
                Err(_) => return self.unreadable(sequence),
            };
            if entry.sequence != sequence || entry.case != self.manifest.case {
                return self.misplaced(sequence);
            }
            hash = link(hash, line);
            late += usize::from(entry.at > self.terms.at || entry.at > self.manifest.made_at + CLOCKS);
            last = Some((matches!(entry.event, Event::CourtPackMade {}), entry.at));
            story.hear(entry, hash);
        }
        let count = story.entries.len();
        if last != Some((true, self.manifest.made_at)) {
            self.report.fails(
                CHECK,
                "案件日志的最后一条不是本证据包的制作：末尾有缺失。",
                "The journal does not end with the making of this pack: its end is missing.",
            );
        }
        if late > 0 {
            self.report.fails(
                CHECK,
                format!("{late}条日志的时间晚于证据包的制作或所给的核验时间。"),
                format!("{late} entries are later than the making of the pack or the time of this check."),
            );
        }
        if !self.report.failed(CHECK) {
            self.report.holds(
                CHECK,
                format!("案件日志{count}条，顺序完整，末条哈希为{hash}。"),
                format!("The journal has {count} entries in unbroken order; its last hash is {hash}."),
            );
        }
        Some(story)
    }

    fn unreadable(&mut self, sequence: i64) -> Option<Story> {
        self.report.fails(
            CHECK,
            format!("日志第{sequence}条无法读取：内容有误，或由较新版本写成。"),
            format!("Entry {sequence} cannot be read: it is wrong, or written by a newer version."),
        );
        None
    }

    fn misplaced(&mut self, sequence: i64) -> Option<Story> {
        self.report.fails(
            CHECK,
            format!("日志第{sequence}条缺失、顺序有误或属于另一案件。"),
            format!("Entry {sequence} is missing, out of order, or of another case."),
        );
        None
    }
}
