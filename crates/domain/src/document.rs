//! What a document says, ready to be typeset: words and numbers only, no layout.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Kinds of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// 道路交通事故认定书(简易程序).
    Determination,
    /// 自行协商协议书.
    Agreement,
    /// 道路交通事故证明.
    Certificate,
    /// 损害赔偿调解记录.
    MediationRecord,
    /// 权利义务告知书.
    NoticeOfRights,
    /// 复核结论.
    ReviewConclusion,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Determination,
        Self::Agreement,
        Self::Certificate,
        Self::MediationRecord,
        Self::NoticeOfRights,
        Self::ReviewConclusion,
    ];

    /// Its name, as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Determination => "determination",
            Self::Agreement => "agreement",
            Self::Certificate => "certificate",
            Self::MediationRecord => "mediation_record",
            Self::NoticeOfRights => "notice_of_rights",
            Self::ReviewConclusion => "review_conclusion",
        }
    }
}

/// A document, ready to be typeset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Paper {
    /// 道路交通事故认定书(简易程序).
    Determination(DeterminationPaper),
    /// 自行协商协议书.
    Agreement(AgreementPaper),
    /// 道路交通事故证明.
    Certificate(CertificatePaper),
    /// 损害赔偿调解记录.
    MediationRecord(MediationPaper),
    /// 权利义务告知书.
    NoticeOfRights(RightsPaper),
    /// 复核结论.
    ReviewConclusion(ReviewPaper),
}

impl Paper {
    /// Which kind it is.
    pub fn kind(&self) -> DocumentKind {
        match self {
            Self::Determination(_) => DocumentKind::Determination,
            Self::Agreement(_) => DocumentKind::Agreement,
            Self::Certificate(_) => DocumentKind::Certificate,
            Self::MediationRecord(_) => DocumentKind::MediationRecord,
            Self::NoticeOfRights(_) => DocumentKind::NoticeOfRights,
            Self::ReviewConclusion(_) => DocumentKind::ReviewConclusion,
        }
    }

    /// What stands on top of it.
    pub fn head(&self) -> &PaperHead {
        match self {
            Self::Determination(paper) => &paper.head,
            Self::Agreement(paper) => &paper.head,
            Self::Certificate(paper) => &paper.head,
            Self::MediationRecord(paper) => &paper.head,
            Self::NoticeOfRights(paper) => &paper.head,
            Self::ReviewConclusion(paper) => &paper.head,
        }
    }

    /// The same, to be changed.
    pub fn head_mut(&mut self) -> &mut PaperHead {
        match self {
            Self::Determination(paper) => &mut paper.head,
            Self::Agreement(paper) => &mut paper.head,
            Self::Certificate(paper) => &mut paper.head,
            Self::MediationRecord(paper) => &mut paper.head,
            Self::NoticeOfRights(paper) => &mut paper.head,
            Self::ReviewConclusion(paper) => &mut paper.head,
        }
    }

    /// The rights that it tells of.
    pub fn rights_mut(&mut self) -> &mut Vec<RightLine> {
        match self {
            Self::Determination(paper) => &mut paper.rights,
            Self::Agreement(paper) => &mut paper.rights,
            Self::Certificate(paper) => &mut paper.rights,
            Self::MediationRecord(paper) => &mut paper.rights,
            Self::NoticeOfRights(paper) => &mut paper.rights,
            Self::ReviewConclusion(paper) => &mut paper.rights,
        }
    }

    /// Its number.
    pub fn number(&self) -> &str {
        &self.head().number
    }
}

macro_rules! into_paper {
    ($($kind:ident($paper:ident)),+) => {
        $(impl From<$paper> for Paper {
            fn from(paper: $paper) -> Self {
                Self::$kind(paper)
            }
        })+
    };
}

into_paper!(
    Determination(DeterminationPaper),
    Agreement(AgreementPaper),
    Certificate(CertificatePaper),
    MediationRecord(MediationPaper),
    NoticeOfRights(RightsPaper),
    ReviewConclusion(ReviewPaper)
);

/// A paper whose PDF is typeset and stored.
#[derive(Debug, Clone, PartialEq)]
pub struct IssuedPaper {
    /// What it says.
    pub paper: Paper,
    /// SHA-256 of the PDF.
    pub digest: Digest,
}

/// In which language a document is typeset. The Chinese one counts; the English one is for reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Chinese.
    #[default]
    Chinese,
    /// English, marked as a translation.
    English,
}

