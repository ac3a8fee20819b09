//! Contradictions (矛盾): statements that cannot both be true, and the one question that would settle each. Nobody is
//! believed more than another; a fact that is unknown contradicts nothing.

use serde::Serialize;

use crate::{
    liability::{Approach, Circumstance, ContactOrder, DrivingFacts, Junction, Manoeuvre, Signal},
    role::PartyRole,
    rulebook::Wording,
    triage::Answer,
};

/// Two or three statements that cannot all be true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contradiction {
    /// A stable name.
    pub code: &'static str,
    /// Whose statements, in the order of the roles.
    pub parties: Vec<PartyRole>,
    /// Why they cannot all be true.
    pub why: Wording,
    /// What to ask, or to look for.
    pub question: Wording,
}

/// One party of a pair.
#[derive(Clone, Copy)]
struct Side<'a> {
    role: PartyRole,
    facts: &'a DrivingFacts,
}

impl Side<'_> {
    fn says(&self, what: Circumstance) -> Option<bool> {
        match self.facts.circumstances.get(&what) {
            Some(Answer::Yes) => Some(true),
            Some(Answer::No) => Some(false),
            Some(Answer::Unknown) | None => None,
        }
    }

    fn is(&self, manoeuvres: &[Manoeuvre]) -> bool {
        manoeuvres.contains(&self.facts.manoeuvre)
    }

    fn was_hit_in(&self, zones: &[u8]) -> bool {
        self.facts.impact_zone.is_some_and(|zone| zones.contains(&zone.hour()))
    }

    /// From where the other comes, by what both say of their own heading.
    fn sees(&self, other: &Self) -> Option<Approach> {
        Some(self.facts.heading?.approach_of(other.facts.heading?))
    }
}

const FRONT: [u8; 3] = [11, 12, 1];
const REAR: [u8; 3] = [5, 6, 7];
const LEFT: [u8; 3] = [8, 9, 10];
const RIGHT: [u8; 3] = [2, 3, 4];
const BACKWARDS: [Manoeuvre; 2] = [Manoeuvre::Reversing, Manoeuvre::RollingBack];

/// Whether something is so of this side beside that one.
type Check = fn(Side<'_>, Side<'_>) -> bool;

