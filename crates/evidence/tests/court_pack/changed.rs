//! Nothing in a pack can be changed unnoticed: not a bit by anybody, and not what the log holds by the service itself.

use chrono::TimeDelta;
use domain::{
    digest::Digest,
    event::Event,
    identifiers::CaseId,
    journal::{Entry, Head},
};
use evidence::pack::{Absent, FileKind, Language, Outcome, PublicKey, Terms, Why, verify};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::draft::{
    CASE, Draft, checked, failures, item, jwks, log_signer, made_at, minute, pair, terms, whole, witness,
};

/// A simple generator: the same numbers each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

#[test]
fn a_whole_pack_holds_and_says_what_it_rests_on() {
    let report = checked(&whole());
    assert_eq!(failures(&report), [""; 0], "{}", report.lines(Language::English));
    let of = |outcome| report.findings.iter().filter(|finding| finding.outcome == outcome).count();
    assert_eq!(of(Outcome::RestsOn), 1, "{}", report.lines(Language::English));
    let text = report.lines(Language::English);
    for said in [
        "18 entries in unbroken order",
        "saw the same checkpoint at 2026-11-23 05:41:00 UTC",
        "never came",
        "is not what was committed",
        "were erased at",
        "came later, byte for byte",
        "statement 1 of party A, confirmed at",
        "The signature of party A",
        "Party B refused to sign",
        "knows all 4 pieces of evidence",
        "There is no timestamp",
        "everything holds",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let chinese = report.lines(Language::Chinese);
    assert_eq!(chinese.lines().count(), text.lines().count());
    assert!(chinese.contains("全部成立") && chinese.contains("始终未收到"));
}

#[test]
fn the_same_case_at_the_same_time_gives_the_same_bytes() {
    assert_eq!(whole(), whole());
}

#[test]
fn without_keys_brought_along_the_pack_holds_but_names_what_must_be_compared() {
    let report = verify(&*whole(), &Terms::at(made_at() + TimeDelta::days(3650)));
    assert_eq!(failures(&report), [""; 0]);
    let rests: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.outcome == Outcome::RestsOn)
        .map(|f| f.check)
        .collect();
    assert_eq!(rests, ["seal", "log", "witness", "words"]);
    let fingerprint = PublicKey::of_set(&jwks(&pair(1))).unwrap()[0].fingerprint().to_owned();
    assert!(report.lines(Language::English).contains(&fingerprint));
}

#[test]
fn every_single_changed_bit_is_found() {
    let mut pack = whole();
    let terms = terms();
    let mut missed = Vec::new();
    for place in 0..pack.len() {
        for bit in 0..8 {
            pack[place] ^= 1 << bit;
            if verify(&*pack, &terms).holds {
                missed.push((place, bit));
            }
            pack[place] ^= 1 << bit;
        }
    }
    assert_eq!(missed, []);
    assert!(checked(&pack).holds);
}

/// Checksums of the container hide nothing: they are made anew, and the change is found behind them.
#[test]
fn a_changed_byte_of_any_file_is_found_although_the_container_is_made_anew() {
    let reference = Draft::whole().proved();
    let mut numbers = Numbers(1);
    for (place, (item, bytes)) in reference.files.iter().enumerate() {
        for _ in 0..8 {
            let mut pack = whole();
            let at = numbers.below(bytes.len());
            let header = find(&pack, item.name.as_bytes());
            pack[header + item.name.len() + at] ^= 1 << numbers.below(8);
            let mended = mended(&pack);
            let report = checked(&mended);
            assert!(report.failed("files"), "{place} {}: {}", item.name, report.lines(Language::English));
        }
    }
}

fn find(pack: &[u8], name: &[u8]) -> usize {
    pack.windows(name.len()).position(|part| part == name).unwrap()
}

/// The container with the right checksums for whatever its files hold now.
fn mended(pack: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    let (mut at, mut count) = (0, 0_u16);
    let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
    let mut crcs = Vec::new();
    while pack[at..].starts_with(b"PK\x03\x04") {
        let size = usize::try_from(number(&pack[at + 18..at + 22])).unwrap();
        let name = usize::from(u16::from_le_bytes([pack[at + 26], pack[at + 27]]));
        let data = &pack[at + 30 + name..at + 30 + name + size];
        let crc = crc32fast::hash(data).to_le_bytes();
        out.extend_from_slice(&pack[at..at + 14]);
        out.extend_from_slice(&crc);
        out.extend_from_slice(&pack[at + 18..at + 30 + name + size]);
        crcs.push(crc);
        at += 30 + name + size;
        count += 1;
    }
    for crc in crcs {
        let name = usize::from(u16::from_le_bytes([pack[at + 28], pack[at + 29]]));
        directory.extend_from_slice(&pack[at..at + 16]);
        directory.extend_from_slice(&crc);
        directory.extend_from_slice(&pack[at + 20..at + 46 + name]);
        at += 46 + name;
    }
    assert_eq!(count, u16::from_le_bytes([pack[at + 8], pack[at + 9]]));
    [out, directory, pack[at..].to_vec()].concat()
}

