//! A statement in plain sentences, to be read or heard by the person who gave it before it is confirmed.

use super::{Statement, TakenBy};
use crate::{
    liability::{Circumstance, Contact, ContactOrder, DrivingFacts, Heading, Junction, Manoeuvre, Signal},
    rulebook::Wording,
    triage::Answer,
};

/// A sentence in both languages.
type Sentence = (&'static str, &'static str);

impl Statement {
    /// What was said, in plain sentences of both languages. What was left open is not in it; the party's own words
    /// stand at the end as they were given, in both.
    pub fn read_back(&self) -> Wording {
        let mut zh: Vec<String> = Vec::new();
        let mut en: Vec<String> = Vec::new();
        if let Some((chinese, english)) = self.taken_by.as_ref().map(TakenBy::words) {
            zh.push(format!("（{chinese}）"));
            en.push(format!("({english})"));
        }
        let heading = zh.len();
        for (chinese, english) in sentences(&self.facts) {
            zh.push(format!("{chinese}。"));
            en.push(format!("{english}."));
        }
        if let Some(lane) = self.facts.lane {
            let (number, of) = (lane.number(), lane.of());
            let (zh_of, en_of) = of.map_or_else(Default::default, |of| {
                (format!("，同向共{of}条车道"), format!(" of {of} in my direction"))
            });
            zh.push(format!("我在从左数第{number}条车道{zh_of}。"));
            en.push(format!("I was in lane {number} from the left{en_of}."));
        }
        if let Some(heading) = self.facts.heading {
            zh.push(format!("我由{}向{}行驶。", opposite(heading).chinese(), heading.chinese()));
            en.push(format!("I was driving {}.", heading.english()));
        }
        if let Some(zone) = self.facts.impact_zone {
            zh.push(format!("我的车被碰撞的部位是{}。", zone.chinese()));
            en.push(format!("My vehicle was hit at its {}.", zone.english()));
        }
        let contacts = self.facts.contacts.as_slice();
        if !contacts.is_empty() {
            let (told_zh, told_en): (Vec<_>, Vec<_>) = contacts.iter().map(contact_words).unzip();
            let (order_zh, order_en) = match (self.facts.contact_order, contacts) {
                (_, [_]) => ("", ""),
                (ContactOrder::AsListed, _) => ("，按先后次序为", ", in this order"),
                (ContactOrder::Unknown, _) => ("，先后次序不明", ", in an order I do not know"),
            };
            zh.push(format!("我的车发生了{}次碰撞{order_zh}：{}。", contacts.len(), told_zh.join("；")));
            en.push(format!(
                "My vehicle was in {} contact(s){order_en}: {}.",
                contacts.len(),
                told_en.join("; ")
            ));
        }
        if self.recording.is_some() {
            zh.push("我的口头陈述已录音。".to_owned());
            en.push("My spoken statement was recorded.".to_owned());
        }
        if let Some(text) = &self.text {
            zh.push(format!("我的原话：{text}"));
            en.push(format!("In my own words: {text}"));
        }
        if zh.len() == heading {
            zh.push("我没有说明驾驶情况。".to_owned());
            en.push("I did not say what I was doing.".to_owned());
        }
        Wording { zh: zh.concat(), en: en.join(" ") }
    }
}

fn sentences(facts: &DrivingFacts) -> impl Iterator<Item = Sentence> {
    let told = facts.circumstances.iter().filter_map(|(circumstance, answer)| {
        let (yes, no) = circumstance_words(*circumstance);
        match answer {
            Answer::Yes => Some(yes),
            Answer::No => Some(no),
            Answer::Unknown => None,
        }
    });
    [manoeuvre_words(facts.manoeuvre), junction_words(facts.junction), signal_words(facts.signal)]
        .into_iter()
        .flatten()
        .chain(told)
}

