//! The case in words, for a reader who has nothing but the pack.

use std::{collections::BTreeMap, fmt::Write as _};

use chrono::{DateTime, FixedOffset, Utc};
use domain::{
    case::{Absence, Case, Determination, NumberPlate, Party, PartyDetails, Signature, Statement, TakenBy},
    document::{Bilingual, CaseSummary, SummarySection},
    event::AbsentHow,
    evidence::{Capture, Fulfilment, Slot},
    journal::{Actor, Entry},
    role::PartyRole,
    rules::{EditionMark, RuleKind},
};
use evidence::pack::{FileKind, Why};
use uuid::Uuid;

use super::gathering::Material;

/// Longest text of a cell; the whole stands in its own file.
const LONGEST: usize = 1_000;
/// Most rows of a table; the journal has them all.
const MOST_ROWS: usize = 400;

/// The summary of a pack.
pub(super) fn of(material: &Material, unit_name: &str) -> CaseSummary {
    let Material { case, made_at, .. } = material;
    let mut sections = vec![about(case), parties(case), statements(case), media(material), absent(material)];
    sections.push(receipts(case));
    if let Some(determination) = case.determination() {
        sections.push(decided(determination));
        sections.push(signatures(&determination.signatures));
    }
    sections.extend(super::endings::sections(case));
    sections.extend(super::mediation::sections(case));
    sections.push(documents(material));
    sections.push(journal(material));
    sections.retain(|section| !section.rows.is_empty());
    CaseSummary {
        number: case.number.to_string(),
        unit_name: unit_name.to_owned(),
        made_at: *made_at,
        notice: Bilingual::new(
            "本摘要供阅读；具有证明力的是证据包内的原始文件、文书和案件日志。核验方法见 README.txt。",
            "This summary is for reading; what proves is the originals, documents and journal in the pack. See \
             README.txt for how to check them.",
        ),
        sections,
    }
}

/// A statement to be read.
pub(super) fn statement(role: PartyRole, statement: &Statement) -> String {
    let mut text = format!(
        "当事人{}（{role}）第{}次陈述 / Statement {} of party {role}\n陈述时间 / Given: {}\n",
        role.chinese(),
        statement.version,
        statement.version,
        china(statement.at)
    );
    let confirmed = statement.confirmed_at.map_or("未经本人确认 / no".to_owned(), china);
    let _ = writeln!(text, "本人确认 / Confirmed: {confirmed}");
    if let Some(recording) = statement.recording {
        let _ = writeln!(text, "录音 / Recording: {recording}");
    }
    let words = statement.text.as_ref().map_or("（无）".to_owned(), ToString::to_string);
    let facts = serde_json::to_string_pretty(&statement.facts).unwrap_or_default();
    let _ = write!(
        text,
        "\n陈述内容 / In the party's words:\n{words}\n\n对问题的回答 / Answers to questions:\n{facts}\n"
    );
    text
}

pub(super) fn section(zh: &str, en: &str, columns: &[[&str; 2]], rows: Vec<Vec<String>>) -> SummarySection {
    let columns = columns.iter().map(|[zh, en]| Bilingual::new(*zh, *en)).collect();
    SummarySection { heading: Bilingual::new(zh, en), columns, rows }
}

pub(super) fn row(label: &str, value: impl ToString) -> Vec<String> {
    vec![label.to_owned(), value.to_string()]
}

/// A time as people in China read it.
pub(super) fn china(at: DateTime<Utc>) -> String {
    match FixedOffset::east_opt(8 * 3600) {
        Some(china) => at.with_timezone(&china).format("%Y-%m-%d %H:%M:%S").to_string(),
        None => at.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
    }
}

pub(super) fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let begun: String = text.chars().take(LONGEST).collect();
    format!("{begun}……（全文见单独文件 / whole text in its own file）")
}

fn name<T: ToString>(role: Option<T>) -> String {
    role.map_or("—".to_owned(), |role| role.to_string())
}

fn about(case: &Case) -> SummarySection {
    let at = case.position.wgs84;
    let rules = case.triage.hits.iter().map(|hit| format!("{} {}", hit.code, hit.title.zh));
    let mut rows = vec![
        row("案件编号 Case number", &case.number),
        row("事故时间 Occurred", china(case.occurred_at)),
        row("报案时间 Reported", china(case.reported_at)),
        row("事故地点 Place", &case.place),
        row("坐标 Position (WGS-84)", format!("{:.6}, {:.6}", at.latitude, at.longitude)),
        row("天气 Weather", name(case.weather.as_ref())),
        row("辖区 District", &case.district),
        row("处置通道 Lane", case.triage.lane.name()),
        row("阶段 Stage", case.stage.name()),
    ];
    for (role, absence) in &case.absences {
        rows.push(row(&format!("未参与 Does not take part ({role})"), not_taking_part(absence)));
    }
    let rules: Vec<String> = rules.collect();
    if !rules.is_empty() {
        rows.push(row("分流依据 Rules of triage", rules.join("\n")));
    }
    let edition = |(kind, mark): (&RuleKind, &EditionMark)| {
        format!("{kind} {} SHA-256 {}", mark.in_force_from, mark.digest)
    };
    if !case.judged_by.is_empty() {
        let editions: Vec<_> = case.judged_by.iter().map(edition).collect();
        rows.push(row("适用规则版本 Editions of the rules", editions.join("\n")));
    }
    section("案件", "Case", &[], rows)
}

