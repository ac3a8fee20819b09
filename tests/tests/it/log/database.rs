//! Whoever can write to the database changes it behind the service's back: with a checkpoint kept outside, the
//! check finds every change, also when chains, leaves, nodes and checkpoints are made anew with the log's own key.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use domain::digest::Digest;
use evidence::log::{self, LogSigner, Nodes};
use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use store::{Location, Store};

use super::newest;
use crate::{scenes::Scene, support::TestService};

/// A copy of the database in the hands of somebody who can write to it.
struct Forger {
    db: SqliteConnection,
    /// The log's own key, as it lies on the machine.
    key: LogSigner,
    /// Another one.
    other: LogSigner,
}

#[derive(sqlx::FromRow)]
struct Entry {
    position: i64,
    case_id: Vec<u8>,
    entry: String,
}

fn signer(pem: &str) -> LogSigner {
    use base64::Engine as _;
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let pkcs8 = base64::prelude::BASE64_STANDARD.decode(body).unwrap();
    LogSigner::from_pkcs8("127.0.0.1/log", &pkcs8).unwrap()
}

impl Forger {
    async fn at(path: &Path, key: &str) -> Self {
        let options = SqliteConnectOptions::new().filename(path).foreign_keys(false);
        let other = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
        Self {
            db: SqliteConnection::connect_with(&options).await.unwrap(),
            key: signer(key),
            other: signer(other),
        }
    }

    async fn run(&mut self, sql: &str) {
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut self.db).await;
        let done = done.unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert!(done.rows_affected() > 0, "nothing was changed: {sql}");
    }

    async fn entries(&mut self) -> Vec<Entry> {
        let all = "SELECT position, case_id, entry FROM journal ORDER BY position";
        sqlx::query_as(all).fetch_all(&mut self.db).await.unwrap()
    }

    /// Seals every case's chain again over what its entries say now.
    async fn chain(&mut self) {
        let mut heads: BTreeMap<Vec<u8>, (i64, Digest)> = BTreeMap::new();
        for Entry { position, case_id, entry } in self.entries().await {
            let nothing = (0, Digest::of(b"kuaichu journal 1"));
            let (length, previous) = heads.get(&case_id).copied().unwrap_or(nothing);
            let mut hasher = Sha256::new();
            hasher.update(previous.as_bytes());
            hasher.update(entry.as_bytes());
            let hash = Digest::from_bytes(hasher.finalize().into());
            sqlx::query("UPDATE journal SET previous = ?, hash = ? WHERE position = ?")
                .bind(previous.to_string())
                .bind(hash.to_string())
                .bind(position)
                .execute(&mut self.db)
                .await
                .unwrap();
            heads.insert(case_id, (length + 1, hash));
        }
        for (case, (length, head)) in heads {
            sqlx::query("UPDATE accident_case SET journal_length = ?, journal_head = ? WHERE id = ?")
                .bind(length)
                .bind(head.to_string())
                .bind(case)
                .execute(&mut self.db)
                .await
                .unwrap();
        }
    }

    /// Leaves as the journal has them now, in the order of their positions.
    async fn leaves(&mut self) {
        self.run("DELETE FROM log_leaf").await;
        let sql = "INSERT INTO log_leaf (leaf, position, entry) \
            SELECT row_number() OVER (ORDER BY position) - 1, position, hash FROM journal";
        self.run(sql).await;
    }

    /// The tree over the leaves.
    async fn nodes(&mut self) -> Nodes {
        self.run("DELETE FROM log_node").await;
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT entry FROM log_leaf ORDER BY leaf").fetch_all(&mut self.db).await.unwrap();
        let entries: Vec<Digest> = rows.iter().map(|(hash,)| hash.parse().unwrap()).collect();
        let mut nodes = Nodes::default();
        for (node, hash) in log::append(0, &mut nodes, &entries).unwrap() {
            sqlx::query("INSERT INTO log_node (node, hash) VALUES (?, ?)")
                .bind(i64::try_from(node).unwrap())
                .bind(hash.as_bytes().as_slice())
                .execute(&mut self.db)
                .await
                .unwrap();
        }
        nodes
    }

    /// Checkpoints of the sizes that are there, as far as the log still reaches, over the tree as it is now.
    async fn checkpoints(&mut self, nodes: &Nodes, by_own_key: bool) {
        let size: (i64,) =
            sqlx::query_as("SELECT count(*) FROM log_leaf").fetch_one(&mut self.db).await.unwrap();
        let sizes: Vec<(i64,)> =
            sqlx::query_as("SELECT size FROM checkpoint").fetch_all(&mut self.db).await.unwrap();
        for (at,) in sizes {
            if at > size.0 {
                sqlx::query("DELETE FROM checkpoint WHERE size = ?")
                    .bind(at)
                    .execute(&mut self.db)
                    .await
                    .unwrap();
                continue;
            }
            let tree = u64::try_from(at).unwrap();
            let root = log::root(tree, nodes).unwrap();
            let key = if by_own_key { &self.key } else { &self.other };
            let note = key.sign(tree, root).unwrap().to_string();
            sqlx::query("UPDATE checkpoint SET root = ?, note = ? WHERE size = ?")
                .bind(root.to_string())
                .bind(note)
                .bind(at)
                .execute(&mut self.db)
                .await
                .unwrap();
        }
    }

    /// Everything made anew over the journal as it is now, with the log's own key.
    async fn rebuild(&mut self) {
        self.chain().await;
        self.leaves().await;
        let nodes = self.nodes().await;
        self.checkpoints(&nodes, true).await;
    }
}