#[test]
fn a_pack_that_was_cut_or_has_bytes_before_or_behind_it_does_not_hold() {
    let pack = whole();
    for length in 0..pack.len() {
        assert!(!checked(&pack[..length]).holds, "{length}");
    }
    for more in [vec![0], b"PK\x05\x06".to_vec(), pack.clone(), vec![0; 70_000]] {
        assert!(!checked(&[pack.clone(), more.clone()].concat()).holds);
        assert!(!checked(&[more, pack.clone()].concat()).holds);
    }
}

/// Whoever has the service's key can seal what he likes; journal and log then tell.
fn resealed(change: impl FnOnce(&mut Draft)) -> Vec<&'static str> {
    let mut draft = Draft::whole().proved();
    change(&mut draft);
    failures(&checked(&draft.sealed()))
}

#[test]
fn files_that_were_swapped_changed_left_out_or_brought_from_elsewhere_are_found_by_the_journal() {
    let swapped = resealed(|draft| {
        let front = draft.file("evidence/01-front_oblique-A.jpg").1.clone();
        let rear = std::mem::replace(&mut draft.file("evidence/02-rear_oblique-A.jpg").1, front);
        draft.file("evidence/01-front_oblique-A.jpg").1 = rear;
    });
    assert_eq!(swapped, ["photo", "foreign"]);
    for (name, checks) in [
        ("case/report.json", ["report", "foreign"]),
        ("case/party-A.json", ["details", "foreign"]),
        ("statements/A-01.json", ["statement", "foreign"]),
        ("examinations/01.json", ["examination", "foreign"]),
        ("receipts/01.jws", ["receipt", "foreign"]),
        ("signatures/01-A.png", ["signature", "foreign"]),
        ("documents/01-determination.pdf", ["document", "foreign"]),
        ("evidence/05-dash_cam-A.mp4", ["recording", "foreign"]),
    ] {
        assert_eq!(resealed(|draft| draft.file(name).1.push(b' ')), checks, "{name}");
        let left_out = resealed(|draft| draft.files.retain(|(item, _)| item.name != name));
        let noted = name == "case/report.json";
        assert_eq!(left_out, if noted { &checks[..0] } else { &checks[..1] }, "{name}");
    }
    let foreign = resealed(|draft| {
        let id = Some(Uuid::from_u128(99));
        draft.files.push((item("evidence/99-other-A.jpg", FileKind::Photo, id), b"another case".to_vec()));
    });
    assert_eq!(foreign, ["foreign"]);
}

#[test]
fn what_is_said_to_be_missing_needs_a_reason_in_the_journal() {
    let hidden = resealed(|draft| {
        draft.files.retain(|(item, _)| item.name != "evidence/02-rear_oblique-A.jpg");
        let sha256 = Digest::of(b"rear");
        draft.absent.push(Absent { id: Uuid::from_u128(22), sha256, why: Why::Erased, since: None });
    });
    assert_eq!(hidden, ["photo", "absent"]);
    assert_eq!(resealed(|draft| draft.absent.clear()), ["commitment"]);
    let lost = resealed(|draft| {
        draft.files.retain(|(item, _)| item.name != "evidence/02-rear_oblique-A.jpg");
        let sha256 = Digest::of(b"rear");
        draft.absent.push(Absent { id: Uuid::from_u128(22), sha256, why: Why::Lost, since: None });
    });
    assert_eq!(lost, ["photo"]);
}

/// The lines without one of them, numbered and chained anew as if it had never been.
fn without(lines: &[String], left_out: usize) -> Vec<String> {
    rechained(lines.iter().enumerate().filter(|(place, _)| *place != left_out).map(|(_, line)| line), CASE)
}

fn rechained<'a>(lines: impl Iterator<Item = &'a String>, case: CaseId) -> Vec<String> {
    let mut head = Head::of_nothing();
    lines
        .map(|line| {
            let entry: Entry = serde_json::from_str(line).unwrap();
            let (next, sealed) = head.append(case, entry.at, entry.actor, &entry.event).unwrap();
            head = next;
            sealed.canonical
        })
        .collect()
}

/// Even the service cannot: the log holds the hashes of what truly happened.
#[test]
fn a_journal_from_which_an_entry_was_removed_and_everything_behind_it_chained_anew_is_not_in_the_log() {
    let logged = Draft::whole().hashes();
    for left_out in 0..logged.len() - 1 {
        let mut draft = Draft::whole();
        draft.lines = without(&draft.lines, left_out);
        draft.prove_as(&logged[..logged.len() - 1]);
        let failures = failures(&checked(&draft.sealed()));
        assert!(failures.contains(&"log"), "{left_out}: {failures:?}");
    }
}

