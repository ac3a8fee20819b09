//! Facts and grades in short words of both languages, said of a party: 甲方变更车道, "A was changing lane".

use std::collections::BTreeMap;

use super::{Circumstance, Fact, Grade, Junction, Manoeuvre, Signal};
use crate::{role::PartyRole, rulebook::Wording, triage::Answer};

fn wording(zh: impl Into<String>, en: impl Into<String>) -> Wording {
    Wording { zh: zh.into(), en: en.into() }
}

/// A fact without its subject.
pub(super) fn of(fact: &Fact) -> Wording {
    match fact {
        Fact::Manoeuvre(manoeuvre) => {
            let (zh, en) = of_manoeuvre(*manoeuvre);
            wording(zh, en)
        }
        Fact::Signal(signal) => {
            let (zh, en) = of_signal(*signal);
            wording(zh, en)
        }
        Fact::Junction(junction) => {
            let (zh, en) = of_junction(*junction);
            wording(zh, en)
        }
        Fact::Circumstance(circumstance, answer) => {
            let (zh, en) = of_circumstance(*circumstance);
            match answer {
                Answer::Yes => wording(zh, format!("it was so that it {en}")),
                Answer::No => wording(format!("没有以下情形：{zh}"), format!("it was not so that it {en}")),
                Answer::Unknown => wording(format!("{zh}：不明"), format!("it is not known whether it {en}")),
            }
        }
        Fact::ImpactZone(zone) => {
            wording(format!("被碰撞部位：{}", zone.chinese()), format!("was hit at its {}", zone.english()))
        }
        Fact::Heading(heading) => {
            wording(format!("向{}行驶", heading.chinese()), format!("was heading {}", heading.english()))
        }
        Fact::Contacts(contacts) => {
            let zh = contacts.as_slice().iter().map(|contact| {
                let with =
                    contact.with.map_or("不明车辆".to_owned(), |role| format!("{}方", role.chinese()));
                contact.zone.map_or(with.clone(), |zone| format!("{with}（{}）", zone.chinese()))
            });
            let en = contacts.as_slice().iter().map(|contact| {
                let with = contact.with.map_or("an unknown vehicle".to_owned(), |role| role.to_string());
                contact.zone.map_or(with.clone(), |zone| format!("{with} (at its {})", zone.english()))
            });
            wording(
                format!("先后与{}相碰", zh.collect::<Vec<_>>().join("、")),
                format!("touched, in this order, {}", en.collect::<Vec<_>>().join(", ")),
            )
        }
    }
}

/// Who bears what: "甲方全部责任，乙方无责任".
pub(super) fn of_grades(grades: &BTreeMap<PartyRole, Grade>) -> Wording {
    let zh = grades.iter().map(|(role, grade)| format!("{}方{}", role.chinese(), grade.chinese()));
    let en = grades.iter().map(|(role, grade)| format!("{role} {}", of_grade(*grade)));
    wording(zh.collect::<Vec<_>>().join("，"), en.collect::<Vec<_>>().join(", "))
}

fn of_grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Full => "full",
        Grade::Main => "main",
        Grade::Equal => "equal",
        Grade::Secondary => "secondary",
        Grade::None => "none",
    }
}

/// What to ask about a fact; its value does not matter.
pub(super) fn question(role: PartyRole, fact: &Fact) -> Wording {
    let zh_role = role.chinese();
    let (zh, en) = match fact {
        Fact::Manoeuvre(_) => ("事故发生时在做什么？".to_owned(), "what was it doing?".to_owned()),
        Fact::Signal(_) => {
            ("通过停止线时面对什么灯色？".to_owned(), "which light did it face at the stop line?".to_owned())
        }
        Fact::Junction(_) => {
            ("事故地点是什么样的路口？".to_owned(), "what kind of junction was it at, if any?".to_owned())
        }
        Fact::Circumstance(circumstance, _) => {
            let (zh, en) = of_circumstance(*circumstance);
            (format!("是否有以下情形：{zh}？"), format!("is it so that it {en}?"))
        }
        Fact::ImpactZone(_) => ("车辆哪个部位被碰撞？".to_owned(), "where was it hit?".to_owned()),
        Fact::Heading(_) => ("向哪个方向行驶？".to_owned(), "which way was it heading?".to_owned()),
        Fact::Contacts(_) => (
            "先后与谁、在哪个部位相碰？".to_owned(),
            "whom did it touch, at which part, and in which order?".to_owned(),
        ),
    };
    wording(format!("{zh_role}方：{zh}"), format!("{role}: {en}"))
}

