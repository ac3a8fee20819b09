//! A pack that was made once gets the same answer for ever, and is written the same way.

use std::{fs, io::Read as _, path::PathBuf};

use chrono::{DateTime, Utc};
use evidence::pack::{
    Imprint, Item, Language, Manifest, Outcome, PackWriter, PublicKey, Report, Terms, verify,
};

use crate::draft::{failures, jws, pair};

/// A file that lies beside this one and is never made anew.
fn kept(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/court_pack/for_ever");
    fs::read(folder.join(name)).unwrap()
}

fn line(name: &str) -> String {
    String::from_utf8(kept(name)).unwrap().trim().to_owned()
}

/// What somebody in ten years brings along.
fn terms() -> Terms {
    Terms {
        at: "2036-11-23T00:00:00Z".parse::<DateTime<Utc>>().unwrap(),
        keys: PublicKey::of_set(&kept("jwks.json")).unwrap(),
        log_keys: vec![line("log.txt").parse().unwrap()],
        witnesses: vec![line("witness.txt").parse().unwrap()],
        authorities: vec![kept("authority.der")],
    }
}

/// Each line's check and outcome; the words may get better.
fn answer(report: &Report) -> String {
    let word = |outcome| match outcome {
        Outcome::Holds => "holds",
        Outcome::Fails => "fails",
        Outcome::Note => "note",
        Outcome::RestsOn => "rests_on",
    };
    report.findings.iter().map(|finding| format!("{} {}\n", finding.check, word(finding.outcome))).collect()
}

#[test]
fn a_pack_made_in_2026_gets_the_answer_that_it_got_then() {
    let report = verify(&*kept("pack.zip"), &terms());
    assert!(report.holds, "{}", report.lines(Language::English));
    assert_eq!(answer(&report), String::from_utf8(kept("answer.txt")).unwrap());
    let before = Terms { at: "2026-11-23T05:00:00Z".parse().unwrap(), ..terms() };
    assert_eq!(failures(&verify(&*kept("pack.zip"), &before)), ["seal", "journal", "witness", "timestamp"]);
}

#[test]
fn the_same_files_are_still_written_as_the_same_bytes() {
    let pack = kept("pack.zip");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&pack)).unwrap();
    let mut read = |name: &str| {
        let mut bytes = Vec::new();
        archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    let manifest: Manifest = serde_json::from_slice(&read("manifest.json")).unwrap();
    let mut pen = PackWriter::new(std::io::Cursor::new(Vec::new()));
    for listed in manifest.files {
        let bytes = read(&listed.name);
        let item =
            Item { name: listed.name, kind: listed.kind, id: listed.id, about: [listed.zh, listed.en] };
        pen.add(item, &bytes).unwrap();
    }
    manifest.absent.into_iter().for_each(|absent| pen.leave_out(absent));
    let imprint = Imprint {
        case: manifest.case,
        number: manifest.number,
        made_at: manifest.made_at,
        issuer: "https://kuaichu.example.cn".to_owned(),
    };
    let again = pen.finish::<std::io::Error>(imprint, |typ, claims| {
        Ok(jws(&pair(1), typ, &serde_json::to_value(claims).unwrap()))
    });
    assert!(again.unwrap().into_inner() == pack);
}