#[test]
fn an_entry_that_was_changed_left_out_doubled_or_moved_breaks_the_journal_or_is_not_in_the_log() {
    let logged = Draft::whole().hashes();
    let changes: [fn(&mut Vec<String>); 5] = [
        |lines| lines[9] = lines[9].replace("\"kind\"", "\"kind\" "),
        |lines| drop(lines.remove(4)),
        |lines| lines.swap(2, 3),
        |lines| lines.push(lines[17].clone()),
        |lines| drop(lines.pop()),
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut draft = Draft::whole();
        change(&mut draft.lines);
        draft.prove_as(&logged[..draft.lines.len().min(logged.len())]);
        let failures = failures(&checked(&draft.sealed()));
        let found = failures.contains(&"journal") || failures.contains(&"log");
        assert!(found, "{number}: {failures:?}");
    }
}

#[test]
fn the_journal_of_another_case_is_not_this_cases() {
    let mut draft = Draft::whole();
    draft.lines = rechained(draft.lines.iter(), CaseId(Uuid::from_u128(0xD)));
    assert_eq!(failures(&checked(&draft.proved().sealed())), ["journal"]);
}

#[test]
fn a_pack_without_its_last_entries_does_not_end_with_its_own_making() {
    let mut draft = Draft::whole();
    draft.lines.truncate(10);
    let failures = failures(&checked(&draft.proved().sealed()));
    assert!(failures.contains(&"journal"), "{failures:?}");
}

#[test]
fn other_keys_than_those_brought_along_are_refused() {
    let mut draft = Draft::whole();
    draft.service = 5;
    let report = checked(&draft.clone().proved().sealed());
    assert_eq!(failures(&report), ["seal"]);
    let report = verify(&*draft.clone().proved().sealed(), &Terms::at(terms().at));
    assert_eq!(failures(&report), ["signature", "receipt", "foreign"]);
    draft.service = 1;
    draft.log = 6;
    assert_eq!(failures(&checked(&draft.proved().sealed())), ["log"]);
    let mut stranger = terms();
    stranger.witnesses = vec![witness("insurer.example.cn/witness", "", minute(0)).0];
    assert_eq!(failures(&verify(&*whole(), &stranger)), ["witness"]);
    let mut other_key = terms();
    other_key.log_keys = vec![log_signer(9).key().clone()];
    assert_eq!(failures(&verify(&*whole(), &other_key)), ["log"]);
}

#[test]
fn nothing_is_later_than_the_time_of_the_check_or_than_others_saw_it() {
    let mut early = terms();
    early.at = minute(50);
    let found = failures(&verify(&*whole(), &early));
    assert_eq!(found, ["seal", "journal", "witness"]);
    let mut draft = Draft::whole();
    draft.cosigned_at = minute(60);
    let report = checked(&draft.proved().sealed());
    assert_eq!(failures(&report), ["witness"]);
    assert!(report.lines(Language::English).contains("2 entries say a later time"));
}

#[test]
fn the_seal_over_a_signature_is_of_this_case_party_document_drawing_and_time() {
    let sealed = |pointer: &str, other: Value| {
        let draft = Draft::signed(|claims| *claims.pointer_mut(pointer).unwrap() = other);
        failures(&checked(&draft.proved().sealed()))
    };
    for (pointer, other) in [
        ("/sub", json!("QC20261123-0000000000")),
        ("/role", json!("B")),
        ("/document/sha256", json!(Digest::of(b"another document"))),
        ("/image_sha256", json!(Digest::of(b"another drawing"))),
        ("/image_sha256", Value::Null),
        ("/iat", json!(minute(9).timestamp() + 301)),
    ] {
        assert_eq!(sealed(pointer, other), ["signature", "foreign"], "{pointer}");
    }
    assert_eq!(sealed("/iat", json!(minute(9).timestamp() + 299)), [""; 0]);
    let unproved = resealed(|draft| draft.files.retain(|(item, _)| item.name != "signatures/01-A.json"));
    assert_eq!(unproved, ["signature", "foreign"], "the drawing alone proves nothing");
}

#[test]
fn a_signature_over_another_document_is_found() {
    let mut draft = Draft::whole();
    let mut entry: Entry = serde_json::from_str(&draft.lines[13]).unwrap();
    let Event::DeterminationSigned { document, .. } = &mut entry.event else { panic!("the signature") };
    *document = Digest::of(b"%PDF signed");
    draft.lines[13] = serde_json::to_string(&entry).unwrap();
    draft.lines = rechained(draft.lines.iter(), CASE);
    assert_eq!(failures(&checked(&draft.proved().sealed())), ["signature", "foreign"]);
}