/// What every document of a case says on top.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct PaperHead {
    /// Number of the document.
    pub number: String,
    /// Public number of the case.
    pub case_number: String,
    /// The unit that issues it, or before which it is made.
    pub unit_name: String,
    /// When the accident happened; printed in Chinese time.
    pub occurred_at: DateTime<Utc>,
    /// Where.
    pub place: String,
    /// The weather.
    pub weather: Option<String>,
    /// Everyone involved, in the order of their roles.
    pub parties: Vec<PartyLine>,
    /// Address that the QR code leads to.
    pub verification_url: String,
    /// What the form says besides.
    #[serde(default)]
    pub wording: PaperWording,
}

/// What a form says besides what is known of the case: texts of the rules, in force when it is typeset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperWording {
    /// What the document is called.
    pub title: Bilingual,
    /// What it says of itself, under all else.
    pub closing: Bilingual,
    /// In a field about which nothing is known.
    pub unknown: Bilingual,
    /// Beside the code that leads to the verification page.
    pub verification: Bilingual,
    /// On every page of a translation.
    pub translation: Bilingual,
}

/// An officer as printed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct OfficerLine {
    /// His name.
    pub name: String,
    /// His number.
    pub number: String,
}

/// A 自行协商协议书 with the fields of R146 §21.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct AgreementPaper {
    /// What stands on top.
    pub head: PaperHead,
    /// How the vehicles met (事故形态).
    pub accident_form: Option<String>,
    /// What happened, as the parties agree.
    pub facts: String,
    /// Who bears what.
    pub liability: Vec<LiabilityLine>,
    /// The articles it rests on.
    pub articles: Vec<String>,
    /// When it was proposed; printed in Chinese time.
    pub proposed_at: DateTime<Utc>,
    /// What each party did with it.
    pub signatures: Vec<SignatureLine>,
    /// The sketch that the parties confirmed, as SVG.
    #[serde(default)]
    pub sketch: Option<String>,
    /// What the parties may do about it.
    #[serde(default)]
    pub rights: Vec<RightLine>,
}

/// A 道路交通事故证明 (R146 §67).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct CertificatePaper {
    /// What stands on top.
    pub head: PaperHead,
    /// What was established.
    pub facts: String,
    /// Why the rest cannot be.
    pub reason: String,
    /// The articles it rests on.
    pub articles: Vec<String>,
    /// Who issued it.
    pub officer: OfficerLine,
    /// When; printed in Chinese time.
    pub issued_at: DateTime<Utc>,
    /// Whom it has reached.
    #[serde(default)]
    pub services: Vec<ServiceLine>,
    /// What the parties may do about it.
    #[serde(default)]
    pub rights: Vec<RightLine>,
}

/// The record of a mediation (R146 §25, with the fields of §93).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct MediationPaper {
    /// What stands on top.
    pub head: PaperHead,
    /// Number of the determination that it rests on.
    pub determination_number: String,
    /// Who bears what.
    pub liability: Vec<LiabilityLine>,
    /// What was damaged, and what it costs.
    pub damages: Vec<DamageLine>,
    /// Who pays what to whom, out of what.
    pub payments: Vec<PaymentLine>,
    /// In which way, and by when, it is paid.
    pub performance: String,
    /// The articles it rests on.
    pub articles: Vec<String>,
    /// Who mediated.
    pub officer: OfficerLine,
    /// When it was agreed; printed in Chinese time.
    pub agreed_at: DateTime<Utc>,
    /// What each party did with it.
    pub signatures: Vec<SignatureLine>,
    /// What the parties may do about it.
    #[serde(default)]
    pub rights: Vec<RightLine>,
}

/// What became of a mediation, as recorded on the determination (R146 §25, §26).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum MediationResult {
    /// The parties agreed.
    Agreed {
        /// When; printed in Chinese time.
        at: DateTime<Utc>,
        /// What was damaged, and what it costs.
        damages: Vec<DamageLine>,
        /// Who pays what to whom, out of what.
        payments: Vec<PaymentLine>,
        /// In which way, and by when, it is paid.
        performance: String,
    },
    /// It ended without agreement, or there was none.
    Ended {
        /// When; printed in Chinese time.
        at: DateTime<Utc>,
        /// Why.
        reason: Bilingual,
    },
}

/// A document that reached somebody (送达).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceLine {
    /// Whom: 甲, 乙, …
    pub role: String,
    /// In which manner.
    pub manner: Bilingual,
    /// When; printed in Chinese time.
    pub at: DateTime<Utc>,
}

/// One item of damage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DamageLine {
    /// Whose: 甲, 乙, …
    pub role: String,
    /// What.
    pub item: String,
    /// How much, in fen.
    pub fen: i64,
}

