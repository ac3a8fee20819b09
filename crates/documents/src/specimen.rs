//! A filled paper of every kind, for tests, for measuring, and for whoever changes a template: two cars, a rear-end
//! collision, one signature and one refusal.

use chrono::{DateTime, Utc};
use domain::{
    calendar::day_in_china,
    case::worded,
    document::{
        AgreementPaper, Bilingual, CertificatePaper, DamageLine, DeterminationPaper, LiabilityLine,
        MediationPaper, MediationResult, OfficerLine, Paper, PaperHead, PaperWording, PartyLine, PaymentLine,
        ReviewPaper, RightsPaper, ServiceLine, SignatureLine, SignatureState,
    },
    liability::{DrivingFacts, Heading, ImpactZone, Manoeuvre},
    role::PartyRole,
    rules::{RuleFaults, Rulebook},
    sketch::draw,
};

/// A paper of every kind, in the words of the rules.
///
/// # Errors
/// If the rules that come with `domain` do not hold.
pub fn papers() -> Result<Vec<Paper>, RuleFaults> {
    let book = Rulebook::embedded()?;
    let rules = book.on(day_in_china(at(0)));
    let told = |paper: Paper| worded(paper, &rules, None);
    Ok(vec![
        told(determination().into()),
        told(agreement().into()),
        told(certificate().into()),
        told(mediation().into()),
        worded(notice(), &rules, Some(at(60))),
        told(review().into()),
    ])
}

/// Minutes after the decision.
fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + chrono::TimeDelta::minutes(29_923_247 + minutes)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn party(role: &str, name: &str, plate: &str, impact: &str) -> PartyLine {
    PartyLine {
        role: role.into(),
        name: some(name),
        identity: some("370303199001011234"),
        phone: some("13805330000"),
        transport_mode: some("驾驶机动车"),
        vehicle_kind: some("小型汽车"),
        plate: some(plate),
        insurer: some("中国人民财产保险股份有限公司淄博市分公司"),
        policy_number: some("PDZA202637030000123456"),
        impact: some(impact),
        remarks: Vec::new(),
    }
}

fn head(number: &str) -> PaperHead {
    PaperHead {
        number: format!("{number}KC20261123-7Q2M9KXD"),
        case_number: "KC20261123-7Q2M9KXD".into(),
        unit_name: "淄博市公安局交通警察支队张店大队".into(),
        occurred_at: at(-32),
        place: "淄博市张店区柳泉路与人民路交叉口北侧约200米（由南向北方向第二车道）".into(),
        weather: some("晴"),
        parties: vec![party("甲", "张三", "鲁C12345", "前部"), party("乙", "王㛃𬱖", "鲁CD12345", "后部")],
        verification_url: "https://kuaichu.example/v/7q2m9kxd41htzb8w7q2m9kxd41".into(),
        wording: PaperWording::default(),
    }
}

fn liability() -> Vec<LiabilityLine> {
    [("甲", "全部责任"), ("乙", "无责任")]
        .map(|(role, grade)| LiabilityLine { role: role.into(), grade: grade.into() })
        .to_vec()
}

fn signatures() -> Vec<SignatureLine> {
    let refused = SignatureState::Refused {
        at: at(4),
        reason: "当事人认为修车时间过长，不愿签名".into(),
        noted: Bilingual::new("拒绝签名，由交通警察注明", "Refused to sign, noted by the officer"),
    };
    [("甲", SignatureState::Signed { at: at(3) }), ("乙", refused)]
        .map(|(role, state)| SignatureLine { role: role.into(), state, image: None })
        .to_vec()
}

fn officer() -> OfficerLine {
    OfficerLine { name: "李四".into(), number: "037123".into() }
}

fn facts() -> String {
    "2026年11月23日08时15分许，张三驾驶鲁C12345小型汽车沿柳泉路由南向北行驶至人民路交叉口北侧约200米处，因未与前车\
     保持足以采取紧急制动措施的安全距离，车辆前部与同向前方王㛃𬱖驾驶的鲁CD12345小型汽车后部相撞，造成两车受损、无人员\
     伤亡的道路交通事故。\n双方当事人陈述一致，现场照片6张已固定。"
        .into()
}

