//! Triage: where a reported accident goes, what its parties do now, and the articles that say so.
//!
//! Two things are kept apart, because the law does. The *lane* says who handles the accident; the *movement*
//! says what happens to the vehicles. "Move aside, then report" (R146 §14) is therefore no lane: it is the
//! scene lane with [`Movement::MoveAside`].

mod answers;
mod bars;
mod counts;
mod hours;
mod rules;

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use self::bars::Outcome;
pub use self::{
    answers::{Answer, Answers, Question, RoadUsers},
    rules::{AskedOf, TriageRules},
};
pub(crate) use self::{
    bars::{Bar, BarEntry, Outcomes, check_outcomes},
    counts::Counts,
    rules::{AskedQuestion, check_asked},
};
use crate::{money::Fen, rulebook::Wording};

/// Where triage sends a case (处置通道), mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// The parties agree between themselves, online (R146 §19, §20).
    SelfNegotiation,
    /// An officer in the remote centre determines liability on joint application (R146 §20).
    Remote,
    /// Somebody must come to the scene (R146 §13, §14).
    Scene,
    /// Dangerous goods (R146 §15).
    Hazmat,
    /// The simplified procedure is excluded (R146 §23).
    Ordinary,
}

impl Lane {
    /// Every lane, mildest first.
    pub const ALL: [Self; 5] =
        [Self::SelfNegotiation, Self::Remote, Self::Scene, Self::Hazmat, Self::Ordinary];

    /// The lane's name, as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelfNegotiation => "self_negotiation",
            Self::Remote => "remote",
            Self::Scene => "scene",
            Self::Hazmat => "hazmat",
            Self::Ordinary => "ordinary",
        }
    }
}

/// What the parties do with scene and vehicles, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    /// Photograph, then leave the scene (R146 §19).
    Leave,
    /// Photograph, clear the road, then wait (R146 §14).
    MoveAside,
    /// Protect the scene (R146 §13).
    Stay,
}

/// Who takes the case first, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handler {
    /// The remote centre (远程处置中心).
    RemoteCentre,
    /// A unit of the nearest quick-handling point (快处点).
    Point,
    /// The traffic police patrol.
    Patrol,
}

/// Where a bar comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BarKind {
    /// From statute.
    Legal,
    /// The city's choice.
    Policy,
}

/// A fact and the answer that made a rule apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    /// Name of the question, `road_users` for the counts, `reported_at` for the hour, or `estimated_loss`.
    pub question: String,
    /// The answer: yes, or unknown.
    pub answer: Answer,
}

/// One rule that applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The rule's code.
    pub code: String,
    /// What it is about.
    pub title: Wording,
    /// The articles it rests on, such as 《道路交通事故处理程序规定》第十三条第一款.
    pub articles: Vec<String>,
    /// Law or city policy.
    pub bar: BarKind,
    /// What made it apply.
    pub because: Because,
}

/// The rule that lets, and makes, the parties leave first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The ground's code.
    pub code: String,
    /// What the article orders.
    pub text: Wording,
    /// The articles.
    pub articles: Vec<String>,
}

/// The result of triage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triage {
    /// Where the case goes.
    pub lane: Lane,
    /// What happens to scene and vehicles.
    pub movement: Movement,
    /// Whether the scene may be left after it was photographed: `movement` is [`Movement::Leave`].
    pub may_leave: bool,
    /// Who takes it first.
    pub handler: Handler,
    /// An answer is open, or the rule wants it: an officer looks before anything counts as settled.
    pub needs_human_check: bool,
    /// The order to leave; present exactly when the parties may.
    pub order: Option<Order>,
    /// Every rule that applied, in the order of the rule file.
    pub hits: Vec<Hit>,
    /// What to do now, most urgent first.
    pub advice: Vec<Wording>,
}

impl Triage {
    /// Who takes the case first.
    pub fn handler(&self) -> Handler {
        self.handler
    }

    /// In Chinese, why the case does not stay in the quick lane: the titles of the rules that applied, each
    /// with its articles. Never empty; of plain characters in one line.
    pub fn reason(&self) -> String {
        let lines: Vec<_> =
            self.hits.iter().map(|hit| format!("{}（{}）", hit.title.zh, hit.articles.join("、"))).collect();
        if lines.is_empty() { "符合远程快速处理条件".to_owned() } else { lines.join("；") }
    }
}

/// What triage hears of an accident.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reported<'a> {
    /// What the driver answered.
    pub answers: &'a Answers,
    /// What the driver thinks the damage to the own vehicle costs.
    pub estimated_loss: Option<Fen>,
    /// When it was reported, by the clocks of China.
    pub clock: NaiveDateTime,
}

/// Applies every rule of the law and of the city to what was reported and takes the strictest outcome of each kind.
pub(crate) fn assess(rules: &TriageRules, policy: &[Bar], reported: &Reported<'_>) -> Triage {
    let users = &reported.answers.road_users;
    let ground = rules.ground(users);
    let (mut hits, base) = match ground {
        Some(ground) => (Vec::new(), ground.outcome),
        None => (vec![rules.unmatched_hit(users)], rules.unmatched_outcome()),
    };
    let all = rules.bars().iter().chain(policy);
    let bars: Vec<(&Bar, Answer, Outcome)> =
        all.filter_map(|bar| bar.apply(reported).map(|(answer, outcome)| (bar, answer, outcome))).collect();
    let outcome = bars.iter().fold(base, |strictest, (_, _, outcome)| strictest.and(*outcome));
    hits.extend(bars.iter().map(|(bar, answer, _)| bar.hit(*answer)));
    let may_leave = outcome.movement == Movement::Leave;
    Triage {
        lane: outcome.lane,
        movement: outcome.movement,
        may_leave,
        handler: outcome.handler,
        needs_human_check: outcome.human_check,
        order: ground.filter(|_| may_leave).map(rules::Ground::order),
        advice: rules.advice(
            outcome.movement,
            &bars,
            hits.iter().any(|hit| hit.because.answer == Answer::Unknown),
        ),
        hits,
    }
}

#[cfg(test)]
mod tests;
