//! The way of a case, step by step, up to the stage that a test is about.

use reqwest::Method;
use sandbox::RunningSandbox;
use serde_json::{Value, json};
use tests::client::Session;

use crate::{
    people::{Person, ann, ben},
    support::{Reply, TestService, until},
};

/// Every question that a driver is asked.
pub(crate) const QUESTIONS: [&str; 12] = [
    "injured",
    "licence_problem",
    "alcohol_or_drugs",
    "overloaded_or_speeding",
    "plate_problem",
    "cannot_move",
    "party_left",
    "intent",
    "no_insurance_or_inspection",
    "hit_facility",
    "dangerous_goods",
    "wants_officer_on_scene",
];

/// What an officer writes.
pub(crate) const FACTS: &str = "甲车追尾乙车。";

/// A case and its parties.
pub(crate) struct Scene {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) a: Session,
    pub(crate) b: Session,
}

/// Where the accidents of these tests happen: in 张店区.
pub(crate) fn position() -> Value {
    json!({ "latitude": 36.81, "longitude": 118.05, "datum": "wgs84" })
}

/// A report of an accident between `cars`, with no to every question except `changed`.
pub(crate) fn report(cars: u8, changed: Value) -> Value {
    let mut answers: serde_json::Map<_, _> =
        QUESTIONS.iter().map(|question| ((*question).to_owned(), json!("no"))).collect();
    answers.insert(
        "road_users".to_owned(),
        json!({ "motor_vehicles": cars, "non_motor_vehicles": 0, "pedestrians": 0 }),
    );
    if let Value::Object(changed) = changed {
        answers.extend(changed);
    }
    json!({ "position": position(), "place": "柳泉路与人民路路口", "answers": answers, "road_user": "motor_vehicle" })
}

