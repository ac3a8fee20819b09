//! What a document says, ready to be typeset: words and numbers only, no layout.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A determination by simplified procedure (道路交通事故认定书(简易程序)) with the fields of R146 §24.
/// Anything unknown is `None` and printed as 不详: a missing field must not keep a document from anybody.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct DeterminationPaper {
    /// Number of the document.
    pub number: String,
    /// Public number of the case.
    pub case_number: String,
    /// The unit that issues it.
    pub unit_name: String,
    /// When it happened; printed in Chinese time.
    pub occurred_at: DateTime<Utc>,
    /// Where.
    pub place: String,
    /// The weather.
    pub weather: Option<String>,
    /// Everyone involved, in the order of their roles.
    pub parties: Vec<PartyLine>,
    /// How the vehicles met (事故形态).
    pub accident_form: Option<String>,
    /// What the officer found to have happened.
    pub facts: String,
    /// Who bears what.
    pub liability: Vec<LiabilityLine>,
    /// The articles the decision rests on.
    pub articles: Vec<String>,
    /// The deciding officer.
    pub officer_name: String,
    /// The officer's number.
    pub officer_number: String,
    /// When it was decided; printed in Chinese time.
    pub decided_at: DateTime<Utc>,
    /// What each party did with it.
    pub signatures: Vec<SignatureLine>,
    /// Address that the QR code leads to.
    pub verification_url: String,
}

/// One party as the document names it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct PartyLine {
    /// 甲, 乙, …
    pub role: String,
    /// 姓名.
    pub name: Option<String>,
    /// 驾驶证号或身份证号.
    pub identity: Option<String>,
    /// 联系方式.
    pub phone: Option<String>,
    /// 交通方式.
    pub transport_mode: Option<String>,
    /// 机动车种类.
    pub vehicle_kind: Option<String>,
    /// 号牌号码.
    pub plate: Option<String>,
    /// 保险公司.
    pub insurer: Option<String>,
    /// 保险凭证号.
    pub policy_number: Option<String>,
    /// 碰撞部位.
    pub impact: Option<String>,
}

impl std::fmt::Debug for DeterminationPaper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeterminationPaper({}, …)", self.number)
    }
}

impl std::fmt::Debug for PartyLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PartyLine({}, …)", self.role)
    }
}

/// One party's liability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiabilityLine {
    /// 甲, 乙, …
    pub role: String,
    /// 全部责任, 主要责任, …
    pub grade: String,
}

/// What a party did with the document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignatureLine {
    /// 甲, 乙, …
    pub role: String,
    /// What was done.
    pub state: SignatureState,
}

/// Signed, refused (noted by R146 §24, blocks nothing) or still open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SignatureState {
    /// Not yet.
    Pending,
    /// Signed over the document's hash.
    Signed {
        /// When.
        at: DateTime<Utc>,
    },
    /// Refused, noted with the reason.
    Refused {
        /// When.
        at: DateTime<Utc>,
        /// Why, as noted.
        reason: String,
    },
}

/// A case in words, for whoever reads its court pack: tables under headings, in Chinese with English beside.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseSummary {
    /// The case's public number.
    pub number: String,
    /// The unit that handles it.
    pub unit_name: String,
    /// When the summary is made; printed in Chinese time.
    pub made_at: DateTime<Utc>,
    /// What the reader must know first.
    pub notice: Bilingual,
    /// The tables.
    pub sections: Vec<SummarySection>,
}

/// One table of a summary.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SummarySection {
    /// Its heading.
    pub heading: Bilingual,
    /// What its columns are; empty for a table of labels and values.
    pub columns: Vec<Bilingual>,
    /// Its rows, each with as many cells as there are columns, or with a label and a value.
    pub rows: Vec<Vec<String>>,
}

/// A text in Chinese and in English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Bilingual {
    /// The two texts.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// A summary, ready to be read.
#[derive(Clone, PartialEq, Eq)]
pub struct SummaryCopies {
    /// As PDF/A.
    pub pdf: Vec<u8>,
    /// As one page of HTML that needs nothing else and runs nothing.
    pub html: String,
}

impl std::fmt::Debug for CaseSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CaseSummary({}, …)", self.number)
    }
}

impl std::fmt::Debug for SummarySection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SummarySection({}, {} rows)", self.heading.en, self.rows.len())
    }
}

impl std::fmt::Debug for SummaryCopies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SummaryCopies(…)")
    }
}
