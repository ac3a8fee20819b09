//! A filled form for tests: two cars, a rear-end collision, one signature and one refusal.

use crate::paper::{
    DETERMINATION_TITLE, DeterminationPaper, LiabilityLine, PartyLine, SignatureLine, SignatureState,
};

pub(crate) fn paper() -> DeterminationPaper {
    let text = |text: &str| Some(text.to_owned());
    let decided_at = "2026-11-23T00:47:31Z".parse().expect("an instant");
    let party = |role: &str, name: &str, plate: &str, kind: &str| PartyLine {
        role: role.into(),
        name: text(name),
        identity: text("370303199001011234"),
        phone: text("13805330000"),
        transport_mode: text("驾驶小型汽车"),
        vehicle_kind: text(kind),
        plate: text(plate),
        insurer: text("中国人民财产保险股份有限公司淄博市分公司"),
        policy_number: text("PDZA202637030000123456"),
    };
    DeterminationPaper {
        number: "370303202611230001".into(),
        form_title: DETERMINATION_TITLE.into(),
        unit_name: "淄博市公安局交通警察支队张店大队".into(),
        occurred_at: "2026-11-23T00:15:00Z".parse().ok(),
        place: text("淄博市张店区柳泉路与人民路交叉口北侧约200米（由南向北方向第二车道）"),
        weather: text("晴"),
        parties: vec![
            party("甲", "张三", "鲁C12345", "小型轿车"),
            party("乙", "王㛃𬱖", "鲁CD12345", "小型新能源汽车"),
        ],
        accident_form: text("追尾碰撞"),
        impact_parts: text("甲车前部、乙车尾部"),
        facts: text(
            "2026年11月23日08时15分许，张三驾驶鲁C12345小型轿车沿柳泉路由南向北行驶至人民路交叉口北侧约200米处，\
             因未与前车保持足以采取紧急制动措施的安全距离，车辆前部与同向前方王㛃𬱖驾驶的鲁CD12345小型新能源汽车\
             尾部相撞，造成两车受损、无人员伤亡的道路交通事故。\n双方当事人陈述一致，现场照片6张已固定。",
        ),
        liability: vec![
            LiabilityLine {
                role: "甲".into(),
                grade: text("全部责任"),
                reason: text("未与前车保持安全距离，违反《道路交通安全法》第四十三条。"),
            },
            LiabilityLine { role: "乙".into(), grade: text("无责任"), reason: None },
        ],
        articles: vec![
            "《中华人民共和国道路交通安全法》第四十三条".into(),
            "《道路交通事故处理程序规定》第六十条第一项".into(),
        ],
        mediation: None,
        officer_name: text("李四"),
        officer_number: text("037123"),
        decided_at,
        signatures: vec![
            SignatureLine {
                role: "甲".into(),
                state: SignatureState::Signed { at: decided_at },
                image: None,
            },
            SignatureLine {
                role: "乙".into(),
                state: SignatureState::Refused {
                    at: decided_at,
                    reason: text("当事人认为修车时间过长，不愿签名"),
                },
                image: None,
            },
        ],
        service: text("经当事人同意，于2026年11月23日08时50分通过微信小程序送达"),
        rights_notice: DeterminationPaper::standard_rights_notice(),
        verification_url: "https://kuaichu.example/v/7Q2M-9KXD-41HT-ZB8W".into(),
        superseded: None,
    }
}