/// One sum that is paid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentLine {
    /// To whom: 甲, 乙, …
    pub to: String,
    /// By whom.
    pub from: String,
    /// Out of what: 交强险, 商业三者险, 自行承担, …
    pub source: String,
    /// How much, in fen.
    pub fen: i64,
}

/// The notice of a party's rights and duties (权利义务告知书).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct RightsPaper {
    /// What stands on top; its parties are the one it is for.
    pub head: PaperHead,
    /// Each right with its time limit and articles.
    pub rights: Vec<RightLine>,
    /// When it was given; printed in Chinese time.
    pub given_at: DateTime<Utc>,
}

/// One right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RightLine {
    /// What it is called.
    pub title: Bilingual,
    /// What it says.
    pub text: Bilingual,
    /// Until when it can be used, if that is known; printed in Chinese time.
    pub until: Option<DateTime<Utc>>,
    /// What it rests on.
    pub articles: Vec<String>,
}

/// The conclusion of a review (复核结论, R146 §74 to §76).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ReviewPaper {
    /// What stands on top.
    pub head: PaperHead,
    /// Number of the determination that was reviewed.
    pub determination_number: String,
    /// Who asked for it: 甲, 乙, …
    pub requested_by: String,
    /// When; printed in Chinese time.
    pub requested_at: DateTime<Utc>,
    /// Why.
    pub reason: String,
    /// What it comes to, in words.
    pub outcome: String,
    /// Why.
    pub grounds: String,
    /// The articles it rests on.
    pub articles: Vec<String>,
    /// The officers who concluded it, at least two.
    pub officers: Vec<OfficerLine>,
    /// When; printed in Chinese time.
    pub concluded_at: DateTime<Utc>,
    /// What the parties may do about it.
    #[serde(default)]
    pub rights: Vec<RightLine>,
}

macro_rules! named_by_number {
    ($($paper:ident),+) => {
        $(impl std::fmt::Debug for $paper {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($paper), "({}, …)"), self.head.number)
            }
        })+
    };
}

named_by_number!(
    DeterminationPaper,
    AgreementPaper,
    CertificatePaper,
    MediationPaper,
    RightsPaper,
    ReviewPaper
);

/// A determination by simplified procedure (道路交通事故认定书(简易程序)) with the fields of R146 §24.
/// Anything unknown is `None` and printed as 不详: a missing field must not keep a document from anybody.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct DeterminationPaper {
    /// What stands on top.
    pub head: PaperHead,
    /// How the vehicles met (事故形态).
    pub accident_form: Option<String>,
    /// What the officer found to have happened.
    pub facts: String,
    /// Who bears what.
    pub liability: Vec<LiabilityLine>,
    /// The articles the decision rests on.
    pub articles: Vec<String>,
    /// The deciding officer.
    pub officer: OfficerLine,
    /// When it was decided; printed in Chinese time.
    pub decided_at: DateTime<Utc>,
    /// What each party did with it.
    pub signatures: Vec<SignatureLine>,
    /// The sketch that the parties confirmed, as SVG.
    #[serde(default)]
    pub sketch: Option<String>,
    /// What became of the mediation; nothing if nobody asked for one.
    #[serde(default)]
    pub mediation: Option<MediationResult>,
    /// Whom it has reached.
    #[serde(default)]
    pub services: Vec<ServiceLine>,
    /// What the parties may do about it.
    #[serde(default)]
    pub rights: Vec<RightLine>,
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
    /// How it took part: who entered its data, who helped it, whose the vehicle is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Bilingual>,
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
    /// The signature that the party drew (PNG, at most 1 MiB); printed if it signed. Not kept with the paper.
    #[serde(skip)]
    pub image: Option<DrawnImage>,
}

impl SignatureLine {
    /// The party has not answered this document yet.
    pub fn reopen(&mut self) {
        (self.state, self.image) = (SignatureState::Pending, None);
    }
}

/// A drawn signature, as PNG.
#[derive(Clone, PartialEq, Eq)]
pub struct DrawnImage(pub Vec<u8>);

impl std::fmt::Debug for DrawnImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DrawnImage({} bytes)", self.0.len())
    }
}

/// Signed, refused (noted by R146 §24, blocks nothing) or still open.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
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
        /// Whose word that is: the party's, an officer's, or the service's after silence.
        noted: Bilingual,
    },
}

impl std::fmt::Debug for SignatureState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pending => "Pending",
            Self::Signed { .. } => "Signed",
            Self::Refused { .. } => "Refused",
        })
    }
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
