//! Signals in words, with their numbers, in Chinese and English.

use super::{OtherCase, OtherUse, PlaceSource, Signal, TimeSource};
use crate::{evidence::Unreadable, rulebook::Wording};

fn wording(zh: impl Into<String>, en: impl Into<String>) -> Wording {
    Wording { zh: zh.into(), en: en.into() }
}

/// A length of time: the two largest units.
fn span(seconds: i64) -> Wording {
    let seconds = seconds.abs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match seconds {
        ..60 => wording(format!("{seconds} 秒"), format!("{seconds} s")),
        60..3600 => wording(format!("{minutes} 分"), format!("{minutes} min")),
        3600..86_400 => wording(format!("{hours} 小时 {minutes} 分"), format!("{hours} h {minutes} min")),
        _ => wording(format!("{days} 天 {hours} 小时"), format!("{days} d {hours} h")),
    }
}

fn length(metres: i64) -> Wording {
    if metres < 1000 {
        return wording(format!("{metres} 米"), format!("{metres} m"));
    }
    let (whole, tenth) = (metres / 1000, metres % 1000 / 100);
    wording(format!("{whole}.{tenth} 公里"), format!("{whole}.{tenth} km"))
}

impl TimeSource {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Phone => ("手机所报拍摄时间", "the time the phone gave"),
            Self::Exif => ("EXIF 时间", "the EXIF time"),
            Self::Committed => ("证据固定时间", "the time of commitment"),
            Self::Received => ("平台收到时间", "the time of receipt"),
            Self::Accident => ("事故发生时间", "the time of the accident"),
            Self::Report => ("报案时间", "the time of the report"),
        }
    }
}

impl PlaceSource {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Phone => ("手机所报位置", "the place the phone gave"),
            Self::Exif => ("EXIF 位置", "the EXIF place"),
            Self::Report => ("报案位置", "the place of the report"),
        }
    }
}

impl OtherCase {
    fn words(&self) -> Wording {
        match self {
            Self::Number(number) => wording(format!("案件 {number}"), format!("case {number}")),
            Self::AnotherDistrict => wording("其他辖区的案件", "a case of another district"),
        }
    }
}

fn all(cases: &[OtherCase]) -> Wording {
    let words: Vec<Wording> = cases.iter().map(OtherCase::words).collect();
    let join =
        |pick: fn(&Wording) -> &str, between: &str| words.iter().map(pick).collect::<Vec<_>>().join(between);
    wording(join(|w| &w.zh, "、"), join(|w| &w.en, ", "))
}

fn uses(uses: &[OtherUse]) -> Wording {
    let zh = |other: &OtherUse| match other.party {
        Some(party) => format!("{}方 {}", party.chinese(), other.slot.name()),
        None => format!("现场人员 {}", other.slot.name()),
    };
    let en = |other: &OtherUse| match other.party {
        Some(party) => format!("party {party}, {}", other.slot.name()),
        None => format!("staff on scene, {}", other.slot.name()),
    };
    let join = |say: &dyn Fn(&OtherUse) -> String, between: &str| {
        uses.iter().map(say).collect::<Vec<_>>().join(between)
    };
    wording(join(&zh, "、"), join(&en, "; "))
}

impl Signal {
    /// The sentence for officers.
    pub fn words(&self) -> Wording {
        self.of_time().or_else(|| self.of_place()).or_else(|| self.of_use()).unwrap_or_else(|| self.of_file())
    }

    fn of_time(&self) -> Option<Wording> {
        Some(match self {
            Self::TakenBeforeAccident { source, seconds, before_report_seconds } => {
                let ((zh, en), early, report) =
                    (source.words(), span(*seconds), span(*before_report_seconds));
                wording(
                    format!("{zh}比事故发生早 {}，比报案早 {}", early.zh, report.zh),
                    format!("{en} is {} before the accident and {} before the report", early.en, report.en),
                )
            }
            Self::TakenLongAfter { source, seconds } => {
                let ((zh, en), late) = (source.words(), span(*seconds));
                wording(
                    format!("{zh}比事故发生晚 {}", late.zh),
                    format!("{en} is {} after the accident", late.en),
                )
            }
            Self::TakenAfterReceipt { source, seconds } => {
                let ((zh, en), late) = (source.words(), span(*seconds));
                wording(
                    format!("{zh}比平台收到还晚 {}，设备时钟可能不准", late.zh),
                    format!("{en} is {} after the service had it: a clock may be wrong", late.en),
                )
            }
            Self::ClocksDiffer { seconds } => {
                let apart = span(*seconds);
                let (zh, en) = if *seconds < 0 { ("早", "before") } else { ("晚", "after") };
                wording(
                    format!("EXIF 时间比手机所报拍摄时间{zh} {}", apart.zh),
                    format!("the EXIF time is {} {en} the time the phone gave", apart.en),
                )
            }
            _ => return None,
        })
    }

