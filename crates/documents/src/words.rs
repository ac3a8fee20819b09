//! The fixed words of the forms, in both languages: labels, not rules. What a document is called, what it tells
//! of rights and how it closes is wording of the rules and comes with the paper.

use domain::document::{Bilingual, Language};

/// A word in Chinese and in English.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word(&'static str, &'static str);

impl Word {
    /// The word in this language.
    pub(crate) fn pick(self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.0,
            Language::English => self.1,
        }
    }
}

/// The text in this language.
pub(crate) fn pick(text: &Bilingual, language: Language) -> String {
    match language {
        Language::Chinese => text.zh.clone(),
        Language::English => text.en.clone(),
    }
}

macro_rules! words {
    ($($name:ident: $zh:literal, $en:literal;)+) => {
        $(pub(crate) const $name: Word = Word($zh, $en);)+
    };
}

words! {
    NUMBER: "编号", "No.";
    CASE_NUMBER: "案件编号", "Case No.";
    SCAN: "扫码核验", "Scan to verify";
    VERIFY_AT: "核验地址", "Verify at";
    PAGE: "第", "Page";
    OF: "页　共", "of";
    PAGES: "页", "";
    OCCURRED_AT: "事故时间", "Time";
    WEATHER: "天气", "Weather";
    PLACE: "事故地点", "Place";
    PARTY: "当事人", "Party";
    NAME: "姓名", "Name";
    IDENTITY: "驾驶证或\n身份证号", "Licence or\nidentity No.";
    PHONE: "联系方式", "Contact";
    TRANSPORT: "交通方式", "Transport";
    VEHICLE: "机动车种类", "Vehicle";
    PLATE: "号牌号码", "Number plate";
    INSURER: "保险公司", "Insurer";
    POLICY: "保险凭证号", "Policy No.";
    IMPACT: "碰撞部位", "Impact";
    GRADE: "责任", "Liability";
    REMARKS: "备注", "Remarks";
    FORM: "事故形态", "Form of accident";
    FACTS: "交通事故事实", "Facts";
    AGREED_FACTS: "事故经过", "Course of the accident";
    ESTABLISHED: "查明的事实", "What was established";
    OBSTACLE: "不能查清的原因", "Why the rest cannot be established";
    BASIS: "依据", "Based on";
    DETERMINATION: "责任认定及依据", "Liability and its basis";
    AGREED_LIABILITY: "责任及依据", "Liability and its basis";
    SKETCH: "现场示意图", "Sketch";
    SKETCH_MISSING: "示意图未能印出，以案件电子记录为准。", "The sketch could not be printed; it stands in the electronic record.";
    MEDIATION: "损害赔偿调解结果", "Result of mediation on damages";
    NO_MEDIATION: "当事人未共同请求调解。", "The parties did not jointly ask for mediation.";
    MEDIATED: "经调解，当事人自愿达成如下协议：", "In mediation the parties agreed of their own free will:";
    NOT_MEDIATED: "调解终止：", "Mediation ended:";
    DAMAGES: "损失项目及金额", "Damage";
    PAYMENTS: "赔偿方案", "Payments";
    PERFORMANCE: "履行方式和期限", "Manner and time of payment";
    WHOSE: "当事人", "Party";
    ITEM: "损失项目", "Item";
    AMOUNT: "金额", "Amount";
    PAID_BY: "赔偿方", "Paid by";
    PAID_TO: "受偿方", "Paid to";
    SOURCE: "资金来源", "Out of";
    TOTAL: "合计", "Total";
    BASED_ON: "所依据的认定书", "Determination";
    SIGNATURES: "当事人签名", "Signatures of the parties";
    SIGNED: "已电子签名", "Signed electronically";
    UNTIL: "期限至", "Until the end of";
    PENDING: "（尚未签名）", "(not signed yet)";
    SERVICE: "送达", "Service";
    NOT_SERVED: "（制作时尚未送达，送达情况以电子送达记录为准）", "(not served yet when this document was made; the electronic record of service counts)";
    OFFICER: "交通警察（签名）", "Traffic police officer";
    REVIEWER: "复核人员（签名）", "Reviewing officer";
    MEDIATOR: "主持调解的交通警察（签名）", "Officer who mediated";
    BADGE: "警号", "Officer No.";
    ISSUED_BY: "出具单位", "Issued by";
    DECIDED_AT: "认定时间", "Determined on";
    ISSUED_AT: "出具时间", "Issued on";
    PROPOSED_AT: "协议提出时间", "Proposed on";
    AGREED_AT: "达成协议时间", "Agreed on";
    GIVEN_AT: "告知时间", "Given on";
    CONCLUDED_AT: "结论时间", "Concluded on";
    REQUESTED_BY: "复核申请人", "Review asked for by";
    REQUESTED_AT: "申请时间", "Asked for on";
    REQUEST_REASON: "申请复核的理由", "Why";
    OUTCOME: "复核结论", "Conclusion";
    GROUNDS: "复核意见", "Grounds";
    RIGHTS: "权利义务告知", "Rights and duties";
    SEAL: "交通事故处理专用章", "Seal for the handling of road accidents";
    SEAL_NOTE: "印章由系统按单位名称生成，真伪以核验结果为准", "";
    GETA: "注：本文书中“〓”处的文字超出字库，以案件电子记录为准。", "Note: characters printed as “〓” are not in the font; the electronic record counts.";
    ORIGINAL_TEXT: "", "Names, places and what people wrote are printed as they were written.";
}