fn manoeuvre_words(manoeuvre: Manoeuvre) -> Option<Sentence> {
    Some(match manoeuvre {
        Manoeuvre::Straight => ("事故发生时我在直行", "I was driving straight on"),
        Manoeuvre::Following => {
            ("事故发生时我在同车道后方跟车行驶", "I was driving behind the other vehicle in the same lane")
        }
        Manoeuvre::Stopped => ("事故发生时我停车等候", "I was standing in traffic"),
        Manoeuvre::Parked => ("事故发生时我的车停放着", "My vehicle was parked"),
        Manoeuvre::Reversing => ("事故发生时我在倒车", "I was reversing"),
        Manoeuvre::RollingBack => ("事故发生时我的车溜车", "My vehicle was rolling without power"),
        Manoeuvre::OpeningDoor => {
            ("事故发生时我的车在开关车门", "A door of my vehicle was being opened or closed")
        }
        Manoeuvre::UTurn => ("事故发生时我在掉头", "I was turning round"),
        Manoeuvre::LaneChange => ("事故发生时我在变更车道", "I was changing lane"),
        Manoeuvre::Overtaking => ("事故发生时我在超车", "I was overtaking"),
        Manoeuvre::TurningLeft => ("事故发生时我在左转", "I was turning left"),
        Manoeuvre::TurningRight => ("事故发生时我在右转", "I was turning right"),
        Manoeuvre::EnteringMainRoad => ("事故发生时我在进入主路", "I was entering the main carriageway"),
        Manoeuvre::LeavingMainRoad => ("事故发生时我在驶出主路", "I was leaving the main carriageway"),
        Manoeuvre::EnteringRoad => (
            "事故发生时我在进出道路、停车场或者泊位",
            "I was entering, leaving or crossing the road from a roadside, car park or berth",
        ),
        Manoeuvre::EnteringRoundabout => ("事故发生时我在进入环岛", "I was entering the roundabout"),
        Manoeuvre::InRoundabout => ("事故发生时我在环岛内行驶", "I was driving within the roundabout"),
        Manoeuvre::Meeting => {
            ("事故发生时我在会车", "I was meeting an oncoming vehicle where there is no room for both")
        }
        Manoeuvre::QueueJumping => {
            ("事故发生时我在排队车辆中穿插或者借道超车", "I was pushing into or past a queue")
        }
        Manoeuvre::Unknown => return None,
    })
}

fn junction_words(junction: Junction) -> Option<Sentence> {
    Some(match junction {
        Junction::None => ("事故地点不在路口", "It was not at a junction"),
        Junction::Signals => ("事故地点是有信号灯的路口", "It was at a junction with lights"),
        Junction::Signs => (
            "事故地点是没有信号灯、有让行标志标线的路口",
            "It was at a junction without lights, with priority signs or markings",
        ),
        Junction::Uncontrolled => {
            ("事故地点是没有信号灯和标志标线的路口", "It was at a junction without lights, signs or markings")
        }
        Junction::Roundabout => ("事故地点是环岛", "It was at a roundabout"),
        Junction::Unknown => return None,
    })
}

fn signal_words(signal: Signal) -> Option<Sentence> {
    Some(match signal {
        Signal::Red => ("我通过停止线时面对的是红灯", "The light I faced was red"),
        Signal::Yellow => ("我通过停止线时面对的是黄灯", "The light I faced was yellow"),
        Signal::Green => ("我通过停止线时面对的是绿灯", "The light I faced was green"),
        Signal::None => ("我面前没有信号灯", "There was no light for me"),
        Signal::Unknown => return None,
    })
}