const ONE: &str = "(SELECT id FROM accident_case ORDER BY number LIMIT 1)";
const TAKEN: &str =
    "UPDATE journal SET entry = replace(entry, '\"fence\":1', '\"fence\":7') WHERE kind = 'case_taken'";

/// Single statements; `{one}` is a case.
const STATEMENTS: &[(&str, &str)] = &[
    (
        "an edited entry",
        "UPDATE journal SET entry = replace(entry, '\"fence\":1', '\"fence\":2') WHERE kind = 'case_taken'",
    ),
    ("an edited kind", "UPDATE journal SET kind = 'case_released' WHERE kind = 'case_taken'"),
    ("an edited time", "UPDATE journal SET at = '2026-01-01T00:00:00+00:00' WHERE position = 3"),
    ("an edited hash", "UPDATE journal SET hash = previous WHERE position = 4"),
    ("a hash that is none", "UPDATE journal SET hash = 'x' WHERE position = 4"),
    ("an edited link", "UPDATE journal SET previous = hash WHERE position = 4"),
    ("a missing entry", "DELETE FROM journal WHERE position = 5"),
    ("a missing first entry", "DELETE FROM journal WHERE position = 1"),
    ("a missing last entry", "DELETE FROM journal WHERE position = (SELECT max(position) FROM journal)"),
    ("a case without journal", "DELETE FROM journal WHERE case_id = {one}"),
    ("an emptied journal", "DELETE FROM journal"),
    (
        "entries in another order",
        "UPDATE journal SET sequence = -sequence WHERE case_id = {one} AND sequence IN (2, 3); \
        UPDATE journal SET sequence = 5 + sequence WHERE case_id = {one} AND sequence IN (-2, -3)",
    ),
    (
        "entries that changed places",
        "UPDATE journal SET position = -position WHERE position IN (6, 7); \
        UPDATE journal SET position = 13 + position WHERE position IN (-6, -7)",
    ),
    (
        "an entry of another case",
        "UPDATE journal SET case_id = (SELECT id FROM accident_case ORDER BY number DESC LIMIT 1), \
        sequence = 500 WHERE case_id = {one} AND sequence = 2",
    ),
    (
        "an entry twice",
        "INSERT INTO journal (case_id, sequence, at, kind, entry, previous, hash) \
        SELECT case_id, 600, at, kind, entry, previous, hash FROM journal WHERE position = 4",
    ),
    ("a missing leaf", "DELETE FROM log_leaf WHERE leaf = 5"),
    ("a missing first leaf", "DELETE FROM log_leaf WHERE leaf = 0"),
    ("a missing last leaf", "DELETE FROM log_leaf WHERE leaf = (SELECT max(leaf) FROM log_leaf)"),
    ("no leaves", "DELETE FROM log_leaf"),
    (
        "an edited leaf",
        "UPDATE log_leaf SET entry = (SELECT entry FROM log_leaf WHERE leaf = 1) WHERE leaf = 5",
    ),
    ("a leaf of nowhere", "UPDATE log_leaf SET position = 999999 WHERE leaf = 5"),
    (
        "leaves that changed places",
        "UPDATE log_leaf SET position = -position WHERE leaf IN (5, 6); \
        UPDATE log_leaf SET position = (SELECT sum(-position) FROM log_leaf WHERE leaf IN (5, 6)) + position \
        WHERE leaf IN (5)",
    ),
    ("a leaf too many", "INSERT INTO log_leaf SELECT max(leaf) + 1, 888888, 'x' FROM log_leaf"),
    ("a leaf below the first", "INSERT INTO log_leaf VALUES (-1, 888888, 'x')"),
    ("a missing node", "DELETE FROM log_node WHERE node = 9"),
    ("no nodes", "DELETE FROM log_node"),
    (
        "an edited leaf node",
        "UPDATE log_node SET hash = (SELECT hash FROM log_node WHERE node = 1) WHERE node = 0",
    ),
    ("an edited inner node", "UPDATE log_node SET hash = zeroblob(32) WHERE node = 6"),
    ("a node that is no hash", "UPDATE log_node SET hash = zeroblob(31) WHERE node = 2"),
    (
        "nodes that changed places",
        "UPDATE log_node SET node = -node WHERE node IN (3, 4); \
        UPDATE log_node SET node = 7 + node WHERE node IN (-3, -4)",
    ),
    ("a node too many", "INSERT INTO log_node SELECT max(node) + 1, zeroblob(32) FROM log_node"),
    (
        "an edited root",
        "UPDATE checkpoint SET root = (SELECT hash FROM journal WHERE position = 1) \
        WHERE size = (SELECT min(size) FROM checkpoint)",
    ),
    (
        "a root that is none",
        "UPDATE checkpoint SET root = 'x' WHERE size = (SELECT min(size) FROM checkpoint)",
    ),
    (
        "a note of another checkpoint",
        "UPDATE checkpoint SET note = (SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1) \
        WHERE size = (SELECT min(size) FROM checkpoint)",
    ),
    (
        "a broken signature",
        "UPDATE checkpoint SET note = replace(note, '/log ', '/log A') \
        WHERE size = (SELECT max(size) FROM checkpoint)",
    ),
    (
        "a checkpoint of another size",
        "UPDATE checkpoint SET size = size + 1 WHERE size = (SELECT max(size) FROM checkpoint)",
    ),
    ("the missing last checkpoint", "DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)"),
    ("no checkpoints", "DELETE FROM checkpoint"),
    (
        "a timestamp that is none",
        "UPDATE checkpoint SET token = zeroblob(40) WHERE size = (SELECT max(size) FROM checkpoint)",
    ),
    (
        "another photo",
        "UPDATE accident_case SET body = json_set(body, '$.photos[0].digest', '0000000000000000000000000000000000000000000000000000000000000000') WHERE id = {one}",
    ),
    ("a photo less", "UPDATE accident_case SET body = json_remove(body, '$.photos[0]') WHERE id = {one}"),
    (
        "another name",
        "UPDATE accident_case SET body = json_set(body, '$.parties[0].details.name', '假名') WHERE id = {one}",
    ),
    (
        "other words",
        "UPDATE accident_case SET body = json_set(body, '$.parties[0].statements[0].text', '不是我') WHERE id = {one}",
    ),
    (
        "a statement less",
        "UPDATE accident_case SET body = json_set(body, '$.parties[1].statements', json('[]')) WHERE id = {one}",
    ),
    (
        "another receipt",
        "UPDATE accident_case SET body = json_set(body, '$.move_receipt.receipt', 'a.b.c') WHERE id = {one}",
    ),
    (
        "no receipt",
        "UPDATE accident_case SET body = json_set(body, '$.move_receipt', json('null')) WHERE id = {one}",
    ),
    (
        "another document",
        "UPDATE accident_case SET body = json_set(body, '$.stage.determination.document', '0000000000000000000000000000000000000000000000000000000000000000') WHERE id = {one}",
    ),
    (
        "another officer",
        "UPDATE accident_case SET body = json_set(body, '$.stage.determination.officer', '00000000-0000-7000-8000-000000000000') WHERE id = {one}",
    ),
    (
        "another account",
        "UPDATE accident_case SET body = json_set(body, '$.parties[1].account', '00000000-0000-7000-8000-000000000000') WHERE id = {one}",
    ),
    (
        "another district",
        "UPDATE accident_case SET body = json_set(body, '$.district', '370302'), district = '370302' WHERE id = {one}",
    ),
    (
        "another stage",
        "UPDATE accident_case SET body = json_set(body, '$.stage', json('{\"name\":\"withdrawn\",\"at\":\"2026-03-02T00:30:00Z\"}')), \
        stage = 'withdrawn', queue_rank = NULL, queue_since = NULL WHERE id = {one}; DELETE FROM claim WHERE case_id = {one}",
    ),
];

