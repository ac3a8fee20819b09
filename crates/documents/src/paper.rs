//! What a form is filled with. Plain data: the caller translates its case into these lines.
//!
//! A field that is `None` or blank prints as 不详. None of these types shows its contents in `Debug`: they
//! hold names, telephone numbers and identity numbers.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

/// The title of the simplified form.
pub const DETERMINATION_TITLE: &str = "道路交通事故认定书（简易程序）";

/// A determination under the simplified procedure (order 146 §24; the fields of its §21 and §24).
#[derive(Clone, Serialize)]
pub struct DeterminationPaper {
    /// 编号, as it is to be printed.
    pub number: String,
    /// The form's title, normally [`DETERMINATION_TITLE`].
    pub form_title: String,
    /// 出具单位: the traffic police unit that issues the paper.
    pub unit_name: String,
    /// 事故时间; printed to the minute at +08:00.
    #[serde(serialize_with = "crate::china_time::printed_if_known")]
    pub occurred_at: Option<DateTime<Utc>>,
    /// 事故地点.
    pub place: Option<String>,
    /// 天气.
    pub weather: Option<String>,
    /// 当事人, in the order of their roles; at most [`Self::MOST_PARTIES`].
    pub parties: Vec<PartyLine>,
    /// 事故形态, for example 追尾碰撞.
    pub accident_form: Option<String>,
    /// 碰撞部位, of all vehicles in one text.
    pub impact_parts: Option<String>,
    /// 交通事故事实: the course of the accident; line feeds begin a new paragraph.
    pub facts: Option<String>,
    /// 责任: one line for each party (order 146 §60).
    pub liability: Vec<LiabilityLine>,
    /// 依据: the articles applied, each as it is to be printed.
    pub articles: Vec<String>,
    /// 损害赔偿调解结果; `None` when the parties did not ask for mediation together (order 146 §25).
    pub mediation: Option<String>,
    /// 交通警察: the officer who decided.
    pub officer_name: Option<String>,
    /// 警号.
    pub officer_number: Option<String>,
    /// When the officer decided; also the PDF's own timestamp.
    #[serde(serialize_with = "crate::china_time::printed")]
    pub decided_at: DateTime<Utc>,
    /// 当事人签名, one line for each party; at most [`Self::MOST_PARTIES`].
    pub signatures: Vec<SignatureLine>,
    /// 送达: how and when the paper was served, if it was (order 146 §24).
    pub service: Option<String>,
    /// 权利告知, a paragraph each; see [`Self::standard_rights_notice`].
    pub rights_notice: Vec<String>,
    /// Where anybody can check the paper: visible ASCII only; printed as a QR code, a link and in letters.
    pub verification_url: String,
    /// Says what replaced this paper; a paper with this notice is marked as no longer valid on every page.
    pub superseded: Option<String>,
}

impl DeterminationPaper {
    /// The most parties, and the most signatures, that one form takes.
    pub const MOST_PARTIES: usize = 20;

    /// Review, mediation and suit, with their time limits: order 146 §71 (review, once, three days from
    /// service; §112 counts them as working days), §25 and §26 (mediation), road traffic safety law §74 (suit).
    pub fn standard_rights_notice() -> Vec<String> {
        [
            "当事人对本认定有异议的，可以自本认定书送达之日起三个工作日内，向上一级公安机关交通管理部门提出书面复核申请；\
             复核以一次为限。",
            "当事人对损害赔偿有争议的，可以共同请求交通警察当场调解，也可以向人民调解委员会申请调解。",
            "对损害赔偿不申请调解、经调解未达成协议，或者调解书生效后当事人不履行的，当事人可以向人民法院提起民事诉讼。",
        ]
        .map(str::to_owned)
        .to_vec()
    }
}

impl fmt::Debug for DeterminationPaper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeterminationPaper").field("number", &self.number).finish_non_exhaustive()
    }
}

/// One party (当事人) and their vehicle.
#[derive(Clone, Default, Serialize)]
pub struct PartyLine {
    /// 甲, 乙, 丙…
    pub role: String,
    /// 姓名.
    pub name: Option<String>,
    /// 驾驶证或身份证号.
    pub identity: Option<String>,
    /// 联系电话.
    pub phone: Option<String>,
    /// 交通方式, for example 驾驶小型汽车.
    pub transport_mode: Option<String>,
    /// 机动车种类.
    pub vehicle_kind: Option<String>,
    /// 号牌号码.
    pub plate: Option<String>,
    /// 保险公司.
    pub insurer: Option<String>,
    /// 保险凭证号.
    pub policy_number: Option<String>,
}

impl fmt::Debug for PartyLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartyLine").field("role", &self.role).finish_non_exhaustive()
    }
}

/// Which share one party bears.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LiabilityLine {
    /// 甲, 乙, 丙…
    pub role: String,
    /// 全部责任, 主要责任, 同等责任, 次要责任 or 无责任 (order 146 §60).
    pub grade: Option<String>,
    /// Why: the act and the article it goes against. Left out when there is none.
    pub reason: Option<String>,
}

/// One party's place to sign.
#[derive(Clone, Serialize)]
pub struct SignatureLine {
    /// 甲, 乙, 丙…
    pub role: String,
    /// What became of it.
    #[serde(flatten)]
    pub state: SignatureState,
    /// The drawn signature: a PNG or JPEG of at most 1 MiB and 4096 pixels a side. Printed only when signed.
    #[serde(rename = "drawn", serialize_with = "is_there")]
    pub image: Option<Vec<u8>>,
}

impl fmt::Debug for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureLine")
            .field("role", &self.role)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Signed, refused or still open. A refusal is noted on the paper and blocks nothing (order 146 §24, §26).
#[derive(Clone, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SignatureState {
    /// The party signed.
    Signed {
        /// When.
        #[serde(serialize_with = "crate::china_time::printed")]
        at: DateTime<Utc>,
    },
    /// The party refused to sign, and the officer noted it.
    Refused {
        /// When it was noted.
        #[serde(serialize_with = "crate::china_time::printed")]
        at: DateTime<Utc>,
        /// The officer's note.
        reason: Option<String>,
    },
    /// Neither yet.
    Pending,
}

impl fmt::Debug for SignatureState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signed { .. } => "Signed",
            Self::Refused { .. } => "Refused",
            Self::Pending => "Pending",
        })
    }
}

fn is_there<S: Serializer>(image: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(image.is_some())
}