/// A rule about two vehicles. It is tried both ways round.
struct Rule {
    code: &'static str,
    /// Needs that the two touched each other, not only that both were in the accident.
    touching: bool,
    holds: Check,
    why: [&'static str; 2],
    question: [&'static str; 2],
}

const RULES: &[Rule] = &[
    Rule {
        code: "both_standing",
        touching: true,
        holds: |one, other| {
            let standing = [Manoeuvre::Stopped, Manoeuvre::Parked];
            one.is(&standing) && other.is(&standing)
        },
        why: [
            "双方都说自己停着，停着的两辆车不会相撞。",
            "Both say that they stood still; two standing vehicles do not collide.",
        ],
        question: ["接触的时候，哪一辆车在动？", "Which vehicle was moving when they touched?"],
    },
    Rule {
        code: "both_behind",
        touching: true,
        holds: |one, other| one.is(&[Manoeuvre::Following]) && other.is(&[Manoeuvre::Following]),
        why: ["双方都说自己是后车。", "Both say that they were the one behind."],
        question: ["碰撞前，哪一辆车在前面？", "Which vehicle was ahead before they touched?"],
    },
    Rule {
        code: "both_green",
        touching: true,
        holds: |one, other| {
            let crossing = matches!(one.sees(&other), Some(Approach::Left | Approach::Right));
            crossing && one.facts.signal == Signal::Green && other.facts.signal == Signal::Green
        },
        why: [
            "双方从交叉的方向驶来，都说自己是绿灯；交叉方向不会同时是绿灯。",
            "They came from crossing directions and both say green; crossing directions are not green at once.",
        ],
        question: [
            "进入路口时各自是什么灯？请看行车记录仪或者信号灯记录。",
            "Which light did each face at the stop line? See a dash cam or the record of the lights.",
        ],
    },
    Rule {
        code: "kind_of_junction",
        touching: true,
        holds: |one, other| {
            let (a, b) = (one.facts.junction(), other.facts.junction());
            a != b && a != Junction::Unknown && b != Junction::Unknown
        },
        why: [
            "双方说的路口类型不同，而事故在同一个地方。",
            "They name different kinds of junction for one place.",
        ],
        question: [
            "事故地点有没有信号灯、让行标志或者标线？请看全景照片。",
            "Are there lights, give-way signs or markings at the place? See the photos of the whole scene.",
        ],
    },
    Rule {
        code: "roundabout",
        touching: true,
        holds: |one, other| {
            one.is(&[Manoeuvre::InRoundabout, Manoeuvre::EnteringRoundabout])
                && !matches!(other.facts.junction(), Junction::Roundabout | Junction::Unknown)
        },
        why: ["一方说在环岛，另一方说不是环岛。", "One says a roundabout, the other says no roundabout."],
        question: [
            "事故地点是不是环岛？请看全景照片。",
            "Is the place a roundabout? See the photos of the whole scene.",
        ],
    },
    Rule {
        code: "each_from_the_right",
        touching: true,
        holds: |one, other| {
            one.says(Circumstance::OtherFromRight) == Some(true)
                && other.says(Circumstance::OtherFromRight) == Some(true)
        },
        why: ["双方都说对方从自己的右方来。", "Each says that the other came from its right."],
        question: ["各自从哪条路驶来？", "From which road did each come?"],
    },
    Rule {
        code: "right_against_heading",
        touching: true,
        holds: |one, other| match (one.says(Circumstance::OtherFromRight), one.sees(&other)) {
            (Some(says), Some(approach)) => says != (approach == Approach::Right),
            _ => false,
        },
        why: [
            "一方所说对方的来向，与双方所说的行驶方向不符。",
            "From where one says the other came does not fit the directions in which both say they drove.",
        ],
        question: ["各自朝什么方向行驶？", "In which direction did each drive?"],
    },
    Rule {
        code: "ahead_against_heading",
        touching: true,
        holds: |one, other| match (one.says(Circumstance::OtherFromAhead), one.sees(&other)) {
            (Some(says), Some(approach)) => says != (approach == Approach::Ahead),
            _ => false,
        },
        why: [
            "一方说对方是否迎面驶来，与双方所说的行驶方向不符。",
            "Whether the other came from ahead does not fit the directions in which both say they drove.",
        ],
        question: ["双方是相对行驶还是同向行驶？", "Did they drive towards each other or the same way?"],
    },
    Rule {
        code: "ahead_or_not",
        touching: true,
        holds: |one, other| {
            one.says(Circumstance::OtherFromAhead) == Some(true)
                && other.says(Circumstance::OtherFromAhead) == Some(false)
        },
        why: [
            "一方说对方迎面驶来，另一方说不是。",
            "One says that the other came from ahead, the other that it did not.",
        ],
        question: ["双方是相对行驶还是同向行驶？", "Did they drive towards each other or the same way?"],
    },
    Rule {
        code: "rear_to_rear",
        touching: true,
        holds: |one, other| {
            one.was_hit_in(&REAR)
                && other.was_hit_in(&REAR)
                && [one, other].iter().all(|side| {
                    side.facts.manoeuvre != Manoeuvre::Unknown
                        && !side.is(&BACKWARDS)
                        && !side.is(&[Manoeuvre::UTurn])
                })
        },
        why: [
            "双方都说碰撞部位在车尾，但都说没有倒车或者溜车。",
            "Both say that they were hit at the rear, and both that they did not go backwards.",
        ],
        question: ["有没有车辆倒车或者溜车？", "Did a vehicle reverse or roll back?"],
    },
    Rule {
        code: "behind_and_front",
        touching: true,
        holds: |one, other| {
            one.is(&[Manoeuvre::Following])
                && one.was_hit_in(&FRONT)
                && other.was_hit_in(&FRONT)
                && !other.is(&[Manoeuvre::UTurn, Manoeuvre::Unknown])
        },
        why: [
            "后车的车头碰不到前车的车头，但双方都说碰撞部位在车头。",
            "The front of the one behind does not reach the front of the one ahead, but both say that they were hit there.",
        ],
        question: [
            "前车哪里受损？请看碰撞部位照片。",
            "Where is the damage of the vehicle ahead? See the photo of the contact.",
        ],
    },
    Rule {
        code: "side_against_lane",
        touching: true,
        holds: |one, other| {
            let (Some(mine), Some(yours)) = (one.facts.lane, other.facts.lane) else { return false };
            let left_of_me = yours.number() < mine.number();
            let right_of_me = yours.number() > mine.number();
            one.sees(&other) == Some(Approach::SameWay)
                && ((one.was_hit_in(&LEFT) && right_of_me) || (one.was_hit_in(&RIGHT) && left_of_me))
        },
        why: [
            "一方所说的碰撞部位，与双方所在的车道不符。",
            "The side on which one was hit does not fit the lanes in which both say they were.",
        ],
        question: ["碰撞前各自在哪条车道？", "In which lane was each before they touched?"],
    },
    Rule {
        code: "both_kept_the_lane",
        touching: true,
        holds: |one, other| {
            let kept = [Manoeuvre::Straight];
            let side = |side: &Side<'_>| side.was_hit_in(&LEFT) || side.was_hit_in(&RIGHT);
            one.sees(&other) == Some(Approach::SameWay)
                && one.facts.lane.is_some()
                && other.facts.lane.is_some()
                && one.is(&kept)
                && other.is(&kept)
                && side(&one)
                && side(&other)
        },
        why: [
            "双方都说在自己的车道内直行，但车身侧面相擦。",
            "Both say that they went straight on in their lanes, but their sides touched.",
        ],
        question: ["哪一辆车越过了车道线？", "Which vehicle crossed the line between the lanes?"],
    },
    Rule {
        code: "same_slope",
        touching: true,
        holds: |one, other| {
            let both = |what| one.says(what) == Some(true) && other.says(what) == Some(true);
            let meeting = one.is(&[Manoeuvre::Meeting]) && other.is(&[Manoeuvre::Meeting]);
            meeting && (both(Circumstance::Uphill) || both(Circumstance::Downhill))
        },
        why: [
            "会车的双方不能都是上坡，也不能都是下坡。",
            "Of two that meet on a slope one goes up and one goes down.",
        ],
        question: ["哪一方上坡，哪一方下坡？", "Who drove up, and who drove down?"],
    },
    Rule {
        code: "nobody_gives_way",
        touching: true,
        holds: |one, other| {
            let need_not = |side: &Side<'_>| {
                side.facts.junction() == Junction::Signs
                    && side.says(Circumstance::MustGiveWay) == Some(false)
            };
            let crossing = matches!(one.sees(&other), Some(Approach::Left | Approach::Right));
            crossing && need_not(&one) && need_not(&other)
        },
        why: [
            "路口有让行标志或者标线，交叉行驶的双方却都说自己没有。",
            "The junction has signs, but of two who cross each says that the sign was not for him.",
        ],
        question: [
            "让行标志或者停车让行标线在哪个方向？请看全景照片。",
            "In which direction does the give-way sign or line stand? See the photos of the whole scene.",
        ],
    },
    Rule {
        code: "touched_or_not",
        touching: false,
        holds: |one, other| {
            let names =
                |side: &Side<'_>, role| side.facts.contacts.as_slice().iter().any(|c| c.with == Some(role));
            let knows_all = other.facts.contacts.as_slice().iter().all(|contact| contact.with.is_some());
            names(&one, other.role)
                && !other.facts.contacts.is_empty()
                && knows_all
                && !names(&other, one.role)
        },
        why: ["一方说与对方有接触，对方说没有。", "One says that it touched the other, the other does not."],
        question: [
            "这两辆车有没有接触？请看双方的碰撞部位照片。",
            "Did these two touch? See the photos of both contacts.",
        ],
    },
];

fn wording([zh, en]: [&str; 2]) -> Wording {
    Wording { zh: zh.to_owned(), en: en.to_owned() }
}

/// Every contradiction between the statements of the parties, whatever their order. With more than two vehicles, only
/// those that say they touched each other are compared.
pub fn contradictions(parties: &[(PartyRole, &DrivingFacts)]) -> Vec<Contradiction> {
    let mut sides: Vec<_> = parties.iter().map(|(role, facts)| Side { role: *role, facts }).collect();
    sides.sort_by_key(|side| side.role);
    let mut found: Vec<_> = sides.iter().filter_map(light_without_lights).collect();
    for (index, one) in sides.iter().enumerate() {
        for other in sides.iter().skip(index + 1) {
            let touched = sides.len() == 2 || touch(*one, *other);
            let hold = |rule: &&Rule| {
                (touched || !rule.touching) && ((rule.holds)(*one, *other) || (rule.holds)(*other, *one))
            };
            found.extend(RULES.iter().filter(hold).map(|rule| Contradiction {
                code: rule.code,
                parties: vec![one.role, other.role],
                why: wording(rule.why),
                question: wording(rule.question),
            }));
        }
    }
    found.extend(circles(&sides));
    found
}

/// A statement that contradicts itself.
fn light_without_lights(side: &Side<'_>) -> Option<Contradiction> {
    let light = matches!(side.facts.signal, Signal::Red | Signal::Yellow | Signal::Green);
    let no_lights = !matches!(side.facts.junction, Junction::Signals | Junction::Unknown);
    (light && no_lights).then(|| Contradiction {
        code: "light_without_lights",
        parties: vec![side.role],
        why: wording([
            "该方说了灯的颜色，又说那里没有信号灯。",
            "It names the colour of a light, and says that there are no lights.",
        ]),
        question: wording([
            "事故地点有没有信号灯？请看全景照片。",
            "Are there lights at the place? See the photos of the whole scene.",
        ]),
    })
}

fn touch(one: Side<'_>, other: Side<'_>) -> bool {
    let names = |side: Side<'_>, role| {
        side.facts.contacts.as_slice().iter().any(|contact| contact.with == Some(role))
    };
    names(one, other.role) && names(other, one.role)
}