    fn of_place(&self) -> Option<Wording> {
        Some(match self {
            Self::FarFromAccident { source, metres, accuracy_metres } => {
                let ((zh, en), far) = (source.words(), length(*metres));
                let doubt = accuracy_metres.map(length);
                let zh_doubt = doubt.as_ref().map(|d| format!("（精度 {}）", d.zh)).unwrap_or_default();
                let en_doubt = doubt.as_ref().map(|d| format!(" (accurate to {})", d.en)).unwrap_or_default();
                wording(
                    format!("{zh}距报案位置 {}{zh_doubt}", far.zh),
                    format!("{en} is {} from the reported place{en_doubt}", far.en),
                )
            }
            Self::PlacesDiffer { metres } => {
                let apart = length(*metres);
                wording(
                    format!("EXIF 位置与手机所报位置相距 {}", apart.zh),
                    format!("the EXIF place is {} from the place the phone gave", apart.en),
                )
            }
            Self::OtherDevice { claimed, camera } => wording(
                format!("上传设备为“{claimed}”，EXIF 相机型号为“{camera}”"),
                format!("sent by “{claimed}”, taken by “{camera}” according to EXIF"),
            ),
            Self::SeveralCameras { cameras } => wording(
                format!("同一当事人的照片来自 {} 种相机：{}", cameras.len(), cameras.join("、")),
                format!("this party's photos come from {} cameras: {}", cameras.len(), cameras.join(", ")),
            ),
            _ => return None,
        })
    }

    fn of_use(&self) -> Option<Wording> {
        Some(match self {
            Self::FromAlbum {} => wording(
                "现场照片选自相册，而非当场拍摄",
                "a photo of the scene came from the album, not from the camera",
            ),
            Self::NotCommitted {} => wording(
                "上传的文件与事先固定的摘要不一致",
                "the bytes are not those that were committed before",
            ),
            Self::UsedTwice { uses: others } => {
                let others = uses(others);
                wording(
                    format!("同一文件在本案中还用于：{}", others.zh),
                    format!("the same file stands in this case also for: {}", others.en),
                )
            }
            Self::SameElsewhere { cases } => {
                let cases = all(cases);
                wording(
                    format!("同一文件也出现在：{}", cases.zh),
                    format!("the same file is also in: {}", cases.en),
                )
            }
            Self::SimilarElsewhere { case, bits } => {
                let case = case.words();
                wording(
                    format!("与{}的一张照片相似（64 位感知哈希相差 {bits} 位）", case.zh),
                    format!(
                        "looks like a photo of {} ({bits} of 64 bits of the perceptual hash differ)",
                        case.en
                    ),
                )
            }
            _ => return None,
        })
    }

    fn of_file(&self) -> Wording {
        match self {
            Self::Screenshot { by } => {
                wording(format!("疑似截屏（依据：{by}）"), format!("looks like a screenshot (by: {by})"))
            }
            Self::Edited { by } => wording(
                format!("文件由图像编辑软件写出：{by}"),
                format!("written by a program for changing pictures: {by}"),
            ),
            Self::TrailingBytes { bytes } => wording(
                format!("图像结尾之后还有 {bytes} 字节（动态照片，或附带其他文件）"),
                format!("{bytes} bytes follow the end of the picture (a moving photo, or another file)"),
            ),
            Self::CannotBeShown { why } => {
                let (zh, en) = match why {
                    Unreadable::Damaged => ("图像数据损坏", "its picture data are damaged"),
                    Unreadable::NoDecoder => ("此处没有该格式的解码器", "no decoder for its format is here"),
                };
                wording(format!("照片无法显示：{zh}"), format!("cannot be shown: {en}"))
            }
            Self::PoorQuality { hint, sharpness, brightness } => {
                let (zh, en) = hint.words();
                wording(
                    format!("{zh}（清晰度 {sharpness}，亮度 {brightness}）"),
                    format!("{en} (sharpness {sharpness}, brightness {brightness})"),
                )
            }
            Self::NotExamined {} => wording("照片尚未完成检查", "the photo has not been examined yet"),
            // What is left names no camera; the other signals have their words above.
            _ => wording("文件中没有相机信息", "the file names no camera"),
        }
    }
}