fn of_manoeuvre(manoeuvre: Manoeuvre) -> (&'static str, &'static str) {
    match manoeuvre {
        Manoeuvre::Straight => ("直行", "was driving straight on"),
        Manoeuvre::Following => ("在同车道跟车行驶", "was driving behind the other in its lane"),
        Manoeuvre::Stopped => ("停车等候", "was standing in traffic"),
        Manoeuvre::Parked => ("停放", "was parked"),
        Manoeuvre::Reversing => ("倒车", "was reversing"),
        Manoeuvre::RollingBack => ("溜车", "was rolling without power"),
        Manoeuvre::OpeningDoor => ("开关车门", "was opening or closing a door"),
        Manoeuvre::UTurn => ("掉头", "was turning round"),
        Manoeuvre::LaneChange => ("变更车道", "was changing lane"),
        Manoeuvre::Overtaking => ("超车", "was overtaking"),
        Manoeuvre::TurningLeft => ("左转弯", "was turning left"),
        Manoeuvre::TurningRight => ("右转弯", "was turning right"),
        Manoeuvre::EnteringMainRoad => ("进入主路", "was entering the main carriageway"),
        Manoeuvre::LeavingMainRoad => ("驶出主路", "was leaving the main carriageway"),
        Manoeuvre::EnteringRoad => {
            ("进出道路、停车场或者泊位", "was entering or leaving the road, a car park or a berth")
        }
        Manoeuvre::EnteringRoundabout => ("进入环岛", "was entering the roundabout"),
        Manoeuvre::InRoundabout => ("在环岛内行驶", "was driving within the roundabout"),
        Manoeuvre::Meeting => ("会车", "was meeting an oncoming vehicle"),
        Manoeuvre::QueueJumping => ("在排队车辆中穿插或者借道超车", "was pushing into or past a queue"),
        Manoeuvre::Unknown => ("动作不明", "did something that is not known"),
    }
}

fn of_signal(signal: Signal) -> (&'static str, &'static str) {
    match signal {
        Signal::Red => ("面对红灯", "faced a red light"),
        Signal::Yellow => ("面对黄灯", "faced a yellow light"),
        Signal::Green => ("面对绿灯", "faced a green light"),
        Signal::None => ("面前没有信号灯", "faced no light"),
        Signal::Unknown => ("灯色不明", "faced a light that is not known"),
    }
}

fn of_junction(junction: Junction) -> (&'static str, &'static str) {
    match junction {
        Junction::None => ("不在路口", "was not at a junction"),
        Junction::Signals => ("在有信号灯的路口", "was at a junction with lights"),
        Junction::Signs => ("在无信号灯、有标志标线的路口", "was at a junction with priority signs"),
        Junction::Uncontrolled => {
            ("在无信号灯、无标志标线的路口", "was at a junction without lights or signs")
        }
        Junction::Roundabout => ("在环岛", "was at a roundabout"),
        Junction::Unknown => ("路口情况不明", "was at a place that is not known"),
    }
}

/// What was so, in a way that fits after "it is so that it …".
fn of_circumstance(circumstance: Circumstance) -> (&'static str, &'static str) {
    match circumstance {
        Circumstance::WrongWay => ("逆行", "drove against the direction of traffic"),
        Circumstance::ReservedLane => ("违规在专用车道内行驶", "drove in a lane reserved for others"),
        Circumstance::AgainstArrows => ("未按导向方向行驶", "drove against the arrow of its lane or signal"),
        Circumstance::ClosedRoad => ("驶入禁止通行的道路", "entered a closed road"),
        Circumstance::AgainstOfficer => ("不按交通警察指挥通行", "disobeyed an officer directing traffic"),
        Circumstance::EmergencyOnDuty => {
            ("是执行紧急任务的特种车辆", "is an emergency vehicle and was on duty")
        }
        Circumstance::DroppedLoad => ("货物遗洒", "lost part of its load"),
        Circumstance::UTurnForbidden => ("在禁止掉头处掉头", "turned round where that is forbidden"),
        Circumstance::ParkedUnlawfully => ("停放在禁止停车处", "was parked where parking is forbidden"),
        Circumstance::OncomingLikely => ("超车时有会车可能", "overtook where an oncoming vehicle was likely"),
        Circumstance::OvertakingForbiddenPlace => (
            "在路口、窄桥、弯道、陡坡或者隧道超车",
            "overtook at a junction, narrow bridge, bend, slope or tunnel",
        ),
        Circumstance::OvertakingOnRight => {
            ("在同向单车道从右侧超车", "overtook on the right of a single lane")
        }
        Circumstance::OvertakenWasOvertaking => {
            ("被超的车正在超车", "overtook a vehicle that was itself overtaking")
        }
        Circumstance::MustGiveWay => ("标志或者标线要求其让行", "was told by sign or marking to give way"),
        Circumstance::OtherFromRight => ("对方来自其右方", "had the other coming from its right"),
        Circumstance::OtherFromAhead => ("对方来自相对方向", "had the other coming from ahead"),
        Circumstance::OnSideRoad => ("在辅路行驶", "drove on the side carriageway"),
        Circumstance::ObstacleOnOwnSide => ("会车时障碍在其一侧", "had the obstacle on its side"),
        Circumstance::AlreadyPassingObstacle => ("已驶入障碍路段", "was already passing the obstacle"),
        Circumstance::Downhill => ("会车时下坡", "drove down the slope"),
        Circumstance::Uphill => ("会车时上坡", "drove up the slope"),
        Circumstance::HalfwayDown => ("下坡已行至中途", "was half-way down before the other started up"),
        Circumstance::MountainSide => ("靠山体一侧行驶", "drove on the side of the mountain"),
        Circumstance::NoWarningSign => {
            ("因故障停车未设警告标志", "stood broken down without warning lights or sign")
        }
        Circumstance::BrakedWithoutCause => ("无故急刹车", "braked hard without cause"),
        Circumstance::SuddenEvent => (
            "事故由无法预见、无法避免的意外引起",
            "was in the accident by an event that nobody could foresee or avert",
        ),
    }
}