fn not_taking_part(absence: &Absence) -> String {
    let how = match absence.how {
        AbsentHow::Refuses => "不愿参与 does not want to",
        AbsentHow::Gone => "已离开现场 has left the scene",
        AbsentHow::Unreachable => "无法联系 cannot be reached",
    };
    let note = absence.note.as_ref().map(ToString::to_string);
    [china(absence.at), how.to_owned()].into_iter().chain(note).collect::<Vec<_>>().join("\n")
}

fn parties(case: &Case) -> SummarySection {
    let columns = [
        ["当事人", "Party"],
        ["姓名", "Name"],
        ["证件与电话", "Licence, phone"],
        ["车辆与保险", "Vehicle, insurance"],
    ];
    section("当事人", "Parties", &columns, case.parties.iter().map(party).collect())
}

fn party(party: &Party) -> Vec<String> {
    let PartyDetails { name: person, phone, vehicle, insurance, .. } = &party.details;
    let plate = name(party.details.plate().map(NumberPlate::printed));
    let vehicle = vehicle.as_ref().map(|vehicle| format!("{plate} {}", vehicle.kind.chinese()));
    let insurance = insurance
        .as_ref()
        .map(|held| format!("{} {}", held.insurer, name(held.policy_number.as_ref())))
        .or_else(|| party.details.other_insurance_printed());
    let who = [name(person.as_ref())].into_iter().chain(party.remarks().into_iter().map(|remark| remark.zh));
    vec![
        format!("{}（{}）\n{}", party.role.chinese(), party.role, party.road_user.chinese()),
        who.collect::<Vec<_>>().join("\n"),
        format!("{}\n{}", name(party.details.identity_printed()), name(phone.as_ref())),
        format!("{}\n{}", name(vehicle), name(insurance)),
    ]
}

fn statements(case: &Case) -> SummarySection {
    let all = case.parties.iter().flat_map(|party| party.statements.iter().map(|said| (party.role, said)));
    let rows = all.take(MOST_ROWS).map(|(role, said)| {
        vec![
            format!("{}（{role}）-{}", role.chinese(), said.version),
            china(said.at),
            said.confirmed_at.map_or("未确认 no".to_owned(), china),
            words(said),
        ]
    });
    let columns = [["陈述", "Statement"], ["时间", "Given"], ["本人确认", "Confirmed"], ["内容", "Words"]];
    section("陈述", "Statements", &columns, rows.collect())
}

/// What was said, and who took it down if it was not the party itself.
fn words(said: &Statement) -> String {
    let taken = said.taken_by.as_ref().map(TakenBy::words).map(|(zh, en)| format!("（{zh} / {en}）"));
    let text = said.text.as_ref().map(|text| shortened(text.as_str()));
    let all: Vec<String> = taken.into_iter().chain(text).collect();
    if all.is_empty() { "—".to_owned() } else { all.join("\n") }
}

fn media(material: &Material) -> SummarySection {
    let case = &material.case;
    let rows = material.media.iter().map(|medium| {
        let id = medium.item.id;
        let (received, capture, fulfilment, digest) = about_medium(case, id);
        vec![medium.item.name.clone(), received, captured(capture), remark(fulfilment).to_owned(), digest]
    });
    let columns = [
        ["文件", "File"],
        ["收到", "Received"],
        ["设备所称拍摄", "Captured, as the device says"],
        ["备注", "Remark"],
        ["SHA-256", "SHA-256"],
    ];
    section("照片与录音录像", "Photos and recordings", &columns, rows.collect())
}

fn about_medium(case: &Case, id: Option<Uuid>) -> (String, Option<&Capture>, Option<Fulfilment>, String) {
    let photo = case.photos.iter().find(|photo| Some(photo.id.0) == id);
    let recording = case.recordings.iter().find(|recording| Some(recording.id.0) == id);
    match (photo, recording) {
        (Some(photo), _) => {
            (china(photo.received_at), Some(&photo.capture), photo.fulfilment, photo.digest.to_string())
        }
        (None, Some(recording)) => (
            china(recording.received_at),
            Some(&recording.capture),
            recording.fulfilment,
            recording.digest.to_string(),
        ),
        (None, None) => (String::new(), None, None, String::new()),
    }
}

fn captured(capture: Option<&Capture>) -> String {
    let Some(capture) = capture else { return String::new() };
    let at = capture.at.map(china);
    format!("{}\n{}", name(at), name(capture.device.as_ref()))
}

