//! Guided shots: which photos and recordings a case needs, by the form of the accident and its lane. The rules are
//! data; the list that a case was given stays with it, so that it is judged by the rules of its day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Slot;
use crate::{
    rulebook::{self, RuleFault, Wording},
    triage::{Answer, Answers, Counts, Lane, Movement, Triage},
};

/// Whose photos are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Those of all parties together.
    Case,
    /// Those of each party.
    Party,
}

/// What a case wants in one slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shot {
    /// What must be shown.
    pub slot: Slot,
    /// How many are wanted; advice where it is not mandatory.
    pub at_least: u8,
    /// How many are useful.
    pub at_most: u8,
    /// Whose photos are counted.
    pub per: Per,
    /// Without it nobody gets the receipt "you may move".
    #[serde(default, skip_serializing_if = "is_false")]
    pub for_moving: bool,
    /// Without it nobody applies for remote handling.
    #[serde(default, skip_serializing_if = "is_false")]
    pub for_submission: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// The list that a case was given when it was reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShotList {
    /// The form of the accident, by its code in the rule file.
    pub form: String,
    /// What is wanted, in the order in which it is best taken.
    pub shots: Vec<Shot>,
}

impl ShotList {
    /// What cases were asked for before lists were kept with them: three photos of the scene.
    pub fn former() -> Self {
        let mandatory = |slot| Shot {
            slot,
            at_least: 1,
            at_most: 3,
            per: Per::Case,
            for_moving: true,
            for_submission: true,
        };
        Self { form: "former".to_owned(), shots: Slot::MANDATORY.map(mandatory).to_vec() }
    }

    /// What must be there before anybody moves: slots and how many.
    pub fn for_moving(&self) -> impl Iterator<Item = (Slot, usize)> {
        self.shots.iter().filter(|shot| shot.for_moving).map(|shot| (shot.slot, shot.at_least.into()))
    }

    /// What must be there before anybody applies for remote handling: slots and how many.
    pub fn for_submission(&self) -> impl Iterator<Item = (Slot, usize)> {
        self.shots.iter().filter(|shot| shot.for_submission).map(|shot| (shot.slot, shot.at_least.into()))
    }
}

/// How to take one shot, in words for the driver.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guide {
    /// What it is called.
    pub title: Wording,
    /// What must be in it.
    pub text: Wording,
    /// From where: angle and distance.
    pub from: Wording,
}

/// The rules of guided shots, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct ShotRules {
    in_force_from: NaiveDate,
    safety: Safety,
    guides: BTreeMap<Slot, Guide>,
    forms: Vec<Form>,
    lists: BTreeMap<(String, Lane), Vec<Shot>>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Safety {
    leave: Wording,
    move_aside: Wording,
    stay: Wording,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    code: String,
    title: Wording,
    articles: Vec<String>,
    road_users: Option<Counts>,
    hit_facility: Option<Answer>,
}

