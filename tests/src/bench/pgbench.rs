//! PostgreSQL without a service: `pgbench` does the same statements on the same server, one transaction a case.
//! It reads what the service reads: an account and a session for each sign-in, nothing for a report.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::process::Command;

use super::{BenchFailed, bare_loop::HASH, figures::Figures, reports::ONE_INJURED_IN, sample::Sample};

/// How many drivers the reports are from.
const DRIVERS: u32 = 100;

/// `pgbench` with its scripts.
#[derive(Debug)]
pub(super) struct Pgbench {
    program: PathBuf,
    folder: PathBuf,
    database: String,
    /// Texts that the scripts bind as parameters, by name.
    texts: Vec<(String, String)>,
    cases_per_sign_in: usize,
    runs: u32,
}

/// A UUID made from a number; numbers that grow give ids that sort by time, as the service's do.
fn uuid(number: &str) -> String {
    format!("lpad(to_hex({number}::bigint), 32, '0')::uuid")
}

fn public_number(sample: &Sample) -> String {
    format!("lpad(:id::text, {}, '0')", sample.case.number.len())
}

/// The statements for one case. Texts are parameters, as they are for the service.
fn inserts(sample: &Sample, name: &str) -> String {
    let (id, who, number) = (uuid(":id"), uuid(":who"), public_number(sample));
    let case = &sample.case;
    let mut sql = format!(
        "INSERT INTO accident_case (id, number, version, stage, lane, district, reported_at, journal_length, \
         journal_head, body) VALUES ({id}, {number}, 1, '{}', '{}', '{}', now(), {}, '{HASH}', :body_{name});\n\
         INSERT INTO case_party (account_id, case_id, role) VALUES ({who}, {id}, 'A');\n",
        case.stage, case.lane, case.district, case.journal_length
    );
    if let Some(message) = &sample.message {
        // Writing to a string cannot fail.
        let _ = writeln!(
            sql,
            "INSERT INTO message (id, case_id, lane, content, state, tries, fence, due, created_at) \
             VALUES ({id}, {id}, '{}', :content_{name}, 'waiting', 0, 0, now(), now());",
            message.lane
        );
    }
    let _ = writeln!(
        sql,
        "INSERT INTO idempotency (account_id, key, fingerprint, status, version, answer, created_at) \
         VALUES ({who}, lpad(:id::text, 32, '0'), '{HASH}', 201, 1, :answer_{name}, now());"
    );
    let rows = sample.entries.iter().enumerate().map(|(place, entry)| {
        format!("({id}, {}, now(), '{}', :entry_{name}_{place}, '{HASH}', '{HASH}')", place + 1, entry.kind)
    });
    let rows = rows.collect::<Vec<_>>().join(", ");
    let _ = writeln!(
        sql,
        "INSERT INTO journal (case_id, sequence, at, kind, entry, previous, hash) VALUES {rows};"
    );
    sql
}

fn case_script([ordinary, injured]: &[Sample; 2]) -> String {
    format!(
        "\\set n :n + 1\n\
         \\set id (:run * 1000000000 + :n) * 1000 + :client_id\n\
         \\set who random(1, {DRIVERS})\n\
         \\set dice random(1, {ONE_INJURED_IN})\n\
         BEGIN;\n\
         \\if :dice = 1\n{}\\else\n{}\\endif\n\
         COMMIT;\n",
        inserts(injured, "injured"),
        inserts(ordinary, "ordinary"),
    )
}

fn sign_in_script() -> String {
    let id = uuid(":id");
    format!(
        "\\set n :n + 1\n\
         \\set id (:run * 1000000000 + :n) * 1000 + :client_id\n\
         BEGIN;\n\
         SELECT * FROM account WHERE openid = lpad(:id::text, 28, 'o');\n\
         INSERT INTO account (id, role, active, openid, totp_last_step, profile, created_at) \
         VALUES ({id}, 'driver', true, lpad(:id::text, 28, 'o'), 0, '{{\"role\":\"driver\"}}', now());\n\
         INSERT INTO session (id, account_id, created_at, expires_at) VALUES ({id}, {id}, now(), now());\n\
         INSERT INTO refresh_token (hash, session_id, expires_at) \
         VALUES (md5(:id::text) || md5(:id::text), {id}, now());\n\
         COMMIT;\n\
         SELECT session.*, account.* FROM session JOIN account ON account.id = session.account_id \
         WHERE session.id = {id};\n"
    )
}