fn remark(fulfilment: Option<Fulfilment>) -> &'static str {
    match fulfilment {
        None => "—",
        Some(Fulfilment::Kept(_)) => "与先行承诺的哈希一致\nas committed before",
        Some(Fulfilment::Different(_)) => "并非先行承诺的文件\nNOT what was committed",
    }
}

fn absent(material: &Material) -> SummarySection {
    let rows = material.absent.iter().map(|absent| {
        let since = absent.since.map(china);
        let why = match absent.why {
            Why::Erased => "已按保存期限删除 erased, its term being over",
            Why::NeverCame => "已承诺而未收到 committed, never came",
            Why::Lost => "已损坏或丢失 damaged or lost",
        };
        vec![name(slot_of(&material.case, absent.id)), why.to_owned(), name(since), absent.sha256.to_string()]
    });
    let columns = [["项目", "Item"], ["原因", "Why"], ["时间", "Since"], ["SHA-256", "SHA-256"]];
    section("不在包内的证据", "Evidence that is not in the pack", &columns, rows.collect())
}

fn slot_of(case: &Case, id: Uuid) -> Option<&'static str> {
    let photos = case.photos.iter().map(|photo| (photo.id.0, photo.slot));
    let recordings = case.recordings.iter().map(|recording| (recording.id.0, recording.slot));
    let commitments = case.commitments.iter().map(|commitment| (commitment.id.0, commitment.slot));
    let mut all = photos.chain(recordings).chain(commitments);
    all.find(|(other, _)| *other == id).map(|(_, slot): (Uuid, Slot)| slot.name())
}

fn receipts(case: &Case) -> SummarySection {
    let given = case.earlier_receipts.iter().chain(&case.move_receipt);
    let rows = (1..).zip(given).map(|(number, given)| {
        let digest = domain::digest::Digest::of(given.receipt.as_bytes());
        vec![format!("receipts/{number:02}.jws"), china(given.at), digest.to_string()]
    });
    let columns = [["文件", "File"], ["出具时间", "Given"], ["SHA-256", "SHA-256"]];
    section("撤离凭证", "Receipts \"you may move\"", &columns, rows.collect())
}

fn decided(determination: &Determination) -> SummarySection {
    let grades = determination.liability.grades().iter();
    let grades: Vec<String> =
        grades.map(|(role, grade)| format!("{}（{role}）：{}", role.chinese(), grade.chinese())).collect();
    let rows = vec![
        row("责任 Liability", grades.join("\n")),
        row("事实 Facts", shortened(determination.facts.as_str())),
        row("依据 Articles", determination.articles.join("\n")),
        row("理由 Reason for differing from the proposal", name(determination.reason.as_ref())),
        row("民警 Officer", format!("{} {}", determination.officer_name, determination.officer_badge)),
        row("认定时间 Decided", china(determination.decided_at)),
        row("文书 Document (SHA-256)", determination.document),
    ];
    section("事故认定", "Determination", &[], rows)
}

/// What each party did with a document.
pub(super) fn signatures(signatures: &BTreeMap<PartyRole, Signature>) -> SummarySection {
    let rows = signatures.iter().map(|(role, signature)| {
        let said = match signature {
            Signature::Pending => "尚未签名 pending".to_owned(),
            Signature::Signed { at, document, .. } => {
                format!("{} 已签名 signed over\n{document}", china(*at))
            }
            Signature::Refused { at, reason, .. } => {
                format!("{} 拒绝签名 refused: {}", china(*at), shortened(reason.as_str()))
            }
        };
        vec![format!("{}（{role}）", role.chinese()), said]
    });
    section("签名", "Signatures", &[["当事人", "Party"], ["签名", "Signature"]], rows.collect())
}

fn documents(material: &Material) -> SummarySection {
    let sheets = material.sheets.iter().filter(|sheet| sheet.item.kind == FileKind::Document);
    let rows = sheets.map(|sheet| {
        let digest = domain::digest::Digest::of(&sheet.bytes);
        let issued = material.documents.get(&digest).map(|at| china(*at));
        vec![sheet.item.name.clone(), name(issued), digest.to_string()]
    });
    let columns = [["文件", "File"], ["出具时间", "Issued"], ["SHA-256", "SHA-256"]];
    section("文书", "Documents", &columns, rows.collect())
}

/// What changed the case; reading and the service's own work stand in the journal alone.
fn journal(material: &Material) -> SummarySection {
    let material_entries = material.events.iter().filter(|entry| entry.event.is_material());
    let rows = material_entries.take(MOST_ROWS).map(entry).collect();
    let columns = [["序号", "No."], ["时间", "Time"], ["事项", "Event"], ["由", "By"]];
    section("案件日志（主要事项）", "Journal (what changed the case)", &columns, rows)
}

fn entry(entry: &Entry) -> Vec<String> {
    let by = match entry.actor {
        Actor::Account { acting_as, account } => format!("{} {account}", acting_as.name()),
        Actor::Service => "service".to_owned(),
    };
    vec![entry.sequence.to_string(), china(entry.at), entry.event.kind().to_owned(), by]
}