impl Form {
    fn holds(&self, answers: &Answers) -> bool {
        self.road_users.is_none_or(|counts| counts.hold(&answers.road_users) == Answer::Yes)
            && self.hit_facility.is_none_or(|hit| hit == answers.hit_facility)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    in_force_from: NaiveDate,
    safety: Safety,
    slot: BTreeMap<Slot, Guide>,
    form: Vec<Form>,
    list: Vec<ListEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListEntry {
    forms: Vec<String>,
    lanes: Vec<Lane>,
    shots: Vec<Shot>,
}

impl ShotRules {
    /// The rules this crate comes with (`rules/shots.toml`). To be asked once, at start.
    pub fn embedded() -> Result<Self, RuleFault> {
        Self::from_toml(include_str!("../../rules/shots.toml"))
    }

    /// Reads and checks a rule file: every slot described in both languages, every form with its articles, one list
    /// for each form in each lane, no slot twice in a list, and nothing mandatory that nobody could fulfil.
    pub fn from_toml(text: &str) -> Result<Self, RuleFault> {
        let file: File = rulebook::read(text)?;
        rulebook::check_codes(file.form.iter().map(|form| form.code.as_str()))?;
        let Safety { leave, move_aside, stay } = &file.safety;
        rulebook::check_texts("safety", [leave, move_aside, stay])?;
        for slot in Slot::ALL {
            let undescribed = || RuleFault::contradiction(slot.name(), "this slot is not described");
            let Guide { title, text, from } = file.slot.get(slot).ok_or_else(undescribed)?;
            rulebook::check_texts(slot.name(), [title, text, from])?;
        }
        for form in &file.form {
            rulebook::check_articles(&form.code, &form.articles)?;
            rulebook::check_texts(&form.code, [&form.title])?;
        }
        if !file.form.last().is_some_and(|form| form.road_users.is_none() && form.hit_facility.is_none()) {
            return Err(RuleFault::contradiction("form", "the last form must hold for all"));
        }
        let File { in_force_from, safety, slot: guides, form: forms, list } = file;
        let lists = lists(&forms, list)?;
        Ok(Self { in_force_from, safety, guides, forms, lists })
    }

    /// The first day on which these rules hold.
    pub fn in_force_from(&self) -> NaiveDate {
        self.in_force_from
    }

    /// The list for a case that was just reported. Where the law does not let the parties leave, nothing counts as
    /// needed for moving.
    pub fn list(&self, answers: &Answers, triage: &Triage) -> ShotList {
        let form = self.forms.iter().find(|form| form.holds(answers)).map(|form| form.code.clone());
        let listed =
            form.and_then(|form| Some((self.lists.get(&(form.clone(), triage.lane))?.clone(), form)));
        // Checked when the rules were read: there is a form, and a list for it.
        let Some((mut shots, form)) = listed else { return ShotList::former() };
        shots.iter_mut().for_each(|shot| shot.for_moving &= triage.may_leave);
        ShotList { form, shots }
    }

    /// How to take a shot.
    pub fn guide(&self, slot: Slot) -> Option<&Guide> {
        self.guides.get(&slot)
    }

    /// What stands above the list.
    pub fn safety(&self, movement: Movement) -> &Wording {
        match movement {
            Movement::Leave => &self.safety.leave,
            Movement::MoveAside => &self.safety.move_aside,
            Movement::Stay => &self.safety.stay,
        }
    }
}

/// One list for each form in each lane.
fn lists(forms: &[Form], entries: Vec<ListEntry>) -> Result<BTreeMap<(String, Lane), Vec<Shot>>, RuleFault> {
    let mut lists = BTreeMap::new();
    for ListEntry { forms: codes, lanes, shots } in entries {
        for code in codes {
            for lane in &lanes {
                check(&code, *lane, &shots)?;
                if lists.insert((code.clone(), *lane), shots.clone()).is_some() {
                    return Err(RuleFault::contradiction(&code, "two lists for one lane"));
                }
            }
        }
    }
    for form in forms {
        if Lane::ALL.into_iter().any(|lane| !lists.contains_key(&(form.code.clone(), lane))) {
            return Err(RuleFault::contradiction(&form.code, "no list for one of the lanes"));
        }
    }
    if lists.len() != forms.len() * Lane::ALL.len() {
        return Err(RuleFault::contradiction("list", "a list for an unknown form"));
    }
    Ok(lists)
}

fn check(code: &str, lane: Lane, shots: &[Shot]) -> Result<(), RuleFault> {
    let wrong = |problem| Err(RuleFault::contradiction(code, problem));
    let different: BTreeSet<Slot> = shots.iter().map(|shot| shot.slot).collect();
    if different.len() != shots.len() {
        return wrong("a slot stands twice in a list");
    }
    let remote = lane <= Lane::Remote;
    if remote != shots.iter().any(|shot| shot.for_submission) {
        return wrong("the remote lanes and only they need photos for a submission");
    }
    for shot in shots {
        if shot.at_most == 0 || shot.at_least > shot.at_most {
            return wrong("at_least and at_most do not fit");
        }
        if shot.for_moving && !shot.for_submission {
            return wrong("what is needed for moving is needed for a submission");
        }
        if shot.for_submission && (shot.at_least == 0 || shot.per != Per::Case) {
            return wrong("what is mandatory is counted, and for the case: a party may never join");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        rules::Rulebook,
        triage::{Reported, RoadUsers},
    };

    const FILE: &str = include_str!("../../rules/shots.toml");

    fn given(answers: &Answers) -> ShotList {
        let (book, clock) = (Rulebook::embedded().unwrap(), "2026-11-23T12:00:00".parse().unwrap());
        let rules = book.on("2026-11-23".parse().unwrap());
        let triage = rules.assess(&Reported { answers, estimated_loss: None, clock });
        rules.shots.list(answers, &triage)
    }

    fn users(motor: u8, non_motor: u8, pedestrians: u8) -> RoadUsers {
        RoadUsers {
            motor_vehicles: Some(motor),
            non_motor_vehicles: Some(non_motor),
            pedestrians: Some(pedestrians),
        }
    }

    fn mandatory(list: &ShotList) -> Vec<(Slot, usize)> {
        list.for_moving().collect()
    }

    #[test]
    fn the_plain_two_car_case_needs_three_photos_of_the_scene() {
        let list = given(&Answers::all_no(users(2, 0, 0)));
        assert_eq!(list.form, "two_motor_vehicles");
        assert_eq!(mandatory(&list), Slot::MANDATORY.map(|slot| (slot, 1)));
        assert_eq!(list.for_submission().collect::<Vec<_>>(), mandatory(&list));
    }

    #[test]
    fn other_forms_need_what_shows_them() {
        let form = |users, hit_facility| given(&Answers { hit_facility, ..Answers::all_no(users) }).form;
        assert_eq!(form(users(1, 0, 0), Answer::No), "single_vehicle");
        assert_eq!(form(users(1, 0, 0), Answer::Yes), "facility");
        assert_eq!(form(users(2, 0, 0), Answer::Yes), "facility");
        assert_eq!(form(users(3, 0, 0), Answer::No), "several_motor_vehicles");
        assert_eq!(form(users(1, 1, 0), Answer::No), "motor_and_non_motor");
        assert_eq!(form(users(0, 2, 0), Answer::No), "non_motor_vehicles");
        assert_eq!(form(users(0, 1, 1), Answer::No), "pedestrian");
        assert_eq!(form(RoadUsers::default(), Answer::No), "unknown");
        let alone = given(&Answers::all_no(users(1, 0, 0)));
        let slots = [Slot::FrontOblique, Slot::RearOblique, Slot::Damage];
        assert_eq!(mandatory(&alone), slots.map(|slot| (slot, 1)));
        let bicycles = given(&Answers::all_no(users(0, 2, 0)));
        assert_eq!(mandatory(&bicycles), [(Slot::FrontOblique, 1), (Slot::Impact, 1)]);
    }

    #[test]
    fn where_the_parties_may_not_leave_nothing_is_needed_for_moving() {
        let injured = given(&Answers { injured: Answer::Yes, ..Answers::all_no(users(2, 0, 0)) });
        assert!(
            injured.shots.iter().all(|shot| !shot.for_moving && !shot.for_submission && shot.at_least == 0)
        );
        let open = given(&Answers { plate_problem: Answer::Unknown, ..Answers::all_no(users(2, 0, 0)) });
        assert_eq!(mandatory(&open), []);
        assert_eq!(open.for_submission().count(), 3, "the officer of the remote centre still needs to see");
        let hazmat = given(&Answers { dangerous_goods: Answer::Yes, ..Answers::all_no(users(2, 0, 0)) });
        assert!(hazmat.shots.iter().all(|shot| shot.slot != Slot::Impact), "nobody goes near");
    }

    #[test]
    fn every_form_has_a_list_in_every_lane_and_every_slot_a_guide() {
        let rules = ShotRules::embedded().unwrap();
        assert_eq!(rules.lists.len(), rules.forms.len() * Lane::ALL.len());
        assert!(Slot::ALL.iter().all(|slot| rules.guide(*slot).is_some()));
        assert_eq!(rules.in_force_from().to_string(), "2018-05-01");
    }

    fn fault(from: &str, to: &str) -> String {
        assert!(FILE.contains(from), "{from}");
        ShotRules::from_toml(&FILE.replacen(from, to, 1)).unwrap_err().to_string()
    }

    #[test]
    fn a_file_that_contradicts_itself_is_refused() {
        assert!(fault("[slot.vin]", "[slot.fin]").contains("unknown variant"));
        let first = "{ slot = \"rear_oblique\", at_least = 1, at_most = 3, per = \"case\", for_moving = true, for_submission = true }";
        assert!(fault(first, &first.replace("rear", "front")).contains("stands twice"));
        assert!(fault(first, &first.replace("at_least = 1", "at_least = 4")).contains("do not fit"));
        assert!(fault(first, &first.replace("at_least = 1", "at_least = 0")).contains("mandatory"));
        assert!(fault(first, &first.replace("per = \"case\"", "per = \"party\"")).contains("mandatory"));
        assert!(fault(first, &first.replace(", for_submission = true", "")).contains("for moving"));
        assert!(fault("lanes = [\"hazmat\"]", "lanes = [\"scene\"]").contains("two lists"));
        assert!(
            fault("lanes = [\"self_negotiation\", \"remote\"]", "lanes = [\"remote\"]").contains("no list")
        );
        assert!(
            fault("forms = [\"single_vehicle\"]", "forms = [\"single_vehicle\", \"boat\"]")
                .contains("unknown form")
        );
        assert!(fault("code = \"facility\"", "code = \"unknown\"").contains("used twice"));
        assert!(fault("en = \"The plate\"", "en = \"\"").contains("text is empty"));
        assert!(fault("《道路交通安全法》第七十条第二款", "Art. 70").contains("is not an article"));
        let last = "en = \"Who took part is unknown\" }";
        assert!(fault(last, &format!("{last}\nhit_facility = \"no\"")).contains("must hold for all"));
    }

    #[test]
    fn what_is_mandatory_only_with_somebody_who_comes_is_refused() {
        let scene = "{ slot = \"rear_oblique\", at_least = 0, at_most = 3, per = \"case\" },\n    { slot = \"impact\", at_least = 0, at_most = 3, per = \"case\" },\n    { slot = \"brake_marks\"";
        let needed = scene.replacen(
            "at_least = 0, at_most = 3, per = \"case\"",
            "at_least = 1, at_most = 3, per = \"case\", for_submission = true",
            1,
        );
        assert!(fault(scene, &needed).contains("remote lanes and only they"));
    }
}