/// What is made anew after a change, so that it agrees with itself.
const REBUILT: &[(&str, &str)] = &[
    ("chains", TAKEN),
    ("chains and leaves", TAKEN),
    ("chains, leaves and nodes", TAKEN),
    ("everything, signed by another key", TAKEN),
    ("everything, signed by the log's own key", TAKEN),
    (
        "everything, without the last entry",
        "DELETE FROM journal WHERE position = (SELECT max(position) FROM journal)",
    ),
    (
        "everything, without one case",
        "DELETE FROM claim WHERE case_id = {one}; DELETE FROM message WHERE case_id = {one}; \
        DELETE FROM journal WHERE case_id = {one}; DELETE FROM accident_case WHERE id = {one}",
    ),
    (
        "everything, in another order",
        "UPDATE journal SET position = -position WHERE position IN (6, 7); \
        UPDATE journal SET position = 13 + position WHERE position IN (-6, -7)",
    ),
];

impl Forger {
    async fn made_anew(&mut self, what: &str) {
        match what {
            "chains" => self.chain().await,
            "chains and leaves" => {
                self.chain().await;
                self.leaves().await;
            }
            "chains, leaves and nodes" => {
                self.chain().await;
                self.leaves().await;
                self.nodes().await;
            }
            "everything, signed by another key" => {
                self.chain().await;
                self.leaves().await;
                let nodes = self.nodes().await;
                self.checkpoints(&nodes, false).await;
            }
            _ => self.rebuild().await,
        }
    }
}

