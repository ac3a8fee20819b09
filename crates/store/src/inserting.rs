//! The new rows of many works, written together.
//!
//! PostgreSQL takes the rows of all tables in one statement with one array per column: one round trip for a whole
//! group, and the text is the same however many rows there are. SQLite has no arrays: it takes up to 32 rows of one
//! table in a statement; each length is a text of its own, and its connections keep that many parsed.

use std::collections::BTreeMap;

use sea_orm::{
    ActiveModelTrait, ActiveValue, ConnectionTrait, DatabaseTransaction, DbBackend, EntityName as _,
    EntityTrait, IdenStatic as _, Iterable as _, Statement, Value,
};

use crate::{error::StoreError, work::Work};

/// Most rows in one statement on SQLite: 14 columns of 32 rows stay far below its limit of 32766 parameters.
const MOST_ROWS: usize = 32;

/// Calls a macro with every table but that of dispatches, in the order in which foreign keys need them.
macro_rules! for_every_table {
    ($insert:ident) => {
        for_every_table!(
            $insert, accounts, sessions, refresh_tokens, cases, parties, invitations, documents, evidence, claims,
            callbacks, messages, idempotency, journal
        )
    };
    ($insert:ident, $($table:ident),+) => { $($insert!($table);)+ };
}

/// Writes the new rows of all works, but for new tasks.
pub(crate) async fn all_but_tasks(db: &DatabaseTransaction, works: &[&Work]) -> Result<(), StoreError> {
    if db.get_database_backend() == DbBackend::Postgres {
        let mut statement = Together::default();
        macro_rules! add {
            ($table:ident) => {
                statement.add(works.iter().flat_map(|work| &work.inserts.$table))
            };
        }
        for_every_table!(add);
        if let Some(statement) = statement.finish() {
            db.execute_raw(statement).await?;
        }
    } else {
        macro_rules! insert {
            ($table:ident) => {
                rows(db, works.iter().flat_map(|work| &work.inserts.$table)).await?
            };
        }
        for_every_table!(insert);
    }
    Ok(())
}

/// Writes the new tasks of all works.
pub(crate) async fn tasks(db: &DatabaseTransaction, works: &[&Work]) -> Result<(), StoreError> {
    rows(db, works.iter().flat_map(|work| &work.inserts.dispatches)).await
}

/// Inserts rows of one table.
pub(crate) async fn rows<'a, M>(
    db: &DatabaseTransaction,
    rows: impl Iterator<Item = &'a M>,
) -> Result<(), StoreError>
where
    M: ActiveModelTrait + 'a,
{
    let mut rows: Vec<M> = rows.cloned().collect();
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(MOST_ROWS));
        <M::Entity as EntityTrait>::insert_many(rows).exec_without_returning(db).await?;
        rows = rest;
    }
    Ok(())
}

/// Rows of several tables for one statement of PostgreSQL: `WITH "w0" AS (INSERT …), … INSERT …`. Foreign keys
/// are checked when the whole statement is done.
#[derive(Default)]
struct Together {
    inserts: Vec<String>,
    values: Vec<Value>,
}

impl Together {
    /// Adds the rows of one table. An array cannot hold NULL here, so rows with other columns filled make another
    /// insert; a column that is left out is NULL, or what its default says.
    fn add<'a, M: ActiveModelTrait + 'a>(&mut self, rows: impl Iterator<Item = &'a M>) {
        let mut alike: BTreeMap<Vec<usize>, Vec<Vec<Value>>> = BTreeMap::new();
        for row in rows {
            let (filled, values): (Vec<usize>, Vec<Value>) = columns::<M>()
                .enumerate()
                .filter_map(|(place, column)| {
                    let value = filled(row.get(column))?;
                    Some((place, value))
                })
                .unzip();
            let arrays = alike.entry(filled).or_insert_with(|| vec![Vec::new(); values.len()]);
            arrays.iter_mut().zip(values).for_each(|(array, value)| array.push(value));
        }
        for (filled, arrays) in alike {
            let names = filled
                .into_iter()
                .filter_map(|place| columns::<M>().nth(place))
                .map(|column| column.as_str());
            self.insert(<M::Entity as Default>::default().table_name(), names, arrays);
        }
    }

    fn insert(&mut self, table: &str, names: impl Iterator<Item = &'static str>, arrays: Vec<Vec<Value>>) {
        let names = names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let first = self.values.len() + 1;
        self.values.extend(arrays.into_iter().filter_map(|array| {
            let kind = array.first()?.array_type();
            Some(Value::Array(kind, Some(Box::new(array))))
        }));
        let places =
            (first..=self.values.len()).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
        self.inserts.push(format!("INSERT INTO \"{table}\" ({names}) SELECT * FROM unnest({places})"));
    }

    fn finish(mut self) -> Option<Statement> {
        let last = self.inserts.pop()?;
        let before =
            self.inserts.iter().enumerate().map(|(place, insert)| format!("\"w{place}\" AS ({insert})"));
        let before = before.collect::<Vec<_>>().join(", ");
        let sql = if before.is_empty() { last } else { format!("WITH {before} {last}") };
        Some(Statement::from_sql_and_values(DbBackend::Postgres, sql, self.values))
    }
}

fn columns<M: ActiveModelTrait>() -> impl Iterator<Item = <M::Entity as EntityTrait>::Column> {
    <M::Entity as EntityTrait>::Column::iter()
}

/// What a column is set to; nothing when it is left to the database, or NULL.
fn filled(value: ActiveValue<Value>) -> Option<Value> {
    match value {
        ActiveValue::Set(value) | ActiveValue::Unchanged(value) => {
            Some(value).filter(|value| *value != value.as_null())
        }
        ActiveValue::NotSet => None,
    }
}
