//! Rules as a city has them: a folder laid over those of the program, checked by it, tried on past cases by it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use domain::{rules::RuleKind, triage::Lane};
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;
use testkit::{TestDatabase, on_both};
use tests::programs::Programs;

use crate::{
    people::{ann, ben},
    scenes::{Scene, report, reported},
    support::{TestService, Wishes, configuration, reply},
};

const POLICY: &str = include_str!("../../../crates/domain/rules/policy.toml");
const LIABILITY: &str = include_str!("../../../crates/domain/rules/liability.toml");

/// From this day on the drafts of these tests hold.
const FROM: &str = "2037-01-01";

fn folder() -> TempDir {
    tempfile::Builder::new().prefix("kuaichu-rules-").tempdir().unwrap()
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

/// The same rules from another day on.
fn later(text: &str) -> String {
    replaced(text, "in_force_from = \"2018-05-01\"", &format!("in_force_from = \"{FROM}\""))
}

/// The policy with its hours switched on and never over: nothing is handled remotely.
fn never_remote() -> String {
    let on = replaced(POLICY, "code = \"P4\"\nenabled = false", "code = \"P4\"");
    let (before, rest) = on.split_once("hours = [").unwrap();
    let (_, after) = rest.split_once("\n]").unwrap();
    format!("{before}hours = [{{ from = \"00:00\", to = \"24:00\" }}]{after}")
}

/// The table by which whoever runs into the vehicle ahead is liable only on the wrong side of the road.
fn milder() -> String {
    let own = "own = { manoeuvre = [\"following\"], impact = [11, 12, 1]";
    replaced(LIABILITY, own, &own.replace("own = { ", "own = { yes = [\"wrong_way\"], "))
}

async fn kuaichu(folder: &Path, words: &[&str]) -> Output {
    let mut command = Programs::find().unwrap().command("kuaichu").unwrap();
    command.env_clear().current_dir(folder).args(words).output().await.unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The settings of the service as a file, for commands beside it.
fn settings_of(service: &TestService, database: &str) -> PathBuf {
    let path = service.folder().join("kuaichu.toml");
    fs::write(&path, configuration(database, service.folder(), service.sandbox.base_url())).unwrap();
    path
}

on_both! {
    async fn a_draft_is_tried_on_past_cases_and_nothing_of_them_changes(database: TestDatabase) {
        let address = database.address();
        let service = TestService::start(database).await;
        let scene = Scene::waiting(&service).await;
        let third = service.driver("openid-of-cai").await;
        let (chain, _) = reported(&third, report(3, json!({}))).await;
        service.settle().await;
        let before = (service.stored(&scene.id).await, service.stored(&chain).await);
        let settings = settings_of(&service, &address);
        let draft = folder();
        fs::write(draft.path().join(format!("policy-{FROM}.toml")), later(&never_remote())).unwrap();
        fs::write(draft.path().join(format!("liability-{FROM}.toml")), later(&milder())).unwrap();
        let replay = async |more: &[&str]| {
            let words = ["--config", settings.to_str().unwrap(), "rules", "replay", "--rules", draft.path().to_str().unwrap()];
            let output = kuaichu(service.folder(), &[&words, more].concat()).await;
            assert!(output.status.success(), "{}{}", printed(&output), said(&output));
            printed(&output)
        };
        let text = replay(&[]).await;
        let lines: Vec<_> = text.lines().collect();
        let number = &scene.number;
        // Three cars were sent to the scene already: another rule would have done the same.
        assert_eq!(lines, [
            format!("{number}: lane: remote (leave, remote centre) -> scene (move aside, point) [+P4]"),
            format!("{number}: proposal: A full, B none -> silent [-A:1]"),
            "2 cases: 1 would have gone elsewhere, 1 would have had another proposal; 0 could not be read".to_owned(),
        ]);
        for personal in [ann().words, ben().words, "柳泉路", "鲁C", "138"] {
            assert!(!text.contains(personal), "{personal}: {text}");
        }
        let none = "0 cases: 0 would have gone elsewhere, 0 would have had another proposal; 0 could not be read\n";
        assert_eq!(replay(&["--since", "2037-01-01"]).await, none);
        assert_eq!(replay(&["--until", "2020-01-01"]).await, none);
        assert_eq!(replay(&["--since", "2020-01-01", "--until", "2037-01-01"]).await, text);
        assert_eq!((service.stored(&scene.id).await, service.stored(&chain).await), before);
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citys_folder_decides_where_cases_go_and_each_case_names_its_editions() {
    let rules = folder();
    let policy = replaced(&never_remote(), "code = \"P6\"\nenabled = false", "code = \"P6\"");
    fs::write(rules.path().join("policy.toml"), &policy).unwrap();
    fs::write(rules.path().join("README.md"), "not a rule").unwrap();
    let settings = format!("[rules]\nfolder = \"{}\"\n", rules.path().display());
    let wishes = Wishes { settings: settings.leak(), ..Wishes::default() };
    let service = TestService::with(TestDatabase::sqlite().await, wishes).await;
    let a = service.driver(ann().openid).await;
    let asked = reply(service.request(Method::GET, "/questions")).await.json();
    let names: Vec<_> =
        asked.as_array().unwrap().iter().map(|question| question["name"].as_str().unwrap()).collect();
    assert_eq!((names.len(), names.last()), (13, Some(&"expressway")));
    let (id, case) = reported(&a, report(2, json!({ "expressway": "no" }))).await;
    let hits = case["triage"]["rules"].as_array().unwrap();
    let told: Vec<_> =
        hits.iter().map(|hit| (hit["code"].as_str().unwrap(), hit["bar"].as_str().unwrap())).collect();
    assert_eq!(told, [("P4", "policy")]);
    assert_eq!(case["triage"]["lane"], "scene");
    let (_, on_expressway) = reported(&a, report(2, json!({ "expressway": "yes" }))).await;
    assert_eq!(on_expressway["triage"]["rules"][1]["code"], "P6", "{on_expressway}");
    let stored = service.stored(&id).await;
    assert_eq!(stored.triage.lane, Lane::Scene);
    let mark = stored.judged_by[&RuleKind::Policy];
    assert_eq!(mark.in_force_from.to_string(), "2018-05-01");
    assert_eq!(mark.digest, domain::digest::Digest::of(policy.as_bytes()));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_editions_says_what_holds_when() {
    let rules = folder();
    fs::write(rules.path().join(format!("policy-{FROM}.toml")), later(POLICY)).unwrap();
    let output = kuaichu(rules.path(), &["rules", "check", "."]).await;
    let text = printed(&output);
    assert!(output.status.success(), "{text}{}", said(&output));
    let line = |start: &str| text.lines().filter(|line| line.starts_with(start)).collect::<Vec<_>>();
    assert_eq!(line("* policy").len(), 1, "{text}");
    assert!(
        line("* policy")[0].contains("2018-05-01  2037-01-01  policy.toml (came with the service)"),
        "{text}"
    );
    assert!(line("  policy")[0].ends_with("policy-2037-01-01.toml"), "{text}");
    for kind in RuleKind::ALL {
        assert_eq!(line(&format!("* {kind} ")).len(), 1, "{kind}: {text}");
    }
    assert!(line("* calendar")[0].ends_with(" 2025 2026"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_faulty_rules_nothing_starts_and_all_faults_are_told_in_a_line_each() {
    let (rules, place) = (folder(), folder());
    let policy = replaced(POLICY, "《机动车交通事故责任强制保险条例》第三十八条", "CTALI 38");
    fs::write(rules.path().join("policy.toml"), policy).unwrap();
    fs::write(rules.path().join("deadline.toml"), "").unwrap();
    let faults = ["deadline.toml: not the name of a rule file", "policy.toml, line "];
    let agree = |output: &Output| {
        assert!(!output.status.success());
        let said = said(output);
        let lines: Vec<_> = said.lines().filter(|line| !line.starts_with('{')).collect();
        assert_eq!(lines.len(), 2, "{said}");
        assert!(lines.iter().zip(faults).all(|(line, fault)| line.starts_with(fault)), "{said}");
    };
    agree(&kuaichu(place.path(), &["rules", "check", rules.path().to_str().unwrap()]).await);
    let database = format!("sqlite:{}", place.path().join("kuaichu.sqlite").display());
    let settings = configuration(&database, place.path(), "http://127.0.0.1:9")
        + &format!("[rules]\nfolder = \"{}\"\n", rules.path().display());
    fs::write(place.path().join("kuaichu.toml"), settings).unwrap();
    agree(&kuaichu(place.path(), &["serve"]).await);
    agree(&kuaichu(place.path(), &["rules", "check"]).await);
    agree(&kuaichu(place.path(), &["rules", "replay", "--rules", rules.path().to_str().unwrap()]).await);
    let missing = kuaichu(place.path(), &["rules", "check", "nowhere"]).await;
    assert!(!missing.status.success() && said(&missing).starts_with("rules.folder: cannot read nowhere"));
}
