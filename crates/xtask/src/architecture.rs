//! Who may know whom: the fences between the crates, checked against what cargo really builds. Every rule
//! carries its own proof that it can fail: what it forbids must exist somewhere under that very name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    place::Place,
    process::{Trouble, While, read},
};

type Names = BTreeSet<String>;

/// Of our own crates, whom each may name directly. Arrows point from high to low and never back.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("migrations", &[]),
    ("store", &["domain", "migrations"]),
    ("evidence", &["domain"]),
    ("documents", &["domain"]),
    ("adapters", &["domain"]),
    ("app", &["domain", "evidence", "store"]),
    ("kuaichu", &["adapters", "app", "documents", "domain", "evidence", "store"]),
    ("sandbox", &["domain"]),
    ("testkit", &["domain", "store"]),
    (
        "tests",
        &["adapters", "app", "documents", "domain", "evidence", "kuaichu", "sandbox", "store", "testkit"],
    ),
    ("xtask", &[]),
];

/// Outside crates that only these of ours may name directly.
const KEPT: &[(&str, &[&str])] = &[
    ("sea-orm", &["store"]),
    ("sea-orm-migration", &["migrations", "store"]),
    // The tests: a benchmark measures beside a bare loop over the database.
    ("sqlx", &["store", "testkit", "tests"]),
    ("reqwest", &["adapters", "sandbox", "tests"]),
    ("actix-web", &["kuaichu", "sandbox", "tests"]),
];

/// What must not be there at all, however many crates lie between.
const ABSENT: &[(&str, &[&str])] = &[
    ("domain", &["actix-web", "reqwest", "sea-orm", "sqlx", "tokio"]),
    // An HTTP client does lie below it: that of the object store.
    ("app", &["actix-web", "adapters", "documents"]),
    ("store", &["actix-web", "reqwest"]),
    ("kuaichu", &["sandbox", "testkit"]),
    ("xtask", &["actix-web", "reqwest", "sea-orm", "tokio"]),
];

/// What is built with what, without dependencies that only tests or build scripts have.
#[derive(Debug, Default)]
struct Graph {
    /// What each of our crates names itself.
    direct: BTreeMap<String, Names>,
    /// Everything below each of our crates, itself included.
    reached: BTreeMap<String, Names>,
}

/// The three tables; the tests bring their own.
#[derive(Debug)]
struct Rules<'a> {
    arrows: &'a [(&'a str, &'a [&'a str])],
    kept: &'a [(&'a str, &'a [&'a str])],
    absent: &'a [(&'a str, &'a [&'a str])],
}

const RULES: Rules<'static> = Rules { arrows: ARROWS, kept: KEPT, absent: ABSENT };

/// Fails with every arrow that points where it must not.
pub(crate) fn check(place: &Place) -> Result<(), Trouble> {
    let broken = broken(&graph(place)?, &RULES);
    if broken.is_empty() { Ok(()) } else { Err(Trouble::new(broken.join("; "))) }
}