/// What is said when it was so, and when it was not.
fn circumstance_words(circumstance: Circumstance) -> (Sentence, Sentence) {
    match circumstance {
        Circumstance::WrongWay => (
            ("我当时逆行", "I drove against the direction of traffic"),
            ("我没有逆行", "I did not drive against the direction of traffic"),
        ),
        Circumstance::ReservedLane => (
            ("我当时在专用车道内行驶", "I drove in a lane reserved for others"),
            ("我没有在专用车道内行驶", "I did not drive in a lane reserved for others"),
        ),
        Circumstance::AgainstArrows => (
            ("我没有按照导向方向行驶", "I drove against the arrow of my lane or signal"),
            ("我按照导向方向行驶", "I drove as the arrow of my lane or signal says"),
        ),
        Circumstance::ClosedRoad => (
            ("我驶入了禁止通行的道路", "I entered a closed road"),
            ("我没有驶入禁止通行的道路", "I did not enter a closed road"),
        ),
        Circumstance::AgainstOfficer => (
            ("我没有服从交通警察的指挥", "I did not follow an officer directing traffic"),
            ("我没有违反交通警察的指挥", "I did not disobey an officer directing traffic"),
        ),
        Circumstance::EmergencyOnDuty => (
            ("我驾驶的是正在执行紧急任务的特种车辆", "My vehicle is an emergency vehicle and was on duty"),
            ("我驾驶的不是正在执行紧急任务的特种车辆", "My vehicle is no emergency vehicle on duty"),
        ),
        Circumstance::DroppedLoad => (
            ("我的车遗洒了货物", "My vehicle lost part of its load"),
            ("我的车没有遗洒货物", "My vehicle lost nothing of its load"),
        ),
        Circumstance::UTurnForbidden => (
            ("该处禁止掉头", "Turning round is forbidden there"),
            ("该处允许掉头", "Turning round is allowed there"),
        ),
        Circumstance::ParkedUnlawfully => (
            ("我的车停在禁止停车的地方", "My vehicle was parked where parking is forbidden"),
            ("我的车依法停放", "My vehicle was parked lawfully"),
        ),
        Circumstance::OncomingLikely => (
            ("超车时有会车可能", "When I overtook, an oncoming vehicle was likely"),
            ("超车时没有会车可能", "When I overtook, no oncoming vehicle was likely"),
        ),
        Circumstance::OvertakingForbiddenPlace => (
            (
                "我在路口、窄桥、弯道、陡坡或者隧道超车",
                "I overtook at a junction, narrow bridge, bend, slope or tunnel",
            ),
            (
                "我没有在路口、窄桥、弯道、陡坡或者隧道超车",
                "I did not overtake at a junction, narrow bridge, bend, slope or tunnel",
            ),
        ),
        Circumstance::OvertakingOnRight => (
            (
                "我在同向只有一条车道的道路上从右侧超车",
                "I overtook on the right of a road with one lane each way",
            ),
            ("我没有从右侧超车", "I did not overtake on the right"),
        ),
        Circumstance::OvertakenWasOvertaking => (
            ("我超越的车当时正在超车", "The vehicle I overtook was itself overtaking another"),
            ("我超越的车当时没有在超车", "The vehicle I overtook was not overtaking another"),
        ),
        Circumstance::MustGiveWay => (
            ("标志或者标线要求我让行", "A sign or marking told me to give way"),
            ("没有标志或者标线要求我让行", "No sign or marking told me to give way"),
        ),
        Circumstance::OtherFromRight => (
            ("对方从我的右方道路驶来", "The other vehicle came from my right"),
            ("对方不是从我的右方道路驶来", "The other vehicle did not come from my right"),
        ),
        Circumstance::OtherFromAhead => (
            ("对方从对向驶来", "The other vehicle came from the opposite direction"),
            ("对方不是从对向驶来", "The other vehicle did not come from the opposite direction"),
        ),
        Circumstance::OnSideRoad => (
            ("我在辅路行驶", "I drove on the side carriageway"),
            ("我没有在辅路行驶", "I did not drive on the side carriageway"),
        ),
        Circumstance::ObstacleOnOwnSide => (
            ("会车时障碍在我这一侧", "When we met, the obstacle was on my side"),
            ("会车时障碍不在我这一侧", "When we met, the obstacle was not on my side"),
        ),
        Circumstance::AlreadyPassingObstacle => (
            ("会车时我已经驶入障碍路段", "When we met, I was already passing the obstacle"),
            ("会车时我还没有驶入障碍路段", "When we met, I was not yet passing the obstacle"),
        ),
        Circumstance::Downhill => (
            ("会车时我在下坡", "When we met, I drove down the slope"),
            ("会车时我没有下坡", "When we met, I did not drive down a slope"),
        ),
        Circumstance::Uphill => (
            ("会车时我在上坡", "When we met, I drove up the slope"),
            ("会车时我没有上坡", "When we met, I did not drive up a slope"),
        ),
        Circumstance::HalfwayDown => (
            (
                "会车时我下坡已行至中途，对方还没有上坡",
                "When we met, I was half-way down before the other started up",
            ),
            ("会车时我下坡尚未行至中途", "When we met, I was not half-way down yet"),
        ),
        Circumstance::MountainSide => (
            ("会车时我靠山体一侧行驶", "When we met, I drove on the side of the mountain"),
            ("会车时我不靠山体一侧行驶", "When we met, I did not drive on the side of the mountain"),
        ),
        Circumstance::NoWarningSign => (
            (
                "我的车因故障停在车道内，没有开启警示灯或者设置警告标志",
                "My vehicle stood broken down in a lane without warning lights or sign",
            ),
            (
                "我的车因故障停车时已开启警示灯并设置警告标志，或者没有因故障停车",
                "My vehicle had not broken down, or had warning lights and sign",
            ),
        ),
        Circumstance::BrakedWithoutCause => (
            ("我无故急刹车", "I braked hard without cause"),
            ("我没有无故急刹车", "I did not brake hard without cause"),
        ),
        Circumstance::SuddenEvent => (
            (
                "事故由无法预见、无法避免的意外事件引起",
                "An outside event that nobody could foresee or avert caused the accident",
            ),
            ("事故不是由意外事件引起", "No outside event caused the accident"),
        ),
    }
}