fn articles() -> Vec<String> {
    [
        "《中华人民共和国道路交通安全法》第四十三条第一项",
        "《道路交通事故处理程序规定》第六十条",
        "《道路交通事故处理程序规定》第二十四条",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn damages() -> Vec<DamageLine> {
    [("甲", "车辆维修费", 320_000), ("乙", "车辆维修费（后保险杠、尾灯）", 468_050), ("乙", "拖车费", 30_000)]
        .map(|(role, item, fen)| DamageLine { role: role.into(), item: item.into(), fen })
        .to_vec()
}

fn payments() -> Vec<PaymentLine> {
    [("甲", "乙", "交强险", 200_000), ("甲", "乙", "商业三者险", 298_050), ("乙", "甲", "交强险", 10_000)]
        .map(|(from, to, source, fen)| PaymentLine {
            to: to.into(),
            from: from.into(),
            source: source.into(),
            fen,
        })
        .to_vec()
}

const PERFORMANCE: &str = "按上列项目给付；给付方式：由保险公司直接支付；给付期限：2026年12月31日前。";

/// A determination: signed by one, refused by the other, mediated and served.
pub fn determination() -> DeterminationPaper {
    DeterminationPaper {
        head: head("认字"),
        accident_form: some("追尾碰撞"),
        facts: facts(),
        liability: liability(),
        articles: articles(),
        officer: officer(),
        decided_at: at(0),
        signatures: signatures(),
        sketch: sketch(),
        mediation: Some(MediationResult::Agreed {
            at: at(2),
            damages: damages(),
            payments: payments(),
            performance: PERFORMANCE.into(),
        }),
        services: vec![ServiceLine {
            role: "甲".into(),
            manner: Bilingual::new(
                "经本人同意以电子方式送达，本人已查收",
                "served online with the party's consent, and opened",
            ),
            at: at(3),
        }],
        rights: Vec::new(),
    }
}

fn agreement() -> AgreementPaper {
    let signed = |line: SignatureLine| SignatureLine { state: SignatureState::Signed { at: at(5) }, ..line };
    AgreementPaper {
        head: head("协字"),
        accident_form: some("追尾碰撞"),
        facts: facts(),
        liability: liability(),
        articles: articles(),
        proposed_at: at(0),
        signatures: signatures().into_iter().map(signed).collect(),
        sketch: sketch(),
        rights: Vec::new(),
    }
}

fn certificate() -> CertificatePaper {
    CertificatePaper {
        head: head("证字"),
        facts: facts(),
        reason: "双方对信号灯状态的陈述相互矛盾，现场无监控和行车记录，其他证据不足以判明。".into(),
        articles: vec!["《道路交通事故处理程序规定》第六十七条".into()],
        officer: officer(),
        issued_at: at(0),
        services: Vec::new(),
        rights: Vec::new(),
    }
}

fn mediation() -> MediationPaper {
    MediationPaper {
        head: head("调字"),
        determination_number: "认字KC20261123-7Q2M9KXD".into(),
        liability: liability(),
        damages: damages(),
        payments: payments(),
        performance: PERFORMANCE.into(),
        articles: vec![
            "《道路交通事故处理程序规定》第二十五条".into(),
            "《道路交通事故处理程序规定》第九十三条".into(),
        ],
        officer: officer(),
        agreed_at: at(2),
        signatures: signatures(),
        rights: Vec::new(),
    }
}

fn notice() -> RightsPaper {
    let mut head = head("告字");
    head.parties.truncate(1);
    RightsPaper { head, rights: Vec::new(), given_at: at(60) }
}

fn review() -> ReviewPaper {
    ReviewPaper {
        head: head("复字"),
        determination_number: "认字KC20261123-7Q2M9KXD".into(),
        requested_by: "乙".into(),
        requested_at: at(2000),
        reason: "我认为对方车速过快，请重新认定。".into(),
        outcome: "维持原道路交通事故认定。".into(),
        grounds: "经复核，原认定事实清楚、证据确实充分、适用法律正确、责任划分公正、程序合法。".into(),
        articles: vec![
            "《道路交通事故处理程序规定》第七十四条".into(),
            "《道路交通事故处理程序规定》第七十六条第一项".into(),
        ],
        officers: vec![officer(), OfficerLine { name: "赵六".into(), number: "030045".into() }],
        concluded_at: at(9000),
        rights: Vec::new(),
    }
}

/// The sketch that the service draws of such an accident.
fn sketch() -> Option<String> {
    let facts = |manoeuvre, zone| DrivingFacts {
        manoeuvre,
        impact_zone: ImpactZone::new(zone).ok(),
        heading: Some(Heading::North),
        ..DrivingFacts::default()
    };
    let (behind, ahead) = (facts(Manoeuvre::Following, 12), facts(Manoeuvre::Stopped, 6));
    Some(draw(&[(PartyRole::A, &behind), (PartyRole::B, &ahead)]).svg)
}
