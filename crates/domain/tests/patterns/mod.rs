//! Fact patterns of liability: reading them, and comparing what the rules answer with what the law demands.
//! Read by the test and by the benchmark. How a pattern is written: testdata/liability/README.md.

use std::{collections::BTreeMap, fs, path::Path};

use domain::{
    liability::{ContactFinding, DrivingFacts, Grade, Junction, LiabilityRules, Suggestion, suggest},
    role::PartyRole,
};
use serde::Deserialize;

/// One accident and what the law makes of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pattern {
    pub(crate) name: String,
    #[serde(default)]
    place: Junction,
    expect: Option<String>,
    contacts: Option<BTreeMap<String, String>>,
    pub(crate) law: Vec<String>,
    party: BTreeMap<PartyRole, DrivingFacts>,
    #[serde(skip)]
    pub(crate) file: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    pattern: Vec<Pattern>,
}

type Grades = BTreeMap<PartyRole, Grade>;

/// What the law makes of an accident, or what the rules propose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Silent,
    Grades(Grades),
    /// For each contact, named by its two letters.
    Apart(BTreeMap<String, Grades>),
}

/// How an answer compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Proposed what the law says.
    Right,
    /// Proposed something else.
    Wrong,
    /// Silent where the law says something.
    Missing,
    /// Silent where silence is right.
    RightlySilent,
}

/// All patterns of the folder, by file.
pub(crate) fn all() -> Vec<Pattern> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/liability");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let group: Group = toml::from_str(&fs::read_to_string(file).unwrap())
            .unwrap_or_else(|fault| panic!("{name}: {fault}"));
        group
            .pattern
            .into_iter()
            .map(move |pattern| Pattern { file: name.clone(), ..pattern })
            .collect::<Vec<_>>()
    };
    files.iter().flat_map(read).collect()
}

impl Pattern {
    /// The facts, with the place filled in for everybody.
    pub(crate) fn facts(&self) -> Vec<(PartyRole, DrivingFacts)> {
        let mut facts: Vec<_> = self.party.clone().into_iter().collect();
        for (_, facts) in &mut facts {
            if facts.junction == Junction::Unknown {
                facts.junction = self.place;
            }
        }
        facts
    }

    /// What the law says.
    pub(crate) fn expected(&self) -> Said {
        let roles: Vec<PartyRole> = self.party.keys().copied().collect();
        match (&self.expect, &self.contacts) {
            (Some(expect), None) if expect == "silent" => Said::Silent,
            (Some(expect), None) => Said::Grades(self.grades(expect, &roles)),
            (None, Some(contacts)) => {
                let grades = |(pair, expect): (&String, &String)| {
                    let roles: Vec<_> = pair.chars().map(|letter| PartyRole::new(letter).unwrap()).collect();
                    (pair.clone(), self.grades(expect, &roles))
                };
                Said::Apart(contacts.iter().map(grades).collect())
            }
            _ => panic!("{}: either expect or contacts", self.name),
        }
    }

    /// "A main, B secondary"; everybody else bears nothing.
    fn grades(&self, text: &str, roles: &[PartyRole]) -> Grades {
        let mut grades: Grades = roles.iter().map(|role| (*role, Grade::None)).collect();
        for part in text.split(',').map(str::trim).filter(|_| text != "none at fault") {
            let (role, grade) = part.split_once(' ').unwrap_or_else(|| panic!("{}: {part:?}", self.name));
            let grade = Grade::ALL.into_iter().find(|one| serde_json::to_value(one).unwrap() == grade);
            grades.insert(role.parse().unwrap(), grade.unwrap_or_else(|| panic!("{}: {part:?}", self.name)));
        }
        grades
    }

    pub(crate) fn answer(&self, rules: &LiabilityRules) -> Said {
        let contact = |contact: &ContactFinding| {
            let pair = contact.roles.map(PartyRole::letter).into_iter().collect();
            (pair, contact.grades.clone().unwrap_or_default())
        };
        match suggest(rules, &self.facts()) {
            Suggestion::Proposed { grades, .. } => Said::Grades(grades),
            Suggestion::Apart { contacts, .. } => Said::Apart(contacts.iter().map(contact).collect()),
            Suggestion::Silent { .. } => Said::Silent,
        }
    }

    pub(crate) fn verdict(&self, rules: &LiabilityRules) -> Verdict {
        match (self.expected(), self.answer(rules)) {
            (Said::Silent, Said::Silent) => Verdict::RightlySilent,
            (_, Said::Silent) => Verdict::Missing,
            (expected, answer) if expected == answer => Verdict::Right,
            _ => Verdict::Wrong,
        }
    }

    /// Two parties or more.
    pub(crate) fn is_of_two(&self) -> bool {
        self.party.len() == 2
    }
}