/// A small photo; another seed gives another one.
pub(crate) fn jpeg(seed: u32) -> Vec<u8> {
    let [red, green, blue, _] = seed.wrapping_mul(2_654_435_761).to_le_bytes();
    let picture = image::RgbImage::from_fn(160, 120, |x, y| {
        let shade = u8::try_from((x * 7 + y * 3) % 256).unwrap();
        image::Rgb([red ^ shade, green.wrapping_add(shade), blue])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// The three photos without which nobody may move.
pub(crate) async fn photograph(by: &Session, case: &str, seed: u32) -> Value {
    let mut last = Value::Null;
    for (number, slot) in (0..).zip(["front_oblique", "rear_oblique", "impact"]) {
        last = by.upload_photo(case, slot, jpeg(seed + number)).await.unwrap().body;
    }
    last
}

/// Reports an accident; gives id, number and the answer.
pub(crate) async fn reported(by: &Session, report: Value) -> (String, Value) {
    let case = by.report_case(report).await.unwrap().body;
    (case["id"].as_str().unwrap().to_owned(), case)
}

/// Another party joins.
pub(crate) async fn join(inviter: &Session, joiner: &Session, case: &str) {
    let invitation = inviter.invite_party(case).await.unwrap();
    joiner.join_case(invitation.text("/code").unwrap()).await.unwrap();
}

/// The link of the newest invitation that went to this phone.
pub(crate) async fn link_to(sandbox: &RunningSandbox, phone: &str) -> String {
    let found = || {
        let texts = sandbox.sent_texts();
        let text = &texts.iter().rev().find(|sent| sent.to == phone && sent.text.contains("/join#"))?.text;
        Some(text.rsplit_once('：')?.1.to_owned())
    };
    until("the invitation has come", async || found().is_some()).await;
    found().unwrap()
}

/// The code of an invitation, which stands behind the `#` of its link.
pub(crate) fn code_in(link: &str) -> &str {
    link.split_once('#').unwrap().1
}

/// A party gives its data and its statement.
pub(crate) async fn tell(by: &Session, case: &str, who: &Person, facts: Value) {
    by.update_party(case, who.details()).await.unwrap();
    by.put_statement(case, facts, who.words).await.unwrap();
}

/// What the one behind was doing.
pub(crate) fn behind() -> Value {
    json!({ "manoeuvre": "following", "signal": "green", "impact_zone": 12 })
}

/// What the one in front was doing.
pub(crate) fn in_front() -> Value {
    json!({ "manoeuvre": "stopped", "signal": "green", "impact_zone": 6 })
}

impl Scene {
    /// Two cars, photographed, with both drivers' data and statements; not yet submitted.
    pub(crate) async fn collected(service: &TestService) -> Self {
        Self::between(service, &ann(), &ben()).await
    }

    /// The same between these two.
    pub(crate) async fn between(service: &TestService, first: &Person, second: &Person) -> Self {
        let (a, b) = (service.driver(first.openid).await, service.driver(second.openid).await);
        let (id, case) = reported(&a, report(2, json!({}))).await;
        photograph(&a, &id, 1).await;
        join(&a, &b, &id).await;
        tell(&a, &id, first, behind()).await;
        tell(&b, &id, second, in_front()).await;
        Self { id, number: case["number"].as_str().unwrap().to_owned(), a, b }
    }

    /// In the queue.
    pub(crate) async fn waiting(service: &TestService) -> Self {
        let scene = Self::collected(service).await;
        scene.submit().await;
        scene
    }

    /// Both parties apply.
    pub(crate) async fn submit(&self) {
        self.a.submit_case(&self.id).await.unwrap();
        assert_eq!(self.b.submit_case(&self.id).await.unwrap()["stage"], "waiting");
    }

    /// The officer takes it; gives the ETag.
    pub(crate) async fn taken(&self, officer: &Session) -> String {
        let taken = officer.take_next_case().await.unwrap();
        assert_eq!(taken["id"], self.id.as_str());
        taken.version().unwrap().to_owned()
    }

    /// Takes the case and decides as the rules propose; gives the decided case.
    pub(crate) async fn decided(&self, officer: &Session) -> Value {
        let etag = self.taken(officer).await;
        let decision = decision(officer, &self.id).await;
        officer.determine_liability(&self.id, &etag, decision).await.unwrap().body
    }

    /// Decides, and both sign; gives the concluded case.
    pub(crate) async fn concluded(&self, officer: &Session) -> Value {
        let decided = self.decided(officer).await;
        let document = decided["determination"]["document_sha256"].as_str().unwrap();
        self.a.sign_determination(&self.id, document).await.unwrap();
        let case = self.b.sign_determination(&self.id, document).await.unwrap().body;
        assert_eq!(case["stage"], "concluded");
        case
    }

    /// The path of the case, and what follows.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/cases/{}{rest}", self.id)
    }

    pub(crate) async fn stage(&self) -> String {
        self.a.get_case(&self.id).await.unwrap().text("/stage").unwrap().to_owned()
    }
}

/// A decision as the rules propose it.
pub(crate) async fn decision(officer: &Session, case: &str) -> Value {
    let proposed = officer.suggest_liability(case).await.unwrap();
    json!({ "grades": proposed.at("/grades").unwrap(), "facts": FACTS, "accident_form": "追尾碰撞" })
}

/// The names of the journal's entries; the journal must hold.
pub(crate) async fn journal(by: &Session, case: &str) -> Vec<String> {
    let journal = by.get_journal(case).await.unwrap();
    assert_eq!(journal["holds"], true, "{:?}", journal["fault"]);
    let entries = journal.list("/entries").unwrap();
    entries.iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
}

/// Sends a photo as a form written by hand: any file name, any bytes.
pub(crate) async fn upload_as(
    service: &TestService,
    by: &Session,
    case: &str,
    slot: &str,
    file_name: &str,
    bytes: &[u8],
) -> Reply {
    let mut form = format!(
        "--xx\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\
         content-type: image/jpeg\r\n\r\n"
    )
    .into_bytes();
    form.extend_from_slice(bytes);
    form.extend_from_slice(b"\r\n--xx--\r\n");
    let request = service.request(Method::POST, &format!("/cases/{case}/photos?slot={slot}"));
    let request = request.bearer_auth(by.token()).header("content-type", "multipart/form-data; boundary=xx");
    crate::support::reply(request.body(form)).await
}