/// Whether this party says that it touched `first` before `then`.
fn earlier(side: &Side<'_>, first: PartyRole, then: PartyRole) -> bool {
    let place = |role| side.facts.contacts.as_slice().iter().position(|contact| contact.with == Some(role));
    side.facts.contact_order == ContactOrder::AsListed
        && place(first).zip(place(then)).is_some_and(|(first, then)| first < then)
}

/// Three contacts of which each came before the next, in a circle.
fn circles(sides: &[Side<'_>]) -> Vec<Contradiction> {
    let mut found = Vec::new();
    for (i, a) in sides.iter().enumerate() {
        for (j, b) in sides.iter().enumerate().skip(i + 1) {
            for c in sides.iter().skip(j + 1) {
                let round = |a: &Side<'_>, b: &Side<'_>, c: &Side<'_>| {
                    earlier(a, b.role, c.role) && earlier(c, a.role, b.role) && earlier(b, c.role, a.role)
                };
                if round(a, b, c) || round(a, c, b) {
                    found.push(Contradiction {
                        code: "order_of_contacts",
                        parties: vec![a.role, b.role, c.role],
                        why: wording([
                            "三方所说的接触先后互相矛盾。",
                            "The order of contacts that the three tell goes round in a circle.",
                        ]),
                        question: wording([
                            "最先接触的是哪两辆车？请看行车记录仪。",
                            "Which two touched first? See a dash cam.",
                        ]),
                    });
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