/// A copy of the database, and a checkpoint that covers all of it: insurers may still be calling back.
async fn stopped_with_its_checkpoint(service: &TestService, desk: &Path) -> (PathBuf, String) {
    for number in 0..100 {
        let pinned = newest(service).await;
        let copy = desk.join(format!("stopped-{number}.sqlite"));
        service.in_database(&format!("VACUUM INTO '{}'", copy.display())).await;
        let mut db =
            SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(&copy)).await.unwrap();
        let entries: (i64,) =
            sqlx::query_as("SELECT count(*) FROM journal").fetch_one(&mut db).await.unwrap();
        db.close().await.unwrap();
        if u64::try_from(entries.0).unwrap() == pinned.checkpoint().size {
            return (copy, pinned.to_string());
        }
    }
    panic!("the journal never rests");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_checkpoint_kept_outside_every_change_of_a_stopped_database_is_found() {
    let service = TestService::sqlite().await;
    let officer = service.staff("officer-1").await;
    for _ in 0..2 {
        let scene = Scene::collected(&service).await;
        newest(&service).await;
        scene.submit().await;
        scene.concluded(&officer).await;
        service.settle().await;
    }
    let desk = tempfile::tempdir().unwrap();
    let (stopped, pinned) = stopped_with_its_checkpoint(&service, desk.path()).await;
    let pem = std::fs::read_to_string(service.folder().join("log-key.pem")).unwrap();
    let (app, key) = (&service.inside.app, service.inside.app.log_key().clone());
    let check = async |copy: &Path| {
        let store = Store::open(&Location::Sqlite(copy.to_owned())).await.unwrap();
        let states = app::check(&store, app.objects().as_ref()).await.unwrap().faults;
        let known = app::KnownLog { key: Some(&key), pinned: Some(&pinned) };
        // As it would be a day later: nothing is on its way any more.
        let later = app.now() + chrono::TimeDelta::days(1);
        let log = app::check_log(&store, known, later).await.unwrap();
        store.close().await.unwrap();
        (states, log.faults)
    };
    assert_eq!(check(&stopped).await, (Vec::new(), Vec::new()), "the copy itself is sound");
    let (mut missed, mut of_log, mut all) = (Vec::new(), 0, 0);
    for (what, sql, rebuilt) in STATEMENTS
        .iter()
        .map(|(what, sql)| (*what, *sql, false))
        .chain(REBUILT.iter().map(|(what, sql)| (*what, *sql, true)))
    {
        let copy = desk.path().join(format!("{all}.sqlite"));
        std::fs::copy(&stopped, &copy).unwrap();
        let mut forger = Forger::at(&copy, &pem).await;
        forger.run(&sql.replace("{one}", ONE)).await;
        if rebuilt {
            forger.made_anew(what).await;
        }
        forger.db.close().await.unwrap();
        let (states, log) = check(&copy).await;
        all += 1;
        of_log += usize::from(!log.is_empty());
        if states.is_empty() && log.is_empty() {
            missed.push(what);
        } else if rebuilt {
            let kept_outside = log.iter().any(|fault| fault.contains("outside") || fault.contains("log"));
            assert!(kept_outside, "{what}: {log:?} {states:?}");
        }
        std::fs::remove_file(&copy).unwrap();
    }
    assert_eq!(missed, [""; 0], "of {all} changes these were not found ({of_log} by the log)");
    assert!(all >= 50);
    service.end().await;
}