fn texts([ordinary, injured]: &[Sample; 2]) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for (sample, name) in [(ordinary, "ordinary"), (injured, "injured")] {
        texts.push((format!("body_{name}"), sample.case.body.clone()));
        texts.push((format!("answer_{name}"), sample.answer.clone()));
        texts.extend(
            sample.message.iter().map(|message| (format!("content_{name}"), message.content.clone())),
        );
        let entries = sample.entries.iter().enumerate();
        texts.extend(entries.map(|(place, entry)| (format!("entry_{name}_{place}"), entry.entry.clone())));
    }
    texts
}

impl Pgbench {
    /// Writes the scripts into `folder`; `database` has the service's schema.
    pub(super) fn prepare(
        program: &Path,
        folder: &Path,
        database: &str,
        samples: &[Sample; 2],
        cases_per_sign_in: usize,
    ) -> Result<Self, BenchFailed> {
        fs::write(folder.join("case.sql"), case_script(samples))?;
        fs::write(folder.join("sign_in.sql"), sign_in_script())?;
        let (program, folder, database) = (program.to_owned(), folder.to_owned(), database.to_owned());
        Ok(Self { program, folder, database, texts: texts(samples), cases_per_sign_in, runs: 0 })
    }

    /// Runs with so many clients for as long as said.
    pub(super) async fn run(&mut self, clients: usize, time: Duration) -> Result<Figures, BenchFailed> {
        self.runs += 1;
        let log = format!("log-{}", self.runs);
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder).args(["--no-vacuum", "--protocol=prepared", "--log"]);
        command.arg(format!("--log-prefix={log}"));
        command.arg(format!("--client={clients}")).arg(format!("--jobs={}", clients.min(2)));
        command.arg(format!("--time={}", time.as_secs().max(1)));
        command.arg(format!("--define=run={}", self.runs)).arg("--define=n=0");
        for (name, text) in &self.texts {
            command.arg(format!("--define={name}={text}"));
        }
        command.arg(format!("--file=case.sql@{}", self.cases_per_sign_in)).arg("--file=sign_in.sql@1");
        let output = command.arg(&self.database).stdin(Stdio::null()).kill_on_drop(true).output().await?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
            return Err(BenchFailed::Pgbench(said));
        }
        Ok(Figures { latencies: self.latencies(&log)?, time, ..Figures::default() })
    }

    /// How long each case took, from the logs of all threads.
    fn latencies(&self, prefix: &str) -> Result<Vec<Duration>, BenchFailed> {
        let mut latencies = Vec::new();
        for file in fs::read_dir(&self.folder)? {
            let file = file?;
            if file.file_name().to_string_lossy().starts_with(&format!("{prefix}.")) {
                latencies.extend(fs::read_to_string(file.path())?.lines().filter_map(latency));
                fs::remove_file(file.path())?;
            }
        }
        Ok(latencies)
    }
}

/// A line holds client, transaction, microseconds, script, and when; the script of the cases is the first.
fn latency(line: &str) -> Option<Duration> {
    let mut fields = line.split(' ').skip(2);
    let microseconds = fields.next()?.parse().ok()?;
    (fields.next()? == "0").then_some(Duration::from_micros(microseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cases_count_not_sign_ins() {
        assert_eq!(latency("3 17 2500 0 1700000000 123456"), Some(Duration::from_micros(2500)));
        assert_eq!(latency("3 18 2500 1 1700000000 123456"), None);
        assert_eq!(latency(""), None);
    }
}