fn opposite(heading: Heading) -> Heading {
    let turned = (heading as usize + Heading::ALL.len() / 2) % Heading::ALL.len();
    Heading::ALL.get(turned).copied().unwrap_or(heading)
}

fn contact_words(contact: &Contact) -> (String, String) {
    let (zh_with, en_with) = match contact.with {
        Some(role) => (format!("与{}方车辆", role.chinese()), format!("with the vehicle of party {role}")),
        None => ("与不明车辆".to_owned(), "with a vehicle I do not know".to_owned()),
    };
    match contact.zone {
        Some(zone) => {
            (format!("{zh_with}，部位是{}", zone.chinese()), format!("{en_with}, at its {}", zone.english()))
        }
        None => (zh_with, en_with),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn statement(facts: &str) -> Statement {
        Statement {
            version: 1,
            facts: serde_json::from_str(facts).unwrap(),
            text: None,
            at: "2026-03-02T00:30:00Z".parse().unwrap(),
            recording: None,
            taken_by: None,
            confirmed_at: None,
        }
    }

    #[test]
    fn a_statement_reads_as_plain_sentences() {
        let facts = r#"{"manoeuvre":"lane_change","junction":"none","signal":"none","impact_zone":3,
            "circumstances":{"wrong_way":"no","must_give_way":"yes","downhill":"unknown"}}"#;
        let told = Statement { text: Some("我打了转向灯。".parse().unwrap()), ..statement(facts) };
        let Wording { zh, en } = told.read_back();
        assert_eq!(
            zh,
            "事故发生时我在变更车道。事故地点不在路口。我面前没有信号灯。我没有逆行。标志或者标线要求我让行。\
             我的车被碰撞的部位是右侧中部。我的原话：我打了转向灯。"
        );
        assert_eq!(
            en,
            "I was changing lane. It was not at a junction. There was no light for me. I did not drive against the \
             direction of traffic. A sign or marking told me to give way. My vehicle was hit at its right side, in \
             the middle. In my own words: 我打了转向灯。"
        );
    }

    #[test]
    fn where_it_was_and_what_it_felt_reads_in_order() {
        let facts = r#"{"lane":{"number":2,"of":3},"heading":"north_east","contact_order":"as_listed",
            "contacts":[{"with":"C","zone":6},{"zone":12}]}"#;
        let Wording { zh, en } = statement(facts).read_back();
        assert_eq!(
            zh,
            "我在从左数第2条车道，同向共3条车道。我由西南向东北行驶。我的车发生了2次碰撞，按先后次序为：与丙方车辆，\
             部位是后部；与不明车辆，部位是前部。"
        );
        assert_eq!(
            en,
            "I was in lane 2 from the left of 3 in my direction. I was driving north-east. My vehicle was in 2 \
             contact(s), in this order: with the vehicle of party C, at its rear; with a vehicle I do not know, at \
             its front."
        );
        let unordered = statement(r#"{"contacts":[{"with":"B"},{"with":"C"}]}"#).read_back();
        assert!(unordered.zh.contains("先后次序不明") && unordered.en.contains("do not know"));
        let headings: BTreeSet<_> = Heading::ALL.into_iter().map(Heading::english).collect();
        assert_eq!(headings.len(), 8);
    }

    #[test]
    fn a_statement_that_says_nothing_reads_so() {
        assert_eq!(statement("{}").read_back().zh, "我没有说明驾驶情况。");
    }

    #[test]
    fn no_two_facts_read_alike() {
        let manoeuvres = Manoeuvre::ALL.into_iter().filter_map(manoeuvre_words);
        let junctions = Junction::ALL.into_iter().filter_map(junction_words);
        let signals = Signal::ALL.into_iter().filter_map(signal_words);
        let circumstances = Circumstance::ALL.into_iter().flat_map(|one| {
            let (yes, no) = circumstance_words(one);
            [yes, no]
        });
        let all: Vec<Sentence> = manoeuvres.chain(junctions).chain(signals).chain(circumstances).collect();
        assert_eq!(all.len(), 19 + 5 + 4 + 2 * Circumstance::ALL.len());
        let chinese: BTreeSet<_> = all.iter().map(|(zh, _)| zh).collect();
        let english: BTreeSet<_> = all.iter().map(|(_, en)| en).collect();
        assert_eq!((chinese.len(), english.len()), (all.len(), all.len()));
        let zones: BTreeSet<_> =
            (1..=12).map(|hour| crate::liability::ImpactZone::new(hour).unwrap().english()).collect();
        assert_eq!(zones.len(), 12);
    }
}
