//! Reads keys one by one and remembers everything that is wrong, instead of stopping at the first fault.

use std::fmt;

use secrecy::SecretString;
use toml::{Table, Value};

use super::ENVIRONMENT_PREFIX;

/// One thing that is wrong with the settings. Never holds the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The key, such as `server.bind`.
    pub key: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.problem)
    }
}

/// The file with the environment laid over it, and the faults found so far.
pub(super) struct Source {
    table: Table,
    faults: Vec<Fault>,
}

impl Source {
    /// Fails with line and problem if `text` is not TOML. The parser's own display would quote the line.
    pub(super) fn new(
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, (usize, String)> {
        let mut table: Table = text.parse().map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            (before.matches('\n').count() + 1, error.message().to_owned())
        })?;
        let mut faults = Vec::new();
        for (name, value) in environment {
            if let Some(path) = name.strip_prefix(ENVIRONMENT_PREFIX).filter(|path| path.contains("__")) {
                let path: Vec<String> = path.split("__").map(str::to_ascii_lowercase).collect();
                if !put(&mut table, &path, value) {
                    faults.push(Fault { key: name, problem: "does not fit the settings file".to_owned() });
                }
            }
        }
        Ok(Self { table, faults })
    }

    /// Takes a section out; an empty one if it is missing.
    pub(super) fn section<T>(&mut self, name: &str, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        let table = match self.table.remove(name) {
            Some(Value::Table(table)) => table,
            Some(_) => {
                self.faults.push(Fault { key: name.to_owned(), problem: "must be a section".to_owned() });
                Table::new()
            }
            None => Table::new(),
        };
        read_section(name.to_owned(), table, &mut self.faults, read)
    }

    /// All faults, after the last section was read: what is left is unknown.
    pub(super) fn finish(mut self) -> Vec<Fault> {
        self.faults.extend(self.table.keys().map(|key| unknown(key.clone())));
        self.faults
    }
}

/// One section; keys are told with its name in front.
pub(super) struct Section<'a> {
    name: String,
    table: Table,
    faults: &'a mut Vec<Fault>,
}

fn read_section<T>(
    name: String,
    table: Table,
    faults: &mut Vec<Fault>,
    read: impl FnOnce(&mut Section<'_>) -> T,
) -> T {
    let mut section = Section { name, table, faults };
    let result = read(&mut section);
    let Section { name, table, faults } = section;
    faults.extend(table.keys().map(|key| unknown(format!("{name}.{key}"))));
    result
}

fn unknown(key: String) -> Fault {
    Fault { key, problem: "unknown key".to_owned() }
}

impl Section<'_> {
    /// Whether nothing stands in it.
    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// A text that may be missing.
    pub(super) fn optional(&mut self, key: &str) -> Option<String> {
        match self.table.remove(key)? {
            Value::String(text) if !text.trim().is_empty() => Some(text),
            Value::String(_) => self.fault(key, "is empty"),
            _ => self.fault(key, "must be a text in quotes"),
        }
    }

    /// A text; `None` stands for a fault, which is already noted.
    pub(super) fn text(&mut self, key: &str, default: Option<&str>) -> Option<String> {
        match default {
            _ if self.table.contains_key(key) => self.optional(key),
            Some(default) => Some(default.to_owned()),
            None => self.fault(key, "is missing"),
        }
    }

    /// A text that must not be shown.
    pub(super) fn secret(&mut self, key: &str) -> Option<SecretString> {
        self.text(key, None).map(SecretString::from)
    }

    /// A text that means something; `rule` says what a right one looks like.
    pub(super) fn parsed<T, E>(
        &mut self,
        key: &str,
        default: Option<&str>,
        rule: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(key, default)?;
        parse(&text).ok().or_else(|| self.fault(key, rule))
    }

    /// A whole number within bounds.
    pub(super) fn number(&mut self, key: &str, default: i64, least: i64, most: i64) -> Option<i64> {
        let number = match self.table.remove(key) {
            None => Some(default),
            Some(Value::Integer(number)) => Some(number),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        let rule = format!("must be a whole number from {least} to {most}");
        number.filter(|number| (least..=most).contains(number)).or_else(|| self.fault(key, &rule))
    }

    /// The section of this name inside this one; an empty one if it is missing.
    pub(super) fn within<T>(&mut self, key: &str, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        let table = match self.table.remove(key) {
            Some(Value::Table(table)) => table,
            Some(_) => {
                self.fault::<()>(key, "must be a section");
                Table::new()
            }
            None => Table::new(),
        };
        read_section(format!("{}.{key}", self.name), table, self.faults, read)
    }

    /// Every section inside this one, by name.
    pub(super) fn each<T>(&mut self, mut read: impl FnMut(&str, &mut Section<'_>) -> T) -> Vec<T> {
        let tables = std::mem::take(&mut self.table);
        let mut all = Vec::new();
        for (key, value) in tables {
            let name = format!("{}.{key}", self.name);
            match value {
                Value::Table(table) => {
                    all.push(read_section(name, table, self.faults, |section| read(&key, section)));
                }
                _ => self.faults.push(Fault { key: name, problem: "must be a section".to_owned() }),
            }
        }
        all
    }

    /// Notes a fault of `key`, or of the section itself if `key` is empty.
    pub(super) fn fault<T>(&mut self, key: &str, problem: &str) -> Option<T> {
        let key = if key.is_empty() { self.name.clone() } else { format!("{}.{key}", self.name) };
        self.faults.push(Fault { key, problem: problem.to_owned() });
        None
    }
}

/// Puts a value from the environment over the file's. Names of sections are found without regard to case,
/// since variables are written in capitals. `false` if a part of the path is no section.
fn put(table: &mut Table, path: &[String], value: String) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    let present = table.keys().find(|key| key.eq_ignore_ascii_case(first)).cloned();
    let key = present.unwrap_or_else(|| first.clone());
    if rest.is_empty() {
        table.insert(key, Value::String(value));
        return true;
    }
    match table.entry(key).or_insert_with(|| Value::Table(Table::new())) {
        Value::Table(inner) => put(inner, rest, value),
        _ => false,
    }
}