fn graph(place: &Place) -> Result<Graph, Trouble> {
    let metadata = read(&mut place.cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata = serde_json::from_str(&metadata).while_doing("read what cargo metadata prints")?;
    let direct = direct(&metadata);
    let mut reached = BTreeMap::new();
    for member in direct.keys() {
        let words = ["tree", "--package", member, "--edges", "normal", "--prefix", "none", "--format", "{p}"];
        reached.insert(member.clone(), first_words(&read(&mut place.cargo(&words))?));
    }
    Ok(Graph { direct, reached })
}

/// Each package with the names of its ordinary dependencies, from `cargo metadata --no-deps`.
fn direct(metadata: &Value) -> BTreeMap<String, Names> {
    let name = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
    let list =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let ordinary = |dependency: &Value| dependency.get("kind").is_none_or(Value::is_null);
    list(metadata, "packages")
        .iter()
        .filter_map(|package| {
            let dependencies = list(package, "dependencies");
            Some((name(package)?, dependencies.iter().filter(|one| ordinary(one)).filter_map(name).collect()))
        })
        .collect()
}

/// The package names in the output of `cargo tree --prefix none`.
fn first_words(tree: &str) -> Names {
    tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Every broken rule, and every rule that could not be broken because it is misspelt.
fn broken(graph: &Graph, rules: &Rules<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    broken.extend(unknown_members(graph, rules));
    broken.extend(forbidden_arrows(graph, rules.arrows));
    broken.extend(outside_their_room(graph, rules.kept));
    broken.extend(present_but_forbidden(graph, rules.absent));
    broken
}

fn unknown_members(graph: &Graph, rules: &Rules<'_>) -> Vec<String> {
    let without_rule = graph.direct.keys().filter(|member| rules.arrows.iter().all(|(one, _)| one != member));
    let named = rules.arrows.iter().flat_map(|(from, to)| std::iter::once(from).chain(*to));
    let named = named.chain(rules.kept.iter().flat_map(|(_, rooms)| *rooms));
    let named: BTreeSet<&&str> = named.chain(rules.absent.iter().map(|(member, _)| member)).collect();
    let misspelt = named.into_iter().filter(|name| !graph.direct.contains_key(**name));
    without_rule
        .map(|member| format!("{member} has no rule: add it to the arrows"))
        .chain(misspelt.map(|name| format!("the rules name {name}, which is no crate of ours")))
        .collect()
}

fn forbidden_arrows(graph: &Graph, arrows: &[(&str, &[&str])]) -> Vec<String> {
    let mut broken = Vec::new();
    for (from, allowed) in arrows {
        let named = graph.direct.get(*from).into_iter().flatten();
        for to in named.filter(|to| graph.direct.contains_key(*to) && !allowed.contains(&to.as_str())) {
            broken.push(format!("{from} must not know {to}"));
        }
    }
    broken
}

fn outside_their_room(graph: &Graph, kept: &[(&str, &[&str])]) -> Vec<String> {
    let mut broken = Vec::new();
    for (guest, rooms) in kept {
        let mut hosts = graph.direct.iter().filter(|(_, names)| names.contains(*guest)).map(|(host, _)| host);
        if !hosts.clone().any(|host| rooms.contains(&host.as_str())) {
            broken.push(format!("nobody names {guest}, so its rule proves nothing"));
        }
        broken.extend(
            hosts
                .by_ref()
                .filter(|host| !rooms.contains(&host.as_str()))
                .map(|host| format!("{host} must not name {guest} itself")),
        );
    }
    broken
}

fn present_but_forbidden(graph: &Graph, absent: &[(&str, &[&str])]) -> Vec<String> {
    let mut broken = Vec::new();
    for (member, forbidden) in absent {
        for name in *forbidden {
            if !graph.reached.values().any(|reached| reached.contains(*name)) {
                broken.push(format!("{name} is nowhere, so its absence from {member} proves nothing"));
            }
            if graph.reached.get(*member).is_none_or(|reached| reached.contains(*name)) {
                broken.push(format!("{member} must be built without {name}"));
            }
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Rules<'static> = Rules {
        arrows: &[("domain", &[]), ("store", &["domain"]), ("tests", &["store"])],
        kept: &[("sea-orm", &["store"])],
        absent: &[("domain", &["tokio"])],
    };

    fn names(list: &[&str]) -> Names {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    fn sound() -> Graph {
        let entry = |name: &str, list: &[&str]| (name.to_owned(), names(list));
        Graph {
            direct: [
                entry("domain", &["serde"]),
                entry("store", &["domain", "sea-orm"]),
                entry("tests", &["store"]),
            ]
            .into(),
            reached: [
                entry("domain", &["domain", "serde"]),
                entry("store", &["store", "domain", "serde", "sea-orm", "tokio"]),
            ]
            .into(),
        }
    }

    #[test]
    fn a_sound_house_has_nothing_to_report() {
        assert_eq!(broken(&sound(), &SMALL), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_that_turns_back_is_found() {
        let mut graph = sound();
        graph.direct.get_mut("domain").unwrap().insert("store".to_owned());
        assert_eq!(broken(&graph, &SMALL), ["domain must not know store"]);
    }

    #[test]
    fn a_guest_outside_its_room_is_found() {
        let mut graph = sound();
        graph.direct.get_mut("tests").unwrap().insert("sea-orm".to_owned());
        assert_eq!(broken(&graph, &SMALL), ["tests must not name sea-orm itself"]);
    }

    #[test]
    fn what_must_be_absent_is_found_however_deep() {
        let mut graph = sound();
        graph.reached.get_mut("domain").unwrap().insert("tokio".to_owned());
        assert_eq!(broken(&graph, &SMALL), ["domain must be built without tokio"]);
    }

    #[test]
    fn a_misspelt_rule_cannot_pass() {
        let rules = Rules {
            arrows: &[("domain", &[]), ("store", &["domian", "domain"]), ("tests", &["store"])],
            kept: &[("sea_orm", &["store"])],
            absent: &[("domain", &["tokyo"])],
        };
        assert_eq!(
            broken(&sound(), &rules),
            [
                "the rules name domian, which is no crate of ours",
                "nobody names sea_orm, so its rule proves nothing",
                "tokyo is nowhere, so its absence from domain proves nothing",
            ]
        );
    }

    #[test]
    fn a_new_crate_needs_a_rule() {
        let mut graph = sound();
        graph.direct.insert("common".to_owned(), Names::new());
        assert_eq!(broken(&graph, &SMALL), ["common has no rule: add it to the arrows"]);
    }

    #[test]
    fn what_cargo_prints_is_understood() {
        let metadata = serde_json::json!({"packages": [{"name": "store", "dependencies": [
            {"name": "sea-orm", "kind": null}, {"name": "testkit", "kind": "dev"}, {"name": "cc", "kind": "build"},
        ]}]});
        assert_eq!(direct(&metadata), [("store".to_owned(), names(&["sea-orm"]))].into());
        let tree = "store v0.1.0 (/src/crates/store)\nsea-orm v2.0.4\nserde v1.0.0 (*)\nasync-trait v0.1.0 (proc-macro)\n\n";
        assert_eq!(first_words(tree), names(&["store", "sea-orm", "serde", "async-trait"]));
    }
}
